/* vec.h: typed growing arrays. `typedef Vec(Token) TokenVec;` then vec_push(&tokens, token).
** Zero-initialise with {0}. Items move when the array grows: keep indices, not pointers. */
#ifndef WEIR_BASE_VEC_H
#define WEIR_BASE_VEC_H

#include <stdint.h>
#include "base/mem.h"

#define Vec(T) struct { T *items; uint32_t len, cap; }

#define vec_reserve(v, wanted)                                                             \
  do {                                                                                     \
    if ((v)->cap < (wanted)) {                                                             \
      uint32_t vec_cap_ = (v)->cap ? (v)->cap * 2 : 8;                                     \
      if (vec_cap_ < (wanted)) vec_cap_ = (uint32_t)(wanted);                              \
      (v)->items = mem_realloc((v)->items, mem_mul(vec_cap_, sizeof *(v)->items));         \
      (v)->cap = vec_cap_;                                                                 \
    }                                                                                      \
  } while (0)
#define vec_push(v, ...)                     \
  do {                                       \
    vec_reserve((v), (v)->len + 1);          \
    (v)->items[(v)->len++] = (__VA_ARGS__);  \
  } while (0)
#define vec_release(v) \
  do { mem_free((v)->items); (v)->items = NULL; (v)->len = (v)->cap = 0; } while (0)

/* The same, with items in an arena: nothing to release. Do not mix with vec_push. (Needs base/arena.h.) */
#define arena_push(arena, v, ...)                                                                    \
  do {                                                                                               \
    if ((v)->len == (v)->cap) {                                                                      \
      uint32_t vec_cap_ = (v)->cap ? (v)->cap * 2 : 8;                                               \
      void *vec_items_ = arena_alloc((arena), mem_mul(vec_cap_, sizeof *(v)->items));                \
      if ((v)->len) memcpy(vec_items_, (v)->items, (v)->len * sizeof *(v)->items);                   \
      (v)->items = vec_items_;                                                                       \
      (v)->cap = vec_cap_;                                                                           \
    }                                                                                                \
    (v)->items[(v)->len++] = (__VA_ARGS__);                                                          \
  } while (0)

#endif
