/* schema_text.c: see schema_text.h. */
#include "cli/schema/schema_text.h"

#include "base/utf8.h"
#include "grammar/keywords.h"

enum { EXAMPLE_CHARACTERS = 24, TYPE_COLUMNS = 14, NAME_COLUMNS_MAX = 32 };

/* ---- names ------------------------------------------------------------------------------------ */

static bool is_plain(Str name) {
  for (size_t i = 0; i < name.len; i++) {
    char c = name.ptr[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_', digit = c >= '0' && c <= '9';
    if (!letter && !(digit && i)) return false;
  }
  return name.len && keyword_find(name) == NULL;
}

/* What no brackets can make a name. */
static bool can_be_name(Str name) {
  for (size_t i = 0; i < name.len; i++)
    if ((unsigned char)name.ptr[i] < 0x20) return false;
  return str_trim(name).len > 0;
}

void schema_put_name(Str name, StrBuf *out) {
  if (is_plain(name)) {
    strbuf_put_str(out, name);
    return;
  }
  strbuf_putc(out, '[');
  for (size_t i = 0; i < name.len; i++) {
    strbuf_putc(out, name.ptr[i]);
    if (name.ptr[i] == ']') strbuf_putc(out, ']');
  }
  strbuf_putc(out, ']');
}

/* A name in a comment: what would end the line is escaped. */
static void put_told_name(Str name, StrBuf *out) {
  if (can_be_name(name)) schema_put_name(name, out);
  else json_put_string(out, name);
}

/* ---- what was seen ---------------------------------------------------------------------------- */

static void put_part(StrBuf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put_part(StrBuf *out, const char *format, ...) {
  if (out->len) strbuf_puts(out, "; ");
  va_list args;
  va_start(args, format);
  strbuf_vprintf(out, format, args);
  va_end(args);
}

static const char *short_name(Type type) { return type == TYPE_TEXT ? "text" : type_name(type); }

/* "2 bigint, 1 text", where there is more than one type. */
static void put_mixture(const SampleField *field, StrBuf *out) {
  unsigned kinds = 0;
  for (unsigned i = TYPE_NULL + 1; i < TYPE_COUNT; i++) kinds += field->seen[i] > 0;
  if (kinds < 2) return;
  const char *between = "";
  for (unsigned i = TYPE_NULL + 1; i < TYPE_COUNT; i++) {
    if (field->seen[i] == 0) continue;
    strbuf_printf(out, "%s%llu %s", between, (unsigned long long)field->seen[i], short_name((Type)i));
    between = ", ";
  }
}

static void put_example(Str text, StrBuf *out) {
  size_t end = 0;
  for (unsigned i = 0; i < EXAMPLE_CHARACTERS && end < text.len; i++)
    do end++;
    while (end < text.len && ((unsigned char)text.ptr[end] & 0xc0) == 0x80);
  json_put_string(out, str_sub(text, 0, end));
  if (end < text.len) strbuf_puts(out, "...");
}

static void put_texts(const SampleField *field, StrBuf *out) {
  if (out->len) strbuf_puts(out, "; ");
  for (unsigned i = 0; i < field->examples_len; i++) {
    if (i) strbuf_puts(out, ", ");
    put_example(field->examples[i], out);
  }
  if (field->texts > field->examples_len) strbuf_puts(out, ", ...");
}

static void put_times(const SampleField *field, StrBuf *out) {
  char first[DATETIME_TEXT_LEN + 1], last[DATETIME_TEXT_LEN + 1];
  datetime_print(field->first, first);
  datetime_print(field->last, last);
  if (field->first == field->last) put_part(out, "%s", first);
  else put_part(out, "%s to %s", first, last);
}

/* What is known of the values: mixture, range or examples, NULLs, how many are missing. type: that of the column. */
static void put_seen(const SampleField *field, Type type, uint64_t missing, StrBuf *out) {
  put_mixture(field, out);
  bool numbers = type != TYPE_TEXT && field->seen[TYPE_BIGINT] + field->seen[TYPE_FLOAT] > 0;
  if (numbers && field->low == field->high) put_part(out, "%.15g", field->low);
  else if (numbers) put_part(out, "%.15g to %.15g", field->low, field->high);
  if (field->seen[TYPE_DATETIME] && type != TYPE_TEXT) put_times(field, out);
  if (field->examples_len && (type == TYPE_TEXT || field->seen[TYPE_TEXT])) put_texts(field, out);
  if (field->seen[TYPE_NULL]) put_part(out, "NULL in %llu", (unsigned long long)field->seen[TYPE_NULL]);
  if (field->empty) put_part(out, "empty in %llu", (unsigned long long)field->empty);
  if (missing) put_part(out, "missing in %llu", (unsigned long long)missing);
}

static const char *type_told(const SampleField *field, Type type) {
  if (type != TYPE_NULL) return type_name(type);
  return field_count(field) == field->seen[TYPE_NULL] ? "only NULL" : "mixed";
}

/* ---- inside records and arrays ---------------------------------------------------------------- */

typedef struct SchemaText {
  const Sample *sample;
  StrBuf *out;
  size_t  name_columns;
} SchemaText;

static void put_inside(SchemaText *text, const SampleField *field, StrBuf *path);

static void put_inner(SchemaText *text, const SampleField *field, uint64_t missing, StrBuf *path) {
  StrBuf seen = {0};
  Type type = field_type(field, text->sample->csv);
  put_seen(field, type, missing, &seen);
  strbuf_printf(text->out, "  --   " STR_FMT "  %s", STR_ARG(strbuf_str(path)), type_told(field, type));
  if (seen.len) strbuf_printf(text->out, "  %s", seen.ptr);
  strbuf_putc(text->out, '\n');
  strbuf_release(&seen);
  put_inside(text, field, path);
}

static void put_inside(SchemaText *text, const SampleField *field, StrBuf *path) {
  size_t len = path->len;
  for (uint32_t i = 0; i < field->fields.len; i++) {
    const SampleField *inner = field->fields.items[i];
    strbuf_putc(path, '.');
    put_told_name(inner->name, path);
    put_inner(text, inner, field->seen[TYPE_RECORD] - field_count(inner), path);
    path->len = len;
    path->ptr[len] = 0;
  }
  if (field->element == NULL) return;
  strbuf_puts(path, "[]");
  put_inner(text, field->element, 0, path);
  path->len = len;
  path->ptr[len] = 0;
}

/* ---- columns ---------------------------------------------------------------------------------- */

static bool is_declared(const Sample *sample, const SampleField *field) {
  return can_be_name(field->name) && field_count(field) == sample->events &&
         field_type(field, sample->csv) != TYPE_NULL;
}

static unsigned declared_count(const Sample *sample) {
  unsigned count = 0;
  for (uint32_t i = 0; i < sample->fields.len; i++) count += is_declared(sample, sample->fields.items[i]);
  return count;
}

/* Names are padded to one width, within reason. */
static size_t width_of_names(const Sample *sample) {
  size_t columns = 0;
  StrBuf name = {0};
  for (uint32_t i = 0; i < sample->fields.len; i++) {
    if (!is_declared(sample, sample->fields.items[i])) continue;
    strbuf_clear(&name);
    schema_put_name(sample->fields.items[i]->name, &name);
    size_t wide = utf8_count(strbuf_str(&name));
    if (wide > columns && wide <= NAME_COLUMNS_MAX) columns = wide;
  }
  strbuf_release(&name);
  return columns;
}

static void put_padded(const char *text, size_t columns, StrBuf *out) {
  size_t wide = utf8_count(str_from(text));
  strbuf_puts(out, text);
  strbuf_printf(out, "%*s", wide < columns ? (int)(columns - wide) : 0, "");
}

static void put_column(SchemaText *text, const SampleField *field, bool last) {
  StrBuf name = {0}, type = {0}, seen = {0};
  Type declared = field_type(field, text->sample->csv);
  schema_put_name(field->name, &name);
  strbuf_printf(&type, "%s%s", type_name(declared), last ? "" : ",");
  put_seen(field, declared, 0, &seen);
  strbuf_puts(text->out, "  ");
  put_padded(name.ptr, text->name_columns, text->out);
  strbuf_putc(text->out, ' ');
  put_padded(type.ptr, seen.len ? TYPE_COLUMNS : 0, text->out);
  if (seen.len) strbuf_printf(text->out, "  -- %s", seen.ptr);
  strbuf_putc(text->out, '\n');
  put_inside(text, field, &name);
  strbuf_release(&name);
  strbuf_release(&type);
  strbuf_release(&seen);
}

static void put_columns(SchemaText *text) {
  const Sample *sample = text->sample;
  unsigned left = declared_count(sample);
  for (uint32_t i = 0; i < sample->fields.len; i++)
    if (is_declared(sample, sample->fields.items[i])) put_column(text, sample->fields.items[i], --left == 0);
}

static void put_undeclared(SchemaText *text) {
  const Sample *sample = text->sample;
  if (declared_count(sample) == sample->fields.len) return;
  strbuf_puts(text->out, "  -- not declared, because an event without a declared field, or with another type, is "
                         "dropped:\n");
  for (uint32_t i = 0; i < sample->fields.len; i++) {
    const SampleField *field = sample->fields.items[i];
    if (is_declared(sample, field)) continue;
    StrBuf path = {0};
    put_told_name(field->name, &path);
    put_inner(text, field, sample->events - field_count(field), &path);
    strbuf_release(&path);
  }
}

/* The first column that can say when an event happened. */
static const SampleField *time_column(const Sample *sample) {
  for (uint32_t i = 0; i < sample->fields.len; i++) {
    const SampleField *field = sample->fields.items[i];
    if (is_declared(sample, field) && field_type(field, sample->csv) == TYPE_DATETIME) return field;
  }
  return NULL;
}

void schema_put(const Sample *sample, Str name, Str origin, StrBuf *out) {
  SchemaText text = {.sample = sample, .out = out, .name_columns = width_of_names(sample)};
  const SampleField *time = time_column(sample);
  unsigned declared = declared_count(sample);
  strbuf_printf(out, "-- seen in %llu event%s of " STR_FMT "\n", (unsigned long long)sample->events,
                sample->events == 1 ? "" : "s", STR_ARG(origin));
  if (declared) {
    strbuf_puts(out, "CREATE TABLE ");
    schema_put_name(name, out);
    strbuf_puts(out, " (\n");
    put_columns(&text);
  }
  put_undeclared(&text);
  strbuf_puts(out, declared ? ");\n\nSELECT * FROM " : "SELECT * FROM ");
  schema_put_name(name, out);
  if (time) {
    strbuf_puts(out, " TIMESTAMP BY ");
    schema_put_name(time->name, out);
  }
  strbuf_putc(out, '\n');
}
