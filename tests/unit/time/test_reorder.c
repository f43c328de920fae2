/* test_reorder.c: the reorder buffer: what leaves, in which order, without which copies, and how much stays;
** random columns, selections and bounds against a sorted list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "support/random_column.h"
#include "time/reorder.h"

static const ReorderBound everything = {TICKS_MAX, UINT32_MAX};

/* One column: the offset once more as long text. */
static Batch *rows_at(const Ticks *times, uint32_t count, int64_t first_offset) {
  Batch *batch = batch_new(count, 1);
  batch->time = column_new(COL_DATETIME, count);
  batch->offset = column_new(COL_BIGINT, count);
  batch->cols[0] = column_new(COL_TEXT, count);
  for (uint32_t i = 0; i < count; i++) {
    char text[48];
    int len = snprintf(text, sizeof text, "the row with offset %lld", (long long)first_offset + i);
    column_i64(batch->time)[i] = times[i];
    column_i64(batch->offset)[i] = first_offset + i;
    column_text(batch->cols[0])[i] = column_copy_text(batch->cols[0], (Str){text, (size_t)len});
  }
  lineage_add(&batch->lineage, 5, first_offset);
  return batch;
}

/* Lends, and gives up the batch at once: what stays must be a copy. */
static void put(Reorder *buffer, uint32_t channel, const Ticks *times, uint32_t count, int64_t first_offset) {
  Batch *batch = rows_at(times, count, first_offset);
  reorder_add(buffer, channel, batch);
  reorder_keep(buffer);
  batch_unref(batch);
}

static void assert_offsets(const Batch *batch, const int64_t *offsets, uint32_t count) {
  assert_non_null(batch);
  batch_verify(batch);
  assert_int_equal(batch_count(batch), count);
  uint32_t at = 0;
  SELECTION_EACH(batch->sel, batch->rows, i) {
    assert_int_equal(column_get(batch->offset, i).i, offsets[at++]);
  }
}
#define OFFSETS(batch, ...) \
  assert_offsets((batch), (const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

/* ---- single cases ---- */

static void an_empty_buffer_gives_nothing(void **state) {
  Reorder buffer = {0};
  assert_true(reorder_is_empty(&buffer));
  assert_null(reorder_take(&buffer, everything, 10));
  put(&buffer, 1, NULL, 0, 0);
  assert_true(reorder_is_empty(&buffer));
  reorder_release(&buffer);
}

static void rows_leave_by_time_then_arrival(void **state) {
  Reorder buffer = {0};
  put(&buffer, 1, (Ticks[]){50, 30, 30}, 3, 0);
  put(&buffer, 1, (Ticks[]){30, 40, 60}, 3, 10);
  Batch *out = reorder_take(&buffer, (ReorderBound){50, UINT32_MAX}, 10);
  OFFSETS(out, 1, 2, 10, 11, 0);
  assert_int_equal(lineage_oldest(&out->lineage, 5), 0);
  assert_null(reorder_take(&buffer, (ReorderBound){50, UINT32_MAX}, 10));
  assert_int_equal(reorder_rows(&buffer), 1);
  Lineage oldest = {0};
  reorder_oldest(&buffer, &oldest);
  assert_int_equal(lineage_oldest(&oldest, 5), 12); /* of the row that is left */
  lineage_release(&oldest);
  batch_unref(out);
  reorder_release(&buffer);
}

static void channels_part_at_the_bound(void **state) {
  Reorder buffer = {0};
  put(&buffer, 9, (Ticks[]){7, 7}, 2, 900);
  put(&buffer, 3, (Ticks[]){7, 8}, 2, 300);
  put(&buffer, 5, (Ticks[]){7}, 1, 500);
  Batch *out = reorder_take(&buffer, (ReorderBound){7, 5}, 10);
  OFFSETS(out, 300, 500);
  batch_unref(out);
  out = reorder_take(&buffer, everything, 10);
  OFFSETS(out, 900, 901, 301);
  batch_unref(out);
  reorder_release(&buffer);
}

static void a_stretch_of_one_batch_is_a_view(void **state) {
  Reorder buffer = {0};
  Batch *batch = rows_at((Ticks[]){1, 2, 3, 4}, 4, 0);
  reorder_add(&buffer, 1, batch);
  Batch *out = reorder_take(&buffer, (ReorderBound){2, UINT32_MAX}, 10);
  OFFSETS(out, 0, 1);
  assert_ptr_equal(out->cols[0], batch->cols[0]);
  batch_unref(out);
  reorder_keep(&buffer);
  batch_unref(batch);
  out = reorder_take(&buffer, everything, 1);
  OFFSETS(out, 2);
  assert_int_equal(lineage_oldest(&out->lineage, 5), 2);
  batch_unref(out);
  reorder_release(&buffer);
}

/* Also through joining, which must take whole runs. */
static void long_stretches_leave_one_by_one(void **state) {
  enum { ROWS = 700 };
  Reorder buffer = {0};
  Ticks times[ROWS];
  for (int i = 0; i < ROWS; i++) times[i] = i;
  put(&buffer, 1, times, ROWS, 0);
  put(&buffer, 2, times + ROWS / 2, ROWS / 2, ROWS);
  const Column *held = buffer.lanes.items[0].runs.items[0].batch->cols[0];
  Batch *out = reorder_take(&buffer, everything, 2 * ROWS);
  assert_int_equal(batch_count(out), ROWS / 2 + 1);
  assert_ptr_equal(out->cols[0], held);
  batch_unref(out);
  for (int i = 0; i < ROWS; i++) times[i] += ROWS;
  put(&buffer, 1, times, ROWS, 2 * ROWS);
  assert_int_equal(buffer.lanes.items[0].runs.len, 1);
  assert_int_equal(reorder_rows(&buffer), ROWS / 2 - 1 + ROWS / 2 + ROWS);
  reorder_release(&buffer);
}

static void absent_columns_become_null(void **state) {
  Reorder buffer = {0};
  put(&buffer, 1, (Ticks[]){1, 3}, 2, 10);
  Batch *bare = rows_at((Ticks[]){2}, 1, 20);
  column_unref(bare->offset);
  bare->offset = NULL;
  reorder_add(&buffer, 2, bare);
  Batch *out = reorder_take(&buffer, everything, 10);
  batch_verify(out);
  assert_int_equal(column_get(out->offset, 0).i, 10);
  assert_true(column_is_null(out->offset, 1));
  assert_int_equal(column_get(out->offset, 2).i, 11);
  assert_null(out->payload);
  batch_unref(out);
  reorder_keep(&buffer);
  batch_unref(bare);
  reorder_release(&buffer);
}

/* ---- memory ---- */

static void trickling_rows_make_few_runs(void **state) {
  Reorder buffer = {0};
  for (int64_t i = 0; i < 20000; i++) put(&buffer, 1, (Ticks[]){i ^ 37}, 1, i);
  assert_true(buffer.lanes.items[0].runs.len < 25);
  assert_int_equal(reorder_rows(&buffer), 20000);
  Ticks before = TICKS_MIN;
  for (Batch *out; (out = reorder_take(&buffer, everything, 777)); batch_unref(out)) {
    batch_verify(out);
    SELECTION_EACH(out->sel, out->rows, i) {
      assert_true(column_i64(out->time)[i] > before);
      before = column_i64(out->time)[i];
      assert_int_equal(column_get(out->offset, i).i ^ 37, before);
    }
  }
  assert_true(reorder_is_empty(&buffer));
  reorder_release(&buffer);
}

static void memory_follows_what_is_held(void **state) {
  enum { ROWS = 1000 };
  Reorder buffer = {0};
  Ticks times[ROWS];
  size_t most = 0;
  for (int64_t round = 0; round < 200; round++) { /* each batch reaches far ahead with its last row */
    for (int i = 0; i < ROWS; i++) times[i] = round * ROWS + i;
    times[ROWS - 1] += 20 * ROWS;
    put(&buffer, 1, times, ROWS, round * ROWS);
    Batch *out;
    while ((out = reorder_take(&buffer, (ReorderBound){round * ROWS, UINT32_MAX}, ROWS))) batch_unref(out);
    if (reorder_bytes(&buffer, 1) > most) most = reorder_bytes(&buffer, 1);
  }
  assert_true(reorder_rows(&buffer) < 2 * ROWS);
  assert_true(most < 8 * ROWS * 120); /* a few batches' worth, not twenty; a row takes about 60 bytes */
  assert_int_equal(reorder_bytes(&buffer, 2), 0);
  reorder_release(&buffer);
}

static void a_mostly_empty_run_is_renewed(void **state) {
  enum { ROWS = 1000 };
  Reorder buffer = {0};
  Ticks times[ROWS];
  for (int i = 0; i < ROWS; i++) times[i] = i;
  put(&buffer, 1, times, ROWS, 0);
  size_t full = reorder_bytes(&buffer, 1);
  batch_unref(reorder_take(&buffer, everything, ROWS - 10));
  assert_int_equal(reorder_rows(&buffer), 10);
  assert_true(reorder_bytes(&buffer, 1) < full / 20);
  reorder_release(&buffer);
}

/* ---- against a sorted list ---- */

enum { COLUMNS = 4, ROUND_ROWS = 600 };

typedef struct Entry { /* a row the buffer should hold */
  Ticks    time;
  uint32_t channel;
  int64_t  offset;
  Value    values[COLUMNS];
} Entry;

typedef struct Entries { Entry items[ROUND_ROWS]; uint32_t len; } Entries;

/* Behind everything that is not after it. */
static void insert(Entries *list, Entry entry) {
  uint32_t at = list->len++;
  for (; at > 0; at--) {
    const Entry *before = &list->items[at - 1];
    if (before->time < entry.time || (before->time == entry.time && before->channel <= entry.channel)) break;
    list->items[at] = *before;
  }
  list->items[at] = entry;
}

static Selection *random_selection(Random *random, uint32_t rows) {
  if (random_below(random, 2)) return NULL;
  Selection *sel = selection_new(rows);
  for (uint32_t i = 0; i < rows; i++)
    if (random_below(random, 3)) sel->rows[sel->len++] = i;
  return sel;
}

/* A batch of random columns, its selected rows entered into the list. */
static Batch *random_batch(Random *random, Arena *arena, uint32_t rows, uint32_t channel, Ticks now, int64_t offset,
                           Entries *list) {
  Batch *batch = batch_new(rows, COLUMNS);
  Model models[COLUMNS];
  for (int i = 0; i < COLUMNS; i++) batch->cols[i] = random_column(random, arena, rows, &models[i]);
  batch->time = column_new(COL_DATETIME, rows);
  batch->offset = column_new(COL_BIGINT, rows);
  batch->channel = channel;
  for (uint32_t i = 0; i < rows; i++) {
    column_i64(batch->time)[i] = now + random_below(random, 40);
    column_i64(batch->offset)[i] = offset + i;
  }
  batch->sel = random_selection(random, rows);
  lineage_add(&batch->lineage, channel, offset);
  SELECTION_EACH(batch->sel, rows, i) {
    Entry entry = {column_i64(batch->time)[i], channel, offset + i, {{0}}};
    for (int c = 0; c < COLUMNS; c++) entry.values[c] = models[c].values[i];
    insert(list, entry);
  }
  return batch;
}

/* Takes `count` rows from the front of the list and compares. */
static void compare(const Batch *out, Entries *list) {
  uint32_t at = 0, count = batch_count(out);
  Lineage wanted = {0};
  batch_verify(out);
  assert_true(count <= list->len && out->sorted);
  SELECTION_EACH(out->sel, out->rows, i) {
    const Entry *entry = &list->items[at++];
    assert_int_equal(column_get(out->time, i).i, entry->time);
    assert_int_equal(column_get(out->offset, i).i, entry->offset);
    lineage_add(&wanted, entry->channel, entry->offset);
    for (int c = 0; c < COLUMNS; c++) {
      Value value = column_get(out->cols[c], i);
      assert_true(value_same_key(&value, &entry->values[c]));
    }
  }
  assert_int_equal(out->lineage.len, wanted.len);
  assert_memory_equal(out->lineage.items, wanted.items, wanted.len * sizeof *wanted.items);
  lineage_release(&wanted);
  list->len -= count;
  memmove(list->items, list->items + count, list->len * sizeof *list->items);
}

static bool may_leave(const Entries *list, ReorderBound bound) {
  if (!list->len) return false;
  const Entry *first = &list->items[0];
  return first->time != bound.time ? first->time < bound.time : first->channel <= bound.channel;
}

static void save_and_load(Reorder *buffer) {
  ByteWriter out = {0};
  reorder_save(buffer, &out);
  reorder_release(buffer);
  ByteReader in = byte_reader(strbuf_str(&out.buf));
  reorder_load(buffer, &in);
  assert_false(in.bad);
  assert_ptr_equal(in.at, in.end);
  strbuf_release(&out.buf);
}

static void take_all(Reorder *buffer, ReorderBound bound, uint32_t rows, Entries *list) {
  for (Batch *out; (out = reorder_take(buffer, bound, rows)); batch_unref(out)) {
    assert_true(batch_count(out) <= rows);
    compare(out, list);
  }
  assert_false(may_leave(list, bound));
  assert_int_equal(reorder_rows(buffer), list->len);
}

static void run_random(uint64_t seed) {
  static Entries list;
  Random random = {seed};
  Arena arena;
  Reorder buffer = {0};
  uint32_t channels = 1 + random_below(&random, 4), step = random_below(&random, 2) ? 5 : 60;
  arena_init(&arena);
  list.len = 0;
  int64_t offset = 0;
  for (Ticks now = 0; offset < ROUND_ROWS - 60; now += random_below(&random, 15)) {
    uint32_t rows = 1 + random_below(&random, step), channel = random_below(&random, channels);
    Batch *batch = random_batch(&random, &arena, rows, channel, now, offset, &list);
    ReorderBound bound = {now + (Ticks)random_below(&random, 20) - 5, random_below(&random, channels + 1)};
    reorder_add(&buffer, channel, batch);
    take_all(&buffer, bound, 1 + random_below(&random, 50), &list);
    reorder_keep(&buffer);
    batch_unref(batch);
    offset += rows;
    if (random_below(&random, 4) == 0) save_and_load(&buffer);
  }
  take_all(&buffer, everything, 100, &list);
  assert_int_equal(list.len, 0);
  reorder_release(&buffer);
  arena_release(&arena);
}

static void agrees_with_a_sorted_list(void **state) {
  for (uint64_t seed = 1; seed <= 300; seed++) run_random(seed);
}

static void damaged_bytes_are_noticed(void **state) {
  Reorder buffer = {0};
  put(&buffer, 1, (Ticks[]){5, 6, 7}, 3, 0);
  put(&buffer, 2, (Ticks[]){5, 6, 7}, 3, 0);
  ByteWriter out = {0};
  reorder_save(&buffer, &out);
  for (size_t len = 0; len < out.buf.len; len++) {
    Reorder loaded = {0};
    ByteReader in = byte_reader((Str){out.buf.ptr, len});
    reorder_load(&loaded, &in);
    assert_true(in.bad);
    reorder_release(&loaded);
  }
  strbuf_release(&out.buf);
  reorder_release(&buffer);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_empty_buffer_gives_nothing), cmocka_unit_test(rows_leave_by_time_then_arrival),
      cmocka_unit_test(channels_part_at_the_bound), cmocka_unit_test(a_stretch_of_one_batch_is_a_view),
      cmocka_unit_test(long_stretches_leave_one_by_one), cmocka_unit_test(absent_columns_become_null),
      cmocka_unit_test(trickling_rows_make_few_runs),
      cmocka_unit_test(memory_follows_what_is_held), cmocka_unit_test(a_mostly_empty_run_is_renewed),
      cmocka_unit_test(agrees_with_a_sorted_list),
      cmocka_unit_test(damaged_bytes_are_noticed)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
