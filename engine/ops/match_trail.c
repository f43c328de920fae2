/* match_trail.c: see match_trail.h. */
#include "ops/match_trail.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "types/cast.h"
#include "types/json.h"
#include "types/number.h"

/* ---- rows ------------------------------------------------------------------------------------- */

MatchRow *match_row_new(const BoundMatch *match, Column *const *fields, uint32_t row) {
  MatchRow *made = mem_alloc(sizeof *made + match->fields.len * sizeof(Value));
  made->refs = 1;
  made->number = 0;
  for (uint32_t i = 0; i < match->fields.len; i++) {
    Value value = column_get(fields[i], row);
    made->fields[i] = value_dup(&value);
  }
  return made;
}

MatchRow *match_row_ref(MatchRow *row) {
  if (row) row->refs++;
  return row;
}

void match_row_unref(const BoundMatch *match, MatchRow *row) {
  if (row == NULL || --row->refs > 0) return;
  for (uint32_t i = 0; i < match->fields.len; i++) value_release(&row->fields[i]);
  mem_free(row);
}

/* ---- steps ------------------------------------------------------------------------------------ */

static MatchStep *step_new(uint32_t var, MatchStep *before) {
  MatchStep *step = mem_alloc(sizeof *step);
  *step = (MatchStep){.refs = 1, .var = var, .before = before};
  if (before) before->refs++;
  return step;
}

static void step_unref(MatchStep *step) {
  while (step && --step->refs == 0) {
    MatchStep *before = step->before;
    mem_free(step);
    step = before;
  }
}

/* ---- the least and the greatest --------------------------------------------------------------- */

static bool number_of(const Value *value, Value *out) {
  *out = *value;
  if (value->type == TYPE_BIGINT || value->type == TYPE_FLOAT) return true;
  double number;
  if (value->type != TYPE_TEXT || !float_parse(text_ptr(&value->text), value->text.len, &number)) return false;
  *out = value_float(number);
  return true;
}

static int compare(const Value *a, const Value *b) {
  Value x, y;
  int64_t s, t;
  if ((a->type == TYPE_TEXT || b->type == TYPE_TEXT) && number_of(a, &x) && number_of(b, &y))
    return value_compare(&x, &y);
  if ((a->type == TYPE_TEXT || a->type == TYPE_DATETIME) && (b->type == TYPE_TEXT || b->type == TYPE_DATETIME) &&
      value_to_ticks(a, &s) && value_to_ticks(b, &t))
    return s < t ? -1 : s > t;
  return value_compare(a, b);
}

/* Whether the row becomes the one that gives the register's value. */
static bool gives_value(const MatchRegister *reg, const MatchRow *old, const MatchRow *row) {
  if (reg->fn == MATCH_LAST) return true;
  if (reg->fn == MATCH_FIRST) return old == NULL;
  const Value *value = &row->fields[reg->field];
  if (value_is_null(value)) return false;
  if (old == NULL) return true;
  int order = compare(value, &old->fields[reg->field]);
  return reg->fn == MATCH_MIN ? order < 0 : order > 0;
}

/* ---- trails ----------------------------------------------------------------------------------- */

static bool wants_steps(const BoundMatch *match) {
  for (uint32_t i = 0; i < match->registers.len; i++)
    if (match->registers.items[i]->fn == MATCH_CLASSIFIER) return true;
  return false;
}

static MatchTrail *trail_new(const BoundMatch *match) {
  MatchTrail *trail = mem_zalloc(sizeof *trail + match->registers.len * sizeof(MatchRow *));
  trail->refs = 1;
  return trail;
}

static uint64_t hash_of(const BoundMatch *match, const MatchTrail *trail) {
  uint64_t hash = 0;
  for (uint32_t i = 0; i < match->registers.len; i++) {
    const MatchRegister *reg = match->registers.items[i];
    if (!reg->defines) continue;
    hash = hash_combine(hash, trail->rows[i] ? value_hash(&trail->rows[i]->fields[reg->field]) : 0);
  }
  return hash;
}

MatchTrail *match_trail_take(const BoundMatch *match, const MatchTrail *trail, uint32_t var, MatchRow *row) {
  MatchTrail *next = trail_new(match);
  for (uint32_t i = 0; i < match->registers.len; i++) {
    const MatchRegister *reg = match->registers.items[i];
    MatchRow *old = trail ? trail->rows[i] : NULL;
    bool mine = reg->fn != MATCH_CLASSIFIER && (reg->var == MATCH_ANY || reg->var == var);
    next->rows[i] = match_row_ref(mine && gives_value(reg, old, row) ? row : old);
  }
  next->hash = hash_of(match, next);
  if (wants_steps(match)) next->steps = step_new(var, trail ? trail->steps : NULL);
  return next;
}

MatchTrail *match_trail_ref(MatchTrail *trail) {
  if (trail) trail->refs++;
  return trail;
}

void match_trail_unref(const BoundMatch *match, MatchTrail *trail) {
  if (trail == NULL || --trail->refs > 0) return;
  for (uint32_t i = 0; i < match->registers.len; i++) match_row_unref(match, trail->rows[i]);
  step_unref(trail->steps);
  mem_free(trail);
}

static Value classifier(const BoundMatch *match, const MatchStep *steps, Arena *arena) {
  uint32_t len = 0, at = 0;
  for (const MatchStep *step = steps; step; step = step->before) len++;
  uint32_t *vars = ARENA_ARRAY(arena, uint32_t, len + 1);
  for (const MatchStep *step = steps; step; step = step->before) vars[len - ++at] = step->var;
  StrBuf json = {0};
  strbuf_putc(&json, '[');
  for (uint32_t i = 0; i < len; i++) {
    if (i) strbuf_putc(&json, ',');
    json_put_string(&json, match->vars[vars[i]].name);
  }
  strbuf_putc(&json, ']');
  Value value = value_json(TYPE_ARRAY, arena_str(arena, strbuf_str(&json)));
  strbuf_release(&json);
  return value;
}

Value match_trail_value(const BoundMatch *match, const MatchTrail *trail, uint32_t at, Arena *arena) {
  const MatchRegister *reg = match->registers.items[at];
  if (reg->fn == MATCH_CLASSIFIER) return classifier(match, trail->steps, arena);
  if (trail->rows[at] == NULL) return value_null();
  Value value = trail->rows[at]->fields[reg->field], number;
  bool extreme = reg->fn == MATCH_MIN || reg->fn == MATCH_MAX;
  return extreme && value.type == TYPE_TEXT && number_of(&value, &number) ? number : value;
}

static bool same_value(const Value *a, const Value *b) { return a->type == b->type && value_same_key(a, b); }

bool match_trail_alike(const BoundMatch *match, const MatchTrail *a, const MatchTrail *b) {
  if (a->hash != b->hash) return false;
  for (uint32_t i = 0; i < match->registers.len; i++) {
    const MatchRegister *reg = match->registers.items[i];
    const MatchRow *x = a->rows[i], *y = b->rows[i];
    if (!reg->defines || x == y) continue;
    if (x == NULL || y == NULL || !same_value(&x->fields[reg->field], &y->fields[reg->field])) return false;
  }
  return true;
}

/* ---- state ------------------------------------------------------------------------------------ */

/* Steps that lie behind others get the smaller numbers, so that a list is complete when it is read. */
static void add_steps(MatchStore *store, MatchStep *newest) {
  uint32_t first = store->steps.len;
  for (MatchStep *step = newest; step && step->number == 0; step = step->before) {
    step->number = UINT32_MAX;
    vec_push(&store->steps, step);
  }
  MatchStep **added = store->steps.items + first;
  uint32_t len = store->steps.len - first;
  for (uint32_t i = 0; i < len / 2; i++) {
    MatchStep *swap = added[i];
    added[i] = added[len - 1 - i];
    added[len - 1 - i] = swap;
  }
  for (uint32_t i = 0; i < len; i++) added[i]->number = first + i + 1;
}

void match_store_add(MatchStore *store, const BoundMatch *match, MatchTrail *trail) {
  if (trail == NULL || trail->number) return;
  for (uint32_t i = 0; i < match->registers.len; i++) {
    MatchRow *row = trail->rows[i];
    if (row == NULL || row->number) continue;
    vec_push(&store->rows, row);
    row->number = store->rows.len;
  }
  add_steps(store, trail->steps);
  vec_push(&store->trails, trail);
  trail->number = store->trails.len;
}

uint32_t match_store_number(const MatchTrail *trail) { return trail ? trail->number : 0; }

void match_store_save(MatchStore *store, const BoundMatch *match, ByteWriter *out) {
  put_u32(out, store->rows.len);
  for (uint32_t i = 0; i < store->rows.len; i++)
    for (uint32_t j = 0; j < match->fields.len; j++) value_save(&store->rows.items[i]->fields[j], out);
  put_u32(out, store->steps.len);
  for (uint32_t i = 0; i < store->steps.len; i++) {
    const MatchStep *step = store->steps.items[i];
    put_u32(out, step->var);
    put_u32(out, step->before ? step->before->number : 0);
  }
  put_u32(out, store->trails.len);
  for (uint32_t i = 0; i < store->trails.len; i++) {
    const MatchTrail *trail = store->trails.items[i];
    put_u32(out, trail->steps ? trail->steps->number : 0);
    for (uint32_t j = 0; j < match->registers.len; j++) put_u32(out, trail->rows[j] ? trail->rows[j]->number : 0);
  }
}

void match_store_forget(MatchStore *store) {
  for (uint32_t i = 0; i < store->rows.len; i++) store->rows.items[i]->number = 0;
  for (uint32_t i = 0; i < store->steps.len; i++) store->steps.items[i]->number = 0;
  for (uint32_t i = 0; i < store->trails.len; i++) store->trails.items[i]->number = 0;
  vec_release(&store->rows);
  vec_release(&store->steps);
  vec_release(&store->trails);
}

static uint32_t get_number(ByteReader *in, uint32_t len) {
  uint32_t number = get_u32(in);
  if (number <= len) return number;
  in->bad = true;
  return 0;
}

static void load_rows(MatchStore *store, const BoundMatch *match, ByteReader *in) {
  uint32_t count = get_u32(in);
  for (uint32_t i = 0; i < count && !in->bad; i++) {
    MatchRow *row = mem_zalloc(sizeof *row + match->fields.len * sizeof(Value));
    row->refs = 1;
    for (uint32_t j = 0; j < match->fields.len; j++) row->fields[j] = value_load(in);
    vec_push(&store->rows, row);
  }
}

static MatchStep *step_at(const MatchStore *store, uint32_t number) {
  return number ? store->steps.items[number - 1] : NULL;
}

static void load_steps(MatchStore *store, const BoundMatch *match, ByteReader *in) {
  uint32_t count = get_u32(in);
  for (uint32_t i = 0; i < count && !in->bad; i++) {
    uint32_t var = get_u32(in), before = get_number(in, i);
    if (var >= match->vars_len) in->bad = true;
    else vec_push(&store->steps, step_new(var, step_at(store, before)));
  }
}

static void load_trail(MatchStore *store, const BoundMatch *match, ByteReader *in) {
  MatchTrail *trail = trail_new(match);
  trail->steps = step_at(store, get_number(in, store->steps.len));
  if (trail->steps) trail->steps->refs++;
  for (uint32_t i = 0; i < match->registers.len; i++) {
    uint32_t number = get_number(in, store->rows.len);
    trail->rows[i] = number ? match_row_ref(store->rows.items[number - 1]) : NULL;
  }
  trail->hash = hash_of(match, trail);
  vec_push(&store->trails, trail);
}

void match_store_load(MatchStore *store, const BoundMatch *match, ByteReader *in) {
  load_rows(store, match, in);
  load_steps(store, match, in);
  uint32_t count = get_u32(in);
  for (uint32_t i = 0; i < count && !in->bad; i++) load_trail(store, match, in);
}

MatchTrail *match_store_trail(const MatchStore *store, uint32_t number, ByteReader *in) {
  if (number <= store->trails.len) return number ? match_trail_ref(store->trails.items[number - 1]) : NULL;
  in->bad = true;
  return NULL;
}

void match_store_release(MatchStore *store, const BoundMatch *match) {
  for (uint32_t i = 0; i < store->trails.len; i++) match_trail_unref(match, store->trails.items[i]);
  for (uint32_t i = 0; i < store->steps.len; i++) step_unref(store->steps.items[i]);
  for (uint32_t i = 0; i < store->rows.len; i++) match_row_unref(match, store->rows.items[i]);
  vec_release(&store->rows);
  vec_release(&store->steps);
  vec_release(&store->trails);
}
