/* test_json_tree.c: configuration files as trees, and what their mistakes say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include "types/json.h"

static Arena arena;

static JsonNode *parse(const char *text, Error *err) {
  size_t len = strlen(text);
  char *copy = malloc(len ? len : 1); /* exactly as long, for the sanitizer */
  memcpy(copy, text, len);
  JsonNode *node = json_parse_tree(&arena, (Str){copy, len}, err);
  free(copy);
  return node;
}

static void a_project_file(void **state) {
  static const char text[] =
      "\xef\xbb\xbf// made by an editor\n"
      "{\n"
      "  /* the script */ \"Script\": \"a\\\\b.asaql\",\n"
      "  \"Count\": 12, \"Half\": -0.5e1,\n"
      "  \"On\": true, \"Off\": false, \"None\": null, // flags\n"
      "  \"Inputs\": [ { \"InputAlias\": \"one\", }, { }, ],\n"
      "}\n";
  Error err;
  JsonNode *root = json_parse_tree(&arena, STR(text), &err);
  assert_non_null(root);
  assert_int_equal(root->kind, JSON_OBJECT);
  assert_int_equal(json_count(root), 7);
  assert_true(str_eq(json_get(root, "script")->text, STR("a\\b.asaql")));
  assert_true(json_get(root, "Count")->number == 12 && str_eq(json_get(root, "Count")->text, STR("12")));
  assert_true(json_get(root, "Half")->number == -5);
  assert_true(json_get(root, "On")->boolean && json_get(root, "On")->kind == JSON_BOOL);
  assert_false(json_get(root, "Off")->boolean);
  assert_int_equal(json_get(root, "None")->kind, JSON_NULL);
  JsonNode *inputs = json_get(root, "INPUTS");
  assert_int_equal(json_count(inputs), 2);
  assert_true(str_eq(json_get(inputs->first, "inputalias")->text, STR("one")));
  assert_true(str_eq(inputs->first->text, STR("{ \"InputAlias\": \"one\", }")));
  assert_memory_equal(text + inputs->offset, "[ {", 3);
  assert_null(json_get(root, "Outputs"));
  assert_null(json_get(inputs, "x"));
  assert_null(json_get(NULL, "x"));
}

static void exact_names_come_first(void **state) {
  Error err;
  JsonNode *root = parse("{\"Name\":1,\"name\":2}", &err);
  assert_true(json_get(root, "name")->number == 2);
  assert_true(json_get(root, "NAME")->number == 1);
}

static void roots_of_every_kind(void **state) {
  Error err;
  assert_int_equal(parse(" \"x\" ", &err)->kind, JSON_STRING);
  assert_int_equal(parse("[]", &err)->kind, JSON_ARRAY);
  assert_int_equal(parse("null // end", &err)->kind, JSON_NULL);
  assert_int_equal(parse("1/**/", &err)->kind, JSON_NUMBER);
}

static void mistakes_name_the_place(void **state) {
  static const struct { const char *text, *message; } rows[] = {
      {"", "line 1, column 1: the text is empty, a JSON value is expected"},
      {" // only this", "line 1, column 14: the text is empty, a JSON value is expected"},
      {"{\n  \"a\": 1,\n", "line 3, column 1: the text ends inside the object opened at line 1, column 1"},
      {"{\"a\": [1, 2", "line 1, column 12: the text ends inside the array opened at line 1, column 7"},
      {"{\"a\"", "line 1, column 5: the text ends inside the object opened at line 1, column 1"},
      {"{\"a\":", "line 1, column 6: the text ends inside the object opened at line 1, column 1"},
      {"{\"a\": \"x", "line 1, column 9: the text ends inside the string opened at line 1, column 7"},
      {"[1 /* x", "line 1, column 8: the text ends inside the comment opened at line 1, column 4"},
      {"{\n  \"a\" 1}", "line 2, column 7: ':' behind the name expected, found '1'"},
      {"{\"a\": 1 \"b\": 2}", "line 1, column 9: ',' or '}' expected, found '\"'"},
      {"[1 2]", "line 1, column 4: ',' or ']' expected, found '2'"},
      {"[1}", "line 1, column 3: ',' or ']' expected, found '}'"},
      {"{a: 1}", "line 1, column 2: a name in double quotes expected, found 'a'"},
      {"[,]", "line 1, column 2: a value expected, found ','"},
      {"[\xe2\x82\xac]", "line 1, column 2: a value expected, found '\xe2\x82\xac'"},
      {"[\"\xc3\xa4\" \xff]", "line 1, column 6: ',' or ']' expected, found the byte 0xff"},
      {"[True]", "line 1, column 2: the word is none of true, false and null; text needs double quotes"},
      {"[1e999]", "line 1, column 2: the number is out of range"},
      {"[\"a\\qb\"]", "line 1, column 2: the string holds an unknown escape (a backslash is written \\\\)"},
      {"[\"a\n\"]", "line 1, column 4: the string has no closing quote on its line"},
      {"[\"a\x01\"]", "line 1, column 4: the string holds a control character"},
      {"[\"a\xff\"]", "line 1, column 4: the text is not valid UTF-8"},
      {"[1] 2", "line 1, column 5: the end of the text expected, found '2'"},
      {"[1 / 2]", "line 1, column 4: a value, comma or bracket expected, found '/'"},
  };
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
    Error err = {0};
    assert_null(parse(rows[i].text, &err));
    assert_int_equal(err.status, STATUS_CONFIG);
    assert_string_equal(err.message, rows[i].message);
  }
}

static void every_truncation_has_one_message(void **state) {
  static const char text[] = "{ \"a\": [1, true, null, \"x\\\"y\", {\"b\": -1.5e3}], /* c */ \"d\": {} }";
  for (size_t len = 0; len < sizeof text - 1; len++) {
    Error err = {0};
    char *copy = malloc(len ? len : 1);
    memcpy(copy, text, len);
    assert_null(json_parse_tree(&arena, (Str){copy, len}, &err));
    assert_int_equal(memcmp(err.message, "line 1, column ", 15), 0);
    free(copy);
  }
  assert_null(json_parse_tree(&arena, STR("{"), NULL));
}

static void nesting_is_limited(void **state) {
  StrBuf text = {0};
  Error err = {0};
  for (int i = 0; i < 100000; i++) strbuf_putc(&text, '[');
  assert_null(json_parse_tree(&arena, strbuf_str(&text), &err));
  assert_string_equal(err.message, "line 1, column 1001: objects and arrays are nested too deeply");
  strbuf_release(&text);
}

static int release_arena(void **state) {
  arena_release(&arena);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_project_file),
      cmocka_unit_test(exact_names_come_first),
      cmocka_unit_test(roots_of_every_kind),
      cmocka_unit_test(mistakes_name_the_place),
      cmocka_unit_test(every_truncation_has_one_message),
      cmocka_unit_test(nesting_is_limited),
  };
  return cmocka_run_group_tests(tests, NULL, release_arena);
}
