/* buffer.c: see buffer.h. */
#include "column/buffer.h"

#include <string.h>
#include "base/mem.h"

Buffer *buffer_new(size_t cap) {
  Buffer *buffer = mem_alloc(sizeof *buffer + cap + BUFFER_PADDING);
  atomic_init(&buffer->refs, 1);
  buffer->len = 0;
  buffer->cap = cap;
  memset(buffer->data + cap, 0, BUFFER_PADDING);
  return buffer;
}

Buffer *buffer_ref(Buffer *buffer) {
  atomic_fetch_add_explicit(&buffer->refs, 1, memory_order_relaxed);
  return buffer;
}

void buffer_unref(Buffer *buffer) {
  if (buffer && atomic_fetch_sub_explicit(&buffer->refs, 1, memory_order_acq_rel) == 1) mem_free(buffer);
}
