/* notes.h: what reading a configuration has to say beside its result: warnings, shown always, and notes, shown with
** --verbose and by `weir check`. Collected here because readers do not print. */
#ifndef WEIR_CLI_PROJECT_NOTES_H
#define WEIR_CLI_PROJECT_NOTES_H

#include "base/arena.h"
#include "base/vec.h"

typedef struct Note {
  bool warning;
  Str  text; /* lower case, no final stop */
} Note;

typedef struct Notes {
  Arena *arena; /* texts and list live here */
  Vec(Note) items;
} Notes;

void notes_warn(Notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));
void notes_add(Notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Each line of the text. */
void notes_lines(Notes *notes, bool warnings, Str lines);
/* About a key of the file that nothing reads: a warning when it is near one of the names, else a note. */
void notes_unknown_key(Notes *notes, Str path, Str key, const Str *names, unsigned count);

#endif
