/* test_json_valid.c: the grammar of RFC 8259. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/mem.h"
#include "types/json.h"

static bool valid(const char *text, size_t len, size_t *error_at) {
  char *copy = mem_dup(text, len); /* exactly as long, for the sanitizer */
  bool ok = json_valid((Str){copy, len}, error_at);
  mem_free(copy);
  return ok;
}

static void valid_texts(void **state) {
  static const char *const rows[] = {
      "1",
      " -0.5e+10 ",
      "0",
      "-0",
      "1E5",
      "1e05",
      "\"\"",
      "\"a\\u00e4\\n\"",
      "\"\xc3\xa4\xf0\x9f\x98\x80\"",
      "true",
      "false",
      "null",
      "[]",
      "{}",
      "[1,2,[3,{}],{\"a\":[]}]",
      "{\"a\":1,\"a\":2,\"\":{}}",
      "\t\r\n [ 1 , 2 ] ",
      "\"\x7f\"",
      "\"\\/\"",
      "[[[[[]]]],{}]",
      "{\"a\":{\"b\":{}},\"c\":[]}",
  };
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) assert_true(valid(rows[i], strlen(rows[i]), NULL));
}

static void invalid_texts(void **state) {
  static const struct { const char *text; size_t error_at; } rows[] = {
      {"", 0},
      {" ", 1},
      {"01", 1},
      {"1.", 0},
      {".5", 0},
      {"+1", 0},
      {"1e", 0},
      {"-", 0},
      {"nul", 0},
      {"truE", 0},
      {"NaN", 0},
      {"[1,]", 3},
      {"[,1]", 1},
      {"[1 2]", 3},
      {"[1", 2},
      {"[", 1},
      {"]", 0},
      {"{", 1},
      {"{\"a\"}", 4},
      {"{\"a\":}", 5},
      {"{\"a\":1,}", 7},
      {"{a:1}", 1},
      {"{\"a\":1]", 6},
      {"[1}", 2},
      {"1 2", 2},
      {"{} x", 3},
      {"\"a", 2},
      {"\"\\x\"", 1},
      {"\"\\u12g4\"", 1},
      {"\"\\u1\"", 1},
      {"\"a\nb\"", 2},
      {"\"\x80\"", 1},
      {"\"\xc3\"", 1},
      {"\"\xc0\x80\"", 1},
      {"\"\xed\xa0\x80\"", 1},
      {"\"\xf5\x80\x80\x80\"", 1},
      {"\"\xe0\x80\x80\"", 1},
      {"'a'", 0},
      {"// c\n1", 0},
      {"\xef\xbb\xbf"
       "1",
       0},
      {"\v1", 0},
      {"[1]]", 3},
  };
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
    size_t error_at = 999;
    assert_false(valid(rows[i].text, strlen(rows[i].text), &error_at));
    assert_int_equal(error_at, rows[i].error_at);
  }
  assert_false(valid("\"\0\"", 3, NULL));
  assert_false(valid("\"\\\0\"", 4, NULL));
}

static void nesting_has_a_limit(void **state) {
  StrBuf text = {0};
  for (int depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
    strbuf_clear(&text);
    for (int i = 0; i < depth; i++) strbuf_puts(&text, i % 2 ? "[" : "{\"a\":");
    strbuf_putc(&text, '1');
    for (int i = depth; i-- > 0;) strbuf_putc(&text, i % 2 ? ']' : '}');
    assert_int_equal(valid(text.ptr, text.len, NULL), depth == JSON_DEPTH_MAX);
  }
  strbuf_release(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(valid_texts),
      cmocka_unit_test(invalid_texts),
      cmocka_unit_test(nesting_has_a_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
