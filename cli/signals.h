/* signals.h: Ctrl-C (SIGINT) and SIGTERM, for commands that run until somebody stops them.
**
**   signals_open(json);             before connecting: a signal ends the process at once, with exit status 0
**   signals_run(stop_it, context);  connected: the first signal calls stop_it, a second one ends the process with 130
**   signals_end();                  the work is done: the first signal changes nothing any more
**
** While a command connects, nothing has been read or written, and libraries wait for brokers and databases in calls
** that nobody can interrupt: there is nothing to bring to a good end, and no way to. Thread: one, the first. */
#ifndef WEIR_CLI_SIGNALS_H
#define WEIR_CLI_SIGNALS_H

#include <stdbool.h>

typedef void SignalFn(void *context); /* async-signal-safe */

void signals_open(bool json); /* json: the line that says so is a JSON object */
void signals_run(SignalFn *stop, void *context);
void signals_end(void);

#endif
