/* functions.c: what expressions cost: nanoseconds a value over batches of 1,000 rows, for bench/functions.py.
**
** Reads expressions from stdin, one a line, over the columns that make_batch fills (the same values that functions.py
** gives DuckDB). Each is compiled from a query as the engine does, and its program runs over the same batch again and
** again; the least of some rounds is printed, a line each: nanoseconds, or the reason why there are none. */
#include <stdio.h>

#include "api.h"
#include "base/clock.h"
#include "base/mem.h"

enum { ROWS = 1000, ROUNDS = 15, ROUND_NS = 4000000 };

/* ---- the batch -------------------------------------------------------------------------------- */

static const char *const words[] = {"harbour", "Gate", "northern line", "a-b-c", "meter 42", "Z\xc3\xbcrich",
                                    "toll booth 7", "x"};

/* Row i of each column. Whoever changes it changes functions.py. */
static Value value_of(Str name, uint32_t i, Arena *arena) {
  if (str_eq(name, STR("i"))) return value_bigint((int64_t)(i * 7919 % 1000) - 500);
  if (str_eq(name, STR("n"))) return value_bigint((int64_t)(i % 10) + 1);
  if (str_eq(name, STR("f"))) return value_float((double)(i * 31 % 1000) / 8 + 0.1);
  if (str_eq(name, STR("d")))
    return value_datetime(INT64_C(639028224000000000) + (int64_t)i * 86399 * TICKS_PER_SECOND);
  if (str_eq(name, STR("s")))
    return value_text(arena_printf(arena, "%s %u", words[i % 8], i * 7919 % 1000));
  if (str_eq(name, STR("num"))) return value_text(arena_printf(arena, "%u", i * 7919 % 100000));
  if (str_eq(name, STR("at")))
    return value_text(arena_printf(arena, "2026-%02u-%02uT%02u:%02u:07.25Z", i % 12 + 1, i % 28 + 1, i % 24, i % 60));
  return value_null();
}

static Batch *make_batch(const PlanInput *input, Arena *arena) {
  Batch *batch = batch_new(ROWS, input->cols_len);
  Value start = value_datetime(0);
  for (uint32_t c = 0; c < input->cols_len; c++) {
    ColumnBuilder builder;
    column_builder_init(&builder, ROWS, true);
    for (uint32_t i = 0; i < ROWS; i++) {
      Value value = value_of(input->cols[c].name, i, arena);
      if (value.type != TYPE_NULL) column_builder_put(&builder, i, &value);
    }
    batch->cols[c] = column_builder_finish(&builder);
  }
  batch->time = column_constant(&start, ROWS, false);
  return batch;
}

/* ---- measuring -------------------------------------------------------------------------------- */

typedef struct Bench {
  Program    *program;
  ProgramRun *run;
  Batch      *batch;
  RowFailures failures;
} Bench;

static void run_once(Bench *bench) {
  Column *out = NULL;
  Selection *sel = NULL;
  row_failures_reset(&bench->failures, ROWS);
  program_run(bench->run, bench->batch, &out, &sel, &bench->failures);
  column_unref(out);
  selection_unref(sel);
}

static double least_ns(Bench *bench) {
  double least = 1e18;
  for (unsigned round = 0; round < ROUNDS; round++) {
    int64_t begin = clock_monotonic_ns(), spent = 0;
    unsigned runs = 0;
    for (; spent < ROUND_NS; runs++, spent = clock_monotonic_ns() - begin) run_once(bench);
    double ns = (double)spent / runs / ROWS;
    if (ns < least) least = ns;
  }
  return least;
}

static const PlanNode *projection(const PlanScript *plan) {
  for (uint32_t i = 0; i < plan->nodes_len; i++)
    if (plan->nodes[i]->kind == PLAN_PROJECT) return plan->nodes[i];
  return NULL;
}

static void measure(const Compiled *compiled, Arena *arena) {
  const PlanNode *node = projection(compiled->plan);
  if (node == NULL || compiled->plan->inputs_len != 1) {
    printf("error: the query is no projection of an input\n");
    return;
  }
  Bench bench = {.batch = make_batch(compiled->plan->inputs[0], arena),
                 .program = program_new(arena, NULL, node->project.values, 1)};
  bench.run = program_run_new(bench.program);
  run_once(&bench);
  if (bench.failures.items.len)
    printf("error: " STR_FMT "\n", STR_ARG(bench.failures.items.items[0].reason));
  else printf("%.3f\n", least_ns(&bench));
  program_run_free(bench.run);
  row_failures_release(&bench.failures);
  batch_unref(bench.batch);
}

static void bench_line(const char *expression) {
  Arena arena = {0};
  SourceText source = {0};
  BindInput input = {.name = STR("t")};
  BindOptions options = {.inputs = &input, .inputs_len = 1, .closed = true, .compat = 12};
  source_text_init(&source, STR("expression"), arena_printf(&arena, "SELECT %s AS y FROM t", expression));
  Compiled *compiled = compile_query(&source, &options);
  if (compiled->plan) measure(compiled, &arena);
  else printf("error: " STR_FMT "\n", STR_ARG(compiled->diags.items.items[0].message));
  fflush(stdout);
  compiled_free(compiled);
  source_text_release(&source);
  arena_release(&arena);
}

int main(void) {
  char line[4096];
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    bench_line(line);
  }
  return 0;
}
