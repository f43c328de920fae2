/* odbc_read.h: the rows of a query, fetched in blocks, as values of the language.
**
** Every column is read as text and converted here (only doubles are read as doubles), because that is exact in every
** driver: README.md has the type map. SQLite's columns have no types, so the query is wrapped to read the storage
** class of each value, and the declared type only refines it. Thread: one at a time. */
#ifndef WEIR_ODBC_READ_H
#define WEIR_ODBC_READ_H

#include "connectors/odbc/odbc_client.h"
#include "connectors/odbc/odbc_types.h"

typedef enum ReadKind {
  READ_TEXT,
  READ_PADDED,    /* char(n): blanks at the end are dropped */
  READ_GUID,      /* in lower case */
  READ_INTEGER,
  READ_DECIMAL,
  READ_DOUBLE,    /* the only kind not read as text */
  READ_BIT,
  READ_TIMESTAMP,
  READ_GUESS,     /* a type the driver does not know: JSON when it is an object or array, else text */
  READ_TAGGED,    /* SQLite: the first byte is the storage class */
} ReadKind;

typedef struct ReadColumn {
  Str       name;
  ReadKind  kind;
  SqlClass  declared;  /* READ_TAGGED */
  bool      wanted;
  SQLULEN   size;      /* characters, as the driver says; 0: unknown */
  uint32_t  at;        /* place in the statement that is run, from 1 */
  bool      wide;      /* read as UTF-16 */
  size_t    slot;      /* bytes of a value in `data` */
  char     *data;      /* one slot a row of a block */
  SQLLEN   *indicator;
} ReadColumn;

typedef struct OdbcResult {
  OdbcClient *client;
  Str         sql;
  SQLHSTMT    stmt;       /* NULL: closed */
  ReadColumn *cols;
  uint32_t    cols_len;
  bool        bound;      /* values come in blocks; else piece by piece */
  uint32_t    block_rows, block_len, block_at;
  SQLULEN     fetched;
  StrBuf      text;       /* of the value read last */
  Arena      *arena;      /* names and buffers; borrowed, reset by the owner after result_close */
} OdbcResult;

/* Asks the database what columns the query has; nothing is read yet. */
Status result_open(OdbcResult *result, OdbcClient *client, Arena *arena, Str sql, Error *err);
int    result_column(const OdbcResult *result, Str name); /* exact, then without regard to case; -1: none */
/* Runs the query for the columns marked `wanted`. */
Status result_run(OdbcResult *result, Error *err);
/* The next row; *row is false at the end. */
Status result_next(OdbcResult *result, bool *row, Error *err);
/* A wanted column of the row. Text is valid until the next call; JSON scalars are unescaped into scratch. Piece by
** piece, columns must be asked in ascending order and once. */
Status result_value(OdbcResult *result, uint32_t col, Arena *scratch, Value *out, Error *err);
void   result_close(OdbcResult *result);

#endif
