/* where_text.c: see where_text.h. */
#include "cli/project/where_text.h"

void where_text_set(WhereText *where, Str name, Str value) {
  for (uint32_t i = 0; i < where->options.len; i++) {
    if (!str_eq_nocase(where->options.items[i].name, name)) continue;
    where->options.items[i].value = value;
    return;
  }
  OptionPair pair = {name, value};
  arena_push(where->arena, &where->options, pair);
}

static bool stays(char c) {
  bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return letter || strchr("-._~:/,", c) != NULL;
}

static void put_encoded(Str value, StrBuf *out) {
  for (size_t i = 0; i < value.len; i++) {
    if (value.ptr[i] && stays(value.ptr[i])) strbuf_putc(out, value.ptr[i]);
    else strbuf_printf(out, "%%%02X", (unsigned)(unsigned char)value.ptr[i]);
  }
}

static void put_target(Str target, StrBuf *out) {
  for (size_t i = 0; i < target.len; i++) {
    if (str_starts(str_sub(target, i, target.len), STR("${"))) strbuf_putc(out, '$');
    strbuf_putc(out, target.ptr[i]);
  }
}

Str where_text_make(const WhereText *where) {
  StrBuf text = {0};
  if (where->scheme) strbuf_printf(&text, "%s:%s", where->scheme, strcmp(where->scheme, "kafka") ? "" : "//");
  put_target(where->target, &text);
  for (uint32_t i = 0; i < where->options.len; i++) {
    const OptionPair *pair = &where->options.items[i];
    strbuf_printf(&text, "%c" STR_FMT "=", i ? '&' : '?', STR_ARG(pair->name));
    put_encoded(pair->value, &text);
  }
  Str made = arena_str(where->arena, strbuf_str(&text));
  strbuf_release(&text);
  return made;
}

Str where_text_add(Arena *arena, Str where, const char *name, Str value) {
  StrBuf text = {0};
  strbuf_put_str(&text, where);
  strbuf_printf(&text, "%c%s=", str_find_char(where, '?') < 0 ? '?' : '&', name);
  put_encoded(value, &text);
  Str made = arena_str(arena, strbuf_str(&text));
  strbuf_release(&text);
  return made;
}
