/* apply.c: CROSS APPLY and OUTER APPLY: a call that turns one row into several becomes a leaf of the FROM with two
** columns, which stand behind those of everything to its left. */
#include "bind/binder.h"

typedef struct ApplyFn {
  const char *name;
  ApplyKind   kind;
  TypeMask    wants;
  const char *signature;
  const char *columns[2];
  TypeMask    types[2];
} ApplyFn;

static const ApplyFn functions[] = {
  {"GetArrayElements", APPLY_ELEMENTS, MASK(TYPE_ARRAY), "GetArrayElements(array)",
   {"ArrayIndex", "ArrayValue"}, {MASK(TYPE_BIGINT), MASK_ANY}},
  {"GetElements", APPLY_ELEMENTS, MASK(TYPE_ARRAY), "GetElements(array)",
   {"ArrayIndex", "ArrayValue"}, {MASK(TYPE_BIGINT), MASK_ANY}},
  {"GetRecordProperties", APPLY_PROPERTIES, MASK(TYPE_RECORD), "GetRecordProperties(record)",
   {"PropertyName", "PropertyValue"}, {MASK(TYPE_TEXT), MASK_ANY}},
};
enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

static const ApplyFn *find_function(const AstCall *call) {
  for (unsigned i = 0; i < FUNCTIONS; i++)
    if (call->name.len == 1 && str_eq_nocase(call->name.items[0].text, str_from(functions[i].name)))
      return &functions[i];
  return NULL;
}

bool is_apply_call(const AstCall *call) { return find_function(call) != NULL; }

static const ApplyFn *need_function(Binder *b, const AstExpr *ast) {
  const ApplyFn *fn = find_function(&ast->call);
  if (fn == NULL) {
    Str names[FUNCTIONS], name = ast->call.name.items[ast->call.name.len - 1].text;
    for (unsigned i = 0; i < FUNCTIONS; i++) names[i] = str_from(functions[i].name);
    Str nearest = diag_nearest(name, names, FUNCTIONS);
    Diag *diag = diag_add(b->diags, DIAG_apply_misuse, ast->span, "`" STR_FMT "` does not turn one row into several",
                          STR_ARG(name));
    if (nearest.len) diag_hint(b->diags, diag, "did you mean `" STR_FMT "`?", STR_ARG(nearest));
    else diag_hint(b->diags, diag, "APPLY takes GetArrayElements(array) or GetRecordProperties(record)");
    return NULL;
  }
  if (ast->call.args.len == 1 && ast->call.over == NULL) return fn;
  Diag *diag = diag_add(b->diags, DIAG_apply_misuse, ast->span, "`%s` takes one argument%s", fn->name,
                        ast->call.over ? " and no OVER" : "");
  diag_hint(b->diags, diag, "the signature is `%s`", fn->signature);
  return NULL;
}

static Expr *bind_argument(Binder *b, BoundSelect *select, const AstRelation *ast, const AstSelect *select_ast,
                           const ApplyFn *fn) {
  Scope scope = {.select = select, .ast = select_ast, .leaves = select->leaves.items, .leaves_len = select->leaves.len,
                 .clause = CLAUSE_ON};
  Expr *arg = bind_expr(b, &scope, ast->apply.call->call.args.items[0]);
  if (arg->kind == EXPR_ERROR) return NULL;
  if (arg->types == 0 || (arg->types & fn->wants)) return arg;
  StrBuf want = {0}, have = {0};
  type_mask_print(fn->wants, &want);
  type_mask_print(arg->types, &have);
  Diag *diag = diag_add(b->diags, DIAG_wrong_argument_type, arg->span, "`%s` wants %s, and this is %s", fn->name,
                        want.ptr, have.ptr);
  diag_hint(b->diags, diag, "the signature is `%s`", fn->signature);
  strbuf_release(&want);
  strbuf_release(&have);
  return NULL;
}

static bool reads_reference_only(const BoundSelect *select) {
  for (uint32_t i = 0; i < select->leaves.len; i++)
    if (!provider_is_reference(select->leaves.items[i]->provider)) return false;
  return true;
}

bool bind_apply(Binder *b, BoundSelect *select, const AstRelation *ast, const AstSelect *select_ast) {
  if (!bind_from(b, select, ast->apply.left, select_ast) || ast->apply.call->kind != AST_CALL) return false;
  const ApplyFn *fn = need_function(b, ast->apply.call);
  Expr *arg = fn ? bind_argument(b, select, ast, select_ast, fn) : NULL;
  if (arg == NULL) return false;
  BoundRelation *relation = ARENA_NEW(b->arena, BoundRelation);
  *relation = (BoundRelation){.kind = RELATION_APPLY, .span = ast->apply.call->span, .cols_len = 2,
                              .reference = reads_reference_only(select)};
  relation->apply = (BoundApply){.kind = fn->kind, .outer = ast->apply.outer, .name = fn->name, .arg = arg};
  relation->cols = ARENA_ARRAY(b->arena, RelationColumn, 2);
  for (unsigned i = 0; i < 2; i++) relation->cols[i] = (RelationColumn){str_from(fn->columns[i]), fn->types[i]};
  return add_relation_leaf(b, select, ast, relation) != NULL;
}
