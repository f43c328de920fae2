/* test_odbc_types.c: names of column types, and what each class makes of values. */
#include "odbc_fixture.h"

#include "connectors/odbc/odbc_types.h"

static const OdbcDialect *postgres(void) { return dialect_of_dbms(STR("PostgreSQL")); }
static const OdbcDialect *sqlite(void) { return dialect_of_dbms(STR("SQLite")); }
static const OdbcDialect *mariadb(void) { return dialect_of_dbms(STR("MariaDB")); }
static const OdbcDialect *tsql(void) { return dialect_of_dbms(STR("Microsoft SQL Server")); }

static SqlType type(const char *text, const OdbcDialect *dialect) { return sql_type_of(str_from(text), dialect); }

static void names(void **state) {
  (void)state;
  SqlType t = type("character varying(5)", postgres());
  assert_true(t.cls == SQL_CLASS_TEXT && t.length == 5);
  t = type("NUMERIC(10,2)", postgres());
  assert_true(t.cls == SQL_CLASS_DECIMAL && t.precision == 10 && t.scale == 2);
  t = type("timestamp(3) with time zone", postgres());
  assert_true(t.cls == SQL_CLASS_TIMESTAMP && t.scale == 3);
  assert_int_equal(type("timestamp without time zone", postgres()).scale, 6);
  assert_int_equal(type("integer[]", postgres()).cls, SQL_CLASS_OPAQUE);
  assert_int_equal(type("bit(1)", postgres()).cls, SQL_CLASS_OPAQUE);
  assert_int_equal(type("integer", postgres()).max, INT32_MAX);
  assert_int_equal(type("INTEGER", sqlite()).max, INT64_MAX);
  assert_int_equal(type("", sqlite()).cls, SQL_CLASS_ANY);
  assert_int_equal(type("VARYING CHARACTER(9)", sqlite()).cls, SQL_CLASS_TEXT);
  assert_int_equal(type("UNSIGNED BIG INT", sqlite()).cls, SQL_CLASS_INTEGER);
  assert_int_equal(type("tinyint(1)", mariadb()).cls, SQL_CLASS_BIT);
  t = type("tinyint(3) unsigned", mariadb());
  assert_true(t.cls == SQL_CLASS_INTEGER && t.min == 0 && t.max == 255);
  t = type("tinyint", tsql());
  assert_true(t.min == 0 && t.max == 255);
  assert_int_equal(type("tinyint(4)", mariadb()).min, -128);
  assert_true(type("float", mariadb()).single);
  assert_false(type("float", tsql()).single);
  assert_true(type("real", tsql()).single);
  assert_int_equal(type("nvarchar(max)", tsql()).length, 0);
  assert_int_equal(type("datetime(3)", tsql()).scale, 3);
  assert_int_equal(type("datetime", mariadb()).scale, 0);
  assert_true(type("smalldatetime", tsql()).minutes);
}

/* What a value becomes: "null", "i:5", "f:0.5", "t:text", "b:bytes", or "!reason". */
static const char *encoded(const char *type_text, const OdbcDialect *dialect, Value value) {
  static StrBuf out;
  StrBuf text = {0};
  OdbcCell cell;
  char reason[ENCODE_REASON_MAX];
  SqlType t = type(type_text, dialect);
  strbuf_clear(&out);
  if (!sql_encode(&t, str_from(type_text), dialect, &value, &text, &cell, reason)) {
    strbuf_printf(&out, "!%s", reason);
    assert_int_equal(text.len, 0); /* a refused value leaves nothing behind */
  } else if (cell.kind == CELL_NULL) {
    strbuf_puts(&out, "null");
  } else if (cell.kind == CELL_BIGINT) {
    strbuf_printf(&out, "i:%lld", (long long)cell.i);
  } else if (cell.kind == CELL_DOUBLE) {
    strbuf_printf(&out, "f:%.17g", cell.f);
  } else {
    strbuf_printf(&out, "%s:%.*s", cell.kind == CELL_TEXT ? "t" : "b", (int)cell.len,
      text.ptr ? text.ptr + cell.at : "");
  }
  strbuf_release(&text);
  return out.ptr;
}
#define BECOMES(type_text, dialect, value, wanted) assert_string_equal(encoded(type_text, dialect, value), wanted)

static void numbers(void **state) {
  (void)state;
  BECOMES("integer", postgres(), value_null(), "null");
  BECOMES("integer", postgres(), value_bit(true), "i:1");
  BECOMES("integer", postgres(), value_float(-3), "i:-3");
  BECOMES("integer", postgres(), LITERAL(" 12 "), "i:12");
  BECOMES("integer", postgres(), value_bigint(INT64_C(1) << 31),
          "!is 2147483648, out of the range of integer (-2147483648 to 2147483647)");
  BECOMES("bigint", postgres(), value_float(1e19), "!is 1e+19, out of the range of bigint");
  BECOMES("bigint", postgres(), value_float(0.5), "!is 0.5, and bigint holds no fractions");
  BECOMES("integer", postgres(), value_datetime(0),
          "!is datetime \"0001-01-01T00:00:00.0000000Z\", which is no integer");
  BECOMES("double precision", postgres(), value_bigint(3), "f:3");
  BECOMES("real", postgres(), value_float(1e300), "!is 1.0000000000000001e+300, out of the range of real");
  BECOMES("real", sqlite(), value_float(1e300), "f:1.0000000000000001e+300");
  BECOMES("numeric(4,2)", postgres(), value_float(99.99), "t:99.99");
  BECOMES("numeric(4,2)", postgres(), value_float(99.995001),
          "!is 99.995001000000002, with more than the 2 digits that numeric(4,2) holds in front of the point");
  BECOMES("numeric(4,2)", postgres(), value_bigint(-100),
          "!is -100, with more than the 2 digits that numeric(4,2) holds in front of the point");
  BECOMES("numeric(2,2)", postgres(), value_float(0.5), "t:0.5");
  BECOMES("numeric", postgres(), value_bigint(INT64_MIN), "t:-9223372036854775808");
  BECOMES("decimal(9,1)", sqlite(), value_float(0.5), "f:0.5");
  BECOMES("boolean", postgres(), value_float(1), "t:true");
  BECOMES("boolean", sqlite(), LITERAL("FALSE"), "i:0");
  BECOMES("boolean", sqlite(), value_bigint(2), "!is bigint 2, which is no boolean");
}

static void texts(void **state) {
  (void)state;
  BECOMES("text", postgres(), value_float(5), "t:5");
  BECOMES("text", postgres(), value_bit(true), "t:1");
  BECOMES("text", postgres(), value_datetime(1), "t:0001-01-01T00:00:00.0000001Z");
  BECOMES("text", postgres(), RECORD("{ \"a\" : 1 }"), "t:{\"a\":1}");
  BECOMES("varchar(3)", sqlite(), LITERAL("\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"),
    "t:\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac");
  BECOMES("varchar(3)", sqlite(), value_bigint(1234), "!has 4 characters, more than varchar(3) holds");
  BECOMES("text", postgres(), LITERAL("a\0b"), "!holds a NUL character, which text cannot");
  BECOMES("varbinary(2)", tsql(), LITERAL("abc"), "!has 3 bytes, more than varbinary(2) holds");
  BECOMES("bytea", postgres(), LITERAL("a\0b"), "b:a");
  BECOMES("jsonb", postgres(), LITERAL("{\"a\":1}"), "t:{\"a\":1}");
  BECOMES("jsonb", postgres(), LITERAL("{oops"), "!is nvarchar(max) \"{oops\", which is no jsonb");
  BECOMES("json", postgres(), value_float(5), "t:5.0");
  BECOMES("uuid", postgres(), LITERAL("x"), "t:x");
  BECOMES("uuid", postgres(), RECORD("{}"), "!is record {}, which is no uuid");
}

static void times(void **state) {
  (void)state;
  Ticks at;
  assert_true(datetime_parse("2026-01-02T03:04:05.9999999Z", 28, &at));
  BECOMES("timestamp without time zone", postgres(), value_datetime(at), "t:2026-01-02 03:04:05.999999");
  BECOMES("timestamp(0) without time zone", postgres(), value_datetime(at), "t:2026-01-02 03:04:05");
  BECOMES("datetime2(7)", tsql(), value_datetime(at), "t:2026-01-02 03:04:05.9999999");
  BECOMES("datetime", mariadb(), value_datetime(at), "t:2026-01-02 03:04:05");
  BECOMES("smalldatetime", tsql(), value_datetime(at), "t:2026-01-02 03:04:00");
  BECOMES("datetime", sqlite(), LITERAL("2026-01-02T04:04:05+01:00"), "t:2026-01-02T03:04:05.0000000Z");
  BECOMES("date", postgres(), value_datetime(at), "t:2026-01-02");
  BECOMES("time(3) without time zone", postgres(), value_datetime(at), "t:03:04:05.999");
  BECOMES("date", postgres(), value_bigint(5), "!is bigint 5, which is no date");
}

static void created_types(void **state) {
  (void)state;
  assert_string_equal(sql_type_for(MASK(TYPE_BIGINT) | MASK(TYPE_NULL), false, postgres()), "bigint");
  assert_string_equal(sql_type_for(MASK_NUMBER, false, postgres()), "double precision");
  assert_string_equal(sql_type_for(MASK(TYPE_DATETIME), false, tsql()), "datetime2(7)");
  assert_string_equal(sql_type_for(MASK(TYPE_TEXT), true, tsql()), "nvarchar(400)");
  assert_string_equal(sql_type_for(MASK_ANY, false, postgres()), "text");
  assert_string_equal(sql_type_for(MASK(TYPE_NULL), false, postgres()), "text");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(names), cmocka_unit_test(numbers), cmocka_unit_test(texts), cmocka_unit_test(times),
    cmocka_unit_test(created_types),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
