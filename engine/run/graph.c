/* graph.c: an operator for every plan node, wired as the plan says. Those over reference data alone stay idle here:
** each load runs them in a graph of its own (reference_load.c). */
#include "run/internal.h"

#include "base/mem.h"
#include "ops/substream_keys.h"

static Status build_op(Job *job, const PlanNode *node, Error *err) {
  Op *op = op_new(node, &job->ctx);
  job->ops[node->id] = op;
  for (uint32_t i = 0; i < node->inputs_len; i++) op_connect(job->ops[node->inputs[i]->id], op, i);
  return op->cls->open ? op->cls->open(op, err) : STATUS_OK;
}

static JobInput *find_input(Job *job, const PlanInput *plan) {
  for (uint32_t i = 0; i < job->inputs_len; i++)
    if (job->inputs[i].plan == plan) return &job->inputs[i];
  BUG("the plan has no such input");
}

static void attach_entrance(JobInput *in, Op *entrance) {
  vec_push(&in->entrances, entrance);
  if (in->sort) entrance_sort(entrance);
}

static void attach_inputs(Job *job) {
  for (uint32_t i = 0; i < job->inputs_len; i++) job->inputs[i].entrances.len = 0;
  for (uint32_t i = 0; i < job->plan->nodes_len; i++) {
    const PlanNode *node = job->plan->nodes[i];
    if (node->kind == PLAN_ENTRANCE) attach_entrance(find_input(job, node->entrance.input), job->ops[i]);
  }
}

Status graph_build(Job *job, Error *err) {
  arena_init(&job->graph_arena);
  job->ctx.arena = &job->graph_arena;
  job->ctx.next_channel = 0;
  job->ops = mem_zalloc(mem_mul(job->plan->nodes_len + 1, sizeof *job->ops));
  for (uint32_t i = 0; i < job->plan->nodes_len; i++) TRY(build_op(job, job->plan->nodes[i], err));
  attach_inputs(job);
  return STATUS_OK;
}

void graph_free(Job *job) {
  for (uint32_t i = 0; job->ops && i < job->plan->nodes_len; i++) op_free(job->ops[i]);
  mem_free(job->ops);
  job->ops = NULL;
  substream_keys_free(&job->ctx);
  arena_release(&job->graph_arena);
}
