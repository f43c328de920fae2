/* column_verify.c: checks that columns and batches are what their headers promise; BUG when not. Run between
** operators in debug builds and by tests. Slots of NULL and of unselected rows are not looked at. */
#include <math.h>

#include "base/status.h"
#include "column/batch.h"

/* ---- one slot ---- */

static void verify_text(const Text *text, uint32_t row) {
  if (text_is_inline(text)) {
    for (uint32_t i = text->len; i < TEXT_INLINE; i++)
      if (text->inlined[i]) BUG("row %u: the inline text is not padded with zeros", row);
  } else if (!text->ptr || memcmp(text->prefix, text->ptr, sizeof text->prefix) != 0) {
    BUG("row %u: the text's prefix is not the start of its bytes", row);
  }
}

static void verify_float(const Column *col, uint32_t slot) {
  double f = column_f64(col)[slot];
  if (!isfinite(f)) BUG("slot %u: the float is not finite", slot);
  if (!col->integral || !bits_get(col->integral, slot)) return;
  if (fabs(f) > 0x1p53 || (double)(int64_t)f != f) BUG("slot %u: %g is marked as a bigint", slot, f);
}

static void verify_value(const Value *value, uint32_t slot) {
  if (value->type >= TYPE_COUNT) BUG("slot %u: value of type %d", slot, (int)value->type);
  if (value_has_text(value)) verify_text(&value->text, slot);
  if (value->type == TYPE_FLOAT && !isfinite(value->f)) BUG("slot %u: the float is not finite", slot);
  if (value->type == TYPE_BIT && (uint64_t)value->i > 1) BUG("slot %u: a bit that is neither 0 nor 1", slot);
}

static void verify_slot(const Column *col, uint32_t slot) {
  switch (col->layout) {
    case COL_NULL:
    case COL_BIGINT:
    case COL_DATETIME: return;
    case COL_BIT:
      if (column_bits(col)[slot] > 1) BUG("slot %u: a bit that is neither 0 nor 1", slot);
      return;
    case COL_FLOAT: verify_float(col, slot); return;
    case COL_TEXT:
    case COL_RECORD:
    case COL_ARRAY: verify_text(&column_text(col)[slot], slot); return;
    case COL_MIXED: verify_value(&column_values(col)[slot], slot); return;
  }
  BUG("column layout %d", (int)col->layout);
}

/* ---- a column ---- */

static void verify_shape(const Column *col) {
  if (col->layout > COL_MIXED) BUG("column layout %d", (int)col->layout);
  if (col->layout != COL_NULL && !col->data) BUG("a column of layout %d has no slots", (int)col->layout);
  if (col->valid && (col->layout == COL_NULL || col->layout == COL_MIXED))
    BUG("a column of layout %d has validity bits", (int)col->layout);
  if (col->integral && col->layout != COL_FLOAT)
    BUG("a column of layout %d has integral bits", (int)col->layout);
  if (atomic_load_explicit(&col->refs, memory_order_relaxed) == 0) BUG("a column that was released");
}

void column_verify(const Column *col, const Selection *sel) {
  verify_shape(col);
  if (col->constant) {
    if (!column_is_null(col, 0)) verify_slot(col, 0);
    return;
  }
  SELECTION_EACH(sel, col->rows, row) {
    if (row >= col->rows) BUG("row %u is selected of %u", row, col->rows);
    if (!column_is_null(col, row)) verify_slot(col, row);
  }
}

/* ---- a batch ---- */

static void verify_selection(const Selection *sel, uint32_t rows) {
  for (uint32_t i = 0; sel && i < sel->len; i++) {
    if (sel->rows[i] >= rows) BUG("row %u is selected of %u", sel->rows[i], rows);
    if (i && sel->rows[i] <= sel->rows[i - 1]) BUG("the selection does not ascend at row %u", sel->rows[i]);
  }
}

static void verify_member(const Batch *batch, const Column *col, const char *what, ColumnLayout layout) {
  if (!col) return;
  if (col->rows != batch->rows) BUG("%s has %u rows in a batch of %u", what, col->rows, batch->rows);
  if (layout != COL_NULL && col->layout != layout && col->layout != COL_NULL)
    BUG("%s has layout %s", what, column_layout_name(col->layout));
  column_verify(col, batch->sel);
}

static void verify_time(const Batch *batch) {
  Ticks last = TICKS_MIN;
  SELECTION_EACH(batch->sel, batch->rows, row) {
    if (column_is_null(batch->time, row)) BUG("row %u has no timestamp", row);
    Ticks time = column_i64(batch->time)[column_slot(batch->time, row)];
    if (batch->sorted && time < last) BUG("row %u of a sorted batch is older than the one before", row);
    last = time;
  }
}

static void verify_lineage(const Lineage *lineage) {
  for (uint32_t i = 1; i < lineage->len; i++)
    if (lineage->items[i].origin <= lineage->items[i - 1].origin) BUG("the lineage is not sorted");
}

void batch_verify(const Batch *batch) {
  verify_selection(batch->sel, batch->rows);
  for (uint32_t i = 0; i < batch->cols_len; i++) {
    if (!batch->cols[i]) BUG("column %u of the batch is missing", i);
    verify_member(batch, batch->cols[i], "a column", COL_NULL);
  }
  verify_member(batch, batch->time, "the time column", COL_DATETIME);
  verify_member(batch, batch->payload, "the payload column", COL_RECORD);
  verify_member(batch, batch->offset, "the offset column", COL_BIGINT);
  verify_member(batch, batch->substream, "the substream column", COL_BIGINT);
  if (batch->time) verify_time(batch);
  verify_lineage(&batch->lineage);
}
