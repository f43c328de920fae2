/* analytic_keys.c: see analytic_keys.h. Linear probing over a power of two, at most half full; a removal moves the
** keys behind it back, so there are no tombstones; the table shrinks with its keys. */
#include "ops/analytic_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/mem.h"
#include "ops/group_key.h"

enum { SLOTS_LEAST = 64, KEYS_VERSION = 2 };

/* ---- keys ------------------------------------------------------------------------------------- */

static AnalyticKey *new_key(const AnalyticKeys *keys) {
  AnalyticKey *key = mem_zalloc(keys->bytes);
  for (uint32_t f = 0; f < keys->frames_len; f++) {
    const AnalyticFrame *frame = &keys->frames[f];
    if (frame->cls->init) frame->cls->init(frame, analytic_key_state(keys, key, frame));
  }
  return key;
}

static void free_key(const AnalyticKeys *keys, AnalyticKey *key) {
  for (uint32_t f = 0; f < keys->frames_len; f++) {
    const AnalyticFrame *frame = &keys->frames[f];
    if (frame->cls->release) frame->cls->release(frame, analytic_key_state(keys, key, frame));
  }
  for (uint32_t k = 0; k < keys->exprs_len; k++) value_release(&key->values[k]);
  mem_free(key);
}

void analytic_keys_init(AnalyticKeys *keys) {
  keys->states_at = (sizeof(AnalyticKey) + keys->exprs_len * sizeof(Value) + 15) & ~(size_t)15;
  keys->bytes = keys->states_at;
  for (uint32_t f = 0; f < keys->frames_len; f++) {
    keys->frames[f].at = keys->bytes - keys->states_at;
    keys->bytes += keys->frames[f].cls->bytes(keys->frames[f].call);
  }
  keys->blank = new_key(keys);
}

void analytic_keys_share(AnalyticKeys *keys) {
  keys->slots = NULL;
  keys->mask = keys->len = 0;
  keys->oldest = keys->newest = NULL;
  keys->shared = true;
}

void analytic_keys_release(AnalyticKeys *keys) {
  for (AnalyticKey *key = keys->oldest, *next; key; key = next) {
    next = key->newer;
    free_key(keys, key);
  }
  if (keys->blank && !keys->shared) free_key(keys, keys->blank);
  mem_free(keys->slots);
}

static uint32_t part_of(const AnalyticKey *key) { return (uint32_t)(key->hash >> 56) % ANALYTIC_PARTS; }

/* ---- the list --------------------------------------------------------------------------------- */

static void unlink_key(AnalyticKeys *keys, AnalyticKey *key) {
  if (key->older) key->older->newer = key->newer;
  else keys->oldest = key->newer;
  if (key->newer) key->newer->older = key->older;
  else keys->newest = key->older;
}

static void append_key(AnalyticKeys *keys, AnalyticKey *key, Ticks time) {
  key->touched = time;
  key->newer = NULL;
  key->older = keys->newest;
  if (keys->newest) keys->newest->newer = key;
  else keys->oldest = key;
  keys->newest = key;
}

void analytic_keys_touch(AnalyticKeys *keys, AnalyticKey *key, Ticks time) {
  bits_set(keys->changed, part_of(key));
  key->touched = time;
  if (keys->newest == key) return;
  unlink_key(keys, key);
  append_key(keys, key, time);
}

/* ---- the table -------------------------------------------------------------------------------- */

static void put_slot(AnalyticKeys *keys, AnalyticKey *key) {
  uint32_t at = (uint32_t)key->hash & keys->mask;
  while (keys->slots[at]) at = (at + 1) & keys->mask;
  keys->slots[at] = key;
}

static void resize(AnalyticKeys *keys, uint32_t slots) {
  mem_free(keys->slots);
  keys->slots = mem_zalloc(mem_mul(slots, sizeof *keys->slots));
  keys->mask = slots - 1;
  for (AnalyticKey *key = keys->oldest; key; key = key->newer) put_slot(keys, key);
}

static void insert(AnalyticKeys *keys, AnalyticKey *key, Ticks time) {
  if (keys->slots == NULL) resize(keys, SLOTS_LEAST);
  else if (keys->len >= keys->mask / 2) resize(keys, (keys->mask + 1) * 2);
  append_key(keys, key, time);
  put_slot(keys, key);
  bits_set(keys->changed, part_of(key));
  keys->len++;
}

static uint32_t slot_of(const AnalyticKeys *keys, const AnalyticKey *key) {
  uint32_t at = (uint32_t)key->hash & keys->mask;
  while (keys->slots[at] != key) at = (at + 1) & keys->mask;
  return at;
}

/* Fills the hole with a later key of the same run that may stand there, and so on to the end of the run. */
static void clear_slot(AnalyticKeys *keys, uint32_t hole) {
  for (uint32_t at = (hole + 1) & keys->mask; keys->slots[at]; at = (at + 1) & keys->mask) {
    uint32_t home = (uint32_t)keys->slots[at]->hash & keys->mask;
    if (((at - home) & keys->mask) < ((at - hole) & keys->mask)) continue;
    keys->slots[hole] = keys->slots[at];
    hole = at;
  }
  keys->slots[hole] = NULL;
}

static void drop_key(AnalyticKeys *keys, AnalyticKey *key) {
  clear_slot(keys, slot_of(keys, key));
  bits_set(keys->changed, part_of(key));
  unlink_key(keys, key);
  free_key(keys, key);
  keys->len--;
  if (keys->mask >= SLOTS_LEAST && keys->len < keys->mask / 16) resize(keys, (keys->mask + 1) / 2);
}

static bool row_matches(const AnalyticKeys *keys, Column *const *cols, uint32_t row, const AnalyticKey *key) {
  for (uint32_t k = 0; k < keys->exprs_len; k++)
    if (!group_key_matches(cols[k], row, &key->values[k])) return false;
  return true;
}

AnalyticKey *analytic_keys_find(const AnalyticKeys *keys, Column *const *cols, uint32_t row, uint64_t hash) {
  if (keys->slots == NULL) return NULL;
  for (uint32_t at = (uint32_t)hash & keys->mask; keys->slots[at]; at = (at + 1) & keys->mask)
    if (keys->slots[at]->hash == hash && row_matches(keys, cols, row, keys->slots[at])) return keys->slots[at];
  return NULL;
}

AnalyticKey *analytic_keys_add(AnalyticKeys *keys, Column *const *cols, uint32_t row, uint64_t hash, Ticks time) {
  AnalyticKey *key = new_key(keys);
  key->hash = hash;
  for (uint32_t k = 0; k < keys->exprs_len; k++) {
    Value value = column_get(cols[k], row);
    key->values[k] = value_dup(&value);
  }
  insert(keys, key, time);
  return key;
}

/* A row at w sees what is younger than w - duration; of the others nothing is left that counts. */
void analytic_keys_expire(AnalyticKeys *keys, Ticks w) {
  while (keys->oldest && keys->oldest->touched <= w - keys->duration) drop_key(keys, keys->oldest);
}

/* ---- state ------------------------------------------------------------------------------------ */

typedef Vec(AnalyticKey *) KeyList;

static void save_key(const AnalyticKeys *keys, AnalyticKey *key, ByteWriter *out) {
  put_u64(out, key->hash);
  put_i64(out, key->touched);
  for (uint32_t k = 0; k < keys->exprs_len; k++) value_save(&key->values[k], out);
  for (uint32_t f = 0; f < keys->frames_len; f++)
    keys->frames[f].cls->save(&keys->frames[f], analytic_key_state(keys, key, &keys->frames[f]), out);
}

static Status save_part(AnalyticKeys *keys, const KeyList *list, uint32_t index, StateWriter *out, Error *err) {
  if (list->len == 0) return STATUS_OK;
  if (!out->whole && !bits_get(keys->changed, index % ANALYTIC_PARTS)) return state_keep(out, "keys", index, err);
  ByteWriter *bytes = state_begin(out, "keys", index, KEYS_VERSION);
  put_u32(bytes, list->len);
  for (uint32_t i = 0; i < list->len; i++) save_key(keys, list->items[i], bytes);
  return state_end(out, err);
}

Status analytic_keys_save(AnalyticKeys *keys, uint32_t place, StateWriter *out, Error *err) {
  KeyList *parts = mem_zalloc(ANALYTIC_PARTS * sizeof *parts);
  Status status = STATUS_OK;
  for (AnalyticKey *key = keys->oldest; key; key = key->newer) vec_push(&parts[part_of(key)], key);
  for (uint32_t part = 0; part < ANALYTIC_PARTS && status == STATUS_OK; part++)
    status = save_part(keys, &parts[part], place * ANALYTIC_PARTS + part, out, err);
  for (uint32_t part = 0; part < ANALYTIC_PARTS; part++) vec_release(&parts[part]);
  mem_free(parts);
  memset(keys->changed, 0, sizeof keys->changed);
  return status;
}

static AnalyticKey *load_key(AnalyticKeys *keys, ByteReader *in) {
  AnalyticKey *key = new_key(keys);
  key->hash = get_u64(in);
  key->touched = get_i64(in);
  for (uint32_t k = 0; k < keys->exprs_len; k++) key->values[k] = value_load(in);
  for (uint32_t f = 0; f < keys->frames_len; f++)
    keys->frames[f].cls->load(&keys->frames[f], analytic_key_state(keys, key, &keys->frames[f]), in);
  return key;
}

static Status load_part(AnalyticKeys *keys, uint32_t index, StateReader *in, KeyList *list, Error *err) {
  ByteReader bytes;
  TRY(state_find(in, "keys", index, KEYS_VERSION, &bytes, err));
  uint32_t len = get_u32(&bytes);
  for (uint32_t i = 0; i < len && !bytes.bad; i++) vec_push(list, load_key(keys, &bytes));
  return state_done(in, &bytes, err);
}

static int by_touched(const void *a, const void *b) {
  Ticks x = (*(AnalyticKey *const *)a)->touched, y = (*(AnalyticKey *const *)b)->touched;
  return x < y ? -1 : x > y;
}

/* The list of all keys goes by their last change, whatever part they are in. */
static void insert_all(AnalyticKeys *keys, KeyList *list) {
  if (list->len) qsort(list->items, list->len, sizeof(AnalyticKey *), by_touched);
  for (uint32_t i = 0; i < list->len; i++) insert(keys, list->items[i], list->items[i]->touched);
  memset(keys->changed, 0, sizeof keys->changed);
}

Status analytic_keys_load(AnalyticKeys *keys, uint32_t place, StateReader *in, Error *err) {
  KeyList list = {0};
  StateIndices indices = {0};
  Status status = STATUS_OK;
  state_indices(in, "keys", &indices);
  for (uint32_t i = 0; i < indices.len && status == STATUS_OK; i++)
    if (indices.items[i] / ANALYTIC_PARTS == place) status = load_part(keys, indices.items[i], in, &list, err);
  insert_all(keys, &list);
  vec_release(&list);
  vec_release(&indices);
  return status;
}
