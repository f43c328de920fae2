/* test_case.c: the harness itself: a case that states something wrong must fail, and say what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/testing/report.h"

static char scratch[] = "/tmp/weir-case-XXXXXX";
static char path[64], input_path[64], kept_path[64];

#define QUERY "# about: a test of tests\nquery\n  SELECT a, 10 / a AS q FROM input\n"
#define EVENTS "input input\n  {\"a\": 2}\n  {\"a\": 5}\n"
#define ROWS "  {\"a\": 5, \"q\": 2.0}\n  {\"a\": 2, \"q\": 5, \"x\": null}\n"

/* Loads and runs the text; what is wrong, or "" when it passes. */
static char *outcome(const char *text) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  fputs(text, file);
  assert_int_equal(fclose(file), 0);
  StrBuf problem = {0};
  CaseWay way = {.name = "plain", .batch_rows = 1000, .threads = 1};
  Case *test = case_load_file(path, scratch);
  CaseResult *result = case_run(test, &way, scratch);
  report_case(result, &diff_style_plain, &problem);
  assert_int_equal(result->outcome == CASE_PASSED, problem.len == 0);
  case_result_free(result);
  case_free(test);
  return problem.ptr ? problem.ptr : mem_strdup("");
}

static void fails_with(const char *text, const char *phrase) {
  char *problem = outcome(text);
  if (problem[0] == 0 || strstr(problem, phrase) == NULL) fail_msg("wanted \"%s\", got \"%s\"", phrase, problem);
  mem_free(problem);
}

static void a_right_case_passes(void **state) {
  char *problem = outcome(QUERY EVENTS "expect\n" ROWS);
  assert_string_equal(problem, "");
  mem_free(problem);
}

static void rows_that_differ_are_told(void **state) {
  fails_with(QUERY EVENTS "expect\n  {\"a\": 2, \"q\": 5}\n", "1 row too many (expected 1, got 2, equal 1)");
  fails_with(QUERY EVENTS "expect\n" ROWS "  {\"a\": 7}\n", "1 row is missing (expected 3, got 2, equal 2)");
  fails_with(QUERY EVENTS "expect\n" ROWS ROWS, "2 rows are missing");
  fails_with(QUERY EVENTS "expect ordered\n" ROWS, "the rows come in another order");
  fails_with(QUERY EVENTS "expect\n  {\"a\": 2, \"q\": 5.000001}\n  {\"a\": 5, \"q\": 2}\n", "1 row differs");
}

static void outputs_that_differ_are_told(void **state) {
  fails_with(QUERY EVENTS, "does not name this output");
  fails_with(QUERY EVENTS "expect\n" ROWS "expect other\n", "output other: the query writes no such output");
}

static void notes_that_differ_are_told(void **state) {
  fails_with(QUERY EVENTS "expect\n" ROWS "expect-errors\n  E0201 1:1\n", "error missing:    E0201 1:1");
  fails_with(QUERY EVENTS "expect\n" ROWS "expect-quarantine\n  RuntimeError\n", "quarantine missing:    RuntimeError");
  fails_with(QUERY "input input\n  {\"a\": 0}\nexpect\n", "quarantine unexpected: RuntimeError 1:11");
  fails_with(QUERY EVENTS "expect\n" ROWS "expect-counts input\n  events 3\n", "events: expected 3, got 2");
  fails_with(QUERY EVENTS "expect\n" ROWS "expect-stop zero\n", "should stop with: zero");
  fails_with("# about: x\nquery\n  SELECT nope( FROM input\n" EVENTS, "the query does not compile");
}

static void wrong_shapes_are_told(void **state) {
  fails_with("query\n", "the first line is `# about:");
  fails_with("# about: x\nexpect\n", "there is no query");
  fails_with("# about: x\nqury\n", "an unknown section: `qury`");
  fails_with("# about: x\nconfig late soon\n", "an unknown setting or value");
  fails_with("# about: x\ninput\n", "a name is missing");
  fails_with("# about: x\ninput a tsv\n", "an unknown word");
  fails_with(QUERY QUERY, "a second query");
}

static int make_scratch(void **state) {
  if (mkdtemp(scratch) == NULL) return -1;
  snprintf(path, sizeof path, "%s/x.test", scratch);
  snprintf(input_path, sizeof input_path, "%s/input.json", scratch);
  snprintf(kept_path, sizeof kept_path, "%s/quarantine.ndjson", scratch);
  return 0;
}

static int remove_scratch(void **state) {
  unlink(path);
  unlink(input_path);
  unlink(kept_path);
  return rmdir(scratch);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_right_case_passes),
      cmocka_unit_test(rows_that_differ_are_told),
      cmocka_unit_test(outputs_that_differ_are_told),
      cmocka_unit_test(notes_that_differ_are_told),
      cmocka_unit_test(wrong_shapes_are_told),
  };
  return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
