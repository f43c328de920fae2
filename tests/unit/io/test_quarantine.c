/* test_quarantine.c: bad records are counted, kept and never silently lost. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/mem.h"
#include "io/quarantine.h"
#include "types/json.h"

static char folder[64], path[96];

static int make_folder(void **state) {
  snprintf(folder, sizeof folder, "/tmp/weir-quarantine-XXXXXX");
  return mkdtemp(folder) ? snprintf(path, sizeof path, "%s/bad.json", folder) < 0 : -1;
}

static int remove_folder(void **state) {
  unlink(path);
  return rmdir(folder);
}

static Str read_file(void) {
  FILE *file = fopen(path, "rb");
  StrBuf text = {0};
  char piece[4096];
  assert_non_null(file);
  for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;) strbuf_append(&text, piece, n);
  fclose(file);
  return strbuf_str(&text);
}

static QuarantineEntry sample(Str payload) {
  return (QuarantineEntry){.kind = QUARANTINE_DESERIALIZATION, .input = STR("tolls"), .partition = 3, .offset = 42,
                           .reason = STR("no \"closing\" brace"), .payload = payload};
}

/* The line without its time, which begins each line and has a fixed length. */
static Str behind_time(Str line) {
  assert_true(str_starts(line, STR("{\"time\":\"")));
  return str_sub(line, sizeof "{\"time\":\"\"" - 1 + DATETIME_TEXT_LEN, line.len);
}

static void add_and_flush(const QuarantineEntry *entry) {
  Error err;
  Quarantine *q = quarantine_new(path, "job", "q.asaql");
  quarantine_add(q, entry);
  assert_int_equal(quarantine_flush(q, &err), STATUS_OK);
  assert_int_equal(quarantine_kept(q), 1);
  quarantine_free(q);
}

static void expect_line(const QuarantineEntry *entry, const char *expected) {
  unlink(path);
  add_and_flush(entry);
  Str text = read_file(), line = str_trim(text);
  assert_true(json_valid(line, NULL));
  Str rest = behind_time(line);
  assert_string_equal(rest.ptr, expected);
  mem_free((char *)text.ptr);
}

static void a_line_says_everything(void **state) {
  QuarantineEntry entry = sample(STR("{\"a\":"));
  expect_line(&entry, ",\"kind\":\"InputDeserializationError\",\"job\":\"job\",\"input\":\"tolls\","
                      "\"origin\":{\"partition\":3,\"offset\":42},\"reason\":\"no \\\"closing\\\" brace\","
                      "\"payload\":\"{\\\"a\\\":\"}\n");
}

static void a_row_knows_its_place_in_the_query(void **state) {
  QuarantineEntry entry = {.kind = QUARANTINE_RUNTIME, .input = STR("s"), .partition = 0, .offset = -1,
                           .blob = STR("x.json"), .reason = STR("r"), .has_place = true, .line = 2, .column = 7,
                           .payload = STR("{}")};
  expect_line(&entry, ",\"kind\":\"RuntimeError\",\"job\":\"job\",\"input\":\"s\","
                      "\"origin\":{\"partition\":0,\"blob\":\"x.json\"},\"reason\":\"r\","
                      "\"query\":{\"file\":\"q.asaql\",\"line\":2,\"column\":7},\"payload\":\"{}\"}\n");
}

static void a_rejected_row_names_its_output(void **state) {
  QuarantineEntry entry = {.kind = QUARANTINE_OUTPUT, .input = STR("alerts"), .partition = -1, .offset = -1,
                           .reason = STR("too long"), .payload = STR("{}")};
  expect_line(&entry, ",\"kind\":\"OutputDataConversionError\",\"job\":\"job\",\"output\":\"alerts\","
                      "\"origin\":{},\"reason\":\"too long\",\"payload\":\"{}\"}\n");
}

static void bytes_that_are_not_utf8_are_kept(void **state) {
  const struct { Str bytes; const char *base64; } cases[] = {
      {STR("\xff"), "/w=="}, {STR("\xff\xfe"), "//4="}, {STR("\xff\xfe\0"), "//4A"}, {STR("\xc3(abc"), "wyhhYmM="}};
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    unlink(path);
    QuarantineEntry entry = sample(cases[i].bytes);
    add_and_flush(&entry);
    Str text = read_file();
    char expected[64];
    snprintf(expected, sizeof expected, ",\"payloadBase64\":\"%s\"}\n", cases[i].base64);
    assert_true(str_ends(text, str_from(expected)));
    mem_free((char *)text.ptr);
  }
}

static void the_file_comes_with_the_first_entry_and_is_continued(void **state) {
  Error err;
  unlink(path);
  Quarantine *q = quarantine_new(path, "job", NULL);
  quarantine_count(q, QUARANTINE_LATE, 5);
  assert_int_equal(quarantine_flush(q, &err), STATUS_OK);
  assert_int_not_equal(access(path, F_OK), 0);
  QuarantineEntry tombstone = {.kind = QUARANTINE_TOMBSTONE};
  quarantine_add(q, &tombstone);
  assert_int_not_equal(access(path, F_OK), 0);
  QuarantineEntry entry = sample(STR("x"));
  quarantine_add(q, &entry);
  assert_int_equal(access(path, F_OK), 0);
  quarantine_free(q);
  Str once = read_file();
  add_and_flush(&entry);
  Str twice = read_file();
  assert_true(twice.len > once.len && str_starts(twice, once));
  mem_free((char *)once.ptr);
  mem_free((char *)twice.ptr);
}

static void counts_by_kind(void **state) {
  Quarantine *q = quarantine_new(NULL, "job", NULL);
  QuarantineEntry entry = sample(STR("x"));
  quarantine_add(q, &entry);
  quarantine_add(q, &entry);
  quarantine_count(q, QUARANTINE_LATE, 5);
  assert_int_equal(quarantine_counted(q, QUARANTINE_DESERIALIZATION), 2);
  assert_int_equal(quarantine_counted(q, QUARANTINE_LATE), 5);
  assert_int_equal(quarantine_counted(q, QUARANTINE_EARLY), 0);
  assert_int_equal(quarantine_kept(q), 0);
  assert_null(quarantine_path(q));
  assert_int_equal(quarantine_flush(q, NULL), STATUS_OK);
  quarantine_free(q);
}

static void a_full_disk_is_an_error(void **state) {
  Error err;
  Quarantine *q = quarantine_new("/dev/full", "job", NULL);
  QuarantineEntry entry = sample(STR("x"));
  quarantine_add(q, &entry);
  assert_int_equal(quarantine_flush(q, &err), STATUS_WORLD);
  assert_string_equal(err.who, "/dev/full");
  assert_non_null(strstr(err.message, "No space left"));
  assert_int_equal(quarantine_flush(q, &err), STATUS_WORLD); /* still not written */
  quarantine_free(q);
  q = quarantine_new("/nowhere/at/all", "job", NULL);
  assert_int_equal(quarantine_flush(q, &err), STATUS_OK); /* nothing to write yet */
  quarantine_add(q, &entry);
  assert_int_equal(quarantine_flush(q, &err), STATUS_WORLD);
  quarantine_free(q);
}

static void samples_are_the_newest(void **state) {
  Quarantine *q = quarantine_new(NULL, "job", NULL);
  char reason[32];
  for (int i = 0; i < 20; i++) {
    QuarantineEntry entry = sample(STR("x"));
    snprintf(reason, sizeof reason, "reason %d", i);
    entry.reason = str_from(reason);
    quarantine_add(q, &entry);
  }
  StrBuf out = {0};
  quarantine_samples(q, 2, &out);
  assert_string_equal(out.ptr, "InputDeserializationError in `tolls`, partition 3, offset 42: reason 18\n"
                               "InputDeserializationError in `tolls`, partition 3, offset 42: reason 19\n");
  strbuf_release(&out);
  quarantine_free(q);
}

static void *add_many(void *q) {
  QuarantineEntry entry = sample(STR("a payload of some length, so that pieces are written on the way"));
  for (int i = 0; i < 1000; i++) quarantine_add(q, &entry);
  return NULL;
}

static void threads_add_whole_lines(void **state) {
  enum { THREADS = 4 };
  pthread_t threads[THREADS];
  unlink(path);
  Quarantine *q = quarantine_new(path, "job", NULL);
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, add_many, q);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  assert_int_equal(quarantine_flush(q, NULL), STATUS_OK);
  assert_int_equal(quarantine_kept(q), THREADS * 1000);
  quarantine_free(q);
  Str text = read_file(), rest = text, line;
  unsigned lines = 0;
  while (rest.len) {
    str_cut(rest, '\n', &line, &rest);
    assert_true(json_valid(line, NULL));
    lines++;
  }
  assert_int_equal(lines, THREADS * 1000);
  mem_free((char *)text.ptr);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_line_says_everything), cmocka_unit_test(a_row_knows_its_place_in_the_query),
      cmocka_unit_test(a_rejected_row_names_its_output), cmocka_unit_test(bytes_that_are_not_utf8_are_kept),
      cmocka_unit_test(the_file_comes_with_the_first_entry_and_is_continued), cmocka_unit_test(counts_by_kind),
      cmocka_unit_test(a_full_disk_is_an_error), cmocka_unit_test(samples_are_the_newest),
      cmocka_unit_test(threads_add_whole_lines)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
