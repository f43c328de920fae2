/* op.h: operators: what runs.
**
** A graph node is an Op: state and wiring around a read-only PlanNode. Batches are pushed in by port (0 is the
** stream; ports count the inputs of the plan node), watermarks advance a channel of a port, results go out by
** op_emit and op_advance to every reader.
**
** Contract
**  - push borrows the batch. An operator that keeps rows copies the columns it needs (column_gather with
**    copy_text) and never pins a payload buffer.
**  - advance(port, channel, w): no later row of that channel at this port is below w. TICKS_MAX: it is
**    finished. Channels are announced by advance(channel, TICKS_MIN) before their first batch.
**    Stateless operators pass batches and watermarks through under the same channel; operators that make a new
**    stream emit under their own channel (op->channel).
**  - Output order: what is emitted after op_advance(op, c, w) on channel c is never below w.
**  - A row that fails is handed to op_fail_rows and left out; nothing else stops.
**  - save and load carry everything the operator holds; a loaded operator continues as the saved one would.
**    Segments: see state/state.h. An operator without state leaves both NULL.
**  - oldest adds to `into` the source events its state still needs (lineage.h); NULL: it holds none.
** Thread: one thread runs all operators of a job (design.md section 7 splits later by exchange); no locks. */
#ifndef WEIR_OPS_OP_H
#define WEIR_OPS_OP_H

#include "base/clock.h"
#include "column/batch.h"
#include "expr/program.h"
#include "plan/plan.h"
#include "state/state.h"
#include "time/policy.h"

typedef struct Op Op;
typedef struct OpClass OpClass;

/* What a job counts, per input; printed in the summary and as metrics. */
typedef struct InputCounts {
  uint64_t events, bytes;
  uint64_t early, late, out_of_order; /* events outside a policy */
  uint64_t dropped;                   /* of these, dropped */
  uint64_t invalid_timestamp;
  uint64_t adjusted;                  /* events whose time a policy changed */
  Ticks    largest_shift;             /* of an adjusted event */
} InputCounts;

/* Why an entrance drops an event: the numbers of io/quarantine.h's QuarantineKind, which operators do not see
** (a unit test compares them). */
enum { DROP_INVALID_TIMESTAMP = 1, DROP_EARLY, DROP_LATE, DROP_OUT_OF_ORDER };

/* What the job offers to its operators. */
typedef struct OpContext {
  uint32_t batch_rows;      /* rows an operator aims at when it makes batches */
  int      compat;
  TimePolicy policy;
  const Clock *clock;
  uint32_t next_channel;    /* channel numbers handed out so far */
  Arena   *arena;           /* lives as long as the graph: programs and plans of operators */
  struct SubstreamKeys *substreams; /* substream_keys.h: a list, one for each number of OVER columns */
  Op      *model;           /* open already, of the same plan node: an operator shares its programs and scratch, which
                            ** are free between calls; it outlives the others. NULL: there is none */
  void    *job;             /* for the callbacks below */
  /* Rows of a batch that could not be processed: to the quarantine. */
  void   (*rows_failed)(void *job, const Op *op, const Batch *batch, const RowFailures *failures);
  /* A source event an entrance drops, a DROP_ number. reason names the bad timestamp; for a policy it is the same
  ** for all events of a batch: it names the limit and by how much the worst of them misses it. */
  void   (*event_dropped)(void *job, const Op *op, const Batch *batch, uint32_t row, int quarantine_kind,
                          const char *reason);
  void   (*output)(void *job, const Op *op, const Batch *batch);      /* rows of a PLAN_OUTPUT */
  InputCounts *(*counts)(void *job, const PlanInput *input);
  /* A reference join has no snapshot that is known to be the one for time t. The job adds it (join_reference_add) when
  ** there is one, and says for which times around t nothing better is to be had. NULL: what a join has is all. */
  void   (*reference_at)(void *job, const Op *op, Ticks t, Ticks *from, Ticks *until);
  /* Something about a whole operator that people should know; once. NULL: nobody listens. */
  void   (*warn)(void *job, const Op *op, const char *text);
  Status failed;            /* first failure of an operator: the job stops */
  Error  error;
} OpContext;

typedef struct OpEdge { Op *to; uint32_t port; } OpEdge;

/* Substreams (TIMESTAMP BY ... OVER): no later row of this one at the channel is below w. Its clock is never behind
** that of the channel, which tells what holds for all of them, also for those nobody has seen yet. */
typedef struct SubstreamClock { uint32_t substream; Ticks w; } SubstreamClock;
typedef Vec(SubstreamClock) SubstreamClocks;

struct Op {
  const OpClass  *cls;
  const PlanNode *plan;
  OpContext      *ctx;
  Vec(OpEdge)     readers;
  uint32_t        channel;    /* of a derived stream */
  uint64_t        rows_in, rows_out;
  Ticks           watermark;  /* of its output, as far as it told its readers (the last one) */
};

struct OpClass {
  PlanKind    kind;
  const char *name;
  size_t      bytes;          /* of the struct that begins with Op */
  Status (*open)(Op *op, Error *err);                       /* NULL: nothing to prepare */
  void   (*push)(Op *op, uint32_t port, const Batch *batch);
  void   (*advance)(Op *op, uint32_t port, uint32_t channel, Ticks w);
  /* Substreams of a channel move on. NULL: passed to the readers as it is. */
  void   (*advance_each)(Op *op, uint32_t port, uint32_t channel, const SubstreamClocks *clocks);
  /* The least watermark that changes anything in it or brings a row out; TICKS_MAX: it holds nothing, as a fresh one.
  ** TICKS_MIN: it is not known, and its output may trail its input. NULL: it cannot run by substream. */
  Ticks  (*due)(const Op *op);
  Status (*save)(Op *op, StateWriter *out, Error *err);     /* NULL: no state */
  Status (*load)(Op *op, StateReader *in, Error *err);
  void   (*oldest)(const Op *op, Lineage *into);
  void   (*close)(Op *op);                                  /* frees what the operator holds, not op itself */
  void   (*describe)(const PlanNode *node, StrBuf *out);    /* what it keeps, for explain; NULL: nothing */
};

/* One list per kind of thing: registry.c. */
const OpClass *op_class(PlanKind kind);

/* Where substreams reach an operator that keeps time, one of its kind for each of them (op_substreams.c). */
Op    *op_new(const PlanNode *plan, OpContext *ctx);
Op    *op_new_of(const OpClass *cls, const PlanNode *plan, OpContext *ctx);
extern const OpClass op_substreams;
void   op_free(Op *op); /* closes it */
void   op_connect(Op *from, Op *to, uint32_t port);
/* To the readers; the caller keeps its reference. Empty batches are not passed on. */
void   op_emit(Op *op, const Batch *batch);
void   op_advance(Op *op, uint32_t channel, Ticks w);
/* Passes a batch or watermark into an operator (counts rows). */
void   op_push(Op *op, uint32_t port, const Batch *batch);
void   op_push_time(Op *op, uint32_t port, uint32_t channel, Ticks w);
void   op_advance_each(Op *op, uint32_t channel, const SubstreamClocks *clocks);
void   op_push_each_time(Op *op, uint32_t port, uint32_t channel, const SubstreamClocks *clocks);
void   op_fail_rows(Op *op, const Batch *batch, const RowFailures *failures);
/* The operator cannot go on (state does not fit, a limit is exceeded): the job stops with this error. */
void   op_fail(Op *op, Status status, const char *format, ...) __attribute__((format(printf, 3, 4)));
uint32_t op_new_channel(Op *op);
/* For load: a channel that was handed out before the restart; new ones get higher numbers. */
static inline void op_keep_channel(Op *op, uint32_t channel) {
  if (op->ctx->next_channel <= channel) op->ctx->next_channel = channel + 1;
}

/* ---- op_entrance.c: what the job calls directly ---- */

/* The channel of a partition; made, and announced to the readers, on first use. The job calls it for all partitions
** of all inputs, in script order, before the first batch: a clock that nobody has heard of holds nobody back. A
** partition that appears later starts at the watermark of the entrance; not after all others have finished. */
uint32_t entrance_channel(Op *op, uint32_t partition);
/* Events of one partition in arrival order. `arrival` (COL_DATETIME, may be NULL: none is known) is clamped per
** partition to never decrease. batch->time is still NULL; batch->channel is ignored. */
void   entrance_push(Op *op, uint32_t partition, const Batch *batch, const Column *arrival);
/* Live inputs: the partition is idle and the wall clock says that no event before `floor` is to be expected:
** W = max(W, floor). */
void   entrance_idle(Op *op, uint32_t partition, Ticks floor);
/* The partition has no more events: everything buffered goes out, W = TICKS_MAX. */
void   entrance_finish(Op *op, uint32_t partition);
/* The minimum of its partitions; TICKS_MIN: there are none yet. */
Ticks  entrance_watermark(const Op *op);
/* Where the clock of a partition stands: what decides the time of the events to come. */
typedef struct EntranceClock {
  Ticks watermark, arrival; /* TICKS_MIN: none yet */
  Ticks furthest;           /* of all clocks: the watermark, but with TIMESTAMP BY ... OVER that of a key */
} EntranceClock;
EntranceClock entrance_clock(const Op *op, uint32_t partition);
/* A clock that was read in an earlier run, where the same events came before. Clocks never step back. */
void   entrance_set_clock(Op *op, uint32_t partition, EntranceClock clock);
/* `?sort=true` of a recorded input: hold every event and let them go in order at the end. Before the first batch. */
void   entrance_sort(Op *op);

/* ---- op_join_reference.c: what the job calls directly ---- */

typedef struct ReferenceTable ReferenceTable;

/* A snapshot that holds from `time` on; takes the table. `until`: the time of the next one, where that is known and
** can be asked for; else TICKS_MAX. When two are kept, the one not joined for longest goes. */
void     join_reference_add(Op *op, ReferenceTable *table, Ticks time, Ticks until);
uint32_t join_reference_held(const Op *op);  /* snapshots it keeps */
bool     join_reference_full(const Op *op);  /* it needs all it can keep: another one should wait */
bool     join_reference_has(const Op *op, Ticks time);
/* The table an operator made out of port 1 when that has ended: the caller's now. */
ReferenceTable *join_reference_take(Op *op);

/* ---- op_merge.c ---- */

/* Bytes a merge holds of a channel that is ahead of the others. */
size_t merge_held_bytes(const Op *op, uint32_t channel);
uint32_t merge_channels(const Op *op);
/* The channel it waits for. UINT32_MAX: there is none yet. */
uint32_t merge_awaited(const Op *op);

#endif
