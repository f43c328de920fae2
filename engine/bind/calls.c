/* calls.c: calls: scalar functions, aggregates, System.*, and the names that mean something else here. */
#include "base/hash.h"
#include "bind/binder.h"
#include "functions/operators.h"

static bool name_is(const AstCall *call, const char *name) {
  return call->name.len == 1 && str_eq_nocase(call->name.items[0].text, str_from(name));
}

static bool name_is2(const AstCall *call, const char *first, const char *second) {
  return call->name.len == 2 && str_eq_nocase(call->name.items[0].text, str_from(first)) &&
         str_eq_nocase(call->name.items[1].text, str_from(second));
}

Str call_name(Binder *b, const AstCall *call) {
  Str name = call->name.items[0].text;
  for (uint32_t i = 1; i < call->name.len; i++)
    name = arena_printf(b->arena, STR_FMT "." STR_FMT, STR_ARG(name), STR_ARG(call->name.items[i].text));
  return name;
}

bool is_system_timestamp(const AstExpr *expr) {
  if (expr->kind == AST_CALL) return name_is2(&expr->call, "System", "Timestamp");
  return expr->kind == AST_PATH && expr->path.len == 2 && str_eq_nocase(expr->path.items[0].text, STR("System")) &&
         str_eq_nocase(expr->path.items[1].text, STR("Timestamp"));
}

/* ---- messages --------------------------------------------------------------------------------- */

/* "takes 2 arguments", "takes 1 to 3 arguments", "takes at least 2 arguments" */
static void print_counts(unsigned min, unsigned max, StrBuf *out) {
  if (max == 0) strbuf_puts(out, "takes no argument");
  else if (min == max) strbuf_printf(out, "takes %u argument%s", min, min == 1 ? "" : "s");
  else if (max >= FN_ARGS_ANY) strbuf_printf(out, "takes at least %u argument%s", min, min == 1 ? "" : "s");
  else strbuf_printf(out, "takes %u to %u arguments", min, max);
}

void wrong_argument_count(Binder *b, const AstExpr *ast, const char *name, const char *signature, unsigned min,
                          unsigned max) {
  unsigned got = ast->call.args.len;
  StrBuf takes = {0};
  print_counts(min, max, &takes);
  Diag *diag = got ? diag_add(b->diags, DIAG_wrong_argument_count, ast->span, "`%s` %s, and here %s %u", name,
                              takes.ptr, got == 1 ? "is" : "are", got)
                   : diag_add(b->diags, DIAG_wrong_argument_count, ast->span, "`%s` %s, and here is none", name,
                              takes.ptr);
  if (signature && signature[0]) diag_hint(b->diags, diag, "the signature is `%s`", signature);
  strbuf_release(&takes);
}

/* ---- scalar functions ------------------------------------------------------------------------- */

/* Date functions take a unit, a bare word, as their first argument. */
static bool takes_unit(const AstCall *call) {
  static const char *const names[] = {"DATEADD", "DATEDIFF", "DATEPART", "DATENAME"};
  for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
    if (name_is(call, names[i])) return true;
  return false;
}

/* A date part among the other arguments; NULL: none. */
static const AstExpr *later_unit(const AstCall *call) {
  TimeUnit unit;
  for (uint32_t i = 1; i < call->args.len; i++) {
    const AstExpr *arg = call->args.items[i];
    if (arg->kind == AST_PATH && arg->path.len == 1 && time_unit_from_name(last_name(arg), &unit)) return arg;
  }
  return NULL;
}

static Expr *bind_unit(Binder *b, const AstCall *call) {
  const AstExpr *ast = call->args.items[0], *swapped = later_unit(call);
  Str word = ast->kind == AST_PATH && ast->path.len == 1 ? ast->path.items[0].text
             : ast->kind == AST_TEXT || ast->kind == AST_QUOTED ? ast->text : (Str){"", 0};
  TimeUnit unit;
  if (word.len && time_unit_from_name(word, &unit)) {
    Value value = value_text(str_from(time_unit_name(unit)));
    return expr_const(b->arena, ast->span, &value);
  }
  Diag *diag =
      word.len ? diag_add(b->diags, DIAG_unknown_unit, ast->span, "there is no date part `" STR_FMT "`", STR_ARG(word))
               : diag_add(b->diags, DIAG_unknown_unit, ast->span, "a date part such as `minute` belongs here");
  if (swapped) diag_hint(b->diags, diag, "the date part comes first: `" STR_FMT "(" STR_FMT ", ...)`",
                         STR_ARG(call_name(b, call)), STR_ARG(last_name(swapped)));
  else if (!suggest_unit(b, diag, ast->span, word))
    diag_hint(b->diags, diag, "date parts are year, quarter, month, week, weekday, dayofyear, day, hour, minute, "
              "second, millisecond and microsecond");
  return expr_error(b, ast->span);
}

static Expr **bind_args(Binder *b, Scope *scope, const AstCall *call) {
  Expr **args = ARENA_ARRAY(b->arena, Expr *, call->args.len + 1);
  for (uint32_t i = 0; i < call->args.len; i++) {
    bool unit = i == 0 && takes_unit(call), instant = i > 0 && scope->clause == CLAUSE_ON && name_is(call, "DATEDIFF");
    args[i] = unit ? bind_unit(b, call) : instant ? bind_join_time(b, scope, call->args.items[i]) : NULL;
    if (args[i] == NULL) args[i] = bind_expr(b, scope, call->args.items[i]);
  }
  return args;
}

/* Those that are no kernels (FN_BOUND). CASE and System.Timestamp are no calls of a name. */
static Expr *bind_special(Binder *b, Scope *scope, const AstExpr *ast) {
  const AstCall *call = &ast->call;
  if (name_is(call, "GetMetadataPropertyValue")) return bind_metadata(b, scope, ast);
  if (name_is(call, "COALESCE") || name_is(call, "ISNULL"))
    return expr_simple(b->arena, EXPR_COALESCE, ast->span, bind_args(b, scope, call), call->args.len);
  return unknown_function(b, ast);
}

static Expr *bind_scalar(Binder *b, Scope *scope, const AstExpr *ast, const ScalarFn *fn) {
  const AstCall *call = &ast->call;
  if (call->args.len < fn->min_args || (fn->max_args < FN_ARGS_ANY && call->args.len > fn->max_args)) {
    wrong_argument_count(b, ast, fn->name, fn->signature, fn->min_args, fn->max_args);
    return expr_error(b, ast->span);
  }
  if (fn->flags & FN_BOUND) return bind_special(b, scope, ast);
  return bind_fn(b, ast->span, fn, bind_args(b, scope, call), call->args.len, TYPE_NULL);
}

/* ---- aggregates ------------------------------------------------------------------------------- */

static bool aggregate_allowed(Binder *b, const Scope *scope, const AstExpr *ast, const AggregateFn *fn) {
  switch (scope->clause) {
    case CLAUSE_SELECT:
    case CLAUSE_HAVING:
      if (scope->group) return true;
      Diag *diag = diag_add(b->diags, DIAG_missing_window, ast->span,
                            "`%s` aggregates a stream, and this SELECT has no GROUP BY with a window", fn->name);
      diag_hint(b->diags, diag, "say when its result is ready: `GROUP BY TumblingWindow(minute, 5)`");
      return false;
    case CLAUSE_WHERE: {
      Diag *where = diag_add(b->diags, DIAG_aggregate_in_where, ast->span,
                             "`%s` is an aggregate, and WHERE is evaluated before rows are grouped", fn->name);
      diag_hint(b->diags, where, "move the condition to HAVING, behind GROUP BY");
      return false;
    }
    case CLAUSE_AGGREGATE_ARG: {
      Diag *nested =
          diag_add(b->diags, DIAG_nested_aggregate, ast->span, "`%s` stands inside another aggregate", fn->name);
      diag_hint(b->diags, nested, "compute the inner one in a WITH step and aggregate its rows in the next");
      return false;
    }
    case CLAUSE_ANALYTIC: {
      Diag *inside =
          diag_add(b->diags, DIAG_nested_aggregate, ast->span,
                   "`%s` stands inside a function with OVER, which sees rows before they are grouped", fn->name);
      diag_hint(b->diags, inside, "group in a WITH step and look back over its rows in the next");
      return false;
    }
    case CLAUSE_GROUP_BY:
    case CLAUSE_ON:
    case CLAUSE_TIMESTAMP_BY: {
      Diag *here = diag_add(b->diags, DIAG_aggregate_misplaced, ast->span,
                            "`%s` is an aggregate and cannot stand here", fn->name);
      diag_hint(b->diags, here, "it stands in the SELECT list and in HAVING; compute it in a WITH step to use its "
                "value elsewhere");
      return false;
    }
  }
  return false;
}

static bool same_agg(const BoundAgg *a, const BoundAgg *b) {
  if (a->call.fn != b->call.fn || a->call.star != b->call.star || a->call.args_len != b->call.args_len ||
      a->call.order_len != b->call.order_len || !value_same_key(&a->call.param, &b->call.param) ||
      memcmp(a->call.desc, b->call.desc, sizeof a->call.desc) != 0)
    return false;
  for (unsigned i = 0; i < a->call.args_len; i++)
    if (!expr_equal(a->args[i], b->args[i])) return false;
  return true;
}

static uint64_t agg_hash(const BoundAgg *agg) {
  uint64_t hash = (uint64_t)(uintptr_t)agg->call.fn;
  for (unsigned i = 0; i < agg->call.args_len; i++) hash = hash_combine(hash, expr_hash(agg->args[i]));
  return hash;
}

static Expr *add_aggregate(Binder *b, BoundGroup *group, BoundAgg *agg, Span span) {
  const Positions *found = &group->aggs_found;
  uint64_t hash = agg_hash(agg);
  for (uint32_t i = positions_first(found, hash); i != NO_POSITION; i = positions_next(found, i))
    if (same_agg(group->aggs.items[i], agg)) return expr_column(b->arena, span, &group->aggs.items[i]->column);
  TypeMask masks[16] = {0};
  for (unsigned i = 0; i < agg->call.args_len && i < 16; i++) masks[i] = agg->args[i]->types;
  agg->column.types = agg->call.fn->result_of(&agg->call, masks);
  agg->column.slot = UINT32_MAX;
  arena_push(b->arena, &group->aggs, agg);
  positions_add(&group->aggs_found, b->arena, hash);
  positions_add(&group->columns, b->arena, hash_mix((uint64_t)(uintptr_t)&agg->column));
  return expr_column(b->arena, span, &agg->column);
}

/* p of the percentiles is a share, n of CollectTop counts rows. */
static bool is_param_of(const AggregateFn *fn, const Value *value) {
  bool counts = (fn->flags & AGG_NO_ARGS) != 0;
  if (value->type != TYPE_BIGINT && (counts || value->type != TYPE_FLOAT)) return false;
  double number = value_as_double(value);
  return number >= 0 && (counts || number <= 1);
}

static bool bind_param(Binder *b, Scope *scope, const AstExpr *ast, AggCall *call) {
  Expr *param = bind_expr(b, scope, ast);
  if (param->kind == EXPR_ERROR) return false;
  if (param->kind == EXPR_CONST && is_param_of(call->fn, &param->value)) {
    call->param = param->value;
    return true;
  }
  diag_add(b->diags, DIAG_wrong_argument_type, ast->span, "the first argument of `%s` must be a constant %s",
           call->fn->name, call->fn->flags & AGG_NO_ARGS ? "bigint that is not negative" : "number from 0 to 1");
  return false;
}

static bool bind_order(Binder *b, Scope *scope, const AstExpr *ast, BoundAgg *agg) {
  const AstOver *over = ast->call.over;
  bool wanted = (agg->call.fn->flags & AGG_ORDER_BY) != 0, given = over && over->order_by_len > 0;
  if (wanted != given || (over && !over->limit && over->partition_by.len)) {
    Diag *diag =
        diag_add(b->diags, DIAG_bad_over, over ? over->span : ast->span,
                 wanted ? "`%s` needs OVER (ORDER BY ...)" : "`%s` takes no such OVER clause", agg->call.fn->name);
    diag_hint(b->diags, diag, "the signature is `%s`", agg->call.fn->signature);
    return false;
  }
  bool share = (agg->call.fn->flags & (AGG_PARAM | AGG_NO_ARGS)) == AGG_PARAM;
  if (given && share && over->order_by_len > 1) {
    Diag *diag = diag_add(b->diags, DIAG_bad_over, over->span, "`%s` orders by one value, and here are %u",
                          agg->call.fn->name, over->order_by_len);
    diag_hint(b->diags, diag, "the signature is `%s`", agg->call.fn->signature);
    return false;
  }
  for (uint32_t i = 0; given && i < over->order_by_len; i++) {
    if (i == 8) {
      diag_add(b->diags, DIAG_bad_over, over->span, "at most 8 ORDER BY columns are supported");
      return false;
    }
    agg->call.desc[i] = over->order_by[i]->descending;
    agg->args[agg->call.args_len++] = bind_expr(b, scope, over->order_by[i]->expr);
    agg->call.order_len++;
  }
  return true;
}

/* The only source, and what APPLY adds to it: the columns of `*`. */
static Expr *whole_row(Binder *b, const Scope *scope, Span span) {
  if (scope->leaves_len == 1) return leaf_row(b, scope, scope->leaves[0], span);
  Expr **args = ARENA_ARRAY(b->arena, Expr *, 2 * scope->leaves_len);
  Value members = value_text(STR(""));
  for (uint32_t i = 0; i < scope->leaves_len; i++) {
    args[2 * i] = expr_const(b->arena, span, &members);
    args[2 * i + 1] = leaf_row(b, scope, scope->leaves[i], span);
  }
  return bind_operator(b, span, OP_ROW, args, 2 * scope->leaves_len);
}

static bool whole_event(Binder *b, Scope *scope, const AstExpr *ast, BoundAgg *agg) {
  if (scope->select->joins.len) {
    Diag *diag = diag_add(b->diags, DIAG_star_with_join, ast->span,
                          "`%s()` over a JOIN does not say whose events", agg->call.fn->name);
    diag_hint(b->diags, diag, "name a value, as in `%s(" STR_FMT ".x)`, or select the columns in a WITH step and "
              "take its rows", agg->call.fn->name, STR_ARG(scope->leaves[0]->alias));
    return false;
  }
  agg->args[agg->call.args_len++] = whole_row(b, scope, ast->span);
  return true;
}

static bool check_agg_types(Binder *b, const BoundAgg *agg) {
  for (unsigned i = 0; i + agg->call.order_len < agg->call.args_len; i++) {
    TypeMask types = agg->args[i]->types;
    if (agg->args[i]->kind == EXPR_ERROR) return false;
    if (!(agg->call.fn->args & ~(TypeMask)(MASK_NUMERIC | MASK(TYPE_TEXT)))) csv_wish(b, agg->args[i], TYPE_FLOAT);
    if (types == 0 || (types & agg->call.fn->args)) continue;
    StrBuf want = {0}, have = {0};
    type_mask_print(agg->call.fn->args, &want);
    type_mask_print(types, &have);
    diag_add(b->diags, DIAG_wrong_argument_type, agg->args[i]->span, "`%s` wants %s, and this is %s",
             agg->call.fn->name, want.ptr, have.ptr);
    strbuf_release(&want);
    strbuf_release(&have);
    return false;
  }
  for (unsigned i = 0; i < agg->call.args_len; i++)
    if (agg->args[i]->kind == EXPR_ERROR) return false;
  return true;
}

static bool is_text_cast(const Expr *expr) {
  return expr->kind == EXPR_CALL && expr->call->target == TYPE_TEXT;
}

/* COUNT(input) counts events; a known column of that name is a column. */
static bool names_source(const Scope *scope, const AstExpr *arg) {
  if (arg->kind != AST_PATH || arg->path.len != 1) return false;
  Leaf *leaf = scope_leaf(scope, arg->path.items[0].text);
  return leaf && !provider_knows(leaf->provider, arg->path.items[0].text);
}

static bool bind_agg_args(Binder *b, Scope *scope, const AstExpr *ast, BoundAgg *agg) {
  const AstCall *call = &ast->call;
  const AggregateFn *fn = agg->call.fn;
  uint32_t at = 0, len = call->args.len, params = (fn->flags & AGG_PARAM) != 0;
  if (params && len && !bind_param(b, scope, call->args.items[at++], &agg->call)) return false;
  const AstExpr *only = len - at == 1 ? call->args.items[at] : NULL;
  if (only && (fn->flags & AGG_STAR) && !call->distinct && (only->kind == AST_STAR || names_source(scope, only))) {
    agg->call.star = true;
    return true;
  }
  if (len == at && at == params && (fn->flags & AGG_NO_ARGS)) return whole_event(b, scope, ast, agg);
  if (len < fn->min_args + params || len > fn->max_args + params) {
    unsigned least = fn->flags & AGG_NO_ARGS ? 0 : fn->min_args;
    wrong_argument_count(b, ast, fn->name, fn->signature, least + params, fn->max_args + params);
    return false;
  }
  for (; at < len; at++) agg->args[agg->call.args_len++] = bind_expr(b, scope, call->args.items[at]);
  if (agg->call.args_len) agg->call.typed_text = is_text_cast(agg->args[0]);
  return true;
}

/* "AVG(x)", "TopOne(v order by t desc)": for explain. */
static Str agg_text(Binder *b, const BoundAgg *agg) {
  StrBuf text = {0};
  const AggregateFn *fn = agg->call.fn;
  strbuf_printf(&text, "%s(%s%s", fn->name, fn->flags & AGG_DISTINCT ? "DISTINCT " : "", agg->call.star ? "*" : "");
  for (unsigned i = 0; i < agg->call.args_len; i++) {
    unsigned values = agg->call.args_len - agg->call.order_len;
    strbuf_puts(&text, i == 0 ? "" : i == values ? " order by " : ", ");
    expr_print(agg->args[i], &text);
    if (i >= values && agg->call.desc[i - values]) strbuf_puts(&text, " desc");
  }
  strbuf_putc(&text, ')');
  Str copy = arena_str(b->arena, strbuf_str(&text));
  strbuf_release(&text);
  return copy;
}

BoundAgg *bind_aggregate_call(Binder *b, Scope *scope, const AstExpr *ast, const AggregateFn *fn) {
  BoundAgg *agg = ARENA_NEW(b->arena, BoundAgg);
  agg->call = (AggCall){.fn = fn, .span = ast->span, .compat = b->options->compat, .param = value_null()};
  agg->args = ARENA_ARRAY(b->arena, Expr *, ast->call.args.len + 10);
  bool ok = bind_agg_args(b, scope, ast, agg) && bind_order(b, scope, ast, agg) && check_agg_types(b, agg);
  if (!ok) return NULL;
  agg->column.name = agg_text(b, agg);
  return agg;
}

static Expr *bind_aggregate(Binder *b, Scope *scope, const AstExpr *ast, const AggregateFn *fn) {
  if (!aggregate_allowed(b, scope, ast, fn)) return expr_error(b, ast->span);
  Scope inner = *scope;
  inner.clause = CLAUSE_AGGREGATE_ARG;
  inner.group = NULL;
  BoundAgg *agg = bind_aggregate_call(b, &inner, ast, fn);
  return agg ? add_aggregate(b, scope->group, agg, ast->span) : expr_error(b, ast->span);
}

/* ---- the entrance ----------------------------------------------------------------------------- */

static Expr *bind_script_function(Binder *b, const AstExpr *ast) {
  Diag *diag =
      diag_add(b->diags, DIAG_script_function, ast->span,
               "`" STR_FMT "` is a JavaScript function, and this version of Weir does not run script functions yet",
               STR_ARG(call_name(b, &ast->call)));
  diag_hint(b->diags, diag, "write it with built-in functions; `weir functions` lists them");
  return expr_error(b, ast->span);
}

static Expr *bind_window_id(Binder *b, Scope *scope, const AstExpr *ast) {
  if (scope->group && scope->group->windows_len > 0 && scope->group->windows[0].id.len) {
    scope->group->wants_window_id = true;
    return expr_column(b->arena, ast->span, &scope->group->window_id);
  }
  Value null = value_null();
  return expr_const(b->arena, ast->span, &null);
}

Expr *bind_call(Binder *b, Scope *scope, const AstExpr *ast) {
  const AstCall *call = &ast->call;
  Str name = call->name.items[0].text;
  if (is_system_timestamp(ast)) return expr_simple(b->arena, EXPR_TIMESTAMP, ast->span, NULL, 0);
  if (name_is2(call, "System", "Window")) return bind_window_id(b, scope, ast);
  if (call->name.len > 1) {
    if (str_eq_nocase(name, STR("udf")) || str_eq_nocase(name, STR("uda"))) return bind_script_function(b, ast);
    return unknown_function(b, ast);
  }
  if (is_window_call(ast) || is_windows_list(ast)) {
    Diag *diag =
        diag_add(b->diags, DIAG_window_misplaced, ast->span, "`" STR_FMT "` belongs in GROUP BY", STR_ARG(name));
    diag_hint(b->diags, diag, "System.Timestamp() is the end of the window");
    return expr_error(b, ast->span);
  }
  if (is_match_call(scope, call)) return bind_match_call(b, scope, ast);
  if (is_analytic(call)) return bind_analytic(b, scope, ast);
  const AggregateFn *agg = aggregate_fn_find(name, call->distinct);
  if (agg == NULL && call->distinct && aggregate_fn_find(name, false)) {
    diag_add(b->diags, DIAG_bad_over, ast->span, "`" STR_FMT "` does not take DISTINCT; only COUNT does",
             STR_ARG(name));
    return expr_error(b, ast->span);
  }
  if (agg) return bind_aggregate(b, scope, ast, agg);
  const ScalarFn *fn = scalar_fn_find(name);
  if (fn && call->over) {
    diag_add(b->diags, DIAG_bad_over, call->over->span, "`%s` looks at one row and takes no OVER", fn->name);
    return expr_error(b, ast->span);
  }
  if (fn) return bind_scalar(b, scope, ast, fn);
  if (is_apply_call(call)) {
    Diag *diag =
        diag_add(b->diags, DIAG_apply_misuse, ast->span, "`" STR_FMT "` gives rows, not a value", STR_ARG(name));
    diag_hint(b->diags, diag, "write it in FROM: `FROM input CROSS APPLY " STR_FMT "(...) AS x`", STR_ARG(name));
    return expr_error(b, ast->span);
  }
  return unknown_function(b, ast);
}
