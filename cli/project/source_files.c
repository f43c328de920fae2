/* source_files.c: inputs and outputs of a project that are files here: local ones, and Blob Storage, which is a folder
** that the caller names, with a folder a container below it. */
#include "cli/project/source_types.h"

/* A mock copied from another machine keeps that machine's path: then the file of that name beside the mock counts. */
static bool find_elsewhere(BindingFile *file, Str path, Str *found) {
  Str beside;
  if (!path_is_absolute(path) || !path_find(&file->desc->arena, file->folder, path_base(path), &beside)) return false;
  if (file_is_script(beside)) return false;
  notes_warn(&file->desc->notes, STR_FMT ": `" STR_FMT "` is not here; " STR_FMT " beside it is read",
             STR_ARG(file->path), STR_ARG(path), STR_ARG(beside));
  *found = beside;
  return true;
}

void bind_local(BindingFile *file) {
  Str path, found;
  file->into->kind = STR("local file");
  if (!file_text(file, file->root, "FilePath", &path)) {
    if (file->into->problem.len == 0) file_problem(file, "no FilePath");
    return;
  }
  if (str_eq(path, STR("-"))) { /* stdin and stdout */
    file->where.target = path;
    file_format(file);
    return;
  }
  bool there = path_find(&file->desc->arena, file->folder, path, &found);
  if (strpbrk(path.ptr, "*[{")) there = true; /* a glob, or {date}: the connector knows */
  if (!there && !file->output && !find_elsewhere(file, path, &found))
    file_problem(file, "there is no file " STR_FMT, STR_ARG(found));
  file->where.target = found;
  file_format(file);
}

/* What the service writes for a date or a time of this format; for an input, what any of them looks like. */
static void put_moment(Str format, bool output, StrBuf *out) {
  for (size_t i = 0; i < format.len;) {
    size_t end = i;
    while (end < format.len && format.ptr[end] == format.ptr[i]) end++;
    Str run = str_sub(format, i, end);
    bool field = strchr("yMdHms", format.ptr[i]) != NULL;
    if (field && output) strbuf_printf(out, "{datetime:" STR_FMT "}", STR_ARG(run));
    else if (field) strbuf_putc(out, '*');
    else strbuf_put_str(out, run);
    i = end;
  }
}

/* A path pattern of the service. In one of an input every placeholder stands for anything; files of reference data say
** by date and time from when on they hold. */
static void put_pattern(BindingFile *file, Str pattern, StrBuf *out) {
  Str date, time, name, rest;
  if (!file_text(file, file->block, "DateFormat", &date)) date = STR("yyyy/MM/dd");
  if (!file_text(file, file->block, "TimeFormat", &time)) time = STR("HH");
  while (pattern.len) {
    if (pattern.ptr[0] != '{' || !str_cut(str_sub(pattern, 1, pattern.len), '}', &name, &rest)) {
      strbuf_putc(out, pattern.ptr[0]);
      pattern = str_sub(pattern, 1, pattern.len);
      continue;
    }
    bool date_here = str_eq_nocase(name, STR("date")), time_here = str_eq_nocase(name, STR("time"));
    if (file->into->reference && (date_here || time_here)) {
      strbuf_puts(out, date_here ? "{date}" : "{time}");
      file_option(file, date_here ? "date-format" : "time-format", date_here ? date : time);
    } else if (date_here) put_moment(date, file->output, out);
    else if (time_here) put_moment(time, file->output, out);
    else if (file->output) strbuf_printf(out, "{" STR_FMT "}", STR_ARG(name));
    else strbuf_putc(out, '*');
    pattern = rest;
  }
}

static const char *extension(BindingFile *file) {
  for (uint32_t i = 0; i < file->where.options.len; i++)
    if (str_eq(file->where.options.items[i].name, STR("format")))
      return str_eq(file->where.options.items[i].value, STR("csv")) ? "csv" : "json";
  return "json";
}

void bind_blob(BindingFile *file) {
  Arena *arena = &file->desc->arena;
  Str container, pattern;
  bool named = file_need(file, "Container", &container);
  file_text(file, file->block, "PathPattern", &pattern);
  file_format(file);
  if (file->options->blobs == NULL) file_problem(file, "no folder in place of the storage account (--blobs DIR)");
  if (!named || file->options->blobs == NULL) return;
  StrBuf below = {0};
  put_pattern(file, pattern, &below);
  Str folder = path_join(arena, str_from(file->options->blobs), container);
  Str path = path_join(arena, folder, strbuf_str(&below));
  if (file->output) path = path_join(arena, path, arena_printf(arena, STR_FMT ".%s", STR_ARG(file->into->name),
                                                               extension(file)));
  strbuf_release(&below);
  file->where.target = path;
}
