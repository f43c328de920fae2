"""What happens to brokers, on a real one: it dies and comes back, hangs, forgets the password, shows a certificate that
nobody knows, loses records or the whole topic. No run crashes, waits for ever or loses anything silently; status 3."""
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import time

import faults
import kafka_case
from kafka_case import KafkaCase, Shared, real
from kafka_mock import MockCluster
from librdkafka import Admin, Producer

IMPATIENT = "reconnect.backoff.ms=50&reconnect.backoff.max.ms=300"


def number(value):
    return json.dumps({"n": value})


def number_of(line):
    return json.loads(line)["n"]


class Brokers(KafkaCase):
    def setUp(self):
        super().setUp()
        self.query("SELECT n INTO o FROM i")

    def dies(self):
        Shared.broker.kill()
        self.addCleanup(self.revive)

    def revive(self, **how):
        """The broker again, unless it is there, and clients of ours that know it."""
        if Shared.broker.process.poll() is None:
            return
        Shared.broker.restart(**how)
        Shared.producer.close()
        Shared.admin.close()
        Shared.producer, Shared.admin = Producer(Shared.servers()), Admin(Shared.servers())

    def start_with_terminal(self, *words):
        """A job whose progress line somebody could read; what it says gathers in the bytearray."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 300, 0, 0))
        shown = bytearray()
        job = self.start(*words, stderr=theirs)
        os.close(theirs)

        def gather():
            try:
                while piece := os.read(ours, 4096):
                    shown.extend(piece)
            except OSError:
                pass  # the job has ended
            os.close(ours)

        threading.Thread(target=gather, daemon=True).start()
        return job, shown

    def waits_for(self, condition, seconds=30):
        until = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), until, "what was waited for did not come")
            time.sleep(0.05)

    def stops(self, job, *says, code=3, seconds=40):
        out, told = job.communicate(timeout=seconds)
        told = told.decode()
        self.assertEqual(job.returncode, code, told)
        for phrase in says:
            self.assertIn(phrase, told)
        return out

    # it dies, it hangs

    @real
    def test_killed_and_restarted_under_source_and_sink(self):
        """Nothing is lost and, within one run, nothing doubled; the progress line says what is the matter."""
        source, sink = self.topic(2), self.topic()
        for partition in (0, 1):
            self.send(source, *map(number, range(partition, 200, 2)), partition=partition)
        job, shown = self.start_with_terminal(
            "run", "q.asaql", "--input", f"i={self.url(source, 'start=earliest&' + IMPATIENT)}", "--output",
            f"o={self.url(sink, IMPATIENT)}", "--until-idle", "3s")
        self.waits_for(lambda: Shared.admin.end_offset(sink) == 200)
        self.dies()
        self.waits_for(lambda: re.search(rb"i: Kafka: retrying for", bytes(shown)))
        self.revive()
        for partition in (0, 1):
            self.send(source, *map(number, range(200 + partition, 400, 2)), partition=partition)
        self.assertEqual(job.wait(timeout=60), 0, bytes(shown))
        self.assertEqual(sorted(number_of(record.value) for record in self.read(sink)), list(range(400)))

    @real
    def test_hangs_and_goes_on(self):
        """A broker that answers nothing any more is no end of the topic: the job waits."""
        topic = self.topic()
        self.send(topic, number(1))
        job = self.start("run", "q.asaql", "--input", f"i={self.url(topic, 'start=earliest')}", "--until-idle", "4s")
        self.assertEqual(number_of(job.stdout.readline()), 1)
        Shared.broker.freeze(True)
        try:
            time.sleep(5)
            self.assertIsNone(job.poll(), "silence of a broker that hangs is no idleness")
        finally:
            Shared.broker.freeze(False)
        self.send(topic, number(2))
        self.assertEqual(number_of(self.stops(job, code=0)), 2)

    @real
    def test_hangs_under_a_sink(self):
        topic = self.topic()
        self.write("pipe.json", "")
        job = self.start("run", "q.asaql", "--input", "i=-?format=json", "--output",
                         f"o={self.url(topic, 'delivery-timeout=2s')}", stdin=subprocess.PIPE)
        job.stdin.write(number(1).encode() + b"\n")
        job.stdin.flush()
        self.waits_for(lambda: Shared.admin.end_offset(topic) == 1)
        Shared.broker.freeze(True)
        try:
            job.stdin.write(number(2).encode() + b"\n")
            self.stops(job, f"rows for topic {topic} were not confirmed", "within 2s", "delivery-timeout")
        finally:
            Shared.broker.freeze(False)

    # it does not let us in

    def refuses(self, listener, options, *says):
        topic = self.topic()
        began = time.monotonic()
        where = self.url(topic, f"start=earliest&connect-timeout=20s&{options}", listener)
        self.write("i.json", number(1))
        done = self.fails(3, "run", "q.asaql", "--input", f"i={where}", says=["i: ", "does not let us in", *says])
        self.assertNotIn("wrong-password", done.told)
        self.fails(3, "run", "q.asaql", "--input", "i=i.json", "--output", f"o={where.replace('start=earliest&', '')}",
                   says=["o: ", "does not let us in", *says])
        self.assertLess(time.monotonic() - began, 20, "both know at once, not at the time-out")

    @real
    def test_wrong_password(self):
        for mechanism in ("PLAIN", "SCRAM-SHA-256"):
            with self.subTest(mechanism=mechanism):
                self.refuses("sasl", f"security.protocol=sasl_plaintext&sasl.mechanism={mechanism}"
                                     "&sasl.username=weir&sasl.password=wrong-password")

    @real
    def test_wrong_certificates(self):
        certificate = Shared.broker.certificate
        ours = f"security.protocol=ssl&ssl.ca.location={certificate('ca.pem')}"
        self.refuses("tls", f"security.protocol=ssl&ssl.ca.location={certificate('stranger.pem')}", "certificate")
        self.refuses("mtls", ours, "certificate")
        self.refuses("mtls", f"{ours}&ssl.certificate.location={certificate('stranger.pem')}"
                             f"&ssl.key.location={certificate('stranger.key')}", "certificate")

    @real
    def test_password_that_expires_under_way(self):
        """The broker comes back with another password: the job says so after a stated time."""
        topic, sink = self.topic(), self.topic()
        self.send(topic, number(1))
        login = ("security.protocol=sasl_plaintext&sasl.mechanism=PLAIN&sasl.username=weir&sasl.password=secret"
                 f"&connect-timeout=3s&{IMPATIENT}")
        job = self.start("run", "q.asaql", "--input", f"i={self.url(topic, 'start=earliest&' + login, 'sasl')}")
        self.assertEqual(number_of(job.stdout.readline()), 1)
        writer = self.start("run", "q.asaql", "--input", "i=-?format=json", "--output",
                            f"o={self.url(sink, 'delivery-timeout=3s&' + login, 'sasl')}", stdin=subprocess.PIPE)
        writer.stdin.write(number(1).encode() + b"\n")
        writer.stdin.flush()
        self.waits_for(lambda: Shared.admin.end_offset(sink) == 1)
        self.dies()
        self.revive(password="another")
        try:
            self.stops(job, "i: ", "does not let us in", "password")
            writer.stdin.write(number(2).encode() + b"\n")
            self.stops(writer, "o: ", "not confirmed", "within 3s", "password")
        finally:
            Shared.broker.kill()
            self.revive(password="secret")

    # it loses things

    @real
    def test_topic_deleted_under_a_source(self):
        topic = self.topic()
        self.send(topic, number(1))
        job = self.start("run", "q.asaql", "--input",
                         f"i={self.url(topic, 'start=earliest&connect-timeout=2s&topic.metadata.propagation.max.ms=1000')}")
        self.assertEqual(number_of(job.stdout.readline()), 1)
        Shared.admin.delete(topic)
        self.stops(job, "i: ", f"topic {topic}", "is gone")

    @real
    def test_topic_deleted_under_a_sink(self):
        topic = self.topic()
        job = self.start("run", "q.asaql", "--input", "i=-?format=json", "--output",
                         f"o={self.url(topic, 'delivery-timeout=5s&topic.metadata.refresh.interval.ms=500')}",
                         stdin=subprocess.PIPE)
        job.stdin.write(number(1).encode() + b"\n")
        job.stdin.flush()
        self.waits_for(lambda: Shared.admin.end_offset(topic) == 1)
        Shared.admin.delete(topic)
        time.sleep(1)
        job.stdin.write(number(2).encode() + b"\n")
        self.stops(job, "o: ", topic)

    @real
    def test_records_deleted_in_front_of_a_slow_reader(self):
        """The job stands still because nobody reads its output; the records it was about to read go away."""
        topic = self.topic()
        self.query("SELECT n, a INTO o FROM i")
        padding = "x" * 1000
        for n in range(30000):
            Shared.producer.send(topic, json.dumps({"n": n, "a": padding}).encode())
        Shared.producer.flush()
        job = self.start("run", "q.asaql", "--input",
                         f"i={self.url(topic, 'start=earliest&queued.max.messages.kbytes=1024')}")
        first = job.stdout.readline()
        time.sleep(2)
        Shared.admin.delete_records(topic, 0, 30000)
        self.send(topic, json.dumps({"n": 30000}))
        out = job.stdout.read()
        self.stops(job, "i: ", f"partition 0 of topic {topic} is not there",
                         "the broker holds offsets 30000 to 30001", "--start earliest")
        numbers = [number_of(line) for line in [first, *out.splitlines()]]
        self.assertEqual(numbers, list(range(len(numbers))), "what came before is whole and in order")
        self.assertLess(len(numbers), 30000)


class Leaders(faults.FaultTest):
    """One broker of ours has nobody to hand a partition to; two of the mock cluster have."""

    def test_partition_moves_to_another_broker(self):
        cluster = MockCluster(brokers=2)
        self.addCleanup(cluster.close)
        url = cluster.create("t")
        cluster.set_leader("t", 0, 1)
        cluster.produce("t", [number(1).encode()])
        self.write("q.asaql", "SELECT n INTO o FROM i")
        job = self.start("run", "q.asaql", "--input", f"i={url}?start=earliest&{IMPATIENT}", "--until-idle", "3s")
        self.assertEqual(number_of(job.stdout.readline()), 1)
        cluster.set_leader("t", 0, 2)
        cluster.set_down(True, broker=1)
        cluster.produce("t", [number(2).encode()])
        out, told = job.communicate(timeout=60)
        self.assertEqual((job.returncode, [number_of(line) for line in out.splitlines()]), (0, [2]), told)


if __name__ == "__main__":
    kafka_case.run(__name__, secure=True)
