/* odbc_dialect.h: what differs from database to database, as one table. The connector asks the table, never
** the name of a database; a database the table does not know gets the cautious last row. */
#ifndef WEIR_ODBC_DIALECT_H
#define WEIR_ODBC_DIALECT_H

#include "base/str.h"
#include "types/type.h"

typedef enum UpsertForm {
  UPSERT_NONE,
  UPSERT_ON_CONFLICT,   /* INSERT ... ON CONFLICT (keys) DO UPDATE SET c = excluded.c */
  UPSERT_ON_DUPLICATE,  /* INSERT ... ON DUPLICATE KEY UPDATE c = VALUES(c) */
  UPSERT_MERGE,         /* MERGE INTO t USING (VALUES ...) */
} UpsertForm;

/* How the database numbers its own integers and what its type names mean where they differ. */
enum DialectFlags {
  DIALECT_DYNAMIC = 1,       /* values have types, columns only hints (SQLite): columns are read by storage class */
  DIALECT_BIT_TEXT = 2,      /* a boolean parameter goes as 'true' and 'false' */
  DIALECT_WIDE_TEXT = 4,     /* text parameters go as UTF-16: narrow text would pass through the locale */
  DIALECT_DECIMAL_TEXT = 8,  /* decimals go as their exact text; else as double or bigint */
  DIALECT_FLOAT_SINGLE = 16, /* `float` without precision has 4 bytes */
  DIALECT_READ_AUTOCOMMIT = 128, /* the driver reads row by row only outside of a transaction */
  DIALECT_NARROW = 64,       /* the connection string goes as UTF-8 (the driver has no UTF-16 entry points) */
  DIALECT_TINY_SIGNED = 32,  /* tinyint is -128..127, else 0..255 */
};

typedef struct OdbcDialect {
  const char *title;          /* for people */
  const char *dbms;           /* |-separated beginnings of SQL_DBMS_NAME, any case */
  const char *driver_words;   /* |-separated words that give its drivers away, any case */
  const char *driver_prefer;  /* of several drivers that match, the one whose name has this word */
  const char *package;        /* how to install the driver */
  unsigned    params_max;     /* parameters of one statement */
  unsigned    rows_max;       /* rows of one VALUES list */
  UpsertForm  upsert;
  unsigned    flags;          /* enum DialectFlags */
  unsigned    time_digits;    /* digits of a timestamp whose type does not say */
  const char *names[TYPE_COUNT]; /* column types of create=true; [TYPE_NULL] is for a value of any type */
  const char *key_text;       /* text type of a key column of create=true */
  const char *on_connect;     /* statement that makes the session's time zone UTC; NULL: none */
  const char *options, *read_options; /* connection attributes added unless given, `A=1;B=2` */
  const char *must_exist;     /* attributes that keep a database file from being made by connecting to it */
  const char *tables_sql;     /* rows (schema, table), those found without a schema first; NULL: cannot list */
  const char *columns_sql;    /* rows (name, type text, NOT NULL, has a default, cannot be written), flags 0 or 1;
                                 {schema}, {table} and {qualified} are replaced by SQL text literals; NULL: use
                                 the driver's own description */
  const char *unique_sql;     /* rows (index, column) of the primary key and the unique indexes, those of one index
                                 together; replaced as above; NULL: cannot tell */
} OdbcDialect;

const OdbcDialect *dialect_of_dbms(Str dbms_name);     /* never NULL */
/* By a driver's name or library; NULL when no word fits. */
const OdbcDialect *dialect_of_driver(Str driver_name);
/* Walks a |-separated list: false at the end. */
bool words_next(const char **at, Str *word);
bool str_has_nocase(Str text, Str part);

#endif
