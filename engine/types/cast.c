/* cast.c: CAST and TRY_CAST (cast.h): one function a target type, each a switch over what comes in.
**
** The pairs that convert, everything else fails:
**
**   from \ to    bit   bigint   float   datetime   text   record   array
**   bit          =     0, 1     0, 1               '0' '1'
**   bigint       <> 0  =        yes                yes
**   float        <> 0  cut, in range  =            yes
**   datetime                            =          yes
**   text         true false 1 0, yes, yes, ISO 8601, =
**   record                                         JSON   =
**   array                                          JSON            =
*/
#include "types/cast.h"

#include "base/status.h"
#include "types/datetime.h"
#include "types/json.h"
#include "types/number.h"

static Str text_of(const Value *in) { return text_str(&in->text); }

static bool text_to_bit(Str text, Value *out) {
  text = str_trim(text);
  bool on = str_eq_nocase(text, STR("true")) || str_eq(text, STR("1"));
  if (!on && !str_eq_nocase(text, STR("false")) && !str_eq(text, STR("0"))) return false;
  *out = value_bit(on);
  return true;
}

static bool to_bit(const Value *in, Value *out) {
  if (in->type == TYPE_TEXT) return text_to_bit(text_of(in), out);
  if (!(MASK(in->type) & MASK_NUMBER)) return false;
  *out = value_bit(in->type == TYPE_FLOAT ? in->f != 0 : in->i != 0);
  return true;
}

static bool float_to_bigint(double f, Value *out) {
  if (!(f >= -0x1p63 && f < 0x1p63)) return false;
  *out = value_bigint((int64_t)f);
  return true;
}

static bool to_bigint(const Value *in, Value *out) {
  if (in->type == TYPE_FLOAT) return float_to_bigint(in->f, out);
  if (in->type != TYPE_BIT && in->type != TYPE_TEXT) return false;
  *out = value_bigint(in->type == TYPE_BIT ? in->i : 0);
  return in->type == TYPE_BIT || bigint_parse(text_of(in).ptr, in->text.len, &out->i);
}

static bool to_float(const Value *in, Value *out) {
  double f;
  if (in->type == TYPE_TEXT) {
    if (!float_parse(text_of(in).ptr, in->text.len, &f)) return false;
  } else if (in->type == TYPE_BIT || in->type == TYPE_BIGINT) {
    f = (double)in->i;
  } else {
    return false;
  }
  *out = value_float(f);
  return true;
}

static bool to_datetime(const Value *in, Value *out) {
  int64_t ticks;
  if (!value_to_ticks(in, &ticks)) return false;
  *out = value_datetime(ticks);
  return true;
}

static void print_plain(const Value *in, StrBuf *scratch) {
  char digits[NUMBER_TEXT_MAX], time[DATETIME_TEXT_LEN + 1];
  switch (in->type) {
    case TYPE_BIT: strbuf_putc(scratch, in->i ? '1' : '0'); return;
    case TYPE_BIGINT: strbuf_append(scratch, digits, bigint_print(in->i, digits)); return;
    case TYPE_FLOAT: strbuf_append(scratch, digits, float_print(in->f, false, digits)); return;
    case TYPE_DATETIME: datetime_print(in->i, time); strbuf_append(scratch, time, DATETIME_TEXT_LEN); return;
    case TYPE_RECORD:
    case TYPE_ARRAY: json_put_minified(scratch, text_of(in)); return;
    case TYPE_NULL:
    case TYPE_TEXT:
    case TYPE_COUNT: break;
  }
  BUG("%s has no plain text", type_name(in->type));
}

static bool to_text(const Value *in, StrBuf *scratch, Value *out) {
  size_t start = scratch->len;
  print_plain(in, scratch);
  *out = value_text(str_sub(strbuf_str(scratch), start, scratch->len));
  return true;
}

bool value_cast(const Value *in, Type to, StrBuf *scratch, Value *out) {
  if (in->type == to || in->type == TYPE_NULL) {
    *out = *in;
    return true;
  }
  switch (to) {
    case TYPE_BIT: return to_bit(in, out);
    case TYPE_BIGINT: return to_bigint(in, out);
    case TYPE_FLOAT: return to_float(in, out);
    case TYPE_DATETIME: return to_datetime(in, out);
    case TYPE_TEXT: return to_text(in, scratch, out);
    case TYPE_RECORD:
    case TYPE_ARRAY: return false;
    case TYPE_NULL:
    case TYPE_COUNT: break;
  }
  BUG("cast to type %d", (int)to);
}

bool value_to_ticks(const Value *in, int64_t *ticks) {
  if (in->type == TYPE_DATETIME) {
    *ticks = in->i;
    return true;
  }
  if (in->type != TYPE_TEXT) return false;
  if (datetime_parse(text_of(in).ptr, in->text.len, ticks)) return true;
  Str trimmed = str_trim(text_of(in));
  return trimmed.len != in->text.len && datetime_parse(trimmed.ptr, trimmed.len, ticks);
}
