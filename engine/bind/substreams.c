/* substreams.c: the rules of TIMESTAMP BY ... OVER key (semantics.md section 3). Each key has a time of its own, so
** whatever puts rows of a stream together may only do so for rows of one key:
**   - all streams of the query have OVER, or none has;
**   - GROUP BY, the predicates of stream joins and PARTITION BY of functions that look back name every key;
**   - operators that know one clock only are refused by name.
**
** A key is followed from the input through the columns of steps: an expression *carries* key k of a SELECT when its
** value is that of the k-th OVER expression of the row. Where a step leaves a key out, nothing can name it any more. */
#include "bind/binder.h"

static bool carries(const BoundSelect *select, const Expr *expr, uint32_t key);

/* ---- keys ------------------------------------------------------------------------------------- */

static bool is_stream(const Leaf *leaf) { return !is_apply_leaf(leaf) && !provider_is_reference(leaf->provider); }

/* How many keys the substreams of a leaf have; 0: it has none. */
static uint32_t keys_of(const Leaf *leaf) {
  if (!is_stream(leaf)) return 0;
  if (leaf->provider.input) return leaf->over_len;
  const BoundSelect *from = leaf->provider.step ? leaf->provider.step->query->branches[0]
                                                : leaf->provider.relation->match.from;
  return from->leaves.len ? keys_of(from->leaves.items[0]) : 0;
}

static Str key_name(const Leaf *leaf, uint32_t key, StrBuf *text) {
  if (leaf->provider.step) return key_name(leaf->provider.step->query->branches[0]->leaves.items[0], key, text);
  expr_print(leaf->over[key], text);
  return strbuf_str(text);
}

/* The same computation over the columns of one source, whichever clause asks. */
static bool same_at_source(const Expr *a, const Expr *b) {
  if (a->kind != b->kind || a->args_len != b->args_len) return false;
  if (a->kind == EXPR_COLUMN) {
    const LeafColumn *x = (const LeafColumn *)a->column, *y = (const LeafColumn *)b->column;
    return x->at == y->at && !x->analytic && !y->analytic && !x->time && !y->time;
  }
  if (a->args_len == 0) return expr_equal(a, b);
  if (a->kind == EXPR_CALL && (a->call->fn != b->call->fn || a->call->target != b->call->target)) return false;
  for (uint32_t i = 0; i < a->args_len; i++)
    if (!same_at_source(a->args[i], b->args[i])) return false;
  return true;
}

static bool note_leaf(const Expr *expr, void *context) {
  Leaf **leaf = context;
  if (expr->kind == EXPR_COLUMN) *leaf = ((const LeafColumn *)expr->column)->leaf;
  return true;
}

/* A row of a LEFT JOIN without partner has no key on its right side. */
static bool may_be_missing(const BoundSelect *select, const Leaf *leaf) {
  for (uint32_t i = 0; i < select->joins.len; i++)
    if (select->leaves.items[select->joins.items[i]->right] == leaf) return select->joins.items[i]->left_outer;
  return false;
}

static bool step_carries(const BoundQuery *query, uint32_t at, uint32_t key) {
  for (uint32_t i = 0; i < query->branches_len; i++) {
    uint32_t item = query->columns.items[at]->items[i];
    if (item == UINT32_MAX) return false;
    if (!carries(query->branches[i], query->branches[i]->items.items[item].expr, key)) return false;
  }
  return true;
}

static const Expr *key_of_group(const BoundGroup *group, const Expr *expr) {
  for (uint32_t i = 0; group && expr->kind == EXPR_COLUMN && i < group->keys.len; i++)
    if (expr->column == &group->keys.items[i]->column) return group->keys.items[i]->expr;
  return NULL;
}

/* An expression over the rows in front of GROUP BY. */
static bool row_carries(const BoundSelect *select, const Expr *expr, uint32_t key) {
  Leaf *leaf = NULL;
  expr_walk(expr, note_leaf, &leaf);
  if (leaf == NULL || key >= keys_of(leaf) || may_be_missing(select, leaf)) return false;
  if (leaf->provider.input) return same_at_source(expr, leaf->over[key]);
  if (expr->kind != EXPR_COLUMN || leaf->provider.relation) return false;
  const LeafColumn *col = (const LeafColumn *)expr->column;
  return !col->analytic && !col->time && step_carries(leaf->provider.step->query, col->at, key);
}

/* An item of the SELECT list. */
static bool carries(const BoundSelect *select, const Expr *expr, uint32_t key) {
  if (select->group == NULL) return row_carries(select, expr, key);
  const Expr *of = key_of_group(select->group, expr);
  return of && row_carries(select, of, key);
}

/* ---- what must name them ---------------------------------------------------------------------- */

static void refuse(Binder *b, const Leaf *leaf, uint32_t key, Span span, const char *what, const char *hint) {
  StrBuf name = {0};
  Str shown = key_name(leaf, key, &name);
  Diag *diag = diag_add(b->diags, DIAG_substream_rule, span,
                        "%s must name `" STR_FMT "`: with TIMESTAMP BY ... OVER each key has its own time", what,
                        STR_ARG(shown));
  diag_hint(b->diags, diag, "%s", hint);
  strbuf_release(&name);
}

static bool group_names(const BoundSelect *select, uint32_t key) {
  for (uint32_t i = 0; i < select->group->keys.len; i++)
    if (row_carries(select, select->group->keys.items[i]->expr, key)) return true;
  return false;
}

static void check_group(Binder *b, const BoundSelect *select, const Leaf *leaf, uint32_t keys) {
  for (uint32_t k = 0; select->group && k < keys; k++)
    if (!group_names(select, k))
      refuse(b, leaf, k, select->group->span, "GROUP BY",
             "add it to GROUP BY; a step in between must pass it on");
}

/* The side of a join: its own outer join does not matter to its predicate. */
static bool side_carries(const Expr *expr, uint32_t key) { return row_carries(&(BoundSelect){0}, expr, key); }

static bool join_names(const BoundSelect *select, const BoundJoin *join, uint32_t key) {
  for (uint32_t i = 0; i < join->keys_len; i++)
    if (row_carries(select, join->left_keys[i], key) && side_carries(join->right_keys[i], key)) return true;
  return false;
}

static void check_join(Binder *b, const BoundSelect *select, const BoundJoin *join, uint32_t keys) {
  const Leaf *right = select->leaves.items[join->right];
  if (join->kind != JOIN_STREAM) return;
  if (keys_of(right) != keys) {
    Diag *diag = diag_add(b->diags, DIAG_substream_rule, join->span,
                          "`" STR_FMT "` has %u OVER column%s and what stands on its left has %u",
                          STR_ARG(right->alias), keys_of(right), keys_of(right) == 1 ? "" : "s", keys);
    diag_hint(b->diags, diag, "rows meet within one key: give both sides the same OVER columns");
    return;
  }
  for (uint32_t k = 0; k < keys; k++)
    if (!join_names(select, join, k))
      refuse(b, right, k, join->span, "the ON of a stream JOIN",
             "add an equality of the OVER columns of both sides, which stand in the same order in both OVER lists");
}

static void check_analytic(Binder *b, const Leaf *leaf, const AnalyticCall *call, uint32_t keys) {
  for (uint32_t k = 0; k < keys; k++) {
    bool named = false;
    for (uint32_t i = 0; i < call->keys_len; i++) named |= side_carries(call->keys[i], k);
    if (!named)
      refuse(b, leaf, k, call->span, "PARTITION BY", "add it: the function looks back over the rows of one key");
  }
}

static void check_select(Binder *b, const BoundSelect *select) {
  const Leaf *first = select->leaves.len ? select->leaves.items[0] : NULL;
  uint32_t keys = first ? keys_of(first) : 0;
  if (keys && select->match) {
    Diag *diag = diag_add(b->diags, DIAG_substream_rule, select->span, "MATCH_RECOGNIZE knows one clock only");
    diag_hint(b->diags, diag, "leave OVER out of TIMESTAMP BY; PARTITION BY of the pattern already tells keys apart");
    return;
  }
  for (uint32_t i = 0; i < select->joins.len; i++) check_join(b, select, select->joins.items[i], keys);
  check_group(b, select, first, keys);
  for (uint32_t i = 0; i < select->leaves.len; i++) {
    const Leaf *leaf = select->leaves.items[i];
    for (uint32_t j = 0; j < leaf->analytics.len; j++)
      check_analytic(b, leaf, &leaf->analytics.items[j]->call, keys_of(leaf));
  }
}

/* ---- all or none ------------------------------------------------------------------------------ */

static const Leaf *find_in_query(const BoundQuery *query, bool with_over);

static const Leaf *find_in_select(const BoundSelect *select, bool with_over) {
  const Leaf *found = NULL;
  for (uint32_t i = 0; i < select->leaves.len && !found; i++) {
    const Leaf *leaf = select->leaves.items[i];
    if (!is_stream(leaf)) continue;
    if (leaf->provider.step) found = find_in_query(leaf->provider.step->query, with_over);
    else if (leaf->provider.relation) found = find_in_select(leaf->provider.relation->match.from, with_over);
    else if ((leaf->over_len > 0) == with_over) found = leaf;
  }
  return found;
}

static const Leaf *find_in_query(const BoundQuery *query, bool with_over) {
  const Leaf *found = NULL;
  for (uint32_t i = 0; i < query->branches_len && !found; i++) found = find_in_select(query->branches[i], with_over);
  return found;
}

/* A stream that some statement reads. */
static const Leaf *find_input(const Binder *b, bool with_over) {
  const Leaf *found = NULL;
  for (uint32_t i = 0; i < b->script->outputs.len && !found; i++)
    found = find_in_query(b->script->outputs.items[i]->query, with_over);
  return found;
}

static bool same_keys(Binder *b, const BoundSelect *first, const BoundSelect *select) {
  uint32_t wanted = keys_of(first->leaves.items[0]), keys = keys_of(select->leaves.items[0]);
  if (wanted == keys) return true;
  Diag *diag = diag_add(b->diags, DIAG_substream_rule, select->span,
                        "this branch of the UNION has %u OVER column%s, and the first has %u", keys,
                        keys == 1 ? "" : "s", wanted);
  diag_label(b->diags, diag, first->span, "the first branch");
  return false;
}

static void check_union(Binder *b, const BoundQuery *query) {
  for (uint32_t i = 1; i < query->branches_len; i++)
    if (!same_keys(b, query->branches[0], query->branches[i])) return;
}

void check_substreams(Binder *b) {
  const Leaf *with = find_input(b, true), *without = find_input(b, false);
  if (with == NULL) return;
  if (without) {
    Diag *diag = diag_add(b->diags, DIAG_substream_rule, without->span,
                          "`" STR_FMT "` is read without TIMESTAMP BY ... OVER, and another stream is read with it",
                          STR_ARG(without->alias));
    diag_label(b->diags, diag, with->span, "with OVER here");
    diag_hint(b->diags, diag, "all streams of a query use OVER, or none does");
    return;
  }
  for (uint32_t i = 0; i < b->selects.len; i++) check_select(b, b->selects.items[i]);
  for (uint32_t i = 0; i < b->script->steps.len; i++) check_union(b, b->script->steps.items[i]->query);
  for (uint32_t i = 0; i < b->script->outputs.len; i++) check_union(b, b->script->outputs.items[i]->query);
}
