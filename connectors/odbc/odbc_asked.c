/* odbc_asked.c: see odbc_asked.h. Literals instead of bound parameters: drivers guess the type of a parameter, and
** some prepare a query with parameters only when it is run, which hides its columns. */
#include "connectors/odbc/odbc_asked.h"

#include <ctype.h>
#include <string.h>

enum { LITERAL_LEN = 26 /* of a datetime: up to microseconds */ };

static void put_literal(StrBuf *out, Ticks ticks) {
  char text[DATETIME_TEXT_LEN + 1];
  datetime_print(ticks, text);
  text[10] = ' ';
  strbuf_printf(out, "'%.*s'", LITERAL_LEN, text);
}

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_' || c == '@' || c == '$'; }

/* What begins at `at` and is none of our business: its end. */
static size_t skip(Str sql, size_t at) {
  char c = sql.ptr[at], next = at + 1 < sql.len ? sql.ptr[at + 1] : 0;
  size_t end = at + 1;
  if (c == '\'' || c == '"' || c == '`' || c == '[') {
    char close = c == '[' ? ']' : c;
    while (end < sql.len && sql.ptr[end] != close) end++;
    return end < sql.len ? end + 1 : end;
  }
  if (c == '-' && next == '-') {
    while (end < sql.len && sql.ptr[end] != '\n') end++;
  } else if (c == '/' && next == '*') {
    for (end++; end < sql.len && !(sql.ptr[end - 1] == '*' && sql.ptr[end] == '/' && end > at + 2);) end++;
    if (end < sql.len) end++;
  }
  return end;
}

Str sql_with_times(Arena *arena, Str sql, Ticks now, Ticks since) {
  const struct { Str name; Ticks time; } known[] = {
      {STR("@snapshotTime"), now}, {STR("@deltaEndTime"), now}, {STR("@deltaStartTime"), since}};
  StrBuf out = {0};
  for (size_t at = 0, end; at < sql.len; at = end) {
    end = skip(sql, at);
    if (sql.ptr[at] != '@' || (at > 0 && is_word(sql.ptr[at - 1]))) {
      strbuf_put_str(&out, str_sub(sql, at, end));
      continue;
    }
    while (end < sql.len && is_word(sql.ptr[end])) end++;
    Str word = str_sub(sql, at, end);
    size_t which = 0;
    while (which < 3 && !str_eq_nocase(word, known[which].name)) which++;
    if (which < 3) put_literal(&out, known[which].time);
    else strbuf_put_str(&out, word);
  }
  Str text = arena_str(arena, strbuf_str(&out));
  strbuf_release(&out);
  return text;
}
