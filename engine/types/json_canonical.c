/* json_canonical.c: JSON text by which equal records and arrays have equal bytes (json.h).
**
** Keys are unescaped and sorted by bytes, of equal keys the last wins, strings are escaped anew, blanks go.
** A number prints as value_hash sees it: an integral one in digits however it was spelt (1, 1.0 and 1e0
** are 1), any other as the shortest digits of its double. Integers beyond 64 bits keep their digits:
** they are no values of the language, but two different ones must not become one key. Malformed parts
** stay as they are, so that equal bytes still give equal results. */
#include "types/json.h"

#include <stdlib.h>
#include "base/mem.h"
#include "base/vec.h"
#include "types/json_scan.h"
#include "types/number.h"

typedef struct Member {
  Str      key, value; /* key: unescaped */
  uint32_t order;
} Member;

typedef Vec(Member) MemberVec;

typedef struct Canon {
  StrBuf  *out;
  Arena    arena; /* unescaped text */
  unsigned depth;
} Canon;

static void put_value(Canon *canon, Str raw);

static Str key_text(Canon *canon, Str raw_key) {
  if (str_find_char(raw_key, '\\') < 0) return raw_key;
  StrBuf text = {0};
  Str key = json_unescape(raw_key, &text) ? arena_str(&canon->arena, strbuf_str(&text)) : raw_key;
  strbuf_release(&text);
  return key;
}

static int member_cmp(const void *left, const void *right) {
  const Member *a = left, *b = right;
  int order = str_cmp(a->key, b->key);
  return order ? order : a->order < b->order ? -1 : 1;
}

static void put_members(Canon *canon, const MemberVec *members) {
  bool first = true;
  for (uint32_t i = 0; i < members->len; i++) {
    const Member *member = &members->items[i];
    if (i + 1 < members->len && str_eq(member->key, member[1].key)) continue;
    if (!first) strbuf_putc(canon->out, ',');
    first = false;
    json_put_string(canon->out, member->key);
    strbuf_putc(canon->out, ':');
    put_value(canon, member->value);
  }
}

static bool put_object(Canon *canon, Str raw) {
  JsonCursor cursor;
  MemberVec members = {0};
  Str key, value;
  json_open(&cursor, raw);
  while (json_next(&cursor, &key, &value)) vec_push(&members, (Member){key_text(canon, key), value, members.len});
  if (!cursor.bad) {
    if (members.len) qsort(members.items, members.len, sizeof(Member), member_cmp);
    strbuf_putc(canon->out, '{');
    put_members(canon, &members);
    strbuf_putc(canon->out, '}');
  }
  vec_release(&members);
  return !cursor.bad;
}

static bool put_array(Canon *canon, Str raw) {
  JsonCursor cursor;
  Str key, value;
  size_t start = canon->out->len;
  strbuf_putc(canon->out, '[');
  json_open(&cursor, raw);
  while (json_next(&cursor, &key, &value)) {
    if (canon->out->len > start + 1) strbuf_putc(canon->out, ',');
    put_value(canon, value);
  }
  strbuf_putc(canon->out, ']');
  if (cursor.bad) canon->out->len = start;
  return !cursor.bad;
}

static void put_number(StrBuf *out, const Value *v) {
  char digits[NUMBER_TEXT_MAX];
  size_t len = v->type == TYPE_BIGINT ? bigint_print(v->i, digits) : float_print(v->f, false, digits);
  strbuf_append(out, digits, len);
}

/* A float that is an int64 prints as one, also where float_print would take an exponent. */
static void put_float(StrBuf *out, Value v) {
  if (v.f >= -0x1p63 && v.f < 0x1p63 && (double)(int64_t)v.f == v.f) v = value_bigint((int64_t)v.f);
  put_number(out, &v);
}

static bool put_scalar(Canon *canon, Str raw) {
  Value v;
  bool ok = json_value(raw, &canon->arena, &v);
  if (ok && v.type == TYPE_FLOAT) put_float(canon->out, v);
  else if (ok && v.type == TYPE_BIGINT) put_number(canon->out, &v);
  else if (ok) value_print_json(&v, canon->out);
  return ok;
}

static void put_value(Canon *canon, Str raw) {
  bool ok = false;
  raw = str_trim(raw);
  if (raw.len && canon->depth < JSON_DEPTH_MAX) {
    canon->depth++;
    if (raw.ptr[0] == '{') ok = put_object(canon, raw);
    else if (raw.ptr[0] == '[') ok = put_array(canon, raw);
    else ok = put_scalar(canon, raw);
    canon->depth--;
  }
  if (!ok) strbuf_put_str(canon->out, raw);
}

void json_put_canonical(StrBuf *out, Str text) {
  Canon canon = {.out = out};
  arena_init(&canon.arena);
  put_value(&canon, text);
  arena_release(&canon.arena);
}
