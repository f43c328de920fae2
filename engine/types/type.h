/* type.h: the types of the language (semantics.md section 2). A value has a type, a column has not.
**
** The order of the enum is the total order of MIN, MAX and ORDER BY across types:
** NULL < bit < number < datetime < text; records and arrays come last (they are never compared). */
#ifndef WEIR_TYPES_TYPE_H
#define WEIR_TYPES_TYPE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/str.h"

typedef enum Type {
  TYPE_NULL,
  TYPE_BIT,      /* 0 or 1 */
  TYPE_BIGINT,   /* int64 */
  TYPE_FLOAT,    /* double, always finite */
  TYPE_DATETIME, /* ticks, see datetime.h */
  TYPE_TEXT,     /* nvarchar(max), UTF-8 */
  TYPE_RECORD,   /* JSON text of an object */
  TYPE_ARRAY,    /* JSON text of an array */
  TYPE_COUNT
} Type;

typedef uint16_t TypeMask; /* bit 1 << Type: the types a value may have */
#define MASK(type) ((TypeMask)(1u << (type)))
#define MASK_NUMBER (MASK(TYPE_BIGINT) | MASK(TYPE_FLOAT))
#define MASK_NUMERIC (MASK_NUMBER | MASK(TYPE_BIT)) /* what arithmetic takes */
#define MASK_JSON (MASK(TYPE_RECORD) | MASK(TYPE_ARRAY))
#define MASK_TIME (MASK(TYPE_DATETIME) | MASK(TYPE_TEXT)) /* a datetime or ISO 8601 text */
#define MASK_ANY ((TypeMask)((1u << TYPE_COUNT) - 1))

const char *type_name(Type type); /* as GetType prints it: "bigint", "nvarchar(max)", ... */
/* bigint float nvarchar(max) nvarchar(20) nvarchar datetime bit record array, in any case. */
bool type_from_name(Str name, Type *out);
void type_mask_print(TypeMask mask, StrBuf *out); /* "bigint or float", without NULL; "any type" for all */

#endif
