/* op_aggregate.c: GROUP BY over tumbling, hopping and snapshot windows.
**
** Rows fall into panes: stretches of time no window boundary cuts (tumbling: the window; hopping: the greatest
** common divisor of size and hop; snapshot: the instant). A pane is a group table. A window is complete when the
** watermark has passed its end; then its groups go out, stamped with the end. A tumbling window is its pane. The
** panes of a hopping window go one after the other into the groups of the window, and leave them again
** (hopping_groups.h):
**
**   hopping, size 3, hop 1:   panes  p1 p2 p3 p4 ...
**                             windows [p1] [p1 p2] [p1 p2 p3] [p2 p3 p4] ...
**
** When an aggregate cannot combine, every hopping window has a table of its own and a row goes into each: the table
** then stands in the list of panes, and all is as for tumbling windows.
**
** Rows need no order among each other: panes stay open until the minimum watermark of all channels passes.
** A jump in time costs by live panes, never by the number of empty windows. Small windows share a batch.
**
** Invariants: (1) panes ascend by end; (2) no pane lies wholly before every window still to come;
** (3) a window is emitted once, windows in the order of their ends; (4) panes in `hopping` are older than `panes`. */
#include <string.h>

#include "base/mem.h"
#include "ops/hopping_groups.h"
#include "ops/window_input.h"
#include "time/watermark.h"

enum {
  PANE_VERSION = 2,
  CLOCK_VERSION = 2,
  SPARE_PANES = 4,
  SPARE_BYTES = 1 << 20, /* a pane beyond this returns its memory */
  SMALL_PANES = 2048,    /* spare ones of at most SMALL_BYTES: instants come by the batch */
  SMALL_BYTES = 4096,
  SMALL_GROUPS = 64,     /* windows of fewer groups are gathered into batches */
};

typedef struct Pane {
  Ticks      end;
  uint32_t   number;  /* its name in the state; never given twice by one operator */
  bool       changed; /* since it was saved */
  GroupTable table;
  Lineage    lineage;
} Pane;

typedef Vec(Pane *) PanePool; /* empty ones, memory kept */

typedef struct AggregateOp {
  Op          op;
  const GroupLayout *layout; /* this and the next three are shared with the model */
  WindowInput *input;
  WindowOutput *output;   /* small windows, and those of `hopping` */
  PanePool   *spare;
  RowFailures failures;   /* of the rows of a window */
  WindowSpec  panes_spec; /* a tumbling window as long as a pane */
  Vec(Pane *) panes;
  uint32_t    numbers;    /* given so far */
  bool        combines;   /* panes go into `hopping`; else each is a window */
  HoppingGroups hopping;
  Lineage     gathered;   /* of the small windows in output */
  Value      *keys;       /* of one group */
  const char **states;    /* of one group, an aggregate each */
  ClockSet    clocks;
  Ticks       emitted;    /* end of the last window that went out; TICKS_MIN: none */
  FnScratch   scratch;
  uint32_t   *groups;     /* per selected row */
  uint32_t    groups_room;
} AggregateOp;

static bool is_hopping(const PlanNode *node) {
  return node->aggregate.window.kind == WINDOW_HOPPING && node->aggregate.window.hop != node->aggregate.window.size;
}

/* What operators of one plan node share. */
static void open_shared(AggregateOp *agg, Arena *arena) {
  const AggregateOp *model = (AggregateOp *)agg->op.ctx->model;
  if (model) {
    agg->layout = model->layout;
    agg->input = model->input;
    agg->output = model->output;
    agg->spare = model->spare;
    agg->keys = model->keys;
    agg->states = model->states;
    return;
  }
  GroupLayout *layout = ARENA_NEW(arena, GroupLayout);
  group_layout_init(layout, arena, agg->op.plan);
  agg->layout = layout;
  agg->input = ARENA_NEW(arena, WindowInput);
  agg->output = ARENA_NEW(arena, WindowOutput);
  agg->spare = ARENA_NEW(arena, PanePool);
  agg->keys = ARENA_ARRAY(arena, Value, layout->keys_len + 1);
  agg->states = ARENA_ARRAY(arena, const char *, layout->aggs_len + 1);
  window_input_open(agg->input, &agg->op, layout, NULL, 0);
  window_output_open(agg->output, &agg->op, layout);
}

static Status aggregate_open(Op *op, Error *err) {
  (void)err;
  AggregateOp *agg = (AggregateOp *)op, *model = (AggregateOp *)op->ctx->model;
  const PlanNode *node = op->plan;
  open_shared(agg, op->ctx->arena);
  agg->panes_spec = node->aggregate.window;
  if (agg->panes_spec.kind != WINDOW_SNAPSHOT) {
    agg->panes_spec.kind = WINDOW_TUMBLING;
    agg->panes_spec.size = agg->panes_spec.hop = window_pane(&node->aggregate.window);
    window_normalise(&agg->panes_spec);
  }
  agg->combines = is_hopping(node) && hopping_groups_can(agg->layout);
  if (agg->combines) hopping_groups_init(&agg->hopping, op->ctx->arena, agg->layout, model ? &model->hopping : NULL);
  agg->emitted = TICKS_MIN;
  return STATUS_OK;
}

/* ---- rows in ---------------------------------------------------------------------------------- */

static Pane *take_pane(AggregateOp *agg, Ticks end) {
  Pane *pane;
  if (agg->spare->len) {
    pane = agg->spare->items[--agg->spare->len];
  } else {
    pane = mem_zalloc(sizeof *pane);
    group_table_init(&pane->table, agg->layout);
  }
  pane->end = end;
  pane->number = ++agg->numbers;
  pane->changed = true;
  return pane;
}

static void free_pane(Pane *pane) {
  group_table_release(&pane->table);
  lineage_release(&pane->lineage);
  mem_free(pane);
}

static void give_pane_back(AggregateOp *agg, Pane *pane) {
  size_t bytes = group_table_bytes(&pane->table);
  if (bytes > SPARE_BYTES || agg->spare->len >= (bytes > SMALL_BYTES ? SPARE_PANES : SMALL_PANES)) {
    free_pane(pane);
    return;
  }
  group_table_clear(&pane->table);
  lineage_clear(&pane->lineage);
  vec_push(agg->spare, pane);
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
  const WindowInput *input = agg->input;
  group_table_find(&pane->table, window_keys(input), sel, batch->rows, input->hashes + first, agg->groups);
  group_table_update(&pane->table, agg->groups, window_args(input), sel, batch->rows);
  lineage_merge(&pane->lineage, &batch->lineage);
  pane->changed = true;
}

/* Rows of the pane that ends at `last`: into it, or into every window that holds it. */
static void add_piece(AggregateOp *agg, Ticks last, const Batch *batch, const Selection *sel, uint32_t first) {
  const WindowSpec *window = &agg->op.plan->aggregate.window;
  if (agg->combines || !is_hopping(agg->op.plan)) {
    add_rows(agg, find_pane(agg, last), batch, sel, first);
    return;
  }
  for (Ticks end = window_first_end(window, last); end - window->size < last; end += window->hop) {
    add_rows(agg, find_pane(agg, end), batch, sel, first);
    if (end > TICKS_MAX - window->hop) break;
  }
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
    if (begin == 0 && end == count) {
      add_piece(agg, last, batch, sel, 0);
      return;
    }
    Selection *part = selection_new(end - begin);
    for (uint32_t i = begin; i < end; i++) part->rows[part->len++] = sel ? sel->rows[i] : i;
    add_piece(agg, last, batch, part, begin);
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
  window_input_begin(agg->input, op, batch);
  add_by_pane(agg, batch, agg->input->sel);
  window_input_end(agg->input);
}

/* ---- windows out ------------------------------------------------------------------------------ */

typedef struct Emission { /* rows [first, first + rows) of a window's groups */
  const GroupTable *table;
  const Lineage *lineage;
  Ticks    end;
  uint32_t first, rows;
} Emission;

static Column *agg_column(AggregateOp *agg, const Emission *e, uint32_t a) {
  const AggCall *call = &agg->layout->aggs[a].call;
  ColumnBuilder builder;
  column_builder_init(&builder, e->rows, true);
  for (uint32_t i = 0; i < e->rows; i++) {
    Value value = value_null();
    const char *state = group_state(e->table, e->first + i) + agg->layout->offsets[a];
    if (!call->fn->finish(call, state, &agg->scratch, &value))
      row_failures_add(&agg->failures, i, call->span, "%s", agg->scratch.error);
    else if (value.type != TYPE_NULL) column_builder_put(&builder, i, &value);
    arena_reset(&agg->scratch.arena);
  }
  return column_builder_finish(&builder);
}

static void emit_rows(AggregateOp *agg, const Emission *e) {
  const PlanNode *node = agg->op.plan;
  Batch *out = batch_new(e->rows, node->cols_len);
  Value end = value_datetime(e->end), id = value_null();
  row_failures_reset(&agg->failures, e->rows);
  for (uint32_t k = 0; k < agg->layout->keys_len; k++)
    out->cols[k] = group_table_key_column(e->table, k, e->first, e->rows);
  for (uint32_t a = 0; a < agg->layout->aggs_len; a++) out->cols[agg->layout->keys_len + a] = agg_column(agg, e, a);
  if (node->aggregate.window.id.len) id = value_text(node->aggregate.window.id);
  if (node->aggregate.window_id) out->cols[node->cols_len - 1] = column_constant(&id, e->rows, false);
  out->time = column_constant(&end, e->rows, false);
  out->channel = agg->op.channel;
  out->sorted = true;
  lineage_merge(&out->lineage, e->lineage);
  op_fail_rows(&agg->op, out, &agg->failures);
  out->sel = row_failures_passed(&agg->failures, NULL, e->rows);
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

static void send_gathered(AggregateOp *agg) {
  window_output_send(agg->output, &agg->gathered);
  lineage_clear(&agg->gathered);
}

static void gather_window(AggregateOp *agg, const Pane *pane) {
  for (uint32_t g = 0; g < pane->table.groups_len; g++) {
    for (uint32_t k = 0; k < agg->layout->keys_len; k++) agg->keys[k] = group_table_key(&pane->table, g, k);
    for (uint32_t a = 0; a < agg->layout->aggs_len; a++)
      agg->states[a] = group_state(&pane->table, g) + agg->layout->offsets[a];
    lineage_merge(&agg->gathered, &pane->lineage);
    if (!window_output_add(agg->output, agg->keys, agg->states, pane->end)) send_gathered(agg);
  }
}

static void drop_panes(AggregateOp *agg, uint32_t count) {
  if (count == 0) return;
  for (uint32_t i = 0; i < count; i++) give_pane_back(agg, agg->panes.items[i]);
  agg->panes.len -= count;
  memmove(agg->panes.items, agg->panes.items + count, agg->panes.len * sizeof agg->panes.items[0]);
}

/* Panes that are windows. */
static void close_panes(AggregateOp *agg, Ticks w) {
  uint32_t done = 0;
  while (done < agg->panes.len && agg->panes.items[done]->end < w) {
    Pane *pane = agg->panes.items[done++];
    if (pane->table.groups_len < SMALL_GROUPS) {
      gather_window(agg, pane);
      continue;
    }
    send_gathered(agg);
    emit_window(agg, &pane->table, &pane->lineage, pane->end);
  }
  send_gathered(agg);
  drop_panes(agg, done);
}

static void emit_hopping(AggregateOp *agg, Ticks end) {
  uint32_t done = 0;
  for (; done < agg->panes.len && agg->panes.items[done]->end <= end; done++) {
    Pane *pane = agg->panes.items[done];
    hopping_groups_add(&agg->hopping, pane->end, &pane->table, &pane->lineage);
  }
  drop_panes(agg, done);
  hopping_groups_send(&agg->hopping, agg->output, end);
  agg->emitted = end;
}

static void close_hopping(AggregateOp *agg, Ticks w) {
  const WindowSpec *window = &agg->op.plan->aggregate.window;
  while (agg->hopping.panes.len || agg->panes.len) {
    bool folded = agg->hopping.panes.len;
    Ticks oldest = folded ? agg->hopping.panes.items[0].end : agg->panes.items[0]->end;
    Ticks end = window_first_end(window, oldest);
    if (agg->emitted != TICKS_MIN && end <= agg->emitted) end = agg->emitted + window->hop;
    bool over = end - window->size >= oldest; /* no window to come holds this pane */
    if (over && folded) hopping_groups_drop(&agg->hopping);
    else if (over) drop_panes(agg, 1);
    else if (end >= w) break;
    else emit_hopping(agg, end);
  }
}

static void aggregate_advance(Op *op, uint32_t port, uint32_t channel, Ticks w) {
  (void)port;
  AggregateOp *agg = (AggregateOp *)op;
  bool first = op->watermark == TICKS_MIN && agg->clocks.clocks.len == 0;
  bool moved = clock_set_advance(&agg->clocks, channel, w);
  if (moved) {
    if (agg->combines) close_hopping(agg, agg->clocks.min);
    else close_panes(agg, agg->clocks.min);
  }
  if (moved || first) op_advance(op, op->channel, agg->clocks.min);
}

/* ---- state ------------------------------------------------------------------------------------ */

/* A pane that got no rows since is kept from the save before. */
static Status save_pane(Pane *pane, StateWriter *out, Error *err) {
  if (!pane->changed && !out->whole) return state_keep(out, "pane", pane->number, err);
  ByteWriter *bytes = state_begin(out, "pane", pane->number, PANE_VERSION);
  put_i64(bytes, pane->end);
  lineage_save(&pane->lineage, bytes);
  group_table_save(&pane->table, bytes);
  pane->changed = false;
  return state_end(out, err);
}

static Ticks aggregate_due(const Op *op) {
  const AggregateOp *agg = (const AggregateOp *)op;
  bool folded = agg->hopping.panes.len;
  if (!folded && agg->panes.len == 0) return TICKS_MAX;
  return (folded ? agg->hopping.panes.items[0].end : agg->panes.items[0]->end) + 1;
}

static Status aggregate_save(Op *op, StateWriter *out, Error *err) {
  AggregateOp *agg = (AggregateOp *)op;
  ByteWriter *bytes = state_begin(out, "clocks", 0, CLOCK_VERSION);
  clock_set_save(&agg->clocks, bytes);
  put_i64(bytes, agg->emitted);
  put_i64(bytes, op->watermark);
  put_u32(bytes, agg->numbers);
  put_u32(bytes, agg->panes.len);
  for (uint32_t i = 0; i < agg->panes.len; i++) put_u32(bytes, agg->panes.items[i]->number);
  TRY(state_end(out, err));
  for (uint32_t i = 0; i < agg->panes.len; i++) TRY(save_pane(agg->panes.items[i], out, err));
  return agg->combines ? hopping_groups_save(&agg->hopping, out, err) : STATUS_OK;
}

static Status load_pane(AggregateOp *agg, uint32_t number, StateReader *in, Error *err) {
  ByteReader bytes;
  TRY(state_find(in, "pane", number, PANE_VERSION, &bytes, err));
  Pane *pane = take_pane(agg, get_i64(&bytes));
  vec_push(&agg->panes, pane);
  pane->number = number;
  pane->changed = false;
  lineage_load(&pane->lineage, &bytes);
  group_table_load(&pane->table, &bytes);
  return state_done(in, &bytes, err);
}

static Status load_panes(AggregateOp *agg, const StateIndices *numbers, StateReader *in, Error *err) {
  uint32_t given = agg->numbers;
  for (uint32_t i = 0; i < numbers->len; i++) TRY(load_pane(agg, numbers->items[i], in, err));
  agg->numbers = given;
  return STATUS_OK;
}

static Status aggregate_load(Op *op, StateReader *in, Error *err) {
  AggregateOp *agg = (AggregateOp *)op;
  ByteReader bytes;
  StateIndices numbers = {0};
  TRY(state_find(in, "clocks", 0, CLOCK_VERSION, &bytes, err));
  clock_set_load(&agg->clocks, &bytes);
  agg->emitted = get_i64(&bytes);
  op->watermark = get_i64(&bytes);
  agg->numbers = get_u32(&bytes);
  uint32_t panes = get_u32(&bytes);
  for (uint32_t i = 0; i < panes && !bytes.bad; i++) vec_push(&numbers, get_u32(&bytes));
  Status status = state_done(in, &bytes, err);
  if (status == STATUS_OK) status = load_panes(agg, &numbers, in, err);
  vec_release(&numbers);
  if (status != STATUS_OK || !agg->combines) return status;
  return hopping_groups_load(&agg->hopping, in, err);
}

static void aggregate_oldest(const Op *op, Lineage *into) {
  const AggregateOp *agg = (const AggregateOp *)op;
  for (uint32_t i = 0; i < agg->panes.len; i++) lineage_merge(into, &agg->panes.items[i]->lineage);
  hopping_groups_lineage(&agg->hopping, into);
}

static void aggregate_close(Op *op) {
  AggregateOp *agg = (AggregateOp *)op;
  for (uint32_t i = 0; i < agg->panes.len; i++) free_pane(agg->panes.items[i]);
  vec_release(&agg->panes);
  hopping_groups_release(&agg->hopping);
  lineage_release(&agg->gathered);
  row_failures_release(&agg->failures);
  clock_set_release(&agg->clocks);
  arena_release(&agg->scratch.arena);
  mem_free(agg->groups);
  if (op->ctx->model && op->ctx->model != op) return;
  for (uint32_t i = 0; i < agg->spare->len; i++) free_pane(agg->spare->items[i]);
  vec_release(agg->spare);
  window_output_close(agg->output);
  window_input_close(agg->input);
}

static void aggregate_describe(const PlanNode *node, StrBuf *out) {
  bool panes = is_hopping(node);
  strbuf_puts(out, panes ? "a group table a pane, combined a window" : "a group table a window");
}

const OpClass op_aggregate = {
  .kind = PLAN_AGGREGATE,
  .name = "aggregate",
  .bytes = sizeof(AggregateOp),
  .open = aggregate_open,
  .push = aggregate_push,
  .advance = aggregate_advance,
  .due = aggregate_due,
  .save = aggregate_save,
  .load = aggregate_load,
  .oldest = aggregate_oldest,
  .close = aggregate_close,
  .describe = aggregate_describe,
};
