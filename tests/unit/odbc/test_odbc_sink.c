/* test_odbc_sink.c: results into SQLite through its driver: what goes in, what is refused, and what is said. */
#include "odbc_fixture.h"

#include <pthread.h>

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

static void every_type_goes_in(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (i bigint, f double, d decimal(10,2), s varchar(20), l text, b boolean, ts datetime, "
             "da date, x)");
  SCHEMA(f, "I", "f", "d", "s", "l", "b", "ts", "da", "x");
  Ticks ticks;
  assert_true(datetime_parse("2026-01-02T03:04:05.1234567Z", 28, &ticks));
  char *longer = arena_alloc(&f->arena, 100001);
  memset(longer, 'x', 100000);
  Value values[] = {
    value_bigint(INT64_MAX), value_float(0.1234567890123456), value_float(12.5), LITERAL("h\xc3\xa9llo"),
    value_text((Str){longer, 100000}), value_bit(true), value_datetime(ticks), value_datetime(ticks),
    RECORD("{\"a\": 1}"),
    value_null(), value_null(), value_null(), value_null(), value_null(), value_null(), value_null(), value_null(),
    value_null(),
    value_float(5.0), value_bigint(7), value_bigint(3), value_bigint(42), value_float(1.5), value_bigint(0),
    LITERAL("2026-01-02"), LITERAL("2026-01-02 23:00:00"), value_float(2.5)};
  deliver(f, "table=t", 3, values);
  assert_string_equal(f->rejected.ptr ? f->rejected.ptr : "", "");
  const char *rows = rows_of(f,
    "SELECT i, CASE WHEN f IS NOT NULL THEN printf('%!.17g', f) END, d, s, length(l), b, ts, da, x, typeof(i), "
    "typeof(d), "
                                "typeof(b) FROM t", 12);
  assert_string_equal(rows,
    "9223372036854775807|0.12345678901234559|12.5|h\xc3\xa9llo|100000|1|2026-01-02T03:04:05.1234567Z|2026-01-02|"
    "{\"a\":1}|integer|real|integer\n"
    "|||||||||null|null|null\n"
    "5|7.0|3|42|3|0|2026-01-02T00:00:00.0000000Z|2026-01-02|2.5|integer|integer|integer\n");
}

static void a_value_that_does_not_fit_costs_its_row(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (id int NOT NULL, small smallint, name varchar(3), at datetime)");
  SCHEMA(f, "id", "small", "name", "at");
  Value values[] = {
    value_bigint(1), value_bigint(1), LITERAL("abc"), LITERAL("2026-01-01"),
    LITERAL("not a number"), value_bigint(1), LITERAL("abc"), value_null(),
    value_bigint(3), value_bigint(40000), LITERAL("abc"), value_null(),
    value_bigint(4), value_bigint(1), LITERAL("abcd"), value_null(),
    value_bigint(5), value_bigint(1), LITERAL("\xc3\xa4\xc3\xb6\xc3\xbc"), value_null(),
    value_null(), value_bigint(1), LITERAL("abc"), value_null(),
    value_bigint(7), value_float(1.5), LITERAL("abc"), value_null(),
    value_bigint(8), value_bigint(1), LITERAL("abc"), LITERAL("yesterday")};
  deliver(f, "table=t", 8, values);
  assert_string_equal(rows_of(f, "SELECT id FROM t ORDER BY id", 1), "1\n5\n");
  assert_int_equal(f->rejects, 6);
  assert_has(f->rejected.ptr, "1: column `id` is nvarchar(max) \"not a number\", which is no INT");
  assert_has(f->rejected.ptr, "2: column `small` is 40000, out of the range of smallint (-32768 to 32767)");
  assert_has(f->rejected.ptr, "3: column `name` has 4 characters, more than varchar(3) holds");
  assert_has(f->rejected.ptr, "5: column `id` is NULL, which the table does not allow");
  assert_has(f->rejected.ptr, "6: column `small` is 1.5, and smallint holds no fractions");
  assert_has(f->rejected.ptr, "7: column `at` is nvarchar(max) \"yesterday\", which is no datetime");
}

static void rows_the_database_refuses_are_found(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (id integer PRIMARY KEY, v int CHECK (v <> 13))");
  SCHEMA(f, "id", "v");
  enum { ROWS = 1000 };
  Value *values = arena_alloc(&f->arena, sizeof *values * ROWS * 2);
  for (int i = 0; i < ROWS; i++) {
    values[2 * i] = value_bigint(i == 700 ? 5 : i);       /* twice the key 5 */
    values[2 * i + 1] = value_bigint(i == 300 ? 13 : i + 100);
  }
  deliver(f, "table=t&transaction-rows=400", ROWS, values);
  assert_string_equal(rows_of(f, "SELECT count(*) FROM t", 1), "998\n");
  assert_int_equal(f->rejects, 2);
  assert_has(f->rejected.ptr, "300: the database refuses the row: CHECK constraint failed");
  assert_has(f->rejected.ptr, "700: the database refuses the row: UNIQUE constraint failed: t.id");
}

static void upsert_keeps_the_last(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (k text, day int, v int CHECK (v < 100), PRIMARY KEY (k, day))");
  run_sql(f, "INSERT INTO t VALUES ('old', 1, 1), ('a', 1, 1)");
  SCHEMA(f, "day", "K", "v");
  Value values[] = {value_bigint(1), LITERAL("a"), value_bigint(2), value_bigint(1), LITERAL("b"), value_bigint(3),
                    value_bigint(1), LITERAL("a"), value_bigint(4), value_bigint(2), LITERAL("a"), value_bigint(5),
                    value_bigint(1), LITERAL("b"), value_bigint(500), value_null(), LITERAL("b"), value_bigint(1)};
  deliver(f, "table=T&mode=upsert&key=k,day", 6, values);
  assert_string_equal(rows_of(f, "SELECT k, day, v FROM t ORDER BY k, day", 3), "a|1|4\na|2|5\nb|1|3\nold|1|1\n");
  assert_int_equal(f->rejects, 2);
  assert_has(f->rejected.ptr, "4: the database refuses the row: CHECK");
  assert_has(f->rejected.ptr, "5: column `day` is NULL, which no key may be");
}

static void skip_leaves_what_is_there(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (k int PRIMARY KEY, v int)");
  run_sql(f, "INSERT INTO t VALUES (1, 1)");
  SCHEMA(f, "k", "v");
  Value values[] = {value_bigint(1), value_bigint(2), value_bigint(2), value_bigint(2)};
  deliver(f, "table=t&on-conflict=skip", 2, values);
  assert_string_equal(rows_of(f, "SELECT k, v FROM t ORDER BY k", 2), "1|1\n2|2\n");
  assert_int_equal(f->rejects, 0);
}

static void create_makes_the_table(void **state) {
  Fixture *f = *state;
  SCHEMA(f, "State", "WindowEnd", "count", "mean", "ok", "more");
  TypeMask types[] = {MASK(TYPE_TEXT), MASK(TYPE_DATETIME) | MASK(TYPE_NULL), MASK(TYPE_BIGINT), MASK_NUMBER,
                      MASK(TYPE_BIT), MASK_ANY};
  for (int i = 0; i < 6; i++) f->schema.cols[i].types = types[i];
  Value values[] = {LITERAL("NY"), value_datetime(0), value_bigint(1), value_bigint(2), value_bit(false), LITERAL("x")};
  deliver(f, "table=sums&create=true&mode=upsert&key=state,windowend", 1, values);
  deliver(f, "table=sums&create=true&mode=upsert&key=state,windowend", 1, values);
  assert_string_equal(rows_of(f, "SELECT * FROM sums", 6), "NY|0001-01-01T00:00:00.0000000Z|1|2.0|0|x\n");
  assert_string_equal(rows_of(f, "SELECT name, lower(type), pk FROM pragma_table_info('sums')", 3),
                      "State|text|1\nWindowEnd|datetime|2\ncount|bigint|0\nmean|double|0\nok|boolean|0\nmore|text|0\n");
}

static void stars_map_by_name(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (id integer PRIMARY KEY, name text NOT NULL, n int DEFAULT 7, extra text, "
             "twice int AS (n * 2))");
  SCHEMA(f, "*", "extra");
  Value values[] = {RECORD("{\"NAME\":\"a\",\"n\":1}"), LITERAL("e1"), RECORD("{\"name\":\"b\"}"), LITERAL("e2"),
                    RECORD("{\"name\":\"c\",\"color\":1}"), value_null(), RECORD("{\"n\":3}"), value_null(),
                    RECORD("{\"extra\":\"mine\",\"na\\u006de\":\"d\"}"), LITERAL("other"),
                    RECORD("{\"name\":\"x\",\"twice\":3}"), value_null()};
  deliver(f, "table=t", 6, values);
  assert_string_equal(rows_of(f, "SELECT id, name, n, extra FROM t ORDER BY id", 4),
    "1|a|1|e1\n2|b|7|e2\n3|d|7|mine\n");
  assert_int_equal(f->rejects, 3);
  assert_has(f->rejected.ptr, "2: table `t` has no column `color`");
  assert_has(f->rejected.ptr, "3: the row has no field for column `name`, which is NOT NULL without a default");
  assert_has(f->rejected.ptr, "5: table `t` takes no value for column `twice`");
}

static void wrong_tables_are_named(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE flights (id int NOT NULL, state text, late double, sum int AS (id + 1))");
  SCHEMA(f, "id", "state");
  OPEN_FAILS(f, "table=flight", "there is no table `flight` in odbc:Driver={SQLite3}", "there are: flights");
  SCHEMA(f, "id", "delay");
  OPEN_FAILS(f, "table=flights", "table `flights` has no column `delay`", "late double");
  SCHEMA(f, "state");
  OPEN_FAILS(f, "table=flights", "column `id` of table `flights` is NOT NULL without a default");
  SCHEMA(f, "id", "sum");
  OPEN_FAILS(f, "table=flights", "column `sum` of table `flights` is computed by the database");
  SCHEMA(f, "id", "ID");
  OPEN_FAILS(f, "table=flights", "two columns of the query go to column");
  SCHEMA(f, "id", "late");
  f->schema.cols[1].types = MASK(TYPE_DATETIME) | MASK(TYPE_NULL);
  OPEN_FAILS(f, "table=flights",
    "column `late` of the query is datetime, but column `late` of table `flights` is double");
  SCHEMA(f, "id", "state");
  OPEN_FAILS(f, "table=flights&mode=upsert", "mode=upsert needs key=");
  OPEN_FAILS(f, "table=flights&mode=upsert&key=nope", "has no column `nope` (named by key=)");
  OPEN_FAILS(f, "table=flights&mode=upsert&key=late", "key column `late` is not among the query's columns");
  OPEN_FAILS(f, "table=flights&mode=upsert&key=id", "needs a primary key or unique index of just (id) in table "
             "`flights`; it has: none");
  run_sql(f, "CREATE UNIQUE INDEX u ON flights (state, id)");
  OPEN_FAILS(f, "table=flights&mode=upsert&key=id", "it has: (state, id)");
  run_sql(f, "CREATE UNIQUE INDEX part ON flights (id) WHERE id > 3");
  OPEN_FAILS(f, "table=flights&mode=upsert&key=id", "it has: (state, id)");
  OPEN_FAILS(f, "mode=append", "table");
  OPEN_FAILS(f, "table=flights&mod=append", "mod");
  SCHEMA(f, "*");
  OPEN_FAILS(f, "table=new&create=true", "create=true cannot make table `new`");
}

static void missing_files_are_not_made(void **state) {
  Fixture *f = *state;
  SCHEMA(f, "id");
  OPEN_FAILS(f, "table=t", "cannot connect to odbc:Driver={SQLite3};Database=");
  assert_has(f->err.hint, "test.db");
  assert_int_not_equal(access(f->where.target.ptr + strlen("Driver={SQLite3};Database="), F_OK), 0);
}

/* Another program holds the file's lock for a while. */
static void *hold_lock(void *arg) {
  Fixture *f = arg;
  Error err;
  OdbcTarget target;
  OdbcClient client;
  Arena arena;
  arena_init(&arena);
  odbc_target_parse(&arena, str_from(f->connection), ODBC_WRITE, "lock", &target, &err);
  client_init(&client, &target, "lock", TICKS_PER_SECOND);
  if (client_connect(&client, &err) == STATUS_OK) client_run(&client, STR("UPDATE t SET id = id"), &err);
  clock_sleep_ms(1500);
  client_release(&client);
  arena_release(&arena);
  return NULL;
}

static void a_locked_database_is_retried(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (id int)");
  run_sql(f, "INSERT INTO t VALUES (0)");
  SCHEMA(f, "id");
  Sink *sink;
  OK(f, open_sink(f, "table=t&retry-timeout=20s", &sink));
  Value values[] = {value_bigint(1)};
  write_rows(f, sink, 1, 1, values);
  pthread_t thread;
  pthread_create(&thread, NULL, hold_lock, f);
  clock_sleep_ms(300);
  OK(f, sink->cls->flush(sink, &f->err));
  pthread_join(thread, NULL);
  OK(f, sink->cls->close(sink, &f->err));
  assert_string_equal(rows_of(f, "SELECT id FROM t ORDER BY id", 1), "0\n1\n");
}

static void retries_end(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (id int)");
  SCHEMA(f, "id");
  Sink *sink;
  OK(f, open_sink(f, "table=t&retry-timeout=500ms", &sink));
  Value values[] = {value_bigint(1)};
  write_rows(f, sink, 1, 1, values);
  pthread_t thread;
  pthread_create(&thread, NULL, hold_lock, f);
  clock_sleep_ms(300);
  assert_int_equal(sink->cls->flush(sink, &f->err), STATUS_WORLD);
  assert_has(f->err.message, "database is locked");
  assert_has(f->err.message, "1 rows waiting");
  pthread_join(thread, NULL);
  OK(f, sink->cls->flush(sink, &f->err));
  OK(f, sink->cls->close(sink, &f->err));
  assert_string_equal(rows_of(f, "SELECT id FROM t", 1), "1\n");
}

static void many_rows(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (id bigint, state varchar(20), late double, at datetime)");
  SCHEMA(f, "id", "state", "late", "at");
  enum { ROWS = 100000, PIECE = 2048 };
  Sink *sink;
  OK(f, open_sink(f, "table=t", &sink));
  Value *values = arena_alloc(&f->arena, sizeof *values * PIECE * 4);
  int64_t spent = 0;
  for (int first = 0; first < ROWS; first += PIECE) {
    int count = ROWS - first < PIECE ? ROWS - first : PIECE;
    for (int i = 0; i < count; i++) {
      values[4 * i] = value_bigint(first + i);
      values[4 * i + 1] = LITERAL("North Carolina");
      values[4 * i + 2] = value_float((first + i) * 0.25);
      values[4 * i + 3] = value_datetime(TICKS_PER_DAY * 700000 + first + i);
    }
    Batch *batch = batch_of(4, (unsigned)count, values);
    int64_t begin = clock_monotonic_ns();
    OK(f, sink->cls->write(sink, batch, &f->err));
    spent += clock_monotonic_ns() - begin;
    batch_unref(batch);
  }
  int64_t begin = clock_monotonic_ns();
  OK(f, sink->cls->flush(sink, &f->err));
  spent += clock_monotonic_ns() - begin;
  OK(f, sink->cls->close(sink, &f->err));
  print_message("SQLite: %.0f rows/s written\n", ROWS * 1e9 / (double)spent);
  assert_string_equal(rows_of(f, "SELECT count(*), sum(id), sum(late) FROM t", 3), "100000|4999950000|1249987500.0\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(every_type_goes_in, setup, teardown),
    cmocka_unit_test_setup_teardown(a_value_that_does_not_fit_costs_its_row, setup, teardown),
    cmocka_unit_test_setup_teardown(rows_the_database_refuses_are_found, setup, teardown),
    cmocka_unit_test_setup_teardown(upsert_keeps_the_last, setup, teardown),
    cmocka_unit_test_setup_teardown(skip_leaves_what_is_there, setup, teardown),
    cmocka_unit_test_setup_teardown(create_makes_the_table, setup, teardown),
    cmocka_unit_test_setup_teardown(stars_map_by_name, setup, teardown),
    cmocka_unit_test_setup_teardown(wrong_tables_are_named, setup, teardown),
    cmocka_unit_test_setup_teardown(missing_files_are_not_made, setup, teardown),
    cmocka_unit_test_setup_teardown(a_locked_database_is_retried, setup, teardown),
    cmocka_unit_test_setup_teardown(retries_end, setup, teardown),
    cmocka_unit_test_setup_teardown(many_rows, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
