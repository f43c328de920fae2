/* lineage.h: from which source events something derives: for each origin (an input's partition) the offset
** of the oldest one. Batches carry it, stateful operators keep the minimum of what they hold, and without a
** state folder the committed position of a Kafka partition is the oldest offset anything still needs. */
#ifndef WEIR_COLUMN_LINEAGE_H
#define WEIR_COLUMN_LINEAGE_H

#include <stdint.h>
#include "base/codec.h"

typedef struct LineageItem {
  uint32_t origin; /* dense number the job gives each partition of each input */
  int64_t  offset; /* oldest offset needed */
} LineageItem;

typedef struct Lineage { /* a small sorted set; zero-initialise, release with lineage_release */
  LineageItem *items;
  uint32_t len, cap;
} Lineage;

void lineage_add(Lineage *lineage, uint32_t origin, int64_t offset); /* keeps the smaller offset */
void lineage_merge(Lineage *into, const Lineage *from);              /* from may be NULL */
void lineage_clear(Lineage *lineage);
void lineage_release(Lineage *lineage);
int64_t lineage_oldest(const Lineage *lineage, uint32_t origin);     /* INT64_MAX: nothing needed */
void lineage_save(const Lineage *lineage, ByteWriter *out);
void lineage_load(Lineage *lineage, ByteReader *in);

#endif
