/* test_op_merge.c: one stream in order: which rows may leave, which wait, ties, and random channels against a
** model that keeps all rows in one sorted list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "support/ops_harness.h"
#include "support/random_column.h"

static const PlanNode node = {.kind = PLAN_MERGE};

static void build(Harness *harness) { harness_sink(harness, harness_op(harness, &node), 0); }

static Op *merge(Harness *harness) { return harness->ops.items[0]; }

static void start(Harness *harness, unsigned restore_every) {
  harness_init(harness, build, restore_every);
  harness_start(harness);
}

static void push(Harness *harness, uint32_t channel, const HarnessEvent *events, uint32_t count) {
  Batch *batch = harness_batch(events, count, channel);
  batch->time = column_ref(batch->cols[HARNESS_TIME]);
  batch->channel = channel;
  batch->sorted = true;
  op_push(merge(harness), 0, batch);
  batch_unref(batch);
  harness_step(harness);
}

static void push_one(Harness *harness, uint32_t channel, int64_t id, Ticks time) {
  push(harness, channel, &(HarnessEvent){id, time, time}, 1);
}

static void advance(Harness *harness, uint32_t channel, Ticks w) {
  op_push_time(merge(harness), 0, channel, w);
  harness_step(harness);
}

static void assert_ids(const Harness *harness, const int64_t *ids, uint32_t count) {
  assert_int_equal(harness->rows.len, count);
  for (uint32_t i = 0; i < count; i++) assert_int_equal(harness->rows.items[i].id, ids[i]);
}
#define IDS(harness, ...) \
  assert_ids((harness), (const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

/* ---- single cases ---- */

static void rows_wait_for_the_slowest(void **state) {
  Harness harness;
  start(&harness, 1);
  advance(&harness, 10, TICKS_MIN);
  advance(&harness, 11, TICKS_MIN);
  push(&harness, 10, (HarnessEvent[]){{1, 100, 0}, {2, 200, 0}}, 2);
  advance(&harness, 10, 200);
  assert_int_equal(harness.rows.len, 0);
  assert_true(merge_held_bytes(merge(&harness), 10) > 0);
  assert_int_equal(merge_held_bytes(merge(&harness), 11), 0);
  Lineage oldest = {0};
  merge(&harness)->cls->oldest(merge(&harness), &oldest);
  assert_int_equal(lineage_oldest(&oldest, 10), 1);
  lineage_release(&oldest);
  advance(&harness, 11, 150);
  IDS(&harness, 1);
  push_one(&harness, 11, 3, 160);
  IDS(&harness, 1, 3);
  advance(&harness, 11, TICKS_MAX);
  IDS(&harness, 1, 3, 2);
  assert_int_equal(harness_told(&harness, merge(&harness)->channel), 200);
  advance(&harness, 10, TICKS_MAX);
  assert_int_equal(harness_told(&harness, merge(&harness)->channel), TICKS_MAX);
  assert_int_equal(merge_held_bytes(merge(&harness), 10), 0);
  harness_release(&harness);
}

static void ties_go_by_channel(void **state) {
  Harness harness;
  start(&harness, 1);
  for (uint32_t c = 10; c < 13; c++) advance(&harness, c, TICKS_MIN);
  push_one(&harness, 12, 1, 100);
  push_one(&harness, 10, 2, 100);
  advance(&harness, 12, 100);
  advance(&harness, 10, 100);
  advance(&harness, 11, 100); /* 11 may still bring a row at 100, 10 as well */
  IDS(&harness, 2);
  push_one(&harness, 10, 3, 100);
  IDS(&harness, 2, 3);
  advance(&harness, 10, 101);
  push_one(&harness, 11, 4, 100);
  IDS(&harness, 2, 3, 4);
  advance(&harness, 11, 101);
  IDS(&harness, 2, 3, 4, 1);
  harness_release(&harness);
}

static const Column *seen_text;
static void look(Op *op, uint32_t port, const Batch *batch) { seen_text = batch->cols[HARNESS_TEXT]; }
static void ignore_time(Op *op, uint32_t port, uint32_t channel, Ticks w) {}
static const OpClass looker_class = {.name = "looker", .push = look, .advance = ignore_time};

static void a_single_channel_passes_without_copies(void **state) {
  Harness harness;
  start(&harness, 0);
  Op looker = {.cls = &looker_class, .ctx = &harness.ctx};
  op_connect(merge(&harness), &looker, 0);
  advance(&harness, 10, TICKS_MIN);
  Batch *batch = harness_batch((HarnessEvent[]){{1, 100, 0}, {2, 200, 0}}, 2, 10);
  batch->time = column_ref(batch->cols[HARNESS_TIME]);
  batch->channel = 10;
  batch->sorted = true;
  op_push(merge(&harness), 0, batch);
  assert_int_equal(harness.rows.len, 2);
  assert_ptr_equal(seen_text, batch->cols[HARNESS_TEXT]);
  batch_unref(batch);
  harness_release(&harness);
}

static void output_comes_in_batches_of_the_wanted_size(void **state) {
  Harness harness;
  start(&harness, 0);
  harness.ctx.batch_rows = 3;
  advance(&harness, 10, TICKS_MIN);
  advance(&harness, 11, TICKS_MIN);
  HarnessEvent events[10];
  for (int i = 0; i < 10; i++) events[i] = (HarnessEvent){i, i, 0};
  push(&harness, 10, events, 10);
  advance(&harness, 11, TICKS_MAX);
  assert_int_equal(harness.rows.len, 10);
  assert_int_equal(harness.batches, 4);
  harness_release(&harness);
}

static void constant_times_and_selections_merge(void **state) {
  Harness harness;
  start(&harness, 1);
  advance(&harness, 10, TICKS_MIN);
  advance(&harness, 11, TICKS_MIN);
  Batch *batch = harness_batch((HarnessEvent[]){{1, 70, 0}, {2, 70, 0}, {3, 70, 0}}, 3, 10);
  Value at = value_datetime(70);
  batch->time = column_constant(&at, 3, false);
  batch->channel = 10;
  batch->sorted = true;
  Selection *sel = selection_new(2);
  sel->len = 2;
  memcpy(sel->rows, (uint32_t[]){0, 2}, 2 * sizeof(uint32_t));
  Batch *some = batch_select(batch, sel);
  op_push(merge(&harness), 0, some);
  batch_unref(some);
  batch_unref(batch);
  harness_stop_and_restore(&harness);
  push_one(&harness, 11, 4, 60);
  advance(&harness, 11, 80);
  IDS(&harness, 4, 1, 3);
  harness_release(&harness);
}

/* ---- random channels against a model ---- */

enum { CHANNELS = 5, ROWS = 500, FIRST_CHANNEL = 20 };

typedef struct ModelRow { int64_t id; Ticks time; uint32_t channel; } ModelRow;
typedef struct ModelChannel { Ticks watermark, last; } ModelChannel;
typedef struct MergeModel {
  uint32_t channels;
  ModelChannel clocks[CHANNELS];
  ModelRow rows[ROWS]; /* all that came, by (time, channel), then arrival */
  uint32_t len;
} MergeModel;

static void model_insert(MergeModel *model, ModelRow row) {
  uint32_t at = model->len++;
  for (; at > 0; at--) {
    const ModelRow *before = &model->rows[at - 1];
    if (before->time < row.time || (before->time == row.time && before->channel <= row.channel)) break;
    model->rows[at] = *before;
  }
  model->rows[at] = row;
}

static Ticks floor_of(const ModelChannel *clock) {
  return clock->watermark > clock->last ? clock->watermark : clock->last;
}

/* Whether a channel may still bring a row that belongs in front of this one. */
static bool must_wait(const MergeModel *model, const ModelRow *row) {
  for (uint32_t c = 0; c < model->channels; c++) {
    Ticks next = floor_of(&model->clocks[c]); /* at least */
    if (next < row->time || (next == row->time && c < row->channel)) return true;
  }
  return false;
}

/* Neither a row too many nor one too few, all in order. */
static void compare(Harness *harness, const MergeModel *model) {
  assert_true(harness->rows.len <= model->len);
  for (uint32_t i = 0; i < harness->rows.len; i++) {
    assert_int_equal(harness->rows.items[i].id, model->rows[i].id);
    assert_int_equal(harness->rows.items[i].time, model->rows[i].time);
  }
  for (uint32_t i = 0; i < model->len; i++)
    assert_int_equal(must_wait(model, &model->rows[i]), i >= harness->rows.len);
  Ticks min = TICKS_MAX;
  for (uint32_t c = 0; c < model->channels; c++)
    if (model->clocks[c].watermark < min) min = model->clocks[c].watermark;
  assert_true(harness_told(harness, merge(harness)->channel) >= min);
}

static void random_push(Random *random, Harness *harness, MergeModel *model, uint32_t c, int64_t *id) {
  HarnessEvent events[30];
  uint32_t count = 1 + random_below(random, 30);
  Ticks t = floor_of(&model->clocks[c]) == TICKS_MIN ? 0 : floor_of(&model->clocks[c]);
  for (uint32_t i = 0; i < count; i++) {
    t += random_below(random, 2) ? random_below(random, 3) : 0;
    events[i] = (HarnessEvent){(*id)++, t, t};
    model_insert(model, (ModelRow){events[i].id, t, c});
  }
  model->clocks[c].last = t;
  push(harness, FIRST_CHANNEL + c, events, count);
}

static void run_random(uint64_t seed, unsigned restore_every) {
  static MergeModel model;
  Random random = {seed};
  Harness harness;
  start(&harness, restore_every);
  harness.ctx.batch_rows = 1 + random_below(&random, 50);
  model = (MergeModel){.channels = 1 + random_below(&random, CHANNELS)};
  for (uint32_t c = 0; c < model.channels; c++) {
    model.clocks[c] = (ModelChannel){TICKS_MIN, TICKS_MIN};
    advance(&harness, FIRST_CHANNEL + c, TICKS_MIN);
  }
  int64_t id = 0;
  while (id < ROWS - 30) {
    uint32_t c = random_below(&random, model.channels);
    if (random_below(&random, 3)) random_push(&random, &harness, &model, c, &id);
    compare(&harness, &model);
    ModelChannel *clock = &model.clocks[c];
    clock->watermark = floor_of(clock) == TICKS_MIN ? 1 : floor_of(clock) + random_below(&random, 3);
    advance(&harness, FIRST_CHANNEL + c, clock->watermark);
    compare(&harness, &model);
  }
  for (uint32_t c = 0; c < model.channels; c++) {
    model.clocks[c].watermark = TICKS_MAX;
    advance(&harness, FIRST_CHANNEL + c, TICKS_MAX);
    compare(&harness, &model);
  }
  assert_int_equal(harness.rows.len, id);
  harness_release(&harness);
}

static void agrees_with_the_model(void **state) {
  for (uint64_t seed = 1; seed <= 200; seed++) run_random(seed, 0);
}

static void agrees_when_stopped_and_restored(void **state) {
  for (uint64_t seed = 1; seed <= 40; seed++)
    for (unsigned every = 1; every <= 5; every += 2) run_random(seed, every);
}

/* ---- entrances, a union and a merge: the first input comes in by two branches ---- */

static PlanNode by_timestamp = {.kind = PLAN_ENTRANCE}, union_node = {.kind = PLAN_UNION};
static ExprColumn time_column = {.slot = HARNESS_TIME, .name = {"at", 2}, .types = MASK(TYPE_DATETIME)};

static void build_chain(Harness *harness) {
  Op *first = harness_op(harness, &by_timestamp), *second = harness_op(harness, &by_timestamp);
  Op *merged = harness_op(harness, &union_node), *ordered = harness_op(harness, &node);
  op_connect(first, merged, 0);
  op_connect(first, merged, 1);
  op_connect(second, merged, 2);
  op_connect(merged, ordered, 0);
  harness_sink(harness, ordered, 0);
}

/* Two partitions an input; events up to 20 late in arrival order, half of that tolerated. */
static void feed_chain(Harness *harness, uint64_t seed) {
  Random random = {seed};
  Ticks now[2][2] = {{1000, 1000}, {1000, 1000}};
  for (uint32_t at = 0; at < 4; at++) entrance_channel(harness->ops.items[at / 2], at % 2);
  for (int64_t id = 0; id < ROWS;) {
    uint32_t input = random_below(&random, 2), partition = random_below(&random, 2);
    HarnessEvent events[20];
    uint32_t count = 1 + random_below(&random, 20);
    for (uint32_t i = 0; i < count; i++) {
      Ticks t = now[input][partition] += random_below(&random, 5);
      events[i] = (HarnessEvent){id++, t - (Ticks)random_below(&random, 20), t};
    }
    Batch *batch = harness_batch(events, count, input * 2 + partition);
    Column *arrival = harness_arrivals(events, count);
    entrance_push(harness->ops.items[input], partition, batch, arrival);
    column_unref(arrival);
    batch_unref(batch);
    harness_step(harness);
  }
  for (uint32_t at = 0; at < 4; at++) entrance_finish(harness->ops.items[at / 2], at % 2);
}

static void run_chain(Harness *harness, uint64_t seed, unsigned restore_every) {
  harness_init(harness, build_chain, restore_every);
  harness->ctx.policy = (TimePolicy){.late = -1, .out_of_order = 10};
  harness->ctx.batch_rows = 25;
  harness_start(harness);
  feed_chain(harness, seed);
}

static void a_chain_survives_stops(void **state) {
  Arena arena;
  arena_init(&arena);
  by_timestamp.entrance.timestamp = expr_column(&arena, (Span){0, 0}, &time_column);
  for (uint64_t seed = 1; seed <= 20; seed++) {
    Harness whole, stopped;
    run_chain(&whole, seed, 0);
    run_chain(&stopped, seed, 1 + seed % 4);
    assert_true(whole.rows.len > ROWS); /* the first input twice */
    assert_int_equal(whole.rows.len, stopped.rows.len);
    for (uint32_t i = 0; i < whole.rows.len; i++) {
      assert_int_equal(whole.rows.items[i].id, stopped.rows.items[i].id);
      assert_int_equal(whole.rows.items[i].time, stopped.rows.items[i].time);
    }
    assert_int_equal(whole.clocks.items[0].told, TICKS_MAX);
    harness_release(&whole);
    harness_release(&stopped);
  }
  arena_release(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_wait_for_the_slowest), cmocka_unit_test(ties_go_by_channel),
      cmocka_unit_test(a_single_channel_passes_without_copies),
      cmocka_unit_test(output_comes_in_batches_of_the_wanted_size),
      cmocka_unit_test(constant_times_and_selections_merge), cmocka_unit_test(agrees_with_the_model),
      cmocka_unit_test(agrees_when_stopped_and_restored),
      cmocka_unit_test(a_chain_survives_stops)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
