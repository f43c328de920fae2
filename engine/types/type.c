/* type.c: see type.h. The names are those GetType gives and CREATE TABLE and CAST take. */
#include "types/type.h"

static const char *const type_names[TYPE_COUNT];

const char *type_name(Type type) { return type_names[type]; }

/* nvarchar ( <digits> | max ), blanks allowed between the parts; a bare nvarchar is nvarchar(max) too. */
static bool is_nvarchar(Str name) {
  if (!str_starts_nocase(name, STR("nvarchar"))) return false;
  Str rest = str_trim(str_sub(name, 8, name.len));
  if (rest.len == 0) return true;
  if (rest.ptr[0] != '(' || rest.ptr[rest.len - 1] != ')') return false;
  Str length = str_trim(str_sub(rest, 1, rest.len - 1));
  uint64_t number;
  return str_eq_nocase(length, STR("max")) || str_to_u64(length, &number);
}

bool type_from_name(Str name, Type *out) {
  for (Type type = TYPE_BIT; type < TYPE_COUNT; type++) {
    if (type == TYPE_TEXT ? is_nvarchar(name) : str_eq_nocase(name, str_from(type_names[type]))) {
      *out = type;
      return true;
    }
  }
  return false;
}

void type_mask_print(TypeMask mask, StrBuf *out) {
  TypeMask rest = mask & (TypeMask)~MASK(TYPE_NULL);
  if (rest == (MASK_ANY & (TypeMask)~MASK(TYPE_NULL))) {
    strbuf_puts(out, "any type");
    return;
  }
  if (rest == 0) strbuf_puts(out, type_names[TYPE_NULL]);
  for (Type type = TYPE_BIT; type < TYPE_COUNT; type++) {
    if (!(rest & MASK(type))) continue;
    rest &= (TypeMask)~MASK(type);
    strbuf_puts(out, type_names[type]);
    if (rest) strbuf_puts(out, rest & (rest - 1) ? ", " : " or ");
  }
}

static const char *const type_names[TYPE_COUNT] = {
    [TYPE_NULL] = "NULL",
    [TYPE_BIT] = "bit",
    [TYPE_BIGINT] = "bigint",
    [TYPE_FLOAT] = "float",
    [TYPE_DATETIME] = "datetime",
    [TYPE_TEXT] = "nvarchar(max)",
    [TYPE_RECORD] = "record",
    [TYPE_ARRAY] = "array",
};
