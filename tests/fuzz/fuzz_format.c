/* fuzz_format.c: any bytes through the formatter (libFuzzer): nothing gets lost, the tree stays the same and
** formatting again changes nothing (support/format_check.h). */
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "support/format_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = mem_strndup((const char *)data, size);
  format_check((Str){text, size});
  mem_free(text);
  return 0;
}
