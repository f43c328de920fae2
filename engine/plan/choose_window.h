/* choose_window.h: which operator runs a GROUP BY, and what it needs from its input. */
#ifndef WEIR_PLAN_CHOOSE_WINDOW_H
#define WEIR_PLAN_CHOOSE_WINDOW_H

#include "plan/plan.h"

PlanKind window_operator(const WindowSpec *window);
/* The rows have to come in order of time: a merge of the partitions stands in front. */
bool window_needs_order(const WindowSpec *window, const BoundGroup *group);

#endif
