/* parse.h: SQL text to AST.
**
** Reports every mistake it finds, one message each: after a mistake it goes on at the next statement
** (or the next WITH step). Time and memory are linear in the text. */
#ifndef WEIR_GRAMMAR_PARSE_H
#define WEIR_GRAMMAR_PARSE_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/source_text.h"
#include "grammar/ast.h"

/* True when no error was added to diags; then *out is the whole script, in the arena. On false *out holds
** the statements that were understood, for tools. The source must outlive the tree. */
bool parse_script(SourceText *source, Arena *arena, DiagList *diags, AstScript **out);

#endif
