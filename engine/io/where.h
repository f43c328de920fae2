/* where.h: the WHERE of cli.md, taken apart: `path?name=value&...`, `kafka://hosts/topic?...`,
** `odbc:connection string?...`, `-`. ${ENV} is replaced everywhere; a variable that is not set is an error that
** names it. What a variable in the value of an option holds is taken as it is, & and % included; a variable that
** holds a whole WHERE is taken apart like one. */
#ifndef WEIR_IO_WHERE_H
#define WEIR_IO_WHERE_H

#include "io/options.h"

typedef struct Where {
  Str scheme;          /* "file", "kafka", "odbc", "memory"; a bare path and "-" are "file" */
  Str target;          /* what stands between scheme and '?': path, hosts/topic, connection string */
  OptionPairs options; /* percent-decoded; release with where_release */
  Str printable;       /* the text with secrets hidden, for messages */
} Where;

/* Strings live in the arena. An odbc connection string may itself hold '?' only inside {braces}. */
Status where_parse(Arena *arena, Str text, Where *out, Error *err);
void   where_release(Where *where);
const Str *where_option(const Where *where, const char *name); /* NULL when absent */

/* Replaces every ${NAME} by the environment's value; $${ stands for a literal ${. */
Status env_expand(Arena *arena, Str text, Str *out, Error *err);

#endif
