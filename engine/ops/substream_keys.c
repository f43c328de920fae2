/* substream_keys.c: see substream_keys.h. */
#include "ops/substream_keys.h"

#include "base/mem.h"

typedef struct SubstreamUse { uint32_t known, held; } SubstreamUse; /* by entrances; by operators */

SubstreamKeys *substream_keys_of(OpContext *ctx, uint32_t columns, const Op *entrance) {
  for (SubstreamKeys *keys = ctx->substreams; keys; keys = keys->next)
    if (keys->layout.keys_len == columns) return keys;
  SubstreamKeys *keys = mem_zalloc(sizeof *keys);
  *keys = (SubstreamKeys){.next = ctx->substreams, .layout = {.keys_len = columns}, .saver = entrance};
  live_groups_init(&keys->keys, &keys->layout, sizeof(SubstreamUse));
  ctx->substreams = keys;
  return keys;
}

void substream_keys_free(OpContext *ctx) {
  for (SubstreamKeys *keys = ctx->substreams, *next; keys; keys = next) {
    next = keys->next;
    live_groups_release(&keys->keys);
    mem_free(keys);
  }
  ctx->substreams = NULL;
}

static SubstreamUse *use_of(const SubstreamKeys *keys, uint32_t substream) {
  return live_group_extra(&keys->keys, substream);
}

uint32_t substream_find(SubstreamKeys *keys, Column *const *cols, uint32_t row, uint64_t hash, bool *made) {
  return live_groups_find(&keys->keys, cols, row, hash, 0, made);
}

static void remove_unused(SubstreamKeys *keys, uint32_t substream) {
  const SubstreamUse *use = use_of(keys, substream);
  if (use->known == 0 && use->held == 0) live_groups_remove(&keys->keys, substream);
}

void substream_know(SubstreamKeys *keys, uint32_t substream) { use_of(keys, substream)->known++; }
void substream_hold(SubstreamKeys *keys, uint32_t substream) { use_of(keys, substream)->held++; }

void substream_forget(SubstreamKeys *keys, uint32_t substream) {
  use_of(keys, substream)->known--;
  remove_unused(keys, substream);
}

void substream_drop(SubstreamKeys *keys, uint32_t substream) {
  use_of(keys, substream)->held--;
  remove_unused(keys, substream);
}

bool substream_is_held(const SubstreamKeys *keys, uint32_t substream) { return use_of(keys, substream)->held > 0; }

void substream_keys_save(const SubstreamKeys *keys, ByteWriter *out) { live_groups_save(&keys->keys, NULL, NULL, out); }
void substream_keys_load(SubstreamKeys *keys, ByteReader *in) { live_groups_load(&keys->keys, NULL, NULL, in); }
