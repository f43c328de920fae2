/* match_automaton.h: a PATTERN as an automaton.
**
** A *place* is one variable of the pattern with its repetitions written out: where a row is taken. From a place the
** match may go on to other places, or end. The list of these targets is in order of preference, as SQL:2016 has it:
** the leftmost alternative first, one more repetition before going on. Behind an END nothing is wanted any more, so
** a list has at most one END, at its end.
**
**   (A B? (C | D))    places 0 A, 1 B, 2 C, 3 D    start: 0    0: 1 2 3    1: 2 3    2: END    3: END
**   (A* B*)*          places 0 A, 1 B              start: 0 1 END   0: 0 1 END   1: 1 0 END
**
** A repetition without upper bound goes on only after it took a row; so loops over parts that may match nothing end.
** The automaton is read-only; it lives in the arena. */
#ifndef WEIR_OPS_MATCH_AUTOMATON_H
#define WEIR_OPS_MATCH_AUTOMATON_H

#include "plan/plan.h"

enum { MATCH_END = UINT32_MAX };

typedef struct MatchTargets { uint32_t *items; uint32_t len; } MatchTargets;

typedef struct MatchAutomaton {
  uint32_t      places_len;
  uint32_t     *vars;   /* of each place */
  MatchTargets *next;   /* of each place */
  MatchTargets  start;
} MatchAutomaton;

MatchAutomaton *match_automaton_new(Arena *arena, const MatchPattern *pattern);
/* One line a place, for tests: "0 A: 1 2 END". */
void match_automaton_print(const MatchAutomaton *automaton, const MatchVariable *vars, StrBuf *out);

#endif
