/* analytic_keys.h: what is remembered per PARTITION BY key, for all calls with the same keys and duration.
**
** A hash table finds the key of a row. All keys also stand in a list by the time of the last row that changed
** them: a key whose last row is older than the duration remembers nothing any more and is dropped from the front of
** that list, so keys that never return cost nothing. */
#ifndef WEIR_OPS_ANALYTIC_KEYS_H
#define WEIR_OPS_ANALYTIC_KEYS_H

#include "ops/analytic.h"
#include "state/state.h"

typedef struct AnalyticKey AnalyticKey;
struct AnalyticKey {
  uint64_t     hash;
  Ticks        touched;       /* time of the last row that changed it */
  AnalyticKey *older, *newer; /* by `touched` */
  Value        values[];      /* they own their text; the states of the frames stand behind them */
};

enum { ANALYTIC_PARTS = 256 }; /* keys are saved in parts by their hash */

typedef struct AnalyticKeys {
  Ticks          duration;
  Expr *const   *exprs;       /* the key columns */
  uint32_t       exprs_len;
  uint32_t       value;       /* of the first key among the operator's values */
  AnalyticFrame *frames;
  uint32_t       frames_len;
  size_t         states_at, bytes; /* of a key: where its states begin, and its size with them */
  AnalyticKey  **slots;       /* open addressing; NULL: free */
  uint32_t       mask, len;   /* slots - 1; keys */
  AnalyticKey   *oldest, *newest;
  AnalyticKey   *blank;       /* of a key that is not there: initial states */
  bool           shared;      /* blank belongs to others */
  uint64_t       changed[ANALYTIC_PARTS / 64]; /* parts of the state, since they were saved */
} AnalyticKeys;

/* exprs, frames and duration are set; settles the layout. */
void analytic_keys_init(AnalyticKeys *keys);
/* A copy of others begins empty, with their layout; they outlive it. */
void analytic_keys_share(AnalyticKeys *keys);
void analytic_keys_release(AnalyticKeys *keys);
AnalyticKey *analytic_keys_find(const AnalyticKeys *keys, Column *const *cols, uint32_t row, uint64_t hash);
/* The key of the row is not there yet. */
AnalyticKey *analytic_keys_add(AnalyticKeys *keys, Column *const *cols, uint32_t row, uint64_t hash, Ticks time);
void analytic_keys_touch(AnalyticKeys *keys, AnalyticKey *key, Ticks time);
/* Rows below w do not come any more. */
void analytic_keys_expire(AnalyticKeys *keys, Ticks w);
/* place: among the keys of the operator. Parts in which no key changed are kept from the save before. */
Status analytic_keys_save(AnalyticKeys *keys, uint32_t place, StateWriter *out, Error *err);
Status analytic_keys_load(AnalyticKeys *keys, uint32_t place, StateReader *in, Error *err); /* into empty ones */

static inline void *analytic_key_state(const AnalyticKeys *keys, AnalyticKey *key, const AnalyticFrame *frame) {
  return (char *)key + keys->states_at + frame->at;
}

#endif
