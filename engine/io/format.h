/* format.h: bytes <-> rows, without any I/O. A format is one folderless file in connectors/formats with a
** FormatClass at its end; transports and formats never know each other. */
#ifndef WEIR_IO_FORMAT_H
#define WEIR_IO_FORMAT_H

#include "column/batch.h"
#include "io/message.h"
#include "io/options.h"

/* ---- in ---- */

/* One column the query needs. */
typedef struct DecodeField {
  const Str *path;      /* names from the outside in, as the query spells them */
  uint32_t   depth;     /* at least 1 */
  Type       declared;  /* CREATE TABLE type of a top-level field; TYPE_NULL: any (CSV: text) */
  bool       required;  /* declared: a row that lacks it, or has another type, is bad */
} DecodeField;

typedef struct DecodeSpec {
  const DecodeField *fields;
  uint32_t fields_len;
  bool     payload;       /* the raw event is wanted as a record (SELECT *, quarantine); CSV makes JSON of it */
  bool     payload_read;  /* the query reads it (SELECT *): an event that is not JSON all the way down is bad */
  int      compat;        /* 10, 11 or 12: compatibility level */
  const DecodeField *declared_only; /* declared columns nobody reads: checked, not decoded */
  uint32_t declared_only_len;
  uint32_t record_bytes_max; /* a longer event is bad ("oversize"); 0: 1 MB */
  const Str *table;          /* all column names of CREATE TABLE in order: those of a CSV without a header */
  uint32_t table_len;
} DecodeSpec;

typedef struct DecodedBatch {
  uint32_t  rows;
  uint32_t  cols_len; /* fields of the spec: how many columns decoded_batch_release gives back */
  Column  **cols;     /* one a field, each of `rows` rows; the caller owns the references */
  Column   *payload;  /* COL_RECORD slices of the messages' bytes (holds the buffer); NULL unless asked */
  uint32_t *message;  /* for each row the index of its message, ascending */
} DecodedBatch;
/* Gives back the columns and the two arrays (mem_alloc) and zeroes the batch. */
void decoded_batch_release(DecodedBatch *batch);

/* A record that did not decode. The bytes are borrowed for the call. */
typedef struct BadRecord {
  uint32_t message;   /* index in the batch */
  Str      bytes;     /* the record, as far as it could be told apart */
  bool     oversize;
  char     reason[200];
} BadRecord;
typedef void BadRecordFn(void *context, const BadRecord *bad);

typedef struct FormatClass FormatClass;
typedef struct Decoder { const FormatClass *format; } Decoder; /* formats embed it first */
typedef struct Encoder { const FormatClass *format; } Encoder;

/* ---- out ---- */

typedef struct OutputColumn {
  Str      name;      /* empty for a star */
  bool     star;      /* the column is a record whose fields stand in its place (leftmost name wins, row by row;
                         names match without regard to case; a NULL record adds nothing) */
  TypeMask types;     /* what is known; MASK_ANY when nothing is */
} OutputColumn;

typedef struct OutputSchema {
  OutputColumn *cols;
  uint32_t      cols_len;
} OutputSchema;

struct FormatClass {
  const char *name;         /* "json", "csv" */
  const char *extensions;   /* "json|ndjson|jsonl" */
  const OptionDef *options; /* of the struct below */
  size_t      options_bytes;
  const char *doc;

  /* `options` is the filled struct; the spec and its strings outlive the decoder. */
  Status (*decoder_open)(const void *options, const DecodeSpec *spec, Decoder **out, Error *err);
  void   (*decoder_close)(Decoder *decoder);
  /* Cuts a byte stream (a file) into messages: appends to `messages` (begin, len relative to bytes; offset =
  ** base + begin) and returns how many bytes are done with; the caller puts the rest in front of the next
  ** piece. at_end: no more bytes follow in this file; then everything is consumed. A record longer than the
  ** limit is reported bad and skipped, so memory stays bounded. State (array depth, CSV header) is kept
  ** between calls and reset by decoder_next_file. */
  size_t (*frame)(Decoder *decoder, const char *bytes, size_t len, int64_t base, bool at_end,
                  MessageBatch *messages, BadRecordFn *bad, void *context);
  void   (*next_file)(Decoder *decoder); /* a new file begins: new header, new array */
  /* Decodes messages [first, first + count) of the batch. A message may hold several events (documents one
  ** after another, or an array of events); a malformed one costs only itself. The bytes have BUFFER_PADDING
  ** readable bytes behind them. */
  void   (*decode)(Decoder *decoder, const MessageBatch *messages, uint32_t first, uint32_t count,
                   DecodedBatch *out, BadRecordFn *bad, void *context);

  /* NULL, or frame and decode in one for what is clean: decodes records of a file from bytes->data + begin on, up
  ** to rows_max of them, and returns the bytes it is done with. It takes only records that frame would cut and
  ** decode accept in silence, and ends in front of the first that is none, or not whole yet; 0: frame and decode
  ** must look at what stands there. The bytes are the next ones of the stream, up to bytes->len. out->message
  ** holds where the record of each row begins, counted from `begin`; out is empty when the answer is 0. */
  size_t (*decode_lines)(Decoder *decoder, Buffer *bytes, size_t begin, uint32_t rows_max, DecodedBatch *out);

  Status (*encoder_open)(const void *options, const OutputSchema *schema, Encoder **out, Error *err);
  void   (*encoder_close)(Encoder *encoder);
  /* Appends the selected rows, each with its line end when `lines` is set. ends[i] (when not NULL) is the
  ** offset in `out` behind row i of the selection. */
  void   (*encode)(Encoder *encoder, const Batch *batch, bool lines, StrBuf *out, uint32_t *ends);
  /* What stands before the first row of a file (a CSV header); may be NULL. */
  void   (*encode_head)(Encoder *encoder, StrBuf *out);
};

#endif
