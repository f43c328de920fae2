/* op_analytic.c: LAG, LAST, ISFIRST and aggregates with OVER: every row goes on with a column more for each call.
**
**   in    one channel, in the order of time (the planner puts a merge in front where there may be several)
**   out   the same rows with the columns of the input, then one a call; nothing is held back
**   state per key what the calls may still look at, see analytic_keys.h; lineage of the rows of the last duration
**
** Keys, arguments, WHEN and defaults of all calls are one program a batch. Calls with the same PARTITION BY and
** duration share their keys, which are hashed once a batch. A row that fails in one of them is left out as a whole:
** it is in no result and no later row sees it. A result that cannot be given (a sum beyond 64 bits) costs only the
** row it belongs to. */
#include <string.h>

#include "base/mem.h"
#include "ops/analytic_keys.h"
#include "ops/op.h"

enum { ROWS_VERSION = 1, PAST_PIECES = 16 };

/* From which source events the rows of a stretch of time derive. */
typedef struct PastPiece {
  Ticks   begin, end;
  Lineage lineage;
} PastPiece;

typedef struct AnalyticOp {
  Op op;
  Program       *program;   /* keys, arguments, WHEN and defaults */
  ProgramRun    *run;
  Vec(Expr *)    exprs;     /* of the program */
  Column       **values;    /* of the batch at hand */
  RowFailures    failures;
  AnalyticKeys  *keys;
  uint32_t       keys_len;
  AnalyticFrame *frames;    /* all of them; those that share keys side by side */
  ColumnBuilder *results;   /* one a call */
  FnScratch      scratch;
  Selection     *one;
  uint64_t      *hashes;
  uint32_t       hashes_cap;
  Ticks          longest;   /* duration */
  Vec(PastPiece) past;
} AnalyticOp;

/* ---- open ------------------------------------------------------------------------------------- */

static const AnalyticClass *class_of(AnalyticKind kind) {
  switch (kind) {
    case ANALYTIC_LAG: return &analytic_lag;
    case ANALYTIC_LAST: return &analytic_last;
    case ANALYTIC_ISFIRST: return &analytic_isfirst;
    case ANALYTIC_SPIKE_AND_DIP: return &analytic_spike_and_dip;
    case ANALYTIC_CHANGE_POINT: return &analytic_change_point;
    case ANALYTIC_AGGREGATE: return &analytic_aggregate;
  }
  BUG("no operator for analytic function %d", (int)kind);
}

static bool shares_keys(const AnalyticCall *a, const AnalyticCall *b) {
  if (a->duration != b->duration || a->keys_len != b->keys_len) return false;
  for (uint32_t i = 0; i < a->keys_len; i++)
    if (!expr_equal(a->keys[i], b->keys[i])) return false;
  return true;
}

static void open_frame(AnalyticOp *analytic, AnalyticFrame *frame, uint32_t place) {
  const AnalyticCall *call = analytic->op.plan->analytic.calls[place];
  *frame = (AnalyticFrame){.call = call, .cls = class_of(call->kind), .place = place, .value = analytic->exprs.len,
                           .one = analytic->one, .scratch = &analytic->scratch};
  for (uint32_t i = 0; i < call->args_len; i++) vec_push(&analytic->exprs, call->args[i]);
  if (call->when) vec_push(&analytic->exprs, call->when);
  if (call->otherwise) vec_push(&analytic->exprs, call->otherwise);
  frame->intervals = (WindowSpec){.kind = WINDOW_TUMBLING, .size = call->duration, .hop = call->duration};
  if (call->kind == ANALYTIC_AGGREGATE)
    frame->spare = arena_alloc(analytic->op.ctx->arena, call->agg.fn->state_bytes + 16);
  if (call->duration > analytic->longest) analytic->longest = call->duration;
}

/* The keys of the first call in [first, len) that has none yet, with all calls that share them. */
static void open_keys(AnalyticOp *analytic, AnalyticKeys *keys, uint32_t first, bool *done, AnalyticFrame *frames) {
  const PlanNode *node = analytic->op.plan;
  const AnalyticCall *call = node->analytic.calls[first];
  *keys = (AnalyticKeys){.duration = call->duration, .exprs = call->keys, .exprs_len = call->keys_len,
                         .value = analytic->exprs.len, .frames = frames};
  for (uint32_t k = 0; k < call->keys_len; k++) vec_push(&analytic->exprs, call->keys[k]);
  for (uint32_t i = first; i < node->analytic.calls_len; i++) {
    if (done[i] || !shares_keys(call, node->analytic.calls[i])) continue;
    open_frame(analytic, &frames[keys->frames_len++], i);
    done[i] = true;
  }
  analytic_keys_init(keys);
}

static bool is_member(const Op *op) { return op->ctx->model && op->ctx->model != op; }

/* All but what is remembered, which begins empty. */
static void share_with(AnalyticOp *analytic, const AnalyticOp *model) {
  Op own = analytic->op;
  *analytic = *model;
  analytic->op = own;
  analytic->failures = (RowFailures){0};
  analytic->hashes = NULL;
  analytic->hashes_cap = 0;
  memset(&analytic->past, 0, sizeof analytic->past);
  analytic->keys = mem_alloc(mem_mul(model->keys_len, sizeof *analytic->keys));
  for (uint32_t i = 0; i < model->keys_len; i++) {
    analytic->keys[i] = model->keys[i];
    analytic_keys_share(&analytic->keys[i]);
  }
}

static Status analytic_open(Op *op, Error *err) {
  (void)err;
  AnalyticOp *analytic = (AnalyticOp *)op;
  if (op->ctx->model) {
    share_with(analytic, (const AnalyticOp *)op->ctx->model);
    return STATUS_OK;
  }
  Arena *arena = op->ctx->arena;
  uint32_t calls = op->plan->analytic.calls_len, opened = 0;
  bool *done = ARENA_ARRAY(arena, bool, calls);
  analytic->frames = ARENA_ARRAY(arena, AnalyticFrame, calls);
  analytic->keys = ARENA_ARRAY(arena, AnalyticKeys, calls);
  analytic->results = ARENA_ARRAY(arena, ColumnBuilder, calls);
  analytic->one = selection_new(1);
  for (uint32_t i = 0; i < calls; i++) {
    if (done[i]) continue;
    AnalyticKeys *keys = &analytic->keys[analytic->keys_len++];
    open_keys(analytic, keys, i, done, analytic->frames + opened);
    opened += keys->frames_len;
  }
  analytic->program = program_new(arena, NULL, analytic->exprs.items, analytic->exprs.len);
  analytic->run = program_run_new(analytic->program);
  analytic->values = ARENA_ARRAY(arena, Column *, analytic->exprs.len + 1);
  return STATUS_OK;
}

/* ---- rows ------------------------------------------------------------------------------------- */

static void find_columns(AnalyticOp *analytic) {
  for (uint32_t i = 0; i < analytic->op.plan->analytic.calls_len; i++) {
    AnalyticFrame *frame = &analytic->frames[i];
    uint32_t next = frame->value + frame->call->args_len;
    frame->args = analytic->values + frame->value;
    frame->when = frame->call->when ? analytic->values[next++] : NULL;
    frame->otherwise = frame->call->otherwise ? analytic->values[next] : NULL;
  }
}

/* An argument no aggregate can take fails its row; rows that do not count have NULL there. */
static void check_arguments(AnalyticOp *analytic, const Batch *batch, const Selection *sel) {
  for (uint32_t i = 0; i < analytic->op.plan->analytic.calls_len; i++) {
    const AnalyticFrame *frame = &analytic->frames[i];
    const AggCall *agg = &frame->call->agg;
    if (frame->call->kind == ANALYTIC_AGGREGATE && agg->fn->check)
      agg->fn->check(agg, frame->args, sel, batch->rows, &analytic->failures);
  }
}

/* Takes the reference of sel. */
static Selection *without_failed(Selection *sel, uint32_t rows, const RowFailures *failures) {
  Selection *passed = row_failures_passed(failures, sel, rows);
  selection_unref(sel);
  return passed;
}

static bool is_true(const Column *col, uint32_t row) {
  Value value = column_get(col, row);
  return value.type == TYPE_FLOAT ? value.f != 0 : value.type != TYPE_NULL && value.i != 0;
}

static bool any_counts(const AnalyticKeys *keys, uint32_t row) {
  for (uint32_t f = 0; f < keys->frames_len; f++)
    if (!keys->frames[f].when || is_true(keys->frames[f].when, row)) return true;
  return false;
}

static void add_row(AnalyticOp *analytic, AnalyticKeys *keys, uint32_t row, Ticks time, uint64_t hash) {
  Column *const *cols = analytic->values + keys->value;
  AnalyticKey *key = analytic_keys_find(keys, cols, row, hash);
  if (any_counts(keys, row)) {
    if (key) analytic_keys_touch(keys, key, time);
    else key = analytic_keys_add(keys, cols, row, hash, time);
  }
  if (key == NULL) key = keys->blank;
  for (uint32_t f = 0; f < keys->frames_len; f++) {
    const AnalyticFrame *frame = &keys->frames[f];
    AnalyticRow at = {.row = row, .time = time, .counts = !frame->when || is_true(frame->when, row)};
    if (!frame->cls->row(frame, analytic_key_state(keys, key, frame), &at, &analytic->results[frame->place]))
      row_failures_add(&analytic->failures, row, frame->call->span, "%s", frame->scratch->error);
  }
}

static void add_rows(AnalyticOp *analytic, AnalyticKeys *keys, const Batch *batch, const Selection *sel) {
  const Ticks *times = column_i64(batch->time);
  for (uint32_t k = 0; k < keys->exprs_len; k++)
    column_hash(analytic->values[keys->value + k], sel, batch->rows, analytic->hashes, k > 0);
  uint32_t at = 0;
  SELECTION_EACH(sel, batch->rows, i) {
    uint64_t hash = keys->exprs_len ? analytic->hashes[at++] : 0;
    add_row(analytic, keys, i, times[column_slot(batch->time, i)], hash);
  }
}

static void compute(AnalyticOp *analytic, const Batch *batch, const Selection *sel) {
  if (batch->rows > analytic->hashes_cap) {
    analytic->hashes_cap = batch->rows;
    analytic->hashes = mem_realloc(analytic->hashes, mem_mul(batch->rows, sizeof *analytic->hashes));
  }
  for (uint32_t i = 0; i < analytic->op.plan->analytic.calls_len; i++)
    column_builder_init(&analytic->results[i], batch->rows, true);
  for (uint32_t i = 0; i < analytic->keys_len; i++) add_rows(analytic, &analytic->keys[i], batch, sel);
}

static void emit(AnalyticOp *analytic, const Batch *batch, Selection *sel) {
  Batch *out = batch_like(batch, analytic->op.plan->cols_len);
  for (uint32_t i = 0; i < batch->cols_len; i++) out->cols[i] = column_ref(batch->cols[i]);
  for (uint32_t i = 0; i < analytic->op.plan->analytic.calls_len; i++)
    out->cols[batch->cols_len + i] = column_builder_finish(&analytic->results[i]);
  selection_unref(out->sel);
  out->sel = sel;
  op_emit(&analytic->op, out);
  batch_unref(out);
}

/* ---- lineage ---------------------------------------------------------------------------------- */

static bool holds_keys(const AnalyticOp *analytic) {
  for (uint32_t i = 0; i < analytic->keys_len; i++)
    if (analytic->keys[i].len) return true;
  return false;
}

static void add_past(AnalyticOp *analytic, const Batch *batch, const Selection *sel) {
  uint32_t count = sel ? sel->len : batch->rows;
  if (count == 0) return;
  const Ticks *times = column_i64(batch->time);
  Ticks first = times[column_slot(batch->time, sel ? sel->rows[0] : 0)];
  Ticks last = times[column_slot(batch->time, sel ? sel->rows[count - 1] : count - 1)];
  PastPiece *piece = analytic->past.len ? &analytic->past.items[analytic->past.len - 1] : NULL;
  if (piece == NULL || last - piece->begin > analytic->longest / PAST_PIECES) {
    vec_push(&analytic->past, (PastPiece){.begin = first});
    piece = &analytic->past.items[analytic->past.len - 1];
  }
  piece->end = last;
  lineage_merge(&piece->lineage, &batch->lineage);
}

static void drop_past(AnalyticOp *analytic, Ticks w) {
  uint32_t gone = 0;
  bool all = !holds_keys(analytic);
  while (gone < analytic->past.len && (all || analytic->past.items[gone].end <= w - analytic->longest))
    lineage_release(&analytic->past.items[gone++].lineage);
  if (gone == 0) return;
  analytic->past.len -= gone;
  memmove(analytic->past.items, analytic->past.items + gone, analytic->past.len * sizeof *analytic->past.items);
}

/* ---- the operator ----------------------------------------------------------------------------- */

static void analytic_push(Op *op, uint32_t port, const Batch *batch) {
  (void)port;
  AnalyticOp *analytic = (AnalyticOp *)op;
  Selection *sel;
  row_failures_reset(&analytic->failures, batch->rows);
  program_run(analytic->run, batch, analytic->values, &sel, &analytic->failures);
  find_columns(analytic);
  check_arguments(analytic, batch, sel);
  sel = without_failed(sel, batch->rows, &analytic->failures);
  compute(analytic, batch, sel);
  add_past(analytic, batch, sel);
  sel = without_failed(sel, batch->rows, &analytic->failures);
  op_fail_rows(op, batch, &analytic->failures);
  for (uint32_t i = 0; i < analytic->exprs.len; i++) column_unref(analytic->values[i]);
  emit(analytic, batch, sel);
}

static void analytic_advance(Op *op, uint32_t port, uint32_t channel, Ticks w) {
  (void)port;
  AnalyticOp *analytic = (AnalyticOp *)op;
  if (w > 0) { /* before the first row of all there is nothing to forget */
    for (uint32_t i = 0; i < analytic->keys_len; i++) analytic_keys_expire(&analytic->keys[i], w);
    drop_past(analytic, w);
  }
  op_advance(op, channel, w);
}

static Ticks analytic_due(const Op *op) {
  const AnalyticOp *analytic = (const AnalyticOp *)op;
  Ticks due = TICKS_MAX;
  for (uint32_t i = 0; i < analytic->keys_len; i++) {
    const AnalyticKeys *keys = &analytic->keys[i];
    if (keys->oldest && keys->oldest->touched + keys->duration < due) due = keys->oldest->touched + keys->duration;
  }
  return due;
}

static Status analytic_save(Op *op, StateWriter *out, Error *err) {
  const AnalyticOp *analytic = (const AnalyticOp *)op;
  ByteWriter *bytes = state_begin(out, "rows", 0, ROWS_VERSION);
  put_u32(bytes, analytic->keys_len);
  put_u32(bytes, analytic->past.len);
  for (uint32_t i = 0; i < analytic->past.len; i++) {
    put_i64(bytes, analytic->past.items[i].begin);
    put_i64(bytes, analytic->past.items[i].end);
    lineage_save(&analytic->past.items[i].lineage, bytes);
  }
  TRY(state_end(out, err));
  for (uint32_t i = 0; i < analytic->keys_len; i++) TRY(analytic_keys_save(&analytic->keys[i], i, out, err));
  return STATUS_OK;
}

static void load_past(AnalyticOp *analytic, ByteReader *in) {
  uint32_t len = get_u32(in);
  for (uint32_t i = 0; i < len && !in->bad; i++) {
    PastPiece piece = {.begin = get_i64(in)};
    piece.end = get_i64(in);
    lineage_load(&piece.lineage, in);
    vec_push(&analytic->past, piece);
  }
}

static Status analytic_load(Op *op, StateReader *in, Error *err) {
  AnalyticOp *analytic = (AnalyticOp *)op;
  ByteReader bytes;
  TRY(state_find(in, "rows", 0, ROWS_VERSION, &bytes, err));
  if (get_u32(&bytes) != analytic->keys_len) bytes.bad = true;
  load_past(analytic, &bytes);
  TRY(state_done(in, &bytes, err));
  for (uint32_t i = 0; i < analytic->keys_len; i++) TRY(analytic_keys_load(&analytic->keys[i], i, in, err));
  return STATUS_OK;
}

static void analytic_oldest(const Op *op, Lineage *into) {
  const AnalyticOp *analytic = (const AnalyticOp *)op;
  for (uint32_t i = 0; i < analytic->past.len; i++) lineage_merge(into, &analytic->past.items[i].lineage);
}

static void analytic_close(Op *op) {
  AnalyticOp *analytic = (AnalyticOp *)op;
  for (uint32_t i = 0; i < analytic->keys_len; i++) analytic_keys_release(&analytic->keys[i]);
  for (uint32_t i = 0; i < analytic->past.len; i++) lineage_release(&analytic->past.items[i].lineage);
  vec_release(&analytic->past);
  row_failures_release(&analytic->failures);
  mem_free(analytic->hashes);
  if (is_member(op)) {
    mem_free(analytic->keys);
    return;
  }
  vec_release(&analytic->exprs);
  program_run_free(analytic->run);
  arena_release(&analytic->scratch.arena);
  selection_unref(analytic->one);
}

static void analytic_describe(const PlanNode *node, StrBuf *out) {
  Ticks longest = 0;
  for (uint32_t i = 0; i < node->analytic.calls_len; i++)
    if (node->analytic.calls[i]->duration > longest) longest = node->analytic.calls[i]->duration;
  strbuf_puts(out, "what the functions look at of the last ");
  duration_print(longest, out);
}

const OpClass op_analytic = {
  .kind = PLAN_ANALYTIC,
  .name = "analytic",
  .bytes = sizeof(AnalyticOp),
  .open = analytic_open,
  .push = analytic_push,
  .advance = analytic_advance,
  .due = analytic_due,
  .save = analytic_save,
  .load = analytic_load,
  .oldest = analytic_oldest,
  .close = analytic_close,
  .describe = analytic_describe,
};
