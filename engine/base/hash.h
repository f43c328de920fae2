/* hash.h: 64-bit hashing (xxHash XXH3) and mixing. Hashes never leave the process
** except as checksums, which use hash_bytes with seed 0. */
#ifndef WEIR_BASE_HASH_H
#define WEIR_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *bytes, size_t len, uint64_t seed);

static inline uint64_t hash_mix(uint64_t x) { /* a bijection with good avalanche (murmur3 finaliser) */
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdull;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ull;
  return x ^ (x >> 33);
}
static inline uint64_t hash_two(uint64_t a, uint64_t b) { /* one multiplication of 128 bits, folded */
  unsigned __int128 product = (unsigned __int128)(a ^ 0x9e3779b97f4a7c15ull) * (b ^ 0xc2b2ae3d27d4eb4full);
  return hash_mix((uint64_t)product ^ (uint64_t)(product >> 64) ^ a); /* ^ a: a factor of 0 does not hide it */
}
static inline uint64_t hash_combine(uint64_t a, uint64_t b) {
  return hash_mix(a ^ (b + 0x9e3779b97f4a7c15ull + (a << 6) + (a >> 2)));
}

#endif
