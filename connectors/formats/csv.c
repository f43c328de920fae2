/* csv.c: the CSV format: csv_frame.c and csv_decode.c in, csv_encode.c out; csv_record.c is libcsv. */
#include "connectors/formats/csv.h"

#include "connectors/formats/formats.h"

static const OptionDef csv_options[] = {
  {.name = "delimiter", .kind = OPTION_TEXT, .at = offsetof(CsvOptions, delimiter), .fallback = "comma",
   .doc = "What stands between cells: comma, semicolon, tab, bar or space, or the character itself."},
  {.name = "header", .kind = OPTION_BOOL, .at = offsetof(CsvOptions, header), .fallback = "true",
   .doc = "Whether the first line names the columns; without it CREATE TABLE or columns does."},
  {.name = "columns", .kind = OPTION_TEXT, .at = offsetof(CsvOptions, columns),
   .doc = "Names of the columns in order, comma between; they win over a header."},
  {0},
};

const FormatClass format_csv = {
  .name = "csv",
  .extensions = "csv",
  .options = csv_options,
  .options_bytes = sizeof(CsvOptions),
  .doc = "RFC 4180 with a header line; every cell is text unless CREATE TABLE says otherwise.",
  .decoder_open = csv_decoder_open,
  .decoder_close = csv_decoder_close,
  .frame = csv_decoder_frame,
  .next_file = csv_decoder_next_file,
  .decode = csv_decoder_decode,
  .encoder_open = csv_encoder_open,
  .encoder_close = csv_encoder_close,
  .encode = csv_encoder_encode,
  .encode_head = csv_encoder_head,
};
