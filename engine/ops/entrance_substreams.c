/* entrance_substreams.c: see entrance_substreams.h. Without an out-of-order tolerance nothing waits, and a batch goes
** on as it came, each row with the number of its key. With it each key has a reorder buffer; what comes out of them
** for one batch is joined to one batch again. */
#include "ops/entrance_substreams.h"

#include "base/mem.h"

enum { SUBSTREAMS_VERSION = 1 };

void entrance_substreams_open(EntranceSubstreams *subs, Op *op) {
  *subs = (EntranceSubstreams){.op = op, .floor = TICKS_MIN, .newest = TICKS_MIN};
  subs->keys = substream_keys_of(op->ctx, op->plan->substreams, op);
  subs->channel = op->channel;
}

void entrance_substreams_close(EntranceSubstreams *subs) {
  for (uint32_t i = 0; i < subs->clocks.len; i++) reorder_release(&subs->clocks.items[i].waiting);
  vec_release(&subs->clocks);
  vec_release(&subs->moved);
  batch_split_release(&subs->split);
  mem_free(subs->hashes);
}

/* ---- keys ------------------------------------------------------------------------------------- */

static KeyClock *know(EntranceSubstreams *subs, uint32_t substream) {
  while (subs->clocks.len <= substream) vec_push(&subs->clocks, (KeyClock){0});
  KeyClock *clock = &subs->clocks.items[substream];
  if (clock->known) return clock;
  substream_know(subs->keys, substream);
  *clock = (KeyClock){.known = true, .watermark = TICKS_MIN};
  subs->known++;
  return clock;
}

static void forget(EntranceSubstreams *subs, uint32_t substream) {
  KeyClock *clock = &subs->clocks.items[substream];
  reorder_release(&clock->waiting);
  *clock = (KeyClock){0};
  subs->known--;
  substream_forget(subs->keys, substream);
}

static void forget_idle(EntranceSubstreams *subs) {
  for (uint32_t i = 0; subs->known && i < subs->clocks.len; i++) {
    const KeyClock *clock = &subs->clocks.items[i];
    if (clock->known && clock->watermark <= subs->floor && reorder_is_empty(&clock->waiting) &&
        !substream_is_held(subs->keys, i))
      forget(subs, i);
  }
  if (subs->known == 0) vec_release(&subs->clocks);
}

static void hash_keys(EntranceSubstreams *subs, Column *const *keys, const TimedEvents *events) {
  if (events->rows > subs->room) {
    subs->room = events->rows;
    subs->hashes = mem_realloc(subs->hashes, mem_mul(subs->room, sizeof *subs->hashes));
  }
  for (uint32_t k = 0; k < subs->keys->layout.keys_len; k++)
    column_hash(keys[k], events->sel, events->rows, subs->hashes, k > 0);
}

Column *entrance_substreams_judge(EntranceSubstreams *subs, const TimePolicy *policy, const TimedEvents *events,
                                  Column *const *keys, PolicyOutcome *out) {
  Column *numbers = column_new(COL_BIGINT, events->rows);
  uint32_t at = 0;
  bool made;
  hash_keys(subs, keys, events);
  SELECTION_EACH(events->sel, events->rows, i) {
    uint32_t substream = substream_find(subs->keys, keys, i, subs->hashes[at++], &made);
    KeyClock *clock = know(subs, substream);
    Ticks w = clock->watermark > subs->floor ? clock->watermark : subs->floor;
    clock->watermark = policy_judge(policy, w, events, i, out);
    if (clock->watermark > subs->newest) subs->newest = clock->watermark;
    column_i64(numbers)[i] = substream;
  }
  return numbers;
}

/* ---- rows that go out ------------------------------------------------------------------------- */

static void emit(EntranceSubstreams *subs, Batch *batch) {
  batch->channel = subs->channel;
  batch->sorted = false; /* by time, that is: by key it is */
  op_emit(subs->op, batch);
}

static void emit_taken(EntranceSubstreams *subs, BatchJoin *taken) {
  Batch *batch = batch_join_finish(taken);
  if (batch) emit(subs, batch);
  batch_unref(batch);
}

/* Rows of a key up to its clock, or the floor. */
static void take(EntranceSubstreams *subs, uint32_t substream, BatchJoin *taken) {
  KeyClock *clock = &subs->clocks.items[substream];
  Ticks w = clock->watermark > subs->floor ? clock->watermark : subs->floor;
  ReorderBound bound = {w, UINT32_MAX};
  for (Batch *out; (out = reorder_take(&clock->waiting, bound, subs->op->ctx->batch_rows)); batch_unref(out))
    batch_join_add(taken, out, substream);
}

/* True when nothing waits. */
static bool free_empty(Reorder *waiting) {
  if (!reorder_is_empty(waiting)) return false;
  reorder_release(waiting);
  return true;
}

static void reorder_by_key(EntranceSubstreams *subs, const Batch *batch) {
  BatchJoin taken = {0};
  for (uint32_t i = 0; i < subs->split.parts.len; i++) {
    uint32_t substream = subs->split.parts.items[i].substream;
    Reorder *waiting = &subs->clocks.items[substream].waiting;
    Batch *part = batch_part(batch, subs->split.parts.items[i].rows);
    subs->waiting -= !reorder_is_empty(waiting);
    reorder_add(waiting, subs->channel, part);
    take(subs, substream, &taken);
    reorder_keep(waiting);
    subs->waiting += !free_empty(waiting);
    batch_unref(part);
  }
  emit_taken(subs, &taken);
}

void entrance_substreams_release(EntranceSubstreams *subs, const TimePolicy *policy, Batch *batch) {
  batch_split(&subs->split, batch);
  if (policy->out_of_order > 0 || subs->waiting) reorder_by_key(subs, batch);
  else emit(subs, batch);
  subs->moved.len = 0;
  for (uint32_t i = 0; i < subs->split.parts.len; i++) {
    uint32_t substream = subs->split.parts.items[i].substream;
    vec_push(&subs->moved, (SubstreamClock){substream, subs->clocks.items[substream].watermark});
  }
  op_advance_each(subs->op, subs->channel, &subs->moved);
}

void entrance_substreams_raise(EntranceSubstreams *subs, Ticks w) {
  if (w <= subs->floor) return;
  subs->floor = w;
  BatchJoin taken = {0};
  for (uint32_t i = 0; subs->waiting && i < subs->clocks.len; i++) {
    Reorder *waiting = &subs->clocks.items[i].waiting;
    if (reorder_is_empty(waiting)) continue;
    take(subs, i, &taken);
    subs->waiting -= free_empty(waiting);
  }
  emit_taken(subs, &taken);
  op_advance(subs->op, subs->channel, w);
  forget_idle(subs);
}

/* ---- state ------------------------------------------------------------------------------------ */

void entrance_substreams_oldest(const EntranceSubstreams *subs, Lineage *into) {
  for (uint32_t i = 0; subs->waiting && i < subs->clocks.len; i++) reorder_oldest(&subs->clocks.items[i].waiting, into);
}

static void save_clocks(const EntranceSubstreams *subs, ByteWriter *out) {
  put_u32(out, subs->channel);
  put_i64(out, subs->floor);
  put_i64(out, subs->newest);
  put_u32(out, subs->known);
  for (uint32_t i = 0; i < subs->clocks.len; i++) {
    const KeyClock *clock = &subs->clocks.items[i];
    if (!clock->known) continue;
    put_u32(out, i);
    put_i64(out, clock->watermark);
    reorder_save(&clock->waiting, out);
  }
}

Status entrance_substreams_save(const EntranceSubstreams *subs, StateWriter *out, Error *err) {
  bool saver = subs->keys->saver == subs->op;
  ByteWriter *bytes = state_begin(out, "substreams", 0, SUBSTREAMS_VERSION);
  if (saver) substream_keys_save(subs->keys, bytes);
  save_clocks(subs, bytes);
  return state_end(out, err);
}

static void load_clock(EntranceSubstreams *subs, ByteReader *in) {
  uint32_t substream = get_u32(in);
  if (in->bad || !live_group_exists(&subs->keys->keys, substream)) {
    in->bad = true;
    return;
  }
  KeyClock *clock = know(subs, substream);
  clock->watermark = get_i64(in);
  reorder_load(&clock->waiting, in);
  subs->waiting += !reorder_is_empty(&clock->waiting);
}

Status entrance_substreams_load(EntranceSubstreams *subs, StateReader *in, Error *err) {
  ByteReader bytes;
  TRY(state_find(in, "substreams", 0, SUBSTREAMS_VERSION, &bytes, err));
  if (subs->keys->saver == subs->op) substream_keys_load(subs->keys, &bytes);
  subs->channel = get_u32(&bytes);
  subs->floor = get_i64(&bytes);
  subs->newest = get_i64(&bytes);
  uint32_t len = get_u32(&bytes);
  for (uint32_t i = 0; i < len && !bytes.bad; i++) load_clock(subs, &bytes);
  op_keep_channel(subs->op, subs->channel);
  return state_done(in, &bytes, err);
}
