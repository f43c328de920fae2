/* code_points.h: counting and finding characters in UTF-8. A character is a byte that is not a continuation byte
** with the continuation bytes behind it; the engine's text is valid, and in text that is not, nothing here reads
** beyond the end. */
#ifndef WEIR_FUNCTIONS_CODE_POINTS_H
#define WEIR_FUNCTIONS_CODE_POINTS_H

#include "base/utf8.h"

static inline size_t code_points(Str text) { /* a loop the compiler vectorises */
  size_t count = 0;
  for (size_t i = 0; i < text.len; i++) count += !utf8_is_continuation(text.ptr[i]);
  return count;
}

/* The byte offset at which `count` characters have passed, at most text.len. */
static inline size_t code_point_offset(Str text, uint64_t count) {
  size_t at = 0;
  if (count >= text.len) return text.len; /* a character has at least one byte */
  while (at < text.len && count > 0) {
    at++;
    while (at < text.len && utf8_is_continuation(text.ptr[at])) at++;
    count--;
  }
  return at;
}

/* The byte offset of the last `count` characters. */
static inline size_t code_point_offset_back(Str text, uint64_t count) {
  size_t at = text.len;
  if (count >= text.len) return 0;
  while (at > 0 && count > 0) {
    at--;
    while (at > 0 && utf8_is_continuation(text.ptr[at])) at--;
    count--;
  }
  return at;
}

#endif
