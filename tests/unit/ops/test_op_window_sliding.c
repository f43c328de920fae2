/* test_op_window_sliding.c: sliding windows against a model that computes every instant afresh, with ties, rows that
** leave as others enter, aggregates of every way, batches of any length and stops; and that nothing drifts or grows. */
#include "window_test.h"

static WindowSpec sliding(Ticks size) { return (WindowSpec){.kind = WINDOW_SLIDING, .size = size}; }

/* ---- the model -------------------------------------------------------------------------------- */

static void model_instant(WindowTest *test, const WtEvents *group, Ticks now, WtLines *lines) {
  Ticks size = test->node.aggregate.window.size;
  WtEvents content = {0};
  for (uint32_t i = 0; i < group->len; i++)
    if (group->items[i].time > now - size && group->items[i].time <= now) vec_push(&content, group->items[i]);
  wt_model_window(test, &content, now, lines);
  vec_release(&content);
}

static bool changes_at(const WtEvents *group, Ticks size, Ticks now) {
  for (uint32_t i = 0; i < group->len; i++)
    if (group->items[i].time == now || group->items[i].time + size == now) return true;
  return false;
}

/* The events of one group, at every instant of the time they span. */
static void model_group(WindowTest *test, const WtEvents *group, WtLines *lines) {
  Ticks size = test->node.aggregate.window.size, end = group->items[group->len - 1].time + size;
  for (Ticks now = group->items[0].time; now <= end; now++)
    if (changes_at(group, size, now)) model_instant(test, group, now, lines);
}

static void model(WindowTest *test, const WtEvents *events, WtLines *lines) {
  uint32_t keys = test->node.aggregate.keys_len;
  for (uint32_t i = 0; i < events->len; i++) {
    bool first = true;
    for (uint32_t j = 0; j < i && first; j++) first = !wt_same_keys(&events->items[i], &events->items[j], keys);
    if (!first) continue;
    WtEvents group = {0};
    for (uint32_t j = i; j < events->len; j++)
      if (wt_same_keys(&events->items[i], &events->items[j], keys)) vec_push(&group, events->items[j]);
    model_group(test, &group, lines);
    vec_release(&group);
  }
}

static void random_events_agree(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 300; seed++) {
    Random random = {seed};
    WindowTest test;
    WtEvents events = {0};
    WtLines expected = {0};
    char what[64];
    wt_init(&test, PLAN_SLIDING, sliding(1 + random_below(&random, 40)), random_below(&random, 3), 0);
    wt_add_all(&test);
    wt_start(&test, random_below(&random, 4));
    wt_random_events(&random, &test.arena, &events, 1 + random_below(&random, 80), 1 + random_below(&random, 8));
    wt_feed(&test, &random, &events, random_below(&random, 2) ? 3 : 60);
    model(&test, &events, &expected);
    snprintf(what, sizeof what, "seed %llu", (unsigned long long)seed);
    wt_compare(&test, &expected, what);
    assert_int_equal(wt_oldest(&test), INT64_MAX);
    vec_release(&events);
    wt_release(&test);
  }
}

/* ---- single cases ----------------------------------------------------------------------------- */

static WtEvent at(Ticks time, const char *key, double number) {
  return (WtEvent){.time = time,
                   .values = {value_text(str_from(key)), value_null(), value_float(number), value_null()}};
}

static void sum_per_key(WindowTest *test, Ticks size, unsigned restore_every) {
  wt_init(test, PLAN_SLIDING, sliding(size), 1, 0);
  wt_add(test, aggregate_fn_find(STR("SUM"), false), 2, -1);
  wt_start(test, restore_every);
}

static void an_instant_goes_out_once(void **state) {
  (void)state;
  WindowTest test;
  sum_per_key(&test, 10, 1);
  wt_push(&test, (WtEvent[]){at(5, "a", 1)}, 1);
  wt_push(&test, (WtEvent[]){at(5, "a", 2)}, 1);
  wt_advance(&test, 5);
  assert_int_equal(test.lines.len, 0); /* a row at 5 may still come */
  wt_push(&test, (WtEvent[]){at(5, "a", 4)}, 1);
  wt_advance(&test, 6);
  assert_int_equal(test.lines.len, 1);
  assert_string_equal(test.lines.items[0], "000005 \"a\" 7.0");
  wt_push(&test, (WtEvent[]){at(15, "a", 8)}, 1); /* enters as the others leave */
  wt_advance(&test, TICKS_MAX);
  assert_int_equal(test.lines.len, 2);
  assert_string_equal(test.lines.items[1], "000015 \"a\" 8.0");
  wt_release(&test);
}

static void rows_hold_their_source_events_until_their_exit_is_out(void **state) {
  (void)state;
  WindowTest test;
  sum_per_key(&test, 10, 1);
  wt_push(&test, (WtEvent[]){at(5, "a", 1)}, 1);
  wt_push(&test, (WtEvent[]){at(8, "a", 2)}, 1);
  wt_advance(&test, 15);
  assert_int_equal(wt_oldest(&test), 0);
  wt_push(&test, (WtEvent[]){at(16, "b", 1)}, 1); /* the exit at 15 waits, and so does its row */
  assert_int_equal(wt_oldest(&test), 0);
  wt_advance(&test, 16);
  assert_true(wt_oldest(&test) > 0 || test.lines.len == 3);
  wt_advance(&test, TICKS_MAX);
  assert_int_equal(test.lines.len, 4);
  assert_int_equal(wt_oldest(&test), INT64_MAX);
  wt_release(&test);
}

static void exits_beyond_the_calendar_are_no_exits(void **state) {
  (void)state;
  WindowTest test;
  sum_per_key(&test, 10, 1);
  wt_push(&test, (WtEvent[]){at(TICKS_LAST - 30, "a", 1), at(TICKS_LAST - 25, "a", 1), at(TICKS_LAST - 3, "b", 2)}, 3);
  wt_advance(&test, TICKS_MAX);
  assert_int_equal(test.lines.len, 4);
  wt_release(&test);
}

static void a_sum_that_fails_costs_its_row(void **state) {
  (void)state;
  WindowTest test;
  sum_per_key(&test, 10, 1);
  WtEvent big = at(1, "a", 0);
  big.values[2] = value_bigint(INT64_MAX);
  wt_push(&test, (WtEvent[]){big, at(2, "a", 0.5)}, 2);
  big.time = 3;
  big.values[2] = value_bigint(INT64_MAX);
  wt_push(&test, &big, 1);
  wt_advance(&test, TICKS_MAX);
  assert_int_equal(test.failed, 0); /* a float sum may be that large */
  assert_int_equal(test.lines.len, 5);
  wt_release(&test);
}

/* A million rows of every magnitude through a window of a few; then the sum of what is left is exact. */
static void nothing_drifts(void **state) {
  (void)state;
  WindowTest test;
  enum { ROWS = 1000000, BATCH = 2000 };
  wt_init(&test, PLAN_SLIDING, sliding(3), 1, 0);
  wt_add(&test, aggregate_fn_find(STR("SUM"), false), 2, -1);
  wt_add(&test, aggregate_fn_find(STR("VARP"), false), 2, -1);
  wt_start(&test, 0);
  WtEvent *batch = mem_alloc(BATCH * sizeof *batch);
  Random random = {77};
  Ticks time = 0;
  for (uint32_t done = 0; done < ROWS; done += BATCH) {
    for (uint32_t i = 0; i < BATCH; i++) {
      double number = (double)random_below(&random, 1000000) / 7;
      if (random_below(&random, 1000) == 0) number *= 1e280;
      batch[i] = at(++time, "a", number);
    }
    wt_push(&test, batch, BATCH);
    wt_advance(&test, time);
    wt_clear_lines(&test.lines);
  }
  time += 10;
  wt_push(&test, (WtEvent[]){at(time, "a", 0.1), at(time + 1, "a", 0.2)}, 2);
  wt_advance(&test, time + 2);
  StrBuf expected = {0};
  Value sum = value_float(0.1 + 0.2);
  strbuf_printf(&expected, "%06lld \"a\"", (long long)(time + 1));
  wt_put_value(&expected, &sum);
  assert_true(test.lines.len > 0);
  assert_true(str_starts(str_from(test.lines.items[test.lines.len - 1]), strbuf_str(&expected)));
  strbuf_release(&expected);
  mem_free(batch);
  wt_release(&test);
}

/* New keys all the time, one row a batch: what is held follows the window. */
static void new_keys_leave_nothing(void **state) {
  (void)state;
  WindowTest test;
  sum_per_key(&test, 100, 1);
  size_t most = 0, early = 0;
  for (Ticks time = 0; time < 2000; time++) {
    char key[32];
    snprintf(key, sizeof key, "the key with number %lld", (long long)time);
    wt_push(&test, (WtEvent[]){at(time, key, 1)}, 1);
    wt_advance(&test, time);
    if (test.state_bytes > most) most = test.state_bytes;
    if (time == 500) early = most;
  }
  assert_true(most <= early + early / 8);
  wt_advance(&test, TICKS_MAX);
  assert_int_equal(test.lines.len, 2000);
  wt_release(&test);
}

/* Many keys at once, most of which go: the others go on under new numbers, and nothing of the rest is held. */
static void a_burst_of_keys_is_forgotten(void **state) {
  (void)state;
  WindowTest test;
  sum_per_key(&test, 5, 0);
  for (Ticks time = 1; time <= 40; time++) {
    for (int i = 0; i < (time == 1 ? 6000 : 20); i++) {
      char key[32];
      snprintf(key, sizeof key, "%d", time == 1 ? i : 5000 + i);
      wt_push(&test, (WtEvent[]){at(time, key, 1)}, 1);
    }
    wt_advance(&test, time);
  }
  wt_restore(&test);
  assert_true(test.state_bytes < 20000);
  wt_advance(&test, TICKS_MAX);
  uint32_t rows = 0;
  for (uint32_t i = 0; i < test.lines.len; i++) rows += strncmp(test.lines.items[i], "000044 ", 7) == 0;
  assert_int_equal(rows, 20);
  assert_int_equal(wt_oldest(&test), INT64_MAX);
  wt_release(&test);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_instant_goes_out_once),
      cmocka_unit_test(rows_hold_their_source_events_until_their_exit_is_out),
      cmocka_unit_test(exits_beyond_the_calendar_are_no_exits),
      cmocka_unit_test(a_sum_that_fails_costs_its_row),
      cmocka_unit_test(nothing_drifts),
      cmocka_unit_test(new_keys_leave_nothing),
      cmocka_unit_test(a_burst_of_keys_is_forgotten),
      cmocka_unit_test(random_events_agree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
