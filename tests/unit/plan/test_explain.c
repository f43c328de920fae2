/* test_explain.c: which plan a query becomes, and what explain says about it in each form. The whole texts are
** pinned by golden files (tests/lang/golden/explain); here stands what each of them must never lose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "api.h"
#include "plan/explain.h"
#include "types/json.h"

typedef struct Query {
  SourceText source;
  Compiled  *compiled;
  StrBuf     text;
} Query;

static void compile(Query *query, const char *sql) {
  static const BindOptions bare = {.compat = 12};
  *query = (Query){0};
  source_text_init(&query->source, STR("test"), str_from(sql));
  query->compiled = compile_query(&query->source, &bare);
  assert_non_null(query->compiled->plan);
}

static const char *explain(Query *query, ExplainFormat format) {
  strbuf_clear(&query->text);
  plan_explain(query->compiled->plan, format, &query->text);
  return query->text.ptr;
}

static void release(Query *query) {
  compiled_free(query->compiled);
  source_text_release(&query->source);
  strbuf_release(&query->text);
}

static unsigned count_kind(const Query *query, PlanKind kind) {
  const PlanScript *plan = query->compiled->plan;
  unsigned count = 0;
  for (uint32_t i = 0; i < plan->nodes_len; i++) count += plan->nodes[i]->kind == kind;
  return count;
}

static unsigned count_text(const char *text, const char *part) {
  unsigned count = 0;
  for (const char *at = text; (at = strstr(at, part)); at += strlen(part)) count++;
  return count;
}

#define assert_says(text, part) assert_non_null(strstr((text), (part)))

/* ---- plans ------------------------------------------------------------------------------------ */

static void test_a_step_of_several_readers_is_computed_once(void **state) {
  Query query;
  compile(&query, "WITH s AS (SELECT a FROM i WHERE a > 1) SELECT a INTO x FROM s SELECT a INTO y FROM s WHERE a > 2");
  assert_int_equal(count_kind(&query, PLAN_ENTRANCE), 1);
  assert_int_equal(count_kind(&query, PLAN_FILTER), 2);
  assert_int_equal(count_kind(&query, PLAN_OUTPUT), 2);
  const char *text = explain(&query, EXPLAIN_TEXT);
  assert_int_equal(count_text(text, "(a > 1)"), 1);
  assert_says(text, "(step s) #2, read 2 times");
  assert_says(text, "(step s) #2, see above");
  release(&query);
}

static void test_nodes_stand_behind_their_inputs(void **state) {
  Query query;
  compile(&query, "SELECT COUNT(*) AS n FROM a TIMESTAMP BY t GROUP BY TumblingWindow(minute, 1) "
                  "UNION SELECT b FROM c");
  const PlanScript *plan = query.compiled->plan;
  for (uint32_t i = 0; i < plan->nodes_len; i++) {
    assert_int_equal(plan->nodes[i]->id, i);
    for (uint32_t j = 0; j < plan->nodes[i]->inputs_len; j++) assert_true(plan->nodes[i]->inputs[j]->id < i);
  }
  release(&query);
}

static void test_inputs_that_differ_in_time_have_entrances_of_their_own(void **state) {
  Query query;
  compile(&query, "SELECT a INTO x FROM i TIMESTAMP BY t SELECT a INTO y FROM i TIMESTAMP BY u");
  assert_int_equal(count_kind(&query, PLAN_ENTRANCE), 2);
  assert_int_equal(query.compiled->plan->inputs_len, 1);
  release(&query);
}

static void test_statements_into_one_output_share_its_columns(void **state) {
  Query query;
  compile(&query, "SELECT a, b INTO o FROM i SELECT b, c INTO O FROM j");
  const PlanScript *plan = query.compiled->plan;
  assert_int_equal(plan->outputs_len, 1);
  assert_int_equal(plan->outputs[0]->schema.cols_len, 3);
  assert_int_equal(count_text(explain(&query, EXPLAIN_TEXT), "output o"), 2);
  release(&query);
}

static void test_names_of_outputs_end_with_a_nul(void **state) {
  Query query;
  compile(&query, "SELECT a INTO o FROM i");
  assert_string_equal(query.compiled->plan->outputs[0]->name.ptr, "o");
  release(&query);
}

/* ---- words ------------------------------------------------------------------------------------ */

static void test_an_input_says_what_it_decodes(void **state) {
  Query query;
  compile(&query, "CREATE TABLE i (a bigint, unread float); SELECT a, b.c.d, PartitionId FROM i TIMESTAMP BY b.t");
  const char *text = explain(&query, EXPLAIN_TEXT);
  assert_says(text, "time     b.t");
  assert_says(text, "a bigint");
  assert_says(text, "b.c.d");
  assert_says(text, "checks   unread float");
  release(&query);
  compile(&query, "SELECT COUNT(*) AS n FROM i GROUP BY TumblingWindow(minute, 1)");
  assert_says(explain(&query, EXPLAIN_TEXT), "decodes  nothing");
  release(&query);
  compile(&query, "SELECT * FROM i");
  assert_says(explain(&query, EXPLAIN_TEXT), "decodes  the whole event");
  release(&query);
}

static void test_operators_say_what_they_do(void **state) {
  Query query;
  compile(&query, "SELECT i.k, SUM(i.a + 1) AS s FROM i TIMESTAMP BY t LEFT JOIN r ON i.k = r.k AND r.x = 1 "
                  "WHERE i.a > 2 GROUP BY i.k, HoppingWindow(minute, 10, 5) HAVING SUM(i.a + 1) > 100");
  const char *text = explain(&query, EXPLAIN_TEXT);
  assert_says(text, "left reference join");
  assert_says(text, "on       k = k");
  assert_says(text, "window   hopping 10m every 5m");
  assert_says(text, "by       k");
  assert_says(text, "computes SUM((a + 1))");
  assert_int_equal(count_text(text, "where"), 2);
  release(&query);
}

static void test_long_lists_go_on_in_the_next_line(void **state) {
  Query query;
  compile(&query,
          "SELECT first_of_many_columns, second_of_many_columns, third_of_many_columns, "
          "fourth_of_many_columns, fifth_of_many_columns, sixth_of_many_columns, seventh_of_many_columns FROM i");
  Str line, rest = str_from(explain(&query, EXPLAIN_TEXT));
  while (rest.len) {
    str_cut(rest, '\n', &line, &rest);
    assert_true(line.len < 130);
  }
  release(&query);
}

/* ---- forms ------------------------------------------------------------------------------------ */

static const char *const odd_names = "SELECT [a <b> \"c\" & #d] AS [x\\y] INTO [o \"p\"] FROM i WHERE a < 'it''s <b>'";

static void test_dot_escapes_what_is_markup(void **state) {
  Query query;
  compile(&query, odd_names);
  const char *text = explain(&query, EXPLAIN_DOT);
  assert_says(text, "a &lt;b&gt; &quot;c&quot; &amp; #d");
  assert_says(text, "<b>output o &quot;p&quot;</b>");
  assert_says(text, "n0 -> n1;");
  assert_int_equal(count_text(text, "<table"), count_text(text, "</table>"));
  release(&query);
}

static void test_mermaid_escapes_what_is_markup(void **state) {
  Query query;
  compile(&query, odd_names);
  const char *text = explain(&query, EXPLAIN_MERMAID);
  assert_says(text, "a #lt;b#gt; #quot;c#quot; #amp; #35;d");
  assert_says(text, "n0 --> n1");
  release(&query);
}

static void test_reference_data_comes_in_by_dashed_lines(void **state) {
  Query query;
  compile(&query, "SELECT i.a FROM i JOIN r ON i.k = r.k");
  assert_says(explain(&query, EXPLAIN_DOT), "[style=dashed]");
  assert_says(explain(&query, EXPLAIN_MERMAID), "-.->");
  release(&query);
}

static void test_pictures_cut_what_is_long(void **state) {
  Query query;
  compile(&query, "SELECT a, b, c, d, e, f, g, h, i, j, CONCAT(aaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbb, "
                  "cccccccccccccccccccccccccccccccccccccccccccc) AS k FROM s WHERE "
                  "aaaaaaaaaaaaaaaaaaaaaaaa > 1 AND bbbbbbbbbbbbbbbbbbbbbbbbb > 2 AND ccccccccccccccccccccc > 3");
  const char *text = explain(&query, EXPLAIN_DOT);
  assert_says(text, "and 3 more");
  assert_says(text, "…");
  release(&query);
}

static void test_json_is_whole(void **state) {
  Query query;
  compile(&query, odd_names);
  explain(&query, EXPLAIN_JSON);
  Arena arena;
  Error err;
  arena_init(&arena);
  JsonNode *root = json_parse_tree(&arena, strbuf_str(&query.text), &err);
  assert_non_null(root);
  assert_int_equal(json_count(json_get(root, "nodes")), query.compiled->plan->nodes_len);
  JsonNode *output = json_get(root, "outputs")->first;
  assert_true(str_eq(json_get(output, "name")->text, STR("o \"p\"")));
  assert_true(str_eq(json_get(json_get(output, "columns")->first, "name")->text, STR("x\\y")));
  arena_release(&arena);
  release(&query);
}

static void test_every_kind_has_a_name(void **state) {
  for (PlanKind kind = 0; kind < PLAN_KINDS; kind++) assert_true(plan_kind_name(kind)[0] != 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_a_step_of_several_readers_is_computed_once),
    cmocka_unit_test(test_nodes_stand_behind_their_inputs),
    cmocka_unit_test(test_inputs_that_differ_in_time_have_entrances_of_their_own),
    cmocka_unit_test(test_statements_into_one_output_share_its_columns),
    cmocka_unit_test(test_names_of_outputs_end_with_a_nul),
    cmocka_unit_test(test_an_input_says_what_it_decodes),
    cmocka_unit_test(test_operators_say_what_they_do),
    cmocka_unit_test(test_long_lists_go_on_in_the_next_line),
    cmocka_unit_test(test_dot_escapes_what_is_markup),
    cmocka_unit_test(test_mermaid_escapes_what_is_markup),
    cmocka_unit_test(test_reference_data_comes_in_by_dashed_lines),
    cmocka_unit_test(test_pictures_cut_what_is_long),
    cmocka_unit_test(test_json_is_whole),
    cmocka_unit_test(test_every_kind_has_a_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
