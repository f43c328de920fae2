/* batch.h: rows on their way through the graph: columns, a timestamp a row, and a selection.
**
** All columns have `rows` rows; `sel` says which count. Operators borrow batches; who keeps one takes a
** reference; who keeps rows beyond the call copies just the columns it needs (column_gather with copy_text)
** and never pins a payload buffer. Immutable once emitted. */
#ifndef WEIR_COLUMN_BATCH_H
#define WEIR_COLUMN_BATCH_H

#include "column/column.h"
#include "column/lineage.h"

enum { BATCH_ROWS = 2048 }; /* what sources aim at; a batch may hold more (a message with many events) */

typedef struct Batch {
  atomic_uint refs;
  uint32_t    rows;
  uint32_t    cols_len;
  Column    **cols;     /* in the order of the producing operator's schema */
  Column     *time;     /* COL_DATETIME: System.Timestamp() of each row; NULL only before the entrance */
  Column     *payload;  /* COL_RECORD: the source event's JSON text for the quarantine; NULL when not kept */
  Column     *offset;   /* COL_BIGINT: the source event's offset in its partition; NULL after an aggregate */
  Column     *substream; /* COL_BIGINT: whose clock each row follows; NULL: all follow that of the channel */
  Selection  *sel;      /* NULL: all rows */
  uint32_t    channel;  /* which clock the rows follow: an (entrance, partition), or a derived stream */
  bool        sorted;   /* the selected rows ascend by time */
  Lineage     lineage;  /* the source events the rows derive from */
} Batch;

Batch   *batch_new(uint32_t rows, uint32_t cols_len); /* columns NULL, no time; one reference */
Batch   *batch_ref(Batch *batch);
void     batch_unref(Batch *batch);
/* Same rows, time, payload, offset, substreams, selection, channel and lineage; columns still NULL. */
Batch   *batch_like(const Batch *batch, uint32_t cols_len);
/* The same batch with another selection (takes the reference of sel). */
Batch   *batch_select(const Batch *batch, Selection *sel);
uint32_t batch_count(const Batch *batch); /* selected rows */
void     batch_print(const Batch *batch, StrBuf *out);
void     batch_verify(const Batch *batch); /* BUG when inconsistent */

#endif
