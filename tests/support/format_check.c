/* format_check.c: see format_check.h. */
#include "support/format_check.h"

#include "base/arena.h"
#include "grammar/ast_print.h"
#include "grammar/format.h"
#include "grammar/keywords.h"
#include "grammar/lexer.h"
#include "grammar/parse.h"

static void must(bool holds, const char *what, Str text, Str formatted) {
  if (!holds) BUG("%s\n---- text\n" STR_FMT "\n---- formatted\n" STR_FMT, what, STR_ARG(text), STR_ARG(formatted));
}

static bool format(Str text, StrBuf *out) {
  SourceText source;
  DiagList diags;
  source_text_init(&source, STR("text"), text);
  diags_init(&diags, &source);
  bool ok = format_script(&source, &diags, out);
  if (ok != (diags.errors == 0)) BUG("result and errors disagree: " STR_FMT, STR_ARG(text));
  diags_release(&diags);
  source_text_release(&source);
  return ok;
}

/* The tree as SQL and as a dump without places. */
static void tree_of(Str text, StrBuf *out) {
  SourceText source;
  DiagList diags;
  Arena arena;
  AstScript *script;
  arena_init(&arena);
  source_text_init(&source, STR("text"), text);
  diags_init(&diags, &source);
  if (!parse_script(&source, &arena, &diags, &script)) BUG("does not parse: " STR_FMT, STR_ARG(text));
  ast_print(script, out);
  ast_dump(script, false, out);
  diags_release(&diags);
  source_text_release(&source);
  arena_release(&arena);
}

/* What is visible of a piece, one a line; blanks in comments may change. */
static void put_piece(StrBuf *out, Str text, bool blanks, bool capitals) {
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    if (!blanks && strchr(" \t\r\n", c)) continue;
    strbuf_putc(out, capitals && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
  }
  strbuf_putc(out, '\n');
}

/* The tokens, then the comments of a text. Keywords compare without regard to case. */
static void pieces_of(Str text, StrBuf *out) {
  SourceText source;
  DiagList diags;
  Tokens tokens = {0};
  Comments comments = {0};
  source_text_init(&source, STR("text"), text);
  diags_init(&diags, &source);
  lex_source(&source, &diags, &tokens, &comments);
  keywords_resolve(&tokens, text);
  for (uint32_t i = 0; i < tokens.len; i++) {
    Span span = tokens.items[i].span;
    put_piece(out, str_sub(text, span.begin, span.end), true, keyword_of_token(tokens.items[i].kind) != NULL);
  }
  for (uint32_t i = 0; i < comments.len; i++)
    put_piece(out, str_sub(text, comments.items[i].span.begin, comments.items[i].span.end), false, false);
  vec_release(&tokens);
  vec_release(&comments);
  diags_release(&diags);
  source_text_release(&source);
}

static void same(const char *what, void (*view)(Str, StrBuf *), Str text, Str formatted) {
  StrBuf before = {0}, after = {0};
  view(text, &before);
  view(formatted, &after);
  must(str_eq(strbuf_str(&before), strbuf_str(&after)), what, text, formatted);
  strbuf_release(&before);
  strbuf_release(&after);
}

bool format_check(Str text) {
  StrBuf once = {0}, twice = {0};
  bool ok = format(text, &once);
  if (ok) {
    same("another tree", tree_of, text, strbuf_str(&once));
    same("other tokens or comments", pieces_of, text, strbuf_str(&once));
    must(format(strbuf_str(&once), &twice), "the formatted text has mistakes", text, strbuf_str(&once));
    must(str_eq(strbuf_str(&once), strbuf_str(&twice)), "formatting again changes it", text, strbuf_str(&once));
  } else if (once.len) BUG("a text with mistakes was printed: " STR_FMT, STR_ARG(text));
  strbuf_release(&once);
  strbuf_release(&twice);
  return ok;
}
