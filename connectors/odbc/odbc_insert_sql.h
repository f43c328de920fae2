/* odbc_insert_sql.h: the text of the statements that write rows, in each dialect. Pure. */
#ifndef WEIR_ODBC_INSERT_SQL_H
#define WEIR_ODBC_INSERT_SQL_H

#include "connectors/odbc/odbc_table.h"

typedef enum InsertMode {
  INSERT_APPEND, /* a row that is there already is the database's to refuse */
  INSERT_SKIP,   /* ... is left as it is (on-conflict=skip) */
  INSERT_UPSERT, /* ... is overwritten */
} InsertMode;

typedef struct InsertShape {
  const OdbcTable *table;
  const uint32_t *cols; /* columns of the table, in the order of the parameters */
  uint32_t cols_len;
  const uint32_t *keys; /* columns of the table; UPSERT, and SKIP where the dialect needs them */
  uint32_t keys_len;
  InsertMode mode;
} InsertShape;

/* A statement for that many rows; rows 0 makes one that checks everything and writes nothing. */
void insert_sql(const OdbcClient *client, const InsertShape *shape, unsigned rows, StrBuf *out);
/* Rows one statement can have, by the dialect's limits. At least 1. */
unsigned insert_rows_max(const OdbcDialect *dialect, uint32_t cols_len);

#endif
