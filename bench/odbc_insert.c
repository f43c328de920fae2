/* odbc_insert.c: rows a second into a database through the ODBC sink, beside the driver's own best.
**
**   bench_odbc_insert 'Driver={SQLite3};Database=/tmp/bench.db' [ROWS]
**
** The driver's side does nothing but fill bound parameters and execute multi-row INSERTs, once for each of several
** sizes; the best counts. Both sides write the same rows into the same new table, one transaction each, and take
** turns, three times. Prints the median rates and their ratio; the table weir_bench is dropped at the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "connectors/odbc/odbc.h"
#include "connectors/odbc/odbc_client.h"

enum { COLS = 4, TURNS = 3, PIECE = 2048 };
static const char state_name[] = "North Carolina";

static void check(Status status, const Error *err) {
  if (status == STATUS_OK) return;
  fprintf(stderr, "odbc_insert: %s: %s\n", err->message, err->hint);
  exit(3);
}

/* ---- the driver alone ---- */

typedef struct Slot { SQLLEN len; union { int64_t i; double f; char text[32]; }; } Slot;

static void fill(Slot *slots, unsigned rows, int64_t first) {
  for (unsigned r = 0; r < rows; r++, slots += COLS) {
    Ticks at = TICKS_PER_DAY * 700000 + first + r;
    slots[0].i = first + r;
    memcpy(slots[1].text, state_name, sizeof state_name);
    slots[1].len = sizeof state_name - 1;
    slots[2].f = (double)(first + r) * 0.25;
    datetime_print(at, slots[3].text);
    slots[3].text[10] = ' ';
    slots[3].len = 26;
  }
}

static void bind(SQLHSTMT stmt, Slot *slots, unsigned rows) {
  for (unsigned p = 0; p < rows * COLS; p++) {
    Slot *slot = &slots[p];
    SQLSMALLINT c = p % COLS == 0 ? SQL_C_SBIGINT : p % COLS == 2 ? SQL_C_DOUBLE : SQL_C_CHAR;
    SQLSMALLINT sql = p % COLS == 0 ? SQL_BIGINT : p % COLS == 2 ? SQL_DOUBLE : SQL_VARCHAR;
    slot->len = 8;
    SQLBindParameter(stmt, (SQLUSMALLINT)(p + 1), SQL_PARAM_INPUT, c, sql, 0, 0, &slot->i, 0, &slot->len);
  }
}

static double driver_rate(OdbcClient *client, unsigned rows, unsigned size) {
  Error err;
  SQLHSTMT stmt;
  StrBuf sql = {0};
  Slot *slots = calloc((size_t)size * COLS, sizeof *slots);
  strbuf_puts(&sql, "INSERT INTO weir_bench (id, state, late, at) VALUES ");
  for (unsigned r = 0; r < size; r++) strbuf_puts(&sql, r ? ",(?,?,?,?)" : "(?,?,?,?)");
  int64_t begin = clock_monotonic_ns();
  check(client_statement(client, &stmt, &err), &err);
  check(client_prepare(client, stmt, strbuf_str(&sql), &err), &err);
  bind(stmt, slots, size);
  for (unsigned first = 0; first + size <= rows; first += size) {
    fill(slots, size, first);
    if (!SQL_SUCCEEDED(SQLExecute(stmt))) check(client_failed(client, SQL_HANDLE_STMT, stmt, "driver", &err), &err);
  }
  check(client_commit(client, &err), &err);
  double seconds = (double)(clock_monotonic_ns() - begin) / 1e9;
  SQLFreeHandle(SQL_HANDLE_STMT, stmt);
  strbuf_release(&sql);
  free(slots);
  return (rows - rows % size) / seconds;
}

/* ---- the sink ---- */

static void reject(void *context, const Batch *batch, uint32_t row, const char *reason) {
  (void)context;
  (void)batch;
  fprintf(stderr, "odbc_insert: row %u refused: %s\n", row, reason);
  exit(1);
}

static Batch *make_batch(unsigned rows, int64_t first) {
  Batch *batch = batch_new(rows, COLS);
  ColumnLayout layouts[COLS] = {COL_BIGINT, COL_TEXT, COL_FLOAT, COL_DATETIME};
  for (int c = 0; c < COLS; c++) batch->cols[c] = column_new(layouts[c], rows);
  for (unsigned r = 0; r < rows; r++) {
    column_i64(batch->cols[0])[r] = first + r;
    column_text(batch->cols[1])[r] = text_make(state_name, sizeof state_name - 1);
    column_f64(batch->cols[2])[r] = (double)(first + r) * 0.25;
    column_i64(batch->cols[3])[r] = TICKS_PER_DAY * 700000 + first + r;
  }
  return batch;
}

static double sink_rate(const char *connection, unsigned rows) {
  static const char *const names[COLS] = {"id", "state", "late", "at"};
  OutputColumn cols[COLS];
  OutputSchema schema = {cols, COLS};
  for (int c = 0; c < COLS; c++) cols[c] = (OutputColumn){.name = str_from(names[c]), .types = MASK_ANY};
  Arena arena;
  Error err;
  Where where;
  Sink *sink;
  arena_init(&arena);
  Str text = arena_printf(&arena, "odbc:%s?table=weir_bench&transaction-rows=%u", connection, rows);
  check(where_parse(&arena, text, &where, &err), &err);
  SinkConfig config = {.job = "bench", .who = "output bench", .where = &where, .schema = &schema, .reject = reject};
  check(odbc_sink.open(&config, &arena, &sink, &err), &err);
  int64_t spent = 0;
  for (unsigned first = 0; first < rows; first += PIECE) {
    Batch *batch = make_batch(rows - first < PIECE ? rows - first : PIECE, first);
    int64_t begin = clock_monotonic_ns();
    check(sink->cls->write(sink, batch, &err), &err);
    spent += clock_monotonic_ns() - begin;
    batch_unref(batch);
  }
  int64_t begin = clock_monotonic_ns();
  check(sink->cls->flush(sink, &err), &err);
  spent += clock_monotonic_ns() - begin;
  check(sink->cls->close(sink, &err), &err);
  where_release(&where);
  arena_release(&arena);
  return rows / ((double)spent / 1e9);
}

/* ---- both ---- */

static void new_table(OdbcClient *client) {
  Error err;
  if (client_run(client, STR("DROP TABLE weir_bench"), &err) != STATUS_OK) client_rollback(client);
  Str sql = client->dialect->flags & DIALECT_DYNAMIC
                ? STR("CREATE TABLE weir_bench (id bigint, state varchar(20), late double, at datetime)")
                : STR("CREATE TABLE weir_bench (id bigint, state varchar(20), late double precision, at timestamp)");
  check(client_run(client, sql, &err), &err);
  check(client_commit(client, &err), &err);
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: odbc_insert CONNECTION [ROWS]\n");
    return 2;
  }
  static const unsigned sizes[] = {50, 100, 400, 1750};
  unsigned rows = argc > 2 ? (unsigned)atoi(argv[2]) : 200000;
  Arena arena;
  Error err;
  OdbcTarget target;
  OdbcClient client;
  double driver[TURNS], sink[TURNS];
  arena_init(&arena);
  check(odbc_target_parse(&arena, str_from(argv[1]), ODBC_CREATE, "bench", &target, &err), &err);
  client_init(&client, &target, "bench", 15 * TICKS_PER_SECOND);
  check(client_connect(&client, &err), &err);
  for (int turn = 0; turn < TURNS; turn++) {
    driver[turn] = 0;
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
      new_table(&client);
      double rate = driver_rate(&client, rows, sizes[i]);
      if (rate > driver[turn]) driver[turn] = rate;
    }
    new_table(&client);
    sink[turn] = sink_rate(argv[1], rows);
  }
  qsort(driver, TURNS, sizeof *driver, by_value);
  qsort(sink, TURNS, sizeof *sink, by_value);
  printf("%s: driver %.0f rows/s, sink %.0f rows/s, ratio %.2f\n", client.dbms, driver[TURNS / 2], sink[TURNS / 2],
         sink[TURNS / 2] / driver[TURNS / 2]);
  check(client_run(&client, STR("DROP TABLE weir_bench"), &err), &err);
  check(client_commit(&client, &err), &err);
  client_release(&client);
  arena_release(&arena);
  return 0;
}
