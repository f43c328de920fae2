/* operators_cast.c: CAST and TRY_CAST (the conversions are types/cast.h) and field access.
**
** Kernels serve the conversions that queries do to every event: between the number types, text to number and to
** datetime, number and datetime to text. CAST fails the rows that do not convert, TRY_CAST makes them NULL. */
#include "functions/families.h"

#include "functions/kernel.h"
#include "functions/operators.h"
#include "types/cast.h"
#include "types/json.h"
#include "types/number.h"

/* ---- by row ---- */

static bool is_try(const FnCall *call) { return call->fn->name[0] == 't'; }

static bool cast_value(const Value *in, Type target, FnScratch *scratch, Value *out) {
  StrBuf text = {0};
  bool done = value_cast(in, target, &text, out);
  if (done && value_has_text(out) && !text_is_inline(&out->text)) {
    bool made = text.len && out->text.ptr >= text.ptr && out->text.ptr < text.ptr + text.len;
    if (made) *out = value_dup_arena(&scratch->arena, out);
  }
  strbuf_release(&text);
  return done;
}

static bool cast_failure(const Value *in, Type target, FnScratch *scratch) {
  char shown[DESCRIBE_LEN];
  return fn_fail(scratch, "CAST: %s does not convert to %s", value_describe(in, shown), type_name(target));
}

static bool row_cast(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  return cast_value(&args[0], call->target, scratch, out) || cast_failure(&args[0], call->target, scratch);
}

static bool row_try_cast(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  if (!cast_value(&args[0], call->target, scratch, out)) *out = value_null();
  return true;
}

/* ---- by column ---- */

typedef struct CastRun {
  const FnCall    *call;
  Column          *in, *out;
  Operand          x;
  const Selection *sel;
  uint32_t         rows;
  RowFailures     *failures;
} CastRun;

static void row_does_not_convert(const CastRun *run, uint32_t row) {
  if (is_try(run->call)) {
    column_set_null(run->out, row);
    return;
  }
  FnScratch scratch = {0};
  Value value = column_get(run->in, row);
  cast_failure(&value, run->call->target, &scratch);
  row_failures_add(run->failures, row, run->call->span, "%s", scratch.error);
}

/* The statement clears `ok` for a row that is not NULL. */
#define CAST_EACH(run, ...)                                    \
  KERNEL_EACH((run)->sel, (run)->rows, i, {                    \
    if (operand_valid(&(run)->x, i)) {                         \
      bool ok = true;                                          \
      __VA_ARGS__;                                             \
      if (!ok) row_does_not_convert(run, i);                   \
    }                                                          \
  })

static void bigint_to_float(const CastRun *run) {
  const int64_t *in = run->x.data;
  double *out = column_f64(run->out);
  const Selection *sel = selection_or_dense(run->sel, run->rows);
  KERNEL_EACH(sel, run->rows, i, out[i] = (double)in[i]);
}

static void float_to_bigint(const CastRun *run) {
  int64_t *out = column_i64(run->out);
  CAST_EACH(run, {
    double value = operand_f64(&run->x, i);
    ok = value >= -0x1p63 && value < 0x1p63;
    out[i] = ok ? (int64_t)value : 0;
  });
}

static void float_to_float(const CastRun *run) { /* takes the integral bits away */
  memcpy(run->out->data, run->x.data, run->rows * sizeof(double));
}

static void text_to_datetime(const CastRun *run) {
  int64_t *out = column_i64(run->out);
  CAST_EACH(run, {
    Value text = {.type = TYPE_TEXT, .text = *operand_text(&run->x, i)};
    ok = value_to_ticks(&text, &out[i]);
  });
}

static void text_to_bigint(const CastRun *run) {
  int64_t *out = column_i64(run->out);
  CAST_EACH(run, {
    const Text *text = operand_text(&run->x, i);
    ok = bigint_parse(text_ptr(text), text->len, &out[i]);
  });
}

static void text_to_float(const CastRun *run) {
  double *out = column_f64(run->out);
  CAST_EACH(run, {
    const Text *text = operand_text(&run->x, i);
    ok = float_parse(text_ptr(text), text->len, &out[i]);
  });
}

static void put_text(Column *out, uint32_t row, const char *text, size_t len) {
  column_text(out)[row] = column_copy_text(out, (Str){text, len});
}

static void bigint_to_text(const CastRun *run) {
  char digits[NUMBER_TEXT_MAX];
  CAST_EACH(run, put_text(run->out, i, digits, bigint_print(operand_i64(&run->x, i), digits)));
}

static void float_to_text(const CastRun *run) { /* integral bits change nothing: no point is printed */
  char digits[NUMBER_TEXT_MAX];
  CAST_EACH(run, {
    double value = operand_f64(&run->x, i);
    bool whole = operand_integral(&run->x, i);
    size_t len = whole ? bigint_print((int64_t)value, digits) : float_print(value, false, digits);
    put_text(run->out, i, digits, len);
  });
}

static void datetime_to_text(const CastRun *run) {
  char text[DATETIME_TEXT_LEN + 1];
  CAST_EACH(run, {
    datetime_print(operand_i64(&run->x, i), text);
    put_text(run->out, i, text, DATETIME_TEXT_LEN);
  });
}

typedef struct CastKernel {
  ColumnLayout from;
  Type         to;
  void       (*run)(const CastRun *run);
} CastKernel;

static const CastKernel cast_kernels[] = {
    {COL_BIGINT, TYPE_FLOAT, bigint_to_float},  {COL_FLOAT, TYPE_BIGINT, float_to_bigint},
    {COL_FLOAT, TYPE_FLOAT, float_to_float},    {COL_TEXT, TYPE_DATETIME, text_to_datetime},
    {COL_TEXT, TYPE_BIGINT, text_to_bigint},    {COL_TEXT, TYPE_FLOAT, text_to_float},
    {COL_BIGINT, TYPE_TEXT, bigint_to_text},    {COL_FLOAT, TYPE_TEXT, float_to_text},
    {COL_DATETIME, TYPE_TEXT, datetime_to_text}, {COL_NULL, TYPE_NULL, NULL},
};

static Column *vec_cast(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                        RowFailures *failures) {
  Operand x = operand_of(args[0]);
  ColumnLayout to = column_layout_of(call->target);
  if (x.layout == COL_NULL) return kernel_all_null(rows);
  if (x.layout == to && !x.integral) return column_ref(args[0]);
  const CastKernel *kernel = cast_kernels;
  while (kernel->run && (kernel->from != x.layout || kernel->to != call->target)) kernel++;
  if (!kernel->run || x.constant) return NULL;
  CastRun run = {call, args[0], column_new(to, rows), x, sel, rows, failures};
  kernel_merge_valid(run.out, &x, 1);
  kernel->run(&run);
  return run.out;
}

static TypeMask cast_result(const FnCall *call, const TypeMask *args) { return MASK(call->target); }

/* ---- field ---- */

/* Anything but a record has no fields. A value that no type holds (an integer beyond 64 bits) fails the row. */
static bool row_field(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  Str raw, name = text_str(&args[1].text);
  *out = value_null();
  if (args[0].type != TYPE_RECORD || args[1].type != TYPE_TEXT) return true;
  if (!json_field(text_str(&args[0].text), name, &raw)) return true;
  if (json_value(raw, &scratch->arena, out)) return true;
  return fn_fail(scratch, "field `%.*s` holds no value: `%.*s`", (int)(name.len < 60 ? name.len : 60), name.ptr,
                 (int)(raw.len < 40 ? raw.len : 40), raw.ptr);
}

/* ---- table ---- */

const ScalarFn operators_cast[] = {
    {.name = OP_CAST, .min_args = 1, .max_args = 1, .args = {FN_ANY}, .result_of = cast_result,
     .flags = FN_NULL_IN_NULL_OUT | FN_OPERATOR, .row = row_cast, .vec = vec_cast,
     .signature = "CAST(value AS type)",
     .doc = "The value converted to bigint, float, nvarchar(max), datetime, bit, record or array. A value that does "
            "not convert fails the row.",
     .null_rule = "", .examples = "CAST('42' AS bigint) = 42\n"
                                  "CAST(-2.9 AS bigint) = -2\n"
                                  "CAST(3.0 AS nvarchar(max)) = '3'"},
    {.name = OP_TRY_CAST, .min_args = 1, .max_args = 1, .args = {FN_ANY}, .result_of = cast_result,
     .flags = FN_NULL_IN_NULL_OUT | FN_OPERATOR | FN_NEVER_FAILS, .row = row_try_cast, .vec = vec_cast,
     .signature = "TRY_CAST(value AS type)", .doc = "As CAST, but a value that does not convert gives NULL.",
     .null_rule = "", .examples = "TRY_CAST('x' AS bigint) = NULL\nTRY_CAST('7' AS bigint) = 7"},
    {.name = OP_FIELD, .min_args = 2, .max_args = 2, .args = {FN_ANY, MASK(TYPE_TEXT)}, .result = FN_ANY,
     .flags = FN_NULL_IN_NULL_OUT | FN_OPERATOR, .row = row_field, .signature = "record.name",
     .doc = "A field of a record: the exact spelling wins, else the first that matches without regard to case.",
     .null_rule = "NULL when there is no such field or the value is no record",
     .examples = "JSON_PARSE('{\"speed\": 7}').speed = 7\nJSON_PARSE('{\"speed\": 7}').course = NULL"},
    {.name = NULL},
};
