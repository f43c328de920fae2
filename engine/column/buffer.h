/* buffer.h: reference-counted bytes that columns point into (payloads, produced text).
** Thread: any; the count is atomic, the bytes are written by one thread before they are shared. */
#ifndef WEIR_COLUMN_BUFFER_H
#define WEIR_COLUMN_BUFFER_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { BUFFER_PADDING = 64 }; /* readable, zeroed bytes behind cap: what simdjson wants */

typedef struct Buffer {
  atomic_uint refs;
  size_t len, cap;
  char   data[];
} Buffer;

Buffer *buffer_new(size_t cap); /* len 0, one reference */
Buffer *buffer_ref(Buffer *buffer);
void    buffer_unref(Buffer *buffer); /* NULL is fine */

#endif
