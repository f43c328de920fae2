/* exact_sum.h: sums of bigints and floats, and of squares, without any rounding.
**
** A sum is a fixed-point number wide enough that every double and every int64 adds exactly, so it does not
** depend on the order of the values, combining partial sums loses nothing, and subtracting takes a value's
** effect back completely, also after a million of them or after an outlier of 1e300. Only the final answer is
** rounded, once.
**
** Most sums fit 128 bits with 76 binary places ("near": magnitudes below 2^51, no bit finer than 2^-76); the
** first value that does not fit moves the sum to a heap block that spans the whole range of double ("far").
** States are plain bytes that may be moved; zero bytes are an empty sum. Thread: one at a time. */
#ifndef WEIR_FUNCTIONS_EXACT_SUM_H
#define WEIR_FUNCTIONS_EXACT_SUM_H

#include "base/codec.h"

enum { NEAR_PLACES = 76, NEAR_LIMBS = 2, SQUARES_LIMBS = 4 };

typedef struct ExactSum {
  uint64_t  near[NEAR_LIMBS]; /* two's complement, little end first */
  uint64_t *far;              /* NULL until needed */
} ExactSum;

typedef struct ExactSquares {
  uint64_t  near[SQUARES_LIMBS]; /* twice the places of a sum */
  uint64_t *far;
} ExactSquares;

void exact_sum_far_i64(ExactSum *sum, int64_t value, bool subtract);
void exact_sum_far_f64(ExactSum *sum, double value, bool subtract);

static inline bool exact_sum_near_add(ExactSum *sum, __int128 scaled) {
  __int128 near;
  memcpy(&near, sum->near, sizeof near);
  if (__builtin_add_overflow(near, scaled, &near)) return false;
  memcpy(sum->near, &near, sizeof near);
  return true;
}

static inline void exact_sum_add_i64(ExactSum *sum, int64_t value) {
  bool small = value < INT64_C(1) << 50 && value > -(INT64_C(1) << 50);
  if (!small || !exact_sum_near_add(sum, (__int128)value * ((__int128)1 << NEAR_PLACES)))
    exact_sum_far_i64(sum, value, false);
}

/* A finite double as mantissa * 2^(exponent - 1075), exponent 1..2046. */
static inline int64_t double_parts(double value, int *exponent) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  int biased = bits >> 52 & 0x7ff;
  int64_t mantissa = (int64_t)((bits & ((UINT64_C(1) << 52) - 1)) | (biased ? UINT64_C(1) << 52 : 0));
  *exponent = biased ? biased : 1;
  return bits >> 63 ? -mantissa : mantissa;
}

static inline void exact_sum_add_f64(ExactSum *sum, double value) {
  int exponent;
  int64_t mantissa = double_parts(value, &exponent);
  int shift = exponent - 1075 + NEAR_PLACES;
  if (value == 0) return;
  if (shift < 0 || shift > 72 || !exact_sum_near_add(sum, (__int128)mantissa * ((__int128)1 << shift)))
    exact_sum_far_f64(sum, value, false);
}

void   exact_sum_sub_i64(ExactSum *sum, int64_t value);
void   exact_sum_sub_f64(ExactSum *sum, double value);
void   exact_sum_merge(ExactSum *into, const ExactSum *from);
double exact_sum_double(const ExactSum *sum);               /* rounded once; may be infinite */
bool   exact_sum_whole(const ExactSum *sum, int64_t *out);  /* of bigints only; false beyond 64 bits */
void   exact_sum_release(ExactSum *sum);
void   exact_sum_save(const ExactSum *sum, ByteWriter *out);
void   exact_sum_load(ExactSum *sum, ByteReader *in);

void   exact_squares_add(ExactSquares *squares, double value, bool subtract);
void   exact_squares_merge(ExactSquares *into, const ExactSquares *from);
void   exact_squares_release(ExactSquares *squares);
void   exact_squares_save(const ExactSquares *squares, ByteWriter *out);
void   exact_squares_load(ExactSquares *squares, ByteReader *in);
/* The sum of squared differences from the mean times count: count * squares - sum^2, rounded once. */
double exact_spread(const ExactSum *sum, const ExactSquares *squares, int64_t count);

#endif
