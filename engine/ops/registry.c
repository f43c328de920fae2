/* registry.c: every operator, once. To add one: write ops/op_<name>.c and name its class here. */
#include "ops/op.h"

extern const OpClass op_entrance, op_reference, op_filter, op_apply, op_project, op_aggregate, op_window_session,
    op_window_sliding, op_join_reference, op_join_stream, op_union, op_merge, op_analytic, op_match, op_output;

static const OpClass *const classes[] = {
    &op_entrance,  &op_reference,      &op_filter,         &op_apply,          &op_project,
    &op_aggregate, &op_window_session, &op_window_sliding, &op_join_reference, &op_join_stream,
    &op_union,     &op_merge,          &op_analytic,       &op_match,          &op_output,
};

const OpClass *op_class(PlanKind kind) {
  for (unsigned i = 0; i < sizeof classes / sizeof classes[0]; i++)
    if (classes[i]->kind == kind) return classes[i];
  BUG("no operator for plan node %s", plan_kind_name(kind));
}
