/* signals.c: see signals.h. The handler reads one pointer and a count, and calls what may be called in a handler. */
#include "cli/signals.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_KILLED = 130 }; /* what a shell reports for a program that Ctrl-C ended */

typedef struct Stopper {
  SignalFn *stop;
  void     *context;
} Stopper;

static volatile Stopper connected;
static volatile Stopper *volatile stopper; /* what a signal stops; NULL: nothing */
static const char *volatile goodbye; /* said when a signal ends the process at once; NULL: it does not */
static volatile sig_atomic_t signals;

static void leave(void) {
  if (write(STDERR_FILENO, goodbye, strlen(goodbye)) < 0) _exit(0); /* nobody listens */
  _exit(0);
}

static void on_signal(int number) {
  if (++signals > 1) _exit(EXIT_KILLED);
  if (stopper) stopper->stop(stopper->context);
  else if (goodbye) leave();
}

void signals_open(bool json) {
  goodbye = json ? "{\"notice\":\"stopped before anything was read\"}\n" : "weir: stopped before anything was read\n";
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
}

void signals_run(SignalFn *stop, void *context) {
  connected = (Stopper){stop, context};
  stopper = &connected; /* before the next line: a signal between the two stops the work */
  goodbye = NULL;
}

void signals_end(void) {
  stopper = NULL;
  goodbye = NULL;
}
