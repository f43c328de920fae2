"""Job files and --bind: what they may say, what is wrong with them and where, and the schema that editors read."""
import json
import unittest

from cli_support import CARS, CARS_ROWS, SOURCE, TOLL, CliTest, lines, rows_of

SCHEMA = json.loads((SOURCE / "docs/reference/job.schema.json").read_text(encoding="utf-8"))


class Job(CliTest):
    def setUp(self):
        super().setUp()
        self.write("j/cars.asaql", CARS)
        self.write("j/data/toll.json", lines(TOLL))

    def job(self, text=None, **keys):
        job = {"query": "cars.asaql", "inputs": {"toll": "data/toll.json"}, **keys}
        return self.write("j/job.json", text if text is not None else json.dumps({k: v for k, v in job.items() if v is not None}))

    def runs(self, *words, rows=CARS_ROWS, says=(), **more):
        done = self.ok("run", "j/job.json", *words, **more)
        self.assertEqual(rows_of(done.stdout), rows)
        for phrase in [says] if isinstance(says, str) else says:
            self.assertIn(phrase, done.stderr)
        return done

    def refused(self, *says, words=("run", "j/job.json")):
        done = self.fails(2, *words, says=says)
        return done.stderr


class Files(Job):
    def test_paths_count_from_the_file(self):
        self.job()
        self.runs(says="input toll: j/data/toll.json")
        self.job(outputs={"cars": "out.json"})
        self.runs(rows=[], says="output cars: j/out.json")
        self.assertEqual(rows_of((self.folder / "j/out.json").read_text()), CARS_ROWS)

    def test_a_binding_as_an_object(self):
        self.write("j/toll.txt", "TollId;EntryTime\n1;2026-01-01T00:00:01Z\n")
        self.job(inputs={"toll": {"where": "toll.txt", "options": {"format": "csv", "delimiter": ";"}}})
        self.runs(rows=[{"TollId": "1", "Cars": 1}])

    def test_options_behind_the_question_mark(self):
        self.write("j/toll.txt", "TollId;EntryTime\n1;2026-01-01T00:00:01Z\n")
        self.job(inputs={"toll": "toll.txt?format=csv&delimiter=;"})
        self.runs(rows=[{"TollId": "1", "Cars": 1}])

    def test_reference_data_and_arrival(self):
        self.write("j/q.asaql", "SELECT t.TollId, r.Name FROM toll t TIMESTAMP BY EntryTime JOIN names r ON t.TollId = r.Id")
        self.write("j/names.json", lines([{"Id": 2, "Name": "north"}]))
        self.job(query="q.asaql", inputs={"toll": {"where": "data/toll.json", "arrival": "EntryTime"}},
                 references={"names": "names.json"})
        self.runs(rows=[{"TollId": 2, "Name": "north"}])

    def test_an_embedded_broker_is_filled_from_a_file_beside_the_job(self):
        self.job(inputs={"toll": {"where": "kafka://embedded/toll?start=earliest", "options": {"replay": "data/toll.json",
                                                                                                "replay-timestamp": "EntryTime"}}})
        self.runs("--until-idle", "1s", says="input toll: kafka://embedded/toll")

    def test_policies_win_over_their_file(self):
        self.write("j/c.json", '{"EventsLateArrivalMaxDelayInSeconds": "soon"}')
        self.job(config="c.json")
        self.refused("j/c.json: EventsLateArrivalMaxDelayInSeconds")
        self.write("j/c.json", '{"EventsOutOfOrderPolicy": "Drop", "EventsOutOfOrderMaxDelayInSeconds": 9}')
        events = [TOLL[2], TOLL[0]]
        self.write("j/data/toll.json", lines(events))
        self.job(config="c.json")
        self.runs(rows=[CARS_ROWS[2]], says="1 dropped")
        self.job(config="c.json", policies={"disorder": "adjust", "late": "off", "out-of-order": "20s", "compat": 1.1,
                                            "runtime-errors": "stop"})
        self.runs(rows=[CARS_ROWS[0], CARS_ROWS[2]])
        self.runs("--out-of-order", "0s", says="1 out of order", rows=[{"TollId": 1, "Cars": 2}])

    def test_comments_and_a_byte_order_mark(self):
        self.job(text='\ufeff{ // here\n "query": "cars.asaql", "inputs": {"toll": "data/toll.json",}, }')
        self.runs()

    def test_check_and_explain(self):
        self.job()
        self.ok("check", "j/job.json")
        self.assertIn("input toll", self.ok("explain", "j/job.json").stdout)
        self.job(inputs={})
        self.fails(1, "check", "j/job.json", says="E0201")


class Mistakes(Job):
    def test_unknown_keys_have_a_place_and_a_suggestion(self):
        self.job(text='{"query": "cars.asaql",\n "input": {}}')
        self.refused("j/job.json: line 2, column 11: there is no key `input` here", "did you mean `inputs`?")
        self.job(policies={"lat": "5s"})
        self.refused("there is no key `lat` here", "did you mean `late`?")
        self.job(inputs={"toll": {"wher": "x"}})
        self.refused("there is no key `wher` here")
        self.job(config="JobConfgi.json")
        self.refused("j/job.json: line 1, column", "there is no file `j/JobConfgi.json`")
        self.job(inputs={"toll": {"where": "data/toll.json", "options": {"srt": True}}})
        self.refused("unknown option `srt`", "did you mean `sort`?")

    def test_values_of_the_wrong_kind(self):
        for keys, says in (({"query": None}, "the key `query` is missing"), ({"query": "no.asaql"}, "no query `j/no.asaql`"),
                           ({"inputs": []}, "`inputs` is an object in braces"), ({"name": {}}, "`name` is a text"),
                           ({"policies": {"late": "soon"}}, "`late` is a duration, not `soon`"),
                           ({"policies": {"out-of-order": "off"}}, "`out-of-order` is a duration"),
                           ({"policies": {"disorder": "keep"}}, "the choices are adjust|drop"),
                           ({"inputs": {"toll": 5}}, "neither a WHERE in quotes"), ({"inputs": {" ": "x"}}, "the name is empty"),
                           ({"inputs": {"toll": ""}}, "does not say where"), ({"inputs": {"toll": {}}}, "the key `where` is missing"),
                           ({"outputs": {"cars": {"where": "x", "arrival": "t"}}}, "`arrival` belongs to inputs"),
                           ({"inputs": {"toll": {"where": "x", "options": {"sort": []}}}}, "an option is a text")):
            with self.subTest(keys=keys):
                self.job(**keys)
                self.refused("j/job.json: line 1, column", says)

    def test_an_output_that_the_query_does_not_write(self):
        self.job(outputs={"crs": "crs.json"})
        self.assertIn("j/job.json: the query does not write the output `crs`", self.ok("run", "j/job.json").stderr)

    def test_recorded_events_are_no_job(self):
        self.refused("data/toll.json: line 2", "this file stands for a job", words=("run", "j/data/toll.json"))

    def test_one_name_twice(self):
        self.job(inputs={"toll": "a.json", "TOLL": "b.json"})
        self.refused("`TOLL` is bound twice")
        self.job(references={"Toll": "b.json"})
        self.refused("`Toll` is bound twice")
        self.job(text='{"query": "cars.asaql", "query": "cars.asaql"}')
        self.refused("the key `query` is given twice")

    def test_malformed_truncated_and_other_encodings(self):
        self.job(text='{"query": "cars.asaql"')
        self.refused("j/job.json: line 1, column 23: the text ends inside the object")
        self.job(text="[]")
        self.refused("a job is an object in braces")
        (self.folder / "j/job.json").write_bytes('{"query": "cärs.asaql"}'.encode("latin-1"))
        self.refused("j/job.json: line 1, column 13", "no UTF-8")
        self.refused("nothing.json", words=("run", "nothing.json"))

    def test_secrets_are_not_printed(self):
        self.job(inputs={"toll": "kafka://127.0.0.1:1/t?sasl.password=${SECRET}&connect-timeout=1s&security.protocol=plaintext"})
        done = self.weir("run", "j/job.json", env={"SECRET": "s3cr&t"})
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertNotIn("s3cr", done.stderr)

    def test_a_variable_that_is_not_set_is_told_unless_replaced(self):
        self.job(inputs={"toll": "${NOWHERE}/x.json"}, outputs={"cars": "${NOWHERE}/y.json"})
        self.refused("input toll", "`NOWHERE` is not set", "output cars")
        self.runs("--input", "toll=j/data/toll.json", "--output", "cars=-")


class Bind(Job):
    def test_bindings_of_one_environment(self):
        self.job(inputs={"toll": "gone.json"}, outputs={"cars": "kafka://nowhere.invalid:9092/cars"})
        self.write("local.json", json.dumps({"inputs": {"TOLL": "j/data/toll.json"}, "outputs": {"cars": "-"}}))
        self.runs("--bind", "local.json", says=["input toll: j/data/toll.json"])
        self.runs("--bind", "local.json", "--input", "toll=j/data/toll.json", says="(command line)")

    def test_with_a_bare_query(self):
        self.write("local.json", json.dumps({"inputs": {"toll": "j/data/toll.json"}}))
        done = self.ok("run", "j/cars.asaql", "--bind", "local.json")
        self.assertEqual(rows_of(done.stdout), CARS_ROWS)

    def test_it_has_nothing_but_bindings(self):
        self.job()
        self.write("local.json", '{"policies": {}}')
        self.refused("local.json: line 1, column 14: there is no key `policies` here", "the keys are $schema, inputs",
                     words=("run", "j/job.json", "--bind", "local.json"))


class Schema(Job):
    """The schema says what the reader says: each key that it has is read, and each that it has not is refused."""

    def test_keys(self):
        self.assertEqual(SCHEMA["required"], ["query"])
        for key in SCHEMA["properties"]:
            self.job(**{key: []})
            self.assertIn(f"`{key}` is a", self.refused())
        for key in SCHEMA["properties"]["policies"]["properties"]:
            self.job(policies={key: []})
            self.assertIn(f"`{key}` is a text", self.refused())

    def test_choices(self):
        for key, about in SCHEMA["properties"]["policies"]["properties"].items():
            for choice in about.get("anyOf", [{}])[0].get("enum", []):
                self.job(policies={key: choice})
                self.runs()

    def test_bindings_and_options(self):
        for role, name in (("input", "toll"), ("output", "cars")):
            text, written = SCHEMA["$defs"][role]["anyOf"]
            self.assertEqual((text["type"], written["required"]), ("string", ["where"]))
            for option in sorted(SCHEMA["$defs"][f"{role}Options"]["properties"])[:3]:
                self.job(**{f"{role}s": {name: {"where": "kafka://x/y", "options": {option: []}}}})
                self.assertIn("an option is a text", self.refused())
        self.assertIn("delimiter", SCHEMA["$defs"]["inputOptions"]["properties"])
        self.assertIn("mode", SCHEMA["$defs"]["outputOptions"]["properties"])

    def test_editors_find_it(self):
        self.job(**{"$schema": "../docs/reference/job.schema.json"})
        self.runs()


if __name__ == "__main__":
    unittest.main()
