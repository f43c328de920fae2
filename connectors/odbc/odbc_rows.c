/* odbc_rows.c: reference rows out of a database: the whole result of a query, again at every refresh, or what a second
** query says has changed.
**
** open    connects and asks what columns the query has, so that a wrong query or field is said before anything runs.
** next    runs the query at its first call and reads on; memory is bounded by a block of rows. At the end the
**         transaction is over: no snapshot and no lock is held between two loads.
** rewind  the next `next` runs a query anew, over a new connection when the old one was lost; a table that was
**         changed meanwhile is described anew.
**
** Changes: `delta` gives the rows of the query with a column `_operation_`. A row is known again by the columns of
** `key`, or by all columns of the query: each row of either query gets a digest of them, 96 bits, as its identity. */
#include "connectors/odbc/odbc.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "connectors/odbc/odbc_asked.h"
#include "connectors/odbc/odbc_read.h"
#include "connectors/odbc/odbc_table.h"
#include "io/take.h"
#include "types/cast.h"
#include "types/json.h"

static const Ticks CANCEL_LIMIT = 5 * TICKS_PER_SECOND;

enum { LISTED_MAX = 40 /* columns named in a message */, LOCK_PAUSE_MS = 100, LOST_PAUSE_MS = 5000 };

typedef struct RowsOptions {
  Str   query, table, delta, key;
  Ticks refresh, login_timeout, retry_timeout, answer_timeout;
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
  Ticks      now, since;  /* of the load; since: TICKS_MIN when everything is read */
  bool       opening;     /* before the first load: waits for a database that is not there */
  const SourceConfig *config; /* while opening */
  pthread_mutex_t lock;   /* around the end of the statement, for rows_cancel */
  atomic_bool cancelled;  /* the job ends, so it stays */
  bool       cancel_hung; /* a thread still asks the driver to cancel: nothing may be freed any more */
  Str       *identity;    /* names of the columns that make the identity; job's arena. With delta= only */
  uint32_t   identity_len;
  uint32_t  *identity_col; /* of this result; in `load` */
  uint32_t   operation_col; /* UINT32_MAX: none */
  StrBuf    *shown;       /* of each column, of the row at hand; in `load`, buffers released by load_drop */
  uint32_t   shown_len;
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

static bool gives_changes(const OdbcRows *rows) { return rows->options.delta.len > 0; }

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

/* Without key= a row is known by all columns of query=. */
static void learn_identity(OdbcRows *rows) {
  Str rest = rows->options.key, name;
  rows->identity = ARENA_ARRAY(rows->arena, Str, rest.len + rows->result.cols_len + 1);
  while (rest.len) {
    if (!str_cut(rest, ',', &name, &rest)) rest = (Str){0};
    rows->identity[rows->identity_len++] = arena_str(rows->arena, str_trim(name));
  }
  for (uint32_t i = 0; rows->options.key.len == 0 && i < rows->result.cols_len; i++)
    rows->identity[rows->identity_len++] = arena_str(rows->arena, rows->result.cols[i].name);
}

static Status match_identity(OdbcRows *rows, Error *err) {
  bool changes = rows->since != TICKS_MIN;
  if (!changes && rows->identity == NULL) learn_identity(rows);
  rows->identity_col = ARENA_ARRAY(&rows->load, uint32_t, rows->identity_len + 1);
  for (uint32_t i = 0; i < rows->identity_len; i++) {
    int found = result_column(&rows->result, rows->identity[i]);
    if (found < 0) return no_such_field(rows, rows->identity[i], err);
    rows->identity_col[i] = (uint32_t)found;
    rows->result.cols[found].wanted = true;
  }
  int operation = result_column(&rows->result, STR("_operation_"));
  rows->operation_col = changes ? (uint32_t)operation : UINT32_MAX;
  if (changes && operation < 0) {
    error_set(err, STATUS_CONFIG, rows->who, "the result of delta= has no column `_operation_`");
    return error_hint(err, "SELECT ..., 1 AS _operation_ for rows that came or changed, 2 for rows that went");
  }
  if (changes) rows->result.cols[operation].wanted = true;
  rows->shown_len = rows->result.cols_len;
  rows->shown = ARENA_ARRAY(&rows->load, StrBuf, rows->shown_len);
  return STATUS_OK;
}

static Status match_fields(OdbcRows *rows, Error *err) {
  const DecodeSpec *spec = rows->spec;
  uint32_t unused;
  rows->field_col = ARENA_ARRAY(&rows->load, uint32_t, spec->fields_len + 1);
  for (uint32_t i = 0; i < spec->fields_len; i++) TRY(want_field(rows, &spec->fields[i], &rows->field_col[i], err));
  for (uint32_t i = 0; i < spec->declared_only_len; i++) TRY(want_field(rows, &spec->declared_only[i], &unused, err));
  if (spec->payload) want_payload(rows);
  return gives_changes(rows) ? match_identity(rows, err) : STATUS_OK;
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

static void close_result(OdbcRows *rows) {
  pthread_mutex_lock(&rows->lock);
  result_close(&rows->result);
  pthread_mutex_unlock(&rows->lock);
}

static void load_drop(OdbcRows *rows) {
  close_result(rows);
  for (uint32_t i = 0; i < rows->shown_len; i++) strbuf_release(&rows->shown[i]);
  rows->shown_len = 0;
  if (rows->client.fault == FAULT_LOST) client_disconnect(&rows->client);
  else client_rollback(&rows->client);
  arena_reset(&rows->load);
  rows->started = rows->described = false;
  rows->rows_read = 0;
}

static Status describe_once(OdbcRows *rows, Error *err) {
  Str sql = rows->since == TICKS_MIN ? rows->options.query : rows->options.delta;
  rows->client.fault = FAULT_NONE;
  if (rows->client.db == NULL) TRY(client_connect(&rows->client, err));
  if (rows->options.table.len && rows->since == TICKS_MIN) TRY(query_of_table(rows, &sql, err));
  sql = sql_with_times(&rows->load, sql, rows->now, rows->since);
  TRY(result_open(&rows->result, &rows->client, &rows->load, sql, err));
  return match_fields(rows, err);
}

/* The first time nobody can go on without the rows, so a database that is down is waited for. Later the old rows are
** there: only a connection that broke while it was not used is made anew at once; the job tries again by itself. */
static bool worth_waiting(OdbcRows *rows, unsigned attempt, int64_t until) {
  if (rows->cancelled || clock_monotonic_ns() >= until) return false;
  if (rows->client.fault == FAULT_AGAIN) return true;
  return rows->client.fault == FAULT_LOST && (rows->opening || attempt == 1);
}

static void tell_waiting(const OdbcRows *rows, const Error *err) {
  const SourceConfig *config = rows->config;
  if (config == NULL || config->notice == NULL || err == NULL) return;
  StrBuf text = {0};
  strbuf_printf(&text, "%s: %s; trying again for ", rows->who, err->message);
  duration_print(rows->options.retry_timeout, &text);
  config->notice(config->notice_context, text.ptr);
  strbuf_release(&text);
}

/* Runs a step again while another program holds a lock, or the database is not there. */
static Status while_busy(OdbcRows *rows, Status (*step)(OdbcRows *, Error *), Error *err) {
  int64_t until = clock_monotonic_ns() + rows->options.retry_timeout * 100;
  unsigned pause = LOCK_PAUSE_MS;
  for (unsigned attempt = 1;; attempt++) {
    Status status = step(rows, err);
    if (status == STATUS_OK) return status;
    bool again = worth_waiting(rows, attempt, until), lost = rows->client.fault == FAULT_LOST;
    load_drop(rows);
    if (!again) return status;
    if (attempt == 1 && lost) tell_waiting(rows, err);
    clock_sleep_ms(pause);
    if (lost && pause < LOST_PAUSE_MS) pause *= 2;
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

static Status put_fields(OdbcRows *rows, uint32_t c, Value value, ColumnBuilder *builders, uint32_t row,
                         Error *err) {
  const DecodeSpec *spec = rows->spec;
  Value inner;
  for (uint32_t i = 0; i < spec->fields_len; i++) {
    if (rows->field_col[i] != c) continue;
    TRY(field_value(rows, &spec->fields[i], value, &inner, err));
    column_builder_put(&builders[i], row, &inner);
  }
  for (uint32_t i = 0; i < spec->declared_only_len; i++) {
    if (result_column(&rows->result, spec->declared_only[i].path[0]) != (int)c) continue;
    TRY(field_value(rows, &spec->declared_only[i], value, &inner, err));
  }
  return STATUS_OK;
}

static Status put_operation(OdbcRows *rows, Value value, ColumnBuilder *builder, uint32_t row, Error *err) {
  Value number;
  strbuf_clear(&rows->cast);
  if (value_cast(&value, TYPE_BIGINT, &rows->cast, &number) && (number.i == ROWS_INSERT || number.i == ROWS_DELETE)) {
    column_builder_put(builder, row, &number);
    return STATUS_OK;
  }
  StrBuf shown = {0};
  value_print_json(&value, &shown);
  error_set(err, STATUS_DATA, rows->who, "`_operation_` is %.60s in row %llu of delta=", shown.ptr,
            (unsigned long long)rows->rows_read + 1);
  strbuf_release(&shown);
  return error_hint(err, "1 says that the row came or changed, 2 that it went");
}

/* A number is the same whether the database calls it 1 or 1.0. */
static void show_value(OdbcRows *rows, uint32_t c, Value value) {
  bool exact = value.type == TYPE_FLOAT && value.f >= -0x1p53 && value.f <= 0x1p53;
  if (exact && value.f == (double)(int64_t)value.f) value = value_bigint((int64_t)value.f);
  strbuf_clear(&rows->shown[c]);
  value_print_json(&value, &rows->shown[c]);
}

static void put_identity(OdbcRows *rows, ColumnBuilder *builder, uint32_t row) {
  strbuf_clear(&rows->row);
  for (uint32_t i = 0; i < rows->identity_len; i++) {
    strbuf_put_str(&rows->row, strbuf_str(&rows->shown[rows->identity_col[i]]));
    strbuf_putc(&rows->row, ',');
  }
  char digest[12];
  uint64_t front = hash_bytes(rows->row.ptr, rows->row.len, 1), back = hash_bytes(rows->row.ptr, rows->row.len, 2);
  memcpy(digest, &front, 8);
  memcpy(digest + 8, &back, 4);
  Value value = value_text((Str){digest, sizeof digest});
  column_builder_put(builder, row, &value);
}

static Status read_row(OdbcRows *rows, ColumnBuilder *builders, uint32_t row, Error *err) {
  const DecodeSpec *spec = rows->spec;
  ColumnBuilder *extra = builders + spec->fields_len + spec->payload;
  strbuf_clear(&rows->row);
  for (uint32_t c = 0; c < rows->result.cols_len; c++) {
    if (!rows->result.cols[c].wanted) continue;
    Value value;
    TRY(result_value(&rows->result, c, &rows->scratch, &value, err));
    TRY(put_fields(rows, c, value, builders, row, err));
    if (gives_changes(rows)) show_value(rows, c, value);
    if (gives_changes(rows) && c == rows->operation_col) TRY(put_operation(rows, value, &extra[1], row, err));
    if (!spec->payload || (gives_changes(rows) && c == rows->operation_col)) continue;
    strbuf_putc(&rows->row, rows->row.len ? ',' : '{');
    strbuf_put_str(&rows->row, rows->json_names[c]);
    value_print_json(&value, &rows->row);
  }
  if (spec->payload) {
    strbuf_putc(&rows->row, '}');
    Value payload = value_json(TYPE_RECORD, strbuf_str(&rows->row));
    column_builder_put(&builders[spec->fields_len], row, &payload);
  }
  if (!gives_changes(rows)) return STATUS_OK;
  put_identity(rows, &extra[0], row);
  Value insert = value_bigint(ROWS_INSERT);
  if (rows->operation_col == UINT32_MAX) column_builder_put(&extra[1], row, &insert);
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
  uint32_t fields = rows->spec->fields_len, extra = gives_changes(rows) ? 2 : 0;
  Batch *batch = batch_new(count, fields + extra);
  uint32_t *first = ARENA_ARRAY(&rows->scratch, uint32_t, count + 1);
  for (uint32_t i = 0; i < count; i++) first[i] = i;
  for (uint32_t i = 0; i < fields; i++) {
    batch->cols[i] = column_cut(column_builder_finish(&builders[i]), count, first);
  }
  if (rows->spec->payload) batch->payload = column_cut(column_builder_finish(&builders[fields]), count, first);
  builders += fields + rows->spec->payload;
  for (uint32_t i = 0; i < extra; i++)
    batch->cols[fields + i] = column_cut(column_builder_finish(&builders[i]), count, first);
  return batch;
}

static void drop_builders(ColumnBuilder *builders, uint32_t len) {
  for (uint32_t i = 0; i < len; i++) column_unref(column_builder_finish(&builders[i]));
}

/* ---- under the guard ---- */

/* A call of ours, on the heap since it may outlive the caller. */
typedef struct Guarded Guarded;
struct Guarded {
  OdbcRows *rows;
  Status  (*work)(Guarded *call, Error *err);
  uint32_t  rows_max;    /* of next */
  Batch    *out;
  Ticks     now, since;  /* of rewind */
  Status    status;
  Error     error;
};

static void run_guarded(void *context) {
  Guarded *call = context;
  call->status = call->work(call, &call->error);
}

static Status guarded(Guarded with, Batch **out, Error *err) {
  if (with.rows->client.hung) return error_set(err, STATUS_WORLD, with.rows->who, "the database has not answered");
  Guarded *call = mem_alloc(sizeof *call);
  *call = with;
  TRY(client_guard(&with.rows->client, run_guarded, call, err));
  Status status = call->status;
  if (status != STATUS_OK && err) *err = call->error;
  if (out) *out = call->out;
  mem_free(call);
  return status;
}

static Status next_work(Guarded *call, Error *err) {
  OdbcRows *rows = call->rows;
  uint32_t rows_max = call->rows_max;
  if (!rows->started) TRY(while_busy(rows, run_step, err));
  uint32_t len = rows->spec->fields_len + rows->spec->payload + (gives_changes(rows) ? 2 : 0), count;
  ColumnBuilder *builders = ARENA_ARRAY(&rows->scratch, ColumnBuilder, len + 1);
  for (uint32_t i = 0; i < len; i++) column_builder_init(&builders[i], rows_max, true);
  Status status = read_rows(rows, builders, rows_max, &count, err);
  if (status == STATUS_OK && count) call->out = make_batch(rows, builders, count);
  else drop_builders(builders, len);
  arena_reset(&rows->scratch);
  if (status != STATUS_OK) {
    load_drop(rows);
  } else if (count == 0) {
    close_result(rows);
    rows->opening = false;
    client_rollback(&rows->client); /* nothing was written; the snapshot is over */
  }
  return status;
}

static Status rows_next(Rows *base, uint32_t rows_max, Batch **out, Error *err) {
  *out = NULL;
  return guarded((Guarded){.rows = (OdbcRows *)base, .work = next_work, .rows_max = rows_max}, out, err);
}

static void start_anew(OdbcRows *rows, Ticks now, Ticks since) {
  rows->client.fault = FAULT_NONE;
  rows->now = now;
  rows->since = since;
  load_drop(rows);
}

static Status rewind_work(Guarded *call, Error *err) {
  (void)err;
  start_anew(call->rows, call->now, call->since);
  return STATUS_OK;
}

static Status rows_rewind(Rows *base, Ticks now, Ticks since, Error *err) {
  return guarded((Guarded){.rows = (OdbcRows *)base, .work = rewind_work, .now = now, .since = since}, NULL, err);
}

/* A statement that ends at this moment needs no cancelling. */
static void cancel_work(void *context) {
  OdbcRows *rows = context;
  if (pthread_mutex_trylock(&rows->lock) != 0) return;
  if (rows->result.stmt) SQLCancel(rows->result.stmt);
  pthread_mutex_unlock(&rows->lock);
}

/* Cancelling talks to the server too, over a connection of its own. */
static void rows_cancel(Rows *base) {
  OdbcRows *rows = (OdbcRows *)base;
  OdbcGuard *guard;
  rows->cancelled = true;
  if (!guard_run(&guard, cancel_work, rows, CANCEL_LIMIT)) rows->cancel_hung = true;
}

static bool rows_changes(const Rows *base) { return gives_changes((const OdbcRows *)base); }
static bool rows_keyed(const Rows *base) { return ((const OdbcRows *)base)->options.key.len > 0; }
static Ticks rows_refresh(const Rows *base) { return ((const OdbcRows *)base)->options.refresh; }

/* ---- life ---- */

static Status close_work(Guarded *call, Error *err) {
  (void)err;
  close_result(call->rows);
  client_release(&call->rows->client);
  return STATUS_OK;
}

/* What hangs cannot be freed: a thread that waits for the database may still look at it. */
static void rows_close(Rows *base) {
  OdbcRows *rows = (OdbcRows *)base;
  Error unused;
  if (rows->cancel_hung || guarded((Guarded){.rows = rows, .work = close_work}, NULL, &unused) != STATUS_OK) return;
  for (uint32_t i = 0; i < rows->shown_len; i++) strbuf_release(&rows->shown[i]);
  pthread_mutex_destroy(&rows->lock);
  arena_release(&rows->load);
  arena_release(&rows->scratch);
  strbuf_release(&rows->cast);
  strbuf_release(&rows->row);
  mem_free(rows);
}

static Status check_options(const OdbcRows *rows, Error *err) {
  const RowsOptions *options = &rows->options;
  if ((options->query.len > 0) == (options->table.len > 0)) {
    error_set(err, STATUS_CONFIG, rows->who, options->query.len ? "query= and table= are both given: one says what "
              "to read" : "neither query= nor table= says what to read");
    return error_hint(err, "for example odbc:DSN?table=airports, or odbc:DSN?query=SELECT code, city FROM airports");
  }
  if (options->delta.len && options->refresh == 0) {
    error_set(err, STATUS_CONFIG, rows->who, "delta= says what changed, and nothing says how often to ask");
    return error_hint(err, "add refresh=1m");
  }
  if (options->delta.len || options->key.len == 0) return STATUS_OK;
  error_set(err, STATUS_CONFIG, rows->who, "key= names the rows that delta= changes, and there is no delta=");
  return error_hint(err, "leave key= out, or add delta=SELECT ..., 1 AS _operation_ FROM ...");
}

/* Both queries are looked at before anything runs. */
static Status describe_all(OdbcRows *rows, Error *err) {
  TRY(while_busy(rows, describe_step, err));
  if (!gives_changes(rows)) return STATUS_OK;
  start_anew(rows, 0, 0);
  TRY(while_busy(rows, describe_step, err));
  start_anew(rows, 0, TICKS_MIN);
  return STATUS_OK;
}

static Status describe_work(Guarded *call, Error *err) { return describe_all(call->rows, err); }

static Status rows_setup(OdbcRows *rows, const SourceConfig *config, Error *err) {
  OptionTake take = {.own = rows_options, .into = &rows->options, .pairs = &config->where->options, .who = rows->who};
  TRY(options_take(&take, rows->arena, err));
  TRY(check_options(rows, err));
  TRY(odbc_target_parse(rows->arena, config->where->target, ODBC_READ, rows->who, &rows->target, err));
  client_init(&rows->client, &rows->target, rows->who, rows->options.login_timeout);
  rows->client.reading = true;
  rows->opening = true;
  rows->config = config;
  rows->client.answer_timeout = rows->options.answer_timeout;
  Status status = guarded((Guarded){.rows = rows, .work = describe_work}, NULL, err);
  rows->config = NULL;
  return status;
}

static Status rows_open(const SourceConfig *config, const DecodeSpec *spec, Arena *arena, Rows **out, Error *err) {
  OdbcRows *rows = mem_zalloc(sizeof *rows);
  rows->base.cls = &odbc_rows;
  rows->spec = spec;
  rows->arena = arena;
  rows->since = TICKS_MIN;
  pthread_mutex_init(&rows->lock, NULL);
  arena_init(&rows->load);
  arena_init(&rows->scratch);
  rows->who = arena_cstr(arena, str_from(config->who));
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
   .doc = "How often the rows are read again while a live stream runs; 0 never."},
  {.name = "delta", .kind = OPTION_TEXT, .at = offsetof(RowsOptions, delta), .fallback = "",
   .doc = "A SELECT of what changed from @deltaStartTime to @deltaEndTime, with a column _operation_ (1 came or "
          "changed, 2 went): refreshes run it instead of the whole query."},
  {.name = "key", .kind = OPTION_TEXT, .at = offsetof(RowsOptions, key), .fallback = "",
   .doc = "With delta=: columns, separated by commas, by which a row is known again; default all columns."},
  {.name = "retry-timeout", .kind = OPTION_DURATION, .at = offsetof(RowsOptions, retry_timeout), .fallback = "60s",
   .doc = "How long a lock of another program is waited for, and at the start a database that is down."},
  {.name = "login-timeout", .kind = OPTION_DURATION, .at = offsetof(RowsOptions, login_timeout), .fallback = "15s",
   .doc = "How long connecting may take."},
  {.name = "answer-timeout", .kind = OPTION_DURATION, .at = offsetof(RowsOptions, answer_timeout), .fallback = "10m",
   .doc = "How long the database may take to begin with the rows or to send the next ones, locks of others included."},
  {.name = NULL},
};

const RowsClass odbc_rows = {
  .scheme = "odbc", .options = rows_options,
  .doc = "Reference data out of any database with an ODBC driver: a table or a query, read whole, refreshed if asked.",
  .open = rows_open, .next = rows_next, .rewind = rows_rewind, .refresh = rows_refresh, .changes = rows_changes,
  .keyed = rows_keyed, .cancel = rows_cancel, .close = rows_close,
};
