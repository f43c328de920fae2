/* paths.h: which files an input names. */
#ifndef WEIR_CONNECTORS_FILE_PATHS_H
#define WEIR_CONNECTORS_FILE_PATHS_H

#include "base/arena.h"
#include "base/status.h"
#include "base/vec.h"

typedef Vec(Str) PathList; /* texts live in the arena and end with NUL */

/* "-" stays; a path that exists is itself; a folder is its files in name order (no dot files, not its
** subfolders); anything else holding * ? or [ is a glob, its files in name order. Names order by bytes.
** STATUS_CONFIG when that is nothing at all, or when one of them may not be read; the hint names the nearest
** file there is. */
Status paths_expand(Arena *arena, Str target, const char *who, PathList *out, Error *err);

#endif
