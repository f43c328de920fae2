/* op_match.c: MATCH_RECOGNIZE: rows of a key that follow a pattern.
**
**   in    one channel, in the order of time (the planner puts a merge in front where there may be several)
**   out   a row a match: the keys, then the measures; stamped with the time at which the match became certain
**   state per key the *runs*: one for each row a match may begin with; lineage of the rows since the oldest run began
**
** A run holds *ways*, in order of preference: the place of the automaton each is at, and what it remembers
** (match_trail.h). A row moves every run of its key:
**
**     for each way:  is the row one of the way's variable?  no: the way ends
**         for each target of its place:  END: this is the best match so far, and the ways behind it are not wanted
**                                        else: a way at that place, unless one like it is already there
**
** Two ways are alike when they are at the same place and no condition can tell them apart; the first is preferred, so
** the second never counts. That keeps a run as small as the pattern, however many ways there are to match it: (A* B*)*
** never holds more than two. When no way is left, the best match is certain and goes out with the row's time. LIMIT
** DURATION d ends a run that began at t at t + d: rows at t + d are not part of it, so it is certain when the clock
** reaches it. Runs end in the order in which they began, so the oldest is always the next.
**
** Conditions that read the row alone are computed a batch at a time; those that read registers for all ways that ask,
** a row at a time. A row for which a wanted condition fails goes to the quarantine and counts for no run.
**
** docs/internals/match.md tells how preference and certainty go together. */
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "ops/lineage_log.h"
#include "ops/live_groups.h"
#include "ops/match_automaton.h"
#include "ops/match_trail.h"
#include "ops/op.h"

/* Limits of one key. A row costs what it moves: beyond them (some milliseconds a row) the pattern or LIMIT DURATION
** asks for too much. */
enum { RUNS_MAX = 10000, WAYS_MAX = 100000 };
enum { CLOCK_VERSION = 1, RUNS_VERSION = 1 };

typedef struct Way { uint32_t place; MatchTrail *trail; } Way;

typedef struct Run {
  Ticks       start;
  uint64_t    began;         /* number of the batch it began with, in the log */
  uint32_t    key;           /* group */
  uint32_t    ways_len;
  Way        *ways;
  MatchTrail *best;          /* NULL: none yet */
  struct Run *older, *newer; /* of all keys */
  struct Run *next, *before; /* of its key */
} Run;

typedef struct KeyRuns { /* behind a key */
  Run     *first, *last;
  uint32_t runs;
  uint32_t ways;
} KeyRuns;

typedef struct Asking { /* a way that may take the row at hand */
  Run        *run;    /* NULL: the run that would begin here */
  uint32_t    place;
  MatchTrail *before; /* borrowed */
  MatchTrail *after;  /* owned; NULL until it is needed */
  bool        takes;
} Asking;

typedef struct Condition { /* of a variable */
  Program    *program;   /* NULL: any row */
  ProgramRun *run;
  RowFailures failures;
  Column     *verdicts;  /* of the batch, when the condition reads the row alone */
  bool        looks_back;
  Vec(uint32_t) slots;   /* columns it reads */
} Condition;

typedef struct Match { Ticks time; MatchTrail *trail; } Match; /* certain, not sent yet; its keys are in found_keys */

typedef struct MatchOp {
  Op op;
  const BoundMatch *match;
  MatchAutomaton *automaton;
  uint32_t    width;        /* columns of a row; registers stand behind */
  Program    *program;      /* keys, then fields */
  ProgramRun *run;
  Column    **values;
  Condition  *conditions;   /* by variable */
  Program    *measures;
  ProgramRun *measures_run;
  RowFailures failures;     /* of the batch's rows */
  RowFailures unmeasured;   /* of the matches that are sent */
  GroupLayout layout;
  LiveGroups  keys;
  Run        *oldest, *newest;
  LineageLog  log;
  uint64_t    oldest_sent;  /* number of the oldest batch of the matches to be sent */
  bool        saved, changed; /* the runs: ever, and since then */
  /* the row at hand */
  const Batch *batch;
  uint32_t    row;
  Ticks       time;
  MatchRow   *taken;        /* NULL until a way takes it */
  Vec(Asking) asking;
  Vec(uint32_t) group;      /* of those that ask, by index: one condition at a time */
  Vec(Way)    ways;         /* of a run, while it moves */
  uint32_t   *slots;        /* ways by place and what conditions see: index + 1; open addressing, at most half full */
  uint32_t    slots_len;
  Vec(Match)  found;
  Vec(Value)  found_keys;
  uint64_t   *hashes;
  uint32_t    hashes_cap;
  Arena       arena;
} MatchOp;

/* ---- open ------------------------------------------------------------------------------------- */

static bool note_slot(const Expr *expr, void *context) {
  Condition *condition = context;
  if (expr->kind == EXPR_COLUMN) vec_push(&condition->slots, expr->column->slot);
  return true;
}

static void open_condition(MatchOp *op, Condition *condition, const MatchVariable *var) {
  if (var->condition == NULL) return;
  condition->program = program_new(op->op.ctx->arena, NULL, &var->condition, 1);
  condition->run = program_run_new(condition->program);
  condition->looks_back = var->looks_back;
  expr_walk(var->condition, note_slot, condition);
}

static Status match_open(Op *base, Error *err) {
  (void)err;
  MatchOp *op = (MatchOp *)base;
  Arena *arena = base->ctx->arena;
  const BoundMatch *match = op->match = &base->plan->match->match;
  op->automaton = match_automaton_new(arena, match->pattern);
  op->width = base->plan->inputs[0]->cols_len;
  uint32_t values = match->keys_len + match->fields.len;
  Expr **exprs = ARENA_ARRAY(arena, Expr *, values + 1);
  if (match->keys_len) memcpy(exprs, match->keys, match->keys_len * sizeof *exprs);
  if (match->fields.len) memcpy(exprs + match->keys_len, match->fields.items, match->fields.len * sizeof *exprs);
  op->program = program_new(arena, NULL, exprs, values);
  op->run = program_run_new(op->program);
  op->values = ARENA_ARRAY(arena, Column *, values + 1);
  op->conditions = ARENA_ARRAY(arena, Condition, match->vars_len + 1);
  for (uint32_t i = 0; i < match->vars_len; i++) open_condition(op, &op->conditions[i], &match->vars[i]);
  op->measures = program_new(arena, NULL, match->measures, match->measures_len);
  op->measures_run = program_run_new(op->measures);
  op->layout = (GroupLayout){.keys_len = match->keys_len};
  live_groups_init(&op->keys, &op->layout, sizeof(KeyRuns));
  op->oldest_sent = UINT64_MAX;
  arena_init(&op->arena);
  return STATUS_OK;
}

static KeyRuns *runs_of(const MatchOp *op, uint32_t key) { return live_group_extra(&op->keys, key); }

static Ticks end_of(const MatchOp *op, const Run *run) {
  return run->start > TICKS_MAX - op->match->duration ? TICKS_MAX : run->start + op->match->duration;
}

/* ---- matches out ------------------------------------------------------------------------------ */

static Column *found_key(const MatchOp *op, uint32_t key) {
  ColumnBuilder builder;
  column_builder_init(&builder, op->found.len, true);
  for (uint32_t i = 0; i < op->found.len; i++)
    column_builder_put(&builder, i, &op->found_keys.items[(size_t)i * op->match->keys_len + key]);
  return column_builder_finish(&builder);
}

static Column *found_register(MatchOp *op, uint32_t reg) {
  ColumnBuilder builder;
  column_builder_init(&builder, op->found.len, true);
  for (uint32_t i = 0; i < op->found.len; i++) {
    Value value = match_trail_value(op->match, op->found.items[i].trail, reg, &op->arena);
    column_builder_put(&builder, i, &value);
  }
  arena_reset(&op->arena);
  return column_builder_finish(&builder);
}

static Column *found_times(const MatchOp *op) {
  Column *times = column_new(COL_DATETIME, op->found.len);
  for (uint32_t i = 0; i < op->found.len; i++) column_i64(times)[i] = op->found.items[i].time;
  return times;
}

static void forget_found(MatchOp *op) {
  for (uint32_t i = 0; i < op->found.len; i++) match_trail_unref(op->match, op->found.items[i].trail);
  for (uint32_t i = 0; i < op->found_keys.len; i++) value_release(&op->found_keys.items[i]);
  op->found.len = op->found_keys.len = 0;
  op->oldest_sent = UINT64_MAX;
}

/* The measures of the matches, computed over their registers. */
static void measure(MatchOp *op, Batch *out) {
  const BoundMatch *match = op->match;
  Batch *registers = batch_new(out->rows, op->width + match->registers.len);
  for (uint32_t i = 0; i < match->registers.len; i++) registers->cols[op->width + i] = found_register(op, i);
  registers->time = column_ref(out->time);
  row_failures_reset(&op->unmeasured, out->rows);
  program_run(op->measures_run, registers, out->cols + match->keys_len, &out->sel, &op->unmeasured);
  batch_unref(registers);
}

static void send_found(MatchOp *op) {
  if (op->found.len == 0) return;
  Batch *out = batch_new(op->found.len, op->op.plan->cols_len);
  for (uint32_t i = 0; i < op->match->keys_len; i++) out->cols[i] = found_key(op, i);
  out->time = found_times(op);
  out->channel = op->op.channel;
  out->sorted = true;
  lineage_log_since(&op->log, op->oldest_sent, &out->lineage);
  measure(op, out);
  if (op->unmeasured.items.len) { /* what could not be computed cannot be shown */
    Batch *failed = batch_like(out, op->match->keys_len);
    for (uint32_t i = 0; i < op->match->keys_len; i++) failed->cols[i] = column_ref(out->cols[i]);
    op_fail_rows(&op->op, failed, &op->unmeasured);
    batch_unref(failed);
  }
  op_emit(&op->op, out);
  batch_unref(out);
  forget_found(op);
}

static void add_found(MatchOp *op, Run *run, Ticks time) {
  const Value *keys = live_group_keys(&op->keys, run->key);
  for (uint32_t i = 0; i < op->match->keys_len; i++) vec_push(&op->found_keys, value_dup(&keys[i]));
  vec_push(&op->found, (Match){time, match_trail_ref(run->best)});
  if (run->began < op->oldest_sent) op->oldest_sent = run->began;
  if (op->found.len >= op->op.ctx->batch_rows) send_found(op);
}

/* ---- runs ------------------------------------------------------------------------------------- */

static void free_ways(const MatchOp *op, Run *run) {
  for (uint32_t i = 0; i < run->ways_len; i++) match_trail_unref(op->match, run->ways[i].trail);
  mem_free(run->ways);
}

static void free_run(const MatchOp *op, Run *run) {
  free_ways(op, run);
  match_trail_unref(op->match, run->best);
  mem_free(run);
}

static void unlink_run(MatchOp *op, Run *run) {
  KeyRuns *key = runs_of(op, run->key);
  *(run->before ? &run->before->next : &key->first) = run->next;
  *(run->next ? &run->next->before : &key->last) = run->before;
  *(run->older ? &run->older->newer : &op->oldest) = run->newer;
  *(run->newer ? &run->newer->older : &op->newest) = run->older;
  key->runs--;
  key->ways -= run->ways_len;
}

static void link_run(MatchOp *op, Run *run) {
  KeyRuns *key = runs_of(op, run->key);
  run->before = key->last;
  *(key->last ? &key->last->next : &key->first) = run;
  key->last = run;
  run->older = op->newest;
  *(op->newest ? &op->newest->newer : &op->oldest) = run;
  op->newest = run;
  key->runs++;
  key->ways += run->ways_len;
}

/* Nothing can change the best match any more. The key stays, maybe without runs. */
static void finish_run(MatchOp *op, Run *run, Ticks time) {
  if (run->best) add_found(op, run, time);
  lineage_log_drop(&op->log, run->began);
  unlink_run(op, run);
  free_run(op, run);
}

static void forget_idle_key(MatchOp *op, uint32_t key) {
  if (runs_of(op, key)->runs == 0) live_groups_remove(&op->keys, key);
}

/* Ends the runs that LIMIT DURATION ends at or before `time`. */
static void end_until(MatchOp *op, Ticks time) {
  for (Run *run; (run = op->oldest) && end_of(op, run) <= time;) {
    uint32_t key = run->key;
    finish_run(op, run, end_of(op, run));
    forget_idle_key(op, key);
    op->changed = true;
  }
}

static Run *begin_run(MatchOp *op, uint32_t key) {
  Run *run = mem_zalloc(sizeof *run);
  run->start = op->time;
  run->key = key;
  run->began = op->log.last;
  lineage_log_hold(&op->log, run->began);
  link_run(op, run);
  return run;
}

/* ---- a row: who asks -------------------------------------------------------------------------- */

static void ask(MatchOp *op, Run *run, uint32_t place, MatchTrail *trail) {
  vec_push(&op->asking, (Asking){.run = run, .place = place, .before = trail});
}

static void collect_asking(MatchOp *op, uint32_t key) {
  for (Run *run = runs_of(op, key)->first; run; run = run->next)
    for (uint32_t i = 0; i < run->ways_len; i++) ask(op, run, run->ways[i].place, run->ways[i].trail);
  for (uint32_t i = 0; i < op->automaton->start.len; i++)
    if (op->automaton->start.items[i] != MATCH_END) ask(op, NULL, op->automaton->start.items[i], NULL);
}

static Condition *condition_of(const MatchOp *op, const Asking *asking) {
  return &op->conditions[op->automaton->vars[asking->place]];
}

static bool is_true(const Column *col, uint32_t row) {
  return !column_is_null(col, row) && column_get(col, row).i != 0;
}

static void take(MatchOp *op, Asking *asking) {
  if (asking->after) return;
  if (op->taken == NULL) op->taken = match_row_new(op->match, op->values + op->match->keys_len, op->row);
  asking->after = match_trail_take(op->match, asking->before, op->automaton->vars[asking->place], op->taken);
}

/* ---- a row: conditions ------------------------------------------------------------------------ */

static bool row_fails(MatchOp *op, const RowFailures *from, uint32_t row) {
  if (!row_failures_has(from, row)) return false;
  for (uint32_t i = 0; i < from->items.len; i++) {
    const RowFailure *failure = &from->items.items[i];
    if (failure->row == row) row_failures_add(&op->failures, op->row, failure->span, STR_FMT, STR_ARG(failure->reason));
  }
  return true;
}

static Column *asked_register(MatchOp *op, uint32_t reg) {
  ColumnBuilder builder;
  column_builder_init(&builder, op->group.len, false);
  for (uint32_t i = 0; i < op->group.len; i++) {
    Value value = match_trail_value(op->match, op->asking.items[op->group.items[i]].after, reg, &op->arena);
    column_builder_put(&builder, i, &value);
  }
  return column_builder_finish(&builder);
}

/* The row at hand, once for each way that asks, with the registers as they are when the way takes it. */
static Batch *asked_batch(MatchOp *op, const Condition *condition) {
  uint32_t rows = op->group.len;
  Batch *batch = batch_new(rows, op->width + op->match->registers.len);
  for (uint32_t i = 0; i < condition->slots.len; i++) {
    uint32_t slot = condition->slots.items[i];
    if (batch->cols[slot]) continue;
    if (slot >= op->width) {
      batch->cols[slot] = asked_register(op, slot - op->width);
      continue;
    }
    Value value = column_get(op->batch->cols[slot], op->row);
    batch->cols[slot] = column_constant(&value, rows, false);
  }
  Value time = value_datetime(op->time);
  batch->time = column_constant(&time, rows, false);
  return batch;
}

/* The ways that wait for a variable whose condition reads registers. */
static bool decide_group(MatchOp *op, uint32_t var) {
  Condition *condition = &op->conditions[var];
  op->group.len = 0;
  for (uint32_t i = 0; i < op->asking.len; i++) {
    if (op->automaton->vars[op->asking.items[i].place] != var) continue;
    take(op, &op->asking.items[i]);
    vec_push(&op->group, i);
  }
  if (op->group.len == 0) return true;
  Batch *batch = asked_batch(op, condition);
  Column *verdicts;
  Selection *sel;
  row_failures_reset(&condition->failures, batch->rows);
  program_run(condition->run, batch, &verdicts, &sel, &condition->failures);
  bool ok = condition->failures.items.len == 0;
  if (!ok) row_fails(op, &condition->failures, condition->failures.items.items[0].row);
  for (uint32_t i = 0; ok && i < op->group.len; i++) op->asking.items[op->group.items[i]].takes = is_true(verdicts, i);
  column_unref(verdicts);
  selection_unref(sel);
  batch_unref(batch);
  arena_reset(&op->arena);
  return ok;
}

/* Which of them take the row. False: a condition that was asked fails for it. */
static bool decide(MatchOp *op) {
  bool looks_back = false;
  for (uint32_t i = 0; i < op->asking.len; i++) {
    Asking *asking = &op->asking.items[i];
    const Condition *condition = condition_of(op, asking);
    looks_back |= condition->looks_back;
    if (condition->looks_back) continue;
    if (condition->program && row_fails(op, &condition->failures, op->row)) return false;
    asking->takes = condition->program == NULL || is_true(condition->verdicts, op->row);
  }
  for (uint32_t var = 0; looks_back && var < op->match->vars_len; var++)
    if (op->conditions[var].looks_back && !decide_group(op, var)) return false;
  return true;
}

/* ---- a row: ways move ------------------------------------------------------------------------- */

static uint32_t slot_of(const MatchOp *op, uint32_t place, const MatchTrail *trail) {
  uint32_t mask = op->slots_len - 1, at = (uint32_t)hash_combine(trail->hash, place) & mask;
  for (; op->slots[at]; at = (at + 1) & mask) {
    const Way *way = &op->ways.items[op->slots[at] - 1];
    if (way->place == place && match_trail_alike(op->match, way->trail, trail)) break;
  }
  return at;
}

static void need_slots(MatchOp *op, uint32_t ways) {
  if (ways * 2 <= op->slots_len) return;
  op->slots_len = op->slots_len ? op->slots_len * 2 : 64;
  mem_free(op->slots);
  op->slots = mem_zalloc(mem_mul(op->slots_len, sizeof *op->slots));
  for (uint32_t i = 0; i < op->ways.len; i++)
    op->slots[slot_of(op, op->ways.items[i].place, op->ways.items[i].trail)] = i + 1;
}

/* Empties the slots of the ways of one run. */
static void clear_slots(MatchOp *op) {
  if (op->ways.len > op->slots_len / 8) {
    memset(op->slots, 0, op->slots_len * sizeof *op->slots);
    return;
  }
  for (uint32_t i = op->ways.len; i-- > 0;) /* newest first: none is found behind an empty slot */
    op->slots[slot_of(op, op->ways.items[i].place, op->ways.items[i].trail)] = 0;
}

static void add_way(MatchOp *op, uint32_t place, MatchTrail *trail) {
  need_slots(op, op->ways.len + 1);
  uint32_t slot = slot_of(op, place, trail);
  if (op->slots[slot]) return;
  vec_push(&op->ways, (Way){place, match_trail_ref(trail)});
  op->slots[slot] = op->ways.len;
}

/* The targets of one way. False: it ends a match, so those behind it are not wanted. */
static bool move_way(MatchOp *op, Run *run, const Asking *asking) {
  const MatchTargets *targets = &op->automaton->next[asking->place];
  for (uint32_t i = 0; i < targets->len; i++) {
    if (targets->items[i] == MATCH_END) {
      match_trail_unref(op->match, run->best);
      run->best = match_trail_ref(asking->after);
      return false;
    }
    add_way(op, targets->items[i], asking->after);
  }
  return true;
}

/* Those that ask from `first` on and belong to one run: the index behind them. */
static uint32_t move_run(MatchOp *op, Run *run, uint32_t first) {
  uint32_t end = first;
  const Run *asks = op->asking.items[first].run;
  bool wanted = true;
  op->ways.len = 0;
  for (; end < op->asking.len && op->asking.items[end].run == asks; end++) {
    Asking *asking = &op->asking.items[end];
    if (!wanted || !asking->takes) continue;
    take(op, asking);
    wanted = move_way(op, run, asking);
  }
  clear_slots(op);
  KeyRuns *key = runs_of(op, run->key);
  key->ways += op->ways.len - run->ways_len;
  free_ways(op, run);
  run->ways_len = op->ways.len;
  run->ways = op->ways.len ? mem_dup(op->ways.items, op->ways.len * sizeof *run->ways) : NULL;
  if (run->ways_len == 0) finish_run(op, run, op->time);
  return end;
}

static bool begins(const MatchOp *op, uint32_t first) {
  for (uint32_t i = first; i < op->asking.len; i++)
    if (op->asking.items[i].takes) return true;
  return false;
}

static void check_limits(MatchOp *op, uint32_t key) {
  const KeyRuns *runs = runs_of(op, key);
  if (runs->runs <= RUNS_MAX && runs->ways <= WAYS_MAX) return;
  bool many = runs->runs > RUNS_MAX;
  op_fail(&op->op, STATUS_DATA,
          "more than %d %s of one key: make LIMIT DURATION shorter, the first variable stricter or PARTITION BY finer",
          many ? RUNS_MAX : WAYS_MAX, many ? "matches are begun" : "ways to match are open");
}

/* Moves the runs of the key, oldest first, and then begins one. */
static void move_all(MatchOp *op, uint32_t key) {
  uint32_t at = 0;
  while (at < op->asking.len && op->asking.items[at].run) at = move_run(op, op->asking.items[at].run, at);
  if (at < op->asking.len && begins(op, at)) move_run(op, begin_run(op, key), at);
}

static void forget_row(MatchOp *op) {
  for (uint32_t i = 0; i < op->asking.len; i++) match_trail_unref(op->match, op->asking.items[i].after);
  match_row_unref(op->match, op->taken);
  op->asking.len = 0;
  op->taken = NULL;
}

/* ---- rows in ---------------------------------------------------------------------------------- */

/* Whether the row may be the first of a match, as far as can be told without looking back. */
static bool may_begin(const MatchOp *op, uint32_t row) {
  for (uint32_t i = 0; i < op->automaton->start.len && op->automaton->start.items[i] != MATCH_END; i++) {
    const Condition *condition = &op->conditions[op->automaton->vars[op->automaton->start.items[i]]];
    if (condition->verdicts == NULL || row_failures_has(&condition->failures, row) || is_true(condition->verdicts, row))
      return true;
  }
  return false;
}

static void take_row(MatchOp *op, uint64_t hash) {
  bool made;
  if (op->keys.live == 0 && !may_begin(op, op->row)) return;
  uint32_t key = live_groups_find(&op->keys, op->values, op->row, hash, 0, &made);
  collect_asking(op, key);
  if (decide(op)) {
    move_all(op, key);
    check_limits(op, key);
    op->changed = true;
  }
  forget_row(op);
  forget_idle_key(op, key);
}

static void decide_rows(MatchOp *op) {
  for (uint32_t i = 0; i < op->match->vars_len; i++) {
    Condition *condition = &op->conditions[i];
    if (condition->program == NULL || condition->looks_back) continue;
    Selection *sel;
    row_failures_reset(&condition->failures, op->batch->rows);
    program_run(condition->run, op->batch, &condition->verdicts, &sel, &condition->failures);
    selection_unref(sel);
  }
}

static void forget_batch(MatchOp *op) {
  for (uint32_t i = 0; i < op->match->vars_len; i++) {
    column_unref(op->conditions[i].verdicts);
    op->conditions[i].verdicts = NULL;
  }
  for (uint32_t i = 0; i < op->match->keys_len + op->match->fields.len; i++) column_unref(op->values[i]);
  op->batch = NULL;
}

static void hash_keys(MatchOp *op, const Selection *sel, uint32_t rows) {
  if (rows > op->hashes_cap) {
    op->hashes_cap = rows;
    op->hashes = mem_realloc(op->hashes, mem_mul(rows, sizeof *op->hashes));
  }
  for (uint32_t i = 0; i < op->match->keys_len; i++) column_hash(op->values[i], sel, rows, op->hashes, i > 0);
}

static void give_memory_back(MatchOp *op) {
  lineage_log_tidy(&op->log);
  if (!live_groups_sparse(&op->keys)) return;
  uint32_t *map = live_groups_compact(&op->keys);
  for (Run *run = op->oldest; run; run = run->newer) run->key = map[run->key];
  mem_free(map);
}

static void match_push(Op *base, uint32_t port, const Batch *batch) {
  (void)port;
  MatchOp *op = (MatchOp *)base;
  Selection *sel;
  op->batch = batch;
  row_failures_reset(&op->failures, batch->rows);
  program_run(op->run, batch, op->values, &sel, &op->failures);
  lineage_log_add(&op->log, &batch->lineage);
  hash_keys(op, sel, batch->rows);
  decide_rows(op);
  uint32_t at = 0;
  SELECTION_EACH(sel, batch->rows, row) {
    op->row = row;
    op->time = column_i64(batch->time)[column_slot(batch->time, row)];
    end_until(op, op->time);
    take_row(op, op->match->keys_len ? op->hashes[at] : 0);
    at++;
  }
  op_fail_rows(base, batch, &op->failures);
  forget_batch(op);
  selection_unref(sel);
  send_found(op);
  give_memory_back(op);
}

static void match_advance(Op *base, uint32_t port, uint32_t channel, Ticks w) {
  (void)port;
  (void)channel;
  MatchOp *op = (MatchOp *)base;
  end_until(op, w);
  send_found(op);
  give_memory_back(op);
  if (w > base->watermark || w == TICKS_MIN) op_advance(base, base->channel, w);
}

/* ---- state ------------------------------------------------------------------------------------ */

static void save_run(const Run *run, ByteWriter *out) {
  put_i64(out, run->start);
  put_u64(out, run->began);
  put_u32(out, run->key);
  put_u32(out, match_store_number(run->best));
  put_u32(out, run->ways_len);
  for (uint32_t i = 0; i < run->ways_len; i++) {
    put_u32(out, run->ways[i].place);
    put_u32(out, match_store_number(run->ways[i].trail));
  }
}

static void save_runs(const MatchOp *op, ByteWriter *out) {
  MatchStore store = {0};
  uint32_t count = 0;
  for (const Run *run = op->oldest; run; run = run->newer, count++) {
    match_store_add(&store, op->match, run->best);
    for (uint32_t i = 0; i < run->ways_len; i++) match_store_add(&store, op->match, run->ways[i].trail);
  }
  lineage_log_save(&op->log, out);
  live_groups_save(&op->keys, NULL, op, out);
  match_store_save(&store, op->match, out);
  put_u32(out, count);
  for (const Run *run = op->oldest; run; run = run->newer) save_run(run, out);
  match_store_forget(&store);
}

static Status match_save(Op *base, StateWriter *out, Error *err) {
  MatchOp *op = (MatchOp *)base;
  put_i64(state_begin(out, "clock", 0, CLOCK_VERSION), base->watermark);
  TRY(state_end(out, err));
  if (!op->changed && op->saved) return state_keep(out, "runs", 0, err);
  save_runs(op, state_begin(out, "runs", 0, RUNS_VERSION));
  op->changed = false;
  op->saved = true;
  return state_end(out, err);
}

static bool load_ways(MatchOp *op, Run *run, const MatchStore *store, ByteReader *in) {
  uint32_t count = get_u32(in);
  if (count > WAYS_MAX) in->bad = true;
  if (in->bad) return false;
  run->ways = mem_zalloc(mem_mul(count, sizeof *run->ways));
  for (; run->ways_len < count && !in->bad; run->ways_len++) {
    Way *way = &run->ways[run->ways_len];
    way->place = get_u32(in);
    way->trail = match_store_trail(store, get_u32(in), in);
    if (way->place >= op->automaton->places_len || way->trail == NULL) in->bad = true;
  }
  return !in->bad;
}

static bool load_run(MatchOp *op, const MatchStore *store, ByteReader *in) {
  Run *run = mem_zalloc(sizeof *run);
  run->start = get_i64(in);
  run->began = get_u64(in);
  run->key = get_u32(in);
  run->best = match_store_trail(store, get_u32(in), in);
  if (load_ways(op, run, store, in) && live_group_exists(&op->keys, run->key)) {
    link_run(op, run);
    return true;
  }
  in->bad = true;
  free_run(op, run);
  return false;
}

static Status match_load(Op *base, StateReader *in, Error *err) {
  MatchOp *op = (MatchOp *)base;
  ByteReader bytes;
  TRY(state_find(in, "clock", 0, CLOCK_VERSION, &bytes, err));
  base->watermark = get_i64(&bytes);
  TRY(state_done(in, &bytes, err));
  TRY(state_find(in, "runs", 0, RUNS_VERSION, &bytes, err));
  MatchStore store = {0};
  lineage_log_load(&op->log, &bytes);
  live_groups_load(&op->keys, NULL, op, &bytes);
  match_store_load(&store, op->match, &bytes);
  uint32_t count = get_u32(&bytes);
  for (uint32_t i = 0; i < count && !bytes.bad; i++) load_run(op, &store, &bytes);
  match_store_release(&store, op->match);
  op->saved = true;
  return state_done(in, &bytes, err);
}

static void match_oldest(const Op *base, Lineage *into) {
  const MatchOp *op = (const MatchOp *)base;
  if (op->oldest) lineage_log_since(&op->log, op->oldest->began, into);
}

static void match_close(Op *base) {
  MatchOp *op = (MatchOp *)base;
  forget_row(op);
  forget_found(op);
  for (Run *run = op->oldest, *newer; run; run = newer) {
    newer = run->newer;
    free_run(op, run);
  }
  live_groups_release(&op->keys);
  lineage_log_release(&op->log);
  for (uint32_t i = 0; i < op->match->vars_len; i++) {
    program_run_free(op->conditions[i].run);
    row_failures_release(&op->conditions[i].failures);
    vec_release(&op->conditions[i].slots);
  }
  program_run_free(op->run);
  program_run_free(op->measures_run);
  row_failures_release(&op->failures);
  row_failures_release(&op->unmeasured);
  vec_release(&op->asking);
  vec_release(&op->group);
  vec_release(&op->ways);
  mem_free(op->slots);
  vec_release(&op->found);
  vec_release(&op->found_keys);
  mem_free(op->hashes);
  arena_release(&op->arena);
}

static void match_describe(const PlanNode *node, StrBuf *out) {
  (void)node;
  strbuf_puts(out, "for each row a match may begin with the ways it may go on");
}

const OpClass op_match = {
  .kind = PLAN_MATCH,
  .name = "match",
  .bytes = sizeof(MatchOp),
  .open = match_open,
  .push = match_push,
  .advance = match_advance,
  .save = match_save,
  .load = match_load,
  .oldest = match_oldest,
  .close = match_close,
  .describe = match_describe,
};
