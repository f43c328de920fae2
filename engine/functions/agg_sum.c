/* agg_sum.c: SUM and AVG over exact sums (exact_sum.h). Text is read as float; bits count as bigints. SUM is a
** bigint while every value is one, checked for 64 bits at the end, else a float. */
#include "functions/families.h"

#include <math.h>
#include "functions/agg_state.h"
#include "functions/exact_sum.h"

typedef struct SumState {
  ExactSum sum;
  int64_t  count;  /* values */
  int64_t  floats; /* of them floats or text */
  int64_t  unused; /* keeps the size a multiple of 16 */
} SumState;

_Static_assert(sizeof(SumState) % 16 == 0, "states are laid out in steps of 16 bytes");

/* ---- adding ---- */

static inline void add_i64(SumState *state, int64_t value) {
  exact_sum_add_i64(&state->sum, value);
  state->count++;
}
static inline void add_f64(SumState *state, double value) {
  exact_sum_add_f64(&state->sum, value);
  state->count++;
  state->floats++;
}

static void add_value(SumState *state, const Value *value) {
  double number;
  if (value->type == TYPE_BIT || value->type == TYPE_BIGINT) add_i64(state, value->i);
  else if (agg_number(value, &number)) add_f64(state, number);
}

static void update_floats(char *states, size_t stride, const uint32_t *groups, const Operand *x,
                          const Selection *sel, uint32_t rows) {
  if (!x->integral)
    AGG_EACH(SumState, if (operand_valid(x, i)) add_f64(state, operand_f64(x, i)));
  else /* a bigint stored as double adds exactly as what it is; which rows are some follows no pattern */
    AGG_EACH(SumState, {
      if (!operand_valid(x, i)) continue;
      exact_sum_add_f64(&state->sum, operand_f64(x, i));
      state->count++;
      state->floats += !operand_integral(x, i);
    });
}

static void sum_update(const AggCall *call, char *states, size_t stride, const uint32_t *groups,
                       Column *const *args, const Selection *sel, uint32_t rows) {
  Operand x = operand_of(args[0]);
  if (x.layout == COL_NULL) return;
  if (x.layout == COL_BIGINT && !x.constant)
    AGG_EACH(SumState, if (operand_valid(&x, i)) add_i64(state, ((const int64_t *)x.data)[i]));
  else if (x.layout == COL_FLOAT)
    update_floats(states, stride, groups, &x, sel, rows);
  else
    AGG_EACH(SumState, {
      Value value = column_get(args[0], i);
      add_value(state, &value);
    });
}

static void sum_retract(const AggCall *call, char *states, size_t stride, const uint32_t *groups,
                        Column *const *args, const Selection *sel, uint32_t rows) {
  AGG_EACH(SumState, {
    Value value = column_get(args[0], i);
    double number;
    if (value.type == TYPE_BIT || value.type == TYPE_BIGINT) {
      exact_sum_sub_i64(&state->sum, value.i);
      state->count--;
    } else if (agg_number(&value, &number)) {
      exact_sum_sub_f64(&state->sum, number);
      state->count--;
      state->floats--;
    }
  });
}

static void sum_combine(const AggCall *call, void *raw, const void *raw_from) {
  SumState *into = raw;
  const SumState *from = raw_from;
  exact_sum_merge(&into->sum, &from->sum);
  into->count += from->count;
  into->floats += from->floats;
}

/* ---- answers ---- */

static bool beyond_float(const AggCall *call, FnScratch *scratch) {
  return fn_fail(scratch, "%s: the sum is beyond the range of float", call->fn->name);
}

static bool sum_finish(const AggCall *call, const void *raw, FnScratch *scratch, Value *out) {
  const SumState *state = raw;
  *out = value_null();
  if (state->count == 0) return true;
  if (state->floats == 0) {
    *out = value_bigint(0);
    return exact_sum_whole(&state->sum, &out->i) || fn_fail(scratch, "SUM: the sum of bigints is beyond 64 bits");
  }
  *out = value_float(exact_sum_double(&state->sum));
  return isfinite(out->f) || beyond_float(call, scratch);
}

static bool avg_finish(const AggCall *call, const void *raw, FnScratch *scratch, Value *out) {
  const SumState *state = raw;
  *out = value_null();
  if (state->count == 0) return true;
  *out = value_float(exact_sum_double(&state->sum) / (double)state->count);
  return isfinite(out->f) || beyond_float(call, scratch);
}

static void sum_release(void *state) { exact_sum_release(&((SumState *)state)->sum); }

static void sum_save(const AggCall *call, const void *raw, ByteWriter *out) {
  const SumState *state = raw;
  exact_sum_save(&state->sum, out);
  put_i64(out, state->count);
  put_i64(out, state->floats);
}
static void sum_load(const AggCall *call, void *raw, ByteReader *in) {
  SumState *state = raw;
  exact_sum_load(&state->sum, in);
  state->count = get_i64(in);
  state->floats = get_i64(in);
}

static TypeMask sum_result(const AggCall *call, const TypeMask *args) {
  TypeMask real = MASK(TYPE_FLOAT) | MASK(TYPE_TEXT), whole = MASK(TYPE_BIGINT) | MASK(TYPE_BIT);
  return (TypeMask)((args[0] & real ? MASK(TYPE_FLOAT) : 0) | (args[0] & whole ? MASK(TYPE_BIGINT) : 0));
}
static TypeMask avg_result(const AggCall *call, const TypeMask *args) { return MASK(TYPE_FLOAT); }

/* ---- table ---- */

#define SUM_ROW(title, result, last, sig, text, ex)                                                               \
  {.name = title, .min_args = 1, .max_args = 1, .args = MASK_NUMERIC | MASK(TYPE_TEXT), .result_of = result,      \
   .state_bytes = sizeof(SumState), .update = sum_update, .check = agg_check_numbers, .combine = sum_combine,     \
   .retract = sum_retract, .finish = last, .release = sum_release, .save = sum_save, .load = sum_load,            \
   .signature = sig, .doc = text, .null_rule = "NULLs are skipped; NULL when nothing is left", .examples = ex}

const AggregateFn agg_sum[] = {
    SUM_ROW("SUM", sum_result, sum_finish, "SUM(number)",
            "The sum: bigint when every value is one, else float. Text is read as float. A bigint sum beyond 64 bits "
            "fails the row.",
            "SUM over (1, 2, NULL) = 3\nSUM over (2, 0.5, '1.5') = 4.0\nSUM over (NULL) = NULL"),
    SUM_ROW("AVG", avg_result, avg_finish, "AVG(number)", "The mean, a float. Text is read as float.",
            "AVG over (1, 4, NULL) = 2.5"),
    {.name = NULL},
};
