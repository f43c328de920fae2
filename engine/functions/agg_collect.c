/* agg_collect.c: Collect, CollectTop and TopOne.
**
** Collect keeps the values as JSON text in the order they come, NULLs included, with the end of each, so that rows
** can be taken back from the front. CollectTop and TopOne keep the first rows of their order and nothing else: a
** short sorted list of (order values, value as JSON). Ties go by arrival. NULL sorts lowest. */
#include "functions/families.h"

#include "functions/agg_state.h"
#include "types/json.h"

/* ---- Collect ---- */

typedef struct CollectState {
  char     *json;       /* the values one behind the other */
  size_t    json_cap;
  uint64_t *ends;       /* of each value, counted in bytes since the first one ever */
  uint64_t  base;       /* bytes taken back from the front */
  uint32_t  first, len, capacity; /* of ends: live [first, first + len) */
  uint32_t  unused;
} CollectState;

_Static_assert(sizeof(CollectState) % 16 == 0, "states are laid out in steps of 16 bytes");

static uint64_t collect_start(const CollectState *state) {
  return state->first ? state->ends[state->first - 1] : state->base;
}
static uint64_t collect_end(const CollectState *state) {
  return state->first + state->len ? state->ends[state->first + state->len - 1] : state->base;
}

/* Drops what was taken back once it is the larger part. */
static void collect_compact(CollectState *state) {
  if (state->first <= state->len) return;
  uint64_t start = collect_start(state);
  memmove(state->json, state->json + (start - state->base), collect_end(state) - start);
  memmove(state->ends, state->ends + state->first, state->len * sizeof *state->ends);
  state->base = start;
  state->first = 0;
}

static void collect_push(CollectState *state, Str json) {
  collect_compact(state);
  uint64_t end = collect_end(state), used = end - state->base;
  if (used + json.len > state->json_cap) {
    state->json_cap = (used + json.len) * 2;
    state->json = mem_realloc(state->json, state->json_cap);
  }
  memcpy(state->json + used, json.ptr, json.len);
  if (state->first + state->len == state->capacity) {
    state->capacity = state->capacity ? state->capacity * 2 : 4;
    state->ends = mem_realloc(state->ends, mem_mul(state->capacity, sizeof *state->ends));
  }
  state->ends[state->first + state->len++] = end + json.len;
}

static void collect_update(const AggCall *call, char *states, size_t stride, const uint32_t *groups,
                           Column *const *args, const Selection *sel, uint32_t rows) {
  StrBuf json = {0};
  AGG_EACH(CollectState, {
    Value value = column_get(args[0], i);
    strbuf_clear(&json);
    value_print_json(&value, &json);
    collect_push(state, strbuf_str(&json));
  });
  strbuf_release(&json);
}

static void collect_retract(const AggCall *call, char *states, size_t stride, const uint32_t *groups,
                            Column *const *args, const Selection *sel, uint32_t rows) {
  AGG_EACH(CollectState, {
    if (state->len == 0) continue;
    state->first++;
    state->len--;
  });
}

static Str collect_item(const CollectState *state, uint32_t k) {
  uint64_t from = state->first + k ? state->ends[state->first + k - 1] : state->base;
  return (Str){state->json + (from - state->base), state->ends[state->first + k] - from};
}

static void collect_combine(const AggCall *call, void *into, const void *raw) {
  const CollectState *from = raw;
  for (uint32_t k = 0; k < from->len; k++) collect_push(into, collect_item(from, k));
}

static bool collect_finish(const AggCall *call, const void *raw, FnScratch *scratch, Value *out) {
  const CollectState *state = raw;
  size_t len = state->len ? collect_end(state) - collect_start(state) + state->len + 1 : 2;
  char *json = arena_alloc(&scratch->arena, len + 1), *at = json;
  *at++ = '[';
  for (uint32_t k = 0; k < state->len; k++) {
    Str item = collect_item(state, k);
    if (k) *at++ = ',';
    memcpy(at, item.ptr, item.len);
    at += item.len;
  }
  *at++ = ']';
  *out = value_json(TYPE_ARRAY, (Str){json, (size_t)(at - json)});
  return true;
}

static void collect_release(void *raw) {
  CollectState *state = raw;
  mem_free(state->json);
  mem_free(state->ends);
  *state = (CollectState){0};
}

static void collect_save(const AggCall *call, const void *raw, ByteWriter *out) {
  const CollectState *state = raw;
  put_u32(out, state->len);
  for (uint32_t k = 0; k < state->len; k++) put_str(out, collect_item(state, k));
}
static void collect_load(const AggCall *call, void *state, ByteReader *in) {
  uint32_t len = get_u32(in);
  for (uint32_t k = 0; k < len && !in->bad; k++) {
    Str item = get_str(in);
    if (!in->bad) collect_push(state, item);
  }
}

/* ---- CollectTop and TopOne ---- */

enum { ORDER_MAX = 8 };

typedef struct TopRow {
  Value order[ORDER_MAX]; /* owned; the first order_len */
  Value value;            /* owned */
} TopRow;

typedef struct TopState {
  TopRow  *rows; /* best first */
  uint32_t len, capacity;
} TopState;

_Static_assert(sizeof(TopState) % 16 == 0, "states are laid out in steps of 16 bytes");

static bool wants_one(const AggCall *call) { return !(call->fn->flags & AGG_PARAM); }

static uint32_t top_limit(const AggCall *call) {
  if (wants_one(call)) return 1;
  int64_t limit = call->param.type == TYPE_BIGINT ? call->param.i : 0;
  return limit < 0 ? 0 : limit > UINT32_MAX ? UINT32_MAX : (uint32_t)limit;
}

static unsigned order_count(const AggCall *call) { return call->order_len < ORDER_MAX ? call->order_len : ORDER_MAX; }

static int top_compare(const AggCall *call, const Value *a, const Value *b) {
  for (unsigned k = 0; k < order_count(call); k++) {
    int order = value_compare(&a[k], &b[k]);
    if (order) return call->desc[k] ? -order : order;
  }
  return 0;
}

static void row_release(TopRow *row) {
  for (unsigned k = 0; k < ORDER_MAX; k++) value_release(&row->order[k]);
  value_release(&row->value);
}

/* Where a new row goes: behind all that are as good. */
static uint32_t top_place(const AggCall *call, const TopState *state, const Value *order) {
  uint32_t low = 0, high = state->len;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (top_compare(call, state->rows[middle].order, order) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

static void top_offer(const AggCall *call, TopState *state, const Value *order, const Value *value) {
  uint32_t limit = top_limit(call);
  uint32_t place = top_place(call, state, order);
  if (place >= limit) return;
  if (state->len == limit) row_release(&state->rows[--state->len]);
  if (state->len == state->capacity) {
    state->capacity = state->capacity ? state->capacity * 2 : wants_one(call) ? 1 : 4;
    state->rows = mem_realloc(state->rows, mem_mul(state->capacity, sizeof *state->rows));
  }
  memmove(&state->rows[place + 1], &state->rows[place], (state->len - place) * sizeof *state->rows);
  state->len++;
  TopRow *row = &state->rows[place];
  *row = (TopRow){.value = value_dup(value)};
  for (unsigned k = 0; k < order_count(call); k++) row->order[k] = value_dup(&order[k]);
}

static void top_update(const AggCall *call, char *states, size_t stride, const uint32_t *groups, Column *const *args,
                       const Selection *sel, uint32_t rows) {
  unsigned values = call->args_len - call->order_len;
  AGG_EACH(TopState, {
    Value order[ORDER_MAX];
    for (unsigned column = 0; column < order_count(call); column++)
      order[column] = column_get(args[values + column], i);
    Value value = column_get(args[0], i);
    top_offer(call, state, order, &value);
  });
}

static void top_combine(const AggCall *call, void *into, const void *raw) {
  const TopState *from = raw;
  for (uint32_t k = 0; k < from->len; k++) top_offer(call, into, from->rows[k].order, &from->rows[k].value);
}

static bool top_one_finish(const AggCall *call, const void *raw, FnScratch *scratch, Value *out) {
  const TopState *state = raw;
  *out = state->len ? state->rows[0].value : value_null();
  return true;
}

static bool top_finish(const AggCall *call, const void *raw, FnScratch *scratch, Value *out) {
  const TopState *state = raw;
  StrBuf json = {0};
  strbuf_putc(&json, '[');
  for (uint32_t k = 0; k < state->len; k++) {
    strbuf_printf(&json, "%s{\"rank\":%u,\"value\":", k ? "," : "", k + 1);
    value_print_json(&state->rows[k].value, &json);
    strbuf_putc(&json, '}');
  }
  strbuf_putc(&json, ']');
  *out = value_json(TYPE_ARRAY, arena_str(&scratch->arena, strbuf_str(&json)));
  strbuf_release(&json);
  return true;
}

static void top_release(void *raw) {
  TopState *state = raw;
  for (uint32_t k = 0; k < state->len; k++) row_release(&state->rows[k]);
  mem_free(state->rows);
  *state = (TopState){0};
}

static void top_save(const AggCall *call, const void *raw, ByteWriter *out) {
  const TopState *state = raw;
  put_u32(out, state->len);
  for (uint32_t k = 0; k < state->len; k++) {
    value_save(&state->rows[k].value, out);
    for (unsigned column = 0; column < order_count(call); column++) value_save(&state->rows[k].order[column], out);
  }
}

static void top_load(const AggCall *call, void *state, ByteReader *in) {
  uint32_t len = get_u32(in);
  for (uint32_t k = 0; k < len && !in->bad; k++) {
    TopRow row = {.value = value_load(in)};
    for (unsigned column = 0; column < order_count(call); column++) row.order[column] = value_load(in);
    if (!in->bad) top_offer(call, state, row.order, &row.value);
    row_release(&row);
  }
}

static TypeMask array_result(const AggCall *call, const TypeMask *args) { return MASK(TYPE_ARRAY); }
static TypeMask value_result(const AggCall *call, const TypeMask *args) { return args[0]; }

/* ---- table ---- */

const AggregateFn agg_collect[] = {
    {.name = "Collect", .min_args = 0, .max_args = 1, .args = FN_ANY, .result_of = array_result,
     .flags = AGG_NO_ARGS | AGG_NEEDS_ORDER, .state_bytes = sizeof(CollectState), .update = collect_update,
     .combine = collect_combine, .retract = collect_retract, .finish = collect_finish, .release = collect_release,
     .save = collect_save, .load = collect_load, .signature = "Collect([value])",
     .doc = "An array of the values, or of the whole events, in the order they came.", .null_rule = "NULLs are kept",
     .examples = "Collect over (11, 'a', NULL) = '[11,\"a\",null]'"},
    {.name = "CollectTop", .min_args = 0, .max_args = 1, .args = FN_ANY, .result_of = array_result,
     .flags = AGG_NO_ARGS | AGG_NEEDS_ORDER | AGG_ORDER_BY | AGG_PARAM, .state_bytes = sizeof(TopState),
     .update = top_update, .combine = top_combine, .finish = top_finish, .release = top_release, .save = top_save,
     .load = top_load, .signature = "CollectTop(n[, value]) OVER (ORDER BY column [DESC], ...)",
     .doc = "An array of the first n rows in that order: {\"rank\": 1, \"value\": ...}. n is a constant; ties go by "
            "arrival.",
     .null_rule = "NULL values are kept, a NULL sorts lowest",
     .examples = "CollectTop(1) over (30, 10, 20) = '[{\"rank\":1,\"value\":10}]'"},
    {.name = "TopOne", .min_args = 0, .max_args = 1, .args = FN_ANY, .result_of = value_result,
     .flags = AGG_NO_ARGS | AGG_NEEDS_ORDER | AGG_ORDER_BY, .state_bytes = sizeof(TopState), .update = top_update,
     .combine = top_combine, .finish = top_one_finish, .release = top_release, .save = top_save, .load = top_load,
     .signature = "TopOne([value]) OVER (ORDER BY column [DESC], ...)",
     .doc = "The value, or the whole event, of the first row in that order; ties go by arrival.",
     .null_rule = "NULL values are kept, a NULL sorts lowest", .examples = "TopOne over (30, 10, 20) = 10"},
    {.name = NULL},
};
