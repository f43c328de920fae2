"""Topics as outputs on a real broker: keys, headers and times from columns, partitions, codecs, rows the broker never
takes, and a queue that is shorter than the rows."""
import collections
import json

import kafka_case
from kafka_case import KafkaCase, real

ROWS = "SELECT id, name, at INTO o FROM i"


class Sink(KafkaCase):
    def write_rows(self, topic, rows, options="", query=ROWS, code=0):
        self.query(query)
        self.write("i.json", "".join(json.dumps(row) + "\n" for row in rows))
        done = self.weir("run", "q.asaql", "--input", "i=i.json", "--output", f"o={self.url(topic, options)}")
        self.assertEqual(done.code, code, done.told)
        return done

    def test_key_headers_and_time_from_columns(self):
        topic = self.topic()
        rows = [{"id": 7, "name": "ä b", "at": "2001-02-03T04:05:06.789Z"}, {"id": 8}]
        self.write_rows(topic, rows, "key=id&headers=name,id&timestamp=at")
        first, second = self.read(topic)
        self.assertEqual(json.loads(first.value), rows[0])
        self.assertEqual((first.key, first.headers, first.ms),
                         (b"7", [("name", "ä b".encode()), ("id", b"7")], 981173106789))
        self.assertEqual((second.key, second.headers), (b"8", [("id", b"8")]))
        self.assertGreater(second.ms, first.ms)

    def test_columns_that_are_not_there(self):
        topic = self.topic()
        self.query(ROWS)
        self.write("i.json", '{"id":1}')
        for option in ("key", "headers", "timestamp"):
            self.fails(2, "run", "q.asaql", "--input", "i=i.json", "--output",
                       f"o={self.url(topic, f'{option}=nam')}", says=[f"{option}=nam", "did you mean name?"])

    def test_a_time_that_is_none_costs_the_row(self):
        topic = self.topic()
        done = self.write_rows(topic, [{"id": 1, "at": "soon"}, {"id": 2}], "timestamp=at", code=1)
        self.assertEqual([json.loads(record.value)["id"] for record in self.read(topic)], [2])
        self.assertIn("timestamp=", done.told + json.dumps(self.quarantine()))

    def test_one_key_one_partition(self):
        topic = self.topic(4)
        self.write_rows(topic, [{"id": n % 10, "name": str(n)} for n in range(400)], "key=id&partitioner=murmur2_random")
        places = collections.defaultdict(list)
        for record in self.read(topic, 4):
            places[record.key].append((record.partition, int(json.loads(record.value)["name"])))
        self.assertEqual(len(places), 10)
        for found in places.values():
            self.assertEqual(len({partition for partition, _ in found}), 1)
            self.assertEqual([n for _, n in found], sorted(n for _, n in found))
        self.assertGreater(len({found[0][0] for found in places.values()}), 1, "more than one partition is in use")

    def test_codecs(self):
        for codec in ("gzip", "snappy", "lz4", "zstd"):
            with self.subTest(codec=codec):
                topic = self.topic()
                self.write_rows(topic, [{"id": n} for n in range(500)], f"compression.type={codec}")
                self.assertEqual([json.loads(record.value)["id"] for record in self.read(topic)], list(range(500)))

    def test_backpressure_loses_nothing(self):
        topic = self.topic(2)
        rows = [{"id": n, "name": "x" * 100} for n in range(20000)]
        self.write_rows(topic, rows, "key=id&queue.buffering.max.messages=100&queue.buffering.max.kbytes=64")
        self.assertEqual(sorted(json.loads(record.value)["id"] for record in self.read(topic, 2)), list(range(20000)))

    @real
    def test_rows_the_broker_never_takes(self):
        """Too large for the topic, or without the key a compacted topic wants: only they are set aside."""
        topic = self.topic(**{"max.message.bytes": 2000})
        rows = [{"id": n, "name": "x" * (5000 if n == 3 else 10)} for n in range(6)]
        self.write_rows(topic, rows, code=1)
        self.assertEqual(sorted(json.loads(record.value)["id"] for record in self.read(topic)), [0, 1, 2, 4, 5])
        kept, = self.quarantine()
        self.assertEqual((kept["kind"], json.loads(kept["payload"])["id"]), ("OutputDataConversionError", 3))
        compacted = self.topic(**{"cleanup.policy": "compact"})
        self.write_rows(compacted, [{"id": 1, "name": "a"}, {"id": 2}], "key=name", code=1)
        self.assertEqual([json.loads(record.value)["id"] for record in self.read(compacted)], [1])

    @real
    def test_the_producer_is_idempotent(self):
        """The broker knows the producer by an id and refuses what comes twice; acks=1 beside it is a contradiction."""
        topic = self.topic()
        self.write_rows(topic, [{"id": 1}])
        self.fails(2, "run", "q.asaql", "--input", "i=i.json", "--output", f"o={self.url(topic, 'acks=1')}",
                   says=["idempotence"])
        self.write_rows(topic, [{"id": 2}], "acks=1&enable.idempotence=false")
        self.assertEqual(len(self.read(topic)), 2)


if __name__ == "__main__":
    kafka_case.run(__name__)
