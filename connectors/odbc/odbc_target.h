/* odbc_target.h: from the target of a WHERE to a connection string a driver manager takes.
**
**   odbc:sales                                   a data source name of odbc.ini
**   odbc:Driver={SQLite3};Database=/data/x.db    a connection string
**
** A driver is found under its registered name, or, when nothing is registered under the name given, under the
** name of another driver for the same database (Debian registers `SQLite3` and `PostgreSQL Unicode`). The
** attributes the connector relies on (odbc_dialect.c) are added unless the string has them. */
#ifndef WEIR_ODBC_TARGET_H
#define WEIR_ODBC_TARGET_H

#include <sql.h>
#include <sqlext.h>
#include "base/arena.h"
#include "base/status.h"
#include "connectors/odbc/odbc_dialect.h"

typedef enum OdbcUse {
  ODBC_READ,
  ODBC_WRITE,
  ODBC_CREATE, /* write; a file database that is not there is made */
} OdbcUse;

typedef struct OdbcTarget {
  Str connection; /* with its secrets */
  Str printable;  /* "odbc:" and the string with *** for secrets */
  Str password;   /* scrubbed out of what drivers say; may be empty */
  Str file;       /* Database of a file database (SQLite); may be empty */
  const OdbcDialect *guess; /* by the driver's name; NULL: unknown until connected */
} OdbcTarget;

/* Strings live in the arena. STATUS_CONFIG when the driver is not installed: the message lists those that are. */
Status odbc_target_parse(Arena *arena, Str text, OdbcUse use, const char *who, OdbcTarget *out, Error *err);

#endif
