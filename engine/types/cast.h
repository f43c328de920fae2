/* cast.h: CAST and TRY_CAST between every pair of types (semantics.md section 2). */
#ifndef WEIR_TYPES_CAST_H
#define WEIR_TYPES_CAST_H

#include "types/value.h"

/* Converts; text that is made is appended to scratch and lives as long as scratch is not touched.
** NULL casts to NULL. False when the value does not convert: the caller raises the row error (CAST) or
** takes NULL (TRY_CAST). */
bool value_cast(const Value *in, Type to, StrBuf *scratch, Value *out);

/* A datetime, or text that is one, blanks around allowed: the implicit conversion of date functions and
** TIMESTAMP BY. */
bool value_to_ticks(const Value *in, int64_t *ticks);

#endif
