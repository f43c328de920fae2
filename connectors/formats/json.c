/* json.c: the JSON format: json_frame.c, json_decode.c and json_lines.c in, json_encode.c out. */
#include "connectors/formats/formats.h"
#include "connectors/formats/json_decode.h"
#include "connectors/formats/json_encode.h"

static const OptionDef json_options[] = {{0}};

const FormatClass format_json = {
  .name = "json",
  .extensions = "json|ndjson|jsonl",
  .options = json_options,
  .options_bytes = 0,
  .doc = "JSON objects, one a line, one after another, or in one array; written one a line.",
  .decoder_open = json_decoder_open,
  .decoder_close = json_decoder_close,
  .frame = json_decoder_frame,
  .next_file = json_decoder_next_file,
  .decode = json_decoder_decode,
  .decode_lines = json_decoder_decode_lines,
  .encoder_open = json_encoder_open,
  .encoder_close = json_encoder_close,
  .encode = json_encoder_encode,
};
