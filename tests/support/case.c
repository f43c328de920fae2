/* case.c: making and releasing a Case, and what both of its shapes need. */
#include "support/case.h"

void case_init(Case *test, Str name) {
  *test = (Case){.policy = {.late = 5 * TICKS_PER_SECOND}, .compat = 12};
  arena_init(&test->arena);
  test->name = arena_str(&test->arena, name);
  datetime_parse("2000-01-01", 10, &test->start);
}

void case_release(Case *test) {
  source_text_release(&test->query);
  arena_release(&test->arena);
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

bool case_read_file(Case *test, const char *path, Str *out, StrBuf *problem) {
  SourceText file;
  Error err;
  if (source_text_load(&file, path, &err) != STATUS_OK) {
    strbuf_printf(problem, "%s: %s\n", err.who, err.message);
    return false;
  }
  *out = arena_str(&test->arena, file.text);
  source_text_release(&file);
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
