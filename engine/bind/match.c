/* match.c: MATCH_RECOGNIZE: a pattern over the rows of what stands in front of it becomes a relation with columns of
** its own: those of PARTITION BY, then the MEASURES.
**
** Rows are read by a select without a list. What PARTITION BY, DEFINE and the aggregates read of a row are expressions
** over its batches. What First, Last, Min, Max and Classifier give is a *register*: a column that stands behind those
** of the row, kept by the matcher for every way the pattern may still go.
**
**   DEFINE  a name of the variable itself, or without a variable, is the row at hand; another variable's is its last
**           row. The aggregates see the row at hand as already taken (SQL:2016, running semantics).
**   MEASURES  a name of a variable is that of its last row, a name without one that of the last row of the match. */
#include <stdarg.h>
#include <stdio.h>

#include "bind/binder.h"

enum { POSITIONS_MAX = 1000, NAMES_MAX = 64 };

struct MatchScope {
  BoundMatch *match;
  Scope      *rows;       /* what PARTITION BY sees */
  uint32_t    current;    /* DEFINE: the variable; MATCH_ANY in MEASURES */
  bool       *out_of_reach; /* by variable: defined later */
  bool        looks_back; /* set when a register was used */
};

static bool misuse(Binder *b, Span span, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static bool misuse(Binder *b, Span span, const char *hint, const char *format, ...) {
  char text[256];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  Diag *diag = diag_add(b->diags, DIAG_match_misuse, span, "%s", text);
  if (hint) diag_hint(b->diags, diag, "%s", hint);
  return false;
}

/* ---- variables and the pattern ---------------------------------------------------------------- */

static uint32_t find_variable(const BoundMatch *match, Str name) {
  for (uint32_t i = 0; i < match->vars_len; i++)
    if (str_eq_nocase(match->vars[i].name, name)) return i;
  return MATCH_ANY;
}

static uint32_t need_variable(Binder *b, BoundMatch *match, Str name) {
  uint32_t found = find_variable(match, name);
  if (found != MATCH_ANY) return found;
  MatchVariable *vars = ARENA_ARRAY(b->arena, MatchVariable, match->vars_len + 1);
  if (match->vars_len) memcpy(vars, match->vars, match->vars_len * sizeof *vars);
  vars[match->vars_len] = (MatchVariable){.name = name};
  match->vars = vars;
  return match->vars_len++;
}

/* How many variables it has when repetitions are written out: what the automaton is made of. */
static uint64_t written_out(const AstPattern *ast) {
  uint64_t count = 0;
  for (uint32_t i = 0; i < ast->len; i++) count += written_out(ast->parts[i]);
  if (ast->kind == AST_PATTERN_VARIABLE || ast->kind == AST_PATTERN_ANY) return 1;
  if (ast->kind == AST_PATTERN_REPEAT) count *= ast->max == UINT32_MAX ? (uint64_t)ast->min + 1 : ast->max;
  return count > POSITIONS_MAX ? POSITIONS_MAX + 1 : count;
}

static void print_repeat(const MatchPattern *pattern, StrBuf *out) {
  bool open = pattern->max == UINT32_MAX;
  if (open && pattern->min <= 1) strbuf_putc(out, pattern->min ? '+' : '*');
  else if (pattern->min == 0 && pattern->max == 1) strbuf_putc(out, '?');
  else if (open) strbuf_printf(out, "{%u,}", pattern->min);
  else if (pattern->min == pattern->max) strbuf_printf(out, "{%u}", pattern->min);
  else strbuf_printf(out, "{%u,%u}", pattern->min, pattern->max);
}

void match_pattern_print(const BoundMatch *match, const MatchPattern *pattern, StrBuf *out) {
  if (pattern->kind == MATCH_VARIABLE) {
    strbuf_put_str(out, match->vars[pattern->var].name);
    return;
  }
  bool group = pattern->kind != MATCH_REPEAT;
  if (group) strbuf_putc(out, '(');
  for (uint32_t i = 0; i < pattern->len; i++) {
    if (i) strbuf_puts(out, pattern->kind == MATCH_CHOICE ? " | " : " ");
    match_pattern_print(match, pattern->parts[i], out);
  }
  if (group) strbuf_putc(out, ')');
  else print_repeat(pattern, out);
}

static MatchPattern *bind_pattern(Binder *b, BoundMatch *match, const AstPattern *ast) {
  MatchPattern *pattern = ARENA_NEW(b->arena, MatchPattern);
  pattern->min = ast->min;
  pattern->max = ast->max;
  pattern->len = ast->len;
  pattern->parts = ARENA_ARRAY(b->arena, MatchPattern *, ast->len + 1);
  switch (ast->kind) {
    case AST_PATTERN_VARIABLE: pattern->var = need_variable(b, match, ast->name.text); break;
    case AST_PATTERN_ANY: pattern->var = need_variable(b, match, STR(".")); break;
    case AST_PATTERN_SEQUENCE: pattern->kind = MATCH_SEQUENCE; break;
    case AST_PATTERN_CHOICE: pattern->kind = MATCH_CHOICE; break;
    default: pattern->kind = MATCH_REPEAT; break;
  }
  for (uint32_t i = 0; i < ast->len; i++) pattern->parts[i] = bind_pattern(b, match, ast->parts[i]);
  return pattern;
}

/* SQL has A*? for the shortest match; here every quantifier takes as much as it can. NULL: there is none. */
static const AstPattern *find_reluctant(const AstPattern *ast) {
  const AstPattern *inner = ast->kind == AST_PATTERN_REPEAT ? ast->parts[0] : NULL;
  if (inner && inner->kind == AST_PATTERN_REPEAT && !inner->parens) return ast;
  const AstPattern *found = NULL;
  for (uint32_t i = 0; i < ast->len && !found; i++) found = find_reluctant(ast->parts[i]);
  return found;
}

static bool bind_whole_pattern(Binder *b, BoundMatch *match, const AstRelation *ast) {
  const AstMatch *clauses = ast->match.clauses;
  if (clauses->pattern == NULL) return false; /* the grammar has spoken */
  if (written_out(clauses->pattern) > POSITIONS_MAX)
    return misuse(
        b, clauses->pattern->span, "split the search: find parts in one step and put them together in the next",
        "this PATTERN is too large: with its repetitions written out it holds more than %d variables", POSITIONS_MAX);
  const AstPattern *reluctant = find_reluctant(clauses->pattern);
  if (reluctant)
    return misuse(b, reluctant->span, "quantifiers take as many rows as they can, and there is no form that takes few; "
                  "if a group is to be repeated, put it in parentheses: `(A*)?`", "a quantifier follows another one");
  match->pattern = bind_pattern(b, match, clauses->pattern);
  return true;
}

/* ---- registers -------------------------------------------------------------------------------- */

static uint32_t need_field(Binder *b, BoundMatch *match, Expr *expr) {
  for (uint32_t i = 0; i < match->fields.len; i++)
    if (expr_equal(match->fields.items[i], expr)) return i;
  arena_push(b->arena, &match->fields, expr);
  return match->fields.len - 1;
}

static const char *fn_name(MatchFn fn) {
  static const char *const names[] = {"First", "Last", "Min", "Max", "Classifier"};
  return names[fn];
}

static TypeMask register_types(MatchFn fn, TypeMask of) {
  if (fn == MATCH_CLASSIFIER) return MASK(TYPE_ARRAY);
  bool numbers = (fn == MATCH_MIN || fn == MATCH_MAX) && (of & MASK(TYPE_TEXT)); /* all-numeric text gives a float */
  return numbers ? of | MASK(TYPE_FLOAT) : of;
}

static Str register_name(Binder *b, const BoundMatch *match, MatchFn fn, uint32_t var, const Expr *field) {
  if (fn == MATCH_CLASSIFIER) return STR("Classifier()");
  StrBuf text = {0};
  expr_print(field, &text);
  Str name = var == MATCH_ANY ? arena_printf(b->arena, "%s(%s)", fn_name(fn), text.ptr)
                              : arena_printf(b->arena, "%s(" STR_FMT ".%s)", fn_name(fn),
                                             STR_ARG(match->vars[var].name), text.ptr);
  strbuf_release(&text);
  return name;
}

static Expr *register_expr(Binder *b, MatchScope *in, MatchFn fn, uint32_t var, Expr *field, Span span) {
  BoundMatch *match = in->match;
  uint32_t at = field ? need_field(b, match, field) : 0;
  bool defines = in->current != MATCH_ANY;
  in->looks_back = true;
  for (uint32_t i = 0; i < match->registers.len; i++) {
    MatchRegister *reg = match->registers.items[i];
    if (reg->fn != fn || reg->var != var || reg->field != at) continue;
    reg->defines |= defines;
    return expr_column(b->arena, span, &reg->column);
  }
  MatchRegister *reg = ARENA_NEW(b->arena, MatchRegister);
  *reg = (MatchRegister){.fn = fn, .var = var, .field = at, .defines = defines};
  reg->column = (ExprColumn){.slot = UINT32_MAX, .name = register_name(b, match, fn, var, field),
                             .types = register_types(fn, field ? field->types : 0)};
  arena_push(b->arena, &match->registers, reg);
  return expr_column(b->arena, span, &reg->column);
}

/* ---- names and calls inside DEFINE and MEASURES ----------------------------------------------- */

static Expr *row_value(Binder *b, const MatchScope *in, const AstName *names, uint32_t len, Span span) {
  return bind_names(b, in->rows, names, len, span);
}

/* The variable in front of a path; MATCH_ANY: there is none. *reached is false when it was diagnosed. */
static uint32_t path_variable(Binder *b, const MatchScope *in, const AstName *names, uint32_t len, bool *reached) {
  uint32_t var = len > 1 ? find_variable(in->match, names[0].text) : MATCH_ANY;
  *reached = var == MATCH_ANY || in->current == MATCH_ANY || !in->out_of_reach[var];
  if (!*reached)
    misuse(b, names[0].span, "a variable may use itself and those defined before it",
           "`" STR_FMT "` is defined further down in DEFINE", STR_ARG(names[0].text));
  return var;
}

Expr *bind_match_names(Binder *b, const Scope *scope, const AstName *names, uint32_t len, Span span) {
  MatchScope *in = scope->match;
  bool reached;
  uint32_t var = path_variable(b, in, names, len, &reached);
  if (!reached) return expr_error(b, span);
  Expr *value = var == MATCH_ANY ? row_value(b, in, names, len, span) : row_value(b, in, names + 1, len - 1, span);
  if (value->kind == EXPR_ERROR) return value;
  bool at_hand = in->current != MATCH_ANY && (var == MATCH_ANY || var == in->current);
  return at_hand ? value : register_expr(b, in, MATCH_LAST, var, value, span);
}

static bool match_fn(const AstCall *call, MatchFn *fn) {
  for (MatchFn i = MATCH_FIRST; call->name.len == 1 && call->over == NULL && i <= MATCH_CLASSIFIER; i++) {
    if (!str_eq_nocase(call->name.items[0].text, str_from(fn_name(i)))) continue;
    *fn = i;
    return true;
  }
  return false;
}

bool is_match_call(const Scope *scope, const AstCall *call) {
  MatchFn fn;
  return scope->match && (match_fn(call, &fn) || is_analytic(call));
}

static Expr *bind_classifier(Binder *b, MatchScope *in, const AstExpr *ast) {
  const char *hint = "Classifier() gives the variables of a whole match: use it in MEASURES, without an argument";
  if (ast->call.args.len == 0 && in->current == MATCH_ANY)
    return register_expr(b, in, MATCH_CLASSIFIER, MATCH_ANY, NULL, ast->span);
  misuse(b, ast->span, hint, "`Classifier` cannot stand here");
  return expr_error(b, ast->span);
}

Expr *bind_match_call(Binder *b, const Scope *scope, const AstExpr *ast) {
  MatchScope *in = scope->match;
  MatchFn fn;
  if (!match_fn(&ast->call, &fn)) {
    misuse(b, ast->span, "compute it in a step before MATCH_RECOGNIZE", "functions with OVER cannot stand here");
    return expr_error(b, ast->span);
  }
  if (fn == MATCH_CLASSIFIER) return bind_classifier(b, in, ast);
  const AstExpr *arg = ast->call.args.len == 1 ? ast->call.args.items[0] : NULL;
  if (arg == NULL || ast->call.distinct || (arg->kind != AST_PATH && arg->kind != AST_QUOTED)) {
    misuse(b, ast->span, "write it like Last(A.price); compute other values in a step before MATCH_RECOGNIZE",
           "`%s` takes a field of a variable", fn_name(fn));
    return expr_error(b, ast->span);
  }
  AstName quoted = {.text = arg->text, .span = arg->span, .quote = AST_DOUBLE_QUOTED};
  const AstName *names = arg->kind == AST_PATH ? arg->path.items : &quoted;
  uint32_t len = arg->kind == AST_PATH ? arg->path.len : 1;
  bool reached;
  uint32_t var = path_variable(b, in, names, len, &reached);
  if (!reached) return expr_error(b, ast->span);
  Expr *field = var == MATCH_ANY ? row_value(b, in, names, len, arg->span)
                                 : row_value(b, in, names + 1, len - 1, arg->span);
  return field->kind == EXPR_ERROR ? field : register_expr(b, in, fn, var, field, ast->span);
}

/* ---- DEFINE ----------------------------------------------------------------------------------- */

static bool find_defined(Binder *b, const BoundMatch *match, const AstMatch *clauses, uint32_t *vars) {
  for (uint32_t i = 0; i < clauses->defines_len; i++) {
    const AstName *name = &clauses->defines[i]->name;
    vars[i] = find_variable(match, name->text);
    for (uint32_t j = 0; j < i && vars[i] != MATCH_ANY; j++)
      if (vars[j] == vars[i]) return misuse(b, name->span, NULL, "`" STR_FMT "` is defined twice", STR_ARG(name->text));
    if (vars[i] != MATCH_ANY) continue;
    Str names[NAMES_MAX];
    unsigned count = 0;
    for (; count < match->vars_len && count < NAMES_MAX; count++) names[count] = match->vars[count].name;
    Str nearest = diag_nearest(name->text, names, count);
    Diag *diag = diag_add(b->diags, DIAG_match_misuse, name->span,
                          "`" STR_FMT "` is defined, but PATTERN does not use it", STR_ARG(name->text));
    if (nearest.len) diag_hint(b->diags, diag, "did you mean `" STR_FMT "`?", STR_ARG(nearest));
    return false;
  }
  return true;
}

static bool bind_defines(Binder *b, BoundMatch *match, Scope *rows, const AstMatch *clauses) {
  uint32_t *vars = ARENA_ARRAY(b->arena, uint32_t, clauses->defines_len + 1);
  bool *later = ARENA_ARRAY(b->arena, bool, match->vars_len + 1), ok = find_defined(b, match, clauses, vars);
  for (uint32_t i = 0; ok && i < clauses->defines_len; i++) later[vars[i]] = true;
  for (uint32_t i = 0; ok && i < clauses->defines_len; i++) {
    MatchScope in = {.match = match, .rows = rows, .current = vars[i], .out_of_reach = later};
    Scope scope = *rows;
    scope.match = &in;
    later[vars[i]] = false;
    MatchVariable *var = &match->vars[vars[i]];
    var->condition = bind_condition(b, &scope, clauses->defines[i]->condition);
    var->looks_back = in.looks_back;
    ok = var->condition->kind != EXPR_ERROR;
  }
  return ok;
}

/* ---- columns ---------------------------------------------------------------------------------- */

static bool add_column(Binder *b, BoundRelation *relation, Str name, TypeMask types, Span span) {
  for (uint32_t i = 0; i < relation->cols_len; i++) {
    if (!str_eq_nocase(relation->cols[i].name, name)) continue;
    Diag *diag = diag_add(b->diags, DIAG_duplicate_column, span,
                          "two columns of this MATCH_RECOGNIZE are called `" STR_FMT "`", STR_ARG(name));
    diag_hint(b->diags, diag, "its columns are those of PARTITION BY and MEASURES: give one another name with AS");
    return false;
  }
  relation->cols[relation->cols_len++] = (RelationColumn){name, types};
  return true;
}

static bool bind_keys(Binder *b, BoundRelation *relation, Scope *rows, const AstMatch *clauses, unsigned *unnamed) {
  BoundMatch *match = &relation->match;
  match->keys = ARENA_ARRAY(b->arena, Expr *, clauses->partition_by.len + 1);
  for (uint32_t i = 0; i < clauses->partition_by.len; i++) {
    const AstExpr *ast = clauses->partition_by.items[i];
    Expr *key = bind_expr(b, rows, ast);
    if (key->kind == EXPR_ERROR) return false;
    match->keys[match->keys_len++] = key;
    if (!add_column(b, relation, item_default_name(b, ast, unnamed), key->types, ast->span)) return false;
  }
  return true;
}

static bool bind_measures(Binder *b, BoundRelation *relation, Scope *rows, const AstMatch *clauses, unsigned *unnamed) {
  BoundMatch *match = &relation->match;
  MatchScope in = {.match = match, .rows = rows, .current = MATCH_ANY};
  Scope scope = *rows;
  scope.match = &in;
  match->measures = ARENA_ARRAY(b->arena, Expr *, clauses->measures.len + 1);
  for (uint32_t i = 0; i < clauses->measures.len; i++) {
    const AstItem *item = clauses->measures.items[i];
    Expr *value = bind_expr(b, &scope, item->expr);
    if (value->kind == EXPR_ERROR) return false;
    match->measures[match->measures_len++] = value;
    Str name = item->alias ? item->alias->text : item_default_name(b, item->expr, unnamed);
    if (!add_column(b, relation, name, value->types, item->span)) return false;
  }
  return true;
}

/* ---- the whole -------------------------------------------------------------------------------- */

static bool bind_limit(Binder *b, BoundMatch *match, const AstRelation *ast) {
  const AstExpr *limit = ast->match.clauses->limit;
  if (limit == NULL)
    return misuse(b, ast->span, "it says how long a match may take: LIMIT DURATION(minute, 5)",
                  "MATCH_RECOGNIZE needs LIMIT DURATION");
  if (!bind_duration(b, limit->call.args.items[0], limit->call.args.items[1], &match->duration)) return false;
  if (match->duration > 0) return true;
  return misuse(b, limit->span, NULL, "LIMIT DURATION must be longer than nothing");
}

static bool check_source(Binder *b, const BoundSelect *rows, Span span) {
  for (uint32_t i = 0; i < rows->leaves.len; i++)
    if (!provider_is_reference(rows->leaves.items[i]->provider)) return true;
  Diag *diag =
      diag_add(b->diags, DIAG_source_kind_conflict, span, "MATCH_RECOGNIZE reads a stream, and this is reference data");
  diag_hint(b->diags, diag, "rows of reference data have no order in time");
  return false;
}

bool bind_match(Binder *b, BoundSelect *select, const AstRelation *ast) {
  const AstMatch *clauses = ast->match.clauses;
  BoundRelation *relation = ARENA_NEW(b->arena, BoundRelation);
  BoundMatch *match = &relation->match;
  BoundSelect *from = ARENA_NEW(b->arena, BoundSelect);
  *relation = (BoundRelation){.kind = RELATION_MATCH, .span = ast->span};
  *from = (BoundSelect){.span = ast->span, .match = match};
  match->from = from;
  arena_push(b->arena, &b->selects, from);
  if (!bind_from(b, from, ast->match.input, NULL) || !check_source(b, from, ast->match.input->span)) return false;
  relation->cols = ARENA_ARRAY(b->arena, RelationColumn, clauses->partition_by.len + clauses->measures.len + 1);
  Scope rows = {.select = from, .leaves = from->leaves.items, .leaves_len = from->leaves.len, .clause = CLAUSE_ON};
  unsigned unnamed = 0;
  bool ok = bind_limit(b, match, ast) && bind_whole_pattern(b, match, ast) &&
            bind_keys(b, relation, &rows, clauses, &unnamed) && bind_defines(b, match, &rows, clauses) &&
            bind_measures(b, relation, &rows, clauses, &unnamed);
  if (!ok) return false;
  if (relation->cols_len == 0)
    return misuse(b, ast->span, "add MEASURES, for example MEASURES Last(A.price) AS price",
                  "this MATCH_RECOGNIZE gives no columns");
  return add_relation_leaf(b, select, ast, relation) != NULL;
}
