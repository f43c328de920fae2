/* test_lineage.c: the oldest offset each result derives from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "column/lineage.h"

static void keeps_the_oldest(void **state) {
  Lineage lineage = {0};
  lineage_add(&lineage, 7, 100);
  lineage_add(&lineage, 2, 50);
  lineage_add(&lineage, 7, 90);
  lineage_add(&lineage, 7, 95);
  lineage_add(&lineage, 4, -3);
  assert_int_equal(lineage.len, 3);
  assert_int_equal(lineage_oldest(&lineage, 7), 90);
  assert_int_equal(lineage_oldest(&lineage, 4), -3);
  assert_true(lineage_oldest(&lineage, 3) == INT64_MAX);
  lineage_clear(&lineage);
  assert_true(lineage_oldest(&lineage, 7) == INT64_MAX);
  lineage_release(&lineage);
}

static void merges(void **state) {
  Lineage a = {0}, b = {0};
  lineage_add(&a, 1, 10);
  lineage_add(&a, 2, 20);
  lineage_add(&b, 2, 15);
  lineage_add(&b, 3, 5);
  lineage_merge(&a, &b);
  lineage_merge(&a, NULL);
  assert_int_equal(a.len, 3);
  assert_int_equal(lineage_oldest(&a, 1), 10);
  assert_int_equal(lineage_oldest(&a, 2), 15);
  assert_int_equal(lineage_oldest(&a, 3), 5);
  lineage_release(&a);
  lineage_release(&b);
}

static void survives_save_and_load(void **state) {
  Lineage a = {0}, b = {0};
  for (uint32_t i = 0; i < 100; i++) lineage_add(&a, i * 37 % 101, i);
  ByteWriter out = {0};
  lineage_save(&a, &out);
  ByteReader in = byte_reader(strbuf_str(&out.buf));
  lineage_load(&b, &in);
  assert_false(in.bad);
  assert_ptr_equal(in.at, in.end);
  assert_int_equal(b.len, 100);
  assert_memory_equal(a.items, b.items, a.len * sizeof *a.items);
  for (size_t len = 0; len < out.buf.len; len++) {
    in = byte_reader((Str){out.buf.ptr, len});
    lineage_load(&b, &in);
    assert_true(in.bad);
  }
  strbuf_release(&out.buf);
  lineage_release(&a);
  lineage_release(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(keeps_the_oldest), cmocka_unit_test(merges),
                                     cmocka_unit_test(survives_save_and_load)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
