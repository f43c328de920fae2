/* join_key.c: see join_key.h. One loop a layout for the common ones; the others go value by value. */
#include "ops/join_key.h"

#include "column/hash_keys.h"

/* A cheap look first: most texts are no instants. */
static uint64_t hash_text(const Text *text, bool instants) {
  Ticks ticks;
  if (instants && text->len >= 10 && text_ptr(text)[4] == '-' && datetime_parse(text_ptr(text), text->len, &ticks))
    return hash_of_int(TYPE_DATETIME, ticks);
  return hash_of_text(text);
}

static uint64_t hash_value(const Value *value, bool instants) {
  if (value->type == TYPE_BIT) return hash_of_int(TYPE_BIGINT, value->i != 0);
  if (value->type == TYPE_TEXT) return hash_text(&value->text, instants);
  return value_hash(value);
}

static uint64_t hash_row(const Column *col, bool instants, uint32_t row) {
  uint32_t slot = column_slot(col, row);
  switch (col->layout) {
    case COL_BIGINT: return hash_of_int(TYPE_BIGINT, column_i64(col)[slot]);
    case COL_TEXT: return hash_text(&column_text(col)[slot], instants);
    case COL_NULL:
    case COL_BIT:
    case COL_FLOAT:
    case COL_DATETIME:
    case COL_RECORD:
    case COL_ARRAY:
    case COL_MIXED: break;
  }
  Value value = column_get(col, row);
  return hash_value(&value, instants);
}

static void hash_column(const Column *col, bool instants, const Selection *sel, uint32_t rows, uint64_t *hashes,
                        bool combine, bool *usable) {
  SELECTION_EACH(sel, rows, i) {
    if (column_is_null(col, i)) {
      usable[i] = false;
      continue;
    }
    uint64_t hash = hash_row(col, instants, i);
    hashes[i] = combine ? hash_combine(hashes[i], hash) : hash;
  }
}

void join_key_hash(Column *const *keys, const bool *instants, uint32_t keys_len, const Selection *sel, uint32_t rows,
                   uint64_t *hashes, bool *usable) {
  for (uint32_t k = 0; k < keys_len; k++) hash_column(keys[k], instants[k], sel, rows, hashes, k > 0, usable);
}
