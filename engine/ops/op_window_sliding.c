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
#include "ops/key_spellings.h"
#include "ops/sliding_rows.h"
#include "ops/two_stacks.h"
#include "ops/window_input.h"
#include "ops/window_output.h"

enum { SLIDING_VERSION = 2 };

typedef enum SlidingWay { WAY_RETRACT, WAY_STACKS, WAY_AGAIN } SlidingWay;

typedef struct SlidingGroup { /* behind the states of a group */
  uint64_t  rows;        /* in the window */
  Ticks     changed;     /* the instant it waits for; TICKS_MIN: it does not wait */
  TwoStacks stacks;
  KeySpellings *spellings;
} SlidingGroup;

typedef struct SlidingKit { /* what operators of one plan node share; scratch but for layout, ways and arguments */
  GroupLayout layout;
  SlidingWay *ways;         /* of each aggregate */
  StackLayout stacked;
  uint32_t   *kept_args;    /* arguments whose columns are kept, by position among the arguments */
  Column    **kept;         /* their columns */
  Column    **args;         /* arguments of a piece, by position; those not kept NULL */
  uint32_t    args_len, kept_len;
  WindowInput  input;
  WindowOutput output;
  const char **states;      /* of the group that goes out */
  Selection  *slice;
  uint32_t   *numbers;      /* 0, 1, 2, ... and zeros behind: groups of scratch states */
  uint32_t    room;         /* of slice and numbers, in rows */
  char       *row_states;   /* stacked states of entering rows */
  uint32_t    row_states_room;
  char       *again;        /* states for WAY_AGAIN and for answers of stacks */
} SlidingKit;

typedef struct SlidingOp {
  Op          op;
  Ticks       size;
  SlidingKit *kit;
  Ticks       last;         /* time of the last row */
  LiveGroups  groups;
  SlidingRows rows;
  Vec(uint32_t) waiting;    /* groups, ascending by the instant they wait for */
  /* changes gathered and not yet applied */
  uint32_t    leaving_piece, leaving_at; /* rows before this place leave */
  uint32_t    from, to;     /* rows of the batch that enter, by position */
  SlidingPiece *entering;   /* the piece of the batch; valid during push */
} SlidingOp;

static SlidingGroup *group_of(const SlidingOp *op, uint32_t group) { return live_group_extra(&op->groups, group); }

static SlidingWay way_of(const AggregateFn *fn) {
  if (fn->retract) return WAY_RETRACT;
  return fn->combine ? WAY_STACKS : WAY_AGAIN;
}

/* ---- opening ---------------------------------------------------------------------------------- */

static void choose_ways(SlidingKit *kit, Arena *arena) {
  bool *stacked = ARENA_ARRAY(arena, bool, kit->layout.aggs_len + 1);
  kit->ways = ARENA_ARRAY(arena, SlidingWay, kit->layout.aggs_len + 1);
  for (uint32_t a = 0; a < kit->layout.aggs_len; a++) {
    kit->ways[a] = way_of(kit->layout.aggs[a].call.fn);
    stacked[a] = kit->ways[a] == WAY_STACKS;
    kit->args_len += kit->layout.aggs[a].call.args_len;
  }
  stack_layout_init(&kit->stacked, arena, &kit->layout, stacked);
}

static void choose_kept(SlidingKit *kit, Arena *arena) {
  kit->kept_args = ARENA_ARRAY(arena, uint32_t, kit->args_len + 1);
  kit->kept = ARENA_ARRAY(arena, Column *, kit->args_len + 1);
  kit->args = ARENA_ARRAY(arena, Column *, kit->args_len + 1);
  uint32_t arg = 0;
  for (uint32_t a = 0; a < kit->layout.aggs_len; a++)
    for (unsigned j = 0; j < kit->layout.aggs[a].call.args_len; j++, arg++)
      if (kit->ways[a] != WAY_STACKS) kit->kept_args[kit->kept_len++] = arg;
}

static SlidingKit *new_kit(Op *base) {
  Arena *arena = base->ctx->arena;
  SlidingKit *kit = ARENA_NEW(arena, SlidingKit);
  group_layout_init(&kit->layout, arena, base->plan);
  choose_ways(kit, arena);
  choose_kept(kit, arena);
  window_input_open(&kit->input, base, &kit->layout, NULL, 0);
  window_output_open(&kit->output, base, &kit->layout);
  kit->states = ARENA_ARRAY(arena, const char *, kit->layout.aggs_len + 1);
  kit->again = arena_zalloc(arena, kit->layout.stride + 16);
  return kit;
}

static void free_kit(SlidingKit *kit) {
  window_input_close(&kit->input);
  window_output_close(&kit->output);
  selection_unref(kit->slice);
  mem_free(kit->numbers);
  mem_free(kit->row_states);
}

static Status sliding_open(Op *base, Error *err) {
  (void)err;
  SlidingOp *op = (SlidingOp *)base;
  op->size = base->plan->aggregate.window.size;
  op->kit = base->ctx->model ? ((SlidingOp *)base->ctx->model)->kit : new_kit(base);
  op->last = TICKS_MIN;
  op->rows.cols_len = op->kit->kept_len;
  live_groups_init(&op->groups, &op->kit->layout, sizeof(SlidingGroup));
  return STATUS_OK;
}

static void need_room(SlidingOp *op, uint32_t rows) {
  SlidingKit *kit = op->kit;
  if (rows <= kit->room) return;
  kit->room = rows;
  selection_unref(kit->slice);
  kit->slice = selection_new(rows);
  kit->numbers = mem_realloc(kit->numbers, mem_mul(rows, 2 * sizeof *kit->numbers));
  for (uint32_t i = 0; i < rows; i++) kit->numbers[i] = i, kit->numbers[rows + i] = 0;
}

static const uint32_t *zeros(const SlidingOp *op) { return op->kit->numbers + op->kit->room; }

/* ---- rows that leave -------------------------------------------------------------------------- */

static void piece_args(SlidingOp *op, const SlidingPiece *piece) {
  for (uint32_t i = 0; i < op->rows.cols_len; i++) op->kit->args[op->kit->kept_args[i]] = piece->cols[i];
}

static void retract_values(SlidingOp *op, const SlidingPiece *piece, uint32_t begin, uint32_t end) {
  SlidingKit *kit = op->kit;
  need_room(op, end - begin);
  for (uint32_t i = begin; i < end; i++) kit->slice->rows[i - begin] = i;
  kit->slice->len = end - begin;
  piece_args(op, piece);
  Column *const *args = kit->args;
  for (uint32_t a = 0; a < kit->layout.aggs_len; a++) {
    const AggCall *call = &kit->layout.aggs[a].call;
    if (kit->ways[a] == WAY_RETRACT)
      call->fn->retract(call, op->groups.records + kit->layout.offsets[a], op->groups.stride, piece->groups + begin,
                        args, kit->slice, piece->rows);
    args += call->args_len;
  }
}

static void take_back(SlidingOp *op, SlidingPiece *piece, uint32_t end) {
  if (end <= piece->at) return;
  retract_values(op, piece, piece->at, end);
  for (uint32_t i = piece->at; op->kit->stacked.aggs_len && i < end; i++) {
    uint32_t group = piece->groups[i];
    two_stacks_pop(&group_of(op, group)->stacks, &op->kit->stacked, live_group_states(&op->groups, group));
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
  SlidingKit *kit = op->kit;
  if (rows > kit->row_states_room) {
    kit->row_states_room = rows;
    kit->row_states = mem_realloc(kit->row_states, mem_mul(rows, kit->stacked.stride));
  }
  for (uint32_t i = 0; i < rows; i++) stack_states_init(&kit->stacked, kit->row_states + i * kit->stacked.stride);
  return kit->row_states;
}

/* A state of its own for each row, which then moves into the stacks of its group. */
static void stack_rows(SlidingOp *op, const Selection *sel, const uint32_t *groups, uint32_t count) {
  SlidingKit *kit = op->kit;
  char *states = need_row_states(op, count);
  Column *const *args = window_args(&kit->input);
  uint32_t stacked = 0;
  for (uint32_t a = 0; a < kit->layout.aggs_len; a++) {
    const AggCall *call = &kit->layout.aggs[a].call;
    if (kit->ways[a] == WAY_STACKS)
      call->fn->update(call, states + kit->stacked.offsets[stacked++], kit->stacked.stride, kit->numbers, args, sel,
                       kit->input.batch->rows);
    args += call->args_len;
  }
  for (uint32_t i = 0; i < count; i++)
    two_stacks_push(&group_of(op, groups[i])->stacks, &kit->stacked, states + i * kit->stacked.stride);
}

static void apply_entering(SlidingOp *op) {
  SlidingKit *kit = op->kit;
  const WindowInput *input = &kit->input;
  if (op->from == op->to) return;
  need_room(op, input->batch->rows);
  bool all = op->from == 0 && op->to == input->count;
  if (!all) window_slice(input, op->from, op->to, kit->slice);
  const Selection *sel = all ? input->sel : kit->slice;
  const uint32_t *groups = op->entering->groups + op->from;
  Column *const *args = window_args(input);
  for (uint32_t a = 0; a < kit->layout.aggs_len; a++) {
    const AggCall *call = &kit->layout.aggs[a].call;
    if (kit->ways[a] != WAY_AGAIN)
      call->fn->update(call, op->groups.records + kit->layout.offsets[a], op->groups.stride, groups, args, sel,
                       input->batch->rows);
    args += call->args_len;
  }
  if (kit->stacked.aggs_len) stack_rows(op, sel, groups, op->to - op->from);
  op->from = op->to;
}

static void apply(SlidingOp *op) {
  apply_leaving(op);
  apply_entering(op);
}

/* ---- rows that go out ------------------------------------------------------------------------- */

/* The state of an aggregate from all rows of its group. */
static void compute_again(SlidingOp *op, uint32_t a, uint32_t first_arg, uint32_t group, char *state) {
  SlidingKit *kit = op->kit;
  const AggCall *call = &kit->layout.aggs[a].call;
  for (uint32_t p = 0; p < op->rows.pieces.len; p++) {
    const SlidingPiece *piece = &op->rows.pieces.items[p];
    need_room(op, piece->rows);
    kit->slice->len = 0;
    for (uint32_t i = piece->at; i < piece->rows; i++)
      if (piece->groups[i] == group) kit->slice->rows[kit->slice->len++] = i;
    piece_args(op, piece);
    if (kit->slice->len)
      call->fn->update(call, state, kit->layout.stride, zeros(op), kit->args + first_arg, kit->slice, piece->rows);
  }
}

/* A state made for one answer; released after it. */
static char *scratch_state(SlidingOp *op, uint32_t a) {
  SlidingKit *kit = op->kit;
  const AggCall *call = &kit->layout.aggs[a].call;
  char *state = kit->again + kit->layout.offsets[a];
  memset(state, 0, call->fn->state_bytes);
  if (call->fn->init) call->fn->init(call, state);
  return state;
}

static const char *answer_of(SlidingOp *op, uint32_t a, uint32_t stacked, uint32_t first_arg, uint32_t group) {
  SlidingKit *kit = op->kit;
  const AggCall *call = &kit->layout.aggs[a].call;
  const char *own = live_group_states(&op->groups, group) + kit->layout.offsets[a];
  const char *front = two_stacks_front(&group_of(op, group)->stacks, &kit->stacked);
  if (kit->ways[a] == WAY_RETRACT || (kit->ways[a] == WAY_STACKS && !front)) return own;
  char *state = scratch_state(op, a);
  if (kit->ways[a] == WAY_AGAIN) {
    compute_again(op, a, first_arg, group, state);
  } else {
    call->fn->combine(call, state, front + kit->stacked.offsets[stacked]);
    call->fn->combine(call, state, own);
  }
  return state;
}

static void release_answer(SlidingOp *op, uint32_t a, const char *state) {
  SlidingKit *kit = op->kit;
  void (*release)(void *) = kit->layout.aggs[a].call.fn->release;
  char *scratch = kit->again + kit->layout.offsets[a];
  if (state == scratch && release) release(scratch);
}

static void send_group(SlidingOp *op, uint32_t group) {
  SlidingKit *kit = op->kit;
  uint32_t stacked = 0, arg = 0;
  for (uint32_t a = 0; a < kit->layout.aggs_len; a++) {
    kit->states[a] = answer_of(op, a, stacked, arg, group);
    stacked += kit->ways[a] == WAY_STACKS;
    arg += kit->layout.aggs[a].call.args_len;
  }
  Ticks time = group_of(op, group)->changed;
  if (!window_output_add(&kit->output, live_group_keys(&op->groups, group), kit->states, time))
    window_output_send(&kit->output, &op->rows.lineage);
  for (uint32_t a = 0; a < kit->layout.aggs_len; a++) release_answer(op, a, kit->states[a]);
}

static void remove_group(SlidingOp *op, uint32_t group) {
  two_stacks_release(&group_of(op, group)->stacks, &op->kit->stacked);
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
    SlidingGroup *g = group_of(op, group);
    key_spellings_leave(&g->spellings, &op->groups, group, --g->rows);
    op->leaving_at++;
  }
}

static void enter(SlidingOp *op, uint32_t position, Ticks time) {
  SlidingKit *kit = op->kit;
  uint32_t row = window_row(&kit->input, position);
  bool made;
  uint32_t group = live_groups_find(&op->groups, window_keys(&kit->input), row, kit->input.hashes[position], 0, &made);
  if (made) {
    *group_of(op, group) = (SlidingGroup){.changed = TICKS_MIN};
  } else if (waits_for_earlier(op, group, time)) {
    settle(op, time); /* an empty group is removed: look again */
    enter(op, position, time);
    return;
  }
  wait_for(op, group, time);
  SlidingGroup *g = group_of(op, group);
  key_spellings_enter(&g->spellings, &op->groups, group, g->rows++, window_keys(&kit->input), row);
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
  SlidingKit *kit = op->kit;
  WindowInput *input = &kit->input;
  need_room(op, input->batch->rows);
  window_slice(input, 0, input->count, kit->slice);
  for (uint32_t i = 0; i < op->rows.cols_len; i++)
    kit->kept[i] = column_gather(window_args(input)[kit->kept_args[i]], kit->slice->rows, input->count, true);
  op->entering = sliding_rows_add(&op->rows, input->count, kit->kept, &input->batch->lineage);
  for (uint32_t i = 0; i < input->count; i++) op->entering->times[i] = window_time(input, i);
}

static void sliding_push(Op *base, uint32_t port, const Batch *batch) {
  (void)port;
  SlidingOp *op = (SlidingOp *)base;
  window_input_begin(&op->kit->input, base, batch);
  window_input_check_order(&op->kit->input, base, &op->last);
  if (op->kit->input.count) {
    keep_rows(op);
    op->from = op->to = 0;
    for (uint32_t i = 0; i < op->kit->input.count; i++) {
      leave_until(op, op->entering->times[i]);
      enter(op, i, op->entering->times[i]);
    }
    apply(op);
    op->from = op->to = 0;
    window_output_send(&op->kit->output, &op->rows.lineage);
    drop_rows(op);
    sliding_rows_tidy(&op->rows);
    give_memory_back(op);
  }
  window_input_end(&op->kit->input);
}

static void sliding_advance(Op *base, uint32_t port, uint32_t channel, Ticks w) {
  (void)port;
  (void)channel;
  SlidingOp *op = (SlidingOp *)base;
  if (w > TICKS_MIN) {
    leave_until(op, w - 1);
    settle(op, w);
  }
  window_output_send(&op->kit->output, &op->rows.lineage);
  drop_rows(op);
  give_memory_back(op);
  if (w > base->watermark || w == TICKS_MIN) op_advance(base, base->channel, w);
}

/* ---- state ------------------------------------------------------------------------------------ */

static void save_group(const void *owner, const void *extra, ByteWriter *out) {
  const SlidingGroup *g = extra;
  put_u64(out, g->rows);
  put_i64(out, g->changed);
  two_stacks_save(&g->stacks, &((const SlidingOp *)owner)->kit->stacked, out);
  key_spellings_save(g->spellings, &((const SlidingOp *)owner)->kit->layout, out);
}

static void load_group(void *owner, void *extra, ByteReader *in) {
  SlidingGroup *g = extra;
  g->rows = get_u64(in);
  g->changed = get_i64(in);
  two_stacks_load(&g->stacks, &((SlidingOp *)owner)->kit->stacked, in);
  g->spellings = key_spellings_load(&((SlidingOp *)owner)->kit->layout, in);
  if (g->spellings && g->rows <= key_spellings_covered(g->spellings)) in->bad = true;
}

static Ticks sliding_due(const Op *base) {
  const SlidingOp *op = (const SlidingOp *)base;
  if (op->waiting.len) return group_of(op, op->waiting.items[0])->changed + 1;
  return op->groups.live ? sliding_rows_leaving(&op->rows, op->size) + 1 : TICKS_MAX;
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
  LIVE_GROUPS_EACH(&op->groups, group) {
    two_stacks_release(&group_of(op, group)->stacks, &op->kit->stacked);
    key_spellings_release(&group_of(op, group)->spellings, &op->kit->layout);
  }
  live_groups_release(&op->groups);
  sliding_rows_release(&op->rows);
  vec_release(&op->waiting);
  if (base->ctx->model == NULL || base->ctx->model == base) free_kit(op->kit);
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
  .due = sliding_due,
  .save = sliding_save,
  .load = sliding_load,
  .oldest = sliding_oldest,
  .close = sliding_close,
  .describe = sliding_describe,
};
