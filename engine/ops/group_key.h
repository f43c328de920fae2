/* group_key.h: whether a row's value is the key of a group: fast for the layouts that matter, exact for the rest. */
#ifndef WEIR_OPS_GROUP_KEY_H
#define WEIR_OPS_GROUP_KEY_H

#include "column/column.h"

static inline bool group_key_matches(const Column *col, uint32_t row, const Value *key) {
  if (col->layout == COL_BIGINT && !col->valid && key->type == TYPE_BIGINT)
    return column_i64(col)[column_slot(col, row)] == key->i;
  if (col->layout == COL_TEXT && !col->valid && key->type == TYPE_TEXT)
    return text_eq(&column_text(col)[column_slot(col, row)], &key->text);
  Value value = column_get(col, row);
  return value_same_key(&value, key);
}

#endif
