/* watermark.c: see watermark.h. A set holds a clock for each partition of the inputs, a few to a few hundred: they
** are searched one by one, and the minimum is worked out anew only when the clock that holds it moves. */
#include "time/watermark.h"

#include "base/mem.h"

static ChannelClock *find(ClockSet *set, uint32_t channel) {
  for (uint32_t i = 0; i < set->clocks.len; i++)
    if (set->clocks.items[i].channel == channel) return &set->clocks.items[i];
  return NULL;
}

static ChannelClock *announce(ClockSet *set, uint32_t channel) {
  if (set->clocks.len == 0) set->min = TICKS_MIN;
  vec_push(&set->clocks, (ChannelClock){channel, set->min});
  return &set->clocks.items[set->clocks.len - 1];
}

static Ticks minimum(const ClockSet *set) {
  Ticks min = TICKS_MAX;
  for (uint32_t i = 0; i < set->clocks.len; i++)
    if (set->clocks.items[i].watermark < min) min = set->clocks.items[i].watermark;
  return min;
}

bool clock_set_advance(ClockSet *set, uint32_t channel, Ticks w) {
  ChannelClock *clock = find(set, channel);
  if (!clock) clock = announce(set, channel);
  if (w <= clock->watermark) return false;
  bool held_back = clock->watermark == set->min;
  clock->watermark = w;
  if (!held_back) return false;
  Ticks min = minimum(set);
  bool moved = min > set->min;
  set->min = min;
  return moved;
}

void clock_set_release(ClockSet *set) {
  vec_release(&set->clocks);
  set->min = 0;
}

void clock_set_save(const ClockSet *set, ByteWriter *out) {
  put_u32(out, set->clocks.len);
  for (uint32_t i = 0; i < set->clocks.len; i++) {
    put_u32(out, set->clocks.items[i].channel);
    put_i64(out, set->clocks.items[i].watermark);
  }
}

void clock_set_load(ClockSet *set, ByteReader *in) {
  clock_set_release(set);
  uint32_t len = get_u32(in);
  for (uint32_t i = 0; i < len && !in->bad; i++) {
    ChannelClock clock = {.channel = get_u32(in)};
    clock.watermark = get_i64(in);
    if (!in->bad) vec_push(&set->clocks, clock);
  }
  set->min = set->clocks.len ? minimum(set) : 0;
}
