/* test_row_diff.c: which rows are equal, which belong together, and in what form files of rows are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/testing/diff_table.h"
#include "cli/testing/row_style.h"

static Arena arena;
static RowList expected, actual;
static RowDiff diff;

static RowList rows_of(const char *text, const RowRules *rules) {
  RowList rows = {0};
  StrBuf problem = {0};
  if (!rows_read(&arena, arena_str(&arena, str_from(text)), rules, &rows, &problem)) fail_msg("%s", problem.ptr);
  return rows;
}

static void compare(const char *left, const char *right, RowRules rules) {
  static RowRules kept; /* the diff borrows them */
  kept = rules;
  expected = rows_of(left, &kept);
  actual = rows_of(right, &kept);
  rows_compare(&arena, &expected, &actual, &kept, &diff);
}

static void counts(unsigned equal, unsigned changed, unsigned missing, unsigned unexpected) {
  assert_int_equal(diff.equal, equal);
  assert_int_equal(diff.changed, changed);
  assert_int_equal(diff.missing, missing);
  assert_int_equal(diff.unexpected, unexpected);
  assert_int_equal(diff.pairs.len, changed + missing + unexpected);
}

static void values_that_are_equal(void **state) {
  compare("[{\"a\": 95, \"b\": null}]", "{\"c\": null, \"a\": 95.0}", (RowRules){0});
  counts(1, 0, 0, 0);
  compare("{\"a\": {\"x\": 1, \"y\": [1, {\"z\": null}]}}", "{\"a\": {\"y\": [1.0, {}], \"x\": 1e0}}", (RowRules){0});
  counts(1, 0, 0, 0);
  compare("{\"a\": 9007199254740993}", "{\"a\": 9007199254740992}", (RowRules){0});
  counts(0, 1, 0, 0);
  compare("{\"a\": \"1\"}", "{\"a\": 1}", (RowRules){0});
  counts(0, 1, 0, 0);
  compare("{\"a\": true}", "{\"a\": 1}", (RowRules){0});
  counts(0, 1, 0, 0);
  compare("{\"A\": 1}", "{\"a\": 1}", (RowRules){0});
  counts(0, 0, 1, 1);
}

static void a_multiset_counts_rows(void **state) {
  compare("{\"a\":1}\n{\"a\":2}\n{\"a\":1}\n", "{\"a\":2}\n{\"a\":1}\n{\"a\":1}\n", (RowRules){0});
  counts(3, 0, 0, 0);
  compare("{\"a\":1,\"b\":1}\n{\"a\":1,\"b\":1}", "{\"a\":1,\"b\":1}", (RowRules){0});
  counts(1, 0, 1, 0);
  compare("", "{\"a\":1}\n{\"a\":1}", (RowRules){0});
  counts(0, 0, 0, 2);
}

static void the_nearest_rows_are_paired(void **state) {
  compare("{\"id\":1,\"n\":5,\"t\":\"x\"}\n{\"id\":2,\"n\":6,\"t\":\"y\"}\n{\"id\":8,\"n\":0,\"t\":\"q\"}",
          "{\"id\":2,\"n\":7,\"t\":\"y\"}\n{\"id\":1,\"n\":5,\"t\":\"z\"}\n{\"id\":9,\"n\":9,\"t\":\"w\"}",
          (RowRules){0});
  counts(0, 2, 1, 1);
  assert_int_equal(diff.pairs.items[0].actual->place, 2);
  assert_int_equal(diff.pairs.items[1].actual->place, 1);
  assert_null(diff.pairs.items[2].actual);
  assert_null(diff.pairs.items[3].expected);
}

static void tolerance_is_relative_above_one(void **state) {
  compare("{\"a\":1000000,\"b\":0}", "{\"a\":1000000.9,\"b\":0.0000009}", (RowRules){.tolerance = 1e-6});
  counts(1, 0, 0, 0);
  compare("{\"a\":1000000}", "{\"a\":1000002}", (RowRules){.tolerance = 1e-6});
  counts(0, 1, 0, 0);
  compare("{\"a\":[1,{\"b\":2}]}", "{\"a\":[1.0000001,{\"b\":2}]}", (RowRules){.tolerance = 1e-6});
  counts(1, 0, 0, 0);
}

/* Rows that differ beyond their numbers, rows whose keys are numbers, many of them. */
static void many_rows_within_a_tolerance(void **state) {
  enum { ROWS = 20000 };
  StrBuf left = {0}, right = {0};
  for (int i = 0; i < ROWS; i++) {
    strbuf_printf(&left, "{\"id\":%d,\"v\":%d.5,\"s\":\"a-%d\"}\n", i, i % 7, i % 3);
    int j = ROWS - 1 - i;
    strbuf_printf(&right, "{\"s\":\"a-%d\",\"v\":%d.5000001,\"id\":%d}\n", j % 3, j % 7 + (j == 77), j);
  }
  compare(left.ptr, right.ptr, (RowRules){.tolerance = 1e-6});
  counts(ROWS - 1, 1, 0, 0);
  assert_int_equal(diff.pairs.items[0].expected->place, 78);
  strbuf_release(&left);
  strbuf_release(&right);
}

static void many_rows_without_partners(void **state) {
  enum { ROWS = 3000 };
  StrBuf left = {0}, right = {0};
  for (int i = 0; i < ROWS; i++) {
    strbuf_printf(&left, "{\"id\":%d,\"v\":1}\n", i);
    strbuf_printf(&right, "{\"id\":%d,\"v\":2}\n", ROWS - 1 - i);
  }
  compare(left.ptr, right.ptr, (RowRules){0});
  assert_int_equal(diff.pairs.items[0].actual->place, ROWS);
  assert_int_equal(diff.changed + diff.missing, ROWS);
  assert_in_range(diff.changed, 500, ROWS);
  strbuf_release(&left);
  strbuf_release(&right);
}

static void many_rows_of_a_list(void **state) {
  enum { ROWS = 3000 };
  StrBuf left = {0}, right = {0};
  for (int i = 0; i < ROWS; i++) {
    strbuf_printf(&left, "{\"id\":%d,\"v\":1}\n", i);
    strbuf_printf(&right, "{\"id\":%d,\"v\":%d}\n", i, i == 1 || i == ROWS - 2 ? 2 : 1);
  }
  compare(left.ptr, right.ptr, (RowRules){.ordered = true});
  counts(ROWS - 2, 2, 0, 0);
  strbuf_release(&left);
  strbuf_release(&right);
}

static void a_list_is_aligned(void **state) {
  RowRules ordered = {.ordered = true};
  compare("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n{\"a\":4}", "{\"a\":1}\n{\"a\":3}\n{\"a\":4}", ordered);
  counts(3, 0, 1, 0);
  assert_int_equal(diff.pairs.items[0].expected->place, 2);
  compare("{\"a\":1,\"k\":1}\n{\"a\":2,\"k\":2}", "{\"a\":0,\"k\":0}\n{\"a\":1,\"k\":1}\n{\"a\":5,\"k\":2}", ordered);
  counts(1, 1, 0, 1);
  compare("{\"a\":1}\n{\"a\":2}\n{\"a\":3}", "{\"a\":3}\n{\"a\":1}\n{\"a\":2}", ordered);
  assert_true(diff.same_rows);
  compare("{\"a\":1}\n{\"a\":2}", "{\"a\":1}\n{\"a\":3}", ordered);
  assert_false(diff.same_rows);
}

static void ignored_fields_do_not_count(void **state) {
  Str ignored[] = {STR("AT")};
  compare("{\"a\":1,\"at\":1}", "{\"a\":1,\"At\":2}", (RowRules){.ignored = ignored, .ignored_len = 1});
  counts(1, 0, 0, 0);
  compare("{\"a\":1,\"at\":1}", "{\"a\":2,\"at\":1}", (RowRules){.ignored = ignored, .ignored_len = 1});
  counts(0, 1, 0, 0);
}

/* ---- the table -------------------------------------------------------------------------------- */

static char *table_of(const DiffStyle *style) {
  OutputResult output = {.name = STR("o"), .outcome = OUTPUT_DIFFERS, .diff = diff};
  StrBuf text = {0};
  diff_table_put(&output, style, &text);
  char *copy = arena_cstr(&arena, strbuf_str(&text));
  strbuf_release(&text);
  return copy;
}

static void only_what_differs_is_marked(void **state) {
  compare("{\"id\":1,\"n\":5,\"x\":null,\"y\":3}", "{\"id\":1,\"n\":17,\"x\":\"v\"}", (RowRules){0});
  assert_string_equal(table_of(&diff_style_plain),
                      "                 id   n  x           y\n"
                      "    expected 1    1   5  NULL        3\n"
                      "    got 1         1  17  \"v\"   missing\n"
                      "                     ^^  ^^^^  ^^^^^^^\n");
}

static void colours_take_the_place_of_marks(void **state) {
  DiffStyle style = {.colour = true, .columns = 80, .rows_max = 9};
  compare("{\"id\":1,\"n\":5}", "{\"id\":1,\"n\":7}", (RowRules){0});
  char *table = table_of(&style);
  assert_non_null(strstr(table, "1  \033[31m5\033[0m"));
  assert_non_null(strstr(table, "1  \033[32m7\033[0m"));
  assert_null(strchr(table, '^'));
}

static void long_values_are_cut_around_the_difference(void **state) {
#define LONG "0123456789012345678901234567890123456789"
  const char *left = "{\"id\":1,\"s\":\"" LONG " the one Jürgen " LONG "\"}";
  const char *right = "{\"id\":1,\"s\":\"" LONG " the other Jürgen " LONG "\"}";
  compare(left, right, (RowRules){0});
  char *table = table_of(&diff_style_plain);
  assert_non_null(strstr(table, "…23456789 the one Jürgen 0"));
  assert_non_null(strstr(table, "…23456789 the other Jürgen 0"));
  assert_null(strstr(table, "0123456789012345678901234567890"));
}

static void columns_that_do_not_differ_give_way(void **state) {
  DiffStyle narrow = {.columns = 34, .rows_max = 9};
  compare("{\"id\":1,\"same\":\"a rather wide one\",\"n\":5}", "{\"id\":1,\"same\":\"a rather wide one\",\"n\":7}",
          (RowRules){0});
  assert_string_equal(table_of(&narrow), "                 id  n\n    expected 1    1  5\n    got 1         1  7\n"
                                         "                     ^\n"
                                         "    no room for columns in which no row differs: same\n");
}

/* ---- forms of files --------------------------------------------------------------------------- */

static void again_as(const char *text, const char *path) {
  RowStyle style = row_style_of(str_from(text), str_from(path));
  StrBuf out = {0};
  RowWriter writer = {.style = &style, .out = &out};
  const char *body = str_starts(str_from(text), STR("\xef\xbb\xbf")) ? text + 3 : text;
  RowList rows = rows_of(body, &(RowRules){0});
  row_writer_open(&writer);
  for (uint32_t i = 0; i < rows.len; i++) {
    row_writer_begin(&writer);
    row_style_put(&style, rows.items[i].tree, 0, &out);
  }
  row_writer_close(&writer);
  assert_string_equal(strbuf_str(&out).ptr, text);
  strbuf_release(&out);
}

static void a_file_is_written_in_its_own_form(void **state) {
  static const char *const forms[] = {
      "{\"a\":1,\"b\":[1,2]}\n{\"a\":2}\n", "{\"a\": 1, \"b\": {}}", "\xef\xbb\xbf{ \"a\": 1 }\r\n{ \"a\": 2 }\r\n",
      "[{\"a\":1},{\"a\":2}]", "[\n{\"a\": 1, \"b\": \"x, y: z}\"},\n{\"a\": 2}\n]\n",
      "[\r\n    {\r\n        \"a\": {\r\n            \"b\": [\r\n                1\r\n            ]\r\n"
      "        }\r\n    }\r\n]",
      "[\n\t{\"a\":1},\n\t{\"a\":2}\n]\n"};
  for (unsigned i = 0; i < sizeof forms / sizeof *forms; i++)
    again_as(forms[i], "x.json");
  again_as("[]\n", "x.json");
  again_as("", "x.ndjson");
}

static int set_up(void **state) {
  arena_init(&arena);
  return 0;
}

static int tear_down(void **state) {
  arena_release(&arena);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_that_are_equal),
      cmocka_unit_test(a_multiset_counts_rows),
      cmocka_unit_test(the_nearest_rows_are_paired),
      cmocka_unit_test(tolerance_is_relative_above_one),
      cmocka_unit_test(many_rows_within_a_tolerance),
      cmocka_unit_test(many_rows_without_partners),
      cmocka_unit_test(many_rows_of_a_list),
      cmocka_unit_test(a_list_is_aligned),
      cmocka_unit_test(ignored_fields_do_not_count),
      cmocka_unit_test(only_what_differs_is_marked),
      cmocka_unit_test(colours_take_the_place_of_marks),
      cmocka_unit_test(long_values_are_cut_around_the_difference),
      cmocka_unit_test(columns_that_do_not_differ_give_way),
      cmocka_unit_test(a_file_is_written_in_its_own_form),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
