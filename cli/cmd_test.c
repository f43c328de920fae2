/* cmd_test.c: `weir test`: runs recorded cases and tells what differs. What a case is and how it is compared stands in
** cli/testing; this reads options, prints, and picks the exit status. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/term.h"
#include "cli/testing/report.h"
#include "cli/testing/update.h"

typedef struct TestOptions {
  const char *filter, *junit;
  ArgNumber jobs, rows;
  int  format; /* 1: text, 2: json, 3: tap, 4: summary */
  bool update;
} TestOptions;

typedef void ReportFn(const Suite *suite, StrBuf *out);

/* A case that passes although events of it could not be read deserves a word, unless it says that this is meant. */
static void warn_malformed(const SuiteEntry *entry) {
  if (entry->test->quarantine.stated || entry->result->outcome != CASE_PASSED) return;
  for (uint32_t i = 0; i < entry->result->inputs.len; i++) {
    const InputFacts *input = &entry->result->inputs.items[i];
    if (input->malformed)
      term_warning(STR_FMT ": " STR_FMT ": input " STR_FMT ": %llu malformed event%s left out; list it in "
                   "ExpectedQuarantine when that is meant", STR_ARG(entry->test->file), STR_ARG(entry->test->name),
                   STR_ARG(input->name), (unsigned long long)input->malformed,
                   input->malformed == 1 ? " was" : "s were");
  }
}

typedef struct Said { Vec(Str) lines; } Said;

static void warn_once(Said *said, Str lines) {
  Str line;
  while (str_cut(lines, '\n', &line, &lines)) {
    bool known = false;
    for (uint32_t i = 0; i < said->lines.len && !known; i++) known = str_eq(said->lines.items[i], line);
    if (known) continue;
    term_warning(STR_FMT, STR_ARG(line));
    vec_push(&said->lines, line);
  }
}

/* Warnings of the cases, each once: the cases of one file share the file of policies. */
static void print_warnings(const Suite *suite) {
  Said said = {0};
  for (uint32_t i = 0; i < suite->entries.len; i++) {
    warn_once(&said, strbuf_str(&suite->entries.items[i].test->warnings));
    warn_once(&said, suite->entries.items[i].result->warnings);
  }
  vec_release(&said.lines);
  for (uint32_t i = 0; i < suite->entries.len; i++) warn_malformed(&suite->entries.items[i]);
}

static bool same_file(int a, int b) {
  struct stat left, right;
  return fstat(a, &left) == 0 && fstat(b, &right) == 0 && left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

/* The report goes to stderr, as all that is for people. Its last line is data as well, so it also goes to stdout where
** that is another place. */
static int print_text(const Suite *suite, const DiffStyle *style) {
  StrBuf text = {0}, last = {0};
  report_text(suite, style, &text);
  report_totals(suite, &last);
  strbuf_putc(&last, '\n');
  fwrite(strbuf_str(&text).ptr, 1, text.len, stderr);
  strbuf_release(&text);
  fwrite(last.ptr, 1, last.len, stderr);
  if (!same_file(fileno(stdout), fileno(stderr))) return term_print(&last);
  strbuf_release(&last);
  return 0;
}

static int print_report(const Suite *suite, const TestOptions *given, const DiffStyle *style) {
  static ReportFn *const forms[] = {report_json, report_tap, report_summary};
  if (given->format < 2) return print_text(suite, style);
  StrBuf text = {0};
  forms[given->format - 2](suite, &text);
  return term_print(&text);
}

static Status write_junit(const Suite *suite, const char *path, Error *err) {
  StrBuf text = {0};
  report_junit(suite, &text);
  FILE *file = fopen(path, "wb");
  bool ok = file && fwrite(text.ptr, 1, text.len, file) == text.len;
  if (file) ok = fclose(file) == 0 && ok;
  strbuf_release(&text);
  return ok ? STATUS_OK : error_set(err, STATUS_WORLD, "", "cannot write `%s`: %s", path, strerror(errno));
}

static DiffStyle style_of(const TestOptions *given) {
  DiffStyle style = diff_style_plain;
  style.colour = given->format < 2 && term_colour(stderr);
  if (term_is_terminal(stderr)) style.columns = term_columns(stderr);
  if (given->rows.given) style.rows_max = (unsigned)given->rows.value;
  return style;
}

static Status run_suite(Suite *suite, const TestOptions *given, const ArgTexts *words, Error *err) {
  for (uint32_t i = 0; i < words->len; i++) TRY(suite_add(suite, words->items[i], err));
  if (suite->entries.len == 0 && suite->filter) {
    error_set(err, STATUS_CONFIG, "", "no case has a name that fits the pattern `%s`", suite->filter);
    return error_hint(err, "* stands for any characters: --filter '*late*'");
  }
  TRY(suite_run(suite, err));
  StrBuf told = {0};
  Status status = suite->update ? suite_update(suite, &told, err) : STATUS_OK;
  Str line, rest = strbuf_str(&told);
  while (str_cut(rest, '\n', &line, &rest)) term_note(STR_FMT, STR_ARG(line));
  strbuf_release(&told);
  if (status == STATUS_OK && given->junit) status = write_junit(suite, given->junit, err);
  return status;
}

static int run_test(const void *options, const ArgTexts *words) {
  const TestOptions *given = options;
  DiffStyle style = style_of(given);
  Suite suite = {.filter = given->filter, .jobs = (unsigned)given->jobs.value, .colour = style.colour,
                 .update = given->update};
  Error err = {0};
  int code;
  if (run_suite(&suite, given, words, &err) == STATUS_OK) {
    print_warnings(&suite);
    code = print_report(&suite, given, &style);
    if (code == 0) code = suite.broken ? 2 : suite.failed ? 1 : 0;
  } else {
    code = term_error(&err);
  }
  suite_release(&suite);
  return code;
}

static const ArgDef args[] = {
  {"update", ARG_FLAG, offsetof(TestOptions, update),
   .doc = "write the rows that come into the files of expected rows, and show what changed"},
  {"junit", ARG_TEXT, offsetof(TestOptions, junit), "FILE", .doc = "write a report that build servers read, too"},
  {"format", ARG_CHOICE, offsetof(TestOptions, format), .choices = "text|json|tap|summary",
   .doc = "text for people on stderr; or on stdout: all of it as JSON, TAP, or the service's testResultSummary.json"},
  {"filter", ARG_TEXT, offsetof(TestOptions, filter), "GLOB",
   .doc = "only the cases whose name, or whose file's path, fits the pattern"},
  {"jobs", ARG_NUMBER, offsetof(TestOptions, jobs), "N", .doc = "cases at a time; default: one a processor"},
  {"rows", ARG_NUMBER, offsetof(TestOptions, rows), "N", .doc = "differing rows shown of an output (default 20)"},
  {0},
};

const Command cmd_test = {
  .name = "test",
  .usage = "PATH... [--update] [--junit FILE] [--filter GLOB] [option]...",
  .summary = "run the tests of testConfig.json files",
  .details = "PATH is a testConfig.json, or a folder: then every testConfig.json in it and below it. Each case names\n"
             "a query, files of recorded events, and files of the rows that must come of them. What differs is shown.\n"
             "Exit status: 0 all pass; 1 a case failed; 2 a case cannot be run: a file is missing or malformed.",
  .examples = "weir test queries/\nweir test project/test/testConfig.json --filter '*late*'\n"
              "weir test . --update\nweir test . --junit results.xml",
  .args = args,
  .options_bytes = sizeof(TestOptions),
  .words = "the path of a testConfig.json or a folder",
  .words_min = 1,
  .words_max = 100000,
  .run = run_test,
};
