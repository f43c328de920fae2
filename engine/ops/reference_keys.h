/* reference_keys.h: what makes `=` of a reference join a question of equal hashes: keys of both sides brought to one
** form. A bit is the number it equals, and text meets a datetime as one, because `=` says so (semantics.md section 2);
** apart from that types matter: 1 is 1.0 and not '1'. */
#ifndef WEIR_OPS_REFERENCE_KEYS_H
#define WEIR_OPS_REFERENCE_KEYS_H

#include "ops/reference_table.h"

/* Replaces columns (and gives back their references). For both sides, before anything else. */
void reference_keys_settle(Column **keys, uint32_t keys_len, const Selection *sel, uint32_t rows);
/* For the probing side: to the types of the table's keys. */
void reference_keys_convert(Column **keys, const ReferenceTable *table, const Selection *sel, uint32_t rows);

/* Kinds of values that can equal each other, as bits: two columns without a common one never meet. 0: only NULLs. */
unsigned reference_key_kinds(const Column *key);
const char *reference_kinds_name(unsigned kinds); /* "numbers", "text" */

#endif
