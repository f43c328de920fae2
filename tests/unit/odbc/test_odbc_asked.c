/* test_odbc_asked.c: where the times of a load go in the text of a query, and where they do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "connectors/odbc/odbc_asked.h"

static Arena arena;

static const char *asked(const char *sql) {
  Ticks now, since;
  assert_true(datetime_parse("2026-01-02T03:04:05.1234567Z", 28, &now));
  assert_true(datetime_parse("2025-12-31T23:59:59Z", 20, &since));
  return sql_with_times(&arena, str_from(sql), now, since).ptr;
}

static void names_become_literals(void **state) {
  (void)state;
  assert_string_equal(asked("SELECT @snapshotTime"), "SELECT '2026-01-02 03:04:05.123456'");
  assert_string_equal(asked("changed BETWEEN @DELTASTARTTIME AND @deltaendtime;"),
                      "changed BETWEEN '2025-12-31 23:59:59.000000' AND '2026-01-02 03:04:05.123456';");
  assert_string_equal(asked("(@deltaStartTime)"), "('2025-12-31 23:59:59.000000')");
  assert_string_equal(asked(""), "");
}

static void other_text_stays(void **state) {
  (void)state;
  const char *const same[] = {
    "SELECT '@snapshotTime', \"@snapshotTime\", [@snapshotTime], `@snapshotTime`",
    "SELECT 'it''s @snapshotTime' -- @snapshotTime",
    "/* @snapshotTime */ SELECT 1 /*@snapshotTime",
    "SELECT @snapshotTimes, @@snapshotTime, a@snapshotTime, @other, @",
    "SELECT 'open @snapshotTime",
  };
  for (size_t i = 0; i < sizeof same / sizeof *same; i++) assert_string_equal(asked(same[i]), same[i]);
  assert_string_equal(asked("-- note\n@snapshotTime/**/@snapshotTime"),
                      "-- note\n'2026-01-02 03:04:05.123456'/**/'2026-01-02 03:04:05.123456'");
}

static int open_arena(void **state) {
  (void)state;
  arena_init(&arena);
  return 0;
}

static int close_arena(void **state) {
  (void)state;
  arena_release(&arena);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(names_become_literals),
    cmocka_unit_test(other_text_stays),
  };
  return cmocka_run_group_tests(tests, open_arena, close_arena);
}
