/* test_parse.c: the shape of the tree for every construct, and exact spans. */
#include "unit/grammar/grammar_test.h"

/* The dump of one expression in a SELECT list, without the lines around it. */
static void assert_expr_(const char *expr, const char *expected, const char *file, int line) {
  StrBuf query = {0}, all = {0};
  strbuf_printf(&query, "SELECT %s FROM s", expr);
  strbuf_puts(&all, "script\n  select\n    item\n");
  Str row, rest = str_from(expected);
  while (str_cut(rest, '\n', &row, &rest)) strbuf_printf(&all, "      " STR_FMT "\n", STR_ARG(row));
  strbuf_puts(&all, "    from\n      table s\n");
  assert_dump_(query.ptr, all.ptr, false, file, line);
  strbuf_release(&query);
  strbuf_release(&all);
}
#define assert_expr(expr, expected) assert_expr_(expr, expected, __FILE__, __LINE__)

static void literals(void **state) {
  assert_expr("NULL", "null\n");
  assert_expr("12", "integer 12\n");
  assert_expr("-12", "integer -12\n");
  assert_expr("- -12", "unary -\n  integer -12\n");
  assert_expr("-(12)", "unary -\n  integer 12 ()\n");
  assert_expr("1.50", "float 1.5\n");
  assert_expr("-.5e1", "float -5\n");
  assert_expr("'it''s'", "text 'it's'\n");
  assert_expr("N'x'", "text 'x'\n");
  assert_expr("\"a \"\" b\"", "quoted 'a \" b'\n");
}

static void paths_and_fields(void **state) {
  assert_expr("a", "path a\n");
  assert_expr("a.b.[c ]] d].from", "path a.b.[c ] d].from\n");
  assert_expr("\"a b\".c", "path \"a b\".c\n");
  assert_expr("(a).b", "field .b\n  path a ()\n");
  assert_expr("f(x).a.[b]", "field .[b]\n  field .a\n    call f\n      path x\n");
  assert_expr("(LAG(*, 1) OVER (LIMIT DURATION(hour, 1))).v",
              "field .v\n  call LAG ()\n    star\n    integer 1\n    over\n      limit\n        call DURATION\n"
              "          path hour\n          integer 1\n");
}

static void stars(void **state) {
  assert_expr("*", "star\n");
  assert_expr("a.b.*", "star\n  path a.b\n");
  assert_expr("f(x).*", "star\n  call f\n    path x\n");
  assert_expr("\"a b\".*", "star\n  path \"a b\"\n");
}

static void calls(void **state) {
  assert_expr("COUNT(*)", "call COUNT\n  star\n");
  assert_expr("Collect()", "call Collect\n");
  assert_expr("COUNT(DISTINCT a)", "call COUNT distinct\n  path a\n");
  assert_expr("COUNT(ALL a)", "call COUNT all\n  path a\n");
  assert_expr("udf.f(a, a.*)", "call udf.f\n  path a\n  star\n    path a\n");
  assert_expr("System.Timestamp", "call System.Timestamp bare\n");
  assert_expr("SYSTEM.timestamp()", "call SYSTEM.timestamp\n");
  assert_expr("System.Window().Id", "field .Id\n  call System.Window\n");
  assert_expr("[System].Timestamp", "path [System].Timestamp\n");
  assert_expr("TopOne() OVER (PARTITION BY a ORDER BY b DESC, c ASC, d)",
              "call TopOne\n  over\n    partition-by\n      path a\n    order-by desc\n      path b\n    order-by\n  "
              "    path c\n"
              "    order-by\n      path d\n");
  assert_expr(
      "SUM(a) OVER (PARTITION BY b, c LIMIT DURATION(ss, 5) WHEN d = 1)",
      "call SUM\n  path a\n  over\n    partition-by\n      path b\n      path c\n    limit\n      call DURATION\n"
      "        path ss\n        integer 5\n    when\n      binary =\n        path d\n        integer 1\n");
}

static void precedence(void **state) {
  assert_expr("a + b * c", "binary +\n  path a\n  binary *\n    path b\n    path c\n");
  assert_expr("a - b - c", "binary -\n  binary -\n    path a\n    path b\n  path c\n");
  assert_expr("a | b & c ^ d",
              "binary ^\n  binary &\n    binary |\n      path a\n      path b\n    path c\n  path d\n");
  assert_expr("-a * ~b % c", "binary %\n  binary *\n    unary -\n      path a\n    unary ~\n      path b\n  path c\n");
  assert_expr("(a + b) * c", "binary *\n  binary + ()\n    path a\n    path b\n  path c\n");
  assert_expr("NOT a = 1 AND b = 2 OR c <> 3",
              "logic OR\n  logic AND\n    unary NOT\n      binary =\n        path a\n        integer 1\n    binary "
              "=\n      path b\n"
              "      integer 2\n  binary <>\n    path c\n    integer 3\n");
  assert_expr("a !< 1 AND b !> 2 AND c != 3",
              "logic AND\n  binary >=\n    path a\n    integer 1\n  binary <=\n    path b\n    integer 2\n  binary "
              "<>\n    path c\n"
              "    integer 3\n");
  assert_expr("(a = 1 AND b = 2) AND c = 3",
              "logic AND\n  logic AND ()\n    binary =\n      path a\n      integer 1\n    binary =\n      path b\n  "
              "    integer 2\n"
              "  binary =\n    path c\n    integer 3\n");
}

static void predicates(void **state) {
  assert_expr("a LIKE 'x%'", "like\n  path a\n  text 'x%'\n");
  assert_expr("a NOT LIKE b ESCAPE '!'", "like not\n  path a\n  path b\n  escape\n    text '!'\n");
  assert_expr("a BETWEEN 1 AND 2 AND b NOT BETWEEN c AND d + 1",
              "logic AND\n  between\n    path a\n    integer 1\n    integer 2\n  between not\n    path b\n    path "
              "c\n    binary +\n"
              "      path d\n      integer 1\n");
  assert_expr("a IN (1, NULL)", "in\n  path a\n  list\n    integer 1\n    null\n");
  assert_expr("a NOT IN ('x')", "in not\n  path a\n  list\n    text 'x'\n");
  assert_expr("a IS NULL", "is-null\n  path a\n");
  assert_expr("a + 1 IS NOT NULL", "is-null not\n  binary +\n    path a\n    integer 1\n");
}

static void case_and_cast(void **state) {
  assert_expr("CASE WHEN a = 1 THEN 2 ELSE end END",
              "case\n  when\n    binary =\n      path a\n      integer 1\n    integer 2\n  else\n    path end\n");
  assert_expr(
      "CASE a WHEN 1 THEN 2 WHEN 3 THEN 4 END",
      "case\n  operand\n    path a\n  when\n    integer 1\n    integer 2\n  when\n    integer 3\n    integer 4\n");
  assert_expr("CAST(a AS nvarchar(max))", "cast nvarchar\n  path a\n");
  assert_expr("TRY_CAST(a + 1 AS nvarchar(20))", "cast try nvarchar(20)\n  binary +\n    path a\n    integer 1\n");
}

static void select_items(void **state) {
  assert_dump(
      "SELECT a AS x, b y, c 'z', d AS \"w\", v = e + 1, [u] = 2, 't' = NULL, (a = b) FROM s",
      "script\n  select\n    item as=x\n      path a\n    item as=y\n      path b\n    item as='z'\n      path c\n"
      "    item as=\"w\"\n      path d\n    item alias=v\n      binary +\n        path e\n        integer 1\n"
      "    item alias=[u]\n      integer 2\n    item alias='t'\n      null\n    item\n      binary = ()\n        "
      "path a\n"
      "        path b\n    from\n      table s\n");
}

static void clauses(void **state) {
  assert_dump(
      "SELECT a INTO [my out] FROM s WHERE b = 1 GROUP BY c, TumblingWindow(minute, 5) HAVING COUNT(*) > 1",
      "script\n  select into=[my out]\n    item\n      path a\n    from\n      table s\n    where\n      binary =\n"
      "        path b\n        integer 1\n    group-by\n      path c\n      call TumblingWindow\n        path "
      "minute\n"
      "        integer 5\n    having\n      binary >\n        call COUNT\n          star\n        integer 1\n");
}

static void sources(void **state) {
  assert_dump("SELECT * FROM a AS b TIMESTAMP BY b.t OVER k, l PARTITION BY p, q INTO 4",
              "script\n  select\n    item\n      star\n    from\n      table a as=b\n        timestamp-by\n          "
              "path b.t\n"
              "        timestamp-over\n          path k\n          path l\n        partition-by\n          path p\n  "
              "        path q\n"
              "        shards\n          integer 4\n");
  assert_dump(
      "SELECT * FROM a PARTITION BY p TIMESTAMP BY DATEADD(second, 1, t)",
      "script\n  select\n    item\n      star\n    from\n      table a\n        timestamp-by\n          call "
      "DATEADD\n"
      "            path second\n            integer 1\n            path t\n        partition-by\n          path p\n");
  assert_dump(
      "SELECT * FROM (SELECT a FROM b UNION ALL SELECT c FROM d) x",
      "script\n  select\n    item\n      star\n    from\n      sub-select as=x\n        union all\n          select\n"
      "            item\n              path a\n            from\n              table b\n          select\n"
      "            item\n              path c\n            from\n              table d\n");
}

static void substream_keys_in_parentheses(void **state) {
  assert_dump("SELECT * FROM a TIMESTAMP BY t OVER (k)",
              "script\n  select\n    item\n      star\n    from\n      table a\n"
              "        timestamp-by\n          path t\n"
              "        timestamp-over\n          path k ()\n");
}

static void joins_and_apply(void **state) {
  assert_dump(
      "SELECT * FROM a JOIN b x ON 1 = 1 LEFT OUTER JOIN c ON 2 = 2 CROSS JOIN d CROSS APPLY f(a.z) AS e OUTER APPLY "
      "g(y) h",
      "script\n  select\n    item\n      star\n    from\n      apply outer as=h\n        apply cross as=e\n"
      "          join cross\n            join left\n              join inner\n                table a\n"
      "                table b as=x\n                on\n                  binary =\n                    integer 1\n"
      "                    integer 1\n              table c\n              on\n                binary =\n"
      "                  integer 2\n                  integer 2\n            table d\n          call f\n"
      "            path a.z\n        call g\n          path y\n");
}

static void match_recognize(void **state) {
  assert_dump(
      "SELECT * FROM s TIMESTAMP BY t MATCH_RECOGNIZE (LIMIT DURATION(minute, 1) PARTITION BY k "
      "MEASURES Last(A.n) AS a, First(B.n) b AFTER MATCH SKIP TO NEXT ROW "
      "PATTERN (A . (B | C D)* E{2,3} F+ G? H{4} I{5,}) DEFINE A AS A.x = 1, B AS B.x > Last(A.x)) AS m",
      "script\n  select\n    item\n      star\n    from\n      match as=m\n        table s\n          timestamp-by\n"
      "            path t\n        limit\n          call DURATION\n            path minute\n            integer 1\n"
      "        partition-by\n          path k\n        item as=a\n          call Last\n            path A.n\n"
      "        item as=b\n          call First\n            path B.n\n        skip to next row\n        sequence\n"
      "          variable A\n          any\n          repeat 0..\n            choice ()\n              variable B\n"
      "              sequence\n                variable C\n                variable D\n          repeat 2..3\n"
      "            variable E\n          repeat 1..\n            variable F\n          repeat 0..1\n            "
      "variable G\n"
      "          repeat 4..4\n            variable H\n          repeat 5..\n            variable I\n        define "
      "A\n"
      "          binary =\n            path A.x\n            integer 1\n        define B\n          binary >\n"
      "            path B.x\n            call Last\n              path A.x\n");
}

static void unions(void **state) {
  assert_dump("SELECT a FROM b UNION SELECT c FROM d UNION ALL SELECT e FROM f",
              "script\n  union plain all\n    select\n      item\n        path a\n      from\n        table b\n    "
              "select\n      item\n"
              "        path c\n      from\n        table d\n    select\n      item\n        path e\n      from\n     "
              "   table f\n");
}

static void scripts(void **state) {
  assert_dump(
      "CREATE TABLE t (a bigint, [b c] nvarchar(max)); WITH x AS (SELECT a FROM t), y AS (SELECT b FROM x);\n"
      "WITH z AS (SELECT * FROM y) SELECT a INTO o FROM x SELECT b FROM z;;",
      "script\n  create-table t\n    column a bigint\n    column [b c] nvarchar\n  step x\n    select\n      item\n"
      "        path a\n      from\n        table t\n  step y\n    select\n      item\n        path b\n      from\n   "
      "     table x\n"
      "  step z\n    select\n      item\n        star\n      from\n        table y\n  select into=o\n    item\n      "
      "path a\n    from\n"
      "      table x\n  select\n    item\n      path b\n    from\n      table z\n");
}

static void spans_are_exact(void **state) {
  /*             0         1         2         3         4         5         6         7
  **             0123456789012345678901234567890123456789012345678901234567890123456789012 */
  assert_spans(" SELECT ( a ) + f( 2 ) AS x , -1 FROM s t /* c */ WHERE a . b IN ( 1 ) ; ",
               "script @1-72\n"
               "  select @1-70\n"
               "    item as=x @8-27\n"
               "      binary + @8-22\n"
               "        path a () @8-13\n"
               "        call f @16-22\n"
               "          integer 2 @19-20\n"
               "    item @30-32\n"
               "      integer -1 @30-32\n"
               "    from\n"
               "      table s as=t @38-41\n"
               "    where\n"
               "      in @56-70\n"
               "        path a.b @56-61\n"
               "        list\n"
               "          integer 1 @67-68\n");
}

static void case_spans(void **state) {
  assert_spans("SELECT CASE WHEN a=1 THEN b END, CAST(c AS bigint), SUM(d) OVER (LIMIT DURATION(ss,1)) FROM s",
               "script @0-93\n"
               "  select @0-93\n"
               "    item @7-31\n"
               "      case @7-31\n"
               "        when @12-27\n"
               "          binary = @17-20\n"
               "            path a @17-18\n"
               "            integer 1 @19-20\n"
               "          path b @26-27\n"
               "    item @33-50\n"
               "      cast bigint @33-50\n"
               "        path c @38-39\n"
               "    item @52-86\n"
               "      call SUM @52-86\n"
               "        path d @56-57\n"
               "        over @59-86\n"
               "          limit\n"
               "            call DURATION @71-85\n"
               "              path ss @80-82\n"
               "              integer 1 @83-84\n"
               "    from\n"
               "      table s @92-93\n");
}

static char *repeated(const char *head, const char *part, unsigned count, const char *tail) {
  StrBuf text = {0};
  strbuf_puts(&text, head);
  for (unsigned i = 0; i < count; i++) strbuf_puts(&text, part);
  strbuf_puts(&text, tail);
  return text.ptr;
}

static void assert_repeated(const char *head, const char *part, unsigned count, const char *tail, const char *codes) {
  char *query = repeated(head, part, count, tail);
  assert_codes(query, codes);
  mem_free(query);
}

static void long_and_deep_queries(void **state) {
  assert_repeated("SELECT a", ", b", 10000, " FROM s", "");
  assert_repeated("SELECT a FROM s WHERE a = 1", " OR a = 2", 20000, "", "");
  assert_repeated("SELECT a FROM s", " UNION SELECT a FROM s", 5000, "", "");
  assert_repeated("SELECT a FROM s WHERE a IN (1", ", 1", 20000, ")", "");
  assert_repeated("SELECT a", " + 1", 900, " FROM s", "");
  assert_repeated("SELECT a", " + 1", 5000, " FROM s", "E0113");
  assert_repeated("SELECT ", "(", 100000, "", "E0113");
  assert_repeated("SELECT ", "f(", 100000, "", "E0113");
  assert_repeated("SELECT ", "CASE WHEN a THEN ", 100000, "", "E0113");
  assert_repeated("SELECT a FROM ", "(SELECT a FROM ", 100000, "", "E0113");
  assert_repeated("SELECT a FROM s", " JOIN s ON a = a", 5000, "", "E0113");
  assert_repeated("SELECT a FROM s WHERE ", "NOT ", 5000, "a = 1", "E0113");
}

static void joins_in_brackets(void **state) {
  assert_dump("SELECT x FROM (a JOIN b ON a.k = b.k) JOIN ((c CROSS APPLY f(v) e)) ON b.k = c.k",
              "script\n  select\n    item\n      path x\n    from\n      join inner\n        join inner ()\n"
              "          table a\n          table b\n          on\n            binary =\n              path a.k\n"
              "              path b.k\n        apply cross as=e ()\n          table c\n          call f\n"
              "            path v\n        on\n          binary =\n            path b.k\n            path c.k\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(joins_in_brackets),
      cmocka_unit_test(literals),      cmocka_unit_test(paths_and_fields), cmocka_unit_test(stars),
      cmocka_unit_test(calls),         cmocka_unit_test(precedence),       cmocka_unit_test(predicates),
      cmocka_unit_test(case_and_cast), cmocka_unit_test(select_items),     cmocka_unit_test(clauses),
      cmocka_unit_test(sources),       cmocka_unit_test(joins_and_apply),
      cmocka_unit_test(substream_keys_in_parentheses),  cmocka_unit_test(match_recognize),
      cmocka_unit_test(unions),        cmocka_unit_test(scripts),          cmocka_unit_test(spans_are_exact),
      cmocka_unit_test(case_spans),    cmocka_unit_test(long_and_deep_queries),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
