/* join_key.h: hashes of the equality keys of a stream join.
**
** The hash only says where to look: whatever `=` finds equal has equal hashes, and the condition is asked again for
** each pair. So a bit hashes as the number it equals, 1 as 1.0, and text that reads as an instant as that instant
** where the other side may be one. A row with a NULL key matches nothing. */
#ifndef WEIR_OPS_JOIN_KEY_H
#define WEIR_OPS_JOIN_KEY_H

#include "column/column.h"

/* For each selected row i: hashes[i], combined over the columns; usable[i] becomes false where a key is NULL.
** instants[k]: text of column k may meet a datetime. */
void join_key_hash(Column *const *keys, const bool *instants, uint32_t keys_len, const Selection *sel, uint32_t rows,
                   uint64_t *hashes, bool *usable);

#endif
