/* lexer.h: text to tokens. */
#ifndef WEIR_GRAMMAR_LEXER_H
#define WEIR_GRAMMAR_LEXER_H

#include "base/diag.h"
#include "base/source_text.h"
#include "grammar/tokens.h"

/* Appends the tokens of the source, the last of kind TOKEN_END. Words are TK_IDENT until
** keywords_resolve. What is no token is diagnosed and becomes TOKEN_ILLEGAL. False: the text as a whole
** cannot be read (not UTF-8, NUL bytes, too large) and only TOKEN_END was appended.
** Comments go to `comments` in the order of the text; NULL: nobody wants them. */
bool lex_source(SourceText *source, DiagList *diags, Tokens *tokens, Comments *comments);

#endif
