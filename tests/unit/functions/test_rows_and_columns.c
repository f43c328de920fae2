/* test_rows_and_columns.c: every scalar function and operator, computed row by row and by column over random
** columns of every layout, with NULLs, constants and selections: values and failures must agree. */
#include "fn_test.h"
#include "random_columns.h"

enum { ROUNDS = 400, MAX_ROWS = 150 };

static Column *random_unit(uint32_t rows) {
  Value unit = value_text(str_from(units[random_below(10)]));
  return column_constant(&unit, rows, true);
}

/* ---- comparing both ways ---- */

typedef struct Trial {
  const ScalarFn *fn;
  Column   *args[FN_TEST_ARGS];
  unsigned  args_len;
  uint32_t  rows;
  Selection *sel;
  FnTest    test;
} Trial;

static bool takes_unit(const ScalarFn *fn) { return strstr(fn->signature, "(unit") != NULL; }

static Trial make_trial(const ScalarFn *fn) {
  Trial trial = {.fn = fn, .rows = random_below(MAX_ROWS) + 1};
  unsigned most = fn->max_args == FN_ARGS_ANY ? fn->min_args + 3 : fn->max_args;
  trial.args_len = fn->min_args + random_below(most - fn->min_args + 1);
  Value constants[FN_TEST_ARGS];
  uint32_t constant_bits = 0;
  for (unsigned i = 0; i < trial.args_len; i++) {
    bool unit = i == 0 && takes_unit(fn);
    trial.args[i] = unit ? random_unit(trial.rows) : random_column(fn_test_mask(fn, i), trial.rows);
    constants[i] = column_get(trial.args[i], 0);
    if (trial.args[i]->constant) constant_bits |= 1u << i;
  }
  trial.sel = random_selection(trial.rows);
  Type target = (Type)(1 + random_below(TYPE_COUNT - 1));
  fn_test_begin(&trial.test, fn, constants, trial.args_len, constant_bits, target);
  return trial;
}

static void end_trial(Trial *trial) {
  fn_test_release(&trial->test);
  for (unsigned i = 0; i < trial->args_len; i++) column_unref(trial->args[i]);
  selection_unref(trial->sel);
}

static void check_row(Trial *trial, const Column *out, const RowFailures *failures, uint32_t row) {
  Value args[FN_TEST_ARGS], want, got;
  for (unsigned i = 0; i < trial->args_len; i++) args[i] = column_get(trial->args[i], row);
  bool done = fn_test_row(&trial->test, args, &want);
  if (done == row_failures_has(failures, row)) {
    print_error("%s row %u: by row %s (%s), by column the opposite\n", trial->fn->name, row,
                done ? "done" : "failed", done ? "" : trial->test.scratch.error);
    for (unsigned i = 0; i < trial->args_len; i++) print_error("  argument %u: %s\n", i + 1, show(&args[i]));
    fail();
  }
  if (!done) return;
  got = column_get(out, row);
  if (same_value(&want, &got)) return;
  print_error("%s row %u: by row %s, by column %s\n", trial->fn->name, row, show(&want), show(&got));
  for (unsigned i = 0; i < trial->args_len; i++) print_error("  argument %u: %s\n", i + 1, show(&args[i]));
  fail();
}

static bool reasons_agree(Trial *trial, const RowFailures *failures) {
  for (uint32_t k = 0; k < failures->items.len; k++) {
    const RowFailure *failure = &failures->items.items[k];
    Value args[FN_TEST_ARGS], ignored;
    for (unsigned i = 0; i < trial->args_len; i++) args[i] = column_get(trial->args[i], failure->row);
    fn_test_row(&trial->test, args, &ignored);
    if (!str_eq(failure->reason, str_from(trial->test.scratch.error))) {
      print_error("%s: `%s` by row, `" STR_FMT "` by column\n", trial->fn->name, trial->test.scratch.error,
                  STR_ARG(failure->reason));
      return false;
    }
  }
  return true;
}

/* True when the kernel took these layouts. */
static bool run_trial(const ScalarFn *fn) {
  Trial trial = make_trial(fn);
  RowFailures failures = {0};
  row_failures_reset(&failures, trial.rows);
  Column *out = trial.test.scratch.error[0] ? NULL
                : fn->vec(&trial.test.call, trial.args, trial.sel, trial.rows, &failures);
  if (out) {
    assert_int_equal(out->rows, trial.rows);
    column_verify(out, trial.sel);
    SELECTION_EACH(trial.sel, trial.rows, i) check_row(&trial, out, &failures, i);
    assert_true(reasons_agree(&trial, &failures));
  }
  bool taken = out != NULL;
  column_unref(out);
  row_failures_release(&failures);
  end_trial(&trial);
  return taken;
}

static void every_function_agrees_with_itself(void **state) {
  for (const ScalarFn *const *family = scalar_families; *family; family++)
    for (const ScalarFn *fn = *family; fn->name; fn++) {
      unsigned taken = 0;
      for (unsigned round = 0; fn->vec && round < ROUNDS; round++) taken += run_trial(fn);
      if (fn->vec && !taken) fail_msg("the kernel of %s was never reached", fn->name);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_function_agrees_with_itself)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
