/* odbc_read.c: see odbc_read.h.
**
** A driver that says it can (SQL_GD_BOUND, SQL_GD_BLOCK) delivers blocks of rows into bound slots of at most
** SLOT_MOST bytes; a longer value is fetched again by itself. SQLite's driver does so for blocks of one row.
** Any other driver is asked for each value of each row, left to right, which all of them can. */
#include "connectors/odbc/odbc_read.h"

#include <math.h>
#include <stdio.h>

#include "types/datetime.h"
#include "types/json.h"
#include "types/number.h"

enum {
  BLOCK_ROWS = 256,  /* rows of a fetch: beyond, psqlodbc gains nothing */
  SLOT_MOST = 1024,  /* bytes of a bound value; longer ones are read again */
};

/* ---- describing ---- */

static ReadKind kind_of(SQLSMALLINT sql_type, Str type_name) {
  switch (sql_type) {
    case SQL_SMALLINT: case SQL_INTEGER: case SQL_TINYINT: case SQL_BIGINT: return READ_INTEGER;
    case SQL_DECIMAL: case SQL_NUMERIC: case SQL_REAL: return READ_DECIMAL; /* text of 4-byte floats is shortest */
    case SQL_FLOAT: case SQL_DOUBLE: return READ_DOUBLE;
    case SQL_BIT: return READ_BIT;
    case SQL_TYPE_TIMESTAMP: case SQL_TYPE_DATE: return READ_TIMESTAMP;
    case SQL_CHAR: case SQL_WCHAR: return READ_PADDED;
    case SQL_GUID: return READ_GUID;
    default: break;
  }
  bool guess = str_eq_nocase(type_name, STR("unknown")) || str_has_nocase(type_name, STR("json"));
  return guess ? READ_GUESS : READ_TEXT;
}

static bool is_wide_type(SQLSMALLINT sql_type) {
  return sql_type == SQL_WCHAR || sql_type == SQL_WVARCHAR || sql_type == SQL_WLONGVARCHAR;
}

static Status describe(OdbcResult *result, uint32_t i, Error *err) {
  OdbcClient *client = result->client;
  ReadColumn *col = &result->cols[i];
  OdbcDescription is;
  TRY(client_describe(client, result->stmt, (SQLUSMALLINT)(i + 1), result->arena, &is, err));
  col->name = is.name;
  col->size = is.size;
  col->kind = kind_of(is.sql_type, is.type_name);
  col->wide = (client->dialect->flags & DIALECT_WIDE_TEXT) && is_wide_type(is.sql_type);
  if (client->dialect->flags & DIALECT_DYNAMIC) {
    col->kind = READ_TAGGED;
    col->declared = sql_type_of(is.type_name, client->dialect).cls;
    col->size = 0;
  }
  return STATUS_OK;
}

/* A query that the database does not understand is wrong as it is written; a broken connection is the world's fault. */
static Status query_refused(const OdbcResult *result, Status status, Error *err) {
  OdbcFault fault = result->client->fault;
  if (status != STATUS_WORLD || fault == FAULT_LOST || fault == FAULT_AGAIN) return status;
  if (err) err->status = STATUS_CONFIG;
  error_hint(err, "query= is " STR_FMT, STR_ARG(result->sql));
  return STATUS_CONFIG;
}

static Status prepare(OdbcResult *result, SQLSMALLINT *count, Error *err) {
  OdbcClient *client = result->client;
  TRY(client_prepare(client, result->stmt, result->sql, err));
  SQLRETURN rc = SQLNumResultCols(result->stmt, count);
  guard_beat(client->guard);
  if (SQL_SUCCEEDED(rc)) return STATUS_OK;
  return client_failed(client, SQL_HANDLE_STMT, result->stmt, "the database refuses the query", err);
}

Status result_open(OdbcResult *result, OdbcClient *client, Arena *arena, Str sql, Error *err) {
  *result = (OdbcResult){.client = client, .arena = arena};
  while (sql.len && (sql.ptr[sql.len - 1] == ';' || (unsigned char)sql.ptr[sql.len - 1] <= ' ')) sql.len--;
  result->sql = arena_str(arena, sql);
  SQLSMALLINT count = 0;
  TRY(client_statement(client, &result->stmt, err));
  Status prepared = prepare(result, &count, err);
  if (prepared != STATUS_OK) return query_refused(result, prepared, err);
  if (count == 0) {
    StrBuf probe = {0}; /* SQLite's driver prepares only what looks like a query: ask what is wrong with it */
    strbuf_printf(&probe, "SELECT * FROM (" STR_FMT "\n) q WHERE 1 = 0", STR_ARG(result->sql));
    Status status = client_prepare(client, result->stmt, strbuf_str(&probe), err);
    strbuf_release(&probe);
    if (status != STATUS_OK) return query_refused(result, status, err);
    client->fault = FAULT_FATAL;
    error_set(err, STATUS_CONFIG, client->who, "the query gives no rows: " STR_FMT, STR_ARG(result->sql));
    return error_hint(err, "query= must be a SELECT");
  }
  result->cols_len = (uint32_t)count;
  result->cols = ARENA_ARRAY(arena, ReadColumn, result->cols_len);
  for (uint32_t i = 0; i < result->cols_len; i++) TRY(describe(result, i, err));
  return STATUS_OK;
}

int result_column(const OdbcResult *result, Str name) {
  int near = -1;
  for (uint32_t i = 0; i < result->cols_len; i++) {
    if (str_eq(result->cols[i].name, name)) return (int)i;
    if (near < 0 && str_eq_nocase(result->cols[i].name, name)) near = (int)i;
  }
  return near;
}

/* ---- running ---- */

/* SELECT <class and value of the wanted columns> FROM (<no row that names the columns c0, c1, ...> UNION ALL query).
** Names would not do: a query may have a name twice. It must begin with SELECT, else the driver reads the whole result
** into memory. Reals are printed with 17 digits, where the driver would give 15. */
static void put_tagged(OdbcResult *result, StrBuf *out) {
  uint32_t at = 0;
  strbuf_puts(out, "SELECT ");
  for (uint32_t i = 0; i < result->cols_len; i++) {
    if (!result->cols[i].wanted) continue;
    strbuf_printf(out, "%sCASE typeof(c%u) WHEN 'text' THEN 't' || c%u WHEN 'integer' THEN 'i' || c%u "
                  "WHEN 'real' THEN 'r' || printf('%%!.17g', c%u) WHEN 'blob' THEN 'b' || hex(c%u) END",
                  at ? ", " : "", i, i, i, i, i);
    result->cols[i].at = ++at;
  }
  if (at == 0) strbuf_puts(out, "1");
  strbuf_puts(out, " FROM (SELECT ");
  for (uint32_t i = 0; i < result->cols_len; i++) strbuf_printf(out, "%sNULL AS c%u", i ? ", " : "", i);
  strbuf_printf(out, " WHERE 1 = 0 UNION ALL SELECT * FROM (" STR_FMT "\n))", STR_ARG(result->sql));
}

static size_t slot_of(const ReadColumn *col) {
  if (col->kind == READ_DOUBLE) return sizeof(double);
  size_t unit = col->wide ? sizeof(SQLWCHAR) : 4; /* a character of UTF-8 has up to four bytes */
  if (col->kind == READ_INTEGER || col->kind == READ_BIT) return 32;
  if (col->kind == READ_TIMESTAMP || col->kind == READ_GUID) return 64;
  if (col->kind == READ_DECIMAL) return 128;
  if (col->size == 0 || col->size > SLOT_MOST / unit) return SLOT_MOST;
  return (col->size + 1) * unit;
}

static SQLSMALLINT c_type_of(const ReadColumn *col) {
  return col->kind == READ_DOUBLE ? SQL_C_DOUBLE : col->wide ? SQL_C_WCHAR : SQL_C_CHAR;
}

static Status bind_block(OdbcResult *result, Error *err) {
  OdbcClient *client = result->client;
  result->block_rows = client->getdata & SQL_GD_BLOCK ? BLOCK_ROWS : 1;
  SQLSetStmtAttr(result->stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)(uintptr_t)result->block_rows, 0);
  SQLSetStmtAttr(result->stmt, SQL_ATTR_ROWS_FETCHED_PTR, &result->fetched, 0);
  for (uint32_t i = 0; i < result->cols_len; i++) {
    ReadColumn *col = &result->cols[i];
    if (!col->wanted) continue;
    col->slot = slot_of(col);
    col->data = arena_alloc(result->arena, mem_mul(col->slot, result->block_rows));
    col->indicator = ARENA_ARRAY(result->arena, SQLLEN, result->block_rows);
    SQLRETURN rc = SQLBindCol(result->stmt, (SQLUSMALLINT)col->at, c_type_of(col), col->data, (SQLLEN)col->slot,
                              col->indicator);
    if (!SQL_SUCCEEDED(rc)) return client_failed(client, SQL_HANDLE_STMT, result->stmt, "cannot read the query", err);
  }
  return STATUS_OK;
}

Status result_run(OdbcResult *result, Error *err) {
  OdbcClient *client = result->client;
  if (client->dialect->flags & DIALECT_DYNAMIC) {
    strbuf_clear(&client->statement);
    put_tagged(result, &client->statement);
    SQLFreeHandle(SQL_HANDLE_STMT, result->stmt);
    TRY(client_statement(client, &result->stmt, err));
    TRY(client_prepare(client, result->stmt, strbuf_str(&client->statement), err));
  } else {
    for (uint32_t i = 0; i < result->cols_len; i++) result->cols[i].at = i + 1;
  }
  result->bound = client->getdata & SQL_GD_BOUND;
  result->block_rows = 1;
  if (result->bound) TRY(bind_block(result, err));
  SQLRETURN rc = SQLExecute(result->stmt);
  guard_beat(client->guard);
  if (SQL_SUCCEEDED(rc)) return STATUS_OK;
  return client_failed(client, SQL_HANDLE_STMT, result->stmt, "the database refuses the query", err);
}

Status result_next(OdbcResult *result, bool *row, Error *err) {
  *row = result->stmt != NULL; /* closed: the end was read before */
  if (result->stmt == NULL) return STATUS_OK;
  if (++result->block_at < result->block_len) return STATUS_OK;
  result->fetched = 1;
  SQLRETURN rc = SQLFetch(result->stmt);
  guard_beat(result->client->guard);
  result->block_at = 0;
  result->block_len = rc == SQL_NO_DATA ? 0 : (uint32_t)result->fetched;
  *row = result->block_len > 0;
  if (SQL_SUCCEEDED(rc) || rc == SQL_NO_DATA) return STATUS_OK;
  result->block_len = 0;
  return client_failed(result->client, SQL_HANDLE_STMT, result->stmt, "reading the query's rows failed", err);
}

/* ---- values ---- */

static Value text_or_json(Str text, Arena *scratch, bool certain) {
  Value value;
  Str inner = str_trim(text);
  bool nested = inner.len && (inner.ptr[0] == '{' || inner.ptr[0] == '[');
  if (nested && json_valid(inner, NULL)) return value_json(inner.ptr[0] == '{' ? TYPE_RECORD : TYPE_ARRAY, inner);
  if (certain && json_valid(inner, NULL) && json_value(inner, scratch, &value)) return value;
  return value_text(text);
}

static Value number_or_text(Str text, bool as_float) {
  int64_t i;
  double f;
  if (!as_float && bigint_parse(text.ptr, text.len, &i)) return value_bigint(i);
  if (float_parse(text.ptr, text.len, &f)) return value_float(f);
  return value_text(text);
}

static Value time_or_text(Str text) {
  Ticks ticks;
  return datetime_parse(text.ptr, text.len, &ticks) ? value_datetime(ticks) : value_text(text);
}

static bool bit_of(Str text, bool *on) {
  *on = str_eq(text, STR("1")) || str_eq_nocase(text, STR("true")) || str_eq_nocase(text, STR("t"));
  return *on || str_eq(text, STR("0")) || str_eq_nocase(text, STR("false")) || str_eq_nocase(text, STR("f"));
}

/* SQLite: the storage class decides, the declared type refines it where the value fits. */
static Value tagged_value(const ReadColumn *col, Str text, Arena *scratch) {
  char tag = text.len ? text.ptr[0] : 't';
  Str rest = str_sub(text, text.len ? 1 : 0, text.len);
  bool on;
  switch (col->declared) {
    case SQL_CLASS_BIT:
      if ((tag == 'i' || tag == 't') && bit_of(rest, &on)) return value_bit(on);
      break;
    case SQL_CLASS_FLOAT:
    case SQL_CLASS_DECIMAL:
      if (tag == 'i') return number_or_text(rest, true);
      break;
    case SQL_CLASS_TIMESTAMP:
    case SQL_CLASS_DATE:
      if (tag == 't') return time_or_text(rest);
      break;
    case SQL_CLASS_JSON:
      if (tag == 't') return text_or_json(rest, scratch, true);
      break;
    case SQL_CLASS_ANY:
    case SQL_CLASS_INTEGER:
    case SQL_CLASS_TEXT:
    case SQL_CLASS_BYTES:
    case SQL_CLASS_TIME:
    case SQL_CLASS_OPAQUE:
    case SQL_CLASS_COUNT: break;
  }
  return tag == 'i' || tag == 'r' ? number_or_text(rest, tag == 'r') : value_text(rest);
}

static Value value_of(const ReadColumn *col, Str text, Arena *scratch) {
  bool on;
  switch (col->kind) {
    case READ_TEXT: return value_text(text);
    case READ_PADDED:
      while (text.len && text.ptr[text.len - 1] == ' ') text.len--;
      return value_text(text);
    case READ_GUID: {
      char *lower = arena_dup(scratch, text.ptr, text.len);
      for (size_t i = 0; i < text.len; i++) lower[i] |= lower[i] >= 'A' && lower[i] <= 'F' ? 0x20 : 0;
      return value_text((Str){lower, text.len});
    }
    case READ_INTEGER: return number_or_text(text, false);
    case READ_DECIMAL: {
      Value value = number_or_text(text, true);
      return value.type == TYPE_FLOAT ? value : value_null(); /* NaN and infinities */
    }
    case READ_BIT: return bit_of(text, &on) ? value_bit(on) : value_text(text);
    case READ_TIMESTAMP: return time_or_text(text);
    case READ_GUESS: return text_or_json(text, scratch, false);
    case READ_TAGGED: return tagged_value(col, text, scratch);
    case READ_DOUBLE: break;
  }
  BUG("a column of kind %d", col->kind);
}

static Value value_of_double(double f) { return isfinite(f) ? value_float(f) : value_null(); }

/* A value that was cut: SQLGetData gives it whole. */
static Status read_long(OdbcResult *result, const ReadColumn *col, bool *null, Error *err) {
  strbuf_clear(&result->text);
  if (result->block_rows > 1) SQLSetPos(result->stmt, result->block_at + 1, SQL_POSITION, SQL_LOCK_NO_CHANGE);
  return client_text(result->client, result->stmt, (SQLUSMALLINT)col->at, &result->text, null, err);
}

static Status read_double(OdbcResult *result, const ReadColumn *col, Value *out, Error *err) {
  double f = 0;
  SQLLEN len = 0;
  SQLRETURN rc = SQLGetData(result->stmt, (SQLUSMALLINT)col->at, SQL_C_DOUBLE, &f, sizeof f, &len);
  guard_beat(result->client->guard);
  if (!SQL_SUCCEEDED(rc)) {
    return client_failed(result->client, SQL_HANDLE_STMT, result->stmt, "cannot read a value", err);
  }
  *out = len == SQL_NULL_DATA ? value_null() : value_of_double(f);
  return STATUS_OK;
}

static Status piece_value(OdbcResult *result, const ReadColumn *col, Arena *scratch, Value *out, Error *err) {
  bool null;
  if (col->kind == READ_DOUBLE) return read_double(result, col, out, err);
  TRY(read_long(result, col, &null, err));
  *out = null ? value_null() : value_of(col, strbuf_str(&result->text), scratch);
  return STATUS_OK;
}

Status result_value(OdbcResult *result, uint32_t i, Arena *scratch, Value *out, Error *err) {
  const ReadColumn *col = &result->cols[i];
  if (!result->bound) return piece_value(result, col, scratch, out, err);
  const char *data = col->data + col->slot * result->block_at;
  SQLLEN len = col->indicator[result->block_at];
  bool null = false;
  if (len == SQL_NULL_DATA) {
    *out = value_null();
    return STATUS_OK;
  }
  if (col->kind == READ_DOUBLE) {
    double f;
    memcpy(&f, data, sizeof f);
    *out = value_of_double(f);
    return STATUS_OK;
  }
  Str text = {data, (size_t)len};
  size_t room = col->slot - (col->wide ? sizeof(SQLWCHAR) : 1);
  if (len < 0 || (size_t)len > room) {
    TRY(read_long(result, col, &null, err));
    text = strbuf_str(&result->text);
  } else if (col->wide) {
    strbuf_clear(&result->text);
    wide_to_utf8((const SQLWCHAR *)(const void *)data, (size_t)len / sizeof(SQLWCHAR), &result->text);
    text = strbuf_str(&result->text);
  }
  *out = value_of(col, text, scratch);
  return STATUS_OK;
}

void result_close(OdbcResult *result) {
  if (result->stmt) SQLFreeHandle(SQL_HANDLE_STMT, result->stmt);
  if (result->client) guard_beat(result->client->guard);
  result->stmt = NULL;
  result->block_at = result->block_len = 0;
  strbuf_release(&result->text);
}
