/* json_text.c: JSON strings in and out, and dropping blanks (json.h).
**
** Both directions copy runs of plain characters whole and stop only at quotes, backslashes, control
** characters and, going out, at bytes above 0x7f, whose UTF-8 is checked. */
#include "types/json.h"

#include "types/json_scan.h"
#include "base/utf8.h"

/* ---- in ---- */

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex4(const char *at, const char *end, uint32_t *out) {
  if (end - at < 4) return false;
  uint32_t code = 0;
  for (int i = 0; i < 4; i++) {
    int digit = hex_digit(at[i]);
    if (digit < 0) return false;
    code = code << 4 | (uint32_t)digit;
  }
  *out = code;
  return true;
}

static bool is_surrogate(uint32_t code) { return (code & 0xfffff800u) == 0xd800; }

/* `at` stands behind \u. A high surrogate takes the low one that follows; a lone one becomes U+FFFD. */
static const char *unescape_unicode(const char *at, const char *end, StrBuf *out) {
  uint32_t code, low;
  if (!read_hex4(at, end, &code)) return NULL;
  at += 4;
  if (code >= 0xd800 && code < 0xdc00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u' &&
      read_hex4(at + 2, end, &low) && low >= 0xdc00 && low < 0xe000) {
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    at += 6;
  }
  utf8_put(out, is_surrogate(code) ? 0xfffd : code);
  return at;
}

/* `at` stands behind the backslash; returns the place behind the escape, NULL when it is none. */
static const char *unescape_one(const char *at, const char *end, StrBuf *out) {
  static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
  if (at == end) return NULL;
  if (*at == 'u') return unescape_unicode(at + 1, end, out);
  const char *name = *at ? strchr(names, *at) : NULL;
  if (name == NULL) return NULL;
  strbuf_putc(out, meanings[name - names]);
  return at + 1;
}

bool json_unescape(Str raw, StrBuf *out) {
  const char *at = raw.ptr, *end = raw.ptr + raw.len;
  while (at < end) {
    const char *escape = memchr(at, '\\', (size_t)(end - at));
    if (escape == NULL) escape = end;
    strbuf_append(out, at, (size_t)(escape - at));
    at = escape;
    if (at < end && (at = unescape_one(at + 1, end, out)) == NULL) return false;
  }
  return true;
}

/* ---- out ---- */

/* The first byte that cannot go out as it is without a look, else end. */
static const char *ascii_plain_end(const char *at, const char *end) {
  for (; end - at >= 8; at += 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    uint64_t specials = json_string_specials(word) | (word & 0x8080808080808080u);
    if (specials) return at + __builtin_ctzll(specials) / 8;
  }
  while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80) at++;
  return at;
}

static void put_escaped(StrBuf *out, unsigned char c) {
  static const char hex[] = "0123456789abcdef";
  static const char short_names[32] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
  if (c >= 0x20) {
    strbuf_append(out, (char[]){'\\', (char)c}, 2);
  } else if (short_names[c]) {
    strbuf_append(out, (char[]){'\\', short_names[c]}, 2);
  } else {
    strbuf_append(out, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
  }
}

/* A sequence above 0x7f: copied when it is UTF-8, else U+FFFD for its first byte. */
static const char *put_wide(StrBuf *out, const char *at, const char *end) {
  unsigned len = utf8_length(at, end);
  if (len) strbuf_append(out, at, len);
  else strbuf_puts(out, UTF8_REPLACEMENT);
  return at + (len ? len : 1);
}

void json_put_string(StrBuf *out, Str text) {
  const char *at = text.ptr, *end = text.ptr + text.len;
  strbuf_reserve(out, text.len + 2);
  strbuf_putc(out, '"');
  while (at < end) {
    const char *stop = ascii_plain_end(at, end);
    strbuf_append(out, at, (size_t)(stop - at));
    at = stop;
    if (at == end) break;
    if ((unsigned char)*at >= 0x80) at = put_wide(out, at, end);
    else put_escaped(out, (unsigned char)*at++);
  }
  strbuf_putc(out, '"');
}

/* Copies the string whose opening quote stands at `at`; a bare control character is escaped, so that a
** line of output stays one line whatever came in. */
static const char *put_string_as_is(StrBuf *out, const char *at, const char *end) {
  const char *begin = at++;
  for (;;) {
    at = json_plain_end(at, end);
    if (at >= end || *at == '"') break;
    if (*at == '\\') {
      at += end - at >= 2 && (unsigned char)at[1] >= 0x20 ? 2 : 1;
      continue;
    }
    strbuf_append(out, begin, (size_t)(at - begin));
    put_escaped(out, (unsigned char)*at);
    begin = ++at;
  }
  if (at < end) at++;
  strbuf_append(out, begin, (size_t)(at - begin));
  return at;
}

void json_put_minified(StrBuf *out, Str text) {
  const char *at = text.ptr, *end = text.ptr + text.len;
  while (at < end) {
    const char *begin = at;
    while (at < end && *at != '"' && !json_is_blank(*at)) at++;
    strbuf_append(out, begin, (size_t)(at - begin));
    if (at < end && *at == '"') at = put_string_as_is(out, at, end);
    at = json_skip_blanks(at, end);
  }
}
