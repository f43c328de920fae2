/* test_json_canonical.c: equal records and arrays have equal canonical text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "types/json.h"
#include "unit/types/random.h"

static void texts(void **state) {
  static const struct { const char *in, *out; } rows[] = {
      {" { \"b\" : 1 , \"a\" : [ 2 , 3 ] } ", "{\"a\":[2,3],\"b\":1}"},
      {"{\"a\":1,\"a\":2}", "{\"a\":2}"},
      {"{}", "{}"},
      {"[ ]", "[]"},
      {"{\"a\":{\"c\":1,\"b\":2}}", "{\"a\":{\"b\":2,\"c\":1}}"},
      {"{\"\\u0062\":1,\"a\":2,\"b\":3}", "{\"a\":2,\"b\":3}"},
      {"[1.0,1e2,-0,-0.0,0.50,1E400,95]", "[1,100,0,0,0.5,1E400,95]"},
      {"[9007199254740993,9007199254740993.0]", "[9007199254740993,9007199254740992]"},
      {"[1e16,10000000000000000]", "[10000000000000000,10000000000000000]"},
      {"[99999999999999999999,1e20]", "[99999999999999999999,1e+20]"},
      {"[-9223372036854775808.0]", "[-9223372036854775808]"},
      {"[\"\\u0041\\/\\u000a\"]", "[\"A/\\n\"]"},
      {"[true,false,null]", "[true,false,null]"},
      {"{\"a\" 1}", "{\"a\" 1}"},
      {"[1,", "[1,"},
      {"[{\"b\":1,\"a\":[}]", "[{\"b\":1,\"a\":[}]"},
      {"", ""},
      {"[tru]", "[tru]"},
      {"{\"aa\":1,\"a\":2,\"\":3,\"B\":4}", "{\"\":3,\"B\":4,\"a\":2,\"aa\":1}"},
  };
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
    StrBuf out = {0};
    json_put_canonical(&out, str_from(rows[i].in));
    assert_string_equal(strbuf_str(&out).ptr, rows[i].out);
    strbuf_release(&out);
  }
}

static void put_blanks(Random *random, StrBuf *out) {
  if (random_below(random, 4) == 0) strbuf_putc(out, " \t\n\r"[random_below(random, 4)]);
}

/* A random value; `spelling` draws blanks and the forms of numbers, `content` everything else, so that two
** runs with one content and two spellings give equal values. */
static void put_random(Random *content, Random *spelling, StrBuf *out, int depth) {
  uint64_t kind = random_below(content, depth ? 4 : 2);
  uint64_t count = random_below(content, 4);
  put_blanks(spelling, out);
  if (kind == 0) {
    static const char *const tails[] = {"", ".0", ".00e0", "E+0"};
    strbuf_printf(out, "%u%s", (unsigned)random_below(content, 30), tails[random_below(spelling, 4)]);
  } else if (kind == 1) {
    strbuf_puts(out, random_below(spelling, 2) ? "\"x\\u0079z\"" : "\"xyz\"");
  } else {
    strbuf_putc(out, kind == 2 ? '[' : '{');
    for (uint64_t i = 0; i < count; i++) {
      if (i) strbuf_putc(out, ',');
      put_blanks(spelling, out);
      if (kind == 3) strbuf_printf(out, "\"k%u\":", (unsigned)random_below(content, 3));
      put_random(content, spelling, out, depth - 1);
    }
    strbuf_putc(out, kind == 2 ? ']' : '}');
  }
  put_blanks(spelling, out);
}

static void spelling_never_matters(void **state) {
  Random seeds = {77};
  StrBuf left = {0}, right = {0}, canonical = {0}, other = {0}, again = {0};
  for (int i = 0; i < 20000; i++) {
    uint64_t content = random_u64(&seeds) | 1;
    StrBuf *all[] = {&left, &right, &canonical, &other, &again};
    for (int k = 0; k < 5; k++) strbuf_clear(all[k]);
    put_random(&(Random){content}, &(Random){random_u64(&seeds) | 1}, &left, 4);
    put_random(&(Random){content}, &(Random){random_u64(&seeds) | 1}, &right, 4);
    json_put_canonical(&canonical, strbuf_str(&left));
    json_put_canonical(&other, strbuf_str(&right));
    json_put_canonical(&again, strbuf_str(&canonical));
    assert_true(json_valid(strbuf_str(&left), NULL));
    assert_string_equal(canonical.ptr, other.ptr);
    assert_string_equal(canonical.ptr, again.ptr);
  }
  strbuf_release(&left);
  strbuf_release(&right);
  strbuf_release(&canonical);
  strbuf_release(&other);
  strbuf_release(&again);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(texts),
      cmocka_unit_test(spelling_never_matters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
