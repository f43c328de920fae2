/* hash_keys.h: the hash of one value by kind, for loops over slots. Agrees with value_hash (types/value.c):
** equal keys hash alike, so a float that equals an int64 hashes as that int64. A unit test pins it. */
#ifndef WEIR_COLUMN_HASH_KEYS_H
#define WEIR_COLUMN_HASH_KEYS_H

#include "base/hash.h"
#include "types/value.h"

static inline uint64_t hash_of_null(void) { return hash_mix(1); }

static inline uint64_t hash_of_int(Type type, int64_t i) { return hash_combine(type, (uint64_t)i); }

static inline uint64_t hash_of_float(double f) {
  if (f >= -0x1p63 && f < 0x1p63 && (double)(int64_t)f == f) return hash_of_int(TYPE_BIGINT, (int64_t)f);
  uint64_t bits;
  memcpy(&bits, &f, sizeof bits);
  return hash_combine(TYPE_FLOAT, bits);
}

static inline uint64_t hash_of_text(const Text *text) { return text_hash(text); }

#endif
