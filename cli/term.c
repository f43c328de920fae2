/* term.c: see term.h. */
#include "cli/term.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define RED "\033[1;31m"
#define YELLOW "\033[1;33m"
#define BOLD "\033[1m"
#define PLAIN "\033[0m"

bool term_is_terminal(FILE *stream) { return isatty(fileno(stream)) == 1; }

bool term_colour(FILE *stream) {
  const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
  if (no && *no) return false;
  return term_is_terminal(stream) && !(term && strcmp(term, "dumb") == 0);
}

unsigned term_columns(FILE *stream) {
  struct winsize size;
  if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

static void begin_line(const char *word, const char *tint) {
  bool colour = term_colour(stderr);
  if (word) fprintf(stderr, "weir: %s%s:%s ", colour ? tint : "", word, colour ? PLAIN : "");
  else fprintf(stderr, "weir: ");
}

int term_error(const Error *err) {
  begin_line("error", RED);
  if (err->who[0]) fprintf(stderr, "%s: ", err->who);
  fprintf(stderr, "%s\n", err->message);
  bool colour = term_colour(stderr);
  if (err->hint[0]) fprintf(stderr, "  %shelp:%s %s\n", colour ? BOLD : "", colour ? PLAIN : "", err->hint);
  return status_exit_code(err->status);
}

void term_warning(const char *format, ...) {
  va_list args;
  va_start(args, format);
  begin_line("warning", YELLOW);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
}

void term_note(const char *format, ...) {
  va_list args;
  va_start(args, format);
  begin_line(NULL, "");
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
}

Status term_out(Str text, Error *err) {
  if (fwrite(text.ptr, 1, text.len, stdout) == text.len && fflush(stdout) == 0) return STATUS_OK;
  return error_set(err, STATUS_WORLD, "stdout", "cannot write: %s", strerror(errno));
}

int term_print(StrBuf *text) {
  Error err = {0};
  Status status = term_out(strbuf_str(text), &err);
  strbuf_release(text);
  return status == STATUS_OK ? 0 : term_error(&err);
}
