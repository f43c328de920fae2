/* batch.c: see batch.h. */
#include "column/batch.h"

#include "base/mem.h"

Batch *batch_new(uint32_t rows, uint32_t cols_len) {
  Batch *batch = mem_zalloc(sizeof *batch);
  atomic_init(&batch->refs, 1);
  batch->rows = rows;
  batch->cols_len = cols_len;
  batch->cols = mem_zalloc(mem_mul(cols_len, sizeof *batch->cols));
  return batch;
}

Batch *batch_ref(Batch *batch) {
  atomic_fetch_add_explicit(&batch->refs, 1, memory_order_relaxed);
  return batch;
}

void batch_unref(Batch *batch) {
  if (!batch || atomic_fetch_sub_explicit(&batch->refs, 1, memory_order_acq_rel) != 1) return;
  for (uint32_t i = 0; i < batch->cols_len; i++) column_unref(batch->cols[i]);
  column_unref(batch->time);
  column_unref(batch->payload);
  column_unref(batch->offset);
  column_unref(batch->substream);
  selection_unref(batch->sel);
  lineage_release(&batch->lineage);
  mem_free(batch->cols);
  mem_free(batch);
}

static Column *ref_or_null(Column *col) { return col ? column_ref(col) : NULL; }

Batch *batch_like(const Batch *batch, uint32_t cols_len) {
  Batch *like = batch_new(batch->rows, cols_len);
  like->time = ref_or_null(batch->time);
  like->payload = ref_or_null(batch->payload);
  like->offset = ref_or_null(batch->offset);
  like->substream = ref_or_null(batch->substream);
  like->sel = selection_ref(batch->sel);
  like->channel = batch->channel;
  like->sorted = batch->sorted;
  lineage_merge(&like->lineage, &batch->lineage);
  return like;
}

Batch *batch_select(const Batch *batch, Selection *sel) {
  Batch *selected = batch_like(batch, batch->cols_len);
  for (uint32_t i = 0; i < batch->cols_len; i++) selected->cols[i] = ref_or_null(batch->cols[i]);
  selection_unref(selected->sel);
  selected->sel = sel;
  return selected;
}

uint32_t batch_count(const Batch *batch) { return batch->sel ? batch->sel->len : batch->rows; }
