/* test_diag.c: the registry, carets in all kinds of lines, colour, JSON, suggestions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/diag.h"
#include "base/utf8.h"

typedef struct Fixture {
  SourceText source;
  DiagList   diags;
  StrBuf     out;
} Fixture;

static void start(Fixture *fixture, const char *text) {
  *fixture = (Fixture){0};
  source_text_init(&fixture->source, STR("q.asaql"), str_from(text));
  diags_init(&fixture->diags, &fixture->source);
}

static void finish(Fixture *fixture) {
  strbuf_release(&fixture->out);
  diags_release(&fixture->diags);
  source_text_release(&fixture->source);
}

/* The span of the first occurrence of a part of the text. */
static Span at(const Fixture *fixture, const char *part) {
  const char *hit = strstr(fixture->source.text.ptr, part);
  assert_non_null(hit);
  uint32_t begin = (uint32_t)(hit - fixture->source.text.ptr);
  return (Span){begin, begin + (uint32_t)strlen(part)};
}

static void assert_output(Fixture *fixture, const char *expected) {
  diags_render(&fixture->diags, &fixture->out, false);
  assert_string_equal(fixture->out.ptr, expected);
}

static void the_registry_is_complete_and_unique(void **state) {
  for (DiagCode i = 0; i < DIAG_COUNT; i++) {
    const DiagInfo *info = diag_info(i);
    assert_non_null(info->name);
    assert_int_equal(strlen(info->code), 5);
    assert_int_equal(info->code[0], info->severity == DIAG_ERROR ? 'E' : 'W');
    assert_true(strlen(info->explanation) > 20);
    for (DiagCode j = 0; j < i; j++) assert_string_not_equal(info->code + 1, diag_info(j)->code + 1);
  }
}

static void one_line(void **state) {
  Fixture fixture;
  start(&fixture, "SELECT a FROM b");
  Diag *diag = diag_add(&fixture.diags, DIAG_syntax, at(&fixture, "FROM"), "no %s here", "FROM");
  diag_mark(&fixture.diags, diag, "this one");
  diag_hint(&fixture.diags, diag, "write it\nlike this");
  assert_output(&fixture, "error[E0101]: no FROM here\n"
                          " --> q.asaql:1:10\n"
                          "  |\n"
                          "1 | SELECT a FROM b\n"
                          "  |          ^^^^ this one\n"
                          "  = help: write it\n"
                          "          like this\n");
  finish(&fixture);
}

static void labels_on_one_line_hang_below_each_other(void **state) {
  Fixture fixture;
  start(&fixture, "SELECT a, b, c FROM d");
  Diag *diag = diag_add(&fixture.diags, DIAG_syntax, at(&fixture, "b"), "three places");
  diag_mark(&fixture.diags, diag, "second");
  diag_label(&fixture.diags, diag, at(&fixture, "a"), "first");
  diag_label(&fixture.diags, diag, at(&fixture, "FROM"), "third");
  assert_output(&fixture, "error[E0101]: three places\n"
                          " --> q.asaql:1:11\n"
                          "  |\n"
                          "1 | SELECT a, b, c FROM d\n"
                          "  |        -  ^    ---- third\n"
                          "  |        |  |\n"
                          "  |        |  second\n"
                          "  |        first\n");
  finish(&fixture);
}

static void labels_on_several_lines(void **state) {
  Fixture fixture;
  start(&fixture, "one\ntwo\r\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n");
  Diag *diag = diag_add(&fixture.diags, DIAG_duplicate_step, at(&fixture, "ten"), "far apart");
  diag_label(&fixture.diags, diag, at(&fixture, "two"), "here");
  diag_label(&fixture.diags, diag, at(&fixture, "three"), "and here");
  assert_output(&fixture, "error[E0205]: far apart\n"
                          "  --> q.asaql:10:1\n"
                          "   |\n"
                          " 2 | two\n"
                          "   | --- here\n"
                          " 3 | three\n"
                          "   | ----- and here\n"
                          "...\n"
                          "10 | ten\n"
                          "   | ^^^\n");
  finish(&fixture);
}

static void carets_follow_display_columns(void **state) {
  Fixture fixture;
  start(&fixture, "\tgröße 温度 e\xCC\x81t\xC3\xA9 = x");
  diag_add(&fixture.diags, DIAG_syntax, at(&fixture, "温度"), "wide");
  diag_add(&fixture.diags, DIAG_syntax, at(&fixture, "="), "behind a combining accent");
  assert_output(&fixture, "error[E0101]: wide\n"
                          " --> q.asaql:1:8\n"
                          "  |\n"
                          "1 |     größe 温度 e\xCC\x81t\xC3\xA9 = x\n"
                          "  |           ^^^^\n"
                          "\n"
                          "error[E0101]: behind a combining accent\n"
                          " --> q.asaql:1:16\n"
                          "  |\n"
                          "1 |     größe 温度 e\xCC\x81t\xC3\xA9 = x\n"
                          "  |                    ^\n");
  finish(&fixture);
}

static void the_end_and_empty_texts_can_be_marked(void **state) {
  Fixture fixture;
  start(&fixture, "SELECT");
  diag_add(&fixture.diags, DIAG_syntax, (Span){6, 6}, "nothing follows");
  assert_output(&fixture, "error[E0101]: nothing follows\n --> q.asaql:1:7\n  |\n1 | SELECT\n  |       ^\n");
  finish(&fixture);
  start(&fixture, "");
  diag_add(&fixture.diags, DIAG_syntax, (Span){0, 0}, "empty");
  assert_output(&fixture, "error[E0101]: empty\n --> q.asaql:1:1\n  |\n1 |\n  | ^\n");
  finish(&fixture);
}

static void a_span_over_lines_is_marked_on_its_first(void **state) {
  Fixture fixture;
  start(&fixture, "SELECT a\nFROM b\n");
  diag_add(&fixture.diags, DIAG_syntax, (Span){7, 15}, "two lines");
  assert_output(&fixture, "error[E0101]: two lines\n --> q.asaql:1:8\n  |\n1 | SELECT a\n  |        ^\n");
  finish(&fixture);
}

static void long_lines_are_cut_around_the_mark(void **state) {
  StrBuf text = {0};
  for (int i = 0; i < 1000; i++) strbuf_puts(&text, "0123456789");
  strbuf_puts(&text, "HERE");
  for (int i = 0; i < 1000; i++) strbuf_puts(&text, "abcdefghij");
  Fixture fixture;
  start(&fixture, text.ptr);
  diag_add(&fixture.diags, DIAG_syntax, at(&fixture, "HERE"), "cut");
  assert_output(&fixture,
                "error[E0101]: cut\n --> q.asaql:1:10001\n  |\n"
                "1 | "
                "..."
                "01234567890123456789012345678901234567890123456789HEREabcdefghijabcdefghijabcdefghijabcdefghijabcdef"
                "ghijabcdefghijabc...\n"
                "  |                                                      ^^^^\n");
  finish(&fixture);
  strbuf_release(&text);
}

static void marks_far_apart_on_one_line_have_views_of_their_own(void **state) {
  StrBuf text = {0};
  strbuf_puts(&text, "FIRST");
  for (int i = 0; i < 30; i++) strbuf_puts(&text, "0123456789");
  strbuf_puts(&text, "LAST");
  Fixture fixture;
  start(&fixture, text.ptr);
  Diag *diag = diag_add(&fixture.diags, DIAG_duplicate_column, at(&fixture, "LAST"), "far");
  diag_label(&fixture.diags, diag, at(&fixture, "FIRST"), "the first one");
  assert_output(&fixture,
                "error[E0206]: far\n --> q.asaql:1:306\n  |\n"
                "1 | FIRST012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
                "0123456789012345678901234...\n"
                "  | ----- the first one\n"
                "1 | ...01234567890123456789012345678901234567890123456789LAST\n"
                "  |                                                      ^^^^\n");
  finish(&fixture);
  strbuf_release(&text);
}

static void colour_only_when_asked(void **state) {
  Fixture fixture;
  start(&fixture, "a");
  diag_add(&fixture.diags, DIAG_unused_step, (Span){0, 1}, "unused");
  diags_render(&fixture.diags, &fixture.out, false);
  assert_null(strchr(fixture.out.ptr, 033));
  strbuf_clear(&fixture.out);
  diags_render(&fixture.diags, &fixture.out, true);
  assert_string_equal(fixture.out.ptr, "\033[1;33mwarning[W0209]\033[0m\033[1m: unused\033[0m\n"
                                       " \033[1;34m--> \033[0mq.asaql:1:1\n"
                                       "  \033[1;34m|\n\033[0m"
                                       "\033[1;34m1 |\033[0m a\n"
                                       "  \033[1;34m| \033[0m\033[1;33m^\033[0m\n");
  finish(&fixture);
}

static void json_for_editors(void **state) {
  Fixture fixture;
  start(&fixture, "a\n\"ü\" b");
  Diag *diag = diag_add(&fixture.diags, DIAG_syntax, at(&fixture, "b"), "not \"b\"\n");
  diag_suggest(&fixture.diags, diag, at(&fixture, "b"), STR("c"));
  diag_label(&fixture.diags, diag, (Span){0, 1}, "a\\");
  diags_render_json(&fixture.diags, &fixture.out);
  assert_string_equal(
      fixture.out.ptr,
      "[{\"code\":\"E0101\",\"name\":\"syntax\",\"severity\":\"error\",\"message\":\"not "
      "\\\"b\\\"\\u000a\",\"file\":\"q.asaql\","
      "\"line\":2,\"column\":5,\"endLine\":2,\"endColumn\":6,\"begin\":7,\"end\":8,\"help\":\"did you mean `c`?\","
      "\"labels\":["
      "{\"text\":\"a\\\\\",\"line\":1,\"column\":1,\"endLine\":1,\"endColumn\":2,\"begin\":0,\"end\":1}],"
      "\"edits\":[{\"text\":\"c\",\"line\":2,\"column\":5,\"endLine\":2,\"endColumn\":6,\"begin\":7,"
      "\"end\":8}]}]");
  finish(&fixture);
}

static void sorted_by_place_errors_first(void **state) {
  Fixture fixture;
  start(&fixture, "abc");
  diag_add(&fixture.diags, DIAG_syntax, (Span){2, 3}, "last");
  diag_add(&fixture.diags, DIAG_unused_step, (Span){1, 2}, "warning");
  diag_add(&fixture.diags, DIAG_syntax, (Span){1, 2}, "error");
  diags_sort(&fixture.diags);
  assert_string_equal(fixture.diags.items.items[0].message.ptr, "error");
  assert_string_equal(fixture.diags.items.items[1].message.ptr, "warning");
  assert_string_equal(fixture.diags.items.items[2].message.ptr, "last");
  assert_int_equal(fixture.diags.errors, 2);
  assert_int_equal(fixture.diags.warnings, 1);
  finish(&fixture);
}

static void beyond_the_limit_only_counted(void **state) {
  Fixture fixture;
  start(&fixture, "a");
  for (int i = 0; i < DIAG_LIMIT + 20; i++) {
    Diag *diag = diag_add(&fixture.diags, DIAG_syntax, (Span){0, 1}, "number %d", i);
    diag_hint(&fixture.diags, diag, "hint");
    diag_label(&fixture.diags, diag, (Span){0, 1}, "label");
  }
  assert_int_equal(fixture.diags.items.len, DIAG_LIMIT);
  assert_int_equal(fixture.diags.errors, DIAG_LIMIT + 20);
  diags_render(&fixture.diags, &fixture.out, false);
  assert_non_null(strstr(fixture.out.ptr, "... and 20 more"));
  finish(&fixture);
}

static void truncation_restores_counts(void **state) {
  Fixture fixture;
  start(&fixture, "a");
  diag_add(&fixture.diags, DIAG_syntax, (Span){0, 1}, "kept");
  DiagMark mark = diags_mark(&fixture.diags);
  diag_add(&fixture.diags, DIAG_syntax, (Span){0, 1}, "tried");
  diag_add(&fixture.diags, DIAG_unused_step, (Span){0, 1}, "tried");
  diags_truncate(&fixture.diags, mark);
  assert_int_equal(fixture.diags.items.len, 1);
  assert_int_equal(fixture.diags.errors, 1);
  assert_int_equal(fixture.diags.warnings, 0);
  finish(&fixture);
}

static void assert_nearest(const char *wanted, const char *expected) {
  static const Str candidates[] = {{"Temperature", 11}, {"TollId", 6}, {"Toll", 4},
                                   {"time", 4},         {"id", 2},     {"FROM", 4}};
  Str nearest = diag_nearest(str_from(wanted), candidates, 6);
  assert_int_equal(nearest.len, strlen(expected));
  assert_memory_equal(nearest.len ? nearest.ptr : "", expected, nearest.len);
}

static void suggestions(void **state) {
  assert_nearest("temprature", "Temperature");
  assert_nearest("TolId", "TollId");
  assert_nearest("toll", "Toll");
  assert_nearest("Form", "FROM");
  assert_nearest("tiem", "time");
  assert_nearest("xy", "");
  assert_nearest("humidity", "");
  assert_nearest("", "");
}

static void positions_of_all_line_ends(void **state) {
  SourceText source;
  uint32_t line, column;
  source_text_init(&source, STR("q"), STR("a\nb\r\n\rü\xE2\x82\xACx\n"));
  source_text_position(&source, 0, &line, &column);
  assert_int_equal(line * 100 + column, 101);
  source_text_position(&source, 2, &line, &column);
  assert_int_equal(line * 100 + column, 201);
  source_text_position(&source, 11, &line, &column);
  assert_int_equal(line * 100 + column, 403);
  source_text_position(&source, 1000, &line, &column);
  assert_int_equal(line * 100 + column, 501);
  assert_true(str_eq(source_text_line(&source, 2), STR("b")));
  assert_true(str_eq(source_text_line(&source, 3), STR("")));
  assert_true(str_eq(source_text_line(&source, 5), STR("")));
  assert_true(str_eq(source_text_line(&source, 99), STR("")));
  source_text_release(&source);
}

static void loading_a_file(void **state) {
  SourceText source;
  Error err;
  assert_int_equal(source_text_load(&source, "/nowhere/q.asaql", &err), STATUS_CONFIG);
  assert_string_equal(err.message, "cannot open `/nowhere/q.asaql`: No such file or directory");
  char path[] = "/tmp/weir-diag-XXXXXX";
  int file = mkstemp(path);
  assert_int_equal(write(file, "SELECT 1\n", 9), 9);
  close(file);
  assert_int_equal(source_text_load(&source, path, &err), STATUS_OK);
  assert_true(str_eq(source.text, STR("SELECT 1\n")));
  assert_int_equal(source.text.ptr[source.text.len], 0);
  source_text_release(&source);
  unlink(path);
}

static void utf8_is_strict(void **state) {
  static const char *const bad[] = {
      "\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_int_equal(utf8_invalid_at(str_from(bad[i])), 0);
  assert_int_equal(utf8_invalid_at(STR("plain ascii text \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 and more")), 42 - 5);
  assert_int_equal(utf8_invalid_at(STR("0123456789\xFF")), 10);
  assert_int_equal(utf8_count(STR("a\xC3\xA9\xFF")), 3);
  assert_int_equal(utf8_width('a') + utf8_width(0x301) + utf8_width(0x6E29) + utf8_width(0x1F600), 5);
  assert_int_equal(utf8_columns(STR("ae\xcc\x81\xe6\xb8\xa9\xff")), 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_registry_is_complete_and_unique),
      cmocka_unit_test(one_line),
      cmocka_unit_test(labels_on_one_line_hang_below_each_other),
      cmocka_unit_test(labels_on_several_lines),
      cmocka_unit_test(carets_follow_display_columns),
      cmocka_unit_test(the_end_and_empty_texts_can_be_marked),
      cmocka_unit_test(a_span_over_lines_is_marked_on_its_first),
      cmocka_unit_test(long_lines_are_cut_around_the_mark),
      cmocka_unit_test(marks_far_apart_on_one_line_have_views_of_their_own),
      cmocka_unit_test(colour_only_when_asked),
      cmocka_unit_test(json_for_editors),
      cmocka_unit_test(sorted_by_place_errors_first),
      cmocka_unit_test(beyond_the_limit_only_counted),
      cmocka_unit_test(truncation_restores_counts),
      cmocka_unit_test(suggestions),
      cmocka_unit_test(positions_of_all_line_ends),
      cmocka_unit_test(loading_a_file),
      cmocka_unit_test(utf8_is_strict),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
