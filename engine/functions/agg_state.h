/* agg_state.h: what the aggregates share: where a row's state is, and columns as numbers. */
#ifndef WEIR_FUNCTIONS_AGG_STATE_H
#define WEIR_FUNCTIONS_AGG_STATE_H

#include "functions/kernel.h"
#include "types/number.h"

/* The k-th selected row i belongs to the state at states + groups[k] * stride; the statement sees k, i and state. */
#define AGG_EACH(State, ...)                                           \
  do {                                                                 \
    uint32_t count_ = sel ? sel->len : rows;                           \
    for (uint32_t k = 0; k < count_; k++) {                            \
      uint32_t i = sel ? sel->rows[k] : k;                             \
      State *state = (State *)(states + (size_t)groups[k] * stride);   \
      (void)i;                                                         \
      __VA_ARGS__;                                                     \
    }                                                                  \
  } while (0)

/* A value as the number aggregates that read text as float take it: false for NULL (and for text that is no
** number, datetimes, records and arrays, which check has sorted out before). */
static inline bool agg_number(const Value *value, double *out) {
  switch (value->type) {
    case TYPE_BIT:
    case TYPE_BIGINT: *out = (double)value->i; return true;
    case TYPE_FLOAT: *out = value->f; return true;
    case TYPE_TEXT: return float_parse(text_ptr(&value->text), value->text.len, out);
    case TYPE_NULL:
    case TYPE_DATETIME:
    case TYPE_RECORD:
    case TYPE_ARRAY:
    case TYPE_COUNT: break;
  }
  return false;
}

/* The check of aggregates that read text as float. */
void agg_check_numbers(const AggCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                       RowFailures *failures);

#endif
