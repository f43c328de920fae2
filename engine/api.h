/* api.h: the engine from outside: compile a query, look at it, run it. What cli/, tests/ and bench/ include.
**
**   Compiled *query = compile_query(&source, &options);      diagnostics in query->diags
**   if (query->plan) job_open(&spec, query->plan, &job, &err);
*/
#ifndef WEIR_API_H
#define WEIR_API_H

#include "bind/bind.h"
#include "plan/plan.h"
#include "run/job.h"

typedef struct Compiled {
  Arena       arena;
  DiagList    diags;
  AstScript  *ast;       /* NULL when it did not parse */
  BoundScript *bound;    /* NULL when it did not bind */
  BoundScript *attempted; /* the same, or what binding made before it found an error */
  PlanScript *plan;      /* NULL when there is an error in diags */
} Compiled;

/* The source outlives the result. Never NULL. */
Compiled *compile_query(SourceText *source, const BindOptions *options);
void      compiled_free(Compiled *compiled);

typedef enum ExplainStage { STAGE_AST, STAGE_BOUND, STAGE_PLAN, STAGE_GRAPH, STAGE_PROGRAMS } ExplainStage;
/* What a stage made of the query; the stage must have succeeded. AST and bound have no other format than text.
** Graph adds to the plan what each operator keeps; programs adds the steps of its programs. */
void compiled_explain(const Compiled *compiled, ExplainStage stage, ExplainFormat format, StrBuf *out);

#endif
