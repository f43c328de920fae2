/* test_options.c: option tables: defaults, parsing, ranges, suggestions, redaction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "io/options.h"
#include "types/datetime.h"

typedef struct Options {
  Str     servers, password;
  bool    sort;
  int64_t rows, bytes, wait;
  int     start;
} Options;

static const OptionDef table[] = {
    {"servers", OPTION_TEXT, offsetof(Options, servers), .required = true, .doc = "where the brokers are."},
    {"password", OPTION_TEXT, offsetof(Options, password), .secret = true, .doc = "of the user"},
    {"sort", OPTION_BOOL, offsetof(Options, sort), "false", .doc = "sorts first"},
    {"batch-rows", OPTION_INT, offsetof(Options, rows), "100", 1, 1000, .doc = "rows a batch"},
    {"buffer", OPTION_BYTES, offsetof(Options, bytes), "64k", .doc = "memory"},
    {"wait", OPTION_DURATION, offsetof(Options, wait), "5s", .doc = "how long"},
    {"start", OPTION_CHOICE, offsetof(Options, start), "latest", .choices = "earliest|latest|committed",
     .doc = "where to begin"},
    {NULL}};

static const OptionDef other[] = {{"format", OPTION_TEXT, 0, .doc = "of the bytes"}, {NULL}};

typedef struct Fixture { Arena arena; Options options; Error err; bool known; } Fixture;

static int setup(void **state) {
  static Fixture fixture;
  memset(&fixture, 0, sizeof fixture);
  arena_init(&fixture.arena);
  options_defaults(table, &fixture.options);
  *state = &fixture;
  return 0;
}

static int teardown(void **state) {
  arena_release(&((Fixture *)*state)->arena);
  return 0;
}

static Status set(Fixture *f, const char *name, const char *value) {
  return options_set(table, &f->options, &f->arena, str_from(name), str_from(value), "input `x`", &f->known, &f->err);
}

static void defaults(void **state) {
  Fixture *f = *state;
  assert_int_equal(f->options.servers.len, 0);
  assert_false(f->options.sort);
  assert_int_equal(f->options.rows, 100);
  assert_int_equal(f->options.bytes, 65536);
  assert_int_equal(f->options.wait, 5 * TICKS_PER_SECOND);
  assert_int_equal(f->options.start, 1);
}

static void values(void **state) {
  Fixture *f = *state;
  char text[] = "host:9092";
  assert_int_equal(set(f, "SERVERS", text), STATUS_OK);
  text[0] = 'X';
  assert_true(str_eq(f->options.servers, STR("host:9092"))); /* a copy */
  assert_int_equal(set(f, "sort", "Yes"), STATUS_OK);
  assert_true(f->options.sort);
  assert_int_equal(set(f, "batch-rows", " 1000 "), STATUS_OK);
  assert_int_equal(f->options.rows, 1000);
  assert_int_equal(set(f, "wait", "1m30s"), STATUS_OK);
  assert_int_equal(f->options.wait, 90 * TICKS_PER_SECOND);
  assert_int_equal(set(f, "start", "Committed"), STATUS_OK);
  assert_int_equal(f->options.start, 2);
}

static void sizes(void **state) {
  Fixture *f = *state;
  const struct { const char *text; int64_t bytes; } cases[] = {
      {"0", 0}, {"17", 17}, {"17b", 17}, {"64k", 65536}, {"10MB", 10 << 20}, {"1g", 1 << 30},
      {"2 GiB", INT64_C(2) << 30}};
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(set(f, "buffer", cases[i].text), STATUS_OK);
    assert_int_equal(f->options.bytes, cases[i].bytes);
  }
  const char *const bad[] = {"", "k", "1x", "-1", "1.5m", "9999999999999g", "1kbb"};
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal(set(f, "buffer", bad[i]), STATUS_CONFIG);
}

static void wrong_values_name_the_option(void **state) {
  Fixture *f = *state;
  assert_int_equal(set(f, "batch-rows", "1001"), STATUS_CONFIG);
  assert_string_equal(f->err.who, "input `x`");
  assert_string_equal(f->err.message, "option `batch-rows` must be a whole number from 1 to 1000, not `1001`");
  assert_int_equal(f->options.rows, 100);
  assert_int_equal(set(f, "sort", "perhaps"), STATUS_CONFIG);
  assert_string_equal(f->err.message, "option `sort` must be `true` or `false`, not `perhaps`");
  assert_int_equal(set(f, "start", "now"), STATUS_CONFIG);
  assert_string_equal(f->err.message, "option `start` must be `earliest`, `latest` or `committed`, not `now`");
  assert_int_equal(set(f, "wait", "soon"), STATUS_CONFIG);
}

static void unknown_names_are_the_callers_business(void **state) {
  Fixture *f = *state;
  assert_int_equal(set(f, "format", "json"), STATUS_OK);
  assert_false(f->known);
  assert_int_equal(set(f, "sort", "true"), STATUS_OK);
  assert_true(f->known);
}

static void unknown_names_get_a_suggestion(void **state) {
  Fixture *f = *state;
  const OptionDef *const tables[] = {table, other, NULL};
  assert_int_equal(options_unknown(tables, STR("fromat"), "input `x`", &f->err), STATUS_CONFIG);
  assert_string_equal(f->err.message, "unknown option `fromat`");
  assert_string_equal(f->err.hint, "did you mean `format`?");
  options_unknown(tables, STR("zzzzzzzz"), "input `x`", &f->err);
  assert_string_equal(f->err.hint, "the options are `servers`, `password`, `sort`, `batch-rows`, `buffer`, `wait`, "
                                   "`start`, `format`");
}

static void missing_options_are_named(void **state) {
  Fixture *f = *state;
  assert_int_equal(options_check(table, &f->options, "input `x`", &f->err), STATUS_CONFIG);
  assert_string_equal(f->err.message, "option `servers` is missing: where the brokers are");
  set(f, "servers", "a");
  assert_int_equal(options_check(table, &f->options, "input `x`", &f->err), STATUS_OK);
}

static void printing_hides_secrets(void **state) {
  Fixture *f = *state;
  StrBuf out = {0};
  set(f, "servers", "a");
  set(f, "password", "hush");
  options_print(table, &f->options, &out);
  assert_string_equal(out.ptr, "servers=a\npassword=***\nsort=false\nbatch-rows=100\nbuffer=65536\nwait=5s\n"
                               "start=latest\n");
  strbuf_release(&out);
}

static void documentation_rows(void **state) {
  StrBuf out = {0};
  options_print_doc(table, &out);
  assert_non_null(strstr(out.ptr, "| `servers` | text | required | where the brokers are. |\n"));
  assert_non_null(strstr(out.ptr, "| `batch-rows` | a whole number from 1 to 1000 | `100` | rows a batch |\n"));
  assert_non_null(strstr(out.ptr, "| `start` | `earliest`, `latest` or `committed` | `latest` | where to begin |\n"));
  strbuf_release(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(defaults), TEST(values), TEST(sizes), TEST(wrong_values_name_the_option),
      TEST(unknown_names_are_the_callers_business), TEST(unknown_names_get_a_suggestion),
      TEST(missing_options_are_named), TEST(printing_hides_secrets), TEST(documentation_rows)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
