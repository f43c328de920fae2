/* test_state.c: segments: saved, kept, loaded, and refused when they do not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "base/mem.h"
#include "state/state_memory.h"

enum { VERSION = 3 };

static StateStore *store;
static Error err;

static int open_store(void **state) {
  store = state_memory_new();
  return 0;
}

static int close_store(void **state) {
  store->cls->close(store);
  return 0;
}

static void put_number(StateWriter *writer, const char *name, uint32_t index, uint32_t number) {
  put_u32(state_begin(writer, name, index, VERSION), number);
  assert_int_equal(state_end(writer, &err), STATUS_OK);
}

static StateWriter begin_save(const char *step) {
  StateWriter writer;
  assert_int_equal(state_writer_open(&writer, store, &err), STATUS_OK);
  state_writer_step(&writer, str_from(step));
  return writer;
}

static void commit(StateWriter *writer) {
  assert_int_equal(state_writer_commit(writer, &err), STATUS_OK);
  state_writer_close(writer);
}

static StateReader read_step(const char *step) {
  StateReader reader;
  state_reader_init(&reader, store);
  state_reader_step(&reader, str_from(step));
  return reader;
}

static void expect_number(const char *step, const char *name, uint32_t index, uint32_t number) {
  StateReader reader = read_step(step);
  ByteReader in;
  assert_int_equal(state_find(&reader, name, index, VERSION, &in, &err), STATUS_OK);
  assert_int_equal(get_u32(&in), number);
  assert_int_equal(state_done(&reader, &in, &err), STATUS_OK);
}

/* ---- saving and loading ---- */

static void what_is_saved_is_found(void **state) {
  StateWriter writer = begin_save("join");
  put_number(&writer, "left", 0, 1);
  put_number(&writer, "left", 7, 2);
  put_number(&writer, "right", 0, 3);
  state_writer_step(&writer, STR("window"));
  put_number(&writer, "left", 0, 4);
  commit(&writer);
  expect_number("join", "left", 0, 1);
  expect_number("join", "left", 7, 2);
  expect_number("join", "right", 0, 3);
  expect_number("window", "left", 0, 4);
}

static void segments_are_kept_or_gone(void **state) {
  unsigned written, kept;
  StateWriter writer = begin_save("window");
  for (uint32_t i = 0; i < 4; i++) put_number(&writer, "groups", i, i);
  commit(&writer);
  writer = begin_save("window");
  put_number(&writer, "groups", 1, 100);
  assert_int_equal(state_keep(&writer, "groups", 2, &err), STATUS_OK);
  commit(&writer);
  StateReader reader = read_step("window");
  assert_false(state_has(&reader, "groups", 0));
  assert_true(state_has(&reader, "groups", 1));
  expect_number("window", "groups", 1, 100);
  expect_number("window", "groups", 2, 2);
  state_memory_counts(store, &written, &kept);
  assert_int_equal(written, 1);
  assert_int_equal(kept, 1);
}

static void a_save_without_commit_never_happened(void **state) {
  StateWriter writer = begin_save("window");
  put_number(&writer, "groups", 0, 1);
  commit(&writer);
  writer = begin_save("window");
  put_number(&writer, "groups", 0, 2);
  state_writer_close(&writer);
  expect_number("window", "groups", 0, 1);
  writer = begin_save("window");
  assert_int_equal(state_keep(&writer, "groups", 0, &err), STATUS_OK);
  commit(&writer);
  expect_number("window", "groups", 0, 1);
}

static void indices_ascend(void **state) {
  StateWriter writer = begin_save("a");
  put_number(&writer, "part", 9, 0);
  put_number(&writer, "part", 2, 0);
  put_number(&writer, "other", 1, 0);
  put_number(&writer, "part", 5, 0);
  state_writer_step(&writer, STR("b"));
  put_number(&writer, "part", 3, 0);
  commit(&writer);
  StateReader reader = read_step("a");
  StateIndices indices = {0};
  state_indices(&reader, "none", &indices);
  assert_int_equal(indices.len, 0);
  state_indices(&reader, "part", &indices);
  assert_int_equal(indices.len, 3);
  assert_memory_equal(indices.items, ((uint32_t[]){2, 5, 9}), 3 * sizeof(uint32_t));
  vec_release(&indices);
}

static void an_empty_segment_is_a_segment(void **state) {
  StateWriter writer = begin_save("a");
  state_begin(&writer, "nothing", 0, VERSION);
  assert_int_equal(state_end(&writer, &err), STATUS_OK);
  commit(&writer);
  StateReader reader = read_step("a");
  ByteReader in;
  assert_int_equal(state_find(&reader, "nothing", 0, VERSION, &in, &err), STATUS_OK);
  assert_int_equal(state_done(&reader, &in, &err), STATUS_OK);
}

/* ---- refusing ---- */

static void save_one(void) {
  StateWriter writer = begin_save("window");
  put_number(&writer, "groups", 3, 0x01020304);
  commit(&writer);
}

static void a_missing_segment_is_named(void **state) {
  save_one();
  StateReader reader = read_step("join");
  ByteReader in;
  assert_int_equal(state_find(&reader, "groups", 3, VERSION, &in, &err), STATUS_CONFIG);
  assert_string_equal(err.message, "step `join` has no segment `groups` 3");
}

static void another_version_is_refused(void **state) {
  save_one();
  StateReader reader = read_step("window");
  ByteReader in;
  assert_int_equal(state_find(&reader, "groups", 3, VERSION + 1, &in, &err), STATUS_CONFIG);
  assert_string_equal(err.message, "segment `groups` 3 of step `window` has form 3, this program reads form 4");
}

static void a_wrong_length_is_refused(void **state) {
  save_one();
  StateReader reader = read_step("window");
  ByteReader in;
  assert_int_equal(state_find(&reader, "groups", 3, VERSION, &in, &err), STATUS_OK);
  get_u8(&in);
  assert_int_equal(state_done(&reader, &in, &err), STATUS_WORLD);
  assert_string_equal(err.message, "segment `groups` 3 of step `window` is damaged: it is longer than it says");
  get_u64(&in);
  assert_int_equal(state_done(&reader, &in, &err), STATUS_WORLD);
  assert_string_equal(err.message,
                      "segment `groups` 3 of step `window` is damaged: it ends too early or holds impossible values");
}

/* ---- as bytes ---- */

static StrBuf save_bytes(void) {
  StrBuf bytes = {0};
  save_one();
  state_memory_save(store, &bytes);
  return bytes;
}

static void moves_as_bytes(void **state) {
  StrBuf bytes = save_bytes();
  close_store(NULL);
  assert_int_equal(state_memory_load(strbuf_str(&bytes), &store, &err), STATUS_OK);
  strbuf_release(&bytes);
  expect_number("window", "groups", 3, 0x01020304);
  StateWriter writer = begin_save("window"); /* what was loaded may be kept */
  assert_int_equal(state_keep(&writer, "groups", 3, &err), STATUS_OK);
  commit(&writer);
  expect_number("window", "groups", 3, 0x01020304);
}

/* Every single altered byte is noticed, when loading or when the segment is looked up. */
static void damage_is_noticed(void **state) {
  StrBuf bytes = save_bytes();
  for (size_t at = 0; at < bytes.len; at++) {
    StateStore *loaded = NULL;
    bytes.ptr[at] ^= 0x10;
    if (state_memory_load(strbuf_str(&bytes), &loaded, &err) == STATUS_OK) {
      StateReader reader;
      ByteReader in;
      state_reader_init(&reader, loaded);
      state_reader_step(&reader, STR("window"));
      assert_int_not_equal(state_find(&reader, "groups", 3, VERSION, &in, &err), STATUS_OK);
      loaded->cls->close(loaded);
    }
    bytes.ptr[at] ^= 0x10;
  }
  strbuf_release(&bytes);
}

static void cut_bytes_are_refused(void **state) {
  StrBuf bytes = save_bytes();
  for (size_t len = 0; len < bytes.len; len++) {
    StateStore *loaded = NULL;
    assert_int_equal(state_memory_load((Str){bytes.ptr, len}, &loaded, &err), STATUS_WORLD);
    assert_null(loaded);
  }
  strbuf_release(&bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(what_is_saved_is_found), TEST(segments_are_kept_or_gone), TEST(a_save_without_commit_never_happened),
      TEST(indices_ascend), TEST(an_empty_segment_is_a_segment), TEST(a_missing_segment_is_named),
      TEST(another_version_is_refused), TEST(a_wrong_length_is_refused), TEST(moves_as_bytes),
      TEST(damage_is_noticed), TEST(cut_bytes_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
