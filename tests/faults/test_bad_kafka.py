"""Malformed Kafka records: each costs only itself; its topic offset, partition and bytes are kept."""
import json
import sys
import unittest

from faults import SKIPPED, FaultTest, payload_of
from kafka_mock import MockCluster, Unavailable

GOOD = b'{"id":%d}'
BAD = {
    b'{"id":1 "x":2}': "expected `,`",
    b'{"id":1': "found the end",
    b'"x":3}': "must be an object",
    b'{"id":"a\0b"}': "NUL byte",
    b'\0': "NUL byte",
    b'{"id":"a\x01b"}': "control character",
    b'{"id":"abc': "closing quote",
    b'\xff\xfe{"id":1}': "not UTF-8",
    b'{"id":"\xff"}': "not UTF-8",
    b"": "empty",
    b"  \n ": "empty",
    b"hello": "must be an object",
    b"17": "must be an object",
    b'{"id":99999999999999999999}': "64 bits",
    b'{"id":' + b'[' * 2000 + b']' * 2000 + b"}": "deeper",
}


class KafkaTest(FaultTest):
    def setUp(self):
        super().setUp()
        self.broker = MockCluster()
        self.addCleanup(self.broker.close)
        self.write("q.asaql", "SELECT id, PartitionId AS p INTO o FROM i")

    def read(self, url, *more):
        return self.ok("run", "q.asaql", "--input", f"i={url}?start=earliest", "--until-idle", "500ms", *more)


class Records(KafkaTest):
    def test_each_bad_record_costs_itself_wherever_it_stands(self):
        """Alone, between good ones, at both ends; and several bad ones in a row that would join."""
        bad = list(BAD)
        values = [bad[0]]
        for number, value in enumerate(bad[1:-1]):
            values += [GOOD % number, value]
        values += [GOOD % 1000, *bad, GOOD % 1001, bad[-1]]
        url = self.broker.create("t")
        self.broker.produce("t", values)
        done = self.read(url)
        good = [n for n, value in enumerate(values) if value not in BAD]
        self.assertEqual([row["id"] for row in done.rows()], [json.loads(values[n])["id"] for n in good])
        entries = self.quarantine()
        self.assertEqual([entry["origin"]["offset"] for entry in entries],
                         [n for n, value in enumerate(values) if value in BAD])
        for entry in entries:
            value = values[entry["origin"]["offset"]]
            self.assertEqual(payload_of(entry), value)
            self.assertIn(BAD[value], entry["reason"])
            self.assertEqual((entry["kind"], entry["input"], entry["origin"]["partition"]),
                             ("InputDeserializationError", "i", 0))
        self.assertIn(f"{len(entries)} malformed", done.told)
        self.assertIn("q.quarantine.ndjson", done.told)

    def test_several_events_in_a_record(self):
        url = self.broker.create("t")
        self.broker.produce("t", [b'{"id":1}{"id":2}\n{"id":3}', b' [{"id":4}, {"id":5}]\n', b"[]", b'[{"id":6}]{"id":7}'])
        done = self.read(url)
        self.assertEqual([row["id"] for row in done.rows()], [1, 2, 3, 4, 5, 6, 7])
        self.assertEqual(self.quarantine(), [])
        self.assertIn("7 events in, 7 rows out", done.told)

    def test_several_events_one_of_them_bad(self):
        url = self.broker.create("t")
        self.broker.produce("t", [b'{"id":1}\n{"id":2\n{"id":3}', b'[{"id":4},{"id":5,},{"id":6}]', b'{"id":7}',
                                  b'[{"id":8},{"id":9'])
        ids = [row["id"] for row in self.read(url).rows()]
        self.assertEqual(ids, [1, 3, 4, 6, 7, 8])
        self.assertEqual([payload_of(entry) for entry in self.quarantine()],
                         [b'{"id":2', b'{"id":5,}', b'{"id":9'])

    def test_a_tombstone_is_counted_and_skipped(self):
        url = self.broker.create("t")
        self.broker.produce("t", [None, b'{"id":1}', None, None, b'{"id":2}', None])
        done = self.read(url, "--strict")
        self.assertEqual([row["id"] for row in done.rows()], [1, 2])
        self.assertEqual(self.quarantine(), [])
        self.assertIn("4 without a value", done.told)
        summary = json.loads(self.read(url, "--format", "json").told)
        self.assertEqual((summary["eventsIn"], summary["inputs"][0]["tombstones"]), (2, 4))

    def test_an_oversize_record(self):
        url = self.broker.create("t")
        large = b'{"id":1,"a":"' + b"x" * 2000000 + b'"}'
        self.broker.produce("t", [b'{"id":1}', large, b'{"id":2}'])
        self.assertEqual([row["id"] for row in self.read(url).rows()], [1, 2])
        (entry,) = self.quarantine()
        self.assertEqual((entry["kind"], entry["origin"]["offset"]), ("InputRecordTooLarge", 1))
        self.assertIn("longer than the limit", entry["reason"])

    def test_partitions_keep_their_names(self):
        url = self.broker.create("t", 3)
        for partition in range(3):
            self.broker.produce("t", [b'{"id":1}', b"{bad%d" % partition, b'{"id":2}'], partition)
        rows = self.read(url).rows()
        self.assertEqual(sorted((row["p"], row["id"]) for row in rows), [(p, n) for p in range(3) for n in (1, 2)])
        self.assertEqual(sorted((entry["origin"]["partition"], payload_of(entry)) for entry in self.quarantine()),
                         [(p, b"{bad%d" % p) for p in range(3)])

    def test_csv_records(self):
        url = self.broker.create("t")
        self.broker.produce("t", [b"id,a\n1,x\n", b"id,a\n2,\xff\n3,y\n"])
        done = self.ok("run", "q.asaql", "--input", f"i={url}?start=earliest&format=csv", "--until-idle", "500ms")
        self.assertEqual([row["id"] for row in done.rows()], ["1", "3"])
        self.assertIn("not UTF-8", self.quarantine()[0]["reason"])


class Replay(FaultTest):
    """kafka://embedded, filled from a file."""

    def test_bad_lines_that_begin_as_objects(self):
        self.write("q.asaql", "SELECT id INTO o FROM i")
        self.write("r.ndjson", b'{"id":1}\n{"id":2\n{"id":"\xff"}\n{"id":4}\n{"id":"x\0"}\n{"id":6}')
        done = self.ok("run", "q.asaql", "--input", "i=kafka://embedded/t?replay=r.ndjson&start=earliest",
                       "--until-idle", "500ms")
        self.assertEqual([row["id"] for row in done.rows()], [1, 4, 6])
        self.assertEqual([(entry["origin"]["offset"], payload_of(entry)) for entry in self.quarantine()],
                         [(1, b'{"id":2'), (2, b'{"id":"\xff"}'), (4, b'{"id":"x\0"}')])

    def test_what_cannot_be_replayed_is_refused_by_its_line(self):
        self.write("q.asaql", "SELECT id INTO o FROM i")
        self.write("r.ndjson", b'{"id":1}\nhello\n')
        self.fails(2, "run", "q.asaql", "--input", "i=kafka://embedded/t?replay=r.ndjson",
                   says=["line 2 of r.ndjson", "no JSON object"])
        self.fails(2, "run", "q.asaql", "--input", "i=kafka://embedded/t?replay=missing.ndjson", says="missing.ndjson")
        self.fails(2, "run", "q.asaql", "--input", "i=kafka://embedded/t?replay=r.ndjson&replay-timestamp=at",
                   says=["line 1 of r.ndjson", "at"])


if __name__ == "__main__":
    try:
        MockCluster().close()
    except Unavailable as error:
        print(f"skipped: no librdkafka for Python: {error}")
        sys.exit(SKIPPED)
    unittest.main()
