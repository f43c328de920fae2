/* test_op_window_session.c: session windows against a model that walks over every multiple of the maximum, with ties,
** boundary times, keys of every kind, batches of any length and stops; and that ended sessions leave nothing. */
#include "window_test.h"

static WindowSpec session(Ticks timeout, Ticks longest) {
  return (WindowSpec){.kind = WINDOW_SESSION, .size = timeout, .longest = longest};
}

/* ---- the model -------------------------------------------------------------------------------- */

static void end_session(WindowTest *test, WtEvents *content, Ticks end, WtLines *lines) {
  wt_model_window(test, content, end, lines);
  content->len = 0;
}

/* The sessions of events that share one, in order of time. Every multiple of the maximum is looked at. */
static void model_sessions(WindowTest *test, const WtEvents *events, WtLines *lines) {
  Ticks timeout = test->node.aggregate.window.size, longest = test->node.aggregate.window.longest;
  WtEvents content = {0};
  Ticks start = 0, last = 0;
  bool open = false;
  for (uint32_t i = 0; i <= events->len; i++) {
    Ticks now = i < events->len ? events->items[i].time : INT64_C(1000000);
    if (open && longest) {
      for (Ticks check = 0; check < now && check < last + timeout; check += longest) {
        if (check - start < longest) continue;
        end_session(test, &content, check, lines);
        start = check;
      }
    }
    if (open && now > last + timeout) {
      end_session(test, &content, last + timeout, lines);
      open = false;
    }
    if (i == events->len) break;
    if (!open) start = now;
    open = true;
    last = now;
    vec_push(&content, events->items[i]);
  }
  vec_release(&content);
}

static void model(WindowTest *test, const WtEvents *events, WtLines *lines) {
  uint32_t keys = test->node.aggregate.session_keys_len;
  for (uint32_t i = 0; i < events->len; i++) {
    bool first = true;
    for (uint32_t j = 0; j < i && first; j++) first = !wt_same_keys(&events->items[i], &events->items[j], keys);
    if (!first) continue;
    WtEvents own = {0};
    for (uint32_t j = i; j < events->len; j++)
      if (wt_same_keys(&events->items[i], &events->items[j], keys)) vec_push(&own, events->items[j]);
    model_sessions(test, &own, lines);
    vec_release(&own);
  }
}

static void random_events_agree(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 400; seed++) {
    Random random = {seed};
    WindowTest test;
    WtEvents events = {0};
    WtLines expected = {0};
    char what[64];
    Ticks timeout = 1 + random_below(&random, 25);
    Ticks longest = random_below(&random, 3) ? 1 + random_below(&random, 60) : 0;
    wt_init(&test, PLAN_SESSION, session(timeout, longest), random_below(&random, 3), random_below(&random, 3));
    wt_add_all(&test);
    wt_start(&test, random_below(&random, 4));
    wt_random_events(&random, &test.arena, &events, 1 + random_below(&random, 120), 1 + random_below(&random, 12));
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

static WtEvent at(Ticks time, const char *key) {
  return (WtEvent){.time = time, .values = {value_text(str_from(key)), value_null(), value_bigint(time), value_null()}};
}

static void count_per_key(WindowTest *test, Ticks timeout, Ticks longest, unsigned restore_every) {
  wt_init(test, PLAN_SESSION, session(timeout, longest), 1, 1);
  wt_add(test, aggregate_fn_find(STR("COUNT"), false), -1, -1);
  wt_start(test, restore_every);
}

static void nothing_goes_out_before_the_watermark_has_passed(void **state) {
  (void)state;
  WindowTest test;
  count_per_key(&test, 10, 0, 1);
  wt_push(&test, (WtEvent[]){at(5, "a")}, 1);
  wt_advance(&test, 15);
  assert_int_equal(test.lines.len, 0); /* a row at 15 may still come, and belongs to it */
  wt_push(&test, (WtEvent[]){at(15, "a")}, 1);
  wt_advance(&test, 25);
  assert_int_equal(test.lines.len, 0);
  wt_advance(&test, 26);
  assert_int_equal(test.lines.len, 1);
  assert_string_equal(test.lines.items[0], "000025 \"a\" 2");
  assert_int_equal(wt_oldest(&test), INT64_MAX);
  wt_release(&test);
}

static void a_session_holds_its_source_events(void **state) {
  (void)state;
  WindowTest test;
  count_per_key(&test, 10, 0, 1);
  wt_push(&test, (WtEvent[]){at(5, "a"), at(6, "b")}, 2);
  wt_push(&test, (WtEvent[]){at(9, "a")}, 1);
  wt_push(&test, (WtEvent[]){at(12, "c")}, 1);
  assert_int_equal(wt_oldest(&test), 0);
  wt_advance(&test, 20); /* b and a have ended */
  assert_int_equal(test.lines.len, 2);
  assert_int_equal(wt_oldest(&test), 3);
  wt_advance(&test, TICKS_MAX);
  assert_int_equal(wt_oldest(&test), INT64_MAX);
  wt_release(&test);
}

static void ends_beyond_the_calendar_are_no_ends(void **state) {
  (void)state;
  WindowTest test;
  count_per_key(&test, 10, 20, 1);
  wt_push(&test, (WtEvent[]){at(TICKS_LAST - 30, "a"), at(TICKS_LAST - 5, "b")}, 2);
  wt_advance(&test, TICKS_MAX);
  assert_int_equal(test.lines.len, 1);
  wt_release(&test);
}

static void a_sum_that_fails_costs_its_row(void **state) {
  (void)state;
  WindowTest test;
  wt_init(&test, PLAN_SESSION, session(10, 0), 1, 0);
  wt_add(&test, aggregate_fn_find(STR("SUM"), false), 2, -1);
  wt_start(&test, 1);
  WtEvent big = at(1, "a"), small = at(2, "b");
  big.values[2] = value_bigint(INT64_MAX);
  wt_push(&test, (WtEvent[]){big, big, small}, 3);
  wt_advance(&test, TICKS_MAX);
  assert_int_equal(test.failed, 1);
  assert_int_equal(test.lines.len, 1);
  assert_string_equal(test.lines.items[0], "000012 \"b\" 2");
  wt_release(&test);
}

/* New keys all the time: what is held follows the sessions that are open. */
static void new_keys_leave_nothing(void **state) {
  (void)state;
  WindowTest test;
  count_per_key(&test, 50, 200, 1);
  size_t most = 0, early = 0;
  for (Ticks time = 0; time < 2000; time++) {
    char key[32];
    snprintf(key, sizeof key, "the key with number %lld", (long long)time);
    wt_push(&test, (WtEvent[]){at(time, key)}, 1);
    wt_advance(&test, time);
    if (test.state_bytes > most) most = test.state_bytes;
    if (time == 300) early = most;
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
  count_per_key(&test, 5, 0, 0);
  for (Ticks time = 1; time <= 40; time++) {
    for (int i = 0; i < (time == 1 ? 6000 : 20); i++) {
      char key[32];
      snprintf(key, sizeof key, "%d", time == 1 ? i : 5000 + i);
      wt_push(&test, (WtEvent[]){at(time, key)}, 1);
    }
    wt_advance(&test, time);
  }
  wt_restore(&test);
  assert_true(test.state_bytes < 20000);
  wt_advance(&test, TICKS_MAX);
  uint32_t rows = 0;
  for (uint32_t i = 0; i < test.lines.len; i++) rows += strncmp(test.lines.items[i], "000045 ", 7) == 0;
  assert_int_equal(rows, 20);
  assert_int_equal(wt_oldest(&test), INT64_MAX);
  wt_release(&test);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_goes_out_before_the_watermark_has_passed),
      cmocka_unit_test(a_session_holds_its_source_events),
      cmocka_unit_test(ends_beyond_the_calendar_are_no_ends),
      cmocka_unit_test(a_sum_that_fails_costs_its_row),
      cmocka_unit_test(new_keys_leave_nothing),
      cmocka_unit_test(a_burst_of_keys_is_forgotten),
      cmocka_unit_test(random_events_agree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
