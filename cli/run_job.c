/* run_job.c: see run_job.h. */
#include "cli/run_job.h"

#include <signal.h>

#include "cli/job_points.h"
#include "cli/progress.h"
#include "cli/query_file.h"
#include "cli/signals.h"
#include "cli/term.h"

/* ---- one run ---------------------------------------------------------------------------------- */

static bool is_bound(const JobSpec *spec, Str name) {
  for (uint32_t i = 0; i < spec->outputs_len; i++)
    if (str_eq_nocase(spec->outputs[i].name, name)) return true;
  return false;
}

/* Sends outputs that nothing binds to request->rows_to. True when some stay unbound: their rows go to stdout. */
static bool bind_outputs(const RunRequest *request, JobSetup *setup, const PlanScript *plan) {
  unsigned unbound = 0;
  for (uint32_t i = 0; i < plan->outputs_len; i++) unbound += !is_bound(&setup->spec, plan->outputs[i]->name);
  if (request->rows_to == NULL) return unbound > 0;
  const char *where = unbound > 1 ? request->rows_to_each : request->rows_to;
  for (uint32_t i = 0; i < plan->outputs_len; i++) {
    Str name = plan->outputs[i]->name;
    if (!is_bound(&setup->spec, name)) job_setup_bind_output(setup, name, str_from(where));
  }
  return false;
}

/* Rows depend on when events happened. */
static bool looks_at_time(const PlanScript *plan) {
  static const bool looks[PLAN_KINDS] = {[PLAN_AGGREGATE] = true, [PLAN_SESSION] = true, [PLAN_SLIDING] = true,
                                         [PLAN_JOIN_STREAM] = true, [PLAN_ANALYTIC] = true, [PLAN_MATCH] = true};
  for (uint32_t i = 0; i < plan->nodes_len; i++)
    if (looks[plan->nodes[i]->kind]) return true;
  return false;
}

/* A file knows no arrival times: without TIMESTAMP BY and without --arrival all its events happen at once. */
static void warn_without_time(const JobSetup *setup, const PlanScript *plan) {
  if (!looks_at_time(plan)) return;
  for (uint32_t i = 0; i < plan->nodes_len; i++) {
    const PlanNode *node = plan->nodes[i];
    if (node->kind != PLAN_ENTRANCE || node->entrance.timestamp) continue;
    for (uint32_t j = 0; j < setup->inputs.len; j++) {
      const JobBinding *input = &setup->inputs.items[j];
      bool without = setup->recorded[j] && input->arrival_field.len == 0 && str_eq_nocase(input->name, node->label);
      if (!without) continue;
      term_warning("input " STR_FMT ": a file has no arrival times, so all its events get the time of the run's start",
                   STR_ARG(input->name));
      term_help("write TIMESTAMP BY column behind it in FROM, or give --arrival " STR_FMT "=FIELD",
                STR_ARG(input->name));
    }
  }
}

/* A recording has one beginning; a time leaves out the rows before it, whatever they come from. */
static void warn_start(const JobSetup *setup, const JobOptions *options) {
  StartKind start = setup->spec.start;
  if (options->start == NULL || start == START_EARLIEST || start == START_TIME) return;
  for (uint32_t i = 0; i < setup->inputs.len; i++)
    if (setup->recorded[i] && !setup->inputs.items[i].reference)
      term_warning("input " STR_FMT ": a recording is read from its beginning; --start %s is for live inputs",
                   STR_ARG(setup->inputs.items[i].name), options->start);
}

/* A progress line is shown where it does not mix with rows. */
static bool wants_progress(const RunRequest *request, bool rows_on_stdout) {
  if (request->json || request->rows_to || !term_is_terminal(stderr)) return false;
  return !(rows_on_stdout && term_is_terminal(stdout));
}

static int exit_code(const RunRequest *request, const JobProgress *progress) {
  for (uint32_t i = 0; i < progress->outputs_len; i++)
    if (progress->outputs[i].rejected) return 1;
  return request->options->strict && progress->quarantined ? 1 : 0;
}

/* What a project or job file has to say first. False: something it needs cannot run here. */
static bool show_description(const RunRequest *request, const JobSetup *setup, const PlanScript *plan) {
  if (!setup->described) return true;
  if (job_points_show(setup, plan)) return false;
  job_names_warn(setup, plan);
  job_bindings_show(setup, plan);
  return true;
}

static void stop_job(void *job) { job_stop(job); }

static int run_plan(const RunRequest *request, JobSetup *setup, PlanScript *plan) {
  if (!show_description(request, setup, plan)) return status_exit_code(STATUS_CONFIG);
  job_setup_drop_unused(setup, plan);
  bool rows_on_stdout = bind_outputs(request, setup, plan);
  warn_without_time(setup, plan);
  warn_start(setup, request->options);
  ProgressLine line = {0};
  setup->spec.notice = progress_notice;
  setup->spec.context = &line;
  if (wants_progress(request, rows_on_stdout)) setup->spec.progress = progress_show;
  Error err = {0};
  Job *job = NULL;
  signal(SIGPIPE, SIG_IGN); /* a pipe that its reader closed is a failed write: the other outputs are still finished */
  signals_open(request->json);
  Status status = job_open(&setup->spec, plan, &job, &err);
  if (status != STATUS_OK) return signals_end(), term_error(&err);
  signals_run(stop_job, job);
  status = job_run(job, &err);
  progress_clear(&line);
  int code = exit_code(request, job_progress(job));
  summary_print(job, request->json, request->brief && code == 0 && job_progress(job)->rows_out);
  signals_end();
  job_close(job);
  bool ended = status == STATUS_OK || status == STATUS_CANCELLED; /* stopped, or nobody reads the rows any more */
  return ended ? code : term_error(&err);
}

static int run_query(const RunRequest *request, JobSetup *setup) {
  QueryFile query;
  Error err = {0};
  Status status = STATUS_OK;
  if (setup->query) status = query_file_load(&query, setup->query, &setup->bind, &err);
  else query_file_text(&query, request->text, &setup->bind);
  int code;
  if (status == STATUS_OK) {
    query_file_show(&query, request->json);
    code = query.compiled->plan ? run_plan(request, setup, query.compiled->plan) : query_file_exit(&query);
  } else {
    code = term_error(&err);
  }
  query_file_release(&query);
  return code;
}

int run_job(const RunRequest *request) {
  JobSetup setup;
  Error err = {0};
  if (request->json) term_use_json();
  Status status = job_setup(&setup, request->options, request->path, request->registry, &err);
  if (setup.described) job_notes_show(&setup, request->options->verbose);
  int code = status == STATUS_OK ? run_query(request, &setup) : term_error(&err);
  job_setup_release(&setup);
  return code;
}
