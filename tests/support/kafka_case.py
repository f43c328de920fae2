"""kafka_case.py: tests over one broker a file. It is a real one (kafka_broker.py) where Kafka's jars and Java can be
had; else librdkafka's mock cluster stands in, and the tests marked `@real` are left out and listed by name.

    class Start(KafkaCase): ...          self.topic(...), self.send(...), self.url(...), self.read(...)
    if __name__ == "__main__": run(__name__, secure=False)
"""
import functools
import sys
import tempfile
import unittest
from pathlib import Path

import faults
from kafka_broker import Broker
from kafka_mock import MockCluster
from librdkafka import Admin, Producer, Unavailable, read_topic


class Shared:
    """Of the test file at hand."""
    broker = None   # Broker; None: the mock stands in
    mock = None
    producer = None
    admin = None
    without = ""    # why there is no broker
    left_out = []   # names of tests
    topics = 0

    @classmethod
    def servers(cls):
        return cls.broker.servers() if cls.broker else cls.mock.servers


def real(test):
    """This test needs what the mock cluster has not."""
    @functools.wraps(test)
    def run_it(self):
        if not Shared.broker:
            Shared.left_out.append(self.id().removeprefix("__main__."))
            self.skipTest(f"needs a real broker: {Shared.without}")
        test(self)
    return run_it


class KafkaCase(faults.FaultTest):
    def topic(self, partitions=1, **config):
        """A new one; its name."""
        Shared.topics += 1
        name = f"t{Shared.topics}"
        if Shared.broker:
            Shared.admin.create(name, partitions, **config)
        else:
            Shared.mock.create(name, partitions)
        return name

    def url(self, topic, options="", listener="plain"):
        servers = Shared.broker.servers(listener) if Shared.broker else Shared.mock.servers
        return f"kafka://{servers}/{topic}" + (f"?{options}" if options else "")

    def send(self, topic, *values, partition=0, key=None, headers=(), ms=None):
        """Texts become bytes; None is a record without a value."""
        for value in values:
            Shared.producer.send(topic, value.encode() if isinstance(value, str) else value, partition, key, headers, ms)
        Shared.producer.flush()

    def read(self, topic, partitions=1):
        return read_topic(Shared.servers(), topic, partitions)

    def query(self, text):
        self.write("q.asaql", text)

    def drain(self, topic, options="start=earliest", *words, name="i", **more):
        """Runs q.asaql over what the topic holds."""
        return self.ok("run", "q.asaql", "--input", f"{name}={self.url(topic, options)}", "--until-idle", "500ms",
                       *words, **more)


def start(secure):
    home = tempfile.TemporaryDirectory(prefix="weir-kafka-")
    try:
        Shared.broker = Broker(Path(home.name) / "broker", secure=secure).start()
        Shared.admin = Admin(Shared.broker.servers())
    except Unavailable as reason:
        Shared.broker, Shared.without = None, str(reason)
        Shared.mock = MockCluster()
    Shared.producer = Producer(Shared.servers())
    return home


def run(module, secure=False):
    """Runs the tests of a file and exits: 77 when there is no librdkafka for Python either."""
    try:
        home = start(secure)
    except Unavailable as reason:
        print(f"skipped: {reason}")
        sys.exit(faults.SKIPPED)
    try:
        program = unittest.main(module, exit=False)
    finally:
        if Shared.broker:
            Shared.broker.stop()
        home.cleanup()
    if Shared.without:
        print(f"ran on the mock cluster ({Shared.without}); left out: {', '.join(Shared.left_out) or 'nothing'}")
    sys.exit(not program.result.wasSuccessful())
