/* positions.c: see positions.h. */
#include "base/positions.h"

#include "base/hash.h"
#include "base/mem.h"

static void link_last(Positions *p, uint32_t at) {
  uint32_t bucket = (uint32_t)p->hashes[at] & (p->cap - 1);
  p->next[at] = NO_POSITION;
  if (p->heads[bucket] == NO_POSITION) p->heads[bucket] = at;
  else p->next[p->tails[bucket]] = at;
  p->tails[bucket] = at;
}

static void grow(Positions *p, Arena *arena) {
  uint64_t *hashes = p->hashes;
  p->cap = p->cap ? p->cap * 2 : 8;
  p->hashes = ARENA_ARRAY(arena, uint64_t, p->cap);
  p->next = ARENA_ARRAY(arena, uint32_t, p->cap);
  p->heads = ARENA_ARRAY(arena, uint32_t, p->cap);
  p->tails = ARENA_ARRAY(arena, uint32_t, p->cap);
  if (p->len) memcpy(p->hashes, hashes, p->len * sizeof *hashes);
  for (uint32_t i = 0; i < p->cap; i++) p->heads[i] = NO_POSITION;
  for (uint32_t i = 0; i < p->len; i++) link_last(p, i);
}

void positions_add(Positions *p, Arena *arena, uint64_t hash) {
  if (p->len == p->cap) grow(p, arena);
  p->hashes[p->len] = hash;
  link_last(p, p->len++);
}

static uint32_t same_hash_from(const Positions *p, uint32_t at, uint64_t hash) {
  while (at != NO_POSITION && p->hashes[at] != hash) at = p->next[at];
  return at;
}

uint32_t positions_first(const Positions *p, uint64_t hash) {
  return p->cap ? same_hash_from(p, p->heads[(uint32_t)hash & (p->cap - 1)], hash) : NO_POSITION;
}

uint32_t positions_next(const Positions *p, uint32_t at) { return same_hash_from(p, p->next[at], p->hashes[at]); }

uint64_t name_hash(Str name) {
  uint64_t hash = name.len;
  for (size_t i = 0; i < name.len; i++) {
    char c = name.ptr[i];
    hash = (hash ^ (uint64_t)(unsigned char)(c >= 'a' && c <= 'z' ? c - 32 : c)) * 0x100000001b3u;
  }
  return hash_mix(hash);
}
