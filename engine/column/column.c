/* column.c: making, sharing and reading columns (column.h). Building row by row is in column_builder.c,
** copying rows in column_gather.c, hashing in column_hash.c, checking and printing in column_verify.c and
** column_print.c.
**
** Slots that hold text start zeroed, so that the slot of a NULL row is an empty text and never a wild
** pointer; a zeroed COL_MIXED slot is NULL. Number slots start undefined. At least one slot is always there,
** so a column may be made constant after column_new. */
#include "column/column.h"

#include "base/mem.h"
#include "base/status.h"

enum { HEAP_FIRST = 4096, HEAP_LARGEST = 1 << 20, HOLDS_LOOK_BACK = 8 };

static uint32_t slots_of(uint32_t rows) { return rows ? rows : 1; }

static bool holds_text(ColumnLayout layout) { return layout >= COL_TEXT; }

size_t column_slot_bytes(ColumnLayout layout) {
  switch (layout) {
    case COL_NULL: return 0;
    case COL_BIT: return sizeof(uint8_t);
    case COL_BIGINT: return sizeof(int64_t);
    case COL_FLOAT: return sizeof(double);
    case COL_DATETIME: return sizeof(Ticks);
    case COL_TEXT:
    case COL_RECORD:
    case COL_ARRAY: return sizeof(Text);
    case COL_MIXED: return sizeof(Value);
  }
  BUG("column layout %d", (int)layout);
}

ColumnLayout column_layout_of(Type type) {
  switch (type) {
    case TYPE_NULL: return COL_NULL;
    case TYPE_BIT: return COL_BIT;
    case TYPE_BIGINT: return COL_BIGINT;
    case TYPE_FLOAT: return COL_FLOAT;
    case TYPE_DATETIME: return COL_DATETIME;
    case TYPE_TEXT: return COL_TEXT;
    case TYPE_RECORD: return COL_RECORD;
    case TYPE_ARRAY: return COL_ARRAY;
    case TYPE_COUNT: break;
  }
  BUG("no column holds type %d", (int)type);
}

/* ---- life ---- */

Column *column_new(ColumnLayout layout, uint32_t rows) {
  Column *col = mem_zalloc(sizeof *col);
  atomic_init(&col->refs, 1);
  col->layout = layout;
  col->rows = rows;
  size_t bytes = mem_mul(slots_of(rows), column_slot_bytes(layout));
  if (bytes) col->data = holds_text(layout) ? mem_zalloc(bytes) : mem_alloc(bytes);
  return col;
}

static void store_constant(Column *col, const Value *value, bool copy) {
  switch (col->layout) {
    case COL_NULL: return;
    case COL_BIT: *column_bits(col) = (uint8_t)value->i; return;
    case COL_BIGINT:
    case COL_DATETIME: *column_i64(col) = value->i; return;
    case COL_FLOAT: *column_f64(col) = value->f; return;
    case COL_TEXT:
    case COL_RECORD:
    case COL_ARRAY: *column_text(col) = copy ? column_copy_text(col, text_str(&value->text)) : value->text; return;
    case COL_MIXED: break;
  }
  BUG("constant of layout %d", (int)col->layout);
}

Column *column_constant(const Value *value, uint32_t rows, bool copy) {
  Column *col = column_new(column_layout_of(value->type), 1);
  col->constant = true;
  col->rows = rows;
  store_constant(col, value, copy);
  return col;
}

Column *column_ref(Column *col) {
  atomic_fetch_add_explicit(&col->refs, 1, memory_order_relaxed);
  return col;
}

void column_unref(Column *col) {
  if (!col || atomic_fetch_sub_explicit(&col->refs, 1, memory_order_acq_rel) != 1) return;
  for (uint32_t i = 0; i < col->holds_len; i++) buffer_unref(col->holds[i]);
  mem_free(col->holds);
  mem_free(col->data);
  mem_free(col->valid);
  mem_free(col->integral);
  mem_free(col);
}

/* ---- validity ---- */

static uint64_t *new_bits(const Column *col, bool on) {
  uint32_t slots = col->constant ? 1 : slots_of(col->rows);
  uint64_t *bits = mem_alloc(bits_words(slots) * sizeof *bits);
  bits_fill(bits, slots, on);
  return bits;
}

uint64_t *column_need_valid(Column *col) {
  if (!col->valid) col->valid = new_bits(col, true);
  return col->valid;
}

uint64_t *column_need_integral(Column *col) {
  if (!col->integral) col->integral = new_bits(col, false);
  return col->integral;
}

void column_set_null(Column *col, uint32_t row) {
  uint32_t slot = column_slot(col, row);
  if (col->layout == COL_NULL) return;
  if (col->layout == COL_MIXED) {
    column_values(col)[slot] = value_null();
    return;
  }
  bits_unset(column_need_valid(col), slot);
  if (holds_text(col->layout)) column_text(col)[slot] = (Text){0};
}

bool column_is_null(const Column *col, uint32_t row) {
  uint32_t slot = column_slot(col, row);
  if (col->layout == COL_NULL) return true;
  if (col->layout == COL_MIXED) return value_is_null(&column_values(col)[slot]);
  return col->valid && !bits_get(col->valid, slot);
}

/* ---- text ---- */

void column_hold(Column *col, Buffer *buffer) {
  uint32_t first = col->holds_len > HOLDS_LOOK_BACK ? col->holds_len - HOLDS_LOOK_BACK : 0;
  for (uint32_t i = first; i < col->holds_len; i++)
    if (col->holds[i] == buffer) return;
  if (col->holds_len == col->holds_cap) {
    col->holds_cap = col->holds_cap ? col->holds_cap * 2 : 2;
    col->holds = mem_realloc(col->holds, mem_mul(col->holds_cap, sizeof *col->holds));
  }
  col->holds[col->holds_len++] = buffer_ref(buffer);
}

void column_hold_all(Column *col, const Column *other) {
  for (uint32_t i = 0; i < other->holds_len; i++) column_hold(col, other->holds[i]);
}

void column_text_reserve(Column *col, size_t len) {
  if (len == 0 || (col->heap && col->heap->cap - col->heap->len >= len)) return;
  Buffer *buffer = buffer_new(len);
  column_hold(col, buffer);
  buffer_unref(buffer);
  col->heap = buffer;
}

/* Each new heap buffer is twice the one before, so a column of n bytes holds about log n of them. */
char *column_text_space(Column *col, size_t len) {
  if (!col->heap || col->heap->cap - col->heap->len < len) {
    size_t cap = col->heap ? col->heap->cap * 2 : HEAP_FIRST;
    if (cap > HEAP_LARGEST) cap = HEAP_LARGEST;
    column_text_reserve(col, cap > len ? cap : len);
  }
  char *space = col->heap->data + col->heap->len;
  col->heap->len += len;
  return space;
}

Text column_copy_text(Column *col, Str text) {
  if (text.len <= TEXT_INLINE) return text_from(text);
  char *space = column_text_space(col, text.len);
  memcpy(space, text.ptr, text.len);
  return text_make(space, text.len);
}

/* ---- reading ---- */

static Value float_value(const Column *col, uint32_t slot) {
  double f = column_f64(col)[slot];
  return col->integral && bits_get(col->integral, slot) ? value_bigint((int64_t)f) : value_float(f);
}

Value column_get(const Column *col, uint32_t row) {
  uint32_t slot = column_slot(col, row);
  if (column_is_null(col, row)) return value_null();
  switch (col->layout) {
    case COL_NULL: return value_null();
    case COL_BIT: return value_bit(column_bits(col)[slot]);
    case COL_BIGINT: return value_bigint(column_i64(col)[slot]);
    case COL_FLOAT: return float_value(col, slot);
    case COL_DATETIME: return value_datetime(column_i64(col)[slot]);
    case COL_TEXT: return (Value){.type = TYPE_TEXT, .text = column_text(col)[slot]};
    case COL_RECORD: return (Value){.type = TYPE_RECORD, .text = column_text(col)[slot]};
    case COL_ARRAY: return (Value){.type = TYPE_ARRAY, .text = column_text(col)[slot]};
    case COL_MIXED: return column_values(col)[slot];
  }
  BUG("column layout %d", (int)col->layout);
}
