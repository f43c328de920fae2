/* formats.h: the formats of this folder. To add one: a file with a FormatClass at its end, a line here, and a
** line in connectors/registry.c. */
#ifndef WEIR_FORMATS_FORMATS_H
#define WEIR_FORMATS_FORMATS_H

#include "io/format.h"

extern const FormatClass format_json;
extern const FormatClass format_csv;

#endif
