/* agg_count.c: COUNT(*), COUNT(x) and COUNT(DISTINCT x).
**
** COUNT(DISTINCT x) keeps each different value once, with the number of its rows, so that rows can be taken back.
** Values are the same when they group together: 95 and 95.0, records by canonical JSON. The table is open
** addressing over the values' hashes; a value whose count fell to zero stays until the table is rebuilt. */
#include "functions/families.h"

#include "functions/agg_state.h"

typedef struct CountState { int64_t count, unused; } CountState;

static void count_rows(const AggCall *call, char *states, size_t stride, const uint32_t *groups, Column *const *args,
                       const Selection *sel, uint32_t rows, int64_t step) {
  const Column *col = call->args_len ? args[0] : NULL;
  if (!col || (!col->constant && !col->valid && col->layout != COL_MIXED && col->layout != COL_NULL))
    AGG_EACH(CountState, state->count += step);
  else
    AGG_EACH(CountState, state->count += column_is_null(col, i) ? 0 : step);
}
static void count_update(const AggCall *call, char *states, size_t stride, const uint32_t *groups,
                         Column *const *args, const Selection *sel, uint32_t rows) {
  count_rows(call, states, stride, groups, args, sel, rows, 1);
}
static void count_retract(const AggCall *call, char *states, size_t stride, const uint32_t *groups,
                          Column *const *args, const Selection *sel, uint32_t rows) {
  count_rows(call, states, stride, groups, args, sel, rows, -1);
}
static void count_combine(const AggCall *call, void *into, const void *from) {
  ((CountState *)into)->count += ((const CountState *)from)->count;
}
static bool count_finish(const AggCall *call, const void *state, FnScratch *scratch, Value *out) {
  *out = value_bigint(((const CountState *)state)->count);
  return true;
}
static void count_save(const AggCall *call, const void *state, ByteWriter *out) {
  put_i64(out, ((const CountState *)state)->count);
}
static void count_load(const AggCall *call, void *state, ByteReader *in) {
  ((CountState *)state)->count = get_i64(in);
}

/* ---- DISTINCT ---- */

typedef struct DistinctItem {
  Value    value; /* owned; NULL: free place */
  uint64_t hash;
  int64_t  count; /* rows; 0: was taken back */
} DistinctItem;

typedef struct DistinctState {
  DistinctItem *items;
  uint32_t capacity; /* a power of two, or 0 */
  uint32_t used;     /* places taken, those with count 0 included */
  int64_t  live;     /* values whose count is not 0 */
  int64_t  unused;
} DistinctState;

static DistinctItem *distinct_place(DistinctItem *items, uint32_t capacity, uint64_t hash, const Value *value) {
  for (uint32_t at = (uint32_t)hash;; at++) {
    DistinctItem *item = &items[at & (capacity - 1)];
    if (value_is_null(&item->value)) return item;
    if (item->hash == hash && value_same_key(&item->value, value)) return item;
  }
}

/* Twice the room for what lives; values taken back are dropped. */
static void distinct_grow(DistinctState *state) {
  uint32_t capacity = 8;
  while (capacity < (uint32_t)state->live * 2 + 2) capacity *= 2;
  if (capacity < (uint32_t)state->live * 3) capacity *= 2;
  DistinctItem *items = mem_zalloc(mem_mul(capacity, sizeof *items));
  for (uint32_t i = 0; i < state->capacity; i++) {
    DistinctItem *item = &state->items[i];
    if (item->count == 0) value_release(&item->value);
    else *distinct_place(items, capacity, item->hash, &item->value) = *item;
  }
  mem_free(state->items);
  state->items = items;
  state->capacity = capacity;
  state->used = (uint32_t)state->live;
}

static void distinct_add(DistinctState *state, const Value *value, uint64_t hash, int64_t rows) {
  if ((state->used + 1) * 4 > state->capacity * 3) distinct_grow(state);
  DistinctItem *item = distinct_place(state->items, state->capacity, hash, value);
  if (value_is_null(&item->value)) {
    *item = (DistinctItem){.value = value_dup(value), .hash = hash};
    state->used++;
  }
  state->live += item->count == 0;
  item->count += rows;
}

static void distinct_update(const AggCall *call, char *states, size_t stride, const uint32_t *groups,
                            Column *const *args, const Selection *sel, uint32_t rows) {
  AGG_EACH(DistinctState, {
    Value value = column_get(args[0], i);
    if (!value_is_null(&value)) distinct_add(state, &value, value_hash(&value), 1);
  });
}

static void distinct_retract(const AggCall *call, char *states, size_t stride, const uint32_t *groups,
                             Column *const *args, const Selection *sel, uint32_t rows) {
  AGG_EACH(DistinctState, {
    Value value = column_get(args[0], i);
    if (value_is_null(&value) || state->capacity == 0) continue;
    DistinctItem *item = distinct_place(state->items, state->capacity, value_hash(&value), &value);
    if (item->count > 0 && --item->count == 0) state->live--;
  });
}

static void distinct_combine(const AggCall *call, void *into, const void *from) {
  const DistinctState *other = from;
  for (uint32_t i = 0; i < other->capacity; i++) {
    const DistinctItem *item = &other->items[i];
    if (item->count) distinct_add(into, &item->value, item->hash, item->count);
  }
}

static bool distinct_finish(const AggCall *call, const void *state, FnScratch *scratch, Value *out) {
  *out = value_bigint(((const DistinctState *)state)->live);
  return true;
}

static void distinct_release(void *raw) {
  DistinctState *state = raw;
  for (uint32_t i = 0; i < state->capacity; i++) value_release(&state->items[i].value);
  mem_free(state->items);
  *state = (DistinctState){0};
}

static void distinct_save(const AggCall *call, const void *raw, ByteWriter *out) {
  const DistinctState *state = raw;
  put_u32(out, (uint32_t)state->live);
  for (uint32_t i = 0; i < state->capacity; i++) {
    if (state->items[i].count == 0) continue;
    value_save(&state->items[i].value, out);
    put_i64(out, state->items[i].count);
  }
}

static void distinct_load(const AggCall *call, void *state, ByteReader *in) {
  uint32_t count = get_u32(in);
  for (uint32_t i = 0; i < count && !in->bad; i++) {
    Value value = value_load(in);
    int64_t rows = get_i64(in);
    if (value_is_null(&value) || rows <= 0) in->bad = true;
    else distinct_add(state, &value, value_hash(&value), rows);
    value_release(&value);
  }
}

/* ---- table ---- */

static TypeMask count_result(const AggCall *call, const TypeMask *args) { return MASK(TYPE_BIGINT); }

const AggregateFn agg_count[] = {
    {.name = "COUNT", .min_args = 1, .max_args = 1, .args = FN_ANY, .result_of = count_result, .flags = AGG_STAR,
     .state_bytes = sizeof(CountState), .update = count_update, .combine = count_combine, .retract = count_retract,
     .finish = count_finish, .save = count_save, .load = count_load,
     .signature = "COUNT(*) or COUNT(value)", .doc = "The number of rows, or of rows whose value is not NULL.",
     .null_rule = "COUNT(*) counts every row; COUNT(value) skips NULLs",
     .examples = "COUNT over (1, NULL, 'a') = 2"},
    {.name = "COUNT", .min_args = 1, .max_args = 1, .args = FN_ANY, .result_of = count_result,
     .flags = AGG_DISTINCT, .state_bytes = sizeof(DistinctState), .update = distinct_update,
     .combine = distinct_combine, .retract = distinct_retract, .finish = distinct_finish,
     .release = distinct_release, .save = distinct_save, .load = distinct_load,
     .signature = "COUNT(DISTINCT value)",
     .doc = "The number of different values: numbers by value, text by its bytes, records and arrays by their JSON.",
     .null_rule = "NULLs are skipped", .examples = "COUNT DISTINCT over (95, 95.0, NULL, '95') = 2"},
    {.name = NULL},
};
