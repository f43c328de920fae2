/* lexer.re: bytes to tokens (re2c).
**
** The automaton finds where a token begins and which kind it is; bodies with an end mark (texts,
** quoted names, comments) are scanned by hand, so that a missing end is reported where the token
** begins. The text was checked to be UTF-8 without NUL bytes before, so the only NUL is the sentinel.
** Keywords are not here: words become keywords by keywords.def. */
#include "grammar/lexer.h"

#include <string.h>

#include "asaql.h"
#include "base/utf8.h"

typedef struct Scanner {
  const char *text, *cursor, *limit;
  SourceText *source;
  DiagList   *diags;
  Tokens     *tokens;
  Comments   *comments; /* NULL: not wanted */
} Scanner;

static Span span_since(const Scanner *s, const char *start) {
  return (Span){(uint32_t)(start - s->text), (uint32_t)(s->cursor - s->text)};
}

static Str text_since(const Scanner *s, const char *start) { return (Str){start, (size_t)(s->cursor - start)}; }

static void emit(Scanner *s, int kind, const char *start) {
  vec_push(s->tokens, (Token){.kind = (uint16_t)kind, .span = span_since(s, start)});
}

static void keep_comment(Scanner *s, const char *start) {
  if (s->comments) vec_push(s->comments, (Comment){span_since(s, start), s->tokens->len});
}

/* ---- bodies ----------------------------------------------------------------------------------- */

/* Moves behind the closing mark, which is doubled to stand for itself. False: there is none. */
static bool skip_quoted(Scanner *s, char mark) {
  for (;;) {
    const char *hit = memchr(s->cursor, mark, (size_t)(s->limit - s->cursor));
    if (hit == NULL) return s->cursor = s->limit, false;
    s->cursor = hit + 1;
    if (s->cursor == s->limit || *s->cursor != mark) return true;
    s->cursor++;
  }
}

/* An unclosed quote is often an earlier one: the last text that runs over a line end is suspicious. */
static void label_suspect(Scanner *s, Diag *diag) {
  for (uint32_t i = s->tokens->len; i-- > 0;) {
    Token token = s->tokens->items[i];
    Str text = str_sub(s->source->text, token.span.begin, token.span.end);
    if (token.kind != TK_TEXT || str_find_char(text, '\n') < 0) continue;
    Span opening = {token.span.begin, token.span.begin + 1};
    diag_label(s->diags, diag, opening,
               "this earlier text runs over the end of its line; is its closing quote missing?");
    return;
  }
}

static void scan_text(Scanner *s, const char *start) {
  if (skip_quoted(s, '\'')) {
    emit(s, TK_TEXT, start);
    return;
  }
  Span opening = {(uint32_t)(start - s->text), (uint32_t)(start - s->text) + 1};
  Diag *diag = diag_add(s->diags, DIAG_unterminated_text, opening, "this text has no closing quote");
  diag_hint(s->diags, diag, "close it with `'`; a quote inside a text is written twice: `'it''s'`");
  label_suspect(s, diag);
  emit(s, TOKEN_ILLEGAL, start);
}

static void scan_name(Scanner *s, const char *start, char close, int kind) {
  if (!skip_quoted(s, close)) {
    Span opening = {(uint32_t)(start - s->text), (uint32_t)(start - s->text) + 1};
    Diag *diag = diag_add(s->diags, DIAG_unterminated_name, opening, "this name has no closing `%c`", close);
    diag_hint(s->diags, diag, "names in brackets end with `]`, names in double quotes with `\"`");
    kind = TOKEN_ILLEGAL;
  } else if (s->cursor - start == 2) {
    diag_add(s->diags, DIAG_empty_name, span_since(s, start), "a name cannot be empty");
    kind = TOKEN_ILLEGAL;
  }
  emit(s, kind, start);
}

/* Behind the opening mark; comments nest. */
static void skip_comment(Scanner *s, const char *start) {
  for (unsigned open = 1; s->cursor < s->limit; s->cursor++) {
    if (s->cursor[0] == '/' && s->cursor[1] == '*') open++, s->cursor++;
    else if (s->cursor[0] == '*' && s->cursor[1] == '/') open--, s->cursor++;
    if (open == 0) {
      s->cursor++;
      return;
    }
  }
  s->cursor = s->limit;
  Span opening = {(uint32_t)(start - s->text), (uint32_t)(start - s->text) + 2};
  Diag *diag = diag_add(s->diags, DIAG_unterminated_comment, opening, "this comment has no closing `*/`");
  diag_hint(s->diags, diag, "close it with `*/`; comments nest, so every `/*` inside needs its own");
  emit(s, TOKEN_ILLEGAL, start);
}

/* ---- complaints ------------------------------------------------------------------------------- */

static void bad_number(Scanner *s, const char *start) {
  Str text = text_since(s, start);
  Diag *diag =
      diag_add(s->diags, DIAG_bad_number, span_since(s, start), "`" STR_FMT "` is not a number", STR_ARG(text));
  if (str_find_char(text, '.') >= 0) diag_hint(s->diags, diag, "numbers are written 1, 1.5, .5, 1e3, texts in quotes");
  else diag_hint(s->diags, diag, "a name that begins with a digit needs brackets: `[" STR_FMT "]`", STR_ARG(text));
  emit(s, TOKEN_ILLEGAL, start);
}

/* Puts our token for an operator of another language, so that the rest of the statement is still read. */
static void foreign_operator(Scanner *s, const char *start, int kind) {
  Str text = text_since(s, start);
  DiagCode code = kind == TK_EQ ? DIAG_double_equals : DIAG_foreign_operator;
  const char *instead = kind == TK_EQ    ? "equality is written `=`"
                        : kind == TK_AND ? "both conditions: `AND`"
                        : kind == TK_OR  ? "one condition or the other: `OR`; to join texts: `+` or `CONCAT`"
                                         : "conversions are written `CAST(x AS float)`; fields are read with `.`";
  Diag *diag = diag_add(s->diags, code, span_since(s, start), "there is no operator `" STR_FMT "`", STR_ARG(text));
  diag_hint(s->diags, diag, "%s", instead);
  if (kind == TK_EQ) diag_edit(s->diags, diag, diag->span, "=");
  if (kind == TK_AND) diag_edit(s->diags, diag, diag->span, "AND");
  emit(s, kind, start);
}

static const char *stray_hint(uint32_t code_point) {
  switch (code_point) {
    case 0x2018: case 0x2019: case 0x201A: case 0x201B: case 0x00B4:
      return "this is a typographic quote; texts are written in straight ones: `'text'`";
    case 0x201C: case 0x201D: case 0x201E: case 0x201F:
      return "this is a typographic quote; texts are written in `'single quotes'`, names in `[brackets]`";
    case 0x2010: case 0x2011: case 0x2012: case 0x2013: case 0x2014: case 0x2015:
      return "this is a typographic dash; minus is written `-`";
    case '`': return "names are quoted with brackets: `[name]`";
    case '!': return "conditions are negated by `NOT`; unequal is `<>`";
    case '#': case '@': case '$': return "names begin with a letter or underscore, or stand in brackets: `[name]`";
    default: return "outside of texts, quoted names and comments this character has no meaning";
  }
}

/* A name in backticks or a text in typographic quotes is one mistake: goes on behind its end, and says how it is
** written. False: it has no end on this line. */
static bool foreign_quotes(Scanner *s, const char *start, uint32_t opening) {
  bool back = opening == '`', single = opening == 0x2018 || opening == 0x2019;
  if (!back && !single && opening != 0x201C && opening != 0x201D && opening != 0x201E) return false;
  const char *from = s->cursor;
  uint32_t c;
  for (const char *at = from; at < s->limit && *at != '\n';) {
    unsigned len = utf8_decode(at, s->limit, &c);
    if (back ? c == '`' : single ? c == 0x2018 || c == 0x2019 : c >= 0x201C && c <= 0x201E) {
      s->cursor = at + len;
      Str inside = {from, (size_t)(at - from)}, all = text_since(s, start);
      Diag *diag = diag_add(s->diags, DIAG_stray_character, span_since(s, start), back
                            ? "names do not stand in backticks: " STR_FMT : "these are typographic quotes: " STR_FMT,
                            STR_ARG(all));
      diag_hint(s->diags, diag, back ? "write `[" STR_FMT "]`" : "write `'" STR_FMT "'`", STR_ARG(inside));
      diag_edit(s->diags, diag, diag->span, back ? "[" STR_FMT "]" : "'" STR_FMT "'", STR_ARG(inside));
      emit(s, back ? TK_IDENT : TK_TEXT, start);
      return true;
    }
    at += len ? len : 1;
  }
  return false;
}

static void stray_character(Scanner *s, const char *start) {
  uint32_t code_point = (unsigned char)*start;
  unsigned len = utf8_decode(start, s->limit, &code_point);
  s->cursor = start + (len ? len : 1);
  if (foreign_quotes(s, start, code_point)) return;
  Str text = text_since(s, start);
  Span span = span_since(s, start);
  bool control = code_point < 0x20 || code_point == 0x7F;
  Diag *diag =
      control ? diag_add(s->diags, DIAG_stray_character, span, "unexpected control character U+%04X", code_point)
              : diag_add(s->diags, DIAG_stray_character, span, "unexpected character `" STR_FMT "`", STR_ARG(text));
  diag_hint(s->diags, diag, "%s", stray_hint(code_point));
  emit(s, TOKEN_ILLEGAL, start);
}

/* ---- the automaton ---------------------------------------------------------------------------- */

/* Scans one token, blanks and comments before it included. False at the end of the text. */
static bool scan_next(Scanner *s) {
  const char *start, *marker;
again:
  start = s->cursor;
  /*!re2c
    re2c:define:YYCTYPE = "unsigned char";
    re2c:define:YYCURSOR = "s->cursor";
    re2c:define:YYMARKER = marker;
    re2c:define:YYLIMIT = "s->limit";
    re2c:yyfill:enable = 0;
    re2c:eof = 0;
    re2c:encoding:utf8 = 1;
    re2c:encoding-policy = ignore;

    blank   = [ \t\r\n\v\f\x85\xa0\u1680\u2000-\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff];
    digit   = [0-9];
    // signs, arrows, punctuation and private use: in a name only inside of brackets
    unusual = [\u0080-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u1680\u2000-\u206f\u20a0-\u20cf]
            | [\u2190-\u2bff\u3000-\u3004\u3008-\u3020\ue000-\uf8ff\ufeff\ufff0-\uffff];
    letter  = [a-zA-Z_\u0080-\U0010ffff] \ unusual;
    word    = (letter | "#") (letter | digit | [@$#])*;
    fraction = digit+ "." digit* | "." digit+;
    exponent = [eE] [+-]? digit+;

    blank+            { goto again; }
    "--" [^\r\n]*     { keep_comment(s, start); goto again; }
    "/*"              { skip_comment(s, start); keep_comment(s, start); goto again; }

    word              { emit(s, TK_IDENT, start); return true; }
    "@" "@"? (letter | digit)+ { emit(s, TK_VARIABLE, start); return true; }
    "["               { scan_name(s, start, ']', TK_BRACKETED); return true; }
    ["]               { scan_name(s, start, '"', TK_DQUOTED); return true; }
    [nN]? [']         { scan_text(s, start); return true; }
    digit+            { emit(s, TK_INTEGER, start); return true; }
    (digit+ | fraction) exponent | fraction { emit(s, TK_FLOAT, start); return true; }
    (digit+ | fraction) (letter (letter | digit)* | [eE] [+-]) | digit+ "." digit* "." (digit | letter)* {
      bad_number(s, start); return true;
    }

    ";"               { emit(s, TK_SEMI, start); return true; }
    ","               { emit(s, TK_COMMA, start); return true; }
    "."               { emit(s, TK_DOT, start); return true; }
    "("               { emit(s, TK_LP, start); return true; }
    ")"               { emit(s, TK_RP, start); return true; }
    "{"               { emit(s, TK_LBRACE, start); return true; }
    "}"               { emit(s, TK_RBRACE, start); return true; }
    "*"               { emit(s, TK_STAR, start); return true; }
    "+"               { emit(s, TK_PLUS, start); return true; }
    "-"               { emit(s, TK_MINUS, start); return true; }
    "/"               { emit(s, TK_SLASH, start); return true; }
    "%"               { emit(s, TK_PERCENT, start); return true; }
    "&"               { emit(s, TK_AMP, start); return true; }
    "|"               { emit(s, TK_PIPE, start); return true; }
    "^"               { emit(s, TK_CARET, start); return true; }
    "~"               { emit(s, TK_TILDE, start); return true; }
    "?"               { emit(s, TK_QUESTION, start); return true; }
    "="               { emit(s, TK_EQ, start); return true; }
    "<>" | "!="       { emit(s, TK_NE, start); return true; }
    "<"               { emit(s, TK_LT, start); return true; }
    "<=" | "!>"       { emit(s, TK_LE, start); return true; }
    ">"               { emit(s, TK_GT, start); return true; }
    ">=" | "!<"       { emit(s, TK_GE, start); return true; }

    "=="              { foreign_operator(s, start, TK_EQ); return true; }
    "&&"              { foreign_operator(s, start, TK_AND); return true; }
    "||"              { foreign_operator(s, start, TK_OR); return true; }
    "::"              { foreign_operator(s, start, TK_DOT); return true; }

    $                 { return false; }
    *                 { stray_character(s, start); return true; }
  */
}

/* ---- the text as a whole ---------------------------------------------------------------------- */

static bool bad_utf8(SourceText *source, DiagList *diags) {
  Str text = source->text;
  uint32_t at = (uint32_t)utf8_invalid_at(text);
  if (at == text.len) return false;
  Span span = {at, at + 1};
  bool utf16 = str_starts(text, STR("\xFF\xFE")) || str_starts(text, STR("\xFE\xFF"));
  Diag *diag = utf16 ? diag_add(diags, DIAG_bad_utf8, span, "the query is UTF-16 text, not UTF-8")
                     : diag_add(diags, DIAG_bad_utf8, span, "the query is not valid UTF-8: byte 0x%02X",
                                (unsigned char)text.ptr[at]);
  diag_hint(diags, diag, "save the file as UTF-8");
  return true;
}

static bool nul_byte(SourceText *source, DiagList *diags) {
  ptrdiff_t at = str_find_char(source->text, '\0');
  if (at < 0) return false;
  Diag *diag = diag_add(diags, DIAG_nul_byte, (Span){(uint32_t)at, (uint32_t)at + 1}, "the query holds a NUL byte");
  diag_hint(diags, diag, "the file is damaged or not a text; open and save it again as UTF-8");
  return true;
}

static bool too_large(SourceText *source, DiagList *diags) {
  if (source->text.len <= SOURCE_TEXT_MAX) return false;
  diag_add(diags, DIAG_source_too_large, (Span){0, 0}, "the query is larger than 64 MB");
  return true;
}

bool lex_source(SourceText *source, DiagList *diags, Tokens *tokens, Comments *comments) {
  const char *text = source->text.ptr;
  Scanner scanner = {text, text, text + source->text.len, source, diags, tokens, comments};
  bool readable = !too_large(source, diags) && !bad_utf8(source, diags) && !nul_byte(source, diags);
  if (!readable) scanner.cursor = scanner.limit;
  while (readable && scan_next(&scanner)) {}
  emit(&scanner, TOKEN_END, scanner.cursor);
  return readable;
}
