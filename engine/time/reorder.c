/* reorder.c: see reorder.h.
**
** Each batch becomes a run: its rows sorted by time. To take rows, the runs that have some within the bound are
** put in a heap by their first row; the rows that come off it are the picks. Picks of a single run are a view of
** it; others are copied behind one another and then put in order, column by column.
**
**     lane 3   run |5 7 9|  run |6 6 8|          bound 7: picks 5 6 6 7 (4)
**     lane 8   run |4 10|
**
** Invariants
**  (1) a run is not empty, and no run is lent between reorder_keep and reorder_add;
**  (2) within a lane, of two rows of equal time the one in the earlier run came first;
**  (3) a run that is added joins its predecessor unless that has at least twice its rows, or they have more than
**      RUN_ROWS together: so trickling events do not make many runs;
**  (4) at least half of the rows of a large run are still here: so memory follows what is held. */
#include "time/reorder.h"

#include "base/mem.h"
#include "base/status.h"
#include "column/codec.h"

enum {
  RUN_ROWS = 2048,  /* neighbours are joined up to this size: beyond it, copying costs more than a longer heap */
  VIEW_ROWS = 256,  /* a stretch of one run this long leaves alone, as a view, rather than copied with others */
  TRIM_ROWS = 256,  /* smaller runs are not worth a copy */
};

typedef struct Head { /* a run that takes part */
  Ticks       time;   /* of its next row */
  uint32_t    channel;
  uint32_t    place;  /* among all heads: lane after lane, in order of arrival */
  uint32_t    picked; /* rows taken from it */
  ReorderRun *run;
} Head;

typedef struct Pick { uint32_t place, row; } Pick;

static Ticks row_time(const Batch *batch, uint32_t row) {
  return column_i64(batch->time)[column_slot(batch->time, row)];
}

static uint32_t run_row(const ReorderRun *run, uint32_t i) { return run->order ? run->order[i] : i; }

/* ---- sorting a batch ---- */

static bool ascends(const Batch *batch) {
  Ticks before = TICKS_MIN;
  SELECTION_EACH(batch->sel, batch->rows, i) {
    Ticks t = row_time(batch, i);
    if (t < before) return false;
    before = t;
  }
  return true;
}

/* Stable; halves that already follow each other are left alone. scratch has room for half of the rows. */
static void sort_rows(const Ticks *times, uint32_t *order, uint32_t count, uint32_t *scratch) {
  if (count < 2) return;
  uint32_t half = count / 2;
  sort_rows(times, order, half, scratch);
  sort_rows(times, order + half, count - half, scratch);
  if (times[order[half - 1]] <= times[order[half]]) return;
  memcpy(scratch, order, half * sizeof *order);
  for (uint32_t left = 0, right = half, to = 0; left < half; to++) {
    bool take_right = right < count && times[order[right]] < times[scratch[left]];
    order[to] = take_right ? order[right++] : scratch[left++];
  }
}

/* The selected rows by time; NULL when that is 0, 1, 2, ... */
static uint32_t *order_of(const Batch *batch) {
  bool sorted = ascends(batch);
  if (sorted && !batch->sel) return NULL;
  uint32_t count = batch_count(batch), at = 0;
  uint32_t *order = mem_alloc(mem_mul(count, sizeof *order));
  SELECTION_EACH(batch->sel, batch->rows, i) order[at++] = i;
  if (sorted) return order;
  uint32_t *scratch = mem_alloc(mem_mul(count / 2 + 1, sizeof *scratch));
  sort_rows(column_i64(batch->time), order, count, scratch); /* not constant: that would be sorted */
  mem_free(scratch);
  return order;
}

/* ---- lineage ---- */

/* Of single rows where their offsets are known, else of their whole batch. */
static void add_lineage(Lineage *into, const Batch *batch, const uint32_t *rows, uint32_t count) {
  if (batch->lineage.len != 1 || !batch->offset || batch->offset->layout != COL_BIGINT || batch->offset->valid) {
    lineage_merge(into, &batch->lineage);
    return;
  }
  int64_t oldest = INT64_MAX;
  for (uint32_t i = 0; i < count; i++) {
    int64_t offset = column_i64(batch->offset)[column_slot(batch->offset, rows[i])];
    if (offset < oldest) oldest = offset;
  }
  lineage_add(into, batch->lineage.items[0].origin, oldest);
}

/* ---- columns of picked rows ---- */

typedef struct Piece { /* the rows picked from one run, in order */
  const Batch *batch;
  uint32_t *rows, count;
} Piece;

typedef struct Gathering {
  Piece    *pieces;
  uint32_t  pieces_len, total;
  uint32_t *places; /* of each result row in the pieces laid end to end; NULL: row i is the i-th */
  const Column   **cols;   /* scratch, one a piece */
  const uint32_t **rows;
  uint32_t        *counts;
} Gathering;

/* g->cols of the pieces as one column, in the order of the result. */
static Column *gather_column(const Gathering *g) {
  Column *joined = column_concat(g->cols, g->rows, g->counts, g->pieces_len);
  if (!g->places) return joined;
  Column *sorted = column_gather(joined, g->places, g->total, false);
  column_unref(joined);
  return sorted;
}

typedef Column *ColumnOf(const Batch *batch, uint32_t at);
static Column *col_of(const Batch *batch, uint32_t at) { return batch->cols[at]; }
static Column *time_of(const Batch *batch, uint32_t at) { return batch->time; }
static Column *payload_of(const Batch *batch, uint32_t at) { return batch->payload; }
static Column *offset_of(const Batch *batch, uint32_t at) { return batch->offset; }

/* One column of the result; NULL when no piece has it. A piece without it gives NULL values. */
static Column *gather_member(const Gathering *g, ColumnOf *of, uint32_t at) {
  bool any = false, all = true;
  for (uint32_t i = 0; i < g->pieces_len; i++) {
    g->cols[i] = of(g->pieces[i].batch, at);
    any |= g->cols[i] != NULL;
    all &= g->cols[i] != NULL;
  }
  if (all) return gather_column(g);
  if (!any) return NULL;
  Column *absent = column_new(COL_NULL, 0);
  for (uint32_t i = 0; i < g->pieces_len; i++)
    if (!g->cols[i]) g->cols[i] = absent;
  Column *out = gather_column(g);
  column_unref(absent);
  return out;
}

static Batch *gather_batch(Gathering *g) {
  const Batch *model = g->pieces[0].batch;
  Batch *out = batch_new(g->total, model->cols_len);
  g->cols = mem_alloc(mem_mul(g->pieces_len, sizeof *g->cols));
  g->rows = mem_alloc(mem_mul(g->pieces_len, sizeof *g->rows));
  g->counts = mem_alloc(mem_mul(g->pieces_len, sizeof *g->counts));
  for (uint32_t i = 0; i < g->pieces_len; i++) {
    g->rows[i] = g->pieces[i].rows;
    g->counts[i] = g->pieces[i].count;
    add_lineage(&out->lineage, g->pieces[i].batch, g->pieces[i].rows, g->pieces[i].count);
  }
  out->time = gather_member(g, time_of, 0);
  out->payload = gather_member(g, payload_of, 0);
  out->offset = gather_member(g, offset_of, 0);
  for (uint32_t i = 0; i < out->cols_len; i++) out->cols[i] = gather_member(g, col_of, i);
  out->channel = model->channel;
  out->sorted = true;
  mem_free(g->cols);
  mem_free(g->rows);
  mem_free(g->counts);
  return out;
}

static bool rows_ascend(const uint32_t *rows, uint32_t count) {
  for (uint32_t i = 1; i < count; i++)
    if (rows[i] <= rows[i - 1]) return false;
  return true;
}

/* The rows of one batch, where they stand. */
static Batch *view_rows(const Piece *piece) {
  Selection *sel = NULL;
  if (piece->count < piece->batch->rows) {
    sel = selection_new(piece->count);
    memcpy(sel->rows, piece->rows, piece->count * sizeof *piece->rows);
    sel->len = piece->count;
  }
  Batch *out = batch_select(piece->batch, sel);
  out->sorted = true;
  lineage_clear(&out->lineage);
  add_lineage(&out->lineage, piece->batch, piece->rows, piece->count);
  return out;
}

/* Sorts the picks by run: `rows` gets the rows of each piece behind one another, `places` where each pick went. */
static void spread_picks(const Pick *picks, const Head *heads, uint32_t heads_len, Gathering *g, uint32_t *rows) {
  uint32_t *piece_at = mem_alloc(mem_mul(heads_len, sizeof *piece_at)), begin = 0;
  for (uint32_t i = 0; i < heads_len; i++) {
    if (!heads[i].picked) continue;
    piece_at[i] = g->pieces_len;
    g->pieces[g->pieces_len++] = (Piece){.batch = heads[i].run->batch, .rows = rows + begin};
    begin += heads[i].picked;
  }
  bool in_order = true;
  for (uint32_t i = 0; i < g->total; i++) {
    Piece *piece = &g->pieces[piece_at[picks[i].place]];
    g->places[i] = (uint32_t)(piece->rows - rows) + piece->count;
    piece->rows[piece->count++] = picks[i].row;
    in_order &= g->places[i] == i;
  }
  if (in_order) {
    mem_free(g->places);
    g->places = NULL;
  }
  mem_free(piece_at);
}

static Batch *batch_of_picks(const Pick *picks, uint32_t count, const Head *heads, uint32_t heads_len) {
  uint32_t *rows = mem_alloc(mem_mul(count, sizeof *rows));
  Gathering g = {.total = count};
  g.pieces = mem_alloc(mem_mul(heads_len, sizeof *g.pieces));
  g.places = mem_alloc(mem_mul(count, sizeof *g.places));
  spread_picks(picks, heads, heads_len, &g, rows);
  bool view = g.pieces_len == 1 && rows_ascend(rows, count);
  Batch *out = view ? view_rows(&g.pieces[0]) : gather_batch(&g);
  mem_free(g.pieces);
  mem_free(g.places);
  mem_free(rows);
  return out;
}

/* ---- picking ---- */

static bool comes_before(const Head *a, const Head *b) {
  return a->time != b->time ? a->time < b->time : a->place < b->place;
}

static void sift_down(uint32_t *heap, uint32_t len, uint32_t at, const Head *heads) {
  uint32_t moved = heap[at];
  for (;;) {
    uint32_t child = 2 * at + 1;
    if (child >= len) break;
    if (child + 1 < len && comes_before(&heads[heap[child + 1]], &heads[heap[child]])) child++;
    if (comes_before(&heads[moved], &heads[heap[child]])) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = moved;
}

static bool within(const Head *head, ReorderBound bound) {
  return head->time != bound.time ? head->time < bound.time : head->channel <= bound.channel;
}

/* Fills picks with up to `rows` of the heads' rows, in order; all heads begin within the bound. With views, a long
** stretch of one run ends where another run's turn comes. */
static uint32_t pick_rows(Head *heads, uint32_t heads_len, ReorderBound bound, bool views, Pick *picks,
                          uint32_t rows) {
  uint32_t *heap = mem_alloc(mem_mul(heads_len, sizeof *heap)), len = heads_len, count = 0;
  for (uint32_t i = 0; i < len; i++) heap[i] = i;
  bool single = true; /* all picks are of one run */
  for (uint32_t i = len / 2; i-- > 0;) sift_down(heap, len, i, heads);
  while (len && count < rows) {
    Head *head = &heads[heap[0]];
    if (count && head->place != picks[0].place) {
      if (views && single && count >= VIEW_ROWS) break;
      single = false;
    }
    ReorderRun *run = head->run;
    picks[count++] = (Pick){head->place, run_row(run, run->at++)};
    head->picked++;
    if (run->at < run->len) run->first = head->time = row_time(run->batch, run_row(run, run->at));
    if (run->at == run->len || !within(head, bound)) heap[0] = heap[--len];
    if (len) sift_down(heap, len, 0, heads);
  }
  mem_free(heap);
  return count;
}

static Batch *take_from(Head *heads, uint32_t heads_len, ReorderBound bound, bool views, uint32_t rows) {
  uint64_t held = 0;
  for (uint32_t i = 0; i < heads_len; i++) held += heads[i].run->len - heads[i].run->at;
  if (held < rows) rows = (uint32_t)held;
  Pick *picks = mem_alloc(mem_mul(rows, sizeof *picks));
  uint32_t count = pick_rows(heads, heads_len, bound, views, picks, rows);
  Batch *out = batch_of_picks(picks, count, heads, heads_len);
  mem_free(picks);
  return out;
}

/* ---- runs ---- */

static void run_release(ReorderRun *run) {
  batch_unref(run->copy);
  mem_free(run->order);
}

static size_t column_bytes(const Column *col) {
  if (!col) return 0;
  size_t bytes = column_slot_bytes(col->layout) * (col->constant ? 1 : col->rows);
  for (uint32_t i = 0; i < col->holds_len; i++) bytes += col->holds[i]->cap;
  return bytes;
}

static size_t batch_bytes(const Batch *batch) {
  size_t bytes = column_bytes(batch->time) + column_bytes(batch->payload) + column_bytes(batch->offset);
  for (uint32_t i = 0; i < batch->cols_len; i++) bytes += column_bytes(batch->cols[i]);
  return bytes;
}

static ReorderRun run_of_copy(Batch *copy) {
  return (ReorderRun){.batch = copy, .copy = copy, .len = copy->rows, .first = row_time(copy, 0),
                      .bytes = batch_bytes(copy)};
}

/* Replaces a run by a copy of the rows that are still here. */
static void run_renew(ReorderRun *run) {
  uint32_t count = run->len - run->at;
  uint32_t *rows = mem_alloc(mem_mul(count, sizeof *rows));
  for (uint32_t i = 0; i < count; i++) rows[i] = run_row(run, run->at + i);
  Piece piece = {run->batch, rows, count};
  Gathering g = {.pieces = &piece, .pieces_len = 1, .total = count};
  Batch *copy = gather_batch(&g);
  mem_free(rows);
  run_release(run);
  *run = run_of_copy(copy);
}

/* Takes out the runs that are empty and renews those that are mostly empty. */
static void lane_tidy(ReorderLane *lane) {
  uint32_t to = 0;
  for (uint32_t i = 0; i < lane->runs.len; i++) {
    ReorderRun *run = &lane->runs.items[i];
    if (run->at == run->len) {
      run_release(run);
      continue;
    }
    if (run->copy && run->at > run->len / 2 && run->len >= TRIM_ROWS) run_renew(run);
    lane->runs.items[to++] = *run;
  }
  lane->runs.len = to;
}

/* Invariant (3). */
static void lane_join(ReorderLane *lane) {
  while (lane->runs.len > 1) {
    ReorderRun *last = &lane->runs.items[lane->runs.len - 1], *before = last - 1;
    uint32_t more = last->len - last->at, rows = before->len - before->at;
    if (rows / 2 >= more || rows + more > RUN_ROWS) return;
    Head heads[2] = {{before->first, lane->channel, 0, 0, before}, {last->first, lane->channel, 1, 0, last}};
    Batch *joined = take_from(heads, 2, (ReorderBound){TICKS_MAX, UINT32_MAX}, false, rows + more);
    run_release(last);
    run_release(before);
    *before = run_of_copy(joined);
    lane->runs.len--;
  }
}

/* ---- the buffer ---- */

static ReorderLane *take_lane(Reorder *buffer, uint32_t channel) {
  uint32_t at = 0;
  while (at < buffer->lanes.len && buffer->lanes.items[at].channel < channel) at++;
  if (at < buffer->lanes.len && buffer->lanes.items[at].channel == channel) return &buffer->lanes.items[at];
  vec_push(&buffer->lanes, (ReorderLane){0});
  ReorderLane *lane = &buffer->lanes.items[at];
  memmove(lane + 1, lane, (buffer->lanes.len - 1 - at) * sizeof *lane);
  *lane = (ReorderLane){.channel = channel};
  return lane;
}

void reorder_add(Reorder *buffer, uint32_t channel, const Batch *batch) {
  if (batch_count(batch) == 0) return;
  ReorderRun run = {.batch = batch, .order = order_of(batch), .len = batch_count(batch)};
  run.first = row_time(batch, run_row(&run, 0));
  ReorderLane *lane = take_lane(buffer, channel);
  vec_push(&lane->runs, run);
}

static uint32_t collect_heads(Reorder *buffer, ReorderBound bound, Head *heads) {
  uint32_t len = 0;
  for (uint32_t i = 0; i < buffer->lanes.len; i++) {
    ReorderLane *lane = &buffer->lanes.items[i];
    for (uint32_t j = 0; j < lane->runs.len; j++) {
      ReorderRun *run = &lane->runs.items[j];
      Head head = {.time = run->first, .channel = lane->channel, .place = len, .run = run};
      if (within(&head, bound)) heads[len++] = head;
    }
  }
  return len;
}

Batch *reorder_take(Reorder *buffer, ReorderBound bound, uint32_t rows) {
  uint32_t runs = 0;
  for (uint32_t i = 0; i < buffer->lanes.len; i++) runs += buffer->lanes.items[i].runs.len;
  if (runs == 0) return NULL;
  Head *heads = mem_alloc(mem_mul(runs, sizeof *heads));
  uint32_t heads_len = collect_heads(buffer, bound, heads);
  Batch *out = heads_len ? take_from(heads, heads_len, bound, true, rows) : NULL;
  mem_free(heads);
  for (uint32_t i = 0; out && i < buffer->lanes.len; i++) lane_tidy(&buffer->lanes.items[i]);
  return out;
}

void reorder_keep(Reorder *buffer) {
  for (uint32_t i = 0; i < buffer->lanes.len; i++) {
    ReorderLane *lane = &buffer->lanes.items[i];
    if (!lane->runs.len || lane->runs.items[lane->runs.len - 1].copy) continue;
    run_renew(&lane->runs.items[lane->runs.len - 1]);
    lane_join(lane);
  }
}

bool reorder_is_empty(const Reorder *buffer) {
  bool empty = true;
  for (uint32_t i = 0; i < buffer->lanes.len; i++) empty &= buffer->lanes.items[i].runs.len == 0;
  return empty;
}

uint64_t reorder_rows(const Reorder *buffer) {
  uint64_t rows = 0;
  for (uint32_t i = 0; i < buffer->lanes.len; i++)
    for (uint32_t j = 0; j < buffer->lanes.items[i].runs.len; j++)
      rows += buffer->lanes.items[i].runs.items[j].len - buffer->lanes.items[i].runs.items[j].at;
  return rows;
}

size_t reorder_bytes(const Reorder *buffer, uint32_t channel) {
  size_t bytes = 0;
  for (uint32_t i = 0; i < buffer->lanes.len; i++)
    for (uint32_t j = 0; buffer->lanes.items[i].channel == channel && j < buffer->lanes.items[i].runs.len; j++)
      bytes += buffer->lanes.items[i].runs.items[j].bytes;
  return bytes;
}

void reorder_release(Reorder *buffer) {
  for (uint32_t i = 0; i < buffer->lanes.len; i++) {
    ReorderLane *lane = &buffer->lanes.items[i];
    for (uint32_t j = 0; j < lane->runs.len; j++) run_release(&lane->runs.items[j]);
    vec_release(&lane->runs);
  }
  vec_release(&buffer->lanes);
}

/* ---- state: between batches, so every run is a copy in order ---- */

static Batch *run_rest(const ReorderRun *run) {
  Selection *sel = selection_new(run->len - run->at);
  for (uint32_t i = run->at; i < run->len; i++) sel->rows[sel->len++] = i;
  Piece piece = {run->batch, sel->rows, sel->len};
  Batch *rest = view_rows(&piece);
  selection_unref(sel);
  return rest;
}

void reorder_oldest(const Reorder *buffer, Lineage *into) {
  for (uint32_t i = 0; i < buffer->lanes.len; i++) {
    for (uint32_t j = 0; j < buffer->lanes.items[i].runs.len; j++) {
      Batch *rest = run_rest(&buffer->lanes.items[i].runs.items[j]);
      lineage_merge(into, &rest->lineage);
      batch_unref(rest);
    }
  }
}

void reorder_save(const Reorder *buffer, ByteWriter *out) {
  put_u32(out, buffer->lanes.len);
  for (uint32_t i = 0; i < buffer->lanes.len; i++) {
    const ReorderLane *lane = &buffer->lanes.items[i];
    put_u32(out, lane->channel);
    put_u32(out, lane->runs.len);
    for (uint32_t j = 0; j < lane->runs.len; j++) {
      Batch *rest = run_rest(&lane->runs.items[j]);
      batch_save(rest, out);
      batch_unref(rest);
    }
  }
}

static void load_run(ReorderLane *lane, ByteReader *in) {
  Batch *batch = batch_load(in);
  if (!batch) return;
  if (batch->rows && batch->time && ascends(batch)) {
    vec_push(&lane->runs, run_of_copy(batch));
    return;
  }
  in->bad = true;
  batch_unref(batch);
}

void reorder_load(Reorder *buffer, ByteReader *in) {
  uint32_t lanes = get_u32(in);
  for (uint32_t i = 0; i < lanes && !in->bad; i++) {
    uint32_t channel = get_u32(in), runs = get_u32(in);
    ReorderLane *lane = take_lane(buffer, channel);
    for (uint32_t j = 0; j < runs && !in->bad; j++) load_run(lane, in);
  }
}
