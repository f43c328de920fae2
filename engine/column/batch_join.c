/* batch_join.c: see batch_join.h. */
#include "column/batch_join.h"

#include "base/mem.h"

typedef Column *MemberOf(const Batch *batch, uint32_t at);
static Column *col_of(const Batch *batch, uint32_t at) { return batch->cols[at]; }
static Column *time_of(const Batch *batch, uint32_t at) { (void)at; return batch->time; }
static Column *payload_of(const Batch *batch, uint32_t at) { (void)at; return batch->payload; }
static Column *offset_of(const Batch *batch, uint32_t at) { (void)at; return batch->offset; }

typedef struct Joining { /* by piece */
  const BatchJoin *join;
  const Column   **cols;
  const uint32_t **rows;
  uint32_t        *counts;
} Joining;

void batch_join_add(BatchJoin *join, const Batch *batch, uint32_t substream) {
  if (batch_count(batch) == 0) return;
  join->rows += batch_count(batch);
  vec_push(&join->pieces, (JoinedBatch){batch_ref((Batch *)batch), substream});
}

void batch_join_release(BatchJoin *join) {
  for (uint32_t i = 0; i < join->pieces.len; i++) batch_unref(join->pieces.items[i].batch);
  vec_release(&join->pieces);
  join->rows = 0;
}

/* NULL when no piece has it; a piece without it gives NULL values. */
static Column *join_member(const Joining *j, MemberOf *of, uint32_t at) {
  uint32_t len = j->join->pieces.len, have = 0;
  for (uint32_t i = 0; i < len; i++) have += of(j->join->pieces.items[i].batch, at) != NULL;
  if (have == 0) return NULL;
  Column *absent = column_new(COL_NULL, 0);
  for (uint32_t i = 0; i < len; i++) {
    const Column *col = of(j->join->pieces.items[i].batch, at);
    j->cols[i] = col ? col : absent;
  }
  Column *joined = column_concat(j->cols, j->rows, j->counts, len);
  column_unref(absent);
  return joined;
}

static Column *join_substreams(const BatchJoin *join) {
  Column *col = column_new(COL_BIGINT, join->rows);
  uint32_t row = 0;
  for (uint32_t i = 0; i < join->pieces.len; i++)
    for (uint32_t n = batch_count(join->pieces.items[i].batch); n > 0; n--)
      column_i64(col)[row++] = join->pieces.items[i].substream;
  return col;
}

/* Nothing to join: a view, when all of its rows count. */
static Batch *join_one(BatchJoin *join) {
  const JoinedBatch *piece = &join->pieces.items[0];
  Batch *out = batch_select(piece->batch, NULL);
  column_unref(out->substream);
  out->substream = join_substreams(join);
  return out;
}

static Batch *join_all(const BatchJoin *join) {
  uint32_t len = join->pieces.len, width = join->pieces.items[0].batch->cols_len;
  Joining j = {.join = join, .cols = mem_alloc(mem_mul(len, sizeof *j.cols)),
               .rows = mem_alloc(mem_mul(len, sizeof *j.rows)), .counts = mem_alloc(mem_mul(len, sizeof *j.counts))};
  Batch *out = batch_new(join->rows, width);
  for (uint32_t i = 0; i < len; i++) {
    const Batch *batch = join->pieces.items[i].batch;
    j.rows[i] = batch->sel ? batch->sel->rows : NULL;
    j.counts[i] = batch_count(batch);
    lineage_merge(&out->lineage, &batch->lineage);
  }
  for (uint32_t c = 0; c < width; c++) out->cols[c] = join_member(&j, col_of, c);
  out->time = join_member(&j, time_of, 0);
  out->payload = join_member(&j, payload_of, 0);
  out->offset = join_member(&j, offset_of, 0);
  out->substream = join_substreams(join);
  mem_free(j.cols);
  mem_free(j.rows);
  mem_free(j.counts);
  return out;
}

Batch *batch_join_finish(BatchJoin *join) {
  if (join->rows == 0) return NULL;
  Batch *out = join->pieces.len == 1 && join->pieces.items[0].batch->sel == NULL ? join_one(join) : join_all(join);
  out->sorted = false;
  batch_join_release(join);
  return out;
}

/* ---- apart ------------------------------------------------------------------------------------ */

static void drop_parts(BatchSplit *split) {
  for (uint32_t i = 0; i < split->parts.len; i++) {
    split->places[split->parts.items[i].substream] = 0;
    selection_unref(split->parts.items[i].rows);
  }
  split->parts.len = 0;
}

static void need_places(BatchSplit *split, uint32_t substream) {
  if (substream < split->places_len) return;
  uint32_t len = split->places_len ? split->places_len : 64;
  while (len <= substream) len *= 2;
  split->places = mem_realloc(split->places, mem_mul(len, sizeof *split->places));
  for (uint32_t i = split->places_len; i < len; i++) split->places[i] = 0;
  split->places_len = len;
}

void batch_split(BatchSplit *split, const Batch *batch) {
  const Column *col = batch->substream;
  drop_parts(split);
  Vec(uint32_t) counts = {0};
  SELECTION_EACH(batch->sel, batch->rows, i) {
    uint32_t substream = (uint32_t)column_i64(col)[column_slot(col, i)];
    need_places(split, substream);
    if (split->places[substream] == 0) {
      vec_push(&split->parts, (BatchPart){.substream = substream});
      vec_push(&counts, 0);
      split->places[substream] = split->parts.len;
    }
    counts.items[split->places[substream] - 1]++;
  }
  for (uint32_t i = 0; i < split->parts.len; i++) split->parts.items[i].rows = selection_new(counts.items[i]);
  SELECTION_EACH(batch->sel, batch->rows, i) {
    Selection *rows = split->parts.items[split->places[column_i64(col)[column_slot(col, i)]] - 1].rows;
    rows->rows[rows->len++] = i;
  }
  vec_release(&counts);
}

void batch_split_release(BatchSplit *split) {
  drop_parts(split);
  vec_release(&split->parts);
  mem_free(split->places);
  split->places_len = 0;
}

static Column *gather(const Column *col, const Selection *rows) {
  return col ? column_gather(col, rows->rows, rows->len, false) : NULL;
}

Batch *batch_part(const Batch *batch, const Selection *rows) {
  Batch *out = batch_new(rows->len, batch->cols_len);
  for (uint32_t c = 0; c < batch->cols_len; c++) out->cols[c] = gather(batch->cols[c], rows);
  out->time = gather(batch->time, rows);
  out->payload = gather(batch->payload, rows);
  out->offset = gather(batch->offset, rows);
  out->channel = batch->channel;
  out->sorted = true;
  lineage_merge(&out->lineage, &batch->lineage);
  return out;
}
