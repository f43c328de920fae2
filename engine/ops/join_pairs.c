/* join_pairs.c: pairs of rows at hand with rows of a side (join_side.h), and the columns they make. */
#include <string.h>

#include "base/mem.h"
#include "ops/join_side.h"

void join_pairs_clear(JoinPairs *pairs) {
  pairs->len = 0;
  pairs->places.len = 0;
}

static void grow(JoinPairs *pairs) {
  pairs->cap = pairs->cap ? pairs->cap * 2 : 256;
  pairs->mine = mem_realloc(pairs->mine, mem_mul(pairs->cap, sizeof *pairs->mine));
  pairs->row = mem_realloc(pairs->row, mem_mul(pairs->cap, sizeof *pairs->row));
  pairs->place = mem_realloc(pairs->place, mem_mul(pairs->cap, sizeof *pairs->place));
}

static uint32_t piece_of(const JoinSegment *segment, uint32_t row) {
  uint32_t low = 0, high = segment->pieces.len;
  while (high - low > 1) {
    uint32_t middle = (low + high) / 2;
    if (segment->pieces.items[middle].first <= row) low = middle;
    else high = middle;
  }
  return low;
}

/* A piece remembers its place; it counts only when that place remembers the piece. */
static uint32_t place_of(JoinPairs *pairs, JoinSegment *segment, uint32_t at) {
  JoinPiece *piece = &segment->pieces.items[at];
  if (piece->place < pairs->places.len) {
    const JoinPlace *place = &pairs->places.items[piece->place];
    if (place->segment == segment && place->piece == at) return piece->place;
  }
  piece->place = pairs->places.len;
  vec_push(&pairs->places, (JoinPlace){.segment = segment, .piece = at});
  return piece->place;
}

void join_pairs_add(JoinPairs *pairs, uint32_t mine, JoinSegment *segment, uint32_t row) {
  if (pairs->len == pairs->cap) grow(pairs);
  uint32_t at = piece_of(segment, row), place = place_of(pairs, segment, at);
  pairs->mine[pairs->len] = mine;
  pairs->row[pairs->len] = row - segment->pieces.items[at].first;
  pairs->place[pairs->len++] = place;
  pairs->places.items[place].count++;
}

/* ---- sorting ---- */

static uint32_t *spare(JoinPairs *pairs) {
  if (pairs->spare_cap < pairs->cap) {
    pairs->spare_cap = pairs->cap;
    pairs->spare = mem_realloc(pairs->spare, mem_mul(pairs->spare_cap, sizeof *pairs->spare));
  }
  return pairs->spare;
}

static void begin_places(JoinPairs *pairs) {
  uint32_t begin = 0;
  for (uint32_t p = 0; p < pairs->places.len; p++) {
    pairs->places.items[p].begin = begin;
    begin += pairs->places.items[p].count;
  }
}

static void spread(JoinPairs *pairs, uint32_t **values) {
  uint32_t *out = spare(pairs), *in = *values;
  begin_places(pairs);
  for (uint32_t i = 0; i < pairs->len; i++) out[pairs->places.items[pairs->place[i]].begin++] = in[i];
  *values = out;
  pairs->spare = in;
}

void join_pairs_sort(JoinPairs *pairs) {
  if (pairs->places.len > 1) {
    spread(pairs, &pairs->mine);
    spread(pairs, &pairs->row);
  }
  begin_places(pairs);
  for (uint32_t p = 0; p < pairs->places.len; p++)
    for (uint32_t i = 0; i < pairs->places.items[p].count; i++) pairs->place[pairs->places.items[p].begin + i] = p;
}

void join_pairs_keep(JoinPairs *pairs, const Selection *which) {
  for (uint32_t p = 0; p < pairs->places.len; p++) pairs->places.items[p].count = 0;
  for (uint32_t i = 0; i < which->len; i++) {
    uint32_t from = which->rows[i];
    pairs->mine[i] = pairs->mine[from];
    pairs->row[i] = pairs->row[from];
    pairs->place[i] = pairs->place[from];
    pairs->places.items[pairs->place[i]].count++;
  }
  pairs->len = which->len;
  begin_places(pairs);
}

void join_pairs_release(JoinPairs *pairs) {
  mem_free(pairs->mine);
  mem_free(pairs->row);
  mem_free(pairs->place);
  mem_free(pairs->spare);
  vec_release(&pairs->places);
  *pairs = (JoinPairs){0};
}

/* ---- columns ---- */

static const JoinPiece *piece_at(const JoinPlace *place) { return &place->segment->pieces.items[place->piece]; }

static Column *concat(const JoinPairs *pairs, const Column **cols) {
  uint32_t len = pairs->places.len;
  const uint32_t **rows = mem_alloc(mem_mul(len, sizeof *rows));
  uint32_t *counts = mem_alloc(mem_mul(len, sizeof *counts));
  for (uint32_t p = 0; p < len; p++) {
    rows[p] = pairs->row + pairs->places.items[p].begin;
    counts[p] = pairs->places.items[p].count;
  }
  Column *out = column_concat(cols, rows, counts, len);
  mem_free(rows);
  mem_free(counts);
  return out;
}

Column *join_pairs_column(const JoinPairs *pairs, uint32_t col) {
  const Column **cols = mem_alloc(mem_mul(pairs->places.len, sizeof *cols));
  for (uint32_t p = 0; p < pairs->places.len; p++) cols[p] = piece_at(&pairs->places.items[p])->cols[col];
  Column *out = concat(pairs, cols);
  mem_free(cols);
  return out;
}

Column *join_pairs_time(const JoinPairs *pairs) {
  Column *out = column_new(COL_DATETIME, pairs->len);
  for (uint32_t p = 0; p < pairs->places.len; p++) {
    const JoinPlace *place = &pairs->places.items[p];
    const JoinPiece *piece = piece_at(place);
    for (uint32_t i = place->begin; i < place->begin + place->count; i++) {
      uint32_t row = pairs->row[i];
      column_i64(out)[i] = piece->time ? column_i64(piece->time)[column_slot(piece->time, row)]
                                       : place->segment->from[piece->first + row];
    }
  }
  return out;
}
