/* reference_table.c: see reference_table.h. */
#include "ops/reference_table.h"

#include <string.h>

#include "base/mem.h"
#include "column/codec.h"

void reference_table_init(ReferenceTable *table, uint32_t cols_len, uint32_t keys_len) {
  *table = (ReferenceTable){.cols_len = cols_len, .keys_len = keys_len};
}

static void free_columns(Column **cols, uint32_t len) {
  for (uint32_t i = 0; cols && i < len; i++) column_unref(cols[i]);
  mem_free(cols);
}

static void release_pieces(ReferenceTable *table) {
  for (uint32_t i = 0; i < table->pieces.len; i++)
    free_columns(table->pieces.items[i].cols, table->cols_len + table->keys_len);
  vec_release(&table->pieces);
}

static void release_index(ReferenceTable *table) {
  free_columns(table->cols, table->cols_len + table->keys_len);
  mem_free(table->slots);
  mem_free(table->next);
  mem_free(table->hashes);
}

void reference_table_release(ReferenceTable *table) {
  release_pieces(table);
  release_index(table);
  reference_table_init(table, table->cols_len, table->keys_len);
}

static uint32_t *selected_rows(const Selection *sel, uint32_t rows, uint32_t *count) {
  *count = sel ? sel->len : rows;
  uint32_t *list = mem_alloc(mem_mul(*count, sizeof *list));
  uint32_t k = 0;
  SELECTION_EACH(sel, rows, i) list[k++] = i;
  return list;
}

void reference_table_add(ReferenceTable *table, const Batch *batch, const Selection *sel, Column *const *keys) {
  uint32_t count, len = table->cols_len + table->keys_len;
  uint32_t *rows = selected_rows(sel, batch->rows, &count);
  Column **cols = mem_alloc(mem_mul(len + 1, sizeof *cols));
  for (uint32_t i = 0; i < len; i++)
    cols[i] = column_gather(i < table->cols_len ? batch->cols[i] : keys[i - table->cols_len], rows, count, true);
  mem_free(rows);
  vec_push(&table->pieces, (ReferencePiece){cols, count});
}

/* ---- the index -------------------------------------------------------------------------------- */

static bool same_keys(const ReferenceTable *table, Column *const *keys, uint32_t row, uint32_t at) {
  for (uint32_t k = 0; k < table->keys_len; k++) {
    const Column *own = table->cols[table->cols_len + k];
    if (own->layout == COL_BIGINT && keys[k]->layout == COL_BIGINT && !own->constant) {
      if (column_i64(own)[at] != column_i64(keys[k])[column_slot(keys[k], row)]) return false;
    } else if (own->layout == COL_TEXT && keys[k]->layout == COL_TEXT && !own->constant) {
      if (!text_eq(&column_text(own)[at], &column_text(keys[k])[column_slot(keys[k], row)])) return false;
    } else {
      Value a = column_get(own, at), b = column_get(keys[k], row);
      if (!value_same_key(&a, &b)) return false;
    }
  }
  return true;
}

static bool any_key_null(const ReferenceTable *table, uint32_t at) {
  for (uint32_t k = 0; k < table->keys_len; k++)
    if (column_is_null(table->cols[table->cols_len + k], at)) return true;
  return false;
}

/* Appends a row to its chain; a chain holds one hash, so it may hold several keys. */
static void index_row(ReferenceTable *table, uint32_t row, uint32_t *tails) {
  uint32_t at = (uint32_t)table->hashes[row] & table->mask;
  while (table->slots[at] && table->hashes[table->slots[at] - 1] != table->hashes[row]) at = (at + 1) & table->mask;
  if (table->slots[at] == 0) {
    table->slots[at] = row + 1;
  } else {
    table->next[tails[at]] = row + 1;
    table->unique = false;
  }
  tails[at] = row;
}

static void build_index(ReferenceTable *table) {
  uint32_t slots = 16;
  while (slots < table->rows * 2u) slots *= 2;
  table->slots = mem_zalloc(mem_mul(slots, sizeof *table->slots));
  table->mask = slots - 1;
  table->next = mem_zalloc(mem_mul(table->rows, sizeof *table->next));
  table->hashes = mem_zalloc(mem_mul(table->rows, sizeof *table->hashes));
  for (uint32_t k = 0; k < table->keys_len; k++)
    column_hash(table->cols[table->cols_len + k], NULL, table->rows, table->hashes, k > 0);
  uint32_t *tails = mem_zalloc(mem_mul(slots, sizeof *tails));
  for (uint32_t row = 0; row < table->rows; row++)
    if (!any_key_null(table, row)) index_row(table, row, tails);
  mem_free(tails);
}

static Column *join_pieces(const ReferenceTable *table, uint32_t at) {
  uint32_t len = table->pieces.len;
  const Column **cols = mem_alloc(mem_mul(len + 1, sizeof *cols));
  const uint32_t **rows = mem_zalloc(mem_mul(len + 1, sizeof *rows));
  uint32_t *counts = mem_alloc(mem_mul(len + 1, sizeof *counts)), most = 0;
  for (uint32_t i = 0; i < len; i++) {
    cols[i] = table->pieces.items[i].cols[at];
    counts[i] = table->pieces.items[i].rows;
    if (counts[i] > most) most = counts[i];
  }
  uint32_t *every = mem_alloc(mem_mul(most + 1, sizeof *every));
  for (uint32_t i = 0; i < most; i++) every[i] = i;
  for (uint32_t i = 0; i < len; i++) rows[i] = every;
  Column *col = column_concat(cols, rows, counts, len);
  mem_free(every);
  mem_free(counts);
  mem_free(rows);
  mem_free(cols);
  return col;
}

void reference_table_complete(ReferenceTable *table) {
  release_index(table);
  table->rows = 0;
  for (uint32_t i = 0; i < table->pieces.len; i++) table->rows += table->pieces.items[i].rows;
  uint32_t len = table->cols_len + table->keys_len;
  table->cols = mem_alloc(mem_mul(len + 1, sizeof *table->cols));
  for (uint32_t i = 0; i < len; i++) table->cols[i] = join_pieces(table, i);
  release_pieces(table);
  table->unique = true;
  build_index(table);
}

/* ---- probing ---------------------------------------------------------------------------------- */

uint32_t reference_table_first(const ReferenceTable *table, Column *const *keys, uint32_t row, uint64_t hash) {
  uint32_t at = (uint32_t)hash & table->mask;
  while (table->slots[at] && table->hashes[table->slots[at] - 1] != hash) at = (at + 1) & table->mask;
  for (uint32_t next = table->slots[at]; next; next = table->next[next - 1])
    if (same_keys(table, keys, row, next - 1)) return next - 1;
  return UINT32_MAX;
}

uint32_t reference_table_next(const ReferenceTable *table, Column *const *keys, uint32_t row, uint64_t hash,
                              uint32_t at) {
  (void)hash;
  for (uint32_t next = table->next[at]; next; next = table->next[next - 1])
    if (same_keys(table, keys, row, next - 1)) return next - 1;
  return UINT32_MAX;
}

size_t reference_table_bytes(const ReferenceTable *table) {
  size_t bytes = (size_t)table->rows * (sizeof *table->next + sizeof *table->hashes) +
                 ((size_t)table->mask + 1) * sizeof *table->slots;
  for (uint32_t i = 0; table->cols && i < table->cols_len + table->keys_len; i++) {
    bytes += column_slot_bytes(table->cols[i]->layout) * table->rows;
    for (uint32_t h = 0; h < table->cols[i]->holds_len; h++) bytes += table->cols[i]->holds[h]->cap;
  }
  return bytes;
}

/* ---- state ------------------------------------------------------------------------------------ */

void reference_table_save(const ReferenceTable *table, ByteWriter *out) {
  put_u8(out, table->cols != NULL);
  put_u32(out, table->rows);
  for (uint32_t i = 0; table->cols && i < table->cols_len + table->keys_len; i++) column_save(table->cols[i], out);
}

void reference_table_load(ReferenceTable *table, ByteReader *in) {
  bool complete = get_u8(in);
  uint32_t rows = get_u32(in);
  if (!complete || in->bad) return;
  uint32_t len = table->cols_len + table->keys_len;
  Column **cols = mem_zalloc(mem_mul(len + 1, sizeof *cols));
  for (uint32_t i = 0; i < len && !in->bad; i++) {
    cols[i] = column_load(in);
    in->bad |= cols[i] == NULL || cols[i]->rows != rows;
  }
  if (in->bad) {
    free_columns(cols, len);
    return;
  }
  vec_push(&table->pieces, (ReferencePiece){cols, rows});
  reference_table_complete(table);
}
