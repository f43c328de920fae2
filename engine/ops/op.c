/* op.c: wiring: making operators, passing batches and time along. See op.h. */
#include "ops/op.h"

#include <stdio.h>

#include "base/mem.h"

Op *op_new(const PlanNode *plan, OpContext *ctx) {
  const OpClass *cls = op_class(plan->kind);
  return op_new_of(plan->substreams && cls->due ? &op_substreams : cls, plan, ctx);
}

Op *op_new_of(const OpClass *cls, const PlanNode *plan, OpContext *ctx) {
  Op *op = mem_zalloc(cls->bytes);
  op->cls = cls;
  op->plan = plan;
  op->ctx = ctx;
  op->watermark = TICKS_MIN;
  op->channel = op_new_channel(op);
  return op;
}

void op_free(Op *op) {
  if (op == NULL) return;
  if (op->cls->close) op->cls->close(op);
  vec_release(&op->readers);
  mem_free(op);
}

uint32_t op_new_channel(Op *op) { return op->ctx->next_channel++; }

void op_connect(Op *from, Op *to, uint32_t port) { vec_push(&from->readers, (OpEdge){to, port}); }

void op_push(Op *op, uint32_t port, const Batch *batch) {
  if (op->ctx->failed != STATUS_OK) return;
  op->rows_in += batch_count(batch);
  op->cls->push(op, port, batch);
}

void op_push_time(Op *op, uint32_t port, uint32_t channel, Ticks w) {
  if (op->ctx->failed != STATUS_OK) return;
  op->cls->advance(op, port, channel, w);
}

void op_emit(Op *op, const Batch *batch) {
  uint32_t count = batch_count(batch);
  if (count == 0) return;
  op->rows_out += count;
  for (uint32_t i = 0; i < op->readers.len; i++) op_push(op->readers.items[i].to, op->readers.items[i].port, batch);
}

void op_advance(Op *op, uint32_t channel, Ticks w) {
  op->watermark = w;
  for (uint32_t i = 0; i < op->readers.len; i++)
    op_push_time(op->readers.items[i].to, op->readers.items[i].port, channel, w);
}

void op_push_each_time(Op *op, uint32_t port, uint32_t channel, const SubstreamClocks *clocks) {
  if (op->ctx->failed != STATUS_OK) return;
  if (op->cls->advance_each) op->cls->advance_each(op, port, channel, clocks);
  else op_advance_each(op, channel, clocks);
}

void op_advance_each(Op *op, uint32_t channel, const SubstreamClocks *clocks) {
  for (uint32_t i = 0; clocks->len && i < op->readers.len; i++)
    op_push_each_time(op->readers.items[i].to, op->readers.items[i].port, channel, clocks);
}

void op_fail_rows(Op *op, const Batch *batch, const RowFailures *failures) {
  if (failures->items.len && op->ctx->rows_failed) op->ctx->rows_failed(op->ctx->job, op, batch, failures);
}

void op_fail(Op *op, Status status, const char *format, ...) {
  if (op->ctx->failed != STATUS_OK) return;
  char message[512];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  op->ctx->failed = error_set(&op->ctx->error, status, op->cls->name, "%s", message);
}
