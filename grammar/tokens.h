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

/* What the grammar skips and the formatter keeps: a comment and the token it stands in front of. */
typedef struct Comment {
  Span     span;   /* with its marks; a line comment ends before the line end */
  uint32_t before; /* index in Tokens */
} Comment;

typedef Vec(Comment) Comments;

/* "`SELECT`", "`,`", "a name"; of any kind a Token may have. */
const char *token_name(int kind);

#endif
