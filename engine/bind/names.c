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

static void suggest_column(Binder *b, Diag *diag, const Scope *scope, const AstName *wanted, const Leaf *leaf) {
  Str names[SUGGESTIONS_MAX] = {0};
  unsigned count = leaf ? provider_names(leaf->provider, names, SUGGESTIONS_MAX) : 0;
  for (uint32_t i = 0; !leaf && i < scope->leaves_len; i++)
    count += provider_names(scope->leaves[i]->provider, names + count, SUGGESTIONS_MAX - count);
  Str nearest = diag_nearest(wanted->text, names, count);
  if (nearest.len) {
    diag_suggest(b->diags, diag, wanted->span, nearest);
  } else if (count > 0) {
    StrBuf list = {0};
    for (unsigned i = 0; i < count && i < 8; i++)
      strbuf_printf(&list, "%s`" STR_FMT "`", i ? ", " : "", STR_ARG(names[i]));
    diag_hint(b->diags, diag, "the column%s %s%s", count == 1 ? " is" : "s are", list.ptr, count > 8 ? ", ..." : "");
    strbuf_release(&list);
  }
}

/* ---- names that look like something else ------------------------------------------------------ */

static const AstItem *select_alias(Binder *b, const Scope *scope, Str name) {
  if (scope->select == NULL || scope->select->ast == NULL) return NULL;
  const AstItems *all = &scope->select->ast->items;
  Positions *aliases = &scope->select->aliases;
  while (aliases->len < all->len) {
    const AstName *alias = all->items[aliases->len]->alias;
    positions_add(aliases, b->arena, alias ? name_hash(alias->text) : 0);
  }
  for (uint32_t i = positions_first(aliases, name_hash(name)); i != NO_POSITION; i = positions_next(aliases, i))
    if (all->items[i]->alias && str_eq_nocase(all->items[i]->alias->text, name)) return all->items[i];
  return NULL;
}

static bool is_constant(const AstExpr *ast) {
  return ast->kind == AST_NULL || ast->kind == AST_INTEGER || ast->kind == AST_FLOAT || ast->kind == AST_TEXT;
}

static void alias_in_where(Binder *b, const Scope *scope, const AstName *name, const AstItem *item) {
  Diag *diag = diag_add(b->diags, DIAG_alias_in_where, name->span,
                        "`" STR_FMT "` is an alias of the SELECT list, and WHERE is applied before it",
                        STR_ARG(name->text));
  diag_label(b->diags, diag, item->span, "defined here");
  diag_hint(b->diags, diag,
            "repeat the expression in WHERE, or compute it in a WITH step and filter in the next; a column of that "
            "name is `" STR_FMT "." STR_FMT "`",
            STR_ARG(scope->leaves[0]->alias), STR_ARG(name->text));
}

static void warn_of_alias(Binder *b, const AstName *name, const AstItem *item) {
  Diag *diag = diag_add(b->diags, DIAG_alias_as_column, name->span,
                        "`" STR_FMT "` is read as a column of the input, not as the alias", STR_ARG(name->text));
  diag_label(b->diags, diag, item->span, "the alias");
  diag_hint(b->diags, diag, "repeat the expression, or compute it in a WITH step and use it in the next");
}

/* A bare name that no source is known to have, and that is an alias of the SELECT list and read by none of its items:
** the alias is meant. True: diagnosed as an error. A constant may well relabel rows that were picked by that column. */
static bool means_alias(Binder *b, const Scope *scope, const AstName *name) {
  const AstSelect *ast = scope->select ? scope->select->ast : NULL;
  const AstItem *item = select_alias(b, scope, name->text);
  if (item == NULL || item->expr->kind == AST_STAR || is_constant(item->expr)) return false;
  if (scope->clause == CLAUSE_WHERE && select_reads(ast, name->text) == 0) {
    alias_in_where(b, scope, name, item);
    return true;
  }
  bool computed = item->expr->kind != AST_PATH && item->expr->kind != AST_QUOTED && !expr_reads(item->expr, name->text);
  if (is_system_timestamp(item->expr)) return false; /* TIMESTAMP BY time, and the same under its old name */
  bool visible = scope->clause != CLAUSE_SELECT && scope->clause != CLAUSE_TIMESTAMP_BY;
  if (computed && !visible) warn_of_alias(b, name, item);
  return false;
}

/* "-" or ", ": no producer names a field so. */
static bool is_no_word(Str text) {
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.ptr[i];
    if (c >= 0x80 || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z')) return false;
  }
  return true;
}

static void warn_of_quotes(Binder *b, const AstName *name) {
  Diag *diag = diag_add(b->diags, DIAG_double_quoted_name, name->span,
                        "\"" STR_FMT "\" is read as the name of a column", STR_ARG(name->text));
  diag_hint(b->diags, diag, "texts stand in single quotes: '" STR_FMT "'", STR_ARG(name->text));
  diag_edit(b->diags, diag, name->span, "'" STR_FMT "'", STR_ARG(name->text));
}

/* The input's own name, when FROM gives it an alias. */
static void check_hidden_source(Binder *b, const Scope *scope, const AstName *names, uint32_t len) {
  for (uint32_t i = 0; len > 1 && i < scope->leaves_len; i++) {
    const Leaf *leaf = scope->leaves[i];
    if (leaf->ast == NULL || leaf->ast->kind != AST_TABLE || leaf->ast->alias == NULL) continue;
    const AstNames *table = &leaf->ast->table.name;
    if (!str_eq_nocase(table->items[table->len - 1].text, names[0].text)) continue;
    Diag *diag = diag_add(b->diags, DIAG_hidden_source, names[0].span,
                          "`" STR_FMT "` is read as a column, because FROM gives the source another name",
                          STR_ARG(names[0].text));
    diag_label(b->diags, diag, leaf->span, "here it is called `" STR_FMT "`", STR_ARG(leaf->alias));
    diag_hint(b->diags, diag, "write `" STR_FMT "." STR_FMT "`", STR_ARG(leaf->alias), STR_ARG(names[1].text));
    diag_edit(b->diags, diag, names[0].span, STR_FMT, STR_ARG(leaf->alias));
    return;
  }
}

/* A name that the source may have or not, because nothing says what columns it has. */
static bool check_open_name(Binder *b, const Scope *scope, const Leaf *leaf, const AstName *names, uint32_t len,
                            bool qualified) {
  if (!qualified && means_alias(b, scope, &names[0])) return false;
  if (!qualified) check_hidden_source(b, scope, names, len);
  if (len == 1 && !qualified) check_foreign_word(b, &names[0]);
  if (len == 1 && names[0].quote == AST_DOUBLE_QUOTED && is_no_word(names[0].text)) warn_of_quotes(b, &names[0]);
  note_open_name(b, leaf->provider, &names[0]);
  return true;
}

/* ---- columns ---------------------------------------------------------------------------------- */

/* A missing alias is one mistake however often it is used. */
static bool is_stranger(const Binder *b, const Scope *scope, Str name) {
  for (uint32_t i = 0; i < b->strangers.len; i++)
    if (b->strangers.items[i].select == scope->select && str_eq_nocase(b->strangers.items[i].name, name)) return true;
  return false;
}

/* What is not kept any more would not be shown either. */
static void note_stranger(Binder *b, const Scope *scope, Str name) {
  if (b->strangers.len < DIAG_LIMIT) arena_push(b->arena, &b->strangers, (Stranger){scope->select, name});
}

/* "`a`, `b`": the sources by the names they have here. */
static Str source_names(Binder *b, const Scope *scope) {
  StrBuf list = {0};
  for (uint32_t i = 0; i < scope->leaves_len; i++)
    if (scope->leaves[i]->alias.len)
      strbuf_printf(&list, "%s`" STR_FMT "`", list.len ? ", " : "", STR_ARG(scope->leaves[i]->alias));
  Str names = list.len ? arena_str(b->arena, strbuf_str(&list)) : STR("nameless");
  strbuf_release(&list);
  return names;
}

/* `x.column` where no source is called x and none can have a column x. */
static Expr *unknown_source(Binder *b, const Scope *scope, const AstName *name) {
  note_stranger(b, scope, name->text);
  Diag *diag = diag_add(b->diags, DIAG_unknown_column, name->span, "no source of this FROM is called `" STR_FMT "`",
                        STR_ARG(name->text));
  Str names[SUGGESTIONS_MAX] = {0};
  unsigned count = 0;
  for (uint32_t i = 0; i < scope->leaves_len && count < SUGGESTIONS_MAX; i++) names[count++] = scope->leaves[i]->alias;
  Str nearest = diag_nearest(name->text, names, count);
  if (nearest.len) diag_suggest(b->diags, diag, name->span, nearest);
  else diag_hint(b->diags, diag, "the source%s " STR_FMT, count == 1 ? " is" : "s are",
                 STR_ARG(source_names(b, scope)));
  return expr_error(b, name->span);
}

static Expr *unknown_column(Binder *b, const Scope *scope, const AstName *name, const Leaf *leaf, bool qualified) {
  const AstItem *item = qualified ? NULL : select_alias(b, scope, name->text);
  if (item && scope->clause == CLAUSE_WHERE) {
    alias_in_where(b, scope, name, item);
    return expr_error(b, name->span);
  }
  Diag *diag = leaf && leaf->alias.len
                   ? diag_add(b->diags, DIAG_unknown_column, name->span, "`" STR_FMT "` has no column `" STR_FMT "`",
                              STR_ARG(leaf->alias), STR_ARG(name->text))
                   : diag_add(b->diags, DIAG_unknown_column, name->span, "there is no column `" STR_FMT "` here",
                              STR_ARG(name->text));
  if (item) {
    diag_label(b->diags, diag, item->span, "an alias is not visible in the list that defines it");
    diag_hint(b->diags, diag, "repeat the expression, or compute it in a WITH step and use it in the next");
  } else {
    suggest_column(b, diag, scope, name, leaf);
  }
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

/* `qualified`: the alias of the leaf stood in front. */
static Expr *leaf_expr(Binder *b, Scope *scope, Leaf *leaf, const AstName *names, uint32_t len, Span span,
                       bool qualified) {
  uint32_t used;
  bool open = !provider_knows(leaf->provider, names[0].text) && !provider_has_schema(leaf->provider);
  if (open && !check_open_name(b, scope, leaf, names, len, qualified)) return expr_error(b, span);
  int64_t at = provider_column(b, leaf->provider, names, len, &used);
  if (at < 0 && len > 1 && !qualified) return unknown_source(b, scope, &names[0]);
  if (at < 0) return unknown_column(b, scope, &names[0], leaf, qualified);
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

static Expr *ambiguous(Binder *b, const Scope *scope, const AstName *names, uint32_t len, Span span) {
  Str first = names[0].text, alias = scope->leaves[0]->alias, list = source_names(b, scope);
  if (len > 1) {
    note_stranger(b, scope, first);
    Diag *diag = diag_add(b->diags, DIAG_ambiguous_column, names[0].span, "no source of this FROM is called `" STR_FMT
                          "`, and as a column it could come from any of them", STR_ARG(first));
    diag_hint(b->diags, diag, "the sources are " STR_FMT "; a record is read as `" STR_FMT "." STR_FMT "." STR_FMT "`",
              STR_ARG(list), STR_ARG(alias), STR_ARG(first), STR_ARG(names[1].text));
  } else {
    Diag *diag = diag_add(b->diags, DIAG_ambiguous_column, names[0].span,
                          "`" STR_FMT "` could come from more than one source of this FROM", STR_ARG(first));
    diag_hint(b->diags, diag, "say which: `" STR_FMT "." STR_FMT "`; the sources are " STR_FMT, STR_ARG(alias),
              STR_ARG(first), STR_ARG(list));
  }
  return expr_error(b, span);
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
  if (hits == 1) return leaf_expr(b, scope, hit, names, len, span, false);
  if (hits == 0 && opens == 1) return leaf_expr(b, scope, open, names, len, span, false);
  if (hits == 0 && opens == 0 && len > 1) return unknown_source(b, scope, &names[0]);
  if (hits == 0 && opens == 0) return unknown_column(b, scope, &names[0], NULL, false);
  return ambiguous(b, scope, names, len, span);
}

Expr *bind_names(Binder *b, Scope *scope, const AstName *names, uint32_t len, Span span) {
  if (scope->match) return bind_match_names(b, scope, names, len, span);
  Leaf *leaf = scope_leaf(scope, names[0].text);
  if (!leaf && is_stranger(b, scope, names[0].text)) return expr_error(b, span);
  if (leaf && len > 1) return leaf_expr(b, scope, leaf, names + 1, len - 1, span, true);
  if (scope->leaves_len == 1) return leaf_expr(b, scope, scope->leaves[0], names, len, span, false);
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
