/* sink.h: where results go. A connector implements SinkClass; the engine owns the interface.
**
** Contract: `write` may buffer; when `flush` returns STATUS_OK everything written before has been delivered
** (the broker acknowledged, the database committed, the file was written). The job calls flush at the end of
** each epoch and before it commits input positions, so delivery is at least once. A sink that cannot take a
** row hands it to `reject` and goes on. STATUS_WORLD means delivery failed after the configured retries.
** Thread: one at a time. */
#ifndef WEIR_IO_SINK_H
#define WEIR_IO_SINK_H

#include "io/format.h"
#include "io/where.h"

/* A row the sink cannot take (type, length, NULL in a NOT NULL column): goes to the quarantine. */
typedef void SinkRejectFn(void *context, const Batch *batch, uint32_t row, const char *reason);

typedef struct SinkConfig {
  const char  *job;
  const char  *name;        /* of the output */
  const char  *who;         /* the output in messages: "output alerts" */
  const Where *where;       /* borrowed for open only */
  const OutputSchema *schema; /* outlives the sink */
  const FormatClass *format;  /* for sinks of bytes; NULL for the others */
  const void  *format_options;
  SinkRejectFn *reject;
  void        *reject_context;
  bool         resumes;       /* an input goes on from a committed position: what an earlier run wrote is continued */
  void       (*notice)(void *context, const char *text); /* one line for people; NULL: none */
  void        *notice_context;
} SinkConfig;

typedef struct SinkClass SinkClass;
typedef struct Sink { const SinkClass *cls; } Sink;

struct SinkClass {
  const char *scheme;
  const OptionDef *options;
  bool bytes;               /* wants a format */
  const char *doc;
  Status (*open)(const SinkConfig *config, Arena *arena, Sink **out, Error *err);
  Status (*write)(Sink *sink, const Batch *batch, Error *err); /* columns in the order of the schema */
  Status (*flush)(Sink *sink, Error *err);
  Status (*close)(Sink *sink, Error *err); /* frees it in every case; flush comes before */
  void   (*state)(Sink *sink, char *out, size_t cap); /* as SourceClass.state; NULL: nothing to say */
};

#endif
