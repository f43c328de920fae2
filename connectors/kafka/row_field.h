/* row_field.h: a named output column of a row, for what stands beside a record's value: key, headers, time. */
#ifndef WEIR_CONNECTORS_KAFKA_ROW_FIELD_H
#define WEIR_CONNECTORS_KAFKA_ROW_FIELD_H

#include "io/format.h"

/* STATUS_CONFIG when the schema has neither such a column nor a star that may hold it; `option` is named. */
Status row_field_check(const OutputSchema *schema, const char *option, Str name, const char *who, Error *err);
/* Appends the column of a row to `out`: text and datetimes without quotes, other values as JSON prints them. False:
** the row has none (NULL, or a star without the field). Columns go from left to right, as the encoder's names do. */
bool   row_field_put(const OutputSchema *schema, Str name, const Batch *batch, uint32_t row, StrBuf *out);

#endif
