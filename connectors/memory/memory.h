/* memory.h: events and rows of a test, in the process: no files, no broker.
**
** A test defines a named source as a script, binds an input to `memory:NAME`, runs the job, and reads the rows
** of a sink bound to `memory:NAME`. `memory-live:NAME` plays the same script as a source that never ends: behind
** the script polls find nothing. Names live in a table of the process; sources and sinks have tables of their own.
** Thread: any; one lock. A script may grow while it is played. */
#ifndef WEIR_CONNECTORS_MEMORY_MEMORY_H
#define WEIR_CONNECTORS_MEMORY_MEMORY_H

#include "io/sink.h"
#include "io/source.h"

extern const SourceClass memory_source;
extern const SourceClass memory_live_source;
extern const SinkClass   memory_sink;

/* ---- the script of a source: steps are played in the order of these calls ---- */

void memory_source_define(const char *name, unsigned partitions); /* empty; replaces a script of that name */
/* Copies the payload. Consecutive messages of one partition come in one batch, up to `batch-rows`. */
void memory_source_message(const char *name, unsigned partition, int64_t offset, Ticks arrival, Str payload);
/* The same with a key and headers (a JSON object of texts), either empty: none. */
void memory_source_record(const char *name, unsigned partition, int64_t offset, Str payload, Str key, Str headers);
void memory_source_tombstone(const char *name, unsigned partition, int64_t offset, Ticks arrival);
void memory_source_quiet(const char *name); /* one poll that finds nothing */
/* The partition's at_end from here on; a message of the partition takes it back. */
void memory_source_at_end(const char *name, unsigned partition);
void memory_source_finish(const char *name, unsigned partition); /* no more data in this partition */
void memory_source_grow(const char *name);                       /* one more partition */

/* What the job committed last for the partition; INT64_MIN: nothing. A source opened with START_COMMITTED leaves
** out the messages before it. */
int64_t memory_source_committed(const char *name, unsigned partition);

/* ---- what a sink got ---- */

/* Rows in the order they were written, each as the format encoded it, without line end. Copies; the array and
** its text are one allocation that mem_free releases. A name nobody wrote to has no rows. */
char   **memory_sink_rows(const char *name, unsigned *count);
unsigned memory_sink_flushed(const char *name); /* how many of them had been written at the last flush */

void     memory_sink_forget(const char *name);  /* the rows of a sink that is closed */

/* Forgets all scripts, commits and rows. Open sources and sinks must be closed before. */
void memory_reset(void);

#endif
