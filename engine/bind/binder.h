/* binder.h: what the files of bind/ share. Not included from outside. */
#ifndef WEIR_BIND_BINDER_H
#define WEIR_BIND_BINDER_H

#include "bind/bind.h"

typedef enum StepState { STEP_WAITING, STEP_BINDING, STEP_BOUND } StepState;

typedef struct ScriptStep { /* a WITH step before and after binding */
  const AstStep *ast;
  BoundStep *bound;
  StepState  state;
  bool       unread;
} ScriptStep;

typedef struct OpenName { /* a name that a source without a schema may have, see open_names.c */
  const void *origin;       /* the input or step it comes from */
  const BoundInput *input;  /* the input, when it is read directly */
  Str      name;
  Span     spans[2];        /* of the first reads */
  unsigned reads;           /* 2: two or more */
} OpenName;

typedef struct Stranger { const BoundSelect *select; Str name; } Stranger; /* diagnosed: no source is called so */

typedef struct Binder {
  Arena      *arena;
  DiagList   *diags;
  const BindOptions *options;
  const AstScript *ast;
  BoundScript *script;
  Vec(ScriptStep) steps;
  Vec(BoundSelect *) selects; /* all of them: slots are settled at the end */
  Vec(OpenName *) open_names;
  Positions open_found;       /* of open_names, by name */
  Vec(Stranger) strangers;
} Binder;

/* Where an expression stands: decides what names mean and which calls are allowed. */
typedef enum ClauseKind {
  CLAUSE_SELECT, CLAUSE_WHERE, CLAUSE_GROUP_BY, CLAUSE_HAVING, CLAUSE_ON, CLAUSE_TIMESTAMP_BY, CLAUSE_AGGREGATE_ARG,
  CLAUSE_ANALYTIC /* inside LAG(...) OVER (...) and its like */
} ClauseKind;

typedef struct MatchScope MatchScope; /* match.c */

typedef struct Scope {
  BoundSelect *select;
  const AstSelect *ast;     /* of the select; NULL for TIMESTAMP BY */
  Leaf       **leaves;      /* visible ones: in ON, those up to the joined leaf */
  uint32_t     leaves_len;
  ClauseKind   clause;
  BoundGroup  *group;       /* set while a grouped SELECT list or HAVING is bound: aggregates are allowed */
  MatchScope  *match;       /* inside DEFINE and MEASURES; else NULL */
  Leaf        *only;        /* CLAUSE_TIMESTAMP_BY: columns go to only->timestamp_columns */
} Scope;

/* script.c: the provider of a FROM name; diagnosed and false when there is none. */
bool  script_provider(Binder *b, const AstName *name, Provider *out);
/* A private copy of a step, so that a TIMESTAMP BY of its own does not touch other readers. NULL: diagnosed. */
BoundStep *script_step_copy(Binder *b, Str name);
/* from.c, joins.c */
bool  bind_from(Binder *b, BoundSelect *select, const AstRelation *from, const AstSelect *ast);
/* The leaf of a relation, under the alias of ast (may be empty). NULL: diagnosed. */
Leaf *add_relation_leaf(Binder *b, BoundSelect *select, const AstRelation *ast, BoundRelation *relation);
/* apply.c */
bool  bind_apply(Binder *b, BoundSelect *select, const AstRelation *ast, const AstSelect *select_ast);
bool  is_apply_call(const AstCall *call);
/* match.c */
bool  bind_match(Binder *b, BoundSelect *select, const AstRelation *ast);
bool  is_match_call(const Scope *scope, const AstCall *call); /* First(A.x) and its like, in DEFINE and MEASURES */
Expr *bind_match_call(Binder *b, const Scope *scope, const AstExpr *ast);
Expr *bind_match_names(Binder *b, const Scope *scope, const AstName *names, uint32_t len, Span span);
void  bind_join_condition(Binder *b, Scope *scope, BoundJoin *join, const AstExpr *on);
/* join_bounds.c: takes the bounds on time out of the conjuncts of ON and notes them in the join. *count is what is
** left. False: diagnosed. */
bool  bind_join_bounds(Binder *b, Scope *scope, BoundJoin *join, Expr **conjuncts, uint32_t *count, const AstExpr *on);
/* An argument of DATEDIFF in ON: an alias stands for the timestamps of its rows. NULL: it is no alias. */
Expr *bind_join_time(Binder *b, Scope *scope, const AstExpr *arg);
/* substreams.c: the rules of TIMESTAMP BY ... OVER, once everything is bound */
void  check_substreams(Binder *b);
/* select.c, query.c */
BoundQuery *bind_query(Binder *b, const AstQuery *ast);
BoundSelect *bind_select(Binder *b, const AstQuery *ast);
Str   item_default_name(Binder *b, const AstExpr *expr, unsigned *unnamed); /* counts those without any */
/* group.c */
BoundGroup *bind_group(Binder *b, Scope *scope, const AstSelect *ast); /* never NULL, see BoundGroup.failed */
Expr *bind_grouped(Binder *b, Scope *scope, Expr *expr); /* keys replaced by their columns; the rest is an error */
bool  expr_reads(const AstExpr *ast, Str name);      /* as a column, or the last part of one */
unsigned select_reads(const AstSelect *ast, Str name); /* how often the items of the list do */
/* The select item a bare GROUP BY or HAVING name stands for; NULL: it is a column. */
const AstExpr *group_alias_target(const AstSelect *ast, const AstExpr *name);
bool  bind_window(Binder *b, const AstExpr *call, WindowSpec *out); /* windows.c; diagnosed when false */
bool  is_window_call(const AstExpr *expr);
bool  is_windows_list(const AstExpr *expr); /* Windows(...) */
bool  is_system_timestamp(const AstExpr *expr);
/* Duration of `Xxx(unit, n)`: unit and number arguments of a call. Diagnosed when false. */
bool  bind_duration(Binder *b, const AstExpr *unit, const AstExpr *number, Ticks *out);
/* exprs.c */
Expr *bind_expr(Binder *b, Scope *scope, const AstExpr *ast);
Expr *bind_condition(Binder *b, Scope *scope, const AstExpr *ast);
Expr *bind_operator(Binder *b, Span span, const char *sign, Expr **args, uint32_t len);
Expr *expr_error(Binder *b, Span span);
Expr *bind_fn(Binder *b, Span span, const ScalarFn *fn, Expr **args, uint32_t len, Type target);
/* operands.c: the text as written when it is short enough to stand in a message; diagnosed when false */
Str   shown(const Binder *b, Span span, const char *otherwise);
bool  check_operands(Binder *b, Span span, const ScalarFn *fn, Expr **args, uint32_t len);
bool  check_cast(Binder *b, Span span, const Expr *of, Type to);
/* csv.c: the column of a CSV input without CREATE TABLE that the expression reads; NULL: another expression */
BoundInputColumn *csv_column(const Binder *b, const Expr *expr);
void  csv_wish(const Binder *b, const Expr *expr, Type type); /* it should have this type */
void  csv_hint(Binder *b, Diag *diag, const Expr *expr);      /* nothing for other expressions */
void  check_csv_input(Binder *b, const BoundInput *input);
/* calls.c */
Expr *bind_call(Binder *b, Scope *scope, const AstExpr *ast);
/* Function, arguments and ORDER BY of an aggregate call; its column belongs to nobody yet. NULL: diagnosed. */
BoundAgg *bind_aggregate_call(Binder *b, Scope *scope, const AstExpr *ast, const AggregateFn *fn);
void  wrong_argument_count(Binder *b, const AstExpr *ast, const char *name, const char *signature, unsigned min,
                           unsigned max); /* says so; max may be FN_ARGS_ANY */
Str   call_name(Binder *b, const AstCall *call); /* with its dots */
/* foreign.c: what other dialects have, and the nearest name that exists */
Expr *unknown_function(Binder *b, const AstExpr *call); /* diagnosed */
bool  is_foreign_window(const AstExpr *expr);        /* a call that was surely meant as a window */
bool  suggest_unit(Binder *b, Diag *diag, Span span, Str word); /* of time; false: none is near */
bool  bind_type(Binder *b, const AstType *ast, Type *out); /* diagnosed when false */
void  check_foreign_word(Binder *b, const AstName *name); /* warns when a column has the name of a value */
/* metadata.c: a call with two arguments */
Expr *bind_metadata(Binder *b, const Scope *scope, const AstExpr *ast);
/* analytic.c */
bool  is_analytic(const AstCall *call);
Expr *bind_analytic(Binder *b, Scope *scope, const AstExpr *ast);
/* names.c */
Expr *bind_path(Binder *b, Scope *scope, const AstExpr *ast);
Expr *bind_quoted(Binder *b, Scope *scope, const AstExpr *ast, bool operand); /* operand: text is possible */
Expr *bind_names(Binder *b, Scope *scope, const AstName *names, uint32_t len, Span span);
Leaf *scope_leaf(const Scope *scope, Str alias);      /* by alias or name; NULL: none */
/* Pushes to the items. */
void  select_add_item(Binder *b, BoundSelect *select, BoundItem item);

/* open_names.c */
void  note_open_name(Binder *b, Provider provider, const AstName *name);
void  check_open_names(Binder *b);
/* provider.c: the column of a provider for a path; -1 when it can have none (diagnosed by the caller). For a
** step *rest tells how many parts of the path the column stands for: what is left is field access. */
int64_t provider_column(Binder *b, Provider provider, const AstName *names, uint32_t len, uint32_t *used);
int64_t provider_payload(Binder *b, Provider provider, Span span);
uint32_t provider_width(Provider provider);
/* The whole row as a record: the payload of an input; of a step its columns by name. */
Expr   *leaf_row(Binder *b, const Scope *scope, Leaf *leaf, Span span);
int64_t input_meta_column(Binder *b, BoundInput *input, InputColumnKind kind);
TypeMask provider_types(Provider provider, uint32_t at);
Str     provider_column_name(Provider provider, uint32_t at);
/* What a branch of a union gives for a name: of its items and stars the leftmost that has it, NULL without any. */
Expr   *branch_value(Binder *b, BoundQuery *query, uint32_t branch, const AstName *names, uint32_t len);
bool    provider_knows(Provider provider, Str name); /* a column of that name is known, not just possible */
bool    provider_is_reference(Provider provider);
bool    provider_has_schema(Provider provider);      /* names outside it are errors */
unsigned provider_names(Provider provider, Str *out, unsigned max);
Expr   *leaf_column_expr(Binder *b, const Scope *scope, Leaf *leaf, uint32_t at, Span span);

static inline Str last_name(const AstExpr *path) { return path->path.items[path->path.len - 1].text; }

#endif
