/* test_ast_print.c: canonical SQL, and that parsing it gives the same tree. */
#include "unit/grammar/grammar_test.h"

static void assert_printed_(const char *query, const char *expected, const char *file, int line) {
  Parsed parsed;
  parse_into(&parsed, query);
  if (!parsed.ok) _fail(file, line);
  ast_print(parsed.script, &parsed.text);
  _assert_string_equal(parsed.text.ptr, expected, file, line);
  parsed_release(&parsed);
}
#define assert_printed(query, expected) assert_printed_(query, expected, __FILE__, __LINE__)

static void assert_round_trip_(const char *query, const char *file, int line) {
  Parsed first, second;
  StrBuf dump = {0};
  parse_into(&first, query);
  if (!first.ok) _fail(file, line);
  ast_print(first.script, &first.text);
  ast_dump(first.script, false, &dump);
  parse_into(&second, first.text.ptr);
  if (!second.ok) print_error("printed as: %s\n", first.text.ptr);
  if (!second.ok) _fail(file, line);
  ast_dump(second.script, false, &second.text);
  _assert_string_equal(second.text.ptr, dump.ptr, file, line);
  strbuf_release(&dump);
  parsed_release(&second);
  parsed_release(&first);
}
#define assert_round_trip(query) assert_round_trip_(query, __FILE__, __LINE__)

static void a_select(void **state) {
  assert_printed(
      "select a,b as x from s where a=1 and not b like 'q' group by a,TumblingWindow(minute,5) having count(*)>1",
      "SELECT a, b AS x\n"
      "FROM s\n"
      "WHERE a = 1 AND NOT b LIKE 'q'\n"
      "GROUP BY a, TumblingWindow(minute, 5)\n"
      "HAVING count(*) > 1;\n");
}

static void a_script(void **state) {
  assert_printed(
      "create table t(a bigint,b nvarchar(max)) with x as(select a from t),y as(select b from x union all select c "
      "from z) "
      "select * into o from x t left outer join y on t.a=y.b and datediff(ss,t,y) between 0 and 5 select 1 one from "
      "t",
      "CREATE TABLE t (\n"
      "    a bigint,\n"
      "    b nvarchar(max)\n"
      ");\n"
      "\n"
      "WITH x AS (\n"
      "    SELECT a\n"
      "    FROM t\n"
      "),\n"
      "y AS (\n"
      "    SELECT b\n"
      "    FROM x\n"
      "    UNION ALL\n"
      "    SELECT c\n"
      "    FROM z\n"
      ")\n"
      "SELECT *\n"
      "INTO o\n"
      "FROM x AS t\n"
      "LEFT JOIN y\n"
      "    ON t.a = y.b AND datediff(ss, t, y) BETWEEN 0 AND 5;\n"
      "\n"
      "SELECT 1 AS one\n"
      "FROM t;\n");
}

static void a_long_list_goes_one_item_a_line(void **state) {
  assert_printed(
      "SELECT aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, cccccccccccccccccccccc "
      "FROM s",
      "SELECT\n"
      "    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,\n"
      "    bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb,\n"
      "    cccccccccccccccccccccc\n"
      "FROM s;\n");
}

static void one_expression(void **state) {
  Parsed parsed;
  parse_into(&parsed, "SELECT  a.[b c]+f( 'it''s' , 1e3)*- -1 FROM s");
  assert_true(parsed.ok);
  ast_print_expr(parsed.script->queries[0]->select.items.items[0]->expr, &parsed.text);
  assert_string_equal(parsed.text.ptr, "a.[b c] + f('it''s', 1e3) * - -1");
  parsed_release(&parsed);
}

static void printing_and_parsing_gives_the_same_tree(void **state) {
  assert_round_trip(
      "SELECT a, -1, - -1, -(-1), +1, + +1, - +1, ~-1, NOT NOT a, -9223372036854775808, .5, -1e-3 FROM s");
  assert_round_trip("SELECT (a + b) * c, a + (b * c), ((a)), (a = 1 OR b = 2) AND c = 3, (NOT a) = b FROM s");
  assert_round_trip("SELECT a.b.*, f(x).*, (x).y, f(x).[y z], \"a\".b, \"a\" FROM [s].t");
  assert_round_trip("SELECT [x] = 1, 'y' = 2, \"z\" = 3, (w = 4), v AS 'u', t \"r\" FROM s");
  assert_round_trip(
      "SELECT left, timestamp, partition, top, over, [from], s.from, end FROM left left TIMESTAMP BY timestamp "
      "PARTITION BY partition");
  assert_round_trip("SELECT CASE WHEN a THEN CASE b WHEN 1 THEN 2 END ELSE end END FROM s");
  assert_round_trip("SELECT CAST(a AS nvarchar(20)), TRY_CAST(b AS nvarchar(max)), CAST(c AS [bigint]) FROM s");
  assert_round_trip("SELECT f(DISTINCT a, b), g(ALL *), h(), System.Timestamp, System.Timestamp() FROM s");
  assert_round_trip("SELECT a LIKE b ESCAPE 'c', a NOT BETWEEN 1 AND 2, a NOT IN (1, 2), a IS NOT NULL FROM s");
  assert_round_trip(
      "SELECT f(a) OVER (), g(b) OVER (WHEN c = 1 ORDER BY d, e DESC LIMIT DURATION(ss, 1) PARTITION BY h) FROM s");
  assert_round_trip(
      "SELECT * FROM s AS t PARTITION BY a, b INTO 5 TIMESTAMP BY c OVER d, e CROSS APPLY f(t.x) y OUTER APPLY g(z)");
  assert_round_trip(
      "SELECT * FROM (SELECT a FROM b UNION SELECT c FROM (SELECT d FROM e) f) CROSS JOIN g JOIN h ON 1 = 1");
  assert_round_trip(
      "SELECT * FROM s MATCH_RECOGNIZE (LIMIT DURATION(ss, 1) PATTERN ((A | B C)+ . (D) E{2} F{2,} G{1,2}? H*) "
      "DEFINE A AS CAST(A.x AS bigint) = 1)");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_select),
      cmocka_unit_test(a_script),
      cmocka_unit_test(a_long_list_goes_one_item_a_line),
      cmocka_unit_test(one_expression),
      cmocka_unit_test(printing_and_parsing_gives_the_same_tree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
