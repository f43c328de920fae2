/* group_table.h: groups of one window: keys, a hash index over them, and the state of every aggregate.
**
** Keys lie in columns (in order of first sight; the first spelling of a number stays), narrow while every key of a
** column is a bigint (8 bytes) or a text (16), as values (24) once one is not; long text lives in the table's arena.
** States lie side by side, `stride` bytes a group, so an aggregate's update touches one cache line a row. No keys:
** one group. */
#ifndef WEIR_OPS_GROUP_TABLE_H
#define WEIR_OPS_GROUP_TABLE_H

#include "column/batch.h"
#include "plan/plan.h"

/* Where the parts of a group's state lie: made once per operator. */
typedef struct GroupLayout {
  uint32_t keys_len;
  const PlanAgg *aggs;
  uint32_t aggs_len;
  size_t  *offsets;   /* of each aggregate's state */
  size_t   stride;
} GroupLayout;

typedef struct GroupKeys {
  ColumnLayout layout; /* COL_BIGINT, COL_TEXT or COL_MIXED; without groups COL_NULL: not chosen yet */
  void        *slots;  /* one a group; NULL without groups */
} GroupKeys;

typedef struct GroupTable {
  const GroupLayout *layout;
  uint32_t  groups_len, cap;
  GroupKeys *keys;    /* keys_len of them; NULL before the first group */
  uint32_t *hashes;   /* of each group's keys: the low half, which is all the index needs */
  uint32_t *slots;    /* open addressing: group + 1, 0 free */
  uint32_t  mask;     /* slots - 1 */
  char     *states;
  Arena     text;
} GroupTable;

void group_layout_init(GroupLayout *layout, Arena *arena, const PlanNode *node);

void group_table_init(GroupTable *table, const GroupLayout *layout);
void group_table_clear(GroupTable *table);   /* no groups, memory kept for the next window */
/* The states of all groups, side by side, which the caller owns from here on (mem_free); the table is empty then. */
char *group_table_take_states(GroupTable *table);
void group_table_release(GroupTable *table);

/* groups[k] = group of the k-th selected row; new groups get initial states. hashes[k] as column_hash makes them
** over the key columns in order (anything for a table without keys). */
void group_table_find(GroupTable *table, Column *const *keys, const Selection *sel, uint32_t rows,
                      const uint64_t *hashes, uint32_t *groups);
/* Adds the values of the rows to the states of their groups. args: all arguments of all aggregates in order. */
void group_table_update(GroupTable *table, const uint32_t *groups, Column *const *args, const Selection *sel,
                        uint32_t rows);
/* Key k of the groups [first, first + rows) as a column with text of its own. */
Column *group_table_key_column(const GroupTable *table, uint32_t k, uint32_t first, uint32_t rows);
/* Key k of a group; text is borrowed. */
static inline Value group_table_key(const GroupTable *table, uint32_t group, uint32_t k) {
  const GroupKeys *keys = &table->keys[k];
  if (keys->layout == COL_BIGINT) return value_bigint(((const int64_t *)keys->slots)[group]);
  if (keys->layout == COL_TEXT) return (Value){.type = TYPE_TEXT, .text = ((const Text *)keys->slots)[group]};
  return ((const Value *)keys->slots)[group];
}

static inline char *group_state(const GroupTable *table, uint32_t group) {
  return table->states + (size_t)group * table->layout->stride;
}
size_t group_table_bytes(const GroupTable *table);
void group_table_save(const GroupTable *table, ByteWriter *out);
void group_table_load(GroupTable *table, ByteReader *in); /* into an empty table */

#endif
