/* lineage_log.h: the source events of many things that begin with different batches, without a lineage for each.
**
** Every batch gets a number that grows. A thing remembers the number of the batch it began with, and holds it
** until it ends; what it derives from lies in the batches from that number on. Batches nobody began with are
** folded into the one before, so the log is never longer than there are things. */
#ifndef WEIR_OPS_LINEAGE_LOG_H
#define WEIR_OPS_LINEAGE_LOG_H

#include "base/vec.h"
#include "column/lineage.h"

typedef struct LineageEntry {
  uint64_t number;
  uint32_t holders;
  Lineage  lineage;
} LineageEntry;

typedef struct LineageLog { /* zero-initialise */
  Vec(LineageEntry) entries; /* ascending numbers */
  uint64_t last;             /* number of the newest batch */
  uint32_t unheld;           /* entries without holders */
} LineageLog;

uint64_t lineage_log_add(LineageLog *log, const Lineage *batch); /* the number of the batch */
void lineage_log_hold(LineageLog *log, uint64_t number);
void lineage_log_drop(LineageLog *log, uint64_t number);
void lineage_log_tidy(LineageLog *log);                          /* after each batch */
/* What anything that began with batch `number` or later derives from. */
void lineage_log_since(const LineageLog *log, uint64_t number, Lineage *into);
void lineage_log_release(LineageLog *log);
void lineage_log_save(const LineageLog *log, ByteWriter *out);
void lineage_log_load(LineageLog *log, ByteReader *in);

#endif
