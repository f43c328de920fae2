/* case_notes.h: what a case says about diagnostics and about entries of the quarantine: code, place, part of the text.
** Written `CODE [LINE:COLUMN] [part of the text]`, for example `E0404 2:8 TollId`. */
#ifndef WEIR_CLI_TESTING_CASE_NOTES_H
#define WEIR_CLI_TESTING_CASE_NOTES_H

#include "base/arena.h"
#include "base/vec.h"

typedef struct CaseNote {
  Str      code;         /* "E0404"; "RuntimeError" */
  uint32_t line, column; /* in the query; 0: anywhere */
  Str      phrase;       /* part of the message or reason; may be empty */
} CaseNote;

typedef struct CaseNotes {
  bool stated;           /* the case says which there are, and that there are no others */
  Vec(CaseNote) items;   /* in an arena */
} CaseNotes;

CaseNote case_note_parse(Arena *arena, Str text);
/* Every wanted note is found once, and nothing else is. Else false, and a line each in `problem`; `kind` begins it. */
bool case_notes_compare(const CaseNotes *wanted, const CaseNotes *found, const char *kind, StrBuf *problem);
bool str_contains(Str text, Str part);

#endif
