/* value.h: one tagged value. Text, record and array values borrow their bytes.
**
** Equality and grouping (semantics.md section 2): numbers by value (95 = 95.0), bit equals number where
** the language compares them, text ordinal, records and arrays (as keys only) by canonical JSON. */
#ifndef WEIR_TYPES_VALUE_H
#define WEIR_TYPES_VALUE_H

#include "base/arena.h"
#include "base/codec.h"
#include "types/text.h"
#include "types/type.h"

typedef struct Value {
  Type type;
  union {
    int64_t i;   /* TYPE_BIT (0 or 1), TYPE_BIGINT, TYPE_DATETIME (ticks) */
    double  f;   /* TYPE_FLOAT */
    Text    text; /* TYPE_TEXT, TYPE_RECORD, TYPE_ARRAY (the JSON text as it stands in the payload) */
  };
} Value;

static inline Value value_null(void) { return (Value){.type = TYPE_NULL, .i = 0}; }
static inline Value value_bit(bool b) { return (Value){.type = TYPE_BIT, .i = b}; }
static inline Value value_bigint(int64_t i) { return (Value){.type = TYPE_BIGINT, .i = i}; }
static inline Value value_float(double f) { return (Value){.type = TYPE_FLOAT, .f = f}; }
static inline Value value_datetime(int64_t ticks) { return (Value){.type = TYPE_DATETIME, .i = ticks}; }
static inline Value value_text(Str s) { return (Value){.type = TYPE_TEXT, .text = text_from(s)}; }
static inline Value value_json(Type type, Str s) { return (Value){.type = type, .text = text_from(s)}; }
static inline bool value_is_null(const Value *v) { return v->type == TYPE_NULL; }
static inline bool value_has_text(const Value *v) { return v->type >= TYPE_TEXT; }
static inline double value_as_double(const Value *v) { return v->type == TYPE_FLOAT ? v->f : (double)v->i; }

/* Total order of MIN, MAX, ORDER BY; numbers exactly (int64 against double without rounding). */
int  value_compare(const Value *a, const Value *b);
/* Same group or join key: NULL equals NULL here, numbers by value, records by canonical JSON;
** values of different kinds differ (1 = 1.0 but 1 <> '1'; a bit equals no number). */
bool value_same_key(const Value *a, const Value *b);
/* Equal keys hash alike. */
uint64_t value_hash(const Value *v);
/* A copy whose text lives in the arena, or in memory of its own (release with value_release). */
Value value_dup_arena(Arena *arena, const Value *v);
Value value_dup(const Value *v);
void  value_release(Value *v); /* only for values made by value_dup or value_load */
/* As JSON prints it (semantics.md section 2, "JSON out"): floats keep a .0, datetimes have 7 digits. */
void value_print_json(const Value *v, StrBuf *out);
/* State codec; load returns memory that value_release frees, and NULL with in->bad set for what no save wrote. */
void  value_save(const Value *v, ByteWriter *out);
Value value_load(ByteReader *in);

/* Compares int64 with double exactly: -1, 0, 1. The double is finite. */
int compare_i64_f64(int64_t a, double b);

#endif
