/* file_pool.h: the many files of one output, of which few are open.
**
** A target is one path the rows name. Its rows wait in a buffer; when they are written and too many files are open, the
** one that was written least recently is closed, and opened again to append when its turn comes. Rolled targets are
** numbered parts (parts.h). What is remembered of targets is bounded, too: of those not written for long only that
** they were, in a set that can err to one side: a stale file of another run might then be appended to, never own rows
** be replaced. Thread: one. */
#ifndef WEIR_CONNECTORS_FILE_FILE_POOL_H
#define WEIR_CONNECTORS_FILE_FILE_POOL_H

#include "connectors/file/file.h"

typedef struct FilePool FilePool;

enum { FILE_POOL_TARGETS = 20000 };

typedef struct FilePoolConfig {
  const char *who;          /* outlives the pool */
  Compression compression;
  bool    append;           /* files that are there are continued, their torn ends repaired; else replaced */
  bool    quoted;           /* CSV: see tail.h */
  bool    make_folders;
  int64_t roll_bytes;       /* 0: never */
  Ticks   roll_after;       /* 0: never */
  unsigned open_max;        /* files open at once */
  uint32_t targets_max;     /* remembered each by itself; 0: FILE_POOL_TARGETS */
  void   (*head)(void *context, StrBuf *out); /* what stands before the first row of a file */
  void    *context;
  void   (*notice)(void *context, const char *text); /* NULL: none */
  void    *notice_context;
} FilePoolConfig;

FilePool *file_pool_new(const FilePoolConfig *config);
/* Opens a target before there are rows, so that what is wrong with it is said at once. */
Status file_pool_open(FilePool *pool, Str path, Error *err);
/* One row with its line end. */
Status file_pool_put(FilePool *pool, Str path, Str row, Error *err);
/* Everything so far is with the system. */
Status file_pool_flush(FilePool *pool, Error *err);
/* Writes what waits, closes all files and frees the pool in every case. `heads`: an open file without rows gets its
** head. */
Status file_pool_close(FilePool *pool, bool heads, Error *err);

#endif
