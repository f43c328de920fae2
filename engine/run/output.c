/* output.c: bindings of outputs, and writing. An output that is bound nowhere, or to a plain `-`, goes to stdout as
** JSON lines; several such outputs share it, each line wrapped with the name of its output (cli.md). */
#include "run/internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "types/json.h"

static Status open_wrapped(JobOutput *out, Error *err) {
  out->wrapped = true;
  out->format = registry_format(out->job->spec->registry, STR("json"));
  out->format_options = arena_zalloc(&out->job->arena, out->format->options_bytes + 1);
  if (out->format->options) options_defaults(out->format->options, out->format_options);
  return out->format->encoder_open(out->format_options, &out->plan->schema, &out->encoder, err);
}

bool output_shares_stdout(const Job *job, const PlanOutput *plan) {
  const JobBinding *binding = binding_find(job->spec->outputs, job->spec->outputs_len, plan->name);
  return binding == NULL || str_eq(str_trim(binding->where), STR("-"));
}

static bool is_same_file(const struct stat *file, const char *path) {
  struct stat other;
  return stat(path, &other) == 0 && file->st_dev == other.st_dev && file->st_ino == other.st_ino;
}

/* The file of an output, NULL when it goes elsewhere. */
static const char *file_of(const JobOutput *out) {
  bool file = str_eq(out->where.scheme, STR("file")) && !str_eq(out->where.target, STR("-"));
  return file ? arena_cstr(&out->job->arena, out->where.target) : NULL;
}

Status output_check_file(Job *job, const char *who, const char *path, Error *err) {
  struct stat file;
  if (stat(path, &file) != 0 || !S_ISREG(file.st_mode)) return STATUS_OK;
  for (uint32_t i = 0; i < job->inputs_len; i++) {
    const JobInput *in = &job->inputs[i];
    if (in->source == NULL || in->cls->reads_file == NULL || !in->cls->reads_file(in->source, &file)) continue;
    error_set(err, STATUS_CONFIG, who, "`%s` is read by the input `" STR_FMT "`", path, STR_ARG(in->plan->name));
    return error_hint(err, "write to another file");
  }
  return STATUS_OK;
}

/* Opening a file for output empties it: it must be neither an input of the same job, nor another output of it (which
** is open already), nor the quarantine. */
static Status check_file(const JobOutput *out, Error *err) {
  struct stat file;
  const char *path = file_of(out), *who = out->who, *quarantine = quarantine_path(out->job->quarantine);
  if (path == NULL) return STATUS_OK;
  bool known = stat(path, &file) == 0 && S_ISREG(file.st_mode);
  if (strcmp(path, quarantine) == 0 || (known && is_same_file(&file, quarantine))) {
    error_set(err, STATUS_CONFIG, who, "`%s` is the quarantine of the job", path);
    return error_hint(err, "write to another file, or name another quarantine with --quarantine");
  }
  for (const JobOutput *other = out->job->outputs; other < out; other++) {
    const char *taken = other->wrapped ? NULL : file_of(other);
    bool same = taken && strcmp(taken, path) == 0; /* a pattern is no file, and parts have names of their own */
    if (!same && (taken == NULL || !known || !is_same_file(&file, taken))) continue;
    error_set(err, STATUS_CONFIG, who, "`%s` is written by the output `" STR_FMT "`", path, STR_ARG(other->plan->name));
    return error_hint(err, "write to another file, or let both SELECTs write INTO one output");
  }
  return output_check_file(out->job, who, path, err);
}

static bool resumes(Job *job) {
  bool any = false;
  for (uint32_t i = 0; i < job->inputs_len; i++) any |= input_resumed(&job->inputs[i]);
  return any;
}

Status output_open(Job *job, JobOutput *out, const PlanOutput *plan, unsigned sharing, Error *err) {
  *out = (JobOutput){.job = job, .plan = plan,
                     .who = arena_printf(&job->arena, "output " STR_FMT, STR_ARG(plan->name)).ptr};
  if (sharing > 1 && output_shares_stdout(job, plan)) return open_wrapped(out, err);
  const JobBinding *binding = binding_find(job->spec->outputs, job->spec->outputs_len, plan->name);
  TRY(binding_named(where_parse(&job->arena, binding ? binding->where : STR("-"), &out->where, err), out->who, err));
  out->cls = registry_sink(job->spec->registry, out->where.scheme);
  if (out->cls == NULL) {
    error_set(err, STATUS_CONFIG, out->who, "nothing here writes `" STR_FMT ":`", STR_ARG(out->where.scheme));
    return error_hint(err, "bind the output to a file, kafka://... or odbc:...");
  }
  TRY(check_file(out, err));
  if (out->cls->bytes) TRY(binding_format(job, &out->where, out->who, &out->format, &out->format_options, err));
  SinkConfig config = {.job = job->spec->name, .name = plan->name.ptr, .who = out->who,
                       .where = &out->where, .schema = &plan->schema,
                       .format = out->format, .format_options = out->format_options, .reject = errors_rejected,
                       .reject_context = out, .resumes = resumes(job), .notice = job->spec->notice,
                       .notice_context = job->spec->context};
  return binding_named(out->cls->open(&config, &job->arena, &out->sink, err), out->who, err);
}

/* A reader that went away is no failure: there is nobody left to write for. */
static Status stdout_failed(Error *err) {
  if (errno == EPIPE) return error_set(err, STATUS_CANCELLED, "stdout", "nobody reads it any more");
  return error_set(err, STATUS_WORLD, "stdout", "cannot write: %s", strerror(errno));
}

static Status write_wrapped(JobOutput *out, const Batch *batch, Error *err) {
  StrBuf rows = {0}, lines = {0};
  uint32_t count = batch_count(batch), begin = 0;
  uint32_t *ends = mem_alloc(mem_mul(count, sizeof *ends));
  out->format->encode(out->encoder, batch, false, &rows, ends);
  for (uint32_t i = 0; i < count; begin = ends[i++]) {
    strbuf_puts(&lines, "{\"output\":");
    json_put_string(&lines, out->plan->name);
    strbuf_puts(&lines, ",\"row\":");
    strbuf_append(&lines, rows.ptr + begin, ends[i] - begin);
    strbuf_puts(&lines, "}\n");
  }
  bool ok = fwrite(lines.ptr, 1, lines.len, stdout) == lines.len;
  strbuf_release(&rows);
  strbuf_release(&lines);
  mem_free(ends);
  return ok ? STATUS_OK : stdout_failed(err);
}

void output_write(JobOutput *out, const Batch *batch) {
  OpContext *ctx = &out->job->ctx;
  if (ctx->failed != STATUS_OK) return;
  out->rows += batch_count(batch);
  out->waiting = true;
  Status status =
      out->wrapped ? write_wrapped(out, batch, &ctx->error) : out->cls->write(out->sink, batch, &ctx->error);
  if (status != STATUS_OK) ctx->failed = status;
}

Status output_flush(JobOutput *out, Error *err) {
  if (!out->waiting) return STATUS_OK;
  if (out->wrapped) {
    if (fflush(stdout) != 0) return stdout_failed(err);
  } else {
    TRY(out->cls->flush(out->sink, err));
  }
  out->waiting = false;
  return STATUS_OK;
}

Status output_close(JobOutput *out, Error *err) {
  Status status = STATUS_OK;
  if (out->sink) status = out->cls->close(out->sink, err);
  if (out->encoder) out->format->encoder_close(out->encoder);
  out->sink = NULL;
  out->encoder = NULL;
  where_release(&out->where);
  return status;
}
