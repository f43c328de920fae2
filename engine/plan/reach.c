/* reach.c: see reach.h. */
#include "plan/reach.h"

#include "base/mem.h"

static Ticks later(Ticks a, Ticks b) { return a > TICKS_LAST - b ? TICKS_LAST : a + b; }
static Ticks longer(Ticks a, Ticks b) { return a > b ? a : b; }
static int64_t magnitude(int64_t n) { return n < 0 ? -n : n; }

/* After a cut a session is cut at every multiple of its maximum, wherever it began: two of them forget the start. */
static Ticks session_reach(const WindowSpec *window) {
  return later(later(window->longest, window->longest), window->size);
}

/* Each bound limits one side or both; DATEDIFF counts boundaries, so n units may be almost n + 1 of them. A left row is
** stamped up to `lag` later than the leaf that the bound counts from. */
static Ticks join_distance(const PlanNode *node) {
  Ticks distance = 0;
  for (uint32_t i = 0; i < node->join.bounds_len; i++) {
    const JoinBound *bound = &node->join.bounds[i];
    int64_t low = bound->has_low ? magnitude(bound->low) : 0, high = bound->has_high ? magnitude(bound->high) : 0;
    distance = longer(distance, later((longer(low, high) + 1) * bound->unit, bound->lag));
  }
  return distance;
}

/* That a left row goes out alone is known from all the rows it could have met. */
static Ticks join_reach(const PlanNode *node) {
  Ticks distance = join_distance(node);
  return node->join.left_outer ? later(distance, distance) : distance;
}

static Ticks analytic_reach(const PlanNode *node) {
  Ticks longest = 0;
  for (uint32_t i = 0; i < node->analytic.calls_len; i++) longest = longer(longest, node->analytic.calls[i]->duration);
  return longest;
}

/* How much older than its stamp the inputs of a row may be. */
static Ticks span_of(const PlanNode *node) {
  switch (node->kind) {
    case PLAN_AGGREGATE:
    case PLAN_SLIDING: return node->aggregate.window.kind == WINDOW_SNAPSHOT ? 0 : node->aggregate.window.size;
    case PLAN_SESSION: return session_reach(&node->aggregate.window);
    case PLAN_JOIN_STREAM: return join_reach(node);
    case PLAN_ANALYTIC: return analytic_reach(node);
    case PLAN_MATCH: return node->match->match.duration;
    case PLAN_ENTRANCE:
    case PLAN_REFERENCE:
    case PLAN_FILTER:
    case PLAN_PROJECT:
    case PLAN_JOIN_REFERENCE:
    case PLAN_UNION:
    case PLAN_MERGE:
    case PLAN_APPLY:
    case PLAN_OUTPUT:
    case PLAN_KINDS: break;
  }
  return 0;
}

/* What the operator holds does not tell all that its rows depend on. A session without a maximum is never cut. */
static bool looks_back(const PlanNode *node) {
  if (node->kind == PLAN_SESSION) return node->aggregate.window.longest > 0;
  return node->kind == PLAN_JOIN_STREAM || node->kind == PLAN_ANALYTIC || node->kind == PLAN_MATCH;
}

/* Two sums over the ways from the output down: over all of them, and over those with an operator that looks back;
** there the windows in front of it and behind it count, too. */
void plan_reach_from(const PlanScript *plan, const PlanNode *output, Ticks *reach) {
  Ticks *any = mem_alloc(mem_mul(plan->nodes_len + 1, sizeof *any));
  for (uint32_t i = 0; i < plan->nodes_len; i++) any[i] = reach[i] = REACH_NONE;
  any[output->id] = 0;
  for (uint32_t i = output->id + 1; i-- > 0;) {
    const PlanNode *node = plan->nodes[i];
    if (any[i] == REACH_NONE) continue;
    Ticks all = later(any[i], span_of(node)), back = REACH_NONE;
    if (looks_back(node)) back = all;
    else if (reach[i] != REACH_NONE) back = later(reach[i], span_of(node));
    for (uint32_t j = 0; j < node->inputs_len; j++) {
      uint32_t input = node->inputs[j]->id;
      any[input] = longer(any[input], all);
      reach[input] = longer(reach[input], back);
    }
  }
  for (uint32_t i = 0; i < plan->nodes_len; i++) {
    if (any[i] != REACH_NONE && reach[i] == REACH_NONE) reach[i] = 0;
    /* The clocks of keys run ahead of what is known to be delivered, and they come back with the events. */
    bool by_key = plan->nodes[i]->kind == PLAN_ENTRANCE && plan->nodes[i]->substreams;
    if (any[i] != REACH_NONE && by_key) reach[i] = longer(any[i], 1);
  }
  mem_free(any);
}

Ticks plan_lookback(const PlanScript *plan) {
  Ticks *back = mem_zalloc(mem_mul(plan->nodes_len + 1, sizeof *back)), most = 0;
  for (uint32_t i = 0; i < plan->nodes_len; i++) { /* inputs stand in front of their readers */
    const PlanNode *node = plan->nodes[i];
    for (uint32_t j = 0; j < node->inputs_len; j++) back[i] = longer(back[i], back[node->inputs[j]->id]);
    bool endless = node->kind == PLAN_SESSION && node->aggregate.window.longest == 0;
    back[i] = later(back[i], endless ? WINDOW_SIZE_MAX : span_of(node));
    most = longer(most, back[i]);
  }
  mem_free(back);
  return most;
}
