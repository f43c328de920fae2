/* test_watermark.c: clocks that meet at the minimum. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "support/random_column.h"
#include "time/watermark.h"

static void the_slowest_channel_leads(void **state) {
  ClockSet set = {0};
  assert_false(clock_set_advance(&set, 7, TICKS_MIN));
  assert_false(clock_set_advance(&set, 9, TICKS_MIN));
  assert_int_equal(set.min, TICKS_MIN);
  assert_false(clock_set_advance(&set, 7, 100));
  assert_true(clock_set_advance(&set, 9, 40));
  assert_int_equal(set.min, 40);
  assert_true(clock_set_advance(&set, 9, 300));
  assert_int_equal(set.min, 100);
  clock_set_release(&set);
}

static void steps_back_are_ignored(void **state) {
  ClockSet set = {0};
  assert_true(clock_set_advance(&set, 1, 50));
  assert_false(clock_set_advance(&set, 1, 50));
  assert_false(clock_set_advance(&set, 1, 20));
  assert_false(clock_set_advance(&set, 1, TICKS_MIN));
  assert_int_equal(set.min, 50);
  clock_set_release(&set);
}

static void a_late_channel_starts_at_the_minimum(void **state) {
  ClockSet set = {0};
  clock_set_advance(&set, 1, 50);
  assert_false(clock_set_advance(&set, 2, TICKS_MIN));
  assert_int_equal(set.min, 50);
  assert_false(clock_set_advance(&set, 1, 80)); /* channel 2 stands at 50 */
  assert_true(clock_set_advance(&set, 2, 60));
  assert_int_equal(set.min, 60);
  clock_set_release(&set);
}

static void finished_channels_hold_nobody(void **state) {
  ClockSet set = {0};
  clock_set_advance(&set, 1, TICKS_MIN);
  clock_set_advance(&set, 2, 30);
  assert_true(clock_set_advance(&set, 1, TICKS_MAX));
  assert_int_equal(set.min, 30);
  assert_true(clock_set_advance(&set, 2, TICKS_MAX));
  assert_int_equal(set.min, TICKS_MAX);
  clock_set_release(&set);
}

/* Against a plain array, saved and loaded on the way. */
static void agrees_with_an_array(void **state) {
  Random random = {3};
  for (int round = 0; round < 200; round++) {
    enum { CHANNELS = 6 };
    ClockSet set = {0};
    Ticks clocks[CHANNELS], min = TICKS_MIN;
    for (uint32_t c = 0; c < CHANNELS; c++) {
      clocks[c] = TICKS_MIN;
      clock_set_advance(&set, c * 10, TICKS_MIN);
    }
    for (int step = 0; step < 200; step++) {
      uint32_t c = random_below(&random, CHANNELS);
      Ticks w = step + (Ticks)random_below(&random, 50) - 10;
      if (w > clocks[c]) clocks[c] = w;
      Ticks now = clocks[0];
      for (int i = 1; i < CHANNELS; i++) now = clocks[i] < now ? clocks[i] : now;
      assert_int_equal(clock_set_advance(&set, c * 10, w), now > min);
      min = now;
      assert_int_equal(set.min, min);
      if (random_below(&random, 10)) continue;
      ByteWriter out = {0};
      clock_set_save(&set, &out);
      ByteReader in = byte_reader(strbuf_str(&out.buf));
      clock_set_load(&set, &in);
      assert_false(in.bad);
      assert_int_equal(set.min, min);
      strbuf_release(&out.buf);
    }
    clock_set_release(&set);
  }
}

static void damaged_bytes_are_noticed(void **state) {
  ClockSet set = {0}, loaded = {0};
  clock_set_advance(&set, 1, 5);
  ByteWriter out = {0};
  clock_set_save(&set, &out);
  ByteReader in = byte_reader((Str){out.buf.ptr, out.buf.len - 1});
  clock_set_load(&loaded, &in);
  assert_true(in.bad);
  strbuf_release(&out.buf);
  clock_set_release(&set);
  clock_set_release(&loaded);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_slowest_channel_leads), cmocka_unit_test(steps_back_are_ignored),
      cmocka_unit_test(a_late_channel_starts_at_the_minimum), cmocka_unit_test(finished_channels_hold_nobody),
      cmocka_unit_test(agrees_with_an_array), cmocka_unit_test(damaged_bytes_are_noticed)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
