/* test_column_gather.c: gather and concat against a model made of plain values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "support/random_column.h"

enum { PIECES = 4 };

static uint32_t *random_rows(Random *random, Arena *arena, uint32_t rows, uint32_t count) {
  bool gaps = rows == 0 || random_below(random, 2);
  uint32_t *list = arena_alloc(arena, (count + 1) * sizeof *list);
  for (uint32_t i = 0; i < count; i++)
    list[i] = rows == 0 || (gaps && random_below(random, 5) == 0) ? UINT32_MAX : random_below(random, rows);
  return list;
}

static void expect_row(const Column *col, uint32_t at, const Model *model, uint32_t row) {
  Value got = column_get(col, at), wanted = row == UINT32_MAX ? value_null() : model->values[row];
  assert_true(value_identical(&got, &wanted));
}

static void gather_equals_model(void **state) {
  Random random = {2};
  Arena arena;
  arena_init(&arena);
  for (int round = 0; round < 3000; round++) {
    Model model;
    Column *col = random_column(&random, &arena, random_below(&random, 150), &model);
    uint32_t count = random_below(&random, 200), *rows = random_rows(&random, &arena, model.rows, count);
    bool copy = random_below(&random, 2);
    Column *out = column_gather(col, rows, count, copy);
    if (copy) column_unref(col); /* the copy must stand alone */
    column_verify(out, NULL);
    assert_int_equal(out->rows, count);
    for (uint32_t i = 0; i < count; i++) expect_row(out, i, &model, rows[i]);
    column_unref(out);
    if (!copy) column_unref(col);
    arena_reset(&arena);
  }
  arena_release(&arena);
}

static void concat_equals_model(void **state) {
  Random random = {3};
  Arena arena;
  arena_init(&arena);
  for (int round = 0; round < 3000; round++) {
    Column *cols[PIECES];
    Model models[PIECES];
    const uint32_t *rows[PIECES];
    uint32_t counts[PIECES], pieces = random_below(&random, PIECES + 1), total = 0, at = 0;
    for (uint32_t p = 0; p < pieces; p++) {
      cols[p] = random_column(&random, &arena, random_below(&random, 90), &models[p]);
      counts[p] = random_below(&random, 100);
      rows[p] = random_rows(&random, &arena, models[p].rows, counts[p]);
      if (random_below(&random, 3) == 0) rows[p] = NULL, counts[p] = models[p].rows;
      total += counts[p];
    }
    Column *out = column_concat((const Column *const *)cols, rows, counts, pieces);
    for (uint32_t p = 0; p < pieces; p++) column_unref(cols[p]);
    column_verify(out, NULL);
    assert_int_equal(out->rows, total);
    for (uint32_t p = 0; p < pieces; p++)
      for (uint32_t i = 0; i < counts[p]; i++) expect_row(out, at++, &models[p], rows[p] ? rows[p][i] : i);
    column_unref(out);
    arena_reset(&arena);
  }
  arena_release(&arena);
}

static Column *numbers(const Value *values, uint32_t count) {
  return model_column(&(Model){(Value *)values, count}, true);
}

static void concat_of_bigint_and_float_stays_a_number_column(void **state) {
  Column *a = numbers((Value[]){value_bigint(1), value_bigint(INT64_MAX)}, 2);
  Column *b = numbers((Value[]){value_float(0.5)}, 1);
  const Column *cols[] = {a, b};
  const uint32_t small[] = {0}, large[] = {1}, only[] = {0};
  Column *out = column_concat(cols, (const uint32_t *const[]){small, only}, (const uint32_t[]){1, 1}, 2);
  assert_int_equal(out->layout, COL_FLOAT);
  column_unref(out);
  out = column_concat(cols, (const uint32_t *const[]){large, only}, (const uint32_t[]){1, 1}, 2);
  assert_int_equal(out->layout, COL_MIXED);
  column_unref(out);
  column_unref(a);
  column_unref(b);
}

static void gather_of_a_constant_stays_constant(void **state) {
  Value seven = value_bigint(7);
  Column *col = column_constant(&seven, 10, false);
  const uint32_t rows[] = {3, 9, 3}, with_gap[] = {3, UINT32_MAX};
  Column *out = column_gather(col, rows, 3, true);
  assert_true(out->constant);
  assert_int_equal(out->rows, 3);
  column_unref(out);
  out = column_gather(col, with_gap, 2, true);
  assert_false(out->constant);
  assert_int_equal(column_get(out, 0).i, 7);
  assert_true(column_is_null(out, 1));
  column_unref(out);
  column_unref(col);
}

static void gather_copies_each_text_once(void **state) {
  Value text = value_text(STR("a text of more than twelve bytes"));
  Column *col = column_constant(&text, 1, true);
  const uint32_t rows[] = {0};
  Column *own = column_gather(col, rows, 1, true), *shared = column_gather(col, rows, 1, false);
  assert_ptr_not_equal(column_text(own)[0].ptr, column_text(col)[0].ptr);
  assert_ptr_equal(column_text(shared)[0].ptr, column_text(col)[0].ptr);
  assert_int_equal(own->heap->cap, text.text.len);
  column_unref(col);
  assert_memory_equal(column_text(shared)[0].ptr, "a text", 6);
  column_unref(own);
  column_unref(shared);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gather_equals_model), cmocka_unit_test(concat_equals_model),
      cmocka_unit_test(concat_of_bigint_and_float_stays_a_number_column),
      cmocka_unit_test(gather_of_a_constant_stays_constant), cmocka_unit_test(gather_copies_each_text_once)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
