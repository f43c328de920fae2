/* analytic_aggregate.c: aggregates over the rows of the last duration, per key.
**
** A queue keeps the rows that count. An aggregate that can take rows back (exactly: sums are exact) has one state,
** rows are added to it at one end and taken back at the other. The others (MIN, MAX, TopOne, CollectTop) use two
** stacks: for the older rows, the front, one state for every row and all front rows behind it; for the newer
** ones, the back, a single state. The answer is the first front state combined with the back. When the front is
** used up, the back becomes the front: every row is moved once, so a row costs a few updates however many are seen.
**
**     rows    r3 r4 r5 | r6 r7        front: (r3 r4 r5) (r4 r5) (r5)      back: (r6 r7) */
#include <string.h>

#include "base/mem.h"
#include "ops/analytic.h"
#include "ops/analytic_rows.h"

typedef struct OverState {
  AnalyticRows rows;
  char    *front;       /* states; front_at is that of the oldest row */
  uint32_t front_at, front_len;
} OverState;            /* behind it: the state of all rows, or of the back */

_Static_assert(sizeof(OverState) % 16 == 0, "states are laid out in steps of 16 bytes");

static size_t state_bytes(const AggregateFn *fn) { return (fn->state_bytes + 15) & ~(size_t)15; }

static size_t over_bytes(const AnalyticCall *call) { return sizeof(OverState) + state_bytes(call->agg.fn); }

static char *back_of(const OverState *over) { return (char *)(over + 1); }

static void init_state(const AnalyticFrame *frame, void *state) {
  const AggCall *call = &frame->call->agg;
  memset(state, 0, state_bytes(call->fn));
  if (call->fn->init) call->fn->init(call, state);
}

static void release_state(const AnalyticFrame *frame, void *state) {
  if (frame->call->agg.fn->release) frame->call->agg.fn->release(state);
}

static void over_init(const AnalyticFrame *frame, void *state) { init_state(frame, back_of(state)); }

/* ---- one row into or out of a state ----------------------------------------------------------- */

enum { ARGS_MAX = 16 };

typedef struct RowColumns { /* remembered values as columns of one row, without a copy */
  Column  cols[ARGS_MAX];
  Column *args[ARGS_MAX];
  uint8_t bits[ARGS_MAX];
} RowColumns;

static void columns_of(RowColumns *out, const Value *values, uint32_t width) {
  for (uint32_t i = 0; i < width; i++) {
    Column *col = &out->cols[i];
    memset(col, 0, sizeof *col);
    col->layout = column_layout_of(values[i].type);
    col->constant = true;
    col->rows = 1;
    out->bits[i] = values[i].i != 0;
    col->data = (void *)(value_has_text(&values[i]) ? (const void *)&values[i].text : (const void *)&values[i].i);
    if (values[i].type == TYPE_BIT) col->data = &out->bits[i];
    out->args[i] = col;
  }
}

typedef void RowsInto(const AggCall *call, char *states, size_t stride, const uint32_t *groups, Column *const *args,
                      const Selection *sel, uint32_t rows);

static void apply_stored(const AnalyticFrame *frame, const OverState *over, uint32_t i, char *state, RowsInto *apply) {
  static const uint32_t group = 0;
  RowColumns columns;
  uint32_t width = frame->call->args_len;
  columns_of(&columns, analytic_rows_values(&over->rows, width, i), width);
  apply(&frame->call->agg, state, 0, &group, columns.args, NULL, 1);
}

/* ---- the queue -------------------------------------------------------------------------------- */

/* The back becomes the front: a state for every row, from the newest to the oldest. */
static void flip(const AnalyticFrame *frame, OverState *over) {
  const AggCall *call = &frame->call->agg;
  size_t bytes = state_bytes(call->fn);
  over->front_at = 0;
  over->front_len = over->rows.len;
  over->front = mem_alloc(mem_mul(over->front_len, bytes));
  for (uint32_t i = over->front_len; i-- > 0;) {
    char *state = over->front + i * bytes;
    init_state(frame, state);
    apply_stored(frame, over, i, state, call->fn->update);
    if (i + 1 < over->front_len) call->fn->combine(call, state, state + bytes);
  }
  release_state(frame, back_of(over));
  init_state(frame, back_of(over));
}

static void drop_front(const AnalyticFrame *frame, OverState *over) {
  release_state(frame, over->front + over->front_at++ * state_bytes(frame->call->agg.fn));
  if (over->front_at < over->front_len) return;
  mem_free(over->front);
  over->front = NULL;
  over->front_at = over->front_len = 0;
}

static void forget_oldest(const AnalyticFrame *frame, OverState *over) {
  const AggregateFn *fn = frame->call->agg.fn;
  if (fn->retract) {
    apply_stored(frame, over, 0, back_of(over), fn->retract);
  } else {
    if (over->front == NULL) flip(frame, over);
    drop_front(frame, over);
  }
  analytic_rows_pop(&over->rows, frame->call->args_len);
}

static void start_anew(const AnalyticFrame *frame, OverState *over) {
  uint32_t width = frame->call->args_len;
  while (over->front) drop_front(frame, over);
  release_state(frame, back_of(over));
  init_state(frame, back_of(over));
  analytic_rows_release(&over->rows, width);
}

static void forget(const AnalyticFrame *frame, OverState *over, Ticks until) {
  uint32_t len = over->rows.len;
  if (len == 0 || analytic_rows_time(&over->rows, 0) > until) return;
  if (analytic_rows_time(&over->rows, len - 1) <= until) {
    start_anew(frame, over); /* nothing is left: that is cheap, and gives memory back */
    return;
  }
  while (analytic_rows_time(&over->rows, 0) <= until) forget_oldest(frame, over);
}

static void remember(const AnalyticFrame *frame, OverState *over, const AnalyticRow *row) {
  static const uint32_t group = 0;
  const AggCall *call = &frame->call->agg;
  frame->one->rows[0] = row->row;
  frame->one->len = 1;
  analytic_rows_push(&over->rows, frame->call->args_len, row->time, frame->args, row->row);
  call->fn->update(call, back_of(over), 0, &group, frame->args, frame->one, row->row + 1);
}

/* ---- the answer ------------------------------------------------------------------------------- */

static bool put_answer(const AnalyticFrame *frame, const void *state, uint32_t row, ColumnBuilder *out) {
  const AggCall *call = &frame->call->agg;
  Value value = value_null();
  bool ok = call->fn->finish(call, state, frame->scratch, &value);
  if (ok && value.type != TYPE_NULL) column_builder_put(out, row, &value);
  arena_reset(&frame->scratch->arena);
  return ok;
}

static bool put_combined(const AnalyticFrame *frame, const OverState *over, uint32_t row, ColumnBuilder *out) {
  const AggCall *call = &frame->call->agg;
  init_state(frame, frame->spare);
  call->fn->combine(call, frame->spare, over->front + over->front_at * state_bytes(call->fn));
  call->fn->combine(call, frame->spare, back_of(over));
  bool ok = put_answer(frame, frame->spare, row, out);
  release_state(frame, frame->spare);
  return ok;
}

static bool over_row(const AnalyticFrame *frame, void *state, const AnalyticRow *row, ColumnBuilder *out) {
  OverState *over = state;
  forget(frame, over, row->time - frame->call->duration);
  if (row->counts) remember(frame, over, row);
  return over->front ? put_combined(frame, over, row->row, out) : put_answer(frame, back_of(over), row->row, out);
}

/* ---- state ------------------------------------------------------------------------------------ */

static void over_release(const AnalyticFrame *frame, void *state) {
  OverState *over = state;
  while (over->front) drop_front(frame, over);
  release_state(frame, back_of(over));
  analytic_rows_release(&over->rows, frame->call->args_len);
}

static void over_save(const AnalyticFrame *frame, const void *state, ByteWriter *out) {
  analytic_rows_save(&((const OverState *)state)->rows, frame->call->args_len, out);
}

/* The rows say everything: what was computed from them is computed again. */
static void over_load(const AnalyticFrame *frame, void *state, ByteReader *in) {
  OverState *over = state;
  analytic_rows_load(&over->rows, frame->call->args_len, in);
  for (uint32_t i = 0; i < over->rows.len && !in->bad; i++)
    apply_stored(frame, over, i, back_of(over), frame->call->agg.fn->update);
}

const AnalyticClass analytic_aggregate = {
  .kind = ANALYTIC_AGGREGATE, .bytes = over_bytes, .init = over_init, .row = over_row,
  .release = over_release, .save = over_save, .load = over_load,
};
