/* odbc_insert.h: rows on their way into a table: kept until the database has committed them.
**
** Rows are only gathered until insert_deliver, which writes them in one short transaction, so that no lock is held
** between two calls and everything can be sent again. See odbc_insert.c for the order of events. */
#ifndef WEIR_ODBC_INSERT_H
#define WEIR_ODBC_INSERT_H

#include "column/batch.h"
#include "connectors/odbc/odbc_insert_sql.h"

typedef void InsertRejectFn(void *context, const Batch *batch, uint32_t row, const char *reason);

typedef struct InsertConfig {
  OdbcClient *client;      /* connected; borrowed */
  InsertShape shape;       /* of a row that has every column; arrays are borrowed */
  unsigned    batch_rows;  /* rows a statement has at most; 0: as many as the dialect takes */
  Ticks       retry_timeout;
  InsertRejectFn *reject;
  void       *reject_context;
} InsertConfig;

typedef struct Insert Insert;
Insert  *insert_new(const InsertConfig *config);
void     insert_free(Insert *insert); /* before the client is released; rows still waiting are dropped */

/* STATUS_CONFIG or STATUS_WORLD when the database would refuse every row (no right to insert, no unique key for an
** upsert): asked once, with a statement that writes nothing. */
Status   insert_check(Insert *insert, Error *err);

/* The cells of the next row, one a column of the shape, all NULL; they point nowhere after insert_add. */
OdbcCell *insert_row(Insert *insert);
StrBuf   *insert_text(Insert *insert); /* where the text of cells goes */
void      insert_drop(Insert *insert); /* forgets the row begun, its text too */
/* The row is complete. `absent` says which columns it leaves to their defaults, one bit a column of the shape (NULL:
** none). Takes a reference of the batch, for a rejection later on. */
void      insert_add(Insert *insert, const Batch *batch, uint32_t row, const uint64_t *absent);
uint32_t  insert_waiting(const Insert *insert);
size_t    insert_waiting_bytes(const Insert *insert);

/* Writes and commits everything that waits; rows the database refuses are rejected one by one. STATUS_WORLD after
** the retries: the rows still wait. */
Status    insert_deliver(Insert *insert, Error *err);
/* What is wrong right now ("database down, retrying"), empty when nothing is. */
const char *insert_state(const Insert *insert);

#endif
