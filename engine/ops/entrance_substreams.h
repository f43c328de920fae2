/* entrance_substreams.h: the clocks of an entrance with TIMESTAMP BY ... OVER: one for each key instead of one for each
** partition.
**
** The policy for late events stays that of the partition, so when its arrivals stand at A no event below A - tolerance
** can come any more, of whatever key. The least such bound of all partitions is the *floor*: the watermark of the
** entrance's only channel, and where the clock of a key begins that nobody has seen. A key whose clock is not above
** the floor is no different from one never seen; it is forgotten as soon as no operator holds anything of it. */
#ifndef WEIR_OPS_ENTRANCE_SUBSTREAMS_H
#define WEIR_OPS_ENTRANCE_SUBSTREAMS_H

#include "column/batch_join.h"
#include "ops/substream_keys.h"
#include "time/policy.h"
#include "time/reorder.h"

typedef struct KeyClock {
  bool    known;
  Ticks   watermark;  /* of the key's own events; it counts where it is above the floor */
  Reorder waiting;    /* rows above the watermark */
} KeyClock;

typedef struct EntranceSubstreams {
  Op            *op;
  SubstreamKeys *keys;
  Vec(KeyClock) clocks;   /* by number */
  uint32_t       known, waiting; /* keys; those with rows that wait */
  uint32_t       channel;
  Ticks          floor, newest;  /* newest: the furthest clock; TICKS_MIN: none */
  BatchSplit     split;          /* the keys of the batch at hand */
  SubstreamClocks moved;         /* their clocks */
  uint64_t      *hashes;
  uint32_t       room;
} EntranceSubstreams;

void entrance_substreams_open(EntranceSubstreams *subs, Op *op);
void entrance_substreams_close(EntranceSubstreams *subs);
/* Judges the events by the clocks of their keys, in their order; gives the key of each row of batch->sel. */
Column *entrance_substreams_judge(EntranceSubstreams *subs, const TimePolicy *policy, const TimedEvents *events,
                                  Column *const *keys, PolicyOutcome *out);
/* Takes the judged events, whose keys are batch->substream, and sends what may go; then tells the clocks. */
void entrance_substreams_release(EntranceSubstreams *subs, const TimePolicy *policy, Batch *batch);
/* No event below w comes any more. */
void entrance_substreams_raise(EntranceSubstreams *subs, Ticks w);
void entrance_substreams_oldest(const EntranceSubstreams *subs, Lineage *into);
Status entrance_substreams_save(const EntranceSubstreams *subs, StateWriter *out, Error *err);
Status entrance_substreams_load(EntranceSubstreams *subs, StateReader *in, Error *err);

#endif
