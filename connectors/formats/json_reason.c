/* json_reason.c: see json_reason.h. */
#include "connectors/formats/json_reason.h"

#include "base/utf8.h"

enum { LANES = 32, STEPS_COUNTED = 255 }; /* bytes looked at at once; what a lane can count */

typedef uint8_t Lanes __attribute__((vector_size(LANES)));

typedef struct Found { /* by lane */
  Lanes control, backslash; /* not zero: found */
  Lanes controls, newlines; /* how many */
} Found;

#define INLINE static inline __attribute__((always_inline))

INLINE void look_at(Found *found, const char *bytes, bool kinds) {
  Lanes at;
  memcpy(&at, bytes, sizeof at);
  Lanes control = (Lanes)(at < 0x20), newline = (Lanes)(at == '\n');
  found->backslash |= (Lanes)(at == '\\');
  found->controls -= control;
  if (!kinds) return;
  found->control |= control & ~(newline | (Lanes)(at == '\r') | (Lanes)(at == '\t'));
  found->newlines -= newline;
}

typedef struct Sums { uint32_t controls, newlines, control, backslash; } Sums;

INLINE void add_found(Sums *sums, const Found *found) {
  for (int i = 0; i < LANES; i++) {
    sums->controls += found->controls[i];
    sums->newlines += found->newlines[i];
    sums->control |= found->control[i];
    sums->backslash |= found->backslash[i];
  }
}

/* kinds: which control characters matters, too. */
INLINE Sums sums_of(const char *bytes, size_t len, bool kinds) {
  Sums sums = {0};
  for (size_t left = len / LANES, steps; left > 0; left -= steps) {
    Found found = {0};
    steps = left < STEPS_COUNTED ? left : STEPS_COUNTED;
    for (size_t i = 0; i < steps; i++, bytes += LANES) look_at(&found, bytes, kinds);
    add_found(&sums, &found);
  }
  Found found = {0};
  char tail[LANES];
  memset(tail, ' ', sizeof tail);
  if (len % LANES) memcpy(tail, bytes, len % LANES);
  look_at(&found, tail, kinds);
  add_found(&sums, &found);
  return sums;
}

static Sums sums_anywhere(const char *bytes, size_t len, bool kinds) {
  return kinds ? sums_of(bytes, len, true) : sums_of(bytes, len, false);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static Sums sums_avx2(const char *bytes, size_t len, bool kinds) {
  return kinds ? sums_of(bytes, len, true) : sums_of(bytes, len, false);
}
static Sums sums(const char *bytes, size_t len, bool kinds) {
  return __builtin_cpu_supports("avx2") ? sums_avx2(bytes, len, kinds) : sums_anywhere(bytes, len, kinds);
}
#else
static Sums sums(const char *bytes, size_t len, bool kinds) { return sums_anywhere(bytes, len, kinds); }
#endif

JsonSpecials json_specials(const char *bytes, size_t len) {
  Sums found = sums(bytes, len, true);
  return (JsonSpecials){found.control != 0, found.backslash != 0, found.newlines};
}

JsonLows json_lows(const char *bytes, size_t len) {
  Sums found = sums(bytes, len, false);
  return (JsonLows){found.controls, found.backslash != 0};
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
