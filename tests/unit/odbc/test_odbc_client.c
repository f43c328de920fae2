/* test_odbc_client.c: connection strings, drivers, what failures mean, and the statements of every dialect. */
#include "odbc_fixture.h"

#include "connectors/odbc/odbc_insert_sql.h"

static OdbcFault fault(const char *sqlstate, int native, const char *message, const char *dbms) {
  return fault_classify(sqlstate, native, str_from(message), dialect_of_dbms(str_from(dbms)));
}

static void failures_have_classes(void **state) {
  (void)state;
  assert_int_equal(fault("23505", 1, "duplicate key ... (text)=(connection refused)", "PostgreSQL"), FAULT_DATA);
  assert_int_equal(fault("22P02", 1, "invalid input syntax", "PostgreSQL"), FAULT_DATA);
  assert_int_equal(fault("40P01", 1, "deadlock detected", "PostgreSQL"), FAULT_AGAIN);
  assert_int_equal(fault("40001", 1, "could not serialize", "PostgreSQL"), FAULT_AGAIN);
  assert_int_equal(fault("57P01", 1, "terminating connection due to administrator command", "PostgreSQL"), FAULT_LOST);
  assert_int_equal(fault("08S01", 1, "", "MariaDB"), FAULT_LOST);
  assert_int_equal(fault("HY000", 26, "server closed the connection unexpectedly", "PostgreSQL"), FAULT_LOST);
  assert_int_equal(fault("08001", 101, "FATAL: password authentication failed for user", "PostgreSQL"), FAULT_FATAL);
  assert_int_equal(fault("08001", 101, "FATAL: the database system is starting up", "PostgreSQL"), FAULT_LOST);
  assert_int_equal(fault("08004", 1862, "Your password has expired", "MariaDB"), FAULT_FATAL);
  assert_int_equal(fault("42P01", 1, "relation does not exist", "PostgreSQL"), FAULT_FATAL);
  assert_int_equal(fault("HY000", 5, "database is locked", "SQLite"), FAULT_AGAIN);
  assert_int_equal(fault("HY000", 19, "UNIQUE constraint failed", "SQLite"), FAULT_DATA);
  assert_int_equal(fault("HY000", 2067, "UNIQUE constraint failed", "SQLite"), FAULT_DATA); /* extended code */
  assert_int_equal(fault("HY000", 13, "database or disk is full", "SQLite"), FAULT_FATAL);
  assert_int_equal(fault("HY000", 1, "what nobody knows", "SQLite"), FAULT_FATAL);
}

static void drivers_are_found(void **state) {
  (void)state;
  Arena arena;
  Error err;
  OdbcTarget target;
  arena_init(&arena);
  Str text = STR("driver={sqlite}; Database=/x;StepAPI=0;Password={a;}}b}");
  assert_int_equal(odbc_target_parse(&arena, STR("Driver=SQLite3;Database=/x"), ODBC_READ, "t", &target, &err),
    STATUS_OK);
  assert_string_equal(target.connection.ptr, "Driver={SQLite3};Database=/x;Timeout=250;BigInt=1;StepAPI=1;NoCreat=1");
  assert_string_equal(target.printable.ptr, "odbc:Driver={SQLite3};Database=/x");
  assert_true(str_eq(target.file, STR("/x")));
  assert_int_equal(odbc_target_parse(&arena, text, ODBC_READ, "t", &target, &err), STATUS_OK);
  assert_has(target.connection.ptr, ";StepAPI=0;Password={a;}}b};");
  assert_has(target.printable.ptr, ";StepAPI=0;Password=***");
  assert_int_equal(odbc_target_parse(&arena, STR("Driver={SQLite ODBC 3.1};Database=/x"), ODBC_WRITE, "t", &target,
    &err),
                   STATUS_OK);
  assert_has(target.connection.ptr, "Driver={SQLite3};"); /* registered under another name here */
  arena_release(&arena);
}

static void missing_drivers_are_named(void **state) {
  (void)state;
  Arena arena;
  Error err;
  OdbcTarget target;
  arena_init(&arena);
  assert_int_equal(odbc_target_parse(&arena, STR("Driver={Sybase};x=1"), ODBC_READ, "input a", &target, &err),
    STATUS_CONFIG);
  assert_has(err.message, "ODBC driver {Sybase} is not installed; installed are: ");
  assert_has(err.message, "{SQLite3}");
  assert_string_equal(err.who, "input a");
  assert_int_equal(odbc_target_parse(&arena, STR("Driver={FreeTDS};x=1"), ODBC_READ, "a", &target, &err),
    STATUS_CONFIG);
  assert_has(err.hint, "apt-get install tdsodbc");
  assert_int_equal(odbc_target_parse(&arena, STR("nowhere"), ODBC_READ, "a", &target, &err), STATUS_CONFIG);
  assert_has(err.message, "there is no ODBC data source `nowhere`");
  assert_int_equal(odbc_target_parse(&arena, STR(" "), ODBC_READ, "a", &target, &err), STATUS_CONFIG);
  arena_release(&arena);
}

/* The statement for two columns (k, v) with key k. */
static const char *statement(const char *dbms, InsertMode mode, unsigned rows) {
  static StrBuf out;
  static TableColumn cols[] = {{.name = {"k", 1}}, {.name = {"v\"", 2}}};
  OdbcTable table = {.sql_name = STR("\"t\""), .cols = cols, .cols_len = 2};
  uint32_t both[] = {0, 1};
  InsertShape shape = {.table = &table, .cols = both, .cols_len = 2, .keys = both, .keys_len = 1, .mode = mode};
  OdbcClient client = {.dialect = dialect_of_dbms(str_from(dbms)), .quote = "\""};
  strbuf_clear(&out);
  insert_sql(&client, &shape, rows, &out);
  return out.ptr;
}

static void statements_of_the_dialects(void **state) {
  (void)state;
  assert_string_equal(statement("PostgreSQL", INSERT_APPEND, 2),
    "INSERT INTO \"t\" (\"k\", \"v\"\"\") VALUES (?,?),(?,?)");
  assert_string_equal(statement("SQLite", INSERT_UPSERT, 1),
    "INSERT INTO \"t\" (\"k\", \"v\"\"\") VALUES (?,?) ON CONFLICT (\"k\") DO UPDATE SET \"v\"\"\" = "
    "excluded.\"v\"\"\"");
  assert_string_equal(statement("PostgreSQL", INSERT_SKIP, 1),
    "INSERT INTO \"t\" (\"k\", \"v\"\"\") VALUES (?,?) ON CONFLICT DO NOTHING");
  assert_string_equal(statement("PostgreSQL", INSERT_SKIP, 0),
    "INSERT INTO \"t\" (\"k\", \"v\"\"\") SELECT \"k\", \"v\"\"\" FROM \"t\" q WHERE 1 = 0 ON CONFLICT DO NOTHING");
  assert_string_equal(statement("MariaDB", INSERT_UPSERT, 1),
    "INSERT INTO \"t\" (\"k\", \"v\"\"\") VALUES (?,?) ON DUPLICATE KEY UPDATE \"v\"\"\" = VALUES(\"v\"\"\")");
  assert_string_equal(statement("MySQL", INSERT_SKIP, 1),
    "INSERT INTO \"t\" (\"k\", \"v\"\"\") VALUES (?,?) ON DUPLICATE KEY UPDATE \"t\".\"k\" = \"t\".\"k\"");
  assert_string_equal(statement("Microsoft SQL Server", INSERT_UPSERT, 1),
    "MERGE INTO \"t\" WITH (HOLDLOCK) AS d USING (VALUES (?,?)) AS s (\"k\", \"v\"\"\") ON d.\"k\" = s.\"k\" "
    "WHEN MATCHED THEN UPDATE SET \"v\"\"\" = s.\"v\"\"\" "
    "WHEN NOT MATCHED THEN INSERT (\"k\", \"v\"\"\") VALUES (s.\"k\", s.\"v\"\"\");");
  assert_null(strstr(statement("Microsoft SQL Server", INSERT_SKIP, 1), "UPDATE"));
  assert_string_equal(statement("Oracle", INSERT_APPEND, 1), "INSERT INTO \"t\" (\"k\", \"v\"\"\") VALUES (?,?)");
}

static void statements_keep_the_limits(void **state) {
  (void)state;
  assert_int_equal(insert_rows_max(dialect_of_dbms(STR("PostgreSQL")), 4), 1750);
  assert_int_equal(insert_rows_max(dialect_of_dbms(STR("PostgreSQL")), 9000), 1);
  assert_int_equal(insert_rows_max(dialect_of_dbms(STR("Microsoft SQL Server")), 1), 1000);
  assert_int_equal(insert_rows_max(dialect_of_dbms(STR("Microsoft SQL Server")), 10), 200);
  assert_int_equal(insert_rows_max(dialect_of_dbms(STR("Oracle")), 1), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(failures_have_classes), cmocka_unit_test(drivers_are_found),
    cmocka_unit_test(missing_drivers_are_named), cmocka_unit_test(statements_of_the_dialects),
    cmocka_unit_test(statements_keep_the_limits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
