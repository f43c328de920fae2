/* random_column.h: random values and columns for property tests: a model of the rows as plain values beside
** the column made of them. Everything follows from the seed, so a failure repeats. */
#ifndef WEIR_TESTS_SUPPORT_RANDOM_COLUMN_H
#define WEIR_TESTS_SUPPORT_RANDOM_COLUMN_H

#include "base/hash.h"
#include "base/mem.h"
#include "column/batch.h"

typedef struct Random { uint64_t state; } Random;

static inline uint64_t random_u64(Random *random) { return hash_mix(random->state += 0x9e3779b97f4a7c15ull); }
static inline uint32_t random_below(Random *random, uint32_t limit) {
  return limit ? (uint32_t)(random_u64(random) % limit) : 0;
}

/* Rows as values; the texts live in the arena. */
typedef struct Model {
  Value   *values;
  uint32_t rows;
} Model;

static inline Value random_text(Random *random, Arena *arena, Type type) {
  static const char *const records[] = {"{}", "{\"a\": 1}", "{\"name\":\"a longer record\",\"list\":[1,2,3]}"};
  static const char *const arrays[] = {"[]", "[1, 2]", "[\"a longer array\", 1.5, null, true]"};
  if (type == TYPE_RECORD) return value_json(type, str_from(records[random_below(random, 3)]));
  if (type == TYPE_ARRAY) return value_json(type, str_from(arrays[random_below(random, 3)]));
  uint32_t len = random_below(random, random_below(random, 4) ? 10 : 40);
  char *text = arena_alloc(arena, len + 1);
  for (uint32_t i = 0; i < len; i++) text[i] = (char)('a' + random_below(random, 3));
  return value_text((Str){text, len});
}

static inline Value random_value(Random *random, Arena *arena, Type type) {
  switch (type) {
    case TYPE_BIT: return value_bit(random_below(random, 2));
    case TYPE_BIGINT:
      if (random_below(random, 20) == 0) return value_bigint((int64_t)random_u64(random));
      return value_bigint((int64_t)random_below(random, 9) - 4);
    case TYPE_FLOAT: return value_float((double)((int64_t)random_below(random, 17) - 8) / 2);
    case TYPE_DATETIME: return value_datetime((int64_t)(random_u64(random) % (uint64_t)TICKS_LAST));
    case TYPE_TEXT:
    case TYPE_RECORD:
    case TYPE_ARRAY: return random_text(random, arena, type);
    case TYPE_NULL:
    case TYPE_COUNT: break;
  }
  return value_null();
}

/* Values of one type, of numbers of both types, or of any type, with some or no NULLs. */
static inline Model random_model(Random *random, Arena *arena, uint32_t rows) {
  enum { NUMBERS = TYPE_COUNT, ANY = TYPE_COUNT + 1 };
  uint32_t kind = random_below(random, TYPE_COUNT + 2), nulls = random_below(random, 3);
  Model model = {arena_alloc(arena, (rows + 1) * sizeof(Value)), rows};
  for (uint32_t row = 0; row < rows; row++) {
    Type type = (Type)kind;
    if (kind == NUMBERS) type = random_below(random, 2) ? TYPE_BIGINT : TYPE_FLOAT;
    if (kind == ANY) type = (Type)random_below(random, TYPE_COUNT);
    bool is_null = nulls && random_below(random, 4) < nulls;
    model.values[row] = is_null ? value_null() : random_value(random, arena, type);
  }
  return model;
}

static inline Column *model_column(const Model *model, bool copy_text) {
  ColumnBuilder builder;
  column_builder_init(&builder, model->rows, copy_text);
  for (uint32_t row = 0; row < model->rows; row++) column_builder_put(&builder, row, &model->values[row]);
  return column_builder_finish(&builder);
}

/* A random column, now and then a constant one; *model gets its rows. */
static inline Column *random_column(Random *random, Arena *arena, uint32_t rows, Model *model) {
  *model = random_model(random, arena, rows);
  if (rows && random_below(random, 6) == 0) {
    for (uint32_t row = 1; row < rows; row++) model->values[row] = model->values[0];
    return column_constant(&model->values[0], rows, random_below(random, 2));
  }
  return model_column(model, random_below(random, 2));
}

/* The same value of the same type, text byte by byte: stricter than value_same_key. */
static inline bool value_identical(const Value *a, const Value *b) {
  if (a->type != b->type) return false;
  if (value_has_text(a)) return text_eq(&a->text, &b->text);
  return a->type == TYPE_NULL || a->i == b->i; /* the bits of a float, too */
}

#endif
