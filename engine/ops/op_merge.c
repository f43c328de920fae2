/* op_merge.c: all channels as one stream in order of time, for the operators that need it. Rows of equal time come
** by channel, which is the order of inputs in the script and of their partitions, then as they arrived.
**
**   in    channels whose rows ascend, and their watermarks
**   out   one channel, in order; rows pass without a copy where a stretch of one batch does
**   state the rows of channels that are ahead, and how far each channel is
**
** A channel's floor is what its next row cannot be below: its watermark, or its last row. A row goes out when no
** channel can still bring one that belongs in front of it: when (time, channel) of the row is at most (floor,
** channel) of every channel, which is to say of the lowest one. Of rows at the lowest floor itself, those of
** higher channels therefore wait and those of lower channels do not:
**
**     channel 3   5 6 8   floor 8        out: 5 6 7(3)... up to (7, channel 5)
**     channel 5   7       floor 7  <- lowest
**     channel 9   7 9     floor 9        7 of channel 9 waits: channel 5 may bring another 7
*/
#include "base/mem.h"
#include "ops/op.h"
#include "time/reorder.h"
#include "time/watermark.h"

enum { MERGE_VERSION = 1 };

typedef struct MergeOp {
  Op op;
  ClockSet floors;
  Reorder  rows;
} MergeOp;

static ReorderBound lowest(const MergeOp *merge) {
  ReorderBound bound = {merge->floors.min, UINT32_MAX};
  for (uint32_t i = 0; i < merge->floors.clocks.len; i++) {
    const ChannelClock *floor = &merge->floors.clocks.items[i];
    if (floor->watermark == bound.time && floor->channel < bound.channel) bound.channel = floor->channel;
  }
  return bound;
}

static void emit_ready(MergeOp *merge) {
  Op *op = &merge->op;
  ReorderBound bound = lowest(merge);
  for (Batch *out; (out = reorder_take(&merge->rows, bound, op->ctx->batch_rows)); batch_unref(out)) {
    out->channel = op->channel;
    op_emit(op, out);
  }
}

static Ticks time_at(const Batch *batch, uint32_t i) {
  uint32_t row = batch->sel ? batch->sel->rows[i] : i;
  return column_i64(batch->time)[column_slot(batch->time, row)];
}

static Ticks floor_of(const MergeOp *merge, uint32_t channel) {
  for (uint32_t i = 0; i < merge->floors.clocks.len; i++)
    if (merge->floors.clocks.items[i].channel == channel) return merge->floors.clocks.items[i].watermark;
  return merge->floors.clocks.len ? merge->floors.min : TICKS_MIN;
}

static void merge_push(Op *op, uint32_t port, const Batch *batch) {
  (void)port;
  MergeOp *merge = (MergeOp *)op;
  uint32_t count = batch_count(batch);
  if (!batch->sorted || time_at(batch, 0) < floor_of(merge, batch->channel))
    BUG("channel %u reaches a merge out of order", batch->channel);
  clock_set_advance(&merge->floors, batch->channel, time_at(batch, count - 1));
  reorder_add(&merge->rows, batch->channel, batch);
  emit_ready(merge);
  reorder_keep(&merge->rows);
}

static void merge_advance(Op *op, uint32_t port, uint32_t channel, Ticks w) {
  (void)port;
  MergeOp *merge = (MergeOp *)op;
  bool first = merge->floors.clocks.len == 0;
  clock_set_advance(&merge->floors, channel, w);
  emit_ready(merge);
  if (first || merge->floors.min > op->watermark) op_advance(op, op->channel, merge->floors.min);
}

size_t merge_held_bytes(const Op *op, uint32_t channel) {
  return reorder_bytes(&((const MergeOp *)op)->rows, channel);
}

static Ticks merge_due(const Op *op) {
  return reorder_is_empty(&((const MergeOp *)op)->rows) ? TICKS_MAX : TICKS_MIN;
}

uint32_t merge_channels(const Op *op) { return ((const MergeOp *)op)->floors.clocks.len; }

uint32_t merge_awaited(const Op *op) { return lowest((const MergeOp *)op).channel; }

static Status merge_save(Op *op, StateWriter *out, Error *err) {
  const MergeOp *merge = (const MergeOp *)op;
  ByteWriter *bytes = state_begin(out, "rows", 0, MERGE_VERSION);
  put_i64(bytes, op->watermark);
  clock_set_save(&merge->floors, bytes);
  reorder_save(&merge->rows, bytes);
  return state_end(out, err);
}

static Status merge_load(Op *op, StateReader *in, Error *err) {
  MergeOp *merge = (MergeOp *)op;
  ByteReader bytes;
  TRY(state_find(in, "rows", 0, MERGE_VERSION, &bytes, err));
  op->watermark = get_i64(&bytes);
  clock_set_load(&merge->floors, &bytes);
  reorder_load(&merge->rows, &bytes);
  return state_done(in, &bytes, err);
}

static void merge_oldest(const Op *op, Lineage *into) { reorder_oldest(&((const MergeOp *)op)->rows, into); }

static void merge_close(Op *op) {
  clock_set_release(&((MergeOp *)op)->floors);
  reorder_release(&((MergeOp *)op)->rows);
}

static void merge_describe(const PlanNode *node, StrBuf *out) {
  (void)node;
  strbuf_puts(out, "rows of partitions that are ahead of others");
}

const OpClass op_merge = {
  .kind = PLAN_MERGE,
  .name = "merge",
  .bytes = sizeof(MergeOp),
  .push = merge_push,
  .advance = merge_advance,
  .due = merge_due,
  .save = merge_save,
  .load = merge_load,
  .oldest = merge_oldest,
  .close = merge_close,
  .describe = merge_describe,
};
