/* test_op_analytic.c: functions that look back, against a model that goes over all earlier rows for every row:
** random keys, ties, NULLs, WHEN, selections and batches, stopped and restored; and what is left of old keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "ops/op.h"
#include "state/state_memory.h"

enum { ROWS = 1500, CALLS = 13, NO_VALUE = INT32_MIN };
enum { COL_KEY, COL_AMOUNT, COL_FLAG, COL_WORD, COL_ID, COLS };

typedef struct TestRow {
  Ticks    time;
  int      key;       /* 0: NULL, odd: a bigint, even: a text */
  int      amount;    /* NO_VALUE: NULL */
  bool     flag;
  bool     selected;
} TestRow;

typedef struct TestCall {
  AnalyticKind kind;
  const char *fn;
  int      arg;       /* column; -1: none */
  bool     by_key, when, descending;
  uint32_t offset;
  int      otherwise; /* column; -1: none */
  Ticks    duration;
} TestCall;

#define S(n) ((n) * TICKS_PER_SECOND)

static const TestCall test_calls[CALLS] = {
    {ANALYTIC_LAG, NULL, COL_AMOUNT, true, false, false, 1, -1, S(10)},
    {ANALYTIC_LAG, NULL, COL_AMOUNT, true, true, false, 3, COL_ID, S(10)},
    {ANALYTIC_LAG, NULL, COL_WORD, false, true, false, 2, -1, S(4)},
    {ANALYTIC_LAST, NULL, COL_AMOUNT, true, true, false, 0, COL_ID, S(10)},
    {ANALYTIC_LAST, NULL, COL_WORD, true, true, false, 0, -1, S(4)},
    {ANALYTIC_ISFIRST, NULL, -1, true, true, false, 0, -1, S(10)},
    {ANALYTIC_ISFIRST, NULL, -1, false, false, false, 0, -1, S(4)},
    {ANALYTIC_AGGREGATE, "COUNT", -1, false, false, false, 0, -1, S(7)},
    {ANALYTIC_AGGREGATE, "SUM", COL_AMOUNT, true, true, false, 0, -1, S(10)},
    {ANALYTIC_AGGREGATE, "MIN", COL_AMOUNT, true, false, false, 0, -1, S(7)},
    {ANALYTIC_AGGREGATE, "MAX", COL_AMOUNT, false, true, false, 0, -1, S(30)},
    {ANALYTIC_AGGREGATE, "Collect", COL_WORD, true, true, false, 0, -1, S(7)},
    {ANALYTIC_AGGREGATE, "TopOne", COL_ID, true, false, true, 0, -1, S(10)},
};

/* ---- values ----------------------------------------------------------------------------------- */

static Value cell(const TestRow *row, int id, int col, char text[64]) {
  switch (col) {
    case COL_KEY:
      if (row->key == 0) return value_null();
      if (row->key % 2) return value_bigint(row->key);
      snprintf(text, 64, "the key with number %d", row->key);
      return value_text(str_from(text));
    case COL_AMOUNT: return row->amount == NO_VALUE ? value_null() : value_bigint(row->amount);
    case COL_FLAG: return value_bit(row->flag);
    case COL_WORD:
      if (row->amount == NO_VALUE) return value_null();
      snprintf(text, 64, "a word longer than a view holds: %d", row->amount);
      return value_text(str_from(text));
    default: return value_bigint(id);
  }
}

static void print_cell(const TestRow *row, int id, int col, StrBuf *out) {
  char text[64];
  Value value = cell(row, id, col, text);
  value_print_json(&value, out);
}

/* ---- the model -------------------------------------------------------------------------------- */

typedef struct Seen { int ids[ROWS]; unsigned len; } Seen; /* rows in sight, newest first */

static void look_back(const TestRow *rows, int at, const TestCall *call, bool itself, Seen *seen) {
  seen->len = 0;
  for (int i = itself ? at : at - 1; i >= 0 && rows[i].time > rows[at].time - call->duration; i--)
    if (rows[i].selected && (!call->by_key || rows[i].key == rows[at].key) && (!call->when || rows[i].flag))
      seen->ids[seen->len++] = i;
}

static bool is_better(int amount, int than, bool least) {
  if (amount == NO_VALUE) return false;
  return than == NO_VALUE || (least ? amount < than : amount > than);
}

static void model_extreme(const TestRow *rows, const Seen *seen, bool least, StrBuf *out) {
  int best = NO_VALUE;
  for (unsigned i = 0; i < seen->len; i++)
    if (is_better(rows[seen->ids[i]].amount, best, least)) best = rows[seen->ids[i]].amount;
  if (best == NO_VALUE) strbuf_puts(out, "null");
  else strbuf_printf(out, "%d", best);
}

static void model_sum(const TestRow *rows, const Seen *seen, StrBuf *out) {
  int sum = 0, values = 0;
  for (unsigned i = 0; i < seen->len; i++)
    if (rows[seen->ids[i]].amount != NO_VALUE) sum += rows[seen->ids[i]].amount, values++;
  if (values) strbuf_printf(out, "%d", sum);
  else strbuf_puts(out, "null");
}

static void model_collect(const TestRow *rows, const Seen *seen, StrBuf *out) {
  strbuf_putc(out, '[');
  for (unsigned i = seen->len; i-- > 0;) {
    print_cell(&rows[seen->ids[i]], seen->ids[i], COL_WORD, out);
    if (i) strbuf_putc(out, ',');
  }
  strbuf_putc(out, ']');
}

/* The id of the row with the greatest amount (NULL is the least), the oldest of equal ones. */
static void model_top(const TestRow *rows, const Seen *seen, StrBuf *out) {
  unsigned best = seen->len - 1;
  for (unsigned i = seen->len - 1; i-- > 0;)
    if (rows[seen->ids[i]].amount > rows[seen->ids[best]].amount) best = i;
  strbuf_printf(out, "%d", seen->ids[best]);
}

static void model_aggregate(const TestRow *rows, const TestCall *call, const Seen *seen, StrBuf *out) {
  Str fn = str_from(call->fn);
  if (str_eq(fn, STR("COUNT"))) strbuf_printf(out, "%u", seen->len);
  else if (str_eq(fn, STR("SUM"))) model_sum(rows, seen, out);
  else if (str_eq(fn, STR("Collect"))) model_collect(rows, seen, out);
  else if (str_eq(fn, STR("TopOne"))) model_top(rows, seen, out);
  else model_extreme(rows, seen, str_eq(fn, STR("MIN")), out);
}

static void model_first(const TestRow *rows, int at, const TestCall *call, const Seen *seen, StrBuf *out) {
  Ticks interval = (rows[at].time + call->duration - 1) / call->duration;
  bool first = !call->when || rows[at].flag;
  for (unsigned i = 0; i < seen->len; i++)
    if ((rows[seen->ids[i]].time + call->duration - 1) / call->duration == interval) first = false;
  strbuf_printf(out, "%d", first);
}

static void model_value(const TestRow *rows, int at, const TestCall *call, StrBuf *out) {
  static Seen seen;
  bool before = call->kind == ANALYTIC_LAG || call->kind == ANALYTIC_ISFIRST;
  uint32_t back = call->kind == ANALYTIC_LAG ? call->offset : 1;
  look_back(rows, at, call, !before, &seen);
  if (call->kind == ANALYTIC_ISFIRST) model_first(rows, at, call, &seen, out);
  else if (call->kind == ANALYTIC_AGGREGATE) model_aggregate(rows, call, &seen, out);
  else if (seen.len >= back) print_cell(&rows[seen.ids[back - 1]], seen.ids[back - 1], call->arg, out);
  else if (call->otherwise >= 0) print_cell(&rows[at], at, call->otherwise, out);
  else strbuf_puts(out, "null");
}

/* ---- the operator under test ------------------------------------------------------------------ */

typedef struct Bench Bench;
typedef struct BenchSink { Op op; Bench *bench; } BenchSink;
struct Bench {
  Arena     arena, graph;
  OpContext ctx;
  PlanNode  node;
  BenchSink sink;
  Op       *op;
  const TestRow *rows;
  int       next;      /* row that must come next */
  unsigned  failed;    /* rows that went to the quarantine */
  uint32_t  calls_len;
  StateStore *store;   /* of restore; NULL before the first one */
  bool      whole;     /* the next save goes to a store of its own */
};

static void sink_push(Op *op, uint32_t port, const Batch *batch) {
  (void)port;
  Bench *bench = ((BenchSink *)op)->bench;
  StrBuf got = {0}, wanted = {0};
  batch_verify(batch);
  SELECTION_EACH(batch->sel, batch->rows, i) {
    while (bench->rows && !bench->rows[bench->next].selected) bench->next++;
    int id = (int)column_get(batch->cols[COL_ID], i).i;
    if (bench->rows) assert_int_equal(id, bench->next++);
    for (uint32_t c = 0; bench->rows && c < bench->calls_len; c++) {
      strbuf_clear(&got);
      strbuf_clear(&wanted);
      Value value = column_get(batch->cols[COLS + c], i);
      value_print_json(&value, &got);
      model_value(bench->rows, id, &test_calls[c], &wanted);
      if (!str_eq(strbuf_str(&got), strbuf_str(&wanted)))
        fail_msg("row %d, call %u: %s, not %s", id, c, got.ptr, wanted.ptr);
    }
  }
  strbuf_release(&got);
  strbuf_release(&wanted);
}

static void sink_advance(Op *op, uint32_t port, uint32_t channel, Ticks w) {
  (void)op, (void)port, (void)channel, (void)w;
}

static const OpClass sink_class = {.name = "test sink", .push = sink_push, .advance = sink_advance};

static void rows_failed(void *job, const Op *op, const Batch *batch, const RowFailures *failures) {
  (void)op, (void)batch;
  ((Bench *)job)->failed += failures->items.len;
}

static Expr *column_expr(Bench *bench, int col) {
  ExprColumn *column = ARENA_NEW(&bench->arena, ExprColumn);
  *column = (ExprColumn){.slot = (uint32_t)col, .types = MASK_ANY};
  return expr_column(&bench->arena, (Span){0, 0}, column);
}

static AnalyticCall *make_call(Bench *bench, const TestCall *test) {
  AnalyticCall *call = ARENA_NEW(&bench->arena, AnalyticCall);
  *call = (AnalyticCall){.kind = test->kind, .offset = test->offset, .duration = test->duration};
  call->args = ARENA_ARRAY(&bench->arena, Expr *, 2);
  call->keys = ARENA_ARRAY(&bench->arena, Expr *, 1);
  if (test->arg >= 0) call->args[call->args_len++] = column_expr(bench, test->arg);
  if (test->by_key) call->keys[call->keys_len++] = column_expr(bench, COL_KEY);
  if (test->when) call->when = column_expr(bench, COL_FLAG);
  if (test->otherwise >= 0) call->otherwise = column_expr(bench, test->otherwise);
  if (test->fn == NULL) return call;
  call->agg = (AggCall){.fn = aggregate_fn_find(str_from(test->fn), false), .compat = 12, .param = value_null(),
                        .star = test->arg < 0};
  if (test->descending) {
    call->args[call->args_len++] = column_expr(bench, COL_AMOUNT);
    call->agg.order_len = 1;
    call->agg.desc[0] = true;
  }
  call->agg.args_len = call->args_len;
  return call;
}

static void start(Bench *bench) {
  Error err;
  arena_init(&bench->graph);
  bench->ctx.arena = &bench->graph;
  bench->op = op_new(&bench->node, &bench->ctx);
  assert_int_equal(bench->op->cls->open(bench->op, &err), STATUS_OK);
  op_connect(bench->op, &bench->sink.op, 0);
}

static void stop(Bench *bench) {
  op_free(bench->op);
  arena_release(&bench->graph);
}

static void bench_init(Bench *bench, const TestCall *calls, uint32_t len, const TestRow *rows) {
  *bench = (Bench){.rows = rows, .calls_len = len};
  arena_init(&bench->arena);
  bench->ctx = (OpContext){.batch_rows = 1000, .compat = 12, .job = bench, .rows_failed = rows_failed};
  bench->sink = (BenchSink){.op = {.cls = &sink_class, .ctx = &bench->ctx}, .bench = bench};
  bench->node = (PlanNode){.kind = PLAN_ANALYTIC, .cols_len = COLS + len};
  bench->node.analytic.calls = ARENA_ARRAY(&bench->arena, const AnalyticCall *, len);
  bench->node.analytic.calls_len = len;
  for (uint32_t i = 0; i < len; i++) bench->node.analytic.calls[i] = make_call(bench, &calls[i]);
  start(bench);
}

static void bench_release(Bench *bench) {
  if (bench->store) bench->store->cls->close(bench->store);
  stop(bench);
  arena_release(&bench->arena);
}

static size_t save(Bench *bench, StateStore *store) {
  StateWriter writer;
  Error err;
  StrBuf bytes = {0};
  assert_int_equal(state_writer_open(&writer, store, &err), STATUS_OK);
  writer.whole = bench->whole;
  state_writer_step(&writer, STR("analytic"));
  assert_int_equal(bench->op->cls->save(bench->op, &writer, &err), STATUS_OK);
  assert_int_equal(state_writer_commit(&writer, &err), STATUS_OK);
  state_writer_close(&writer);
  state_memory_save(store, &bytes);
  size_t len = bytes.len;
  strbuf_release(&bytes);
  return len;
}

static void restore(Bench *bench) {
  StateStore *store = bench->store = bench->store ? bench->store : state_memory_new();
  StateReader reader;
  Error err = {0};
  Lineage before = {0}, after = {0};
  save(bench, store);
  bench->op->cls->oldest(bench->op, &before);
  stop(bench);
  start(bench);
  state_reader_init(&reader, store);
  state_reader_step(&reader, STR("analytic"));
  if (bench->op->cls->load(bench->op, &reader, &err) != STATUS_OK) fail_msg("%s", err.message);
  bench->op->cls->oldest(bench->op, &after);
  assert_int_equal(before.len, after.len);
  if (before.len) assert_int_equal(before.items[0].offset, after.items[0].offset);
  lineage_release(&before);
  lineage_release(&after);
}

static size_t state_size(Bench *bench) {
  StateStore *store = state_memory_new();
  bench->whole = true;
  size_t len = save(bench, store);
  bench->whole = false;
  store->cls->close(store);
  return len;
}

static Column *fill(const TestRow *rows, int first, uint32_t count, int col) {
  ColumnBuilder builder;
  char text[64];
  column_builder_init(&builder, count, true);
  for (uint32_t i = 0; i < count; i++) {
    Value value = cell(&rows[i], first + (int)i, col, text);
    if (value.type != TYPE_NULL) column_builder_put(&builder, i, &value);
  }
  return column_builder_finish(&builder);
}

static Batch *make_batch(const TestRow *rows, int first, uint32_t count) {
  Batch *batch = batch_new(count, COLS);
  batch->sel = selection_new(count);
  batch->time = column_new(COL_DATETIME, count);
  batch->sorted = true;
  for (int c = 0; c < COLS; c++) batch->cols[c] = fill(rows, first, count, c);
  for (uint32_t i = 0; i < count; i++) {
    column_i64(batch->time)[i] = rows[i].time;
    if (rows[i].selected) batch->sel->rows[batch->sel->len++] = i;
  }
  lineage_add(&batch->lineage, 7, first);
  return batch;
}

static void push(Bench *bench, const TestRow *rows, int first, uint32_t count) {
  Batch *batch = make_batch(rows, first, count);
  op_push(bench->op, 0, batch);
  batch_unref(batch);
}

/* ---- tests ------------------------------------------------------------------------------------ */

static TestRow random_row(Ticks time, unsigned keys) {
  bool null = rand() % 8 == 0;
  return (TestRow){.time = time, .key = rand() % (int)keys, .amount = null ? NO_VALUE : rand() % 40 - 20,
                   .flag = rand() % 3 != 0, .selected = rand() % 10 != 0};
}

static void one_run(unsigned seed) {
  static TestRow rows[ROWS + 1];
  Bench bench;
  srand(seed);
  unsigned keys = 1 + (unsigned)rand() % 9, most = 1 + (unsigned)rand() % 100, every = (unsigned)rand() % 4;
  Ticks step = rand() % 2 ? TICKS_PER_SECOND : TICKS_PER_SECOND / 3, time = S(1000);
  for (int i = 0; i < ROWS; i++) {
    time += rand() % 3 ? rand() % 3 * step : rand() % 50 == 0 ? S(rand() % 40) : 0;
    rows[i] = random_row(time, keys);
  }
  bench_init(&bench, test_calls, CALLS, rows);
  op_push_time(bench.op, 0, 0, TICKS_MIN);
  for (uint32_t at = 0, count, batches = 0; at < ROWS; at += count) {
    count = 1 + (uint32_t)rand() % most;
    if (count > ROWS - at) count = ROWS - at;
    push(&bench, rows + at, (int)at, count);
    if (rand() % 2) op_push_time(bench.op, 0, 0, rows[at + count - 1].time);
    if (every && ++batches % every == 0) restore(&bench);
  }
  assert_int_equal(bench.failed, 0);
  for (; bench.next < ROWS; bench.next++) assert_false(rows[bench.next].selected); /* all have come */
  Lineage left = {0};
  op_push_time(bench.op, 0, 0, TICKS_MAX);
  bench.op->cls->oldest(bench.op, &left);
  assert_int_equal(left.len, 0);
  bench_release(&bench);
}

static void every_call_agrees_with_the_model(void **state) {
  (void)state;
  for (unsigned seed = 1; seed <= 60; seed++) one_run(seed);
}

static void keys_that_never_return_cost_nothing(void **state) {
  (void)state;
  enum { BATCH = 100, BATCHES = 600 };
  TestRow rows[BATCH];
  Bench bench;
  Ticks time = S(1000);
  bench_init(&bench, test_calls, CALLS, NULL);
  size_t early = 0, empty = state_size(&bench);
  for (int b = 0; b < BATCHES; b++) {
    for (int i = 0; i < BATCH; i++, time += TICKS_PER_SECOND / 10)
      rows[i] = (TestRow){.time = time, .key = 1 + b * BATCH + i, .amount = i, .flag = true, .selected = true};
    push(&bench, rows, b * BATCH, BATCH);
    op_push_time(bench.op, 0, 0, time);
    if (b == 20) early = state_size(&bench);
  }
  assert_true(state_size(&bench) < early + early / 10);
  Lineage left = {0};
  bench.op->cls->oldest(bench.op, &left);
  assert_true(left.items[0].offset > (BATCHES - 10) * BATCH); /* rows of 30 seconds are held, a piece more at most */
  lineage_release(&left);
  op_push_time(bench.op, 0, 0, TICKS_MAX);
  assert_int_equal(state_size(&bench), empty);
  bench_release(&bench);
}

static void rows_that_nothing_counts_leave_no_key(void **state) {
  (void)state;
  TestRow rows[50];
  Bench bench;
  bench_init(&bench, &test_calls[3], 1, NULL);
  size_t empty = state_size(&bench);
  for (int i = 0; i < 50; i++) rows[i] = (TestRow){.time = S(1000 + i), .key = i, .amount = i, .selected = true};
  push(&bench, rows, 0, 50);
  op_push_time(bench.op, 0, 0, S(1050));
  assert_int_equal(state_size(&bench), empty);
  bench_release(&bench);
}

/* Of the keys of a LAG only the part of the one that came again is written; the others are kept. */
static void parts_without_new_rows_are_kept(void **state) {
  (void)state;
  TestRow rows[51];
  Bench bench;
  unsigned written, kept;
  bench_init(&bench, &test_calls[0], 1, NULL);
  for (int i = 0; i < 51; i++)
    rows[i] = (TestRow){.time = S(1000), .key = i % 50, .amount = i, .flag = true, .selected = true};
  push(&bench, rows, 0, 50);
  restore(&bench);
  state_memory_counts(bench.store, &written, &kept);
  unsigned all = written;
  assert_true(all > 10 && kept == 0);
  push(&bench, &rows[50], 50, 1);
  restore(&bench);
  state_memory_counts(bench.store, &written, &kept);
  assert_int_equal(written, 2); /* the rows' lineage, and one part */
  assert_int_equal(kept, all - 2);
  bench_release(&bench);
}

/* A sum beyond 64 bits costs the rows whose sum it is; the next ones go on. */
static void a_result_that_cannot_be_given_costs_its_row(void **state) {
  (void)state;
  Bench bench;
  static const TestCall sum = {ANALYTIC_AGGREGATE, "SUM", COL_AMOUNT, false, false, false, 0, -1, S(10)};
  bench_init(&bench, &sum, 1, NULL);
  TestRow rows[4] = {{.time = S(1000), .selected = true}, {.time = S(1001), .selected = true},
                     {.time = S(1011), .selected = true}, {.time = S(1012), .selected = true}};
  Batch *batch = make_batch(rows, 0, 4);
  for (int i = 0; i < 2; i++) column_i64(batch->cols[COL_AMOUNT])[i] = INT64_MAX;
  op_push(bench.op, 0, batch);
  batch_unref(batch);
  assert_int_equal(bench.failed, 1);
  assert_int_equal(bench.op->rows_out, 3);
  bench_release(&bench);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_call_agrees_with_the_model),
      cmocka_unit_test(keys_that_never_return_cost_nothing),
      cmocka_unit_test(rows_that_nothing_counts_leave_no_key),
      cmocka_unit_test(parts_without_new_rows_are_kept),
      cmocka_unit_test(a_result_that_cannot_be_given_costs_its_row),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
