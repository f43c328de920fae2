/* program.c: from expression tree to steps.
**
** Example: `CASE WHEN x > 0 THEN 1 / x ELSE 0 END` over selection s0:
**   r0 = column x                         s0
**   r1 = const 0                          s0
**   r2 = r0 > r1                          s0
**   s1 = rows of s0 where r2
**   s2 = rows of s0 where not r2
**   r3 = const 1                          s1
**   r4 = r3 / r0                          s1      (never sees x = 0)
**   r5 = const 0                          s2
**   r6 = blend r4 on s1, r5 on s2
**
** A subexpression met twice is computed once, if its first selection holds the second (selections made from
** another one are its subsets, so walking the parents tells). */
#include <string.h>

#include "expr/program_steps.h"

typedef struct Known { const Expr *expr; uint32_t reg, sel; } Known;

typedef struct Compiler {
  Arena   *arena;
  Program *program;
  Vec(Known)    known;
  Vec(uint32_t) parents; /* of each selection register */
} Compiler;

static uint32_t compile_value(Compiler *c, const Expr *expr, uint32_t sel);

static Step *add_step(Compiler *c, StepKind kind, uint32_t sel) {
  Program *program = c->program;
  if (program->steps_len == program->steps_cap) {
    uint32_t cap = program->steps_cap ? program->steps_cap * 2 : 16;
    Step *steps = ARENA_ARRAY(c->arena, Step, cap);
    if (program->steps_len) memcpy(steps, program->steps, program->steps_len * sizeof *steps);
    program->steps = steps;
    program->steps_cap = cap;
  }
  Step *step = &program->steps[program->steps_len++];
  *step = (Step){.kind = kind, .sel = sel};
  return step;
}

static uint32_t add_selection(Compiler *c, StepKind kind, uint32_t sel, uint32_t reg, uint32_t sel_b) {
  Step *step = add_step(c, kind, sel);
  step->a = reg;
  step->sel_b = sel_b;
  step->out = c->program->sels_len++;
  vec_push(&c->parents, sel);
  return step->out;
}

/* True when every row of `inner` is a row of `outer`. */
static bool selection_within(const Compiler *c, uint32_t inner, uint32_t outer) {
  while (inner != outer && inner != 0) inner = c->parents.items[inner];
  return inner == outer;
}

static bool find_known(const Compiler *c, const Expr *expr, uint32_t sel, uint32_t *reg) {
  for (uint32_t i = 0; i < c->known.len; i++) {
    const Known *known = &c->known.items[i];
    if (selection_within(c, sel, known->sel) && expr_equal(known->expr, expr)) {
      *reg = known->reg;
      return true;
    }
  }
  return false;
}

/* The rows of sel for which the condition holds. */
static uint32_t compile_true(Compiler *c, const Expr *expr, uint32_t sel) {
  if (expr->kind == EXPR_AND) {
    for (uint32_t i = 0; i < expr->args_len; i++) sel = compile_true(c, expr->args[i], sel);
    return sel;
  }
  if (expr->kind == EXPR_OR) {
    uint32_t undecided = sel;
    for (uint32_t i = 0; i < expr->args_len; i++) {
      uint32_t hit = compile_true(c, expr->args[i], undecided);
      undecided = add_selection(c, STEP_SEL_MINUS, undecided, 0, hit);
    }
    return add_selection(c, STEP_SEL_MINUS, sel, 0, undecided);
  }
  if (expr->kind == EXPR_NOT) {
    uint32_t hit = compile_true(c, expr->args[0], sel);
    return add_selection(c, STEP_SEL_MINUS, sel, 0, hit);
  }
  return add_selection(c, STEP_SEL_TRUE, sel, compile_value(c, expr, sel), 0);
}

static uint32_t add_register(Compiler *c, Step *step) { return step->out = c->program->regs_len++; }

static uint32_t compile_blend(Compiler *c, uint32_t sel, const BlendPiece *pieces, uint32_t len) {
  Step *step = add_step(c, STEP_BLEND, sel);
  step->pieces = arena_dup(c->arena, pieces, len * sizeof *pieces);
  step->pieces_len = len;
  return add_register(c, step);
}

static uint32_t compile_case(Compiler *c, const Expr *expr, uint32_t sel) {
  Vec(BlendPiece) pieces = {0};
  uint32_t rest = sel;
  for (uint32_t i = 0; i + 1 < expr->args_len; i += 2) {
    uint32_t hit = compile_true(c, expr->args[i], rest);
    vec_push(&pieces, (BlendPiece){compile_value(c, expr->args[i + 1], hit), hit});
    rest = add_selection(c, STEP_SEL_MINUS, rest, 0, hit);
  }
  vec_push(&pieces, (BlendPiece){compile_value(c, expr->args[expr->args_len - 1], rest), rest});
  uint32_t reg = compile_blend(c, sel, pieces.items, pieces.len);
  vec_release(&pieces);
  return reg;
}

static uint32_t compile_coalesce(Compiler *c, const Expr *expr, uint32_t sel) {
  Vec(BlendPiece) pieces = {0};
  uint32_t rest = sel;
  for (uint32_t i = 0; i < expr->args_len; i++) {
    uint32_t reg = compile_value(c, expr->args[i], rest);
    vec_push(&pieces, (BlendPiece){reg, rest});
    if (i + 1 < expr->args_len) rest = add_selection(c, STEP_SEL_NULL, rest, reg, 0);
  }
  uint32_t reg = compile_blend(c, sel, pieces.items, pieces.len);
  vec_release(&pieces);
  return reg;
}

static uint32_t compile_call(Compiler *c, const Expr *expr, uint32_t sel) {
  uint32_t *args = ARENA_ARRAY(c->arena, uint32_t, expr->args_len ? expr->args_len : 1);
  for (uint32_t i = 0; i < expr->args_len; i++) args[i] = compile_value(c, expr->args[i], sel);
  Step *step = add_step(c, STEP_CALL, sel);
  step->expr = expr;
  step->args = args;
  step->args_len = expr->args_len;
  return add_register(c, step);
}

static uint32_t compile_bits(Compiler *c, const Expr *expr, uint32_t sel) {
  uint32_t hit = compile_true(c, expr, sel);
  Step *step = add_step(c, STEP_BITS, sel);
  step->sel_b = hit;
  return add_register(c, step);
}

static uint32_t compile_leaf(Compiler *c, StepKind kind, const Expr *expr) {
  Step *step = add_step(c, kind, 0);
  step->expr = expr;
  return add_register(c, step);
}

static uint32_t compile_new(Compiler *c, const Expr *expr, uint32_t sel) {
  switch (expr->kind) {
    case EXPR_CONST: return compile_leaf(c, STEP_CONST, expr);
    case EXPR_COLUMN: return compile_leaf(c, STEP_COLUMN, expr);
    case EXPR_TIMESTAMP: return compile_leaf(c, STEP_TIMESTAMP, expr);
    case EXPR_CALL: return compile_call(c, expr, sel);
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_NOT: return compile_bits(c, expr, sel);
    case EXPR_CASE: return compile_case(c, expr, sel);
    case EXPR_COALESCE: return compile_coalesce(c, expr, sel);
    case EXPR_ERROR: break;
  }
  BUG("an expression with an error reached the compiler");
}

static uint32_t compile_value(Compiler *c, const Expr *expr, uint32_t sel) {
  uint32_t reg;
  if (find_known(c, expr, sel, &reg)) return reg;
  reg = compile_new(c, expr, sel);
  bool leaf = expr->kind == EXPR_CONST || expr->kind == EXPR_COLUMN || expr->kind == EXPR_TIMESTAMP;
  vec_push(&c->known, (Known){expr, reg, leaf ? 0 : sel});
  return reg;
}

Program *program_new(Arena *arena, const Expr *condition, Expr *const *values, uint32_t values_len) {
  Program *program = ARENA_NEW(arena, Program);
  program->sels_len = 1;
  Compiler c = {.arena = arena, .program = program};
  vec_push(&c.parents, 0);
  if (condition) program->result_sel = compile_true(&c, condition, 0);
  program->values = ARENA_ARRAY(arena, uint32_t, values_len ? values_len : 1);
  program->values_len = values_len;
  for (uint32_t i = 0; i < values_len; i++) program->values[i] = compile_value(&c, values[i], program->result_sel);
  vec_release(&c.known);
  vec_release(&c.parents);
  return program;
}

/* ---- printing --------------------------------------------------------------------------------- */

static void print_step(const Step *step, StrBuf *out) {
  switch (step->kind) {
    case STEP_CONST:
    case STEP_COLUMN:
    case STEP_TIMESTAMP:
      strbuf_printf(out, "r%u = ", step->out);
      expr_print(step->expr, out);
      break;
    case STEP_CALL:
      strbuf_printf(out, "r%u = %s(", step->out, step->expr->call->fn->name);
      for (uint32_t i = 0; i < step->args_len; i++) strbuf_printf(out, "%sr%u", i ? ", " : "", step->args[i]);
      strbuf_printf(out, ") on s%u", step->sel);
      break;
    case STEP_BITS: strbuf_printf(out, "r%u = s%u as bits on s%u", step->out, step->sel_b, step->sel); break;
    case STEP_BLEND:
      strbuf_printf(out, "r%u = blend", step->out);
      for (uint32_t i = 0; i < step->pieces_len; i++)
        strbuf_printf(out, "%s r%u on s%u", i ? "," : "", step->pieces[i].reg, step->pieces[i].sel);
      break;
    case STEP_SEL_TRUE: strbuf_printf(out, "s%u = s%u where r%u", step->out, step->sel, step->a); break;
    case STEP_SEL_NULL: strbuf_printf(out, "s%u = s%u where r%u is null", step->out, step->sel, step->a); break;
    case STEP_SEL_MINUS: strbuf_printf(out, "s%u = s%u minus s%u", step->out, step->sel, step->sel_b); break;
  }
  strbuf_putc(out, '\n');
}

void program_print(const Program *program, StrBuf *out) {
  for (uint32_t i = 0; i < program->steps_len; i++) print_step(&program->steps[i], out);
}
