/* operators_in.c: IN and NOT IN. `x IN (a, b)` is x = a OR x = b from left to right: a match decides, a
** candidate x cannot be compared with fails the row. A NULL candidate is skipped by IN and makes NOT IN false.
**
** Constant candidates are prepared: when all are texts, or all are numbers, they go into a hash set, and a column
** of the same kind is looked up without comparing value by value. */
#include "functions/families.h"

#include "base/hash.h"
#include "functions/compare.h"
#include "functions/kernel.h"
#include "functions/operators.h"

/* Open addressing over candidates that are all texts or all bigints. Slots hold candidate index + 1. */
typedef struct InSet {
  ColumnLayout layout;   /* COL_TEXT or COL_BIGINT */
  bool      has_null;
  uint64_t  near;        /* bigints less than 64 apart: a bit for each, from `least` on; else 0 */
  int64_t   least;
  uint32_t  mask, len;
  uint32_t *slots;
  Value    *values;
} InSet;

static uint64_t hash_text(const Text *text) {
  return hash_bytes(text_ptr(text), text->len, 0);
}
static uint64_t hash_i64(int64_t value) { return hash_mix((uint64_t)value); }

static bool set_has_text(const InSet *set, const Text *text) {
  for (uint32_t at = (uint32_t)hash_text(text);; at++) {
    uint32_t slot = set->slots[at & set->mask];
    if (slot == 0 || text_eq(&set->values[slot - 1].text, text)) return slot != 0;
  }
}
static bool set_has_i64(const InSet *set, int64_t value) {
  for (uint32_t at = (uint32_t)hash_i64(value);; at++) {
    uint32_t slot = set->slots[at & set->mask];
    if (slot == 0 || set->values[slot - 1].i == value) return slot != 0;
  }
}

static bool set_has(const InSet *set, const Value *value) {
  return set->layout == COL_TEXT ? set_has_text(set, &value->text) : set_has_i64(set, value->i);
}

static void set_add(InSet *set, const Value *value) {
  if (set_has(set, value)) return;
  set->values[set->len++] = *value;
  uint32_t at = (uint32_t)(set->layout == COL_TEXT ? hash_text(&value->text) : hash_i64(value->i));
  while (set->slots[at & set->mask]) at++;
  set->slots[at & set->mask] = set->len;
}

/* ---- preparing ---- */

/* COL_TEXT or COL_BIGINT when every candidate is a constant of that kind or NULL, else COL_NULL. */
static ColumnLayout common_layout(const FnCall *call) {
  ColumnLayout layout = COL_NULL;
  for (unsigned i = 1; i < call->args_len; i++) {
    const Value *candidate = call->constants[i];
    if (!candidate) return COL_NULL;
    if (value_is_null(candidate)) continue;
    bool usable = candidate->type == TYPE_TEXT || candidate->type == TYPE_BIGINT;
    ColumnLayout own = column_layout_of(candidate->type);
    if (!usable || (layout != COL_NULL && layout != own)) return COL_NULL;
    layout = own;
  }
  return layout;
}

static void note_near(InSet *set) {
  int64_t least = INT64_MAX, most = INT64_MIN;
  for (uint32_t i = 0; i < set->len; i++) {
    if (set->values[i].i < least) least = set->values[i].i;
    if (set->values[i].i > most) most = set->values[i].i;
  }
  set->least = least;
  if (set->layout != COL_BIGINT || set->len == 0 || (uint64_t)most - (uint64_t)least >= 64) return;
  for (uint32_t i = 0; i < set->len; i++) set->near |= UINT64_C(1) << (set->values[i].i - least);
}

static Status prepare_in(FnCall *call, Error *err) {
  ColumnLayout layout = common_layout(call);
  if (layout == COL_NULL) return STATUS_OK;
  uint32_t capacity = 4;
  while (capacity < call->args_len * 2) capacity *= 2;
  InSet *set = mem_zalloc(sizeof *set);
  *set = (InSet){.layout = layout, .mask = capacity - 1};
  set->slots = mem_zalloc(capacity * sizeof *set->slots);
  set->values = mem_alloc(mem_mul(call->args_len, sizeof *set->values));
  for (unsigned i = 1; i < call->args_len; i++) {
    if (value_is_null(call->constants[i])) set->has_null = true;
    else set_add(set, call->constants[i]);
  }
  note_near(set);
  call->state = set;
  return STATUS_OK;
}

static void release_in(FnCall *call) {
  InSet *set = call->state;
  if (!set) return;
  mem_free(set->slots);
  mem_free(set->values);
  mem_free(set);
}

/* ---- by row ---- */

static bool in_row(bool negated, const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  *out = value_bit(false);
  if (value_is_null(&args[0])) return true;
  for (unsigned i = 1; i < call->args_len; i++) {
    int order;
    if (value_is_null(&args[i])) {
      if (negated) return true;
      continue;
    }
    if (!compare_values(&args[0], &args[i], scratch, &order)) return false;
    if (order == 0) {
      *out = value_bit(!negated);
      return true;
    }
  }
  *out = value_bit(negated);
  return true;
}
static bool row_in(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  return in_row(false, call, args, scratch, out);
}
static bool row_not_in(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  return in_row(true, call, args, scratch, out);
}

/* ---- by column ---- */

static void look_up_integral(const InSet *set, const Operand *x, bool negated, const Selection *sel, uint32_t rows,
                             uint8_t *answer) {
  KERNEL_EACH(sel, rows, i, {
    double value = operand_f64(x, i);
    bool whole = operand_valid(x, i) && value >= -0x1p63 && value < 0x1p63 && (double)(int64_t)value == value;
    answer[i] = (whole && set_has_i64(set, (int64_t)value)) != negated;
  });
}

/* Numbers close to each other are the bits of one word. */
static void look_up_near(const InSet *set, const int64_t *values, bool negated, const Selection *sel, uint32_t rows,
                         uint8_t *answer) {
  uint64_t bits = set->near, base = (uint64_t)set->least;
  KERNEL_EACH(sel, rows, i, {
    uint64_t at = (uint64_t)values[i] - base;
    answer[i] = (at < 64 && bits >> (at & 63) & 1) != negated;
  });
}

static void look_up(const InSet *set, const Operand *x, bool negated, const Selection *sel, uint32_t rows,
                    uint8_t *answer) {
  if (x->layout == COL_BIGINT && set->near)
    look_up_near(set, x->data, negated, selection_or_dense(sel, rows), rows, answer);
  else if (x->layout == COL_BIGINT)
    KERNEL_EACH(sel, rows, i, answer[i] = operand_valid(x, i) && set_has_i64(set, operand_i64(x, i)) != negated);
  else if (x->layout == COL_TEXT)
    KERNEL_EACH(sel, rows, i, answer[i] = operand_valid(x, i) && set_has_text(set, operand_text(x, i)) != negated);
  else look_up_integral(set, x, negated, sel, rows, answer);
}

static Column *in_column(bool negated, const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows) {
  const InSet *set = call->state;
  Operand x = operand_of(args[0]);
  if (x.layout == COL_NULL) return kernel_all_false(rows);
  if (!set || x.constant) return NULL;
  bool same_kind = x.layout == set->layout || (x.layout == COL_FLOAT && set->layout == COL_BIGINT);
  if (!same_kind) return NULL;
  if (negated && set->has_null) return kernel_all_false(rows);
  Column *out = column_new(COL_BIT, rows);
  look_up(set, &x, negated, sel, rows, column_bits(out));
  kernel_clear_nulls(column_bits(out), x.valid, rows);
  return out;
}
static Column *vec_in(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                      RowFailures *failures) {
  return in_column(false, call, args, sel, rows);
}
static Column *vec_not_in(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                          RowFailures *failures) {
  return in_column(true, call, args, sel, rows);
}

#define IN_ROW(sign, id, sig, text, nulls, ex)                                                                   \
  {.name = sign, .min_args = 2, .max_args = FN_ARGS_ANY, .args = {FN_ANY}, .result = MASK(TYPE_BIT),             \
   .flags = FN_OPERATOR, .row = row_##id, .vec = vec_##id, .prepare = prepare_in, .release = release_in,         \
   .signature = sig, .doc = text, .null_rule = nulls, .examples = ex}

const ScalarFn operators_in[] = {
    IN_ROW(OP_IN, in, "x IN (a, b, ...)", "True when x equals one of the candidates, compared as `=` does.",
           "a NULL x gives false, a NULL candidate is skipped", "2 IN (1, 2) = 1\n"
                                                                "'A' IN ('a', 'b') = 0\n"
                                                                "1 IN (1, NULL) = 1"),
    IN_ROW(OP_NOT_IN, not_in, "x NOT IN (a, b, ...)", "True when x equals none of the candidates.",
           "a NULL x or candidate gives false", "3 NOT IN (1, 2) = 1\n3 NOT IN (1, NULL) = 0"),
    {.name = NULL},
};
