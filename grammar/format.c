/* format.c: see format.h. layout.c said where lines may end, remarks.c where comments stand; here tokens are
** printed one after the other, and it is decided where lines do end.
**
** A group is printed on one line when it and what follows up to the next possible line end fit. Widths are
** prefix sums, so that each decision takes constant time. Every decision depends on the tokens, and on facts
** about comments and empty lines that hold for the printed text again: formatting twice changes nothing. */
#include "grammar/format.h"

#include "asaql.h"
#include "base/arena.h"
#include "base/utf8.h"
#include "grammar/keywords.h"
#include "grammar/layout.h"
#include "grammar/lexer.h"
#include "grammar/parse.h"
#include "grammar/remarks.h"

enum { LINE_COLUMNS = 100 };
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

typedef Vec(uint32_t) Numbers;

typedef struct Printer {
  Layout   layout;
  Remarks  remarks;
  Numbers  remarks_from; /* those in front of token i: from [i] up to [i + 1] */
  Numbers  widths;       /* of all that stands in front of token i, were it one line */
  Numbers  next_break;   /* the first token from i on that may begin a line */
  Vec(bool) broken;      /* of groups */
  const char *eol;
  StrBuf  *out;
  size_t   begin;        /* of what is printed, in out */
  size_t   counted;      /* in out: `column` holds for this place */
  size_t   column;
} Printer;

static Str text_of(const Printer *p, Span span) { return str_sub(p->layout.source, span.begin, span.end); }
static Token token(const Printer *p, uint32_t i) { return p->layout.tokens.items[i]; }
static const Mark *mark(const Printer *p, uint32_t i) { return &p->layout.marks.items[i]; }
static uint32_t tokens(const Printer *p) { return p->layout.tokens.len; }

/* ---- blanks between two tokens ---------------------------------------------------------------- */

static bool is_name(const Printer *p, uint32_t i) {
  int kind = token(p, i).kind;
  return kind == TK_IDENT || kind == TK_BRACKETED || kind == TK_DQUOTED || mark(p, i)->is_name;
}

static bool is_sign(int kind) { return kind == TK_PLUS || kind == TK_MINUS || kind == TK_TILDE; }

static bool ends_operand(const Printer *p, uint32_t i) {
  int kind = token(p, i).kind;
  bool literal = kind == TK_INTEGER || kind == TK_FLOAT || kind == TK_TEXT || kind == TK_NULL;
  return literal || is_name(p, i) || kind == TK_RP || kind == TK_END;
}

/* A sign that belongs to the operand behind it. */
static bool is_prefix(const Printer *p, uint32_t i) {
  return is_sign(token(p, i).kind) && (i == 0 || !ends_operand(p, i - 1));
}

static bool opens_arguments(const Printer *p, uint32_t before) {
  int kind = token(p, before).kind;
  return is_name(p, before) || kind == TK_CAST || kind == TK_TRY_CAST;
}

/* Whether a blank separates token i from the one before it on the same line. `- -1` needs its own. */
static bool space_before(const Printer *p, uint32_t i) {
  if (i == 0) return false;
  int kind = token(p, i).kind, prev = token(p, i - 1).kind;
  if (mark(p, i)->spacing != SPACING_BY_KIND) return mark(p, i)->spacing == SPACING_APART;
  if (kind == TK_COMMA || kind == TK_SEMI || kind == TK_RP || kind == TK_DOT) return false;
  if (prev == TK_LP || prev == TK_DOT) return false;
  if (kind == TK_LP && opens_arguments(p, i - 1)) return false;
  return !is_prefix(p, i - 1) || kind == TK_MINUS || kind == TK_PLUS;
}

/* ---- measuring -------------------------------------------------------------------------------- */

static Span remarks_of(const Printer *p, uint32_t i) {
  return (Span){p->remarks_from.items[i], p->remarks_from.items[i + 1]};
}

static bool forces_line(const Printer *p, uint32_t i) {
  Span range = remarks_of(p, i);
  bool remark = range.begin < range.end && p->remarks.items[range.begin].place != PLACE_INLINE;
  return remark || mark(p, i)->before >= BREAK_LINE;
}

static uint32_t width_of(const Printer *p, uint32_t i) {
  uint32_t width = (uint32_t)utf8_count(text_of(p, token(p, i).span)) + space_before(p, i);
  Span range = remarks_of(p, i);
  for (uint32_t r = range.begin; r < range.end; r++) {
    const Remark *remark = &p->remarks.items[r];
    if (remark->place == PLACE_INLINE) width += (uint32_t)utf8_count(text_of(p, remark->span)) + 1;
  }
  return width;
}

static void index_remarks(Printer *p) {
  uint32_t at = 0;
  for (uint32_t i = 0; i <= tokens(p); i++) {
    vec_push(&p->remarks_from, at);
    while (at < p->remarks.len && p->remarks.items[at].before == i) at++;
  }
}

static void measure(Printer *p) {
  uint32_t len = tokens(p), next = len - 1, width = 0;
  vec_reserve(&p->next_break, len);
  p->next_break.len = len;
  for (uint32_t i = 0; i < len; i++) {
    vec_push(&p->widths, width);
    width += width_of(p, i);
  }
  for (uint32_t i = len; i-- > 0;) {
    if (forces_line(p, i) || mark(p, i)->before == BREAK_SOFT) next = i;
    p->next_break.items[i] = next;
  }
}

/* ---- groups ----------------------------------------------------------------------------------- */

/* Groups by their first token: heads of lists that end with NO_GROUP, outer groups first. */
typedef struct GroupsAt { Numbers heads, next; } GroupsAt;

static void number_all(Numbers *numbers, uint32_t len, uint32_t value) {
  for (uint32_t i = 0; i < len; i++) vec_push(numbers, value);
}

static GroupsAt groups_by_token(const Printer *p) {
  GroupsAt at = {0};
  number_all(&at.heads, tokens(p), NO_GROUP);
  number_all(&at.next, p->layout.groups.len, NO_GROUP);
  for (uint32_t g = p->layout.groups.len; g-- > 0;) {
    uint32_t first = p->layout.groups.items[g].first;
    at.next.items[g] = at.heads.items[first];
    at.heads.items[first] = g;
  }
  return at;
}

static void groups_at_release(GroupsAt *at) {
  vec_release(&at->heads);
  vec_release(&at->next);
}

/* A group that a line ends in is broken, and so are all around it. */
static void break_forced(Printer *p, const GroupsAt *at) {
  Numbers around = {0};
  for (uint32_t i = 0; i < tokens(p); i++) {
    while (around.len && p->layout.groups.items[around.items[around.len - 1]].last < i) around.len--;
    for (uint32_t k = around.len; forces_line(p, i) && k-- > 0 && !p->broken.items[around.items[k]];)
      p->broken.items[around.items[k]] = true;
    for (uint32_t g = at->heads.items[i]; g != NO_GROUP; g = at->next.items[g]) vec_push(&around, g);
  }
  vec_release(&around);
}

static size_t column(Printer *p) {
  p->column += utf8_count(str_sub(strbuf_str(p->out), p->counted, p->out->len));
  p->counted = p->out->len;
  return p->column;
}

static void line_begins(Printer *p) {
  p->column = 0;
  p->counted = p->out->len;
}

/* Whether the tokens from first up to last, and what cannot be torn from them, fit behind `taken` columns, the
** blank in front of the first not counted. */
static bool fits(const Printer *p, size_t taken, uint32_t first, uint32_t last) {
  uint32_t end = p->next_break.items[last + 1], begin = p->widths.items[first] + space_before(p, first);
  return taken + p->widths.items[end] - begin <= LINE_COLUMNS;
}

/* ---- printing --------------------------------------------------------------------------------- */

static void new_line(Printer *p, bool blank, unsigned columns) {
  bool first = p->out->len == p->begin;
  if (!first && blank) strbuf_puts(p->out, p->eol);
  if (!first) strbuf_puts(p->out, p->eol);
  line_begins(p);
  for (unsigned i = 0; i < columns; i++) strbuf_putc(p->out, ' ');
}

static Str trim_end(Str text) {
  while (text.len && strchr(" \t\r", text.ptr[text.len - 1])) text.len--;
  return text;
}

/* The lines of a comment keep their distance from its begin, which now stands at `columns`. */
static void print_remark(Printer *p, const Remark *remark, unsigned columns) {
  Str line, rest = text_of(p, remark->span);
  bool more = str_cut(rest, '\n', &line, &rest);
  strbuf_put_str(p->out, trim_end(line));
  while (more) {
    size_t blanks;
    more = str_cut(rest, '\n', &line, &rest);
    line = trim_end(line);
    unsigned indent = leading_columns(line, &blanks) + columns;
    bool empty = blanks == line.len;
    new_line(p, false, empty || indent < remark->column ? 0 : indent - remark->column);
    strbuf_put_str(p->out, str_sub(line, blanks, line.len));
  }
}

static unsigned columns_of(const Printer *p, uint32_t i) { return (unsigned)mark(p, i)->indent * INDENT_COLUMNS; }

/* How far a line is indented that token i begins; one more level where no line was meant to end. */
static unsigned line_columns(const Printer *p, uint32_t i) {
  bool torn = mark(p, i)->before == BREAK_NEVER && token(p, i).kind != TK_SEMI;
  return columns_of(p, i) + (torn ? INDENT_COLUMNS : 0);
}

static unsigned remark_columns(const Printer *p, const Remark *remark, uint32_t i) {
  unsigned next = line_columns(p, i), before = i ? columns_of(p, i - 1) : 0;
  return remark->deep && before > next ? before : next;
}

/* True when the author left an empty line in front of the line that token i begins, perhaps behind a remark. */
static bool blank_before(const Printer *p, uint32_t i) {
  uint32_t end = token(p, i).span.begin;
  for (uint32_t r = remarks_of(p, i).end; r-- > remarks_of(p, i).begin;)
    if (p->remarks.items[r].place == PLACE_INLINE) end = p->remarks.items[r].span.begin;
  uint32_t begin = end;
  Str source = p->layout.source;
  while (begin > 0 && strchr(" \t\r\n", source.ptr[begin - 1])) begin--;
  return line_ends(str_sub(source, begin, end)) > 1;
}

static bool ends_line(Printer *p, uint32_t i) {
  const Mark *m = mark(p, i);
  if (i == 0) return false;
  if (forces_line(p, i)) return true;
  if (m->before != BREAK_SOFT || !p->broken.items[m->group]) return false;
  return !p->layout.groups.items[m->group].fills || !fits(p, column(p) + space_before(p, i), i, i);
}

/* The remarks in front of token i that do not share its line. Returns where the others begin. */
static uint32_t print_lines_of_remarks(Printer *p, uint32_t i) {
  Span range = remarks_of(p, i);
  uint32_t r = range.begin;
  bool paragraph = mark(p, i)->before == BREAK_PARAGRAPH;
  for (; r < range.end && p->remarks.items[r].place == PLACE_TRAILING; r++) {
    strbuf_putc(p->out, ' ');
    print_remark(p, &p->remarks.items[r], 0);
  }
  for (; r < range.end && p->remarks.items[r].place == PLACE_OWN; r++) {
    const Remark *remark = &p->remarks.items[r];
    unsigned columns = remark_columns(p, remark, i);
    new_line(p, (remark->blank || paragraph) && token(p, i ? i - 1 : 0).kind != TK_LP, columns);
    print_remark(p, remark, columns);
    paragraph = false;
  }
  return r;
}

static void print_line_end(Printer *p, uint32_t i, bool own_remarks) {
  const Mark *m = mark(p, i);
  bool blank = m->before == BREAK_PARAGRAPH && !own_remarks;
  blank |= (m->keeps_blank || own_remarks) && blank_before(p, i);
  new_line(p, blank, line_columns(p, i));
}

static void print_token(Printer *p, uint32_t i) {
  Str text = text_of(p, token(p, i).span);
  bool keyword = !mark(p, i)->is_name && keyword_of_token(token(p, i).kind) != NULL;
  for (size_t k = 0; k < text.len; k++) {
    bool lower = keyword && text.ptr[k] >= 'a' && text.ptr[k] <= 'z';
    strbuf_putc(p->out, lower ? (char)(text.ptr[k] - 'a' + 'A') : text.ptr[k]);
    if (text.ptr[k] == '\n') line_begins(p);
  }
}

/* In front of a token that stands close to the one before it they belong to that one. */
static bool looks_back(const Printer *p, uint32_t i, uint32_t from) {
  bool alone = from == remarks_of(p, i).begin;
  return alone && i > 0 && !space_before(p, i) && token(p, i - 1).kind != TK_LP;
}

static void print_inline_remarks(Printer *p, uint32_t i, uint32_t from, bool back) {
  if (back != looks_back(p, i, from)) return;
  for (uint32_t r = from; r < remarks_of(p, i).end; r++) {
    if (back) strbuf_putc(p->out, ' ');
    print_remark(p, &p->remarks.items[r], 0);
    if (!back) strbuf_putc(p->out, ' ');
  }
}

static void open_groups(Printer *p, const GroupsAt *at, uint32_t i) {
  size_t taken = column(p);
  for (uint32_t g = at->heads.items[i]; g != NO_GROUP; g = at->next.items[g])
    p->broken.items[g] = p->broken.items[g] || !fits(p, taken, i, p->layout.groups.items[g].last);
}

static void print_all(Printer *p, const GroupsAt *at) {
  for (uint32_t i = 0; i < tokens(p); i++) {
    bool line = ends_line(p, i);
    uint32_t rest = print_lines_of_remarks(p, i);
    bool own = rest > remarks_of(p, i).begin && p->remarks.items[rest - 1].place == PLACE_OWN;
    if (token(p, i).kind == TOKEN_END) break;
    print_inline_remarks(p, i, rest, true);
    if (line || own) print_line_end(p, i, own);
    else if (space_before(p, i)) strbuf_putc(p->out, ' ');
    open_groups(p, at, i);
    print_inline_remarks(p, i, rest, false);
    print_token(p, i);
  }
  strbuf_puts(p->out, p->eol);
}

/* ---- the text as a whole ---------------------------------------------------------------------- */

/* Of the first line end that stands in no text and no comment. */
static const char *line_end_of(Str source, const Tokens *tokens, const Comments *comments) {
  uint32_t comment = 0, begin = 0;
  for (uint32_t i = 0; i < tokens->len;) {
    bool is_comment = comment < comments->len && comments->items[comment].before == i;
    Span next = is_comment ? comments->items[comment++].span : tokens->items[i++].span;
    ptrdiff_t at = str_find_char(str_sub(source, begin, next.begin), '\n');
    if (at >= 0) return at > 0 && source.ptr[begin + at - 1] == '\r' ? "\r\n" : "\n";
    begin = next.end;
  }
  return "\n";
}

static void printer_release(Printer *p) {
  layout_release(&p->layout);
  vec_release(&p->remarks);
  vec_release(&p->remarks_from);
  vec_release(&p->widths);
  vec_release(&p->next_break);
  vec_release(&p->broken);
}

static void print_script(SourceText *source, DiagList *diags, const AstScript *script, StrBuf *out) {
  Printer printer = {.layout.source = source->text, .out = out};
  Comments comments = {0};
  Tokens *all = &printer.layout.tokens;
  lex_source(source, diags, all, &comments);
  keywords_resolve(all, source->text);
  layout_script(&printer.layout, script);
  remarks_place(source->text, all, &comments, &printer.remarks);
  printer.eol = line_end_of(source->text, all, &comments);
  index_remarks(&printer);
  measure(&printer);
  for (uint32_t i = 0; i < printer.layout.groups.len; i++) vec_push(&printer.broken, false);
  GroupsAt groups = groups_by_token(&printer);
  break_forced(&printer, &groups);
  if (str_starts(source->text, STR(BYTE_ORDER_MARK))) strbuf_puts(out, BYTE_ORDER_MARK);
  printer.begin = printer.counted = out->len;
  print_all(&printer, &groups);
  groups_at_release(&groups);
  printer_release(&printer);
  vec_release(&comments);
}

bool format_script(SourceText *source, DiagList *diags, StrBuf *out) {
  Arena arena;
  AstScript *script;
  arena_init(&arena);
  bool ok = parse_script(source, &arena, diags, &script);
  if (ok) print_script(source, diags, script, out);
  arena_release(&arena);
  return ok;
}
