/* row_style.c: see row_style.h. The style is that of the first row; what a text without rows does not tell is an array
** with one object a line. */
#include "cli/testing/row_style.h"

static const RowStyle common = {.row_breaks = true, .row_indent = {"  ", 2}, .field_indent = {"  ", 2},
                                .blank_after_colon = true, .blank_after_comma = true, .end_line = true};

/* ---- finding out ------------------------------------------------------------------------------ */

/* Behind the text that begins with a quote. */
static size_t skip_text(Str text, size_t at) {
  for (at++; at < text.len && text.ptr[at] != '"'; at++) at += text.ptr[at] == '\\';
  return at < text.len ? at + 1 : text.len;
}

/* The first `c` at or behind `at` outside of texts; text.len: none. */
static size_t find_outside(Str text, size_t at, char c) {
  while (at < text.len && text.ptr[at] != c) at = text.ptr[at] == '"' ? skip_text(text, at) : at + 1;
  return at < text.len ? at : text.len;
}

static bool blank_behind(Str text, size_t at) { return at + 1 < text.len && text.ptr[at + 1] == ' '; }

/* What stands between the last line end before `at` and it, when that is nothing but blanks. */
static bool indent_before(Str text, size_t begin, size_t at, Str *out) {
  size_t start = at;
  while (start > begin && (text.ptr[start - 1] == ' ' || text.ptr[start - 1] == '\t')) start--;
  if (start == begin || text.ptr[start - 1] != '\n') return false;
  *out = str_sub(text, start, at);
  return true;
}

/* The form inside the object that begins at `open`. */
static void look_inside(RowStyle *style, Str text, size_t open) {
  size_t field = open + 1, colon = find_outside(text, open + 1, ':');
  while (field < text.len && text.ptr[field] != '"' && text.ptr[field] != '}') field++;
  if (field == text.len || text.ptr[field] == '}') return; /* an empty row tells nothing */
  Str indent;
  style->field_breaks = indent_before(text, open, field, &indent);
  if (style->field_breaks) {
    size_t outer = style->lines ? 0 : style->row_breaks ? style->row_indent.len : 0;
    style->field_indent = str_sub(indent, outer < indent.len ? outer : 0, indent.len);
  }
  style->pad_braces = !style->field_breaks && text.ptr[open + 1] == ' ';
  style->blank_after_colon = blank_behind(text, colon);
  size_t comma = find_outside(text, open + 1, ','), close = find_outside(text, open + 1, '}');
  if (comma < close) style->blank_after_comma = style->field_breaks || blank_behind(text, comma);
  else style->blank_after_comma = style->blank_after_colon;
}

RowStyle row_style_of(Str text, Str path) {
  RowStyle style = common;
  style.mark = str_starts(text, STR("\xef\xbb\xbf"));
  if (style.mark) text = str_sub(text, 3, text.len);
  Str trimmed = str_trim(text);
  style.lines = trimmed.len ? trimmed.ptr[0] != '[' : str_ends_nocase(path, STR(".ndjson")) ||
                                                        str_ends_nocase(path, STR(".jsonl"));
  if (trimmed.len == 0) return style;
  ptrdiff_t line_end = str_find_char(text, '\n');
  style.crlf = line_end > 0 && text.ptr[line_end - 1] == '\r';
  style.end_line = text.ptr[text.len - 1] == '\n';
  size_t open = find_outside(text, 0, '{');
  if (open == text.len) return style;
  if (!style.lines) style.row_breaks = indent_before(text, 0, open, &style.row_indent);
  look_inside(&style, text, open);
  return style;
}

/* ---- writing ---------------------------------------------------------------------------------- */

static void put_break(const RowStyle *style, StrBuf *out) { strbuf_puts(out, style->crlf ? "\r\n" : "\n"); }

static void put_indent(const RowStyle *style, unsigned depth, StrBuf *out) {
  put_break(style, out);
  if (!style->lines && style->row_breaks) strbuf_put_str(out, style->row_indent);
  for (unsigned i = 0; i < depth; i++) strbuf_put_str(out, style->field_indent);
}

void row_style_put_key(const RowStyle *style, Str key, unsigned depth, unsigned count, StrBuf *out) {
  if (count == 0) strbuf_puts(out, style->pad_braces ? "{ " : "{");
  else strbuf_putc(out, ',');
  if (style->field_breaks) put_indent(style, depth + 1, out);
  else if (count && style->blank_after_comma) strbuf_putc(out, ' ');
  json_put_string(out, key);
  strbuf_puts(out, style->blank_after_colon ? ": " : ":");
}

void row_style_end(const RowStyle *style, unsigned depth, unsigned count, StrBuf *out) {
  if (count == 0) {
    strbuf_puts(out, "{}");
    return;
  }
  if (style->field_breaks) put_indent(style, depth, out);
  strbuf_puts(out, style->pad_braces ? " }" : "}");
}

static void put_array(const RowStyle *style, const JsonNode *array, unsigned depth, StrBuf *out) {
  strbuf_putc(out, '[');
  for (const JsonNode *item = array->first; item; item = item->next) {
    if (item != array->first) strbuf_puts(out, style->blank_after_comma && !style->field_breaks ? ", " : ",");
    if (style->field_breaks) put_indent(style, depth + 1, out);
    row_style_put(style, item, depth + 1, out);
  }
  if (style->field_breaks && array->first) put_indent(style, depth, out);
  strbuf_putc(out, ']');
}

void row_style_put(const RowStyle *style, const JsonNode *value, unsigned depth, StrBuf *out) {
  unsigned count = 0;
  switch (value->kind) {
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER: strbuf_put_str(out, value->text); break;
    case JSON_STRING: json_put_string(out, value->text); break;
    case JSON_ARRAY: put_array(style, value, depth, out); break;
    case JSON_OBJECT:
      for (const JsonNode *node = value->first; node; node = node->next) {
        row_style_put_key(style, node->key, depth, count++, out);
        row_style_put(style, node, depth + 1, out);
      }
      row_style_end(style, depth, count, out);
      break;
  }
}

void row_writer_open(RowWriter *writer) {
  if (writer->style->mark) strbuf_puts(writer->out, "\xef\xbb\xbf");
  if (!writer->style->lines) strbuf_putc(writer->out, '[');
}

void row_writer_begin(RowWriter *writer) {
  const RowStyle *style = writer->style;
  bool first = writer->rows++ == 0;
  if (style->lines) {
    if (!first) put_break(style, writer->out);
    return;
  }
  if (!first) strbuf_putc(writer->out, ',');
  if (style->row_breaks) put_indent(style, 0, writer->out);
  else if (!first && style->blank_after_comma) strbuf_putc(writer->out, ' ');
}

void row_writer_close(RowWriter *writer) {
  const RowStyle *style = writer->style;
  if (!style->lines) {
    if (style->row_breaks && writer->rows) put_break(style, writer->out);
    strbuf_putc(writer->out, ']');
  }
  if (style->end_line && (writer->rows || !style->lines)) put_break(style, writer->out);
}
