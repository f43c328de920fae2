/* test_job.c: what a job promises to the outside: which position it commits, that an idle partition holds nobody,
** that what was asked to stop has delivered. Sources and sinks are the memory connector. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "api.h"
#include "connectors/memory/memory.h"
#include "connectors/registry.h"
#include "run/internal.h"

typedef struct Run {
  SourceText source;
  Compiled  *compiled;
  JobBinding input, output;
  JobSpec    spec;
  Job       *job;
  unsigned   batches, stop_after; /* batches; 0: the progress callback stops */
  size_t     held_most;           /* of one partition by the merge, between batches */
} Run;

static void stop_after_batches(void *context, Job *job) {
  Run *run = context;
  if (++run->batches == run->stop_after) job_stop(job);
}

static void stop_and_look_into_the_merge(void *context, Job *job) {
  Run *run = context;
  for (uint32_t node = 0; node < job->plan->nodes_len; node++) {
    if (job->plan->nodes[node]->kind != PLAN_MERGE) continue;
    for (uint32_t channel = 0; channel < job->ctx.next_channel; channel++) {
      size_t held = merge_held_bytes(job->ops[node], channel);
      if (held > run->held_most) run->held_most = held;
    }
  }
  stop_after_batches(context, job);
}

static void stop_at_progress(void *context, const JobProgress *progress) {
  (void)progress;
  job_stop(((Run *)context)->job);
}

/* "2026-01-01T00:00:SS" as JSON, arriving when it happened. */
static void add_event(unsigned partition, int64_t offset, int second) {
  char text[80];
  int len = snprintf(text, sizeof text, "{\"at\":\"2026-01-01T00:00:%02dZ\",\"k\":%u}", second, partition);
  Ticks at;
  datetime_parse("2026-01-01T00:00:00Z", 20, &at);
  memory_source_message("s", partition, offset, at + second * TICKS_PER_SECOND, (Str){text, (size_t)len});
}

static void start(Run *run, const char *query) {
  source_text_init(&run->source, STR("test.asaql"), str_from(query));
  BindOptions options = {.compat = 12};
  run->compiled = compile_query(&run->source, &options);
  assert_non_null(run->compiled->plan);
  run->input = (JobBinding){.name = STR("s"), .where = STR("memory-live:s")};
  run->output = (JobBinding){.name = STR("output"), .where = STR("memory:out")};
  run->spec = (JobSpec){.name = "test", .query_file = "test.asaql", .inputs = &run->input, .inputs_len = 1,
                        .outputs = &run->output, .outputs_len = 1, .policy = {.late = 5 * TICKS_PER_SECOND},
                        .quarantine = "/dev/null", .threads = 1, .batch_rows = 1, .registry = connectors_registry(),
                        .context = run};
  if (run->stop_after) run->spec.between_batches = stop_after_batches;
  else run->spec.progress = stop_at_progress;
}

static void finish(Run *run) {
  Error err = {0};
  assert_int_equal(job_open(&run->spec, run->compiled->plan, &run->job, &err), STATUS_OK);
  assert_int_equal(job_run(run->job, &err), STATUS_OK);
  job_close(run->job);
  compiled_free(run->compiled);
  source_text_release(&run->source);
}

static unsigned rows_out(unsigned *flushed) {
  unsigned count;
  char **rows = memory_sink_rows("out", &count);
  mem_free(rows);
  if (flushed) *flushed = memory_sink_flushed("out");
  return count;
}

static const char *const windowed = "SELECT COUNT(*) AS n FROM s TIMESTAMP BY at GROUP BY TumblingWindow(second, 10)";

static void commits_the_oldest_event_a_window_needs(void **state) {
  (void)state;
  memory_source_define("s", 1);
  add_event(0, 100, 1);
  add_event(0, 101, 5);
  add_event(0, 102, 12);
  add_event(0, 103, 13);
  Run run = {.stop_after = 4};
  start(&run, windowed);
  finish(&run);
  unsigned flushed;
  assert_int_equal(rows_out(&flushed), 1); /* (0, 10] is complete, (10, 20] is not */
  assert_int_equal(flushed, 1);
  assert_int_equal(memory_source_committed("s", 0), 102);
}

static void commits_behind_the_last_event_when_nothing_is_held(void **state) {
  (void)state;
  memory_source_define("s", 1);
  for (int i = 0; i < 5; i++) add_event(0, 100 + i, i);
  Run run = {.stop_after = 5};
  start(&run, "SELECT k FROM s TIMESTAMP BY at");
  finish(&run);
  assert_int_equal(rows_out(NULL), 5);
  assert_int_equal(memory_source_committed("s", 0), 105);
}

static void a_restart_from_the_commit_repeats_no_finished_window(void **state) {
  (void)state;
  memory_source_define("s", 1);
  const int seconds[] = {1, 5, 12, 13, 21, 31};
  for (int i = 0; i < 6; i++) add_event(0, 100 + i, seconds[i]);
  Run first = {.stop_after = 4};
  start(&first, windowed);
  finish(&first);
  Run second = {.stop_after = 4}; /* offsets 102 to 105 */
  start(&second, windowed);
  second.spec.start = START_COMMITTED;
  finish(&second);
  assert_int_equal(rows_out(NULL), 3); /* windows ending at 10, 20 and 30, each once */
  assert_int_equal(memory_source_committed("s", 0), 105);
}

static void an_idle_partition_does_not_hold_the_others(void **state) {
  (void)state;
  memory_source_define("s", 2);
  for (int i = 0; i < 4; i++) add_event(0, i, i * 10 + 1);
  memory_source_at_end("s", 0);
  memory_source_at_end("s", 1);
  Run run = {0};
  start(&run, windowed);
  finish(&run);
  assert_int_equal(rows_out(NULL), 2); /* ends at 10 and 20: partition 1 follows at 31 - 5 s and the second since */
}

static void a_slow_partition_is_not_taken_for_idle(void **state) {
  (void)state;
  memory_source_define("s", 2);
  for (int i = 0; i < 4; i++) add_event(0, i, i * 10 + 1);
  memory_source_at_end("s", 0); /* partition 1 has not said that it is at its end */
  Run run = {0};
  start(&run, windowed);
  finish(&run);
  assert_int_equal(rows_out(NULL), 0);
}

static void a_finished_partition_does_not_hold_the_others(void **state) {
  (void)state;
  memory_source_define("s", 2);
  for (int i = 0; i < 4; i++) add_event(0, i, i * 10 + 1);
  memory_source_finish("s", 1);
  Run run = {0};
  start(&run, windowed);
  finish(&run);
  assert_int_equal(rows_out(NULL), 3);
}

static int forget(void **state) {
  (void)state;
  memory_reset();
  return 0;
}

/* Partition 0 could be read to its end before partition 1 begins. It waits, and nothing is lost or out of order. */
static void a_partition_that_runs_ahead_waits(void **state) {
  (void)state;
  enum { EVENTS = 60, SHARE_BYTES = 1000, BATCH_BYTES_MOST = 400 };
  memory_source_define("s", 2);
  for (unsigned partition = 0; partition < 2; partition++)
    for (int i = 0; i < EVENTS; i++) add_event(partition, i, i);
  Run run = {.stop_after = 2 * EVENTS};
  start(&run, "SELECT k, LAG(k) OVER (LIMIT DURATION(minute, 1)) AS before FROM s TIMESTAMP BY at");
  run.spec.between_batches = stop_and_look_into_the_merge;
  run.spec.merge_bytes = 2 * SHARE_BYTES;
  run.input.where = STR("memory-live:s?batch-rows=1"); /* what has been polled is not called back */
  finish(&run);
  assert_in_range(run.held_most, SHARE_BYTES, SHARE_BYTES + BATCH_BYTES_MOST);
  unsigned count;
  char **rows = memory_sink_rows("out", &count);
  assert_in_range(count, 2 * EVENTS - 2, 2 * EVENTS); /* the last second waits for what may come beside it */
  for (unsigned i = 1; i < count; i++)
    assert_string_equal(rows[i], i % 2 ? "{\"k\":1,\"before\":0}" : "{\"k\":0,\"before\":1}");
  mem_free(rows);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_teardown(commits_the_oldest_event_a_window_needs, forget),
    cmocka_unit_test_teardown(commits_behind_the_last_event_when_nothing_is_held, forget),
    cmocka_unit_test_teardown(a_restart_from_the_commit_repeats_no_finished_window, forget),
    cmocka_unit_test_teardown(an_idle_partition_does_not_hold_the_others, forget),
    cmocka_unit_test_teardown(a_slow_partition_is_not_taken_for_idle, forget),
    cmocka_unit_test_teardown(a_finished_partition_does_not_hold_the_others, forget),
    cmocka_unit_test_teardown(a_partition_that_runs_ahead_waits, forget),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
