/* csv_record.c: one CSV record through libcsv.
**
** The library is told that no byte is a blank or a line end: it would trim blanks, which RFC 4180 keeps, and
** the framer has found the line end already. So each record is one row that ends with csv_fini. Only there it
** is strict: a quote inside a field is text, a field that never ends is an error. */
#include "connectors/formats/csv.h"

static int no_byte(unsigned char c) { return 0; }

static void parser_open(CsvReader *reader) {
  csv_init(&reader->parser, 0);
  csv_set_delim(&reader->parser, (unsigned char)reader->delimiter);
  csv_set_space_func(&reader->parser, no_byte);
  csv_set_term_func(&reader->parser, no_byte);
  csv_set_realloc_func(&reader->parser, mem_realloc);
  csv_set_free_func(&reader->parser, mem_free);
}

void csv_reader_init(CsvReader *reader, char delimiter) {
  *reader = (CsvReader){.delimiter = delimiter};
  parser_open(reader);
}

void csv_reader_release(CsvReader *reader) {
  csv_free(&reader->parser);
  strbuf_release(&reader->text);
  vec_release(&reader->cells);
}

static void on_cell(void *bytes, size_t len, void *context) {
  CsvReader *reader = context;
  vec_push(&reader->cells, (CsvCell){reader->text.len, len});
  strbuf_append(&reader->text, bytes, len);
}

bool csv_reader_read(CsvReader *reader, Str record) {
  strbuf_clear(&reader->text);
  strbuf_reserve(&reader->text, record.len);
  reader->cells.len = 0;
  bool good = csv_parse(&reader->parser, record.ptr, record.len, on_cell, NULL, reader) == record.len;
  csv_set_opts(&reader->parser, CSV_STRICT | CSV_STRICT_FINI);
  bool ended = csv_fini(&reader->parser, on_cell, NULL, reader) == 0;
  csv_set_opts(&reader->parser, 0);
  if (good && ended) return true;
  csv_free(&reader->parser); /* after an error the parser's state is its own */
  parser_open(reader);
  return false;
}

Status csv_delimiter(Str text, char *out, Error *err) {
  static const struct { const char *name; char character; } delimiters[] = {
    {"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"bar", '|'}, {"space", ' '},
  };
  for (size_t i = 0; i < sizeof delimiters / sizeof *delimiters; i++) {
    *out = delimiters[i].character;
    if (str_eq_nocase(text, str_from(delimiters[i].name)) || str_eq(text, (Str){out, 1})) return STATUS_OK;
  }
  error_set(err, STATUS_CONFIG, "", "delimiter `" STR_FMT "` is none of comma, semicolon, tab, bar, space",
            STR_ARG(text));
  return error_hint(err, "write one of these words, for example delimiter=semicolon, or the character itself: , ; |");
}
