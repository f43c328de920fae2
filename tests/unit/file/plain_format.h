/* plain_format.h: the simplest format there is, so that tests of byte sinks need no real one: the values of a
** row joined by commas, the names as head. Include it once per test program. */
#ifndef WEIR_TESTS_PLAIN_FORMAT_H
#define WEIR_TESTS_PLAIN_FORMAT_H

#include "io/format.h"

typedef struct PlainEncoder {
  Encoder base;
  const OutputSchema *schema;
} PlainEncoder;

static Status plain_open(const void *options, const OutputSchema *schema, Encoder **out, Error *err) {
  (void)options, (void)err;
  PlainEncoder *encoder = mem_zalloc(sizeof *encoder);
  encoder->schema = schema;
  *out = &encoder->base;
  return STATUS_OK;
}

static void plain_close(Encoder *encoder) { mem_free(encoder); }

static void plain_encode(Encoder *encoder, const Batch *batch, bool lines, StrBuf *out, uint32_t *ends) {
  (void)encoder;
  uint32_t at = 0;
  SELECTION_EACH(batch->sel, batch->rows, row) {
    for (uint32_t col = 0; col < batch->cols_len; col++) {
      Value value = column_get(batch->cols[col], row);
      if (col) strbuf_putc(out, ',');
      if (value.type == TYPE_TEXT) strbuf_put_str(out, text_str(&value.text));
      else value_print_json(&value, out);
    }
    if (lines) strbuf_putc(out, '\n');
    if (ends) ends[at++] = (uint32_t)out->len;
  }
}

static void plain_head(Encoder *encoder, StrBuf *out) {
  const OutputSchema *schema = ((PlainEncoder *)encoder)->schema;
  for (uint32_t i = 0; i < schema->cols_len; i++) {
    if (i) strbuf_putc(out, ',');
    strbuf_put_str(out, schema->cols[i].name);
  }
  strbuf_putc(out, '\n');
}

static const OptionDef plain_options[] = {{.name = "delimiter", .kind = OPTION_TEXT, .doc = "Not used."}, {0}};

static const FormatClass plain_format = {.name = "plain", .extensions = "txt", .options = plain_options,
                                         .encoder_open = plain_open, .encoder_close = plain_close,
                                         .encode = plain_encode, .encode_head = plain_head};

/* One batch of one text column; texts are borrowed. */
static inline Batch *text_batch(const char *const *texts, uint32_t count) {
  Batch *batch = batch_new(count, 1);
  Column *col = column_new(COL_TEXT, count);
  for (uint32_t i = 0; i < count; i++) column_text(col)[i] = text_from(str_from(texts[i]));
  batch->cols[0] = col;
  return batch;
}

#endif
