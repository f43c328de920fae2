/* explain.h: a plan as people look at it: every node with a title and a few facts, in one of four forms.
**
**   ExplainView view;
**   explain_init(&view, plan);                     titles and facts from the plan
**   explain_add(&view, node, "keeps", false);      more facts, from those who know more than the plan
**   explain_render(&view, EXPLAIN_TEXT, out);
**
** A fact is a name and one or more items: `by State, Hour`. All four forms show the same facts, in the order in
** which they were added; they are stable, golden tests pin them.
** Ownership: texts live in the view's arena or in the plan's. Thread: one. */
#ifndef WEIR_PLAN_EXPLAIN_H
#define WEIR_PLAN_EXPLAIN_H

#include "base/vec.h"
#include "plan/plan.h"

typedef struct ExplainFact {
  const char *name;   /* one word, literal: "where", "keeps" */
  bool  lines;        /* one item a line, not one behind the other */
  Vec(Str) items;     /* at least one */
} ExplainFact;

typedef struct ExplainNode {
  const PlanNode *plan;
  Str      title;     /* "input toll", "aggregate" */
  Str      step;      /* name of the step it ends; may be empty */
  uint32_t readers;   /* nodes that read it */
  Vec(ExplainFact) facts;
} ExplainNode;

typedef struct ExplainView {
  Arena  arena;
  const PlanScript *plan;
  ExplainNode *nodes; /* in the order of the plan's */
} ExplainView;

void explain_init(ExplainView *view, const PlanScript *plan);
void explain_release(ExplainView *view);
/* A new fact of a node, without items; valid until the next one is added to it. */
ExplainFact *explain_add(ExplainView *view, uint32_t node, const char *name, bool lines);
void explain_item(ExplainView *view, ExplainFact *fact, Str text); /* copies; empty text adds nothing */
void explain_render(const ExplainView *view, ExplainFormat format, StrBuf *out);

/* The forms, one a file; explain_render calls them. */
void explain_text(const ExplainView *view, StrBuf *out);
void explain_dot(const ExplainView *view, StrBuf *out);
void explain_mermaid(const ExplainView *view, StrBuf *out);
void explain_json(const ExplainView *view, StrBuf *out);

#endif
