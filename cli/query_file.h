/* query_file.h: a query text from a file or the command line, compiled, with its diagnostics shown. */
#ifndef WEIR_CLI_QUERY_FILE_H
#define WEIR_CLI_QUERY_FILE_H

#include "api.h"

typedef struct QueryFile {
  SourceText source;
  Compiled  *compiled;   /* NULL: the file could not be read */
} QueryFile;

enum { COMPAT_DEFAULT = 12 };

/* STATUS_CONFIG when there is no such file; what is wrong with the query itself is in compiled->diags. */
Status query_file_load(QueryFile *query, const char *path, const BindOptions *options, Error *err);
Status query_file_stdin(QueryFile *query, const BindOptions *options, Error *err);
/* All of stdin, or a little more than a source text may have of it. STATUS_WORLD when it cannot be read. */
Status query_text_stdin(StrBuf *text, Error *err);
/* The text is borrowed. */
void   query_file_text(QueryFile *query, const char *text, const BindOptions *options);
void   query_file_release(QueryFile *query);
/* Diagnostics to stderr, for people or as one line of JSON; nothing when there are none. */
void   query_file_show(QueryFile *query, bool json);
/* Exit status for a query with errors: 1, or 2 when all that is wrong is that an input is bound nowhere. */
int    query_file_exit(const QueryFile *query);
/* What a bare name without its folder and `.asaql` is; copied into the arena. */
const char *query_file_name(Arena *arena, const char *path);

#endif
