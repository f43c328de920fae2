/* reference.c: reference data of a job: loaded before streams begin, refreshed while they run (reference.h).
**
** Which snapshot an event sees is the join's matter (op_join_reference.c); this file sees to it that it is there:
**
**   no dates   one snapshot at the start; when `refresh` is due another one, which holds from the time its load began.
**   dates      recorded run: nothing is read before an event asks for it (reference_at), so the result does not depend
**              on when what was read. Live run: the one of now at the start; later ones are read ahead, as soon as the
**              joins have room; what is noticed during the run is read beside the stream, and nobody waits for it.
**
** Refreshes are of live runs only: the events of a recorded one are all older. A refresh that fails leaves everything
** as it was, is told and counted, and tried again after a pause that doubles up to the interval. */
#include "run/reference.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define TELL_EVERY_NS INT64_C(10000000000) /* between two words about a long load */
enum { WAIT_MS = 50 };

/* ---- which inputs belong together ------------------------------------------------------------- */

static JobInput *input_of(Job *job, const PlanInput *plan) {
  for (uint32_t i = 0; i < job->inputs_len; i++)
    if (job->inputs[i].plan == plan) return &job->inputs[i];
  BUG("the plan has no such input");
}

static uint32_t root_of(const uint32_t *parent, uint32_t node) {
  while (parent[node] != node) node = parent[node];
  return node;
}

static bool joins_stream(const PlanNode *node) { return node->kind == PLAN_JOIN_REFERENCE && !node->reference; }

/* parent[]: nodes of one group have one root; those over streams alone stand for themselves. */
static void unite(const PlanScript *plan, uint32_t *parent) {
  for (uint32_t i = 0; i < plan->nodes_len; i++) {
    const PlanNode *node = plan->nodes[i];
    parent[i] = i;
    for (uint32_t k = joins_stream(node) ? 1 : 0; (node->reference || joins_stream(node)) && k < node->inputs_len; k++)
      parent[root_of(parent, node->inputs[k]->id)] = i;
  }
}

static void fill_group(Job *job, ReferenceGroup *group, const uint32_t *parent, uint32_t root) {
  for (uint32_t i = 0; i < job->plan->nodes_len; i++) {
    const PlanNode *node = job->plan->nodes[i];
    if (root_of(parent, i) != root) continue;
    vec_push(&group->nodes, i);
    if (joins_stream(node)) vec_push(&group->joins, i);
    if (node->kind == PLAN_REFERENCE) vec_push(&group->inputs, input_of(job, node->scan));
  }
}

static Ticks refresh_of(const JobInput *in) {
  if (in->rows) return in->rows->cls->refresh ? in->rows->cls->refresh(in->rows) : 0;
  return in->cls->refresh ? in->cls->refresh(in->source) : 0;
}

static Ticks interval_of(const ReferenceGroup *group) {
  Ticks least = 0;
  for (uint32_t i = 0; i < group->inputs.len; i++) {
    Ticks refresh = refresh_of(group->inputs.items[i]);
    if (refresh && (least == 0 || refresh < least)) least = refresh;
  }
  return least;
}

/* ---- the timeline of snapshots ---------------------------------------------------------------- */

static SnapshotEntry *entry_of(const ReferenceGroup *group, Ticks time) {
  for (uint32_t i = 0; i < group->timeline.len; i++)
    if (group->timeline.items[i].time == time) return &group->timeline.items[i];
  return NULL;
}

static void add_entry(ReferenceGroup *group, SnapshotEntry entry) {
  if (entry_of(group, entry.time)) return;
  vec_push(&group->timeline, entry);
  SnapshotEntry *items = group->timeline.items;
  for (uint32_t i = group->timeline.len - 1; i > 0 && items[i - 1].time > items[i].time; i--) {
    SnapshotEntry other = items[i];
    items[i] = items[i - 1];
    items[i - 1] = other;
  }
}

/* The entry that holds at t among those that events wait for; NULL: there are none. Its times in [*from, *until). */
static SnapshotEntry *entry_at(const ReferenceGroup *group, Ticks t, Ticks *from, Ticks *until) {
  SnapshotEntry *found = NULL;
  *from = TICKS_MIN;
  *until = TICKS_MAX;
  for (uint32_t i = 0; i < group->timeline.len; i++) {
    SnapshotEntry *entry = &group->timeline.items[i];
    if (entry->late) continue;
    if (found && entry->time > t) {
      *until = entry->time;
      return found;
    }
    if (found) *from = entry->time;
    found = entry;
  }
  return found;
}

static Ticks newest_held(const ReferenceGroup *group) {
  Ticks newest = TICKS_MIN;
  for (uint32_t i = 0; i < group->timeline.len; i++)
    for (uint32_t j = 0; j < group->joins.len; j++)
      if (join_reference_has(group->job->ops[group->joins.items[j]], group->timeline.items[i].time))
        newest = group->timeline.items[i].time;
  return newest;
}

/* Asks an input what there is. `at_start`: events wait for all of it. */
static Status look_at(ReferenceGroup *group, JobInput *in, bool at_start, Error *err) {
  if (in->rows) {
    group->wanted |= !at_start && refresh_of(in) > 0;
    return STATUS_OK;
  }
  if (in->cls->look == NULL) return STATUS_OK;
  SnapshotTimes times = {0};
  bool changed;
  Status status = in->cls->look(in->source, &times, &changed, err);
  Ticks newest = at_start ? TICKS_MAX : newest_held(group);
  in->dated |= times.len > 0;
  for (uint32_t i = 0; i < times.len; i++)
    add_entry(group, (SnapshotEntry){.time = times.items[i], .late = times.items[i] > newest});
  group->wanted |= changed && times.len == 0 && !at_start;
  group->dated |= in->dated;
  vec_release(&times);
  return status;
}

static Status open_group(Job *job, ReferenceGroup *group, Error *err) {
  bool changes = false;
  for (uint32_t i = 0; i < group->inputs.len; i++) {
    JobInput *in = group->inputs.items[i];
    TRY(look_at(group, in, true, err));
    changes |= in->rows && in->rows->cls->changes && in->rows->cls->changes(in->rows);
  }
  group->keeps = group->inputs.len > 1 || changes;
  return STATUS_OK;
}

Status references_open(Job *job, Error *err) {
  const PlanScript *plan = job->plan;
  uint32_t *parent = mem_alloc(mem_mul(plan->nodes_len + 1, sizeof *parent));
  unite(plan, parent);
  job->references = mem_zalloc(mem_mul(job->inputs_len + 1, sizeof *job->references));
  Status status = STATUS_OK;
  for (uint32_t i = 0; i < plan->nodes_len; i++) {
    bool member = plan->nodes[i]->reference || joins_stream(plan->nodes[i]);
    if (!member || parent[i] != i) continue;
    ReferenceGroup *group = &job->references[job->references_len++];
    group->job = job;
    group->due = TICKS_MAX;
    pthread_mutex_init(&group->lock, NULL);
    pthread_cond_init(&group->ended, NULL);
    fill_group(job, group, parent, i);
    group->counts = mem_zalloc(mem_mul(group->nodes.len, sizeof *group->counts));
    if (status == STATUS_OK) status = open_group(job, group, err);
  }
  mem_free(parent);
  return status;
}

/* ---- one load --------------------------------------------------------------------------------- */

static void *run_load(void *context) {
  ReferenceGroup *group = context;
  reference_group_load(group);
  pthread_mutex_lock(&group->lock);
  group->done = true;
  pthread_cond_signal(&group->ended);
  pthread_mutex_unlock(&group->lock);
  return NULL;
}

static void begin_load(ReferenceGroup *group, Ticks time, bool refresh, bool beside) {
  group->time = time;
  group->refresh = refresh;
  group->started = clock_wall(group->job->clock);
  group->loading = true;
  group->done = false;
  atomic_store(&group->cancel, false);
  atomic_store(&group->rows, 0);
  group->told_ns = clock_monotonic_ns();
  beside &= group->job->spec->threads != 1;
  group->threaded = beside && pthread_create(&group->thread, NULL, run_load, group) == 0;
  if (!group->threaded) run_load(group);
}

static bool has_ended(ReferenceGroup *group, unsigned wait_ms) {
  pthread_mutex_lock(&group->lock);
  struct timespec until = clock_deadline(wait_ms);
  int waited = 0;
  while (!group->done && wait_ms && waited == 0) waited = pthread_cond_timedwait(&group->ended, &group->lock, &until);
  bool done = group->done;
  pthread_mutex_unlock(&group->lock);
  return done;
}

static void put_name(const ReferenceGroup *group, char *out, size_t cap) {
  size_t len = 0;
  out[0] = 0;
  for (uint32_t i = 0; i < group->inputs.len && len < cap; i++)
    len += (size_t)snprintf(out + len, cap - len, "%s" STR_FMT, i ? ", " : "",
                            STR_ARG(group->inputs.items[i]->plan->name));
}

/* A load that takes long says so, where no progress line does. */
static void tell_rows(ReferenceGroup *group) {
  int64_t now = clock_monotonic_ns();
  if (group->job->spec->progress || now - group->told_ns < TELL_EVERY_NS) return;
  group->told_ns = now;
  char name[128];
  put_name(group, name, sizeof name);
  job_notice(group->job, "reference %s: loading, %llu rows so far", name,
             (unsigned long long)atomic_load(&group->rows));
}

static void cancel_load(ReferenceGroup *group) {
  if (atomic_exchange(&group->cancel, true)) return;
  for (uint32_t i = 0; i < group->inputs.len; i++) {
    Rows *rows = group->inputs.items[i]->rows;
    if (rows && rows->cls->cancel) rows->cls->cancel(rows);
  }
}

/* The load has ended: its thread, too. The tables are still the group's. */
static Status end_load(ReferenceGroup *group) {
  if (group->threaded) pthread_join(group->thread, NULL);
  group->loading = false;
  if (group->status != STATUS_OK && atomic_load(&group->cancel)) return STATUS_CANCELLED;
  return group->status;
}

/* Hands the tables to the joins. What a join has of a dated snapshot stays: it may be in the middle of using it, and a
** join behind it is the one that asked. */
static void install(ReferenceGroup *group, Ticks time) {
  Ticks from, until = TICKS_MAX;
  SnapshotEntry *entry = group->dated ? entry_of(group, time) : NULL;
  if (entry) {
    entry->late = entry->failed = false;
    entry_at(group, time, &from, &until);
  }
  for (uint32_t i = 0; i < group->joins.len; i++) {
    Op *op = group->job->ops[group->joins.items[i]];
    if (!group->refresh && join_reference_has(op, time)) reference_table_free(group->tables[i]);
    else join_reference_add(op, group->tables[i], time, until);
  }
  mem_free(group->tables);
  group->tables = NULL;
  for (uint32_t i = 0; i < group->nodes.len; i++) { /* the steps did their work in the graph of the load */
    Op *op = group->job->ops[group->nodes.items[i]];
    if (joins_stream(op->plan)) continue;
    op->rows_in += group->counts[i][0];
    op->rows_out += group->counts[i][1];
  }
}

/* ---- refreshes -------------------------------------------------------------------------------- */

static void refresh_failed(ReferenceGroup *group, const Error *why) {
  char name[128];
  Ticks most = interval_of(group), now = clock_wall(group->job->clock);
  group->failures++;
  group->pause = group->pause ? group->pause * 2 : TICKS_PER_SECOND;
  if (most && group->pause > most) group->pause = most;
  group->retry_at = now + group->pause;
  if (group->due > group->retry_at) group->due = group->retry_at;
  snprintf(group->state, sizeof group->state, "the refresh failed, the rows of before are used");
  if (group->said) return;
  group->said = true;
  put_name(group, name, sizeof name);
  bool alone = str_starts(str_from(why->who), STR("reference ")) && strcmp(why->who + 10, name) == 0;
  const char *who = alone ? "" : why->who;
  job_notice(group->job, "reference %s: the refresh failed, the rows of before stay in use: %s%s%s%s%s", name, who,
             who[0] ? ": " : "", why->message, why->hint[0] ? "; " : "", why->hint);
}

static void refresh_worked(ReferenceGroup *group) {
  if (group->said) {
    char name[128];
    put_name(group, name, sizeof name);
    job_notice(group->job, "reference %s: refreshed again", name);
  }
  group->said = false;
  group->pause = group->retry_at = 0;
  group->state[0] = 0;
}

static void finish_refresh(ReferenceGroup *group) {
  Status status = end_load(group);
  if (status == STATUS_OK) {
    install(group, group->time);
    refresh_worked(group);
    return;
  }
  reference_tables_free(group);
  if (status == STATUS_CANCELLED) return;
  SnapshotEntry *entry = group->dated ? entry_of(group, group->time) : NULL;
  if (entry) entry->failed = true;
  group->wanted |= group->refresh;
  refresh_failed(group, &group->error);
}

static bool has_room(const ReferenceGroup *group) {
  for (uint32_t i = 0; i < group->joins.len; i++)
    if (join_reference_full(group->job->ops[group->joins.items[i]])) return false;
  return true;
}

static void look_again(ReferenceGroup *group, Ticks now) {
  Error err = {0};
  Status status = STATUS_OK;
  group->due = now + interval_of(group);
  for (uint32_t i = 0; i < group->timeline.len; i++) group->timeline.items[i].failed = false;
  for (uint32_t i = 0; i < group->inputs.len && status == STATUS_OK; i++)
    status = look_at(group, group->inputs.items[i], false, &err);
  if (status != STATUS_OK) refresh_failed(group, &err);
}

/* The oldest snapshot behind those that are here. */
static SnapshotEntry *next_entry(const ReferenceGroup *group) {
  Ticks newest = newest_held(group);
  for (uint32_t i = 0; i < group->timeline.len; i++) {
    SnapshotEntry *entry = &group->timeline.items[i];
    if (entry->time > newest && !entry->failed) return entry;
  }
  return NULL;
}

static void consider(ReferenceGroup *group) {
  Ticks now = clock_wall(group->job->clock);
  if (now >= group->due) look_again(group, now);
  if (now < group->retry_at || !has_room(group)) return;
  SnapshotEntry *next = group->dated ? next_entry(group) : NULL;
  if (next == NULL && !group->wanted) return;
  group->refreshes++;
  bool wanted = next == NULL;
  if (wanted) group->wanted = false;
  begin_load(group, next ? next->time : group->dated ? newest_held(group) : now, wanted, true);
  if (!group->threaded) finish_refresh(group);
}

void references_step(Job *job) {
  for (uint32_t i = 0; i < job->references_len; i++) {
    ReferenceGroup *group = &job->references[i];
    if (!group->loading) {
      if (group->due != TICKS_MAX) consider(group);
    } else if (has_ended(group, 0)) {
      finish_refresh(group);
    } else {
      tell_rows(group);
    }
  }
}

/* ---- what an event asks for ------------------------------------------------------------------- */

/* A join without any snapshot cannot go on; it gets an empty one until the job has ended. */
static void give_up(ReferenceGroup *group, Op *op) {
  Job *job = group->job;
  if (job->ctx.failed == STATUS_OK) {
    job->ctx.failed = group->error.status;
    job->ctx.error = group->error;
  }
  const PlanNode *node = op->plan;
  ReferenceTable *empty = reference_table_new(node->inputs[1]->cols_len, node->join.keys_len);
  reference_table_complete(empty);
  join_reference_add(op, empty, TICKS_MIN, TICKS_MAX);
}

static void load_now(ReferenceGroup *group, SnapshotEntry *entry) {
  Ticks time = entry->time;
  group->refreshes++;
  begin_load(group, time, false, false);
  finish_refresh(group);
}

static ReferenceGroup *group_of(Job *job, const Op *op) {
  for (uint32_t i = 0; i < job->references_len; i++)
    for (uint32_t j = 0; j < job->references[i].joins.len; j++)
      if (job->references[i].joins.items[j] == op->plan->id) return &job->references[i];
  BUG("a join of no group of reference data");
}

void reference_at(void *context, const Op *op, Ticks t, Ticks *from, Ticks *until) {
  Job *job = context;
  ReferenceGroup *group = group_of(job, op);
  Op *join = job->ops[op->plan->id];
  *from = TICKS_MIN;
  *until = TICKS_MAX;
  if (group->dated) {
    if (group->loading) {
      while (!has_ended(group, WAIT_MS)) job_report(job);
      finish_refresh(group);
    }
    SnapshotEntry *entry = entry_at(group, t, from, until);
    if (!entry->failed && !join_reference_has(join, entry->time)) load_now(group, entry);
  }
  if (join_reference_held(join) == 0) give_up(group, join);
}

/* ---- the beginning ---------------------------------------------------------------------------- */

static bool holds_some(const ReferenceGroup *group) {
  for (uint32_t i = 0; i < group->joins.len; i++)
    if (join_reference_held(group->job->ops[group->joins.items[i]])) return true;
  return false;
}

static Status load_first(ReferenceGroup *group, Error *err) {
  Job *job = group->job;
  Ticks now = clock_wall(job->clock), from, until;
  SnapshotEntry *entry = group->dated ? entry_at(group, now, &from, &until) : NULL;
  begin_load(group, entry ? entry->time : holds_some(group) ? now : TICKS_MIN, true, true);
  while (!has_ended(group, WAIT_MS)) {
    if (atomic_load(&job->stop)) cancel_load(group);
    tell_rows(group);
    job_report(job);
  }
  Status status = end_load(group);
  if (status == STATUS_OK) {
    install(group, group->time);
    return STATUS_OK;
  }
  reference_tables_free(group);
  if (err) *err = group->error;
  return status;
}

Status references_load(Job *job, Error *err) {
  bool live = job_is_live(job);
  for (uint32_t i = 0; i < job->references_len; i++) {
    ReferenceGroup *group = &job->references[i];
    if (live || !group->dated) TRY(load_first(group, err));
    Ticks interval = interval_of(group);
    if (live && interval) group->due = clock_wall(job->clock) + interval;
    for (uint32_t k = 0; k < group->inputs.len; k++) group->inputs.items[k]->finished = true;
  }
  return STATUS_OK;
}

/* ---- the end, progress ------------------------------------------------------------------------ */

void references_stop(Job *job) {
  for (uint32_t i = 0; i < job->references_len; i++) {
    ReferenceGroup *group = &job->references[i];
    if (!group->loading) continue;
    cancel_load(group);
    end_load(group);
    reference_tables_free(group);
  }
}

void references_close(Job *job) {
  references_stop(job);
  for (uint32_t i = 0; i < job->references_len; i++) {
    ReferenceGroup *group = &job->references[i];
    vec_release(&group->inputs);
    vec_release(&group->nodes);
    vec_release(&group->joins);
    vec_release(&group->timeline);
    mem_free(group->counts);
    pthread_mutex_destroy(&group->lock);
    pthread_cond_destroy(&group->ended);
  }
  mem_free(job->references);
}

void references_progress(const Job *job, JobInput *in, JobInputProgress *out) {
  out->counts.events = atomic_load(&in->rows_loaded);
  for (uint32_t i = 0; i < job->references_len; i++) {
    const ReferenceGroup *group = &job->references[i];
    for (uint32_t k = 0; k < group->inputs.len; k++) {
      if (group->inputs.items[k] != in) continue;
      out->refreshes = group->refreshes;
      out->refreshes_failed = group->failures;
      if (group->loading)
        snprintf(out->state, sizeof out->state, "loading, %llu rows", (unsigned long long)atomic_load(&group->rows));
      else if (group->state[0]) memcpy(out->state, group->state, sizeof out->state);
    }
  }
}
