/* test_op_join_stream.c: joins of streams against an obvious model: nested loops over all events, asked after every
** step what must have come out by then. Random bounds, keys of several types, NULLs, disorder within what the
** watermarks allow, INNER and LEFT, stopped and restored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "functions/operators.h"
#include "state/state_memory.h"
#include "support/ops_harness.h"
#include "support/random_column.h"

enum { ID, KEY, NOTE, TIME, SIDE_COLUMNS }; /* of each side; TIME is the timestamp again */
enum { LEFT, RIGHT };
enum { CHANNELS = 3, EVENTS = 160, EVENTS_MOST = 4000, BATCH = 12, BATCH_MOST = 400 };

typedef struct Event {
  int64_t id;
  Value   key;
  Ticks   time;
} Event;

typedef struct Result { int64_t left, right; Ticks time; } Result; /* right -1: none */

typedef struct Side {
  Event    events[EVENTS_MOST];
  uint32_t len;
  uint32_t channels;
  Ticks    watermarks[CHANNELS];
} Side;

typedef struct Fixture {
  Harness   harness;
  Arena     arena;
  Op        collector;
  PlanNode  left, right, node;
  PlanNode *inputs[2];
  ExprColumn columns[2 * SIDE_COLUMNS], own[SIDE_COLUMNS]; /* own: of the right side alone */
  LeafColumn time;
  JoinBound bounds[2];
  Expr     *left_key, *right_key;
  bool      needed[2 * SIDE_COLUMNS];
  uint32_t  bounds_len;
  Ticks     reach;
  bool      keyed, choosy, outer;
  uint32_t  events, batch, keys; /* of random streams: a side, at most in a batch, that differ */
  Vec(Result) results;
  Ticks     told, last;
  uint32_t  channel;
  bool      announced;
  Side      sides[2];
} Fixture;

static Fixture *current; /* for build */

/* ---- what comes out --------------------------------------------------------------------------- */

static Str note_of(int64_t id, char text[64]) {
  snprintf(text, 64, "a note of the event with number %lld", (long long)id);
  return str_from(text);
}

static void check_note(const Batch *batch, uint32_t col, uint32_t row, int64_t id) {
  char text[64];
  Value value = column_get(batch->cols[col], row);
  assert_true(str_eq(text_str(&value.text), note_of(id, text)));
}

static void collect(Op *op, uint32_t port, const Batch *batch) {
  Fixture *f = current;
  batch_verify(batch);
  assert_true(f->announced && batch->sorted && batch->channel == f->channel);
  SELECTION_EACH(batch->sel, batch->rows, i) {
    Value left = column_get(batch->cols[ID], i), right = column_get(batch->cols[SIDE_COLUMNS + ID], i);
    Result result = {left.i, right.type == TYPE_NULL ? -1 : right.i, column_get(batch->time, i).i};
    assert_true(result.time >= f->told && result.time >= f->last);
    f->last = result.time;
    check_note(batch, NOTE, i, left.i);
    if (result.right >= 0) check_note(batch, SIDE_COLUMNS + NOTE, i, right.i);
    vec_push(&f->results, result);
  }
}

static void collect_time(Op *op, uint32_t port, uint32_t channel, Ticks w) {
  Fixture *f = current;
  assert_true(!f->announced || (channel == f->channel && w > f->told));
  f->channel = channel;
  f->announced = true;
  f->told = w;
}

static const OpClass collector_class = {.name = "collector", .push = collect, .advance = collect_time};

/* ---- the operator ----------------------------------------------------------------------------- */

static void build(Harness *harness) { op_connect(harness_op(harness, &current->node), &current->collector, 0); }

static Op *the_join(Fixture *f) { return f->harness.ops.items[0]; }

static Expr *call(Fixture *f, const char *sign, Expr *a, Expr *b) {
  Status status;
  Error err;
  return expr_call(&f->arena, (Span){0, 0}, scalar_operator_find(sign), (Expr *[]){a, b}, 2, TYPE_NULL, 12, &status,
                   &err);
}

static Expr *column(Fixture *f, uint32_t slot) { return expr_column(&f->arena, (Span){0, 0}, &f->columns[slot]); }

static Expr *number(Fixture *f, int64_t n) {
  Value value = value_bigint(n);
  return expr_const(&f->arena, (Span){0, 0}, &value);
}

/* id % 3 of the two sides differs */
static Expr *choosy_condition(Fixture *f) {
  return call(f, OP_NE, call(f, OP_MOD, column(f, ID), number(f, 3)),
              call(f, OP_MOD, column(f, SIDE_COLUMNS + ID), number(f, 3)));
}

static void make_plan(Fixture *f) {
  static const TypeMask types[] = {MASK(TYPE_BIGINT), MASK_ANY, MASK(TYPE_TEXT), MASK(TYPE_DATETIME)};
  for (uint32_t i = 0; i < 2 * SIDE_COLUMNS; i++) {
    f->columns[i] = (ExprColumn){.slot = i, .name = STR("c"), .types = types[i % SIDE_COLUMNS]};
    f->needed[i] = i % SIDE_COLUMNS == ID || i % SIDE_COLUMNS == NOTE;
  }
  f->own[KEY] = (ExprColumn){.slot = KEY, .name = STR("k"), .types = MASK_ANY};
  f->time.expr = f->columns[TIME];
  f->left = f->right = (PlanNode){.kind = PLAN_ENTRANCE, .cols_len = SIDE_COLUMNS};
  f->inputs[0] = &f->left;
  f->inputs[1] = &f->right;
  f->left_key = column(f, KEY);
  f->right_key = expr_column(&f->arena, (Span){0, 0}, &f->own[KEY]);
  Expr *equal = f->keyed ? call(f, OP_EQ, column(f, KEY), column(f, SIDE_COLUMNS + KEY)) : NULL;
  Expr *both[] = {equal, f->choosy ? choosy_condition(f) : NULL};
  Expr *residual = both[0] && both[1] ? expr_simple(&f->arena, EXPR_AND, (Span){0, 0}, both, 2)
                   : both[0]          ? both[0]
                                      : both[1];
  f->node = (PlanNode){.kind = PLAN_JOIN_STREAM, .inputs = f->inputs, .inputs_len = 2, .cols_len = 2 * SIDE_COLUMNS,
                       .join = {.left_outer = f->outer, .reach = f->reach, .left_keys = &f->left_key,
                                .right_keys = &f->right_key, .keys_len = f->keyed,
                                .residual = residual, .bounds = f->bounds, .bounds_len = f->bounds_len,
                                .needed = f->needed}};
}

static void start(Fixture *f, unsigned restore_every) {
  current = f;
  arena_init(&f->arena);
  make_plan(f);
  f->told = f->last = TICKS_MIN;
  harness_init(&f->harness, build, restore_every);
  f->collector = (Op){.cls = &collector_class, .ctx = &f->harness.ctx};
  harness_start(&f->harness);
}

static void stop(Fixture *f) {
  harness_release(&f->harness);
  vec_release(&f->results);
  arena_release(&f->arena);
}

static void bound(Fixture *f, Ticks unit, int64_t low, int64_t high) {
  JoinBound *to = &f->bounds[f->bounds_len++];
  *to = (JoinBound){.left = &f->time, .unit = unit, .has_low = true, .has_high = true, .low = low, .high = high};
  Ticks reach = (high - low + 2) * unit;
  if (f->reach == 0 || reach < f->reach) f->reach = reach;
}

/* ---- what goes in ----------------------------------------------------------------------------- */

static Batch *batch_of(const Event *events, uint32_t count, uint32_t origin) {
  Batch *batch = batch_new(count, SIDE_COLUMNS);
  ColumnBuilder keys;
  char text[64];
  column_builder_init(&keys, count, true);
  batch->cols[ID] = column_new(COL_BIGINT, count);
  batch->cols[NOTE] = column_new(COL_TEXT, count);
  batch->time = column_new(COL_DATETIME, count);
  batch->sorted = true;
  for (uint32_t i = 0; i < count; i++) {
    column_i64(batch->cols[ID])[i] = events[i].id;
    if (events[i].key.type != TYPE_NULL) column_builder_put(&keys, i, &events[i].key);
    column_text(batch->cols[NOTE])[i] = column_copy_text(batch->cols[NOTE], note_of(events[i].id, text));
    column_i64(batch->time)[i] = events[i].time;
    batch->sorted &= i == 0 || events[i - 1].time <= events[i].time;
    lineage_add(&batch->lineage, origin, events[i].id);
  }
  batch->cols[KEY] = column_builder_finish(&keys);
  batch->cols[TIME] = column_ref(batch->time);
  return batch;
}

static void push(Fixture *f, unsigned port, uint32_t channel, const Event *events, uint32_t count) {
  Side *side = &f->sides[port];
  assert_true(side->len + count <= EVENTS_MOST);
  memcpy(side->events + side->len, events, count * sizeof *events);
  side->len += count;
  Batch *batch = batch_of(events, count, port);
  batch->channel = 100 * (port + 1) + channel;
  op_push(the_join(f), port, batch);
  batch_unref(batch);
  harness_step(&f->harness);
}

static void push_one(Fixture *f, unsigned port, int64_t id, int64_t key, Ticks time) {
  push(f, port, 0, &(Event){id, value_bigint(key), time}, 1);
}

static void advance(Fixture *f, unsigned port, uint32_t channel, Ticks w) {
  f->sides[port].watermarks[channel] = w;
  op_push_time(the_join(f), port, 100 * (port + 1) + channel, w);
  harness_step(&f->harness);
}

static void announce(Fixture *f) {
  for (unsigned port = LEFT; port <= RIGHT; port++) {
    if (f->sides[port].channels == 0) f->sides[port].channels = 1;
    for (uint32_t c = 0; c < f->sides[port].channels; c++) advance(f, port, c, TICKS_MIN);
  }
}

/* ---- the model -------------------------------------------------------------------------------- */

static Ticks watermark(const Side *side) {
  Ticks min = TICKS_MAX;
  for (uint32_t c = 0; c < side->channels; c++)
    if (side->watermarks[c] < min) min = side->watermarks[c];
  return min;
}

static bool keys_equal(const Value *a, const Value *b) {
  if (a->type == TYPE_NULL || b->type == TYPE_NULL) return false;
  Ticks left, right;
  bool times = (a->type == TYPE_DATETIME && b->type == TYPE_TEXT) || (a->type == TYPE_TEXT && b->type == TYPE_DATETIME);
  if (times) {
    const Value *text = a->type == TYPE_TEXT ? a : b, *time = a->type == TYPE_TEXT ? b : a;
    left = time->i;
    return datetime_parse(text_ptr(&text->text), text->text.len, &right) && left == right;
  }
  double x = a->type == TYPE_FLOAT ? a->f : (double)a->i, y = b->type == TYPE_FLOAT ? b->f : (double)b->i;
  bool numbers = (a->type == TYPE_BIT || a->type == TYPE_BIGINT || a->type == TYPE_FLOAT) &&
                 (b->type == TYPE_BIT || b->type == TYPE_BIGINT || b->type == TYPE_FLOAT);
  if (numbers) return x == y;
  return a->type == b->type && (a->type == TYPE_TEXT ? text_eq(&a->text, &b->text) : a->i == b->i);
}

static bool matches(const Fixture *f, const Event *left, const Event *right) {
  for (uint32_t i = 0; i < f->bounds_len; i++) {
    const JoinBound *b = &f->bounds[i];
    int64_t difference = right->time / b->unit - left->time / b->unit;
    if (difference < b->low || difference > b->high) return false;
  }
  if (f->keyed && !keys_equal(&left->key, &right->key)) return false;
  return !f->choosy || left->id % 3 != right->id % 3;
}

/* The first instant at which no partner of the left row can come. */
static Ticks decided_at(const Fixture *f, const Event *left) {
  Ticks end = TICKS_MAX, begin = TICKS_MIN;
  for (uint32_t i = 0; i < f->bounds_len; i++) {
    const JoinBound *b = &f->bounds[i];
    Ticks last = (left->time / b->unit + b->high + 1) * b->unit, first = (left->time / b->unit + b->low) * b->unit;
    if (last < end) end = last;
    if (first > begin) begin = first;
  }
  return begin >= end || (f->keyed && left->key.type == TYPE_NULL) ? TICKS_MIN : end;
}

static Ticks stamp_of(const Fixture *f, const Event *left) {
  Ticks least = TICKS_MAX;
  for (uint32_t i = 0; i < f->bounds_len; i++)
    if (f->bounds[i].high * f->bounds[i].unit < least) least = f->bounds[i].high * f->bounds[i].unit;
  return left->time + least;
}

static Ticks back_of(const Fixture *f) {
  Event zero = {.time = 0};
  Ticks stamp = stamp_of(f, &zero);
  return f->outer && stamp < 0 ? -stamp : 0;
}

static Vec(Result) model_results; /* of the last call */

/* All results that can be known by now; *undecided: the least stamp of a left row that is open. */
static void model(const Fixture *f, Ticks *undecided) {
  model_results.len = 0;
  *undecided = TICKS_MAX;
  for (uint32_t i = 0; i < f->sides[LEFT].len; i++) {
    const Event *left = &f->sides[LEFT].events[i];
    uint32_t before = model_results.len;
    for (uint32_t j = 0; j < f->sides[RIGHT].len; j++) {
      const Event *right = &f->sides[RIGHT].events[j];
      Ticks later = left->time > right->time ? left->time : right->time;
      if (matches(f, left, right)) vec_push(&model_results, (Result){left->id, right->id, later});
    }
    if (model_results.len > before || !f->outer) continue;
    Ticks stamp = stamp_of(f, left);
    if (watermark(&f->sides[RIGHT]) >= decided_at(f, left)) vec_push(&model_results, (Result){left->id, -1, stamp});
    else if (stamp < *undecided) *undecided = stamp;
  }
}

static int compare_results(const void *a, const void *b) {
  const Result *x = a, *y = b;
  if (x->time != y->time) return x->time < y->time ? -1 : 1;
  if (x->left != y->left) return x->left < y->left ? -1 : 1;
  return x->right < y->right ? -1 : x->right > y->right;
}

static Ticks model_watermark(const Fixture *f, Ticks undecided) {
  Ticks left = watermark(&f->sides[LEFT]), right = watermark(&f->sides[RIGHT]);
  if (left != TICKS_MIN && left != TICKS_MAX) left -= back_of(f);
  Ticks w = left < right ? left : right;
  return undecided < w ? undecided : w;
}

/* After a watermark moved: time as far as it can be, and all rows up to it, not one more. */
static void check(Fixture *f) {
  Ticks undecided;
  uint32_t due = 0;
  model(f, &undecided);
  Result *wanted = model_results.items;
  assert_int_equal(f->told, model_watermark(f, undecided));
  if (model_results.len) qsort(wanted, model_results.len, sizeof *wanted, compare_results);
  while (due < model_results.len && wanted[due].time <= f->told) due++;
  assert_int_equal(f->results.len, due);
  if (due) qsort(f->results.items, due, sizeof *f->results.items, compare_results);
  for (uint32_t i = 0; i < due; i++) assert_int_equal(compare_results(&f->results.items[i], &wanted[i]), 0);
}

static void check_end(Fixture *f) {
  for (unsigned port = LEFT; port <= RIGHT; port++)
    for (uint32_t c = 0; c < f->sides[port].channels; c++) {
      advance(f, port, c, TICKS_MAX);
      check(f);
    }
  Lineage oldest = {0};
  the_join(f)->cls->oldest(the_join(f), &oldest);
  assert_int_equal(oldest.len, 0);
  lineage_release(&oldest);
}

/* ---- single cases ----------------------------------------------------------------------------- */

static void a_pair_waits_for_both_watermarks(void **state) {
  Fixture f = {.keyed = true};
  bound(&f, 10, 0, 2);
  start(&f, 1);
  announce(&f);
  push_one(&f, LEFT, 1, 7, 100);
  push_one(&f, RIGHT, 1, 7, 129);
  push_one(&f, RIGHT, 2, 7, 130);
  push_one(&f, RIGHT, 3, 8, 110);
  advance(&f, RIGHT, 0, 131);
  assert_int_equal(f.results.len, 0);
  advance(&f, LEFT, 0, 129);
  assert_int_equal(f.results.len, 1);
  assert_int_equal(f.results.items[0].time, 129);
  check(&f);
  stop(&f);
}

static void a_left_row_goes_out_alone_when_no_partner_can_come(void **state) {
  Fixture f = {.keyed = true};
  f.outer = true;
  bound(&f, 10, 0, 2);
  start(&f, 1);
  announce(&f);
  push_one(&f, LEFT, 1, 7, 103);
  push_one(&f, LEFT, 2, 8, 104);
  advance(&f, LEFT, 0, 500);
  push_one(&f, RIGHT, 1, 8, 110);
  advance(&f, RIGHT, 0, 129); /* one more at 129 may come */
  assert_int_equal(f.results.len, 1);
  assert_int_equal(f.told, 123); /* held back by the row that is open */
  advance(&f, RIGHT, 0, 130);
  assert_int_equal(f.results.len, 2);
  assert_int_equal(f.results.items[1].right, -1);
  assert_int_equal(f.results.items[1].time, 123);
  assert_int_equal(f.told, 130);
  check(&f);
  stop(&f);
}

static void without_key_or_interval_a_row_is_decided_at_once(void **state) {
  Fixture f = {.keyed = true};
  f.outer = true;
  bound(&f, 10, 0, 2);
  start(&f, 1);
  announce(&f);
  push(&f, LEFT, 0, &(Event){1, value_null(), 100}, 1);
  advance(&f, RIGHT, 0, 121);
  advance(&f, LEFT, 0, 121);
  assert_int_equal(f.results.len, 1);
  assert_int_equal(f.told, 121);
  check(&f);
  stop(&f);
}

/* More pairs than are looked at together, with and without keys. */
static void many_pairs_of_few_rows(void **state) {
  static Fixture f;
  for (int keyed = 0; keyed < 2; keyed++) {
    f = (Fixture){.keyed = keyed, .outer = keyed};
    bound(&f, 10, 0, 2);
    start(&f, 0);
    announce(&f);
    Event events[300];
    for (uint32_t i = 0; i < 300; i++) events[i] = (Event){i, value_bigint(i % 100 ? 7 : 8), 100 + i % 9};
    push(&f, LEFT, 0, events, 300);
    push(&f, RIGHT, 0, events, 300);
    check_end(&f);
    assert_int_equal(f.results.len, keyed ? 297 * 297 + 3 * 3 : 300 * 300);
    stop(&f);
  }
}

static size_t saved_bytes(Fixture *f) {
  StrBuf bytes = {0};
  harness_stop_and_restore(&f->harness);
  state_memory_save(f->harness.store, &bytes);
  size_t len = bytes.len;
  strbuf_release(&bytes);
  return len;
}

/* A long stream: what is held follows the bound, not the length; at the end nothing is. */
static void what_time_has_passed_is_forgotten(void **state) {
  Fixture f = {.keyed = true};
  f.outer = true;
  bound(&f, 1000, 0, 3);
  start(&f, 0);
  announce(&f);
  size_t most = 0;
  for (int64_t at = 0; at < 400; at++) {
    for (unsigned port = LEFT; port <= RIGHT; port++) {
      Event events[64];
      for (int64_t i = 0; i < 64; i++) events[i] = (Event){at * 64 + i, value_bigint(i), at * 640 + i * 10};
      f.sides[port].len = 0; /* the model is not asked */
      Batch *batch = batch_of(events, 64, port);
      batch->channel = 100 * (port + 1);
      op_push(the_join(&f), port, batch);
      batch_unref(batch);
      advance(&f, port, 0, (at + 1) * 640);
    }
    f.results.len = 0;
    size_t bytes = at % 20 ? 0 : saved_bytes(&f);
    if (bytes > most) most = bytes;
  }
  assert_true(most > 0 && most < 400 * 64 * 10); /* of 25,600 events a side of more than 80 bytes each */
  advance(&f, LEFT, 0, TICKS_MAX);
  advance(&f, RIGHT, 0, TICKS_MAX);
  Lineage oldest = {0};
  the_join(&f)->cls->oldest(the_join(&f), &oldest);
  assert_int_equal(oldest.len, 0);
  assert_int_equal(f.told, TICKS_MAX);
  lineage_release(&oldest);
  stop(&f);
}

/* Only what changed is written again. */
static void segments_that_did_not_change_are_kept(void **state) {
  Fixture f = {.keyed = true};
  unsigned written, kept;
  bound(&f, 1000, 0, 3);
  start(&f, 0);
  announce(&f);
  push_one(&f, LEFT, 1, 7, 100);
  push_one(&f, RIGHT, 1, 8, 100);
  harness_stop_and_restore(&f.harness);
  push_one(&f, RIGHT, 2, 7, 200);
  harness_stop_and_restore(&f.harness);
  push_one(&f, RIGHT, 3, 7, 300);
  StateStore *store = f.harness.store;
  StateWriter writer;
  Error err;
  assert_int_equal(state_writer_open(&writer, store, &err), STATUS_OK);
  state_writer_step(&writer, STR("op 0"));
  assert_int_equal(the_join(&f)->cls->save(the_join(&f), &writer, &err), STATUS_OK);
  assert_int_equal(state_writer_commit(&writer, &err), STATUS_OK);
  state_writer_close(&writer);
  state_memory_counts(store, &written, &kept);
  assert_int_equal(written, 2); /* the join itself and the right side */
  assert_int_equal(kept, 1);
  stop(&f);
}

/* ---- random streams against the model --------------------------------------------------------- */

static Value random_key(Random *random, uint32_t keys) {
  static const char *const texts[] = {"1", "a key that is longer than twelve bytes", "0001-01-01T00:00:00.0000001Z"};
  int64_t n = random_below(random, keys);
  switch (random_below(random, 12)) {
    case 0: return value_null();
    case 1: return value_float((double)n + (random_below(random, 2) ? 0.5 : 0));
    case 2: return value_bit(n & 1);
    case 3: return value_text(str_from(texts[n % 3]));
    case 4: return value_datetime(n);
    default: return value_bigint(n);
  }
}

static void random_bounds(Random *random, Fixture *f) {
  static const Ticks units[] = {1, 7, 10, 60};
  uint32_t count = 1 + (random_below(random, 4) == 0);
  for (uint32_t i = 0; i < count; i++) {
    int64_t low = (int64_t)random_below(random, 9) - 5;
    bound(f, units[random_below(random, 4)], low, low + (int64_t)random_below(random, 6) - (i > 0));
  }
}

static void random_push(Random *random, Fixture *f, unsigned port, uint32_t channel) {
  Side *side = &f->sides[port];
  Ticks from = side->watermarks[channel] == TICKS_MIN ? 1000 : side->watermarks[channel];
  Event events[BATCH_MOST];
  uint32_t count = 1 + random_below(random, f->batch);
  if (count > f->events - side->len) count = f->events - side->len;
  uint32_t spread = 1 + random_below(random, 40);
  for (uint32_t i = 0; i < count; i++)
    events[i] = (Event){side->len + i, random_key(random, f->keys), from + random_below(random, spread)};
  if (count) push(f, port, channel, events, count);
}

static void random_step(Random *random, Fixture *f) {
  unsigned port = random_below(random, 2);
  uint32_t channel = random_below(random, f->sides[port].channels);
  random_push(random, f, port, channel);
  Ticks w = f->sides[port].watermarks[channel];
  advance(f, port, channel, (w == TICKS_MIN ? 1000 : w) + random_below(random, 25));
}

static void no_failures(void *job, const Op *op, const Batch *batch, const RowFailures *failures) {
  assert_int_equal(failures->items.len, 0); /* keys of other types are not compared at all */
}

/* Small streams are compared after every step, large ones, which fill many segments and pieces, at the end. */
static void run_random(uint64_t seed, unsigned restore_every, bool large) {
  static Fixture f;
  Random random = {seed};
  f = (Fixture){.keyed = large || random_below(&random, 3) > 0, .choosy = random_below(&random, 3) == 0,
                .outer = random_below(&random, 2), .events = large ? EVENTS_MOST : EVENTS,
                .batch = large ? BATCH_MOST : BATCH, .keys = large ? 300 : 3};
  random_bounds(&random, &f);
  start(&f, restore_every);
  f.harness.ctx.batch_rows = 1 + random_below(&random, 50);
  f.harness.ctx.rows_failed = no_failures;
  for (unsigned port = LEFT; port <= RIGHT; port++) f.sides[port].channels = 1 + random_below(&random, CHANNELS);
  announce(&f);
  while (f.sides[LEFT].len < f.events && f.sides[RIGHT].len < f.events) {
    random_step(&random, &f);
    if (!large) check(&f);
  }
  check_end(&f);
  stop(&f);
}

static void agrees_with_the_model(void **state) {
  for (uint64_t seed = 1; seed <= 150; seed++) run_random(seed, 0, false);
}

static void agrees_when_stopped_and_restored(void **state) {
  for (uint64_t seed = 1; seed <= 24; seed++) run_random(seed, 1 + seed % 4, false);
}

static void large_streams_agree(void **state) {
  for (uint64_t seed = 1; seed <= 8; seed++) run_random(seed, seed % 2 ? 0 : 7, true);
}

static int release_model(void **state) {
  vec_release(&model_results);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_pair_waits_for_both_watermarks),
      cmocka_unit_test(a_left_row_goes_out_alone_when_no_partner_can_come),
      cmocka_unit_test(without_key_or_interval_a_row_is_decided_at_once),
      cmocka_unit_test(many_pairs_of_few_rows),
      cmocka_unit_test(what_time_has_passed_is_forgotten),
      cmocka_unit_test(segments_that_did_not_change_are_kept),
      cmocka_unit_test(agrees_with_the_model),
      cmocka_unit_test(agrees_when_stopped_and_restored),
      cmocka_unit_test(large_streams_agree)};
  return cmocka_run_group_tests(tests, NULL, release_model);
}
