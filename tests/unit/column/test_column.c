/* test_column.c: making, sharing and reading columns, and the builder's widening. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "support/random_column.h"

static void expect_print(const Column *col, const char *expected) {
  StrBuf out = {0};
  column_print(col, &out);
  assert_string_equal(out.ptr, expected);
  strbuf_release(&out);
}

static Column *build(const Value *values, uint32_t count) {
  Column *col = model_column(&(Model){(Value *)values, count}, true);
  column_verify(col, NULL);
  return col;
}

/* ---- constants, NULL, text ---- */

static void constants(void **state) {
  Value text = value_text(STR("a text that is longer than twelve bytes"));
  Column *col = column_constant(&text, 3, true);
  assert_int_equal(col->holds_len, 1);
  column_verify(col, NULL);
  Value got = column_get(col, 2);
  assert_true(value_identical(&got, &text));
  assert_ptr_not_equal(got.text.ptr, text.text.ptr);
  column_unref(col);

  col = column_constant(&text, 3, false);
  assert_int_equal(col->holds_len, 0);
  column_unref(col);

  Value nothing = value_null();
  col = column_constant(&nothing, 2, true);
  expect_print(col, "constant null [null, null]");
  assert_true(column_is_null(col, 1));
  column_unref(col);

  Value five = value_float(5);
  col = column_constant(&five, 2, true);
  expect_print(col, "constant float [5.0, 5.0]");
  column_unref(col);
}

static void constant_of_no_rows(void **state) {
  Value one = value_bigint(1);
  Column *col = column_constant(&one, 0, true);
  expect_print(col, "constant bigint []");
  column_unref(col);
}

static void nulls(void **state) {
  Column *col = column_new(COL_BIGINT, 70);
  for (uint32_t row = 0; row < 70; row++) column_i64(col)[row] = row;
  assert_null(col->valid);
  column_set_null(col, 65);
  assert_true(column_is_null(col, 65));
  assert_false(column_is_null(col, 64));
  assert_int_equal(column_get(col, 69).i, 69);
  assert_int_equal(column_get(col, 65).type, TYPE_NULL);
  column_unref(col);
}

static void null_text_is_readable(void **state) {
  Column *col = column_new(COL_TEXT, 2);
  column_text(col)[1] = text_from(STR("x"));
  column_set_null(col, 1);
  assert_int_equal(column_text(col)[0].len, 0);
  assert_int_equal(column_text(col)[1].len, 0);
  column_unref(col);
}

static void integral_bits_make_bigints(void **state) {
  Column *col = column_new(COL_FLOAT, 2);
  column_f64(col)[0] = 1;
  column_f64(col)[1] = 1;
  bits_set(column_need_integral(col), 1);
  expect_print(col, "float [1.0, 1]");
  column_verify(col, NULL);
  column_unref(col);
}

static void text_space_lives_with_the_column(void **state) {
  Column *col = column_new(COL_TEXT, 1000);
  char text[600];
  for (uint32_t row = 0; row < 1000; row++) {
    memset(text, 'a' + (int)(row % 26), sizeof text);
    column_text(col)[row] = column_copy_text(col, (Str){text, row % sizeof text});
  }
  column_verify(col, NULL);
  assert_true(col->holds_len < 20);
  Value got = column_get(col, 599);
  assert_int_equal(got.text.len, 599);
  assert_int_equal(text_ptr(&got.text)[598], 'a' + 599 % 26);
  column_unref(col);
}

static void held_buffers(void **state) {
  Buffer *buffer = buffer_new(10);
  Column *col = column_new(COL_TEXT, 1), *other = column_new(COL_TEXT, 1);
  column_hold(col, buffer);
  column_hold(col, buffer);
  assert_int_equal(col->holds_len, 1);
  column_hold_all(other, col);
  assert_int_equal(atomic_load(&buffer->refs), 3);
  buffer_unref(buffer);
  column_unref(col);
  assert_int_equal(atomic_load(&buffer->refs), 1);
  column_unref(other);
}

static void slot_sizes(void **state) {
  assert_int_equal(column_slot_bytes(COL_NULL), 0);
  assert_int_equal(column_slot_bytes(COL_BIT), 1);
  assert_int_equal(column_slot_bytes(COL_FLOAT), 8);
  assert_int_equal(column_slot_bytes(COL_RECORD), 16);
  assert_int_equal(column_slot_bytes(COL_MIXED), sizeof(Value));
}

/* ---- the builder ---- */

static void builder_stays_narrow(void **state) {
  Column *col = build((Value[]){value_bigint(1), value_null(), value_bigint(INT64_MAX)}, 3);
  expect_print(col, "bigint [1, null, 9223372036854775807]");
  column_unref(col);
}

static void builder_without_nulls_has_no_validity(void **state) {
  Column *col = build((Value[]){value_bit(true), value_bit(false)}, 2);
  assert_null(col->valid);
  expect_print(col, "bit [true, false]");
  column_unref(col);
}

static void builder_widens_bigint_to_float(void **state) {
  Column *col = build((Value[]){value_null(), value_bigint(1), value_float(1.5), value_bigint(-2)}, 4);
  expect_print(col, "float [null, 1, 1.5, -2]");
  column_unref(col);
  col = build((Value[]){value_float(2), value_bigint(2)}, 2);
  expect_print(col, "float [2.0, 2]");
  column_unref(col);
}

static void builder_keeps_large_integers_exact(void **state) {
  int64_t limit = INT64_C(1) << 53;
  Column *col = build((Value[]){value_bigint(limit), value_float(0.5)}, 2);
  assert_int_equal(col->layout, COL_FLOAT);
  column_unref(col);
  col = build((Value[]){value_bigint(limit + 1), value_float(0.5)}, 2);
  expect_print(col, "mixed [9007199254740993, 0.5]");
  column_unref(col);
  col = build((Value[]){value_float(0.5), value_bigint(-limit - 1)}, 2);
  expect_print(col, "mixed [0.5, -9007199254740993]");
  column_unref(col);
}

static void builder_mixes(void **state) {
  Column *col = build((Value[]){value_text(STR("a text of more than twelve bytes")), value_null(), value_bit(true),
                                value_json(TYPE_ARRAY, STR("[1]"))}, 4);
  expect_print(col, "mixed [\"a text of more than twelve bytes\", null, true, [1]]");
  column_unref(col);
}

static void builder_of_nothing(void **state) {
  Column *col = build((Value[]){value_null(), value_null()}, 2);
  expect_print(col, "null [null, null]");
  column_unref(col);
  col = build(NULL, 0);
  expect_print(col, "null []");
  column_unref(col);
}

static void builder_skips_rows(void **state) {
  ColumnBuilder builder;
  column_builder_init(&builder, 5, true);
  Value one = value_datetime(0);
  column_builder_put(&builder, 2, &one);
  Column *col = column_builder_finish(&builder);
  expect_print(col, "datetime [null, null, \"0001-01-01T00:00:00.0000000Z\", null, null]");
  column_unref(col);
}

static void builder_copies_or_borrows_text(void **state) {
  Value text = value_text(STR("a text of more than twelve bytes"));
  for (int copy = 0; copy < 2; copy++) {
    Column *col = model_column(&(Model){&text, 1}, copy);
    assert_int_equal(column_text(col)[0].ptr != text.text.ptr, copy);
    column_unref(col);
  }
}

/* ---- random columns ---- */

static void column_equals_model(void **state) {
  Random random = {1};
  Arena arena;
  arena_init(&arena);
  for (int round = 0; round < 2000; round++) {
    Model model;
    Column *col = random_column(&random, &arena, random_below(&random, 150), &model);
    Column *mixed = column_to_mixed(col);
    column_verify(col, NULL);
    column_verify(mixed, NULL);
    assert_int_equal(mixed->layout, COL_MIXED);
    for (uint32_t row = 0; row < model.rows; row++) {
      Value a = column_get(col, row), b = column_get(mixed, row);
      assert_true(value_identical(&a, &model.values[row]));
      assert_true(value_identical(&b, &model.values[row]));
      assert_int_equal(column_is_null(col, row), value_is_null(&model.values[row]));
    }
    column_unref(col);
    column_unref(mixed);
    arena_reset(&arena);
  }
  arena_release(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(constants), cmocka_unit_test(constant_of_no_rows), cmocka_unit_test(nulls),
      cmocka_unit_test(null_text_is_readable), cmocka_unit_test(integral_bits_make_bigints),
      cmocka_unit_test(text_space_lives_with_the_column), cmocka_unit_test(held_buffers),
      cmocka_unit_test(slot_sizes), cmocka_unit_test(builder_stays_narrow),
      cmocka_unit_test(builder_without_nulls_has_no_validity), cmocka_unit_test(builder_widens_bigint_to_float),
      cmocka_unit_test(builder_keeps_large_integers_exact), cmocka_unit_test(builder_mixes),
      cmocka_unit_test(builder_of_nothing), cmocka_unit_test(builder_skips_rows),
      cmocka_unit_test(builder_copies_or_borrows_text), cmocka_unit_test(column_equals_model)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
