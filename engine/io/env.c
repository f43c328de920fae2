/* env.c: environment variables inside configuration text (where.h, env_expand). */
#include <stdlib.h>
#include "io/where.h"

/* The part of the text that could be a variable's name: nothing behind it may show up in a message. */
static Str name_prefix(Str text) {
  size_t len = 0;
  for (; len < text.len; len++) {
    char c = text.ptr[len];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (!letter && !(len && c >= '0' && c <= '9')) break;
  }
  return str_sub(text, 0, len);
}

static bool is_name(Str text) { return text.len && name_prefix(text).len == text.len; }

static Status append_variable(Str name, StrBuf *out, Error *err) {
  if (!is_name(name)) {
    error_set(err, STATUS_CONFIG, "", "`${" STR_FMT "}` does not name an environment variable", STR_ARG(name));
    return error_hint(err, "write `$${` for a literal `${`");
  }
  char *key = mem_strndup(name.ptr, name.len);
  const char *value = getenv(key);
  mem_free(key);
  if (value) {
    strbuf_puts(out, value);
    return STATUS_OK;
  }
  error_set(err, STATUS_CONFIG, "", "environment variable `" STR_FMT "` is not set", STR_ARG(name));
  return error_hint(err, "set it, or write `$${` for a literal `${`");
}

/* One reference at the start of *rest, which begins with "${"; *rest moves behind it. */
static Status expand_one(Str *rest, StrBuf *out, Error *err) {
  Str inside = str_sub(*rest, 2, rest->len), name, behind;
  if (!str_cut(inside, '}', &name, &behind)) {
    error_set(err, STATUS_CONFIG, "", "`${" STR_FMT "` has no closing brace", STR_ARG(name_prefix(inside)));
    return error_hint(err, "write `${NAME}`, or `$${` for a literal `${`");
  }
  *rest = behind;
  return append_variable(name, out, err);
}

static Status expand_all(Str rest, StrBuf *out, Error *err) {
  while (rest.len) {
    if (str_starts(rest, STR("$${"))) {
      strbuf_puts(out, "${");
      rest = str_sub(rest, 3, rest.len);
    } else if (str_starts(rest, STR("${"))) {
      TRY(expand_one(&rest, out, err));
    } else {
      strbuf_putc(out, rest.ptr[0]);
      rest = str_sub(rest, 1, rest.len);
    }
  }
  return STATUS_OK;
}

Status env_expand(Arena *arena, Str text, Str *out, Error *err) {
  StrBuf buf = {0};
  Status status = expand_all(text, &buf, err);
  if (status == STATUS_OK) *out = arena_str(arena, strbuf_str(&buf));
  strbuf_release(&buf);
  return status;
}
