/* test_syntax.c: what people are told about mistakes in the grammar. */
#include "unit/grammar/grammar_test.h"

/* Every code that the parser gives is provoked by the example of its own row in diag.def. */
static void every_example_provokes_its_code(void **state) {
  for (DiagCode code = 0; code < DIAG_unknown_input; code++) {
    const DiagInfo *info = diag_info(code);
    if (info->example[0] == 0) continue;
    Parsed parsed;
    parse_into(&parsed, info->example);
    if (parsed.diags.items.len != 1 || parsed.diags.items.items[0].code != code) {
      diags_render(&parsed.diags, &parsed.text, false);
      fail_msg("%s (%s): %s\n%s", info->code, info->name, info->example, parsed.text.ptr ? parsed.text.ptr : "nothing");
    }
    parsed_release(&parsed);
  }
}

/* The examples of the later stages are correct for the parser. */
static void examples_of_the_binder_parse(void **state) {
  for (DiagCode code = DIAG_unknown_input; code < DIAG_COUNT; code++)
    if (diag_info(code)->example[0]) assert_codes(diag_info(code)->example, "");
}

static void expected_lists_are_grouped(void **state) {
  assert_message("SELECT", "expected an expression or `*`, found the end of the query");
  assert_message("SELECT a FROM", "expected a name or `(`, found the end of the query");
  assert_message("SELECT a FROM b WHERE", "expected an expression, found the end of the query");
  assert_message("SELECT a + FROM b", "expected a value, found `FROM`");
  assert_message("SELECT a FROM b WHERE c BETWEEN 1 OR 2", "expected an operator or `AND`, found `OR`");
  assert_message("SELECT a IS 5 FROM b", "expected `NOT` or `NULL`, found `5`");
  assert_message("SELECT a NOT 5 FROM b", "expected `BETWEEN`, `IN` or `LIKE`, found `5`");
  assert_message("SELECT a FROM b GROUP c", "`GROUP` must be followed by `BY`");
  assert_message("SELECT CAST(a bigint) FROM b", "expected an operator or `AS`, found `bigint`");
  assert_message("SELECT a FROM b WHERE c = 1 2",
                 "expected an operator, `GROUP BY`, `HAVING`, `UNION` or the end of the statement, found `2`");
  assert_message("SELECT f(a) OVER (5) FROM b",
                 "expected `)`, `LIMIT DURATION`, `ORDER BY`, `PARTITION BY` or `WHEN`, found `5`");
  assert_message("WITH a SELECT b FROM c", "expected `AS`, found `SELECT`");
  assert_message("CREATE TABLE a b bigint", "expected `(`, found `b`");
}

/* Looking at the failing state alone would offer `)` only: default reductions have already happened. */
static void alternatives_survive_default_reductions(void **state) {
  assert_message("SELECT f(1 FROM b WHERE (c = 1 AND (d = 2 3", "this parenthesis is never closed");
  assert_message("SELECT f(1 = 2 AND 3 * 4 'x') FROM b", "`'x'` cannot follow without a comma");
  assert_message("SELECT f(1 : 2) FROM b", "unexpected character `:`");
  assert_message("SELECT CAST(1 + 2 3 AS bigint) FROM b", "expected an operator or `AS`, found `3`");
}

static void misspelt_keywords(void **state) {
  static const char *const queries[] = {
      "SELCT a FROM b",
      "SELECT a FORM b",
      "SELECT a FRMO b",
      "SELECT a FROM b WEHRE c = 1",
      "SELECT a FROM b WERE c = 1",
      "SELECT a FROM b GROPU BY c",
      "SELECT COUNT(*) FROM b TIMESTAP BY c",
      "SELECT a FROM b PARTITON BY c",
      "SELECT a FROM b LEFT JION c ON 1 = 1",
      "SELECT a FROM b HAVIN c = 1",
      "SELECT a ITNO b FROM c",
      "SELECT a FROM b CORSS APPLY f(c)",
      "SELECT CASE WHNE a = 1 THEN 2 END FROM b",
      "WIHT a AS (SELECT b FROM c) SELECT b FROM a",
      "SELECT a FROM b WHERE c LIEK 'd'",
      "SELECT a FROM b WHERE c = 1 ADN d = 2",
  };
  for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) assert_codes(queries[i], "E0102");
}

static void one_mistake_one_message(void **state) {
  assert_message("SELECT a FROM b WHERE c = 1 .d", "a number has no fields");
  assert_message("SELECT 1 .* FROM b", "a number has no fields");
  assert_codes("SELECT a b c, d e f FROM g WHERE (h = ORDER", "E0103");
  assert_codes("SELECT a FROM b WHERE c = 'x AND d = 1", "E0004");
  assert_codes("SELECT TOP 5 a b c FROM d", "E0130 E0103");
}

static void every_statement_is_read(void **state) {
  assert_codes("SELECT a b c FROM d; SELECT e FORM f; SELECT g FROM h; SELECT FROM i", "E0103 E0102 E0101");
  assert_codes("SELECT a b c FROM d\nSELECT e FORM f\nSELECT g FROM h", "E0103 E0102");
  assert_codes("SELECT f(a b c FROM d\nSELECT e FORM f", "E0103 E0102");
  assert_codes("WITH a AS (SELECT b c d FROM e), f AS (SELECT FROM g), h AS (SELECT i FROM j) SELECT k l m FROM n",
               "E0103 E0101 E0103");
  assert_codes("CREATE TABLE a (b); SELECT c d e FROM f", "E0101 E0103");
}

static void mistakes_without_number_are_counted(void **state) {
  StrBuf query = {0};
  for (int i = 0; i < 500; i++) strbuf_puts(&query, "SELECT a b c FROM d;");
  Parsed parsed;
  parse_into(&parsed, query.ptr);
  assert_int_equal(parsed.diags.errors, 500);
  assert_int_equal(parsed.diags.items.len, DIAG_LIMIT);
  strbuf_release(&query);
  parsed_release(&parsed);
}

static void what_to_write_instead_of_t_sql(void **state) {
  assert_codes(
      "SELECT DISTINCT TOP (5) a FROM b RIGHT OUTER JOIN c ON EXISTS (SELECT 1 FROM d) AND @x IN (SELECT 1 FROM e) "
      "ORDER BY f",
      "E0131 E0130 E0136 E0133 E0138 E0134 E0132");
  assert_codes("SELECT a FROM b FULL JOIN c ON 1 = 1", "E0136");
  assert_codes("SELECT a FROM b LIMIT 5", "E0137");
  assert_codes("SELECT a FROM b ORDER BY c OFFSET 5 ROWS", "E0137");
  assert_codes("SELECT a FROM b INTERSECT SELECT c FROM d", "E0142");
  assert_codes("DECLARE @x int; SELECT a FROM b", "E0140");
  assert_codes("INSERT INTO a SELECT b FROM c", "E0140");
}

static void golden_messages(void **state) {
  assert_rendered("SELECT\n    (Toll + Tax AS Sum\nFROM Entry\n",
                  "error[E0104]: this parenthesis is never closed\n"
                  " --> q.asaql:2:5\n"
                  "  |\n"
                  "2 |     (Toll + Tax AS Sum\n"
                  "  |     ^           -- `)` is missing before this\n"
                  "  = help: write `)` before `AS`\n");
  assert_rendered("SELECT CASE WHEN größe > 1 THEN 'groß'\n       ELSE 'klein'\nFROM Eingang",
                  "error[E0106]: this CASE has no END\n"
                  " --> q.asaql:1:8\n"
                  "  |\n"
                  "1 | SELECT CASE WHEN größe > 1 THEN 'groß'\n"
                  "  |        ^^^^\n"
                  "...\n"
                  "3 | FROM Eingang\n"
                  "  | ---- END is missing before this\n"
                  "  = help: write `END` before `FROM`\n");
  assert_rendered("SELECT a FROM b GROUP BY a WHERE c = 1",
                  "error[E0116]: WHERE must stand before GROUP BY\n"
                  " --> q.asaql:1:28\n"
                  "  |\n"
                  "1 | SELECT a FROM b GROUP BY a WHERE c = 1\n"
                  "  |                 -----      ^^^^^\n"
                  "  |                 |\n"
                  "  |                 GROUP BY is here\n"
                  "  = help: the order is SELECT, INTO, FROM, WHERE, GROUP BY, HAVING\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_example_provokes_its_code),
      cmocka_unit_test(examples_of_the_binder_parse),
      cmocka_unit_test(expected_lists_are_grouped),
      cmocka_unit_test(alternatives_survive_default_reductions),
      cmocka_unit_test(misspelt_keywords),
      cmocka_unit_test(one_mistake_one_message),
      cmocka_unit_test(every_statement_is_read),
      cmocka_unit_test(mistakes_without_number_are_counted),
      cmocka_unit_test(what_to_write_instead_of_t_sql),
      cmocka_unit_test(golden_messages),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
