/* span.h: a place in the query text, as byte offsets [begin, end). Carried by every token, node and step. */
#ifndef WEIR_BASE_SPAN_H
#define WEIR_BASE_SPAN_H

#include <stdint.h>

typedef struct Span {
  uint32_t begin, end;
} Span;

#endif
