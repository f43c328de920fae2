/* reorder.h: rows that wait until time has passed them, and leave in order.
**
** A buffer holds rows of one or several channels as sorted runs. reorder_take gives them out by (time, channel,
** arrival) up to a bound. The entrance uses one a partition, with the watermark as bound; a merge one for all its
** channels. Use, for each batch that comes in:
**     reorder_add(buffer, channel, batch);               lends the batch
**     while ((out = reorder_take(buffer, bound, rows)))  what may go; a view of one run where that is enough
**       ...
**     reorder_keep(buffer);                              what stays of the batch is copied
**
** Ownership: batches that are added are borrowed until reorder_keep; batches that are taken belong to the caller.
** Memory: what is held, at most about twice, in copies that own their text. Thread: one at a time. */
#ifndef WEIR_TIME_REORDER_H
#define WEIR_TIME_REORDER_H

#include "base/vec.h"
#include "column/batch.h"

typedef struct ReorderRun {
  const Batch *batch;
  Batch    *copy;   /* the same when it is the buffer's own; NULL: lent */
  uint32_t *order;  /* rows of the batch by time; NULL: row i is the i-th */
  uint32_t  at, len; /* [at, len) are still here */
  Ticks     first;  /* time of row `at` */
  size_t    bytes;  /* of the copy */
} ReorderRun;

typedef struct ReorderLane { /* one channel; runs in the order they came */
  uint32_t channel;
  Vec(ReorderRun) runs;
} ReorderLane;

typedef struct Reorder { /* zero-initialise; release with reorder_release */
  Vec(ReorderLane) lanes; /* ascending channels */
} Reorder;

/* Rows at or before (time, channel), compared in this order. */
typedef struct ReorderBound { Ticks time; uint32_t channel; } ReorderBound;

/* The selected rows, which have times in any order; rows of equal time leave in the order they came. */
void   reorder_add(Reorder *buffer, uint32_t channel, const Batch *batch);
/* The next rows within the bound, at most `rows` of them: sorted, with their lineage. The channel is that of one
** of the batches: the caller sets his. NULL: there are none. */
Batch *reorder_take(Reorder *buffer, ReorderBound bound, uint32_t rows);
void   reorder_keep(Reorder *buffer);
bool   reorder_is_empty(const Reorder *buffer);
uint64_t reorder_rows(const Reorder *buffer);
size_t reorder_bytes(const Reorder *buffer, uint32_t channel);
void   reorder_oldest(const Reorder *buffer, Lineage *into);
void   reorder_save(const Reorder *buffer, ByteWriter *out);
void   reorder_load(Reorder *buffer, ByteReader *in); /* into an empty one */
void   reorder_release(Reorder *buffer);

#endif
