/* value.c: order, equality, hashing and printing of values; copies and the state codec are in
** value_store.c.
**
** Equality and hash must agree: a float that equals an int64 hashes as that int64, and records and arrays
** hash their canonical JSON. Numbers of both types share one kind, everything else is a kind of its own. */
#include "types/value.h"

#include "base/hash.h"
#include "base/status.h"
#include "types/datetime.h"
#include "types/json.h"
#include "types/number.h"

/* ---- numbers ---- */

static const double two_to_63 = 9223372036854775808.0;

int compare_i64_f64(int64_t a, double b) {
  if (b >= two_to_63) return -1;
  if (b < -two_to_63) return 1;
  int64_t whole = (int64_t)b; /* towards zero; exact, because b is in range */
  if (a != whole) return a < whole ? -1 : 1;
  double fraction = b - (double)whole;
  return fraction > 0 ? -1 : fraction < 0;
}

static bool float_is_i64(double f, int64_t *out) {
  if (!(f >= -two_to_63 && f < two_to_63)) return false;
  *out = (int64_t)f;
  return (double)*out == f;
}

static int compare_i64(int64_t a, int64_t b) { return a < b ? -1 : a > b; }

static int compare_numbers(const Value *a, const Value *b) {
  if (a->type == TYPE_BIGINT)
    return b->type == TYPE_BIGINT ? compare_i64(a->i, b->i) : compare_i64_f64(a->i, b->f);
  if (b->type == TYPE_BIGINT) return -compare_i64_f64(b->i, a->f);
  return a->f < b->f ? -1 : a->f > b->f;
}

/* ---- records and arrays ---- */

static Str json_text(const Value *v) { return text_str(&v->text); }

static int compare_canonical(const Value *a, const Value *b) {
  StrBuf left = {0}, right = {0};
  json_put_canonical(&left, json_text(a));
  json_put_canonical(&right, json_text(b));
  int order = str_cmp(strbuf_str(&left), strbuf_str(&right));
  strbuf_release(&left);
  strbuf_release(&right);
  return order;
}

static uint64_t hash_canonical(const Value *v) {
  StrBuf canonical = {0};
  json_put_canonical(&canonical, json_text(v));
  uint64_t hash = hash_bytes(canonical.ptr, canonical.len, v->type);
  strbuf_release(&canonical);
  return hash;
}

/* ---- order, keys, hash ---- */

static Type kind_of(const Value *v) { return v->type == TYPE_FLOAT ? TYPE_BIGINT : v->type; }

int value_compare(const Value *a, const Value *b) {
  Type kind = kind_of(a);
  if (kind != kind_of(b)) return kind < kind_of(b) ? -1 : 1;
  switch (kind) {
    case TYPE_NULL: return 0;
    case TYPE_BIT:
    case TYPE_DATETIME: return compare_i64(a->i, b->i);
    case TYPE_BIGINT:
    case TYPE_FLOAT: return compare_numbers(a, b);
    case TYPE_TEXT: return text_cmp(&a->text, &b->text);
    case TYPE_RECORD:
    case TYPE_ARRAY: return text_eq(&a->text, &b->text) ? 0 : compare_canonical(a, b);
    case TYPE_COUNT: break;
  }
  BUG("value of type %d", (int)a->type);
}

bool value_same_key(const Value *a, const Value *b) {
  if (a->type == TYPE_TEXT && b->type == TYPE_TEXT) return text_eq(&a->text, &b->text);
  return value_compare(a, b) == 0;
}

static uint64_t hash_float(double f) {
  int64_t whole;
  if (float_is_i64(f, &whole)) return hash_combine(TYPE_BIGINT, (uint64_t)whole);
  uint64_t bits;
  memcpy(&bits, &f, sizeof bits);
  return hash_combine(TYPE_FLOAT, bits);
}

uint64_t value_hash(const Value *v) {
  switch (v->type) {
    case TYPE_NULL: return hash_mix(1);
    case TYPE_BIT:
    case TYPE_BIGINT:
    case TYPE_DATETIME: return hash_combine(v->type, (uint64_t)v->i);
    case TYPE_FLOAT: return hash_float(v->f);
    case TYPE_TEXT: return text_hash(&v->text);
    case TYPE_RECORD:
    case TYPE_ARRAY: return hash_canonical(v);
    case TYPE_COUNT: break;
  }
  BUG("value of type %d", (int)v->type);
}

/* ---- printing ---- */

static void print_number(const Value *v, StrBuf *out) {
  strbuf_reserve(out, NUMBER_TEXT_MAX);
  char *end = out->ptr + out->len;
  out->len += v->type == TYPE_FLOAT ? float_print(v->f, true, end) : bigint_print(v->i, end);
  out->ptr[out->len] = 0;
}

static void print_datetime(int64_t ticks, StrBuf *out) {
  char text[DATETIME_TEXT_LEN + 3];
  text[0] = '"';
  datetime_print(ticks, text + 1);
  text[DATETIME_TEXT_LEN + 1] = '"';
  strbuf_append(out, text, DATETIME_TEXT_LEN + 2);
}

void value_print_json(const Value *v, StrBuf *out) {
  switch (v->type) {
    case TYPE_NULL: strbuf_append(out, "null", 4); return;
    case TYPE_BIT: strbuf_puts(out, v->i ? "true" : "false"); return;
    case TYPE_BIGINT:
    case TYPE_FLOAT: print_number(v, out); return;
    case TYPE_DATETIME: print_datetime(v->i, out); return;
    case TYPE_TEXT: json_put_string(out, text_str(&v->text)); return;
    case TYPE_RECORD:
    case TYPE_ARRAY: json_put_minified(out, json_text(v)); return;
    case TYPE_COUNT: break;
  }
  BUG("value of type %d", (int)v->type);
}
