/* cmd_check.c: `weir check`: compiles queries, projects and jobs, shows every diagnostic and, of projects, every input
** and output that cannot run here. Opens nothing but the files: no connector is asked, so a check takes
** milliseconds. */
#include <sys/stat.h>

#include "cli/command.h"
#include "cli/job_points.h"
#include "cli/project/files.h"
#include "cli/query_file.h"
#include "cli/query_paths.h"
#include "cli/term.h"
#include "connectors/registry.h"

typedef struct CheckOptions {
  int format; /* 2: json */
  bool verbose, local;
  const char *blobs, *bind;
} CheckOptions;

typedef struct Check {
  const CheckOptions *options;
  bool     json;
  StrBuf   found;      /* JSON: the diagnostics so far */
  StrBuf   unsettled;  /* JSON: bindings that cannot run */
  StrBuf   notes;      /* JSON: warnings about the files of projects, as texts */
  unsigned queries, errors, warnings, points;
  int      failed;     /* exit status of the last path that could not be opened; 0: none */
} Check;

static const BindOptions bare = {.compat = COMPAT_DEFAULT};

static bool is_stdin(const char *path) { return strcmp(path, "-") == 0; }

/* ---- one query -------------------------------------------------------------------------------- */

static void add_json(Check *check, DiagList *diags) {
  StrBuf list = {0};
  diags_render_json(diags, &list);
  if (diags->items.len && check->found.len) strbuf_putc(&check->found, ',');
  strbuf_append(&check->found, list.ptr + 1, list.len - 2); /* without its brackets */
  strbuf_release(&list);
}

/* setup: of the project or job it belongs to; NULL: a bare query. The path may be `-`. */
static Status check_query(Check *check, const char *path, const JobSetup *setup, Error *err) {
  QueryFile query;
  const BindOptions *bind = setup ? &setup->bind : &bare;
  Status status = is_stdin(path) ? query_file_stdin(&query, bind, err) : query_file_load(&query, path, bind, err);
  if (status == STATUS_OK) {
    DiagList *diags = &query.compiled->diags;
    if (check->json) add_json(check, diags);
    else if (diags->items.len && (check->errors || check->warnings)) fputc('\n', stderr);
    if (!check->json) query_file_show(&query, false);
    if (!check->json && setup && query.compiled->plan) job_names_warn(setup, query.compiled->plan);
    check->queries++;
    check->errors += diags->errors;
    check->warnings += diags->warnings;
  }
  query_file_release(&query);
  return status;
}

/* ---- projects and jobs ------------------------------------------------------------------------ */

static void check_points(Check *check, const JobSetup *setup) {
  size_t before = check->unsettled.len;
  if (check->json) job_points_json(setup, &check->unsettled);
  if (check->json) job_notes_json(setup, &check->notes);
  if (!check->json) job_notes_show(setup, check->options->verbose);
  if (!check->json) check->points += job_points_show(setup, NULL);
  else check->points += check->unsettled.len > before;
}

/* *query: the file that was its query; what was before when there is none. */
static Status check_project(Check *check, const char *path, struct stat *query, Error *err) {
  JobSetup setup;
  JobOptions none = {.blobs = check->options->blobs, .bind = check->options->bind,
                     .local = check->options->local};
  Status status = job_setup(&setup, &none, path, connectors_registry(), err);
  if (status == STATUS_OK) status = check_query(check, setup.query, &setup, err);
  if (status == STATUS_OK) check_points(check, &setup);
  if (status == STATUS_OK && stat(setup.query, query) != 0) *query = (struct stat){0};
  job_setup_release(&setup);
  return status;
}

static Status check_file(Check *check, const char *path, Error *err) {
  struct stat ignored;
  if (path_kind(path) == PATH_QUERY) return check_query(check, path, NULL, err);
  return check_project(check, path, &ignored, err);
}

/* ---- folders ---------------------------------------------------------------------------------- */

static Status check_folder(Check *check, const char *path, Error *err);

/* A project or a path that cannot be opened does not keep the others from being checked. */
static void tell(Check *check, Error *err) {
  check->failed = term_error(err);
  *err = (Error){0};
}

/* The project file among them: asaproj.json before an .asaproj. NULL: none. */
static const char *find_project(const FolderPaths *paths) {
  const char *found = NULL;
  for (uint32_t i = 0; i < paths->len; i++) {
    Str path = str_from(paths->items[i]);
    if (str_eq_nocase(path_base(path), STR("asaproj.json"))) return paths->items[i];
    if (str_ends_nocase(path, STR(".asaproj"))) found = paths->items[i];
  }
  return found;
}

/* A project's query is checked with its inputs; other queries beside it, and what lies below, on their own. */
static Status check_below(Check *check, const char *path, const struct stat *done, Error *err) {
  struct stat info;
  if (lstat(path, &info) != 0) return STATUS_OK; /* links are not followed: no circles */
  if (S_ISDIR(info.st_mode)) return check_folder(check, path, err);
  bool same = info.st_dev == done->st_dev && info.st_ino == done->st_ino;
  if (same || !str_ends_nocase(str_from(path), STR(".asaql"))) return STATUS_OK;
  return check_query(check, path, NULL, err);
}

static Status check_folder(Check *check, const char *path, Error *err) {
  FolderPaths paths = {0};
  struct stat done = {0};
  Status status = folder_list(path, &paths, err);
  const char *project = find_project(&paths);
  if (status == STATUS_OK && project && check_project(check, project, &done, err) != STATUS_OK) tell(check, err);
  for (uint32_t i = 0; i < paths.len && status == STATUS_OK; i++)
    status = check_below(check, paths.items[i], &done, err);
  paths_release(&paths);
  return status;
}

static Status check_path(Check *check, const char *path, Error *err) {
  struct stat info;
  unsigned before = check->queries;
  if (is_stdin(path)) return check_query(check, path, NULL, err);
  if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) return check_file(check, path, err);
  TRY(check_folder(check, path, err));
  if (check->queries > before) return STATUS_OK;
  return error_set(err, STATUS_CONFIG, path, "there is no .asaql file in this folder or below it");
}

/* ---- the command ------------------------------------------------------------------------------ */

static const char *plural(unsigned count) { return count == 1 ? "" : "s"; }
static const char *queries(unsigned count) { return count == 1 ? "query" : "queries"; }

static int report_json(Check *check) {
  StrBuf text = {0};
  strbuf_printf(&text, "{\"queries\":%u,\"errors\":%u,\"warnings\":%u,\"diagnostics\":[", check->queries,
                check->errors, check->warnings);
  strbuf_put_str(&text, strbuf_str(&check->found));
  strbuf_puts(&text, "],\"unsettled\":[");
  strbuf_put_str(&text, strbuf_str(&check->unsettled));
  strbuf_puts(&text, "],\"notes\":[");
  strbuf_put_str(&text, strbuf_str(&check->notes));
  strbuf_puts(&text, "]}\n");
  int code = term_print(&text);
  return code ? code : check->errors ? 1 : 0;
}

static int report(Check *check) {
  if (check->json) return report_json(check);
  if (check->failed && check->queries == 0) return check->failed;
  if (check->errors || check->warnings || check->points) fputc('\n', stderr);
  term_note("%u %s checked: %u error%s, %u warning%s", check->queries, queries(check->queries), check->errors,
            plural(check->errors), check->warnings, plural(check->warnings));
  if (check->points == 1) term_note("1 input or output cannot run here as it is");
  else if (check->points) term_note("%u inputs and outputs cannot run here as they are", check->points);
  return check->errors ? 1 : 0;
}

static int run_check(const void *options, const ArgTexts *words) {
  const CheckOptions *given = options;
  Check check = {.options = given, .json = given->format == 2};
  Error err = {0};
  for (uint32_t i = 0; i < words->len; i++)
    if (check_path(&check, words->items[i], &err) != STATUS_OK) tell(&check, &err);
  int code = report(&check);
  if (check.failed) code = check.failed;
  strbuf_release(&check.found);
  strbuf_release(&check.unsettled);
  strbuf_release(&check.notes);
  return code;
}

static const ArgDef args[] = {
  {"format", ARG_CHOICE, offsetof(CheckOptions, format), .choices = "text|json",
   .doc = "text for people on stderr, or one JSON object on stdout"},
  ARG_BIND(offsetof(CheckOptions, bind)),
  ARG_BLOBS(offsetof(CheckOptions, blobs)),
  ARG_LOCAL(offsetof(CheckOptions, local)),
  {"verbose", ARG_FLAG, offsetof(CheckOptions, verbose), .doc = "also says what of a project has no meaning here"},
  {0},
};

const Command cmd_check = {
  .name = "check",
  .usage = "PATH... [--format json]",
  .summary = "compile queries and show what is wrong with them",
  .details = "PATH is an .asaql file, a project (asaproj.json, .asaproj), a job file (.json), a folder: then every\n"
             "project and every .asaql file in it and below it; or `-`: a query from stdin.\n"
             "Of projects and jobs it also lists each input and output that cannot run here.\n"
             "In a bare query FROM names that no step defines are inputs; a name joined without DATEDIFF is\n"
             "reference data.",
  .examples = "weir check alerts.asaql\nweir check my-project\nweir check queries/ --format json\n"
              "weir check - < alerts.asaql",
  .args = args,
  .options_bytes = sizeof(CheckOptions),
  .words = "the path of a query, a project, a job file or a folder, or `-`",
  .words_min = 1,
  .words_max = 100000,
  .run = run_check,
};
