/* scalar_conditional.c: NULLIF and GetType. CASE, COALESCE and ISNULL decide which of their operands are computed
** at all and live in expr/; their rows here document them. */
#include "functions/families.h"

#include "functions/compare.h"
#include "functions/kernel.h"

static bool row_nullif(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  int order;
  *out = args[0];
  if (value_is_null(&args[0]) || value_is_null(&args[1])) return true;
  if (!compare_values(&args[0], &args[1], scratch, &order)) return false;
  if (order == 0) *out = value_null();
  return true;
}

/* Whole numbers on both sides; anything else goes row by row. */
static Column *vec_nullif(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                          RowFailures *failures) {
  Operand a = operand_of(args[0]), b = operand_of(args[1]);
  if (a.layout != COL_BIGINT || b.layout != COL_BIGINT || a.constant) return NULL;
  Column *out = column_new(COL_BIGINT, rows);
  int64_t *result = column_i64(out);
  KERNEL_EACH(sel, rows, i, result[i] = operand_i64(&a, i));
  kernel_merge_valid(out, &a, 1);
  KERNEL_EACH(sel, rows, i, if (operand_valid(&b, i) && operand_i64(&b, i) == result[i]) column_set_null(out, i));
  return out;
}

static TypeMask first_type(const FnCall *call, const TypeMask *args) { return args[0]; }

static Value type_text(Type type) {
  return type == TYPE_NULL ? value_null() : value_text(str_from(type_name(type)));
}

static bool row_get_type(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  *out = type_text(args[0].type);
  return true;
}

/* The names are constants that outlive every column. */
static Column *names_by_row(Column *arg, const Selection *sel, uint32_t rows) {
  Column *out = column_new(COL_TEXT, rows);
  KERNEL_EACH(sel, rows, i, {
    Value name = type_text(column_get(arg, i).type);
    if (value_is_null(&name)) column_set_null(out, i);
    else column_text(out)[i] = name.text;
  });
  return out;
}

static Column *vec_get_type(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                            RowFailures *failures) {
  Operand x = operand_of(args[0]);
  if (x.layout == COL_NULL) return kernel_all_null(rows);
  bool one_name = x.constant || (x.layout != COL_MIXED && !x.valid && !x.integral);
  if (!one_name) return names_by_row(args[0], sel, rows);
  Value name = type_text(column_get(args[0], 0).type);
  return column_constant(&name, rows, false);
}

const ScalarFn scalar_conditional[] = {
    {.name = "CASE", .min_args = 1, .max_args = FN_ARGS_ANY, .args = {FN_ANY}, .result = FN_ANY, .flags = FN_BOUND,
     .signature = "CASE [value] WHEN x THEN result ... [ELSE otherwise] END",
     .doc = "The result of the first WHEN that equals the value or, without a value, whose condition is true. Only "
            "what is needed is computed.",
     .null_rule = "a NULL value equals nothing; NULL without ELSE when no WHEN applies",
     .examples = "CASE 2 WHEN 1 THEN 'one' WHEN 2 THEN 'two' END = 'two'\n"
                 "CASE WHEN 1 > 2 THEN 'more' ELSE 'less' END = 'less'\n"
                 "CASE NULL WHEN NULL THEN 1 END = NULL"},
    {.name = "COALESCE", .min_args = 1, .max_args = FN_ARGS_ANY, .args = {FN_ANY}, .result = FN_ANY,
     .flags = FN_BOUND, .signature = "COALESCE(value, ...)",
     .doc = "The first value that is not NULL. Those behind it are not computed.",
     .null_rule = "NULL when all are NULL", .examples = "COALESCE(NULL, 2, 1 / 0) = 2\nCOALESCE(NULL, NULL) = NULL"},
    {.name = "ISNULL", .min_args = 2, .max_args = 2, .args = {FN_ANY, FN_ANY}, .result = FN_ANY, .flags = FN_BOUND,
     .signature = "ISNULL(value, otherwise)", .doc = "The value, or what stands behind it when the value is NULL.",
     .null_rule = "NULL when both are NULL", .examples = "ISNULL(NULL, 'none') = 'none'\nISNULL(0, 7) = 0"},
    {.name = "GetType", .min_args = 1, .max_args = 1, .args = {FN_ANY}, .result = MASK(TYPE_TEXT),
     .flags = FN_NEVER_FAILS, .row = row_get_type, .vec = vec_get_type, .signature = "GetType(value)",
     .doc = "The name of the value's type: bigint, float, nvarchar(max), datetime, bit, record or array.",
     .null_rule = "", .examples = "GetType(1) = 'bigint'\n"
                                  "GetType(1.0) = 'float'\n"
                                  "GetType('a') = 'nvarchar(max)'\n"
                                  "GetType(NULL) = NULL"},
    {.name = "NULLIF", .min_args = 2, .max_args = 2, .args = {FN_ANY, FN_ANY}, .result_of = first_type,
     .row = row_nullif, .vec = vec_nullif, .signature = "NULLIF(a, b)",
     .doc = "NULL when a equals b (compared as `=` does), else a.",
     .null_rule = "a NULL b gives a", .examples = "NULLIF(9, 8) = 9\n"
                                                  "NULLIF(2, 2.0) = NULL\n"
                                                  "NULLIF('x', 'X') = 'x'\n"
                                                  "NULLIF(3, NULL) = 3"},
    {.name = NULL},
};
