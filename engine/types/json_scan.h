/* json_scan.h: moving over JSON text without looking at its meaning; for json*.c only.
** Every function stays before `end` and takes any bytes. */
#ifndef WEIR_TYPES_JSON_SCAN_H
#define WEIR_TYPES_JSON_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline bool json_is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
static inline bool json_is_digit(char c) { return c >= '0' && c <= '9'; }

static inline const char *json_skip_blanks(const char *at, const char *end) {
  while (at < end && json_is_blank(*at)) at++;
  return at;
}

/* Top bit of each byte that is a control character, a quote or a backslash; exact up to the lowest. */
static inline uint64_t json_string_specials(uint64_t word) {
  const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
  uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';
  return (((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash)) & tops;
}

/* The first byte of a string's inside that is a quote, a backslash or a control character, else end. */
static inline const char *json_plain_end(const char *at, const char *end) {
  for (; end - at >= 8; at += 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    uint64_t specials = json_string_specials(word);
    if (specials) return at + __builtin_ctzll(specials) / 8;
  }
  while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20) at++;
  return at;
}

/* `at` stands behind the opening quote; returns the closing quote, NULL when there is none. */
static inline const char *json_string_end(const char *at, const char *end) {
  for (;;) {
    at = json_plain_end(at, end);
    if (at >= end) return NULL;
    if (*at == '"') return at;
    at += *at == '\\' ? 2 : 1;
    if (at > end) return NULL;
  }
}

/* The place behind the value that starts at `at`, NULL when it does not end or nests too deep. Brackets
** are counted, not matched; scalars end at a blank, a comma, a colon or a bracket. */
const char *json_skip_value(const char *at, const char *end);

/* The place behind the number at `at` by the grammar of RFC 8259, NULL when there is none; *integral when
** it has neither fraction nor exponent. */
const char *json_skip_number(const char *at, const char *end, bool *integral);

#endif
