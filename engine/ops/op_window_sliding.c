/* op_window_sliding.c: GROUP BY over a sliding window (semantics.md section 4): at t it holds (t - size, t].
**
**   in    rows in order of time (a merge stands in front), watermarks
**   out   a row per group and instant at which its content changed and is not empty, in order of time
**   state the rows in the window (time, group, and what is needed to take them back), and the groups' states
**
** Every row makes two changes: it enters at its time t and leaves at t + size. All changes of an instant count as
** one, so a group that changed waits, with its instant, until time has passed that instant:
**
**     changes   a+ b+     a+        a-      b-     a-         + enters, - leaves
**     time      1         4         6              9
**     out       a1 b1     a2        a1      (empty: nothing)
**
** The waiting groups are a list in order of time. They are sent when one of them is about to change at a later
** instant, or when the watermark has passed. Until then nothing is computed: changes of many groups are gathered,
** and each aggregate takes them by columns.
**
** Aggregates, the first way that is possible:
**   retract   the values of the row are taken back (sums are exact, so nothing drifts)
**   stacks    one that combines: two_stacks.h
**   again     any other: computed from the rows of the group for each row that goes out */
#include "base/mem.h"
#include "ops/sliding_rows.h"
#include "ops/two_stacks.h"
#include "ops/window_input.h"
#include "ops/window_output.h"

enum { SLIDING_VERSION = 1 };

typedef enum SlidingWay { WAY_RETRACT, WAY_STACKS, WAY_AGAIN } SlidingWay;

typedef struct SlidingGroup { /* behind the states of a group */
  uint64_t  rows;        /* in the window */
  Ticks     changed;     /* the instant it waits for; TICKS_MIN: it does not wait */
  TwoStacks stacks;
} SlidingGroup;

typedef struct SlidingOp {
  Op          op;
  Ticks       size;
  GroupLayout layout;
  SlidingWay *ways;         /* of each aggregate */
  StackLayout stacked;
  uint32_t   *kept_args;    /* arguments whose columns are kept, by position among the arguments */
  Column    **kept;         /* scratch: their columns */
  Column    **args;         /* scratch: arguments of a piece, by position; those not kept NULL */
  uint32_t    args_len;
  WindowInput  input;
  WindowOutput output;
  const char **states;      /* scratch: of the group that goes out */
  LiveGroups  groups;
  SlidingRows rows;
  Vec(uint32_t) waiting;    /* groups, ascending by the instant they wait for */
  /* changes gathered and not yet applied */
  uint32_t    leaving_piece, leaving_at; /* rows before this place leave */
  uint32_t    from, to;     /* rows of the batch that enter, by position */
  SlidingPiece *entering;   /* the piece of the batch; valid during push */
  Selection  *slice;
  uint32_t   *numbers;      /* 0, 1, 2, ... and zeros behind: groups of scratch states */
  uint32_t    room;         /* of slice and numbers, in rows */
  char       *row_states;   /* scratch: stacked states of entering rows */
  uint32_t    row_states_room;
  char       *again;        /* scratch: states for WAY_AGAIN and for answers of stacks */
} SlidingOp;

static SlidingGroup *group_of(const SlidingOp *op, uint32_t group) { return live_group_extra(&op->groups, group); }

static SlidingWay way_of(const AggregateFn *fn) {
  if (fn->retract) return WAY_RETRACT;
  return fn->combine ? WAY_STACKS : WAY_AGAIN;
}

/* ---- opening ---------------------------------------------------------------------------------- */

static void choose_ways(SlidingOp *op, Arena *arena) {
  bool *stacked = ARENA_ARRAY(arena, bool, op->layout.aggs_len + 1);
  op->ways = ARENA_ARRAY(arena, SlidingWay, op->layout.aggs_len + 1);
  for (uint32_t a = 0; a < op->layout.aggs_len; a++) {
    op->ways[a] = way_of(op->layout.aggs[a].call.fn);
    stacked[a] = op->ways[a] == WAY_STACKS;
    op->args_len += op->layout.aggs[a].call.args_len;
  }
  stack_layout_init(&op->stacked, arena, &op->layout, stacked);
}

static void choose_kept(SlidingOp *op, Arena *arena) {
  op->kept_args = ARENA_ARRAY(arena, uint32_t, op->args_len + 1);
  op->kept = ARENA_ARRAY(arena, Column *, op->args_len + 1);
  op->args = ARENA_ARRAY(arena, Column *, op->args_len + 1);
  uint32_t arg = 0;
  for (uint32_t a = 0; a < op->layout.aggs_len; a++)
    for (unsigned j = 0; j < op->layout.aggs[a].call.args_len; j++, arg++)
      if (op->ways[a] != WAY_STACKS) op->kept_args[op->rows.cols_len++] = arg;
}

static Status sliding_open(Op *base, Error *err) {
  (void)err;
  SlidingOp *op = (SlidingOp *)base;
  op->size = base->plan->aggregate.window.size;
  group_layout_init(&op->layout, base->ctx->arena, base->plan);
  choose_ways(op, base->ctx->arena);
  choose_kept(op, base->ctx->arena);
  window_input_open(&op->input, base, &op->layout, NULL, 0);
  window_output_open(&op->output, base, &op->layout);
  op->states = ARENA_ARRAY(base->ctx->arena, const char *, op->layout.aggs_len + 1);
  live_groups_init(&op->groups, &op->layout, sizeof(SlidingGroup));
  op->again = arena_zalloc(base->ctx->arena, op->layout.stride + 16);
  return STATUS_OK;
}

static void need_room(SlidingOp *op, uint32_t rows) {
  if (rows <= op->room) return;
  op->room = rows;
  selection_unref(op->slice);
  op->slice = selection_new(rows);
  op->numbers = mem_realloc(op->numbers, mem_mul(rows, 2 * sizeof *op->numbers));
  for (uint32_t i = 0; i < rows; i++) op->numbers[i] = i, op->numbers[rows + i] = 0;
}

static const uint32_t *zeros(const SlidingOp *op) { return op->numbers + op->room; }

/* ---- rows that leave -------------------------------------------------------------------------- */

static void piece_args(SlidingOp *op, const SlidingPiece *piece) {
  for (uint32_t i = 0; i < op->rows.cols_len; i++) op->args[op->kept_args[i]] = piece->cols[i];
}

static void retract_values(SlidingOp *op, const SlidingPiece *piece, uint32_t begin, uint32_t end) {
  need_room(op, end - begin);
  for (uint32_t i = begin; i < end; i++) op->slice->rows[i - begin] = i;
  op->slice->len = end - begin;
  piece_args(op, piece);
  Column *const *args = op->args;
  for (uint32_t a = 0; a < op->layout.aggs_len; a++) {
    const AggCall *call = &op->layout.aggs[a].call;
    if (op->ways[a] == WAY_RETRACT)
      call->fn->retract(call, op->groups.records + op->layout.offsets[a], op->groups.stride, piece->groups + begin,
                        args, op->slice, piece->rows);
    args += call->args_len;
  }
}

static void take_back(SlidingOp *op, SlidingPiece *piece, uint32_t end) {
  if (end <= piece->at) return;
  retract_values(op, piece, piece->at, end);
  for (uint32_t i = piece->at; op->stacked.aggs_len && i < end; i++) {
    uint32_t group = piece->groups[i];
    two_stacks_pop(&group_of(op, group)->stacks, &op->stacked, live_group_states(&op->groups, group));
  }
  piece->at = end;
}

static void apply_leaving(SlidingOp *op) {
  SlidingPiece *pieces = op->rows.pieces.items;
  for (uint32_t p = 0; p < op->leaving_piece; p++) take_back(op, &pieces[p], pieces[p].rows);
  if (op->leaving_piece < op->rows.pieces.len) take_back(op, &pieces[op->leaving_piece], op->leaving_at);
}

/* ---- rows that enter -------------------------------------------------------------------------- */

static char *need_row_states(SlidingOp *op, uint32_t rows) {
  if (rows > op->row_states_room) {
    op->row_states_room = rows;
    op->row_states = mem_realloc(op->row_states, mem_mul(rows, op->stacked.stride));
  }
  for (uint32_t i = 0; i < rows; i++) stack_states_init(&op->stacked, op->row_states + i * op->stacked.stride);
  return op->row_states;
}

/* A state of its own for each row, which then moves into the stacks of its group. */
static void stack_rows(SlidingOp *op, const Selection *sel, const uint32_t *groups, uint32_t count) {
  char *states = need_row_states(op, count);
  Column *const *args = window_args(&op->input);
  uint32_t stacked = 0;
  for (uint32_t a = 0; a < op->layout.aggs_len; a++) {
    const AggCall *call = &op->layout.aggs[a].call;
    if (op->ways[a] == WAY_STACKS)
      call->fn->update(call, states + op->stacked.offsets[stacked++], op->stacked.stride, op->numbers, args, sel,
                       op->input.batch->rows);
    args += call->args_len;
  }
  for (uint32_t i = 0; i < count; i++)
    two_stacks_push(&group_of(op, groups[i])->stacks, &op->stacked, states + i * op->stacked.stride);
}

static void apply_entering(SlidingOp *op) {
  const WindowInput *input = &op->input;
  if (op->from == op->to) return;
  need_room(op, input->batch->rows);
  bool all = op->from == 0 && op->to == input->count;
  if (!all) window_slice(input, op->from, op->to, op->slice);
  const Selection *sel = all ? input->sel : op->slice;
  const uint32_t *groups = op->entering->groups + op->from;
  Column *const *args = window_args(input);
  for (uint32_t a = 0; a < op->layout.aggs_len; a++) {
    const AggCall *call = &op->layout.aggs[a].call;
    if (op->ways[a] != WAY_AGAIN)
      call->fn->update(call, op->groups.records + op->layout.offsets[a], op->groups.stride, groups, args, sel,
                       input->batch->rows);
    args += call->args_len;
  }
  if (op->stacked.aggs_len) stack_rows(op, sel, groups, op->to - op->from);
  op->from = op->to;
}

static void apply(SlidingOp *op) {
  apply_leaving(op);
  apply_entering(op);
}

/* ---- rows that go out ------------------------------------------------------------------------- */

/* The state of an aggregate from all rows of its group. */
static void compute_again(SlidingOp *op, uint32_t a, uint32_t first_arg, uint32_t group, char *state) {
  const AggCall *call = &op->layout.aggs[a].call;
  for (uint32_t p = 0; p < op->rows.pieces.len; p++) {
    const SlidingPiece *piece = &op->rows.pieces.items[p];
    need_room(op, piece->rows);
    op->slice->len = 0;
    for (uint32_t i = piece->at; i < piece->rows; i++)
      if (piece->groups[i] == group) op->slice->rows[op->slice->len++] = i;
    piece_args(op, piece);
    if (op->slice->len)
      call->fn->update(call, state, op->layout.stride, zeros(op), op->args + first_arg, op->slice, piece->rows);
  }
}

/* A state made for one answer; released after it. */
static char *scratch_state(SlidingOp *op, uint32_t a) {
  const AggCall *call = &op->layout.aggs[a].call;
  char *state = op->again + op->layout.offsets[a];
  memset(state, 0, call->fn->state_bytes);
  if (call->fn->init) call->fn->init(call, state);
  return state;
}

static const char *answer_of(SlidingOp *op, uint32_t a, uint32_t stacked, uint32_t first_arg, uint32_t group) {
  const AggCall *call = &op->layout.aggs[a].call;
  const char *own = live_group_states(&op->groups, group) + op->layout.offsets[a];
  const char *front = two_stacks_front(&group_of(op, group)->stacks, &op->stacked);
  if (op->ways[a] == WAY_RETRACT || (op->ways[a] == WAY_STACKS && !front)) return own;
  char *state = scratch_state(op, a);
  if (op->ways[a] == WAY_AGAIN) {
    compute_again(op, a, first_arg, group, state);
  } else {
    call->fn->combine(call, state, front + op->stacked.offsets[stacked]);
    call->fn->combine(call, state, own);
  }
  return state;
}

static void release_answer(SlidingOp *op, uint32_t a, const char *state) {
  void (*release)(void *) = op->layout.aggs[a].call.fn->release;
  char *scratch = op->again + op->layout.offsets[a];
  if (state == scratch && release) release(scratch);
}

static void send_group(SlidingOp *op, uint32_t group) {
  uint32_t stacked = 0, arg = 0;
  for (uint32_t a = 0; a < op->layout.aggs_len; a++) {
    op->states[a] = answer_of(op, a, stacked, arg, group);
    stacked += op->ways[a] == WAY_STACKS;
    arg += op->layout.aggs[a].call.args_len;
  }
  Ticks time = group_of(op, group)->changed;
  if (!window_output_add(&op->output, live_group_keys(&op->groups, group), op->states, time))
    window_output_send(&op->output, &op->rows.lineage);
  for (uint32_t a = 0; a < op->layout.aggs_len; a++) release_answer(op, a, op->states[a]);
}

static void remove_group(SlidingOp *op, uint32_t group) {
  two_stacks_release(&group_of(op, group)->stacks, &op->stacked);
  live_groups_remove(&op->groups, group);
}

/* Applies what was gathered, then sends the groups that changed before `time`; empty ones are removed. */
static void settle(SlidingOp *op, Ticks time) {
  apply(op);
  uint32_t done = 0;
  for (; done < op->waiting.len; done++) {
    uint32_t group = op->waiting.items[done];
    SlidingGroup *g = group_of(op, group);
    if (g->changed >= time) break;
    if (g->rows) send_group(op, group);
    group_of(op, group)->changed = TICKS_MIN;
    if (g->rows == 0) remove_group(op, group);
  }
  if (done == 0) return;
  op->waiting.len -= done;
  memmove(op->waiting.items, op->waiting.items + done, op->waiting.len * sizeof *op->waiting.items);
}

/* ---- changes ---------------------------------------------------------------------------------- */

/* The group waits for an earlier instant: its answer is needed before it changes again. */
static bool waits_for_earlier(const SlidingOp *op, uint32_t group, Ticks time) {
  Ticks changed = group_of(op, group)->changed;
  return changed != TICKS_MIN && changed < time;
}

static void wait_for(SlidingOp *op, uint32_t group, Ticks time) {
  SlidingGroup *g = group_of(op, group);
  if (g->changed == time) return;
  g->changed = time;
  vec_push(&op->waiting, group);
}

/* The next row that leaves, when it leaves before or at `time`. */
static bool next_leaving(SlidingOp *op, Ticks time, uint32_t *group, Ticks *at) {
  while (op->leaving_piece < op->rows.pieces.len) {
    const SlidingPiece *piece = &op->rows.pieces.items[op->leaving_piece];
    if (op->leaving_at < piece->at) op->leaving_at = piece->at;
    if (op->leaving_at < piece->rows) {
      *at = window_later(piece->times[op->leaving_at], op->size);
      *group = piece->groups[op->leaving_at];
      return *at <= time && *at != TICKS_MAX;
    }
    op->leaving_piece++;
    op->leaving_at = 0;
  }
  return false;
}

/* Every row that leaves before or at `time`. */
static void leave_until(SlidingOp *op, Ticks time) {
  uint32_t group;
  Ticks at;
  while (next_leaving(op, time, &group, &at)) {
    if (waits_for_earlier(op, group, at)) settle(op, at);
    wait_for(op, group, at);
    group_of(op, group)->rows--;
    op->leaving_at++;
  }
}

static void enter(SlidingOp *op, uint32_t position, Ticks time) {
  uint32_t row = window_row(&op->input, position);
  bool made;
  uint32_t group = live_groups_find(&op->groups, window_keys(&op->input), row, op->input.hashes[position], 0, &made);
  if (made) {
    *group_of(op, group) = (SlidingGroup){.changed = TICKS_MIN};
  } else if (waits_for_earlier(op, group, time)) {
    settle(op, time); /* an empty group is removed: look again */
    enter(op, position, time);
    return;
  }
  wait_for(op, group, time);
  group_of(op, group)->rows++;
  op->entering->times[position] = time;
  op->entering->groups[position] = group;
  op->to = position + 1;
}

/* ---- batches and time ------------------------------------------------------------------------- */

/* Rows that have left stay a little for their lineage: until what they changed has gone out. */
static void drop_rows(SlidingOp *op) {
  Ticks before = op->waiting.len ? group_of(op, op->waiting.items[0])->changed : TICKS_MAX;
  sliding_rows_drop(&op->rows, op->size, before);
  op->leaving_piece = op->leaving_at = 0;
}

static void give_memory_back(SlidingOp *op) {
  if (!live_groups_sparse(&op->groups)) return;
  uint32_t *map = live_groups_compact(&op->groups);
  sliding_rows_renumber(&op->rows, map);
  for (uint32_t i = 0; i < op->waiting.len; i++) op->waiting.items[i] = map[op->waiting.items[i]];
  mem_free(map);
}

static void keep_rows(SlidingOp *op) {
  WindowInput *input = &op->input;
  need_room(op, input->batch->rows);
  window_slice(input, 0, input->count, op->slice);
  for (uint32_t i = 0; i < op->rows.cols_len; i++)
    op->kept[i] = column_gather(window_args(input)[op->kept_args[i]], op->slice->rows, input->count, true);
  op->entering = sliding_rows_add(&op->rows, input->count, op->kept, &input->batch->lineage);
  for (uint32_t i = 0; i < input->count; i++) op->entering->times[i] = window_time(input, i);
}

static void sliding_push(Op *base, uint32_t port, const Batch *batch) {
  (void)port;
  SlidingOp *op = (SlidingOp *)base;
  window_input_begin(&op->input, base, batch);
  window_input_check_order(&op->input, base);
  if (op->input.count) {
    keep_rows(op);
    op->from = op->to = 0;
    for (uint32_t i = 0; i < op->input.count; i++) {
      leave_until(op, op->entering->times[i]);
      enter(op, i, op->entering->times[i]);
    }
    apply(op);
    op->from = op->to = 0;
    window_output_send(&op->output, &op->rows.lineage);
    drop_rows(op);
    sliding_rows_tidy(&op->rows);
    give_memory_back(op);
  }
  window_input_end(&op->input);
}

static void sliding_advance(Op *base, uint32_t port, uint32_t channel, Ticks w) {
  (void)port;
  (void)channel;
  SlidingOp *op = (SlidingOp *)base;
  if (w > TICKS_MIN) {
    leave_until(op, w - 1);
    settle(op, w);
  }
  window_output_send(&op->output, &op->rows.lineage);
  drop_rows(op);
  give_memory_back(op);
  if (w > base->watermark || w == TICKS_MIN) op_advance(base, base->channel, w);
}

/* ---- state ------------------------------------------------------------------------------------ */

static void save_group(const void *owner, const void *extra, ByteWriter *out) {
  const SlidingGroup *g = extra;
  put_u64(out, g->rows);
  put_i64(out, g->changed);
  two_stacks_save(&g->stacks, &((const SlidingOp *)owner)->stacked, out);
}

static void load_group(void *owner, void *extra, ByteReader *in) {
  SlidingGroup *g = extra;
  g->rows = get_u64(in);
  g->changed = get_i64(in);
  two_stacks_load(&g->stacks, &((SlidingOp *)owner)->stacked, in);
}

static bool sliding_holds(const Op *op) {
  const SlidingOp *sliding = (const SlidingOp *)op;
  return sliding->groups.live > 0 || sliding->rows.pieces.len > 0;
}

static Status sliding_save(Op *base, StateWriter *out, Error *err) {
  const SlidingOp *op = (const SlidingOp *)base;
  ByteWriter *bytes = state_begin(out, "groups", 0, SLIDING_VERSION);
  put_i64(bytes, base->watermark);
  live_groups_save(&op->groups, save_group, op, bytes);
  put_u32(bytes, op->waiting.len);
  for (uint32_t i = 0; i < op->waiting.len; i++) put_u32(bytes, op->waiting.items[i]);
  TRY(state_end(out, err));
  bytes = state_begin(out, "rows", 0, SLIDING_VERSION);
  sliding_rows_save(&op->rows, bytes);
  return state_end(out, err);
}

static Status sliding_load(Op *base, StateReader *in, Error *err) {
  SlidingOp *op = (SlidingOp *)base;
  ByteReader bytes;
  TRY(state_find(in, "groups", 0, SLIDING_VERSION, &bytes, err));
  base->watermark = get_i64(&bytes);
  live_groups_load(&op->groups, load_group, op, &bytes);
  uint32_t len = get_u32(&bytes);
  for (uint32_t i = 0; i < len && !bytes.bad; i++) {
    uint32_t group = get_u32(&bytes);
    if (live_group_exists(&op->groups, group)) vec_push(&op->waiting, group);
    else bytes.bad = true;
  }
  TRY(state_done(in, &bytes, err));
  TRY(state_find(in, "rows", 0, SLIDING_VERSION, &bytes, err));
  sliding_rows_load(&op->rows, &bytes);
  return state_done(in, &bytes, err);
}

static void sliding_oldest(const Op *base, Lineage *into) {
  sliding_rows_oldest(&((const SlidingOp *)base)->rows, into);
}

static void sliding_close(Op *base) {
  SlidingOp *op = (SlidingOp *)base;
  LIVE_GROUPS_EACH(&op->groups, group) two_stacks_release(&group_of(op, group)->stacks, &op->stacked);
  live_groups_release(&op->groups);
  sliding_rows_release(&op->rows);
  window_input_close(&op->input);
  window_output_close(&op->output);
  vec_release(&op->waiting);
  selection_unref(op->slice);
  mem_free(op->numbers);
  mem_free(op->row_states);
}

static void sliding_describe(const PlanNode *node, StrBuf *out) {
  static const char *const ways[] = {"taken back from", "combined on two stacks in", "computed again from the rows of"};
  strbuf_puts(out, "the rows of the window");
  for (SlidingWay way = WAY_RETRACT; way <= WAY_AGAIN; way++) {
    unsigned found = 0;
    for (uint32_t a = 0; a < node->aggregate.aggs_len; a++)
      if (way_of(node->aggregate.aggs[a].call.fn) == way)
        strbuf_printf(out, "%s%s", found++ ? ", " : "; ", node->aggregate.aggs[a].call.fn->name);
    if (found) strbuf_printf(out, " %s groups", ways[way]);
  }
}

const OpClass op_window_sliding = {
  .kind = PLAN_SLIDING,
  .name = "sliding window",
  .bytes = sizeof(SlidingOp),
  .open = sliding_open,
  .push = sliding_push,
  .advance = sliding_advance,
  .holds = sliding_holds,
  .save = sliding_save,
  .load = sliding_load,
  .oldest = sliding_oldest,
  .close = sliding_close,
  .describe = sliding_describe,
};
