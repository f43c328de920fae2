/* ast_print.c: trees as canonical SQL.
**
** Parentheses are printed where the query had them (the parens flag) and nowhere else, so no table of
** precedence is needed and parsing the result gives the same tree. Keywords are upper case, names keep
** their spelling and quotes; a list that does not fit a line goes one item a line. */
#include "grammar/ast_print.h"

enum { LINE_COLUMNS = 100, INDENT = 4 };

static void print_expr(StrBuf *out, const AstExpr *expr);
static void print_query(StrBuf *out, const AstQuery *query, unsigned indent);

/* ---- names and lists -------------------------------------------------------------------------- */

static void print_quoted(StrBuf *out, Str text, char open, char close) {
  strbuf_putc(out, open);
  for (size_t i = 0; i < text.len; i++) {
    strbuf_putc(out, text.ptr[i]);
    if (text.ptr[i] == close) strbuf_putc(out, close);
  }
  strbuf_putc(out, close);
}

static void print_name(StrBuf *out, const AstName *name) {
  switch (name->quote) {
    case AST_BARE: strbuf_put_str(out, name->text); break;
    case AST_BRACKETED: print_quoted(out, name->text, '[', ']'); break;
    case AST_DOUBLE_QUOTED: print_quoted(out, name->text, '"', '"'); break;
    case AST_SINGLE_QUOTED: print_quoted(out, name->text, '\'', '\''); break;
  }
}

static void print_names(StrBuf *out, const AstNames *names) {
  for (uint32_t i = 0; i < names->len; i++) {
    if (i) strbuf_putc(out, '.');
    print_name(out, &names->items[i]);
  }
}

static void print_exprs(StrBuf *out, const AstExprs *list) {
  for (uint32_t i = 0; i < list->len; i++) {
    if (i) strbuf_puts(out, ", ");
    print_expr(out, list->items[i]);
  }
}

static void print_alias(StrBuf *out, const AstName *alias) {
  if (alias == NULL) return;
  strbuf_puts(out, " AS ");
  print_name(out, alias);
}

static void new_line(StrBuf *out, unsigned indent) {
  strbuf_putc(out, '\n');
  for (unsigned i = 0; i < indent; i++) strbuf_putc(out, ' ');
}

/* ---- expressions ------------------------------------------------------------------------------ */

static void print_type(StrBuf *out, const AstType *type) {
  print_name(out, &type->name);
  if (type->length >= 0) strbuf_printf(out, "(%lld)", (long long)type->length);
  else if (type->span.end > type->name.span.end) strbuf_puts(out, "(max)");
}

static void print_over(StrBuf *out, const AstOver *over) {
  const char *gap = "";
  strbuf_puts(out, " OVER (");
  if (over->partition_by.len) {
    strbuf_puts(out, "PARTITION BY ");
    print_exprs(out, &over->partition_by);
    gap = " ";
  }
  for (uint32_t i = 0; i < over->order_by_len; i++) {
    strbuf_printf(out, "%s", i ? ", " : gap);
    if (i == 0) strbuf_puts(out, "ORDER BY ");
    print_expr(out, over->order_by[i]->expr);
    if (over->order_by[i]->descending) strbuf_puts(out, " DESC");
    gap = " ";
  }
  if (over->limit) {
    strbuf_printf(out, "%sLIMIT ", gap);
    print_expr(out, over->limit);
    gap = " ";
  }
  if (over->when) {
    strbuf_printf(out, "%sWHEN ", gap);
    print_expr(out, over->when);
  }
  strbuf_putc(out, ')');
}

static void print_call(StrBuf *out, const AstCall *call) {
  print_names(out, &call->name);
  if (call->has_parens) {
    strbuf_puts(out, call->distinct ? "(DISTINCT " : call->all ? "(ALL " : "(");
    print_exprs(out, &call->args);
    strbuf_putc(out, ')');
  }
  if (call->over) print_over(out, call->over);
}

/* A second minus sign right behind the first would begin a comment. */
static void print_unary(StrBuf *out, AstOp op, const AstExpr *operand) {
  strbuf_puts(out, ast_op_text(op));
  size_t at = out->len;
  print_expr(out, operand);
  bool word = op == AST_OP_NOT, sign = out->len > at && (out->ptr[at] == '-' || out->ptr[at] == '+');
  if (!word && !sign) return;
  strbuf_putc(out, ' ');
  memmove(out->ptr + at + 1, out->ptr + at, out->len - at - 1);
  out->ptr[at] = ' ';
}

static void print_infix(StrBuf *out, const AstExpr *left, bool negated, const char *op, const AstExpr *right) {
  print_expr(out, left);
  strbuf_printf(out, negated ? " NOT %s " : " %s ", op);
  print_expr(out, right);
}

static void print_logic(StrBuf *out, const AstExpr *expr) {
  for (uint32_t i = 0; i < expr->logic.operands.len; i++) {
    if (i) strbuf_puts(out, expr->logic.is_or ? " OR " : " AND ");
    print_expr(out, expr->logic.operands.items[i]);
  }
}

static void print_case(StrBuf *out, const AstExpr *expr) {
  strbuf_puts(out, "CASE");
  if (expr->cases.operand) strbuf_putc(out, ' ');
  if (expr->cases.operand) print_expr(out, expr->cases.operand);
  for (uint32_t i = 0; i < expr->cases.len; i++) {
    strbuf_puts(out, " WHEN ");
    print_expr(out, expr->cases.whens[i]->condition);
    strbuf_puts(out, " THEN ");
    print_expr(out, expr->cases.whens[i]->value);
  }
  if (expr->cases.otherwise) {
    strbuf_puts(out, " ELSE ");
    print_expr(out, expr->cases.otherwise);
  }
  strbuf_puts(out, " END");
}

static void print_float(StrBuf *out, const AstExpr *expr) {
  if (__builtin_signbit(expr->floating.value)) strbuf_putc(out, '-');
  strbuf_put_str(out, expr->floating.spelling);
}

static void print_star(StrBuf *out, const AstExpr *expr) {
  if (expr->star.of) {
    print_expr(out, expr->star.of);
    strbuf_putc(out, '.');
  }
  strbuf_putc(out, '*');
}

static void print_cast(StrBuf *out, const AstExpr *expr) {
  strbuf_puts(out, expr->cast.is_try ? "TRY_CAST(" : "CAST(");
  print_expr(out, expr->cast.operand);
  strbuf_puts(out, " AS ");
  print_type(out, &expr->cast.type);
  strbuf_putc(out, ')');
}

static void print_like(StrBuf *out, const AstExpr *expr) {
  print_infix(out, expr->like.subject, expr->like.negated, "LIKE", expr->like.pattern);
  if (expr->like.escape == NULL) return;
  strbuf_puts(out, " ESCAPE ");
  print_expr(out, expr->like.escape);
}

static void print_between(StrBuf *out, const AstExpr *expr) {
  print_infix(out, expr->between.subject, expr->between.negated, "BETWEEN", expr->between.low);
  strbuf_puts(out, " AND ");
  print_expr(out, expr->between.high);
}

static void print_in(StrBuf *out, const AstExpr *expr) {
  print_expr(out, expr->in.subject);
  strbuf_puts(out, expr->in.negated ? " NOT IN (" : " IN (");
  print_exprs(out, &expr->in.list);
  strbuf_putc(out, ')');
}

static void print_bare(StrBuf *out, const AstExpr *expr) {
  switch ((int)expr->kind) {
    case AST_NULL: strbuf_puts(out, "NULL"); break;
    case AST_INTEGER: strbuf_printf(out, "%lld", (long long)expr->integer); break;
    case AST_FLOAT: print_float(out, expr); break;
    case AST_TEXT: print_quoted(out, expr->text, '\'', '\''); break;
    case AST_QUOTED: print_quoted(out, expr->text, '"', '"'); break;
    case AST_PATH: print_names(out, &expr->path); break;
    case AST_STAR: print_star(out, expr); break;
    case AST_FIELD:
      print_expr(out, expr->field.of);
      strbuf_putc(out, '.');
      print_name(out, &expr->field.name);
      break;
    case AST_CALL: print_call(out, &expr->call); break;
    case AST_UNARY: print_unary(out, expr->unary.op, expr->unary.operand); break;
    case AST_BINARY:
      print_infix(out, expr->binary.left, false, ast_op_text(expr->binary.op), expr->binary.right);
      break;
    case AST_LOGIC: print_logic(out, expr); break;
    case AST_LIKE: print_like(out, expr); break;
    case AST_BETWEEN: print_between(out, expr); break;
    case AST_IN: print_in(out, expr); break;
    case AST_IS_NULL:
      print_expr(out, expr->is_null.subject);
      strbuf_puts(out, expr->is_null.negated ? " IS NOT NULL" : " IS NULL");
      break;
    case AST_CASE: print_case(out, expr); break;
    case AST_CAST: print_cast(out, expr); break;
    default: strbuf_puts(out, "<error>"); break;
  }
}

static void print_expr(StrBuf *out, const AstExpr *expr) {
  if (expr->parens) strbuf_putc(out, '(');
  print_bare(out, expr);
  if (expr->parens) strbuf_putc(out, ')');
}

/* ---- FROM ------------------------------------------------------------------------------------- */

static void print_pattern(StrBuf *out, const AstPattern *pattern);

static void print_pattern_parts(StrBuf *out, const AstPattern *pattern, const char *between) {
  for (uint32_t i = 0; i < pattern->len; i++) {
    if (i) strbuf_puts(out, between);
    print_pattern(out, pattern->parts[i]);
  }
}

static void print_repeat(StrBuf *out, const AstPattern *pattern) {
  print_pattern(out, pattern->parts[0]);
  if (pattern->max == UINT32_MAX && pattern->min <= 1) strbuf_putc(out, pattern->min ? '+' : '*');
  else if (pattern->max == UINT32_MAX) strbuf_printf(out, "{%u,}", pattern->min);
  else if (pattern->min == 0 && pattern->max == 1) strbuf_putc(out, '?');
  else if (pattern->min == pattern->max) strbuf_printf(out, "{%u}", pattern->min);
  else strbuf_printf(out, "{%u,%u}", pattern->min, pattern->max);
}

static void print_pattern(StrBuf *out, const AstPattern *pattern) {
  if (pattern->parens) strbuf_putc(out, '(');
  switch ((int)pattern->kind) {
    case AST_PATTERN_VARIABLE: print_name(out, &pattern->name); break;
    case AST_PATTERN_ANY: strbuf_putc(out, '.'); break;
    case AST_PATTERN_SEQUENCE: print_pattern_parts(out, pattern, " "); break;
    case AST_PATTERN_CHOICE: print_pattern_parts(out, pattern, " | "); break;
    default: print_repeat(out, pattern); break;
  }
  if (pattern->parens) strbuf_putc(out, ')');
}

static void print_item(StrBuf *out, const AstItem *item) {
  if (item->alias_first) {
    print_name(out, item->alias);
    strbuf_puts(out, " = ");
  }
  print_expr(out, item->expr);
  if (!item->alias_first) print_alias(out, item->alias);
}

static void print_items_on_line(StrBuf *out, const AstItems *items) {
  for (uint32_t i = 0; i < items->len; i++) {
    if (i) strbuf_puts(out, ", ");
    print_item(out, items->items[i]);
  }
}

/* A clause on its own line; nothing when it is absent. */
static void print_condition(StrBuf *out, const char *word, const AstExpr *condition, unsigned indent) {
  if (condition == NULL) return;
  new_line(out, indent);
  strbuf_puts(out, word);
  print_expr(out, condition);
}

static void print_match(StrBuf *out, const AstMatch *match, unsigned indent) {
  unsigned inner = indent + INDENT;
  new_line(out, indent);
  strbuf_puts(out, "MATCH_RECOGNIZE (");
  print_condition(out, "LIMIT ", match->limit, inner);
  if (match->partition_by.len) {
    new_line(out, inner);
    strbuf_puts(out, "PARTITION BY ");
    print_exprs(out, &match->partition_by);
  }
  if (match->measures.len) {
    new_line(out, inner);
    strbuf_puts(out, "MEASURES ");
    print_items_on_line(out, &match->measures);
  }
  if (match->skip_to_next_row) {
    new_line(out, inner);
    strbuf_puts(out, "AFTER MATCH SKIP TO NEXT ROW");
  }
  new_line(out, inner);
  strbuf_puts(out, "PATTERN (");
  print_pattern(out, match->pattern);
  strbuf_putc(out, ')');
  for (uint32_t i = 0; i < match->defines_len; i++) {
    if (i) strbuf_putc(out, ',');
    new_line(out, i ? inner + INDENT : inner);
    if (i == 0) strbuf_puts(out, "DEFINE ");
    print_name(out, &match->defines[i]->name);
    strbuf_puts(out, " AS ");
    print_expr(out, match->defines[i]->condition);
  }
  new_line(out, indent);
  strbuf_putc(out, ')');
}

static void print_clauses_of_source(StrBuf *out, const AstRelation *source) {
  print_alias(out, source->alias);
  if (source->timestamp_by) {
    strbuf_puts(out, " TIMESTAMP BY ");
    print_expr(out, source->timestamp_by);
  }
  if (source->timestamp_over.len) {
    strbuf_puts(out, " OVER ");
    print_exprs(out, &source->timestamp_over);
  }
  if (source->partition_by.len) {
    strbuf_puts(out, " PARTITION BY ");
    print_exprs(out, &source->partition_by);
  }
  if (source->shards) {
    strbuf_puts(out, " INTO ");
    print_expr(out, source->shards);
  }
}

static void print_relation(StrBuf *out, const AstRelation *relation, unsigned indent);

static void print_join(StrBuf *out, const AstRelation *relation, unsigned indent) {
  static const char *const words[] = {
      [AST_JOIN_INNER] = "JOIN ", [AST_JOIN_LEFT] = "LEFT JOIN ", [AST_JOIN_CROSS] = "CROSS JOIN "};
  print_relation(out, relation->join.left, indent);
  new_line(out, indent);
  strbuf_puts(out, words[relation->join.type]);
  print_relation(out, relation->join.right, indent);
  if (relation->join.on == NULL) return;
  new_line(out, indent + INDENT);
  strbuf_puts(out, "ON ");
  print_expr(out, relation->join.on);
}

static void print_bare_relation(StrBuf *out, const AstRelation *relation, unsigned indent) {
  switch ((int)relation->kind) {
    case AST_TABLE:
      print_names(out, &relation->table.name);
      print_clauses_of_source(out, relation);
      break;
    case AST_SUBSELECT:
      strbuf_putc(out, '(');
      new_line(out, indent + INDENT);
      print_query(out, relation->subselect.query, indent + INDENT);
      new_line(out, indent);
      strbuf_putc(out, ')');
      print_clauses_of_source(out, relation);
      break;
    case AST_JOIN: print_join(out, relation, indent); break;
    case AST_APPLY:
      print_relation(out, relation->apply.left, indent);
      new_line(out, indent);
      strbuf_puts(out, relation->apply.outer ? "OUTER APPLY " : "CROSS APPLY ");
      print_expr(out, relation->apply.call);
      print_alias(out, relation->alias);
      break;
    default:
      print_relation(out, relation->match.input, indent);
      print_match(out, relation->match.clauses, indent);
      print_alias(out, relation->alias);
      break;
  }
}

static void print_relation(StrBuf *out, const AstRelation *relation, unsigned indent) {
  if (!relation->parens) {
    print_bare_relation(out, relation, indent);
    return;
  }
  strbuf_putc(out, '(');
  new_line(out, indent + INDENT);
  print_bare_relation(out, relation, indent + INDENT);
  new_line(out, indent);
  strbuf_putc(out, ')');
}

/* ---- queries ---------------------------------------------------------------------------------- */

static void print_items(StrBuf *out, const AstItems *items, unsigned indent) {
  StrBuf line = {0};
  print_items_on_line(&line, items);
  if (items->len == 1 || line.len + indent + 7 <= LINE_COLUMNS) {
    strbuf_putc(out, ' ');
    strbuf_put_str(out, strbuf_str(&line));
  } else {
    for (uint32_t i = 0; i < items->len; i++) {
      if (i) strbuf_putc(out, ',');
      new_line(out, indent + INDENT);
      print_item(out, items->items[i]);
    }
  }
  strbuf_release(&line);
}

static void print_select(StrBuf *out, const AstSelect *select, unsigned indent) {
  strbuf_puts(out, "SELECT");
  print_items(out, &select->items, indent);
  if (select->into) {
    new_line(out, indent);
    strbuf_puts(out, "INTO ");
    print_name(out, select->into);
  }
  if (select->from) {
    new_line(out, indent);
    strbuf_puts(out, "FROM ");
    print_relation(out, select->from, indent);
  }
  print_condition(out, "WHERE ", select->where, indent);
  if (select->group_by.len) {
    new_line(out, indent);
    strbuf_puts(out, "GROUP BY ");
    print_exprs(out, &select->group_by);
  }
  print_condition(out, "HAVING ", select->having, indent);
}

static void print_query(StrBuf *out, const AstQuery *query, unsigned indent) {
  if (query->kind == AST_SELECT) {
    print_select(out, &query->select, indent);
    return;
  }
  for (uint32_t i = 0; i < query->set.len; i++) {
    if (i) {
      new_line(out, indent);
      strbuf_puts(out, query->set.all[i] ? "UNION ALL" : "UNION");
      new_line(out, indent);
    }
    print_query(out, query->set.branches[i], indent);
  }
}

/* ---- scripts ---------------------------------------------------------------------------------- */

static void print_table(StrBuf *out, const AstCreateTable *table) {
  strbuf_puts(out, "CREATE TABLE ");
  print_name(out, &table->name);
  strbuf_puts(out, " (");
  for (uint32_t i = 0; i < table->columns_len; i++) {
    if (i) strbuf_putc(out, ',');
    new_line(out, INDENT);
    print_name(out, &table->columns[i]->name);
    strbuf_putc(out, ' ');
    print_type(out, &table->columns[i]->type);
  }
  strbuf_puts(out, "\n);\n");
}

static void print_steps(StrBuf *out, const AstScript *script) {
  for (uint32_t i = 0; i < script->steps_len; i++) {
    strbuf_puts(out, i ? ",\n" : "WITH ");
    print_name(out, &script->steps[i]->name);
    strbuf_puts(out, " AS (");
    new_line(out, INDENT);
    print_query(out, script->steps[i]->query, INDENT);
    strbuf_puts(out, "\n)");
  }
  if (script->steps_len) strbuf_putc(out, '\n');
}

void ast_print(const AstScript *script, StrBuf *out) {
  for (uint32_t i = 0; i < script->tables_len; i++) {
    print_table(out, script->tables[i]);
    strbuf_putc(out, '\n');
  }
  print_steps(out, script);
  for (uint32_t i = 0; i < script->queries_len; i++) {
    if (i) strbuf_putc(out, '\n');
    print_query(out, script->queries[i], 0);
    strbuf_puts(out, ";\n");
  }
}

void ast_print_expr(const AstExpr *expr, StrBuf *out) { print_expr(out, expr); }
