/* args.c: see args.h. */
#include "cli/args.h"

#include <string.h>

#include "base/diag.h"

enum { NAMES_MAX = 40, HELP_COLUMN = 30 };

/* ---- one option ------------------------------------------------------------------------------- */

static const ArgDef *find_arg(const ArgDef *table, Str name) {
  for (const ArgDef *def = table; def && def->name; def++)
    if (str_eq(name, str_from(def->name))) return def;
  return NULL;
}

static Status unknown_option(const ArgDef *table, Str name, Error *err) {
  Str names[NAMES_MAX] = {STR("help")};
  unsigned count = 1;
  for (const ArgDef *def = table; def && def->name && count < NAMES_MAX; def++) names[count++] = str_from(def->name);
  Str nearest = diag_nearest(name, names, count);
  error_set(err, STATUS_CONFIG, "", "there is no option --" STR_FMT, STR_ARG(name));
  if (nearest.len) return error_hint(err, "did you mean --" STR_FMT "?", STR_ARG(nearest));
  return error_hint(err, "--help lists the options of the command");
}

static Status set_choice(const ArgDef *def, Str value, int *out, Error *err) {
  Str rest = str_from(def->choices), choice, names[NAMES_MAX];
  unsigned count = 0;
  while (rest.len && count < NAMES_MAX) {
    str_cut(rest, '|', &choice, &rest);
    names[count++] = choice;
    if (str_eq_nocase(choice, value)) return *out = (int)count, STATUS_OK;
  }
  error_set(err, STATUS_CONFIG, "", "--%s cannot be `" STR_FMT "`", def->name, STR_ARG(value));
  Str nearest = diag_nearest(value, names, count);
  bool number = value.len && value.ptr[0] >= '0' && value.ptr[0] <= '9'; /* 1.3 is no slip for 1.2 */
  if (nearest.len && !number)
    return error_hint(err, "did you mean " STR_FMT "? The choices are %s", STR_ARG(nearest), def->choices);
  return error_hint(err, "the choices are %s", def->choices);
}

static Status set_number(const ArgDef *def, Str value, ArgNumber *out, Error *err) {
  out->given = true;
  if (str_to_i64(value, &out->value) && out->value >= 0) return STATUS_OK;
  error_set(err, STATUS_CONFIG, "", "--%s takes a whole number, not `" STR_FMT "`", def->name, STR_ARG(value));
  return error_hint(err, "for example --%s 1", def->name);
}

static Status set_duration(const ArgDef *def, Str value, ArgDuration *out, Error *err) {
  out->given = true;
  if (duration_parse(value, &out->ticks)) return STATUS_OK;
  error_set(err, STATUS_CONFIG, "", "--%s takes a duration, not `" STR_FMT "`", def->name, STR_ARG(value));
  return error_hint(err, "durations are written 5s, 250ms, 1m30s, 2h");
}

static Status set_text(const ArgDef *def, const char *value, const char **out, Error *err) {
  if (*out) return error_set(err, STATUS_CONFIG, "", "--%s is given twice", def->name);
  *out = value;
  return STATUS_OK;
}

static Status set_value(const ArgDef *def, const char *value, void *options, Error *err) {
  void *at = (char *)options + def->at;
  Str text = str_from(value);
  switch (def->kind) {
    case ARG_TEXT: return set_text(def, value, at, err);
    case ARG_CHOICE: return set_choice(def, text, at, err);
    case ARG_NUMBER: return set_number(def, text, at, err);
    case ARG_DURATION: return set_duration(def, text, at, err);
    case ARG_LIST:
      vec_push((ArgTexts *)at, value);
      return STATUS_OK;
    case ARG_FLAG:
    case ARG_LATER: break;
  }
  BUG("option --%s takes no value", def->name);
}

/* ---- all of them ------------------------------------------------------------------------------ */

/* Takes argv[*at], and the word behind it when that is its value. */
static Status take_option(const ArgDef *table, int argc, char *const *argv, int *at, void *options, Error *err) {
  Str name, value;
  const char *word = argv[*at] + 2;
  bool has_value = str_cut(str_from(word), '=', &name, &value);
  const ArgDef *def = find_arg(table, name);
  if (def == NULL) return unknown_option(table, name, err);
  if (def->kind == ARG_LATER) {
    error_set(err, STATUS_CONFIG, "", "--%s comes in a later version", def->name);
    return error_hint(err, "%s", def->doc);
  }
  if (def->kind == ARG_FLAG) {
    if (has_value) return error_set(err, STATUS_CONFIG, "", "--%s takes no value", def->name);
    *(bool *)((char *)options + def->at) = true;
    return STATUS_OK;
  }
  if (has_value) return set_value(def, value.ptr, options, err);
  if (*at + 1 < argc) return set_value(def, argv[++*at], options, err);
  error_set(err, STATUS_CONFIG, "", "--%s has no value", def->name);
  return error_hint(err, "write --%s %s", def->name, def->choices ? def->choices : def->value);
}

static bool is_option(const char *word) { return word[0] == '-' && word[1] != 0; } /* "-" is stdin or stdout */

Status args_parse(const ArgDef *table, int argc, char *const *argv, void *options, ArgTexts *words, bool *help,
                  Error *err) {
  for (int i = 0; i < argc; i++)
    if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return *help = true, STATUS_OK;
    else if (strcmp(argv[i], "--") == 0) break;
  bool only_words = false;
  for (int i = 0; i < argc; i++) {
    if (only_words || !is_option(argv[i])) {
      vec_push(words, argv[i]);
    } else if (strcmp(argv[i], "--") == 0) {
      only_words = true;
    } else if (argv[i][1] != '-') {
      error_set(err, STATUS_CONFIG, "", "there is no option %s", argv[i]);
      return error_hint(err, "options are written with two dashes; --help lists them");
    } else {
      TRY(take_option(table, argc, argv, &i, options, err));
    }
  }
  return STATUS_OK;
}

bool args_want_json(int argc, char *const *argv) {
  for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
    if (strcmp(argv[i], "--format=json") == 0) return true;
    if (strcmp(argv[i], "--format") == 0 && i + 1 < argc && strcmp(argv[i + 1], "json") == 0) return true;
  }
  return false;
}

void args_release(const ArgDef *table, void *options) {
  for (const ArgDef *def = table; def && def->name; def++)
    if (def->kind == ARG_LIST) vec_release((ArgTexts *)((char *)options + def->at));
}

/* ---- help ------------------------------------------------------------------------------------- */

static const char *value_of(const ArgDef *def) { return def->kind == ARG_CHOICE ? def->choices : def->value; }

void args_print_help(const ArgDef *table, StrBuf *out) {
  for (const ArgDef *def = table; def && def->name; def++) {
    size_t begin = out->len;
    strbuf_printf(out, "  --%s%s%s", def->name, value_of(def) ? " " : "", value_of(def) ? value_of(def) : "");
    size_t used = out->len - begin;
    if (used + 2 > HELP_COLUMN) strbuf_printf(out, "\n%*s", HELP_COLUMN, "");
    else strbuf_printf(out, "%*s", (int)(HELP_COLUMN - used), "");
    strbuf_printf(out, "%s%s\n", def->kind == ARG_LATER ? "(a later version) " : "", def->doc);
  }
}
