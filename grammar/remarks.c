/* remarks.c: see remarks.h. Formatting twice must change nothing, so whatever is read here about the place of a
** comment holds for the printed text again: on which side of it lines end, empty lines, more or less indented
** than the line behind it. */
#include "grammar/remarks.h"

#include "asaql.h"

typedef struct Placing {
  Str             source;
  const Tokens   *tokens;
  const Comments *comments;
  Remarks        *out;
} Placing;

/* ---- blanks ----------------------------------------------------------------------------------- */

unsigned line_ends(Str text) {
  unsigned count = 0;
  for (size_t i = 0; i < text.len; i++)
    count += text.ptr[i] == '\n' || (text.ptr[i] == '\r' && (i + 1 == text.len || text.ptr[i + 1] != '\n'));
  return count;
}

unsigned leading_columns(Str text, size_t *blanks) {
  unsigned columns = 0;
  size_t at = 0;
  for (; at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t'); at++)
    columns += text.ptr[at] == '\t' ? INDENT_COLUMNS : 1;
  *blanks = at;
  return columns;
}

static uint32_t line_begin(Str source, uint32_t at) {
  while (at > 0 && source.ptr[at - 1] != '\n' && source.ptr[at - 1] != '\r') at--;
  return at;
}

/* How far the line that holds this offset is indented. */
static unsigned line_indent(Str source, uint32_t at) {
  size_t blanks;
  return leading_columns(str_sub(source, line_begin(source, at), source.len), &blanks);
}

/* ---- the comments in front of one token ------------------------------------------------------- */

static bool is_line_comment(const Placing *p, const Comment *comment) {
  return p->source.ptr[comment->span.begin] == '-';
}

static bool ends_its_line(const Placing *p, const Comment *comment, uint32_t next) {
  return is_line_comment(p, comment) || line_ends(str_sub(p->source, comment->span.begin, next)) > 0;
}

/* The comments from the result on stand on the line of the token itself. */
static uint32_t inline_from(const Placing *p, uint32_t token, uint32_t first, uint32_t end) {
  uint32_t next = p->tokens->items[token].span.begin;
  if (p->tokens->items[token].kind == TOKEN_END) return end;
  while (end > first && !ends_its_line(p, &p->comments->items[end - 1], next))
    next = p->comments->items[--end].span.begin;
  return end;
}

static void place_before(Placing *p, uint32_t token, uint32_t first, uint32_t end) {
  uint32_t prev_end = token ? p->tokens->items[token - 1].span.end : 0, inlined = inline_from(p, token, first, end);
  bool own = token == 0;
  unsigned column = 0, behind = inlined > first ? line_indent(p->source, p->tokens->items[token].span.begin) : 0;
  for (uint32_t i = first; i < end; i++) {
    const Comment *comment = &p->comments->items[i];
    unsigned ends = line_ends(str_sub(p->source, prev_end, comment->span.begin));
    own |= ends > 0 || line_ends(str_sub(p->source, comment->span.begin, comment->span.end)) > 0;
    if (ends > 0 || i == 0) column = line_indent(p->source, comment->span.begin);
    Place place = i >= inlined ? PLACE_INLINE : own ? PLACE_OWN : PLACE_TRAILING;
    vec_push(p->out, (Remark){comment->span, token, column, place, is_line_comment(p, comment), ends > 1,
                              place == PLACE_OWN && column > behind});
    prev_end = comment->span.end;
  }
}

/* ---- commas and semicolons -------------------------------------------------------------------- */

static bool moves_behind(const Placing *p, uint32_t token, uint32_t first) {
  int kind = p->tokens->items[token].kind;
  bool trailing = true, lines = false;
  for (uint32_t i = first; i < p->out->len; i++) {
    trailing &= p->out->items[i].place == PLACE_TRAILING;
    lines |= p->out->items[i].place != PLACE_INLINE;
  }
  return kind == TK_COMMA ? lines : kind == TK_SEMI && trailing;
}

/* Remarks that came together by moving: nothing stands behind a `--` on its line, and places keep their order. */
static void settle(Remarks *remarks, uint32_t first, uint32_t end) {
  bool line_ended = false, lines_follow = false;
  for (uint32_t i = first; i < end; i++) {
    Remark *remark = &remarks->items[i];
    if (remark->place == PLACE_TRAILING && line_ended) remark->place = PLACE_OWN;
    line_ended |= remark->is_line || remark->place != PLACE_TRAILING;
  }
  for (uint32_t i = end; i-- > first;) {
    Remark *remark = &remarks->items[i];
    if (remark->place == PLACE_INLINE && lines_follow) remark->place = PLACE_OWN;
    lines_follow |= remark->place != PLACE_INLINE;
  }
}

void remarks_place(Str source, const Tokens *tokens, const Comments *comments, Remarks *out) {
  Placing placing = {source, tokens, comments, out};
  for (uint32_t at = 0, end; at < comments->len; at = end) {
    uint32_t token = comments->items[at].before, first = out->len;
    for (end = at; end < comments->len && comments->items[end].before == token;) end++;
    place_before(&placing, token, at, end);
    if (!moves_behind(&placing, token, first)) continue;
    for (uint32_t i = first; i < out->len; i++) out->items[i].before = token + 1;
  }
  for (uint32_t at = 0, end; at < out->len; at = end) {
    for (end = at; end < out->len && out->items[end].before == out->items[at].before;) end++;
    settle(out, at, end);
  }
}
