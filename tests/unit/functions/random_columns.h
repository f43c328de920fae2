/* random_columns.h: random values and columns of every layout for the property tests of this folder. */
#ifndef WEIR_TESTS_RANDOM_COLUMNS_H
#define WEIR_TESTS_RANDOM_COLUMNS_H

#include "column/column.h"

static uint64_t random_state = 88172645463325252u;
static inline uint32_t random_below(uint32_t limit) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (uint32_t)(random_state >> 33) % limit;
}

static const char *const texts[] = {
    "", "a", "abc", "ABC", "a%c", "a_c", "%b%", "_", "[a-c]%", "[^x]bc", "  blank  ", "12", "-7", "3.5", "1e3",
    "2026-03-14T09:30:00Z", "2026-03-14 07:30:00", "2024-02-29", "not a date", "true", "0", "na\xc3\xafve caf\xc3\xa9",
    "\xf0\x9f\x9a\xa2 dock \xe6\xb8\xaf\xe5\x8f\xa3", "a longer text than fits twelve bytes",
    "a longer text that differs",
    "%longer%", "a longer%", "%bytes", "\xe2\x80\x83 wide \xe2\x80\x83", "(a|b)+", "[0-9]+", "(", "{\"a\":1,\"b\":[2]}",
    "POINT(10 59)", "POLYGON((0 0,2 0,2 2,0 2,0 0))",
};
static const char *const records[] = {"{}", "{\"a\":1,\"A\":2.5}", "{\"name\":\"x\",\"list\":[1,2]}",
                                      "{\"type\":\"Point\",\"coordinates\":[10.5,59]}"};
static const char *const arrays[] = {"[]", "[1,2,3]", "[\"a\",{\"b\":null}]"};
static const char *const units[] = {"year", "month", "day", "week", "hour", "minute", "second", "ms", "weekday", "qq"};
static const double floats[] = {0,     -0.0,   0.5,  -0.5, 1,   2, -3, 2.5, 1e18, 9007199254740993.0,
                                1e300, -1e300, 1e-9, 100,  59.5};
static const int64_t wholes[] = {
    0, 1, -1, 2, 3, -7, 10, 100, INT64_MAX, INT64_MIN, INT64_C(1) << 53, 4611686018427387904, 5};

static inline Value random_value(Type type) {
  switch (type) {
    case TYPE_BIT: return value_bit(random_below(2));
    case TYPE_BIGINT: return value_bigint(random_below(3) ? (int64_t)random_below(20) - 8 : wholes[random_below(13)]);
    case TYPE_FLOAT:
      return value_float(random_below(3) ? (double)random_below(40) / 4 - 3 : floats[random_below(15)]);
    case TYPE_DATETIME:
      return value_datetime(INT64_C(639090000000000000) + (int64_t)random_below(1000000) * 12345678901);
    case TYPE_TEXT: return value_text(str_from(texts[random_below(sizeof texts / sizeof *texts)]));
    case TYPE_RECORD: return value_json(TYPE_RECORD, str_from(records[random_below(4)]));
    case TYPE_ARRAY: return value_json(TYPE_ARRAY, str_from(arrays[random_below(3)]));
    case TYPE_NULL:
    case TYPE_COUNT: break;
  }
  return value_null();
}

static inline Type random_type(TypeMask mask) {
  for (;;) {
    Type type = (Type)random_below(TYPE_COUNT);
    if (type != TYPE_NULL && (mask & MASK(type))) return type;
  }
}

/* ---- columns ---- */

static inline Column *integral_column(uint32_t rows) {
  Column *col = column_new(COL_FLOAT, rows);
  for (uint32_t i = 0; i < rows; i++) {
    bool whole = random_below(2);
    column_f64(col)[i] = whole ? (double)(int64_t)random_below(50) - 20 : random_value(TYPE_FLOAT).f;
    if (whole) bits_set(column_need_integral(col), i);
  }
  return col;
}

static inline void store(Column *col, uint32_t row, const Value *value) {
  switch (col->layout) {
    case COL_NULL: break;
    case COL_BIT: column_bits(col)[row] = (uint8_t)value->i; break;
    case COL_BIGINT:
    case COL_DATETIME: column_i64(col)[row] = value->i; break;
    case COL_FLOAT: column_f64(col)[row] = value->f; break;
    case COL_TEXT:
    case COL_RECORD:
    case COL_ARRAY: column_text(col)[row] = value->text; break;
    case COL_MIXED: column_values(col)[row] = *value; break;
  }
}

static inline Column *filled_column(ColumnLayout layout, TypeMask mask, Type type, uint32_t rows) {
  Column *col = column_new(layout, rows);
  for (uint32_t i = 0; i < rows; i++) {
    Value value = random_value(layout == COL_MIXED ? random_type(mask) : type);
    store(col, i, &value);
  }
  return col;
}

static inline Column *random_column(TypeMask mask, uint32_t rows) {
  Type type = random_type(mask);
  uint32_t dice = random_below(12);
  Value value = random_value(type);
  if (dice == 0) return column_new(COL_NULL, rows);
  if (dice <= 3) return column_constant(&value, rows, true);
  Column *col;
  if (dice == 4 && (mask & MASK_NUMBER) == MASK_NUMBER) col = integral_column(rows);
  else if (dice == 5) col = filled_column(COL_MIXED, mask, type, rows);
  else col = filled_column(column_layout_of(type), mask, type, rows);
  if (random_below(2))
    for (uint32_t i = 0; i < rows; i++)
      if (random_below(4) == 0) column_set_null(col, i);
  return col;
}

static inline Selection *random_selection(uint32_t rows) {
  if (random_below(2)) return NULL;
  Selection *sel = selection_new(rows);
  uint32_t keep = random_below(4) + 1;
  for (uint32_t i = 0; i < rows; i++)
    if (random_below(4) < keep) sel->rows[sel->len++] = i;
  return sel;
}

#endif
