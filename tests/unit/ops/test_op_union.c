/* test_op_union.c: channels of a union: one for each pair of port and channel, the same after a stop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "support/ops_harness.h"

static const PlanNode node = {.kind = PLAN_UNION};

static void build(Harness *harness) { harness_sink(harness, harness_op(harness, &node), 0); }

static void push(Harness *harness, uint32_t port, uint32_t channel, int64_t id, Ticks time) {
  Batch *batch = harness_batch(&(HarnessEvent){id, time, time}, 1, channel);
  batch->time = column_ref(batch->cols[HARNESS_TIME]);
  batch->channel = channel;
  batch->sorted = true;
  op_push(harness->ops.items[0], port, batch);
  batch_unref(batch);
  harness_step(harness);
}

static void advance(Harness *harness, uint32_t port, uint32_t channel, Ticks w) {
  op_push_time(harness->ops.items[0], port, channel, w);
  harness_step(harness);
}

/* One input by two ports: the first branch is ahead, and the second must not be taken for it. */
static void run(unsigned restore_every) {
  Harness harness;
  harness_init(&harness, build, restore_every);
  harness_start(&harness);
  advance(&harness, 0, 70, TICKS_MIN);
  advance(&harness, 1, 70, TICKS_MIN);
  advance(&harness, 0, 71, TICKS_MIN);
  push(&harness, 0, 70, 1, 100);
  advance(&harness, 0, 70, 100);
  push(&harness, 1, 70, 2, 50);
  advance(&harness, 1, 70, 60);
  push(&harness, 0, 71, 3, 10);
  assert_int_equal(harness.rows.len, 3);
  assert_int_equal(harness.clocks.len, 3);
  for (uint32_t i = 0; i < 3; i++) {
    assert_int_equal(harness.rows.items[i].id, i + 1);
    assert_int_equal(harness.rows.items[i].channel, harness.clocks.items[i].channel);
    for (uint32_t j = 0; j < i; j++)
      assert_int_not_equal(harness.clocks.items[i].channel, harness.clocks.items[j].channel);
  }
  assert_int_equal(harness.clocks.items[0].told, 100);
  assert_int_equal(harness.clocks.items[1].told, 60);
  assert_int_equal(harness.clocks.items[2].told, TICKS_MIN);
  assert_int_equal(op_new_channel(harness.ops.items[0]), harness.clocks.items[2].channel + 1); /* none given twice */
  harness_release(&harness);
}

static void branches_keep_their_clocks(void **state) { run(0); }

static void channels_survive_a_stop(void **state) {
  for (unsigned every = 1; every < 5; every++) run(every);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(branches_keep_their_clocks),
                                     cmocka_unit_test(channels_survive_a_stop)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
