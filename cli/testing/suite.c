/* suite.c: see suite.h. Cases are independent of each other: each worker takes the next one that nobody has. */
#include "cli/testing/suite.h"

#include <errno.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/config/folders.h"

/* ---- finding ---------------------------------------------------------------------------------- */

/* A text in the form of tests/lang: other files may be called .test, too. */
static bool is_test_file(const char *path) {
  char head[10] = "";
  if (!str_ends(str_from(path), STR(".test"))) return false;
  FILE *file = fopen(path, "rb");
  size_t got = file ? fread(head, 1, 9, file) : 0;
  if (file) fclose(file);
  return got == 9 && memcmp(head, "# about: ", 9) == 0;
}

static bool is_config(const char *path) {
  const char *slash = strrchr(path, '/');
  return str_eq_nocase(str_from(slash ? slash + 1 : path), STR("testConfig.json"));
}

static bool fits(const Suite *suite, const Case *test) {
  if (suite->filter == NULL || fnmatch(suite->filter, test->name.ptr, 0) == 0) return true;
  return fnmatch(suite->filter, test->file.ptr, 0) == 0;
}

static Status no_test(const char *path, Error *err) {
  error_set(err, STATUS_CONFIG, "", "`%s` is a query, and a test names one", path);
  return error_hint(err, "give its testConfig.json, or the folder: docs/testing.md shows the shape");
}

static void add_cases(Suite *suite, CaseList *cases) {
  suite->files++;
  for (uint32_t i = 0; i < cases->len; i++) {
    if (fits(suite, cases->items[i])) vec_push(&suite->entries, (SuiteEntry){cases->items[i], NULL});
    else case_free(cases->items[i]);
  }
  vec_release(cases);
}

/* Where events that stand in a test go: each file has a folder of its own. */
static const char *scratch_of(Suite *suite, char path[128]) {
  if (suite->scratch.path[0] == 0 && !scratch_make(&suite->scratch)) return NULL;
  snprintf(path, 128, "%s/file%u", suite->scratch.path, suite->files);
  return mkdir(path, 0700) == 0 ? path : NULL;
}

static Status no_scratch(Error *err) {
  return error_set(err, STATUS_WORLD, "", "cannot make a temporary folder: %s", strerror(errno));
}

static Status add_test_file(Suite *suite, const char *path, Error *err) {
  char scratch[128];
  if (scratch_of(suite, scratch) == NULL) return no_scratch(err);
  CaseList cases = {0};
  vec_push(&cases, case_load_file(path, scratch));
  add_cases(suite, &cases);
  return STATUS_OK;
}

static Status add_file(Suite *suite, const char *path, Error *err) {
  if (str_ends(str_from(path), STR(".test"))) return add_test_file(suite, path, err);
  if (str_ends_nocase(str_from(path), STR(".asaql"))) return no_test(path, err);
  CaseList cases = {0};
  cases_load_config(path, &cases);
  add_cases(suite, &cases);
  return STATUS_OK;
}

static bool is_test(const char *path) { return is_config(path) || is_test_file(path); }

static Status add_folder(Suite *suite, const char *path, Error *err) {
  FolderPaths paths = {0};
  Status status = folder_walk(path, is_test, &paths, err);
  for (uint32_t i = 0; i < paths.len && status == STATUS_OK; i++) status = add_file(suite, paths.items[i], err);
  paths_release(&paths);
  return status;
}

Status suite_add(Suite *suite, const char *path, Error *err) {
  struct stat info;
  unsigned before = suite->files;
  if (stat(path, &info) != 0) {
    error_set(err, STATUS_CONFIG, "", "there is no file or folder `%s`", path);
    return error_hint(err, "name a testConfig.json, or a folder that has some in it or below it");
  }
  if (!S_ISDIR(info.st_mode)) return add_file(suite, path, err);
  TRY(add_folder(suite, path, err));
  if (suite->files > before) return STATUS_OK;
  error_set(err, STATUS_CONFIG, "", "%s: there is no testConfig.json in this folder or below it", path);
  return error_hint(err, "docs/testing.md shows how to write one");
}

/* ---- running ---------------------------------------------------------------------------------- */

typedef struct Worker {
  Suite *suite;
  atomic_uint *next;
  char scratch[128];
  pthread_t thread;
  bool started;
} Worker;

static void *work(void *context) {
  Worker *worker = context;
  Suite *suite = worker->suite;
  CaseWay way = {.name = "test", .threads = 1, .colour = suite->colour, .rows_wanted = suite->update};
  for (;;) {
    unsigned at = atomic_fetch_add(worker->next, 1);
    if (at >= suite->entries.len) return NULL;
    SuiteEntry *entry = &suite->entries.items[at];
    entry->result = case_run(entry->test, &way, worker->scratch);
  }
}

static unsigned workers_of(const Suite *suite) {
  long processors = sysconf(_SC_NPROCESSORS_ONLN);
  unsigned jobs = suite->jobs ? suite->jobs : processors > 0 ? (unsigned)processors : 1;
  if (jobs > suite->entries.len) jobs = suite->entries.len;
  return jobs ? jobs : 1;
}

static Status open_worker(Suite *suite, Worker *worker, Error *err) {
  if (scratch_of(suite, worker->scratch) == NULL) return no_scratch(err);
  suite->files++; /* the next folder has another name */
  return STATUS_OK;
}

static void count_results(Suite *suite) {
  for (uint32_t i = 0; i < suite->entries.len; i++) {
    CaseOutcome outcome = suite->entries.items[i].result->outcome;
    suite->passed += outcome == CASE_PASSED;
    suite->failed += outcome != CASE_PASSED;
    suite->broken += outcome == CASE_BROKEN;
  }
}

Status suite_run(Suite *suite, Error *err) {
  int64_t begun = clock_monotonic_ns();
  unsigned jobs = workers_of(suite);
  Worker *workers = mem_zalloc(mem_mul(jobs, sizeof *workers));
  atomic_uint next = 0;
  Status status = STATUS_OK;
  for (unsigned i = 0; i < jobs && status == STATUS_OK; i++) {
    workers[i] = (Worker){.suite = suite, .next = &next};
    status = open_worker(suite, &workers[i], err);
  }
  for (unsigned i = 1; i < jobs && status == STATUS_OK; i++)
    workers[i].started = pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
  if (status == STATUS_OK) work(&workers[0]); /* also does what a thread that did not start would have done */
  for (unsigned i = 1; i < jobs; i++)
    if (workers[i].started) pthread_join(workers[i].thread, NULL);
  mem_free(workers);
  if (status == STATUS_OK) count_results(suite);
  suite->elapsed_ns = clock_monotonic_ns() - begun;
  return status;
}

/* ---- the end ---------------------------------------------------------------------------------- */

void suite_release(Suite *suite) {
  for (uint32_t i = 0; i < suite->entries.len; i++) {
    case_result_free(suite->entries.items[i].result);
    case_free(suite->entries.items[i].test);
  }
  vec_release(&suite->entries);
  scratch_remove(&suite->scratch);
}
