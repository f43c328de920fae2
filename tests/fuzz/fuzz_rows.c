/* fuzz_rows.c: two texts of rows, split at the first NUL, are compared, shown and updated (libFuzzer). After an update
** nothing differs any more. The first byte says how rows compare. */
#include <stddef.h>
#include <stdint.h>

#include "cli/testing/diff_table.h"
#include "cli/testing/update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool compare(Arena *arena, Str text, CaseOutput *wanted, OutputResult *output) {
  StrBuf problem = {0};
  RowList expected = {0};
  bool ok = rows_read(arena, text, &wanted->rules, &expected, &problem);
  output->expected = expected;
  if (ok) rows_compare(arena, &output->expected, &output->actual, &wanted->rules, &output->diff);
  strbuf_release(&problem);
  return ok;
}

static void check_update(Arena *arena, Str old, CaseOutput *wanted, OutputResult *output) {
  StrBuf table = {0}, updated = {0};
  DiffStyle narrow = {.columns = 30, .rows_max = 3};
  diff_table_put(output, &narrow, &table);
  update_text(output, old, &updated);
  Str text = arena_str(arena, strbuf_str(&updated));
  Str body = str_starts(text, STR("\xef\xbb\xbf")) ? str_sub(text, 3, text.len) : text;
  if (!compare(arena, body, wanted, output)) BUG("an updated text cannot be read: %s", text.ptr);
  if (!diff_is_empty(&output->diff)) BUG("rows differ after an update: %s", text.ptr);
  strbuf_release(&table);
  strbuf_release(&updated);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2) return 0;
  Arena arena;
  arena_init(&arena);
  Str left, right, text = arena_str(&arena, (Str){(const char *)data + 1, size - 1});
  str_cut(text, 0, &left, &right);
  CaseOutput wanted = {.name = STR("o"), .path = STR("o.json"),
                       .rules = {.ordered = data[0] & 1, .tolerance = data[0] & 2 ? 1e-3 : 0}};
  OutputResult output = {.name = STR("o"), .outcome = OUTPUT_DIFFERS, .wanted = &wanted};
  StrBuf problem = {0};
  bool ok = rows_read(&arena, right, &wanted.rules, &output.actual, &problem);
  Str body = str_starts(left, STR("\xef\xbb\xbf")) ? str_sub(left, 3, left.len) : left;
  if (ok && compare(&arena, body, &wanted, &output)) check_update(&arena, left, &wanted, &output);
  strbuf_release(&problem);
  arena_release(&arena);
  return 0;
}
