/* compare.h: comparison as the language does it (semantics.md section 2), by value and by column.
**
** Numbers and bits compare by value, exactly (no rounding of large bigints); text with text is ordinal;
** datetime with text reads the text as ISO 8601; everything else is a failure of the row. NULLs are the
** caller's business. */
#ifndef WEIR_FUNCTIONS_COMPARE_H
#define WEIR_FUNCTIONS_COMPARE_H

#include "functions/function.h"

typedef enum CompareOp { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE } CompareOp;

/* -1, 0 or 1 in *order; false with scratch->error set when the two do not compare. */
bool compare_values(const Value *a, const Value *b, FnScratch *scratch, int *order);

static inline bool compare_holds(CompareOp op, int order) {
  switch (op) {
    case CMP_EQ: return order == 0;
    case CMP_NE: return order != 0;
    case CMP_LT: return order < 0;
    case CMP_LE: return order <= 0;
    case CMP_GT: return order > 0;
    case CMP_GE: return order >= 0;
  }
  return false;
}

/* COL_BIT with 0 where an operand is NULL, or NULL when these layouts need the row path. */
Column *compare_columns(CompareOp op, const Column *a, const Column *b, const Selection *sel, uint32_t rows,
                        Span span, RowFailures *failures);

#endif
