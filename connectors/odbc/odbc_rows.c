/* odbc_rows.c: reference rows out of a database: the whole result of a query, again at every refresh.
**
** open    connects and asks what columns the query has, so that a wrong query or field is said before anything runs.
** next    runs the query at its first call and reads on; memory is bounded by a block of rows. At the end the
**         transaction is over: no snapshot and no lock is held between two loads.
** rewind  the next `next` runs the query anew, over a new connection when the old one was lost; a table that was
**         changed meanwhile is described anew. */
#include "connectors/odbc/odbc.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "connectors/odbc/odbc_read.h"
#include "connectors/odbc/odbc_table.h"
#include "io/take.h"
#include "types/cast.h"
#include "types/json.h"

enum { LISTED_MAX = 40 /* columns named in a message */, LOCK_PAUSE_MS = 100 };

typedef struct RowsOptions {
  Str   query, table;
  Ticks refresh, login_timeout, retry_timeout;
} RowsOptions;
static const OptionDef rows_options[];

typedef struct OdbcRows {
  Rows        base;
  const DecodeSpec *spec; /* outlives us */
  RowsOptions options;
  const char *who;
  Arena      *arena;      /* the job's */
  Arena      load;        /* of one load: names, buffers */
  Arena      scratch;     /* of one batch */
  OdbcTarget target;
  OdbcClient client;
  OdbcResult result;
  bool       started;     /* the query has been run */
  bool       described;   /* ... or at least asked about */
  uint32_t  *field_col;   /* column of each field of the spec; in `load` */
  Str       *json_names;  /* `"name":` of each column; in `load` */
  StrBuf     cast, row;
  uint64_t   rows_read;   /* of this load, for messages */
} OdbcRows;

/* ---- starting a load ---- */

static Status no_such_field(OdbcRows *rows, Str name, Error *err) {
  StrBuf names = {0};
  Str near[LISTED_MAX];
  uint32_t len = rows->result.cols_len < LISTED_MAX ? rows->result.cols_len : LISTED_MAX;
  for (uint32_t i = 0; i < len; i++) {
    near[i] = rows->result.cols[i].name;
    strbuf_printf(&names, "%s" STR_FMT, i ? ", " : "", STR_ARG(near[i]));
  }
  if (len < rows->result.cols_len) strbuf_puts(&names, ", ...");
  error_set(err, STATUS_CONFIG, rows->who, "the database's result has no column `" STR_FMT "`; it has: %s",
            STR_ARG(name), names.ptr);
  strbuf_release(&names);
  unsigned best = UINT32_MAX, at = 0;
  for (uint32_t i = 0; i < len; i++) {
    unsigned distance = str_distance(name, near[i]);
    if (distance < best) best = distance, at = i;
  }
  if (best > 2) return error_hint(err, "correct the name in the query, or add the column to query=");
  return error_hint(err, "did you mean `" STR_FMT "`?", STR_ARG(near[at]));
}

static Status want_field(OdbcRows *rows, const DecodeField *field, uint32_t *col, Error *err) {
  int found = result_column(&rows->result, field->path[0]);
  if (found < 0) return no_such_field(rows, field->path[0], err);
  *col = (uint32_t)found;
  rows->result.cols[found].wanted = true;
  return STATUS_OK;
}

static void want_payload(OdbcRows *rows) {
  rows->json_names = ARENA_ARRAY(&rows->load, Str, rows->result.cols_len);
  for (uint32_t i = 0; i < rows->result.cols_len; i++) {
    StrBuf name = {0};
    rows->result.cols[i].wanted = true;
    json_put_string(&name, rows->result.cols[i].name);
    strbuf_putc(&name, ':');
    rows->json_names[i] = arena_str(&rows->load, strbuf_str(&name));
    strbuf_release(&name);
  }
}

static Status match_fields(OdbcRows *rows, Error *err) {
  const DecodeSpec *spec = rows->spec;
  uint32_t unused;
  rows->field_col = ARENA_ARRAY(&rows->load, uint32_t, spec->fields_len + 1);
  for (uint32_t i = 0; i < spec->fields_len; i++) TRY(want_field(rows, &spec->fields[i], &rows->field_col[i], err));
  for (uint32_t i = 0; i < spec->declared_only_len; i++) TRY(want_field(rows, &spec->declared_only[i], &unused, err));
  if (spec->payload) want_payload(rows);
  return STATUS_OK;
}

/* SELECT * FROM the table of table=, under the name the database has for it. */
static Status query_of_table(OdbcRows *rows, Str *sql, Error *err) {
  OdbcTable table;
  bool found;
  TRY(table_open(&rows->client, &rows->load, rows->options.table, &table, &found, err));
  if (!found) {
    TRY(table_missing(&rows->client, &rows->load, rows->options.table, err));
  }
  *sql = arena_printf(&rows->load, "SELECT * FROM " STR_FMT, STR_ARG(table.sql_name));
  return STATUS_OK;
}

static void load_drop(OdbcRows *rows) {
  result_close(&rows->result);
  if (rows->client.fault == FAULT_LOST) client_disconnect(&rows->client);
  else client_rollback(&rows->client);
  arena_reset(&rows->load);
  rows->started = rows->described = false;
  rows->rows_read = 0;
}

static Status describe_once(OdbcRows *rows, Error *err) {
  Str sql = rows->options.query;
  rows->client.fault = FAULT_NONE;
  if (rows->client.db == NULL) TRY(client_connect(&rows->client, err));
  if (rows->options.table.len) TRY(query_of_table(rows, &sql, err));
  TRY(result_open(&rows->result, &rows->client, &rows->load, sql, err));
  return match_fields(rows, err);
}

/* Runs a step again while another program holds a lock. */
static Status while_locked(OdbcRows *rows, Status (*step)(OdbcRows *, Error *), Error *err) {
  int64_t until = clock_monotonic_ns() + rows->options.retry_timeout * 100;
  for (;;) {
    Status status = step(rows, err);
    if (status == STATUS_OK) return status;
    bool again = rows->client.fault == FAULT_AGAIN && clock_monotonic_ns() < until;
    load_drop(rows);
    if (!again) return status;
    clock_sleep_ms(LOCK_PAUSE_MS);
  }
}

static Status describe_step(OdbcRows *rows, Error *err) {
  TRY(describe_once(rows, err));
  rows->described = true;
  return STATUS_OK;
}

static Status run_step(OdbcRows *rows, Error *err) {
  if (!rows->described) TRY(describe_step(rows, err));
  TRY(result_run(&rows->result, err));
  rows->started = true;
  return STATUS_OK;
}

/* ---- reading ---- */

static Status not_declared(OdbcRows *rows, const DecodeField *field, const Value *value, Error *err) {
  StrBuf shown = {0};
  value_print_json(value, &shown);
  error_set(err, STATUS_DATA, rows->who, "column `" STR_FMT "` is %.60s in row %llu, which is no %s as CREATE TABLE "
            "says", STR_ARG(field->path[0]), shown.ptr ? shown.ptr : "NULL", (unsigned long long)rows->rows_read + 1,
            type_name(field->declared));
  strbuf_release(&shown);
  return error_hint(err, "correct the row, convert it in query=, or change CREATE TABLE");
}

/* The field inside of the column's value, as the query declares it. */
static Status field_value(OdbcRows *rows, const DecodeField *field, Value value, Value *out, Error *err) {
  for (uint32_t d = 1; d < field->depth; d++) {
    Str raw;
    Value outer = value; /* a short record lies inside of the value, and raw points there */
    if (outer.type != TYPE_RECORD || !json_field(text_str(&outer.text), field->path[d], &raw) ||
        !json_value(raw, &rows->scratch, &value)) {
      value = value_null();
    }
    if (value_has_text(&value)) value.text = text_from(arena_str(&rows->scratch, text_str(&value.text)));
  }
  *out = value;
  if (field->declared == TYPE_NULL || value.type == TYPE_NULL || value.type == field->declared) return STATUS_OK;
  strbuf_clear(&rows->cast);
  if (value_cast(&value, field->declared, &rows->cast, out)) return STATUS_OK;
  return not_declared(rows, field, &value, err);
}

static Status read_row(OdbcRows *rows, ColumnBuilder *builders, uint32_t row, Error *err) {
  const DecodeSpec *spec = rows->spec;
  strbuf_clear(&rows->row);
  for (uint32_t c = 0; c < rows->result.cols_len; c++) {
    if (!rows->result.cols[c].wanted) continue;
    Value value, inner;
    TRY(result_value(&rows->result, c, &rows->scratch, &value, err));
    for (uint32_t i = 0; i < spec->fields_len; i++) {
      if (rows->field_col[i] != c) continue;
      TRY(field_value(rows, &spec->fields[i], value, &inner, err));
      column_builder_put(&builders[i], row, &inner);
    }
    for (uint32_t i = 0; i < spec->declared_only_len; i++) {
      if (result_column(&rows->result, spec->declared_only[i].path[0]) != (int)c) continue;
      TRY(field_value(rows, &spec->declared_only[i], value, &inner, err));
    }
    if (!spec->payload) continue;
    strbuf_putc(&rows->row, rows->row.len ? ',' : '{');
    strbuf_put_str(&rows->row, rows->json_names[c]);
    value_print_json(&value, &rows->row);
  }
  if (!spec->payload) return STATUS_OK;
  strbuf_putc(&rows->row, '}');
  Value payload = value_json(TYPE_RECORD, strbuf_str(&rows->row));
  column_builder_put(&builders[spec->fields_len], row, &payload);
  return STATUS_OK;
}

static Status read_rows(OdbcRows *rows, ColumnBuilder *builders, uint32_t rows_max, uint32_t *count, Error *err) {
  for (*count = 0; *count < rows_max; ++*count) {
    bool row;
    TRY(result_next(&rows->result, &row, err));
    if (!row) return STATUS_OK;
    TRY(read_row(rows, builders, *count, err));
    rows->rows_read++;
  }
  return STATUS_OK;
}

/* The first `count` rows of a column that was begun for more. */
static Column *column_cut(Column *col, uint32_t count, const uint32_t *first) {
  if (col->rows == count) return col;
  Column *cut = column_gather(col, first, count, true);
  column_unref(col);
  return cut;
}

static Batch *make_batch(OdbcRows *rows, ColumnBuilder *builders, uint32_t count) {
  uint32_t fields = rows->spec->fields_len;
  Batch *batch = batch_new(count, fields);
  uint32_t *first = ARENA_ARRAY(&rows->scratch, uint32_t, count + 1);
  for (uint32_t i = 0; i < count; i++) first[i] = i;
  for (uint32_t i = 0; i < fields; i++) {
    batch->cols[i] = column_cut(column_builder_finish(&builders[i]), count, first);
  }
  if (rows->spec->payload) batch->payload = column_cut(column_builder_finish(&builders[fields]), count, first);
  return batch;
}

static void drop_builders(ColumnBuilder *builders, uint32_t len) {
  for (uint32_t i = 0; i < len; i++) column_unref(column_builder_finish(&builders[i]));
}

static Status rows_next(Rows *base, uint32_t rows_max, Batch **out, Error *err) {
  OdbcRows *rows = (OdbcRows *)base;
  *out = NULL;
  if (!rows->started) TRY(while_locked(rows, run_step, err));
  uint32_t len = rows->spec->fields_len + rows->spec->payload, count;
  ColumnBuilder *builders = ARENA_ARRAY(&rows->scratch, ColumnBuilder, len + 1);
  for (uint32_t i = 0; i < len; i++) column_builder_init(&builders[i], rows_max, true);
  Status status = read_rows(rows, builders, rows_max, &count, err);
  if (status == STATUS_OK && count) *out = make_batch(rows, builders, count);
  else drop_builders(builders, len);
  arena_reset(&rows->scratch);
  if (status != STATUS_OK) {
    load_drop(rows);
  } else if (count == 0) {
    result_close(&rows->result);
    client_rollback(&rows->client); /* nothing was written; the snapshot is over */
  }
  return status;
}

static Status rows_rewind(Rows *base, Error *err) {
  (void)err;
  OdbcRows *rows = (OdbcRows *)base;
  rows->client.fault = FAULT_NONE;
  load_drop(rows);
  return STATUS_OK;
}

static Ticks rows_refresh(const Rows *base) { return ((const OdbcRows *)base)->options.refresh; }

/* ---- life ---- */

static void rows_close(Rows *base) {
  OdbcRows *rows = (OdbcRows *)base;
  result_close(&rows->result);
  client_release(&rows->client);
  arena_release(&rows->load);
  arena_release(&rows->scratch);
  strbuf_release(&rows->cast);
  strbuf_release(&rows->row);
  mem_free(rows);
}

static Status check_options(OdbcRows *rows, Error *err) {
  if ((rows->options.query.len > 0) != (rows->options.table.len > 0)) return STATUS_OK;
  error_set(err, STATUS_CONFIG, rows->who, rows->options.query.len ? "query= and table= are both given: one says what "
            "to read" : "neither query= nor table= says what to read");
  return error_hint(err, "for example odbc:DSN?table=airports, or odbc:DSN?query=SELECT code, city FROM airports");
}

static Status rows_setup(OdbcRows *rows, const SourceConfig *config, Error *err) {
  OptionTake take = {.own = rows_options, .into = &rows->options, .pairs = &config->where->options, .who = rows->who};
  TRY(options_take(&take, rows->arena, err));
  TRY(check_options(rows, err));
  TRY(odbc_target_parse(rows->arena, config->where->target, ODBC_READ, rows->who, &rows->target, err));
  client_init(&rows->client, &rows->target, rows->who, rows->options.login_timeout);
  rows->client.reading = true;
  return while_locked(rows, describe_step, err);
}

static Status rows_open(const SourceConfig *config, const DecodeSpec *spec, Arena *arena, Rows **out, Error *err) {
  OdbcRows *rows = mem_zalloc(sizeof *rows);
  rows->base.cls = &odbc_rows;
  rows->spec = spec;
  rows->arena = arena;
  arena_init(&rows->load);
  arena_init(&rows->scratch);
  rows->who = arena_printf(arena, "reference %s", config->alias).ptr;
  Status status = rows_setup(rows, config, err);
  if (status != STATUS_OK) rows_close(&rows->base);
  else *out = &rows->base;
  return status;
}

static const OptionDef rows_options[] = {
  {.name = "query", .kind = OPTION_TEXT, .at = offsetof(RowsOptions, query), .fallback = "",
   .doc = "The SELECT whose rows are the reference data."},
  {.name = "table", .kind = OPTION_TEXT, .at = offsetof(RowsOptions, table), .fallback = "",
   .doc = "Short for query=SELECT * FROM this table."},
  {.name = "refresh", .kind = OPTION_DURATION, .at = offsetof(RowsOptions, refresh), .fallback = "0s",
   .doc = "How often the query is run again; 0 never."},
  {.name = "retry-timeout", .kind = OPTION_DURATION, .at = offsetof(RowsOptions, retry_timeout), .fallback = "60s",
   .doc = "How long a lock held by another program is waited for."},
  {.name = "login-timeout", .kind = OPTION_DURATION, .at = offsetof(RowsOptions, login_timeout), .fallback = "15s",
   .doc = "How long connecting may take."},
  {.name = NULL},
};

const RowsClass odbc_rows = {
  .scheme = "odbc", .options = rows_options,
  .doc = "Reference data out of any database with an ODBC driver: a table or a query, read whole, refreshed if asked.",
  .open = rows_open, .next = rows_next, .rewind = rows_rewind, .refresh = rows_refresh, .close = rows_close,
};
