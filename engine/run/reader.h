/* reader.h: the reading side of an input on a thread of its own: read, frame and decode there, compute here.
** A bounded queue joins them and pushes back when the graph is slower (design.md section 7).
**
** Thread: one reading thread inside; reader_next, reader_start and reader_stop from the job's thread. */
#ifndef WEIR_RUN_READER_H
#define WEIR_RUN_READER_H

#include "run/internal.h"

typedef struct Reader Reader;

/* STATUS_WORLD when no thread can be made. The input must be open and stays with the caller. */
Status reader_start(JobInput *in, Reader **out, Error *err);
/* As input_next, from the queue: waits at most timeout_ms for something. */
Status reader_next(Reader *reader, int timeout_ms, InputBatch *out, SourceEvent *event, Error *err);
/* Ends the thread and drops what is queued. NULL is fine. */
void   reader_stop(Reader *reader);

#endif
