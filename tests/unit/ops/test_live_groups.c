/* test_live_groups.c: groups that come and go against a plain list: finding, removing, scopes, compaction, state; and
** that memory follows the groups that live. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/mem.h"
#include "ops/live_groups.h"
#include "support/random_column.h"

typedef struct Extra { int64_t id; } Extra;
typedef struct Known { int64_t key; uint64_t scope; uint32_t group; int64_t id; } Known;
typedef Vec(Known) KnownVec;

static const GroupLayout layout = {.keys_len = 2};

/* Keys (n, a text made of n), so that long text is owned, too. */
static Batch *keys_of(int64_t n) {
  Batch *batch = batch_new(1, 2);
  char text[64];
  snprintf(text, sizeof text, "the text of the key with number %lld", (long long)n);
  Value number = value_bigint(n), words = value_text(str_from(text));
  batch->cols[0] = column_constant(&number, 1, true);
  batch->cols[1] = column_constant(&words, 1, true);
  return batch;
}

static uint32_t find(LiveGroups *groups, int64_t n, uint64_t scope, bool *made) {
  Batch *batch = keys_of(n);
  uint64_t hash;
  column_hash(batch->cols[0], NULL, 1, &hash, false);
  column_hash(batch->cols[1], NULL, 1, &hash, true);
  uint32_t group = live_groups_find(groups, batch->cols, 0, hash, scope, made);
  assert_true(live_groups_is(groups, group, batch->cols, 0, hash, scope));
  batch_unref(batch);
  return group;
}

static Extra *extra_of(const LiveGroups *groups, uint32_t group) { return live_group_extra(groups, group); }

static void check_all(LiveGroups *groups, const KnownVec *known) {
  assert_int_equal(groups->live, known->len);
  for (uint32_t i = 0; i < known->len; i++) {
    bool made;
    assert_int_equal(find(groups, known->items[i].key, known->items[i].scope, &made), known->items[i].group);
    assert_false(made);
    assert_int_equal(extra_of(groups, known->items[i].group)->id, known->items[i].id);
  }
}

static void save_extra(const void *owner, const void *extra, ByteWriter *out) {
  (void)owner;
  put_i64(out, ((const Extra *)extra)->id);
}
static void load_extra(void *owner, void *extra, ByteReader *in) {
  (void)owner;
  ((Extra *)extra)->id = get_i64(in);
}

static void through_bytes(LiveGroups *groups) {
  ByteWriter out = {0};
  live_groups_save(groups, save_extra, NULL, &out);
  live_groups_release(groups);
  live_groups_init(groups, &layout, sizeof(Extra));
  ByteReader in = byte_reader(strbuf_str(&out.buf));
  live_groups_load(groups, load_extra, NULL, &in);
  assert_false(in.bad);
  assert_ptr_equal(in.at, in.end);
  strbuf_release(&out.buf);
}

static void add_one(LiveGroups *groups, KnownVec *known, int64_t key, uint64_t scope) {
  bool made;
  uint32_t group = find(groups, key, scope, &made);
  for (uint32_t i = 0; i < known->len; i++)
    if (known->items[i].key == key && known->items[i].scope == scope) {
      assert_false(made);
      assert_int_equal(group, known->items[i].group);
      return;
    }
  assert_true(made);
  assert_int_equal(extra_of(groups, group)->id, 0);
  extra_of(groups, group)->id = key * 10 + (int64_t)scope;
  vec_push(known, (Known){key, scope, group, key * 10 + (int64_t)scope});
}

static void remove_one(LiveGroups *groups, KnownVec *known, uint32_t at) {
  live_groups_remove(groups, known->items[at].group);
  known->items[at] = known->items[--known->len];
}

static void random_groups_agree(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 30; seed++) {
    Random random = {seed};
    LiveGroups groups;
    KnownVec known = {0};
    live_groups_init(&groups, &layout, sizeof(Extra));
    for (unsigned step = 0; step < 600; step++) {
      bool grows = step % 200 < 120;
      if (random_below(&random, 4) < (grows ? 3u : 1u))
        add_one(&groups, &known, random_below(&random, 60), random_below(&random, 3));
      else if (known.len) remove_one(&groups, &known, random_below(&random, known.len));
      if (random_below(&random, 50) == 0) through_bytes(&groups);
      if (step % 40 == 0) check_all(&groups, &known);
    }
    check_all(&groups, &known);
    vec_release(&known);
    live_groups_release(&groups);
  }
}

static void few_groups_hold_little_memory(void **state) {
  (void)state;
  LiveGroups groups;
  KnownVec known = {0};
  bool made;
  live_groups_init(&groups, &layout, sizeof(Extra));
  for (int64_t n = 0; n < 20000; n++) {
    uint32_t group = find(&groups, n, 1, &made);
    extra_of(&groups, group)->id = n;
    if (n % 200 == 7) vec_push(&known, (Known){n, 1, group, n});
  }
  size_t most = live_groups_bytes(&groups);
  for (int64_t n = 0; n < 20000; n++)
    if (n % 200 != 7) live_groups_remove(&groups, find(&groups, n, 1, &made));
  assert_true(live_groups_sparse(&groups));
  uint32_t *map = live_groups_compact(&groups);
  for (uint32_t i = 0; i < known.len; i++) known.items[i].group = map[known.items[i].group];
  mem_free(map);
  assert_false(live_groups_sparse(&groups));
  assert_true(live_groups_bytes(&groups) < most / 50);
  check_all(&groups, &known);
  while (known.len) remove_one(&groups, &known, 0);
  check_all(&groups, &known);
  vec_release(&known);
  live_groups_release(&groups);
}

static void an_empty_table_gives_everything_back(void **state) {
  (void)state;
  LiveGroups groups;
  bool made;
  live_groups_init(&groups, &layout, sizeof(Extra));
  for (int64_t n = 0; n < 5000; n++) find(&groups, n, 0, &made);
  for (int64_t n = 0; n < 5000; n++) live_groups_remove(&groups, find(&groups, n, 0, &made));
  assert_int_equal(groups.cap, 0);
  assert_int_equal(find(&groups, 1, 0, &made), 0);
  assert_true(made);
  live_groups_release(&groups);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_groups_agree),
      cmocka_unit_test(few_groups_hold_little_memory),
      cmocka_unit_test(an_empty_table_gives_everything_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
