/* test_column_codec.c: columns and batches survive their bytes; damaged bytes are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "column/codec.h"
#include "support/random_column.h"

static void expect_same_column(const Column *a, const Column *b) {
  assert_int_equal(a->rows, b->rows);
  for (uint32_t row = 0; row < a->rows; row++) {
    Value x = column_get(a, row), y = column_get(b, row);
    assert_true(value_identical(&x, &y));
  }
}

static void columns_survive(void **state) {
  Random random = {5};
  Arena arena;
  arena_init(&arena);
  for (int round = 0; round < 2000; round++) {
    Model model;
    Column *col = random_column(&random, &arena, random_below(&random, 150), &model);
    ByteWriter out = {0}, again = {0};
    column_save(col, &out);
    ByteReader in = byte_reader(strbuf_str(&out.buf));
    Column *loaded = column_load(&in);
    assert_non_null(loaded);
    assert_ptr_equal(in.at, in.end);
    column_verify(loaded, NULL);
    assert_int_equal(loaded->layout, col->layout);
    assert_int_equal(loaded->constant, col->constant);
    expect_same_column(col, loaded);
    column_save(loaded, &again);
    assert_true(str_eq(strbuf_str(&out.buf), strbuf_str(&again.buf)));
    strbuf_release(&out.buf);
    strbuf_release(&again.buf);
    column_unref(col);
    column_unref(loaded);
    arena_reset(&arena);
  }
  arena_release(&arena);
}

static Column *times(Random *random, uint32_t rows) {
  Column *col = column_new(COL_DATETIME, rows);
  for (uint32_t row = 0; row < rows; row++) column_i64(col)[row] = random_below(random, 1000);
  return col;
}

static Batch *random_batch(Random *random, Arena *arena, uint32_t rows) {
  Batch *batch = batch_new(rows, random_below(random, 4));
  Model model;
  for (uint32_t i = 0; i < batch->cols_len; i++) batch->cols[i] = random_column(random, arena, rows, &model);
  if (random_below(random, 2)) batch->time = times(random, rows);
  if (random_below(random, 2)) {
    batch->offset = column_new(COL_BIGINT, rows);
    for (uint32_t row = 0; row < rows; row++) column_i64(batch->offset)[row] = row;
  }
  if (random_below(random, 2)) {
    Value payload = random_text(random, arena, TYPE_RECORD);
    batch->payload = column_constant(&payload, rows, true);
  }
  if (random_below(random, 2)) {
    batch->sel = selection_new(rows);
    for (uint32_t row = 0; row < rows; row++)
      if (random_below(random, 2)) batch->sel->rows[batch->sel->len++] = row;
  }
  batch->channel = random_below(random, 9);
  lineage_add(&batch->lineage, batch->channel, 5);
  return batch;
}

static void expect_selected(const Batch *batch, const Column *col, const Column *loaded) {
  assert_int_equal(col != NULL, loaded != NULL);
  uint32_t at = 0;
  if (!col) return;
  SELECTION_EACH(batch->sel, batch->rows, row) {
    Value x = column_get(col, row), y = column_get(loaded, at++);
    assert_true(value_identical(&x, &y));
  }
}

static void batches_survive_without_unselected_rows(void **state) {
  Random random = {6};
  Arena arena;
  arena_init(&arena);
  for (int round = 0; round < 1000; round++) {
    Batch *batch = random_batch(&random, &arena, random_below(&random, 100));
    ByteWriter out = {0};
    batch_save(batch, &out);
    ByteReader in = byte_reader(strbuf_str(&out.buf));
    Batch *loaded = batch_load(&in);
    assert_non_null(loaded);
    assert_ptr_equal(in.at, in.end);
    batch_verify(loaded);
    assert_int_equal(loaded->rows, batch_count(batch));
    assert_null(loaded->sel);
    assert_int_equal(loaded->channel, batch->channel);
    assert_int_equal(lineage_oldest(&loaded->lineage, batch->channel), 5);
    expect_selected(batch, batch->time, loaded->time);
    expect_selected(batch, batch->payload, loaded->payload);
    expect_selected(batch, batch->offset, loaded->offset);
    for (uint32_t i = 0; i < batch->cols_len; i++) expect_selected(batch, batch->cols[i], loaded->cols[i]);
    strbuf_release(&out.buf);
    batch_unref(batch);
    batch_unref(loaded);
    arena_reset(&arena);
  }
  arena_release(&arena);
}

/* Shortened or altered bytes either load into something consistent or are refused; they never crash. */
static void damaged_bytes_are_survived(void **state) {
  Random random = {7};
  Arena arena;
  arena_init(&arena);
  for (int round = 0; round < 3000; round++) {
    Batch *batch = random_batch(&random, &arena, random_below(&random, 20));
    ByteWriter out = {0};
    batch_save(batch, &out);
    bool cut = random_below(&random, 2);
    size_t at = random_below(&random, (uint32_t)out.buf.len);
    if (!cut) out.buf.ptr[at] ^= (char)(1 + random_below(&random, 255));
    ByteReader in = byte_reader((Str){out.buf.ptr, cut ? at : out.buf.len});
    Batch *loaded = batch_load(&in);
    assert_int_equal(loaded == NULL, in.bad);
    if (cut) assert_null(loaded);
    for (uint32_t i = 0; loaded && i < loaded->cols_len; i++) column_verify(loaded->cols[i], NULL);
    batch_unref(loaded);
    strbuf_release(&out.buf);
    batch_unref(batch);
    arena_reset(&arena);
  }
  arena_release(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(columns_survive),
                                     cmocka_unit_test(batches_survive_without_unselected_rows),
                                     cmocka_unit_test(damaged_bytes_are_survived)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
