/* status.c: see status.h. */
#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Status error_set(Error *err, Status status, const char *who, const char *format, ...) {
  if (err == NULL) return status;
  memset(err, 0, sizeof *err);
  err->status = status;
  snprintf(err->who, sizeof err->who, "%s", who ? who : "");
  va_list args;
  va_start(args, format);
  vsnprintf(err->message, sizeof err->message, format, args);
  va_end(args);
  return status;
}

Status error_hint(Error *err, const char *format, ...) {
  if (err == NULL) return STATUS_CONFIG;
  va_list args;
  va_start(args, format);
  vsnprintf(err->hint, sizeof err->hint, format, args);
  va_end(args);
  return err->status;
}

int status_exit_code(Status status) {
  switch (status) {
    case STATUS_OK:
    case STATUS_CANCELLED: return 0;
    case STATUS_DIAGNOSED:
    case STATUS_DATA: return 1;
    case STATUS_CONFIG: return 2;
    case STATUS_WORLD: return 3;
  }
  return 3;
}

void bug_at(const char *file, int line, const char *format, ...) {
  fprintf(stderr, "weir: internal error at %s:%d: ", file, line);
  va_list args;
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
  abort();
}
