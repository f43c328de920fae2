/* str.h: text as pointer and length. Str borrows, StrBuf owns.
** Case-insensitive comparison folds ASCII letters only: names of the language are matched so. */
#ifndef WEIR_BASE_STR_H
#define WEIR_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct Str {
  const char *ptr; /* not NUL-terminated unless a function says so */
  size_t      len; /* bytes */
} Str;

#define STR(literal) ((Str){(literal), sizeof(literal) - 1})
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).len, (s).ptr

static inline Str str_from(const char *text) { return (Str){text, text ? strlen(text) : 0}; }
static inline bool str_eq(Str a, Str b) { return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0); }
bool str_eq_nocase(Str a, Str b);
int  str_cmp(Str a, Str b);                    /* by bytes, as memcmp, shorter first */
bool str_starts(Str text, Str prefix);
bool str_ends(Str text, Str suffix);
bool str_starts_nocase(Str text, Str prefix);
bool str_ends_nocase(Str text, Str suffix);
Str  str_trim(Str text);                       /* ASCII blanks at both ends */
Str  str_sub(Str text, size_t begin, size_t end);
ptrdiff_t str_find_char(Str text, char c);     /* -1: none */
bool str_cut(Str text, char separator, Str *before, Str *after); /* false: no separator, before = text */
bool str_to_i64(Str text, int64_t *out);       /* optional sign and digits, nothing else */
bool str_to_u64(Str text, uint64_t *out);
unsigned str_distance(Str a, Str b); /* edit distance without case, for suggestions; long texts are cut at 64 bytes */

/* A growing buffer. Zero-initialise with {0}; ptr is NUL-terminated after every append. */
typedef struct StrBuf {
  char  *ptr;
  size_t len, cap;
} StrBuf;

void strbuf_reserve(StrBuf *buf, size_t extra); /* room for extra bytes more, plus the NUL */
void strbuf_append(StrBuf *buf, const char *text, size_t len);
void strbuf_puts(StrBuf *buf, const char *text);
void strbuf_put_str(StrBuf *buf, Str text);
void strbuf_putc(StrBuf *buf, char c);
void strbuf_printf(StrBuf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void strbuf_vprintf(StrBuf *buf, const char *format, va_list args);
void strbuf_clear(StrBuf *buf);   /* len = 0, memory kept */
void strbuf_release(StrBuf *buf);
static inline Str strbuf_str(const StrBuf *buf) { return (Str){buf->ptr ? buf->ptr : "", buf->len}; }

#endif
