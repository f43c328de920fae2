/* registry.c: see registry.h. */
#include "io/registry.h"

#define FIND_BY(list, member, wanted)                                         \
  do {                                                                        \
    for (unsigned i = 0; (list) && (list)[i]; i++)                            \
      if (str_eq_nocase(str_from((list)[i]->member), (wanted))) return (list)[i]; \
    return NULL;                                                              \
  } while (0)

const SourceClass *registry_source(const IoRegistry *registry, Str scheme) {
  FIND_BY(registry->sources, scheme, scheme);
}

const RowsClass *registry_rows(const IoRegistry *registry, Str scheme) { FIND_BY(registry->rows, scheme, scheme); }

const SinkClass *registry_sink(const IoRegistry *registry, Str scheme) { FIND_BY(registry->sinks, scheme, scheme); }

const FormatClass *registry_format(const IoRegistry *registry, Str name) { FIND_BY(registry->formats, name, name); }

static bool has_extension(const FormatClass *format, Str path) {
  Str rest = str_from(format->extensions), extension;
  while (rest.len) {
    str_cut(rest, '|', &extension, &rest);
    if (path.len > extension.len && str_ends_nocase(path, extension) &&
        path.ptr[path.len - extension.len - 1] == '.')
      return true;
  }
  return false;
}

static Str without_compression(Str path) {
  if (str_ends_nocase(path, STR(".gz"))) path.len -= 3;
  else if (str_ends_nocase(path, STR(".zst"))) path.len -= 4;
  return path;
}

Status registry_no_format(const IoRegistry *registry, Str name, const char *who, Error *err) {
  StrBuf known = {0};
  for (unsigned i = 0; registry->formats[i]; i++)
    strbuf_printf(&known, "%s%s", i ? ", " : "", registry->formats[i]->name);
  error_set(err, STATUS_CONFIG, who, "there is no format `" STR_FMT "`", STR_ARG(name));
  error_hint(err, "the formats are %s", known.len ? known.ptr : "none");
  strbuf_release(&known);
  return STATUS_CONFIG;
}

const FormatClass *registry_format_of_path(const IoRegistry *registry, Str path) {
  path = without_compression(path);
  for (unsigned i = 0; registry->formats && registry->formats[i]; i++)
    if (has_extension(registry->formats[i], path)) return registry->formats[i];
  return NULL;
}
