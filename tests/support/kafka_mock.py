"""kafka_mock.py: librdkafka's mock cluster in this process, so that a test can put any bytes into a topic (a NULL
value, a record of two documents, half a record) and let the program read them over a real connection."""
import ctypes
import ctypes.util


class Unavailable(Exception):
    """librdkafka cannot be loaded here."""


def load():
    name = ctypes.util.find_library("rdkafka") or "librdkafka.so.1"
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        raise Unavailable(str(error)) from error
    pointer, text, size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
    signatures = {
        "rd_kafka_conf_new": (pointer, []),
        "rd_kafka_conf_set": (ctypes.c_int, [pointer, text, text, text, size]),
        "rd_kafka_conf_set_log_cb": (None, [pointer, pointer]),
        "rd_kafka_new": (pointer, [ctypes.c_int, pointer, text, size]),
        "rd_kafka_destroy": (None, [pointer]),
        "rd_kafka_flush": (ctypes.c_int, [pointer, ctypes.c_int]),
        "rd_kafka_topic_new": (pointer, [pointer, text, pointer]),
        "rd_kafka_topic_destroy": (None, [pointer]),
        "rd_kafka_produce": (ctypes.c_int, [pointer, ctypes.c_int32, ctypes.c_int, pointer, size, pointer, size,
                                            pointer]),
        "rd_kafka_mock_cluster_new": (pointer, [pointer, ctypes.c_int]),
        "rd_kafka_mock_cluster_destroy": (None, [pointer]),
        "rd_kafka_mock_cluster_bootstraps": (text, [pointer]),
        "rd_kafka_mock_topic_create": (ctypes.c_int, [pointer, text, ctypes.c_int, ctypes.c_int]),
        "rd_kafka_mock_broker_set_down": (ctypes.c_int, [pointer, ctypes.c_int32]),
        "rd_kafka_mock_broker_set_up": (ctypes.c_int, [pointer, ctypes.c_int32]),
    }
    for function, (result, arguments) in signatures.items():
        getattr(library, function).restype = result
        getattr(library, function).argtypes = arguments
    return library


class MockCluster:
    """One broker that lives until close. A producer of ours fills it."""
    PRODUCER, COPY = 0, 0x2

    def __init__(self):
        self.lib = load()
        self.host = self._client(b"")
        self.cluster = self.lib.rd_kafka_mock_cluster_new(self.host, 1)
        self.servers = self.lib.rd_kafka_mock_cluster_bootstraps(self.cluster).decode()
        self.producer = self._client(self.servers.encode())
        self.topics = {}

    def _client(self, servers):
        conf, reason = self.lib.rd_kafka_conf_new(), ctypes.create_string_buffer(512)
        self.lib.rd_kafka_conf_set_log_cb(conf, None)
        settings = {b"message.max.bytes": b"20000000", b"linger.ms": b"0"}
        if servers:
            settings[b"bootstrap.servers"] = servers
        for name, value in settings.items():
            if self.lib.rd_kafka_conf_set(conf, name, value, reason, 512) != 0:
                raise Unavailable(reason.value.decode())
        client = self.lib.rd_kafka_new(self.PRODUCER, conf, reason, 512)
        if not client:
            raise Unavailable(reason.value.decode())
        return client

    def create(self, topic, partitions=1):
        self.lib.rd_kafka_mock_topic_create(self.cluster, topic.encode(), partitions, 1)
        self.topics[topic] = self.lib.rd_kafka_topic_new(self.producer, topic.encode(), None)
        return f"kafka://{self.servers}/{topic}"

    def produce(self, topic, values, partition=0):
        """In this order; None is a record without a value."""
        for value in values:
            bytes_at = None if value is None else ctypes.cast(ctypes.c_char_p(value), ctypes.c_void_p)
            failed = self.lib.rd_kafka_produce(self.topics[topic], partition, self.COPY, bytes_at,
                                               len(value or b""), None, 0, None)
            if failed:
                raise RuntimeError(f"the mock broker does not take a record of {len(value or b'')} bytes")
        if self.lib.rd_kafka_flush(self.producer, 10000) != 0:
            raise RuntimeError("the mock broker did not take all records")

    def set_down(self, down):
        change = self.lib.rd_kafka_mock_broker_set_down if down else self.lib.rd_kafka_mock_broker_set_up
        change(self.cluster, 1)

    def close(self):
        for topic in self.topics.values():
            self.lib.rd_kafka_topic_destroy(topic)
        self.lib.rd_kafka_destroy(self.producer)
        self.lib.rd_kafka_mock_cluster_destroy(self.cluster)
        self.lib.rd_kafka_destroy(self.host)
