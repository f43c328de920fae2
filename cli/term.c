/* term.c: see term.h. */
#include "cli/term.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "types/json.h"

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

/* ---- lines for people, or one JSON object a line ---------------------------------------------- */

static bool as_json;

void term_use_json(void) { as_json = true; }

static void put_member(const char *name, Str text, StrBuf *out) {
  strbuf_printf(out, "%s\"%s\":", out->len ? "," : "{", name);
  json_put_string(out, text);
}

static void end_object(StrBuf *object) {
  strbuf_puts(object, "}\n");
  fwrite(object->ptr, 1, object->len, stderr);
  strbuf_release(object);
}

static void begin_line(const char *word, const char *tint) {
  bool colour = term_colour(stderr);
  if (word) fprintf(stderr, "weir: %s%s:%s ", colour ? tint : "", word, colour ? PLAIN : "");
  else fprintf(stderr, "weir: ");
}

static void put_line(const char *kind, const char *word, const char *tint, const char *format, va_list args) {
  StrBuf text = {0}, object = {0};
  strbuf_vprintf(&text, format, args);
  if (as_json) {
    put_member(kind, strbuf_str(&text), &object);
    end_object(&object);
  } else {
    begin_line(word, tint);
    fprintf(stderr, "%s\n", text.ptr);
  }
  strbuf_release(&text);
}

static void put_error_object(const Error *err) {
  StrBuf object = {0}, message = {0};
  strbuf_printf(&message, "%s%s%s", err->who, err->who[0] ? ": " : "", err->message);
  put_member("error", strbuf_str(&message), &object);
  if (err->hint[0]) put_member("help", str_from(err->hint), &object);
  strbuf_release(&message);
  end_object(&object);
}

int term_error(const Error *err) {
  if (as_json) {
    put_error_object(err);
    return status_exit_code(err->status);
  }
  begin_line("error", RED);
  if (err->who[0]) fprintf(stderr, "%s: ", err->who);
  fprintf(stderr, "%s\n", err->message);
  if (err->hint[0]) term_help("%s", err->hint);
  return status_exit_code(err->status);
}

void term_help(const char *format, ...) {
  bool colour = term_colour(stderr);
  StrBuf text = {0}, object = {0};
  va_list args;
  va_start(args, format);
  strbuf_vprintf(&text, format, args);
  va_end(args);
  if (as_json) {
    put_member("help", strbuf_str(&text), &object);
    end_object(&object);
  } else {
    fprintf(stderr, "  %shelp:%s %s\n", colour ? BOLD : "", colour ? PLAIN : "", text.ptr);
  }
  strbuf_release(&text);
}

void term_warning(const char *format, ...) {
  va_list args;
  va_start(args, format);
  put_line("warning", "warning", YELLOW, format, args);
  va_end(args);
}

void term_note(const char *format, ...) {
  va_list args;
  va_start(args, format);
  put_line("notice", NULL, "", format, args);
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
