/* odbc_wide.c: see odbc_wide.h. */
#include "connectors/odbc/odbc_wide.h"

#include "base/mem.h"
#include "base/utf8.h"

void wide_set(WideBuf *wide, Str text) {
  if (wide->cap < text.len + 1) {
    wide->cap = text.len + 1; /* a byte never becomes more than one unit */
    wide->ptr = mem_realloc(wide->ptr, mem_mul(wide->cap, sizeof *wide->ptr));
  }
  wide->len = 0;
  for (const char *at = text.ptr, *end = text.ptr + text.len; at < end;) {
    uint32_t code = 0xfffd;
    unsigned len = utf8_decode(at, end, &code);
    at += len ? len : 1;
    if (code < 0x10000) {
      wide->ptr[wide->len++] = (SQLWCHAR)code;
    } else {
      wide->ptr[wide->len++] = (SQLWCHAR)(0xd800 + ((code - 0x10000) >> 10));
      wide->ptr[wide->len++] = (SQLWCHAR)(0xdc00 + ((code - 0x10000) & 0x3ff));
    }
  }
  wide->ptr[wide->len] = 0;
}

void wide_release(WideBuf *wide) {
  mem_free(wide->ptr);
  *wide = (WideBuf){0};
}

void wide_to_utf8(const SQLWCHAR *units, size_t len, StrBuf *out) {
  for (size_t i = 0; i < len; i++) {
    uint32_t code = units[i];
    if (code >= 0xd800 && code < 0xe000) {
      bool pair = code < 0xdc00 && i + 1 < len && (units[i + 1] & 0xfc00) == 0xdc00;
      code = pair ? 0x10000 + ((code - 0xd800) << 10) + (units[++i] - 0xdc00u) : 0xfffd;
    }
    utf8_put(out, code);
  }
}
