/* group.c: GROUP BY: its window, its keys, and what a grouped SELECT list may say. */
#include <ctype.h>

#include "base/hash.h"
#include "bind/binder.h"

/* ---- aliases ---------------------------------------------------------------------------------- */

/* Counts the places outside GROUP BY and HAVING that read `name` as a column. */
static unsigned reads_in_expr(const AstExpr *ast, Str name);

static unsigned reads_in_list(const AstExprs *list, Str name) {
  unsigned reads = 0;
  for (uint32_t i = 0; i < list->len; i++) reads += reads_in_expr(list->items[i], name);
  return reads;
}

static unsigned reads_in_case(const AstExpr *ast, Str name) {
  unsigned reads = 0;
  if (ast->cases.operand) reads += reads_in_expr(ast->cases.operand, name);
  for (uint32_t i = 0; i < ast->cases.len; i++)
    reads += reads_in_expr(ast->cases.whens[i]->condition, name) + reads_in_expr(ast->cases.whens[i]->value, name);
  return reads + (ast->cases.otherwise ? reads_in_expr(ast->cases.otherwise, name) : 0);
}

static unsigned reads_in_call(const AstExpr *ast, Str name) {
  unsigned reads = reads_in_list(&ast->call.args, name);
  const AstOver *over = ast->call.over;
  if (over == NULL) return reads;
  reads += reads_in_list(&over->partition_by, name);
  for (uint32_t i = 0; i < over->order_by_len; i++) reads += reads_in_expr(over->order_by[i]->expr, name);
  return reads + (over->when ? reads_in_expr(over->when, name) : 0);
}

static unsigned reads_in_expr(const AstExpr *ast, Str name) {
  switch (ast->kind) {
    case AST_PATH: return str_eq_nocase(ast->path.items[0].text, name) || str_eq_nocase(last_name(ast), name);
    case AST_QUOTED: return str_eq_nocase(ast->text, name);
    case AST_FIELD: return reads_in_expr(ast->field.of, name);
    case AST_CALL: return reads_in_call(ast, name);
    case AST_UNARY: return reads_in_expr(ast->unary.operand, name);
    case AST_BINARY: return reads_in_expr(ast->binary.left, name) + reads_in_expr(ast->binary.right, name);
    case AST_LOGIC: return reads_in_list(&ast->logic.operands, name);
    case AST_LIKE: return reads_in_expr(ast->like.subject, name) + reads_in_expr(ast->like.pattern, name);
    case AST_BETWEEN:
      return reads_in_expr(ast->between.subject, name) + reads_in_expr(ast->between.low, name) +
             reads_in_expr(ast->between.high, name);
    case AST_IN: return reads_in_expr(ast->in.subject, name) + reads_in_list(&ast->in.list, name);
    case AST_IS_NULL: return reads_in_expr(ast->is_null.subject, name);
    case AST_CASE: return reads_in_case(ast, name);
    case AST_CAST: return reads_in_expr(ast->cast.operand, name);
    default: return 0;
  }
}

bool expr_reads(const AstExpr *ast, Str name) { return reads_in_expr(ast, name) > 0; }

unsigned select_reads(const AstSelect *ast, Str name) {
  unsigned reads = 0;
  for (uint32_t i = 0; i < ast->items.len; i++) reads += reads_in_expr(ast->items.items[i]->expr, name);
  return reads;
}

/* semantics.md section 1: a bare GROUP BY or HAVING name is an alias when it equals one and is read as a column
** nowhere else in the SELECT. */
static const AstExpr *alias_target(const AstSelect *ast, const AstExpr *name_ast) {
  if (name_ast->kind != AST_PATH || name_ast->path.len != 1) return NULL;
  Str name = name_ast->path.items[0].text;
  const AstExpr *target = NULL;
  unsigned reads = select_reads(ast, name) + (ast->where ? reads_in_expr(ast->where, name) : 0);
  for (uint32_t i = 0; i < ast->items.len; i++) {
    const AstItem *item = ast->items.items[i];
    if (item->alias && str_eq_nocase(item->alias->text, name) && !target) target = item->expr;
  }
  return reads == 0 ? target : NULL;
}

/* ---- the clause ------------------------------------------------------------------------------- */

/* Where the names of a GROUP BY are looked up. */
typedef struct GroupScope { Scope *scope; const AstSelect *ast; } GroupScope;

static bool is_group_column(const BoundGroup *group, const ExprColumn *column) {
  if (column == &group->window_id) return true;
  return positions_first(&group->columns, hash_mix((uint64_t)(uintptr_t)column)) != NO_POSITION; /* a bijection */
}

static BoundKey *find_key(const BoundGroup *group, const Expr *expr) {
  const Positions *found = &group->keys_found;
  for (uint32_t i = positions_first(found, expr_hash(expr)); i != NO_POSITION; i = positions_next(found, i))
    if (expr_equal(group->keys.items[i]->expr, expr)) return group->keys.items[i];
  return NULL;
}

/* The field of a payload that the expression reads; NULL: it is no such column. A key is made of columns of the source;
** what is bound later may hold columns of the group, too. */
static const BoundInputColumn *field_of(const BoundGroup *group, const Expr *expr) {
  if (expr->kind != EXPR_COLUMN || is_group_column(group, expr->column)) return NULL;
  const LeafColumn *col = (const LeafColumn *)expr->column;
  const BoundInput *input = col->leaf->provider.input;
  if (col->analytic || col->time || input == NULL) return NULL;
  return input->columns.items[col->at]->kind == INPUT_FIELD ? input->columns.items[col->at] : NULL;
}

static uint64_t folded_hash(const BoundGroup *group, const Expr *expr) {
  const BoundInputColumn *field = field_of(group, expr);
  if (expr->args_len == 0 && !field) return expr_hash(expr);
  uint64_t hash = hash_combine(expr->kind, field ? field->depth : expr->args_len);
  if (expr->kind == EXPR_CALL) hash = hash_combine(hash, (uint64_t)(uintptr_t)expr->call->fn);
  for (uint32_t i = 0; field && i < field->name.len; i++)
    hash = hash_combine(hash, (uint64_t)tolower((unsigned char)field->name.ptr[i]));
  for (uint32_t i = 0; i < expr->args_len; i++) hash = hash_combine(hash, folded_hash(group, expr->args[i]));
  return hash;
}

static bool folded_equal(const BoundGroup *group, const Expr *a, const Expr *b) {
  const BoundInputColumn *x = field_of(group, a), *y = field_of(group, b);
  if (x && y) {
    bool same = ((const LeafColumn *)a->column)->leaf == ((const LeafColumn *)b->column)->leaf && x->depth == y->depth;
    for (uint32_t i = 0; same && i < x->depth; i++) same = str_eq_nocase(x->path[i], y->path[i]);
    return same;
  }
  if (a->args_len == 0 || a->kind != b->kind || a->args_len != b->args_len) return expr_equal(a, b);
  if (a->kind == EXPR_CALL && (a->call->fn != b->call->fn || a->call->target != b->call->target ||
                               (a->call->fn->flags & FN_VOLATILE)))
    return false;
  for (uint32_t i = 0; i < a->args_len; i++)
    if (!folded_equal(group, a->args[i], b->args[i])) return false;
  return true;
}

/* The key that a part of the select list is: `deviceId` in GROUP BY is `DeviceId` there, when no key is spelt so. */
static BoundKey *find_key_of_item(const BoundGroup *group, const Expr *expr) {
  BoundKey *key = find_key(group, expr);
  if (key) return key;
  const Positions *found = &group->keys_folded;
  for (uint32_t i = positions_first(found, folded_hash(group, expr)); i != NO_POSITION; i = positions_next(found, i))
    if (folded_equal(group, group->keys.items[i]->expr, expr)) return group->keys.items[i];
  return NULL;
}

static void add_key(Binder *b, Scope *scope, BoundGroup *group, const AstSelect *ast, const AstExpr *key_ast) {
  const AstExpr *target = alias_target(ast, key_ast);
  Expr *expr = bind_expr(b, scope, target ? target : key_ast);
  if (expr->kind == EXPR_ERROR) {
    group->failed = true;
    return;
  }
  if (find_key(group, expr)) return;
  BoundKey *key = ARENA_NEW(b->arena, BoundKey);
  StrBuf text = {0};
  expr_print(expr, &text);
  *key =
      (BoundKey){.column = {.slot = UINT32_MAX, .types = expr->types, .name = arena_str(b->arena, strbuf_str(&text))},
                 .expr = expr};
  strbuf_release(&text);
  arena_push(b->arena, &group->keys, key);
  positions_add(&group->keys_found, b->arena, expr_hash(expr));
  positions_add(&group->keys_folded, b->arena, folded_hash(group, expr));
  positions_add(&group->columns, b->arena, hash_mix((uint64_t)(uintptr_t)&key->column));
}

/* The keys of OVER (PARTITION BY ...); a bare name may be an alias, as in GROUP BY. */
static void add_session_keys(Binder *b, GroupScope *in, const AstExpr *ast, BoundExprs *out) {
  const AstOver *over = ast->kind == AST_CALL ? ast->call.over : NULL;
  for (uint32_t i = 0; over && i < over->partition_by.len; i++) {
    const AstExpr *key = over->partition_by.items[i], *target = alias_target(in->ast, key);
    Expr *expr = bind_expr(b, in->scope, target ? target : key);
    if (expr->kind != EXPR_ERROR) arena_push(b->arena, out, expr);
  }
}

static bool add_window(Binder *b, GroupScope *in, BoundGroup *group, const AstExpr *ast, Str id) {
  WindowSpec spec;
  if (!bind_window(b, ast, &spec)) return false;
  spec.id = id;
  for (uint32_t i = 0; i < group->windows_len; i++) {
    if (!id.len || !str_eq_nocase(group->windows[i].id, id)) continue;
    Diag *diag = diag_add(b->diags, DIAG_bad_window, ast->span, "two windows are called '" STR_FMT "'", STR_ARG(id));
    diag_label(b->diags, diag, group->windows[i].span, "the first one");
    diag_hint(b->diags, diag, "give one of them another id; case does not count");
    return false;
  }
  add_session_keys(b, in, ast, &group->session_keys[group->windows_len]);
  group->windows[group->windows_len++] = spec;
  return true;
}

static void make_windows(Binder *b, BoundGroup *group, uint32_t len) {
  group->windows = ARENA_ARRAY(b->arena, WindowSpec, len + 1);
  group->session_keys = ARENA_ARRAY(b->arena, BoundExprs, len + 1);
}

/* An element of Windows(...): Window('id', w) or w. */
static bool add_listed(Binder *b, GroupScope *in, BoundGroup *group, const AstExpr *ast) {
  bool named = ast->kind == AST_CALL && ast->call.name.len == 1 &&
               str_eq_nocase(ast->call.name.items[0].text, STR("Window"));
  Str id = {"", 0};
  if (named) {
    if (ast->call.args.len != 2 || ast->call.args.items[0]->kind != AST_TEXT) {
      diag_add(b->diags, DIAG_bad_window, ast->span, "write Window('id', TumblingWindow(...))");
      return false;
    }
    id = ast->call.args.items[0]->text;
    ast = ast->call.args.items[1];
  }
  if (is_window_call(ast) || is_system_timestamp(ast)) return add_window(b, in, group, ast, id);
  Diag *diag = diag_add(b->diags, DIAG_bad_window, ast->span, "a window function belongs here");
  diag_hint(b->diags, diag, "for example `TumblingWindow(minute, 5)`, or with an id "
            "`Window('id', TumblingWindow(minute, 5))`");
  return false;
}

static bool bind_windows_list(Binder *b, GroupScope *in, BoundGroup *group, const AstExpr *ast) {
  uint32_t len = ast->call.args.len;
  if (len == 0) {
    Diag *diag = diag_add(b->diags, DIAG_bad_window, ast->span, "`Windows` holds no window");
    diag_hint(b->diags, diag, "write `Windows(TumblingWindow(minute, 5), TumblingWindow(minute, 10))`");
  }
  make_windows(b, group, len);
  bool ok = true;
  unsigned named = 0;
  for (uint32_t i = 0; i < len; i++) ok &= add_listed(b, in, group, ast->call.args.items[i]);
  for (uint32_t i = 0; i < group->windows_len; i++) named += group->windows[i].id.len > 0;
  if (ok && named != 0 && named != group->windows_len) {
    Diag *diag =
        diag_add(b->diags, DIAG_bad_window, ast->span, "either all windows of Windows(...) have an id or none has");
    diag_hint(b->diags, diag, "a window with an id is `Window('id', TumblingWindow(minute, 5))`; `System.Window().Id` "
              "gives the id");
    ok = false;
  }
  return ok && len > 0;
}

static const AstExpr *find_window(Binder *b, const AstSelect *ast, bool *ok) {
  const AstExpr *window = NULL;
  for (uint32_t i = 0; i < ast->group_by.len; i++) {
    const AstExpr *item = ast->group_by.items[i];
    if (!is_window_call(item) && !is_windows_list(item)) continue;
    if (window) {
      Diag *diag =
          diag_add(b->diags, DIAG_multiple_windows, item->span, "a GROUP BY has one window, and this is another");
      diag_label(b->diags, diag, window->span, "the first one");
      diag_hint(b->diags, diag, "write Windows(first, second) to get the rows of both");
      *ok = false;
    } else {
      window = item;
    }
  }
  for (uint32_t i = 0; !window && i < ast->group_by.len; i++)
    if (is_system_timestamp(ast->group_by.items[i])) window = ast->group_by.items[i];
  return window;
}

/* A window with a misspelt or foreign name is one mistake, not two. */
static void missing_window(Binder *b, const AstSelect *ast) {
  for (uint32_t i = 0; i < ast->group_by.len; i++)
    if (is_foreign_window(ast->group_by.items[i])) return; /* diagnosed as a key */
  Diag *diag = diag_add(b->diags, DIAG_missing_window, ast->group_by_span, "GROUP BY over a stream needs a window");
  Str keys = shown(b, ast->group_by_span, "GROUP BY ...");
  diag_hint(b->diags, diag, "a stream never ends, so say when the result of a group is ready: `" STR_FMT
            ", TumblingWindow(minute, 5)`", STR_ARG(keys));
  Span end = {ast->group_by_span.end, ast->group_by_span.end};
  diag_edit(b->diags, diag, end, ", TumblingWindow(minute, 5)");
}

BoundGroup *bind_group(Binder *b, Scope *scope, const AstSelect *ast) {
  BoundGroup *group = ARENA_NEW(b->arena, BoundGroup);
  GroupScope in = {scope, ast};
  bool ok = true;
  const AstExpr *window = find_window(b, ast, &ok);
  group->span = ast->group_by_span;
  group->window_id = (ExprColumn){.slot = UINT32_MAX, .name = STR("System.Window().Id"), .types = MASK(TYPE_TEXT)};
  if (window == NULL) {
    missing_window(b, ast);
    ok = false;
  } else if (is_windows_list(window)) {
    ok &= bind_windows_list(b, &in, group, window);
  } else {
    make_windows(b, group, 1);
    ok &= add_window(b, &in, group, window, (Str){"", 0});
  }
  for (uint32_t i = 0; i < ast->group_by.len; i++)
    if (ast->group_by.items[i] != window && !is_window_call(ast->group_by.items[i]))
      add_key(b, scope, group, ast, ast->group_by.items[i]);
  group->failed |= !ok;
  return group;
}

/* ---- the select list of a grouped SELECT ------------------------------------------------------ */

static bool groups_by_position(const BoundGroup *group) {
  for (uint32_t i = 0; i < group->keys.len; i++)
    if (group->keys.items[i]->expr->kind == EXPR_CONST) return true;
  return false;
}

static void not_grouped(Binder *b, const BoundGroup *group, const Expr *expr) {
  Str name = shown(b, expr->span, "it");
  Diag *diag = diag_add(b->diags, DIAG_not_grouped, expr->span,
                        "`" STR_FMT "` is neither a grouping key nor inside an aggregate", STR_ARG(expr->column->name));
  diag_label(b->diags, diag, group->span, "grouped here");
  if (groups_by_position(group))
    diag_hint(b->diags, diag, "GROUP BY takes names, not positions: write `" STR_FMT "` there", STR_ARG(name));
  else
    diag_hint(b->diags, diag, "add `" STR_FMT "` to GROUP BY, or take one value of the group, for example `MAX(" STR_FMT
              ")`", STR_ARG(name), STR_ARG(name));
}

/* True when the expression was made before the group's columns: it holds none of them. */
static Expr *replace_keys(Binder *b, const Scope *scope, Expr *expr) {
  BoundGroup *group = scope->group;
  if (expr->kind == EXPR_ERROR) return expr;
  BoundKey *key = find_key_of_item(group, expr);
  if (key) return expr_column(b->arena, expr->span, &key->column);
  if (expr->kind == EXPR_COLUMN && !is_group_column(group, expr->column)) {
    if (!group->failed) not_grouped(b, group, expr);
    return expr_error(b, expr->span);
  }
  Expr *copy = ARENA_NEW(b->arena, Expr);
  *copy = *expr;
  copy->args = ARENA_ARRAY(b->arena, Expr *, expr->args_len ? expr->args_len : 1);
  for (uint32_t i = 0; i < expr->args_len; i++) {
    copy->args[i] = replace_keys(b, scope, expr->args[i]);
    if (copy->args[i]->kind == EXPR_ERROR) return copy->args[i];
  }
  return copy;
}

Expr *bind_grouped(Binder *b, Scope *scope, Expr *expr) { return replace_keys(b, scope, expr); }

const AstExpr *group_alias_target(const AstSelect *ast, const AstExpr *name) { return alias_target(ast, name); }
