/* joins.c: ON: equalities between the two sides become keys of a hash index, the rest a residual predicate. */
#include <string.h>

#include "bind/binder.h"
#include "functions/operators.h"

typedef struct Sides { const Leaf *right; bool streams, on_left, on_right; } Sides;

static bool note_side(const Expr *expr, void *context) {
  Sides *sides = context;
  if (expr->kind == EXPR_COLUMN) {
    const LeafColumn *col = (const LeafColumn *)expr->column;
    if (col->leaf == sides->right) sides->on_right = true;
    else sides->on_left = true;
  }
  if (expr->kind == EXPR_TIMESTAMP) {
    sides->on_left = true;
    sides->on_right |= sides->streams; /* the timestamp of the result: the later of the two */
  }
  return true;
}

static Sides sides_of(const Expr *expr, const Leaf *right, const BoundJoin *join) {
  Sides sides = {.right = right, .streams = join->kind == JOIN_STREAM};
  expr_walk(expr, note_side, &sides);
  return sides;
}

/* The key as the right side alone sees it: columns of its own batch, slots from 0. */
static Expr *rehome(Binder *b, BoundJoin *join, Expr *expr) {
  Expr *copy = ARENA_NEW(b->arena, Expr);
  *copy = *expr;
  if (expr->kind == EXPR_COLUMN) {
    LeafColumn *col = ARENA_NEW(b->arena, LeafColumn);
    *col = *(LeafColumn *)expr->column;
    arena_push(b->arena, &join->right_columns, col);
    copy->column = &col->expr;
  }
  copy->args = ARENA_ARRAY(b->arena, Expr *, expr->args_len ? expr->args_len : 1);
  for (uint32_t i = 0; i < expr->args_len; i++) copy->args[i] = rehome(b, join, expr->args[i]);
  return copy;
}

/* Text becomes a datetime where the other side is one; what is no time matches nothing. */
static Expr *meet_datetime(Binder *b, Expr *key, const Expr *other) {
  bool other_is_time = (other->types & ~MASK(TYPE_NULL)) == MASK(TYPE_DATETIME);
  if (!other_is_time || !(key->types & MASK(TYPE_TEXT))) return key;
  return bind_fn(b, key->span, scalar_operator_find(OP_TRY_CAST), &key, 1, TYPE_DATETIME);
}

static bool take_key(Binder *b, BoundJoin *join, const Leaf *right, Expr *conjunct) {
  if (conjunct->kind != EXPR_CALL || strcmp(conjunct->call->fn->name, OP_EQ) != 0) return false;
  Expr *left_key = conjunct->args[0], *right_key = conjunct->args[1];
  Sides l = sides_of(left_key, right, join), r = sides_of(right_key, right, join);
  if (l.on_right && !l.on_left && r.on_left && !r.on_right) {
    Expr *swap = left_key;
    left_key = right_key;
    right_key = swap;
  } else if (!(l.on_left && !l.on_right && r.on_right && !r.on_left)) {
    return false;
  }
  join->left_keys[join->keys_len] = meet_datetime(b, left_key, right_key);
  join->right_keys[join->keys_len++] = rehome(b, join, meet_datetime(b, right_key, left_key));
  return true;
}

static uint32_t count_conjuncts(const AstExpr *on) {
  if (on->kind != AST_LOGIC || on->logic.is_or) return 1;
  uint32_t count = 0;
  for (uint32_t i = 0; i < on->logic.operands.len; i++) count += count_conjuncts(on->logic.operands.items[i]);
  return count;
}

static uint32_t bind_conjuncts(Binder *b, Scope *scope, const AstExpr *on, Expr **out) {
  if (on->kind != AST_LOGIC || on->logic.is_or) {
    out[0] = bind_condition(b, scope, on);
    return 1;
  }
  uint32_t count = 0;
  for (uint32_t i = 0; i < on->logic.operands.len; i++)
    count += bind_conjuncts(b, scope, on->logic.operands.items[i], out + count);
  return count;
}

static Expr *conjunction(Binder *b, Span span, Expr **conjuncts, uint32_t count) {
  if (count == 0) return NULL;
  return count == 1 ? conjuncts[0] : expr_simple(b->arena, EXPR_AND, span, conjuncts, count);
}

static void warn_of_scan(Binder *b, const Leaf *right, Span span) {
  Diag *diag = diag_add(b->diags, DIAG_reference_join_without_equality, span,
                        "without an equality every event is compared with every row of `" STR_FMT "`",
                        STR_ARG(right->alias));
  diag_hint(b->diags, diag, "add an equality between the two sides when there is one");
}

/* Takes the keys. Between streams they only say where to look, and the residual asks again; for reference data the
** index answers. */
static uint32_t take_keys(Binder *b, BoundJoin *join, const Leaf *right, Expr **conjuncts, uint32_t count) {
  uint32_t rest = 0;
  join->left_keys = ARENA_ARRAY(b->arena, Expr *, count + 1);
  join->right_keys = ARENA_ARRAY(b->arena, Expr *, count + 1);
  for (uint32_t i = 0; i < count; i++)
    if (!take_key(b, join, right, conjuncts[i]) || join->kind == JOIN_STREAM) conjuncts[rest++] = conjuncts[i];
  return rest;
}

void bind_join_condition(Binder *b, Scope *scope, BoundJoin *join, const AstExpr *on) {
  uint32_t count = count_conjuncts(on);
  Expr **conjuncts = ARENA_ARRAY(b->arena, Expr *, count);
  bind_conjuncts(b, scope, on, conjuncts);
  for (uint32_t i = 0; i < count; i++)
    if (conjuncts[i]->kind == EXPR_ERROR) return;
  const Leaf *right = scope->select->leaves.items[join->right];
  if (join->kind == JOIN_STREAM && !bind_join_bounds(b, scope, join, conjuncts, &count, on)) return;
  join->residual = conjunction(b, on->span, conjuncts, take_keys(b, join, right, conjuncts, count));
  if (join->kind == JOIN_REFERENCE && join->keys_len == 0) warn_of_scan(b, right, on->span);
}
