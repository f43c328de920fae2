/* script.c: a whole script: inputs, steps on demand, outputs, and the slots at the end. */
#include "bind/binder.h"

enum { NAMES_MAX = 300, PARTS_MAX = 2000 };

/* ---- which names are reference data, for a bare query ------------------------------------------- */

static bool has_datediff(const AstExpr *ast);

static bool list_has_datediff(const AstExprs *list) {
  for (uint32_t i = 0; i < list->len; i++)
    if (has_datediff(list->items[i])) return true;
  return false;
}

static bool has_datediff(const AstExpr *ast) {
  switch (ast->kind) {
    case AST_CALL:
      return str_eq_nocase(ast->call.name.items[0].text, STR("DATEDIFF")) || list_has_datediff(&ast->call.args);
    case AST_LOGIC: return list_has_datediff(&ast->logic.operands);
    case AST_BINARY: return has_datediff(ast->binary.left) || has_datediff(ast->binary.right);
    case AST_BETWEEN: return has_datediff(ast->between.subject);
    case AST_UNARY: return has_datediff(ast->unary.operand);
    case AST_IN: return has_datediff(ast->in.subject);
    default: return false;
  }
}

/* True when the relation joins `name` without DATEDIFF (cli.md, weir check). */
static bool joined_as_reference(const AstRelation *from, Str name);

static bool query_joins_reference(const AstQuery *query, Str name) {
  if (query->kind == AST_SELECT) return query->select.from && joined_as_reference(query->select.from, name);
  for (uint32_t i = 0; i < query->set.len; i++)
    if (query_joins_reference(query->set.branches[i], name)) return true;
  return false;
}

static bool joined_as_reference(const AstRelation *from, Str name) {
  switch (from->kind) {
    case AST_JOIN: {
      const AstRelation *right = from->join.right;
      bool named = right->kind == AST_TABLE && !right->timestamp_by && right->table.name.len == 1 &&
                   str_eq_nocase(right->table.name.items[0].text, name);
      if (named && (from->join.on == NULL || !has_datediff(from->join.on))) return true;
      return joined_as_reference(from->join.left, name) || joined_as_reference(right, name);
    }
    case AST_SUBSELECT: return query_joins_reference(from->subselect.query, name);
    case AST_APPLY: return joined_as_reference(from->apply.left, name);
    case AST_MATCH: return joined_as_reference(from->match.input, name);
    default: return false;
  }
}

static bool script_joins_reference(const AstScript *script, Str name) {
  for (uint32_t i = 0; i < script->steps_len; i++)
    if (query_joins_reference(script->steps[i]->query, name)) return true;
  for (uint32_t i = 0; i < script->queries_len; i++)
    if (query_joins_reference(script->queries[i], name)) return true;
  return false;
}

/* True when `name` is the first source of the query, in all its branches. */
static bool begins_with(const AstQuery *query, Str name) {
  if (query->kind != AST_SELECT) {
    for (uint32_t i = 0; i < query->set.len; i++)
      if (!begins_with(query->set.branches[i], name)) return false;
    return true;
  }
  const AstRelation *from = query->select.from;
  while (from && (from->kind == AST_JOIN || from->kind == AST_APPLY))
    from = from->kind == AST_JOIN ? from->join.left : from->apply.left;
  return from && from->kind == AST_TABLE && !from->timestamp_by && from->table.name.len == 1 &&
         str_eq_nocase(from->table.name.items[0].text, name);
}

/* Joined without DATEDIFF itself, or by way of a step that begins with it. Steps read those in front of them. */
static bool is_used_as_reference(const AstScript *script, Str name, uint32_t from) {
  if (script_joins_reference(script, name)) return true;
  for (uint32_t i = from; i < script->steps_len; i++)
    if (begins_with(script->steps[i]->query, name) && is_used_as_reference(script, script->steps[i]->name.text, i + 1))
      return true;
  return false;
}

/* ---- inputs ----------------------------------------------------------------------------------- */

static const BindInput *listed_input(const Binder *b, Str name) {
  for (uint32_t i = 0; i < b->options->inputs_len; i++)
    if (str_eq_nocase(b->options->inputs[i].name, name)) return &b->options->inputs[i];
  return NULL;
}

static void declare_fields(Binder *b, BoundInput *input, const AstCreateTable *table) {
  input->declared = ARENA_ARRAY(b->arena, BoundField, table->columns_len ? table->columns_len : 1);
  for (uint32_t i = 0; i < table->columns_len; i++) {
    const AstColumn *col = table->columns[i];
    Type type;
    if (!bind_type(b, &col->type, &type)) continue;
    input->declared[input->declared_len++] = (BoundField){col->name.text, type, col->span};
  }
}

static BoundInput *add_input(Binder *b, Str name, Span span) {
  BoundInput *input = ARENA_NEW(b->arena, BoundInput);
  const BindInput *listed = listed_input(b, name);
  *input = (BoundInput){.name = listed ? listed->name : name, .span = span,
                        .reference = listed ? listed->reference : is_used_as_reference(b->ast, name, 0),
                        .csv = listed && listed->csv};
  for (uint32_t i = 0; i < b->ast->tables_len; i++)
    if (str_eq_nocase(b->ast->tables[i]->name.text, name)) declare_fields(b, input, b->ast->tables[i]);
  arena_push(b->arena, &b->script->inputs, input);
  return input;
}

/* "`a`, `b`": the first of the inputs that are bound. */
static Str input_names(Binder *b) {
  StrBuf list = {0};
  for (uint32_t i = 0; i < b->options->inputs_len && i < 8; i++)
    strbuf_printf(&list, "%s`" STR_FMT "`", i ? ", " : "", STR_ARG(b->options->inputs[i].name));
  Str names = list.len ? arena_str(b->arena, strbuf_str(&list)) : STR("");
  strbuf_release(&list);
  return names;
}

static bool unknown_input(Binder *b, const AstName *name) {
  Str names[NAMES_MAX];
  unsigned count = 0;
  for (uint32_t i = 0; i < b->steps.len && count < NAMES_MAX; i++) names[count++] = b->steps.items[i].ast->name.text;
  for (uint32_t i = 0; i < b->options->inputs_len && count < NAMES_MAX; i++)
    names[count++] = b->options->inputs[i].name;
  Str nearest = diag_nearest(name->text, names, count);
  Diag *diag = diag_add(b->diags, DIAG_unknown_input, name->span, "there is no input or step called `" STR_FMT "`",
                        STR_ARG(name->text));
  if (nearest.len) diag_suggest(b->diags, diag, name->span, nearest);
  else
    diag_hint(b->diags, diag, "bind it with `--input " STR_FMT "=WHERE`, or `--reference` for reference data%s" STR_FMT,
              STR_ARG(name->text), b->options->inputs_len ? "; the inputs are " : "", STR_ARG(input_names(b)));
  return false;
}

/* ---- steps ------------------------------------------------------------------------------------ */

static ScriptStep *find_step(Binder *b, Str name) {
  for (uint32_t i = 0; i < b->steps.len; i++)
    if (str_eq_nocase(b->steps.items[i].ast->name.text, name)) return &b->steps.items[i];
  return NULL;
}

static BoundStep *make_step(Binder *b, const AstStep *ast) {
  BoundStep *step = ARENA_NEW(b->arena, BoundStep);
  step->name = ast->name.text;
  step->span = ast->name.span;
  step->query = bind_query(b, ast->query);
  if (step->query == NULL) return NULL;
  arena_push(b->arena, &b->script->steps, step);
  return step;
}

BoundStep *script_step_copy(Binder *b, Str name) {
  BoundStep *step = make_step(b, find_step(b, name)->ast);
  if (step) step->uses = 1;
  return step;
}

static bool step_provider(Binder *b, ScriptStep *step, const AstName *name, Provider *out) {
  if (step->state == STEP_BINDING) {
    Diag *diag =
        diag_add(b->diags, DIAG_step_cycle, name->span, "the step `" STR_FMT "` reads itself", STR_ARG(name->text));
    diag_label(b->diags, diag, step->ast->name.span, "the step");
    diag_hint(b->diags, diag, "steps are not recursive: they read inputs and other steps; earlier rows of a stream are "
              "read by `LAG(x) OVER (LIMIT DURATION(minute, 5))`");
    return false;
  }
  if (step->state == STEP_WAITING) {
    step->state = STEP_BINDING;
    step->bound = make_step(b, step->ast);
    step->state = STEP_BOUND;
  }
  if (step->bound == NULL) return false; /* diagnosed when it was bound */
  step->bound->uses++;
  *out = (Provider){.step = step->bound};
  return true;
}

bool script_provider(Binder *b, const AstName *name, Provider *out) {
  ScriptStep *step = find_step(b, name->text);
  if (step && step->state != STEP_BINDING) return step_provider(b, step, name, out);
  for (uint32_t i = 0; i < b->script->inputs.len; i++) {
    if (!str_eq_nocase(b->script->inputs.items[i]->name, name->text)) continue;
    *out = (Provider){.input = b->script->inputs.items[i]};
    return true;
  }
  if (step && !listed_input(b, name->text)) return step_provider(b, step, name, out);
  if (b->options->closed && !listed_input(b, name->text)) return unknown_input(b, name);
  *out = (Provider){.input = add_input(b, name->text, name->span)};
  return true;
}

static void collect_steps(Binder *b) {
  for (uint32_t i = 0; i < b->ast->steps_len; i++) {
    const AstStep *step = b->ast->steps[i];
    ScriptStep *first = find_step(b, step->name.text);
    if (first) {
      Diag *diag = diag_add(b->diags, DIAG_duplicate_step, step->name.span, "two steps are called `" STR_FMT "`",
                            STR_ARG(step->name.text));
      diag_label(b->diags, diag, first->ast->name.span, "the first one");
      diag_hint(b->diags, diag, "rename one of them; names match without regard to case");
      continue;
    }
    arena_push(b->arena, &b->steps, (ScriptStep){.ast = step});
  }
}

static void check_tables(Binder *b) {
  for (uint32_t i = 0; i < b->ast->tables_len; i++)
    for (uint32_t j = 0; j < i; j++) {
      if (!str_eq_nocase(b->ast->tables[i]->name.text, b->ast->tables[j]->name.text)) continue;
      Diag *diag = diag_add(b->diags, DIAG_duplicate_table, b->ast->tables[i]->name.span,
                            "`" STR_FMT "` is declared twice", STR_ARG(b->ast->tables[i]->name.text));
      diag_label(b->diags, diag, b->ast->tables[j]->name.span, "the first declaration");
    }
}

/* Steps nobody reads are bound too, so that their mistakes are found. */
static void bind_unread_steps(Binder *b) {
  for (uint32_t i = 0; i < b->steps.len; i++) {
    ScriptStep *step = &b->steps.items[i];
    if (step->state != STEP_WAITING) continue;
    Provider ignored;
    if (step_provider(b, step, &step->ast->name, &ignored)) step->bound->uses--;
    step->unread = true;
  }
}

/* Not next to an error: a misspelt FROM may have meant the step. */
static void warn_of_unread_steps(Binder *b) {
  for (uint32_t i = 0; i < b->steps.len; i++) {
    const AstName *name = &b->steps.items[i].ast->name;
    if (!b->steps.items[i].unread) continue;
    Diag *diag = diag_add(b->diags, DIAG_unused_step, name->span, "nothing reads the step `" STR_FMT "`",
                          STR_ARG(name->text));
    diag_hint(b->diags, diag, "remove it, or read it: `SELECT ... FROM " STR_FMT "`", STR_ARG(name->text));
  }
}

static void check_listed_inputs(Binder *b) {
  for (uint32_t i = 0; i < b->options->inputs_len; i++) {
    bool used = false;
    for (uint32_t j = 0; j < b->script->inputs.len; j++)
      used |= str_eq_nocase(b->script->inputs.items[j]->name, b->options->inputs[i].name);
    if (used) continue;
    diag_add(b->diags, DIAG_unused_input, SPAN_NONE, "the query does not read the input `" STR_FMT "`",
             STR_ARG(b->options->inputs[i].name));
  }
}

static void check_read_tables(Binder *b) {
  for (uint32_t i = 0; i < b->ast->tables_len; i++) {
    Str name = b->ast->tables[i]->name.text;
    bool used = listed_input(b, name) != NULL; /* a listed input has its own warning */
    for (uint32_t j = 0; j < b->script->inputs.len; j++) used |= str_eq_nocase(b->script->inputs.items[j]->name, name);
    if (used) continue;
    diag_add(b->diags, DIAG_unused_input, b->ast->tables[i]->name.span,
             "the query does not read the table `" STR_FMT "`", STR_ARG(name));
  }
}

/* ---- outputs and slots ------------------------------------------------------------------------ */

static const AstName *into_of(const AstQuery *query) {
  while (query->kind == AST_UNION) query = query->set.branches[0];
  return query->select.into;
}

static void bind_output(Binder *b, const AstQuery *ast) {
  BoundQuery *query = bind_query(b, ast);
  if (query == NULL) return;
  const AstName *into = into_of(ast);
  if (query->reference) {
    Diag *diag = diag_add(b->diags, DIAG_source_kind_conflict, ast->span, "this statement reads reference data only");
    diag_hint(b->diags, diag, "start FROM with a stream and JOIN the reference data to it");
    return;
  }
  BoundOutput *output = ARENA_NEW(b->arena, BoundOutput);
  *output =
      (BoundOutput){.name = into ? into->text : STR("output"), .span = into ? into->span : ast->span, .query = query};
  arena_push(b->arena, &b->script->outputs, output);
}

/* Its place in the batches of its leaf. */
static uint32_t leaf_slot(const LeafColumn *col) {
  if (col->time) return provider_width(col->leaf->provider) + col->leaf->analytics.len;
  return col->analytic ? provider_width(col->leaf->provider) + col->at : col->at;
}

static uint32_t settle_leaf(Leaf *leaf, uint32_t base) {
  leaf->base = base;
  for (uint32_t i = 0; i < leaf->columns.len; i++)
    leaf->columns.items[i]->expr.slot = base + leaf_slot(leaf->columns.items[i]);
  for (uint32_t i = 0; i < leaf->analytics.len; i++)
    leaf->analytics.items[i]->column.expr.slot = base + leaf_slot(&leaf->analytics.items[i]->column);
  for (uint32_t i = 0; i < leaf->timestamp_columns.len; i++)
    leaf->timestamp_columns.items[i]->expr.slot = leaf->timestamp_columns.items[i]->at;
  for (uint32_t i = 0; i < leaf->analytic_columns.len; i++)
    leaf->analytic_columns.items[i]->expr.slot = leaf->analytic_columns.items[i]->at;
  if (leaf->time) leaf->time->expr.slot = base + leaf_slot(leaf->time);
  return base + provider_width(leaf->provider) + leaf->analytics.len + (leaf->time != NULL);
}

static void settle_select(BoundSelect *select) {
  uint32_t base = 0;
  for (uint32_t i = 0; i < select->leaves.len; i++) base = settle_leaf(select->leaves.items[i], base);
  for (uint32_t i = 0; i < select->joins.len; i++) {
    BoundJoin *join = select->joins.items[i];
    for (uint32_t j = 0; j < join->right_columns.len; j++)
      join->right_columns.items[j]->expr.slot = leaf_slot(join->right_columns.items[j]);
  }
  for (uint32_t i = 0; select->match && i < select->match->registers.len; i++)
    select->match->registers.items[i]->column.slot = base + i;
  if (select->group == NULL) return;
  uint32_t slot = 0;
  for (uint32_t i = 0; i < select->group->keys.len; i++) select->group->keys.items[i]->column.slot = slot++;
  for (uint32_t i = 0; i < select->group->aggs.len; i++) select->group->aggs.items[i]->column.slot = slot++;
  select->group->window_id.slot = slot;
}

/* Steps, statements and tables are looked for among each other, so there is a limit to their number. */
static bool too_many_parts(const AstScript *ast, DiagList *diags) {
  uint32_t parts = ast->tables_len + ast->steps_len + ast->queries_len;
  if (parts <= PARTS_MAX) return false;
  Span span = {ast->span.begin, ast->span.begin};
  Diag *diag = diag_add(diags, DIAG_source_too_large, span, "this query has %u steps, statements and tables, and %d is "
                        "the most", parts, PARTS_MAX);
  diag_hint(diags, diag, "split it into several jobs");
  return true;
}

bool bind_script(const AstScript *ast, const BindOptions *options, Arena *arena, DiagList *diags, BoundScript **out) {
  unsigned before = diags->errors;
  Binder b = {.arena = arena, .diags = diags, .options = options, .ast = ast, .script = ARENA_NEW(arena, BoundScript)};
  *out = b.script;
  if (too_many_parts(ast, diags)) return false;
  check_tables(&b);
  collect_steps(&b);
  for (uint32_t i = 0; i < ast->queries_len; i++) bind_output(&b, ast->queries[i]);
  bind_unread_steps(&b);
  if (diags->errors == before) {
    warn_of_unread_steps(&b);
    check_listed_inputs(&b);
    check_read_tables(&b);
    check_open_names(&b);
    check_substreams(&b);
    for (uint32_t i = 0; i < b.script->inputs.len; i++) check_csv_input(&b, b.script->inputs.items[i]);
  }
  for (uint32_t i = 0; i < b.selects.len; i++) settle_select(b.selects.items[i]);
  *out = b.script;
  return diags->errors == before;
}

void bound_release(BoundScript *script) {
  for (uint32_t i = 0; script && i < script->calls.len; i++) {
    FnCall *call = script->calls.items[i];
    if (call->fn->release) call->fn->release(call);
    call->state = NULL;
  }
}
