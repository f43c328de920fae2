/* utf8.h: reading and checking UTF-8, and how wide a character is on a terminal.
** Strict as RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. Thread: any. */
#ifndef WEIR_BASE_UTF8_H
#define WEIR_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Decodes the code point at ptr and returns its length in bytes, 1 to 4; 0 when the bytes before end
** are not a valid sequence (then *code_point is not set). ptr < end. */
unsigned utf8_decode(const char *ptr, const char *end, uint32_t *code_point);
/* Offset of the first byte that is not part of a valid sequence; text.len when all are. */
size_t utf8_invalid_at(Str text);
/* Code points in valid text; every byte outside of a valid sequence counts as one. */
size_t utf8_count(Str text);
/* Terminal columns: 0 for combining and zero-width, 2 for East Asian wide and emoji, else 1.
** Control characters count 1: renderers replace them. */
unsigned utf8_width(uint32_t code_point);

#endif
