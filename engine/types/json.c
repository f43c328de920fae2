/* json.c: looking inside JSON text (json.h): the cursor, fields, elements and scalar values.
**
** A cursor stands behind the opening bracket or behind a comma. Each step reads one member and the comma
** or closing bracket behind it, so that `done` is known before the next step:
**
**    { "a" : 1 , "b" : 2 }         open: at 1         next: "a", 1, at 2         next: "b", 2, done
**     1         2
*/
#include "types/json.h"

#include "types/json_scan.h"
#include "types/number.h"

/* ---- skipping ---- */

static const char *skip_container(const char *at, const char *end) {
  unsigned depth = 0;
  for (; at < end; at++) {
    char c = *at;
    if (c == '"') {
      at = json_string_end(at + 1, end);
      if (at == NULL) return NULL;
    } else if (c == '{' || c == '[') {
      if (++depth > JSON_DEPTH_MAX) return NULL;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return at + 1;
    }
  }
  return NULL;
}

static bool ends_scalar(char c) {
  return json_is_blank(c) || c == ',' || c == '}' || c == ']' || c == ':' || c == '{' || c == '[' || c == '"';
}

const char *json_skip_value(const char *at, const char *end) {
  if (at >= end) return NULL;
  if (*at == '{' || *at == '[') return skip_container(at, end);
  if (*at == '"') {
    const char *quote = json_string_end(at + 1, end);
    return quote ? quote + 1 : NULL;
  }
  const char *begin = at;
  while (at < end && !ends_scalar(*at)) at++;
  return at > begin ? at : NULL;
}

static const char *skip_digits(const char *at, const char *end) { /* at least one */
  const char *begin = at;
  while (at < end && json_is_digit(*at)) at++;
  return at > begin ? at : NULL;
}

const char *json_skip_number(const char *at, const char *end, bool *integral) {
  *integral = true;
  if (at < end && *at == '-') at++;
  at = at < end && *at == '0' ? at + 1 : skip_digits(at, end);
  if (at && at < end && *at == '.') {
    *integral = false;
    at = skip_digits(at + 1, end);
  }
  if (at && at < end && (*at == 'e' || *at == 'E')) {
    *integral = false;
    at++;
    if (at < end && (*at == '+' || *at == '-')) at++;
    at = skip_digits(at, end);
  }
  return at;
}

/* ---- cursor ---- */

bool json_open(JsonCursor *cursor, Str text) {
  const char *end = text.ptr + text.len;
  const char *at = json_skip_blanks(text.ptr, end);
  *cursor = (JsonCursor){.at = at, .end = end, .done = true};
  if (at == end || (*at != '{' && *at != '[')) return false;
  cursor->object = *at == '{';
  cursor->at = json_skip_blanks(at + 1, end);
  cursor->done = cursor->at < end && *cursor->at == (cursor->object ? '}' : ']');
  return true;
}

static bool cursor_fail(JsonCursor *cursor) {
  cursor->done = cursor->bad = true;
  return false;
}

static bool read_key(JsonCursor *cursor, Str *raw_key) {
  const char *at = cursor->at;
  if (at == cursor->end || *at != '"') return false;
  const char *quote = json_string_end(at + 1, cursor->end);
  if (quote == NULL) return false;
  *raw_key = (Str){at + 1, (size_t)(quote - at - 1)};
  at = json_skip_blanks(quote + 1, cursor->end);
  if (at == cursor->end || *at != ':') return false;
  cursor->at = json_skip_blanks(at + 1, cursor->end);
  return true;
}

bool json_next(JsonCursor *cursor, Str *raw_key, Str *raw_value) {
  if (cursor->done) return false;
  *raw_key = STR("");
  if (cursor->object && !read_key(cursor, raw_key)) return cursor_fail(cursor);
  const char *after = json_skip_value(cursor->at, cursor->end);
  if (after == NULL) return cursor_fail(cursor);
  *raw_value = (Str){cursor->at, (size_t)(after - cursor->at)};
  after = json_skip_blanks(after, cursor->end);
  if (after == cursor->end) return cursor_fail(cursor);
  if (*after == (cursor->object ? '}' : ']')) cursor->done = true;
  else if (*after != ',') return cursor_fail(cursor);
  cursor->at = json_skip_blanks(after + 1, cursor->end);
  return true;
}

/* ---- fields and elements ---- */

typedef enum KeyMatch { KEY_OTHER, KEY_NOCASE, KEY_EXACT } KeyMatch;

static KeyMatch match_key(Str raw_key, Str name, StrBuf *scratch) {
  Str key = raw_key;
  if (str_find_char(raw_key, '\\') >= 0) {
    strbuf_clear(scratch);
    if (!json_unescape(raw_key, scratch)) return KEY_OTHER;
    key = strbuf_str(scratch);
  }
  if (str_eq(key, name)) return KEY_EXACT;
  return str_eq_nocase(key, name) ? KEY_NOCASE : KEY_OTHER;
}

bool json_field(Str object, Str name, Str *raw_value) {
  JsonCursor cursor;
  if (!json_open(&cursor, object) || !cursor.object) return false;
  KeyMatch best = KEY_OTHER;
  StrBuf scratch = {0};
  Str key, value, first_key = {0};
  while (json_next(&cursor, &key, &value)) {
    KeyMatch match = match_key(key, name, &scratch);
    if (match == KEY_OTHER || match < best) continue;
    if (match == best && match == KEY_NOCASE && !str_eq(key, first_key)) continue;
    best = match;
    first_key = key;
    *raw_value = value;
  }
  strbuf_release(&scratch);
  return best != KEY_OTHER && !cursor.bad;
}

bool json_element(Str array, uint64_t index, Str *raw_value) {
  JsonCursor cursor;
  Str key, value;
  if (!json_open(&cursor, array) || cursor.object) return false;
  while (json_next(&cursor, &key, &value)) {
    if (index-- == 0) {
      *raw_value = value;
      return true;
    }
  }
  return false;
}

int64_t json_array_length(Str array) {
  JsonCursor cursor;
  Str key, value;
  int64_t length = 0;
  if (!json_open(&cursor, array) || cursor.object) return -1;
  while (json_next(&cursor, &key, &value)) length++;
  return cursor.bad ? -1 : length;
}

/* ---- values ---- */

/* Like json_string_end, but a bare control character makes the string malformed. */
static const char *strict_string_end(const char *at, const char *end) {
  for (;;) {
    at = json_plain_end(at, end);
    if (at >= end || (unsigned char)*at < 0x20) return NULL;
    if (*at == '"') return at;
    if (end - at < 2) return NULL;
    at += 2;
  }
}

static bool string_value(Str raw, Arena *arena, Value *out) {
  const char *end = raw.ptr + raw.len;
  if (strict_string_end(raw.ptr + 1, end) != end - 1) return false;
  Str inside = str_sub(raw, 1, raw.len - 1);
  if (str_find_char(inside, '\\') < 0) {
    *out = value_text(inside);
    return true;
  }
  StrBuf text = {0};
  bool ok = json_unescape(inside, &text);
  if (ok) {
    *out = value_text(strbuf_str(&text));
    if (!text_is_inline(&out->text)) *out = value_text(arena_str(arena, strbuf_str(&text)));
  }
  strbuf_release(&text);
  return ok;
}

static bool number_value(Str raw, Value *out) {
  const char *end = raw.ptr + raw.len;
  bool integral;
  if (json_skip_number(raw.ptr, end, &integral) != end) return false;
  out->type = integral ? TYPE_BIGINT : TYPE_FLOAT;
  return integral ? bigint_parse(raw.ptr, raw.len, &out->i) : float_parse(raw.ptr, raw.len, &out->f);
}

static bool literal_value(Str raw, Value *out) {
  if (str_eq(raw, STR("true")) || str_eq(raw, STR("false"))) *out = value_bit(raw.len == 4);
  else if (str_eq(raw, STR("null"))) *out = value_null();
  else return false;
  return true;
}

static bool container_value(Str raw, char close, Type type, Value *out) {
  *out = value_json(type, raw);
  return raw.ptr[raw.len - 1] == close;
}

bool json_value(Str raw, Arena *arena, Value *out) {
  raw = str_trim(raw);
  if (raw.len == 0) return false;
  *out = value_null();
  switch (raw.ptr[0]) {
    case '"': return string_value(raw, arena, out);
    case '{': return container_value(raw, '}', TYPE_RECORD, out);
    case '[': return container_value(raw, ']', TYPE_ARRAY, out);
    case 't':
    case 'f':
    case 'n': return literal_value(raw, out);
    default: return number_value(raw, out);
  }
}
