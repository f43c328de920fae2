/* odbc_guard.c: see odbc_guard.h. */
#include "connectors/odbc/odbc_guard.h"

#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/status.h"

enum { SLICE_MS = 1000 };

struct OdbcGuard {
  GuardedWork    *work;
  void           *context;
  pthread_mutex_t lock;
  pthread_cond_t  ended;
  uint64_t        beats;
  bool            done, abandoned;
};

void guard_beat(OdbcGuard *guard) {
  if (guard == NULL) return;
  pthread_mutex_lock(&guard->lock);
  guard->beats++;
  bool abandoned = guard->abandoned;
  pthread_mutex_unlock(&guard->lock);
  while (abandoned) pause();
}

static void *run(void *context) {
  OdbcGuard *guard = context;
  guard->work(guard->context);
  guard_beat(guard);
  pthread_mutex_lock(&guard->lock);
  guard->done = true;
  pthread_cond_signal(&guard->ended);
  pthread_mutex_unlock(&guard->lock);
  return NULL;
}

/* With the lock held. */
static bool wait_for_end(OdbcGuard *guard, Ticks limit) {
  uint64_t seen = guard->beats;
  int64_t since = clock_monotonic_ns();
  while (!guard->done) {
    int64_t left_ms = (since - clock_monotonic_ns()) / 1000000 + limit / TICKS_PER_MILLISECOND;
    if (left_ms <= 0) return false;
    struct timespec until = clock_deadline((unsigned)(left_ms < SLICE_MS ? left_ms : SLICE_MS));
    pthread_cond_timedwait(&guard->ended, &guard->lock, &until);
    if (guard->beats == seen) continue;
    seen = guard->beats;
    since = clock_monotonic_ns();
  }
  return true;
}

static void guard_free(OdbcGuard *guard) {
  pthread_cond_destroy(&guard->ended);
  pthread_mutex_destroy(&guard->lock);
  mem_free(guard);
}

bool guard_run(OdbcGuard **out, GuardedWork *work, void *context, Ticks limit) {
  OdbcGuard *guard = mem_zalloc(sizeof *guard);
  pthread_t thread;
  guard->work = work;
  guard->context = context;
  pthread_mutex_init(&guard->lock, NULL);
  pthread_cond_init(&guard->ended, NULL);
  *out = guard;
  bool started = pthread_create(&thread, NULL, run, guard) == 0;
  if (!started) run(guard); /* no threads left: unguarded is better than not at all */
  pthread_mutex_lock(&guard->lock);
  bool done = wait_for_end(guard, limit);
  guard->abandoned = !done;
  pthread_mutex_unlock(&guard->lock);
  if (!done) {
    pthread_detach(thread);
    return false;
  }
  if (started) pthread_join(thread, NULL);
  *out = NULL;
  guard_free(guard);
  return true;
}
