/* test_kafka_sink.c: rows into topics: keys, backpressure, refused rows, brokers that fail. */
#include "unit/file/plain_format.h"
#include "unit/kafka/kafka_bench.h"

enum { PRODUCE = 0 }; /* request number of the Kafka protocol */

/* ---- a sink at work ---- */

typedef struct Writer {
  Arena  arena;
  Where  where;
  Sink  *sink;
  Status status;  /* of open */
  Error  error;
  StrBuf rejected; /* "text: reason\n" for each */
} Writer;

static OutputColumn columns[] = {{.name = {"Text", 4}, .types = MASK_ANY}};
static const OutputSchema schema = {columns, 1};

static void on_reject(void *context, const Batch *batch, uint32_t row, const char *reason) {
  Writer *writer = context;
  Value value = column_get(batch->cols[0], row);
  Str text = text_str(&value.text);
  strbuf_printf(&writer->rejected, STR_FMT ": %s\n", (int)(text.len < 20 ? text.len : 20), text.ptr, reason);
}

static void writer_try(Writer *writer, const char *where, const OutputSchema *of) {
  *writer = (Writer){0};
  arena_init(&writer->arena);
  assert_int_equal(where_parse(&writer->arena, str_from(where), &writer->where, &writer->error), STATUS_OK);
  SinkConfig config = {.job = "test-job", .who = "output out", .where = &writer->where, .schema = of,
                       .format = &plain_format, .reject = on_reject, .reject_context = writer};
  writer->status = kafka_sink.open(&config, &writer->arena, &writer->sink, &writer->error);
}

static void writer_open(Writer *writer, const char *where, const OutputSchema *of) {
  writer_try(writer, where, of);
  if (writer->status != STATUS_OK) fail_msg("%s: %s", where, writer->error.message);
}

static Status write_texts(Writer *writer, const char *const *texts, uint32_t count) {
  Batch *batch = text_batch(texts, count);
  Status status = kafka_sink.write(writer->sink, batch, &writer->error);
  batch_unref(batch);
  return status;
}

static Status flush(Writer *writer) { return kafka_sink.flush(writer->sink, &writer->error); }

static void writer_close(Writer *writer) {
  if (writer->sink) assert_int_equal(kafka_sink.close(writer->sink, NULL), STATUS_OK);
  where_release(&writer->where);
  strbuf_release(&writer->rejected);
  arena_release(&writer->arena);
}

static void expect_topic(const char *topic, uint32_t count, const char *expected) {
  char where[200];
  snprintf(where, sizeof where, "kafka://embedded/%s?start=earliest", topic);
  Reader reader;
  reader_open(&reader, where);
  reader_expect(&reader, count, expected);
  assert_false(reader_next(&reader, 200)); /* and no more */
  reader_close(&reader);
}

/* ---- rows ---- */

static void test_rows_arrive_when_flush_returns(void **state) {
  (void)state;
  Writer writer;
  writer_open(&writer, "kafka://embedded/rows", &schema);
  const char *texts[] = {"a", "b", "c"};
  assert_int_equal(write_texts(&writer, texts, 3), STATUS_OK);
  assert_int_equal(write_texts(&writer, texts, 0), STATUS_OK);
  assert_int_equal(flush(&writer), STATUS_OK);
  assert_int_equal(flush(&writer), STATUS_OK);
  expect_topic("rows", 3, "a b c");
  writer_close(&writer);
}

static void test_selected_rows_only(void **state) {
  (void)state;
  Writer writer;
  writer_open(&writer, "kafka://embedded/selected", &schema);
  const char *texts[] = {"a", "b", "c", "d"};
  Batch *all = text_batch(texts, 4);
  Selection *sel = selection_new(2);
  sel->rows[sel->len++] = 1;
  sel->rows[sel->len++] = 3;
  Batch *some = batch_select(all, sel);
  assert_int_equal(kafka_sink.write(writer.sink, some, &writer.error), STATUS_OK);
  batch_unref(some);
  batch_unref(all);
  assert_int_equal(flush(&writer), STATUS_OK);
  expect_topic("selected", 2, "b d");
  writer_close(&writer);
}

/* ---- keys ---- */

static OutputColumn keyed_columns[] = {{.name = {"Id", 2}, .types = MASK_ANY}, {.star = true, .types = MASK_ANY}};
static const OutputSchema keyed_schema = {keyed_columns, 2};

static Batch *keyed_batch(void) {
  Batch *batch = batch_new(3, 2);
  Column *ids = column_new(COL_BIGINT, 3), *records = column_new(COL_RECORD, 3);
  for (int i = 0; i < 3; i++) column_i64(ids)[i] = 7 + i;
  column_set_null(ids, 1);
  column_text(records)[0] = text_from(STR("{\"State\":\"N\\u0059\"}"));
  column_text(records)[1] = text_from(STR("{\"state\":42}"));
  column_text(records)[2] = text_from(STR("{\"Other\":1}"));
  batch->cols[0] = ids;
  batch->cols[1] = records;
  return batch;
}

/* The keys of the topic's first three records, joined by blanks; '-' for none. */
static void expect_keys(const char *topic, const char *option, const char *expected) {
  char where[200];
  snprintf(where, sizeof where, "kafka://embedded/%s?%s", topic, option);
  Writer writer;
  writer_open(&writer, where, &keyed_schema);
  Batch *batch = keyed_batch();
  assert_int_equal(kafka_sink.write(writer.sink, batch, &writer.error), STATUS_OK);
  batch_unref(batch);
  assert_int_equal(flush(&writer), STATUS_OK);
  writer_close(&writer);
  snprintf(where, sizeof where, "kafka://embedded/%s?start=earliest", topic);
  Reader reader;
  StrBuf keys = {0};
  reader_open(&reader, where);
  for (uint32_t got = 0; got < 3 && reader_next(&reader, 5000);) {
    for (uint32_t i = 0; i < reader.batch.messages.len; i++, got++) {
      const Message *message = &reader.batch.messages.items[i];
      if (got) strbuf_putc(&keys, ' ');
      if (message->key_len) strbuf_append(&keys, reader.batch.bytes->data + message->key_begin, message->key_len);
      else strbuf_putc(&keys, '-');
    }
  }
  assert_string_equal(keys.ptr, expected);
  strbuf_release(&keys);
  reader_close(&reader);
}

static void test_keys(void **state) {
  (void)state;
  expect_keys("keys1", "key=id", "7 - 9");
  expect_keys("keys2", "key=State", "NY 42 -");
  Writer writer;
  writer_try(&writer, "kafka://embedded/keys3?key=Txt", &schema);
  assert_int_equal(writer.status, STATUS_CONFIG);
  assert_non_null(strstr(writer.error.message, "key=Txt"));
  assert_string_equal(writer.error.hint, "did you mean Text?");
  writer_close(&writer);
}

static void test_one_key_one_partition(void **state) {
  (void)state;
  Writer writer;
  writer_open(&writer, "kafka://embedded/spread?key=Text&partitions=4", &schema);
  const char *texts[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
  for (int i = 0; i < 3; i++) assert_int_equal(write_texts(&writer, texts, 8), STATUS_OK);
  assert_int_equal(flush(&writer), STATUS_OK);
  writer_close(&writer);
  Reader reader;
  reader_open(&reader, "kafka://embedded/spread?start=earliest");
  int partition_of[8] = {-1, -1, -1, -1, -1, -1, -1, -1}, partitions = 0;
  for (uint32_t got = 0; got < 24 && reader_next(&reader, 5000);) {
    for (uint32_t i = 0; i < reader.batch.messages.len; i++, got++) {
      int *of = &partition_of[reader_payload(&reader, i).ptr[0] - 'a'];
      if (*of < 0) *of = (int)reader.batch.partition;
      assert_int_equal(*of, reader.batch.partition);
      partitions |= 1 << reader.batch.partition;
    }
  }
  assert_true(partitions & (partitions - 1)); /* more than one */
  reader_close(&reader);
}

/* ---- pressure and refusals ---- */

static void test_backpressure_loses_nothing(void **state) {
  (void)state;
  enum { ALL = 3000 };
  Writer writer;
  writer_open(&writer, "kafka://embedded/pressure?queue.buffering.max.messages=50", &schema);
  for (int i = 0; i < ALL; i += 100) {
    char rows[100][16];
    const char *texts[100];
    for (int k = 0; k < 100; k++) {
      snprintf(rows[k], sizeof rows[k], "%d", i + k);
      texts[k] = rows[k];
    }
    assert_int_equal(write_texts(&writer, texts, 100), STATUS_OK);
  }
  assert_int_equal(flush(&writer), STATUS_OK);
  writer_close(&writer);
  Reader reader;
  reader_open(&reader, "kafka://embedded/pressure?start=earliest");
  int next = 0;
  while (next < ALL && reader_next(&reader, 5000)) {
    for (uint32_t i = 0; i < reader.batch.messages.len; i++, next++) {
      char text[16];
      int len = snprintf(text, sizeof text, "%d", next);
      assert_true(str_eq(reader_payload(&reader, i), (Str){text, (size_t)len}));
    }
  }
  assert_int_equal(next, ALL);
  reader_close(&reader);
}

static void test_a_row_too_large_for_us(void **state) {
  (void)state;
  Writer writer;
  writer_open(&writer, "kafka://embedded/large?message.max.bytes=1000", &schema);
  char *big = mem_zalloc(5001);
  memset(big, 'x', 5000);
  const char *texts[] = {"a", big, "c"};
  assert_int_equal(write_texts(&writer, texts, 3), STATUS_OK);
  assert_int_equal(flush(&writer), STATUS_OK);
  assert_non_null(writer.rejected.ptr);
  assert_memory_equal(writer.rejected.ptr, "xxxxxxxxxxxxxxxxxxxx: ", 22);
  assert_non_null(strstr(writer.rejected.ptr, "too large"));
  expect_topic("large", 2, "a c");
  writer_close(&writer);
  mem_free(big);
}

static void test_neighbours_of_a_refused_row_get_through(void **state) {
  (void)state;
  Writer writer;
  writer_open(&writer, "kafka://embedded/refused?linger.ms=50", &schema);
  /* The whole first request is refused, then "a" alone, then nothing. */
  rd_kafka_mock_push_request_errors(embedded_cluster(), PRODUCE, 2, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                                    RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  const char *texts[] = {"a", "b", "c"};
  assert_int_equal(write_texts(&writer, texts, 3), STATUS_OK);
  if (flush(&writer) != STATUS_OK) fail_msg("%s", writer.error.message);
  assert_non_null(writer.rejected.ptr);
  assert_memory_equal(writer.rejected.ptr, "a: ", 3);
  assert_null(strstr(writer.rejected.ptr, "\nb"));
  expect_topic("refused", 2, "b c");
  writer_close(&writer);
}

static void test_passing_errors_are_ridden_out(void **state) {
  (void)state;
  Writer writer;
  writer_open(&writer, "kafka://embedded/passing?reconnect.backoff.max.ms=200", &schema);
  rd_kafka_mock_push_request_errors(embedded_cluster(), PRODUCE, 3, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                    RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
  const char *texts[] = {"a", "b"};
  assert_int_equal(write_texts(&writer, texts, 2), STATUS_OK);
  assert_int_equal(flush(&writer), STATUS_OK);
  assert_null(writer.rejected.ptr);
  expect_topic("passing", 2, "a b");
  writer_close(&writer);
}

/* ---- a world that fails ---- */

static void test_a_broker_that_goes_away(void **state) {
  (void)state;
  Writer writer;
  writer_open(&writer, "kafka://embedded/away?delivery-timeout=1500ms", &schema);
  rd_kafka_mock_broker_set_down(embedded_cluster(), 1);
  const char *text = "a";
  assert_int_equal(write_texts(&writer, &text, 1), STATUS_OK);
  int64_t start = clock_monotonic_ns();
  assert_int_equal(flush(&writer), STATUS_WORLD);
  assert_true(clock_monotonic_ns() - start < INT64_C(10000000000));
  assert_non_null(strstr(writer.error.message, "topic away were not confirmed"));
  assert_non_null(strstr(writer.error.hint, "?delivery-timeout="));
  assert_true(writer.error.retriable);
  char line[400];
  kafka_sink.state(writer.sink, line, sizeof line);
  assert_non_null(strstr(line, "retrying"));
  assert_int_equal(write_texts(&writer, &text, 1), STATUS_WORLD); /* stays broken */
  assert_int_equal(flush(&writer), STATUS_WORLD);
  writer_close(&writer);
  rd_kafka_mock_broker_set_up(embedded_cluster(), 1);
}

static void test_a_close_without_flush_ends(void **state) {
  (void)state;
  Writer writer;
  writer_open(&writer, "kafka://embedded/unflushed?linger.ms=30000", &schema);
  const char *text = "a";
  assert_int_equal(write_texts(&writer, &text, 1), STATUS_OK);
  writer_close(&writer);
}

static void expect_open_error(const char *where, Status status, const char *message, const char *hint) {
  Writer writer;
  writer_try(&writer, where, &schema);
  assert_int_equal(writer.status, status);
  if (!strstr(writer.error.message, message)) fail_msg("message: %s", writer.error.message);
  if (!strstr(writer.error.hint, hint)) fail_msg("hint: %s", writer.error.hint);
  assert_string_equal(writer.error.who, "output out");
  writer_close(&writer);
}

static void test_refused_at_open(void **state) {
  (void)state;
  expect_open_error("kafka://127.0.0.1:1/t?connect-timeout=1s", STATUS_WORLD,
                    "cannot reach the Kafka broker 127.0.0.1:1", "connect-timeout");
  expect_open_error("kafka://embedded/t?message.timeout.ms=5", STATUS_CONFIG, "message.timeout.ms", "delivery-timeout");
  expect_open_error("kafka://embedded/t?transactional.id=x", STATUS_CONFIG, "transactional.id", "");
  expect_open_error("kafka://embedded/t?compresion.type=zstd", STATUS_CONFIG, "compresion.type", "compression.codec");
  expect_open_error("kafka://embedded/t?acks=1", STATUS_CONFIG, "acks", "");
  expect_open_error("kafka://embedded/t?kye=Text", STATUS_CONFIG, "kye", "key");
  rd_kafka_mock_topic_set_error(embedded_cluster(), "missing", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  expect_open_error(as_real("missing"), STATUS_WORLD, "has no topic missing", "create");
}

static void test_the_embedded_broker_is_small(void **state) {
  (void)state;
  Writer writer;
  writer_open(&writer, "kafka://embedded/small", &schema);
  char *big = mem_zalloc(100001);
  memset(big, 'x', 100000);
  const char *text = big;
  Status status = STATUS_OK;
  int rows = 0;
  while (status == STATUS_OK && rows < 100) {
    status = write_texts(&writer, &text, 1);
    rows += status == STATUS_OK;
  }
  assert_int_equal(rows, (4 << 20) / 100032);
  assert_int_equal(status, STATUS_WORLD);
  assert_non_null(strstr(writer.error.message, "embedded topic small is full"));
  assert_non_null(strstr(writer.error.hint, "?partitions="));
  writer_close(&writer);
  mem_free(big);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows_arrive_when_flush_returns),
      cmocka_unit_test(test_selected_rows_only),
      cmocka_unit_test(test_keys),
      cmocka_unit_test(test_one_key_one_partition),
      cmocka_unit_test(test_backpressure_loses_nothing),
      cmocka_unit_test(test_a_row_too_large_for_us),
      cmocka_unit_test(test_neighbours_of_a_refused_row_get_through),
      cmocka_unit_test(test_passing_errors_are_ridden_out),
      cmocka_unit_test(test_a_broker_that_goes_away),
      cmocka_unit_test(test_a_close_without_flush_ends),
      cmocka_unit_test(test_refused_at_open),
      cmocka_unit_test(test_the_embedded_broker_is_small),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
