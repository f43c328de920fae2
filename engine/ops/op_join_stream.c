/* op_join_stream.c: a stream (port 0) joined with a stream (port 1) within a bound on time, INNER or LEFT.
**
**   in    batches of any channels on both ports, in any order within what their watermarks allow
**   out   one channel, in order of time: pairs stamped with the later of the two, and the rows of a LEFT JOIN that
**         found no partner, stamped with the upper end of the bound
**   state the rows of both sides that may still find partners (join_side.h), results that wait for their turn
**
** A row that comes meets the rows of the other side that are there already, then it is kept for those to come; so
** every pair is found once, when the later one of the two arrives. The bounds of ON give each left row the interval
** of time its partners stand in, exactly: DATEDIFF counts boundaries, so with
**     DATEDIFF(second, l, r) BETWEEN 0 AND 2
** l = 10.7 meets r of [10, 13). Hence
**   - a left row is done when the watermark of the right side reaches the end of its interval; if it has no partner
**     by then, it goes out alone, stamped 12.7;
**   - a right row is done when the interval of no left row to come reaches back to it. In a chain of joins a left row
**     may be behind the events it is made of: JoinBound.lag says by how much at most.
** Results leave up to the output's watermark, which is the least of both inputs' and of the stamps of left rows that
** are not decided. A left row that cannot have partners (a NULL key, an empty interval) is decided at once.
**
** The condition of ON without its bounds, equalities included, is asked for all candidates at once. */
#include "base/mem.h"
#include "ops/join_key.h"
#include "ops/join_side.h"
#include "ops/op.h"
#include "time/reorder.h"
#include "time/watermark.h"

enum {
  LEFT, RIGHT,
  JOIN_VERSION = 1,
  SEGMENTS = 2, /* to what the bound reaches over: more are probed one by one, fewer are dropped later */
};

typedef struct JoinInput {
  ClockSet    clocks;
  JoinSide    side;
  ProgramRun *keys;
  uint32_t    base;      /* slot of its first column in the result */
} JoinInput;

typedef struct StreamJoin {
  Op          op;
  JoinInput   inputs[2];
  Column    **keys;      /* of the batch at hand */
  bool       *instants;  /* per key: text may meet a datetime */
  ProgramRun *residual;  /* NULL: candidates are matches */
  bool       *asked;     /* columns of the result that it reads */
  RowFailures failures;
  Ticks       back;      /* a row without partner may be stamped so much before itself */
  bool        clamped;   /* a row without partner is not stamped before itself */
  Reorder     results;
  JoinPairs   pairs;
  /* by row of the batch at hand */
  uint64_t   *hashes;
  Ticks      *from, *to, *stamps;
  bool       *usable, *settled;
  uint32_t   *list;
  uint32_t    room;
} StreamJoin;

typedef struct Hand { const Batch *batch; unsigned port; } Hand; /* rows that came in */

/* ---- opening ---------------------------------------------------------------------------------- */

static bool note_asked(const Expr *expr, void *context) {
  if (expr->kind == EXPR_COLUMN) ((bool *)context)[expr->column->slot] = true;
  return true;
}

static void open_residual(StreamJoin *join) {
  const PlanNode *node = join->op.plan;
  if (node->join.residual == NULL) return;
  join->residual = program_run_new(program_new(join->op.ctx->arena, node->join.residual, NULL, 0));
  expr_walk(node->join.residual, note_asked, join->asked);
}

static void open_keys(StreamJoin *join) {
  const PlanNode *node = join->op.plan;
  Arena *arena = join->op.ctx->arena;
  uint32_t len = node->join.keys_len;
  join->keys = ARENA_ARRAY(arena, Column *, len + 1);
  join->instants = ARENA_ARRAY(arena, bool, len + 1);
  for (uint32_t k = 0; k < len; k++) {
    TypeMask left = node->join.left_keys[k]->types, right = node->join.right_keys[k]->types;
    join->instants[k] = ((left & MASK(TYPE_DATETIME)) && (right & MASK(TYPE_TEXT))) ||
                        ((left & MASK(TYPE_TEXT)) && (right & MASK(TYPE_DATETIME)));
  }
  join->inputs[LEFT].keys = program_run_new(program_new(arena, NULL, node->join.left_keys, len));
  join->inputs[RIGHT].keys = program_run_new(program_new(arena, NULL, node->join.right_keys, len));
}

/* How rows without partner are stamped: see JoinBound, and docs/internals/joins.md for negative upper ends. */
static void open_stamps(StreamJoin *join) {
  const PlanNode *node = join->op.plan;
  for (uint32_t i = 0; i < node->join.bounds_len; i++)
    join->clamped |= node->join.bounds[i].has_high && node->join.bounds[i].lag > 0;
  for (uint32_t i = 0; i < node->join.bounds_len && node->join.left_outer && !join->clamped; i++) {
    const JoinBound *bound = &node->join.bounds[i];
    if (bound->has_high && -bound->high * bound->unit > join->back) join->back = -bound->high * bound->unit;
  }
}

/* Programs and what follows from the plan; rows, clocks and results begin empty. */
static void share_with(StreamJoin *join, const StreamJoin *model) {
  join->keys = model->keys;
  join->instants = model->instants;
  join->residual = model->residual;
  join->asked = model->asked;
  join->back = model->back;
  join->clamped = model->clamped;
  for (unsigned port = LEFT; port <= RIGHT; port++) {
    const JoinSide *side = &model->inputs[port].side;
    join->inputs[port].keys = model->inputs[port].keys;
    join->inputs[port].base = model->inputs[port].base;
    join->inputs[port].side = (JoinSide){.kept = side->kept, .cols_len = side->cols_len, .keyed = side->keyed,
                                         .points = side->points, .outer = side->outer, .width = side->width};
  }
}

static Status join_open(Op *op, Error *err) {
  (void)err;
  StreamJoin *join = (StreamJoin *)op;
  const PlanNode *node = op->plan;
  if (op->ctx->model) {
    share_with(join, (const StreamJoin *)op->ctx->model);
    return STATUS_OK;
  }
  bool *kept = ARENA_ARRAY(op->ctx->arena, bool, node->cols_len + 1);
  join->asked = ARENA_ARRAY(op->ctx->arena, bool, node->cols_len + 1);
  open_keys(join);
  open_residual(join);
  open_stamps(join);
  for (uint32_t c = 0; c < node->cols_len; c++) kept[c] = node->join.needed[c] || join->asked[c];
  join->inputs[RIGHT].base = node->inputs[LEFT]->cols_len;
  for (unsigned port = LEFT; port <= RIGHT; port++) {
    JoinInput *in = &join->inputs[port];
    in->side = (JoinSide){.kept = kept + in->base, .cols_len = node->inputs[port]->cols_len,
                          .keyed = node->join.keys_len > 0, .points = port == RIGHT,
                          .outer = port == LEFT && node->join.left_outer, .width = node->join.reach / SEGMENTS + 1};
  }
  return STATUS_OK;
}

/* ---- results ---------------------------------------------------------------------------------- */

static void release_results(StreamJoin *join) {
  Op *op = &join->op;
  ReorderBound bound = {op->watermark, UINT32_MAX};
  for (Batch *out; (out = reorder_take(&join->results, bound, op->ctx->batch_rows)); batch_unref(out)) {
    out->channel = op->channel;
    op_emit(op, out);
  }
}

/* Takes the batch. */
static void add_result(StreamJoin *join, Batch *batch) {
  batch->channel = join->op.channel;
  if (batch_count(batch)) {
    reorder_add(&join->results, join->op.channel, batch);
    reorder_keep(&join->results);
  }
  batch_unref(batch);
}

static bool is_of(const StreamJoin *join, uint32_t col, unsigned port) {
  return (col >= join->inputs[RIGHT].base) == (port == RIGHT);
}

static bool is_kept(const StreamJoin *join, uint32_t col) {
  return col < join->inputs[RIGHT].base ? join->inputs[LEFT].side.kept[col]
                                        : join->inputs[RIGHT].side.kept[col - join->inputs[RIGHT].base];
}

/* Columns nobody reads, and those of the missing side, are NULL. */
static void fill_with_null(StreamJoin *join, Batch *out) {
  Column *null = column_new(COL_NULL, out->rows);
  for (uint32_t c = 0; c < out->cols_len; c++)
    if (out->cols[c] == NULL) out->cols[c] = column_ref(null);
  column_unref(null);
}

/* ---- pairs ------------------------------------------------------------------------------------ */

static Column *pair_column(const StreamJoin *join, const Hand *hand, uint32_t col) {
  bool at_hand = is_of(join, col, hand->port);
  uint32_t at = col >= join->inputs[RIGHT].base ? col - join->inputs[RIGHT].base : col;
  if (!at_hand) return join_pairs_column(&join->pairs, at);
  return column_gather(hand->batch->cols[at], join->pairs.mine, join->pairs.len, false);
}

static Ticks row_time(const Batch *batch, uint32_t row) {
  return column_i64(batch->time)[column_slot(batch->time, row)];
}

static Column *pair_times(const StreamJoin *join, const Hand *hand) {
  Column *times = join_pairs_time(&join->pairs);
  for (uint32_t i = 0; i < join->pairs.len; i++) {
    Ticks t = row_time(hand->batch, join->pairs.mine[i]);
    if (t > column_i64(times)[i]) column_i64(times)[i] = t;
  }
  return times;
}

/* Times and the columns the residual reads. */
static Batch *begin_pairs(StreamJoin *join, const Hand *hand) {
  Batch *out = batch_new(join->pairs.len, join->op.plan->cols_len);
  out->time = pair_times(join, hand);
  for (uint32_t c = 0; c < out->cols_len; c++)
    if (join->asked[c]) out->cols[c] = pair_column(join, hand, c);
  return out;
}

static void finish_pairs(StreamJoin *join, const Hand *hand, Batch *out) {
  for (uint32_t c = 0; c < out->cols_len; c++)
    if (out->cols[c] == NULL && is_kept(join, c)) out->cols[c] = pair_column(join, hand, c);
  fill_with_null(join, out);
  lineage_merge(&out->lineage, &hand->batch->lineage);
  for (uint32_t p = 0; p < join->pairs.places.len; p++)
    lineage_merge(&out->lineage, &join->pairs.places.items[p].segment->lineage);
}

static void settle(StreamJoin *join, const Hand *hand, uint32_t pair) {
  if (hand->port == LEFT) {
    join->settled[join->pairs.mine[pair]] = true;
    return;
  }
  const JoinPlace *place = &join->pairs.places.items[join->pairs.place[pair]];
  JoinSegment *segment = place->segment;
  uint32_t row = segment->pieces.items[place->piece].first + join->pairs.row[pair];
  segment->changed |= !segment->settled[row];
  segment->settled[row] = 1;
}

/* Left rows with a match have a partner; one whose condition could not be computed is in the quarantine. */
static void settle_pairs(StreamJoin *join, const Hand *hand, const Selection *matches) {
  if (!join->op.plan->join.left_outer) return;
  SELECTION_EACH(matches, join->pairs.len, i) settle(join, hand, i);
  if (join->residual == NULL) return;
  for (uint32_t i = 0; i < join->failures.items.len; i++) settle(join, hand, join->failures.items.items[i].row);
}

static Selection *ask_residual(StreamJoin *join, const Hand *hand, Batch *pairs) {
  Selection *matches;
  row_failures_reset(&join->failures, pairs->rows);
  program_run(join->residual, pairs, NULL, &matches, &join->failures);
  if (join->failures.items.len) {
    finish_pairs(join, hand, pairs);
    op_fail_rows(&join->op, pairs, &join->failures);
  }
  return matches;
}

/* Where most candidates are no matches, the other columns are gathered for the matches alone. */
static void emit_pairs(StreamJoin *join, const Hand *hand) {
  join_pairs_sort(&join->pairs);
  Batch *out = begin_pairs(join, hand);
  Selection *matches = join->residual ? ask_residual(join, hand, out) : NULL;
  settle_pairs(join, hand, matches);
  if (matches && matches->len < out->rows / 2) {
    batch_unref(out);
    join_pairs_keep(&join->pairs, matches);
    selection_unref(matches);
    matches = NULL;
    out = begin_pairs(join, hand);
  }
  finish_pairs(join, hand, out);
  out->sel = matches;
  add_result(join, out);
}

static void meet_other_side(StreamJoin *join, const Hand *hand, const JoinRows *rows) {
  JoinProbe probe = {.side = &join->inputs[!hand->port].side, .rows = *rows};
  for (bool more = rows->count > 0; more;) {
    join_pairs_clear(&join->pairs);
    more = join_probe_next(&probe, &join->pairs);
    if (join->pairs.len) emit_pairs(join, hand);
  }
}

/* ---- rows without partner --------------------------------------------------------------------- */

/* Left rows of the batch at hand that can have no partner any more. */
static void emit_alone(StreamJoin *join, const Batch *batch, const uint32_t *rows, uint32_t count) {
  if (count == 0) return;
  Batch *out = batch_new(count, join->op.plan->cols_len);
  out->time = column_new(COL_DATETIME, count);
  for (uint32_t i = 0; i < count; i++) column_i64(out->time)[i] = join->stamps[rows[i]];
  for (uint32_t c = 0; c < join->inputs[RIGHT].base; c++)
    if (is_kept(join, c)) out->cols[c] = column_gather(batch->cols[c], rows, count, false);
  fill_with_null(join, out);
  lineage_merge(&out->lineage, &batch->lineage);
  add_result(join, out);
}

static Column *kept_stamps(const JoinPairs *pairs) {
  Column *out = column_new(COL_DATETIME, pairs->len);
  for (uint32_t i = 0; i < pairs->len; i++) {
    const JoinPlace *place = &pairs->places.items[pairs->place[i]];
    column_i64(out)[i] = place->segment->stamps[place->segment->pieces.items[place->piece].first + pairs->row[i]];
  }
  return out;
}

static void emit_kept_alone(StreamJoin *join) {
  join_pairs_sort(&join->pairs);
  Batch *out = batch_new(join->pairs.len, join->op.plan->cols_len);
  out->time = kept_stamps(&join->pairs);
  for (uint32_t c = 0; c < join->inputs[RIGHT].base; c++)
    if (is_kept(join, c)) out->cols[c] = join_pairs_column(&join->pairs, c);
  fill_with_null(join, out);
  for (uint32_t p = 0; p < join->pairs.places.len; p++)
    lineage_merge(&out->lineage, &join->pairs.places.items[p].segment->lineage);
  add_result(join, out);
}

/* Left rows whose interval the right side's watermark has reached. */
static void decide(StreamJoin *join, Ticks w) {
  JoinSide *side = &join->inputs[LEFT].side;
  for (bool more = side->outer; more;) {
    JoinSegment *segment;
    uint32_t row;
    join_pairs_clear(&join->pairs);
    while ((more = join->pairs.len < JOIN_PAIRS && join_side_next_alone(side, w, &segment, &row)))
      join_pairs_add(&join->pairs, 0, segment, row);
    more = join->pairs.len == JOIN_PAIRS;
    if (join->pairs.len) emit_kept_alone(join);
  }
}

/* ---- rows in ---------------------------------------------------------------------------------- */

#define GROW(array, room) ((array) = mem_realloc((array), mem_mul((room), sizeof *(array))))

static void need_room(StreamJoin *join, uint32_t rows) {
  if (rows <= join->room) return;
  join->room = rows;
  GROW(join->hashes, rows);
  GROW(join->from, rows);
  GROW(join->to, rows);
  GROW(join->stamps, rows);
  GROW(join->usable, rows);
  GROW(join->settled, rows);
  GROW(join->list, rows);
}

static Ticks watermark_of(const StreamJoin *join, unsigned port) {
  const ClockSet *clocks = &join->inputs[port].clocks;
  return clocks->clocks.len ? clocks->min : TICKS_MIN;
}

/* Keys and their hashes; rows whose keys cannot be computed are left out of the result, which the caller owns. */
static Selection *hash_batch(StreamJoin *join, const Hand *hand) {
  uint32_t len = join->op.plan->join.keys_len, rows = hand->batch->rows;
  Selection *sel;
  need_room(join, rows);
  row_failures_reset(&join->failures, rows);
  program_run(join->inputs[hand->port].keys, hand->batch, join->keys, &sel, &join->failures);
  op_fail_rows(&join->op, hand->batch, &join->failures);
  SELECTION_EACH(sel, rows, i) join->usable[i] = true;
  join_key_hash(join->keys, join->instants, len, sel, rows, join->hashes, join->usable);
  for (uint32_t k = 0; k < len; k++) column_unref(join->keys[k]);
  return sel;
}

static Ticks floor_units(Ticks t, Ticks unit) { return t >= 0 ? t / unit : -((-t + unit - 1) / unit); }

/* The interval of a left row's partners, and its stamp without one. */
static void measure(StreamJoin *join, const Batch *batch, uint32_t row) {
  const PlanNode *node = join->op.plan;
  Ticks from = TICKS_MIN, to = TICKS_MAX, stamp = TICKS_MAX;
  for (uint32_t i = 0; i < node->join.bounds_len; i++) {
    const JoinBound *bound = &node->join.bounds[i];
    const Column *col = batch->cols[bound->left->expr.slot];
    if (column_is_null(col, row)) { /* of a LEFT JOIN further left: DATEDIFF is NULL */
      join->usable[row] = false;
      stamp = row_time(batch, row);
      break;
    }
    Ticks t = column_i64(col)[column_slot(col, row)], cell = floor_units(t - bound->origin, bound->unit);
    Ticks first = bound->origin + (cell + bound->low) * bound->unit;
    Ticks end = bound->origin + (cell + bound->high + 1) * bound->unit;
    if (bound->has_low && first > from) from = first;
    if (bound->has_high && end < to) to = end;
    if (bound->has_high && t + bound->high * bound->unit < stamp) stamp = t + bound->high * bound->unit;
  }
  if (join->clamped && stamp < row_time(batch, row)) stamp = row_time(batch, row);
  if (from >= to) join->usable[row] = false;
  join->from[row] = from;
  join->to[row] = to;
  join->stamps[row] = stamp;
}

static JoinRows rows_at_hand(const StreamJoin *join, const Batch *batch, uint32_t count) {
  return (JoinRows){.batch = batch, .rows = join->list, .count = count, .from = join->from, .to = join->to,
                    .hashes = join->hashes, .stamps = join->stamps, .settled = join->settled};
}

static uint32_t list_usable(StreamJoin *join, const Selection *sel, uint32_t rows) {
  uint32_t count = 0;
  SELECTION_EACH(sel, rows, i) {
    if (join->usable[i]) join->list[count++] = i;
  }
  return count;
}

/* Those for whom partners may come are kept; the others have all they get. */
static void keep_left(StreamJoin *join, const Batch *batch, const Selection *sel) {
  Ticks w = watermark_of(join, RIGHT);
  uint32_t count = 0;
  SELECTION_EACH(sel, batch->rows, i) {
    if (join->usable[i] && join->to[i] > w) join->list[count++] = i;
  }
  JoinRows rows = rows_at_hand(join, batch, count);
  join_side_add(&join->inputs[LEFT].side, &rows);
  if (!join->op.plan->join.left_outer) return;
  count = 0;
  SELECTION_EACH(sel, batch->rows, i) {
    bool done = !join->usable[i] || join->to[i] <= w;
    if (done && !join->settled[i]) join->list[count++] = i;
  }
  emit_alone(join, batch, join->list, count);
}

static void push_left(StreamJoin *join, const Batch *batch) {
  Hand hand = {batch, LEFT};
  Selection *sel = hash_batch(join, &hand);
  SELECTION_EACH(sel, batch->rows, i) {
    join->settled[i] = false;
    measure(join, batch, i);
  }
  JoinRows rows = rows_at_hand(join, batch, list_usable(join, sel, batch->rows));
  meet_other_side(join, &hand, &rows);
  keep_left(join, batch, sel);
  selection_unref(sel);
}

/* No left row that comes when its watermark is w meets a right row before this. */
static Ticks needed_from(const StreamJoin *join, Ticks w) {
  if (w == TICKS_MIN || w == TICKS_MAX) return w;
  const PlanNode *node = join->op.plan;
  Ticks from = TICKS_MIN;
  for (uint32_t i = 0; i < node->join.bounds_len; i++) {
    const JoinBound *bound = &node->join.bounds[i];
    Ticks cell = floor_units(w - bound->lag - bound->origin, bound->unit);
    Ticks first = bound->origin + (cell + bound->low) * bound->unit;
    if (bound->has_low && first > from) from = first;
  }
  return from;
}

static void push_right(StreamJoin *join, const Batch *batch) {
  Hand hand = {batch, RIGHT};
  Selection *sel = hash_batch(join, &hand);
  SELECTION_EACH(sel, batch->rows, i) {
    join->from[i] = row_time(batch, i);
    join->to[i] = join->from[i] + 1;
  }
  uint32_t usable = list_usable(join, sel, batch->rows), count = 0;
  JoinRows rows = rows_at_hand(join, batch, usable);
  meet_other_side(join, &hand, &rows);
  Ticks from = needed_from(join, watermark_of(join, LEFT));
  for (uint32_t k = 0; k < usable; k++)
    if (join->from[join->list[k]] >= from) join->list[count++] = join->list[k];
  rows.count = count;
  join_side_add(&join->inputs[RIGHT].side, &rows);
  selection_unref(sel);
}

static void join_push(Op *op, uint32_t port, const Batch *batch) {
  if (port == LEFT) push_left((StreamJoin *)op, batch);
  else push_right((StreamJoin *)op, batch);
}

/* ---- time ------------------------------------------------------------------------------------- */

static Ticks output_watermark(StreamJoin *join) {
  Ticks left = watermark_of(join, LEFT), right = watermark_of(join, RIGHT);
  if (left != TICKS_MIN && left != TICKS_MAX) left -= join->back;
  Ticks w = left < right ? left : right;
  Ticks undecided = join->inputs[LEFT].side.outer ? join_side_least_stamp(&join->inputs[LEFT].side) : TICKS_MAX;
  return undecided < w ? undecided : w;
}

static void join_advance(Op *op, uint32_t port, uint32_t channel, Ticks w) {
  StreamJoin *join = (StreamJoin *)op;
  bool first = join->inputs[LEFT].clocks.clocks.len == 0 && join->inputs[RIGHT].clocks.clocks.len == 0;
  clock_set_advance(&join->inputs[port].clocks, channel, w);
  decide(join, watermark_of(join, RIGHT));
  join_side_evict(&join->inputs[LEFT].side, watermark_of(join, RIGHT));
  join_side_evict(&join->inputs[RIGHT].side, needed_from(join, watermark_of(join, LEFT)));
  Ticks out = output_watermark(join);
  bool moved = out > op->watermark;
  if (moved) op->watermark = out;
  release_results(join);
  if (moved || first) op_advance(op, op->channel, op->watermark);
}

/* ---- state ------------------------------------------------------------------------------------ */

static Ticks join_due(const Op *op) {
  const StreamJoin *join = (const StreamJoin *)op;
  bool empty = join_side_rows(&join->inputs[LEFT].side) == 0 && join_side_rows(&join->inputs[RIGHT].side) == 0 &&
               reorder_is_empty(&join->results);
  return empty ? TICKS_MAX : TICKS_MIN;
}

static Status join_save(Op *op, StateWriter *out, Error *err) {
  StreamJoin *join = (StreamJoin *)op;
  ByteWriter *bytes = state_begin(out, "join", 0, JOIN_VERSION);
  put_i64(bytes, op->watermark);
  clock_set_save(&join->inputs[LEFT].clocks, bytes);
  clock_set_save(&join->inputs[RIGHT].clocks, bytes);
  reorder_save(&join->results, bytes);
  TRY(state_end(out, err));
  TRY(join_side_save(&join->inputs[LEFT].side, "left", out, err));
  return join_side_save(&join->inputs[RIGHT].side, "right", out, err);
}

static Status join_load(Op *op, StateReader *in, Error *err) {
  StreamJoin *join = (StreamJoin *)op;
  ByteReader bytes;
  TRY(state_find(in, "join", 0, JOIN_VERSION, &bytes, err));
  op->watermark = get_i64(&bytes);
  clock_set_load(&join->inputs[LEFT].clocks, &bytes);
  clock_set_load(&join->inputs[RIGHT].clocks, &bytes);
  reorder_load(&join->results, &bytes);
  TRY(state_done(in, &bytes, err));
  TRY(join_side_load(&join->inputs[LEFT].side, "left", in, err));
  return join_side_load(&join->inputs[RIGHT].side, "right", in, err);
}

static void join_oldest(const Op *op, Lineage *into) {
  const StreamJoin *join = (const StreamJoin *)op;
  join_side_oldest(&join->inputs[LEFT].side, into);
  join_side_oldest(&join->inputs[RIGHT].side, into);
  reorder_oldest(&join->results, into);
}

static void join_close(Op *op) {
  StreamJoin *join = (StreamJoin *)op;
  bool own = op->ctx->model == NULL || op->ctx->model == op;
  for (unsigned port = LEFT; port <= RIGHT; port++) {
    clock_set_release(&join->inputs[port].clocks);
    join_side_release(&join->inputs[port].side);
    if (own) program_run_free(join->inputs[port].keys);
  }
  if (own) program_run_free(join->residual);
  row_failures_release(&join->failures);
  reorder_release(&join->results);
  join_pairs_release(&join->pairs);
  mem_free(join->hashes);
  mem_free(join->from);
  mem_free(join->to);
  mem_free(join->stamps);
  mem_free(join->usable);
  mem_free(join->settled);
  mem_free(join->list);
}

static void join_describe(const PlanNode *node, StrBuf *out) {
  strbuf_puts(out, "the rows of both sides within the bound, by time");
  if (node->join.keys_len) strbuf_puts(out, " and key");
  if (node->join.left_outer) strbuf_puts(out, "; left rows without a match until none can come");
}

const OpClass op_join_stream = {
  .kind = PLAN_JOIN_STREAM,
  .name = "stream join",
  .bytes = sizeof(StreamJoin),
  .open = join_open,
  .push = join_push,
  .advance = join_advance,
  .due = join_due,
  .save = join_save,
  .load = join_load,
  .oldest = join_oldest,
  .close = join_close,
  .describe = join_describe,
};
