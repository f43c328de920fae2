/* lineage_log.c: see lineage_log.h. */
#include "ops/lineage_log.h"

uint64_t lineage_log_add(LineageLog *log, const Lineage *batch) {
  LineageEntry entry = {.number = ++log->last};
  lineage_merge(&entry.lineage, batch);
  vec_push(&log->entries, entry);
  log->unheld++;
  return log->last;
}

/* The first entry whose number is at least `number`; the length when there is none. */
static uint32_t place_of(const LineageLog *log, uint64_t number) {
  uint32_t low = 0, high = log->entries.len;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (log->entries.items[middle].number < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

void lineage_log_hold(LineageLog *log, uint64_t number) {
  LineageEntry *entry = &log->entries.items[place_of(log, number)];
  if (entry->holders++ == 0) log->unheld--;
}

void lineage_log_drop(LineageLog *log, uint64_t number) {
  LineageEntry *entry = &log->entries.items[place_of(log, number)];
  if (--entry->holders == 0) log->unheld++;
}

/* Entries nobody holds: those in front of all held ones go, the others are folded into the one before. */
static void fold(LineageLog *log) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < log->entries.len; i++) {
    LineageEntry *entry = &log->entries.items[i];
    if (entry->holders) {
      log->entries.items[kept++] = *entry;
      continue;
    }
    if (kept) lineage_merge(&log->entries.items[kept - 1].lineage, &entry->lineage);
    lineage_release(&entry->lineage);
  }
  log->entries.len = kept;
  log->unheld = 0;
}

void lineage_log_tidy(LineageLog *log) {
  if (log->unheld * 2 > log->entries.len) fold(log);
}

void lineage_log_since(const LineageLog *log, uint64_t number, Lineage *into) {
  for (uint32_t i = place_of(log, number); i < log->entries.len; i++)
    lineage_merge(into, &log->entries.items[i].lineage);
}

void lineage_log_release(LineageLog *log) {
  for (uint32_t i = 0; i < log->entries.len; i++) lineage_release(&log->entries.items[i].lineage);
  vec_release(&log->entries);
}

void lineage_log_save(const LineageLog *log, ByteWriter *out) {
  put_u64(out, log->last);
  put_u32(out, log->entries.len);
  for (uint32_t i = 0; i < log->entries.len; i++) {
    put_u64(out, log->entries.items[i].number);
    put_u32(out, log->entries.items[i].holders);
    lineage_save(&log->entries.items[i].lineage, out);
  }
}

void lineage_log_load(LineageLog *log, ByteReader *in) {
  log->last = get_u64(in);
  uint32_t len = get_u32(in);
  for (uint32_t i = 0; i < len && !in->bad; i++) {
    LineageEntry entry = {.number = get_u64(in)};
    entry.holders = get_u32(in);
    lineage_load(&entry.lineage, in);
    vec_push(&log->entries, entry);
    log->unheld += entry.holders == 0;
  }
}
