/* window.c: see window.h. Arithmetic of ends and panes, the names of windows, and the table of window functions.
**
** Ends stand at offset + n * hop, n any whole number:
**
**     t          t itself may be an end: the interval is (end - size, end]
**     |--- d --->|
**     .....t.....e.....e + hop.....     d = (offset - t) mod hop, never negative
**
** The remainder is taken of t alone, so nothing overflows however far t lies from the offset. */
#include "windows/window.h"

#include "base/status.h"

/* ---- arithmetic ---- */

static Ticks floor_mod(Ticks t, Ticks by) {
  Ticks rest = t % by;
  return rest < 0 ? rest + by : rest;
}

void window_normalise(WindowSpec *spec) {
  if (spec->kind == WINDOW_TUMBLING) spec->hop = spec->size;
  spec->offset = spec->hop > 0 ? floor_mod(spec->offset, spec->hop) : 0;
}

Ticks window_first_end(const WindowSpec *spec, Ticks t) {
  Ticks end = t;
  if (spec->kind != WINDOW_SNAPSHOT) {
    Ticks distance = floor_mod(spec->offset - floor_mod(t, spec->hop), spec->hop);
    if (__builtin_add_overflow(t, distance, &end)) return TICKS_MAX;
  }
  return end > TICKS_LAST ? TICKS_MAX : end;
}

Ticks window_later(Ticks t, Ticks ticks) {
  Ticks later;
  return __builtin_add_overflow(t, ticks, &later) || later > TICKS_LAST ? TICKS_MAX : later;
}

Ticks window_first_cut(const WindowSpec *spec, Ticks t) {
  if (spec->longest == 0 || t == TICKS_MAX) return TICKS_MAX;
  return window_later(t, floor_mod(-floor_mod(t, spec->longest), spec->longest));
}

Ticks window_pane(const WindowSpec *spec) {
  Ticks a = spec->size, b = spec->hop;
  while (b != 0) {
    Ticks rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/* ---- words ---- */

static void describe_part(StrBuf *out, const char *word, Ticks ticks) {
  strbuf_printf(out, "%s ", word);
  duration_print(ticks, out);
}

void window_describe(const WindowSpec *spec, StrBuf *out) {
  switch (spec->kind) {
    case WINDOW_TUMBLING: describe_part(out, "tumbling", spec->size); break;
    case WINDOW_HOPPING:
      describe_part(out, "hopping", spec->size);
      describe_part(out, " every", spec->hop);
      break;
    case WINDOW_SLIDING: describe_part(out, "sliding", spec->size); break;
    case WINDOW_SESSION:
      describe_part(out, "session timeout", spec->size);
      if (spec->longest) describe_part(out, " at most", spec->longest);
      break;
    case WINDOW_SNAPSHOT: strbuf_printf(out, "snapshot"); break;
    case WINDOW_KINDS: BUG("no window");
  }
  if (spec->offset) describe_part(out, " offset", spec->offset);
}

/* ---- the table ---- */

const WindowClass *window_class(WindowKind kind) {
  for (const WindowClass *cls = window_classes; cls->name; cls++)
    if (cls->kind == kind) return cls;
  BUG("window kind %d is not in the table", (int)kind);
}

const WindowClass *window_class_find(Str name) {
  static const Str suffix = {"Window", 6};
  for (const WindowClass *cls = window_classes; cls->name; cls++) {
    Str full = str_from(cls->name);
    if (!str_ends(full, suffix)) continue; /* written otherwise than as a call of this name */
    if (str_eq_nocase(name, full) || str_eq_nocase(name, str_sub(full, 0, full.len - suffix.len))) return cls;
  }
  return NULL;
}

const WindowClass window_classes[] = {
  {.kind = WINDOW_TUMBLING, .name = "TumblingWindow",
   .args = {WINDOW_ARG_SIZE, WINDOW_ARG_OFFSET}, .args_min = 1, .args_len = 2,
   .signature = "TumblingWindow(unit, size[, offset])",
   .doc = "Windows of one size that follow each other without gap or overlap: every event is in exactly one. They "
          "are aligned to multiples of the size; an offset shifts every boundary.",
   .example = "SELECT TollId, COUNT(*) AS Cars FROM toll GROUP BY TollId, TumblingWindow(second, 10)"},
  {.kind = WINDOW_HOPPING, .name = "HoppingWindow",
   .args = {WINDOW_ARG_SIZE, WINDOW_ARG_HOP, WINDOW_ARG_OFFSET}, .args_min = 2, .args_len = 3,
   .signature = "HoppingWindow(unit, size, hop[, offset])",
   .doc = "Windows of one size, one ending at every hop; with a hop shorter than the size they overlap and an event "
          "is in several.",
   .example = "SELECT TollId, COUNT(*) AS Cars FROM toll GROUP BY TollId, HoppingWindow(second, 60, 10)"},
  {.kind = WINDOW_SLIDING, .name = "SlidingWindow",
   .args = {WINDOW_ARG_SIZE}, .args_min = 1, .args_len = 1,
   .signature = "SlidingWindow(unit, size)",
   .doc = "The events of the last while, looked at whenever one enters or leaves: a row per group at each instant at "
          "which its content changes and is not empty.",
   .example = "SELECT TollId, COUNT(*) AS Cars FROM toll GROUP BY TollId, SlidingWindow(second, 10)"},
  {.kind = WINDOW_SESSION, .name = "SessionWindow",
   .args = {WINDOW_ARG_SIZE, WINDOW_ARG_LONGEST}, .args_min = 1, .args_len = 2,
   .signature = "SessionWindow(unit, timeout[, maxDuration]) [OVER (PARTITION BY key)]",
   .doc = "Events that follow each other within the timeout belong together; the window ends a timeout after the last "
          "of them. A session that has reached the maximum duration is cut at the next multiple of it.",
   .example = "SELECT UserId, COUNT(*) AS Clicks FROM clicks GROUP BY UserId, SessionWindow(minute, 5, 60)"},
  {.kind = WINDOW_SNAPSHOT, .name = "System.Timestamp()", .args_min = 0, .args_len = 0,
   .signature = "System.Timestamp()",
   .doc = "As a grouping item without a window function: the events of one instant form a window.",
   .example = "SELECT TollId, COUNT(*) AS Cars FROM toll GROUP BY TollId, System.Timestamp()"},
  {.name = NULL},
};
