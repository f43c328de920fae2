/* policy.h: what happens to events that come early, late or out of order (semantics.md section 3), worked out over
** the events of one partition in the order of their arrival:
**   1. early: more than 5 minutes ahead of the arrival. Dropped.
**   2. late: further behind the arrival than the tolerance. Adjusted to arrival - tolerance, or dropped.
**   3. out of order: below the watermark. Adjusted to the watermark, or dropped.
** The watermark W follows each event: the largest time seen, after adjustment, minus the out-of-order tolerance.
** Pure functions: the caller keeps W and the clamp of the arrivals. Threads: any. */
#ifndef WEIR_TIME_POLICY_H
#define WEIR_TIME_POLICY_H

#include "base/vec.h"
#include "column/column.h"

typedef struct TimePolicy {
  Ticks late;          /* tolerance; -1: unlimited */
  Ticks out_of_order;  /* tolerance */
  bool  drop;          /* else adjust */
} TimePolicy;

#define POLICY_EARLY_LIMIT (5 * TICKS_PER_MINUTE)

typedef enum PolicyKind { POLICY_EARLY, POLICY_LATE, POLICY_OUT_OF_ORDER, POLICY_KINDS } PolicyKind;

/* The events of a batch. times and arrivals are indexed by row. */
typedef struct TimedEvents {
  Ticks           *times;
  const Ticks     *arrivals; /* NULL: unknown, events are neither early nor late */
  const Selection *sel;      /* NULL: all rows */
  uint32_t         rows;
} TimedEvents;

/* One look that changes nothing. */
typedef struct PolicyScan {
  bool  clean;      /* no event is outside a policy */
  bool  ascending;  /* the times do not step back */
  Ticks watermark;  /* after these events; only when clean */
} PolicyScan;
PolicyScan policy_scan(const TimePolicy *policy, Ticks watermark, const TimedEvents *events);

typedef struct PolicyDrop { uint32_t row; PolicyKind kind; } PolicyDrop;

/* Zero-initialise; release with policy_outcome_release. */
typedef struct PolicyOutcome {
  uint64_t outside[POLICY_KINDS];  /* events; one that is late and then out of order counts in both */
  Ticks    furthest[POLICY_KINDS]; /* the largest distance of those to their arrival, or to the watermark */
  uint64_t adjusted;
  Ticks    largest_shift;          /* of an adjusted event */
  Vec(PolicyDrop) drops;           /* ascending rows */
} PolicyOutcome;
/* The same for the event of one row, whose clock stands at `watermark`: for events that do not share one. */
Ticks policy_judge(const TimePolicy *policy, Ticks watermark, const TimedEvents *events, uint32_t row,
                   PolicyOutcome *out);
/* Changes times, fills the outcome and returns the watermark after the last event. */
Ticks policy_apply(const TimePolicy *policy, Ticks watermark, const TimedEvents *events, PolicyOutcome *out);
void  policy_outcome_release(PolicyOutcome *out);

/* Arrival times never step back within a partition. Writes those of the selected rows to out, which has room for
** `rows`: a row without one takes *largest, TICKS_MIN when none was known so far. *largest moves along. */
void arrivals_clamp(const Column *arrival, const Selection *sel, uint32_t rows, Ticks *largest, Ticks *out);

#endif
