/* test_op_aggregate.c: tumbling, hopping and snapshot windows against a model that looks at every window afresh: sizes
** and hops that do not divide each other, gaps between windows, aggregates that combine and one that does not, batches
** of any length, watermarks anywhere, rows out of order, stops; and that memory and source events are given back. */
#include "window_test.h"

static WindowSpec window_of(WindowKind kind, Ticks size, Ticks hop, Ticks offset) {
  WindowSpec window = {.kind = kind, .size = size, .hop = hop, .offset = offset};
  if (kind != WINDOW_SNAPSHOT) window_normalise(&window);
  return window;
}

/* ---- the model -------------------------------------------------------------------------------- */

static bool is_end(const WindowSpec *window, Ticks now) {
  return window->kind == WINDOW_SNAPSHOT || (now - window->offset) % window->hop == 0;
}

/* Every instant there is may be the end of a window. */
static void model(const WindowTest *test, const WtEvents *events, WtLines *lines) {
  const WindowSpec *window = &test->node.aggregate.window;
  Ticks size = window->kind == WINDOW_SNAPSHOT ? 1 : window->size, last = events->items[events->len - 1].time;
  for (Ticks now = 0; now <= last + size + window->hop; now++) {
    if (!is_end(window, now)) continue;
    WtEvents content = {0};
    for (uint32_t i = 0; i < events->len; i++)
      if (events->items[i].time > now - size && events->items[i].time <= now) vec_push(&content, events->items[i]);
    wt_model_window(test, &content, now, lines);
    vec_release(&content);
  }
}

/* ---- random events ---------------------------------------------------------------------------- */

static WindowSpec random_window(Random *random, WindowKind kind) {
  Ticks size = 1 + random_below(random, 60), hop = size;
  if (kind == WINDOW_HOPPING) hop = 1 + random_below(random, random_below(random, 4) ? 12 : 80);
  return window_of(kind, size, hop, random_below(random, 30));
}

/* without_combine: with an aggregate that cannot, too. */
static void try_windows(uint64_t seed, WindowKind kind, bool without_combine) {
  Random random = {seed};
  WindowTest test;
  WtEvents events = {0};
  WtLines expected = {0};
  char what[64];
  wt_init(&test, PLAN_AGGREGATE, random_window(&random, kind), random_below(&random, 3), 0);
  wt_add_all(&test);
  if (!without_combine) test.node.aggregate.aggs_len--;
  wt_start(&test, random_below(&random, 4));
  wt_random_events(&random, &test.arena, &events, 1 + random_below(&random, 120), 1 + random_below(&random, 8));
  wt_feed(&test, &random, &events, random_below(&random, 2) ? 3 : 60);
  assert_true(wt_oldest(&test) == INT64_MAX);
  model(&test, &events, &expected);
  snprintf(what, sizeof what, "seed %llu", (unsigned long long)seed);
  wt_compare(&test, &expected, what);
  vec_release(&events);
  wt_release(&test);
}

static void tumbling_windows_agree(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 100; seed++) try_windows(seed, WINDOW_TUMBLING, seed % 2);
}

static void snapshot_windows_agree(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 100; seed++) try_windows(seed, WINDOW_SNAPSHOT, seed % 2);
}

static void hopping_windows_agree(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 300; seed++) try_windows(seed, WINDOW_HOPPING, false);
}

static void hopping_windows_agree_without_combine(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 150; seed++) try_windows(seed, WINDOW_HOPPING, true);
}

/* Rows need no order among each other above the watermark: events change places, the watermark stays below all that
** are still to come. Aggregates by number only: which of equal texts comes first would matter. */
static void shuffle(Random *random, const WtEvents *events, WtEvents *out) {
  for (uint32_t i = 0; i < events->len; i++) vec_push(out, events->items[i]);
  for (uint32_t i = 0; i + 1 < out->len; i++) {
    uint32_t far = out->len - i < 12 ? out->len - i : 12, with = i + random_below(random, far);
    WtEvent moved = out->items[i];
    out->items[i] = out->items[with];
    out->items[with] = moved;
  }
}

static Ticks least_time(const WtEvents *events, uint32_t from) {
  Ticks least = TICKS_MAX;
  for (uint32_t i = from; i < events->len; i++)
    if (events->items[i].time < least) least = events->items[i].time;
  return least;
}

static void feed_shuffled(WindowTest *test, Random *random, const WtEvents *events) {
  Ticks told = TICKS_MIN;
  for (uint32_t at = 0; at < events->len;) {
    uint32_t count = 1 + random_below(random, 9);
    if (count > events->len - at) count = events->len - at;
    wt_push(test, events->items + at, count);
    at += count;
    Ticks w = least_time(events, at);
    if (w > told) wt_advance(test, told = w);
  }
}

static void rows_need_no_order(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 120; seed++) {
    Random random = {seed};
    WindowTest test;
    WtEvents events = {0}, shuffled = {0};
    WtLines expected = {0};
    WindowKind kind = seed % 3 == 0 ? WINDOW_TUMBLING : seed % 3 == 1 ? WINDOW_HOPPING : WINDOW_SNAPSHOT;
    wt_init(&test, PLAN_AGGREGATE, random_window(&random, kind), random_below(&random, 3), 0);
    wt_add(&test, aggregate_fn_find(STR("COUNT"), true), 3, -1);
    wt_add(&test, aggregate_fn_find(STR("SUM"), false), 2, -1);
    wt_add(&test, aggregate_fn_find(STR("STDEV"), false), 2, -1);
    wt_start(&test, random_below(&random, 4));
    wt_random_events(&random, &test.arena, &events, 1 + random_below(&random, 120), 1 + random_below(&random, 8));
    shuffle(&random, &events, &shuffled);
    feed_shuffled(&test, &random, &shuffled);
    assert_true(wt_oldest(&test) == INT64_MAX);
    model(&test, &events, &expected);
    wt_compare(&test, &expected, "shuffled");
    vec_release(&events);
    vec_release(&shuffled);
    wt_release(&test);
  }
}

/* ---- what is kept ----------------------------------------------------------------------------- */

static void start_counting(WindowTest *test, WindowSpec window, uint32_t keys) {
  wt_init(test, PLAN_AGGREGATE, window, keys, 0);
  wt_add(test, aggregate_fn_find(STR("COUNT"), false), -1, -1);
  wt_add(test, aggregate_fn_find(STR("MAX"), false), 2, -1);
  wt_start(test, 0);
}

static WtEvent event_at(Ticks time, int64_t key) {
  return (WtEvent){.time = time, .values = {value_bigint(key), value_null(), value_bigint(time), value_null()}};
}

/* Hop 10, size 30: the event at 5 is in the windows that end at 10, 20 and 30, and is needed until the last is out. */
static void source_events_are_held_until_their_last_window_is_out(void **state) {
  (void)state;
  WindowTest test;
  start_counting(&test, window_of(WINDOW_HOPPING, 30, 10, 0), 1);
  WtEvent events[] = {event_at(5, 1), event_at(15, 2), event_at(25, 1)};
  for (int i = 0; i < 3; i++) wt_push(&test, &events[i], 1);
  Ticks marks[] = {11, 21, 31, 41, 51};
  int64_t oldest[] = {0, 0, 1, 2, INT64_MAX};
  for (int i = 0; i < 5; i++) {
    wt_advance(&test, marks[i] + (i == 4));
    assert_true(wt_oldest(&test) == oldest[i]);
    wt_restore(&test);
    assert_true(wt_oldest(&test) == oldest[i]);
  }
  wt_release(&test);
}

/* Ever new keys: the state is that of the keys of one window. */
static void new_keys_leave_nothing(void **state) {
  (void)state;
  WindowTest test;
  start_counting(&test, window_of(WINDOW_HOPPING, 60, 10, 0), 1);
  size_t early = 0;
  for (Ticks time = 0; time < 60000; time++) {
    WtEvent event = event_at(time, 7919 * time);
    wt_push(&test, &event, 1);
    if (time % 10 == 0) wt_advance(&test, time);
    if (time % 6000 != 5999) continue;
    wt_restore(&test);
    if (early == 0) early = test.state_bytes;
    assert_in_range(test.state_bytes, early / 2, early + early / 10);
    wt_clear_lines(&test.lines);
  }
  wt_release(&test);
}

/* Panes without new rows are kept from the save before: of four open windows one is written, and the clocks. */
static void only_changed_panes_are_written(void **state) {
  (void)state;
  WindowTest test;
  unsigned written, kept;
  start_counting(&test, window_of(WINDOW_TUMBLING, 10, 10, 0), 1);
  WtEvent events[] = {event_at(5, 1), event_at(15, 2), event_at(25, 1), event_at(35, 1), event_at(36, 3)};
  wt_push(&test, events, 4);
  wt_restore(&test);
  state_memory_counts(test.store, &written, &kept);
  assert_int_equal(written, 5);
  wt_push(&test, &events[4], 1);
  wt_restore(&test);
  state_memory_counts(test.store, &written, &kept);
  assert_int_equal(written, 2);
  assert_int_equal(kept, 3);
  wt_advance(&test, 100);
  assert_int_equal(test.lines.len, 5);
  wt_release(&test);
}

/* A hopping window folds complete panes once: afterwards they are kept. */
static void folded_panes_are_written_once(void **state) {
  (void)state;
  WindowTest test;
  unsigned written, kept;
  start_counting(&test, window_of(WINDOW_HOPPING, 40, 10, 0), 1);
  WtEvent events[] = {event_at(5, 1), event_at(15, 2), event_at(25, 1)};
  for (int i = 0; i < 3; i++) wt_push(&test, &events[i], 1);
  wt_advance(&test, 31);
  wt_restore(&test);
  wt_restore(&test);
  state_memory_counts(test.store, &written, &kept);
  assert_int_equal(written, 2); /* the clocks, and the groups of the three panes */
  assert_int_equal(kept, 3);
  wt_advance(&test, 71);
  assert_int_equal(test.lines.len, 1 + 2 + 2 + 2 + 2 + 1);
  wt_release(&test);
}

/* A window of thousands of groups goes out in full batches, and the groups of many instants in one. */
static void groups_beyond_a_batch(void **state) {
  (void)state;
  WindowTest test;
  start_counting(&test, window_of(WINDOW_TUMBLING, 1000, 1000, 0), 1);
  test.ctx.batch_rows = 100;
  for (int64_t key = 0; key < 5000; key++) {
    WtEvent event = event_at(1 + key / 10, key);
    wt_push(&test, &event, 1);
  }
  wt_advance(&test, 1001);
  assert_int_equal(test.lines.len, 5000);
  assert_true(wt_oldest(&test) == INT64_MAX);
  wt_release(&test);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(source_events_are_held_until_their_last_window_is_out),
      cmocka_unit_test(new_keys_leave_nothing),
      cmocka_unit_test(only_changed_panes_are_written),
      cmocka_unit_test(folded_panes_are_written_once),
      cmocka_unit_test(groups_beyond_a_batch),
      cmocka_unit_test(tumbling_windows_agree),
      cmocka_unit_test(snapshot_windows_agree),
      cmocka_unit_test(hopping_windows_agree),
      cmocka_unit_test(hopping_windows_agree_without_combine),
      cmocka_unit_test(rows_need_no_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
