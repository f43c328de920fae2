/* notes.c: see notes.h. */
#include "cli/project/notes.h"

#include "base/diag.h"

static void add(Notes *notes, bool warning, const char *format, va_list args) {
  StrBuf text = {0};
  strbuf_vprintf(&text, format, args);
  Note note = {.warning = warning, .text = arena_str(notes->arena, strbuf_str(&text))};
  strbuf_release(&text);
  arena_push(notes->arena, &notes->items, note);
}

void notes_warn(Notes *notes, const char *format, ...) {
  va_list args;
  va_start(args, format);
  add(notes, true, format, args);
  va_end(args);
}

void notes_add(Notes *notes, const char *format, ...) {
  va_list args;
  va_start(args, format);
  add(notes, false, format, args);
  va_end(args);
}

void notes_lines(Notes *notes, bool warnings, Str lines) {
  Str line;
  while (lines.len) {
    str_cut(lines, '\n', &line, &lines);
    Note note = {.warning = warnings, .text = arena_str(notes->arena, line)};
    arena_push(notes->arena, &notes->items, note);
  }
}

void notes_unknown_key(Notes *notes, Str path, Str key, const Str *names, unsigned count) {
  Str nearest = diag_nearest(key, names, count);
  if (nearest.len)
    notes_warn(notes, STR_FMT ": the key `" STR_FMT "` is ignored; did you mean `" STR_FMT "`?", STR_ARG(path),
               STR_ARG(key), STR_ARG(nearest));
  else
    notes_add(notes, STR_FMT ": the key `" STR_FMT "` is not known and ignored", STR_ARG(path), STR_ARG(key));
}
