/* test_arena.c: bump allocation, reuse after a reset, text copies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdint.h>
#include "base/arena.h"
#include "base/mem.h"

static void pieces_are_aligned_and_apart(void **state) {
  enum { COUNT = 5000 };
  static unsigned char *pieces[COUNT];
  static size_t sizes[COUNT];
  Arena arena;
  arena_init(&arena);
  for (int i = 0; i < COUNT; i++) {
    sizes[i] = (size_t)(i * 37 % 300);
    pieces[i] = arena_alloc(&arena, sizes[i]);
    assert_non_null(pieces[i]);
    assert_int_equal((uintptr_t)pieces[i] % 16, 0);
    memset(pieces[i], i & 0xff, sizes[i]);
  }
  for (int i = 0; i < COUNT; i++)
    for (size_t k = 0; k < sizes[i]; k++) assert_int_equal(pieces[i][k], i & 0xff);
  arena_release(&arena);
}

static void large_requests_get_their_own_block(void **state) {
  Arena arena;
  arena_init(&arena);
  char *small = arena_alloc(&arena, 10);
  char *large = arena_zalloc(&arena, 5 << 20);
  memset(small, 1, 10);
  for (size_t i = 0; i < 5 << 20; i += 4096) assert_int_equal(large[i], 0);
  large[(5 << 20) - 1] = 1;
  arena_release(&arena);
}

static void reset_reuses_the_newest_block(void **state) {
  Arena arena;
  arena_init(&arena);
  arena_reset(&arena); /* of an empty arena */
  for (int i = 0; i < 100; i++) arena_alloc(&arena, 1000);
  assert_true(arena.bytes >= 100000);
  arena_reset(&arena);
  assert_int_equal(arena.bytes, 0);
  void *first = arena_alloc(&arena, 16);
  arena_reset(&arena);
  assert_ptr_equal(arena_alloc(&arena, 16), first);
  arena_release(&arena);
  assert_non_null(arena_alloc(&arena, 1)); /* usable after release */
  arena_release(&arena);
  arena_release(&arena); /* twice is fine */
}

static void copies_end_in_nul(void **state) {
  Arena arena;
  arena_init(&arena);
  Str copy = arena_str(&arena, STR("weir"));
  assert_int_equal(copy.len, 4);
  assert_string_equal(copy.ptr, "weir");
  assert_string_equal(arena_cstr(&arena, (Str){NULL, 0}), "");
  assert_memory_equal(arena_dup(&arena, "ab\0c", 4), "ab\0c", 4);
  Str printed = arena_printf(&arena, "%s-%0500d", "x", 7);
  assert_int_equal(printed.len, 502);
  assert_int_equal(strlen(printed.ptr), 502);
  uint64_t *numbers = ARENA_ARRAY(&arena, uint64_t, 9);
  for (int i = 0; i < 9; i++) assert_int_equal(numbers[i], 0);
  arena_release(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_are_aligned_and_apart),
      cmocka_unit_test(large_requests_get_their_own_block),
      cmocka_unit_test(reset_reuses_the_newest_block),
      cmocka_unit_test(copies_end_in_nul),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
