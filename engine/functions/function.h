/* function.h: the rows of the function registry.
**
** Every operator of the language that computes a value from values is a ScalarFn: LEN and SUBSTRING, but also
** +, =, LIKE, IN, IS NULL and CAST (under the names listed in operators.h). AND, OR, NOT, CASE and COALESCE are
** not here: they decide which rows are computed at all and belong to expr/.
**
** A function has a row path that serves any mixture of types and, where it pays, a vector path over uniform
** columns. Both give the same results (a property test runs every function both ways). The caller (expr/run.c)
** checks argument types, applies the NULL rule and turns failures into row errors; a function only computes.
**
** To add one: write the kernel in the file of its family, add a row to the table at the bottom of that file. */
#ifndef WEIR_FUNCTIONS_FUNCTION_H
#define WEIR_FUNCTIONS_FUNCTION_H

#include "base/codec.h"
#include "base/span.h"
#include "base/status.h"
#include "base/vec.h"
#include "column/column.h"

enum { FN_ARGS_TYPED = 5, FN_ARGS_ANY = 255 };

/* Rows that failed while a column was computed: which, and why. One per evaluation, reused. */
typedef struct RowFailure { uint32_t row; Span span; Str reason; } RowFailure;
typedef struct RowFailures {
  Arena arena;                 /* the reasons */
  Vec(RowFailure) items;       /* at most one a row: the first */
  uint64_t *rows_failed;       /* bitmap, NULL until something fails */
  uint32_t  rows;              /* size of the bitmap */
} RowFailures;
void row_failures_reset(RowFailures *failures, uint32_t rows);
void row_failures_release(RowFailures *failures);
bool row_failures_has(const RowFailures *failures, uint32_t row);
/* The rows of sel (NULL: all `rows`) that have not failed; the caller owns the reference. */
Selection *row_failures_passed(const RowFailures *failures, Selection *sel, uint32_t rows);
/* Records the first failure of a row; later ones of the same row are ignored. */
void row_failures_add(RowFailures *failures, uint32_t row, Span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- scalar functions ---- */

typedef struct ScalarFn ScalarFn;

/* One call site in a query. Made by the binder, shared read-only by all evaluations. */
typedef struct FnCall {
  const ScalarFn *fn;
  Span      span;       /* of the call, for failures */
  unsigned  args_len;
  const Value *const *constants; /* [i]: value of a constant argument, else NULL */
  int       compat;     /* 10, 11, 12 */
  Type      target;     /* of CAST and TRY_CAST */
  void     *state;      /* what prepare made (a compiled pattern, a set of IN values) */
} FnCall;

/* Where a row function puts text it makes, and the reason of a failure. */
typedef struct FnScratch {
  Arena  arena;   /* reset by the caller after the result has been copied */
  char   error[256];
} FnScratch;
/* Fills scratch->error and returns false. */
bool fn_fail(FnScratch *scratch, const char *format, ...) __attribute__((format(printf, 2, 3)));

enum FnFlags {
  FN_NULL_IN_NULL_OUT = 1,  /* any NULL argument gives NULL; the row function never sees one */
  FN_NULL_IN_FALSE = 2,     /* any NULL argument gives bit 0 (comparisons); likewise */
  FN_VOLATILE = 4,          /* not to be folded */
  FN_OPERATOR = 8,          /* has its own syntax: cannot be called by name, not listed in the function reference */
  FN_NEVER_FAILS = 16,      /* no row of accepted types can fail */
  FN_BOUND = 32,            /* the binder makes an expression of the call: the row has no kernel and documents it */
};

struct ScalarFn {
  const char *name;              /* upper case as in the reference; operators by their sign */
  unsigned  min_args, max_args;  /* FN_ARGS_ANY: no limit */
  TypeMask  args[FN_ARGS_TYPED]; /* accepted types without NULL; the last given one (non-zero) repeats */
  TypeMask  result;              /* possible types without NULL; 0: ask result_of */
  TypeMask (*result_of)(const FnCall *call, const TypeMask *args);
  unsigned  flags;
  /* False with scratch->error set when the row fails. args are of accepted types (or NULL where the flags let
  ** them through). Text results may borrow from args or live in scratch->arena. */
  bool    (*row)(const FnCall *call, const Value *args, FnScratch *scratch, Value *out);
  /* A new column for the selected rows of `rows`, or NULL when these layouts are not covered (then the row
  ** path runs). Constant argument columns are common: cover them. NULL rows follow the flags. */
  Column *(*vec)(const FnCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                 RowFailures *failures);
  /* Once per call site, at compile time: compiles constant patterns and so on into call->state. May be NULL. */
  Status  (*prepare)(FnCall *call, Error *err);
  void    (*release)(FnCall *call);
  const char *signature;  /* "SUBSTRING(text, start, length)" */
  const char *doc;        /* what it gives, one or two sentences */
  const char *null_rule;  /* "" for the usual one (a NULL argument gives NULL) */
  const char *examples;   /* one a line: `SUBSTRING('stream', 2, 3) = 'tre'`; executed as tests */
};

/* The accepted types of argument i: the last one given repeats. */
static inline TypeMask scalar_fn_arg(const ScalarFn *fn, unsigned i) {
  unsigned at = i < FN_ARGS_TYPED ? i : FN_ARGS_TYPED - 1;
  while (at > 0 && fn->args[at] == 0) at--;
  return fn->args[at];
}

/* The families, NULL-terminated list of tables that each end with a row whose name is NULL. */
extern const ScalarFn *const scalar_families[];
const ScalarFn *scalar_fn_find(Str name);                   /* without regard to case; not operators */
const ScalarFn *scalar_operator_find(const char *sign);     /* operators.h lists the signs; never NULL for those */
unsigned function_names(Str *out, unsigned max);            /* scalar and aggregate, for did-you-mean and listings */

/* ---- aggregates ---- */

typedef struct AggregateFn AggregateFn;

/* One aggregate call in a query. */
typedef struct AggCall {
  const AggregateFn *fn;
  Span      span;
  bool      star;        /* COUNT(*) */
  unsigned  args_len;    /* value arguments first, then the ORDER BY columns */
  unsigned  order_len;   /* how many of them are ORDER BY columns (TopOne, CollectTop, percentiles) */
  bool      desc[8];     /* per ORDER BY column */
  Value     param;       /* constant parameter: n of CollectTop, p of the percentiles; NULL value otherwise */
  bool      typed_text;  /* the argument is an explicit CAST to nvarchar: MIN and MAX compare ordinal text */
  int       compat;
  void     *state;
} AggCall;

enum AggFlags {
  AGG_STAR = 1,          /* may be called as F(*) */
  AGG_NO_ARGS = 2,       /* may be called as F(): the argument is the whole event, a record (the binder adds it) */
  AGG_NEEDS_ORDER = 4,   /* the result depends on the order of rows: the planner merges partitions first */
  AGG_ORDER_BY = 8,      /* takes OVER (ORDER BY ...) */
  AGG_PARAM = 16,        /* first argument is a constant parameter */
  AGG_DISTINCT = 32,     /* this row implements F(DISTINCT x); found by agg_fn_find(name, true) */
};

/* States are fixed-size, zero-filled before init, relocatable by memcpy (no pointers into themselves); variable
** parts are allocated by update with mem_alloc and freed by release. */
struct AggregateFn {
  const char *name;
  unsigned  min_args, max_args;  /* value arguments, without ORDER BY columns and parameter */
  TypeMask  args;                /* accepted types of the value argument */
  TypeMask (*result_of)(const AggCall *call, const TypeMask *args);
  unsigned  flags;
  size_t    state_bytes;         /* multiple of 16 */
  void    (*init)(const AggCall *call, void *state);              /* NULL: zero bytes are the initial state */
  /* The k-th selected row i adds the values of its argument columns to the state at
  ** states + groups[k] * stride. NULL values are skipped as the aggregate's rule says. */
  void    (*update)(const AggCall *call, char *states, size_t stride, const uint32_t *groups,
                    Column *const *args, const Selection *sel, uint32_t rows);
  /* Before update: records the rows whose argument cannot be taken (text that is no number). NULL: none. */
  void    (*check)(const AggCall *call, Column *const *args, const Selection *sel, uint32_t rows,
                   RowFailures *failures);
  void    (*combine)(const AggCall *call, void *into, const void *from); /* NULL: no panes */
  /* Takes the effect of rows back, oldest first, in the order they were added. NULL: cannot. */
  void    (*retract)(const AggCall *call, char *states, size_t stride, const uint32_t *groups,
                     Column *const *args, const Selection *sel, uint32_t rows);
  /* False with scratch->error set when the value cannot be given (a sum beyond 64 bits). Text lives in
  ** scratch->arena or the state. */
  bool    (*finish)(const AggCall *call, const void *state, FnScratch *scratch, Value *out);
  void    (*release)(void *state);                                /* NULL: nothing to free */
  void    (*save)(const AggCall *call, const void *state, ByteWriter *out);
  void    (*load)(const AggCall *call, void *state, ByteReader *in); /* into an initialised state */
  /* As for scalar functions; examples read `SUM over (1, 2.5, NULL) = 3.5`: the values come in that order and are
  ** their own ORDER BY column, a parameter stands behind the name, arrays are shown as their JSON text. */
  const char *signature, *doc, *null_rule, *examples;
};

extern const AggregateFn *const aggregate_families[];
const AggregateFn *aggregate_fn_find(Str name, bool distinct);

/* ---- functions that look back (OVER ... LIMIT DURATION) ---- */

typedef enum AnalyticKind {
  ANALYTIC_LAG,
  ANALYTIC_LAST,
  ANALYTIC_ISFIRST,
  ANALYTIC_SPIKE_AND_DIP,
  ANALYTIC_CHANGE_POINT,
  ANALYTIC_AGGREGATE,
} AnalyticKind;

/* Those that are no aggregates: analytic.c. */
typedef struct AnalyticFn {
  const char  *name;
  AnalyticKind kind;
  unsigned     min_args, max_args;
  const char  *signature, *doc, *null_rule, *examples;
} AnalyticFn;

extern const AnalyticFn analytic_functions[]; /* ends with name NULL */
const AnalyticFn *analytic_fn_find(Str name);

#endif
