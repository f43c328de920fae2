/* test_file_pool.c: many files of which few are open and few remembered: no row of the run is ever replaced, what an
** earlier run left is, and numbered parts stay whole. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include "connectors/file/file_pool.h"
#include "connectors/file/parts.h"
#include "support/temp_folder.h"

enum { PATHS = 400 };
static Str path_of(unsigned n, const char *extension) {
  static char path[128];
  int len = snprintf(path, sizeof path, "%s/%u%s", folder, n, extension);
  return (Str){path, (size_t)len};
}

static const char *content(const char *path) {
  static char text[4096];
  FILE *file = fopen(path, "r");
  size_t len = file ? fread(text, 1, sizeof text - 1, file) : 0;
  if (file) fclose(file);
  text[len] = '\0';
  return text;
}

static void put_head(void *context, StrBuf *out) {
  (void)context;
  strbuf_puts(out, "head\n");
}

static FilePool *open_pool(bool append, int64_t roll_bytes) {
  FilePoolConfig config = {.who = "out", .compression = COMPRESSION_NONE, .append = append, .make_folders = true,
                           .roll_bytes = roll_bytes, .open_max = 3, .targets_max = 50, .head = put_head};
  return file_pool_new(&config);
}

static void put_all(FilePool *pool, const char *extension, const char *row) {
  Error err = {0};
  for (unsigned n = 0; n < PATHS; n++) {
    assert_int_equal(file_pool_put(pool, path_of(n, extension), str_from(row), &err), STATUS_OK);
    if (n % 10 == 0) assert_int_equal(file_pool_flush(pool, &err), STATUS_OK);
  }
  assert_int_equal(file_pool_flush(pool, &err), STATUS_OK);
}

static void expect_all(const char *extension, const char *expected) {
  for (unsigned n = 0; n < PATHS; n++) assert_string_equal(content(path_of(n, extension).ptr), expected);
}

static void forgotten_paths_are_continued(void **state) {
  (void)state;
  Error err = {0};
  FilePool *pool = open_pool(false, 0);
  put_all(pool, ".txt", "one\n");
  put_all(pool, ".txt", "two\n");
  assert_int_equal(file_pool_close(pool, false, &err), STATUS_OK);
  expect_all(".txt", "head\none\ntwo\n");
  pool = open_pool(false, 0); /* another run replaces them */
  put_all(pool, ".txt", "three\n");
  assert_int_equal(file_pool_close(pool, false, &err), STATUS_OK);
  expect_all(".txt", "head\nthree\n");
  pool = open_pool(true, 0); /* and one that goes on does not */
  put_all(pool, ".txt", "four\n");
  assert_int_equal(file_pool_close(pool, false, &err), STATUS_OK);
  expect_all(".txt", "head\nthree\nfour\n");
}

static void forgotten_parts_go_on_with_another(void **state) {
  (void)state;
  Error err = {0};
  FilePool *pool = open_pool(false, 20);
  put_all(pool, ".log.gz", "one\n");
  put_all(pool, ".log.gz", "two and more than twenty\n");
  put_all(pool, ".log.gz", "three\n");
  assert_int_equal(file_pool_close(pool, false, &err), STATUS_OK);
  for (unsigned n = 0; n < PATHS; n++) {
    StrBuf all = {0};
    Str path = path_of(n, ".log.gz");
    uint64_t last = parts_last(path);
    assert_true(last >= 2);
    for (uint64_t part = 1; part <= last; part++) {
      StrBuf name = {0};
      part_path(path, part, &name);
      const char *text = content(name.ptr);
      assert_memory_equal(text, "head\n", 5);
      strbuf_puts(&all, text + 5);
      strbuf_release(&name);
    }
    assert_string_equal(all.ptr, "one\ntwo and more than twenty\nthree\n");
    strbuf_release(&all);
  }
}

static void parts_have_names(void **state) {
  (void)state;
  static const char *const names[][2] = {
    {"a/b.json.gz", "a/b-000007.json.gz"}, {"a.b/c", "a.b/c-000007"}, {"x.csv", "x-000007.csv"},
    {"x.gz", "x-000007.gz"}, {"1.5.json", "1.5-000007.json"}, {"d/.hidden", "d/.hidden-000007"}};
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
    StrBuf name = {0};
    part_path(str_from(names[i][0]), 7, &name);
    assert_string_equal(name.ptr, names[i][1]);
    strbuf_release(&name);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(forgotten_paths_are_continued, make_folder, drop_folder),
    cmocka_unit_test_setup_teardown(forgotten_parts_go_on_with_another, make_folder, drop_folder),
    cmocka_unit_test(parts_have_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
