/* operators_bits.c: & | ^ ~ on bit and bigint. Two bits give a bit, anything else a bigint; ~ of a bit is the
** other bit. Nothing here fails. */
#include "functions/families.h"

#include "functions/kernel.h"
#include "functions/operators.h"

typedef enum BitOp { BITS_AND, BITS_OR, BITS_XOR } BitOp;

static inline int64_t bits_of(BitOp op, int64_t a, int64_t b) {
  return op == BITS_AND ? (a & b) : op == BITS_OR ? (a | b) : (a ^ b);
}

static bool bits_row(BitOp op, const Value *args, Value *out) {
  int64_t result = bits_of(op, args[0].i, args[1].i);
  bool both_bits = args[0].type == TYPE_BIT && args[1].type == TYPE_BIT;
  *out = both_bits ? value_bit(result) : value_bigint(result);
  return true;
}

#define BITS_LOOPS(op)                                                                                    \
  do {                                                                                                    \
    if (b.constant) KERNEL_EACH(sel, rows, i, result[i] = bits_of(op, x[i], y[0]));                       \
    else if (a.constant) KERNEL_EACH(sel, rows, i, result[i] = bits_of(op, x[0], y[i]));                  \
    else KERNEL_EACH(sel, rows, i, result[i] = bits_of(op, x[i], y[i]));                                  \
  } while (0)

static Column *bits_columns(BitOp op, Column *const *args, const Selection *sel, uint32_t rows) {
  Operand a = operand_of(args[0]), b = operand_of(args[1]);
  if (a.layout == COL_NULL || b.layout == COL_NULL) return kernel_all_null(rows);
  if (a.layout != COL_BIGINT || b.layout != COL_BIGINT || (a.constant && b.constant)) return NULL;
  Column *out = column_new(COL_BIGINT, rows);
  const int64_t *restrict x = a.data, *restrict y = b.data;
  int64_t *restrict result = column_i64(out);
  sel = selection_or_dense(sel, rows);
  switch (op) {
    case BITS_AND: BITS_LOOPS(BITS_AND); break;
    case BITS_OR: BITS_LOOPS(BITS_OR); break;
    case BITS_XOR: BITS_LOOPS(BITS_XOR); break;
  }
  kernel_merge_valid(out, (Operand[]){a, b}, 2);
  return out;
}

#define BITWISE(name, op)                                                                                 \
  static bool row_##name(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {         \
    return bits_row(op, args, out);                                                                       \
  }                                                                                                       \
  static Column *vec_##name(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows, \
                            RowFailures *failures) {                                                      \
    return bits_columns(op, args, sel, rows);                                                             \
  }

BITWISE(and, BITS_AND)
BITWISE(or, BITS_OR)
BITWISE(xor, BITS_XOR)

static bool row_not(const FnCall *call, const Value *args, FnScratch *scratch, Value *out) {
  *out = args[0].type == TYPE_BIT ? value_bit(!args[0].i) : value_bigint(~args[0].i);
  return true;
}

static TypeMask bits_result(const FnCall *call, const TypeMask *args) {
  TypeMask bit = MASK(TYPE_BIT), whole = MASK(TYPE_BIGINT), result = 0;
  if ((args[0] & bit) && (args[1] & bit)) result |= bit;
  if ((args[0] | args[1]) & whole) result |= whole;
  return result;
}
static TypeMask not_result(const FnCall *call, const TypeMask *args) {
  return (TypeMask)(args[0] & (MASK(TYPE_BIT) | MASK(TYPE_BIGINT)));
}

#define BIT_OR_BIGINT (MASK(TYPE_BIT) | MASK(TYPE_BIGINT))
#define BITS_ROW(sign, id, sig, text, ex)                                                                  \
  {.name = sign, .min_args = 2, .max_args = 2, .args = {BIT_OR_BIGINT, BIT_OR_BIGINT},                     \
   .result_of = bits_result, .flags = FN_NULL_IN_NULL_OUT | FN_OPERATOR | FN_NEVER_FAILS, .row = row_##id, \
   .vec = vec_##id, .signature = sig, .doc = text, .null_rule = "", .examples = ex}

const ScalarFn operators_bits[] = {
    BITS_ROW(OP_BIT_AND, and, "a & b", "The bits set in both.", "12 & 10 = 8"),
    BITS_ROW(OP_BIT_OR, or, "a | b", "The bits set in either.", "12 | 10 = 14"),
    BITS_ROW(OP_BIT_XOR, xor, "a ^ b", "The bits set in exactly one.", "12 ^ 10 = 6"),
    {.name = OP_BIT_NOT, .min_args = 1, .max_args = 1, .args = {BIT_OR_BIGINT}, .result_of = not_result,
     .flags = FN_NULL_IN_NULL_OUT | FN_OPERATOR | FN_NEVER_FAILS, .row = row_not, .signature = "~a",
     .doc = "Every bit turned over; of a bit the other bit.", .null_rule = "", .examples = "~6 = -7"},
    {.name = NULL},
};
