/* row_store.h: rows while they are being decoded, before the types of their columns are known.
**
** A decoder puts each value down as a tag and a slot of 16 bytes; nothing is widened or copied on the way,
** and a record that turns out bad is forgotten by clearing its tags. When the batch is complete each field
** becomes the narrowest column that holds its values:
**   only bigints -> COL_BIGINT; bigints and floats -> COL_FLOAT with `integral` bits (COL_MIXED when a bigint
**   beyond 2^53 is among them); one other type -> its layout; several -> COL_MIXED; nothing -> COL_NULL.
**
** Text stays where it is (the payload buffer, which the column then holds) or in buffers of the store
** (row_store_text). Everything the store points to must have 12 readable bytes behind it, which Buffer
** padding gives. Thread: one. */
#ifndef WEIR_FORMATS_ROW_STORE_H
#define WEIR_FORMATS_ROW_STORE_H

#include "base/vec.h"
#include "column/column.h"

/* Values have the tag of their Type; these two are no value, and both become NULL. */
enum { TAG_MISSING = TYPE_NULL, TAG_NULL = TYPE_COUNT };

typedef union RowSlot {
  int64_t i; /* TYPE_BIT, TYPE_BIGINT, TYPE_DATETIME */
  double  f;
  Text    text;
} RowSlot;

typedef struct RowField {
  uint8_t *tags; /* TAG_MISSING until a value is put */
  RowSlot *slots;
} RowField;

typedef struct RowStore {
  RowField *fields;
  uint32_t  fields_len;
  uint32_t  rows;      /* complete rows; the one being filled has this number */
  uint32_t  cap;       /* at least rows + 1 */
  uint32_t *message;   /* of each row */
  Vec(Buffer *) heaps; /* text made by the decoder */
} RowStore;

void row_store_init(RowStore *store, uint32_t fields_len);
void row_store_release(RowStore *store);
/* Forgets all rows and lets go of the text. */
void row_store_clear(RowStore *store);
void row_store_grow(RowStore *store);
/* Forgets the rows from `row` on and what has been put in the row being filled. */
void row_store_rewind(RowStore *store, uint32_t row);
/* Forgets what has been put in the row being filled. */
static inline void row_store_drop(RowStore *store) {
  for (uint32_t i = 0; i < store->fields_len; i++) store->fields[i].tags[store->rows] = TAG_MISSING;
}
/* The row being filled is complete. */
static inline void row_store_commit(RowStore *store, uint32_t message) {
  store->message[store->rows++] = message;
  if (store->rows == store->cap) row_store_grow(store);
}
/* Room for text that lives as long as the columns made from the store. */
char *row_store_text(RowStore *store, size_t len);

static inline void row_put_i64(RowField *field, uint32_t row, uint8_t tag, int64_t value) {
  field->tags[row] = tag;
  field->slots[row].i = value;
}
static inline void row_put_f64(RowField *field, uint32_t row, double value) {
  field->tags[row] = TYPE_FLOAT;
  field->slots[row].f = value;
}
/* Reads up to 12 bytes behind ptr, whatever len is: two loads instead of a copy of unknown length. */
static inline void row_put_text(RowField *field, uint32_t row, uint8_t tag, const char *ptr, uint32_t len) {
  static const uint8_t mask[TEXT_INLINE * 2] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
  Text *text = &field->slots[row].text;
  field->tags[row] = tag;
  if (len > TEXT_INLINE) {
    *text = text_make(ptr, len);
    return;
  }
  uint64_t low, low_mask;
  uint32_t high, high_mask;
  memcpy(&low, ptr, 8);
  memcpy(&high, ptr + 8, 4);
  memcpy(&low_mask, mask + TEXT_INLINE - len, 8);
  memcpy(&high_mask, mask + TEXT_INLINE - len + 8, 4);
  low &= low_mask;
  high &= high_mask;
  text->len = len;
  memcpy(text->inlined, &low, 8);
  memcpy(text->inlined + 8, &high, 4);
}

/* The column of a field; text columns hold `bytes` (may be NULL) and the store's own buffers. */
Column *row_store_column(const RowStore *store, uint32_t field, Buffer *bytes);

#endif
