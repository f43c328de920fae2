/* live_groups.c: see live_groups.h. Linear probing over a power of two, at most half full; removing a group moves
** the ones behind it back, so no marks are left and the table never has to be cleaned. */
#include "ops/live_groups.h"

#include <string.h>

#include "base/bits.h"
#include "base/hash.h"
#include "base/mem.h"
#include "ops/group_key.h"

enum { LIVE_FIRST = 16, SPARSE_FROM = 4096, SPARSE_PART = 8, GROUPS_MAX = 1u << 30 };

void live_groups_init(LiveGroups *groups, const GroupLayout *layout, size_t extra_bytes) {
  *groups = (LiveGroups){.layout = layout, .extra_at = layout->stride, .free = GROUP_NONE};
  groups->stride = (layout->stride + extra_bytes + 15) & ~(size_t)15;
}

static void free_arrays(LiveGroups *groups) {
  mem_free(groups->keys);
  mem_free(groups->hashes);
  mem_free(groups->scopes);
  mem_free(groups->alive);
  mem_free(groups->records);
  mem_free(groups->slots);
}

static void release_group(LiveGroups *groups, uint32_t group) {
  const GroupLayout *layout = groups->layout;
  for (uint32_t a = 0; a < layout->aggs_len; a++)
    if (layout->aggs[a].call.fn->release)
      layout->aggs[a].call.fn->release(live_group_states(groups, group) + layout->offsets[a]);
  for (uint32_t k = 0; k < layout->keys_len; k++)
    value_release(&groups->keys[(size_t)group * layout->keys_len + k]);
}

static void start_anew(LiveGroups *groups) {
  free_arrays(groups);
  *groups = (LiveGroups){.layout = groups->layout, .extra_at = groups->extra_at, .stride = groups->stride,
                         .free = GROUP_NONE};
}

void live_groups_release(LiveGroups *groups) {
  if (groups->layout == NULL) return;
  LIVE_GROUPS_EACH(groups, group) release_group(groups, group);
  start_anew(groups);
}

/* ---- the index -------------------------------------------------------------------------------- */

static void put_slot(LiveGroups *groups, uint32_t group) {
  uint32_t at = (uint32_t)groups->hashes[group] & groups->mask;
  while (groups->slots[at]) at = (at + 1) & groups->mask;
  groups->slots[at] = group + 1;
}

static void rebuild_slots(LiveGroups *groups, uint32_t count) {
  mem_free(groups->slots);
  groups->slots = mem_zalloc(mem_mul(count, sizeof *groups->slots));
  groups->mask = count - 1;
  LIVE_GROUPS_EACH(groups, group) put_slot(groups, group);
}

/* Groups behind the hole whose place is at or before it move into it, until a free slot ends the run. */
static void take_slot(LiveGroups *groups, uint32_t group) {
  uint32_t hole = (uint32_t)groups->hashes[group] & groups->mask;
  while (groups->slots[hole] != group + 1) hole = (hole + 1) & groups->mask;
  for (uint32_t at = (hole + 1) & groups->mask; groups->slots[at]; at = (at + 1) & groups->mask) {
    uint32_t home = (uint32_t)groups->hashes[groups->slots[at] - 1] & groups->mask;
    if (((at - home) & groups->mask) < ((at - hole) & groups->mask)) continue;
    groups->slots[hole] = groups->slots[at];
    hole = at;
  }
  groups->slots[hole] = 0;
}

/* ---- making and removing ---------------------------------------------------------------------- */

static void set_capacity(LiveGroups *groups, uint32_t cap) {
  groups->keys = mem_realloc(groups->keys, mem_mul(cap, groups->layout->keys_len * sizeof *groups->keys));
  groups->hashes = mem_realloc(groups->hashes, mem_mul(cap, sizeof *groups->hashes));
  groups->scopes = mem_realloc(groups->scopes, mem_mul(cap, sizeof *groups->scopes));
  groups->records = mem_realloc(groups->records, mem_mul(cap, groups->stride));
  size_t before = groups->alive ? bits_words(groups->cap) : 0, words = bits_words(cap);
  groups->alive = mem_realloc(groups->alive, words * sizeof *groups->alive);
  if (words > before) memset(groups->alive + before, 0, (words - before) * sizeof *groups->alive);
  groups->cap = cap;
}

static void grow(LiveGroups *groups) {
  set_capacity(groups, groups->cap ? groups->cap * 2 : LIVE_FIRST);
  rebuild_slots(groups, groups->cap * 2);
}

static void init_record(LiveGroups *groups, uint32_t group) {
  const GroupLayout *layout = groups->layout;
  char *record = live_group_states(groups, group);
  memset(record, 0, groups->stride);
  for (uint32_t a = 0; a < layout->aggs_len; a++) {
    const AggCall *call = &layout->aggs[a].call;
    if (call->fn->init) call->fn->init(call, record + layout->offsets[a]);
  }
}

/* Gives `group` life: hash, scope and record; its keys are still to be filled. */
static void make_at(LiveGroups *groups, uint32_t group, uint64_t hash, uint64_t scope) {
  groups->hashes[group] = hash;
  groups->scopes[group] = scope;
  bits_set(groups->alive, group);
  groups->live++;
  init_record(groups, group);
  put_slot(groups, group);
}

static uint32_t make(LiveGroups *groups, uint64_t hash, uint64_t scope) {
  uint32_t group = groups->free;
  if (group != GROUP_NONE) {
    groups->free = (uint32_t)groups->hashes[group];
  } else {
    if (groups->used == groups->cap) grow(groups);
    group = groups->used++;
  }
  make_at(groups, group, hash, scope);
  return group;
}

static uint64_t index_hash(const LiveGroups *groups, uint64_t hash, uint64_t scope) {
  uint64_t own = groups->layout->keys_len ? hash : 0;
  return scope ? hash_combine(own, scope) : own;
}

static bool is_group(const LiveGroups *groups, uint32_t group, Column *const *keys, uint32_t row, uint64_t hash,
                     uint64_t scope) {
  if (groups->hashes[group] != hash || groups->scopes[group] != scope) return false;
  const Value *stored = live_group_keys(groups, group);
  for (uint32_t k = 0; k < groups->layout->keys_len; k++)
    if (!group_key_matches(keys[k], row, &stored[k])) return false;
  return true;
}

bool live_groups_is(const LiveGroups *groups, uint32_t group, Column *const *keys, uint32_t row, uint64_t hash,
                    uint64_t scope) {
  return is_group(groups, group, keys, row, index_hash(groups, hash, scope), scope);
}

uint32_t live_groups_find(LiveGroups *groups, Column *const *keys, uint32_t row, uint64_t hash, uint64_t scope,
                          bool *made) {
  hash = index_hash(groups, hash, scope);
  if (groups->cap == 0) grow(groups);
  *made = false;
  for (uint32_t at = (uint32_t)hash & groups->mask; groups->slots[at]; at = (at + 1) & groups->mask)
    if (is_group(groups, groups->slots[at] - 1, keys, row, hash, scope)) return groups->slots[at] - 1;
  *made = true;
  uint32_t group = make(groups, hash, scope);
  for (uint32_t k = 0; k < groups->layout->keys_len; k++) {
    Value value = column_get(keys[k], row);
    groups->keys[(size_t)group * groups->layout->keys_len + k] = value_dup(&value);
  }
  return group;
}

void live_groups_remove(LiveGroups *groups, uint32_t group) {
  release_group(groups, group);
  take_slot(groups, group);
  bits_unset(groups->alive, group);
  groups->hashes[group] = groups->free;
  groups->free = group;
  if (--groups->live == 0 && groups->used > SPARSE_FROM) start_anew(groups);
}

/* ---- giving memory back ----------------------------------------------------------------------- */

bool live_groups_sparse(const LiveGroups *groups) {
  return groups->used > SPARSE_FROM && groups->live < groups->used / SPARSE_PART;
}

static void move_group(LiveGroups *groups, uint32_t from, uint32_t to) {
  uint32_t keys = groups->layout->keys_len;
  groups->hashes[to] = groups->hashes[from];
  groups->scopes[to] = groups->scopes[from];
  if (keys) memmove(groups->keys + (size_t)to * keys, groups->keys + (size_t)from * keys, keys * sizeof *groups->keys);
  memmove(live_group_states(groups, to), live_group_states(groups, from), groups->stride);
}

uint32_t *live_groups_compact(LiveGroups *groups) {
  uint32_t *map = mem_alloc(mem_mul(groups->used + 1, sizeof *map)), next = 0, cap = LIVE_FIRST;
  for (uint32_t group = 0; group < groups->used; group++) {
    map[group] = live_group_exists(groups, group) ? next++ : GROUP_NONE;
    if (map[group] != GROUP_NONE && map[group] != group) move_group(groups, group, map[group]);
  }
  while (cap < next) cap *= 2;
  memset(groups->alive, 0, bits_words(groups->cap) * sizeof *groups->alive);
  for (uint32_t group = 0; group < next; group++) bits_set(groups->alive, group);
  groups->used = next;
  groups->free = GROUP_NONE;
  set_capacity(groups, cap);
  rebuild_slots(groups, cap * 2);
  return map;
}

size_t live_groups_bytes(const LiveGroups *groups) {
  size_t each = groups->layout->keys_len * sizeof(Value) + 2 * sizeof(uint64_t) + groups->stride;
  return groups->cap * each + ((size_t)groups->mask + 1) * sizeof(uint32_t);
}

/* ---- state ------------------------------------------------------------------------------------ */

void live_groups_save(const LiveGroups *groups, LiveExtraSave *extra, const void *owner, ByteWriter *out) {
  const GroupLayout *layout = groups->layout;
  put_u32(out, groups->live);
  LIVE_GROUPS_EACH(groups, group) {
    put_u32(out, group);
    put_u64(out, groups->hashes[group]);
    put_u64(out, groups->scopes[group]);
    for (uint32_t k = 0; k < layout->keys_len; k++) value_save(&live_group_keys(groups, group)[k], out);
    for (uint32_t a = 0; a < layout->aggs_len; a++)
      layout->aggs[a].call.fn->save(&layout->aggs[a].call, live_group_states(groups, group) + layout->offsets[a], out);
    if (extra) extra(owner, live_group_extra(groups, group), out);
  }
}

static void load_group(LiveGroups *groups, LiveExtraLoad *extra, void *owner, ByteReader *in) {
  const GroupLayout *layout = groups->layout;
  uint32_t group = get_u32(in);
  uint64_t hash = get_u64(in), scope = get_u64(in);
  if (in->bad || group < groups->used || group >= GROUPS_MAX) { /* they are written in ascending order */
    in->bad = true;
    return;
  }
  while (group >= groups->cap) grow(groups);
  for (; groups->used < group; groups->used++) {
    groups->hashes[groups->used] = groups->free;
    groups->free = groups->used;
  }
  groups->used++;
  make_at(groups, group, hash, scope);
  for (uint32_t k = 0; k < layout->keys_len; k++) groups->keys[(size_t)group * layout->keys_len + k] = value_load(in);
  for (uint32_t a = 0; a < layout->aggs_len && !in->bad; a++)
    layout->aggs[a].call.fn->load(&layout->aggs[a].call, live_group_states(groups, group) + layout->offsets[a], in);
  if (extra && !in->bad) extra(owner, live_group_extra(groups, group), in);
}

void live_groups_load(LiveGroups *groups, LiveExtraLoad *extra, void *owner, ByteReader *in) {
  uint32_t len = get_u32(in);
  for (uint32_t i = 0; i < len && !in->bad; i++) load_group(groups, extra, owner, in);
}
