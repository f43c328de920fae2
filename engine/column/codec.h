/* codec.h: columns and batches as bytes, for operator state (reorder and merge save the rows they hold).
**
** Layout, constant-ness, NULLs and integral bits survive; text is copied. Slots of NULL rows are written as
** zeros, so equal columns have equal bytes. Readers trust nothing: damaged bytes set the reader's bad flag. */
#ifndef WEIR_COLUMN_CODEC_H
#define WEIR_COLUMN_CODEC_H

#include "base/codec.h"
#include "column/batch.h"

/* All rows: every slot that is not NULL must be defined (gather the rows of a selection first). */
void    column_save(const Column *col, ByteWriter *out);
Column *column_load(ByteReader *in); /* NULL when in->bad; else one reference */

/* The selected rows with time, payload, offset, channel, sortedness and lineage; loads without a selection. */
void   batch_save(const Batch *batch, ByteWriter *out);
Batch *batch_load(ByteReader *in); /* NULL when in->bad; else one reference */

#endif
