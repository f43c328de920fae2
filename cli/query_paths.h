/* query_paths.h: the queries that a word of the command line names. */
#ifndef WEIR_CLI_QUERY_PATHS_H
#define WEIR_CLI_QUERY_PATHS_H

#include "base/status.h"
#include "base/vec.h"

typedef Vec(char *) QueryPaths;

/* What stands in a folder, with its path in front, without hidden names; sorted. STATUS_CONFIG: it cannot be read. */
Status folder_list(const char *path, QueryPaths *out, Error *err);
/* Appends the path itself or, of a folder, every .asaql file in it and below it: sorted, without what hidden
** folders hold and without following links. STATUS_CONFIG when there is none or the folder cannot be read. */
Status query_paths_find(const char *path, QueryPaths *out, Error *err);
void   query_paths_release(QueryPaths *paths);

#endif
