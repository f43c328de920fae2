/* scalar_math.c: the mathematical functions. ABS, CEILING, FLOOR, ROUND, SIGN and POWER keep the type of their
** argument (bits count as bigints), the others give float. A result that leaves its type fails the row.
**
** ROUND takes halves away from zero, and halves as people write them: 2.675 rounds to 2.68 although the nearest
** double lies a hair below, so a distance to the half within the error of one multiplication counts as none. */
#include "functions/families.h"

#include <math.h>
#include "functions/kernel.h"

static bool is_whole(const Value *value) { return value->type != TYPE_FLOAT; }

static bool out_of_range(const FnCall *call, const Value *value, FnScratch *scratch) {
  char shown[DESCRIBE_LEN];
  return fn_fail(scratch, "%s(%s): the result is beyond %s", call->fn->name,
                 strchr(value_describe(value, shown), ' ') + 1, is_whole(value) ? "64 bits" : "the range of float");
}

/* ---- rounding ---- */

static inline double plain_zero(double value) { return value + 0.0; } /* -0.0 becomes 0.0 */

static double power_of_ten(int64_t exponent) { return exponent > 308 ? HUGE_VAL : pow(10, (double)exponent); }

/* scaled is value times a power of ten: to the nearest whole, halves away from zero. */
static double round_scaled(double scaled) {
  double magnitude = fabs(scaled), whole = floor(magnitude), fraction = magnitude - whole;
  if (fraction > 0.5 || fabs(fraction - 0.5) <= magnitude * 0x1p-51) whole += 1;
  return copysign(whole, scaled);
}

static double round_float(double value, int64_t places) {
  double scale = power_of_ten(places < 0 ? -(places < -400 ? -400 : places) : places);
  double scaled = places < 0 ? value / scale : value * scale;
  if (places < 0) return plain_zero(isinf(scale) ? 0 : round_scaled(scaled) * scale);
  if (fabs(scaled) >= 0x1p52) return value; /* no digits behind the place; also infinite */
  return plain_zero(round_scaled(scaled) / scale);
}

/* False when the result does not fit. */
static bool round_whole(int64_t value, int64_t places, int64_t *out) {
  *out = value;
  if (places >= 0) return true;
  *out = 0;
  if (places < -19) return true;
  __int128 scale = 1;
  for (int64_t i = places; i < 0; i++) scale *= 10;
  __int128 magnitude = value < 0 ? -(__int128)value : value;
  __int128 rounded = (magnitude + scale / 2) / scale * scale;
  if (value < 0) rounded = -rounded;
  *out = (int64_t)rounded;
  return rounded >= INT64_MIN && rounded <= INT64_MAX;
}

static bool row_round(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  int64_t places = args[1].i;
  if (is_whole(&args[0])) {
    *out = value_bigint(0);
    return round_whole(args[0].i, places, &out->i) || out_of_range(call, &args[0], scratch);
  }
  *out = value_float(round_float(args[0].f, places));
  return isfinite(out->f) || out_of_range(call, &args[0], scratch);
}

/* To the nearest whole number, ties to even: below 2^52 the last bit of value + 2^52 is worth one. Unlike ceil() and
** floor() this is plain arithmetic everywhere, so loops over it vectorise. */
static inline double nearest_whole(double value) {
  double shift = copysign(0x1p52, value);
  return value + shift - shift;
}
static inline bool is_beyond_fractions(double value) { return fabs(value) >= 0x1p52; }

static double ceiling_float(double value) {
  double whole = nearest_whole(value);
  return is_beyond_fractions(value) ? value : plain_zero(whole + (whole < value ? 1.0 : 0.0));
}
static double floor_float(double value) {
  double whole = nearest_whole(value);
  return is_beyond_fractions(value) ? value : plain_zero(whole - (whole > value ? 1.0 : 0.0));
}
static double sign_float(double value) { return value > 0 ? 1 : value < 0 ? -1 : 0; }
static double abs_float(double value) { return fabs(value); }

static bool row_ceiling(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  *out = is_whole(&args[0]) ? value_bigint(args[0].i) : value_float(ceiling_float(args[0].f));
  return true;
}
static bool row_floor(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  *out = is_whole(&args[0]) ? value_bigint(args[0].i) : value_float(floor_float(args[0].f));
  return true;
}
static bool row_sign(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  if (is_whole(&args[0])) *out = value_bigint((args[0].i > 0) - (args[0].i < 0));
  else *out = value_float(sign_float(args[0].f));
  return true;
}
static bool row_abs(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  if (!is_whole(&args[0])) {
    *out = value_float(fabs(args[0].f));
    return true;
  }
  if (args[0].i == INT64_MIN) return out_of_range(call, &args[0], scratch);
  *out = value_bigint(args[0].i < 0 ? -args[0].i : args[0].i);
  return true;
}

/* ---- powers ---- */

/* Exact, by squaring; false when it does not fit. exponent >= 0. */
static bool power_whole(int64_t base, int64_t exponent, int64_t *out) {
  bool fits = true;
  *out = 1;
  while (exponent > 0 && fits) {
    if (exponent & 1) fits = !__builtin_mul_overflow(*out, base, out);
    exponent >>= 1;
    if (exponent && __builtin_mul_overflow(base, base, &base)) fits = false;
  }
  return fits;
}

static bool power_fails(const Value *args, FnScratch *scratch) {
  char base[DESCRIBE_LEN], exponent[DESCRIBE_LEN];
  return fn_fail(scratch, "POWER(%s, %s) has no result in %s", strchr(value_describe(&args[0], base), ' ') + 1,
                 strchr(value_describe(&args[1], exponent), ' ') + 1, is_whole(&args[0]) ? "64 bits" : "float");
}

static bool row_power(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  if (is_whole(&args[0]) && is_whole(&args[1]) && args[1].i >= 0) {
    *out = value_bigint(0);
    return power_whole(args[0].i, args[1].i, &out->i) || power_fails(args, scratch);
  }
  double base = value_as_double(&args[0]), exponent = value_as_double(&args[1]);
  double result = exponent == 2 ? base * base : pow(base, exponent);
  bool fits = is_whole(&args[0]) ? result >= -0x1p63 && result < 0x1p63 : isfinite(result);
  if (!fits) return power_fails(args, scratch);
  *out = is_whole(&args[0]) ? value_bigint((int64_t)result) : value_float(result);
  return true;
}

static double square_float(double value) { return value * value; }
static double sqrt_float(double value) { return sqrt(value); }
static double exp_float(double value) { return exp(value); }

static bool float_row(const FnCall *call, const Value *arg, double result, FnScratch *scratch, Value *out) {
  *out = value_float(result);
  if (isfinite(result)) return true;
  char shown[DESCRIBE_LEN];
  return fn_fail(scratch, "%s(%s) has no result in float", call->fn->name, strchr(value_describe(arg, shown), ' ') + 1);
}

/* ---- columns ---- */

/* Doubles to doubles, row by row; integral rows stay bigints when keeps_type says so. Always inlined, so that each
** function gets a loop of its own. */
typedef struct FloatKernel {
  double (*of)(double);
  bool keeps_type, can_fail;
} FloatKernel;

static double number_at(const Operand *x, uint32_t row) {
  return x->layout == COL_BIGINT ? (double)operand_i64(x, row) : operand_f64(x, row);
}

/* x times 0 is 0 for numbers only: the sum tells of one that is none. */
static bool all_finite(const double *values, const Selection *sel, uint32_t rows) {
  double sums[4] = {0};
  if (sel == NULL) {
    uint32_t i = 0;
    for (; i + 4 <= rows; i += 4)
      for (uint32_t k = 0; k < 4; k++) sums[k] += values[i + k] * 0;
    for (; i < rows; i++) sums[0] += values[i] * 0;
  } else {
    SELECTION_EACH(sel, rows, i) sums[0] += values[i] * 0;
  }
  return sums[0] + sums[1] + sums[2] + sums[3] == 0;
}

static void fail_if_not_finite(const FnCall *call, Column *arg, Column *out, uint32_t row, RowFailures *failures) {
  if (isfinite(column_f64(out)[row]) || column_is_null(arg, row)) return;
  FnScratch scratch = {0};
  Value value = column_get(arg, row), ignored;
  float_row(call, &value, column_f64(out)[row], &scratch, &ignored);
  row_failures_add(failures, row, call->span, "%s", scratch.error);
  column_set_null(out, row);
}

static inline __attribute__((always_inline)) Column *float_column(const FloatKernel *kernel, const FnCall *call,
                                                                  Column *arg, const Selection *sel,
                                                                  uint32_t rows, RowFailures *failures) {
  Operand x = operand_of(arg);
  if (x.layout == COL_NULL) return kernel_all_null(rows);
  bool covered = x.layout == COL_FLOAT || (x.layout == COL_BIGINT && !kernel->keeps_type);
  if (!covered || x.constant) return NULL;
  Column *out = column_new(COL_FLOAT, rows);
  double *result = column_f64(out);
  const Selection *loop = selection_or_dense(sel, rows);
  if (x.layout == COL_BIGINT) KERNEL_EACH(loop, rows, i, result[i] = kernel->of((double)((const int64_t *)x.data)[i]));
  else KERNEL_EACH(loop, rows, i, result[i] = kernel->of(((const double *)x.data)[i]));
  kernel_merge_valid(out, &x, 1);
  if (kernel->keeps_type && x.integral) memcpy(column_need_integral(out), x.integral, bits_words(rows) * 8);
  if (kernel->can_fail && !all_finite(result, sel, rows))
    KERNEL_EACH(sel, rows, i, fail_if_not_finite(call, arg, out, i, failures));
  return out;
}

#define FLOAT_VEC(id, keeps, fails)                                                                           \
  static Column *vec_##id(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,       \
                          RowFailures *failures) {                                                            \
    static const FloatKernel kernel = {id##_float, keeps, fails};                                             \
    if (keeps && args[0]->layout == COL_BIGINT) return id##_of_whole(args[0], sel, rows);                     \
    return float_column(&kernel, call, args[0], sel, rows, failures);                                         \
  }

static Column *same_column(Column *arg, const Selection *sel, uint32_t rows) { return column_ref(arg); }
static Column *ceiling_of_whole(Column *arg, const Selection *sel, uint32_t rows) {
  return same_column(arg, sel, rows);
}
static Column *floor_of_whole(Column *arg, const Selection *sel, uint32_t rows) { return same_column(arg, sel, rows); }

static Column *sign_of_whole(Column *arg, const Selection *sel, uint32_t rows) {
  Operand x = operand_of(arg);
  if (x.layout == COL_NULL) return kernel_all_null(rows);
  if (x.constant) return NULL;
  Column *out = column_new(COL_BIGINT, rows);
  const int64_t *in = x.data;
  int64_t *result = column_i64(out);
  sel = selection_or_dense(sel, rows);
  KERNEL_EACH(sel, rows, i, result[i] = (in[i] > 0) - (in[i] < 0));
  kernel_merge_valid(out, &x, 1);
  return out;
}

/* NULL, for the row path, when the one bigint without a magnitude turns up. */
static Column *abs_of_whole(Column *arg, const Selection *sel, uint32_t rows) {
  Operand x = operand_of(arg);
  if (x.layout == COL_NULL) return kernel_all_null(rows);
  if (x.constant) return NULL;
  Column *out = column_new(COL_BIGINT, rows);
  const int64_t *in = x.data;
  int64_t *result = column_i64(out);
  int64_t signs = 0; /* the overflow stays negative */
  KERNEL_EACH(sel, rows, i, {
    int64_t sign = in[i] >> 63;
    result[i] = (int64_t)(((uint64_t)in[i] ^ (uint64_t)sign) - (uint64_t)sign);
    signs |= result[i];
  });
  if (signs < 0) {
    column_unref(out);
    return NULL;
  }
  kernel_merge_valid(out, &x, 1);
  return out;
}

FLOAT_VEC(ceiling, true, false)
FLOAT_VEC(floor, true, false)
FLOAT_VEC(sign, true, false)
FLOAT_VEC(abs, true, false)
static Column *square_of_whole(Column *arg, const Selection *sel, uint32_t rows) { return NULL; }
static Column *sqrt_of_whole(Column *arg, const Selection *sel, uint32_t rows) { return NULL; }
static Column *exp_of_whole(Column *arg, const Selection *sel, uint32_t rows) { return NULL; }
FLOAT_VEC(square, false, true)
FLOAT_VEC(sqrt, false, true)
FLOAT_VEC(exp, false, true)

static bool row_square(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  return float_row(call, &args[0], square_float(value_as_double(&args[0])), scratch, out);
}
static bool row_sqrt(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  return float_row(call, &args[0], sqrt_float(value_as_double(&args[0])), scratch, out);
}
static bool row_exp(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  return float_row(call, &args[0], exp_float(value_as_double(&args[0])), scratch, out);
}

/* ROUND of a float column to a constant number of places; rows that are bigints keep their value when the number
** is not negative. */
static Column *vec_round(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                         RowFailures *failures) {
  Operand x = operand_of(args[0]), places = operand_of(args[1]);
  if (x.layout == COL_NULL || places.layout == COL_NULL) return kernel_all_null(rows);
  if (!places.constant || places.layout != COL_BIGINT || x.constant) return NULL;
  int64_t count = operand_i64(&places, 0);
  if (count < 0 || count > 15) return NULL;
  if (x.layout == COL_BIGINT) return same_column(args[0], sel, rows);
  if (x.layout != COL_FLOAT) return NULL;
  Column *out = column_new(COL_FLOAT, rows);
  double *result = column_f64(out), scale = power_of_ten(count);
  KERNEL_EACH(sel, rows, i, {
    double value = operand_f64(&x, i), scaled = value * scale;
    result[i] = fabs(scaled) < 0x1p52 ? plain_zero(round_scaled(scaled) / scale) : value;
  });
  kernel_merge_valid(out, &x, 1);
  if (x.integral) memcpy(column_need_integral(out), x.integral, bits_words(rows) * sizeof(uint64_t));
  return out;
}

/* Floats to a constant power; bigints keep their type and go row by row. */
static Column *vec_power(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                         RowFailures *failures) {
  Operand x = operand_of(args[0]), y = operand_of(args[1]);
  bool number = y.layout == COL_BIGINT || y.layout == COL_FLOAT;
  if (x.layout != COL_FLOAT || x.constant || x.integral || !y.constant || !number) return NULL;
  double exponent = number_at(&y, 0);
  Column *out = column_new(COL_FLOAT, rows);
  double *result = column_f64(out);
  KERNEL_EACH(sel, rows, i, {
    double base = operand_valid(&x, i) ? operand_f64(&x, i) : 1;
    result[i] = exponent == 2 ? base * base : pow(base, exponent);
    if (isfinite(result[i])) continue;
    FnScratch scratch = {0};
    power_fails((Value[]){value_float(base), column_get(args[1], 0)}, &scratch);
    row_failures_add(failures, i, call->span, "%s", scratch.error);
    result[i] = 0;
  });
  kernel_merge_valid(out, &x, 1);
  return out;
}

/* ---- types ---- */

static TypeMask same_number(const FnCall *call, const TypeMask *args) {
  TypeMask whole = MASK(TYPE_BIT) | MASK(TYPE_BIGINT);
  return (TypeMask)((args[0] & MASK(TYPE_FLOAT)) | (args[0] & whole ? MASK(TYPE_BIGINT) : 0));
}

/* ---- table ---- */

#define KEEPS(title, id, bits, sig, text, ex)                                                            \
  {.name = title, .min_args = 1, .max_args = 1, .args = {MASK_NUMERIC}, .result_of = same_number,        \
   .flags = FN_NULL_IN_NULL_OUT | (bits), .row = row_##id, .vec = vec_##id, .signature = sig, .doc = text, \
   .null_rule = "", .examples = ex}
#define FLOATS(title, id, sig, text, ex)                                                                 \
  {.name = title, .min_args = 1, .max_args = 1, .args = {MASK_NUMERIC}, .result = MASK(TYPE_FLOAT),      \
   .flags = FN_NULL_IN_NULL_OUT, .row = row_##id, .vec = vec_##id, .signature = sig, .doc = text,        \
   .null_rule = "", .examples = ex}

const ScalarFn scalar_math[] = {
    KEEPS("ABS", abs, 0, "ABS(number)", "The number without its sign, in its own type.",
          "ABS(-2.5) = 2.5\n"
          "ABS(-7) = 7"),
    KEEPS("CEILING", ceiling, FN_NEVER_FAILS, "CEILING(number)",
          "The least whole number not below the argument, in its own type.", "CEILING(2.1) = 3.0\nCEILING(-7) = -7"),
    FLOATS("EXP", exp, "EXP(number)", "e raised to the number, a float.", "EXP(0) = 1.0"),
    KEEPS("FLOOR", floor, FN_NEVER_FAILS, "FLOOR(number)",
          "The greatest whole number not above the argument, in its own type.", "FLOOR(2.9) = 2.0\nFLOOR(-2.5) = -3.0"),
    {.name = "POWER", .min_args = 2, .max_args = 2, .args = {MASK_NUMERIC, MASK_NUMERIC}, .result_of = same_number,
     .flags = FN_NULL_IN_NULL_OUT, .row = row_power, .vec = vec_power,
     .signature = "POWER(number, exponent)",
     .doc = "The number raised to the exponent, in the type of the number: a bigint result is truncated.",
     .null_rule = "",
     .examples = "POWER(2, 10) = 1024\n"
                 "POWER(2.25, 2) = 5.0625\n"
                 "POWER(2, -1) = 0"},
    {.name = "ROUND", .min_args = 2, .max_args = 2, .args = {MASK_NUMERIC, MASK(TYPE_BIGINT)},
     .result_of = same_number, .flags = FN_NULL_IN_NULL_OUT, .row = row_round, .vec = vec_round,
     .signature = "ROUND(number, places)",
     .doc = "The number rounded to so many decimal places, in its own type; halves go away from zero, negative "
            "places round before the point.",
     .null_rule = "",
     .examples = "ROUND(1.234, 2) = 1.23\n"
                 "ROUND(-0.5, 0) = -1.0\n"
                 "ROUND(123.4, -1) = 120.0\n"
                 "ROUND(1250, -2) = 1300\n"
                 "ROUND(2.675, 2) = 2.68"},
    KEEPS("SIGN", sign, FN_NEVER_FAILS, "SIGN(number)",
          "-1, 0 or 1 as the number is negative, zero or positive, in its own type.",
          "SIGN(-2.5) = -1.0\nSIGN(12) = 1"),
    FLOATS("SQRT", sqrt, "SQRT(number)", "The square root, a float. A negative number fails the row.",
           "SQRT(16) = 4.0"),
    FLOATS("SQUARE", square, "SQUARE(number)", "The number times itself, a float.",
           "SQUARE(2.25) = 5.0625\n"
           "SQUARE(2) = 4.0"),
    {.name = NULL},
};
