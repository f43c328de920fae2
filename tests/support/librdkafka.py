"""librdkafka.py: librdkafka for tests, without a package of its own: producing any bytes, reading topics back and
looking after topics, over ctypes. Works on the mock cluster and on a real broker alike."""
import ctypes
import ctypes.util
import time

POINTER, TEXT, SIZE, INT, INT32, INT64 = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int,
                                          ctypes.c_int32, ctypes.c_int64)
PRODUCER, CONSUMER = 0, 1
COPY = 0x2
END_OF_PARTITION = -191
QUEUE_FULL = -184
BEGINNING, INVALID = -2, -1001
TOPIC, PARTITION, VALUE, KEY, MSGFLAGS, TIMESTAMP, HEADER = 1, 3, 4, 5, 7, 8, 9  # rd_kafka_vtype_t


class Unavailable(Exception):
    """What a test needs is not on this machine."""


class Span(ctypes.Structure):
    _fields_ = [("ptr", POINTER), ("size", SIZE)]


class HeaderSpan(ctypes.Structure):
    _fields_ = [("name", TEXT), ("value", POINTER), ("size", ctypes.c_ssize_t)]


class Argument(ctypes.Union):
    _fields_ = [("text", TEXT), ("i", INT), ("i32", INT32), ("i64", INT64), ("span", Span), ("header", HeaderSpan),
                ("room", ctypes.c_char * 64)]


class Tagged(ctypes.Structure):
    """rd_kafka_vu_t"""
    _fields_ = [("tag", INT), ("u", Argument)]


class Message(ctypes.Structure):
    """rd_kafka_message_t"""
    _fields_ = [("err", INT), ("topic", POINTER), ("partition", INT32), ("payload", POINTER), ("len", SIZE),
                ("key", POINTER), ("key_len", SIZE), ("offset", INT64), ("opaque", POINTER)]


class Place(ctypes.Structure):
    """rd_kafka_topic_partition_t"""
    _fields_ = [("topic", TEXT), ("partition", INT32), ("offset", INT64), ("metadata", POINTER), ("len", SIZE),
                ("opaque", POINTER), ("err", INT), ("internal", POINTER)]


class Places(ctypes.Structure):
    _fields_ = [("count", INT), ("size", INT), ("items", ctypes.POINTER(Place))]


SIGNATURES = {
    "rd_kafka_conf_new": (POINTER, []),
    "rd_kafka_conf_set": (INT, [POINTER, TEXT, TEXT, TEXT, SIZE]),
    "rd_kafka_conf_set_log_cb": (None, [POINTER, POINTER]),
    "rd_kafka_new": (POINTER, [INT, POINTER, TEXT, SIZE]),
    "rd_kafka_destroy": (None, [POINTER]),
    "rd_kafka_err2str": (TEXT, [INT]),
    "rd_kafka_error_string": (TEXT, [POINTER]),
    "rd_kafka_error_code": (INT, [POINTER]),
    "rd_kafka_error_destroy": (None, [POINTER]),
    "rd_kafka_poll": (INT, [POINTER, INT]),
    "rd_kafka_flush": (INT, [POINTER, INT]),
    "rd_kafka_produceva": (POINTER, [POINTER, ctypes.POINTER(Tagged), SIZE]),
    "rd_kafka_topic_partition_list_new": (ctypes.POINTER(Places), [INT]),
    "rd_kafka_topic_partition_list_add": (ctypes.POINTER(Place), [ctypes.POINTER(Places), TEXT, INT32]),
    "rd_kafka_topic_partition_list_destroy": (None, [ctypes.POINTER(Places)]),
    "rd_kafka_assign": (INT, [POINTER, ctypes.POINTER(Places)]),
    "rd_kafka_committed": (INT, [POINTER, ctypes.POINTER(Places), INT]),
    "rd_kafka_commit": (INT, [POINTER, ctypes.POINTER(Places), INT]),
    "rd_kafka_consumer_poll": (ctypes.POINTER(Message), [POINTER, INT]),
    "rd_kafka_consumer_close": (INT, [POINTER]),
    "rd_kafka_message_destroy": (None, [ctypes.POINTER(Message)]),
    "rd_kafka_message_timestamp": (INT64, [ctypes.POINTER(Message), POINTER]),
    "rd_kafka_message_headers": (INT, [ctypes.POINTER(Message), ctypes.POINTER(POINTER)]),
    "rd_kafka_header_get_all": (INT, [POINTER, SIZE, ctypes.POINTER(TEXT), ctypes.POINTER(POINTER),
                                      ctypes.POINTER(SIZE)]),
    "rd_kafka_query_watermark_offsets": (INT, [POINTER, TEXT, INT32, ctypes.POINTER(INT64), ctypes.POINTER(INT64),
                                               INT]),
    "rd_kafka_queue_new": (POINTER, [POINTER]),
    "rd_kafka_queue_destroy": (None, [POINTER]),
    "rd_kafka_queue_poll": (POINTER, [POINTER, INT]),
    "rd_kafka_event_error": (INT, [POINTER]),
    "rd_kafka_event_error_string": (TEXT, [POINTER]),
    "rd_kafka_event_destroy": (None, [POINTER]),
    "rd_kafka_NewTopic_new": (POINTER, [TEXT, INT, INT, TEXT, SIZE]),
    "rd_kafka_NewTopic_set_config": (INT, [POINTER, TEXT, TEXT]),
    "rd_kafka_CreateTopics": (None, [POINTER, POINTER, SIZE, POINTER, POINTER]),
    "rd_kafka_event_CreateTopics_result": (POINTER, [POINTER]),
    "rd_kafka_CreateTopics_result_topics": (ctypes.POINTER(POINTER), [POINTER, ctypes.POINTER(SIZE)]),
    "rd_kafka_DeleteTopic_new": (POINTER, [TEXT]),
    "rd_kafka_DeleteTopics": (None, [POINTER, POINTER, SIZE, POINTER, POINTER]),
    "rd_kafka_event_DeleteTopics_result": (POINTER, [POINTER]),
    "rd_kafka_DeleteTopics_result_topics": (ctypes.POINTER(POINTER), [POINTER, ctypes.POINTER(SIZE)]),
    "rd_kafka_NewPartitions_new": (POINTER, [TEXT, SIZE, TEXT, SIZE]),
    "rd_kafka_CreatePartitions": (None, [POINTER, POINTER, SIZE, POINTER, POINTER]),
    "rd_kafka_event_CreatePartitions_result": (POINTER, [POINTER]),
    "rd_kafka_CreatePartitions_result_topics": (ctypes.POINTER(POINTER), [POINTER, ctypes.POINTER(SIZE)]),
    "rd_kafka_topic_result_error": (INT, [POINTER]),
    "rd_kafka_DeleteRecords_new": (POINTER, [ctypes.POINTER(Places)]),
    "rd_kafka_DeleteRecords": (None, [POINTER, POINTER, SIZE, POINTER, POINTER]),
    "rd_kafka_mock_cluster_new": (POINTER, [POINTER, INT]),
    "rd_kafka_mock_cluster_destroy": (None, [POINTER]),
    "rd_kafka_mock_cluster_bootstraps": (TEXT, [POINTER]),
    "rd_kafka_mock_topic_create": (INT, [POINTER, TEXT, INT, INT]),
    "rd_kafka_mock_broker_set_down": (INT, [POINTER, INT32]),
    "rd_kafka_mock_broker_set_up": (INT, [POINTER, INT32]),
    "rd_kafka_mock_partition_set_leader": (INT, [POINTER, TEXT, INT32, INT32]),
}
loaded = []


def load():
    if loaded:
        return loaded[0]
    name = ctypes.util.find_library("rdkafka") or "librdkafka.so.1"
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        raise Unavailable(f"no librdkafka for Python: {error}") from error
    for function, (result, arguments) in SIGNATURES.items():
        getattr(library, function).restype = result
        getattr(library, function).argtypes = arguments
    loaded.append(library)
    return library


def open_client(kind, **settings):
    lib = load()
    conf, reason = lib.rd_kafka_conf_new(), ctypes.create_string_buffer(512)
    lib.rd_kafka_conf_set_log_cb(conf, None)
    for name, value in settings.items():
        if lib.rd_kafka_conf_set(conf, name.replace("_", ".").encode(), str(value).encode(), reason, 512) != 0:
            raise ValueError(reason.value.decode())
    client = lib.rd_kafka_new(kind, conf, reason, 512)
    if not client:
        raise ValueError(reason.value.decode())
    return client


def span_of(value):
    return ctypes.cast(ctypes.c_char_p(value), POINTER), len(value or b"")


class Producer:
    """Records with partition, key, headers and time (milliseconds since 1970), as a test wants them."""

    def __init__(self, servers, **settings):
        self.lib = load()
        self.client = open_client(PRODUCER, bootstrap_servers=servers,
                                  **{"message.max.bytes": 20000000, "linger.ms": 5, **settings})

    def send(self, topic, value, partition=0, key=None, headers=(), ms=None):
        wanted = [(TOPIC, topic), (PARTITION, partition), (VALUE, value), (MSGFLAGS, COPY)]
        if key is not None:
            wanted.append((KEY, key))
        if ms is not None:
            wanted.append((TIMESTAMP, ms))
        wanted += [(HEADER, header) for header in headers]
        arguments = (Tagged * len(wanted))()
        for argument, (tag, given) in zip(arguments, wanted):
            argument.tag = tag
            if tag == TOPIC:
                argument.u.text = given.encode()
            elif tag == PARTITION:
                argument.u.i32 = given
            elif tag == MSGFLAGS:
                argument.u.i = given
            elif tag == TIMESTAMP:
                argument.u.i64 = given
            elif tag == HEADER:
                argument.u.header = HeaderSpan(given[0].encode(), *span_of(given[1]))
            else:
                argument.u.span = Span(*span_of(given))
        self._produce(arguments)

    def _produce(self, arguments):
        while True:
            error = self.lib.rd_kafka_produceva(self.client, arguments, len(arguments))
            if not error:
                return
            code, text = self.lib.rd_kafka_error_code(error), self.lib.rd_kafka_error_string(error).decode()
            self.lib.rd_kafka_error_destroy(error)
            if code != QUEUE_FULL:
                raise RuntimeError(f"the broker does not take the record: {text}")
            self.lib.rd_kafka_poll(self.client, 100)

    def flush(self, seconds=30):
        if self.lib.rd_kafka_flush(self.client, seconds * 1000) != 0:
            raise RuntimeError("the broker did not take all records")

    def close(self):
        self.lib.rd_kafka_destroy(self.client)


class Record:
    """What a consumer read: partition, offset, key, value, ms, headers (a list of pairs)."""

    def __init__(self, lib, message):
        at = message.contents
        self.partition, self.offset = at.partition, at.offset
        self.value = ctypes.string_at(at.payload, at.len) if at.payload else None
        self.key = ctypes.string_at(at.key, at.key_len) if at.key else None
        self.ms = lib.rd_kafka_message_timestamp(message, None)
        self.headers = []
        headers, name, value, size = POINTER(), TEXT(), POINTER(), SIZE()
        if lib.rd_kafka_message_headers(message, ctypes.byref(headers)) != 0:
            return
        while lib.rd_kafka_header_get_all(headers, len(self.headers), ctypes.byref(name), ctypes.byref(value),
                                          ctypes.byref(size)) == 0:
            self.headers.append((name.value.decode(), ctypes.string_at(value, size.value) if value else None))


def read_topic(servers, topic, partitions=1, seconds=30, **settings):
    """Every record there is, partition by partition, in order."""
    lib = load()
    client = open_client(CONSUMER, bootstrap_servers=servers, group_id="weir-test-reader",
                         **{"enable.partition.eof": "true", "fetch.wait.max.ms": 50, **settings})
    places = lib.rd_kafka_topic_partition_list_new(partitions)
    for partition in range(partitions):
        lib.rd_kafka_topic_partition_list_add(places, topic.encode(), partition).contents.offset = BEGINNING
    lib.rd_kafka_assign(client, places)
    lib.rd_kafka_topic_partition_list_destroy(places)
    records, ended, until = [], set(), time.monotonic() + seconds
    while len(ended) < partitions and time.monotonic() < until:
        message = lib.rd_kafka_consumer_poll(client, 200)
        if not message:
            continue
        if message.contents.err == END_OF_PARTITION:
            ended.add(message.contents.partition)
        elif message.contents.err == 0:
            records.append(Record(lib, message))
        lib.rd_kafka_message_destroy(message)
    lib.rd_kafka_consumer_close(client)
    lib.rd_kafka_destroy(client)
    if len(ended) < partitions:
        raise RuntimeError(f"topic {topic} could not be read to its end")
    return sorted(records, key=lambda record: (record.partition, record.offset))


class Admin:
    """Topics of a real broker (the mock cluster has its own functions), and the offsets of groups."""

    def __init__(self, servers, **settings):
        self.lib = load()
        self.servers, self.settings = servers, settings
        self.client = open_client(PRODUCER, bootstrap_servers=servers, **settings)

    def _ask(self, call, request, kind=None):
        queue = self.lib.rd_kafka_queue_new(self.client)
        call(self.client, ctypes.byref(POINTER(request)), 1, None, queue)
        event = self.lib.rd_kafka_queue_poll(queue, 30000)
        if not event:
            raise RuntimeError("the broker gives no answer")
        code = self.lib.rd_kafka_event_error(event)
        if not code and kind:
            count = SIZE()
            result = getattr(self.lib, f"rd_kafka_event_{kind}_result")(event)
            topics = getattr(self.lib, f"rd_kafka_{kind}_result_topics")(result, ctypes.byref(count))
            code = self.lib.rd_kafka_topic_result_error(topics[0])
        self.lib.rd_kafka_event_destroy(event)
        self.lib.rd_kafka_queue_destroy(queue)
        if code:
            raise RuntimeError(self.lib.rd_kafka_err2str(code).decode())

    def create(self, topic, partitions=1, **config):
        reason = ctypes.create_string_buffer(256)
        new = self.lib.rd_kafka_NewTopic_new(topic.encode(), partitions, 1, reason, 256)
        for name, value in {"retention.ms": -1, "message.timestamp.type": "CreateTime", **config}.items():
            self.lib.rd_kafka_NewTopic_set_config(new, name.encode(), str(value).encode())
        self._ask(self.lib.rd_kafka_CreateTopics, new, "CreateTopics")

    def delete(self, topic):
        self._ask(self.lib.rd_kafka_DeleteTopics, self.lib.rd_kafka_DeleteTopic_new(topic.encode()), "DeleteTopics")

    def widen(self, topic, partitions):
        reason = ctypes.create_string_buffer(256)
        new = self.lib.rd_kafka_NewPartitions_new(topic.encode(), partitions, reason, 256)
        self._ask(self.lib.rd_kafka_CreatePartitions, new, "CreatePartitions")

    def _places(self, topic, partition, offset):
        places = self.lib.rd_kafka_topic_partition_list_new(1)
        self.lib.rd_kafka_topic_partition_list_add(places, topic.encode(), partition).contents.offset = offset
        return places

    def delete_records(self, topic, partition, before):
        places = self._places(topic, partition, before)
        self._ask(self.lib.rd_kafka_DeleteRecords, self.lib.rd_kafka_DeleteRecords_new(places))
        self.lib.rd_kafka_topic_partition_list_destroy(places)

    def committed(self, group, topic, partition=0):
        """The group's offset; None when it has none."""
        reader = open_client(CONSUMER, bootstrap_servers=self.servers, group_id=group, **self.settings)
        places = self._places(topic, partition, INVALID)
        code = self.lib.rd_kafka_committed(reader, places, 10000)
        offset = places.contents.items[0].offset
        self.lib.rd_kafka_topic_partition_list_destroy(places)
        self.lib.rd_kafka_destroy(reader)
        if code:
            raise RuntimeError(self.lib.rd_kafka_err2str(code).decode())
        return offset if offset >= 0 else None

    def commit(self, group, topic, partition, offset):
        reader = open_client(CONSUMER, bootstrap_servers=self.servers, group_id=group, **self.settings)
        places = self._places(topic, partition, offset)
        code = self.lib.rd_kafka_commit(reader, places, 0)
        self.lib.rd_kafka_topic_partition_list_destroy(places)
        self.lib.rd_kafka_destroy(reader)
        if code:
            raise RuntimeError(self.lib.rd_kafka_err2str(code).decode())

    def end_offset(self, topic, partition=0):
        low, high = INT64(), INT64()
        code = self.lib.rd_kafka_query_watermark_offsets(self.client, topic.encode(), partition, ctypes.byref(low),
                                                         ctypes.byref(high), 10000)
        if code:
            raise RuntimeError(self.lib.rd_kafka_err2str(code).decode())
        return high.value

    def close(self):
        self.lib.rd_kafka_destroy(self.client)
