/* reference_keys.c: see reference_keys.h. */
#include "ops/reference_keys.h"

#include "base/status.h"
#include "types/cast.h"

typedef enum KeyKind { KIND_NUMBER = 1, KIND_TEXT = 2, KIND_DATETIME = 4, KIND_JSON = 8, KIND_ANY = 15 } KeyKind;

static bool holds_bits(const Column *key, const Selection *sel, uint32_t rows) {
  if (key->layout == COL_BIT) return true;
  if (key->layout != COL_MIXED) return false;
  SELECTION_EACH(sel, rows, i)
    if (column_values(key)[column_slot(key, i)].type == TYPE_BIT) return true;
  return false;
}

static Column *without_bits(const Column *key, const Selection *sel, uint32_t rows) {
  ColumnBuilder builder;
  column_builder_init(&builder, rows, true);
  SELECTION_EACH(sel, rows, i) {
    Value value = column_get(key, i);
    if (value.type == TYPE_BIT) value = value_bigint(value.i != 0);
    if (value.type != TYPE_NULL) column_builder_put(&builder, i, &value);
  }
  return column_builder_finish(&builder);
}

void reference_keys_settle(Column **keys, uint32_t keys_len, const Selection *sel, uint32_t rows) {
  for (uint32_t k = 0; k < keys_len; k++) {
    Column *key = keys[k];
    if (!holds_bits(key, sel, rows)) continue;
    keys[k] = without_bits(key, sel, rows);
    column_unref(key);
  }
}

static Column *cast_key(const Column *key, Type type, const Selection *sel, uint32_t rows) {
  ColumnBuilder builder;
  column_builder_init(&builder, rows, true);
  StrBuf scratch = {0};
  SELECTION_EACH(sel, rows, i) {
    Value in = column_get(key, i), out;
    strbuf_clear(&scratch);
    if (in.type != TYPE_NULL && value_cast(&in, type, &scratch, &out)) column_builder_put(&builder, i, &out);
  }
  strbuf_release(&scratch);
  return column_builder_finish(&builder);
}

void reference_keys_convert(Column **keys, const ReferenceTable *table, const Selection *sel, uint32_t rows) {
  for (uint32_t k = 0; k < table->keys_len; k++) {
    const Column *own = table->cols[table->cols_len + k];
    Column *key = keys[k];
    bool to_time = own->layout == COL_DATETIME && key->layout == COL_TEXT;
    bool to_text = own->layout == COL_TEXT && key->layout == COL_DATETIME;
    if (!to_time && !to_text) continue;
    keys[k] = cast_key(key, to_time ? TYPE_DATETIME : TYPE_TEXT, sel, rows);
    column_unref(key);
  }
}

unsigned reference_key_kinds(const Column *key) {
  switch (key->layout) {
    case COL_NULL: return 0;
    case COL_BIT:
    case COL_BIGINT:
    case COL_FLOAT: return KIND_NUMBER;
    case COL_DATETIME:
    case COL_TEXT: return KIND_TEXT | KIND_DATETIME; /* text may be a datetime */
    case COL_RECORD:
    case COL_ARRAY: return KIND_JSON;
    case COL_MIXED: return KIND_ANY;
  }
  BUG("column layout %d", (int)key->layout);
}

const char *reference_kinds_name(unsigned kinds) {
  return kinds == KIND_NUMBER ? "numbers" : kinds == KIND_JSON ? "records or arrays" : "text";
}
