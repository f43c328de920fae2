/* op_aggregate.c: GROUP BY over tumbling, hopping and snapshot windows.
**
** Rows fall into panes: stretches of time no window boundary cuts (tumbling: the window; hopping: the greatest
** common divisor of size and hop; snapshot: the instant). A pane is a group table. A window is complete when the
** watermark has passed its end; then its panes are combined (a tumbling window is its pane) and its groups go
** out, stamped with the end.
**
**   hopping, size 3, hop 1:   panes  p1 p2 p3 p4 ...
**                             windows [p1] [p1 p2] [p1 p2 p3] [p2 p3 p4] ...
**
** Rows need no order among each other: panes stay open until the minimum watermark of all channels passes.
** A jump in time costs by live panes, never by the number of empty windows.
**
** Invariants: (1) panes ascend by end; (2) no pane lies wholly before every window still to come;
** (3) a window is emitted once, windows in the order of their ends. */
#include <string.h>

#include "base/mem.h"
#include "ops/window_input.h"
#include "time/watermark.h"

enum { PANE_VERSION = 1, CLOCK_VERSION = 1, SPARE_PANES = 4 };

typedef struct Pane {
  Ticks      end;
  GroupTable table;
  Lineage    lineage;
} Pane;

typedef struct AggregateOp {
  Op          op;
  GroupLayout layout;
  WindowInput input;
  RowFailures failures;   /* of the rows of a window */
  WindowSpec  panes_spec; /* a tumbling window as long as a pane */
  Vec(Pane *) panes;
  Vec(Pane *) spare;      /* empty ones, memory kept */
  GroupTable  merged;     /* hopping: the window being put together */
  ClockSet    clocks;
  Ticks       emitted;    /* end of the last window that went out; TICKS_MIN: none */
  FnScratch   scratch;
  uint32_t   *groups;     /* per selected row */
  uint32_t    groups_room;
} AggregateOp;

static bool is_hopping(const AggregateOp *agg) {
  const WindowSpec *window = &agg->op.plan->aggregate.window;
  return window->kind == WINDOW_HOPPING && window->hop != window->size;
}

static Status aggregate_open(Op *op, Error *err) {
  (void)err;
  AggregateOp *agg = (AggregateOp *)op;
  const PlanNode *node = op->plan;
  group_layout_init(&agg->layout, op->ctx->arena, node);
  window_input_open(&agg->input, op, &agg->layout, NULL, 0);
  agg->panes_spec = node->aggregate.window;
  if (agg->panes_spec.kind != WINDOW_SNAPSHOT) {
    agg->panes_spec.kind = WINDOW_TUMBLING;
    agg->panes_spec.size = agg->panes_spec.hop = window_pane(&node->aggregate.window);
    window_normalise(&agg->panes_spec);
  }
  group_table_init(&agg->merged, &agg->layout);
  agg->emitted = TICKS_MIN;
  return STATUS_OK;
}

/* ---- rows in ---------------------------------------------------------------------------------- */

static Pane *take_pane(AggregateOp *agg, Ticks end) {
  Pane *pane;
  if (agg->spare.len) {
    pane = agg->spare.items[--agg->spare.len];
  } else {
    pane = mem_zalloc(sizeof *pane);
    group_table_init(&pane->table, &agg->layout);
  }
  pane->end = end;
  return pane;
}

static void free_pane(Pane *pane) {
  group_table_release(&pane->table);
  lineage_release(&pane->lineage);
  mem_free(pane);
}

static void give_pane_back(AggregateOp *agg, Pane *pane) {
  if (agg->spare.len == SPARE_PANES || group_table_bytes(&pane->table) > (1u << 20)) {
    free_pane(pane); /* a large window returns its memory */
    return;
  }
  group_table_clear(&pane->table);
  lineage_clear(&pane->lineage);
  vec_push(&agg->spare, pane);
}

/* The pane that ends at `end`; rows mostly go to the newest one. */
static Pane *find_pane(AggregateOp *agg, Ticks end) {
  uint32_t at = agg->panes.len;
  while (at > 0 && agg->panes.items[at - 1]->end > end) at--;
  if (at > 0 && agg->panes.items[at - 1]->end == end) return agg->panes.items[at - 1];
  Pane *pane = take_pane(agg, end);
  vec_push(&agg->panes, pane);
  memmove(agg->panes.items + at + 1, agg->panes.items + at, (agg->panes.len - 1 - at) * sizeof pane);
  agg->panes.items[at] = pane;
  return pane;
}

static void add_rows(AggregateOp *agg, Pane *pane, const Batch *batch, const Selection *sel, uint32_t first) {
  const WindowInput *input = &agg->input;
  group_table_find(&pane->table, window_keys(input), sel, batch->rows, input->hashes + first, agg->groups);
  group_table_update(&pane->table, agg->groups, window_args(input), sel, batch->rows);
  lineage_merge(&pane->lineage, &batch->lineage);
}

/* Cuts the rows where a pane ends; mostly there is one piece. */
static void add_by_pane(AggregateOp *agg, const Batch *batch, const Selection *sel) {
  const Ticks *times = column_i64(batch->time);
  uint32_t count = sel ? sel->len : batch->rows;
  for (uint32_t begin = 0, end; begin < count; begin = end) {
    Ticks last = window_first_end(&agg->panes_spec, times[column_slot(batch->time, sel ? sel->rows[begin] : begin)]);
    Ticks start = agg->panes_spec.kind == WINDOW_SNAPSHOT ? last - 1 : last - agg->panes_spec.size;
    for (end = begin + 1; end < count; end++) {
      Ticks t = times[column_slot(batch->time, sel ? sel->rows[end] : end)];
      if (t > last || t <= start) break;
    }
    Pane *pane = find_pane(agg, last);
    if (begin == 0 && end == count) {
      add_rows(agg, pane, batch, sel, 0);
      return;
    }
    Selection *part = selection_new(end - begin);
    for (uint32_t i = begin; i < end; i++) part->rows[part->len++] = sel ? sel->rows[i] : i;
    add_rows(agg, pane, batch, part, begin);
    selection_unref(part);
  }
}

static void aggregate_push(Op *op, uint32_t port, const Batch *batch) {
  (void)port;
  AggregateOp *agg = (AggregateOp *)op;
  if (batch->rows > agg->groups_room) {
    agg->groups_room = batch->rows;
    agg->groups = mem_realloc(agg->groups, mem_mul(batch->rows, sizeof *agg->groups));
  }
  window_input_begin(&agg->input, op, batch);
  add_by_pane(agg, batch, agg->input.sel);
  window_input_end(&agg->input);
}

/* ---- windows out ------------------------------------------------------------------------------ */

typedef struct Emission { /* rows [first, first + rows) of a window's groups */
  const GroupTable *table;
  const Lineage *lineage;
  Ticks    end;
  uint32_t first, rows;
} Emission;

static Column *key_column(const Emission *e, uint32_t key) {
  ColumnBuilder builder;
  column_builder_init(&builder, e->rows, true);
  for (uint32_t i = 0; i < e->rows; i++) {
    const Value *value = &e->table->keys[(size_t)(e->first + i) * e->table->layout->keys_len + key];
    if (value->type != TYPE_NULL) column_builder_put(&builder, i, value);
  }
  return column_builder_finish(&builder);
}

static Column *agg_column(AggregateOp *agg, const Emission *e, uint32_t a) {
  const AggCall *call = &agg->layout.aggs[a].call;
  ColumnBuilder builder;
  column_builder_init(&builder, e->rows, true);
  for (uint32_t i = 0; i < e->rows; i++) {
    Value value = value_null();
    const char *state = group_state(e->table, e->first + i) + agg->layout.offsets[a];
    if (!call->fn->finish(call, state, &agg->scratch, &value))
      row_failures_add(&agg->failures, i, call->span, "%s", agg->scratch.error);
    else if (value.type != TYPE_NULL) column_builder_put(&builder, i, &value);
    arena_reset(&agg->scratch.arena);
  }
  return column_builder_finish(&builder);
}

static Selection *succeeded(const Emission *e, const RowFailures *failures) {
  if (failures->items.len == 0) return NULL;
  Selection *sel = selection_new(e->rows);
  for (uint32_t i = 0; i < e->rows; i++)
    if (!row_failures_has(failures, i)) sel->rows[sel->len++] = i;
  return sel;
}

static void emit_rows(AggregateOp *agg, const Emission *e) {
  const PlanNode *node = agg->op.plan;
  Batch *out = batch_new(e->rows, node->cols_len);
  Value end = value_datetime(e->end), id = value_null();
  row_failures_reset(&agg->failures, e->rows);
  for (uint32_t k = 0; k < agg->layout.keys_len; k++) out->cols[k] = key_column(e, k);
  for (uint32_t a = 0; a < agg->layout.aggs_len; a++) out->cols[agg->layout.keys_len + a] = agg_column(agg, e, a);
  if (node->aggregate.window.id.len) id = value_text(node->aggregate.window.id);
  if (node->aggregate.window_id) out->cols[node->cols_len - 1] = column_constant(&id, e->rows, false);
  out->time = column_constant(&end, e->rows, false);
  out->channel = agg->op.channel;
  out->sorted = true;
  lineage_merge(&out->lineage, e->lineage);
  op_fail_rows(&agg->op, out, &agg->failures);
  out->sel = succeeded(e, &agg->failures);
  op_emit(&agg->op, out);
  batch_unref(out);
}

static void emit_window(AggregateOp *agg, const GroupTable *table, const Lineage *lineage, Ticks end) {
  uint32_t step = agg->op.ctx->batch_rows;
  for (uint32_t first = 0; first < table->groups_len; first += step) {
    uint32_t rows = table->groups_len - first < step ? table->groups_len - first : step;
    emit_rows(agg, &(Emission){table, lineage, end, first, rows});
  }
}

static void drop_panes(AggregateOp *agg, uint32_t count) {
  if (count == 0) return;
  for (uint32_t i = 0; i < count; i++) give_pane_back(agg, agg->panes.items[i]);
  agg->panes.len -= count;
  memmove(agg->panes.items, agg->panes.items + count, agg->panes.len * sizeof agg->panes.items[0]);
}

static void close_tumbling(AggregateOp *agg, Ticks w) {
  uint32_t done = 0;
  while (done < agg->panes.len && agg->panes.items[done]->end < w) {
    Pane *pane = agg->panes.items[done++];
    emit_window(agg, &pane->table, &pane->lineage, pane->end);
  }
  drop_panes(agg, done);
}

static void emit_hopping(AggregateOp *agg, Ticks start, Ticks end) {
  Lineage lineage = {0};
  for (uint32_t i = 0; i < agg->panes.len && agg->panes.items[i]->end <= end; i++) {
    if (agg->panes.items[i]->end <= start) continue;
    group_table_combine(&agg->merged, &agg->panes.items[i]->table);
    lineage_merge(&lineage, &agg->panes.items[i]->lineage);
  }
  emit_window(agg, &agg->merged, &lineage, end);
  group_table_clear(&agg->merged);
  lineage_release(&lineage);
}

static void close_hopping(AggregateOp *agg, Ticks w) {
  const WindowSpec *window = &agg->op.plan->aggregate.window;
  while (agg->panes.len) {
    Ticks oldest = agg->panes.items[0]->end;
    Ticks end = window_first_end(window, oldest);
    if (agg->emitted != TICKS_MIN && end <= agg->emitted) end = agg->emitted + window->hop;
    if (end - window->size >= oldest) { /* no window to come holds this pane */
      drop_panes(agg, 1);
      continue;
    }
    if (end >= w) break;
    emit_hopping(agg, end - window->size, end);
    agg->emitted = end;
  }
}

static void aggregate_advance(Op *op, uint32_t port, uint32_t channel, Ticks w) {
  (void)port;
  AggregateOp *agg = (AggregateOp *)op;
  bool first = op->watermark == TICKS_MIN && agg->clocks.clocks.len == 0;
  bool moved = clock_set_advance(&agg->clocks, channel, w);
  if (moved) {
    if (is_hopping(agg)) close_hopping(agg, agg->clocks.min);
    else close_tumbling(agg, agg->clocks.min);
  }
  if (moved || first) op_advance(op, op->channel, agg->clocks.min);
}

/* ---- state ------------------------------------------------------------------------------------ */

static Status save_pane(const Pane *pane, uint32_t at, StateWriter *out, Error *err) {
  ByteWriter *bytes = state_begin(out, "pane", at, PANE_VERSION);
  put_i64(bytes, pane->end);
  lineage_save(&pane->lineage, bytes);
  group_table_save(&pane->table, bytes);
  return state_end(out, err);
}

static Status aggregate_save(Op *op, StateWriter *out, Error *err) {
  AggregateOp *agg = (AggregateOp *)op;
  ByteWriter *bytes = state_begin(out, "clocks", 0, CLOCK_VERSION);
  clock_set_save(&agg->clocks, bytes);
  put_i64(bytes, agg->emitted);
  put_i64(bytes, op->watermark);
  put_u32(bytes, agg->panes.len);
  TRY(state_end(out, err));
  for (uint32_t i = 0; i < agg->panes.len; i++) TRY(save_pane(agg->panes.items[i], i, out, err));
  return STATUS_OK;
}

static Status load_pane(AggregateOp *agg, uint32_t at, StateReader *in, Error *err) {
  ByteReader bytes;
  TRY(state_find(in, "pane", at, PANE_VERSION, &bytes, err));
  Pane *pane = take_pane(agg, get_i64(&bytes));
  vec_push(&agg->panes, pane);
  lineage_load(&pane->lineage, &bytes);
  group_table_load(&pane->table, &bytes);
  return state_done(in, &bytes, err);
}

static Status aggregate_load(Op *op, StateReader *in, Error *err) {
  AggregateOp *agg = (AggregateOp *)op;
  ByteReader bytes;
  TRY(state_find(in, "clocks", 0, CLOCK_VERSION, &bytes, err));
  clock_set_load(&agg->clocks, &bytes);
  agg->emitted = get_i64(&bytes);
  op->watermark = get_i64(&bytes);
  uint32_t panes = get_u32(&bytes);
  TRY(state_done(in, &bytes, err));
  for (uint32_t i = 0; i < panes; i++) TRY(load_pane(agg, i, in, err));
  return STATUS_OK;
}

static void aggregate_oldest(const Op *op, Lineage *into) {
  const AggregateOp *agg = (const AggregateOp *)op;
  for (uint32_t i = 0; i < agg->panes.len; i++) lineage_merge(into, &agg->panes.items[i]->lineage);
}

static void aggregate_close(Op *op) {
  AggregateOp *agg = (AggregateOp *)op;
  for (uint32_t i = 0; i < agg->panes.len; i++) free_pane(agg->panes.items[i]);
  for (uint32_t i = 0; i < agg->spare.len; i++) free_pane(agg->spare.items[i]);
  vec_release(&agg->panes);
  vec_release(&agg->spare);
  if (agg->merged.layout) group_table_release(&agg->merged);
  window_input_close(&agg->input);
  row_failures_release(&agg->failures);
  clock_set_release(&agg->clocks);
  arena_release(&agg->scratch.arena);
  mem_free(agg->groups);
}

static void aggregate_describe(const PlanNode *node, StrBuf *out) {
  bool panes =
      node->aggregate.window.kind == WINDOW_HOPPING && node->aggregate.window.hop != node->aggregate.window.size;
  strbuf_puts(out, panes ? "a group table a pane, combined a window" : "a group table a window");
}

const OpClass op_aggregate = {
  .kind = PLAN_AGGREGATE,
  .name = "aggregate",
  .bytes = sizeof(AggregateOp),
  .open = aggregate_open,
  .push = aggregate_push,
  .advance = aggregate_advance,
  .save = aggregate_save,
  .load = aggregate_load,
  .oldest = aggregate_oldest,
  .close = aggregate_close,
  .describe = aggregate_describe,
};
