/* test_diagnostics.c: every example of engine/base/diag.def provokes its code; the codes without an example have
** cases in tests/lang/errors. Codes whose check has not landed are listed here; a listed one that is provoked is a
** failure, so the list only shrinks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api.h"

static const char *const waiting[] = {
    "W0211",                            /* names spelt almost alike */
    "E0212",                            /* an alias in WHERE over an input without a schema */
    "E0306",                            /* casts that cannot work */
};

static bool is_waiting(const char *code) {
  for (size_t i = 0; i < sizeof waiting / sizeof *waiting; i++)
    if (strcmp(waiting[i], code) == 0) return true;
  return false;
}

/* A bare query: every name in FROM is an input. */
static bool provokes(const char *query, DiagCode wanted) {
  SourceText source;
  source_text_init(&source, STR("example"), str_from(query));
  BindOptions options = {.compat = 12};
  Compiled *compiled = compile_query(&source, &options);
  bool found = false;
  for (uint32_t i = 0; i < compiled->diags.items.len; i++) found |= compiled->diags.items.items[i].code == wanted;
  compiled_free(compiled);
  source_text_release(&source);
  return found;
}

static void every_example_provokes_its_code(void **state) {
  unsigned wrong = 0;
  for (unsigned code = 0; code < DIAG_COUNT; code++) {
    const DiagInfo *info = diag_info((DiagCode)code);
    if (info->example[0] == 0) continue;
    bool found = provokes(info->example, (DiagCode)code);
    if (found != is_waiting(info->code)) continue;
    const char *what = found ? "now provoked (take it out of the list)" : "not provoked";
    print_error("%s (%s) is %s by its example: %s\n", info->code, info->name, what, info->example);
    wrong++;
  }
  assert_int_equal(wrong, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_example_provokes_its_code)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
