/* group_key.h: whether a row's value is the key of a group: fast for the layouts that matter, exact for the rest. */
#ifndef WEIR_OPS_GROUP_KEY_H
#define WEIR_OPS_GROUP_KEY_H

#include <math.h>

#include "column/column.h"

static inline bool group_key_matches(const Column *col, uint32_t row, const Value *key) {
  if (col->layout == COL_BIGINT && !col->valid && key->type == TYPE_BIGINT)
    return column_i64(col)[column_slot(col, row)] == key->i;
  if (col->layout == COL_TEXT && !col->valid && key->type == TYPE_TEXT)
    return text_eq(&column_text(col)[column_slot(col, row)], &key->text);
  Value value = column_get(col, row);
  return value_same_key(&value, key);
}

/* Equal to the key, is it spelt alike too? Numbers are equal by value, records by what they hold. */
static inline bool group_key_spelt_as(const Column *col, uint32_t row, const Value *key) {
  bool number = key->type == TYPE_BIGINT || key->type == TYPE_FLOAT;
  if (!number && key->type != TYPE_RECORD && key->type != TYPE_ARRAY) return true;
  if (col->layout == COL_BIGINT && !col->valid) return key->type == TYPE_BIGINT;
  Value value = column_get(col, row);
  if (value.type != key->type) return false;
  if (value.type == TYPE_FLOAT) return signbit(value.f) == signbit(key->f);
  return number || text_eq(&value.text, &key->text);
}

#endif
