/* json_reason.h: what is wrong with JSON text that could not be indexed, in the user's words. Slow and exact;
** only called for bad records,
** but for json_specials, which is what sends a record there when the index is content. */
#ifndef WEIR_FORMATS_JSON_REASON_H
#define WEIR_FORMATS_JSON_REASON_H

#include "base/str.h"
#include "connectors/formats/json_index.h"

typedef struct JsonSpecials {
  bool     control;   /* control characters that JSON allows nowhere outside strings */
  bool     backslash;
  uint32_t newlines;
} JsonSpecials;
/* What is among the bytes, at the speed of memory. */
JsonSpecials json_specials(const char *bytes, size_t len);
/* Less than that, twice as fast. */
typedef struct JsonLows {
  uint32_t controls;  /* how many control characters of any kind */
  bool     backslash;
} JsonLows;
JsonLows json_lows(const char *bytes, size_t len);
/* The first control character that JSON allows nowhere outside strings (all but tab, line feed and carriage
** return), or SIZE_MAX. */
size_t json_control_at(const char *bytes, size_t len);

/* The first byte that is not well-formed UTF-8, or the length of the text. */
size_t json_utf8_error_at(Str text);

/* The reason, without its place, and the place, for an error of json_index_run. */
const char *json_index_reason(Str text, JsonIndexError error, size_t *at);

#endif
