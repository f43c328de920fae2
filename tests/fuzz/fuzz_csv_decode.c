/* fuzz_csv_decode.c: any bytes as CSV.
** A file must give the same rows however it arrives, and its rows, written as CSV, must read back the same.
** The first byte chooses the delimiter and the size of the pieces. */
#include <stdlib.h>

#include "base/status.h"
#include "tests/unit/formats/decoding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void rig_new(Rig *rig, const CsvOptions *options, uint32_t record_bytes_max) {
  Error err;
  *rig = (Rig){.spec = {.record_bytes_max = record_bytes_max}};
  if (rig_open(rig, &format_csv, "a,b,c", options, &err) != STATUS_OK) BUG("%s", err.message);
}

static void same(const char *a, const char *b, const char *what) {
  if (strcmp(a, b) != 0) BUG("%s:\n%s\n%s", what, a, b);
}

static void check_pieces(const CsvOptions *options, Str text, size_t piece) {
  Rig rig;
  rig_new(&rig, options, 200);
  const char *whole = rig_file(&rig, text, text.len + 1);
  same(rig_file(&rig, text, piece), whole, "the pieces of a file matter");
  rig_close(&rig);
}

static void encode(const CsvOptions *options, const DecodedBatch *rows, StrBuf *out) {
  OutputColumn cols[] = {{.name = STR("a")}, {.name = STR("b")}, {.name = STR("c")}};
  OutputSchema schema = {cols, 3};
  Encoder *encoder;
  if (format_csv.encoder_open(options, &schema, &encoder, NULL) != STATUS_OK) BUG("the encoder does not open");
  Batch *batch = batch_new(rows->rows, 3);
  for (uint32_t i = 0; i < 3; i++) batch->cols[i] = column_ref(rows->cols[i]);
  format_csv.encode(encoder, batch, true, out, NULL);
  batch_unref(batch);
  format_csv.encoder_close(encoder);
}

/* The text of the rows; a cell that a row lacked has become an empty one when they are read again. */
static const char *rows_text(Rig *rig, const DecodedBatch *rows) {
  StrBuf out = {0};
  for (uint32_t row = 0; row < rows->rows; row++)
    for (uint32_t i = 0; i < 3; i++) {
      Value value = column_get(rows->cols[i], row);
      json_put_text(&out, value.type == TYPE_TEXT ? text_str(&value.text) : STR(""));
      strbuf_putc(&out, i < 2 ? '|' : ';');
    }
  const char *text = arena_cstr(&rig->arena, strbuf_str(&out));
  strbuf_release(&out);
  return text;
}

static void check_round_trip(CsvOptions options, Str text) {
  Rig first, second;
  DecodedBatch rows, again;
  StrBuf written = {0};
  options.header = false;
  options.columns = STR("a,b,c");
  rig_new(&first, &options, 0);
  rig_new(&second, &options, 0);
  rig_add(&first, text, "");
  rig_decode(&first, &rows);
  encode(&options, &rows, &written);
  rig_add(&second, strbuf_str(&written), "");
  rig_decode(&second, &again);
  same(rows_text(&first, &rows), rows_text(&second, &again), "rows do not read back");
  if (second.bads) BUG("what was written is bad: %s", second.reason);
  decoded_batch_release(&rows);
  decoded_batch_release(&again);
  strbuf_release(&written);
  rig_close(&first);
  rig_close(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const delimiters[] = {",", ";", "\t", "|", " "};
  if (size == 0 || memchr(data + 1, 0, size - 1)) return 0; /* results are compared as C strings */
  CsvOptions options = {.delimiter = str_from(delimiters[data[0] % 5]), .header = true};
  Str text = {(const char *)data + 1, size - 1};
  check_pieces(&options, text, 1 + data[0] / 5);
  check_round_trip(options, text);
  return 0;
}
