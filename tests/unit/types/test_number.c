/* test_number.c: numbers to text and back, at the edges and for random values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include "types/number.h"
#include "unit/types/random.h"

typedef struct Printed { double value; const char *with_point, *without; } Printed;

static void check_print(double value, bool keep_point, const char *expected) {
  char text[NUMBER_TEXT_MAX + 1];
  text[float_print(value, keep_point, text)] = 0;
  assert_string_equal(text, expected);
}

static void floats_print_shortest(void **state) {
  static const Printed rows[] = {
      {0.0, "0.0", "0"}, {-0.0, "-0.0", "0"}, {1, "1.0", "1"}, {-2.9, "-2.9", "-2.9"}, {0.1, "0.1", "0.1"},
      {0.30000000000000004, "0.30000000000000004", "0.30000000000000004"}, {100, "100.0", "100"},
      {1e15, "1000000000000000.0", "1000000000000000"}, {9007199254740993.0, "9007199254740992.0", "9007199254740992"},
      {9999999999999998.0, "9999999999999998.0", "9999999999999998"}, {1e16, "1e+16", "1e+16"},
      {9.223372036854776e18, "9.223372036854776e+18", "9.223372036854776e+18"}, {-1e19, "-1e+19", "-1e+19"},
      {1e300, "1e+300", "1e+300"}, {DBL_MAX, "1.7976931348623157e+308", "1.7976931348623157e+308"},
      {5e-324, "5e-324", "5e-324"}, {0.0001, "0.0001", "0.0001"}, {0.00001, "1e-05", "1e-05"},
      {0.00012345, "0.00012345", "0.00012345"}, {-123456789.125, "-123456789.125", "-123456789.125"},
      {999999999.999999, "999999999.999999", "999999999.999999"}, {0.000999, "0.000999", "0.000999"},
      {1.000001, "1.000001", "1.000001"}, {1.0000001, "1.0000001", "1.0000001"}, {12.05, "12.05", "12.05"},
  };
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
    check_print(rows[i].value, true, rows[i].with_point);
    check_print(rows[i].value, false, rows[i].without);
  }
}

static void check_roundtrip(double value) {
  char text[NUMBER_TEXT_MAX];
  size_t len = float_print(value, true, text);
  double back = 0;
  assert_true(len <= NUMBER_TEXT_MAX);
  assert_true(float_parse(text, len, &back));
  assert_memory_equal(&back, &value, sizeof back);
}

/* The number of significant digits printed is the least with which printf reads back the same. */
static void check_shortest(double value) {
  char text[NUMBER_TEXT_MAX + 1], other[64];
  text[float_print(value, false, text)] = 0;
  unsigned digits = 0, trailing = 0;
  for (const char *at = text; *at && *at != 'e'; at++) {
    if (*at < '0' || *at > '9' || (digits == 0 && *at == '0')) continue;
    digits++;
    trailing = *at == '0' ? trailing + 1 : 0;
  }
  digits -= trailing;
  if (digits <= 1) return;
  snprintf(other, sizeof other, "%.*e", (int)digits - 2, value);
  assert_true(strtod(other, NULL) != value);
}

static void random_floats_read_back(void **state) {
  Random random = {42};
  for (int i = 0; i < 200000; i++) check_roundtrip(random_bits_double(&random));
  for (int i = 0; i < 200000; i++) {
    double decimal = (double)(int64_t)random_below(&random, 2000000000000) / (i % 2 ? 1000 : 1000000) - 500000;
    check_roundtrip(decimal);
    if (i % 4 == 0) check_shortest(decimal);
  }
  for (int i = 0; i < 50000; i++) check_shortest(random_bits_double(&random));
}

static void seventeen_digits_are_exact(void **state) {
  Random random = {43};
  for (int i = 0; i < 50000; i++) {
    double value = random_bits_double(&random), back;
    char text[64];
    int len = snprintf(text, sizeof text, "%.16e", value);
    assert_true(float_parse(text, (size_t)len, &back));
    assert_memory_equal(&back, &value, sizeof back);
  }
}

static void floats_parse_as_strtod_does(void **state) {
  static const struct { const char *text; double value; } good[] = {
      {"1", 1},
      {"1.5", 1.5},
      {".5", .5},
      {"5.", 5},
      {"+5", 5},
      {"-5", -5},
      {" 5\t", 5},
      {"1e3", 1000},
      {"1E+3", 1000},
      {"1e-3", .001},
      {"-.5e1", -5},
      {"00012", 12},
      {"1e-400", 0},
      {"0e99999", 0},
      {"0.0000001e-99999999999999999999", 0},
      {"1.7976931348623157e308", DBL_MAX},
      {"5e-324", 5e-324},
      {"9007199254740993", 9007199254740992.0},
      {"123456789012345678901234567890", 123456789012345678901234567890.0},
  };
  static const char *const bad[] = {"",      " ",   "-",    "+",   ".",   "e5",    "1e",     "1e+",
                                    "1 2",   "--1", "+-1",  "-+1", "++1", "inf",   "-inf",   "Infinity",
                                    "nan",   "NaN", "0x10", "1f",  "1,5", "1e400", "-1e400", "1e99999999999999999999",
                                    "1_000", "$1"};
  double value;
  for (unsigned i = 0; i < sizeof good / sizeof *good; i++) {
    assert_true(float_parse(good[i].text, strlen(good[i].text), &value));
    assert_true(value == good[i].value);
  }
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(float_parse(bad[i], strlen(bad[i]), &value));
}

static void a_tiny_negative_is_negative_zero(void **state) {
  double value;
  assert_true(float_parse("-1e-400", 7, &value));
  assert_true(value == 0 && signbit(value));
}

static void bigints_parse_within_64_bits(void **state) {
  static const struct { const char *text; int64_t value; } good[] = {
      {"0", 0},
      {"-0", 0},
      {"+42", 42},
      {"  -42  ", -42},
      {"00042", 42},
      {"9223372036854775807", INT64_MAX},
      {"-9223372036854775808", INT64_MIN},
      {"000000000000000000000000000001", 1},
      {"999999999999999999", 999999999999999999},
  };
  static const char *const bad[] = {"",
                                    " ",
                                    "-",
                                    "+",
                                    "- 42",
                                    "4 2",
                                    "42.0",
                                    "42e0",
                                    "--42",
                                    "9223372036854775808",
                                    "-9223372036854775809",
                                    "99999999999999999999",
                                    "18446744073709551616",
                                    "0x1",
                                    "1a",
                                    "\v1"};
  int64_t value;
  for (unsigned i = 0; i < sizeof good / sizeof *good; i++) {
    assert_true(bigint_parse(good[i].text, strlen(good[i].text), &value));
    assert_int_equal(value, good[i].value);
  }
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(bigint_parse(bad[i], strlen(bad[i]), &value));
}

static void random_bigints_read_back(void **state) {
  Random random = {7};
  for (int i = 0; i < 100000; i++) {
    int64_t value = (int64_t)(random_u64(&random) >> random_below(&random, 64)), back = 1;
    if (i % 2) value = -value;
    char text[NUMBER_TEXT_MAX], expected[32];
    size_t len = bigint_print(value, text);
    snprintf(expected, sizeof expected, "%lld", (long long)value);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(text, expected, len);
    assert_true(bigint_parse(text, len, &back));
    assert_int_equal(back, value);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(floats_print_shortest),
      cmocka_unit_test(random_floats_read_back),
      cmocka_unit_test(seventeen_digits_are_exact),
      cmocka_unit_test(floats_parse_as_strtod_does),
      cmocka_unit_test(a_tiny_negative_is_negative_zero),
      cmocka_unit_test(bigints_parse_within_64_bits),
      cmocka_unit_test(random_bigints_read_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
