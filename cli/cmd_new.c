/* cmd_new.c: `weir new`: a folder with a project that runs and whose tests pass. The projects are the folders of
** cli/templates, built into the program. Nothing that is there is touched: the folder is new or empty. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/diag.h"
#include "cli/command.h"
#include "cli/templates.h"
#include "cli/term.h"

#define TEMPLATE_DEFAULT "tumbling"

enum { TEMPLATES_MAX = 16 };

typedef struct NewOptions {
  const char *template_name;
} NewOptions;

/* ---- which template --------------------------------------------------------------------------- */

static unsigned template_names(Str names[TEMPLATES_MAX]) {
  unsigned count = 0;
  for (const TemplateFile *file = template_files; file->name; file++) {
    Str name = str_from(file->name);
    if (count < TEMPLATES_MAX && (count == 0 || !str_eq(name, names[count - 1]))) names[count++] = name;
  }
  return count;
}

static Status check_template(const char *wanted, Error *err) {
  Str names[TEMPLATES_MAX];
  unsigned count = template_names(names);
  StrBuf list = {0};
  for (unsigned i = 0; i < count; i++) {
    if (str_eq(str_from(wanted), names[i])) return strbuf_release(&list), STATUS_OK;
    strbuf_printf(&list, "%s" STR_FMT, i ? ", " : "", STR_ARG(names[i]));
  }
  Str nearest = diag_nearest(str_from(wanted), names, count);
  error_set(err, STATUS_CONFIG, "", "there is no template `%s`", wanted);
  if (nearest.len) error_hint(err, "did you mean " STR_FMT "? The templates are %s", STR_ARG(nearest), list.ptr);
  else error_hint(err, "the templates are %s", list.ptr);
  strbuf_release(&list);
  return STATUS_CONFIG;
}

/* ---- the folder ------------------------------------------------------------------------------- */

static Status cannot_make(const char *path, Error *err) {
  return error_set(err, STATUS_WORLD, "", "cannot make `%s`: %s", path, strerror(errno));
}

static Status refuse_full(const char *path, Error *err) {
  error_set(err, STATUS_CONFIG, "", "`%s` is there already and not empty", path);
  return error_hint(err, "name a new folder; nothing that exists is overwritten");
}

/* A new folder, with those around it, or one that is empty. */
static Status make_folder(char *path, Error *err) {
  for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    bool made = mkdir(path, 0777) == 0 || errno == EEXIST;
    if (!made) return cannot_make(path, err);
    *slash = '/';
  }
  if (mkdir(path, 0777) == 0) return STATUS_OK;
  if (errno != EEXIST) return cannot_make(path, err);
  DIR *folder = opendir(path);
  if (folder == NULL) return errno == ENOTDIR ? refuse_full(path, err) : cannot_make(path, err);
  unsigned entries = 0;
  while (readdir(folder)) entries++;
  closedir(folder);
  return entries > 2 ? refuse_full(path, err) : STATUS_OK; /* "." and ".." */
}

/* What the folder is called, also when it was named by dots; letters that JSON would have to escape become dashes. */
static void put_name(const char *path, StrBuf *out) {
  char whole[PATH_MAX];
  const char *slash = realpath(path, whole) ? strrchr(whole, '/') : NULL;
  strbuf_puts(out, slash && slash[1] ? slash + 1 : "project");
  for (size_t i = 0; i < out->len; i++)
    if ((unsigned char)out->ptr[i] < ' ' || out->ptr[i] == '"' || out->ptr[i] == '\\') out->ptr[i] = '-';
}

/* ---- the files -------------------------------------------------------------------------------- */

static void put_content(const TemplateFile *file, Str name, StrBuf *out) {
  Str rest = {(const char *)file->bytes, file->len}, mark = STR("@NAME@");
  while (rest.len) {
    bool here = str_starts(rest, mark);
    if (here) strbuf_put_str(out, name);
    else strbuf_putc(out, rest.ptr[0]);
    rest = str_sub(rest, here ? mark.len : 1, rest.len);
  }
}

static Status write_file(char *path, Str content, Error *err) {
  char *slash = strrchr(path, '/');
  *slash = 0;
  bool made = mkdir(path, 0777) == 0 || errno == EEXIST;
  *slash = '/';
  FILE *file = made ? fopen(path, "wbx") : NULL; /* x: never over a file that came meanwhile */
  if (file == NULL) return cannot_make(path, err);
  bool written = fwrite(content.ptr, 1, content.len, file) == content.len;
  written = fclose(file) == 0 && written;
  return written ? STATUS_OK : cannot_make(path, err);
}

static Status write_files(const char *folder, const char *wanted, Error *err) {
  StrBuf name = {0}, path = {0}, content = {0};
  Status status = STATUS_OK;
  put_name(folder, &name);
  for (const TemplateFile *file = template_files; file->name && status == STATUS_OK; file++) {
    if (strcmp(file->name, wanted) != 0) continue;
    strbuf_clear(&path);
    strbuf_clear(&content);
    strbuf_printf(&path, "%s/%s", folder, file->path);
    put_content(file, strbuf_str(&name), &content);
    status = write_file(path.ptr, strbuf_str(&content), err);
  }
  strbuf_release(&name);
  strbuf_release(&path);
  strbuf_release(&content);
  return status;
}

/* ---- the command ------------------------------------------------------------------------------ */

static int run_new(const void *options, const ArgTexts *words) {
  const NewOptions *given = options;
  const char *wanted = given->template_name ? given->template_name : TEMPLATE_DEFAULT;
  char *folder = mem_strdup(words->items[0]);
  for (size_t len = strlen(folder); len > 1 && folder[len - 1] == '/';) folder[--len] = 0;
  Error err = {0};
  Status status = check_template(wanted, &err);
  if (status == STATUS_OK) status = make_folder(folder, &err);
  if (status == STATUS_OK) status = write_files(folder, wanted, &err);
  int code = 0;
  if (status == STATUS_OK) term_note("made %s; next: weir run %s, weir test %s", folder, folder, folder);
  else code = term_error(&err);
  mem_free(folder);
  return code;
}

static const ArgDef args[] = {
  {"template", ARG_TEXT, offsetof(NewOptions, template_name), "NAME",
   .doc = "tumbling (default), reference-join, session, pattern or passthrough"},
  {0},
};

const Command cmd_new = {
  .name = "new",
  .usage = "DIR [--template NAME]",
  .summary = "make a project that runs",
  .details = "DIR is a new folder, or an empty one. The project has a query, recorded events, a test, and a live\n"
             "source to fill in. Templates: tumbling (rows a device and minute), reference-join (events with\n"
             "reference data), session (visits), pattern (MATCH_RECOGNIZE), passthrough (filter and columns).",
  .examples = "weir new my-project\nweir new visits --template session",
  .args = args,
  .options_bytes = sizeof(NewOptions),
  .words = "the folder to make",
  .words_min = 1,
  .words_max = 1,
  .run = run_new,
};
