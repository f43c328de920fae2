/* lineage.c: see lineage.h. Sets hold one item a partition of the inputs, so inserting moves little. */
#include "column/lineage.h"

#include "base/mem.h"

static uint32_t first_not_below(const Lineage *lineage, uint32_t origin) {
  uint32_t low = 0, high = lineage->len;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (lineage->items[middle].origin < origin) low = middle + 1;
    else high = middle;
  }
  return low;
}

static void reserve(Lineage *lineage, uint32_t wanted) {
  if (wanted <= lineage->cap) return;
  lineage->cap = wanted < lineage->cap * 2 ? lineage->cap * 2 : wanted;
  lineage->items = mem_realloc(lineage->items, mem_mul(lineage->cap, sizeof *lineage->items));
}

void lineage_add(Lineage *lineage, uint32_t origin, int64_t offset) {
  uint32_t at = first_not_below(lineage, origin);
  if (at < lineage->len && lineage->items[at].origin == origin) {
    if (offset < lineage->items[at].offset) lineage->items[at].offset = offset;
    return;
  }
  reserve(lineage, lineage->len + 1);
  memmove(lineage->items + at + 1, lineage->items + at, (lineage->len - at) * sizeof *lineage->items);
  lineage->items[at] = (LineageItem){origin, offset};
  lineage->len++;
}

void lineage_merge(Lineage *into, const Lineage *from) {
  if (!from) return;
  if (into->len == 0) reserve(into, from->len);
  for (uint32_t i = 0; i < from->len; i++) lineage_add(into, from->items[i].origin, from->items[i].offset);
}

void lineage_clear(Lineage *lineage) { lineage->len = 0; }

void lineage_release(Lineage *lineage) {
  mem_free(lineage->items);
  *lineage = (Lineage){0};
}

int64_t lineage_oldest(const Lineage *lineage, uint32_t origin) {
  uint32_t at = first_not_below(lineage, origin);
  bool found = at < lineage->len && lineage->items[at].origin == origin;
  return found ? lineage->items[at].offset : INT64_MAX;
}

void lineage_save(const Lineage *lineage, ByteWriter *out) {
  put_u32(out, lineage->len);
  for (uint32_t i = 0; i < lineage->len; i++) {
    put_u32(out, lineage->items[i].origin);
    put_i64(out, lineage->items[i].offset);
  }
}

void lineage_load(Lineage *lineage, ByteReader *in) {
  lineage_clear(lineage);
  uint32_t len = get_u32(in);
  for (uint32_t i = 0; i < len && !in->bad; i++) {
    uint32_t origin = get_u32(in);
    int64_t offset = get_i64(in);
    if (!in->bad) lineage_add(lineage, origin, offset);
  }
}
