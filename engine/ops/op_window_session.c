/* op_window_session.c: GROUP BY over session windows (semantics.md section 4).
**
**   in    rows in order of time (a merge stands in front), watermarks
**   out   a row per group of a session, stamped with the session's end, in order of time
**   state the sessions that are open, and the states of their groups
**
** Why the input is merged: where a session is cut depends on all of its rows before the cut, so a row that came
** behind its time could move cuts that were made long ago. In order, a session is a few numbers:
**
**     rows     x  x    x        x x |     x          last   the time of its newest row
**     session  |--------------------|-----x-----|    cut    where the maximum duration ends it; none: TICKS_MAX
**                                 cut           end = min(last + timeout, cut)
**
** A session that is cut goes on without rows until last + timeout: it is kept for that long, and a row that comes
** by then opens the next session at the cut before it. Cuts lie at multiples of the maximum on the global clock:
** the first is the first multiple at which the session is at least that old, after it every multiple is one.
**
** Ends come from a heap. A session has one valid entry, never later than its end: a new row does not touch the
** heap, and an entry that comes due too early is put back with the end as it is then. Sessions close in the order
** of (end, number), whatever the batches were. */
#include "base/mem.h"
#include "ops/lineage_log.h"
#include "ops/window_input.h"
#include "ops/window_output.h"

enum { SESSION_VERSION = 1 };

typedef struct Session {    /* behind the keys of OVER (PARTITION BY) */
  Ticks    last;
  Ticks    cut;
  Ticks    due;             /* time of its entry in the heap */
  uint64_t number;          /* never given twice */
  uint64_t began;           /* batch of its first row, of the lineage log */
  uint32_t first, newest;   /* its groups, a chain; GROUP_NONE: it was cut and has no row since */
} Session;

typedef struct SessionGroup { uint32_t next; } SessionGroup; /* behind the states of a group */

typedef struct Due { Ticks at; uint64_t number; uint32_t session; } Due;

typedef struct SessionKit { /* what operators of one plan node share; scratch but for the layouts */
  GroupLayout layout;        /* of groups */
  GroupLayout session_keys;  /* keys alone */
  uint32_t    sessions_at;   /* of their keys among the values */
  WindowInput  input;
  WindowOutput output;
  const char **states;      /* of the group that goes out */
  uint32_t   *group_of;      /* by position */
  uint64_t   *session_hashes;
  Selection  *slice;
  uint32_t    room;
} SessionKit;

typedef struct SessionOp {
  Op          op;
  WindowSpec  window;
  SessionKit *kit;
  Ticks       last;          /* time of the last row */
  LiveGroups  sessions;
  LiveGroups  groups;        /* scope: the number of the session */
  Vec(Due)    heap;
  uint64_t    numbers;       /* given so far */
  LineageLog  log;
  uint64_t    oldest_sent;   /* batch number of the oldest session among the rows to be sent */
  /* rows of the batch whose groups are known and whose values are not added yet */
  uint32_t    from, to;
} SessionOp;

static Session *session_of(const SessionOp *op, uint32_t session) { return live_group_extra(&op->sessions, session); }
static SessionGroup *group_of(const SessionOp *op, uint32_t group) { return live_group_extra(&op->groups, group); }

static SessionKit *new_kit(Op *base) {
  const PlanNode *node = base->plan;
  SessionKit *kit = ARENA_NEW(base->ctx->arena, SessionKit);
  group_layout_init(&kit->layout, base->ctx->arena, node);
  kit->session_keys = (GroupLayout){.keys_len = node->aggregate.session_keys_len};
  window_input_open(&kit->input, base, &kit->layout, node->aggregate.session_keys, node->aggregate.session_keys_len);
  kit->sessions_at = kit->input.values_len - node->aggregate.session_keys_len;
  window_output_open(&kit->output, base, &kit->layout);
  kit->states = ARENA_ARRAY(base->ctx->arena, const char *, kit->layout.aggs_len + 1);
  return kit;
}

static void free_kit(SessionKit *kit) {
  window_input_close(&kit->input);
  window_output_close(&kit->output);
  selection_unref(kit->slice);
  mem_free(kit->group_of);
  mem_free(kit->session_hashes);
}

static Status session_open(Op *base, Error *err) {
  (void)err;
  SessionOp *op = (SessionOp *)base;
  op->window = base->plan->aggregate.window;
  op->kit = base->ctx->model ? ((SessionOp *)base->ctx->model)->kit : new_kit(base);
  op->last = TICKS_MIN;
  live_groups_init(&op->sessions, &op->kit->session_keys, sizeof(Session));
  live_groups_init(&op->groups, &op->kit->layout, sizeof(SessionGroup));
  op->oldest_sent = UINT64_MAX;
  return STATUS_OK;
}

/* ---- the heap --------------------------------------------------------------------------------- */

static bool due_before(const Due *a, const Due *b) { return a->at != b->at ? a->at < b->at : a->number < b->number; }

static void heap_push(SessionOp *op, Due due) {
  vec_push(&op->heap, due);
  Due *items = op->heap.items;
  uint32_t at = op->heap.len - 1;
  for (; at > 0 && due_before(&due, &items[(at - 1) / 2]); at = (at - 1) / 2) items[at] = items[(at - 1) / 2];
  items[at] = due;
}

static Due heap_pop(SessionOp *op) {
  Due *items = op->heap.items, top = items[0], last = items[--op->heap.len];
  uint32_t at = 0, len = op->heap.len;
  for (uint32_t child; (child = 2 * at + 1) < len; at = child) {
    if (child + 1 < len && due_before(&items[child + 1], &items[child])) child++;
    if (!due_before(&items[child], &last)) break;
    items[at] = items[child];
  }
  if (len) items[at] = last;
  return top;
}

static void arm(SessionOp *op, uint32_t session, Ticks at) {
  Session *s = session_of(op, session);
  s->due = at;
  heap_push(op, (Due){at, s->number, session});
}

/* ---- ends ------------------------------------------------------------------------------------- */

static Ticks quiet_end(const SessionOp *op, const Session *s) { return window_later(s->last, op->window.size); }

static Ticks end_of(const SessionOp *op, const Session *s) {
  Ticks quiet = quiet_end(op, s);
  return s->cut < quiet ? s->cut : quiet;
}

static void send(SessionOp *op) {
  Lineage lineage = {0};
  if (op->kit->output.rows) lineage_log_since(&op->log, op->oldest_sent, &lineage);
  window_output_send(&op->kit->output, &lineage);
  lineage_release(&lineage);
  op->oldest_sent = UINT64_MAX;
}

/* Adds the values of the rows seen so far to their groups. */
static void add_values(SessionOp *op) {
  SessionKit *kit = op->kit;
  const WindowInput *input = &kit->input;
  if (op->from == op->to) return;
  bool all = op->from == 0 && op->to == input->count;
  if (!all) window_slice(input, op->from, op->to, kit->slice);
  const Selection *sel = all ? input->sel : kit->slice;
  Column *const *args = window_args(input);
  for (uint32_t a = 0; a < kit->layout.aggs_len; a++) {
    const AggCall *call = &kit->layout.aggs[a].call;
    call->fn->update(call, op->groups.records + kit->layout.offsets[a], op->groups.stride, kit->group_of + op->from,
                     args, sel, input->batch->rows);
    args += call->args_len;
  }
  op->from = op->to;
}

static void emit_group(SessionOp *op, const Session *s, uint32_t group, Ticks end) {
  SessionKit *kit = op->kit;
  for (uint32_t a = 0; a < kit->layout.aggs_len; a++)
    kit->states[a] = live_group_states(&op->groups, group) + kit->layout.offsets[a];
  if (s->began < op->oldest_sent) op->oldest_sent = s->began;
  if (!window_output_add(&kit->output, live_group_keys(&op->groups, group), kit->states, end)) send(op);
}

static void emit_groups(SessionOp *op, Session *s, Ticks end) {
  if (op->from < op->to && s->last >= window_time(&op->kit->input, op->from)) add_values(op);
  for (uint32_t group = s->first, next; group != GROUP_NONE; group = next) {
    next = group_of(op, group)->next;
    emit_group(op, s, group, end);
    live_groups_remove(&op->groups, group);
  }
  s->first = s->newest = GROUP_NONE;
  lineage_log_drop(&op->log, s->began);
}

static void close_session(SessionOp *op, uint32_t session, Ticks end) {
  Session *s = session_of(op, session);
  if (s->first != GROUP_NONE) emit_groups(op, s, end);
  if (end < quiet_end(op, s)) { /* cut: it may go on */
    s->cut = TICKS_MAX;
    arm(op, session, quiet_end(op, s));
  } else {
    live_groups_remove(&op->sessions, session);
  }
}

static bool is_valid(const SessionOp *op, const Due *due) {
  if (!live_group_exists(&op->sessions, due->session)) return false;
  const Session *s = session_of(op, due->session);
  return s->number == due->number && s->due == due->at;
}

/* Closes every session that ends before `time`. */
static void close_before(SessionOp *op, Ticks time) {
  while (op->heap.len && op->heap.items[0].at < time) {
    Due due = heap_pop(op);
    if (!is_valid(op, &due)) continue;
    Ticks end = end_of(op, session_of(op, due.session));
    if (end > due.at) arm(op, due.session, end);
    else close_session(op, due.session, end);
  }
}

/* ---- rows in ---------------------------------------------------------------------------------- */

static void begin_session(SessionOp *op, uint32_t session, Ticks time) {
  Session *s = session_of(op, session);
  *s = (Session){.last = time, .number = ++op->numbers, .first = GROUP_NONE, .newest = GROUP_NONE};
  s->cut = window_first_cut(&op->window, window_later(time, op->window.longest));
}

/* The first row of what begins here: a session, or the rest of one that was cut. */
static void begin_rows(SessionOp *op, uint32_t session, Ticks time, bool made) {
  Session *s = session_of(op, session);
  if (!made) s->cut = window_first_cut(&op->window, time);
  s->last = time;
  s->began = op->log.last;
  lineage_log_hold(&op->log, s->began);
  arm(op, session, end_of(op, s));
}

static uint32_t find_session(SessionOp *op, uint32_t row, uint64_t hash, Ticks time) {
  bool made;
  uint32_t session = live_groups_find(&op->sessions, op->kit->input.values + op->kit->sessions_at, row, hash, 0, &made);
  if (made) begin_session(op, session, time);
  Session *s = session_of(op, session);
  if (s->first == GROUP_NONE) begin_rows(op, session, time, made);
  else s->last = time;
  return session;
}

static uint32_t find_group(SessionOp *op, uint32_t session, uint32_t row, uint64_t hash) {
  Session *s = session_of(op, session);
  Column *const *keys = window_keys(&op->kit->input);
  if (s->newest != GROUP_NONE && live_groups_is(&op->groups, s->newest, keys, row, hash, s->number)) return s->newest;
  bool made;
  uint32_t group = live_groups_find(&op->groups, keys, row, hash, s->number, &made);
  if (!made) return group;
  group_of(op, group)->next = GROUP_NONE;
  if (s->first == GROUP_NONE) s->first = group;
  else group_of(op, s->newest)->next = group;
  s->newest = group;
  return group;
}

static void need_room(SessionOp *op, uint32_t rows) {
  SessionKit *kit = op->kit;
  if (rows <= kit->room) return;
  kit->room = rows;
  kit->group_of = mem_realloc(kit->group_of, mem_mul(rows, sizeof *kit->group_of));
  kit->session_hashes = mem_realloc(kit->session_hashes, mem_mul(rows, sizeof *kit->session_hashes));
  selection_unref(kit->slice);
  kit->slice = selection_new(rows);
}

static void give_memory_back(SessionOp *op) {
  if (live_groups_sparse(&op->groups)) {
    uint32_t *map = live_groups_compact(&op->groups);
    LIVE_GROUPS_EACH(&op->groups, group) {
      SessionGroup *g = group_of(op, group);
      if (g->next != GROUP_NONE) g->next = map[g->next];
    }
    LIVE_GROUPS_EACH(&op->sessions, session) {
      Session *s = session_of(op, session);
      if (s->first != GROUP_NONE) s->first = map[s->first], s->newest = map[s->newest];
    }
    mem_free(map);
  }
  if (live_groups_sparse(&op->sessions)) {
    mem_free(live_groups_compact(&op->sessions));
    vec_release(&op->heap);
    LIVE_GROUPS_EACH(&op->sessions, session) arm(op, session, end_of(op, session_of(op, session)));
  }
}

static void session_push(Op *base, uint32_t port, const Batch *batch) {
  (void)port;
  SessionOp *op = (SessionOp *)base;
  WindowInput *input = &op->kit->input;
  window_input_begin(input, base, batch);
  window_input_check_order(input, base, &op->last);
  need_room(op, batch->rows);
  lineage_log_add(&op->log, &batch->lineage);
  for (uint32_t k = 0; k < op->kit->session_keys.keys_len; k++)
    column_hash(input->values[op->kit->sessions_at + k], input->sel, batch->rows, op->kit->session_hashes, k > 0);
  op->from = op->to = 0;
  for (uint32_t i = 0; i < input->count; i++) {
    Ticks time = window_time(input, i);
    uint32_t row = window_row(input, i);
    close_before(op, time);
    uint32_t session = find_session(op, row, op->kit->session_hashes[i], time);
    op->kit->group_of[i] = find_group(op, session, row, input->hashes[i]);
    op->to = i + 1;
  }
  add_values(op);
  op->from = op->to = 0;
  send(op);
  window_input_end(input);
  lineage_log_tidy(&op->log);
  give_memory_back(op);
}

static void session_advance(Op *base, uint32_t port, uint32_t channel, Ticks w) {
  (void)port;
  (void)channel;
  SessionOp *op = (SessionOp *)base;
  close_before(op, w);
  send(op);
  lineage_log_tidy(&op->log);
  give_memory_back(op);
  if (w > base->watermark || w == TICKS_MIN) op_advance(base, base->channel, w);
}

/* ---- state ------------------------------------------------------------------------------------ */

static void save_session(const void *owner, const void *extra, ByteWriter *out) {
  (void)owner;
  const Session *s = extra;
  put_i64(out, s->last);
  put_i64(out, s->cut);
  put_u64(out, s->number);
  put_u64(out, s->began);
  put_u32(out, s->first);
  put_u32(out, s->newest);
}

static void load_session(void *owner, void *extra, ByteReader *in) {
  (void)owner;
  Session *s = extra;
  s->last = get_i64(in);
  s->cut = get_i64(in);
  s->number = get_u64(in);
  s->began = get_u64(in);
  s->first = get_u32(in);
  s->newest = get_u32(in);
}

static void save_group(const void *owner, const void *extra, ByteWriter *out) {
  (void)owner;
  put_u32(out, ((const SessionGroup *)extra)->next);
}
static void load_group(void *owner, void *extra, ByteReader *in) {
  (void)owner;
  ((SessionGroup *)extra)->next = get_u32(in);
}

static Ticks session_due(const Op *base) {
  const SessionOp *op = (const SessionOp *)base;
  if (op->sessions.live == 0) return TICKS_MAX;
  return op->heap.items[0].at < TICKS_MAX ? op->heap.items[0].at + 1 : TICKS_MAX - 1;
}

static Status session_save(Op *base, StateWriter *out, Error *err) {
  const SessionOp *op = (const SessionOp *)base;
  ByteWriter *bytes = state_begin(out, "sessions", 0, SESSION_VERSION);
  put_i64(bytes, base->watermark);
  put_u64(bytes, op->numbers);
  lineage_log_save(&op->log, bytes);
  live_groups_save(&op->sessions, save_session, op, bytes);
  TRY(state_end(out, err));
  bytes = state_begin(out, "groups", 0, SESSION_VERSION);
  live_groups_save(&op->groups, save_group, op, bytes);
  return state_end(out, err);
}

static Status session_load(Op *base, StateReader *in, Error *err) {
  SessionOp *op = (SessionOp *)base;
  ByteReader bytes;
  TRY(state_find(in, "sessions", 0, SESSION_VERSION, &bytes, err));
  base->watermark = get_i64(&bytes);
  op->numbers = get_u64(&bytes);
  lineage_log_load(&op->log, &bytes);
  live_groups_load(&op->sessions, load_session, op, &bytes);
  TRY(state_done(in, &bytes, err));
  TRY(state_find(in, "groups", 0, SESSION_VERSION, &bytes, err));
  live_groups_load(&op->groups, load_group, op, &bytes);
  TRY(state_done(in, &bytes, err));
  LIVE_GROUPS_EACH(&op->sessions, session) arm(op, session, end_of(op, session_of(op, session)));
  return STATUS_OK;
}

static void session_oldest(const Op *base, Lineage *into) {
  const SessionOp *op = (const SessionOp *)base;
  uint64_t began = UINT64_MAX;
  for (uint32_t i = 0; i < op->log.entries.len && began == UINT64_MAX; i++)
    if (op->log.entries.items[i].holders) began = op->log.entries.items[i].number;
  lineage_log_since(&op->log, began, into);
}

static void session_close(Op *base) {
  SessionOp *op = (SessionOp *)base;
  live_groups_release(&op->groups);
  live_groups_release(&op->sessions);
  lineage_log_release(&op->log);
  vec_release(&op->heap);
  if (base->ctx->model == NULL || base->ctx->model == base) free_kit(op->kit);
}

static void session_describe(const PlanNode *node, StrBuf *out) {
  strbuf_puts(out, node->aggregate.session_keys_len ? "open sessions of each key, and their groups"
                                                    : "the open session and its groups");
}

const OpClass op_window_session = {
  .kind = PLAN_SESSION,
  .name = "session window",
  .bytes = sizeof(SessionOp),
  .open = session_open,
  .push = session_push,
  .advance = session_advance,
  .due = session_due,
  .save = session_save,
  .load = session_load,
  .oldest = session_oldest,
  .close = session_close,
  .describe = session_describe,
};
