/* operators_compare.c: = <> < <= > >=, BETWEEN and IS NULL. The comparing itself is compare.c.
**
** All are two-valued: a NULL operand gives 0, for <> and NOT BETWEEN too. BETWEEN looks at the high bound only
** when the low one holds, as the AND it stands for would. */
#include "functions/families.h"

#include "functions/compare.h"
#include "functions/kernel.h"
#include "functions/operators.h"

static bool compare_row(CompareOp op, const Value *args, FnScratch *scratch, Value *out) {
  int order;
  if (!compare_values(&args[0], &args[1], scratch, &order)) return false;
  *out = value_bit(compare_holds(op, order));
  return true;
}

#define COMPARISON(name, op)                                                                             \
  static bool row_##name(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {        \
    return compare_row(op, args, scratch, out);                                                          \
  }                                                                                                      \
  static Column *vec_##name(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows, \
                            RowFailures *failures) {                                                     \
    return compare_columns(op, args[0], args[1], sel, rows, call->span, failures);                       \
  }

COMPARISON(eq, CMP_EQ)
COMPARISON(ne, CMP_NE)
COMPARISON(lt, CMP_LT)
COMPARISON(le, CMP_LE)
COMPARISON(gt, CMP_GT)
COMPARISON(ge, CMP_GE)

/* ---- BETWEEN ---- */

static bool between_row(bool negated, const Value *args, FnScratch *scratch, Value *out) {
  int order;
  if (!compare_values(&args[0], &args[1], scratch, &order)) return false;
  bool within = order >= 0;
  if (within && !compare_values(&args[0], &args[2], scratch, &order)) return false;
  *out = value_bit((within && order <= 0) != negated);
  return true;
}
static bool row_between(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  return between_row(false, args, scratch, out);
}
static bool row_not_between(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  return between_row(true, args, scratch, out);
}

static bool can_fail(const Column *a, const Column *b) { /* text to be parsed as datetime, not constant */
  ColumnLayout x = a->layout, y = b->layout;
  return (x == COL_TEXT && y == COL_DATETIME && !a->constant) || (x == COL_DATETIME && y == COL_TEXT && !b->constant);
}

/* x >= low and x <= high in the first column; for NOT BETWEEN x < low or x > high. Either way a NULL bound
** makes the whole predicate 0, so rows with NULLs are cleared once more at the end. */
static Column *between_columns(bool negated, const FnCall *call, Column *const *args, const Selection *sel,
                               uint32_t rows, RowFailures *failures) {
  if (can_fail(args[0], args[1]) || can_fail(args[0], args[2])) return NULL;
  Column *low = compare_columns(negated ? CMP_LT : CMP_GE, args[0], args[1], sel, rows, call->span, failures);
  Column *high = low ? compare_columns(negated ? CMP_GT : CMP_LE, args[0], args[2], sel, rows, call->span, failures)
                     : NULL;
  if (!high || low->constant || high->constant) {
    bool never = low && high; /* one of them is all false: an operand is NULL everywhere */
    column_unref(low);
    column_unref(high);
    return never ? kernel_all_false(rows) : NULL;
  }
  uint8_t *answer = column_bits(low), *other = column_bits(high);
  if (negated) KERNEL_EACH((const Selection *)NULL, rows, i, answer[i] |= other[i]);
  else KERNEL_EACH((const Selection *)NULL, rows, i, answer[i] &= other[i]);
  for (unsigned k = 0; k < 3; k++)
    if (!args[k]->constant) kernel_clear_nulls(answer, args[k]->valid, rows);
  column_unref(high);
  return low;
}
static Column *vec_between(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                           RowFailures *failures) {
  return between_columns(false, call, args, sel, rows, failures);
}
static Column *vec_not_between(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                               RowFailures *failures) {
  return between_columns(true, call, args, sel, rows, failures);
}

/* ---- IS NULL ---- */

static bool row_is_null(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  *out = value_bit(value_is_null(&args[0]));
  return true;
}
static bool row_is_not_null(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  *out = value_bit(!value_is_null(&args[0]));
  return true;
}

static Column *null_test(const Column *col, const Selection *sel, uint32_t rows, bool when_null) {
  if (col->constant || col->layout == COL_NULL || (col->layout != COL_MIXED && !col->valid)) {
    Value answer = value_bit(column_is_null(col, 0) == when_null);
    return column_constant(&answer, rows, false);
  }
  Column *out = column_new(COL_BIT, rows);
  uint8_t *answer = column_bits(out);
  if (col->layout == COL_MIXED) KERNEL_EACH(sel, rows, i, answer[i] = column_is_null(col, i) == when_null);
  else KERNEL_EACH(sel, rows, i, answer[i] = bits_get(col->valid, i) != when_null);
  return out;
}
static Column *vec_is_null(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                           RowFailures *failures) {
  return null_test(args[0], sel, rows, true);
}
static Column *vec_is_not_null(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                               RowFailures *failures) {
  return null_test(args[0], sel, rows, false);
}

/* ---- table ---- */

static const char null_false[] = "a NULL operand gives false, negated or not";

#define COMPARE_ROW(sign, id, sig, text, ex)                                                                 \
  {.name = sign, .min_args = 2, .max_args = 2, .args = {FN_ANY, FN_ANY}, .result = MASK(TYPE_BIT),           \
   .flags = FN_NULL_IN_FALSE | FN_OPERATOR, .row = row_##id, .vec = vec_##id, .signature = sig, .doc = text, \
   .null_rule = null_false, .examples = ex}

const ScalarFn operators_compare[] = {
    COMPARE_ROW(OP_EQ, eq, "a = b",
                "True when both are equal. Numbers and bits compare by value, text by its bytes, text beside a "
                "datetime as ISO 8601. Text with a number fails the row.",
                "2 = 2.0 = 1\n'a' = 'A' = 0"),
    COMPARE_ROW(OP_NE, ne, "a <> b", "True when both differ; compares as `=` does.", "1 <> 2 = 1"),
    COMPARE_ROW(OP_LT, lt, "a < b", "True when a comes before b.", "1 < 1.5 = 1"),
    COMPARE_ROW(OP_LE, le, "a <= b", "True when a comes before b or equals it.", "2 <= 2 = 1"),
    COMPARE_ROW(OP_GT, gt, "a > b", "True when a comes after b.", "'b' > 'a' = 1"),
    COMPARE_ROW(OP_GE, ge, "a >= b", "True when a comes after b or equals it.", "1 >= 2 = 0"),
    {.name = OP_BETWEEN, .min_args = 3, .max_args = 3, .args = {FN_ANY, FN_ANY, FN_ANY}, .result = MASK(TYPE_BIT),
     .flags = FN_NULL_IN_FALSE | FN_OPERATOR, .row = row_between, .vec = vec_between,
     .signature = "x BETWEEN low AND high", .doc = "True when low <= x and x <= high.", .null_rule = null_false,
     .examples = "2 BETWEEN 1 AND 2 = 1\n3 BETWEEN 2 AND 1 = 0"},
    {.name = OP_NOT_BETWEEN, .min_args = 3, .max_args = 3, .args = {FN_ANY, FN_ANY, FN_ANY},
     .result = MASK(TYPE_BIT), .flags = FN_NULL_IN_FALSE | FN_OPERATOR, .row = row_not_between,
     .vec = vec_not_between, .signature = "x NOT BETWEEN low AND high", .doc = "True when x < low or x > high.",
     .null_rule = null_false, .examples = "3 NOT BETWEEN 1 AND 2 = 1"},
    {.name = OP_IS_NULL, .min_args = 1, .max_args = 1, .args = {FN_ANY}, .result = MASK(TYPE_BIT),
     .flags = FN_OPERATOR | FN_NEVER_FAILS, .row = row_is_null, .vec = vec_is_null, .signature = "x IS NULL",
     .doc = "True when x is NULL.", .null_rule = "tests for NULL", .examples = "NULL IS NULL = 1"},
    {.name = OP_IS_NOT_NULL, .min_args = 1, .max_args = 1, .args = {FN_ANY}, .result = MASK(TYPE_BIT),
     .flags = FN_OPERATOR | FN_NEVER_FAILS, .row = row_is_not_null, .vec = vec_is_not_null,
     .signature = "x IS NOT NULL", .doc = "True when x is anything but NULL.", .null_rule = "tests for NULL",
     .examples = "0 IS NOT NULL = 1"},
    {.name = NULL},
};
