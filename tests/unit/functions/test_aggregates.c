/* test_aggregates.c: every aggregate over random columns, in four ways that must give the same answer: all rows at
** once; in pieces that are combined; stopped, saved and loaded half-way; with extra rows that are taken back. Three
** groups share one block of states, as hash tables keep them. */
#include "fn_test.h"
#include "random_columns.h"

enum { GROUPS = 3, PIECES = 4, TRIALS = 300, MOST_ROWS = 120 };

typedef struct Trial {
  AggCall    call;
  Column    *args[FN_TEST_ARGS];
  uint32_t   rows;
  Selection *sel; /* rows that can be taken */
  uint32_t   groups[MOST_ROWS];
  size_t     stride;
} Trial;

static char *states_new(const Trial *trial) {
  char *states = mem_zalloc(GROUPS * trial->stride);
  for (int g = 0; g < GROUPS && trial->call.fn->init; g++)
    trial->call.fn->init(&trial->call, states + g * trial->stride);
  return states;
}

static void states_free(const Trial *trial, char *states) {
  for (int g = 0; g < GROUPS && trial->call.fn->release; g++) trial->call.fn->release(states + g * trial->stride);
  mem_free(states);
}

/* The selected rows number [begin, end). */
static void feed(const Trial *trial, char *states, uint32_t begin, uint32_t end, bool take_back) {
  Selection *part = selection_new(end - begin + 1);
  for (uint32_t k = begin; k < end; k++) part->rows[part->len++] = trial->sel->rows[k];
  (take_back ? trial->call.fn->retract : trial->call.fn->update)(&trial->call, states, trial->stride,
                                                                 trial->groups + begin, trial->args, part, trial->rows);
  selection_unref(part);
}

static void expect_same(const Trial *trial, const char *want_states, const char *got_states, const char *how) {
  for (int g = 0; g < GROUPS; g++) {
    FnScratch left = {0}, right = {0};
    Value want, got;
    bool done = trial->call.fn->finish(&trial->call, want_states + g * trial->stride, &left, &want);
    bool also = trial->call.fn->finish(&trial->call, got_states + g * trial->stride, &right, &got);
    if (done != also || (done && !same_value(&want, &got)))
      fail_msg("%s %s: expected %s, got %s", trial->call.fn->name, how, done ? show(&want) : left.error,
               also ? show(&got) : right.error);
    arena_release(&left.arena);
    arena_release(&right.arena);
  }
}

static Trial make_trial(const AggregateFn *fn) {
  Trial trial = {.call = {.fn = fn, .compat = 12}, .rows = random_below(MOST_ROWS) + 1};
  AggCall *call = &trial.call;
  call->star = (fn->flags & AGG_STAR) && random_below(3) == 0;
  call->order_len = fn->flags & AGG_ORDER_BY ? 1 + random_below(fn->max_args ? 3 : 1) : 0;
  call->args_len = call->star ? 0 : fn->max_args + call->order_len;
  call->typed_text = random_below(3) == 0;
  for (unsigned i = 0; i < 8; i++) call->desc[i] = random_below(2);
  if (fn->flags & AGG_PARAM)
    call->param = fn->args == MASK(TYPE_BIGINT) || strcmp(fn->name, "CollectTop") == 0
                      ? value_bigint(1 + random_below(5)) : value_float(random_below(11) / 10.0);
  for (unsigned i = 0; i < call->args_len; i++) {
    bool order = i >= fn->max_args;
    TypeMask sortable = MASK_ANY & ~MASK_JSON & ~MASK(TYPE_NULL);
    trial.args[i] = random_column(order && fn->max_args ? sortable : fn->args, trial.rows);
  }
  RowFailures failures = {0};
  row_failures_reset(&failures, trial.rows);
  if (fn->check) fn->check(call, trial.args, NULL, trial.rows, &failures);
  trial.sel = selection_new(trial.rows);
  for (uint32_t i = 0; i < trial.rows; i++)
    if (!row_failures_has(&failures, i) && random_below(5)) trial.sel->rows[trial.sel->len++] = i;
  for (uint32_t k = 0; k < trial.sel->len; k++) trial.groups[k] = random_below(GROUPS);
  row_failures_release(&failures);
  trial.stride = fn->state_bytes + 16 * random_below(3);
  return trial;
}

static void end_trial(Trial *trial) {
  for (unsigned i = 0; i < trial->call.args_len; i++) column_unref(trial->args[i]);
  selection_unref(trial->sel);
}

static char *by_combining(const Trial *trial) {
  char *whole = states_new(trial);
  for (uint32_t piece = 0; piece < PIECES; piece++) {
    char *part = states_new(trial);
    feed(trial, part, trial->sel->len * piece / PIECES, trial->sel->len * (piece + 1) / PIECES, false);
    for (int g = 0; g < GROUPS; g++)
      trial->call.fn->combine(&trial->call, whole + g * trial->stride, part + g * trial->stride);
    states_free(trial, part);
  }
  return whole;
}

static char *by_restoring(const Trial *trial) {
  char *before = states_new(trial), *after = states_new(trial);
  ByteWriter out = {0};
  feed(trial, before, 0, trial->sel->len / 2, false);
  for (int g = 0; g < GROUPS; g++) trial->call.fn->save(&trial->call, before + g * trial->stride, &out);
  states_free(trial, before);
  ByteReader in = byte_reader(strbuf_str(&out.buf));
  for (int g = 0; g < GROUPS; g++) trial->call.fn->load(&trial->call, after + g * trial->stride, &in);
  assert_false(in.bad);
  assert_ptr_equal(in.at, in.end);
  strbuf_release(&out.buf);
  feed(trial, after, trial->sel->len / 2, trial->sel->len, false);
  return after;
}

/* A state cut short anywhere loads as bad and can be released. */
static void truncated_states_are_refused(const Trial *trial, const char *states) {
  ByteWriter out = {0};
  trial->call.fn->save(&trial->call, states, &out);
  char *loaded = states_new(trial);
  char *cut = mem_dup(out.buf.ptr, out.buf.len);
  if (out.buf.len) {
    ByteReader in = byte_reader((Str){cut, random_below((uint32_t)out.buf.len)});
    trial->call.fn->load(&trial->call, loaded, &in);
    assert_true(in.bad);
  }
  mem_free(cut);
  states_free(trial, loaded);
  strbuf_release(&out.buf);
}

static void try_all_ways(const AggregateFn *fn) {
  Trial trial = make_trial(fn);
  uint32_t all = trial.sel->len, early = all / 3;
  char *want = states_new(&trial);
  feed(&trial, want, 0, all, false);
  truncated_states_are_refused(&trial, want);
  if (fn->combine) {
    char *got = by_combining(&trial);
    expect_same(&trial, want, got, "combined");
    states_free(&trial, got);
  }
  char *restored = by_restoring(&trial);
  expect_same(&trial, want, restored, "restored");
  states_free(&trial, restored);
  if (fn->retract) {
    char *rest = states_new(&trial), *got = states_new(&trial);
    feed(&trial, rest, early, all, false);
    feed(&trial, got, 0, all, false);
    feed(&trial, got, 0, early, true);
    expect_same(&trial, rest, got, "after taking rows back");
    states_free(&trial, rest);
    states_free(&trial, got);
  }
  states_free(&trial, want);
  end_trial(&trial);
}

static void every_aggregate_agrees_with_itself(void **state) {
  for (const AggregateFn *const *family = aggregate_families; *family; family++)
    for (const AggregateFn *fn = *family; fn->name; fn++) {
      assert_int_equal(fn->state_bytes % 16, 0);
      for (unsigned trial = 0; trial < TRIALS; trial++) try_all_ways(fn);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_aggregate_agrees_with_itself)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
