/* errors.c: bad records and failed rows go to the quarantine, with origin, reason and, where the query is at
** fault, its place. */
#include "run/internal.h"

#include "types/json.h"

static const Origin *origin_of(Job *job, const Batch *batch) {
  if (batch->lineage.len != 1) return NULL;
  return &job->origins.items[batch->lineage.items[0].origin];
}

/* A row of a derived stream as JSON. */
static Str row_as_json(Job *job, const PlanNode *node, const Batch *batch, uint32_t row) {
  strbuf_clear(&job->row_text);
  strbuf_putc(&job->row_text, '{');
  for (uint32_t i = 0; i < batch->cols_len; i++) {
    if (batch->cols[i] == NULL) continue;
    if (job->row_text.len > 1) strbuf_putc(&job->row_text, ',');
    json_put_string(&job->row_text, i < node->cols_len ? node->cols[i].name : STR("?"));
    strbuf_putc(&job->row_text, ':');
    Value value = column_get(batch->cols[i], row);
    value_print_json(&value, &job->row_text);
  }
  strbuf_putc(&job->row_text, '}');
  return strbuf_str(&job->row_text);
}

static QuarantineEntry entry_of(Job *job, const Op *op, const Batch *batch, uint32_t row) {
  const Origin *origin = origin_of(job, batch);
  QuarantineEntry entry = {.partition = -1, .offset = -1};
  if (origin) {
    entry.input = origin->input->plan->name;
    entry.partition = (int)origin->partition;
    entry.blob = origin->input->delivered_blob;
  }
  if (batch->offset && !column_is_null(batch->offset, row)) entry.offset = column_get(batch->offset, row).i;
  const PlanNode *shape = op->plan->inputs_len && !plan_is_group_by(op->plan->kind) ? op->plan->inputs[0] : op->plan;
  if (batch->payload && !column_is_null(batch->payload, row)) {
    Text *text = &column_text(batch->payload)[column_slot(batch->payload, row)];
    strbuf_clear(&job->row_text);
    strbuf_put_str(&job->row_text, text_str(text));
    entry.payload = strbuf_str(&job->row_text);
  } else {
    entry.payload = row_as_json(job, shape, batch, row);
  }
  return entry;
}

void errors_rows_failed(void *context, const Op *op, const Batch *batch, const RowFailures *failures) {
  Job *job = context;
  OpContext *ctx = op->ctx; /* of the job, or of a load */
  pthread_mutex_lock(&job->errors_lock);
  for (uint32_t i = 0; i < failures->items.len; i++) {
    const RowFailure *failure = &failures->items.items[i];
    QuarantineEntry entry = entry_of(job, op, batch, failure->row);
    entry.kind = QUARANTINE_RUNTIME;
    entry.reason = failure->reason;
    entry.has_place = true;
    source_text_position(job->plan->source, failure->span.begin, &entry.line, &entry.column);
    quarantine_add(job->quarantine, &entry);
    job->runtime_errors++;
    if (job->spec->runtime_errors != RUNTIME_ERRORS_STOP || ctx->failed != STATUS_OK) continue;
    ctx->failed = error_set(&ctx->error, STATUS_DATA, "query", STR_FMT " (line %u, column %u)",
                            STR_ARG(failure->reason), entry.line, entry.column);
    error_hint(&ctx->error, "RuntimeErrorPolicy is Stop; with Quarantine the row is set aside and the job goes on");
  }
  pthread_mutex_unlock(&job->errors_lock);
}

void errors_event_dropped(void *context, const Op *op, const Batch *batch, uint32_t row, int kind, const char *reason) {
  Job *job = context;
  if (kind != QUARANTINE_INVALID_TIMESTAMP) { /* the policies drop by order of the configuration: counted only */
    quarantine_count(job->quarantine, (QuarantineKind)kind, 1);
    return;
  }
  pthread_mutex_lock(&job->errors_lock);
  QuarantineEntry entry = entry_of(job, op, batch, row);
  entry.kind = QUARANTINE_INVALID_TIMESTAMP;
  entry.reason = str_from(reason);
  if (op->plan->entrance.timestamp) {
    entry.has_place = true;
    source_text_position(job->plan->source, op->plan->entrance.timestamp->span.begin, &entry.line, &entry.column);
  }
  quarantine_add(job->quarantine, &entry);
  pthread_mutex_unlock(&job->errors_lock);
}

void errors_bad_record(void *context, const BadRecord *bad) {
  JobInput *in = context;
  QuarantineEntry entry = {.kind = bad->oversize ? QUARANTINE_OVERSIZE : QUARANTINE_DESERIALIZATION,
                           .input = in->plan->name, .partition = (int)in->messages.partition, .offset = -1,
                           .blob = in->blob, .reason = str_from(bad->reason), .payload = bad->bytes};
  if (bad->message < in->messages.messages.len) entry.offset = in->messages.messages.items[bad->message].offset;
  quarantine_add(in->job->quarantine, &entry);
  atomic_fetch_add(&in->malformed, 1);
}

void errors_rejected(void *context, const Batch *batch, uint32_t row, const char *reason) {
  JobOutput *out = context;
  Job *job = out->job;
  out->rejected++;
  pthread_mutex_lock(&job->errors_lock);
  strbuf_clear(&job->row_text);
  strbuf_putc(&job->row_text, '{');
  for (uint32_t i = 0; i < batch->cols_len; i++) {
    if (i) strbuf_putc(&job->row_text, ',');
    json_put_string(&job->row_text, out->plan->schema.cols[i].star ? STR("*") : out->plan->schema.cols[i].name);
    strbuf_putc(&job->row_text, ':');
    Value value = column_get(batch->cols[i], row);
    value_print_json(&value, &job->row_text);
  }
  strbuf_putc(&job->row_text, '}');
  QuarantineEntry entry = {.kind = QUARANTINE_OUTPUT, .input = out->plan->name, .partition = -1, .offset = -1,
                           .reason = str_from(reason), .payload = strbuf_str(&job->row_text)};
  quarantine_add(job->quarantine, &entry);
  pthread_mutex_unlock(&job->errors_lock);
}
