/* fuzz_json.c: any bytes as JSON, for every function of types/json.h.
** What json_valid accepts must survive minifying, canonical form and the tree parser, and every value
** inside must be readable but for numbers out of range. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/status.h"
#include "types/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(Str text, Arena *arena, unsigned depth) {
  JsonCursor cursor;
  Str key, raw;
  Value v;
  if (!json_open(&cursor, text) || depth > 8) return;
  while (json_next(&cursor, &key, &raw)) {
    json_field(text, key, &raw);
    if (json_value(raw, arena, &v)) value_hash(&v);
    walk(raw, arena, depth + 1);
  }
  json_array_length(text);
  json_element(text, 1, &raw);
}

static void check_string(Str text) {
  StrBuf quoted = {0}, back = {0};
  json_put_string(&quoted, text);
  if (!json_valid(strbuf_str(&quoted), NULL)) BUG("a printed string is not valid");
  if (!json_unescape(str_sub(strbuf_str(&quoted), 1, quoted.len - 1), &back))
    BUG("a printed string does not read back");
  strbuf_release(&quoted);
  strbuf_release(&back);
}

static void check_canonical(Str text) {
  StrBuf once = {0}, twice = {0}, small = {0};
  json_put_canonical(&once, text);
  json_put_canonical(&twice, strbuf_str(&once));
  if (!str_eq(strbuf_str(&once), strbuf_str(&twice))) BUG("the canonical form of a canonical form differs");
  json_put_minified(&small, text);
  strbuf_clear(&twice);
  json_put_canonical(&twice, strbuf_str(&small));
  if (!str_eq(strbuf_str(&once), strbuf_str(&twice))) BUG("blanks change the canonical form");
  if (!json_valid(strbuf_str(&once), NULL) || !json_valid(strbuf_str(&small), NULL)) BUG("valid JSON becomes invalid");
  strbuf_release(&once);
  strbuf_release(&twice);
  strbuf_release(&small);
}

static void survive(Str text) {
  StrBuf out = {0};
  json_put_minified(&out, text);
  json_put_canonical(&out, text);
  json_unescape(text, &out);
  strbuf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Str text = {(const char *)data, size};
  Arena arena;
  Error err;
  arena_init(&arena);
  bool valid = json_valid(text, NULL);
  JsonNode *tree = json_parse_tree(&arena, text, &err);
  if (valid && tree == NULL && strstr(err.message, "out of range") == NULL)
    BUG("valid JSON without a tree: %s", err.message);
  walk(text, &arena, 0);
  check_string(text);
  if (valid) check_canonical(text);
  else survive(text);
  arena_release(&arena);
  return 0;
}
