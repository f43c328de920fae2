/* json_decode.h: the decoder object of the JSON format, shared by json_decode.c, json_lines.c and json_frame.c. */
#ifndef WEIR_FORMATS_JSON_DECODE_H
#define WEIR_FORMATS_JSON_DECODE_H

#include "connectors/formats/json_index.h"
#include "connectors/formats/json_walk.h"

enum { RECORD_BYTES_MAX_DEFAULT = 1 << 20 };

/* ---- cutting a stream into records (json_frame.c) ---- */

typedef struct JsonFrame {
  bool started;  /* the first bytes of the file have been seen (byte-order mark) */
  bool in_array; /* inside the top-level array */
  bool line_start; /* the next byte is the first of its line */
  bool torn;     /* the file ended inside its last record */
  /* An oversize record is being skipped: */
  enum { SKIP_NOTHING, SKIP_LINE, SKIP_TO_OBJECT, SKIP_ELEMENT } skip;
  uint32_t skip_depth; /* of SKIP_ELEMENT: open brackets */
  bool     skip_string, skip_escape;
} JsonFrame;

/* Called for each record. */
typedef void JsonRecordFn(void *context, const char *begin, size_t len, bool oversize);
/* Cuts as FormatClass.frame says; returns the bytes done with. */
size_t json_frame_cut(JsonFrame *frame, const char *bytes, size_t len, bool at_end, size_t record_bytes_max,
                      JsonRecordFn *record, void *context);

/* ---- the decoder (json_decode.c) ---- */

typedef struct JsonDoc { /* a message on its way through a piece */
  const char *raw;      /* its bytes in the batch, without a byte-order mark */
  uint32_t    begin, len; /* in the piece */
  uint32_t    message;
} JsonDoc;

typedef struct JsonDecoder {
  Decoder    head;
  DecodeSpec spec;
  uint32_t   payload_field; /* of the row store; UINT32_MAX: not wanted */
  Arena      arena;
  JsonIndex *index, *alone; /* of the piece; of a message decoded alone */
  RowStore   store;
  JsonWalk   walk;
  JsonFrame  frame;
  Vec(JsonDoc) docs;    /* of the piece */
  Buffer    *scratch;   /* messages that do not lie together are laid end to end here */
  /* of the call: */
  Buffer    *home;      /* what text views point into */
  const char *home_end; /* a NUL byte behind everything */
  BadRecordFn *bad;
  void      *context;
  uint32_t   bads;
} JsonDecoder;

/* Indexes bytes for the walk; `nul`: a NUL byte behind them. */
JsonIndexError json_decoder_index(JsonDecoder *decoder, const char *base, uint32_t len, const char *nul);
/* The rows of the store become columns that hold `home`; the store is empty afterwards. */
void json_decoder_finish(JsonDecoder *decoder, Buffer *home, DecodedBatch *out);

/* ---- the calls of FormatClass ---- */

Status json_decoder_open(const void *options, const DecodeSpec *spec, Decoder **out, Error *err);
void   json_decoder_close(Decoder *decoder);
size_t json_decoder_frame(Decoder *decoder, const char *bytes, size_t len, int64_t base, bool at_end,
                          MessageBatch *messages, BadRecordFn *bad, void *context);
void   json_decoder_next_file(Decoder *decoder);
void   json_decoder_decode(Decoder *decoder, const MessageBatch *messages, uint32_t first, uint32_t count,
                           DecodedBatch *out, BadRecordFn *bad, void *context);

size_t json_decoder_decode_lines(Decoder *decoder, Buffer *bytes, size_t begin, uint32_t rows_max, DecodedBatch *out);

#endif
