/* test_format.c: the layout of every construct, the places of comments, and that formatting keeps every query of
** this repository (and those below $WEIR_CASES) what it is. */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "grammar/format.h"
#include "support/format_check.h"
#include "unit/grammar/grammar_test.h"

static void format_into(Str text, StrBuf *out) {
  SourceText source;
  DiagList diags;
  source_text_init(&source, STR("text"), text);
  diags_init(&diags, &source);
  assert_true(format_script(&source, &diags, out));
  diags_release(&diags);
  source_text_release(&source);
}

static void assert_format_(const char *text, const char *expected, const char *file, int line) {
  StrBuf out = {0};
  assert_true(format_check(str_from(text)));
  format_into(str_from(text), &out);
  _assert_string_equal(out.ptr, expected, file, line);
  strbuf_release(&out);
}
#define assert_format(text, expected) assert_format_(text, expected, __FILE__, __LINE__)

/* ---- layout ----------------------------------------------------------------------------------- */

static void clauses_stand_on_lines_of_their_own(void **state) {
  assert_format("select * into o from i where a=1 group by b,System.Timestamp having count(*)>1",
                "SELECT *\nINTO o\nFROM i\nWHERE a = 1\nGROUP BY b, System.Timestamp\nHAVING count(*) > 1\n");
}

static void items_stand_one_a_line(void **state) {
  assert_format("SELECT a AS x,b 'y',z=c FROM i", "SELECT\n    a AS x,\n    b 'y',\n    z = c\nFROM i\n");
}

static void only_keywords_change_their_spelling(void **state) {
  assert_format("select end, Count(all x), row next, [Select] \"as\", N'it''s', 1E5, a != b from Table t",
                "SELECT\n    end,\n    Count(ALL x),\n    row next,\n    [Select] \"as\",\n    N'it''s',\n    1E5,\n"
                "    a != b\nFROM Table t\n");
  assert_format("SELECT case when a then 1 end end FROM i", "SELECT CASE WHEN a THEN 1 END end\nFROM i\n");
}

static void blanks_between_tokens(void **state) {
  assert_format("SELECT f( x ,- 1 )+- -2 , ~ ~a , a .b. [c] FROM i",
                "SELECT\n    f(x, -1) + - -2,\n    ~~a,\n    a.b.[c]\nFROM i\n");
  assert_format("SELECT cast (a as nvarchar ( max ) ), x in(1,2), not(a) FROM i",
                "SELECT\n    CAST(a AS nvarchar(max)),\n    x IN (1, 2),\n    NOT (a)\nFROM i\n");
}

static void steps_and_statements(void **state) {
  assert_format("create table T(a bigint,b float);with A as(select * from T),B as(select * from A union all select x "
                "from A) select * from B;select * from A",
                "CREATE TABLE T (\n    a bigint,\n    b float\n);\n\nWITH A AS (\n    SELECT *\n    FROM T\n),\n"
                "B AS (\n    SELECT *\n    FROM A\n    UNION ALL\n    SELECT x\n    FROM A\n)\n\n"
                "SELECT *\nFROM B;\n\nSELECT *\nFROM A\n");
}

static void sources(void **state) {
  assert_format("SELECT * FROM (SELECT a FROM i timestamp by t over k partition by p into 4) x cross apply f(a) AS y",
                "SELECT *\nFROM (\n    SELECT a\n    FROM i TIMESTAMP BY t OVER k PARTITION BY p INTO 4\n) x\n"
                "CROSS APPLY f(a) AS y\n");
  assert_format("SELECT a.x FROM a left join b on a.k=b.k and datediff(second,a,b) between 0 and 5 cross join r",
                "SELECT a.x\nFROM a\nLEFT JOIN b ON a.k = b.k AND datediff(second, a, b) BETWEEN 0 AND 5\n"
                "CROSS JOIN r\n");
  assert_format("SELECT a.x FROM aaaaaaaaaaaaaaaaaaaaaaaa a join bbbbbbbbbbbbbbbbbbb b on a.k=b.k and (a.v=1 or b.v=2)"
                " and datediff(second,a,b) between 0 and 5",
                "SELECT a.x\nFROM aaaaaaaaaaaaaaaaaaaaaaaa a\nJOIN bbbbbbbbbbbbbbbbbbb b\n    ON a.k = b.k\n"
                "    AND (a.v = 1 OR b.v = 2)\n    AND datediff(second, a, b) BETWEEN 0 AND 5\n");
}

static void brackets_around_joins(void **state) {
  assert_format("SELECT a.x FROM (a JOIN b ON a.k=b.k and a.j=b.j) LEFT JOIN c ON b.k=c.k",
                "SELECT a.x\nFROM (\n    a\n    JOIN b ON a.k = b.k AND a.j = b.j\n)\nLEFT JOIN c ON b.k = c.k\n");
  assert_true(format_check(STR("SELECT a.x FROM a JOIN ((b CROSS APPLY f(b.v) e)) ON a.k = b.k")));
}

static void long_conditions_break_before_and(void **state) {
  assert_format("SELECT * FROM i WHERE first_condition = 1 and second_condition = 2 and third_condition = 3 and "
                "(fourth_condition = 4 or fifth = 'a long text to fill the line with' or sixth_condition IS NOT NULL)",
                "SELECT *\nFROM i\nWHERE first_condition = 1\n    AND second_condition = 2\n"
                "    AND third_condition = 3\n    AND (\n        fourth_condition = 4\n"
                "        OR fifth = 'a long text to fill the line with'\n        OR sixth_condition IS NOT NULL\n"
                "    )\n");
}

static void calls_that_do_not_fit(void **state) {
  assert_format("SELECT COUNT(*) FROM i GROUP BY Windows(Window('small', TumblingWindow(minute, 10)), "
                "Window('large', HoppingWindow(Duration(minute, 60), Hop(minute, 10))))",
                "SELECT COUNT(*)\nFROM i\nGROUP BY\n    Windows(\n"
                "        Window('small', TumblingWindow(minute, 10)),\n"
                "        Window('large', HoppingWindow(Duration(minute, 60), Hop(minute, 10)))\n    )\n");
  assert_format("SELECT LAG(a, 1) OVER (PARTITION BY something, something_else LIMIT DURATION(hour, 24) WHEN a > 10) "
                "AS b FROM i",
                "SELECT\n    LAG(a, 1) OVER (\n        PARTITION BY something, something_else\n"
                "        LIMIT DURATION(hour, 24)\n        WHEN a > 10\n    ) AS b\nFROM i\n");
}

static void lists_of_values_fill_lines(void **state) {
  assert_format("SELECT * FROM i WHERE a IN (100000001, 100000002, 100000003, 100000004, 100000005, 100000006, "
                "100000007, 100000008, 100000009)",
                "SELECT *\nFROM i\nWHERE a IN (\n    100000001, 100000002, 100000003, 100000004, 100000005, "
                "100000006, 100000007, 100000008,\n    100000009\n)\n");
}

static void cases(void **state) {
  assert_format("SELECT case when a=1 then 'x' else 'y' end FROM i",
                "SELECT CASE WHEN a = 1 THEN 'x' ELSE 'y' END\nFROM i\n");
  assert_format("SELECT case a when 1 then 'x' when 2 then 'z' else 'y' end AS b FROM i",
                "SELECT\n    CASE a\n        WHEN 1 THEN 'x'\n        WHEN 2 THEN 'z'\n        ELSE 'y'\n"
                "    END AS b\nFROM i\n");
}

static void patterns(void **state) {
  assert_format("SELECT * FROM i match_recognize(limit duration(hour,1) partition by k measures last(A.x) AS x,"
                "first(B.x) AS y after match skip to next row pattern(A+( B|C ) * D{2 , 3}.) define A as A.x>1) m",
                "SELECT *\nFROM i\nMATCH_RECOGNIZE (\n    LIMIT duration(hour, 1)\n    PARTITION BY k\n    MEASURES\n"
                "        last(A.x) AS x,\n        first(B.x) AS y\n    AFTER MATCH SKIP TO NEXT ROW\n"
                "    PATTERN (A+ (B | C)* D{2,3} .)\n    DEFINE A AS A.x > 1\n) m\n");
}

/* ---- comments --------------------------------------------------------------------------------- */

static void comments_keep_their_places(void **state) {
  assert_format("-- head\n\n/* why */select a, -- first\n  -- of its own\n  /* of b */ b /* behind */\n"
                "-- the source\nfrom i\n--last",
                "-- head\n\n/* why */ SELECT\n    a, -- first\n    -- of its own\n    /* of b */ b /* behind */\n"
                "-- the source\nFROM i\n--last\n");
}

static void comments_and_commas(void **state) {
  assert_format("select a -- one\n , b -- two\n -- three\n , c from i",
                "SELECT\n    a, -- one\n    b, -- two\n    -- three\n    c\nFROM i\n");
  assert_format("select a -- one\n , -- two\n b from i", "SELECT\n    a, -- one\n    -- two\n    b\nFROM i\n");
  assert_format("select a from i -- one\n;", "SELECT a\nFROM i; -- one\n");
  assert_format("select a from i\n-- one\n;", "SELECT a\nFROM i\n-- one\n;\n");
}

static void comments_of_a_list_stay_in_it(void **state) {
  assert_format("SELECT\n  a,\n  b\n  -- , c\nFROM i", "SELECT\n    a,\n    b\n    -- , c\nFROM i\n");
  assert_format("SELECT\n  a,\n  b\n-- , c\nFROM i", "SELECT\n    a,\n    b\n-- , c\nFROM i\n");
}

static void comments_tear_lines_where_they_must(void **state) {
  assert_format("SELECT a FROM i WHERE a = -- why\n 1 and f(x, -- here\n y) > 1",
                "SELECT a\nFROM i\nWHERE a = -- why\n    1\n    AND f(\n        x, -- here\n        y\n    ) > 1\n");
}

static void block_comments_move_as_a_whole(void **state) {
  assert_format("SELECT a,\n  /* one\n       two\n\n     three */\n  b FROM i",
                "SELECT\n    a,\n    /* one\n         two\n\n       three */\n    b\nFROM i\n");
}

static void empty_lines_between_items_stay(void **state) {
  assert_format("SELECT a,\n\n\n  b,\n  c\n\nFROM i", "SELECT\n    a,\n\n    b,\n    c\nFROM i\n");
}

/* ---- files ------------------------------------------------------------------------------------ */

static void line_ends_and_marks_stay(void **state) {
  assert_format("\xEF\xBB\xBFselect a,\r\nb from i -- x\r\n",
                "\xEF\xBB\xBFSELECT\r\n    a,\r\n    b\r\nFROM i -- x\r\n");
  assert_format("select 'a\r\nb' from\ni", "SELECT 'a\r\nb'\nFROM i\n");
}

static void mistakes_leave_a_text_alone(void **state) {
  assert_false(format_check(STR("SELECT FROM i")));
  assert_false(format_check(STR("")));
  assert_false(format_check(STR("SELECT a FROM i -- x\n/* never closed")));
}

/* ---- every query there is --------------------------------------------------------------------- */

/* The queries of a test file are what stands indented below `query`. */
static void check_query_of_test(Str text) {
  StrBuf query = {0};
  Str line;
  bool more = true, in = false;
  while (more) {
    more = str_cut(text, '\n', &line, &text);
    if (line.len && line.ptr[0] != ' ') in = str_eq(line, STR("query"));
    else if (in) strbuf_put_str(&query, line), strbuf_putc(&query, '\n');
  }
  if (query.len) format_check(strbuf_str(&query));
  strbuf_release(&query);
}

static unsigned check_file(const char *path) {
  Str name = str_from(path);
  bool test = str_ends(name, STR(".test"));
  SourceText source;
  Error err;
  if (!test && !str_ends(name, STR(".asaql"))) return 0;
  if (source_text_load(&source, path, &err) != STATUS_OK) fail_msg("%s", err.message);
  if (test) check_query_of_test(source.text);
  else format_check(source.text);
  source_text_release(&source);
  return 1;
}

static unsigned must_parse(const char *path) {
  SourceText source;
  Error err;
  if (source_text_load(&source, path, &err) != STATUS_OK) fail_msg("%s", err.message);
  if (!format_check(source.text)) fail_msg("%s does not parse", path);
  source_text_release(&source);
  return 1;
}

static unsigned each_below(const char *path, unsigned (*check)(const char *path)) {
  unsigned found = 0;
  DIR *folder = opendir(path);
  if (folder == NULL) return check(path);
  for (struct dirent *entry; (entry = readdir(folder));) {
    StrBuf below = {0};
    strbuf_printf(&below, "%s/%s", path, entry->d_name);
    if (entry->d_name[0] != '.') found += each_below(below.ptr, check);
    strbuf_release(&below);
  }
  closedir(folder);
  return found;
}

static void every_query_stays_what_it_is(void **state) {
  const char *source = getenv("WEIR_SOURCE"), *cases = getenv("WEIR_CASES");
  assert_non_null(source);
  static const char *const folders[] = {"tests/lang", "tests/fuzz/corpus", "queries"};
  unsigned found = 0;
  for (unsigned i = 0; i < 3; i++) {
    StrBuf path = {0};
    strbuf_printf(&path, "%s/%s", source, folders[i]);
    found += each_below(path.ptr, check_file);
    strbuf_release(&path);
  }
  assert_true(found > 200);
  if (cases && *cases) assert_true(each_below(cases, check_file) > 0);
}

static void every_construct_parses(void **state) {
  StrBuf path = {0};
  strbuf_printf(&path, "%s/tests/lang/constructs", getenv("WEIR_SOURCE"));
  assert_true(each_below(path.ptr, must_parse) > 5);
  strbuf_release(&path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(clauses_stand_on_lines_of_their_own),
      cmocka_unit_test(items_stand_one_a_line),
      cmocka_unit_test(only_keywords_change_their_spelling),
      cmocka_unit_test(blanks_between_tokens),
      cmocka_unit_test(steps_and_statements),
      cmocka_unit_test(sources),
      cmocka_unit_test(brackets_around_joins),
      cmocka_unit_test(long_conditions_break_before_and),
      cmocka_unit_test(calls_that_do_not_fit),
      cmocka_unit_test(lists_of_values_fill_lines),
      cmocka_unit_test(cases),
      cmocka_unit_test(patterns),
      cmocka_unit_test(comments_keep_their_places),
      cmocka_unit_test(comments_and_commas),
      cmocka_unit_test(comments_of_a_list_stay_in_it),
      cmocka_unit_test(comments_tear_lines_where_they_must),
      cmocka_unit_test(block_comments_move_as_a_whole),
      cmocka_unit_test(empty_lines_between_items_stay),
      cmocka_unit_test(line_ends_and_marks_stay),
      cmocka_unit_test(mistakes_leave_a_text_alone),
      cmocka_unit_test(every_query_stays_what_it_is),
      cmocka_unit_test(every_construct_parses),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
