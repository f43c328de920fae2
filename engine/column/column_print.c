/* column_print.c: columns and batches as text, for tests and debugging. Values print as in JSON output. */
#include "column/batch.h"

static const char *const layout_names[] = {
    [COL_NULL] = "null", [COL_BIT] = "bit", [COL_BIGINT] = "bigint", [COL_FLOAT] = "float",
    [COL_DATETIME] = "datetime", [COL_TEXT] = "text", [COL_RECORD] = "record", [COL_ARRAY] = "array",
    [COL_MIXED] = "mixed"};

const char *column_layout_name(ColumnLayout layout) { return layout_names[layout]; }

static void print_value(const Column *col, uint32_t row, StrBuf *out) {
  Value value = column_get(col, row);
  value_print_json(&value, out);
}

void column_print(const Column *col, StrBuf *out) {
  strbuf_printf(out, "%s%s [", col->constant ? "constant " : "", column_layout_name(col->layout));
  for (uint32_t row = 0; row < col->rows; row++) {
    if (row) strbuf_puts(out, ", ");
    print_value(col, row, out);
  }
  strbuf_putc(out, ']');
}

static void print_cell(const Column *col, uint32_t row, StrBuf *out) {
  strbuf_puts(out, " | ");
  if (col) print_value(col, row, out);
  else strbuf_putc(out, '-');
}

/* One line a selected row: row number, time, offset, then the columns. */
void batch_print(const Batch *batch, StrBuf *out) {
  strbuf_printf(out, "batch of %u rows, %u selected, channel %u%s\n", batch->rows, batch_count(batch),
                batch->channel, batch->sorted ? ", sorted" : "");
  SELECTION_EACH(batch->sel, batch->rows, row) {
    strbuf_printf(out, "%u", row);
    print_cell(batch->time, row, out);
    print_cell(batch->offset, row, out);
    for (uint32_t c = 0; c < batch->cols_len; c++) print_cell(batch->cols[c], row, out);
    strbuf_putc(out, '\n');
  }
}
