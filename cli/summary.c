/* summary.c: what ran, at the end, on stderr: events in, rows out, rate; then, where there is something to say, what
** the time policies did and what went to the quarantine and why. */
#include <stdio.h>

#include "cli/progress.h"
#include "cli/term.h"
#include "types/json.h"

/* 12,345,678 */
static void put_count(uint64_t count, StrBuf *out) {
  char digits[24];
  int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
  for (int i = 0; i < len; i++) {
    if (i && (len - i) % 3 == 0) strbuf_putc(out, ',');
    strbuf_putc(out, digits[i]);
  }
}

static void put_counted(uint64_t count, const char *one, const char *many, StrBuf *out) {
  put_count(count, out);
  strbuf_printf(out, " %s", count == 1 ? one : many);
}

/* ---- text ------------------------------------------------------------------------------------- */

/* Events late or in error, over all inputs: said even when there are none. */
static void put_trouble(const JobProgress *progress, StrBuf *out) {
  uint64_t late = 0, errors = progress->runtime_errors;
  for (uint32_t i = 0; i < progress->inputs_len; i++) {
    late += progress->inputs[i].counts.late;
    errors += progress->inputs[i].malformed + progress->inputs[i].counts.invalid_timestamp;
  }
  for (uint32_t i = 0; i < progress->outputs_len; i++) errors += progress->outputs[i].rejected;
  strbuf_puts(out, ", ");
  put_counted(late, "late", "late", out);
  strbuf_puts(out, ", ");
  put_counted(errors, "error", "errors", out);
}

static void put_totals(const JobProgress *progress, StrBuf *out) {
  double seconds = (double)progress->active_ns / 1e9;
  put_counted(progress->events_in, "event", "events", out);
  strbuf_puts(out, " in, ");
  put_counted(progress->rows_out, "row", "rows", out);
  strbuf_printf(out, " out, %.*f s", seconds < 10 ? 2 : 0, seconds);
  if (progress->events_in >= 1000 && seconds > 0) {
    strbuf_puts(out, ", ");
    put_count((uint64_t)((double)progress->events_in / seconds), out);
    strbuf_puts(out, " events/s");
  }
  put_trouble(progress, out);
}

static void put_part(uint64_t count, const char *word, StrBuf *out) {
  if (count == 0) return;
  if (out->len) strbuf_puts(out, ", ");
  put_count(count, out);
  strbuf_printf(out, " %s", word);
}

/* Of reference data: "2 of 5 refreshes failed". */
static void put_refreshes(const JobInputProgress *input, StrBuf *out) {
  if (input->refreshes_failed == 0) return;
  if (out->len) strbuf_puts(out, ", ");
  put_count(input->refreshes_failed, out);
  strbuf_puts(out, " of ");
  put_counted(input->refreshes, "refresh failed", "refreshes failed", out);
}

/* What the policies found: "3 late, 1 early, 3 adjusted by at most 12s, 1 dropped". Empty: nothing. */
static void put_policies(const JobInputProgress *input, StrBuf *out) {
  const InputCounts *counts = &input->counts;
  put_part(counts->late, "late", out);
  put_part(counts->early, "early", out);
  put_part(counts->out_of_order, "out of order", out);
  put_part(counts->adjusted, counts->adjusted == 1 ? "adjusted by " : "adjusted by at most ", out);
  if (counts->adjusted) duration_print(counts->largest_shift, out);
  put_part(counts->dropped, "dropped", out);
  put_part(counts->invalid_timestamp, "without a valid timestamp", out);
  put_part(input->malformed, "malformed", out);
  put_part(input->tombstones, "without a value", out);
  put_refreshes(input, out);
}

static void print_inputs(const JobProgress *progress) {
  StrBuf text = {0};
  for (uint32_t i = 0; i < progress->inputs_len; i++) {
    strbuf_clear(&text);
    put_policies(&progress->inputs[i], &text);
    if (text.len) term_note("input " STR_FMT ": %s", STR_ARG(progress->inputs[i].name), text.ptr);
  }
  strbuf_release(&text);
}

static void print_quarantine(Job *job, const JobProgress *progress) {
  for (uint32_t i = 0; i < progress->outputs_len; i++)
    if (progress->outputs[i].rejected)
      term_warning("output " STR_FMT ": %llu rows could not be delivered", STR_ARG(progress->outputs[i].name),
                   (unsigned long long)progress->outputs[i].rejected);
  if (progress->quarantined == 0) return;
  StrBuf text = {0}, reasons = {0};
  put_counted(progress->quarantined, "record", "records", &text);
  term_warning("%s quarantined in %s", text.ptr, progress->quarantine_path ? progress->quarantine_path : "(no file)");
  job_samples(job, &reasons);
  Str line, rest = str_trim(strbuf_str(&reasons));
  while (rest.len) {
    str_cut(rest, '\n', &line, &rest);
    fprintf(stderr, "    " STR_FMT "\n", STR_ARG(line));
  }
  strbuf_release(&text);
  strbuf_release(&reasons);
}

static void print_text(Job *job, const JobProgress *progress, bool brief) {
  StrBuf text = {0};
  put_totals(progress, &text);
  if (!brief) term_note("%s", text.ptr);
  strbuf_release(&text);
  print_inputs(progress);
  print_quarantine(job, progress);
}

/* ---- JSON ------------------------------------------------------------------------------------- */

static void json_input(const JobInputProgress *input, StrBuf *out) {
  const InputCounts *counts = &input->counts;
  strbuf_puts(out, "{\"name\":");
  json_put_string(out, input->name);
  strbuf_printf(out, ",\"events\":%llu,\"early\":%llu,\"late\":%llu,\"outOfOrder\":%llu,\"dropped\":%llu",
                (unsigned long long)counts->events, (unsigned long long)counts->early, (unsigned long long)counts->late,
                (unsigned long long)counts->out_of_order, (unsigned long long)counts->dropped);
  if (input->refreshes)
    strbuf_printf(out, ",\"refreshes\":%llu,\"refreshesFailed\":%llu", (unsigned long long)input->refreshes,
                  (unsigned long long)input->refreshes_failed);
  strbuf_printf(out, ",\"invalidTimestamp\":%llu,\"malformed\":%llu,\"tombstones\":%llu,\"largestShiftSeconds\":%.7g}",
                (unsigned long long)counts->invalid_timestamp, (unsigned long long)input->malformed,
                (unsigned long long)input->tombstones,
                (double)counts->largest_shift / (double)TICKS_PER_SECOND);
}

static void json_output(const JobOutputProgress *output, StrBuf *out) {
  strbuf_puts(out, "{\"name\":");
  json_put_string(out, output->name);
  strbuf_printf(out, ",\"rows\":%llu,\"rejected\":%llu}", (unsigned long long)output->rows,
                (unsigned long long)output->rejected);
}

static void print_json(const JobProgress *progress) {
  StrBuf text = {0};
  strbuf_printf(&text, "{\"eventsIn\":%llu,\"rowsOut\":%llu,\"seconds\":%.3f", (unsigned long long)progress->events_in,
                (unsigned long long)progress->rows_out, (double)progress->elapsed_ns / 1e9);
  strbuf_printf(&text, ",\"runtimeErrors\":%llu,\"quarantined\":%llu,\"inputs\":[",
                (unsigned long long)progress->runtime_errors, (unsigned long long)progress->quarantined);
  for (uint32_t i = 0; i < progress->inputs_len; i++) {
    if (i) strbuf_putc(&text, ',');
    json_input(&progress->inputs[i], &text);
  }
  strbuf_puts(&text, "],\"outputs\":[");
  for (uint32_t i = 0; i < progress->outputs_len; i++) {
    if (i) strbuf_putc(&text, ',');
    json_output(&progress->outputs[i], &text);
  }
  fprintf(stderr, "%s]}\n", text.ptr);
  strbuf_release(&text);
}

void summary_print(Job *job, bool json, bool brief) {
  const JobProgress *progress = job_progress(job);
  if (json) print_json(progress);
  else print_text(job, progress, brief);
}
