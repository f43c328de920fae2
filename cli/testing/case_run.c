/* case_run.c: compiles a case, runs it in the process with its files as inputs and outputs that are kept in memory,
** and compares everything the case states: diagnostics, rows, counts, entries of the quarantine. Recorded inputs move
** the clock themselves, so hours of events take milliseconds. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/testing/case_doubts.h"
#include "connectors/memory/memory.h"
#include "connectors/registry.h"
#include "plan/explain.h"
#include "types/json.h"

typedef struct CaseRun {
  Case          *test;
  const CaseWay *way;
  CaseResult    *result;
  StrBuf         problems, warnings;
  PlanScript    *plan;
  Job           *job;
  const char    *quarantine;
  unsigned       number;      /* of this run in the process: its outputs are kept under it */
  unsigned       batches;
  Ticks         *watermarks;  /* of each input, before it ended */
  Status         restored;
  Error          restore_error;
  pthread_mutex_t lock;       /* of the warnings, while the job runs */
} CaseRun;

static void say(CaseRun *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(CaseRun *run, const char *format, ...) {
  va_list args;
  va_start(args, format);
  strbuf_vprintf(&run->problems, format, args);
  va_end(args);
  strbuf_putc(&run->problems, '\n');
  run->result->outcome = CASE_FAILED;
}

static void break_run(CaseRun *run, Str reason, Str hint) {
  run->result->outcome = CASE_BROKEN;
  run->result->broken = arena_str(&run->result->arena, reason);
  run->result->hint = arena_str(&run->result->arena, hint);
}

/* ---- compiling -------------------------------------------------------------------------------- */

/* A query without any input is looked at as `weir check` does: every FROM name is an input. */
static Compiled *compile_case(Case *test) {
  BindInput *inputs = ARENA_ARRAY(&test->arena, BindInput, test->inputs.len + 1);
  for (uint32_t i = 0; i < test->inputs.len; i++)
    inputs[i] = (BindInput){.name = test->inputs.items[i].name, .reference = test->inputs.items[i].reference,
                            .csv = test->inputs.items[i].csv};
  BindOptions options = {.inputs = inputs, .inputs_len = test->inputs.len, .closed = test->inputs.len > 0,
                         .compat = test->compat};
  return compile_query(&test->query, &options);
}

static void collect_diags(CaseRun *run, DiagList *diags, DiagSeverity severity, CaseNotes *out) {
  Arena *arena = &run->result->arena;
  for (uint32_t i = 0; i < diags->items.len; i++) {
    const Diag *diag = &diags->items.items[i];
    if (diag_info(diag->code)->severity != severity) continue;
    CaseNote note = {.code = str_from(diag_info(diag->code)->code), .phrase = diag->message};
    if (diag->hint.len)
      note.phrase = arena_printf(arena, STR_FMT "; " STR_FMT, STR_ARG(diag->message), STR_ARG(diag->hint));
    else note.phrase = arena_str(arena, diag->message);
    source_text_position(&run->test->query, diag->span.begin, &note.line, &note.column);
    arena_push(arena, &out->items, note);
  }
}

static void check_notes(CaseRun *run, const CaseNotes *wanted, const CaseNotes *found, const char *kind) {
  if (!case_notes_compare(wanted, found, kind, &run->problems)) run->result->outcome = CASE_FAILED;
}

static void check_diags(CaseRun *run, Compiled *compiled) {
  CaseNotes errors = {0}, warnings = {0};
  collect_diags(run, &compiled->diags, DIAG_ERROR, &errors);
  collect_diags(run, &compiled->diags, DIAG_WARNING, &warnings);
  if (run->test->errors.stated) check_notes(run, &run->test->errors, &errors, "error");
  else if (errors.items.len) say(run, "the query does not compile");
  if (run->test->warned.stated) check_notes(run, &run->test->warned, &warnings, "warning");
  if (run->result->outcome == CASE_PASSED) return;
  StrBuf text = {0};
  diags_render(&compiled->diags, &text, run->way->colour);
  run->result->diagnostics = arena_str(&run->result->arena, strbuf_str(&text));
  strbuf_release(&text);
}

/* ---- running ---------------------------------------------------------------------------------- */

static void note_watermarks(CaseRun *run, Job *job) {
  const JobProgress *progress = job_progress(job);
  for (uint32_t i = 0; i < progress->inputs_len; i++)
    if (progress->inputs[i].watermark < TICKS_MAX) run->watermarks[i] = progress->inputs[i].watermark;
}

static void on_batch(void *context, Job *job) {
  CaseRun *run = context;
  note_watermarks(run, job);
  if (run->way->restore_every == 0 || ++run->batches % run->way->restore_every || run->restored != STATUS_OK) return;
  run->restored = job_restore(job, &run->restore_error);
  if (run->restored != STATUS_OK) job_stop(job);
}

/* What the job has to tell beside the stream: events without an arrival time. Inputs may be read by several threads. */
static void on_notice(void *context, const char *text) {
  CaseRun *run = context;
  Str said = str_from(text), warning = STR("warning: ");
  if (!str_starts(said, warning)) return;
  pthread_mutex_lock(&run->lock);
  doubt_put(run->test, &run->warnings, "%s", text + warning.len);
  pthread_mutex_unlock(&run->lock);
}

static const char *sink_name(CaseRun *run, uint32_t output) {
  return arena_printf(&run->result->arena, "case-%u-%u", run->number, output).ptr;
}

static JobSpec make_spec(CaseRun *run) {
  Case *test = run->test;
  Arena *arena = &run->result->arena;
  JobBinding *inputs = ARENA_ARRAY(arena, JobBinding, test->inputs.len + 1);
  for (uint32_t i = 0; i < test->inputs.len; i++) {
    const CaseInput *input = &test->inputs.items[i];
    inputs[i] = (JobBinding){.name = input->name, .where = input->where, .reference = input->reference,
                             .arrival_field = input->arrival_field};
  }
  JobBinding *outputs = ARENA_ARRAY(arena, JobBinding, run->plan->outputs_len + 1);
  for (uint32_t i = 0; i < run->plan->outputs_len; i++)
    outputs[i] = (JobBinding){.name = run->plan->outputs[i]->name,
                              .where = arena_printf(arena, "memory:%s", sink_name(run, i))};
  return (JobSpec){.name = "case", .query_file = "query", .inputs = inputs, .inputs_len = test->inputs.len,
                   .outputs = outputs, .outputs_len = run->plan->outputs_len, .policy = test->policy,
                   .runtime_errors = test->runtime_errors, .start = START_EARLIEST, .start_time = test->start,
                   .quarantine = run->quarantine, .threads = run->way->threads, .batch_rows = run->way->batch_rows,
                   .registry = connectors_registry(), .between_batches = on_batch, .notice = on_notice,
                   .context = run};
}

/* ---- rows ------------------------------------------------------------------------------------- */

static const CaseOutput *expected_output(const Case *test, Str name) {
  for (uint32_t i = 0; i < test->outputs.len; i++)
    if (str_eq_nocase(test->outputs.items[i].name, name)) return &test->outputs.items[i];
  return NULL;
}

static bool read_actual(CaseRun *run, uint32_t output, const RowRules *rules, RowList *out) {
  unsigned count;
  char **rows = memory_sink_rows(sink_name(run, output), &count);
  StrBuf problem = {0};
  bool ok = true;
  for (unsigned i = 0; i < count && ok; i++)
    ok = rows_add(&run->result->arena, str_from(rows[i]), rules, out, &problem);
  if (!ok) say(run, "output " STR_FMT ": %s", STR_ARG(run->plan->outputs[output]->name), problem.ptr);
  strbuf_release(&problem);
  mem_free(rows);
  memory_sink_forget(sink_name(run, output));
  return ok;
}

static bool read_expected(CaseRun *run, const CaseOutput *wanted, RowList *out) {
  StrBuf problem = {0};
  bool ok = rows_read(&run->result->arena, wanted->rows, &wanted->rules, out, &problem);
  if (!ok) {
    StrBuf reason = {0};
    Str where = wanted->path.len ? wanted->path : wanted->name;
    strbuf_printf(&reason, STR_FMT ": %s", STR_ARG(where), problem.ptr);
    break_run(run, strbuf_str(&reason), STR("expected rows are a JSON array of objects, or one object a line"));
    strbuf_release(&reason);
  }
  strbuf_release(&problem);
  return ok;
}

static void check_output(CaseRun *run, uint32_t at) {
  static const RowRules plain;
  Arena *arena = &run->result->arena;
  const CaseOutput *wanted = expected_output(run->test, run->plan->outputs[at]->name);
  OutputResult output = {.name = arena_str(arena, run->plan->outputs[at]->name), .wanted = wanted};
  const RowRules *rules = wanted ? &wanted->rules : &plain;
  if (!read_actual(run, at, rules, &output.actual)) return;
  if (wanted && wanted->unrequired) {
    output.outcome = OUTPUT_UNREQUIRED;
  } else {
    if (wanted && !read_expected(run, wanted, &output.expected)) return;
    if (wanted) doubts_ignored(run->test, &output, &run->warnings);
    rows_compare(arena, &output.expected, &output.actual, rules, &output.diff);
    if (!diff_is_empty(&output.diff)) output.outcome = wanted ? OUTPUT_DIFFERS : OUTPUT_UNEXPECTED;
  }
  if (output.outcome == OUTPUT_DIFFERS || output.outcome == OUTPUT_UNEXPECTED) run->result->outcome = CASE_FAILED;
  if (wanted || output.outcome != OUTPUT_MATCHED) arena_push(arena, &run->result->outputs, output);
}

static Str written_outputs(CaseRun *run) {
  StrBuf names = {0};
  for (uint32_t i = 0; i < run->plan->outputs_len; i++)
    strbuf_printf(&names, "%s`" STR_FMT "`", i ? ", " : "", STR_ARG(run->plan->outputs[i]->name));
  Str copy = arena_str(&run->result->arena, strbuf_str(&names));
  strbuf_release(&names);
  return copy;
}

static void check_missing(CaseRun *run, const CaseOutput *wanted) {
  for (uint32_t i = 0; i < run->plan->outputs_len; i++)
    if (str_eq_nocase(run->plan->outputs[i]->name, wanted->name)) return;
  OutputResult output = {.name = wanted->name, .wanted = wanted, .others = written_outputs(run),
                         .outcome = wanted->unrequired ? OUTPUT_UNREQUIRED : OUTPUT_MISSING};
  arena_push(&run->result->arena, &run->result->outputs, output);
  if (!wanted->unrequired) run->result->outcome = CASE_FAILED;
}

static void check_rows(CaseRun *run) {
  for (uint32_t i = 0; i < run->plan->outputs_len && run->result->outcome != CASE_BROKEN; i++) check_output(run, i);
  for (uint32_t i = 0; i < run->test->outputs.len && run->result->outcome != CASE_BROKEN; i++)
    check_missing(run, &run->test->outputs.items[i]);
}

/* ---- counts ----------------------------------------------------------------------------------- */

static bool count_of(const JobInputProgress *input, Str name, int64_t *out) {
  const InputCounts *counts = &input->counts;
  const struct { const char *name; uint64_t count; } known[] = {
      {"events", counts->events}, {"early", counts->early}, {"late", counts->late},
      {"out-of-order", counts->out_of_order}, {"dropped", counts->dropped},
      {"invalid-timestamp", counts->invalid_timestamp}, {"adjusted", counts->adjusted},
      {"largest-shift", (uint64_t)counts->largest_shift}, {"malformed", input->malformed}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    *out = (int64_t)known[i].count;
    if (str_eq(name, str_from(known[i].name))) return true;
  }
  return false;
}

static void check_count(CaseRun *run, const CaseCount *wanted, const JobProgress *progress) {
  int64_t found;
  for (uint32_t i = 0; i < progress->inputs_len; i++) {
    if (!str_eq_nocase(progress->inputs[i].name, wanted->input)) continue;
    if (!count_of(&progress->inputs[i], wanted->name, &found)) break;
    if (found != wanted->count)
      say(run, STR_FMT ": count of " STR_FMT ": expected %lld, got %lld", STR_ARG(wanted->input),
          STR_ARG(wanted->name), (long long)wanted->count, (long long)found);
    return;
  }
  say(run, "there is no count `" STR_FMT "` of `" STR_FMT "`", STR_ARG(wanted->name), STR_ARG(wanted->input));
}

/* ---- the quarantine --------------------------------------------------------------------------- */

static CaseNote note_of_entry(const JsonNode *entry) {
  const JsonNode *kind = json_get(entry, "kind"), *reason = json_get(entry, "reason");
  const JsonNode *query = json_get(entry, "query");
  const JsonNode *line = json_get(query, "line"), *column = json_get(query, "column");
  return (CaseNote){.code = kind ? kind->text : STR("?"), .phrase = reason ? reason->text : STR("?"),
                    .line = line ? (uint32_t)line->number : 0, .column = column ? (uint32_t)column->number : 0};
}

static void check_quarantine(CaseRun *run) {
  Arena *arena = &run->result->arena;
  if (!run->test->quarantine.stated || run->result->outcome == CASE_BROKEN) return;
  CaseNotes found = {0};
  SourceText file = {0};
  Error err;
  if (access(run->quarantine, F_OK) == 0 && source_text_load(&file, run->quarantine, &err) != STATUS_OK)
    say(run, "%s", err.message);
  Str line, text = arena_str(arena, file.text);
  while (text.len) {
    str_cut(text, '\n', &line, &text);
    const JsonNode *entry = line.len ? json_parse_tree(arena, line, &err) : NULL;
    if (entry) arena_push(arena, &found.items, note_of_entry(entry));
    else if (line.len) say(run, "a line of the quarantine is no JSON: " STR_FMT, STR_ARG(line));
  }
  source_text_release(&file);
  check_notes(run, &run->test->quarantine, &found, "quarantine");
}

/* ---- facts ------------------------------------------------------------------------------------ */

static Str detail_of(Arena *arena, const ExplainNode *node) {
  static const char *const telling[] = {"where", "window", "on", "pattern", "unfolds"};
  for (uint32_t i = 0; i < node->facts.len; i++)
    for (unsigned j = 0; j < sizeof telling / sizeof *telling; j++) {
      const ExplainFact *fact = &node->facts.items[i];
      if (strcmp(fact->name, telling[j]) == 0)
        return arena_printf(arena, "%s " STR_FMT "%s", fact->name, STR_ARG(fact->items.items[0]),
                            fact->items.len > 1 ? ", ..." : "");
    }
  return (Str){0};
}

static void note_steps(CaseRun *run) {
  Arena *arena = &run->result->arena;
  JobStepProgress *steps = ARENA_ARRAY(arena, JobStepProgress, run->plan->nodes_len + 1);
  job_steps(run->job, steps);
  ExplainView view;
  explain_init(&view, run->plan);
  for (uint32_t i = 0; i < run->plan->nodes_len; i++) {
    StepFacts facts = {.title = arena_str(arena, view.nodes[i].title), .detail = detail_of(arena, &view.nodes[i]),
                       .kind = steps[i].plan->kind, .rows_in = steps[i].rows_in, .rows_out = steps[i].rows_out};
    arena_push(arena, &run->result->steps, facts);
  }
  explain_release(&view);
}

static void note_facts(CaseRun *run) {
  CaseResult *result = run->result;
  const JobProgress *progress = job_progress(run->job);
  for (uint32_t i = 0; i < progress->inputs_len; i++) {
    const JobInputProgress *input = &progress->inputs[i];
    InputFacts facts = {.name = arena_str(&result->arena, input->name), .counts = input->counts,
                        .reference = run->plan->inputs[i]->reference, .malformed = input->malformed,
                        .watermark = run->watermarks[i]};
    arena_push(&result->arena, &result->inputs, facts);
  }
  note_steps(run);
  result->quarantined = progress->quarantined;
  StrBuf samples = {0};
  job_samples(run->job, &samples);
  result->quarantine_samples = arena_str(&result->arena, strbuf_str(&samples));
  strbuf_release(&samples);
  result->ran = true;
}

/* ---- the whole -------------------------------------------------------------------------------- */

static void check_end(CaseRun *run, Status status, const Error *err) {
  Str stops = run->test->stops;
  if (run->restored != STATUS_OK)
    say(run, "stop and restore: %s: %s", run->restore_error.who, run->restore_error.message);
  else if (status == STATUS_OK && stops.len) say(run, "the job should stop with: " STR_FMT, STR_ARG(stops));
  else if (status != STATUS_OK && !(stops.len && str_contains(str_from(err->message), stops)))
    say(run, "the job stopped: %s%s%s", err->who, err->who[0] ? ": " : "", err->message);
}

/* A job that stops on purpose has no rows to compare: how far it came depends on the way. */
static void run_plan(CaseRun *run) {
  JobSpec spec = make_spec(run);
  Error err = {0};
  Status status = job_open(&spec, run->plan, &run->job, &err);
  if (status != STATUS_OK) {
    check_end(run, status, &err);
    return;
  }
  run->watermarks = ARENA_ARRAY(&run->result->arena, Ticks, run->plan->inputs_len + 1);
  for (uint32_t i = 0; i < run->plan->inputs_len; i++) run->watermarks[i] = TICKS_MIN;
  status = job_run(run->job, &err);
  check_end(run, status, &err);
  note_facts(run);
  const JobProgress *progress = job_progress(run->job);
  for (uint32_t i = 0; i < run->test->counts.len && status == STATUS_OK; i++)
    check_count(run, &run->test->counts.items[i], progress);
  job_close(run->job);
  if (status != STATUS_OK) return;
  check_rows(run);
  check_quarantine(run);
}

/* Rows are expected in a file that is not there: told before anything runs. */
static void check_files(CaseRun *run) {
  for (uint32_t i = 0; i < run->test->outputs.len; i++) {
    const CaseOutput *output = &run->test->outputs.items[i];
    if (!output->absent || run->way->rows_wanted) continue;
    Str reason = arena_printf(&run->result->arena, STR_FMT ": there is no file `" STR_FMT "` (rows of output `" STR_FMT
                              "`)", STR_ARG(run->test->file), STR_ARG(output->path), STR_ARG(output->name));
    break_run(run, reason, STR("--update writes it from the rows that come"));
    return;
  }
}

static void run_case(CaseRun *run) {
  if (run->test->broken.len) {
    break_run(run, run->test->broken, run->test->hint);
    return;
  }
  check_files(run);
  if (run->result->outcome == CASE_BROKEN) return;
  Compiled *compiled = compile_case(run->test);
  check_diags(run, compiled);
  if (run->result->outcome == CASE_PASSED && compiled->plan && run->test->inputs.len) {
    run->plan = compiled->plan;
    doubts_inputs(run->test, run->plan, &run->warnings);
    run_plan(run);
  }
  compiled_free(compiled);
}

CaseResult *case_run(Case *test, const CaseWay *way, const char *scratch) {
  static atomic_uint runs;
  CaseResult *result = mem_zalloc(sizeof *result);
  arena_init(&result->arena);
  CaseRun run = {.test = test, .way = way, .result = result, .number = atomic_fetch_add(&runs, 1),
                 .lock = PTHREAD_MUTEX_INITIALIZER,
                 .quarantine = arena_printf(&result->arena, "%s/quarantine.ndjson", scratch).ptr};
  unlink(run.quarantine);
  int64_t begun = clock_monotonic_ns();
  run_case(&run);
  result->elapsed_ns = clock_monotonic_ns() - begun;
  result->problems = arena_str(&result->arena, strbuf_str(&run.problems));
  result->warnings = arena_str(&result->arena, strbuf_str(&run.warnings));
  strbuf_release(&run.problems);
  strbuf_release(&run.warnings);
  unlink(run.quarantine);
  return result;
}

void case_result_free(CaseResult *result) {
  if (result == NULL) return;
  arena_release(&result->arena);
  mem_free(result);
}
