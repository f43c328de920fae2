/* window_output.h: rows of windows that close one by one, gathered into batches.
**
** A row is computed when it is added, so the group it comes from may change or go at once. A value that cannot be
** given (a sum beyond 64 bits) costs its row, which goes to the quarantine with the batch. */
#ifndef WEIR_OPS_WINDOW_OUTPUT_H
#define WEIR_OPS_WINDOW_OUTPUT_H

#include "ops/live_groups.h"
#include "ops/op.h"

typedef struct WindowOutput {
  Op         *op;
  const GroupLayout *layout;
  uint32_t    rows, room;  /* room: the rows of a full batch */
  uint32_t    width;       /* keys and aggregates */
  Value      *values;      /* column by column, `room` each; NULL until the first row */
  Ticks      *times;
  Arena       text;
  RowFailures failures;
  FnScratch   scratch;
} WindowOutput;

void window_output_open(WindowOutput *out, Op *op, const GroupLayout *layout);
void window_output_close(WindowOutput *out);
/* states[a]: of aggregate a. False: the batch is full and must be sent before the next row. Times never go back. */
bool window_output_add(WindowOutput *out, const Value *keys, const char *const *states, Ticks time);
/* Sends what there is, if anything. */
void window_output_send(WindowOutput *out, const Lineage *lineage);

#endif
