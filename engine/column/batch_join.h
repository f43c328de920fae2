/* batch_join.h: the rows of each substream of a batch apart, and batches of substreams as one batch again. For what
** works key by key: what comes after it works on whole batches again. */
#ifndef WEIR_COLUMN_BATCH_JOIN_H
#define WEIR_COLUMN_BATCH_JOIN_H

#include "base/vec.h"
#include "column/batch.h"

typedef struct JoinedBatch { Batch *batch; uint32_t substream; } JoinedBatch;

typedef struct BatchJoin { /* zero-initialise; empty again after batch_join_finish */
  Vec(JoinedBatch) pieces;
  uint32_t rows;           /* selected ones, of all pieces */
} BatchJoin;

/* Takes a reference. All batches have the same columns; text that lives as long as its batch may be in them. */
void   batch_join_add(BatchJoin *join, const Batch *batch, uint32_t substream);
/* The selected rows of all pieces in order, without channel and not sorted; NULL: there are none. */
Batch *batch_join_finish(BatchJoin *join);
void   batch_join_release(BatchJoin *join);

/* ---- apart ---- */

typedef struct BatchPart { uint32_t substream; Selection *rows; } BatchPart; /* the selected rows of one substream */

typedef struct BatchSplit { /* zero-initialise; scratch that is used again */
  Vec(BatchPart) parts;    /* in the order of their first rows; whoever takes a selection sets it NULL */
  uint32_t *places;        /* by substream: its part + 1; 0: none */
  uint32_t  places_len;
} BatchSplit;

void   batch_split(BatchSplit *split, const Batch *batch); /* the batch has substreams */
void   batch_split_release(BatchSplit *split);
/* The rows as a batch of their own, without substreams and sorted. */
Batch *batch_part(const Batch *batch, const Selection *rows);

#endif
