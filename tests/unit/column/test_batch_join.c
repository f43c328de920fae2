/* test_batch_join.c: the rows of substreams apart, and together again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "column/batch_join.h"

enum { ROWS = 8 };
static const int64_t substreams[ROWS] = {3, 70, 3, 0, 70, 3, 0, 900};

/* One column that holds 0, 1, 2, ..., and the same as times; row 5 is not selected. */
static Batch *rows_of_all(bool payload) {
  Batch *batch = batch_new(ROWS, 1);
  batch->cols[0] = column_new(COL_BIGINT, ROWS);
  batch->time = column_new(COL_DATETIME, ROWS);
  batch->substream = column_new(COL_BIGINT, ROWS);
  batch->sel = selection_new(ROWS);
  for (uint32_t i = 0; i < ROWS; i++) {
    column_i64(batch->cols[0])[i] = column_i64(batch->time)[i] = i;
    column_i64(batch->substream)[i] = substreams[i];
    if (i != 5) batch->sel->rows[batch->sel->len++] = i;
  }
  Value text = value_json(TYPE_RECORD, STR("{}"));
  if (payload) batch->payload = column_constant(&text, ROWS, true);
  lineage_add(&batch->lineage, 1, 42);
  return batch;
}

static void each_substream_gets_its_rows_in_order(void **state) {
  (void)state;
  static const uint32_t order[] = {3, 70, 0, 900};
  static const uint32_t rows[][2] = {{0, 2}, {1, 4}, {3, 6}, {7, UINT32_MAX}};
  BatchSplit split = {0};
  for (int again = 0; again < 2; again++) { /* the scratch is clean for the next batch */
    Batch *batch = rows_of_all(false);
    batch_split(&split, batch);
    assert_int_equal(split.parts.len, 4);
    for (uint32_t p = 0; p < 4; p++) {
      const BatchPart *part = &split.parts.items[p];
      assert_int_equal(part->substream, order[p]);
      assert_int_equal(part->rows->len, p < 3 ? 2 : 1);
      for (uint32_t i = 0; i < part->rows->len; i++) assert_int_equal(part->rows->rows[i], rows[p][i]);
    }
    batch_unref(batch);
  }
  batch_split_release(&split);
}

static void parts_become_one_batch_again(void **state) {
  (void)state;
  static const int64_t values[] = {0, 2, 1, 4, 3, 6, 7}, of[] = {3, 3, 70, 70, 0, 0, 900};
  BatchSplit split = {0};
  BatchJoin join = {0};
  Batch *batch = rows_of_all(true);
  batch_split(&split, batch);
  for (uint32_t p = 0; p < split.parts.len; p++) {
    Batch *part = batch_part(batch, split.parts.items[p].rows);
    assert_true(part->sorted && part->substream == NULL && part->payload != NULL);
    batch_join_add(&join, part, split.parts.items[p].substream);
    batch_unref(part);
  }
  Batch *joined = batch_join_finish(&join);
  assert_int_equal(joined->rows, 7);
  for (uint32_t i = 0; i < 7; i++) {
    assert_int_equal(column_i64(joined->cols[0])[i], values[i]);
    assert_int_equal(column_i64(joined->time)[i], values[i]);
    assert_int_equal(column_i64(joined->substream)[i], of[i]);
  }
  assert_true(lineage_oldest(&joined->lineage, 1) == 42);
  batch_verify(joined);
  batch_unref(joined);
  batch_unref(batch);
  batch_split_release(&split);
  assert_null(batch_join_finish(&join));
}

/* A piece without a payload has NULL there, and only selected rows count. */
static void pieces_may_lack_what_others_have(void **state) {
  (void)state;
  BatchJoin join = {0};
  Batch *with = rows_of_all(true), *without = rows_of_all(false);
  batch_join_add(&join, with, 1);
  batch_join_add(&join, without, 2);
  Batch *joined = batch_join_finish(&join);
  assert_int_equal(joined->rows, 14);
  assert_false(column_is_null(joined->payload, 6));
  assert_true(column_is_null(joined->payload, 7));
  assert_int_equal(column_i64(joined->substream)[7], 2);
  batch_unref(joined);
  batch_unref(with);
  batch_unref(without);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_substream_gets_its_rows_in_order),
      cmocka_unit_test(parts_become_one_batch_again),
      cmocka_unit_test(pieces_may_lack_what_others_have),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
