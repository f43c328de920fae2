/* layout.c: from a tree to the places where lines end; see layout.h.
**
** One function for each kind of node. It finds its tokens by the spans of the tree, puts breaks in front of
** some of them and indents others; children follow from left to right, outer groups before inner ones.
** What the layout looks like, and why: docs/language/formatting.md. */
#include "grammar/layout.h"

#include "asaql.h"

static void lay_expr(Layout *l, const AstExpr *expr);
static void lay_query(Layout *l, const AstQuery *query);

/* ---- places ----------------------------------------------------------------------------------- */

/* The first token at or behind an offset. */
static uint32_t token_at(const Layout *l, uint32_t offset) {
  uint32_t low = 0, high = l->tokens.len - 1;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (l->tokens.items[middle].span.begin < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

static uint32_t first_of(const Layout *l, Span span) { return token_at(l, span.begin); }
static uint32_t behind(const Layout *l, Span span) { return token_at(l, span.end); }

/* Pairs parentheses; the text parsed, so they match. */
static void find_partners(Layout *l) {
  Vec(uint32_t) open = {0};
  for (uint32_t i = 0; i < l->tokens.len; i++) {
    l->partners.items[i] = i;
    if (l->tokens.items[i].kind == TK_LP) vec_push(&open, i);
    if (l->tokens.items[i].kind != TK_RP || open.len == 0) continue;
    uint32_t partner = open.items[--open.len];
    l->partners.items[i] = partner;
    l->partners.items[partner] = i;
  }
  vec_release(&open);
}

/* ---- marks ------------------------------------------------------------------------------------ */

static void line_before(Layout *l, uint32_t at) {
  Mark *mark = &l->marks.items[at];
  if (mark->before < BREAK_LINE) mark->before = BREAK_LINE;
}

static void soft_before(Layout *l, uint32_t at, uint32_t group) {
  Mark *mark = &l->marks.items[at];
  if (mark->before != BREAK_NEVER) return;
  mark->before = BREAK_SOFT;
  mark->group = group;
}

/* One level more for the tokens from first up to, but without, end. Differences now, sums at the end. */
static void indent(Layout *l, uint32_t first, uint32_t end) {
  l->marks.items[first].indent++;
  l->marks.items[end].indent--;
}

static uint32_t group_new(Layout *l, uint32_t first, uint32_t last, bool fills) {
  vec_push(&l->groups, (Group){first, last, fills});
  return l->groups.len - 1;
}

static void lay_name(Layout *l, const AstName *name) {
  if (name) l->marks.items[first_of(l, name->span)].is_name = true;
}

static void lay_names(Layout *l, const AstNames *names) {
  for (uint32_t i = 0; i < names->len; i++) lay_name(l, &names->items[i]);
}

/* What stands in parentheses goes on lines of its own when it does not fit. Returns the group. */
static uint32_t lay_block(Layout *l, uint32_t open) {
  uint32_t close = l->partners.items[open], group = group_new(l, open, close, false);
  if (close <= open + 1) return group;
  soft_before(l, open + 1, group);
  soft_before(l, close, group);
  indent(l, open + 1, close);
  return group;
}

/* The same with lines of its own in any case. */
static void lay_lines_block(Layout *l, uint32_t open) {
  uint32_t close = l->partners.items[open];
  line_before(l, open + 1);
  line_before(l, close);
  indent(l, open + 1, close);
}

/* ---- expressions ------------------------------------------------------------------------------ */

static void lay_list(Layout *l, const AstExprs *list, uint32_t group) {
  for (uint32_t i = 0; i < list->len; i++) {
    soft_before(l, first_of(l, list->items[i]->span), group);
    lay_expr(l, list->items[i]);
  }
}

/* A clause of OVER, whose words stand right in front of what was parsed. */
static void lay_over_part(Layout *l, const AstExpr *expr, uint32_t words, uint32_t group) {
  if (expr) soft_before(l, first_of(l, expr->span) - words, group);
}

static void lay_over(Layout *l, const AstOver *over) {
  uint32_t group = lay_block(l, first_of(l, over->span) + 1);
  lay_over_part(l, over->partition_by.len ? over->partition_by.items[0] : NULL, 2, group);
  lay_over_part(l, over->order_by_len ? over->order_by[0]->expr : NULL, 2, group);
  lay_over_part(l, over->limit, 1, group);
  lay_over_part(l, over->when, 1, group);
  for (uint32_t i = 0; i < over->partition_by.len; i++) lay_expr(l, over->partition_by.items[i]);
  for (uint32_t i = 0; i < over->order_by_len; i++) lay_expr(l, over->order_by[i]->expr);
  if (over->limit) lay_expr(l, over->limit);
  if (over->when) lay_expr(l, over->when);
}

static void lay_call(Layout *l, const AstCall *call) {
  lay_names(l, &call->name);
  if (call->has_parens) {
    uint32_t open = behind(l, call->name.items[call->name.len - 1].span);
    uint32_t group = lay_block(l, open);
    for (uint32_t i = 0; i < call->args.len; i++) {
      if (i) soft_before(l, first_of(l, call->args.items[i]->span), group);
      lay_expr(l, call->args.items[i]);
    }
  }
  if (call->over) lay_over(l, call->over);
}

static bool is_comparison(AstOp op) { return op >= AST_OP_EQ && op <= AST_OP_GE; }
static bool is_product(AstOp op) { return op == AST_OP_MUL || op == AST_OP_DIV || op == AST_OP_MOD; }

/* a + b + c leans to the left in the tree and is one run for the eye. */
static bool continues_chain(const AstExpr *left, AstOp op) {
  return left->kind == AST_BINARY && !left->parens && !is_comparison(left->binary.op) &&
         is_product(left->binary.op) == is_product(op);
}

static void lay_chain(Layout *l, const AstExpr *expr, uint32_t group) {
  const AstExpr *left = expr->binary.left;
  if (continues_chain(left, expr->binary.op)) lay_chain(l, left, group);
  else lay_expr(l, left);
  soft_before(l, first_of(l, expr->binary.op_span), group);
  lay_expr(l, expr->binary.right);
}

static void lay_binary(Layout *l, const AstExpr *expr) {
  if (is_comparison(expr->binary.op)) {
    lay_expr(l, expr->binary.left);
    lay_expr(l, expr->binary.right);
    return;
  }
  const AstExpr *leftmost = expr;
  while (leftmost == expr || continues_chain(leftmost, expr->binary.op)) leftmost = leftmost->binary.left;
  uint32_t first = first_of(l, leftmost->span), end = behind(l, expr->binary.right->span);
  uint32_t group = group_new(l, first, end - 1, true);
  if (!expr->parens) indent(l, behind(l, leftmost->span), end);
  lay_chain(l, expr, group);
}

static void lay_operands(Layout *l, const AstExprs *operands, uint32_t group) {
  for (uint32_t i = 0; i < operands->len; i++) {
    if (i) soft_before(l, behind(l, operands->items[i - 1]->span), group);
    lay_expr(l, operands->items[i]);
  }
}

/* Outside of parentheses the further operands stand one level deeper than the line that the first begins on. */
static void lay_logic(Layout *l, const AstExpr *expr) {
  const AstExprs *operands = &expr->logic.operands;
  uint32_t end = behind(l, operands->items[operands->len - 1]->span);
  uint32_t group = group_new(l, first_of(l, operands->items[0]->span), end - 1, false);
  if (!expr->parens) indent(l, behind(l, operands->items[0]->span), end);
  lay_operands(l, operands, group);
}

static void lay_in(Layout *l, const AstExpr *expr) {
  const AstExprs *list = &expr->in.list;
  lay_expr(l, expr->in.subject);
  uint32_t first = first_of(l, list->items[0]->span), last = behind(l, list->items[list->len - 1]->span) - 1;
  lay_block(l, first - 1);
  lay_list(l, list, group_new(l, first, last, true));
}

static void lay_when(Layout *l, const AstWhen *when, uint32_t group, bool lines) {
  uint32_t first = first_of(l, when->span), value = first_of(l, when->value->span), end = behind(l, when->span);
  uint32_t own = group_new(l, first, end - 1, false);
  if (lines) line_before(l, first);
  else soft_before(l, first, group);
  lay_expr(l, when->condition);
  soft_before(l, value - 1, own);
  indent(l, value - 1, end);
  lay_expr(l, when->value);
}

/* One WHEN may share a line with its CASE, several never do. */
static void lay_case(Layout *l, const AstExpr *expr) {
  const AstExpr *otherwise = expr->cases.otherwise, *operand = expr->cases.operand;
  uint32_t first_when = first_of(l, expr->cases.whens[0]->span);
  uint32_t begin = operand ? first_of(l, operand->span) - 1 : first_when - 1;
  uint32_t end = behind(l, otherwise ? otherwise->span : expr->cases.whens[expr->cases.len - 1]->span);
  bool lines = expr->cases.len > 1;
  uint32_t group = group_new(l, begin, end, false);
  if (operand) lay_expr(l, operand);
  for (uint32_t i = 0; i < expr->cases.len; i++) lay_when(l, expr->cases.whens[i], group, lines);
  if (otherwise) {
    soft_before(l, first_of(l, otherwise->span) - 1, group);
    lay_expr(l, otherwise);
  }
  soft_before(l, end, group);
  indent(l, first_when, end);
}

static void lay_cast(Layout *l, const AstExpr *expr) {
  lay_block(l, first_of(l, expr->cast.operand->span) - 1);
  lay_expr(l, expr->cast.operand);
  lay_name(l, &expr->cast.type.name);
}

static void lay_kind(Layout *l, const AstExpr *expr) {
  switch ((int)expr->kind) {
    case AST_PATH: lay_names(l, &expr->path); break;
    case AST_STAR: if (expr->star.of) lay_expr(l, expr->star.of); break;
    case AST_FIELD:
      lay_expr(l, expr->field.of);
      lay_name(l, &expr->field.name);
      break;
    case AST_CALL: lay_call(l, &expr->call); break;
    case AST_UNARY: lay_expr(l, expr->unary.operand); break;
    case AST_BINARY: lay_binary(l, expr); break;
    case AST_LOGIC: lay_logic(l, expr); break;
    case AST_LIKE:
      lay_expr(l, expr->like.subject);
      lay_expr(l, expr->like.pattern);
      if (expr->like.escape) lay_expr(l, expr->like.escape);
      break;
    case AST_BETWEEN:
      lay_expr(l, expr->between.subject);
      lay_expr(l, expr->between.low);
      lay_expr(l, expr->between.high);
      break;
    case AST_IN: lay_in(l, expr); break;
    case AST_IS_NULL: lay_expr(l, expr->is_null.subject); break;
    case AST_CASE: lay_case(l, expr); break;
    case AST_CAST: lay_cast(l, expr); break;
    default: break;
  }
}

static void lay_expr(Layout *l, const AstExpr *expr) {
  if (expr->parens) lay_block(l, first_of(l, expr->span));
  lay_kind(l, expr);
}

/* ---- relations -------------------------------------------------------------------------------- */

static void lay_relation(Layout *l, const AstRelation *relation);

static void lay_source_clause(Layout *l, const AstExpr *expr, uint32_t group) {
  if (expr) soft_before(l, first_of(l, expr->span) - 2, group);
}

/* TIMESTAMP BY and PARTITION BY stay behind their source as long as they fit there. */
static void lay_source_clauses(Layout *l, const AstRelation *source) {
  lay_name(l, source->alias);
  const AstExpr *time = source->timestamp_by;
  const AstExpr *partition = source->partition_by.len ? source->partition_by.items[0] : NULL;
  if (time == NULL && partition == NULL) return;
  const AstExpr *begin = time == NULL || (partition && partition->span.begin < time->span.begin) ? partition : time;
  uint32_t end = behind(l, source->span);
  uint32_t group = group_new(l, first_of(l, source->span), end - 1, false);
  lay_source_clause(l, time, group);
  lay_source_clause(l, partition, group);
  indent(l, first_of(l, begin->span) - 2, end);
  if (time) lay_expr(l, time);
  for (uint32_t i = 0; i < source->timestamp_over.len; i++) lay_expr(l, source->timestamp_over.items[i]);
  for (uint32_t i = 0; i < source->partition_by.len; i++) lay_expr(l, source->partition_by.items[i]);
  if (source->shards) lay_expr(l, source->shards);
}

static void lay_join(Layout *l, const AstRelation *relation) {
  uint32_t first = first_of(l, relation->join.join_span);
  uint32_t end = relation->parens ? l->partners.items[first_of(l, relation->span)] : behind(l, relation->span);
  const AstExpr *on = relation->join.on;
  lay_relation(l, relation->join.left);
  line_before(l, first);
  uint32_t group = group_new(l, first, end - 1, false);
  lay_relation(l, relation->join.right);
  if (on == NULL) return;
  uint32_t word = first_of(l, on->span) - 1;
  soft_before(l, word, group);
  indent(l, word, end);
  if (on->kind == AST_LOGIC && !on->parens) lay_operands(l, &on->logic.operands, group);
  else lay_expr(l, on);
}

/* Items one a line; a single one stays beside its word if it fits there. `word` stands in front of them. */
static void lay_items(Layout *l, uint32_t word, const AstItems *items) {
  uint32_t end = behind(l, items->items[items->len - 1]->span);
  uint32_t group = items->len == 1 ? group_new(l, word, end - 1, false) : 0;
  indent(l, word + 1, end);
  for (uint32_t i = 0; i < items->len; i++) {
    uint32_t first = first_of(l, items->items[i]->span);
    if (items->len == 1) soft_before(l, first, group);
    else line_before(l, first);
    l->marks.items[first].keeps_blank = i > 0;
    lay_expr(l, items->items[i]->expr);
    lay_name(l, items->items[i]->alias);
  }
}

/* Parts of a pattern stand apart, what repeats them close: `A (B | C)+ D{2,3}`. */
static void lay_pattern(Layout *l, const AstPattern *pattern) {
  uint32_t first = first_of(l, pattern->span);
  if (pattern->kind == AST_PATTERN_VARIABLE) lay_name(l, &pattern->name);
  for (uint32_t i = 0; i < pattern->len; i++) {
    uint32_t part = first_of(l, pattern->parts[i]->span);
    if (i) l->marks.items[part].spacing = SPACING_APART;
    lay_pattern(l, pattern->parts[i]);
  }
  if (pattern->kind != AST_PATTERN_REPEAT) return;
  uint32_t end = pattern->parens ? l->partners.items[first] : behind(l, pattern->span);
  for (uint32_t i = behind(l, pattern->parts[0]->span); i < end; i++) l->marks.items[i].spacing = SPACING_TIGHT;
}

static void lay_defines(Layout *l, const AstMatch *match) {
  if (match->defines_len == 0) return;
  uint32_t word = first_of(l, match->defines[0]->span) - 1;
  line_before(l, word);
  indent(l, word + 1, behind(l, match->defines[match->defines_len - 1]->span));
  for (uint32_t i = 0; i < match->defines_len; i++) {
    uint32_t first = first_of(l, match->defines[i]->span);
    if (match->defines_len > 1) line_before(l, first);
    lay_name(l, &match->defines[i]->name);
    lay_expr(l, match->defines[i]->condition);
  }
}

static void lay_match(Layout *l, const AstRelation *relation) {
  const AstMatch *match = relation->match.clauses;
  lay_relation(l, relation->match.input);
  uint32_t word = behind(l, relation->match.input->span);
  line_before(l, word);
  lay_lines_block(l, word + 1);
  if (match->limit) line_before(l, first_of(l, match->limit->span) - 1);
  if (match->limit) lay_expr(l, match->limit);
  for (uint32_t i = 0; i < match->partition_by.len; i++) {
    if (i == 0) line_before(l, first_of(l, match->partition_by.items[0]->span) - 2);
    lay_expr(l, match->partition_by.items[i]);
  }
  if (match->measures.len) {
    uint32_t measures = first_of(l, match->measures.items[0]->span) - 1;
    line_before(l, measures);
    lay_items(l, measures, &match->measures);
  }
  uint32_t pattern = first_of(l, match->pattern->span) - 2;
  line_before(l, pattern);
  if (match->skip_to_next_row) line_before(l, pattern - 6); /* AFTER MATCH SKIP TO NEXT ROW */
  lay_pattern(l, match->pattern);
  lay_defines(l, match);
  lay_name(l, relation->alias);
}

static void lay_relation(Layout *l, const AstRelation *relation) {
  if (relation->parens) lay_lines_block(l, first_of(l, relation->span));
  switch ((int)relation->kind) {
    case AST_TABLE:
      lay_names(l, &relation->table.name);
      lay_source_clauses(l, relation);
      break;
    case AST_SUBSELECT:
      lay_lines_block(l, first_of(l, relation->span));
      lay_query(l, relation->subselect.query);
      lay_source_clauses(l, relation);
      break;
    case AST_JOIN: lay_join(l, relation); break;
    case AST_APPLY:
      lay_relation(l, relation->apply.left);
      line_before(l, first_of(l, relation->apply.call->span) - 2);
      lay_expr(l, relation->apply.call);
      lay_name(l, relation->alias);
      break;
    default: lay_match(l, relation); break;
  }
}

/* ---- queries ---------------------------------------------------------------------------------- */

static void lay_condition(Layout *l, const AstExpr *condition) {
  if (condition == NULL) return;
  line_before(l, first_of(l, condition->span) - 1);
  lay_expr(l, condition);
}

static void lay_group_by(Layout *l, const AstSelect *select) {
  if (select->group_by.len == 0) return;
  uint32_t word = first_of(l, select->group_by_span), end = behind(l, select->group_by_span);
  line_before(l, word);
  indent(l, word + 2, end);
  lay_list(l, &select->group_by, group_new(l, word, end - 1, false));
}

static void lay_select(Layout *l, const AstSelect *select) {
  lay_items(l, first_of(l, select->items.items[0]->span) - 1, &select->items);
  if (select->into) line_before(l, first_of(l, select->into->span) - 1);
  lay_name(l, select->into);
  line_before(l, first_of(l, select->from->span) - 1);
  lay_relation(l, select->from);
  lay_condition(l, select->where);
  lay_group_by(l, select);
  lay_condition(l, select->having);
}

static void lay_query(Layout *l, const AstQuery *query) {
  if (query->kind == AST_SELECT) {
    lay_select(l, &query->select);
    return;
  }
  for (uint32_t i = 0; i < query->set.len; i++) {
    const AstQuery *branch = query->set.branches[i];
    if (i) line_before(l, behind(l, query->set.branches[i - 1]->span)); /* UNION */
    if (i) line_before(l, first_of(l, branch->span));
    lay_query(l, branch);
  }
}

/* ---- scripts ---------------------------------------------------------------------------------- */

static void paragraph(Layout *l, uint32_t at) { l->marks.items[at].before = BREAK_PARAGRAPH; }

static void lay_table(Layout *l, const AstCreateTable *table) {
  uint32_t open = behind(l, table->name.span);
  paragraph(l, first_of(l, table->span));
  lay_name(l, &table->name);
  l->marks.items[open].spacing = SPACING_APART;
  lay_lines_block(l, open);
  for (uint32_t i = 0; i < table->columns_len; i++) {
    uint32_t first = first_of(l, table->columns[i]->span);
    line_before(l, first);
    l->marks.items[first].keeps_blank = i > 0;
    lay_name(l, &table->columns[i]->name);
    lay_name(l, &table->columns[i]->type.name);
  }
}

static void lay_step(Layout *l, const AstStep *step) {
  uint32_t first = first_of(l, step->span);
  bool begins = l->tokens.items[first - 1].kind == TK_WITH;
  if (begins) paragraph(l, first - 1);
  else line_before(l, first);
  l->marks.items[first].keeps_blank = !begins;
  lay_name(l, &step->name);
  lay_lines_block(l, first + 2);
  lay_query(l, step->query);
}

static void sum_indents(Layout *l) {
  int32_t level = 0;
  for (uint32_t i = 0; i < l->marks.len; i++) l->marks.items[i].indent = level += l->marks.items[i].indent;
}

void layout_script(Layout *l, const AstScript *script) {
  vec_reserve(&l->marks, l->tokens.len);
  vec_reserve(&l->partners, l->tokens.len);
  l->marks.len = l->partners.len = l->tokens.len;
  memset(l->marks.items, 0, l->marks.len * sizeof *l->marks.items);
  find_partners(l);
  for (uint32_t i = 0; i < script->tables_len; i++) lay_table(l, script->tables[i]);
  for (uint32_t i = 0; i < script->steps_len; i++) lay_step(l, script->steps[i]);
  for (uint32_t i = 0; i < script->queries_len; i++) {
    paragraph(l, first_of(l, script->queries[i]->span));
    lay_query(l, script->queries[i]);
  }
  line_before(l, l->tokens.len - 1);
  sum_indents(l);
}

void layout_release(Layout *l) {
  vec_release(&l->tokens);
  vec_release(&l->marks);
  vec_release(&l->groups);
  vec_release(&l->partners);
}
