/* odbc_client.h: one connection to a database: connecting with a time limit, running statements, and turning what
** drivers say into an Error with a reason, a way out and a class that says what to do next.
**
** Thread: one at a time. Every function that fails leaves its class in client->fault. */
#ifndef WEIR_ODBC_CLIENT_H
#define WEIR_ODBC_CLIENT_H

#include "base/vec.h"
#include "connectors/odbc/odbc_guard.h"
#include "connectors/odbc/odbc_target.h"
#include "connectors/odbc/odbc_wide.h"
#include "types/datetime.h"

/* What a failure calls for. */
typedef enum OdbcFault {
  FAULT_NONE,
  FAULT_DATA,  /* the database refuses these values: constraint, range, type */
  FAULT_AGAIN, /* the transaction lost against another one (deadlock, lock time-out): run it again */
  FAULT_LOST,  /* no connection any more, or none yet: connect and run the transaction again */
  FAULT_FATAL, /* trying again does not help: refused login, no such table, no permission */
} OdbcFault;

typedef struct OdbcClient {
  SQLHENV env;
  SQLHDBC db;         /* NULL: not connected */
  const OdbcTarget *target;
  const char *who;    /* for messages: the input or output; borrowed */
  int     login_seconds;
  bool    reading;    /* set before connecting: nothing is written over this connection */
  const OdbcDialect *dialect;
  char    dbms[80];   /* name and version, for people */
  char    quote[2];   /* around identifiers; empty: the database has none */
  SQLUINTEGER getdata; /* SQL_GETDATA_EXTENSIONS */
  bool    narrow;     /* statements go as UTF-8, see client_learn_width */
  OdbcFault fault;    /* of the last failure */
  OdbcGuard *guard;   /* of the work under way; NULL: none */
  Ticks   answer_timeout; /* of guarded work: how long a call may take */
  bool    hung;       /* it took longer: nothing of the client may be used or freed any more */
  StrBuf  statement;  /* scratch */
  WideBuf wide;       /* scratch */
} OdbcClient;

void   client_init(OdbcClient *client, const OdbcTarget *target, const char *who, Ticks login_timeout);
void   client_release(OdbcClient *client);
/* Connects with autocommit off (but see DIALECT_READ_AUTOCOMMIT). Disconnects first when connected. */
Status client_connect(OdbcClient *client, Error *err);
void   client_disconnect(OdbcClient *client);

/* The caller frees the statement with SQLFreeHandle before it disconnects. */
Status client_statement(OdbcClient *client, SQLHSTMT *out, Error *err);
Status client_prepare(OdbcClient *client, SQLHSTMT stmt, Str sql, Error *err);
Status client_execute_direct(OdbcClient *client, SQLHSTMT stmt, Str sql, Error *err);
/* Runs a statement and drops its result. */
Status client_run(OdbcClient *client, Str sql, Error *err);
Status client_commit(OdbcClient *client, Error *err);
void   client_rollback(OdbcClient *client); /* a failure is ignored: the connection is gone, so is the transaction */

/* Column `at` (from 1) of a statement's result. */
typedef struct OdbcDescription {
  Str         name;      /* in the arena */
  Str         type_name; /* as the driver says it */
  SQLSMALLINT sql_type, digits, nullable;
  SQLULEN     size;
} OdbcDescription;
Status client_describe(OdbcClient *client, SQLHSTMT stmt, SQLUSMALLINT at, Arena *arena, OdbcDescription *out,
                       Error *err);

/* Does work with the client under a guard (odbc_guard.h). STATUS_WORLD when the database did not answer in time: then
** the client is hung, and so is what the work may touch. */
Status client_guard(OdbcClient *client, GuardedWork *work, void *context, Error *err);

/* Fills err from the diagnostics of a failed call; `doing` is what was attempted, in the user's words. */
Status client_failed(OdbcClient *client, SQLSMALLINT type, SQLHANDLE handle, const char *doing, Error *err);

/* A value of the current row as UTF-8, whatever its length. Appends; *null is set instead for NULL. */
Status client_text(OdbcClient *client, SQLHSTMT stmt, SQLUSMALLINT col, StrBuf *out, bool *null, Error *err);

/* Small results as text: the rows of a catalogue query. */
typedef Vec(Str) StrVec;
/* Appends cols texts a row (NULL as empty), copied into the arena. */
Status client_query(OdbcClient *client, Str sql, unsigned cols, Arena *arena, StrVec *out, Error *err);

void client_put_name(const OdbcClient *client, StrBuf *out, Str name);     /* a quoted identifier */
void client_put_literal(const OdbcClient *client, StrBuf *out, Str text);  /* a quoted text literal */

/* A class for a SQLSTATE, a native code and the message, as drivers give them. Pure; for tests. */
OdbcFault fault_classify(const char *sqlstate, int native, Str message, const OdbcDialect *dialect);

#endif
