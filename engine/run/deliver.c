/* deliver.c: from the reading side into the graph: partitions, arrival, the idle rule, positions. */
#include "run/internal.h"

unsigned input_partitions(JobInput *in) {
  pthread_mutex_lock(&in->source_lock);
  unsigned count = in->cls->partitions(in->source);
  pthread_mutex_unlock(&in->source_lock);
  return count;
}

void input_announce(JobInput *in, unsigned count) {
  while (in->partitions.len < count) {
    uint32_t partition = in->partitions.len;
    vec_push(&in->job->origins, (Origin){in, partition});
    vec_push(&in->partitions, (InputPartition){.origin = in->job->origins.len - 1, .position = INT64_MIN});
    for (uint32_t i = 0; i < in->entrances.len; i++) entrance_channel(in->entrances.items[i], partition);
  }
}

/* An entrance without TIMESTAMP BY needs an arrival: without a known one it is the start of the run. */
static void push_entrance(JobInput *in, Op *entrance, const InputBatch *item) {
  if (item->arrival || entrance->plan->entrance.timestamp) {
    entrance_push(entrance, item->partition, item->batch, in->sort ? NULL : item->arrival);
    return;
  }
  Value started = value_datetime(in->job->started);
  Column *arrival = column_constant(&started, item->batch->rows, false);
  entrance_push(entrance, item->partition, item->batch, arrival);
  column_unref(arrival);
}

static void finish_partition(JobInput *in, uint32_t p) {
  if (in->partitions.items[p].finished) return;
  in->partitions.items[p].finished = true;
  for (uint32_t i = 0; i < in->entrances.len; i++) entrance_finish(in->entrances.items[i], p);
}

void input_note(JobInput *in, const InputBatch *item) {
  input_announce(in, item->partitions);
  for (unsigned p = 0; item->at_end && p < item->partitions; p++) {
    in->partitions.items[p].at_end = item->at_end[p] != PARTITION_OPEN;
    if (item->at_end[p] == PARTITION_FINISHED) finish_partition(in, p);
  }
}

/* One batch, or a part of it, whose events meet the clocks as they stand now. */
static void push_part(JobInput *in, InputBatch *item) {
  InputPartition *partition = &in->partitions.items[item->partition];
  uint64_t disorder = in->counts.out_of_order;
  lineage_add(&item->batch->lineage, partition->origin, item->first);
  input_mark(in, item);
  for (uint32_t i = 0; i < in->entrances.len; i++) push_entrance(in, in->entrances.items[i], item);
  input_marked(in, item, disorder);
  partition->position = item->next;
}

/* The events of [first, next) of a batch. */
static Batch *part_of(const InputBatch *item, int64_t first, int64_t next) {
  const Batch *batch = item->batch;
  Selection *sel = selection_new(batch->rows);
  SELECTION_EACH(batch->sel, batch->rows, i) {
    int64_t offset = column_i64(batch->offset)[i];
    if (offset >= first && offset < next) sel->rows[sel->len++] = i;
  }
  return batch_select(batch, sel);
}

/* After a restart clocks may have to be moved within a batch, see commit.c. */
static void push_in_parts(JobInput *in, InputBatch *item) {
  for (int64_t first = item->first; first < item->next;) {
    input_move(in, item->partition, first);
    InputBatch part = *item;
    part.first = first;
    part.next = input_part_end(in, item, first);
    if (part.next - part.first < item->next - item->first) part.batch = part_of(item, part.first, part.next);
    push_part(in, &part);
    if (part.batch != item->batch) batch_unref(part.batch);
    first = part.next;
  }
  input_move(in, item->partition, item->next);
}

void input_deliver(JobInput *in, InputBatch *item) {
  input_note(in, item);
  in->delivered_blob = item->blob;
  in->counts.events += item->batch->rows;
  push_in_parts(in, item);
  if (item->largest_arrival >= in->largest_arrival && item->largest_arrival != TICKS_MIN) {
    in->largest_arrival = item->largest_arrival;
    in->largest_read_at = item->read_at;
  }
  in->job->last_event_ns = clock_monotonic_ns();
}

/* semantics.md section 3: a partition at its end does not hold the others. */
void input_idle(JobInput *in) {
  if (!in->cls->live || in->largest_arrival == TICKS_MIN) return;
  Ticks tolerance = in->job->ctx.policy.late, longest = 5 * TICKS_PER_SECOND;
  if (tolerance < 0) tolerance = longest;
  Ticks passed = clock_wall(in->job->clock) - in->largest_read_at;
  Ticks floor = in->largest_arrival + (passed > 0 ? passed : 0) - tolerance;
  for (uint32_t p = 0; p < in->partitions.len; p++) {
    if (!in->partitions.items[p].at_end || in->partitions.items[p].finished) continue;
    for (uint32_t i = 0; i < in->entrances.len; i++) entrance_idle(in->entrances.items[i], p, floor);
  }
}

void input_finish(JobInput *in) {
  if (in->finished) return;
  in->finished = true;
  for (uint32_t p = 0; p < in->partitions.len; p++) finish_partition(in, p);
}

Ticks input_watermark(const JobInput *in) {
  Ticks lowest = TICKS_MAX;
  for (uint32_t i = 0; i < in->entrances.len; i++)
    if (entrance_watermark(in->entrances.items[i]) < lowest) lowest = entrance_watermark(in->entrances.items[i]);
  return in->finished ? TICKS_MAX : lowest;
}
