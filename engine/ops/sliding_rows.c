/* sliding_rows.c: see sliding_rows.h. */
#include "ops/sliding_rows.h"

#include <string.h>

#include "base/mem.h"
#include "column/codec.h"
#include "windows/window.h"

enum { PIECE_ROWS = 4096 };

static SlidingPiece make_piece(const SlidingRows *rows, uint32_t count) {
  return (SlidingPiece){.rows = count, .times = mem_alloc(mem_mul(count, sizeof(Ticks))),
                        .groups = mem_alloc(mem_mul(count, sizeof(uint32_t))),
                        .cols = mem_zalloc(mem_mul(rows->cols_len + 1, sizeof(Column *)))};
}

static void release_piece(const SlidingRows *rows, SlidingPiece *piece) {
  for (uint32_t i = 0; i < rows->cols_len; i++) column_unref(piece->cols[i]);
  mem_free(piece->times);
  mem_free(piece->groups);
  mem_free(piece->cols);
  lineage_release(&piece->lineage);
}

SlidingPiece *sliding_rows_add(SlidingRows *rows, uint32_t count, Column *const *cols, const Lineage *lineage) {
  SlidingPiece piece = make_piece(rows, count);
  for (uint32_t i = 0; i < rows->cols_len; i++) piece.cols[i] = cols[i];
  for (uint32_t i = 0; i < count; i++) piece.groups[i] = UINT32_MAX;
  lineage_merge(&piece.lineage, lineage);
  lineage_merge(&rows->lineage, lineage);
  vec_push(&rows->pieces, piece);
  return &rows->pieces.items[rows->pieces.len - 1];
}

/* ---- going ------------------------------------------------------------------------------------ */

/* A minimum cannot be taken back: it is made again when half of the pieces have gone. */
static void renew_lineage(SlidingRows *rows, uint32_t dropped) {
  rows->gone += dropped;
  if (rows->gone < rows->pieces.len / 2) return;
  rows->gone = 0;
  lineage_clear(&rows->lineage);
  sliding_rows_oldest(rows, &rows->lineage);
}

void sliding_rows_drop(SlidingRows *rows, Ticks size, Ticks before) {
  uint32_t done = 0;
  for (; done < rows->pieces.len; done++) {
    SlidingPiece *piece = &rows->pieces.items[done];
    if (piece->at < piece->rows || (piece->rows && window_later(piece->times[piece->rows - 1], size) >= before)) break;
    release_piece(rows, piece);
  }
  if (done == 0) return;
  rows->pieces.len -= done;
  memmove(rows->pieces.items, rows->pieces.items + done, rows->pieces.len * sizeof *rows->pieces.items);
  renew_lineage(rows, done);
}

/* ---- joining ---------------------------------------------------------------------------------- */

static Column *join_columns(const SlidingPiece *a, const SlidingPiece *b, uint32_t col, uint32_t *numbers) {
  uint32_t counts[2] = {a->rows - a->at, b->rows - b->at};
  for (uint32_t i = 0; i < counts[0]; i++) numbers[i] = a->at + i;
  for (uint32_t i = 0; i < counts[1]; i++) numbers[counts[0] + i] = b->at + i;
  const Column *cols[2] = {a->cols[col], b->cols[col]};
  const uint32_t *order[2] = {numbers, numbers + counts[0]};
  return column_concat(cols, order, counts, 2);
}

/* `b` came after `a`: both become one at the place of `a`. */
static void join(SlidingRows *rows, SlidingPiece *a, SlidingPiece *b) {
  uint32_t first = a->rows - a->at, second = b->rows - b->at;
  SlidingPiece piece = make_piece(rows, first + second);
  memcpy(piece.times, a->times + a->at, first * sizeof *piece.times);
  memcpy(piece.times + first, b->times + b->at, second * sizeof *piece.times);
  memcpy(piece.groups, a->groups + a->at, first * sizeof *piece.groups);
  memcpy(piece.groups + first, b->groups + b->at, second * sizeof *piece.groups);
  uint32_t *numbers = mem_alloc(mem_mul(first + second, sizeof *numbers));
  for (uint32_t i = 0; i < rows->cols_len; i++) piece.cols[i] = join_columns(a, b, i, numbers);
  mem_free(numbers);
  lineage_merge(&piece.lineage, &a->lineage);
  lineage_merge(&piece.lineage, &b->lineage);
  release_piece(rows, a);
  release_piece(rows, b);
  *a = piece;
  rows->pieces.len--;
}

/* A piece is joined with the one before while that is at most twice as long: a row is copied a few times at most,
** and there are few pieces. */
void sliding_rows_tidy(SlidingRows *rows) {
  while (rows->pieces.len >= 2) {
    SlidingPiece *b = &rows->pieces.items[rows->pieces.len - 1], *a = b - 1;
    uint32_t first = a->rows - a->at, second = b->rows - b->at;
    if (first == 0 || first > 2 * second || first + second > PIECE_ROWS) return;
    join(rows, a, b);
  }
}

/* ---- the rest --------------------------------------------------------------------------------- */

Ticks sliding_rows_leaving(const SlidingRows *rows, Ticks size) {
  for (uint32_t p = 0; p < rows->pieces.len; p++) {
    const SlidingPiece *piece = &rows->pieces.items[p];
    if (piece->at < piece->rows) return window_later(piece->times[piece->at], size);
  }
  return TICKS_MIN;
}

uint64_t sliding_rows_len(const SlidingRows *rows) {
  uint64_t len = 0;
  for (uint32_t i = 0; i < rows->pieces.len; i++) len += rows->pieces.items[i].rows - rows->pieces.items[i].at;
  return len;
}

void sliding_rows_renumber(SlidingRows *rows, const uint32_t *map) {
  for (uint32_t p = 0; p < rows->pieces.len; p++) {
    SlidingPiece *piece = &rows->pieces.items[p];
    for (uint32_t i = piece->at; i < piece->rows; i++) piece->groups[i] = map[piece->groups[i]];
  }
}

void sliding_rows_oldest(const SlidingRows *rows, Lineage *into) {
  for (uint32_t i = 0; i < rows->pieces.len; i++) lineage_merge(into, &rows->pieces.items[i].lineage);
}

void sliding_rows_release(SlidingRows *rows) {
  for (uint32_t i = 0; i < rows->pieces.len; i++) release_piece(rows, &rows->pieces.items[i]);
  vec_release(&rows->pieces);
  lineage_release(&rows->lineage);
}

void sliding_rows_save(const SlidingRows *rows, ByteWriter *out) {
  put_u32(out, rows->pieces.len);
  for (uint32_t p = 0; p < rows->pieces.len; p++) {
    const SlidingPiece *piece = &rows->pieces.items[p];
    put_u32(out, piece->rows);
    put_u32(out, piece->at);
    put_bytes(out, piece->times, piece->rows * sizeof *piece->times);
    put_bytes(out, piece->groups, piece->rows * sizeof *piece->groups);
    for (uint32_t i = 0; i < rows->cols_len; i++) column_save(piece->cols[i], out);
    lineage_save(&piece->lineage, out);
  }
}

static bool load_piece(SlidingRows *rows, ByteReader *in) {
  uint32_t count = get_u32(in), at = get_u32(in);
  if (in->bad || at > count || count > (size_t)(in->end - in->at) / sizeof(Ticks)) return false;
  SlidingPiece piece = make_piece(rows, count);
  piece.at = at;
  get_bytes(in, piece.times, count * sizeof *piece.times);
  get_bytes(in, piece.groups, count * sizeof *piece.groups);
  bool ok = true;
  for (uint32_t i = 0; i < rows->cols_len && ok; i++)
    ok = (piece.cols[i] = column_load(in)) && piece.cols[i]->rows == count;
  if (ok) lineage_load(&piece.lineage, in);
  vec_push(&rows->pieces, piece);
  return ok;
}

void sliding_rows_load(SlidingRows *rows, ByteReader *in) {
  uint32_t len = get_u32(in);
  for (uint32_t i = 0; i < len && !in->bad; i++)
    if (!load_piece(rows, in)) in->bad = true;
  sliding_rows_oldest(rows, &rows->lineage);
}
