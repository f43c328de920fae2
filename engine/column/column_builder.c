/* column_builder.c: a column made row by row (column.h, ColumnBuilder) and its widest form, COL_MIXED.
**
** The builder starts without a layout and takes that of the first value. When a later value does not fit it
** widens: bigint to float with integral bits while every number involved fits a double exactly, else to
** COL_MIXED. What is once mixed stays mixed. */
#include "column/column.h"

#include "base/mem.h"
#include "base/status.h"

void column_builder_init(ColumnBuilder *builder, uint32_t rows, bool copy_text) {
  *builder = (ColumnBuilder){.col = column_new(COL_NULL, rows), .rows = rows, .copy_text = copy_text};
}

/* ---- widening ---- */

/* Rows [0, upto) of col become the same values in a new column of this layout; text buffers move along. */
static Column *begin_wider(Column *col, ColumnLayout layout) {
  Column *wider = column_new(layout, col->rows);
  column_hold_all(wider, col);
  wider->heap = col->heap;
  return wider;
}

static Column *widen_null(Column *col, uint32_t upto, ColumnLayout layout) {
  Column *wider = begin_wider(col, layout);
  if (layout == COL_MIXED) return wider;
  for (uint32_t row = 0; row < upto; row++) column_set_null(wider, row);
  return wider;
}

static Column *widen_mixed(Column *col, uint32_t upto) {
  Column *wider = begin_wider(col, COL_MIXED);
  for (uint32_t row = 0; row < upto; row++) column_values(wider)[row] = column_get(col, row);
  return wider;
}

static bool all_exact(const Column *col, uint32_t upto) {
  for (uint32_t row = 0; row < upto; row++)
    if (!column_is_null(col, row) && !column_exact_as_double(column_i64(col)[row])) return false;
  return true;
}

static Column *widen_bigint(Column *col, uint32_t upto) {
  if (!all_exact(col, upto)) return widen_mixed(col, upto);
  Column *wider = begin_wider(col, COL_FLOAT);
  uint64_t *integral = column_need_integral(wider);
  for (uint32_t row = 0; row < upto; row++) {
    if (column_is_null(col, row)) {
      column_set_null(wider, row);
    } else {
      column_f64(wider)[row] = (double)column_i64(col)[row];
      bits_set(integral, row);
    }
  }
  return wider;
}

static bool takes(const Column *col, const Value *value) {
  if (col->layout == COL_MIXED || col->layout == column_layout_of(value->type)) return true;
  return col->layout == COL_FLOAT && value->type == TYPE_BIGINT && column_exact_as_double(value->i);
}

static Column *wider_for(Column *col, uint32_t upto, const Value *value) {
  if (col->layout == COL_NULL) return widen_null(col, upto, column_layout_of(value->type));
  if (col->layout == COL_BIGINT && value->type == TYPE_FLOAT) return widen_bigint(col, upto);
  return widen_mixed(col, upto);
}

/* ---- putting ---- */

static Text own_text(ColumnBuilder *builder, const Value *value) {
  return builder->copy_text ? column_copy_text(builder->col, text_str(&value->text)) : value->text;
}

static void store_float(Column *col, uint32_t row, const Value *value) {
  column_f64(col)[row] = value_as_double(value);
  if (value->type == TYPE_BIGINT) bits_set(column_need_integral(col), row);
}

static void store_mixed(ColumnBuilder *builder, uint32_t row, const Value *value) {
  Value *slot = &column_values(builder->col)[row];
  *slot = *value;
  if (value_has_text(value)) slot->text = own_text(builder, value);
}

static void store(ColumnBuilder *builder, uint32_t row, const Value *value) {
  Column *col = builder->col;
  switch (col->layout) {
    case COL_NULL: break;
    case COL_BIT: column_bits(col)[row] = (uint8_t)value->i; return;
    case COL_BIGINT:
    case COL_DATETIME: column_i64(col)[row] = value->i; return;
    case COL_FLOAT: store_float(col, row, value); return;
    case COL_TEXT:
    case COL_RECORD:
    case COL_ARRAY: column_text(col)[row] = own_text(builder, value); return;
    case COL_MIXED: store_mixed(builder, row, value); return;
  }
  BUG("value stored in column layout %d", (int)col->layout);
}

static void null_until(ColumnBuilder *builder, uint32_t row) {
  for (; builder->next < row; builder->next++) column_set_null(builder->col, builder->next);
}

void column_builder_put(ColumnBuilder *builder, uint32_t row, const Value *value) {
  if (row < builder->next || row >= builder->rows)
    BUG("row %u put into a builder that is at %u of %u", row, builder->next, builder->rows);
  if (value_is_null(value)) return; /* skipped rows are NULL */
  null_until(builder, row);
  if (!takes(builder->col, value)) {
    Column *wider = wider_for(builder->col, row, value);
    column_unref(builder->col);
    builder->col = wider;
    if (!takes(wider, value)) BUG("a column of layout %d widened in vain", (int)wider->layout);
  }
  store(builder, row, value);
  builder->next = row + 1;
}

Column *column_builder_finish(ColumnBuilder *builder) {
  null_until(builder, builder->rows);
  Column *col = builder->col;
  *builder = (ColumnBuilder){0};
  return col;
}

Column *column_to_mixed(const Column *col) {
  uint32_t slots = col->constant ? 1 : col->rows;
  Column *mixed = column_new(COL_MIXED, slots);
  mixed->rows = col->rows;
  mixed->constant = col->constant;
  column_hold_all(mixed, col);
  for (uint32_t slot = 0; slot < slots; slot++) column_values(mixed)[slot] = column_get(col, slot);
  return mixed;
}
