/* table_sink.h: the output that draws a table on stdout, for `weir query`. */
#ifndef WEIR_CLI_TABLE_SINK_H
#define WEIR_CLI_TABLE_SINK_H

#include "io/sink.h"

#define TABLE_WHERE "table:rows?format=json"
#define TABLE_WHERE_TITLED "table:titled?format=json" /* with the output's name above: one of several */
extern const SinkClass table_sink;

#endif
