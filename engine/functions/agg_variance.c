/* agg_variance.c: VAR, VARP, STDEV and STDEVP. The state is the exact sum and the exact sum of squares
** (exact_sum.h), so large means beside small spreads lose nothing, and rows can be taken back without drift.
** Text is read as float. A single value has no VAR and no STDEV: NULL. */
#include "functions/families.h"

#include <math.h>
#include "functions/agg_state.h"
#include "functions/exact_sum.h"

typedef struct VarianceState {
  ExactSum     sum;
  ExactSquares squares;
  int64_t      count;
  int64_t      unused;
} VarianceState;

_Static_assert(sizeof(VarianceState) % 16 == 0, "states are laid out in steps of 16 bytes");

static void variance_rows(char *states, size_t stride, const uint32_t *groups, const Column *col,
                          const Selection *sel, uint32_t rows, bool subtract) {
  AGG_EACH(VarianceState, {
    Value value = column_get(col, i);
    double number;
    if (!agg_number(&value, &number)) continue;
    exact_sum_add_f64(&state->sum, subtract ? -number : number);
    exact_squares_add(&state->squares, number, subtract);
    state->count += subtract ? -1 : 1;
  });
}
static void variance_update(const AggCall *call, char *states, size_t stride, const uint32_t *groups,
                            Column *const *args, const Selection *sel, uint32_t rows) {
  variance_rows(states, stride, groups, args[0], sel, rows, false);
}
static void variance_retract(const AggCall *call, char *states, size_t stride, const uint32_t *groups,
                             Column *const *args, const Selection *sel, uint32_t rows) {
  variance_rows(states, stride, groups, args[0], sel, rows, true);
}

static void variance_combine(const AggCall *call, void *raw, const void *raw_from) {
  VarianceState *into = raw;
  const VarianceState *from = raw_from;
  exact_sum_merge(&into->sum, &from->sum);
  exact_squares_merge(&into->squares, &from->squares);
  into->count += from->count;
}

/* spread is count times the sum of squared differences from the mean. */
static bool spread_finish(const AggCall *call, const VarianceState *state, bool sample, bool root,
                          FnScratch *scratch, Value *out) {
  int64_t divisor = sample ? state->count - 1 : state->count;
  *out = value_null();
  if (state->count == 0 || divisor == 0) return true;
  double spread = exact_spread(&state->sum, &state->squares, state->count);
  double variance = spread / (double)state->count / (double)divisor;
  *out = value_float(root ? sqrt(variance) : variance);
  return isfinite(out->f) || fn_fail(scratch, "%s: the result is beyond the range of float", call->fn->name);
}

static bool var_finish(const AggCall *call, const void *state, FnScratch *scratch, Value *out) {
  return spread_finish(call, state, true, false, scratch, out);
}
static bool varp_finish(const AggCall *call, const void *state, FnScratch *scratch, Value *out) {
  return spread_finish(call, state, false, false, scratch, out);
}
static bool stdev_finish(const AggCall *call, const void *state, FnScratch *scratch, Value *out) {
  return spread_finish(call, state, true, true, scratch, out);
}
static bool stdevp_finish(const AggCall *call, const void *state, FnScratch *scratch, Value *out) {
  return spread_finish(call, state, false, true, scratch, out);
}

static void variance_release(void *raw) {
  VarianceState *state = raw;
  exact_sum_release(&state->sum);
  exact_squares_release(&state->squares);
}
static void variance_save(const AggCall *call, const void *raw, ByteWriter *out) {
  const VarianceState *state = raw;
  exact_sum_save(&state->sum, out);
  exact_squares_save(&state->squares, out);
  put_i64(out, state->count);
}
static void variance_load(const AggCall *call, void *raw, ByteReader *in) {
  VarianceState *state = raw;
  exact_sum_load(&state->sum, in);
  exact_squares_load(&state->squares, in);
  state->count = get_i64(in);
}

static TypeMask variance_result(const AggCall *call, const TypeMask *args) { return MASK(TYPE_FLOAT); }

/* ---- table ---- */

#define VARIANCE_ROW(title, last, text, nulls, ex)                                                               \
  {.name = title, .min_args = 1, .max_args = 1, .args = MASK_NUMERIC | MASK(TYPE_TEXT),                          \
   .result_of = variance_result, .state_bytes = sizeof(VarianceState), .update = variance_update,                \
   .check = agg_check_numbers, .combine = variance_combine, .retract = variance_retract, .finish = last,         \
   .release = variance_release, .save = variance_save, .load = variance_load, .signature = title "(number)",     \
   .doc = text, .null_rule = nulls, .examples = ex}

const AggregateFn agg_variance[] = {
    VARIANCE_ROW("VAR", var_finish, "The variance of a sample. Text is read as float.",
                 "NULLs are skipped; NULL for fewer than two values",
                 "VAR over (4, 7, 13, 16) = 30.0\nVAR over (4) = NULL"),
    VARIANCE_ROW("VARP", varp_finish, "The variance of the whole population. Text is read as float.",
                 "NULLs are skipped; NULL when nothing is left",
                 "VARP over (1, 3) = 1.0"),
    VARIANCE_ROW("STDEV", stdev_finish, "The standard deviation of a sample. Text is read as float.",
                 "NULLs are skipped; NULL for fewer than two values",
                 "STDEV over (1, 3, 5) = 2.0"),
    VARIANCE_ROW("STDEVP", stdevp_finish, "The standard deviation of the whole population. Text is read as float.",
                 "NULLs are skipped; NULL when nothing is left",
                 "STDEVP over (1, 3) = 1.0"),
    {.name = NULL},
};
