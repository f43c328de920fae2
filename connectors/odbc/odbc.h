/* odbc.h: the ODBC connector: reference rows out of a database, results into one (README.md). */
#ifndef WEIR_CONNECTORS_ODBC_H
#define WEIR_CONNECTORS_ODBC_H

#include "io/sink.h"
#include "io/source.h"

extern const RowsClass odbc_rows;
extern const SinkClass odbc_sink;

#endif
