/* diag.h: what is wrong with a query, with code, place, reason and way out.
**
** The registry of codes is diag.def: one row a kind with stable code, severity, the text people read
** in docs/reference and an example that provokes it. A stage adds as many diagnostics as it finds and
** goes on; the caller stops after the first stage that added an error. One mistake gives one message:
** nodes that failed carry an error kind that silences what follows from it.
**
** Messages: lower case, the user's words, backticked SQL, no final stop. Ownership: texts are copied
** into the list's arena. Thread: one. */
#ifndef WEIR_BASE_DIAG_H
#define WEIR_BASE_DIAG_H

#include "base/arena.h"
#include "base/source_text.h"
#include "base/span.h"

typedef enum DiagSeverity { DIAG_ERROR, DIAG_WARNING } DiagSeverity;

typedef enum DiagCode {
#define DIAG(name, code, severity, text, example) DIAG_##name,
#include "base/diag.def"
#undef DIAG
  DIAG_COUNT
} DiagCode;

typedef struct DiagInfo { /* a row of diag.def */
  const char  *name, *code; /* code: "W0312" or "E0312" */
  DiagSeverity severity;
  const char  *explanation; /* for docs/reference and `weir explain CODE` */
  const char  *example;     /* a query that provokes it, "" when only bindings do */
} DiagInfo;

enum { DIAG_LABELS_MAX = 4, DIAG_EDITS_MAX = 2, DIAG_LIMIT = 100 /* kept per run; the rest is only counted */ };

typedef struct DiagLabel { Span span; Str text; } DiagLabel;
typedef struct DiagEdit { Span span; Str text; } DiagEdit; /* the text that replaces the span; empty span: inserts */

typedef struct Diag {
  DiagCode  code;
  Span      span;    /* primary place; SPAN_NONE: the query as a whole */
  Str       message;
  Str       label;   /* beside the carets; may be empty */
  Str       hint;    /* the way out; may be empty */
  DiagLabel labels[DIAG_LABELS_MAX]; /* secondary places */
  unsigned  labels_len;
  DiagEdit  edits[DIAG_EDITS_MAX];   /* what would set it right, for editors: all of them together */
  unsigned  edits_len;
} Diag;

typedef struct DiagList {
  Arena       arena;
  SourceText *source; /* borrowed */
  Vec(Diag)   items;
  unsigned    errors, warnings; /* all that were added, also beyond DIAG_LIMIT */
  Diag       *spare;  /* receives what is added beyond the limit */
} DiagList;

typedef struct DiagMark { uint32_t len; unsigned errors, warnings; } DiagMark; /* a state of the list */

const DiagInfo *diag_info(DiagCode code);

void diags_init(DiagList *diags, SourceText *source);
void diags_release(DiagList *diags);
/* Adds one and returns it, for labels and hint (valid until the next diag_add). */
Diag *diag_add(DiagList *diags, DiagCode code, Span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void diag_hint(DiagList *diags, Diag *diag, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The words beside the carets of the primary place. */
void diag_mark(DiagList *diags, Diag *diag, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_label(DiagList *diags, Diag *diag, Span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* An edit that would set it right, where there is one that is surely meant; the hint says the same to people. */
void diag_edit(DiagList *diags, Diag *diag, Span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* "did you mean `better`?", with the edit of the span. */
void diag_suggest(DiagList *diags, Diag *diag, Span span, Str better);
/* The nearest of the candidates, or an empty Str when none is near enough to suggest. */
Str  diag_nearest(Str wanted, const Str *candidates, unsigned count);

static inline DiagMark diags_mark(const DiagList *diags) {
  return (DiagMark){diags->items.len, diags->errors, diags->warnings};
}
/* Forgets what was added since the mark was taken (for stages that try something out). */
void diags_truncate(DiagList *diags, DiagMark mark);

void diags_sort(DiagList *diags);                      /* by place, errors first at one place; repetitions go */
void diags_render(DiagList *diags, StrBuf *out, bool colour); /* for people: source line and carets */
void diags_render_json(DiagList *diags, StrBuf *out);  /* an array of objects, for editors */

#endif
