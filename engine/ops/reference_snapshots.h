/* reference_snapshots.h: the snapshots of reference data that a join holds, by the time from which they hold.
**
** Two at most: an event joins the newest one at or before its timestamp, else the oldest. The older one goes when the
** merged watermark has reached the time of the newer one (semantics.md section 5); where a third one must come in at
** once, the one that was not joined for longest makes room. A table never changes, so each is a segment of the state
** that is written once. */
#ifndef WEIR_OPS_REFERENCE_SNAPSHOTS_H
#define WEIR_OPS_REFERENCE_SNAPSHOTS_H

#include "ops/reference_table.h"
#include "state/state.h"

enum { SNAPSHOTS_MAX = 2 };

typedef struct Snapshot {
  ReferenceTable *table;
  Ticks    time, until;  /* known to be the right one for time <= t < until; until is at most the time of the next */
  uint64_t used;         /* when it was joined last, counted in uses */
  uint32_t number;       /* of its segment */
  bool     saved;
} Snapshot;

typedef struct ReferenceSnapshots { /* zero-initialise */
  Snapshot items[SNAPSHOTS_MAX]; /* the oldest first */
  uint32_t len, next_number;
  uint64_t uses;
} ReferenceSnapshots;

void      snapshots_release(ReferenceSnapshots *snapshots);
/* Takes the table. One of the same time is replaced. */
void      snapshots_add(ReferenceSnapshots *snapshots, ReferenceTable *table, Ticks time, Ticks until);
bool      snapshots_has(const ReferenceSnapshots *snapshots, Ticks time);
/* The newest at or before t, else the oldest; there is one. Valid until the next change. */
Snapshot *snapshots_at(ReferenceSnapshots *snapshots, Ticks t);
void      snapshots_use(ReferenceSnapshots *snapshots, Snapshot *snapshot);
/* Drops what no row at or above the watermark can see. */
void      snapshots_forget(ReferenceSnapshots *snapshots, Ticks watermark);
Status    snapshots_save(ReferenceSnapshots *snapshots, StateWriter *out, Error *err);
/* Into empty ones; cols_len and keys_len: of the tables. */
Status    snapshots_load(ReferenceSnapshots *snapshots, StateReader *in, uint32_t cols_len, uint32_t keys_len,
                         Error *err);

#endif
