/* reference.c: reference data is read to its end before streams begin. */
#include "run/internal.h"

static void push_rows(JobInput *in, Batch *batch) {
  Value started = value_datetime(in->job->started);
  if (batch->time == NULL) batch->time = column_constant(&started, batch->rows, false);
  batch->channel = in->scan->channel;
  in->counts.events += batch->rows;
  op_push(in->scan, 0, batch);
}

static Status stopped(const JobInput *in, Error *err) {
  return error_set(err, STATUS_CANCELLED, in->plan->name.ptr, "stopped while loading");
}

static Status load_database(JobInput *in, Error *err) {
  for (;;) {
    Batch *rows = NULL;
    if (atomic_load(&in->job->stop)) return stopped(in, err);
    TRY(in->rows->cls->next(in->rows, in->job->ctx.batch_rows, &rows, err));
    if (rows == NULL) return STATUS_OK;
    DecodedBatch decoded = {.rows = rows->rows, .cols = rows->cols, .payload = rows->payload};
    Batch *batch = input_batch(in, &decoded, 0);
    batch_unref(rows);
    push_rows(in, batch);
    batch_unref(batch);
  }
}

static Status load_file(JobInput *in, Error *err) {
  for (;;) {
    InputBatch item = {0};
    SourceEvent event;
    TRY(input_next(in, 1000, &item, &event, err));
    if (event == SOURCE_END) return STATUS_OK;
    if (atomic_load(&in->job->stop)) return stopped(in, err);
    if (event == SOURCE_DATA) push_rows(in, item.batch);
    input_batch_release(&item);
  }
}

Status reference_load(JobInput *in, Error *err) {
  if (in->scan == NULL) return STATUS_OK;
  TRY(in->rows ? load_database(in, err) : load_file(in, err));
  op_push_time(in->scan, 0, in->scan->channel, TICKS_MAX);
  in->finished = true;
  return STATUS_OK;
}
