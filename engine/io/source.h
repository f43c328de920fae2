/* source.h: where events come from. A connector implements SourceClass; the engine owns the interface.
**
** A message source (Kafka) delivers messages by poll. A stream source (file, stdin) delivers bytes by read;
** the format's framer cuts them. One of the two functions is NULL. A snapshot source (ODBC) is reference
** data only: see RowsClass below.
**
** Threads: one thread uses a Source at a time. Blocking: never longer than timeout_ms plus the cost of one
** read. Broken connections are ridden out inside with backoff; `state` tells the progress line. */
#ifndef WEIR_IO_SOURCE_H
#define WEIR_IO_SOURCE_H

#include <sys/stat.h>

#include "io/format.h"
#include "io/where.h"

typedef enum StartKind { START_DEFAULT, START_NOW, START_EARLIEST, START_COMMITTED, START_TIME } StartKind;

typedef struct SourceConfig {
  const char  *job;        /* job name: consumer group default, client id */
  const char  *who;        /* the input in messages: "input toll", "reference cars" */
  const Where *where;      /* borrowed for open only: copy what you keep (arena) */
  StartKind    start;      /* --start, which wins over start= in WHERE */
  Ticks        start_time; /* of START_TIME */
  bool         headers;    /* the query reads message headers: deliver them if there are any */
  void       (*notice)(void *context, const char *text); /* one line for people, while opening; NULL: none */
  void        *notice_context;
  const FormatClass *format; /* whose options may stand in WHERE beside the connector's own; NULL: none */
} SourceConfig;

typedef enum SourceEvent {
  SOURCE_NOTHING,  /* nothing within the time-out */
  SOURCE_DATA,
  SOURCE_FILE_END, /* stream sources: this file is over, another follows; its bytes come first */
  SOURCE_END,      /* the source is finished (never for a live one) */
} SourceEvent;

typedef struct PartitionState {
  bool  finished;   /* no more data will come */
  bool  at_end;     /* live: a successful fetch has reached the end and the queue is empty */
  char  name[64];   /* for people: "0", or a file name */
  int   number;     /* the broker's partition number; 0 for files */
} PartitionState;

typedef Vec(Ticks) SnapshotTimes;
/* How far a job is done with a partition. The note is the job's own, kept with the offset and given back by
** `resumed`; a source that cannot keep it ignores it. */
typedef struct SourcePosition {
  int64_t offset; /* everything before it is done with; INT64_MIN: nothing was read, it stands where it began */
  Str     note;   /* at most SOURCE_NOTE_MAX bytes of text */
} SourcePosition;
enum { SOURCE_NOTE_MAX = 4000 };

typedef struct SourceClass SourceClass;
typedef struct Source { const SourceClass *cls; } Source; /* connectors embed it first */

struct SourceClass {
  const char *scheme;       /* "file", "kafka" */
  const OptionDef *options; /* for documentation and suggestions */
  bool live;                /* may go on for ever: idle rule, --until-idle, start now by default */
  const char *doc;

  Status (*open)(const SourceConfig *config, Arena *arena, Source **out, Error *err);
  void   (*close)(Source *source);
  unsigned (*partitions)(Source *source); /* may grow during a run */
  void   (*partition_state)(Source *source, unsigned partition, PartitionState *out);

  /* Message sources. Fills `out` (cleared by the caller) with messages of one partition. */
  Status (*poll)(Source *source, int timeout_ms, MessageBatch *out, SourceEvent *event, Error *err);
  /* Stream sources: up to cap bytes into `into`; *blob (may change with each file) names the file. */
  Status (*read)(Source *source, int timeout_ms, char *into, size_t cap, size_t *len, Str *blob,
                 SourceEvent *event, Error *err);
  /* Do not deliver this partition until resumed (a merge is ahead on it); meanwhile it is never at its end. NULL:
  ** cannot. */
  void   (*pause)(Source *source, unsigned partition, bool paused);
  /* One position a partition. NULL: nothing to do. */
  Status (*commit)(Source *source, const SourcePosition *positions, unsigned partitions, Error *err);
  /* Whether the partition began at a committed position, and the note of it (lives as long as the source; empty:
  ** there is none). NULL: it never does. */
  bool   (*resumed)(Source *source, unsigned partition, Str *note);
  /* One line for the progress display when something is wrong ("broker down, retrying"); empty when fine. */
  void   (*state)(Source *source, char *out, size_t cap);
  /* Reference data. The class that reads this scheme's as snapshots; NULL: everything there is is one snapshot. */
  const struct SourceClass *reference;
  /* The rest is of such a class only (`reference` of another one). `look` says which snapshots there are now: the times
  ** from which they hold, ascending; none of them: one that has no time. *changed: it is not what `look` saw before.
  ** `begin` makes `read` give the snapshot that holds at `time` (the newest at or before it, else the oldest). */
  Status (*look)(Source *source, SnapshotTimes *times, bool *changed, Error *err);
  Status (*begin)(Source *source, Ticks time, Error *err);
  Ticks  (*refresh)(const Source *source); /* how often to look; 0: never */
  /* Whether this file is among those it reads, by whatever name: nobody may write it. NULL: it reads no files. */
  bool   (*reads_file)(Source *source, const struct stat *file);
};

/* Rows that need no decoding: reference data from a database. The rows of one snapshot are read to their end. */
typedef enum RowsOperation { ROWS_INSERT = 1, ROWS_DELETE = 2 } RowsOperation;
typedef struct RowsClass RowsClass;
typedef struct Rows { const RowsClass *cls; } Rows;
struct RowsClass {
  const char *scheme;
  const OptionDef *options;
  const char *doc;
  /* fields as in DecodeSpec (depth 1 reaches a column by name without regard to case); payload asks for a JSON
  ** object of all columns. A field that the query has no column for is a STATUS_CONFIG error that lists what
  ** there is. */
  Status (*open)(const SourceConfig *config, const DecodeSpec *spec, Arena *arena, Rows **out, Error *err);
  /* The next batch of at most rows_max rows, in out->cols and out->payload (time NULL); NULL at the end. Of Rows that
  ** give changes two columns stand behind the fields: identity (COL_TEXT, not empty; rows of equal identity are the
  ** same row) and operation (COL_BIGINT, a RowsOperation). */
  Status (*next)(Rows *rows, uint32_t rows_max, Batch **out, Error *err);
  /* Read again from the start: what there is at time `now` of our clock, or, when since is not TICKS_MIN, only what has
  ** changed in between (Rows that give changes). */
  Status (*rewind)(Rows *rows, Ticks now, Ticks since, Error *err);
  Ticks  (*refresh)(const Rows *rows);      /* how often; 0: never */
  bool   (*changes)(const Rows *rows);      /* can tell what has changed; NULL: no */
  bool   (*keyed)(const Rows *rows);        /* identities are keys, not whole rows */
  /* From any thread: the call that is under way (next, rewind) fails soon. NULL: cannot. */
  void   (*cancel)(Rows *rows);
  void   (*close)(Rows *rows);
};

#endif
