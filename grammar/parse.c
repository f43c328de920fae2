/* parse.c: the driver: lexer, keywords, grammar, and what happens after a mistake.
**
** The token list is parsed in sections. Usually there is one, the whole script. When a token cannot
** stand where it does, syntax_explain says so, the half-built statement is dropped, and a new section
** begins at the next statement or WITH step, so that one run shows the mistakes of all statements.
** Every token is fed once, and each mistake replays its own section only: time stays linear. */
#include "grammar/parse.h"

#include "asaql.h"
#include "grammar/keywords.h"
#include "grammar/lexer.h"
#include "grammar/parser.h"

/* Stack entries of the automaton; about eight a level of nested calls. Bounds parentheses, which make
** no nodes and so are not seen by AST_DEPTH_MAX. */
enum { STACK_MAX = 10000 };

static bool feed(Parser *p, void *lemon, int kind, Token token) {
  DiagMark mark = diags_mark(p->diags);
  asaql(lemon, kind, token);
  p->prev_end = token.span.end;
  if (!p->syntax_error) return true;
  diags_truncate(p->diags, mark); /* what reductions on the way to the mistake said is void */
  return false;
}

static bool check_stack(Parser *p, void *lemon, Token token) {
  if (asaql_depth(lemon) <= STACK_MAX) return true;
  if (!p->too_deep) {
    Diag *diag = diag_add(p->diags, DIAG_too_deep, token.span, "this nests too deeply");
    diag_hint(p->diags, diag, "split it into WITH steps");
  }
  p->too_deep = true;
  return false;
}

/* Parses from the section's begin. False: the token at p->at ended it; true: the text ended. */
static bool parse_section(Parser *p, void *lemon, Section section) {
  if (section.in_with) {
    Token with = {.kind = TK_WITH, .span = p->tokens.items[section.begin].span};
    feed(p, lemon, TK_WITH, with);
  }
  for (p->at = section.begin; p->at < p->tokens.len; p->at++) {
    Token token = p->tokens.items[p->at];
    if (token.kind == TOKEN_ILLEGAL) return false;
    uint32_t prev_end = p->prev_end;
    if (!feed(p, lemon, token.kind, token)) {
      p->prev_end = prev_end;
      p->syntax_error = false;
      syntax_explain(p, section);
      return false;
    }
    if (!check_stack(p, lemon, token)) return false;
  }
  return true;
}

static void parse_tokens(Parser *p) {
  Section section = {0};
  for (bool done = false; !done;) {
    void *lemon = asaqlAlloc(mem_alloc, p);
    done = parse_section(p, lemon, section);
    asaqlFree(lemon, mem_free);
    if (done) break;
    section = syntax_resume(p, section);
  }
}

static void check_not_empty(Parser *p) {
  if (p->script->queries_len) return;
  Diag *diag = p->tokens.len == 1
                   ? diag_add(p->diags, DIAG_nothing_to_run, (Span){0, 0}, "the query is empty")
                   : diag_add(p->diags, DIAG_nothing_to_run, p->script->span, "the query has no SELECT statement");
  Str source = p->script->steps_len ? p->script->steps[p->script->steps_len - 1]->name.text : STR("input");
  diag_hint(p->diags, diag, "add one: `SELECT * FROM " STR_FMT "`", STR_ARG(source));
}

bool parse_script(SourceText *source, Arena *arena, DiagList *diags, AstScript **out) {
  unsigned errors = diags->errors;
  Parser parser = {.source = source, .arena = arena, .diags = diags, .script = ARENA_NEW(arena, AstScript)};
  parser.script->kind = AST_SCRIPT;
  if (lex_source(source, diags, &parser.tokens, NULL)) {
    keywords_resolve(&parser.tokens, source->text);
    parser.script->span.begin = parser.tokens.items[0].span.begin;
    parser.script->span.end = parser.tokens.len > 1 ? parser.tokens.items[parser.tokens.len - 2].span.end : 0;
    if (parser.tokens.len == 1) parser.script->span = (Span){0, 0};
    parse_tokens(&parser);
    if (diags->errors == errors) check_not_empty(&parser);
  }
  vec_release(&parser.tokens);
  *out = parser.script;
  return diags->errors == errors;
}
