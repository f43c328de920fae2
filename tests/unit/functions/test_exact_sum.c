/* test_exact_sum.c: sums that never round: against a second way of adding exactly (non-overlapping expansions), with
** extreme values, and a million values through a sliding sum without drift. */
#include "fn_test.h"

#include <math.h>
#include "functions/exact_sum.h"

static uint64_t random_state = 4101842887655102017u;
static uint64_t random_bits(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state;
}
static double random_double(int exponents) {
  double fraction = (double)(int64_t)(random_bits() >> 11) / 9007199254740992.0 + 0.5;
  double value = ldexp(fraction, (int)(random_bits() % (unsigned)(2 * exponents + 1)) - exponents);
  return random_bits() & 1 ? -value : value;
}

/* The reference: parts that do not overlap, smallest first; their sum is exact. */
typedef struct Expansion { double parts[128]; int len; } Expansion;

static void expansion_add(Expansion *sum, double value) {
  int kept = 0;
  for (int k = 0; k < sum->len; k++) {
    double a = value, b = sum->parts[k];
    double total = a + b, part = total - a, error = (a - (total - part)) + (b - part);
    if (error != 0) sum->parts[kept++] = error;
    value = total;
  }
  sum->parts[kept++] = value;
  sum->len = kept;
}

/* The difference of the sum and the answer must be below half a unit of the answer's last place. */
static void expect_rounded(const Expansion *sum, double answer) {
  Expansion rest = *sum;
  expansion_add(&rest, -answer);
  double error = 0;
  for (int k = 0; k < rest.len; k++) error += rest.parts[k];
  double place = nextafter(fabs(answer), INFINITY) - fabs(answer);
  if (fabs(error) > place / 2) fail_msg("%.17g is off by %.17g", answer, error);
}

static void sums_are_exact(void **state) {
  static const int spans[] = {2, 30, 100, 300};
  for (int trial = 0; trial < 400; trial++) {
    ExactSum sum = {0};
    Expansion reference = {.len = 0};
    int span = spans[trial % 4];
    for (int k = 0; k < 200; k++) {
      double value = random_double(span);
      exact_sum_add_f64(&sum, value);
      expansion_add(&reference, value);
    }
    expect_rounded(&reference, exact_sum_double(&sum));
    exact_sum_release(&sum);
  }
}

static void extremes(void **state) {
  ExactSum sum = {0};
  int64_t whole;
  exact_sum_add_f64(&sum, 1e300);
  exact_sum_add_f64(&sum, 5e-324);
  exact_sum_add_f64(&sum, 0.1);
  exact_sum_sub_f64(&sum, 1e300);
  exact_sum_sub_f64(&sum, 0.1);
  assert_true(exact_sum_double(&sum) == 5e-324);
  exact_sum_release(&sum);
  for (int k = 0; k < 3; k++) exact_sum_add_f64(&sum, 1.7e308);
  assert_true(isinf(exact_sum_double(&sum)));
  for (int k = 0; k < 2; k++) exact_sum_sub_f64(&sum, 1.7e308);
  assert_true(exact_sum_double(&sum) == 1.7e308);
  exact_sum_release(&sum);
  exact_sum_add_i64(&sum, INT64_MAX);
  exact_sum_add_i64(&sum, 1);
  assert_false(exact_sum_whole(&sum, &whole));
  exact_sum_sub_i64(&sum, 1);
  assert_true(exact_sum_whole(&sum, &whole));
  assert_true(whole == INT64_MAX);
  exact_sum_sub_i64(&sum, INT64_MAX);
  exact_sum_add_i64(&sum, INT64_MIN);
  assert_true(exact_sum_whole(&sum, &whole));
  assert_true(whole == INT64_MIN);
  exact_sum_sub_i64(&sum, INT64_MIN);
  assert_true(exact_sum_double(&sum) == 0);
  exact_sum_release(&sum);
}

static void many_bigints_overflow_into_the_far_part(void **state) {
  ExactSum sum = {0};
  int64_t whole, value = (INT64_C(1) << 50) - 1;
  for (int k = 0; k < 8000; k++) exact_sum_add_i64(&sum, value);
  assert_true(exact_sum_whole(&sum, &whole));
  assert_true(whole == value * 8000);
  for (int k = 0; k < 8000; k++) exact_sum_sub_i64(&sum, value);
  assert_true(exact_sum_whole(&sum, &whole) && whole == 0);
  exact_sum_release(&sum);
}

/* A million values pass through a window of a thousand, one of them an outlier. */
static void a_sliding_sum_does_not_drift(void **state) {
  enum { VALUES = 1000000, WINDOW = 1000 };
  double *values = mem_alloc(VALUES * sizeof *values);
  ExactSum sum = {0};
  for (int k = 0; k < VALUES; k++) {
    values[k] = k == 5000 ? 3.4e38 : (double)(random_bits() % 100000) / 1000;
    exact_sum_add_f64(&sum, values[k]);
    if (k >= WINDOW) exact_sum_sub_f64(&sum, values[k - WINDOW]);
  }
  ExactSum fresh = {0};
  for (int k = VALUES - WINDOW; k < VALUES; k++) exact_sum_add_f64(&fresh, values[k]);
  assert_true(exact_sum_double(&sum) == exact_sum_double(&fresh));
  exact_sum_release(&sum);
  exact_sum_release(&fresh);
  mem_free(values);
}

static double variance_of(const double *values, int count) {
  ExactSum sum = {0};
  ExactSquares squares = {0};
  for (int k = 0; k < count; k++) {
    exact_sum_add_f64(&sum, values[k]);
    exact_squares_add(&squares, values[k], false);
  }
  double variance = exact_spread(&sum, &squares, count) / count / (count - 1);
  exact_sum_release(&sum);
  exact_squares_release(&squares);
  return variance;
}

static void small_spreads_beside_large_means_survive(void **state) {
  static const double plain[] = {4, 7, 13, 16}, shifted[] = {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16},
                      far[] = {1e15 + 4, 1e15 + 7, 1e15 + 13, 1e15 + 16}, same[] = {0.1, 0.1, 0.1},
                      tiny[] = {1e-200, 3e-200};
  assert_true(variance_of(plain, 4) == 30);
  assert_true(variance_of(shifted, 4) == 30);
  assert_true(variance_of(far, 4) == 30);
  assert_true(variance_of(same, 3) == 0);
  assert_true(variance_of(tiny, 2) == 0); /* below the smallest double */
  static const double large[] = {1e150, 3e150};
  assert_true(fabs(variance_of(large, 2) / 2e300 - 1) < 1e-15);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sums_are_exact),
      cmocka_unit_test(extremes),
      cmocka_unit_test(many_bigints_overflow_into_the_far_part),
      cmocka_unit_test(a_sliding_sum_does_not_drift),
      cmocka_unit_test(small_spreads_beside_large_means_survive),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
