/* test_column_hash.c: column_hash agrees with value_hash in every layout, so equal keys meet whatever
** column they come from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "column/hash_keys.h"
#include "support/random_column.h"

static Selection *random_selection(Random *random, uint32_t rows) {
  if (random_below(random, 3) == 0) return NULL;
  Selection *sel = selection_new(rows);
  for (uint32_t row = 0; row < rows; row++)
    if (random_below(random, 2)) sel->rows[sel->len++] = row;
  return sel;
}

static void hash_equals_value_hash(void **state) {
  Random random = {4};
  Arena arena;
  arena_init(&arena);
  for (int round = 0; round < 1500; round++) {
    Model model;
    uint64_t hashes[150], combined[150];
    Column *col = random_column(&random, &arena, random_below(&random, 150), &model);
    Selection *sel = random_selection(&random, model.rows);
    for (uint32_t i = 0; i < 150; i++) combined[i] = i;
    column_hash(col, sel, model.rows, hashes, false);
    column_hash(col, sel, model.rows, combined, true);
    uint32_t at = 0;
    SELECTION_EACH(sel, model.rows, row) {
      uint64_t wanted = value_hash(&model.values[row]);
      assert_true(hashes[at] == wanted);
      assert_true(combined[at] == hash_combine(at, wanted));
      at++;
    }
    selection_unref(sel);
    column_unref(col);
    arena_reset(&arena);
  }
  arena_release(&arena);
}

static void equal_numbers_hash_alike(void **state) {
  const int64_t numbers[] = {0, 1, -1, 95, INT64_C(1) << 53, INT64_MIN, INT64_C(1) << 62};
  for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
    assert_true(hash_of_float((double)numbers[i]) == hash_of_int(TYPE_BIGINT, numbers[i]));
  assert_true(hash_of_float(-0.0) == hash_of_int(TYPE_BIGINT, 0));
}

static void helpers_equal_value_hash(void **state) {
  const double floats[] = {0.5, -1.25, 1e300, 0x1p63, -0x1p63, 9.5e18};
  for (unsigned i = 0; i < sizeof floats / sizeof *floats; i++) {
    Value value = value_float(floats[i]);
    assert_true(hash_of_float(floats[i]) == value_hash(&value));
  }
  Value null = value_null(), text = value_text(STR("hello")), bit = value_bit(true);
  assert_true(hash_of_null() == value_hash(&null));
  assert_true(hash_of_text(&text.text) == value_hash(&text));
  assert_true(hash_of_int(TYPE_BIT, 1) == value_hash(&bit));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(hash_equals_value_hash),
                                     cmocka_unit_test(equal_numbers_hash_alike),
                                     cmocka_unit_test(helpers_equal_value_hash)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
