/* row_store.c: see row_store.h. */
#include "connectors/formats/row_store.h"

enum { ROWS_FIRST = 1024, HEAP_BYTES = 64 << 10 };

/* ---- life ---- */

static void set_capacity(RowStore *store, uint32_t cap) {
  for (uint32_t i = 0; i < store->fields_len; i++) {
    RowField *field = &store->fields[i];
    field->tags = mem_realloc(field->tags, cap);
    memset(field->tags + store->cap, TAG_MISSING, cap - store->cap);
    field->slots = mem_realloc(field->slots, mem_mul(cap, sizeof *field->slots));
  }
  store->message = mem_realloc(store->message, mem_mul(cap, sizeof *store->message));
  store->cap = cap;
}

void row_store_init(RowStore *store, uint32_t fields_len) {
  *store = (RowStore){.fields_len = fields_len};
  store->fields = mem_zalloc(mem_mul(fields_len, sizeof *store->fields));
  set_capacity(store, ROWS_FIRST);
}

void row_store_grow(RowStore *store) { set_capacity(store, store->cap * 2); }

static void drop_heaps(RowStore *store) {
  for (uint32_t i = 0; i < store->heaps.len; i++) buffer_unref(store->heaps.items[i]);
  store->heaps.len = 0;
}

void row_store_release(RowStore *store) {
  for (uint32_t i = 0; i < store->fields_len; i++) {
    mem_free(store->fields[i].tags);
    mem_free(store->fields[i].slots);
  }
  mem_free(store->fields);
  mem_free(store->message);
  drop_heaps(store);
  vec_release(&store->heaps);
  *store = (RowStore){0};
}

void row_store_rewind(RowStore *store, uint32_t row) {
  for (uint32_t i = 0; i < store->fields_len; i++)
    memset(store->fields[i].tags + row, TAG_MISSING, store->rows - row + 1);
  store->rows = row;
}

void row_store_clear(RowStore *store) {
  row_store_rewind(store, 0);
  drop_heaps(store);
}

char *row_store_text(RowStore *store, size_t len) {
  Buffer *heap = store->heaps.len ? store->heaps.items[store->heaps.len - 1] : NULL;
  if (heap == NULL || heap->cap - heap->len < len) {
    heap = buffer_new(len > HEAP_BYTES ? len : HEAP_BYTES);
    vec_push(&store->heaps, heap);
  }
  heap->len += len;
  return heap->data + heap->len - len;
}

/* ---- columns ---- */

/* Bit of each tag among the rows. Most columns are of one type: one memcmp sees that. */
static unsigned tags_seen(const uint8_t *tags, uint32_t rows) {
  if (rows == 0) return 0;
  if (memcmp(tags, tags + 1, rows - 1) == 0) return 1u << tags[0];
  unsigned seen = 0;
  for (uint32_t i = 0; i < rows; i++) seen |= 1u << tags[i];
  return seen;
}

static void set_valid(Column *col, const uint8_t *tags, uint32_t rows) {
  uint64_t *valid = column_need_valid(col);
  for (uint32_t i = 0; i < rows; i++)
    if (tags[i] == TAG_MISSING || tags[i] == TAG_NULL) bits_unset(valid, i);
}

static void hold_text(Column *col, const RowStore *store, Buffer *bytes) {
  if (bytes) column_hold(col, bytes);
  for (uint32_t i = 0; i < store->heaps.len; i++) column_hold(col, store->heaps.items[i]);
}

static bool ints_fit_double(const RowField *field, uint32_t rows) {
  const uint64_t exact = UINT64_C(1) << 53;
  unsigned beyond = 0;
  for (uint32_t i = 0; i < rows; i++)
    beyond |= (unsigned)(field->tags[i] == TYPE_BIGINT) & (unsigned)((uint64_t)field->slots[i].i + exact > 2 * exact);
  return !beyond;
}

/* Up to 64 rows; returns their bits of `integral`. Both readings of a slot are made and one chosen by mask:
** which it is follows no pattern in real data. */
static uint64_t fill_numbers(double *out, const RowSlot *slots, const uint8_t *tags, uint32_t rows) {
  uint64_t bits = 0;
  for (uint32_t i = 0; i < rows; i++) {
    uint64_t whole = tags[i] == TYPE_BIGINT, as_float, as_int;
    double converted = (double)slots[i].i;
    memcpy(&as_int, &converted, 8);
    memcpy(&as_float, &slots[i], 8);
    as_float = (as_int & -whole) | (as_float & ~-whole);
    memcpy(&out[i], &as_float, 8);
    bits |= whole << i;
  }
  return bits;
}

static void fill_float(Column *col, const RowField *field, uint32_t rows, bool some_integral) {
  double *out = column_f64(col);
  uint64_t *integral = some_integral ? column_need_integral(col) : NULL;
  for (uint32_t i = 0; i < rows && !some_integral; i++) out[i] = field->slots[i].f;
  for (uint32_t i = 0; i < rows && some_integral; i += 64)
    integral[i / 64] = fill_numbers(out + i, field->slots + i, field->tags + i, rows - i < 64 ? rows - i : 64);
}

static Value row_value(const RowField *field, uint32_t row) {
  const RowSlot *slot = &field->slots[row];
  switch ((Type)field->tags[row]) {
    case TYPE_BIT:
    case TYPE_BIGINT:
    case TYPE_DATETIME: return (Value){.type = (Type)field->tags[row], .i = slot->i};
    case TYPE_FLOAT: return value_float(slot->f);
    case TYPE_TEXT:
    case TYPE_RECORD:
    case TYPE_ARRAY: return (Value){.type = (Type)field->tags[row], .text = slot->text};
    case TYPE_NULL:
    case TYPE_COUNT: break;
  }
  return value_null();
}

static void fill(Column *col, const RowField *field, uint32_t rows, bool some_integral) {
  _Static_assert(sizeof(RowSlot) == sizeof(Text), "text slots are copied as they are");
  switch (col->layout) {
    case COL_NULL: break;
    case COL_BIT:
      for (uint32_t i = 0; i < rows; i++) column_bits(col)[i] = field->slots[i].i & 1;
      break;
    case COL_BIGINT:
    case COL_DATETIME:
      for (uint32_t i = 0; i < rows; i++) column_i64(col)[i] = field->slots[i].i;
      break;
    case COL_FLOAT: fill_float(col, field, rows, some_integral); break;
    case COL_TEXT:
    case COL_RECORD:
    case COL_ARRAY: memcpy(col->data, field->slots, rows * sizeof(Text)); break;
    case COL_MIXED:
      for (uint32_t i = 0; i < rows; i++) column_values(col)[i] = row_value(field, i);
      break;
  }
}

static ColumnLayout layout_of_tags(const RowField *field, uint32_t rows, unsigned types) {
  const unsigned numbers = 1u << TYPE_BIGINT | 1u << TYPE_FLOAT;
  if (types == 0) return COL_NULL;
  if (types == numbers) return ints_fit_double(field, rows) ? COL_FLOAT : COL_MIXED;
  if (types & (types - 1)) return COL_MIXED;
  return column_layout_of((Type)__builtin_ctz(types));
}

Column *row_store_column(const RowStore *store, uint32_t at, Buffer *bytes) {
  const RowField *field = &store->fields[at];
  const unsigned no_value = 1u << TAG_MISSING | 1u << TAG_NULL;
  unsigned seen = tags_seen(field->tags, store->rows);
  unsigned types = seen & ~no_value;
  Column *col = column_new(layout_of_tags(field, store->rows, types), store->rows);
  fill(col, field, store->rows, types & 1u << TYPE_BIGINT);
  if (types && seen & no_value && col->layout != COL_MIXED) set_valid(col, field->tags, store->rows);
  if (types >> TYPE_TEXT) hold_text(col, store, bytes);
  return col;
}
