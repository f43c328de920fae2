/* test_ascii_case.c: UPPER and LOWER of ASCII work on eight letters at a time: every character at every place of texts
** of every length up to 20, among letters next to the edges of the alphabet. */
#include "fn_test.h"

#include <ctype.h>

static const char neighbours[] = "@AZ[`az{mM\x7f\x01";

static void check_text(FnTest *test, const char *text, size_t len, int (*to)(int)) {
  Value arg = value_text((Str){text, len}), out;
  assert_true(fn_test_row(test, &arg, &out));
  Str got = text_str(&out.text);
  assert_int_equal(got.len, len);
  for (size_t i = 0; i < len; i++) assert_int_equal(got.ptr[i], to((unsigned char)text[i]));
}

static void check_all(const char *name, int (*to)(int)) {
  FnTest test;
  Value arg = value_text(STR(""));
  char text[20];
  assert_int_equal(fn_test_begin(&test, scalar_fn_find(str_from(name)), &arg, 1, 0, TYPE_NULL), STATUS_OK);
  for (size_t len = 1; len <= sizeof text; len++)
    for (size_t at = 0; at < len; at++)
      for (int c = 0; c < 128; c++) {
        for (size_t i = 0; i < len; i++) text[i] = neighbours[(i + (size_t)c) % (sizeof neighbours - 1)];
        text[at] = (char)c;
        check_text(&test, text, len, to);
      }
  fn_test_release(&test);
}

static void upper_of_ascii(void **state) { check_all("UPPER", toupper); }
static void lower_of_ascii(void **state) { check_all("LOWER", tolower); }

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(upper_of_ascii), cmocka_unit_test(lower_of_ascii)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
