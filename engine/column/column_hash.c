/* column_hash.c: hashes of whole columns (column.h, column_hash).
**
** hash_rows is compiled once per layout with the layout as a constant, so each layout gets a loop of its own
** from one source. Records, arrays and mixed values go value by value: their hash needs canonical JSON. */
#include "column/hash_keys.h"

#include "base/status.h"
#include "column/column.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE uint64_t hash_slot(const Column *col, ColumnLayout layout, const void *data, uint32_t slot) {
  switch (layout) {
    case COL_NULL: return hash_of_null();
    case COL_BIT: return hash_of_int(TYPE_BIT, ((const uint8_t *)data)[slot]);
    case COL_BIGINT: return hash_of_int(TYPE_BIGINT, ((const int64_t *)data)[slot]);
    case COL_FLOAT: return hash_of_float(((const double *)data)[slot]);
    case COL_DATETIME: return hash_of_int(TYPE_DATETIME, ((const Ticks *)data)[slot]);
    case COL_TEXT: return hash_of_text(&((const Text *)data)[slot]);
    case COL_RECORD:
    case COL_ARRAY:
    case COL_MIXED: {
      Value value = column_get(col, slot);
      return value_hash(&value);
    }
  }
  BUG("column layout %d", (int)layout);
}

ALWAYS_INLINE void hash_each(const Column *col, ColumnLayout layout, const Selection *sel, uint32_t count,
                             uint64_t *hashes, bool combine) {
  const void *data = col->data;
  const uint64_t *valid = col->valid;
  const uint32_t *chosen = sel ? sel->rows : NULL;
  for (uint32_t k = 0; k < count; k++) {
    uint32_t row = chosen ? chosen[k] : k;
    uint64_t hash = valid && !bits_get(valid, row) ? hash_of_null() : hash_slot(col, layout, data, row);
    hashes[k] = combine ? hash_combine(hashes[k], hash) : hash;
  }
}

ALWAYS_INLINE void hash_rows(const Column *col, ColumnLayout layout, const Selection *sel, uint32_t count,
                             uint64_t *hashes, bool combine) {
  if (combine) hash_each(col, layout, sel, count, hashes, true);
  else hash_each(col, layout, sel, count, hashes, false);
}

static void hash_constant(const Column *col, uint32_t count, uint64_t *hashes, bool combine) {
  Value value = column_get(col, 0);
  uint64_t hash = value_hash(&value);
  for (uint32_t k = 0; k < count; k++) hashes[k] = combine ? hash_combine(hashes[k], hash) : hash;
}

void column_hash(const Column *col, const Selection *sel, uint32_t rows, uint64_t *hashes, bool combine) {
  uint32_t count = sel ? sel->len : rows;
  if (col->constant || col->layout == COL_NULL) {
    hash_constant(col, count, hashes, combine);
    return;
  }
  switch (col->layout) {
    case COL_NULL: return;
    case COL_BIT: hash_rows(col, COL_BIT, sel, count, hashes, combine); return;
    case COL_BIGINT: hash_rows(col, COL_BIGINT, sel, count, hashes, combine); return;
    case COL_FLOAT: hash_rows(col, COL_FLOAT, sel, count, hashes, combine); return;
    case COL_DATETIME: hash_rows(col, COL_DATETIME, sel, count, hashes, combine); return;
    case COL_TEXT: hash_rows(col, COL_TEXT, sel, count, hashes, combine); return;
    case COL_RECORD:
    case COL_ARRAY:
    case COL_MIXED: hash_rows(col, COL_MIXED, sel, count, hashes, combine); return;
  }
  BUG("column layout %d", (int)col->layout);
}
