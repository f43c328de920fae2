/* analytic_lag.c: LAG, LAST and ISFIRST.
**
**   LAG(x, n)        the n-th newest row that counts, without the row at hand; the queue holds n rows at most
**   LAST(x)          the newest row that counts, the row at hand included; the queue holds one
**   ISFIRST(unit, n) 1 for the first row that counts in its interval, else 0; only the interval's end is kept
**
** A row older than the duration is gone: the default, or NULL. Intervals align like tumbling windows. */
#include "ops/analytic.h"
#include "ops/analytic_rows.h"

/* ---- LAG and LAST ----------------------------------------------------------------------------- */

static size_t rows_bytes(const AnalyticCall *call) {
  (void)call;
  return sizeof(AnalyticRows);
}

static void put_value(const Value *value, uint32_t row, ColumnBuilder *out) {
  if (value->type != TYPE_NULL) column_builder_put(out, row, value);
}

/* The value of the row `back` rows before the end of the queue, or the default. */
static void put_back(const AnalyticFrame *frame, const AnalyticRows *rows, uint32_t back, uint32_t row,
                     ColumnBuilder *out) {
  if (rows->len >= back) {
    put_value(analytic_rows_values(rows, 1, rows->len - back), row, out);
  } else if (frame->otherwise) {
    Value value = column_get(frame->otherwise, row);
    put_value(&value, row, out);
  }
}

static void forget(AnalyticRows *rows, Ticks until) {
  while (rows->len && analytic_rows_time(rows, 0) <= until) analytic_rows_pop(rows, 1);
}

static void remember(const AnalyticFrame *frame, AnalyticRows *rows, const AnalyticRow *row, uint32_t most) {
  if (!row->counts) return;
  if (rows->len == most) analytic_rows_pop(rows, 1);
  analytic_rows_push(rows, 1, row->time, frame->args, row->row);
}

static bool lag_row(const AnalyticFrame *frame, void *state, const AnalyticRow *row, ColumnBuilder *out) {
  AnalyticRows *rows = state;
  forget(rows, row->time - frame->call->duration);
  put_back(frame, rows, frame->call->offset, row->row, out);
  remember(frame, rows, row, frame->call->offset);
  return true;
}

static bool last_row(const AnalyticFrame *frame, void *state, const AnalyticRow *row, ColumnBuilder *out) {
  AnalyticRows *rows = state;
  forget(rows, row->time - frame->call->duration);
  remember(frame, rows, row, 1);
  put_back(frame, rows, 1, row->row, out);
  return true;
}

static void rows_release(const AnalyticFrame *frame, void *state) {
  (void)frame;
  analytic_rows_release(state, 1);
}

static void rows_save(const AnalyticFrame *frame, const void *state, ByteWriter *out) {
  (void)frame;
  analytic_rows_save(state, 1, out);
}

static void rows_load(const AnalyticFrame *frame, void *state, ByteReader *in) {
  (void)frame;
  analytic_rows_load(state, 1, in);
}

/* ---- ISFIRST ---------------------------------------------------------------------------------- */

typedef struct FirstState {
  Ticks end;      /* of the interval of the newest row that counted; TICKS_MIN: there was none */
  int64_t unused; /* keeps the size a multiple of 16 */
} FirstState;

static size_t first_bytes(const AnalyticCall *call) {
  (void)call;
  return sizeof(FirstState);
}

static void first_init(const AnalyticFrame *frame, void *state) {
  (void)frame;
  ((FirstState *)state)->end = TICKS_MIN;
}

static bool first_row(const AnalyticFrame *frame, void *state, const AnalyticRow *row, ColumnBuilder *out) {
  FirstState *first = state;
  Ticks end = window_first_end(&frame->intervals, row->time);
  Value answer = value_bigint(row->counts && first->end < end);
  column_builder_put(out, row->row, &answer);
  if (row->counts) first->end = end;
  return true;
}

static void first_save(const AnalyticFrame *frame, const void *state, ByteWriter *out) {
  (void)frame;
  put_i64(out, ((const FirstState *)state)->end);
}

static void first_load(const AnalyticFrame *frame, void *state, ByteReader *in) {
  (void)frame;
  ((FirstState *)state)->end = get_i64(in);
}

/* ---- tables ----------------------------------------------------------------------------------- */

const AnalyticClass analytic_lag = {
  .kind = ANALYTIC_LAG, .bytes = rows_bytes, .row = lag_row,
  .release = rows_release, .save = rows_save, .load = rows_load,
};

const AnalyticClass analytic_last = {
  .kind = ANALYTIC_LAST, .bytes = rows_bytes, .row = last_row,
  .release = rows_release, .save = rows_save, .load = rows_load,
};

const AnalyticClass analytic_isfirst = {
  .kind = ANALYTIC_ISFIRST, .bytes = first_bytes, .init = first_init, .row = first_row,
  .save = first_save, .load = first_load,
};
