/* pace.c: partitions that run ahead of the others wait.
**
** A merge keeps the rows of every partition until the slowest has come as far. With a partition far behind (it has more
** bytes to a minute, or its broker is slow) that could be all of the others. So each merge has a budget, an equal share
** of it for each of its channels: a partition that has more there is paused at its source, and goes on when half of it
** is gone.
**
** Nobody waits for ever: the partition a merge waits for is never paused, whatever other merges hold of it, and a merge
** holds nothing of the channel that it waits for. Sources that cannot pause are let alone; recorded inputs are read in
** order of their time anyway. */
#include "run/internal.h"

enum { MERGE_BYTES = 64 << 20 };

static const Op *merge_at(const Job *job, uint32_t node) {
  return job->plan->nodes[node]->kind == PLAN_MERGE ? job->ops[node] : NULL;
}

static size_t share_of(const Job *job, const Op *merge) {
  size_t budget = job->spec->merge_bytes ? job->spec->merge_bytes : MERGE_BYTES;
  uint32_t channels = merge_channels(merge);
  return channels ? budget / channels : budget;
}

/* Whether the partition should wait. Its channel in each entrance may meet each merge. */
static bool is_ahead(const Job *job, const JobInput *in, uint32_t partition) {
  bool was = in->partitions.items[partition].paused, ahead = false;
  for (uint32_t node = 0; node < job->plan->nodes_len; node++) {
    const Op *merge = merge_at(job, node);
    for (uint32_t i = 0; merge && i < in->entrances.len; i++) {
      uint32_t channel = entrance_channel(in->entrances.items[i], partition);
      if (merge_awaited(merge) == channel) return false;
      size_t share = share_of(job, merge);
      ahead |= merge_held_bytes(merge, channel) > (was ? share / 2 : share);
    }
  }
  return ahead;
}

static void pace_partition(Job *job, JobInput *in, uint32_t partition) {
  bool ahead = is_ahead(job, in, partition);
  if (ahead == in->partitions.items[partition].paused) return;
  in->partitions.items[partition].paused = ahead;
  pthread_mutex_lock(&in->source_lock);
  in->cls->pause(in->source, partition, ahead);
  pthread_mutex_unlock(&in->source_lock);
}

static bool has_merge(const Job *job) {
  for (uint32_t node = 0; node < job->plan->nodes_len; node++)
    if (merge_at(job, node)) return true;
  return false;
}

void job_pace(Job *job) {
  if (!has_merge(job)) return;
  for (uint32_t i = 0; i < job->inputs_len; i++) {
    JobInput *in = &job->inputs[i];
    if (in->finished || in->cls == NULL || !in->cls->live || in->cls->pause == NULL) continue;
    for (uint32_t p = 0; p < in->partitions.len; p++) pace_partition(job, in, p);
  }
}
