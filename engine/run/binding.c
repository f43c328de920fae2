/* binding.c: what inputs and outputs share when they are bound: finding the binding, opening the format. */
#include "run/internal.h"

#include <stdio.h>

const JobBinding *binding_find(const JobBinding *bindings, uint32_t len, Str name) {
  for (uint32_t i = 0; i < len; i++)
    if (str_eq_nocase(bindings[i].name, name)) return &bindings[i];
  return NULL;
}

Status binding_format(Job *job, const Where *where, const char *who, const FormatClass **format, void **options,
                      Error *err) {
  const IoRegistry *registry = job->spec->registry;
  const Str *name = where_option(where, "format");
  if (name) *format = registry_format(registry, *name);
  else if (str_eq(where->scheme, STR("file"))) *format = registry_format_of_path(registry, where->target);
  if (name && *format == NULL) return registry_no_format(registry, *name, who, err);
  if (*format == NULL) *format = registry_format(registry, STR("json"));
  *options = arena_zalloc(&job->arena, (*format)->options_bytes + 1);
  if ((*format)->options == NULL) return STATUS_OK;
  options_defaults((*format)->options, *options);
  for (uint32_t i = 0; i < where->options.len; i++) {
    const OptionPair *pair = &where->options.items[i];
    bool known;
    TRY(options_set((*format)->options, *options, &job->arena, pair->name, pair->value, who, &known, err));
  }
  return STATUS_OK;
}

Status binding_named(Status status, const char *who, Error *err) {
  if (status != STATUS_OK && err && err->who[0] == 0) snprintf(err->who, sizeof err->who, "%s", who);
  return status;
}
