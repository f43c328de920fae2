/* json_walk.h: one JSON document, by its index, into one row of a row store.
**
** The walker checks the grammar of the objects it goes through (the event and the records on wanted paths)
** and the values it puts down, records and arrays to their innermost values; of every other value only that it
** looks like one and that its brackets balance. Thread: one. */
#ifndef WEIR_FORMATS_JSON_WALK_H
#define WEIR_FORMATS_JSON_WALK_H

#include "connectors/formats/json_plan.h"
#include "connectors/formats/row_store.h"

enum { JSON_WALK_DEPTH_MAX = 1000 }; /* levels of objects and arrays in an event */
#define JSON_WALK_BAD UINT32_MAX

typedef struct JsonWalk {
  const char     *base;    /* the indexed bytes; a NUL stands at base[tokens[count]] */
  const char     *end;     /* of the message or piece: what messages quote stays before it */
  const char     *origin;  /* where text views point: the byte base[i] lives at origin[i] for good */
  const uint32_t *tokens;
  bool            backslashes; /* whether the bytes hold any */
  int             compat;  /* 10, 11 or 12 */
  bool            required; /* some field is */
  RowStore       *store;
  JsonPlanNode   *plan;
  StrBuf          key;     /* scratch: an unescaped key */
  const DecodeSpec *spec;
  /* what was wrong, after JSON_WALK_BAD: */
  const char     *why_at;  /* NULL when no place is to blame */
  char            why[160];
} JsonWalk;

/* Walks the object whose opening bracket is token `at` and puts its values into the row being filled; the
** row is neither cleared nor committed. Returns the token of the closing bracket, or JSON_WALK_BAD. */
uint32_t json_walk_event(JsonWalk *walk, uint32_t at);
/* Whether the object or array at `at`, whose brackets balance, is JSON to its innermost values. */
bool json_walk_check(JsonWalk *walk, uint32_t at);
/* The token of the bracket that closes the one at `at`, or JSON_WALK_BAD. */
uint32_t json_walk_skip(JsonWalk *walk, uint32_t at);

#endif
