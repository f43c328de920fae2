/* registry.h: the connectors and formats a program has, handed to the engine by whoever links them
** (connectors/registry.h for the real ones; tests hand over a smaller one). */
#ifndef WEIR_IO_REGISTRY_H
#define WEIR_IO_REGISTRY_H

#include "io/sink.h"
#include "io/source.h"

typedef struct IoRegistry { /* arrays end with NULL */
  const SourceClass *const *sources;
  const RowsClass   *const *rows;
  const SinkClass   *const *sinks;
  const FormatClass *const *formats;
} IoRegistry;

const SourceClass *registry_source(const IoRegistry *registry, Str scheme); /* NULL: none */
const RowsClass   *registry_rows(const IoRegistry *registry, Str scheme);
const SinkClass   *registry_sink(const IoRegistry *registry, Str scheme);
const FormatClass *registry_format(const IoRegistry *registry, Str name);
/* STATUS_CONFIG: `who` names a format that there is not. */
Status registry_no_format(const IoRegistry *registry, Str name, const char *who, Error *err);
/* By the extension of a path, .gz and .zst looked through; NULL when no format has it. */
const FormatClass *registry_format_of_path(const IoRegistry *registry, Str path);

#endif
