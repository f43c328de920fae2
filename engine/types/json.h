/* json.h: looking inside JSON text. Record and array values are slices of JSON text that is parsed only
** when something looks inside; this is the looking. Also the small tree used for configuration files.
**
** The slices come from a decoder that has checked bracket balance only, so every function here survives
** malformed text: it reads it as "not found" or false, never beyond len. Nesting is cut at JSON_DEPTH_MAX. */
#ifndef WEIR_TYPES_JSON_H
#define WEIR_TYPES_JSON_H

#include "base/arena.h"
#include "base/status.h"
#include "types/value.h"

enum { JSON_DEPTH_MAX = 1000 };

/* Walks the members of an object or the elements of an array. */
typedef struct JsonCursor {
  const char *at, *end;
  bool object, done, bad;
} JsonCursor;
bool json_open(JsonCursor *cursor, Str text); /* false when text is neither an object nor an array */
/* Next member: key as it stands between its quotes, escapes included (empty for an array), and the
** slice of its value without blanks around it. False at the end or when the text is malformed (bad). */
bool json_next(JsonCursor *cursor, Str *raw_key, Str *raw_value);

/* The field of an object: the exact spelling wins, else the first that matches without regard to case;
** of duplicate keys of one spelling the last wins. False when absent or text is no object. */
bool json_field(Str object, Str name, Str *raw_value);
bool json_element(Str array, uint64_t index, Str *raw_value);
int64_t json_array_length(Str array); /* -1 when malformed or no array */
/* The value a raw slice stands for: bigint or float, bit, text (unescaped into the arena only when it
** holds a backslash), record, array, NULL. False when the slice is malformed, an integer leaves 64 bits or
** a number a double. Of records and arrays only the brackets at both ends are looked at. UTF-8 is the
** decoder's business. */
bool json_value(Str raw, Arena *arena, Value *out);
/* Text between quotes -> UTF-8. Returns false on a bad escape; a lone surrogate becomes U+FFFD. */
bool json_unescape(Str raw, StrBuf *out);
bool json_valid(Str text, size_t *error_at);   /* full RFC 8259 check; error_at may be NULL */

void json_put_string(StrBuf *out, Str text);   /* quotes and escapes; invalid UTF-8 becomes U+FFFD */
/* Drops blanks outside strings; bare control characters inside strings are escaped, so a line stays a line. */
void json_put_minified(StrBuf *out, Str text);
/* Canonical form: keys sorted by bytes after unescaping, duplicates last-wins, numbers by value, no blanks.
** Equal records have equal canonical text; integers beyond 64 bits and malformed parts stay as they are. */
void json_put_canonical(StrBuf *out, Str text);

/* As compatibility levels below 1.2 see it: 11: true and false are 1 and 0; 10: and ISO 8601 texts are datetimes. */
void json_put_at_level(StrBuf *out, Str text, int compat);

/* ---- trees, for configuration files ---- */

typedef enum JsonKind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT } JsonKind;
typedef struct JsonNode JsonNode;
struct JsonNode {
  JsonKind  kind;
  Str       key;      /* of a member; unescaped */
  Str       text;     /* string: unescaped; number, bool, null: as written; array, object: slice of the source */
  double    number;   /* of a number */
  bool      boolean;
  uint32_t  offset;   /* byte offset in the source, for messages */
  JsonNode *first, *next; /* children, siblings */
};
/* Accepts a byte-order mark, comments (// and block) and trailing commas, as project files have them.
** On failure returns NULL and says what and where ("line 3, column 7: ..."; STATUS_CONFIG, who is empty). */
JsonNode *json_parse_tree(Arena *arena, Str text, Error *err);
/* The exact spelling wins, else the first without regard to case; NULL when absent or no object. */
JsonNode *json_get(const JsonNode *object, const char *key);
unsigned  json_count(const JsonNode *node);

#endif
