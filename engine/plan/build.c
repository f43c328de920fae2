/* build.c: from bound queries to plan nodes. Steps and inputs are built once and shared by their readers. */
#include "functions/operators.h"
#include "plan/choose_window.h"

typedef struct Built { const void *of; const Leaf *leaf; PlanNode *node; } Built; /* leaf: of an input */

typedef struct Builder {
  Arena *arena;
  const BoundScript *script;
  Vec(PlanNode *) nodes;
  Vec(PlanInput *) inputs;
  Vec(PlanOutput *) outputs;
  Vec(Positions) output_names; /* of the columns of each output */
  Vec(Built) built;
} Builder;

static PlanNode *build_query(Builder *b, const BoundQuery *query, Str label);

static PlanNode *add_node(Builder *b, PlanKind kind, Span span, PlanNode *first, PlanNode *second) {
  PlanNode *node = ARENA_NEW(b->arena, PlanNode);
  node->kind = kind;
  node->span = span;
  node->id = b->nodes.len;
  node->inputs = ARENA_ARRAY(b->arena, PlanNode *, 2);
  if (first) node->inputs[node->inputs_len++] = first;
  if (second) node->inputs[node->inputs_len++] = second;
  node->reference = first && first->reference;
  node->substreams = first ? first->substreams : 0;
  if (first) node->cols = first->cols, node->cols_len = first->cols_len;
  arena_push(b->arena, &b->nodes, node);
  return node;
}

/* ---- inputs ----------------------------------------------------------------------------------- */

static bool is_read(const BoundInput *input, Str declared) {
  for (uint32_t i = 0; i < input->columns.len; i++) {
    const BoundInputColumn *col = input->columns.items[i];
    if (col->kind == INPUT_FIELD && col->depth == 1 && str_eq(col->path[0], declared)) return true;
  }
  return false;
}

static void plan_declared(Builder *b, const BoundInput *from, PlanInput *input) {
  input->declared_names = ARENA_ARRAY(b->arena, Str, from->declared_len + 1);
  input->declared_only = ARENA_ARRAY(b->arena, DecodeField, from->declared_len + 1);
  for (uint32_t i = 0; i < from->declared_len; i++) {
    input->declared_names[input->declared_len++] = from->declared[i].name;
    if (is_read(from, from->declared[i].name)) continue;
    input->declared_only[input->declared_only_len++] = (DecodeField){
        .path = &from->declared[i].name, .depth = 1, .declared = from->declared[i].type, .required = true};
  }
}

static PlanInput *plan_input(Builder *b, const BoundInput *from) {
  PlanInput *input = ARENA_NEW(b->arena, PlanInput);
  uint32_t len = from->columns.len;
  *input = (PlanInput){.name = from->name, .reference = from->reference, .span = from->span, .cols_len = len,
                       .payload = !from->reference};
  input->cols = ARENA_ARRAY(b->arena, PlanColumn, len + 1);
  input->kinds = ARENA_ARRAY(b->arena, InputColumnKind, len + 1);
  input->field_of = ARENA_ARRAY(b->arena, uint32_t, len + 1);
  input->fields = ARENA_ARRAY(b->arena, DecodeField, len + 1);
  for (uint32_t i = 0; i < len; i++) {
    const BoundInputColumn *col = from->columns.items[i];
    input->cols[i] = (PlanColumn){.name = col->name, .types = col->types, .star = col->kind == INPUT_PAYLOAD};
    input->kinds[i] = col->kind;
    input->payload |= col->kind == INPUT_PAYLOAD;
    if (col->kind != INPUT_FIELD) continue;
    input->field_of[i] = input->fields_len;
    input->fields[input->fields_len++] = (DecodeField){
        .path = col->path, .depth = col->depth, .declared = col->declared, .required = col->declared != TYPE_NULL};
  }
  plan_declared(b, from, input);
  arena_push(b->arena, &b->inputs, input);
  return input;
}

/* The same computation over the batches of one input: two uses of it have column objects of their own, so columns
** are compared by slot. */
static bool same_over_input(const Expr *a, const Expr *b) {
  if (a->kind == EXPR_COLUMN && b->kind == EXPR_COLUMN) return a->column->slot == b->column->slot;
  if (a->args_len == 0 || a->kind != b->kind || a->args_len != b->args_len) return expr_equal(a, b);
  if (a->kind == EXPR_CALL && (a->call->fn != b->call->fn || a->call->target != b->call->target)) return false;
  for (uint32_t i = 0; i < a->args_len; i++)
    if (!same_over_input(a->args[i], b->args[i])) return false;
  return true;
}

static bool same_time(const Leaf *a, const Leaf *b) {
  if (a == NULL || b == NULL) return a == b;
  if (!a->timestamp != !b->timestamp || a->over_len != b->over_len) return false;
  for (uint32_t i = 0; i < a->over_len; i++)
    if (!same_over_input(a->over[i], b->over[i])) return false;
  return a->timestamp == NULL || same_over_input(a->timestamp, b->timestamp);
}

static PlanNode *find_built(Builder *b, const void *of, const Leaf *leaf) {
  for (uint32_t i = 0; i < b->built.len; i++)
    if (b->built.items[i].of == of && same_time(b->built.items[i].leaf, leaf)) return b->built.items[i].node;
  return NULL;
}

static PlanInput *find_input(Builder *b, const BoundInput *from) {
  for (uint32_t i = 0; i < b->inputs.len; i++)
    if (str_eq(b->inputs.items[i]->name, from->name)) return b->inputs.items[i];
  return plan_input(b, from);
}

static PlanNode *build_input(Builder *b, const Leaf *leaf) {
  const BoundInput *from = leaf->provider.input;
  PlanNode *node = find_built(b, from, leaf);
  if (node) return node;
  PlanInput *input = find_input(b, from);
  node = add_node(b, from->reference ? PLAN_REFERENCE : PLAN_ENTRANCE, from->span, NULL, NULL);
  node->reference = from->reference;
  node->label = from->name;
  node->cols = input->cols;
  node->cols_len = input->cols_len;
  if (from->reference) node->scan = input;
  else node->entrance.input = input, node->entrance.timestamp = leaf->timestamp, node->entrance.over = leaf->over;
  node->substreams = leaf->over_len;
  arena_push(b->arena, &b->built, (Built){from, leaf, node});
  return node;
}

static PlanNode *build_match(Builder *b, const BoundRelation *relation);

static PlanNode *build_provider(Builder *b, const Leaf *leaf) {
  if (leaf->provider.relation) return build_match(b, leaf->provider.relation);
  if (leaf->provider.input) return build_input(b, leaf);
  PlanNode *node = find_built(b, leaf->provider.step, NULL);
  if (node) return node;
  node = build_query(b, leaf->provider.step->query, leaf->provider.step->name);
  arena_push(b->arena, &b->built, (Built){leaf->provider.step, NULL, node});
  return node;
}

/* Whether all rows come under one clock, in the order of time. */
static bool is_one_stream(const PlanNode *node) {
  switch (node->kind) {
    case PLAN_AGGREGATE:
    case PLAN_SESSION:
    case PLAN_SLIDING:
    case PLAN_JOIN_STREAM:
    case PLAN_MERGE:
    case PLAN_MATCH:
    case PLAN_ANALYTIC: return true;
    case PLAN_FILTER:
    case PLAN_PROJECT:
    case PLAN_APPLY:
    case PLAN_JOIN_REFERENCE: return is_one_stream(node->inputs[0]);
    case PLAN_ENTRANCE: return node->substreams > 0; /* each is in order by itself */
    default: return false;
  }
}

/* Functions that look back see all rows of the source, in the order of time. */
static PlanNode *build_analytic(Builder *b, PlanNode *input, const Leaf *leaf) {
  if (!is_one_stream(input)) input = add_node(b, PLAN_MERGE, leaf->span, input, NULL);
  PlanNode *node = add_node(b, PLAN_ANALYTIC, leaf->span, input, NULL);
  uint32_t len = leaf->analytics.len;
  node->analytic.calls = ARENA_ARRAY(b->arena, const AnalyticCall *, len);
  node->analytic.calls_len = len;
  node->cols = ARENA_ARRAY(b->arena, PlanColumn, input->cols_len + len);
  node->cols_len = input->cols_len + len;
  if (input->cols_len) memcpy(node->cols, input->cols, input->cols_len * sizeof *node->cols);
  for (uint32_t i = 0; i < len; i++) {
    const BoundAnalytic *analytic = leaf->analytics.items[i];
    node->analytic.calls[i] = &analytic->call;
    node->cols[input->cols_len + i] =
        (PlanColumn){.name = analytic->call.text, .hidden = true, .types = analytic->column.expr.types};
  }
  return node;
}

static Expr *column_of(Builder *b, const PlanNode *node, uint32_t slot) {
  ExprColumn *col = ARENA_NEW(b->arena, ExprColumn);
  *col = (ExprColumn){.slot = slot, .name = node->cols[slot].name, .types = node->cols[slot].types};
  return expr_column(b->arena, node->span, col);
}

/* The columns, and behind them the timestamp, for DATEDIFF in the ON of joins of streams. */
static PlanNode *build_time(Builder *b, PlanNode *input, const Leaf *leaf) {
  PlanNode *node = add_node(b, PLAN_PROJECT, leaf->span, input, NULL);
  uint32_t len = input->cols_len;
  node->cols_len = len + 1;
  node->cols = ARENA_ARRAY(b->arena, PlanColumn, len + 1);
  node->project.values = ARENA_ARRAY(b->arena, Expr *, len + 1);
  if (len) memcpy(node->cols, input->cols, len * sizeof *node->cols);
  for (uint32_t i = 0; i < len; i++) node->project.values[i] = column_of(b, input, i);
  node->cols[len] = (PlanColumn){.name = leaf->alias, .hidden = true, .types = MASK(TYPE_DATETIME)};
  node->project.values[len] = expr_simple(b->arena, EXPR_TIMESTAMP, leaf->span, NULL, 0);
  return node;
}

static PlanNode *build_leaf(Builder *b, const Leaf *leaf) {
  PlanNode *node = build_provider(b, leaf);
  if (leaf->analytics.len) node = build_analytic(b, node, leaf);
  return leaf->time ? build_time(b, node, leaf) : node;
}

/* ---- selects ---------------------------------------------------------------------------------- */

static void need(bool *needed, uint32_t len, uint32_t slot) {
  if (slot < len) needed[slot] = true;
}

/* The columns of a join that this SELECT names anywhere. */
static bool *needed_columns(Builder *b, const BoundSelect *select, uint32_t len) {
  bool *needed = ARENA_ARRAY(b->arena, bool, len + 1);
  for (uint32_t i = 0; i < select->leaves.len; i++) {
    const Leaf *leaf = select->leaves.items[i];
    for (uint32_t j = 0; j < leaf->columns.len; j++) need(needed, len, leaf->columns.items[j]->expr.slot);
    for (uint32_t j = 0; j < leaf->analytics.len; j++) need(needed, len, leaf->analytics.items[j]->column.expr.slot);
    if (leaf->time) need(needed, len, leaf->time->expr.slot);
  }
  return needed;
}

static PlanNode *build_join(Builder *b, PlanNode *left, const BoundSelect *select, const BoundJoin *join) {
  PlanNode *right = build_leaf(b, select->leaves.items[join->right]);
  PlanKind kind = join->kind == JOIN_STREAM ? PLAN_JOIN_STREAM : PLAN_JOIN_REFERENCE;
  PlanNode *node = add_node(b, kind, join->span, left, right);
  node->cols_len = left->cols_len + right->cols_len;
  node->cols = ARENA_ARRAY(b->arena, PlanColumn, node->cols_len + 1);
  if (left->cols_len) memcpy(node->cols, left->cols, left->cols_len * sizeof *node->cols);
  if (right->cols_len) memcpy(node->cols + left->cols_len, right->cols, right->cols_len * sizeof *node->cols);
  node->join.left_outer = join->left_outer;
  node->join.left_keys = join->left_keys;
  node->join.right_keys = join->right_keys;
  node->join.keys_len = join->keys_len;
  node->join.residual = join->residual;
  node->join.bounds = join->bounds;
  node->join.bounds_len = join->bounds_len;
  node->join.reach = join->reach;
  if (kind == PLAN_JOIN_STREAM) node->join.needed = needed_columns(b, select, node->cols_len);
  return node;
}

static PlanNode *build_apply(Builder *b, PlanNode *input, const BoundRelation *relation) {
  PlanNode *node = add_node(b, PLAN_APPLY, relation->span, input, NULL);
  node->apply = relation->apply;
  node->cols_len = input->cols_len + relation->cols_len;
  node->cols = ARENA_ARRAY(b->arena, PlanColumn, node->cols_len);
  if (input->cols_len) memcpy(node->cols, input->cols, input->cols_len * sizeof *node->cols);
  for (uint32_t i = 0; i < relation->cols_len; i++)
    node->cols[input->cols_len + i] = (PlanColumn){.name = relation->cols[i].name, .types = relation->cols[i].types};
  return node;
}

/* FROM: the first leaf, then what each further one adds to the rows. */
static PlanNode *build_from(Builder *b, const BoundSelect *select) {
  PlanNode *node = build_leaf(b, select->leaves.items[0]);
  uint32_t joined = 0;
  for (uint32_t i = 1; i < select->leaves.len; i++) {
    const Leaf *leaf = select->leaves.items[i];
    node = is_apply_leaf(leaf) ? build_apply(b, node, leaf->provider.relation)
                               : build_join(b, node, select, select->joins.items[joined++]);
  }
  return node;
}

/* The matcher sees all rows in the order of time. */
static PlanNode *build_match(Builder *b, const BoundRelation *relation) {
  PlanNode *input = build_from(b, relation->match.from);
  if (!is_one_stream(input)) input = add_node(b, PLAN_MERGE, relation->span, input, NULL);
  PlanNode *node = add_node(b, PLAN_MATCH, relation->span, input, NULL);
  node->match = relation;
  node->cols_len = relation->cols_len;
  node->cols = ARENA_ARRAY(b->arena, PlanColumn, node->cols_len + 1);
  for (uint32_t i = 0; i < relation->cols_len; i++)
    node->cols[i] = (PlanColumn){.name = relation->cols[i].name, .types = relation->cols[i].types};
  return node;
}

static PlanNode *build_filter(Builder *b, PlanNode *input, Expr *condition) {
  PlanNode *node = add_node(b, PLAN_FILTER, condition->span, input, NULL);
  node->condition = condition;
  return node;
}

static PlanNode *build_aggregate(Builder *b, PlanNode *input, const BoundGroup *group, uint32_t window) {
  PlanNode *node = add_node(b, window_operator(&group->windows[window]), group->span, input, NULL);
  uint32_t keys = group->keys.len, aggs = group->aggs.len;
  node->aggregate.window = group->windows[window];
  node->aggregate.session_keys = group->session_keys[window].items;
  node->aggregate.session_keys_len = group->session_keys[window].len;
  node->aggregate.keys = ARENA_ARRAY(b->arena, Expr *, keys + 1);
  node->aggregate.aggs = ARENA_ARRAY(b->arena, PlanAgg, aggs + 1);
  node->aggregate.keys_len = keys;
  node->aggregate.aggs_len = aggs;
  node->aggregate.window_id = group->wants_window_id;
  node->cols_len = keys + aggs + group->wants_window_id;
  node->cols = ARENA_ARRAY(b->arena, PlanColumn, node->cols_len + 1);
  for (uint32_t i = 0; i < keys; i++) {
    node->aggregate.keys[i] = group->keys.items[i]->expr;
    node->cols[i] =
        (PlanColumn){.name = group->keys.items[i]->column.name, .types = group->keys.items[i]->column.types};
  }
  for (uint32_t i = 0; i < aggs; i++) {
    const BoundAgg *agg = group->aggs.items[i];
    node->aggregate.aggs[i] = (PlanAgg){.call = agg->call, .args = agg->args, .text = agg->column.name};
    node->cols[keys + i] = (PlanColumn){.name = node->aggregate.aggs[i].text, .types = agg->column.types};
  }
  if (group->wants_window_id)
    node->cols[keys + aggs] = (PlanColumn){.name = group->window_id.name, .types = group->window_id.types};
  return node;
}

static PlanNode *build_union(Builder *b, PlanNode **branches, uint32_t len, Span span) {
  PlanNode *node = add_node(b, PLAN_UNION, span, branches[0], NULL);
  node->inputs = arena_dup(b->arena, branches, len * sizeof *branches);
  node->inputs_len = len;
  return node;
}

/* GROUP BY: one aggregate a window; those that need order share a merge. */
static PlanNode *build_group(Builder *b, PlanNode *input, const BoundGroup *group) {
  PlanNode *merged = NULL;
  PlanNode **windows = ARENA_ARRAY(b->arena, PlanNode *, group->windows_len);
  for (uint32_t i = 0; i < group->windows_len; i++) {
    bool ordered = window_needs_order(&group->windows[i], group);
    if (ordered && !merged && input->substreams && is_one_stream(input)) merged = input;
    if (ordered && !merged) merged = add_node(b, PLAN_MERGE, group->span, input, NULL);
    windows[i] = build_aggregate(b, ordered ? merged : input, group, i);
  }
  return group->windows_len == 1 ? windows[0] : build_union(b, windows, group->windows_len, group->span);
}

static Expr *column_value(Builder *b, const BoundSelect *select, const QueryColumn *col, uint32_t branch) {
  if (col->items[branch] != UINT32_MAX) return select->items.items[col->items[branch]].expr;
  Value null = value_null();
  return expr_const(b->arena, select->span, &null);
}

static PlanNode *build_select(Builder *b, const BoundQuery *query, uint32_t branch) {
  const BoundSelect *select = query->branches[branch];
  PlanNode *node = build_from(b, select);
  if (select->where) node = build_filter(b, node, select->where);
  if (select->group) node = build_group(b, node, select->group);
  if (select->having) node = build_filter(b, node, select->having);
  PlanNode *project = add_node(b, PLAN_PROJECT, select->span, node, NULL);
  project->cols_len = query->columns.len;
  project->cols = ARENA_ARRAY(b->arena, PlanColumn, project->cols_len + 1);
  project->project.values = ARENA_ARRAY(b->arena, Expr *, project->cols_len + 1);
  for (uint32_t i = 0; i < query->columns.len; i++) {
    const QueryColumn *col = query->columns.items[i];
    Expr *value = column_value(b, select, col, branch);
    project->project.values[i] = value;
    project->cols[i] = (PlanColumn){.name = col->name, .star = col->star, .hidden = col->hidden, .types = col->types};
  }
  return project;
}

static PlanNode *build_query(Builder *b, const BoundQuery *query, Str label) {
  PlanNode **branches = ARENA_ARRAY(b->arena, PlanNode *, query->branches_len);
  for (uint32_t i = 0; i < query->branches_len; i++) branches[i] = build_select(b, query, i);
  PlanNode *node = query->branches_len == 1 ? branches[0]
                                            : build_union(b, branches, query->branches_len, query->branches[0]->span);
  node->label = label;
  return node;
}

/* ---- outputs ---------------------------------------------------------------------------------- */

static uint32_t find_output(Builder *b, Str name) {
  for (uint32_t i = 0; i < b->outputs.len; i++)
    if (str_eq_nocase(b->outputs.items[i]->name, name)) return i;
  PlanOutput *output = ARENA_NEW(b->arena, PlanOutput);
  output->name = arena_str(b->arena, name); /* connectors take it as a C string */
  output->schema.cols = ARENA_ARRAY(b->arena, OutputColumn, 1);
  arena_push(b->arena, &b->outputs, output);
  arena_push(b->arena, &b->output_names, (Positions){0});
  return b->outputs.len - 1;
}

/* Room is doubled whenever it is full. */
static uint32_t schema_add(Builder *b, OutputSchema *schema, OutputColumn col) {
  uint32_t len = schema->cols_len;
  bool full = (len & (len - 1)) == 0;
  if (len && full) {
    OutputColumn *cols = ARENA_ARRAY(b->arena, OutputColumn, 2 * len);
    memcpy(cols, schema->cols, len * sizeof *cols);
    schema->cols = cols;
  }
  schema->cols[len] = col;
  return schema->cols_len++;
}

/* The n-th column of that name (or the n-th star) of the output; added when it has none. */
static uint32_t output_column(Builder *b, uint32_t output, const PlanColumn *col, uint32_t nth) {
  OutputSchema *schema = &b->outputs.items[output]->schema;
  Positions *names = &b->output_names.items[output];
  uint64_t hash = name_hash(col->name);
  for (uint32_t i = positions_first(names, hash); i != NO_POSITION; i = positions_next(names, i)) {
    if (schema->cols[i].star != col->star || !str_eq_nocase(schema->cols[i].name, col->name)) continue;
    if (nth-- > 0) continue;
    schema->cols[i].types |= col->types;
    return i;
  }
  positions_add(names, b->arena, hash);
  return schema_add(b, schema, (OutputColumn){.name = col->name, .star = col->star, .types = col->types});
}

/* How many columns of that name the node has in front of this one; `names` holds those. */
static uint32_t nth_of_name(const PlanNode *node, uint32_t at, const Positions *names) {
  uint32_t nth = 0;
  uint64_t hash = name_hash(node->cols[at].name);
  for (uint32_t i = positions_first(names, hash); i != NO_POSITION; i = positions_next(names, i)) {
    const PlanColumn *col = &node->cols[i];
    nth += !col->hidden && col->star == node->cols[at].star && str_eq_nocase(col->name, node->cols[at].name);
  }
  return nth;
}

typedef struct Statement { PlanNode *node; PlanOutput *output; uint32_t *slots; Span span; } Statement;

/* Settles where each visible column of the statement goes; the output's schema grows. */
static Statement plan_statement(Builder *b, const BoundOutput *bound) {
  PlanNode *node = build_query(b, bound->query, STR(""));
  uint32_t output = find_output(b, bound->name);
  Positions names = {0};
  Statement s = {.node = node, .output = b->outputs.items[output], .span = bound->span};
  s.slots = ARENA_ARRAY(b->arena, uint32_t, node->cols_len + 1);
  for (uint32_t i = 0; i < node->cols_len; i++) {
    const PlanColumn *col = &node->cols[i];
    s.slots[i] = col->hidden ? UINT32_MAX : output_column(b, output, col, nth_of_name(node, i, &names));
    positions_add(&names, b->arena, name_hash(col->name));
  }
  return s;
}

static bool slots_in_place(const Statement *s) {
  for (uint32_t i = 0; i < s->node->cols_len; i++)
    if (s->slots[i] != i) return false;
  return s->node->cols_len == s->output->schema.cols_len;
}

/* Brings the columns of a statement into the order of its output, when they are not. */
static PlanNode *build_arrange(Builder *b, const Statement *s) {
  if (slots_in_place(s)) return s->node;
  const OutputSchema *schema = &s->output->schema;
  PlanNode *node = add_node(b, PLAN_PROJECT, s->span, s->node, NULL);
  node->cols_len = schema->cols_len;
  node->cols = ARENA_ARRAY(b->arena, PlanColumn, schema->cols_len + 1);
  node->project.values = ARENA_ARRAY(b->arena, Expr *, schema->cols_len + 1);
  Value null = value_null();
  for (uint32_t i = 0; i < schema->cols_len; i++) {
    node->cols[i] =
        (PlanColumn){.name = schema->cols[i].name, .star = schema->cols[i].star, .types = schema->cols[i].types};
    node->project.values[i] = expr_const(b->arena, s->span, &null);
  }
  for (uint32_t i = 0; i < s->node->cols_len; i++) {
    if (s->slots[i] == UINT32_MAX) continue;
    ExprColumn *col = ARENA_NEW(b->arena, ExprColumn);
    *col = (ExprColumn){.slot = i, .name = s->node->cols[i].name, .types = s->node->cols[i].types};
    node->project.values[s->slots[i]] = expr_column(b->arena, s->span, col);
  }
  return node;
}

PlanScript *plan_build(const BoundScript *script, int compat, SourceText *source, Arena *arena) {
  Builder b = {.arena = arena, .script = script};
  Statement *statements = ARENA_ARRAY(arena, Statement, script->outputs.len + 1);
  for (uint32_t i = 0; i < script->outputs.len; i++) statements[i] = plan_statement(&b, script->outputs.items[i]);
  for (uint32_t i = 0; i < script->outputs.len; i++) {
    PlanNode *node = add_node(&b, PLAN_OUTPUT, statements[i].span, build_arrange(&b, &statements[i]), NULL);
    node->output = statements[i].output;
    node->label = statements[i].output->name;
  }
  PlanScript *plan = ARENA_NEW(arena, PlanScript);
  *plan = (PlanScript){.arena = arena, .nodes = b.nodes.items, .nodes_len = b.nodes.len, .inputs = b.inputs.items,
                       .inputs_len = b.inputs.len, .outputs = b.outputs.items, .outputs_len = b.outputs.len,
                       .compat = compat, .source = source};
  return plan;
}
