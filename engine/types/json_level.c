/* json_level.c: the JSON text of an event as compatibility levels below 1.2 see it (semantics.md section 2): true and
** false are the numbers 1 and 0; at level 1.0 a text that is an ISO 8601 time prints as the datetime it is. */
#include "types/datetime.h"
#include "types/json.h"

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* The place behind the string that begins at `at`. */
static const char *string_end(const char *at, const char *end) {
  for (at++; at < end && *at != '"'; at++)
    if (*at == '\\') at++;
  return at < end ? at + 1 : end;
}

static bool is_key(const char *behind, const char *end) {
  while (behind < end && is_blank(*behind)) behind++;
  return behind < end && *behind == ':';
}

static void put_string(StrBuf *out, const char *begin, const char *end, bool is_value) {
  Ticks ticks;
  size_t len = (size_t)(end - begin);
  if (!is_value || len < 2 || !datetime_parse(begin + 1, len - 2, &ticks)) {
    strbuf_append(out, begin, len);
    return;
  }
  char text[DATETIME_TEXT_LEN + 1];
  datetime_print(ticks, text);
  strbuf_printf(out, "\"%s\"", text);
}

void json_put_at_level(StrBuf *out, Str text, int compat) {
  const char *at = text.ptr, *end = text.ptr + text.len;
  while (at < end) {
    if (*at == '"') {
      const char *behind = string_end(at, end);
      put_string(out, at, behind, compat <= 10 && !is_key(behind, end));
      at = behind;
    } else if (*at == 't' || *at == 'f') {
      strbuf_putc(out, *at == 't' ? '1' : '0');
      size_t len = *at == 't' ? 4 : 5;
      at += len < (size_t)(end - at) ? len : (size_t)(end - at);
    } else {
      strbuf_putc(out, *at++);
    }
  }
}
