/* op_join_reference.c: a stream (port 0) joined with reference data (port 1), INNER or LEFT.
**
** Reference data is a table indexed by the equality keys. A batch of the stream probes it as a whole: when keys are
** unique and nothing else is asked, the left columns are shared and the right ones gathered row by row; else pairs
** are listed, filtered by the residual predicate, and gathered. Timestamps stay (semantics.md section 5).
**
** An event is joined with the snapshot of its time (reference_snapshots.h); a batch that reaches over a change is
** joined in slices. The job makes tables and hands them over (join_reference_add). Where it knows all times beforehand
** (files with a date in their path), an event whose snapshot is not here asks for it (OpContext.reference_at).
**
** Where both sides are reference data (a step over reference inputs), the operator makes its table itself out of
** port 1. Its left side may be read first: those batches wait until the right one is complete.
** State: clocks and tables, so that a restored job answers as the stopped one would until it has loaded anew. */
#include <string.h>

#include "base/mem.h"
#include "ops/op.h"
#include "ops/reference_keys.h"
#include "ops/reference_snapshots.h"
#include "time/watermark.h"

enum { CLOCKS_VERSION = 2, PAIRS_AT_ONCE = 32768, TYPES_ROWS = 10000 /* after which keys are looked at */ };

typedef struct Pairs { /* rows of the left batch with rows of the table; REFERENCE_NONE: no partner */
  uint32_t *left, *right;
  uint32_t  len, cap;
} Pairs;

typedef struct JoinOp {
  Op          op;
  Program    *left_keys, *right_keys, *residual;
  ProgramRun *left_run, *right_run, *residual_run;
  Column    **keys;       /* of the batch at hand */
  RowFailures failures;
  ReferenceSnapshots snapshots;
  ClockSet    clocks;     /* of port 0 */
  unsigned   *left_kinds, *right_kinds; /* of each key: reference_key_kinds of all values so far */
  uint64_t    probed;     /* rows */
  bool        told;       /* that keys never met */
  ReferenceTable *filling; /* from port 1 */
  ClockSet    filled;     /* of port 1: it has ended when all of its channels have */
  Vec(Batch *) waiting;   /* reference data of port 0 that came before the table was complete */
  bool        left_ended; /* and then ended */
  uint32_t    left_channel;
  Pairs       pairs, kept;
  const ReferenceTable *table; /* of the slice at hand */
  uint64_t   *hashes;     /* by selection */
  uint32_t   *first;      /* by selection: the first match */
  uint32_t   *map;        /* by row */
  uint32_t    scratch_rows;
} JoinOp;

static Status join_open(Op *op, Error *err) {
  (void)err;
  JoinOp *join = (JoinOp *)op;
  const PlanNode *node = op->plan;
  Arena *arena = op->ctx->arena;
  join->left_keys = program_new(arena, NULL, node->join.left_keys, node->join.keys_len);
  join->right_keys = program_new(arena, NULL, node->join.right_keys, node->join.keys_len);
  join->left_run = program_run_new(join->left_keys);
  join->right_run = program_run_new(join->right_keys);
  if (node->join.residual) {
    join->residual = program_new(arena, node->join.residual, NULL, 0);
    join->residual_run = program_run_new(join->residual);
  }
  join->keys = ARENA_ARRAY(arena, Column *, node->join.keys_len + 1);
  join->left_kinds = ARENA_ARRAY(arena, unsigned, node->join.keys_len + 1);
  join->right_kinds = ARENA_ARRAY(arena, unsigned, node->join.keys_len + 1);
  return STATUS_OK;
}

static void drop_keys(JoinOp *join) {
  for (uint32_t k = 0; k < join->op.plan->join.keys_len; k++) column_unref(join->keys[k]);
}

/* ---- the reference side ----------------------------------------------------------------------- */

static void add_reference(JoinOp *join, const Batch *batch) {
  const PlanNode *node = join->op.plan;
  if (join->filling == NULL) join->filling = reference_table_new(node->inputs[1]->cols_len, node->join.keys_len);
  Selection *sel;
  row_failures_reset(&join->failures, batch->rows);
  program_run(join->right_run, batch, join->keys, &sel, &join->failures);
  op_fail_rows(&join->op, batch, &join->failures);
  reference_keys_settle(join->keys, node->join.keys_len, sel, batch->rows);
  reference_table_add(join->filling, batch, sel, join->keys);
  drop_keys(join);
  selection_unref(sel);
}

/* ---- snapshots -------------------------------------------------------------------------------- */

void join_reference_add(Op *op, ReferenceTable *table, Ticks time, Ticks until) {
  snapshots_add(&((JoinOp *)op)->snapshots, table, time, until);
}

uint32_t join_reference_held(const Op *op) { return ((const JoinOp *)op)->snapshots.len; }

bool join_reference_full(const Op *op) { return join_reference_held(op) == SNAPSHOTS_MAX; }

bool join_reference_has(const Op *op, Ticks time) { return snapshots_has(&((const JoinOp *)op)->snapshots, time); }

ReferenceTable *join_reference_take(Op *op) {
  ReferenceSnapshots *snapshots = &((JoinOp *)op)->snapshots;
  if (snapshots->len != 1) BUG("a join of reference data without a table");
  return snapshots->items[--snapshots->len].table;
}

/* The snapshot for t; it is the one for all times from *from to before *until that snapshots_at gives it for. */
static Snapshot *snapshot_for(JoinOp *join, Ticks t, Ticks *from, Ticks *until) {
  *from = TICKS_MIN;
  *until = TICKS_MAX;
  if (join->snapshots.len) {
    Snapshot *snapshot = snapshots_at(&join->snapshots, t);
    if (snapshot->time <= t && t < snapshot->until) {
      *from = snapshot->time;
      *until = snapshot->until;
      return snapshot;
    }
  }
  const OpContext *ctx = join->op.ctx;
  if (ctx->reference_at) ctx->reference_at(ctx->job, &join->op, t, from, until);
  return snapshots_at(&join->snapshots, t);
}

/* ---- the stream side -------------------------------------------------------------------------- */

static void need_scratch(JoinOp *join, uint32_t rows) {
  if (rows <= join->scratch_rows) return;
  join->scratch_rows = rows;
  join->hashes = mem_realloc(join->hashes, mem_mul(rows, sizeof *join->hashes));
  join->first = mem_realloc(join->first, mem_mul(rows, sizeof *join->first));
  join->map = mem_realloc(join->map, mem_mul(rows, sizeof *join->map));
}

static void add_pair(Pairs *pairs, uint32_t left, uint32_t right) {
  if (pairs->len == pairs->cap) {
    pairs->cap = pairs->cap ? pairs->cap * 2 : 1024;
    pairs->left = mem_realloc(pairs->left, mem_mul(pairs->cap, sizeof *pairs->left));
    pairs->right = mem_realloc(pairs->right, mem_mul(pairs->cap, sizeof *pairs->right));
  }
  pairs->left[pairs->len] = left;
  pairs->right[pairs->len++] = right;
}

static uint32_t next_match(const ReferenceTable *table, uint32_t at) {
  if (table->keys_len == 0) return at + 1 < table->rows ? at + 1 : REFERENCE_NONE;
  return reference_table_next(table, at);
}

/* first[k]: the first match of the k-th selected row. */
static void find_matches(JoinOp *join, const Batch *batch, const Selection *sel) {
  const ReferenceTable *table = join->table;
  if (table->rows && table->keys_len) {
    reference_table_probe(table, join->keys, sel, batch->rows, join->hashes, join->first);
    return;
  }
  uint32_t count = sel ? sel->len : batch->rows;
  for (uint32_t k = 0; k < count; k++) join->first[k] = table->rows ? 0 : REFERENCE_NONE;
}

/* The gathered texts lie anywhere in the table's memory: who reads them next finds them on their way. */
static void prefetch_texts(const Column *col) {
  if (col->layout != COL_TEXT || col->constant) return;
  for (uint32_t i = 0; i < col->rows; i++)
    if (column_text(col)[i].len > TEXT_INLINE) __builtin_prefetch(column_text(col)[i].ptr);
}

static Column *gather_right(const JoinOp *join, uint32_t at, const uint32_t *rows, uint32_t count) {
  Column *col = column_gather(join->table->cols[at], rows, count, false);
  prefetch_texts(col);
  return col;
}

/* At most one partner a row and nothing more to test: left columns are shared. */
static void join_unique(JoinOp *join, const Batch *batch, const Selection *sel) {
  const PlanNode *node = join->op.plan;
  uint32_t left_cols = node->inputs[0]->cols_len, k = 0;
  Selection *hits = selection_new(sel ? sel->len : batch->rows);
  memset(join->map, 0xff, batch->rows * sizeof *join->map);
  SELECTION_EACH(sel, batch->rows, i) {
    join->map[i] = join->first[k++];
    if (join->map[i] != REFERENCE_NONE || node->join.left_outer) hits->rows[hits->len++] = i;
  }
  Batch *out = batch_like(batch, node->cols_len);
  for (uint32_t i = 0; i < left_cols; i++) out->cols[i] = column_ref(batch->cols[i]);
  for (uint32_t i = left_cols; i < node->cols_len; i++)
    out->cols[i] = gather_right(join, i - left_cols, join->map, batch->rows);
  selection_unref(out->sel);
  out->sel = hits;
  op_emit(&join->op, out);
  batch_unref(out);
}

static Batch *gather_pairs(JoinOp *join, const Batch *batch, const Pairs *pairs) {
  const PlanNode *node = join->op.plan;
  uint32_t left_cols = node->inputs[0]->cols_len;
  Batch *out = batch_new(pairs->len, node->cols_len);
  for (uint32_t i = 0; i < left_cols; i++) out->cols[i] = column_gather(batch->cols[i], pairs->left, pairs->len, false);
  for (uint32_t i = left_cols; i < node->cols_len; i++)
    out->cols[i] = gather_right(join, i - left_cols, pairs->right, pairs->len);
  out->time = column_gather(batch->time, pairs->left, pairs->len, false);
  if (batch->payload) out->payload = column_gather(batch->payload, pairs->left, pairs->len, false);
  if (batch->offset) out->offset = column_gather(batch->offset, pairs->left, pairs->len, false);
  if (batch->substream) out->substream = column_gather(batch->substream, pairs->left, pairs->len, false);
  out->channel = batch->channel;
  out->sorted = batch->sorted;
  lineage_merge(&out->lineage, &batch->lineage);
  return out;
}

/* Keeps the pairs that pass the residual; a LEFT row none of whose pairs passed is kept without partner. */
static void keep_passing(JoinOp *join, const Batch *batch) {
  Batch *all = gather_pairs(join, batch, &join->pairs);
  Selection *sel;
  row_failures_reset(&join->failures, all->rows);
  program_run(join->residual_run, all, NULL, &sel, &join->failures);
  op_fail_rows(&join->op, all, &join->failures);
  join->kept.len = 0;
  uint32_t at = 0;
  for (uint32_t i = 0, end; i < join->pairs.len; i = end) {
    uint32_t row = join->pairs.left[i], before = join->kept.len;
    bool failed = false;
    for (end = i; end < join->pairs.len && join->pairs.left[end] == row; end++) {
      failed |= row_failures_has(&join->failures, end);
      while (sel && at < sel->len && sel->rows[at] < end) at++;
      bool passed = sel == NULL || (at < sel->len && sel->rows[at] == end);
      if (passed && join->pairs.right[end] != REFERENCE_NONE) add_pair(&join->kept, row, join->pairs.right[end]);
    }
    bool alone = join->kept.len == before && join->op.plan->join.left_outer && !failed;
    if (alone) add_pair(&join->kept, row, REFERENCE_NONE);
  }
  selection_unref(sel);
  batch_unref(all);
}

static void flush_pairs(JoinOp *join, const Batch *batch) {
  if (join->pairs.len == 0) return;
  Pairs *pairs = &join->pairs;
  if (join->residual) {
    keep_passing(join, batch);
    pairs = &join->kept;
  }
  if (pairs->len) {
    Batch *out = gather_pairs(join, batch, pairs);
    op_emit(&join->op, out);
    batch_unref(out);
  }
  join->pairs.len = 0;
}

static void join_pairs(JoinOp *join, const Batch *batch, const Selection *sel) {
  bool outer = join->op.plan->join.left_outer;
  uint32_t k = 0;
  SELECTION_EACH(sel, batch->rows, i) {
    uint32_t at = join->first[k++];
    if (at == REFERENCE_NONE && outer) add_pair(&join->pairs, i, REFERENCE_NONE);
    for (; at != REFERENCE_NONE; at = next_match(join->table, at)) add_pair(&join->pairs, i, at);
    if (join->pairs.len >= PAIRS_AT_ONCE) flush_pairs(join, batch);
  }
  flush_pairs(join, batch);
}

static void tell_types_never_met(JoinOp *join, uint32_t k) {
  StrBuf text = {0};
  const OpContext *ctx = join->op.ctx;
  join->told = true;
  strbuf_putc(&text, '`');
  expr_print(join->op.plan->join.left_keys[k], &text);
  strbuf_puts(&text, " = ");
  expr_print(join->op.plan->join.right_keys[k], &text);
  strbuf_printf(&text, "` can match nothing: events have %s there, reference rows have %s; ",
                reference_kinds_name(join->left_kinds[k]), reference_kinds_name(join->right_kinds[k]));
  strbuf_puts(&text, "CREATE TABLE or CAST gives both one type");
  if (ctx->warn) ctx->warn(ctx->job, &join->op, text.ptr);
  strbuf_release(&text);
}

/* Types matter, and CSV is all text: when the keys cannot ever have met, somebody should know. */
static void check_key_kinds(JoinOp *join) {
  for (uint32_t k = 0; k < join->op.plan->join.keys_len && !join->told; k++) {
    unsigned left = join->left_kinds[k], right = join->right_kinds[k];
    if (left && right && (left & right) == 0) tell_types_never_met(join, k);
  }
}

static void note_key_kinds(JoinOp *join, uint32_t rows) {
  if (join->told) return;
  for (uint32_t k = 0; k < join->table->keys_len; k++) {
    join->left_kinds[k] |= reference_key_kinds(join->keys[k]);
    join->right_kinds[k] |= reference_key_kinds(join->table->cols[join->table->cols_len + k]);
  }
  bool enough = join->probed < TYPES_ROWS && join->probed + rows >= TYPES_ROWS;
  join->probed += rows;
  if (enough) check_key_kinds(join);
}

static void join_slice(JoinOp *join, const Batch *batch, const Snapshot *snapshot) {
  Selection *sel;
  join->table = snapshot->table;
  row_failures_reset(&join->failures, batch->rows);
  program_run(join->left_run, batch, join->keys, &sel, &join->failures);
  op_fail_rows(&join->op, batch, &join->failures);
  need_scratch(join, batch->rows);
  note_key_kinds(join, batch_count(batch));
  reference_keys_settle(join->keys, join->table->keys_len, sel, batch->rows);
  reference_keys_convert(join->keys, join->table, sel, batch->rows);
  for (uint32_t k = 0; k < join->table->keys_len; k++)
    column_hash(join->keys[k], sel, batch->rows, join->hashes, k > 0);
  find_matches(join, batch, sel);
  if (join->table->keys_len && join->table->next == NULL && !join->residual) join_unique(join, batch, sel);
  else join_pairs(join, batch, sel);
  drop_keys(join);
  selection_unref(sel);
}

static Ticks time_of(const Batch *batch, uint32_t row) {
  return column_i64(batch->time)[column_slot(batch->time, row)];
}

/* Of the rows left over, those the snapshot is for; the others stay in `rest`. */
static Selection *take_slice(JoinOp *join, const Batch *batch, Selection *rest, const Snapshot *snapshot,
                             Ticks from, Ticks until) {
  Selection *slice = selection_new(rest->len);
  uint32_t left = 0;
  for (uint32_t k = 0; k < rest->len; k++) {
    Ticks t = time_of(batch, rest->rows[k]);
    bool here = from <= t && t < until && snapshots_at(&join->snapshots, t) == snapshot;
    if (here) slice->rows[slice->len++] = rest->rows[k];
    else rest->rows[left++] = rest->rows[k];
  }
  rest->len = left;
  return slice;
}

static Selection *all_rows(const Batch *batch) {
  Selection *all = selection_new(batch_count(batch));
  SELECTION_EACH(batch->sel, batch->rows, i) all->rows[all->len++] = i;
  return all;
}

static bool one_snapshot(JoinOp *join, const Batch *batch, const Snapshot *snapshot, Ticks from, Ticks until) {
  if (join->snapshots.len == 1 && from == TICKS_MIN && until == TICKS_MAX) return true;
  SELECTION_EACH(batch->sel, batch->rows, i) {
    Ticks t = time_of(batch, i);
    if (t < from || t >= until || snapshots_at(&join->snapshots, t) != snapshot) return false;
  }
  return true;
}

/* Rows of one time, or of a batch that no change falls into, are joined as they are; else snapshot by snapshot. */
static void join_left(JoinOp *join, const Batch *batch) {
  if (batch_count(batch) == 0) return;
  Ticks from, until;
  Snapshot *snapshot = snapshot_for(join, time_of(batch, batch->sel ? batch->sel->rows[0] : 0), &from, &until);
  if (one_snapshot(join, batch, snapshot, from, until)) {
    snapshots_use(&join->snapshots, snapshot);
    join_slice(join, batch, snapshot);
    return;
  }
  Selection *rest = all_rows(batch);
  while (rest->len) {
    snapshot = snapshot_for(join, time_of(batch, rest->rows[0]), &from, &until);
    snapshots_use(&join->snapshots, snapshot);
    Batch *slice = batch_select(batch, take_slice(join, batch, rest, snapshot, from, until));
    join_slice(join, slice, snapshot);
    batch_unref(slice);
  }
  selection_unref(rest);
}

static void join_push(Op *op, uint32_t port, const Batch *batch) {
  JoinOp *join = (JoinOp *)op;
  if (port == 1) add_reference(join, batch);
  else if (op->plan->reference && join->snapshots.len == 0) vec_push(&join->waiting, batch_ref((Batch *)batch));
  else join_left(join, batch);
}

static void release_waiting(JoinOp *join) {
  for (uint32_t i = 0; i < join->waiting.len; i++) batch_unref(join->waiting.items[i]);
  vec_release(&join->waiting);
}

static void finish_reference(JoinOp *join) {
  const PlanNode *node = join->op.plan;
  if (join->filling == NULL) join->filling = reference_table_new(node->inputs[1]->cols_len, node->join.keys_len);
  reference_table_complete(join->filling);
  join_reference_add(&join->op, join->filling, TICKS_MIN, TICKS_MAX);
  join->filling = NULL;
  for (uint32_t i = 0; i < join->waiting.len; i++) join_left(join, join->waiting.items[i]);
  release_waiting(join);
  if (join->left_ended) op_advance(&join->op, join->left_channel, TICKS_MAX);
  join->left_ended = false;
}

static void join_advance(Op *op, uint32_t port, uint32_t channel, Ticks w) {
  JoinOp *join = (JoinOp *)op;
  if (port == 1) {
    if (clock_set_advance(&join->filled, channel, w) && join->filled.min == TICKS_MAX) finish_reference(join);
  } else if (op->plan->reference && join->snapshots.len == 0 && w == TICKS_MAX) {
    join->left_ended = true;
    join->left_channel = channel;
  } else {
    if (clock_set_advance(&join->clocks, channel, w)) snapshots_forget(&join->snapshots, join->clocks.min);
    if (join->clocks.min == TICKS_MAX && !op->plan->reference) check_key_kinds(join);
    op_advance(op, channel, w);
  }
}

/* ---- state ------------------------------------------------------------------------------------ */

static Status join_save(Op *op, StateWriter *out, Error *err) {
  JoinOp *join = (JoinOp *)op;
  clock_set_save(&join->clocks, state_begin(out, "clocks", 0, CLOCKS_VERSION));
  TRY(state_end(out, err));
  return snapshots_save(&join->snapshots, out, err);
}

static Status join_load(Op *op, StateReader *in, Error *err) {
  JoinOp *join = (JoinOp *)op;
  const PlanNode *node = op->plan;
  ByteReader bytes;
  TRY(state_find(in, "clocks", 0, CLOCKS_VERSION, &bytes, err));
  clock_set_load(&join->clocks, &bytes);
  TRY(state_done(in, &bytes, err));
  return snapshots_load(&join->snapshots, in, node->inputs[1]->cols_len, node->join.keys_len, err);
}

static void free_pairs(Pairs *pairs) {
  mem_free(pairs->left);
  mem_free(pairs->right);
}

static void join_close(Op *op) {
  JoinOp *join = (JoinOp *)op;
  release_waiting(join);
  snapshots_release(&join->snapshots);
  reference_table_free(join->filling);
  clock_set_release(&join->clocks);
  clock_set_release(&join->filled);
  program_run_free(join->left_run);
  program_run_free(join->right_run);
  program_run_free(join->residual_run);
  row_failures_release(&join->failures);
  free_pairs(&join->pairs);
  free_pairs(&join->kept);
  mem_free(join->hashes);
  mem_free(join->first);
  mem_free(join->map);
}

static void join_describe(const PlanNode *node, StrBuf *out) {
  strbuf_puts(
      out, node->join.keys_len ? "the reference rows, in a hash index" : "the reference rows, scanned for every event");
}

const OpClass op_join_reference = {
  .kind = PLAN_JOIN_REFERENCE,
  .name = "reference join",
  .bytes = sizeof(JoinOp),
  .open = join_open,
  .push = join_push,
  .advance = join_advance,
  .save = join_save,
  .load = join_load,
  .close = join_close,
  .describe = join_describe,
};
