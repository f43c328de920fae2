/* agg_state.c: see agg_state.h. */
#include "functions/agg_state.h"

static void fail_row(const AggCall *call, uint32_t row, const Value *value, RowFailures *failures) {
  char shown[DESCRIBE_LEN];
  row_failures_add(failures, row, call->span, "%s: %s is no number", call->fn->name, value_describe(value, shown));
}

void agg_check_numbers(const AggCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                       RowFailures *failures) {
  const Column *col = args[0];
  if (col->layout <= COL_FLOAT) return; /* numbers and NULLs */
  KERNEL_EACH(sel, rows, i, {
    Value value = column_get(col, i);
    double ignored;
    if (!value_is_null(&value) && !agg_number(&value, &ignored)) fail_row(call, i, &value, failures);
  });
}
