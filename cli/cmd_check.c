/* cmd_check.c: `weir check`: compiles queries and shows every diagnostic. Opens nothing but the files: no
** connector is asked, so a check takes milliseconds. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "cli/query_file.h"
#include "cli/term.h"

typedef struct CheckOptions {
  int format; /* 2: json */
} CheckOptions;

typedef struct Check {
  bool     json;
  StrBuf   found;      /* JSON: the diagnostics so far */
  unsigned queries, errors, warnings;
} Check;

static const BindOptions bare = {.compat = COMPAT_DEFAULT};

/* ---- one query -------------------------------------------------------------------------------- */

static void add_json(Check *check, DiagList *diags) {
  StrBuf list = {0};
  diags_render_json(diags, &list);
  if (diags->items.len && check->found.len) strbuf_putc(&check->found, ',');
  strbuf_append(&check->found, list.ptr + 1, list.len - 2); /* without its brackets */
  strbuf_release(&list);
}

static Status check_file(Check *check, const char *path, Error *err) {
  QueryFile query;
  Status status = query_file_load(&query, path, &bare, err);
  if (status == STATUS_OK) {
    DiagList *diags = &query.compiled->diags;
    if (check->json) add_json(check, diags);
    else if (diags->items.len && (check->errors || check->warnings)) fputc('\n', stderr);
    if (!check->json) query_file_show(&query, false);
    check->queries++;
    check->errors += diags->errors;
    check->warnings += diags->warnings;
  }
  query_file_release(&query);
  return status;
}

/* ---- folders ---------------------------------------------------------------------------------- */

typedef Vec(char *) Paths;

static int by_name(const void *left, const void *right) {
  return strcmp(*(char *const *)left, *(char *const *)right);
}

/* What stands in a folder, without hidden names, sorted. */
static Status list_folder(const char *path, Paths *out, Error *err) {
  DIR *folder = opendir(path);
  if (folder == NULL) return error_set(err, STATUS_CONFIG, path, "cannot read the folder: %s", strerror(errno));
  StrBuf below = {0};
  for (struct dirent *entry; (entry = readdir(folder));) {
    if (entry->d_name[0] == '.') continue;
    strbuf_clear(&below);
    strbuf_printf(&below, "%s%s%s", path, str_ends(str_from(path), STR("/")) ? "" : "/", entry->d_name);
    vec_push(out, mem_strdup(below.ptr));
  }
  closedir(folder);
  strbuf_release(&below);
  if (out->len) qsort(out->items, out->len, sizeof *out->items, by_name);
  return STATUS_OK;
}

static Status check_folder(Check *check, const char *path, Error *err) {
  Paths paths = {0};
  Status status = list_folder(path, &paths, err);
  for (uint32_t i = 0; i < paths.len; i++) {
    struct stat info;
    char *below = paths.items[i];
    bool exists = status == STATUS_OK && lstat(below, &info) == 0; /* links are not followed: no circles */
    if (exists && S_ISDIR(info.st_mode)) status = check_folder(check, below, err);
    else if (exists && str_ends_nocase(str_from(below), STR(".asaql"))) status = check_file(check, below, err);
    mem_free(below);
  }
  vec_release(&paths);
  return status;
}

static Status check_path(Check *check, const char *path, Error *err) {
  struct stat info;
  unsigned before = check->queries;
  if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) return check_file(check, path, err);
  TRY(check_folder(check, path, err));
  if (check->queries > before) return STATUS_OK;
  return error_set(err, STATUS_CONFIG, path, "there is no .asaql file in this folder or below it");
}

/* ---- the command ------------------------------------------------------------------------------ */

static const char *plural(unsigned count) { return count == 1 ? "" : "s"; }
static const char *queries(unsigned count) { return count == 1 ? "query" : "queries"; }

static int report(Check *check) {
  if (check->json) {
    StrBuf text = {0};
    strbuf_printf(&text, "{\"queries\":%u,\"errors\":%u,\"warnings\":%u,\"diagnostics\":[", check->queries,
                  check->errors, check->warnings);
    strbuf_put_str(&text, strbuf_str(&check->found));
    strbuf_puts(&text, "]}\n");
    int code = term_print(&text);
    return code ? code : check->errors ? 1 : 0;
  }
  if (check->errors || check->warnings) fputc('\n', stderr);
  term_note("%u %s checked: %u error%s, %u warning%s", check->queries, queries(check->queries), check->errors,
            plural(check->errors), check->warnings, plural(check->warnings));
  return check->errors ? 1 : 0;
}

static int run_check(const void *options, const ArgTexts *words) {
  const CheckOptions *given = options;
  Check check = {.json = given->format == 2};
  Error err = {0};
  Status status = STATUS_OK;
  for (uint32_t i = 0; i < words->len && status == STATUS_OK; i++)
    status = check_path(&check, words->items[i], &err);
  int code = status == STATUS_OK ? report(&check) : term_error(&err);
  strbuf_release(&check.found);
  return code;
}

static const ArgDef args[] = {
  {"format", ARG_CHOICE, offsetof(CheckOptions, format), .choices = "text|json",
   .doc = "text for people on stderr, or one JSON object on stdout"},
  {0},
};

const Command cmd_check = {
  .name = "check",
  .usage = "PATH... [--format json]",
  .summary = "compile queries and show what is wrong with them",
  .details = "PATH is an .asaql file, or a folder: then every .asaql file in it and below it.\n"
             "FROM names that no step defines are inputs; a name joined without DATEDIFF is reference data.",
  .examples = "weir check alerts.asaql\nweir check queries/ --format json",
  .args = args,
  .options_bytes = sizeof(CheckOptions),
  .words = "the path of a query or a folder",
  .words_min = 1,
  .words_max = 100000,
  .run = run_check,
};
