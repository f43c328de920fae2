/* reference_table.h: one snapshot of reference data, indexed by the join's keys.
**
** Rows arrive in pieces and become one column each when the snapshot is complete. Long texts lie in large buffers
** from the beginning, so they are copied once. A key that is just a column is not kept twice. The index is open
** addressing over the hash of the keys: a slot holds 32 bits of the hash beside the number of the first row with those
** keys, so a miss touches one line of memory; further rows of the same keys follow it in a chain, in the order they
** came. Rows with a NULL key are in no chain: NULL keys do not match (semantics.md section 5). Without keys every row
** matches.
**
** A large table does not fit the caches, so whole batches are probed: first all slots are asked for, then what they
** point to, and only then is compared.
** Thread: one builds; complete tables only change hands. */
#ifndef WEIR_OPS_REFERENCE_TABLE_H
#define WEIR_OPS_REFERENCE_TABLE_H

#include "base/vec.h"
#include "column/batch.h"

#define REFERENCE_NONE UINT32_MAX /* no such row */

typedef struct ReferencePiece { Column **cols; uint32_t rows; } ReferencePiece;
typedef struct ReferenceSlot { uint32_t tag, row; /* row + 1; 0: free */ } ReferenceSlot;

typedef struct ReferenceTable ReferenceTable; /* also in op.h */
struct ReferenceTable {
  uint32_t  cols_len, keys_len; /* cols first, then keys, in every array below */
  Vec(ReferencePiece) pieces;   /* while loading */
  Buffer   *heap;               /* while loading: where the next long text goes; pieces share it */
  Column  **cols;               /* cols_len + keys_len columns of `rows` rows; NULL until complete */
  uint32_t  rows;
  ReferenceSlot *slots;
  uint32_t  mask;
  uint32_t *next;               /* next row of the chain + 1; 0 end. NULL: no two rows have equal keys */
};

ReferenceTable *reference_table_new(uint32_t cols_len, uint32_t keys_len);
void     reference_table_free(ReferenceTable *table); /* NULL is fine */
/* Copies the selected rows. keys: keys_len columns over the batch's rows. */
void     reference_table_add(ReferenceTable *table, const Batch *batch, const Selection *sel, Column *const *keys);
void     reference_table_complete(ReferenceTable *table);
/* For the k-th selected row: first[k] = first row of the table with the keys of that row, or REFERENCE_NONE.
** hashes[k] as column_hash gives over the keys. The table has keys. */
void     reference_table_probe(const ReferenceTable *table, Column *const *keys, const Selection *sel, uint32_t rows,
                               const uint64_t *hashes, uint32_t *first);
/* The next row with the keys of row `at`, which probing found. */
static inline uint32_t reference_table_next(const ReferenceTable *table, uint32_t at) {
  return table->next ? table->next[at] - 1 : REFERENCE_NONE;
}
size_t   reference_table_bytes(const ReferenceTable *table);
void     reference_table_save(const ReferenceTable *table, ByteWriter *out);
void     reference_table_load(ReferenceTable *table, ByteReader *in); /* into a new one; free it when in->bad */

#endif
