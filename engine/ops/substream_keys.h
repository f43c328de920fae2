/* substream_keys.h: the keys of TIMESTAMP BY ... OVER that are in use, and their numbers.
**
** All entrances with equally many OVER columns share one table, so that a key has the same number on both sides of a
** join. An entrance *knows* a key while it keeps a clock for it; an operator *holds* it while it keeps anything of its
** rows. A number is given again when nobody knows or holds it: nothing anywhere can then speak of the old key.
** An entrance knows a key for as long as somebody holds it, so the tables of the entrances hold all there is to save.
** Thread: one. */
#ifndef WEIR_OPS_SUBSTREAM_KEYS_H
#define WEIR_OPS_SUBSTREAM_KEYS_H

#include "ops/live_groups.h"
#include "ops/op.h"

typedef struct SubstreamKeys SubstreamKeys;
struct SubstreamKeys {
  SubstreamKeys *next;      /* in the list of the context */
  GroupLayout    layout;    /* keys alone */
  LiveGroups     keys;
  const Op      *saver;     /* the entrance that saves the table */
};

/* The table for keys of so many columns; made by the first entrance that asks. */
SubstreamKeys *substream_keys_of(OpContext *ctx, uint32_t columns, const Op *entrance);
void substream_keys_free(OpContext *ctx); /* all tables */

/* The number of the key of a row; *made: it has just got one, and the caller must know it. */
uint32_t substream_find(SubstreamKeys *keys, Column *const *cols, uint32_t row, uint64_t hash, bool *made);
void substream_know(SubstreamKeys *keys, uint32_t substream);
void substream_forget(SubstreamKeys *keys, uint32_t substream);
void substream_hold(SubstreamKeys *keys, uint32_t substream);
void substream_drop(SubstreamKeys *keys, uint32_t substream);
bool substream_is_held(const SubstreamKeys *keys, uint32_t substream);

/* Keys and numbers; who knows and holds them says so again when it is loaded. */
void substream_keys_save(const SubstreamKeys *keys, ByteWriter *out);
void substream_keys_load(SubstreamKeys *keys, ByteReader *in);

#endif
