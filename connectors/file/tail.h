/* tail.h: the end of a file that a killed process was writing. */
#ifndef WEIR_CONNECTORS_FILE_TAIL_H
#define WEIR_CONNECTORS_FILE_TAIL_H

#include "connectors/file/file.h"

/* Leaves whole lines only: what follows the last line end is cut off; packed data that was cut short is packed anew as
** far as it goes. `quoted`: a line end between double quotes ends no line (CSV). *cut: bytes of text that were dropped
** and whether anything was changed at all; a missing file is left missing, and then *size is 0. */
typedef struct TailRepair { uint64_t cut, size; bool changed; } TailRepair;
Status tail_repair(Str path, Compression compression, bool quoted, const char *who, TailRepair *out, Error *err);

#endif
