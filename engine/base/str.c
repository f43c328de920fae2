/* str.c: see str.h. */
#include "base/str.h"

#include <stdio.h>
#include "base/mem.h"

static unsigned char fold(char c) {
  return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

bool str_eq_nocase(Str a, Str b) {
  if (a.len != b.len) return false;
  for (size_t i = 0; i < a.len; i++)
    if (fold(a.ptr[i]) != fold(b.ptr[i])) return false;
  return true;
}

int str_cmp(Str a, Str b) {
  size_t shared = a.len < b.len ? a.len : b.len;
  int order = shared ? memcmp(a.ptr, b.ptr, shared) : 0;
  if (order != 0) return order;
  return a.len < b.len ? -1 : a.len > b.len;
}

bool str_starts(Str text, Str prefix) {
  return text.len >= prefix.len && str_eq((Str){text.ptr, prefix.len}, prefix);
}

bool str_ends(Str text, Str suffix) {
  return text.len >= suffix.len && str_eq((Str){text.ptr + text.len - suffix.len, suffix.len}, suffix);
}

bool str_starts_nocase(Str text, Str prefix) {
  return text.len >= prefix.len && str_eq_nocase((Str){text.ptr, prefix.len}, prefix);
}

bool str_ends_nocase(Str text, Str suffix) {
  return text.len >= suffix.len && str_eq_nocase((Str){text.ptr + text.len - suffix.len, suffix.len}, suffix);
}

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

Str str_trim(Str text) {
  while (text.len && blank(text.ptr[0])) text.ptr++, text.len--;
  while (text.len && blank(text.ptr[text.len - 1])) text.len--;
  return text;
}

Str str_sub(Str text, size_t begin, size_t end) {
  if (end > text.len) end = text.len;
  if (begin > end) begin = end;
  return (Str){text.ptr + begin, end - begin};
}

ptrdiff_t str_find_char(Str text, char c) {
  const char *hit = text.len ? memchr(text.ptr, c, text.len) : NULL;
  return hit ? hit - text.ptr : -1;
}

bool str_cut(Str text, char separator, Str *before, Str *after) {
  ptrdiff_t at = str_find_char(text, separator);
  *before = at < 0 ? text : str_sub(text, 0, (size_t)at);
  *after = at < 0 ? (Str){text.ptr + text.len, 0} : str_sub(text, (size_t)at + 1, text.len);
  return at >= 0;
}

bool str_to_u64(Str text, uint64_t *out) {
  if (text.len == 0) return false;
  uint64_t value = 0;
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] < '0' || text.ptr[i] > '9') return false;
    if (__builtin_mul_overflow(value, 10u, &value)) return false;
    if (__builtin_add_overflow(value, (uint64_t)(text.ptr[i] - '0'), &value)) return false;
  }
  *out = value;
  return true;
}

bool str_to_i64(Str text, int64_t *out) {
  bool negative = text.len && text.ptr[0] == '-';
  if (text.len && (text.ptr[0] == '-' || text.ptr[0] == '+')) text = str_sub(text, 1, text.len);
  uint64_t magnitude;
  if (!str_to_u64(text, &magnitude)) return false;
  if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0)) return false;
  *out = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
  return true;
}

unsigned str_distance(Str a, Str b) {
  enum { MAX = 64 };
  if (a.len > MAX) a.len = MAX;
  if (b.len > MAX) b.len = MAX;
  unsigned row[MAX + 1];
  for (size_t j = 0; j <= b.len; j++) row[j] = (unsigned)j;
  for (size_t i = 1; i <= a.len; i++) {
    unsigned diagonal = row[0];
    row[0] = (unsigned)i;
    for (size_t j = 1; j <= b.len; j++) {
      unsigned above = row[j];
      unsigned cost = diagonal + (fold(a.ptr[i - 1]) != fold(b.ptr[j - 1]));
      if (above + 1 < cost) cost = above + 1;
      if (row[j - 1] + 1 < cost) cost = row[j - 1] + 1;
      row[j] = cost;
      diagonal = above;
    }
  }
  return row[b.len];
}

void strbuf_reserve(StrBuf *buf, size_t extra) {
  size_t needed = buf->len + extra + 1;
  if (needed <= buf->cap) return;
  size_t cap = buf->cap ? buf->cap * 2 : 64;
  if (cap < needed) cap = needed;
  buf->ptr = mem_realloc(buf->ptr, cap);
  buf->cap = cap;
}

void strbuf_append(StrBuf *buf, const char *text, size_t len) {
  strbuf_reserve(buf, len);
  if (len) memcpy(buf->ptr + buf->len, text, len);
  buf->len += len;
  buf->ptr[buf->len] = 0;
}

void strbuf_puts(StrBuf *buf, const char *text) { strbuf_append(buf, text, strlen(text)); }

void strbuf_put_str(StrBuf *buf, Str text) { strbuf_append(buf, text.ptr, text.len); }

void strbuf_putc(StrBuf *buf, char c) { strbuf_append(buf, &c, 1); }

void strbuf_vprintf(StrBuf *buf, const char *format, va_list args) {
  va_list again;
  va_copy(again, args);
  int len = vsnprintf(NULL, 0, format, again);
  va_end(again);
  strbuf_reserve(buf, (size_t)len);
  vsnprintf(buf->ptr + buf->len, (size_t)len + 1, format, args);
  buf->len += (size_t)len;
}

void strbuf_printf(StrBuf *buf, const char *format, ...) {
  va_list args;
  va_start(args, format);
  strbuf_vprintf(buf, format, args);
  va_end(args);
}

void strbuf_clear(StrBuf *buf) {
  buf->len = 0;
  if (buf->ptr) buf->ptr[0] = 0;
}

void strbuf_release(StrBuf *buf) {
  mem_free(buf->ptr);
  *buf = (StrBuf){0};
}
