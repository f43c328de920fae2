/* odbc_guard.h: a limit on how long a database may say nothing.
**
** Drivers wait without end for a server whose process hangs, whose machine has gone away without closing connections,
** or that waits for a lock of another session. So work with a database runs on a thread of its own, which gives a sign
** of life behind each call of the driver (guard_beat), and whoever asked for the work waits for those. When they stay
** away too long the thread is abandoned together with everything it may touch: the connection is `hung` for good,
** nobody frees what belongs to it, and the job ends with a message. Should the call return after all, the thread stops
** at its next sign of life, before it touches anything. */
#ifndef WEIR_ODBC_GUARD_H
#define WEIR_ODBC_GUARD_H

#include "types/datetime.h"

typedef struct OdbcGuard OdbcGuard;
typedef void GuardedWork(void *context);

/* Runs the work and returns true, or false when `limit` ticks passed without a sign of life. *guard is set while the
** work runs and is what it beats; `context` must live as long as the work may run. */
bool guard_run(OdbcGuard **guard, GuardedWork *work, void *context, Ticks limit);
/* Behind each call of the driver, by the work; does not return once abandoned. NULL: not guarded, nothing happens. */
void guard_beat(OdbcGuard *guard);

#endif
