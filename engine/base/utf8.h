/* utf8.h: reading and checking UTF-8, and how wide a character is on a terminal.
** Strict as RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. Thread: any. */
#ifndef WEIR_BASE_UTF8_H
#define WEIR_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

static inline bool utf8_is_continuation(char c) { return ((unsigned char)c & 0xc0) == 0x80; }

/* Bytes of the well-formed sequence at `at`, 0 when there is none: a wrong or missing continuation, an
** overlong form, a surrogate, or beyond U+10FFFF. at < end. */
static inline unsigned utf8_length(const char *at, const char *end) {
  unsigned char lead = (unsigned char)at[0];
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4 || end - at < 2 || !utf8_is_continuation(at[1])) return 0;
  if (lead < 0xe0) return 2;
  unsigned char second = (unsigned char)at[1];
  if (end - at < 3 || !utf8_is_continuation(at[2])) return 0;
  if (lead < 0xf0) return (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ? 0 : 3;
  if (end - at < 4 || !utf8_is_continuation(at[3])) return 0;
  return (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f) ? 0 : 4;
}

static inline void utf8_put(StrBuf *out, uint32_t code) { /* code is no surrogate and at most U+10FFFF */
  char bytes[4];
  size_t len;
  if (code < 0x80) {
    bytes[0] = (char)code;
    len = 1;
  } else if (code < 0x800) {
    bytes[0] = (char)(0xc0 | code >> 6);
    len = 2;
  } else if (code < 0x10000) {
    bytes[0] = (char)(0xe0 | code >> 12);
    len = 3;
  } else {
    bytes[0] = (char)(0xf0 | code >> 18);
    len = 4;
  }
  for (size_t i = 1; i < len; i++) bytes[i] = (char)(0x80 | (code >> (6 * (len - 1 - i)) & 0x3f));
  strbuf_append(out, bytes, len);
}

#define UTF8_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Decodes the code point at ptr and returns its length in bytes, 1 to 4; 0 when the bytes before end
** are not a valid sequence (then *code_point is not set). ptr < end. */
unsigned utf8_decode(const char *ptr, const char *end, uint32_t *code_point);
/* Offset of the first byte that is not part of a valid sequence; text.len when all are. */
size_t utf8_invalid_at(Str text);
/* Code points in valid text; every byte outside of a valid sequence counts as one. */
size_t utf8_count(Str text);
/* Terminal columns: 0 for combining and zero-width, 2 for East Asian wide and emoji, else 1.
** Control characters count 1: renderers replace them. */
unsigned utf8_width(uint32_t code_point);
/* Of a text; every byte outside of a valid sequence counts 1. */
unsigned utf8_columns(Str text);

#endif
