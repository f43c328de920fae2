/* ops_harness.c: see ops_harness.h. */
#include "support/ops_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "base/mem.h"
#include "state/state_memory.h"

/* ---- events ---- */

static Text long_text(Column *col, int64_t id) {
  char text[64];
  int len = snprintf(text, sizeof text, "the text of the event with number %lld", (long long)id);
  return column_copy_text(col, (Str){text, (size_t)len});
}

static Text payload_text(Column *col, int64_t id) {
  char text[64];
  int len = snprintf(text, sizeof text, "{\"event\":%lld}", (long long)id);
  return column_copy_text(col, (Str){text, (size_t)len});
}

static Text time_text(Column *col, Ticks time) {
  char text[DATETIME_TEXT_LEN + 1];
  datetime_print(time, text);
  return column_copy_text(col, str_from(text));
}

Batch *harness_batch(const HarnessEvent *events, uint32_t count, uint32_t origin) {
  Batch *batch = batch_new(count, HARNESS_COLUMNS);
  batch->cols[HARNESS_ID] = column_new(COL_BIGINT, count);
  batch->cols[HARNESS_TIME] = column_new(COL_DATETIME, count);
  batch->cols[HARNESS_TIME_TEXT] = column_new(COL_TEXT, count);
  batch->cols[HARNESS_TEXT] = column_new(COL_TEXT, count);
  batch->payload = column_new(COL_RECORD, count);
  batch->offset = column_new(COL_BIGINT, count);
  for (uint32_t i = 0; i < count; i++) {
    column_i64(batch->cols[HARNESS_ID])[i] = column_i64(batch->offset)[i] = events[i].id;
    column_i64(batch->cols[HARNESS_TIME])[i] = events[i].time;
    column_text(batch->cols[HARNESS_TIME_TEXT])[i] = time_text(batch->cols[HARNESS_TIME_TEXT], events[i].time);
    column_text(batch->cols[HARNESS_TEXT])[i] = long_text(batch->cols[HARNESS_TEXT], events[i].id);
    column_text(batch->payload)[i] = payload_text(batch->payload, events[i].id);
    lineage_add(&batch->lineage, origin, events[i].id);
  }
  return batch;
}

Column *harness_arrivals(const HarnessEvent *events, uint32_t count) {
  Column *col = column_new(COL_DATETIME, count);
  for (uint32_t i = 0; i < count; i++) {
    column_i64(col)[i] = events[i].arrival;
    if (events[i].arrival == TICKS_MIN) column_set_null(col, i);
  }
  return col;
}

/* ---- the sink ---- */

static HarnessClock *sink_clock(Harness *harness, uint32_t port, uint32_t channel) {
  for (uint32_t i = 0; i < harness->clocks.len; i++)
    if (harness->clocks.items[i].port == port && harness->clocks.items[i].channel == channel)
      return &harness->clocks.items[i];
  return NULL;
}

static void check_texts(const Batch *batch, uint32_t row, int64_t id) {
  char text[64];
  snprintf(text, sizeof text, "the text of the event with number %lld", (long long)id);
  Value value = column_get(batch->cols[HARNESS_TEXT], row);
  assert_true(str_eq(text_str(&value.text), str_from(text)));
  snprintf(text, sizeof text, "{\"event\":%lld}", (long long)id);
  value = column_get(batch->payload, row);
  assert_true(str_eq(text_str(&value.text), str_from(text)));
  assert_int_equal(column_get(batch->offset, row).i, id);
}

static void sink_push(Op *op, uint32_t port, const Batch *batch) {
  Harness *harness = ((HarnessSink *)op)->harness;
  HarnessClock *clock = sink_clock(harness, port, batch->channel);
  assert_non_null(clock); /* announced */
  batch_verify(batch);
  assert_true(batch->sorted);
  harness->batches++;
  assert_int_equal(batch->cols_len, HARNESS_COLUMNS);
  int64_t oldest = INT64_MAX;
  SELECTION_EACH(batch->sel, batch->rows, i) {
    HarnessRow row = {.id = column_get(batch->cols[HARNESS_ID], i).i, .time = column_get(batch->time, i).i,
                      .channel = batch->channel, .port = port};
    assert_true(row.time >= clock->told); /* the promise of the watermark */
    assert_true(row.time >= clock->last); /* order */
    clock->last = row.time;
    check_texts(batch, i, row.id);
    if (row.id < oldest) oldest = row.id;
    vec_push(&harness->rows, row);
  }
  int64_t needed = INT64_MAX;
  for (uint32_t i = 0; i < batch->lineage.len; i++)
    if (batch->lineage.items[i].offset < needed) needed = batch->lineage.items[i].offset;
  assert_true(needed <= oldest); /* nothing that is still needed is forgotten */
}

static void sink_advance(Op *op, uint32_t port, uint32_t channel, Ticks w) {
  Harness *harness = ((HarnessSink *)op)->harness;
  HarnessClock *clock = sink_clock(harness, port, channel);
  if (!clock) {
    vec_push(&harness->clocks, (HarnessClock){port, channel, w, TICKS_MIN});
    return;
  }
  assert_true(w > clock->told); /* it moves, and forward */
  clock->told = w;
}

static const OpClass sink_class = {.name = "test sink", .push = sink_push, .advance = sink_advance};

Ticks harness_told(const Harness *harness, uint32_t channel) {
  const HarnessClock *clock = sink_clock((Harness *)harness, 0, channel);
  assert_non_null(clock);
  return clock->told;
}

/* ---- the job's side ---- */

static InputCounts *counts(void *job, const PlanInput *input) {
  (void)input;
  return &((Harness *)job)->counts;
}

static void event_dropped(void *job, const Op *op, const Batch *batch, uint32_t row, int kind, const char *reason) {
  (void)op;
  Harness *harness = job;
  assert_non_null(reason);
  snprintf(harness->reason, sizeof harness->reason, "%s", reason);
  vec_push(&harness->drops, (HarnessDrop){column_get(batch->cols[HARNESS_ID], row).i, kind});
}

void harness_init(Harness *harness, HarnessBuild *build, unsigned restore_every) {
  *harness = (Harness){.build = build, .restore_every = restore_every};
  arena_init(&harness->arena);
  harness->ctx = (OpContext){.batch_rows = 1000, .compat = 12, .arena = &harness->arena, .job = harness,
                             .event_dropped = event_dropped, .counts = counts};
  harness->sink = (HarnessSink){.op = {.cls = &sink_class, .ctx = &harness->ctx}, .harness = harness};
}

void harness_start(Harness *harness) {
  harness->ctx.next_channel = 0; /* as a new process would */
  harness->build(harness);
}

Op *harness_op(Harness *harness, const PlanNode *node) {
  Op *op = op_new(node, &harness->ctx);
  Error err;
  if (op->cls->open) assert_int_equal(op->cls->open(op, &err), STATUS_OK);
  vec_push(&harness->ops, op);
  return op;
}

void harness_sink(Harness *harness, Op *from, uint32_t port) { op_connect(from, &harness->sink.op, port); }

static void free_ops(Harness *harness) {
  for (uint32_t i = 0; i < harness->ops.len; i++) op_free(harness->ops.items[i]);
  vec_release(&harness->ops);
}

/* ---- stop and restore ---- */

static Str step_name(uint32_t i, char out[16]) {
  snprintf(out, 16, "op %u", i);
  return str_from(out);
}

static void save_ops(Harness *harness, StateStore *store) {
  StateWriter writer;
  Error err;
  char name[16];
  assert_int_equal(state_writer_open(&writer, store, &err), STATUS_OK);
  for (uint32_t i = 0; i < harness->ops.len; i++) {
    state_writer_step(&writer, step_name(i, name));
    Op *op = harness->ops.items[i];
    if (op->cls->save) assert_int_equal(op->cls->save(op, &writer, &err), STATUS_OK);
  }
  assert_int_equal(state_writer_commit(&writer, &err), STATUS_OK);
  state_writer_close(&writer);
}

static void load_ops(Harness *harness, StateStore *store) {
  StateReader reader;
  Error err = {0};
  char name[16];
  state_reader_init(&reader, store);
  for (uint32_t i = 0; i < harness->ops.len; i++) {
    state_reader_step(&reader, step_name(i, name));
    Op *op = harness->ops.items[i];
    if (op->cls->load && op->cls->load(op, &reader, &err) != STATUS_OK) fail_msg("%s", err.message);
  }
}

static StateStore *through_bytes(StateStore *store) {
  StrBuf bytes = {0};
  Error err;
  state_memory_save(store, &bytes);
  store->cls->close(store);
  assert_int_equal(state_memory_load(strbuf_str(&bytes), &store, &err), STATUS_OK);
  strbuf_release(&bytes);
  return store;
}

static void oldest_of(const Harness *harness, Lineage *into) {
  for (uint32_t i = 0; i < harness->ops.len; i++)
    if (harness->ops.items[i]->cls->oldest) harness->ops.items[i]->cls->oldest(harness->ops.items[i], into);
}

void harness_stop_and_restore(Harness *harness) {
  if (harness->store == NULL) harness->store = state_memory_new();
  Lineage before = {0}, after = {0};
  save_ops(harness, harness->store);
  oldest_of(harness, &before);
  free_ops(harness);
  harness->store = through_bytes(harness->store);
  harness_start(harness);
  load_ops(harness, harness->store);
  oldest_of(harness, &after);
  assert_int_equal(before.len, after.len);
  if (before.len) assert_memory_equal(before.items, after.items, before.len * sizeof *before.items);
  lineage_release(&before);
  lineage_release(&after);
}

void harness_step(Harness *harness) {
  harness->steps++;
  if (harness->restore_every && harness->steps % harness->restore_every == 0) harness_stop_and_restore(harness);
}

void harness_release(Harness *harness) {
  free_ops(harness);
  if (harness->store) harness->store->cls->close(harness->store);
  vec_release(&harness->sink.op.readers);
  vec_release(&harness->rows);
  vec_release(&harness->clocks);
  vec_release(&harness->drops);
  arena_release(&harness->arena);
}
