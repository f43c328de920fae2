/* ast_dump.c: trees as indented text, one node a line:
**
**   select into=out
**     item as=total
**       call SUM
**         path Toll
**     from
**       table input
**
** A parenthesised expression is marked `()`; with spans asked for, every node ends in @begin-end. */
#include "grammar/ast_print.h"

typedef struct Dump {
  StrBuf  *out;
  bool     spans;
  unsigned depth;
} Dump;

static void dump_expr(Dump *dump, const AstExpr *expr);
static void dump_query(Dump *dump, const AstQuery *query);

/* ---- lines ------------------------------------------------------------------------------------ */

static void line_begin(Dump *dump, const char *what) {
  for (unsigned i = 0; i < dump->depth * 2; i++) strbuf_putc(dump->out, ' ');
  strbuf_puts(dump->out, what);
}

/* Ends the line of a node; its children follow one level deeper until leave(). */
static void enter(Dump *dump, const Span *span) {
  if (dump->spans && span) strbuf_printf(dump->out, " @%u-%u", span->begin, span->end);
  strbuf_putc(dump->out, '\n');
  dump->depth++;
}

static void leave(Dump *dump) { dump->depth--; }

static void put_name(Dump *dump, const AstName *name) {
  static const char *const open[] = {"", "[", "\"", "'"}, *const close[] = {"", "]", "\"", "'"};
  strbuf_puts(dump->out, open[name->quote]);
  strbuf_put_str(dump->out, name->text);
  strbuf_puts(dump->out, close[name->quote]);
}

static void put_names(Dump *dump, const AstNames *names) {
  for (uint32_t i = 0; i < names->len; i++) {
    strbuf_putc(dump->out, i ? '.' : ' ');
    put_name(dump, &names->items[i]);
  }
}

static void put_optional_name(Dump *dump, const char *label, const AstName *name) {
  if (name == NULL) return;
  strbuf_puts(dump->out, label);
  put_name(dump, name);
}

static void put_type(Dump *dump, const AstType *type) {
  strbuf_putc(dump->out, ' ');
  put_name(dump, &type->name);
  if (type->length >= 0) strbuf_printf(dump->out, "(%lld)", (long long)type->length);
}

static void dump_labelled(Dump *dump, const char *label, const AstExpr *expr) {
  if (expr == NULL) return;
  line_begin(dump, label);
  enter(dump, NULL);
  dump_expr(dump, expr);
  leave(dump);
}

static void dump_list(Dump *dump, const char *label, const AstExprs *list) {
  if (list->len == 0) return;
  line_begin(dump, label);
  enter(dump, NULL);
  for (uint32_t i = 0; i < list->len; i++) dump_expr(dump, list->items[i]);
  leave(dump);
}

/* ---- expressions ------------------------------------------------------------------------------ */

/* What stands on the node's own line behind its kind. */
static void put_details(Dump *dump, const AstExpr *expr) {
  switch ((int)expr->kind) {
    case AST_INTEGER: strbuf_printf(dump->out, " %lld", (long long)expr->integer); break;
    case AST_FLOAT: strbuf_printf(dump->out, " %.17g", expr->floating.value); break;
    case AST_TEXT: case AST_QUOTED: strbuf_printf(dump->out, " '" STR_FMT "'", STR_ARG(expr->text)); break;
    case AST_PATH: put_names(dump, &expr->path); break;
    case AST_FIELD: put_optional_name(dump, " .", &expr->field.name); break;
    case AST_CALL:
      put_names(dump, &expr->call.name);
      if (!expr->call.has_parens) strbuf_puts(dump->out, " bare");
      if (expr->call.distinct) strbuf_puts(dump->out, " distinct");
      if (expr->call.all) strbuf_puts(dump->out, " all");
      break;
    case AST_UNARY: strbuf_printf(dump->out, " %s", ast_op_text(expr->unary.op)); break;
    case AST_BINARY: strbuf_printf(dump->out, " %s", ast_op_text(expr->binary.op)); break;
    case AST_LOGIC: strbuf_puts(dump->out, expr->logic.is_or ? " OR" : " AND"); break;
    case AST_LIKE: strbuf_puts(dump->out, expr->like.negated ? " not" : ""); break;
    case AST_BETWEEN: strbuf_puts(dump->out, expr->between.negated ? " not" : ""); break;
    case AST_IN: strbuf_puts(dump->out, expr->in.negated ? " not" : ""); break;
    case AST_IS_NULL: strbuf_puts(dump->out, expr->is_null.negated ? " not" : ""); break;
    case AST_CAST:
      strbuf_puts(dump->out, expr->cast.is_try ? " try" : "");
      put_type(dump, &expr->cast.type);
      break;
    default: break;
  }
}

static void dump_over(Dump *dump, const AstOver *over) {
  if (over == NULL) return;
  line_begin(dump, "over");
  enter(dump, &over->span);
  dump_list(dump, "partition-by", &over->partition_by);
  for (uint32_t i = 0; i < over->order_by_len; i++)
    dump_labelled(dump, over->order_by[i]->descending ? "order-by desc" : "order-by", over->order_by[i]->expr);
  dump_labelled(dump, "limit", over->limit);
  dump_labelled(dump, "when", over->when);
  leave(dump);
}

static void dump_exprs(Dump *dump, const AstExprs *list) {
  for (uint32_t i = 0; i < list->len; i++) dump_expr(dump, list->items[i]);
}

static void dump_case(Dump *dump, const AstExpr *expr) {
  dump_labelled(dump, "operand", expr->cases.operand);
  for (uint32_t i = 0; i < expr->cases.len; i++) {
    line_begin(dump, "when");
    enter(dump, &expr->cases.whens[i]->span);
    dump_expr(dump, expr->cases.whens[i]->condition);
    dump_expr(dump, expr->cases.whens[i]->value);
    leave(dump);
  }
  dump_labelled(dump, "else", expr->cases.otherwise);
}

static void dump_children(Dump *dump, const AstExpr *expr) {
  switch ((int)expr->kind) {
    case AST_STAR: if (expr->star.of) dump_expr(dump, expr->star.of); break;
    case AST_FIELD: dump_expr(dump, expr->field.of); break;
    case AST_CALL:
      dump_exprs(dump, &expr->call.args);
      dump_over(dump, expr->call.over);
      break;
    case AST_UNARY: dump_expr(dump, expr->unary.operand); break;
    case AST_BINARY:
      dump_expr(dump, expr->binary.left);
      dump_expr(dump, expr->binary.right);
      break;
    case AST_LOGIC: dump_exprs(dump, &expr->logic.operands); break;
    case AST_LIKE:
      dump_expr(dump, expr->like.subject);
      dump_expr(dump, expr->like.pattern);
      dump_labelled(dump, "escape", expr->like.escape);
      break;
    case AST_BETWEEN:
      dump_expr(dump, expr->between.subject);
      dump_expr(dump, expr->between.low);
      dump_expr(dump, expr->between.high);
      break;
    case AST_IN:
      dump_expr(dump, expr->in.subject);
      dump_list(dump, "list", &expr->in.list);
      break;
    case AST_IS_NULL: dump_expr(dump, expr->is_null.subject); break;
    case AST_CASE: dump_case(dump, expr); break;
    case AST_CAST: dump_expr(dump, expr->cast.operand); break;
    default: break;
  }
}

static void dump_expr(Dump *dump, const AstExpr *expr) {
  line_begin(dump, ast_kind_name(expr->kind));
  put_details(dump, expr);
  if (expr->parens) strbuf_puts(dump->out, " ()");
  enter(dump, &expr->span);
  dump_children(dump, expr);
  leave(dump);
}

/* ---- relations -------------------------------------------------------------------------------- */

static void dump_items(Dump *dump, const AstItems *items) {
  for (uint32_t i = 0; i < items->len; i++) {
    const AstItem *item = items->items[i];
    line_begin(dump, "item");
    put_optional_name(dump, item->alias_first ? " alias=" : " as=", item->alias);
    enter(dump, &item->span);
    dump_expr(dump, item->expr);
    leave(dump);
  }
}

static void dump_pattern(Dump *dump, const AstPattern *pattern) {
  line_begin(dump, ast_kind_name(pattern->kind));
  if (pattern->kind == AST_PATTERN_VARIABLE) put_optional_name(dump, " ", &pattern->name);
  if (pattern->kind == AST_PATTERN_REPEAT && pattern->max == UINT32_MAX)
    strbuf_printf(dump->out, " %u..", pattern->min);
  else if (pattern->kind == AST_PATTERN_REPEAT) strbuf_printf(dump->out, " %u..%u", pattern->min, pattern->max);
  if (pattern->parens) strbuf_puts(dump->out, " ()");
  enter(dump, &pattern->span);
  for (uint32_t i = 0; i < pattern->len; i++) dump_pattern(dump, pattern->parts[i]);
  leave(dump);
}

static void dump_match(Dump *dump, const AstMatch *match) {
  dump_labelled(dump, "limit", match->limit);
  dump_list(dump, "partition-by", &match->partition_by);
  dump_items(dump, &match->measures);
  if (match->skip_to_next_row) {
    line_begin(dump, "skip to next row\n");
  }
  if (match->pattern) dump_pattern(dump, match->pattern);
  for (uint32_t i = 0; i < match->defines_len; i++) {
    line_begin(dump, "define ");
    put_name(dump, &match->defines[i]->name);
    enter(dump, &match->defines[i]->span);
    dump_expr(dump, match->defines[i]->condition);
    leave(dump);
  }
}

static void put_relation_details(Dump *dump, const AstRelation *relation) {
  static const char *const types[] = {
      [AST_JOIN_INNER] = " inner", [AST_JOIN_LEFT] = " left", [AST_JOIN_CROSS] = " cross"};
  if (relation->kind == AST_TABLE) put_names(dump, &relation->table.name);
  if (relation->kind == AST_JOIN) strbuf_puts(dump->out, types[relation->join.type]);
  if (relation->kind == AST_APPLY) strbuf_puts(dump->out, relation->apply.outer ? " outer" : " cross");
  put_optional_name(dump, " as=", relation->alias);
  if (relation->parens) strbuf_puts(dump->out, " ()");
}

static void dump_relation(Dump *dump, const AstRelation *relation) {
  line_begin(dump, ast_kind_name(relation->kind));
  put_relation_details(dump, relation);
  enter(dump, &relation->span);
  if (relation->kind == AST_SUBSELECT) dump_query(dump, relation->subselect.query);
  if (relation->kind == AST_JOIN) {
    dump_relation(dump, relation->join.left);
    dump_relation(dump, relation->join.right);
    dump_labelled(dump, "on", relation->join.on);
  }
  if (relation->kind == AST_APPLY) {
    dump_relation(dump, relation->apply.left);
    dump_expr(dump, relation->apply.call);
  }
  if (relation->kind == AST_MATCH) {
    dump_relation(dump, relation->match.input);
    dump_match(dump, relation->match.clauses);
  }
  dump_labelled(dump, "timestamp-by", relation->timestamp_by);
  dump_list(dump, "timestamp-over", &relation->timestamp_over);
  dump_list(dump, "partition-by", &relation->partition_by);
  dump_labelled(dump, "shards", relation->shards);
  leave(dump);
}

/* ---- queries and scripts ---------------------------------------------------------------------- */

static void dump_select(Dump *dump, const AstQuery *query) {
  const AstSelect *select = &query->select;
  line_begin(dump, "select");
  put_optional_name(dump, " into=", select->into);
  enter(dump, &query->span);
  dump_items(dump, &select->items);
  if (select->from) {
    line_begin(dump, "from");
    enter(dump, NULL);
    dump_relation(dump, select->from);
    leave(dump);
  }
  dump_labelled(dump, "where", select->where);
  dump_list(dump, "group-by", &select->group_by);
  dump_labelled(dump, "having", select->having);
  leave(dump);
}

static void dump_query(Dump *dump, const AstQuery *query) {
  if (query->kind == AST_SELECT) {
    dump_select(dump, query);
    return;
  }
  line_begin(dump, "union");
  for (uint32_t i = 1; i < query->set.len; i++) strbuf_puts(dump->out, query->set.all[i] ? " all" : " plain");
  enter(dump, &query->span);
  for (uint32_t i = 0; i < query->set.len; i++) dump_query(dump, query->set.branches[i]);
  leave(dump);
}

static void dump_table(Dump *dump, const AstCreateTable *table) {
  line_begin(dump, "create-table ");
  put_name(dump, &table->name);
  enter(dump, &table->span);
  for (uint32_t i = 0; i < table->columns_len; i++) {
    line_begin(dump, "column ");
    put_name(dump, &table->columns[i]->name);
    put_type(dump, &table->columns[i]->type);
    enter(dump, &table->columns[i]->span);
    leave(dump);
  }
  leave(dump);
}

void ast_dump(const AstScript *script, bool spans, StrBuf *out) {
  Dump dump = {.out = out, .spans = spans};
  line_begin(&dump, "script");
  enter(&dump, &script->span);
  for (uint32_t i = 0; i < script->tables_len; i++) dump_table(&dump, script->tables[i]);
  for (uint32_t i = 0; i < script->steps_len; i++) {
    line_begin(&dump, "step ");
    put_name(&dump, &script->steps[i]->name);
    enter(&dump, &script->steps[i]->span);
    dump_query(&dump, script->steps[i]->query);
    leave(&dump);
  }
  for (uint32_t i = 0; i < script->queries_len; i++) dump_query(&dump, script->queries[i]);
  leave(&dump);
}
