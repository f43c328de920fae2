/* test_calendar_days.c: YEAR, MONTH, DAY and the weekday of every day from 0001-01-01 to 9999-12-31, by the column,
** against the calendar of types/. */
#include "fn_test.h"

#include "types/datetime.h"

enum { DAYS = 3652059, ROWS = 4096 };

static Column *days_from(int64_t first) {
  Column *days = column_new(COL_DATETIME, ROWS);
  for (int64_t i = 0; i < ROWS; i++) {
    int64_t day = first + i < DAYS ? first + i : DAYS - 1;
    column_i64(days)[i] = day * TICKS_PER_DAY + (day % 2 ? TICKS_PER_DAY - 1 : 0);
  }
  return days;
}

/* unit_name NULL: the function takes the date alone. */
static void check_days(const char *name, const char *unit_name, TimeUnit unit) {
  FnTest test;
  RowFailures failures = {0};
  const ScalarFn *fn = scalar_fn_find(str_from(name));
  Value args[2] = {value_text(unit_name ? str_from(unit_name) : STR("")), value_datetime(0)};
  unsigned skip = unit_name ? 0 : 1;
  assert_int_equal(fn_test_begin(&test, fn, args + skip, 2 - skip, unit_name ? 1 : 0, TYPE_NULL), STATUS_OK);
  Column *constant = column_constant(&args[0], ROWS, true);
  for (int64_t first = 0; first < DAYS; first += ROWS) {
    Column *days = days_from(first), *columns[2] = {constant, days};
    row_failures_reset(&failures, ROWS);
    Column *out = fn->vec(&test.call, columns + skip, NULL, ROWS, &failures);
    for (uint32_t i = 0; i < ROWS; i++)
      if (column_i64(out)[i] != datetime_part(unit, column_i64(days)[i]))
        fail_msg("%s of day %lld is %lld", name, (long long)first + i, (long long)column_i64(out)[i]);
    column_unref(out);
    column_unref(days);
  }
  column_unref(constant);
  row_failures_release(&failures);
  fn_test_release(&test);
}

static void every_year(void **state) { check_days("YEAR", NULL, UNIT_YEAR); }
static void every_month(void **state) { check_days("MONTH", NULL, UNIT_MONTH); }
static void every_day(void **state) { check_days("DAY", NULL, UNIT_DAY); }
static void every_weekday(void **state) { check_days("DATEPART", "weekday", UNIT_WEEKDAY); }

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_year),
      cmocka_unit_test(every_month),
      cmocka_unit_test(every_day),
      cmocka_unit_test(every_weekday),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
