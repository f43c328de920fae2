/* progress.c: see progress.h. */
#include "cli/progress.h"

#include <stdio.h>

#include "cli/term.h"

/* 950, 4.1 k, 12.3 M */
static void put_rate(double rate, StrBuf *out) {
  if (rate >= 1e6) strbuf_printf(out, "%.1f M", rate / 1e6);
  else if (rate >= 1e4) strbuf_printf(out, "%.1f k", rate / 1e3);
  else strbuf_printf(out, "%.0f", rate);
}

static double per_second(uint64_t count, int64_t ns) { return ns > 0 ? (double)count * 1e9 / (double)ns : 0; }

static void put_time(Ticks ticks, StrBuf *out) {
  char text[DATETIME_TEXT_LEN + 1];
  datetime_print(ticks, text);
  text[19] = 0; /* to the second */
  strbuf_printf(out, "%sZ", text);
}

/* The inputs meet at the minimum; what has finished, or has not begun, does not count. */
static Ticks watermark_of(const JobProgress *progress) {
  Ticks least = TICKS_MAX;
  for (uint32_t i = 0; i < progress->inputs_len; i++) {
    Ticks w = progress->inputs[i].watermark;
    if (w != TICKS_MIN && w < least) least = w;
  }
  return least;
}

static uint64_t errors_of(const JobProgress *progress) {
  uint64_t errors = progress->runtime_errors;
  for (uint32_t i = 0; i < progress->inputs_len; i++) errors += progress->inputs[i].malformed;
  for (uint32_t i = 0; i < progress->outputs_len; i++) errors += progress->outputs[i].rejected;
  return errors;
}

static void put_states(const JobProgress *progress, StrBuf *out) {
  for (uint32_t i = 0; i < progress->inputs_len; i++)
    if (progress->inputs[i].state[0])
      strbuf_printf(out, " · " STR_FMT ": %s", STR_ARG(progress->inputs[i].name), progress->inputs[i].state);
  for (uint32_t i = 0; i < progress->outputs_len; i++)
    if (progress->outputs[i].state[0])
      strbuf_printf(out, " · " STR_FMT ": %s", STR_ARG(progress->outputs[i].name), progress->outputs[i].state);
}

static void put_line(const ProgressLine *before, const JobProgress *now, StrBuf *out) {
  int64_t ns = now->elapsed_ns - before->elapsed_ns;
  put_rate(per_second(now->events_in - before->events_in, ns), out);
  strbuf_puts(out, " events/s in · ");
  put_rate(per_second(now->rows_out - before->rows_out, ns), out);
  strbuf_puts(out, " rows/s out");
  Ticks watermark = watermark_of(now);
  if (watermark != TICKS_MAX) {
    strbuf_puts(out, " · watermark ");
    put_time(watermark, out);
  }
  if (now->lag > 0) {
    strbuf_puts(out, " · lag ");
    duration_print(now->lag / TICKS_PER_SECOND * TICKS_PER_SECOND, out);
  }
  uint64_t errors = errors_of(now);
  if (errors) strbuf_printf(out, " · %llu error%s", (unsigned long long)errors, errors == 1 ? "" : "s");
  put_states(now, out);
}

/* Cuts the line to the width of the terminal; characters count, not bytes. */
static size_t cut_at(Str line, unsigned columns) {
  unsigned column = 0;
  for (size_t i = 0; i < line.len; i++) {
    if (((unsigned char)line.ptr[i] & 0xC0) == 0x80) continue;
    if (++column >= columns) return i;
  }
  return line.len;
}

void progress_show(void *context, const JobProgress *progress) {
  ProgressLine *line = context;
  StrBuf text = {0};
  put_line(line, progress, &text);
  fprintf(stderr, "\r\033[K%.*s", (int)cut_at(strbuf_str(&text), term_columns(stderr)), text.ptr);
  fflush(stderr);
  strbuf_release(&text);
  *line = (ProgressLine){progress->events_in, progress->rows_out, progress->elapsed_ns, true};
}

void progress_clear(ProgressLine *line) {
  if (!line->shown) return;
  fprintf(stderr, "\r\033[K");
  fflush(stderr);
  line->shown = false;
}

void progress_notice(void *context, const char *text) {
  ProgressLine *line = context;
  progress_clear(line);
  term_note("%s", text);
}
