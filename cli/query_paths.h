/* query_paths.h: the queries that a word of the command line names. */
#ifndef WEIR_CLI_QUERY_PATHS_H
#define WEIR_CLI_QUERY_PATHS_H

#include "cli/config/folders.h"

/* Appends the path itself or, of a folder, every .asaql file in it and below it, as folder_walk finds them.
** STATUS_CONFIG when there is none or the folder cannot be read. */
Status query_paths_find(const char *path, FolderPaths *out, Error *err);

#endif
