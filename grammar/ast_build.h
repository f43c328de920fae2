/* ast_build.h: the constructors that the grammar's actions call. Private to grammar/.
**
** A constructor takes the place where its text begins where no argument tells it; the end is p->prev_end.
** Lists grow in the arena by doubling. Nodes deeper than AST_DEPTH_MAX become AST_ERROR with one
** diagnostic. Functions named refuse_... diagnose constructs of T-SQL and stand in for them. */
#ifndef WEIR_GRAMMAR_AST_BUILD_H
#define WEIR_GRAMMAR_AST_BUILD_H

#include "grammar/ast.h"
#include "grammar/parser.h"

typedef struct AstGroup { AstExprs keys; Span span; } AstGroup;
typedef struct JoinWords { AstJoinType type; Span span; } JoinWords;
typedef struct Args { AstExprs list; bool distinct, all; } Args;

/* ---- scripts ---------------------------------------------------------------------------------- */
void script_add_query(Parser *p, AstQuery *query);
void script_add_step(Parser *p, AstName name, AstQuery *query);
void script_add_table(Parser *p, AstCreateTable *table, Span create, AstName name);
AstCreateTable *table_add_column(Parser *p, AstCreateTable *table, AstName name, AstType type);
AstType type_new(Parser *p, AstName name, const Token *length);

/* ---- queries ---------------------------------------------------------------------------------- */
AstQuery *select_new(Parser *p, Span select, AstItems items, AstName *into, AstRelation *from, AstExpr *where,
                     AstGroup group, AstExpr *having);
AstQuery *union_add(Parser *p, AstQuery *left, bool all, AstQuery *right);
AstItems  items_add(Parser *p, AstItems list, AstItem *item);
AstItem  *item_new(Parser *p, AstExpr *expr, const AstName *alias);
void      refuse_select_distinct(Parser *p, Span word);
void      refuse_top(Parser *p, Span word, Span count);
void      refuse_order_by(Parser *p, uint32_t begin);

/* ---- relations -------------------------------------------------------------------------------- */
AstRelation *table_source(Parser *p, AstNames name, AstName *alias);
AstRelation *subselect_source(Parser *p, uint32_t begin, AstQuery *query, AstName *alias);
AstRelation *source_timestamp(Parser *p, AstRelation *source, uint32_t begin, AstExpr *by, AstExprs over);
AstRelation *source_partition(Parser *p, AstRelation *source, Span word, AstExprs by, AstExpr *shards);
JoinWords    join_words(Parser *p, Span first, AstJoinType type);
JoinWords    refuse_outer_join(Parser *p, Span first);
AstRelation *join_new(Parser *p, AstRelation *left, JoinWords words, AstRelation *right, AstExpr *on);
AstRelation *cross_join_new(Parser *p, AstRelation *left, Span cross, AstRelation *right);
AstRelation *apply_new(Parser *p, AstRelation *left, bool outer, AstExpr *call, AstName *alias);
AstRelation *relation_parens(Parser *p, uint32_t begin, AstRelation *relation);
AstRelation *match_new(Parser *p, AstRelation *input, AstMatch *clauses, AstName *alias);

/* ---- MATCH_RECOGNIZE -------------------------------------------------------------------------- */
AstMatch   *match_limit(Parser *p, AstMatch *match, Span word, AstExpr *duration);
AstMatch   *match_partition(Parser *p, AstMatch *match, Span word, AstExprs by);
AstMatch   *match_finish(AstMatch *match, AstItems measures, bool skip, AstPattern *pattern, const AstMatch *defines);
AstDefine  *define_new(Parser *p, AstName name, AstExpr *condition);
AstMatch   *defines_add(Parser *p, AstMatch *list, AstDefine *define);
AstPattern *pattern_variable(Parser *p, AstName name);
AstPattern *pattern_any(Parser *p, Span span);
AstPattern *pattern_parens(Parser *p, uint32_t begin, AstPattern *pattern);
AstPattern *pattern_join(Parser *p, AstKind kind, AstPattern *left, AstPattern *right);
AstPattern *pattern_repeat(Parser *p, AstPattern *part, uint32_t min, uint32_t max);
AstPattern *pattern_count(Parser *p, AstPattern *part, uint32_t begin, const Token *min, const Token *max);

/* ---- conditions and values -------------------------------------------------------------------- */
AstExpr *expr_new(Parser *p, AstKind kind, uint32_t begin, unsigned child_depth);
AstExprs exprs_add(Parser *p, AstExprs list, AstExpr *expr);
AstExpr *logic_new(Parser *p, bool is_or, AstExpr *left, AstExpr *right);
AstExpr *unary_new(Parser *p, AstOp op, uint32_t begin, AstExpr *operand);
AstExpr *negate_new(Parser *p, uint32_t begin, AstExpr *operand);
AstExpr *binary_new(Parser *p, AstOp op, AstExpr *left, AstExpr *right);
AstExpr *compare_new(Parser *p, Token op, AstExpr *left, AstExpr *right);
AstExpr *like_new(Parser *p, bool negated, AstExpr *subject, AstExpr *pattern, AstExpr *escape);
AstExpr *between_new(Parser *p, bool negated, AstExpr *subject, AstExpr *low, AstExpr *high);
AstExpr *in_new(Parser *p, bool negated, AstExpr *subject, AstExprs list);
AstExpr *refuse_in_select(Parser *p, AstExpr *subject, AstQuery *query);
AstExpr *is_null_new(Parser *p, bool negated, AstExpr *subject);
AstExpr *name_expr(Parser *p, AstName name);
AstExpr *integer_new(Parser *p, Token token);
AstExpr *float_new(Parser *p, Token token);
AstExpr *text_new(Parser *p, Token token);
AstExpr *refuse_variable(Parser *p, Span span);
AstExpr *refuse_subquery(Parser *p, uint32_t begin, DiagCode code);
AstExpr *parens_new(Parser *p, uint32_t begin, AstExpr *expr);
AstExpr *field_new(Parser *p, AstExpr *of, AstName name);
AstExpr *star_new(Parser *p, AstExpr *of, uint32_t begin);
AstExpr *primary_finish(Parser *p, AstExpr *expr); /* System.Timestamp becomes a call */
AstExpr *case_add(Parser *p, AstExpr *cases, uint32_t begin, AstExpr *condition, AstExpr *value);
AstExpr *case_finish(Parser *p, AstExpr *cases, uint32_t begin, AstExpr *operand, AstExpr *otherwise);
AstExpr *cast_new(Parser *p, uint32_t begin, bool is_try, AstExpr *operand, AstType type);

/* ---- calls and OVER --------------------------------------------------------------------------- */
AstExpr  *call_new(Parser *p, AstExpr *function, Args args);
AstExpr  *call_over(Parser *p, AstExpr *call, uint32_t begin, AstOver *over);
AstExpr  *duration_new(Parser *p, AstName name, AstExprs args);
AstOver  *over_new(Parser *p);
AstOver  *over_partition(Parser *p, AstOver *over, Span word, AstExprs by);
AstOver  *over_order(Parser *p, AstOver *over, Span word, const AstOver *orders);
AstOver  *over_limit(Parser *p, AstOver *over, Span word, AstExpr *duration);
AstOver  *over_when(Parser *p, AstOver *over, Span word, AstExpr *condition);
AstOrder *order_new(Parser *p, AstExpr *expr, bool descending);
AstOver  *orders_add(Parser *p, AstOver *list, AstOrder *order);

/* ---- names ------------------------------------------------------------------------------------ */
AstName  name_new(Parser *p, Token token);
AstName *name_copy(Parser *p, AstName name);
AstNames names_add(Parser *p, AstNames list, AstName name);

#endif
