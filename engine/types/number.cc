/* number.cc: see number.h.
**
** Printing: a float whose exponent lies in [-4, 16) prints in plain digits, any other in the form 1e+16
** or 2.5e-07. Either way the digits are the shortest that read back the same, so JSON readers of every
** language agree with us. Integral floats up to 2^53 and those of at most six decimals, which
** most measurements are, skip the search for the shortest digits.
**
** Parsing: std::from_chars takes what strtod takes except a leading plus sign, so only that, blanks and
** the words for infinity and NaN need care here. */
#include "types/number.h"

#include <charconv>
#include <cmath>
#include <cstring>

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

void trim(const char *&begin, const char *&end) {
  while (begin < end && is_blank(*begin)) begin++;
  while (begin < end && is_blank(end[-1])) end--;
}

size_t put_point(char *out, size_t len, bool keep_point) {
  if (!keep_point) return len;
  out[len] = '.';
  out[len + 1] = '0';
  return len + 2;
}

size_t put_zero(double zero, bool keep_point, char *out) {
  if (!keep_point) {
    out[0] = '0';
    return 1;
  }
  size_t len = std::signbit(zero) ? 4 : 3;
  memcpy(out, std::signbit(zero) ? "-0.0" : "0.0", len);
  return len;
}

/* The magnitude says which form; the plain form of an integral value may lack the point. */
size_t put_shortest(double value, bool keep_point, char *out) {
  double magnitude = std::fabs(value);
  bool plain = magnitude >= 1e-4 && magnitude < 1e16;
  auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  size_t len = size_t(std::to_chars(out, out + NUMBER_TEXT_MAX, value, format).ptr - out);
  return plain && memchr(out, '.', len) == nullptr ? put_point(out, len, keep_point) : len;
}

/* Measurements mostly have a few decimals. When value * 10^6 rounds to a whole number of at most 15 digits
** and that, divided again, gives the value, its digits are the shortest: no two decimals of 15 digits are
** the same double. The caller has seen to it that the value is not integral. */
size_t put_decimal(double value, char *out) {
  constexpr double scale = 1e6;
  int64_t scaled = int64_t(value * scale + (value < 0 ? -0.5 : 0.5));
  if (double(scaled) / scale != value) return 0;
  uint64_t digits = uint64_t(scaled < 0 ? -scaled : scaled);
  uint64_t whole = digits / 1000000, rest = 1000000 + digits % 1000000; /* the 1 keeps leading zeros */
  char *at = out;
  if (value < 0) *at++ = '-';
  at = std::to_chars(at, out + NUMBER_TEXT_MAX, whole).ptr;
  char *point = at;
  at = std::to_chars(at, out + NUMBER_TEXT_MAX, rest).ptr;
  *point = '.';
  while (at[-1] == '0') at--;
  return size_t(at - out);
}

}  // namespace

extern "C" size_t bigint_print(int64_t value, char *out) {
  return size_t(std::to_chars(out, out + NUMBER_TEXT_MAX, value).ptr - out);
}

extern "C" size_t float_print(double value, bool keep_point, char *out) {
  constexpr double exact = 9007199254740992.0; /* 2^53: every integer below it is a double */
  if (value > -exact && value < exact) {
    int64_t whole = int64_t(value);
    if (double(whole) == value)
      return whole == 0 ? put_zero(value, keep_point, out) : put_point(out, bigint_print(whole, out), keep_point);
  }
  double magnitude = std::fabs(value);
  size_t len = magnitude >= 1e-4 && magnitude < 1e9 ? put_decimal(value, out) : 0;
  return len ? len : put_shortest(value, keep_point, out);
}

/* Text with a sign at most and a digit, or a point and a digit, in front: no words, no second sign. */
static bool starts_like_number(const char *at, const char *end) {
  if (at < end && *at == '-') at++;
  if (at < end && *at == '.') at++;
  return at < end && is_digit(*at);
}

/* Out of range is either too large, which is no number here, or too small, which is zero. The digits
** tell them apart: the value is below one exactly when its decimal exponent is negative. */
static bool below_one(const char *at, const char *end) {
  int64_t before_point = 0, zeros = 0;
  int exponent = 0;
  bool point = false, significant = false;
  for (; at < end && *at != 'e' && *at != 'E'; at++) {
    if (*at == '.') point = true;
    if (!is_digit(*at)) continue;
    if (*at != '0') significant = true;
    if (!point && significant) before_point++;
    if (point && !significant) zeros++;
  }
  if (at < end) {
    const char *digits = at + 1 < end && at[1] == '+' ? at + 2 : at + 1;
    if (std::from_chars(digits, end, exponent).ec != std::errc()) return *digits == '-';
  }
  return exponent + (before_point ? before_point : -zeros) <= 0;
}

extern "C" bool float_parse(const char *text, size_t len, double *out) {
  const char *begin = text, *end = text + len;
  trim(begin, end);
  if (begin < end && *begin == '+') {
    begin++;
    if (begin < end && *begin == '-') return false;
  }
  if (!starts_like_number(begin, end)) return false;
  double value = 0;
  auto [stop, error] = std::from_chars(begin, end, value);
  if (stop != end) return false;
  if (error == std::errc::result_out_of_range || std::isinf(value)) {
    if (!below_one(begin, end)) return false;
    value = *begin == '-' ? -0.0 : 0.0;
  }
  *out = value;
  return true;
}

extern "C" bool bigint_parse(const char *text, size_t len, int64_t *out) {
  const char *begin = text, *end = text + len;
  trim(begin, end);
  bool negative = begin < end && *begin == '-';
  if (begin < end && (*begin == '-' || *begin == '+')) begin++;
  if (begin == end) return false;
  uint64_t magnitude = 0;
  for (const char *at = begin; at < end; at++) {
    if (!is_digit(*at)) return false;
    if (at - begin >= 18) { /* up to 18 digits always fit */
      if (__builtin_mul_overflow(magnitude, uint64_t(10), &magnitude)) return false;
      if (__builtin_add_overflow(magnitude, uint64_t(*at - '0'), &magnitude)) return false;
    } else {
      magnitude = magnitude * 10 + uint64_t(*at - '0');
    }
  }
  if (magnitude > uint64_t(INT64_MAX) + (negative ? 1 : 0)) return false;
  *out = negative ? int64_t(0 - magnitude) : int64_t(magnitude);
  return true;
}
