/* fuzz_compile.c: any bytes as a query: parsed, bound, planned and explained without a crash, in bounded time. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "api.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 1 << 16) return 0;
  char *text = mem_strndup((const char *)data, size);
  SourceText source;
  source_text_init(&source, STR("fuzz.asaql"), (Str){text, size});
  BindOptions options = {.compat = 12};
  Compiled *compiled = compile_query(&source, &options);
  StrBuf out = {0};
  diags_render(&compiled->diags, &out, false);
  if (compiled->plan) {
    compiled_explain(compiled, STAGE_BOUND, EXPLAIN_TEXT, &out);
    compiled_explain(compiled, STAGE_GRAPH, EXPLAIN_TEXT, &out);
  }
  strbuf_release(&out);
  compiled_free(compiled);
  source_text_release(&source);
  mem_free(text);
  return 0;
}
