/* test_reference_table.c: the index of reference rows: chains, NULL keys, numbers by value, save and load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ops/reference_table.h"

/* A column of values; NULL for TYPE_NULL. */
static Column *column_of(const Value *values, uint32_t rows) {
  ColumnBuilder builder;
  column_builder_init(&builder, rows, true);
  for (uint32_t i = 0; i < rows; i++)
    if (values[i].type != TYPE_NULL) column_builder_put(&builder, i, &values[i]);
  return column_builder_finish(&builder);
}

static void add_rows(ReferenceTable *table, const Value *keys, uint32_t rows) {
  Batch *batch = batch_new(rows, 1);
  batch->cols[0] = column_new(COL_BIGINT, rows);
  for (uint32_t i = 0; i < rows; i++) column_i64(batch->cols[0])[i] = i;
  Column *key = column_of(keys, rows);
  reference_table_add(table, batch, NULL, &key);
  column_unref(key);
  batch_unref(batch);
}

/* Rows of the table that match a value, in order. */
static uint32_t matches(const ReferenceTable *table, Value value, uint32_t *out) {
  Column *key = column_of(&value, 1);
  uint64_t hash;
  column_hash(key, NULL, 1, &hash, false);
  uint32_t count = 0, at;
  reference_table_probe(table, &key, NULL, 1, &hash, &at);
  for (; at != REFERENCE_NONE; at = reference_table_next(table, at)) out[count++] = at;
  column_unref(key);
  return count;
}

static void keys_match_by_value(void **state) {
  (void)state;
  ReferenceTable *table = reference_table_new(1, 1);
  const Value keys[] = {value_bigint(1), value_text(STR("1")), value_float(2.0), value_null()};
  add_rows(table, keys, 4);
  reference_table_complete(table);
  uint32_t rows[4];
  assert_int_equal(matches(table, value_float(1.0), rows), 1);
  assert_int_equal(rows[0], 0);
  assert_int_equal(matches(table, value_bigint(2), rows), 1);
  assert_int_equal(rows[0], 2);
  assert_int_equal(matches(table, value_text(STR("1")), rows), 1);
  assert_int_equal(rows[0], 1);
  assert_int_equal(matches(table, value_text(STR("2")), rows), 0);
  assert_null(table->next);
  reference_table_free(table);
}

static void duplicates_come_in_order(void **state) {
  (void)state;
  ReferenceTable *table = reference_table_new(1, 1);
  const Value first[] = {value_text(STR("a")), value_text(STR("b"))};
  const Value second[] = {value_text(STR("a")), value_text(STR("a"))};
  add_rows(table, first, 2);
  add_rows(table, second, 2);
  reference_table_complete(table);
  uint32_t rows[4];
  assert_int_equal(matches(table, value_text(STR("a")), rows), 3);
  assert_int_equal(rows[0], 0);
  assert_int_equal(rows[1], 2);
  assert_int_equal(rows[2], 3);
  assert_non_null(table->next);
  reference_table_free(table);
}

static void an_empty_table_matches_nothing(void **state) {
  (void)state;
  ReferenceTable *table = reference_table_new(1, 1);
  reference_table_complete(table);
  uint32_t rows[4];
  assert_int_equal(matches(table, value_bigint(1), rows), 0);
  reference_table_free(table);
}

static void a_loaded_table_answers_alike(void **state) {
  (void)state;
  ReferenceTable *table = reference_table_new(1, 1), *loaded;
  Value keys[500];
  for (int i = 0; i < 500; i++) keys[i] = value_bigint(i % 70);
  add_rows(table, keys, 500);
  reference_table_complete(table);
  ByteWriter bytes = {0};
  reference_table_save(table, &bytes);
  loaded = reference_table_new(1, 1);
  ByteReader in = byte_reader(strbuf_str(&bytes.buf));
  reference_table_load(loaded, &in);
  assert_false(in.bad);
  for (int64_t key = 0; key < 71; key++) {
    uint32_t own[16], other[16];
    uint32_t count = matches(table, value_bigint(key), own);
    assert_int_equal(matches(loaded, value_bigint(key), other), count);
    for (uint32_t i = 0; i < count; i++) assert_int_equal(own[i], other[i]);
  }
  strbuf_release(&bytes.buf);
  reference_table_free(table);
  reference_table_free(loaded);
}

static void damaged_bytes_are_refused(void **state) {
  (void)state;
  ReferenceTable *table = reference_table_new(1, 1), *loaded;
  const Value keys[] = {value_bigint(1), value_text(STR("a text longer than a slot holds"))};
  add_rows(table, keys, 2);
  reference_table_complete(table);
  ByteWriter bytes = {0};
  reference_table_save(table, &bytes);
  for (size_t len = 0; len < bytes.buf.len; len++) {
    loaded = reference_table_new(1, 1);
    ByteReader in = byte_reader((Str){bytes.buf.ptr, len});
    reference_table_load(loaded, &in);
    assert_true(in.bad);
    reference_table_free(loaded);
  }
  strbuf_release(&bytes.buf);
  reference_table_free(table);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(keys_match_by_value),          cmocka_unit_test(duplicates_come_in_order),
    cmocka_unit_test(an_empty_table_matches_nothing), cmocka_unit_test(a_loaded_table_answers_alike),
    cmocka_unit_test(damaged_bytes_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
