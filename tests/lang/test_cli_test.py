"""weir test: cases of testConfig.json, what differs, what is wrong with a case, exit statuses."""
import json
import os
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from xml.etree import ElementTree

from cli_support import CARS, SOURCE, TOLL, WEIR, CliTest, lines

EXPECTED = [
    {"TollId": 1, "Cars": 1}, {"TollId": 2, "Cars": 1}, {"TollId": 1, "Cars": 1.0},
]


def case(name="cars", **more):
    return {"Name": name, "Inputs": [{"InputAlias": "toll", "Type": "Data Stream", "Format": "Json",
                                      "FilePath": "toll.json", "ScriptType": "InputMock"}],
            "ExpectedOutputs": [{"OutputAlias": "Cars", "FilePath": "cars.json", "Required": True}], **more}


class TestTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write("q.asaql", CARS)
        self.write("toll.json", lines(TOLL))
        self.write("cars.json", json.dumps(EXPECTED))
        self.config(case())

    def config(self, *cases, path="testConfig.json", **more):
        self.write(path, json.dumps({"Script": "q.asaql", "TestCases": list(cases), **more}))

    def passes(self, *words, totals="1 passed, 0 failed", **more):
        done = self.ok("test", *(words or ["."]), **more)
        self.assertEqual(done.stdout, totals + "\n")
        self.assertTrue(done.stderr.endswith(totals + "\n"), done.stderr)
        return done

    def differs(self, *says, totals="0 passed, 1 failed", words=(".",), status=1):
        done = self.weir("test", *words)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, totals + "\n")
        for phrase in says:
            self.assertIn(phrase, done.stderr)
        return done.stderr

    def broken(self, *says):
        shown = self.differs("cannot be run", *says, status=2)
        self.assertEqual(shown.count("cannot be run"), 1)
        return shown


class Rows(TestTest):
    def test_a_right_case_passes(self):
        self.passes("testConfig.json")
        self.passes(".")

    def test_expected_rows_are_an_array_or_lines(self):
        self.write("cars.json", lines(reversed(EXPECTED)))
        self.passes()
        self.write("cars.json", "\ufeff" + lines(EXPECTED).replace("\n", "\r\n\r\n"))
        self.passes()

    def test_null_equals_missing_and_numbers_compare_by_value(self):
        self.write("cars.json", json.dumps([{**row, "x": None, "Cars": 1.00} for row in EXPECTED]))
        self.passes()

    def test_ordered_rows_are_a_list(self):
        output = {"OutputAlias": "cars", "FilePath": "cars.json", "Ordered": True}
        self.config(case(ExpectedOutputs=[output]))
        self.write("cars.json", json.dumps(EXPECTED[:1] + [EXPECTED[2], EXPECTED[1]]))
        self.differs("the rows come in another order")

    def test_tolerance_and_ignored_fields(self):
        output = {"OutputAlias": "cars", "FilePath": "cars.json", "NumericTolerance": 1e-6}
        self.write("cars.json", json.dumps([{**row, "Cars": 1.0000001} for row in EXPECTED]))
        self.differs("3 rows differ")
        self.config(case(ExpectedOutputs=[output]))
        self.passes()
        self.write("cars.json", json.dumps([{**row, "Cars": 99} for row in EXPECTED]))
        self.config(case(ExpectedOutputs=[{**output, "IgnoreFields": ["cars"]}]))
        self.passes()

    def test_differences_are_a_table(self):
        self.write("cars.json", json.dumps([{"TollId": 1, "Cars": 2}, EXPECTED[1], EXPECTED[2], {"TollId": 7}]))
        shown = self.differs("failed testConfig.json: cars", "output cars (cars.json): 1 row differs, 1 row is missing",
                             "(expected 4, got 3, equal 2)")
        table = [line.split() for line in shown.splitlines()]
        self.assertIn(["expected", "1", "1", "2"], table)
        self.assertIn(["^"], table)
        self.assertIn(["missing", "4", "7"], table)
        self.assertNotIn("\033", shown)

    def test_null_and_missing_are_told_apart(self):
        self.write("q.asaql", "SELECT TollId, NULL AS x INTO cars FROM toll")
        self.write("cars.json", json.dumps([{"TollId": 1, "x": 5}, {"TollId": 2, "y": 5}, {"TollId": 1}]))
        shown = self.differs("2 rows differ")
        self.assertIn("NULL", shown)
        self.assertIn("missing", shown)

    def test_long_values_are_cut_around_the_difference(self):
        long = "x" * 300
        self.write("q.asaql", f"SELECT TollId, '{long}A{long}' AS text INTO cars FROM toll WHERE TollId = 2")
        self.write("cars.json", json.dumps([{"TollId": 2, "text": f"{long}B{long}"}]))
        shown = self.differs("…xxxxxxxxxxxxxxAx", "…xxxxxxxxxxxxxxBx")
        self.assertNotIn("x" * 60, shown)

    def test_many_differences_are_counted(self):
        self.write("q.asaql", "SELECT TollId INTO cars FROM toll")
        self.write("toll.json", lines({"TollId": i} for i in range(50)))
        self.write("cars.json", "[]")
        self.differs("50 rows too many", "... and 30 more rows that differ")
        self.differs("... and 48 more rows that differ", words=(".", "--rows", "2"))

    def test_an_output_that_nobody_names_fails(self):
        self.config(case(ExpectedOutputs=[]))
        self.differs("output cars: the case does not name this output")

    def test_an_output_that_is_not_required_is_not_looked_at(self):
        self.config(case(ExpectedOutputs=[{"OutputAlias": "cars", "FilePath": "[N/A]", "Required": False}]))
        self.passes()

    def test_an_output_that_the_query_does_not_write_fails(self):
        self.config(case(ExpectedOutputs=case()["ExpectedOutputs"] + [{"OutputAlias": "trucks", "FilePath": "cars.json"}]))
        self.differs("output trucks", "the query writes no such output, it writes `cars`")


class Cases(TestTest):
    def test_every_file_below_a_folder_in_order(self):
        for name in "ba":
            for file in ("q.asaql", "toll.json", "cars.json"):
                self.write(f"{name}/{file}", (self.folder / file).read_text())
            self.config(case(), case("other"), path=f"{name}/testConfig.json")
        (self.folder / "testConfig.json").unlink()
        self.passes(".", totals="4 passed, 0 failed")
        self.write("a/cars.json", "[]")
        self.write("b/cars.json", "[]")
        shown = self.differs(totals="0 passed, 4 failed")
        found = [line for line in shown.splitlines() if line.startswith("failed")]
        self.assertEqual(found, [f"failed {name}/testConfig.json: {case}" for name in "ab" for case in ("cars", "other")])

    def test_filter(self):
        self.config(case("one"), case("two"), case("three", Inputs=[]))
        self.passes(".", "--filter", "t[w]*", totals="1 passed, 0 failed")
        self.fails(2, "test", ".", "--filter", "four", says="no case has a name that fits the pattern `four`")

    def test_many_cases_at_once(self):
        self.config(*(case(f"case {i}") for i in range(40)))
        for jobs in ("1", "7"):
            self.passes(".", "--jobs", jobs, totals="40 passed, 0 failed")

    def test_hours_of_events_take_no_time(self):
        self.write("toll.json", lines([TOLL[0], {**TOLL[0], "EntryTime": "2026-03-01T00:00:01Z"}]))
        self.write("cars.json", json.dumps([{"TollId": 1, "Cars": 1}] * 2))
        self.passes()

    def test_policies(self):
        self.write("JobConfig.json", '{"EventsLateArrivalMaxDelayInSeconds": 5, "EventsOutOfOrderPolicy": "Drop"}')
        self.write("toll.json", lines([*TOLL, TOLL[0]]))
        self.passes()
        self.write("adjust.json", "{}")
        self.config(case(JobConfig="adjust.json"))
        self.differs("1 out of order")
        self.config(case(), JobConfig="adjust.json")
        self.differs("1 out of order")

    def test_arrival_and_start_time(self):
        self.write("q.asaql", "SELECT System.Timestamp() AS t INTO cars FROM toll")
        self.config(case(StartTime="2026-02-02"))
        self.write("cars.json", json.dumps([{"t": "2026-02-02T00:00:00.0000000Z"}] * 3))
        self.passes()
        inputs = [{**case()["Inputs"][0], "ArrivalField": "EntryTime"}]
        self.config(case(Inputs=inputs))
        self.write("cars.json", json.dumps([{"t": row["EntryTime"][:-1] + ".0000000Z"} for row in TOLL]))
        self.passes()

    def test_csv_and_reference_inputs(self):
        self.write("q.asaql", "SELECT t.TollId, r.Name INTO cars FROM toll t JOIN names r ON CAST(t.TollId AS nvarchar(max)) = r.Id")
        self.write("names.txt", "Id;Name\n1;North\n2;South\n")
        inputs = case()["Inputs"] + [{"InputAlias": "names", "Type": "Reference data", "FilePath": ".\\names.txt",
                                      "Serialization": {"Type": "Csv", "FieldDelimiter": ";", "Encoding": "UTF8"}}]
        self.write("cars.json", json.dumps([{"TollId": 1, "Name": "North"}] * 2 + [{"TollId": 2, "Name": "South"}]))
        self.config(case(Inputs=inputs))
        self.passes()

    def test_expected_errors(self):
        self.write("q.asaql", "SELECT nope() INTO cars FROM toll")
        self.differs("the query does not compile", "nope")
        code = self.weir("check", "q.asaql").stderr.split("[")[1].split("]")[0]
        self.config({"Name": "errors", "ExpectedErrors": [f"{code} 1:8 nope"]})
        self.passes()
        self.config({"Name": "errors", "ExpectedErrors": [f"{code} 1:9", "E0101"]})
        self.differs(f"error missing:    {code} 1:9", "error missing:    E0101", f"error unexpected: {code} 1:8")

    def test_expected_quarantine(self):
        self.write("q.asaql", "SELECT 10 / TollId AS x INTO cars FROM toll WHERE TollId = 0")
        self.write("toll.json", lines([{"TollId": 0}]))
        self.write("cars.json", "[]")
        self.passes()
        self.config(case(ExpectedQuarantine=[]))
        self.differs("quarantine unexpected: RuntimeError 1:8", "quarantine: 1, the newest:")
        self.config(case(ExpectedQuarantine=["RuntimeError divi"]))
        self.passes()

    def test_the_query_of_the_folder_when_script_is_somewhere_else(self):
        self.config(case(), Script="C:\\users\\me\\project\\query.asaql")
        self.passes()
        inputs = [{**case()["Inputs"][0], "FilePath": "../toll.json"}]
        outputs = [{"OutputAlias": "cars", "FilePath": "../cars.json"}]
        self.config(case(Inputs=inputs, ExpectedOutputs=outputs), path="test/testConfig.json", Script="")
        self.passes("test")

    def test_paths_of_another_machine(self):
        self.config(case(Inputs=[{**case()["Inputs"][0], "FilePath": "C:\\Users\\me\\test\\TOLL.json"}],
                         ExpectedOutputs=[{"OutputAlias": "CARS", "FilePath": "/home/me//test/cars.json"}]),
                    Script="D:\\q.asaql")
        self.passes()

    def test_what_a_project_says(self):
        """The start file, the policies, and the delimiter of a CSV input come from the project around the test."""
        self.write("p/asaproj.json", json.dumps({"name": "p", "startFile": "start.asaql", "configurations": [
            {"filePath": "JobConfig.json", "subType": "JobConfig"}, {"filePath": "Inputs\\Local_toll.json"}]}))
        self.write("p/JobConfig.json", json.dumps({"ScriptType": "JobConfig", "EventsOutOfOrderPolicy": "Drop"}))
        self.write("p/Inputs/Local_toll.json", json.dumps({
            "Name": "toll", "Type": "Data Stream", "DataSourceType": "Local Input", "FilePath": "x.csv",
            "Serialization": {"Type": "Csv", "FieldDelimiter": ";", "Encoding": "UTF8"}, "ScriptType": "InputMock"}))
        self.write("p/other.asaql", "SELECT nothing")
        self.write("p/start.asaql", "SELECT id INTO cars FROM toll TIMESTAMP BY t")
        self.write("p/Inputs/x.csv", "id;t\n1;2026-01-01T00:00:09Z\n2;2026-01-01T00:00:01Z\n")
        inputs = [{"InputAlias": "Toll", "Format": "Csv", "FilePath": "..\\inputs\\X.csv"}]
        self.config(case(Inputs=inputs), path="p/test/testConfig.json", Script="C:\\me\\start.asaql")
        self.write("p/test/cars.json", '{"id": "1"}')
        self.passes("p")
        self.write("p/asaproj.json", "{")
        self.differs("cannot be run", "p/asaproj.json: line 1, column 2", words=("p",), status=2)

    def test_a_test_file(self):
        self.write("x.test", "# about: passes\nquery\n  SELECT a FROM s\ninput s\n  {\"a\": 1}\nexpect\n  {\"a\": 1}\n")
        self.passes("x.test")
        self.passes(".", totals="2 passed, 0 failed")

    def test_why_there_is_no_output(self):
        self.write("q.asaql", CARS.replace("GROUP", "WHERE Toll > 100 GROUP"))
        self.differs("input toll: 3 events; watermark at the end 2026-01-01T00:00:12",
                     "filter where (Toll > 100): 3 rows in, 0 out   <-- nothing comes out of this step",
                     "output cars: 0 rows")


class Interrupted(TestTest):
    def test_no_folder_is_left_behind(self):
        """Its events come out of a pipe that nobody fills: the case waits until the signal comes."""
        (self.folder / "toll.json").unlink()
        os.mkfifo(self.folder / "toll.json")
        for number in (signal.SIGINT, signal.SIGTERM):
            with tempfile.TemporaryDirectory(prefix="w", dir="/tmp") as short:  # TMPDIR counts when it is short
                job = subprocess.Popen([WEIR, "test", "."], cwd=self.folder, env=self.environment({"TMPDIR": short}),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                until = time.monotonic() + 20
                while not os.listdir(short) and time.monotonic() < until:
                    time.sleep(0.02)
                self.assertEqual(len(os.listdir(short)), 1)
                job.send_signal(number)
                self.assertEqual(job.wait(20), -number)
                self.assertEqual(os.listdir(short), [])


class BadInput(TestTest):
    def test_no_such_path(self):
        self.fails(2, "test", "nowhere", says=["there is no file or folder `nowhere`", "help:"])
        (self.folder / "empty").mkdir()
        self.fails(2, "test", "empty", says="there is no testConfig.json in this folder or below it")

    def test_wrong_json(self):
        text = (self.folder / "testConfig.json").read_text()
        self.write("testConfig.json", text[:-20])
        self.broken("testConfig.json: line 1, column", "the text ends inside the")
        self.write("testConfig.json", text.replace("true", "yes"))
        self.broken("the word is none of true, false and null")
        self.write("testConfig.json", "[]")
        self.broken("testConfig.json: line 1, column 1: this is no JSON object")
        self.write("testConfig.json", "")
        self.broken("testConfig.json: line 1, column 1: the text is empty")

    def test_wrong_encodings(self):
        text = (self.folder / "testConfig.json").read_text()
        for encoding, name in (("utf-16", "UTF-16 (little endian)"), ("utf-16-be", "UTF-16 (big endian)"),
                               ("utf-32", "UTF-32 (little endian)")):
            (self.folder / "testConfig.json").write_bytes(text.encode(encoding))
            self.broken(f"testConfig.json: this file is {name}, not UTF-8", "help: save it as UTF-8: iconv")
        (self.folder / "testConfig.json").write_bytes(text.replace("cars", "\xe9t\xe9").encode("latin-1"))
        self.broken("line 1, column", "the byte 0xe9 is no UTF-8", "Latin-1")
        (self.folder / "testConfig.json").write_bytes(text.encode("utf-8-sig"))
        self.passes()
        (self.folder / "cars.json").write_bytes(json.dumps(EXPECTED).encode("utf-16"))
        self.broken("cars.json: this file is UTF-16 (little endian), not UTF-8")

    def test_wrong_encodings_of_events_and_queries(self):
        for name, text in (("toll.json", lines(TOLL)), ("q.asaql", CARS)):
            for encoding in ("utf-16", "utf-16-be"):
                (self.folder / name).write_bytes(text.encode(encoding))
                self.broken(f"{name}: this file is UTF-16 (", "iconv")
            (self.folder / name).write_bytes(text.encode("utf-8-sig"))
            self.passes()
        (self.folder / "q.asaql").write_bytes((CARS + " -- \xe9").encode("latin-1"))
        self.broken("q.asaql: line 1, column", "the byte 0xe9 is no UTF-8")

    def test_events_that_cannot_be_read(self):
        self.write("toll.json", lines(TOLL) + '{"TollId": ')
        done = self.passes()
        self.assertIn("warning: testConfig.json: cars: input toll: 1 malformed event was left out", done.stderr)
        self.config(case(ExpectedQuarantine=["InputDeserializationError"]))
        self.assertNotIn("warning", self.passes().stderr)

    def test_missing_files(self):
        (self.folder / "toll.json").unlink()
        self.broken("testConfig.json: line 1, column", "there is no file `toll.json` (events of input `toll`)")
        self.write("toll.json", lines(TOLL))
        (self.folder / "cars.json").unlink()
        self.broken("testConfig.json: there is no file `cars.json` (rows of output `Cars`)", "help: --update writes it")
        (self.folder / "q.asaql").unlink()
        self.broken("testConfig.json: there is no query `q.asaql`")
        self.config(case(), JobConfig="gone.json")
        self.write("q.asaql", CARS)
        self.broken("testConfig.json: line", "there is no file `gone.json` (JobConfig)", "relative to the folder of testConfig")

    def test_expected_rows_that_are_no_rows(self):
        self.write("cars.json", '{"TollId": 1}\n{"TollId": \n')
        self.broken("cars.json: line 2, column 11: the text ends inside the object opened at line 2")
        self.write("cars.json", "[{}, 5]")
        self.broken("cars.json: row 2 is no JSON object")
        self.write("cars.json", '[{"a": 1, "a": 2}]')
        self.broken("cars.json: row 1 names the field `a` twice")

    def test_aliases_that_come_twice(self):
        self.config(case(Inputs=case()["Inputs"] * 2))
        self.broken("a second input with the alias `toll`")
        self.config(case(ExpectedOutputs=case()["ExpectedOutputs"] * 2))
        self.broken("a second expected output with the alias `Cars`")

    def test_things_that_are_missing(self):
        self.config()
        self.broken("there are no TestCases in this file")
        self.config({"Name": "x"})
        self.broken("the case `x` has no Inputs")
        self.config({"Name": "x", "Inputs": case()["Inputs"]})
        self.broken("the case `x` has no ExpectedOutputs")
        self.config(case(Inputs=[{"InputAlias": "toll"}]))
        self.broken("input `toll` has no FilePath")
        self.config(case(Inputs=[{"FilePath": "toll.json"}]))
        self.broken("an input has no InputAlias")
        self.config(case(ExpectedOutputs=[{"OutputAlias": "cars"}]))
        self.broken("expected output `cars` has no FilePath")

    def test_values_of_the_wrong_kind(self):
        for broken, phrase in ((case(Inputs={}), "`Inputs` must be an array"),
                               (case(StartTime="soon"), "StartTime `soon` is no time"),
                               (case(ExpectedErrors=[1]), "ExpectedErrors lists texts of the form"),
                               (5, "a case is described by an object")):
            self.config(broken)
            self.broken("testConfig.json: line 1, column", phrase)
        for change, phrase in (({"Required": "yes"}, "`Required` must be true or false"),
                               ({"NumericTolerance": -1}, "NumericTolerance must be a number"),
                               ({"IgnoreFields": "a"}, "`IgnoreFields` must be an array")):
            self.config(case(ExpectedOutputs=[{**case()["ExpectedOutputs"][0], **change}]))
            self.broken(phrase)
        for change, phrase in (({"Type": "Reference"}, "Type `Reference` is neither"),
                               ({"Format": "CustomClr"}, "events in the format `CustomClr` cannot be read"),
                               ({"FilePath": "${NO_SUCH}/x"}, "NO_SUCH")):
            self.config(case(Inputs=[{**case()["Inputs"][0], **change}]))
            self.broken(phrase)

    def test_unknown_keys_are_warnings(self):
        self.config(case(Inptus=1, Ordered=True), Scripts="")
        done = self.passes()
        self.assertIn("the key `Inptus` is ignored; did you mean `Inputs`?", done.stderr)
        self.assertIn("the key `Scripts` is ignored; did you mean `Script`?", done.stderr)

    def test_an_input_that_the_query_does_not_read_is_a_warning(self):
        toll = case()["Inputs"][0]
        self.config(case(Inputs=[toll, {**toll, "InputAlias": "tolls"}, {**toll, "InputAlias": "weather"}]))
        told = self.passes().stderr
        self.assertIn("testConfig.json: cars: input tolls: the query does not read it; did you mean `toll`?", told)
        self.assertIn("input weather: the query does not read it; it reads `toll`", told)
        self.config(case())
        self.assertNotIn("warning", self.passes().stderr)

    def test_an_ignored_field_that_no_row_has_is_a_warning(self):
        output = {**case()["ExpectedOutputs"][0], "IgnoreFields": ["Car", "tollid", "Weather"]}
        self.config(case(ExpectedOutputs=[output]))
        told = self.passes().stderr
        self.assertIn("output cars: no row has the field `Car` of IgnoreFields; did you mean `Cars`?", told)
        self.assertIn("no row has the field `Weather` of IgnoreFields; its fields are `TollId`, `Cars`", told)
        self.assertNotIn("tollid", told)
        report = json.loads(self.ok("test", ".", "--format", "json").stdout)
        self.assertEqual(len(report["cases"][0]["warnings"]), 2)

    def test_an_arrival_field_that_events_lack_is_a_warning(self):
        self.config(case(Inputs=[{**case()["Inputs"][0], "ArrivalField": "EntryTme"}]))
        self.assertIn("testConfig.json: cars: input toll: the event at offset 0 has no time in the arrival field "
                      "`EntryTme`", self.weir("test", ".").stderr)

    def test_a_broken_case_leaves_the_others_alone(self):
        self.config(case("good"), case("bad", Inputs=[]), case("fine"))
        self.differs("cannot be run testConfig.json: bad", totals="2 passed, 1 failed", status=2)

    def test_an_input_that_the_case_does_not_bind(self):
        self.config(case(Inputs=[{**case()["Inputs"][0], "InputAlias": "booth"}]))
        self.differs("the query does not compile", "toll")


class Update(TestTest):
    def updated(self, text, *rows, path="cars.json", **output):
        """The text of the file of expected rows after --update with these rows coming."""
        outputs = [{"OutputAlias": "cars", "FilePath": path, **output}]
        self.config(case(ExpectedOutputs=outputs))
        self.write("q.asaql", "SELECT * INTO cars FROM toll")
        self.write("toll.json", lines(rows))
        if text is not None:
            (self.folder / path).write_bytes(text.encode())
        done = self.passes(".", "--update")
        self.assertIn(f"wrote {path}: {len(rows)} rows", done.stderr)
        self.passes()
        return (self.folder / path).read_bytes().decode()

    def test_shows_what_changed(self):
        self.write("cars.json", lines([{"TollId": 1, "Cars": 7}, *EXPECTED[1:]]))
        done = self.passes(".", "--update")
        self.assertIn("updated testConfig.json: cars", done.stderr)
        self.assertIn("1 row differs", done.stderr)
        self.assertIn("wrote cars.json: 3 rows", done.stderr)
        self.assertEqual(self.passes(".", "--update").stderr, "1 passed, 0 failed\n")

    def test_a_file_keeps_its_form(self):
        rows = {"a": 1, "b": "x"}, {"a": 2, "b": None}
        for old, new in (
                ('{"a":1,"b":"y"}\n', '{"a":1,"b":"x"}\n{"a":2,"b":null}\n'),
                ('{"a": 1, "b": "y"}', '{"a": 1, "b": "x"}\n{"a": 2, "b": null}'),
                ('\ufeff{ "a": 1, "b": "y" }\r\n', '\ufeff{ "a": 1, "b": "x" }\r\n{ "a": 2, "b": null }\r\n'),
                ('[{"a":1,"b":"y"}]\n', '[{"a":1,"b":"x"},{"a":2,"b":null}]\n'),
                ('[\n  {"a": 1, "b": "y"}\n]\n', '[\n  {"a": 1, "b": "x"},\n  {"a": 2, "b": null}\n]\n'),
                ('[\n{"a": 1, "b": "y"}\n]', '[\n{"a": 1, "b": "x"},\n{"a": 2, "b": null}\n]'),
                ('[\n\t{\n\t\t"a": 1,\n\t\t"b": "y"\n\t}\n]\n',
                 '[\n\t{\n\t\t"a": 1,\n\t\t"b": "x"\n\t},\n\t{\n\t\t"a": 2,\n\t\t"b": null\n\t}\n]\n'),
                ("", '{"a":1,"b":"x"}\n{"a":2,"b":null}\n'),
                ("[]", '[\n  {"a": 1, "b": "x"},\n  {"a": 2, "b": null}\n]'),
        ):
            if old == "":
                new = json.dumps(list(rows)).replace("[", "[\n  ").replace("}, ", "},\n  ").replace("]", "\n]\n")
            self.assertEqual(self.updated(old, *rows), new, repr(old))

    def test_nested_values_follow(self):
        old = '[\n  {\n    "a": 1\n  }\n]\n'
        row = {"a": {"b": [1, {"c": 2}], "d": {}, "e": []}}
        self.assertEqual(self.updated(old, row), json.dumps([row], indent=2) + "\n")

    def test_rows_that_were_right_stay_as_they_were_written(self):
        old = '{"b": "q", "a": 1.00}\n{"a": 3, "b": "gone"}\n{"a": 2.0,    "b": "r", "u": "\\u00e9"}\n'
        new = self.updated(old, {"a": 2, "b": "changed", "u": "\u00e9"}, {"a": 9, "b": "new"}, {"a": 1, "b": "q"})
        self.assertEqual(new.splitlines()[0], '{"b": "q", "a": 1.00}')
        self.assertIn('{"a": 2.0, "b": "changed", "u": "\u00e9"}', new)
        self.assertNotIn("gone", new)

    def test_ordered_rows_follow_the_order(self):
        old = '{"a": 1.0}\n{"a": 2.0}\n{"a": 3.0}\n'
        self.assertEqual(self.updated(old, {"a": 3}, {"a": 1}, {"a": 5}, Ordered=True).count("\n"), 3)

    def test_ignored_fields_stay(self):
        old = '{"a": 1, "at": "then"}\n'
        new = self.updated(old, {"a": 2, "at": "now"}, {"a": 9, "at": "now"}, IgnoreFields=["AT"])
        self.assertEqual(new, '{"a": 2, "at": "then"}\n{"a": 9}\n')

    def test_a_file_that_is_not_there_is_made(self):
        (self.folder / "cars.json").unlink()
        self.assertEqual(self.updated(None, {"a": 1}), '[\n  {"a": 1}\n]\n')
        self.assertEqual(self.updated(None, {"a": 1}, path="new.ndjson"), '{"a": 1}\n')
        self.assertEqual(self.updated(None, path="empty.json"), "[]\n")

    def test_what_no_update_can_help(self):
        self.config(case(ExpectedOutputs=[]))
        self.differs("does not name this output", words=(".", "--update"))
        self.config(case("one"), case("two", Inputs=[{**case()["Inputs"][0], "FilePath": "other.json"}]))
        self.write("other.json", lines(TOLL[:1]))
        self.write("cars.json", "[]")
        done = self.weir("test", ".", "--update")
        self.assertEqual(done.returncode, 2)
        self.assertIn("cars.json: two cases expect different rows in this file", done.stderr)


class Reports(TestTest):
    def setUp(self):
        super().setUp()
        bad = {"OutputAlias": "cars", "FilePath": "bad.json"}
        self.write("bad.json", json.dumps([{"TollId": 1, "Cars": 2}, *EXPECTED[1:]]))
        self.config(case("good"), case("bad <&> #1", ExpectedOutputs=[bad]), case("broken", Inputs=[]))

    def report(self, form):
        done = self.weir("test", ".", "--format", form)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr, "")
        return done.stdout

    def test_json(self):
        report = json.loads(self.report("json"))
        self.assertEqual([report[key] for key in ("passed", "failed", "broken")], [1, 2, 1])
        good, bad, broken = report["cases"]
        self.assertEqual([row["outcome"] for row in report["cases"]], ["passed", "failed", "broken"])
        self.assertEqual(good["outputs"][0]["outcome"], "matched")
        self.assertEqual(bad["outputs"][0]["differences"], [
            {"expectedRow": 1, "expected": {"TollId": 1, "Cars": 2}, "actualRow": 3, "actual": {"TollId": 1, "Cars": 1}}])
        self.assertEqual(bad["inputs"][0]["events"], 3)
        self.assertEqual(bad["steps"][-1]["rowsIn"], 3)
        self.assertIn("has no Inputs", broken["reason"])
        self.assertTrue(broken["hint"])

    def test_the_summary_of_the_service(self):
        report = json.loads(self.report("summary"))
        self.assertEqual([report[key] for key in ("Total", "Passed", "Failed", "Script")], [3, 1, 2, "q.asaql"])
        good, bad, broken = report["Results"]
        self.assertEqual([result["Status"] for result in report["Results"]], [0, 1, 1])
        record = {"OutputAlias": "cars", "ExpectedOutput": "cars.json", "Output": ""}
        self.assertEqual(good["OutputMatched"], [record])
        self.assertEqual(bad["OutputNotEqual"], [{**record, "ExpectedOutput": "bad.json"}])
        self.assertRegex(report["Time"], r"^00:00:\d\d\.\d{7}$")
        for key in ("OutputMatched", "OutputNotEqual", "OutputMissing", "OutputUnexpected", "OutputUnrequired"):
            self.assertEqual(broken[key], [])

    def test_tap(self):
        shown = self.report("tap").splitlines()
        self.assertEqual(shown[:4], ["TAP version 14", "1..3", "ok 1 - testConfig.json: good",
                                     "not ok 2 - testConfig.json: bad <&> \\#1"])
        self.assertIn("      output cars (bad.json): 1 row differs (expected 3, got 3, equal 2)", shown)

    def test_junit(self):
        self.differs(words=(".", "--junit", "out.xml"), totals="1 passed, 2 failed", status=2)
        root = ElementTree.parse(self.folder / "out.xml").getroot()
        self.assertEqual([root.get(key) for key in ("tests", "failures", "errors")], ["3", "1", "1"])
        good, bad, broken = root.iter("testcase")
        self.assertEqual(len(list(good)), 0)
        self.assertEqual((bad.get("name"), bad.get("classname")), ("bad <&> #1", "testConfig.json"))
        self.assertIn("output cars: 1 row differs", bad.find("failure").get("message"))
        self.assertIn("expected 1", bad.find("failure").text)
        self.assertIn("has no Inputs", broken.find("error").get("message"))
        self.fails(3, "test", ".", "--junit", "no/such/folder.xml", says="cannot write `no/such/folder.xml`")


@unittest.skipUnless(os.environ.get("WEIR_CASES"), "WEIR_CASES names no folder of recorded cases")
class Conformance(CliTest):
    def test_all_but_the_pending_cases_pass_in_time(self):
        pending = {line.split(":")[0].strip() for line in (SOURCE / "tests/pending_cases.txt").read_text().splitlines()
                   if ":" in line and not line.startswith("#")}
        begun = time.monotonic()
        report = json.loads(self.weir("test", os.environ["WEIR_CASES"], "--format", "json").stdout)
        self.assertLess(time.monotonic() - begun, 60)
        failed = {Path(found["file"]).parent.name: found for found in report["cases"] if found["outcome"] != "passed"}
        self.assertEqual(set(failed), pending)
        for found in failed.values():
            self.assertIn("JavaScript function", found["diagnostics"])


class Display(TestTest):
    def test_colours_only_on_a_terminal(self):
        self.write("cars.json", json.dumps([{"TollId": 1, "Cars": 2}, *EXPECTED[1:]]))
        status, shown = self.on_terminal("test", ".")
        self.assertEqual(status, 1)
        self.assertIn("\033[31m2\033[0m", shown)
        self.assertEqual(shown.count("0 passed, 1 failed"), 1)
        _, shown = self.on_terminal("test", ".", env={"NO_COLOR": "1"})
        self.assertNotIn("\033", shown)
        self.assertIn("^", shown)


if __name__ == "__main__":
    unittest.main()
