/* key_spellings.c: see key_spellings.h. */
#include "ops/key_spellings.h"

#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "ops/group_key.h"

typedef struct KeyRun {
  uint64_t members;  /* at least one */
  Value   *keys;     /* owned */
} KeyRun;

struct KeySpellings {
  Vec(KeyRun) runs;
  uint32_t first;    /* runs before it are gone */
  uint64_t covered;  /* members of the runs from `first` on */
};

static bool spelt_alike(const GroupLayout *layout, Column *const *keys, uint32_t row, const Value *spelt) {
  for (uint32_t k = 0; k < layout->keys_len; k++)
    if (!group_key_spelt_as(keys[k], row, &spelt[k])) return false;
  return true;
}

static void spell(const GroupLayout *layout, Column *const *keys, uint32_t row, Value *into) {
  for (uint32_t k = 0; k < layout->keys_len; k++) {
    Value value = column_get(keys[k], row);
    into[k] = value_dup(&value);
  }
}

static void release_keys(const GroupLayout *layout, Value *keys) {
  for (uint32_t k = 0; k < layout->keys_len; k++) value_release(&keys[k]);
}

static void append(KeySpellings *spellings, const GroupLayout *layout, Column *const *keys, uint32_t row) {
  KeyRun *last = spellings->runs.len > spellings->first ? &spellings->runs.items[spellings->runs.len - 1] : NULL;
  spellings->covered++;
  if (last && spelt_alike(layout, keys, row, last->keys)) {
    last->members++;
    return;
  }
  KeyRun run = {.members = 1, .keys = mem_alloc(mem_mul(layout->keys_len, sizeof *run.keys))};
  spell(layout, keys, row, run.keys);
  vec_push(&spellings->runs, run);
}

void key_spellings_enter(KeySpellings **spellings, LiveGroups *groups, uint32_t group, uint64_t members,
                         Column *const *keys, uint32_t row) {
  const GroupLayout *layout = groups->layout;
  Value *own = live_group_own_keys(groups, group);
  if (*spellings == NULL) {
    if (spelt_alike(layout, keys, row, own)) return;
    if (members == 0) {
      release_keys(layout, own);
      spell(layout, keys, row, own);
      return;
    }
    *spellings = mem_zalloc(sizeof **spellings);
  }
  append(*spellings, layout, keys, row);
}

/* The runs that are gone give their room back once they are the most. */
static void tidy(KeySpellings *spellings) {
  if (spellings->first * 2 < spellings->runs.len) return;
  spellings->runs.len -= spellings->first;
  memmove(spellings->runs.items, spellings->runs.items + spellings->first,
          spellings->runs.len * sizeof *spellings->runs.items);
  spellings->first = 0;
}

void key_spellings_leave(KeySpellings **spellings, LiveGroups *groups, uint32_t group, uint64_t members) {
  KeySpellings *kept = *spellings;
  if (kept == NULL || kept->covered < members) return;
  const GroupLayout *layout = groups->layout;
  KeyRun *run = &kept->runs.items[kept->first++];
  Value *own = live_group_own_keys(groups, group);
  release_keys(layout, own);
  memcpy(own, run->keys, layout->keys_len * sizeof *own);
  mem_free(run->keys);
  kept->covered -= run->members;
  if (kept->covered == 0) key_spellings_release(spellings, layout);
  else tidy(kept);
}

uint64_t key_spellings_covered(const KeySpellings *spellings) { return spellings ? spellings->covered : 0; }

void key_spellings_release(KeySpellings **spellings, const GroupLayout *layout) {
  KeySpellings *kept = *spellings;
  if (kept == NULL) return;
  for (uint32_t i = kept->first; i < kept->runs.len; i++) {
    release_keys(layout, kept->runs.items[i].keys);
    mem_free(kept->runs.items[i].keys);
  }
  vec_release(&kept->runs);
  mem_free(kept);
  *spellings = NULL;
}

/* ---- state ------------------------------------------------------------------------------------ */

void key_spellings_save(const KeySpellings *spellings, const GroupLayout *layout, ByteWriter *out) {
  put_u32(out, spellings ? spellings->runs.len - spellings->first : 0);
  for (uint32_t i = spellings ? spellings->first : 0; spellings && i < spellings->runs.len; i++) {
    put_u64(out, spellings->runs.items[i].members);
    for (uint32_t k = 0; k < layout->keys_len; k++) value_save(&spellings->runs.items[i].keys[k], out);
  }
}

static void load_run(KeySpellings *spellings, const GroupLayout *layout, ByteReader *in) {
  KeyRun run = {.members = get_u64(in), .keys = mem_alloc(mem_mul(layout->keys_len, sizeof *run.keys))};
  for (uint32_t k = 0; k < layout->keys_len; k++) run.keys[k] = value_load(in);
  if (run.members == 0 || run.members > UINT32_MAX) in->bad = true;
  else spellings->covered += run.members;
  vec_push(&spellings->runs, run);
}

KeySpellings *key_spellings_load(const GroupLayout *layout, ByteReader *in) {
  uint32_t runs = get_u32(in);
  if (in->bad || runs == 0) return NULL;
  if (layout->keys_len == 0) {
    in->bad = true;
    return NULL;
  }
  KeySpellings *spellings = mem_zalloc(sizeof *spellings);
  for (uint32_t i = 0; i < runs && !in->bad; i++) load_run(spellings, layout, in);
  return spellings;
}
