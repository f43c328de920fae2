/* test_odbc_postgres.c: results into PostgreSQL and reference rows out of it, with a server of the test's own
** (tests/support/postgres.sh), which is killed and started again under a sink. */
#include "odbc_server.h"

#include <pthread.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>

static Server server = {.script = "postgres.sh", .driver = "Driver={PostgreSQL}"};

static int setup(void **state) {
  Fixture *f = malloc(sizeof *f);
  fixture_init(f);
  snprintf(f->connection, sizeof f->connection,
           "Driver={PostgreSQL};Server=127.0.0.1;Port=%s;Database=weir;UID=weir;PWD=secret", server.port);
  run_sql(f, "DROP SCHEMA public CASCADE");
  run_sql(f, "CREATE SCHEMA public");
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
  run_sql(f, "CREATE TABLE t (si smallint, i integer, b bigint, r real, d double precision, n numeric(10,2), "
             "s varchar(5), c char(3), t text, bo boolean, ts timestamp, tz timestamptz(3), da date, ti time, j jsonb, "
             "u uuid, bl bytea, \"Gr\xc3\xb6\xc3\x9f" "e\" numeric)");
  SCHEMA(f, "si", "i", "b", "r", "d", "n", "s", "c", "t", "bo", "ts", "tz", "da", "ti", "j", "u", "bl",
         "gr\xc3\xb6\xc3\x9f" "e");
  Ticks ticks;
  assert_true(datetime_parse("2026-01-02T03:04:05.9999999Z", 28, &ticks));
  char *longer = arena_alloc(&f->arena, 100001);
  memset(longer, 'x', 100000);
  Value values[] = {
    value_bigint(-32768), value_float(7), value_bigint(INT64_MAX), value_float(1.5), value_float(0.1234567890123456),
    LITERAL("12.345"), LITERAL("h\xc3\xa9llo"), LITERAL("ab"), value_text((Str){longer, 100000}), value_bit(true),
    value_datetime(ticks), value_datetime(ticks), value_datetime(ticks), value_datetime(ticks),
    RECORD("{\"a\": [1, null]}"), LITERAL("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"), LITERAL("\xc3\xa9"),
    value_float(0.1),
    value_null(), value_null(), value_null(), value_null(), value_null(), value_null(), value_null(), value_null(),
    value_null(), value_null(), value_null(), value_null(), value_null(), value_null(), value_null(), value_null(),
    value_null(), value_null(),
    value_bit(true), LITERAL("12"), value_bigint(0), value_bigint(2), value_bigint(3), value_bigint(-4),
    value_bigint(5),
    value_float(1.5), value_datetime(0), LITERAL("false"), LITERAL("2026-01-02"), LITERAL("2026-01-02T01:00:00+01:00"),
    LITERAL("2026-01-02T23:00:00Z"), LITERAL("2026-01-02T23:00:00.25Z"), LITERAL("[1]"),
    LITERAL("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), RECORD("{}"), value_bigint(INT64_MIN)};
  deliver(f, "table=T", 3, values);
  assert_string_equal(f->rejected.ptr ? f->rejected.ptr : "", "");
  assert_string_equal(
    rows_of(f, "SELECT concat_ws('|', si, i, b, r, d, n, s, c, length(t), bo, ts, tz, da, ti, j, u, encode(bl, 'hex'), "
               "\"Gr\xc3\xb6\xc3\x9f" "e\") FROM t", 1),
    "-32768|7|9223372036854775807|1.5|0.1234567890123456|12.35|h\xc3\xa9llo|ab |100000|t|2026-01-02 03:04:05.999999|"
    "2026-01-02 03:04:05.999+00|2026-01-02|03:04:05.999999|{\"a\": [1, "
    "null]}|a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|c3a9|0.1\n"
    "\n"
    "1|12|0|2|3|-4.00|5|1.5|28|f|2026-01-02 00:00:00|2026-01-02 00:00:00+00|2026-01-02|23:00:00.25|[1]|"
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|7b7d|-9223372036854775808\n");
}

static void every_type_comes_out(void **state) {
  Fixture *f = *state;
  run_sql(f,
    "CREATE TABLE t (si smallint, b bigint, r real, d double precision, n numeric, s varchar, c char(3), t text, "
             "bo boolean, ts timestamp, tz timestamptz, da date, ti time, j jsonb, u uuid, bl bytea)");
  run_sql(f, "INSERT INTO t VALUES (1, 9007199254740993, 0.1, 0.12345678901234568, 1234567890.123456789012345, "
             "'h\xc3\xa9llo', 'ab', repeat('y', 70000), true, '2026-01-02 03:04:05.123456', '2026-01-02 03:04:05+01', "
             "'2026-01-02', '12:34:56', '{\"a\": 1}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '\\x00ff')");
  run_sql(f, "INSERT INTO t (d, n, j) VALUES ('NaN', 'NaN', '\"x\"')");
  DecodeSpec spec = {.payload = true};
  StrBuf y = {0};
  for (int i = 0; i < 70000; i++) strbuf_putc(&y, 'y');
  const char *wanted = arena_printf(&f->arena,
    "{\"si\":1,\"b\":9007199254740993,\"r\":0.1,\"d\":0.12345678901234568,\"n\":1234567890.1234567,"
    "\"s\":\"h\xc3\xa9llo\",\"c\":\"ab\",\"t\":\"%s\",\"bo\":true,\"ts\":\"2026-01-02T03:04:05.1234560Z\","
    "\"tz\":\"2026-01-02T02:04:05.0000000Z\",\"da\":\"2026-01-02T00:00:00.0000000Z\",\"ti\":\"12:34:56\","
    "\"j\":{\"a\":1},\"u\":\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\",\"bl\":\"00ff\"}\n"
    "{\"si\":null,\"b\":null,\"r\":null,\"d\":null,\"n\":null,\"s\":null,\"c\":null,\"t\":null,\"bo\":null,"
    "\"ts\":null,\"tz\":null,\"da\":null,\"ti\":null,\"j\":\"\\\"x\\\"\",\"u\":null,\"bl\":null}\n", y.ptr).ptr;
  assert_string_equal(read_text(f, "table=t", &spec), wanted);
  strbuf_release(&y);
}

static void rows_the_database_refuses_are_found(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (id integer PRIMARY KEY, v integer CHECK (v <> 13), u uuid)");
  SCHEMA(f, "id", "v", "u");
  enum { ROWS = 3000 };
  Value *values = arena_alloc(&f->arena, sizeof *values * ROWS * 3);
  for (int i = 0; i < ROWS; i++) {
    values[3 * i] = value_bigint(i == 2700 ? 5 : i);
    values[3 * i + 1] = value_bigint(i == 300 ? 13 : i + 100);
    values[3 * i + 2] = i == 1000 ? LITERAL("no uuid") : value_null();
  }
  deliver(f, "table=t", ROWS, values);
  assert_string_equal(rows_of(f, "SELECT count(*) FROM t", 1), "2997\n");
  assert_int_equal(f->rejects, 3);
  assert_has(f->rejected.ptr, "300: the database refuses the row: ERROR: new row for relation \"t\" violates check");
  assert_has(f->rejected.ptr, "1000: the database refuses the row: ERROR: invalid input syntax for type uuid");
  assert_has(f->rejected.ptr, "2700: the database refuses the row: ERROR: duplicate key value violates unique");
}

static void upsert_and_skip(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE SCHEMA other");
  run_sql(f, "CREATE TABLE other.\"Sums\" (k text, day date, v integer CHECK (v < 100), PRIMARY KEY (k, day))");
  SCHEMA(f, "day", "K", "v");
  Value values[] = {LITERAL("2026-01-01"), LITERAL("a"), value_bigint(2), LITERAL("2026-01-01"), LITERAL("b"),
                    value_bigint(3), LITERAL("2026-01-01"), LITERAL("a"), value_bigint(4), LITERAL("2026-01-01"),
                    LITERAL("b"), value_bigint(500)};
  deliver(f, "table=other.sums&mode=upsert&key=k,day", 4, values);
  assert_string_equal(rows_of(f, "SELECT k, v FROM other.\"Sums\" ORDER BY k", 2), "a|4\nb|3\n");
  assert_int_equal(f->rejects, 1);
  values[2] = value_bigint(99);
  deliver(f, "table=other.sums&on-conflict=skip", 1, values);
  assert_string_equal(rows_of(f, "SELECT k, v FROM other.\"Sums\" ORDER BY k", 2), "a|4\nb|3\n");
  run_sql(f, "DROP SCHEMA other CASCADE");
}

static void create_makes_the_table(void **state) {
  Fixture *f = *state;
  SCHEMA(f, "State", "at", "n", "mean", "ok", "rec", "more");
  TypeMask types[] = {MASK(TYPE_TEXT), MASK(TYPE_DATETIME), MASK(TYPE_BIGINT), MASK_NUMBER, MASK(TYPE_BIT),
                      MASK(TYPE_RECORD), MASK_ANY};
  for (int i = 0; i < 7; i++) f->schema.cols[i].types = types[i];
  Value values[] = {LITERAL("NY"), value_datetime(TICKS_PER_DAY * 700000), value_bigint(1), value_bigint(2),
                    value_bit(false), RECORD("{}"), LITERAL("x")};
  deliver(f, "table=sums&create=true&mode=upsert&key=state,at", 1, values);
  deliver(f, "table=sums&create=true&mode=upsert&key=state,at", 1, values);
  assert_string_equal(rows_of(f, "SELECT concat_ws('|', \"State\", at, n, mean, ok, rec, more) FROM sums", 1),
                      "NY|1917-07-16 00:00:00|1|2|f|{}|x\n");
}

static void stars_leave_defaults(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY, name text NOT NULL, n integer DEFAULT 7)");
  SCHEMA(f, "*");
  Value values[] = {RECORD("{\"NAME\":\"a\",\"n\":1}"), RECORD("{\"name\":\"b\"}"), RECORD("{\"name\":\"c\",\"x\":1}")};
  deliver(f, "table=t", 3, values);
  assert_string_equal(rows_of(f, "SELECT id, name, n FROM t ORDER BY id", 3), "1|a|1\n2|b|7\n");
  assert_has(f->rejected.ptr, "2: table `t` has no column `x`");
}

static void wrong_tables_are_named(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE flights (id integer NOT NULL, state varchar(2))");
  SCHEMA(f, "id", "delay");
  OPEN_FAILS(f, "table=flight", "there is no table `flight`", "PWD=***", "there are: flights");
  OPEN_FAILS(f, "table=flights", "has no column `delay`; it has: id integer, state character varying(2)");
  SCHEMA(f, "state");
  OPEN_FAILS(f, "table=flights", "column `id` of table `flights` is NOT NULL without a default");
  SCHEMA(f, "id", "state");
  OPEN_FAILS(f, "table=flights&mode=upsert&key=id", "of just (id) in table `flights`; it has: none");
  run_sql(f, "CREATE UNIQUE INDEX u ON flights (state, id); CREATE UNIQUE INDEX only_some ON flights (id) WHERE id > 3;"
             "CREATE UNIQUE INDEX more ON flights (state) INCLUDE (id)");
  OPEN_FAILS(f, "table=flights&mode=upsert&key=id", "it has: (id, state), (state)");
}

/* A socket that accepts and never answers. */
static int silent_server(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof at;
  assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
  assert_int_equal(listen(fd, 5), 0);
  getsockname(fd, (struct sockaddr *)&at, &len);
  snprintf(server.port, sizeof server.port, "%d", ntohs(at.sin_port));
  return fd;
}

static void connect_to(Fixture *f, const char *port, const char *password) {
  snprintf(f->connection, sizeof f->connection,
           "Driver={PostgreSQL Unicode};Server=127.0.0.1;Port=%s;Database=weir;UID=weir;PWD=%s", port, password);
}

static void servers_that_do_not_let_us_in(void **state) {
  Fixture *f = *state;
  SCHEMA(f, "id");
  connect_to(f, server.port, "swordfish");
  OPEN_FAILS(f, "table=t", "password authentication failed for user \"weir\"");
  assert_null(strstr(f->err.message, "swordfish"));
  assert_has(f->err.hint, "check UID and PWD");
  assert_false(f->err.retriable);
  connect_to(f, "1", "secret");
  OPEN_FAILS(f, "table=t", "cannot connect to odbc:Driver={PostgreSQL Unicode};Server=127.0.0.1;Port=1;", "PWD=***",
             "Connection refused");
  char port[16];
  memcpy(port, server.port, sizeof port);
  int fd = silent_server();
  connect_to(f, server.port, "secret");
  int64_t begin = clock_monotonic_ns();
  OPEN_FAILS(f, "table=t&login-timeout=2s", "timeout expired");
  assert_true(clock_monotonic_ns() - begin < 6000000000);
  assert_has(f->err.hint, "does not answer");
  close(fd);
  memcpy(server.port, port, sizeof port);
}

static void *restart_server(void *arg) {
  (void)arg;
  clock_sleep_ms(1000);
  server_start(&server);
  return NULL;
}

static void a_killed_server_is_ridden_out(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (id integer PRIMARY KEY)");
  SCHEMA(f, "id");
  Sink *sink;
  OK(f, open_sink(f, "table=t&retry-timeout=60s", &sink));
  for (int round = 0; round < 3; round++) {
    Value values[100];
    for (int i = 0; i < 100; i++) values[i] = value_bigint(round * 100 + i);
    write_rows(f, sink, 1, 100, values);
    pthread_t thread;
    if (round == 1) {
      server_do(&server, "kill", NULL, 0);
      pthread_create(&thread, NULL, restart_server, NULL);
    }
    OK(f, sink->cls->flush(sink, &f->err));
    if (round == 1) pthread_join(thread, NULL);
  }
  OK(f, sink->cls->close(sink, &f->err));
  assert_int_equal(f->rejects, 0);
  assert_string_equal(rows_of(f, "SELECT count(*), min(id), max(id) FROM t", 3), "300|0|299\n");
}

static void a_server_that_stays_away_is_reported(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (id integer)");
  SCHEMA(f, "id");
  Sink *sink;
  OK(f, open_sink(f, "table=t&retry-timeout=1s", &sink));
  Value values[] = {value_bigint(1)};
  write_rows(f, sink, 1, 1, values);
  server_do(&server, "kill", NULL, 0);
  assert_int_equal(sink->cls->flush(sink, &f->err), STATUS_WORLD);
  assert_has(f->err.message, "1 rows waiting");
  assert_true(f->err.retriable);
  char state_text[64];
  sink->cls->state(sink, state_text, sizeof state_text);
  assert_has(state_text, "retrying:");
  assert_true(server_start(&server));
  OK(f, sink->cls->flush(sink, &f->err));
  OK(f, sink->cls->close(sink, &f->err));
  assert_string_equal(rows_of(f, "SELECT id FROM t", 1), "1\n");
}

/* Two transactions that lock two rows in opposite order: the server ends one of them. */
static void *lock_backwards(void *arg) {
  Fixture *f = arg;
  Error err;
  OdbcTarget target;
  OdbcClient client;
  Arena arena;
  arena_init(&arena);
  odbc_target_parse(&arena, str_from(f->connection), ODBC_WRITE, "lock", &target, &err);
  client_init(&client, &target, "lock", 5 * TICKS_PER_SECOND);
  if (client_connect(&client, &err) == STATUS_OK) {
    client_run(&client, STR("SET deadlock_timeout = '10s'"), &err); /* so that the sink is the victim */
    client_run(&client, STR("UPDATE t SET v = 1 WHERE id = 2"), &err);
    clock_sleep_ms(800);
    client_run(&client, STR("UPDATE t SET v = 1 WHERE id = 1"), &err);
    client_commit(&client, &err);
  }
  client_release(&client);
  arena_release(&arena);
  return NULL;
}

static void deadlocks_are_retried(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (id integer PRIMARY KEY, v integer)");
  run_sql(f, "INSERT INTO t VALUES (1, 0), (2, 0)");
  SCHEMA(f, "id", "v");
  Sink *sink;
  OK(f, open_sink(f, "table=t&mode=upsert&key=id&batch-rows=1", &sink));
  Value values[] = {value_bigint(1), value_bigint(7), value_bigint(2), value_bigint(8)};
  write_rows(f, sink, 2, 2, values);
  pthread_t thread;
  pthread_create(&thread, NULL, lock_backwards, f);
  clock_sleep_ms(400);
  OK(f, sink->cls->flush(sink, &f->err));
  pthread_join(thread, NULL);
  OK(f, sink->cls->close(sink, &f->err));
  assert_int_equal(f->rejects, 0);
  assert_string_equal(rows_of(f, "SELECT id, v FROM t ORDER BY id", 2), "1|7\n2|8\n");
}

static void a_table_altered_under_the_sink(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (id integer)");
  SCHEMA(f, "id");
  Sink *sink;
  OK(f, open_sink(f, "table=t", &sink));
  Value values[] = {value_bigint(1)};
  write_rows(f, sink, 1, 1, values);
  OK(f, sink->cls->flush(sink, &f->err));
  run_sql(f, "ALTER TABLE t RENAME COLUMN id TO other");
  write_rows(f, sink, 1, 1, values);
  assert_int_equal(sink->cls->flush(sink, &f->err), STATUS_WORLD);
  assert_has(f->err.message, "column \"id\" of relation \"t\" does not exist");
  assert_int_equal(f->rejects, 0);
  OK(f, sink->cls->close(sink, &f->err));
}

static void many_rows(void **state) {
  Fixture *f = *state;
  run_sql(f, "CREATE TABLE t (id bigint, state varchar(20), late double precision, at timestamp)");
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
  print_message("PostgreSQL: %.0f rows/s written\n", ROWS * 1e9 / (double)spent);
  assert_string_equal(rows_of(f, "SELECT count(*), sum(id), sum(late) FROM t", 3), "100000|4999950000|1249987500\n");

  DecodeField fields[] = {{.path = (const Str[]){STR("ID")}, .depth = 1}, {.path = (const Str[]){STR("state")},
    .depth = 1}};
  DecodeSpec spec = {.fields = fields, .fields_len = 2};
  Rows *rows;
  OK(f, open_rows(f, "table=t", &spec, &rows));
  uint32_t read = 0;
  begin = clock_monotonic_ns();
  for (Batch *batch;; batch_unref(batch)) {
    OK(f, rows->cls->next(rows, 2048, &batch, &f->err));
    if (batch == NULL) break;
    read += batch->rows;
  }
  print_message("PostgreSQL: %.0f rows/s read\n", read * 1e9 / (double)(clock_monotonic_ns() - begin));
  assert_int_equal(read, ROWS);
  rows->cls->close(rows);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(every_type_goes_in, setup, teardown),
    cmocka_unit_test_setup_teardown(every_type_comes_out, setup, teardown),
    cmocka_unit_test_setup_teardown(rows_the_database_refuses_are_found, setup, teardown),
    cmocka_unit_test_setup_teardown(upsert_and_skip, setup, teardown),
    cmocka_unit_test_setup_teardown(create_makes_the_table, setup, teardown),
    cmocka_unit_test_setup_teardown(stars_leave_defaults, setup, teardown),
    cmocka_unit_test_setup_teardown(wrong_tables_are_named, setup, teardown),
    cmocka_unit_test_setup_teardown(servers_that_do_not_let_us_in, setup, teardown),
    cmocka_unit_test_setup_teardown(a_killed_server_is_ridden_out, setup, teardown),
    cmocka_unit_test_setup_teardown(a_server_that_stays_away_is_reported, setup, teardown),
    cmocka_unit_test_setup_teardown(deadlocks_are_retried, setup, teardown),
    cmocka_unit_test_setup_teardown(a_table_altered_under_the_sink, setup, teardown),
    cmocka_unit_test_setup_teardown(many_rows, setup, teardown),
  };
  return server_run(&server, tests, sizeof tests / sizeof *tests);
}
