/* match_automaton.c: from a pattern to places and targets, in two steps: code with forks in order of preference
** (Thompson), then for each place the places that are reached without taking a row, depth first, each once.
**
**   TAKE v      a place                       A*    L: FORK body, out;  body;  GOTO L
**   FORK a b    a is preferred                A+    L: body;  FORK L, out        (when body cannot match nothing)
**   GOTO a                                    A?    FORK body, out;  body
*/
#include "ops/match_automaton.h"

#include <string.h>

#include "base/mem.h"
#include "base/vec.h"

typedef enum CodeKind { CODE_TAKE, CODE_FORK, CODE_GOTO, CODE_END } CodeKind;

typedef struct Code {
  CodeKind kind;
  uint32_t a, b;  /* TAKE: variable, place; FORK: preferred, other; GOTO: target */
} Code;

typedef struct Compiler {
  Arena *arena;
  Vec(Code) code;
  uint32_t  places;
  uint32_t *seen;        /* by code: the number of the walk that saw it */
  uint32_t  walk;
  Vec(uint32_t) reached; /* places, in order of preference */
  Vec(uint32_t) stack;
} Compiler;

/* ---- code ------------------------------------------------------------------------------------- */

static uint32_t put(Compiler *c, CodeKind kind, uint32_t a, uint32_t b) {
  vec_push(&c->code, (Code){kind, a, b});
  return c->code.len - 1;
}

static bool may_be_empty(const MatchPattern *pattern) {
  if (pattern->kind == MATCH_VARIABLE) return false;
  if (pattern->kind == MATCH_REPEAT) return pattern->min == 0 || may_be_empty(pattern->parts[0]);
  bool any = false, all = true;
  for (uint32_t i = 0; i < pattern->len; i++) {
    bool empty = may_be_empty(pattern->parts[i]);
    any |= empty;
    all &= empty;
  }
  return pattern->kind == MATCH_CHOICE ? any : all;
}

static void put_pattern(Compiler *c, const MatchPattern *pattern);

static void put_choice(Compiler *c, const MatchPattern *pattern) {
  Vec(uint32_t) ends = {0};
  for (uint32_t i = 0; i < pattern->len; i++) {
    bool last = i + 1 == pattern->len;
    uint32_t fork = last ? 0 : put(c, CODE_FORK, c->code.len + 1, 0);
    put_pattern(c, pattern->parts[i]);
    if (last) break;
    vec_push(&ends, put(c, CODE_GOTO, 0, 0));
    c->code.items[fork].b = c->code.len;
  }
  for (uint32_t i = 0; i < ends.len; i++) c->code.items[ends.items[i]].a = c->code.len;
  vec_release(&ends);
}

static void put_loop(Compiler *c, const MatchPattern *part) {
  uint32_t fork = put(c, CODE_FORK, c->code.len + 1, 0);
  put_pattern(c, part);
  put(c, CODE_GOTO, fork, 0);
  c->code.items[fork].b = c->code.len;
}

static void put_optional(Compiler *c, const MatchPattern *part, uint32_t times) {
  Vec(uint32_t) forks = {0};
  for (uint32_t i = 0; i < times; i++) {
    vec_push(&forks, put(c, CODE_FORK, c->code.len + 1, 0));
    put_pattern(c, part);
  }
  for (uint32_t i = 0; i < forks.len; i++) c->code.items[forks.items[i]].b = c->code.len;
  vec_release(&forks);
}

static void put_repeat(Compiler *c, const MatchPattern *pattern) {
  const MatchPattern *part = pattern->parts[0];
  uint32_t last = c->code.len;
  for (uint32_t i = 0; i < pattern->min; i++) {
    last = c->code.len;
    put_pattern(c, part);
  }
  if (pattern->max != UINT32_MAX) put_optional(c, part, pattern->max - pattern->min);
  else if (pattern->min == 0 || may_be_empty(part)) put_loop(c, part);
  else put(c, CODE_FORK, last, c->code.len + 1);
}

static void put_pattern(Compiler *c, const MatchPattern *pattern) {
  switch (pattern->kind) {
    case MATCH_VARIABLE: put(c, CODE_TAKE, pattern->var, c->places++); break;
    case MATCH_SEQUENCE:
      for (uint32_t i = 0; i < pattern->len; i++) put_pattern(c, pattern->parts[i]);
      break;
    case MATCH_CHOICE: put_choice(c, pattern); break;
    case MATCH_REPEAT: put_repeat(c, pattern); break;
  }
}

/* ---- targets ---------------------------------------------------------------------------------- */

/* Everything reached from `at` without taking a row. */
static MatchTargets walk_from(Compiler *c, uint32_t at) {
  c->walk++;
  c->reached.len = c->stack.len = 0;
  vec_push(&c->stack, at);
  while (c->stack.len) {
    uint32_t here = c->stack.items[--c->stack.len];
    if (c->seen[here] == c->walk) continue;
    c->seen[here] = c->walk;
    const Code *code = &c->code.items[here];
    if (code->kind == CODE_TAKE) {
      vec_push(&c->reached, code->b);
    } else if (code->kind == CODE_END) {
      vec_push(&c->reached, MATCH_END);
      break; /* what comes behind is never preferred */
    } else {
      if (code->kind == CODE_FORK) vec_push(&c->stack, code->b);
      vec_push(&c->stack, code->a);
    }
  }
  return (MatchTargets){arena_dup(c->arena, c->reached.items, c->reached.len * sizeof(uint32_t)), c->reached.len};
}

MatchAutomaton *match_automaton_new(Arena *arena, const MatchPattern *pattern) {
  Compiler c = {.arena = arena};
  put_pattern(&c, pattern);
  put(&c, CODE_END, 0, 0);
  c.seen = mem_zalloc(mem_mul(c.code.len, sizeof *c.seen));
  MatchAutomaton *automaton = ARENA_NEW(arena, MatchAutomaton);
  automaton->places_len = c.places;
  automaton->vars = ARENA_ARRAY(arena, uint32_t, c.places + 1);
  automaton->next = ARENA_ARRAY(arena, MatchTargets, c.places + 1);
  automaton->start = walk_from(&c, 0);
  for (uint32_t i = 0; i < c.code.len; i++) {
    if (c.code.items[i].kind != CODE_TAKE) continue;
    automaton->vars[c.code.items[i].b] = c.code.items[i].a;
    automaton->next[c.code.items[i].b] = walk_from(&c, i + 1);
  }
  mem_free(c.seen);
  vec_release(&c.code);
  vec_release(&c.reached);
  vec_release(&c.stack);
  return automaton;
}

static void print_targets(const MatchTargets *targets, StrBuf *out) {
  for (uint32_t i = 0; i < targets->len; i++) {
    if (targets->items[i] == MATCH_END) strbuf_puts(out, " END");
    else strbuf_printf(out, " %u", targets->items[i]);
  }
  strbuf_putc(out, '\n');
}

void match_automaton_print(const MatchAutomaton *automaton, const MatchVariable *vars, StrBuf *out) {
  strbuf_puts(out, "start:");
  print_targets(&automaton->start, out);
  for (uint32_t i = 0; i < automaton->places_len; i++) {
    strbuf_printf(out, "%u " STR_FMT ":", i, STR_ARG(vars[automaton->vars[i]].name));
    print_targets(&automaton->next[i], out);
  }
}
