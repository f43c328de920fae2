/* odbc_sink.c: results into a table of a database.
**
** open   connects, finds the table (or makes it, create=true), matches the query's columns with the table's and asks
**        the database once, without writing, whether it would take the statement: what is wrong with the table is
**        said before the first event is read.
** write  checks and converts each value (odbc_types.c) and gathers rows; a value that does not fit rejects its row.
** flush  delivers what was gathered in one transaction (odbc_insert.c). A transaction is also delivered when
**        transaction-rows or 64 MB wait.
**
** Without `*` a row has one cell a column of the query. With `*` the columns of a row are only known when it comes:
** a row has a cell for every column of the table, fields find theirs by name, and a column that the row does not
** name is left to its default. */
#include "connectors/odbc/odbc.h"

#include <stdio.h>

#include "base/bits.h"
#include "base/mem.h"
#include "connectors/odbc/odbc_insert.h"
#include "io/take.h"
#include "types/json.h"

enum { TRANSACTION_BYTES = 64 << 20, KEYS_MAX = 32, REASON_MAX = 400 };

typedef struct SinkOptions {
  Str     table, key;
  int     mode, on_conflict;
  bool    create;
  int64_t batch_rows, transaction_rows;
  Ticks   retry_timeout, login_timeout, answer_timeout;
} SinkOptions;
enum { MODE_APPEND, MODE_UPSERT };
enum { CONFLICT_ERROR, CONFLICT_SKIP };
static const OptionDef sink_options[];

typedef struct OdbcSink {
  Sink       base;
  SinkConfig config;      /* where is not kept */
  SinkOptions options;
  Arena     *arena;       /* the job's: names, the table */
  Arena      scratch;     /* values of one batch */
  const char *who;
  OdbcTarget target;
  OdbcClient client;
  OdbcTable  table;
  bool       star;
  Str        keys[KEYS_MAX];
  uint32_t   key_cols[KEYS_MAX], keys_len; /* columns of the table */
  uint32_t  *cols;        /* table column of each cell */
  uint32_t   cols_len;
  int       *cell_of;     /* cell of each table column; -1: the database computes it */
  int       *out_cell;    /* cell of each column of the query; -1: a star */
  uint64_t  *filled, *absent; /* of the row at work; bits are cells */
  Insert    *insert;
  char       reason[REASON_MAX];
} OdbcSink;

/* ---- the query's columns against the table's ---- */

static Status no_such_column(OdbcSink *sink, Str name, const char *what, Error *err) {
  StrBuf cols = {0};
  table_put_columns(&sink->table, &cols);
  error_set(err, STATUS_CONFIG, sink->who, "table `" STR_FMT "` has no column `" STR_FMT "`%s; it has: %s",
            STR_ARG(sink->table.name), STR_ARG(name), what, cols.ptr ? cols.ptr : "none");
  strbuf_release(&cols);
  return error_hint(err, "add the column to the table, or give the query's column the table's name with AS");
}

static Status check_types(OdbcSink *sink, const OutputColumn *out, const TableColumn *col, Error *err) {
  TypeMask types = out->types & (TypeMask)~MASK(TYPE_NULL);
  if (types == 0 || (types & sql_class_accepts(col->type.cls))) return STATUS_OK;
  StrBuf given = {0};
  type_mask_print(types, &given);
  error_set(err, STATUS_CONFIG, sink->who, "column `" STR_FMT "` of the query is %s, but column `" STR_FMT
            "` of table `" STR_FMT "` is " STR_FMT, STR_ARG(out->name), given.ptr, STR_ARG(col->name),
            STR_ARG(sink->table.name), STR_ARG(col->type_text));
  strbuf_release(&given);
  return error_hint(err, "CAST it in the query, or change the table");
}

static Status match_column(OdbcSink *sink, const OutputColumn *out, int *found, Error *err) {
  *found = table_column(&sink->table, out->name);
  if (*found < 0) return no_such_column(sink, out->name, "", err);
  const TableColumn *col = &sink->table.cols[*found];
  if (col->generated) {
    error_set(err, STATUS_CONFIG, sink->who, "column `" STR_FMT "` of table `" STR_FMT "` is computed by the database "
              "and takes no value", STR_ARG(col->name), STR_ARG(sink->table.name));
    return error_hint(err, "leave it out of the query");
  }
  return check_types(sink, out, col, err);
}

static uint32_t add_cell(OdbcSink *sink, uint32_t col) {
  sink->cols[sink->cols_len] = col;
  sink->cell_of[col] = (int)sink->cols_len;
  return sink->cols_len++;
}

static Status same_column_twice(OdbcSink *sink, Str name, Error *err) {
  error_set(err, STATUS_CONFIG, sink->who, "two columns of the query go to column `" STR_FMT "` of table `" STR_FMT
            "`: names match without regard to case", STR_ARG(name), STR_ARG(sink->table.name));
  return error_hint(err, "rename one of them with AS");
}

static Status map_columns(OdbcSink *sink, Error *err) {
  const OutputSchema *schema = sink->config.schema;
  for (uint32_t c = 0; c < sink->table.cols_len; c++) sink->cell_of[c] = -1;
  for (uint32_t c = 0; c < sink->table.cols_len && sink->star; c++) {
    if (!sink->table.cols[c].generated) add_cell(sink, c);
  }
  for (uint32_t i = 0; i < schema->cols_len; i++) {
    int col;
    sink->out_cell[i] = -1;
    if (schema->cols[i].star) continue;
    TRY(match_column(sink, &schema->cols[i], &col, err));
    if (sink->cell_of[col] >= 0 && !sink->star) return same_column_twice(sink, schema->cols[i].name, err);
    sink->out_cell[i] = sink->cell_of[col] >= 0 ? sink->cell_of[col] : (int)add_cell(sink, (uint32_t)col);
  }
  return STATUS_OK;
}

/* Columns that need a value and do not get one. A star may bring them; then each row is checked. */
static Status check_required(OdbcSink *sink, Error *err) {
  for (uint32_t c = 0; c < sink->table.cols_len; c++) {
    const TableColumn *col = &sink->table.cols[c];
    if (!col->not_null || col->has_default || col->generated || sink->cell_of[c] >= 0) continue;
    error_set(err, STATUS_CONFIG, sink->who, "column `" STR_FMT "` of table `" STR_FMT "` is NOT NULL without a "
              "default, and the query does not give it", STR_ARG(col->name), STR_ARG(sink->table.name));
    return error_hint(err, "add it to the query, or give the column a default");
  }
  return STATUS_OK;
}

/* ---- keys ---- */

static Status split_keys(OdbcSink *sink, Error *err) {
  Str rest = sink->options.key, item;
  while (rest.len) {
    Str tail = STR("");
    str_cut(rest, ',', &item, &tail);
    item = str_trim(item);
    rest = tail;
    if (item.len == 0) continue;
    if (sink->keys_len == KEYS_MAX) {
      return error_set(err, STATUS_CONFIG, sink->who, "key= names more than %d columns", KEYS_MAX);
    }
    sink->keys[sink->keys_len++] = item;
  }
  bool upsert = sink->options.mode == MODE_UPSERT;
  if (upsert && sink->keys_len == 0) {
    error_set(err, STATUS_CONFIG, sink->who, "mode=upsert needs key=, the columns that say which row is meant");
    return error_hint(err, "for example key=id or key=region,day; they need a primary key or unique index");
  }
  if (upsert && sink->options.on_conflict == CONFLICT_SKIP) {
    return error_set(err, STATUS_CONFIG, sink->who, "mode=upsert overwrites rows and on-conflict=skip leaves them: "
                     "give one of the two");
  }
  return STATUS_OK;
}

/* Keys get the query's spelling: create=true makes the columns by it. */
static void spell_keys(OdbcSink *sink) {
  for (uint32_t k = 0; k < sink->keys_len; k++) {
    for (uint32_t i = 0; i < sink->config.schema->cols_len; i++) {
      Str name = sink->config.schema->cols[i].name;
      if (str_eq_nocase(name, sink->keys[k])) sink->keys[k] = name;
    }
  }
}

static Status match_keys(OdbcSink *sink, Error *err) {
  for (uint32_t k = 0; k < sink->keys_len; k++) {
    int col = table_column(&sink->table, sink->keys[k]);
    if (col < 0) return no_such_column(sink, sink->keys[k], " (named by key=)", err);
    if (sink->cell_of[col] < 0) {
      error_set(err, STATUS_CONFIG, sink->who, "key column `" STR_FMT "` is not among the query's columns",
                STR_ARG(sink->keys[k]));
      return error_hint(err, "add it to the query, or correct key=");
    }
    sink->key_cols[k] = (uint32_t)col;
  }
  Str names[KEYS_MAX];
  for (uint32_t k = 0; k < sink->keys_len; k++) names[k] = sink->table.cols[sink->key_cols[k]].name;
  if (sink->options.mode != MODE_UPSERT) return STATUS_OK;
  return table_check_key(&sink->client, sink->arena, &sink->table, names, sink->keys_len, err);
}

/* ---- opening ---- */

static Status find_table(OdbcSink *sink, Error *err) {
  bool found;
  Str wanted = sink->options.table;
  TRY(table_open(&sink->client, sink->arena, wanted, &sink->table, &found, err));
  if (!found && sink->options.create) {
    TRY(table_create(&sink->client, sink->arena, wanted, sink->config.schema, sink->keys, sink->keys_len, err));
    TRY(table_open(&sink->client, sink->arena, wanted, &sink->table, &found, err));
  }
  if (!found) TRY(table_missing(&sink->client, sink->arena, wanted, err));
  return client_commit(&sink->client, err);
}

static Status match_table(OdbcSink *sink, Error *err) {
  uint32_t outs = sink->config.schema->cols_len, cols = sink->table.cols_len;
  sink->cols = ARENA_ARRAY(sink->arena, uint32_t, cols + 1);
  sink->cell_of = ARENA_ARRAY(sink->arena, int, cols + 1);
  sink->out_cell = ARENA_ARRAY(sink->arena, int, outs + 1);
  sink->filled = ARENA_ARRAY(sink->arena, uint64_t, bits_words(cols) + 1);
  sink->absent = ARENA_ARRAY(sink->arena, uint64_t, bits_words(cols) + 1);
  for (uint32_t i = 0; i < outs; i++) sink->star |= sink->config.schema->cols[i].star;
  TRY(map_columns(sink, err));
  TRY(check_required(sink, err));
  return match_keys(sink, err);
}

static Status check_dialect(OdbcSink *sink, Error *err) {
  const OdbcDialect *dialect = sink->client.dialect;
  bool skip = sink->options.on_conflict == CONFLICT_SKIP;
  if (dialect->upsert == UPSERT_NONE && (skip || sink->options.mode == MODE_UPSERT)) {
    error_set(err, STATUS_CONFIG, sink->who, "%s is not known for %s", skip ? "on-conflict=skip" : "mode=upsert",
              sink->client.dbms);
    return error_hint(err, "it works with PostgreSQL, SQLite, MariaDB, MySQL and SQL Server; use mode=append here");
  }
  if (dialect->upsert == UPSERT_MERGE && skip && sink->keys_len == 0) {
    error_set(err, STATUS_CONFIG, sink->who, "on-conflict=skip needs key= with %s", dialect->title);
    return error_hint(err, "name the columns of the unique key");
  }
  return STATUS_OK;
}

static void sink_rejected(void *context, const Batch *batch, uint32_t row, const char *reason) {
  OdbcSink *sink = context;
  sink->config.reject(sink->config.reject_context, batch, row, reason);
}

/* Under the guard; on the heap, since it may outlive the opening. */
typedef struct Opening { OdbcSink *sink; Status status; Error error; } Opening;

static Status connect_and_match(OdbcSink *sink, Error *err) {
  TRY(client_connect(&sink->client, err));
  TRY(check_dialect(sink, err));
  TRY(find_table(sink, err));
  return match_table(sink, err);
}

static void open_guarded(void *context) {
  Opening *opening = context;
  opening->status = connect_and_match(opening->sink, &opening->error);
}

static Status sink_prepare(OdbcSink *sink, Error *err) {
  Opening *opening = mem_zalloc(sizeof *opening);
  opening->sink = sink;
  TRY(client_guard(&sink->client, open_guarded, opening, err));
  Status opened = opening->status;
  if (opened != STATUS_OK && err) *err = opening->error;
  mem_free(opening);
  TRY(opened);
  bool upsert = sink->options.mode == MODE_UPSERT, skip = sink->options.on_conflict == CONFLICT_SKIP;
  InsertConfig config = {
    .client = &sink->client, .batch_rows = (unsigned)sink->options.batch_rows,
    .retry_timeout = sink->options.retry_timeout, .reject = sink_rejected, .reject_context = sink,
    .shape = {.table = &sink->table, .cols = sink->cols, .cols_len = sink->cols_len, .keys = sink->key_cols,
              .keys_len = sink->keys_len, .mode = upsert ? INSERT_UPSERT : skip ? INSERT_SKIP : INSERT_APPEND}};
  sink->insert = insert_new(&config);
  return insert_check(sink->insert, err);
}

static void close_guarded(void *context) {
  OdbcSink *sink = context;
  insert_free(sink->insert);
  client_release(&sink->client);
}

/* What hangs cannot be freed: the thread that waits for the database may still look at it. */
static Status sink_close(Sink *base, Error *err) {
  OdbcSink *sink = (OdbcSink *)base;
  Error unused;
  (void)err;
  if (sink->client.hung || client_guard(&sink->client, close_guarded, sink, &unused) != STATUS_OK) return STATUS_OK;
  arena_release(&sink->scratch);
  mem_free(sink);
  return STATUS_OK;
}

static Status sink_open(const SinkConfig *config, Arena *arena, Sink **out, Error *err) {
  OdbcSink *sink = mem_zalloc(sizeof *sink);
  sink->base.cls = &odbc_sink;
  sink->config = *config;
  sink->arena = arena;
  arena_init(&sink->scratch);
  sink->who = arena_cstr(arena, str_from(config->who));
  OptionTake take = {.own = sink_options, .into = &sink->options, .pairs = &config->where->options, .who = sink->who};
  Status status = options_take(&take, arena, err);
  if (status == STATUS_OK) status = split_keys(sink, err);
  if (status == STATUS_OK) {
    spell_keys(sink);
    OdbcUse use = sink->options.create ? ODBC_CREATE : ODBC_WRITE;
    status = odbc_target_parse(arena, config->where->target, use, sink->who, &sink->target, err);
  }
  if (status == STATUS_OK) {
    client_init(&sink->client, &sink->target, sink->who, sink->options.login_timeout);
    sink->client.answer_timeout = sink->options.answer_timeout;
    status = sink_prepare(sink, err);
  }
  if (status != STATUS_OK) sink_close(&sink->base, NULL);
  else *out = &sink->base;
  return status;
}

/* ---- writing ---- */

static bool is_key_cell(const OdbcSink *sink, uint32_t cell) {
  for (uint32_t k = 0; k < sink->keys_len; k++) {
    if (sink->key_cols[k] == sink->cols[cell]) return true;
  }
  return false;
}

static bool put_cell(OdbcSink *sink, OdbcCell *cells, uint32_t cell, const Value *value) {
  const TableColumn *col = &sink->table.cols[sink->cols[cell]];
  char reason[ENCODE_REASON_MAX];
  bits_set(sink->filled, cell);
  if (value->type == TYPE_NULL) {
    bool upsert_key = sink->options.mode == MODE_UPSERT && is_key_cell(sink, cell);
    if (!col->not_null && !upsert_key) return true;
    snprintf(sink->reason, REASON_MAX, "column `" STR_FMT "` is NULL, which %s", STR_ARG(col->name),
             col->not_null ? "the table does not allow" : "no key may be");
    return false;
  }
  if (sql_encode(&col->type, col->type_text, sink->client.dialect, value, insert_text(sink->insert), &cells[cell],
                 reason)) {
    return true;
  }
  snprintf(sink->reason, REASON_MAX, "column `" STR_FMT "` %s", STR_ARG(col->name), reason);
  return false;
}

static bool put_field(OdbcSink *sink, OdbcCell *cells, Str raw_key, Str raw_value) {
  Str name = raw_key;
  StrBuf plain = {0};
  if (str_find_char(raw_key, '\\') >= 0 && json_unescape(raw_key, &plain)) {
    name = arena_str(&sink->scratch, strbuf_str(&plain));
  }
  strbuf_release(&plain);
  int col = table_column(&sink->table, name);
  if (col < 0 || sink->cell_of[col] < 0) {
    snprintf(sink->reason, REASON_MAX, "table `" STR_FMT "` %s `" STR_FMT "`", STR_ARG(sink->table.name),
             col < 0 ? "has no column" : "takes no value for column", STR_ARG(name));
    return false;
  }
  uint32_t cell = (uint32_t)sink->cell_of[col];
  Value value;
  if (bits_get(sink->filled, cell)) return true; /* the leftmost wins */
  if (!json_value(raw_value, &sink->scratch, &value)) {
    snprintf(sink->reason, REASON_MAX, "field `" STR_FMT "` is not a value of JSON", STR_ARG(name));
    return false;
  }
  return put_cell(sink, cells, cell, &value);
}

static bool put_star(OdbcSink *sink, OdbcCell *cells, const Value *record) {
  JsonCursor cursor;
  Str key, value;
  if (record->type == TYPE_NULL) return true;
  if (!json_open(&cursor, text_str(&record->text)) || !cursor.object) {
    snprintf(sink->reason, REASON_MAX, "`*` stands for no record here");
    return false;
  }
  while (json_next(&cursor, &key, &value)) {
    if (!put_field(sink, cells, key, value)) return false;
  }
  return true;
}

/* With a star: what the row did not name is left to its default. */
static bool put_absent(OdbcSink *sink) {
  bits_fill(sink->absent, sink->cols_len, false);
  for (uint32_t cell = 0; cell < sink->cols_len; cell++) {
    if (bits_get(sink->filled, cell)) continue;
    const TableColumn *col = &sink->table.cols[sink->cols[cell]];
    bool upsert_key = sink->options.mode == MODE_UPSERT && is_key_cell(sink, cell);
    if (col->has_default && !upsert_key) {
      bits_set(sink->absent, cell);
    } else if (col->not_null || upsert_key) {
      snprintf(sink->reason, REASON_MAX, "the row has no field for column `" STR_FMT "`, which %s", STR_ARG(col->name),
               upsert_key ? "is a key" : "is NOT NULL without a default");
      return false;
    }
  }
  return true;
}

static bool put_row(OdbcSink *sink, const Batch *batch, uint32_t row) {
  OdbcCell *cells = insert_row(sink->insert);
  if (sink->star) bits_fill(sink->filled, sink->cols_len, false);
  for (uint32_t i = 0; i < sink->config.schema->cols_len; i++) {
    Value value = column_get(batch->cols[i], row);
    int cell = sink->out_cell[i];
    if (cell >= 0 && sink->star && bits_get(sink->filled, (uint32_t)cell)) continue; /* the leftmost wins */
    if (!(cell < 0 ? put_star(sink, cells, &value) : put_cell(sink, cells, (uint32_t)cell, &value))) return false;
  }
  if (sink->star && !put_absent(sink)) return false;
  insert_add(sink->insert, batch, row, sink->star ? sink->absent : NULL);
  return true;
}

static Status sink_write(Sink *base, const Batch *batch, Error *err) {
  OdbcSink *sink = (OdbcSink *)base;
  SELECTION_EACH(batch->sel, batch->rows, row) {
    if (!put_row(sink, batch, row)) {
      insert_drop(sink->insert);
      sink->config.reject(sink->config.reject_context, batch, row, sink->reason);
    }
    bool full = insert_waiting(sink->insert) >= sink->options.transaction_rows ||
                insert_waiting_bytes(sink->insert) >= TRANSACTION_BYTES;
    if (full) TRY(insert_deliver(sink->insert, err));
  }
  arena_reset(&sink->scratch);
  return STATUS_OK;
}

static Status sink_flush(Sink *base, Error *err) { return insert_deliver(((OdbcSink *)base)->insert, err); }

static void sink_state(Sink *base, char *out, size_t cap) {
  snprintf(out, cap, "%s", insert_state(((OdbcSink *)base)->insert));
}

static const OptionDef sink_options[] = {
  {.name = "table", .kind = OPTION_TEXT, .at = offsetof(SinkOptions, table), .required = true,
   .doc = "The table to write into; a schema may stand in front of it (`public.t`)."},
  {.name = "mode", .kind = OPTION_CHOICE, .at = offsetof(SinkOptions, mode), .fallback = "append",
   .choices = "append|upsert", .doc = "Append inserts rows; upsert overwrites the row with the same key."},
  {.name = "key", .kind = OPTION_TEXT, .at = offsetof(SinkOptions, key), .fallback = "",
   .doc = "Columns of the key of mode=upsert, separated by commas; they need a primary key or unique index."},
  {.name = "create", .kind = OPTION_BOOL, .at = offsetof(SinkOptions, create), .fallback = "false",
   .doc = "Make the table, and a SQLite file, when it is missing; `key` becomes its primary key."},
  {.name = "on-conflict", .kind = OPTION_CHOICE, .at = offsetof(SinkOptions, on_conflict), .fallback = "error",
   .choices = "error|skip", .doc = "A row whose key is there already goes to the quarantine, or is left out silently."},
  {.name = "batch-rows", .kind = OPTION_INT, .at = offsetof(SinkOptions, batch_rows), .fallback = "0", .min = 0,
   .max = 7000, .doc = "Rows of one INSERT statement at most; 0 takes as many as driver and database allow."},
  {.name = "transaction-rows", .kind = OPTION_INT, .at = offsetof(SinkOptions, transaction_rows), .fallback = "50000",
   .min = 1, .max = 10000000, .doc = "Rows of one transaction at most; they are kept in memory until it commits."},
  {.name = "retry-timeout", .kind = OPTION_DURATION, .at = offsetof(SinkOptions, retry_timeout), .fallback = "60s",
   .doc = "How long a lost connection, a lock or a deadlock is retried before the job stops."},
  {.name = "login-timeout", .kind = OPTION_DURATION, .at = offsetof(SinkOptions, login_timeout), .fallback = "15s",
   .doc = "How long connecting may take."},
  {.name = "answer-timeout", .kind = OPTION_DURATION, .at = offsetof(SinkOptions, answer_timeout), .fallback = "2m",
   .doc = "How long the database may take for one statement, locks of others included, before the job stops."},
  {.name = NULL},
};

const SinkClass odbc_sink = {
  .scheme = "odbc", .options = sink_options,
  .doc = "Rows into a table of any database with an ODBC driver, in multi-row statements, one transaction an epoch.",
  .open = sink_open, .write = sink_write, .flush = sink_flush, .close = sink_close, .state = sink_state,
};
