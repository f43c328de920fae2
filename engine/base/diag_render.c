/* diag_render.c: diagnostics as text for people and as JSON for editors.
**
**   error[E0104]: this parenthesis is never closed
**    --> toll.asaql:3:8
**     |
**   3 | SELECT (a + b FROM input
**     |        ^      ---- `FROM` cannot stand inside it
**     |        |
**     |        opened here
**     = help: add `)` before `FROM`
**
** Every source line that holds a mark is shown once, as a *view*: the part of the line around the
** marks, tabs expanded to blanks, control characters replaced. Marks are placed in display columns of
** the view, so carets stand right under wide, narrow and combining characters. Marks of several lines
** are cut at the end of their first line. */
#include <stdio.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/utf8.h"

enum {
  VIEW_COLUMNS = 120, /* a line wider than this is cut around its marks */
  VIEW_LEAD = 50,     /* columns kept in front of the first mark then */
  TAB_COLUMNS = 4,
  MARKS_MAX = DIAG_LABELS_MAX + 1,
};

typedef struct Mark {
  Span     span;
  Str      text;
  bool     primary;
  uint32_t line;
  unsigned begin, end; /* display columns in the view, end > begin */
} Mark;

typedef struct Painter {
  DiagList *diags;
  StrBuf   *out;
  bool      colour;
  const char *tint;   /* colour of the severity */
  unsigned  gutter;   /* columns of the largest line number */
} Painter;

#define BLUE "\033[1;34m"
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

static void tint(Painter *painter, const char *code) {
  if (painter->colour) strbuf_puts(painter->out, code);
}

static void pad(StrBuf *out, unsigned count) {
  for (unsigned i = 0; i < count; i++) strbuf_putc(out, ' ');
}

/* The blank gutter and its bar, in front of every line that shows no source. */
static void gutter(Painter *painter, const char *bar) {
  pad(painter->out, painter->gutter + 1);
  tint(painter, BLUE);
  strbuf_puts(painter->out, bar);
  tint(painter, PLAIN);
}

/* ---- the view of a line ----------------------------------------------------------------------- */

typedef struct View {
  Str      line;        /* the whole line */
  uint32_t line_begin;  /* its offset in the source */
  uint32_t begin, end;  /* the part shown, in bytes of the line */
  unsigned lead;        /* columns taken by the "..." in front */
} View;

static unsigned next_column(unsigned column, uint32_t code_point) {
  if (code_point == '\t') return column + TAB_COLUMNS - column % TAB_COLUMNS;
  return column + utf8_width(code_point);
}

/* The character at offset `at` of the line and its length; a byte that is no UTF-8 counts as U+FFFD. */
static unsigned character_at(Str line, size_t at, uint32_t *code_point) {
  unsigned len = utf8_decode(line.ptr + at, line.ptr + line.len, code_point);
  if (len == 0) *code_point = 0xFFFD;
  return len ? len : 1;
}

/* The display column of a byte of the line within the view; the end of the view for bytes behind it. */
static unsigned column_of(const View *view, uint32_t byte) {
  unsigned column = view->lead;
  uint32_t at = view->begin;
  while (at < byte && at < view->end) {
    uint32_t code_point;
    at += character_at(view->line, at, &code_point);
    column = next_column(column, code_point);
  }
  return column;
}

static bool at_boundary(Str line, uint32_t at) {
  return at >= line.len || ((unsigned char)line.ptr[at] & 0xC0) != 0x80;
}

/* Shows the whole line when it is short, else a part that begins a little before byte `first`. */
static View view_make(SourceText *source, uint32_t number, uint32_t first) {
  View view = {.line = source_text_line(source, number), .line_begin = source_text_line_start(source, number)};
  view.end = (uint32_t)view.line.len;
  if (view.line.len <= VIEW_COLUMNS) return view;
  if (first > VIEW_LEAD) {
    view.begin = first - VIEW_LEAD;
    while (!at_boundary(view.line, view.begin)) view.begin++;
    view.lead = 3;
  }
  view.end = view.begin;
  unsigned column = view.lead;
  while (view.end < view.line.len && column < VIEW_COLUMNS) {
    uint32_t code_point;
    view.end += character_at(view.line, view.end, &code_point);
    column = next_column(column, code_point);
  }
  return view;
}

static void view_print(const View *view, StrBuf *out) {
  if (view->begin) strbuf_puts(out, "...");
  unsigned column = view->lead;
  for (uint32_t at = view->begin; at < view->end;) {
    uint32_t code_point;
    unsigned len = character_at(view->line, at, &code_point), next = next_column(column, code_point);
    if (code_point == '\t') pad(out, next - column);
    else if (code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0)) strbuf_putc(out, '?');
    else if (code_point == 0xFFFD) strbuf_puts(out, "\xEF\xBF\xBD");
    else strbuf_append(out, view->line.ptr + at, len);
    at += len;
    column = next;
  }
  if (view->end < view->line.len) strbuf_puts(out, "...");
}

static void mark_place(Mark *mark, const View *view) {
  uint32_t begin = mark->span.begin - view->line_begin;
  uint32_t end = mark->span.end > view->line_begin ? mark->span.end - view->line_begin : 0;
  if (end > view->line.len) end = (uint32_t)view->line.len;
  mark->begin = column_of(view, begin);
  mark->end = column_of(view, end);
  if (mark->end <= mark->begin) mark->end = mark->begin + 1;
}

/* ---- marks under a line ----------------------------------------------------------------------- */

static void end_row(StrBuf *row, size_t from) {
  while (row->len > from && row->ptr[row->len - 1] == ' ') row->len--;
  row->ptr[row->len] = 0;
  strbuf_putc(row, '\n');
}

/* The mark shown at a column: the primary one wins. */
static const Mark *mark_at(const Mark *marks, unsigned count, unsigned column) {
  const Mark *found = NULL;
  for (unsigned i = 0; i < count; i++)
    if (column >= marks[i].begin && column < marks[i].end && (found == NULL || marks[i].primary)) found = &marks[i];
  return found;
}

static void paint_symbols(Painter *painter, const Mark *marks, unsigned count, unsigned columns) {
  const Mark *before = NULL;
  for (unsigned column = 0; column < columns; column++) {
    const Mark *mark = mark_at(marks, count, column);
    if (mark != before) tint(painter, mark == NULL ? PLAIN : mark->primary ? painter->tint : BLUE);
    strbuf_putc(painter->out, mark == NULL ? ' ' : mark->primary ? '^' : '-');
    before = mark;
  }
  if (before) tint(painter, PLAIN);
}

static void paint_text(Painter *painter, const Mark *mark) {
  tint(painter, mark->primary ? painter->tint : BLUE);
  strbuf_put_str(painter->out, mark->text);
  tint(painter, PLAIN);
}

/* Bars under the marks [0, count) that still wait for their text; returns the column reached. */
static unsigned paint_bars(Painter *painter, const Mark *marks, unsigned count) {
  unsigned column = 0;
  for (unsigned i = 0; i < count; i++) {
    if (marks[i].text.len == 0 || marks[i].begin < column) continue;
    pad(painter->out, marks[i].begin - column);
    tint(painter, marks[i].primary ? painter->tint : BLUE);
    strbuf_putc(painter->out, '|');
    tint(painter, PLAIN);
    column = marks[i].begin + 1;
  }
  return column;
}

/* Marks are sorted by column. The last one's text stands behind the symbols if nothing is in the way,
** the others hang below, right to left. */
static void paint_marks(Painter *painter, const Mark *marks, unsigned count) {
  unsigned columns = 0, left = count;
  for (unsigned i = 0; i < count; i++)
    if (marks[i].end > columns) columns = marks[i].end;
  gutter(painter, "| ");
  size_t from = painter->out->len;
  paint_symbols(painter, marks, count, columns);
  if (marks[count - 1].end == columns) {
    left--;
    if (marks[left].text.len) strbuf_putc(painter->out, ' ');
    if (marks[left].text.len) paint_text(painter, &marks[left]);
  }
  end_row(painter->out, from);
  bool waiting = false;
  for (unsigned i = 0; i < left; i++) waiting |= marks[i].text.len > 0;
  if (!waiting) return;
  gutter(painter, "| ");
  paint_bars(painter, marks, left);
  strbuf_putc(painter->out, '\n');
  while (left-- > 0) {
    if (marks[left].text.len == 0) continue;
    gutter(painter, "| ");
    unsigned column = paint_bars(painter, marks, left);
    if (marks[left].begin > column) pad(painter->out, marks[left].begin - column);
    paint_text(painter, &marks[left]);
    strbuf_putc(painter->out, '\n');
  }
}

static int by_line_and_column(const void *left, const void *right) {
  const Mark *a = left, *b = right;
  if (a->span.begin != b->span.begin) return a->span.begin < b->span.begin ? -1 : 1;
  return a->span.end < b->span.end ? -1 : a->span.end > b->span.end;
}

static void paint_view(Painter *painter, const View *view, uint32_t number) {
  tint(painter, BLUE);
  strbuf_printf(painter->out, "%*u |", (int)painter->gutter, number);
  tint(painter, PLAIN);
  if (view->line.len) strbuf_putc(painter->out, ' ');
  view_print(view, painter->out);
  strbuf_putc(painter->out, '\n');
}

/* The marks of one line, sorted. A long line is shown in several views when its marks are far apart. */
static void paint_line(Painter *painter, Mark *marks, unsigned count) {
  SourceText *source = painter->diags->source;
  uint32_t number = marks[0].line, line_begin = source_text_line_start(source, number);
  for (unsigned first = 0, next; first < count; first = next) {
    View view = view_make(source, number, marks[first].span.begin - line_begin);
    for (next = first; next < count && marks[next].span.begin - line_begin <= view.end; next++)
      mark_place(&marks[next], &view);
    if (next == first) next++; /* behind the end of the line */
    paint_view(painter, &view, number);
    paint_marks(painter, &marks[first], next - first);
  }
}

static unsigned marks_collect(DiagList *diags, const Diag *diag, Mark *marks) {
  unsigned count = 0;
  marks[count++] = (Mark){.span = diag->span, .text = diag->label, .primary = true};
  for (unsigned i = 0; i < diag->labels_len; i++)
    marks[count++] = (Mark){.span = diag->labels[i].span, .text = diag->labels[i].text};
  for (unsigned i = 0; i < count; i++) {
    uint32_t column;
    source_text_position(diags->source, marks[i].span.begin, &marks[i].line, &column);
  }
  qsort(marks, count, sizeof *marks, by_line_and_column);
  return count;
}

static void paint_source(Painter *painter, const Diag *diag) {
  DiagList *diags = painter->diags;
  if (span_is_none(diag->span)) {
    strbuf_printf(painter->out, " --> " STR_FMT "\n", STR_ARG(diags->source->name));
    return;
  }
  Mark marks[MARKS_MAX];
  unsigned count = marks_collect(diags, diag, marks);
  painter->gutter = (unsigned)snprintf(NULL, 0, "%u", marks[count - 1].line);
  uint32_t line, column;
  source_text_position(diags->source, diag->span.begin, &line, &column);
  pad(painter->out, painter->gutter);
  tint(painter, BLUE);
  strbuf_puts(painter->out, "--> ");
  tint(painter, PLAIN);
  strbuf_printf(painter->out, STR_FMT ":%u:%u\n", STR_ARG(diags->source->name), line, column);
  gutter(painter, "|\n");
  for (unsigned first = 0, next; first < count; first = next) {
    for (next = first + 1; next < count && marks[next].line == marks[first].line;) next++;
    uint32_t number = marks[first].line, following = next < count ? marks[next].line : number;
    paint_line(painter, &marks[first], next - first);
    if (following > number + 1) strbuf_puts(painter->out, "...\n");
  }
}

/* A hint may have several lines (a CREATE TABLE to paste); they stay aligned. */
static void paint_hint(Painter *painter, Str hint) {
  gutter(painter, "= ");
  tint(painter, BOLD);
  strbuf_puts(painter->out, "help:");
  tint(painter, PLAIN);
  strbuf_putc(painter->out, ' ');
  Str line, rest = hint;
  while (str_cut(rest, '\n', &line, &rest)) {
    strbuf_put_str(painter->out, line);
    strbuf_putc(painter->out, '\n');
    pad(painter->out, painter->gutter + 9);
  }
  strbuf_put_str(painter->out, line);
  strbuf_putc(painter->out, '\n');
}

static void paint(Painter *painter, const Diag *diag) {
  const DiagInfo *info = diag_info(diag->code);
  painter->tint = info->severity == DIAG_ERROR ? "\033[1;31m" : "\033[1;33m";
  painter->gutter = 1;
  tint(painter, painter->tint);
  strbuf_printf(painter->out, "%s[%s]", info->severity == DIAG_ERROR ? "error" : "warning", info->code);
  tint(painter, PLAIN);
  tint(painter, BOLD);
  strbuf_printf(painter->out, ": " STR_FMT, STR_ARG(diag->message));
  tint(painter, PLAIN);
  strbuf_putc(painter->out, '\n');
  if (painter->diags->source) paint_source(painter, diag);
  if (diag->hint.len) paint_hint(painter, diag->hint);
}

void diags_render(DiagList *diags, StrBuf *out, bool colour) {
  Painter painter = {.diags = diags, .out = out, .colour = colour};
  for (uint32_t i = 0; i < diags->items.len; i++) {
    if (i) strbuf_putc(out, '\n');
    paint(&painter, &diags->items.items[i]);
  }
  unsigned all = diags->errors + diags->warnings;
  if (all > diags->items.len) strbuf_printf(out, "\n... and %u more\n", all - diags->items.len);
}

/* ---- JSON ------------------------------------------------------------------------------------- */

static void json_text(StrBuf *out, Str text) {
  strbuf_putc(out, '"');
  for (size_t i = 0; i < text.len;) {
    uint32_t c;
    unsigned len = character_at(text, i, &c);
    if (c == '"' || c == '\\') strbuf_printf(out, "\\%c", (char)c);
    else if (c < 0x20 || c == 0x7F) strbuf_printf(out, "\\u%04x", c);
    else if (c == 0xFFFD) strbuf_puts(out, "\\ufffd");
    else strbuf_append(out, text.ptr + i, len);
    i += len;
  }
  strbuf_putc(out, '"');
}

static void json_field(StrBuf *out, const char *name, Str text) {
  strbuf_printf(out, ",\"%s\":", name);
  json_text(out, text);
}

static void json_span(DiagList *diags, StrBuf *out, Span span) {
  if (diags->source == NULL || span_is_none(span)) return;
  uint32_t line, column, end_line, end_column;
  source_text_position(diags->source, span.begin, &line, &column);
  source_text_position(diags->source, span.end, &end_line, &end_column);
  strbuf_printf(out, ",\"line\":%u,\"column\":%u,\"endLine\":%u,\"endColumn\":%u,\"begin\":%u,\"end\":%u", line, column,
                end_line, end_column, span.begin, span.end);
}

static void json_place(DiagList *diags, StrBuf *out, unsigned index, Str text, Span span) {
  strbuf_puts(out, index ? ",{\"text\":" : "{\"text\":");
  json_text(out, text);
  json_span(diags, out, span);
  strbuf_putc(out, '}');
}

static void json_diag(DiagList *diags, StrBuf *out, const Diag *diag) {
  const DiagInfo *info = diag_info(diag->code);
  strbuf_printf(out, "{\"code\":\"%s\",\"name\":\"%s\",\"severity\":\"%s\"", info->code, info->name,
                info->severity == DIAG_ERROR ? "error" : "warning");
  json_field(out, "message", diag->message);
  if (diags->source) json_field(out, "file", diags->source->name);
  json_span(diags, out, diag->span);
  if (diag->label.len) json_field(out, "label", diag->label);
  if (diag->hint.len) json_field(out, "help", diag->hint);
  strbuf_puts(out, ",\"labels\":[");
  for (unsigned i = 0; i < diag->labels_len; i++) json_place(diags, out, i, diag->labels[i].text, diag->labels[i].span);
  strbuf_puts(out, "],\"edits\":[");
  for (unsigned i = 0; i < diag->edits_len; i++) json_place(diags, out, i, diag->edits[i].text, diag->edits[i].span);
  strbuf_puts(out, "]}");
}

void diags_render_json(DiagList *diags, StrBuf *out) {
  strbuf_putc(out, '[');
  for (uint32_t i = 0; i < diags->items.len; i++) {
    if (i) strbuf_putc(out, ',');
    json_diag(diags, out, &diags->items.items[i]);
  }
  strbuf_putc(out, ']');
}
