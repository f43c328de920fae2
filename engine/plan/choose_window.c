/* choose_window.c: the ladder from a window to its operator:
**
**   tumbling, snapshot   PLAN_AGGREGATE: a group table a window, rows in any order
**   hopping              PLAN_AGGREGATE: a group table an open pane, complete panes as two stacks of states
**   session              PLAN_SESSION: open sessions with their ends in a heap, rows in order of time
**   sliding              PLAN_SLIDING: rows enter and leave, values are taken back or combined, rows in order
**
** An aggregate whose result depends on the order of rows wants them in order in every window. */
#include "plan/choose_window.h"

#include "base/status.h"

bool plan_is_group_by(PlanKind kind) {
  return kind == PLAN_AGGREGATE || kind == PLAN_SESSION || kind == PLAN_SLIDING;
}

PlanKind window_operator(const WindowSpec *window) {
  switch (window->kind) {
    case WINDOW_TUMBLING:
    case WINDOW_HOPPING:
    case WINDOW_SNAPSHOT: return PLAN_AGGREGATE;
    case WINDOW_SESSION: return PLAN_SESSION;
    case WINDOW_SLIDING: return PLAN_SLIDING;
    case WINDOW_KINDS: break;
  }
  BUG("no operator for window kind %d", (int)window->kind);
}

bool window_needs_order(const WindowSpec *window, const BoundGroup *group) {
  if (window_operator(window) != PLAN_AGGREGATE) return true;
  for (uint32_t i = 0; i < group->aggs.len; i++)
    if (group->aggs.items[i]->call.fn->flags & AGG_NEEDS_ORDER) return true;
  return false;
}
