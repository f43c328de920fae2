/* plan.h: the logical plan: which operators run, over what, in which order. Read-only once built; run/graph.c
** makes an operator for every node, explain.c prints it.
**
** A node that several nodes read is computed once. Nodes stand behind their inputs in `nodes`.
** Ownership: the arena given to plan_build, which also holds the expressions. Thread: any, for reading. */
#ifndef WEIR_PLAN_PLAN_H
#define WEIR_PLAN_PLAN_H

#include "bind/bind.h"
#include "expr/expr.h"
#include "io/format.h"
#include "windows/window.h"

typedef enum PlanKind {
  PLAN_ENTRANCE,       /* an input with its clock: policies, watermarks, order within the partition */
  PLAN_REFERENCE,      /* the rows of a reference input */
  PLAN_FILTER,
  PLAN_PROJECT,
  PLAN_AGGREGATE,      /* GROUP BY over one window: tumbling, hopping, snapshot */
  PLAN_SESSION,        /* GROUP BY over a session window; the input is in order */
  PLAN_SLIDING,        /* GROUP BY over a sliding window; the input is in order */
  PLAN_JOIN_REFERENCE, /* stream (input 0) with reference data (input 1) */
  PLAN_JOIN_STREAM,    /* stream (input 0) with stream (input 1), within a bound on time */
  PLAN_UNION,
  PLAN_MERGE,          /* partitions into one stream ordered by time */
  PLAN_ANALYTIC,       /* functions that look back over the rows of an ordered stream */
  PLAN_APPLY,          /* a row an element of an array or a property of a record */
  PLAN_MATCH,          /* rows that follow a pattern, over an ordered stream */
  PLAN_OUTPUT,         /* into an output */
  PLAN_KINDS
} PlanKind;

typedef struct PlanColumn {
  Str      name;     /* empty for a star */
  bool     star, hidden;
  TypeMask types;
} PlanColumn;

typedef struct PlanInput {
  Str      name;
  bool     reference;
  Span     span;
  DecodeField *fields;          /* of INPUT_FIELD columns */
  uint32_t fields_len;
  DecodeField *declared_only;   /* declared by CREATE TABLE, read by nobody */
  uint32_t declared_only_len;
  Str     *declared_names;      /* all of CREATE TABLE, in order */
  uint32_t declared_len;
  InputColumnKind *kinds;       /* of each column of the batches the input gives */
  uint32_t *field_of;           /* for INPUT_FIELD: index in fields */
  PlanColumn *cols;
  uint32_t cols_len;
  bool     payload;             /* the raw event is kept for stars and for the quarantine */
} PlanInput;

typedef struct PlanOutput {
  Str      name;
  OutputSchema schema;          /* the columns of all statements into this output, by name */
} PlanOutput;

typedef struct PlanAgg {
  AggCall  call;
  Expr   **args;                /* call.args_len of them */
  Str      text;                /* for explain */
} PlanAgg;

typedef struct PlanNode PlanNode;
struct PlanNode {
  PlanKind   kind;
  uint32_t   id;                /* index in PlanScript.nodes */
  Str        label;             /* the step it ends, for people; may be empty */
  Span       span;
  PlanNode **inputs;
  uint32_t   inputs_len;
  PlanColumn *cols;             /* of the batches it emits */
  uint32_t   cols_len;
  bool       reference;         /* works on reference data, not on a stream */
  uint32_t   substreams;        /* its rows follow a clock for each value of so many OVER columns; 0: one clock */
  union {
    struct {
      PlanInput *input;
      Expr *timestamp;          /* NULL: arrival time */
      Expr **over;              /* substreams of them */
    } entrance;
    PlanInput *scan;            /* PLAN_REFERENCE */
    Expr *condition;            /* PLAN_FILTER */
    struct { Expr **values; } project; /* cols_len of them */
    struct { /* the three kinds of GROUP BY; columns: keys, aggregates, the window's id when wanted */
      WindowSpec window;
      Expr **session_keys;      /* of OVER (PARTITION BY ...) */
      uint32_t session_keys_len;
      Expr **keys;
      uint32_t keys_len;
      PlanAgg *aggs;
      uint32_t aggs_len;
      bool window_id;
    } aggregate;
    struct {                    /* columns: left ones, right ones */
      bool   left_outer;
      Expr **left_keys, **right_keys;
      uint32_t keys_len;
      Expr  *residual;          /* NULL: none. With a stream the keys are in it */
      const JoinBound *bounds;  /* PLAN_JOIN_STREAM */
      uint32_t bounds_len;
      Ticks  reach;
      bool  *needed;            /* PLAN_JOIN_STREAM: by column; the others may be NULL */
    } join;
    struct {                    /* columns: those of the input, then one a call */
      const AnalyticCall **calls;
      uint32_t calls_len;
    } analytic;
    const BoundRelation *match; /* columns: keys, measures */
    BoundApply apply;           /* columns: those of the input, then two */
    PlanOutput *output;
  };
};

typedef struct PlanScript {
  Arena     *arena;
  PlanNode **nodes;
  uint32_t   nodes_len;
  PlanInput **inputs;
  uint32_t   inputs_len;
  PlanOutput **outputs;
  uint32_t   outputs_len;
  int        compat;
  SourceText *source;           /* borrowed: where run-time errors point */
} PlanScript;

const char *plan_kind_name(PlanKind kind);
bool plan_is_group_by(PlanKind kind); /* one of the kinds that fill `aggregate` */
PlanScript *plan_build(const BoundScript *script, int compat, SourceText *source, Arena *arena);

typedef enum ExplainFormat { EXPLAIN_TEXT, EXPLAIN_DOT, EXPLAIN_MERMAID, EXPLAIN_JSON } ExplainFormat;
void plan_explain(const PlanScript *plan, ExplainFormat format, StrBuf *out); /* stable: golden tests pin it */

#endif
