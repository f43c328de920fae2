/* test_json_frame.c: files of JSON cut into records, in pieces of every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "unit/formats/decoding.h"

/* The file gives these rows and bad records, however it arrives. */
static void check_limit(uint32_t record_bytes_max, const char *file, const char *expected) {
  Rig rig = {.spec = {.record_bytes_max = record_bytes_max}};
  rig_open_json(&rig, "a");
  Str text = str_from(file);
  for (size_t piece = 1; piece < text.len + 2; piece++) assert_string_equal(rig_file(&rig, text, piece), expected);
  rig_close(&rig);
}
static void check(const char *file, const char *expected) { check_limit(0, file, expected); }

static void lines(void **state) {
  check("", "");
  check("{\"a\":1}", "1;");
  check("{\"a\":1}\n", "1;");
  check("{\"a\":1}\n{\"a\":2}\n", "1;2;");
  check("{\"a\":1}\r\n\r\n{\"a\":2}\r\n", "1;2;");
  check("\xef\xbb\xbf{\"a\":1}\n{\"a\":2}", "1;2;");
  check("  {\"a\":1}\n  {\"a\":2}\n", "1;2;");
  check("\n\n \n{\"a\":1}\n \n\n", "1;");
  check("{\"a\":1}{\"a\":2}\n{\"a\":3} {\"a\":4}", "1;2;3;4;");
}

static void objects_over_lines(void **state) {
  check("{\n  \"a\": 1,\n  \"b\": {\n    \"c\": [\n      {\n        \"d\": 1\n      }\n"
        "    ]\n  }\n}\n{\n  \"a\": 2\n}\n", "1;2;");
  check("{\n  \"a\": 1\n} {\n  \"a\": 2\n}", "1;2;");
  check("{ \"a\":\n1 }\n{\"a\":2}\n", "1;2;");
}

static void torn_lines(void **state) {
  check("{\"a\":1\n{\"a\":2}\n{\"a\":3}\n", "2;3;!");
  check("{\"a\":{\"b\":1}\n{\"a\":2}\n", "2;!");
  check("{\"a\":\"x\n{\"a\":2}\n", "2;!");
  check("{\"a\":\"x}\n{\"a\":2}\n", "2;!");
  check("{\"a\":1}}\n{\"a\":2}\n", "2;!");
  check("{\"a\":1}\ngarbage\n{\"a\":2}\n", "1;2;!");
  check("{\"a\":1} garbage\n{\"a\":2}\n", "2;!");
  check("{\"a\":1},\n{\"a\":2},\n", "!!");
  check("{\"a\":1}\n{\"a\":2", "1;!");
  check("{\n  \"a\": 1,\n{\n  \"a\": 2\n}\n", "2;!");
  check("  {\"a\":1\n  {\"a\":2}\n", "2;!");
  check("]\n}\n{\"a\":1}\n", "1;!!");
  check("\"a\n{\"a\":1}\n", "1;!");
}

static void arrays(void **state) {
  check("[]", "");
  check("[{\"a\":1},{\"a\":2}]", "1;2;");
  check("[{\"a\":1}\n,{\"a\":2}\n]\n", "1;2;");
  check("\xef\xbb\xbf [\n{\"a\":1},\n{\"a\":2}\n]\n", "1;2;");
  check("[\n  {\"a\":1},\n  {\"a\":2}\n]", "1;2;");
  check("[\n  {\n    \"a\": 1\n  },\n  {\n    \"a\": 2, \"b\": [{}, \"]},{\"]\n  }\n]\n", "1;2;");
  check("[{\"a\":1}]\n[{\"a\":2}]\n{\"a\":3}\n", "1;2;3;");
  check("[{\"a\":\"]\"},{\"a\":\"\\\"},\"}]", "\"]\";\"\\\"},\";");
}

static void torn_arrays(void **state) {
  check("[{\"a\":1},5,{\"a\":2}]", "1;2;!");
  check("[{\"a\":1},[{}, 2],{\"a\":2}]", "1;2;!");
  check("[{\"a\":1},\"x,y\",{\"a\":2}]", "1;2;!");
  check("[{\"a\":1},{\"a\":},{\"a\":2}]", "1;2;!");
  check("[\n{\"a\":1},\n{\"a\":\"x},\n{\"a\":2}\n]", "1;2;!");
  check("[\n{\"a\":1},\n{\"a\":{},\n{\"a\":2}\n]", "1;2;!");
  check("[\n  {\"a\":1},\n  {\"a\":{\n  ,{\"a\":2}\n]", "1;!");
  check("[\n{\"a\":1},\n{\"a\":2\n]\n{\"a\":3}", "1;3;!");
  check("[{\"a\":1},{\"a\":2", "1;!");
  check("[{\"a\":1},{\"a\":2}", "1;2;");
}

static void oversize(void **state) {
  check_limit(12, "{\"a\":1}\n{\"a\":\"long long long\"}\n{\"a\":2}\n", "1;2;!");
  check_limit(12, "{\"a\":\"long long long\"}\n{\"a\":2}\n", "2;!");
  check_limit(12, "{\"a\":\"long long long\"}", "!");
  check_limit(12, "[{\"a\":\"lo,]}g long long\"},{\"a\":2}]", "2;!");
  check_limit(12, "[{\"a\":[\"long\",{},\"long\"]},{\"a\":2}]{\"a\":3}", "2;3;!");
  check_limit(12, "[[1,2,3,4,5,6,7,8,9],{\"a\":2}]{\"a\":3}", "2;3;!");
  check_limit(20, "{\n  \"a\": 1,\n  \"b\": [ 1 ],\n  \"c\": [ 2 ]\n}\n{\n  \"a\": 2\n}\n", "2;!");
}

/* Memory stays bounded: the framer lets go of an oversize record's bytes as they come. */
static void oversize_is_bounded(void **state) {
  Rig rig = {0};
  rig_open_json(&rig, "a");
  char piece[4096];
  memset(piece, 'x', sizeof piece);
  memcpy(piece, "{\"a\":\"", 6);
  size_t held = 0;
  for (int i = 0; i < 1000; i++) { /* 4 MB */
    strbuf_append(&rig.bytes, piece, sizeof piece);
    if (i == 0) memset(piece, 'x', sizeof piece);
    size_t done = format_json.frame(rig.decoder, rig.bytes.ptr, rig.bytes.len, 0, false, &rig.messages, rig_bad, &rig);
    memmove(rig.bytes.ptr, rig.bytes.ptr + done, rig.bytes.len - done);
    rig.bytes.len -= done;
    if (rig.bytes.len > held) held = rig.bytes.len;
  }
  assert_true(held <= (1 << 20) + sizeof piece);
  assert_int_equal(rig.bads, 1);
  assert_int_equal(rig.oversize, 1);
  assert_int_equal(rig.messages.messages.len, 0);
  strbuf_puts(&rig.bytes, "\"}\n{\"a\":1}\n");
  format_json.frame(rig.decoder, rig.bytes.ptr, rig.bytes.len, 0, true, &rig.messages, rig_bad, &rig);
  assert_int_equal(rig.messages.messages.len, 1);
  rig_close(&rig);
}

static void offsets(void **state) {
  Rig rig = {0};
  rig_open_json(&rig, "a");
  Str file = STR("{\"a\":1}\n {\"a\":2}\n");
  format_json.frame(rig.decoder, file.ptr, file.len, 100, true, &rig.messages, rig_bad, &rig);
  assert_int_equal(rig.messages.messages.len, 2);
  const Message *second = &rig.messages.messages.items[1];
  assert_int_equal(second->begin, 9);
  assert_int_equal(second->len, 7);
  assert_int_equal(second->offset, 109);
  assert_true(second->arrival == TICKS_MIN);
  rig_close(&rig);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(lines),       cmocka_unit_test(objects_over_lines), cmocka_unit_test(torn_lines),
    cmocka_unit_test(arrays),      cmocka_unit_test(torn_arrays),        cmocka_unit_test(oversize),
    cmocka_unit_test(oversize_is_bounded), cmocka_unit_test(offsets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
