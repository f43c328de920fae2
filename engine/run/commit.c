/* commit.c: which position of an input may be committed, and how another run goes on from it (resume.h).
**
** Without a state folder what operators hold is lost with the process, and the next run has to read it again. So the
** position committed is the oldest of
**   - the source events that operators still hold (OpClass.oldest),
**   - the events within the reach of the rows that were not delivered yet (plan/reach.h): with them operators that
**     look back, or wait for partners that do not come, come to the same answer again.
** What is read again would also give rows of windows that are over, made of the half that is read: each output says
** up to which time its rows are delivered (its watermark when the sinks had flushed), and the next run leaves out what
** is stamped earlier. Rows behind that may come twice, and are complete. */
#include "run/internal.h"

#include <string.h>

#include "base/mem.h"
#include "plan/reach.h"

enum { PART_ROWS = 128 };

/* ---- outputs ---------------------------------------------------------------------------------- */

/* Whether rows of the node depend on what is resumed: its deliveries are worth remembering. */
static bool feeds(const Job *job, const JobInput *in, uint32_t output) {
  const Ticks *reach = job->reach + (size_t)output * job->plan->nodes_len;
  for (uint32_t e = 0; e < in->entrances.len; e++)
    if (reach[in->entrances.items[e]->plan->id] != REACH_NONE) return true;
  return false;
}

/* The n-th output node of the plan. */
static Op *output_node(const Job *job, uint32_t n) {
  for (uint32_t i = 0; i < job->plan->nodes_len; i++)
    if (job->plan->nodes[i]->kind == PLAN_OUTPUT && n-- == 0) return job->ops[i];
  BUG("the plan has fewer outputs");
}

void commit_prepare(Job *job) {
  uint32_t nodes = job->plan->nodes_len, n = 0;
  for (uint32_t i = 0; i < nodes; i++) job->output_nodes += job->plan->nodes[i]->kind == PLAN_OUTPUT;
  job->reach = mem_alloc(mem_mul((size_t)job->output_nodes * nodes + 1, sizeof *job->reach));
  job->delivered = mem_alloc(mem_mul(nodes + 1, sizeof *job->delivered));
  for (uint32_t i = 0; i < nodes; i++) {
    job->delivered[i] = job->spec->start == START_TIME ? job->spec->start_time : TICKS_MIN;
    if (job->plan->nodes[i]->kind == PLAN_OUTPUT)
      plan_reach_from(job->plan, job->plan->nodes[i], job->reach + (size_t)n++ * nodes);
  }
}

void commit_release(Job *job) {
  mem_free(job->reach);
  mem_free(job->delivered);
}

Ticks output_delivered(const Job *job, const Op *op) { return job->delivered[op->plan->id]; }

/* Rows stamped earlier are out; TICKS_MIN: nothing is known, TICKS_MAX: the output has ended. */
static Ticks delivered_now(const Job *job, uint32_t output) {
  const Op *op = output_node(job, output);
  Ticks before = output_delivered(job, op);
  return op->watermark > before ? op->watermark : before;
}

/* ---- marks ------------------------------------------------------------------------------------ */

static bool keeps_marks(const JobInput *in) { return in->cls->live && in->cls->commit; }

static void read_clocks(const JobInput *in, uint32_t partition, EntranceClock *out) {
  for (uint32_t e = 0; e < in->entrances.len; e++) out[e] = entrance_clock(in->entrances.items[e], partition);
}

static EntranceClock *clocks_new(const JobInput *in) {
  return mem_alloc(mem_mul(in->entrances.len + 1, sizeof(EntranceClock)));
}

void input_mark(JobInput *in, const InputBatch *item) {
  InputPartition *partition = &in->partitions.items[item->partition];
  if (!keeps_marks(in)) return;
  EntranceClock *clocks = clocks_new(in);
  read_clocks(in, item->partition, clocks);
  partition->marks.entrances = in->entrances.len;
  mark_log_add(&partition->marks, (Mark){.offset = item->first}, clocks);
  mem_free(clocks);
}

static bool has_arrival_before(const InputBatch *item, Ticks time) {
  SELECTION_EACH(item->batch->sel, item->batch->rows, i) {
    if (item->arrival && column_i64(item->arrival)[i] < time) return true;
  }
  return false;
}

/* Whether a clock had moved since the last events, and events of this batch met it: by a policy (`disorder`: how many
** had before), or because without TIMESTAMP BY their time is at least the clock's. */
static bool met_a_move(const JobInput *in, const InputBatch *item, const EntranceClock *before,
                       const EntranceClock *clocks, uint64_t disorder) {
  for (uint32_t e = 0; e < in->entrances.len; e++) {
    if (clocks[e].watermark <= before[e].watermark) continue;
    if (in->entrances.items[e]->plan->entrance.timestamp ? in->counts.out_of_order > disorder
                                                        : has_arrival_before(item, clocks[e].watermark))
      return true;
  }
  return false;
}

void input_marked(JobInput *in, const InputBatch *item, uint64_t disorder) {
  InputPartition *partition = &in->partitions.items[item->partition];
  if (!keeps_marks(in)) return;
  uint32_t last = partition->marks.marks.len - 1;
  if (partition->clocks)
    partition->marks.marks.items[last].moved =
        met_a_move(in, item, partition->clocks, mark_clocks(&partition->marks, last), disorder);
  else partition->clocks = clocks_new(in);
  read_clocks(in, item->partition, partition->clocks);
}

/* ---- committing ------------------------------------------------------------------------------- */

/* For each entrance of the input: events stamped earlier are of no use to any row that is not delivered. */
static Ticks *useless_before(const Job *job, const JobInput *in) {
  Ticks *below = mem_alloc(mem_mul(in->entrances.len + 1, sizeof *below));
  for (uint32_t e = 0; e < in->entrances.len; e++) {
    below[e] = TICKS_MAX;
    for (uint32_t o = 0; o < job->output_nodes; o++) {
      Ticks reach = job->reach[(size_t)o * job->plan->nodes_len + in->entrances.items[e]->plan->id];
      Ticks delivered = delivered_now(job, o);
      if (reach <= 0 || delivered == TICKS_MAX) continue;
      Ticks limit = delivered == TICKS_MIN ? TICKS_MIN : delivered - reach;
      if (limit < below[e]) below[e] = limit;
    }
  }
  return below;
}

static Ticks reach_over(const Job *job, const JobInput *in) {
  Ticks longest = 0;
  for (uint32_t o = 0; o < job->output_nodes; o++) {
    for (uint32_t e = 0; e < in->entrances.len; e++) {
      Ticks reach = job->reach[(size_t)o * job->plan->nodes_len + in->entrances.items[e]->plan->id];
      if (reach > longest) longest = reach;
    }
  }
  return longest;
}

/* The marks of a note: where to begin, the moves behind it, and the end of what was read. */
static void choose_marks(const JobInput *in, uint32_t p, int64_t needed, const Ticks *below, MarkLog *out) {
  InputPartition *partition = &in->partitions.items[p];
  EntranceClock *now = clocks_new(in);
  MarkLog end = {.entrances = in->entrances.len};
  out->entrances = in->entrances.len;
  read_clocks(in, p, now);
  Mark here = {.offset = partition->position};
  mark_log_add(&end, (Mark){.offset = INT64_MIN}, now);
  mark_log_add(&end, (Mark){.offset = INT64_MIN}, now);
  Ticks tolerance = in->job->ctx.policy.out_of_order;
  bool nothing_needed = needed == partition->position && mark_log_find(&end, needed, below, tolerance) == 1;
  if (!nothing_needed && partition->marks.marks.len) {
    uint32_t first = mark_log_find(&partition->marks, needed, below, tolerance);
    for (uint32_t i = first; i < partition->marks.marks.len; i++) {
      Mark mark = partition->marks.marks.items[i];
      if (i == first || mark.moved) mark_log_add(out, mark, mark_clocks(&partition->marks, i));
    }
    mark_log_forget(&partition->marks, first);
  }
  mark_log_add(out, here, now);
  mark_log_release(&end);
  mem_free(now);
}

static void choose_position(const JobInput *in, uint32_t p, const Lineage *held, const Ticks *below, StrBuf *text,
                            SourcePosition *out) {
  const Job *job = in->job;
  InputPartition *partition = &in->partitions.items[p];
  *out = (SourcePosition){.offset = partition->position, .note = STR("")};
  if (in->finished || !in->cls->live) return; /* everything was flushed: nothing goes on */
  int64_t oldest = lineage_oldest(held, partition->origin);
  ResumeNote note = {.reach = reach_over(job, in)};
  choose_marks(in, p, oldest < partition->position ? oldest : partition->position, below, &note.marks);
  out->offset = note.marks.marks.items[0].offset;
  for (uint32_t o = 0; o < job->output_nodes; o++) {
    Ticks delivered = feeds(job, in, o) ? delivered_now(job, o) : TICKS_MIN;
    vec_push(&note.delivered, delivered == TICKS_MAX ? TICKS_MIN : delivered);
  }
  resume_note_print(&note, SOURCE_NOTE_MAX, text);
  out->note = strbuf_str(text);
  resume_note_release(&note);
}

Status input_commit(JobInput *in, const Lineage *held, Error *err) {
  if (in->cls == NULL || in->cls->commit == NULL) return STATUS_OK;
  uint32_t len = in->partitions.len;
  SourcePosition *positions = mem_zalloc(mem_mul(len + 1, sizeof *positions));
  StrBuf *notes = mem_zalloc(mem_mul(len + 1, sizeof *notes));
  Ticks *below = useless_before(in->job, in);
  for (uint32_t p = 0; p < len; p++) choose_position(in, p, held, below, &notes[p], &positions[p]);
  pthread_mutex_lock(&in->source_lock);
  Status status = in->cls->commit(in->source, positions, len, err);
  pthread_mutex_unlock(&in->source_lock);
  for (uint32_t p = 0; p < len; p++) strbuf_release(&notes[p]);
  mem_free(notes);
  mem_free(below);
  mem_free(positions);
  return status;
}

/* ---- going on --------------------------------------------------------------------------------- */

bool input_resumed(JobInput *in) {
  Str note;
  if (in->cls == NULL || in->cls->resumed == NULL) return false;
  for (unsigned p = 0; p < in->cls->partitions(in->source); p++)
    if (in->cls->resumed(in->source, p, &note)) return true;
  return false;
}

/* The offset of the first row behind the part that begins at `first`. */
static int64_t small_part_end(const InputBatch *item, int64_t first) {
  const int64_t *offsets = column_i64(item->batch->offset);
  uint32_t rows = 0;
  SELECTION_EACH(item->batch->sel, item->batch->rows, i) {
    if (offsets[i] < first) continue;
    if (rows++ >= PART_ROWS && offsets[i] > first) return offsets[i];
  }
  return item->next;
}

/* What is read again goes in by small parts, up to where clocks are to be moved. With a mark in front of each, a job
** that is killed soon again still gets on. */
int64_t input_part_end(const JobInput *in, const InputBatch *item, int64_t first) {
  const InputPartition *partition = &in->partitions.items[item->partition];
  const MarkLog *moves = &partition->moves;
  if (partition->moves_done == moves->marks.len) return item->next;
  int64_t move = moves->marks.items[partition->moves_done].offset, end = small_part_end(item, first);
  return move < end ? move : end;
}

void input_move(JobInput *in, uint32_t p, int64_t offset) {
  InputPartition *partition = &in->partitions.items[p];
  const MarkLog *moves = &partition->moves;
  for (; partition->moves_done < moves->marks.len; partition->moves_done++) {
    if (moves->marks.items[partition->moves_done].offset > offset) return;
    const EntranceClock *clocks = mark_clocks(moves, partition->moves_done);
    for (uint32_t e = 0; e < in->entrances.len; e++) entrance_set_clock(in->entrances.items[e], p, clocks[e]);
  }
}

/* A query that was changed since may look back further, or have other outputs. */
static bool note_fits(JobInput *in, const ResumeNote *note) {
  const char *name = in->plan->name.ptr;
  Ticks reach = reach_over(in->job, in);
  if (note->delivered.len != in->job->output_nodes || note->marks.entrances != in->entrances.len) {
    job_notice(in->job, "input %s: the committed positions are of another query; the first rows may be incomplete",
               name);
    return false;
  }
  if (reach <= note->reach) return true;
  job_notice(in->job, "input %s: the query looks back further than the one that committed the positions; rows of the "
             "first %lld s may be incomplete", name, (long long)((reach - note->reach) / TICKS_PER_SECOND));
  return true;
}

static void resume_partition(JobInput *in, unsigned p, Str text) {
  Job *job = in->job;
  ResumeNote note;
  if (!resume_note_parse(text, &note)) return;
  if (note_fits(in, &note)) {
    for (uint32_t o = 0; o < job->output_nodes; o++) {
      Ticks *delivered = &job->delivered[output_node(job, o)->plan->id];
      if (note.delivered.items[o] > *delivered) *delivered = note.delivered.items[o];
    }
    in->partitions.items[p].moves = note.marks;
    note.marks = (MarkLog){0};
    MarkLog *moves = &in->partitions.items[p].moves;
    input_move(in, p, moves->marks.len ? moves->marks.items[0].offset : INT64_MIN);
  }
  resume_note_release(&note);
}

void input_resume(JobInput *in) {
  Str note;
  if (!keeps_marks(in) || in->cls->resumed == NULL) return;
  for (unsigned p = 0; p < in->partitions.len; p++)
    if (in->cls->resumed(in->source, p, &note)) resume_partition(in, p, note);
}
