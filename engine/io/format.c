/* format.c: see format.h. */
#include "io/format.h"

#include "base/mem.h"

void decoded_batch_release(DecodedBatch *batch) {
  for (uint32_t i = 0; i < batch->cols_len; i++) column_unref(batch->cols[i]);
  column_unref(batch->payload);
  mem_free(batch->cols);
  mem_free(batch->message);
  *batch = (DecodedBatch){0};
}
