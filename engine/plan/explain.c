/* explain.c: the words for plan nodes: a title, and facts such as what an input decodes, what a filter asks and
** what an aggregate computes. The forms that show them are explain_text.c, explain_graph.c and explain_json.c. */
#include "plan/explain.h"

#include "base/status.h"

const char *plan_kind_name(PlanKind kind) {
  switch (kind) {
    case PLAN_ENTRANCE: return "input";
    case PLAN_REFERENCE: return "reference";
    case PLAN_FILTER: return "filter";
    case PLAN_PROJECT: return "project";
    case PLAN_AGGREGATE: return "aggregate";
    case PLAN_SESSION: return "session aggregate";
    case PLAN_SLIDING: return "sliding aggregate";
    case PLAN_JOIN_REFERENCE: return "reference join";
    case PLAN_JOIN_STREAM: return "stream join";
    case PLAN_UNION: return "union";
    case PLAN_MERGE: return "merge";
    case PLAN_ANALYTIC: return "analytic";
    case PLAN_APPLY: return "apply";
    case PLAN_MATCH: return "match";
    case PLAN_OUTPUT: return "output";
    case PLAN_KINDS: break;
  }
  BUG("plan node kind %d has no name", (int)kind);
}

/* ---- facts ------------------------------------------------------------------------------------ */

ExplainFact *explain_add(ExplainView *view, uint32_t node, const char *name, bool lines) {
  ExplainNode *of = &view->nodes[node];
  arena_push(&view->arena, &of->facts, (ExplainFact){.name = name, .lines = lines});
  return &of->facts.items[of->facts.len - 1];
}

void explain_item(ExplainView *view, ExplainFact *fact, Str text) {
  if (text.len) arena_push(&view->arena, &fact->items, arena_str(&view->arena, text));
}

/* A fact of one item; none when the text is empty. Empties the buffer. */
static void add_one(ExplainView *view, uint32_t node, const char *name, StrBuf *text) {
  if (text->len) explain_item(view, explain_add(view, node, name, false), strbuf_str(text));
  strbuf_clear(text);
}

/* Takes the last fact back when it got no items. */
static void drop_empty(ExplainView *view, uint32_t node) {
  ExplainNode *of = &view->nodes[node];
  if (of->facts.len && of->facts.items[of->facts.len - 1].items.len == 0) of->facts.len--;
}

static void add_exprs(ExplainView *view, uint32_t node, const char *name, Expr *const *exprs, uint32_t len) {
  StrBuf text = {0};
  ExplainFact *fact = explain_add(view, node, name, false);
  for (uint32_t i = 0; i < len; i++) {
    strbuf_clear(&text);
    expr_print(exprs[i], &text);
    explain_item(view, fact, strbuf_str(&text));
  }
  drop_empty(view, node);
  strbuf_release(&text);
}

/* ---- inputs ----------------------------------------------------------------------------------- */

static void print_field(const DecodeField *field, StrBuf *out) {
  for (uint32_t i = 0; i < field->depth; i++) strbuf_printf(out, "%s" STR_FMT, i ? "." : "", STR_ARG(field->path[i]));
  if (field->declared != TYPE_NULL) strbuf_printf(out, " %s", type_name(field->declared));
}

static void add_fields(ExplainView *view, const PlanInput *input, ExplainFact *fact, const DecodeField *fields,
                       uint32_t len) {
  StrBuf text = {0};
  for (uint32_t i = 0; i < len; i++) {
    strbuf_clear(&text);
    print_field(&fields[i], &text);
    explain_item(view, fact, strbuf_str(&text));
  }
  strbuf_release(&text);
}

static bool reads_kind(const PlanInput *input, InputColumnKind kind) {
  for (uint32_t i = 0; i < input->cols_len; i++)
    if (input->kinds[i] == kind) return true;
  return false;
}

static void add_input_facts(ExplainView *view, uint32_t node, const PlanInput *input) {
  ExplainFact *decodes = explain_add(view, node, "decodes", false);
  if (reads_kind(input, INPUT_PAYLOAD)) explain_item(view, decodes, STR("the whole event"));
  add_fields(view, input, decodes, input->fields, input->fields_len);
  if (decodes->items.len == 0) explain_item(view, decodes, STR("nothing"));
  ExplainFact *checks = explain_add(view, node, "checks", false);
  add_fields(view, input, checks, input->declared_only, input->declared_only_len);
  drop_empty(view, node);
  ExplainFact *adds = explain_add(view, node, "adds", false);
  for (uint32_t i = 0; i < input->cols_len; i++) {
    bool of_event = input->kinds[i] == INPUT_FIELD || input->kinds[i] == INPUT_PAYLOAD;
    if (!of_event) explain_item(view, adds, input->cols[i].name);
  }
  drop_empty(view, node);
}

static void add_entrance(ExplainView *view, const PlanNode *node, StrBuf *text) {
  if (node->entrance.timestamp) expr_print(node->entrance.timestamp, text);
  else strbuf_puts(text, "arrival time");
  add_one(view, node->id, "time", text);
  add_exprs(view, node->id, "per key", node->entrance.over, node->substreams);
  add_input_facts(view, node->id, node->entrance.input);
}

/* ---- operators -------------------------------------------------------------------------------- */

/* `name = value`, or just the name when the value is the column of that name. */
static void print_value(const PlanColumn *col, const Expr *value, StrBuf *out) {
  StrBuf text = {0};
  expr_print(value, &text);
  bool plain = col->star || str_eq(strbuf_str(&text), col->name);
  if (!plain) strbuf_printf(out, STR_FMT " = ", STR_ARG(col->name));
  strbuf_put_str(out, strbuf_str(&text));
  if (col->hidden) strbuf_puts(out, " (passed on)");
  strbuf_release(&text);
}

static void add_project(ExplainView *view, const PlanNode *node, StrBuf *text) {
  ExplainFact *fact = explain_add(view, node->id, "columns", false);
  for (uint32_t i = 0; i < node->cols_len; i++) {
    strbuf_clear(text);
    print_value(&node->cols[i], node->project.values[i], text);
    explain_item(view, fact, strbuf_str(text));
  }
  strbuf_clear(text);
  drop_empty(view, node->id);
}

static void add_aggregate(ExplainView *view, const PlanNode *node, StrBuf *text) {
  window_describe(&node->aggregate.window, text);
  add_one(view, node->id, "window", text);
  add_exprs(view, node->id, "sessions", node->aggregate.session_keys, node->aggregate.session_keys_len);
  add_exprs(view, node->id, "by", node->aggregate.keys, node->aggregate.keys_len);
  ExplainFact *fact = explain_add(view, node->id, "computes", false);
  for (uint32_t i = 0; i < node->aggregate.aggs_len; i++) explain_item(view, fact, node->aggregate.aggs[i].text);
  if (node->aggregate.window_id) explain_item(view, fact, STR("the window's id"));
  drop_empty(view, node->id);
}

/* `0 <= boundaries of 1s since a <= 30`: where the right side's time is. */
static void print_bound(const JoinBound *bound, StrBuf *out) {
  StrBuf unit = {0};
  duration_print(bound->unit, &unit);
  if (bound->has_low) strbuf_printf(out, "%lld <= ", (long long)bound->low);
  strbuf_printf(out, "boundaries of %s since " STR_FMT, unit.ptr, STR_ARG(bound->left->expr.name));
  if (bound->has_high) strbuf_printf(out, " <= %lld", (long long)bound->high);
  strbuf_release(&unit);
}

static void add_bounds(ExplainView *view, const PlanNode *node, StrBuf *text) {
  ExplainFact *fact = explain_add(view, node->id, "within", false);
  for (uint32_t i = 0; i < node->join.bounds_len; i++) {
    strbuf_clear(text);
    print_bound(&node->join.bounds[i], text);
    explain_item(view, fact, strbuf_str(text));
  }
  strbuf_clear(text);
  drop_empty(view, node->id);
}

static void add_join(ExplainView *view, const PlanNode *node, StrBuf *text) {
  ExplainFact *fact = explain_add(view, node->id, "on", false);
  for (uint32_t i = 0; i < node->join.keys_len; i++) {
    strbuf_clear(text);
    expr_print(node->join.left_keys[i], text);
    strbuf_puts(text, " = ");
    expr_print(node->join.right_keys[i], text);
    explain_item(view, fact, strbuf_str(text));
  }
  strbuf_clear(text);
  drop_empty(view, node->id);
  add_bounds(view, node, text);
  if (node->join.residual) expr_print(node->join.residual, text);
  add_one(view, node->id, "and", text);
}

static void add_analytic(ExplainView *view, const PlanNode *node) {
  ExplainFact *fact = explain_add(view, node->id, "computes", true);
  for (uint32_t i = 0; i < node->analytic.calls_len; i++) explain_item(view, fact, node->analytic.calls[i]->text);
}

static void add_apply(ExplainView *view, const PlanNode *node, StrBuf *text) {
  strbuf_printf(text, "%s(", node->apply.name);
  expr_print(node->apply.arg, text);
  strbuf_putc(text, ')');
  add_one(view, node->id, "unfolds", text);
}

static void add_match(ExplainView *view, const PlanNode *node, StrBuf *text) {
  const BoundMatch *match = &node->match->match;
  match_pattern_print(match, match->pattern, text);
  add_one(view, node->id, "pattern", text);
  duration_print(match->duration, text);
  add_one(view, node->id, "within", text);
  add_exprs(view, node->id, "by", match->keys, match->keys_len);
  ExplainFact *defines = explain_add(view, node->id, "defines", true);
  for (uint32_t i = 0; i < match->vars_len; i++) {
    if (match->vars[i].condition == NULL) continue;
    strbuf_clear(text);
    strbuf_printf(text, STR_FMT " as ", STR_ARG(match->vars[i].name));
    expr_print(match->vars[i].condition, text);
    explain_item(view, defines, strbuf_str(text));
  }
  drop_empty(view, node->id);
  ExplainFact *computes = explain_add(view, node->id, "computes", false);
  for (uint32_t i = 0; i < match->measures_len; i++) {
    strbuf_clear(text);
    print_value(&node->cols[match->keys_len + i], match->measures[i], text);
    explain_item(view, computes, strbuf_str(text));
  }
  strbuf_clear(text);
  drop_empty(view, node->id);
}

static void add_output(ExplainView *view, const PlanNode *node, StrBuf *text) {
  ExplainFact *fact = explain_add(view, node->id, "columns", false);
  for (uint32_t i = 0; i < node->output->schema.cols_len; i++) {
    const OutputColumn *col = &node->output->schema.cols[i];
    strbuf_clear(text);
    if (col->star) strbuf_puts(text, "*");
    else strbuf_printf(text, STR_FMT " ", STR_ARG(col->name));
    if (!col->star && col->types) type_mask_print(col->types, text);
    else if (!col->star) strbuf_puts(text, "always NULL");
    explain_item(view, fact, strbuf_str(text));
  }
  strbuf_clear(text);
}

static void add_facts(ExplainView *view, const PlanNode *node, StrBuf *text) {
  switch (node->kind) {
    case PLAN_ENTRANCE: add_entrance(view, node, text); break;
    case PLAN_REFERENCE: add_input_facts(view, node->id, node->scan); break;
    case PLAN_FILTER:
      expr_print(node->condition, text);
      add_one(view, node->id, "where", text);
      break;
    case PLAN_PROJECT: add_project(view, node, text); break;
    case PLAN_AGGREGATE:
    case PLAN_SESSION:
    case PLAN_SLIDING: add_aggregate(view, node, text); break;
    case PLAN_JOIN_REFERENCE:
    case PLAN_JOIN_STREAM: add_join(view, node, text); break;
    case PLAN_MERGE:
      strbuf_puts(text, "partitions meet, in the order of time");
      add_one(view, node->id, "order", text);
      break;
    case PLAN_ANALYTIC: add_analytic(view, node); break;
    case PLAN_APPLY: add_apply(view, node, text); break;
    case PLAN_MATCH: add_match(view, node, text); break;
    case PLAN_OUTPUT: add_output(view, node, text); break;
    case PLAN_UNION:
    case PLAN_KINDS: break;
  }
}

/* When a row of an operator can leave, as seen by the clock of the events: how far results lag behind. */
static void print_lag(const PlanNode *node, StrBuf *out) {
  switch (node->kind) {
    case PLAN_AGGREGATE: strbuf_puts(out, "the rows of a window when time is past its end"); break;
    case PLAN_SESSION: strbuf_puts(out, "the rows of a session when time is past its end"); break;
    case PLAN_SLIDING: strbuf_puts(out, "the rows of an instant when time is past it"); break;
    case PLAN_JOIN_STREAM:
      strbuf_puts(out, "a pair when both rows are there");
      if (node->join.left_outer) strbuf_puts(out, "; a row alone when time is past the bound");
      break;
    case PLAN_MATCH: strbuf_puts(out, "a match when it can no longer grow"); break;
    case PLAN_MERGE: strbuf_puts(out, "a row when every partition is past it"); break;
    case PLAN_ENTRANCE:
    case PLAN_REFERENCE:
    case PLAN_FILTER:
    case PLAN_PROJECT:
    case PLAN_JOIN_REFERENCE:
    case PLAN_UNION:
    case PLAN_ANALYTIC:
    case PLAN_APPLY:
    case PLAN_OUTPUT:
    case PLAN_KINDS: break;
  }
}

/* ---- the view --------------------------------------------------------------------------------- */

static Str title_of(Arena *arena, const PlanNode *node) {
  const char *kind = plan_kind_name(node->kind);
  switch (node->kind) {
    case PLAN_ENTRANCE:
    case PLAN_REFERENCE:
    case PLAN_OUTPUT: return arena_printf(arena, "%s " STR_FMT, kind, STR_ARG(node->label));
    case PLAN_APPLY: return arena_printf(arena, "%s %s", node->apply.outer ? "outer" : "cross", kind);
    case PLAN_JOIN_REFERENCE:
    case PLAN_JOIN_STREAM: return arena_printf(arena, "%s%s", node->join.left_outer ? "left " : "", kind);
    case PLAN_FILTER:
    case PLAN_PROJECT:
    case PLAN_AGGREGATE:
    case PLAN_SESSION:
    case PLAN_SLIDING:
    case PLAN_UNION:
    case PLAN_MERGE:
    case PLAN_ANALYTIC:
    case PLAN_MATCH:
    case PLAN_KINDS: break;
  }
  return str_from(kind);
}

void explain_init(ExplainView *view, const PlanScript *plan) {
  *view = (ExplainView){.plan = plan};
  arena_init(&view->arena);
  view->nodes = ARENA_ARRAY(&view->arena, ExplainNode, plan->nodes_len + 1);
  StrBuf text = {0};
  for (uint32_t i = 0; i < plan->nodes_len; i++) {
    const PlanNode *node = plan->nodes[i];
    bool named = node->kind == PLAN_ENTRANCE || node->kind == PLAN_REFERENCE || node->kind == PLAN_OUTPUT;
    view->nodes[i].plan = node;
    view->nodes[i].title = title_of(&view->arena, node);
    if (!named) view->nodes[i].step = node->label;
    for (uint32_t j = 0; j < node->inputs_len; j++) view->nodes[node->inputs[j]->id].readers++;
    add_facts(view, node, &text);
    print_lag(node, &text);
    add_one(view, node->id, "gives", &text);
  }
  strbuf_release(&text);
}

void explain_release(ExplainView *view) { arena_release(&view->arena); }

void explain_render(const ExplainView *view, ExplainFormat format, StrBuf *out) {
  switch (format) {
    case EXPLAIN_TEXT: explain_text(view, out); break;
    case EXPLAIN_DOT: explain_dot(view, out); break;
    case EXPLAIN_MERMAID: explain_mermaid(view, out); break;
    case EXPLAIN_JSON: explain_json(view, out); break;
  }
}

void plan_explain(const PlanScript *plan, ExplainFormat format, StrBuf *out) {
  ExplainView view;
  explain_init(&view, plan);
  explain_render(&view, format, out);
  explain_release(&view);
}
