/* join_key.c: see join_key.h. One loop a layout for the common ones; the others go value by value. */
#include "ops/join_key.h"

#include "column/hash_keys.h"

/* Types that never equal each other are kept apart: to compare them would be an error. */
static uint64_t of_kind(uint64_t hash, Type type) {
  static const uint64_t salts[TYPE_COUNT] = {
      [TYPE_DATETIME] = 0x8c5fd3a1e6b20497, [TYPE_TEXT] = 0x3b7e91d45f0ac862,
      [TYPE_RECORD] = 0xd1640e9b72f8a35c,   [TYPE_ARRAY] = 0x69a2f7c01d8e4b35,
  };
  return hash_mix(hash ^ salts[type]);
}

static uint64_t hash_instant(Ticks ticks) { return of_kind((uint64_t)ticks, TYPE_DATETIME); }
static uint64_t hash_bigint(int64_t n) { return of_kind(hash_of_int(TYPE_BIGINT, n), TYPE_BIGINT); }

/* A cheap look first: most texts are no instants. */
static uint64_t hash_text(const Text *text, bool instants) {
  Ticks ticks;
  if (instants && text->len >= 10 && text_ptr(text)[4] == '-' && datetime_parse(text_ptr(text), text->len, &ticks))
    return hash_instant(ticks);
  return of_kind(hash_of_text(text), TYPE_TEXT);
}

static uint64_t hash_value(const Value *value, bool instants) {
  if (value->type == TYPE_BIT) return hash_bigint(value->i != 0);
  if (value->type == TYPE_TEXT) return hash_text(&value->text, instants);
  if (value->type == TYPE_DATETIME) return hash_instant(value->i);
  return of_kind(value_hash(value), value->type == TYPE_FLOAT ? TYPE_BIGINT : value->type);
}

static uint64_t hash_row(const Column *col, bool instants, uint32_t row) {
  uint32_t slot = column_slot(col, row);
  switch (col->layout) {
    case COL_BIGINT: return hash_bigint(column_i64(col)[slot]);
    case COL_DATETIME: return hash_instant(column_i64(col)[slot]);
    case COL_TEXT: return hash_text(&column_text(col)[slot], instants);
    case COL_NULL:
    case COL_BIT:
    case COL_FLOAT:
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
