"""Topics as inputs: where reading starts, what is known of a record beside its value, how records are packed and how
the connection is secured, on a real broker."""
import gzip
import json
import time

import kafka_case
from kafka_case import KafkaCase, Shared, real
from librdkafka import Producer

SECRET = "sasl.username=weir&sasl.password=secret"


def number(value):
    return json.dumps({"n": value})


class Start(KafkaCase):
    def setUp(self):
        super().setUp()
        self.query("SELECT n INTO o FROM i")

    def numbers(self, topic, options, *words):
        return sorted(row["n"] for row in self.drain(topic, options, *words).rows())

    def test_earliest_latest_and_start(self):
        topic = self.topic(2)
        for partition in (0, 1):
            self.send(topic, number(partition), number(partition + 2), partition=partition)
        self.assertEqual(self.numbers(topic, "start=earliest"), [0, 1, 2, 3])
        self.assertEqual(self.numbers(topic, "start=latest"), [])
        self.assertEqual(self.numbers(topic, "start=latest", "--start", "earliest"), [0, 1, 2, 3])

    def test_committed_goes_on_where_the_group_stood(self):
        topic = self.topic()
        self.send(topic, number(1), number(2))
        self.assertEqual(self.numbers(topic, "group=g1&start=committed"), [1, 2])
        self.send(topic, number(3))
        self.assertEqual(self.numbers(topic, "group=g1&start=committed"), [3])
        self.assertEqual(self.numbers(topic, "group=g2&start=committed"), [1, 2, 3])

    @real
    def test_committed_offset_is_what_the_outputs_have(self):
        topic = self.topic()
        self.send(topic, number(1), number(2))
        self.numbers(topic, "group=g3&start=earliest")
        self.assertEqual(Shared.admin.committed("g3", topic), 2)

    @real
    def test_by_time(self):
        topic = self.topic(2)
        hour = 3600 * 1000
        for n in range(1, 7):
            self.send(topic, number(n), partition=n % 2, ms=n * hour)
        self.assertEqual(self.numbers(topic, "start=1970-01-01T03:00:00Z"), [3, 4, 5, 6])
        self.assertEqual(self.numbers(topic, "start=earliest", "--start", "1970-01-01T04:30:00Z"), [5, 6])
        self.assertEqual(self.numbers(topic, "start=1971-01-01T00:00:00Z"), [])

    @real
    def test_offsets_deleted_before_they_were_read_stop_with_the_range(self):
        topic = self.topic()
        self.send(topic, *map(number, range(10)))
        Shared.admin.commit("g4", topic, 0, 2)
        Shared.admin.delete_records(topic, 0, 5)
        self.fails(3, "run", "q.asaql", "--input", f"i={self.url(topic, 'group=g4&start=committed')}",
                   says=["stands at offset 2", "offsets 5 to 10", "3 records unread", "--start earliest"])
        self.assertEqual(self.numbers(topic, "group=g4&start=committed", "--start", "earliest"), list(range(5, 10)))

    @real
    def test_a_topic_made_anew_stops_with_the_range(self):
        topic = self.topic()
        self.send(topic, number(1))
        Shared.admin.commit("g5", topic, 0, 7)
        self.fails(3, "run", "q.asaql", "--input", f"i={self.url(topic, 'group=g5&start=committed')}",
                   says=["stands at offset 7", "offsets 0 to 1", "made anew"])


class Records(KafkaCase):
    def test_metadata(self):
        topic = self.topic(2)
        self.send(topic, number(1), partition=0, key=b"other")
        self.send(topic, number(2), number(3), partition=1, key=b"k1", headers=[("source", b"mill 7"), ("none", None)],
                  ms=981173106000)
        self.query("""SELECT n, PartitionId AS p, EventEnqueuedUtcTime AS at, System.Timestamp() AS stamp,
          GetMetadataPropertyValue(i, 'EventId') AS id, GetMetadataPropertyValue(i, '[Kafka].[Offset]') AS o,
          GetMetadataPropertyValue(i, '[Kafka].[Key]') AS k, GetMetadataPropertyValue(i, '[User].[source]') AS h
          INTO o FROM i WHERE n = 3""")
        row, = self.drain(topic).rows()
        at = "2001-02-03T04:05:06.0000000Z"
        self.assertEqual(row, {"n": 3, "p": 1, "at": at, "stamp": at, "id": "1:1", "o": 1, "k": "k1", "h": "mill 7"})

    def test_batches_of_every_codec(self):
        self.query("SELECT COUNT(*) AS c, SUM(n) AS s INTO o FROM i GROUP BY TumblingWindow(day, 7)")
        for codec in ("gzip", "snappy", "lz4", "zstd"):
            with self.subTest(codec=codec):
                topic = self.topic()
                producer = Producer(Shared.servers(), **{"compression.type": codec, "linger.ms": 50})
                for n in range(2000):
                    producer.send(topic, number(n).encode(), ms=1000)
                producer.flush()
                producer.close()
                self.assertEqual(self.drain(topic).rows(), [{"c": 2000, "s": 1999000}])

    def test_payloads_that_are_gzip_files(self):
        topic = self.topic()
        pack = gzip.compress
        self.send(topic, pack(b'{"n":1}\n{"n":2}\n'), None, pack(b'{"n":3}') + pack(b'{"n":4}'), b'{"n":5}',
                  pack(b'{"n":6}' * 100)[:-12], pack(b"x" * (65 << 20)), pack(b'{"n":"' + b"a" * 100000 + b'"}'))
        self.query("SELECT n INTO o FROM i")
        done = self.drain(topic, "start=earliest&compression=gzip")
        self.assertEqual([row["n"] for row in done.rows()], [1, 2, 3, 4, "a" * 100000])
        kept = [(entry["origin"]["offset"], entry["reason"]) for entry in self.quarantine()]
        self.assertEqual(kept, [(3, "the payload is not gzip, or is damaged"),
                                (4, "the payload is cut off: its gzip data has no end"),
                                (5, "the payload unpacks to more than 64 MB")])

    @real
    def test_new_partitions_are_read_from_their_first_record(self):
        topic = self.topic()
        self.query("SELECT n INTO o FROM i")
        where = self.url(topic, "start=earliest&topic.metadata.refresh.interval.ms=300")
        job = self.start("run", "q.asaql", "--input", f"i={where}", "--until-idle", "3s")
        self.send(topic, number(1))
        Shared.admin.widen(topic, 3)
        time.sleep(0.5)
        late = Producer(Shared.servers())  # one that knows the new partitions
        late.send(topic, number(2).encode(), partition=2)
        late.flush()
        late.close()
        out, told = job.communicate(timeout=60)
        self.assertEqual(job.returncode, 0, told)
        self.assertEqual(sorted(json.loads(line)["n"] for line in out.splitlines()), [1, 2])


class Security(KafkaCase):
    def reads(self, listener, options):
        topic = self.topic()
        self.send(topic, number(1))
        self.query("SELECT n INTO o FROM i")
        where = self.url(topic, f"start=earliest&{options}", listener)
        return self.ok("run", "q.asaql", "--input", f"i={where}", "--until-idle", "300ms").rows()

    def certificate(self, name):
        return Shared.broker.certificate(name)

    @real
    def test_sasl(self):
        for mechanism in ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"):
            with self.subTest(mechanism=mechanism):
                options = f"security.protocol=sasl_plaintext&sasl.mechanism={mechanism}&{SECRET}"
                self.assertEqual(self.reads("sasl", options), [{"n": 1}])

    @real
    def test_tls(self):
        options = f"security.protocol=ssl&ssl.ca.location={self.certificate('ca.pem')}"
        self.assertEqual(self.reads("tls", options), [{"n": 1}])

    @real
    def test_tls_with_a_certificate_of_ours(self):
        options = (f"security.protocol=ssl&ssl.ca.location={self.certificate('ca.pem')}"
                   f"&ssl.certificate.location={self.certificate('client.pem')}"
                   f"&ssl.key.location={self.certificate('client.key')}")
        self.assertEqual(self.reads("mtls", options), [{"n": 1}])

    @real
    def test_sasl_over_tls(self):
        options = (f"security.protocol=sasl_ssl&ssl.ca.location={self.certificate('ca.pem')}"
                   f"&sasl.mechanism=SCRAM-SHA-512&{SECRET}")
        self.assertEqual(self.reads("sasl_tls", options), [{"n": 1}])


if __name__ == "__main__":
    kafka_case.run(__name__, secure=True)
