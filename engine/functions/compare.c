/* compare.c: see compare.h.
**
** Every pair of comparable layouts is brought to one of a few loops: int64 with int64, double with double,
** int64 with double (exact), text with text. Bits widen to int64; a double constant beside bigints becomes an
** int64 bound where the comparison has the same answer for every bigint; text beside datetime is parsed. A
** constant always stands on the right: the sides are swapped and the operator mirrored. */
#include "functions/compare.h"

#include <math.h>
#include "functions/kernel.h"
#include "types/cast.h"

/* ---- by value ---- */

static bool is_numeric(Type type) { return type == TYPE_BIT || type == TYPE_BIGINT || type == TYPE_FLOAT; }

static bool cannot_compare(const Value *a, const Value *b, FnScratch *scratch) {
  char left[DESCRIBE_LEN], right[DESCRIBE_LEN];
  bool text_number = (a->type == TYPE_TEXT && is_numeric(b->type)) || (b->type == TYPE_TEXT && is_numeric(a->type));
  return fn_fail(scratch, "%s compared with %s%s", value_describe(a, left), value_describe(b, right),
                 text_number ? ": use CAST or TRY_CAST" : "");
}

static bool text_as_ticks(const Value *value, const Value *other, FnScratch *scratch, Ticks *ticks) {
  char left[DESCRIBE_LEN], right[DESCRIBE_LEN];
  if (value_to_ticks(value, ticks)) return true;
  return fn_fail(scratch, "%s compared with %s: the text is no ISO 8601 date and time", value_describe(value, left),
                 value_describe(other, right));
}

static int order_of_i64(int64_t a, int64_t b) { return a < b ? -1 : a > b; }

static int order_of_numbers(const Value *a, const Value *b) {
  if (a->type != TYPE_FLOAT)
    return b->type != TYPE_FLOAT ? order_of_i64(a->i, b->i) : compare_i64_f64(a->i, b->f);
  if (b->type != TYPE_FLOAT) return -compare_i64_f64(b->i, a->f);
  return a->f < b->f ? -1 : a->f > b->f;
}

static bool is_time(Type type) { return type == TYPE_DATETIME || type == TYPE_TEXT; }

bool compare_values(const Value *a, const Value *b, FnScratch *scratch, int *order) {
  if (is_numeric(a->type) && is_numeric(b->type)) {
    *order = order_of_numbers(a, b);
    return true;
  }
  if (a->type == TYPE_TEXT && b->type == TYPE_TEXT) {
    *order = text_cmp(&a->text, &b->text);
    return true;
  }
  if (!is_time(a->type) || !is_time(b->type)) return cannot_compare(a, b, scratch);
  Ticks left, right;
  if (!text_as_ticks(a, b, scratch, &left) || !text_as_ticks(b, a, scratch, &right)) return false;
  *order = order_of_i64(left, right);
  return true;
}

/* ---- loops over numbers ---- */

#define COMPARE_ALL(op, a, b, sel, rows, out)                        \
  switch (op) {                                                      \
    case CMP_EQ: KERNEL_EACH(sel, rows, i, out[i] = a == b); break;  \
    case CMP_NE: KERNEL_EACH(sel, rows, i, out[i] = a != b); break;  \
    case CMP_LT: KERNEL_EACH(sel, rows, i, out[i] = a < b); break;   \
    case CMP_LE: KERNEL_EACH(sel, rows, i, out[i] = a <= b); break;  \
    case CMP_GT: KERNEL_EACH(sel, rows, i, out[i] = a > b); break;   \
    case CMP_GE: KERNEL_EACH(sel, rows, i, out[i] = a >= b); break;  \
  }

static void compare_i64_const(CompareOp op, const int64_t *restrict a, int64_t b, const Selection *sel,
                              uint32_t rows, uint8_t *restrict out) {
  COMPARE_ALL(op, a[i], b, sel, rows, out)
}
static void compare_i64_i64(CompareOp op, const int64_t *restrict a, const int64_t *restrict b,
                            const Selection *sel, uint32_t rows, uint8_t *restrict out) {
  COMPARE_ALL(op, a[i], b[i], sel, rows, out)
}
static void compare_f64_const(CompareOp op, const double *restrict a, double b, const Selection *sel,
                              uint32_t rows, uint8_t *restrict out) {
  COMPARE_ALL(op, a[i], b, sel, rows, out)
}
static void compare_f64_f64(CompareOp op, const double *restrict a, const double *restrict b,
                            const Selection *sel, uint32_t rows, uint8_t *restrict out) {
  COMPARE_ALL(op, a[i], b[i], sel, rows, out)
}
/* Slots of rows that are NULL may hold a NaN, which compares as larger here; nobody reads the answer. */
static void compare_mixed_numbers(CompareOp op, const Operand *whole, const Operand *real, const Selection *sel,
                                  uint32_t rows, uint8_t *out) {
  KERNEL_EACH(sel, rows, i,
              out[i] = compare_holds(op, compare_i64_f64(operand_i64(whole, i), operand_f64(real, i))));
}

/* ---- pairing of layouts ---- */

static CompareOp mirrored(CompareOp op) {
  static const CompareOp mirror[] = {CMP_EQ, CMP_NE, CMP_GT, CMP_GE, CMP_LT, CMP_LE};
  return mirror[op];
}

typedef struct Comparison {
  CompareOp        op;
  Operand          a, b; /* b may be constant, a is not */
  const Selection *sel;
  uint32_t         rows;
  uint8_t         *out;
  bool             swapped; /* a is what the query writes on the right */
} Comparison;

static void run_i64(const Comparison *c) {
  const Selection *sel = selection_or_dense(c->sel, c->rows);
  if (c->b.constant) compare_i64_const(c->op, c->a.data, operand_i64(&c->b, 0), sel, c->rows, c->out);
  else compare_i64_i64(c->op, c->a.data, c->b.data, sel, c->rows, c->out);
}

static void run_f64(const Comparison *c) {
  const Selection *sel = selection_or_dense(c->sel, c->rows);
  if (c->b.constant) compare_f64_const(c->op, c->a.data, operand_f64(&c->b, 0), sel, c->rows, c->out);
  else compare_f64_f64(c->op, c->a.data, c->b.data, sel, c->rows, c->out);
}

/* bigint column, double constant: x < 2.5 is x <= 2, x > 2.5 is x > 2, x = 2.5 never holds. */
static void run_i64_f64_const(Comparison *c) {
  double bound = operand_f64(&c->b, 0), whole = floor(bound);
  if (!(whole >= -0x1p63 && whole < 0x1p63)) {
    bool holds = compare_holds(c->op, bound < 0 ? 1 : -1);
    memset(c->out, holds, c->rows);
    return;
  }
  if (whole != bound) {
    if (c->op == CMP_EQ || c->op == CMP_NE) {
      memset(c->out, c->op == CMP_NE, c->rows);
      return;
    }
    c->op = c->op == CMP_LT || c->op == CMP_LE ? CMP_LE : CMP_GT;
  }
  const Selection *sel = selection_or_dense(c->sel, c->rows);
  compare_i64_const(c->op, c->a.data, (int64_t)whole, sel, c->rows, c->out);
}

static void run_mixed_numbers(Comparison *c) {
  if (c->a.layout == COL_BIGINT && c->b.constant) {
    run_i64_f64_const(c);
    return;
  }
  if (c->b.layout == COL_BIGINT && c->b.constant) {
    int64_t bound = operand_i64(&c->b, 0);
    double  as_double = (double)bound;
    if (bound >= -(INT64_C(1) << 53) && bound <= INT64_C(1) << 53) {
      c->b.data = &as_double;
      run_f64(c);
      return;
    }
  }
  bool whole_left = c->a.layout == COL_BIGINT;
  compare_mixed_numbers(whole_left ? c->op : mirrored(c->op), whole_left ? &c->a : &c->b,
                        whole_left ? &c->b : &c->a, c->sel, c->rows, c->out);
}

/* ---- text ---- */

static void run_text_equality(const Comparison *c) {
  bool want = c->op == CMP_EQ;
  KERNEL_EACH(c->sel, c->rows, i,
              c->out[i] = operand_valid(&c->a, i) && operand_valid(&c->b, i) &&
                          text_eq(operand_text(&c->a, i), operand_text(&c->b, i)) == want);
}

/* A short constant: equality of two 16-byte words, and no pointer is followed, so any slot may be looked at. */
static void run_text_equals_short(const Comparison *c) {
  const Selection *sel = selection_or_dense(c->sel, c->rows);
  const uint64_t (*words)[2] = c->a.data;
  uint64_t wanted[2];
  memcpy(wanted, c->b.data, sizeof wanted);
  uint8_t flip = c->op == CMP_NE;
  KERNEL_EACH(sel, c->rows, i, {
    uint64_t slot[2];
    memcpy(slot, words[i], sizeof slot);
    c->out[i] = (uint8_t)(((slot[0] ^ wanted[0]) | (slot[1] ^ wanted[1])) == 0) ^ flip;
  });
}

static void run_text_order(const Comparison *c) {
  KERNEL_EACH(c->sel, c->rows, i,
              c->out[i] = operand_valid(&c->a, i) && operand_valid(&c->b, i) &&
                          compare_holds(c->op, text_cmp(operand_text(&c->a, i), operand_text(&c->b, i))));
}

static void run_text(const Comparison *c) {
  bool equality = c->op == CMP_EQ || c->op == CMP_NE;
  if (equality && c->b.constant && text_is_inline(operand_text(&c->b, 0))) run_text_equals_short(c);
  else if (equality) run_text_equality(c);
  else run_text_order(c);
}

/* ---- bringing operands to a common layout ---- */

static int64_t *widened_bits(const Operand *operand, uint32_t rows) {
  uint32_t slots = operand->constant ? 1 : rows;
  int64_t *wide = mem_alloc(mem_mul(slots, sizeof *wide));
  for (uint32_t i = 0; i < slots; i++) wide[i] = ((const uint8_t *)operand->data)[i];
  return wide;
}

static void *widen_bits(Operand *operand, uint32_t rows) {
  if (operand->layout != COL_BIT) return NULL;
  int64_t *wide = widened_bits(operand, rows);
  operand->layout = COL_BIGINT;
  operand->data = wide;
  return wide;
}

static bool numeric_layout(ColumnLayout layout) {
  return layout == COL_BIT || layout == COL_BIGINT || layout == COL_FLOAT;
}

static void run_numbers(Comparison *c) {
  void *left = widen_bits(&c->a, c->rows), *right = widen_bits(&c->b, c->rows);
  if (c->a.layout != c->b.layout) run_mixed_numbers(c);
  else if (c->a.layout == COL_BIGINT) run_i64(c);
  else run_f64(c);
  mem_free(left);
  mem_free(right);
}

/* Text beside datetime: parsed into ticks of its own; a text that is no datetime fails its row, with the words
** of the row path. */
typedef struct TimeSide { Operand *text; const Operand *other; bool text_left; } TimeSide;

static void fail_time_row(const TimeSide *side, uint32_t row, Span span, RowFailures *failures) {
  FnScratch scratch = {0};
  Value text = {.type = TYPE_TEXT, .text = *operand_text(side->text, row)};
  Value ticks = value_datetime(operand_i64(side->other, row));
  int order;
  compare_values(side->text_left ? &text : &ticks, side->text_left ? &ticks : &text, &scratch, &order);
  row_failures_add(failures, row, span, "%s", scratch.error);
}

static void parse_time_side(const TimeSide *side, const Comparison *c, int64_t *ticks, Span span,
                            RowFailures *failures) {
  KERNEL_EACH(c->sel, c->rows, i, {
    ticks[i] = 0;
    if (operand_valid(side->text, i) && operand_valid(side->other, i)) {
      Value text = {.type = TYPE_TEXT, .text = *operand_text(side->text, i)};
      if (!value_to_ticks(&text, &ticks[i])) fail_time_row(side, i, span, failures);
    }
  });
}

static bool run_time_and_text(Comparison *c, Span span, RowFailures *failures) {
  bool text_is_a = c->a.layout == COL_TEXT;
  TimeSide side = {text_is_a ? &c->a : &c->b, text_is_a ? &c->b : &c->a, text_is_a != c->swapped};
  if (side.text->constant) {
    Ticks ticks;
    Value text = {.type = TYPE_TEXT, .text = *operand_text(side.text, 0)};
    if (!value_to_ticks(&text, &ticks)) return false;
    side.text->data = &ticks;
    run_i64(c);
    return true;
  }
  int64_t *ticks = mem_alloc(mem_mul(c->rows, sizeof *ticks));
  parse_time_side(&side, c, ticks, span, failures);
  side.text->data = ticks;
  run_i64(c);
  mem_free(ticks);
  return true;
}

static bool run_comparison(Comparison *c, Span span, RowFailures *failures) {
  ColumnLayout a = c->a.layout, b = c->b.layout;
  if (numeric_layout(a) && numeric_layout(b)) run_numbers(c);
  else if (a == COL_TEXT && b == COL_TEXT) run_text(c);
  else if (a == COL_DATETIME && b == COL_DATETIME) run_i64(c);
  else if ((a == COL_DATETIME && b == COL_TEXT) || (a == COL_TEXT && b == COL_DATETIME))
    return run_time_and_text(c, span, failures);
  else return false;
  return true;
}

Column *compare_columns(CompareOp op, const Column *a, const Column *b, const Selection *sel, uint32_t rows,
                        Span span, RowFailures *failures) {
  Comparison c = {.op = op, .a = operand_of(a), .b = operand_of(b), .sel = sel, .rows = rows};
  if (c.a.layout == COL_NULL || c.b.layout == COL_NULL) return kernel_all_false(rows);
  if (c.a.constant && c.b.constant) return NULL;
  if (c.a.constant) {
    Operand constant = c.a;
    c.a = c.b;
    c.b = constant;
    c.op = mirrored(op);
    c.swapped = true;
  }
  Column *out = column_new(COL_BIT, rows);
  c.out = column_bits(out);
  Operand a_before = c.a, b_before = c.b;
  if (!run_comparison(&c, span, failures)) {
    column_unref(out);
    return NULL;
  }
  kernel_clear_nulls(c.out, a_before.valid, rows);
  kernel_clear_nulls(c.out, b_before.valid, rows);
  return out;
}
