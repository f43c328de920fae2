/* test_cast.c: CAST between every pair of types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "types/cast.h"
#include "types/datetime.h"
#include "unit/types/random.h"

static Value text(const char *s) { return value_text(str_from(s)); }
static Value record(const char *s) { return value_json(TYPE_RECORD, str_from(s)); }
static Value array(const char *s) { return value_json(TYPE_ARRAY, str_from(s)); }
static Value instant(const char *s) {
  Ticks ticks = -1;
  assert_true(datetime_parse(s, strlen(s), &ticks));
  return value_datetime(ticks);
}

static void check(Value in, Type to, Value expected) {
  StrBuf scratch = {0};
  Value out;
  assert_true(value_cast(&in, to, &scratch, &out));
  assert_int_equal(out.type, expected.type);
  assert_true(value_same_key(&out, &expected));
  strbuf_release(&scratch);
}

static void check_fails(Value in, Type to) {
  StrBuf scratch = {0};
  Value out;
  assert_false(value_cast(&in, to, &scratch, &out));
  strbuf_release(&scratch);
}

static void to_bigint(void **state) {
  static const double cut[][2] = {{2.9, 2},
                                  {-2.9, -2},
                                  {-0.5, 0},
                                  {2, 2},
                                  {0, 0},
                                  {-0x1p63, INT64_MIN},
                                  {0x1.fffffffffffffp62, 9223372036854774784.0}};
  for (unsigned i = 0; i < 7; i++) check(value_float(cut[i][0]), TYPE_BIGINT, value_bigint((int64_t)cut[i][1]));
  check_fails(value_float(1e19), TYPE_BIGINT);
  check_fails(value_float(-1e19), TYPE_BIGINT);
  check_fails(value_float(0x1p63), TYPE_BIGINT);
  check_fails(value_float(1e300), TYPE_BIGINT);
  check(value_bit(true), TYPE_BIGINT, value_bigint(1));
  check(text("  -42  "), TYPE_BIGINT, value_bigint(-42));
  check(text("-9223372036854775808"), TYPE_BIGINT, value_bigint(INT64_MIN));
  static const char *const bad[] = {"", "- 42", "42.0", "42e0", "x5", "this is a string", "true"};
  for (unsigned i = 0; i < 7; i++) check_fails(text(bad[i]), TYPE_BIGINT);
}

static void to_float(void **state) {
  check(value_bigint(5), TYPE_FLOAT, value_float(5));
  check(value_bigint(INT64_MAX), TYPE_FLOAT, value_float(0x1p63));
  check(value_bit(true), TYPE_FLOAT, value_float(1));
  check(text(" 12.125 "), TYPE_FLOAT, value_float(12.125));
  check(text("1e3"), TYPE_FLOAT, value_float(1000));
  static const char *const bad[] = {"NaN", "inf", "Infinity", "", "0x10", "1,5", "1e999"};
  for (unsigned i = 0; i < 7; i++) check_fails(text(bad[i]), TYPE_FLOAT);
}

static void to_text(void **state) {
  check(value_bigint(-17), TYPE_TEXT, text("-17"));
  check(value_float(1.5), TYPE_TEXT, text("1.5"));
  check(value_float(2.0), TYPE_TEXT, text("2"));
  check(value_float(0.0), TYPE_TEXT, text("0"));
  check(value_float(1e300), TYPE_TEXT, text("1e+300"));
  check(value_bit(true), TYPE_TEXT, text("1"));
  check(value_bit(false), TYPE_TEXT, text("0"));
  check(instant("2026-01-01 10:00:00+02:00"), TYPE_TEXT, text("2026-01-01T08:00:00.0000000Z"));
  check(record("{ \"a\" : [1, 2.50 ] , \"b c\":\"x  y\"}"), TYPE_TEXT, text("{\"a\":[1,2.50],\"b c\":\"x  y\"}"));
  check(array("[ ]"), TYPE_TEXT, text("[]"));
}

static void text_goes_behind_what_scratch_holds(void **state) {
  StrBuf scratch = {0};
  Value in = value_bigint(INT64_MIN), out;
  strbuf_puts(&scratch, "before");
  assert_true(value_cast(&in, TYPE_TEXT, &scratch, &out));
  assert_string_equal(scratch.ptr, "before-9223372036854775808");
  assert_ptr_equal(text_ptr(&out.text), scratch.ptr + 6);
  strbuf_release(&scratch);
}

static void to_bit(void **state) {
  static const char *const on[] = {"true", "TRUE", "1", " true "}, *const off[] = {"false", "False", "0", "0 "};
  for (unsigned i = 0; i < 4; i++) check(text(on[i]), TYPE_BIT, value_bit(true));
  for (unsigned i = 0; i < 4; i++) check(text(off[i]), TYPE_BIT, value_bit(false));
  static const char *const bad[] = {"", "yes", "2", "1.0", "t"};
  for (unsigned i = 0; i < 5; i++) check_fails(text(bad[i]), TYPE_BIT);
  check(value_float(-0.5), TYPE_BIT, value_bit(true));
  check(value_float(-0.0), TYPE_BIT, value_bit(false));
  check(value_bigint(12), TYPE_BIT, value_bit(true));
  check(value_bigint(0), TYPE_BIT, value_bit(false));
}

static void to_datetime(void **state) {
  check(text("2026-03-01T12:30:00Z"), TYPE_DATETIME, instant("2026-03-01T12:30:00Z"));
  check(text(" 2026-03-01 "), TYPE_DATETIME, instant("2026-03-01"));
  check_fails(text("not a date"), TYPE_DATETIME);
  check_fails(text(""), TYPE_DATETIME);
  check_fails(text("2026-02-30"), TYPE_DATETIME);
}

static void pairs_that_never_convert(void **state) {
  Value datetime = instant("2026-01-01");
  check_fails(value_bigint(1), TYPE_DATETIME);
  check_fails(value_float(1), TYPE_DATETIME);
  check_fails(value_bit(1), TYPE_DATETIME);
  for (Type to = TYPE_BIT; to <= TYPE_FLOAT; to++) {
    check_fails(datetime, to);
    check_fails(record("{}"), to);
    check_fails(array("[1]"), to);
  }
  check_fails(record("{}"), TYPE_DATETIME);
  check_fails(record("{}"), TYPE_ARRAY);
  check_fails(array("[]"), TYPE_RECORD);
  check_fails(text("{}"), TYPE_RECORD);
  check_fails(text("[]"), TYPE_ARRAY);
  check_fails(value_bigint(1), TYPE_RECORD);
  check_fails(datetime, TYPE_ARRAY);
}

static void null_and_same_type_stay(void **state) {
  Value values[] = {value_null(),      value_bit(1), value_bigint(1), value_float(1.5),
                    value_datetime(5), text("x"),    record("{}"),    array("[]")};
  for (Type type = TYPE_BIT; type < TYPE_COUNT; type++) {
    check(value_null(), type, value_null());
    check(values[type], type, values[type]);
  }
}

static void numbers_survive_text(void **state) {
  Random random = {21};
  StrBuf scratch = {0};
  for (int i = 0; i < 50000; i++) {
    Value in = i % 2 ? value_float(random_bits_double(&random)) : value_bigint((int64_t)random_u64(&random)), text_form,
          back;
    strbuf_clear(&scratch);
    assert_true(value_cast(&in, TYPE_TEXT, &scratch, &text_form));
    assert_true(value_cast(&text_form, in.type, &scratch, &back));
    assert_true(value_same_key(&in, &back));
  }
  strbuf_release(&scratch);
}

static void ticks_of_datetimes_and_text(void **state) {
  Value datetime = value_datetime(77), good = text("0001-01-02"), padded = text(" 0001-01-02"), bad = text("x"),
        number = value_bigint(7);
  int64_t ticks;
  assert_true(value_to_ticks(&datetime, &ticks));
  assert_int_equal(ticks, 77);
  assert_true(value_to_ticks(&good, &ticks));
  assert_int_equal(ticks, TICKS_PER_DAY);
  assert_true(value_to_ticks(&padded, &ticks));
  assert_false(value_to_ticks(&bad, &ticks));
  assert_false(value_to_ticks(&number, &ticks));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(to_bigint),
      cmocka_unit_test(to_float),
      cmocka_unit_test(to_text),
      cmocka_unit_test(text_goes_behind_what_scratch_holds),
      cmocka_unit_test(to_bit),
      cmocka_unit_test(to_datetime),
      cmocka_unit_test(pairs_that_never_convert),
      cmocka_unit_test(null_and_same_type_stay),
      cmocka_unit_test(numbers_survive_text),
      cmocka_unit_test(ticks_of_datetimes_and_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
