/* join_side.h: the rows one side of a stream join keeps, found by key and time.
**
** Each row can be met over an interval of time [from, to): a row of the right side at its own instant only, a row of
** the left side where the bounds of ON put its partners. Two rows may match when their intervals overlap.
**
** Rows live in segments, which part the axis of `from`; a segment is dropped as a whole when time has passed it:
**
**     segments   | 10:00:00 .. |  10:00:15 .. | 10:00:30 ..  |
**     of each:   copies of the needed columns, in pieces that are joined while they are small
**                from, to, hash of the key, next row of the same hash, for every row
**                a hash table: newest row of each hash
**
** so the cost of a row does not depend on how many other keys are live, and a key with many rows costs its own
** partners only. The hash is a first sieve; the join asks its condition for each pair.
**
** Where rows without partner count (LEFT JOIN), a side also knows for each row whether it is settled, and gives out
** the unsettled ones in the order of their stamps.
**
** Ownership: a side owns what it keeps, and copies of texts. Thread: one. */
#ifndef WEIR_OPS_JOIN_SIDE_H
#define WEIR_OPS_JOIN_SIDE_H

#include "base/vec.h"
#include "column/batch.h"
#include "state/state.h"

typedef struct JoinPiece {   /* rows [first, first + rows) of a segment */
  Column **cols;             /* by column of the side; NULL where it is not kept */
  Column  *time;             /* timestamps of the rows; NULL on a side of points */
  uint32_t first, rows;
  uint32_t place;            /* of the newest pairs that touch it; see JoinPairs */
} JoinPiece;

typedef struct JoinSlot { uint32_t tag, row; } JoinSlot; /* upper half of the hash; row + 1, 0: empty */

typedef struct JoinSegment {
  uint32_t  number;          /* its name in the state; never given twice */
  bool      changed;         /* since it was saved */
  Ticks     start;           /* no row of an earlier segment has `from` at or after it */
  Ticks     least_from, most_from, most_to;
  uint32_t  rows, room;
  Ticks    *from, *to;       /* to: NULL on a side of points, where it is from + 1 */
  Ticks    *stamps;          /* LEFT JOIN: of the row without partner */
  uint8_t  *settled;         /* LEFT JOIN: it has a partner, or went out without */
  uint64_t *hashes;          /* NULL: there are no keys */
  uint32_t *next;
  JoinSlot *slots;
  uint32_t  slots_len, slots_used; /* a power of two, at most half used */
  uint32_t  queued;          /* entries of the queue that point here */
  Vec(JoinPiece) pieces;
  Lineage   lineage;
} JoinSegment;

typedef struct JoinQueued { Ticks stamp; JoinSegment *segment; uint32_t row; } JoinQueued;

typedef struct JoinSide {
  const bool *kept;          /* by column */
  uint32_t cols_len;
  bool     keyed, points, outer;
  Ticks    width;            /* of a segment that has enough rows, at least 1 */
  Vec(JoinSegment *) segments; /* by start */
  Vec(JoinQueued) queue;     /* outer: a heap of the rows that were not settled when they came */
  uint32_t numbers;          /* given so far */
} JoinSide;

void join_side_release(JoinSide *side);

/* Rows of a batch with what is known of them, by row of the batch. */
typedef struct JoinRows {
  const Batch    *batch;
  const uint32_t *rows;      /* the ones that are meant, ascending */
  uint32_t        count;
  const Ticks    *from, *to;
  const uint64_t *hashes;
  const Ticks    *stamps;    /* outer */
  const bool     *settled;   /* outer */
} JoinRows;

void join_side_add(JoinSide *side, const JoinRows *rows);

/* ---- pairs ---- */

typedef struct JoinPlace { JoinSegment *segment; uint32_t piece; uint32_t begin, count; } JoinPlace;

/* Rows at hand with rows of a side. After join_pairs_sort they stand piece by piece: place p has the pairs
** [begin, begin + count). */
typedef struct JoinPairs {
  uint32_t *mine;            /* row of the batch at hand */
  uint32_t *row;             /* of the segment; after sorting of the piece */
  uint32_t *place;           /* index in places */
  uint32_t  len, cap;
  Vec(JoinPlace) places;
  uint32_t *spare;           /* scratch of sorting */
  uint32_t  spare_cap;
} JoinPairs;

void join_pairs_clear(JoinPairs *pairs);
void join_pairs_add(JoinPairs *pairs, uint32_t mine, JoinSegment *segment, uint32_t row);
void join_pairs_sort(JoinPairs *pairs);
/* Keeps the pairs listed (ascending positions) after sorting; the order stays. */
void join_pairs_keep(JoinPairs *pairs, const Selection *which);
void join_pairs_release(JoinPairs *pairs);
/* The side's column (or timestamps) of all pairs; texts are copied. The pairs are sorted. */
Column *join_pairs_column(const JoinPairs *pairs, uint32_t col);
Column *join_pairs_time(const JoinPairs *pairs);

typedef struct JoinProbe { /* zero but for side and rows; goes on where it stopped */
  const JoinSide *side;
  JoinRows rows;
  uint32_t segment, at;
  uint32_t chain;            /* next row to look at + 1; 0: none is under way */
  bool     begun;
  Ticks    first, last;      /* of all intervals at hand */
} JoinProbe;

enum { JOIN_PAIRS = 8192 };  /* looked at together */

/* Adds pairs whose keys hash alike and whose intervals overlap, until there are JOIN_PAIRS (true: there may be more)
** or all were found. */
bool join_probe_next(JoinProbe *probe, JoinPairs *pairs);

/* ---- time ---- */

/* Outer: the next unsettled row in the order of stamps whose interval ends at or before w; false: it is not (yet)
** there. It counts as settled from now on. */
bool  join_side_next_alone(JoinSide *side, Ticks w, JoinSegment **segment, uint32_t *row);
/* Outer: the least stamp of an unsettled row; TICKS_MAX: there is none. */
Ticks join_side_least_stamp(JoinSide *side);
/* Drops segments that end at or before w. */
void  join_side_evict(JoinSide *side, Ticks w);

uint64_t join_side_rows(const JoinSide *side);
void   join_side_oldest(const JoinSide *side, Lineage *into);
/* A segment of the state for each segment; those that did not change are kept. */
Status join_side_save(JoinSide *side, const char *name, StateWriter *out, Error *err);
Status join_side_load(JoinSide *side, const char *name, StateReader *in, Error *err);

#endif
