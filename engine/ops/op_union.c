/* op_union.c: several streams as one, unordered. Batches pass under a channel of their own for every pair of port
** and channel, because one input may come in by two ports and its two branches are not at the same time.
**
**   in    batches and watermarks of any port
**   out   the same under other channels; no value is copied
**   state the map of channels */
#include "base/mem.h"
#include "ops/op.h"

enum { UNION_VERSION = 1 };

typedef struct UnionRoute { uint32_t port, from, to; } UnionRoute;

typedef struct UnionOp {
  Op op;
  Vec(UnionRoute) routes; /* in the order of announcement, so in that of the inputs */
} UnionOp;

static uint32_t route(UnionOp *merged, uint32_t port, uint32_t channel) {
  for (uint32_t i = 0; i < merged->routes.len; i++) {
    const UnionRoute *known = &merged->routes.items[i];
    if (known->port == port && known->from == channel) return known->to;
  }
  uint32_t to = op_new_channel(&merged->op);
  vec_push(&merged->routes, (UnionRoute){port, channel, to});
  return to;
}

static void union_push(Op *op, uint32_t port, const Batch *batch) {
  Batch *out = batch_select(batch, selection_ref(batch->sel));
  out->channel = route((UnionOp *)op, port, batch->channel);
  op_emit(op, out);
  batch_unref(out);
}

static void union_advance(Op *op, uint32_t port, uint32_t channel, Ticks w) {
  op_advance(op, route((UnionOp *)op, port, channel), w);
}

static void union_advance_each(Op *op, uint32_t port, uint32_t channel, const SubstreamClocks *clocks) {
  op_advance_each(op, route((UnionOp *)op, port, channel), clocks);
}

static Status union_save(Op *op, StateWriter *out, Error *err) {
  const UnionOp *merged = (const UnionOp *)op;
  ByteWriter *bytes = state_begin(out, "routes", 0, UNION_VERSION);
  put_u32(bytes, merged->routes.len);
  for (uint32_t i = 0; i < merged->routes.len; i++) {
    put_u32(bytes, merged->routes.items[i].port);
    put_u32(bytes, merged->routes.items[i].from);
    put_u32(bytes, merged->routes.items[i].to);
  }
  return state_end(out, err);
}

static Status union_load(Op *op, StateReader *in, Error *err) {
  UnionOp *merged = (UnionOp *)op;
  ByteReader bytes;
  TRY(state_find(in, "routes", 0, UNION_VERSION, &bytes, err));
  uint32_t len = get_u32(&bytes);
  for (uint32_t i = 0; i < len && !bytes.bad; i++) {
    UnionRoute known = {.port = get_u32(&bytes)};
    known.from = get_u32(&bytes);
    known.to = get_u32(&bytes);
    vec_push(&merged->routes, known);
    op_keep_channel(op, known.to);
  }
  return state_done(in, &bytes, err);
}

static void union_close(Op *op) { vec_release(&((UnionOp *)op)->routes); }

const OpClass op_union = {
  .kind = PLAN_UNION,
  .name = "union",
  .bytes = sizeof(UnionOp),
  .push = union_push,
  .advance = union_advance,
  .advance_each = union_advance_each,
  .save = union_save,
  .load = union_load,
  .close = union_close,
};
