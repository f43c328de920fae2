"""JobConfig.json and the options that say the same: which policy holds, what is ignored, what is an error."""
import json
import unittest

from cli_support import CliTest, lines, rows_of

# The second event arrives 20 s after its time; the third is 5 s behind the second.
EVENTS = [{"t": "2026-01-01T00:00:10Z", "a": "2026-01-01T00:00:10Z", "i": 1},
          {"t": "2026-01-01T00:00:20Z", "a": "2026-01-01T00:00:40Z", "i": 2},
          {"t": "2026-01-01T00:00:35Z", "a": "2026-01-01T00:00:40Z", "i": 3}]


class Config(CliTest):
    def setUp(self):
        super().setUp()
        self.write("q.asaql", "SELECT i, System.Timestamp() AS t FROM s TIMESTAMP BY t")
        self.write("s.json", lines(EVENTS))

    def times(self, *words, config=None):
        """Event number -> seconds of its time."""
        if config is not None:
            self.write("JobConfig.json", config if isinstance(config, str) else json.dumps(config))
            words = ("--config", "JobConfig.json") + words
        done = self.ok("run", "q.asaql", "--input", "s=s.json", "--arrival", "s=a", *words)
        self.told = done.stderr
        return {row["i"]: int(row["t"][17:19]) for row in rows_of(done.stdout)}

    def refused(self, config, *says):
        self.write("JobConfig.json", config if isinstance(config, str) else json.dumps(config))
        self.fails(2, "run", "q.asaql", "--input", "s=s.json", "--config", "JobConfig.json", says=["JobConfig.json", *says])

    def test_without_a_file_events_may_be_5_seconds_late(self):
        self.assertEqual(self.times(), {1: 10, 2: 35, 3: 35})
        self.assertIn("1 late, 1 adjusted by 15s", self.told)

    def test_a_file_without_the_key_tolerates_any_lateness(self):
        self.assertEqual(self.times(config={}), {1: 10, 2: 20, 3: 35})
        self.assertEqual(self.times(config={"EventsLateArrivalMaxDelayInSeconds": None}), {1: 10, 2: 20, 3: 35})
        self.assertEqual(self.times(config={"EventsLateArrivalMaxDelayInSeconds": -1}), {1: 10, 2: 20, 3: 35})

    def test_numbers_and_texts_are_the_same(self):
        for value in (10, "10"):
            self.assertEqual(self.times(config={"EventsLateArrivalMaxDelayInSeconds": value})[2], 30)

    def test_drop(self):
        config = {"EventsLateArrivalMaxDelayInSeconds": 5, "EventsOutOfOrderPolicy": "Drop"}
        self.assertEqual(self.times(config=config), {1: 10, 3: 35})
        self.assertIn("1 late, 1 dropped", self.told)

    def test_the_command_line_wins(self):
        config = {"EventsLateArrivalMaxDelayInSeconds": 5, "EventsOutOfOrderPolicy": "Drop"}
        self.assertEqual(self.times("--late", "off", config=config)[2], 20)
        self.assertEqual(self.times("--late", "10s", "--disorder", "adjust", config=config)[2], 30)

    def test_order_is_restored_within_its_tolerance(self):
        self.write("s.json", lines([EVENTS[0], {**EVENTS[2], "a": "2026-01-01T00:00:35Z"},
                                    {"t": "2026-01-01T00:00:33Z", "a": "2026-01-01T00:00:36Z", "i": 4}]))
        self.assertEqual(self.times(), {1: 10, 3: 35, 4: 35})
        self.assertEqual(self.times("--out-of-order", "5s"), {1: 10, 4: 33, 3: 35})
        self.assertEqual(self.times(config={"EventsOutOfOrderMaxDelayInSeconds": 5}), {1: 10, 4: 33, 3: 35})

    def test_compatibility_level(self):
        self.write("q.asaql", "SELECT GetType(b) AS i, '00000000000000000000' AS t FROM s")
        self.write("s.json", '{"b":true}\n')
        for level, kind in (("1.2", "bit"), ("1.1", "bigint")):
            for words in (["--compat", level], ["--config", self.write("c.json", json.dumps({"CompatibilityLevel": level}))]):
                done = self.ok("run", "q.asaql", "--input", "s=s.json", *words)
                self.assertEqual(rows_of(done.stdout)[0]["i"], kind)

    def test_runtime_errors_stop_the_job_when_asked(self):
        self.write("q.asaql", "SELECT CAST(i AS bigint) AS i FROM s")
        self.write("s.json", '{"i":"x"}\n')
        self.write("JobConfig.json", '{"RuntimeErrorPolicy":"Stop"}')
        done = self.weir("run", "q.asaql", "--input", "s=s.json", "--config", "JobConfig.json")
        self.assertEqual(done.returncode, 1, done.stderr)

    def test_keys_of_the_service_are_ignored(self):
        self.times(config={"DataLocale": "en-US", "OutputErrorPolicy": "Retry", "Sku": {"Name": "StandardV2"},
                           "ScriptType": "JobConfig", "Tags": {}, "JobStorageAccount": None, "SomethingNew": 1})
        self.assertNotIn("warning", self.told)

    def test_a_misspelt_key_is_told(self):
        self.times(config={"EventsLateArivalMaxDelayInSeconds": 5})
        self.assertIn("did you mean `EventsLateArrivalMaxDelayInSeconds`?", self.told)

    def test_a_byte_order_mark_and_comments(self):
        self.assertEqual(self.times(config='\ufeff{ // policies\n "EventsLateArrivalMaxDelayInSeconds": 10, }')[2], 30)

    def test_values_that_make_no_sense(self):
        self.refused({"EventsLateArrivalMaxDelayInSeconds": "soon"}, "EventsLateArrivalMaxDelayInSeconds", "`soon`")
        self.refused({"EventsLateArrivalMaxDelayInSeconds": [5]}, "a text or a number")
        self.refused({"EventsOutOfOrderMaxDelayInSeconds": -5}, "0 or more")
        self.refused({"EventsOutOfOrderPolicy": "Ignore"}, "Adjust", "Drop")
        self.refused({"CompatibilityLevel": "2.0"}, "1.0, 1.1 and 1.2")
        self.refused({"RuntimeErrorPolicy": "Shrug"}, "Quarantine", "Stop")
        self.refused("[]", "no JSON object")
        self.refused("{", "line 1")

    def test_the_environment_is_replaced(self):
        self.write("JobConfig.json", '{"EventsLateArrivalMaxDelayInSeconds": "${LATE}"}')
        done = self.ok("run", "q.asaql", "--input", "s=s.json", "--arrival", "s=a", "--config", "JobConfig.json",
                       env={"LATE": "10"})
        self.assertEqual(rows_of(done.stdout)[1]["t"], "2026-01-01T00:00:30.0000000Z")


if __name__ == "__main__":
    unittest.main()
