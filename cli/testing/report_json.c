/* report_json.c: the report for machines, in our shape and in that of the Stream Analytics tools (report.h). */
#include <stdio.h>

#include "cli/testing/report.h"
#include "types/json.h"

/* ---- small parts ------------------------------------------------------------------------------ */

static void put_text(const char *key, Str text, StrBuf *out) {
  strbuf_printf(out, "\"%s\":", key);
  json_put_string(out, text);
}

static void put_number(const char *key, uint64_t number, StrBuf *out) {
  strbuf_printf(out, ",\"%s\":%llu", key, (unsigned long long)number);
}

static double seconds(int64_t ns) { return (double)ns / 1e9; }

/* The lines of a text as items of an array that is open. */
static void put_lines(Str text, StrBuf *out) {
  Str line;
  while (text.len) {
    str_cut(text, '\n', &line, &text);
    if (line.len == 0) continue;
    if (out->ptr[out->len - 1] != '[') strbuf_putc(out, ',');
    json_put_string(out, line);
  }
}

/* ---- our shape -------------------------------------------------------------------------------- */

static const char *outcome_name(const CaseResult *result) {
  if (result->updated) return "updated";
  switch (result->outcome) {
    case CASE_PASSED: return "passed";
    case CASE_FAILED: return "failed";
    case CASE_BROKEN: return "broken";
  }
  return "";
}

static const char *output_name(OutputOutcome outcome) {
  switch (outcome) {
    case OUTPUT_MATCHED: return "matched";
    case OUTPUT_DIFFERS: return "differs";
    case OUTPUT_MISSING: return "missing";
    case OUTPUT_UNEXPECTED: return "unexpected";
    case OUTPUT_UNREQUIRED: return "not required";
  }
  return "";
}

static void put_row(const char *key, const Row *row, StrBuf *out) {
  strbuf_printf(out, "\"%sRow\":%u,\"%s\":", key, row->place, key);
  json_put_minified(out, row->written);
}

static void put_pair(const RowPair *pair, StrBuf *out) {
  strbuf_putc(out, '{');
  if (pair->expected) put_row("expected", pair->expected, out);
  if (pair->expected && pair->actual) strbuf_putc(out, ',');
  if (pair->actual) put_row("actual", pair->actual, out);
  strbuf_putc(out, '}');
}

static void put_output(const OutputResult *output, StrBuf *out) {
  const RowDiff *diff = &output->diff;
  strbuf_putc(out, '{');
  put_text("name", output->name, out);
  strbuf_printf(out, ",\"outcome\":\"%s\",", output_name(output->outcome));
  put_text("file", output->wanted ? output->wanted->path : (Str){0}, out);
  put_number("expectedRows", output->expected.len, out);
  put_number("actualRows", output->actual.len, out);
  put_number("equal", diff->equal, out);
  put_number("changed", diff->changed, out);
  put_number("missing", diff->missing, out);
  put_number("unexpected", diff->unexpected, out);
  strbuf_puts(out, ",\"differences\":[");
  for (uint32_t i = 0; i < diff->pairs.len; i++) {
    if (i) strbuf_putc(out, ',');
    put_pair(&diff->pairs.items[i], out);
  }
  strbuf_puts(out, "]}");
}

static void put_input(const InputFacts *input, StrBuf *out) {
  const InputCounts *counts = &input->counts;
  strbuf_putc(out, '{');
  put_text("name", input->name, out);
  put_number("events", counts->events, out);
  put_number("malformed", input->malformed, out);
  put_number("invalidTimestamp", counts->invalid_timestamp, out);
  put_number("early", counts->early, out);
  put_number("late", counts->late, out);
  put_number("outOfOrder", counts->out_of_order, out);
  put_number("adjusted", counts->adjusted, out);
  put_number("dropped", counts->dropped, out);
  if (input->watermark > TICKS_MIN) {
    char time[DATETIME_TEXT_LEN + 1];
    datetime_print(input->watermark, time);
    strbuf_printf(out, ",\"watermark\":\"%s\"", time);
  }
  strbuf_putc(out, '}');
}

static void put_step(const StepFacts *step, StrBuf *out) {
  strbuf_putc(out, '{');
  put_text("step", step->title, out);
  strbuf_putc(out, ',');
  put_text("detail", step->detail, out);
  put_number("rowsIn", step->rows_in, out);
  put_number("rowsOut", step->rows_out, out);
  strbuf_putc(out, '}');
}

static void put_facts(const CaseResult *result, StrBuf *out) {
  strbuf_puts(out, ",\"inputs\":[");
  for (uint32_t i = 0, n = 0; i < result->inputs.len; i++) {
    if (result->inputs.items[i].reference) continue;
    if (n++) strbuf_putc(out, ',');
    put_input(&result->inputs.items[i], out);
  }
  strbuf_puts(out, "],\"steps\":[");
  for (uint32_t i = 0; i < result->steps.len; i++) {
    if (i) strbuf_putc(out, ',');
    put_step(&result->steps.items[i], out);
  }
  strbuf_putc(out, ']');
  put_number("quarantined", result->quarantined, out);
}

static void put_case(const Case *test, const CaseResult *result, StrBuf *out) {
  strbuf_putc(out, '{');
  put_text("file", test->file, out);
  strbuf_putc(out, ',');
  put_text("name", test->name, out);
  strbuf_printf(out, ",\"outcome\":\"%s\",\"seconds\":%.6f,", outcome_name(result), seconds(result->elapsed_ns));
  put_text("reason", result->broken, out);
  strbuf_putc(out, ',');
  put_text("hint", result->hint, out);
  strbuf_puts(out, ",\"problems\":[");
  put_lines(result->problems, out);
  strbuf_puts(out, "],");
  put_text("diagnostics", result->diagnostics, out);
  strbuf_puts(out, ",\"warnings\":[");
  put_lines(strbuf_str(&test->warnings), out);
  put_lines(result->warnings, out);
  strbuf_puts(out, "],\"outputs\":[");
  for (uint32_t i = 0; i < result->outputs.len; i++) {
    if (i) strbuf_putc(out, ',');
    put_output(&result->outputs.items[i], out);
  }
  strbuf_putc(out, ']');
  if (result->ran) put_facts(result, out);
  strbuf_putc(out, '}');
}

void report_json(const Suite *suite, StrBuf *out) {
  strbuf_printf(out, "{\"passed\":%u,\"failed\":%u,\"broken\":%u,\"seconds\":%.6f,\"cases\":[", suite->passed,
                suite->failed, suite->broken, seconds(suite->elapsed_ns));
  for (uint32_t i = 0; i < suite->entries.len; i++) {
    if (i) strbuf_putc(out, ',');
    put_case(suite->entries.items[i].test, suite->entries.items[i].result, out);
  }
  strbuf_puts(out, "]}\n");
}

/* ---- testResultSummary.json ------------------------------------------------------------------- */

/* "00:00:01.2345678" */
static void put_span(int64_t ns, StrBuf *out) {
  int64_t ticks = ns / 100, whole = ticks / TICKS_PER_SECOND;
  strbuf_printf(out, "\"Time\":\"%02lld:%02lld:%02lld.%07lld\"", (long long)(whole / 3600),
                (long long)(whole / 60 % 60), (long long)(whole % 60), (long long)(ticks % TICKS_PER_SECOND));
}

/* The outputs of one outcome, as an array. */
static void put_records(const CaseResult *result, const char *key, OutputOutcome outcome, StrBuf *out) {
  bool first = true;
  strbuf_printf(out, ",\"%s\":[", key);
  for (uint32_t i = 0; i < result->outputs.len; i++) {
    const OutputResult *output = &result->outputs.items[i];
    if (output->outcome != outcome) continue;
    strbuf_puts(out, first ? "{" : ",{");
    first = false;
    put_text("OutputAlias", output->name, out);
    strbuf_putc(out, ',');
    put_text("ExpectedOutput", output->wanted ? output->wanted->path : (Str){0}, out);
    strbuf_puts(out, ",\"Output\":\"\"}");
  }
  strbuf_putc(out, ']');
}

static void put_result(const Case *test, const CaseResult *result, StrBuf *out) {
  strbuf_putc(out, '{');
  put_text("Name", test->name, out);
  strbuf_printf(out, ",\"Status\":%d,", result->outcome == CASE_PASSED || result->updated ? 0 : 1);
  put_span(result->elapsed_ns, out);
  put_records(result, "OutputMatched", OUTPUT_MATCHED, out);
  put_records(result, "OutputNotEqual", OUTPUT_DIFFERS, out);
  put_records(result, "OutputMissing", OUTPUT_MISSING, out);
  put_records(result, "OutputUnexpected", OUTPUT_UNEXPECTED, out);
  put_records(result, "OutputUnrequired", OUTPUT_UNREQUIRED, out);
  strbuf_putc(out, '}');
}

void report_summary(const Suite *suite, StrBuf *out) {
  strbuf_printf(out, "{\"Total\":%u,\"Passed\":%u,\"Failed\":%u,", suite->entries.len, suite->passed, suite->failed);
  put_text("Script", suite->entries.len ? suite->entries.items[0].test->query.name : (Str){0}, out);
  strbuf_puts(out, ",\"Results\":[");
  for (uint32_t i = 0; i < suite->entries.len; i++) {
    if (i) strbuf_putc(out, ',');
    put_result(suite->entries.items[i].test, suite->entries.items[i].result, out);
  }
  strbuf_puts(out, "],");
  put_span(suite->elapsed_ns, out);
  strbuf_puts(out, "}\n");
}
