/* ast_build.c: see ast_build.h. */
#include "grammar/ast_build.h"

#include <math.h>
#include <stdlib.h>

#include "asaql.h"

enum { REPEAT_MAX = 1000 }; /* {n,m} in PATTERN: automata are unrolled by it */

static Span span_from(const Parser *p, uint32_t begin) { return (Span){begin, p->prev_end}; }

/* ---- lists in the arena ----------------------------------------------------------------------- */

static void *grown(Parser *p, void *items, uint32_t len, uint32_t *cap, size_t item_size) {
  if (len < *cap) return items;
  *cap = *cap ? *cap * 2 : 4;
  void *larger = arena_alloc(p->arena, mem_mul(*cap, item_size));
  if (len) memcpy(larger, items, len * item_size);
  return larger;
}

#define APPEND(p, items, len, cap, item)                             \
  do {                                                               \
    (items) = grown((p), (items), (len), &(cap), sizeof *(items));   \
    (items)[(len)++] = (item);                                       \
  } while (0)

AstExprs exprs_add(Parser *p, AstExprs list, AstExpr *expr) {
  APPEND(p, list.items, list.len, list.cap, expr);
  return list;
}

AstNames names_add(Parser *p, AstNames list, AstName name) {
  APPEND(p, list.items, list.len, list.cap, name);
  return list;
}

AstItems items_add(Parser *p, AstItems list, AstItem *item) {
  APPEND(p, list.items, list.len, list.cap, item);
  return list;
}

static unsigned depth_of(const AstExpr *expr) { return expr ? expr->depth : 0; }
static unsigned deeper(unsigned a, unsigned b) { return a > b ? a : b; }

static unsigned depth_of_list(AstExprs list) {
  unsigned depth = 0;
  for (uint32_t i = 0; i < list.len; i++) depth = deeper(depth, list.items[i]->depth);
  return depth;
}

/* The depth of a node over children of this depth; too deep is diagnosed once and starts again at 1. */
static bool too_deep(Parser *p, Span span, unsigned child_depth) {
  if (child_depth < AST_DEPTH_MAX) return false;
  if (!p->too_deep) {
    Diag *diag = diag_add(p->diags, DIAG_too_deep, (Span){span.begin, span.begin + 1},
                          "this nests more than %d levels deep", AST_DEPTH_MAX);
    diag_hint(p->diags, diag, "split it into WITH steps, or write long chains as lists: `x IN (...)`, `CONCAT(...)`");
  }
  return p->too_deep = true;
}

/* ---- names ------------------------------------------------------------------------------------ */

/* Text between quotes, doubled closing marks made single. */
static Str unquote(Parser *p, Str text, char close) {
  if (str_find_char(text, close) < 0) return text;
  char *out = arena_alloc(p->arena, text.len);
  size_t len = 0;
  for (size_t i = 0; i < text.len; i++) {
    out[len++] = text.ptr[i];
    if (text.ptr[i] == close) i++;
  }
  return (Str){out, len};
}

/* The text of a quoted token, without the quotes and the N that may stand before a text. */
static Str inner_text(Parser *p, Token token, char close) {
  Str text = parser_text(p, token.span);
  size_t begin = token.kind == TK_TEXT && text.ptr[0] != '\'' ? 2 : 1;
  return unquote(p, str_sub(text, begin, text.len - 1), close);
}

AstName name_new(Parser *p, Token token) {
  switch (token.kind) {
    case TK_BRACKETED: return (AstName){inner_text(p, token, ']'), token.span, AST_BRACKETED};
    case TK_DQUOTED: return (AstName){inner_text(p, token, '"'), token.span, AST_DOUBLE_QUOTED};
    case TK_TEXT: return (AstName){inner_text(p, token, '\''), token.span, AST_SINGLE_QUOTED};
    default: return (AstName){parser_text(p, token.span), token.span, AST_BARE};
  }
}

AstName *name_copy(Parser *p, AstName name) { return arena_dup(p->arena, &name, sizeof name); }

static bool is_index(AstName name) {
  int64_t index;
  return name.quote == AST_BRACKETED && str_to_i64(name.text, &index);
}

/* `a[0]` reads as a name and a quoted alias; it was meant as an index. */
static void check_index(Parser *p, const AstExpr *expr, AstName alias) {
  if (!is_index(alias) || alias.span.begin != expr->span.end) return;
  Diag *diag = diag_add(p->diags, DIAG_array_index, alias.span, "array elements are not read with brackets");
  Str array = parser_text(p, expr->span);
  diag_hint(p->diags, diag, "write `GetArrayElement(" STR_FMT ", " STR_FMT ")`", STR_ARG(array), STR_ARG(alias.text));
}

/* ---- scripts ---------------------------------------------------------------------------------- */

void script_add_query(Parser *p, AstQuery *query) {
  AstScript *script = p->script;
  APPEND(p, script->queries, script->queries_len, script->queries_cap, query);
}

void script_add_step(Parser *p, AstName name, AstQuery *query) {
  AstScript *script = p->script;
  AstStep *step = ARENA_NEW(p->arena, AstStep);
  *step = (AstStep){AST_STEP, span_from(p, name.span.begin), name, query};
  APPEND(p, script->steps, script->steps_len, script->steps_cap, step);
}

void script_add_table(Parser *p, AstCreateTable *table, Span create, AstName name) {
  AstScript *script = p->script;
  table->span = span_from(p, create.begin);
  table->name = name;
  APPEND(p, script->tables, script->tables_len, script->tables_cap, table);
}

AstCreateTable *table_add_column(Parser *p, AstCreateTable *table, AstName name, AstType type) {
  if (table == NULL) {
    table = ARENA_NEW(p->arena, AstCreateTable);
    table->kind = AST_CREATE_TABLE;
  }
  AstColumn *column = ARENA_NEW(p->arena, AstColumn);
  *column = (AstColumn){AST_COLUMN, span_from(p, name.span.begin), name, type};
  APPEND(p, table->columns, table->columns_len, table->columns_cap, column);
  return table;
}

AstType type_new(Parser *p, AstName name, const Token *length) {
  AstType type = {.name = name, .span = span_from(p, name.span.begin), .length = -1};
  if (length && !str_to_i64(parser_text(p, length->span), &type.length)) type.length = -1;
  return type;
}

/* ---- queries ---------------------------------------------------------------------------------- */

static void check_from(Parser *p, Span select, const AstRelation *from) {
  if (from) return;
  Diag *diag = diag_add(p->diags, DIAG_missing_from, select, "this SELECT has no FROM");
  diag_hint(p->diags, diag, "say what it reads: `SELECT ... FROM input`");
}

AstQuery *select_new(Parser *p, Span select, AstItems items, AstName *into, AstRelation *from, AstExpr *where,
                     AstGroup group, AstExpr *having) {
  check_from(p, select, from);
  AstQuery *query = ARENA_NEW(p->arena, AstQuery);
  query->kind = AST_SELECT;
  query->span = span_from(p, select.begin);
  query->select = (AstSelect){.select_span = select, .items = items, .into = into, .from = from, .where = where,
                              .group_by = group.keys, .group_by_span = group.span, .having = having};
  return query;
}

static AstQuery *union_of_one(Parser *p, AstQuery *first) {
  AstQuery *query = ARENA_NEW(p->arena, AstQuery);
  query->kind = AST_UNION;
  query->span = first->span;
  uint32_t cap = 0;
  query->set.all = grown(p, NULL, 0, &cap, sizeof *query->set.all);
  query->set.all[0] = false;
  APPEND(p, query->set.branches, query->set.len, query->set.cap, first);
  return query;
}

AstQuery *union_add(Parser *p, AstQuery *left, bool all, AstQuery *right) {
  if (left->kind != AST_UNION) left = union_of_one(p, left);
  uint32_t cap = left->set.cap;
  left->set.all = grown(p, left->set.all, left->set.len, &cap, sizeof *left->set.all);
  left->set.all[left->set.len] = all;
  APPEND(p, left->set.branches, left->set.len, left->set.cap, right);
  left->span = span_from(p, left->span.begin);
  return left;
}

/* `alias = expr`: an equality on its own in a SELECT list, with a name on its left. */
static bool is_assignment(const AstExpr *expr) {
  if (expr->kind != AST_BINARY || expr->binary.op != AST_OP_EQ || expr->parens || expr->binary.left->parens)
    return false;
  const AstExpr *left = expr->binary.left;
  return left->kind == AST_QUOTED || left->kind == AST_TEXT || (left->kind == AST_PATH && left->path.len == 1);
}

static AstName *assigned_name(Parser *p, const AstExpr *left) {
  if (left->kind == AST_PATH) return &left->path.items[0];
  return name_copy(p,
                   (AstName){left->text, left->span, left->kind == AST_TEXT ? AST_SINGLE_QUOTED : AST_DOUBLE_QUOTED});
}

/* compare_new warned about `x = NULL`; as an assignment it is fine. */
static void forget_equals_null(Parser *p, Span span) {
  DiagMark mark = diags_mark(p->diags);
  if (mark.len == 0) return;
  const Diag *last = &p->diags->items.items[mark.len - 1];
  if (last->code == DIAG_equals_null && last->span.begin == span.begin)
    diags_truncate(p->diags, (DiagMark){mark.len - 1, mark.errors, mark.warnings - 1});
}

AstItem *item_new(Parser *p, AstExpr *expr, const AstName *alias) {
  AstItem *item = ARENA_NEW(p->arena, AstItem);
  *item = (AstItem){AST_ITEM, span_from(p, expr->span.begin), expr, NULL, false};
  if (alias) {
    check_index(p, expr, *alias);
    item->alias = name_copy(p, *alias);
  } else if (is_assignment(expr)) {
    forget_equals_null(p, expr->span);
    item->alias = assigned_name(p, expr->binary.left);
    item->expr = expr->binary.right;
    item->alias_first = true;
  }
  return item;
}

void refuse_select_distinct(Parser *p, Span word) {
  Diag *diag = diag_add(p->diags, DIAG_tsql_select_distinct, word, "SELECT DISTINCT is not part of the language");
  diag_hint(p->diags, diag,
            "group by the columns and a window (`GROUP BY a, TumblingWindow(minute, 1)`), or count with "
            "`COUNT(DISTINCT a)`");
}

void refuse_top(Parser *p, Span word, Span count) {
  Str n = parser_text(p, count);
  Diag *diag = diag_add(p->diags, DIAG_tsql_top, (Span){word.begin, p->prev_end}, "TOP is not part of the language");
  diag_hint(p->diags, diag,
            "rank inside a window: `CollectTop(" STR_FMT
            ") OVER (ORDER BY x DESC)` with `GROUP BY TumblingWindow(minute, 1)`",
            STR_ARG(n));
}

/* Behind TOP it is half of the same idea. */
static bool follows_top(const Parser *p) {
  const DiagList *diags = p->diags;
  return diags->items.len && diags->items.items[diags->items.len - 1].code == DIAG_tsql_top;
}

void refuse_order_by(Parser *p, uint32_t begin) {
  if (follows_top(p)) return;
  Diag *diag = diag_add(p->diags, DIAG_tsql_order_by, span_from(p, begin),
                        "a statement has no ORDER BY: rows leave in time order");
  diag_hint(
      p->diags, diag,
      "to rank inside a window write `CollectTop(n) OVER (ORDER BY x DESC)` or `TopOne() OVER (ORDER BY x DESC)`");
}

/* ---- relations -------------------------------------------------------------------------------- */

static AstRelation *relation_new(Parser *p, AstKind kind, uint32_t begin, unsigned child_depth) {
  AstRelation *relation = ARENA_NEW(p->arena, AstRelation);
  relation->kind = kind;
  relation->span = span_from(p, begin);
  relation->depth = (uint16_t)(too_deep(p, relation->span, child_depth) ? 1 : child_depth + 1);
  return relation;
}

static unsigned depth_of_query(const AstQuery *query) {
  if (query->kind == AST_SELECT) return query->select.from ? query->select.from->depth : 0;
  unsigned depth = 0;
  for (uint32_t i = 0; i < query->set.len; i++) depth = deeper(depth, depth_of_query(query->set.branches[i]));
  return depth;
}

AstRelation *table_source(Parser *p, AstNames name, AstName *alias) {
  AstRelation *relation = relation_new(p, AST_TABLE, name.items[0].span.begin, 0);
  relation->table.name = name;
  relation->alias = alias;
  return relation;
}

AstRelation *subselect_source(Parser *p, uint32_t begin, AstQuery *query, AstName *alias) {
  AstRelation *relation = relation_new(p, AST_SUBSELECT, begin, depth_of_query(query));
  relation->subselect.query = query;
  relation->alias = alias;
  return relation;
}

static void clause_once(Parser *p, bool given, Span word, const char *clause) {
  if (given) diag_add(p->diags, DIAG_clause_twice, word, "%s is given twice", clause);
}

AstRelation *source_timestamp(Parser *p, AstRelation *source, uint32_t begin, AstExpr *by, AstExprs over) {
  clause_once(p, source->timestamp_by != NULL, (Span){begin, by->span.begin}, "TIMESTAMP BY");
  source->timestamp_by = by;
  source->timestamp_over = over;
  source->timestamp_span = span_from(p, begin);
  source->span = span_from(p, source->span.begin);
  return source;
}

AstRelation *source_partition(Parser *p, AstRelation *source, Span word, AstExprs by, AstExpr *shards) {
  clause_once(p, source->partition_by.len > 0, word, "PARTITION BY");
  source->partition_by = by;
  source->shards = shards;
  source->span = span_from(p, source->span.begin);
  return source;
}

JoinWords join_words(Parser *p, Span first, AstJoinType type) {
  return (JoinWords){type, span_from(p, first.begin)};
}

JoinWords refuse_outer_join(Parser *p, Span first) {
  JoinWords words = join_words(p, first, AST_JOIN_LEFT);
  Str word = parser_text(p, first);
  bool full = str_eq_nocase(word, STR("FULL"));
  Diag *diag = diag_add(p->diags, DIAG_tsql_outer_join, words.span, "there is no " STR_FMT " JOIN", STR_ARG(word));
  diag_hint(p->diags, diag,
            full ? "write a LEFT JOIN each way and put them together with UNION"
                 : "turn the two sides around and write LEFT JOIN");
  return words;
}

AstRelation *join_new(Parser *p, AstRelation *left, JoinWords words, AstRelation *right, AstExpr *on) {
  AstRelation *relation = relation_new(p, AST_JOIN, left->span.begin, deeper(left->depth, right->depth));
  relation->join.type = words.type;
  relation->join.left = left;
  relation->join.right = right;
  relation->join.on = on;
  relation->join.join_span = words.span;
  return relation;
}

AstRelation *cross_join_new(Parser *p, AstRelation *left, Span cross, AstRelation *right) {
  JoinWords words = {AST_JOIN_CROSS, cross};
  return join_new(p, left, words, right, NULL);
}

AstRelation *apply_new(Parser *p, AstRelation *left, bool outer, AstExpr *call, AstName *alias) {
  if (call->kind != AST_CALL && call->kind != AST_ERROR) {
    Diag *diag = diag_add(p->diags, DIAG_apply_needs_call, call->span, "APPLY takes a function call");
    Str text = parser_text(p, call->span);
    diag_hint(p->diags, diag, "write `GetArrayElements(" STR_FMT ")` or `GetRecordProperties(" STR_FMT ")`",
              STR_ARG(text), STR_ARG(text));
  }
  AstRelation *relation = relation_new(p, AST_APPLY, left->span.begin, left->depth);
  relation->apply.outer = outer;
  relation->apply.left = left;
  relation->apply.call = call;
  relation->alias = alias;
  return relation;
}

AstRelation *match_new(Parser *p, AstRelation *input, AstMatch *clauses, AstName *alias) {
  AstRelation *relation = relation_new(p, AST_MATCH, input->span.begin, input->depth);
  relation->match.input = input;
  relation->match.clauses = clauses;
  relation->alias = alias;
  return relation;
}

AstRelation *relation_parens(Parser *p, uint32_t begin, AstRelation *relation) {
  relation->span = span_from(p, begin);
  relation->parens = true;
  return relation;
}

/* ---- MATCH_RECOGNIZE -------------------------------------------------------------------------- */

AstMatch *match_limit(Parser *p, AstMatch *match, Span word, AstExpr *duration) {
  clause_once(p, match->limit != NULL, word, "LIMIT DURATION");
  match->limit = duration;
  return match;
}

AstMatch *match_partition(Parser *p, AstMatch *match, Span word, AstExprs by) {
  clause_once(p, match->partition_by.len > 0, word, "PARTITION BY");
  match->partition_by = by;
  return match;
}

AstMatch *match_finish(AstMatch *match, AstItems measures, bool skip, AstPattern *pattern, const AstMatch *defines) {
  match->measures = measures;
  match->skip_to_next_row = skip;
  match->pattern = pattern;
  if (defines) {
    match->defines = defines->defines;
    match->defines_len = defines->defines_len;
    match->defines_cap = defines->defines_cap;
  }
  return match;
}

AstDefine *define_new(Parser *p, AstName name, AstExpr *condition) {
  AstDefine *define = ARENA_NEW(p->arena, AstDefine);
  *define = (AstDefine){AST_DEFINE, span_from(p, name.span.begin), name, condition};
  return define;
}

AstMatch *defines_add(Parser *p, AstMatch *list, AstDefine *define) {
  if (list == NULL) list = ARENA_NEW(p->arena, AstMatch);
  APPEND(p, list->defines, list->defines_len, list->defines_cap, define);
  return list;
}

static AstPattern *pattern_new(Parser *p, AstKind kind, Span span, unsigned child_depth) {
  AstPattern *pattern = ARENA_NEW(p->arena, AstPattern);
  pattern->kind = kind;
  pattern->span = span;
  pattern->depth = (uint16_t)(too_deep(p, span, child_depth) ? 1 : child_depth + 1);
  return pattern;
}

AstPattern *pattern_variable(Parser *p, AstName name) {
  AstPattern *pattern = pattern_new(p, AST_PATTERN_VARIABLE, name.span, 0);
  pattern->name = name;
  return pattern;
}

AstPattern *pattern_any(Parser *p, Span span) { return pattern_new(p, AST_PATTERN_ANY, span, 0); }

AstPattern *pattern_parens(Parser *p, uint32_t begin, AstPattern *pattern) {
  pattern->span = span_from(p, begin);
  pattern->parens = true;
  return pattern;
}

/* Chains are one node; a group in parentheses stays its own. */
AstPattern *pattern_join(Parser *p, AstKind kind, AstPattern *left, AstPattern *right) {
  if (left->kind != kind || left->parens) {
    AstPattern *joined = pattern_new(p, kind, left->span, left->depth);
    APPEND(p, joined->parts, joined->len, joined->cap, left);
    left = joined;
  }
  APPEND(p, left->parts, left->len, left->cap, right);
  left->span = span_from(p, left->span.begin);
  if (right->depth >= left->depth)
    left->depth = (uint16_t)(too_deep(p, left->span, right->depth) ? 1 : right->depth + 1);
  return left;
}

AstPattern *pattern_repeat(Parser *p, AstPattern *part, uint32_t min, uint32_t max) {
  AstPattern *pattern = pattern_new(p, AST_PATTERN_REPEAT, span_from(p, part->span.begin), part->depth);
  APPEND(p, pattern->parts, pattern->len, pattern->cap, part);
  pattern->min = min;
  pattern->max = max;
  return pattern;
}

AstPattern *pattern_count(Parser *p, AstPattern *part, uint32_t begin, const Token *min, const Token *max) {
  int64_t low = -1, high = max ? -1 : REPEAT_MAX;
  bool numbers = str_to_i64(parser_text(p, min->span), &low) && (!max || str_to_i64(parser_text(p, max->span), &high));
  if (!numbers || low > high || high < 1 || high > REPEAT_MAX) {
    Diag *diag = diag_add(p->diags, DIAG_bad_repeat, span_from(p, begin), "this repetition makes no sense");
    diag_hint(p->diags, diag, "`{n}`, `{n,}` or `{n,m}` with n at most m and both at most %d", REPEAT_MAX);
    low = high = 1;
  }
  return pattern_repeat(p, part, (uint32_t)low, max ? (uint32_t)high : UINT32_MAX);
}

/* ---- conditions ------------------------------------------------------------------------------- */

AstExpr *expr_new(Parser *p, AstKind kind, uint32_t begin, unsigned child_depth) {
  AstExpr *expr = ARENA_NEW(p->arena, AstExpr);
  expr->span = span_from(p, begin);
  bool deep = too_deep(p, expr->span, child_depth);
  expr->kind = deep ? AST_ERROR : kind;
  expr->depth = (uint16_t)(deep ? 1 : child_depth + 1);
  return expr;
}

/* a AND b AND c is one node, so that generated chains of any length stay flat. */
AstExpr *logic_new(Parser *p, bool is_or, AstExpr *left, AstExpr *right) {
  if (left->kind != AST_LOGIC || left->logic.is_or != is_or || left->parens) {
    AstExpr *expr = expr_new(p, AST_LOGIC, left->span.begin, deeper(left->depth, right->depth));
    if (expr->kind == AST_ERROR) return expr;
    expr->logic.is_or = is_or;
    expr->logic.operands = exprs_add(p, exprs_add(p, (AstExprs){0}, left), right);
    return expr;
  }
  left->logic.operands = exprs_add(p, left->logic.operands, right);
  left->span = span_from(p, left->span.begin);
  if (right->depth < left->depth) return left;
  if (too_deep(p, left->span, right->depth)) left->kind = AST_ERROR;
  left->depth = (uint16_t)(left->kind == AST_ERROR ? 1 : right->depth + 1);
  return left;
}

AstExpr *unary_new(Parser *p, AstOp op, uint32_t begin, AstExpr *operand) {
  AstExpr *expr = expr_new(p, AST_UNARY, begin, operand->depth);
  expr->unary.op = op;
  expr->unary.operand = operand;
  return expr;
}

/* -1 is a literal: it can be as small as bigint goes, and constants need no folding. */
AstExpr *negate_new(Parser *p, uint32_t begin, AstExpr *operand) {
  bool literal = operand->kind == AST_INTEGER || operand->kind == AST_FLOAT;
  bool negative = p->source->text.ptr[operand->span.begin] == '-';
  if (!literal || operand->parens || negative) return unary_new(p, AST_OP_NEG, begin, operand);
  if (operand->kind == AST_FLOAT) operand->floating.value = -operand->floating.value;
  else if (operand->integer != INT64_MIN) operand->integer = -operand->integer;
  operand->span.begin = begin;
  return operand;
}

AstExpr *binary_new(Parser *p, AstOp op, AstExpr *left, AstExpr *right) {
  AstExpr *expr = expr_new(p, AST_BINARY, left->span.begin, deeper(left->depth, right->depth));
  expr->binary.op = op;
  expr->binary.op_span = (Span){left->span.end, right->span.begin};
  expr->binary.left = left;
  expr->binary.right = right;
  return expr;
}

static AstOp comparison_op(int token) {
  switch (token) {
    case TK_EQ: return AST_OP_EQ;
    case TK_NE: return AST_OP_NE;
    case TK_LT: return AST_OP_LT;
    case TK_LE: return AST_OP_LE;
    case TK_GT: return AST_OP_GT;
    default: return AST_OP_GE;
  }
}

AstExpr *compare_new(Parser *p, Token op, AstExpr *left, AstExpr *right) {
  AstExpr *expr = binary_new(p, comparison_op(op.kind), left, right);
  if (expr->kind == AST_ERROR) return expr;
  expr->binary.op_span = op.span;
  if (left->kind != AST_NULL && right->kind != AST_NULL) return expr;
  Diag *diag = diag_add(p->diags, DIAG_equals_null, expr->span, "a comparison with NULL is never true");
  Str other = parser_text(p, left->kind == AST_NULL ? right->span : left->span);
  diag_hint(p->diags, diag, "write `" STR_FMT " IS %sNULL`", STR_ARG(other), op.kind == TK_NE ? "NOT " : "");
  return expr;
}

AstExpr *like_new(Parser *p, bool negated, AstExpr *subject, AstExpr *pattern, AstExpr *escape) {
  unsigned depth = deeper(depth_of(escape), deeper(subject->depth, pattern->depth));
  AstExpr *expr = expr_new(p, AST_LIKE, subject->span.begin, depth);
  expr->like.subject = subject;
  expr->like.pattern = pattern;
  expr->like.escape = escape;
  expr->like.negated = negated;
  return expr;
}

AstExpr *between_new(Parser *p, bool negated, AstExpr *subject, AstExpr *low, AstExpr *high) {
  unsigned depth = deeper(subject->depth, deeper(low->depth, high->depth));
  AstExpr *expr = expr_new(p, AST_BETWEEN, subject->span.begin, depth);
  expr->between.subject = subject;
  expr->between.low = low;
  expr->between.high = high;
  expr->between.negated = negated;
  return expr;
}

AstExpr *in_new(Parser *p, bool negated, AstExpr *subject, AstExprs list) {
  AstExpr *expr = expr_new(p, AST_IN, subject->span.begin, deeper(subject->depth, depth_of_list(list)));
  expr->in.subject = subject;
  expr->in.list = list;
  expr->in.negated = negated;
  return expr;
}

AstExpr *is_null_new(Parser *p, bool negated, AstExpr *subject) {
  AstExpr *expr = expr_new(p, AST_IS_NULL, subject->span.begin, subject->depth);
  expr->is_null.subject = subject;
  expr->is_null.negated = negated;
  return expr;
}

AstExpr *refuse_in_select(Parser *p, AstExpr *subject, AstQuery *query) {
  Diag *diag = diag_add(p->diags, DIAG_tsql_in_select, query->span, "IN takes a list of values, not a query");
  diag_hint(p->diags, diag, "JOIN the other rows instead");
  return expr_new(p, AST_ERROR, subject->span.begin, 0);
}

/* ---- primaries -------------------------------------------------------------------------------- */

AstExpr *name_expr(Parser *p, AstName name) {
  bool alone = name.quote == AST_DOUBLE_QUOTED;
  AstExpr *expr = expr_new(p, alone ? AST_QUOTED : AST_PATH, name.span.begin, 0);
  if (alone) expr->text = name.text;
  else expr->path = names_add(p, (AstNames){0}, name);
  return expr;
}

/* A number right behind a minus sign that is not itself behind an operand: the sign belongs to it. */
static bool has_sign(const Parser *p, Span span) {
  const Token *tokens = p->tokens.items;
  uint32_t at = p->at;
  while (at > 0 && tokens[at].span.begin != span.begin) at--;
  if (at == 0 || tokens[at - 1].kind != TK_MINUS) return false;
  if (at == 1) return true;
  switch (tokens[at - 2].kind) {
    case TK_IDENT: case TK_BRACKETED: case TK_DQUOTED: case TK_INTEGER: case TK_FLOAT: case TK_TEXT: case TK_RP:
    case TK_NULL: case TK_END: return false;
    default: return true;
  }
}

AstExpr *integer_new(Parser *p, Token token) {
  AstExpr *expr = expr_new(p, AST_INTEGER, token.span.begin, 0);
  Str digits = parser_text(p, token.span);
  uint64_t value = 0;
  if (str_to_u64(digits, &value) && value <= INT64_MAX) {
    expr->integer = (int64_t)value;
  } else if (value == (uint64_t)INT64_MAX + 1 && has_sign(p, token.span)) {
    expr->integer = INT64_MIN;
  } else {
    Diag *diag = diag_add(p->diags, DIAG_integer_out_of_range, token.span, "this number does not fit a bigint");
    diag_hint(p->diags, diag, "the largest bigint is 9223372036854775807; `" STR_FMT ".0` is a float", STR_ARG(digits));
    expr->kind = AST_ERROR;
  }
  return expr;
}

AstExpr *float_new(Parser *p, Token token) {
  AstExpr *expr = expr_new(p, AST_FLOAT, token.span.begin, 0);
  Str spelling = parser_text(p, token.span);
  expr->floating.value = strtod(arena_cstr(p->arena, spelling), NULL);
  expr->floating.spelling = spelling;
  if (isinf(expr->floating.value)) {
    diag_add(p->diags, DIAG_integer_out_of_range, token.span, "this number is too large for a float");
    expr->kind = AST_ERROR;
  }
  return expr;
}

AstExpr *text_new(Parser *p, Token token) {
  AstExpr *expr = expr_new(p, AST_TEXT, token.span.begin, 0);
  expr->text = inner_text(p, token, '\'');
  return expr;
}

AstExpr *refuse_variable(Parser *p, Span span) {
  Diag *diag = diag_add(p->diags, DIAG_tsql_variable, span, "variables are not part of the language");
  diag_hint(p->diags, diag, "write the value itself, or JOIN reference data that holds it");
  return expr_new(p, AST_ERROR, span.begin, 0);
}

AstExpr *refuse_subquery(Parser *p, uint32_t begin, DiagCode code) {
  bool exists = code == DIAG_tsql_exists;
  Diag *diag = diag_add(p->diags, code, span_from(p, begin),
                        exists ? "EXISTS is not part of the language" : "a query cannot stand inside an expression");
  diag_hint(p->diags, diag, exists ? "JOIN the rows that must exist; for NOT EXISTS use LEFT JOIN and IS NULL"
                                   : "compute the value in a WITH step and JOIN the step");
  return expr_new(p, AST_ERROR, begin, 0);
}

AstExpr *parens_new(Parser *p, uint32_t begin, AstExpr *expr) {
  expr->span = span_from(p, begin);
  expr->parens = true;
  return expr;
}

static void path_from_quoted(Parser *p, AstExpr *expr) {
  AstName first = {expr->text, expr->span, AST_DOUBLE_QUOTED};
  expr->kind = AST_PATH;
  expr->path = names_add(p, (AstNames){0}, first);
}

/* A dot behind a number, set apart by a blank: nothing that means anything. */
static void check_fields(Parser *p, const AstExpr *of) {
  if ((of->kind != AST_INTEGER && of->kind != AST_FLOAT) || of->parens) return;
  diag_add(p->diags, DIAG_syntax, of->span, "a number has no fields");
}

AstExpr *field_new(Parser *p, AstExpr *of, AstName name) {
  check_fields(p, of);
  if (of->kind == AST_QUOTED && !of->parens) path_from_quoted(p, of);
  if (of->kind == AST_PATH && !of->parens) {
    of->path = names_add(p, of->path, name);
    of->span = span_from(p, of->span.begin);
    return of;
  }
  AstExpr *expr = expr_new(p, AST_FIELD, of->span.begin, of->depth);
  expr->field.of = of;
  expr->field.name = name;
  return expr;
}

AstExpr *star_new(Parser *p, AstExpr *of, uint32_t begin) {
  if (of) check_fields(p, of);
  if (of && of->kind == AST_QUOTED && !of->parens) path_from_quoted(p, of);
  AstExpr *expr = expr_new(p, AST_STAR, begin, depth_of(of));
  expr->star.of = of;
  return expr;
}

AstExpr *primary_finish(Parser *p, AstExpr *expr) {
  if (expr->kind != AST_PATH || expr->path.len != 2) return expr;
  const AstName *parts = expr->path.items;
  bool timestamp = parts[0].quote == AST_BARE && str_eq_nocase(parts[0].text, STR("System")) &&
                   parts[1].quote == AST_BARE && str_eq_nocase(parts[1].text, STR("Timestamp"));
  if (!timestamp) return expr;
  AstNames name = expr->path;
  expr->kind = AST_CALL;
  expr->call = (AstCall){.name = name};
  return expr;
}

AstExpr *case_add(Parser *p, AstExpr *cases, uint32_t begin, AstExpr *condition, AstExpr *value) {
  if (cases == NULL) cases = expr_new(p, AST_CASE, begin, 0);
  AstWhen *when = ARENA_NEW(p->arena, AstWhen);
  *when = (AstWhen){AST_WHEN, span_from(p, begin), condition, value};
  APPEND(p, cases->cases.whens, cases->cases.len, cases->cases.cap, when);
  unsigned depth = deeper(condition->depth, value->depth);
  if (depth >= cases->depth) cases->depth = (uint16_t)(too_deep(p, when->span, depth) ? 1 : depth + 1);
  return cases;
}

AstExpr *case_finish(Parser *p, AstExpr *cases, uint32_t begin, AstExpr *operand, AstExpr *otherwise) {
  unsigned depth = deeper(depth_of(operand), deeper(depth_of(otherwise), cases->depth - 1u));
  cases->span = span_from(p, begin);
  cases->cases.operand = operand;
  cases->cases.otherwise = otherwise;
  bool deep = too_deep(p, cases->span, depth);
  if (deep) cases->kind = AST_ERROR;
  cases->depth = (uint16_t)(deep ? 1 : depth + 1);
  return cases;
}

AstExpr *cast_new(Parser *p, uint32_t begin, bool is_try, AstExpr *operand, AstType type) {
  AstExpr *expr = expr_new(p, AST_CAST, begin, operand->depth);
  expr->cast.operand = operand;
  expr->cast.type = type;
  expr->cast.is_try = is_try;
  return expr;
}

/* ---- calls and OVER --------------------------------------------------------------------------- */

AstExpr *call_new(Parser *p, AstExpr *function, Args args) {
  if (function->kind == AST_QUOTED && !function->parens) path_from_quoted(p, function);
  if (function->kind != AST_PATH || function->parens) {
    if (function->kind != AST_ERROR)
      diag_add(p->diags, DIAG_not_callable, function->span, "this is not the name of a function");
    return expr_new(p, AST_ERROR, function->span.begin, 0);
  }
  AstExpr *expr = expr_new(p, AST_CALL, function->span.begin, depth_of_list(args.list));
  expr->call = (AstCall){
      .name = function->path, .args = args.list, .has_parens = true, .distinct = args.distinct, .all = args.all};
  return expr;
}

static unsigned depth_of_over(const AstOver *over) {
  unsigned depth = deeper(depth_of_list(over->partition_by), deeper(depth_of(over->limit), depth_of(over->when)));
  for (uint32_t i = 0; i < over->order_by_len; i++) depth = deeper(depth, over->order_by[i]->expr->depth);
  return depth;
}

AstExpr *call_over(Parser *p, AstExpr *call, uint32_t begin, AstOver *over) {
  over->span = span_from(p, begin);
  call->span = span_from(p, call->span.begin);
  if (call->kind != AST_CALL) return call;
  call->call.over = over;
  unsigned depth = depth_of_over(over);
  if (depth < call->depth) return call;
  bool deep = too_deep(p, call->span, depth);
  if (deep) call->kind = AST_ERROR;
  call->depth = (uint16_t)(deep ? 1 : depth + 1);
  return call;
}

AstExpr *duration_new(Parser *p, AstName name, AstExprs args) {
  AstExpr *expr = expr_new(p, AST_CALL, name.span.begin, depth_of_list(args));
  expr->call = (AstCall){.name = names_add(p, (AstNames){0}, name), .args = args, .has_parens = true};
  if (args.len != 2) {
    Diag *diag = diag_add(p->diags, DIAG_syntax, expr->span, "DURATION takes a unit and a number");
    diag_hint(p->diags, diag, "for example `LIMIT DURATION(minute, 5)`");
    expr->kind = AST_ERROR;
  }
  return expr;
}

AstOver *over_new(Parser *p) {
  AstOver *over = ARENA_NEW(p->arena, AstOver);
  over->kind = AST_OVER;
  return over;
}

AstOver *over_partition(Parser *p, AstOver *over, Span word, AstExprs by) {
  clause_once(p, over->partition_by.len > 0, word, "PARTITION BY");
  over->partition_by = by;
  return over;
}

AstOver *over_order(Parser *p, AstOver *over, Span word, const AstOver *orders) {
  clause_once(p, over->order_by_len > 0, word, "ORDER BY");
  over->order_by = orders->order_by;
  over->order_by_len = orders->order_by_len;
  over->order_by_cap = orders->order_by_cap;
  return over;
}

AstOver *over_limit(Parser *p, AstOver *over, Span word, AstExpr *duration) {
  clause_once(p, over->limit != NULL, word, "LIMIT DURATION");
  over->limit = duration;
  return over;
}

AstOver *over_when(Parser *p, AstOver *over, Span word, AstExpr *condition) {
  clause_once(p, over->when != NULL, word, "WHEN");
  over->when = condition;
  return over;
}

AstOrder *order_new(Parser *p, AstExpr *expr, bool descending) {
  AstOrder *order = ARENA_NEW(p->arena, AstOrder);
  *order = (AstOrder){AST_ORDER, span_from(p, expr->span.begin), expr, descending};
  return order;
}

AstOver *orders_add(Parser *p, AstOver *list, AstOrder *order) {
  if (list == NULL) list = over_new(p);
  APPEND(p, list->order_by, list->order_by_len, list->order_by_cap, order);
  return list;
}
