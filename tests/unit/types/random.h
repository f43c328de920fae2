/* random.h: repeatable random numbers and bytes for property tests. */
#ifndef WEIR_TESTS_UNIT_TYPES_RANDOM_H
#define WEIR_TESTS_UNIT_TYPES_RANDOM_H

#include <math.h>
#include <stdint.h>
#include <string.h>

typedef struct Random { uint64_t state; } Random; /* start with any number but 0 */

static inline uint64_t random_u64(Random *random) { /* xorshift64* */
  random->state ^= random->state >> 12;
  random->state ^= random->state << 25;
  random->state ^= random->state >> 27;
  return random->state * 0x2545f4914f6cdd1dull;
}
static inline uint64_t random_below(Random *random, uint64_t limit) { return random_u64(random) % limit; }
static inline double random_bits_double(Random *random) { /* any finite double, all exponents alike */
  for (;;) {
    uint64_t bits = random_u64(random);
    double value;
    memcpy(&value, &bits, sizeof value);
    if (isfinite(value)) return value;
  }
}

#endif
