/* op_entrance.c: where an input gets its time. Works out the timestamp of each event, applies the policies of
** time/policy.h and brings each partition into order.
**
**   in    events of the partitions, in the order of their arrival (entrance_push)
**   out   a channel a partition: rows in order of time, and watermarks
**   state for each partition its watermark, its largest arrival and the rows above the watermark
**
** Without TIMESTAMP BY the time of an event is its arrival, which does not step back: no policy applies and nothing
** has to wait. With it, a batch that is clean, in order and wholly at or below the watermark passes as it is; that
** is every batch of well-behaved data without an out-of-order tolerance. Otherwise rows above the watermark wait in
** the reorder buffer of their partition.
**
** The two ways through entrance_push:
**
**     arrival ------------------------------------------------------------> emit, advance
**     expression -> ticks -> scan -> [policies] -> in order and ripe? ----> emit, advance
**                                                       no: reorder buffer -> emit what is ripe, advance */
#include <stdio.h>

#include "base/mem.h"
#include "ops/entrance_substreams.h"
#include "types/cast.h"

enum {
  ENTRANCE_VERSION = 1,
  SHOWN_BYTES = 64, /* of a bad timestamp, in the reason */
};

typedef struct Partition {
  uint32_t number, channel;
  Ticks    watermark; /* told to the readers */
  Ticks    arrival;   /* largest so far; TICKS_MIN: none known */
  Reorder  waiting;   /* rows above the watermark */
} Partition;

typedef struct EntranceOp {
  Op op;
  Vec(Partition) partitions;
  Program    *program;   /* the timestamp, then the OVER columns; NULL: arrival time */
  Column    **values;    /* of the batch at hand */
  bool        by_key;    /* OVER: substreams have the clocks, partitions only bound them from below */
  EntranceSubstreams substreams;
  ProgramRun *run;
  RowFailures failures;
  Vec(Ticks)  arrivals;  /* scratch: of the rows of a batch */
  TimePolicy  policy;    /* the job's, unless the input is sorted first */
} EntranceOp;

static Status entrance_open(Op *op, Error *err) {
  (void)err;
  EntranceOp *entrance = (EntranceOp *)op;
  uint32_t keys = op->plan->substreams;
  entrance->policy = op->ctx->policy;
  if (!op->plan->entrance.timestamp) return STATUS_OK;
  Expr **values = ARENA_ARRAY(op->ctx->arena, Expr *, keys + 1);
  values[0] = op->plan->entrance.timestamp;
  for (uint32_t k = 0; k < keys; k++) values[k + 1] = op->plan->entrance.over[k];
  entrance->program = program_new(op->ctx->arena, NULL, values, keys + 1);
  entrance->run = program_run_new(entrance->program);
  entrance->values = ARENA_ARRAY(op->ctx->arena, Column *, keys + 1);
  entrance->by_key = keys > 0;
  if (entrance->by_key) entrance_substreams_open(&entrance->substreams, op);
  return STATUS_OK;
}

void entrance_sort(Op *op) {
  ((EntranceOp *)op)->policy = (TimePolicy){.late = -1, .out_of_order = TICKS_LAST};
}

/* ---- partitions ---- */

static Ticks least_watermark(const EntranceOp *entrance) {
  Ticks min = entrance->partitions.len ? TICKS_MAX : TICKS_MIN;
  for (uint32_t i = 0; i < entrance->partitions.len; i++)
    if (entrance->partitions.items[i].watermark < min) min = entrance->partitions.items[i].watermark;
  return min;
}

/* Of substreams the furthest counts: the others may never come again. */
Ticks entrance_watermark(const Op *op) {
  const EntranceOp *entrance = (const EntranceOp *)op;
  Ticks least = least_watermark(entrance);
  return entrance->by_key && entrance->substreams.newest > least ? entrance->substreams.newest : least;
}

static Partition *add_partition(EntranceOp *entrance, uint32_t number) {
  Op *op = &entrance->op;
  Partition added = {.number = number, .channel = entrance->by_key ? op->channel : op_new_channel(op),
                     .watermark = least_watermark(entrance), .arrival = TICKS_MIN};
  if (added.watermark == TICKS_MAX) BUG("partition %u appears after all others have finished", number);
  vec_push(&entrance->partitions, added);
  if (!entrance->by_key || entrance->partitions.len == 1) op_advance(op, added.channel, TICKS_MIN);
  if (!entrance->by_key && added.watermark > TICKS_MIN) op_advance(op, added.channel, added.watermark);
  return &entrance->partitions.items[entrance->partitions.len - 1];
}

static Partition *take_partition(Op *op, uint32_t number) {
  EntranceOp *entrance = (EntranceOp *)op;
  for (uint32_t i = 0; i < entrance->partitions.len; i++)
    if (entrance->partitions.items[i].number == number) return &entrance->partitions.items[i];
  return add_partition(entrance, number);
}

uint32_t entrance_channel(Op *op, uint32_t partition) { return take_partition(op, partition)->channel; }

/* ---- dropping ---- */

static InputCounts *counts_of(Op *op) { return op->ctx->counts(op->ctx->job, op->plan->entrance.input); }

static void drop_event(Op *op, const Batch *batch, uint32_t row, int kind, const char *reason) {
  if (op->ctx->event_dropped) op->ctx->event_dropped(op->ctx->job, op, batch, row, kind, reason);
}

static void drop_invalid(Op *op, const Batch *batch, uint32_t row, const char *reason) {
  counts_of(op)->invalid_timestamp++;
  drop_event(op, batch, row, DROP_INVALID_TIMESTAMP, reason);
}

/* The beginning of a text, not cut within a character. */
static Str shown(Str text) {
  size_t len = text.len < SHOWN_BYTES ? text.len : SHOWN_BYTES;
  while (len && len < text.len && ((unsigned char)text.ptr[len] & 0xc0) == 0x80) len--;
  return str_sub(text, 0, len);
}

static void drop_unconvertible(Op *op, const Batch *batch, uint32_t row, const Value *value) {
  char reason[SHOWN_BYTES + 64];
  if (value->type == TYPE_TEXT) {
    Str text = text_str(&value->text), part = shown(text);
    snprintf(reason, sizeof reason, "the timestamp `" STR_FMT "%s` is not a datetime", STR_ARG(part),
             part.len < text.len ? "..." : "");
  } else if (value->type == TYPE_NULL) {
    snprintf(reason, sizeof reason, "the timestamp is NULL");
  } else {
    snprintf(reason, sizeof reason, "the timestamp is a %s, not a datetime", type_name(value->type));
  }
  drop_invalid(op, batch, row, reason);
}

/* ---- the timestamp of each event ---- */

static bool parse_text(const Column *col, uint32_t row, Ticks *out) {
  const Text *text = &column_text(col)[row];
  if (col->valid && !bits_get(col->valid, row)) return false;
  if (datetime_parse(text_ptr(text), text->len, out)) return true;
  Value value = column_get(col, row);
  return value_to_ticks(&value, out); /* blanks around it */
}

static bool convert(const Column *col, uint32_t row, Ticks *out) {
  if (col->layout == COL_TEXT && !col->constant) return parse_text(col, row, out);
  Value value = column_get(col, row);
  return value_to_ticks(&value, out);
}

/* The values as datetimes. Rows that do not convert are reported and leave *sel, of which the caller gives and
** gets a reference. */
static Column *to_ticks(Op *op, const Batch *batch, const Column *col, Selection **sel) {
  Column *out = column_new(COL_DATETIME, batch->rows);
  Selection *good = NULL;
  uint32_t seen = 0, parsed = 0; /* the first rows, mostly all, at once */
  if (col->layout == COL_TEXT && !col->constant && !col->valid && !*sel)
    parsed = datetime_parse_texts(column_text(col), batch->rows, column_i64(out));
  if (parsed == batch->rows) return out;
  SELECTION_EACH(*sel, batch->rows, i) {
    Ticks ticks;
    bool ok = convert(col, i, &ticks);
    column_i64(out)[i] = ok ? ticks : 0;
    if (!ok && !good) { /* all before it were good */
      good = selection_new(*sel ? (*sel)->len : batch->rows);
      for (; good->len < seen; good->len++) good->rows[good->len] = *sel ? (*sel)->rows[good->len] : good->len;
    }
    if (!ok) {
      Value value = column_get(col, i);
      drop_unconvertible(op, batch, i, &value);
    } else if (good) {
      good->rows[good->len++] = i;
    }
    seen++;
  }
  if (!good) return out;
  selection_unref(*sel);
  *sel = good;
  return out;
}

static void drop_failed(Op *op, const Batch *batch, const RowFailures *failures) {
  char reason[512];
  for (uint32_t i = 0; i < failures->items.len; i++) {
    const RowFailure *failure = &failures->items.items[i];
    snprintf(reason, sizeof reason, "the timestamp cannot be computed: " STR_FMT, STR_ARG(failure->reason));
    drop_invalid(op, batch, failure->row, reason);
  }
}

/* The timestamps (datetimes without NULL for the rows of *sel). May be a column of the batch. The keys of substreams
** stay in entrance->values. */
static Column *compute_times(EntranceOp *entrance, const Batch *batch, Selection **sel) {
  row_failures_reset(&entrance->failures, batch->rows);
  program_run(entrance->run, batch, entrance->values, sel, &entrance->failures);
  Column *col = entrance->values[0];
  drop_failed(&entrance->op, batch, &entrance->failures);
  if (col->layout == COL_DATETIME && !col->constant && !col->valid) return col;
  Column *times = to_ticks(&entrance->op, batch, col, sel);
  column_unref(col);
  return times;
}

/* ---- order ---- */

static void emit(Op *op, const Partition *partition, Batch *batch) {
  batch->channel = partition->channel;
  batch->sorted = true;
  op_emit(op, batch);
}

/* Moves the watermark and lets go what it has reached. */
static void advance(Op *op, Partition *partition, Ticks w) {
  if (w < partition->watermark) w = partition->watermark;
  ReorderBound bound = {w, UINT32_MAX};
  for (Batch *out; (out = reorder_take(&partition->waiting, bound, op->ctx->batch_rows)); batch_unref(out))
    emit(op, partition, out);
  if (w == partition->watermark) return;
  partition->watermark = w;
  op_advance(op, partition->channel, w);
}

static Ticks last_time(const Batch *batch) {
  uint32_t count = batch_count(batch);
  return column_i64(batch->time)[batch->sel ? batch->sel->rows[count - 1] : count - 1];
}

/* Takes events whose times are settled, and the watermark after them. */
static void release(Op *op, Partition *partition, Batch *batch, bool ascending, Ticks w) {
  bool passes = ascending && reorder_is_empty(&partition->waiting) && batch_count(batch) && last_time(batch) <= w;
  if (passes) emit(op, partition, batch);
  else reorder_add(&partition->waiting, partition->channel, batch);
  advance(op, partition, w);
  reorder_keep(&partition->waiting);
}

/* ---- policies ---- */

static void print_reason(PolicyKind kind, const PolicyOutcome *outcome, const TimePolicy *policy, StrBuf *out) {
  static const char *const words[POLICY_KINDS] = {
    "early: up to ", "late: up to ", "out of order: up to ",
  };
  static const char *const than[POLICY_KINDS] = {
    " ahead of the arrival, more than the limit of ", " behind the arrival, more than the tolerance of ",
    " below the watermark, which trails the newest event by the tolerance of ",
  };
  const Ticks limits[POLICY_KINDS] = {POLICY_EARLY_LIMIT, policy->late, policy->out_of_order};
  strbuf_puts(out, words[kind]);
  duration_print(outcome->furthest[kind], out);
  strbuf_puts(out, than[kind]);
  duration_print(limits[kind], out);
}

static void report_drops(Op *op, const Batch *batch, const PolicyOutcome *outcome) {
  static const int drop_kinds[POLICY_KINDS] = {DROP_EARLY, DROP_LATE, DROP_OUT_OF_ORDER};
  StrBuf reasons[POLICY_KINDS] = {{0}};
  for (unsigned kind = 0; kind < POLICY_KINDS; kind++)
    if (outcome->outside[kind]) print_reason((PolicyKind)kind, outcome, &((EntranceOp *)op)->policy, &reasons[kind]);
  for (uint32_t i = 0; i < outcome->drops.len; i++) {
    PolicyDrop drop = outcome->drops.items[i];
    drop_event(op, batch, drop.row, drop_kinds[drop.kind], reasons[drop.kind].ptr);
  }
  for (unsigned kind = 0; kind < POLICY_KINDS; kind++) strbuf_release(&reasons[kind]);
}

static void count_outcome(Op *op, const PolicyOutcome *outcome) {
  InputCounts *counts = counts_of(op);
  counts->early += outcome->outside[POLICY_EARLY];
  counts->late += outcome->outside[POLICY_LATE];
  counts->out_of_order += outcome->outside[POLICY_OUT_OF_ORDER];
  counts->dropped += outcome->drops.len;
  counts->adjusted += outcome->adjusted;
  if (outcome->largest_shift > counts->largest_shift) counts->largest_shift = outcome->largest_shift;
}

/* The rows of the batch but the dropped ones. */
static Selection *without_drops(const Batch *batch, const PolicyOutcome *outcome) {
  Selection *sel = selection_new(batch_count(batch));
  uint32_t at = 0;
  SELECTION_EACH(batch->sel, batch->rows, i) {
    if (at < outcome->drops.len && outcome->drops.items[at].row == i) at++;
    else sel->rows[sel->len++] = i;
  }
  return sel;
}

static void own_times(Batch *batch) {
  Column *times = column_new(COL_DATETIME, batch->rows);
  memcpy(times->data, batch->time->data, batch->rows * sizeof(Ticks));
  column_unref(batch->time);
  batch->time = times;
}

/* Counts, reports, and leaves dropped rows out. */
static void settle_outcome(Op *op, const Batch *source, Batch *batch, PolicyOutcome *outcome) {
  count_outcome(op, outcome);
  report_drops(op, source, outcome);
  if (outcome->drops.len) {
    Selection *kept = without_drops(batch, outcome);
    selection_unref(batch->sel);
    batch->sel = kept;
  }
  policy_outcome_release(outcome);
}

/* A batch with events outside a policy: gets times of its own, and without the dropped rows. */
static Ticks correct(Op *op, const Partition *partition, const Batch *source, Batch *batch, TimedEvents *events) {
  own_times(batch);
  events->times = column_i64(batch->time);
  PolicyOutcome outcome = {0};
  Ticks w = policy_apply(&((EntranceOp *)op)->policy, partition->watermark, events, &outcome);
  settle_outcome(op, source, batch, &outcome);
  return w;
}

static void apply_policies(Op *op, Partition *partition, const Batch *source, Batch *batch, const Ticks *arrivals) {
  const TimePolicy *policy = &((EntranceOp *)op)->policy;
  TimedEvents events = {.times = column_i64(batch->time), .arrivals = arrivals, .sel = batch->sel,
                        .rows = batch->rows};
  PolicyScan scan = policy_scan(policy, partition->watermark, &events);
  if (!scan.clean) {
    scan.watermark = correct(op, partition, source, batch, &events);
    scan.ascending = policy->out_of_order == 0; /* then nothing is left below an earlier one */
  }
  release(op, partition, batch, scan.ascending, scan.watermark);
}

/* ---- substreams ---- */

/* No event of the partition below w comes any more. */
static void raise_floor(EntranceOp *entrance, Partition *partition, Ticks w) {
  if (w <= partition->watermark) return;
  partition->watermark = w;
  entrance_substreams_raise(&entrance->substreams, least_watermark(entrance));
}

static void apply_by_key(EntranceOp *entrance, Partition *partition, const Batch *source, Batch *batch,
                         const Ticks *arrivals) {
  own_times(batch);
  TimedEvents events = {.times = column_i64(batch->time), .arrivals = arrivals, .sel = batch->sel,
                        .rows = batch->rows};
  PolicyOutcome outcome = {0};
  batch->substream = entrance_substreams_judge(&entrance->substreams, &entrance->policy, &events,
                                               entrance->values + 1, &outcome);
  settle_outcome(&entrance->op, source, batch, &outcome);
  for (uint32_t k = 0; k < entrance->op.plan->substreams; k++) column_unref(entrance->values[k + 1]);
  entrance_substreams_release(&entrance->substreams, &entrance->policy, batch);
  if (partition->arrival != TICKS_MIN && entrance->policy.late >= 0)
    raise_floor(entrance, partition, partition->arrival - entrance->policy.late);
}

/* ---- batches ---- */

/* Where no arrival was known yet, the event's own time stands for it. */
static void fill_unknown(Ticks *arrivals, const Batch *batch) {
  SELECTION_EACH(batch->sel, batch->rows, i) {
    if (arrivals[i] == TICKS_MIN) arrivals[i] = column_i64(batch->time)[i];
  }
}

static Ticks *clamp_arrivals(EntranceOp *entrance, Partition *partition, const Batch *batch, const Column *arrival) {
  vec_reserve(&entrance->arrivals, batch->rows);
  arrivals_clamp(arrival, batch->sel, batch->rows, &partition->arrival, entrance->arrivals.items);
  return entrance->arrivals.items;
}

static void push_by_timestamp(EntranceOp *entrance, Partition *partition, const Batch *source,
                              const Column *arrival) {
  Ticks *arrivals = arrival ? clamp_arrivals(entrance, partition, source, arrival) : NULL;
  Selection *sel;
  Column *times = compute_times(entrance, source, &sel);
  Batch *batch = batch_select(source, sel);
  batch->time = times;
  if (arrivals) fill_unknown(arrivals, batch);
  if (entrance->by_key) apply_by_key(entrance, partition, source, batch, arrivals);
  else apply_policies(&entrance->op, partition, source, batch, arrivals);
  batch_unref(batch);
}

/* The first rows of a partition may have no arrival time: without TIMESTAMP BY they have no time at all. */
static Selection *with_arrival(Op *op, const Batch *batch, const Ticks *times) {
  Selection *sel = selection_new(batch_count(batch));
  SELECTION_EACH(batch->sel, batch->rows, i) {
    if (times[i] == TICKS_MIN) drop_invalid(op, batch, i, "the event has no arrival time");
    else sel->rows[sel->len++] = i;
  }
  return sel;
}

static void push_by_arrival(EntranceOp *entrance, Partition *partition, const Batch *source, const Column *arrival) {
  if (!arrival) BUG("an input without TIMESTAMP BY needs arrival times");
  bool none_yet = partition->arrival == TICKS_MIN && partition->watermark == TICKS_MIN;
  if (partition->arrival < partition->watermark) partition->arrival = partition->watermark;
  Column *times = column_new(COL_DATETIME, source->rows);
  arrivals_clamp(arrival, source->sel, source->rows, &partition->arrival, column_i64(times));
  Selection *sel = none_yet ? with_arrival(&entrance->op, source, column_i64(times)) : selection_ref(source->sel);
  Batch *batch = batch_select(source, sel);
  batch->time = times;
  release(&entrance->op, partition, batch, true, partition->arrival);
  batch_unref(batch);
}

void entrance_push(Op *op, uint32_t partition, const Batch *batch, const Column *arrival) {
  if (op->ctx->failed != STATUS_OK || batch_count(batch) == 0) return;
  EntranceOp *entrance = (EntranceOp *)op;
  Partition *into = take_partition(op, partition);
  if (into->watermark == TICKS_MAX) BUG("events of partition %u after its end", partition);
  op->rows_in += batch_count(batch);
  if (entrance->program) push_by_timestamp(entrance, into, batch, arrival);
  else push_by_arrival(entrance, into, batch, arrival);
}

static void move_on(Op *op, uint32_t partition, Ticks w) {
  if (op->ctx->failed != STATUS_OK) return;
  Partition *moved = take_partition(op, partition);
  if (((EntranceOp *)op)->by_key) raise_floor((EntranceOp *)op, moved, w);
  else advance(op, moved, w);
}

void entrance_idle(Op *op, uint32_t partition, Ticks floor) { move_on(op, partition, floor); }
void entrance_finish(Op *op, uint32_t partition) { move_on(op, partition, TICKS_MAX); }

EntranceClock entrance_clock(const Op *op, uint32_t number) {
  const EntranceOp *entrance = (const EntranceOp *)op;
  for (uint32_t i = 0; i < entrance->partitions.len; i++) {
    const Partition *partition = &entrance->partitions.items[i];
    if (partition->number != number) continue;
    Ticks key = entrance->by_key ? entrance->substreams.newest : TICKS_MIN, own = partition->watermark;
    return (EntranceClock){.watermark = own, .arrival = partition->arrival, .furthest = key > own ? key : own};
  }
  return (EntranceClock){TICKS_MIN, TICKS_MIN, TICKS_MIN};
}

void entrance_set_clock(Op *op, uint32_t number, EntranceClock clock) {
  Partition *partition = take_partition(op, number);
  if (clock.arrival > partition->arrival) partition->arrival = clock.arrival;
  entrance_idle(op, number, clock.watermark);
}

/* ---- state ---- */

static void save_partition(const Partition *partition, ByteWriter *out) {
  put_u32(out, partition->number);
  put_u32(out, partition->channel);
  put_i64(out, partition->watermark);
  put_i64(out, partition->arrival);
  reorder_save(&partition->waiting, out);
}

static Status entrance_save(Op *op, StateWriter *out, Error *err) {
  const EntranceOp *entrance = (const EntranceOp *)op;
  put_u32(state_begin(out, "partitions", 0, ENTRANCE_VERSION), entrance->partitions.len);
  TRY(state_end(out, err));
  for (uint32_t i = 0; i < entrance->partitions.len; i++) {
    save_partition(&entrance->partitions.items[i], state_begin(out, "partition", i, ENTRANCE_VERSION));
    TRY(state_end(out, err));
  }
  return entrance->by_key ? entrance_substreams_save(&entrance->substreams, out, err) : STATUS_OK;
}

static Status load_partition(EntranceOp *entrance, uint32_t at, StateReader *in, Error *err) {
  ByteReader bytes;
  TRY(state_find(in, "partition", at, ENTRANCE_VERSION, &bytes, err));
  vec_push(&entrance->partitions, (Partition){.number = get_u32(&bytes)});
  Partition *partition = &entrance->partitions.items[at];
  partition->channel = get_u32(&bytes);
  partition->watermark = get_i64(&bytes);
  partition->arrival = get_i64(&bytes);
  reorder_load(&partition->waiting, &bytes);
  op_keep_channel(&entrance->op, partition->channel);
  return state_done(in, &bytes, err);
}

static Status entrance_load(Op *op, StateReader *in, Error *err) {
  ByteReader bytes;
  TRY(state_find(in, "partitions", 0, ENTRANCE_VERSION, &bytes, err));
  uint32_t len = get_u32(&bytes);
  TRY(state_done(in, &bytes, err));
  EntranceOp *entrance = (EntranceOp *)op;
  for (uint32_t i = 0; i < len; i++) TRY(load_partition(entrance, i, in, err));
  return entrance->by_key ? entrance_substreams_load(&entrance->substreams, in, err) : STATUS_OK;
}

static void entrance_oldest(const Op *op, Lineage *into) {
  const EntranceOp *entrance = (const EntranceOp *)op;
  for (uint32_t i = 0; i < entrance->partitions.len; i++)
    reorder_oldest(&entrance->partitions.items[i].waiting, into);
  entrance_substreams_oldest(&entrance->substreams, into);
}

static void entrance_close(Op *op) {
  EntranceOp *entrance = (EntranceOp *)op;
  for (uint32_t i = 0; i < entrance->partitions.len; i++) reorder_release(&entrance->partitions.items[i].waiting);
  vec_release(&entrance->partitions);
  vec_release(&entrance->arrivals);
  entrance_substreams_close(&entrance->substreams);
  program_run_free(entrance->run);
  row_failures_release(&entrance->failures);
}

const OpClass op_entrance = {
  .kind = PLAN_ENTRANCE,
  .name = "entrance",
  .bytes = sizeof(EntranceOp),
  .open = entrance_open,
  .save = entrance_save,
  .load = entrance_load,
  .oldest = entrance_oldest,
  .close = entrance_close,
};
