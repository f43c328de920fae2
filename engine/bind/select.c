/* select.c: one SELECT: FROM, WHERE, GROUP BY, HAVING, and the list; and chains of them (UNION). */
#include "bind/binder.h"

/* ---- names of items --------------------------------------------------------------------------- */

static Str call_default_name(Binder *b, const AstCall *call) {
  Str name = call->name.items[call->name.len - 1].text;
  if (call->name.len > 1) return name;
  Str upper = arena_str(b->arena, name);
  for (size_t i = 0; i < upper.len; i++)
    if (upper.ptr[i] >= 'a' && upper.ptr[i] <= 'z') ((char *)upper.ptr)[i] -= 32;
  return upper;
}

/* semantics.md section 1, default names. */
Str item_default_name(Binder *b, const AstExpr *expr, unsigned *unnamed) {
  if (is_system_timestamp(expr)) return STR("Timestamp");
  switch (expr->kind) {
    case AST_PATH: return last_name(expr);
    case AST_QUOTED: return expr->text;
    case AST_FIELD: return expr->field.name.text;
    case AST_CALL: return call_default_name(b, &expr->call);
    default: return arena_printf(b->arena, "Column%u", ++*unnamed);
  }
}

/* ---- stars ------------------------------------------------------------------------------------ */

static void push_item(Binder *b, BoundSelect *select, Str name, Span span, Expr *expr) {
  select_add_item(b, select, (BoundItem){.name = name, .span = span, .expr = expr});
}

static void push_star(Binder *b, BoundSelect *select, Span span, Expr *record) {
  select_add_item(b, select, (BoundItem){.star = true, .from_star = true, .span = span, .expr = record});
}

static const BoundItem *find_visible(const BoundSelect *select, Str name) {
  const Positions *found = &select->found;
  for (uint32_t i = positions_first(found, name_hash(name)); i != NO_POSITION; i = positions_next(found, i)) {
    const BoundItem *item = &select->items.items[i];
    if (!item->star && !item->hidden && str_eq_nocase(item->name, name)) return item;
  }
  return NULL;
}

/* A column of a step that a star stands for; what has the name further left wins. */
static void push_step_column(Binder *b, Scope *scope, Leaf *leaf, uint32_t at, Span span) {
  const QueryColumn *col = leaf->provider.step->query->columns.items[at];
  if (col->hidden || (!col->star && find_visible(scope->select, col->name))) return;
  BoundItem item = {.name = col->name, .star = col->star, .from_star = true, .span = span,
                    .expr = leaf_column_expr(b, scope, leaf, at, span)};
  select_add_item(b, scope->select, item);
}

static void push_relation_columns(Binder *b, Scope *scope, Leaf *leaf, Span span) {
  const BoundRelation *relation = leaf->provider.relation;
  for (uint32_t i = 0; i < relation->cols_len; i++) {
    if (find_visible(scope->select, relation->cols[i].name)) continue;
    BoundItem item = {.name = relation->cols[i].name, .from_star = true, .span = span,
                      .expr = leaf_column_expr(b, scope, leaf, i, span)};
    select_add_item(b, scope->select, item);
  }
}

/* All columns of a leaf: an input's payload; the columns of a step or a relation, one by one. */
static void push_leaf_star(Binder *b, Scope *scope, Leaf *leaf, Span span) {
  if (leaf->provider.relation) {
    push_relation_columns(b, scope, leaf, span);
    return;
  }
  if (leaf->provider.input) {
    int64_t at = provider_payload(b, leaf->provider, span);
    push_star(b, scope->select, span, leaf_column_expr(b, scope, leaf, (uint32_t)at, span));
    return;
  }
  uint32_t len = leaf->provider.step->query->columns.len;
  for (uint32_t i = 0; i < len; i++) push_step_column(b, scope, leaf, i, span);
}

static void bind_star(Binder *b, Scope *scope, const AstExpr *ast) {
  if (scope->select->group) {
    Diag *diag = diag_add(b->diags, DIAG_not_grouped, ast->span, "a grouped SELECT has no `*`");
    diag_hint(b->diags, diag, "name the keys and aggregates you want; `Collect()` keeps the whole events as an array");
    return;
  }
  const AstExpr *of = ast->star.of;
  if (of == NULL) {
    if (scope->select->joins.len == 0) { /* one source, and what APPLY adds to it */
      for (uint32_t i = 0; i < scope->leaves_len; i++) push_leaf_star(b, scope, scope->leaves[i], ast->span);
      return;
    }
    Diag *diag =
        diag_add(b->diags, DIAG_star_with_join, ast->span, "`SELECT *` over a JOIN does not say whose columns");
    Str first = scope->leaves[0]->alias, last = scope->leaves[scope->leaves_len - 1]->alias;
    diag_hint(b->diags, diag, "write `" STR_FMT ".*`, or both: `" STR_FMT ".*, " STR_FMT ".*`", STR_ARG(first),
              STR_ARG(first), STR_ARG(last));
    return;
  }
  Leaf *leaf = of->kind == AST_PATH && of->path.len == 1 ? scope_leaf(scope, of->path.items[0].text) : NULL;
  if (leaf == NULL && of->kind == AST_QUOTED) leaf = scope_leaf(scope, of->text);
  if (leaf) {
    push_leaf_star(b, scope, leaf, ast->span);
    return;
  }
  Expr *record = bind_expr(b, scope, of);
  if (record->kind != EXPR_ERROR) push_star(b, scope->select, ast->span, record);
}

/* ---- the list --------------------------------------------------------------------------------- */

/* False when the name is taken: by another item, which is an error, or by a star further left, which wins. */
static bool name_is_free(Binder *b, const BoundSelect *select, Str name, const AstItem *ast) {
  const BoundItem *item = find_visible(select, name);
  if (item == NULL) return true;
  if (item->from_star) return false;
  Diag *diag = diag_add(b->diags, DIAG_duplicate_column, ast->span,
                        "two columns of this SELECT are called `" STR_FMT "`", STR_ARG(name));
  diag_label(b->diags, diag, item->span, "the first one");
  const AstExpr *of = ast->expr;
  if (ast->alias == NULL && of->kind == AST_PATH && of->path.len > 1)
    diag_hint(b->diags, diag, "name it with AS: `" STR_FMT " AS " STR_FMT "_" STR_FMT "`",
              STR_ARG(shown(b, of->span, "x")), STR_ARG(of->path.items[of->path.len - 2].text), STR_ARG(name));
  else diag_hint(b->diags, diag, "give one of them another name with AS");
  return false;
}

static void bind_items(Binder *b, Scope *scope, const AstSelect *ast) {
  unsigned unnamed = 0;
  for (uint32_t i = 0; i < ast->items.len; i++) {
    const AstItem *item = ast->items.items[i];
    if (item->expr->kind == AST_STAR) {
      bind_star(b, scope, item->expr);
      continue;
    }
    Str name = item->alias ? item->alias->text : item_default_name(b, item->expr, &unnamed);
    Expr *expr = bind_expr(b, scope, item->expr);
    if (scope->select->group) expr = bind_grouped(b, scope, expr);
    if (name_is_free(b, scope->select, name, item)) push_item(b, scope->select, name, item->span, expr);
  }
}

BoundSelect *bind_select(Binder *b, const AstQuery *query) {
  const AstSelect *ast = &query->select;
  BoundSelect *select = ARENA_NEW(b->arena, BoundSelect);
  select->span = query->span;
  select->ast = ast;
  arena_push(b->arena, &b->selects, select);
  if (!bind_from(b, select, ast->from, ast)) return NULL;
  Scope scope = {.select = select, .ast = ast, .leaves = select->leaves.items, .leaves_len = select->leaves.len};
  scope.clause = CLAUSE_WHERE;
  if (ast->where) select->where = bind_condition(b, &scope, ast->where);
  scope.clause = CLAUSE_GROUP_BY;
  if (ast->group_by.len) select->group = bind_group(b, &scope, ast);
  scope.group = select->group;
  scope.clause = CLAUSE_SELECT;
  bind_items(b, &scope, ast);
  scope.clause = CLAUSE_HAVING;
  if (ast->having) {
    Expr *having = bind_condition(b, &scope, ast->having);
    if (select->group) {
      select->having = bind_grouped(b, &scope, having);
    } else if (select->where) { /* HAVING without GROUP BY is WHERE */
      Expr *both[] = {select->where, having};
      select->where = expr_simple(b->arena, EXPR_AND, having->span, both, 2);
    } else {
      select->where = having;
    }
  }
  return select->group && select->group->failed ? NULL : select;
}

/* ---- unions ----------------------------------------------------------------------------------- */

static bool select_is_reference(const BoundSelect *select) {
  for (uint32_t i = 0; i < select->leaves.len; i++)
    if (!provider_is_reference(select->leaves.items[i]->provider)) return false;
  return true;
}

static QueryColumn *add_column(Binder *b, BoundQuery *query, Str name, bool star) {
  QueryColumn *col = ARENA_NEW(b->arena, QueryColumn);
  *col = (QueryColumn){.name = name, .star = star};
  col->items = ARENA_ARRAY(b->arena, uint32_t, query->branches_len);
  for (uint32_t i = 0; i < query->branches_len; i++) col->items[i] = UINT32_MAX;
  arena_push(b->arena, &query->columns, col);
  positions_add(&query->found, b->arena, name_hash(name));
  return col;
}

/* Columns of a union with a star go by name: explicit ones by spelling, the n-th star with the n-th star. */
static QueryColumn *column_by_name(Binder *b, BoundQuery *query, const BoundItem *item, uint32_t branch) {
  for (uint32_t i = 0; i < query->columns.len; i++) {
    QueryColumn *col = query->columns.items[i];
    if (col->star == item->star && col->items[branch] == UINT32_MAX && str_eq_nocase(col->name, item->name)) return col;
  }
  return add_column(b, query, item->name, item->star);
}

static bool has_star(const BoundSelect *select) {
  for (uint32_t i = 0; i < select->items.len; i++)
    if (select->items.items[i].star) return true;
  return false;
}

/* A column that another branch names is looked for behind the star of a branch that does not. */
static void fill_from_star(Binder *b, BoundQuery *query, uint32_t branch) {
  BoundSelect *select = query->branches[branch];
  for (uint32_t i = 0; has_star(select) && i < query->columns.len; i++) {
    QueryColumn *col = query->columns.items[i];
    if (col->star || col->hidden || col->items[branch] != UINT32_MAX) continue;
    AstName name = {.text = col->name, .span = select->span};
    Expr *value = branch_value(b, query, branch, &name, 1);
    select_add_item(b, select, (BoundItem){.name = col->name, .span = select->span, .expr = value});
    col->items[branch] = select->items.len - 1;
    col->types |= value->types;
  }
}

static bool settle_columns(Binder *b, BoundQuery *query) {
  for (uint32_t i = 0; i < query->branches_len; i++)
    for (uint32_t j = 0; query->branches_len > 1 && j < query->branches[i]->items.len; j++)
      query->by_name |= query->branches[i]->items.items[j].from_star;
  uint32_t len = query->branches[0]->items.len;
  for (uint32_t i = 0; i < query->branches_len; i++) {
    const BoundSelect *select = query->branches[i];
    if (!query->by_name && select->items.len != len) {
      Diag *diag = diag_add(b->diags, DIAG_union_column_count, select->span,
                            "this branch of the UNION has %u column%s, and the first has %u", select->items.len,
                            select->items.len == 1 ? "" : "s", len);
      diag_hint(b->diags, diag, "columns match by position; fill up with NULL: `SELECT a, NULL AS b FROM ...`");
      diag_label(b->diags, diag, query->branches[0]->span, "the first branch");
      return false;
    }
    for (uint32_t j = 0; j < select->items.len; j++) {
      const BoundItem *item = &select->items.items[j];
      QueryColumn *col = query->by_name ? column_by_name(b, query, item, i)
                         : i == 0       ? add_column(b, query, item->name, item->star)
                                        : query->columns.items[j];
      col->items[i] = j;
      col->types |= item->expr->types;
    }
  }
  for (uint32_t i = 0; query->by_name && i < query->branches_len; i++) fill_from_star(b, query, i);
  return true;
}

static uint32_t count_branches(const AstQuery *ast) {
  if (ast->kind == AST_SELECT) return 1;
  uint32_t count = 0;
  for (uint32_t i = 0; i < ast->set.len; i++) count += count_branches(ast->set.branches[i]);
  return count;
}

static bool bind_branches(Binder *b, const AstQuery *ast, BoundQuery *query) {
  if (ast->kind == AST_SELECT) {
    BoundSelect *select = bind_select(b, ast);
    if (select) query->branches[query->branches_len++] = select;
    return select != NULL;
  }
  bool ok = true;
  for (uint32_t i = 0; i < ast->set.len; i++) ok &= bind_branches(b, ast->set.branches[i], query);
  return ok;
}

static bool is_statement(const Binder *b, const AstQuery *ast) {
  for (uint32_t i = 0; i < b->ast->queries_len; i++)
    if (b->ast->queries[i] == ast) return true;
  return false;
}

/* INTO stands in a statement, and in the first branch of its UNION. */
static void check_into(Binder *b, const AstQuery *ast, bool allowed) {
  if (ast->kind != AST_SELECT) {
    for (uint32_t i = 0; i < ast->set.len; i++) check_into(b, ast->set.branches[i], allowed && i == 0);
  } else if (ast->select.into && !allowed) {
    Diag *diag = diag_add(b->diags, DIAG_into_misplaced, ast->select.into->span, "INTO cannot stand here");
    diag_hint(b->diags, diag, "only a statement names its output, a UNION in its first branch");
  }
}

BoundQuery *bind_query(Binder *b, const AstQuery *ast) {
  check_into(b, ast, is_statement(b, ast));
  BoundQuery *query = ARENA_NEW(b->arena, BoundQuery);
  query->branches = ARENA_ARRAY(b->arena, BoundSelect *, count_branches(ast));
  if (!bind_branches(b, ast, query)) return NULL;
  query->reference = true;
  for (uint32_t i = 0; i < query->branches_len; i++) query->reference &= select_is_reference(query->branches[i]);
  return settle_columns(b, query) ? query : NULL;
}
