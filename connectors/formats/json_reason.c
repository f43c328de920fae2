/* json_reason.c: see json_reason.h. */
#include "connectors/formats/json_reason.h"

#include "types/utf8.h"

enum { LANES = 32, STEPS_COUNTED = 255 }; /* bytes looked at at once; what a lane can count */

typedef uint8_t Lanes __attribute__((vector_size(LANES)));

typedef struct Found { /* by lane */
  Lanes control, backslash; /* not zero: found */
  Lanes newlines;           /* how many */
} Found;

static inline __attribute__((always_inline)) void look_at(Found *found, const char *bytes) {
  Lanes at;
  memcpy(&at, bytes, sizeof at);
  Lanes newline = (Lanes)(at == '\n');
  found->control |= (Lanes)(at < 0x20) & ~(newline | (Lanes)(at == '\r') | (Lanes)(at == '\t'));
  found->backslash |= (Lanes)(at == '\\');
  found->newlines -= newline;
}

static inline __attribute__((always_inline)) void add_found(JsonSpecials *specials, const Found *found) {
  for (int i = 0; i < LANES; i++) {
    specials->control |= found->control[i] != 0;
    specials->backslash |= found->backslash[i] != 0;
    specials->newlines += found->newlines[i];
  }
}

static inline __attribute__((always_inline)) JsonSpecials specials_of(const char *bytes, size_t len) {
  JsonSpecials specials = {0};
  while (len >= LANES) {
    Found found = {0};
    for (int i = 0; i < STEPS_COUNTED && len >= LANES; i++, bytes += LANES, len -= LANES) look_at(&found, bytes);
    add_found(&specials, &found);
  }
  Found found = {0};
  char tail[LANES];
  memset(tail, ' ', sizeof tail);
  if (len) memcpy(tail, bytes, len);
  look_at(&found, tail);
  add_found(&specials, &found);
  return specials;
}

static JsonSpecials specials_anywhere(const char *bytes, size_t len) { return specials_of(bytes, len); }

#if defined(__x86_64__)
__attribute__((target("avx2"))) static JsonSpecials specials_avx2(const char *bytes, size_t len) {
  return specials_of(bytes, len);
}
JsonSpecials json_specials(const char *bytes, size_t len) {
  return __builtin_cpu_supports("avx2") ? specials_avx2(bytes, len) : specials_anywhere(bytes, len);
}
#else
JsonSpecials json_specials(const char *bytes, size_t len) { return specials_anywhere(bytes, len); }
#endif

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
