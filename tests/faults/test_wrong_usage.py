"""Wrong words, queries and configurations: one message that names the thing and the way out; nothing is written."""
import json
import unittest

from faults import FaultTest


class Usage(FaultTest):
    def setUp(self):
        super().setUp()
        self.write("q.asaql", "SELECT id INTO o FROM i")
        self.write("in.json", b'{"id":1,"at":"2026-01-01T00:00:00Z"}\n')
        self.bound = ["run", "q.asaql", "--input", "i=in.json"]

    def refused(self, *words, says=(), status=2, **more):
        done = self.fails(status, *words, says=says, **more)
        self.assertEqual(done.out, b"")
        self.assertIn("help:", done.told)
        return done

    def run_query(self, text, *says, status=1, more=()):
        self.write("x.asaql", text)
        self.refused("run", "x.asaql", "--input", "i=in.json", *more, says=says, status=status)


class Names(Usage):
    def test_unknown_inputs_and_outputs(self):
        self.refused("run", "q.asaql", says=["E0201", "`i`", "--input i=WHERE"])
        self.write("toll.asaql", "SELECT id INTO o FROM tolls")
        self.refused("run", "toll.asaql", "--input", "toll=in.json", says=["`tolls`", "did you mean `toll`?"])
        self.refused(*self.bound, "--output", "oo=x.json", says=["no output `oo`", "`o`"])
        self.assertFalse((self.folder / "x.json").exists())

    def test_unknown_columns_and_functions(self):
        self.run_query("WITH s AS (SELECT id, at AS time FROM i) SELECT tme INTO o FROM s", "`tme`", "`time`")
        self.run_query("SELECT UPER(id) AS x INTO o FROM i", "UPER", "UPPER")
        self.run_query("SELECT COUNT(*) AS n INTO o FROM i GROUP BY TumblingWindow(secnd, 1)", "secnd", "second")

    def test_queries_that_are_none(self):
        for text in ("", "  \n", "-- nothing\n", ";", "SELECT", "\0", "\xff", "SELECT id INTO o FROM i WHERE", "{}" * 1000,
                     "SELECT " + "(" * 100000, "SELECT " + "1+" * 100000 + "1 AS x INTO o FROM i", "'" * 99999):
            self.write("x.asaql", text.encode("latin-1"))
            done = self.weir("run", "x.asaql", "--input", "i=in.json", seconds=20)
            with self.subTest(text[:20]):
                self.assertIn(done.code, (0, 1) if "1+" in text else (1,), done.told)
                self.assertRegex(done.told, r"error\[E\d+\]|events? in")

    def test_unknown_commands_options_formats_schemes(self):
        self.refused("rnu", says=["`rnu`", "weir run"])
        self.refused(*self.bound, "--ouput", "o=x", says=["--ouput", "--output"])
        self.refused("run", "q.asaql", "--input", "i=in.json?format=jsn", says=["i: ", "`jsn`", "json"])
        self.refused(*self.bound, "--output", "o=x.json?format=xml", says=["o: ", "`xml`", "json"])
        self.refused("run", "q.asaql", "--input", "i=kfka://host/t", says=["`kfka", "kafka"])
        self.refused(*self.bound, "--output", "o=http://host/t", says=["`http", "kafka"])
        self.refused("run", "q.asaql", "--input", "i=in.json?sorted=true", says=["`sorted`", "sort"])
        self.refused(*self.bound, "--output", "o=x.csv?delimitr=tab", says=["`delimitr`", "delimiter"])

    def test_kafka_addresses(self):
        for where, says in {"kafka://host:9092": "topic", "kafka://": "", "kafka:///t": "", "kafka://host:99999999/t": "port",
                            "kafka://embedded/": "topic", "kafka://host:0/t": "port",
                            "kafka://host/t?no.such.property=1": "no.such.property",
                            "kafka://host/t?start=yesterday": "start=yesterday",
                            "kafka://embedded/t?partitions=0": "partitions"}.items():
            with self.subTest(where):
                self.fails(2, "run", "q.asaql", "--input", f"i={where}&connect-timeout=1s" if "?" in where else
                           f"i={where}?connect-timeout=1s", says=["i: ", says])


class Values(Usage):
    def test_where_without_a_value(self):
        for words in (["--input", "i"], ["--input", "i="], ["--input", "=in.json"]):
            self.refused("run", "q.asaql", *words, says="NAME=WHERE")
        self.refused(*self.bound, "--output", "o=", says="NAME=WHERE")
        self.refused("run", "q.asaql", "--input", says="--input")
        self.refused(*self.bound, "--output", "o=?format=csv", says=["o: ", "does not say where"])
        self.refused("run", "q.asaql", "--input", "i=in.json?format", says=["`format`", "no value"])

    def test_an_environment_variable_that_is_not_set(self):
        self.refused("run", "q.asaql", "--input", "i=${WEIR_NO}/in.json", says=["WEIR_NO", "not set"])
        self.refused(*self.bound, "--output", "o=${WEIR_NO}", says=["WEIR_NO", "not set"])
        self.refused("run", "q.asaql", "--input", "i=${WEIR_NO", says="${")

    def test_given_twice(self):
        self.fails(2, *self.bound, "--input", "I=in.json", says="`I` is bound twice")
        self.fails(2, *self.bound, "--output", "o=x", "--output", "o=y", says="`o` is bound twice")

    def test_numbers_and_durations(self):
        for value in ("-1", "x", "1.5", "", "99999999999999999999", "1e3", " 1"):
            self.refused(*self.bound, "--threads", value, says=["--threads", "whole number"])
        self.fails(2, *self.bound, "--threads", "5000", says="--threads is at most 1024")
        self.assertEqual(self.ok(*self.bound, "--threads", "0").rows(), [{"id": 1}])
        for value in ("x", "-5s", "5 parsecs", "", "1e9h", "99999999999999999h", "s"):
            self.refused(*self.bound, "--until-idle", value, says="--until-idle takes a duration")
            self.refused(*self.bound, "--out-of-order", value, says="--out-of-order takes a duration")
            self.refused(*self.bound, "--late", value, says="--late takes a duration or off")
        self.refused(*self.bound, "--start", "2026-02-30", says="--start takes")

    def test_what_is_not_here_yet(self):
        self.refused(*self.bound, "--state", "s", says="--state comes in a later version")
        self.assertFalse((self.folder / "s").exists())


class JobConfig(Usage):
    def config(self, content):
        self.write("JobConfig.json", content)
        return [*self.bound, "--config", "JobConfig.json"]

    def test_files_that_are_no_json(self):
        for content in (b"", b" ", b"{", b'{"EventsLateArrivalMaxDelayInSeconds":', b'{"CompatibilityLevel":"1.2"',
                        b'{"CompatibilityLevel" "1.2"}', b"[]", b"7", b"null", b"\xff\xfe{\0}\0", b"{}{}",
                        b"{" * 5000):
            with self.subTest(content[:30]):
                self.fails(2, *self.config(content), says="JobConfig.json")

    def test_a_mark_is_no_error(self):
        self.ok(*self.config(b'\xef\xbb\xbf{"CompatibilityLevel":"1.2"}\r\n'))

    def test_values_of_the_wrong_kind(self):
        for key, values in {"EventsLateArrivalMaxDelayInSeconds": ['"soon"', "-2", "1.5", "true", "{}", "[1]", "1e99"],
                            "EventsOutOfOrderMaxDelayInSeconds": ["-1", '"x"', "99999999999999999999"],
                            "EventsOutOfOrderPolicy": ['"Keep"', "1", "[]"],
                            "CompatibilityLevel": ['"1.3"', "2", '""'],
                            "RuntimeErrorPolicy": ['"Drop"', "0"]}.items():
            for value in values:
                with self.subTest(key=key, value=value):
                    self.refused(*self.config(f'{{"{key}":{value}}}'), says=["JobConfig.json", key])

    def test_a_misspelt_key_is_told(self):
        done = self.ok(*self.config('{"EventsLateArivalMaxDelayInSeconds":5}'))
        self.assertIn("did you mean `EventsLateArrivalMaxDelayInSeconds`?", done.told)

    def test_a_folder_and_a_missing_one(self):
        (self.folder / "d").mkdir()
        self.fails(2, *self.bound, "--config", "d", says="`d` is a folder")
        self.fails(2, *self.bound, "--config", "none.json", says="none.json")

    def test_an_environment_variable_that_is_not_set(self):
        self.refused(*self.config('{"CompatibilityLevel":"${WEIR_NO}"}'), says=["WEIR_NO", "not set"])


class Policies(Usage):
    """--strict, and RuntimeErrorPolicy."""

    def setUp(self):
        super().setUp()
        self.write("bad.json", b'{"id":1}\n{bad\n{"id":"x"}\n{"id":4}\n')
        self.write("cast.asaql", "SELECT id INTO o\nFROM i\nWHERE CAST(id AS bigint) > 0")
        self.cast = ["run", "cast.asaql", "--input", "i=bad.json"]

    def test_quarantined_input_is_success_with_a_warning(self):
        done = self.ok(*self.cast)
        self.assertEqual(done.rows(), [{"id": 1}, {"id": 4}])
        self.assertIn("warning: 2 records quarantined in cast.quarantine.ndjson", done.told)
        entries = self.quarantine("cast.quarantine.ndjson")
        self.assertEqual([entry["kind"] for entry in entries], ["InputDeserializationError", "RuntimeError"])
        self.assertEqual(entries[1]["query"], {"file": "cast.asaql", "line": 3, "column": 7})
        self.assertEqual(json.loads(entries[1]["payload"]), {"id": "x"})
        self.assertEqual(entries[1]["origin"], {"partition": 0, "offset": 14, "blob": "bad.json"})

    def test_strict(self):
        done = self.weir(*self.cast, "--strict", "--quarantine", "aside.ndjson")
        self.assertEqual((done.code, done.rows()), (1, [{"id": 1}, {"id": 4}]))
        self.assertIn("2 records quarantined in aside.ndjson", done.told)
        self.ok(*self.bound, "--strict")

    def test_the_quarantine_is_continued(self):
        self.ok(*self.cast)
        self.ok(*self.cast)
        self.assertEqual(len(self.quarantine("cast.quarantine.ndjson")), 4)

    def test_stop(self):
        self.write("JobConfig.json", '{"RuntimeErrorPolicy":"Stop"}')
        done = self.fails(1, *self.cast, "--config", "JobConfig.json", says=["line 3, column 7", "RuntimeErrorPolicy"])
        self.assertLessEqual(len(done.rows()), 1)
        self.assertEqual(len(self.quarantine("cast.quarantine.ndjson")), 2)


if __name__ == "__main__":
    unittest.main()
