/* case.c: making and releasing a Case, and what both of its shapes need. */
#include "cli/testing/case.h"

Case *case_new(Str file, Str name) {
  Case *test = mem_zalloc(sizeof *test);
  test->policy.late = 5 * TICKS_PER_SECOND;
  test->compat = 12;
  arena_init(&test->arena);
  test->file = arena_str(&test->arena, file);
  test->name = arena_str(&test->arena, name);
  datetime_parse("2000-01-01", 10, &test->start);
  return test;
}

void case_free(Case *test) {
  if (test == NULL) return;
  source_text_release(&test->query);
  strbuf_release(&test->warnings);
  arena_release(&test->arena);
  mem_free(test);
}

void cases_release(CaseList *cases) {
  for (uint32_t i = 0; i < cases->len; i++) case_free(cases->items[i]);
  vec_release(cases);
}

CaseInput *case_add_input(Case *test, Str name) {
  arena_push(&test->arena, &test->inputs, (CaseInput){.name = arena_str(&test->arena, name)});
  return &test->inputs.items[test->inputs.len - 1];
}

CaseOutput *case_add_output(Case *test, Str name) {
  arena_push(&test->arena, &test->outputs, (CaseOutput){.name = arena_str(&test->arena, name)});
  return &test->outputs.items[test->outputs.len - 1];
}

bool case_set_query(Case *test, Str name, Str text) {
  if (test->query.text.ptr) return false;
  source_text_init(&test->query, arena_str(&test->arena, name), arena_str(&test->arena, text));
  return true;
}

bool case_set_compat(Case *test, Str text) {
  static const char *const levels[] = {"1.0", "1.1", "1.2"};
  for (int i = 0; i < 3; i++)
    if (str_eq(text, str_from(levels[i]))) {
      test->compat = 10 + i;
      return true;
    }
  return false;
}

bool case_break(Case *test, const char *format, ...) {
  if (test->broken.len) return false;
  StrBuf text = {0};
  va_list args;
  va_start(args, format);
  strbuf_vprintf(&text, format, args);
  va_end(args);
  test->broken = arena_str(&test->arena, strbuf_str(&text));
  strbuf_release(&text);
  return false;
}

bool case_break_error(Case *test, const Error *err) {
  if (test->broken.len == 0) test->hint = arena_str(&test->arena, str_from(err->hint));
  if (err->who[0]) return case_break(test, "%s: %s", err->who, err->message);
  return case_break(test, "%s", err->message);
}
