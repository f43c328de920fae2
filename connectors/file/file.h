/* file.h: recorded inputs and outputs: files, folders, globs, stdin and stdout (cli.md, WHERE). */
#ifndef WEIR_CONNECTORS_FILE_FILE_H
#define WEIR_CONNECTORS_FILE_FILE_H

#include "io/sink.h"
#include "io/source.h"

extern const SourceClass file_source;
extern const SourceClass file_reference; /* the same as reference data: snapshots */
extern const SinkClass   file_sink;

typedef enum Compression { COMPRESSION_AUTO, COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD } Compression;
#define COMPRESSION_CHOICES "auto|none|gzip|zstd" /* in the order of the enum */

/* What the name of a file says: gzip for .gz, zstd for .zst, else none. */
Compression compression_of_path(Str path);

#endif
