/* json_check.h: the grammar of an object or array that goes on as text.
**
** A record, an array or a whole event (`SELECT *`) that the query reads is a slice of the payload, and what is put out
** has to be JSON all the way down, although nobody has looked inside. Thread: any. */
#ifndef WEIR_FORMATS_JSON_CHECK_H
#define WEIR_FORMATS_JSON_CHECK_H

#include <stdbool.h>
#include <stdint.h>

/* Checks the tokens (json_index.h) from the bracket at `open` to the one that closes it: commas, colons, names,
** numbers, words, escapes. That brackets balance, that texts end and that bytes are UTF-8 is known. `backslashes`:
** whether there may be any. NULL when all is well, else the place that is not, and in *expected what should stand
** there. */
const char *json_check(const char *base, const uint32_t *tokens, uint32_t open, bool backslashes,
                       const char **expected);

#endif
