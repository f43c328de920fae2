/* test_file_source.c: which files an input names, and their bytes: plain, packed, damaged, from a pipe. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <cmocka.h>
#include "base/clock.h"
#include "connectors/file/file.h"
#include "support/temp_folder.h"

static const char *in_folder(const char *name) {
  static char path[4][160];
  static unsigned turn;
  char *out = path[turn++ % 4];
  snprintf(out, sizeof path[0], "%s/%s", folder, name);
  return out;
}

static void write_file(const char *name, const void *bytes, size_t len) {
  FILE *file = fopen(in_folder(name), "w");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, len, file), len);
  fclose(file);
}

static void write_text(const char *name, const char *text) { write_file(name, text, strlen(text)); }

static size_t gzip_bytes(const char *text, size_t len, char *out, size_t cap) {
  z_stream stream = {0};
  deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
  stream.next_in = (Bytef *)(uintptr_t)text;
  stream.avail_in = (uInt)len;
  stream.next_out = (Bytef *)out;
  stream.avail_out = (uInt)cap;
  assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
  deflateEnd(&stream);
  return stream.total_out;
}

/* ---- reading a whole input ---- */

typedef struct Reading {
  Arena   arena;
  Where   where;
  Source *source;
  StrBuf  text;     /* all bytes, '|' at every end of a file */
  Status  status;
  Error   error;
} Reading;

static void open_input(Reading *reading, const char *where) {
  *reading = (Reading){0};
  arena_init(&reading->arena);
  assert_int_equal(where_parse(&reading->arena, str_from(where), &reading->where, &reading->error), STATUS_OK);
  SourceConfig config = {.job = "job", .who = "input in", .where = &reading->where};
  reading->status = file_source.open(&config, &reading->arena, &reading->source, &reading->error);
}

static void read_to_end(Reading *reading, size_t piece) {
  char *bytes = mem_alloc(piece);
  SourceEvent event = SOURCE_NOTHING;
  while (reading->status == STATUS_OK && event != SOURCE_END) {
    size_t len;
    Str blob;
    reading->status = file_source.read(reading->source, 1000, bytes, piece, &len, &blob, &event, &reading->error);
    if (reading->status == STATUS_OK) strbuf_append(&reading->text, bytes, len);
    if (reading->status == STATUS_OK && event == SOURCE_FILE_END) strbuf_putc(&reading->text, '|');
  }
  mem_free(bytes);
}

static void close_input(Reading *reading) {
  if (reading->source) file_source.close(reading->source);
  where_release(&reading->where);
  strbuf_release(&reading->text);
  arena_release(&reading->arena);
}

static void expect_text(const char *where, const char *expected) {
  for (size_t piece = 1; piece <= 4096; piece *= 64) {
    Reading reading;
    open_input(&reading, where);
    if (reading.status == STATUS_OK) read_to_end(&reading, piece);
    if (reading.status != STATUS_OK) fail_msg("%s: %s", where, reading.error.message);
    assert_string_equal(reading.text.ptr ? reading.text.ptr : "", expected);
    close_input(&reading);
  }
}

static void expect_refused(const char *where, Status status, const char *message, const char *hint) {
  Reading reading;
  open_input(&reading, where);
  assert_int_equal(reading.status, status);
  if (!strstr(reading.error.message, message)) fail_msg("message: %s", reading.error.message);
  if (!strstr(reading.error.hint, hint)) fail_msg("hint: %s", reading.error.hint);
  assert_string_equal(reading.error.who, "input in");
  close_input(&reading);
}

/* ---- names ---- */

static void test_one_file(void **state) {
  (void)state;
  write_text("a.json", "{\"x\":1}\n");
  expect_text(in_folder("a.json"), "{\"x\":1}\n");
  write_text("empty.json", "");
  expect_text(in_folder("empty.json"), "");
}

static void test_folder_and_glob_in_name_order(void **state) {
  (void)state;
  write_text("b.json", "B");
  write_text("a.json", "A");
  write_text("c.csv", "C");
  write_text(".hidden", "no");
  mkdir(in_folder("sub.json"), 0755);
  expect_text(folder, "A|B|C");
  expect_text(in_folder(""), "A|B|C");
  expect_text(in_folder("*.json"), "A|B");
  expect_text(in_folder("[bc].*"), "B|C");
  write_text("odd[1].json", "O");
  expect_text(in_folder("odd[1].json"), "O");
}

static void test_blob_names_the_file(void **state) {
  (void)state;
  write_text("a.json", "A");
  write_text("b.json", "B");
  Reading reading;
  open_input(&reading, folder);
  char byte;
  size_t len;
  Str blob;
  SourceEvent event;
  PartitionState partition;
  assert_int_equal(file_source.read(reading.source, 0, &byte, 1, &len, &blob, &event, NULL), STATUS_OK);
  assert_true(str_ends(blob, STR("/a.json")));
  file_source.read(reading.source, 0, &byte, 1, &len, &blob, &event, NULL);
  assert_int_equal(event, SOURCE_FILE_END);
  assert_true(str_ends(blob, STR("/a.json")));
  file_source.read(reading.source, 0, &byte, 1, &len, &blob, &event, NULL);
  assert_true(str_ends(blob, STR("/b.json")));
  file_source.partition_state(reading.source, 0, &partition);
  assert_false(partition.finished);
  assert_true(str_ends(str_from(partition.name), STR("b.json")));
  file_source.read(reading.source, 0, &byte, 1, &len, &blob, &event, NULL);
  assert_int_equal(event, SOURCE_END);
  file_source.partition_state(reading.source, 0, &partition);
  assert_true(partition.finished);
  close_input(&reading);
}

static void test_what_is_not_there(void **state) {
  (void)state;
  write_text("flights.ndjson", "F");
  expect_refused(in_folder("flihgts.ndjson"), STATUS_CONFIG, "there is no file", "did you mean flights.ndjson?");
  expect_refused(in_folder("none/f.json"), STATUS_CONFIG, "there is no file", "the folder");
  expect_refused(in_folder("*.csv"), STATUS_CONFIG, "no file matches", "ls");
  mkdir(in_folder("empty"), 0755);
  expect_refused(in_folder("empty"), STATUS_CONFIG, "holds no files", "glob");
  char where[200];
  snprintf(where, sizeof where, "%s?compresion=gzip", in_folder("flights.ndjson"));
  expect_refused(where, STATUS_CONFIG, "compresion", "compression");
  snprintf(where, sizeof where, "%s?compression=rar", in_folder("flights.ndjson"));
  expect_refused(where, STATUS_CONFIG, "rar", "");
}

static void test_unreadable(void **state) {
  (void)state;
  write_text("secret.json", "S");
  chmod(in_folder("secret.json"), 0);
  if (access(in_folder("secret.json"), R_OK) == 0) skip(); /* root reads everything */
  expect_refused(in_folder("secret.json"), STATUS_CONFIG, "cannot read", "");
}

static void test_a_file_that_vanishes(void **state) {
  (void)state;
  write_text("a.json", "A");
  write_text("b.json", "B");
  Reading reading;
  open_input(&reading, folder);
  unlink(in_folder("b.json"));
  read_to_end(&reading, 16);
  assert_int_equal(reading.status, STATUS_WORLD);
  assert_string_equal(reading.text.ptr, "A|");
  assert_non_null(strstr(reading.error.message, "b.json"));
  close_input(&reading);
}

/* ---- packed ---- */

enum { LONG_BYTES = 3000000 };

static char *long_text(void) {
  char *text = mem_alloc(LONG_BYTES + 1);
  uint32_t noise = 1; /* so that little repeats */
  for (int i = 0; i < LONG_BYTES; i++) {
    noise = noise * 1664525u + 1013904223u;
    text[i] = (char)('a' + (noise >> 24) % 26);
  }
  text[LONG_BYTES] = 0;
  return text;
}

static void expect_long(const char *where, const char *text) {
  Reading reading;
  open_input(&reading, where);
  read_to_end(&reading, 100000);
  assert_int_equal(reading.status, STATUS_OK);
  assert_int_equal(reading.text.len, LONG_BYTES);
  assert_memory_equal(reading.text.ptr, text, LONG_BYTES);
  close_input(&reading);
}

static void test_gzip(void **state) {
  (void)state;
  char *text = long_text(), *packed = mem_alloc(LONG_BYTES + 1000), small[100];
  size_t len = gzip_bytes(text, LONG_BYTES, packed, LONG_BYTES + 1000);
  write_file("long.json.gz", packed, len);
  expect_long(in_folder("long.json.gz"), text);
  write_file("long.bin", packed, len);
  expect_long(in_folder("long.bin"), text);
  len = gzip_bytes("one\n", 4, small, sizeof small);
  size_t more = gzip_bytes("two\n", 4, small + len, sizeof small - len);
  memset(small + len + more, 0, 8);
  write_file("two.gz", small, len + more + 8);
  expect_text(in_folder("two.gz"), "one\ntwo\n");
  mem_free(packed);
  mem_free(text);
}

static void test_zstd(void **state) {
  (void)state;
  char *text = long_text(), *packed = mem_alloc(ZSTD_compressBound(LONG_BYTES)), small[200];
  size_t len = ZSTD_compress(packed, ZSTD_compressBound(LONG_BYTES), text, LONG_BYTES, 3);
  write_file("long.json.zst", packed, len);
  expect_long(in_folder("long.json.zst"), text);
  write_file("long", packed, len);
  expect_long(in_folder("long"), text);
  len = ZSTD_compress(small, sizeof small, "one\n", 4, 1);
  size_t more = ZSTD_compress(small + len, sizeof small - len, "two\n", 4, 1);
  write_file("two.zst", small, len + more);
  expect_text(in_folder("two.zst"), "one\ntwo\n");
  mem_free(packed);
  mem_free(text);
}

/* What decodes comes first, then the error; and again the error. */
static void expect_damaged(const char *name, const char *text, const char *message) {
  Reading reading;
  open_input(&reading, in_folder(name));
  read_to_end(&reading, 100000);
  assert_int_equal(reading.status, STATUS_WORLD);
  assert_non_null(strstr(reading.error.message, name));
  if (!strstr(reading.error.message, message)) fail_msg("message: %s", reading.error.message);
  assert_memory_equal(reading.text.ptr ? reading.text.ptr : "", text, reading.text.len);
  if (*text) assert_true(reading.text.len > 100);
  reading.status = STATUS_OK;
  read_to_end(&reading, 100000);
  assert_int_equal(reading.status, STATUS_WORLD);
  close_input(&reading);
}

static void test_cut_short(void **state) {
  (void)state;
  char *text = long_text(), *packed = mem_alloc(LONG_BYTES + 100000);
  size_t len = gzip_bytes(text, LONG_BYTES, packed, LONG_BYTES + 100000);
  write_file("cut.json.gz", packed, len / 2);
  expect_damaged("cut.json.gz", text, "ends in the middle");
  write_file("tail.json.gz", packed, len - 4);
  expect_damaged("tail.json.gz", text, "ends in the middle");
  len = ZSTD_compress(packed, LONG_BYTES + 100000, text, LONG_BYTES, 3);
  write_file("cut.json.zst", packed, len / 2);
  expect_damaged("cut.json.zst", text, "ends in the middle");
  write_file("none.gz", "", 0);
  expect_damaged("none.gz", "", "ends in the middle");
  write_text("plain.json.gz", "{\"x\":1}\n");
  expect_damaged("plain.json.gz", "", "damaged");
  write_text("plain.json.zst", "{\"x\":1}\n");
  expect_damaged("plain.json.zst", "", "damaged");
  char where[200];
  snprintf(where, sizeof where, "%s?compression=none", in_folder("plain.json.gz"));
  expect_text(where, "{\"x\":1}\n");
  mem_free(packed);
  mem_free(text);
}

static void test_first_bytes_that_only_look_packed(void **state) {
  (void)state;
  write_text("short", "(");
  expect_text(in_folder("short"), "(");
  write_text("almost", "\x28\xb5\x2f!");
  expect_text(in_folder("almost"), "\x28\xb5\x2f!");
  write_text("half", "\x1f");
  expect_text(in_folder("half"), "\x1f");
}

/* ---- pipes ---- */

static SourceEvent read_once(Reading *reading, int timeout_ms, char *bytes, size_t cap, size_t *len) {
  SourceEvent event;
  Str blob;
  assert_int_equal(file_source.read(reading->source, timeout_ms, bytes, cap, len, &blob, &event, NULL), STATUS_OK);
  return event;
}

static void check_pipe(Reading *reading, int writer) {
  char bytes[64];
  size_t len;
  int64_t before = clock_monotonic_ns();
  assert_int_equal(read_once(reading, 50, bytes, sizeof bytes, &len), SOURCE_NOTHING);
  assert_true(clock_monotonic_ns() - before >= 45 * 1000000);
  assert_int_equal(write(writer, "{}\n", 3), 3);
  assert_int_equal(read_once(reading, 1000, bytes, sizeof bytes, &len), SOURCE_DATA);
  assert_int_equal(len, 3);
  assert_int_equal(read_once(reading, 0, bytes, sizeof bytes, &len), SOURCE_NOTHING);
  assert_int_equal(write(writer, "[", 1), 1);
  assert_int_equal(read_once(reading, 1000, bytes, sizeof bytes, &len), SOURCE_DATA);
  close(writer);
  assert_int_equal(read_once(reading, 1000, bytes, sizeof bytes, &len), SOURCE_END);
  assert_int_equal(read_once(reading, 1000, bytes, sizeof bytes, &len), SOURCE_END);
}

static void test_stdin(void **state) {
  (void)state;
  int ends[2], saved = dup(STDIN_FILENO);
  assert_int_equal(pipe(ends), 0);
  dup2(ends[0], STDIN_FILENO);
  close(ends[0]);
  Reading reading;
  open_input(&reading, "-");
  assert_int_equal(reading.status, STATUS_OK);
  check_pipe(&reading, ends[1]);
  close_input(&reading);
  dup2(saved, STDIN_FILENO);
  close(saved);
}

static void test_named_pipe(void **state) {
  (void)state;
  assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
  Reading reading;
  char byte;
  size_t len;
  open_input(&reading, in_folder("pipe"));
  assert_int_equal(read_once(&reading, 10, &byte, 1, &len), SOURCE_NOTHING); /* no writer yet */
  int writer = open(in_folder("pipe"), O_WRONLY);
  check_pipe(&reading, writer);
  close_input(&reading);
}

static void test_gzip_through_a_pipe_in_drops(void **state) {
  (void)state;
  char packed[100], bytes[64];
  size_t len, packed_len = gzip_bytes("hello\n", 6, packed, sizeof packed);
  assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
  Reading reading;
  open_input(&reading, in_folder("pipe"));
  read_once(&reading, 0, bytes, sizeof bytes, &len);
  int writer = open(in_folder("pipe"), O_WRONLY);
  StrBuf got = {0};
  for (size_t i = 0; i < packed_len; i++) {
    assert_int_equal(write(writer, packed + i, 1), 1);
    read_once(&reading, 10, bytes, sizeof bytes, &len);
    strbuf_append(&got, bytes, len);
  }
  assert_string_equal(got.ptr, "hello\n");
  close(writer);
  assert_int_equal(read_once(&reading, 1000, bytes, sizeof bytes, &len), SOURCE_END);
  strbuf_release(&got);
  close_input(&reading);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, drop_folder)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_one_file),
      TEST(test_folder_and_glob_in_name_order),
      TEST(test_blob_names_the_file),
      TEST(test_what_is_not_there),
      TEST(test_unreadable),
      TEST(test_a_file_that_vanishes),
      TEST(test_gzip),
      TEST(test_zstd),
      TEST(test_cut_short),
      TEST(test_first_bytes_that_only_look_packed),
      TEST(test_stdin),
      TEST(test_named_pipe),
      TEST(test_gzip_through_a_pipe_in_drops),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
