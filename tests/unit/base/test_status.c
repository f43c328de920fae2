/* test_status.c: errors of the world and exit statuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>
#include "base/status.h"

static void an_error_is_filled_and_returned(void **state) {
  Error err;
  memset(&err, 0xaa, sizeof err);
  assert_int_equal(error_set(&err, STATUS_WORLD, "orders", "broker %s does not answer", "b1"), STATUS_WORLD);
  assert_int_equal(err.status, STATUS_WORLD);
  assert_string_equal(err.who, "orders");
  assert_string_equal(err.message, "broker b1 does not answer");
  assert_string_equal(err.hint, "");
  assert_false(err.retriable);
  assert_int_equal(error_hint(&err, "start %s", "it"), STATUS_WORLD);
  assert_string_equal(err.hint, "start it");
}

static void long_texts_are_cut(void **state) {
  Error err;
  char lengthy[5000];
  memset(lengthy, 'x', sizeof lengthy);
  lengthy[sizeof lengthy - 1] = 0;
  error_set(&err, STATUS_CONFIG, lengthy, "%s", lengthy);
  error_hint(&err, "%s", lengthy);
  assert_int_equal(strlen(err.who), sizeof err.who - 1);
  assert_int_equal(strlen(err.message), sizeof err.message - 1);
  assert_int_equal(strlen(err.hint), sizeof err.hint - 1);
}

static void nobody_has_to_listen(void **state) {
  assert_int_equal(error_set(NULL, STATUS_DATA, "x", "y"), STATUS_DATA);
  Error err;
  assert_int_equal(error_set(&err, STATUS_DATA, NULL, "y"), STATUS_DATA);
  assert_string_equal(err.who, "");
}

static void exit_codes(void **state) {
  static const struct { Status status; int code; } rows[] = {
      {STATUS_OK, 0},   {STATUS_CANCELLED, 0}, {STATUS_DIAGNOSED, 1},
      {STATUS_DATA, 1}, {STATUS_CONFIG, 2},    {STATUS_WORLD, 3},
  };
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_int_equal(status_exit_code(rows[i].status), rows[i].code);
}

static Status fails_early(Status first, int *reached) {
  TRY(first);
  *reached = 1;
  return STATUS_OK;
}

static void try_returns_early(void **state) {
  int reached = 0;
  assert_int_equal(fails_early(STATUS_DATA, &reached), STATUS_DATA);
  assert_int_equal(reached, 0);
  assert_int_equal(fails_early(STATUS_OK, &reached), STATUS_OK);
  assert_int_equal(reached, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_error_is_filled_and_returned),
      cmocka_unit_test(long_texts_are_cut),
      cmocka_unit_test(nobody_has_to_listen),
      cmocka_unit_test(exit_codes),
      cmocka_unit_test(try_returns_early),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
