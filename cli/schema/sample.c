/* sample.c: see sample.h. */
#include "cli/schema/sample.h"

#include "types/cast.h"
#include "types/number.h"

/* ---- fields ----------------------------------------------------------------------------------- */

static SampleField *field_new(Arena *arena, Str name) {
  SampleField *field = ARENA_NEW(arena, SampleField);
  field->name = arena_str(arena, name);
  return field;
}

static SampleField *field_at(Arena *arena, SampleFields *fields, Str name) {
  for (uint32_t i = 0; i < fields->len; i++)
    if (str_eq_nocase(fields->items[i]->name, name)) return fields->items[i];
  SampleField *field = field_new(arena, name);
  arena_push(arena, fields, field);
  return field;
}

static void note_number(SampleField *field, double number) {
  bool first = field->seen[TYPE_BIGINT] + field->seen[TYPE_FLOAT] == 1;
  if (first || number < field->low) field->low = number;
  if (first || number > field->high) field->high = number;
}

static void note_time(SampleField *field, Ticks time) {
  bool first = field->seen[TYPE_DATETIME] == 1;
  if (first || time < field->first) field->first = time;
  if (first || time > field->last) field->last = time;
}

static void note_text(Arena *arena, SampleField *field, Str text) {
  if (text.len > field->longest) field->longest = text.len;
  for (unsigned i = 0; i < field->examples_len; i++)
    if (str_eq(field->examples[i], text)) return;
  field->texts++;
  if (field->examples_len < EXAMPLES_MAX) field->examples[field->examples_len++] = arena_str(arena, text);
}

/* ---- values ----------------------------------------------------------------------------------- */

/* 007 is a name, not a number; so is what has more digits than a bigint. */
static bool is_code(Str text) {
  size_t sign = text.len && (text.ptr[0] == '-' || text.ptr[0] == '+');
  int64_t whole;
  size_t digits = 0;
  while (sign + digits < text.len && text.ptr[sign + digits] >= '0' && text.ptr[sign + digits] <= '9') digits++;
  if (digits > 1 && text.ptr[sign] == '0') return true;
  return digits && sign + digits == text.len && !bigint_parse(text.ptr, text.len, &whole);
}

static Type type_of_text(Str text, bool csv, double *number, Ticks *time) {
  int64_t whole;
  if (datetime_parse(text.ptr, text.len, time)) return TYPE_DATETIME;
  if (!csv || is_code(text)) return TYPE_TEXT;
  if (bigint_parse(text.ptr, text.len, &whole)) return *number = (double)whole, TYPE_BIGINT;
  if (float_parse(text.ptr, text.len, number)) return TYPE_FLOAT;
  return str_eq_nocase(text, STR("true")) || str_eq_nocase(text, STR("false")) ? TYPE_BIT : TYPE_TEXT;
}

static void add_text(const Sample *sample, SampleField *field, Str text) {
  double number;
  Ticks time;
  if (sample->csv && str_trim(text).len == 0) {
    field->empty++;
    return;
  }
  Type type = type_of_text(text, sample->csv, &number, &time);
  field->seen[type]++;
  if (type == TYPE_DATETIME) note_time(field, time);
  if (type == TYPE_BIGINT || type == TYPE_FLOAT) note_number(field, number);
  note_text(sample->arena, field, text); /* also of numbers: they may turn out to be texts */
}

static void add_number(SampleField *field, const JsonNode *node) {
  int64_t whole;
  field->seen[str_to_i64(node->text, &whole) ? TYPE_BIGINT : TYPE_FLOAT]++;
  note_number(field, node->number);
}

static void add_value(const Sample *sample, SampleField *field, const JsonNode *node);

static void add_fields(const Sample *sample, SampleFields *fields, const JsonNode *object) {
  for (const JsonNode *node = object->first; node; node = node->next)
    add_value(sample, field_at(sample->arena, fields, node->key), node);
}

static void add_elements(const Sample *sample, SampleField *field, const JsonNode *array) {
  for (const JsonNode *node = array->first; node; node = node->next) {
    if (field->element == NULL) field->element = field_new(sample->arena, STR(""));
    add_value(sample, field->element, node);
  }
}

static void add_value(const Sample *sample, SampleField *field, const JsonNode *node) {
  switch (node->kind) {
    case JSON_NULL: field->seen[TYPE_NULL]++; break;
    case JSON_BOOL: field->seen[TYPE_BIT]++; break;
    case JSON_NUMBER: add_number(field, node); break;
    case JSON_STRING: add_text(sample, field, node->text); break;
    case JSON_ARRAY:
      field->seen[TYPE_ARRAY]++;
      add_elements(sample, field, node);
      break;
    case JSON_OBJECT:
      field->seen[TYPE_RECORD]++;
      add_fields(sample, &field->fields, node);
      break;
  }
}

void sample_add(Sample *sample, Str event) {
  Arena scratch;
  Error err;
  arena_init(&scratch);
  const JsonNode *tree = json_parse_tree(&scratch, event, &err);
  if (tree && tree->kind == JSON_OBJECT) {
    sample->events++;
    add_fields(sample, &sample->fields, tree);
  }
  arena_release(&scratch);
}

/* ---- what comes of it ------------------------------------------------------------------------- */

uint64_t field_count(const SampleField *field) {
  uint64_t count = field->empty;
  for (unsigned i = 0; i < TYPE_COUNT; i++) count += field->seen[i];
  return count;
}

Type field_type(const SampleField *field, bool csv) {
  unsigned kinds = 0;
  Type only = TYPE_NULL;
  for (unsigned i = TYPE_NULL + 1; i < TYPE_COUNT; i++) {
    if (field->seen[i] == 0) continue;
    kinds++;
    only = (Type)i;
  }
  uint64_t numbers = field->seen[TYPE_BIGINT] + field->seen[TYPE_FLOAT];
  uint64_t texts = field->seen[TYPE_DATETIME] + field->seen[TYPE_TEXT], values = field_count(field);
  values -= field->seen[TYPE_NULL] + field->empty;
  if (csv && kinds == 0) return TYPE_TEXT;
  if (kinds <= 1) return only;
  if (numbers == values) return TYPE_FLOAT;
  return csv || texts == values ? TYPE_TEXT : TYPE_NULL;
}
