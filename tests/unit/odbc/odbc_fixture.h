/* odbc_fixture.h: what the tests of the ODBC connector share: batches out of literals, sinks and rows out of a WHERE,
** rejections as text, and a look into the database through a connection of the test's own. */
#ifndef WEIR_TESTS_ODBC_FIXTURE_H
#define WEIR_TESTS_ODBC_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/clock.h"
#include "connectors/odbc/odbc.h"
#include "connectors/odbc/odbc_client.h"

/* The drivers and the driver manager keep memory until the process ends. */
const char *__lsan_default_suppressions(void);
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void) {
  return "leak:libodbc\nleak:libodbcinst\nleak:psqlodbc\nleak:libsqlite3odbc\nleak:libpq\nleak:libltdl\nleak:dlopen\n";
}

#define LITERAL(s) value_text(STR(s))
#define RECORD(s) value_json(TYPE_RECORD, STR(s))

typedef struct Fixture {
  Arena  arena;
  char   folder[64];   /* temporary */
  char   connection[512]; /* connection string of the database under test */
  StrBuf rejected;     /* one line a row: "row: reason" */
  unsigned rejects;
  Error  err;
  OutputSchema schema;
  Where  where;
} Fixture;

static inline void fixture_init(Fixture *f) {
  memset(f, 0, sizeof *f);
  arena_init(&f->arena);
  snprintf(f->folder, sizeof f->folder, "/tmp/weir-odbc-XXXXXX");
  assert_non_null(mkdtemp(f->folder));
}

static inline void fixture_release(Fixture *f) {
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", f->folder);
  assert_int_equal(system(command), 0);
  where_release(&f->where);
  strbuf_release(&f->rejected);
  arena_release(&f->arena);
}

static inline void fixture_reject(void *context, const Batch *batch, uint32_t row, const char *reason) {
  Fixture *f = context;
  (void)batch;
  f->rejects++;
  strbuf_printf(&f->rejected, "%u: %s\n", row, reason);
}

/* Says what went wrong where cmocka would only say "1 != 0". */
#define OK(f, expr) assert_status((f), (expr), STATUS_OK, #expr, __FILE__, __LINE__)
static inline void assert_status(Fixture *f, Status got, Status wanted, const char *what, const char *file, int line) {
  if (got == wanted) return;
  fail_msg("%s:%d: %s gave %d: %s: %s (%s)", file, line, what, (int)got, f->err.who, f->err.message, f->err.hint);
}

static inline void assert_has(const char *text, const char *part) {
  if (text == NULL || strstr(text, part) == NULL) fail_msg("`%s` does not have `%s`", text ? text : "", part);
}

/* ---- the database, seen by the test ---- */

static inline void database(Fixture *f, const char *sql, unsigned cols, StrVec *out) {
  OdbcTarget target;
  OdbcClient client;
  OK(f, odbc_target_parse(&f->arena, str_from(f->connection), ODBC_CREATE, "test", &target, &f->err));
  client_init(&client, &target, "test", 5 * TICKS_PER_SECOND);
  OK(f, client_connect(&client, &f->err));
  if (cols) OK(f, client_query(&client, str_from(sql), cols, &f->arena, out, &f->err));
  else OK(f, client_run(&client, str_from(sql), &f->err));
  OK(f, client_commit(&client, &f->err));
  client_release(&client);
}

static inline void run_sql(Fixture *f, const char *sql) { database(f, sql, 0, NULL); }

/* Rows as "a|b\n"; NULL prints as nothing. */
static inline const char *rows_of(Fixture *f, const char *sql, unsigned cols) {
  StrVec cells = {0};
  StrBuf text = {0};
  database(f, sql, cols, &cells);
  for (uint32_t i = 0; i < cells.len; i++) {
    strbuf_put_str(&text, cells.items[i]);
    strbuf_putc(&text, (i + 1) % cols ? '|' : '\n');
  }
  vec_release(&cells);
  const char *out = arena_cstr(&f->arena, strbuf_str(&text));
  strbuf_release(&text);
  return out;
}

/* ---- WHERE, sinks, batches ---- */

static inline const Where *where_of(Fixture *f, const char *options) {
  where_release(&f->where);
  Str text = arena_printf(&f->arena, "odbc:%s?%s", f->connection, options);
  OK(f, where_parse(&f->arena, text, &f->where, &f->err));
  return &f->where;
}

/* A name "*" is a star. Types are unknown unless set afterwards. */
static inline void schema_of(Fixture *f, unsigned cols, const char *const *names) {
  f->schema.cols = ARENA_ARRAY(&f->arena, OutputColumn, cols);
  f->schema.cols_len = cols;
  for (unsigned i = 0; i < cols; i++) {
    bool star = strcmp(names[i], "*") == 0;
    f->schema.cols[i] = (OutputColumn){.name = star ? STR("") : str_from(names[i]), .star = star, .types = MASK_ANY};
  }
}
#define SCHEMA(f, ...) \
  schema_of((f), sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__})

static inline Status open_sink(Fixture *f, const char *options, Sink **out) {
  SinkConfig config = {.job = "test", .who = "output out", .where = where_of(f, options), .schema = &f->schema,
                       .reject = fixture_reject, .reject_context = f};
  return odbc_sink.open(&config, &f->arena, out, &f->err);
}

/* rows * cols values, row by row. */
static inline Batch *batch_of(unsigned cols, unsigned rows, const Value *values) {
  Batch *batch = batch_new(rows, cols);
  for (unsigned c = 0; c < cols; c++) {
    ColumnBuilder builder;
    column_builder_init(&builder, rows, true);
    for (unsigned r = 0; r < rows; r++) column_builder_put(&builder, r, &values[r * cols + c]);
    batch->cols[c] = column_builder_finish(&builder);
  }
  return batch;
}

static inline void write_rows(Fixture *f, Sink *sink, unsigned cols, unsigned rows, const Value *values) {
  Batch *batch = batch_of(cols, rows, values);
  OK(f, sink->cls->write(sink, batch, &f->err));
  batch_unref(batch);
}

/* Opens, writes, flushes and closes. */
static inline void deliver(Fixture *f, const char *options, unsigned rows, const Value *values) {
  Sink *sink;
  OK(f, open_sink(f, options, &sink));
  write_rows(f, sink, f->schema.cols_len, rows, values);
  OK(f, sink->cls->flush(sink, &f->err));
  OK(f, sink->cls->close(sink, &f->err));
}

static inline void assert_open_fails(Fixture *f, const char *options, const char *const *parts, unsigned parts_len) {
  Sink *sink = NULL;
  Status status = open_sink(f, options, &sink);
  assert_int_not_equal(status, STATUS_OK);
  for (unsigned i = 0; i < parts_len; i++) assert_has(f->err.message, parts[i]);
}
#define OPEN_FAILS(f, options, ...)                                       \
  assert_open_fails((f), (options), (const char *const[]){__VA_ARGS__},   \
                    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* ---- reference rows ---- */

static inline Status open_rows(Fixture *f, const char *options, const DecodeSpec *spec, Rows **out) {
  SourceConfig config = {.job = "test", .who = "reference ref", .where = where_of(f, options)};
  return odbc_rows.open(&config, spec, &f->arena, out, &f->err);
}

/* Everything a load gives, "a|b payload\n" with values as JSON. */
static inline Status read_all(Fixture *f, Rows *rows, StrBuf *out) {
  for (Batch *batch;;) {
    Status status = rows->cls->next(rows, 64, &batch, &f->err);
    if (status != STATUS_OK || batch == NULL) return status;
    for (uint32_t r = 0; r < batch->rows; r++) {
      for (uint32_t c = 0; c < batch->cols_len; c++) {
        Value value = column_get(batch->cols[c], r);
        if (c) strbuf_putc(out, '|');
        value_print_json(&value, out);
      }
      if (batch->payload) {
        Value value = column_get(batch->payload, r);
        value_print_json(&value, out);
      }
      strbuf_putc(out, '\n');
    }
    batch_unref(batch);
  }
}

static inline const char *read_text(Fixture *f, const char *options, const DecodeSpec *spec) {
  Rows *rows;
  StrBuf text = {0};
  OK(f, open_rows(f, options, spec, &rows));
  OK(f, read_all(f, rows, &text));
  rows->cls->close(rows);
  const char *out = arena_cstr(&f->arena, strbuf_str(&text));
  strbuf_release(&text);
  return out;
}

#endif
