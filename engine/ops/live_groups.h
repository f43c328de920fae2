/* live_groups.h: groups that come and go: keys, a hash index over them, and a record for each.
**
** Where a group_table.h lives as long as its window, groups here are removed one by one: sessions end, sliding
** windows empty. A group keeps its number until it is removed; numbers are given out again. A record holds the
** states of the aggregates (GroupLayout; none when there are none) and behind them what the owner keeps about the
** group. `scope` tells apart groups of equal keys that belong to different owners (sessions).
**
** Memory: what an empty table held is freed. Records move when a group is added: keep numbers, not pointers. */
#ifndef WEIR_OPS_LIVE_GROUPS_H
#define WEIR_OPS_LIVE_GROUPS_H

#include "ops/group_table.h"

enum { GROUP_NONE = UINT32_MAX };

typedef struct LiveGroups {
  const GroupLayout *layout;
  size_t    extra_at;   /* of the owner's part in a record */
  size_t    stride;     /* of a record */
  uint32_t  live;       /* groups */
  uint32_t  used, cap;  /* numbers below `used` are groups or free */
  uint32_t  free;       /* head of the chain of free numbers; GROUP_NONE: empty */
  Value    *keys;       /* used * keys_len, owned */
  uint64_t *hashes;     /* of keys and scope; of a free number: the next free one */
  uint64_t *scopes;
  uint64_t *alive;      /* a bit a number */
  char     *records;
  uint32_t *slots;      /* open addressing: number + 1, 0 free */
  uint32_t  mask;
} LiveGroups;

void live_groups_init(LiveGroups *groups, const GroupLayout *layout, size_t extra_bytes);
void live_groups_release(LiveGroups *groups); /* the owner has freed what his parts hold */

/* The group of a row, made with initial states and a zeroed extra part when there is none (*made). hash: of the
** row's key columns, as column_hash makes it; anything when there are no keys. */
uint32_t live_groups_find(LiveGroups *groups, Column *const *keys, uint32_t row, uint64_t hash, uint64_t scope,
                          bool *made);
/* True when the row belongs to this group. */
bool live_groups_is(const LiveGroups *groups, uint32_t group, Column *const *keys, uint32_t row, uint64_t hash,
                    uint64_t scope);
void live_groups_remove(LiveGroups *groups, uint32_t group);

static inline char *live_group_states(const LiveGroups *groups, uint32_t group) {
  return groups->records + (size_t)group * groups->stride;
}
static inline void *live_group_extra(const LiveGroups *groups, uint32_t group) {
  return live_group_states(groups, group) + groups->extra_at;
}
static inline const Value *live_group_keys(const LiveGroups *groups, uint32_t group) {
  return groups->keys + (size_t)group * groups->layout->keys_len;
}
static inline Value *live_group_own_keys(LiveGroups *groups, uint32_t group) {
  return groups->keys + (size_t)group * groups->layout->keys_len;
}
static inline bool live_group_exists(const LiveGroups *groups, uint32_t group) {
  return group < groups->used && bits_get(groups->alive, group);
}
/* Loops `group` over all groups in the order of their numbers. */
#define LIVE_GROUPS_EACH(groups, group)                               \
  for (uint32_t group = 0; group < (groups)->used; group++)           \
    if (live_group_exists((groups), group))

/* Many numbers are free: few groups hold the memory of the many there once were. */
bool live_groups_sparse(const LiveGroups *groups);
/* Gives the groups new numbers without gaps and returns the memory: map[old number] is the new one, GROUP_NONE for
** a free number. The caller frees map, and changes the numbers it keeps. */
uint32_t *live_groups_compact(LiveGroups *groups);

size_t live_groups_bytes(const LiveGroups *groups);
/* Keys, states and, by extra (NULL: there is none), the owner's parts. Numbers stay. */
typedef void LiveExtraSave(const void *owner, const void *extra, ByteWriter *out);
typedef void LiveExtraLoad(void *owner, void *extra, ByteReader *in);
void live_groups_save(const LiveGroups *groups, LiveExtraSave *extra, const void *owner, ByteWriter *out);
void live_groups_load(LiveGroups *groups, LiveExtraLoad *extra, void *owner, ByteReader *in); /* into an empty one */

#endif
