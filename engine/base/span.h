/* span.h: a place in the query text, as byte offsets [begin, end). Carried by every token, node and step. */
#ifndef WEIR_BASE_SPAN_H
#define WEIR_BASE_SPAN_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Span {
  uint32_t begin, end;
} Span;

/* What is said about the query as a whole has no place in it. */
#define SPAN_NONE ((Span){UINT32_MAX, UINT32_MAX})

static inline bool span_is_none(Span span) { return span.begin == UINT32_MAX; }

#endif
