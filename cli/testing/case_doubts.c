/* case_doubts.c: see case_doubts.h. */
#include "cli/testing/case_doubts.h"

#include <stdarg.h>

#include "base/diag.h"

enum { NAMES_MAX = 64 };

typedef struct Names { Str items[NAMES_MAX]; unsigned len; } Names;

static void add_name(Names *names, Str name) {
  if (names->len < NAMES_MAX) names->items[names->len++] = name;
}

void doubt_put(const Case *test, StrBuf *out, const char *format, ...) {
  va_list args;
  va_start(args, format);
  strbuf_printf(out, STR_FMT ": " STR_FMT ": ", STR_ARG(test->file), STR_ARG(test->name));
  strbuf_vprintf(out, format, args);
  strbuf_putc(out, '\n');
  va_end(args);
}

/* "; did you mean `toll`?", or where nothing is near "; `say` `a`, `b`". */
static Str suggest(Arena *arena, Str wanted, const Names *names, const char *say) {
  Str nearest = diag_nearest(wanted, names->items, names->len);
  if (nearest.len) return arena_printf(arena, "; did you mean `" STR_FMT "`?", STR_ARG(nearest));
  StrBuf list = {0};
  for (unsigned i = 0; i < names->len; i++)
    strbuf_printf(&list, "%s`" STR_FMT "`", i ? ", " : "", STR_ARG(names->items[i]));
  Str text = arena_printf(arena, "; %s %s", say, list.ptr);
  strbuf_release(&list);
  return names->len ? text : STR("");
}

/* ---- inputs ----------------------------------------------------------------------------------- */

static bool has_name(const Names *names, Str wanted) {
  for (unsigned i = 0; i < names->len; i++)
    if (str_eq_nocase(names->items[i], wanted)) return true;
  return false;
}

void doubts_inputs(const Case *test, const PlanScript *plan, StrBuf *out) {
  Names names = {0};
  Arena arena;
  if (plan->inputs_len > NAMES_MAX) return;
  arena_init(&arena);
  for (uint32_t i = 0; i < plan->inputs_len; i++) add_name(&names, plan->inputs[i]->name);
  for (uint32_t i = 0; i < test->inputs.len; i++) {
    Str name = test->inputs.items[i].name;
    if (has_name(&names, name)) continue;
    Str way_out = suggest(&arena, name, &names, "it reads");
    doubt_put(test, out, "input " STR_FMT ": the query does not read it" STR_FMT, STR_ARG(name), STR_ARG(way_out));
  }
  arena_release(&arena);
}

/* ---- ignored fields --------------------------------------------------------------------------- */

static bool has_field(const RowList *rows, Str name) {
  for (uint32_t i = 0; i < rows->len; i++)
    for (const JsonNode *node = rows->items[i].tree->first; node; node = node->next)
      if (str_eq_nocase(node->key, name)) return true;
  return false;
}

/* Those of the first row stand for all. */
static void add_fields(const RowList *rows, Names *names) {
  if (rows->len == 0) return;
  for (const JsonNode *node = rows->items[0].tree->first; node; node = node->next)
    if (!has_name(names, node->key)) add_name(names, node->key);
}

void doubts_ignored(const Case *test, const OutputResult *output, StrBuf *out) {
  const RowRules *rules = &output->wanted->rules;
  if (output->expected.len + output->actual.len == 0) return;
  Names names = {0};
  Arena arena;
  arena_init(&arena);
  add_fields(&output->expected, &names);
  add_fields(&output->actual, &names);
  for (uint32_t i = 0; i < rules->ignored_len; i++) {
    Str name = rules->ignored[i];
    if (has_field(&output->expected, name) || has_field(&output->actual, name)) continue;
    Str way_out = suggest(&arena, name, &names, "its fields are");
    doubt_put(test, out, "output " STR_FMT ": no row has the field `" STR_FMT "` of IgnoreFields" STR_FMT,
              STR_ARG(output->name), STR_ARG(name), STR_ARG(way_out));
  }
  arena_release(&arena);
}
