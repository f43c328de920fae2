/* value_store.c: copies of values and their form in operator state (value.h).
**
** State form: one byte of type, then nothing (NULL), 8 bytes (bit, numbers, datetime) or a counted text.
** Loading trusts nothing: an unknown type, a float that is not finite or a bit other than 0 and 1 sets
** the reader's bad flag and gives NULL. */
#include "types/value.h"

#include <math.h>
#include "base/mem.h"

static bool owns_memory(const Value *v) { return value_has_text(v) && !text_is_inline(&v->text); }

Value value_dup_arena(Arena *arena, const Value *v) {
  Value copy = *v;
  if (owns_memory(v)) copy.text.ptr = arena_dup(arena, v->text.ptr, v->text.len);
  return copy;
}

Value value_dup(const Value *v) {
  Value copy = *v;
  if (owns_memory(v)) copy.text.ptr = mem_dup(v->text.ptr, v->text.len);
  return copy;
}

void value_release(Value *v) {
  if (owns_memory(v)) mem_free((char *)v->text.ptr);
  *v = value_null();
}

void value_save(const Value *v, ByteWriter *out) {
  put_u8(out, (uint8_t)v->type);
  if (value_has_text(v)) put_str(out, text_str(&v->text));
  else if (v->type == TYPE_FLOAT) put_f64(out, v->f);
  else if (v->type != TYPE_NULL) put_i64(out, v->i);
}

static bool plausible(const Value *v) {
  if (v->type == TYPE_FLOAT) return isfinite(v->f);
  return v->type != TYPE_BIT || v->i == 0 || v->i == 1;
}

Value value_load(ByteReader *in) {
  Value v = value_null();
  uint8_t type = get_u8(in);
  if (type >= TYPE_COUNT) in->bad = true;
  if (in->bad || type == TYPE_NULL) return v;
  v.type = (Type)type;
  if (value_has_text(&v)) v.text = text_from(get_str(in));
  else if (v.type == TYPE_FLOAT) v.f = get_f64(in);
  else v.i = get_i64(in);
  if (!plausible(&v)) in->bad = true;
  return in->bad ? value_null() : value_dup(&v);
}
