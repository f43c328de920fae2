/* tokens.h: what the lexer hands to the parser. The kinds TK_... come from the grammar (asaql.h, made by
** lemon); their names for people from tokens.def and keywords.def. */
#ifndef WEIR_GRAMMAR_TOKENS_H
#define WEIR_GRAMMAR_TOKENS_H

#include <stdint.h>

#include "base/span.h"
#include "base/str.h"
#include "base/vec.h"

enum {
  TOKEN_END = 0,        /* end of the text; lemon's end marker */
  TOKEN_ILLEGAL = 9999, /* diagnosed by the lexer; the grammar never sees it */
};

typedef struct Token {
  uint16_t kind; /* TK_..., TOKEN_END or TOKEN_ILLEGAL */
  Span     span; /* with quotes and brackets */
} Token;

typedef Vec(Token) Tokens;

/* "`SELECT`", "`,`", "a name"; of any kind a Token may have. */
const char *token_name(int kind);

#endif
