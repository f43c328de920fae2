/* byte_output.h: bytes to one file, pipe or stdout, compressed when asked. Knows nothing of rows. */
#ifndef WEIR_CONNECTORS_FILE_BYTE_OUTPUT_H
#define WEIR_CONNECTORS_FILE_BYTE_OUTPUT_H

#include "connectors/file/file.h"

typedef struct ByteOutput ByteOutput;

/* Creates the file; one that is there is emptied, or with `append` written on (packed data gets another member). "-" is
** stdout. COMPRESSION_AUTO goes by the extension.
** `path` and `who` must outlive the output. A path that cannot be (a folder, no permission, no such folder) is
** STATUS_CONFIG, anything else STATUS_WORLD. A named pipe without a reader holds the call. */
Status byte_output_open(Str path, Compression compression, bool append, const char *who, ByteOutput **out,
                        Error *err);
/* Hands the bytes to the compressor, or straight to the system in one write(2) where it takes them all.
** STATUS_WORLD names file and reason (a full disk); STATUS_CANCELLED: the reader of the pipe has gone away,
** which is no failure. After either the output stays broken and repeats its answer. */
Status byte_output_write(ByteOutput *output, Str bytes, Error *err);
uint64_t byte_output_size(const ByteOutput *output); /* bytes in the file, those before this output included */
/* Everything so far is with the system, readable as far as it goes also in a compressed file. */
Status byte_output_flush(ByteOutput *output, Error *err);
/* Ends the compressed data, closes the file and frees the output in every case. */
Status byte_output_close(ByteOutput *output, Error *err);

#endif
