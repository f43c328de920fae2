/* analytic_rows.h: the rows a key remembers for one call: a queue of times and copies of the argument columns.
** Zero bytes are the empty queue; `width` is the number of arguments and the same for all calls on a queue. */
#ifndef WEIR_OPS_ANALYTIC_ROWS_H
#define WEIR_OPS_ANALYTIC_ROWS_H

#include "column/column.h"

typedef struct AnalyticRows {
  Ticks   *times;
  Value   *values;    /* `width` a row; they own their text */
  uint32_t head;      /* of the oldest row */
  uint32_t len, cap;
  uint32_t unused;    /* keeps the size a multiple of 16 */
} AnalyticRows;

void analytic_rows_push(AnalyticRows *rows, uint32_t width, Ticks time, Column *const *args, uint32_t row);
void analytic_rows_pop(AnalyticRows *rows, uint32_t width); /* the oldest */
void analytic_rows_release(AnalyticRows *rows, uint32_t width);
void analytic_rows_save(const AnalyticRows *rows, uint32_t width, ByteWriter *out);
void analytic_rows_load(AnalyticRows *rows, uint32_t width, ByteReader *in);

/* The i-th row, oldest first. */
static inline Ticks analytic_rows_time(const AnalyticRows *rows, uint32_t i) { return rows->times[rows->head + i]; }
static inline const Value *analytic_rows_values(const AnalyticRows *rows, uint32_t width, uint32_t i) {
  return rows->values + (size_t)(rows->head + i) * width;
}

#endif
