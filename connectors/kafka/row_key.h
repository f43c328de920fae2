/* row_key.h: the record key a row gives: the value of a named output column. */
#ifndef WEIR_CONNECTORS_KAFKA_ROW_KEY_H
#define WEIR_CONNECTORS_KAFKA_ROW_KEY_H

#include "io/format.h"

/* STATUS_CONFIG when the schema has neither such a column nor a star that may hold it. */
Status row_key_check(const OutputSchema *schema, Str name, const char *who, Error *err);
/* Appends the key of a row to `out`: text as it is, other values as JSON prints them. False: the row has none
** (NULL, or a star without the field). Columns go from left to right, as the encoder's names do. */
bool   row_key_put(const OutputSchema *schema, Str name, const Batch *batch, uint32_t row, StrBuf *out);

#endif
