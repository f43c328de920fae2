/* json_index.cc: see json_index.h.
**
** The On-Demand front end itself is not used: in 3.0.1 iterate_many cannot go on behind a malformed document (it may
** crash, or join two truncated messages into one valid document), and it hands out values one at a time where the
** walk knows from the document before which keys to expect. The first stage, the index of all tokens, is what makes
** simdjson fast; the index leaves every decision about messages to us. docs/design/0002 weighs this. */
#include "connectors/formats/json_index.h"

#include <memory>

#include <simdjson.h>

struct JsonIndex {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
  uint32_t count = 0;
};

namespace {

constexpr size_t kCapacityFirst = 64 << 10;
constexpr size_t kDepth = 1; /* of the second stage, which never runs */

JsonIndexError from_simdjson(simdjson::error_code code) {
  switch (code) {
    case simdjson::SUCCESS: return JSON_INDEX_OK;
    case simdjson::EMPTY: return JSON_INDEX_OK; /* no token at all */
    case simdjson::UTF8_ERROR: return JSON_INDEX_UTF8;
    case simdjson::UNESCAPED_CHARS: return JSON_INDEX_CONTROL;
    case simdjson::UNCLOSED_STRING: return JSON_INDEX_UNCLOSED;
    default: return JSON_INDEX_FAILED;
  }
}

bool reserve(JsonIndex *index, size_t len) {
  if (index->parser->capacity() >= len) return true;
  size_t wanted = index->parser->capacity() * 2;
  return index->parser->set_capacity(wanted > len ? wanted : len) == simdjson::SUCCESS;
}

}  // namespace

extern "C" JsonIndex *json_index_new(void) {
  auto index = std::make_unique<JsonIndex>();
  auto *implementation = static_cast<const simdjson::implementation *>(simdjson::get_active_implementation());
  if (implementation->create_dom_parser_implementation(kCapacityFirst, kDepth, index->parser)) std::terminate();
  return index.release();
}

extern "C" void json_index_free(JsonIndex *index) { delete index; }

extern "C" JsonIndexError json_index_run(JsonIndex *index, const char *bytes, uint32_t len, uint32_t sentinel) {
  index->count = 0;
  if (len > 0) {
    if (!reserve(index, len)) return JSON_INDEX_FAILED;
    auto *text = reinterpret_cast<const uint8_t *>(bytes);
    auto error = from_simdjson(index->parser->stage1(text, len, simdjson::stage1_mode::regular));
    if (error != JSON_INDEX_OK) return error;
    index->count = index->parser->n_structural_indexes;
  }
  index->parser->structural_indexes[index->count] = sentinel;
  index->parser->structural_indexes[index->count + 1] = sentinel;
  return JSON_INDEX_OK;
}

extern "C" const uint32_t *json_index_tokens(const JsonIndex *index, uint32_t *count) {
  *count = index->count;
  return index->parser->structural_indexes.get();
}
