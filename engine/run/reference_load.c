/* reference_load.c: one load of a group of reference inputs: read, run the steps, build the tables.
**
** The rows of an input go into a graph made for this load, whose stream joins build a table out of port 1. Where rows
** have to be there again at the next load (several inputs in one group; a database that tells only what changed) they
** are kept, and pushed from there.
**
** Changes come as rows with an identity (the key, or a digest of the whole row) and an operation. Rows that changes
** name go first, then the inserted ones come in; so an update may come as a deletion and an insertion in any order. */
#include "run/reference.h"

#include <string.h>

#include "base/mem.h"

/* ---- the graph of a load ---------------------------------------------------------------------- */

typedef struct LoadGraph {
  OpContext ctx;
  Arena     arena;
  Op      **ops; /* by plan node id; NULL: not of this group */
} LoadGraph;

static Status build_op(LoadGraph *graph, const PlanNode *node, Error *err) {
  Op *op = op_new(node, &graph->ctx);
  graph->ops[node->id] = op;
  for (uint32_t i = 0; i < node->inputs_len; i++)
    if (graph->ops[node->inputs[i]->id]) op_connect(graph->ops[node->inputs[i]->id], op, i);
  return op->cls->open ? op->cls->open(op, err) : STATUS_OK;
}

static Status graph_open(const ReferenceGroup *group, LoadGraph *graph, Error *err) {
  const Job *job = group->job;
  graph->ctx = job->ctx;
  graph->ctx.next_channel = 0;
  graph->ctx.arena = &graph->arena;
  graph->ctx.failed = STATUS_OK;
  graph->ctx.reference_at = NULL;
  graph->ops = mem_zalloc(mem_mul(job->plan->nodes_len + 1, sizeof *graph->ops));
  for (uint32_t i = 0; i < group->nodes.len; i++)
    TRY(build_op(graph, job->plan->nodes[group->nodes.items[i]], err));
  return STATUS_OK;
}

static void graph_close(const ReferenceGroup *group, LoadGraph *graph) {
  for (uint32_t i = 0; i < group->job->plan->nodes_len; i++)
    if (graph->ops[i]) op_free(graph->ops[i]);
  mem_free(graph->ops);
  arena_release(&graph->arena);
}

static Op *scan_of(const ReferenceGroup *group, const LoadGraph *graph, const JobInput *in) {
  for (uint32_t i = 0; i < group->nodes.len; i++) {
    const PlanNode *node = group->job->plan->nodes[group->nodes.items[i]];
    if (node->kind == PLAN_REFERENCE && node->scan == in->plan) return graph->ops[node->id];
  }
  BUG("a reference input without a node");
}

static Status push_rows(LoadGraph *graph, Op *scan, Batch *batch, Error *err) {
  batch->channel = scan->channel;
  op_push(scan, 0, batch);
  if (graph->ctx.failed == STATUS_OK) return STATUS_OK;
  if (err) *err = graph->ctx.error;
  return graph->ctx.failed;
}

/* ---- reading ---------------------------------------------------------------------------------- */

static void rows_unref(const ReferenceRows *rows) {
  batch_unref(rows->batch);
  column_unref(rows->identity);
  column_unref(rows->operation);
}

void reference_rows_release(ReferenceRowsList *list) {
  for (uint32_t i = 0; i < list->len; i++) rows_unref(&list->items[i]);
  vec_release(list);
}

/* Where the rows that are read go: into the graph, or into a list. */
typedef struct Reading {
  ReferenceGroup *group;
  JobInput  *in;
  LoadGraph *graph;
  Op        *scan;
  ReferenceRowsList *list; /* NULL: into the graph */
} Reading;

static Status check_stop(const Reading *reading, Error *err) {
  if (!atomic_load(&reading->group->cancel)) return STATUS_OK;
  return error_set(err, STATUS_CANCELLED, reading->in->who, "stopped while loading");
}

static bool gives_changes(const JobInput *in) {
  return in->rows && in->rows->cls->changes && in->rows->cls->changes(in->rows);
}

/* `extra`: identity and operation of each row, where the database gives them. */
static Status take_rows(Reading *reading, Batch *batch, Column *const *extra, Error *err) {
  if (batch->time == NULL) {
    Value time = value_datetime(reading->group->job->started);
    batch->time = column_constant(&time, batch->rows, false);
  }
  atomic_fetch_add(&reading->group->rows, batch->rows);
  atomic_fetch_add(&reading->in->rows_loaded, batch->rows);
  if (reading->list == NULL) return push_rows(reading->graph, reading->scan, batch, err);
  ReferenceRows rows = {.batch = batch_ref(batch)};
  if (extra) rows.identity = column_ref(extra[0]), rows.operation = column_ref(extra[1]);
  vec_push(reading->list, rows);
  return STATUS_OK;
}

static Status read_database(Reading *reading, Error *err) {
  JobInput *in = reading->in;
  for (;;) {
    Batch *rows = NULL;
    TRY(check_stop(reading, err));
    TRY(in->rows->cls->next(in->rows, in->job->ctx.batch_rows, &rows, err));
    if (rows == NULL) return STATUS_OK;
    DecodedBatch decoded = {.rows = rows->rows, .cols = rows->cols, .payload = rows->payload};
    Batch *batch = input_batch(in, &decoded, 0);
    Status status = take_rows(reading, batch, gives_changes(in) ? rows->cols + in->spec.fields_len : NULL, err);
    batch_unref(rows);
    batch_unref(batch);
    TRY(status);
  }
}

static Status read_files(Reading *reading, Error *err) {
  JobInput *in = reading->in;
  for (;;) {
    InputBatch item = {0};
    SourceEvent event;
    TRY(check_stop(reading, err));
    TRY(input_next(in, 100, &item, &event, err));
    if (event == SOURCE_END) return STATUS_OK;
    Status status = event == SOURCE_DATA ? take_rows(reading, item.batch, NULL, err) : STATUS_OK;
    input_batch_release(&item);
    TRY(status);
  }
}

static Status read_input(Reading *reading, Error *err) {
  JobInput *in = reading->in;
  ReferenceGroup *group = reading->group;
  if (in->rows) {
    TRY(in->rows->cls->rewind(in->rows, group->started, TICKS_MIN, err));
    return read_database(reading, err);
  }
  if (in->cls->begin) TRY(in->cls->begin(in->source, group->time, err));
  input_rewind(in);
  return read_files(reading, err);
}

/* ---- changes ---------------------------------------------------------------------------------- */

/* What the changes say of one identity. */
typedef struct Change { Text identity; uint32_t deleted, inserted; } Change;

typedef struct ChangeTable { Change *slots; uint32_t mask; } ChangeTable; /* identity.len 0: free */

static Change *change_of(const ChangeTable *table, const Text *identity) {
  uint32_t at = (uint32_t)text_hash(identity) & table->mask;
  while (table->slots[at].identity.len && !text_eq(&table->slots[at].identity, identity)) at = (at + 1) & table->mask;
  return &table->slots[at];
}

static const Text *identity_at(const Column *identities, uint32_t row) {
  return &column_text(identities)[column_slot(identities, row)];
}

static bool is_deletion(const ReferenceRows *rows, uint32_t row) {
  return column_i64(rows->operation)[column_slot(rows->operation, row)] == ROWS_DELETE;
}

static void collect_changes(const ReferenceRowsList *list, ChangeTable *table) {
  uint32_t rows = 0, slots = 16;
  for (uint32_t i = 0; i < list->len; i++) rows += list->items[i].batch->rows;
  while (slots < (uint64_t)rows * 2) slots *= 2;
  *table = (ChangeTable){.slots = mem_zalloc(mem_mul(slots, sizeof *table->slots)), .mask = slots - 1};
  for (uint32_t i = 0; i < list->len; i++) {
    const ReferenceRows *rows_of = &list->items[i];
    for (uint32_t row = 0; row < rows_of->batch->rows; row++) {
      Change *change = change_of(table, identity_at(rows_of->identity, row));
      change->identity = *identity_at(rows_of->identity, row);
      if (is_deletion(rows_of, row)) change->deleted++;
      else change->inserted++;
    }
  }
}

/* Rows that stay. With a key whatever is named goes; else a deletion takes one equal row, and a row that is inserted
** once more (two loads may both see it) stays as it is. */
static Selection *rows_that_stay(const ReferenceRows *rows, const ChangeTable *changes, bool keyed) {
  Selection *stay = selection_new(rows->batch->rows);
  for (uint32_t row = 0; row < rows->batch->rows; row++) {
    Change *change = change_of(changes, identity_at(rows->identity, row));
    if (change->identity.len && keyed) continue;
    if (change->deleted) {
      change->deleted--;
      continue;
    }
    if (change->inserted) change->inserted--;
    stay->rows[stay->len++] = row;
  }
  return stay;
}

/* Inserted rows that are still to come in, seen from the last one to the first: with a key the last of each. */
static Selection *rows_that_come(const ReferenceRows *rows, const ChangeTable *changes, bool keyed) {
  uint32_t count = rows->batch->rows, at = count;
  Selection *come = selection_new(count);
  for (uint32_t row = count; row-- > 0;) {
    Change *change = change_of(changes, identity_at(rows->identity, row));
    if (is_deletion(rows, row) || change->inserted == 0) continue;
    change->inserted = keyed ? 0 : change->inserted - 1;
    come->rows[--at] = row;
  }
  come->len = count - at;
  memmove(come->rows, come->rows + at, come->len * sizeof *come->rows);
  return come;
}

static void add_chosen(ReferenceRowsList *list, const ReferenceRows *rows, Selection *chosen) {
  const Batch *batch = rows->batch;
  if (chosen->len == 0) {
    selection_unref(chosen);
    return;
  }
  Batch *out = batch_new(chosen->len, batch->cols_len);
  for (uint32_t i = 0; i < batch->cols_len; i++)
    if (batch->cols[i]) out->cols[i] = column_gather(batch->cols[i], chosen->rows, chosen->len, true);
  out->time = column_gather(batch->time, chosen->rows, chosen->len, false);
  if (batch->payload) out->payload = column_gather(batch->payload, chosen->rows, chosen->len, true);
  vec_push(list, (ReferenceRows){.batch = out,
                                 .identity = column_gather(rows->identity, chosen->rows, chosen->len, true)});
  selection_unref(chosen);
}

static void keep_or_choose(ReferenceRowsList *list, const ReferenceRows *rows, Selection *chosen) {
  if (chosen->len < rows->batch->rows) {
    add_chosen(list, rows, chosen);
    return;
  }
  vec_push(list, (ReferenceRows){.batch = batch_ref(rows->batch), .identity = column_ref(rows->identity)});
  selection_unref(chosen);
}

static void apply_changes(JobInput *in, const ReferenceRowsList *changed) {
  bool keyed = in->rows->cls->keyed(in->rows);
  ChangeTable changes;
  ReferenceRowsList after = {0}, come = {0};
  collect_changes(changed, &changes);
  for (uint32_t i = 0; i < in->kept.len; i++)
    keep_or_choose(&after, &in->kept.items[i], rows_that_stay(&in->kept.items[i], &changes, keyed));
  for (uint32_t i = changed->len; i-- > 0;)
    add_chosen(&come, &changed->items[i], rows_that_come(&changed->items[i], &changes, keyed));
  for (uint32_t i = come.len; i-- > 0;) vec_push(&after, come.items[i]);
  vec_release(&come);
  mem_free(changes.slots);
  reference_rows_release(&in->kept);
  in->kept = after;
}

/* ---- kept rows -------------------------------------------------------------------------------- */

static Status read_changes(Reading *reading, Error *err) {
  JobInput *in = reading->in;
  TRY(in->rows->cls->rewind(in->rows, reading->group->started, in->kept_at, err));
  return read_database(reading, err);
}

static Status read_kept(Reading *reading, bool only_changes, Error *err) {
  JobInput *in = reading->in;
  ReferenceRowsList rows = {0};
  reading->list = &rows;
  Status status = only_changes ? read_changes(reading, err) : read_input(reading, err);
  if (status != STATUS_OK) {
    reference_rows_release(&rows);
    return status;
  }
  if (only_changes) {
    apply_changes(in, &rows);
    reference_rows_release(&rows);
  } else {
    reference_rows_release(&in->kept);
    in->kept = rows;
  }
  in->kept_at = reading->group->started;
  in->kept_time = reading->group->time;
  in->kept_any = true;
  return STATUS_OK;
}

/* Reads what the kept rows do not hold yet, then pushes all of them. */
static Status push_kept(Reading *reading, Error *err) {
  JobInput *in = reading->in;
  bool stale = !in->kept_any || (in->dated ? in->kept_time != reading->group->time : reading->group->refresh);
  if (stale) TRY(read_kept(reading, in->kept_any && gives_changes(in), err));
  for (uint32_t i = 0; i < in->kept.len; i++)
    TRY(push_rows(reading->graph, reading->scan, in->kept.items[i].batch, err));
  return STATUS_OK;
}

/* ---- a load ----------------------------------------------------------------------------------- */

static Status load_input(ReferenceGroup *group, LoadGraph *graph, JobInput *in, Error *err) {
  Reading reading = {.group = group, .in = in, .graph = graph, .scan = scan_of(group, graph, in)};
  TRY(group->keeps ? push_kept(&reading, err) : read_input(&reading, err));
  op_push_time(reading.scan, 0, reading.scan->channel, TICKS_MAX);
  if (graph->ctx.failed == STATUS_OK) return STATUS_OK;
  if (err) *err = graph->ctx.error;
  return graph->ctx.failed;
}

static Status load_all(ReferenceGroup *group, LoadGraph *graph, Error *err) {
  TRY(graph_open(group, graph, err));
  for (uint32_t i = 0; i < group->inputs.len; i++) { /* clocks first: a union waits for all of them */
    Op *scan = scan_of(group, graph, group->inputs.items[i]);
    op_push_time(scan, 0, scan->channel, TICKS_MIN);
  }
  for (uint32_t i = 0; i < group->inputs.len; i++) TRY(load_input(group, graph, group->inputs.items[i], err));
  for (uint32_t i = 0; i < group->joins.len; i++)
    group->tables[i] = join_reference_take(graph->ops[group->joins.items[i]]);
  return STATUS_OK;
}

void reference_tables_free(ReferenceGroup *group) {
  for (uint32_t i = 0; group->tables && i < group->joins.len; i++) reference_table_free(group->tables[i]);
  mem_free(group->tables);
  group->tables = NULL;
}

static void count_rows(ReferenceGroup *group, const LoadGraph *graph) {
  for (uint32_t i = 0; i < group->nodes.len; i++) {
    const Op *op = graph->ops[group->nodes.items[i]];
    group->counts[i][0] = op ? op->rows_in : 0;
    group->counts[i][1] = op ? op->rows_out : 0;
  }
}

void reference_group_load(ReferenceGroup *group) {
  LoadGraph graph = {0};
  group->tables = mem_zalloc(mem_mul(group->joins.len + 1, sizeof *group->tables));
  group->status = load_all(group, &graph, &group->error);
  count_rows(group, &graph);
  graph_close(group, &graph);
}
