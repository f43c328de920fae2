/* take.c: see take.h. */
#include "io/take.h"

static bool table_has(const OptionDef *table, Str name) {
  for (const OptionDef *def = table; def && def->name; def++) {
    if (str_eq_nocase(str_from(def->name), name)) return true;
  }
  return false;
}

static Status take_pair(const OptionTake *take, Arena *arena, const OptionPair *pair, Error *err) {
  bool known = false;
  TRY(options_set(take->own, take->into, arena, pair->name, pair->value, take->who, &known, err));
  if (known || table_has(take->format, pair->name)) return STATUS_OK;
  if (take->rest) TRY(take->rest(take->rest_context, pair, &known, err));
  if (known) return STATUS_OK;
  const OptionDef *const tables[] = {take->own, take->format, NULL};
  return options_unknown(tables, pair->name, take->who, err);
}

Status options_take(const OptionTake *take, Arena *arena, Error *err) {
  options_defaults(take->own, take->into);
  for (uint32_t i = 0; i < take->pairs->len; i++) TRY(take_pair(take, arena, &take->pairs->items[i], err));
  return options_check(take->own, take->into, take->who, err);
}
