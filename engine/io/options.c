/* options.c: see options.h. One function per kind parses, one prints; everything else is the same for all.
** What the user wrote is quoted in messages unless the option is a secret. */
#include "io/options.h"

#include <stdio.h>
#include "base/diag.h"
#include "types/datetime.h"

static void *place(const OptionDef *def, void *into) { return (char *)into + def->at; }
static const void *place_const(const OptionDef *def, const void *from) { return (const char *)from + def->at; }

/* ---- parsing ---- */

static bool parse_bool(Str text, bool *out) {
  static const char *const on[] = {"true", "yes", "1", "on"}, *const off[] = {"false", "no", "0", "off"};
  for (unsigned i = 0; i < 4; i++) {
    if (str_eq_nocase(text, str_from(on[i]))) return *out = true, true;
    if (str_eq_nocase(text, str_from(off[i]))) return *out = false, true;
  }
  return false;
}

/* "64k", "10MB", "1 GiB": powers of 1024, whatever way the unit is spelled. */
static bool parse_bytes(Str text, int64_t *out) {
  static const char *const units[] = {"", "k", "m", "g", "t"};
  size_t digits = 0;
  while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9') digits++;
  Str unit = str_trim(str_sub(text, digits, text.len));
  if (unit.len && (unit.ptr[unit.len - 1] == 'b' || unit.ptr[unit.len - 1] == 'B')) unit.len--;
  if (unit.len == 2 && (unit.ptr[1] == 'i' || unit.ptr[1] == 'I')) unit.len--;
  if (!str_to_i64(str_sub(text, 0, digits), out)) return false;
  for (unsigned i = 0; i < sizeof units / sizeof *units; i++)
    if (str_eq_nocase(unit, str_from(units[i])))
      return !__builtin_mul_overflow(*out, INT64_C(1) << (10 * i), out);
  return false;
}

static bool parse_choice(const char *choices, Str text, int *out) {
  Str rest = str_from(choices), choice;
  for (int i = 0; rest.len; i++) {
    str_cut(rest, '|', &choice, &rest);
    if (str_eq_nocase(choice, text)) return *out = i, true;
  }
  return false;
}

static bool in_range(const OptionDef *def, int64_t value) {
  return (def->min == 0 && def->max == 0) || (value >= def->min && value <= def->max);
}

/* Text is stored as it is: the caller has made it live long enough. */
static bool parse(const OptionDef *def, Str text, void *into) {
  switch (def->kind) {
    case OPTION_TEXT: *(Str *)into = text; return true;
    case OPTION_BOOL: return parse_bool(text, into);
    case OPTION_INT: return str_to_i64(text, into) && in_range(def, *(int64_t *)into);
    case OPTION_BYTES: return parse_bytes(text, into) && in_range(def, *(int64_t *)into);
    case OPTION_DURATION: return duration_parse(text, into);
    case OPTION_CHOICE: return parse_choice(def->choices, text, into);
  }
  BUG("option `%s` of kind %d", def->name, (int)def->kind);
}

/* ---- what an option takes, in words ---- */

static void print_choices(const char *choices, StrBuf *out) {
  Str rest = str_from(choices), choice;
  for (bool first = true; rest.len; first = false) {
    str_cut(rest, '|', &choice, &rest);
    strbuf_printf(out, "%s`" STR_FMT "`", first ? "" : rest.len ? ", " : " or ", STR_ARG(choice));
  }
}

static void print_range(const OptionDef *def, StrBuf *out) {
  if (def->min == 0 && def->max == 0) return;
  if (def->max == INT64_MAX) strbuf_printf(out, " of at least %lld", (long long)def->min);
  else strbuf_printf(out, " from %lld to %lld", (long long)def->min, (long long)def->max);
}

static void print_kind(const OptionDef *def, StrBuf *out) {
  switch (def->kind) {
    case OPTION_TEXT: strbuf_puts(out, "text"); return;
    case OPTION_BOOL: strbuf_puts(out, "`true` or `false`"); return;
    case OPTION_INT: strbuf_puts(out, "a whole number"); print_range(def, out); return;
    case OPTION_BYTES: strbuf_puts(out, "a size such as `64k` or `10MB`"); print_range(def, out); return;
    case OPTION_DURATION: strbuf_puts(out, "a duration such as `5s` or `1m30s`"); return;
    case OPTION_CHOICE: print_choices(def->choices, out); return;
  }
}

static Status refuse(const OptionDef *def, Str value, const char *who, Error *err) {
  StrBuf wanted = {0};
  print_kind(def, &wanted);
  Status status = def->secret
      ? error_set(err, STATUS_CONFIG, who, "option `%s` must be %s", def->name, wanted.ptr)
      : error_set(err, STATUS_CONFIG, who, "option `%s` must be %s, not `" STR_FMT "`", def->name, wanted.ptr,
                  STR_ARG(value));
  strbuf_release(&wanted);
  return status;
}

/* ---- setting ---- */

static size_t kind_bytes(OptionKind kind) {
  switch (kind) {
    case OPTION_TEXT: return sizeof(Str);
    case OPTION_BOOL: return sizeof(bool);
    case OPTION_INT:
    case OPTION_BYTES:
    case OPTION_DURATION: return sizeof(int64_t);
    case OPTION_CHOICE: return sizeof(int);
  }
  BUG("option kind %d", (int)kind);
}

void options_defaults(const OptionDef *table, void *into) {
  for (const OptionDef *def = table; def->name; def++) {
    memset(place(def, into), 0, kind_bytes(def->kind));
    if (def->fallback && !parse(def, str_from(def->fallback), place(def, into)))
      BUG("the default `%s` of option `%s` does not fit", def->fallback, def->name);
  }
}

static const OptionDef *find(const OptionDef *table, Str name) {
  for (const OptionDef *def = table; def->name; def++)
    if (str_eq_nocase(name, str_from(def->name))) return def;
  return NULL;
}

Status options_set(const OptionDef *table, void *into, Arena *arena, Str name, Str value, const char *who,
                   bool *known, Error *err) {
  const OptionDef *def = find(table, name);
  *known = def != NULL;
  if (!def) return STATUS_OK;
  Str text = def->kind == OPTION_TEXT ? arena_str(arena, value) : str_trim(value);
  union { Str text; bool on; int64_t number; int choice; } parsed;
  if (!parse(def, text, &parsed)) return refuse(def, value, who, err);
  memcpy(place(def, into), &parsed, kind_bytes(def->kind));
  return STATUS_OK;
}

static bool is_missing(const OptionDef *def, const void *from) {
  const void *at = place_const(def, from);
  switch (def->kind) {
    case OPTION_TEXT: return ((const Str *)at)->len == 0;
    case OPTION_INT:
    case OPTION_BYTES:
    case OPTION_DURATION: return *(const int64_t *)at == 0;
    case OPTION_BOOL:
    case OPTION_CHOICE: return false; /* they always have a value */
  }
  BUG("option kind %d", (int)def->kind);
}

Status options_check(const OptionDef *table, const void *from, const char *who, Error *err) {
  for (const OptionDef *def = table; def->name; def++) {
    if (!def->required || !is_missing(def, from)) continue;
    Str doc = str_from(def->doc);
    if (str_ends(doc, STR("."))) doc.len--; /* messages have no final stop */
    error_set(err, STATUS_CONFIG, who, "option `%s` is missing: " STR_FMT, def->name, STR_ARG(doc));
    return error_hint(err, "add `%s=...` behind the `?`", def->name);
  }
  return STATUS_OK;
}

/* ---- names nobody knows ---- */

typedef Vec(Str) Names;

static void collect_names(const OptionDef *const *tables, Names *names) {
  for (; *tables; tables++)
    for (const OptionDef *def = *tables; def->name; def++) vec_push(names, str_from(def->name));
}

static void hint_known(const Names *names, Error *err) {
  StrBuf list = {0};
  for (uint32_t i = 0; i < names->len; i++)
    strbuf_printf(&list, "%s`" STR_FMT "`", i ? ", " : "", STR_ARG(names->items[i]));
  if (names->len) error_hint(err, "the options are %s", list.ptr);
  else error_hint(err, "it takes no options");
  strbuf_release(&list);
}

Status options_unknown(const OptionDef *const *tables, Str name, const char *who, Error *err) {
  Names names = {0};
  collect_names(tables, &names);
  error_set(err, STATUS_CONFIG, who, "unknown option `" STR_FMT "`", STR_ARG(name));
  Str nearest = diag_nearest(name, names.items, names.len);
  if (nearest.len) error_hint(err, "did you mean `" STR_FMT "`?", STR_ARG(nearest));
  else hint_known(&names, err);
  vec_release(&names);
  return STATUS_CONFIG;
}

/* ---- printing ---- */

static void print_choice(const OptionDef *def, int index, StrBuf *out) {
  Str rest = str_from(def->choices), choice = {0};
  for (int i = 0; i <= index; i++) str_cut(rest, '|', &choice, &rest);
  strbuf_put_str(out, choice);
}

static void print_value(const OptionDef *def, const void *at, StrBuf *out) {
  switch (def->kind) {
    case OPTION_TEXT: strbuf_put_str(out, *(const Str *)at); return;
    case OPTION_BOOL: strbuf_puts(out, *(const bool *)at ? "true" : "false"); return;
    case OPTION_INT:
    case OPTION_BYTES: strbuf_printf(out, "%lld", (long long)*(const int64_t *)at); return;
    case OPTION_DURATION: duration_print(*(const int64_t *)at, out); return;
    case OPTION_CHOICE: print_choice(def, *(const int *)at, out); return;
  }
}

void options_print(const OptionDef *table, const void *from, StrBuf *out) {
  for (const OptionDef *def = table; def->name; def++) {
    if (def->kind == OPTION_TEXT && is_missing(def, from)) continue;
    strbuf_printf(out, "%s=", def->name);
    if (def->secret) strbuf_puts(out, "***");
    else print_value(def, place_const(def, from), out);
    strbuf_putc(out, '\n');
  }
}

void options_print_doc(const OptionDef *table, StrBuf *out) {
  for (const OptionDef *def = table; def->name; def++) {
    strbuf_printf(out, "| `%s` | ", def->name);
    print_kind(def, out);
    if (def->required) strbuf_puts(out, " | required | ");
    else if (def->fallback) strbuf_printf(out, " | `%s` | ", def->fallback);
    else strbuf_puts(out, " | | ");
    strbuf_printf(out, "%s |\n", def->doc);
  }
}
