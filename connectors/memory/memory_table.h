/* memory_table.h: the tables behind memory.h. Internal to this folder; the lock guards all that hangs on them. */
#ifndef WEIR_CONNECTORS_MEMORY_MEMORY_TABLE_H
#define WEIR_CONNECTORS_MEMORY_MEMORY_TABLE_H

#include "base/vec.h"
#include "io/source.h"

typedef enum MemoryStepKind {
  MEMORY_MESSAGE,
  MEMORY_TOMBSTONE,
  MEMORY_QUIET,
  MEMORY_AT_END,
  MEMORY_FINISH,
  MEMORY_GROW,
} MemoryStepKind;

typedef struct MemoryStep {
  MemoryStepKind kind;
  unsigned partition;
  int64_t  offset;
  Ticks    arrival;
  Str      payload, key, headers; /* owned by the script */
} MemoryStep;

typedef struct MemoryCommit { int64_t offset; char *note; } MemoryCommit; /* INT64_MIN: nothing; the note is owned */

typedef struct MemoryScript {
  char    *name;
  unsigned partitions;     /* at the start */
  Vec(MemoryStep) steps;
  Vec(MemoryCommit) committed; /* one a partition, as far as known */
} MemoryScript;

typedef struct MemoryRows {
  char    *name;
  StrBuf   text;           /* rows, a NUL behind each */
  unsigned count, flushed;
} MemoryRows;

void memory_lock(void);
void memory_unlock(void);
/* With the lock held. Entries keep their address until memory_reset. */
MemoryScript *memory_script(Str name);      /* NULL: not defined */
MemoryScript *memory_script_make(Str name); /* empties one that is there */
MemoryRows   *memory_rows(Str name);        /* NULL: none yet */
MemoryRows   *memory_rows_make(Str name);   /* made when absent */

#endif
