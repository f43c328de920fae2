/* test_json.c: looking inside JSON text, also when it is broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include "base/mem.h"
#include "types/json.h"
#include "unit/types/random.h"

static Arena arena;

static void check_field(const char *object, const char *name, const char *expected) {
  Str raw = STR("none");
  bool found = json_field(str_from(object), str_from(name), &raw);
  assert_int_equal(found, expected != NULL);
  if (!found || !expected) return;
  assert_int_equal(raw.len, strlen(expected));
  assert_memory_equal(raw.ptr, expected, raw.len);
}

static void fields(void **state) {
  check_field("{\"a\":1}", "a", "1");
  check_field(" { \"a\" : 1 , \"b\" : [ 1, 2 ] } ", "b", "[ 1, 2 ]");
  check_field("{\"a\":1}", "b", NULL);
  check_field("{}", "a", NULL);
  check_field("[1]", "a", NULL);
  check_field("1", "a", NULL);
  check_field("", "a", NULL);
  check_field("{\"a\":\"}\\\"]\",\"b\":{\"a\":7}}", "b", "{\"a\":7}");
  check_field("{\"\":5}", "", "5");
  check_field("{\"0\":5,\"best before\":6}", "best before", "6");
}

static void field_spelling(void **state) {
  check_field("{\"AB\":1,\"ab\":2,\"aB\":3}", "ab", "2");
  check_field("{\"AB\":1,\"Ab\":2}", "aB", "1");
  check_field("{\"AB\":1,\"Ab\":2,\"AB\":3}", "aB", "3");
  check_field("{\"ab\":1,\"AB\":2,\"ab\":3}", "ab", "3");
  check_field("{\"\\u0061b\":1}", "ab", "1");
  check_field("{\"\\u0061b\":1}", "AB", "1");
  check_field("{\"a\\\"b\":1}", "a\"b", "1");
  check_field("{\"\xc3\xa4\":1}", "\xc3\xa4", "1");
  check_field("{\"\xc3\x84\":1}", "\xc3\xa4", NULL);
}

static void broken_objects_have_no_fields(void **state) {
  static const char *const rows[] = {
      "{",         "{\"a\"",   "{\"a\":",     "{\"a\":1",   "{\"a\":1,", "{\"a\":1,}", "{\"a\":1 \"b\":2}", "{a:1}",
      "{\"a\" 1}", "{\"a\":}", "{\"a\":\"x}", "{\"a\":[1}", "{\"a\":1]", "{,\"a\":1}", "{\"a\":1\\",        "{\"a\\"};
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) check_field(rows[i], "a", NULL);
}

static void elements(void **state) {
  Str raw;
  assert_true(json_element(STR("[1, \"a,b\" , {\"x\":[1,2]}]"), 1, &raw));
  assert_true(str_eq(raw, STR("\"a,b\"")));
  assert_true(json_element(STR("[1, \"a,b\" , {\"x\":[1,2]}]"), 2, &raw));
  assert_true(str_eq(raw, STR("{\"x\":[1,2]}")));
  assert_false(json_element(STR("[1]"), 1, &raw));
  assert_false(json_element(STR("[]"), 0, &raw));
  assert_false(json_element(STR("{\"0\":1}"), 0, &raw));
  assert_false(json_element(STR("[1"), 0, &raw));
}

static void lengths(void **state) {
  static const struct { const char *text; int64_t length; } rows[] = {
      {"[]", 0},     {"[ ]", 0},   {"[1]", 1}, {"[1,[2,3],\"4,5\"]", 3},
      {"[null]", 1}, {"{}", -1},   {"1", -1},  {"", -1},
      {"[1,]", -1},  {"[,1]", -1}, {"[1", -1}, {"[", -1},
      {"[1 2]", -1},
  };
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_int_equal(json_array_length(str_from(rows[i].text)), rows[i].length);
}

static void the_cursor_walks_members(void **state) {
  JsonCursor cursor;
  Str key, value;
  assert_true(json_open(&cursor, STR("{ \"a\\n\" : 1 , \"b\":[ ] }")));
  assert_true(cursor.object);
  assert_true(json_next(&cursor, &key, &value));
  assert_true(str_eq(key, STR("a\\n")) && str_eq(value, STR("1")));
  assert_true(json_next(&cursor, &key, &value));
  assert_true(str_eq(key, STR("b")) && str_eq(value, STR("[ ]")));
  assert_false(json_next(&cursor, &key, &value));
  assert_true(cursor.done && !cursor.bad);
  assert_false(json_open(&cursor, STR(" 5")));
  assert_false(json_next(&cursor, &key, &value));
}

static void check_value(const char *raw, Value expected) {
  Value v;
  assert_true(json_value(str_from(raw), &arena, &v));
  assert_int_equal(v.type, expected.type);
  assert_true(value_same_key(&v, &expected));
}

static void values(void **state) {
  check_value("null", value_null());
  check_value("true", value_bit(true));
  check_value("false", value_bit(false));
  check_value("0", value_bigint(0));
  check_value("-0", value_bigint(0));
  check_value("9223372036854775807", value_bigint(INT64_MAX));
  check_value("-9223372036854775808", value_bigint(INT64_MIN));
  check_value("1.0", value_float(1));
  check_value("1e2", value_float(100));
  check_value("-0.0", value_float(0));
  check_value("1e+19", value_float(1e19));
  check_value("1e-999", value_float(0));
  check_value("\"\"", value_text(STR("")));
  check_value("\"plain\"", value_text(STR("plain")));
  check_value("\"a\\tb\"", value_text(STR("a\tb")));
  check_value("\"\\u00e4\\ud83d\\ude00 and more text\"", value_text(STR("\xc3\xa4\xf0\x9f\x98\x80 and more text")));
  check_value("\"\\u0000\"", value_text((Str){"\0", 1}));
  check_value("{\"a\": 1}", value_json(TYPE_RECORD, STR("{\"a\": 1}")));
  check_value("[1, 2]", value_json(TYPE_ARRAY, STR("[1, 2]")));
}

static void malformed_values(void **state) {
  static const char *const rows[] = {"",
                                     " ",
                                     "nul",
                                     "True",
                                     "truex",
                                     "+1",
                                     "01",
                                     "-",
                                     "1.",
                                     ".5",
                                     "1e",
                                     "1e+",
                                     "0x1",
                                     "1 2",
                                     "NaN",
                                     "Infinity",
                                     "9223372036854775808",
                                     "-9223372036854775809",
                                     "1e309",
                                     "-1e999",
                                     "\"",
                                     "\"a",
                                     "a\"",
                                     "\"a\"b\"",
                                     "\"a\\\"",
                                     "\"\\x\"",
                                     "\"\\u12\"",
                                     "\"\\u12g4\"",
                                     "\"a\nb\"",
                                     "\"a\\\nb\"",
                                     "{",
                                     "[",
                                     "{]",
                                     "[}",
                                     "'a'"};
  Value v;
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) assert_false(json_value(str_from(rows[i]), &arena, &v));
}

static void plain_text_is_borrowed(void **state) {
  Str raw = STR("\"a text that is not inline\"");
  Value v;
  assert_true(json_value(raw, &arena, &v));
  assert_ptr_equal(v.text.ptr, raw.ptr + 1);
}

/* Every operation on every truncation and on random damage stays inside the text; the sanitizers watch. */
static void damaged_text_is_survived(void **state) {
  static const char sample[] =
      "{\"a\\u00e4\":[1,-2.5e3,\"x\\\"y\",{\"b\":null}],\"c\":{\"d\":[true,false,[]]},\"A\":\"\xc3\xa4\"}";
  static const char bytes[] = "{}[]\",:\\u0e-+.1tn \n";
  Random random = {5};
  StrBuf out = {0};
  for (int i = 0; i < 20000; i++) {
    size_t len = random_below(&random, sizeof sample);
    char *copy = mem_dup(sample, len);
    for (uint64_t hits = random_below(&random, 4); hits && len; hits--)
      copy[random_below(&random, len)] = bytes[random_below(&random, sizeof bytes - 1)];
    Str text = {copy, len}, raw;
    Value v;
    strbuf_clear(&out);
    if (json_field(text, STR("c"), &raw)) json_value(raw, &arena, &v);
    json_element(text, 2, &raw);
    json_array_length(text);
    json_value(text, &arena, &v);
    json_unescape(text, &out);
    json_put_minified(&out, text);
    json_put_string(&out, text);
    json_put_canonical(&out, text);
    json_valid(text, NULL);
    mem_free(copy);
    arena_reset(&arena);
  }
  strbuf_release(&out);
}

static void deep_nesting_is_cut(void **state) {
  StrBuf text = {0};
  Str raw;
  strbuf_puts(&text, "{\"a\":");
  for (int i = 0; i < 100000; i++) strbuf_putc(&text, '[');
  for (int i = 0; i < 100000; i++) strbuf_putc(&text, ']');
  strbuf_putc(&text, '}');
  assert_false(json_field(strbuf_str(&text), STR("a"), &raw));
  assert_false(json_valid(strbuf_str(&text), NULL));
  StrBuf out = {0};
  json_put_canonical(&out, strbuf_str(&text));
  assert_true(out.len > 0);
  strbuf_release(&out);
  strbuf_release(&text);
}

static int release_arena(void **state) {
  arena_release(&arena);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fields),
      cmocka_unit_test(field_spelling),
      cmocka_unit_test(broken_objects_have_no_fields),
      cmocka_unit_test(elements),
      cmocka_unit_test(lengths),
      cmocka_unit_test(the_cursor_walks_members),
      cmocka_unit_test(values),
      cmocka_unit_test(malformed_values),
      cmocka_unit_test(plain_text_is_borrowed),
      cmocka_unit_test(damaged_text_is_survived),
      cmocka_unit_test(deep_nesting_is_cut),
  };
  return cmocka_run_group_tests(tests, NULL, release_arena);
}
