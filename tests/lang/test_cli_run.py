"""weir run: bindings, where rows and messages go, what is refused, exit statuses, signals."""
import json
import signal
import subprocess
import unittest

from cli_support import CARS, CARS_ROWS, SECONDS, TOLL, WEIR, CliTest, lines, rows_of


class Run(CliTest):
    def setUp(self):
        super().setUp()
        self.write("cars.asaql", CARS)
        self.write("toll.json", lines(TOLL))


class Bindings(Run):
    def test_an_unbound_output_goes_to_stdout(self):
        done = self.ok("run", "cars.asaql", "--input", "toll=toll.json")
        self.assertCountEqual(rows_of(done.stdout), CARS_ROWS)
        self.assertIn("3 events in, 3 rows out", done.stderr)

    def test_stdin_and_a_file(self):
        done = self.ok("run", "cars.asaql", "--input", "toll=-", "--output", "cars=out.json", stdin=lines(TOLL))
        self.assertEqual(done.stdout, "")
        self.assertCountEqual(rows_of((self.folder / "out.json").read_text()), CARS_ROWS)

    def test_stdin_is_read_once(self):
        self.write("join.asaql", "SELECT a.TollId FROM a JOIN b ON a.TollId = b.TollId AND DATEDIFF(second, a, b) BETWEEN 0 AND 5")
        self.fails(2, "run", "join.asaql", "--input", "a=-", "--input", "b=-", says="stdin is read by `a` and by `b`")

    def test_several_unbound_outputs_are_wrapped(self):
        self.write("two.asaql", "SELECT TollId INTO a FROM toll SELECT Make INTO b FROM toll")
        found = rows_of(self.ok("run", "two.asaql", "--input", "toll=toll.json").stdout)
        self.assertEqual({row["output"] for row in found}, {"a", "b"})
        self.assertIn({"output": "b", "row": {"Make": "Ford"}}, found)

    def test_so_are_several_outputs_that_are_bound_to_stdout(self):
        self.write("two.asaql", "SELECT TollId INTO a FROM toll SELECT Make INTO b FROM toll")
        for outputs in (("a=-", "b=-"), ("a=-",)):
            words = [word for output in outputs for word in ("--output", output)]
            found = rows_of(self.ok("run", "two.asaql", "--input", "toll=toll.json", *words).stdout)
            self.assertEqual({row["output"] for row in found}, {"a", "b"})
        found = rows_of(self.ok("run", "two.asaql", "--input", "toll=toll.json", "--output", "a=-",
                                "--output", "b=b.json").stdout)
        self.assertEqual(found, [{"TollId": 1}, {"TollId": 2}, {"TollId": 1}])

    def test_names_match_in_any_case(self):
        done = self.ok("run", "cars.asaql", "--input", "TOLL=toll.json", "--output", "Cars=-")
        self.assertEqual(len(rows_of(done.stdout)), 3)

    def test_a_csv_input_has_texts(self):
        self.write("toll.csv", "TollId,Toll\n1,4\n")
        self.write("dear.asaql", "SELECT TollId FROM toll WHERE Toll > 3")
        for where in ("toll.csv", "-?format=csv"):
            self.fails(1, "run", "dear.asaql", "--input", f"toll={where}", says=["E0305", "CREATE TABLE toll (Toll float)"])

    def test_messages_name_inputs_references_and_outputs_alike(self):
        self.write("join.asaql", "SELECT a.TollId INTO o FROM a JOIN r ON a.TollId = r.TollId")
        self.write("x.csv", "TollId\n1\n")
        good = {"input a": "toll.json", "reference r": "toll.json", "output o": "out.json"}
        for who, where, says in (
                ("input a", "x.csv?delimiter=colon", ["delimiter `colon`", "help: write one of these words"]),
                ("reference r", "x.csv?delimiter=:", ["delimiter `:`", "help: write one of these words"]),
                ("output o", "out.csv?delimiter=colon", ["delimiter `colon`", "help: write one of these words"]),
                ("input a", "gone.json", ["gone.json"]), ("reference r", "gone.json", ["gone.json"]),
                ("output o", "gone/x.json", ["gone/x.json"]), ("input a", "x.csv?header=false", ["no column names"]),
                ("output o", "odbc:Driver=Nothing", ["table"])):
            words = [part for name, to in {**good, who: where}.items()
                     for part in ("--" + name.split()[0], f"{name.split()[1]}={to}")]
            done = self.weir("run", "join.asaql", *words)
            with self.subTest(who=who, where=where):
                self.assertEqual(done.returncode, 2, done.stderr)
                for phrase in (f"error: {who}: ", *says):
                    self.assertIn(phrase, done.stderr)

    def test_the_environment_is_replaced(self):
        done = self.ok("run", "cars.asaql", "--input", "toll=${DATA}.json", env={"DATA": "toll"})
        self.assertEqual(len(rows_of(done.stdout)), 3)
        self.fails(2, "run", "cars.asaql", "--input", "toll=${WEIR_NOT_SET}", says=["WEIR_NOT_SET", "is not set"])

    def test_an_arrival_field(self):
        self.write("all.asaql", "SELECT System.Timestamp() AS t FROM toll")
        done = self.ok("run", "all.asaql", "--input", "toll=toll.json", "--arrival", "toll=EntryTime")
        self.assertEqual(rows_of(done.stdout)[0], {"t": "2026-01-01T00:00:01.0000000Z"})

    def test_an_arrival_field_that_is_not_there(self):
        done = self.ok("run", "cars.asaql", "--input", "toll=toll.json", "--arrival", "toll=Arived")
        self.assertEqual(done.stderr.count("has no time in the arrival field `Arived`"), 1)

    def test_recorded_events_without_time_are_warned_about(self):
        self.write("n.asaql", "SELECT COUNT(*) AS n FROM toll GROUP BY TumblingWindow(day, 1)")
        self.assertIn("--arrival toll=FIELD", self.ok("run", "n.asaql", "--input", "toll=toll.json").stderr)


class Refusals(Run):
    def test_an_input_bound_nowhere(self):
        self.fails(2, "run", "cars.asaql", says=["E0201", "`toll`", "--input toll=WHERE"])
        self.fails(2, "run", "cars.asaql", "--input", "tol=toll.json", says="did you mean `tol`?")

    def test_an_input_nobody_reads_is_a_warning(self):
        done = self.ok("run", "cars.asaql", "--input", "toll=toll.json", "--input", "other=toll.json")
        self.assertIn("does not read the input `other`", done.stderr)

    def test_an_output_nobody_writes(self):
        self.fails(2, "run", "cars.asaql", "--input", "toll=toll.json", "--output", "car=x.json",
                   says=["`car`", "its outputs are `cars`"])

    def test_a_wrong_query(self):
        self.write("q.asaql", "WITH s AS (SELECT a FROM toll) SELECT b FROM s")
        self.fails(1, "run", "q.asaql", "--input", "toll=toll.json", says=["E0202", "`b`"])
        self.write("q.asaql", "SELECT FLOR(a) AS x FROM toll")
        self.fails(1, "run", "q.asaql", "--input", "toll=toll.json", says=["E0301", "FLOOR"])

    def test_files_that_are_not_there(self):
        self.fails(2, "run", "missing.asaql", says=["there is no query file `missing.asaql`", "paths are relative"])
        self.fails(2, "run", "missing", says="there is no file or folder `missing`")
        self.fails(2, "run", "cars.asaql", "--input", "toll=missing.json", says=["toll", "missing.json"])
        self.fails(2, "run", "cars.asaql", "--input", "toll=toll.json", "--config", "missing.json", says="missing.json")

    def test_a_file_of_nearly_that_name(self):
        self.fails(2, "run", "cars.asaql", "--input", "toll=tol.json", says="did you mean toll.json?")
        self.assertNotIn("mean", self.fails(2, "run", "cars.asaql", "--input", "toll=cab.json").stderr)

    def test_an_output_that_cannot_be_created(self):
        done = self.weir("run", "cars.asaql", "--input", "toll=toll.json", "--output", "cars=no/such/folder/x.json")
        self.assertIn(done.returncode, (2, 3))
        self.assertRegex(done.stderr, r"weir: error: output cars: .*no/such/folder/x.json")

    def test_a_broker_that_does_not_answer_is_told_while_it_is_waited_for(self):
        self.fails(3, "run", "cars.asaql", "--input", "toll=kafka://127.0.0.1:1/toll?connect-timeout=3s",
                   says=["input toll: the Kafka broker 127.0.0.1:1 does not answer", "trying again for 3s", "within 3s"])

    def test_bindings_that_make_no_sense(self):
        self.fails(2, "run", "cars.asaql", "--input", "toll", says="NAME=WHERE")
        self.fails(2, "run", "cars.asaql", "--input", "=toll.json", says="NAME=WHERE")
        self.fails(2, "run", "cars.asaql", "--input", "toll=a", "--reference", "Toll=b", says="`Toll` is bound twice")
        self.fails(2, "run", "cars.asaql", "--output", "cars=a", "--output", "cars=b", says="bound twice")
        self.fails(2, "run", "cars.asaql", "--input", "toll=toll.json", "--arrival", "tol=x", says="no --input binds")
        self.fails(2, "run", "cars.asaql", "--input", "toll=toll.json?fromat=json", says=["`fromat`", "format"])
        self.fails(2, "run", "cars.asaql", "--input", "toll=carrier://pigeon", says="carrier")

    def test_values_that_make_no_sense(self):
        bound = ["run", "cars.asaql", "--input", "toll=toll.json"]
        self.fails(2, *bound, "--late", "5x", says="5s")
        self.fails(2, *bound, "--until-idle", "soon", says="takes a duration")
        self.fails(2, *bound, "--threads", "-1", says="whole number")
        self.fails(2, *bound, "--start", "yesterday", says=["earliest", "2026-01-31T08:00:00Z"])
        self.fails(2, *bound, "--compat", "1.3", says="1.0|1.1|1.2")

    def test_a_quarantine_that_cannot_be_kept_is_refused_before_the_first_event(self):
        bound = ["run", "cars.asaql", "--input", "toll=toll.json", "--quarantine"]
        self.fails(2, *bound, "no/such/q.ndjson", says="--quarantine no/such/q.ndjson: there is no folder no/such")
        self.fails(2, *bound, ".", says="--quarantine `.` is a folder")
        self.fails(2, *bound, "kafka://embedded/q", says="--quarantine takes a file or -")
        self.fails(2, *bound, "${WEIR_TEST_UNSET}", says="`WEIR_TEST_UNSET` is not set")

    def test_a_start_and_a_recording(self):
        bound = ["run", "cars.asaql", "--input", "toll=toll.json", "--start"]
        done = self.ok(*bound, "now")
        self.assertIn("input toll: a recording is read from its beginning; --start now is for live inputs", done.stderr)
        self.assertEqual(rows_of(done.stdout), CARS_ROWS)
        done = self.ok(*bound, "2026-01-01T00:00:11Z")
        self.assertNotIn("warning", done.stderr)
        self.assertEqual(rows_of(done.stdout), CARS_ROWS[2:])

    def test_what_comes_later_is_refused(self):
        bound = ["run", "cars.asaql", "--input", "toll=toll.json"]
        self.fails(2, *bound, "--state", "folder", says="--state comes in a later version")
        self.fails(2, *bound, "--metrics", "localhost:9090", says="--metrics comes in a later version")


class BadInput(Run):
    def setUp(self):
        super().setUp()
        self.write("bad.json", lines(TOLL[:1]) + "{bad\n" + lines(TOLL[1:]))

    def test_is_quarantined_with_a_warning(self):
        done = self.ok("run", "cars.asaql", "--input", "toll=bad.json")
        self.assertEqual(len(rows_of(done.stdout)), 3)
        self.assertIn("1 record quarantined in cars.quarantine.ndjson", done.stderr)
        kept = rows_of((self.folder / "cars.quarantine.ndjson").read_text())
        self.assertEqual([(entry["kind"], entry["payload"]) for entry in kept], [("InputDeserializationError", "{bad")])

    def test_strict_makes_it_exit_status_1(self):
        done = self.weir("run", "cars.asaql", "--input", "toll=bad.json", "--strict", "--quarantine", "aside.ndjson")
        self.assertEqual(done.returncode, 1)
        self.assertTrue((self.folder / "aside.ndjson").exists())
        self.ok("run", "cars.asaql", "--input", "toll=toll.json", "--strict")

    def test_an_array_that_was_cut_between_its_elements(self):
        for cut in ('[{"TollId":1},{"TollId":2}', '[{"TollId":1},\n{"TollId":2},\n'):
            self.write("cut.json", cut)
            done = self.weir("query", "SELECT TollId FROM toll", "--input", "toll=cut.json", "--strict")
            self.assertEqual((done.returncode, rows_of(done.stdout)), (1, [{"TollId": 1}, {"TollId": 2}]))
            self.assertIn("cut.json: the text ends inside the array", done.stderr)

    def test_files_that_hold_no_events_in_a_known_form(self):
        (self.folder / "wide.json").write_bytes(lines(TOLL).encode("utf-16"))
        self.fails(2, "run", "cars.asaql", "--input", "toll=wide.json", says="wide.json: this file is UTF-16 (little endian)")
        self.write("toll.parquet", lines(TOLL))
        self.fails(2, "run", "cars.asaql", "--input", "toll=toll.parquet", says=["no format parquet", "?format=json"])
        self.fails(2, "run", "cars.asaql", "--input", "toll=toll.json", "--output", "cars=cars.parquet", says="no format parquet")
        self.ok("run", "cars.asaql", "--input", "toll=toll.parquet?format=json")

    def test_the_name_names_the_quarantine(self):
        self.ok("run", "cars.asaql", "--input", "toll=bad.json", "--name", "mine")
        self.assertTrue((self.folder / "mine.quarantine.ndjson").exists())

    def test_everything_on_stderr_as_json(self):
        done = self.fails(2, "run", "cars.asaql", "--input", "toll=missing.json", "--format", "json")
        self.assertEqual(json.loads(done.stderr), {"error": "input toll: there is no file missing.json",
                                                   "help": "paths are relative to the folder weir was started in"})
        done = self.ok("run", "cars.asaql", "--input", "toll=toll.json", "--start", "last", "--format", "json")
        warning, summary = [json.loads(line) for line in done.stderr.splitlines()]
        self.assertIn("--start last is for live inputs", warning["warning"])
        self.assertEqual(summary["eventsIn"], 3)

    def test_the_summary_as_json(self):
        done = self.ok("run", "cars.asaql", "--input", "toll=bad.json", "--format", "json")
        summary = json.loads(done.stderr)
        self.assertEqual((summary["eventsIn"], summary["rowsOut"], summary["quarantined"]), (3, 3, 1))
        self.assertEqual(summary["inputs"][0]["malformed"], 1)

    def test_diagnostics_as_json(self):
        done = self.fails(2, "run", "cars.asaql", "--format", "json")
        self.assertEqual(json.loads(done.stderr)["diagnostics"][0]["code"], "E0201")


class Ends(Run):
    def start(self, *words):
        return subprocess.Popen([WEIR, "run", "cars.asaql", "--input", "toll=-", *words], cwd=self.folder, text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_an_interrupt_finishes_and_is_success(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            job = self.start()
            job.stdin.write(lines(TOLL))
            job.stdin.flush()
            self.assertTrue(job.stdout.readline())  # the window at 10 s has closed: the job runs
            job.send_signal(number)
            job.stdin.close()
            job.stdin = None
            _, told = job.communicate(timeout=SECONDS)
            self.assertEqual(job.returncode, 0, told)
            self.assertIn("3 events in", told)

    def test_a_reader_that_goes_away_is_no_error(self):
        job = self.start()
        job.stdout.close()
        job.stdout = None
        _, told = job.communicate(lines(TOLL), timeout=SECONDS)
        self.assertEqual(job.returncode, 0, told)
        self.assertNotIn("error:", told)


if __name__ == "__main__":
    unittest.main()
