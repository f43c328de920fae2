/* test_window.c: alignment of windows, their names, and laws over random sizes, offsets and instants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "support/random_column.h"
#include "windows/window.h"

static Ticks at(const char *text) {
  Ticks ticks;
  assert_true(datetime_parse(text, strlen(text), &ticks));
  return ticks;
}

static WindowSpec tumbling(Ticks size, Ticks offset) {
  WindowSpec spec = {.kind = WINDOW_TUMBLING, .size = size, .offset = offset};
  window_normalise(&spec);
  return spec;
}

static WindowSpec hopping(Ticks size, Ticks hop, Ticks offset) {
  WindowSpec spec = {.kind = WINDOW_HOPPING, .size = size, .hop = hop, .offset = offset};
  window_normalise(&spec);
  return spec;
}

/* ---- ends ---- */

static void an_end_belongs_to_its_window(void **state) {
  WindowSpec ten = tumbling(10 * TICKS_PER_SECOND, 0);
  Ticks noon = at("2026-01-01T12:00:00Z");
  assert_int_equal(window_first_end(&ten, noon), noon);
  assert_int_equal(window_first_end(&ten, noon + 1), noon + 10 * TICKS_PER_SECOND);
  assert_int_equal(window_first_end(&ten, noon - 1), noon);
}

static void windows_align_to_midnight(void **state) {
  WindowSpec day = tumbling(TICKS_PER_DAY, 0), week = tumbling(7 * TICKS_PER_DAY, 0);
  assert_int_equal(window_first_end(&day, at("2026-02-03T10:00:00Z")), at("2026-02-04T00:00:00Z"));
  assert_int_equal(window_first_end(&week, 1), 7 * TICKS_PER_DAY); /* counted from 0001-01-01, a Monday */
}

static void an_offset_shifts_boundaries(void **state) {
  WindowSpec quarter = tumbling(TICKS_PER_HOUR, 15 * TICKS_PER_MINUTE);
  assert_int_equal(window_first_end(&quarter, at("2026-01-01T12:00:00Z")), at("2026-01-01T12:15:00Z"));
  assert_int_equal(window_first_end(&quarter, at("2026-01-01T12:15:01Z")), at("2026-01-01T13:15:00Z"));
}

static void offset_of_minus_a_millisecond_includes_the_start(void **state) {
  WindowSpec hour = tumbling(TICKS_PER_HOUR, -TICKS_PER_MILLISECOND);
  Ticks noon = at("2026-01-01T12:00:00Z"), end = at("2026-01-01T12:59:59.999Z");
  assert_int_equal(hour.offset, TICKS_PER_HOUR - TICKS_PER_MILLISECOND);
  assert_int_equal(window_first_end(&hour, noon), end);
  assert_int_equal(window_first_end(&hour, end), end);
}

static void a_snapshot_ends_where_it_is(void **state) {
  WindowSpec snapshot = {.kind = WINDOW_SNAPSHOT};
  assert_int_equal(window_first_end(&snapshot, 12345), 12345);
}

static void ends_stop_with_the_calendar(void **state) {
  WindowSpec odd = tumbling(7 * TICKS_PER_HOUR, 0), wide = tumbling(7 * TICKS_PER_DAY, 3);
  assert_int_equal(window_first_end(&odd, TICKS_LAST), TICKS_MAX);
  assert_int_equal(window_first_end(&wide, INT64_MAX - 5), TICKS_MAX);
  Ticks first = window_first_end(&wide, INT64_MIN);
  assert_true(first - INT64_MIN < 7 * TICKS_PER_DAY);
}

/* A random length up to seven days, as often short as long. */
static Ticks random_length(Random *random) {
  static const Ticks scales[] = {3, 100, TICKS_PER_MILLISECOND, TICKS_PER_MINUTE, WINDOW_SIZE_MAX};
  return 1 + (Ticks)(random_u64(random) % (uint64_t)scales[random_below(random, 5)]);
}

static void holds_for_random_windows(void **state) {
  Random random = {1};
  for (int round = 0; round < 200000; round++) {
    Ticks size = random_length(&random), hop = random_length(&random);
    Ticks offset = random_length(&random) * (random_below(&random, 2) ? 1 : -1);
    WindowSpec spec = random_below(&random, 2) ? tumbling(size, offset) : hopping(size, hop, offset);
    Ticks t = (Ticks)(random_u64(&random) % (uint64_t)TICKS_LAST) - (random_below(&random, 2) ? TICKS_LAST / 2 : 0);
    if (random_below(&random, 4) == 0) t = (Ticks)random_below(&random, 20) - 10;
    Ticks end = window_first_end(&spec, t);
    if (end == TICKS_MAX) continue;
    assert_true(end >= t && end - spec.hop < t);                      /* the first end at or after t */
    assert_int_equal((__int128)(end - offset) % spec.hop, 0);         /* aligned, the offset as it was written */
    assert_int_equal(window_first_end(&spec, end), end);              /* an end is its own first end */
    assert_true(window_first_end(&spec, end + 1) == end + spec.hop || end + spec.hop > TICKS_LAST);
    if (spec.kind == WINDOW_TUMBLING) assert_true(end - spec.size < t); /* t is in (end - size, end] */
    assert_true(spec.offset >= 0 && spec.offset < spec.hop);
  }
}

/* ---- panes ---- */

static void panes_divide_size_and_hop(void **state) {
  WindowSpec hop = hopping(60 * TICKS_PER_SECOND, 25 * TICKS_PER_SECOND, 0);
  assert_int_equal(window_pane(&hop), 5 * TICKS_PER_SECOND);
  WindowSpec plain = tumbling(10 * TICKS_PER_SECOND, 0);
  assert_int_equal(window_pane(&plain), 10 * TICKS_PER_SECOND);
  WindowSpec gaps = hopping(2 * TICKS_PER_SECOND, 10 * TICKS_PER_SECOND, 0);
  assert_int_equal(window_pane(&gaps), 2 * TICKS_PER_SECOND);
}

/* Every window is made of whole panes: both of its bounds are pane boundaries. */
static void panes_meet_the_bounds_of_windows(void **state) {
  Random random = {2};
  for (int round = 0; round < 20000; round++) {
    Ticks unit = random_length(&random) % TICKS_PER_SECOND + 1;
    WindowSpec spec = hopping(unit * (1 + random_below(&random, 20)), unit * (1 + random_below(&random, 20)),
                              random_length(&random));
    WindowSpec panes = tumbling(window_pane(&spec), spec.offset);
    Ticks end = window_first_end(&spec, (Ticks)(random_u64(&random) % (uint64_t)(TICKS_LAST / 2)));
    assert_int_equal(window_first_end(&panes, end), end);
    assert_int_equal(window_first_end(&panes, end - spec.size), end - spec.size);
  }
}

/* ---- names and words ---- */

static void windows_are_found_by_both_names(void **state) {
  assert_int_equal(window_class_find(STR("tumblingWINDOW"))->kind, WINDOW_TUMBLING);
  assert_int_equal(window_class_find(STR("Hopping"))->kind, WINDOW_HOPPING);
  assert_int_equal(window_class_find(STR("session"))->kind, WINDOW_SESSION);
  assert_int_equal(window_class_find(STR("SlidingWindow"))->kind, WINDOW_SLIDING);
  assert_null(window_class_find(STR("Window")));
  assert_null(window_class_find(STR("")));
  assert_null(window_class_find(STR("TumblingWindows")));
  assert_null(window_class_find(STR("Snapshot"))); /* its spelling is System.Timestamp() */
}

static void every_kind_has_a_row(void **state) {
  for (unsigned kind = 0; kind < WINDOW_KINDS; kind++) {
    const WindowClass *cls = window_class((WindowKind)kind);
    assert_int_equal(cls->kind, kind);
    assert_true(cls->args_min <= cls->args_len);
    assert_true(cls->doc && cls->signature && cls->example);
  }
}

static void assert_described(const WindowSpec *spec, const char *wanted) {
  StrBuf out = {0};
  window_describe(spec, &out);
  assert_string_equal(out.ptr, wanted);
  strbuf_release(&out);
}

static void windows_describe_themselves(void **state) {
  WindowSpec ten = tumbling(10 * TICKS_PER_SECOND, TICKS_PER_SECOND);
  WindowSpec hop = hopping(TICKS_PER_MINUTE, 5 * TICKS_PER_SECOND, 0);
  assert_described(&ten, "tumbling 10s offset 1s");
  assert_described(&hop, "hopping 1m every 5s");
  assert_described(&(WindowSpec){.kind = WINDOW_SLIDING, .size = TICKS_PER_SECOND}, "sliding 1s");
  assert_described(&(WindowSpec){.kind = WINDOW_SESSION, .size = TICKS_PER_SECOND}, "session timeout 1s");
  assert_described(&(WindowSpec){.kind = WINDOW_SESSION, .size = TICKS_PER_SECOND, .longest = TICKS_PER_HOUR},
                   "session timeout 1s at most 1h");
  assert_described(&(WindowSpec){.kind = WINDOW_SNAPSHOT}, "snapshot");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_end_belongs_to_its_window), cmocka_unit_test(windows_align_to_midnight),
      cmocka_unit_test(an_offset_shifts_boundaries),
      cmocka_unit_test(offset_of_minus_a_millisecond_includes_the_start),
      cmocka_unit_test(a_snapshot_ends_where_it_is), cmocka_unit_test(ends_stop_with_the_calendar),
      cmocka_unit_test(holds_for_random_windows), cmocka_unit_test(panes_divide_size_and_hop),
      cmocka_unit_test(panes_meet_the_bounds_of_windows), cmocka_unit_test(windows_are_found_by_both_names),
      cmocka_unit_test(every_kind_has_a_row), cmocka_unit_test(windows_describe_themselves)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
