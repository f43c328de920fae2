"""weir record: events of a live source become a file that replays, with arrival times, keys and partitions."""
import json
import signal
import subprocess
import time
import unittest

from cli_support import CARS, CARS_ROWS, TOLL, WEIR, CliTest, lines, rows_of
from kafka_mock import MockCluster

TOPIC = "kafka://embedded/toll?replay=toll.json&replay-timestamp=EntryTime&replay-key=Make&partitions=2"


class Record(CliTest):
    def setUp(self):
        super().setUp()
        self.write("toll.json", lines(TOLL))
        self.write("cars.asaql", CARS)

    def recorded(self, name="out.json"):
        return rows_of((self.folder / name).read_text(encoding="utf-8"))

    def test_events_keep_their_fields_and_what_the_transport_knew(self):
        done = self.ok("record", TOPIC, "--start", "earliest", "--out", "out.json", "--events", "3")
        self.assertIn("3 events of 2 partitions", done.stderr)
        self.assertIn("--arrival NAME=EventEnqueuedUtcTime", done.stderr)
        found = sorted(self.recorded(), key=lambda row: row["EntryTime"])
        self.assertEqual([{key: row[key] for key in TOLL[0]} for row in found], TOLL)
        for row in found:
            self.assertEqual(row["EventEnqueuedUtcTime"][:19], row["EntryTime"][:19])
            self.assertEqual(row["EventKey"], row["Make"])
            self.assertIn(row["PartitionId"], (0, 1))

    def test_the_file_replays(self):
        self.ok("record", TOPIC, "--start", "earliest", "--out", "out.json", "--until-idle", "1s")
        done = self.ok("run", "cars.asaql", "--input", "toll=out.json?sort=true", "--arrival", "toll=EventEnqueuedUtcTime")
        self.assertEqual(rows_of(done.stdout), CARS_ROWS)

    def test_headers_arrays_and_what_is_no_json(self):
        kafka = MockCluster()
        self.addCleanup(kafka.close)
        where = kafka.create("t")
        kafka.producer.send("t", b'{"a": 0}', key=b"k", headers=[("trace", b"7")], ms=1767225600000)
        kafka.produce("t", [b'[{"a": 1}, {"a": 2}]', None, b"{}", b"no\njson", b"[1]"])
        done = self.ok("record", where, "--start", "earliest", "--out", "-", "--events", "6")
        text = done.stdout.splitlines()
        self.assertEqual(json.loads(text[0]), {"a": 0, "EventEnqueuedUtcTime": "2026-01-01T00:00:00.0000000Z", "PartitionId": 0,
                                               "EventKey": "k", "EventHeaders": {"trace": "7"}})
        self.assertEqual([json.loads(line).get("a") for line in text[1:4]], [1, 2, None])
        self.assertEqual(text[4:], ["no json", "[1]"])
        self.assertIn("1 message without a value left out", done.stderr)
        self.assertIn("2 of them are no JSON objects: kept as they came", done.stderr)

    def test_a_number_of_events_and_a_signal_end_it(self):
        self.ok("record", TOPIC, "--start", "earliest", "--out", "out.json", "--events", "1")
        self.assertEqual(len(self.recorded()), 1)
        job = subprocess.Popen([WEIR, "record", TOPIC, "--start", "earliest", "--out", "live.json", "--for", "1h"],
                               cwd=self.folder, stderr=subprocess.PIPE)
        for _ in range(300):
            if (self.folder / "live.json").exists() and len(self.recorded("live.json")) == 3:
                break
            time.sleep(0.1)
        job.send_signal(signal.SIGINT)
        told = job.communicate(timeout=60)[1].decode()
        self.assertEqual((job.returncode, len(self.recorded("live.json"))), (0, 3), told)

    def test_the_input_of_a_job_and_of_a_project(self):
        self.write("job.json", json.dumps({"query": "cars.asaql", "inputs": {"toll": TOPIC}}))
        self.ok("record", "job.json", "--input", "TOLL", "--start", "earliest", "--out", "out.json", "--events", "3")
        self.assertEqual(len(self.recorded()), 3)
        self.fails(2, "record", "job.json", "--out", "x", "--events", "1", says=["has inputs of its own", "--input NAME"])
        self.fails(2, "record", "job.json", "--input", "t", "--out", "x", "--events", "1", says="has no input `t`")
        self.ok("new", "p")
        self.fails(2, "record", "p", "--input", "telemetry", "--out", "x", "--events", "1",
                   says="input telemetry is not live: Kafka: environment variable `KAFKA_BROKERS` is not set")

    def test_wrong_usage(self):
        self.fails(2, "record", TOPIC, "--events", "1", says="--out is missing")
        self.fails(2, "record", TOPIC, "--out", "x", says=["nothing says when the recording ends", "--for DURATION"])
        self.fails(2, "record", "toll.csv", "--out", "x", "--events", "1", says="`toll.csv` is not a live source")
        self.fails(2, "record", "odbc:DSN=a;PWD=x", "--out", "x", "--events", "1", says="`odbc:DSN=a;PWD=***`")
        self.fails(2, "record", f"{TOPIC}&format=csv", "--out", "x", "--events", "1", says="format csv cannot be recorded")
        self.fails(3, "record", TOPIC, "--out", "no/such/folder", "--events", "1", says="cannot write `no/such/folder`")


if __name__ == "__main__":
    unittest.main()
