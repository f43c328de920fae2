/* op_output.c: the end of a statement: rows and time go to the job, which owns the sink. No state. */
#include "ops/op.h"
#include "time/watermark.h"

typedef struct OutputOp {
  Op op;
  ClockSet clocks;
} OutputOp;

static void output_push(Op *op, uint32_t port, const Batch *batch) {
  (void)port;
  op->rows_out += batch_count(batch);
  op->ctx->output(op->ctx->job, op, batch);
}

static void output_advance(Op *op, uint32_t port, uint32_t channel, Ticks w) {
  (void)port;
  OutputOp *output = (OutputOp *)op;
  if (!clock_set_advance(&output->clocks, channel, w)) return;
  op->watermark = output->clocks.min;
}

static Status output_save(Op *op, StateWriter *out, Error *err) {
  OutputOp *output = (OutputOp *)op;
  clock_set_save(&output->clocks, state_begin(out, "clocks", 0, 1));
  return state_end(out, err);
}

static Status output_load(Op *op, StateReader *in, Error *err) {
  OutputOp *output = (OutputOp *)op;
  ByteReader bytes;
  TRY(state_find(in, "clocks", 0, 1, &bytes, err));
  clock_set_load(&output->clocks, &bytes);
  return state_done(in, &bytes, err);
}

static void output_close(Op *op) { clock_set_release(&((OutputOp *)op)->clocks); }

const OpClass op_output = {
  .kind = PLAN_OUTPUT,
  .name = "output",
  .bytes = sizeof(OutputOp),
  .push = output_push,
  .advance = output_advance,
  .save = output_save,
  .load = output_load,
  .close = output_close,
};
