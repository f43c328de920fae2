/* ops_harness.h: operators in a test, without a query: makes them from plan nodes written by hand, feeds them
** events, collects what comes out, and checks the contract of ops/op.h on the way: channels are announced before
** they speak, rows ascend within a channel, nothing comes below a watermark that was told, texts survive.
** Stop-and-restore: every k-th step all operators are saved, thrown away, made anew and loaded.
** A failed check aborts the test through cmocka. */
#ifndef WEIR_TESTS_SUPPORT_OPS_HARNESS_H
#define WEIR_TESTS_SUPPORT_OPS_HARNESS_H

#include "ops/op.h"
#include "time/watermark.h"

typedef struct HarnessEvent {
  int64_t id;      /* also its offset */
  Ticks   time;
  Ticks   arrival; /* TICKS_MIN: NULL */
} HarnessEvent;

typedef struct HarnessRow { /* a row that reached the sink */
  int64_t  id;
  Ticks    time;
  uint32_t channel, port;
} HarnessRow;

typedef struct HarnessClock { uint32_t port, channel; Ticks told, last; } HarnessClock;

typedef struct HarnessDrop { int64_t id; int kind; } HarnessDrop;

typedef struct Harness Harness;
/* Makes and connects the operators: at the beginning and after each stop. */
typedef void HarnessBuild(Harness *harness);

typedef struct HarnessSink { Op op; Harness *harness; } HarnessSink;

struct Harness {
  OpContext ctx;
  Arena     arena;
  InputCounts counts;
  HarnessBuild *build;
  unsigned  restore_every;  /* steps; 0: never */
  unsigned  steps;
  Vec(Op *) ops;
  HarnessSink sink;
  Vec(HarnessRow)   rows;
  unsigned  batches;         /* that brought them */
  Vec(HarnessClock) clocks; /* of what reached the sink */
  Vec(HarnessDrop)  drops;
  char      reason[512];    /* of the last drop */
  StateStore *store;        /* of the last stop; NULL: there was none */
};

/* policy and batch_rows are set in ctx by the caller between harness_init and harness_start. */
void harness_init(Harness *harness, HarnessBuild *build, unsigned restore_every);
void harness_start(Harness *harness);
Op  *harness_op(Harness *harness, const PlanNode *node); /* for build: made and opened */
void harness_sink(Harness *harness, Op *from, uint32_t port);
void harness_step(Harness *harness); /* after each batch: stops and restores when its time has come */
void harness_stop_and_restore(Harness *harness);
void harness_release(Harness *harness);
Ticks harness_told(const Harness *harness, uint32_t channel); /* the watermark of a channel at port 0 */

/* Columns: 0 id, 1 time as datetime, 2 time as text, 3 a long text that depends on the id; a payload; offsets are
** the ids; lineage is (origin, the smallest id). batch->time stays NULL. */
enum { HARNESS_ID, HARNESS_TIME, HARNESS_TIME_TEXT, HARNESS_TEXT, HARNESS_COLUMNS };
Batch  *harness_batch(const HarnessEvent *events, uint32_t count, uint32_t origin);
Column *harness_arrivals(const HarnessEvent *events, uint32_t count);

#endif
