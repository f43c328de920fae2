/* test_csv.c: CSV in and out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "unit/formats/decoding.h"

static CsvOptions options(const char *delimiter, bool header, const char *columns) {
  return (CsvOptions){.delimiter = str_from(delimiter), .header = header, .columns = str_from(columns)};
}

static void open_csv(Rig *rig, const char *fields, CsvOptions opts) {
  Error err;
  if (rig_open(rig, &format_csv, fields, &opts, &err) != STATUS_OK) BUG("%s", err.message);
}

/* The file gives these rows and bad records, however it arrives. */
static void check_with(CsvOptions opts, uint32_t limit, bool payload, const char *fields, Str file,
                       const char *expected) {
  Rig rig = {.spec = {.record_bytes_max = limit, .payload = payload}};
  open_csv(&rig, fields, opts);
  for (size_t piece = 1; piece < file.len + 2; piece++) assert_string_equal(rig_file(&rig, file, piece), expected);
  rig_close(&rig);
}
static void check(const char *fields, const char *file, const char *expected) {
  check_with(options("comma", true, ""), 0, false, fields, str_from(file), expected);
}

static void cells(void **state) {
  check("a,b", "a,b\n1,2\n3,4\n", "\"1\"|\"2\";\"3\"|\"4\";");
  check("a,b", "a,b\r\n1,2\r\n3,4", "\"1\"|\"2\";\"3\"|\"4\";");
  check("b", "\xef\xbb\xbf\"a\",\"b\"\n1,2\n", "\"2\";");
  check("a,b", "a,b\n\"x,y\",\"say \"\"hi\"\"\"\n", "\"x,y\"|\"say \\\"hi\\\"\";");
  check("a,b", "a,b\n\"line\nbreak\",\"x\r\ny\"\r\n1,2\n", "\"line\\nbreak\"|\"x\\r\\ny\";\"1\"|\"2\";");
  check("a,b", "a,b\n x ,\n", "\" x \"|\"\";");
  check("a,b", "a,b\n\"\",\"\"\"\"\n", "\"\"|\"\\\"\";");
  check("a,b", "a,b\nx \"y\" z,5\" pipe\n", "\"x \\\"y\\\" z\"|\"5\\\" pipe\";");
  check("a", "a\n\n1\n\r\n2\n", "\"1\";\"2\";");
  check("a", "a\n", "");
  check("a", "", "");
}

static void header_names(void **state) {
  check("B,a,zz", "A,a,b\n1,2,3\n", "\"3\"|\"2\"|null;");
  check("x.y", "x\n1\n", "null;");
  check_with(options("comma", false, "a, b"), 0, false, "b", STR("1,2\n3,4\n"), "\"2\";\"4\";");
  check_with(options("comma", true, "x,y"), 0, false, "y", STR("a,b\n3,4\n"), "\"4\";");
}

static void names_of_the_table(void **state) {
  const Str table[] = {STR("a"), STR("b")};
  Rig rig = {.spec = {.table = table, .table_len = 2}};
  open_csv(&rig, "b", options("comma", false, ""));
  assert_string_equal(rig_file(&rig, STR("1,2\n"), 100), "\"2\";");
  rig_close(&rig);
}

static void no_names(void **state) {
  Rig rig = {0};
  CsvOptions opts = options("comma", false, "");
  Error err;
  assert_int_equal(rig_open(&rig, &format_csv, "a", &opts, &err), STATUS_CONFIG);
  assert_string_equal(err.message, "CSV without a header has no column names");
  rig.decoder = NULL;
  rig_close(&rig);
  opts = options("x", true, "");
  assert_int_equal(rig_open(&rig, &format_csv, "a", &opts, &err), STATUS_CONFIG);
  rig.decoder = NULL;
  rig_close(&rig);
}

static void delimiters(void **state) {
  check_with(options("semicolon", true, ""), 0, false, "b", STR("a;b\n1,5;2\n"), "\"2\";");
  check_with(options(";", true, ""), 0, false, "a", STR("a;b\n\"1;5\";2\n"), "\"1;5\";");
  check_with(options("tab", true, ""), 0, false, "b", STR("a\tb\n1\t2\n"), "\"2\";");
  check_with(options("bar", true, ""), 0, false, "b", STR("a|b\n\"1\"|\"2\"\n"), "\"2\";");
  check_with(options("space", true, ""), 0, false, "b", STR("a b\n\"1 1\" 2\n"), "\"2\";");
}

static void conversions(void **state) {
  check("a:bigint,b:float,c:datetime,d:bit,e:nvarchar(max)",
        "a,b,c,d,e\n1,2,2026-01-02,true,x\n-5,1e3,2026-01-02T03:04:05Z,0,\n,,,,\n",
        "1|2.0|\"2026-01-02T00:00:00.0000000Z\"|true|\"x\";-5|1000.0|\"2026-01-02T03:04:05.0000000Z\"|false|\"\";"
        "null|null|null|null|\"\";");
  check("a:bigint", "a\n1\nx\n3\n", "1;3;!");
  check("a,?b:bigint", "a,b\n1,2\n3,x\n", "\"1\";!");
  check("a:record,b:array", "a,b\n\"{\"\"x\"\":1}\",\"[1,2]\"\n5,[]\n", "{\"x\":1}|[1,2];!");
  Rig rig = {0};
  open_csv(&rig, "a:bigint", options("comma", true, ""));
  rig_add(&rig, STR("a\nseven\n"), "");
  assert_string_equal(rig_text(&rig), "!");
  assert_string_equal(rig.reason, "column `a` is declared bigint, found `seven`");
  rig_close(&rig);
}

static void odd_rows(void **state) {
  check("a,b,c", "a,b,c\n1\n1,2,3,4\n1,2,3\n", "\"1\"|null|null;\"1\"|\"2\"|\"3\";!");
  check("a", "a\nx\xff\ny\n", "\"y\";!");
  check_with(options("comma", true, ""), 0, false, "a", STR("a\nx\0z\ny\n"), "\"y\";!");
  check("a", "a\n1\n\"never closed\n2\n", "\"1\";!");
  check("a", "a\n\"x\"y,z\"\n", "\"x\\\"y,z\";");
}

static void unclosed_quotes_and_limits(void **state) {
  CsvOptions opts = options("comma", true, "");
  check_with(opts, 20, false, "a", STR("a\n1\n\"never closed, it goes on and on\n2\n3\n"), "\"1\";\"2\";\"3\";!");
  check_with(opts, 20, false, "a", STR("a\na line far beyond the limit\n2\n"), "\"2\";!");
}

static void payload(void **state) {
  check_with(options("comma", true, ""), 0, true, "b", STR("a,b,\"c \"\"d\"\"\"\n1,x,\"y\"\"\"\n2\n"),
             "\"x\"|{\"a\":\"1\",\"b\":\"x\",\"c \\\"d\\\"\":\"y\\\"\"};"
             "null|{\"a\":\"2\",\"b\":null,\"c \\\"d\\\"\":null};");
}

static void files_in_a_row(void **state) {
  Rig rig = {0};
  open_csv(&rig, "a", options("comma", true, ""));
  assert_string_equal(rig_file(&rig, STR("a,b\n1,2\n"), 3), "\"1\";");
  assert_string_equal(rig_file(&rig, STR("b,a\n1,2\n"), 3), "\"2\";");
  rig_close(&rig);
}

static void messages_without_a_file(void **state) {
  Rig rig = {0};
  open_csv(&rig, "a", options("comma", true, ""));
  rig_add(&rig, STR("a,b\n1,2\n3,4"), "");
  rig_add(&rig, STR("b,a\n5,6\n"), "");
  assert_string_equal(rig_text(&rig), "\"1\";\"3\";\"6\";");
  rig_close(&rig);
}

/* ---- out ---- */

typedef struct Out {
  Encoder *encoder;
  OutputColumn cols[4];
  OutputSchema schema;
  StrBuf text;
} Out;

static void out_open(Out *out, const char *delimiter, bool header, const char *const *names, uint32_t count) {
  CsvOptions opts = options(delimiter, header, "");
  *out = (Out){.schema = {out->cols, count}};
  for (uint32_t i = 0; i < count; i++)
    out->cols[i] = (OutputColumn){.name = str_from(names[i] ? names[i] : ""), .star = !names[i]};
  assert_int_equal(format_csv.encoder_open(&opts, &out->schema, &out->encoder, NULL), STATUS_OK);
  format_csv.encode_head(out->encoder, &out->text);
}

static void out_row(Out *out, const Value *values) {
  Batch *batch = batch_new(1, out->schema.cols_len);
  for (uint32_t i = 0; i < out->schema.cols_len; i++) batch->cols[i] = column_constant(&values[i], 1, true);
  format_csv.encode(out->encoder, batch, true, &out->text, NULL);
  batch_unref(batch);
}

static void out_close(Out *out, const char *expected) {
  assert_string_equal(out->text.ptr, expected);
  format_csv.encoder_close(out->encoder);
  strbuf_release(&out->text);
}

static Value text(const char *s) { return value_text(str_from(s)); }
static Value record(const char *s) { return value_json(TYPE_RECORD, str_from(s)); }

static void rows_out(void **state) {
  Out out;
  out_open(&out, "comma", true, (const char *const[]){"a", "b,c", "d"}, 3);
  out_row(&out, (Value[]){value_bigint(1), value_float(2), text("plain text")});
  out_row(&out, (Value[]){value_null(), value_bit(true), text("say \"hi\", you\nthere")});
  out_row(&out, (Value[]){value_datetime(0), record("{ \"x\": 1, \"y\": [ ] }"), text("")});
  out_close(&out, "a,\"b,c\",d\r\n1,2.0,plain text\r\n,true,\"say \"\"hi\"\", you\nthere\"\r\n"
                  "0001-01-01T00:00:00.0000000Z,\"{\"\"x\"\":1,\"\"y\"\":[]}\",\r\n");
  out_open(&out, "semicolon", false, (const char *const[]){"a"}, 1);
  out_row(&out, (Value[]){text("x,y")});
  out_row(&out, (Value[]){text("x;y")});
  out_row(&out, (Value[]){value_null()});
  out_close(&out, "x,y\r\n\"x;y\"\r\n\"\"\r\n");
}

static void stars_out(void **state) {
  Out out;
  out_open(&out, "comma", true, (const char *const[]){"b", NULL, "c", "d"}, 4);
  out_row(&out, (Value[]){value_bigint(1), record("{\"a\":\"x\\ny\",\"B\":2,\"c\":[1, 2]}"), value_bigint(3),
                          value_bigint(4)});
  out_row(&out, (Value[]){value_bigint(1), record("{\"new\":5,\"a\":1.50}"), value_bigint(3), value_bigint(4)});
  out_row(&out, (Value[]){value_bigint(1), value_null(), value_null(), value_null()});
  out_close(&out, "b,a,c,d\r\n1,\"x\ny\",\"[1,2]\",4\r\n1,1.50,3,4\r\n1,,,\r\n");
}

static void round_trip(void **state) {
  static const char *const texts[] = {"", "a", "x,y",
                                      "\"", "a\"b", "line\nbreak", "\r\n", " x ", "\xc3\xa9", ",,,", "\"\""};
  enum { COUNT = sizeof texts / sizeof *texts };
  Out out;
  Rig rig = {0};
  StrBuf expected = {0};
  out_open(&out, "comma", true, (const char *const[]){"a", "b"}, 2);
  for (int i = 0; i < COUNT * COUNT; i++) {
    Value values[] = {text(texts[i / COUNT]), text(texts[i % COUNT])};
    out_row(&out, values);
    value_print_json(&values[0], &expected);
    strbuf_putc(&expected, '|');
    value_print_json(&values[1], &expected);
    strbuf_putc(&expected, ';');
  }
  open_csv(&rig, "a,b", options("comma", true, ""));
  for (size_t piece = 1; piece < 40; piece += 3)
    assert_string_equal(rig_file(&rig, strbuf_str(&out.text), piece), expected.ptr);
  rig_close(&rig);
  strbuf_release(&expected);
  format_csv.encoder_close(out.encoder);
  strbuf_release(&out.text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(cells), cmocka_unit_test(header_names), cmocka_unit_test(names_of_the_table),
    cmocka_unit_test(no_names), cmocka_unit_test(delimiters), cmocka_unit_test(conversions),
    cmocka_unit_test(odd_rows), cmocka_unit_test(unclosed_quotes_and_limits), cmocka_unit_test(payload),
    cmocka_unit_test(files_in_a_row), cmocka_unit_test(messages_without_a_file), cmocka_unit_test(rows_out),
    cmocka_unit_test(stars_out), cmocka_unit_test(round_trip),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
