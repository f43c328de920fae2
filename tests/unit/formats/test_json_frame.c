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
  check("[{\"a\":1},{\"a\":2}", "1;2;!");
  check("[\n{\"a\":1},\n{\"a\":2},\n", "1;2;!");
  check(" [", "!");
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

/* Lines of which some are damaged at random: what comes out does not depend on the way they are read. */
static void damaged_lines(void **state) {
  static const char marks[] = "{}[]\",:\n\r\t \\1\x01\xff";
  Rig rig = {.spec = {.payload = true, .record_bytes_max = 60}};
  rig_open_json(&rig, "a,b,c.d");
  uint32_t random = 1;
  for (int round = 0; round < 2000; round++) {
    StrBuf file = {0};
    for (int line = 0; line < 8; line++)
      strbuf_printf(&file, "{\"a\":%d,\"b\":\"x%d\",\"c\":{\"d\":[%d]}}%s", line, round, line,
                    line & 1 ? "\n" : "\r\n");
    for (int faults = round % 4; faults > 0; faults--) {
      random = random * 1664525 + 1013904223;
      file.ptr[(random >> 8) % file.len] = marks[(random >> 3) % (sizeof marks)];
    }
    rig_file(&rig, strbuf_str(&file), round % 3 ? file.len : 50);
    strbuf_release(&file);
  }
  rig_close(&rig);
}

/* How far the way of clean lines goes, and where its rows begin. */
static void clean_lines(void **state) {
  Rig rig = {0};
  rig_open_json(&rig, "a");
  const char *file = "{\"a\":1}\n{\"a\":2}\r\n{\"a\":\n3}\n{\"a\":4}\n";
  Buffer *bytes = buffer_new(strlen(file));
  memcpy(bytes->data, file, bytes->len = bytes->cap);
  DecodedBatch batch;
  assert_int_equal(format_json.decode_lines(rig.decoder, bytes, 0, 1, &batch), 8);
  assert_int_equal(batch.rows, 1);
  decoded_batch_release(&batch);
  assert_int_equal(format_json.decode_lines(rig.decoder, bytes, 8, 1, &batch), 9);
  assert_int_equal(batch.message[0], 0);
  decoded_batch_release(&batch);
  assert_int_equal(format_json.decode_lines(rig.decoder, bytes, 17, 1, &batch), 0);
  assert_int_equal(format_json.decode_lines(rig.decoder, bytes, 26, 9, &batch), 8);
  decoded_batch_release(&batch);
  assert_int_equal(format_json.decode_lines(rig.decoder, bytes, 34, 9, &batch), 0);
  buffer_unref(bytes);
  rig_close(&rig);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(lines),       cmocka_unit_test(objects_over_lines), cmocka_unit_test(torn_lines),
    cmocka_unit_test(arrays),      cmocka_unit_test(torn_arrays),        cmocka_unit_test(oversize),
    cmocka_unit_test(oversize_is_bounded), cmocka_unit_test(offsets),
    cmocka_unit_test(clean_lines), cmocka_unit_test(damaged_lines),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
