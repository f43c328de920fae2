/* key_spellings.h: how a group that lives on from window to window spells its keys.
**
** Equal keys may be spelt differently (95 and 95.0), and a row of output prints the first spelling among the members
** of its window: rows of a sliding window, panes of a hopping one. Members come and leave in one order. The group's own
** keys (live_groups.h) are those of its oldest members; what follows them in another spelling is kept in runs:
**
**     members   95 95 95.0 95.0 95       keys of the group  95 (2 members)
**                                        runs               95.0 (2), 95 (1)
**     the first two have left            keys of the group  95.0, runs 95 (1)
**
** So a group costs a pointer, NULL while all members spell alike, and a run only where the spelling changes. The runs
** never cover all members. */
#ifndef WEIR_OPS_KEY_SPELLINGS_H
#define WEIR_OPS_KEY_SPELLINGS_H

#include "ops/live_groups.h"

typedef struct KeySpellings KeySpellings;

/* A member comes, spelt as in this row; members: those the group has besides. Without any the group's keys become the
** row's. */
void key_spellings_enter(KeySpellings **spellings, LiveGroups *groups, uint32_t group, uint64_t members,
                         Column *const *keys, uint32_t row);
/* The oldest member has left; members: those that are still there. */
void key_spellings_leave(KeySpellings **spellings, LiveGroups *groups, uint32_t group, uint64_t members);
/* Members in the runs: always less than the group has. */
uint64_t key_spellings_covered(const KeySpellings *spellings);
void key_spellings_release(KeySpellings **spellings, const GroupLayout *layout);
void key_spellings_save(const KeySpellings *spellings, const GroupLayout *layout, ByteWriter *out);
KeySpellings *key_spellings_load(const GroupLayout *layout, ByteReader *in); /* in->bad for what no save wrote */

#endif
