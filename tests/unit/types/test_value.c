/* test_value.c: order, keys, hashes, JSON form, copies and the state codec of values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/mem.h"
#include "types/datetime.h"
#include "types/value.h"
#include "unit/types/random.h"

static Value text(const char *s) { return value_text(str_from(s)); }
static Value record(const char *s) { return value_json(TYPE_RECORD, str_from(s)); }
static Value array(const char *s) { return value_json(TYPE_ARRAY, str_from(s)); }

static void int_against_float_is_exact(void **state) {
  static const struct { int64_t a; double b; int order; } rows[] = {
      {0, 0, 0},
      {0, -0.0, 0},
      {1, 1.5, -1},
      {-1, -1.5, 1},
      {2, 1.5, 1},
      {-2, -1.5, -1},
      {95, 95, 0},
      {9007199254740993, 9007199254740992.0, 1},
      {9007199254740992, 9007199254740992.0, 0},
      {9007199254740991, 9007199254740992.0, -1},
      {INT64_MAX, 0x1p63, -1},
      {INT64_MAX, 9223372036854774784.0, 1},
      {INT64_MIN, -0x1p63, 0},
      {INT64_MIN, -1e19, 1},
      {INT64_MAX, 1e300, -1},
      {INT64_MIN + 1, -0x1p63, 1},
      {0, 5e-324, -1},
      {0, -5e-324, 1},
  };
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_int_equal(compare_i64_f64(rows[i].a, rows[i].b), rows[i].order);
}

static void total_order(void **state) {
  const Value ascending[] = {
      value_null(),
      value_bit(false),
      value_bit(true),
      value_float(-1e300),
      value_bigint(INT64_MIN),
      value_float(-1.5),
      value_bigint(-1),
      value_float(0),
      value_float(5e-324),
      value_bigint(1),
      value_float(1.5),
      value_float(9007199254740992.0),
      value_bigint(9007199254740993),
      value_bigint(INT64_MAX),
      value_float(0x1p63),
      value_datetime(0),
      value_datetime(TICKS_LAST),
      text(""),
      text("10"),
      text("9"),
      text("A"),
      text("a"),
      text("aa text longer than twelve bytes"),
      text("ab"),
      text("a\xc3\xa4"),
      record("{\"a\":1}"),
      record("{\"a\":2}"),
      array("[1]"),
      array("[2]"),
  };
  int count = sizeof ascending / sizeof *ascending;
  for (int i = 0; i < count; i++) {
    for (int j = 0; j < count; j++) {
      int order = value_compare(&ascending[i], &ascending[j]);
      assert_int_equal(order < 0, i < j);
      assert_int_equal(order > 0, i > j);
      assert_int_equal(value_same_key(&ascending[i], &ascending[j]), i == j);
    }
  }
}

static void same(Value a, Value b) {
  assert_true(value_same_key(&a, &b));
  assert_true(value_same_key(&b, &a));
  assert_int_equal(value_compare(&a, &b), 0);
  assert_int_equal(value_hash(&a), value_hash(&b));
}

static void differ(Value a, Value b) {
  assert_false(value_same_key(&a, &b));
  assert_false(value_same_key(&b, &a));
  assert_true(value_hash(&a) != value_hash(&b));
}

static void keys(void **state) {
  same(value_null(), value_null());
  same(value_bigint(95), value_float(95));
  same(value_float(0), value_float(-0.0));
  same(value_bigint(0), value_float(-0.0));
  same(value_bigint(INT64_MIN), value_float(-0x1p63));
  same(record("{\"x\":1,\"y\":[2]}"), record("{ \"y\":[2.0], \"x\":1e0 }"));
  same(array("[\"\\u0041\"]"), array("[ \"A\" ]"));
  same(text("longer than twelve bytes"), text("longer than twelve bytes"));
  differ(value_bigint(9007199254740993), value_float(9007199254740992.0));
  differ(value_bigint(INT64_MAX), value_float(0x1p63));
  differ(value_bigint(1), text("1"));
  differ(value_bigint(1), value_bit(true));
  differ(value_bigint(1), value_datetime(1));
  differ(value_datetime(1), value_bit(1));
  differ(value_null(), value_bigint(0));
  differ(value_null(), text(""));
  differ(text("a"), text("A"));
  differ(text("longer than twelve bytes"), text("longer than twelve Bytes"));
  differ(text("[1]"), array("[1]"));
  differ(record("{}"), array("[]"));
  differ(array("[1,2]"), array("[2,1]"));
  differ(record("{\"x\":1}"), record("{\"X\":1}"));
}

static Value random_value(Random *random, StrBuf *bytes) {
  switch ((Type)random_below(random, TYPE_COUNT)) {
    case TYPE_NULL: return value_null();
    case TYPE_BIT: return value_bit(random_below(random, 2));
    case TYPE_BIGINT: return value_bigint((int64_t)(random_u64(random) >> random_below(random, 64)));
    case TYPE_FLOAT:
      return value_float(random_below(random, 2) ? (double)random_below(random, 50) : random_bits_double(random));
    case TYPE_DATETIME: return value_datetime((int64_t)random_below(random, TICKS_LAST + 1));
    case TYPE_RECORD: return record(random_below(random, 2) ? "{\"a\":1.0, \"b\":\"a longer text\"}" : "{\"b\":2}");
    case TYPE_ARRAY: return array(random_below(random, 2) ? "[1, 2, 3, 4, 5, 6, 7]" : "[]");
    case TYPE_TEXT:
    case TYPE_COUNT: break;
  }
  strbuf_clear(bytes);
  for (uint64_t left = random_below(random, 30); left; left--)
    strbuf_putc(bytes, (char)('a' + random_below(random, 3)));
  return value_text(strbuf_str(bytes));
}

static void random_values_keep_the_laws(void **state) {
  Random random = {99};
  enum { COUNT = 400 };
  static Value values[COUNT];
  StrBuf bytes = {0};
  for (int i = 0; i < COUNT; i++) {
    Value v = random_value(&random, &bytes);
    values[i] = value_dup(&v);
  }
  for (int i = 0; i < COUNT; i++) {
    for (int j = 0; j < COUNT; j++) {
      int order = value_compare(&values[i], &values[j]);
      assert_int_equal((order > 0) - (order < 0),
                       (value_compare(&values[j], &values[i]) < 0) - (value_compare(&values[j], &values[i]) > 0));
      assert_int_equal(order == 0, value_same_key(&values[i], &values[j]));
      if (order == 0) assert_int_equal(value_hash(&values[i]), value_hash(&values[j]));
    }
  }
  for (int i = 0; i < 200000; i++) { /* transitivity */
    const Value *a = &values[random_below(&random, COUNT)], *b = &values[random_below(&random, COUNT)],
                *c = &values[random_below(&random, COUNT)];
    if (value_compare(a, b) <= 0 && value_compare(b, c) <= 0) assert_true(value_compare(a, c) <= 0);
  }
  for (int i = 0; i < COUNT; i++) value_release(&values[i]);
  strbuf_release(&bytes);
}

static void random_values_save_and_load(void **state) {
  Random random = {17};
  StrBuf bytes = {0};
  ByteWriter out = {0};
  for (int i = 0; i < 20000; i++) {
    Value v = random_value(&random, &bytes);
    out.buf.len = 0;
    value_save(&v, &out);
    ByteReader in = byte_reader(strbuf_str(&out.buf));
    Value back = value_load(&in);
    assert_false(in.bad);
    assert_ptr_equal(in.at, in.end);
    assert_int_equal(back.type, v.type);
    assert_true(value_same_key(&v, &back));
    value_release(&back);
  }
  strbuf_release(&bytes);
  strbuf_release(&out.buf);
}

static void broken_state_is_refused(void **state) {
  Value v = text("a text of some length");
  ByteWriter out = {0};
  value_save(&v, &out);
  for (size_t len = 0; len < out.buf.len; len++) { /* every truncation */
    ByteReader in = byte_reader((Str){out.buf.ptr, len});
    Value back = value_load(&in);
    assert_true(in.bad);
    assert_true(value_is_null(&back));
  }
  static const char *const rows[] = {"\x08", "\xff", "\x01\x02\0\0\0\0\0\0\0", "\x03\0\0\0\0\0\0\xf0\x7f",
                                     "\x03\0\0\0\0\0\0\xf8\x7f"};
  static const size_t lengths[] = {1, 1, 9, 9, 9};
  for (unsigned i = 0; i < 5; i++) {
    ByteReader in = byte_reader((Str){rows[i], lengths[i]});
    Value back = value_load(&in);
    assert_true(in.bad);
    assert_true(value_is_null(&back));
  }
  strbuf_release(&out.buf);
}

static void copies_own_their_bytes(void **state) {
  char bytes[] = "a text that is not inline";
  Value v = text(bytes), copy = value_dup(&v);
  Arena arena;
  arena_init(&arena);
  Value kept = value_dup_arena(&arena, &v);
  memset(bytes, 'x', sizeof bytes - 1);
  Value expected = text("a text that is not inline");
  assert_true(value_same_key(&copy, &expected));
  assert_true(value_same_key(&kept, &expected));
  value_release(&copy);
  assert_true(value_is_null(&copy));
  value_release(&copy);
  arena_release(&arena);
}

static void json_form(void **state) {
  const struct { Value v; const char *json; } rows[] = {
      {value_null(), "null"},
      {value_bit(true), "true"},
      {value_bit(false), "false"},
      {value_bigint(INT64_MIN), "-9223372036854775808"},
      {value_float(3), "3.0"},
      {value_float(1e300), "1e+300"},
      {value_datetime(0), "\"0001-01-01T00:00:00.0000000Z\""},
      {text("say \"hi\"\n"), "\"say \\\"hi\\\"\\n\""},
      {record("{ \"a\" :\n1 }"), "{\"a\":1}"},
      {array("[1, \"a b\"]"), "[1,\"a b\"]"},
  };
  for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
    StrBuf out = {0};
    strbuf_puts(&out, ">");
    value_print_json(&rows[i].v, &out);
    assert_string_equal(out.ptr + 1, rows[i].json);
    strbuf_release(&out);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(int_against_float_is_exact),
      cmocka_unit_test(total_order),
      cmocka_unit_test(keys),
      cmocka_unit_test(random_values_keep_the_laws),
      cmocka_unit_test(random_values_save_and_load),
      cmocka_unit_test(broken_state_is_refused),
      cmocka_unit_test(copies_own_their_bytes),
      cmocka_unit_test(json_form),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
