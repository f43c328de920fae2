/* watermark.h: clocks that meet at the minimum (design.md section 4).
**
** Watermark W promises: no later row below W; rows at W may still come; what ends at e is complete when W > e.
** A stream has one clock per channel: a partition of an entrance, or a derived stream. An operator's port
** collects the channels that reach it; its own time is their minimum. A finished channel stands at TICKS_MAX. */
#ifndef WEIR_TIME_WATERMARK_H
#define WEIR_TIME_WATERMARK_H

#include "base/codec.h"
#include "base/vec.h"
#include "types/datetime.h"

typedef struct ChannelClock { uint32_t channel; Ticks watermark; } ChannelClock;

typedef struct ClockSet { /* zero-initialise; release with clock_set_release */
  Vec(ChannelClock) clocks;
  Ticks min;          /* of all channels; means nothing before the first is announced */
} ClockSet;

/* Announces a channel (w = TICKS_MIN) or moves its clock forward; a step back is ignored. True when the minimum
** moved forward. A channel that joins late cannot move the minimum back: it starts at it. */
bool clock_set_advance(ClockSet *set, uint32_t channel, Ticks w);
void clock_set_release(ClockSet *set);
void clock_set_save(const ClockSet *set, ByteWriter *out);
void clock_set_load(ClockSet *set, ByteReader *in);

#endif
