/* record_line.h: one recorded message as lines of JSON: the event as it came, with what the transport knew about it
** behind its own fields, under names that a recorded input understands:
**
**   EventEnqueuedUtcTime   when it arrived: --arrival NAME=EventEnqueuedUtcTime, or "ArrivalField" of a test
**   PartitionId            the broker's number
**   EventKey, EventHeaders those of the message, where it has any */
#ifndef WEIR_CLI_RECORD_LINE_H
#define WEIR_CLI_RECORD_LINE_H

#include "io/message.h"

typedef struct RecordedMessage {
  Str   payload, key, headers; /* headers: a JSON object; key and headers empty: none */
  Ticks arrival;
  int   partition;
} RecordedMessage;

/* Appends a line for each event: a payload may be one object or an array of them. What is neither is appended as it
** is, on one line, so that a replay meets it too; *whole is then false. Returns the number of lines. */
unsigned record_line_put(const RecordedMessage *message, StrBuf *out, bool *whole);

#endif
