/* reference_table.c: see reference_table.h. */
#include "ops/reference_table.h"

#include <string.h>

#include "base/mem.h"
#include "column/codec.h"

enum { HEAP_LEAST = 16 << 10, HEAP_MOST = 4 << 20 /* bytes of a buffer of texts */, TRIM_ROWS = 100000 };

ReferenceTable *reference_table_new(uint32_t cols_len, uint32_t keys_len) {
  ReferenceTable *table = mem_zalloc(sizeof *table);
  table->cols_len = cols_len;
  table->keys_len = keys_len;
  return table;
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

void reference_table_free(ReferenceTable *table) {
  if (table == NULL) return;
  release_pieces(table);
  buffer_unref(table->heap);
  free_columns(table->cols, table->cols_len + table->keys_len);
  mem_free(table->slots);
  mem_free(table->next);
  mem_free(table);
}

/* ---- loading ---------------------------------------------------------------------------------- */

static uint32_t *selected_rows(const Selection *sel, uint32_t rows, uint32_t *count) {
  *count = sel ? sel->len : rows;
  uint32_t *list = mem_alloc(mem_mul(*count, sizeof *list));
  uint32_t k = 0;
  SELECTION_EACH(sel, rows, i) list[k++] = i;
  return list;
}

static bool is_text(const Column *col) {
  return !col->constant && (col->layout == COL_TEXT || col->layout == COL_RECORD || col->layout == COL_ARRAY);
}

/* Room in the buffer that pieces share; the column keeps it alive. The first ones are small: most tables are. */
static char *heap_space(ReferenceTable *table, Column *col, size_t len) {
  if (table->heap == NULL || table->heap->len + len > table->heap->cap) {
    size_t cap = table->heap ? table->heap->cap * 2 : HEAP_LEAST;
    if (cap > HEAP_MOST) cap = HEAP_MOST;
    buffer_unref(table->heap);
    table->heap = buffer_new(cap < len ? len : cap);
  }
  column_hold(col, table->heap);
  char *space = table->heap->data + table->heap->len;
  table->heap->len += len;
  return space;
}

static Column *take_texts(ReferenceTable *table, const Column *col, const uint32_t *rows, uint32_t count) {
  Column *own = column_new(col->layout, count);
  for (uint32_t i = 0; i < count; i++) {
    Text *text = &column_text(own)[i];
    if (column_is_null(col, rows[i])) {
      column_set_null(own, i);
      continue;
    }
    *text = column_text(col)[rows[i]];
    if (text->len <= TEXT_INLINE) continue;
    char *space = heap_space(table, own, text->len);
    memcpy(space, text->ptr, text->len);
    *text = text_from((Str){space, text->len});
  }
  return own;
}

static Column *take_column(ReferenceTable *table, const Column *col, const uint32_t *rows, uint32_t count) {
  return is_text(col) ? take_texts(table, col, rows, count) : column_gather(col, rows, count, true);
}

/* Which column of the batch a key is; UINT32_MAX: none. */
static uint32_t column_of_key(const Batch *batch, const Column *key) {
  for (uint32_t i = 0; i < batch->cols_len; i++)
    if (batch->cols[i] == key) return i;
  return UINT32_MAX;
}

void reference_table_add(ReferenceTable *table, const Batch *batch, const Selection *sel, Column *const *keys) {
  uint32_t count, len = table->cols_len + table->keys_len;
  uint32_t *rows = selected_rows(sel, batch->rows, &count);
  Column **cols = mem_alloc(mem_mul(len + 1, sizeof *cols));
  for (uint32_t i = 0; i < table->cols_len; i++) cols[i] = take_column(table, batch->cols[i], rows, count);
  for (uint32_t k = 0; k < table->keys_len; k++) {
    uint32_t same = column_of_key(batch, keys[k]);
    cols[table->cols_len + k] = same < table->cols_len ? column_ref(cols[same])
                                                       : take_column(table, keys[k], rows, count);
  }
  mem_free(rows);
  vec_push(&table->pieces, (ReferencePiece){cols, count});
}

/* ---- the index -------------------------------------------------------------------------------- */

static inline bool same_key(const Column *own, uint32_t at, const Column *key, uint32_t row) {
  if (own->layout == COL_BIGINT && key->layout == COL_BIGINT)
    return column_i64(own)[column_slot(own, at)] == column_i64(key)[column_slot(key, row)];
  if (own->layout == COL_TEXT && key->layout == COL_TEXT)
    return text_eq(&column_text(own)[column_slot(own, at)], &column_text(key)[column_slot(key, row)]);
  Value a = column_get(own, at), b = column_get(key, row);
  return value_same_key(&a, &b);
}

static bool same_keys(const ReferenceTable *table, Column *const *keys, uint32_t row, uint32_t at) {
  for (uint32_t k = 0; k < table->keys_len; k++)
    if (!same_key(table->cols[table->cols_len + k], at, keys[k], row)) return false;
  return true;
}

static bool any_key_null(Column *const *keys, uint32_t len, uint32_t row) {
  for (uint32_t k = 0; k < len; k++)
    if (column_is_null(keys[k], row)) return true;
  return false;
}

static inline uint32_t tag_of(uint64_t hash) { return (uint32_t)(hash >> 32); }

/* The first row with these keys, or REFERENCE_NONE; *slot is where it stands or would. */
static uint32_t find(const ReferenceTable *table, Column *const *keys, uint32_t row, uint64_t hash, uint32_t *slot) {
  uint32_t at = (uint32_t)hash & table->mask;
  for (; table->slots[at].row; at = (at + 1) & table->mask)
    if (table->slots[at].tag == tag_of(hash) && same_keys(table, keys, row, table->slots[at].row - 1)) break;
  *slot = at;
  return table->slots[at].row - 1;
}

/* Puts a row at the end of its chain; tails[row] is the last one of the chain that begins with `row`. */
static void index_row(ReferenceTable *table, uint32_t row, uint64_t hash, uint32_t **tails) {
  uint32_t slot, first = find(table, table->cols + table->cols_len, row, hash, &slot);
  if (first == REFERENCE_NONE) {
    table->slots[slot] = (ReferenceSlot){tag_of(hash), row + 1};
    return;
  }
  if (table->next == NULL) {
    table->next = mem_zalloc(mem_mul(table->rows, sizeof *table->next));
    *tails = mem_zalloc(mem_mul(table->rows, sizeof **tails));
  }
  uint32_t last = (*tails)[first] ? (*tails)[first] : first;
  table->next[last] = row + 1;
  (*tails)[first] = row;
}

static void build_index(ReferenceTable *table) {
  uint32_t slots = 16;
  while (slots < (uint64_t)table->rows * 4 / 3 + 1) slots *= 2;
  table->slots = mem_zalloc(mem_mul(slots, sizeof *table->slots));
  table->mask = slots - 1;
  Column **keys = table->cols + table->cols_len;
  uint64_t *hashes = mem_alloc(mem_mul(table->rows + 1, sizeof *hashes));
  for (uint32_t k = 0; k < table->keys_len; k++) column_hash(keys[k], NULL, table->rows, hashes, k > 0);
  uint32_t *tails = NULL;
  enum { AHEAD = 16 };
  for (uint32_t row = 0; row < table->rows; row++) {
    if (row + AHEAD < table->rows) __builtin_prefetch(&table->slots[(uint32_t)hashes[row + AHEAD] & table->mask], 1);
    if (!any_key_null(keys, table->keys_len, row)) index_row(table, row, hashes[row], &tails);
  }
  mem_free(tails);
  mem_free(hashes);
}

/* Whether key k is column i in every piece. */
static bool key_is_column(const ReferenceTable *table, uint32_t k, uint32_t i) {
  for (uint32_t p = 0; p < table->pieces.len; p++)
    if (table->pieces.items[p].cols[table->cols_len + k] != table->pieces.items[p].cols[i]) return false;
  return table->pieces.len > 0;
}

static bool all_texts(const ReferenceTable *table, uint32_t at) {
  for (uint32_t i = 0; i < table->pieces.len; i++) {
    const Column *col = table->pieces.items[i].cols[at];
    if (!is_text(col) || col->layout != table->pieces.items[0].cols[at]->layout) return false;
  }
  return table->pieces.len > 0;
}

/* The texts stay where they are. */
static Column *concat_texts(const ReferenceTable *table, uint32_t at) {
  Column *out = column_new(table->pieces.items[0].cols[at]->layout, table->rows);
  uint32_t row = 0;
  for (uint32_t i = 0; i < table->pieces.len; i++) {
    const Column *col = table->pieces.items[i].cols[at];
    if (col->rows) memcpy(column_text(out) + row, column_text(col), col->rows * sizeof(Text));
    for (uint32_t k = 0; col->valid && k < col->rows; k++)
      if (!bits_get(col->valid, k)) column_set_null(out, row + k);
    column_hold_all(out, col);
    row += col->rows;
  }
  return out;
}

static Column *concat_any(const ReferenceTable *table, uint32_t at) {
  uint32_t len = table->pieces.len;
  const Column **cols = mem_alloc(mem_mul(len + 1, sizeof *cols));
  const uint32_t **rows = mem_zalloc(mem_mul(len + 1, sizeof *rows));
  uint32_t *counts = mem_alloc(mem_mul(len + 1, sizeof *counts));
  for (uint32_t i = 0; i < len; i++) {
    cols[i] = table->pieces.items[i].cols[at];
    counts[i] = table->pieces.items[i].rows;
  }
  Column *col = column_concat(cols, rows, counts, len);
  mem_free(counts);
  mem_free(rows);
  mem_free(cols);
  return col;
}

/* One column out of the pieces, which give theirs up: at no time is more than one column there twice. */
static Column *join_pieces(ReferenceTable *table, uint32_t at) {
  Column *col = all_texts(table, at) ? concat_texts(table, at) : concat_any(table, at);
  for (uint32_t i = 0; i < table->pieces.len; i++) {
    column_unref(table->pieces.items[i].cols[at]);
    table->pieces.items[i].cols[at] = NULL;
  }
  return col;
}

/* Keys that are columns point to them; their pieces give up that reference. */
static void share_keys(ReferenceTable *table, uint32_t *column_of) {
  for (uint32_t k = 0; k < table->keys_len; k++) {
    column_of[k] = UINT32_MAX;
    for (uint32_t i = 0; i < table->cols_len && column_of[k] == UINT32_MAX; i++)
      if (key_is_column(table, k, i)) column_of[k] = i;
    if (column_of[k] == UINT32_MAX) continue;
    for (uint32_t p = 0; p < table->pieces.len; p++) {
      column_unref(table->pieces.items[p].cols[table->cols_len + k]);
      table->pieces.items[p].cols[table->cols_len + k] = NULL;
    }
  }
}

void reference_table_complete(ReferenceTable *table) {
  for (uint32_t i = 0; i < table->pieces.len; i++) table->rows += table->pieces.items[i].rows;
  uint32_t *column_of = mem_alloc(mem_mul(table->keys_len + 1, sizeof *column_of));
  share_keys(table, column_of);
  table->cols = mem_alloc(mem_mul(table->cols_len + table->keys_len + 1, sizeof *table->cols));
  for (uint32_t i = 0; i < table->cols_len; i++) table->cols[i] = join_pieces(table, i);
  for (uint32_t k = 0; k < table->keys_len; k++)
    table->cols[table->cols_len + k] = column_of[k] == UINT32_MAX ? join_pieces(table, table->cols_len + k)
                                                                  : column_ref(table->cols[column_of[k]]);
  mem_free(column_of);
  release_pieces(table);
  buffer_unref(table->heap);
  table->heap = NULL;
  if (table->rows >= TRIM_ROWS) mem_trim();
  if (table->keys_len) build_index(table);
}

/* ---- probing ---------------------------------------------------------------------------------- */

enum { PROBED_AT_ONCE = 256, PREFETCHED_COLUMNS = 8 };

/* What will be read of a row when it matches. */
static inline void prefetch_row(const ReferenceTable *table, const size_t *slot_bytes, uint32_t cols, uint32_t at) {
  for (uint32_t i = 0; i < cols; i++)
    if (slot_bytes[i]) __builtin_prefetch((const char *)table->cols[table->cols_len + table->keys_len - 1 - i]->data +
                                          slot_bytes[i] * at);
}

typedef struct Probe {
  const ReferenceTable *table;
  Column  *const *keys;
  bool     nulls;   /* a key may be NULL */
  uint32_t cols;    /* prefetched, from the last one backwards: keys come first */
  size_t   slot_bytes[PREFETCHED_COLUMNS]; /* 0: the column is a constant */
} Probe;

static void probe_chunk(const Probe *probe, const uint32_t *rows, const uint64_t *hashes, uint32_t *first,
                        uint32_t count) {
  const ReferenceTable *table = probe->table;
  for (uint32_t i = 0; i < count; i++) __builtin_prefetch(&table->slots[(uint32_t)hashes[i] & table->mask]);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t at = (uint32_t)hashes[i] & table->mask;
    while (table->slots[at].row && table->slots[at].tag != tag_of(hashes[i])) at = (at + 1) & table->mask;
    first[i] = table->slots[at].row - 1;
    if (first[i] != REFERENCE_NONE) prefetch_row(table, probe->slot_bytes, probe->cols, first[i]);
  }
  for (uint32_t i = 0; i < count; i++) {
    uint32_t slot;
    if (first[i] == REFERENCE_NONE) continue;
    if (probe->nulls && any_key_null(probe->keys, table->keys_len, rows[i])) first[i] = REFERENCE_NONE;
    else if (!same_keys(table, probe->keys, rows[i], first[i]))
      first[i] = find(table, probe->keys, rows[i], hashes[i], &slot);
  }
}

static Probe probe_of(const ReferenceTable *table, Column *const *keys) {
  Probe probe = {.table = table, .keys = keys};
  for (uint32_t k = 0; k < table->keys_len; k++)
    probe.nulls |= keys[k]->valid || keys[k]->layout == COL_NULL || keys[k]->layout == COL_MIXED;
  uint32_t all = table->cols_len + table->keys_len;
  probe.cols = all < PREFETCHED_COLUMNS ? all : PREFETCHED_COLUMNS;
  for (uint32_t i = 0; i < probe.cols; i++) {
    const Column *col = table->cols[all - 1 - i];
    probe.slot_bytes[i] = col->constant ? 0 : column_slot_bytes(col->layout);
  }
  return probe;
}

void reference_table_probe(const ReferenceTable *table, Column *const *keys, const Selection *sel, uint32_t rows,
                           const uint64_t *hashes, uint32_t *first) {
  Probe probe = probe_of(table, keys);
  uint32_t count = sel ? sel->len : rows, every[PROBED_AT_ONCE];
  for (uint32_t at = 0; at < count; at += PROBED_AT_ONCE) {
    uint32_t len = count - at < PROBED_AT_ONCE ? count - at : PROBED_AT_ONCE;
    for (uint32_t i = 0; sel == NULL && i < len; i++) every[i] = at + i;
    probe_chunk(&probe, sel ? sel->rows + at : every, hashes + at, first + at, len);
  }
}

static size_t column_bytes(const Column *col) {
  size_t bytes = column_slot_bytes(col->layout) * (col->constant ? 1 : col->rows);
  for (uint32_t h = 0; h < col->holds_len; h++) bytes += col->holds[h]->cap;
  return bytes;
}

static bool column_stands_before(const ReferenceTable *table, uint32_t at) {
  for (uint32_t i = 0; i < at; i++)
    if (table->cols[i] == table->cols[at]) return true;
  return false;
}

size_t reference_table_bytes(const ReferenceTable *table) {
  size_t bytes = table->slots ? ((size_t)table->mask + 1) * sizeof *table->slots : 0;
  if (table->next) bytes += (size_t)table->rows * sizeof *table->next;
  for (uint32_t i = 0; table->cols && i < table->cols_len + table->keys_len; i++)
    if (!column_stands_before(table, i)) bytes += column_bytes(table->cols[i]);
  return bytes;
}

/* ---- state ------------------------------------------------------------------------------------ */

void reference_table_save(const ReferenceTable *table, ByteWriter *out) {
  put_u32(out, table->rows);
  for (uint32_t i = 0; i < table->cols_len + table->keys_len; i++) column_save(table->cols[i], out);
}

void reference_table_load(ReferenceTable *table, ByteReader *in) {
  uint32_t rows = get_u32(in), len = table->cols_len + table->keys_len;
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
