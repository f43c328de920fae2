/* window_test.h: a GROUP BY over one window in a test: random events through the operator, its rows as text, and a
** model to compare with: the windows are found by the test in a slow, obvious way, their aggregates computed afresh.
**
** Events have two keys (columns 0 and 1: bigint, text or NULL), a number (2) and a text (3). On the way: nothing
** comes below a watermark that was told, rows are in order, and the source events that are still needed are held.
** Every k-th step the operator is saved, thrown away, made anew and loaded. */
#ifndef WEIR_TESTS_UNIT_OPS_WINDOW_TEST_H
#define WEIR_TESTS_UNIT_OPS_WINDOW_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/mem.h"
#include "functions/kernel.h"
#include "ops/op.h"
#include "state/state_memory.h"
#include "support/random_column.h"

enum { WT_COLUMNS = 4, WT_KEYS = 2, WT_AGGS_MAX = 12 };

typedef struct WtEvent {
  Ticks time;
  Value values[WT_COLUMNS];
} WtEvent;
typedef Vec(WtEvent) WtEvents;
typedef Vec(char *) WtLines;

typedef struct WindowTest {
  Arena     arena;
  PlanNode  node;
  ExprColumn columns[WT_COLUMNS];
  Expr     *column_exprs[WT_COLUMNS];
  PlanAgg   aggs[WT_AGGS_MAX];
  OpContext ctx;
  Op       *op;
  Op        sink;
  Ticks     told;           /* to the sink; TICKS_MIN: not announced */
  Ticks     last;           /* row of the sink */
  bool      announced;
  WtLines   lines;          /* rows: "time key ... aggregate ..." */
  uint64_t  failed;         /* rows that went to the quarantine */
  unsigned  restore_every, steps;
  StateStore *store;        /* NULL before the first save */
  size_t    state_bytes;    /* of the last save */
  int64_t   next_offset;
} WindowTest;

/* ---- the plan --------------------------------------------------------------------------------- */

static inline PlanAgg *wt_add(WindowTest *test, const AggregateFn *fn, int column, int order_column) {
  PlanAgg *agg = &test->aggs[test->node.aggregate.aggs_len++];
  assert_non_null(fn);
  agg->call = (AggCall){.fn = fn, .star = column < 0, .compat = 12};
  agg->args = ARENA_ARRAY(&test->arena, Expr *, 2);
  if (column >= 0) agg->args[agg->call.args_len++] = test->column_exprs[column];
  if (order_column >= 0) agg->args[agg->call.args_len++] = test->column_exprs[order_column], agg->call.order_len = 1;
  return agg;
}

static inline void wt_sink_push(Op *op, uint32_t port, const Batch *batch);
static inline void wt_sink_advance(Op *op, uint32_t port, uint32_t channel, Ticks w);
static inline void wt_rows_failed(void *job, const Op *op, const Batch *batch, const RowFailures *failures) {
  ((WindowTest *)job)->failed += failures->items.len;
}

/* keys, session_keys: how many of the key columns. */
static inline void wt_init(WindowTest *test, PlanKind kind, WindowSpec window, uint32_t keys, uint32_t session_keys) {
  *test = (WindowTest){.told = TICKS_MIN, .last = TICKS_MIN};
  arena_init(&test->arena);
  for (uint32_t i = 0; i < WT_COLUMNS; i++) {
    test->columns[i] = (ExprColumn){.slot = i, .types = FN_ANY};
    test->column_exprs[i] = expr_column(&test->arena, (Span){0}, &test->columns[i]);
  }
  test->node = (PlanNode){.kind = kind};
  test->node.aggregate.window = window;
  test->node.aggregate.keys = test->node.aggregate.session_keys = test->column_exprs;
  test->node.aggregate.keys_len = keys;
  test->node.aggregate.session_keys_len = session_keys;
  test->node.aggregate.aggs = test->aggs;
  test->ctx = (OpContext){.batch_rows = 7, .compat = 12, .arena = &test->arena, .job = test,
                          .rows_failed = wt_rows_failed};
}

static inline void wt_make_op(WindowTest *test) {
  static const OpClass sink_class = {.name = "test sink", .push = wt_sink_push, .advance = wt_sink_advance};
  Error err;
  test->ctx.next_channel = 5;
  test->op = op_new(&test->node, &test->ctx);
  assert_int_equal(test->op->cls->open(test->op, &err), STATUS_OK);
  test->sink = (Op){.cls = &sink_class, .ctx = &test->ctx};
  op_connect(test->op, &test->sink, 0);
}

static inline void wt_start(WindowTest *test, unsigned restore_every) {
  test->node.cols_len = test->node.aggregate.keys_len + test->node.aggregate.aggs_len;
  test->restore_every = restore_every;
  wt_make_op(test);
  op_push_time(test->op, 0, 1, TICKS_MIN);
}

static inline void wt_clear_lines(WtLines *lines) {
  for (uint32_t i = 0; i < lines->len; i++) mem_free(lines->items[i]);
  vec_release(lines);
}

static inline void wt_release(WindowTest *test) {
  op_free(test->op);
  if (test->store) test->store->cls->close(test->store);
  wt_clear_lines(&test->lines);
  arena_release(&test->arena);
}

/* ---- the sink --------------------------------------------------------------------------------- */

static inline WindowTest *wt_of(Op *sink) { return (WindowTest *)((char *)sink - offsetof(WindowTest, sink)); }

static inline void wt_put_value(StrBuf *line, const Value *value) {
  strbuf_putc(line, ' ');
  value_print_json(value, line);
}

static inline void wt_sink_push(Op *op, uint32_t port, const Batch *batch) {
  WindowTest *test = wt_of(op);
  batch_verify(batch);
  assert_true(test->announced && batch->sorted);
  assert_int_equal(batch->cols_len, test->node.cols_len);
  assert_true(batch->lineage.len > 0);
  SELECTION_EACH(batch->sel, batch->rows, i) {
    StrBuf line = {0};
    Ticks time = column_get(batch->time, i).i;
    assert_true(time >= test->told && time >= test->last);
    test->last = time;
    strbuf_printf(&line, "%06lld", (long long)time);
    for (uint32_t c = 0; c < batch->cols_len; c++) {
      Value value = column_get(batch->cols[c], i);
      wt_put_value(&line, &value);
    }
    vec_push(&test->lines, line.ptr);
  }
}

static inline void wt_sink_advance(Op *op, uint32_t port, uint32_t channel, Ticks w) {
  WindowTest *test = wt_of(op);
  assert_true(!test->announced || w > test->told);
  test->announced = true;
  test->told = w;
}

/* ---- stop and restore ------------------------------------------------------------------------- */

static inline void wt_restore(WindowTest *test) {
  StateStore *store = test->store = test->store ? test->store : state_memory_new();
  StateWriter writer;
  StateReader reader;
  Error err;
  Lineage before = {0}, after = {0};
  StrBuf bytes = {0};
  Ticks watermark = test->op->watermark;
  test->op->cls->oldest(test->op, &before);
  assert_int_equal(state_writer_open(&writer, store, &err), STATUS_OK);
  state_writer_step(&writer, STR("window"));
  assert_int_equal(test->op->cls->save(test->op, &writer, &err), STATUS_OK);
  assert_int_equal(state_writer_commit(&writer, &err), STATUS_OK);
  state_writer_close(&writer);
  state_memory_save(store, &bytes);
  test->state_bytes = bytes.len;
  op_free(test->op);
  wt_make_op(test);
  state_reader_init(&reader, store);
  state_reader_step(&reader, STR("window"));
  if (test->op->cls->load(test->op, &reader, &err) != STATUS_OK) fail_msg("%s", err.message);
  test->op->cls->oldest(test->op, &after);
  assert_int_equal(test->op->watermark, watermark);
  assert_int_equal(before.len, after.len);
  if (before.len) assert_memory_equal(before.items, after.items, before.len * sizeof *before.items);
  lineage_release(&before);
  lineage_release(&after);
  strbuf_release(&bytes);
}

static inline void wt_step(WindowTest *test) {
  test->steps++;
  if (test->restore_every && test->steps % test->restore_every == 0) wt_restore(test);
}

/* ---- events ----------------------------------------------------------------------------------- */

static inline Column *wt_column(const WtEvent *events, uint32_t count, uint32_t column) {
  ColumnBuilder builder;
  column_builder_init(&builder, count, true);
  for (uint32_t i = 0; i < count; i++) column_builder_put(&builder, i, &events[i].values[column]);
  return column_builder_finish(&builder);
}

/* Every third batch has rows in between that are not selected. */
static inline void wt_push(WindowTest *test, const WtEvent *events, uint32_t count) {
  Batch *batch = batch_new(count, WT_COLUMNS);
  for (uint32_t c = 0; c < WT_COLUMNS; c++) batch->cols[c] = wt_column(events, count, c);
  batch->time = column_new(COL_DATETIME, count);
  for (uint32_t i = 0; i < count; i++) column_i64(batch->time)[i] = events[i].time;
  batch->sorted = true;
  batch->channel = 1;
  lineage_add(&batch->lineage, 0, test->next_offset);
  test->next_offset += count;
  op_push(test->op, 0, batch);
  batch_unref(batch);
  wt_step(test);
}

static inline void wt_advance(WindowTest *test, Ticks w) {
  op_push_time(test->op, 0, 1, w);
  wt_step(test);
}

static inline int64_t wt_oldest(const WindowTest *test) {
  Lineage lineage = {0};
  test->op->cls->oldest(test->op, &lineage);
  int64_t oldest = lineage_oldest(&lineage, 0);
  lineage_release(&lineage);
  return oldest;
}

static inline void wt_random_events(Random *random, Arena *arena, WtEvents *events, uint32_t count, uint32_t spread) {
  static const char *const keys[] = {"a", "b", "a key that does not fit inline", "d"};
  static const char *const texts[] = {"", "x", "y", "a text that is longer than twelve bytes", "10", "9"};
  Ticks time = (Ticks)random_below(random, 100);
  for (uint32_t i = 0; i < count; i++) {
    WtEvent event = {.time = time};
    uint32_t key = random_below(random, 6);
    event.values[0] = key < 4 ? value_text(str_from(keys[key])) : key == 4 ? value_bigint(7) : value_null();
    event.values[1] = random_below(random, 3) ? value_bigint((int64_t)random_below(random, 2)) : value_null();
    switch (random_below(random, 4)) {
      case 0: event.values[2] = value_null(); break;
      case 1: event.values[2] = value_float((double)random_below(random, 1000) / 8 - 30); break;
      default: event.values[2] = value_bigint((int64_t)random_below(random, 100) - 50);
    }
    event.values[3] = random_below(random, 5) ? value_text(str_from(texts[random_below(random, 6)])) : value_null();
    vec_push(events, event);
    if (random_below(random, 3)) time += (Ticks)random_below(random, random_below(random, 10) ? spread : 5 * spread);
  }
}

/* Feeds the events in batches of random length with watermarks in between, then ends the stream. */
static inline void wt_feed(WindowTest *test, Random *random, const WtEvents *events, uint32_t batch_most) {
  Ticks w = TICKS_MIN;
  for (uint32_t at = 0; at < events->len;) {
    uint32_t count = 1 + random_below(random, batch_most);
    if (count > events->len - at) count = events->len - at;
    wt_push(test, events->items + at, count);
    at += count;
    Ticks reached = events->items[at - 1].time, next = at < events->len ? events->items[at].time : reached;
    Ticks to = random_below(random, 3) ? reached : next;
    if (random_below(random, 4) == 0 || to <= w) continue;
    w = to;
    wt_advance(test, w);
  }
  wt_advance(test, TICKS_MAX);
}

/* ---- the model -------------------------------------------------------------------------------- */

static inline bool wt_same_keys(const WtEvent *a, const WtEvent *b, uint32_t keys) {
  for (uint32_t k = 0; k < keys; k++)
    if (!value_same_key(&a->values[k], &b->values[k])) return false;
  return true;
}

static inline void wt_put_aggregate(const PlanAgg *agg, const WtEvents *content, StrBuf *line) {
  const AggCall *call = &agg->call;
  void *state = mem_zalloc(call->fn->state_bytes);
  uint32_t *groups = mem_zalloc((content->len + 1) * sizeof *groups);
  Column *args[2] = {0};
  FnScratch scratch = {0};
  Value value = value_null();
  if (call->fn->init) call->fn->init(call, state);
  for (unsigned i = 0; i < call->args_len; i++)
    args[i] = wt_column(content->items, content->len, agg->args[i]->column->slot);
  call->fn->update(call, state, 16, groups, args, NULL, content->len);
  assert_true(call->fn->finish(call, state, &scratch, &value));
  wt_put_value(line, &value);
  if (call->fn->release) call->fn->release(state);
  for (unsigned i = 0; i < call->args_len; i++) column_unref(args[i]);
  arena_release(&scratch.arena);
  mem_free(groups);
  mem_free(state);
}

/* The rows of a window that ends at `end`: the content, in order, split by the keys. */
static inline void wt_model_window(const WindowTest *test, const WtEvents *content, Ticks end, WtLines *lines) {
  uint32_t keys = test->node.aggregate.keys_len;
  for (uint32_t i = 0; i < content->len; i++) {
    bool first = true;
    for (uint32_t j = 0; j < i && first; j++) first = !wt_same_keys(&content->items[i], &content->items[j], keys);
    if (!first) continue;
    WtEvents group = {0};
    for (uint32_t j = i; j < content->len; j++)
      if (wt_same_keys(&content->items[i], &content->items[j], keys)) vec_push(&group, content->items[j]);
    StrBuf line = {0};
    strbuf_printf(&line, "%06lld", (long long)end);
    for (uint32_t k = 0; k < keys; k++) wt_put_value(&line, &group.items[0].values[k]);
    for (uint32_t a = 0; a < test->node.aggregate.aggs_len; a++) wt_put_aggregate(&test->aggs[a], &group, &line);
    vec_push(lines, line.ptr);
    vec_release(&group);
  }
}

static inline int wt_line_order(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Sorts both; the lines of the model are freed. */
static inline void wt_compare(WindowTest *test, WtLines *model, const char *what) {
  if (model->len) qsort(model->items, model->len, sizeof *model->items, wt_line_order);
  if (test->lines.len) qsort(test->lines.items, test->lines.len, sizeof *test->lines.items, wt_line_order);
  uint32_t least = model->len < test->lines.len ? model->len : test->lines.len;
  for (uint32_t i = 0; i < least; i++)
    if (strcmp(model->items[i], test->lines.items[i]) != 0)
      fail_msg("%s: row %u of %u: expected\n%s, got\n%s", what, i, model->len, model->items[i], test->lines.items[i]);
  if (model->len != test->lines.len)
    fail_msg("%s: %u rows expected, %u came; the next: %s", what, model->len, test->lines.len,
             model->len > least ? model->items[least] : test->lines.items[least]);
  wt_clear_lines(model);
}

/* ---- an aggregate that neither combines nor takes back: a hash of its rows in their order ----- */

typedef struct WtOrderState { uint64_t hash, rows; } WtOrderState;
static inline void wt_order_update(const AggCall *call, char *states, size_t stride, const uint32_t *groups,
                                   Column *const *args, const Selection *sel, uint32_t rows) {
  uint32_t k = 0;
  SELECTION_EACH(sel, rows, i) {
    WtOrderState *state = (WtOrderState *)(states + (size_t)groups[k++] * stride);
    Value value = column_get(args[0], i);
    state->hash = hash_combine(state->hash, value_hash(&value));
    state->rows++;
  }
}
static inline bool wt_order_finish(const AggCall *call, const void *state, FnScratch *scratch, Value *out) {
  *out = value_bigint((int64_t)((const WtOrderState *)state)->hash);
  return true;
}
static inline void wt_order_save(const AggCall *call, const void *state, ByteWriter *out) {
  put_u64(out, ((const WtOrderState *)state)->hash);
  put_u64(out, ((const WtOrderState *)state)->rows);
}
static inline void wt_order_load(const AggCall *call, void *state, ByteReader *in) {
  ((WtOrderState *)state)->hash = get_u64(in);
  ((WtOrderState *)state)->rows = get_u64(in);
}
static const AggregateFn wt_order = {.name = "ORDER_HASH", .min_args = 1, .max_args = 1,
                                     .state_bytes = sizeof(WtOrderState), .update = wt_order_update,
                                     .finish = wt_order_finish, .save = wt_order_save, .load = wt_order_load};

/* Aggregates of every way: taken back, combined, computed again; numbers and text. */
static inline void wt_add_all(WindowTest *test) {
  wt_add(test, aggregate_fn_find(STR("COUNT"), false), -1, -1);
  wt_add(test, aggregate_fn_find(STR("COUNT"), true), 3, -1);
  wt_add(test, aggregate_fn_find(STR("SUM"), false), 2, -1);
  wt_add(test, aggregate_fn_find(STR("STDEV"), false), 2, -1);
  wt_add(test, aggregate_fn_find(STR("MIN"), false), 3, -1);
  wt_add(test, aggregate_fn_find(STR("MAX"), false), 2, -1);
  wt_add(test, aggregate_fn_find(STR("Collect"), false), 3, -1);
  wt_add(test, aggregate_fn_find(STR("TopOne"), false), 3, 2);
  wt_add(test, &wt_order, 2, -1);
}

#endif
