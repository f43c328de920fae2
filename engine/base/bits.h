/* bits.h: bitmaps of 64-bit words, one bit a row, bit i of word i/64. */
#ifndef WEIR_BASE_BITS_H
#define WEIR_BASE_BITS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t bits_words(uint32_t rows) { return (rows + 63) / 64; }
static inline bool bits_get(const uint64_t *bits, uint32_t i) { return bits[i >> 6] >> (i & 63) & 1; }
static inline void bits_set(uint64_t *bits, uint32_t i) { bits[i >> 6] |= 1ull << (i & 63); }
static inline void bits_unset(uint64_t *bits, uint32_t i) { bits[i >> 6] &= ~(1ull << (i & 63)); }
/* Sets the bits of ascending numbers. */
static inline void bits_set_each(uint64_t *bits, const uint32_t *numbers, uint32_t len) {
  for (uint32_t i = 0; i < len;) {
    uint32_t word = numbers[i] >> 6;
    uint64_t together = 0;
    for (; i < len && numbers[i] >> 6 == word; i++) together |= 1ull << (numbers[i] & 63);
    bits[word] |= together;
  }
}
static inline void bits_fill(uint64_t *bits, uint32_t rows, bool on) {
  memset(bits, on ? 0xff : 0, bits_words(rows) * sizeof *bits);
}

#endif
