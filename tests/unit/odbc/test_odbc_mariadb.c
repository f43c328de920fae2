/* test_odbc_mariadb.c: results into MariaDB and reference rows out of it, with a server of the test's own
** (tests/support/mariadb.sh). */
#include "odbc_server.h"

static Server server = {.script = "mariadb.sh", .driver = "Driver={MariaDB}"};

static int setup(void **state) {
  Fixture *f = malloc(sizeof *f);
  fixture_init(f);
  snprintf(f->connection, sizeof f->connection,
           "Driver={MariaDB};Server=127.0.0.1;Port=%s;Database=weir;UID=weir;PWD=secret", server.port);
  run_sql(f, "DROP TABLE IF EXISTS t, sums, flights");
  *state = f;
  return 0;
}

static int teardown(void **state) {
  fixture_release(*state);
  free(*state);
  return 0;
}

static void every_type_goes_in_and_comes_out(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (ti tinyint, b bigint, r float, d double, n decimal(10,2), s varchar(5), t longtext, "
             "bo boolean, ts datetime(6), da date, tm time(3), j json, bl blob)");
  SCHEMA(f, "TI", "b", "r", "d", "n", "s", "t", "bo", "ts", "da", "tm", "j", "bl");
  Ticks ticks;
  assert_true(datetime_parse("2026-01-02T03:04:05.9999999Z", 28, &ticks));
  char *longer = arena_alloc(&f->arena, 100001);
  memset(longer, 'x', 100000);
  Value values[] = {
    value_bigint(-128), value_bigint(INT64_MAX), value_float(1.5), value_float(0.1234567890123456), LITERAL("12.345"),
    LITERAL("h\xc3\xa9llo"), value_text((Str){longer, 100000}), value_bit(true), value_datetime(ticks),
    value_datetime(ticks), value_datetime(ticks), RECORD("{\"a\": [1]}"), LITERAL("\xc3\xa9"),
    value_null(), value_null(), value_null(), value_null(), value_null(), value_null(), value_null(), value_null(),
    value_null(), value_null(), value_null(), value_null(), value_null()};
  deliver(f, "table=t", 2, values);
  assert_string_equal(f->rejected.ptr ? f->rejected.ptr : "", "");
  assert_string_equal(
    rows_of(f, "SELECT concat_ws('|', ti, b, r, d, n, s, length(t), bo, ts, da, tm, j, hex(bl)) FROM t", 1),
    "-128|9223372036854775807|1.5|0.1234567890123456|12.35|h\xc3\xa9llo|100000|1|2026-01-02 03:04:05.999999|2026-01-02|"
    "03:04:05.999|{\"a\":[1]}|C3A9\n\n");
  const Str ts[] = {STR("TS")}, d[] = {STR("d")}, n[] = {STR("n")}, s[] = {STR("s")}, b[] = {STR("b")},
    da[] = {STR("da")};
  DecodeField fields[] = {{.path = ts, .depth = 1}, {.path = d, .depth = 1}, {.path = n, .depth = 1},
                          {.path = s, .depth = 1}, {.path = b, .depth = 1}, {.path = da, .depth = 1}};
  DecodeSpec spec = {.fields = fields, .fields_len = 6};
  assert_string_equal(read_text(f, "table=t", &spec),
    "\"2026-01-02T03:04:05.9999990Z\"|0.1234567890123456|12.35|\"h\xc3\xa9llo\"|9223372036854775807|"
    "\"2026-01-02T00:00:00.0000000Z\"\nnull|null|null|null|null|null\n");
}

static void rows_the_database_refuses_are_found(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (id integer PRIMARY KEY, v integer CHECK (v <> 13))");
  SCHEMA(f, "id", "v");
  enum { ROWS = 1000 };
  Value *values = arena_alloc(&f->arena, sizeof *values * ROWS * 2);
  for (int i = 0; i < ROWS; i++) {
    values[2 * i] = value_bigint(i == 700 ? 5 : i);
    values[2 * i + 1] = value_bigint(i == 300 ? 13 : i + 100);
  }
  deliver(f, "table=t", ROWS, values);
  assert_string_equal(rows_of(f, "SELECT count(*) FROM t", 1), "998\n");
  assert_int_equal(f->rejects, 2);
  assert_has(f->rejected.ptr, "300: the database refuses the row: CONSTRAINT `t.v` failed");
  assert_has(f->rejected.ptr, "700: the database refuses the row: Duplicate entry '5'");
}

static void upsert_skip_and_create(void **state) {
  Fixture *f = *state;
  SCHEMA(f, "k", "at", "v");
  f->schema.cols[0].types = MASK(TYPE_TEXT);
  f->schema.cols[1].types = MASK(TYPE_DATETIME);
  f->schema.cols[2].types = MASK(TYPE_BIGINT);
  Value at = value_datetime(TICKS_PER_DAY * 700000);
  Value values[] = {LITERAL("a"), at, value_bigint(1), LITERAL("b"), at, value_bigint(2), LITERAL("a"), at,
    value_bigint(3),
                    LITERAL("B"), at, value_bigint(4)}; /* the database's collation takes B for b */
  deliver(f, "table=sums&create=true&mode=upsert&key=k,at", 4, values);
  assert_string_equal(rows_of(f, "SELECT k, v FROM sums ORDER BY k", 2), "a|3\nb|4\n");
  values[2] = value_bigint(99);
  deliver(f, "table=sums&on-conflict=skip", 1, values);
  assert_string_equal(rows_of(f, "SELECT k, v FROM sums ORDER BY k", 2), "a|3\nb|4\n");
  assert_int_equal(f->rejects, 0);
}

static void stars_leave_defaults(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (id integer AUTO_INCREMENT PRIMARY KEY, name varchar(10) NOT NULL, n integer DEFAULT 7, "
             "twice integer AS (n * 2))");
  SCHEMA(f, "*");
  Value values[] = {RECORD("{\"NAME\":\"a\",\"n\":1}"), RECORD("{\"name\":\"b\"}"), RECORD("{\"twice\":1}")};
  deliver(f, "table=t", 3, values);
  assert_string_equal(rows_of(f, "SELECT id, name, n FROM t ORDER BY id", 3), "1|a|1\n2|b|7\n");
  assert_has(f->rejected.ptr, "2: table `t` takes no value for column `twice`");
}

static void wrong_logins_and_tables_are_named(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE flights (id integer NOT NULL, state varchar(2))");
  run_sql(f, "CREATE USER clerk IDENTIFIED BY 'ledger' PASSWORD EXPIRE");
  SCHEMA(f, "id", "delay");
  OPEN_FAILS(f, "table=flight", "there is no table `flight`", "there are: flights");
  OPEN_FAILS(f, "table=flights", "has no column `delay`; it has: id int(11), state varchar(2)");
  SCHEMA(f, "id", "state"); /* without an index MariaDB would add rows and never say a word */
  OPEN_FAILS(f, "table=flights&mode=upsert&key=id", "of just (id) in table `flights`; it has: none");
  snprintf(f->connection, sizeof f->connection,
           "Driver={MariaDB};Server=127.0.0.1;Port=%s;Database=weir;UID=weir;PWD=swordfish", server.port);
  OPEN_FAILS(f, "table=flights", "Access denied for user 'weir'");
  assert_null(strstr(f->err.message, "swordfish"));
  assert_has(f->err.hint, "check UID and PWD");
  snprintf(f->connection, sizeof f->connection,
           "Driver={MariaDB};Server=127.0.0.1;Port=%s;UID=clerk;PWD=ledger", server.port);
  OPEN_FAILS(f, "table=flights", "SET PASSWORD"); /* an expired password lets in, and no further */
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(every_type_goes_in_and_comes_out, setup, teardown),
    cmocka_unit_test_setup_teardown(rows_the_database_refuses_are_found, setup, teardown),
    cmocka_unit_test_setup_teardown(upsert_skip_and_create, setup, teardown),
    cmocka_unit_test_setup_teardown(stars_leave_defaults, setup, teardown),
    cmocka_unit_test_setup_teardown(wrong_logins_and_tables_are_named, setup, teardown),
  };
  return server_run(&server, tests, sizeof tests / sizeof *tests);
}
