/* test_operators.c: operators and functions by value: results, types, NULLs and the words of failures. */
#include "fn_test.h"

#include <math.h>
#include "types/datetime.h"

#define N value_null()
#define I(n) value_bigint(n)
#define F(x) value_float(x)
#define B(b) value_bit(b)
#define T(text) value_text(STR(text))
#define REC(text) value_json(TYPE_RECORD, STR(text))

static Value date(const char *text) {
  Ticks ticks;
  assert_true(datetime_parse(text, strlen(text), &ticks));
  return value_datetime(ticks);
}

static const ScalarFn *find(const char *name) {
  const ScalarFn *fn = scalar_fn_find(str_from(name));
  return fn ? fn : scalar_operator_find(name);
}

/* Both with the arguments as constants (prepared) and as columns. */
static void expect_call(const char *name, Type target, const Value *args, unsigned len, Value want) {
  for (uint32_t constants = 0; constants < 2; constants++) {
    FnTest test;
    Value got;
    const ScalarFn *fn = find(name);
    uint32_t bits = constants || strstr(fn->signature, "(unit") ? UINT32_MAX : 0;
    assert_int_equal(fn_test_begin(&test, fn, args, len, bits, target), STATUS_OK);
    if (!fn_test_row(&test, args, &got)) fail_msg("%s: %s", name, test.scratch.error);
    if (!same_value(&got, &want)) fail_msg("%s: expected %s, got %s", name, show(&want), show(&got));
    fn_test_release(&test);
  }
}

static void expect_failure(const char *name, Type target, const Value *args, unsigned len, const char *reason) {
  FnTest test;
  Value got;
  const ScalarFn *fn = find(name);
  assert_int_equal(fn_test_begin(&test, fn, args, len, strstr(fn->signature, "(unit") ? 1 : 0, target), STATUS_OK);
  if (fn_test_row(&test, args, &got)) fail_msg("%s: expected a failure, got %s", name, show(&got));
  assert_string_equal(test.scratch.error, reason);
  fn_test_release(&test);
}

#define ARGS(...) (Value[]){__VA_ARGS__}, sizeof((Value[]){__VA_ARGS__}) / sizeof(Value)
#define GIVES(name, want, ...) expect_call(name, TYPE_NULL, ARGS(__VA_ARGS__), want)
#define FAILS(name, reason, ...) expect_failure(name, TYPE_NULL, ARGS(__VA_ARGS__), reason)
#define CASTS(type, from, want) expect_call(OP_CAST, type, ARGS(from), want)

static void arithmetic(void **state) {
  GIVES("+", I(3), I(1), I(2));
  GIVES("+", F(3.5), I(1), F(2.5));
  GIVES("+", T("ab"), T("a"), T("b"));
  GIVES("+", I(2), B(1), I(1));
  GIVES("+", N, T("a"), N);
  GIVES("-", F(-0.5), I(1), F(1.5));
  GIVES("*", I(-6), I(2), I(-3));
  GIVES("/", I(-3), I(-7), I(2));
  GIVES("/", I(3), I(-7), I(-2));
  GIVES("/", F(3.5), F(7), I(2));
  GIVES("/", I(INT64_C(4611686018427387903)), I(INT64_MAX), I(2));
  GIVES("%", I(-3), I(-7), I(4));
  GIVES("%", I(0), I(INT64_MIN), I(-1));
  GIVES("%", F(1.5), F(7.5), I(2));
  GIVES("negate", I(-3), I(3));
  GIVES("negate", F(-1.5), F(1.5));
  FAILS("+", "9223372036854775807 + 1: the result is beyond 64 bits", I(INT64_MAX), I(1));
  FAILS("/", "-9223372036854775808 / -1: the result is beyond 64 bits", I(INT64_MIN), I(-1));
  FAILS("/", "100 / 0: division by zero", I(100), I(0));
  FAILS("/", "1.5 / 0: division by zero", F(1.5), I(0));
  FAILS("%", "100 % 0.0: division by zero", I(100), F(0));
  FAILS("*", "1e+308 * 10: the result is beyond the range of float", F(1e308), I(10));
  FAILS("+", "text `5` + number 1: use CAST or TRY_CAST", T("5"), I(1));
  FAILS("negate", "-(-9223372036854775808): the result is beyond 64 bits", I(INT64_MIN));
}

static void comparison(void **state) {
  GIVES("=", B(1), I(2), F(2));
  GIVES("=", B(1), B(1), I(1));
  GIVES("=", B(0), I(INT64_C(9007199254740993)), F(9007199254740992.0));
  GIVES("=", B(0), T("a"), T("A"));
  GIVES("<", B(1), T("Z"), T("a"));
  GIVES("<", B(1), I(INT64_MAX), F(9.3e18));
  GIVES("<>", B(0), N, I(1));
  GIVES(">", B(1), date("2026-03-14T00:00:03Z"), T("2026-03-14 00:00:02"));
  GIVES("=", B(1), T("2026-03-14T01:00:02+01:00"), date("2026-03-14T00:00:02Z"));
  GIVES("between", B(1), I(5), I(1), I(9));
  GIVES("between", B(0), I(5), I(9), I(1));
  GIVES("between", B(0), I(5), N, I(9));
  GIVES("not between", B(0), I(50), N, I(9));
  GIVES("not between", B(1), I(5), I(9), I(1));
  GIVES("in", B(1), I(1), I(1), N);
  GIVES("in", B(1), F(2), I(1), I(2));
  GIVES("not in", B(0), I(2), I(1), N);
  GIVES("not in", B(1), I(3), I(1), I(2));
  GIVES("in", B(1), date("2026-03-14T00:00:01Z"), T("2026-03-14T00:00:01Z"), T("2026-03-14T00:00:04Z"));
  GIVES("is null", B(1), N);
  GIVES("is not null", B(0), N);
  FAILS("=", "text `abc` compared with number 5: use CAST or TRY_CAST", T("abc"), I(5));
  FAILS("=", "record `{\"k\":5}` compared with number 5", REC("{\"k\":5}"), I(5));
  FAILS("<", "text `soon` compared with datetime 2026-03-14T00:00:00.0000000Z: the text is no ISO 8601 date and time",
        T("soon"), date("2026-03-14"));
  FAILS("in", "text `a` compared with number 1: use CAST or TRY_CAST", T("a"), I(1), T("a"));
}

static void like(void **state) {
  static const struct { const char *text, *pattern, *escape; bool matches; } cases[] = {
      {"abc", "ab%", NULL, true},    {"abc", "%bc", NULL, true},      {"abc", "a_c", NULL, true},
      {"", "%", NULL, true},         {"", "", NULL, true},            {"a", "", NULL, false},
      {"50%", "%!%%", "!", true},    {"500", "%!%%", "!", false},     {"a_b", "a!_b", "!", true},
      {"axb", "a!_b", "!", false},   {"50%", "%[%]%", NULL, true},    {"[x]", "[[]x]", NULL, true},
      {"x!y", "x!!%", "!", true},    {"50%", "50\\%", "\\", true},    {"R-117", "R%7", NULL, true},
      {"R", "R%7", NULL, false},     {"R7", "R%7", NULL, true},       {"abcabd", "%ab_", NULL, true},
      {"aXbXc", "a%X%c", NULL, true}, {"日本語", "日_語", NULL, true}, {"日本語", "__", NULL, false},
      {"q", "[a-f]", NULL, false},   {"d", "[a-f]", NULL, true},      {"d", "[^a-f]", NULL, false},
      {"-", "[a-]", NULL, true},     {"]", "[!]]", "!", true},        {"abc", "[abc", NULL, false},
      {"a!", "a!", "!", false},      {"é", "[à-ü]", NULL, true},      {"aab", "%a%b", NULL, true},
      {"aaa", "a%a%a%a", NULL, false}, {"ab", "%%ab%%", NULL, true},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    Value args[3] = {value_text(str_from(cases[k].text)), value_text(str_from(cases[k].pattern))};
    if (cases[k].escape) args[2] = value_text(str_from(cases[k].escape));
    expect_call(OP_LIKE, TYPE_NULL, args, cases[k].escape ? 3 : 2, B(cases[k].matches));
    expect_call(OP_NOT_LIKE, TYPE_NULL, args, cases[k].escape ? 3 : 2, B(!cases[k].matches));
  }
  GIVES("like", B(0), N, T("%"));
  GIVES("not like", B(0), T("a"), N);
  GIVES("PATINDEX", I(6), T("%006"), T("NJB 1006"));
  GIVES("PATINDEX", I(5), T("%1_0%"), T("NJB 1006"));
  GIVES("PATINDEX", I(2), T("%本%"), T("日本語"));
}

static void casts(void **state) {
  CASTS(TYPE_BIGINT, T("  -42 "), I(-42));
  CASTS(TYPE_BIGINT, F(-2.9), I(-2));
  CASTS(TYPE_FLOAT, T("2.5"), F(2.5));
  CASTS(TYPE_TEXT, F(3), T("3"));
  CASTS(TYPE_TEXT, F(1.5), T("1.5"));
  CASTS(TYPE_TEXT, B(1), T("1"));
  CASTS(TYPE_BIT, F(0.125), B(1));
  CASTS(TYPE_TEXT, date("2026-01-01"), T("2026-01-01T00:00:00.0000000Z"));
  CASTS(TYPE_TEXT, REC("{\"a\": 1}"), T("{\"a\":1}"));
  CASTS(TYPE_DATETIME, T("2017-06-10T05:01:00-07:00"), date("2017-06-10T12:01:00Z"));
  CASTS(TYPE_BIGINT, N, N);
  expect_call(OP_TRY_CAST, TYPE_BIGINT, ARGS(T("42.0")), N);
  expect_call(OP_TRY_CAST, TYPE_BIGINT, ARGS(F(1e19)), N);
  expect_failure(OP_CAST, TYPE_BIGINT, ARGS(T("twelve")), "CAST: text `twelve` does not convert to bigint");
}

static void fields(void **state) {
  GIVES("field", I(1), REC("{\"a\":1,\"A\":2}"), T("a"));
  GIVES("field", I(2), REC("{\"a\":1,\"A\":2}"), T("A"));
  GIVES("field", I(1), REC("{\"a\":1}"), T("A"));
  GIVES("field", N, REC("{\"a\":1}"), T("b"));
  GIVES("field", N, T("huge"), T("b"));
  GIVES("field", T("tab\there and some more"), REC("{\"a\":\"tab\\there and some more\"}"), T("a"));
  FAILS("field", "field `a` holds no value: `99999999999999999999`", REC("{\"a\":99999999999999999999}"), T("a"));
}

static void mathematics(void **state) {
  static const double rounds[][3] = {{1.0, 0, 1}, {0.5, 0, 1}, {-0.5, 0, -1}, {1.234, 2, 1.23}, {1.234, 10, 1.234},
                                     {123.4, -1, 120}, {123.4, -10, 0}, {501.0101, -3, 1000}, {123.9995, 3, 124},
                                     {2.5, 0, 3}, {-2.5, 0, -3}, {6.25, 1, 6.3}, {1.005, 2, 1.01}, {1e300, 5, 1e300},
                                     {1e-320, 400, 1e-320}, {-0.2, 0, 0}, {1e18, -18, 1e18}, {0.285, 2, 0.29}};
  for (size_t k = 0; k < sizeof rounds / sizeof *rounds; k++)
    GIVES("ROUND", F(rounds[k][2]), F(rounds[k][0]), I((int64_t)rounds[k][1]));
  GIVES("ROUND", I(1300), I(1250), I(-2));
  GIVES("ROUND", I(-150), I(-145), I(-1));
  GIVES("ROUND", I(0), I(INT64_MAX), I(-20));
  FAILS("ROUND", "ROUND(9223372036854775807): the result is beyond 64 bits", I(INT64_MAX), I(-1));
  GIVES("CEILING", F(0), F(-0.5));
  GIVES("POWER", I(INT64_MIN), I(-2), I(63));
  GIVES("POWER", I(1), I(1), I(INT64_MAX));
  GIVES("POWER", I(2), I(4), F(0.5));
  FAILS("POWER", "POWER(2, 63) has no result in 64 bits", I(2), I(63));
  FAILS("POWER", "POWER(-8.0, 0.5) has no result in float", F(-8), F(0.5));
  FAILS("SQRT", "SQRT(-1) has no result in float", I(-1));
  FAILS("ABS", "ABS(-9223372036854775808): the result is beyond 64 bits", I(INT64_MIN));
}

static void text_functions(void **state) {
  GIVES("LEN", I(4), T("🚲a🚢b"));
  GIVES("SUBSTRING", T("本語"), T("日本語b"), I(2), I(2));
  GIVES("SUBSTRING", T(""), T("abc"), I(-5), I(3));
  GIVES("SUBSTRING", T(""), T("abc"), I(INT64_MIN), I(INT64_MAX));
  FAILS("LEFT", "LEFT: the length -1 is negative", T("abc"), I(-1));
  GIVES("RIGHT", T("å"), T("æøå"), I(1));
  GIVES("CHARINDEX", I(4), T("b"), T("日本語b"));
  GIVES("CHARINDEX", I(1), T("h"), T("hello"), I(-5));
  GIVES("CHARINDEX", I(0), T(""), T("hello"));
  GIVES("TRIM", T("x"), T("\xe2\x80\x83\xe3\x80\x80\t\n x \xc2\x85\xc2\xa0\xe2\x80\xa8"));
  GIVES("STUFF", T("qwe!"), T("qwerty"), I(4), I(50), T("!"));
  GIVES("STUFF", T("werty"), T("qwerty"), I(1), I(1), T(""));
  GIVES("TRANSLATE", T("ptos"), T("stop"), T("sp"), T("ps"));
  GIVES("TRANSLATE", T("blå x"), T("blå a"), T("aa"), T("xy"));
  GIVES("TRANSLATE", T("bløø"), T("blåå"), T("å"), T("ø"));
  FAILS("TRANSLATE", "TRANSLATE: 2 characters and 1 replacements", T("stop"), T("st"), T("x"));
  GIVES("UPPER", T("ÅSE ØIE 港"), T("Åse Øie 港"));
  GIVES("LOWER", T("žluťoučký kůň"), T("žluťoučký KŮŇ"));
  GIVES("UPPER", T("STRAßE"), T("straße"));
  GIVES("REVERSE", T("b🚢a🚲"), T("🚲a🚢b"));
  GIVES("REPLACE", T("bikea🚢b"), T("🚲a🚢b"), T("🚲"), T("bike"));
  GIVES("CONCAT", T(""), N, N);
  GIVES("CONCAT", T("7 1 2.5"), I(7), T(" "), B(1), T(" "), F(2.5));
  GIVES("CONCAT_WS", T("ab"), N, T("a"), T("b"));
  GIVES("UNICODE", I(128674), T("🚢 dock"));
  GIVES("UNICODE", N, T(""));
  GIVES("NCHAR", N, I(0xd800));
  FAILS("REPLICATE", "REPLICATE: the result is larger than 16 MB", T("abc"), I(INT64_MAX));
}

static void regular_expressions(void **state) {
  GIVES("REGEXMATCH", I(5), T("NJB 1006"), T("\\d+$"));
  GIVES("REGEXMATCH", I(2), T("NJB 1006"), T("J|1"));
  GIVES("REGEXMATCH", I(2), T("日本語"), T("本"));
  GIVES("REGEXMATCH", I(0), T("line\n"), T("line$"));
  GIVES("REGEXMATCH", I(0), T("\xd9\xa3"), T("\\d"));
  GIVES("REGEXMATCH", I(1), T("A"), T("\\u0041"));
  GIVES("REGEXMATCH", I(0), T("a"), T("[]"));
  GIVES("REGEXMATCH", N, T("a"), N);
  FAILS("REGEXMATCH", "REGEXMATCH: the pattern takes too many steps on this text",
        T("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"), T("^(a+)+$"));
}

static void dates(void **state) {
  GIVES("DATEADD", date("2024-02-29"), T("month"), I(1), T("2024-01-31"));
  GIVES("DATEADD", date("2026-03-01"), T("day"), F(1.9), date("2026-02-28"));
  GIVES("DATEADD", date("2026-03-14T00:00:00.25Z"), T("millisecond"), I(1773446400250), T("1970-01-01T00:00:00Z"));
  GIVES("DATEDIFF", I(1), T("week"), T("2026-03-14T23:59:59Z"), T("2026-03-15T00:00:00Z"));
  GIVES("DATEDIFF", I(-11), T("mi"), T("2026-03-14T09:41:00Z"), date("2026-03-14T09:30:00Z"));
  GIVES("DATEPART", I(123456), T("mcs"), T("2026-03-14T00:00:00.1234567Z"));
  GIVES("DATENAME", T("Monday"), T("dw"), T("2026-12-28"));
  GIVES("DATETIMEFROMPARTS", date("2026-12-01T00:00:00.25Z"), I(2026), I(12), I(1), I(0), I(0), I(0), I(250));
  FAILS("DATETIMEFROMPARTS", "DATETIMEFROMPARTS(2026, 2, 30, 0, 0, 0, 0): there is no such moment", I(2026), I(2),
        I(30), I(0), I(0), I(0), I(0));
  FAILS("YEAR", "YEAR: text `soon` is no ISO 8601 date and time", T("soon"));
  FAILS("DATEADD", "DATEADD(year, 8000, 2026-01-01T00:00:00.0000000Z): the result is not in the years 1 to 9999",
        T("yy"), I(8000), T("2026-01-01"));
}

static void units_are_checked_when_the_query_is_read(void **state) {
  FnTest test;
  Value args[3] = {T("fortnight"), I(1), T("2026-01-01")};
  assert_int_equal(fn_test_begin(&test, find("DATEADD"), args, 3, 7, TYPE_NULL), STATUS_CONFIG);
  assert_string_equal(test.scratch.error, "`fortnight` is no unit of time that DATEADD takes");
  fn_test_release(&test);
}

static void nullif(void **state) {
  GIVES("NULLIF", N, I(2), F(2));
  GIVES("NULLIF", T("x"), T("x"), T("X"));
  GIVES("NULLIF", N, N, I(3));
  GIVES("NULLIF", I(3), I(3), N);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arithmetic),      cmocka_unit_test(comparison),
      cmocka_unit_test(like),            cmocka_unit_test(casts),
      cmocka_unit_test(fields),          cmocka_unit_test(mathematics),
      cmocka_unit_test(text_functions),  cmocka_unit_test(regular_expressions),
      cmocka_unit_test(dates),           cmocka_unit_test(units_are_checked_when_the_query_is_read),
      cmocka_unit_test(nullif),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
