/* clock.c: see clock.h. */
#include "base/clock.h"

/* Ticks between 0001-01-01 and 1970-01-01: 719,162 days. */
static const int64_t unix_epoch_ticks = 719162LL * 86400 * 10000000;

int64_t clock_wall(const Clock *clock) {
  if (clock && clock->is_virtual) return clock->virtual_now;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return unix_epoch_ticks + now.tv_sec * 10000000LL + now.tv_nsec / 100;
}

int64_t clock_monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

void clock_sleep_ms(unsigned ms) {
  struct timespec wait = {ms / 1000, (long)(ms % 1000) * 1000000};
  nanosleep(&wait, NULL);
}

struct timespec clock_deadline(unsigned ms) {
  struct timespec at;
  clock_gettime(CLOCK_REALTIME, &at);
  at.tv_sec += ms / 1000;
  at.tv_nsec += (long)(ms % 1000) * 1000000;
  if (at.tv_nsec >= 1000000000) at.tv_sec++, at.tv_nsec -= 1000000000;
  return at;
}
