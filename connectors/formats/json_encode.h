/* json_encode.h: rows to JSON objects; see json_encode.c. */
#ifndef WEIR_FORMATS_JSON_ENCODE_H
#define WEIR_FORMATS_JSON_ENCODE_H

#include "io/format.h"

Status json_encoder_open(const void *options, const OutputSchema *schema, Encoder **out, Error *err);
void   json_encoder_close(Encoder *encoder);
void   json_encoder_encode(Encoder *encoder, const Batch *batch, bool lines, StrBuf *out, uint32_t *ends);

/* The JSON text of one value of a column; NULL is null. */
void json_put_cell(StrBuf *out, const Column *col, uint32_t row);
/* Text between quotes, escaped. */
void json_put_text(StrBuf *out, Str text);
/* A record or array without blanks outside its strings. */
void json_put_compact(StrBuf *out, Str text);
/* The record of a star column in this row, good as long as the column; empty when there is none. */
Str  json_star_record(const Column *col, uint32_t row);

#endif
