/* positions.h: the places of a growing list by hash, which turns "is there one like this already?" from a walk over
** the list into a look. The list stays where it is; this only knows a hash for each of its places, in order:
**
**   for (uint32_t i = positions_first(&seen, hash); i != NO_POSITION; i = positions_next(&seen, i))
**     if (same(list[i], wanted)) return i;
**   positions_add(&seen, arena, hash);   and push to the list
**
** Places with one hash come in ascending order. Zero-initialise; memory is the arena's. */
#ifndef WEIR_BASE_POSITIONS_H
#define WEIR_BASE_POSITIONS_H

#include "base/arena.h"
#include "base/str.h"

enum { NO_POSITION = UINT32_MAX };

typedef struct Positions {
  uint64_t *hashes;        /* by place */
  uint32_t *next;          /* by place: the next one in its bucket */
  uint32_t *heads, *tails; /* by bucket */
  uint32_t  len, cap;      /* cap: buckets and places, a power of two */
} Positions;

void     positions_add(Positions *positions, Arena *arena, uint64_t hash); /* of the place behind the last one */
uint32_t positions_first(const Positions *positions, uint64_t hash);
uint32_t positions_next(const Positions *positions, uint32_t at);
/* Equal for names that are equal but for ASCII case. */
uint64_t name_hash(Str name);

#endif
