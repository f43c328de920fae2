/* json_walk.c: see json_walk.h.
**
** An object is walked twice at most. The known walk follows the shape its node has learned (json_plan.h):
**
**     tokens   {   "TollId"   :   14   ,   "EntryTime"   :   "2026-..."   ,   ...   }
**     shape        "TollId"                "EntryTime"
**
** two 8-byte compares a key with its colon, then the value, the comma. A key the rest of the shape does not
** hold ends it, and the careful walk starts the object again: it looks each key up, applies "the exact spelling
** wins, else the first; of duplicates the last", and teaches the shape.
**
** No loop here checks for the end of the tokens: the two sentinels behind them point to a NUL byte, which is
** neither bracket, colon, comma, quote nor the start of a value. */
#include "connectors/formats/json_walk.h"

#include <stdio.h>
#include "connectors/formats/json_check.h"
#include "types/datetime.h"
#include "types/json.h"
#include "types/number.h"

#define WALK_UNKNOWN (UINT32_MAX - 1) /* the known walk met a key it does not know */

typedef enum ValueKind { VALUE_BAD, VALUE_STRING, VALUE_NUMBER, VALUE_WORD, VALUE_OBJECT, VALUE_ARRAY } ValueKind;

static const uint8_t value_kinds[256] = {
  ['"'] = VALUE_STRING, ['{'] = VALUE_OBJECT, ['['] = VALUE_ARRAY, ['t'] = VALUE_WORD, ['f'] = VALUE_WORD,
  ['n'] = VALUE_WORD,   ['-'] = VALUE_NUMBER, ['0' ... '9'] = VALUE_NUMBER,
};
/* What text and numbers begin with: they are one token. */
static const bool begins_scalar[256] = {['"'] = true, ['-'] = true, ['0' ... '9'] = true};
/* What may stand behind a number or word. */
static const bool ends_scalar[256] = {[','] = true, ['}'] = true, [']'] = true, [' '] = true,
                                      ['\n'] = true, ['\r'] = true, ['\t'] = true};

static inline const char *token(const JsonWalk *walk, uint32_t at) { return walk->base + walk->tokens[at]; }
static inline bool is_digit(char c) { return (unsigned char)(c - '0') < 10; }

/* ---- what was wrong ---- */

/* Up to 24 bytes of the text at p, as far as they belong together. */
static Str excerpt(const JsonWalk *walk, const char *p) {
  size_t len = 0, left = p < walk->end ? (size_t)(walk->end - p) : 0, most = left < 24 ? left : 24;
  while (len < most && (unsigned char)p[len] > ' ' && (len == 0 || !ends_scalar[(unsigned char)p[len]])) len++;
  while (len > 0 && len == 24 && ((unsigned char)p[len] & 0xc0) == 0x80) len--; /* no half character */
  return (Str){p, len};
}

static uint32_t bad(JsonWalk *walk, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold, noinline));
static uint32_t bad(JsonWalk *walk, const char *at, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(walk->why, sizeof walk->why, format, args);
  va_end(args);
  walk->why_at = at;
  return JSON_WALK_BAD;
}

static uint32_t bad_expected(JsonWalk *walk, const char *at, const char *what) __attribute__((cold, noinline));
static uint32_t bad_expected(JsonWalk *walk, const char *at, const char *what) {
  Str found = excerpt(walk, at);
  if (found.len == 0) return bad(walk, at, "expected %s, found the end", what);
  return bad(walk, at, "expected %s, found `" STR_FMT "`", what, STR_ARG(found));
}

/* ---- skipping ---- */

static uint32_t skip_brackets(JsonWalk *walk, uint32_t at, uint32_t levels_around) {
  uint64_t kinds[JSON_WALK_DEPTH_MAX / 64 + 1]; /* a stack of bits: 1 is an object */
  const char *open = token(walk, at);
  uint32_t depth = 0, depth_max = JSON_WALK_DEPTH_MAX - levels_around;
  for (;; at++) {
    char c = *token(walk, at);
    if (c == '{' || c == '[') {
      if (depth == depth_max)
        return bad(walk, open, "nesting is deeper than %d levels", JSON_WALK_DEPTH_MAX);
      uint64_t bit = 1ull << (depth & 63), *word = &kinds[depth >> 6];
      *word = (depth & 63 ? *word & ~bit : 0) | (c == '{' ? bit : 0);
      depth++;
    } else if (c == '}' || c == ']') {
      depth--;
      if ((kinds[depth >> 6] >> (depth & 63) & 1) != (c == '}'))
        return bad(walk, token(walk, at), "`%c` closes the wrong bracket", c);
      if (depth == 0) return at;
    } else if (c == 0) {
      return bad(walk, open, "a bracket is never closed");
    }
  }
}

/* The token behind the value at `at`, whatever it is. */
static inline uint32_t skip_value(JsonWalk *walk, uint32_t at, uint32_t depth) {
  switch ((ValueKind)value_kinds[(unsigned char)*token(walk, at)]) {
    case VALUE_STRING:
    case VALUE_NUMBER:
    case VALUE_WORD: return at + 1;
    case VALUE_OBJECT:
    case VALUE_ARRAY: {
      uint32_t close = skip_brackets(walk, at, depth);
      return close == JSON_WALK_BAD ? close : close + 1;
    }
    case VALUE_BAD: break;
  }
  return bad_expected(walk, token(walk, at), "a value");
}

/* ---- scalars ---- */

/* The text between the quotes of the string token `at`; the next token follows it, blanks between. */
static inline Str string_inside(const JsonWalk *walk, uint32_t at) {
  const char *begin = token(walk, at) + 1, *end = token(walk, at + 1) - 1;
  while (*end != '"') end--;
  return (Str){begin, (size_t)(end - begin)};
}

static bool put_unescaped(JsonWalk *walk, RowField *field, Str raw) {
  strbuf_clear(&walk->key);
  if (!json_unescape(raw, &walk->key)) return bad(walk, raw.ptr, "text with a bad escape"), false;
  char *space = row_store_text(walk->store, walk->key.len);
  if (walk->key.len) memcpy(space, walk->key.ptr, walk->key.len);
  row_put_text(field, walk->store->rows, TYPE_TEXT, space, (uint32_t)walk->key.len);
  return true;
}

static inline bool put_string(JsonWalk *walk, RowField *field, uint32_t at) {
  char next = *token(walk, at + 1);
  if (next != ',' && next != '}') return bad_expected(walk, token(walk, at + 1), "`,` or `}`"), false;
  Str raw = string_inside(walk, at);
  if (walk->backslashes && raw.len && memchr(raw.ptr, '\\', raw.len)) {
    if (!put_unescaped(walk, field, raw)) return false;
  } else {
    row_put_text(field, walk->store->rows, TYPE_TEXT, walk->origin + (raw.ptr - walk->base), (uint32_t)raw.len);
  }
  return true;
}

static uint32_t bad_number(JsonWalk *walk, const char *at) {
  Str found = excerpt(walk, at);
  if (found.ptr + found.len == walk->end) return bad_expected(walk, walk->end, "`,` or `}`");
  return bad(walk, at, "`" STR_FMT "` is not a number", STR_ARG(found));
}

/* The place behind the digits at p, NULL when there is none. */
static inline const char *digits_end(const char *p) {
  if (!is_digit(*p)) return NULL;
  while (is_digit(*p)) p++;
  return p;
}

/* A number whose digits make an integer below 2^53 and whose power of ten is at most 22 is the exact quotient
** or product of two doubles; everything else goes to the library. */
static bool put_float(JsonWalk *walk, RowField *field, const char *begin) {
  static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const char *p = begin + (*begin == '-'), *first = p;
  uint64_t digits = 0;
  while (is_digit(*p)) digits = digits * 10 + (uint64_t)(*p++ - '0');
  ptrdiff_t whole = p - first, fraction = 0;
  if (*p == '.') {
    const char *point = ++p;
    while (is_digit(*p)) digits = digits * 10 + (uint64_t)(*p++ - '0');
    fraction = p - point;
    if (fraction == 0) return bad_number(walk, begin), false;
  }
  bool exponent = (*p | 0x20) == 'e';
  if (exponent) {
    p++;
    if (*p == '+' || *p == '-') p++;
    p = digits_end(p);
  }
  if (p == NULL || !ends_scalar[(unsigned char)*p]) return bad_number(walk, begin), false;
  double value;
  if (!exponent && whole + fraction <= 19 && digits <= 1ull << 53 && fraction <= 22) {
    value = (double)digits / powers[fraction];
    if (*begin == '-') value = -value;
  } else if (!float_parse(begin, (size_t)(p - begin), &value)) {
    Str found = excerpt(walk, begin);
    return bad(walk, begin, "the number " STR_FMT " is out of the range of a float", STR_ARG(found)), false;
  }
  row_put_f64(field, walk->store->rows, value);
  return true;
}

/* An integer of any length, or a float: what put_number does not do at once. */
static bool put_long_number(JsonWalk *walk, RowField *field, const char *begin) {
  const char *p = begin + (*begin == '-'), *first = p;
  uint64_t value = 0;
  while (is_digit(*p)) value = value * 10 + (uint64_t)(*p++ - '0');
  ptrdiff_t len = p - first;
  if (len == 0 || (len > 1 && *first == '0')) return bad_number(walk, begin), false;
  if (*p == '.' || (*p | 0x20) == 'e') return put_float(walk, field, begin);
  if (!ends_scalar[(unsigned char)*p]) return bad_number(walk, begin), false;
  bool negative = *begin == '-';
  if (len > 19 || (len == 19 && value > (uint64_t)INT64_MAX + negative)) {
    Str found = excerpt(walk, begin);
    return bad(walk, begin, "the integer " STR_FMT " does not fit 64 bits", STR_ARG(found)), false;
  }
  row_put_i64(field, walk->store->rows, TYPE_BIGINT, (int64_t)(negative ? 0 - value : value));
  return true;
}

/* How many of the 8 bytes at p are digits before the first that is none; *value: the number they make. Works
** on all eight at once, since the lengths of numbers are what a branch predictor cannot guess. */
static inline unsigned short_digits(const char *p, uint64_t *value) {
  uint64_t word;
  memcpy(&word, p, 8);
  uint64_t digits = word ^ 0x3030303030303030u;
  uint64_t others = ((digits + 0x7676767676767676u) | digits) & 0x8080808080808080u;
  if (others == 0) return 8;
  unsigned bits = (unsigned)__builtin_ctzll(others) & ~7u;
  digits = digits << 8 << (56 - bits); /* zeros in front; in two steps, as no digit at all shifts by 64 */
  digits = (digits * 10 + (digits >> 8)) & 0x00ff00ff00ff00ffu;
  digits = (digits * 100 + (digits >> 16)) & 0x0000ffff0000ffffu;
  *value = (digits * 10000 + (digits >> 32)) & 0xffffffffu;
  return bits / 8;
}

/* Integers of up to 7 digits, and decimals of up to 7 on both sides. Whether there is a point follows no pattern
** where fields are spelt both `4` and `4.5`: both readings are made and one is chosen without a branch. */
static inline bool put_decimal(JsonWalk *walk, RowField *field, uint32_t row, const char *begin) {
  static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
  static const uint64_t scales[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
  uint64_t minus = *begin == '-', whole = 0, fraction = 0;
  const char *p = begin + minus;
  unsigned len = short_digits(p, &whole);
  uint64_t point = p[len] == '.';
  const char *behind = p + len + point;
  unsigned places = short_digits(behind, &fraction); /* none without a point */
  bool usual = (len - 1 < 7) & ((len == 1) | (*p != '0')) & (places - (unsigned)point < 7) &
               ends_scalar[(unsigned char)behind[places]];
  if (!usual) return put_long_number(walk, field, begin);
  double value = (double)(int64_t)(whole * scales[places] + fraction) / powers[places];
  uint64_t as_float, as_int = (whole ^ -minus) + minus;
  memcpy(&as_float, &value, 8);
  as_float |= minus << 63;
  row_put_i64(field, row, (uint8_t)(TYPE_BIGINT ^ ((TYPE_BIGINT ^ TYPE_FLOAT) & -(int)point)),
              (int64_t)((as_float & -point) | (as_int & ~-point)));
  return true;
}

static inline bool put_number(JsonWalk *walk, JsonKey *key, RowField *field, uint32_t row, const char *begin) {
  if (key->fractions) return put_decimal(walk, field, row, begin);
  const char *p = begin + (*begin == '-');
  uint64_t whole = 0;
  unsigned len = short_digits(p, &whole);
  if ((len - 1 >= 7) | ((len > 1) & (*p == '0'))) return put_long_number(walk, field, begin);
  if (!ends_scalar[(unsigned char)p[len]]) {
    key->fractions = true;
    return put_decimal(walk, field, row, begin);
  }
  row_put_i64(field, row, TYPE_BIGINT, *begin == '-' ? -(int64_t)whole : (int64_t)whole);
  return true;
}

static bool put_word(JsonWalk *walk, RowField *field, uint32_t at) {
  const char *p = token(walk, at);
  uint32_t row = walk->store->rows;
  if (memcmp(p, "true", 4) == 0 && ends_scalar[(unsigned char)p[4]])
    return row_put_i64(field, row, walk->compat <= 11 ? TYPE_BIGINT : TYPE_BIT, 1), true;
  if (memcmp(p, "false", 5) == 0 && ends_scalar[(unsigned char)p[5]])
    return row_put_i64(field, row, walk->compat <= 11 ? TYPE_BIGINT : TYPE_BIT, 0), true;
  if (memcmp(p, "null", 4) == 0 && ends_scalar[(unsigned char)p[4]]) {
    field->tags[row] = TAG_NULL;
    return true;
  }
  return bad_expected(walk, p, "a value"), false;
}

/* ---- declared types ---- */

static bool text_to_datetime(RowField *field, uint32_t row) {
  Ticks ticks;
  const Text *text = &field->slots[row].text;
  if (!datetime_parse(text_ptr(text), text->len, &ticks)) return false;
  row_put_i64(field, row, TYPE_DATETIME, ticks);
  return true;
}

/* Makes the value just put conform to CREATE TABLE (semantics.md section 7). False: it does not. */
static bool conform(JsonWalk *walk, RowField *field, Type declared, const char *raw) {
  uint32_t row = walk->store->rows;
  uint8_t tag = field->tags[row];
  if (tag == TAG_NULL || tag == declared) return true;
  if (declared == TYPE_FLOAT && tag == TYPE_BIGINT && (is_digit(*raw) || *raw == '-')) {
    row_put_f64(field, row, (double)field->slots[row].i);
    return true;
  }
  if (declared == TYPE_BIT && tag == TYPE_BIGINT && value_kinds[(unsigned char)*raw] == VALUE_WORD) {
    field->tags[row] = TYPE_BIT; /* true and false in front of level 1.2 */
    return true;
  }
  return declared == TYPE_DATETIME && tag == TYPE_TEXT && text_to_datetime(field, row);
}

static bool bad_type(JsonWalk *walk, const JsonSlot *slot, const char *raw, Type found) {
  static const char *const kinds[] = {[TYPE_BIT] = "a bit", [TYPE_BIGINT] = "an integer", [TYPE_FLOAT] = "a number",
                                      [TYPE_TEXT] = "text", [TYPE_RECORD] = "a record", [TYPE_ARRAY] = "an array"};
  Str text = excerpt(walk, raw);
  bad(walk, raw, "field `" STR_FMT "` is declared %s, found %s `" STR_FMT "`", STR_ARG(slot->name),
      type_name(slot->declared), found < TYPE_COUNT && kinds[found] ? kinds[found] : "another value", STR_ARG(text));
  return false;
}

/* What follows a value that has been put: compatibility level 1.0 and CREATE TABLE. */
static bool finish_value(JsonWalk *walk, const JsonSlot *slot, RowField *field, uint32_t at) {
  uint32_t row = walk->store->rows;
  if (slot->declared == TYPE_NULL) {
    if (walk->compat == 10 && field->tags[row] == TYPE_TEXT) text_to_datetime(field, row);
    return true;
  }
  Type found = (Type)field->tags[row];
  return conform(walk, field, slot->declared, token(walk, at)) || bad_type(walk, slot, token(walk, at), found);
}

/* ---- values ---- */

static uint32_t walk_object(JsonWalk *walk, JsonPlanNode *node, uint32_t at, uint32_t depth);

/* Puts the object or array [at, close] as a slice of the payload. */
static void put_slice(JsonWalk *walk, RowField *field, uint32_t at, uint32_t close) {
  const char *begin = token(walk, at);
  uint32_t len = walk->tokens[close] - walk->tokens[at] + 1;
  row_put_text(field, walk->store->rows, *begin == '{' ? TYPE_RECORD : TYPE_ARRAY,
               walk->origin + (begin - walk->base), len);
}

static uint32_t value_bracket(JsonWalk *walk, const JsonName *name, uint32_t at, uint32_t depth) {
  bool inside = name->child && *token(walk, at) == '{';
  uint32_t close = inside ? walk_object(walk, name->child, at, depth + 1) : skip_brackets(walk, at, depth);
  if (close == JSON_WALK_BAD) return close;
  if (name->slots_len && !json_walk_check(walk, at)) return JSON_WALK_BAD;
  for (uint32_t i = 0; i < name->slots_len; i++) {
    RowField *field = &walk->store->fields[name->slots[i].field];
    put_slice(walk, field, at, close);
    if (!finish_value(walk, &name->slots[i], field, at)) return JSON_WALK_BAD;
  }
  return close + 1;
}

/* Puts the value at token `at` where the name wants it; returns the token behind it. */
static inline uint32_t put_value(JsonWalk *walk, const JsonName *name, uint32_t at, uint32_t depth) {
  ValueKind kind = (ValueKind)value_kinds[(unsigned char)*token(walk, at)];
  if (kind == VALUE_OBJECT || kind == VALUE_ARRAY) return value_bracket(walk, name, at, depth);
  if (kind == VALUE_BAD) return bad_expected(walk, token(walk, at), "a value");
  for (uint32_t i = 0; i < name->slots_len; i++) {
    const JsonSlot *slot = &name->slots[i];
    RowField *field = &walk->store->fields[slot->field];
    bool good = kind == VALUE_STRING   ? put_string(walk, field, at)
                : kind == VALUE_NUMBER ? put_decimal(walk, field, walk->store->rows, token(walk, at))
                                       : put_word(walk, field, at);
    if (!good) return JSON_WALK_BAD;
    if ((slot->declared != TYPE_NULL || walk->compat == 10) && !finish_value(walk, slot, field, at))
      return JSON_WALK_BAD;
  }
  return at + 1;
}

/* ---- objects ---- */

/* Forgets what a name, or everything below a node, has put into this row. */
static void clear_node(JsonWalk *walk, const JsonPlanNode *node);
static void clear_name(JsonWalk *walk, const JsonName *name) {
  for (uint32_t i = 0; i < name->slots_len; i++)
    walk->store->fields[name->slots[i].field].tags[walk->store->rows] = TAG_MISSING;
  if (name->child) clear_node(walk, name->child);
}
static void clear_node(JsonWalk *walk, const JsonPlanNode *node) {
  for (uint32_t i = 0; i < node->names_len; i++) clear_name(walk, &node->names[i]);
}

/* Puts the values of a key that asks for more than its value in one column. */
static uint32_t put_known(JsonWalk *walk, const JsonPlanNode *node, const JsonKey *key, uint32_t at, uint32_t depth) {
  uint32_t next = at;
  for (uint32_t i = 0; i < key->group_len && next != JSON_WALK_BAD; i++)
    next = put_value(walk, &node->names[key->group + i], at, depth);
  return next;
}

/* The next key of the shape, from `key` on, that stands at token `at`; NULL when none does. */
static JsonKey *find_key(const JsonWalk *walk, JsonKey *key, const JsonKey *end, uint32_t at) {
  uint32_t room = walk->tokens[at + 1] - walk->tokens[at];
  for (; key < end; key++)
    if (key->quoted_len <= room && memcmp(token(walk, at), key->quoted, key->quoted_len) == 0) return key;
  return NULL;
}

static uint32_t walk_known(JsonWalk *walk, JsonPlanNode *node, uint32_t at, uint32_t depth) {
  JsonKey *key = node->shape;
  const JsonKey *end = node->shape + node->shape_len;
  const char *base = walk->base; /* in registers: the stores below might alias the struct */
  const uint32_t *tokens = walk->tokens;
  RowField *fields = walk->store->fields;
  uint32_t row = walk->store->rows;
  if (base[tokens[++at]] == '}') return at;
  for (;; key++) {
    if (!json_key_is_tight(key, base + tokens[at])) {
      key = find_key(walk, key, end, at);
      if (key == NULL) return WALK_UNKNOWN;
      if (base[tokens[at + 1]] != ':') return bad_expected(walk, base + tokens[at + 1], "`:` behind a field name");
    } else if (key->group == JSON_NO_GROUP && begins_scalar[(unsigned char)base[tokens[at + 2]]] &&
               base[tokens[at + 3]] == ',') { /* what most keys are: nobody wants them, and another follows */
      at += 4;
      continue;
    }
    at += 2;
    const char *value = base + tokens[at];
    ValueKind kind = (ValueKind)value_kinds[(unsigned char)*value];
    if (key->group == JSON_NO_GROUP) {
      at = kind == VALUE_STRING || kind == VALUE_NUMBER ? at + 1 : skip_value(walk, at, depth);
    } else if (key->plain == JSON_NO_GROUP || (kind != VALUE_STRING && kind != VALUE_NUMBER)) {
      at = put_known(walk, node, key, at, depth);
    } else {
      RowField *field = &fields[key->plain];
      bool good = kind == VALUE_STRING ? put_string(walk, field, at) : put_number(walk, key, field, row, value);
      at = good ? at + 1 : JSON_WALK_BAD;
    }
    if (at == JSON_WALK_BAD) return at;
    char c = base[tokens[at]];
    if (c == '}') return at;
    if (c != ',') return bad_expected(walk, base + tokens[at], "`,` or `}`");
    at++;
  }
}

/* Whether a value of this spelling replaces what the name has: the exact spelling wins, else the first
** spelling met; of one spelling the last. At level 1.0 names are lower-cased, so all spellings are one. */
static bool takes(const JsonWalk *walk, JsonName *name, Str key) {
  if (walk->compat == 10 || str_eq(name->name, key)) {
    name->seen = NAME_EXACT;
    return true;
  }
  if (name->seen == NAME_EXACT) return false;
  if (name->seen == NAME_OTHER_CASE) return str_eq(name->seen_key, key);
  name->seen = NAME_OTHER_CASE;
  name->seen_key = key;
  return true;
}

/* The name a raw key stands for; raw itself unless it holds escapes. A bad escape stands for itself. */
static Str key_text(JsonWalk *walk, Str raw) {
  if (!walk->backslashes || raw.len == 0 || memchr(raw.ptr, '\\', raw.len) == NULL) return raw;
  strbuf_clear(&walk->key);
  if (!json_unescape(raw, &walk->key)) return raw;
  char *space = row_store_text(walk->store, walk->key.len); /* seen_key may refer to it */
  if (walk->key.len) memcpy(space, walk->key.ptr, walk->key.len);
  return (Str){space, walk->key.len};
}

/* Puts the value for every name of the group that takes it; returns the token behind the value. */
static uint32_t put_group(JsonWalk *walk, JsonPlanNode *node, const JsonMetKey *met, Str key, uint32_t at,
                          uint32_t depth) {
  uint32_t next = skip_value(walk, at, depth);
  for (uint32_t i = 0; i < met->group_len && next != JSON_WALK_BAD; i++) {
    JsonName *name = &node->names[met->group + i];
    if (!takes(walk, name, key)) continue;
    clear_name(walk, name);
    next = put_value(walk, name, at, depth);
  }
  return next;
}

typedef struct Lesson { /* what a careful walk has to teach */
  JsonMetKey keys[JSON_SHAPE_MAX];
  uint32_t   len;
  bool       unfit; /* a key or a group came twice, or there are too many */
} Lesson;

static void lesson_add(Lesson *lesson, const JsonMetKey *met) {
  if (lesson->unfit) return;
  for (uint32_t i = 0; i < lesson->len; i++)
    if (str_eq(lesson->keys[i].quoted, met->quoted) ||
        (met->group != JSON_NO_GROUP && lesson->keys[i].group == met->group))
      lesson->unfit = true;
  if (lesson->len == JSON_SHAPE_MAX) lesson->unfit = true;
  if (!lesson->unfit) lesson->keys[lesson->len++] = *met;
}

/* One member at token `at`; returns the token of the comma or bracket behind it. */
static uint32_t careful_member(JsonWalk *walk, JsonPlanNode *node, Lesson *lesson, uint32_t at, uint32_t depth) {
  if (*token(walk, at) != '"') return bad_expected(walk, token(walk, at), "a field name in quotes");
  if (*token(walk, at + 1) != ':') return bad_expected(walk, token(walk, at + 1), "`:` behind a field name");
  Str raw = string_inside(walk, at), key = key_text(walk, raw);
  JsonMetKey met = {.quoted = {raw.ptr - 1, raw.len + 2}};
  met.group = json_plan_group(node, key, &met.group_len);
  lesson_add(lesson, &met);
  if (met.group == JSON_NO_GROUP) return skip_value(walk, at + 2, depth);
  return put_group(walk, node, &met, key, at + 2, depth);
}

static uint32_t walk_careful(JsonWalk *walk, JsonPlanNode *node, uint32_t at, uint32_t depth) {
  Lesson lesson;
  lesson.len = 0;
  lesson.unfit = node->changes >= JSON_SHAPE_CHANGES_MAX;
  clear_node(walk, node);
  for (uint32_t i = 0; i < node->names_len; i++) node->names[i].seen = NAME_UNSEEN;
  while (true) {
    at = careful_member(walk, node, &lesson, at + 1, depth);
    if (at == JSON_WALK_BAD) return at;
    char c = *token(walk, at);
    if (c == '}') break;
    if (c != ',') return bad_expected(walk, token(walk, at), "`,` or `}`");
  }
  if (!lesson.unfit) json_plan_learn(node, lesson.keys, lesson.len);
  return at;
}

static uint32_t walk_object(JsonWalk *walk, JsonPlanNode *node, uint32_t at, uint32_t depth) {
  if (depth > JSON_WALK_DEPTH_MAX)
    return bad(walk, token(walk, at), "nesting is deeper than %d levels", JSON_WALK_DEPTH_MAX);
  uint32_t close = walk_known(walk, node, at, depth);
  return close == WALK_UNKNOWN ? walk_careful(walk, node, at, depth) : close;
}

static bool has_required(JsonWalk *walk, const DecodeField *fields, uint32_t len, uint32_t first) {
  for (uint32_t i = 0; i < len; i++) {
    if (!fields[i].required || walk->store->fields[first + i].tags[walk->store->rows] != TAG_MISSING) continue;
    bad(walk, NULL, "field `" STR_FMT "` is declared and missing", STR_ARG(fields[i].path[fields[i].depth - 1]));
    return false;
  }
  return true;
}

bool json_walk_check(JsonWalk *walk, uint32_t at) {
  const char *expected, *wrong = json_check(walk->base, walk->tokens, at, walk->backslashes, &expected);
  if (wrong) bad_expected(walk, wrong, expected);
  return wrong == NULL;
}

uint32_t json_walk_skip(JsonWalk *walk, uint32_t at) { return skip_brackets(walk, at, 0); }

uint32_t json_walk_event(JsonWalk *walk, uint32_t at) {
  const DecodeSpec *spec = walk->spec;
  uint32_t close = walk_object(walk, walk->plan, at, 1);
  if (close == JSON_WALK_BAD || !walk->required) return close;
  if (!has_required(walk, spec->fields, spec->fields_len, 0)) return JSON_WALK_BAD;
  if (!has_required(walk, spec->declared_only, spec->declared_only_len, spec->fields_len)) return JSON_WALK_BAD;
  return close;
}
