/* resume.c: see resume.h. A note is one line of text:
**
**     weir1;REACH;D,D;OFFSET:W:A:W:A|OFFSET:W:A:W:A
**
** D: delivered, an output each; then the marks with watermark and largest arrival of each entrance. Times are ticks, -
** where there is none. */
#include "run/resume.h"

#include <string.h>

#define SIGNATURE "weir1"

/* ---- marks ------------------------------------------------------------------------------------ */

const EntranceClock *mark_clocks(const MarkLog *log, uint32_t mark) {
  return log->clocks.items + (size_t)mark * log->entrances;
}

static void keep_mark(MarkLog *log, uint32_t from, uint32_t to) {
  log->marks.items[to] = log->marks.items[from];
  for (uint32_t e = 0; e < log->entrances; e++)
    log->clocks.items[(size_t)to * log->entrances + e] = mark_clocks(log, from)[e];
}

static void set_length(MarkLog *log, uint32_t len) {
  log->marks.len = len;
  log->clocks.len = len * log->entrances;
}

/* Every other mark, and all that tell of a move. */
static void thin_out(MarkLog *log) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < log->marks.len; i++)
    if (i % 2 == 0 || log->marks.items[i].moved) keep_mark(log, i, kept++);
  set_length(log, kept);
}

void mark_log_add(MarkLog *log, Mark mark, const EntranceClock *clocks) {
  if (log->marks.len >= MARKS_MAX) thin_out(log);
  vec_push(&log->marks, mark);
  for (uint32_t e = 0; e < log->entrances; e++) vec_push(&log->clocks, clocks[e]);
}

static bool all_below(const EntranceClock *clocks, uint32_t count, const Ticks *below, Ticks tolerance) {
  for (uint32_t e = 0; e < count; e++) {
    if (clocks[e].furthest == TICKS_MIN || below[e] == TICKS_MAX) continue;
    if (below[e] == TICKS_MIN || clocks[e].furthest >= below[e] - tolerance) return false;
  }
  return true;
}

uint32_t mark_log_find(const MarkLog *log, int64_t offset, const Ticks *below, Ticks tolerance) {
  uint32_t found = 0;
  for (uint32_t low = 0, high = log->marks.len; low < high;) { /* both conditions hold up to some mark */
    uint32_t middle = low + (high - low) / 2;
    bool fits = log->marks.items[middle].offset <= offset &&
                all_below(mark_clocks(log, middle), log->entrances, below, tolerance);
    if (fits) found = middle, low = middle + 1;
    else high = middle;
  }
  return found;
}

void mark_log_forget(MarkLog *log, uint32_t before) {
  if (before < log->marks.len / 2 || before == 0) return; /* moving them is paid for by those that went */
  uint32_t kept = 0;
  for (uint32_t i = before; i < log->marks.len; i++) keep_mark(log, i, kept++);
  set_length(log, kept);
}

void mark_log_release(MarkLog *log) {
  vec_release(&log->marks);
  vec_release(&log->clocks);
}

/* ---- notes ------------------------------------------------------------------------------------ */

static void put_ticks(StrBuf *out, Ticks ticks) {
  if (ticks == TICKS_MIN) strbuf_putc(out, '-');
  else strbuf_printf(out, "%lld", (long long)ticks);
}

static void put_mark(StrBuf *out, const MarkLog *log, uint32_t i) {
  strbuf_printf(out, "%lld", (long long)log->marks.items[i].offset);
  for (uint32_t e = 0; e < log->entrances; e++) {
    strbuf_putc(out, ':');
    put_ticks(out, mark_clocks(log, i)[e].watermark);
    strbuf_putc(out, ':');
    put_ticks(out, mark_clocks(log, i)[e].arrival);
  }
}

static size_t mark_length(const MarkLog *log, uint32_t i) {
  StrBuf text = {0};
  put_mark(&text, log, i);
  size_t len = text.len + 1;
  strbuf_release(&text);
  return len;
}

/* The first of the marks behind mark 0 that fit: the newest ones are kept. */
static uint32_t first_that_fits(const MarkLog *log, size_t room) {
  uint32_t first = log->marks.len;
  for (; first > 1; first--) {
    size_t len = mark_length(log, first - 1);
    if (len > room) break;
    room -= len;
  }
  return first;
}

void resume_note_print(const ResumeNote *note, size_t most, StrBuf *out) {
  size_t begin = out->len;
  strbuf_puts(out, SIGNATURE ";");
  put_ticks(out, note->reach);
  strbuf_putc(out, ';');
  for (uint32_t i = 0; i < note->delivered.len; i++) {
    if (i) strbuf_putc(out, ',');
    put_ticks(out, note->delivered.items[i]);
  }
  strbuf_putc(out, ';');
  if (note->marks.marks.len == 0) return;
  put_mark(out, &note->marks, 0);
  size_t used = out->len - begin;
  for (uint32_t i = first_that_fits(&note->marks, most > used ? most - used : 0); i < note->marks.marks.len; i++) {
    strbuf_putc(out, '|');
    put_mark(out, &note->marks, i);
  }
}

static bool parse_ticks(Str text, Ticks *out) {
  *out = TICKS_MIN;
  return str_eq(text, STR("-")) || str_to_i64(text, out);
}

/* The part before the separator, which is cut off the rest; false: there was none left. */
static bool next_part(Str *rest, char separator, Str *part) {
  if (rest->ptr == NULL) return false;
  Str tail;
  bool more = str_cut(*rest, separator, part, &tail);
  *rest = more ? tail : (Str){NULL, 0};
  return true;
}

static bool parse_mark(Str text, MarkLog *log) {
  Str part;
  Mark mark = {.moved = true};
  uint32_t clocks = log->clocks.len;
  if (!next_part(&text, ':', &part) || !str_to_i64(part, &mark.offset)) return false;
  for (EntranceClock clock; next_part(&text, ':', &part);) {
    if (!parse_ticks(part, &clock.watermark)) return false;
    if (!next_part(&text, ':', &part) || !parse_ticks(part, &clock.arrival)) return false;
    vec_push(&log->clocks, clock);
  }
  if (log->marks.len == 0) log->entrances = log->clocks.len;
  vec_push(&log->marks, mark);
  return log->clocks.len - clocks == log->entrances;
}

static bool parse_parts(Str rest, ResumeNote *out) {
  Str part, list;
  Ticks ticks;
  if (!next_part(&rest, ';', &part) || !str_eq(part, STR(SIGNATURE))) return false;
  if (!next_part(&rest, ';', &part) || !parse_ticks(part, &out->reach)) return false;
  if (!next_part(&rest, ';', &list)) return false;
  while (list.len && next_part(&list, ',', &part)) {
    if (!parse_ticks(part, &ticks)) return false;
    vec_push(&out->delivered, ticks);
  }
  if (!next_part(&rest, ';', &list)) return false;
  while (list.len && next_part(&list, '|', &part))
    if (!parse_mark(part, &out->marks)) return false;
  return rest.ptr == NULL;
}

bool resume_note_parse(Str text, ResumeNote *out) {
  *out = (ResumeNote){.reach = 0};
  if (parse_parts(text, out)) return true;
  resume_note_release(out);
  return false;
}

void resume_note_release(ResumeNote *note) {
  vec_release(&note->delivered);
  mark_log_release(&note->marks);
  *note = (ResumeNote){.reach = 0};
}
