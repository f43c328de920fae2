/* test_batch.c: sharing, selecting, printing and checking of batches. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "support/random_column.h"

static Column *bigints(const int64_t *numbers, uint32_t rows, ColumnLayout layout) {
  Column *col = column_new(layout, rows);
  memcpy(col->data, numbers, rows * sizeof *numbers);
  return col;
}

static Batch *sample(void) {
  Batch *batch = batch_new(3, 1);
  batch->cols[0] = bigints((int64_t[]){10, 20, 30}, 3, COL_BIGINT);
  batch->time = bigints((int64_t[]){1, 2, 2}, 3, COL_DATETIME);
  batch->offset = bigints((int64_t[]){100, 101, 102}, 3, COL_BIGINT);
  batch->sorted = true;
  batch->channel = 4;
  lineage_add(&batch->lineage, 4, 100);
  return batch;
}

static Selection *select_rows(const uint32_t *rows, uint32_t count) {
  Selection *sel = selection_new(count);
  for (uint32_t i = 0; i < count; i++) sel->rows[sel->len++] = rows[i];
  return sel;
}

static void selections_share_columns(void **state) {
  Batch *batch = sample();
  Batch *chosen = batch_select(batch, select_rows((uint32_t[]){0, 2}, 2));
  batch_verify(chosen);
  assert_int_equal(batch_count(batch), 3);
  assert_int_equal(batch_count(chosen), 2);
  assert_ptr_equal(chosen->cols[0], batch->cols[0]);
  assert_int_equal(chosen->channel, 4);
  assert_int_equal(lineage_oldest(&chosen->lineage, 4), 100);
  batch_unref(batch);
  assert_int_equal(column_get(chosen->cols[0], 2).i, 30);
  batch_unref(chosen);
}

static void like_keeps_everything_but_columns(void **state) {
  Batch *batch = sample(), *like = batch_like(batch, 2);
  assert_int_equal(like->rows, 3);
  assert_null(like->cols[0]);
  assert_ptr_equal(like->time, batch->time);
  assert_ptr_equal(like->offset, batch->offset);
  assert_true(like->sorted);
  batch_unref(like);
  batch_unref(batch_ref(batch));
  batch_unref(batch);
  batch_unref(NULL);
}

static void prints_selected_rows(void **state) {
  Batch *batch = sample(), *chosen = batch_select(batch, select_rows((uint32_t[]){1}, 1));
  StrBuf out = {0};
  batch_print(chosen, &out);
  assert_string_equal(out.ptr, "batch of 3 rows, 1 selected, channel 4, sorted\n"
                               "1 | \"0001-01-01T00:00:00.0000002Z\" | 101 | 20\n");
  strbuf_release(&out);
  batch_unref(chosen);
  batch_unref(batch);
}

/* ---- broken batches ---- */

/* Whether batch_verify aborts; in a child, with its message thrown away. */
static bool is_refused(const Batch *batch) {
  pid_t child = fork();
  if (child == 0) {
    signal(SIGABRT, SIG_DFL);
    if (!freopen("/dev/null", "w", stderr)) _exit(1);
    batch_verify(batch);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void refuses_broken_batches(void **state) {
  Batch *batch = sample();
  assert_false(is_refused(batch));
  column_i64(batch->time)[0] = 5; /* no longer sorted */
  assert_true(is_refused(batch));
  batch->sorted = false;
  assert_false(is_refused(batch));
  column_set_null(batch->time, 1);
  assert_true(is_refused(batch));
  batch->sel = select_rows((uint32_t[]){0, 2}, 2); /* leaves the bad row out */
  assert_false(is_refused(batch));
  batch->sel->rows[1] = 3;
  assert_true(is_refused(batch));
  batch->sel->rows[1] = 0;
  assert_true(is_refused(batch));
  batch_unref(batch);
}

static void refuses_broken_columns(void **state) {
  Batch *batch = sample();
  column_unref(batch->cols[0]);
  batch->cols[0] = NULL;
  assert_true(is_refused(batch));
  batch->cols[0] = column_new(COL_FLOAT, 3);
  for (int i = 0; i < 3; i++) column_f64(batch->cols[0])[i] = 0.5;
  assert_false(is_refused(batch));
  bits_set(column_need_integral(batch->cols[0]), 1);
  assert_true(is_refused(batch));
  column_f64(batch->cols[0])[1] = 2;
  assert_false(is_refused(batch));
  column_f64(batch->cols[0])[2] = 1.0 / 0.0;
  assert_true(is_refused(batch));
  column_unref(batch->cols[0]);
  batch->cols[0] = column_new(COL_TEXT, 2);
  assert_true(is_refused(batch));
  batch_unref(batch);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(selections_share_columns), cmocka_unit_test(like_keeps_everything_but_columns),
      cmocka_unit_test(prints_selected_rows), cmocka_unit_test(refuses_broken_batches),
      cmocka_unit_test(refuses_broken_columns)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
