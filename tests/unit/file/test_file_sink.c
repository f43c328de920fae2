/* test_file_sink.c: rows to files, packed files, pipes and a full disk. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "connectors/file/byte_input.h"
#include "connectors/file/file.h"
#include "unit/file/plain_format.h"
#include "support/temp_folder.h"

static const char *in_folder(const char *name) {
  static char path[160];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

/* ---- a sink at work ---- */

typedef struct Writing {
  Arena  arena;
  Where  where;
  Sink  *sink;
  Error  error;
} Writing;

static OutputColumn columns[] = {{.name = {"Text", 4}, .types = MASK_ANY}};
static const OutputSchema schema = {columns, 1};

static Status open_output(Writing *writing, const char *where) {
  *writing = (Writing){0};
  arena_init(&writing->arena);
  assert_int_equal(where_parse(&writing->arena, str_from(where), &writing->where, &writing->error), STATUS_OK);
  SinkConfig config = {.job = "job", .who = "output out", .where = &writing->where, .schema = &schema,
                       .format = &plain_format};
  return file_sink.open(&config, &writing->arena, &writing->sink, &writing->error);
}

static Status write_texts(Writing *writing, const char *const *texts, uint32_t count) {
  Batch *batch = text_batch(texts, count);
  Status status = file_sink.write(writing->sink, batch, &writing->error);
  batch_unref(batch);
  return status;
}

static Status write_one(Writing *writing, const char *text) { return write_texts(writing, &text, 1); }

static void release(Writing *writing) {
  where_release(&writing->where);
  arena_release(&writing->arena);
}

static void close_output(Writing *writing) {
  assert_int_equal(file_sink.flush(writing->sink, &writing->error), STATUS_OK);
  assert_int_equal(file_sink.close(writing->sink, &writing->error), STATUS_OK);
  release(writing);
}

/* The decompressed content of a file so far, cut or not. */
static void expect_content(const char *path, Compression compression, const char *expected) {
  ByteInput *input;
  ByteEvent event = BYTES_SOME;
  StrBuf text = {0};
  char bytes[1000];
  size_t len;
  Str name = str_from(path);
  assert_int_equal(byte_input_open(name, compression, "test", &input, NULL), STATUS_OK);
  while (event != BYTES_END && byte_input_read(input, 0, bytes, sizeof bytes, &len, &event, NULL) == STATUS_OK) {
    strbuf_append(&text, bytes, len);
  }
  byte_input_close(input);
  assert_string_equal(text.ptr ? text.ptr : "", expected);
  strbuf_release(&text);
}

/* ---- files ---- */

static void test_rows_and_head(void **state) {
  (void)state;
  Writing writing;
  const char *path = in_folder("a.txt");
  FILE *old = fopen(path, "w");
  fputs("what stood there before, and longer than what comes", old);
  fclose(old);
  assert_int_equal(open_output(&writing, path), STATUS_OK);
  expect_content(path, COMPRESSION_AUTO, ""); /* replaced at once */
  write_one(&writing, "one");
  expect_content(path, COMPRESSION_AUTO, ""); /* buffered */
  assert_int_equal(file_sink.flush(writing.sink, NULL), STATUS_OK);
  expect_content(path, COMPRESSION_AUTO, "Text\none\n");
  write_one(&writing, "two");
  close_output(&writing);
  expect_content(path, COMPRESSION_AUTO, "Text\none\ntwo\n");
}

static void test_no_rows_still_have_a_head(void **state) {
  (void)state;
  Writing writing;
  assert_int_equal(open_output(&writing, in_folder("none.txt")), STATUS_OK);
  close_output(&writing);
  expect_content(in_folder("none.txt"), COMPRESSION_AUTO, "Text\n");
}

static void test_selected_rows_only(void **state) {
  (void)state;
  Writing writing;
  assert_int_equal(open_output(&writing, in_folder("some.txt")), STATUS_OK);
  const char *texts[] = {"a", "b", "c"};
  Batch *all = text_batch(texts, 3);
  Selection *sel = selection_new(2);
  sel->rows[sel->len++] = 0;
  sel->rows[sel->len++] = 2;
  Batch *some = batch_select(all, sel);
  assert_int_equal(file_sink.write(writing.sink, some, NULL), STATUS_OK);
  batch_unref(some);
  batch_unref(all);
  close_output(&writing);
  expect_content(in_folder("some.txt"), COMPRESSION_AUTO, "Text\na\nc\n");
}

static void check_packed(const char *path, Compression compression) {
  Writing writing;
  assert_int_equal(open_output(&writing, path), STATUS_OK);
  write_one(&writing, "one");
  assert_int_equal(file_sink.flush(writing.sink, NULL), STATUS_OK);
  expect_content(path, compression, "Text\none\n"); /* readable so far */
  StrBuf expected = {0};
  strbuf_puts(&expected, "Text\none\n");
  for (int i = 0; i < 20000; i++) {
    char row[100];
    snprintf(row, sizeof row, "row %d %d %u", i, i * 31, (unsigned)i * 2654435761u);
    assert_int_equal(write_one(&writing, row), STATUS_OK);
    strbuf_printf(&expected, "%s\n", row);
  }
  close_output(&writing);
  expect_content(path, compression, expected.ptr);
  struct stat info;
  stat(path, &info);
  assert_true((size_t)info.st_size < expected.len / 2);
  strbuf_release(&expected);
}

static void test_packed(void **state) {
  (void)state;
  check_packed(in_folder("a.txt.gz"), COMPRESSION_GZIP);
  check_packed(in_folder("a.txt.zst"), COMPRESSION_ZSTD);
}

/* ---- what goes wrong ---- */

static void expect_refused(const char *where, Status status, const char *message, const char *hint) {
  Writing writing;
  assert_int_equal(open_output(&writing, where), status);
  if (!strstr(writing.error.message, message)) fail_msg("message: %s", writing.error.message);
  if (!strstr(writing.error.hint, hint)) fail_msg("hint: %s", writing.error.hint);
  release(&writing);
}

static void test_refused_at_open(void **state) {
  (void)state;
  expect_refused(folder, STATUS_CONFIG, "cannot create", "name a file");
  expect_refused(in_folder("none/a.txt"), STATUS_CONFIG, "cannot create", "folder");
  expect_refused(in_folder("{dat}/a.txt"), STATUS_CONFIG, "no such column; it has: Text", "{date}");
  expect_refused(in_folder("{date/a.txt"), STATUS_CONFIG, "has no `}`", "raw/{date}");
  expect_refused(in_folder("{datetime:yyyy-YY}/a.txt"), STATUS_CONFIG, "`YY` in the format `yyyy-YY`", "yyyy, yy");
  expect_refused(in_folder("a.txt?roll=soon"), STATUS_CONFIG, "roll=soon is neither", "roll=15m");
  expect_refused(in_folder("a.txt?roll=64MB,1B"), STATUS_CONFIG, "roll=1B is neither", "roll=15m");
  expect_refused(in_folder("a.txt?rol=1MB"), STATUS_CONFIG, "rol", "");
  Writing writing;
  assert_int_equal(open_output(&writing, in_folder("a.txt?delimiter=%3B")), STATUS_OK); /* the format's own */
  close_output(&writing);
}

static void test_full_disk(void **state) {
  (void)state;
  Writing writing;
  assert_int_equal(open_output(&writing, "/dev/full"), STATUS_OK);
  assert_int_equal(write_one(&writing, "one"), STATUS_OK); /* buffered */
  assert_int_equal(file_sink.flush(writing.sink, &writing.error), STATUS_WORLD);
  assert_non_null(strstr(writing.error.message, "/dev/full"));
  assert_non_null(strstr(writing.error.message, strerror(ENOSPC)));
  assert_string_equal(writing.error.who, "output out");
  assert_int_equal(file_sink.flush(writing.sink, NULL), STATUS_WORLD); /* stays broken */
  assert_int_equal(file_sink.close(writing.sink, &writing.error), STATUS_WORLD);
  release(&writing);
}

static void test_full_disk_without_flush(void **state) {
  (void)state;
  Writing writing;
  assert_int_equal(open_output(&writing, "/dev/full?compression=gzip"), STATUS_OK);
  write_one(&writing, "one");
  assert_int_equal(file_sink.close(writing.sink, &writing.error), STATUS_WORLD);
  assert_non_null(strstr(writing.error.message, "/dev/full"));
  release(&writing);
}

static void test_a_long_output_meets_the_full_disk_early(void **state) {
  (void)state;
  Writing writing;
  char row[1001];
  memset(row, 'x', 1000);
  row[1000] = 0;
  assert_int_equal(open_output(&writing, "/dev/full"), STATUS_OK);
  Status status = STATUS_OK;
  int rows = 0;
  while (status == STATUS_OK && rows++ < 3000) status = write_one(&writing, row);
  assert_int_equal(status, STATUS_WORLD);
  assert_true(rows < 1100);
  file_sink.close(writing.sink, NULL);
  release(&writing);
}

static void test_stdout_whose_reader_is_gone(void **state) {
  (void)state;
  int ends[2];
  fflush(stdout);
  int saved = dup(STDOUT_FILENO);
  assert_int_equal(pipe(ends), 0);
  dup2(ends[1], STDOUT_FILENO);
  Writing writing;
  Status opened = open_output(&writing, "-");
  write_one(&writing, "one");
  Status first = file_sink.flush(writing.sink, NULL);
  char bytes[100] = "";
  ssize_t got = read(ends[0], bytes, sizeof bytes - 1);
  close(ends[0]);
  write_one(&writing, "two");
  Status second = file_sink.flush(writing.sink, &writing.error); /* SIGPIPE would end this program here */
  Status closed = file_sink.close(writing.sink, NULL);
  dup2(saved, STDOUT_FILENO);
  close(saved);
  close(ends[1]);
  assert_int_equal(opened, STATUS_OK);
  assert_int_equal(first, STATUS_OK);
  assert_int_equal(got, 9);
  assert_string_equal(bytes, "Text\none\n");
  assert_int_equal(second, STATUS_CANCELLED);
  assert_int_equal(closed, STATUS_CANCELLED);
  release(&writing);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, drop_folder)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_rows_and_head),
      TEST(test_no_rows_still_have_a_head),
      TEST(test_selected_rows_only),
      TEST(test_packed),
      TEST(test_refused_at_open),
      TEST(test_full_disk),
      TEST(test_full_disk_without_flush),
      TEST(test_a_long_output_meets_the_full_disk_early),
      TEST(test_stdout_whose_reader_is_gone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
