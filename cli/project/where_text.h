/* where_text.h: writing a WHERE (io/where.h) from its parts, so that where_parse reads back the same parts: values
** are percent-encoded, and `${` is written so that nothing is replaced a second time. */
#ifndef WEIR_CLI_PROJECT_WHERE_TEXT_H
#define WEIR_CLI_PROJECT_WHERE_TEXT_H

#include "io/where.h"

typedef struct WhereText {
  Arena *arena;
  const char *scheme; /* NULL: a file */
  Str target;         /* for kafka hosts/topic, for odbc the connection string */
  Vec(OptionPair) options;
} WhereText;

/* Sets an option; a later value replaces an earlier one. */
void where_text_set(WhereText *where, Str name, Str value);
Str  where_text_make(const WhereText *where);
/* A WHERE that was made, with one option more. */
Str  where_text_add(Arena *arena, Str where, const char *name, Str value);

#endif
