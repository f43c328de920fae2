/* exprs.c: expressions: literals, operators, CASE, CAST, conditions. Names are names.c, calls are calls.c. */
#include "bind/binder.h"
#include "functions/operators.h"

Expr *expr_error(Binder *b, Span span) { return expr_simple(b->arena, EXPR_ERROR, span, NULL, 0); }

static Expr *constant(Binder *b, Span span, Value value) { return expr_const(b->arena, span, &value); }

/* ---- calls and operators ---------------------------------------------------------------------- */

Expr *bind_fn(Binder *b, Span span, const ScalarFn *fn, Expr **args, uint32_t len, Type target) {
  for (uint32_t i = 0; i < len; i++)
    if (args[i]->kind == EXPR_ERROR) return args[i];
  if (!check_operands(b, span, fn, args, len)) return expr_error(b, span);
  Error err;
  Status status;
  Expr *expr = expr_call(b->arena, span, fn, args, len, target, b->options->compat, &status, &err);
  if (expr->kind == EXPR_CALL && expr->call->state) arena_push(b->arena, &b->script->calls, expr->call);
  if (status != STATUS_OK) {
    Diag *diag = diag_add(b->diags, DIAG_constant_out_of_range, span, "%s", err.message);
    if (err.hint[0]) diag_hint(b->diags, diag, "%s", err.hint);
  }
  return expr;
}

Expr *bind_operator(Binder *b, Span span, const char *sign, Expr **args, uint32_t len) {
  const ScalarFn *fn = scalar_operator_find(sign);
  if (fn == NULL) BUG("no operator `%s`", sign);
  return bind_fn(b, span, fn, args, len, TYPE_NULL);
}

/* ---- node kinds ------------------------------------------------------------------------------- */

/* Right operands of comparisons, LIKE and IN: a double-quoted token may be text. */
static Expr *bind_operand(Binder *b, Scope *scope, const AstExpr *ast) {
  if (ast->kind == AST_QUOTED) return bind_quoted(b, scope, ast, !ast->parens);
  return bind_expr(b, scope, ast);
}

static const char *binary_sign(AstOp op) {
  switch (op) {
    case AST_OP_ADD: return OP_ADD;
    case AST_OP_SUB: return OP_SUB;
    case AST_OP_MUL: return OP_MUL;
    case AST_OP_DIV: return OP_DIV;
    case AST_OP_MOD: return OP_MOD;
    case AST_OP_BIT_AND: return OP_BIT_AND;
    case AST_OP_BIT_OR: return OP_BIT_OR;
    case AST_OP_BIT_XOR: return OP_BIT_XOR;
    case AST_OP_EQ: return OP_EQ;
    case AST_OP_NE: return OP_NE;
    case AST_OP_LT: return OP_LT;
    case AST_OP_LE: return OP_LE;
    case AST_OP_GT: return OP_GT;
    case AST_OP_GE: return OP_GE;
    case AST_OP_NEG:
    case AST_OP_PLUS:
    case AST_OP_BIT_NOT:
    case AST_OP_NOT:
    case AST_OP_COUNT: break;
  }
  BUG("operator %d is not binary", op);
}

static Expr *bind_binary(Binder *b, Scope *scope, const AstExpr *ast) {
  bool comparison = ast->binary.op >= AST_OP_EQ && ast->binary.op <= AST_OP_GE;
  Expr *args[2] = {bind_expr(b, scope, ast->binary.left),
                   comparison ? bind_operand(b, scope, ast->binary.right) : bind_expr(b, scope, ast->binary.right)};
  return bind_operator(b, ast->span, binary_sign(ast->binary.op), args, 2);
}

static Expr *bind_unary(Binder *b, Scope *scope, const AstExpr *ast) {
  if (ast->unary.op == AST_OP_NOT) {
    Expr *operand = bind_condition(b, scope, ast->unary.operand);
    return expr_simple(b->arena, EXPR_NOT, ast->span, &operand, 1);
  }
  Expr *operand = bind_expr(b, scope, ast->unary.operand);
  if (ast->unary.op == AST_OP_PLUS) return operand;
  return bind_operator(b, ast->span, ast->unary.op == AST_OP_NEG ? OP_NEG : OP_BIT_NOT, &operand, 1);
}

static Expr *bind_logic(Binder *b, Scope *scope, const AstExpr *ast) {
  uint32_t len = ast->logic.operands.len;
  Expr **args = ARENA_ARRAY(b->arena, Expr *, len);
  for (uint32_t i = 0; i < len; i++) args[i] = bind_condition(b, scope, ast->logic.operands.items[i]);
  return expr_simple(b->arena, ast->logic.is_or ? EXPR_OR : EXPR_AND, ast->span, args, len);
}

static Expr *bind_like(Binder *b, Scope *scope, const AstExpr *ast) {
  Expr *args[3] = {bind_expr(b, scope, ast->like.subject), bind_operand(b, scope, ast->like.pattern)};
  uint32_t len = 2;
  if (ast->like.escape) args[len++] = bind_operand(b, scope, ast->like.escape);
  return bind_operator(b, ast->span, ast->like.negated ? OP_NOT_LIKE : OP_LIKE, args, len);
}

static Expr *bind_between(Binder *b, Scope *scope, const AstExpr *ast) {
  Expr *args[3] = {bind_expr(b, scope, ast->between.subject), bind_expr(b, scope, ast->between.low),
                   bind_expr(b, scope, ast->between.high)};
  return bind_operator(b, ast->span, ast->between.negated ? OP_NOT_BETWEEN : OP_BETWEEN, args, 3);
}

static Expr *bind_in(Binder *b, Scope *scope, const AstExpr *ast) {
  uint32_t len = ast->in.list.len + 1;
  Expr **args = ARENA_ARRAY(b->arena, Expr *, len);
  args[0] = bind_expr(b, scope, ast->in.subject);
  for (uint32_t i = 1; i < len; i++) args[i] = bind_operand(b, scope, ast->in.list.items[i - 1]);
  return bind_operator(b, ast->span, ast->in.negated ? OP_NOT_IN : OP_IN, args, len);
}

static Expr *bind_case(Binder *b, Scope *scope, const AstExpr *ast) {
  uint32_t len = ast->cases.len * 2 + 1;
  Expr **args = ARENA_ARRAY(b->arena, Expr *, len);
  Expr *operand = ast->cases.operand ? bind_expr(b, scope, ast->cases.operand) : NULL;
  for (uint32_t i = 0; i < ast->cases.len; i++) {
    const AstWhen *when = ast->cases.whens[i];
    if (operand) {
      Expr *both[2] = {operand, bind_operand(b, scope, when->condition)};
      args[i * 2] = bind_operator(b, when->span, OP_EQ, both, 2);
    } else {
      args[i * 2] = bind_condition(b, scope, when->condition);
    }
    args[i * 2 + 1] = bind_expr(b, scope, when->value);
  }
  if (ast->cases.otherwise) {
    args[len - 1] = bind_expr(b, scope, ast->cases.otherwise);
  } else {
    Diag *diag =
        diag_add(b->diags, DIAG_case_without_else, ast->span, "without ELSE this CASE gives NULL when no WHEN holds");
    diag_hint(b->diags, diag, "write `ELSE NULL` before END when that is meant");
    args[len - 1] = constant(b, ast->span, value_null());
  }
  return expr_simple(b->arena, EXPR_CASE, ast->span, args, len);
}

static Expr *bind_cast(Binder *b, Scope *scope, const AstExpr *ast) {
  Expr *operand = bind_expr(b, scope, ast->cast.operand);
  Type type;
  if (!bind_type(b, &ast->cast.type, &type)) return expr_error(b, ast->span);
  if (!check_cast(b, ast->span, operand, type)) return expr_error(b, ast->span);
  return bind_fn(b, ast->span, scalar_operator_find(ast->cast.is_try ? OP_TRY_CAST : OP_CAST), &operand, 1, type);
}

static bool is_window_call_of_system(const AstExpr *ast) {
  return ast->kind == AST_CALL && ast->call.name.len == 2 &&
         str_eq_nocase(ast->call.name.items[0].text, STR("System")) &&
         str_eq_nocase(ast->call.name.items[1].text, STR("Window"));
}

static Expr *bind_field(Binder *b, Scope *scope, const AstExpr *ast) {
  if (is_window_call_of_system(ast->field.of)) return bind_call(b, scope, ast->field.of); /* System.Window().Id */
  Expr *of = bind_expr(b, scope, ast->field.of);
  if (of->kind == EXPR_ERROR) return of;
  Value name = value_text(ast->field.name.text);
  Expr *args[2] = {of, constant(b, ast->field.name.span, name)};
  return bind_operator(b, ast->span, OP_FIELD, args, 2);
}

static Expr *bind_is_null(Binder *b, Scope *scope, const AstExpr *ast) {
  Expr *operand = bind_expr(b, scope, ast->is_null.subject);
  return bind_operator(b, ast->span, ast->is_null.negated ? OP_IS_NOT_NULL : OP_IS_NULL, &operand, 1);
}

static Expr *star_misplaced(Binder *b, const AstExpr *ast) {
  Diag *diag = diag_add(b->diags, DIAG_wrong_argument_type, ast->span, "`*` is not a value");
  diag_hint(b->diags, diag, "a star stands alone in a SELECT list or in COUNT(*)");
  return expr_error(b, ast->span);
}

static Expr *bind_node(Binder *b, Scope *scope, const AstExpr *ast) {
  switch (ast->kind) {
    case AST_NULL: return constant(b, ast->span, value_null());
    case AST_INTEGER: return constant(b, ast->span, value_bigint(ast->integer));
    case AST_FLOAT: return constant(b, ast->span, value_float(ast->floating.value));
    case AST_TEXT: return constant(b, ast->span, value_text(ast->text));
    case AST_QUOTED: return bind_quoted(b, scope, ast, false);
    case AST_PATH: return bind_path(b, scope, ast);
    case AST_STAR: return star_misplaced(b, ast);
    case AST_FIELD: return bind_field(b, scope, ast);
    case AST_CALL: return bind_call(b, scope, ast);
    case AST_UNARY: return bind_unary(b, scope, ast);
    case AST_BINARY: return bind_binary(b, scope, ast);
    case AST_LOGIC: return bind_logic(b, scope, ast);
    case AST_LIKE: return bind_like(b, scope, ast);
    case AST_BETWEEN: return bind_between(b, scope, ast);
    case AST_IN: return bind_in(b, scope, ast);
    case AST_IS_NULL: return bind_is_null(b, scope, ast);
    case AST_CASE: return bind_case(b, scope, ast);
    case AST_CAST: return bind_cast(b, scope, ast);
    default: return expr_error(b, ast->span); /* AST_ERROR: already diagnosed */
  }
}

/* ---- values and conditions -------------------------------------------------------------------- */

static bool is_condition(const AstExpr *ast) {
  switch (ast->kind) {
    case AST_LOGIC:
    case AST_LIKE:
    case AST_BETWEEN:
    case AST_IN:
    case AST_IS_NULL: return true;
    case AST_UNARY: return ast->unary.op == AST_OP_NOT;
    case AST_BINARY: return ast->binary.op >= AST_OP_EQ && ast->binary.op <= AST_OP_GE;
    default: return false;
  }
}

Expr *bind_expr(Binder *b, Scope *scope, const AstExpr *ast) {
  if (!is_condition(ast)) return bind_node(b, scope, ast);
  Diag *diag = diag_add(b->diags, DIAG_unexpected_condition, ast->span,
                        "a value is wanted here, and this is a condition");
  Str condition = shown(b, ast->span, "condition");
  diag_hint(b->diags, diag, "write `CASE WHEN " STR_FMT " THEN 1 ELSE 0 END`", STR_ARG(condition));
  diag_edit(b->diags, diag, ast->span, "CASE WHEN " STR_FMT " THEN 1 ELSE 0 END",
            STR_ARG(str_sub(b->diags->source->text, ast->span.begin, ast->span.end)));
  return expr_error(b, ast->span);
}

Expr *bind_condition(Binder *b, Scope *scope, const AstExpr *ast) {
  if (is_condition(ast)) return bind_node(b, scope, ast);
  Expr *expr = bind_node(b, scope, ast);
  if (expr->kind == EXPR_ERROR) return expr;
  Diag *diag = diag_add(b->diags, DIAG_expected_condition, ast->span,
                        "a condition is wanted here, and this is a value");
  diag_hint(b->diags, diag, "compare it with something, for example `" STR_FMT " = 1`",
            STR_ARG(shown(b, ast->span, "x")));
  return expr_error(b, ast->span);
}
