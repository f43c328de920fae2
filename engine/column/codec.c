/* codec.c: see codec.h.
**
** Column: layout, flags, rows; validity and integral words; then the slots. Numbers are 8 bytes, bits 1, a
** text its length and bytes, a mixed value its type and one of these. A constant column has one slot.
** Batch: rows, columns, channel, sortedness, flags for the three extra columns, then those, the columns and
** the lineage. */
#include "column/codec.h"

#include <math.h>
#include "base/mem.h"
#include "base/status.h"

enum { COLUMN_CONSTANT = 1, COLUMN_VALID = 2, COLUMN_INTEGRAL = 4 };
enum { BATCH_TIME = 1, BATCH_PAYLOAD = 2, BATCH_OFFSET = 4 };

static uint32_t slot_count(const Column *col) { return col->constant ? 1 : col->rows; }

static bool slot_valid(const Column *col, uint32_t slot) { return !col->valid || bits_get(col->valid, slot); }

/* ---- saving a column ---- */

/* Bits behind the last slot are undefined in memory and zero in the bytes. */
static void put_bits(ByteWriter *out, const uint64_t *bits, uint32_t slots) {
  for (uint32_t word = 0; word < bits_words(slots); word++) {
    uint32_t left = slots - word * 64;
    put_u64(out, left >= 64 ? bits[word] : bits[word] & ((UINT64_C(1) << left) - 1));
  }
}

static void put_slot(const Column *col, uint32_t slot, ByteWriter *out) {
  bool valid = slot_valid(col, slot);
  switch (col->layout) {
    case COL_NULL: return;
    case COL_BIT: put_u8(out, valid ? column_bits(col)[slot] : 0); return;
    case COL_BIGINT:
    case COL_DATETIME: put_i64(out, valid ? column_i64(col)[slot] : 0); return;
    case COL_FLOAT: put_f64(out, valid ? column_f64(col)[slot] : 0); return;
    case COL_TEXT:
    case COL_RECORD:
    case COL_ARRAY: put_str(out, valid ? text_str(&column_text(col)[slot]) : STR("")); return;
    case COL_MIXED: value_save(&column_values(col)[slot], out); return;
  }
  BUG("column layout %d", (int)col->layout);
}

void column_save(const Column *col, ByteWriter *out) {
  uint32_t slots = slot_count(col);
  put_u8(out, (uint8_t)col->layout);
  put_u8(out, (uint8_t)((col->constant ? COLUMN_CONSTANT : 0) | (col->valid ? COLUMN_VALID : 0) |
                        (col->integral ? COLUMN_INTEGRAL : 0)));
  put_u32(out, col->rows);
  if (col->valid) put_bits(out, col->valid, slots);
  if (col->integral) put_bits(out, col->integral, slots);
  for (uint32_t slot = 0; col->layout != COL_NULL && slot < slots; slot++) put_slot(col, slot, out);
}

/* ---- loading a column ---- */

/* The least bytes a slot takes, to refuse a row count that the bytes cannot hold before making room. */
static size_t least_bytes(ColumnLayout layout) {
  switch (layout) {
    case COL_NULL: return 0;
    case COL_BIT:
    case COL_MIXED: return 1;
    case COL_BIGINT:
    case COL_FLOAT:
    case COL_DATETIME: return 8;
    case COL_TEXT:
    case COL_RECORD:
    case COL_ARRAY: return 4;
  }
  BUG("column layout %d", (int)layout);
}

static Value get_mixed(Column *col, ByteReader *in) {
  Value loaded = value_load(in), kept = loaded;
  if (value_has_text(&loaded)) kept.text = column_copy_text(col, text_str(&loaded.text));
  value_release(&loaded);
  return kept;
}

static uint8_t get_bit(ByteReader *in) {
  uint8_t bit = get_u8(in);
  if (bit > 1) in->bad = true;
  return bit & 1;
}

static double get_number(const Column *col, uint32_t slot, ByteReader *in) {
  double f = get_f64(in);
  bool whole = col->integral && bits_get(col->integral, slot);
  if (!isfinite(f) || (whole && (fabs(f) > 0x1p53 || trunc(f) != f))) in->bad = true;
  return in->bad ? 0 : f;
}

static void get_slot(Column *col, uint32_t slot, ByteReader *in) {
  switch (col->layout) {
    case COL_NULL: return;
    case COL_BIT: column_bits(col)[slot] = get_bit(in); return;
    case COL_BIGINT:
    case COL_DATETIME: column_i64(col)[slot] = get_i64(in); return;
    case COL_FLOAT: column_f64(col)[slot] = get_number(col, slot, in); return;
    case COL_TEXT:
    case COL_RECORD:
    case COL_ARRAY: column_text(col)[slot] = column_copy_text(col, get_str(in)); return;
    case COL_MIXED: column_values(col)[slot] = get_mixed(col, in); return;
  }
}

static bool plausible(unsigned layout, unsigned flags, uint32_t slots, const ByteReader *in) {
  if (in->bad || layout > COL_MIXED || flags > (COLUMN_CONSTANT | COLUMN_VALID | COLUMN_INTEGRAL)) return false;
  if ((flags & COLUMN_VALID) && (layout == COL_NULL || layout == COL_MIXED)) return false;
  if ((flags & COLUMN_INTEGRAL) && layout != COL_FLOAT) return false;
  return (size_t)(in->end - in->at) >= least_bytes((ColumnLayout)layout) * slots;
}

Column *column_load(ByteReader *in) {
  unsigned layout = get_u8(in), flags = get_u8(in);
  uint32_t rows = get_u32(in), slots = flags & COLUMN_CONSTANT ? 1 : rows;
  if (!plausible(layout, flags, slots, in)) {
    in->bad = true;
    return NULL;
  }
  Column *col = column_new((ColumnLayout)layout, slots);
  col->constant = flags & COLUMN_CONSTANT;
  col->rows = rows;
  if (flags & COLUMN_VALID) get_bytes(in, column_need_valid(col), bits_words(slots) * sizeof(uint64_t));
  if (flags & COLUMN_INTEGRAL) get_bytes(in, column_need_integral(col), bits_words(slots) * sizeof(uint64_t));
  for (uint32_t slot = 0; layout != COL_NULL && slot < slots && !in->bad; slot++) get_slot(col, slot, in);
  if (!in->bad) return col;
  column_unref(col);
  return NULL;
}

/* ---- batches ---- */

static void save_selected(const Column *col, const Selection *sel, ByteWriter *out) {
  if (!col) return;
  if (!sel) {
    column_save(col, out);
    return;
  }
  Column *chosen = column_gather(col, sel->rows, sel->len, false);
  column_save(chosen, out);
  column_unref(chosen);
}

void batch_save(const Batch *batch, ByteWriter *out) {
  put_u32(out, batch_count(batch));
  put_u32(out, batch->cols_len);
  put_u32(out, batch->channel);
  put_u8(out, batch->sorted);
  put_u8(out, (uint8_t)((batch->time ? BATCH_TIME : 0) | (batch->payload ? BATCH_PAYLOAD : 0) |
                        (batch->offset ? BATCH_OFFSET : 0)));
  save_selected(batch->time, batch->sel, out);
  save_selected(batch->payload, batch->sel, out);
  save_selected(batch->offset, batch->sel, out);
  for (uint32_t i = 0; i < batch->cols_len; i++) save_selected(batch->cols[i], batch->sel, out);
  lineage_save(&batch->lineage, out);
}

/* A column of the batch: its row count must be the batch's, its layout the expected one (COL_MIXED: any). */
static Column *load_member(const Batch *batch, ColumnLayout layout, ByteReader *in) {
  Column *col = column_load(in);
  bool fits = col && col->rows == batch->rows &&
              (layout == COL_MIXED || col->layout == layout || col->layout == COL_NULL);
  if (!fits) in->bad = true;
  return col;
}

static void load_members(Batch *batch, unsigned flags, ByteReader *in) {
  if (flags & BATCH_TIME) batch->time = load_member(batch, COL_DATETIME, in);
  if (batch->time && batch->time->layout == COL_NULL && batch->rows) in->bad = true;
  if (flags & BATCH_PAYLOAD) batch->payload = load_member(batch, COL_RECORD, in);
  if (flags & BATCH_OFFSET) batch->offset = load_member(batch, COL_BIGINT, in);
  for (uint32_t i = 0; i < batch->cols_len && !in->bad; i++) batch->cols[i] = load_member(batch, COL_MIXED, in);
  lineage_load(&batch->lineage, in);
}

Batch *batch_load(ByteReader *in) {
  uint32_t rows = get_u32(in), cols_len = get_u32(in), channel = get_u32(in);
  uint8_t sorted = get_u8(in), flags = get_u8(in);
  if (cols_len > (size_t)(in->end - in->at)) in->bad = true; /* a column takes more than a byte */
  if (in->bad) return NULL;
  Batch *batch = batch_new(rows, cols_len);
  batch->channel = channel;
  batch->sorted = sorted;
  load_members(batch, flags, in);
  if (!in->bad) return batch;
  batch_unref(batch);
  return NULL;
}
