/* run.c: runs a program over a batch.
**
** Each step fills one register. A call first offers its columns to the function's vector kernel; when the
** kernel does not cover these layouts, the row path below serves any mixture of types. A row that failed is
** noted once and carries NULL from there on; the caller gets a selection without the failed rows. */
#include <string.h>

#include "base/mem.h"
#include "expr/program_steps.h"

struct ProgramRun {
  const Program *program;
  Column    **regs;
  Selection **sels;    /* NULL: all rows (only register 0 and what equals it) */
  FnScratch   scratch;
};

static bool force_rows; /* tests only; set before any run starts */
void program_force_rows(bool on) { force_rows = on; }

ProgramRun *program_run_new(const Program *program) {
  ProgramRun *run = mem_zalloc(sizeof *run);
  run->program = program;
  run->regs = mem_zalloc(mem_mul(program->regs_len, sizeof *run->regs));
  run->sels = mem_zalloc(mem_mul(program->sels_len, sizeof *run->sels));
  return run;
}

void program_run_free(ProgramRun *run) {
  if (run == NULL) return;
  arena_release(&run->scratch.arena);
  mem_free(run->regs);
  mem_free(run->sels);
  mem_free(run);
}

/* ---- selections ------------------------------------------------------------------------------- */

static bool row_true(const Column *col, uint32_t row) {
  if (col->layout == COL_BIT) {
    uint32_t slot = column_slot(col, row);
    return column_bits(col)[slot] && (!col->valid || bits_get(col->valid, slot));
  }
  Value value = column_get(col, row);
  return (value.type == TYPE_BIT || value.type == TYPE_BIGINT) ? value.i != 0
         : value.type == TYPE_FLOAT                            ? value.f != 0
                                                               : false;
}

static Selection *select_true(const Column *col, const Selection *sel, uint32_t rows) {
  Selection *out = selection_new(sel ? sel->len : rows);
  uint32_t len = 0;
  if (col->layout == COL_BIT && !col->constant && !col->valid) { /* the common case, without branches */
    const uint8_t *bits = column_bits(col);
    SELECTION_EACH(sel, rows, i) {
      out->rows[len] = i;
      len += bits[i];
    }
  } else {
    SELECTION_EACH(sel, rows, i) {
      out->rows[len] = i;
      len += row_true(col, i);
    }
  }
  out->len = len;
  return out;
}

static bool may_hold_null(const Column *col) {
  return col->layout == COL_NULL || col->layout == COL_MIXED || col->valid != NULL;
}

static Selection *select_null(const Column *col, const Selection *sel, uint32_t rows) {
  if (!may_hold_null(col)) return selection_new(0);
  Selection *out = selection_new(sel ? sel->len : rows);
  SELECTION_EACH(sel, rows, i) {
    if (column_is_null(col, i)) out->rows[out->len++] = i;
  }
  return out;
}

/* Both ascend, and every row of `without` is one of sel: one pass, without branches on the data. */
static Selection *select_minus(const Selection *sel, const Selection *without, uint32_t rows) {
  Selection *out = selection_new(sel ? sel->len : rows);
  uint32_t at = 0, len = 0;
  if (without == NULL) return out; /* all rows are taken away */
  SELECTION_EACH(sel, rows, i) {
    bool gone = at < without->len && without->rows[at] == i;
    out->rows[len] = i;
    len += !gone;
    at += gone;
  }
  out->len = len;
  return out;
}

/* ---- calls ------------------------------------------------------------------------------------ */

typedef struct RowCall {
  const FnCall *call;
  Column **args;
  FnScratch *scratch;
  RowFailures *failures;
} RowCall;

static bool accept_types(const RowCall *rc, const Value *args, uint32_t row) {
  const ScalarFn *fn = rc->call->fn;
  for (unsigned i = 0; i < rc->call->args_len; i++) {
    TypeMask mask = scalar_fn_arg(fn, i);
    if (args[i].type == TYPE_NULL || (mask & MASK(args[i].type))) continue;
    StrBuf wanted = {0};
    type_mask_print(mask, &wanted);
    row_failures_add(rc->failures, row, rc->call->span, "`%s` wants %s as argument %u, not %s", fn->name, wanted.ptr,
                     i + 1, type_name(args[i].type));
    strbuf_release(&wanted);
    return false;
  }
  return true;
}

/* One row: gathers the arguments, applies the NULL rule, checks types, computes. */
static Value call_row(const RowCall *rc, Value *args, uint32_t row) {
  unsigned flags = rc->call->fn->flags;
  bool null = false;
  for (unsigned i = 0; i < rc->call->args_len; i++) {
    args[i] = column_get(rc->args[i], row);
    null |= args[i].type == TYPE_NULL;
  }
  if (null && (flags & FN_NULL_IN_FALSE)) return value_bit(false);
  if (null && (flags & FN_NULL_IN_NULL_OUT)) return value_null();
  if (!accept_types(rc, args, row)) return value_null();
  Value out = value_null();
  if (rc->call->fn->row(rc->call, args, rc->scratch, &out)) return out;
  row_failures_add(rc->failures, row, rc->call->span, "%s", rc->scratch->error);
  return value_null();
}

static Column *call_rows(const RowCall *rc, const Selection *sel, uint32_t rows) {
  Value few[8];
  Value *args = rc->call->args_len > 8 ? mem_alloc(mem_mul(rc->call->args_len, sizeof *args)) : few;
  ColumnBuilder builder;
  column_builder_init(&builder, rows, true);
  SELECTION_EACH(sel, rows, i) {
    if (row_failures_has(rc->failures, i)) continue;
    Value out = call_row(rc, args, i);
    if (out.type != TYPE_NULL) column_builder_put(&builder, i, &out);
    arena_reset(&rc->scratch->arena);
  }
  if (args != few) mem_free(args);
  return column_builder_finish(&builder);
}

static bool all_constant(Column *const *args, uint32_t len) {
  for (uint32_t i = 0; i < len; i++)
    if (!args[i]->constant && args[i]->layout != COL_NULL) return false;
  return len > 0;
}

static Column *run_call(ProgramRun *run, const Step *step, const Selection *sel, uint32_t rows,
                        RowFailures *failures) {
  const FnCall *call = step->expr->call;
  Column *few[8];
  Column **args = step->args_len > 8 ? mem_alloc(mem_mul(step->args_len, sizeof *args)) : few;
  for (uint32_t i = 0; i < step->args_len; i++) args[i] = run->regs[step->args[i]];
  Column *out = NULL;
  if (call->fn->vec && !force_rows && !all_constant(args, step->args_len))
    out = call->fn->vec(call, args, sel, rows, failures);
  if (out == NULL) {
    RowCall rc = {call, args, &run->scratch, failures};
    out = call_rows(&rc, sel, rows);
  }
  if (args != few) mem_free(args);
  return out;
}

/* ---- blends ----------------------------------------------------------------------------------- */

/* The layout of all pieces; pieces that are NULL throughout fit any. */
static bool same_layout(ProgramRun *run, const Step *step, ColumnLayout *layout) {
  *layout = COL_NULL;
  for (uint32_t i = 0; i < step->pieces_len; i++) {
    const Column *col = run->regs[step->pieces[i].reg];
    if (col->layout == COL_NULL) continue;
    if ((*layout != COL_NULL && col->layout != *layout) || col->integral) return false;
    *layout = col->layout;
  }
  return *layout != COL_NULL;
}

#define COPY_SLOTS(type)                                                                              \
  SELECTION_EACH(sel, rows, i) ((type *)out->data)[i] = ((const type *)from->data)[constant ? 0 : i]

static void copy_slots(Column *out, const Column *from, const Selection *sel, uint32_t rows) {
  bool constant = from->constant;
  switch (column_slot_bytes(out->layout)) {
    case 1: COPY_SLOTS(uint8_t); return;
    case 8: COPY_SLOTS(uint64_t); return;
    case 16: COPY_SLOTS(Text); return;
    default: COPY_SLOTS(Value); return;
  }
}

static void copy_nulls(Column *out, const Column *from, const Selection *sel, uint32_t rows) {
  if (from->valid) column_need_valid(out);
  if (!out->valid) return;
  if (!from->valid && sel) {
    bits_set_each(out->valid, sel->rows, sel->len);
    return;
  }
  SELECTION_EACH(sel, rows, i) {
    if (from->valid && !bits_get(from->valid, column_slot(from, i))) bits_unset(out->valid, i);
    else bits_set(out->valid, i);
  }
}

static bool has_null_piece(ProgramRun *run, const Step *step) {
  for (uint32_t i = 0; i < step->pieces_len; i++)
    if (run->regs[step->pieces[i].reg]->layout == COL_NULL) return true;
  return false;
}

/* Pieces that are NULL throughout need no pass: what no other piece fills is NULL; mixed columns have a tag for it. */
static Column *blend_same(ProgramRun *run, const Step *step, ColumnLayout layout, uint32_t rows) {
  Column *out = column_new(layout, rows);
  if (layout != COL_MIXED && has_null_piece(run, step)) bits_fill(column_need_valid(out), rows, false);
  for (uint32_t i = 0; i < step->pieces_len; i++) {
    const Column *from = run->regs[step->pieces[i].reg];
    const Selection *sel = run->sels[step->pieces[i].sel];
    if (from->layout == COL_NULL) continue;
    column_hold_all(out, from);
    copy_slots(out, from, sel, rows);
    if (layout != COL_MIXED) copy_nulls(out, from, sel, rows);
  }
  return out;
}

static Column *blend_any(ProgramRun *run, const Step *step, const Selection *sel, uint32_t rows) {
  uint32_t *piece = mem_alloc(mem_mul(rows, sizeof *piece));
  for (uint32_t p = 0; p < step->pieces_len; p++) {
    SELECTION_EACH(run->sels[step->pieces[p].sel], rows, i) piece[i] = p;
  }
  ColumnBuilder builder;
  column_builder_init(&builder, rows, false);
  SELECTION_EACH(sel, rows, i) {
    Value value = column_get(run->regs[step->pieces[piece[i]].reg], i);
    if (value.type != TYPE_NULL) column_builder_put(&builder, i, &value);
  }
  Column *out = column_builder_finish(&builder);
  for (uint32_t p = 0; p < step->pieces_len; p++) column_hold_all(out, run->regs[step->pieces[p].reg]);
  mem_free(piece);
  return out;
}

/* The only piece that has rows, or NULL. */
static Column *only_piece(ProgramRun *run, const Step *step) {
  Column *only = NULL;
  for (uint32_t i = 0; i < step->pieces_len; i++) {
    const Selection *sel = run->sels[step->pieces[i].sel];
    if (sel && sel->len == 0) continue;
    if (only) return NULL;
    only = run->regs[step->pieces[i].reg];
  }
  return only;
}

static Column *run_blend(ProgramRun *run, const Step *step, const Selection *sel, uint32_t rows) {
  ColumnLayout layout;
  Column *only = only_piece(run, step);
  if (only) return column_ref(only);
  if (same_layout(run, step, &layout)) return blend_same(run, step, layout, rows);
  return blend_any(run, step, sel, rows);
}

static Column *run_bits(const Selection *hits, uint32_t rows) {
  Column *out = column_new(COL_BIT, rows);
  memset(out->data, 0, rows);
  SELECTION_EACH(hits, rows, i) column_bits(out)[i] = 1;
  return out;
}

/* ---- the loop --------------------------------------------------------------------------------- */

static Selection *run_selection(ProgramRun *run, const Step *step, uint32_t rows) {
  const Selection *sel = run->sels[step->sel];
  switch (step->kind) {
    case STEP_SEL_TRUE: return select_true(run->regs[step->a], sel, rows);
    case STEP_SEL_NULL: return select_null(run->regs[step->a], sel, rows);
    case STEP_SEL_MINUS: return select_minus(sel, run->sels[step->sel_b], rows);
    case STEP_CONST:
    case STEP_COLUMN:
    case STEP_TIMESTAMP:
    case STEP_CALL:
    case STEP_BITS:
    case STEP_BLEND: break;
  }
  BUG("step %d makes no selection", step->kind);
}

static Column *run_column(ProgramRun *run, const Step *step, const Batch *batch, RowFailures *failures) {
  const Selection *sel = run->sels[step->sel];
  if (sel && sel->len == 0 && step->kind >= STEP_CALL) return column_new(COL_NULL, batch->rows);
  switch (step->kind) {
    case STEP_CONST: return column_constant(&step->expr->value, batch->rows, false);
    case STEP_COLUMN: return column_ref(batch->cols[step->expr->column->slot]);
    case STEP_TIMESTAMP: return column_ref(batch->time);
    case STEP_CALL: return run_call(run, step, sel, batch->rows, failures);
    case STEP_BITS: return run_bits(run->sels[step->sel_b], batch->rows);
    case STEP_BLEND: return run_blend(run, step, sel, batch->rows);
    case STEP_SEL_TRUE:
    case STEP_SEL_NULL:
    case STEP_SEL_MINUS: break;
  }
  BUG("step %d makes no column", step->kind);
}

void program_run(ProgramRun *run, const Batch *batch, Column **out, Selection **sel, RowFailures *failures) {
  const Program *program = run->program;
  run->sels[0] = batch->sel;
  for (uint32_t i = 0; i < program->steps_len; i++) {
    const Step *step = &program->steps[i];
    if (step->kind >= STEP_SEL_TRUE) run->sels[step->out] = run_selection(run, step, batch->rows);
    else run->regs[step->out] = run_column(run, step, batch, failures);
  }
  for (uint32_t i = 0; i < program->values_len; i++) out[i] = column_ref(run->regs[program->values[i]]);
  *sel = row_failures_passed(failures, run->sels[program->result_sel], batch->rows);
  for (uint32_t i = 0; i < program->regs_len; i++) column_unref(run->regs[i]);
  for (uint32_t i = 1; i < program->sels_len; i++) selection_unref(run->sels[i]);
}
