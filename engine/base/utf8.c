/* utf8.c: see utf8.h. The width table holds the ranges that matter for placing a caret under a query;
** it follows wcwidth as terminals implement it and needs no locale. */
#include "base/utf8.h"

unsigned utf8_decode(const char *ptr, const char *end, uint32_t *code_point) {
  static const unsigned char lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  unsigned len = utf8_length(ptr, end);
  uint32_t value = (unsigned char)ptr[0] & lead_bits[len];
  for (unsigned i = 1; i < len; i++) value = value << 6 | ((unsigned char)ptr[i] & 0x3fu);
  if (len) *code_point = value;
  return len;
}

size_t utf8_invalid_at(Str text) {
  const char *p = text.ptr, *end = text.ptr + text.len;
  while (p < end) {
    uint64_t word;
    if (end - p >= 8 && (memcpy(&word, p, 8), (word & UINT64_C(0x8080808080808080)) == 0)) {
      p += 8;
      continue;
    }
    uint32_t code_point;
    unsigned len = utf8_decode(p, end, &code_point);
    if (len == 0) break;
    p += len;
  }
  return (size_t)(p - text.ptr);
}

size_t utf8_count(Str text) {
  size_t count = 0;
  for (const char *p = text.ptr, *end = p + text.len; p < end; count++) {
    uint32_t code_point;
    unsigned len = utf8_decode(p, end, &code_point);
    p += len ? len : 1;
  }
  return count;
}

typedef struct WidthRange { uint32_t first, last; unsigned width; } WidthRange;

/* In ascending order. */
static const WidthRange width_ranges[] = {
    {0x0300, 0x036F, 0},   {0x0483, 0x0489, 0},   {0x0591, 0x05BD, 0},   {0x0610, 0x061A, 0},   {0x064B, 0x065F, 0},
    {0x0900, 0x0902, 0},   {0x093C, 0x093C, 0},   {0x0941, 0x0948, 0},   {0x094D, 0x094D, 0},   {0x0E31, 0x0E31, 0},
    {0x0E34, 0x0E3A, 0},   {0x0E47, 0x0E4E, 0},   {0x1100, 0x115F, 2},   {0x1AB0, 0x1AFF, 0},   {0x1DC0, 0x1DFF, 0},
    {0x200B, 0x200F, 0},   {0x2028, 0x202E, 0},   {0x2060, 0x2064, 0},   {0x20D0, 0x20FF, 0},   {0x231A, 0x231B, 2},
    {0x23E9, 0x23EC, 2},   {0x2614, 0x2615, 2},   {0x26A1, 0x26A1, 2},   {0x2705, 0x2705, 2},   {0x274C, 0x274C, 2},
    {0x2E80, 0x303E, 2},   {0x3041, 0x33FF, 2},   {0x3400, 0x4DBF, 2},   {0x4E00, 0x9FFF, 2},   {0xA000, 0xA4CF, 2},
    {0xA960, 0xA97F, 2},   {0xAC00, 0xD7A3, 2},   {0xF900, 0xFAFF, 2},   {0xFE00, 0xFE0F, 0},   {0xFE20, 0xFE2F, 0},
    {0xFE30, 0xFE6F, 2},   {0xFEFF, 0xFEFF, 0},   {0xFF00, 0xFF60, 2},   {0xFFE0, 0xFFE6, 2},   {0x1F300, 0x1F64F, 2},
    {0x1F680, 0x1F6FF, 2}, {0x1F900, 0x1F9FF, 2}, {0x20000, 0x3FFFD, 2}, {0xE0100, 0xE01EF, 0},
};
enum { WIDTH_RANGES = sizeof width_ranges / sizeof *width_ranges };

unsigned utf8_width(uint32_t code_point) {
  if (code_point < 0x300) return 1;
  size_t low = 0, high = WIDTH_RANGES;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (code_point > width_ranges[middle].last) low = middle + 1;
    else if (code_point < width_ranges[middle].first) high = middle;
    else return width_ranges[middle].width;
  }
  return 1;
}

unsigned utf8_columns(Str text) {
  unsigned columns = 0;
  const char *at = text.ptr, *end = text.ptr + text.len;
  while (at < end) {
    uint32_t c;
    unsigned len = utf8_decode(at, end, &c);
    columns += len ? utf8_width(c) : 1;
    at += len ? len : 1;
  }
  return columns;
}
