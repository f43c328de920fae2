/* test_odbc_rows.c: reference rows out of SQLite through its driver. */
#include "odbc_fixture.h"

static int setup(void **state) {
  Fixture *f = malloc(sizeof *f);
  fixture_init(f);
  snprintf(f->connection, sizeof f->connection, "Driver={SQLite3};Database=%s/test.db", f->folder);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  fixture_release(*state);
  free(*state);
  return 0;
}

static void every_type_comes_out(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (i bigint, f double, d decimal(10,2), s varchar(20), b boolean, ts datetime, da date, "
             "j json, x, bl blob)");
  run_sql(f, "INSERT INTO t VALUES (9007199254740993, 0.1234567890123456789, 12.5, 'h\xc3\xa9llo', 1, "
             "'2026-01-02 03:04:05.1234567', '2026-01-02', '{\"a\": [1]}', 'free', x'00ff')");
  run_sql(f, "INSERT INTO t VALUES ('not a number', 5, 3, '12', 'true', 'never', 20260102, 'no json', 1.25, NULL)");
  run_sql(f, "INSERT INTO t (i) VALUES (NULL)");
  DecodeSpec spec = {.payload = true};
  assert_string_equal(read_text(f, "table=T", &spec),
    "{\"i\":9007199254740993,\"f\":0.12345678901234568,\"d\":12.5,\"s\":\"h\xc3\xa9llo\",\"b\":true,"
    "\"ts\":\"2026-01-02T03:04:05.1234567Z\",\"da\":\"2026-01-02T00:00:00.0000000Z\",\"j\":{\"a\":[1]},"
    "\"x\":\"free\",\"bl\":\"00FF\"}\n"
    "{\"i\":\"not a number\",\"f\":5.0,\"d\":3.0,\"s\":\"12\",\"b\":true,\"ts\":\"never\",\"da\":20260102,"
    "\"j\":\"no json\",\"x\":1.25,\"bl\":null}\n"
    "{\"i\":null,\"f\":null,\"d\":null,\"s\":null,\"b\":null,\"ts\":null,\"da\":null,\"j\":null,\"x\":null,"
    "\"bl\":null}\n");
}

#define FIELD(text) {.path = (const Str[]){STR(text)}, .depth = 1}

static void fields_are_found_by_name(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (Code text, city text, info json)");
  run_sql(f, "INSERT INTO t VALUES ('ALB', 'Albany', '{\"runways\": {\"count\": 2}}'), ('JFK', 'New York', NULL)");
  const Str deep[] = {STR("info"), STR("runways"), STR("count")};
  DecodeField fields[] = {FIELD("city"), FIELD("code"), {.path = deep, .depth = 3}};
  DecodeSpec spec = {.fields = fields, .fields_len = 3};
  assert_string_equal(read_text(f, "query=SELECT *, 1 AS one FROM t ORDER BY code;", &spec),
                      "\"Albany\"|\"ALB\"|2\n\"New York\"|\"JFK\"|null\n");
  assert_string_equal(read_text(f, "query=WITH q AS (SELECT * FROM t) SELECT * FROM q WHERE code > 'B' -- the rest",
    &spec),
                      "\"New York\"|\"JFK\"|null\n");
}

static void expressions_have_types(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (a int, b real)");
  run_sql(f, "INSERT INTO t VALUES (1, 0.1), (2, 0.2)");
  DecodeField fields[] = {FIELD("n"), FIELD("s"), FIELD("m"), FIELD("none")};
  DecodeSpec spec = {.fields = fields, .fields_len = 4};
  assert_string_equal(read_text(f,
    "query=SELECT count(*) AS n, sum(b) AS s, 'x' || max(a) AS m, max(NULL) AS none FROM t", &spec),
                      "2|0.30000000000000004|\"x2\"|null\n");
}

static void declared_types_are_checked(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (a text)");
  run_sql(f, "INSERT INTO t VALUES ('12'), ('x')");
  DecodeField fields[] = {{.path = (const Str[]){STR("a")}, .depth = 1, .declared = TYPE_BIGINT, .required = true}};
  DecodeSpec spec = {.fields = fields, .fields_len = 1};
  Rows *rows;
  StrBuf text = {0};
  OK(f, open_rows(f, "table=t", &spec, &rows));
  assert_int_equal(read_all(f, rows, &text), STATUS_DATA);
  assert_string_equal(f->err.message, "column `a` is \"x\" in row 2, which is no bigint as CREATE TABLE says");
  rows->cls->close(rows);
  strbuf_release(&text);
  assert_string_equal(read_text(f, "query=SELECT a FROM t WHERE a = '12'", &spec), "12\n");
}

static void wrong_names_are_said_at_once(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE airports (code text, state text)");
  Rows *rows;
  DecodeField fields[] = {FIELD("stat")};
  DecodeSpec spec = {.fields = fields, .fields_len = 1};
  assert_int_equal(open_rows(f, "table=airports", &spec, &rows), STATUS_CONFIG);
  assert_string_equal(f->err.who, "reference ref");
  assert_string_equal(f->err.message, "the database's result has no column `stat`; it has: code, state");
  assert_string_equal(f->err.hint, "did you mean `state`?");
  assert_int_equal(open_rows(f, "table=airport", &spec, &rows), STATUS_CONFIG);
  assert_has(f->err.message, "there is no table `airport`");
  assert_has(f->err.message, "there are: airports");
  assert_int_equal(open_rows(f, "query=SELEC 1", &spec, &rows), STATUS_CONFIG);
  assert_string_equal(f->err.hint, "query= is SELEC 1");
  assert_has(f->err.message, "syntax error");
  assert_int_equal(open_rows(f, "query=DELETE FROM airports", &spec, &rows), STATUS_CONFIG);
  assert_has(f->err.message, "syntax error");
  assert_int_equal(open_rows(f, "refresh=5m", &spec, &rows), STATUS_CONFIG);
  assert_has(f->err.message, "neither query= nor table=");
  assert_int_equal(open_rows(f, "table=airports&query=SELECT 1", &spec, &rows), STATUS_CONFIG);
  assert_has(f->err.message, "both given");
}

static void refresh_reads_anew(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (a int)");
  run_sql(f, "INSERT INTO t VALUES (1)");
  DecodeField fields[] = {FIELD("a")};
  DecodeSpec spec = {.fields = fields, .fields_len = 1};
  Rows *rows;
  StrBuf text = {0};
  OK(f, open_rows(f, "table=t&refresh=5m", &spec, &rows));
  assert_int_equal(rows->cls->refresh(rows), 5 * TICKS_PER_MINUTE);
  OK(f, read_all(f, rows, &text));
  assert_string_equal(text.ptr, "1\n");
  run_sql(f, "INSERT INTO t VALUES (2)"); /* no lock is held between loads */
  OK(f, rows->cls->rewind(rows, 0, TICKS_MIN, &f->err));
  run_sql(f, "ALTER TABLE t ADD COLUMN b int");
  strbuf_clear(&text);
  OK(f, read_all(f, rows, &text));
  assert_string_equal(text.ptr, "1\n2\n");
  run_sql(f, "ALTER TABLE t RENAME TO u");
  OK(f, rows->cls->rewind(rows, 0, TICKS_MIN, &f->err));
  assert_int_equal(read_all(f, rows, &text), STATUS_CONFIG);
  assert_has(f->err.message, "there is no table `t`");
  run_sql(f, "ALTER TABLE u RENAME TO t");
  OK(f, rows->cls->rewind(rows, 0, TICKS_MIN, &f->err));
  strbuf_clear(&text);
  OK(f, read_all(f, rows, &text));
  assert_string_equal(text.ptr, "1\n2\n");
  rows->cls->close(rows);
  strbuf_release(&text);
}

static void long_text_and_many_rows(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
             "SELECT i AS id, 'airport ' || i AS name, i * 0.5 AS half FROM n");
  run_sql(f, "UPDATE t SET name = printf('%.*c', 70000, 'y') WHERE id = 5");
  DecodeField fields[] = {FIELD("id"), FIELD("name"), FIELD("half")};
  DecodeSpec spec = {.fields = fields, .fields_len = 3};
  Rows *rows;
  OK(f, open_rows(f, "table=t", &spec, &rows));
  int64_t begin = clock_monotonic_ns(), sum = 0;
  uint32_t count = 0, longest = 0;
  for (Batch *batch;;) {
    OK(f, rows->cls->next(rows, 2048, &batch, &f->err));
    if (batch == NULL) break;
    for (uint32_t r = 0; r < batch->rows; r++) {
      sum += column_get(batch->cols[0], r).i;
      uint32_t len = column_get(batch->cols[1], r).text.len;
      longest = len > longest ? len : longest;
    }
    count += batch->rows;
    batch_unref(batch);
  }
  print_message("SQLite: %.0f rows/s read\n", count * 1e9 / (double)(clock_monotonic_ns() - begin));
  assert_int_equal(count, 100000);
  assert_int_equal(sum, 5000050000);
  assert_int_equal(longest, 70000);
  rows->cls->close(rows);
}

/* A result that would fill the memory if the driver read it as a whole before the first row. */
static void rows_come_as_they_are_asked_for(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (a int)");
  DecodeField fields[] = {FIELD("i")};
  DecodeSpec spec = {.fields = fields, .fields_len = 1};
  Rows *rows;
  Batch *batch;
  OK(f, open_rows(f, "query=WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i %2B 1 FROM n WHERE i < 100000000000) "
                     "SELECT i FROM n", &spec, &rows));
  OK(f, rows->cls->next(rows, 100, &batch, &f->err));
  assert_int_equal(batch->rows, 100);
  batch_unref(batch);
  rows->cls->close(rows);
}

static void empty_tables_are_fine(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (a int)");
  DecodeSpec spec = {.payload = true};
  assert_string_equal(read_text(f, "table=t", &spec), "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(every_type_comes_out, setup, teardown),
    cmocka_unit_test_setup_teardown(fields_are_found_by_name, setup, teardown),
    cmocka_unit_test_setup_teardown(expressions_have_types, setup, teardown),
    cmocka_unit_test_setup_teardown(declared_types_are_checked, setup, teardown),
    cmocka_unit_test_setup_teardown(wrong_names_are_said_at_once, setup, teardown),
    cmocka_unit_test_setup_teardown(refresh_reads_anew, setup, teardown),
    cmocka_unit_test_setup_teardown(long_text_and_many_rows, setup, teardown),
    cmocka_unit_test_setup_teardown(rows_come_as_they_are_asked_for, setup, teardown),
    cmocka_unit_test_setup_teardown(empty_tables_are_fine, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
