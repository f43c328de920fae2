/* case_notes.c: see case_notes.h. */
#include "cli/testing/case_notes.h"

/* ---- reading ---------------------------------------------------------------------------------- */

static bool parse_place(Str word, CaseNote *note) {
  Str line, column;
  int64_t l, c;
  if (!str_cut(word, ':', &line, &column) || !str_to_i64(line, &l) || !str_to_i64(column, &c)) return false;
  note->line = (uint32_t)l;
  note->column = (uint32_t)c;
  return true;
}

CaseNote case_note_parse(Arena *arena, Str text) {
  Str code, rest, place, phrase;
  str_cut(str_trim(text), ' ', &code, &rest);
  CaseNote note = {.code = arena_str(arena, code)};
  str_cut(str_trim(rest), ' ', &place, &phrase);
  note.phrase = arena_str(arena, str_trim(parse_place(place, &note) ? phrase : rest));
  return note;
}

/* ---- comparing -------------------------------------------------------------------------------- */

bool str_contains(Str text, Str part) {
  for (size_t at = 0; at + part.len <= text.len; at++)
    if (part.len == 0 || memcmp(text.ptr + at, part.ptr, part.len) == 0) return true;
  return false;
}

static void put_note(StrBuf *out, const char *kind, const char *what, const CaseNote *note) {
  strbuf_printf(out, "%s %s " STR_FMT, kind, what, STR_ARG(note->code));
  if (note->line) strbuf_printf(out, " %u:%u", note->line, note->column);
  if (note->phrase.len) strbuf_printf(out, " " STR_FMT, STR_ARG(note->phrase));
  strbuf_putc(out, '\n');
}

static bool note_fits(const CaseNote *wanted, const CaseNote *found) {
  if (!str_eq(wanted->code, found->code) || !str_contains(found->phrase, wanted->phrase)) return false;
  return wanted->line == 0 || (wanted->line == found->line && wanted->column == found->column);
}

bool case_notes_compare(const CaseNotes *wanted, const CaseNotes *found, const char *kind, StrBuf *problem) {
  bool ok = true;
  bool *used = mem_zalloc(found->items.len + 1);
  for (uint32_t i = 0; i < wanted->items.len; i++) {
    uint32_t at = 0;
    while (at < found->items.len && (used[at] || !note_fits(&wanted->items.items[i], &found->items.items[at]))) at++;
    if (at < found->items.len) {
      used[at] = true;
      continue;
    }
    put_note(problem, kind, "missing:   ", &wanted->items.items[i]);
    ok = false;
  }
  for (uint32_t i = 0; i < found->items.len; i++) {
    if (used[i]) continue;
    put_note(problem, kind, "unexpected:", &found->items.items[i]);
    ok = false;
  }
  mem_free(used);
  return ok;
}
