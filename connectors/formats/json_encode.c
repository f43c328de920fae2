/* json_encode.c: rows to JSON, one object each (semantics.md section 2, "JSON out").
**
** NULL is an explicit null, datetimes have seven digits, floats keep a point, bits are true and false, records
** and arrays stand without blanks. Names are escaped once, when the encoder opens: each column has its
** `"name":` ready.
**
** Stars. The fields of a star's record stand in its place, as the payload spells them and with their raw
** values. The leftmost of two equal names (without regard to case) wins, row by row: a field of a star is left
** out when a column to the left of the star, or a field of an earlier star, has its name; a column is left out
** when a star to its left has a field of its name. Within one record nothing is compared. A lone star is a
** copy of the record.
**
** Speed: most values are copied. Clean text is found eight bytes at a time, and a record that shows no blank
** beside a bracket, colon or comma has none outside its strings, so it is copied whole. */
#include "connectors/formats/json_encode.h"

#include "connectors/formats/formats.h"
#include "types/json.h"
#include "types/number.h"

/* ---- values ---- */

/* Whether a byte among the eight needs escaping or is not ASCII. */
static inline bool word_is_clean(uint64_t word) {
  const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
  uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';
  return ((word | (word - ones * 0x20) | (quote - ones) | (backslash - ones)) & tops) == 0;
}

static bool text_is_clean(const char *at, size_t len) {
  uint64_t word;
  for (; len >= 8; at += 8, len -= 8) {
    memcpy(&word, at, 8);
    if (!word_is_clean(word)) return false;
  }
  word = 0x2020202020202020u; /* blanks: clean */
  memcpy(&word, at, len);
  return word_is_clean(word);
}

void json_put_text(StrBuf *out, Str text) {
  if (!text_is_clean(text.ptr, text.len)) {
    json_put_string(out, text);
    return;
  }
  strbuf_reserve(out, text.len + 2);
  char *at = out->ptr + out->len;
  *at++ = '"';
  memcpy(at, text.ptr, text.len);
  at[text.len] = '"';
  out->len += text.len + 2;
  out->ptr[out->len] = 0;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
static bool is_structure(char c) { return c == ',' || c == ':' || c == '{' || c == '}' || c == '[' || c == ']'; }

/* True when no blank stands outside a string. Such a run of blanks has a bracket, colon or comma before or
** behind it; a string may look so too ("a, b"), then we say false and the slow way decides. */
static bool is_compact(const char *text, size_t len) {
  uint8_t control = 0;
  for (size_t i = 0; i < len; i++) control |= (uint8_t)((unsigned char)text[i] < 0x20);
  if (control || len < 2) return false;
  const char *end = text + len - 1;
  for (const char *at = text + 1; at < end; at++) {
    at = memchr(at, ' ', (size_t)(end - at));
    if (at == NULL) break;
    if (is_structure(at[-1]) || is_structure(at[1]) || is_blank(at[1])) return false;
  }
  return true;
}

void json_put_compact(StrBuf *out, Str text) {
  if (is_compact(text.ptr, text.len)) strbuf_append(out, text.ptr, text.len);
  else json_put_minified(out, text);
}

static void put_datetime(StrBuf *out, Ticks ticks) {
  char text[DATETIME_TEXT_LEN + 3];
  text[0] = '"';
  datetime_print(ticks, text + 1);
  text[DATETIME_TEXT_LEN + 1] = '"';
  strbuf_append(out, text, DATETIME_TEXT_LEN + 2);
}

static void put_bigint(StrBuf *out, int64_t value) {
  strbuf_reserve(out, NUMBER_TEXT_MAX);
  out->len += bigint_print(value, out->ptr + out->len);
  out->ptr[out->len] = 0;
}

static void put_float(StrBuf *out, double value) {
  strbuf_reserve(out, NUMBER_TEXT_MAX);
  out->len += float_print(value, true, out->ptr + out->len);
  out->ptr[out->len] = 0;
}

static void put_bit(StrBuf *out, bool bit) { strbuf_append(out, bit ? "true" : "false", bit ? 4 : 5); }

static void put_value(StrBuf *out, const Value *value) {
  switch (value->type) {
    case TYPE_BIT: put_bit(out, value->i != 0); return;
    case TYPE_BIGINT: put_bigint(out, value->i); return;
    case TYPE_FLOAT: put_float(out, value->f); return;
    case TYPE_DATETIME: put_datetime(out, value->i); return;
    case TYPE_TEXT: json_put_text(out, text_str(&value->text)); return;
    case TYPE_RECORD:
    case TYPE_ARRAY: json_put_compact(out, text_str(&value->text)); return;
    case TYPE_NULL:
    case TYPE_COUNT: break;
  }
  strbuf_append(out, "null", 4);
}

void json_put_cell(StrBuf *out, const Column *col, uint32_t row) {
  uint32_t slot = column_slot(col, row);
  if (col->valid && !bits_get(col->valid, slot)) {
    strbuf_append(out, "null", 4);
    return;
  }
  switch (col->layout) {
    case COL_NULL: strbuf_append(out, "null", 4); return;
    case COL_BIT: put_bit(out, column_bits(col)[slot]); return;
    case COL_BIGINT: put_bigint(out, column_i64(col)[slot]); return;
    case COL_FLOAT:
      if (col->integral && bits_get(col->integral, slot)) put_bigint(out, (int64_t)column_f64(col)[slot]);
      else put_float(out, column_f64(col)[slot]);
      return;
    case COL_DATETIME: put_datetime(out, column_i64(col)[slot]); return;
    case COL_TEXT: json_put_text(out, text_str(&column_text(col)[slot])); return;
    case COL_RECORD:
    case COL_ARRAY: json_put_compact(out, text_str(&column_text(col)[slot])); return;
    case COL_MIXED: put_value(out, &column_values(col)[slot]); return;
  }
}

Str json_star_record(const Column *col, uint32_t row) {
  uint32_t slot = column_slot(col, row);
  if (column_is_null(col, row)) return (Str){"", 0};
  if (col->layout == COL_RECORD) return text_str(&column_text(col)[slot]);
  if (col->layout != COL_MIXED || column_values(col)[slot].type != TYPE_RECORD) return (Str){"", 0};
  return text_str(&column_values(col)[slot].text);
}

/* ---- the encoder ---- */

typedef struct EncodeColumn {
  Str  name;
  char *label;      /* ,"name": */
  size_t label_len;
  bool star;
  bool behind_star; /* a star stands to its left */
} EncodeColumn;

typedef struct JsonEncoder {
  Encoder       head;
  EncodeColumn *cols;
  uint32_t      cols_len;
  bool          any_star;
  Vec(Str)      given;  /* names the stars of the row at hand have given */
  StrBuf        names;  /* those of them that held escapes */
} JsonEncoder;

static void label_make(EncodeColumn *col) {
  StrBuf label = {0};
  strbuf_putc(&label, ',');
  json_put_string(&label, col->name);
  strbuf_putc(&label, ':');
  col->label = label.ptr;
  col->label_len = label.len;
}

Status json_encoder_open(const void *options, const OutputSchema *schema, Encoder **out, Error *err) {
  JsonEncoder *encoder = mem_zalloc(sizeof *encoder);
  encoder->head.format = &format_json;
  encoder->cols_len = schema->cols_len;
  encoder->cols = mem_zalloc(mem_mul(schema->cols_len, sizeof *encoder->cols));
  for (uint32_t i = 0; i < schema->cols_len; i++) {
    EncodeColumn *col = &encoder->cols[i];
    *col = (EncodeColumn){.name = schema->cols[i].name, .star = schema->cols[i].star, .behind_star = encoder->any_star};
    if (col->star) encoder->any_star = true;
    else label_make(col);
  }
  *out = &encoder->head;
  return STATUS_OK;
}

void json_encoder_close(Encoder *base) {
  JsonEncoder *encoder = (JsonEncoder *)base;
  for (uint32_t i = 0; i < encoder->cols_len; i++) mem_free(encoder->cols[i].label);
  mem_free(encoder->cols);
  vec_release(&encoder->given);
  strbuf_release(&encoder->names);
  mem_free(encoder);
}

/* ---- stars ---- */

static bool name_is_given(const JsonEncoder *encoder, uint32_t given_len, Str name) {
  for (uint32_t i = 0; i < given_len; i++)
    if (str_eq_nocase(encoder->given.items[i], name)) return true;
  return false;
}

static bool name_is_left(const JsonEncoder *encoder, uint32_t star, uint32_t given_len, Str name) {
  for (uint32_t i = 0; i < star; i++)
    if (!encoder->cols[i].star && str_eq_nocase(encoder->cols[i].name, name)) return true;
  return name_is_given(encoder, given_len, name);
}

/* A key without its escapes, good until the row ends. */
static Str key_text(JsonEncoder *encoder, Str raw) {
  if (raw.len == 0 || memchr(raw.ptr, '\\', raw.len) == NULL) return raw;
  StrBuf text = {0};
  Str name = json_unescape(raw, &text) ? strbuf_str(&text) : raw;
  size_t begin = encoder->names.len;
  strbuf_put_str(&encoder->names, name); /* room was made for the whole record: it does not move */
  strbuf_release(&text);
  return (Str){encoder->names.ptr + begin, encoder->names.len - begin};
}

static void put_star(JsonEncoder *encoder, uint32_t at, Str record, StrBuf *out) {
  JsonCursor cursor;
  Str raw_key, raw_value;
  uint32_t given_len = encoder->given.len;
  if (!json_open(&cursor, record)) return;
  while (json_next(&cursor, &raw_key, &raw_value)) {
    Str name = key_text(encoder, raw_key);
    if (name_is_left(encoder, at, given_len, name)) continue;
    vec_push(&encoder->given, name);
    strbuf_reserve(out, raw_key.len + raw_value.len + 4);
    strbuf_append(out, ",\"", 2);
    strbuf_append(out, raw_key.ptr, raw_key.len);
    strbuf_append(out, "\":", 2);
    json_put_compact(out, raw_value);
  }
}

/* Room for all names of a row, so that views of them stay good. */
static void names_reserve(JsonEncoder *encoder, const Batch *batch, uint32_t row) {
  size_t bytes = 0;
  for (uint32_t i = 0; i < encoder->cols_len; i++)
    if (encoder->cols[i].star) bytes += json_star_record(batch->cols[i], row).len;
  strbuf_clear(&encoder->names);
  strbuf_reserve(&encoder->names, bytes);
  encoder->given.len = 0;
}

static void put_row_with_stars(JsonEncoder *encoder, const Batch *batch, uint32_t row, StrBuf *out) {
  names_reserve(encoder, batch, row);
  for (uint32_t i = 0; i < encoder->cols_len; i++) {
    const EncodeColumn *col = &encoder->cols[i];
    if (col->star) {
      put_star(encoder, i, json_star_record(batch->cols[i], row), out);
    } else if (!col->behind_star || !name_is_given(encoder, encoder->given.len, col->name)) {
      strbuf_append(out, col->label, col->label_len);
      json_put_cell(out, batch->cols[i], row);
    }
  }
}

/* ---- rows ---- */

static void put_row(JsonEncoder *encoder, const Batch *batch, uint32_t row, StrBuf *out) {
  for (uint32_t i = 0; i < encoder->cols_len; i++) {
    const EncodeColumn *col = &encoder->cols[i];
    strbuf_append(out, col->label, col->label_len);
    json_put_cell(out, batch->cols[i], row);
  }
}

/* Every member is written with a comma in front; the first one's becomes the bracket. */
static void put_object(JsonEncoder *encoder, const Batch *batch, uint32_t row, StrBuf *out) {
  size_t begin = out->len;
  if (encoder->any_star) put_row_with_stars(encoder, batch, row, out);
  else put_row(encoder, batch, row, out);
  if (out->len == begin) strbuf_putc(out, '{');
  else out->ptr[begin] = '{';
  strbuf_putc(out, '}');
}

static bool put_lone_star(const JsonEncoder *encoder, const Batch *batch, uint32_t row, StrBuf *out) {
  if (encoder->cols_len != 1 || !encoder->any_star) return false;
  Str record = json_star_record(batch->cols[0], row);
  if (record.len == 0) return false;
  json_put_compact(out, record);
  return true;
}

void json_encoder_encode(Encoder *base, const Batch *batch, bool lines, StrBuf *out, uint32_t *ends) {
  JsonEncoder *encoder = (JsonEncoder *)base;
  uint32_t done = 0;
  SELECTION_EACH(batch->sel, batch->rows, row) {
    if (!put_lone_star(encoder, batch, row, out)) put_object(encoder, batch, row, out);
    if (lines) strbuf_putc(out, '\n');
    if (ends) ends[done++] = (uint32_t)out->len;
  }
}
