/* text.h: the 16-byte text view of columns and values: length, then either up to 12 bytes inline
** (zero-padded) or a 4-byte prefix and a pointer. Two inline texts are equal when their 16 bytes are.
** A view does not own its bytes; who does is said where it is stored. At most 4 GB. UTF-8. */
#ifndef WEIR_TYPES_TEXT_H
#define WEIR_TYPES_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "base/hash.h"
#include "base/str.h"

enum { TEXT_INLINE = 12 };

typedef struct Text {
  uint32_t len; /* bytes */
  union {
    char inlined[TEXT_INLINE];
    struct {
      char prefix[4];
      const char *ptr __attribute__((aligned(4)));
    } __attribute__((packed, aligned(4)));
  };
} Text __attribute__((aligned(8)));

_Static_assert(sizeof(Text) == 16, "a text slot is 16 bytes");

/* A view of the bytes; the bytes of a longer text must outlive it. */
static inline Text text_make(const char *ptr, size_t len) {
  Text text;
  text.len = (uint32_t)len;
  if (len <= TEXT_INLINE) {
    memset(text.inlined, 0, TEXT_INLINE);
    if (len) memcpy(text.inlined, ptr, len);
  } else {
    memcpy(text.prefix, ptr, 4);
    text.ptr = ptr;
  }
  return text;
}
static inline bool text_is_inline(const Text *text) { return text->len <= TEXT_INLINE; }
/* Takes a pointer because short texts live inside the view. */
static inline const char *text_ptr(const Text *text) {
  return text->len <= TEXT_INLINE ? text->inlined : text->ptr;
}
static inline Str text_str(const Text *text) { return (Str){text_ptr(text), text->len}; }
static inline Text text_from(Str s) { return text_make(s.ptr, s.len); }
static inline bool text_eq(const Text *a, const Text *b) {
  uint64_t x, y;
  memcpy(&x, a, 8); /* length and prefix */
  memcpy(&y, b, 8);
  if (x != y) return false;
  if (a->len > TEXT_INLINE) return memcmp(a->ptr, b->ptr, a->len) == 0;
  memcpy(&x, (const char *)a + 8, 8);
  memcpy(&y, (const char *)b + 8, 8);
  return x == y;
}
/* Equal texts hash alike. */
static inline uint64_t text_hash(const Text *text) {
  uint64_t front, back;
  if (text->len > TEXT_INLINE) return hash_bytes(text->ptr, text->len, text->len);
  memcpy(&front, text, 8); /* length and first bytes */
  memcpy(&back, (const char *)text + 8, 8);
  return hash_two(front, back);
}
static inline int text_cmp(const Text *a, const Text *b) { return str_cmp(text_str(a), text_str(b)); } /* ordinal */

#endif
