/* odbc_client.c: see odbc_client.h.
**
** Drivers differ in what they report. psqlodbc gives 08001 for everything that fails while connecting, so the
** message decides whether the login was refused; sqliteodbc gives HY000 and SQLite's own result code. The tables
** are at the bottom. What no table knows is FAULT_FATAL: giving up with a message is better than taking a
** broken statement for a bad row. */
#include "connectors/odbc/odbc_client.h"

#include <stdio.h>

#include "base/mem.h"

typedef struct StateClass { const char *prefix; OdbcFault fault; } StateClass;
typedef struct NativeClass { int native; OdbcFault fault; } NativeClass;
typedef struct HintRow { const char *part, *hint; } HintRow;
static const StateClass state_classes[];
static const NativeClass sqlite_classes[];
static const char *const lost_words[];
static const char *const refused_words[];
static const HintRow hints[];

/* ---- diagnostics ---- */

typedef struct Diagnostic {
  char   state[6];
  int    native;
  StrBuf message;
} Diagnostic;

static bool has_word(Str message, const char *const *words) {
  for (; *words; words++) {
    if (str_has_nocase(message, str_from(*words))) return true;
  }
  return false;
}

/* A telling SQLSTATE decides; messages may quote the user's values and are asked only where there is none. */
OdbcFault fault_classify(const char *sqlstate, int native, Str message, const OdbcDialect *dialect) {
  if (dialect && (dialect->flags & DIALECT_DYNAMIC)) {
    for (const NativeClass *row = sqlite_classes; row->native; row++) {
      if (row->native == (native & 0xff)) return row->fault;
    }
  }
  for (const StateClass *row = state_classes; row->prefix; row++) {
    if (strncmp(sqlstate, row->prefix, strlen(row->prefix)) == 0) return row->fault;
  }
  if (has_word(message, refused_words)) return FAULT_FATAL;
  if (has_word(message, lost_words) || strncmp(sqlstate, "08", 2) == 0) return FAULT_LOST;
  return FAULT_FATAL;
}

/* Drivers put "[vendor][component]" in front of messages and line breaks into them. */
static void message_clean(StrBuf *message) {
  Str text = str_trim(strbuf_str(message));
  while (text.len && text.ptr[0] == '[') {
    ptrdiff_t close = str_find_char(text, ']');
    if (close < 0) break;
    text = str_trim(str_sub(text, (size_t)close + 1, text.len));
  }
  ptrdiff_t tail = -1; /* psqlodbc adds a sentence that says nothing */
  for (size_t i = 0; i < text.len && tail < 0; i++) {
    if (str_starts(str_sub(text, i, text.len), STR("Error while executing the query"))) tail = (ptrdiff_t)i;
  }
  if (tail > 0) text = str_trim(str_sub(text, 0, (size_t)tail));
  StrBuf clean = {0};
  for (size_t i = 0; i < text.len; i++) {
    bool blank = (unsigned char)text.ptr[i] <= ' ';
    if (!blank) strbuf_putc(&clean, text.ptr[i]);
    else if (clean.len && clean.ptr[clean.len - 1] != ' ') strbuf_putc(&clean, ' ');
  }
  while (clean.len && strchr(";. ", clean.ptr[clean.len - 1])) clean.ptr[--clean.len] = '\0';
  strbuf_release(message);
  *message = clean;
}

static void message_scrub(StrBuf *message, Str secret) {
  if (secret.len == 0) return;
  for (size_t i = 0; i + secret.len <= message->len; i++) {
    if (memcmp(message->ptr + i, secret.ptr, secret.len) == 0) memset(message->ptr + i, '*', secret.len);
  }
}

/* One record; false when there is none. */
static bool diagnostic_record(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT i, bool narrow, char state[6],
                              SQLINTEGER *native, StrBuf *message) {
  enum { UNITS = 1024 };
  union { SQLCHAR bytes[UNITS]; SQLWCHAR units[UNITS]; } text;
  SQLWCHAR wide_state[6] = {0};
  SQLSMALLINT len = 0;
  SQLRETURN rc = narrow ? SQLGetDiagRec(type, handle, i, (SQLCHAR *)state, native, text.bytes, UNITS, &len)
                        : SQLGetDiagRecW(type, handle, i, wide_state, native, text.units, UNITS, &len);
  if (!SQL_SUCCEEDED(rc)) return false;
  size_t got = len < 0 ? 0 : len < UNITS ? (size_t)len : UNITS - 1;
  for (int k = 0; k < 6 && !narrow; k++) state[k] = (char)wide_state[k];
  if (narrow) strbuf_append(message, (const char *)text.bytes, got);
  else wide_to_utf8(text.units, got, message);
  return true;
}

static void diagnostic_read(SQLSMALLINT type, SQLHANDLE handle, bool narrow, Diagnostic *out) {
  *out = (Diagnostic){.state = "HY000"};
  for (SQLSMALLINT i = 1; i <= 8; i++) {
    char state[6] = "";
    SQLINTEGER native = 0;
    StrBuf part = {0};
    if (!diagnostic_record(type, handle, i, narrow, state, &native, &part)) break;
    if (i == 1) {
      memcpy(out->state, state, sizeof state);
      out->native = native;
    } else {
      strbuf_puts(&out->message, "; ");
    }
    message_clean(&part);
    strbuf_put_str(&out->message, strbuf_str(&part));
    strbuf_release(&part);
  }
}

static bool connection_is_dead(const OdbcClient *client) {
  SQLUINTEGER dead = SQL_CD_FALSE;
  if (client->db == NULL) return true;
  if (!SQL_SUCCEEDED(SQLGetConnectAttr(client->db, SQL_ATTR_CONNECTION_DEAD, &dead, 0, NULL))) return false;
  return dead == SQL_CD_TRUE;
}

static void add_hint(const OdbcClient *client, Str message, Error *err) {
  for (const HintRow *row = hints; row->part; row++) {
    if (!str_has_nocase(message, str_from(row->part))) continue;
    error_hint(err, "%s", row->hint);
    return;
  }
  error_hint(err, "this was said by %s", client->target->printable.ptr);
}

Status client_failed(OdbcClient *client, SQLSMALLINT type, SQLHANDLE handle, const char *doing, Error *err) {
  Diagnostic diagnostic;
  diagnostic_read(type, handle, client->narrow, &diagnostic);
  message_scrub(&diagnostic.message, client->target->password);
  Str message = strbuf_str(&diagnostic.message);
  client->fault = fault_classify(diagnostic.state, diagnostic.native, message, client->dialect);
  if (client->fault != FAULT_LOST && type == SQL_HANDLE_STMT && connection_is_dead(client)) client->fault = FAULT_LOST;
  Status status = error_set(err, STATUS_WORLD, client->who, "%s: %s (SQLSTATE %s)", doing,
                            message.len ? message.ptr : "the driver gives no reason", diagnostic.state);
  if (err) err->retriable = client->fault == FAULT_AGAIN || client->fault == FAULT_LOST;
  add_hint(client, message, err);
  strbuf_release(&diagnostic.message);
  return status;
}

/* ---- connecting ---- */

void client_init(OdbcClient *client, const OdbcTarget *target, const char *who, Ticks login_timeout) {
  *client = (OdbcClient){.target = target, .who = who, .dialect = dialect_of_dbms(STR(""))};
  client->login_seconds = (int)(login_timeout / TICKS_PER_SECOND);
  if (client->login_seconds < 1) client->login_seconds = 1;
  SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &client->env);
  SQLSetEnvAttr(client->env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0);
}

void client_disconnect(OdbcClient *client) {
  if (client->db == NULL) return;
  client_rollback(client); /* a connection with a transaction open cannot be closed */
  SQLDisconnect(client->db);
  SQLFreeHandle(SQL_HANDLE_DBC, client->db);
  client->db = NULL;
}

void client_release(OdbcClient *client) {
  client_disconnect(client);
  if (client->env) SQLFreeHandle(SQL_HANDLE_ENV, client->env);
  strbuf_release(&client->statement);
  wide_release(&client->wide);
  client->env = NULL;
}

static void client_learn(OdbcClient *client) {
  SQLCHAR name[64] = "", version[64] = "", quote[16] = "";
  SQLGetInfo(client->db, SQL_DBMS_NAME, name, sizeof name, NULL);
  SQLGetInfo(client->db, SQL_DBMS_VER, version, sizeof version, NULL);
  SQLGetInfo(client->db, SQL_IDENTIFIER_QUOTE_CHAR, quote, sizeof quote, NULL);
  SQLGetInfo(client->db, SQL_GETDATA_EXTENSIONS, &client->getdata, sizeof client->getdata, NULL);
  client->dialect = dialect_of_dbms(str_from((const char *)name));
  snprintf(client->dbms, sizeof client->dbms, "%.40s %.30s", (const char *)name, (const char *)version);
  client->quote[0] = quote[0] == ' ' ? '\0' : (char)quote[0];
}

/* Drivers come with UTF-16 entry points (psqlodbcw) or without (Debian's SQLite driver). For one without, the driver
** manager narrows UTF-16 to Latin-1, and for one with, it widens narrow text alike; both destroy what is not ASCII.
** Nothing says which kind a driver is, so it is asked to repeat a letter. */
static void client_learn_width(OdbcClient *client) {
  StrVec answer = {0};
  Arena arena;
  Error unused;
  arena_init(&arena);
  client->narrow = false;
  bool asked = client_query(client, STR("SELECT '\xc3\xa9'"), 1, &arena, &answer, &unused) == STATUS_OK;
  client->narrow = asked && answer.len == 1 && !str_eq(answer.items[0], STR("\xc3\xa9"));
  client_rollback(client);
  vec_release(&answer);
  arena_release(&arena);
}

static SQLRETURN driver_connect(OdbcClient *client) {
  Str text = client->target->connection;
  const OdbcDialect *guess = client->target->guess;
  client->narrow = guess && (guess->flags & DIALECT_NARROW);
  SQLSMALLINT len;
  if (client->narrow) {
    return SQLDriverConnect(client->db, NULL, (SQLCHAR *)(uintptr_t)text.ptr, (SQLSMALLINT)text.len, NULL, 0, &len,
                            SQL_DRIVER_NOPROMPT);
  }
  wide_set(&client->wide, text);
  SQLRETURN rc = SQLDriverConnectW(client->db, NULL, client->wide.ptr, (SQLSMALLINT)client->wide.len, NULL, 0, &len,
                                   SQL_DRIVER_NOPROMPT);
  memset(client->wide.ptr, 0, client->wide.len * sizeof *client->wide.ptr);
  return rc;
}

/* A file database that is not there gives "connect failed" and nothing more. */
static void explain_connect(const OdbcClient *client, Error *err) {
  Str file = client->target->file;
  const OdbcDialect *guess = client->target->guess;
  if (err == NULL || guess == NULL || !(guess->flags & DIALECT_DYNAMIC) || file.len == 0) return;
  error_hint(err, "is there a database file " STR_FMT " that may be read? (create=true on an output makes one)",
             STR_ARG(file));
}

Status client_guard(OdbcClient *client, GuardedWork *work, void *context, Error *err) {
  Ticks login = (client->login_seconds + 1) * TICKS_PER_SECOND; /* connecting has a limit of its own */
  Ticks limit = client->answer_timeout > login ? client->answer_timeout : login;
  if (guard_run(&client->guard, work, context, limit)) return STATUS_OK;
  client->hung = true;
  client->fault = FAULT_FATAL;
  error_set(err, STATUS_WORLD, client->who, "the database has not answered for %lld s: %s",
            (long long)(limit / TICKS_PER_SECOND), client->target->printable.ptr);
  return error_hint(err, "it hangs, is cut off, or waits for a lock of another session; raise answer-timeout to wait "
                    "longer");
}

static Status client_open(OdbcClient *client, Error *err) {
  SQLSetConnectAttr(client->db, SQL_ATTR_LOGIN_TIMEOUT, (SQLPOINTER)(intptr_t)client->login_seconds, 0);
  char doing[600];
  snprintf(doing, sizeof doing, "cannot connect to %s", client->target->printable.ptr);
  SQLRETURN rc = driver_connect(client);
  guard_beat(client->guard);
  if (!SQL_SUCCEEDED(rc)) {
    Status status = client_failed(client, SQL_HANDLE_DBC, client->db, doing, err);
    explain_connect(client, err);
    return status;
  }
  client_learn(client);
  client_learn_width(client);
  if (client->dialect->on_connect) TRY(client_run(client, str_from(client->dialect->on_connect), err));
  if (client->reading && (client->dialect->flags & DIALECT_READ_AUTOCOMMIT)) return STATUS_OK;
  rc = SQLSetConnectAttr(client->db, SQL_ATTR_AUTOCOMMIT, (SQLPOINTER)SQL_AUTOCOMMIT_OFF, 0);
  if (!SQL_SUCCEEDED(rc)) return client_failed(client, SQL_HANDLE_DBC, client->db, "cannot start transactions", err);
  return STATUS_OK;
}

Status client_connect(OdbcClient *client, Error *err) {
  client_disconnect(client);
  SQLAllocHandle(SQL_HANDLE_DBC, client->env, &client->db);
  Status status = client_open(client, err);
  if (status == STATUS_OK) return status;
  SQLDisconnect(client->db); /* does nothing when the connection never came up */
  SQLFreeHandle(SQL_HANDLE_DBC, client->db);
  client->db = NULL;
  return status;
}

/* ---- statements ---- */

Status client_statement(OdbcClient *client, SQLHSTMT *out, Error *err) {
  *out = NULL;
  SQLRETURN rc = SQLAllocHandle(SQL_HANDLE_STMT, client->db, out);
  if (SQL_SUCCEEDED(rc)) return STATUS_OK;
  return client_failed(client, SQL_HANDLE_DBC, client->db, "cannot make a statement", err);
}

Status client_prepare(OdbcClient *client, SQLHSTMT stmt, Str sql, Error *err) {
  SQLRETURN rc;
  if (client->narrow) {
    rc = SQLPrepare(stmt, (SQLCHAR *)(uintptr_t)sql.ptr, (SQLINTEGER)sql.len);
  } else {
    wide_set(&client->wide, sql);
    rc = SQLPrepareW(stmt, client->wide.ptr, (SQLINTEGER)client->wide.len);
  }
  guard_beat(client->guard);
  if (SQL_SUCCEEDED(rc)) return STATUS_OK;
  return client_failed(client, SQL_HANDLE_STMT, stmt, "the database refuses the statement", err);
}

Status client_execute_direct(OdbcClient *client, SQLHSTMT stmt, Str sql, Error *err) {
  SQLRETURN rc;
  if (client->narrow) {
    rc = SQLExecDirect(stmt, (SQLCHAR *)(uintptr_t)sql.ptr, (SQLINTEGER)sql.len);
  } else {
    wide_set(&client->wide, sql);
    rc = SQLExecDirectW(stmt, client->wide.ptr, (SQLINTEGER)client->wide.len);
  }
  guard_beat(client->guard);
  if (SQL_SUCCEEDED(rc) || rc == SQL_NO_DATA) return STATUS_OK;
  return client_failed(client, SQL_HANDLE_STMT, stmt, "the database refuses the statement", err);
}

Status client_run(OdbcClient *client, Str sql, Error *err) {
  SQLHSTMT stmt;
  TRY(client_statement(client, &stmt, err));
  Status status = client_execute_direct(client, stmt, sql, err);
  SQLFreeHandle(SQL_HANDLE_STMT, stmt);
  return status;
}

Status client_commit(OdbcClient *client, Error *err) {
  SQLRETURN rc = SQLEndTran(SQL_HANDLE_DBC, client->db, SQL_COMMIT);
  guard_beat(client->guard);
  if (SQL_SUCCEEDED(rc)) return STATUS_OK;
  Status status = client_failed(client, SQL_HANDLE_DBC, client->db, "the database refuses to commit", err);
  if (connection_is_dead(client)) client->fault = FAULT_LOST;
  return status;
}

void client_rollback(OdbcClient *client) {
  if (client->db) SQLEndTran(SQL_HANDLE_DBC, client->db, SQL_ROLLBACK);
  guard_beat(client->guard);
}

Status client_text(OdbcClient *client, SQLHSTMT stmt, SQLUSMALLINT col, StrBuf *out, bool *null, Error *err) {
  bool wide = client->dialect->flags & DIALECT_WIDE_TEXT;
  union { char bytes[4096]; SQLWCHAR units[2048]; } piece;
  *null = false;
  for (;;) {
    SQLLEN len = 0;
    SQLRETURN rc = SQLGetData(stmt, col, wide ? SQL_C_WCHAR : SQL_C_CHAR, &piece, sizeof piece, &len);
    guard_beat(client->guard);
    if (rc == SQL_NO_DATA) return STATUS_OK;
    if (!SQL_SUCCEEDED(rc)) return client_failed(client, SQL_HANDLE_STMT, stmt, "cannot read a value", err);
    *null = len == SQL_NULL_DATA;
    if (*null) return STATUS_OK;
    size_t room = sizeof piece - (wide ? sizeof(SQLWCHAR) : 1);
    bool more = len == SQL_NO_TOTAL || (size_t)len > room; /* the piece is full, its terminator included */
    size_t got = more ? room : (size_t)len;
    if (wide) wide_to_utf8(piece.units, got / sizeof(SQLWCHAR), out);
    else strbuf_append(out, piece.bytes, got);
    if (!more) return STATUS_OK;
  }
}

static Status read_rows(OdbcClient *client, SQLHSTMT stmt, unsigned cols, Arena *arena, StrVec *out, Error *err) {
  SQLRETURN rc;
  StrBuf text = {0};
  Status status = STATUS_OK;
  while (status == STATUS_OK && SQL_SUCCEEDED(rc = SQLFetch(stmt))) {
    for (unsigned col = 1; col <= cols && status == STATUS_OK; col++) {
      bool null;
      strbuf_clear(&text);
      status = client_text(client, stmt, (SQLUSMALLINT)col, &text, &null, err);
      vec_push(out, arena_str(arena, strbuf_str(&text)));
    }
  }
  strbuf_release(&text);
  if (status != STATUS_OK || rc == SQL_NO_DATA) return status;
  return client_failed(client, SQL_HANDLE_STMT, stmt, "cannot read", err);
}

Status client_query(OdbcClient *client, Str sql, unsigned cols, Arena *arena, StrVec *out, Error *err) {
  SQLHSTMT stmt;
  TRY(client_statement(client, &stmt, err));
  Status status = client_execute_direct(client, stmt, sql, err);
  if (status == STATUS_OK) status = read_rows(client, stmt, cols, arena, out, err);
  SQLFreeHandle(SQL_HANDLE_STMT, stmt);
  return status;
}

Status client_describe(OdbcClient *client, SQLHSTMT stmt, SQLUSMALLINT at, Arena *arena, OdbcDescription *out,
                       Error *err) {
  enum { UNITS = 256 };
  union { SQLCHAR bytes[UNITS]; SQLWCHAR units[UNITS]; } name = {{0}};
  SQLCHAR type[96] = "";
  SQLSMALLINT len = 0;
  *out = (OdbcDescription){.sql_type = SQL_VARCHAR};
  SQLRETURN rc = client->narrow ? SQLDescribeCol(stmt, at, name.bytes, UNITS, &len, &out->sql_type, &out->size,
                                                 &out->digits, &out->nullable)
                                : SQLDescribeColW(stmt, at, name.units, UNITS, &len, &out->sql_type, &out->size,
                                                  &out->digits, &out->nullable);
  if (!SQL_SUCCEEDED(rc)) return client_failed(client, SQL_HANDLE_STMT, stmt, "cannot describe a column", err);
  size_t got = len < UNITS ? (size_t)len : UNITS - 1;
  StrBuf text = {0};
  if (client->narrow) strbuf_append(&text, (const char *)name.bytes, got);
  else wide_to_utf8(name.units, got, &text);
  out->name = arena_str(arena, strbuf_str(&text));
  strbuf_release(&text);
  SQLColAttribute(stmt, at, SQL_DESC_TYPE_NAME, type, sizeof type, NULL, NULL);
  out->type_name = arena_str(arena, str_from((const char *)type));
  return STATUS_OK;
}

static void put_quoted(StrBuf *out, Str text, char quote) {
  strbuf_putc(out, quote);
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] == quote) strbuf_putc(out, quote);
    strbuf_putc(out, text.ptr[i]);
  }
  strbuf_putc(out, quote);
}

void client_put_name(const OdbcClient *client, StrBuf *out, Str name) {
  if (client->quote[0]) put_quoted(out, name, client->quote[0]);
  else strbuf_put_str(out, name);
}

void client_put_literal(const OdbcClient *client, StrBuf *out, Str text) {
  (void)client;
  put_quoted(out, text, '\'');
}

/* ---- tables ---- */

static const StateClass state_classes[] = {
  {"57P", FAULT_LOST},   /* PostgreSQL: shutting down, crashed, not yet up */
  {"53300", FAULT_LOST}, /* too many connections */
  {"HYT01", FAULT_LOST}, /* connection time-out */
  {"HYT00", FAULT_AGAIN}, /* time-out */
  {"40", FAULT_AGAIN},   /* serialization failure, deadlock */
  {"55P03", FAULT_AGAIN}, /* lock not available */
  {"22", FAULT_DATA},    /* data exceptions */
  {"23", FAULT_DATA},    /* constraint violations */
  {"44", FAULT_DATA},    /* WITH CHECK OPTION */
  {"P0001", FAULT_DATA}, /* PostgreSQL: a trigger raised it */
  {"45", FAULT_DATA},    /* MariaDB: a trigger signalled it */
  {NULL, FAULT_NONE},
};

/* Primary result codes of SQLite. */
static const NativeClass sqlite_classes[] = {
  {4, FAULT_AGAIN},  /* aborted by a callback */
  {5, FAULT_AGAIN},  /* database is locked */
  {6, FAULT_AGAIN},  /* table is locked */
  {17, FAULT_AGAIN}, /* the schema changed */
  {18, FAULT_DATA},  /* too big */
  {19, FAULT_DATA},  /* constraint */
  {20, FAULT_DATA},  /* datatype mismatch */
  {0, FAULT_NONE},
};

/* What drivers say without a telling SQLSTATE. */
static const char *const lost_words[] = {
  "server closed the connection", "connection refused", "could not connect", "no connection to the server",
  "terminating connection", "the database system is", "connection reset", "broken pipe", "timeout expired",
  "server has gone away", "lost connection", "communication link failure", "connection is dead", NULL,
};

static const char *const refused_words[] = {
  "authentication failed", "no pg_hba.conf entry", "access denied", "login failed", "no password supplied",
  "password expired", "password has expired", "database \"", "role \"", NULL,
};

static const HintRow hints[] = {
  {"authentication failed", "check UID and PWD of the connection string; ${NAME} takes them from the environment"},
  {"no password supplied", "add PWD=... to the connection string; ${NAME} takes it from the environment"},
  {"access denied", "check UID and PWD of the connection string; ${NAME} takes them from the environment"},
  {"has expired", "give the database's user a new password, and PWD of the connection string with it"},
  {"login failed", "check UID and PWD of the connection string; ${NAME} takes them from the environment"},
  {"no pg_hba.conf entry", "the server does not let this user in from here: pg_hba.conf on the server"},
  {"connection refused", "is the database running, and are Server and Port right?"},
  {"timeout expired", "something accepts connections there but does not answer as a database; check Server and Port, "
   "or raise login-timeout"},
  {"could not translate host name", "check Server in the connection string"},
  {"database is locked", "another program holds the database file; end it, or raise retry-timeout"},
  {"readonly database", "the file or its folder may not be written by this user"},
  {"permission denied", "grant this user the right, or connect as another one"},
  {"can't open lib", "the driver is registered in odbcinst.ini but its library is missing: reinstall its package"},
  {"is full", "make room on the disk of the database"},
  {"no space left", "make room on the disk of the database"},
  {NULL, NULL},
};
