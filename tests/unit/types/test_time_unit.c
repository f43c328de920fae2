/* test_time_unit.c: names and lengths of time units. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "types/datetime.h"

static void every_spelling(void **state) {
  static const struct { const char *names; TimeUnit unit; } rows[] = {
      {"year yy yyyy", UNIT_YEAR},
      {"quarter qq q", UNIT_QUARTER},
      {"month mm m", UNIT_MONTH},
      {"dayofyear dy y", UNIT_DAYOFYEAR},
      {"day dd d", UNIT_DAY},
      {"week wk ww", UNIT_WEEK},
      {"weekday dw w", UNIT_WEEKDAY},
      {"hour hh HOUR Hh", UNIT_HOUR},
      {"minute mi n", UNIT_MINUTE},
      {"second ss s", UNIT_SECOND},
      {"millisecond ms", UNIT_MILLISECOND},
      {"microsecond mcs", UNIT_MICROSECOND},
      {"nanosecond ns", UNIT_NANOSECOND},
      {"TZoffset tz", UNIT_TZOFFSET},
      {"ISO_WEEK isowk isoww", UNIT_ISOWEEK},
  };
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
    Str rest = str_from(rows[i].names), name;
    for (bool more = true; more;) {
      TimeUnit unit = UNIT_COUNT;
      more = str_cut(rest, ' ', &name, &rest);
      assert_true(time_unit_from_name(name, &unit));
      assert_int_equal(unit, rows[i].unit);
    }
  }
}

static void other_words_are_no_units(void **state) {
  static const char *const rows[] = {"", "years", "h", "sec", "min", "mo", "us", "day "};
  TimeUnit unit;
  for (unsigned i = 0; i < 8; i++) assert_false(time_unit_from_name(str_from(rows[i]), &unit));
}

static void lengths(void **state) {
  static const struct { TimeUnit unit; Ticks ticks; } rows[] = {
      {UNIT_WEEK, INT64_C(6048000000000)}, {UNIT_DAY, INT64_C(864000000000)}, {UNIT_HOUR, INT64_C(36000000000)},
      {UNIT_MINUTE, 600000000}, {UNIT_SECOND, 10000000}, {UNIT_MILLISECOND, 10000}, {UNIT_MICROSECOND, 10},
      {UNIT_NANOSECOND, 0}, {UNIT_YEAR, 0}, {UNIT_QUARTER, 0}, {UNIT_MONTH, 0}, {UNIT_TZOFFSET, 0},
  };
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_int_equal(time_unit_ticks(rows[i].unit), rows[i].ticks);
}

static void candidates_are_the_full_names(void **state) {
  Str names[UNIT_COUNT];
  assert_int_equal(time_unit_candidates(names, 3), 3);
  assert_int_equal(time_unit_candidates(names, UNIT_COUNT), UNIT_COUNT);
  for (unsigned i = 0; i < UNIT_COUNT; i++) {
    TimeUnit unit = UNIT_COUNT;
    assert_true(time_unit_from_name(names[i], &unit));
    assert_int_equal(unit, i);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_spelling),
      cmocka_unit_test(other_words_are_no_units),
      cmocka_unit_test(lengths),
      cmocka_unit_test(candidates_are_the_full_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
