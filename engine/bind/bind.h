/* bind.h: from the tree of a script to names, types, windows and time that are settled.
**
** Nouns
**   provider  what a FROM name stands for: an input, reference data, or a step (WITH, sub-select, union);
**             or a relation with columns of its own (APPLY, MATCH_RECOGNIZE)
**   leaf      one use of a provider in one FROM, with its alias
**   scope     the leaves of one SELECT; columns of the batches its expressions run on
**
** Inputs have no schema: a column exists because something asks for it. Binding a name therefore adds a column
** to the provider it comes from, and passes through the steps between as a hidden column; slots are settled at
** the end (bind_script), when nothing grows any more. So an input knows exactly which paths it must decode.
**
** Ownership: everything lives in the arena. Thread: one. */
#ifndef WEIR_BIND_BIND_H
#define WEIR_BIND_BIND_H

#include "base/diag.h"
#include "base/positions.h"
#include "expr/expr.h"
#include "functions/anomaly.h"
#include "grammar/ast.h"
#include "windows/window.h"

/* ---- what the caller knows about the outside ---- */

typedef struct BindInput {
  Str  name;
  bool reference;
  bool csv;       /* every column is text unless CREATE TABLE says otherwise */
} BindInput;

typedef struct BindOptions {
  const BindInput *inputs; /* from the bindings of a job or project */
  uint32_t inputs_len;
  bool     closed;         /* a FROM name that is neither step nor listed input is an error; else it is an input */
  int      compat;         /* 10, 11, 12 */
} BindOptions;

/* ---- inputs ---- */

typedef enum InputColumnKind {
  INPUT_FIELD,      /* a path of the payload */
  INPUT_PAYLOAD,    /* the whole event, for stars */
  INPUT_ARRIVAL,    /* EventEnqueuedUtcTime */
  INPUT_PROCESSED,  /* EventProcessedUtcTime: when the engine read it */
  INPUT_PARTITION,  /* PartitionId */
  INPUT_BLOB,       /* BlobName: the file */
  INPUT_EVENT_ID,   /* text, the same each time the event is read */
  INPUT_OFFSET,     /* of the message, or of the event in its file */
  INPUT_KEY,        /* of the message, as text; NULL: it has none, or no UTF-8 */
  INPUT_HEADERS,    /* of the message, a record of texts; NULL: none */
} InputColumnKind;

typedef struct BoundInputColumn {
  InputColumnKind kind;
  Str      name;      /* dotted path, for people */
  Str     *path;      /* INPUT_FIELD */
  uint32_t depth;
  Type     declared;  /* CREATE TABLE; TYPE_NULL: none */
  TypeMask types;
  const struct BoundInput *input;
  Span     span;      /* INPUT_FIELD: where it is first read */
  Type     wish;      /* of a CSV column: the type the query has use for; TYPE_NULL: none */
} BoundInputColumn;

typedef struct BoundField { Str name; Type type; Span span; } BoundField; /* of CREATE TABLE */

typedef struct BoundInput {
  Str   name;
  bool  reference, csv;
  Span  span;                       /* first use, for messages */
  BoundField *declared;             /* CREATE TABLE; NULL: none */
  uint32_t declared_len;
  Vec(BoundInputColumn *) columns;  /* what is asked for, in slot order */
  Positions found;                  /* of columns, by path or kind */
} BoundInput;

/* ---- queries ---- */

typedef struct BoundQuery BoundQuery;
typedef struct BoundStep BoundStep;
typedef struct BoundRelation BoundRelation;

typedef struct Provider { /* one of the three */
  BoundInput *input;
  BoundStep  *step;
  BoundRelation *relation;
} Provider;

typedef struct LeafColumn {
  ExprColumn expr;       /* first: an Expr points here */
  struct Leaf *leaf;
  uint32_t   at;         /* column of the provider; of an analytic call its index in leaf->analytics */
  bool       analytic;
  bool       time;       /* the timestamp of the leaf's row, as DATEDIFF in ON reads it: behind all its others */
} LeafColumn;

/* Functions that look back over the rows of their source: f(args) OVER (PARTITION BY keys LIMIT DURATION(unit, n)
** WHEN when). Their expressions run on the provider's own batch: slots count from 0. */
typedef struct AnalyticCall {
  AnalyticKind kind;
  Span     span;
  Str      text;           /* for people */
  Expr   **keys;
  uint32_t keys_len;
  Expr    *when;           /* NULL: every row counts */
  Expr   **args;           /* needed, and sure to be computed, only for rows that count */
  uint32_t args_len;
  Expr    *otherwise;      /* LAG, LAST: the value when there is no such row; NULL: NULL */
  uint32_t offset;         /* LAG: rows back, at least 1 */
  Ticks    duration;       /* rows of (t - duration, t] are seen; ISFIRST: the length of its intervals */
  AggCall  agg;            /* ANALYTIC_AGGREGATE */
  AnomalyParams anomaly;   /* ANALYTIC_SPIKE_AND_DIP, ANALYTIC_CHANGE_POINT */
} AnalyticCall;

typedef struct BoundAnalytic {
  LeafColumn   column;     /* first: what expressions read */
  AnalyticCall call;
} BoundAnalytic;

typedef struct Leaf {
  Provider  provider;
  Str       alias;
  Span      span;
  const AstRelation *ast;
  Expr     *timestamp;   /* TIMESTAMP BY over the input's columns; NULL: arrival time */
  Expr    **over;        /* TIMESTAMP BY ... OVER, likewise: the key of the substream */
  uint32_t  over_len;    /* 0: none */
  Span      timestamp_span;
  Vec(LeafColumn *) columns;
  Vec(LeafColumn *) timestamp_columns; /* of `timestamp` */
  Positions found, timestamp_found;    /* of the two, by place in the provider */
  Vec(BoundAnalytic *) analytics;      /* their columns stand behind those of the provider */
  Vec(LeafColumn *) analytic_columns;  /* what the expressions of analytics read */
  uint32_t  base;        /* slot of provider column 0 in the scope's batches */
  LeafColumn *time;      /* NULL: no ON asks for it */
  Ticks     lag;         /* a row of the joins so far is stamped at most that much later than this leaf's time */
  Ticks    *after, *before; /* per leaf in front: this time is at most that much later, earlier; NULL: not known */
} Leaf;

/* APPLY: for each row of everything to its left one row an element; its columns stand behind those of the row. */
typedef enum ApplyKind { APPLY_ELEMENTS, APPLY_PROPERTIES } ApplyKind;

typedef struct BoundApply {
  ApplyKind   kind;
  bool        outer;     /* a row without elements is kept, with NULLs */
  const char *name;      /* of the function, for people */
  Expr       *arg;       /* over the scope's batch up to here */
} BoundApply;

/* MATCH_RECOGNIZE: a pattern over the rows of `from`, see match.c. */
typedef enum MatchPatternKind { MATCH_VARIABLE, MATCH_SEQUENCE, MATCH_CHOICE, MATCH_REPEAT } MatchPatternKind;

typedef struct MatchPattern MatchPattern;
struct MatchPattern {
  MatchPatternKind kind;
  uint32_t       var;       /* VARIABLE */
  MatchPattern **parts;     /* SEQUENCE, CHOICE (leftmost preferred); REPEAT: one */
  uint32_t       len;
  uint32_t       min, max;  /* REPEAT, greedy; max UINT32_MAX: unbounded */
};

typedef struct MatchVariable {
  Str   name;        /* as PATTERN spells it; "." for the rows of a dot */
  Expr *condition;   /* NULL: any row. Over the row's columns and the registers */
  bool  looks_back;  /* it reads registers */
} MatchVariable;

typedef enum MatchFn { MATCH_FIRST, MATCH_LAST, MATCH_MIN, MATCH_MAX, MATCH_CLASSIFIER } MatchFn;

enum { MATCH_ANY = UINT32_MAX }; /* every variable */

typedef struct MatchRegister {
  ExprColumn column;     /* its slot stands behind the columns of the row */
  MatchFn    fn;
  uint32_t   var;        /* rows of this variable; MATCH_ANY: all */
  uint32_t   field;      /* index in fields; not for CLASSIFIER */
  bool       defines;    /* a condition reads it */
} MatchRegister;

typedef struct BoundMatch {
  struct BoundSelect *from;    /* leaves and joins only */
  Ticks          duration;
  MatchPattern  *pattern;
  MatchVariable *vars;
  uint32_t       vars_len;
  Vec(Expr *)    fields;       /* values of a row */
  Vec(MatchRegister *) registers;
  Expr         **keys;         /* over the row's columns */
  uint32_t       keys_len;
  Expr         **measures;     /* over the registers */
  uint32_t       measures_len;
} BoundMatch;

typedef enum RelationKind { RELATION_APPLY, RELATION_MATCH } RelationKind;

typedef struct RelationColumn { Str name; TypeMask types; } RelationColumn;

/* What stands in FROM and brings columns of its own that are known beforehand. */
struct BoundRelation {
  RelationKind kind;
  Span         span;
  bool         reference;
  RelationColumn *cols;
  uint32_t     cols_len;
  union {
    BoundApply apply;
    BoundMatch match;
  };
};

static inline bool is_apply_leaf(const Leaf *leaf) {
  return leaf->provider.relation && leaf->provider.relation->kind == RELATION_APPLY;
}

typedef enum BoundJoinKind { JOIN_REFERENCE, JOIN_STREAM } BoundJoinKind;

/* A bound on time of a JOIN of streams: from low to high boundaries of a unit lie between an event of the left side
** and the one of the right side, so right stands in [(floor(left) + low) units, (floor(left) + high + 1) units). */
typedef struct JoinBound {
  const LeafColumn *left;
  Ticks    unit, origin;   /* boundaries at origin + n * unit */
  bool     has_low, has_high;
  int64_t  low, high;      /* at most 7 days of units away from 0 */
  Ticks    lag;            /* of the left leaf, before this join */
  Span     span;
} JoinBound;

/* Joins leaf `right` to everything before it. */
typedef struct BoundJoin {
  BoundJoinKind kind;
  bool     left_outer;
  uint32_t right;          /* index of the leaf */
  Span     span;
  Expr   **left_keys;      /* over the scope's batch up to the right leaf */
  Expr   **right_keys;     /* over the provider's own batch: slots count from 0 */
  uint32_t keys_len;
  Expr    *residual;       /* over the joined batch; NULL: none. With a stream the keys are in it, bounds are not */
  Vec(LeafColumn *) right_columns; /* of right_keys */
  JoinBound *bounds;       /* JOIN_STREAM: all of them hold; at least one has a low end and one a high end */
  uint32_t bounds_len;
  Ticks    reach;          /* no left row has partners over more time than this */
} BoundJoin;

typedef struct BoundAgg {
  ExprColumn column;       /* what the select list reads */
  AggCall    call;
  Expr     **args;         /* value arguments, then ORDER BY columns; the parameter is in the call */
} BoundAgg;

typedef struct BoundKey { ExprColumn column; Expr *expr; } BoundKey;

typedef struct BoundExprs { Expr **items; uint32_t len, cap; } BoundExprs;

typedef struct BoundGroup {
  WindowSpec *windows;     /* more than one: Windows(...) */
  uint32_t  windows_len;
  BoundExprs *session_keys; /* of each window: OVER (PARTITION BY ...) of a session; else empty */
  Vec(BoundKey *) keys;
  Vec(BoundAgg *) aggs;
  Positions keys_found, aggs_found; /* of the two, by expression */
  Positions keys_folded;   /* of the keys, by expression without regard to the case of field names */
  Positions columns;       /* of both, by the address of their column */
  ExprColumn window_id;    /* System.Window().Id */
  bool      wants_window_id;
  bool      failed;        /* diagnosed: what follows from it is not said */
  Span      span;
} BoundGroup;

typedef struct BoundItem {
  Str   name;              /* empty for a star */
  bool  star, hidden;
  bool  from_star;         /* a star, or one of the columns that the star of a step stands for */
  Span  span;
  Expr *expr;
} BoundItem;

typedef struct BoundSelect {
  Span       span;
  const AstSelect *ast;    /* for messages; NULL: of MATCH_RECOGNIZE */
  BoundMatch *match;       /* it is what MATCH_RECOGNIZE reads; else NULL */
  Vec(Leaf *) leaves;
  Vec(BoundJoin *) joins;
  Expr      *where;        /* NULL: none; HAVING without GROUP BY ends here too */
  BoundGroup *group;       /* NULL: none */
  Expr      *having;       /* over the group's columns */
  Vec(BoundItem) items;    /* visible ones first as written, hidden ones behind */
  Positions found;         /* of items, by name */
  Positions aliases;       /* of the items of ast, by alias; filled when first asked for */
} BoundSelect;

/* A column of a query's result. */
typedef struct QueryColumn {
  Str      name;           /* empty for a star */
  bool     star, hidden;
  TypeMask types;
  uint32_t *items;         /* per branch: index in its items; UINT32_MAX: the branch has none */
} QueryColumn;

struct BoundQuery {
  BoundSelect **branches;  /* one, or those of a UNION */
  uint32_t branches_len;
  bool     by_name;        /* a union with a star: columns go by name */
  bool     reference;      /* all leaves are reference data */
  Vec(QueryColumn *) columns;
  Positions found;         /* of columns, by name */
};

struct BoundStep {
  Str         name;        /* of the WITH step; empty for a sub-select */
  Span        span;
  BoundQuery *query;
  unsigned    uses;
};

typedef struct BoundOutput {
  Str         name;        /* of INTO, or "output" */
  Span        span;
  BoundQuery *query;
} BoundOutput;

typedef struct BoundScript {
  Vec(FnCall *)      calls;   /* that hold something outside the arena (compiled patterns): bound_release */
  Vec(BoundInput *)  inputs;
  Vec(BoundStep *)   steps;   /* in order of first use: a step stands behind those it reads */
  Vec(BoundOutput *) outputs; /* one a statement; several may share a name */
} BoundScript;

/* True when no error was added. The source text of diags must outlive the result. */
bool bind_script(const AstScript *script, const BindOptions *options, Arena *arena, DiagList *diags,
                 BoundScript **out);
void match_pattern_print(const BoundMatch *match, const MatchPattern *pattern, StrBuf *out); /* "(A B+ | C)" */
/* Releases what calls hold, also of a script that did not bind. NULL is fine. */
void bound_release(BoundScript *script);
void bound_print(const BoundScript *script, StrBuf *out); /* explain --stage bound */

#endif
