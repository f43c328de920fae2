/* agg_percentile.c: PERCENTILE_CONT and PERCENTILE_DISC. The state keeps the values in the order they came, so rows
** can be taken back from the front; the answer selects from a copy, in linear time. CONT interpolates between the
** two values around p * (n - 1) and is a float; DISC gives the first value whose share of the group reaches p, as
** it stands (text, read as float, gives a float). NULLs are skipped. */
#include "functions/families.h"

#include <math.h>
#include "functions/agg_state.h"

typedef struct Sample {
  double number;
  int64_t whole;   /* the exact value of a bigint or bit */
  uint32_t type;   /* TYPE_BIGINT, TYPE_BIT or TYPE_FLOAT */
} Sample;

typedef struct PercentileState {
  Sample  *samples;
  uint32_t first, len, capacity; /* live: [first, first + len) */
  uint32_t unused;
  int64_t  unused2;
} PercentileState;

_Static_assert(sizeof(PercentileState) % 16 == 0, "states are laid out in steps of 16 bytes");

static void sample_push(PercentileState *state, const Sample *sample) {
  if (state->first + state->len == state->capacity) {
    if (state->first > state->len) {
      memmove(state->samples, state->samples + state->first, state->len * sizeof *state->samples);
      state->first = 0;
    } else {
      state->capacity = state->capacity ? state->capacity * 2 : 8;
      state->samples = mem_realloc(state->samples, mem_mul(state->capacity, sizeof *state->samples));
    }
  }
  state->samples[state->first + state->len++] = *sample;
}

static bool sample_of(const Value *value, Sample *out) {
  if (!agg_number(value, &out->number)) return false;
  bool whole = value->type == TYPE_BIGINT || value->type == TYPE_BIT;
  out->type = whole ? value->type : TYPE_FLOAT;
  out->whole = whole ? value->i : 0;
  return true;
}

static void percentile_update(const AggCall *call, char *states, size_t stride, const uint32_t *groups,
                              Column *const *args, const Selection *sel, uint32_t rows) {
  AGG_EACH(PercentileState, {
    Value value = column_get(args[0], i);
    Sample sample;
    if (sample_of(&value, &sample)) sample_push(state, &sample);
  });
}

static void percentile_retract(const AggCall *call, char *states, size_t stride, const uint32_t *groups,
                               Column *const *args, const Selection *sel, uint32_t rows) {
  AGG_EACH(PercentileState, {
    Value value = column_get(args[0], i);
    if (value_is_null(&value) || state->len == 0) continue;
    state->first++;
    state->len--;
  });
}

static void percentile_combine(const AggCall *call, void *into, const void *raw) {
  const PercentileState *from = raw;
  for (uint32_t i = 0; i < from->len; i++) sample_push(into, &from->samples[from->first + i]);
}

/* ---- selecting ---- */

static int sample_order(const Sample *a, const Sample *b) {
  if (a->type != TYPE_FLOAT && b->type != TYPE_FLOAT) return a->whole < b->whole ? -1 : a->whole > b->whole;
  return a->number < b->number ? -1 : a->number > b->number;
}

static void swap(Sample *a, Sample *b) {
  Sample kept = *a;
  *a = *b;
  *b = kept;
}

/* Moves the k-th smallest to place k, smaller ones in front of it. Three-way parts, so equal values cost nothing;
** the middle of three as pivot. */
static void select_kth(Sample *samples, int64_t len, int64_t k) {
  int64_t begin = 0, end = len;
  while (end - begin > 1) {
    Sample *a = &samples[begin], *b = &samples[begin + (end - begin) / 2], *c = &samples[end - 1];
    const Sample *middle = sample_order(a, b) < 0 ? (sample_order(b, c) < 0 ? b : sample_order(a, c) < 0 ? c : a)
                                                  : (sample_order(a, c) < 0 ? a : sample_order(b, c) < 0 ? c : b);
    Sample pivot = *middle;
    int64_t less = begin, at = begin, more = end;
    while (at < more) {
      int order = sample_order(&samples[at], &pivot);
      if (order < 0) swap(&samples[less++], &samples[at++]);
      else if (order > 0) swap(&samples[at], &samples[--more]);
      else at++;
    }
    if (k < less) end = less;
    else if (k >= more) begin = more;
    else return;
  }
}

static Sample *samples_copied(const PercentileState *state, FnScratch *scratch) {
  return arena_dup(&scratch->arena, state->samples + state->first, state->len * sizeof *state->samples);
}

static double percent_of(const AggCall *call) {
  double p = value_is_null(&call->param) ? 0 : value_as_double(&call->param);
  return p < 0 ? 0 : p > 1 ? 1 : p;
}

/* Descending order counts from the other end. */
static int64_t place_of(const AggCall *call, int64_t place, int64_t len) {
  return call->desc[0] ? len - 1 - place : place;
}

static double nth(const AggCall *call, Sample *samples, int64_t len, int64_t place) {
  int64_t k = place_of(call, place, len);
  select_kth(samples, len, k);
  return samples[k].number;
}

static bool cont_finish(const AggCall *call, const void *raw, FnScratch *scratch, Value *out) {
  const PercentileState *state = raw;
  *out = value_null();
  if (state->len == 0) return true;
  Sample *samples = samples_copied(state, scratch);
  double position = percent_of(call) * (double)(state->len - 1), below = floor(position), share = position - below;
  double low = nth(call, samples, state->len, (int64_t)below);
  double high = share > 0 ? nth(call, samples, state->len, (int64_t)below + 1) : low;
  *out = value_float(low == high ? low : low * (1 - share) + high * share);
  return true;
}

static bool disc_finish(const AggCall *call, const void *raw, FnScratch *scratch, Value *out) {
  const PercentileState *state = raw;
  *out = value_null();
  if (state->len == 0) return true;
  Sample *samples = samples_copied(state, scratch);
  int64_t place = (int64_t)ceil(percent_of(call) * state->len) - 1;
  int64_t k = place_of(call, place < 0 ? 0 : place, state->len);
  select_kth(samples, state->len, k);
  const Sample *found = &samples[k];
  if (found->type == TYPE_FLOAT) *out = value_float(found->number);
  else *out = (Value){.type = (Type)found->type, .i = found->whole};
  return true;
}

/* ---- life ---- */

static void percentile_release(void *raw) {
  mem_free(((PercentileState *)raw)->samples);
  *(PercentileState *)raw = (PercentileState){0};
}

static void percentile_save(const AggCall *call, const void *raw, ByteWriter *out) {
  const PercentileState *state = raw;
  put_u32(out, state->len);
  for (uint32_t i = 0; i < state->len; i++) {
    const Sample *sample = &state->samples[state->first + i];
    put_u8(out, (uint8_t)sample->type);
    if (sample->type == TYPE_FLOAT) put_f64(out, sample->number);
    else put_i64(out, sample->whole);
  }
}

static void percentile_load(const AggCall *call, void *state, ByteReader *in) {
  uint32_t len = get_u32(in);
  for (uint32_t i = 0; i < len && !in->bad; i++) {
    Sample sample = {.type = get_u8(in)};
    bool real = sample.type == TYPE_FLOAT;
    if (real) sample.number = get_f64(in);
    else sample.number = (double)(sample.whole = get_i64(in));
    if ((!real && sample.type != TYPE_BIGINT && sample.type != TYPE_BIT) || !isfinite(sample.number)) in->bad = true;
    if (!in->bad) sample_push(state, &sample);
  }
}

static TypeMask cont_result(const AggCall *call, const TypeMask *args) { return MASK(TYPE_FLOAT); }
static TypeMask disc_result(const AggCall *call, const TypeMask *args) {
  return (TypeMask)((args[0] & MASK_NUMERIC) | (args[0] & MASK(TYPE_TEXT) ? MASK(TYPE_FLOAT) : 0));
}

/* ---- table ---- */

#define PERCENTILE_ROW(title, result, last, text, ex)                                                              \
  {.name = title, .min_args = 0, .max_args = 0, .args = MASK_NUMERIC | MASK(TYPE_TEXT), .result_of = result,       \
   .flags = AGG_ORDER_BY | AGG_PARAM, .state_bytes = sizeof(PercentileState), .update = percentile_update,         \
   .check = agg_check_numbers, .combine = percentile_combine, .retract = percentile_retract, .finish = last,       \
   .release = percentile_release, .save = percentile_save, .load = percentile_load,                                \
   .signature = title "(p) OVER (ORDER BY number [DESC])", .doc = text,                                            \
   .null_rule = "NULLs are skipped; NULL when nothing is left", .examples = ex}

const AggregateFn agg_percentile[] = {
    PERCENTILE_ROW("PERCENTILE_CONT", cont_result, cont_finish,
                   "The value below which the share p of the group lies, interpolated between neighbours: a float. "
                   "p is a constant from 0 to 1; text is read as float.",
                   "PERCENTILE_CONT(0.5) over (1, 2) = 1.5"),
    PERCENTILE_ROW("PERCENTILE_DISC", disc_result, disc_finish,
                   "The first value of the group whose share reaches p, in its own type. p is a constant from 0 to "
                   "1; text is read as float.",
                   "PERCENTILE_DISC(0.9) over (3, 1, 2) = 3"),
    {.name = NULL},
};
