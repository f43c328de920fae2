/* json_reason.c: see json_reason.h. */
#include "connectors/formats/json_reason.h"

#include "types/utf8.h"

enum { BLOCK = 64 }; /* bytes the compiler turns into vector compares */

/* Adds up, over whole blocks, whether there are control characters (but line feeds) and backslashes. */
static inline __attribute__((always_inline)) void blocks_hold(const char *bytes, size_t blocks, uint8_t *control,
                                                              uint8_t *backslash) {
  uint8_t c[BLOCK] = {0}, b[BLOCK] = {0};
  for (const unsigned char *at = (const unsigned char *)bytes; blocks > 0; blocks--, at += BLOCK)
    for (int i = 0; i < BLOCK; i++) {
      c[i] |= (uint8_t)-((at[i] < 0x20) & (at[i] != '\n'));
      b[i] |= (uint8_t)-(at[i] == '\\');
    }
  for (int i = 0; i < BLOCK; i++) {
    *control |= c[i];
    *backslash |= b[i];
  }
}

static void blocks_hold_any(const char *bytes, size_t blocks, uint8_t *control, uint8_t *backslash) {
  blocks_hold(bytes, blocks, control, backslash);
}

#if defined(__x86_64__)
__attribute__((target("avx2")))
static void blocks_hold_avx2(const char *bytes, size_t blocks, uint8_t *control, uint8_t *backslash) {
  blocks_hold(bytes, blocks, control, backslash);
}
#endif

JsonSpecials json_specials(const char *bytes, size_t len) {
  uint8_t control = 0, backslash = 0;
  char tail[BLOCK];
  size_t blocks = len / BLOCK;
  memset(tail, ' ', sizeof tail);
  if (len) memcpy(tail, bytes + blocks * BLOCK, len % BLOCK);
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) blocks_hold_avx2(bytes, blocks, &control, &backslash);
  else
#endif
    blocks_hold_any(bytes, blocks, &control, &backslash);
  blocks_hold_any(tail, 1, &control, &backslash);
  return (JsonSpecials){control != 0, backslash != 0};
}

size_t json_control_at(const char *bytes, size_t len) {
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)bytes[i];
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') return i;
  }
  return SIZE_MAX;
}

/* ---- places ---- */

size_t json_utf8_error_at(Str text) {
  const char *at = text.ptr, *end = text.ptr + text.len;
  while (at < end) {
    uint64_t word;
    if (end - at >= 8 && (memcpy(&word, at, 8), (word & 0x8080808080808080u) == 0)) {
      at += 8;
      continue;
    }
    unsigned len = utf8_length(at, end);
    if (len == 0) break;
    at += len;
  }
  return (size_t)(at - text.ptr);
}

/* Goes through the strings: the first control character inside one, else the quote of the one that never
** ends. */
static size_t bad_string_at(Str text, bool control) {
  size_t open = 0;
  bool inside = false;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    if (inside && control && (unsigned char)c < 0x20) return i;
    if (c == '\\') i++;
    if (c != '"') continue;
    inside = !inside;
    open = i;
  }
  return open;
}

const char *json_index_reason(Str text, JsonIndexError error, size_t *at) {
  switch (error) {
    case JSON_INDEX_UTF8: *at = json_utf8_error_at(text); return "bytes that are not UTF-8";
    case JSON_INDEX_CONTROL: *at = bad_string_at(text, true); return "a bare control character inside text";
    case JSON_INDEX_UNCLOSED: *at = bad_string_at(text, false); return "text without its closing quote";
    case JSON_INDEX_OK:
    case JSON_INDEX_FAILED: break;
  }
  *at = 0;
  return "this is not JSON";
}
