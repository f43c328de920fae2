/* window_output.c: see window_output.h. */
#include "ops/window_output.h"

#include "base/mem.h"

void window_output_open(WindowOutput *out, Op *op, const GroupLayout *layout) {
  uint32_t rows = op->ctx->batch_rows;
  *out = (WindowOutput){.op = op, .layout = layout, .room = rows ? rows : 1,
                         .width = layout->keys_len + layout->aggs_len};
}

void window_output_close(WindowOutput *out) {
  mem_free(out->values);
  mem_free(out->times);
  arena_release(&out->text);
  row_failures_release(&out->failures);
  arena_release(&out->scratch.arena);
}

/* ---- rows in ---------------------------------------------------------------------------------- */

static Value *cell(WindowOutput *out, uint32_t column) { return &out->values[(size_t)column * out->room + out->rows]; }

static void begin_batch(WindowOutput *out) {
  if (out->values == NULL) {
    out->values = mem_alloc(mem_mul(out->room, (out->width + 1) * sizeof *out->values));
    out->times = mem_alloc(mem_mul(out->room, sizeof *out->times));
  }
  row_failures_reset(&out->failures, out->room);
}

static void add_aggregate(WindowOutput *out, uint32_t a, const char *state) {
  const AggCall *call = &out->layout->aggs[a].call;
  Value value = value_null();
  if (!call->fn->finish(call, state, &out->scratch, &value)) {
    row_failures_add(&out->failures, out->rows, call->span, "%s", out->scratch.error);
    value = value_null();
  }
  *cell(out, out->layout->keys_len + a) = value_dup_arena(&out->text, &value);
  arena_reset(&out->scratch.arena);
}

bool window_output_add(WindowOutput *out, const Value *keys, const char *const *states, Ticks time) {
  if (out->rows == 0) begin_batch(out);
  for (uint32_t k = 0; k < out->layout->keys_len; k++) *cell(out, k) = value_dup_arena(&out->text, &keys[k]);
  for (uint32_t a = 0; a < out->layout->aggs_len; a++) add_aggregate(out, a, states[a]);
  out->times[out->rows++] = time;
  return out->rows < out->room;
}

/* ---- batches out ------------------------------------------------------------------------------ */

static Column *column_of(const WindowOutput *out, uint32_t column) {
  ColumnBuilder builder;
  column_builder_init(&builder, out->rows, true);
  const Value *values = out->values + (size_t)column * out->room;
  for (uint32_t i = 0; i < out->rows; i++)
    if (values[i].type != TYPE_NULL) column_builder_put(&builder, i, &values[i]);
  return column_builder_finish(&builder);
}

static Column *times_of(const WindowOutput *out) {
  Column *col = column_new(COL_DATETIME, out->rows);
  memcpy(column_i64(col), out->times, out->rows * sizeof *out->times);
  return col;
}

void window_output_send(WindowOutput *out, const Lineage *lineage) {
  if (out->rows == 0) return;
  const PlanNode *node = out->op->plan;
  Batch *batch = batch_new(out->rows, node->cols_len);
  Value id = node->aggregate.window.id.len ? value_text(node->aggregate.window.id) : value_null();
  for (uint32_t i = 0; i < out->width; i++) batch->cols[i] = column_of(out, i);
  if (node->aggregate.window_id) batch->cols[out->width] = column_constant(&id, out->rows, false);
  batch->time = times_of(out);
  batch->channel = out->op->channel;
  batch->sorted = true;
  lineage_merge(&batch->lineage, lineage);
  op_fail_rows(out->op, batch, &out->failures);
  batch->sel = row_failures_passed(&out->failures, NULL, out->rows);
  op_emit(out->op, batch);
  batch_unref(batch);
  out->rows = 0;
  arena_reset(&out->text);
}
