/* test_type.c: names of types and masks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "types/type.h"

static void names_read_back(void **state) {
  for (Type type = TYPE_BIT; type < TYPE_COUNT; type++) {
    Type found = TYPE_NULL;
    assert_true(type_from_name(str_from(type_name(type)), &found));
    assert_int_equal(found, type);
  }
}

static void names_in_other_spellings(void **state) {
  static const char *const texts[] = {"nvarchar(MAX)", "NVARCHAR(20)", "nvarchar ( max )", "nvarchar"};
  Type found;
  for (unsigned i = 0; i < 4; i++) {
    found = TYPE_NULL;
    assert_true(type_from_name(str_from(texts[i]), &found));
    assert_int_equal(found, TYPE_TEXT);
  }
  assert_true(type_from_name(STR("BigInt"), &found));
  assert_int_equal(found, TYPE_BIGINT);
}

static void other_words_are_no_types(void **state) {
  static const char *const texts[] = {"",           "int",         "null",        "nvarchar(",
                                      "nvarchar()", "nvarchar(x)", "nvarcharmax", "bigint "};
  Type found;
  for (unsigned i = 0; i < 8; i++) assert_false(type_from_name(str_from(texts[i]), &found));
}

static void masks_print_as_a_list(void **state) {
  static const struct { TypeMask mask; const char *text; } rows[] = {
      {MASK(TYPE_BIGINT), "bigint"},
      {MASK_NUMBER, "bigint or float"},
      {MASK_NUMERIC | MASK(TYPE_NULL), "bit, bigint or float"},
      {MASK_JSON, "record or array"},
      {MASK_ANY, "any type"},
      {MASK_ANY & ~MASK(TYPE_NULL), "any type"},
      {MASK(TYPE_NULL), "NULL"},
  };
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
    StrBuf text = {0};
    type_mask_print(rows[i].mask, &text);
    assert_string_equal(text.ptr, rows[i].text);
    strbuf_release(&text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_read_back),
      cmocka_unit_test(names_in_other_spellings),
      cmocka_unit_test(other_words_are_no_types),
      cmocka_unit_test(masks_print_as_a_list),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
