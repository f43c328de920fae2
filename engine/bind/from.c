/* from.c: FROM: names become leaves; TIMESTAMP BY is bound, or pushed through plain steps to the input. */
#include "bind/binder.h"

/* ---- TIMESTAMP BY ----------------------------------------------------------------------------- */

/* The expression over the columns of a step, said with the columns of the leaf the step reads. */
static Expr *through_step(Binder *b, const Scope *scope, const BoundSelect *select, Leaf *inner, Expr *expr) {
  if (expr->kind == EXPR_ERROR) return expr;
  if (expr->kind == EXPR_COLUMN) {
    LeafColumn *col = (LeafColumn *)expr->column;
    if (col->leaf == inner) return leaf_column_expr(b, scope, inner, col->at, expr->span);
    const QueryColumn *of = col->leaf->provider.step->query->columns.items[col->at];
    return through_step(b, scope, select, inner, select->items.items[of->items[0]].expr);
  }
  Expr *copy = ARENA_NEW(b->arena, Expr);
  *copy = *expr;
  copy->args = ARENA_ARRAY(b->arena, Expr *, expr->args_len ? expr->args_len : 1);
  for (uint32_t i = 0; i < expr->args_len; i++) copy->args[i] = through_step(b, scope, select, inner, expr->args[i]);
  return copy;
}

static bool is_plain(const BoundQuery *query) {
  const BoundSelect *select = query->branches[0];
  return query->branches_len == 1 && !select->group && select->leaves.len == 1 &&
         select->leaves.items[0]->analytics.len == 0 && !select->leaves.items[0]->provider.relation;
}

/* The time of a source: its expression and the keys of its substreams. */
typedef struct SourceTime { Expr *timestamp, **over; uint32_t over_len; } SourceTime;

static bool push_timestamp(Binder *b, Leaf *leaf, SourceTime time) {
  if (leaf->provider.input) {
    leaf->timestamp = time.timestamp;
    leaf->over = time.over;
    leaf->over_len = time.over_len;
    return true;
  }
  BoundQuery *query = leaf->provider.step->query;
  Leaf *inner = is_plain(query) ? query->branches[0]->leaves.items[0] : NULL;
  if (inner == NULL || inner->timestamp) {
    Diag *diag = diag_add(b->diags, DIAG_timestamp_by_misplaced, leaf->timestamp_span,
                          "TIMESTAMP BY cannot be moved through `" STR_FMT "` to the input", STR_ARG(leaf->alias));
    diag_hint(b->diags, diag,
              inner ? "the step already has a TIMESTAMP BY: write it once, at the input"
                    : "write TIMESTAMP BY where the input is read; only plain SELECT and WHERE steps pass it on");
    return false;
  }
  Scope scope = {.select = query->branches[0], .only = inner};
  inner->timestamp_span = leaf->timestamp_span;
  time.timestamp = through_step(b, &scope, query->branches[0], inner, time.timestamp);
  for (uint32_t i = 0; i < time.over_len; i++)
    time.over[i] = through_step(b, &scope, query->branches[0], inner, time.over[i]);
  return push_timestamp(b, inner, time);
}

static bool bind_over(Binder *b, Scope *scope, const AstExprs *over, SourceTime *time) {
  bool ok = true;
  time->over = ARENA_ARRAY(b->arena, Expr *, over->len + 1);
  for (uint32_t i = 0; i < over->len; i++) {
    Expr *key = bind_expr(b, scope, over->items[i]);
    if (key->kind == EXPR_ERROR) ok = false;
    else time->over[time->over_len++] = key;
  }
  return ok;
}

static bool bind_timestamp(Binder *b, BoundSelect *select, Leaf *leaf, const AstRelation *ast) {
  if (provider_is_reference(leaf->provider)) {
    diag_add(b->diags, DIAG_timestamp_by_misplaced, ast->timestamp_span, "reference data has no TIMESTAMP BY");
    return false;
  }
  leaf->timestamp_span = ast->timestamp_span;
  if (leaf->provider.step && leaf->provider.step->name.len) {
    leaf->provider.step = script_step_copy(b, leaf->provider.step->name);
    if (leaf->provider.step == NULL) return false;
  }
  Scope scope = {.select = select, .leaves = &leaf, .leaves_len = 1, .clause = CLAUSE_TIMESTAMP_BY, .only = leaf};
  Expr *expr = bind_expr(b, &scope, ast->timestamp_by);
  if (expr->kind == EXPR_ERROR) return false;
  csv_wish(b, expr, TYPE_DATETIME);
  if (expr->types && !(expr->types & MASK_TIME)) {
    Diag *diag = diag_add(b->diags, DIAG_timestamp_by_misplaced, ast->timestamp_by->span,
                          "TIMESTAMP BY wants a datetime or ISO 8601 text");
    diag_hint(b->diags, diag, "a number of seconds becomes a time by `DATEADD(second, " STR_FMT
              ", '1970-01-01T00:00:00Z')`", STR_ARG(shown(b, ast->timestamp_by->span, "x")));
    return false;
  }
  SourceTime time = {.timestamp = expr};
  return bind_over(b, &scope, &ast->timestamp_over, &time) && push_timestamp(b, leaf, time);
}

/* ---- leaves ----------------------------------------------------------------------------------- */

static bool check_alias(Binder *b, const BoundSelect *select, const Leaf *leaf) {
  for (uint32_t i = 0; i < select->leaves.len; i++) {
    const Leaf *other = select->leaves.items[i];
    if (other == leaf || leaf->alias.len == 0 || !str_eq_nocase(other->alias, leaf->alias)) continue;
    Diag *diag = diag_add(b->diags, DIAG_duplicate_alias, leaf->span, "`" STR_FMT "` names two sources of this FROM",
                          STR_ARG(leaf->alias));
    diag_label(b->diags, diag, other->span, "the first one");
    diag_hint(b->diags, diag, "give one of them another alias: `FROM a AS x JOIN a AS y ...`");
    return false;
  }
  return true;
}

static bool subselect_provider(Binder *b, const AstRelation *ast, Provider *out) {
  BoundStep *step = ARENA_NEW(b->arena, BoundStep);
  step->span = ast->span;
  step->uses = 1;
  step->query = bind_query(b, ast->subselect.query);
  if (step->query == NULL) return false;
  arena_push(b->arena, &b->script->steps, step);
  *out = (Provider){.step = step};
  return true;
}

static Leaf *add_leaf(Binder *b, BoundSelect *select, const AstRelation *ast) {
  Leaf *leaf = ARENA_NEW(b->arena, Leaf);
  leaf->ast = ast;
  leaf->span = ast->span;
  bool ok;
  if (ast->kind == AST_TABLE) {
    const AstNames *names = &ast->table.name;
    const AstName *name = &names->items[names->len - 1];
    leaf->alias = ast->alias ? ast->alias->text : name->text;
    leaf->span = ast->alias ? ast->alias->span : name->span;
    ok = script_provider(b, name, &leaf->provider);
  } else {
    leaf->alias = ast->alias ? ast->alias->text : STR("");
    ok = subselect_provider(b, ast, &leaf->provider);
  }
  if (!ok) return NULL;
  arena_push(b->arena, &select->leaves, leaf);
  if (!check_alias(b, select, leaf)) return NULL;
  if (ast->timestamp_by && !bind_timestamp(b, select, leaf, ast)) return NULL;
  return leaf;
}

Leaf *add_relation_leaf(Binder *b, BoundSelect *select, const AstRelation *ast, BoundRelation *relation) {
  Leaf *leaf = ARENA_NEW(b->arena, Leaf);
  *leaf = (Leaf){.provider = {.relation = relation}, .ast = ast, .span = ast->alias ? ast->alias->span : ast->span,
                 .alias = ast->alias ? ast->alias->text : STR("")};
  arena_push(b->arena, &select->leaves, leaf);
  return check_alias(b, select, leaf) ? leaf : NULL;
}

/* ---- joins ------------------------------------------------------------------------------------ */

static bool all_reference(const BoundSelect *select, uint32_t len) {
  for (uint32_t i = 0; i < len; i++)
    if (!provider_is_reference(select->leaves.items[i]->provider)) return false;
  return true;
}

static bool check_join_kind(Binder *b, BoundSelect *select, const AstRelation *ast, const Leaf *right) {
  bool reference = provider_is_reference(right->provider);
  if (!reference && all_reference(select, select->leaves.len - 1)) {
    Diag *diag = diag_add(b->diags, DIAG_reference_on_left, ast->join.join_span,
                          "reference data stands on the left of this JOIN, and a stream on the right");
    diag_hint(b->diags, diag, "write the stream first: `FROM " STR_FMT " JOIN ...`", STR_ARG(right->alias));
    return false;
  }
  if (reference) return true;
  if (ast->join.type == AST_JOIN_CROSS) {
    Diag *diag =
        diag_add(b->diags, DIAG_cross_join_needs_reference, ast->join.join_span,
                 "CROSS JOIN works with reference data only, and `" STR_FMT "` is a stream", STR_ARG(right->alias));
    diag_hint(b->diags, diag, "join streams with ON and a DATEDIFF bound");
    return false;
  }
  return true;
}

static bool join_in_brackets(Binder *b, Span span) {
  Diag *diag = diag_add(b->diags, DIAG_not_in_this_version, span,
                        "this version of Weir cannot run a JOIN in brackets on the right of a JOIN");
  diag_hint(b->diags, diag,
            "join one after the other, `FROM a JOIN b ON ... JOIN c ON ...`, or select the inner JOIN in "
            "a WITH step");
  return false;
}

static bool bind_join(Binder *b, BoundSelect *select, const AstRelation *ast, const AstSelect *select_ast) {
  if (!bind_from(b, select, ast->join.left, select_ast)) return false;
  if (ast->join.right->kind != AST_TABLE && ast->join.right->kind != AST_SUBSELECT)
    return join_in_brackets(b, ast->join.right->span);
  Leaf *right = add_leaf(b, select, ast->join.right);
  if (right == NULL || !check_join_kind(b, select, ast, right)) return false;
  BoundJoin *join = ARENA_NEW(b->arena, BoundJoin);
  BoundJoinKind kind = provider_is_reference(right->provider) ? JOIN_REFERENCE : JOIN_STREAM;
  *join = (BoundJoin){.kind = kind, .left_outer = ast->join.type == AST_JOIN_LEFT,
                      .right = select->leaves.len - 1, .span = ast->span};
  arena_push(b->arena, &select->joins, join);
  Scope scope = {.select = select, .ast = select_ast, .leaves = select->leaves.items, .leaves_len = select->leaves.len,
                 .clause = CLAUSE_ON};
  if (ast->join.on) bind_join_condition(b, &scope, join, ast->join.on);
  return true;
}

bool bind_from(Binder *b, BoundSelect *select, const AstRelation *from, const AstSelect *ast) {
  switch (from->kind) {
    case AST_TABLE:
    case AST_SUBSELECT: return add_leaf(b, select, from) != NULL;
    case AST_JOIN: return bind_join(b, select, from, ast);
    case AST_APPLY: return bind_apply(b, select, from, ast);
    case AST_MATCH: return bind_match(b, select, from);
    default: return false; /* AST_ERROR: already diagnosed */
  }
}
