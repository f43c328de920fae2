/* exact_sum.c: see exact_sum.h. Numbers of many 64-bit limbs, two's complement, little end first.
**
** The lowest bit of a far sum is 2^-1074, the smallest double; of far squares 2^-2148. Near and far parts of one
** sum live side by side, the value is both together. */
#include "functions/exact_sum.h"

#include <math.h>
#include "base/mem.h"

enum {
  SUM_LOWEST = 1074,   /* places of a far sum */
  FAR_LIMBS = 34,      /* 2176 bits: doubles span 2098, the rest is room for carries */
  FAR_SQUARES_LIMBS = 2 * FAR_LIMBS,
};

/* ---- limbs ---- */

static void limbs_add(uint64_t *limbs, unsigned count, unsigned at, uint64_t value) {
  for (bool carry = value; carry && at < count; at++, value = 1) {
    limbs[at] += value;
    carry = limbs[at] < value;
  }
}

static void limbs_sub(uint64_t *limbs, unsigned count, unsigned at, uint64_t value) {
  for (bool borrow = value; borrow && at < count; at++, value = 1) {
    borrow = limbs[at] < value;
    limbs[at] -= value;
  }
}

/* Adds or subtracts magnitude * 2^bit. */
static void limbs_put(uint64_t *limbs, unsigned count, uint64_t magnitude, unsigned bit, bool negative) {
  unsigned at = bit / 64, shift = bit % 64;
  uint64_t low = magnitude << shift, high = shift ? magnitude >> (64 - shift) : 0;
  void (*put)(uint64_t *, unsigned, unsigned, uint64_t) = negative ? limbs_sub : limbs_add;
  put(limbs, count, at, low);
  put(limbs, count, at + 1, high);
}

static bool limbs_negative(const uint64_t *limbs, unsigned count) { return limbs[count - 1] >> 63; }

static void limbs_negate(uint64_t *limbs, unsigned count) {
  for (unsigned i = 0; i < count; i++) limbs[i] = ~limbs[i];
  limbs_add(limbs, count, 0, 1);
}

static bool limbs_make_magnitude(uint64_t *limbs, unsigned count) {
  bool negative = limbs_negative(limbs, count);
  if (negative) limbs_negate(limbs, count);
  return negative;
}

/* Adds a two's complement number whose lowest bit stands at `bit`. */
static void limbs_put_signed(uint64_t *limbs, unsigned count, const uint64_t *from, unsigned from_count, unsigned bit) {
  uint64_t magnitude[FAR_SQUARES_LIMBS];
  memcpy(magnitude, from, from_count * sizeof *from);
  bool negative = limbs_make_magnitude(magnitude, from_count);
  for (unsigned i = 0; i < from_count; i++)
    if (magnitude[i]) limbs_put(limbs, count, magnitude[i], bit + i * 64, negative);
}

/* out = a * b, of count_a + count_b limbs, all magnitudes. */
static void limbs_multiply(const uint64_t *a, unsigned count_a, const uint64_t *b, unsigned count_b, uint64_t *out) {
  memset(out, 0, (count_a + count_b) * sizeof *out);
  for (unsigned i = 0; i < count_a; i++) {
    uint64_t carry = 0;
    for (unsigned k = 0; a[i] && k < count_b; k++) {
      unsigned __int128 part = (unsigned __int128)a[i] * b[k] + out[i + k] + carry;
      out[i + k] = (uint64_t)part;
      carry = (uint64_t)(part >> 64);
    }
    limbs_add(out, count_a + count_b, i + count_b, carry);
  }
}

/* The nearest double of limbs * 2^-places; destroys the limbs. The lowest of the 64 bits that are kept says
** whether anything below was cut, so that the one rounding is right. */
static double limbs_double(uint64_t *limbs, unsigned count, int places) {
  bool negative = limbs_make_magnitude(limbs, count);
  unsigned top = count;
  while (top > 0 && limbs[top - 1] == 0) top--;
  if (top == 0) return 0;
  unsigned zeros = (unsigned)__builtin_clzll(limbs[top - 1]);
  uint64_t head = limbs[top - 1] << zeros, rest = 0;
  if (top > 1) {
    if (zeros) head |= limbs[top - 2] >> (64 - zeros);
    rest = limbs[top - 2] << zeros;
  }
  for (unsigned i = 0; i + 2 < top; i++) rest |= limbs[i];
  double value = ldexp((double)(head | (rest != 0)), (int)(top - 1) * 64 - (int)zeros - places);
  return negative ? -value : value;
}

/* ---- near and far ---- */

static uint64_t *need_far(uint64_t **far, unsigned count) {
  if (!*far) *far = mem_zalloc(count * sizeof **far);
  return *far;
}

static void merge_far(uint64_t **into, const uint64_t *from, unsigned count) {
  if (from) limbs_put_signed(need_far(into, count), count, from, count, 0);
}

static void save_parts(const uint64_t *near, unsigned near_count, const uint64_t *far, unsigned far_count,
                       ByteWriter *out) {
  put_bytes(out, near, near_count * sizeof *near);
  put_u8(out, far != NULL);
  if (far) put_bytes(out, far, far_count * sizeof *far);
}

static void load_parts(uint64_t *near, unsigned near_count, uint64_t **far, unsigned far_count, ByteReader *in) {
  get_bytes(in, near, near_count * sizeof *near);
  if (get_u8(in)) get_bytes(in, need_far(far, far_count), far_count * sizeof **far);
}

/* ---- sums ---- */

/* When the near part is about to overflow it moves into the far part as a whole. */
static void near_to_far(ExactSum *sum) {
  limbs_put_signed(need_far(&sum->far, FAR_LIMBS), FAR_LIMBS, sum->near, NEAR_LIMBS, SUM_LOWEST - NEAR_PLACES);
  memset(sum->near, 0, sizeof sum->near);
}

void exact_sum_far_i64(ExactSum *sum, int64_t value, bool subtract) {
  near_to_far(sum);
  uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  limbs_put(sum->far, FAR_LIMBS, magnitude, SUM_LOWEST, (value < 0) != subtract);
}

/* A value with few bits may reach below the near places and still fit them. */
static bool fits_near(int64_t mantissa, int shift) {
  return shift < 0 && shift > -63 && (mantissa & ((INT64_C(1) << -shift) - 1)) == 0;
}

void exact_sum_far_f64(ExactSum *sum, double value, bool subtract) {
  int exponent;
  int64_t mantissa = double_parts(value, &exponent);
  if (mantissa == 0) return;
  int shift = exponent - 1075 + NEAR_PLACES;
  bool negative = (mantissa < 0) != subtract;
  uint64_t magnitude = (uint64_t)(mantissa < 0 ? -mantissa : mantissa);
  if (fits_near((int64_t)magnitude, shift)) {
    int64_t part = (int64_t)(magnitude >> -shift);
    if (exact_sum_near_add(sum, negative ? -part : part)) return;
  }
  near_to_far(sum);
  limbs_put(sum->far, FAR_LIMBS, magnitude, (unsigned)exponent - 1, negative);
}

void exact_sum_sub_i64(ExactSum *sum, int64_t value) {
  if (value == INT64_MIN) exact_sum_far_i64(sum, value, true);
  else exact_sum_add_i64(sum, -value);
}

void exact_sum_sub_f64(ExactSum *sum, double value) { exact_sum_add_f64(sum, -value); }

void exact_sum_merge(ExactSum *into, const ExactSum *from) {
  __int128 near;
  memcpy(&near, from->near, sizeof near);
  if (!exact_sum_near_add(into, near)) {
    near_to_far(into);
    memcpy(into->near, from->near, sizeof into->near);
  }
  merge_far(&into->far, from->far, FAR_LIMBS);
}

static void sum_total(const ExactSum *sum, uint64_t total[FAR_LIMBS]) {
  if (sum->far) memcpy(total, sum->far, FAR_LIMBS * sizeof *total);
  else memset(total, 0, FAR_LIMBS * sizeof *total);
  limbs_put_signed(total, FAR_LIMBS, sum->near, NEAR_LIMBS, SUM_LOWEST - NEAR_PLACES);
}

double exact_sum_double(const ExactSum *sum) {
  if (!sum->far) {
    uint64_t near[NEAR_LIMBS];
    memcpy(near, sum->near, sizeof near);
    return limbs_double(near, NEAR_LIMBS, NEAR_PLACES);
  }
  uint64_t total[FAR_LIMBS];
  sum_total(sum, total);
  return limbs_double(total, FAR_LIMBS, SUM_LOWEST);
}

bool exact_sum_whole(const ExactSum *sum, int64_t *out) {
  if (!sum->far) {
    __int128 near;
    memcpy(&near, sum->near, sizeof near);
    *out = (int64_t)(near >> NEAR_PLACES);
    return true;
  }
  uint64_t total[FAR_LIMBS];
  sum_total(sum, total);
  bool negative = limbs_make_magnitude(total, FAR_LIMBS);
  unsigned at = SUM_LOWEST / 64, shift = SUM_LOWEST % 64;
  uint64_t magnitude = total[at] >> shift | total[at + 1] << (64 - shift);
  uint64_t above = total[at + 1] >> shift;
  for (unsigned i = at + 2; i < FAR_LIMBS; i++) above |= total[i];
  *out = (int64_t)(negative ? 0 - magnitude : magnitude);
  return above == 0 && magnitude <= (uint64_t)INT64_MAX + negative;
}

void exact_sum_release(ExactSum *sum) {
  mem_free(sum->far);
  *sum = (ExactSum){0};
}

void exact_sum_save(const ExactSum *sum, ByteWriter *out) {
  save_parts(sum->near, NEAR_LIMBS, sum->far, FAR_LIMBS, out);
}
void exact_sum_load(ExactSum *sum, ByteReader *in) { load_parts(sum->near, NEAR_LIMBS, &sum->far, FAR_LIMBS, in); }

/* ---- squares ---- */

enum { SQUARES_PLACES = 2 * NEAR_PLACES, SQUARES_TOP = 64 * SQUARES_LIMBS - 8 };

static void squares_to_far(ExactSquares *squares) {
  limbs_put_signed(need_far(&squares->far, FAR_SQUARES_LIMBS), FAR_SQUARES_LIMBS, squares->near, SQUARES_LIMBS,
                   2 * SUM_LOWEST - SQUARES_PLACES);
  memset(squares->near, 0, sizeof squares->near);
}

/* The near part stays well inside its limbs: it moves on when either of its top bits says otherwise. */
static void squares_settle(ExactSquares *squares) {
  int64_t top = (int64_t)squares->near[SQUARES_LIMBS - 1];
  if (top >= INT64_C(1) << 61 || top < -(INT64_C(1) << 61)) squares_to_far(squares);
}

void exact_squares_add(ExactSquares *squares, double value, bool subtract) {
  int exponent;
  int64_t mantissa = double_parts(value, &exponent);
  if (mantissa == 0) return;
  int zeros = __builtin_ctzll((uint64_t)mantissa);
  uint64_t odd = (uint64_t)(mantissa < 0 ? -mantissa : mantissa) >> zeros;
  unsigned __int128 square = (unsigned __int128)odd * odd;
  int bit = 2 * (exponent - 1075 + zeros) + SQUARES_PLACES;
  bool near = bit >= 0 && bit + 106 <= SQUARES_TOP;
  uint64_t *limbs = near ? squares->near : need_far(&squares->far, FAR_SQUARES_LIMBS);
  unsigned count = near ? SQUARES_LIMBS : FAR_SQUARES_LIMBS;
  unsigned at = near ? (unsigned)bit : (unsigned)(bit - SQUARES_PLACES + 2 * SUM_LOWEST);
  limbs_put(limbs, count, (uint64_t)square, at, subtract);
  limbs_put(limbs, count, (uint64_t)(square >> 64), at + 64, subtract);
  squares_settle(squares);
}

void exact_squares_merge(ExactSquares *into, const ExactSquares *from) {
  limbs_put_signed(into->near, SQUARES_LIMBS, from->near, SQUARES_LIMBS, 0);
  squares_settle(into);
  merge_far(&into->far, from->far, FAR_SQUARES_LIMBS);
}

void exact_squares_release(ExactSquares *squares) {
  mem_free(squares->far);
  *squares = (ExactSquares){0};
}

void exact_squares_save(const ExactSquares *squares, ByteWriter *out) {
  save_parts(squares->near, SQUARES_LIMBS, squares->far, FAR_SQUARES_LIMBS, out);
}
void exact_squares_load(ExactSquares *squares, ByteReader *in) {
  load_parts(squares->near, SQUARES_LIMBS, &squares->far, FAR_SQUARES_LIMBS, in);
}

/* ---- spread ---- */

static double spread_of(uint64_t *sum, unsigned sum_count, const uint64_t *squares, int64_t count, int places) {
  uint64_t scaled[FAR_SQUARES_LIMBS + 1], product[FAR_SQUARES_LIMBS];
  unsigned limbs = 2 * sum_count;
  uint64_t factor = (uint64_t)count;
  limbs_make_magnitude(sum, sum_count);
  limbs_multiply(squares, limbs, &factor, 1, scaled);
  limbs_multiply(sum, sum_count, sum, sum_count, product);
  for (unsigned i = 0; i < limbs; i++) limbs_sub(scaled, limbs + 1, i, product[i]);
  return limbs_double(scaled, limbs + 1, places);
}

static double far_spread(const ExactSum *sum, const ExactSquares *squares, int64_t count) {
  uint64_t total[FAR_LIMBS], total_squares[FAR_SQUARES_LIMBS];
  ExactSquares all = {.far = mem_zalloc(sizeof total_squares)};
  sum_total(sum, total);
  exact_squares_merge(&all, squares);
  squares_to_far(&all);
  memcpy(total_squares, all.far, sizeof total_squares);
  exact_squares_release(&all);
  return spread_of(total, FAR_LIMBS, total_squares, count, 2 * SUM_LOWEST);
}

double exact_spread(const ExactSum *sum, const ExactSquares *squares, int64_t count) {
  if (sum->far || squares->far) return far_spread(sum, squares, count);
  uint64_t near[NEAR_LIMBS];
  memcpy(near, sum->near, sizeof near);
  return spread_of(near, NEAR_LIMBS, squares->near, count, SQUARES_PLACES);
}
