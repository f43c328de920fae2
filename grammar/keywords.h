/* keywords.h: the table of keywords (keywords.def). Thread: any. */
#ifndef WEIR_GRAMMAR_KEYWORDS_H
#define WEIR_GRAMMAR_KEYWORDS_H

#include <stdbool.h>

#include "base/str.h"
#include "grammar/tokens.h"

typedef enum KeywordClass { KEYWORD_RESERVED, KEYWORD_SOFT, KEYWORD_CONTEXT } KeywordClass;

typedef struct Keyword {
  int          token;
  Str          text;
  KeywordClass class;
  Str          follow; /* words and signs, separated by blanks; empty: anything */
  const char  *doc;
} Keyword;

/* All of them, in ascending order of text. */
const Keyword *keywords_all(unsigned *count);
/* The first row of this text, without regard to case; NULL: not a keyword. */
const Keyword *keyword_find(Str text);
/* The row of a token; NULL: the token is not a keyword. */
const Keyword *keyword_of_token(int token);
/* Turns every word that is a keyword where it stands into its token. texts are read from source. */
void keywords_resolve(Tokens *tokens, Str source);
/* True when the token at `next` lets this keyword be one. */
bool keyword_fits(const Keyword *keyword, const Token *next, Str source);

#endif
