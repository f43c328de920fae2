/* test_policy.c: single events at the edges of each policy; scanning and applying agree with each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "support/random_column.h"
#include "time/policy.h"

#define SECOND TICKS_PER_SECOND

static const TimePolicy adjust = {.late = 5 * SECOND, .out_of_order = 0};
static const TimePolicy dropping = {.late = 5 * SECOND, .out_of_order = 0, .drop = true};

/* One event against the watermark; its new time, or TICKS_MIN when it is dropped. */
static Ticks judge(const TimePolicy *policy, Ticks watermark, Ticks t, Ticks arrival, PolicyOutcome *out) {
  TimedEvents events = {.times = &t, .arrivals = &arrival, .rows = 1};
  PolicyScan scan = policy_scan(policy, watermark, &events);
  Ticks own = t, w = policy_apply(policy, watermark, &events, out);
  bool outside = out->outside[POLICY_EARLY] || out->outside[POLICY_LATE] || out->outside[POLICY_OUT_OF_ORDER];
  assert_int_equal(scan.clean, !outside);
  if (scan.clean) assert_int_equal(scan.watermark, w);
  Ticks result = out->drops.len ? TICKS_MIN : t;
  if (out->drops.len) assert_int_equal(t, own);
  policy_outcome_release(out);
  return result;
}

static void early_is_more_than_five_minutes(void **state) {
  Ticks arrival = 1000 * SECOND;
  PolicyOutcome edge = {0}, beyond = {0};
  assert_int_equal(judge(&adjust, 0, arrival + POLICY_EARLY_LIMIT, arrival, &edge), arrival + POLICY_EARLY_LIMIT);
  assert_int_equal(judge(&adjust, 0, arrival + POLICY_EARLY_LIMIT + 1, arrival, &beyond), TICKS_MIN);
  assert_int_equal(beyond.outside[POLICY_EARLY], 1);
  assert_int_equal(beyond.furthest[POLICY_EARLY], POLICY_EARLY_LIMIT + 1);
}

static void late_is_more_than_the_tolerance(void **state) {
  Ticks arrival = 1000 * SECOND, oldest = arrival - 5 * SECOND;
  PolicyOutcome edge = {0}, moved = {0}, dropped = {0};
  assert_int_equal(judge(&adjust, 0, oldest, arrival, &edge), oldest);
  assert_int_equal(judge(&adjust, 0, oldest - 7, arrival, &moved), oldest);
  assert_int_equal(moved.adjusted, 1);
  assert_int_equal(moved.largest_shift, 7);
  assert_int_equal(judge(&dropping, 0, oldest - 7, arrival, &dropped), TICKS_MIN);
  assert_int_equal(dropped.adjusted, 0);
  assert_int_equal(dropped.largest_shift, 0);
}

static void unlimited_lateness_is_no_lateness(void **state) {
  TimePolicy unlimited = {.late = -1};
  PolicyOutcome out = {0};
  assert_int_equal(judge(&unlimited, TICKS_MIN, 0, TICKS_LAST, &out), 0);
  assert_int_equal(out.outside[POLICY_LATE], 0);
}

static void out_of_order_is_below_the_watermark(void **state) {
  PolicyOutcome edge = {0}, moved = {0}, dropped = {0};
  assert_int_equal(judge(&adjust, 100, 100, 100, &edge), 100);
  assert_int_equal(judge(&adjust, 100, 99, 99, &moved), 100);
  assert_int_equal(moved.outside[POLICY_OUT_OF_ORDER], 1);
  assert_int_equal(judge(&dropping, 100, 99, 99, &dropped), TICKS_MIN);
  assert_int_equal(dropped.furthest[POLICY_OUT_OF_ORDER], 1);
}

static void a_late_event_may_be_out_of_order_too(void **state) {
  PolicyOutcome out = {0};
  Ticks arrival = 100 * SECOND;
  assert_int_equal(judge(&adjust, 98 * SECOND, 50 * SECOND, arrival, &out), 98 * SECOND);
  assert_int_equal(out.outside[POLICY_LATE], 1);
  assert_int_equal(out.outside[POLICY_OUT_OF_ORDER], 1);
  assert_int_equal(out.adjusted, 1);
  assert_int_equal(out.largest_shift, 48 * SECOND);
}

static void the_scan_sees_the_order(void **state) {
  TimePolicy policy = {.late = -1, .out_of_order = 10};
  Ticks up[] = {100, 100, 130}, down[] = {100, 95, 130}, broken[] = {100, 89, 130};
  PolicyScan scan = policy_scan(&policy, 50, &(TimedEvents){.times = up, .rows = 3});
  assert_true(scan.clean && scan.ascending);
  assert_int_equal(scan.watermark, 120);
  scan = policy_scan(&policy, 50, &(TimedEvents){.times = down, .rows = 3});
  assert_true(scan.clean && !scan.ascending);
  scan = policy_scan(&policy, 50, &(TimedEvents){.times = broken, .rows = 3});
  assert_true(!scan.clean);
}

/* After policy_apply nothing is left to do: the same batch scans clean, with the same watermark. */
static void corrected_events_are_clean(void **state) {
  Random random = {11};
  for (int round = 0; round < 3000; round++) {
    enum { ROWS = 50 };
    TimePolicy policy = {.late = random_below(&random, 5) ? (Ticks)random_below(&random, 30) : -1,
                         .out_of_order = random_below(&random, 3) ? random_below(&random, 30) : 0};
    Ticks times[ROWS], arrivals[ROWS], w = 400 + random_below(&random, 100);
    for (int i = 0; i < ROWS; i++) {
      arrivals[i] = 500 + i;
      times[i] = 500 + i - (Ticks)random_below(&random, 60);
    }
    TimedEvents events = {.times = times, .arrivals = arrivals, .rows = ROWS};
    PolicyOutcome out = {0};
    Ticks after = policy_apply(&policy, w, &events, &out);
    PolicyScan scan = policy_scan(&policy, w, &events);
    assert_true(scan.clean);
    assert_int_equal(scan.watermark, after);
    if (policy.out_of_order == 0) assert_true(scan.ascending);
    assert_int_equal(out.drops.len, 0);
    policy_outcome_release(&out);
  }
}

static void clamps_arrivals(void **state) {
  Column *col = column_new(COL_DATETIME, 5);
  memcpy(col->data, (Ticks[]){0, 20, 10, 30, 25}, 5 * sizeof(Ticks));
  column_set_null(col, 0);
  Ticks out[5], largest = TICKS_MIN;
  arrivals_clamp(col, NULL, 5, &largest, out);
  assert_memory_equal(out, ((Ticks[]){TICKS_MIN, 20, 20, 30, 30}), sizeof out);
  assert_int_equal(largest, 30);
  Value start = value_datetime(25);
  Column *constant = column_constant(&start, 5, false);
  arrivals_clamp(constant, NULL, 5, &largest, out);
  assert_memory_equal(out, ((Ticks[]){30, 30, 30, 30, 30}), sizeof out);
  Column *nothing = column_new(COL_NULL, 5);
  arrivals_clamp(nothing, NULL, 5, &largest, out);
  assert_int_equal(out[4], 30);
  column_unref(nothing);
  column_unref(constant);
  column_unref(col);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(early_is_more_than_five_minutes), cmocka_unit_test(late_is_more_than_the_tolerance),
      cmocka_unit_test(unlimited_lateness_is_no_lateness), cmocka_unit_test(out_of_order_is_below_the_watermark),
      cmocka_unit_test(a_late_event_may_be_out_of_order_too), cmocka_unit_test(the_scan_sees_the_order),
      cmocka_unit_test(corrected_events_are_clean), cmocka_unit_test(clamps_arrivals)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
