/* api.c: compile and explain; see api.h. Each stage runs only when the one before found nothing wrong, so a
** mistake is reported once, by the first stage that sees it. */
#include "api.h"

#include "grammar/ast_print.h"
#include "grammar/parse.h"
#include "plan/explain.h"

Compiled *compile_query(SourceText *source, const BindOptions *options) {
  Compiled *compiled = mem_zalloc(sizeof *compiled);
  arena_init(&compiled->arena);
  diags_init(&compiled->diags, source);
  AstScript *ast = NULL;
  BoundScript *bound = NULL;
  if (parse_script(source, &compiled->arena, &compiled->diags, &ast)) compiled->ast = ast;
  if (compiled->ast && bind_script(ast, options, &compiled->arena, &compiled->diags, &bound)) compiled->bound = bound;
  compiled->attempted = bound;
  if (compiled->bound) compiled->plan = plan_build(bound, options->compat, source, &compiled->arena);
  diags_sort(&compiled->diags);
  return compiled;
}

void compiled_free(Compiled *compiled) {
  if (compiled == NULL) return;
  bound_release(compiled->attempted);
  diags_release(&compiled->diags);
  arena_release(&compiled->arena);
  mem_free(compiled);
}

/* ---- explain ---------------------------------------------------------------------------------- */

static void add_keeps(ExplainView *view, const PlanNode *node) {
  const OpClass *cls = op_class(node->kind);
  if (cls->describe == NULL) return;
  StrBuf text = {0};
  cls->describe(node, &text);
  explain_item(view, explain_add(view, node->id, "keeps", false), strbuf_str(&text));
  strbuf_release(&text);
}

static void add_program(ExplainView *view, const PlanNode *node, const Expr *condition, Expr *const *values,
                        uint32_t len) {
  StrBuf text = {0};
  program_print(program_new(&view->arena, condition, values, len), &text);
  ExplainFact *fact = explain_add(view, node->id, "program", true);
  Str line, rest = str_trim(strbuf_str(&text));
  do {
    bool more = str_cut(rest, '\n', &line, &rest);
    explain_item(view, fact, line);
    if (!more) break;
  } while (true);
  strbuf_release(&text);
}

/* The keys of an aggregate and the arguments of its aggregates are one program, as op_aggregate.c runs it. */
static void add_aggregate_program(ExplainView *view, const PlanNode *node) {
  Vec(Expr *) values = {0};
  for (uint32_t i = 0; i < node->aggregate.keys_len; i++) arena_push(&view->arena, &values, node->aggregate.keys[i]);
  for (uint32_t i = 0; i < node->aggregate.aggs_len; i++)
    for (uint32_t j = 0; j < node->aggregate.aggs[i].call.args_len; j++)
      arena_push(&view->arena, &values, node->aggregate.aggs[i].args[j]);
  for (uint32_t i = 0; i < node->aggregate.session_keys_len; i++)
    arena_push(&view->arena, &values, node->aggregate.session_keys[i]);
  if (values.len) add_program(view, node, NULL, values.items, values.len);
}

static void add_programs(ExplainView *view, const PlanNode *node) {
  switch (node->kind) {
    case PLAN_ENTRANCE:
      if (node->entrance.timestamp) add_program(view, node, NULL, (Expr *const *)&node->entrance.timestamp, 1);
      break;
    case PLAN_FILTER: add_program(view, node, node->condition, NULL, 0); break;
    case PLAN_APPLY: add_program(view, node, NULL, (Expr *const *)&node->apply.arg, 1); break;
    case PLAN_PROJECT: add_program(view, node, NULL, node->project.values, node->cols_len); break;
    case PLAN_AGGREGATE:
    case PLAN_SESSION:
    case PLAN_SLIDING: add_aggregate_program(view, node); break;
    case PLAN_JOIN_REFERENCE:
      if (node->join.keys_len) add_program(view, node, NULL, node->join.left_keys, node->join.keys_len);
      break;
    case PLAN_JOIN_STREAM:
      if (node->join.keys_len) add_program(view, node, NULL, node->join.left_keys, node->join.keys_len);
      if (node->join.residual) add_program(view, node, node->join.residual, NULL, 0);
      break;
    case PLAN_REFERENCE:
    case PLAN_UNION:
    case PLAN_MERGE:
    case PLAN_ANALYTIC:
    case PLAN_MATCH:
    case PLAN_OUTPUT:
    case PLAN_KINDS: break;
  }
}

static void explain_graph(const PlanScript *plan, bool programs, ExplainFormat format, StrBuf *out) {
  ExplainView view;
  explain_init(&view, plan);
  for (uint32_t i = 0; i < plan->nodes_len; i++) {
    add_keeps(&view, plan->nodes[i]);
    if (programs) add_programs(&view, plan->nodes[i]);
  }
  explain_render(&view, format, out);
  explain_release(&view);
}

void compiled_explain(const Compiled *compiled, ExplainStage stage, ExplainFormat format, StrBuf *out) {
  switch (stage) {
    case STAGE_AST: ast_dump(compiled->ast, false, out); break;
    case STAGE_BOUND: bound_print(compiled->bound, out); break;
    case STAGE_PLAN: plan_explain(compiled->plan, format, out); break;
    case STAGE_GRAPH: explain_graph(compiled->plan, false, format, out); break;
    case STAGE_PROGRAMS: explain_graph(compiled->plan, true, format, out); break;
  }
}
