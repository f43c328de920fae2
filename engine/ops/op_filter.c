/* op_filter.c: WHERE and HAVING. The exemplary operator: read this one first.
**
**   in    batches of any channel, watermarks
**   out   the same batches with a narrower selection; no value is copied
**   state none: the condition sees one row at a time
**
** A row whose condition fails to compute goes to the quarantine and is left out; other statements that read the
** same input are not touched. */
#include "ops/op.h"

typedef struct FilterOp {
  Op op;
  Program    *program;  /* the condition; no values */
  ProgramRun *run;
  RowFailures failures;
} FilterOp;

static Status filter_open(Op *op, Error *err) {
  (void)err;
  FilterOp *filter = (FilterOp *)op;
  filter->program = program_new(op->ctx->arena, op->plan->condition, NULL, 0);
  filter->run = program_run_new(filter->program);
  return STATUS_OK;
}

static void filter_push(Op *op, uint32_t port, const Batch *batch) {
  (void)port;
  FilterOp *filter = (FilterOp *)op;
  Selection *sel;
  row_failures_reset(&filter->failures, batch->rows);
  program_run(filter->run, batch, NULL, &sel, &filter->failures);
  op_fail_rows(op, batch, &filter->failures);
  Batch *out = batch_select(batch, sel);
  op_emit(op, out);
  batch_unref(out);
}

static void filter_advance(Op *op, uint32_t port, uint32_t channel, Ticks w) {
  (void)port;
  op_advance(op, channel, w);
}

static void filter_close(Op *op) {
  FilterOp *filter = (FilterOp *)op;
  program_run_free(filter->run);
  row_failures_release(&filter->failures);
}

const OpClass op_filter = {
  .kind = PLAN_FILTER,
  .name = "filter",
  .bytes = sizeof(FilterOp),
  .open = filter_open,
  .push = filter_push,
  .advance = filter_advance,
  .close = filter_close,
};
