/* csv_decode.c: CSV records to columns; see csv.h for names and types.
**
** Messages that come from the framer are one record each. A message from elsewhere may hold several: it is cut
** as a file would be, and with the option `header` its first record is its header. A row with fewer cells than
** there are names has NULL in the rest; one with more is bad. An empty cell is empty text, and NULL where
** CREATE TABLE says another type than text. */
#include <stdio.h>

#include "connectors/formats/csv.h"
#include "connectors/formats/formats.h"
#include "connectors/formats/json_reason.h"
#include "types/json.h"
#include "types/number.h"

enum { RECORD_BYTES_MAX_DEFAULT = 1 << 20, NO_CELL = -1 };

typedef struct CsvDecoder {
  Decoder    head;
  DecodeSpec spec;
  bool       header;      /* a header is read (and, with fixed names, passed over) */
  bool       fixed_names; /* names do not come from a header */
  bool       header_due;  /* the next record is one */
  bool       framed;      /* messages come from the framer */
  CsvReader  reader;
  CsvFrame   frame;
  Vec(char *) names;      /* of the columns */
  int       *cell_of;     /* for each field, then each of declared_only, the number of its cell */
  RowStore   store;
  StrBuf     payload;     /* scratch */
  /* of the call: */
  BadRecordFn *bad;
  void      *context;
  uint32_t   message;
} CsvDecoder;

/* ---- names ---- */

static void names_clear(CsvDecoder *decoder) {
  for (uint32_t i = 0; i < decoder->names.len; i++) mem_free(decoder->names.items[i]);
  decoder->names.len = 0;
}

static void name_add(CsvDecoder *decoder, Str name) {
  vec_push(&decoder->names, mem_strndup(name.ptr, name.len));
}

/* The column of a name: the exact spelling wins, else the first without regard to case. */
static int name_find(const CsvDecoder *decoder, Str name) {
  int found = NO_CELL;
  for (uint32_t i = 0; i < decoder->names.len; i++) {
    Str have = str_from(decoder->names.items[i]);
    if (str_eq(have, name)) return (int)i;
    if (found == NO_CELL && str_eq_nocase(have, name)) found = (int)i;
  }
  return found;
}

static const DecodeField *field_at(const CsvDecoder *decoder, uint32_t i) {
  const DecodeSpec *spec = &decoder->spec;
  return i < spec->fields_len ? &spec->fields[i] : &spec->declared_only[i - spec->fields_len];
}

static uint32_t fields_count(const CsvDecoder *decoder) {
  return decoder->spec.fields_len + decoder->spec.declared_only_len;
}

/* A path into a field has no cell: text is no record. */
static void names_bind(CsvDecoder *decoder) {
  for (uint32_t i = 0; i < fields_count(decoder); i++) {
    const DecodeField *field = field_at(decoder, i);
    decoder->cell_of[i] = field->depth == 1 ? name_find(decoder, field->path[0]) : NO_CELL;
  }
}

static void header_read(CsvDecoder *decoder, Str record) {
  decoder->header_due = false;
  if (decoder->fixed_names) return;
  names_clear(decoder);
  csv_reader_read(&decoder->reader, record);
  for (uint32_t i = 0; i < decoder->reader.cells.len; i++) name_add(decoder, csv_reader_cell(&decoder->reader, i));
  names_bind(decoder);
}

/* ---- one row ---- */

static void report(CsvDecoder *decoder, Str record, bool oversize, const char *why) {
  BadRecord bad = {.message = decoder->message, .bytes = record, .oversize = oversize};
  snprintf(bad.reason, sizeof bad.reason, "%s", why);
  decoder->bad(decoder->context, &bad);
}

static bool put_json(RowField *field, uint32_t row, Type type, const char *ptr, uint32_t len) {
  JsonCursor cursor;
  Str text = str_trim((Str){ptr, len});
  if (!json_open(&cursor, text) || cursor.object != (type == TYPE_RECORD) || !json_valid(text, NULL)) return false;
  row_put_text(field, row, (uint8_t)type, text.ptr, (uint32_t)text.len);
  return true;
}

static bool put_bit(RowField *field, uint32_t row, Str text) {
  bool on = str_eq_nocase(text, STR("true")) || str_eq(text, STR("1"));
  if (!on && !str_eq_nocase(text, STR("false")) && !str_eq(text, STR("0"))) return false;
  row_put_i64(field, row, TYPE_BIT, on);
  return true;
}

/* Puts a cell as the type CREATE TABLE says; ptr is text of the store. False: it does not convert. */
static bool put_cell(RowField *field, uint32_t row, Type declared, const char *ptr, uint32_t len) {
  int64_t whole;
  double number;
  if (len == 0 && declared != TYPE_NULL && declared != TYPE_TEXT) return true; /* NULL */
  switch (declared) {
    case TYPE_NULL:
    case TYPE_TEXT: row_put_text(field, row, TYPE_TEXT, ptr, len); return true;
    case TYPE_BIT: return put_bit(field, row, (Str){ptr, len});
    case TYPE_BIGINT:
      if (!bigint_parse(ptr, len, &whole)) return false;
      row_put_i64(field, row, TYPE_BIGINT, whole);
      return true;
    case TYPE_FLOAT:
      if (!float_parse(ptr, len, &number)) return false;
      row_put_f64(field, row, number);
      return true;
    case TYPE_DATETIME:
      if (!datetime_parse(ptr, len, &whole)) return false;
      row_put_i64(field, row, TYPE_DATETIME, whole);
      return true;
    case TYPE_RECORD:
    case TYPE_ARRAY: return put_json(field, row, declared, ptr, len);
    case TYPE_COUNT: break;
  }
  return false;
}

static bool bad_cell(CsvDecoder *decoder, Str record, const DecodeField *field, Str text) {
  char why[sizeof ((BadRecord *)0)->reason];
  if (text.len > 40) text.len = 40;
  snprintf(why, sizeof why, "column `" STR_FMT "` is declared %s, found `" STR_FMT "`", STR_ARG(field->path[0]),
           type_name(field->declared), STR_ARG(text));
  report(decoder, record, false, why);
  return false;
}

static bool put_fields(CsvDecoder *decoder, Str record, const char *text) {
  for (uint32_t i = 0; i < fields_count(decoder); i++) {
    int cell = decoder->cell_of[i];
    if (cell == NO_CELL || cell >= (int)decoder->reader.cells.len) continue;
    const CsvCell *at = &decoder->reader.cells.items[cell];
    RowField *into = &decoder->store.fields[i];
    if (!put_cell(into, decoder->store.rows, field_at(decoder, i)->declared, text + at->begin, (uint32_t)at->len))
      return bad_cell(decoder, record, field_at(decoder, i), (Str){text + at->begin, at->len});
  }
  return true;
}

static void put_payload(CsvDecoder *decoder) {
  StrBuf *json = &decoder->payload;
  strbuf_clear(json);
  for (uint32_t i = 0; i < decoder->names.len; i++) {
    strbuf_putc(json, i ? ',' : '{');
    json_put_string(json, str_from(decoder->names.items[i]));
    strbuf_putc(json, ':');
    if (i < decoder->reader.cells.len) json_put_string(json, csv_reader_cell(&decoder->reader, i));
    else strbuf_puts(json, "null");
  }
  if (decoder->names.len == 0) strbuf_putc(json, '{');
  strbuf_putc(json, '}');
  char *space = row_store_text(&decoder->store, json->len);
  memcpy(space, json->ptr, json->len);
  RowField *field = &decoder->store.fields[fields_count(decoder)];
  row_put_text(field, decoder->store.rows, TYPE_RECORD, space, (uint32_t)json->len);
}

static bool check_bytes(CsvDecoder *decoder, Str record) {
  char why[80];
  size_t at = json_utf8_error_at(record);
  if (at < record.len) {
    snprintf(why, sizeof why, "bytes that are not UTF-8 at byte %zu", at + 1);
    return report(decoder, record, false, why), false;
  }
  const char *nul = memchr(record.ptr, 0, record.len);
  if (nul == NULL) return true;
  snprintf(why, sizeof why, "a NUL byte at byte %td", nul - record.ptr + 1);
  return report(decoder, record, false, why), false;
}

static bool check_cells(CsvDecoder *decoder, Str record) {
  char why[80];
  if (decoder->reader.cells.len <= decoder->names.len) return true;
  snprintf(why, sizeof why, "%u cells where there are %u columns", decoder->reader.cells.len, decoder->names.len);
  return report(decoder, record, false, why), false;
}

static void take_row(CsvDecoder *decoder, Str record) {
  CsvReader *reader = &decoder->reader;
  if (!check_bytes(decoder, record)) return;
  if (!csv_reader_read(reader, record)) {
    report(decoder, record, false, "a quote is never closed");
    return;
  }
  if (!check_cells(decoder, record)) return;
  char *text = row_store_text(&decoder->store, reader->text.len);
  if (reader->text.len) memcpy(text, reader->text.ptr, reader->text.len);
  if (!put_fields(decoder, record, text)) {
    row_store_drop(&decoder->store);
    return;
  }
  if (decoder->spec.payload) put_payload(decoder);
  row_store_commit(&decoder->store, decoder->message);
}

/* ---- messages ---- */

static void take_record(void *context, const char *begin, size_t len, bool oversize) {
  CsvDecoder *decoder = context;
  Str record = {begin, len};
  if (oversize) report(decoder, record, true, "the record is longer than the limit");
  else if (decoder->header_due) header_read(decoder, record);
  else take_row(decoder, record);
}

static void take_message(CsvDecoder *decoder, Str text) {
  if (decoder->framed) {
    take_row(decoder, text);
    return;
  }
  CsvFrame frame = {0};
  decoder->header_due = decoder->header;
  csv_frame_cut(&frame, decoder->reader.delimiter, text.ptr, text.len, true, decoder->spec.record_bytes_max,
                take_record, decoder);
}

static void finish(CsvDecoder *decoder, DecodedBatch *out) {
  RowStore *store = &decoder->store;
  *out = (DecodedBatch){.rows = store->rows, .cols_len = decoder->spec.fields_len};
  out->cols = mem_alloc(mem_mul(out->cols_len, sizeof *out->cols));
  for (uint32_t i = 0; i < out->cols_len; i++) out->cols[i] = row_store_column(store, i, NULL);
  if (decoder->spec.payload) out->payload = row_store_column(store, fields_count(decoder), NULL);
  out->message = mem_dup(store->message, mem_mul(store->rows, sizeof *store->message));
}

void csv_decoder_decode(Decoder *base, const MessageBatch *messages, uint32_t first, uint32_t count,
                        DecodedBatch *out, BadRecordFn *bad, void *context) {
  CsvDecoder *decoder = (CsvDecoder *)base;
  decoder->bad = bad;
  decoder->context = context;
  for (uint32_t i = first; i < first + count; i++) {
    const Message *message = &messages->messages.items[i];
    decoder->message = i;
    if (!message->tombstone) take_message(decoder, (Str){messages->bytes->data + message->begin, message->len});
  }
  finish(decoder, out);
  row_store_clear(&decoder->store);
}

/* ---- framing ---- */

typedef struct FrameCall {
  CsvDecoder   *decoder;
  const char   *bytes;
  int64_t       base;
  MessageBatch *messages;
} FrameCall;

static void frame_record(void *context, const char *begin, size_t len, bool oversize) {
  FrameCall *call = context;
  size_t at = (size_t)(begin - call->bytes);
  call->decoder->message = call->messages->messages.len;
  if (oversize) report(call->decoder, (Str){begin, len}, true, "the record is longer than the limit");
  else if (call->decoder->header_due) header_read(call->decoder, (Str){begin, len});
  else vec_push(&call->messages->messages, (Message){.begin = (uint32_t)at, .len = (uint32_t)len,
                                                     .offset = call->base + (int64_t)at, .arrival = TICKS_MIN});
}

size_t csv_decoder_frame(Decoder *base, const char *bytes, size_t len, int64_t offset, bool at_end,
                         MessageBatch *messages, BadRecordFn *bad, void *context) {
  CsvDecoder *decoder = (CsvDecoder *)base;
  FrameCall call = {decoder, bytes, offset, messages};
  decoder->framed = true;
  decoder->bad = bad;
  decoder->context = context;
  return csv_frame_cut(&decoder->frame, decoder->reader.delimiter, bytes, len, at_end,
                       decoder->spec.record_bytes_max, frame_record, &call);
}

void csv_decoder_next_file(Decoder *base) {
  CsvDecoder *decoder = (CsvDecoder *)base;
  decoder->frame = (CsvFrame){0};
  decoder->header_due = decoder->header;
}

/* ---- life ---- */

static Status names_fix(CsvDecoder *decoder, const CsvOptions *options, Error *err) {
  const DecodeSpec *spec = &decoder->spec;
  Str rest = options->columns, name;
  for (bool more = rest.len > 0; more;) {
    more = str_cut(rest, ',', &name, &rest);
    name_add(decoder, str_trim(name));
  }
  if (!options->header && decoder->names.len == 0)
    for (uint32_t i = 0; i < spec->table_len; i++) name_add(decoder, spec->table[i]);
  decoder->fixed_names = decoder->names.len > 0;
  names_bind(decoder);
  if (options->header || decoder->fixed_names) return STATUS_OK;
  error_set(err, STATUS_CONFIG, "", "CSV without a header has no column names");
  return error_hint(err, "declare the columns with CREATE TABLE, or add columns=a,b,c");
}

Status csv_decoder_open(const void *options_in, const DecodeSpec *spec, Decoder **out, Error *err) {
  const CsvOptions *options = options_in;
  char delimiter;
  TRY(csv_delimiter(options->delimiter, &delimiter, err));
  CsvDecoder *decoder = mem_zalloc(sizeof *decoder);
  decoder->head.format = &format_csv;
  decoder->spec = *spec;
  if (decoder->spec.record_bytes_max == 0) decoder->spec.record_bytes_max = RECORD_BYTES_MAX_DEFAULT;
  decoder->header = decoder->header_due = options->header;
  csv_reader_init(&decoder->reader, delimiter);
  uint32_t fields = fields_count(decoder);
  decoder->cell_of = mem_alloc(mem_mul(fields, sizeof *decoder->cell_of));
  row_store_init(&decoder->store, fields + spec->payload);
  Status status = names_fix(decoder, options, err);
  if (status == STATUS_OK) *out = &decoder->head;
  else csv_decoder_close(&decoder->head);
  return status;
}

void csv_decoder_close(Decoder *base) {
  CsvDecoder *decoder = (CsvDecoder *)base;
  names_clear(decoder);
  vec_release(&decoder->names);
  csv_reader_release(&decoder->reader);
  row_store_release(&decoder->store);
  strbuf_release(&decoder->payload);
  mem_free(decoder->cell_of);
  mem_free(decoder);
}
