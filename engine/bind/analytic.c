/* analytic.c: LAG, LAST, ISFIRST, AnomalyDetection_... and aggregates with OVER
** ([PARTITION BY ...] LIMIT DURATION(unit, n) [WHEN cond]).
**
** Such a call belongs to one leaf of the FROM, the one whose columns it reads: it sees all rows of that source,
** before JOIN, WHERE and GROUP BY. Its expressions are bound where they stand and then said with columns of the
** provider alone; the result is a column behind those of the provider, and calls that compute the same share it. */
#include "bind/binder.h"

enum { OFFSET_MAX = 1000000 };

/* A call on its way: what is bound, still over the columns of the scope. */
typedef struct Draft {
  Binder        *b;
  const AstExpr *ast;
  Scope          scope;      /* of what stands inside the call */
  const char    *name, *signature;
  AnalyticCall   call;
  const AstExpr *star;       /* the argument `*` or `alias.*` of LAG and LAST; NULL: it is a value */
  Leaf          *leaf;
} Draft;

static const AnalyticFn *function_of(const AstCall *call) {
  return call->name.len == 1 ? analytic_fn_find(call->name.items[0].text) : NULL;
}

static const AggregateFn *aggregate_of(const AstCall *call) {
  return call->name.len == 1 ? aggregate_fn_find(call->name.items[0].text, false) : NULL;
}

bool is_analytic(const AstCall *call) {
  if (function_of(call)) return true;
  const AstOver *over = call->over;
  return over && (over->limit || over->when || over->partition_by.len) && aggregate_of(call);
}

/* ---- messages --------------------------------------------------------------------------------- */

static bool bad_over(Draft *d, Span span, const char *what) {
  Diag *diag = diag_add(d->b->diags, DIAG_bad_over, span, "`%s` %s", d->name, what);
  diag_hint(d->b->diags, diag, "the signature is `%s`", d->signature);
  return false;
}

/* `missing` is what to insert at the end of the call, or before the last parenthesis of its OVER. */
static bool no_limit(Draft *d, Span span, const char *missing) {
  bool over = d->ast->call.over != NULL;
  Diag *diag = diag_add(d->b->diags, DIAG_bad_over, span, "`%s` does not say how far back it looks", d->name);
  uint32_t end = over ? span.end - 1 : span.end;
  Str before = str_sub(d->b->diags->source->text, span.begin, end);
  if (before.len < 60 && str_find_char(before, '\n') < 0)
    diag_hint(d->b->diags, diag, "write for example `" STR_FMT "%s%s`", STR_ARG(before), missing, over ? ")" : "");
  else diag_hint(d->b->diags, diag, "the signature is `%s`", d->signature);
  diag_edit(d->b->diags, diag, (Span){end, end}, "%s", missing);
  return false;
}

static bool check_place(Draft *d) {
  if (d->scope.clause == CLAUSE_TIMESTAMP_BY) return bad_over(d, d->ast->span, "cannot stand in TIMESTAMP BY");
  if (d->scope.clause != CLAUSE_ANALYTIC) return true;
  Diag *diag =
      diag_add(d->b->diags, DIAG_bad_over, d->ast->span, "`%s` stands inside another function with OVER", d->name);
  diag_hint(d->b->diags, diag, "compute the inner one in a WITH step and look back over its rows in the next");
  return false;
}

static bool check_clauses(Draft *d) {
  const AstCall *call = &d->ast->call;
  const AstOver *over = call->over;
  bool isfirst = d->call.kind == ANALYTIC_ISFIRST;
  if (call->distinct) return bad_over(d, d->ast->span, "with OVER takes no DISTINCT");
  if (isfirst && over && over->limit)
    return bad_over(d, over->limit->span, "has its length as an argument, not as LIMIT DURATION");
  if (over && over->order_by_len && d->call.kind != ANALYTIC_AGGREGATE)
    return bad_over(d, over->order_by[0]->span, "takes no ORDER BY: rows come in the order of time");
  if (!isfirst && !over) return no_limit(d, d->ast->span, " OVER (LIMIT DURATION(minute, 5))");
  if (!isfirst && !over->limit) return no_limit(d, over->span, " LIMIT DURATION(minute, 5)");
  return true;
}

/* ---- arguments -------------------------------------------------------------------------------- */

static bool bind_length(Draft *d, const AstExpr *unit, const AstExpr *number) {
  if (!bind_duration(d->b, unit, number, &d->call.duration)) return false;
  Span span = {unit->span.begin, number->span.end};
  if (d->call.duration <= 0) return bad_over(d, span, "wants a length of time above zero");
  if (d->call.duration <= WINDOW_SIZE_MAX) return true;
  Diag *diag = diag_add(d->b->diags, DIAG_window_too_long, span, "`%s` looks back 7 days at most", d->name);
  diag_hint(d->b->diags, diag, "keep older values in reference data, or in a table downstream");
  return false;
}

static bool check_count(Draft *d) {
  const AnalyticFn *fn = function_of(&d->ast->call);
  uint32_t len = d->ast->call.args.len;
  if (len >= fn->min_args && len <= fn->max_args) return true;
  wrong_argument_count(d->b, d->ast, d->name, d->signature, fn->min_args, fn->max_args);
  return false;
}

static bool bind_offset(Draft *d, const AstExpr *ast) {
  Expr *offset = bind_expr(d->b, &d->scope, ast);
  if (offset->kind == EXPR_ERROR) return false;
  bool whole = offset->kind == EXPR_CONST && offset->value.type == TYPE_BIGINT;
  if (whole && offset->value.i >= 0 && offset->value.i <= OFFSET_MAX) {
    d->call.offset = (uint32_t)offset->value.i;
    return true;
  }
  diag_add(d->b->diags, DIAG_wrong_argument_type, ast->span,
           "the offset of `LAG` must be a constant bigint from 0 to %d", OFFSET_MAX);
  return false;
}

static bool bind_otherwise(Draft *d, const AstExpr *ast) {
  d->call.otherwise = bind_expr(d->b, &d->scope, ast);
  return d->call.otherwise->kind != EXPR_ERROR;
}

static bool bind_value(Draft *d, const AstExpr *ast) {
  d->call.args = ARENA_ARRAY(d->b->arena, Expr *, 1);
  d->call.args_len = 1;
  if (ast->kind == AST_STAR) {
    d->star = ast;
    return true;
  }
  d->call.args[0] = bind_expr(d->b, &d->scope, ast);
  return d->call.args[0]->kind != EXPR_ERROR;
}

static bool bind_number(Draft *d, const AstExpr *ast) {
  if (ast->kind == AST_STAR) return bad_over(d, ast->span, "looks at one number a row and takes no `*`");
  if (!bind_value(d, ast)) return false;
  if (d->call.args[0]->types & (MASK(TYPE_BIGINT) | MASK(TYPE_FLOAT) | MASK(TYPE_BIT))) return true;
  Diag *diag = diag_add(d->b->diags, DIAG_wrong_argument_type, ast->span, "`%s` looks at numbers", d->name);
  diag_hint(d->b->diags, diag, "text becomes a number with `CAST(... AS float)`");
  return false;
}

/* A number between two bounds, known when the query is read. */
static bool bind_constant(Draft *d, const AstExpr *ast, const char *what, double least, double most, bool whole,
                          double *out) {
  Expr *expr = bind_expr(d->b, &d->scope, ast);
  if (expr->kind == EXPR_ERROR) return false;
  bool number = expr->kind == EXPR_CONST && (expr->value.type == TYPE_BIGINT || expr->value.type == TYPE_FLOAT);
  *out = number ? value_as_double(&expr->value) : 0;
  if (number && *out >= least && *out <= most && !(whole && expr->value.type == TYPE_FLOAT)) return true;
  diag_add(d->b->diags, DIAG_wrong_argument_type, ast->span, "the %s of `%s` must be a constant %s from %g to %.0f",
           what, d->name, whole ? "bigint" : "number", least, most);
  return false;
}

static bool bind_mode(Draft *d, const AstExpr *ast) {
  static const char *const modes[] = {"spikes", "dips", "spikesanddips"}; /* as in AnomalyMode */
  Expr *expr = bind_expr(d->b, &d->scope, ast);
  if (expr->kind == EXPR_ERROR) return false;
  for (int i = 0; expr->kind == EXPR_CONST && expr->value.type == TYPE_TEXT && i < 3; i++) {
    if (!str_eq_nocase(text_str(&expr->value.text), str_from(modes[i]))) continue;
    d->call.anomaly.mode = (AnomalyMode)i;
    return true;
  }
  diag_add(d->b->diags, DIAG_wrong_argument_type, ast->span,
           "the mode of `%s` must be 'spikes', 'dips' or 'spikesanddips'", d->name);
  return false;
}

static bool bind_anomaly(Draft *d, AstExpr *const *args) {
  AnomalyParams *params = &d->call.anomaly;
  double history;
  if (!bind_number(d, args[0]) || !bind_constant(d, args[1], "confidence", 1, 100, false, &params->confidence) ||
      !bind_constant(d, args[2], "history size", 1, ANOMALY_HISTORY_MAX, true, &history))
    return false;
  params->history = (uint32_t)history;
  return d->call.kind == ANALYTIC_CHANGE_POINT || bind_mode(d, args[3]);
}

static bool bind_aggregate_args(Draft *d) {
  const AggregateFn *fn = aggregate_of(&d->ast->call);
  BoundAgg *agg = bind_aggregate_call(d->b, &d->scope, d->ast, fn);
  if (agg == NULL) return false;
  d->call.agg = agg->call;
  d->call.args = agg->args;
  d->call.args_len = agg->call.args_len;
  return true;
}

static bool bind_args(Draft *d) {
  AstExpr *const *args = d->ast->call.args.items;
  uint32_t len = d->ast->call.args.len;
  switch (d->call.kind) {
    case ANALYTIC_LAG:
      d->call.offset = 1;
      return check_count(d) && bind_value(d, args[0]) && (len < 2 || bind_offset(d, args[1])) &&
             (len < 3 || bind_otherwise(d, args[2]));
    case ANALYTIC_LAST: return check_count(d) && bind_value(d, args[0]) && (len < 2 || bind_otherwise(d, args[1]));
    case ANALYTIC_ISFIRST: return check_count(d) && bind_length(d, args[0], args[1]);
    case ANALYTIC_SPIKE_AND_DIP:
    case ANALYTIC_CHANGE_POINT: return check_count(d) && bind_anomaly(d, args);
    case ANALYTIC_AGGREGATE: return bind_aggregate_args(d);
  }
  return false;
}

static bool bind_over(Draft *d) {
  const AstOver *over = d->ast->call.over;
  if (over == NULL) return true;
  if (over->limit && !bind_length(d, over->limit->call.args.items[0], over->limit->call.args.items[1])) return false;
  d->call.keys = ARENA_ARRAY(d->b->arena, Expr *, over->partition_by.len + 1);
  for (uint32_t i = 0; i < over->partition_by.len; i++) {
    Expr *key = bind_expr(d->b, &d->scope, over->partition_by.items[i]);
    if (key->kind == EXPR_ERROR) return false;
    d->call.keys[d->call.keys_len++] = key;
  }
  if (over->when) d->call.when = bind_condition(d->b, &d->scope, over->when);
  return !d->call.when || d->call.when->kind != EXPR_ERROR;
}

/* ---- the source ------------------------------------------------------------------------------- */

typedef struct Sources { Leaf *first; bool several; } Sources;

static void note_leaf(Sources *sources, Leaf *leaf) {
  if (sources->first && sources->first != leaf) sources->several = true;
  sources->first = leaf;
}

static bool note_column(const Expr *expr, void *context) {
  if (expr->kind == EXPR_COLUMN) note_leaf(context, ((const LeafColumn *)expr->column)->leaf);
  return true;
}

static void note_all(Sources *sources, Expr *const *exprs, uint32_t len) {
  for (uint32_t i = 0; i < len; i++)
    if (exprs[i]) expr_walk(exprs[i], note_column, sources);
}

static void note_star(Draft *d, Sources *sources) {
  const AstExpr *of = d->star ? d->star->star.of : NULL;
  Leaf *leaf = of && of->kind == AST_PATH && of->path.len == 1 ? scope_leaf(&d->scope, of->path.items[0].text) : NULL;
  if (leaf) note_leaf(sources, leaf);
}

/* The only stream of the FROM, for calls that mention no column. */
static void note_stream(Draft *d, Sources *sources) {
  for (uint32_t i = 0; i < d->scope.leaves_len; i++)
    if (!provider_is_reference(d->scope.leaves[i]->provider) && !is_apply_leaf(d->scope.leaves[i]))
      note_leaf(sources, d->scope.leaves[i]);
}

static bool find_source(Draft *d) {
  Sources sources = {0};
  note_all(&sources, d->call.args, d->call.args_len);
  note_all(&sources, d->call.keys, d->call.keys_len);
  note_all(&sources, &d->call.when, 1);
  note_all(&sources, &d->call.otherwise, 1);
  note_star(d, &sources);
  if (!sources.first) note_stream(d, &sources);
  d->leaf = sources.first ? sources.first : d->scope.leaves[0];
  if (sources.several) {
    Diag *diag = diag_add(d->b->diags, DIAG_bad_over, d->ast->span,
                          "`%s` looks back over the rows of one source, before the JOIN; here are several", d->name);
    diag_hint(d->b->diags, diag, "name columns of one source only, or join in a WITH step and look back in the next");
    return false;
  }
  if (is_apply_leaf(d->leaf)) {
    Diag *diag = diag_add(d->b->diags, DIAG_bad_over, d->ast->span,
                          "`%s` looks back over the rows before APPLY, and here it reads what APPLY adds", d->name);
    diag_hint(d->b->diags, diag, "do the APPLY in a WITH step and look back over its rows in the next");
    return false;
  }
  if (!provider_is_reference(d->leaf->provider)) return true;
  return bad_over(d, d->ast->span, "looks back over a stream, and this is reference data");
}

static bool bind_star(Draft *d) {
  if (d->star == NULL) return true;
  const AstExpr *of = d->star->star.of;
  bool row = !of || (of->kind == AST_PATH && of->path.len == 1 && scope_leaf(&d->scope, of->path.items[0].text));
  d->call.args[0] = row ? leaf_row(d->b, &d->scope, d->leaf, d->star->span) : bind_expr(d->b, &d->scope, of);
  return d->call.args[0]->kind != EXPR_ERROR;
}

/* ---- as the source sees it -------------------------------------------------------------------- */

static LeafColumn *own_column(Draft *d, const LeafColumn *of) {
  Leaf *leaf = d->leaf;
  for (uint32_t i = 0; i < leaf->analytic_columns.len; i++)
    if (leaf->analytic_columns.items[i]->at == of->at) return leaf->analytic_columns.items[i];
  LeafColumn *col = ARENA_NEW(d->b->arena, LeafColumn);
  *col = *of;
  arena_push(d->b->arena, &leaf->analytic_columns, col);
  return col;
}

static Expr *at_source(Draft *d, Expr *expr) {
  if (expr == NULL) return NULL;
  Expr *copy = ARENA_NEW(d->b->arena, Expr);
  *copy = *expr;
  if (expr->kind == EXPR_COLUMN) copy->column = &own_column(d, (const LeafColumn *)expr->column)->expr;
  copy->args = ARENA_ARRAY(d->b->arena, Expr *, expr->args_len + 1);
  for (uint32_t i = 0; i < expr->args_len; i++) copy->args[i] = at_source(d, expr->args[i]);
  return copy;
}

/* An argument may fail only for rows that count. Aggregates check theirs, so they get NULL for the others. */
static Expr *guarded(Draft *d, Expr *arg) {
  if (!d->call.when || arg->kind == EXPR_CONST) return arg;
  if (d->call.kind != ANALYTIC_AGGREGATE && expr_never_fails(arg)) return arg;
  Value null = value_null();
  Expr *args[] = {d->call.when, arg, expr_const(d->b->arena, arg->span, &null)};
  return expr_simple(d->b->arena, EXPR_CASE, arg->span, args, 3);
}

static void move_to_source(Draft *d) {
  AnalyticCall *call = &d->call;
  call->when = at_source(d, call->when);
  call->otherwise = at_source(d, call->otherwise);
  for (uint32_t i = 0; i < call->keys_len; i++) call->keys[i] = at_source(d, call->keys[i]);
  for (uint32_t i = 0; i < call->args_len; i++) call->args[i] = at_source(d, call->args[i]);
}

/* ---- for people ------------------------------------------------------------------------------- */

static void print_list(Expr *const *exprs, uint32_t len, const char *before, StrBuf *out) {
  for (uint32_t i = 0; i < len; i++) {
    strbuf_puts(out, i ? ", " : before);
    expr_print(exprs[i], out);
  }
}

static void print_anomaly(const AnalyticCall *call, StrBuf *out) {
  static const char *const modes[] = {"spikes", "dips", "spikes and dips"};
  strbuf_printf(out, ", %g%%, %u values", call->anomaly.confidence, call->anomaly.history);
  if (call->kind == ANALYTIC_SPIKE_AND_DIP) strbuf_printf(out, ", %s", modes[call->anomaly.mode]);
}

static void print_args(const Draft *d, StrBuf *out) {
  const AnalyticCall *call = &d->call;
  const AggCall *agg = &call->agg;
  uint32_t order = call->kind == ANALYTIC_AGGREGATE ? agg->order_len : 0, values = call->args_len - order;
  if (call->kind == ANALYTIC_AGGREGATE && agg->star) strbuf_putc(out, '*');
  print_list(call->args, values, "", out);
  for (uint32_t i = 0; i < order; i++) {
    strbuf_puts(out, i ? ", " : " order by ");
    expr_print(call->args[values + i], out);
    if (agg->desc[i]) strbuf_puts(out, " desc");
  }
  if (call->kind == ANALYTIC_LAG && (call->offset > 1 || call->otherwise)) strbuf_printf(out, ", %u", call->offset);
  if (call->otherwise) print_list(&call->otherwise, 1, ", ", out);
  if (call->anomaly.history) print_anomaly(call, out);
}

static Str print_call(const Draft *d) {
  StrBuf out = {0};
  strbuf_printf(&out, "%s(", d->name);
  print_args(d, &out);
  if (d->call.kind == ANALYTIC_ISFIRST) duration_print(d->call.duration, &out);
  strbuf_putc(&out, ')');
  if (d->call.kind != ANALYTIC_ISFIRST) {
    strbuf_puts(&out, " over the last ");
    duration_print(d->call.duration, &out);
  }
  print_list(d->call.keys, d->call.keys_len, " per ", &out);
  if (d->call.when) print_list(&d->call.when, 1, " when ", &out);
  Str text = arena_str(d->b->arena, strbuf_str(&out));
  strbuf_release(&out);
  return text;
}

/* ---- the column ------------------------------------------------------------------------------- */

static bool same_exprs(Expr *const *a, Expr *const *b, uint32_t len) {
  for (uint32_t i = 0; i < len; i++) {
    if (!a[i] != !b[i]) return false;
    if (a[i] && !expr_equal(a[i], b[i])) return false;
  }
  return true;
}

static bool same_call(const AnalyticCall *a, const AnalyticCall *b) {
  if (a->kind != b->kind || a->duration != b->duration || a->offset != b->offset || a->keys_len != b->keys_len ||
      a->args_len != b->args_len || a->agg.fn != b->agg.fn || a->agg.star != b->agg.star ||
      a->agg.order_len != b->agg.order_len || memcmp(a->agg.desc, b->agg.desc, sizeof a->agg.desc) != 0)
    return false;
  if (a->anomaly.confidence != b->anomaly.confidence || a->anomaly.history != b->anomaly.history ||
      a->anomaly.mode != b->anomaly.mode)
    return false;
  if (a->agg.fn && !value_same_key(&a->agg.param, &b->agg.param)) return false;
  return same_exprs(a->keys, b->keys, a->keys_len) && same_exprs(a->args, b->args, a->args_len) &&
         same_exprs(&a->when, &b->when, 1) && same_exprs(&a->otherwise, &b->otherwise, 1);
}

static TypeMask result_types(const AnalyticCall *call) {
  TypeMask masks[16] = {0};
  if (call->kind == ANALYTIC_ISFIRST) return MASK(TYPE_BIGINT);
  if (call->anomaly.history) return MASK(TYPE_RECORD);
  if (call->kind != ANALYTIC_AGGREGATE)
    return (TypeMask)(call->args[0]->types | (call->otherwise ? call->otherwise->types : 0));
  for (uint32_t i = 0; i < call->args_len && i < 16; i++) masks[i] = call->args[i]->types;
  return call->agg.fn->result_of(&call->agg, masks);
}

static Expr *add_call(Draft *d) {
  Leaf *leaf = d->leaf;
  for (uint32_t i = 0; i < leaf->analytics.len; i++)
    if (same_call(&leaf->analytics.items[i]->call, &d->call))
      return expr_column(d->b->arena, d->ast->span, &leaf->analytics.items[i]->column.expr);
  BoundAnalytic *made = ARENA_NEW(d->b->arena, BoundAnalytic);
  *made = (BoundAnalytic){.call = d->call};
  made->column = (LeafColumn){.leaf = leaf, .at = leaf->analytics.len, .analytic = true};
  made->column.expr = (ExprColumn){.slot = UINT32_MAX, .name = d->call.text, .types = result_types(&d->call)};
  arena_push(d->b->arena, &leaf->analytics, made);
  return expr_column(d->b->arena, d->ast->span, &made->column.expr);
}

/* ---- the entrance ----------------------------------------------------------------------------- */

static void settle_kind(Draft *d) {
  const AnalyticFn *fn = function_of(&d->ast->call);
  d->call.kind = fn ? fn->kind : ANALYTIC_AGGREGATE;
  d->name = fn ? fn->name : aggregate_of(&d->ast->call)->name;
  d->signature = fn ? fn->signature
                    : arena_cstr(d->b->arena, arena_printf(d->b->arena,
                        "%s(...) OVER ([PARTITION BY key, ...] LIMIT DURATION(unit, n) [WHEN condition])", d->name));
}

Expr *bind_analytic(Binder *b, Scope *scope, const AstExpr *ast) {
  Draft d = {.b = b, .ast = ast, .scope = *scope, .call = {.span = ast->span}};
  settle_kind(&d);
  if (!check_place(&d) || !check_clauses(&d)) return expr_error(b, ast->span);
  d.scope.clause = CLAUSE_ANALYTIC;
  d.scope.group = NULL;
  if (!bind_args(&d) || !bind_over(&d) || !find_source(&d) || !bind_star(&d)) return expr_error(b, ast->span);
  if (d.call.kind == ANALYTIC_LAG && d.call.offset == 0) return d.call.args[0]; /* the row itself */
  move_to_source(&d);
  d.call.text = print_call(&d);
  for (uint32_t i = 0; i < d.call.args_len; i++) d.call.args[i] = guarded(&d, d.call.args[i]);
  return add_call(&d);
}
