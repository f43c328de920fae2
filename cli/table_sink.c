/* table_sink.c: see table_sink.h. Rows are encoded as JSON objects and taken apart again, so that a star shows the
** fields each row really has. Rows are kept until the first flush, which settles the widths; a value that is wider
** than its column is cut, and on a terminal the widest columns give way until a row fits into a line. A column that
** shows up later starts a new table.
**
**   TollId  Cars  WindowEnd
**   ------  ----  ----------------------------
**        1     3  2026-01-01T00:00:10.0000000Z
*/
#include "cli/table_sink.h"

#include <errno.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "cli/term.h"
#include "types/json.h"

enum { CELL_COLUMNS_MAX = 48, CELL_COLUMNS_MIN = 4, CELL_COLUMNS_CUT = 12, GAP = 2 };

typedef struct TableColumn {
  char    *name;
  unsigned width;
  bool     numeric; /* numbers and NULL only so far: to the right */
} TableColumn;

typedef struct TableSink {
  Sink     head;
  const FormatClass *format;
  Encoder *encoder;
  StrBuf   rows;          /* JSON lines since the last flush */
  Vec(TableColumn) cols;
  char    *title;         /* NULL: none */
  uint32_t headed;        /* columns of the header that stands above; 0: none yet */
} TableSink;

/* ---- cells ------------------------------------------------------------------------------------ */

/* What a cell shows of a JSON value: text without quotes, NULL as nothing, line ends as blanks. */
static void cell_text(Str raw, StrBuf *out) {
  strbuf_clear(out);
  strbuf_reserve(out, 1);
  if (str_eq(raw, STR("null"))) return;
  if (raw.len >= 2 && raw.ptr[0] == '"') {
    if (!json_unescape(str_sub(raw, 1, raw.len - 1), out)) strbuf_put_str(out, raw);
  } else {
    strbuf_put_str(out, raw);
  }
  for (size_t i = 0; i < out->len; i++)
    if ((unsigned char)out->ptr[i] < 0x20) out->ptr[i] = ' ';
}

static bool is_number(Str raw) {
  return str_eq(raw, STR("null")) || (raw.len && (raw.ptr[0] == '-' || (raw.ptr[0] >= '0' && raw.ptr[0] <= '9')));
}

/* Pads or cuts to the width of the column. */
static void put_cell(const TableColumn *col, Str text, bool right, StrBuf *out) {
  unsigned wide = utf8_columns(text);
  if (wide <= col->width) {
    if (right) strbuf_printf(out, "%*s", (int)(col->width - wide), "");
    strbuf_put_str(out, text);
    if (!right) strbuf_printf(out, "%*s", (int)(col->width - wide), "");
    return;
  }
  unsigned used = 0;
  const char *at = text.ptr, *end = text.ptr + text.len;
  while (at < end) {
    uint32_t c;
    unsigned len = utf8_decode(at, end, &c), width = len ? utf8_width(c) : 1;
    if (used + width + 1 > col->width) break;
    strbuf_append(out, at, len ? len : 1);
    used += width;
    at += len ? len : 1;
  }
  strbuf_puts(out, "…");
  strbuf_printf(out, "%*s", (int)(col->width - used - 1), "");
}

/* ---- columns ---------------------------------------------------------------------------------- */

static void widen(TableColumn *col, unsigned width) {
  if (width > CELL_COLUMNS_MAX) width = CELL_COLUMNS_MAX;
  if (width > col->width) col->width = width;
}

static uint32_t column_at(TableSink *table, Str raw_key) {
  StrBuf name = {0};
  strbuf_reserve(&name, 1);
  if (!json_unescape(raw_key, &name)) strbuf_put_str(&name, raw_key);
  for (uint32_t i = 0; i < table->cols.len; i++) {
    if (!str_eq(str_from(table->cols.items[i].name), strbuf_str(&name))) continue;
    strbuf_release(&name);
    return i;
  }
  TableColumn col = {.name = mem_strndup(name.ptr, name.len), .width = CELL_COLUMNS_MIN, .numeric = true};
  widen(&col, utf8_columns(strbuf_str(&name)));
  strbuf_release(&name);
  vec_push(&table->cols, col);
  return table->cols.len - 1;
}

/* New columns, and until a header stands their widths. */
static void measure_row(TableSink *table, Str row, StrBuf *text) {
  JsonCursor cursor;
  Str key, raw;
  if (!json_open(&cursor, row)) return;
  while (json_next(&cursor, &key, &raw)) {
    uint32_t at = column_at(table, key);
    if (at < table->headed) continue;
    cell_text(raw, text);
    widen(&table->cols.items[at], utf8_columns(strbuf_str(text)));
    table->cols.items[at].numeric &= is_number(raw);
  }
}

/* ---- drawing ---------------------------------------------------------------------------------- */

static void end_line(StrBuf *out) {
  while (out->len && out->ptr[out->len - 1] == ' ') out->len--;
  strbuf_putc(out, '\n');
}

/* A column whose values are numbers is never cut: a part of a number is another number. */
static TableColumn *widest_text(TableSink *table) {
  TableColumn *widest = NULL;
  for (uint32_t i = table->headed; i < table->cols.len; i++) {
    TableColumn *col = &table->cols.items[i];
    if (!col->numeric && col->width > CELL_COLUMNS_CUT && (widest == NULL || col->width > widest->width)) widest = col;
  }
  return widest;
}

static void fit_terminal(TableSink *table) {
  if (!term_is_terminal(stdout)) return;
  unsigned columns = term_columns(stdout), wide = 0;
  for (uint32_t i = 0; i < table->cols.len; i++) wide += table->cols.items[i].width + (i ? GAP : 0);
  for (TableColumn *col; wide > columns && (col = widest_text(table)); wide--) col->width--;
}

static void draw_header(TableSink *table, StrBuf *out) {
  fit_terminal(table);
  if (table->headed) strbuf_putc(out, '\n');
  else if (table->title) strbuf_printf(out, "%s\n\n", table->title);
  for (uint32_t i = 0; i < table->cols.len; i++) {
    if (i) strbuf_puts(out, "  ");
    put_cell(&table->cols.items[i], str_from(table->cols.items[i].name), table->cols.items[i].numeric, out);
  }
  end_line(out);
  for (uint32_t i = 0; i < table->cols.len; i++) {
    if (i) strbuf_puts(out, "  ");
    for (unsigned j = 0; j < table->cols.items[i].width; j++) strbuf_putc(out, '-');
  }
  strbuf_putc(out, '\n');
  table->headed = table->cols.len;
}

static void draw_row(TableSink *table, Str row, Str *cells, StrBuf *text, StrBuf *out) {
  for (uint32_t i = 0; i < table->cols.len; i++) cells[i] = (Str){0};
  JsonCursor cursor;
  Str key, raw;
  if (json_open(&cursor, row))
    while (json_next(&cursor, &key, &raw)) cells[column_at(table, key)] = raw;
  for (uint32_t i = 0; i < table->cols.len; i++) {
    if (i) strbuf_puts(out, "  ");
    cell_text(cells[i].ptr ? cells[i] : STR("null"), text);
    put_cell(&table->cols.items[i], strbuf_str(text), table->cols.items[i].numeric, out);
  }
  end_line(out);
}

static void each_row(TableSink *table, void (*visit)(TableSink *, Str, void *), void *context) {
  Str row, rest = strbuf_str(&table->rows);
  while (rest.len) {
    str_cut(rest, '\n', &row, &rest);
    if (row.len) visit(table, row, context);
  }
}

typedef struct Drawing { Str *cells; StrBuf text, out; } Drawing;

static void measure_visit(TableSink *table, Str row, void *context) {
  Drawing *drawing = context;
  measure_row(table, row, &drawing->text);
}

static void draw_visit(TableSink *table, Str row, void *context) {
  Drawing *drawing = context;
  draw_row(table, row, drawing->cells, &drawing->text, &drawing->out);
}

/* ---- the sink --------------------------------------------------------------------------------- */

static Status table_open(const SinkConfig *config, Arena *arena, Sink **out, Error *err) {
  TableSink *table = arena_zalloc(arena, sizeof *table);
  table->head.cls = &table_sink;
  table->format = config->format;
  bool titled = str_eq(config->where->target, STR("titled"));
  if (titled) table->title = mem_strdup(config->name);
  *out = &table->head;
  return config->format->encoder_open(config->format_options, config->schema, &table->encoder, err);
}

static Status table_write(Sink *sink, const Batch *batch, Error *err) {
  TableSink *table = (TableSink *)sink;
  table->format->encode(table->encoder, batch, true, &table->rows, NULL);
  return STATUS_OK;
}

/* The tables of several outputs stand below each other. */
static void end_table(TableSink *table, StrBuf *out) {
  if (table->title && out->len) strbuf_putc(out, '\n');
}

static Status table_flush(Sink *sink, Error *err) {
  TableSink *table = (TableSink *)sink;
  Drawing drawing = {0};
  each_row(table, measure_visit, &drawing);
  drawing.cells = mem_zalloc(mem_mul(table->cols.len + 1, sizeof *drawing.cells));
  if (table->cols.len > table->headed) draw_header(table, &drawing.out);
  each_row(table, draw_visit, &drawing);
  end_table(table, &drawing.out);
  strbuf_clear(&table->rows);
  Status status = term_out(strbuf_str(&drawing.out), err);
  mem_free(drawing.cells);
  strbuf_release(&drawing.text);
  strbuf_release(&drawing.out);
  return status;
}

static Status table_close(Sink *sink, Error *err) {
  TableSink *table = (TableSink *)sink;
  if (table->encoder) table->format->encoder_close(table->encoder);
  for (uint32_t i = 0; i < table->cols.len; i++) mem_free(table->cols.items[i].name);
  vec_release(&table->cols);
  mem_free(table->title);
  strbuf_release(&table->rows);
  return STATUS_OK;
}

static const OptionDef no_options[] = {{0}};

const SinkClass table_sink = {
  .scheme = "table",
  .options = no_options,
  .bytes = true,
  .doc = "a table on stdout",
  .open = table_open,
  .write = table_write,
  .flush = table_flush,
  .close = table_close,
};
