/* odbc_insert.c: see odbc_insert.h.
**
** deliver: one transaction of multi-row statements, then COMMIT. What can go wrong, by class (odbc_client.h):
**
**   FAULT_DATA   a statement holds a row the database refuses. Roll back; what stood before the statement goes again
**                (now in a transaction of its own), the statement's rows are halved, and again, until one row is
**                left: that one is rejected with the driver's words. Then the rest goes on.
**   FAULT_AGAIN  deadlock or lock time-out: roll back, wait, send the whole transaction again.
**   FAULT_LOST   connect again with growing pauses, send the whole transaction again. When the connection broke
**                during COMMIT the rows may be there already: delivery is at least once.
**   FAULT_FATAL  give up with the message.
**
** Statements are prepared once for each number of rows: the largest, and powers of two for the rest. Their
** parameters are bound once to slots that the values are copied into; only a text longer than its slot, or a value
** of another kind than the one before, binds its parameter anew. Rows that leave different columns to their
** defaults are different variants with statements of their own; a statement takes consecutive rows of one variant.
**
** Upsert: of rows with equal keys only the last is sent, since a database takes a key once a statement. Should the
** database refuse that one, the one it replaced is sent after all. */
#include "connectors/odbc/odbc_insert.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"

enum {
  SLOT_TEXT = 48,            /* longer text is bound where it lies */
  SIZES_MAX = 16,            /* the largest statement and powers of two below it */
  BACKOFF_FIRST_MS = 50,
  BACKOFF_MOST_MS = 5000,
  ROW_NONE = -1,
};

typedef struct ParamSlot {
  SQLLEN indicator;
  union { int64_t i; double f; char text[SLOT_TEXT]; };
} ParamSlot;

typedef struct Bound { /* what a parameter of a statement is bound to */
  CellKind kind;
  const void *ptr;   /* NULL: not bound yet */
} Bound;

typedef struct InsertStatement {
  SQLHSTMT stmt;     /* NULL: not prepared on this connection */
  unsigned rows;
  Bound   *bound;    /* one a parameter */
} InsertStatement;

typedef struct Variant {
  uint64_t *absent;   /* columns left to their defaults; NULL: none */
  uint32_t *at;       /* the columns that are there: indexes into a row's cells */
  uint32_t *cols;     /* ... and columns of the table */
  uint32_t  len;
  InsertStatement sizes[SIZES_MAX]; /* descending */
  unsigned  sizes_len;
} Variant;

typedef enum RowState { ROW_LIVE, ROW_REPLACED, ROW_REJECTED } RowState;
typedef struct InsertRow {
  const Batch *batch;
  uint32_t row;
  uint16_t variant;
  uint8_t  state;
  int64_t  replaces; /* an earlier row with the same key; ROW_NONE: none */
} InsertRow;

struct Insert {
  InsertConfig config;
  Vec(InsertRow) rows;
  Vec(OdbcCell) cells;   /* rows.len * cols_len, and the row begun */
  StrBuf    text;
  size_t    text_mark;   /* where the row begun starts */
  Vec(Batch *) batches;  /* references, each once */
  Vec(Variant) variants;
  ParamSlot *slots;      /* shared by all statements */
  WideBuf   wide;        /* text of one statement, where the dialect wants UTF-16 */
  uint32_t *key_table, key_table_cap; /* open addressing, row + 1; upsert only */
  uint32_t *picked;      /* rows of the statement at work */
  int64_t   failing_since; /* monotonic ns; 0: all is well */
  unsigned  backoff_ms;
  char      state[256];
};

/* ---- life ---- */

Insert *insert_new(const InsertConfig *config) {
  Insert *insert = mem_zalloc(sizeof *insert);
  insert->config = *config;
  insert->slots = mem_zalloc(mem_mul(config->client->dialect->params_max + config->shape.cols_len, sizeof(ParamSlot)));
  insert->picked = mem_alloc(mem_mul(config->client->dialect->rows_max, sizeof *insert->picked));
  return insert;
}

static void statement_drop(InsertStatement *statement) {
  if (statement->stmt) SQLFreeHandle(SQL_HANDLE_STMT, statement->stmt);
  mem_free(statement->bound);
  statement->stmt = NULL;
  statement->bound = NULL;
}

static void statements_drop(Insert *insert) {
  for (uint32_t v = 0; v < insert->variants.len; v++) {
    Variant *variant = &insert->variants.items[v];
    for (unsigned s = 0; s < variant->sizes_len; s++) statement_drop(&variant->sizes[s]);
  }
}

static void rows_clear(Insert *insert) {
  for (uint32_t i = 0; i < insert->batches.len; i++) batch_unref(insert->batches.items[i]);
  insert->batches.len = insert->rows.len = insert->cells.len = 0;
  strbuf_clear(&insert->text);
  insert->text_mark = 0;
  if (insert->key_table) memset(insert->key_table, 0, insert->key_table_cap * sizeof *insert->key_table);
}

void insert_free(Insert *insert) {
  if (insert == NULL) return;
  statements_drop(insert);
  rows_clear(insert);
  for (uint32_t v = 0; v < insert->variants.len; v++) {
    mem_free(insert->variants.items[v].absent);
    mem_free(insert->variants.items[v].at);
    mem_free(insert->variants.items[v].cols);
  }
  vec_release(&insert->variants);
  vec_release(&insert->rows);
  vec_release(&insert->cells);
  vec_release(&insert->batches);
  strbuf_release(&insert->text);
  wide_release(&insert->wide);
  mem_free(insert->key_table);
  mem_free(insert->picked);
  mem_free(insert->slots);
  mem_free(insert);
}

/* ---- variants ---- */

static uint32_t absent_words(const Insert *insert) { return bits_words(insert->config.shape.cols_len); }

static bool variant_is(const Insert *insert, const Variant *variant, const uint64_t *absent) {
  for (uint32_t i = 0; i < absent_words(insert); i++) {
    if ((variant->absent ? variant->absent[i] : 0) != (absent ? absent[i] : 0)) return false;
  }
  return true;
}

static void variant_sizes(Insert *insert, Variant *variant) {
  unsigned most = insert_rows_max(insert->config.client->dialect, variant->len);
  if (insert->config.batch_rows && insert->config.batch_rows < most) most = insert->config.batch_rows;
  variant->sizes[variant->sizes_len++].rows = most;
  unsigned size = 1;
  while (size * 2 < most) size *= 2;
  for (; size && size < most; size /= 2) variant->sizes[variant->sizes_len++].rows = size;
}

static uint16_t variant_find(Insert *insert, const uint64_t *absent) {
  for (uint32_t v = 0; v < insert->variants.len; v++) {
    if (variant_is(insert, &insert->variants.items[v], absent)) return (uint16_t)v;
  }
  const InsertShape *shape = &insert->config.shape;
  Variant variant = {.at = mem_alloc(mem_mul(shape->cols_len, sizeof(uint32_t))),
                     .cols = mem_alloc(mem_mul(shape->cols_len, sizeof(uint32_t)))};
  if (absent) variant.absent = mem_dup(absent, absent_words(insert) * sizeof *absent);
  for (uint32_t i = 0; i < shape->cols_len; i++) {
    if (absent && bits_get(absent, i)) continue;
    variant.at[variant.len] = i;
    variant.cols[variant.len++] = shape->cols[i];
  }
  variant_sizes(insert, &variant);
  vec_push(&insert->variants, variant);
  return (uint16_t)(insert->variants.len - 1);
}

/* ---- rows ---- */

OdbcCell *insert_row(Insert *insert) {
  uint32_t cols = insert->config.shape.cols_len;
  vec_reserve(&insert->cells, insert->cells.len + cols);
  OdbcCell *cells = insert->cells.items + insert->cells.len;
  memset(cells, 0, cols * sizeof *cells);
  insert->text_mark = insert->text.len;
  return cells;
}

StrBuf *insert_text(Insert *insert) { return &insert->text; }
void insert_drop(Insert *insert) { insert->text.len = insert->text_mark; }
uint32_t insert_waiting(const Insert *insert) { return insert->rows.len; }
size_t insert_waiting_bytes(const Insert *insert) {
  return insert->text.len + insert->cells.len * sizeof(OdbcCell) + insert->rows.len * sizeof(InsertRow);
}

static const OdbcCell *row_cells(const Insert *insert, uint32_t row) {
  return insert->cells.items + (size_t)row * insert->config.shape.cols_len;
}

/* The cell of key k: keys are columns of the table, cells follow the shape. */
static const OdbcCell *key_cell(const Insert *insert, uint32_t row, uint32_t k) {
  const InsertShape *shape = &insert->config.shape;
  uint32_t at = 0;
  while (shape->cols[at] != shape->keys[k]) at++;
  return row_cells(insert, row) + at;
}

static uint64_t key_hash(const Insert *insert, uint32_t row) {
  uint64_t hash = 0;
  for (uint32_t k = 0; k < insert->config.shape.keys_len; k++) {
    const OdbcCell *cell = key_cell(insert, row, k);
    bool text = cell->kind == CELL_TEXT || cell->kind == CELL_BYTES;
    hash = hash_combine(hash, text ? hash_bytes(insert->text.ptr + cell->at, cell->len, 0) : (uint64_t)cell->i);
  }
  return hash;
}

static bool key_same(const Insert *insert, uint32_t a, uint32_t b) {
  for (uint32_t k = 0; k < insert->config.shape.keys_len; k++) {
    const OdbcCell *x = key_cell(insert, a, k), *y = key_cell(insert, b, k);
    if (x->kind != y->kind || x->len != y->len) return false;
    bool text = x->kind == CELL_TEXT || x->kind == CELL_BYTES;
    if (text ? memcmp(insert->text.ptr + x->at, insert->text.ptr + y->at, x->len) != 0 : x->i != y->i) return false;
  }
  return true;
}

static void key_table_put(Insert *insert, uint32_t row) {
  uint32_t mask = insert->key_table_cap - 1, slot = (uint32_t)key_hash(insert, row) & mask;
  for (uint32_t earlier; (earlier = insert->key_table[slot]) != 0; slot = (slot + 1) & mask) {
    if (!key_same(insert, earlier - 1, row)) continue;
    insert->rows.items[earlier - 1].state = ROW_REPLACED;
    insert->rows.items[row].replaces = earlier - 1;
    break;
  }
  insert->key_table[slot] = row + 1;
}

/* Keeps the table at most half full; rows replaced are not in it. */
static void key_table_grow(Insert *insert) {
  if (insert->rows.len * 2 < insert->key_table_cap) return;
  mem_free(insert->key_table);
  insert->key_table_cap = insert->key_table_cap ? insert->key_table_cap * 4 : 1024;
  insert->key_table = mem_zalloc(mem_mul(insert->key_table_cap, sizeof *insert->key_table));
  uint32_t mask = insert->key_table_cap - 1;
  for (uint32_t row = 0; row + 1 < insert->rows.len; row++) {
    if (insert->rows.items[row].state != ROW_LIVE) continue;
    uint32_t slot = (uint32_t)key_hash(insert, row) & mask;
    while (insert->key_table[slot]) slot = (slot + 1) & mask;
    insert->key_table[slot] = row + 1;
  }
}

void insert_add(Insert *insert, const Batch *batch, uint32_t row, const uint64_t *absent) {
  if (insert->batches.len == 0 || insert->batches.items[insert->batches.len - 1] != batch) {
    vec_push(&insert->batches, batch_ref((Batch *)batch));
  }
  insert->cells.len += insert->config.shape.cols_len;
  vec_push(&insert->rows, (InsertRow){.batch = batch, .row = row, .variant = variant_find(insert, absent),
                                      .replaces = ROW_NONE});
  if (insert->config.shape.mode != INSERT_UPSERT) return;
  key_table_grow(insert);
  key_table_put(insert, insert->rows.len - 1);
}

/* ---- statements ---- */

static CellKind usual_kind(const Insert *insert, const Variant *variant, unsigned param) {
  const TableColumn *col = &insert->config.shape.table->cols[variant->cols[param % variant->len]];
  return sql_usual_cell(&col->type, insert->config.client->dialect);
}

static SQLRETURN bind(InsertStatement *statement, unsigned param, CellKind kind, bool wide, const void *ptr,
                      ParamSlot *slot) {
  static const struct { SQLSMALLINT c, sql; SQLULEN size; } types[] = {
    [CELL_BIGINT] = {SQL_C_SBIGINT, SQL_BIGINT, 19},
    [CELL_DOUBLE] = {SQL_C_DOUBLE, SQL_DOUBLE, 15},
    [CELL_TEXT] = {SQL_C_CHAR, SQL_VARCHAR, 0},
    [CELL_BYTES] = {SQL_C_BINARY, SQL_VARBINARY, 0},
  };
  SQLSMALLINT c = kind == CELL_TEXT && wide ? SQL_C_WCHAR : types[kind].c;
  SQLSMALLINT sql = kind == CELL_TEXT && wide ? SQL_WVARCHAR : types[kind].sql;
  statement->bound[param] = (Bound){kind, ptr};
  return SQLBindParameter(statement->stmt, (SQLUSMALLINT)(param + 1), SQL_PARAM_INPUT, c, sql, types[kind].size, 0,
                          (SQLPOINTER)(uintptr_t)ptr, 0, &slot->indicator);
}

/* Puts a cell into its slot, or leaves a long text where it lies; says what the parameter must be bound to. */
static const void *slot_fill(Insert *insert, ParamSlot *slot, const OdbcCell *cell, bool wide) {
  if (cell->kind == CELL_BIGINT || cell->kind == CELL_DOUBLE) {
    slot->i = cell->i; /* the bits of a double too */
    slot->indicator = sizeof slot->i;
    return &slot->i;
  }
  const char *text = insert->text.ptr ? insert->text.ptr + cell->at : "";
  slot->indicator = (SQLLEN)cell->len;
  if (cell->kind == CELL_TEXT && wide) {
    SQLWCHAR *begin = insert->wide.ptr + insert->wide.len;
    WideBuf piece = {.ptr = begin, .cap = insert->wide.cap - insert->wide.len};
    wide_set(&piece, (Str){text, cell->len});
    insert->wide.len += piece.len + 1;
    slot->indicator = (SQLLEN)(piece.len * sizeof(SQLWCHAR));
    return begin;
  }
  if (cell->len > SLOT_TEXT) return text;
  memcpy(slot->text, text, cell->len);
  return slot->text;
}

static bool fill_param(Insert *insert, InsertStatement *statement, const Variant *variant, unsigned param,
                       const OdbcCell *cell, bool wide) {
  ParamSlot *slot = &insert->slots[param];
  Bound *bound = &statement->bound[param];
  if (cell->kind == CELL_NULL) {
    slot->indicator = SQL_NULL_DATA;
    if (bound->ptr == &slot->i) return true;
    CellKind kind = bound->ptr ? bound->kind : usual_kind(insert, variant, param);
    return SQL_SUCCEEDED(bind(statement, param, kind, wide, &slot->i, slot));
  }
  const void *ptr = slot_fill(insert, slot, cell, wide);
  if (bound->kind == cell->kind && bound->ptr == ptr) return true;
  return SQL_SUCCEEDED(bind(statement, param, cell->kind, wide, ptr, slot));
}

/* Room for all texts of a statement as UTF-16, so that they do not move while it is filled. */
static void wide_room(Insert *insert, const Variant *variant, unsigned rows) {
  size_t units = 0;
  for (unsigned r = 0; r < rows; r++) {
    const OdbcCell *cells = row_cells(insert, insert->picked[r]);
    for (uint32_t c = 0; c < variant->len; c++) units += cells[variant->at[c]].len + 1;
  }
  if (units > insert->wide.cap) {
    insert->wide.ptr = mem_realloc(insert->wide.ptr, mem_mul(units, sizeof(SQLWCHAR)));
    insert->wide.cap = units;
  }
  insert->wide.len = 0;
}

static Status statement_prepare(Insert *insert, const Variant *variant, InsertStatement *statement, Error *err) {
  if (statement->stmt) return STATUS_OK;
  OdbcClient *client = insert->config.client;
  TRY(client_statement(client, &statement->stmt, err));
  statement->bound = mem_zalloc(mem_mul((size_t)statement->rows * variant->len, sizeof(Bound)));
  InsertShape shape = insert->config.shape;
  shape.cols = variant->cols;
  shape.cols_len = variant->len;
  strbuf_clear(&client->statement);
  insert_sql(client, &shape, statement->rows, &client->statement);
  Status status = client_prepare(client, statement->stmt, strbuf_str(&client->statement), err);
  if (status != STATUS_OK) statement_drop(statement);
  return status;
}

/* Sends the picked rows with a statement of just that many. */
static Status statement_send(Insert *insert, const Variant *variant, InsertStatement *statement, Error *err) {
  OdbcClient *client = insert->config.client;
  bool wide = client->dialect->flags & DIALECT_WIDE_TEXT;
  TRY(statement_prepare(insert, variant, statement, err));
  if (wide) wide_room(insert, variant, statement->rows);
  unsigned param = 0;
  for (unsigned r = 0; r < statement->rows; r++) {
    const OdbcCell *cells = row_cells(insert, insert->picked[r]);
    for (uint32_t c = 0; c < variant->len; c++, param++) {
      if (fill_param(insert, statement, variant, param, &cells[variant->at[c]], wide)) continue;
      return client_failed(client, SQL_HANDLE_STMT, statement->stmt, "the driver does not take the values", err);
    }
  }
  SQLRETURN rc = SQLExecute(statement->stmt);
  guard_beat(client->guard);
  if (SQL_SUCCEEDED(rc) || rc == SQL_NO_DATA) {
    SQLFreeStmt(statement->stmt, SQL_CLOSE);
    return STATUS_OK;
  }
  Status status = client_failed(client, SQL_HANDLE_STMT, statement->stmt, "the database refuses the row", err);
  SQLFreeStmt(statement->stmt, SQL_CLOSE);
  return status;
}

/* ---- transactions ---- */

typedef struct RowRange { uint32_t first, end; } RowRange;

/* Picks live rows of one variant from `first` on, at most one statement's worth; the statement to send them with. */
static InsertStatement *pick_rows(Insert *insert, RowRange range, Variant **variant) {
  unsigned count = 0;
  *variant = NULL;
  for (uint32_t row = range.first; row < range.end; row++) {
    const InsertRow *item = &insert->rows.items[row];
    if (item->state != ROW_LIVE) continue;
    Variant *its = &insert->variants.items[item->variant];
    if (*variant == NULL) *variant = its;
    if (its != *variant || count == its->sizes[0].rows) break;
    insert->picked[count++] = row;
  }
  if (count == 0) return NULL;
  InsertStatement *statement = (*variant)->sizes;
  while (statement->rows > count) statement++;
  return statement;
}

/* Sends a range without committing; *bad is where it failed. */
static Status send_range(Insert *insert, RowRange range, RowRange *bad, Error *err) {
  Variant *variant;
  for (InsertStatement *statement; (statement = pick_rows(insert, range, &variant)) != NULL;) {
    *bad = (RowRange){insert->picked[0], insert->picked[statement->rows - 1] + 1};
    TRY(statement_send(insert, variant, statement, err));
    range.first = bad->end;
  }
  return STATUS_OK;
}

/* Waits before another try; false when the time is up, and then err says for how long it was tried. */
static bool wait_to_retry(Insert *insert, Error *err) {
  int64_t now = clock_monotonic_ns(), limit = insert->config.retry_timeout * 100;
  if (insert->failing_since == 0) {
    insert->failing_since = now;
    insert->backoff_ms = BACKOFF_FIRST_MS;
  }
  int64_t left_ms = (limit - (now - insert->failing_since)) / 1000000;
  if (left_ms <= 0) {
    char reason[sizeof err->message];
    snprintf(reason, sizeof reason, "%.900s", err->message);
    snprintf(err->message, sizeof err->message, "%.900s; gave up after %lld s with %u rows waiting", reason,
             (long long)((now - insert->failing_since) / 1000000000), insert->rows.len);
    if (err->hint[0] == '\0') error_hint(err, "the rows were not written; raise retry-timeout to wait longer");
    return false;
  }
  snprintf(insert->state, sizeof insert->state, "retrying: %.200s", err->message);
  clock_sleep_ms(insert->backoff_ms < left_ms ? insert->backoff_ms : (unsigned)left_ms);
  insert->backoff_ms = insert->backoff_ms * 2 < BACKOFF_MOST_MS ? insert->backoff_ms * 2 : BACKOFF_MOST_MS;
  return true;
}

static Status try_range(Insert *insert, RowRange range, RowRange *bad, Error *err) {
  OdbcClient *client = insert->config.client;
  if (client->db == NULL) TRY(client_connect(client, err));
  TRY(send_range(insert, range, bad, err));
  *bad = range;
  return client_commit(client, err);
}

/* What was left open when a transaction failed. */
static void clean_up(Insert *insert) {
  OdbcClient *client = insert->config.client;
  OdbcFault fault = client->fault;
  if (fault == FAULT_LOST) {
    statements_drop(insert);
    client_disconnect(client);
  } else {
    client_rollback(client);
  }
  client->fault = fault;
}

/* Work under the guard; on the heap, since it may outlive who asked for it. `attempt` is what is tried. */
typedef struct Attempt {
  Insert *insert;
  Status (*attempt)(Insert *insert, RowRange range, RowRange *bad, Error *err);
  RowRange range, bad;
  Status  status;
  Error   error;
} Attempt;

static void make_attempt(void *context) {
  Attempt *work = context;
  work->status = work->attempt(work->insert, work->range, &work->bad, &work->error);
  if (work->status != STATUS_OK) clean_up(work->insert);
}

static Status guarded(Insert *insert, Attempt first, RowRange *bad, Error *err) {
  Attempt *work = mem_dup(&first, sizeof first);
  work->insert = insert;
  TRY(client_guard(insert->config.client, make_attempt, work, err)); /* hung: the work is not ours any more */
  Status status = work->status;
  if (status != STATUS_OK) *err = work->error;
  if (bad) *bad = work->bad;
  mem_free(work);
  return status;
}

/* One transaction for the range, again and again while that may help. */
static Status commit_range(Insert *insert, RowRange range, RowRange *bad, Error *err) {
  for (;;) {
    Status status = guarded(insert, (Attempt){.attempt = try_range, .range = range, .bad = range}, bad, err);
    OdbcFault fault = insert->config.client->fault;
    if (status == STATUS_OK) {
      insert->failing_since = 0;
      insert->state[0] = '\0';
      return STATUS_OK;
    }
    if (fault == FAULT_DATA || fault == FAULT_FATAL || !wait_to_retry(insert, err)) return status;
  }
}

static uint32_t live_rows(const Insert *insert, RowRange range, uint32_t *last) {
  uint32_t count = 0;
  for (uint32_t row = range.first; row < range.end; row++) {
    if (insert->rows.items[row].state != ROW_LIVE) continue;
    *last = row;
    count++;
  }
  return count;
}

static Status deliver_range(Insert *insert, RowRange range, Error *err);

static Status reject_row(Insert *insert, uint32_t row, Error *err) {
  InsertRow *item = &insert->rows.items[row];
  item->state = ROW_REJECTED;
  insert->config.reject(insert->config.reject_context, item->batch, item->row, err->message);
  if (item->replaces == ROW_NONE) return STATUS_OK;
  uint32_t replaced = (uint32_t)item->replaces;
  insert->rows.items[replaced].state = ROW_LIVE;
  return deliver_range(insert, (RowRange){replaced, replaced + 1}, err);
}

/* Rows among which one at least is refused. */
static Status halve_range(Insert *insert, RowRange range, Error *err) {
  uint32_t last = range.first;
  if (live_rows(insert, range, &last) <= 1) return reject_row(insert, last, err);
  uint32_t middle = range.first + (range.end - range.first) / 2;
  TRY(deliver_range(insert, (RowRange){range.first, middle}, err));
  return deliver_range(insert, (RowRange){middle, range.end}, err);
}

static Status deliver_range(Insert *insert, RowRange range, Error *err) {
  while (range.first < range.end) {
    RowRange bad;
    Status status = commit_range(insert, range, &bad, err);
    if (status == STATUS_OK) return STATUS_OK;
    if (insert->config.client->fault != FAULT_DATA) return status;
    Error refused = *err;
    if (bad.first > range.first) TRY(deliver_range(insert, (RowRange){range.first, bad.first}, err));
    *err = refused;
    TRY(halve_range(insert, bad, err));
    range.first = bad.end;
  }
  return STATUS_OK;
}

Status insert_deliver(Insert *insert, Error *err) {
  Error local;
  if (insert->rows.len == 0) return STATUS_OK;
  TRY(deliver_range(insert, (RowRange){0, insert->rows.len}, err ? err : &local));
  rows_clear(insert);
  return STATUS_OK;
}

const char *insert_state(const Insert *insert) { return insert->state; }

/* A statement that writes nothing. */
static Status try_check(Insert *insert, RowRange range, RowRange *bad, Error *err) {
  (void)range, (void)bad;
  OdbcClient *client = insert->config.client;
  if (client->db == NULL) TRY(client_connect(client, err));
  strbuf_clear(&client->statement);
  insert_sql(client, &insert->config.shape, 0, &client->statement);
  TRY(client_run(client, strbuf_str(&client->statement), err));
  client_rollback(client);
  return STATUS_OK;
}

Status insert_check(Insert *insert, Error *err) {
  for (;;) {
    Status status = guarded(insert, (Attempt){.attempt = try_check}, NULL, err);
    OdbcFault fault = insert->config.client->fault;
    if (status != STATUS_OK && fault == FAULT_AGAIN && wait_to_retry(insert, err)) continue;
    insert->failing_since = 0;
    insert->state[0] = '\0';
    return status;
  }
}
