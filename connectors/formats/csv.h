/* csv.h: what the files of the CSV format share: options, the reading of one record, the cutting of records.
**
** RFC 4180 by libcsv, with blanks kept as they are. Every field is text; CREATE TABLE types convert. The names
** of the columns are, in this order: the option `columns`; the header, which is the first record of a file, or
** of each message where messages do not come from a file; without a header the columns of CREATE TABLE. */
#ifndef WEIR_FORMATS_CSV_H
#define WEIR_FORMATS_CSV_H

#include <csv.h>

#include "base/arena.h"
#include "connectors/formats/row_store.h"
#include "io/format.h"

typedef struct CsvOptions {
  Str  delimiter; /* a name or the character itself */
  bool header;
  Str  columns;   /* names, comma between */
} CsvOptions;

/* STATUS_CONFIG for anything but the delimiters of the option's documentation; the error names nobody. */
Status csv_delimiter(Str text, char *out, Error *err);

/* ---- one record (csv_record.c) ---- */

typedef struct CsvCell { size_t begin, len; } CsvCell;

typedef struct CsvReader {
  struct csv_parser parser;
  char         delimiter;
  StrBuf       text;  /* of the cells, quotes taken off */
  Vec(CsvCell) cells;
} CsvReader;

void csv_reader_init(CsvReader *reader, char delimiter);
void csv_reader_release(CsvReader *reader);
/* Reads one record, given without its line end, into cells. False when its last quote is never closed. */
bool csv_reader_read(CsvReader *reader, Str record);
static inline Str csv_reader_cell(const CsvReader *reader, uint32_t i) {
  const CsvCell *cell = &reader->cells.items[i];
  return (Str){reader->text.ptr + cell->begin, cell->len};
}

/* ---- cutting (csv_frame.c) ---- */

typedef struct CsvFrame {
  bool started;   /* the first bytes of the file have been seen (byte-order mark) */
  bool skip_line; /* the rest of an oversize record's line is being skipped */
} CsvFrame;

typedef void CsvRecordFn(void *context, const char *begin, size_t len, bool oversize);
/* As FormatClass.frame; blank lines are left out, records come without their line ends. */
size_t csv_frame_cut(CsvFrame *frame, char delimiter, const char *bytes, size_t len, bool at_end,
                     size_t record_bytes_max, CsvRecordFn *record, void *context);

/* ---- decoder, encoder ---- */

Status csv_decoder_open(const void *options, const DecodeSpec *spec, Decoder **out, Error *err);
void   csv_decoder_close(Decoder *decoder);
size_t csv_decoder_frame(Decoder *decoder, const char *bytes, size_t len, int64_t base, bool at_end,
                         MessageBatch *messages, BadRecordFn *bad, void *context);
void   csv_decoder_next_file(Decoder *decoder);
void   csv_decoder_decode(Decoder *decoder, const MessageBatch *messages, uint32_t first, uint32_t count,
                          DecodedBatch *out, BadRecordFn *bad, void *context);

Status csv_encoder_open(const void *options, const OutputSchema *schema, Encoder **out, Error *err);
void   csv_encoder_close(Encoder *encoder);
void   csv_encoder_encode(Encoder *encoder, const Batch *batch, bool lines, StrBuf *out, uint32_t *ends);
void   csv_encoder_head(Encoder *encoder, StrBuf *out);

#endif
