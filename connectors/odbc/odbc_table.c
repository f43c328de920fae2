/* odbc_table.c: see odbc_table.h. */
#include "connectors/odbc/odbc_table.h"

#include <stdio.h>

enum { LISTED_MAX = 20 /* tables or columns named in a message */ };

/* ---- names ---- */

static Str unquote(Str name) {
  if (name.len < 2) return name;
  char first = name.ptr[0], last = name.ptr[name.len - 1];
  bool quoted = (first == '"' && last == '"') || (first == '[' && last == ']') || (first == '`' && last == '`');
  return quoted ? str_sub(name, 1, name.len - 1) : name;
}

/* Cuts at the last dot outside of quotes. */
static void split_name(Str wanted, Str *schema, Str *name) {
  size_t cut = 0;
  char quote = 0;
  for (size_t i = 0; i < wanted.len; i++) {
    char c = wanted.ptr[i];
    if (quote) quote = c == quote ? 0 : quote;
    else if (c == '"' || c == '`') quote = c;
    else if (c == '[') quote = ']';
    else if (c == '.') cut = i;
  }
  *schema = cut ? unquote(str_sub(wanted, 0, cut)) : STR("");
  *name = unquote(cut ? str_sub(wanted, cut + 1, wanted.len) : wanted);
}

static Str sql_name_of(const OdbcClient *client, Arena *arena, Str schema, Str name) {
  StrBuf out = {0};
  if (schema.len) {
    client_put_name(client, &out, schema);
    strbuf_putc(&out, '.');
  }
  client_put_name(client, &out, name);
  Str sql = arena_str(arena, strbuf_str(&out));
  strbuf_release(&out);
  return sql;
}

/* ---- finding ---- */

static bool listed_matches(const Str *row, Str schema, Str name, bool exact) {
  bool same_name = exact ? str_eq(row[1], name) : str_eq_nocase(row[1], name);
  bool same_schema = schema.len == 0 || row[0].len == 0 || str_eq_nocase(row[0], schema);
  return same_name && same_schema;
}

/* The names as the database has them; false when its list lacks the table. */
static bool find_listed(const StrVec *listed, Str schema, Str name, OdbcTable *out) {
  for (int exact = 1; exact >= 0; exact--) {
    for (uint32_t i = 0; i + 1 < listed->len; i += 2) {
      if (!listed_matches(listed->items + i, schema, name, exact)) continue;
      out->schema = listed->items[i].len ? listed->items[i] : schema;
      out->name = listed->items[i + 1];
      return true;
    }
  }
  return false;
}

static Status list_tables(OdbcClient *client, Arena *arena, StrVec *out, Error *err) {
  if (client->dialect->tables_sql == NULL) return STATUS_OK;
  return client_query(client, str_from(client->dialect->tables_sql), 2, arena, out, err);
}

/* ---- columns ---- */

static void put_replaced(const OdbcClient *client, const OdbcTable *table, const char *sql, StrBuf *out) {
  const struct { const char *name; Str value; } places[] = {
    {"{schema}", table->schema}, {"{table}", table->name}, {"{qualified}", table->sql_name}};
  while (*sql) {
    bool replaced = false;
    for (unsigned i = 0; i < 3 && !replaced; i++) {
      if (strncmp(sql, places[i].name, strlen(places[i].name)) != 0) continue;
      client_put_literal(client, out, places[i].value);
      sql += strlen(places[i].name);
      replaced = true;
    }
    if (!replaced) strbuf_putc(out, *sql++);
  }
}

static bool flag_of(Str text) { return text.len && text.ptr[0] != '0' && text.ptr[0] != 'f' && text.ptr[0] != 'F'; }

static Status columns_by_catalogue(OdbcClient *client, Arena *arena, OdbcTable *table, Error *err) {
  StrBuf sql = {0};
  StrVec rows = {0};
  put_replaced(client, table, client->dialect->columns_sql, &sql);
  Status status = client_query(client, strbuf_str(&sql), 5, arena, &rows, err);
  strbuf_release(&sql);
  table->cols_len = rows.len / 5;
  table->cols = ARENA_ARRAY(arena, TableColumn, table->cols_len + 1);
  for (uint32_t i = 0; i < table->cols_len; i++) {
    const Str *row = rows.items + i * 5;
    table->cols[i] = (TableColumn){.name = row[0], .type_text = row[1].len ? row[1] : STR("column without a type"),
                                   .type = sql_type_of(row[1], client->dialect), .not_null = flag_of(row[2]),
                                   .has_default = flag_of(row[3]), .generated = flag_of(row[4])};
  }
  vec_release(&rows);
  return status;
}

static Status describe_column(OdbcClient *client, Arena *arena, SQLHSTMT stmt, SQLUSMALLINT at, TableColumn *out,
                              Error *err) {
  OdbcDescription is;
  SQLLEN automatic = 0;
  TRY(client_describe(client, stmt, at, arena, &is, err));
  SQLColAttribute(stmt, at, SQL_DESC_AUTO_UNIQUE_VALUE, NULL, 0, NULL, &automatic);
  bool sized = is.sql_type == SQL_CHAR || is.sql_type == SQL_VARCHAR || is.sql_type == SQL_WCHAR ||
               is.sql_type == SQL_WVARCHAR;
  bool scaled = is.sql_type == SQL_DECIMAL || is.sql_type == SQL_NUMERIC;
  unsigned long size = is.size;
  out->name = is.name;
  out->type_text = sized    ? arena_printf(arena, STR_FMT "(%lu)", STR_ARG(is.type_name), size)
                   : scaled ? arena_printf(arena, STR_FMT "(%lu,%d)", STR_ARG(is.type_name), size, is.digits)
                            : is.type_name;
  out->type = sql_type_of(out->type_text, client->dialect);
  out->not_null = is.nullable == SQL_NO_NULLS;
  out->has_default = automatic || out->not_null; /* a default cannot be seen here: the database judges */
  return STATUS_OK;
}

/* Without a catalogue query: what the driver says about an empty result of the table. *found is false when the
** statement is refused, which is how such a database says that there is no table. */
static Status columns_by_driver(OdbcClient *client, Arena *arena, OdbcTable *table, bool *found, Error *err) {
  SQLHSTMT stmt;
  SQLSMALLINT count = 0;
  TRY(client_statement(client, &stmt, err));
  Str sql = arena_printf(arena, "SELECT * FROM " STR_FMT " WHERE 1 = 0", STR_ARG(table->sql_name));
  Status status = client_execute_direct(client, stmt, sql, err);
  *found = status == STATUS_OK;
  if (status != STATUS_OK && client->fault == FAULT_FATAL) status = STATUS_OK;
  if (*found) SQLNumResultCols(stmt, &count);
  table->cols_len = (uint32_t)count;
  table->cols = ARENA_ARRAY(arena, TableColumn, table->cols_len + 1);
  for (uint32_t i = 0; i < table->cols_len && status == STATUS_OK; i++) {
    status = describe_column(client, arena, stmt, (SQLUSMALLINT)(i + 1), &table->cols[i], err);
  }
  SQLFreeHandle(SQL_HANDLE_STMT, stmt);
  return status;
}

Status table_open(OdbcClient *client, Arena *arena, Str wanted, OdbcTable *out, bool *found, Error *err) {
  StrVec listed = {0};
  *out = (OdbcTable){.cols_len = 0};
  Str schema, name;
  split_name(wanted, &schema, &name);
  Status status = list_tables(client, arena, &listed, err);
  out->schema = schema;
  out->name = name;
  *found = status == STATUS_OK && (client->dialect->tables_sql == NULL || find_listed(&listed, schema, name, out));
  vec_release(&listed);
  if (status != STATUS_OK || !*found) return status;
  out->sql_name = sql_name_of(client, arena, out->schema, out->name);
  if (client->dialect->columns_sql) return columns_by_catalogue(client, arena, out, err);
  return columns_by_driver(client, arena, out, found, err);
}

Status table_missing(OdbcClient *client, Arena *arena, Str wanted, Error *err) {
  StrVec listed = {0};
  StrBuf names = {0};
  TRY(list_tables(client, arena, &listed, err));
  for (uint32_t i = 0; i + 1 < listed.len && i < 2 * LISTED_MAX; i += 2) {
    if (i) strbuf_puts(&names, ", ");
    strbuf_put_str(&names, listed.items[i + 1]);
  }
  if (listed.len > 2 * LISTED_MAX) strbuf_puts(&names, ", ...");
  error_set(err, STATUS_CONFIG, client->who, "there is no table `" STR_FMT "` in %s; there are: %s", STR_ARG(wanted),
            client->target->printable.ptr, names.len ? names.ptr : "none that this user can see");
  strbuf_release(&names);
  vec_release(&listed);
  return error_hint(err, "create it, correct table=, or let create=true make it");
}

/* ---- keys ---- */

static void put_list(StrBuf *out, const Str *names, unsigned len, unsigned step) {
  strbuf_putc(out, '(');
  for (unsigned i = 0; i < len; i++) {
    if (i) strbuf_puts(out, ", ");
    strbuf_put_str(out, names[(size_t)i * step]);
  }
  strbuf_putc(out, ')');
}

/* The columns of one index, which stand at every second place. */
static bool index_is(const Str *columns, unsigned len, const Str *keys, unsigned keys_len) {
  bool all = len == keys_len;
  for (unsigned i = 0; i < len && all; i++) {
    bool found = false;
    for (unsigned k = 0; k < keys_len; k++) found |= str_eq(columns[(size_t)i * 2], keys[k]);
    all = found;
  }
  return all;
}

static Status no_such_key(const OdbcClient *client, const OdbcTable *table, const Str *keys, unsigned keys_len,
                          const StrBuf *listed, Error *err) {
  StrBuf wanted = {0};
  put_list(&wanted, keys, keys_len, 1);
  error_set(err, STATUS_CONFIG, client->who, "mode=upsert needs a primary key or unique index of just %s in table `"
            STR_FMT "`; it has: %s", wanted.ptr, STR_ARG(table->name), listed->len ? listed->ptr : "none");
  error_hint(err, "CREATE UNIQUE INDEX ... ON " STR_FMT " %s, or name the columns of one there is with key=",
             STR_ARG(table->name), wanted.ptr);
  strbuf_release(&wanted);
  return STATUS_CONFIG;
}

Status table_check_key(OdbcClient *client, Arena *arena, const OdbcTable *table, const Str *keys, unsigned keys_len,
                       Error *err) {
  StrBuf sql = {0}, listed = {0};
  StrVec rows = {0};
  if (client->dialect->unique_sql == NULL) return STATUS_OK;
  put_replaced(client, table, client->dialect->unique_sql, &sql);
  Status status = client_query(client, strbuf_str(&sql), 2, arena, &rows, err);
  strbuf_release(&sql);
  bool found = false;
  for (uint32_t i = 0, end; i + 1 < rows.len && status == STATUS_OK; i = end) {
    for (end = i + 2; end + 1 < rows.len && str_eq(rows.items[end], rows.items[i]);) end += 2;
    found |= index_is(rows.items + i + 1, (end - i) / 2, keys, keys_len);
    if (listed.len) strbuf_puts(&listed, ", ");
    put_list(&listed, rows.items + i + 1, (end - i) / 2, 2);
  }
  if (status == STATUS_OK && !found) status = no_such_key(client, table, keys, keys_len, &listed, err);
  vec_release(&rows);
  strbuf_release(&listed);
  return status;
}

/* ---- making ---- */

static bool is_key(Str name, const Str *keys, unsigned keys_len) {
  for (unsigned i = 0; i < keys_len; i++) {
    if (str_eq_nocase(name, keys[i])) return true;
  }
  return false;
}

static void put_definition(OdbcClient *client, StrBuf *sql, const OutputSchema *schema, const Str *keys,
                           unsigned keys_len) {
  for (uint32_t i = 0; i < schema->cols_len; i++) {
    const OutputColumn *col = &schema->cols[i];
    bool key = is_key(col->name, keys, keys_len);
    if (i) strbuf_puts(sql, ", ");
    client_put_name(client, sql, col->name);
    strbuf_printf(sql, " %s%s", sql_type_for(col->types, key, client->dialect), key ? " NOT NULL" : "");
  }
  if (keys_len == 0) return;
  strbuf_puts(sql, ", PRIMARY KEY (");
  for (unsigned i = 0; i < keys_len; i++) {
    if (i) strbuf_puts(sql, ", ");
    client_put_name(client, sql, keys[i]);
  }
  strbuf_putc(sql, ')');
}

Status table_create(OdbcClient *client, Arena *arena, Str wanted, const OutputSchema *schema, const Str *keys,
                    unsigned keys_len, Error *err) {
  for (uint32_t i = 0; i < schema->cols_len; i++) {
    if (!schema->cols[i].star) continue;
    error_set(err, STATUS_CONFIG, client->who, "create=true cannot make table `" STR_FMT "`: the query's `*` does not "
              "say which columns there are", STR_ARG(wanted));
    return error_hint(err, "list the columns in the query, or create the table yourself");
  }
  Str schema_name, name;
  split_name(wanted, &schema_name, &name);
  StrBuf sql = {0};
  strbuf_printf(&sql, "CREATE TABLE " STR_FMT " (", STR_ARG(sql_name_of(client, arena, schema_name, name)));
  put_definition(client, &sql, schema, keys, keys_len);
  strbuf_putc(&sql, ')');
  Status status = client_run(client, strbuf_str(&sql), err);
  strbuf_release(&sql);
  if (status == STATUS_OK) status = client_commit(client, err);
  return status;
}

int table_column(const OdbcTable *table, Str name) {
  int near = -1;
  for (uint32_t i = 0; i < table->cols_len; i++) {
    if (str_eq(table->cols[i].name, name)) return (int)i;
    if (near < 0 && str_eq_nocase(table->cols[i].name, name)) near = (int)i;
  }
  return near;
}

void table_put_columns(const OdbcTable *table, StrBuf *out) {
  for (uint32_t i = 0; i < table->cols_len && i < LISTED_MAX; i++) {
    if (i) strbuf_puts(out, ", ");
    strbuf_printf(out, STR_FMT " " STR_FMT, STR_ARG(table->cols[i].name), STR_ARG(table->cols[i].type_text));
  }
  if (table->cols_len > LISTED_MAX) strbuf_puts(out, ", ...");
}
