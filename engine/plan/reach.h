/* reach.h: how far back in time a plan looks beyond what its operators hold.
**
** An operator tells the oldest source event it still needs (OpClass.oldest). For a window that is all: its row is made
** of the events it holds. Others would come to another answer from those alone: a LEFT JOIN keeps a row that has found
** its partner, but not the partner; LAG remembers the last row, not that one came before the first; a session that was
** cut remembers where; with a clock for each key (TIMESTAMP BY ... OVER) windows of keys that are ahead are closed, and
** forgotten, before the output's watermark says so. They come to the same answer again when they read from their reach
** on: a row stamped s, or later, is what it is by rows stamped s - reach or later. Conservative: never too short. */
#ifndef WEIR_PLAN_REACH_H
#define WEIR_PLAN_REACH_H

#include "plan/plan.h"

#define REACH_NONE (-1) /* the node does not feed the other */

/* For every node of the plan, by id, how far the rows of `output` look back over that node's rows; 0: no operator on
** the way needs it, REACH_NONE: the node does not feed the output. */
void plan_reach_from(const PlanScript *plan, const PlanNode *output, Ticks *reach);

/* How much older than a row any event may be that it is made of, of all outputs: a job whose first row is that of a
** given time reads so much earlier. A session without a maximum counts as 7 days. */
Ticks plan_lookback(const PlanScript *plan);

#endif
