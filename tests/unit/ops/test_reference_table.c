/* test_reference_table.c: the index of reference rows: chains, NULL keys, numbers by value, save and load; and tables
** and probes of any kind beside a search row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ops/reference_table.h"
#include "support/random_column.h"

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

/* ---- any table ---- */

enum { KEYS_MOST = 2, PIECES_MOST = 3, ROWS_MOST = 400 };

typedef struct Rows { Model keys[KEYS_MOST]; uint32_t rows; } Rows;

static Rows random_rows(Random *random, Arena *arena, uint32_t keys) {
  Rows out = {.rows = random_below(random, ROWS_MOST)};
  for (uint32_t k = 0; k < keys; k++) out.keys[k] = random_model(random, arena, out.rows);
  return out;
}

static bool same_row(const Rows *left, uint32_t row, const Rows *right, uint32_t at, uint32_t keys) {
  for (uint32_t k = 0; k < keys; k++) {
    const Value *a = &left->keys[k].values[row], *b = &right->keys[k].values[at];
    if (a->type == TYPE_NULL || b->type == TYPE_NULL || !value_same_key(a, b)) return false;
  }
  return true;
}

static void add_random(ReferenceTable *table, const Rows *rows) {
  Batch *batch = batch_new(rows->rows, table->cols_len);
  Column *keys[KEYS_MOST];
  for (uint32_t k = 0; k < table->keys_len; k++) keys[k] = model_column(&rows->keys[k], true);
  batch->cols[0] = column_ref(keys[0]); /* read besides; must not be kept twice */
  reference_table_add(table, batch, NULL, keys);
  for (uint32_t k = 0; k < table->keys_len; k++) column_unref(keys[k]);
  batch_unref(batch);
}

/* The rows of a table are those of its pieces, one after the other. */
static void check_matches(const ReferenceTable *table, const Rows *pieces, uint32_t pieces_len, const Rows *left,
                          uint32_t row, uint32_t first) {
  uint32_t found = first, number = 0;
  for (uint32_t p = 0; p < pieces_len; p++) {
    for (uint32_t at = 0; at < pieces[p].rows; at++, number++) {
      if (!same_row(left, row, &pieces[p], at, table->keys_len)) continue;
      assert_int_equal(found, number);
      Value kept = column_get(table->cols[0], number);
      assert_true(value_same_key(&kept, &pieces[p].keys[0].values[at]));
      found = reference_table_next(table, found);
    }
  }
  assert_int_equal(found, REFERENCE_NONE);
}

static void probe_random(const ReferenceTable *table, const Rows *pieces, uint32_t pieces_len, const Rows *left,
                         const Selection *sel) {
  Column *keys[KEYS_MOST];
  uint64_t hashes[ROWS_MOST];
  uint32_t first[ROWS_MOST], k = 0;
  for (uint32_t i = 0; i < table->keys_len; i++) {
    keys[i] = model_column(&left->keys[i], true);
    column_hash(keys[i], sel, left->rows, hashes, i > 0);
  }
  reference_table_probe(table, keys, sel, left->rows, hashes, first);
  SELECTION_EACH(sel, left->rows, row) check_matches(table, pieces, pieces_len, left, row, first[k++]);
  for (uint32_t i = 0; i < table->keys_len; i++) column_unref(keys[i]);
}

static void any_table_finds_what_a_search_finds(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 60; seed++) {
    Random random = {seed};
    Arena arena;
    arena_init(&arena);
    uint32_t keys = 1 + random_below(&random, KEYS_MOST), pieces_len = random_below(&random, PIECES_MOST + 1);
    ReferenceTable *table = reference_table_new(1, keys);
    Rows pieces[PIECES_MOST];
    for (uint32_t p = 0; p < pieces_len; p++) {
      pieces[p] = random_rows(&random, &arena, keys);
      add_random(table, &pieces[p]);
    }
    reference_table_complete(table);
    Rows left = random_rows(&random, &arena, keys);
    Selection *sel = selection_new(left.rows);
    for (uint32_t row = 0; row < left.rows; row++)
      if (random_below(&random, 2)) sel->rows[sel->len++] = row;
    if (table->rows) {
      probe_random(table, pieces, pieces_len, &left, NULL);
      probe_random(table, pieces, pieces_len, &left, sel);
    }
    selection_unref(sel);
    reference_table_free(table);
    arena_release(&arena);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(keys_match_by_value),          cmocka_unit_test(duplicates_come_in_order),
    cmocka_unit_test(an_empty_table_matches_nothing), cmocka_unit_test(a_loaded_table_answers_alike),
    cmocka_unit_test(damaged_bytes_are_refused),    cmocka_unit_test(any_table_finds_what_a_search_finds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
