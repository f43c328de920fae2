/* print.c: a bound script as text, for explain --stage bound and golden tests: what each input is asked for, the
** steps in the order they are computed, and each statement with its names resolved.
**
**   input toll
**     0 EntryTime: any type
**     1 TollId: any type
**   output alerts
**     select
**       from toll timestamp by EntryTime
**       where (TollId > 2)
**       item TollId = TollId: any type
*/
#include "bind/bind.h"

typedef struct Printer {
  StrBuf  *out;
  unsigned depth;
} Printer;

static void begin(Printer *p, const char *word) {
  strbuf_printf(p->out, "%*s%s", (int)p->depth * 2, "", word);
}

static void end(Printer *p) { strbuf_putc(p->out, '\n'); }

static void put_types(Printer *p, TypeMask types) {
  strbuf_puts(p->out, ": ");
  if (types) type_mask_print(types, p->out);
  else strbuf_puts(p->out, "always NULL");
}

static void put_expr_line(Printer *p, const char *word, const Expr *expr) {
  begin(p, word);
  expr_print(expr, p->out);
  end(p);
}

static Str provider_name(Provider provider) {
  if (provider.relation) return STR("(a pattern)");
  Str name = provider.input ? provider.input->name : provider.step->name;
  return name.len ? name : STR("(a query)");
}

/* ---- inputs ---- */

static void put_input_column(Printer *p, uint32_t slot, const BoundInputColumn *col) {
  begin(p, "");
  strbuf_printf(p->out, "%u " STR_FMT, slot, STR_ARG(col->kind == INPUT_PAYLOAD ? STR("the whole event") : col->name));
  put_types(p, col->types);
  if (col->declared != TYPE_NULL) strbuf_puts(p->out, ", declared");
  end(p);
}

static void put_input(Printer *p, const BoundInput *input) {
  begin(p, input->reference ? "reference " : "input ");
  strbuf_put_str(p->out, input->name);
  if (input->csv) strbuf_puts(p->out, " csv");
  end(p);
  p->depth++;
  for (uint32_t i = 0; i < input->columns.len; i++) put_input_column(p, i, input->columns.items[i]);
  p->depth--;
}

/* ---- selects ---- */

static void put_leaf(Printer *p, const Leaf *leaf) {
  Str name = provider_name(leaf->provider);
  strbuf_put_str(p->out, name);
  if (leaf->alias.len && !str_eq(leaf->alias, name)) strbuf_printf(p->out, " as " STR_FMT, STR_ARG(leaf->alias));
  if (leaf->timestamp == NULL) return;
  strbuf_puts(p->out, " timestamp by ");
  expr_print(leaf->timestamp, p->out);
  for (uint32_t i = 0; i < leaf->over_len; i++) {
    strbuf_puts(p->out, i ? ", " : " over ");
    expr_print(leaf->over[i], p->out);
  }
}

static void put_bounds(Printer *p, const BoundJoin *join) {
  for (uint32_t i = 0; i < join->bounds_len; i++) {
    const JoinBound *bound = &join->bounds[i];
    strbuf_puts(p->out, i ? " and " : " within ");
    if (bound->has_low) strbuf_printf(p->out, "%lld <= ", (long long)bound->low);
    strbuf_puts(p->out, "boundaries of ");
    duration_print(bound->unit, p->out);
    strbuf_printf(p->out, " since " STR_FMT, STR_ARG(bound->left->expr.name));
    if (bound->has_high) strbuf_printf(p->out, " <= %lld", (long long)bound->high);
  }
}

static void put_join(Printer *p, const BoundSelect *select, const BoundJoin *join) {
  begin(p, join->left_outer ? "left join " : "join ");
  put_leaf(p, select->leaves.items[join->right]);
  strbuf_puts(p->out, join->kind == JOIN_REFERENCE ? " (reference)" : " (stream)");
  put_bounds(p, join);
  for (uint32_t i = 0; i < join->keys_len; i++) {
    strbuf_puts(p->out, i ? " and " : " on ");
    expr_print(join->left_keys[i], p->out);
    strbuf_puts(p->out, " = ");
    expr_print(join->right_keys[i], p->out);
  }
  if (join->residual) {
    strbuf_puts(p->out, join->keys_len ? " and " : " on ");
    expr_print(join->residual, p->out);
  }
  end(p);
}

static void put_from(Printer *p, const BoundSelect *select);

static void put_apply(Printer *p, const Leaf *leaf) {
  const BoundApply *apply = &leaf->provider.relation->apply;
  begin(p, apply->outer ? "outer apply " : "cross apply ");
  strbuf_printf(p->out, "%s(", apply->name);
  expr_print(apply->arg, p->out);
  strbuf_putc(p->out, ')');
  if (leaf->alias.len) strbuf_printf(p->out, " as " STR_FMT, STR_ARG(leaf->alias));
  end(p);
}

/* What leaf `at` adds to those before it. */
static void put_addition(Printer *p, const BoundSelect *select, uint32_t at) {
  const Leaf *leaf = select->leaves.items[at];
  if (is_apply_leaf(leaf)) put_apply(p, leaf);
  for (uint32_t i = 0; i < select->joins.len; i++)
    if (select->joins.items[i]->right == at) put_join(p, select, select->joins.items[i]);
}

static void put_register_readers(Printer *p, const BoundRelation *relation) {
  const BoundMatch *match = &relation->match;
  for (uint32_t i = 0; i < match->keys_len; i++) put_expr_line(p, "partition by ", match->keys[i]);
  for (uint32_t i = 0; i < match->vars_len; i++) {
    if (match->vars[i].condition == NULL) continue;
    begin(p, "define ");
    strbuf_printf(p->out, STR_FMT " as ", STR_ARG(match->vars[i].name));
    expr_print(match->vars[i].condition, p->out);
    end(p);
  }
  for (uint32_t i = 0; i < match->measures_len; i++) {
    begin(p, "measure ");
    strbuf_printf(p->out, STR_FMT " = ", STR_ARG(relation->cols[match->keys_len + i].name));
    expr_print(match->measures[i], p->out);
    put_types(p, match->measures[i]->types);
    end(p);
  }
}

/* What MATCH_RECOGNIZE reads and computes. */
static void put_match(Printer *p, const BoundRelation *relation) {
  StrBuf pattern = {0};
  match_pattern_print(&relation->match, relation->match.pattern, &pattern);
  begin(p, "match ");
  strbuf_put_str(p->out, strbuf_str(&pattern));
  strbuf_puts(p->out, " within ");
  duration_print(relation->match.duration, p->out);
  end(p);
  strbuf_release(&pattern);
  p->depth++;
  put_from(p, relation->match.from);
  put_register_readers(p, relation);
  p->depth--;
}

static void put_agg(Printer *p, const BoundAgg *agg) {
  begin(p, "aggregate ");
  strbuf_printf(p->out, "%s(%s", agg->call.fn->name, agg->call.star ? "*" : "");
  for (unsigned i = 0; i < agg->call.args_len; i++) {
    unsigned values = agg->call.args_len - agg->call.order_len;
    strbuf_puts(p->out, i == values ? " order by " : i ? ", " : "");
    expr_print(agg->args[i], p->out);
    if (i >= values && agg->call.desc[i - values]) strbuf_puts(p->out, " desc");
  }
  strbuf_putc(p->out, ')');
  put_types(p, agg->column.types);
  end(p);
}

static void put_group(Printer *p, const BoundGroup *group) {
  for (uint32_t i = 0; i < group->windows_len; i++) {
    begin(p, "window ");
    window_describe(&group->windows[i], p->out);
    if (group->windows[i].id.len) strbuf_printf(p->out, " '" STR_FMT "'", STR_ARG(group->windows[i].id));
    end(p);
    for (uint32_t k = 0; k < group->session_keys[i].len; k++)
      put_expr_line(p, "over ", group->session_keys[i].items[k]);
  }
  for (uint32_t i = 0; i < group->keys.len; i++) put_expr_line(p, "key ", group->keys.items[i]->expr);
  for (uint32_t i = 0; i < group->aggs.len; i++) put_agg(p, group->aggs.items[i]);
}

static void put_item(Printer *p, const BoundItem *item) {
  begin(p, item->hidden ? "passed on " : "item ");
  if (!item->star) strbuf_printf(p->out, STR_FMT " = ", STR_ARG(item->name));
  expr_print(item->expr, p->out);
  put_types(p, item->expr->types);
  end(p);
}

static void put_analytics(Printer *p, const Leaf *leaf) {
  for (uint32_t i = 0; i < leaf->analytics.len; i++) {
    const BoundAnalytic *analytic = leaf->analytics.items[i];
    begin(p, "looks back ");
    strbuf_put_str(p->out, analytic->call.text);
    put_types(p, analytic->column.expr.types);
    end(p);
  }
}

static void put_from(Printer *p, const BoundSelect *select) {
  const BoundRelation *first = select->leaves.items[0]->provider.relation;
  begin(p, "from ");
  put_leaf(p, select->leaves.items[0]);
  end(p);
  if (first) put_match(p, first);
  for (uint32_t i = 1; i < select->leaves.len; i++) put_addition(p, select, i);
  for (uint32_t i = 0; i < select->leaves.len; i++) put_analytics(p, select->leaves.items[i]);
}

static void put_select(Printer *p, const BoundSelect *select) {
  begin(p, "select");
  end(p);
  p->depth++;
  put_from(p, select);
  if (select->where) put_expr_line(p, "where ", select->where);
  if (select->group) put_group(p, select->group);
  if (select->having) put_expr_line(p, "having ", select->having);
  for (uint32_t i = 0; i < select->items.len; i++) put_item(p, &select->items.items[i]);
  p->depth--;
}

static void put_query(Printer *p, const BoundQuery *query) {
  p->depth++;
  if (query->branches_len > 1) {
    begin(p, query->by_name ? "union, columns by name" : "union, columns by position");
    end(p);
    p->depth++;
  }
  for (uint32_t i = 0; i < query->branches_len; i++) put_select(p, query->branches[i]);
  p->depth -= query->branches_len > 1 ? 2 : 1;
}

void bound_print(const BoundScript *script, StrBuf *out) {
  Printer p = {.out = out};
  for (uint32_t i = 0; i < script->inputs.len; i++) put_input(&p, script->inputs.items[i]);
  for (uint32_t i = 0; i < script->steps.len; i++) {
    const BoundStep *step = script->steps.items[i];
    Str name = provider_name((Provider){.step = script->steps.items[i]});
    strbuf_printf(out, "step " STR_FMT ", read %u time%s\n", STR_ARG(name), step->uses, step->uses == 1 ? "" : "s");
    put_query(&p, step->query);
  }
  for (uint32_t i = 0; i < script->outputs.len; i++) {
    strbuf_printf(out, "output " STR_FMT "\n", STR_ARG(script->outputs.items[i]->name));
    put_query(&p, script->outputs.items[i]->query);
  }
}
