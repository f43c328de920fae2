/* options.h: one table of options drives parsing, validation, defaults, documentation and redaction.
**
** A connector or format declares a struct and a table of OptionDef rows that say where each value lives in
** it. WHERE strings of cli.md (`path?name=value&...`), project files and job files all end in options_set. */
#ifndef WEIR_IO_OPTIONS_H
#define WEIR_IO_OPTIONS_H

#include <stddef.h>
#include "base/arena.h"
#include "base/status.h"
#include "base/vec.h"

typedef enum OptionKind {
  OPTION_TEXT,     /* Str */
  OPTION_BOOL,     /* bool: true/false, yes/no, 1/0 */
  OPTION_INT,      /* int64_t, within [min, max] */
  OPTION_BYTES,    /* int64_t; "64k", "10MB", "1g", or a bare number */
  OPTION_DURATION, /* int64_t ticks, see duration_parse */
  OPTION_CHOICE,   /* int; `choices` is a |-separated list, the value its index */
} OptionKind;

typedef struct OptionDef {
  const char *name;     /* lower case, words joined by '-' */
  OptionKind  kind;
  size_t      at;       /* offsetof in the options struct */
  const char *fallback; /* default as text; NULL: zero value */
  int64_t     min, max; /* of OPTION_INT, OPTION_BYTES; both 0: any */
  const char *choices;
  bool        required, secret;
  const char *doc;      /* one sentence */
} OptionDef; /* tables end with a row whose name is NULL */

/* name=value pairs as the user gave them. */
typedef struct OptionPair { Str name, value; } OptionPair;
typedef Vec(OptionPair) OptionPairs;

/* Fills `into` with the defaults. Text borrows from the table. */
void options_defaults(const OptionDef *table, void *into);
/* Sets one option (name without regard to case). *known is false when the table has no such name: the caller
** decides (several tables may share a WHERE). STATUS_CONFIG with the reason when the value does not fit.
** Text is copied into the arena. */
Status options_set(const OptionDef *table, void *into, Arena *arena, Str name, Str value, const char *who,
                   bool *known, Error *err);
/* STATUS_CONFIG naming the first required option without a value. */
Status options_check(const OptionDef *table, const void *from, const char *who, Error *err);
/* The error for a name no table has: suggests the nearest of all names in the tables (NULL-terminated list). */
Status options_unknown(const OptionDef *const *tables, Str name, const char *who, Error *err);
/* name=value lines, secrets as ***; for logs and explain. */
void options_print(const OptionDef *table, const void *from, StrBuf *out);
/* Rows of a Markdown table: name, value, default, meaning. */
void options_print_doc(const OptionDef *table, StrBuf *out);

#endif
