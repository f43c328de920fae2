/* ast_print.h: trees as text.
**
** Both forms are stable: golden tests and `weir explain --stage ast` show them to people. */
#ifndef WEIR_GRAMMAR_AST_PRINT_H
#define WEIR_GRAMMAR_AST_PRINT_H

#include "base/str.h"
#include "grammar/ast.h"

/* Canonical SQL of a whole script; parsing it again gives the same tree. Comments are not kept. */
void ast_print(const AstScript *script, StrBuf *out);
/* Canonical SQL of one expression, on one line: for messages and default descriptions. */
void ast_print_expr(const AstExpr *expr, StrBuf *out);
/* One node a line, children indented by two blanks, with spans when asked. */
void ast_dump(const AstScript *script, bool spans, StrBuf *out);

#endif
