/* test_json_text.c: JSON strings in and out, minifying. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/mem.h"
#include "types/json.h"
#include "unit/types/random.h"

typedef struct Pair { const char *in, *out; } Pair;

static void check(void (*put)(StrBuf *, Str), const char *in, const char *expected) {
  StrBuf out = {0};
  Str text = str_from(in);
  char *copy = mem_dup(text.ptr, text.len); /* exactly as long, for the sanitizer */
  put(&out, (Str){copy, text.len});
  assert_string_equal(strbuf_str(&out).ptr, expected);
  strbuf_release(&out);
  mem_free(copy);
}

static void strings_are_escaped(void **state) {
  static const Pair rows[] = {
      {"", "\"\""},
      {"plain", "\"plain\""},
      {"a longer plain text of many bytes", "\"a longer plain text of many bytes\""},
      {"\"", "\"\\\"\""},
      {"\\", "\"\\\\\""},
      {"/", "\"/\""},
      {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
      {"\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\""},
      {"1234567\"", "\"1234567\\\"\""},
      {"12345678\"9", "\"12345678\\\"9\""},
      {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""},
      {"a\xff"
       "b",
       "\"a\xef\xbf\xbd"
       "b\""},
      {"\xc3", "\"\xef\xbf\xbd\""},
      {"\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
      {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
      {"\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
      {"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
      {"\xf0\x8f\xbf\xbf", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
  };
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) check(json_put_string, rows[i].in, rows[i].out);
}

static void blanks_are_dropped(void **state) {
  static const Pair rows[] = {
      {"", ""},
      {" 1 ", "1"},
      {"{ \"a b\" : [ 1 ,\t2 ] ,\r\n\"c\":\" x \" }", "{\"a b\":[1,2],\"c\":\" x \"}"},
      {"[\"\\\" \\\\\", 1]", "[\"\\\" \\\\\",1]"},
      {"[\"a\nb\"]", "[\"a\\nb\"]"},
      {"[\"open ", "[\"open "},
      {"[\"a\\", "[\"a\\"},
      {"[\"a\\\nb\"]", "[\"a\\\\nb\"]"},
  };
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) check(json_put_minified, rows[i].in, rows[i].out);
}

static void unescaping(void **state) {
  static const Pair good[] = {
      {"", ""},
      {"plain", "plain"},
      {"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
      {"\\u0041\\u00e4\\u20ac", "A\xc3\xa4\xe2\x82\xac"},
      {"\\ud83d\\ude00", "\xf0\x9f\x98\x80"},
      {"\\uD83D\\uDE00", "\xf0\x9f\x98\x80"},
      {"\\ud83d", "\xef\xbf\xbd"},
      {"\\ude00x", "\xef\xbf\xbdx"},
      {"\\ud83d\\u0041",
       "\xef\xbf\xbd"
       "A"},
      {"\\ud83d\\ud83d\\ude00", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
      {"\\uffff", "\xef\xbf\xbf"},
  };
  static const char *const bad[] = {"\\", "\\x", "a\\", "\\u", "\\u12", "\\u12g4", "\\ud83d\\u12", "\\U0041"};
  StrBuf out = {0};
  for (unsigned i = 0; i < sizeof good / sizeof *good; i++) {
    strbuf_clear(&out);
    assert_true(json_unescape(str_from(good[i].in), &out));
    assert_string_equal(strbuf_str(&out).ptr, good[i].out);
  }
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(json_unescape(str_from(bad[i]), &out));
  strbuf_release(&out);
}

/* What goes out is valid JSON, and comes back the same when it was UTF-8. */
static void random_bytes_come_back(void **state) {
  Random random = {31};
  StrBuf text = {0}, out = {0}, back = {0};
  for (int i = 0; i < 20000; i++) {
    strbuf_clear(&text);
    strbuf_clear(&out);
    strbuf_clear(&back);
    bool ascii = i % 2;
    for (uint64_t left = random_below(&random, 40); left; left--)
      strbuf_putc(&text, (char)random_below(&random, ascii ? 128 : 256));
    json_put_string(&out, strbuf_str(&text));
    assert_true(json_valid(strbuf_str(&out), NULL));
    assert_true(json_unescape((Str){out.ptr + 1, out.len - 2}, &back));
    if (ascii) assert_true(str_eq(strbuf_str(&text), strbuf_str(&back)));
  }
  strbuf_release(&text);
  strbuf_release(&out);
  strbuf_release(&back);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(strings_are_escaped),
      cmocka_unit_test(blanks_are_dropped),
      cmocka_unit_test(unescaping),
      cmocka_unit_test(random_bytes_come_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
