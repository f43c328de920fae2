/* json_valid.c: the full check of a JSON text (RFC 8259): grammar, escapes, numbers and UTF-8.
**
** No recursion: a bit a level says whether the level is an object. The loop alternates between "a value
** must stand here" and "a value has just ended". */
#include "types/json.h"

#include "types/json_scan.h"
#include "base/utf8.h"

typedef struct Checker {
  const char *at, *end;
  unsigned    depth;
  uint64_t    objects[JSON_DEPTH_MAX / 64 + 1]; /* bit per level: 1 = object */
} Checker;

static bool in_object(const Checker *check) {
  unsigned level = check->depth - 1;
  return check->objects[level / 64] >> (level % 64) & 1;
}

static bool enter(Checker *check, bool object) {
  if (check->depth == JSON_DEPTH_MAX) return false;
  uint64_t bit = UINT64_C(1) << (check->depth % 64);
  uint64_t *word = &check->objects[check->depth / 64];
  *word = object ? *word | bit : *word & ~bit;
  check->depth++;
  return true;
}

static bool blank_then(Checker *check, char wanted) {
  check->at = json_skip_blanks(check->at, check->end);
  if (check->at == check->end || *check->at != wanted) return false;
  check->at++;
  return true;
}

static bool check_escape(Checker *check) {
  const char *at = check->at + 1;
  if (at == check->end || *at == 0 || strchr("\"\\/bfnrtu", *at) == NULL) return false;
  bool unicode = *at++ == 'u';
  for (int i = 0; unicode && i < 4; i++, at++) {
    if (at == check->end) return false;
    char c = (char)(*at | 0x20);
    if (!json_is_digit(*at) && (c < 'a' || c > 'f')) return false;
  }
  check->at = at;
  return true;
}

/* Behind the opening quote, up to and over the closing one. */
static bool check_string(Checker *check) {
  while (check->at < check->end) {
    unsigned char c = (unsigned char)*check->at;
    if (c == '"') {
      check->at++;
      return true;
    }
    if (c == '\\') {
      if (!check_escape(check)) return false;
    } else if (c < 0x20) {
      return false;
    } else {
      unsigned len = utf8_length(check->at, check->end);
      if (len == 0) return false;
      check->at += len;
    }
  }
  return false;
}

static bool check_literal(Checker *check, const char *word) {
  size_t len = strlen(word);
  if ((size_t)(check->end - check->at) < len || memcmp(check->at, word, len) != 0) return false;
  check->at += len;
  return true;
}

static bool check_number(Checker *check) {
  bool integral;
  const char *after = json_skip_number(check->at, check->end, &integral);
  if (after == NULL) return false;
  check->at = after;
  return true;
}

static bool check_key(Checker *check) {
  return blank_then(check, '"') && check_string(check) && blank_then(check, ':');
}

/* A scalar, or an opening bracket; *ended tells that a whole value stands behind us. */
static bool check_begin(Checker *check, bool *ended) {
  check->at = json_skip_blanks(check->at, check->end);
  *ended = true;
  if (check->at == check->end) return false;
  switch (*check->at) {
    case '"': check->at++; return check_string(check);
    case 't': return check_literal(check, "true");
    case 'f': return check_literal(check, "false");
    case 'n': return check_literal(check, "null");
    case '{':
    case '[': break;
    default: return check_number(check);
  }
  bool object = *check->at == '{';
  if (!enter(check, object)) return false;
  check->at++;
  if (blank_then(check, object ? '}' : ']')) {
    check->depth--;
    return true;
  }
  *ended = false;
  return !object || check_key(check);
}

/* Behind a value inside a container: closing brackets, then a comma or the end of all. */
static bool check_after(Checker *check) {
  while (check->depth) {
    if (blank_then(check, in_object(check) ? '}' : ']')) check->depth--;
    else return blank_then(check, ',') && (!in_object(check) || check_key(check));
  }
  return true;
}

static bool check_all(Checker *check) {
  do {
    bool ended;
    do {
      if (!check_begin(check, &ended)) return false;
    } while (!ended);
    if (!check_after(check)) return false;
  } while (check->depth);
  check->at = json_skip_blanks(check->at, check->end);
  return check->at == check->end;
}

bool json_valid(Str text, size_t *error_at) {
  Checker check = {.at = text.ptr, .end = text.ptr + text.len};
  bool ok = check_all(&check);
  if (!ok && error_at) *error_at = (size_t)(check.at - text.ptr);
  return ok;
}
