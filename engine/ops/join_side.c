/* join_side.c: see join_side.h. */
#include "ops/join_side.h"

#include <string.h>
#include "base/mem.h"
#include "column/codec.h"

enum {
  SEGMENT_VERSION = 1,
  SEGMENT_ROWS = 512,  /* fewer rows are not worth a segment of their own, however far apart they are */
  PIECE_ROWS = 4096,   /* pieces are joined up to this size */
  FIRST_SLOTS = 64,
};

/* ---- segments --------------------------------------------------------------------------------- */

static JoinSegment *segment_new(JoinSide *side, Ticks start) {
  JoinSegment *segment = mem_zalloc(sizeof *segment);
  *segment = (JoinSegment){.number = side->numbers++, .changed = true, .start = start, .least_from = TICKS_MAX,
                           .most_from = TICKS_MIN, .most_to = TICKS_MIN};
  return segment;
}

static void piece_release(const JoinSide *side, JoinPiece *piece) {
  for (uint32_t c = 0; c < side->cols_len; c++) column_unref(piece->cols[c]);
  mem_free(piece->cols);
  column_unref(piece->time);
}

static void segment_free(const JoinSide *side, JoinSegment *segment) {
  for (uint32_t p = 0; p < segment->pieces.len; p++) piece_release(side, &segment->pieces.items[p]);
  vec_release(&segment->pieces);
  mem_free(segment->from);
  mem_free(segment->to);
  mem_free(segment->stamps);
  mem_free(segment->settled);
  mem_free(segment->hashes);
  mem_free(segment->next);
  mem_free(segment->slots);
  lineage_release(&segment->lineage);
  mem_free(segment);
}

void join_side_release(JoinSide *side) {
  for (uint32_t i = 0; i < side->segments.len; i++) segment_free(side, side->segments.items[i]);
  vec_release(&side->segments);
  vec_release(&side->queue);
}

static Ticks end_of(const JoinSegment *segment, uint32_t row) {
  return segment->to ? segment->to[row] : segment->from[row] + 1;
}

#define GROW(array, room) ((array) = mem_realloc((array), mem_mul((room), sizeof *(array))))

static void need_room(const JoinSide *side, JoinSegment *segment, uint32_t rows) {
  if (rows <= segment->room) return;
  uint32_t room = segment->room ? segment->room * 2 : 64;
  segment->room = room < rows ? rows : room;
  GROW(segment->from, segment->room);
  if (!side->points) GROW(segment->to, segment->room);
  if (side->keyed) GROW(segment->hashes, segment->room);
  if (side->keyed) GROW(segment->next, segment->room);
  if (side->outer) GROW(segment->stamps, segment->room);
  if (side->outer) GROW(segment->settled, segment->room);
}

static void insert_segment(JoinSide *side, JoinSegment *segment) {
  vec_push(&side->segments, segment);
  uint32_t at = side->segments.len - 1;
  for (; at > 0 && side->segments.items[at - 1]->start > segment->start; at--)
    side->segments.items[at] = side->segments.items[at - 1];
  side->segments.items[at] = segment;
}

/* The last segment that starts at or before `from`; the first one takes what is earlier still. */
static JoinSegment *segment_at(const JoinSide *side, Ticks from) {
  uint32_t at = side->segments.len;
  while (at > 1 && side->segments.items[at - 1]->start > from) at--;
  return at ? side->segments.items[at - 1] : NULL;
}

/* The segment of a row; `waiting` rows of the newest segment are not counted in it yet. */
static JoinSegment *take_segment(JoinSide *side, Ticks from, uint32_t waiting) {
  JoinSegment *segment = segment_at(side, from);
  bool last = side->segments.len && segment == side->segments.items[side->segments.len - 1];
  bool open = segment == NULL || (last && segment->rows + waiting >= SEGMENT_ROWS && from > segment->most_from &&
                                  from - segment->start >= side->width);
  if (open) {
    segment = segment_new(side, from);
    vec_push(&side->segments, segment);
  }
  if (from < segment->start) segment->start = from;
  return segment;
}

/* ---- index ------------------------------------------------------------------------------------ */

/* The slot of a hash, or the empty one where it belongs. */
static JoinSlot *find_slot(const JoinSegment *segment, uint64_t hash) {
  uint32_t mask = segment->slots_len - 1, tag = (uint32_t)(hash >> 32);
  for (uint32_t at = (uint32_t)hash & mask;; at = (at + 1) & mask) {
    JoinSlot *slot = &segment->slots[at];
    if (slot->row == 0 || (slot->tag == tag && segment->hashes[slot->row - 1] == hash)) return slot;
  }
}

static void widen_index(JoinSegment *segment) {
  JoinSlot *old = segment->slots;
  uint32_t old_len = segment->slots_len;
  segment->slots_len = old_len ? old_len * 2 : FIRST_SLOTS;
  segment->slots = mem_zalloc(mem_mul(segment->slots_len, sizeof *segment->slots));
  for (uint32_t i = 0; i < old_len; i++)
    if (old[i].row) *find_slot(segment, segment->hashes[old[i].row - 1]) = old[i];
  mem_free(old);
}

static void index_row(JoinSegment *segment, uint32_t row) {
  if (segment->slots_used * 2 >= segment->slots_len) widen_index(segment);
  uint64_t hash = segment->hashes[row];
  JoinSlot *slot = find_slot(segment, hash);
  segment->slots_used += slot->row == 0;
  segment->next[row] = slot->row;
  *slot = (JoinSlot){(uint32_t)(hash >> 32), row + 1};
}

/* ---- the queue of unsettled rows -------------------------------------------------------------- */

static bool queued_before(const JoinQueued *a, const JoinQueued *b) {
  if (a->stamp != b->stamp) return a->stamp < b->stamp;
  if (a->segment != b->segment) return a->segment->number < b->segment->number;
  return a->row < b->row;
}

static void queue_push(JoinSide *side, JoinSegment *segment, uint32_t row) {
  JoinQueued entry = {segment->stamps[row], segment, row};
  vec_push(&side->queue, entry);
  segment->queued++;
  JoinQueued *heap = side->queue.items;
  uint32_t at = side->queue.len - 1;
  for (; at > 0 && queued_before(&entry, &heap[(at - 1) / 2]); at = (at - 1) / 2) heap[at] = heap[(at - 1) / 2];
  heap[at] = entry;
}

static void queue_pop(JoinSide *side) {
  JoinQueued *heap = side->queue.items;
  heap[0].segment->queued--;
  uint32_t len = --side->queue.len, at = 0;
  JoinQueued moved = heap[len];
  for (;;) {
    uint32_t child = 2 * at + 1;
    if (child >= len) break;
    if (child + 1 < len && queued_before(&heap[child + 1], &heap[child])) child++;
    if (!queued_before(&heap[child], &moved)) break;
    heap[at] = heap[child];
    at = child;
  }
  if (len) heap[at] = moved;
}

static void drop_settled(JoinSide *side) {
  while (side->queue.len && side->queue.items[0].segment->settled[side->queue.items[0].row]) queue_pop(side);
}

bool join_side_next_alone(JoinSide *side, Ticks w, JoinSegment **segment, uint32_t *row) {
  drop_settled(side);
  if (side->queue.len == 0) return false;
  JoinQueued first = side->queue.items[0];
  if (end_of(first.segment, first.row) > w) return false;
  first.segment->settled[first.row] = 1;
  first.segment->changed = true;
  *segment = first.segment;
  *row = first.row;
  queue_pop(side);
  return true;
}

Ticks join_side_least_stamp(JoinSide *side) {
  drop_settled(side);
  return side->queue.len ? side->queue.items[0].stamp : TICKS_MAX;
}

/* ---- adding ----------------------------------------------------------------------------------- */

static void join_pieces(const JoinSide *side, JoinPiece *into, JoinPiece *from) {
  uint32_t counts[] = {into->rows, from->rows};
  const uint32_t *all[] = {NULL, NULL};
  for (uint32_t c = 0; c <= side->cols_len; c++) {
    Column **left = c < side->cols_len ? &into->cols[c] : &into->time;
    Column *right = c < side->cols_len ? from->cols[c] : from->time;
    if (*left == NULL) continue;
    Column *both = column_concat((const Column *[]){*left, right}, all, counts, 2);
    column_unref(*left);
    *left = both;
  }
  into->rows += from->rows;
  piece_release(side, from);
}

/* Neighbours are joined unless the older one is much larger: each row is copied a few times at most. */
static void tidy_pieces(const JoinSide *side, JoinSegment *segment) {
  while (segment->pieces.len > 1) {
    JoinPiece *last = &segment->pieces.items[segment->pieces.len - 1], *before = last - 1;
    if (before->rows >= 2 * last->rows || before->rows + last->rows > PIECE_ROWS) return;
    join_pieces(side, before, last);
    segment->pieces.len--;
  }
}

static void add_piece(const JoinSide *side, JoinSegment *segment, const Batch *batch, const uint32_t *rows,
                      uint32_t count) {
  JoinPiece piece = {.first = segment->rows, .rows = count, .place = UINT32_MAX};
  piece.cols = mem_zalloc(mem_mul(side->cols_len, sizeof *piece.cols));
  for (uint32_t c = 0; c < side->cols_len; c++)
    if (side->kept[c]) piece.cols[c] = column_gather(batch->cols[c], rows, count, true);
  if (!side->points) piece.time = column_gather(batch->time, rows, count, true);
  vec_push(&segment->pieces, piece);
}

static void add_facts(JoinSide *side, JoinSegment *segment, const JoinRows *rows, uint32_t begin, uint32_t count) {
  for (uint32_t k = 0; k < count; k++) {
    uint32_t from = rows->rows[begin + k], to = segment->rows + k;
    segment->from[to] = rows->from[from];
    if (!side->points) segment->to[to] = rows->to[from];
    if (side->keyed) {
      segment->hashes[to] = rows->hashes[from];
      index_row(segment, to);
    }
    if (!side->outer) continue;
    segment->stamps[to] = rows->stamps[from];
    segment->settled[to] = rows->settled[from];
    if (!rows->settled[from]) queue_push(side, segment, to);
  }
}

/* Rows [begin, begin + count) of the list, which belong to one segment. */
static void add_stretch(JoinSide *side, JoinSegment *segment, const JoinRows *rows, uint32_t begin, uint32_t count) {
  need_room(side, segment, segment->rows + count);
  add_piece(side, segment, rows->batch, rows->rows + begin, count);
  add_facts(side, segment, rows, begin, count);
  segment->rows += count;
  segment->changed = true;
  lineage_merge(&segment->lineage, &rows->batch->lineage);
  tidy_pieces(side, segment);
}

static void note_interval(JoinSegment *segment, Ticks from, Ticks to) {
  if (from < segment->least_from) segment->least_from = from;
  if (from > segment->most_from) segment->most_from = from;
  if (to > segment->most_to) segment->most_to = to;
}

void join_side_add(JoinSide *side, const JoinRows *rows) {
  JoinSegment *segment = NULL;
  uint32_t begin = 0;
  for (uint32_t k = 0; k < rows->count; k++) {
    Ticks from = rows->from[rows->rows[k]];
    JoinSegment *its = take_segment(side, from, k - begin);
    if (segment && its != segment) {
      add_stretch(side, segment, rows, begin, k - begin);
      begin = k;
    }
    segment = its;
    note_interval(segment, from, rows->to[rows->rows[k]]);
  }
  if (segment) add_stretch(side, segment, rows, begin, rows->count - begin);
}

/* ---- probing ---------------------------------------------------------------------------------- */

static void begin_probe(JoinProbe *probe) {
  probe->begun = true;
  probe->first = TICKS_MAX;
  probe->last = TICKS_MIN;
  for (uint32_t k = 0; k < probe->rows.count; k++) {
    uint32_t row = probe->rows.rows[k];
    if (probe->rows.from[row] < probe->first) probe->first = probe->rows.from[row];
    if (probe->rows.to[row] > probe->last) probe->last = probe->rows.to[row];
  }
}

/* The first candidate + 1; 0: there is none. */
static uint32_t first_candidate(const JoinProbe *probe, const JoinSegment *segment, uint32_t row) {
  if (probe->rows.to[row] <= segment->least_from || probe->rows.from[row] >= segment->most_to) return 0;
  return probe->side->keyed ? find_slot(segment, probe->rows.hashes[row])->row : segment->rows;
}

/* True: the pairs are full. */
static bool probe_row(JoinProbe *probe, JoinSegment *segment, JoinPairs *pairs) {
  uint32_t row = probe->rows.rows[probe->at], chain = probe->chain;
  Ticks from = probe->rows.from[row], to = probe->rows.to[row];
  if (chain == 0) chain = first_candidate(probe, segment, row);
  for (; chain; chain = probe->side->keyed ? segment->next[chain - 1] : chain - 1) {
    if (pairs->len >= JOIN_PAIRS) {
      probe->chain = chain;
      return true;
    }
    if (segment->from[chain - 1] < to && from < end_of(segment, chain - 1))
      join_pairs_add(pairs, row, segment, chain - 1);
  }
  probe->chain = 0;
  return false;
}

bool join_probe_next(JoinProbe *probe, JoinPairs *pairs) {
  if (!probe->begun) begin_probe(probe);
  for (; probe->segment < probe->side->segments.len; probe->segment++, probe->at = 0) {
    JoinSegment *segment = probe->side->segments.items[probe->segment];
    if (segment->start >= probe->last) return false;
    if (segment->most_to <= probe->first) continue;
    for (; probe->at < probe->rows.count; probe->at++)
      if (probe_row(probe, segment, pairs)) return true;
  }
  return false;
}

/* ---- time ------------------------------------------------------------------------------------- */

void join_side_evict(JoinSide *side, Ticks w) {
  uint32_t kept = 0;
  if (side->outer) drop_settled(side);
  for (uint32_t i = 0; i < side->segments.len; i++) {
    JoinSegment *segment = side->segments.items[i];
    if (segment->most_to <= w && segment->queued == 0) segment_free(side, segment);
    else side->segments.items[kept++] = segment;
  }
  side->segments.len = kept;
}

uint64_t join_side_rows(const JoinSide *side) {
  uint64_t rows = 0;
  for (uint32_t i = 0; i < side->segments.len; i++) rows += side->segments.items[i]->rows;
  return rows;
}

void join_side_oldest(const JoinSide *side, Lineage *into) {
  for (uint32_t i = 0; i < side->segments.len; i++) lineage_merge(into, &side->segments.items[i]->lineage);
}

/* ---- state ------------------------------------------------------------------------------------ */

#define PUT(out, array, rows) \
  do { if (array) put_bytes((out), (array), (size_t)(rows) * sizeof *(array)); } while (0)
#define GET(in, array, rows) \
  do { if (array) get_bytes((in), (array), (size_t)(rows) * sizeof *(array)); } while (0)

static void save_piece(const JoinSide *side, const JoinPiece *piece, ByteWriter *out) {
  put_u32(out, piece->rows);
  for (uint32_t c = 0; c < side->cols_len; c++)
    if (side->kept[c]) column_save(piece->cols[c], out);
  if (!side->points) column_save(piece->time, out);
}

static void save_segment(const JoinSide *side, const JoinSegment *segment, ByteWriter *out) {
  put_i64(out, segment->start);
  put_u32(out, segment->rows);
  PUT(out, segment->from, segment->rows);
  PUT(out, segment->to, segment->rows);
  PUT(out, segment->stamps, segment->rows);
  PUT(out, segment->settled, segment->rows);
  PUT(out, segment->hashes, segment->rows);
  lineage_save(&segment->lineage, out);
  put_u32(out, segment->pieces.len);
  for (uint32_t p = 0; p < segment->pieces.len; p++) save_piece(side, &segment->pieces.items[p], out);
}

Status join_side_save(JoinSide *side, const char *name, StateWriter *out, Error *err) {
  for (uint32_t i = 0; i < side->segments.len; i++) {
    JoinSegment *segment = side->segments.items[i];
    if (!segment->changed && !out->whole) {
      TRY(state_keep(out, name, segment->number, err));
      continue;
    }
    save_segment(side, segment, state_begin(out, name, segment->number, SEGMENT_VERSION));
    TRY(state_end(out, err));
    segment->changed = false;
  }
  return STATUS_OK;
}

static Column *load_column(ByteReader *in, uint32_t rows) {
  Column *col = column_load(in);
  if (col && col->rows != rows) in->bad = true;
  return col;
}

static void load_piece(const JoinSide *side, JoinSegment *segment, uint32_t *first, ByteReader *in) {
  JoinPiece piece = {.first = *first, .rows = get_u32(in), .place = UINT32_MAX};
  piece.cols = mem_zalloc(mem_mul(side->cols_len, sizeof *piece.cols));
  for (uint32_t c = 0; c < side->cols_len; c++)
    if (side->kept[c]) piece.cols[c] = load_column(in, piece.rows);
  if (!side->points) piece.time = load_column(in, piece.rows);
  *first += piece.rows;
  vec_push(&segment->pieces, piece);
}

/* What follows from the facts: extents, the index, the queue. */
static void rebuild(JoinSide *side, JoinSegment *segment) {
  for (uint32_t row = 0; row < segment->rows; row++) {
    note_interval(segment, segment->from[row], end_of(segment, row));
    if (side->keyed) index_row(segment, row);
    if (side->outer && !segment->settled[row]) queue_push(side, segment, row);
  }
}

static void load_segment(JoinSide *side, uint32_t number, ByteReader *in) {
  JoinSegment *segment = segment_new(side, get_i64(in));
  uint32_t rows = get_u32(in), first = 0;
  if (rows > (size_t)(in->end - in->at) / sizeof *segment->from) in->bad = true;
  need_room(side, segment, in->bad ? 0 : rows);
  segment->number = number;
  segment->changed = false;
  segment->rows = in->bad ? 0 : rows;
  GET(in, segment->from, segment->rows);
  GET(in, segment->to, segment->rows);
  GET(in, segment->stamps, segment->rows);
  GET(in, segment->settled, segment->rows);
  GET(in, segment->hashes, segment->rows);
  lineage_load(&segment->lineage, in);
  uint32_t pieces = get_u32(in);
  for (uint32_t p = 0; p < pieces && !in->bad; p++) load_piece(side, segment, &first, in);
  if (first != rows) in->bad = true;
  if (!in->bad) rebuild(side, segment);
  insert_segment(side, segment);
  if (side->numbers <= number) side->numbers = number + 1;
}

Status join_side_load(JoinSide *side, const char *name, StateReader *in, Error *err) {
  StateIndices numbers = {0};
  ByteReader bytes;
  Status status = STATUS_OK;
  state_indices(in, name, &numbers);
  for (uint32_t i = 0; i < numbers.len && status == STATUS_OK; i++) {
    status = state_find(in, name, numbers.items[i], SEGMENT_VERSION, &bytes, err);
    if (status != STATUS_OK) break;
    load_segment(side, numbers.items[i], &bytes);
    status = state_done(in, &bytes, err);
  }
  vec_release(&numbers);
  return status;
}
