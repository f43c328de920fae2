/* names.c: what a name in an expression means: alias.column, column, column.field.field. */
#include "bind/binder.h"
#include "functions/operators.h"

enum { SUGGESTIONS_MAX = 200 };

Leaf *scope_leaf(const Scope *scope, Str alias) {
  for (uint32_t i = 0; i < scope->leaves_len; i++)
    if (str_eq_nocase(scope->leaves[i]->alias, alias)) return scope->leaves[i];
  return NULL;
}

static Expr *with_fields(Binder *b, Expr *value, const AstName *names, uint32_t from, uint32_t len) {
  for (uint32_t i = from; i < len && value->kind != EXPR_ERROR; i++) {
    Value name = value_text(names[i].text);
    Expr *args[] = {value, expr_const(b->arena, names[i].span, &name)};
    value = bind_operator(b, names[i].span, OP_FIELD, args, 2);
  }
  return value;
}

static void suggest_column(Binder *b, Diag *diag, const Scope *scope, Str wanted) {
  Str names[SUGGESTIONS_MAX] = {0};
  unsigned count = 0;
  for (uint32_t i = 0; i < scope->leaves_len; i++)
    count += provider_names(scope->leaves[i]->provider, names + count, SUGGESTIONS_MAX - count);
  Str nearest = diag_nearest(wanted, names, count);
  if (nearest.len) {
    diag_hint(b->diags, diag, "did you mean `" STR_FMT "`?", STR_ARG(nearest));
  } else if (count > 0) {
    StrBuf list = {0};
    for (unsigned i = 0; i < count && i < 8; i++)
      strbuf_printf(&list, "%s`" STR_FMT "`", i ? ", " : "", STR_ARG(names[i]));
    diag_hint(b->diags, diag, "the columns are %s%s", list.ptr, count > 8 ? ", ..." : "");
    strbuf_release(&list);
  }
}

static const AstItem *select_alias(const AstSelect *ast, Str name) {
  if (ast == NULL) return NULL;
  for (uint32_t i = 0; i < ast->items.len; i++)
    if (ast->items.items[i]->alias && str_eq_nocase(ast->items.items[i]->alias->text, name)) return ast->items.items[i];
  return NULL;
}

static Expr *unknown_column(Binder *b, const Scope *scope, const AstName *name, const Leaf *leaf) {
  const AstItem *item = scope->clause == CLAUSE_WHERE ? select_alias(scope->ast, name->text) : NULL;
  if (item) {
    Diag *diag = diag_add(b->diags, DIAG_alias_in_where, name->span,
                          "`" STR_FMT "` is an alias of the SELECT list, and WHERE is evaluated before it",
                          STR_ARG(name->text));
    diag_label(b->diags, diag, item->span, "defined here");
    diag_hint(b->diags, diag, "repeat the expression in WHERE, or define it in a WITH step and filter in the next");
    return expr_error(b, name->span);
  }
  Diag *diag = leaf ? diag_add(b->diags, DIAG_unknown_column, name->span, "`" STR_FMT "` has no column `" STR_FMT "`",
                               STR_ARG(leaf->alias), STR_ARG(name->text))
                    : diag_add(b->diags, DIAG_unknown_column, name->span, "there is no column `" STR_FMT "` here",
                               STR_ARG(name->text));
  suggest_column(b, diag, scope, name->text);
  return expr_error(b, name->span);
}

/* PartitionId and its like resolve when the payload has no such field. */
static bool meta_kind(const BoundInput *input, Str name, InputColumnKind *kind) {
  static const struct { const char *name; InputColumnKind kind; } names[] = {
    {"PartitionId", INPUT_PARTITION},
    {"EventEnqueuedUtcTime", INPUT_ARRIVAL},
    {"EventProcessedUtcTime", INPUT_PROCESSED},
    {"BlobName", INPUT_BLOB},
  };
  for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (!str_eq_nocase(str_from(names[i].name), name)) continue;
    *kind = names[i].kind;
    return !provider_knows((Provider){.input = (BoundInput *)input}, name);
  }
  return false;
}

static Expr *leaf_expr(Binder *b, Scope *scope, Leaf *leaf, const AstName *names, uint32_t len, Span span) {
  uint32_t used;
  int64_t at = provider_column(b, leaf->provider, names, len, &used);
  if (at < 0) return unknown_column(b, scope, &names[0], leaf);
  Expr *value = leaf_column_expr(b, scope, leaf, (uint32_t)at, span);
  value = with_fields(b, value, names, used, len);
  InputColumnKind kind;
  if (len != 1 || !leaf->provider.input || leaf->provider.input->reference ||
      !meta_kind(leaf->provider.input, names[0].text, &kind))
    return value;
  int64_t meta = input_meta_column(b, leaf->provider.input, kind);
  Expr *both[] = {value, leaf_column_expr(b, scope, leaf, (uint32_t)meta, span)};
  return expr_simple(b->arena, EXPR_COALESCE, span, both, 2);
}

/* An unqualified name with several sources: the one that is known to have it. */
static Expr *among_leaves(Binder *b, Scope *scope, const AstName *names, uint32_t len, Span span) {
  Leaf *hit = NULL, *open = NULL;
  unsigned hits = 0, opens = 0;
  for (uint32_t i = 0; i < scope->leaves_len; i++) {
    Leaf *leaf = scope->leaves[i];
    if (provider_knows(leaf->provider, names[0].text)) hit = leaf, hits++;
    else if (!provider_has_schema(leaf->provider)) open = leaf, opens++;
  }
  if (hits == 1) return leaf_expr(b, scope, hit, names, len, span);
  if (hits == 0 && opens == 1) return leaf_expr(b, scope, open, names, len, span);
  if (hits == 0 && opens == 0) return unknown_column(b, scope, &names[0], NULL);
  Diag *diag = diag_add(b->diags, DIAG_ambiguous_column, names[0].span,
                        "`" STR_FMT "` could come from more than one source of this FROM", STR_ARG(names[0].text));
  diag_hint(b->diags, diag, "say which: `" STR_FMT "." STR_FMT "`", STR_ARG(scope->leaves[0]->alias),
            STR_ARG(names[0].text));
  return expr_error(b, span);
}

Expr *bind_names(Binder *b, Scope *scope, const AstName *names, uint32_t len, Span span) {
  if (scope->match) return bind_match_names(b, scope, names, len, span);
  Leaf *leaf = scope_leaf(scope, names[0].text);
  if (leaf && len > 1) return leaf_expr(b, scope, leaf, names + 1, len - 1, span);
  if (scope->leaves_len == 1) return leaf_expr(b, scope, scope->leaves[0], names, len, span);
  return among_leaves(b, scope, names, len, span);
}

Expr *bind_path(Binder *b, Scope *scope, const AstExpr *ast) {
  if (scope->clause == CLAUSE_HAVING && scope->ast) {
    const AstExpr *target = group_alias_target(scope->ast, ast);
    if (target) return bind_expr(b, scope, target);
  }
  return bind_names(b, scope, ast->path.items, ast->path.len, ast->span);
}

static bool known_anywhere(const Scope *scope, Str name) {
  for (uint32_t i = 0; i < scope->leaves_len; i++)
    if (provider_knows(scope->leaves[i]->provider, name)) return true;
  return false;
}

/* semantics.md section 1: a double-quoted token is text only as a bare right operand where no column of that
** name is known. */
Expr *bind_quoted(Binder *b, Scope *scope, const AstExpr *ast, bool operand) {
  if (operand && !known_anywhere(scope, ast->text)) {
    Diag *diag = diag_add(b->diags, DIAG_double_quoted_text, ast->span,
                          "\"" STR_FMT "\" is read as text, because no column of that name is known",
                          STR_ARG(ast->text));
    diag_hint(b->diags, diag, "write '" STR_FMT "' for text, [" STR_FMT "] for a column", STR_ARG(ast->text),
              STR_ARG(ast->text));
    Value text = value_text(ast->text);
    return expr_const(b->arena, ast->span, &text);
  }
  AstName name = {.text = ast->text, .span = ast->span, .quote = AST_DOUBLE_QUOTED};
  return bind_names(b, scope, &name, 1, ast->span);
}
