/* op_join_reference.c: a stream (port 0) joined with reference data (port 1), INNER or LEFT.
**
** The rows of port 1 become a table indexed by the equality keys. A batch of the stream probes it as a whole:
** when keys are unique and nothing else is asked, the left columns are shared and the right ones gathered row by
** row; else pairs are listed, filtered by the residual predicate, and gathered. Timestamps stay (semantics.md
** section 5). State: the table, so that a restored job answers as the stopped one would until it has loaded anew.
**
** Where both sides are reference data (a step over reference inputs), the left one may be read first: its batches
** wait until the right one is complete. Streams begin when all reference data is there, so they never wait. */
#include <string.h>

#include "base/mem.h"
#include "ops/op.h"
#include "ops/reference_table.h"
#include "types/cast.h"

enum { TABLE_VERSION = 1, PAIRS_AT_ONCE = 32768 };

typedef struct Pairs { /* rows of the left batch with rows of the table; UINT32_MAX: no partner */
  uint32_t *left, *right;
  uint32_t  len, cap;
} Pairs;

typedef struct JoinOp {
  Op          op;
  Program    *left_keys, *right_keys, *residual;
  ProgramRun *left_run, *right_run, *residual_run;
  Column    **keys;       /* of the batch at hand */
  RowFailures failures;
  ReferenceTable table;
  bool        ready, refilling;
  Vec(Batch *) waiting;   /* reference data of port 0 that came before the table was complete */
  bool        left_ended; /* and then ended */
  uint32_t    left_channel;
  Pairs       pairs, kept;
  uint64_t   *hashes;
  uint32_t   *map;
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
  reference_table_init(&join->table, node->inputs[1]->cols_len, node->join.keys_len);
  return STATUS_OK;
}

static void drop_keys(JoinOp *join) {
  for (uint32_t k = 0; k < join->op.plan->join.keys_len; k++) column_unref(join->keys[k]);
}

/* ---- the reference side ----------------------------------------------------------------------- */

static void add_reference(JoinOp *join, const Batch *batch) {
  if (!join->refilling) reference_table_release(&join->table);
  join->refilling = true;
  Selection *sel;
  row_failures_reset(&join->failures, batch->rows);
  program_run(join->right_run, batch, join->keys, &sel, &join->failures);
  op_fail_rows(&join->op, batch, &join->failures);
  reference_table_add(&join->table, batch, sel, join->keys);
  drop_keys(join);
  selection_unref(sel);
}

/* ---- the stream side -------------------------------------------------------------------------- */

static void need_scratch(JoinOp *join, uint32_t rows) {
  if (rows <= join->scratch_rows) return;
  join->scratch_rows = rows;
  join->hashes = mem_realloc(join->hashes, mem_mul(rows, sizeof *join->hashes));
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

/* `=` converts text where the other side is a datetime: bring the probing column to the type of the table's. */
static void convert_keys(JoinOp *join, const Selection *sel, uint32_t rows) {
  for (uint32_t k = 0; k < join->op.plan->join.keys_len; k++) {
    const Column *own = join->table.cols[join->table.cols_len + k];
    Column *key = join->keys[k];
    bool to_time = own->layout == COL_DATETIME && key->layout == COL_TEXT;
    bool to_text = own->layout == COL_TEXT && key->layout == COL_DATETIME;
    if (!to_time && !to_text) continue;
    ColumnBuilder builder;
    column_builder_init(&builder, rows, true);
    StrBuf scratch = {0};
    SELECTION_EACH(sel, rows, i) {
      Value in = column_get(key, i), out;
      strbuf_clear(&scratch);
      if (in.type != TYPE_NULL && value_cast(&in, to_time ? TYPE_DATETIME : TYPE_TEXT, &scratch, &out))
        column_builder_put(&builder, i, &out);
    }
    strbuf_release(&scratch);
    join->keys[k] = column_builder_finish(&builder);
    column_unref(key);
  }
}

static bool row_has_null_key(const JoinOp *join, uint32_t row) {
  for (uint32_t k = 0; k < join->op.plan->join.keys_len; k++)
    if (column_is_null(join->keys[k], row)) return true;
  return false;
}

static uint32_t first_match(const JoinOp *join, uint32_t row, uint64_t hash) {
  if (join->table.rows == 0) return UINT32_MAX;
  if (join->table.keys_len == 0) return 0;
  if (row_has_null_key(join, row)) return UINT32_MAX;
  return reference_table_first(&join->table, join->keys, row, hash);
}

static uint32_t next_match(const JoinOp *join, uint32_t row, uint64_t hash, uint32_t at) {
  if (join->table.keys_len == 0) return at + 1 < join->table.rows ? at + 1 : UINT32_MAX;
  return reference_table_next(&join->table, join->keys, row, hash, at);
}

/* At most one partner a row and nothing more to test: left columns are shared. */
static void join_unique(JoinOp *join, const Batch *batch, Selection *sel) {
  const PlanNode *node = join->op.plan;
  uint32_t left_cols = node->inputs[0]->cols_len, k = 0;
  Selection *hits = selection_new(sel ? sel->len : batch->rows);
  memset(join->map, 0xff, batch->rows * sizeof *join->map);
  SELECTION_EACH(sel, batch->rows, i) {
    join->map[i] = first_match(join, i, join->hashes[k++]);
    if (join->map[i] != UINT32_MAX || node->join.left_outer) hits->rows[hits->len++] = i;
  }
  Batch *out = batch_like(batch, node->cols_len);
  for (uint32_t i = 0; i < left_cols; i++) out->cols[i] = column_ref(batch->cols[i]);
  for (uint32_t i = left_cols; i < node->cols_len; i++)
    out->cols[i] = column_gather(join->table.cols[i - left_cols], join->map, batch->rows, false);
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
    out->cols[i] = column_gather(join->table.cols[i - left_cols], pairs->right, pairs->len, false);
  out->time = column_gather(batch->time, pairs->left, pairs->len, false);
  if (batch->payload) out->payload = column_gather(batch->payload, pairs->left, pairs->len, false);
  if (batch->offset) out->offset = column_gather(batch->offset, pairs->left, pairs->len, false);
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
      if (passed && join->pairs.right[end] != UINT32_MAX) add_pair(&join->kept, row, join->pairs.right[end]);
    }
    if (join->kept.len == before && join->op.plan->join.left_outer && !failed) add_pair(&join->kept, row, UINT32_MAX);
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
    uint64_t hash = join->hashes[k++];
    uint32_t at = first_match(join, i, hash);
    if (at == UINT32_MAX && outer) add_pair(&join->pairs, i, UINT32_MAX);
    for (; at != UINT32_MAX; at = next_match(join, i, hash, at)) add_pair(&join->pairs, i, at);
    if (join->pairs.len >= PAIRS_AT_ONCE) flush_pairs(join, batch);
  }
  flush_pairs(join, batch);
}

static void join_left(JoinOp *join, const Batch *batch) {
  Selection *sel;
  row_failures_reset(&join->failures, batch->rows);
  program_run(join->left_run, batch, join->keys, &sel, &join->failures);
  op_fail_rows(&join->op, batch, &join->failures);
  need_scratch(join, batch->rows);
  if (join->table.keys_len) convert_keys(join, sel, batch->rows);
  for (uint32_t k = 0; k < join->table.keys_len; k++)
    column_hash(join->keys[k], sel, batch->rows, join->hashes, k > 0);
  if (join->table.keys_len && join->table.unique && !join->residual) join_unique(join, batch, sel);
  else join_pairs(join, batch, sel);
  drop_keys(join);
  selection_unref(sel);
}

static void join_push(Op *op, uint32_t port, const Batch *batch) {
  JoinOp *join = (JoinOp *)op;
  if (port == 1) add_reference(join, batch);
  else if (join->ready) join_left(join, batch);
  else if (op->plan->reference) vec_push(&join->waiting, batch_ref((Batch *)batch));
  else BUG("a stream reached a join before its reference data");
}

static void release_waiting(JoinOp *join) {
  for (uint32_t i = 0; i < join->waiting.len; i++) batch_unref(join->waiting.items[i]);
  vec_release(&join->waiting);
}

static void finish_reference(JoinOp *join) {
  if (!join->refilling) reference_table_release(&join->table);
  reference_table_complete(&join->table);
  join->ready = true;
  join->refilling = false;
  for (uint32_t i = 0; i < join->waiting.len; i++) join_left(join, join->waiting.items[i]);
  release_waiting(join);
  if (join->left_ended) op_advance(&join->op, join->left_channel, TICKS_MAX);
  join->left_ended = false;
}

static void join_advance(Op *op, uint32_t port, uint32_t channel, Ticks w) {
  JoinOp *join = (JoinOp *)op;
  if (port == 1) {
    if (w == TICKS_MAX) finish_reference(join);
  } else if (!join->ready && w == TICKS_MAX) {
    join->left_ended = true;
    join->left_channel = channel;
  } else {
    op_advance(op, channel, w);
  }
}

/* ---- state ------------------------------------------------------------------------------------ */

static Status join_save(Op *op, StateWriter *out, Error *err) {
  JoinOp *join = (JoinOp *)op;
  reference_table_save(&join->table, state_begin(out, "table", 0, TABLE_VERSION));
  return state_end(out, err);
}

static Status join_load(Op *op, StateReader *in, Error *err) {
  JoinOp *join = (JoinOp *)op;
  ByteReader bytes;
  TRY(state_find(in, "table", 0, TABLE_VERSION, &bytes, err));
  reference_table_load(&join->table, &bytes);
  TRY(state_done(in, &bytes, err));
  join->ready = join->table.cols != NULL;
  return STATUS_OK;
}

static void free_pairs(Pairs *pairs) {
  mem_free(pairs->left);
  mem_free(pairs->right);
}

static void join_close(Op *op) {
  JoinOp *join = (JoinOp *)op;
  release_waiting(join);
  reference_table_release(&join->table);
  program_run_free(join->left_run);
  program_run_free(join->right_run);
  program_run_free(join->residual_run);
  row_failures_release(&join->failures);
  free_pairs(&join->pairs);
  free_pairs(&join->kept);
  mem_free(join->hashes);
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
