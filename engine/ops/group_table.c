/* group_table.c: see group_table.h. Linear probing over a power of two, at most a quarter full, and half when there are
** so many groups that memory counts more than the length of a probe. */
#include "ops/group_table.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "ops/group_key.h"

enum { GROUPS_FIRST = 8, GROUPS_MANY = 1 << 16 };

void group_layout_init(GroupLayout *layout, Arena *arena, const PlanNode *node) {
  *layout = (GroupLayout){.keys_len = node->aggregate.keys_len, .aggs = node->aggregate.aggs,
                          .aggs_len = node->aggregate.aggs_len};
  layout->offsets = ARENA_ARRAY(arena, size_t, layout->aggs_len + 1);
  for (uint32_t i = 0; i < layout->aggs_len; i++) {
    layout->offsets[i] = layout->stride;
    layout->stride += (layout->aggs[i].call.fn->state_bytes + 15) & ~(size_t)15;
  }
}

void group_table_init(GroupTable *table, const GroupLayout *layout) { *table = (GroupTable){.layout = layout}; }

static void release_states(GroupTable *table) {
  const GroupLayout *layout = table->layout;
  for (uint32_t a = 0; a < layout->aggs_len; a++) {
    void (*release)(void *) = layout->aggs[a].call.fn->release;
    for (uint32_t g = 0; release && g < table->groups_len; g++) release(group_state(table, g) + layout->offsets[a]);
  }
}

static void forget_groups(GroupTable *table) {
  table->groups_len = 0;
  arena_reset(&table->text);
  if (table->slots) memset(table->slots, 0, ((size_t)table->mask + 1) * sizeof *table->slots);
}

void group_table_clear(GroupTable *table) {
  release_states(table);
  forget_groups(table);
}

char *group_table_take_states(GroupTable *table) {
  size_t stride = table->layout->stride;
  char *states = mem_realloc(table->states, mem_mul(table->groups_len, stride));
  table->states = mem_alloc(mem_mul(table->cap, stride));
  forget_groups(table);
  return states;
}

void group_table_release(GroupTable *table) {
  release_states(table);
  for (uint32_t k = 0; table->keys && k < table->layout->keys_len; k++) mem_free(table->keys[k].slots);
  mem_free(table->keys);
  mem_free(table->hashes);
  mem_free(table->slots);
  mem_free(table->states);
  arena_release(&table->text);
  group_table_init(table, table->layout);
}

static void rebuild_slots(GroupTable *table, uint32_t count) {
  mem_free(table->slots);
  table->slots = mem_zalloc(mem_mul(count, sizeof *table->slots));
  table->mask = count - 1;
  for (uint32_t g = 0; g < table->groups_len; g++) {
    uint32_t at = table->hashes[g] & table->mask;
    while (table->slots[at]) at = (at + 1) & table->mask;
    table->slots[at] = g + 1;
  }
}

/* ---- keys ------------------------------------------------------------------------------------- */

static ColumnLayout narrow_layout(const Value *value) {
  return value->type == TYPE_BIGINT ? COL_BIGINT : value->type == TYPE_TEXT ? COL_TEXT : COL_MIXED;
}

/* The slots of a column whose layout does not fit its next key become values. */
static void widen_keys(GroupTable *table, uint32_t k) {
  Value *values = mem_alloc(mem_mul(table->cap, sizeof *values));
  for (uint32_t g = 0; g < table->groups_len; g++) values[g] = group_table_key(table, g, k);
  mem_free(table->keys[k].slots);
  table->keys[k] = (GroupKeys){COL_MIXED, values};
}

/* An empty table's column takes the layout of its first key, and another than the last time. */
static void choose_keys(GroupTable *table, uint32_t k, ColumnLayout layout) {
  size_t bytes = mem_mul(table->cap, column_slot_bytes(layout));
  table->keys[k] = (GroupKeys){layout, mem_realloc(table->keys[k].slots, bytes)};
}

/* group is the newest one; the others have their keys. */
static void put_key(GroupTable *table, uint32_t group, uint32_t k, const Value *value) {
  GroupKeys *keys = &table->keys[k];
  ColumnLayout layout = narrow_layout(value);
  if (keys->layout != layout && group == 0) choose_keys(table, k, layout);
  else if (keys->layout != layout && keys->layout != COL_MIXED) widen_keys(table, k);
  Value own = value_dup_arena(&table->text, value);
  if (keys->layout == COL_BIGINT) ((int64_t *)keys->slots)[group] = own.i;
  else if (keys->layout == COL_TEXT) ((Text *)keys->slots)[group] = own.text;
  else ((Value *)keys->slots)[group] = own;
}

static Column *bigint_column(const GroupKeys *keys, uint32_t first, uint32_t rows) {
  Column *col = column_new(COL_BIGINT, rows);
  memcpy(column_i64(col), (const int64_t *)keys->slots + first, rows * sizeof(int64_t));
  return col;
}

Column *group_table_key_column(const GroupTable *table, uint32_t k, uint32_t first, uint32_t rows) {
  if (rows && table->keys[k].layout == COL_BIGINT) return bigint_column(&table->keys[k], first, rows);
  ColumnBuilder builder;
  column_builder_init(&builder, rows, true);
  for (uint32_t i = 0; i < rows; i++) {
    Value value = group_table_key(table, first + i, k);
    if (value.type != TYPE_NULL) column_builder_put(&builder, i, &value);
  }
  return column_builder_finish(&builder);
}

/* ---- groups ----------------------------------------------------------------------------------- */

static void grow(GroupTable *table) {
  uint32_t cap = table->cap ? table->cap * 2 : GROUPS_FIRST;
  const GroupLayout *layout = table->layout;
  if (table->keys == NULL) table->keys = mem_zalloc(mem_mul(layout->keys_len + 1, sizeof *table->keys));
  for (uint32_t k = 0; k < layout->keys_len; k++) {
    GroupKeys *keys = &table->keys[k];
    keys->slots = mem_realloc(keys->slots, mem_mul(cap, column_slot_bytes(keys->layout)));
  }
  table->hashes = mem_realloc(table->hashes, mem_mul(cap, sizeof *table->hashes));
  table->states = mem_realloc(table->states, mem_mul(cap, layout->stride));
  table->cap = cap;
  rebuild_slots(table, cap > GROUPS_MANY ? cap * 2 : cap * 4);
}

static void init_states(GroupTable *table, uint32_t group) {
  const GroupLayout *layout = table->layout;
  char *state = group_state(table, group);
  memset(state, 0, layout->stride);
  for (uint32_t a = 0; a < layout->aggs_len; a++)
    if (layout->aggs[a].call.fn->init) layout->aggs[a].call.fn->init(&layout->aggs[a].call, state + layout->offsets[a]);
}

/* Room for one more group; its keys are still to be filled. */
static uint32_t new_group(GroupTable *table, uint32_t hash) {
  if (table->groups_len == table->cap) grow(table);
  uint32_t group = table->groups_len++;
  table->hashes[group] = hash;
  init_states(table, group);
  return group;
}

static inline bool keys_match(const GroupTable *table, Column *const *keys, uint32_t row, uint32_t group) {
  for (uint32_t k = 0; k < table->layout->keys_len; k++) {
    Value stored = group_table_key(table, group, k);
    if (!group_key_matches(keys[k], row, &stored)) return false;
  }
  return true;
}

static uint32_t add_row_group(GroupTable *table, Column *const *keys, uint32_t row, uint32_t hash, uint32_t at) {
  if (table->groups_len == table->cap) { /* growing moves the free slot */
    grow(table);
    at = hash & table->mask;
    while (table->slots[at]) at = (at + 1) & table->mask;
  }
  uint32_t group = new_group(table, hash);
  for (uint32_t k = 0; k < table->layout->keys_len; k++) {
    Value value = column_get(keys[k], row);
    put_key(table, group, k, &value);
  }
  table->slots[at] = group + 1;
  return group;
}

static inline uint32_t find_row(GroupTable *table, Column *const *keys, uint32_t row, uint32_t hash) {
  uint32_t at = hash & table->mask;
  for (; table->slots[at]; at = (at + 1) & table->mask) {
    uint32_t group = table->slots[at] - 1;
    if (table->hashes[group] == hash && keys_match(table, keys, row, group)) return group;
  }
  return add_row_group(table, keys, row, hash, at);
}

/* Columns whose slots can be compared with keys as they are, in layout and without NULLs: the loops below try the first
** place of the hash, which mostly is the right one, and leave the rest to find_row. */
static bool all_plain(GroupTable *table, Column *const *keys, ColumnLayout layout) {
  for (uint32_t k = 0; k < table->layout->keys_len; k++) {
    if (keys[k]->layout != layout || keys[k]->valid || keys[k]->constant) return false;
    if (table->groups_len == 0 && table->keys[k].layout != layout) choose_keys(table, k, layout);
    if (table->keys[k].layout != layout) return false;
  }
  return true;
}

static void find_bigint(GroupTable *table, Column *const *keys, const Selection *sel, uint32_t rows,
                        const uint64_t *hashes, uint32_t *groups) {
  const int64_t *values = column_i64(keys[0]);
  uint32_t count = sel ? sel->len : rows;
  for (uint32_t k = 0; k < count; k++) {
    uint32_t row = sel ? sel->rows[k] : k, slot = table->slots[(uint32_t)hashes[k] & table->mask];
    bool found = slot && ((const int64_t *)table->keys[0].slots)[slot - 1] == values[row];
    groups[k] = found ? slot - 1 : find_row(table, keys, row, (uint32_t)hashes[k]);
  }
}

/* Whether the group's keys are these texts. Different groups rarely share a hash, so nothing is gained by stopping
** early. */
static inline bool texts_match(const GroupTable *table, Column *const *keys, uint32_t row, uint32_t group) {
  bool same = true;
  for (uint32_t k = 0; k < table->layout->keys_len; k++)
    same &= text_eq(&column_text(keys[k])[row], (const Text *)table->keys[k].slots + group);
  return same;
}

static void find_texts(GroupTable *table, Column *const *keys, const Selection *sel, uint32_t rows,
                       const uint64_t *hashes, uint32_t *groups) {
  uint32_t count = sel ? sel->len : rows;
  for (uint32_t k = 0; k < count; k++) {
    uint32_t row = sel ? sel->rows[k] : k, slot = table->slots[(uint32_t)hashes[k] & table->mask];
    bool found = slot && table->hashes[slot - 1] == (uint32_t)hashes[k] && texts_match(table, keys, row, slot - 1);
    groups[k] = found ? slot - 1 : find_row(table, keys, row, (uint32_t)hashes[k]);
  }
}

void group_table_find(GroupTable *table, Column *const *keys, const Selection *sel, uint32_t rows,
                      const uint64_t *hashes, uint32_t *groups) {
  uint32_t count = sel ? sel->len : rows;
  if (table->layout->keys_len == 0) {
    if (table->groups_len == 0 && count) new_group(table, 0);
    memset(groups, 0, count * sizeof *groups);
    return;
  }
  if (table->cap == 0) grow(table);
  if (table->layout->keys_len == 1 && all_plain(table, keys, COL_BIGINT)) {
    find_bigint(table, keys, sel, rows, hashes, groups);
  } else if (all_plain(table, keys, COL_TEXT)) {
    find_texts(table, keys, sel, rows, hashes, groups);
  } else {
    uint32_t k = 0;
    SELECTION_EACH(sel, rows, i) {
      groups[k] = find_row(table, keys, i, (uint32_t)hashes[k]);
      k++;
    }
  }
}

void group_table_update(GroupTable *table, const uint32_t *groups, Column *const *args, const Selection *sel,
                        uint32_t rows) {
  const GroupLayout *layout = table->layout;
  for (uint32_t a = 0; a < layout->aggs_len; a++) {
    const AggCall *call = &layout->aggs[a].call;
    call->fn->update(call, table->states + layout->offsets[a], layout->stride, groups, args, sel, rows);
    args += call->args_len;
  }
}

/* The group with these keys, made when there is none. */
static uint32_t find_keys(GroupTable *table, const Value *keys, uint32_t hash) {
  uint32_t len = table->layout->keys_len;
  if (table->cap == 0) grow(table);
  uint32_t at = hash & table->mask;
  for (; table->slots[at]; at = (at + 1) & table->mask) {
    uint32_t group = table->slots[at] - 1, k = 0;
    if (table->hashes[group] != hash) continue;
    for (; k < len; k++) {
      Value stored = group_table_key(table, group, k);
      if (!value_same_key(&stored, &keys[k])) break;
    }
    if (k == len) return group;
  }
  if (table->groups_len == table->cap) {
    grow(table);
    at = hash & table->mask;
    while (table->slots[at]) at = (at + 1) & table->mask;
  }
  uint32_t group = new_group(table, hash);
  for (uint32_t k = 0; k < len; k++) put_key(table, group, k, &keys[k]);
  table->slots[at] = group + 1;
  return group;
}

size_t group_table_bytes(const GroupTable *table) {
  size_t group = sizeof *table->hashes + table->layout->stride;
  for (uint32_t k = 0; table->keys && k < table->layout->keys_len; k++)
    group += column_slot_bytes(table->keys[k].layout);
  return table->cap * group + ((size_t)table->mask + 1) * sizeof *table->slots + table->text.bytes;
}

void group_table_save(const GroupTable *table, ByteWriter *out) {
  const GroupLayout *layout = table->layout;
  put_u32(out, table->groups_len);
  for (uint32_t g = 0; g < table->groups_len; g++) {
    put_u32(out, table->hashes[g]);
    for (uint32_t k = 0; k < layout->keys_len; k++) {
      Value key = group_table_key(table, g, k);
      value_save(&key, out);
    }
    for (uint32_t a = 0; a < layout->aggs_len; a++)
      layout->aggs[a].call.fn->save(&layout->aggs[a].call, group_state(table, g) + layout->offsets[a], out);
  }
}

static void load_group(GroupTable *table, ByteReader *in, Value *keys) {
  const GroupLayout *layout = table->layout;
  uint32_t hash = get_u32(in);
  for (uint32_t k = 0; k < layout->keys_len; k++) keys[k] = value_load(in);
  uint32_t group = find_keys(table, keys, hash);
  for (uint32_t k = 0; k < layout->keys_len; k++) value_release(&keys[k]);
  for (uint32_t a = 0; a < layout->aggs_len && !in->bad; a++)
    layout->aggs[a].call.fn->load(&layout->aggs[a].call, group_state(table, group) + layout->offsets[a], in);
}

void group_table_load(GroupTable *table, ByteReader *in) {
  uint32_t len = get_u32(in);
  Value *keys = mem_alloc(mem_mul(table->layout->keys_len + 1, sizeof *keys));
  for (uint32_t g = 0; g < len && !in->bad; g++) load_group(table, in, keys);
  mem_free(keys);
}
