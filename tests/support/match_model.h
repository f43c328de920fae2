/* match_model.h: MATCH_RECOGNIZE done slowly, to compare with: it tries the ways through a pattern one after the
** other, in order of preference, over the rows of one key, and goes back when one fails. Exponential; for short
** streams. It knows nothing of automata and shares no code with the engine.
**
** What is certain is found by the same search over the rows seen so far: when it comes to their end before it has
** found a match, a row to come may decide, so nothing is certain yet. */
#ifndef WEIR_TESTS_SUPPORT_MATCH_MODEL_H
#define WEIR_TESTS_SUPPORT_MATCH_MODEL_H

#include "bind/bind.h"

enum { MODEL_ROWS = 64 };

typedef struct MatchModel {
  const MatchPattern *pattern;
  int64_t  duration;
  uint32_t rows;             /* of the key, in order */
  int64_t  times[MODEL_ROWS];
  /* Whether row `at` may be taken as `var`, when rows [start, at) were taken as path[0..at - start). */
  bool   (*takes)(void *context, uint32_t var, uint32_t start, uint32_t at, const uint32_t *path);
  void    *context;
} MatchModel;

typedef struct ModelMatch {
  bool     found;
  uint32_t len;              /* rows from the first one */
  uint32_t path[MODEL_ROWS]; /* their variables */
  int64_t  time;             /* when it became certain */
} ModelMatch;

/* The match that begins with row `start`. */
ModelMatch match_model_find(const MatchModel *model, uint32_t start);

#endif
