/* operators_arith.c: + - * / % and the unary minus (semantics.md section 2).
**
** bigint op bigint is bigint: / truncates, % takes the sign of the dividend, leaving 64 bits fails the row. With
** a float on either side it is float, and a result that is not finite fails the row. Bits count as bigints.
** Division by zero fails the row for both. `+` also joins two texts.
**
** Kernels: bigint columns, float columns, and float columns some of whose rows are bigints (integral bits),
** where each row goes the way its own types say. When such a row's bigint result is too large to live in a
** double, the kernel gives up and the row path makes a mixed column. Failures are found by a flag gathered in
** the loop and named in a second pass that only runs when the flag is up. */
#include "functions/families.h"

#include <math.h>
#include "functions/kernel.h"
#include "functions/operators.h"

typedef enum ArithOp { ARITH_ADD, ARITH_SUB, ARITH_MUL, ARITH_DIV, ARITH_MOD } ArithOp;

static const char *const arith_signs[] = {"+", "-", "*", "/", "%"};

/* ---- one pair of numbers ---- */

/* True when the result does not fit or the divisor is zero. */
static inline bool arith_i64(ArithOp op, int64_t a, int64_t b, int64_t *out) {
  switch (op) {
    case ARITH_ADD: return __builtin_add_overflow(a, b, out);
    case ARITH_SUB: return __builtin_sub_overflow(a, b, out);
    case ARITH_MUL: return __builtin_mul_overflow(a, b, out);
    case ARITH_DIV:
      if (b == -1) return __builtin_sub_overflow(INT64_C(0), a, out);
      *out = b ? a / b : 0;
      return b == 0;
    case ARITH_MOD:
      *out = b == 0 || b == -1 ? 0 : a % b;
      return b == 0;
  }
  return true;
}

/* Division by zero gives an infinity or a NaN, so "not finite" is the one test for failure. */
static inline double arith_f64(ArithOp op, double a, double b) {
  switch (op) {
    case ARITH_ADD: return a + b;
    case ARITH_SUB: return a - b;
    case ARITH_MUL: return a * b;
    case ARITH_DIV: return a / b;
    case ARITH_MOD: return fmod(a, b);
  }
  return NAN;
}

static const char *after_kind(const char *described) { return strchr(described, ' ') + 1; } /* "number 5" -> "5" */

static bool arith_failure(ArithOp op, const Value *a, const Value *b, FnScratch *scratch) {
  char left[DESCRIBE_LEN], right[DESCRIBE_LEN];
  const char *x = after_kind(value_describe(a, left)), *y = after_kind(value_describe(b, right));
  bool by_zero = (op == ARITH_DIV || op == ARITH_MOD) && value_as_double(b) == 0;
  if (by_zero) return fn_fail(scratch, "%s %s %s: division by zero", x, arith_signs[op], y);
  bool is_float = a->type == TYPE_FLOAT || b->type == TYPE_FLOAT;
  return fn_fail(scratch, "%s %s %s: the result is beyond %s", x, arith_signs[op], y,
                 is_float ? "the range of float" : "64 bits");
}

static bool type_failure(ArithOp op, const Value *a, const Value *b, FnScratch *scratch) {
  char left[DESCRIBE_LEN], right[DESCRIBE_LEN];
  return fn_fail(scratch, "%s %s %s: use CAST or TRY_CAST", value_describe(a, left), arith_signs[op],
                 value_describe(b, right));
}

static bool is_numeric(Type type) { return type == TYPE_BIT || type == TYPE_BIGINT || type == TYPE_FLOAT; }

static Value join_texts(const Value *a, const Value *b, FnScratch *scratch) {
  size_t left = a->text.len, right = b->text.len;
  char *joined = arena_alloc(&scratch->arena, left + right + 1);
  memcpy(joined, text_ptr(&a->text), left);
  memcpy(joined + left, text_ptr(&b->text), right);
  return value_text((Str){joined, left + right});
}

static bool arith_row(ArithOp op, const Value *args, FnScratch *scratch, Value *out) {
  const Value *a = &args[0], *b = &args[1];
  if (!is_numeric(a->type) || !is_numeric(b->type)) {
    if (op != ARITH_ADD || a->type != TYPE_TEXT || b->type != TYPE_TEXT) return type_failure(op, a, b, scratch);
    *out = join_texts(a, b, scratch);
    return true;
  }
  if (a->type == TYPE_FLOAT || b->type == TYPE_FLOAT) {
    *out = value_float(arith_f64(op, value_as_double(a), value_as_double(b)));
    return isfinite(out->f) || arith_failure(op, a, b, scratch);
  }
  *out = value_bigint(0);
  return !arith_i64(op, a->i, b->i, &out->i) || arith_failure(op, a, b, scratch);
}

/* ---- second pass: which rows failed; they become NULL ---- */

static void name_failures(ArithOp op, const FnCall *call, Column *const *args, const Selection *sel,
                          uint32_t rows, Column *out, RowFailures *failures) {
  FnScratch scratch = {0};
  KERNEL_EACH(sel, rows, i, {
    Value pair[2] = {column_get(args[0], i), column_get(args[1], i)}, ignored;
    if (!value_is_null(&pair[0]) && !value_is_null(&pair[1]) && !arith_row(op, pair, &scratch, &ignored)) {
      row_failures_add(failures, i, call->span, "%s", scratch.error);
      column_set_null(out, i);
    }
  });
  arena_release(&scratch.arena);
}

/* ---- loops ---- */

#define I64_LOOP(op, a, b) KERNEL_EACH(sel, rows, i, failed |= arith_i64(op, a, b, &out[i]))
#define I64_LOOPS(op)                            \
  do {                                           \
    if (left->constant) I64_LOOP(op, x[0], y[i]); \
    else if (right->constant) I64_LOOP(op, x[i], y[0]); \
    else I64_LOOP(op, x[i], y[i]);               \
  } while (0)

/* True when some row, selected or not, failed. */
static bool loop_i64(ArithOp op, const Operand *left, const Operand *right, const Selection *sel, uint32_t rows,
                     int64_t *restrict out) {
  const int64_t *restrict x = left->data, *restrict y = right->data;
  bool failed = false;
  switch (op) {
    case ARITH_ADD: I64_LOOPS(ARITH_ADD); break;
    case ARITH_SUB: I64_LOOPS(ARITH_SUB); break;
    case ARITH_MUL: I64_LOOPS(ARITH_MUL); break;
    case ARITH_DIV: I64_LOOPS(ARITH_DIV); break;
    case ARITH_MOD: I64_LOOPS(ARITH_MOD); break;
  }
  return failed;
}

/* 1 when the exponent bits are all set: an infinity or a NaN. Integer arithmetic, so the loops vectorise. */
static inline uint64_t not_finite(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return ((bits >> 52 & 0x7ff) + 1) >> 11;
}

#define F64_LOOP(op, a, b) KERNEL_EACH(sel, rows, i, out[i] = arith_f64(op, a, b); failed |= not_finite(out[i]))
#define F64_LOOPS(op)                            \
  do {                                           \
    if (left->constant) F64_LOOP(op, x[0], y[i]); \
    else if (right->constant) F64_LOOP(op, x[i], y[0]); \
    else F64_LOOP(op, x[i], y[i]);               \
  } while (0)

static bool loop_f64(ArithOp op, const Operand *left, const Operand *right, const Selection *sel, uint32_t rows,
                     double *restrict out) {
  const double *restrict x = left->data, *restrict y = right->data;
  uint64_t failed = 0;
  switch (op) {
    case ARITH_ADD: F64_LOOPS(ARITH_ADD); break;
    case ARITH_SUB: F64_LOOPS(ARITH_SUB); break;
    case ARITH_MUL: F64_LOOPS(ARITH_MUL); break;
    case ARITH_DIV: F64_LOOPS(ARITH_DIV); break;
    case ARITH_MOD: F64_LOOPS(ARITH_MOD); break;
  }
  return failed != 0;
}

/* ---- columns whose rows are of either number type ---- */

static inline bool row_is_whole(const Operand *operand, uint32_t row) {
  return operand->layout == COL_BIGINT || operand_integral(operand, row);
}
static inline int64_t row_as_i64(const Operand *operand, uint32_t row) {
  return operand->layout == COL_BIGINT ? operand_i64(operand, row) : (int64_t)operand_f64(operand, row);
}
static inline double row_as_f64(const Operand *operand, uint32_t row) {
  return operand->layout == COL_BIGINT ? (double)operand_i64(operand, row) : operand_f64(operand, row);
}

typedef enum LoopEnd { LOOP_CLEAN, LOOP_FAILED, LOOP_GAVE_UP } LoopEnd;

static inline LoopEnd whole_row(ArithOp op, const Operand *a, const Operand *b, uint32_t i, Column *out) {
  int64_t result;
  if (arith_i64(op, row_as_i64(a, i), row_as_i64(b, i), &result)) return LOOP_FAILED;
  if (result > INT64_C(1) << 53 || result < -(INT64_C(1) << 53)) return LOOP_GAVE_UP;
  column_f64(out)[i] = (double)result;
  bits_set(column_need_integral(out), i);
  return LOOP_CLEAN;
}

static LoopEnd loop_either(ArithOp op, const Operand *a, const Operand *b, const Selection *sel, uint32_t rows,
                           Column *out) {
  LoopEnd end = LOOP_CLEAN;
  KERNEL_EACH(sel, rows, i, {
    if (!operand_valid(a, i) || !operand_valid(b, i)) continue;
    if (row_is_whole(a, i) && row_is_whole(b, i)) {
      LoopEnd row_end = whole_row(op, a, b, i, out);
      if (row_end > end) end = row_end;
    } else {
      double result = arith_f64(op, row_as_f64(a, i), row_as_f64(b, i));
      column_f64(out)[i] = result;
      if (!isfinite(result) && end < LOOP_FAILED) end = LOOP_FAILED;
    }
  });
  return end;
}

/* ---- columns ---- */

/* A column of doubles for a bigint operand of a float operation; the caller frees it. */
static double *as_doubles(Operand *operand, uint32_t rows) {
  if (operand->layout == COL_FLOAT) return NULL;
  uint32_t slots = operand->constant ? 1 : rows;
  const int64_t *whole = operand->data;
  double *doubles = mem_alloc(mem_mul(slots, sizeof *doubles));
  for (uint32_t i = 0; i < slots; i++) doubles[i] = (double)whole[i];
  operand->layout = COL_FLOAT;
  operand->data = doubles;
  return doubles;
}

static bool float_columns(ArithOp op, Operand a, Operand b, const Selection *sel, uint32_t rows, Column *out) {
  double *left = as_doubles(&a, rows), *right = as_doubles(&b, rows);
  bool failed = loop_f64(op, &a, &b, sel, rows, column_f64(out));
  mem_free(left);
  mem_free(right);
  return failed;
}

static Column *join_columns(const Operand *a, const Operand *b, const Selection *sel, uint32_t rows) {
  Column *out = column_new(COL_TEXT, rows);
  KERNEL_EACH(sel, rows, i, {
    if (!operand_valid(a, i) || !operand_valid(b, i)) continue;
    Str left = text_str(operand_text(a, i));
    Str right = text_str(operand_text(b, i));
    char small[TEXT_INLINE];
    size_t len = left.len + right.len;
    char *joined = len <= TEXT_INLINE ? small : column_text_space(out, len);
    memcpy(joined, left.ptr, left.len);
    memcpy(joined + left.len, right.ptr, right.len);
    column_text(out)[i] = text_make(joined, len);
  });
  return out;
}

static bool is_number_layout(ColumnLayout layout) { return layout == COL_BIGINT || layout == COL_FLOAT; }

/* A constant with its integral bit set is a plain bigint. */
static Operand number_operand(const Column *col, int64_t *whole) {
  Operand operand = operand_of(col);
  if (operand.layout != COL_FLOAT || !operand.constant || !operand_integral(&operand, 0)) return operand;
  *whole = (int64_t)operand_f64(&operand, 0);
  return (Operand){.layout = COL_BIGINT, .constant = true, .data = whole};
}

static LoopEnd number_columns(ArithOp op, const Operand *a, const Operand *b, const Selection *sel, uint32_t rows,
                              Column *out) {
  bool whole = out->layout == COL_BIGINT;
  if (whole) return loop_i64(op, a, b, sel, rows, column_i64(out)) ? LOOP_FAILED : LOOP_CLEAN;
  bool a_may_be_whole = a->layout == COL_BIGINT || a->integral, b_may_be_whole = b->layout == COL_BIGINT || b->integral;
  if (a_may_be_whole && b_may_be_whole) return loop_either(op, a, b, sel, rows, out);
  const Selection *dense = op == ARITH_MOD ? sel : selection_or_dense(sel, rows);
  return float_columns(op, *a, *b, dense, rows, out) ? LOOP_FAILED : LOOP_CLEAN;
}

static Column *arith_columns(ArithOp op, const FnCall *call, Column *const *args, const Selection *sel,
                             uint32_t rows, RowFailures *failures) {
  int64_t wholes[2];
  Operand ops[2] = {number_operand(args[0], &wholes[0]), number_operand(args[1], &wholes[1])};
  const Operand *a = &ops[0], *b = &ops[1];
  if (a->layout == COL_NULL || b->layout == COL_NULL) return kernel_all_null(rows);
  if (a->constant && b->constant) return NULL;
  Column *out;
  LoopEnd end = LOOP_CLEAN;
  if (op == ARITH_ADD && a->layout == COL_TEXT && b->layout == COL_TEXT) out = join_columns(a, b, sel, rows);
  else if (is_number_layout(a->layout) && is_number_layout(b->layout)) {
    out = column_new(a->layout == COL_BIGINT && b->layout == COL_BIGINT ? COL_BIGINT : COL_FLOAT, rows);
    end = number_columns(op, a, b, sel, rows, out);
  } else return NULL;
  if (end == LOOP_GAVE_UP) {
    column_unref(out);
    return NULL;
  }
  kernel_merge_valid(out, ops, 2);
  if (end == LOOP_FAILED) name_failures(op, call, args, sel, rows, out, failures);
  return out;
}

#define ARITHMETIC(name, op)                                                                              \
  static bool row_##name(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {         \
    return arith_row(op, args, scratch, out);                                                             \
  }                                                                                                       \
  static Column *vec_##name(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows, \
                            RowFailures *failures) {                                                      \
    return arith_columns(op, call, args, sel, rows, failures);                                            \
  }

ARITHMETIC(add, ARITH_ADD)
ARITHMETIC(sub, ARITH_SUB)
ARITHMETIC(mul, ARITH_MUL)
ARITHMETIC(div, ARITH_DIV)
ARITHMETIC(mod, ARITH_MOD)

/* ---- unary minus ---- */

static bool row_negate(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  if (args[0].type == TYPE_FLOAT) {
    *out = value_float(-args[0].f);
    return true;
  }
  *out = value_bigint(0);
  if (!__builtin_sub_overflow(INT64_C(0), args[0].i, &out->i)) return true;
  return fn_fail(scratch, "-(%lld): the result is beyond 64 bits", (long long)args[0].i);
}

static Column *negate_bigints(const FnCall *call, Column *arg, const Selection *sel, uint32_t rows,
                              RowFailures *failures) {
  Column *out = column_new(COL_BIGINT, rows);
  const int64_t *in = column_i64(arg);
  int64_t *negated = column_i64(out);
  KERNEL_EACH(sel, rows, i, {
    if (__builtin_sub_overflow(INT64_C(0), in[i], &negated[i]) && !column_is_null(arg, i))
      row_failures_add(failures, i, call->span, "-(%lld): the result is beyond 64 bits", (long long)in[i]);
  });
  return out;
}

static Column *vec_negate(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                          RowFailures *failures) {
  Operand operand = operand_of(args[0]);
  Column *out;
  if (operand.layout == COL_NULL) return kernel_all_null(rows);
  if (operand.constant || !is_number_layout(operand.layout) || operand.integral) return NULL;
  if (operand.layout == COL_BIGINT) out = negate_bigints(call, args[0], sel, rows, failures);
  else {
    out = column_new(COL_FLOAT, rows);
    const double *in = operand.data;
    double *negated = column_f64(out);
    const Selection *dense = selection_or_dense(sel, rows);
    KERNEL_EACH(dense, rows, i, negated[i] = -in[i]);
  }
  kernel_merge_valid(out, &operand, 1);
  return out;
}

/* ---- types ---- */

static TypeMask numeric_result(TypeMask a, TypeMask b) {
  TypeMask whole = MASK(TYPE_BIT) | MASK(TYPE_BIGINT), real = MASK(TYPE_FLOAT), result = 0;
  if ((a & whole) && (b & whole)) result |= MASK(TYPE_BIGINT);
  if (((a & real) && (b & MASK_NUMERIC)) || ((b & real) && (a & MASK_NUMERIC))) result |= real;
  return result;
}
static TypeMask arith_result(const FnCall *call, const TypeMask *args) { return numeric_result(args[0], args[1]); }
static TypeMask add_result(const FnCall *call, const TypeMask *args) {
  return (TypeMask)(numeric_result(args[0], args[1]) | (args[0] & args[1] & MASK(TYPE_TEXT)));
}
static TypeMask negate_result(const FnCall *call, const TypeMask *args) {
  return (TypeMask)((args[0] & MASK(TYPE_FLOAT)) |
                    (args[0] & ~MASK(TYPE_FLOAT) & MASK_NUMERIC ? MASK(TYPE_BIGINT) : 0));
}

/* ---- table ---- */

#define ARITH_ROW(sign, id, mask, types, sig, text, ex)                                                   \
  {.name = sign, .min_args = 2, .max_args = 2, .args = {mask, mask}, .result_of = types,                  \
   .flags = FN_NULL_IN_NULL_OUT | FN_OPERATOR, .row = row_##id, .vec = vec_##id, .signature = sig,        \
   .doc = text, .null_rule = "", .examples = ex}

const ScalarFn operators_arith[] = {
    ARITH_ROW(OP_ADD, add, MASK_NUMERIC | MASK(TYPE_TEXT), add_result, "a + b",
              "The sum of two numbers (bigint when both are, else float), or two texts joined.",
              "1 + 2 = 3\n1 + 2.5 = 3.5\n'a' + 'b' = 'ab'"),
    ARITH_ROW(OP_SUB, sub, MASK_NUMERIC, arith_result, "a - b", "The difference of two numbers.",
              "10 - 4 = 6\n1 - 0.5 = 0.5"),
    ARITH_ROW(OP_MUL, mul, MASK_NUMERIC, arith_result, "a * b", "The product of two numbers.",
              "2 * 3 = 6\n2 * 1.5 = 3.0"),
    ARITH_ROW(OP_DIV, div, MASK_NUMERIC, arith_result, "a / b",
              "The quotient: truncated when both are bigint, else float. Division by zero fails the row.",
              "7 / 2 = 3\n-7 / 2 = -3\n7.0 / 2 = 3.5"),
    ARITH_ROW(OP_MOD, mod, MASK_NUMERIC, arith_result, "a % b",
              "The remainder of the division, with the sign of a. Division by zero fails the row.",
              "7 % 4 = 3\n-7 % 4 = -3\n7.5 % 2 = 1.5"),
    {.name = OP_NEG, .min_args = 1, .max_args = 1, .args = {MASK_NUMERIC}, .result_of = negate_result,
     .flags = FN_NULL_IN_NULL_OUT | FN_OPERATOR, .row = row_negate, .vec = vec_negate, .signature = "-a",
     .doc = "The number with the other sign.", .null_rule = "", .examples = "-(3) = -3\n-(1.5) = -1.5"},
    {.name = NULL},
};
