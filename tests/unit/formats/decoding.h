/* decoding.h: what the tests of decoders share: a decoder opened from a short text, messages laid out in a
** buffer, and the result as text.
**
** Fields: names with commas between, `a.b` for a path, `a:bigint` for a declared (and required) type, `?a:bit`
** for one that is declared and not read. Rows print as `value|value` with `;` behind each; values as JSON;
** bad records as `!`. */
#ifndef WEIR_TESTS_DECODING_H
#define WEIR_TESTS_DECODING_H

#include "base/arena.h"
#include "connectors/formats/csv.h"
#include "connectors/formats/formats.h"
#include "connectors/formats/json_encode.h"

typedef struct Rig {
  Arena      arena;
  DecodeSpec spec;
  Decoder   *decoder;
  MessageBatch messages;
  StrBuf     bytes;     /* of the messages, until they are sealed */
  uint32_t   bads, oversize;
  uint32_t   bad_message; /* of the last one */
  char       reason[200]; /* of the last one */
  StrBuf     bad_bytes;   /* of the last one */
} Rig;

static inline void rig_bad(void *context, const BadRecord *bad) {
  Rig *rig = context;
  rig->bads++;
  rig->oversize += bad->oversize;
  rig->bad_message = bad->message;
  memcpy(rig->reason, bad->reason, sizeof rig->reason);
  strbuf_clear(&rig->bad_bytes);
  strbuf_append(&rig->bad_bytes, bad->bytes.ptr, bad->bytes.len);
}

static inline void rig_field(Rig *rig, Str text, DecodeField *field) {
  Str path, type, name;
  bool declared = str_cut(text, ':', &path, &type);
  *field = (DecodeField){.required = declared};
  if (declared && !type_from_name(type, &field->declared)) BUG("no type in %.*s", STR_ARG(text));
  Str *names = ARENA_ARRAY(&rig->arena, Str, 8);
  for (bool more = true; more;) {
    more = str_cut(path, '.', &name, &path);
    names[field->depth++] = name;
  }
  field->path = names;
}

static inline void rig_fields(Rig *rig, const char *fields) {
  DecodeField *read = ARENA_ARRAY(&rig->arena, DecodeField, 32), *unread = ARENA_ARRAY(&rig->arena, DecodeField, 32);
  Str rest = arena_str(&rig->arena, str_from(fields)), text;
  rig->spec.fields = read;
  rig->spec.declared_only = unread;
  for (bool more = rest.len > 0; more;) {
    more = str_cut(rest, ',', &text, &rest);
    if (text.ptr[0] == '?') rig_field(rig, str_sub(text, 1, text.len), &unread[rig->spec.declared_only_len++]);
    else rig_field(rig, text, &read[rig->spec.fields_len++]);
  }
}

/* payload and record_bytes_max may be set in rig->spec before. */
static inline Status rig_open(Rig *rig, const FormatClass *format, const char *fields, const void *options,
                              Error *err) {
  arena_init(&rig->arena);
  rig_fields(rig, fields);
  if (rig->spec.compat == 0) rig->spec.compat = 12;
  return format->decoder_open(options, &rig->spec, &rig->decoder, err);
}

static inline void rig_open_json(Rig *rig, const char *fields) {
  Error err;
  if (rig_open(rig, &format_json, fields, NULL, &err) != STATUS_OK) BUG("%s", err.message);
}

static inline void rig_close(Rig *rig) {
  if (rig->decoder) rig->decoder->format->decoder_close(rig->decoder);
  message_batch_release(&rig->messages);
  strbuf_release(&rig->bytes);
  strbuf_release(&rig->bad_bytes);
  arena_release(&rig->arena);
  *rig = (Rig){0};
}

/* Adds a message with `gap` behind it. */
static inline void rig_add(Rig *rig, Str text, const char *gap) {
  vec_push(&rig->messages.messages, (Message){.begin = (uint32_t)rig->bytes.len, .len = (uint32_t)text.len});
  strbuf_append(&rig->bytes, text.ptr, text.len);
  strbuf_puts(&rig->bytes, gap);
}

/* The bytes as the decoder wants them: in a buffer, just as long as they are. */
static inline void rig_seal(Rig *rig) {
  buffer_unref(rig->messages.bytes);
  rig->messages.bytes = buffer_new(rig->bytes.len);
  if (rig->bytes.len) memcpy(rig->messages.bytes->data, rig->bytes.ptr, rig->bytes.len);
  rig->messages.bytes->len = rig->bytes.len;
}

static inline void rig_clear(Rig *rig) {
  rig->messages.messages.len = 0;
  strbuf_clear(&rig->bytes);
  rig->bads = rig->oversize = 0;
}

static inline void rig_decode(Rig *rig, DecodedBatch *out) {
  rig_seal(rig);
  rig->decoder->format->decode(rig->decoder, &rig->messages, 0, rig->messages.messages.len, out, rig_bad, rig);
  for (uint32_t i = 0; i < out->cols_len; i++) column_verify(out->cols[i], NULL);
  if (out->payload) column_verify(out->payload, NULL);
}

static inline void rig_print_row(const DecodedBatch *batch, uint32_t row, StrBuf *out) {
  for (uint32_t i = 0; i < batch->cols_len; i++) {
    if (i) strbuf_putc(out, '|');
    json_put_cell(out, batch->cols[i], row);
  }
  if (batch->payload) {
    Value value = column_get(batch->payload, row);
    strbuf_printf(out, "%s" STR_FMT, batch->cols_len ? "|" : "", STR_ARG(text_str(&value.text)));
  }
  strbuf_putc(out, ';');
}

/* Decodes what was added; the text lives in the rig's arena. */
static inline const char *rig_text(Rig *rig) {
  DecodedBatch batch;
  StrBuf out = {0};
  rig_decode(rig, &batch);
  for (uint32_t row = 0; row < batch.rows; row++) rig_print_row(&batch, row, &out);
  for (uint32_t i = 0; i < rig->bads; i++) strbuf_putc(&out, '!');
  const char *text = arena_cstr(&rig->arena, strbuf_str(&out));
  decoded_batch_release(&batch);
  strbuf_release(&out);
  rig_clear(rig);
  return text;
}

/* Prints the rows and gives them back. */
static inline void rig_take_rows(DecodedBatch *batch, StrBuf *out) {
  for (uint32_t i = 0; i < batch->cols_len; i++) column_verify(batch->cols[i], NULL);
  for (uint32_t row = 0; row < batch->rows; row++) rig_print_row(batch, row, out);
  decoded_batch_release(batch);
}

/* Decodes the clean lines at the front of the bytes, `rows_max` at a time; every row says where its record begins. */
static inline size_t rig_lines(Rig *rig, Buffer *bytes, uint32_t rows_max, StrBuf *out) {
  size_t done = 0;
  for (;;) {
    DecodedBatch batch;
    size_t used = rig->decoder->format->decode_lines(rig->decoder, bytes, done, rows_max, &batch);
    if (used == 0) return done;
    if (batch.rows == 0 || batch.rows > rows_max) BUG("%u rows of %u", batch.rows, rows_max);
    for (uint32_t i = 0; i < batch.rows; i++) {
      const char *at = bytes->data + done + batch.message[i];
      if (*at != '{' || (at > bytes->data && at[-1] != '\n')) BUG("row %u does not begin a line", i);
    }
    rig_take_rows(&batch, out);
    done += used;
  }
}

/* Frames the bytes of a file in pieces of `piece` bytes, decoding after each; lines_max: rows that are decoded from
** clean lines at a time before the framer sees the rest, 0 for none. */
static inline const char *rig_file_by(Rig *rig, Str file, size_t piece, uint32_t lines_max) {
  const FormatClass *format = rig->decoder->format;
  StrBuf out = {0}, kept = {0};
  rig_clear(rig);
  for (size_t at = 0; at < file.len || at == 0; at += piece) {
    size_t take = file.len - at < piece ? file.len - at : piece;
    bool at_end = at + take == file.len;
    strbuf_append(&kept, file.ptr + at, take);
    Buffer *bytes = buffer_new(kept.len);
    memcpy(bytes->data, kept.ptr, bytes->len = kept.len);
    buffer_unref(rig->messages.bytes);
    rig->messages.bytes = bytes;
    rig->messages.messages.len = 0;
    size_t lines = lines_max ? rig_lines(rig, bytes, lines_max, &out) : 0;
    size_t done = lines + format->frame(rig->decoder, bytes->data + lines, bytes->len - lines, 0, at_end,
                                        &rig->messages, rig_bad, rig);
    if (at_end && done != kept.len) BUG("bytes are left at the end");
    for (uint32_t i = 0; i < rig->messages.messages.len; i++) rig->messages.messages.items[i].begin += (uint32_t)lines;
    DecodedBatch batch;
    format->decode(rig->decoder, &rig->messages, 0, rig->messages.messages.len, &batch, rig_bad, rig);
    rig_take_rows(&batch, &out);
    memmove(kept.ptr, kept.ptr + done, kept.len - done);
    kept.len -= done;
    if (at_end) break;
  }
  for (uint32_t i = 0; i < rig->bads; i++) strbuf_putc(&out, '!');
  const char *text = arena_cstr(&rig->arena, strbuf_str(&out));
  strbuf_release(&out);
  strbuf_release(&kept);
  rig_clear(rig);
  format->next_file(rig->decoder);
  return text;
}

/* The same rows and bad records come out with and without the way of clean lines. */
static inline const char *rig_file(Rig *rig, Str file, size_t piece) {
  const char *text = rig_file_by(rig, file, piece, 0);
  for (uint32_t most = rig->decoder->format->decode_lines ? 1000 : 0; most; most /= 22) {
    const char *lines = rig_file_by(rig, file, piece, most);
    if (strcmp(text, lines) != 0) BUG("%s by messages, %s by lines", text, lines);
  }
  return text;
}

#endif
