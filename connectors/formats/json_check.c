/* json_check.c: see json_check.h. The loop alternates between "a value stands here" and "a value has just ended"; a bit
** a level says whether the level is an object. Objects and arrays nest JSON_WALK_DEPTH_MAX deep at most: the
** walk has refused what is deeper. */
#include "connectors/formats/json_check.h"

#include <string.h>

#include "connectors/formats/json_walk.h"

typedef struct Checker {
  const char     *base;
  const uint32_t *tokens;
  uint32_t        at;
  uint32_t        depth;       /* brackets open around `at` */
  uint64_t        objects[JSON_WALK_DEPTH_MAX / 64 + 1];
  bool            backslashes;
  const char     *wrong;       /* the place that is not JSON */
  const char     *expected;
} Checker;

/* What may stand behind a number or word. */
static const bool ends_scalar[256] = {[','] = true, ['}'] = true, [']'] = true, [' '] = true,
                                      ['\n'] = true, ['\r'] = true, ['\t'] = true};

static inline const char *here(const Checker *check) { return check->base + check->tokens[check->at]; }
static inline bool is_digit(char c) { return (unsigned char)(c - '0') < 10; }

static inline bool wrong(Checker *check, const char *at, const char *expected) {
  check->wrong = at;
  check->expected = expected;
  return false;
}

/* ---- scalars ---- */

/* The place behind an escape, NULL when it is none. */
static const char *escape_end(const char *at) {
  if (at[1] == 0 || strchr("\"\\/bfnrtu", at[1]) == NULL) return NULL;
  if (at[1] != 'u') return at + 2;
  for (int i = 2; i < 6; i++) {
    char lower = (char)(at[i] | 0x20);
    if (!is_digit(at[i]) && (lower < 'a' || lower > 'f')) return NULL;
  }
  return at + 6;
}

/* Moves behind the text at hand. Its closing quote is there, or the index would have said so. */
static inline bool check_text(Checker *check) {
  const char *at = here(check) + 1, *end = check->base + check->tokens[++check->at];
  if (!check->backslashes) return true;
  while ((at = memchr(at, '\\', (size_t)(end - at))) != NULL) {
    const char *behind = escape_end(at);
    if (behind == NULL) return wrong(check, at, "a valid escape");
    at = behind;
  }
  return true;
}

static const char *digits_end(const char *at) {
  while (is_digit(*at)) at++;
  return at;
}

/* The place behind the number at `at`, NULL when it is none. */
static inline const char *number_end(const char *at) {
  if (*at == '-') at++;
  const char *first = at;
  at = digits_end(at);
  if (at == first || (at - first > 1 && *first == '0')) return NULL;
  if (*at == '.') {
    if (!is_digit(*++at)) return NULL;
    at = digits_end(at);
  }
  if ((*at | 0x20) != 'e') return at;
  at++;
  if (*at == '+' || *at == '-') at++;
  return is_digit(*at) ? digits_end(at) : NULL;
}

static inline const char *word_end(const char *at) {
  if (memcmp(at, "true", 4) == 0 || memcmp(at, "null", 4) == 0) return at + 4;
  return memcmp(at, "false", 5) == 0 ? at + 5 : NULL;
}

static inline bool check_plain(Checker *check, const char *end) {
  if (end == NULL || !ends_scalar[(unsigned char)*end]) return wrong(check, here(check), "a value");
  check->at++;
  return true;
}

/* ---- structure ---- */

static inline bool in_object(const Checker *check) {
  uint32_t level = check->depth - 1;
  return check->objects[level >> 6] >> (level & 63) & 1;
}

static inline bool check_name(Checker *check) {
  if (*here(check) != '"') return wrong(check, here(check), "a field name in quotes");
  if (!check_text(check)) return false;
  if (*here(check) != ':') return wrong(check, here(check), "`:` behind a field name");
  check->at++;
  return true;
}

/* Into the bracket at hand, to its first value; *ended when it has none. */
static inline bool enter(Checker *check, bool object, bool *ended) {
  uint64_t bit = UINT64_C(1) << (check->depth & 63), *word = &check->objects[check->depth >> 6];
  *word = object ? *word | bit : *word & ~bit;
  check->depth++;
  check->at++;
  *ended = *here(check) == (object ? '}' : ']');
  return *ended || !object || check_name(check);
}

/* One scalar, or into a bracket; *ended tells that a value stands behind us. */
static inline bool check_value(Checker *check, bool *ended) {
  const char *at = here(check);
  *ended = true;
  switch (*at) {
    case '"': return check_text(check);
    case '{': return enter(check, true, ended);
    case '[': return enter(check, false, ended);
    case 't':
    case 'f':
    case 'n': return check_plain(check, word_end(at));
    default: return check_plain(check, number_end(at));
  }
}

/* Behind a value: out of the brackets that end, over the comma to the next value. */
static inline bool check_behind(Checker *check) {
  while (check->depth) {
    bool object = in_object(check);
    char c = *here(check);
    if (c != ',' && c != (object ? '}' : ']')) return wrong(check, here(check), object ? "`,` or `}`" : "`,` or `]`");
    check->at++;
    if (c == ',') return !object || check_name(check);
    check->depth--;
  }
  return true;
}

const char *json_check(const char *base, const uint32_t *tokens, uint32_t open, bool backslashes,
                       const char **expected) {
  Checker check = {.base = base, .tokens = tokens, .at = open, .backslashes = backslashes};
  bool well, ended;
  do {
    well = check_value(&check, &ended);
    if (well && ended) well = check_behind(&check);
  } while (well && check.depth);
  *expected = check.expected;
  return check.wrong;
}
