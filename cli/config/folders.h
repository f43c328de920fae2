/* folders.h: what stands in a folder, in the order of names. Thread: any. */
#ifndef WEIR_CLI_CONFIG_FOLDERS_H
#define WEIR_CLI_CONFIG_FOLDERS_H

#include <stdbool.h>

#include "base/status.h"
#include "base/vec.h"

typedef Vec(char *) FolderPaths; /* release with paths_release */

/* The entries, with the path of the folder in front (of "." their names alone), without hidden names; sorted.
** STATUS_CONFIG: it cannot be read. */
Status folder_list(const char *path, FolderPaths *out, Error *err);
/* Appends every file in the folder and below it that is wanted: sorted, without what hidden folders hold and without
** following links. */
Status folder_walk(const char *path, bool (*wanted)(const char *path), FolderPaths *out, Error *err);
void   paths_release(FolderPaths *paths);

#endif
