/* cmd_fmt.c: `weir fmt`: queries in their canonical layout. A file changes in one step or not at all: the new text
** goes to a file beside it that then takes its name. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/source_text.h"
#include "cli/command.h"
#include "cli/query_file.h"
#include "cli/query_paths.h"
#include "cli/term.h"
#include "grammar/format.h"

typedef struct FmtOptions {
  bool check;
} FmtOptions;

typedef struct Fmt {
  bool     check;
  unsigned queries, changed, wrong; /* wrong: left alone, they do not parse */
  int      failed;                  /* exit status of what could not be read or written; 0: nothing */
} Fmt;

/* ---- one text --------------------------------------------------------------------------------- */

static bool format_text(SourceText *source, StrBuf *out) {
  DiagList diags;
  diags_init(&diags, source);
  bool ok = format_script(source, &diags, out);
  if (!ok) {
    StrBuf text = {0};
    diags_sort(&diags);
    diags_render(&diags, &text, term_colour(stderr));
    fwrite(text.ptr, 1, text.len, stderr);
    strbuf_release(&text);
  }
  diags_release(&diags);
  return ok;
}

/* ---- files ------------------------------------------------------------------------------------ */

static bool write_all(int file, Str text) {
  while (text.len) {
    ssize_t written = write(file, text.ptr, text.len);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text = str_sub(text, (size_t)written, text.len);
  }
  return true;
}

static Status write_new(char *beside, const char *path, mode_t mode, Str text, Error *err) {
  int file = mkstemp(beside);
  if (file < 0) return error_set(err, STATUS_WORLD, path, "cannot write beside it: %s", strerror(errno));
  bool written = fchmod(file, mode) == 0 && write_all(file, text) && fsync(file) == 0;
  written = close(file) == 0 && written && rename(beside, path) == 0;
  if (written) return STATUS_OK;
  error_set(err, STATUS_WORLD, path, "cannot write the formatted query: %s", strerror(errno));
  unlink(beside);
  return error_hint(err, "the file is as it was");
}

/* Keeps the file's mode; a link goes on pointing to it. */
static Status replace_file(const char *path, Str text, Error *err) {
  struct stat info;
  char target[PATH_MAX];
  if (realpath(path, target) == NULL || stat(target, &info) != 0)
    return error_set(err, STATUS_WORLD, path, "cannot find the file again: %s", strerror(errno));
  StrBuf beside = {0};
  strbuf_printf(&beside, "%s.XXXXXX", target);
  Status status = write_new(beside.ptr, target, info.st_mode & 07777, text, err);
  strbuf_release(&beside);
  return status;
}

static Status format_file(Fmt *fmt, const char *path, Error *err) {
  SourceText source;
  StrBuf text = {0};
  if (access(path, F_OK) != 0) {
    error_set(err, STATUS_CONFIG, "", "there is no query file `%s`", path);
    return error_hint(err, "paths are relative to the folder weir was started in");
  }
  TRY(source_text_load(&source, path, err));
  fmt->queries++;
  bool ok = format_text(&source, &text), same = str_eq(source.text, strbuf_str(&text));
  Status status = STATUS_OK;
  if (!ok) fmt->wrong++;
  else if (!same) {
    fmt->changed++;
    if (!fmt->check) status = replace_file(path, strbuf_str(&text), err);
    if (status == STATUS_OK) term_note(fmt->check ? "would change %s" : "formatted %s", path);
  }
  strbuf_release(&text);
  source_text_release(&source);
  return status;
}

/* A file that cannot be read or written does not keep the others from being formatted. */
static void tell(Fmt *fmt, const Error *err) {
  int code = term_error(err);
  if (code > fmt->failed) fmt->failed = code;
}

/* The folder of a project file, anything else as it is. Freed by the caller. */
static char *folder_of_project(const char *path) {
  Str name = str_from(path);
  if (!str_ends_nocase(name, STR("asaproj.json")) && !str_ends_nocase(name, STR(".asaproj"))) return mem_strdup(path);
  const char *slash = strrchr(path, '/');
  return slash ? mem_strndup(path, (size_t)(slash - path) + 1) : mem_strdup(".");
}

static void format_path(Fmt *fmt, const char *path) {
  FolderPaths paths = {0};
  char *folder = folder_of_project(path);
  Error err = {0};
  if (query_paths_find(folder, &paths, &err) != STATUS_OK) tell(fmt, &err);
  for (uint32_t i = 0; i < paths.len; i++) {
    err = (Error){0};
    if (format_file(fmt, paths.items[i], &err) != STATUS_OK) tell(fmt, &err);
  }
  paths_release(&paths);
  mem_free(folder);
}

/* ---- stdin ------------------------------------------------------------------------------------ */

static void format_stdin(Fmt *fmt) {
  SourceText source;
  StrBuf given = {0}, text = {0};
  Error err = {0};
  Status status = query_text_stdin(&given, &err);
  if (status == STATUS_OK) {
    source_text_init(&source, STR("<stdin>"), strbuf_str(&given));
    fmt->queries++;
    if (!format_text(&source, &text)) fmt->wrong++;
    else if (!str_eq(strbuf_str(&given), strbuf_str(&text))) fmt->changed++;
    if (!fmt->check) status = term_out(strbuf_str(&text), &err);
    source_text_release(&source);
  }
  if (status != STATUS_OK) tell(fmt, &err);
  strbuf_release(&text);
  strbuf_release(&given);
}

/* ---- the command ------------------------------------------------------------------------------ */

static void report(const Fmt *fmt) {
  const char *plural = fmt->queries == 1 ? "query" : "queries", *verb = fmt->check ? "would change" : "changed";
  if (fmt->wrong) term_note("%u %s read: %u %s, %u left alone", fmt->queries, plural, fmt->changed, verb, fmt->wrong);
  else term_note("%u %s read: %u %s", fmt->queries, plural, fmt->changed, verb);
}

static int run_fmt(const void *options, const ArgTexts *words) {
  Fmt fmt = {.check = ((const FmtOptions *)options)->check};
  bool files = false;
  for (uint32_t i = 0; i < words->len; i++) {
    bool is_stdin = strcmp(words->items[i], "-") == 0;
    files |= !is_stdin;
    if (is_stdin) format_stdin(&fmt);
    else format_path(&fmt, words->items[i]);
  }
  if (fmt.queries && (files || fmt.check)) report(&fmt);
  if (fmt.failed) return fmt.failed;
  return fmt.wrong || (fmt.check && fmt.changed) ? 1 : 0;
}

static const ArgDef args[] = {
  {"check", ARG_FLAG, offsetof(FmtOptions, check),
   .doc = "change nothing; say which queries would change, and exit with 1 if there are any"},
  {0},
};

const Command cmd_fmt = {
  .name = "fmt",
  .usage = "PATH... [--check]",
  .summary = "bring queries into their canonical layout",
  .details = "PATH is an .asaql file, a project or a folder (every .asaql file in it and below it), or `-`: then\n"
             "stdin goes to stdout. Comments stay. A query with syntax errors is left alone; exit status 1.\n"
             "A file that cannot be read is told, the others are formatted; exit status 2.\n"
             "What the layout is: docs/language/formatting.md.",
  .examples = "weir fmt alerts.asaql\nweir fmt queries/ --check\nweir fmt - < alerts.asaql",
  .args = args,
  .options_bytes = sizeof(FmtOptions),
  .words = "the path of a query or a folder, or `-`",
  .words_min = 1,
  .words_max = 100000,
  .run = run_fmt,
};
