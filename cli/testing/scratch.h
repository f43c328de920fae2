/* scratch.h: a temporary folder that is gone at the end, also when Ctrl-C or SIGTERM ends the process.
**
** From scratch_make to scratch_remove these signals wait for a thread of the scratch folder: it removes the folder and
** lets the signal end the process as it would have. Threads that are started in between leave them to it.
** Thread: one makes and removes. */
#ifndef WEIR_CLI_TESTING_SCRATCH_H
#define WEIR_CLI_TESTING_SCRATCH_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef struct Scratch {
  char        path[64];  /* empty: not made yet */
  sigset_t    before;    /* the signal mask of the thread that made it */
  pthread_t   watcher;
  bool        watched;
  atomic_bool done;
} Scratch;

/* In $TMPDIR or /tmp. False, with errno, when it cannot be made. */
bool scratch_make(Scratch *scratch);
void scratch_remove(Scratch *scratch); /* nothing when it was not made */

#endif
