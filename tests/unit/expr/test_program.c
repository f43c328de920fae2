/* test_program.c: programs compute the selected rows only, lazily where the language is lazy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expr/program.h"
#include "functions/operators.h"

typedef struct Fixture {
  Arena      arena;
  ExprColumn column;
  Batch     *batch;      /* one bigint column: 0 1 2 3 4 NULL */
  RowFailures failures;
} Fixture;

enum { ROWS = 6 };

static int setup(void **state) {
  Fixture *f = mem_zalloc(sizeof *f);
  f->column = (ExprColumn){.slot = 0, .name = STR("x"), .types = MASK_ANY};
  f->batch = batch_new(ROWS, 1);
  f->batch->cols[0] = column_new(COL_BIGINT, ROWS);
  for (int64_t i = 0; i < ROWS; i++) column_i64(f->batch->cols[0])[i] = i;
  column_set_null(f->batch->cols[0], ROWS - 1);
  Value noon = value_datetime(TICKS_PER_DAY / 2);
  f->batch->time = column_constant(&noon, ROWS, false);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  Fixture *f = *state;
  batch_unref(f->batch);
  row_failures_release(&f->failures);
  arena_release(&f->arena);
  mem_free(f);
  return 0;
}

/* ---- short ways to write expressions ---- */

static const Span nowhere = {0, 0};

static Expr *x(Fixture *f) { return expr_column(&f->arena, nowhere, &f->column); }

static Expr *number(Fixture *f, int64_t i) {
  Value value = value_bigint(i);
  return expr_const(&f->arena, nowhere, &value);
}

static Expr *op(Fixture *f, const char *sign, Expr *a, Expr *b) {
  Expr *args[] = {a, b};
  Status status;
  return expr_call(&f->arena, nowhere, scalar_operator_find(sign), args, b ? 2 : 1, TYPE_NULL, 12, &status, NULL);
}

static Expr *lazy(Fixture *f, ExprKind kind, Expr *a, Expr *b, Expr *c) {
  Expr *args[] = {a, b, c};
  return expr_simple(&f->arena, kind, nowhere, args, c ? 3 : b ? 2 : 1);
}

/* Runs condition and value; gives the value column, and the selection in *sel. */
static Column *run(Fixture *f, const Expr *condition, Expr *value, Selection **sel) {
  Program *program = program_new(&f->arena, condition, &value, value ? 1 : 0);
  ProgramRun *scratch = program_run_new(program);
  Column *out = NULL;
  row_failures_reset(&f->failures, ROWS);
  program_run(scratch, f->batch, value ? &out : NULL, sel, &f->failures);
  program_run_free(scratch);
  return out;
}

static void expect_rows(Selection *sel, const uint32_t *rows, uint32_t len) {
  assert_non_null(sel);
  assert_int_equal(sel->len, len);
  for (uint32_t i = 0; i < len; i++) assert_int_equal(sel->rows[i], rows[i]);
  selection_unref(sel);
}

/* ---- tests ---- */

static void condition_selects(void **state) {
  Fixture *f = *state;
  Selection *sel;
  run(f, op(f, OP_GT, x(f), number(f, 2)), NULL, &sel);
  expect_rows(sel, (uint32_t[]){3, 4}, 2);
}

static void not_of_a_null_comparison_is_true(void **state) {
  Fixture *f = *state;
  Selection *sel;
  run(f, lazy(f, EXPR_NOT, op(f, OP_GT, x(f), number(f, 2)), NULL, NULL), NULL, &sel);
  expect_rows(sel, (uint32_t[]){0, 1, 2, 5}, 4);
}

static void and_guards_its_right_side(void **state) {
  Fixture *f = *state;
  Selection *sel;
  Expr *guarded = op(f, OP_GE, op(f, OP_DIV, number(f, 12), x(f)), number(f, 4));
  run(f, lazy(f, EXPR_AND, op(f, OP_NE, x(f), number(f, 0)), guarded, NULL), NULL, &sel);
  expect_rows(sel, (uint32_t[]){1, 2, 3}, 3);
  assert_int_equal(f->failures.items.len, 0);
}

static void or_leaves_decided_rows_alone(void **state) {
  Fixture *f = *state;
  Selection *sel;
  Expr *guarded = op(f, OP_GE, op(f, OP_DIV, number(f, 12), x(f)), number(f, 6));
  run(f, lazy(f, EXPR_OR, op(f, OP_EQ, x(f), number(f, 0)), guarded, NULL), NULL, &sel);
  expect_rows(sel, (uint32_t[]){0, 1, 2}, 3);
  assert_int_equal(f->failures.items.len, 0);
}

static void case_computes_the_taken_branch_only(void **state) {
  Fixture *f = *state;
  Selection *sel;
  Expr *value = lazy(f, EXPR_CASE, op(f, OP_EQ, x(f), number(f, 0)), number(f, -1), op(f, OP_DIV, number(f, 12), x(f)));
  Column *out = run(f, NULL, value, &sel);
  const int64_t wanted[] = {-1, 12, 6, 4, 3};
  for (uint32_t i = 0; i < 5; i++) assert_int_equal(column_get(out, i).i, wanted[i]);
  assert_true(column_is_null(out, 5));
  assert_null(sel);
  assert_int_equal(f->failures.items.len, 0);
  column_unref(out);
}

static void coalesce_stops_at_the_first_value(void **state) {
  Fixture *f = *state;
  Selection *sel;
  Expr *fallback = op(f, OP_DIV, number(f, 1), op(f, OP_SUB, x(f), x(f))); /* fails wherever x is not NULL */
  Column *out = run(f, NULL, lazy(f, EXPR_COALESCE, x(f), fallback, NULL), &sel);
  for (uint32_t i = 0; i < 5; i++) assert_int_equal(column_get(out, i).i, i);
  assert_true(column_is_null(out, 5));
  assert_int_equal(f->failures.items.len, 0);
  column_unref(out);
}

static void a_failed_row_is_left_out_and_told(void **state) {
  Fixture *f = *state;
  Selection *sel;
  Column *out = run(f, NULL, op(f, OP_DIV, number(f, 12), x(f)), &sel);
  expect_rows(sel, (uint32_t[]){1, 2, 3, 4, 5}, 5);
  assert_int_equal(f->failures.items.len, 1);
  assert_int_equal(f->failures.items.items[0].row, 0);
  column_unref(out);
}

static void a_failure_under_not_does_not_select(void **state) {
  Fixture *f = *state;
  Selection *sel;
  Expr *fails = op(f, OP_GT, op(f, OP_DIV, number(f, 12), x(f)), number(f, 100));
  run(f, lazy(f, EXPR_NOT, fails, NULL, NULL), NULL, &sel);
  expect_rows(sel, (uint32_t[]){1, 2, 3, 4, 5}, 5);
}

static void rows_and_kernels_agree(void **state) {
  Fixture *f = *state;
  Selection *fast_sel, *slow_sel;
  Expr *value = lazy(f, EXPR_CASE, op(f, OP_GT, op(f, OP_MUL, x(f), x(f)), number(f, 4)),
                     op(f, OP_ADD, x(f), number(f, 1)), number(f, 0));
  Column *fast = run(f, NULL, value, &fast_sel);
  program_force_rows(true);
  Column *slow = run(f, NULL, value, &slow_sel);
  program_force_rows(false);
  for (uint32_t i = 0; i < ROWS; i++) {
    Value a = column_get(fast, i), b = column_get(slow, i);
    assert_true(value_same_key(&a, &b));
  }
  column_unref(fast);
  column_unref(slow);
}

static void equal_subexpressions_are_computed_once(void **state) {
  Fixture *f = *state;
  Expr *twice = op(f, OP_ADD, op(f, OP_MUL, x(f), number(f, 3)), op(f, OP_MUL, x(f), number(f, 3)));
  StrBuf text = {0};
  program_print(program_new(&f->arena, NULL, &twice, 1), &text);
  assert_string_equal(text.ptr, "r0 = x\nr1 = 3\nr2 = *(r0, r1) on s0\nr3 = +(r2, r2) on s0\n");
  strbuf_release(&text);
}

static void constants_fold_unless_they_fail(void **state) {
  Fixture *f = *state;
  assert_int_equal(op(f, OP_ADD, number(f, 2), number(f, 3))->kind, EXPR_CONST);
  assert_int_equal(op(f, OP_DIV, number(f, 2), number(f, 0))->kind, EXPR_CALL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(condition_selects, setup, teardown),
    cmocka_unit_test_setup_teardown(not_of_a_null_comparison_is_true, setup, teardown),
    cmocka_unit_test_setup_teardown(and_guards_its_right_side, setup, teardown),
    cmocka_unit_test_setup_teardown(or_leaves_decided_rows_alone, setup, teardown),
    cmocka_unit_test_setup_teardown(case_computes_the_taken_branch_only, setup, teardown),
    cmocka_unit_test_setup_teardown(coalesce_stops_at_the_first_value, setup, teardown),
    cmocka_unit_test_setup_teardown(a_failed_row_is_left_out_and_told, setup, teardown),
    cmocka_unit_test_setup_teardown(a_failure_under_not_does_not_select, setup, teardown),
    cmocka_unit_test_setup_teardown(rows_and_kernels_agree, setup, teardown),
    cmocka_unit_test_setup_teardown(equal_subexpressions_are_computed_once, setup, teardown),
    cmocka_unit_test_setup_teardown(constants_fold_unless_they_fail, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
