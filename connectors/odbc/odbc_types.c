/* odbc_types.c: see odbc_types.h. The table of type names is at the bottom. */
#include "connectors/odbc/odbc_types.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "types/datetime.h"
#include "types/json.h"
#include "types/number.h"

/* ---- names to types ---- */

typedef struct TypeName {
  const char *name;  /* lower case, without what stands in parentheses */
  SqlClass cls;
  int64_t  min, max; /* INTEGER */
  unsigned precision, scale;
} TypeName;
static const TypeName type_names[];

enum { DIGITS_UNSET = 99 }; /* scale of a TypeName whose dialect knows the digits */

/* "Character Varying(5) [x]" -> "character varying [x]", and the numbers in parentheses. */
static Str name_and_numbers(Str text, char *name, size_t cap, unsigned numbers[2], bool given[2]) {
  size_t len = 0;
  int depth = 0;
  unsigned which = 0;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    if (c == '(') depth++;
    else if (c == ')') depth--;
    else if (depth && c == ',') which++;
    else if (depth && c >= '0' && c <= '9' && which < 2) {
      numbers[which] = numbers[which] * 10 + (unsigned)(c - '0');
      given[which] = true;
    } else if (!depth && len + 1 < cap) {
      name[len++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
  }
  return str_trim((Str){name, len});
}

static const TypeName *type_name_find(Str name) {
  for (const TypeName *row = type_names; row->name; row++) {
    if (str_eq(name, str_from(row->name))) return row;
  }
  return NULL;
}

/* SQLite's rules of affinity for names the table does not have. */
static SqlClass affinity_of(Str name) {
  if (name.len == 0) return SQL_CLASS_ANY;
  if (str_has_nocase(name, STR("int"))) return SQL_CLASS_INTEGER;
  if (str_has_nocase(name, STR("char")) || str_has_nocase(name, STR("clob")) || str_has_nocase(name, STR("text"))) {
    return SQL_CLASS_TEXT;
  }
  if (str_has_nocase(name, STR("blob"))) return SQL_CLASS_BYTES;
  if (str_has_nocase(name, STR("real")) || str_has_nocase(name, STR("floa")) || str_has_nocase(name, STR("doub"))) {
    return SQL_CLASS_FLOAT;
  }
  return SQL_CLASS_ANY;
}

static void integer_range(SqlType *type, const TypeName *row, Str name, bool is_unsigned,
                          const OdbcDialect *dialect) {
  type->min = row->min;
  type->max = row->max;
  bool tiny = str_eq(name, STR("tinyint"));
  if (tiny && (dialect->flags & DIALECT_TINY_SIGNED)) type->min = INT8_MIN, type->max = INT8_MAX;
  if ((dialect->flags & DIALECT_DYNAMIC) && row->max == INT32_MAX) type->min = INT64_MIN, type->max = INT64_MAX;
  if (is_unsigned) {
    type->max = type->max > INT64_MAX / 2 ? INT64_MAX : type->max * 2 + 1;
    type->min = 0;
  }
}

SqlType sql_type_of(Str type_text, const OdbcDialect *dialect) {
  char buffer[96];
  unsigned numbers[2] = {0, 0};
  bool given[2] = {false, false}, dynamic = dialect->flags & DIALECT_DYNAMIC;
  Str name = name_and_numbers(type_text, buffer, sizeof buffer, numbers, given);
  bool is_unsigned = str_ends(name, STR(" unsigned"));
  if (is_unsigned) name = str_trim(str_sub(name, 0, name.len - 9));
  SqlType type = {.cls = dynamic ? affinity_of(name) : SQL_CLASS_OPAQUE, .min = INT64_MIN, .max = INT64_MAX};
  const TypeName *row = type_name_find(name);
  if (row) type.cls = row->cls;
  bool bit_string = numbers[0] > 1 || (dialect->flags & DIALECT_BIT_TEXT); /* PostgreSQL's bit(1) is one too */
  if (str_eq(name, STR("bit")) && bit_string) type.cls = SQL_CLASS_OPAQUE;
  if (str_eq(name, STR("tinyint")) && numbers[0] == 1) type.cls = SQL_CLASS_BIT; /* MariaDB's boolean */
  if (type.cls == SQL_CLASS_INTEGER && row) integer_range(&type, row, name, is_unsigned, dialect);
  if (type.cls == SQL_CLASS_TEXT || type.cls == SQL_CLASS_BYTES) type.length = numbers[0];
  if (row && str_starts(name, STR("tinytext"))) type.length = 63; /* 255 bytes of up to four a character */
  if (type.cls == SQL_CLASS_DECIMAL) {
    type.precision = given[0] ? numbers[0] : row ? row->precision : 0;
    type.scale = given[0] ? numbers[1] : row ? row->scale : 0;
  }
  if (type.cls == SQL_CLASS_FLOAT && row) {
    bool plain_single = (dialect->flags & DIALECT_FLOAT_SINGLE) && str_eq(name, STR("float"));
    type.single = !dynamic && (row->precision == 24 || plain_single || (given[0] && !given[1] && numbers[0] <= 24));
  }
  if (type.cls == SQL_CLASS_TIMESTAMP || type.cls == SQL_CLASS_TIME) {
    type.scale = given[0] ? numbers[0] : row && row->scale != DIGITS_UNSET ? row->scale : dialect->time_digits;
    type.minutes = str_eq(name, STR("smalldatetime"));
  }
  if (type.scale > 7 && type.cls != SQL_CLASS_DECIMAL) type.scale = 7;
  return type;
}

TypeMask sql_class_accepts(SqlClass cls) {
  static const TypeMask accepts[SQL_CLASS_COUNT] = {
    [SQL_CLASS_ANY] = MASK_ANY,
    [SQL_CLASS_BIT] = MASK_NUMERIC | MASK(TYPE_TEXT),
    [SQL_CLASS_INTEGER] = MASK_NUMERIC | MASK(TYPE_TEXT),
    [SQL_CLASS_DECIMAL] = MASK_NUMERIC | MASK(TYPE_TEXT),
    [SQL_CLASS_FLOAT] = MASK_NUMERIC | MASK(TYPE_TEXT),
    [SQL_CLASS_TEXT] = MASK_ANY,
    [SQL_CLASS_JSON] = MASK_ANY,
    [SQL_CLASS_BYTES] = MASK(TYPE_TEXT) | MASK_JSON,
    [SQL_CLASS_TIMESTAMP] = MASK_TIME,
    [SQL_CLASS_DATE] = MASK_TIME,
    [SQL_CLASS_TIME] = MASK_TIME,
    [SQL_CLASS_OPAQUE] = MASK_ANY & (TypeMask)~MASK_JSON,
  };
  return accepts[cls];
}

const char *sql_type_for(TypeMask types, bool key, const OdbcDialect *dialect) {
  types &= (TypeMask)~MASK(TYPE_NULL);
  for (Type type = TYPE_BIT; type < TYPE_COUNT; type++) {
    if (types != MASK(type)) continue;
    return type == TYPE_TEXT && key ? dialect->key_text : dialect->names[type];
  }
  if (types == MASK_NUMBER) return dialect->names[TYPE_FLOAT];
  return key ? dialect->key_text : dialect->names[TYPE_NULL];
}

/* ---- values to cells ---- */

typedef struct Encode {
  const SqlType *type;
  Str type_text;
  const OdbcDialect *dialect;
  const Value *value;
  StrBuf *text;
  OdbcCell *out;
  char *reason;
} Encode;

static bool refuse(const Encode *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool refuse(const Encode *e, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(e->reason, ENCODE_REASON_MAX, format, args);
  va_end(args);
  return false;
}

/* "is 'abc', a nvarchar(max), ...": the value cut to a readable length. */
static bool refuse_type(const Encode *e) {
  StrBuf shown = {0};
  value_print_json(e->value, &shown);
  size_t len = shown.len < 40 ? shown.len : 40;
  while (len && len < shown.len && ((unsigned char)shown.ptr[len] & 0xc0) == 0x80) len--;
  refuse(e, "is %s %.*s%s, which is no " STR_FMT, type_name(e->value->type), (int)len, shown.ptr,
         len < shown.len ? "..." : "", STR_ARG(e->type_text));
  strbuf_release(&shown);
  return false;
}

static bool put_bigint(const Encode *e, int64_t i) {
  *e->out = (OdbcCell){.kind = CELL_BIGINT, .i = i};
  return true;
}

static bool put_double(const Encode *e, double f) {
  *e->out = (OdbcCell){.kind = CELL_DOUBLE, .f = f};
  return true;
}

static bool put_text(const Encode *e, CellKind kind, Str text) {
  *e->out = (OdbcCell){.kind = kind, .len = (uint32_t)text.len, .at = e->text->len};
  strbuf_put_str(e->text, text);
  return true;
}

/* The number a value stands for: text must be one as a whole. */
static bool number_of(const Value *value, int64_t *i, double *f, bool *integral) {
  *integral = true;
  switch (value->type) {
    case TYPE_BIT:
    case TYPE_BIGINT: *i = value->i; return true;
    case TYPE_FLOAT: *integral = false; *f = value->f; return true;
    case TYPE_TEXT: {
      Str text = text_str(&value->text);
      if (bigint_parse(text.ptr, text.len, i)) return true;
      *integral = false;
      return float_parse(text.ptr, text.len, f);
    }
    case TYPE_NULL:
    case TYPE_DATETIME:
    case TYPE_RECORD:
    case TYPE_ARRAY:
    case TYPE_COUNT: return false;
  }
  return false;
}

static bool encode_integer(const Encode *e) {
  int64_t i = 0;
  double f = 0;
  bool integral;
  if (!number_of(e->value, &i, &f, &integral)) return refuse_type(e);
  if (!integral) {
    if (f != trunc(f)) return refuse(e, "is %.17g, and " STR_FMT " holds no fractions", f, STR_ARG(e->type_text));
    if (!(f >= -0x1p63 && f < 0x1p63)) {
      return refuse(e, "is %.17g, out of the range of " STR_FMT, f, STR_ARG(e->type_text));
    }
    i = (int64_t)f;
  }
  if (i < e->type->min || i > e->type->max) {
    return refuse(e, "is %lld, out of the range of " STR_FMT " (%lld to %lld)", (long long)i, STR_ARG(e->type_text),
                  (long long)e->type->min, (long long)e->type->max);
  }
  return put_bigint(e, i);
}

static bool encode_bit(const Encode *e) {
  int64_t i = 0;
  double f = 0;
  bool integral, known = number_of(e->value, &i, &f, &integral);
  Str text = value_has_text(e->value) ? text_str(&e->value->text) : STR("");
  if (str_eq_nocase(text, STR("true")) || str_eq_nocase(text, STR("false"))) {
    i = text.len == 4;
    integral = known = true;
  }
  if (known && !integral && (f == 0 || f == 1)) {
    i = f == 1;
    integral = true;
  }
  if (!known || !integral || i < 0 || i > 1) return refuse_type(e);
  if (e->dialect->flags & DIALECT_BIT_TEXT) return put_text(e, CELL_TEXT, i ? STR("true") : STR("false"));
  return put_bigint(e, i);
}

static bool encode_float(const Encode *e) {
  int64_t i = 0;
  double f = 0;
  bool integral;
  if (!number_of(e->value, &i, &f, &integral)) return refuse_type(e);
  if (integral) f = (double)i;
  if (e->type->single && f != 0) {
    double size = fabs(f);
    if (size > 3.4028234663852886e38 || size < 1.1754943508222875e-38) {
      return refuse(e, "is %.17g, out of the range of " STR_FMT, f, STR_ARG(e->type_text));
    }
  }
  return put_double(e, f);
}

/* Digits in front of the point of |f| once it is rounded to the scale; `room` when they clearly fit. */
static unsigned whole_digits(double f, unsigned scale, unsigned room) {
  if (fabs(f) < 0.9 * pow(10, room)) return room;
  char text[400];
  int len = snprintf(text, sizeof text, "%.*f", (int)(scale < 60 ? scale : 60), fabs(f));
  const char *point = memchr(text, '.', (size_t)len);
  size_t digits = point ? (size_t)(point - text) : (size_t)len;
  return digits == 1 && text[0] == '0' ? 0 : (unsigned)digits;
}

static bool encode_decimal(const Encode *e) {
  int64_t i = 0;
  double f = 0;
  bool integral;
  if (!number_of(e->value, &i, &f, &integral)) return refuse_type(e);
  const SqlType *type = e->type;
  unsigned room = type->precision > type->scale ? type->precision - type->scale : 0;
  double size = integral ? (double)i : f;
  if (type->precision && whole_digits(size, type->scale, room) > room) {
    return refuse(e, "is %.17g, with more than the %u digits that " STR_FMT " holds in front of the point", size, room,
                  STR_ARG(e->type_text));
  }
  if (!(e->dialect->flags & DIALECT_DECIMAL_TEXT)) return integral ? put_bigint(e, i) : put_double(e, f);
  char digits[NUMBER_TEXT_MAX];
  size_t len = integral ? bigint_print(i, digits) : float_print(f, false, digits);
  return put_text(e, CELL_TEXT, (Str){digits, len});
}

/* A value as text: what CAST(... AS nvarchar(max)) gives, datetimes and records as JSON prints them. */
static void print_value(const Value *value, StrBuf *out) {
  char digits[NUMBER_TEXT_MAX], stamp[DATETIME_TEXT_LEN + 1];
  switch (value->type) {
    case TYPE_BIT: strbuf_putc(out, value->i ? '1' : '0'); break;
    case TYPE_BIGINT: strbuf_append(out, digits, bigint_print(value->i, digits)); break;
    case TYPE_FLOAT: strbuf_append(out, digits, float_print(value->f, false, digits)); break;
    case TYPE_DATETIME:
      datetime_print(value->i, stamp);
      strbuf_append(out, stamp, DATETIME_TEXT_LEN);
      break;
    case TYPE_TEXT: strbuf_put_str(out, text_str(&value->text)); break;
    case TYPE_RECORD:
    case TYPE_ARRAY: json_put_minified(out, text_str(&value->text)); break;
    case TYPE_NULL:
    case TYPE_COUNT: break;
  }
}

/* Closes a text cell begun at `at`, after checking it. */
static bool finish_text(const Encode *e, CellKind kind, size_t at) {
  Str text = {e->text->ptr ? e->text->ptr + at : "", e->text->len - at};
  bool nul = kind == CELL_TEXT && text.len && memchr(text.ptr, '\0', text.len);
  size_t size = 0;
  if (e->type->length && text.len > e->type->length) size = kind == CELL_TEXT ? utf8_count(text) : text.len;
  *e->out = (OdbcCell){.kind = kind, .len = (uint32_t)text.len, .at = at};
  if (!nul && size <= e->type->length) return true;
  if (nul) refuse(e, "holds a NUL character, which " STR_FMT " cannot", STR_ARG(e->type_text));
  else refuse(e, "has %zu %s, more than " STR_FMT " holds", size, kind == CELL_TEXT ? "characters" : "bytes",
              STR_ARG(e->type_text));
  e->text->len = at;
  return false;
}

static bool encode_text(const Encode *e, CellKind kind) {
  size_t at = e->text->len;
  print_value(e->value, e->text);
  return finish_text(e, kind, at);
}

/* Text must be a JSON document already; everything else goes in as JSON prints it. */
static bool encode_json(const Encode *e) {
  size_t at = e->text->len;
  if (e->value->type == TYPE_TEXT) {
    Str text = text_str(&e->value->text);
    if (!json_valid(text, NULL)) return refuse_type(e);
    return put_text(e, CELL_TEXT, text);
  }
  value_print_json(e->value, e->text);
  return finish_text(e, CELL_TEXT, at);
}

static bool ticks_of(const Value *value, Ticks *ticks) {
  if (value->type == TYPE_DATETIME) *ticks = value->i;
  else if (value->type == TYPE_TEXT) {
    Str text = text_str(&value->text);
    return datetime_parse(text.ptr, text.len, ticks);
  } else return false;
  return true;
}

/* 2026-01-01 00:00:00.123: what every driver and database reads; SQLite gets the form JSON prints. */
static bool encode_time(const Encode *e) {
  Ticks ticks;
  if (!ticks_of(e->value, &ticks)) return refuse_type(e);
  char stamp[DATETIME_TEXT_LEN + 1];
  datetime_print(ticks, stamp);
  if (e->type->cls == SQL_CLASS_DATE) return put_text(e, CELL_TEXT, (Str){stamp, 10});
  bool dynamic = e->dialect->flags & DIALECT_DYNAMIC;
  if (dynamic && e->type->cls == SQL_CLASS_TIMESTAMP) return put_text(e, CELL_TEXT, (Str){stamp, DATETIME_TEXT_LEN});
  stamp[10] = ' ';
  if (e->type->minutes) memcpy(stamp + 17, "00", 2);
  size_t len = e->type->scale ? 20 + e->type->scale : 19;
  size_t from = e->type->cls == SQL_CLASS_TIME ? 11 : 0;
  return put_text(e, CELL_TEXT, (Str){stamp + from, len - from});
}

static bool encode_any(const Encode *e) {
  switch (e->value->type) {
    case TYPE_BIT:
    case TYPE_BIGINT: return put_bigint(e, e->value->i);
    case TYPE_FLOAT: return put_double(e, e->value->f);
    case TYPE_NULL:
    case TYPE_DATETIME:
    case TYPE_TEXT:
    case TYPE_RECORD:
    case TYPE_ARRAY:
    case TYPE_COUNT: return encode_text(e, CELL_TEXT);
  }
  return false;
}

bool sql_encode(const SqlType *type, Str type_text, const OdbcDialect *dialect, const Value *value, StrBuf *text,
                OdbcCell *out, char reason[ENCODE_REASON_MAX]) {
  Encode e = {.type = type, .type_text = type_text, .dialect = dialect, .value = value, .text = text, .out = out,
              .reason = reason};
  if (value->type == TYPE_NULL) {
    *out = (OdbcCell){.kind = CELL_NULL};
    return true;
  }
  if (!(sql_class_accepts(type->cls) & MASK(value->type))) return refuse_type(&e);
  switch (type->cls) {
    case SQL_CLASS_ANY: return encode_any(&e);
    case SQL_CLASS_BIT: return encode_bit(&e);
    case SQL_CLASS_INTEGER: return encode_integer(&e);
    case SQL_CLASS_DECIMAL: return encode_decimal(&e);
    case SQL_CLASS_FLOAT: return encode_float(&e);
    case SQL_CLASS_TEXT:
    case SQL_CLASS_OPAQUE: return encode_text(&e, CELL_TEXT);
    case SQL_CLASS_BYTES: return encode_text(&e, CELL_BYTES);
    case SQL_CLASS_JSON: return encode_json(&e);
    case SQL_CLASS_TIMESTAMP:
    case SQL_CLASS_DATE:
    case SQL_CLASS_TIME: return encode_time(&e);
    case SQL_CLASS_COUNT: break;
  }
  BUG("a column of class %d", type->cls);
}

CellKind sql_usual_cell(const SqlType *type, const OdbcDialect *dialect) {
  switch (type->cls) {
    case SQL_CLASS_BIT: return dialect->flags & DIALECT_BIT_TEXT ? CELL_TEXT : CELL_BIGINT;
    case SQL_CLASS_INTEGER: return CELL_BIGINT;
    case SQL_CLASS_FLOAT: return CELL_DOUBLE;
    case SQL_CLASS_DECIMAL: return dialect->flags & DIALECT_DECIMAL_TEXT ? CELL_TEXT : CELL_DOUBLE;
    case SQL_CLASS_BYTES: return CELL_BYTES;
    case SQL_CLASS_ANY:
    case SQL_CLASS_TEXT:
    case SQL_CLASS_JSON:
    case SQL_CLASS_TIMESTAMP:
    case SQL_CLASS_DATE:
    case SQL_CLASS_TIME:
    case SQL_CLASS_OPAQUE:
    case SQL_CLASS_COUNT: return CELL_TEXT;
  }
  return CELL_TEXT;
}

static const TypeName type_names[] = {
  {"smallint", SQL_CLASS_INTEGER, INT16_MIN, INT16_MAX},
  {"int2", SQL_CLASS_INTEGER, INT16_MIN, INT16_MAX},
  {"smallserial", SQL_CLASS_INTEGER, INT16_MIN, INT16_MAX},
  {"tinyint", SQL_CLASS_INTEGER, 0, UINT8_MAX},
  {"mediumint", SQL_CLASS_INTEGER, -8388608, 8388607},
  {"int", SQL_CLASS_INTEGER, INT32_MIN, INT32_MAX},
  {"int4", SQL_CLASS_INTEGER, INT32_MIN, INT32_MAX},
  {"integer", SQL_CLASS_INTEGER, INT32_MIN, INT32_MAX},
  {"serial", SQL_CLASS_INTEGER, INT32_MIN, INT32_MAX},
  {"bigint", SQL_CLASS_INTEGER, INT64_MIN, INT64_MAX},
  {"int8", SQL_CLASS_INTEGER, INT64_MIN, INT64_MAX},
  {"bigserial", SQL_CLASS_INTEGER, INT64_MIN, INT64_MAX},
  {"year", SQL_CLASS_INTEGER, 0, 2155},
  {"decimal", SQL_CLASS_DECIMAL},
  {"dec", SQL_CLASS_DECIMAL},
  {"numeric", SQL_CLASS_DECIMAL},
  {"number", SQL_CLASS_DECIMAL},
  {"money", SQL_CLASS_DECIMAL, .precision = 19, .scale = 4},
  {"smallmoney", SQL_CLASS_DECIMAL, .precision = 10, .scale = 4},
  {"real", SQL_CLASS_FLOAT, .precision = 24},
  {"float4", SQL_CLASS_FLOAT, .precision = 24},
  {"float", SQL_CLASS_FLOAT, .precision = 53},
  {"float8", SQL_CLASS_FLOAT, .precision = 53},
  {"double", SQL_CLASS_FLOAT, .precision = 53},
  {"double precision", SQL_CLASS_FLOAT, .precision = 53},
  {"bit", SQL_CLASS_BIT},
  {"bool", SQL_CLASS_BIT},
  {"boolean", SQL_CLASS_BIT},
  {"char", SQL_CLASS_TEXT},
  {"character", SQL_CLASS_TEXT},
  {"bpchar", SQL_CLASS_TEXT},
  {"nchar", SQL_CLASS_TEXT},
  {"varchar", SQL_CLASS_TEXT},
  {"nvarchar", SQL_CLASS_TEXT},
  {"character varying", SQL_CLASS_TEXT},
  {"text", SQL_CLASS_TEXT},
  {"ntext", SQL_CLASS_TEXT},
  {"citext", SQL_CLASS_TEXT},
  {"name", SQL_CLASS_TEXT},
  {"tinytext", SQL_CLASS_TEXT},
  {"mediumtext", SQL_CLASS_TEXT},
  {"longtext", SQL_CLASS_TEXT},
  {"clob", SQL_CLASS_TEXT},
  {"json", SQL_CLASS_JSON},
  {"jsonb", SQL_CLASS_JSON},
  {"bytea", SQL_CLASS_BYTES},
  {"blob", SQL_CLASS_BYTES},
  {"tinyblob", SQL_CLASS_BYTES},
  {"mediumblob", SQL_CLASS_BYTES},
  {"longblob", SQL_CLASS_BYTES},
  {"binary", SQL_CLASS_BYTES},
  {"varbinary", SQL_CLASS_BYTES},
  {"image", SQL_CLASS_BYTES},
  {"date", SQL_CLASS_DATE},
  {"time", SQL_CLASS_TIME, .scale = DIGITS_UNSET},
  {"time without time zone", SQL_CLASS_TIME, .scale = DIGITS_UNSET},
  {"timestamp", SQL_CLASS_TIMESTAMP, .scale = DIGITS_UNSET},
  {"timestamptz", SQL_CLASS_TIMESTAMP, .scale = DIGITS_UNSET},
  {"timestamp without time zone", SQL_CLASS_TIMESTAMP, .scale = DIGITS_UNSET},
  {"timestamp with time zone", SQL_CLASS_TIMESTAMP, .scale = DIGITS_UNSET},
  {"datetime", SQL_CLASS_TIMESTAMP, .scale = DIGITS_UNSET},
  {"datetime2", SQL_CLASS_TIMESTAMP, .scale = 7},
  {"datetimeoffset", SQL_CLASS_TIMESTAMP, .scale = 7},
  {"smalldatetime", SQL_CLASS_TIMESTAMP, .scale = 0},
  {NULL, SQL_CLASS_OPAQUE},
};
