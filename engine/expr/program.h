/* program.h: expressions compiled to flat steps that run over a whole batch.
**
** A step computes one register (a column) for the rows of one selection register. Lazy constructs (AND, OR,
** CASE, COALESCE) become steps that split selections, so an operand is computed, and can fail, only for the
** rows that need it; there are no jumps. A step whose selection is empty costs nothing.
**
** A program is read-only and may be shared; a ProgramRun is the scratch of one thread. */
#ifndef WEIR_EXPR_PROGRAM_H
#define WEIR_EXPR_PROGRAM_H

#include "column/batch.h"
#include "expr/expr.h"

typedef struct Program Program;
typedef struct ProgramRun ProgramRun;

/* condition may be NULL. The values are computed for the rows that pass it. */
Program *program_new(Arena *arena, const Expr *condition, Expr *const *values, uint32_t values_len);
ProgramRun *program_run_new(const Program *program);
void program_run_free(ProgramRun *run);

/* Computes out[i] for every value (references owned by the caller; all rows of the batch, defined where *sel
** says). *sel: the rows of the batch that pass the condition and did not fail (owned by the caller; NULL: all).
** Failures are added to failures, which the caller has reset to batch->rows; failed rows are not in *sel. */
void program_run(ProgramRun *run, const Batch *batch, Column **out, Selection **sel, RowFailures *failures);

/* Tests force the row path and mixed columns to prove that both agree. */
void program_force_rows(bool on);
void program_print(const Program *program, StrBuf *out); /* one step a line */

#endif
