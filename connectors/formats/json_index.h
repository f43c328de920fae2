/* json_index.h: where the tokens of JSON text are, by simdjson's first stage: the index that its On-Demand
** parser walks.
**
** Of a text we get the offsets of all brackets, colons and commas outside strings, of the opening quote of
** each string and of the first byte of each number or word, in ascending order; that the text is UTF-8, that
** no string holds a raw control character and that the last string ends. Everything else (grammar, brackets,
** numbers) is the walker's business (json_walk.c). About 10 GB a second, some 18 ns for an event of 180 bytes.
**
** This is the only C++ of the folder and its whole surface. Thread: one at a time. */
#ifndef WEIR_FORMATS_JSON_INDEX_H
#define WEIR_FORMATS_JSON_INDEX_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum JsonIndexError {
  JSON_INDEX_OK,
  JSON_INDEX_UTF8,     /* bytes that are not UTF-8 */
  JSON_INDEX_CONTROL,  /* a raw control character inside a string */
  JSON_INDEX_UNCLOSED, /* a string without its closing quote */
  JSON_INDEX_FAILED,   /* anything else the library says */
} JsonIndexError;

typedef struct JsonIndex JsonIndex;

JsonIndex *json_index_new(void);
void       json_index_free(JsonIndex *index); /* NULL is fine */
/* Indexes len bytes; nothing behind them is read. Two more entries that hold `sentinel` follow the last one:
** point it at a NUL byte, which no grammar rule accepts, and walkers need no check for the end. */
JsonIndexError json_index_run(JsonIndex *index, const char *bytes, uint32_t len, uint32_t sentinel);
/* The offsets of the last run; valid until the next one. */
const uint32_t *json_index_tokens(const JsonIndex *index, uint32_t *count);

#ifdef __cplusplus
}
#endif

#endif
