/* test_registry.c: finding connectors and formats; releasing what decoders and sources hand over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "io/registry.h"

static const FormatClass json = {.name = "json", .extensions = "json|ndjson|jsonl"};
static const FormatClass csv = {.name = "csv", .extensions = "csv|tsv"};
static const SourceClass file = {.scheme = "file"};
static const IoRegistry registry = {
    .sources = (const SourceClass *const[]){&file, NULL},
    .formats = (const FormatClass *const[]){&json, &csv, NULL},
};

static void by_scheme(void **state) {
  assert_ptr_equal(registry_source(&registry, STR("FILE")), &file);
  assert_null(registry_source(&registry, STR("kafka")));
  assert_null(registry_sink(&registry, STR("file")));
  assert_null(registry_rows(&registry, STR("odbc")));
}

static void formats(void **state) {
  assert_ptr_equal(registry_format(&registry, STR("CSV")), &csv);
  assert_null(registry_format(&registry, STR("avro")));
}

static void formats_by_extension(void **state) {
  assert_ptr_equal(registry_format_of_path(&registry, STR("a/b.json")), &json);
  assert_ptr_equal(registry_format_of_path(&registry, STR("a/b.JSONL.gz")), &json);
  assert_ptr_equal(registry_format_of_path(&registry, STR("b.tsv.zst")), &csv);
  assert_null(registry_format_of_path(&registry, STR("xjson")));
  assert_null(registry_format_of_path(&registry, STR("json")));
  assert_null(registry_format_of_path(&registry, STR("a.txt")));
  assert_null(registry_format_of_path(&registry, STR(".gz")));
}

static void releasing(void **state) {
  MessageBatch messages = {.bytes = buffer_new(10), .partition = 2, .blob = STR("x")};
  vec_push(&messages.messages, (Message){.len = 3});
  message_batch_clear(&messages);
  assert_null(messages.bytes);
  assert_int_equal(messages.messages.len, 0);
  assert_int_equal(messages.blob.len, 0);
  message_batch_release(&messages);
  assert_null(messages.messages.items);

  DecodedBatch decoded = {.rows = 1, .cols_len = 2, .cols = mem_zalloc(2 * sizeof(Column *))};
  decoded.cols[0] = column_new(COL_BIGINT, 1);
  decoded.payload = column_new(COL_RECORD, 1);
  decoded.message = mem_alloc(sizeof *decoded.message);
  decoded_batch_release(&decoded);
  assert_null(decoded.cols);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(by_scheme), cmocka_unit_test(formats),
                                     cmocka_unit_test(formats_by_extension), cmocka_unit_test(releasing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
