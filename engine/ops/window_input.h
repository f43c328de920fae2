/* window_input.h: a batch in front of a window: keys, arguments and hashes of the rows that take part.
**
** An argument that no aggregate can take removes its row from the whole GROUP BY; such rows and those whose
** expressions fail go to the quarantine here. */
#ifndef WEIR_OPS_WINDOW_INPUT_H
#define WEIR_OPS_WINDOW_INPUT_H

#include "ops/group_table.h"
#include "ops/op.h"

typedef struct WindowInput {
  const GroupLayout *layout;
  Program    *program;    /* keys, then the arguments of all aggregates, then the owner's values */
  ProgramRun *run;
  uint32_t    values_len;
  Column    **values;
  RowFailures failures;
  uint64_t   *hashes;     /* of the keys, by position in the selection */
  uint32_t    room;       /* of hashes, in rows */
  /* between begin and end */
  const Batch *batch;
  Selection  *sel;        /* NULL: all rows */
  uint32_t    count;      /* rows that take part */
} WindowInput;

/* `own` are values of the operator itself, computed with the others. */
void window_input_open(WindowInput *input, Op *op, const GroupLayout *layout, Expr *const *own, uint32_t own_len);
void window_input_close(WindowInput *input);
/* Computes everything for the batch, which is borrowed until window_input_end. */
void window_input_begin(WindowInput *input, Op *op, const Batch *batch);
void window_input_end(WindowInput *input);
/* For operators with a merge in front: rows come in order of time, BUG when they do not. *last: the time of the last
** row so far, TICKS_MIN before the first. */
void window_input_check_order(const WindowInput *input, const Op *op, Ticks *last);

static inline Column *const *window_keys(const WindowInput *input) { return input->values; }
static inline Column *const *window_args(const WindowInput *input) { return input->values + input->layout->keys_len; }
/* The row of the batch at a position among those that take part. */
static inline uint32_t window_row(const WindowInput *input, uint32_t at) {
  return input->sel ? input->sel->rows[at] : at;
}
static inline Ticks window_time(const WindowInput *input, uint32_t at) {
  return column_i64(input->batch->time)[column_slot(input->batch->time, window_row(input, at))];
}
/* The rows at positions [begin, end) as a selection, in `into` (room for all rows of the batch). */
void window_slice(const WindowInput *input, uint32_t begin, uint32_t end, Selection *into);

#endif
