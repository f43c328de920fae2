/* quarantine.h: where bad records go (design.md section 8): counted by kind, kept with raw bytes, origin and
** reason; never fatal, never silent. One JSON object a line:
**   {"time":..., "kind":"InputDeserializationError", "job":..., "input":..., "origin":{"partition":0,"offset":42},
**    "reason":..., "query":{"file":..., "line":..., "column":...}, "payload": text, or "payloadBase64" when
**    the bytes are not UTF-8}
** An OutputDataConversionError has "output" in place of "input"; what is unknown of the origin is left out. The file
** is created with the first entry and continued when it exists: what was kept once is not thrown away.
** Thread: one lock inside, any thread may add. */
#ifndef WEIR_IO_QUARANTINE_H
#define WEIR_IO_QUARANTINE_H

#include "base/span.h"
#include "base/status.h"
#include "base/str.h"
#include "types/datetime.h"

typedef enum QuarantineKind {
  QUARANTINE_DESERIALIZATION,   /* InputDeserializationError: not decodable, or CREATE TABLE says otherwise */
  QUARANTINE_INVALID_TIMESTAMP, /* InvalidInputTimeStamp */
  QUARANTINE_EARLY,             /* EarlyInputEvent */
  QUARANTINE_LATE,              /* LateInputEvent: policy Drop */
  QUARANTINE_OUT_OF_ORDER,      /* OutOfOrderEvent: policy Drop */
  QUARANTINE_OVERSIZE,          /* InputRecordTooLarge */
  QUARANTINE_TOMBSTONE,         /* NullPayload: counted only, there is nothing to keep */
  QUARANTINE_RUNTIME,           /* RuntimeError of one row */
  QUARANTINE_OUTPUT,            /* OutputDataConversionError: the sink cannot take the row */
  QUARANTINE_KINDS
} QuarantineKind;
const char *quarantine_kind_name(QuarantineKind kind); /* the service's names, as above */

typedef struct QuarantineEntry {
  QuarantineKind kind;
  Str   input;          /* input alias; for QUARANTINE_OUTPUT the output's */
  int   partition;      /* -1: unknown */
  int64_t offset;       /* Kafka offset, or byte offset in a file; -1: unknown */
  Str   blob;           /* file name of a recorded input; may be empty */
  Str   reason;         /* in the user's words */
  bool  has_place;      /* line and column of the query */
  uint32_t line, column;
  Str   payload;        /* raw bytes of the event, or the row as JSON after an aggregate or join */
} QuarantineEntry;

typedef struct Quarantine Quarantine;
/* path: NULL keeps counts only; "-" is stderr. job: name written into each entry. Nothing is opened yet. */
Quarantine *quarantine_new(const char *path, const char *job, const char *query_file);
void     quarantine_add(Quarantine *quarantine, const QuarantineEntry *entry);
/* Counts and keeps nothing: what the policies and tombstones only count. */
void     quarantine_count(Quarantine *quarantine, QuarantineKind kind, uint64_t events);
uint64_t quarantine_counted(const Quarantine *quarantine, QuarantineKind kind);
uint64_t quarantine_kept(const Quarantine *quarantine); /* entries with a line in the file */
const char *quarantine_path(const Quarantine *quarantine);
/* Writes out what is buffered. STATUS_WORLD when the file could not be written: entries would be lost. They stay
** buffered, so a later flush may still save them. */
Status   quarantine_flush(Quarantine *quarantine, Error *err);
void     quarantine_free(Quarantine *quarantine); /* flush comes before */
/* The last few reasons, for the run summary: at most `max` lines (and at most 8), newest last, appended to out. */
void     quarantine_samples(const Quarantine *quarantine, unsigned max, StrBuf *out);

#endif
