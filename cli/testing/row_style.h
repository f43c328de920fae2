/* row_style.h: the form in which a file of rows is written, found out from its text.
** Thread: any. */
#ifndef WEIR_CLI_TESTING_ROW_STYLE_H
#define WEIR_CLI_TESTING_ROW_STYLE_H

#include "types/json.h"

typedef struct RowStyle {
  bool mark;              /* a byte-order mark */
  bool crlf;
  bool lines;             /* one object a line; else an array */
  bool row_breaks;        /* of an array: each row begins a line, */
  Str  row_indent;        /*   with this in front */
  bool field_breaks;      /* each field begins a line, */
  Str  field_indent;      /*   with this in front, beyond what stands in front of its object */
  bool pad_braces, blank_after_colon, blank_after_comma;
  bool end_line;          /* behind the last character */
} RowStyle;

/* `path` decides for a text without rows: .ndjson and .jsonl are lines. The indents borrow from the text. */
RowStyle row_style_of(Str text, Str path);

typedef struct RowWriter {
  const RowStyle *style;
  StrBuf *out;
  uint32_t rows;
} RowWriter;

void row_writer_open(RowWriter *writer);
void row_writer_begin(RowWriter *writer);  /* in front of each row */
void row_writer_close(RowWriter *writer);
/* A value in the style; `depth` counts the objects it stands in. */
void row_style_put(const RowStyle *style, const JsonNode *value, unsigned depth, StrBuf *out);
/* Around and between the fields of an object at `depth`; count: fields that were put. */
void row_style_put_key(const RowStyle *style, Str key, unsigned depth, unsigned count, StrBuf *out);
void row_style_end(const RowStyle *style, unsigned depth, unsigned count, StrBuf *out);

#endif
