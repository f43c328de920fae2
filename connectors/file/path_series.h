/* path_series.h: files one after the other as one stream of bytes. */
#ifndef WEIR_CONNECTORS_FILE_PATH_SERIES_H
#define WEIR_CONNECTORS_FILE_PATH_SERIES_H

#include "connectors/file/byte_input.h"
#include "connectors/file/paths.h"

typedef struct PathSeries {
  PathList    paths;       /* at least one; release with path_series_release */
  const char *who;         /* for messages; borrowed */
  Compression compression;
  uint32_t    at;          /* path being read */
  ByteInput  *input;       /* NULL: not opened yet */
  bool        ended;
} PathSeries;

/* As SourceClass.read: between two files comes SOURCE_FILE_END. A file is opened when its turn comes. */
Status path_series_read(PathSeries *series, int timeout_ms, char *into, size_t cap, size_t *len, Str *blob,
                        SourceEvent *event, Error *err);
void   path_series_restart(PathSeries *series); /* from the first file on */
bool   path_series_has(const PathSeries *series, const struct stat *file);
void   path_series_release(PathSeries *series);

#endif
