/* test_connectors_registry.c: what is listed is complete: names, documentation, defaults that parse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "connectors/registry.h"

static void check_options(const char *who, const OptionDef *table) {
  char into[4096]; /* larger than any options struct */
  for (const OptionDef *def = table; def && def->name; def++) {
    if (!def->doc || !*def->doc) fail_msg("%s: option %s has no documentation", who, def->name);
    for (const OptionDef *other = table; other < def; other++) assert_string_not_equal(other->name, def->name);
    assert_true(def->at < sizeof into);
  }
  if (table) options_defaults(table, into); /* BUG when one does not parse */
}

static void test_sources(void **state) {
  (void)state;
  for (const SourceClass *const *at = connectors_registry()->sources; *at; at++) {
    assert_non_null((*at)->doc);
    assert_true(((*at)->poll != NULL) != ((*at)->read != NULL)); /* one of the two */
    assert_ptr_equal(registry_source(connectors_registry(), str_from((*at)->scheme)), *at);
    check_options((*at)->scheme, (*at)->options);
  }
}

static void test_sinks(void **state) {
  (void)state;
  for (const SinkClass *const *at = connectors_registry()->sinks; *at; at++) {
    assert_non_null((*at)->doc);
    assert_true((*at)->open && (*at)->write && (*at)->flush && (*at)->close);
    assert_ptr_equal(registry_sink(connectors_registry(), str_from((*at)->scheme)), *at);
    check_options((*at)->scheme, (*at)->options);
  }
}

static void test_rows_and_formats(void **state) {
  (void)state;
  for (const RowsClass *const *at = connectors_registry()->rows; *at; at++) {
    assert_ptr_equal(registry_rows(connectors_registry(), str_from((*at)->scheme)), *at);
    check_options((*at)->scheme, (*at)->options);
  }
  for (const FormatClass *const *at = connectors_registry()->formats; *at; at++) {
    assert_ptr_equal(registry_format(connectors_registry(), str_from((*at)->name)), *at);
    check_options((*at)->name, (*at)->options);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sources),
      cmocka_unit_test(test_sinks),
      cmocka_unit_test(test_rows_and_formats),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
