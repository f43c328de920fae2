/* test_kafka_source.c: records, positions, ends, pauses and trouble of a Kafka input. */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
#include "unit/kafka/kafka_bench.h"

enum { FETCH = 1, METADATA = 3, OFFSET_COMMIT = 8 }; /* request numbers of the Kafka protocol */

#define EPOCH_TICKS (INT64_C(62135596800) * TICKS_PER_SECOND)

static rd_kafka_t *producer;

static int start_producer(void **state) {
  (void)state;
  producer = producer_new();
  return 0;
}

static int stop_producer(void **state) {
  (void)state;
  rd_kafka_destroy(producer);
  return 0;
}

/* ---- records ---- */

static void test_what_a_record_brings(void **state) {
  (void)state;
  make_topic("brings", 1);
  produce(producer, "brings", 0, "k1", "{\"x\":1}", 1000);
  produce(producer, "brings", 0, NULL, "{\"x\":22}", 2500);
  produce(producer, "brings", 0, "k3", NULL, 3000);
  produce(producer, "brings", 0, NULL, "", 4000);
  produced(producer);
  Reader reader;
  reader_open(&reader, "kafka://embedded/brings?start=earliest");
  assert_int_equal(kafka_source.partitions(reader.source), 1);
  uint32_t got = 0;
  while (got < 4 && reader_next(&reader, 5000)) {
    const Message *messages = reader.batch.messages.items;
    for (uint32_t i = 0; i < reader.batch.messages.len; i++, got++) {
      assert_int_equal(messages[i].offset, got);
      assert_int_equal(messages[i].tombstone, got == 2);
      assert_int_equal(messages[i].headers_len, 0);
      Str key = {reader.batch.bytes->data + messages[i].key_begin, messages[i].key_len};
      assert_true(str_eq(key, got == 0 ? STR("k1") : got == 2 ? STR("k3") : STR("")));
      static const int64_t stamps[] = {1000, 2500, 3000, 4000};
      assert_int_equal(messages[i].arrival, EPOCH_TICKS + stamps[got] * TICKS_PER_MILLISECOND);
      assert_int_equal(reader.batch.bytes->data[messages[i].begin + messages[i].len], '\n');
      if (i) assert_int_equal(messages[i].begin, messages[i - 1].begin + messages[i - 1].len + 1);
      if (got == 0) assert_true(str_eq(reader_payload(&reader, i), STR("{\"x\":1}")));
      if (got == 1) assert_true(str_eq(reader_payload(&reader, i), STR("{\"x\":22}")));
      if (got > 1) assert_int_equal(messages[i].len, 0);
    }
  }
  assert_int_equal(got, 4);
  reader_close(&reader);
}

static void test_headers_on_request(void **state) {
  (void)state;
  make_topic("headers", 1);
  rd_kafka_producev(producer, RD_KAFKA_V_TOPIC("headers"), RD_KAFKA_V_VALUE((void *)(uintptr_t)"v", 1),
                    RD_KAFKA_V_HEADER("a", "x\"y", 3), RD_KAFKA_V_HEADER("b", NULL, 0),
                    RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
  produced(producer);
  Reader reader;
  reader_open(&reader, "kafka://embedded/headers?start=earliest&headers=true");
  assert_true(reader_next(&reader, 5000));
  const Message *message = &reader.batch.messages.items[0];
  Str headers = {reader.batch.bytes->data + message->headers_begin, message->headers_len};
  assert_true(str_eq(headers, STR("{\"a\":\"x\\\"y\",\"b\":null}")));
  reader_close(&reader);
}

static void test_every_partition_in_its_own_order(void **state) {
  (void)state;
  enum { EACH = 2000 };
  make_topic("three", 3);
  for (int i = 0; i < EACH; i++) {
    for (int partition = 0; partition < 3; partition++) {
      char value[32];
      snprintf(value, sizeof value, "%d/%d", partition, i);
      produce(producer, "three", partition, NULL, value, 1000 + i);
    }
  }
  produced(producer);
  Reader reader;
  reader_open(&reader, "kafka://embedded/three?start=earliest");
  assert_int_equal(kafka_source.partitions(reader.source), 3);
  int next[3] = {0};
  while (next[0] + next[1] + next[2] < 3 * EACH && reader_next(&reader, 5000)) {
    uint32_t partition = reader.batch.partition;
    for (uint32_t i = 0; i < reader.batch.messages.len; i++) {
      char value[32];
      int len = snprintf(value, sizeof value, "%u/%d", partition, next[partition]);
      assert_int_equal(reader.batch.messages.items[i].offset, next[partition]);
      assert_true(str_eq(reader_payload(&reader, i), (Str){value, (size_t)len}));
      next[partition]++;
    }
  }
  for (int partition = 0; partition < 3; partition++) assert_int_equal(next[partition], EACH);
  PartitionState named;
  kafka_source.partition_state(reader.source, 2, &named);
  assert_string_equal(named.name, "2");
  assert_int_equal(named.number, 2);
  reader_close(&reader);
}

/* A full queue stops librdkafka's fetcher for up to a second each time, unless it is woken. */
static void test_a_full_queue_does_not_stall(void **state) {
  (void)state;
  enum { ALL = 40000 };
  make_topic("stalls", 4);
  for (int i = 0; i < ALL; i++) produce(producer, "stalls", i % 4, NULL, "0123456789", 1000);
  produced(producer);
  Reader reader;
  reader_open(&reader, "kafka://embedded/stalls?start=earliest&queued.min.messages=500");
  int64_t start = clock_monotonic_ns();
  int got = 0;
  while (got < ALL && reader_next(&reader, 5000)) got += (int)reader.batch.messages.len;
  assert_int_equal(got, ALL);
  assert_true(clock_monotonic_ns() - start < INT64_C(4000000000));
  reader_close(&reader);
}

/* ---- ends ---- */

static void test_the_end_is_reached_and_left(void **state) {
  (void)state;
  make_topic("ends", 2);
  send_numbers(producer, "ends", 1, 3);
  Reader reader;
  reader_open(&reader, "kafka://embedded/ends?start=earliest");
  assert_false(reader_at_end(&reader, 0));
  reader_expect(&reader, 3, "v1 v2 v3");
  assert_true(reader_waits_for_end(&reader, 0, true, 5000));
  assert_true(reader_waits_for_end(&reader, 1, true, 5000)); /* an empty partition is at its end too */
  send_numbers(producer, "ends", 4, 4);
  reader_expect(&reader, 1, "v4");
  assert_false(reader_at_end(&reader, 0));
  assert_true(reader_waits_for_end(&reader, 0, true, 5000));
  reader_close(&reader);
}

static void test_nobody_is_at_the_end_without_a_broker(void **state) {
  (void)state;
  make_topic("down", 1);
  char line[400];
  Reader reader;
  reader_open(&reader, "kafka://embedded/down?start=earliest&reconnect.backoff.max.ms=200");
  assert_true(reader_waits_for_end(&reader, 0, true, 5000));
  kafka_source.state(reader.source, line, sizeof line);
  assert_string_equal(line, "");
  rd_kafka_mock_broker_set_down(embedded_cluster(), 1);
  assert_true(reader_waits_for_end(&reader, 0, false, 5000));
  for (int i = 0; i < 20; i++) assert_false(reader_next(&reader, 20));
  assert_false(reader_at_end(&reader, 0));
  kafka_source.state(reader.source, line, sizeof line);
  assert_non_null(strstr(line, "retrying"));
  rd_kafka_mock_broker_set_up(embedded_cluster(), 1);
  send_numbers(producer, "down", 1, 1);
  reader_expect(&reader, 1, "v1");
  assert_true(reader_waits_for_end(&reader, 0, true, 10000));
  kafka_source.state(reader.source, line, sizeof line);
  assert_string_equal(line, "");
  reader_close(&reader);
}

static void test_passing_errors_are_ridden_out(void **state) {
  (void)state;
  make_topic("errors", 1);
  send_numbers(producer, "errors", 1, 2);
  Reader reader;
  reader_open(&reader, "kafka://embedded/errors?start=earliest&reconnect.backoff.max.ms=200");
  rd_kafka_mock_push_request_errors(embedded_cluster(), FETCH, 4, RD_KAFKA_RESP_ERR__TRANSPORT,
                                    RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                                    RD_KAFKA_RESP_ERR_UNKNOWN);
  reader_expect(&reader, 2, "v1 v2");
  send_numbers(producer, "errors", 3, 4);
  reader_expect(&reader, 2, "v3 v4");
  rd_kafka_mock_clear_request_errors(embedded_cluster(), FETCH);
  reader_close(&reader);
}

/* ---- positions ---- */

static void test_latest_sees_only_what_comes_later(void **state) {
  (void)state;
  make_topic("latest", 1);
  send_numbers(producer, "latest", 1, 3);
  Reader reader;
  reader_open(&reader, "kafka://embedded/latest");
  send_numbers(producer, "latest", 4, 5);
  reader_expect(&reader, 2, "v4 v5");
  reader_close(&reader);
}

static void test_a_time_to_start_at(void **state) {
  (void)state;
  make_topic("times", 1);
  send_numbers(producer, "times", 1, 5);
  Reader reader;
  reader_open(&reader, "kafka://embedded/times?start=1970-01-01T00:00:03Z");
  reader_expect(&reader, 3, "v3 v4 v5");
  reader_close(&reader);
  reader_open_at(&reader, "kafka://embedded/times?start=earliest", START_TIME, EPOCH_TICKS + 4 * TICKS_PER_SECOND);
  reader_expect(&reader, 2, "v4 v5"); /* --start wins over start= */
  reader_close(&reader);
}

static void test_commit_and_resume(void **state) {
  (void)state;
  make_topic("commits", 2);
  send_numbers(producer, "commits", 1, 5);
  Reader reader;
  const char *where = "kafka://embedded/commits?group=g1&start=committed";
  reader_open(&reader, where); /* nothing committed: from the first record */
  reader_expect(&reader, 5, "v1 v2 v3 v4 v5");
  Str note;
  assert_false(kafka_source.resumed(reader.source, 0, &note));
  SourcePosition positions[] = {{3, STR("a note; of ours")}, {INT64_MIN, STR("")}};
  assert_int_equal(kafka_source.commit(reader.source, positions, 2, &reader.error), STATUS_OK);
  reader_close(&reader); /* waits for the commit */
  reader_open(&reader, where);
  assert_true(kafka_source.resumed(reader.source, 0, &note));
  assert_memory_equal(note.ptr, "a note; of ours", note.len);
  assert_int_equal(note.len, 15);
  assert_false(kafka_source.resumed(reader.source, 1, &note)); /* nothing was read of it, nothing noted */
  reader_expect(&reader, 2, "v4 v5");
  reader_close(&reader);
  reader_open(&reader, "kafka://embedded/commits?group=g2&start=committed"); /* another group */
  reader_expect(&reader, 5, "v1 v2 v3 v4 v5");
  reader_close(&reader);
}

static void test_a_commit_that_fails_is_told(void **state) {
  (void)state;
  make_topic("nocommit", 1);
  send_numbers(producer, "nocommit", 1, 2);
  Reader reader;
  reader_open(&reader, "kafka://embedded/nocommit?start=earliest");
  reader_expect(&reader, 2, "v1 v2");
  rd_kafka_mock_push_request_errors(embedded_cluster(), OFFSET_COMMIT, 1, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
  SourcePosition position = {1, STR("")};
  assert_int_equal(kafka_source.commit(reader.source, &position, 1, &reader.error), STATUS_OK);
  char line[400] = "";
  for (int i = 0; i < 200 && !line[0]; i++) {
    assert_false(reader_next(&reader, 20));
    kafka_source.state(reader.source, line, sizeof line);
  }
  assert_non_null(strstr(line, "test-job not committed"));
  reader_close(&reader);
}

static void expect_open_error(const char *where, Status status, const char *message, const char *hint) {
  Reader reader;
  reader_open_at(&reader, where, START_DEFAULT, 0);
  if (reader.status != status) fail_msg("%s: status %d, %s", where, reader.status, reader.error.message);
  if (!strstr(reader.error.message, message)) fail_msg("message: %s", reader.error.message);
  if (!strstr(reader.error.hint, hint)) fail_msg("hint: %s", reader.error.hint);
  assert_string_equal(reader.error.who, "input in");
  reader_close(&reader);
}

static void commit_offset(const char *where, int64_t offset) {
  Reader reader;
  reader_open(&reader, where);
  assert_int_equal(kafka_source.commit(reader.source, &(SourcePosition){offset, STR("")}, 1, NULL), STATUS_OK);
  reader_close(&reader);
}

static void test_committed_offsets_that_are_gone(void **state) {
  (void)state;
  make_topic("gone", 1);
  send_numbers(producer, "gone", 1, 3);
  commit_offset("kafka://embedded/gone?group=ahead", 100);
  commit_offset("kafka://embedded/gone?group=behind", 1);
  expect_open_error("kafka://embedded/gone?group=ahead&start=committed", STATUS_WORLD, "broker holds offsets 0 to 3",
                    "made anew");
  char *big = mem_zalloc(500001);
  memset(big, 'x', 500000);
  for (int i = 0; i < 15; i++) { /* one request each: the broker drops the oldest ones behind 5 MB */
    produce(producer, "gone", 0, NULL, big, 1000);
    produced(producer);
  }
  mem_free(big);
  expect_open_error("kafka://embedded/gone?group=behind&start=committed", STATUS_WORLD,
                    "group behind stands at offset 1", "deleted");
}

/* A reader that is slower than the broker's memory: the broker drops what was not fetched yet. */
static void test_offsets_lost_on_the_way(void **state) {
  (void)state;
  make_topic("overrun", 1);
  char *big = mem_zalloc(400001);
  memset(big, 'x', 400000);
  Reader reader;
  for (int i = 0; i < 50; i++) {
    produce(producer, "overrun", 0, NULL, big, 1000);
    produced(producer);
    if (i != 5) continue; /* a queue of 1 kB: one record is fetched, then the fetcher stops */
    reader_open(&reader, "kafka://embedded/overrun?start=earliest&queued.max.messages.kbytes=1"
                         "&fetch.message.max.bytes=1000");
    assert_true(reader_next(&reader, 5000));
  }
  mem_free(big);
  Status status = STATUS_OK;
  for (int polls = 0; polls < 200 && status == STATUS_OK; polls++) {
    SourceEvent event;
    message_batch_clear(&reader.batch);
    status = kafka_source.poll(reader.source, 50, &reader.batch, &event, &reader.error);
  }
  assert_int_equal(status, STATUS_WORLD);
  if (!strstr(reader.error.message, "of partition 0 of topic overrun is not there: the broker holds offsets")) {
    fail_msg("message: %s", reader.error.message);
  }
  assert_non_null(strstr(reader.error.hint, "--start earliest"));
  reader_close(&reader);
}

/* ---- pauses ---- */

static void test_pause_loses_nothing(void **state) {
  (void)state;
  make_topic("pauses", 2);
  for (int i = 0; i < 100; i++) produce(producer, "pauses", i % 2, NULL, "x", 1000);
  produced(producer);
  Reader reader;
  reader_open(&reader, "kafka://embedded/pauses?start=earliest");
  kafka_source.pause(reader.source, 0, true);
  uint32_t got[2] = {0};
  while (reader_next(&reader, 700)) got[reader.batch.partition] += reader.batch.messages.len;
  assert_int_equal(got[0], 0);
  assert_int_equal(got[1], 50);
  assert_false(reader_at_end(&reader, 0));
  kafka_source.pause(reader.source, 0, true); /* twice is once */
  kafka_source.pause(reader.source, 0, false);
  int64_t next = 0;
  while (got[0] < 50 && reader_next(&reader, 3000)) {
    assert_int_equal(reader.batch.partition, 0);
    assert_int_equal(reader.batch.messages.items[0].offset, next);
    next += reader.batch.messages.len;
    got[0] += reader.batch.messages.len;
  }
  assert_int_equal(got[0], 50);
  assert_true(reader_waits_for_end(&reader, 0, true, 5000));
  kafka_source.pause(reader.source, 0, true);
  assert_false(reader_at_end(&reader, 0)); /* nobody knows what waits behind the pause */
  kafka_source.pause(reader.source, 0, false);
  assert_true(reader_waits_for_end(&reader, 0, true, 5000));
  reader_close(&reader);
}

static void test_pauses_in_the_middle(void **state) {
  (void)state;
  enum { ALL = 20000 };
  make_topic("middle", 1);
  for (int i = 0; i < ALL; i++) produce(producer, "middle", 0, NULL, "0123456789", 1000);
  produced(producer);
  Reader reader;
  reader_open(&reader, "kafka://embedded/middle?start=earliest");
  int64_t next = 0;
  while (next < ALL && reader_next(&reader, 5000)) {
    for (uint32_t i = 0; i < reader.batch.messages.len; i++) {
      assert_int_equal(reader.batch.messages.items[i].offset, next++);
    }
    kafka_source.pause(reader.source, 0, true);
    assert_false(reader_next(&reader, 30));
    kafka_source.pause(reader.source, 0, false);
  }
  assert_int_equal(next, ALL);
  reader_close(&reader);
}

/* ---- wrong usage and a world that fails ---- */

static void test_options(void **state) {
  (void)state;
  make_topic("options", 1);
  expect_open_error("kafka://embedded/", STATUS_CONFIG, "needs a topic", "kafka://host:9092/topic");
  expect_open_error("kafka://embedded", STATUS_CONFIG, "needs a topic", "kafka://host:9092/topic");
  expect_open_error("kafka://embedded/a%20b!", STATUS_CONFIG, "no name of a Kafka topic", "letters");
  expect_open_error("kafka://embedded/options?gruop=a", STATUS_CONFIG, "gruop", "group");
  expect_open_error("kafka://embedded/options?secruity.protocol=ssl", STATUS_CONFIG, "secruity.protocol",
                    "did you mean `security.protocol`?");
  expect_open_error("kafka://embedded/options?security.protocol=tls", STATUS_CONFIG, "security.protocol", "");
  expect_open_error("kafka://embedded/options?auto.offset.reset=latest", STATUS_CONFIG, "auto.offset.reset", "?start=");
  expect_open_error("kafka://embedded/options?start=yesterday", STATUS_CONFIG, "start=yesterday", "earliest");
  expect_open_error("kafka://embedded/options?connect-timeout=soon", STATUS_CONFIG, "soon", "");
  expect_open_error("kafka://embedded/options?partitions=2", STATUS_CONFIG, "has 1 partitions, not 2", "");
  expect_open_error(as_real("options?partitions=2"), STATUS_CONFIG, "kafka://embedded/ only", "");
  expect_open_error(as_real("options?replay=x"), STATUS_CONFIG, "kafka://embedded/ only", "");
  Reader reader;
  reader_open(&reader, as_real("options?client.id=me&acks=all&fetch.wait.max.ms=50"));
  reader_close(&reader);
}

static void test_secrets_stay_secret(void **state) {
  (void)state;
  Reader reader;
  reader_open_at(&reader, "kafka://127.0.0.1:1/t?connect-timeout=1s&sasl.password=hunter2"
                          "&security.protocol=sasl_plaintext&sasl.mechanism=PLAIN", START_DEFAULT, 0);
  assert_int_not_equal(reader.status, STATUS_OK);
  assert_null(strstr(reader.error.message, "hunter2"));
  assert_null(strstr(reader.error.hint, "hunter2"));
  reader_close(&reader);
}

static int listening_socket(int *port) {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof address;
  assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(listen(listener, 10), 0);
  getsockname(listener, (struct sockaddr *)&address, &len);
  *port = ntohs(address.sin_port);
  return listener;
}

static int64_t milliseconds_since(int64_t start_ns) { return (clock_monotonic_ns() - start_ns) / 1000000; }

static void test_a_broker_that_is_down(void **state) {
  (void)state;
  int port;
  char where[100], expected[100];
  close(listening_socket(&port)); /* nobody listens there any more */
  snprintf(where, sizeof where, "kafka://127.0.0.1:%d/flights?connect-timeout=1500ms", port);
  snprintf(expected, sizeof expected, "cannot reach the Kafka broker 127.0.0.1:%d (topic flights) within 1s500ms",
           port);
  int64_t start = clock_monotonic_ns();
  expect_open_error(where, STATUS_WORLD, expected, "?connect-timeout=");
  expect_open_error(where, STATUS_WORLD, "Connection refused", "");
  assert_true(milliseconds_since(start) < 8000);
}

static void test_a_listener_that_never_answers(void **state) {
  (void)state;
  int port, listener = listening_socket(&port);
  char where[100];
  snprintf(where, sizeof where, "kafka://127.0.0.1:%d/flights?connect-timeout=2s", port);
  int64_t start = clock_monotonic_ns();
  expect_open_error(where, STATUS_WORLD, "gives no answer within 2s", "security.protocol=ssl");
  assert_true(milliseconds_since(start) >= 1900);
  assert_true(milliseconds_since(start) < 6000);
  close(listener);
}

static void test_a_topic_that_is_not_there(void **state) {
  (void)state;
  make_topic("flights", 1);
  rd_kafka_mock_topic_set_error(embedded_cluster(), "flihgts", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  int64_t start = clock_monotonic_ns();
  expect_open_error(as_real("flihgts"), STATUS_WORLD, "has no topic flihgts", "did you mean flights?");
  assert_true(milliseconds_since(start) < 10000);
  rd_kafka_mock_topic_set_error(embedded_cluster(), "flihgts", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  expect_open_error(as_real("flihgts"), STATUS_WORLD, "does not let us use topic flihgts", "Read");
}

/* ---- replay ---- */

static const char *replay_path(const char *text) {
  static char path[64];
  snprintf(path, sizeof path, "/tmp/weir-replay-XXXXXX");
  int fd = mkstemp(path);
  assert_int_equal(write(fd, text, strlen(text)), strlen(text));
  close(fd);
  return path;
}

static void test_replay(void **state) {
  (void)state;
  const char *path = replay_path("{\"T\":\"2001-01-01T00:00:01Z\",\"K\":\"a\"}\n\n"
                                 "{\"T\":\"2001-01-01T00:00:02Z\",\"K\":\"b\"}\n"
                                 "{\"T\":\"2001-01-01T00:00:03Z\",\"K\":\"a\"}");
  char where[300];
  snprintf(where, sizeof where, "kafka://embedded/replayed?replay=%s&replay-timestamp=T&replay-key=K&partitions=3",
           path);
  for (int twice = 0; twice < 2; twice++) { /* the second input finds the same records */
    Reader reader;
    reader_open(&reader, where);
    assert_int_equal(kafka_source.partitions(reader.source), 3);
    uint32_t got = 0, partition_of_a = UINT32_MAX;
    while (reader_next(&reader, got < 3 ? 5000 : 300)) {
      for (uint32_t i = 0; i < reader.batch.messages.len; i++, got++) {
        const Message *message = &reader.batch.messages.items[i];
        Str payload = reader_payload(&reader, i);
        int second = payload.ptr[strlen("{\"T\":\"2001-01-01T00:00:0")] - '0';
        Ticks stamped;
        assert_true(datetime_parse(payload.ptr + 6, 20, &stamped));
        assert_int_equal(message->arrival, stamped);
        assert_int_equal(message->key_len, 1);
        if (second == 2) continue;
        if (partition_of_a == UINT32_MAX) partition_of_a = reader.batch.partition;
        assert_int_equal(reader.batch.partition, partition_of_a);
      }
    }
    assert_int_equal(got, 3);
    reader_close(&reader);
  }
  unlink(path);
}

static void expect_replay_error(const char *topic, const char *text, const char *options, Status status,
                                const char *message) {
  const char *path = replay_path(text);
  char where[300];
  snprintf(where, sizeof where, "kafka://embedded/%s?replay=%s%s", topic, path, options);
  expect_open_error(where, status, message, "");
  unlink(path);
}

static void test_replays_that_cannot_be(void **state) {
  (void)state;
  expect_open_error("kafka://embedded/bad1?replay=/no/such/file", STATUS_CONFIG, "/no/such/file", "");
  expect_replay_error("bad2", "{\"T\":\"2001-01-01T00:00:01Z\"}\n{\"T\":\"soon\"}\n", "&replay-timestamp=T",
                      STATUS_CONFIG, "line 2 of");
  expect_replay_error("bad3", "{}\n[1]\n", "", STATUS_CONFIG, "line 2 of");
  char *text = mem_zalloc(6000001);
  for (int i = 0; i < 6000; i++) {
    memset(text + i * 1000, 'x', 1000);
    memcpy(text + i * 1000, "{\"x\":\"", 6);
    memcpy(text + i * 1000 + 997, "\"}\n", 3);
  }
  expect_replay_error("bad4", text, "", STATUS_WORLD, "is full: it takes 4 MB");
  mem_free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_a_record_brings),
      cmocka_unit_test(test_headers_on_request),
      cmocka_unit_test(test_every_partition_in_its_own_order),
      cmocka_unit_test(test_a_full_queue_does_not_stall),
      cmocka_unit_test(test_the_end_is_reached_and_left),
      cmocka_unit_test(test_nobody_is_at_the_end_without_a_broker),
      cmocka_unit_test(test_passing_errors_are_ridden_out),
      cmocka_unit_test(test_latest_sees_only_what_comes_later),
      cmocka_unit_test(test_a_time_to_start_at),
      cmocka_unit_test(test_commit_and_resume),
      cmocka_unit_test(test_a_commit_that_fails_is_told),
      cmocka_unit_test(test_committed_offsets_that_are_gone),
      cmocka_unit_test(test_offsets_lost_on_the_way),
      cmocka_unit_test(test_pause_loses_nothing),
      cmocka_unit_test(test_pauses_in_the_middle),
      cmocka_unit_test(test_options),
      cmocka_unit_test(test_secrets_stay_secret),
      cmocka_unit_test(test_a_broker_that_is_down),
      cmocka_unit_test(test_a_listener_that_never_answers),
      cmocka_unit_test(test_a_topic_that_is_not_there),
      cmocka_unit_test(test_replay),
      cmocka_unit_test(test_replays_that_cannot_be),
  };
  return cmocka_run_group_tests(tests, start_producer, stop_producer);
}
