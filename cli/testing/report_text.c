/* report_text.c: the report for people (report.h). */
#include "cli/testing/report.h"

#define RED "\033[1;31m"
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

/* ---- parts ------------------------------------------------------------------------------------ */

static void put_counted(uint64_t count, const char *one, const char *many, StrBuf *out) {
  strbuf_printf(out, "%llu %s", (unsigned long long)count, count == 1 ? one : many);
}

static void put_part(uint32_t count, const char *one, const char *many, bool *first, StrBuf *out) {
  if (count == 0) return;
  strbuf_puts(out, *first ? ": " : ", ");
  *first = false;
  put_counted(count, one, many, out);
}

void report_output(const OutputResult *output, StrBuf *out) {
  const RowDiff *diff = &output->diff;
  bool first = true;
  if (output->outcome == OUTPUT_MISSING)
    strbuf_printf(out, ": the query writes no such output, it writes " STR_FMT, STR_ARG(output->others));
  if (output->outcome == OUTPUT_UNEXPECTED) strbuf_puts(out, ": the case does not name this output, and it has rows");
  if (output->outcome != OUTPUT_DIFFERS) return;
  if (diff->same_rows) {
    strbuf_puts(out, ": the rows come in another order");
    first = false;
  }
  put_part(diff->changed, "row differs", "rows differ", &first, out);
  put_part(diff->missing, "row is missing", "rows are missing", &first, out);
  put_part(diff->unexpected, "row too many", "rows too many", &first, out);
  strbuf_printf(out, " (expected %u, got %u, equal %u)", output->expected.len, output->actual.len, diff->equal);
}

static void put_output(const OutputResult *output, const DiffStyle *style, StrBuf *out) {
  if (output->outcome == OUTPUT_MATCHED || output->outcome == OUTPUT_UNREQUIRED) return;
  strbuf_printf(out, "  output " STR_FMT, STR_ARG(output->name));
  if (output->wanted && output->wanted->path.len) strbuf_printf(out, " (" STR_FMT ")", STR_ARG(output->wanted->path));
  report_output(output, out);
  strbuf_putc(out, '\n');
  if (output->diff.pairs.len) diff_table_put(output, style, out);
}

static void put_lines(Str text, const char *margin, StrBuf *out) {
  Str line;
  while (text.len) {
    str_cut(text, '\n', &line, &text);
    strbuf_printf(out, "%s" STR_FMT "\n", line.len ? margin : "", STR_ARG(line));
  }
}

/* ---- what happened ---------------------------------------------------------------------------- */

static void put_some(uint64_t count, const char *what, StrBuf *out) {
  if (count) strbuf_printf(out, ", %llu %s", (unsigned long long)count, what);
}

static void put_input(const InputFacts *input, StrBuf *out) {
  const InputCounts *counts = &input->counts;
  strbuf_printf(out, "    input " STR_FMT ": ", STR_ARG(input->name));
  put_counted(counts->events, "event", "events", out);
  put_some(input->malformed, "malformed", out);
  put_some(counts->invalid_timestamp, "without a valid timestamp", out);
  put_some(counts->early, "early", out);
  put_some(counts->late, "late", out);
  put_some(counts->out_of_order, "out of order", out);
  if (counts->adjusted) {
    strbuf_printf(out, ", %llu moved in time by up to ", (unsigned long long)counts->adjusted);
    duration_print(counts->largest_shift, out);
  }
  put_some(counts->dropped, "dropped", out);
  if (input->watermark > TICKS_MIN) {
    char time[DATETIME_TEXT_LEN + 1];
    datetime_print(input->watermark, time);
    strbuf_printf(out, "; watermark at the end %s", time);
  }
  strbuf_putc(out, '\n');
}

/* The first step into which rows go and none come out. */
static bool ends_here(const StepFacts *step) {
  return step->rows_in > 0 && step->rows_out == 0 && step->kind != PLAN_OUTPUT;
}

static void put_step(const StepFacts *step, StrBuf *out) {
  strbuf_printf(out, "    " STR_FMT, STR_ARG(step->title));
  if (step->detail.len) strbuf_printf(out, " " STR_FMT, STR_ARG(step->detail));
  strbuf_puts(out, ": ");
  put_counted(step->rows_in, "row", "rows", out);
  if (step->kind != PLAN_OUTPUT) strbuf_printf(out, " in, %llu out", (unsigned long long)step->rows_out);
  if (ends_here(step)) strbuf_puts(out, "   <-- nothing comes out of this step");
  strbuf_putc(out, '\n');
}

static void put_facts(const CaseResult *result, StrBuf *out) {
  strbuf_puts(out, "  what happened\n");
  for (uint32_t i = 0; i < result->inputs.len; i++)
    if (!result->inputs.items[i].reference) put_input(&result->inputs.items[i], out);
  for (uint32_t i = 0; i < result->steps.len; i++) {
    const StepFacts *step = &result->steps.items[i];
    if (step->kind == PLAN_REFERENCE)
      strbuf_printf(out, "    " STR_FMT ": %llu rows\n", STR_ARG(step->title), (unsigned long long)step->rows_out);
    else if (step->kind != PLAN_ENTRANCE && step->kind != PLAN_PROJECT && step->kind != PLAN_MERGE) put_step(step, out);
  }
  if (result->quarantined == 0) return;
  strbuf_printf(out, "    quarantine: %llu, the newest:\n", (unsigned long long)result->quarantined);
  put_lines(result->quarantine_samples, "      ", out);
}

/* ---- cases ------------------------------------------------------------------------------------ */

void report_case(const CaseResult *result, const DiffStyle *style, StrBuf *out) {
  if (result->outcome == CASE_PASSED) return;
  if (result->outcome == CASE_BROKEN) {
    strbuf_printf(out, "  " STR_FMT "\n", STR_ARG(result->broken));
    if (result->hint.len) strbuf_printf(out, "  help: " STR_FMT "\n", STR_ARG(result->hint));
    return;
  }
  put_lines(result->problems, "  ", out);
  put_lines(result->diagnostics, "  ", out);
  for (uint32_t i = 0; i < result->outputs.len; i++) put_output(&result->outputs.items[i], style, out);
  if (result->ran && !result->updated) put_facts(result, out);
}

static void put_name(const Case *test, const CaseResult *result, const DiffStyle *style, StrBuf *out) {
  const char *word = result->updated ? "updated" : result->outcome == CASE_BROKEN ? "cannot be run" : "failed";
  strbuf_printf(out, "%s%s%s " STR_FMT ": %s" STR_FMT "%s\n", style->colour ? (result->updated ? BOLD : RED) : "", word,
                style->colour ? PLAIN : "", STR_ARG(test->file), style->colour ? BOLD : "", STR_ARG(test->name),
                style->colour ? PLAIN : "");
}

void report_totals(const Suite *suite, StrBuf *out) {
  strbuf_printf(out, "%u passed, %u failed", suite->passed, suite->failed);
}

void report_text(const Suite *suite, const DiffStyle *style, StrBuf *out) {
  for (uint32_t i = 0; i < suite->entries.len; i++) {
    const SuiteEntry *entry = &suite->entries.items[i];
    if (entry->result->outcome == CASE_PASSED) continue;
    put_name(entry->test, entry->result, style, out);
    report_case(entry->result, style, out);
    strbuf_putc(out, '\n');
  }
}
