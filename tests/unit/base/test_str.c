/* test_str.c: text views and the growing buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/str.h"

static void comparing(void **state) {
  assert_true(str_eq(STR("a"), STR("a")));
  assert_false(str_eq(STR("a"), STR("A")));
  assert_false(str_eq(STR("a"), STR("ab")));
  assert_true(str_eq((Str){NULL, 0}, STR("")));
  assert_true(str_eq_nocase(STR("TumblingWindow"), STR("tumblingWINDOW")));
  assert_false(str_eq_nocase(STR("[a"), STR("{a"))); /* 32 apart, but no letters */
  assert_false(str_eq_nocase(STR("\xc3\x84"), STR("\xc3\xa4")));
  assert_true(str_cmp(STR("a"), STR("b")) < 0);
  assert_true(str_cmp(STR("a"), STR("ab")) < 0);
  assert_true(str_cmp(STR("\xc3"), STR("z")) > 0);
  assert_int_equal(str_cmp(STR(""), (Str){NULL, 0}), 0);
}

static void looking_at_the_ends(void **state) {
  assert_true(str_starts(STR("query.asaql"), STR("query")));
  assert_false(str_starts(STR("que"), STR("query")));
  assert_true(str_ends(STR("query.asaql"), STR(".asaql")));
  assert_false(str_ends(STR("asaql"), STR(".asaql")));
  assert_true(str_starts_nocase(STR("Query"), STR("qUERY")));
  assert_true(str_ends_nocase(STR("x.JSON"), STR(".json")));
  assert_true(str_starts(STR("x"), STR("")));
}

static void cutting(void **state) {
  Str before, after;
  assert_true(str_cut(STR("a=b=c"), '=', &before, &after));
  assert_true(str_eq(before, STR("a")) && str_eq(after, STR("b=c")));
  assert_false(str_cut(STR("abc"), '=', &before, &after));
  assert_true(str_eq(before, STR("abc")) && after.len == 0);
  assert_true(str_eq(str_trim(STR(" \t a b \r\n")), STR("a b")));
  assert_int_equal(str_trim(STR("  ")).len, 0);
  assert_true(str_eq(str_sub(STR("abcdef"), 2, 4), STR("cd")));
  assert_true(str_eq(str_sub(STR("abc"), 2, 99), STR("c")));
  assert_int_equal(str_sub(STR("abc"), 99, 1).len, 0);
  assert_int_equal(str_find_char(STR("abc"), 'c'), 2);
  assert_int_equal(str_find_char(STR(""), 'c'), -1);
}

static void numbers(void **state) {
  int64_t i;
  uint64_t u;
  assert_true(str_to_i64(STR("-9223372036854775808"), &i) && i == INT64_MIN);
  assert_true(str_to_i64(STR("+9223372036854775807"), &i) && i == INT64_MAX);
  assert_false(str_to_i64(STR("9223372036854775808"), &i));
  assert_false(str_to_i64(STR("-9223372036854775809"), &i));
  assert_true(str_to_u64(STR("18446744073709551615"), &u) && u == UINT64_MAX);
  assert_false(str_to_u64(STR("18446744073709551616"), &u));
  static const char *const bad[] = {"", "-", "+", " 1", "1 ", "1.0", "0x1", "--1"};
  for (unsigned k = 0; k < 8; k++) assert_false(str_to_i64(str_from(bad[k]), &i));
  assert_false(str_to_u64(STR("-1"), &u));
}

static void distances(void **state) {
  assert_int_equal(str_distance(STR("sitting"), STR("kitten")), 3);
  assert_int_equal(str_distance(STR("COUNT"), STR("count")), 0);
  assert_int_equal(str_distance(STR(""), STR("abc")), 3);
  assert_int_equal(str_distance(STR("abc"), STR("acb")), 2);
  char lengthy[200];
  memset(lengthy, 'x', sizeof lengthy);
  assert_int_equal(str_distance((Str){lengthy, 200}, (Str){lengthy, 64}), 0); /* cut at 64 */
}

static void the_buffer_grows_and_ends_in_nul(void **state) {
  StrBuf buf = {0};
  assert_true(str_eq(strbuf_str(&buf), STR("")));
  for (int i = 0; i < 1000; i++) {
    strbuf_putc(&buf, 'a');
    assert_int_equal(buf.len, (size_t)i + 1);
    assert_int_equal(buf.ptr[buf.len], 0);
  }
  strbuf_clear(&buf);
  assert_string_equal(buf.ptr, "");
  strbuf_puts(&buf, "one");
  strbuf_put_str(&buf, STR(" two"));
  strbuf_append(&buf, NULL, 0);
  strbuf_printf(&buf, " %d %s", 3, "four");
  assert_string_equal(buf.ptr, "one two 3 four");
  strbuf_printf(&buf, "%0300d", 1);
  assert_int_equal(buf.len, 14 + 300);
  strbuf_release(&buf);
  strbuf_clear(&buf);
  assert_null(buf.ptr);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(comparing),
      cmocka_unit_test(looking_at_the_ends),
      cmocka_unit_test(cutting),
      cmocka_unit_test(numbers),
      cmocka_unit_test(distances),
      cmocka_unit_test(the_buffer_grows_and_ends_in_nul),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
