/* test_datetime.c: calendar parts, DATEADD, DATEDIFF, DATEPART and DATENAME. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "types/datetime.h"
#include "unit/types/random.h"

static Ticks at(const char *text) {
  Ticks ticks = -1;
  assert_true(datetime_parse(text, strlen(text), &ticks));
  return ticks;
}

/* Walks every day of the calendar by counting, the slow and obvious way. */
static void every_day_splits_and_joins(void **state) {
  static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  DateParts want = {.year = 1, .month = 1, .day = 1, .weekday = 2, .yearday = 1}, got;
  for (Ticks ticks = 0; ticks <= TICKS_LAST; ticks += TICKS_PER_DAY) {
    Ticks back;
    datetime_split(ticks, &got);
    assert_memory_equal(&got, &want, sizeof got);
    assert_true(datetime_join(&want, &back));
    assert_int_equal(back, ticks);
    bool leap = want.year % 400 == 0 || (want.year % 4 == 0 && want.year % 100 != 0);
    want.weekday = want.weekday % 7 + 1;
    want.yearday++;
    if (want.day++ < lengths[want.month - 1] + (leap && want.month == 2)) continue;
    want.day = 1;
    if (want.month++ < 12) continue;
    want.month = want.yearday = 1;
    want.year++;
  }
  assert_int_equal(want.year, 10000);
}

static void times_of_day_split(void **state) {
  DateParts parts;
  datetime_split(at("2026-03-14T23:59:58.7654321Z"), &parts);
  assert_int_equal(parts.hour, 23);
  assert_int_equal(parts.minute, 59);
  assert_int_equal(parts.second, 58);
  assert_int_equal(parts.ticks, 7654321);
  assert_int_equal(parts.weekday, 7);
  assert_int_equal(parts.yearday, 73);
}

static void join_refuses_what_no_calendar_has(void **state) {
  static const DateParts rows[] = {
      {0, 1, 1}, {10000, 1, 1}, {2026, 0, 1}, {2026, 13, 1}, {2026, 2, 29}, {2026, 4, 31}, {2026, 1, 0}, {2026, 1, 32},
      {2026, 1, 1, 24}, {2026, 1, 1, -1}, {2026, 1, 1, 0, 60}, {2026, 1, 1, 0, 0, 60}, {2026, 1, 1, 0, 0, 0, 10000000},
      {2026, 1, 1, 0, 0, 0, -1}, {-5, 1, 1},
  };
  Ticks ticks;
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) assert_false(datetime_join(&rows[i], &ticks));
}

static void adding(void **state) {
  static const struct { TimeUnit unit; int64_t count; const char *from, *expected; } rows[] = {
      {UNIT_YEAR, 1, "2024-02-29", "2025-02-28"}, {UNIT_YEAR, 4, "2024-02-29", "2028-02-29"},
      {UNIT_QUARTER, 1, "2025-11-30", "2026-02-28"}, {UNIT_MONTH, 1, "2024-01-31", "2024-02-29"},
      {UNIT_MONTH, -1, "2026-03-31", "2026-02-28"}, {UNIT_MONTH, -14, "2026-01-31", "2024-11-30"},
      {UNIT_DAY, 3, "2026-12-30", "2027-01-02"}, {UNIT_DAYOFYEAR, 1, "2026-12-31", "2027-01-01"},
      {UNIT_WEEKDAY, -1, "2026-01-01", "2025-12-31"}, {UNIT_WEEK, -1, "2026-03-01", "2026-02-22"},
      {UNIT_ISOWEEK, 1, "2026-03-01", "2026-03-08"}, {UNIT_HOUR, 25, "2026-01-01", "2026-01-02T01:00"},
      {UNIT_MINUTE, -1, "2026-01-01", "2025-12-31T23:59"}, {UNIT_SECOND, 86400, "2026-01-01", "2026-01-02"},
      {UNIT_MILLISECOND, 1, "2026-01-01", "2026-01-01T00:00:00.001"},
      {UNIT_MICROSECOND, 1, "2026-01-01", "2026-01-01T00:00:00.000001"},
      {UNIT_NANOSECOND, 199, "2026-01-01", "2026-01-01T00:00:00.0000001"},
      {UNIT_NANOSECOND, -199, "2026-01-01T00:00:01", "2026-01-01T00:00:00.9999999"},
      {UNIT_MONTH, 1, "2026-01-31T12:34:56.7654321", "2026-02-28T12:34:56.7654321"},
      {UNIT_YEAR, 9998, "0001-01-01", "9999-01-01"}, {UNIT_MONTH, -9999 * 12 + 1, "9999-12-31", "0001-01-31"},
  };
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
    Ticks sum;
    assert_true(datetime_add(at(rows[i].from), rows[i].unit, rows[i].count, &sum));
    assert_int_equal(sum, at(rows[i].expected));
  }
}

static void adding_never_leaves_the_calendar(void **state) {
  Ticks sum = -7;
  for (TimeUnit unit = 0; unit < UNIT_COUNT; unit++) {
    int64_t reach = unit == UNIT_NANOSECOND ? 292 : 0; /* years that fit the count */
    assert_false(datetime_add(TICKS_LAST - reach * 365 * TICKS_PER_DAY, unit, INT64_MAX, &sum));
    assert_false(datetime_add(reach * 365 * TICKS_PER_DAY, unit, INT64_MIN, &sum));
    assert_false(datetime_add(TICKS_MAX, unit, -1, &sum));
    assert_false(datetime_add(TICKS_MIN, unit, 1, &sum));
  }
  assert_false(datetime_add(TICKS_LAST, UNIT_NANOSECOND, 100, &sum));
  assert_false(datetime_add(0, UNIT_SECOND, -1, &sum));
  assert_false(datetime_add(at("9999-12-01"), UNIT_MONTH, 1, &sum));
  assert_false(datetime_add(at("0001-12-01"), UNIT_YEAR, -1, &sum));
  assert_false(datetime_add(0, UNIT_TZOFFSET, 0, &sum));
  assert_int_equal(sum, -7);
}

static void differences_count_boundaries(void **state) {
  static const struct { TimeUnit unit; const char *a, *b; int64_t expected; } rows[] = {
      {UNIT_YEAR, "2025-12-31T23:59:59", "2026-01-01", 1}, {UNIT_YEAR, "2026-01-01", "2026-12-31", 0},
      {UNIT_QUARTER, "2025-12-31", "2026-04-01", 2}, {UNIT_MONTH, "2026-01-31T23:59:59", "2026-02-01", 1},
      {UNIT_DAY, "2026-01-01T23:59:59", "2026-01-02T00:00:01", 1}, {UNIT_DAY, "2026-01-01", "2026-01-01T23:59:59", 0},
      {UNIT_DAYOFYEAR, "2025-12-31", "2026-01-01", 1}, {UNIT_WEEKDAY, "2025-12-31", "2026-01-03", 3},
      {UNIT_WEEK, "2026-03-14T23:59:59", "2026-03-15", 1}, {UNIT_WEEK, "2026-03-15", "2026-03-21", 0},
      {UNIT_WEEK, "0001-01-01", "0001-01-07", 1}, {UNIT_ISOWEEK, "2026-03-15", "2026-03-16", 1},
      {UNIT_ISOWEEK, "2026-03-14", "2026-03-15", 0}, {UNIT_HOUR, "2026-01-01T10:59:59", "2026-01-01T11:00:01", 1},
      {UNIT_MINUTE, "2026-01-01T10:05:00", "2026-01-01T10:00:30", -5},
      {UNIT_SECOND, "2026-01-01T10:00:00.9", "2026-01-01T10:00:01.1", 1},
      {UNIT_MILLISECOND, "2026-01-01T10:00:00.0009", "2026-01-01T10:00:00.0011", 1},
      {UNIT_MICROSECOND, "0001-01-01", "9999-12-31T23:59:59.9999999", 315537897599999999},
      {UNIT_NANOSECOND, "2026-01-01", "2026-01-01T00:00:00.0000003", 300},
      {UNIT_YEAR, "9999-12-31", "0001-01-01", -9998},
  };
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
    int64_t count = 99, back = 99;
    assert_true(datetime_diff(rows[i].unit, at(rows[i].a), at(rows[i].b), &count));
    assert_int_equal(count, rows[i].expected);
    assert_true(datetime_diff(rows[i].unit, at(rows[i].b), at(rows[i].a), &back));
    assert_int_equal(back, -rows[i].expected);
  }
  int64_t count;
  assert_false(datetime_diff(UNIT_NANOSECOND, 0, TICKS_LAST, &count));
  assert_false(datetime_diff(UNIT_TZOFFSET, 0, 1, &count));
  assert_false(datetime_diff(UNIT_DAY, TICKS_MIN, 1, &count));
}

/* Adding n units crosses n boundaries, for every unit but those whose months clamp. */
static void adding_and_counting_agree(void **state) {
  Random random = {5};
  for (int i = 0; i < 100000; i++) {
    TimeUnit unit = (TimeUnit)random_below(&random, UNIT_TZOFFSET);
    Ticks from = (Ticks)random_below(&random, TICKS_LAST + 1), to;
    int64_t n = (int64_t)random_below(&random, 2000) - 1000, counted;
    if (unit == UNIT_NANOSECOND) n *= 100;
    if (!datetime_add(from, unit, n, &to)) continue;
    assert_true(datetime_diff(unit, from, to, &counted));
    assert_int_equal(counted, n);
  }
}

static void parts_and_names(void **state) {
  static const struct { TimeUnit unit; const char *at; int64_t part; const char *name; } rows[] = {
      {UNIT_YEAR, "2026-12-28T21:07:09.4567891", 2026, "2026"},
      {UNIT_QUARTER, "2026-12-28", 4, "4"},
      {UNIT_QUARTER, "2026-03-31", 1, "1"},
      {UNIT_MONTH, "2026-12-28", 12, "December"},
      {UNIT_MONTH, "2026-01-28", 1, "January"},
      {UNIT_DAYOFYEAR, "2024-12-31", 366, "366"},
      {UNIT_DAY, "2026-12-28", 28, "28"},
      {UNIT_WEEK, "2026-01-03", 1, "1"},
      {UNIT_WEEK, "2026-01-04", 2, "2"},
      {UNIT_WEEK, "2000-12-31", 54, "54"},
      {UNIT_WEEK, "0001-01-01", 1, "1"},
      {UNIT_WEEKDAY, "2026-03-15", 1, "Sunday"},
      {UNIT_WEEKDAY, "2026-03-14", 7, "Saturday"},
      {UNIT_HOUR, "2026-12-28T21:07:09", 21, "21"},
      {UNIT_MINUTE, "2026-12-28T21:07:09", 7, "7"},
      {UNIT_SECOND, "2026-12-28T21:07:09", 9, "9"},
      {UNIT_MILLISECOND, "2026-12-28T21:07:09.4567891", 456, "456"},
      {UNIT_MICROSECOND, "2026-12-28T21:07:09.4567891", 456789, "456789"},
      {UNIT_NANOSECOND, "2026-12-28T21:07:09.4567891", 456789100, "456789100"},
      {UNIT_ISOWEEK, "2026-01-01", 1, "1"},
      {UNIT_ISOWEEK, "2027-01-01", 53, "53"},
      {UNIT_ISOWEEK, "2024-12-30", 1, "1"},
      {UNIT_ISOWEEK, "2026-12-31", 53, "53"},
      {UNIT_ISOWEEK, "0001-01-01", 1, "1"},
      {UNIT_ISOWEEK, "9999-12-31", 52, "52"},
      {UNIT_TZOFFSET, "2026-12-28", 0, "+00:00"},
  };
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
    StrBuf name = {0};
    assert_int_equal(datetime_part(rows[i].unit, at(rows[i].at)), rows[i].part);
    datetime_name(rows[i].unit, at(rows[i].at), &name);
    assert_string_equal(name.ptr, rows[i].name);
    strbuf_release(&name);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_day_splits_and_joins),
      cmocka_unit_test(times_of_day_split),
      cmocka_unit_test(join_refuses_what_no_calendar_has),
      cmocka_unit_test(adding),
      cmocka_unit_test(adding_never_leaves_the_calendar),
      cmocka_unit_test(differences_count_boundaries),
      cmocka_unit_test(adding_and_counting_agree),
      cmocka_unit_test(parts_and_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
