/* test_diagnostics.c: every code of engine/base/diag.def is provoked. Those with an example, by it; a few by texts that
** are too odd for an example; the others take bindings, and a case of tests/lang or one of its mistakes expects them,
** which other tests run. */
#define _GNU_SOURCE /* nftw */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <ftw.h>

#include "api.h"

/* ---- examples --------------------------------------------------------------------------------- */

/* A bare query: every name in FROM is an input. The text has a NUL behind it. */
static bool provokes(Str query, DiagCode wanted) {
  SourceText source;
  source_text_init(&source, STR("example"), query);
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
    if (info->example[0] == 0 || provokes(str_from(info->example), (DiagCode)code)) continue;
    print_error("%s (%s) is not provoked by its example: %s\n", info->code, info->name, info->example);
    wrong++;
  }
  assert_int_equal(wrong, 0);
}

/* ---- odd texts -------------------------------------------------------------------------------- */

static const DiagCode odd[] = {DIAG_too_deep, DIAG_nul_byte, DIAG_source_too_large};

static bool is_odd(DiagCode code) {
  for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
    if (odd[i] == code) return true;
  return false;
}

static void odd_texts_are_refused(void **state) {
  StrBuf deep = {0};
  strbuf_puts(&deep, "SELECT a");
  for (int i = 0; i < 2000; i++) strbuf_puts(&deep, " + a");
  strbuf_puts(&deep, " AS a FROM input");
  assert_true(provokes(strbuf_str(&deep), DIAG_too_deep));
  strbuf_release(&deep);
  assert_true(provokes((Str){"SELECT a\0 FROM input", 20}, DIAG_nul_byte));
  char *large = mem_zalloc(SOURCE_TEXT_MAX + 2);
  memset(large, ' ', SOURCE_TEXT_MAX + 1);
  assert_true(provokes((Str){large, SOURCE_TEXT_MAX + 1}, DIAG_source_too_large));
  mem_free(large);
}

/* ---- cases and mistakes ----------------------------------------------------------------------- */

static bool expected[DIAG_COUNT]; /* some case says so */

/* "  E0201 2:6 ..." of a case, "error[E0201]: ..." of a mistake. */
static void note_line(Str line) {
  for (unsigned code = 0; code < DIAG_COUNT; code++) {
    const DiagInfo *info = diag_info((DiagCode)code);
    char mistake[32];
    snprintf(mistake, sizeof mistake, "%s[%s]", info->severity == DIAG_ERROR ? "error" : "warning", info->code);
    expected[code] |= str_starts(str_trim(line), str_from(info->code)) || str_starts(line, str_from(mistake));
  }
}

static int on_file(const char *path, const struct stat *info, int kind, struct FTW *place) {
  Str name = str_from(path);
  if (kind != FTW_F || (!str_ends(name, STR(".test")) && !str_ends(name, STR(".txt")))) return 0;
  SourceText file;
  Error err = {0};
  if (source_text_load(&file, path, &err) != STATUS_OK) fail_msg("%s", err.message);
  Str line, rest = file.text;
  for (bool more = true; more;) {
    more = str_cut(rest, '\n', &line, &rest);
    note_line(line);
  }
  source_text_release(&file);
  return 0;
}

static void every_other_code_is_expected_by_a_case(void **state) {
  const char *source = getenv("WEIR_SOURCE");
  char below[4096];
  unsigned wrong = 0;
  snprintf(below, sizeof below, "%s/tests/lang", source ? source : ".");
  assert_int_equal(nftw(below, on_file, 16, FTW_PHYS), 0);
  for (unsigned code = 0; code < DIAG_COUNT; code++) {
    const DiagInfo *info = diag_info((DiagCode)code);
    if (info->example[0] || expected[code] || is_odd((DiagCode)code)) continue;
    print_error("%s (%s) is expected by no case\n", info->code, info->name);
    wrong++;
  }
  assert_int_equal(wrong, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_example_provokes_its_code),
                                     cmocka_unit_test(odd_texts_are_refused),
                                     cmocka_unit_test(every_other_code_is_expected_by_a_case)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
