/* provider.c: columns on demand. Asking a provider for a name gives the slot that will hold it:
**   input   a path of the payload; the same path gives the same column
**   step    an item of its select list; a name that only a star can give becomes a hidden item that asks the
**           provider behind the star, and so on down to an input
** See bind.h for the nouns. */
#include "base/hash.h"
#include "bind/binder.h"
#include "functions/operators.h"

/* ---- inputs ----------------------------------------------------------------------------------- */

static const BoundField *declared_field(const BoundInput *input, Str name) {
  const BoundField *folded = NULL;
  for (uint32_t i = 0; i < input->declared_len; i++) {
    if (str_eq(input->declared[i].name, name)) return &input->declared[i];
    if (!folded && str_eq_nocase(input->declared[i].name, name)) folded = &input->declared[i];
  }
  return folded;
}

static bool same_path(const BoundInputColumn *col, const Str *path, uint32_t depth) {
  if (col->kind != INPUT_FIELD || col->depth != depth) return false;
  for (uint32_t i = 0; i < depth; i++)
    if (!str_eq(col->path[i], path[i])) return false;
  return true;
}

static uint64_t path_hash(const Str *path, uint32_t depth) {
  uint64_t hash = depth;
  for (uint32_t i = 0; i < depth; i++) hash = hash_combine(hash, hash_bytes(path[i].ptr, path[i].len, 0));
  return hash;
}

static int64_t input_add(Binder *b, BoundInput *input, BoundInputColumn *col) {
  arena_push(b->arena, &input->columns, col);
  positions_add(&input->found, b->arena, col->kind == INPUT_FIELD ? path_hash(col->path, col->depth) : 0);
  return input->columns.len - 1;
}

static Str dotted(Arena *arena, const Str *path, uint32_t depth) {
  StrBuf text = {0};
  for (uint32_t i = 0; i < depth; i++) {
    if (i) strbuf_putc(&text, '.');
    strbuf_put_str(&text, path[i]);
  }
  Str copy = arena_str(arena, strbuf_str(&text));
  strbuf_release(&text);
  return copy;
}

/* What a path may hold: a declared top-level field its type, text in a CSV file, anything else. */
static TypeMask path_types(const BoundInput *input, const BoundField *field, uint32_t depth) {
  if (field && depth == 1) return MASK(field->type);
  if (input->csv && depth == 1) return MASK(TYPE_TEXT);
  return MASK_ANY;
}

/* Clauses are bound in another order than they are written. */
static void note_first(BoundInputColumn *col, Span span) {
  if (span.begin < col->span.begin) col->span = span;
}

static int64_t input_field(Binder *b, BoundInput *input, const AstName *names, uint32_t len) {
  Str *path = ARENA_ARRAY(b->arena, Str, len);
  for (uint32_t i = 0; i < len; i++) path[i] = names[i].text;
  const BoundField *field = declared_field(input, path[0]);
  if (field) path[0] = field->name;
  uint32_t at = positions_first(&input->found, path_hash(path, len));
  while (at != NO_POSITION && !same_path(input->columns.items[at], path, len)) at = positions_next(&input->found, at);
  if (at != NO_POSITION) return note_first(input->columns.items[at], names[0].span), at;
  BoundInputColumn *col = ARENA_NEW(b->arena, BoundInputColumn);
  *col = (BoundInputColumn){.kind = INPUT_FIELD, .name = dotted(b->arena, path, len), .path = path, .depth = len,
                            .declared = field && len == 1 ? field->type : TYPE_NULL,
                            .types = path_types(input, field, len), .input = input, .span = names[0].span};
  return input_add(b, input, col);
}

static TypeMask meta_types(InputColumnKind kind) {
  switch (kind) {
    case INPUT_HEADERS:
    case INPUT_PAYLOAD: return MASK(TYPE_RECORD);
    case INPUT_ARRIVAL:
    case INPUT_PROCESSED: return MASK(TYPE_DATETIME);
    case INPUT_OFFSET:
    case INPUT_PARTITION: return MASK(TYPE_BIGINT);
    case INPUT_EVENT_ID:
    case INPUT_KEY:
    case INPUT_BLOB: return MASK(TYPE_TEXT);
    case INPUT_FIELD: break;
  }
  return MASK_ANY;
}

static Str meta_name(InputColumnKind kind) {
  switch (kind) {
    case INPUT_PAYLOAD: return STR("*");
    case INPUT_ARRIVAL: return STR("EventEnqueuedUtcTime");
    case INPUT_PROCESSED: return STR("EventProcessedUtcTime");
    case INPUT_PARTITION: return STR("PartitionId");
    case INPUT_BLOB: return STR("BlobName");
    case INPUT_EVENT_ID: return STR("EventId");
    case INPUT_OFFSET: return STR("Offset");
    case INPUT_KEY: return STR("Key");
    case INPUT_HEADERS: return STR("User");
    case INPUT_FIELD: break;
  }
  return STR("?");
}

int64_t input_meta_column(Binder *b, BoundInput *input, InputColumnKind kind) {
  for (uint32_t i = 0; i < input->columns.len; i++)
    if (input->columns.items[i]->kind == kind) return i;
  BoundInputColumn *col = ARENA_NEW(b->arena, BoundInputColumn);
  *col = (BoundInputColumn){.kind = kind, .name = meta_name(kind), .types = meta_types(kind), .input = input};
  return input_add(b, input, col);
}

/* ---- steps ------------------------------------------------------------------------------------ */

static uint32_t add_query_column(Binder *b, BoundQuery *query, Str name, bool hidden, TypeMask types) {
  QueryColumn *col = ARENA_NEW(b->arena, QueryColumn);
  *col = (QueryColumn){.name = name, .hidden = hidden, .types = types};
  col->items = ARENA_ARRAY(b->arena, uint32_t, query->branches_len);
  arena_push(b->arena, &query->columns, col);
  positions_add(&query->found, b->arena, name_hash(name));
  return query->columns.len - 1;
}

void select_add_item(Binder *b, BoundSelect *select, BoundItem item) {
  arena_push(b->arena, &select->items, item);
  positions_add(&select->found, b->arena, name_hash(item.name));
}

static uint32_t add_hidden_item(Binder *b, BoundSelect *select, Str name, Expr *expr) {
  select_add_item(b, select, (BoundItem){.name = name, .hidden = true, .span = expr->span, .expr = expr});
  return select->items.len - 1;
}

/* What `name...` is behind a star item of a select: a column of the leaf, or a field of the starred record. */
static Expr *behind_star(Binder *b, BoundSelect *select, const BoundItem *star, const AstName *names, uint32_t len) {
  bool column = star->expr->kind == EXPR_COLUMN && !select->group;
  LeafColumn *col = column ? (LeafColumn *)star->expr->column : NULL;
  if (col && !col->analytic) {
    Provider from = col->leaf->provider;
    bool payload = from.step ? from.step->query->columns.items[col->at]->star
                             : from.input && from.input->columns.items[col->at]->kind == INPUT_PAYLOAD;
    if (payload) {
      uint32_t used;
      int64_t at = provider_column(b, col->leaf->provider, names, len, &used);
      Scope scope = {.select = select};
      if (at >= 0 && used == len) return leaf_column_expr(b, &scope, col->leaf, (uint32_t)at, star->span);
    }
  }
  Expr *value = star->expr;
  for (uint32_t i = 0; i < len; i++) {
    Value name = value_text(names[i].text);
    Expr *args[] = {value, expr_const(b->arena, names[i].span, &name)};
    value = bind_operator(b, names[i].span, OP_FIELD, args, 2);
  }
  return value;
}

static int64_t find_item(const BoundSelect *select, Str name) {
  int64_t folded = -1;
  for (uint32_t i = 0; i < select->items.len; i++) {
    const BoundItem *item = &select->items.items[i];
    if (item->star || item->hidden) continue;
    if (str_eq(item->name, name)) return i;
    if (folded < 0 && str_eq_nocase(item->name, name)) folded = i;
  }
  return folded;
}

/* The value a select gives for a path whose first part is (maybe) one of its names: of an explicit item and the
** stars the leftmost that has the name wins, row by row. *used is how many parts the expression stands for. */
static Expr *select_value(Binder *b, BoundSelect *select, const AstName *names, uint32_t len, uint32_t *used) {
  int64_t item = find_item(select, names[0].text);
  Expr *candidates[64];
  uint32_t count = 0;
  for (uint32_t i = 0; i < select->items.len && count < 63; i++) {
    const BoundItem *star = &select->items.items[i];
    if (item >= 0 && i == item) break;
    if (star->star) candidates[count++] = behind_star(b, select, star, names, len);
  }
  *used = len;
  if (count == 0) {
    if (item < 0) return NULL;
    *used = 1;
    return select->items.items[item].expr;
  }
  if (item >= 0) {
    Expr *value = select->items.items[item].expr;
    for (uint32_t i = 1; i < len; i++) {
      Value name = value_text(names[i].text);
      Expr *args[] = {value, expr_const(b->arena, names[i].span, &name)};
      value = bind_operator(b, names[i].span, OP_FIELD, args, 2);
    }
    candidates[count++] = value;
  }
  return count == 1 ? candidates[0] : expr_simple(b->arena, EXPR_COALESCE, names[0].span, candidates, count);
}

static int64_t find_hidden(const BoundQuery *query, Str name) {
  const Positions *found = &query->found;
  for (uint32_t i = positions_first(found, name_hash(name)); i != NO_POSITION; i = positions_next(found, i))
    if (query->columns.items[i]->hidden && str_eq(query->columns.items[i]->name, name)) return i;
  return -1;
}

static int64_t find_visible(const BoundQuery *query, Str name) {
  int64_t folded = -1;
  const Positions *found = &query->found;
  for (uint32_t i = positions_first(found, name_hash(name)); i != NO_POSITION; i = positions_next(found, i)) {
    const QueryColumn *col = query->columns.items[i];
    if (col->star || col->hidden) continue;
    if (str_eq(col->name, name)) return i;
    if (folded < 0 && str_eq_nocase(col->name, name)) folded = i;
  }
  return folded;
}

static bool star_before(const BoundQuery *query, int64_t visible) {
  for (uint32_t i = 0; i < query->columns.len; i++) {
    if (visible >= 0 && i == visible) return false;
    if (query->columns.items[i]->star) return true;
  }
  return false;
}

Expr *branch_value(Binder *b, BoundQuery *query, uint32_t branch, const AstName *names, uint32_t len) {
  uint32_t used = len;
  Expr *value = select_value(b, query->branches[branch], names, len, &used);
  if (value == NULL) { /* this branch of a union has no such name: NULL */
    Value null = value_null();
    return expr_const(b->arena, names[0].span, &null);
  }
  for (uint32_t i = used; i < len; i++) {
    Value name = value_text(names[i].text);
    Expr *args[] = {value, expr_const(b->arena, names[i].span, &name)};
    value = bind_operator(b, names[i].span, OP_FIELD, args, 2);
  }
  return value;
}

static int64_t step_column(Binder *b, BoundStep *step, const AstName *names, uint32_t len, uint32_t *used) {
  BoundQuery *query = step->query;
  int64_t visible = find_visible(query, names[0].text);
  if (!star_before(query, visible)) {
    *used = 1;
    return visible;
  }
  *used = len;
  Str path[64];
  for (uint32_t i = 0; i < len && i < 64; i++) path[i] = names[i].text;
  Str name = dotted(b->arena, path, len < 64 ? len : 64);
  int64_t hidden = find_hidden(query, name);
  if (hidden >= 0) return hidden;
  uint32_t at = add_query_column(b, query, name, true, 0);
  QueryColumn *col = query->columns.items[at];
  for (uint32_t i = 0; i < query->branches_len; i++) {
    Expr *value = branch_value(b, query, i, names, len);
    col->items[i] = add_hidden_item(b, query->branches[i], name, value);
    col->types |= value->types;
  }
  return at;
}

/* ---- relations with columns of their own ------------------------------------------------------ */

static int64_t relation_column(const BoundRelation *relation, Str name) {
  int64_t folded = -1;
  for (uint32_t i = 0; i < relation->cols_len; i++) {
    if (str_eq(relation->cols[i].name, name)) return i;
    if (folded < 0 && str_eq_nocase(relation->cols[i].name, name)) folded = i;
  }
  return folded;
}

/* ---- all of them ------------------------------------------------------------------------------ */

int64_t provider_column(Binder *b, Provider provider, const AstName *names, uint32_t len, uint32_t *used) {
  *used = len;
  if (provider.input) return input_field(b, provider.input, names, len);
  if (provider.relation) {
    *used = 1;
    return relation_column(provider.relation, names[0].text);
  }
  return step_column(b, provider.step, names, len, used);
}

/* Where the whole row stands as a record: the payload of an input, the star of a step; -1: nowhere. */
int64_t provider_payload(Binder *b, Provider provider, Span span) {
  (void)span;
  if (provider.input) return input_meta_column(b, provider.input, INPUT_PAYLOAD);
  if (provider.relation) return -1;
  const BoundQuery *query = provider.step->query;
  for (uint32_t i = 0; i < query->columns.len; i++)
    if (query->columns.items[i]->star) return i;
  return -1;
}

uint32_t provider_width(Provider provider) {
  if (provider.relation) return provider.relation->cols_len;
  return provider.input ? provider.input->columns.len : provider.step->query->columns.len;
}

TypeMask provider_types(Provider provider, uint32_t at) {
  if (provider.relation) return provider.relation->cols[at].types;
  return provider.input ? provider.input->columns.items[at]->types : provider.step->query->columns.items[at]->types;
}

Str provider_column_name(Provider provider, uint32_t at) {
  if (provider.relation) return provider.relation->cols[at].name;
  if (provider.input) return provider.input->columns.items[at]->name;
  QueryColumn *col = provider.step->query->columns.items[at];
  return col->star ? STR("*") : col->name;
}

bool provider_knows(Provider provider, Str name) {
  if (provider.relation) return relation_column(provider.relation, name) >= 0;
  if (provider.input) return declared_field(provider.input, name) != NULL;
  return find_visible(provider.step->query, name) >= 0;
}

bool provider_has_schema(Provider provider) {
  if (provider.input) return false; /* undeclared fields stay readable */
  if (provider.relation) return true;
  const BoundQuery *query = provider.step->query;
  for (uint32_t i = 0; i < query->columns.len; i++)
    if (query->columns.items[i]->star) return false;
  return true;
}

bool provider_is_reference(Provider provider) {
  if (provider.relation) return provider.relation->reference;
  return provider.input ? provider.input->reference : provider.step->query->reference;
}

unsigned provider_names(Provider provider, Str *out, unsigned max) {
  unsigned count = 0;
  if (provider.input) {
    for (uint32_t i = 0; i < provider.input->declared_len && count < max; i++)
      out[count++] = provider.input->declared[i].name;
    return count;
  }
  for (uint32_t i = 0; provider.relation && i < provider.relation->cols_len && count < max; i++)
    out[count++] = provider.relation->cols[i].name;
  if (provider.relation) return count;
  const BoundQuery *query = provider.step->query;
  for (uint32_t i = 0; i < query->columns.len && count < max; i++)
    if (!query->columns.items[i]->star && !query->columns.items[i]->hidden)
      out[count++] = query->columns.items[i]->name;
  return count;
}

Expr *leaf_column_expr(Binder *b, const Scope *scope, Leaf *leaf, uint32_t at, Span span) {
  bool timestamp = scope->only == leaf;
  Positions *found = timestamp ? &leaf->timestamp_found : &leaf->found;
  LeafColumn **cols = timestamp ? leaf->timestamp_columns.items : leaf->columns.items;
  uint32_t place = positions_first(found, hash_mix(at)); /* a bijection: the place or none */
  LeafColumn *col = place == NO_POSITION ? NULL : cols[place];
  if (col == NULL) {
    col = ARENA_NEW(b->arena, LeafColumn);
    *col = (LeafColumn){.expr = {.slot = UINT32_MAX, .of_source = true,
                                 .name = provider_column_name(leaf->provider, at)},
                        .leaf = leaf, .at = at};
    if (timestamp) arena_push(b->arena, &leaf->timestamp_columns, col);
    else arena_push(b->arena, &leaf->columns, col);
    positions_add(found, b->arena, hash_mix(at));
  }
  col->expr.types = provider_types(leaf->provider, at);
  return expr_column(b->arena, span, &col->expr);
}

/* ---- a row as a record ------------------------------------------------------------------------ */

/* Name and value of every visible column of a step; a star has the empty name. */
static Expr *step_row(Binder *b, const Scope *scope, Leaf *leaf, Span span) {
  const BoundQuery *query = leaf->provider.step->query;
  uint32_t len = query->columns.len, count = 0;
  Expr **args = ARENA_ARRAY(b->arena, Expr *, 2 * len + 2);
  for (uint32_t i = 0; i < len; i++) {
    const QueryColumn *col = query->columns.items[i];
    if (col->hidden) continue;
    Value name = value_text(col->star ? STR("") : col->name);
    args[count++] = expr_const(b->arena, span, &name);
    args[count++] = leaf_column_expr(b, scope, leaf, i, span);
  }
  return count == 2 && query->columns.items[0]->star ? args[1] : bind_operator(b, span, OP_ROW, args, count);
}

static Expr *relation_row(Binder *b, const Scope *scope, Leaf *leaf, Span span) {
  const BoundRelation *relation = leaf->provider.relation;
  Expr **args = ARENA_ARRAY(b->arena, Expr *, 2 * relation->cols_len + 1);
  for (uint32_t i = 0; i < relation->cols_len; i++) {
    Value name = value_text(relation->cols[i].name);
    args[2 * i] = expr_const(b->arena, span, &name);
    args[2 * i + 1] = leaf_column_expr(b, scope, leaf, i, span);
  }
  return bind_operator(b, span, OP_ROW, args, 2 * relation->cols_len);
}

Expr *leaf_row(Binder *b, const Scope *scope, Leaf *leaf, Span span) {
  if (leaf->provider.relation) return relation_row(b, scope, leaf, span);
  if (leaf->provider.step) return step_row(b, scope, leaf, span);
  return leaf_column_expr(b, scope, leaf, (uint32_t)provider_payload(b, leaf->provider, span), span);
}
