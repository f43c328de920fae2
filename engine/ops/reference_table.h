/* reference_table.h: one snapshot of reference data, indexed by the join's keys.
**
** Rows arrive in pieces and become one column each when the snapshot is complete. The index is open addressing
** over the hash of the keys; rows with equal hashes form a chain in the order they came. Rows with a NULL key are
** in no chain: NULL keys do not match (semantics.md section 5). Without keys every row matches. */
#ifndef WEIR_OPS_REFERENCE_TABLE_H
#define WEIR_OPS_REFERENCE_TABLE_H

#include "base/vec.h"
#include "column/batch.h"

typedef struct ReferencePiece { Column **cols; uint32_t rows; } ReferencePiece;

typedef struct ReferenceTable {
  uint32_t  cols_len, keys_len; /* cols first, then keys, in every array below */
  Vec(ReferencePiece) pieces;   /* while loading */
  Column  **cols;               /* cols_len + keys_len columns of `rows` rows; NULL until complete */
  uint32_t  rows;
  uint32_t *slots;              /* first row of a chain + 1; 0 free */
  uint32_t  mask;
  uint32_t *next;               /* next row of the chain + 1; 0 end */
  uint64_t *hashes;
  bool      unique;             /* no two rows have equal keys */
} ReferenceTable;

void reference_table_init(ReferenceTable *table, uint32_t cols_len, uint32_t keys_len);
void reference_table_release(ReferenceTable *table);
/* Copies the selected rows. keys: keys_len columns over the batch's rows. */
void reference_table_add(ReferenceTable *table, const Batch *batch, const Selection *sel, Column *const *keys);
void reference_table_complete(ReferenceTable *table);
/* First row whose keys equal those of `row`, and the next one; UINT32_MAX: none. hash as column_hash over keys. */
uint32_t reference_table_first(const ReferenceTable *table, Column *const *keys, uint32_t row, uint64_t hash);
uint32_t reference_table_next(const ReferenceTable *table, Column *const *keys, uint32_t row, uint64_t hash,
                              uint32_t at);
size_t   reference_table_bytes(const ReferenceTable *table);
void     reference_table_save(const ReferenceTable *table, ByteWriter *out);
void     reference_table_load(ReferenceTable *table, ByteReader *in);

#endif
