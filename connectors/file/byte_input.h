/* byte_input.h: the decompressed bytes of one file or pipe, in pieces. Knows nothing of rows. */
#ifndef WEIR_CONNECTORS_FILE_BYTE_INPUT_H
#define WEIR_CONNECTORS_FILE_BYTE_INPUT_H

#include "connectors/file/file.h"

typedef struct ByteInput ByteInput;

typedef enum ByteEvent { BYTES_NOTHING /* none within the time-out */, BYTES_SOME, BYTES_END } ByteEvent;

/* Opens a path, or stdin for "-". With COMPRESSION_AUTO the extension .gz or .zst demands that format, and any
** other file is decompressed when it begins with the magic bytes of one. `who` is copied by pointer and must
** outlive the input, as must the path. STATUS_WORLD when it cannot be opened. */
Status byte_input_open(Str path, Compression compression, const char *who, ByteInput **out, Error *err);
/* Up to cap bytes. Files never wait; pipes and terminals wait at most timeout_ms. Signals end a wait early.
** Data that is cut short or damaged: the bytes before the damage are delivered first, the call behind them
** returns STATUS_WORLD naming the file. */
Status byte_input_read(ByteInput *input, int timeout_ms, char *into, size_t cap, size_t *len, ByteEvent *event,
                       Error *err);
void   byte_input_close(ByteInput *input); /* NULL is fine */

#endif
