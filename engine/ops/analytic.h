/* analytic.h: what the functions that look back (LAG, LAST, ISFIRST, aggregates with OVER) have in common: one
** table of functions a kind, over a state of its own for every PARTITION BY key. op_analytic.c drives them.
**
**   frame   one call of the query, made ready: its class, its place among the results, its columns in this batch
**   row     a row of the source; it *counts* when WHEN holds (or there is none)
**
** Rows come in the order of time, at least those of a key. Thread: one. */
#ifndef WEIR_OPS_ANALYTIC_H
#define WEIR_OPS_ANALYTIC_H

#include "column/batch.h"
#include "plan/plan.h"

typedef struct AnalyticClass AnalyticClass;

typedef struct AnalyticFrame {
  const AnalyticCall  *call;
  const AnalyticClass *cls;
  uint32_t   place;       /* of its result among the calls of the operator */
  uint32_t   value;       /* of its first argument among the operator's values; then WHEN, then the default */
  size_t     at;          /* of its state among the states of a key */
  WindowSpec intervals;   /* ISFIRST */
  void      *spare;       /* aggregates: room for one state */
  Selection *one;         /* room for one row */
  FnScratch *scratch;     /* for messages and texts of aggregates */
  Column *const *args;    /* in the batch at hand, like the next two */
  const Column *when, *otherwise; /* NULL: there is none */
} AnalyticFrame;

typedef struct AnalyticRow {
  uint32_t row;           /* of the batch */
  Ticks    time;
  bool     counts;
} AnalyticRow;

struct AnalyticClass {
  AnalyticKind kind;
  size_t (*bytes)(const AnalyticCall *call);                /* of a state: a multiple of 16 */
  void   (*init)(const AnalyticFrame *frame, void *state);  /* of zero bytes */
  /* Puts the value of the row into `out` (nothing: NULL), and takes the row in when it counts. False with the
  ** reason in the frame's scratch when there is no value. */
  bool   (*row)(const AnalyticFrame *frame, void *state, const AnalyticRow *row, ColumnBuilder *out);
  void   (*release)(const AnalyticFrame *frame, void *state);
  void   (*save)(const AnalyticFrame *frame, const void *state, ByteWriter *out);
  void   (*load)(const AnalyticFrame *frame, void *state, ByteReader *in); /* into an initial state */
};

extern const AnalyticClass analytic_lag, analytic_last, analytic_isfirst, analytic_aggregate, analytic_spike_and_dip,
    analytic_change_point;

#endif
