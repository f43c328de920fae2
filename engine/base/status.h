/* status.h: how a function says that the world went wrong.
**
** Three channels (design.md section 8): the query is wrong -> diag.h; the world is wrong (a broker, a
** disk, a configuration) -> Status and Error, here; we are wrong -> assert or BUG. Bad records are
** data, not errors: they go to the quarantine (io/quarantine.h).
**
** A fallible function returns Status and takes `Error *err` last; it fills err exactly once, when it
** returns anything but STATUS_OK. */
#ifndef WEIR_BASE_STATUS_H
#define WEIR_BASE_STATUS_H

#include <stdarg.h>
#include <stdbool.h>

typedef enum Status {
  STATUS_OK = 0,
  STATUS_DIAGNOSED, /* the query is wrong: the diagnostics say why       (exit status 1) */
  STATUS_DATA,      /* the work ran and rows could not be processed      (exit status 1) */
  STATUS_CONFIG,    /* wrong usage or configuration                      (exit status 2) */
  STATUS_WORLD,     /* broker, database, disk failed after the retries   (exit status 3) */
  STATUS_CANCELLED, /* asked to stop                                     (exit status 0) */
} Status;

/* What went wrong, in the user's words. A plain value: copy it freely. */
typedef struct Error {
  Status status;
  bool   retriable;      /* trying again later may help */
  char   who[96];        /* the input, output, file or part that failed; may be empty */
  char   message[1024];  /* lower case, names the thing, no final stop */
  char   hint[512];      /* the way out; may be empty */
} Error;

/* Fills err (NULL is allowed) and returns status, so that `return error_set(...)` reads well. */
Status error_set(Error *err, Status status, const char *who, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Adds the way out; returns err->status. */
Status error_hint(Error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The exit status of cli.md for a status. */
int status_exit_code(Status status);

#define TRY(expr)                              \
  do {                                         \
    Status try_status_ = (expr);               \
    if (try_status_ != STATUS_OK) return try_status_; \
  } while (0)

/* A broken invariant: prints where and aborts, in every build. */
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
_Noreturn void bug_at(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
