/* parser.h: what the grammar's actions, the driver and the error messages share. Private to grammar/. */
#ifndef WEIR_GRAMMAR_PARSER_H
#define WEIR_GRAMMAR_PARSER_H

#include "base/arena.h"
#include "base/diag.h"
#include "grammar/ast.h"
#include "grammar/tokens.h"

typedef struct Parser {
  SourceText *source;
  Arena      *arena;
  DiagList   *diags;
  Tokens      tokens;
  uint32_t    at;           /* the token being fed */
  uint32_t    prev_end;     /* where the token before it ends: at reduce time the end of the rule's text */
  AstScript  *script;
  bool        syntax_error; /* set by the grammar: the token at `at` cannot stand here */
  bool        too_deep;     /* diagnosed once */
} Parser;

static inline Str parser_text(const Parser *p, Span span) { return str_sub(p->source->text, span.begin, span.end); }

/* ---- the generated parser --------------------------------------------------------------------- */

void *asaqlAlloc(void *(*allocate)(size_t), Parser *p);
void  asaqlFree(void *parser, void (*release)(void *));
void  asaql(void *parser, int kind, Token token);
/* Entries on the stack: how deep the text nests at this place. */
unsigned asaql_depth(void *parser);

/* The generated automaton run on token kinds alone, without actions: tells what a token would do. The
** error messages replay a statement up to its mistake and then try every token there is. */
typedef struct Replay { uint16_t *states; uint32_t len, cap; } Replay;

void replay_start(Replay *replay);
void replay_copy(Replay *replay, const Replay *from);
/* False: the token cannot stand here (the replay is then spent). */
bool replay_feed(Replay *replay, int kind);
void replay_release(Replay *replay);

/* ---- errors ----------------------------------------------------------------------------------- */

/* Where the parser began: at a token, perhaps with a WITH in front that is not there. */
typedef struct Section { uint32_t begin; bool in_with; } Section;

/* Explains why the token at p->at cannot stand there: one diagnostic, none for TOKEN_ILLEGAL. */
void syntax_explain(Parser *p, Section section);
/* What the parser tries after a mistake at p->at: the next statement or WITH step. */
Section syntax_resume(const Parser *p, Section section);

#endif
