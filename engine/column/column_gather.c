/* column_gather.c: copies of chosen rows: one column (column_gather) or many behind one another
** (column_concat).
**
** Both are made of one step: copy `count` slots of a source, named by a list of slot numbers, to slots
** at, at+1, ... of the result. NO_ROW in the list gives NULL. There is one tight loop per slot size; validity
** and integral bits are built a word at a time; long texts are measured first and copied into one buffer. */
#include "column/column.h"

#include "base/mem.h"
#include "base/status.h"

#define NO_ROW UINT32_MAX

typedef struct Piece {
  const Column   *col;
  const uint32_t *slots;   /* slot numbers of col, or NO_ROW */
  uint32_t        count;
  bool            gaps;    /* NO_ROW is among the slots */
  uint32_t       *scratch; /* owns slots when they are not the caller's */
} Piece;

/* ---- which slots ---- */

static bool has_gaps(const uint32_t *rows, uint32_t count) {
  bool gaps = false;
  for (uint32_t i = 0; i < count; i++) gaps |= rows[i] == NO_ROW;
  return gaps;
}

static Piece piece_of(const Column *col, const uint32_t *rows, uint32_t count) {
  Piece piece = {.col = col, .slots = rows, .count = count, .gaps = rows && has_gaps(rows, count)};
  if (rows && !col->constant) return piece;
  piece.scratch = mem_alloc(mem_mul(count, sizeof *piece.scratch));
  for (uint32_t i = 0; i < count; i++)
    piece.scratch[i] = rows && rows[i] == NO_ROW ? NO_ROW : col->constant ? 0 : i;
  piece.slots = piece.scratch;
  return piece;
}

/* ---- bits ---- */

/* One bit a slot: 0 for NO_ROW, else the bit of `from`, or 1 when there is no bitmap. */
static void gather_bits(uint64_t *to, uint32_t at, const uint64_t *from, const Piece *piece) {
  for (uint32_t done = 0; done < piece->count;) {
    uint32_t shift = (at + done) & 63, n = 64 - shift;
    if (n > piece->count - done) n = piece->count - done;
    uint64_t word = 0;
    for (uint32_t i = 0; i < n; i++) {
      uint32_t slot = piece->slots[done + i];
      uint64_t bit = slot == NO_ROW ? 0 : from ? bits_get(from, slot) : 1;
      word |= bit << (shift + i);
    }
    uint64_t mask = (n == 64 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1) << shift;
    uint64_t *into = &to[(at + done) >> 6];
    *into = (*into & ~mask) | word;
    done += n;
  }
}

static void copy_validity(Column *out, uint32_t at, const Piece *piece) {
  if (piece->col->valid || piece->gaps) gather_bits(column_need_valid(out), at, piece->col->valid, piece);
}

/* ---- slots ---- */

#define COPY_SLOTS(T)                                                                 \
  do {                                                                                \
    const T *from = piece->col->data;                                                 \
    T *to = (T *)out->data + at;                                                      \
    if (piece->gaps) {                                                                \
      for (uint32_t i = 0; i < piece->count; i++)                                     \
        to[i] = piece->slots[i] == NO_ROW ? (T){0} : from[piece->slots[i]];           \
    } else {                                                                          \
      for (uint32_t i = 0; i < piece->count; i++) to[i] = from[piece->slots[i]];      \
    }                                                                                 \
  } while (0)

static void copy_slots(Column *out, uint32_t at, const Piece *piece) {
  switch (column_slot_bytes(out->layout)) {
    case sizeof(uint8_t): COPY_SLOTS(uint8_t); return;
    case sizeof(uint64_t): COPY_SLOTS(uint64_t); return;
    case sizeof(Text): COPY_SLOTS(Text); return;
    case sizeof(Value): COPY_SLOTS(Value); return;
    default: BUG("column layout %d has no slots", (int)out->layout);
  }
}

/* ---- text of one's own ---- */

static bool is_valid(const Column *col, uint32_t slot) { return !col->valid || bits_get(col->valid, slot); }

/* Long texts move into the result's memory; what a NULL slot holds is emptied. */
static void own_texts(Column *out, uint32_t at, uint32_t count) {
  Text *texts = column_text(out) + at;
  size_t bytes = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (!is_valid(out, at + i)) texts[i] = (Text){0};
    if (texts[i].len > TEXT_INLINE) bytes += texts[i].len;
  }
  column_text_reserve(out, bytes);
  for (uint32_t i = 0; bytes && i < count; i++)
    if (texts[i].len > TEXT_INLINE) texts[i] = column_copy_text(out, text_str(&texts[i]));
}

static bool is_long(const Value *value) { return value_has_text(value) && !text_is_inline(&value->text); }

static void own_values(Column *out, uint32_t at, uint32_t count) {
  Value *values = column_values(out) + at;
  size_t bytes = 0;
  for (uint32_t i = 0; i < count; i++)
    if (is_long(&values[i])) bytes += values[i].text.len;
  column_text_reserve(out, bytes);
  for (uint32_t i = 0; bytes && i < count; i++)
    if (is_long(&values[i])) values[i].text = column_copy_text(out, text_str(&values[i].text));
}

static void keep_texts(Column *out, uint32_t at, const Piece *piece, bool copy_text) {
  if (out->layout < COL_TEXT) return;
  if (!copy_text) column_hold_all(out, piece->col);
  else if (out->layout == COL_MIXED) own_values(out, at, piece->count);
  else own_texts(out, at, piece->count);
}

/* ---- a piece into a result ---- */

static void copy_same(Column *out, uint32_t at, const Piece *piece, bool copy_text) {
  if (out->layout == COL_NULL) return;
  if (out->layout != COL_MIXED) copy_validity(out, at, piece);
  if (piece->col->integral) {
    gather_bits(column_need_integral(out), at, piece->col->integral, piece);
  }
  copy_slots(out, at, piece);
  keep_texts(out, at, piece, copy_text);
}

static void copy_nulls(Column *out, uint32_t at, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) column_set_null(out, at + i);
}

static void copy_to_float(Column *out, uint32_t at, const Piece *piece) {
  const int64_t *from = column_i64(piece->col);
  double *to = column_f64(out) + at;
  for (uint32_t i = 0; i < piece->count; i++)
    to[i] = piece->slots[i] == NO_ROW ? 0 : (double)from[piece->slots[i]];
  copy_validity(out, at, piece);
  gather_bits(column_need_integral(out), at, NULL, piece);
}

static void copy_to_mixed(Column *out, uint32_t at, const Piece *piece) {
  Value *to = column_values(out) + at;
  for (uint32_t i = 0; i < piece->count; i++)
    to[i] = piece->slots[i] == NO_ROW ? value_null() : column_get(piece->col, piece->slots[i]);
  own_values(out, at, piece->count);
}

static void copy_piece(Column *out, uint32_t at, const Piece *piece) {
  ColumnLayout from = piece->col->layout;
  if (from == out->layout) copy_same(out, at, piece, true);
  else if (from == COL_NULL) copy_nulls(out, at, piece->count);
  else if (from == COL_BIGINT && out->layout == COL_FLOAT) copy_to_float(out, at, piece);
  else copy_to_mixed(out, at, piece);
}

/* ---- gather ---- */

static Column *gather_constant(const Column *col, uint32_t count, bool copy_text) {
  static const uint32_t first = 0;
  Column *out = column_new(col->layout, 1);
  out->constant = true;
  out->rows = count;
  copy_same(out, 0, &(Piece){.col = col, .slots = &first, .count = 1}, copy_text);
  return out;
}

Column *column_gather(const Column *col, const uint32_t *rows, uint32_t count, bool copy_text) {
  if (col->constant && !has_gaps(rows, count)) return gather_constant(col, count, copy_text);
  Column *out = column_new(col->layout, count);
  Piece piece = piece_of(col, rows, count);
  copy_same(out, 0, &piece, copy_text);
  mem_free(piece.scratch);
  return out;
}

/* ---- concat ---- */

/* Whether every chosen bigint of the piece may live in a COL_FLOAT column. */
static bool exact_as_double(const Piece *piece) {
  for (uint32_t i = 0; i < piece->count; i++) {
    uint32_t slot = piece->slots[i];
    if (slot == NO_ROW || !is_valid(piece->col, slot)) continue;
    if (!column_exact_as_double(column_i64(piece->col)[slot])) return false;
  }
  return true;
}

static bool bigints_exact(const Piece *pieces, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    if (pieces[i].col->layout == COL_BIGINT && !exact_as_double(&pieces[i])) return false;
  return true;
}

/* The narrowest layout that takes all pieces. */
static ColumnLayout common_layout(const Piece *pieces, uint32_t count) {
  unsigned seen = 0;
  for (uint32_t i = 0; i < count; i++)
    if (pieces[i].count) seen |= 1u << pieces[i].col->layout;
  seen &= ~(1u << COL_NULL);
  if (seen == 0) return COL_NULL;
  if ((seen & (seen - 1)) == 0) return (ColumnLayout)__builtin_ctz(seen);
  if (seen == (1u << COL_BIGINT | 1u << COL_FLOAT) && bigints_exact(pieces, count)) return COL_FLOAT;
  return COL_MIXED;
}

Column *column_concat(const Column *const *cols, const uint32_t *const *rows, const uint32_t *counts,
                      uint32_t pieces) {
  Piece *list = mem_alloc(mem_mul(pieces, sizeof *list));
  uint32_t total = 0;
  for (uint32_t i = 0; i < pieces; i++) {
    list[i] = piece_of(cols[i], rows[i], counts[i]);
    total += counts[i];
  }
  Column *out = column_new(common_layout(list, pieces), total);
  for (uint32_t i = 0, at = 0; i < pieces; at += counts[i], i++) {
    copy_piece(out, at, &list[i]);
    mem_free(list[i].scratch);
  }
  mem_free(list);
  return out;
}
