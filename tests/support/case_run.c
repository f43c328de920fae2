/* case_run.c: compiles a case, runs it in the process with file inputs and memory outputs, and compares everything
** the case states: diagnostics, rows, counts, entries of the quarantine. */
#include <unistd.h>

#include "connectors/memory/memory.h"
#include "connectors/registry.h"
#include "support/case.h"
#include "types/json.h"

/* ---- notes: diagnostics and quarantine entries ------------------------------------------------ */

static void put_note(StrBuf *out, const char *what, const CaseNote *note) {
  strbuf_printf(out, "%s " STR_FMT, what, STR_ARG(note->code));
  if (note->line) strbuf_printf(out, " %u:%u", note->line, note->column);
  strbuf_printf(out, " " STR_FMT "\n", STR_ARG(note->phrase));
}

static bool contains(Str text, Str part) {
  for (size_t at = 0; at + part.len <= text.len; at++)
    if (part.len == 0 || memcmp(text.ptr + at, part.ptr, part.len) == 0) return true;
  return false;
}

static bool note_fits(const CaseNote *wanted, const CaseNote *found) {
  if (!str_eq(wanted->code, found->code) || !contains(found->phrase, wanted->phrase)) return false;
  return wanted->line == 0 || (wanted->line == found->line && wanted->column == found->column);
}

/* Every wanted note is found once, and nothing else is. */
static bool compare_notes(const CaseNotes *wanted, const CaseNotes *found, const char *kind, StrBuf *problem) {
  bool ok = true;
  bool *used = mem_zalloc(found->items.len + 1);
  for (uint32_t i = 0; i < wanted->items.len; i++) {
    uint32_t at = 0;
    while (at < found->items.len && (used[at] || !note_fits(&wanted->items.items[i], &found->items.items[at]))) at++;
    if (at < found->items.len) {
      used[at] = true;
      continue;
    }
    strbuf_printf(problem, "%s ", kind);
    put_note(problem, "missing:   ", &wanted->items.items[i]);
    ok = false;
  }
  for (uint32_t i = 0; i < found->items.len; i++) {
    if (used[i]) continue;
    strbuf_printf(problem, "%s ", kind);
    put_note(problem, "unexpected:", &found->items.items[i]);
    ok = false;
  }
  mem_free(used);
  return ok;
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

static void collect_diags(Case *test, DiagList *diags, DiagSeverity severity, CaseNotes *out) {
  for (uint32_t i = 0; i < diags->items.len; i++) {
    const Diag *diag = &diags->items.items[i];
    if (diag_info(diag->code)->severity != severity) continue;
    StrBuf text = {0};
    strbuf_printf(&text, STR_FMT, STR_ARG(diag->message));
    if (diag->hint.len) strbuf_printf(&text, "; " STR_FMT, STR_ARG(diag->hint));
    CaseNote note = {.code = str_from(diag_info(diag->code)->code),
                     .phrase = arena_str(&test->arena, strbuf_str(&text))};
    source_text_position(&test->query, diag->span.begin, &note.line, &note.column);
    arena_push(&test->arena, &out->items, note);
    strbuf_release(&text);
  }
}

static bool check_diags(Case *test, Compiled *compiled, StrBuf *problem) {
  CaseNotes errors = {0}, warnings = {0};
  collect_diags(test, &compiled->diags, DIAG_ERROR, &errors);
  collect_diags(test, &compiled->diags, DIAG_WARNING, &warnings);
  bool ok = compare_notes(&test->errors, &errors, "error", problem);
  if (test->warnings.stated) ok = compare_notes(&test->warnings, &warnings, "warning", problem) && ok;
  return ok;
}

/* ---- running ---------------------------------------------------------------------------------- */

typedef struct CaseRun {
  Case          *test;
  const CaseWay *way;
  PlanScript    *plan;
  const char    *quarantine;
  unsigned       batches;
  Status         restored;
  Error          restore_error;
} CaseRun;

static void on_batch(void *context, Job *job) {
  CaseRun *run = context;
  if (run->way->restore_every == 0 || ++run->batches % run->way->restore_every || run->restored != STATUS_OK) return;
  run->restored = job_restore(job, &run->restore_error);
  if (run->restored != STATUS_OK) job_stop(job);
}

static const char *sink_name(Case *test, uint32_t output) { return arena_printf(&test->arena, "out%u", output).ptr; }

static JobSpec make_spec(CaseRun *run) {
  Case *test = run->test;
  JobBinding *inputs = ARENA_ARRAY(&test->arena, JobBinding, test->inputs.len + 1);
  for (uint32_t i = 0; i < test->inputs.len; i++) {
    const CaseInput *input = &test->inputs.items[i];
    inputs[i] = (JobBinding){.name = input->name, .where = input->path, .reference = input->reference,
                             .arrival_field = input->arrival_field};
  }
  JobBinding *outputs = ARENA_ARRAY(&test->arena, JobBinding, run->plan->outputs_len + 1);
  for (uint32_t i = 0; i < run->plan->outputs_len; i++)
    outputs[i] = (JobBinding){.name = run->plan->outputs[i]->name,
                              .where = arena_printf(&test->arena, "memory:%s", sink_name(test, i))};
  return (JobSpec){.name = "case", .query_file = "query", .inputs = inputs, .inputs_len = test->inputs.len,
                   .outputs = outputs, .outputs_len = run->plan->outputs_len, .policy = test->policy,
                   .runtime_errors = test->runtime_errors, .start = START_EARLIEST, .start_time = test->start,
                   .quarantine = run->quarantine, .threads = run->way->threads, .batch_rows = run->way->batch_rows,
                   .registry = connectors_registry(), .between_batches = on_batch, .context = run};
}

/* ---- what came out ---------------------------------------------------------------------------- */

static const CaseOutput *expected_output(const Case *test, Str name, const CaseOutput *nothing) {
  for (uint32_t i = 0; i < test->outputs.len; i++)
    if (str_eq_nocase(test->outputs.items[i].name, name)) return &test->outputs.items[i];
  return nothing;
}

static bool check_rows(CaseRun *run, StrBuf *problem) {
  bool ok = true;
  for (uint32_t i = 0; i < run->plan->outputs_len; i++) {
    CaseOutput nothing = {.name = run->plan->outputs[i]->name};
    unsigned count;
    char **rows = memory_sink_rows(sink_name(run->test, i), &count);
    ok = case_compare_rows(expected_output(run->test, nothing.name, &nothing), rows, count, problem) && ok;
    mem_free(rows);
  }
  for (uint32_t i = 0; i < run->test->outputs.len; i++) {
    bool written = false;
    for (uint32_t j = 0; j < run->plan->outputs_len; j++)
      written |= str_eq_nocase(run->plan->outputs[j]->name, run->test->outputs.items[i].name);
    Str name = run->test->outputs.items[i].name;
    if (!written) strbuf_printf(problem, "the query writes no output `" STR_FMT "`\n", STR_ARG(name));
    ok = ok && written;
  }
  return ok;
}

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

static bool check_count(const CaseCount *wanted, const JobProgress *progress, StrBuf *problem) {
  int64_t found;
  for (uint32_t i = 0; i < progress->inputs_len; i++) {
    if (!str_eq_nocase(progress->inputs[i].name, wanted->input)) continue;
    if (!count_of(&progress->inputs[i], wanted->name, &found)) break;
    if (found == wanted->count) return true;
    strbuf_printf(problem, STR_FMT ": %s " STR_FMT ": expected %lld, got %lld\n", STR_ARG(wanted->input), "count of",
                  STR_ARG(wanted->name), (long long)wanted->count, (long long)found);
    return false;
  }
  strbuf_printf(problem, "there is no count `" STR_FMT "` of `" STR_FMT "`\n", STR_ARG(wanted->name),
                STR_ARG(wanted->input));
  return false;
}

static bool check_counts(const Case *test, Job *job, StrBuf *problem) {
  const JobProgress *progress = job_progress(job);
  bool ok = true;
  for (uint32_t i = 0; i < test->counts.len; i++) ok = check_count(&test->counts.items[i], progress, problem) && ok;
  return ok;
}

static CaseNote note_of_entry(const JsonNode *entry) {
  const JsonNode *kind = json_get(entry, "kind"), *reason = json_get(entry, "reason");
  const JsonNode *query = json_get(entry, "query");
  const JsonNode *line = json_get(query, "line"), *column = json_get(query, "column");
  return (CaseNote){.code = kind ? kind->text : STR("?"), .phrase = reason ? reason->text : STR("?"),
                    .line = line ? (uint32_t)line->number : 0, .column = column ? (uint32_t)column->number : 0};
}

static bool check_quarantine(CaseRun *run, StrBuf *problem) {
  Case *test = run->test;
  if (!test->quarantine.stated) return true;
  CaseNotes found = {0};
  Str text = {0}, line;
  Error err;
  if (access(run->quarantine, F_OK) == 0 && !case_read_file(test, run->quarantine, &text, problem)) return false;
  while (text.len) {
    if (!str_cut(text, '\n', &line, &text)) text = (Str){0};
    if (line.len == 0) continue;
    const JsonNode *entry = json_parse_tree(&test->arena, line, &err);
    if (entry == NULL) {
      strbuf_printf(problem, "a line of the quarantine is no JSON: " STR_FMT "\n", STR_ARG(line));
      return false;
    }
    arena_push(&test->arena, &found.items, note_of_entry(entry));
  }
  return compare_notes(&test->quarantine, &found, "quarantine", problem);
}

static bool check_end(const CaseRun *run, Status status, const Error *err, StrBuf *problem) {
  if (run->restored != STATUS_OK) {
    strbuf_printf(problem, "stop and restore: %s: %s\n", run->restore_error.who, run->restore_error.message);
    return false;
  }
  Str stops = run->test->stops;
  if (status == STATUS_OK && stops.len == 0) return true;
  if (status == STATUS_OK) strbuf_printf(problem, "the job should stop with: " STR_FMT "\n", STR_ARG(stops));
  else if (stops.len && contains(str_from(err->message), stops)) return true;
  else strbuf_printf(problem, "the job stopped: %s: %s\n", err->who, err->message);
  return false;
}

/* A job that stops on purpose has no rows to compare: how far it came depends on the way. */
static bool run_plan(CaseRun *run, StrBuf *problem) {
  JobSpec spec = make_spec(run);
  Error err = {0};
  Job *job;
  Status status = job_open(&spec, run->plan, &job, &err);
  if (status != STATUS_OK) return check_end(run, status, &err, problem);
  status = job_run(job, &err);
  bool ok = check_end(run, status, &err, problem);
  if (ok && status == STATUS_OK) ok = check_counts(run->test, job, problem);
  job_close(job);
  if (!ok || status != STATUS_OK) return ok;
  ok = check_rows(run, problem);
  return check_quarantine(run, problem) && ok;
}

bool case_run(Case *test, const CaseWay *way, const char *scratch, StrBuf *problem) {
  CaseRun run = {.test = test, .way = way,
                 .quarantine = arena_printf(&test->arena, "%s/quarantine.ndjson", scratch).ptr};
  memory_reset();
  unlink(run.quarantine);
  Compiled *compiled = compile_case(test);
  bool ok = check_diags(test, compiled, problem);
  if (ok && compiled->plan && test->inputs.len) {
    run.plan = compiled->plan;
    program_force_rows(way->rows_forced);
    ok = run_plan(&run, problem);
    program_force_rows(false);
  }
  compiled_free(compiled);
  return ok;
}
