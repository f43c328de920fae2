/* fuzz_like.c: any bytes as LIKE pattern and text, against a slow matcher that tries every split at every %.
** The first byte says how long the pattern is and whether `!` escapes. */
#include "base/status.h"
#include "base/utf8.h"
#include "functions/like.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TRIES = 200000 };

static unsigned decode(Str text, uint32_t *code) {
  unsigned len = utf8_decode(text.ptr, text.ptr + text.len, code);
  if (len == 0) *code = 0x110000u + (unsigned char)text.ptr[0];
  return len ? len : 1;
}

static Str rest_of(Str text, size_t from) { return str_sub(text, from, text.len); }

/* One character of a set or pattern, its escape taken off; false when the pattern ends in the escape. */
static bool pattern_char(Str *pattern, bool escapes, uint32_t *code, bool *plain) {
  *pattern = rest_of(*pattern, decode(*pattern, code));
  *plain = escapes && *code == '!';
  if (!*plain) return true;
  if (pattern->len == 0) return false;
  *pattern = rest_of(*pattern, decode(*pattern, code));
  return true;
}

/* Behind the [: whether the set holds the character; false in *valid when it is not closed. */
static bool in_set(Str *pattern, bool escapes, uint32_t wanted, bool *valid) {
  bool negated = pattern->len && pattern->ptr[0] == '^', found = false, open = false;
  uint32_t last = 0, code;
  bool plain, alone = false;
  if (negated) *pattern = rest_of(*pattern, 1);
  while (pattern->len) {
    if (!pattern_char(pattern, escapes, &code, &plain)) break;
    if (!plain && code == ']') return (found || (open && wanted == '-')) != negated;
    if (!plain && code == '-' && alone) {
      open = true;
      alone = false;
    } else if (open) {
      found |= wanted >= last && wanted <= code;
      open = false;
    } else {
      found |= wanted == code;
      last = code;
      alone = true;
    }
  }
  *valid = false;
  return false;
}

static bool is_valid(Str pattern, bool escapes) {
  uint32_t code;
  bool plain, valid = true;
  while (pattern.len && valid) {
    if (!pattern_char(&pattern, escapes, &code, &plain)) return false;
    if (!plain && code == '[') in_set(&pattern, escapes, 0, &valid);
  }
  return valid;
}

/* -1: gave up. */
static int matches(Str pattern, bool escapes, Str text, int *tries) {
  uint32_t code, seen;
  bool plain, valid = true;
  if (--*tries < 0) return -1;
  if (pattern.len == 0) return text.len == 0;
  Str behind = pattern;
  pattern_char(&behind, escapes, &code, &plain);
  if (!plain && code == '%') {
    for (;; text = rest_of(text, decode(text, &seen))) {
      int match = matches(behind, escapes, text, tries);
      if (match || text.len == 0) return match;
    }
  }
  if (text.len == 0) return 0;
  Str rest = rest_of(text, decode(text, &seen));
  if (!plain && code == '[' && !in_set(&behind, escapes, seen, &valid)) return 0;
  bool same = (!plain && (code == '_' || code == '[')) || code == seen;
  return same ? matches(behind, escapes, rest, tries) : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1 || size > 400) return 0;
  bool escapes = data[0] & 1;
  size_t len = (size_t)(data[0] >> 1) % size;
  Str pattern = {(const char *)data + 1, len}, text = {pattern.ptr + len, size - 1 - len};
  if (utf8_invalid_at(pattern) != pattern.len || utf8_invalid_at(text) != text.len) return 0;
  LikePattern *like = like_compile(pattern, escapes ? STR("!") : STR(""));
  bool got = like_matches(like, text);
  ptrdiff_t place = like_find(like, text);
  int tries = TRIES;
  int want = is_valid(pattern, escapes) ? matches(pattern, escapes, text, &tries) : 0;
  if (want >= 0 && got != want) BUG("LIKE says %d, the slow way %d", got, want);
  if (got && place < 0) BUG("PATINDEX finds nothing where LIKE matches");
  like_free(like);
  return 0;
}
