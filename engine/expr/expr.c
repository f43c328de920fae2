/* expr.c: making, comparing and walking expressions. See expr.h. */
#include "expr/expr.h"

#include "base/hash.h"
#include "functions/operators.h"

static Expr *expr_new(Arena *arena, ExprKind kind, Span span) {
  Expr *expr = ARENA_NEW(arena, Expr);
  expr->kind = kind;
  expr->span = span;
  return expr;
}

Expr *expr_const(Arena *arena, Span span, const Value *value) {
  Expr *expr = expr_new(arena, EXPR_CONST, span);
  expr->value = value_dup_arena(arena, value);
  expr->types = value->type == TYPE_NULL ? 0 : MASK(value->type);
  return expr;
}

Expr *expr_column(Arena *arena, Span span, ExprColumn *column) {
  Expr *expr = expr_new(arena, EXPR_COLUMN, span);
  expr->column = column;
  expr->types = column->types;
  return expr;
}

static void set_args(Arena *arena, Expr *expr, Expr **args, uint32_t args_len) {
  expr->args = arena_dup(arena, args, args_len * sizeof *args);
  expr->args_len = args_len;
}

/* The values of a CASE stand at the odd places and, last, alone. */
static TypeMask case_types(Expr **args, uint32_t args_len) {
  TypeMask types = 0;
  for (uint32_t i = 0; i < args_len; i++)
    if (i % 2 == 1 || i + 1 == args_len) types |= args[i]->types;
  return types;
}

Expr *expr_simple(Arena *arena, ExprKind kind, Span span, Expr **args, uint32_t args_len) {
  Expr *expr = expr_new(arena, kind, span);
  set_args(arena, expr, args, args_len);
  for (uint32_t i = 0; i < args_len; i++)
    if (args[i]->kind == EXPR_ERROR) expr->kind = EXPR_ERROR;
  if (kind == EXPR_AND || kind == EXPR_OR || kind == EXPR_NOT) expr->types = MASK(TYPE_BIT);
  if (kind == EXPR_TIMESTAMP) expr->types = MASK(TYPE_DATETIME);
  if (kind == EXPR_ERROR) expr->types = MASK_ANY;
  if (kind == EXPR_CASE) expr->types = case_types(args, args_len);
  if (kind == EXPR_COALESCE)
    for (uint32_t i = 0; i < args_len; i++) expr->types |= args[i]->types;
  return expr;
}

static bool any_const_null(const FnCall *call) {
  for (unsigned i = 0; i < call->args_len; i++)
    if (call->constants[i] && call->constants[i]->type == TYPE_NULL) return true;
  return false;
}

static bool arg_types_fit(const FnCall *call) {
  for (unsigned i = 0; i < call->args_len; i++) {
    const Value *value = call->constants[i];
    if (value->type != TYPE_NULL && !(scalar_fn_arg(call->fn, i) & MASK(value->type))) return false;
  }
  return true;
}

/* Evaluates a call of constants. False when it has to wait for run time (it fails, or may change). */
static bool fold(const FnCall *call, FnScratch *scratch, Value *out) {
  if (call->fn->flags & FN_VOLATILE) return false;
  Value args[16];
  if (call->args_len > 16) return false;
  for (unsigned i = 0; i < call->args_len; i++) {
    if (!call->constants[i]) return false;
    args[i] = *call->constants[i];
  }
  if (any_const_null(call) && (call->fn->flags & (FN_NULL_IN_NULL_OUT | FN_NULL_IN_FALSE))) {
    *out = call->fn->flags & FN_NULL_IN_FALSE ? value_bit(false) : value_null();
    return true;
  }
  return arg_types_fit(call) && call->fn->row(call, args, scratch, out);
}

static TypeMask call_types(const FnCall *call, Expr **args, uint32_t args_len) {
  if (call->fn->result) return call->fn->result;
  TypeMask masks[64];
  for (uint32_t i = 0; i < args_len && i < 64; i++) masks[i] = args[i]->types;
  return call->fn->result_of(call, masks);
}

Expr *expr_call(Arena *arena, Span span, const ScalarFn *fn, Expr **args, uint32_t args_len, Type target,
                int compat, Status *status, Error *err) {
  *status = STATUS_OK;
  FnCall *call = ARENA_NEW(arena, FnCall);
  const Value **constants = ARENA_ARRAY(arena, const Value *, args_len ? args_len : 1);
  for (uint32_t i = 0; i < args_len; i++) {
    if (args[i]->kind == EXPR_ERROR) return args[i];
    constants[i] = args[i]->kind == EXPR_CONST ? &args[i]->value : NULL;
  }
  *call = (FnCall){.fn = fn, .span = span, .args_len = args_len, .constants = constants, .compat = compat,
                   .target = target};
  if (fn->prepare) *status = fn->prepare(call, err);
  if (*status != STATUS_OK) return expr_simple(arena, EXPR_ERROR, span, NULL, 0);
  FnScratch scratch = {0};
  Value folded;
  if (fold(call, &scratch, &folded)) {
    Expr *constant = expr_const(arena, span, &folded);
    if (fn->release) fn->release(call);
    arena_release(&scratch.arena);
    return constant;
  }
  arena_release(&scratch.arena);
  Expr *expr = expr_new(arena, EXPR_CALL, span);
  expr->call = call;
  set_args(arena, expr, args, args_len);
  expr->types = call_types(call, args, args_len);
  return expr;
}

bool expr_is_const(const Expr *expr) { return expr->kind == EXPR_CONST; }

uint64_t expr_hash(const Expr *expr) {
  uint64_t hash = hash_combine(expr->kind, expr->args_len);
  if (expr->kind == EXPR_CONST) hash = hash_combine(hash, expr->value.type);
  if (expr->kind == EXPR_COLUMN) hash = hash_combine(hash, (uint64_t)(uintptr_t)expr->column);
  if (expr->kind == EXPR_CALL) hash = hash_combine(hash, (uint64_t)(uintptr_t)expr->call->fn);
  for (uint32_t i = 0; i < expr->args_len; i++) hash = hash_combine(hash, expr_hash(expr->args[i]));
  return hash;
}

bool expr_equal(const Expr *a, const Expr *b) {
  if (a == b) return true;
  if (a->kind != b->kind || a->args_len != b->args_len || a->kind == EXPR_ERROR) return false;
  if (a->kind == EXPR_CONST)
    return a->value.type == b->value.type && value_same_key(&a->value, &b->value);
  if (a->kind == EXPR_COLUMN && a->column != b->column) return false;
  if (a->kind == EXPR_CALL && (a->call->fn != b->call->fn || a->call->target != b->call->target ||
                               (a->call->fn->flags & FN_VOLATILE)))
    return false;
  for (uint32_t i = 0; i < a->args_len; i++)
    if (!expr_equal(a->args[i], b->args[i])) return false;
  return true;
}

bool expr_never_fails(const Expr *expr) {
  if (expr->kind == EXPR_CALL && !(expr->call->fn->flags & FN_NEVER_FAILS)) return false;
  for (uint32_t i = 0; i < expr->args_len; i++)
    if (!expr_never_fails(expr->args[i])) return false;
  return true;
}

void expr_walk(const Expr *expr, bool (*visit)(const Expr *, void *), void *context) {
  if (!visit(expr, context)) return;
  for (uint32_t i = 0; i < expr->args_len; i++) expr_walk(expr->args[i], visit, context);
}
