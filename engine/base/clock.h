/* clock.h: the one place that asks what time it is. A job holds one Clock; tests hold a virtual one.
** Times are ticks of 100 ns since 0001-01-01T00:00Z (types/datetime.h). */
#ifndef WEIR_BASE_CLOCK_H
#define WEIR_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

typedef struct Clock {
  bool    is_virtual;
  int64_t virtual_now; /* ticks; used when is_virtual */
} Clock;

int64_t clock_wall(const Clock *clock);      /* ticks; the virtual time for a virtual clock */
int64_t clock_monotonic_ns(void);            /* for measuring; never virtual */
void    clock_sleep_ms(unsigned ms);
struct timespec clock_deadline(unsigned ms); /* now and so much, for pthread_cond_timedwait */

#endif
