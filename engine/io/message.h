/* message.h: bytes from a source before anybody has looked inside. */
#ifndef WEIR_IO_MESSAGE_H
#define WEIR_IO_MESSAGE_H

#include "base/str.h"
#include "base/vec.h"
#include "column/buffer.h"
#include "types/datetime.h"

typedef struct Message {
  uint32_t begin, len;  /* bytes in MessageBatch.bytes; len 0 with tombstone set: a NULL payload */
  int64_t  offset;      /* Kafka offset; byte offset in the file */
  Ticks    arrival;     /* TICKS_MIN: the transport knows none */
  bool     tombstone;
  const char *damage;   /* why the transport could not unpack it (the bytes are then as they came); NULL: it is fine */
  uint32_t key_begin, key_len;         /* in bytes too; key_len 0: none */
  uint32_t headers_begin, headers_len; /* a JSON object of text values in bytes; 0: none */
} Message;

typedef struct MessageBatch {
  Buffer  *bytes;       /* all payloads of the batch; at least BUFFER_PADDING readable bytes behind len */
  Vec(Message) messages;
  uint32_t partition;   /* index below source_partitions, not the broker's number */
  Str      blob;        /* file the messages come from; borrowed until the next read; empty for Kafka */
} MessageBatch;

void message_batch_clear(MessageBatch *batch);   /* drops the bytes, keeps the array */
void message_batch_release(MessageBatch *batch);

#endif
