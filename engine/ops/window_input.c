/* window_input.c: see window_input.h. */
#include "ops/window_input.h"

#include "base/mem.h"

void window_input_open(WindowInput *input, Op *op, const GroupLayout *layout, Expr *const *own, uint32_t own_len) {
  const PlanNode *node = op->plan;
  Vec(Expr *) values = {0};
  for (uint32_t i = 0; i < layout->keys_len; i++) vec_push(&values, node->aggregate.keys[i]);
  for (uint32_t i = 0; i < layout->aggs_len; i++)
    for (unsigned j = 0; j < layout->aggs[i].call.args_len; j++) vec_push(&values, layout->aggs[i].args[j]);
  for (uint32_t i = 0; i < own_len; i++) vec_push(&values, own[i]);
  *input = (WindowInput){.layout = layout, .values_len = values.len};
  input->program = program_new(op->ctx->arena, NULL, values.items, values.len);
  input->run = program_run_new(input->program);
  input->values = ARENA_ARRAY(op->ctx->arena, Column *, values.len + 1);
  vec_release(&values);
}

void window_input_close(WindowInput *input) {
  program_run_free(input->run);
  row_failures_release(&input->failures);
  mem_free(input->hashes);
}

/* ---- rows that take part ---------------------------------------------------------------------- */

static void check_arguments(WindowInput *input) {
  Column *const *args = window_args(input);
  for (uint32_t a = 0; a < input->layout->aggs_len; a++) {
    const AggCall *call = &input->layout->aggs[a].call;
    if (call->fn->check) call->fn->check(call, args, input->sel, input->batch->rows, &input->failures);
    args += call->args_len;
  }
}

/* Where the first window that holds t would end. */
static Ticks end_of(const WindowSpec *window, Ticks t) {
  switch (window->kind) {
    case WINDOW_TUMBLING:
    case WINDOW_HOPPING: return window_first_end(window, t);
    case WINDOW_SESSION: return t + window->size;
    case WINDOW_SLIDING: /* the entry is told; an exit behind the calendar never comes */
    case WINDOW_SNAPSHOT:
    case WINDOW_KINDS: break;
  }
  return t;
}

/* A window that would end behind the calendar can never be told: its events are errors, not silence. */
static void check_calendar(WindowInput *input, const Op *op) {
  const WindowSpec *window = &op->plan->aggregate.window;
  const Batch *batch = input->batch;
  SELECTION_EACH(input->sel, batch->rows, i) {
    Ticks t = column_i64(batch->time)[column_slot(batch->time, i)];
    if (t > TICKS_LAST - WINDOW_SIZE_MAX && end_of(window, t) > TICKS_LAST)
      row_failures_add(&input->failures, i, window->span, "the window of this event would end behind the year 9999");
  }
}

static void drop_failed(WindowInput *input) {
  Selection *passed = row_failures_passed(&input->failures, input->sel, input->batch->rows);
  selection_unref(input->sel);
  input->sel = passed;
}

static void hash_keys(WindowInput *input) {
  if (input->room < input->batch->rows) {
    input->room = input->batch->rows;
    input->hashes = mem_realloc(input->hashes, mem_mul(input->room, sizeof *input->hashes));
  }
  for (uint32_t k = 0; k < input->layout->keys_len; k++)
    column_hash(input->values[k], input->sel, input->batch->rows, input->hashes, k > 0);
}

void window_input_begin(WindowInput *input, Op *op, const Batch *batch) {
  input->batch = batch;
  row_failures_reset(&input->failures, batch->rows);
  program_run(input->run, batch, input->values, &input->sel, &input->failures);
  uint32_t before = input->failures.items.len;
  check_arguments(input);
  check_calendar(input, op);
  if (input->failures.items.len > before) drop_failed(input);
  op_fail_rows(op, batch, &input->failures);
  input->count = input->sel ? input->sel->len : batch->rows;
  hash_keys(input);
}

void window_input_end(WindowInput *input) {
  for (uint32_t i = 0; i < input->values_len; i++) column_unref(input->values[i]);
  selection_unref(input->sel);
  input->sel = NULL;
  input->batch = NULL;
  input->count = 0;
}

void window_input_check_order(const WindowInput *input, const Op *op, Ticks *last) {
  if (input->count == 0) return;
  if (!input->batch->sorted || window_time(input, 0) < *last) BUG("rows reach %s out of order", op->cls->name);
  *last = window_time(input, input->count - 1);
}

void window_slice(const WindowInput *input, uint32_t begin, uint32_t end, Selection *into) {
  into->len = end - begin;
  for (uint32_t i = begin; i < end; i++) into->rows[i - begin] = window_row(input, i);
}
