/* match_model.c: see match_model.h. A search is a function that matches one part of the pattern and then asks what
** comes behind it; "behind" is a list of parts that are still to be matched. */
#include "support/match_model.h"

#include <string.h>

typedef enum Outcome { FAILS, MATCHES, OPEN } Outcome; /* OPEN: it depends on rows to come */

/* Still to be matched. A repetition remembers how often it went round, and where its last round began. */
typedef struct Behind {
  const MatchPattern *pattern;
  uint32_t at;                /* SEQUENCE: next part; REPEAT: rounds done */
  uint32_t began;
  const struct Behind *then;
} Behind;

typedef struct Search {
  const MatchModel *model;
  uint32_t start, end;        /* rows that may be looked at */
  bool     final;             /* there will be no more */
  uint32_t path[MODEL_ROWS];
  uint32_t len;               /* of the match, when it MATCHES */
} Search;

static Outcome go_on(Search *s, uint32_t at, const Behind *behind);

static Outcome take(Search *s, uint32_t at, uint32_t var, const Behind *behind) {
  if (at == s->end) return s->final ? FAILS : OPEN;
  if (!s->model->takes(s->model->context, var, s->start, at, s->path)) return FAILS;
  s->path[at - s->start] = var;
  return go_on(s, at + 1, behind);
}

static Outcome repeat(Search *s, uint32_t at, const Behind *round) {
  const MatchPattern *pattern = round->pattern;
  bool unbounded = pattern->max == UINT32_MAX, idle = round->at > pattern->min && round->began == at;
  if (unbounded && idle) return FAILS; /* a round beyond the least number took no row */
  if (round->at < pattern->max) {
    Behind next = {pattern, round->at + 1, at, round->then};
    Outcome more = go_on(s, at, &(Behind){pattern->parts[0], 0, 0, &next});
    if (more != FAILS || round->at < pattern->min) return more;
  }
  return go_on(s, at, round->then);
}

static Outcome part(Search *s, uint32_t at, const Behind *behind) {
  const MatchPattern *pattern = behind->pattern;
  switch (pattern->kind) {
    case MATCH_VARIABLE: return take(s, at, pattern->var, behind->then);
    case MATCH_SEQUENCE: {
      if (behind->at == pattern->len) return go_on(s, at, behind->then);
      Behind rest = {pattern, behind->at + 1, 0, behind->then};
      return go_on(s, at, &(Behind){pattern->parts[behind->at], 0, 0, &rest});
    }
    case MATCH_CHOICE:
      for (uint32_t i = 0; i < pattern->len; i++) {
        Outcome outcome = go_on(s, at, &(Behind){pattern->parts[i], 0, 0, behind->then});
        if (outcome != FAILS) return outcome;
      }
      return FAILS;
    case MATCH_REPEAT: return repeat(s, at, behind);
  }
  return FAILS;
}

static Outcome go_on(Search *s, uint32_t at, const Behind *behind) {
  if (behind) return part(s, at, behind);
  s->len = at - s->start;
  return MATCHES;
}

static Outcome search(const MatchModel *model, uint32_t start, uint32_t end, bool final, ModelMatch *out) {
  Search s = {.model = model, .start = start, .end = end, .final = final};
  Outcome outcome = part(&s, start, &(Behind){model->pattern, 0, 0, NULL});
  *out = (ModelMatch){.found = outcome == MATCHES && s.len > 0, .len = s.len};
  memcpy(out->path, s.path, sizeof s.path);
  return outcome;
}

ModelMatch match_model_find(const MatchModel *model, uint32_t start) {
  ModelMatch match;
  int64_t limit = model->times[start] + model->duration;
  uint32_t end = start + 1;
  for (; end <= model->rows && model->times[end - 1] < limit; end++) {
    if (search(model, start, end, false, &match) == OPEN) continue;
    match.time = model->times[end - 1];
    return match;
  }
  search(model, start, end - 1, true, &match);
  match.time = limit;
  return match;
}
