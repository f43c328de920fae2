/* test_matrix.c: every case of the language, run in every way that must not change its result.
**
** Cases are the files below tests/lang/ and, when the environment variable WEIR_CASES names a folder, the folders in
** it. tests/pending_cases.txt lists the folders whose constructs have not landed: these must not pass, so the list
** only shrinks. WEIR_FILTER (a pattern of names) runs some of them, WEIR_VERBOSE=1 names each before it runs. */
#define _GNU_SOURCE /* nftw */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <stdint.h>

#include <cmocka.h>
#include <fnmatch.h>
#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/testing/case_result.h"
#include "cli/testing/report.h"
#include "base/hash.h"
#include "support/shuffled.h"

typedef struct MatrixWay {
  CaseWay way;
  bool rows_forced; /* row by row through mixed columns */
} MatrixWay;

static const MatrixWay ways[] = {
    {{.name = "batches of 1000", .batch_rows = 1000, .threads = 1}},
    {{.name = "batches of 1", .batch_rows = 1, .threads = 1}},
    {{.name = "batches of 3", .batch_rows = 3, .threads = 1}},
    {{.name = "rows forced", .batch_rows = 1000, .threads = 1}, .rows_forced = true},
    {{.name = "restored after every batch of 1", .batch_rows = 1, .threads = 1, .restore_every = 1}},
    {{.name = "restored after every third batch of 3", .batch_rows = 3, .threads = 1, .restore_every = 3}},
    {{.name = "threads as the machine has", .batch_rows = 1000, .threads = 0}},
};
enum { WAYS = sizeof ways / sizeof *ways };

/* Last, for cases that qualify: it changes their inputs. */
static const MatrixWay shuffled = {{.name = "arrivals shuffled within the tolerance", .batch_rows = 3, .threads = 1}};

typedef Vec(char *) PathList;

static char scratch[] = "/tmp/weir-lang-XXXXXX";
static PathList found;
static unsigned failures, shuffles;

/* ---- finding ---------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int on_test_file(const char *path, const struct stat *info, int kind, struct FTW *place) {
  if (kind == FTW_F && str_ends(str_from(path), STR(".test"))) vec_push(&found, mem_strdup(path));
  return 0;
}

static int on_case_folder(const char *path, const struct stat *info, int kind, struct FTW *place) {
  const char *file = "/testConfig.json";
  if (kind == FTW_F && str_ends(str_from(path), str_from(file)))
    vec_push(&found, mem_strndup(path, strlen(path) - strlen(file)));
  return 0;
}

static PathList find_cases(const char *below, int (*visit)(const char *, const struct stat *, int, struct FTW *)) {
  found = (PathList){0};
  nftw(below, visit, 16, FTW_PHYS);
  if (found.len) qsort(found.items, found.len, sizeof *found.items, by_name);
  return found;
}

static void paths_release(PathList *paths) {
  for (uint32_t i = 0; i < paths->len; i++) mem_free(paths->items[i]);
  vec_release(paths);
}

static bool is_wanted(const char *path) {
  const char *filter = getenv("WEIR_FILTER");
  return filter == NULL || fnmatch(filter, path, 0) == 0;
}

static const char *repository(void) {
  const char *source = getenv("WEIR_SOURCE");
  return source ? source : ".";
}

/* ---- running ---------------------------------------------------------------------------------- */

static void report(const char *name, const char *way, const StrBuf *problem) {
  fprintf(stderr, "--- %s (%s)\n%s", name, way, problem->ptr ? problem->ptr : "");
  failures++;
}

static void load(const char *path, CaseList *out) {
  if (getenv("WEIR_VERBOSE")) fprintf(stderr, "%s\n", path);
  StrBuf config = {0};
  strbuf_printf(&config, "%s/testConfig.json", path);
  if (str_ends(str_from(path), STR(".test"))) vec_push(out, case_load_file(path, scratch));
  else cases_load_config(config.ptr, out);
  strbuf_release(&config);
}

/* What is wrong is added to `problem`, which stays empty when the case passes. */
static void run_one_way(Case *test, const MatrixWay *way, StrBuf *problem) {
  program_force_rows(way->rows_forced);
  CaseResult *result = case_run(test, &way->way, scratch);
  program_force_rows(false);
  report_case(result, &diff_style_plain, problem);
  case_result_free(result);
}

static void run_shuffled(Case *test) {
  StrBuf problem = {0};
  if (!case_shuffle(test, scratch, hash_bytes(test->name.ptr, test->name.len, 1))) return;
  shuffles++;
  run_one_way(test, &shuffled, &problem);
  if (problem.len) report(test->file.ptr, shuffled.way.name, &problem);
  strbuf_release(&problem);
}

static void run_all_ways(const char *path) {
  CaseList cases = {0};
  load(path, &cases);
  for (uint32_t at = 0; at < cases.len; at++) {
    StrBuf problem = {0};
    for (unsigned i = 0; i < WAYS && problem.len == 0; i++) { /* one that fails says nothing new in the next way */
      run_one_way(cases.items[at], &ways[i], &problem);
      if (problem.len) report(cases.items[at]->file.ptr, ways[i].way.name, &problem);
    }
    if (problem.len == 0) run_shuffled(cases.items[at]);
    strbuf_release(&problem);
  }
  cases_release(&cases);
}

static void run_pending(const char *path) {
  CaseList cases = {0};
  StrBuf problem = {0};
  load(path, &cases);
  for (uint32_t at = 0; at < cases.len; at++) run_one_way(cases.items[at], &ways[0], &problem);
  if (problem.len == 0) {
    strbuf_puts(&problem, "passes now: take its line out of tests/pending_cases.txt\n");
    report(path, ways[0].way.name, &problem);
  }
  strbuf_release(&problem);
  cases_release(&cases);
}

/* ---- the list of pending cases ---------------------------------------------------------------- */

static SourceText pending;

static int load_pending(void **state) {
  char path[4096];
  snprintf(path, sizeof path, "%s/tests/pending_cases.txt", repository());
  Error err;
  if (mkdtemp(scratch) == NULL || source_text_load(&pending, path, &err) != STATUS_OK) return -1;
  return 0;
}

static bool is_pending(const char *folder) {
  const char *slash = strrchr(folder, '/');
  Str wanted = str_from(slash ? slash + 1 : folder), rest = pending.text, line, name, reason;
  while (rest.len) {
    if (!str_cut(rest, '\n', &line, &rest)) rest = (Str){0};
    if (str_starts(line, STR("#")) || !str_cut(line, ':', &name, &reason)) continue;
    if (str_eq(str_trim(name), wanted)) return true;
  }
  return false;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place) {
  return remove(path);
}

static int clean_up(void **state) {
  source_text_release(&pending);
  return nftw(scratch, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- tests ------------------------------------------------------------------------------------ */

static void our_cases_agree_in_every_way(void **state) {
  char below[4096];
  snprintf(below, sizeof below, "%s/tests/lang", repository());
  PathList paths = find_cases(below, on_test_file);
  assert_true(paths.len > 0);
  failures = shuffles = 0;
  for (uint32_t i = 0; i < paths.len; i++)
    if (is_wanted(paths.items[i])) run_all_ways(paths.items[i]);
  print_message("%u cases in %u ways, %u of them also shuffled\n", paths.len, (unsigned)WAYS, shuffles);
  paths_release(&paths);
  assert_int_equal(failures, 0);
}

static void conformance_cases_agree_in_every_way(void **state) {
  const char *below = getenv("WEIR_CASES");
  if (below == NULL || below[0] == 0) skip();
  PathList paths = find_cases(below, on_case_folder);
  assert_true(paths.len > 0);
  failures = shuffles = 0;
  unsigned waiting = 0;
  for (uint32_t i = 0; i < paths.len; i++) {
    if (!is_wanted(paths.items[i])) continue;
    if (!is_pending(paths.items[i])) run_all_ways(paths.items[i]);
    else run_pending(paths.items[i]), waiting++;
  }
  print_message("%u cases in %u ways, %u also shuffled, %u pending\n", paths.len, (unsigned)WAYS, shuffles, waiting);
  paths_release(&paths);
  assert_int_equal(failures, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(our_cases_agree_in_every_way),
      cmocka_unit_test(conformance_cases_agree_in_every_way),
  };
  return cmocka_run_group_tests(tests, load_pending, clean_up);
}
