/* message.c: see message.h. */
#include "io/message.h"

void message_batch_clear(MessageBatch *batch) {
  buffer_unref(batch->bytes);
  batch->bytes = NULL;
  batch->messages.len = 0;
  batch->partition = 0;
  batch->blob = (Str){"", 0};
}

void message_batch_release(MessageBatch *batch) {
  message_batch_clear(batch);
  vec_release(&batch->messages);
}
