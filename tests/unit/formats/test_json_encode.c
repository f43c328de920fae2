/* test_json_encode.c: rows to JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/mem.h"
#include "connectors/formats/formats.h"
#include "connectors/formats/json_encode.h"

typedef struct Cell { const char *name; Value value; } Cell; /* name NULL: a star */

static Value text(const char *s) { return value_text(str_from(s)); }
static Value record(const char *s) { return value_json(TYPE_RECORD, str_from(s)); }
static Value array(const char *s) { return value_json(TYPE_ARRAY, str_from(s)); }

/* One row of these cells, as constant columns and as mixed ones. */
static void check_row(const Cell *cells, uint32_t count, const char *expected) {
  OutputColumn cols[8];
  for (uint32_t i = 0; i < count; i++)
    cols[i] = (OutputColumn){.name = str_from(cells[i].name ? cells[i].name : ""), .star = !cells[i].name};
  OutputSchema schema = {cols, count};
  Encoder *encoder;
  assert_int_equal(format_json.encoder_open(NULL, &schema, &encoder, NULL), STATUS_OK);
  for (int mixed = 0; mixed < 2; mixed++) {
    Batch *batch = batch_new(2, count);
    for (uint32_t i = 0; i < count; i++) {
      Column *col = column_constant(&cells[i].value, 2, true);
      batch->cols[i] = mixed ? column_to_mixed(col) : column_ref(col);
      column_unref(col);
    }
    StrBuf out = {0};
    uint32_t ends[2];
    format_json.encode(encoder, batch, true, &out, ends);
    assert_int_equal(ends[1], out.len);
    assert_int_equal(ends[0] * 2, out.len);
    assert_int_equal(ends[0], strlen(expected) + 1);
    assert_memory_equal(out.ptr, expected, strlen(expected));
    strbuf_release(&out);
    batch_unref(batch);
  }
  format_json.encoder_close(encoder);
}
#define CHECK(expected, ...) \
  check_row((const Cell[]){__VA_ARGS__}, sizeof((const Cell[]){__VA_ARGS__}) / sizeof(Cell), expected)

static void values(void **state) {
  CHECK("{\"a\":null}", {"a", value_null()});
  CHECK("{\"a\":1,\"b\":-9223372036854775808}", {"a", value_bigint(1)}, {"b", value_bigint(INT64_MIN)});
  CHECK("{\"a\":95.0,\"b\":0.1,\"c\":1e+300}", {"a", value_float(95)}, {"b", value_float(0.1)},
        {"c", value_float(1e300)});
  CHECK("{\"a\":true,\"b\":false}", {"a", value_bit(true)}, {"b", value_bit(false)});
  CHECK("{\"a\":\"0001-01-01T00:00:00.0000001Z\"}", {"a", value_datetime(1)});
  CHECK("{\"a\":{\"x\":[1,2]},\"b\":[]}", {"a", record("{ \"x\" : [ 1, 2 ] }")}, {"b", array("[ ]")});
  CHECK("{\"a \\\"b\\\"\":1}", {"a \"b\"", value_bigint(1)});
}

static void texts(void **state) {
  CHECK("{\"a\":\"\"}", {"a", text("")});
  CHECK("{\"a\":\"x\\\"y\\\\z\"}", {"a", text("x\"y\\z")});
  CHECK("{\"a\":\"line\\nand \\u0001, a longer one\"}", {"a", text("line\nand \x01, a longer one")});
  CHECK("{\"a\":\"caf\xc3\xa9 and more bytes\"}", {"a", text("caf\xc3\xa9 and more bytes")});
  CHECK("{\"a\":\"clean text of more than sixteen bytes\"}", {"a", text("clean text of more than sixteen bytes")});
  CHECK("{\"a\":\"\xef\xbf\xbd(\"}", {"a", text("\xc3(")});
  CHECK("{\"a\":\"\x7f~ !\"}", {"a", text("\x7f~ !")});
}

static void lone_star(void **state) {
  CHECK("{\"a\":1,\"A\":2,\"a\":3}", {NULL, record("{\"a\":1,\"A\":2,\"a\":3}")});
  CHECK("{\"a\":\"x y\",\"b\":2}", {NULL, record("{\"a\":\"x y\",\"b\":2}")});
  CHECK("{\"a\":\"x, y\",\"b\":2}", {NULL, record("{\"a\": \"x, y\" ,\n\"b\":2}")});
  CHECK("{\"a\":\"x, y\",\"b\":2}", {NULL, record("{\"a\":\"x, y\",\"b\":2}")});
  CHECK("{\"a\":1}", {NULL, record("{\"a\":1 }")});
  CHECK("{\"a\":1}", {NULL, record("{ \"a\":1}")});
  CHECK("{\"a\":1}", {NULL, record("{\"a\":  1}")});
  CHECK("{\"a\":1}", {NULL, record("{\"a\"\t:1}")});
  CHECK("{}", {NULL, record("{}")});
  CHECK("{}", {NULL, value_null()});
}

static void stars_and_columns(void **state) {
  Value payload = record("{\"a\": 1, \"B\" : [ 2 ], \"c\":\"x y\"}");
  CHECK("{\"a\":1,\"B\":[2],\"c\":\"x y\",\"d\":4}", {NULL, payload}, {"d", value_bigint(4)});
  CHECK("{\"a\":1,\"B\":[2],\"c\":\"x y\"}", {NULL, payload}, {"b", value_bigint(4)});
  CHECK("{\"b\":4,\"a\":1,\"c\":\"x y\"}", {"b", value_bigint(4)}, {NULL, payload});
  CHECK("{\"a\":1,\"B\":[2],\"c\":\"x y\",\"d\":5}", {NULL, payload}, {NULL, record("{\"A\":7,\"d\":5}")});
  CHECK("{\"b\":4}", {NULL, value_null()}, {"b", value_bigint(4)});
  CHECK("{\"b\":4,\"a\":1,\"c\":\"x y\",\"z\":0}", {"b", value_bigint(4)}, {NULL, payload}, {"A", value_bigint(9)},
        {"z", value_bigint(0)});
  CHECK("{\"\\u0061\":1}", {NULL, record("{\"\\u0061\":1}")}, {"a", value_bigint(2)});
  CHECK("{\"a\":1,\"a\":2,\"b\":3}", {NULL, record("{\"a\":1,\"a\":2}")}, {"b", value_bigint(3)});
}

static void selection_and_integral(void **state) {
  OutputColumn cols[] = {{.name = STR("a")}};
  OutputSchema schema = {cols, 1};
  Encoder *encoder;
  format_json.encoder_open(NULL, &schema, &encoder, NULL);
  Batch *batch = batch_new(4, 1);
  batch->cols[0] = column_new(COL_FLOAT, 4);
  for (int i = 0; i < 4; i++) column_f64(batch->cols[0])[i] = i;
  bits_set(column_need_integral(batch->cols[0]), 1);
  column_set_null(batch->cols[0], 2);
  batch->sel = selection_new(3);
  for (uint32_t i = 1; i < 4; i++) batch->sel->rows[batch->sel->len++] = i;
  StrBuf out = {0};
  format_json.encode(encoder, batch, false, &out, NULL);
  assert_string_equal(out.ptr, "{\"a\":1}{\"a\":null}{\"a\":3.0}");
  strbuf_release(&out);
  batch_unref(batch);
  format_json.encoder_close(encoder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(values), cmocka_unit_test(texts), cmocka_unit_test(lone_star),
    cmocka_unit_test(stars_and_columns), cmocka_unit_test(selection_and_integral),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
