/* csv_encode.c: rows to CSV by RFC 4180, quotes (libcsv's csv_write) only where a cell needs them.
**
** NULL is an empty cell; values look as they do in JSON, text and datetimes without quotes; records and arrays
** are JSON text.
**
** A star has no names of its own: it contributes the fields that the records of the first batch have, in the
** order in which they first appear, without those that a column to its left has already (names match without
** regard to case). This fixes the header: a field that only later records have is left out, a record without
** one of the fields has an empty cell there. A column to the right of a star that has a field of its name gives
** its value where the record lacks the field. */
#include <csv.h>

#include "connectors/formats/csv.h"
#include "connectors/formats/formats.h"
#include "connectors/formats/json_encode.h"
#include "types/json.h"

enum { NO_COLUMN = -1 };

typedef struct CsvColumn { /* of the output */
  char *name;
  int   star;   /* schema column of the star that gives the field, or NO_COLUMN */
  int   column; /* schema column that gives the value (where the star does not), or NO_COLUMN */
} CsvColumn;

typedef struct CsvEncoder {
  Encoder  head;
  char     delimiter;
  bool     header;
  bool     settled;     /* cols are known */
  bool     header_owed; /* encode_head was asked before they were */
  const OutputSchema *schema;
  Vec(CsvColumn) cols;
  Vec(Str) cells;       /* raw JSON values of the stars' fields in the row at hand; ptr NULL: absent */
  StrBuf   cell;        /* scratch */
} CsvEncoder;

/* ---- columns ---- */

static CsvColumn *column_find(CsvEncoder *encoder, Str name) {
  for (uint32_t i = 0; i < encoder->cols.len; i++)
    if (str_eq_nocase(str_from(encoder->cols.items[i].name), name)) return &encoder->cols.items[i];
  return NULL;
}

static void column_add(CsvEncoder *encoder, Str name, int star, int column) {
  CsvColumn *found = column_find(encoder, name);
  if (found == NULL) {
    vec_push(&encoder->cols, (CsvColumn){mem_strndup(name.ptr, name.len), star, column});
  } else if (found->star != NO_COLUMN && found->column == NO_COLUMN) {
    found->column = column;
  }
}

static Str key_text(StrBuf *scratch, Str raw) {
  if (raw.len == 0 || memchr(raw.ptr, '\\', raw.len) == NULL) return raw;
  strbuf_clear(scratch);
  return json_unescape(raw, scratch) ? strbuf_str(scratch) : raw;
}

static void star_add(CsvEncoder *encoder, const Batch *batch, int star) {
  SELECTION_EACH(batch->sel, batch->rows, row) {
    JsonCursor cursor;
    Str key, value;
    if (!json_open(&cursor, json_star_record(batch->cols[star], row))) continue;
    while (json_next(&cursor, &key, &value)) column_add(encoder, key_text(&encoder->cell, key), star, NO_COLUMN);
  }
}

/* batch: the first one, for the stars; NULL when there are none. */
static void settle(CsvEncoder *encoder, const Batch *batch) {
  encoder->settled = true;
  for (uint32_t i = 0; i < encoder->schema->cols_len; i++) {
    if (encoder->schema->cols[i].star) star_add(encoder, batch, (int)i);
    else column_add(encoder, encoder->schema->cols[i].name, NO_COLUMN, (int)i);
  }
}

/* ---- cells ---- */

/* A byte-order mark at the front would be taken for the file's. */
static bool needs_quotes(const CsvEncoder *encoder, Str text) {
  if (str_starts(text, STR("\xef\xbb\xbf"))) return true;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.ptr[i];
    if (c == encoder->delimiter || c == '"' || c == '\n' || c == '\r') return true;
  }
  return false;
}

static void put_cell(CsvEncoder *encoder, StrBuf *out, Str text) {
  if (!needs_quotes(encoder, text)) {
    strbuf_put_str(out, text);
    return;
  }
  size_t room = text.len * 2 + 2;
  strbuf_reserve(out, room);
  out->len += csv_write(out->ptr + out->len, room, text.ptr, text.len);
}

/* The text between the quotes of what JSON printed. */
static Str without_quotes(Str text) {
  bool quoted = text.len >= 2 && text.ptr[0] == '"';
  return quoted ? str_sub(text, 1, text.len - 1) : text;
}

static void put_column(CsvEncoder *encoder, StrBuf *out, const Column *col, uint32_t row) {
  if (column_is_null(col, row)) return;
  Value value = column_get(col, row);
  if (value.type == TYPE_TEXT) {
    put_cell(encoder, out, text_str(&value.text));
    return;
  }
  strbuf_clear(&encoder->cell);
  json_put_cell(&encoder->cell, col, row);
  put_cell(encoder, out, without_quotes(strbuf_str(&encoder->cell)));
}

static void put_raw(CsvEncoder *encoder, StrBuf *out, Str raw) {
  strbuf_clear(&encoder->cell);
  if (raw.len == 0 || str_eq(raw, STR("null"))) return;
  if (raw.ptr[0] != '"') json_put_compact(&encoder->cell, raw);
  else if (!json_unescape(without_quotes(raw), &encoder->cell)) strbuf_put_str(&encoder->cell, without_quotes(raw));
  put_cell(encoder, out, strbuf_str(&encoder->cell));
}

/* Finds the stars' fields of this row. */
static void cells_find(CsvEncoder *encoder, const Batch *batch, uint32_t row) {
  vec_reserve(&encoder->cells, encoder->cols.len);
  for (uint32_t i = 0; i < encoder->cols.len; i++) encoder->cells.items[i] = (Str){NULL, 0};
  for (uint32_t star = 0; star < encoder->schema->cols_len; star++) {
    JsonCursor cursor;
    Str key, value;
    if (!encoder->schema->cols[star].star || !json_open(&cursor, json_star_record(batch->cols[star], row))) continue;
    while (json_next(&cursor, &key, &value)) {
      CsvColumn *col = column_find(encoder, key_text(&encoder->cell, key));
      if (col && col->star == (int)star) encoder->cells.items[col - encoder->cols.items] = value;
    }
  }
}

static void put_row(CsvEncoder *encoder, const Batch *batch, uint32_t row, bool stars, StrBuf *out) {
  size_t begin = out->len;
  if (stars) cells_find(encoder, batch, row);
  for (uint32_t i = 0; i < encoder->cols.len; i++) {
    const CsvColumn *col = &encoder->cols.items[i];
    if (i > 0) strbuf_putc(out, encoder->delimiter);
    if (col->star != NO_COLUMN && encoder->cells.items[i].ptr) put_raw(encoder, out, encoder->cells.items[i]);
    else if (col->column != NO_COLUMN) put_column(encoder, out, batch->cols[col->column], row);
  }
  if (out->len == begin) strbuf_puts(out, "\"\""); /* an empty line would be no row */
}

static void put_header(CsvEncoder *encoder, StrBuf *out) {
  for (uint32_t i = 0; i < encoder->cols.len; i++) {
    if (i > 0) strbuf_putc(out, encoder->delimiter);
    put_cell(encoder, out, str_from(encoder->cols.items[i].name));
  }
  strbuf_puts(out, "\r\n");
}

/* ---- the calls of FormatClass ---- */

static bool has_star(const OutputSchema *schema) {
  for (uint32_t i = 0; i < schema->cols_len; i++)
    if (schema->cols[i].star) return true;
  return false;
}

void csv_encoder_head(Encoder *base, StrBuf *out) {
  CsvEncoder *encoder = (CsvEncoder *)base;
  if (!encoder->header) return;
  if (encoder->settled) put_header(encoder, out);
  else encoder->header_owed = true;
}

void csv_encoder_encode(Encoder *base, const Batch *batch, bool lines, StrBuf *out, uint32_t *ends) {
  CsvEncoder *encoder = (CsvEncoder *)base;
  bool stars = has_star(encoder->schema);
  uint32_t done = 0;
  if (batch_count(batch) == 0) return;
  if (!encoder->settled) settle(encoder, batch);
  if (encoder->header_owed) put_header(encoder, out);
  encoder->header_owed = false;
  SELECTION_EACH(batch->sel, batch->rows, row) {
    put_row(encoder, batch, row, stars, out);
    if (lines) strbuf_puts(out, "\r\n");
    if (ends) ends[done++] = (uint32_t)out->len;
  }
}

Status csv_encoder_open(const void *options_in, const OutputSchema *schema, Encoder **out, Error *err) {
  const CsvOptions *options = options_in;
  char delimiter;
  TRY(csv_delimiter(options->delimiter, &delimiter, err));
  CsvEncoder *encoder = mem_zalloc(sizeof *encoder);
  encoder->head.format = &format_csv;
  encoder->delimiter = delimiter;
  encoder->header = options->header;
  encoder->schema = schema;
  if (!has_star(schema)) settle(encoder, NULL);
  *out = &encoder->head;
  return STATUS_OK;
}

void csv_encoder_close(Encoder *base) {
  CsvEncoder *encoder = (CsvEncoder *)base;
  for (uint32_t i = 0; i < encoder->cols.len; i++) mem_free(encoder->cols.items[i].name);
  vec_release(&encoder->cols);
  vec_release(&encoder->cells);
  strbuf_release(&encoder->cell);
  mem_free(encoder);
}
