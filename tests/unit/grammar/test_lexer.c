/* test_lexer.c: which tokens a text has, and what is no token. */
#include "unit/grammar/grammar_test.h"

#include "grammar/keywords.h"
#include "grammar/lexer.h"

/* The tokens as messages name them, separated by blanks. */
static void assert_tokens_(Str text, const char *expected, const char *file, int line) {
  SourceText source;
  DiagList diags;
  Tokens tokens = {0};
  StrBuf names = {0};
  source_text_init(&source, STR("q"), text);
  diags_init(&diags, &source);
  lex_source(&source, &diags, &tokens, NULL);
  keywords_resolve(&tokens, text);
  strbuf_puts(&names, "");
  for (uint32_t i = 0; i + 1 < tokens.len; i++)
    strbuf_printf(&names, "%s%s", i ? " " : "", token_name(tokens.items[i].kind));
  _assert_string_equal(names.ptr, expected, file, line);
  strbuf_release(&names);
  vec_release(&tokens);
  diags_release(&diags);
  source_text_release(&source);
}
#define assert_tokens(text, expected) assert_tokens_(STR(text), expected, __FILE__, __LINE__)

static void names(void **state) {
  assert_tokens("a _b c1 d$ e#f", "a name a name a name a name a name");
  assert_tokens("[a b] [a]]b] \"c d\" \"c\"\"d\"", "a name a name a name a name");
  assert_tokens("größe 温度 é", "a name a name a name");
  assert_codes("SELECT [] FROM x", "E0009");
}

static void numbers(void **state) {
  assert_tokens("1 1.5 .5 1. 1e3 1E+3 1.5e-3 .5e1",
                "a number a number a number a number a number a number a number a number");
  assert_codes("SELECT 12abc FROM x", "E0007");
  assert_codes("SELECT 1e FROM x", "E0007");
  assert_codes("SELECT 1e+ FROM x", "E0007");
  assert_codes("SELECT 1.2.3 FROM x", "E0007");
  assert_codes("SELECT 9223372036854775807 AS x FROM y", "");
  assert_codes("SELECT 9223372036854775808 AS x FROM y", "E0008");
  assert_codes("SELECT -9223372036854775808 AS x FROM y", "");
  assert_codes("SELECT a -9223372036854775808 AS x FROM y", "E0008");
  assert_codes("SELECT 1e999 AS x FROM y", "E0008");
}

static void texts(void **state) {
  assert_tokens("'a' 'it''s' N'x' n'y' ''", "a text a text a text a text a text");
  assert_tokens("'two\nlines'", "a text");
  assert_codes("SELECT 'abc FROM x", "E0004");
  assert_codes("SELECT [abc FROM x", "E0005");
  assert_codes("SELECT \"abc FROM x", "E0005");
}

static void blanks_and_comments(void **state) {
  assert_tokens(
      "\xEF\xBB\xBF"
      "a\xC2\xA0"
      "b\xE2\x80\x8B"
      "c\r\nd\te\xE3\x80\x80"
      "f",
      "a name a name a name a name a name a name");
  assert_tokens("a -- b\nc --", "a name a name");
  assert_tokens("a/* b */c/* d /* e */ f */g", "a name a name a name");
  assert_codes("SELECT a FROM b /* c", "E0006");
  assert_codes("SELECT a FROM b /* c /* d */", "E0006");
}

static void signs(void **state) {
  assert_tokens("= <> != < <= !> > >= !<", "`=` `<>` `<>` `<` `<=` `<=` `>` `>=` `>=`");
  assert_tokens("+ - * / % & | ^ ~ ( ) , . ; { } ?",
                "`+` `-` `*` `/` `%` `&` `|` `^` `~` `(` `)` `,` `.` `;` `{` `}` `?`");
  assert_codes("SELECT a FROM b WHERE a == 1", "E0121");
  assert_codes("SELECT a FROM b WHERE a = 1 && c = 2 || d = 3", "E0123 E0123");
}

static void what_is_no_token(void **state) {
  assert_codes("SELECT a \\ b FROM x", "E0003");
  assert_codes("SELECT \x01 FROM x", "E0003");
  assert_codes("SELECT `a` FROM x", "E0003");
  assert_codes("SELECT \xE2\x80\x98" "a\xE2\x80\x99 FROM x", "E0003");
  assert_codes("SELECT a \xE2\x80\x93 b FROM x", "E0003");
  assert_message("SELECT '\xE9' FROM x", "the query is not valid UTF-8: byte 0xE9");
  assert_message("\xFF\xFES", "the query is UTF-16 text, not UTF-8");
}

static void a_nul_byte_is_refused(void **state) {
  static const char query[] = "SELECT a\0 FROM x";
  Parsed parsed = parse_str((Str){query, sizeof query - 1});
  diags_init(&parsed.diags, &parsed.source);
  assert_false(parse_script(&parsed.source, &parsed.arena, &parsed.diags, &parsed.script));
  assert_int_equal(parsed.diags.items.len, 1);
  assert_int_equal(parsed.diags.items.items[0].code, DIAG_nul_byte);
  assert_int_equal(parsed.diags.items.items[0].span.begin, 8);
  parsed_release(&parsed);
}

/* The statement that holds the bad token is dropped without a second message, the others are read. */
static void one_bad_token_one_message(void **state) {
  assert_codes("SELECT a \\ b c d FROM x; SELECT e f g FROM y", "E0003 E0103");
}

static void an_unclosed_quote_points_at_the_suspect(void **state) {
  assert_rendered("SELECT 'a AS x\nFROM i WHERE b = 'c'\n",
                  "error[E0004]: this text has no closing quote\n"
                  " --> q.asaql:2:20\n"
                  "  |\n"
                  "1 | SELECT 'a AS x\n"
                  "  |        - this earlier text runs over the end of its line; is its closing quote missing?\n"
                  "2 | FROM i WHERE b = 'c'\n"
                  "  |                    ^\n"
                  "  = help: close it with `'`; a quote inside a text is written twice: `'it''s'`\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names),
      cmocka_unit_test(numbers),
      cmocka_unit_test(texts),
      cmocka_unit_test(blanks_and_comments),
      cmocka_unit_test(signs),
      cmocka_unit_test(what_is_no_token),
      cmocka_unit_test(a_nul_byte_is_refused),
      cmocka_unit_test(one_bad_token_one_message),
      cmocka_unit_test(an_unclosed_quote_points_at_the_suspect),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
