/* test_memory.c: scripts of messages and collected rows: the connector in-process tests are built on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "base/mem.h"
#include "connectors/memory/memory.h"

static Arena arena;
static Error err;

static int end(void **state) {
  memory_reset();
  arena_release(&arena);
  return 0;
}

/* ---- a source, played by hand ---- */

static Source *open_source(const SourceClass *cls, const char *where_text, StartKind start) {
  Where where;
  Source *source = NULL;
  assert_int_equal(where_parse(&arena, str_from(where_text), &where, &err), STATUS_OK);
  SourceConfig config = {.job = "job", .who = "input in", .where = &where, .start = start};
  cls->open(&config, &arena, &source, &err);
  where_release(&where);
  return source;
}

/* One poll as text: "p0: 1=a 2=b 3=null", "nothing" or "end". */
static void expect_poll(Source *source, const char *expected) {
  MessageBatch batch = {0};
  SourceEvent event;
  StrBuf text = {0};
  assert_int_equal(source->cls->poll(source, 0, &batch, &event, &err), STATUS_OK);
  if (event == SOURCE_DATA) {
    strbuf_printf(&text, "p%u:", batch.partition);
    for (uint32_t i = 0; i < batch.messages.len; i++) {
      const Message *message = &batch.messages.items[i];
      strbuf_printf(&text, " %lld=", (long long)message->offset);
      if (message->tombstone) strbuf_puts(&text, "null");
      else strbuf_append(&text, batch.bytes->data + message->begin, message->len);
    }
  } else {
    strbuf_puts(&text, event == SOURCE_END ? "end" : "nothing");
  }
  assert_string_equal(text.ptr, expected);
  strbuf_release(&text);
  message_batch_release(&batch);
}

static PartitionState state_of(Source *source, unsigned partition) {
  PartitionState state;
  source->cls->partition_state(source, partition, &state);
  return state;
}

static void messages_come_in_batches_of_a_partition(void **state) {
  memory_source_define("s", 2);
  memory_source_message("s", 0, 1, 100, STR("a"));
  memory_source_message("s", 0, 2, 101, STR("bb"));
  memory_source_tombstone("s", 0, 3, 102);
  memory_source_message("s", 1, 1, 103, STR("c"));
  memory_source_message("s", 0, 4, 104, STR("d"));
  Source *source = open_source(&memory_source, "memory:s", START_DEFAULT);
  assert_int_equal(source->cls->partitions(source), 2);
  expect_poll(source, "p0: 1=a 2=bb 3=null");
  expect_poll(source, "p1: 1=c");
  assert_false(state_of(source, 0).finished);
  expect_poll(source, "p0: 4=d");
  expect_poll(source, "end");
  expect_poll(source, "end");
  assert_true(state_of(source, 1).finished);
  source->cls->close(source);
}

static void batches_are_limited(void **state) {
  memory_source_define("s", 1);
  for (int i = 0; i < 3; i++) memory_source_message("s", 0, i, TICKS_MIN, STR("x"));
  Source *source = open_source(&memory_source, "memory:s?batch-rows=2", START_DEFAULT);
  expect_poll(source, "p0: 0=x 1=x");
  expect_poll(source, "p0: 2=x");
  expect_poll(source, "end");
  source->cls->close(source);
}

static void states_change_where_the_script_says(void **state) {
  memory_source_define("s", 1);
  memory_source_message("s", 0, 1, 5, STR("a"));
  memory_source_at_end("s", 0);
  memory_source_quiet("s");
  memory_source_quiet("s");
  memory_source_grow("s");
  memory_source_message("s", 1, 1, 6, STR("b"));
  memory_source_finish("s", 0);
  Source *source = open_source(&memory_live_source, "memory-live:s", START_DEFAULT);
  expect_poll(source, "p0: 1=a");
  assert_false(state_of(source, 0).at_end);
  expect_poll(source, "nothing");
  assert_true(state_of(source, 0).at_end);
  expect_poll(source, "nothing");
  assert_int_equal(source->cls->partitions(source), 1);
  expect_poll(source, "p1: 1=b");
  assert_int_equal(source->cls->partitions(source), 2);
  assert_false(state_of(source, 0).finished);
  expect_poll(source, "nothing");
  assert_true(state_of(source, 0).finished);
  expect_poll(source, "nothing"); /* a live source never ends */
  memory_source_message("s", 0, 9, 7, STR("late"));
  expect_poll(source, "p0: 9=late"); /* the script may grow */
  assert_false(state_of(source, 0).at_end);
  source->cls->close(source);
}

static void paused_partitions_wait(void **state) {
  memory_source_define("s", 2);
  memory_source_message("s", 0, 1, 0, STR("a"));
  memory_source_message("s", 1, 1, 0, STR("b"));
  memory_source_message("s", 0, 2, 0, STR("c"));
  memory_source_message("s", 1, 2, 0, STR("d"));
  Source *source = open_source(&memory_source, "memory:s", START_DEFAULT);
  source->cls->pause(source, 0, true);
  expect_poll(source, "p1: 1=b 2=d");
  expect_poll(source, "nothing");
  source->cls->pause(source, 0, false);
  expect_poll(source, "p0: 1=a 2=c");
  expect_poll(source, "end");
  source->cls->close(source);
}

static void commits_are_remembered(void **state) {
  memory_source_define("s", 2);
  memory_source_message("s", 0, 10, 0, STR("a"));
  memory_source_message("s", 0, 11, 0, STR("b"));
  memory_source_message("s", 1, 5, 0, STR("c"));
  assert_true(memory_source_committed("s", 0) == INT64_MIN);
  Source *source = open_source(&memory_source, "memory:s", START_DEFAULT);
  Str note;
  assert_false(source->cls->resumed(source, 0, &note));
  source->cls->commit(source, (SourcePosition[]){{11, STR("note")}, {INT64_MIN, STR("")}}, 2, &err);
  source->cls->close(source);
  assert_int_equal(memory_source_committed("s", 0), 11);
  assert_true(memory_source_committed("s", 1) == INT64_MIN);
  source = open_source(&memory_source, "memory:s", START_COMMITTED);
  assert_true(source->cls->resumed(source, 0, &note));
  assert_int_equal(note.len, 4);
  expect_poll(source, "p0: 11=b");
  expect_poll(source, "p1: 5=c");
  source->cls->close(source);
}

static void wrong_names_are_refused(void **state) {
  memory_reset();
  assert_null(open_source(&memory_source, "memory:nobody", START_DEFAULT));
  assert_string_equal(err.message, "no memory source `nobody` is defined");
  memory_source_define("s", 1);
  assert_null(open_source(&memory_source, "memory:s?batch-row=1", START_DEFAULT));
  assert_string_equal(err.hint, "did you mean `batch-rows`?");
}

/* ---- a sink, with a format that prints the first column ---- */

static Status plain_open(const void *options, const OutputSchema *schema, Encoder **out, Error *error) {
  static Encoder encoder;
  *out = &encoder;
  return STATUS_OK;
}

static void plain_close(Encoder *encoder) {}

static void plain_encode(Encoder *encoder, const Batch *batch, bool lines, StrBuf *out, uint32_t *ends) {
  uint32_t at = 0;
  SELECTION_EACH(batch->sel, batch->rows, row) {
    Value value = column_get(batch->cols[0], row);
    value_print_json(&value, out);
    if (lines) strbuf_putc(out, '\n');
    if (ends) ends[at++] = (uint32_t)out->len;
  }
}

static const OptionDef no_options[] = {{0}};
static const FormatClass plain = {.name = "plain", .options = no_options, .encoder_open = plain_open,
                                  .encoder_close = plain_close, .encode = plain_encode};

static Sink *open_sink(const char *where_text) {
  Where where;
  Sink *sink = NULL;
  assert_int_equal(where_parse(&arena, str_from(where_text), &where, &err), STATUS_OK);
  SinkConfig config = {.job = "job", .who = "output out", .where = &where, .format = &plain};
  assert_int_equal(memory_sink.open(&config, &arena, &sink, &err), STATUS_OK);
  where_release(&where);
  return sink;
}

static void write_numbers(Sink *sink, int64_t first, uint32_t rows) {
  Batch *batch = batch_new(rows, 1);
  batch->cols[0] = column_new(COL_BIGINT, rows);
  for (uint32_t row = 0; row < rows; row++) column_i64(batch->cols[0])[row] = first + row;
  assert_int_equal(sink->cls->write(sink, batch, &err), STATUS_OK);
  batch_unref(batch);
}

static void rows_are_collected(void **state) {
  unsigned count;
  memory_reset();
  mem_free(memory_sink_rows("out", &count));
  assert_int_equal(count, 0);
  Sink *sink = open_sink("memory:out");
  write_numbers(sink, 8, 3);
  assert_int_equal(sink->cls->flush(sink, &err), STATUS_OK);
  write_numbers(sink, 100, 1);
  assert_int_equal(memory_sink_flushed("out"), 3);
  sink->cls->close(sink, &err);
  char **rows = memory_sink_rows("out", &count);
  assert_int_equal(count, 4);
  assert_string_equal(rows[0], "8");
  assert_string_equal(rows[2], "10");
  assert_string_equal(rows[3], "100");
  mem_free(rows);
  sink = open_sink("memory:out"); /* a second run goes on */
  write_numbers(sink, 5, 1);
  sink->cls->close(sink, &err);
  mem_free(memory_sink_rows("out", &count));
  assert_int_equal(count, 5);
  memory_sink_forget("nobody");
  memory_sink_forget("out");
  mem_free(memory_sink_rows("out", &count));
  assert_int_equal(count, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(messages_come_in_batches_of_a_partition), cmocka_unit_test(batches_are_limited),
      cmocka_unit_test(states_change_where_the_script_says), cmocka_unit_test(paused_partitions_wait),
      cmocka_unit_test(commits_are_remembered), cmocka_unit_test(wrong_names_are_refused),
      cmocka_unit_test(rows_are_collected)};
  return cmocka_run_group_tests(tests, NULL, end);
}
