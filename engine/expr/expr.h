/* expr.h: typed expressions, made by the binder, printed by explain, compiled by program.h.
**
** An expression reads columns of the batch it is evaluated on. While the binder works, batches still grow
** columns; so a column is an object (ExprColumn) whose slot is settled when the plan is finished.
**
** Conditions are two-valued (semantics.md section 2): they yield bit 0 or 1; a NULL bit counts as false.
** Ownership: everything lives in the plan's arena and is read-only once the plan is finished. */
#ifndef WEIR_EXPR_EXPR_H
#define WEIR_EXPR_EXPR_H

#include "base/span.h"
#include "functions/function.h"

typedef enum ExprKind {
  EXPR_ERROR,     /* already diagnosed */
  EXPR_CONST,
  EXPR_COLUMN,
  EXPR_TIMESTAMP, /* System.Timestamp(): the time of the row */
  EXPR_CALL,      /* a ScalarFn */
  EXPR_AND,       /* left to right; an operand is evaluated only for rows not decided yet */
  EXPR_OR,
  EXPR_NOT,
  EXPR_CASE,      /* args: condition, value, condition, value, ..., otherwise */
  EXPR_COALESCE,  /* first argument that is not NULL; later ones are evaluated for the rows still NULL */
} ExprKind;

typedef struct ExprColumn {
  uint32_t slot;    /* index in the batch; UINT32_MAX until the plan is finished */
  Str      name;    /* for people */
  TypeMask types;   /* possible types without NULL */
  bool     of_source; /* of a row of FROM, not of a group or a match: what the binder calls a LeafColumn */
} ExprColumn;

typedef struct Expr Expr;
struct Expr {
  ExprKind kind;
  Span     span;
  TypeMask types;    /* possible types without NULL; 0: always NULL */
  union {
    Value       value;  /* EXPR_CONST */
    ExprColumn *column; /* EXPR_COLUMN */
    FnCall     *call;   /* EXPR_CALL */
  };
  Expr   **args;
  uint32_t args_len;
};

Expr *expr_const(Arena *arena, Span span, const Value *value); /* text is copied */
Expr *expr_column(Arena *arena, Span span, ExprColumn *column);
Expr *expr_simple(Arena *arena, ExprKind kind, Span span, Expr **args, uint32_t args_len); /* copies the list */
/* A call with its types worked out and constant arguments noted; folds to EXPR_CONST when everything is
** constant and the evaluation succeeds. Does not check argument types (bind/ does). prepare errors go to err. */
Expr *expr_call(Arena *arena, Span span, const ScalarFn *fn, Expr **args, uint32_t args_len, Type target,
                int compat, Status *status, Error *err);
uint64_t expr_hash(const Expr *expr);             /* equal for what expr_equal finds equal; not kept */
bool  expr_equal(const Expr *a, const Expr *b);  /* same computation; spans do not count */
bool  expr_is_const(const Expr *expr);
/* True when no row can fail: only such conditions may be reordered. */
bool  expr_never_fails(const Expr *expr);
void  expr_print(const Expr *expr, StrBuf *out); /* SQL-like, stable, for explain */
/* Visits expr and everything below; stops when visit returns false (for the subtree). */
void  expr_walk(const Expr *expr, bool (*visit)(const Expr *, void *), void *context);

#endif
