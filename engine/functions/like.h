/* like.h: LIKE patterns, compiled once and matched many times.
**
** % stands for any text, _ for one character (code point), [set] and [^set] for one of or none of a set with
** ranges; the escape character, when given, takes the meaning from the next one. Matching is ordinal. A pattern
** with an unclosed [ or with the escape character at its end matches nothing. Thread: a compiled pattern is
** read-only. */
#ifndef WEIR_FUNCTIONS_LIKE_H
#define WEIR_FUNCTIONS_LIKE_H

#include "base/str.h"

typedef struct LikePattern LikePattern;

LikePattern *like_compile(Str pattern, Str escape); /* escape: one character, or empty for none */
void         like_free(LikePattern *like);
bool         like_matches(const LikePattern *like, Str text);
/* PATINDEX: the byte offset of the first place from which the pattern matches to the end of the text, leading %
** set aside; -1: none. */
ptrdiff_t    like_find(const LikePattern *like, Str text);

#endif
