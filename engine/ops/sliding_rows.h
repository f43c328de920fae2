/* sliding_rows.h: the rows that are in a sliding window, oldest first: times, groups, and copies of those argument
** columns that are needed again when a row leaves.
**
** Rows come in pieces, a batch each; small pieces are joined, so a stream that trickles costs no more memory than
** one that comes in large batches. The columns of a piece own their text. */
#ifndef WEIR_OPS_SLIDING_ROWS_H
#define WEIR_OPS_SLIDING_ROWS_H

#include "base/vec.h"
#include "column/batch.h"

typedef struct SlidingPiece {
  uint32_t  rows, at;   /* rows [at, rows) are in the window, or not entered yet */
  Ticks    *times;
  uint32_t *groups;     /* UINT32_MAX: not entered yet */
  Column  **cols;
  Lineage   lineage;
} SlidingPiece;

typedef struct SlidingRows { /* zero-initialise but for cols_len */
  uint32_t cols_len;
  Vec(SlidingPiece) pieces;
  Lineage  lineage;     /* of all pieces, now and then also of some that have gone */
  uint32_t gone;        /* pieces dropped since `lineage` was made */
} SlidingRows;

/* Adds `count` rows that have not entered yet; takes the columns. */
SlidingPiece *sliding_rows_add(SlidingRows *rows, uint32_t count, Column *const *cols, const Lineage *lineage);
/* Drops the pieces whose last row left before `before` (so that its lineage is held until then). */
void sliding_rows_drop(SlidingRows *rows, Ticks size, Ticks before);
/* Joins small pieces at the end; everything has entered. */
void sliding_rows_tidy(SlidingRows *rows);
/* When the first row leaves that is still there; there is one. */
Ticks sliding_rows_leaving(const SlidingRows *rows, Ticks size);
uint64_t sliding_rows_len(const SlidingRows *rows);
void sliding_rows_renumber(SlidingRows *rows, const uint32_t *map); /* groups got new numbers */
void sliding_rows_oldest(const SlidingRows *rows, Lineage *into);
void sliding_rows_release(SlidingRows *rows);
void sliding_rows_save(const SlidingRows *rows, ByteWriter *out);
void sliding_rows_load(SlidingRows *rows, ByteReader *in); /* into an empty one */

#endif
