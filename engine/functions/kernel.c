/* kernel.c: see kernel.h. */
#include "functions/kernel.h"

#include <stdio.h>
#include "base/utf8.h"
#include "types/number.h"

void kernel_merge_valid(Column *out, const Operand *operands, unsigned count) {
  uint32_t words = bits_words(out->rows);
  for (unsigned k = 0; k < count; k++) {
    if (!operands[k].valid) continue;
    bool first = !out->valid;
    uint64_t *valid = column_need_valid(out);
    if (first) memcpy(valid, operands[k].valid, words * sizeof *valid);
    else
      for (uint32_t w = 0; w < words; w++) valid[w] &= operands[k].valid[w];
  }
}

void kernel_clear_nulls(uint8_t *answers, const uint64_t *valid, uint32_t rows) {
  if (!valid) return;
  for (uint32_t w = 0; w < bits_words(rows); w++) {
    uint32_t first = w * 64, last = rows - first < 64 ? rows : first + 64;
    if (valid[w] == ~UINT64_C(0)) continue;
    for (uint32_t i = first; i < last; i++) answers[i] &= (uint8_t)(valid[w] >> (i & 63) & 1);
  }
}

Column *kernel_all_null(uint32_t rows) { return column_new(COL_NULL, rows); }

Column *kernel_all_false(uint32_t rows) {
  Value no = value_bit(false);
  return column_constant(&no, rows, false);
}

/* ---- messages ---- */

enum { SHOWN_TEXT = 40 };

static int shown_len(Str text) { /* whole code points only */
  size_t len = text.len;
  if (len > SHOWN_TEXT)
    for (len = SHOWN_TEXT; len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80;) len--;
  return (int)len;
}

static void describe_text(const char *kind, Str text, char out[DESCRIBE_LEN]) {
  int len = shown_len(text);
  snprintf(out, DESCRIBE_LEN, "%s `%.*s%s`", kind, len, text.ptr, (size_t)len < text.len ? "..." : "");
}

const char *value_describe(const Value *value, char out[DESCRIBE_LEN]) {
  char number[NUMBER_TEXT_MAX + DATETIME_TEXT_LEN];
  switch (value->type) {
    case TYPE_NULL: snprintf(out, DESCRIBE_LEN, "NULL"); break;
    case TYPE_BIT: snprintf(out, DESCRIBE_LEN, "bit %d", (int)value->i); break;
    case TYPE_BIGINT: snprintf(out, DESCRIBE_LEN, "number %lld", (long long)value->i); break;
    case TYPE_FLOAT:
      snprintf(out, DESCRIBE_LEN, "number %.*s", (int)float_print(value->f, true, number), number);
      break;
    case TYPE_DATETIME:
      datetime_print(value->i, number);
      snprintf(out, DESCRIBE_LEN, "datetime %s", number);
      break;
    case TYPE_TEXT: describe_text("text", text_str(&value->text), out); break;
    case TYPE_RECORD: describe_text("record", text_str(&value->text), out); break;
    case TYPE_ARRAY: describe_text("array", text_str(&value->text), out); break;
    case TYPE_COUNT: BUG("value of type %d", (int)value->type);
  }
  return out;
}
