/* parts.h: the numbered files a rolled output writes one after another: `a/b.json.gz` becomes `a/b-000001.json.gz`. */
#ifndef WEIR_CONNECTORS_FILE_PARTS_H
#define WEIR_CONNECTORS_FILE_PARTS_H

#include "base/status.h"
#include "base/str.h"

void part_path(Str path, uint64_t number, StrBuf *out); /* appends */
/* The highest number there is; 0: none. */
uint64_t parts_last(Str path);
/* Removes all of them. */
Status   parts_remove(Str path, const char *who, Error *err);

#endif
