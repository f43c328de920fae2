/* test_op_match.c: MATCH_RECOGNIZE: automata by sight, and random patterns over random streams of several keys against
** a slow matcher (support/match_model.h): which rows match, as what, and when that became certain; in batches of any
** size, stopped and restored. Patterns with very many ways, and what happens beyond the limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/mem.h"
#include "functions/operators.h"
#include "ops/match_automaton.h"
#include "support/match_model.h"
#include "support/ops_harness.h"
#include "support/random_column.h"

enum { KEY, X, ID, WIDTH };
enum { VARS = 4, KEYS = 3, LINES_MAX = 4000 };

typedef enum Rule { ANY_ROW, BELOW, EQUAL, ABOVE_LAST, NOT_BELOW_MAX, SAME_AS_FIRST } Rule;

typedef struct Definition {
  Rule     rule;
  int64_t  number;   /* BELOW, EQUAL */
  uint32_t var;      /* ABOVE_LAST: of this one, or an earlier one */
} Definition;

typedef struct Event { int64_t key, x, id; Ticks time; } Event;
typedef Vec(char *) Lines;

typedef struct Fixture {
  Harness    harness;
  Arena      arena;
  Op         collector;
  BoundRelation relation;
  PlanNode   input, node;
  PlanNode  *inputs[1];
  ExprColumn columns[WIDTH];
  Definition definitions[VARS];
  Lines      lines;      /* "time key path first last" */
  uint64_t   rows;
  Ticks      last, told;
  bool       announced;
} Fixture;

static Fixture *current; /* for build */
static const Span nowhere = {0, 0};

/* ---- patterns --------------------------------------------------------------------------------- */

static MatchPattern *pattern_new(Arena *arena, MatchPattern of) {
  MatchPattern *pattern = ARENA_NEW(arena, MatchPattern);
  *pattern = of;
  return pattern;
}

static MatchPattern *variable(Arena *arena, uint32_t var) { return pattern_new(arena, (MatchPattern){.var = var}); }

static MatchPattern *pair(Arena *arena, MatchPatternKind kind, MatchPattern *a, MatchPattern *b) {
  MatchPattern **parts = ARENA_ARRAY(arena, MatchPattern *, 2);
  parts[0] = a;
  parts[1] = b;
  return pattern_new(arena, (MatchPattern){.kind = kind, .parts = parts, .len = 2});
}

static MatchPattern *times(Arena *arena, MatchPattern *of, uint32_t min, uint32_t max) {
  MatchPattern **parts = ARENA_ARRAY(arena, MatchPattern *, 1);
  parts[0] = of;
  return pattern_new(arena, (MatchPattern){.kind = MATCH_REPEAT, .parts = parts, .len = 1, .min = min, .max = max});
}

static MatchPattern *star(Arena *arena, MatchPattern *of) { return times(arena, of, 0, UINT32_MAX); }

static MatchPattern *random_pattern(Random *random, Arena *arena, unsigned depth) {
  uint32_t choice = depth ? random_below(random, 8) : 0;
  if (choice < 3) return variable(arena, random_below(random, VARS));
  MatchPattern *first = random_pattern(random, arena, depth - 1);
  if (choice < 5) return pair(arena, MATCH_SEQUENCE, first, random_pattern(random, arena, depth - 1));
  if (choice < 6) return pair(arena, MATCH_CHOICE, first, random_pattern(random, arena, depth - 1));
  enum { OPEN_END = UINT32_MAX };
  static const uint32_t bounds[][2] = {{0, OPEN_END}, {1, OPEN_END}, {2, OPEN_END}, {0, 1}, {0, 2}, {1, 3}, {2, 2}};
  const uint32_t *bound = bounds[random_below(random, 7)];
  return times(arena, first, bound[0], bound[1]);
}

/* ---- the plan --------------------------------------------------------------------------------- */

static Expr *column(Fixture *f, uint32_t slot) { return expr_column(&f->arena, nowhere, &f->columns[slot]); }

static Expr *number(Fixture *f, int64_t n) {
  Value value = value_bigint(n);
  return expr_const(&f->arena, nowhere, &value);
}

static Expr *call(Fixture *f, const char *sign, Expr *a, Expr *b) {
  Status status;
  Error err;
  return expr_call(&f->arena, nowhere, scalar_operator_find(sign), (Expr *[]){a, b}, 2, TYPE_NULL, 12, &status, &err);
}

enum { FIELD_X, FIELD_ID };

static Expr *reg(Fixture *f, MatchFn fn, uint32_t var, uint32_t field, bool defines) {
  BoundMatch *match = &f->relation.match;
  MatchRegister *made = ARENA_NEW(&f->arena, MatchRegister);
  *made = (MatchRegister){.fn = fn, .var = var, .field = field, .defines = defines};
  made->column = (ExprColumn){.slot = WIDTH + match->registers.len, .name = STR("r"), .types = MASK_ANY};
  arena_push(&f->arena, &match->registers, made);
  return expr_column(&f->arena, nowhere, &made->column);
}

static Expr *condition(Fixture *f, uint32_t var, const Definition *of) {
  switch (of->rule) {
    case ANY_ROW: return NULL;
    case BELOW: return call(f, OP_LT, column(f, X), number(f, of->number));
    case EQUAL: return call(f, OP_EQ, column(f, X), number(f, of->number));
    case ABOVE_LAST: return call(f, OP_GT, column(f, X), reg(f, MATCH_LAST, of->var, FIELD_X, true));
    case NOT_BELOW_MAX: return call(f, OP_GE, column(f, X), reg(f, MATCH_MAX, var, FIELD_X, true));
    case SAME_AS_FIRST: return call(f, OP_EQ, column(f, X), reg(f, MATCH_FIRST, MATCH_ANY, FIELD_X, true));
  }
  return NULL;
}

static void make_plan(Fixture *f, MatchPattern *pattern, Ticks duration) {
  static const char *const names[] = {"A", "B", "C", "D"};
  BoundMatch *match = &f->relation.match;
  for (uint32_t i = 0; i < WIDTH; i++) f->columns[i] = (ExprColumn){.slot = i, .name = STR("c"), .types = MASK_ANY};
  match->pattern = pattern;
  match->duration = duration;
  match->vars = ARENA_ARRAY(&f->arena, MatchVariable, VARS);
  match->vars_len = VARS;
  arena_push(&f->arena, &match->fields, column(f, X));
  arena_push(&f->arena, &match->fields, column(f, ID));
  for (uint32_t i = 0; i < VARS; i++) {
    match->vars[i].name = str_from(names[i]);
    match->vars[i].condition = condition(f, i, &f->definitions[i]);
    match->vars[i].looks_back = f->definitions[i].rule >= ABOVE_LAST;
  }
  match->keys = ARENA_ARRAY(&f->arena, Expr *, 1);
  match->keys[match->keys_len++] = column(f, KEY);
  match->measures = ARENA_ARRAY(&f->arena, Expr *, 3);
  match->measures[match->measures_len++] = reg(f, MATCH_CLASSIFIER, MATCH_ANY, 0, false);
  match->measures[match->measures_len++] = reg(f, MATCH_FIRST, MATCH_ANY, FIELD_ID, false);
  match->measures[match->measures_len++] = reg(f, MATCH_LAST, MATCH_ANY, FIELD_ID, false);
  f->input = (PlanNode){.kind = PLAN_MERGE, .cols_len = WIDTH};
  f->inputs[0] = &f->input;
  f->node = (PlanNode){.kind = PLAN_MATCH, .inputs = f->inputs, .inputs_len = 1, .cols_len = 4, .match = &f->relation};
}

/* ---- what comes out --------------------------------------------------------------------------- */

static void add_line(Lines *lines, const char *text) { vec_push(lines, mem_strdup(text)); }

static void free_lines(Lines *lines) {
  for (uint32_t i = 0; i < lines->len; i++) mem_free(lines->items[i]);
  vec_release(lines);
}

static void collect(Op *op, uint32_t port, const Batch *batch) {
  Fixture *f = current;
  StrBuf line = {0};
  batch_verify(batch);
  assert_true(f->announced && batch->sorted);
  SELECTION_EACH(batch->sel, batch->rows, i) {
    Ticks time = column_get(batch->time, i).i;
    assert_true(time >= f->told && time >= f->last);
    f->last = time;
    f->rows++;
    if (f->lines.len == LINES_MAX) continue;
    strbuf_clear(&line);
    strbuf_printf(&line, "%08lld", (long long)time);
    for (uint32_t c = 0; c < batch->cols_len; c++) {
      strbuf_putc(&line, ' ');
      Value value = column_get(batch->cols[c], i);
      value_print_json(&value, &line);
    }
    add_line(&f->lines, line.ptr);
  }
  int64_t first = column_get(batch->cols[2], batch->sel ? batch->sel->rows[0] : 0).i;
  assert_true(batch->lineage.len == 1 && batch->lineage.items[0].offset <= first);
  strbuf_release(&line);
}

static void collect_time(Op *op, uint32_t port, uint32_t channel, Ticks w) {
  Fixture *f = current;
  assert_true(!f->announced || w > f->told);
  f->announced = true;
  f->told = w;
}

static const OpClass collector_class = {.name = "collector", .push = collect, .advance = collect_time};

/* ---- what goes in ----------------------------------------------------------------------------- */

static void build(Harness *harness) { op_connect(harness_op(harness, &current->node), &current->collector, 0); }

static Op *the_op(Fixture *f) { return f->harness.ops.items[0]; }

static void start(Fixture *f, MatchPattern *pattern, Ticks duration, unsigned restore_every) {
  current = f;
  make_plan(f, pattern, duration);
  f->told = f->last = TICKS_MIN;
  harness_init(&f->harness, build, restore_every);
  f->collector = (Op){.cls = &collector_class, .ctx = &f->harness.ctx};
  harness_start(&f->harness);
  op_push_time(the_op(f), 0, 7, TICKS_MIN);
}

static void stop(Fixture *f) {
  harness_release(&f->harness);
  free_lines(&f->lines);
  arena_release(&f->arena);
}

static void push(Fixture *f, const Event *events, uint32_t count) {
  Batch *batch = batch_new(count, WIDTH);
  for (uint32_t c = 0; c < WIDTH; c++) batch->cols[c] = column_new(COL_BIGINT, count);
  batch->time = column_new(COL_DATETIME, count);
  batch->sorted = true;
  batch->channel = 7;
  for (uint32_t i = 0; i < count; i++) {
    column_i64(batch->cols[KEY])[i] = events[i].key;
    column_i64(batch->cols[X])[i] = events[i].x;
    column_i64(batch->cols[ID])[i] = events[i].id;
    column_i64(batch->time)[i] = events[i].time;
    lineage_add(&batch->lineage, 0, events[i].id);
  }
  op_push(the_op(f), 0, batch);
  batch_unref(batch);
  harness_step(&f->harness);
}

static void advance(Fixture *f, Ticks w) {
  op_push_time(the_op(f), 0, 7, w);
  harness_step(&f->harness);
}

/* ---- the model -------------------------------------------------------------------------------- */

typedef struct KeyRows { const Fixture *f; Event rows[MODEL_ROWS]; uint32_t len; } KeyRows;

static bool model_takes(void *context, uint32_t var, uint32_t start, uint32_t at, const uint32_t *path) {
  const KeyRows *key = context;
  const Definition *of = &key->f->definitions[var];
  int64_t x = key->rows[at].x;
  switch (of->rule) {
    case ANY_ROW: return true;
    case BELOW: return x < of->number;
    case EQUAL: return x == of->number;
    case ABOVE_LAST:
      if (of->var == var) return false; /* the last of its own is the row itself */
      for (uint32_t i = at; i-- > start;)
        if (path[i - start] == of->var) return x > key->rows[i].x;
      return false;
    case NOT_BELOW_MAX:
      for (uint32_t i = start; i < at; i++)
        if (path[i - start] == var && key->rows[i].x > x) return false;
      return true;
    case SAME_AS_FIRST: return x == key->rows[start].x;
  }
  return false;
}

static void model_line(const KeyRows *key, uint32_t start, const ModelMatch *match, Lines *lines) {
  StrBuf line = {0};
  strbuf_printf(&line, "%08lld %lld [", (long long)match->time, (long long)key->rows[0].key);
  for (uint32_t i = 0; i < match->len; i++)
    strbuf_printf(&line, "%s\"%c\"", i ? "," : "", (char)('A' + match->path[i]));
  strbuf_printf(&line, "] %lld %lld", (long long)key->rows[start].id, (long long)key->rows[start + match->len - 1].id);
  add_line(lines, line.ptr);
  strbuf_release(&line);
}

static void model_key(const Fixture *f, const Event *events, uint32_t count, int64_t which, Lines *lines) {
  KeyRows key = {.f = f};
  const BoundMatch *match = &f->relation.match;
  MatchModel model = {.pattern = match->pattern, .duration = match->duration, .takes = model_takes, .context = &key};
  for (uint32_t i = 0; i < count; i++) {
    if (events[i].key != which) continue;
    model.times[model.rows++] = events[i].time;
    key.rows[key.len++] = events[i];
  }
  for (uint32_t i = 0; i < key.len; i++) {
    ModelMatch found = match_model_find(&model, i);
    if (found.found) model_line(&key, i, &found, lines);
  }
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void check_lines(const Fixture *f, Lines *expected, uint64_t seed) {
  if (f->lines.len) qsort(f->lines.items, f->lines.len, sizeof(char *), by_text);
  if (expected->len) qsort(expected->items, expected->len, sizeof(char *), by_text);
  StrBuf pattern = {0};
  match_pattern_print(&f->relation.match, f->relation.match.pattern, &pattern);
  for (uint32_t i = 0; i < f->lines.len || i < expected->len; i++) {
    const char *got = i < f->lines.len ? f->lines.items[i] : "nothing";
    const char *want = i < expected->len ? expected->items[i] : "nothing";
    if (strcmp(got, want) != 0)
      fail_msg("seed %llu, %s: %s instead of %s", (unsigned long long)seed, pattern.ptr, got, want);
  }
  strbuf_release(&pattern);
}

/* ---- random patterns and streams -------------------------------------------------------------- */

static void random_definitions(Random *random, Fixture *f) {
  bool back = random_below(random, 2);
  for (uint32_t i = 0; i < VARS; i++)
    f->definitions[i] = (Definition){.rule = (Rule)random_below(random, back ? SAME_AS_FIRST + 1 : ABOVE_LAST),
                                     .number = 1 + random_below(random, 3), .var = random_below(random, i + 1)};
}

static uint32_t random_events(Random *random, Event *events, uint32_t most) {
  uint32_t count = 1 + random_below(random, most);
  Ticks time = 100;
  for (uint32_t i = 0; i < count; i++) {
    time += random_below(random, 4);
    events[i] = (Event){.key = random_below(random, KEYS), .x = random_below(random, 4), .id = i, .time = time};
  }
  return count;
}

/* How many matches there were. */
static uint32_t run_seed(uint64_t seed, unsigned restore_every, uint32_t batch_rows) {
  Random random = {seed};
  Fixture f = {0};
  Event events[40];
  Lines expected = {0};
  arena_init(&f.arena);
  random_definitions(&random, &f);
  uint32_t count = random_events(&random, events, 40);
  start(&f, random_pattern(&random, &f.arena, 4), 1 + random_below(&random, 30), restore_every);
  f.harness.ctx.batch_rows = batch_rows;
  for (uint32_t at = 0; at < count;) {
    uint32_t rows = 1 + random_below(&random, 9);
    if (rows > count - at) rows = count - at;
    push(&f, events + at, rows);
    at += rows;
    if (random_below(&random, 2) && events[at - 1].time > f.told) advance(&f, events[at - 1].time);
  }
  advance(&f, TICKS_MAX);
  Lineage needed = {0};
  the_op(&f)->cls->oldest(the_op(&f), &needed);
  assert_int_equal(needed.len, 0); /* nothing is held at the end */
  for (int64_t key = 0; key < KEYS; key++) model_key(&f, events, count, key, &expected);
  check_lines(&f, &expected, seed);
  uint32_t matches = expected.len;
  free_lines(&expected);
  stop(&f);
  return matches;
}

static void random_patterns_agree_with_the_model(void **state) {
  uint32_t matches = 0;
  for (uint64_t seed = 1; seed <= 3000; seed++) matches += run_seed(seed, 0, 1000);
  assert_true(matches > 10000);
}

static void random_patterns_survive_stops(void **state) {
  for (uint64_t seed = 5000; seed <= 5600; seed++) run_seed(seed, 1 + seed % 3, 1 + seed % 4);
}

/* ---- automata --------------------------------------------------------------------------------- */

static void check_automaton(MatchPattern *pattern, Arena *arena, const char *expected) {
  static const MatchVariable vars[] = {{.name = {"A", 1}}, {.name = {"B", 1}}, {.name = {"C", 1}}, {.name = {"D", 1}}};
  StrBuf text = {0};
  match_automaton_print(match_automaton_new(arena, pattern), vars, &text);
  assert_string_equal(text.ptr, expected);
  strbuf_release(&text);
}

static void targets_are_in_order_of_preference(void **state) {
  Arena arena;
  arena_init(&arena);
  MatchPattern *a = variable(&arena, 0), *b = variable(&arena, 1), *c = variable(&arena, 2);
  check_automaton(pair(&arena, MATCH_SEQUENCE, a, pair(&arena, MATCH_SEQUENCE, times(&arena, b, 0, 1), c)), &arena,
                  "start: 0\n0 A: 1 2\n1 B: 2\n2 C: END\n");
  check_automaton(star(&arena, pair(&arena, MATCH_SEQUENCE, star(&arena, a), star(&arena, b))), &arena,
                  "start: 0 1 END\n0 A: 0 1 END\n1 B: 1 0 END\n");
  check_automaton(times(&arena, a, 2, UINT32_MAX), &arena, "start: 0\n0 A: 1\n1 A: 1 END\n");
  check_automaton(times(&arena, a, 1, 3), &arena, "start: 0\n0 A: 1 END\n1 A: 2 END\n2 A: END\n");
  check_automaton(pair(&arena, MATCH_CHOICE, times(&arena, a, 0, 1), b), &arena, "start: 0 END\n0 A: END\n1 B: END\n");
  arena_release(&arena);
}

/* ---- very many ways --------------------------------------------------------------------------- */

/* S (A* B*)* over rows that are A and B alike: as many ways as subsets of rows, and two that are kept. */
static void nested_loops_stay_small(void **state) {
  enum { ROWS = 100000, PIECE = 500 };
  Fixture f = {0};
  arena_init(&f.arena);
  f.definitions[0] = (Definition){EQUAL, 9, 0};
  f.definitions[1] = f.definitions[2] = (Definition){BELOW, 5, 0};
  MatchPattern *loops = star(&f.arena, pair(&f.arena, MATCH_SEQUENCE, star(&f.arena, variable(&f.arena, 1)),
                                            star(&f.arena, variable(&f.arena, 2))));
  loops = star(&f.arena, pair(&f.arena, MATCH_CHOICE, loops, times(&f.arena, variable(&f.arena, 2), 0, 3)));
  start(&f, pair(&f.arena, MATCH_SEQUENCE, variable(&f.arena, 0), loops), TICKS_MAX / 2, 0);
  Event *events = mem_alloc(PIECE * sizeof *events);
  for (uint32_t at = 0; at < ROWS; at += PIECE) {
    for (uint32_t i = 0; i < PIECE; i++) events[i] = (Event){1, at + i ? 1 : 9, at + i, at + i};
    push(&f, events, PIECE);
  }
  push(&f, &(Event){1, 7, ROWS, ROWS}, 1);
  mem_free(events);
  assert_int_equal(f.rows, 1);
  assert_int_equal(f.last, ROWS);
  assert_int_equal(the_op(&f)->ctx->failed, STATUS_OK);
  stop(&f);
}

/* Conditions tell the ways apart by two registers, so they grow with the square of the rows. */
static void too_many_ways_are_an_error(void **state) {
  Fixture f = {0};
  arena_init(&f.arena);
  f.definitions[0] = (Definition){ANY_ROW, 0, 0};
  f.definitions[1] = (Definition){ABOVE_LAST, 0, 0};
  f.definitions[2] = (Definition){ABOVE_LAST, 0, 1};
  f.definitions[3] = (Definition){EQUAL, -1, 0};
  MatchPattern *any = pair(&f.arena, MATCH_CHOICE, variable(&f.arena, 0),
                           pair(&f.arena, MATCH_CHOICE, variable(&f.arena, 1), variable(&f.arena, 2)));
  start(&f, pair(&f.arena, MATCH_SEQUENCE, times(&f.arena, any, 1, UINT32_MAX), variable(&f.arena, 3)), 1000, 0);
  for (int64_t i = 0; i < 500 && the_op(&f)->ctx->failed == STATUS_OK; i++) push(&f, &(Event){1, i, i, i}, 1);
  assert_int_equal(the_op(&f)->ctx->failed, STATUS_DATA);
  assert_non_null(strstr(the_op(&f)->ctx->error.message, "LIMIT DURATION"));
  stop(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(targets_are_in_order_of_preference),
    cmocka_unit_test(random_patterns_agree_with_the_model),
    cmocka_unit_test(random_patterns_survive_stops),
    cmocka_unit_test(nested_loops_stay_small),
    cmocka_unit_test(too_many_ways_are_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
