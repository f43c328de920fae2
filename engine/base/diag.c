/* diag.c: the list of diagnostics and what is done with it besides showing it (diag_render.c). */
#include "base/diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const DiagInfo infos[DIAG_COUNT];

const DiagInfo *diag_info(DiagCode code) { return &infos[code]; }

void diags_init(DiagList *diags, SourceText *source) {
  *diags = (DiagList){.source = source};
  arena_init(&diags->arena);
}

void diags_release(DiagList *diags) {
  vec_release(&diags->items);
  arena_release(&diags->arena);
  diags->errors = diags->warnings = 0;
}

/* ---- adding ----------------------------------------------------------------------------------- */

static Str format_into(DiagList *diags, const char *format, va_list args) {
  StrBuf text = {0};
  strbuf_vprintf(&text, format, args);
  Str copy = arena_str(&diags->arena, strbuf_str(&text));
  strbuf_release(&text);
  return copy;
}

static void count_severity(DiagList *diags, DiagCode code) {
  if (diag_info(code)->severity == DIAG_ERROR) diags->errors++;
  else diags->warnings++;
}

/* Beyond the limit the newest entry is written over a spare one, so callers need no check. */
static Diag *next_entry(DiagList *diags) {
  if (diags->items.len < DIAG_LIMIT) {
    vec_push(&diags->items, (Diag){0});
    return &diags->items.items[diags->items.len - 1];
  }
  if (diags->spare == NULL) diags->spare = ARENA_NEW(&diags->arena, Diag);
  return diags->spare;
}

Diag *diag_add(DiagList *diags, DiagCode code, Span span, const char *format, ...) {
  count_severity(diags, code);
  Diag *diag = next_entry(diags);
  va_list args;
  va_start(args, format);
  *diag = (Diag){.code = code, .span = span, .message = format_into(diags, format, args)};
  va_end(args);
  return diag;
}

void diag_hint(DiagList *diags, Diag *diag, const char *format, ...) {
  va_list args;
  va_start(args, format);
  diag->hint = format_into(diags, format, args);
  va_end(args);
}

void diag_mark(DiagList *diags, Diag *diag, const char *format, ...) {
  va_list args;
  va_start(args, format);
  diag->label = format_into(diags, format, args);
  va_end(args);
}

void diag_label(DiagList *diags, Diag *diag, Span span, const char *format, ...) {
  if (diag->labels_len == DIAG_LABELS_MAX) return;
  va_list args;
  va_start(args, format);
  diag->labels[diag->labels_len++] = (DiagLabel){.span = span, .text = format_into(diags, format, args)};
  va_end(args);
}

void diag_edit(DiagList *diags, Diag *diag, Span span, const char *format, ...) {
  if (diag->edits_len == DIAG_EDITS_MAX) return;
  va_list args;
  va_start(args, format);
  diag->edits[diag->edits_len++] = (DiagEdit){.span = span, .text = format_into(diags, format, args)};
  va_end(args);
}

void diag_suggest(DiagList *diags, Diag *diag, Span span, Str better) {
  diag_hint(diags, diag, "did you mean `" STR_FMT "`?", STR_ARG(better));
  diag_edit(diags, diag, span, STR_FMT, STR_ARG(better));
}

void diags_truncate(DiagList *diags, DiagMark mark) {
  diags->items.len = mark.len;
  diags->errors = mark.errors;
  diags->warnings = mark.warnings;
}

/* ---- order ------------------------------------------------------------------------------------ */

static int by_place(const void *left, const void *right) {
  const Diag *a = left, *b = right;
  if (a->span.begin != b->span.begin) return a->span.begin < b->span.begin ? -1 : 1;
  DiagSeverity x = diag_info(a->code)->severity, y = diag_info(b->code)->severity;
  if (x != y) return x == DIAG_ERROR ? -1 : 1;
  if (a->code != b->code) return a->code < b->code ? -1 : 1;
  return str_cmp(a->message, b->message);
}

/* What is bound twice, as an alias in GROUP BY, says the same twice. */
static void remove_repetitions(DiagList *diags) {
  uint32_t kept = 1;
  for (uint32_t i = 1; i < diags->items.len; i++) {
    const Diag *before = &diags->items.items[kept - 1], *diag = &diags->items.items[i];
    bool same = before->code == diag->code && before->span.begin == diag->span.begin &&
                before->span.end == diag->span.end && str_eq(before->message, diag->message);
    if (!same) diags->items.items[kept++] = *diag;
    else if (diag_info(diag->code)->severity == DIAG_ERROR) diags->errors--;
    else diags->warnings--;
  }
  diags->items.len = kept;
}

void diags_sort(DiagList *diags) {
  if (diags->items.len == 0) return;
  qsort(diags->items.items, diags->items.len, sizeof(Diag), by_place);
  remove_repetitions(diags);
}

/* ---- suggestions ------------------------------------------------------------------------------ */

/* True when b is a with two neighbouring letters exchanged, the commonest slip of the fingers. */
static bool letters_swapped(Str a, Str b) {
  if (a.len != b.len) return false;
  for (size_t i = 0; i + 1 < a.len; i++) {
    if (str_eq_nocase(str_sub(a, i, i + 1), str_sub(b, i, i + 1))) continue;
    return str_eq_nocase(str_sub(a, i, i + 1), str_sub(b, i + 1, i + 2)) &&
           str_eq_nocase(str_sub(a, i + 1, i + 2), str_sub(b, i, i + 1)) &&
           str_eq_nocase(str_sub(a, i + 2, a.len), str_sub(b, i + 2, b.len));
  }
  return false;
}

/* How many slips a word of this length may hold and still be recognised. */
static unsigned slips_allowed(size_t len) {
  if (len < 3) return 0;
  return len < 6 ? 1 : len < 10 ? 2 : 3;
}

Str diag_nearest(Str wanted, const Str *candidates, unsigned count) {
  Str best = {0};
  unsigned best_distance = slips_allowed(wanted.len) + 1;
  for (unsigned i = 0; i < count; i++) {
    Str candidate = candidates[i];
    size_t longer = candidate.len > wanted.len ? candidate.len : wanted.len;
    size_t shorter = candidate.len > wanted.len ? wanted.len : candidate.len;
    if (longer - shorter >= best_distance) continue;
    unsigned distance = letters_swapped(wanted, candidate) ? 1 : str_distance(wanted, candidate);
    if (distance >= best_distance || distance * 2 > shorter) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

/* ---- the registry ----------------------------------------------------------------------------- */

static const DiagInfo infos[DIAG_COUNT] = {
#define DIAG(name, code, severity, text, example) [DIAG_##name] = {#name, code, severity, text, example},
#include "base/diag.def"
#undef DIAG
};
