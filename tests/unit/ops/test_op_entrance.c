/* test_op_entrance.c: timestamps, policies and order at the entrance: the worked example of the semantics, single
** cases, and random events against a model that judges and sorts one event at a time, with and without stops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "io/quarantine.h"
#include "support/ops_harness.h"
#include "support/random_column.h"

#define SECOND TICKS_PER_SECOND
#define MINUTE TICKS_PER_MINUTE

static Arena plans; /* nodes and expressions of all tests */

/* An entrance over the given column, or by arrival for UINT32_MAX. */
static PlanNode *entrance_node(uint32_t slot) {
  PlanNode *node = ARENA_NEW(&plans, PlanNode);
  node->kind = PLAN_ENTRANCE;
  if (slot == UINT32_MAX) return node;
  ExprColumn *column = ARENA_NEW(&plans, ExprColumn);
  *column = (ExprColumn){.slot = slot, .name = STR("at"), .types = MASK_TIME};
  node->entrance.timestamp = expr_column(&plans, (Span){0, 0}, column);
  return node;
}

static PlanNode *node; /* of the test that runs */

static void build(Harness *harness) { harness_sink(harness, harness_op(harness, node), 0); }

static Op *entrance(Harness *harness) { return harness->ops.items[0]; }

static void start(Harness *harness, uint32_t slot, TimePolicy policy, unsigned restore_every) {
  node = entrance_node(slot);
  harness_init(harness, build, restore_every);
  harness->ctx.policy = policy;
  harness_start(harness);
}

static void push(Harness *harness, uint32_t partition, const HarnessEvent *events, uint32_t count, bool arrivals) {
  Batch *batch = harness_batch(events, count, partition);
  Column *arrival = arrivals ? harness_arrivals(events, count) : NULL;
  entrance_push(entrance(harness), partition, batch, arrival);
  column_unref(arrival);
  batch_unref(batch);
  harness_step(harness);
}

static void push_one(Harness *harness, int64_t id, Ticks time, Ticks arrival) {
  push(harness, 0, &(HarnessEvent){id, time, arrival}, 1, arrival != TICKS_MIN);
}

static void assert_row(const Harness *harness, uint32_t i, int64_t id, Ticks time) {
  assert_true(i < harness->rows.len);
  assert_int_equal(harness->rows.items[i].id, id);
  assert_int_equal(harness->rows.items[i].time, time);
}

/* ---- the worked example ---- */

static Ticks clock_time(unsigned hhmm) {
  return 2000 * TICKS_PER_DAY + hhmm / 100 * 60 * MINUTE + hhmm % 100 * MINUTE;
}

typedef struct Example { unsigned event, arrival, result, watermark; } Example; /* result 0: dropped */

static const Example examples[] = {
  {1207, 1207, 1207, 1205}, {1208, 1208, 1208, 1206}, {1217, 1211, 0, 1206},    {1208, 1213, 1208, 1206},
  {1219, 1216, 1219, 1217}, {1212, 1217, 1217, 1217}, {1217, 1218, 1217, 1217}, {1220, 1219, 1220, 1218},
  {1216, 1221, 1218, 1218}, {1223, 1222, 1223, 1221}, {1222, 1224, 1222, 1221}, {1221, 1227, 1222, 1221},
};
enum { EXAMPLES = sizeof examples / sizeof examples[0] };

static const TimePolicy example_policy = {.late = 5 * MINUTE, .out_of_order = 2 * MINUTE};

static void follows_the_worked_example(void **state) {
  for (unsigned restore = 0; restore < 3; restore++) {
    Harness harness;
    start(&harness, HARNESS_TIME, example_policy, restore);
    for (int i = 0; i < EXAMPLES; i++) {
      push_one(&harness, i, clock_time(examples[i].event), clock_time(examples[i].arrival));
      assert_int_equal(entrance_watermark(entrance(&harness)), clock_time(examples[i].watermark));
    }
    entrance_finish(entrance(&harness), 0);
    assert_int_equal(harness.rows.len, EXAMPLES - 1);
    for (uint32_t i = 0; i < harness.rows.len; i++)
      assert_int_equal(harness.rows.items[i].time, clock_time(examples[harness.rows.items[i].id].result));
    assert_int_equal(harness.counts.early, 1);
    assert_int_equal(harness.counts.late, 1);
    assert_int_equal(harness.counts.out_of_order, 2);
    assert_int_equal(harness.counts.dropped, 1);
    assert_int_equal(harness.counts.adjusted, 3);
    assert_int_equal(harness.counts.largest_shift, 5 * MINUTE);
    assert_int_equal(harness.drops.items[0].id, 2);
    assert_string_equal(harness.reason, "early: up to 6m ahead of the arrival, more than the limit of 5m");
    harness_release(&harness);
  }
}

/* ---- single cases ---- */

static const TimePolicy strict = {.late = 5 * SECOND};

/* The sink sees the very batch's columns: nothing is copied. */
static const Column *seen_text;
static void look(Op *op, uint32_t port, const Batch *batch) { seen_text = batch->cols[HARNESS_TEXT]; }
static void ignore_time(Op *op, uint32_t port, uint32_t channel, Ticks w) {}
static const OpClass looker_class = {.name = "looker", .push = look, .advance = ignore_time};

static void clean_batches_pass_untouched(void **state) {
  Harness harness;
  start(&harness, HARNESS_TIME, strict, 0);
  Op looker = {.cls = &looker_class, .ctx = &harness.ctx};
  op_connect(entrance(&harness), &looker, 0);
  HarnessEvent events[] = {{1, 100, 100}, {2, 100, 100}, {3, 250, 260}};
  Batch *batch = harness_batch(events, 3, 0);
  Column *arrival = harness_arrivals(events, 3);
  entrance_push(entrance(&harness), 0, batch, arrival);
  assert_ptr_equal(seen_text, batch->cols[HARNESS_TEXT]);
  assert_int_equal(harness_told(&harness, entrance_channel(entrance(&harness), 0)), 250);
  column_unref(arrival);
  batch_unref(batch);
  harness_release(&harness);
}

static void disorder_without_tolerance_is_adjusted_in_place(void **state) {
  Harness harness;
  start(&harness, HARNESS_TIME, (TimePolicy){.late = -1}, 0);
  HarnessEvent events[] = {{1, 500, 500}, {2, 300, 500}, {3, 600, 600}};
  push(&harness, 0, events, 3, true);
  assert_row(&harness, 0, 1, 500);
  assert_row(&harness, 1, 2, 500);
  assert_row(&harness, 2, 3, 600);
  assert_int_equal(harness.counts.out_of_order, 1);
  assert_int_equal(harness.counts.largest_shift, 200);
  assert_int_equal(harness.counts.dropped, 0);
  harness_release(&harness);
}

static void disorder_may_be_dropped(void **state) {
  Harness harness;
  start(&harness, HARNESS_TIME, (TimePolicy){.late = -1, .drop = true}, 0);
  HarnessEvent events[] = {{1, 500 * SECOND, 500 * SECOND}, {2, 470 * SECOND, 500 * SECOND},
                           {3, 600 * SECOND, 600 * SECOND}};
  push(&harness, 0, events, 3, true);
  assert_int_equal(harness.rows.len, 2);
  assert_row(&harness, 1, 3, 600 * SECOND);
  assert_int_equal(harness.counts.dropped, 1);
  assert_int_equal(harness.drops.items[0].kind, DROP_OUT_OF_ORDER);
  assert_string_equal(harness.reason, "out of order: up to 30s below the watermark, which trails the newest event "
                                      "by the tolerance of 0s");
  harness_release(&harness);
}

static void late_events_may_be_dropped(void **state) {
  Harness harness;
  start(&harness, HARNESS_TIME, (TimePolicy){.late = 5 * SECOND, .drop = true}, 0);
  HarnessEvent events[] = {{1, 100 * SECOND, 106 * SECOND}, {2, 102 * SECOND, 107 * SECOND}};
  push(&harness, 0, events, 2, true);
  assert_int_equal(harness.rows.len, 1);
  assert_row(&harness, 0, 2, 102 * SECOND); /* equal to the tolerance is in time */
  assert_int_equal(harness.counts.late, 1);
  assert_int_equal(harness.drops.items[0].kind, DROP_LATE);
  assert_string_equal(harness.reason, "late: up to 6s behind the arrival, more than the tolerance of 5s");
  harness_release(&harness);
}

static void rows_at_the_watermark_go_out(void **state) {
  Harness harness;
  start(&harness, HARNESS_TIME, (TimePolicy){.late = -1, .out_of_order = 10}, 0);
  HarnessEvent events[] = {{1, 100, 100}, {2, 110, 100}, {3, 105, 100}, {4, 100, 100}};
  push(&harness, 0, events, 4, true);
  assert_int_equal(harness.rows.len, 2);
  assert_row(&harness, 0, 1, 100);
  assert_row(&harness, 1, 4, 100);
  Lineage oldest = {0};
  entrance(&harness)->cls->oldest(entrance(&harness), &oldest);
  assert_int_equal(lineage_oldest(&oldest, 0), 2);
  lineage_release(&oldest);
  push_one(&harness, 5, 115, 100);
  assert_row(&harness, 2, 3, 105);
  entrance_finish(entrance(&harness), 0);
  assert_row(&harness, 3, 2, 110);
  assert_row(&harness, 4, 5, 115);
  assert_int_equal(harness_told(&harness, entrance_channel(entrance(&harness), 0)), TICKS_MAX);
  harness_release(&harness);
}

static void arrivals_never_step_back(void **state) {
  Harness harness;
  start(&harness, HARNESS_TIME, strict, 0);
  HarnessEvent events[] = {{1, 100 * SECOND, 100 * SECOND}, {2, 101 * SECOND, 110 * SECOND},
                           {3, 107 * SECOND, 90 * SECOND}, {4, 108 * SECOND, TICKS_MIN}};
  push(&harness, 0, events, 4, true);
  assert_row(&harness, 1, 2, 105 * SECOND); /* late */
  assert_row(&harness, 2, 3, 107 * SECOND); /* its arrival counts as 110 */
  assert_row(&harness, 3, 4, 108 * SECOND);
  assert_int_equal(harness.counts.late, 1);
  assert_int_equal(harness.counts.early, 0);
  harness_release(&harness);
}

static void without_arrival_events_are_neither_early_nor_late(void **state) {
  Harness harness;
  start(&harness, HARNESS_TIME, strict, 0);
  HarnessEvent events[] = {{1, 100 * SECOND, 0}, {2, 9000 * SECOND, 0}, {3, 8000 * SECOND, 0}};
  push(&harness, 0, events, 3, false);
  assert_row(&harness, 2, 3, 9000 * SECOND);
  assert_int_equal(harness.counts.early + harness.counts.late, 0);
  assert_int_equal(harness.counts.out_of_order, 1);
  harness_release(&harness);
}

static void arrival_time_without_timestamp_by(void **state) {
  Harness harness;
  start(&harness, UINT32_MAX, strict, 1);
  HarnessEvent first[] = {{1, 0, TICKS_MIN}, {2, 0, 50}, {3, 0, 40}};
  push(&harness, 0, first, 3, true);
  push_one(&harness, 4, 0, 45);
  push_one(&harness, 5, 0, 60);
  assert_int_equal(harness.rows.len, 4);
  assert_row(&harness, 0, 2, 50);
  assert_row(&harness, 1, 3, 50);
  assert_row(&harness, 2, 4, 50);
  assert_row(&harness, 3, 5, 60);
  assert_int_equal(harness.counts.invalid_timestamp, 1);
  assert_string_equal(harness.reason, "the event has no arrival time");
  assert_int_equal(harness.counts.out_of_order, 0);
  harness_release(&harness);
}

static void idle_partitions_move_time(void **state) {
  Harness harness;
  start(&harness, HARNESS_TIME, (TimePolicy){.late = -1, .out_of_order = 50}, 1);
  HarnessEvent events[] = {{1, 100, 100}, {2, 120, 120}};
  push(&harness, 0, events, 2, true);
  assert_int_equal(harness.rows.len, 0);
  entrance_idle(entrance(&harness), 0, 110);
  assert_int_equal(harness.rows.len, 1);
  entrance_idle(entrance(&harness), 0, 90); /* never back */
  assert_int_equal(entrance_watermark(entrance(&harness)), 110);
  push_one(&harness, 3, 105, 130);
  assert_row(&harness, 1, 3, 110);
  harness_release(&harness);
}

static void a_new_partition_starts_at_the_merged_watermark(void **state) {
  Harness harness;
  start(&harness, HARNESS_TIME, strict, 1);
  assert_int_equal(entrance_watermark(entrance(&harness)), TICKS_MIN);
  entrance_channel(entrance(&harness), 0);
  entrance_channel(entrance(&harness), 1);
  push(&harness, 0, &(HarnessEvent){1, 100, 100}, 1, true);
  assert_int_equal(entrance_watermark(entrance(&harness)), TICKS_MIN); /* partition 1 is silent */
  push(&harness, 1, &(HarnessEvent){2, 80, 80}, 1, true);
  uint32_t channel = entrance_channel(entrance(&harness), 2);
  assert_int_equal(harness_told(&harness, channel), 80);
  push(&harness, 2, &(HarnessEvent){3, 70, 70}, 1, true);
  assert_row(&harness, 2, 3, 80);
  entrance_finish(entrance(&harness), 1);
  entrance_finish(entrance(&harness), 2);
  assert_int_equal(entrance_watermark(entrance(&harness)), 100);
  harness_release(&harness);
}

static void far_times_do_not_overflow(void **state) {
  Harness harness;
  start(&harness, HARNESS_TIME, (TimePolicy){.late = INT64_MAX, .out_of_order = INT64_MAX}, 1);
  HarnessEvent events[] = {{1, TICKS_LAST, TICKS_LAST}, {2, 0, TICKS_LAST}, {3, TICKS_LAST, 0}};
  push(&harness, 0, events, 3, true);
  entrance_finish(entrance(&harness), 0);
  assert_row(&harness, 0, 2, 0);
  assert_row(&harness, 2, 3, TICKS_LAST);
  harness_release(&harness);
}

/* ---- bad timestamps ---- */

static Column *texts(const char *const *values, uint32_t count) {
  Column *col = column_new(COL_TEXT, count);
  for (uint32_t i = 0; i < count; i++) {
    if (values[i]) column_text(col)[i] = column_copy_text(col, str_from(values[i]));
    else column_set_null(col, i);
  }
  return col;
}

static void bad_timestamps_are_dropped(void **state) {
  Harness harness;
  start(&harness, HARNESS_TIME_TEXT, strict, 0);
  static const char *const values[] = {"2026-01-01", NULL, "2026-01-01T00:00:00Z ", "noon", "2026-01-01T00:00:01"};
  HarnessEvent events[5] = {{1, 0, 0}, {2, 0, 0}, {3, 0, 0}, {4, 0, 0}, {5, 0, 0}};
  Batch *batch = harness_batch(events, 5, 0);
  column_unref(batch->cols[HARNESS_TIME_TEXT]);
  batch->cols[HARNESS_TIME_TEXT] = texts(values, 5);
  entrance_channel(entrance(&harness), 0);
  entrance_channel(entrance(&harness), 1);
  for (int mixed = 0; mixed < 2; mixed++) { /* the row path must agree */
    entrance_push(entrance(&harness), (uint32_t)mixed, batch, NULL);
    Column *same = column_to_mixed(batch->cols[HARNESS_TIME_TEXT]);
    column_unref(batch->cols[HARNESS_TIME_TEXT]);
    batch->cols[HARNESS_TIME_TEXT] = same;
  }
  assert_int_equal(harness.rows.len, 6);
  for (uint32_t i = 0; i < 3; i++) {
    assert_int_equal(harness.rows.items[i].id, 2 * i + 1);
    assert_int_equal(harness.rows.items[i + 3].id, 2 * i + 1);
    assert_int_equal(harness.rows.items[i + 3].time, harness.rows.items[i].time);
  }
  assert_int_equal(harness.counts.invalid_timestamp, 4);
  assert_int_equal(harness.drops.items[0].kind, DROP_INVALID_TIMESTAMP);
  assert_string_equal(harness.reason, "the timestamp `noon` is not a datetime");
  batch_unref(batch);
  harness_release(&harness);
}

static void reasons_show_the_beginning_of_long_texts(void **state) {
  Harness harness;
  start(&harness, HARNESS_TEXT, strict, 0);
  HarnessEvent event = {1, 0, 0};
  Batch *batch = harness_batch(&event, 1, 0);
  StrBuf longest = {0}, wanted = {0};
  for (int i = 0; i < 50; i++) strbuf_puts(&longest, "a\xc3\xa4");
  column_unref(batch->cols[HARNESS_TEXT]);
  batch->cols[HARNESS_TEXT] = texts((const char *const[]){longest.ptr}, 1);
  entrance_push(entrance(&harness), 0, batch, NULL);
  strbuf_printf(&wanted, "the timestamp `%.64s...` is not a datetime", longest.ptr); /* 64: after an "a" */
  assert_string_equal(harness.reason, wanted.ptr);
  strbuf_release(&longest);
  strbuf_release(&wanted);
  batch_unref(batch);
  harness_release(&harness);
}

static void other_types_are_no_timestamps(void **state) {
  Harness harness;
  start(&harness, HARNESS_ID, strict, 0);
  push(&harness, 0, &(HarnessEvent){1, 5, 5}, 1, true);
  assert_int_equal(harness.rows.len, 0);
  assert_string_equal(harness.reason, "the timestamp is a bigint, not a datetime");
  harness_release(&harness);
}

static void a_selection_is_kept(void **state) {
  Harness harness;
  start(&harness, HARNESS_TIME, strict, 0);
  HarnessEvent events[] = {{1, 900, 900}, {2, 100, 100}, {3, 100, 100}, {4, 90, 100}, {5, 101, 100}};
  Batch *all = harness_batch(events, 5, 0);
  Selection *sel = selection_new(3);
  sel->len = 3;
  memcpy(sel->rows, (uint32_t[]){1, 3, 4}, 3 * sizeof(uint32_t));
  Batch *some = batch_select(all, sel);
  entrance_push(entrance(&harness), 0, some, NULL);
  assert_int_equal(harness.rows.len, 3);
  assert_row(&harness, 0, 2, 100);
  assert_row(&harness, 1, 4, 100);
  assert_row(&harness, 2, 5, 101);
  batch_unref(some);
  batch_unref(all);
  harness_release(&harness);
}

static void drop_kinds_are_those_of_the_quarantine(void **state) {
  assert_int_equal(DROP_INVALID_TIMESTAMP, QUARANTINE_INVALID_TIMESTAMP);
  assert_int_equal(DROP_EARLY, QUARANTINE_EARLY);
  assert_int_equal(DROP_LATE, QUARANTINE_LATE);
  assert_int_equal(DROP_OUT_OF_ORDER, QUARANTINE_OUT_OF_ORDER);
}

/* ---- random events against a model ---- */

enum { PARTITIONS = 3, EVENTS = 400 };

typedef struct ModelRow { int64_t id; Ticks time; } ModelRow;
typedef struct ModelPartition { /* one event at a time, straight from the rules */
  Ticks arrival, watermark;
  bool  finished;
  ModelRow rows[EVENTS]; /* kept, sorted by time, ties by arrival */
  uint32_t len, out;     /* rows that have left */
} ModelPartition;
typedef struct EntranceModel {
  TimePolicy policy;
  ModelPartition partitions[PARTITIONS];
  uint64_t early, late, out_of_order, dropped, adjusted;
  Ticks shift;
} EntranceModel;

static void model_insert(ModelPartition *p, int64_t id, Ticks t) {
  uint32_t at = p->len++;
  while (at > 0 && p->rows[at - 1].time > t) {
    p->rows[at] = p->rows[at - 1];
    at--;
  }
  p->rows[at] = (ModelRow){id, t};
}

static void model_event(EntranceModel *model, ModelPartition *p, const HarnessEvent *event, bool arrivals) {
  Ticks t = event->time;
  if (arrivals) {
    if (event->arrival > p->arrival) p->arrival = event->arrival;
    Ticks arrival = p->arrival == TICKS_MIN ? t : p->arrival;
    if (t > arrival + 5 * MINUTE) {
      model->early++;
      model->dropped++;
      return;
    }
    if (model->policy.late >= 0 && t < arrival - model->policy.late) {
      model->late++;
      if (model->policy.drop) {
        model->dropped++;
        return;
      }
      t = arrival - model->policy.late;
    }
  }
  if (t < p->watermark) {
    model->out_of_order++;
    if (model->policy.drop) {
      model->dropped++;
      return;
    }
    t = p->watermark;
  }
  if (t != event->time) {
    model->adjusted++;
    if (t - event->time > model->shift) model->shift = t - event->time;
  }
  if (t - model->policy.out_of_order > p->watermark) p->watermark = t - model->policy.out_of_order;
  model_insert(p, event->id, t);
}

/* What the sink has of each partition is the model's rows up to its watermark. */
static void compare(Harness *harness, const uint32_t *channels, EntranceModel *model, uint32_t *seen) {
  for (; *seen < harness->rows.len; ++*seen) {
    const HarnessRow *row = &harness->rows.items[*seen];
    uint32_t at = 0;
    while (channels[at] != row->channel) at++;
    ModelPartition *p = &model->partitions[at];
    assert_true(p->out < p->len);
    assert_int_equal(row->id, p->rows[p->out].id);
    assert_int_equal(row->time, p->rows[p->out].time);
    p->out++;
  }
  for (uint32_t at = 0; at < PARTITIONS; at++) {
    const ModelPartition *p = &model->partitions[at];
    Ticks w = p->finished ? TICKS_MAX : p->watermark;
    assert_int_equal(harness_told(harness, channels[at]), w);
    if (p->out > 0) assert_true(p->rows[p->out - 1].time <= w);
    if (p->out < p->len) assert_true(p->rows[p->out].time > w);
  }
}

static void random_batch(Random *random, Ticks *now, int64_t *id, HarnessEvent *events, uint32_t count, Ticks jitter) {
  for (uint32_t i = 0; i < count; i++) {
    *now += random_below(random, 3) ? random_below(random, 4) * SECOND / 2 : 0;
    Ticks delay = (Ticks)(random_u64(random) % (uint64_t)(jitter + 1));
    if (random_below(random, 30) == 0) delay = -(Ticks)random_below(random, 10) * MINUTE;
    if (random_below(random, 30) == 0) delay = (Ticks)random_below(random, 20) * MINUTE;
    events[i] = (HarnessEvent){(*id)++, *now - delay, *now};
    if (random_below(random, 20) == 0) events[i].arrival = TICKS_MIN;
  }
}

static void run_random(uint64_t seed, unsigned restore_every) {
  Random random = {seed};
  static EntranceModel model;
  model = (EntranceModel){.policy = {.late = random_below(&random, 4) ? random_below(&random, 10) * SECOND : -1,
                                     .out_of_order = random_below(&random, 3) ? random_below(&random, 8) * SECOND : 0,
                                     .drop = random_below(&random, 3) == 0}};
  Harness harness;
  uint32_t channels[PARTITIONS], seen = 0;
  bool arrivals = random_below(&random, 4) != 0;
  start(&harness, random_below(&random, 2) ? HARNESS_TIME : HARNESS_TIME_TEXT, model.policy, restore_every);
  harness.ctx.batch_rows = 1 + random_below(&random, 40);
  for (uint32_t p = 0; p < PARTITIONS; p++) {
    channels[p] = entrance_channel(entrance(&harness), p);
    model.partitions[p] = (ModelPartition){.arrival = TICKS_MIN, .watermark = TICKS_MIN};
  }
  Ticks now[PARTITIONS] = {clock_time(1000), clock_time(1000), clock_time(1005)};
  Ticks jitter = random_below(&random, 3) ? random_below(&random, 12) * SECOND : 0;
  int64_t id = 0;
  while (id < EVENTS - 40) {
    uint32_t p = random_below(&random, PARTITIONS), count = 1 + random_below(&random, 30);
    HarnessEvent events[40];
    random_batch(&random, &now[p], &id, events, count, jitter);
    for (uint32_t i = 0; i < count; i++) model_event(&model, &model.partitions[p], &events[i], arrivals);
    push(&harness, p, events, count, arrivals);
    compare(&harness, channels, &model, &seen);
    if (random_below(&random, 15) == 0) {
      Ticks floor = now[p] - random_below(&random, 20) * SECOND;
      if (floor > model.partitions[p].watermark) model.partitions[p].watermark = floor;
      entrance_idle(entrance(&harness), p, floor);
      compare(&harness, channels, &model, &seen);
    }
  }
  for (uint32_t p = 0; p < PARTITIONS; p++) {
    entrance_finish(entrance(&harness), p);
    model.partitions[p].finished = true;
  }
  compare(&harness, channels, &model, &seen);
  assert_int_equal(harness.counts.early, model.early);
  assert_int_equal(harness.counts.late, model.late);
  assert_int_equal(harness.counts.out_of_order, model.out_of_order);
  assert_int_equal(harness.counts.dropped, model.dropped);
  assert_int_equal(harness.counts.adjusted, model.adjusted);
  assert_int_equal(harness.counts.largest_shift, model.shift);
  assert_int_equal(harness.drops.len, model.dropped);
  harness_release(&harness);
}

static void agrees_with_the_model(void **state) {
  for (uint64_t seed = 1; seed <= 300; seed++) run_random(seed, 0);
}

static void agrees_when_stopped_and_restored(void **state) {
  for (uint64_t seed = 1; seed <= 60; seed++)
    for (unsigned every = 1; every <= 5; every += 2) run_random(seed, every);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(follows_the_worked_example), cmocka_unit_test(clean_batches_pass_untouched),
      cmocka_unit_test(disorder_without_tolerance_is_adjusted_in_place), cmocka_unit_test(disorder_may_be_dropped),
      cmocka_unit_test(late_events_may_be_dropped), cmocka_unit_test(rows_at_the_watermark_go_out),
      cmocka_unit_test(arrivals_never_step_back),
      cmocka_unit_test(without_arrival_events_are_neither_early_nor_late),
      cmocka_unit_test(arrival_time_without_timestamp_by), cmocka_unit_test(idle_partitions_move_time),
      cmocka_unit_test(a_new_partition_starts_at_the_merged_watermark), cmocka_unit_test(far_times_do_not_overflow),
      cmocka_unit_test(bad_timestamps_are_dropped), cmocka_unit_test(reasons_show_the_beginning_of_long_texts),
      cmocka_unit_test(other_types_are_no_timestamps), cmocka_unit_test(a_selection_is_kept),
      cmocka_unit_test(drop_kinds_are_those_of_the_quarantine), cmocka_unit_test(agrees_with_the_model),
      cmocka_unit_test(agrees_when_stopped_and_restored)};
  arena_init(&plans);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  arena_release(&plans);
  return failed;
}
