/* kafka_bench.h: what the Kafka tests share: sources opened from a WHERE, a plain producer, waiting with a limit.
** Everything runs against the embedded broker. Include it once per test program. */
#ifndef WEIR_TESTS_KAFKA_BENCH_H
#define WEIR_TESTS_KAFKA_BENCH_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/clock.h"
#include "connectors/kafka/embedded.h"
#include "connectors/kafka/kafka.h"

/* ---- a source at work ---- */

typedef struct Reader {
  Arena   arena;
  Where   where;
  Source *source;
  MessageBatch batch; /* the last one */
  Status  status;     /* of open */
  Error   error;
} Reader;

static inline void reader_open_at(Reader *reader, const char *where, StartKind start, Ticks time) {
  *reader = (Reader){0};
  arena_init(&reader->arena);
  assert_int_equal(where_parse(&reader->arena, str_from(where), &reader->where, &reader->error), STATUS_OK);
  SourceConfig config = {.job = "test-job", .who = "input in", .where = &reader->where, .start = start,
                         .start_time = time};
  reader->status = kafka_source.open(&config, &reader->arena, &reader->source, &reader->error);
}

static inline void reader_open(Reader *reader, const char *where) {
  reader_open_at(reader, where, START_DEFAULT, 0);
  if (reader->status != STATUS_OK) fail_msg("%s: %s", where, reader->error.message);
}

static inline void reader_close(Reader *reader) {
  if (reader->source) kafka_source.close(reader->source);
  message_batch_release(&reader->batch);
  where_release(&reader->where);
  arena_release(&reader->arena);
}

/* The next batch within the time, in reader->batch; false: none came. */
static inline bool reader_next(Reader *reader, int timeout_ms) {
  int64_t deadline = clock_monotonic_ns() + timeout_ms * INT64_C(1000000);
  do {
    SourceEvent event;
    message_batch_clear(&reader->batch);
    Status status = kafka_source.poll(reader->source, 20, &reader->batch, &event, &reader->error);
    if (status != STATUS_OK) fail_msg("poll: %s", reader->error.message);
    if (event == SOURCE_DATA) return true;
  } while (clock_monotonic_ns() < deadline);
  return false;
}

static inline Str reader_payload(const Reader *reader, uint32_t i) {
  const Message *message = &reader->batch.messages.items[i];
  return (Str){reader->batch.bytes->data + message->begin, message->len};
}

/* Payloads of `count` records joined by blanks, in the order they come. */
static inline void reader_expect(Reader *reader, uint32_t count, const char *expected) {
  StrBuf text = {0};
  uint32_t got = 0;
  while (got < count && reader_next(reader, 5000)) {
    for (uint32_t i = 0; i < reader->batch.messages.len; i++, got++) {
      if (got) strbuf_putc(&text, ' ');
      strbuf_put_str(&text, reader_payload(reader, i));
    }
  }
  assert_string_equal(text.ptr ? text.ptr : "", expected);
  strbuf_release(&text);
}

static inline bool reader_at_end(Reader *reader, unsigned partition) {
  PartitionState state;
  kafka_source.partition_state(reader->source, partition, &state);
  assert_false(state.finished);
  return state.at_end;
}

static inline bool reader_waits_for_end(Reader *reader, unsigned partition, bool wanted, int timeout_ms) {
  int64_t deadline = clock_monotonic_ns() + timeout_ms * INT64_C(1000000);
  while (reader_at_end(reader, partition) != wanted) {
    if (clock_monotonic_ns() > deadline) return false;
    assert_false(reader_next(reader, 20));
  }
  return true;
}

/* ---- a plain producer ---- */

static inline rd_kafka_t *producer_new(void) {
  char reason[256];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", embedded_servers(), reason, sizeof reason);
  rd_kafka_conf_set(conf, "linger.ms", "0", reason, sizeof reason);
  rd_kafka_conf_set_log_cb(conf, NULL);
  rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
  assert_non_null(producer);
  return producer;
}

static inline void produce(rd_kafka_t *producer, const char *topic, int partition, const char *key, const char *value,
                        int64_t ms) {
  rd_kafka_resp_err_t code = rd_kafka_producev(
      producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
      RD_KAFKA_V_KEY(key, key ? strlen(key) : 0), RD_KAFKA_V_VALUE((void *)(uintptr_t)value, value ? strlen(value) : 0),
      RD_KAFKA_V_TIMESTAMP(ms), RD_KAFKA_V_END);
  assert_int_equal(code, RD_KAFKA_RESP_ERR_NO_ERROR);
}

static inline void produced(rd_kafka_t *producer) { assert_int_equal(rd_kafka_flush(producer, 10000), 0); }

/* Records "v<from>" to "v<to>" into partition 0, stamped with from..to seconds after 1970. */
static inline void send_numbers(rd_kafka_t *producer, const char *topic, int from, int to) {
  for (int i = from; i <= to; i++) {
    char value[32];
    snprintf(value, sizeof value, "v%d", i);
    produce(producer, topic, 0, NULL, value, i * INT64_C(1000));
  }
  produced(producer);
}

static inline void make_topic(const char *topic, int partitions) {
  int count;
  assert_int_equal(embedded_topic(topic, partitions, &count, "test", NULL), STATUS_OK);
}

/* A WHERE that goes to the embedded broker as if it were somebody else's. */
static inline const char *as_real(const char *rest) {
  static char where[4][300];
  static unsigned turn;
  char *out = where[turn++ % 4];
  snprintf(out, sizeof where[0], "kafka://%s/%s", embedded_servers(), rest);
  return out;
}

#endif
