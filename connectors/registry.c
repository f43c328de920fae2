/* registry.c: the lists. To add a connector or format: its folder, its header here, its name below. */
#include "connectors/registry.h"

#include "connectors/file/file.h"
#include "connectors/formats/formats.h"
#include "connectors/kafka/kafka.h"
#include "connectors/memory/memory.h"
#include "connectors/odbc/odbc.h"

static const SourceClass *const sources[] = {&file_source, &kafka_source, &memory_source, &memory_live_source, NULL};
static const RowsClass   *const rows[]    = {&odbc_rows, NULL};
static const SinkClass   *const sinks[]   = {&file_sink, &kafka_sink, &odbc_sink, &memory_sink, NULL};
static const FormatClass *const formats[] = {&format_json, &format_csv, NULL};

static const IoRegistry registry = {.sources = sources, .rows = rows, .sinks = sinks, .formats = formats};

const IoRegistry *connectors_registry(void) { return &registry; }
