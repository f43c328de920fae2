/* operands.c: do the types of an operator's or function's operands fit? Types that can never meet are found here, so
** that no row has to fail at run time (semantics.md section 2). */
#include <string.h>

#include "bind/binder.h"
#include "functions/operators.h"
#include "types/cast.h"
#include "types/number.h"

enum { TEXT_ONLY = MASK(TYPE_TEXT), TIME_ONLY = MASK(TYPE_DATETIME) };

/* Without NULL; 0: not known, or always NULL. */
static TypeMask kinds(const Expr *expr) { return expr->types & (TypeMask)~MASK(TYPE_NULL); }

static bool is_only(TypeMask types, TypeMask mask) { return types && !(types & ~mask); }

/* "text", "a number", "a datetime": as people say it. */
static void print_kind(TypeMask types, StrBuf *out) {
  if (is_only(types, TEXT_ONLY)) strbuf_puts(out, "text");
  else if (types & (types - 1) && is_only(types, MASK_NUMERIC)) strbuf_puts(out, "a number");
  else if (types & (types - 1)) type_mask_print(types, out);
  else {
    strbuf_puts(out, is_only(types, MASK(TYPE_ARRAY)) ? "an " : "a ");
    type_mask_print(types, out);
  }
}

Str shown(const Binder *b, Span span, const char *otherwise) {
  Str text = str_sub(b->diags->source->text, span.begin, span.end);
  return text.len > 40 || str_find_char(text, '\n') >= 0 ? str_from(otherwise) : text;
}

static Str print_source(const Binder *b, Span span) { return shown(b, span, "x"); }

/* ---- functions -------------------------------------------------------------------------------- */

/* What stands in a message for the operator's name: signs as they are, words in capitals. */
static Str operator_name(Binder *b, const ScalarFn *fn) {
  Str upper = arena_str(b->arena, strcmp(fn->name, OP_NEG) == 0 ? STR("-") : str_from(fn->name));
  for (size_t i = 0; i < upper.len; i++)
    if (upper.ptr[i] >= 'a' && upper.ptr[i] <= 'z') ((char *)upper.ptr)[i] -= 32;
  return upper;
}

static void date_arithmetic(Binder *b, const ScalarFn *fn, Expr **args, uint32_t len, Diag *diag) {
  if (len != 2) return;
  Str left = print_source(b, args[0]->span), right = print_source(b, args[1]->span);
  bool minus = strcmp(fn->name, OP_SUB) == 0;
  if (minus && (kinds(args[0]) & TIME_ONLY) && !is_only(kinds(args[1]), MASK_NUMBER))
    diag_hint(b->diags, diag, "write `DATEDIFF(second, " STR_FMT ", " STR_FMT ")` for the time between them",
              STR_ARG(right), STR_ARG(left));
  else
    diag_hint(b->diags, diag, "write `DATEADD(second, %s" STR_FMT ", " STR_FMT ")` to move a time",
              minus ? "-" : "", STR_ARG(right), STR_ARG(left));
}

static void wrong_type(Binder *b, const ScalarFn *fn, Expr **args, uint32_t len, uint32_t at) {
  StrBuf want = {0}, have = {0};
  type_mask_print(scalar_fn_arg(fn, at), &want);
  print_kind(kinds(args[at]), &have);
  Diag *diag;
  if (fn->flags & FN_OPERATOR) {
    diag = diag_add(b->diags, DIAG_wrong_argument_type, args[at]->span, "`" STR_FMT "` wants %s here, and this is %s",
                    STR_ARG(operator_name(b, fn)), want.ptr, have.ptr);
    Str source = print_source(b, args[at]->span);
    TypeMask wanted = scalar_fn_arg(fn, at);
    if (is_only(wanted & (TypeMask)~MASK(TYPE_NULL), TEXT_ONLY))
      diag_hint(b->diags, diag, "write `CAST(" STR_FMT " AS nvarchar(max))`", STR_ARG(source));
    else if (is_only(kinds(args[at]), TIME_ONLY)) date_arithmetic(b, fn, args, len, diag);
    else if (is_only(kinds(args[at]), TEXT_ONLY))
      diag_hint(b->diags, diag, "text is not silently a number: write `CAST(" STR_FMT " AS float)`", STR_ARG(source));
  } else {
    diag = diag_add(b->diags, DIAG_wrong_argument_type, args[at]->span, "argument %u of `%s` wants %s, and this is %s",
                    at + 1, fn->name, want.ptr, have.ptr);
    diag_hint(b->diags, diag, "the signature is `%s`", fn->signature);
  }
  if (scalar_fn_arg(fn, at) & MASK_NUMERIC) csv_wish(b, args[at], TYPE_FLOAT);
  csv_hint(b, diag, args[at]);
  strbuf_release(&want);
  strbuf_release(&have);
}

/* ---- comparisons ------------------------------------------------------------------------------ */

static bool is_comparison(const char *sign) {
  static const char *const signs[] = {OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_IN, OP_NOT_IN, OP_BETWEEN,
                                      OP_NOT_BETWEEN};
  for (unsigned i = 0; i < sizeof signs / sizeof signs[0]; i++)
    if (strcmp(signs[i], sign) == 0) return true;
  return false;
}

static bool comparable(TypeMask a, TypeMask b) {
  if (a == 0 || b == 0) return true;
  return ((a & MASK_NUMERIC) && (b & MASK_NUMERIC)) || ((a & MASK_TIME) && (b & MASK_TIME));
}

static Type number_type(TypeMask types) { return types & MASK_NUMERIC ? TYPE_FLOAT : TYPE_DATETIME; }

/* The hint of `left is compared with right`: which side to write differently. */
static void convert_hint(Binder *b, Diag *diag, const Expr *left, const Expr *right) {
  const Expr *text = is_only(kinds(left), TEXT_ONLY) ? left : right, *other = text == left ? right : left;
  double number;
  Str digits = text->kind == EXPR_CONST && text->value.type == TYPE_TEXT ? text_str(&text->value.text) : (Str){0};
  if (!is_only(kinds(text), TEXT_ONLY) || !(kinds(other) & MASK_NUMERIC)) {
    diag_hint(b->diags, diag, "convert one side with CAST or TRY_CAST");
  } else if (digits.len && float_parse(digits.ptr, digits.len, &number)) {
    diag_hint(b->diags, diag, "a number is written without quotes: `" STR_FMT "`", STR_ARG(digits));
    diag_edit(b->diags, diag, text->span, STR_FMT, STR_ARG(digits));
  } else if (other->kind == EXPR_CONST) {
    Str source = print_source(b, other->span);
    diag_hint(b->diags, diag, "text is not silently a number: write `'" STR_FMT "'` to compare texts, or `CAST(" STR_FMT
              " AS float)` to compare numbers", STR_ARG(source), STR_ARG(print_source(b, text->span)));
  } else {
    diag_hint(b->diags, diag, "text is not silently a number: write `CAST(" STR_FMT " AS float)`, or TRY_CAST where "
              "it may be no number", STR_ARG(print_source(b, text->span)));
  }
}

static void say_mismatch(Binder *b, const Expr *left, const Expr *right) {
  StrBuf have = {0}, other = {0};
  print_kind(kinds(left), &have);
  print_kind(kinds(right), &other);
  Diag *diag = diag_add(b->diags, DIAG_type_mismatch, left->span, "%s is compared with %s", have.ptr, other.ptr);
  diag_mark(b->diags, diag, "this is %s", have.ptr);
  diag_label(b->diags, diag, right->span, "this is %s", other.ptr);
  convert_hint(b, diag, left, right);
  csv_wish(b, left, number_type(kinds(right)));
  csv_wish(b, right, number_type(kinds(left)));
  csv_hint(b, diag, csv_column(b, left) ? left : right);
  strbuf_release(&have);
  strbuf_release(&other);
}

static void say_record(Binder *b, Span span, const Expr *record) {
  bool array = is_only(kinds(record), MASK(TYPE_ARRAY));
  Diag *diag = diag_add(b->diags, DIAG_record_compared, span, "%s cannot be compared", array ? "arrays" : "records");
  diag_label(b->diags, diag, record->span, "this is %s", array ? "an array" : "a record");
  Str source = print_source(b, record->span);
  if (array)
    diag_hint(b->diags, diag, "compare an element, `GetArrayElement(" STR_FMT ", 0)`, or CAST both to nvarchar(max)",
              STR_ARG(source));
  else
    diag_hint(b->diags, diag, "compare one of its fields, for example `" STR_FMT ".id`, or CAST both to nvarchar(max)",
              STR_ARG(source));
}

/* A text that is compared with a datetime is one, when it is a constant. */
static bool check_instant(Binder *b, const Expr *text, const Expr *other) {
  int64_t ticks;
  if (text->kind != EXPR_CONST || text->value.type != TYPE_TEXT || !is_only(kinds(other), TIME_ONLY) ||
      value_to_ticks(&text->value, &ticks))
    return true;
  Diag *diag = diag_add(b->diags, DIAG_type_mismatch, text->span, "this text is compared with a datetime, and is none");
  diag_label(b->diags, diag, other->span, "this is a datetime");
  diag_hint(b->diags, diag, "datetimes are written '2026-01-31T12:00:00Z'");
  return false;
}

static bool check_pair(Binder *b, Span span, const Expr *left, const Expr *right) {
  TypeMask l = kinds(left), r = kinds(right);
  if (is_only(l, MASK_JSON) || is_only(r, MASK_JSON)) {
    say_record(b, span, is_only(l, MASK_JSON) ? left : right);
    return false;
  }
  if (comparable(l, r)) return check_instant(b, left, right) && check_instant(b, right, left);
  say_mismatch(b, left, right);
  return false;
}

static bool check_comparison(Binder *b, Span span, Expr **args, uint32_t len) {
  for (uint32_t i = 1; i < len; i++)
    if (!check_pair(b, span, args[0], args[i])) return false;
  return true;
}

/* ---- sums and casts --------------------------------------------------------------------------- */

/* `+` adds numbers or joins texts, and nothing in between. */
static bool check_sum(Binder *b, Span span, Expr **args) {
  TypeMask left = kinds(args[0]), right = kinds(args[1]);
  bool text_left = is_only(left, TEXT_ONLY), text_right = is_only(right, TEXT_ONLY);
  if (!(text_left && right && !(right & TEXT_ONLY)) && !(text_right && left && !(left & TEXT_ONLY))) return true;
  const Expr *text = args[text_left ? 0 : 1], *number = args[text_left ? 1 : 0];
  Str other = print_source(b, number->span);
  Diag *diag = diag_add(b->diags, DIAG_type_mismatch, span, "text and a number cannot be added");
  if (text->kind == EXPR_CONST)
    diag_hint(b->diags, diag, "to join texts write `CAST(" STR_FMT " AS nvarchar(max))`, or CONCAT(...)",
              STR_ARG(other));
  else
    diag_hint(b->diags, diag, "to join texts write `CAST(" STR_FMT " AS nvarchar(max))` or CONCAT; to add numbers "
              "`CAST(" STR_FMT " AS float)`", STR_ARG(other), STR_ARG(print_source(b, text->span)));
  csv_wish(b, text, TYPE_FLOAT);
  csv_hint(b, diag, text);
  return false;
}

/* The types that convert to `to` for some value: the table of types/cast.c. */
static TypeMask castable(Type to) {
  switch (to) {
    case TYPE_BIT:
    case TYPE_BIGINT:
    case TYPE_FLOAT: return MASK_NUMERIC | TEXT_ONLY;
    case TYPE_DATETIME: return MASK_TIME;
    case TYPE_TEXT: return MASK_ANY;
    case TYPE_RECORD:
    case TYPE_ARRAY: return MASK(to);
    case TYPE_NULL:
    case TYPE_COUNT: break;
  }
  return MASK_ANY;
}

static void cast_hint(Binder *b, Diag *diag, const Expr *of, Type to) {
  Str source = print_source(b, of->span);
  if (to == TYPE_DATETIME && (kinds(of) & MASK_NUMERIC))
    diag_hint(b->diags, diag, "a number of seconds becomes a time by `DATEADD(second, " STR_FMT
              ", '1970-01-01T00:00:00Z')`", STR_ARG(source));
  else if (kinds(of) & TIME_ONLY && to != TYPE_RECORD && to != TYPE_ARRAY)
    diag_hint(b->diags, diag, "seconds since 1970 are `DATEDIFF(second, '1970-01-01T00:00:00Z', " STR_FMT ")`",
              STR_ARG(source));
  else if (to == TYPE_RECORD && (kinds(of) & TEXT_ONLY))
    diag_hint(b->diags, diag, "a text that holds JSON becomes a record by `JSON_PARSE(" STR_FMT ")`", STR_ARG(source));
  else if (kinds(of) & MASK_JSON)
    diag_hint(b->diags, diag, "cast one of its fields or elements; nvarchar(max) gives the JSON text");
}

bool check_cast(Binder *b, Span span, const Expr *of, Type to) {
  csv_wish(b, of, to);
  if (of->kind == EXPR_ERROR || kinds(of) == 0 || (kinds(of) & castable(to))) return true;
  StrBuf have = {0};
  print_kind(kinds(of), &have);
  Diag *diag = diag_add(b->diags, DIAG_bad_cast, span, "%s cannot be converted to %s", have.ptr, type_name(to));
  cast_hint(b, diag, of, to);
  strbuf_release(&have);
  return false;
}

/* ---- all of them ------------------------------------------------------------------------------ */

/* A constant text where only a time has use for it. */
static bool check_date_text(Binder *b, const ScalarFn *fn, const Expr *arg, uint32_t at) {
  int64_t ticks;
  if ((scalar_fn_arg(fn, at) & (TypeMask)~MASK(TYPE_NULL)) != MASK_TIME || arg->kind != EXPR_CONST ||
      arg->value.type != TYPE_TEXT || value_to_ticks(&arg->value, &ticks))
    return true;
  Diag *diag = diag_add(b->diags, DIAG_wrong_argument_type, arg->span,
                        "argument %u of `%s` wants a datetime, and this text is none", at + 1, fn->name);
  diag_hint(b->diags, diag, "datetimes are written '2026-01-31T12:00:00Z'");
  return false;
}

bool check_operands(Binder *b, Span span, const ScalarFn *fn, Expr **args, uint32_t len) {
  if (is_comparison(fn->name) && (fn->flags & FN_OPERATOR)) return check_comparison(b, span, args, len);
  for (uint32_t i = 0; i < len; i++) {
    if (!check_date_text(b, fn, args[i], i)) return false;
    if (args[i]->types == 0 || (args[i]->types & scalar_fn_arg(fn, i))) continue;
    wrong_type(b, fn, args, len, i);
    return false;
  }
  return strcmp(fn->name, OP_ADD) != 0 || check_sum(b, span, args);
}
