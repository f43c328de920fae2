/* op_reference.c: where rows of reference data enter the graph. The job pushes a whole snapshot and then finishes
** the channel; filters and projections of reference steps run behind it like anywhere else. No state. */
#include "ops/op.h"

static void reference_push(Op *op, uint32_t port, const Batch *batch) {
  (void)port;
  op_emit(op, batch);
}

static void reference_advance(Op *op, uint32_t port, uint32_t channel, Ticks w) {
  (void)port;
  op_advance(op, channel, w);
}

const OpClass op_reference = {
  .kind = PLAN_REFERENCE,
  .name = "reference",
  .bytes = sizeof(Op),
  .push = reference_push,
  .advance = reference_advance,
};
