/* op_project.c: the SELECT list. Columns that are passed on are shared, not copied; computed ones are made for
** the selected rows only. No state. A row that fails in one item is left out as a whole. */
#include "base/mem.h"
#include "ops/op.h"

typedef struct ProjectOp {
  Op op;
  Program    *program;
  ProgramRun *run;
  RowFailures failures;
} ProjectOp;

static Status project_open(Op *op, Error *err) {
  (void)err;
  ProjectOp *project = (ProjectOp *)op;
  project->program = program_new(op->ctx->arena, NULL, op->plan->project.values, op->plan->cols_len);
  project->run = program_run_new(project->program);
  return STATUS_OK;
}

static void project_push(Op *op, uint32_t port, const Batch *batch) {
  (void)port;
  ProjectOp *project = (ProjectOp *)op;
  Batch *out = batch_like(batch, op->plan->cols_len);
  Selection *sel;
  row_failures_reset(&project->failures, batch->rows);
  program_run(project->run, batch, out->cols, &sel, &project->failures);
  op_fail_rows(op, batch, &project->failures);
  selection_unref(out->sel);
  out->sel = sel;
  op_emit(op, out);
  batch_unref(out);
}

static void project_advance(Op *op, uint32_t port, uint32_t channel, Ticks w) {
  (void)port;
  op_advance(op, channel, w);
}

static void project_close(Op *op) {
  ProjectOp *project = (ProjectOp *)op;
  program_run_free(project->run);
  row_failures_release(&project->failures);
}

const OpClass op_project = {
  .kind = PLAN_PROJECT,
  .name = "project",
  .bytes = sizeof(ProjectOp),
  .open = project_open,
  .push = project_push,
  .advance = project_advance,
  .close = project_close,
};
