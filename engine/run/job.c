/* job.c: opening, the loop, epochs, progress, closing. See job.h for the life of a job. */
#include "run/job.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "run/reader.h"
#include "state/state_memory.h"

#define NS_PER_SECOND INT64_C(1000000000)
enum {
  EPOCH_QUIET_MS = 20,   /* output waits at most this long when nothing more comes in */
  FLUSH_SHARE = 10,      /* flushes between epochs take at most one part of so many of the time */
  POLL_QUIET_MS = 10,    /* how long one poll waits when all inputs are quiet */
};

/* ---- callbacks of the operators --------------------------------------------------------------- */

/* Without the rows that an earlier run has delivered (see commit.c), or in front of the time of the first output. */
static Batch *not_yet_delivered(const Batch *batch, Ticks delivered) {
  Selection *sel = selection_new(batch_count(batch));
  SELECTION_EACH(batch->sel, batch->rows, i) {
    if (column_i64(batch->time)[column_slot(batch->time, i)] >= delivered) sel->rows[sel->len++] = i;
  }
  return batch_select(batch, sel);
}

static void write_rows(Job *job, const Op *op, const Batch *batch) {
  for (uint32_t i = 0; i < job->outputs_len; i++)
    if (job->outputs[i].plan == op->plan->output) output_write(&job->outputs[i], batch);
}

static void on_output(void *context, const Op *op, const Batch *batch) {
  Job *job = context;
  Ticks delivered = output_delivered(job, op);
  if (op->watermark >= delivered) {
    write_rows(job, op, batch);
    return;
  }
  Batch *rest = not_yet_delivered(batch, delivered);
  if (batch_count(rest)) write_rows(job, op, rest);
  batch_unref(rest);
}

static void on_warn(void *context, const Op *op, const char *text) {
  Job *job = context;
  uint32_t line, column;
  const PlanNode *node = op->plan;
  Str name = node->inputs_len ? node->inputs[node->inputs_len - 1]->label : node->label;
  source_text_position(job->plan->source, node->span.begin, &line, &column);
  job_notice(job, "warning: line %u: join with `" STR_FMT "`: %s", line, STR_ARG(name), text);
}

static InputCounts *on_counts(void *context, const PlanInput *plan) {
  Job *job = context;
  for (uint32_t i = 0; i < job->inputs_len; i++)
    if (job->inputs[i].plan == plan) return &job->inputs[i].counts;
  BUG("counts of an input the job does not have");
}

/* ---- opening ---------------------------------------------------------------------------------- */

static void init_context(Job *job) {
  const JobSpec *spec = job->spec;
  job->ctx = (OpContext){.batch_rows = spec->batch_rows ? spec->batch_rows : BATCH_ROWS, .compat = job->plan->compat,
                         .policy = spec->policy, .clock = job->clock, .job = job, .rows_failed = errors_rows_failed,
                         .event_dropped = errors_event_dropped, .output = on_output,
                         .counts = on_counts, .reference_at = reference_at, .warn = on_warn};
}

static Status check_output_names(const Job *job, Error *err) {
  for (uint32_t i = 0; i < job->spec->outputs_len; i++) {
    Str name = job->spec->outputs[i].name;
    bool found = false;
    for (uint32_t j = 0; j < job->plan->outputs_len; j++) found |= str_eq_nocase(job->plan->outputs[j]->name, name);
    if (found) continue;
    error_set(err, STATUS_CONFIG, "", "the query writes no output `" STR_FMT "`", STR_ARG(name));
    StrBuf names = {0};
    for (uint32_t j = 0; j < job->plan->outputs_len; j++)
      strbuf_printf(&names, "%s`" STR_FMT "`", j ? ", " : "", STR_ARG(job->plan->outputs[j]->name));
    error_hint(err, "its outputs are %s", names.ptr);
    strbuf_release(&names);
    return STATUS_CONFIG;
  }
  return STATUS_OK;
}

static Status open_outputs(Job *job, Error *err) {
  unsigned sharing = 0;
  for (uint32_t i = 0; i < job->plan->outputs_len; i++) sharing += output_shares_stdout(job, job->plan->outputs[i]);
  job->outputs = mem_zalloc(mem_mul(job->plan->outputs_len + 1, sizeof *job->outputs));
  for (uint32_t i = 0; i < job->plan->outputs_len; i++, job->outputs_len++) {
    Status status = output_open(job, &job->outputs[i], job->plan->outputs[i], sharing, err);
    if (status == STATUS_OK) continue;
    job->outputs_len++; /* partly open: job_close releases it */
    return status;
  }
  return STATUS_OK;
}

static Status open_inputs(Job *job, Error *err) {
  job->inputs = mem_zalloc(mem_mul(job->plan->inputs_len + 1, sizeof *job->inputs));
  for (uint32_t i = 0; i < job->plan->inputs_len; i++) {
    Status status = input_open(job, &job->inputs[i], job->plan->inputs[i], err);
    job->inputs_len++;
    if (status != STATUS_OK) return status;
  }
  return STATUS_OK;
}

static void open_quarantine(Job *job) {
  const JobSpec *spec = job->spec;
  Str path = spec->quarantine ? str_from(spec->quarantine)
                              : arena_printf(&job->arena, "%s.quarantine.ndjson", spec->name);
  job->quarantine = quarantine_new(path.ptr, spec->name, spec->query_file);
}

static Status open_all(Job *job, Error *err) {
  open_quarantine(job);
  TRY(check_output_names(job, err));
  TRY(open_inputs(job, err));
  TRY(output_check_file(job, "quarantine", quarantine_path(job->quarantine), err));
  TRY(graph_build(job, err));
  TRY(references_open(job, err));
  commit_prepare(job);
  return open_outputs(job, err);
}

Status job_open(const JobSpec *spec, PlanScript *plan, Job **out, Error *err) {
  Job *job = mem_zalloc(sizeof *job);
  job->spec = spec;
  job->plan = plan;
  job->clock = spec->clock ? spec->clock : &job->real_clock;
  job->started = spec->start_time ? spec->start_time : clock_wall(job->clock);
  pthread_mutex_init(&job->errors_lock, NULL);
  init_context(job);
  Status status = open_all(job, err);
  if (status != STATUS_OK) {
    job_close(job);
    return status;
  }
  *out = job;
  return STATUS_OK;
}

static void stop_reader(JobInput *in) {
  reader_stop(in->reader);
  in->reader = NULL;
}

/* ---- epochs ----------------------------------------------------------------------------------- */

static bool output_waits(const Job *job) {
  for (uint32_t i = 0; i < job->outputs_len; i++)
    if (job->outputs[i].waiting) return true;
  return false;
}

/* Sinks first, then the quarantine, then the positions: what is committed has been delivered. */
static Status end_epoch(Job *job, Error *err) {
  job->last_epoch_ns = clock_monotonic_ns();
  for (uint32_t i = 0; i < job->outputs_len; i++) TRY(output_flush(&job->outputs[i], err));
  TRY(quarantine_flush(job->quarantine, err));
  Lineage held = {0};
  for (uint32_t i = 0; i < job->plan->nodes_len; i++)
    if (job->ops[i]->cls->oldest) job->ops[i]->cls->oldest(job->ops[i], &held);
  Status status = STATUS_OK;
  for (uint32_t i = 0; i < job->inputs_len && status == STATUS_OK; i++)
    status = input_commit(&job->inputs[i], &held, err);
  lineage_release(&held);
  return status;
}

static bool has_live_input(const Job *job) {
  for (uint32_t i = 0; i < job->inputs_len; i++)
    if (job->inputs[i].cls && job->inputs[i].cls->live) return true;
  return false;
}

/* Rows of a live job should be seen soon, however busy its inputs are: its sinks flush between epochs too, but not for
** more than a tenth of the time. */
static Status maybe_flush(Job *job, Error *err) {
  int64_t now = clock_monotonic_ns(), least = EPOCH_QUIET_MS * (NS_PER_SECOND / 1000);
  int64_t pause = job->flush_cost_ns * FLUSH_SHARE > least ? job->flush_cost_ns * FLUSH_SHARE : least;
  if (now - job->last_flush_ns < pause || !output_waits(job) || !has_live_input(job)) return STATUS_OK;
  for (uint32_t i = 0; i < job->outputs_len; i++) TRY(output_flush(&job->outputs[i], err));
  job->last_flush_ns = clock_monotonic_ns();
  job->flush_cost_ns = job->last_flush_ns - now;
  return STATUS_OK;
}

static Status maybe_end_epoch(Job *job, bool quiet, Error *err) {
  int64_t since = clock_monotonic_ns() - job->last_epoch_ns;
  bool due = since >= NS_PER_SECOND || (quiet && output_waits(job) && since >= EPOCH_QUIET_MS * (NS_PER_SECOND / 1000));
  return due ? end_epoch(job, err) : maybe_flush(job, err);
}

/* ---- the loop --------------------------------------------------------------------------------- */

static Status step_input(Job *job, JobInput *in, int timeout_ms, bool *moved, Error *err) {
  InputBatch item = {0};
  SourceEvent event;
  TRY(in->reader ? reader_next(in->reader, timeout_ms, &item, &event, err)
                 : input_next(in, timeout_ms, &item, &event, err));
  if (event == SOURCE_END) {
    input_finish(in);
    *moved = true;
  } else if (event == SOURCE_DATA) {
    input_deliver(in, &item);
    *moved = true;
    if (job->spec->between_batches) job->spec->between_batches(job->spec->context, job);
  } else {
    input_note(in, &item);
    input_idle(in);
  }
  input_batch_release(&item);
  if (job->ctx.failed == STATUS_OK) return STATUS_OK;
  if (err) *err = job->ctx.error;
  return job->ctx.failed;
}

/* Recorded inputs are read in the order of their time, so that what waits for the others stays small. */
static JobInput *next_recorded(Job *job) {
  JobInput *next = NULL;
  for (uint32_t i = 0; i < job->inputs_len; i++) {
    JobInput *in = &job->inputs[i];
    if (in->finished || in->cls == NULL || in->cls->live || in->plan->reference) continue;
    if (next == NULL || input_watermark(in) < input_watermark(next)) next = in;
  }
  return next;
}

static Status step_all(Job *job, bool *moved, Error *err) {
  *moved = false;
  JobInput *recorded = next_recorded(job);
  if (recorded) TRY(step_input(job, recorded, POLL_QUIET_MS, moved, err));
  for (uint32_t i = 0; i < job->inputs_len; i++) {
    JobInput *in = &job->inputs[i];
    if (in->finished || in->cls == NULL || !in->cls->live) continue;
    TRY(step_input(job, in, *moved ? 0 : POLL_QUIET_MS, moved, err));
  }
  return STATUS_OK;
}

bool job_is_live(const Job *job) {
  for (uint32_t i = 0; i < job->inputs_len; i++) {
    const JobInput *in = &job->inputs[i];
    if (!in->plan->reference && in->cls && in->cls->live) return true;
  }
  return false;
}

static bool all_finished(const Job *job) {
  for (uint32_t i = 0; i < job->inputs_len; i++)
    if (!job->inputs[i].finished) return false;
  return true;
}

/* Whether a live input may have events that have not come yet: waiting for them is not being idle. */
static bool behind(const Job *job) {
  for (uint32_t i = 0; i < job->inputs_len; i++) {
    const JobInput *in = &job->inputs[i];
    if (in->finished || in->cls == NULL || !in->cls->live) continue;
    for (uint32_t p = 0; p < in->partitions.len; p++)
      if (!in->partitions.items[p].at_end) return true;
  }
  return false;
}

static bool idle_long_enough(Job *job) {
  if (job->spec->until_idle == 0 || next_recorded(job)) return false;
  if (behind(job)) job->last_event_ns = clock_monotonic_ns();
  return (clock_monotonic_ns() - job->last_event_ns) / 100 >= job->spec->until_idle;
}

static void finish_inputs(Job *job) {
  for (uint32_t i = 0; i < job->inputs_len; i++)
    if (!job->inputs[i].plan->reference) input_finish(&job->inputs[i]);
}

void job_report(Job *job) {
  int64_t now = clock_monotonic_ns();
  if (job->spec->progress == NULL || now - job->last_progress_ns < NS_PER_SECOND) return;
  job->last_progress_ns = now;
  job->spec->progress(job->spec->context, job_progress(job));
}

void job_notice(Job *job, const char *format, ...) {
  if (job->spec->notice == NULL) return;
  StrBuf text = {0};
  va_list args;
  va_start(args, format);
  strbuf_vprintf(&text, format, args);
  va_end(args);
  job->spec->notice(job->spec->context, text.ptr);
  strbuf_release(&text);
}

static Status run_loop(Job *job, Error *err) {
  while (!all_finished(job) && !atomic_load(&job->stop)) {
    bool moved;
    TRY(step_all(job, &moved, err));
    job_pace(job);
    TRY(maybe_end_epoch(job, !moved, err));
    references_step(job);
    if (idle_long_enough(job)) finish_inputs(job);
    job_report(job);
  }
  return STATUS_OK;
}

static Status start_streams(Job *job, Error *err) {
  for (uint32_t i = 0; i < job->inputs_len; i++) {
    JobInput *in = &job->inputs[i];
    if (in->plan->reference) continue;
    input_announce(in, input_partitions(in));
    input_resume(in);
    if (job->spec->threads != 1) TRY(reader_start(in, &in->reader, err));
  }
  return STATUS_OK;
}

/* What a sink still writes at its end (a header without rows, the end of a packed file) may fail, too. */
static Status close_outputs(Job *job, Error *err) {
  Status status = STATUS_OK;
  for (uint32_t i = 0; i < job->outputs_len; i++) {
    Status closed = output_close(&job->outputs[i], status == STATUS_OK ? err : NULL);
    if (status == STATUS_OK) status = closed;
  }
  return status;
}

Status job_run(Job *job, Error *err) {
  job->started_ns = job->last_epoch_ns = job->last_event_ns = job->last_progress_ns = clock_monotonic_ns();
  TRY(references_load(job, err));
  TRY(start_streams(job, err));
  Status status = run_loop(job, err);
  for (uint32_t i = 0; i < job->inputs_len; i++) stop_reader(&job->inputs[i]);
  references_stop(job);
  if (status == STATUS_CANCELLED) return STATUS_OK;
  if (status != STATUS_OK) { /* what was computed before still goes out */
    Error ignored;
    for (uint32_t i = 0; i < job->outputs_len; i++) output_flush(&job->outputs[i], &ignored);
    quarantine_flush(job->quarantine, &ignored);
    return status;
  }
  if (job->ctx.failed != STATUS_OK) {
    if (err) *err = job->ctx.error;
    return job->ctx.failed;
  }
  TRY(end_epoch(job, err));
  return close_outputs(job, err);
}

void job_stop(Job *job) { atomic_store(&job->stop, 1); }

/* ---- progress --------------------------------------------------------------------------------- */

static void input_progress(Job *job, uint32_t i, Ticks now) {
  JobInput *in = &job->inputs[i];
  JobInputProgress *progress = &job->progress.inputs[i];
  *progress = (JobInputProgress){.name = in->plan->name, .counts = in->counts, .malformed = in->malformed,
                                 .tombstones = in->tombstones,
                                 .watermark = in->plan->reference ? TICKS_MIN : input_watermark(in)};
  progress->counts.bytes = in->bytes;
  if (in->cls && in->cls->state) {
    pthread_mutex_lock(&in->source_lock);
    in->cls->state(in->source, progress->state, sizeof progress->state);
    pthread_mutex_unlock(&in->source_lock);
  }
  if (in->plan->reference) {
    references_progress(job, in, progress);
    return;
  }
  job->progress.events_in += in->counts.events;
  if (!in->cls->live || in->finished || progress->watermark == TICKS_MIN) return;
  if (now - progress->watermark > job->progress.lag) job->progress.lag = now - progress->watermark;
}

const JobProgress *job_progress(Job *job) {
  JobProgress *progress = &job->progress;
  if (progress->inputs == NULL) {
    progress->inputs = ARENA_ARRAY(&job->arena, JobInputProgress, job->inputs_len + 1);
    progress->outputs = ARENA_ARRAY(&job->arena, JobOutputProgress, job->outputs_len + 1);
  }
  progress->inputs_len = job->inputs_len;
  progress->outputs_len = job->outputs_len;
  progress->events_in = progress->rows_out = 0;
  progress->lag = 0;
  for (uint32_t i = 0; i < job->inputs_len; i++) input_progress(job, i, clock_wall(job->clock));
  for (uint32_t i = 0; i < job->outputs_len; i++) {
    JobOutput *out = &job->outputs[i];
    progress->outputs[i] = (JobOutputProgress){.name = out->plan->name, .rows = out->rows, .rejected = out->rejected};
    if (out->sink && out->cls->state)
      out->cls->state(out->sink, progress->outputs[i].state, sizeof progress->outputs[i].state);
    progress->rows_out += out->rows;
  }
  progress->runtime_errors = job->runtime_errors;
  progress->quarantined = quarantine_kept(job->quarantine);
  progress->quarantine_path = quarantine_path(job->quarantine);
  progress->elapsed_ns = clock_monotonic_ns() - job->started_ns;
  progress->active_ns = job->last_event_ns - job->started_ns;
  return progress;
}

void job_steps(const Job *job, JobStepProgress *out) {
  for (uint32_t i = 0; i < job->plan->nodes_len; i++)
    out[i] = (JobStepProgress){job->plan->nodes[i], job->ops[i]->rows_in, job->ops[i]->rows_out};
}

void job_samples(Job *job, StrBuf *out) { quarantine_samples(job->quarantine, 3, out); }

/* ---- the end ---------------------------------------------------------------------------------- */

void job_close(Job *job) {
  if (job == NULL) return;
  for (uint32_t i = 0; i < job->outputs_len; i++) output_close(&job->outputs[i], NULL);
  references_close(job);
  for (uint32_t i = 0; i < job->inputs_len; i++) {
    stop_reader(&job->inputs[i]);
    input_close(&job->inputs[i]);
  }
  if (job->ops) graph_free(job);
  if (job->quarantine) quarantine_free(job->quarantine);
  commit_release(job);
  mem_free(job->outputs);
  mem_free(job->inputs);
  vec_release(&job->origins);
  strbuf_release(&job->row_text);
  pthread_mutex_destroy(&job->errors_lock);
  if (job->restored_from) job->restored_from->cls->close(job->restored_from);
  arena_release(&job->arena);
  mem_free(job);
}

/* ---- stop and restore, for tests -------------------------------------------------------------- */

static Str step_name(Job *job, uint32_t id) {
  return arena_printf(&job->graph_arena, "%s #%u", plan_kind_name(job->plan->nodes[id]->kind), id);
}

static Status save_graph(Job *job, StateStore *store, Error *err) {
  StateWriter writer;
  Status status = state_writer_open(&writer, store, err);
  for (uint32_t i = 0; i < job->plan->nodes_len && status == STATUS_OK; i++) {
    if (job->ops[i]->cls->save == NULL) continue;
    state_writer_step(&writer, step_name(job, i));
    status = job->ops[i]->cls->save(job->ops[i], &writer, err);
  }
  if (status == STATUS_OK) status = state_writer_commit(&writer, err);
  state_writer_close(&writer);
  return status;
}

static Status load_graph(Job *job, StateStore *store, Error *err) {
  StateReader reader;
  state_reader_init(&reader, store);
  for (uint32_t i = 0; i < job->plan->nodes_len; i++) {
    if (job->ops[i]->cls->load == NULL) continue;
    state_reader_step(&reader, step_name(job, i));
    TRY(job->ops[i]->cls->load(job->ops[i], &reader, err));
  }
  return STATUS_OK;
}

Status job_restore(Job *job, Error *err) {
  if (job->restored_from == NULL) job->restored_from = state_memory_new();
  StateStore *store = job->restored_from;
  uint32_t channels = job->ctx.next_channel;
  Status status = save_graph(job, store, err);
  if (status == STATUS_OK) {
    graph_free(job);
    status = graph_build(job, err);
  }
  if (status == STATUS_OK) status = load_graph(job, store, err);
  job->ctx.next_channel = channels;
  return status;
}
