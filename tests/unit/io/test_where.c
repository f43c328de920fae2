/* test_where.c: the WHERE of the command line, environment variables in it, and what messages show of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "io/where.h"

static Arena arena;

static int release(void **state) {
  arena_release(&arena);
  return 0;
}

static Where parse(const char *text) {
  Where where;
  Error err;
  assert_int_equal(where_parse(&arena, str_from(text), &where, &err), STATUS_OK);
  return where;
}

static void expect(const char *text, const char *scheme, const char *target, const char *options) {
  Where where = parse(text);
  StrBuf out = {0};
  for (uint32_t i = 0; i < where.options.len; i++)
    strbuf_printf(&out, "%s" STR_FMT "=" STR_FMT, i ? ";" : "", STR_ARG(where.options.items[i].name),
                  STR_ARG(where.options.items[i].value));
  assert_true(str_eq(where.scheme, str_from(scheme)));
  assert_true(str_eq(where.target, str_from(target)));
  assert_true(str_eq(strbuf_str(&out), str_from(options)));
  strbuf_release(&out);
  where_release(&where);
}

static void refuse(const char *text, const char *message) {
  Where where;
  Error err;
  assert_int_equal(where_parse(&arena, str_from(text), &where, &err), STATUS_CONFIG);
  assert_string_equal(err.message, message);
}

static void paths(void **state) {
  expect("events.json?format=json&sort=true", "file", "events.json", "format=json;sort=true");
  expect("  dir/events.csv ", "file", "dir/events.csv", "");
  expect("-", "file", "-", "");
  expect("-?format=csv", "file", "-", "format=csv");
  expect("/a:b/c.json", "file", "/a:b/c.json", "");
  expect("a.b:c", "file", "a.b:c", "");
  expect("C:x", "file", "C:x", "");
  expect("out/{datetime:yyyy}/{device}.json?roll=1h", "file", "out/{datetime:yyyy}/{device}.json", "roll=1h");
  expect("file:events.json", "file", "events.json", "");
  expect("file:///tmp/x.json", "file", "/tmp/x.json", "");
}

static void urls(void **state) {
  expect("kafka://host:9092,h2:9092/topic?group=g&start=earliest", "kafka", "host:9092,h2:9092/topic",
         "group=g;start=earliest");
  expect("kafka://embedded/t?security.protocol=SASL_SSL", "kafka", "embedded/t", "security.protocol=SASL_SSL");
  expect("memory:tolls", "memory", "tolls", "");
}

static void connection_strings(void **state) {
  expect("odbc:Driver={SQLite3};Database=/tmp/x.db?table=T", "odbc", "Driver={SQLite3};Database=/tmp/x.db", "table=T");
  expect("odbc:mydsn?query=SELECT a, b FROM t WHERE a = 1&refresh=5m", "odbc", "mydsn",
         "query=SELECT a, b FROM t WHERE a = 1;refresh=5m");
  expect("odbc:DSN=a;PWD={x?y}};z};UID=u?table=T", "odbc", "DSN=a;PWD={x?y}};z};UID=u", "table=T");
  expect("odbc:DSN=a;PWD= {?}?table=T", "odbc", "DSN=a;PWD= {?}", "table=T");
  expect("odbc:DSN=a;PWD=b{c?table=T", "odbc", "DSN=a;PWD=b{c", "table=T");
  refuse("odbc:DSN=a;PWD={x?table=T", "a `{` in the connection string is not closed");
}

static void values_are_percent_decoded(void **state) {
  expect("a?x=1%262&y=%41%e2%82%ac&z=a+b", "file", "a", "x=1&2;y=A€;z=a+b");
  expect("a?like='a%'&end=5%&odd=%4", "file", "a", "like='a%';end=5%;odd=%4");
  expect("100%25.json", "file", "100%25.json", "");
}

static void wrong_options(void **state) {
  expect("a?", "file", "a", "");
  expect("a?x=1&", "file", "a", "x=1");
  expect("a?x=", "file", "a", "x=");
  refuse("a?sort", "option `sort` has no value");
  refuse("a?=1", "option `=1` has no name");
  refuse("a?x=1&X=2", "option `X` is given twice");
  refuse("", "`` does not say where");
  refuse("?format=json", "`?format=json` does not say where");
  refuse("kafka://?password=p", "`kafka://?password=***` does not say where");
}

static void options_by_name(void **state) {
  Where where = parse("a?Format=json");
  assert_true(str_eq(*where_option(&where, "format"), STR("json")));
  assert_null(where_option(&where, "sort"));
  where_release(&where);
}

static void expect_printable(const char *text, const char *printable) {
  Where where = parse(text);
  assert_true(str_eq(where.printable, str_from(printable)));
  where_release(&where);
}

static void secrets_are_hidden(void **state) {
  expect_printable("events.json?sort=true", "events.json?sort=true");
  expect_printable("odbc:Driver={PostgreSQL Unicode};UID=u;Pwd={a;b};Server=s?table=T&key=a,b",
                   "odbc:Driver={PostgreSQL Unicode};UID=u;Pwd=***;Server=s?table=T&key=a,b");
  expect_printable("odbc:DSN=a;Password=x", "odbc:DSN=a;Password=***");
  expect_printable("kafka://h/t?sasl.password=x&ssl.key.password=y&sasl.username=u&client-secret=z",
                   "kafka://h/t?sasl.password=***&ssl.key.password=***&sasl.username=u&client-secret=***");
  expect_printable("http://user:word@host/path", "http://user:***@host/path");
  setenv("WEIR_TEST_PW", "hush&x=1", 1);
  expect_printable("odbc:DSN=a;PWD=${WEIR_TEST_PW}", "odbc:DSN=a;PWD=***");
}

static void environment(void **state) {
  Str out;
  Error err;
  setenv("WEIR_TEST_A", "alpha", 1);
  unsetenv("WEIR_TEST_NONE");
  assert_int_equal(env_expand(&arena, STR("<${WEIR_TEST_A}${WEIR_TEST_A}> $x $${y} $"), &out, &err), STATUS_OK);
  assert_true(str_eq(out, STR("<alphaalpha> $x ${y} $")));
  assert_int_equal(env_expand(&arena, STR("a${WEIR_TEST_NONE}"), &out, &err), STATUS_CONFIG);
  assert_string_equal(err.message, "environment variable `WEIR_TEST_NONE` is not set");
  assert_int_equal(env_expand(&arena, STR("a${b?password=x"), &out, &err), STATUS_CONFIG);
  assert_string_equal(err.message, "`${b` has no closing brace");
  assert_int_equal(env_expand(&arena, STR("${1x}"), &out, &err), STATUS_CONFIG);
  assert_int_equal(env_expand(&arena, STR("${}"), &out, &err), STATUS_CONFIG);
  expect("${WEIR_TEST_A}.json?x=${WEIR_TEST_A}", "file", "alpha.json", "x=alpha");
  setenv("WEIR_TEST_B", "a&b=c?%41${d", 1);
  expect("x.json?y=%41${WEIR_TEST_B}&z=1", "file", "x.json", "y=Aa&b=c?%41${d;z=1");
  expect("x?y=$${WEIR_TEST_B}&z=%24%7BWEIR_TEST_B}", "file", "x", "y=${WEIR_TEST_B};z=${WEIR_TEST_B}");
  setenv("WEIR_TEST_B", "kafka://h/t?a=1&b=%2B", 1);
  expect("${WEIR_TEST_B}", "kafka", "h/t", "a=1;b=+");
  refuse("x?y=${WEIR_TEST_NONE}", "environment variable `WEIR_TEST_NONE` is not set");
  expect_printable("x?y=${WEIR_TEST_B}&password=${WEIR_TEST_B}", "x?y=${WEIR_TEST_B}&password=***");
  refuse("${WEIR_TEST_NONE}", "environment variable `WEIR_TEST_NONE` is not set");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(paths), cmocka_unit_test(urls), cmocka_unit_test(connection_strings),
      cmocka_unit_test(values_are_percent_decoded), cmocka_unit_test(wrong_options),
      cmocka_unit_test(options_by_name), cmocka_unit_test(secrets_are_hidden), cmocka_unit_test(environment)};
  return cmocka_run_group_tests(tests, NULL, release);
}
