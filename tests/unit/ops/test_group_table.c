/* test_group_table.c: groups of a window against a plain list: keys of one type and of many, NULLs, columns that widen
** while groups are there, tables used again, state; and what a group costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/mem.h"
#include "functions/kernel.h"
#include "ops/group_table.h"
#include "support/random_column.h"

enum { ROWS_MOST = 50 };

typedef struct Known { Value keys[2]; int64_t rows; } Known;
typedef Vec(Known) KnownVec;

static PlanAgg count_agg;
static size_t offsets[1];
static const GroupLayout layout = {
    .keys_len = 2, .aggs = &count_agg, .aggs_len = 1, .offsets = offsets, .stride = 16};

static Value random_key(Random *random, unsigned kinds) {
  static const char *const words[] = {"a", "b", "a text that does not fit into a slot",
                                      "and another one that does not"};
  switch (random_below(random, kinds)) {
    case 0: return value_bigint((int64_t)random_below(random, 40) - 20);
    case 1: return value_text(str_from(words[random_below(random, 4)]));
    case 2: return value_null();
    default: return value_float((double)random_below(random, 80) / 2 - 20);
  }
}

static void count_row(KnownVec *known, const Value *keys) {
  for (uint32_t i = 0; i < known->len; i++) {
    Known *group = &known->items[i];
    if (!value_same_key(&group->keys[0], &keys[0]) || !value_same_key(&group->keys[1], &keys[1])) continue;
    group->rows++;
    return;
  }
  Known group = {{keys[0], keys[1]}, 1}; /* literals and numbers: nothing to own */
  vec_push(known, group);
}

static Column *column_of(const Value (*rows)[2], uint32_t count, uint32_t k) {
  ColumnBuilder builder;
  column_builder_init(&builder, count, true);
  for (uint32_t i = 0; i < count; i++)
    if (rows[i][k].type != TYPE_NULL) column_builder_put(&builder, i, &rows[i][k]);
  return column_builder_finish(&builder);
}

static void find_rows(GroupTable *table, const Value (*rows)[2], uint32_t count) {
  Column *keys[] = {column_of(rows, count, 0), column_of(rows, count, 1)};
  uint64_t hashes[ROWS_MOST];
  uint32_t groups[ROWS_MOST];
  column_hash(keys[0], NULL, count, hashes, false);
  column_hash(keys[1], NULL, count, hashes, true);
  group_table_find(table, keys, NULL, count, hashes, groups);
  group_table_update(table, groups, NULL, NULL, count);
  column_unref(keys[0]);
  column_unref(keys[1]);
}

static void add_rows(GroupTable *table, KnownVec *known, const Value (*rows)[2], uint32_t count) {
  find_rows(table, rows, count);
  for (uint32_t i = 0; i < count; i++) count_row(known, rows[i]);
}

static int64_t count_of(const char *state) {
  FnScratch scratch = {0};
  Value value;
  assert_true(count_agg.call.fn->finish(&count_agg.call, state, &scratch, &value));
  return value.i;
}

/* Groups stand in the order of first sight, with the first spelling of their keys. */
static void check(const GroupTable *table, const KnownVec *known) {
  assert_int_equal(table->groups_len, known->len);
  Column *cols[2] = {NULL, NULL};
  for (uint32_t k = 0; k < 2; k++) cols[k] = group_table_key_column(table, k, 0, table->groups_len);
  for (uint32_t g = 0; g < known->len; g++) {
    assert_int_equal(count_of(group_state(table, g)), known->items[g].rows);
    for (uint32_t k = 0; k < 2; k++) {
      Value key = group_table_key(table, g, k), shown = column_get(cols[k], g);
      assert_int_equal(key.type, known->items[g].keys[k].type);
      assert_int_equal(shown.type, key.type);
      assert_true(value_same_key(&key, &known->items[g].keys[k]) && value_same_key(&key, &shown));
    }
  }
  column_unref(cols[0]);
  column_unref(cols[1]);
}

static void restore(GroupTable *table) {
  ByteWriter out = {0};
  group_table_save(table, &out);
  group_table_release(table);
  group_table_init(table, &layout);
  ByteReader in = byte_reader((Str){out.buf.ptr, out.buf.len});
  group_table_load(table, &in);
  assert_false(in.bad);
  strbuf_release(&out.buf);
}

/* kinds: how many of the types of random_key come; the later ones only after a while, so columns widen. */
static void fill(GroupTable *table, Random *random, unsigned kinds) {
  KnownVec known = {0};
  for (uint32_t batch = 0; batch < 12; batch++) {
    Value rows[ROWS_MOST][2];
    uint32_t count = 1 + random_below(random, ROWS_MOST);
    for (uint32_t i = 0; i < count; i++)
      for (uint32_t k = 0; k < 2; k++) rows[i][k] = random_key(random, batch < 4 ? 1 : kinds);
    add_rows(table, &known, (const Value(*)[2])rows, count);
    if (random_below(random, 4) == 0) restore(table);
    check(table, &known);
  }
  vec_release(&known);
}

static void random_keys_agree(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 60; seed++) {
    Random random = {seed};
    GroupTable table;
    group_table_init(&table, &layout);
    for (unsigned use = 0; use < 4; use++) { /* a table used again holds keys of other types */
      fill(&table, &random, 1 + random_below(&random, 4));
      group_table_clear(&table);
    }
    group_table_release(&table);
  }
}

static void states_can_be_taken(void **state) {
  (void)state;
  GroupTable table;
  KnownVec known = {0};
  group_table_init(&table, &layout);
  Value rows[2][2] = {{value_bigint(1), value_bigint(2)}, {value_bigint(3), value_bigint(4)}};
  add_rows(&table, &known, (const Value(*)[2])rows, 2);
  char *states = group_table_take_states(&table);
  assert_int_equal(table.groups_len, 0);
  assert_int_equal(count_of(states + layout.stride), 1);
  known.len = 0;
  add_rows(&table, &known, (const Value(*)[2])rows, 2);
  check(&table, &known);
  mem_free(states);
  vec_release(&known);
  group_table_release(&table);
}

/* Two bigint keys, a hash and a count: 36 bytes a group, and two places of the index when there are many. */
static void a_group_is_small(void **state) {
  (void)state;
  GroupTable table;
  group_table_init(&table, &layout);
  for (int64_t i = 0; i < 1 << 17; i += ROWS_MOST) {
    Value rows[ROWS_MOST][2];
    for (int64_t k = 0; k < ROWS_MOST; k++) rows[k][0] = value_bigint(i + k), rows[k][1] = value_bigint(-i);
    find_rows(&table, (const Value(*)[2])rows, ROWS_MOST);
  }
  assert_true(table.groups_len >= 1 << 17);
  assert_true(group_table_bytes(&table) <= (size_t)table.cap * (36 + 8));
  group_table_release(&table);
}

static int setup(void **state) {
  (void)state;
  count_agg.call = (AggCall){.fn = aggregate_fn_find(STR("COUNT"), false), .star = true, .compat = 12};
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_keys_agree),
      cmocka_unit_test(states_can_be_taken),
      cmocka_unit_test(a_group_is_small),
  };
  return cmocka_run_group_tests(tests, setup, NULL);
}
