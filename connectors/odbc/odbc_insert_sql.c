/* odbc_insert_sql.c: see odbc_insert_sql.h.
**
**   INSERT INTO t (a, b) VALUES (?,?),(?,?) ON CONFLICT (a) DO UPDATE SET b = excluded.b       PostgreSQL, SQLite
**   INSERT INTO t (a, b) VALUES (?,?),(?,?) ON DUPLICATE KEY UPDATE b = VALUES(b)              MariaDB
**   MERGE INTO t AS d USING (VALUES (?,?),(?,?)) AS s (a, b) ON d.a = s.a WHEN MATCHED ...     T-SQL
**
** The check replaces VALUES by a SELECT of no rows from the table itself. */
#include "connectors/odbc/odbc_insert_sql.h"

static void put_col(const OdbcClient *client, const InsertShape *shape, const char *prefix, uint32_t col, StrBuf *out) {
  strbuf_puts(out, prefix);
  client_put_name(client, out, shape->table->cols[col].name);
}

static void put_list(const OdbcClient *client, const InsertShape *shape, const char *prefix, StrBuf *out) {
  for (uint32_t i = 0; i < shape->cols_len; i++) {
    if (i) strbuf_puts(out, ", ");
    put_col(client, shape, prefix, shape->cols[i], out);
  }
}

static bool is_key(const InsertShape *shape, uint32_t col) {
  for (uint32_t i = 0; i < shape->keys_len; i++) {
    if (shape->keys[i] == col) return true;
  }
  return false;
}

/* `a = <before>a<after>` for each column that is no key; how many there were. */
static unsigned put_assignments(const OdbcClient *client, const InsertShape *shape, const char *before,
                                const char *after, StrBuf *out) {
  unsigned count = 0;
  for (uint32_t i = 0; i < shape->cols_len; i++) {
    if (is_key(shape, shape->cols[i])) continue;
    put_col(client, shape, count++ ? ", " : "", shape->cols[i], out);
    put_col(client, shape, before, shape->cols[i], out);
    strbuf_puts(out, after);
  }
  return count;
}

static void put_rows(const OdbcClient *client, const InsertShape *shape, unsigned rows, StrBuf *out) {
  if (rows == 0) {
    strbuf_puts(out, "SELECT ");
    put_list(client, shape, "", out);
    strbuf_printf(out, " FROM " STR_FMT " q WHERE 1 = 0", STR_ARG(shape->table->sql_name));
    return;
  }
  strbuf_puts(out, "VALUES ");
  for (unsigned row = 0; row < rows; row++) {
    strbuf_puts(out, row ? ",(" : "(");
    for (uint32_t i = 0; i < shape->cols_len; i++) strbuf_puts(out, i ? ",?" : "?");
    strbuf_putc(out, ')');
  }
}

static void put_on_conflict(const OdbcClient *client, const InsertShape *shape, StrBuf *out) {
  strbuf_puts(out, " ON CONFLICT ");
  if (shape->mode == INSERT_UPSERT) {
    strbuf_putc(out, '(');
    for (uint32_t i = 0; i < shape->keys_len; i++) put_col(client, shape, i ? ", " : "", shape->keys[i], out);
    strbuf_puts(out, ") ");
    size_t mark = out->len;
    strbuf_puts(out, "DO UPDATE SET ");
    if (put_assignments(client, shape, " = excluded.", "", out)) return;
    out->len = mark;
  }
  strbuf_puts(out, "DO NOTHING");
}

static void put_on_duplicate(const OdbcClient *client, const InsertShape *shape, StrBuf *out) {
  strbuf_puts(out, " ON DUPLICATE KEY UPDATE ");
  if (shape->mode == INSERT_UPSERT && put_assignments(client, shape, " = VALUES(", ")", out)) return;
  for (int side = 0; side < 2; side++) { /* an assignment to itself changes nothing */
    strbuf_printf(out, "%s" STR_FMT, side ? " = " : "", STR_ARG(shape->table->sql_name));
    put_col(client, shape, ".", shape->cols[0], out);
  }
}

static void put_merge(const OdbcClient *client, const InsertShape *shape, unsigned rows, StrBuf *out) {
  strbuf_printf(out, "MERGE INTO " STR_FMT " WITH (HOLDLOCK) AS d USING (", STR_ARG(shape->table->sql_name));
  put_rows(client, shape, rows, out);
  strbuf_puts(out, ") AS s (");
  put_list(client, shape, "", out);
  strbuf_puts(out, ") ON ");
  for (uint32_t i = 0; i < shape->keys_len; i++) {
    put_col(client, shape, i ? " AND d." : "d.", shape->keys[i], out);
    put_col(client, shape, " = s.", shape->keys[i], out);
  }
  size_t mark = out->len;
  strbuf_puts(out, " WHEN MATCHED THEN UPDATE SET ");
  if (shape->mode != INSERT_UPSERT || put_assignments(client, shape, " = s.", "", out) == 0) out->len = mark;
  strbuf_puts(out, " WHEN NOT MATCHED THEN INSERT (");
  put_list(client, shape, "", out);
  strbuf_puts(out, ") VALUES (");
  put_list(client, shape, "s.", out);
  strbuf_puts(out, ");");
}

void insert_sql(const OdbcClient *client, const InsertShape *shape, unsigned rows, StrBuf *out) {
  UpsertForm form = shape->mode == INSERT_APPEND ? UPSERT_NONE : client->dialect->upsert;
  if (form == UPSERT_MERGE) {
    put_merge(client, shape, rows, out);
    return;
  }
  strbuf_printf(out, "INSERT INTO " STR_FMT " (", STR_ARG(shape->table->sql_name));
  put_list(client, shape, "", out);
  strbuf_puts(out, ") ");
  put_rows(client, shape, rows, out);
  if (form == UPSERT_ON_CONFLICT) put_on_conflict(client, shape, out);
  if (form == UPSERT_ON_DUPLICATE) put_on_duplicate(client, shape, out);
}

unsigned insert_rows_max(const OdbcDialect *dialect, uint32_t cols_len) {
  unsigned rows = dialect->params_max / (cols_len ? cols_len : 1);
  if (rows > dialect->rows_max) rows = dialect->rows_max;
  return rows ? rows : 1;
}
