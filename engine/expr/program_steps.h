/* program_steps.h: the inside of a program, shared by its compiler (program.c), its runner (run.c) and its
** printer. Registers hold columns, selection registers hold selections; both are written once a run. */
#ifndef WEIR_EXPR_PROGRAM_STEPS_H
#define WEIR_EXPR_PROGRAM_STEPS_H

#include "expr/program.h"

typedef enum StepKind {
  STEP_CONST,       /* out = value */
  STEP_COLUMN,      /* out = batch column */
  STEP_TIMESTAMP,   /* out = batch time */
  STEP_CALL,        /* out = call(args) for the rows of sel */
  STEP_BITS,        /* out = 1 for rows of sel_b, 0 for the other rows of sel */
  STEP_BLEND,       /* out = per row the value of the last piece whose selection holds the row */
  STEP_SEL_TRUE,    /* sel_out = rows of sel where register a is true (not NULL) */
  STEP_SEL_NULL,    /* sel_out = rows of sel where register a is NULL */
  STEP_SEL_MINUS,   /* sel_out = rows of sel that are not in sel_b */
} StepKind;

typedef struct BlendPiece { uint32_t reg, sel; } BlendPiece;

typedef struct Step {
  StepKind kind;
  uint32_t sel;       /* selection register it runs under; 0 is the batch's own */
  uint32_t out;       /* register, or selection register for STEP_SEL_* */
  uint32_t a;         /* register tested by STEP_SEL_* */
  uint32_t sel_b;
  const Expr *expr;   /* CONST, COLUMN, CALL: what it computes */
  uint32_t *args;     /* CALL: registers */
  uint32_t  args_len;
  BlendPiece *pieces; /* BLEND */
  uint32_t  pieces_len;
} Step;

struct Program {
  Step    *steps;
  uint32_t steps_len, steps_cap;
  uint32_t regs_len, sels_len;
  uint32_t *values;      /* registers of the values, in the order given to program_new */
  uint32_t values_len;
  uint32_t result_sel;   /* selection register of the rows that pass; 0 without a condition */
};

#endif
