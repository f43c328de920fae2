/* op_substreams.c: an operator that keeps time, once for each substream (semantics.md section 3).
**
**   in    rows with the number of their substream, in order within each; clocks of substreams; the floor
**   out   one channel: what the operators of the substreams give, in order within each, their clocks and the floor
**   state an operator for each substream that holds anything
**
** Windows, stream joins and functions that look back work within one key here, so each key gets an operator of its own
** kind, a *member*: it sees the rows and the clock of its key and knows nothing of others.
**
**     rows       k1 k2 k1 ──┬─ k1 ─> member ─┐                 floor f: nothing of any key below f comes any more
**                           └─ k2 ─> member ─┴─> one batch     clock w of k: the same of key k; w >= f
**
** A member whose clock is at the floor and that holds nothing is let go: a new one would be the same. So a key that
** does not return costs nothing once the floor has passed what is kept of it. */
#include "base/bits.h"
#include "base/mem.h"
#include "column/batch_join.h"
#include "ops/substream_keys.h"
#include "state/state_memory.h"

enum { SUBSTREAMS_VERSION = 1, PARTS = 256, NOBODY = UINT32_MAX };

typedef struct Source { uint32_t port, channel; Ticks floor; } Source; /* what comes in */

typedef struct Member {
  Op   *op;
  Vec(Ticks) told; /* its clocks, by source; behind the floor while nothing is due */
} Member;

typedef struct SubstreamsOp SubstreamsOp;

typedef struct Gatherer { Op op; SubstreamsOp *owner; } Gatherer; /* what members emit to */

struct SubstreamsOp {
  Op          op;
  OpContext   inner;        /* of the members */
  SubstreamKeys *keys;
  Member     *model;        /* has no rows: how far the output is where there is no member */
  Vec(Source) sources;
  Vec(Member *) members;    /* by substream; NULL: none */
  Vec(Ticks)  least;        /* by substream: the least of its clocks; TICKS_MAX: no member */
  Vec(Ticks)  due;          /* by substream: what OpClass.due says */
  Ticks       soonest;      /* no member is due, or empty and behind the floor, before this */
  uint32_t    members_len;
  Gatherer    gatherer;
  uint32_t    current;      /* substream at work; NOBODY: the model */
  BatchJoin   out;
  BatchSplit  split;        /* of the batch at hand */
  SubstreamClocks moved;    /* members whose output moved on */
  uint64_t    changed[PARTS / 64]; /* parts, since they were saved */
};

/* ---- what members emit ------------------------------------------------------------------------ */

static void send_rows(SubstreamsOp *subs) {
  Batch *batch = batch_join_finish(&subs->out);
  if (batch == NULL) return;
  batch->channel = subs->op.channel;
  op_emit(&subs->op, batch);
  batch_unref(batch);
}

static void gather_rows(Op *op, uint32_t port, const Batch *batch) {
  (void)port;
  SubstreamsOp *subs = ((Gatherer *)op)->owner;
  if (subs->current == NOBODY) BUG("rows without a substream");
  batch_join_add(&subs->out, batch, subs->current);
}

static void gather_time(Op *op, uint32_t port, uint32_t channel, Ticks w) {
  (void)op, (void)port, (void)channel, (void)w; /* read from the member when it is done */
}

static const OpClass gatherer_class = {.name = "gatherer", .push = gather_rows, .advance = gather_time};

/* ---- members ---------------------------------------------------------------------------------- */

static void stop_on_failure(SubstreamsOp *subs) {
  if (subs->inner.failed == STATUS_OK || subs->op.ctx->failed != STATUS_OK) return;
  subs->op.ctx->failed = subs->inner.failed;
  subs->op.ctx->error = subs->inner.error;
}

static void tell(SubstreamsOp *subs, Member *member, uint32_t source, Ticks w) {
  while (member->told.len <= source) {
    const Source *next = &subs->sources.items[member->told.len];
    vec_push(&member->told, TICKS_MIN);
    op_push_time(member->op, next->port, next->channel, TICKS_MIN);
  }
  if (w <= member->told.items[source]) return;
  member->told.items[source] = w;
  op_push_time(member->op, subs->sources.items[source].port, subs->sources.items[source].channel, w);
}

static Member *new_member(SubstreamsOp *subs) {
  Member *member = mem_zalloc(sizeof *member);
  member->op = op_new_of(op_class(subs->op.plan->kind), subs->op.plan, &subs->inner);
  Status status = member->op->cls->open ? member->op->cls->open(member->op, &subs->inner.error) : STATUS_OK;
  if (status != STATUS_OK) subs->inner.failed = status;
  op_connect(member->op, &subs->gatherer.op, 0);
  return member;
}

static void free_member(Member *member) {
  if (member == NULL) return;
  op_free(member->op);
  vec_release(&member->told);
  mem_free(member);
}

static Ticks least_of(const Member *member) {
  Ticks least = TICKS_MAX;
  for (uint32_t i = 0; i < member->told.len; i++)
    if (member->told.items[i] < least) least = member->told.items[i];
  return member->told.len ? least : TICKS_MIN;
}

static Ticks most_of(const Member *member) {
  Ticks most = TICKS_MIN;
  for (uint32_t i = 0; i < member->told.len; i++)
    if (member->told.items[i] > most) most = member->told.items[i];
  return most;
}

static void put_member(SubstreamsOp *subs, uint32_t substream, Member *member) {
  while (subs->members.len <= substream) {
    vec_push(&subs->members, NULL);
    vec_push(&subs->least, TICKS_MAX);
    vec_push(&subs->due, TICKS_MAX);
  }
  subs->members.items[substream] = member;
  subs->members_len++;
  substream_hold(subs->keys, substream);
}

static Member *take_member(SubstreamsOp *subs, uint32_t substream) {
  if (substream < subs->members.len && subs->members.items[substream]) return subs->members.items[substream];
  Member *member = new_member(subs);
  put_member(subs, substream, member);
  subs->current = substream;
  for (uint32_t s = 0; s < subs->sources.len; s++) tell(subs, member, s, subs->sources.items[s].floor);
  return member;
}

static void drop_member(SubstreamsOp *subs, uint32_t substream) {
  free_member(subs->members.items[substream]);
  subs->members.items[substream] = NULL;
  subs->least.items[substream] = subs->due.items[substream] = TICKS_MAX;
  subs->members_len--;
  bits_set(subs->changed, substream % PARTS);
  substream_drop(subs->keys, substream);
}

/* What raising the floor has to do for a member next: what is due, or letting it go. */
static Ticks next_step(const SubstreamsOp *subs, uint32_t substream) {
  Ticks due = subs->due.items[substream];
  return due == TICKS_MAX ? subs->least.items[substream] : due;
}

static void look_at(SubstreamsOp *subs, uint32_t substream) {
  const Member *member = subs->members.items[substream];
  subs->least.items[substream] = least_of(member);
  subs->due.items[substream] = member->op->cls->due(member->op);
  Ticks next = next_step(subs, substream);
  if (next < subs->soonest) subs->soonest = next;
}

/* After a member was at work. */
static void note(SubstreamsOp *subs, uint32_t substream, Ticks before) {
  const Member *member = subs->members.items[substream];
  look_at(subs, substream);
  bits_set(subs->changed, substream % PARTS);
  if (member->op->watermark > before) vec_push(&subs->moved, (SubstreamClock){substream, member->op->watermark});
}

static void send(SubstreamsOp *subs) {
  send_rows(subs);
  op_advance_each(&subs->op, subs->op.channel, &subs->moved);
  subs->moved.len = 0;
  stop_on_failure(subs);
}

/* ---- opening ---------------------------------------------------------------------------------- */

static Status substreams_open(Op *op, Error *err) {
  SubstreamsOp *subs = (SubstreamsOp *)op;
  subs->inner = *op->ctx;
  subs->keys = substream_keys_of(op->ctx, op->plan->substreams, NULL);
  subs->gatherer = (Gatherer){.op = {.cls = &gatherer_class, .ctx = &subs->inner}, .owner = subs};
  subs->current = NOBODY;
  subs->soonest = TICKS_MAX;
  subs->model = new_member(subs);
  subs->inner.model = subs->model->op;
  if (subs->inner.failed != STATUS_OK) *err = subs->inner.error;
  return subs->inner.failed;
}

/* ---- rows and time in ------------------------------------------------------------------------- */

static uint32_t source_of(SubstreamsOp *subs, uint32_t port, uint32_t channel) {
  for (uint32_t i = 0; i < subs->sources.len; i++)
    if (subs->sources.items[i].port == port && subs->sources.items[i].channel == channel) return i;
  vec_push(&subs->sources, (Source){port, channel, TICKS_MIN});
  return subs->sources.len - 1;
}

static void substreams_push(Op *op, uint32_t port, const Batch *batch) {
  SubstreamsOp *subs = (SubstreamsOp *)op;
  source_of(subs, port, batch->channel);
  batch_split(&subs->split, batch);
  for (uint32_t i = 0; i < subs->split.parts.len; i++) {
    uint32_t substream = subs->split.parts.items[i].substream;
    Member *member = take_member(subs, substream);
    Ticks before = member->op->watermark;
    Batch *part = batch_part(batch, subs->split.parts.items[i].rows);
    subs->current = substream;
    op_push(member->op, port, part);
    batch_unref(part);
    note(subs, substream, before);
  }
  send(subs);
}

/* A clock of a key that has no member yet is told to one only where another source may bring the rows. */
static void substreams_advance_each(Op *op, uint32_t port, uint32_t channel, const SubstreamClocks *clocks) {
  SubstreamsOp *subs = (SubstreamsOp *)op;
  uint32_t source = source_of(subs, port, channel);
  for (uint32_t i = 0; i < clocks->len; i++) {
    uint32_t substream = clocks->items[i].substream;
    bool there = substream < subs->members.len && subs->members.items[substream];
    if (!there && subs->sources.len == 1) continue;
    Member *member = take_member(subs, substream);
    Ticks before = member->op->watermark;
    subs->current = substream;
    Ticks floor = subs->sources.items[source].floor;
    tell(subs, member, source, clocks->items[i].w > floor ? clocks->items[i].w : floor);
    note(subs, substream, before);
  }
  send(subs);
}

/* The output of members that know what is due is at their floor; that of others may trail it. */
static Ticks floor_out(const SubstreamsOp *subs) {
  Ticks w = subs->model->op->watermark;
  for (uint32_t i = 0; i < subs->members.len; i++)
    if (subs->due.items[i] == TICKS_MIN && subs->members.items[i]->op->watermark < w)
      w = subs->members.items[i]->op->watermark;
  return w;
}

static void raise_member(SubstreamsOp *subs, uint32_t substream) {
  Member *member = subs->members.items[substream];
  Ticks before = member->op->watermark;
  subs->current = substream;
  for (uint32_t s = 0; s < subs->sources.len; s++) tell(subs, member, s, subs->sources.items[s].floor);
  note(subs, substream, before);
  if (subs->out.rows >= subs->op.ctx->batch_rows) send_rows(subs);
}

/* w: the least floor of all sources. */
static void raise_members(SubstreamsOp *subs, Ticks w) {
  for (uint32_t i = 0; i < subs->members.len; i++)
    if (subs->due.items[i] <= w && subs->due.items[i] != TICKS_MAX) raise_member(subs, i);
}

/* Lets go the members that hold nothing and whose clocks are at the floor, and finds out when to come again. */
static void drop_idle(SubstreamsOp *subs, Ticks w) {
  subs->soonest = TICKS_MAX;
  for (uint32_t i = 0; i < subs->members.len; i++) {
    if (subs->members.items[i] == NULL) continue;
    if (subs->due.items[i] == TICKS_MAX && most_of(subs->members.items[i]) <= w) drop_member(subs, i);
    else if (next_step(subs, i) < subs->soonest) subs->soonest = next_step(subs, i);
  }
}

static Ticks least_floor(const SubstreamsOp *subs) {
  Ticks w = TICKS_MAX;
  for (uint32_t s = 0; s < subs->sources.len; s++)
    if (subs->sources.items[s].floor < w) w = subs->sources.items[s].floor;
  return w;
}

static void substreams_advance(Op *op, uint32_t port, uint32_t channel, Ticks w) {
  SubstreamsOp *subs = (SubstreamsOp *)op;
  bool first = subs->sources.len == 0;
  uint32_t source = source_of(subs, port, channel);
  if (w > subs->sources.items[source].floor) subs->sources.items[source].floor = w;
  subs->current = NOBODY;
  tell(subs, subs->model, source, w);
  w = least_floor(subs);
  bool any = subs->soonest <= w;
  if (any) raise_members(subs, w);
  send_rows(subs);
  Ticks out = floor_out(subs);
  if (first || out > op->watermark) op_advance(op, op->channel, out);
  send(subs);
  if (any) drop_idle(subs, w);
}

/* ---- state ------------------------------------------------------------------------------------ */

static Status save_member(const SubstreamsOp *subs, uint32_t substream, ByteWriter *out, Error *err) {
  const Member *member = subs->members.items[substream];
  StateStore *store = state_memory_new();
  StateWriter writer;
  Status status = state_writer_open(&writer, store, err);
  writer.whole = true;
  state_writer_step(&writer, STR(""));
  if (status == STATUS_OK && member->op->cls->save) status = member->op->cls->save(member->op, &writer, err);
  if (status == STATUS_OK) status = state_writer_commit(&writer, err);
  state_writer_close(&writer);
  StrBuf bytes = {0};
  if (status == STATUS_OK) state_memory_save(store, &bytes);
  store->cls->close(store);
  put_u32(out, substream);
  put_u32(out, member->told.len);
  for (uint32_t s = 0; s < member->told.len; s++) put_i64(out, member->told.items[s]);
  put_i64(out, member->op->watermark);
  put_str(out, strbuf_str(&bytes));
  strbuf_release(&bytes);
  return status;
}

static uint32_t count_part(const SubstreamsOp *subs, uint32_t part) {
  uint32_t count = 0;
  for (uint32_t i = part; i < subs->members.len; i += PARTS) count += subs->members.items[i] != NULL;
  return count;
}

static Status save_part(SubstreamsOp *subs, uint32_t part, StateWriter *out, Error *err) {
  uint32_t count = count_part(subs, part);
  if (count == 0) return STATUS_OK;
  if (!out->whole && !bits_get(subs->changed, part)) return state_keep(out, "members", part, err);
  ByteWriter *bytes = state_begin(out, "members", part, SUBSTREAMS_VERSION);
  put_u32(bytes, count);
  for (uint32_t i = part; i < subs->members.len; i += PARTS)
    if (subs->members.items[i]) TRY(save_member(subs, i, bytes, err));
  return state_end(out, err);
}

static Status substreams_save(Op *op, StateWriter *out, Error *err) {
  SubstreamsOp *subs = (SubstreamsOp *)op;
  ByteWriter *bytes = state_begin(out, "sources", 0, SUBSTREAMS_VERSION);
  put_i64(bytes, op->watermark);
  put_u32(bytes, subs->sources.len);
  for (uint32_t s = 0; s < subs->sources.len; s++) {
    put_u32(bytes, subs->sources.items[s].port);
    put_u32(bytes, subs->sources.items[s].channel);
    put_i64(bytes, subs->sources.items[s].floor);
  }
  TRY(state_end(out, err));
  for (uint32_t part = 0; part < PARTS; part++) TRY(save_part(subs, part, out, err));
  memset(subs->changed, 0, sizeof subs->changed);
  return STATUS_OK;
}

static Status load_state(Member *member, Str bytes, Error *err) {
  StateStore *store;
  StateReader reader;
  TRY(state_memory_load(bytes, &store, err));
  state_reader_init(&reader, store);
  state_reader_step(&reader, STR(""));
  Status status = member->op->cls->load ? member->op->cls->load(member->op, &reader, err) : STATUS_OK;
  store->cls->close(store);
  return status;
}

static Status load_member(SubstreamsOp *subs, ByteReader *in, Error *err) {
  uint32_t substream = get_u32(in), told = get_u32(in);
  if (in->bad || !live_group_exists(&subs->keys->keys, substream) || told > subs->sources.len) {
    in->bad = true;
    return STATUS_OK;
  }
  Member *member = new_member(subs);
  put_member(subs, substream, member);
  for (uint32_t s = 0; s < told; s++) vec_push(&member->told, get_i64(in));
  member->op->watermark = get_i64(in);
  Ticks watermark = member->op->watermark;
  Status status = load_state(member, get_str(in), err);
  member->op->watermark = watermark;
  if (status == STATUS_OK) look_at(subs, substream);
  return status;
}

static Status load_part(SubstreamsOp *subs, uint32_t part, StateReader *in, Error *err) {
  ByteReader bytes;
  TRY(state_find(in, "members", part, SUBSTREAMS_VERSION, &bytes, err));
  uint32_t count = get_u32(&bytes);
  for (uint32_t i = 0; i < count && !bytes.bad; i++) TRY(load_member(subs, &bytes, err));
  return state_done(in, &bytes, err);
}

static Status load_parts(SubstreamsOp *subs, StateReader *in, Error *err) {
  StateIndices parts = {0};
  Status status = STATUS_OK;
  state_indices(in, "members", &parts);
  for (uint32_t i = 0; i < parts.len && status == STATUS_OK; i++) status = load_part(subs, parts.items[i], in, err);
  vec_release(&parts);
  return status;
}

static Status substreams_load(Op *op, StateReader *in, Error *err) {
  SubstreamsOp *subs = (SubstreamsOp *)op;
  ByteReader bytes;
  TRY(state_find(in, "sources", 0, SUBSTREAMS_VERSION, &bytes, err));
  op->watermark = get_i64(&bytes);
  uint32_t len = get_u32(&bytes);
  for (uint32_t s = 0; s < len && !bytes.bad; s++) {
    Source source = {.port = get_u32(&bytes)};
    source.channel = get_u32(&bytes);
    source.floor = get_i64(&bytes);
    vec_push(&subs->sources, source);
  }
  TRY(state_done(in, &bytes, err));
  for (uint32_t s = 0; s < subs->sources.len; s++) tell(subs, subs->model, s, subs->sources.items[s].floor);
  return load_parts(subs, in, err);
}

static void substreams_oldest(const Op *op, Lineage *into) {
  const SubstreamsOp *subs = (const SubstreamsOp *)op;
  for (uint32_t i = 0; i < subs->members.len; i++) {
    const Member *member = subs->members.items[i];
    if (member && member->op->cls->oldest) member->op->cls->oldest(member->op, into);
  }
}

static void substreams_close(Op *op) {
  SubstreamsOp *subs = (SubstreamsOp *)op;
  for (uint32_t i = 0; i < subs->members.len; i++) free_member(subs->members.items[i]);
  subs->inner.model = NULL;
  free_member(subs->model);
  vec_release(&subs->members);
  vec_release(&subs->due);
  vec_release(&subs->least);
  vec_release(&subs->sources);
  vec_release(&subs->moved);
  batch_join_release(&subs->out);
  batch_split_release(&subs->split);
}

const OpClass op_substreams = {
  .kind = PLAN_KINDS, /* in front of none: op_new puts it where a plan node has substreams */
  .name = "substreams",
  .bytes = sizeof(SubstreamsOp),
  .open = substreams_open,
  .push = substreams_push,
  .advance = substreams_advance,
  .advance_each = substreams_advance_each,
  .save = substreams_save,
  .load = substreams_load,
  .oldest = substreams_oldest,
  .close = substreams_close,
};
