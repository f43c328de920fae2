/* syntax.c: says why a token cannot stand where it does, and where to go on.
**
** What could stand at the mistake is found by replaying the section's tokens through the automaton
** (parser.h) and then trying every token there is; looking at the failing state alone would miss those
** that default reductions have already ruled out. On top of that stands a list of explanations, from the
** most certain to the least: each looks for one kind of mistake and, where it repairs the text by a
** word or a comma, tries whether the text behind it then makes sense. The last resort is "expected ...". */
#include <assert.h>

#include "asaql.h"
#include "base/vec.h"
#include "grammar/keywords.h"
#include "grammar/parser.h"

enum { LOOK_AHEAD = 4 }; /* tokens that must make sense behind a suggested repair */

typedef struct Syntax {
  Parser  *p;
  Section  section;
  uint32_t at;         /* the mistake */
  Token    token;
  Token    prev;       /* kind TOKEN_END: none */
  Replay   before;     /* the automaton right before the token */
  Replay   scratch;
  Vec(uint32_t) open;  /* indices of unclosed ( and CASE, outermost first */
} Syntax;

static Token token_at(const Syntax *s, uint32_t at) {
  uint32_t last = s->p->tokens.len - 1;
  return s->p->tokens.items[at < last ? at : last];
}

static Str text_at(const Syntax *s, uint32_t at) { return parser_text(s->p, token_at(s, at).span); }

static bool accepts(Syntax *s, int kind) {
  replay_copy(&s->scratch, &s->before);
  return replay_feed(&s->scratch, kind);
}

/* Replays the section up to the token at `end`; the replay is fresh. */
static void replay_until(const Syntax *s, Replay *replay, uint32_t end) {
  replay_start(replay);
  if (s->section.in_with) replay_feed(replay, TK_WITH);
  for (uint32_t i = s->section.begin; i < end; i++) replay_feed(replay, token_at(s, i).kind);
}

/* Do this kind and then `count` tokens from `next` on make sense behind what `from` has seen? */
static bool repairs(Syntax *s, const Replay *from, int kind, uint32_t next, uint32_t count) {
  replay_copy(&s->scratch, from);
  if (!replay_feed(&s->scratch, kind)) return false;
  for (uint32_t i = 0; i < count; i++) {
    Token token = token_at(s, next + i);
    if (token.kind == TOKEN_ILLEGAL || token.kind == TOKEN_END) return true;
    if (!replay_feed(&s->scratch, token.kind)) return false;
  }
  return true;
}

static Span place(const Syntax *s) {
  if (s->token.kind != TOKEN_END) return s->token.span;
  return (Span){s->p->prev_end, s->p->prev_end};
}

static Diag *complain(Syntax *s, DiagCode code, Span span, const char *message) {
  return diag_add(s->p->diags, code, span, "%s", message);
}

/* How a message names a token: the text as written, or what it is when that may be long. */
static const char *named(const Syntax *s, uint32_t at, StrBuf *buf) {
  Token token = token_at(s, at);
  Str text = parser_text(s->p, token.span);
  if (token.kind == TOKEN_END) return "the end of the query";
  if (text.len > 40 || str_find_char(text, '\n') >= 0) return token_name(token.kind);
  strbuf_clear(buf);
  strbuf_printf(buf, "`" STR_FMT "`", STR_ARG(text));
  return buf->ptr;
}

static const char *found(const Syntax *s, StrBuf *buf) { return named(s, s->at, buf); }

/* ---- kinds of tokens -------------------------------------------------------------------------- */


static bool is_reserved(int kind) {
  const Keyword *keyword = keyword_of_token(kind);
  return keyword && keyword->class == KEYWORD_RESERVED;
}

static bool ends_operand(int kind) {
  switch (kind) {
    case TK_IDENT: case TK_BRACKETED: case TK_DQUOTED: case TK_INTEGER: case TK_FLOAT: case TK_TEXT: case TK_RP:
    case TK_NULL: case TK_END: return true;
    default: return false;
  }
}

static bool begins_operand(int kind) {
  switch (kind) {
    case TK_IDENT: case TK_BRACKETED: case TK_DQUOTED: case TK_INTEGER: case TK_FLOAT: case TK_TEXT: case TK_NULL:
    case TK_CASE: case TK_CAST: case TK_TRY_CAST: return true;
    default: return false;
  }
}

/* The order of clauses in a SELECT, 0: none. */
static int clause_rank(int kind) {
  switch (kind) {
    case TK_SELECT: return 1;
    case TK_INTO: return 2;
    case TK_FROM: return 3;
    case TK_WHERE: return 4;
    case TK_GROUP: return 5;
    case TK_HAVING: return 6;
    default: return 0;
  }
}

static const char *clause_name(int kind) {
  static const char *const names[] = {"", "SELECT", "INTO", "FROM", "WHERE", "GROUP BY", "HAVING"};
  return names[clause_rank(kind)];
}

static bool ends_part(int kind) {
  return clause_rank(kind) || kind == TOKEN_END || kind == TK_SEMI || kind == TK_UNION || kind == TK_WITH ||
         kind == TK_JOIN || kind == TK_ON || kind == TK_CREATE;
}

static bool is_comparison(int kind) {
  return kind == TK_EQ || kind == TK_NE || kind == TK_LT || kind == TK_LE || kind == TK_GT || kind == TK_GE;
}

/* ---- what is open ----------------------------------------------------------------------------- */

static void find_open(Syntax *s) {
  for (uint32_t i = s->section.begin; i < s->at; i++) {
    int kind = token_at(s, i).kind;
    int opener = kind == TK_RP ? TK_LP : kind == TK_END ? TK_CASE : TOKEN_END;
    if (kind == TK_SEMI) s->open.len = 0;
    if (kind == TK_LP || kind == TK_CASE) vec_push(&s->open, i);
    if (opener && s->open.len && token_at(s, s->open.items[s->open.len - 1]).kind == opener) s->open.len--;
  }
}

static int innermost(const Syntax *s) {
  return s->open.len ? token_at(s, s->open.items[s->open.len - 1]).kind : TOKEN_END;
}

/* The last clause word in front of the mistake at the same depth of parentheses; TOKEN_END: none. */
static uint32_t clause_before(const Syntax *s) {
  unsigned depth = 0;
  for (uint32_t i = s->at; i-- > s->section.begin;) {
    int kind = token_at(s, i).kind;
    if (kind == TK_RP) depth++;
    else if (kind == TK_LP && depth == 0) break;
    else if (kind == TK_LP) depth--;
    else if (depth == 0 && clause_rank(kind)) return i;
  }
  return UINT32_MAX;
}

/* ---- explanations, each true when it has explained -------------------------------------------- */

/* ELSE IF: the IF was taken for a name. */
static bool explain_else_if(Syntax *s) {
  if (s->prev.kind != TK_IDENT || s->at < s->section.begin + 2 || token_at(s, s->at - 2).kind != TK_ELSE ||
      !str_eq_nocase(text_at(s, s->at - 1), STR("IF")))
    return false;
  Span span = {token_at(s, s->at - 2).span.begin, s->prev.span.end};
  Diag *diag = complain(s, DIAG_syntax, span, "CASE has no ELSE IF");
  diag_hint(s->p->diags, diag, "write another `WHEN condition THEN value`");
  diag_edit(s->p->diags, diag, span, "WHEN");
  return true;
}

static bool explain_case(Syntax *s) {
  if (innermost(s) != TK_CASE || !accepts(s, TK_END)) return false;
  if (!ends_part(s->token.kind) && s->token.kind != TK_AS && s->token.kind != TK_RP && s->token.kind != TK_COMMA &&
      s->token.kind != TK_IDENT)
    return false;
  StrBuf buf = {0};
  Diag *diag =
      complain(s, DIAG_case_without_end, token_at(s, s->open.items[s->open.len - 1]).span, "this CASE has no END");
  diag_label(s->p->diags, diag, place(s), "END is missing before this");
  diag_hint(s->p->diags, diag, "write `END` before %s", found(s, &buf));
  diag_edit(s->p->diags, diag, (Span){s->p->prev_end, s->p->prev_end}, " END");
  strbuf_release(&buf);
  return true;
}

static bool explain_extra_parenthesis(Syntax *s) {
  if (s->token.kind != TK_RP || s->open.len) return false;
  Diag *diag = complain(s, DIAG_extra_parenthesis, s->token.span, "this `)` has no opening parenthesis");
  diag_hint(s->p->diags, diag, "remove it, or add the `(` that belongs to it");
  return true;
}

/* `(SELECT SUM b) AS s FROM t)`: the query ended at the parenthesis, which is why it has no FROM. */
static bool explain_early_parenthesis(Syntax *s) {
  DiagList *diags = s->p->diags;
  uint32_t len = diags->items.len;
  if (s->prev.kind != TK_RP || len == 0 || diags->items.items[len - 1].code != DIAG_missing_from) return false;
  diags_truncate(diags, (DiagMark){len - 1, diags->errors - 1, diags->warnings});
  Diag *diag = complain(s, DIAG_extra_parenthesis, s->prev.span, "this `)` closes the query before its FROM");
  diag_hint(diags, diag, "remove it, or add the `(` that belongs to it");
  return true;
}

/* Another FROM follows in the same SELECT, so this one was meant as a name. */
static bool another_from(const Syntax *s) {
  unsigned depth = 0;
  for (uint32_t i = s->at + 1; i < s->p->tokens.len; i++) {
    int kind = token_at(s, i).kind;
    if (kind == TK_LP) depth++;
    else if (kind == TK_RP && depth-- == 0) return false;
    else if (depth == 0 && kind == TK_FROM) return true;
    else if (depth == 0 && (kind == TK_SEMI || kind == TK_SELECT)) return false;
  }
  return false;
}

/* A reserved word in place of a name, with a text behind it that makes sense then. */
static bool reads_as_name(Syntax *s) {
  if (!is_reserved(s->token.kind) || !accepts(s, TK_IDENT)) return false;
  if (s->token.kind == TK_FROM && !another_from(s)) return false;
  return repairs(s, &s->before, TK_IDENT, s->at + 1, LOOK_AHEAD);
}

/* Unless the word behind the comma was meant as a name: `a, group, b`. */
static bool explain_trailing_comma(Syntax *s) {
  if (s->prev.kind != TK_COMMA || !(ends_part(s->token.kind) || s->token.kind == TK_RP)) return false;
  if (reads_as_name(s)) return false;
  StrBuf buf = {0};
  Diag *diag = complain(s, DIAG_trailing_comma, s->prev.span, "nothing follows this comma");
  diag_edit(s->p->diags, diag, s->prev.span, "%s", "");
  diag_hint(s->p->diags, diag, "remove it, or write one more item before %s", found(s, &buf));
  strbuf_release(&buf);
  return true;
}

static bool explain_unclosed_parenthesis(Syntax *s) {
  if (innermost(s) != TK_LP || !accepts(s, TK_RP)) return false;
  bool named = s->token.kind == TK_AS && repairs(s, &s->before, TK_RP, s->at, 2);
  if (!ends_part(s->token.kind) && !named) return false;
  StrBuf buf = {0};
  Diag *diag = complain(s, DIAG_unclosed_parenthesis, token_at(s, s->open.items[s->open.len - 1]).span,
                        "this parenthesis is never closed");
  diag_label(s->p->diags, diag, place(s), "`)` is missing before this");
  diag_hint(s->p->diags, diag, "write `)` before %s", found(s, &buf));
  diag_edit(s->p->diags, diag, (Span){s->p->prev_end, s->p->prev_end}, ")");
  strbuf_release(&buf);
  return true;
}

static bool explain_missing_on(Syntax *s) {
  if (!accepts(s, TK_ON) || s->token.kind == TK_IDENT) return false;
  for (uint32_t i = s->at; i-- > s->section.begin;) {
    if (token_at(s, i).kind != TK_JOIN) continue;
    Diag *diag = complain(s, DIAG_missing_on, token_at(s, i).span, "this JOIN has no ON");
    diag_label(s->p->diags, diag, place(s), "ON is missing before this");
    diag_hint(s->p->diags, diag,
              "say which rows belong together: `ON a.key = b.key`, between streams also `AND DATEDIFF(second, a, b) "
              "BETWEEN 0 AND 30`");
    return true;
  }
  return false;
}

static bool explain_foreign_words(Syntax *s) {
  const char *hint = NULL;
  DiagCode code = DIAG_tsql_offset_fetch;
  switch (s->token.kind) {
    case TK_OFFSET:
    case TK_FETCH:
      hint = "a stream has no pages; use a window and `CollectTop(n) OVER (ORDER BY x)`";
      break;
    case TK_LIMIT_ROWS: hint = "a stream has no first rows; use a window and `CollectTop(n) OVER (ORDER BY x)`"; break;
    case TK_EXCEPT: code = DIAG_tsql_set_operation; hint = "write a LEFT JOIN and keep the rows with `IS NULL`"; break;
    case TK_INTERSECT: code = DIAG_tsql_set_operation; hint = "write a JOIN"; break;
    default: return false;
  }
  Str word = text_at(s, s->at);
  Diag *diag = diag_add(s->p->diags, code, s->token.span, STR_FMT " is not part of the language", STR_ARG(word));
  diag_hint(s->p->diags, diag, "%s", hint);
  return true;
}

static bool explain_comma_join(Syntax *s) {
  if (s->token.kind != TK_COMMA || !accepts(s, TK_JOIN)) return false;
  Diag *diag = complain(s, DIAG_tsql_comma_join, s->token.span, "FROM takes one source; others are joined to it");
  diag_hint(s->p->diags, diag, "write `FROM a JOIN b ON a.key = b.key AND DATEDIFF(second, a, b) BETWEEN 0 AND 30`");
  return true;
}

/* Words of other dialects and what to write instead, in the order they are looked for. */
typedef struct ForeignWord { const char *word, *instead; } ForeignWord;

static const ForeignWord foreign_statements[], foreign_clauses[];

static const ForeignWord *find_foreign(const Syntax *s, const ForeignWord *words, uint32_t at) {
  if (token_at(s, at).kind != TK_IDENT) return NULL;
  for (; words->word; words++)
    if (str_eq_nocase(text_at(s, at), str_from(words->word))) return words;
  return NULL;
}

/* `# text`, `// text` and `- text` at the beginning of a statement. */
static bool explain_comment(Syntax *s) {
  bool slashes = s->token.kind == TK_SLASH && token_at(s, s->at + 1).kind == TK_SLASH;
  bool minus = s->token.kind == TK_MINUS && s->at == s->section.begin;
  if (!slashes && !minus && (s->token.kind != TK_IDENT || text_at(s, s->at).ptr[0] != '#')) return false;
  Span span = {s->token.span.begin, s->token.span.begin + (slashes ? 2 : 1)};
  Diag *diag = diag_add(s->p->diags, DIAG_syntax, span, "comments do not begin with `%s`",
                        slashes ? "//" : minus ? "-" : "#");
  diag_hint(s->p->diags, diag, "a comment is `-- up to the end of the line` or `/* between these */`");
  diag_edit(s->p->diags, diag, span, "--");
  return true;
}

static bool explain_foreign_statement(Syntax *s) {
  const ForeignWord *word = find_foreign(s, foreign_statements, s->at);
  if (word == NULL) return false;
  Diag *diag = diag_add(s->p->diags, DIAG_tsql_statement, s->token.span,
                        STR_FMT " statements are not part of the language", STR_ARG(text_at(s, s->at)));
  diag_hint(s->p->diags, diag, "%s", word->instead);
  if (str_eq(str_from(word->word), STR("BEGIN"))) s->p->at = s->p->tokens.len - 1; /* what it encloses is foreign too */
  return true;
}

static bool explain_statement(Syntax *s) {
  if (!accepts(s, TK_SELECT) || !accepts(s, TK_WITH)) return false;
  if (s->token.kind == TK_LP && !accepts(s, TK_UNION)) {
    Diag *diag = complain(s, DIAG_parenthesised_select, s->token.span, "a statement cannot begin with a parenthesis");
    diag_hint(s->p->diags, diag, "write the SELECT without parentheses around it");
    return true;
  }
  return explain_comment(s) || explain_foreign_statement(s);
}

/* A clause of another dialect: its first word may have been taken for an alias or a name. */
static bool explain_foreign_clause(Syntax *s) {
  int kind = s->token.kind;
  bool named = kind == TK_LP || kind == TK_IDENT || kind == TK_INTEGER || kind == TK_TEXT || kind == TOKEN_END;
  bool counted = s->prev.kind == TK_INTEGER || s->prev.kind == TK_TEXT; /* INTERVAL '5' MINUTE */
  for (uint32_t back = 0; back <= 2 && s->at >= s->section.begin + back; back++) {
    const ForeignWord *word = find_foreign(s, foreign_clauses, s->at - back);
    if (word == NULL || (back == 1 && !named) || (back == 2 && !counted)) continue;
    Diag *diag = diag_add(s->p->diags, DIAG_foreign_clause, token_at(s, s->at - back).span,
                          "%s is not part of the language", word->word);
    diag_hint(s->p->diags, diag, "%s", word->instead);
    return true;
  }
  return false;
}

static bool explain_step_parentheses(Syntax *s) {
  if (s->token.kind != TK_SELECT || s->prev.kind != TK_AS || !accepts(s, TK_LP)) return false;
  Str name = text_at(s, s->at - 2);
  Diag *diag = complain(s, DIAG_syntax, s->token.span, "the query of a step stands in parentheses");
  diag_hint(s->p->diags, diag, "write `WITH " STR_FMT " AS (SELECT ...)`", STR_ARG(name));
  return true;
}

static bool explain_call_in_from(Syntax *s) {
  if (s->token.kind != TK_LP || s->prev.kind != TK_IDENT || s->at < s->section.begin + 2) return false;
  int before = token_at(s, s->at - 2).kind;
  if (before != TK_FROM && before != TK_JOIN) return false;
  Diag *diag = diag_add(s->p->diags, DIAG_syntax, s->prev.span, "%s takes an input or a step, not a call",
                        before == TK_FROM ? "FROM" : "JOIN");
  if (str_ends_nocase(text_at(s, s->at - 1), STR("Window")))
    diag_hint(s->p->diags, diag, "windows stand in GROUP BY: `FROM input GROUP BY " STR_FMT "(minute, 5)`",
              STR_ARG(text_at(s, s->at - 1)));
  else
    diag_hint(s->p->diags, diag, "elements of an array become rows by `FROM input CROSS APPLY GetArrayElements(...)`");
  return true;
}

/* The token in front of the parenthesis that is open here, `back` tokens further left; TOKEN_END: none. */
static int opener(const Syntax *s, uint32_t back) {
  if (innermost(s) != TK_LP) return TOKEN_END;
  uint32_t at = s->open.items[s->open.len - 1];
  return at >= s->section.begin + back ? token_at(s, at - back).kind : TOKEN_END;
}

static bool explain_cast(Syntax *s) {
  if (s->token.kind != TK_COMMA || (opener(s, 1) != TK_CAST && opener(s, 1) != TK_TRY_CAST)) return false;
  Diag *diag = complain(s, DIAG_syntax, s->token.span, "CAST has `AS` between the value and the type");
  diag_hint(s->p->diags, diag, "write `CAST(value AS type)`");
  diag_edit(s->p->diags, diag, s->token.span, " AS");
  return true;
}

static bool explain_column(Syntax *s) {
  if (opener(s, 2) != TK_TABLE) return false;
  bool untyped = accepts(s, TK_IDENT) && !accepts(s, TK_COMMA) && s->prev.kind != TK_COMMA && s->prev.kind != TK_LP;
  if (untyped && (s->token.kind == TK_COMMA || s->token.kind == TK_RP)) {
    Str name = text_at(s, s->at - 1);
    Diag *diag =
        diag_add(s->p->diags, DIAG_syntax, s->prev.span, "the column `" STR_FMT "` has no type", STR_ARG(name));
    diag_hint(s->p->diags, diag, "write for example `" STR_FMT " float`; the types are bigint, float, nvarchar(max), "
              "datetime, bit, record and array", STR_ARG(name));
    return true;
  }
  if (!accepts(s, TK_COMMA)) return false;
  StrBuf buf = {0};
  Diag *diag = diag_add(s->p->diags, DIAG_syntax, s->token.span, "%s cannot stand in the declaration of a column",
                        found(s, &buf));
  diag_hint(s->p->diags, diag, "a column has a name and a type; there are no keys, defaults or constraints, and every "
            "column may be NULL");
  strbuf_release(&buf);
  return true;
}

static bool explain_missing_by(Syntax *s) {
  if (s->prev.kind != TK_GROUP || !accepts(s, TK_BY)) return false;
  Diag *diag = complain(s, DIAG_syntax, s->prev.span, "`GROUP` must be followed by `BY`");
  diag_hint(s->p->diags, diag, "write `GROUP BY`");
  diag_edit(s->p->diags, diag, s->prev.span, "GROUP BY");
  return true;
}

static bool explain_union_parenthesis(Syntax *s) {
  if (s->token.kind != TK_LP || (s->prev.kind != TK_UNION && s->prev.kind != TK_ALL) || !accepts(s, TK_SELECT))
    return false;
  Diag *diag =
      complain(s, DIAG_parenthesised_select, s->token.span, "a branch of a UNION has no parentheses around it");
  diag_hint(s->p->diags, diag, "write `SELECT ... UNION SELECT ...`");
  return true;
}

static bool explain_clause_order(Syntax *s) {
  int rank = clause_rank(s->token.kind);
  uint32_t at = clause_before(s);
  if (rank < 2 || at == UINT32_MAX || s->prev.kind == TK_COMMA || !ends_operand(s->prev.kind)) return false;
  Token clause = token_at(s, at);
  if (clause_rank(clause.kind) < rank) return false;
  const char *word = clause_name(s->token.kind), *other = clause_name(clause.kind);
  if (clause.kind == s->token.kind) {
    Diag *diag = diag_add(s->p->diags, DIAG_clause_twice, s->token.span, "%s is given twice", word);
    diag_label(s->p->diags, diag, clause.span, "first here");
    return true;
  }
  Diag *diag = diag_add(s->p->diags, DIAG_clause_order, s->token.span, "%s must stand before %s", word, other);
  diag_label(s->p->diags, diag, clause.span, "%s is here", other);
  diag_hint(s->p->diags, diag, "the order is SELECT, INTO, FROM, WHERE, GROUP BY, HAVING");
  return true;
}

/* `INTO my-output`: words and signs without blanks between them, where only a name can stand. */
static bool explain_unquoted_name(Syntax *s) {
  int sign = s->token.kind;
  if (sign != TK_MINUS && sign != TK_SLASH && sign != TK_DOT) return false;
  uint32_t clause = clause_before(s);
  if (sign == TK_DOT && (clause == UINT32_MAX || token_at(s, clause).kind != TK_INTO)) return false;
  if (s->prev.kind != TK_IDENT || s->prev.span.end != s->token.span.begin) return false;
  Span name = s->prev.span;
  uint32_t first = s->at - 1, last = s->at - 1;
  for (; token_at(s, last + 1).span.begin == name.end && token_at(s, last + 1).kind != TOKEN_END; last++) {
    int kind = token_at(s, last + 1).kind;
    if (kind == TK_RP || kind == TK_LP || kind == TK_COMMA || kind == TK_SEMI) break;
    name.end = token_at(s, last + 1).span.end;
  }
  for (; first > s->section.begin && token_at(s, first - 1).span.end == name.begin &&
         token_at(s, first - 1).kind == TK_DOT;
       first -= 2)
    name.begin = token_at(s, first - 2).span.begin;
  Str text = parser_text(s->p, name);
  Diag *diag = diag_add(s->p->diags, DIAG_name_needs_brackets, name, "`" STR_FMT "` needs brackets to be a name",
                        STR_ARG(text));
  diag_hint(s->p->diags, diag, "write `[" STR_FMT "]`", STR_ARG(text));
  diag_edit(s->p->diags, diag, name, "[" STR_FMT "]", STR_ARG(text));
  return true;
}

static bool explain_index_at(Syntax *s, uint32_t at) {
  int64_t index;
  if (at <= s->section.begin || at > s->at || token_at(s, at).kind != TK_BRACKETED) return false;
  Token token = token_at(s, at), before = token_at(s, at - 1);
  if (before.span.end != token.span.begin || before.kind == TK_DOT) return false;
  Str text = str_sub(text_at(s, at), 1, token.span.end - token.span.begin - 1);
  if (!str_to_i64(text, &index)) return false;
  Str array = before.kind == TK_IDENT ? text_at(s, at - 1) : STR("array");
  Diag *diag = complain(s, DIAG_array_index, token.span, "array elements are not read with brackets");
  diag_hint(s->p->diags, diag, "write `GetArrayElement(" STR_FMT ", " STR_FMT ")`", STR_ARG(array), STR_ARG(text));
  return true;
}

static bool explain_index(Syntax *s) {
  return explain_index_at(s, s->at) || explain_index_at(s, s->at - 1); /* behind a name it was taken for an alias */
}

static bool explain_comparison_chain(Syntax *s) {
  if (!is_comparison(s->token.kind) || !accepts(s, TK_AND) || !accepts(s, TK_PLUS)) return false;
  Diag *diag = complain(s, DIAG_comparison_chain, s->token.span, "comparisons do not chain");
  diag_hint(s->p->diags, diag, "join two comparisons with AND, or write `x BETWEEN low AND high`");
  return true;
}

static bool explain_reserved_word(Syntax *s) {
  if (!reads_as_name(s)) return false;
  Str word = text_at(s, s->at);
  Diag *diag = diag_add(s->p->diags, DIAG_reserved_word, s->token.span,
                        "`" STR_FMT "` is a reserved word and cannot be a name", STR_ARG(word));
  diag_hint(s->p->diags, diag, "put it in brackets: `[" STR_FMT "]`", STR_ARG(word));
  diag_edit(s->p->diags, diag, s->token.span, "[" STR_FMT "]", STR_ARG(word));
  return true;
}

/* The keyword that, spelt right in place of the word at `at`, lets the text go on; NULL: none. */
static const Keyword *misspelt(Syntax *s, const Replay *from, uint32_t at) {
  unsigned count, near = 0;
  const Keyword *keywords = keywords_all(&count);
  Str candidates[128];
  const Keyword *rows[128];
  assert(count <= 128);
  Token next = token_at(s, at + 1);
  for (unsigned i = 0; i < count; i++) {
    if (!keyword_fits(&keywords[i], &next, s->p->source->text) ||
        !repairs(s, from, keywords[i].token, at + 1, LOOK_AHEAD))
      continue;
    candidates[near] = keywords[i].text;
    rows[near++] = &keywords[i];
  }
  Str best = diag_nearest(text_at(s, at), candidates, near);
  for (unsigned i = 0; i < near; i++)
    if (best.len && best.ptr == candidates[i].ptr && !str_eq_nocase(best, text_at(s, at))) return rows[i];
  return NULL;
}

static bool explain_misspelt(Syntax *s) {
  uint32_t at = s->at;
  const Keyword *keyword = s->token.kind == TK_IDENT ? misspelt(s, &s->before, at) : NULL;
  if (keyword == NULL && s->at > s->section.begin && s->prev.kind == TK_IDENT) {
    Replay earlier = {0};
    at = s->at - 1;
    replay_until(s, &earlier, at);
    keyword = misspelt(s, &earlier, at);
    replay_release(&earlier);
  }
  if (keyword == NULL) return false;
  Str word = text_at(s, at);
  Diag *diag = diag_add(s->p->diags, DIAG_misspelt_keyword, token_at(s, at).span, "`" STR_FMT "` is not a keyword",
                        STR_ARG(word));
  diag_suggest(s->p->diags, diag, token_at(s, at).span, keyword->text);
  return true;
}

/* Half of a keyword of two words: `PARTITION key`, `FROM input TIMESTAMP time`. */
static bool half_keyword(Syntax *s, uint32_t at, const Replay *before) {
  const Keyword *keyword = token_at(s, at).kind == TK_IDENT ? keyword_find(text_at(s, at)) : NULL;
  if (keyword == NULL || keyword->class != KEYWORD_CONTEXT || str_eq(keyword->follow, STR("("))) return false;
  replay_copy(&s->scratch, before);
  if (!replay_feed(&s->scratch, keyword->token)) return false;
  Str word, rest = keyword->follow;
  StrBuf list = {0};
  for (bool more = true; more;) {
    more = str_cut(rest, ' ', &word, &rest);
    strbuf_printf(&list, "%s`" STR_FMT "`", list.len ? " or " : "", STR_ARG(word));
  }
  Str text = text_at(s, at);
  Diag *diag = diag_add(s->p->diags, DIAG_syntax, token_at(s, at).span, "`" STR_FMT "` must be followed by %s",
                        STR_ARG(text), list.ptr);
  diag_hint(s->p->diags, diag, "as a name it needs brackets here: `[" STR_FMT "]`", STR_ARG(text));
  strbuf_release(&list);
  return true;
}

static bool explain_half_keyword(Syntax *s) {
  if (half_keyword(s, s->at, &s->before)) return true;
  if (s->prev.kind != TK_IDENT || s->at < s->section.begin + 2) return false;
  Replay earlier = {0};
  replay_until(s, &earlier, s->at - 1);
  bool explained = half_keyword(s, s->at - 1, &earlier);
  replay_release(&earlier);
  return explained;
}

static bool missing_comma_before(Syntax *s, uint32_t at) {
  StrBuf text = {0};
  Diag *diag = diag_add(s->p->diags, DIAG_missing_comma, token_at(s, at).span, "%s cannot follow without a comma",
                        named(s, at, &text));
  diag_mark(s->p->diags, diag, "`,` is missing before this");
  uint32_t end = token_at(s, at - 1).span.end;
  diag_edit(s->p->diags, diag, (Span){end, end}, ",");
  strbuf_release(&text);
  return true;
}

/* The comma is missing before the token, or, when the token before was taken for an alias, before that. */
static bool explain_missing_comma(Syntax *s) {
  if (ends_operand(s->prev.kind) && begins_operand(s->token.kind) && repairs(s, &s->before, TK_COMMA, s->at, 1))
    return missing_comma_before(s, s->at);
  if (s->prev.kind != TK_IDENT || s->at < s->section.begin + 2 || !ends_operand(token_at(s, s->at - 2).kind))
    return false;
  Replay earlier = {0};
  replay_until(s, &earlier, s->at - 1);
  bool missing = repairs(s, &earlier, TK_COMMA, s->at - 1, LOOK_AHEAD);
  replay_release(&earlier);
  return missing && missing_comma_before(s, s->at - 1);
}

/* ---- expected ... ----------------------------------------------------------------------------- */

typedef Vec(const char *) Wanted;

static void want_if(Syntax *s, Wanted *wanted, int kind, const char *text) {
  if (accepts(s, kind)) vec_push(wanted, text);
}

/* Everything an operand can begin with counts as one; what is left of it where no operand can stand. */
static void want_operands(Syntax *s, Wanted *wanted) {
  if (accepts(s, TK_INTEGER) && accepts(s, TK_IDENT)) {
    vec_push(wanted, accepts(s, TK_NOT) ? "an expression" : "a value");
    if (accepts(s, TK_STAR) && !accepts(s, TK_SLASH)) vec_push(wanted, "`*`");
    return;
  }
  if (accepts(s, TK_INTEGER)) vec_push(wanted, "a number");
  if (!accepts(s, TK_IDENT)) return;
  vec_push(wanted, ends_operand(s->prev.kind) && s->prev.kind != TK_DOT ? "an alias" : "a name");
}

/* Words that only exist for their messages, or that another word of the list stands for. */
static bool unlisted(Syntax *s, int kind) {
  switch (kind) {
    case TK_NOT: return accepts(s, TK_INTEGER) || accepts(s, TK_PLUS);
    case TK_NULL: case TK_CASE: case TK_CAST: case TK_TRY_CAST: return accepts(s, TK_INTEGER);
    case TK_AND:
    case TK_OR:
    case TK_IS:
    case TK_IN:
    case TK_LIKE:
    case TK_BETWEEN:
    case TK_OVER:
      return accepts(s, TK_PLUS);
    case TK_INNER: case TK_LEFT: case TK_CROSS: return accepts(s, TK_JOIN);
    case TK_OUTER: return accepts(s, TK_CROSS);
    case TK_DISTINCT: case TK_ALL: return accepts(s, TK_IDENT);
    case TK_ORDER: return !accepts(s, TK_LIMIT); /* on a statement it is taken only to be refused */
    case TK_RIGHT: case TK_FULL: case TK_TOP: case TK_EXISTS: case TK_LIMIT_ROWS: case TK_OFFSET: case TK_FETCH:
    case TK_EXCEPT: case TK_INTERSECT: return true;
    default: return false;
  }
}

/* The words that follow a keyword belong to it in a message: `GROUP BY`. */
static const char *phrase(int kind) {
  switch (kind) {
    case TK_GROUP: return "`GROUP BY`";
    case TK_ORDER: return "`ORDER BY`";
    case TK_PARTITION: return "`PARTITION BY`";
    case TK_TIMESTAMP: return "`TIMESTAMP BY`";
    case TK_LIMIT: return "`LIMIT DURATION`";
    case TK_AFTER: return "`AFTER MATCH SKIP TO NEXT ROW`";
    case TK_CREATE: return "`CREATE TABLE`";
    default: return token_name(kind);
  }
}

static void want_keywords(Syntax *s, Wanted *wanted, bool statement_end) {
  unsigned count;
  const Keyword *keywords = keywords_all(&count);
  for (unsigned i = 0; i < count; i++) {
    int kind = keywords[i].token;
    bool begins_next = statement_end && (kind == TK_SELECT || kind == TK_WITH || kind == TK_CREATE);
    bool plain_name = keywords[i].class == KEYWORD_SOFT && accepts(s, TK_IDENT);
    if (begins_next || plain_name || !accepts(s, kind) || unlisted(s, kind)) continue;
    vec_push(wanted, phrase(kind));
  }
}

static void want_all(Syntax *s, Wanted *wanted) {
  bool operand_behind = accepts(s, TK_PLUS) && accepts(s, TK_SLASH);
  bool statement_end =
      accepts(s, TK_SEMI) && accepts(s, TOKEN_END) && s->prev.kind != TOKEN_END && s->prev.kind != TK_SEMI;
  want_operands(s, wanted);
  if (operand_behind) vec_push(wanted, "an operator");
  if (operand_behind && !accepts(s, TK_OR)) want_if(s, wanted, TK_AND, "`AND`"); /* the middle of BETWEEN */
  want_if(s, wanted, TK_COMMA, "`,`");
  if (!operand_behind) want_if(s, wanted, TK_DOT, "`.`");
  if (!operand_behind && !accepts(s, TK_INTEGER)) want_if(s, wanted, TK_LP, "`(`");
  want_if(s, wanted, TK_RP, "`)`");
  want_if(s, wanted, TK_RBRACE, "`}`");
  want_keywords(s, wanted, statement_end);
  if (statement_end) vec_push(wanted, "the end of the statement");
}

static bool explain_expected(Syntax *s) {
  Wanted wanted = {0};
  StrBuf list = {0}, buf = {0};
  want_all(s, &wanted);
  for (uint32_t i = 0; i < wanted.len; i++) {
    if (i) strbuf_puts(&list, i + 1 == wanted.len ? " or " : ", ");
    strbuf_puts(&list, wanted.items[i]);
  }
  const char *what = found(s, &buf);
  if (wanted.len == 0) diag_add(s->p->diags, DIAG_syntax, place(s), "%s cannot stand here", what);
  else diag_add(s->p->diags, DIAG_syntax, place(s), "expected %s, found %s", strbuf_str(&list).ptr, what);
  strbuf_release(&list);
  strbuf_release(&buf);
  vec_release(&wanted);
  return true;
}

static bool (*const explanations[])(Syntax *) = {
    explain_foreign_words, explain_statement,   explain_union_parenthesis, explain_index,
    explain_early_parenthesis, explain_extra_parenthesis, explain_unquoted_name, explain_comma_join,
    explain_comparison_chain,
    explain_step_parentheses, explain_call_in_from, explain_missing_by, explain_cast, explain_column, explain_else_if,
    explain_misspelt, explain_half_keyword, explain_foreign_clause, explain_trailing_comma, explain_reserved_word,
    explain_case, explain_unclosed_parenthesis, explain_missing_on, explain_clause_order, explain_missing_comma,
    explain_expected,
};

void syntax_explain(Parser *p, Section section) {
  if (p->diags->items.len >= DIAG_LIMIT) { /* only counted, so it need not be understood */
    diag_add(p->diags, DIAG_syntax, p->tokens.items[p->at].span, "syntax error");
    return;
  }
  Syntax s = {.p = p, .section = section, .at = p->at, .token = p->tokens.items[p->at]};
  if (p->at > section.begin) s.prev = p->tokens.items[p->at - 1];
  replay_until(&s, &s.before, s.at);
  find_open(&s);
  for (size_t i = 0; !explanations[i](&s);) i++;
  replay_release(&s.before);
  replay_release(&s.scratch);
  vec_release(&s.open);
}

/* ---- going on --------------------------------------------------------------------------------- */

static bool begins_line(const Parser *p, Token token) {
  return token.span.begin == 0 || p->source->text.ptr[token.span.begin - 1] == '\n';
}

/* Inside unbalanced parentheses only a word at the very left is trusted to begin a statement. */
static bool begins_statement(const Parser *p, uint32_t at, unsigned depth) {
  Token token = p->tokens.items[at], before = at ? p->tokens.items[at - 1] : (Token){0};
  if (token.kind != TK_SELECT && token.kind != TK_WITH && token.kind != TK_CREATE) return false;
  if (before.kind == TK_UNION || before.kind == TK_ALL || before.kind == TK_LP || before.kind == TK_AS) return false;
  return depth == 0 || begins_line(p, token);
}

static bool begins_step(const Parser *p, uint32_t at) {
  const Token *tokens = p->tokens.items;
  return at + 3 < p->tokens.len && tokens[at].kind == TK_COMMA && tokens[at + 2].kind == TK_AS &&
         tokens[at + 3].kind == TK_LP;
}

Section syntax_resume(const Parser *p, Section section) {
  const Token *tokens = p->tokens.items;
  bool in_with = section.in_with;
  unsigned depth = 0;
  for (uint32_t i = section.begin; i + 1 < p->tokens.len; i++) {
    int kind = tokens[i].kind;
    bool behind = i >= p->at && i > section.begin;
    if (behind && kind == TK_SEMI) return (Section){i + 1, false};
    if (behind && begins_statement(p, i, depth)) return (Section){i, false};
    if (behind && depth == 0 && in_with && begins_step(p, i)) return (Section){i + 1, true};
    if (!behind && depth == 0 && (kind == TK_WITH || kind == TK_SELECT)) in_with = kind == TK_WITH;
    if (!behind && kind == TK_SEMI) depth = 0;
    if (kind == TK_LP) depth++;
    if (kind == TK_RP && depth) depth--;
  }
  return (Section){p->tokens.len - 1, false};
}

/* ---- tables ----------------------------------------------------------------------------------- */

#define NO_CHANGES "a query reads streams and writes outputs, it changes no rows; an output bound with " \
                   "`odbc:...?mode=upsert&key=id` keeps a table up to date"
#define NO_BRANCHES "a query has no branches: pick values with CASE, rows with WHERE, and write a SELECT ... INTO " \
                    "for each"
#define NO_VARIABLES "write the value itself, or keep it in reference data and JOIN it"
#define NO_OBJECTS "inputs and outputs are bound when the job starts: `weir run QUERY --input NAME=WHERE --output " \
                   "NAME=WHERE`"
#define NO_RUNTIME "a script holds `CREATE TABLE`, `WITH name AS (...)` and `SELECT ... INTO ... FROM ...`"

static const ForeignWord foreign_statements[] = {
  {"INSERT", "write `SELECT ... INTO output FROM input`"},
  {"UPDATE", NO_CHANGES}, {"DELETE", NO_CHANGES}, {"MERGE", NO_CHANGES}, {"TRUNCATE", NO_CHANGES},
  {"DECLARE", NO_VARIABLES}, {"SET", NO_VARIABLES},
  {"CREATE", "`CREATE TABLE` declares the types of an input; a view is a step: `WITH name AS (SELECT ...)`; the rest "
             "is bound when the job starts"},
  {"ALTER", NO_OBJECTS}, {"DROP", NO_OBJECTS},
  {"IF", NO_BRANCHES}, {"WHILE", NO_BRANCHES},
  {"BEGIN", "a value that does not convert fails its row, which goes to the quarantine; `TRY_CAST` gives NULL instead"},
  {"GO", "statements follow each other, with or without `;`"}, {"USE", NO_OBJECTS},
  {"EXEC", NO_RUNTIME}, {"EXECUTE", NO_RUNTIME}, {"PRINT", NO_RUNTIME},
  {NULL, NULL},
};

static const ForeignWord foreign_clauses[] = {
  {"PIVOT", "write a column for each value: `SUM(CASE WHEN kind = 'a' THEN n ELSE 0 END) AS a`, with GROUP BY"},
  {"UNPIVOT", "write a SELECT for each column and put them together with UNION, or `CROSS APPLY "
              "GetRecordProperties(r)`"},
  {"INTERVAL", "a time is moved by `DATEADD(minute, 5, x)`; a window is `TumblingWindow(minute, 5)`"},
  {"ROWS", "a function looks back over time: `OVER (LIMIT DURATION(minute, 5))`"},
  {"RANGE", "a function looks back over time: `OVER (LIMIT DURATION(minute, 5))`"},
  {"WINDOW", "windows stand in GROUP BY: `GROUP BY key, TumblingWindow(minute, 5)`"},
  {"EMIT", "every window gives its rows once, when it ends"},
  {"QUALIFY", "compute the value in a WITH step and filter its rows in the next with WHERE"},
  {"ROLLUP", "write a SELECT for each grouping and put them together with UNION"},
  {"CUBE", "write a SELECT for each grouping and put them together with UNION"},
  {"OPTION", "options stand on the command line and in JobConfig.json"},
  {"NULLS", "NULL sorts lowest"},
  {"COLLATE", "texts compare by their code points; write `UPPER(x)` on both sides to ignore case"},
  {"TABLESAMPLE", "filter with WHERE, for example `id % 100 = 0`"},
  {NULL, NULL},
};
