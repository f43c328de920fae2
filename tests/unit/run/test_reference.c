/* test_reference.c: reference data while a live stream runs: which snapshot an event sees, refreshes that fail, a third
** snapshot that waits, changes instead of everything, a stop in the middle of a load. The reference data comes from a
** script of this file, or from files with a date in their path; the clock is virtual, and everything runs on one thread
** unless a test is about threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "api.h"
#include "connectors/memory/memory.h"
#include "connectors/registry.h"
#include "support/temp_folder.h"

/* ---- reference data by script ----------------------------------------------------------------- */

typedef struct ScriptRow { int64_t k; const char *v; int operation; } ScriptRow;
typedef struct ScriptLoad {
  ScriptRow rows[4];
  const char *fails;  /* instead of rows */
} ScriptLoad;

static struct {
  const ScriptLoad *loads;
  unsigned loads_len, at;   /* of the next load */
  Ticks refresh;
  bool changes, keyed, blocks, v_first;
  unsigned begun;           /* loads */
  Ticks since;              /* of the last one */
  atomic_int cancelled, entered;
} script;

typedef struct ScriptRows { Rows base; bool ended; } ScriptRows;

static const RowsClass script_rows;

static Status script_open(const SourceConfig *config, const DecodeSpec *spec, Arena *arena, Rows **out, Error *err) {
  (void)config, (void)err;
  assert_int_equal(spec->fields_len, 2); /* k and v in some order */
  script.v_first = str_eq(spec->fields[0].path[0], STR("v"));
  ScriptRows *rows = ARENA_ARRAY(arena, ScriptRows, 1);
  rows->base.cls = &script_rows;
  *out = &rows->base;
  return STATUS_OK;
}

static Status script_rewind(Rows *base, Ticks now, Ticks since, Error *err) {
  (void)now, (void)err;
  ((ScriptRows *)base)->ended = false;
  script.begun++;
  script.since = since;
  return STATUS_OK;
}

static Value script_value(const ScriptRow *row, unsigned at) {
  switch (at) {
    case 0: return value_bigint(row->k);
    case 1: return value_text(str_from(row->v));
    case 2: return value_text(str_from(script.keyed ? (row->k == 1 ? "one" : "two") : row->v));
    default: return value_bigint(row->operation ? row->operation : ROWS_INSERT);
  }
}

static Status script_next(Rows *base, uint32_t rows_max, Batch **out, Error *err) {
  (void)rows_max;
  ScriptRows *rows = (ScriptRows *)base;
  *out = NULL;
  if (rows->ended) return STATUS_OK;
  atomic_store(&script.entered, 1);
  while (script.blocks && script.at > 0 && !atomic_load(&script.cancelled)) clock_sleep_ms(1);
  if (atomic_load(&script.cancelled)) return error_set(err, STATUS_WORLD, "script", "cancelled");
  assert_true(script.at < script.loads_len);
  const ScriptLoad *load = &script.loads[script.at++];
  rows->ended = true;
  if (load->fails) return error_set(err, STATUS_WORLD, "script", "%s", load->fails);
  uint32_t count = 0, cols = script.changes ? 4 : 2;
  while (count < 4 && load->rows[count].v) count++;
  if (count == 0) return STATUS_OK;
  *out = batch_new(count, cols);
  for (uint32_t c = 0; c < cols; c++) {
    ColumnBuilder builder;
    column_builder_init(&builder, count, true);
    for (uint32_t i = 0; i < count; i++) {
      Value value = script_value(&load->rows[i], c < 2 && script.v_first ? 1 - c : c);
      column_builder_put(&builder, i, &value);
    }
    (*out)->cols[c] = column_builder_finish(&builder);
  }
  return STATUS_OK;
}

static Ticks script_refresh(const Rows *rows) { (void)rows; return script.refresh; }
static bool  script_changes(const Rows *rows) { (void)rows; return script.changes; }
static bool  script_keyed(const Rows *rows) { (void)rows; return script.keyed; }
static void  script_cancel(Rows *rows) { (void)rows; atomic_store(&script.cancelled, 1); }
static void  script_close(Rows *rows) { (void)rows; }

static const RowsClass script_rows = {
  .scheme = "script", .open = script_open, .next = script_next, .rewind = script_rewind, .refresh = script_refresh,
  .changes = script_changes, .keyed = script_keyed, .cancel = script_cancel, .close = script_close,
};

static const RowsClass *const rows_classes[] = {&script_rows, NULL};

/* ---- a run ------------------------------------------------------------------------------------ */

typedef struct Run {
  SourceText source;
  Compiled  *compiled;
  JobBinding inputs[2], output;
  IoRegistry registry;
  JobSpec    spec;
  Clock      clock;
  Job       *job;
  int        advance[16]; /* seconds the clock goes forward after each event */
  unsigned   events, stop_after;
  bool       restore;
  void     (*between)(unsigned events); /* called after each of them; NULL: none */
  char       told[1024];
} Run;

static Ticks start_of_test(void) {
  Ticks start;
  assert_true(datetime_parse("2026-01-01T00:00:00Z", 20, &start));
  return start;
}

/* Key k, `second` seconds behind the start. */
static void add_event(unsigned partition, int k, int second) {
  static int64_t offset;
  char text[80];
  int len = snprintf(text, sizeof text, "{\"at\":\"2026-01-01T00:%02d:%02dZ\",\"k\":%d}", second / 60, second % 60, k);
  Ticks at = start_of_test() + second * TICKS_PER_SECOND;
  memory_source_message("s", partition, offset++, at, (Str){text, (size_t)len});
}

static void between(void *context, Job *job) {
  Run *run = context;
  if (run->events < 16) run->clock.virtual_now += run->advance[run->events] * TICKS_PER_SECOND;
  run->events++;
  if (run->between) run->between(run->events);
  Error err = {0};
  if (run->restore) assert_int_equal(job_restore(job, &err), STATUS_OK);
  if (run->events == run->stop_after) job_stop(job);
}

static void note(void *context, const char *text) {
  Run *run = context;
  snprintf(run->told + strlen(run->told), sizeof run->told - strlen(run->told), "%s\n", text);
}

static void start_query(Run *run, const char *query, const ScriptLoad *loads, unsigned loads_len) {
  memset(&script, 0, sizeof script);
  script.loads = loads;
  script.loads_len = loads_len;
  script.refresh = TICKS_PER_MINUTE;
  source_text_init(&run->source, STR("test.asaql"), str_from(query));
  run->inputs[0] = (JobBinding){.name = STR("s"), .where = STR("memory-live:s")};
  run->inputs[1] = (JobBinding){.name = STR("r"), .where = STR("script:r"), .reference = true};
  run->output = (JobBinding){.name = STR("output"), .where = STR("memory:out")};
  run->registry = *connectors_registry();
  run->registry.rows = rows_classes;
  run->clock = (Clock){.is_virtual = true, .virtual_now = start_of_test()};
  static const BindInput known[] = {{.name = {"s", 1}}, {.name = {"r", 1}, .reference = true}};
  BindOptions options = {.compat = 12, .inputs = known, .inputs_len = 2};
  run->compiled = compile_query(&run->source, &options);
  assert_non_null(run->compiled->plan);
  run->spec = (JobSpec){.name = "test", .query_file = "test.asaql", .inputs = run->inputs, .inputs_len = 2,
                        .outputs = &run->output, .outputs_len = 1, .policy = {.late = -1},
                        .quarantine = "/dev/null", .threads = 1, .batch_rows = 1, .registry = &run->registry,
                        .clock = &run->clock, .between_batches = between, .notice = note, .context = run};
}

static const char *const lookup = "SELECT s.k, r.v FROM s TIMESTAMP BY at LEFT JOIN r ON s.k = r.k";

static void start(Run *run, const ScriptLoad *loads, unsigned loads_len) { start_query(run, lookup, loads, loads_len); }

/* Runs to the end; what came out: the values joined, in order, NULL as -. */
static const char *finish(Run *run, JobInputProgress *progress) {
  static char out[512];
  Error err = {0};
  assert_int_equal(job_open(&run->spec, run->compiled->plan, &run->job, &err), STATUS_OK);
  Status status = job_run(run->job, &err);
  if (status != STATUS_OK) fail_msg("%s: %s", err.who, err.message);
  if (progress) *progress = job_progress(run->job)->inputs[1];
  job_close(run->job);
  compiled_free(run->compiled);
  source_text_release(&run->source);
  unsigned count;
  char **rows = memory_sink_rows("out", &count);
  out[0] = 0;
  for (unsigned i = 0; i < count; i++) {
    const char *v = strstr(rows[i], "\"v\":\"");
    size_t len = v ? strcspn(v + 5, "\"") : 1;
    snprintf(out + strlen(out), sizeof out - strlen(out), "%s%.*s", i ? " " : "", (int)len, v ? v + 5 : "-");
  }
  mem_free(rows);
  return out;
}

#define LOADS(...) (const ScriptLoad[]){__VA_ARGS__}, sizeof((const ScriptLoad[]){__VA_ARGS__}) / sizeof(ScriptLoad)

/* ---- tests ------------------------------------------------------------------------------------ */

static void an_event_sees_the_snapshot_of_its_time(void **state) {
  (void)state;
  for (int restore = 0; restore < 2; restore++) {
    memory_source_define("s", 2);
    Run run = {.stop_after = 5, .advance = {70}, .restore = restore};
    add_event(0, 1, 5);
    add_event(0, 1, 69);  /* the refresh began at 70 */
    add_event(0, 1, 70);
    add_event(1, 1, 30);  /* another partition, which is behind */
    add_event(0, 2, 71);
    start(&run, LOADS({.rows = {{1, "old"}}}, {.rows = {{1, "new"}, {2, "two"}}}));
    assert_string_equal(finish(&run, NULL), "old old new old two");
    assert_int_equal(script.begun, 2);
    memory_reset();
  }
}

static void a_refresh_that_fails_keeps_the_rows(void **state) {
  (void)state;
  memory_source_define("s", 1);
  Run run = {.stop_after = 4, .advance = {60, 0, 1}};
  for (int i = 0; i < 4; i++) add_event(0, 1, 10 + 60 * i);
  start(&run, LOADS({.rows = {{1, "old"}}}, {.fails = "the disk is gone"}, {.rows = {{1, "new"}}}));
  JobInputProgress progress;
  assert_string_equal(finish(&run, &progress), "old old old new");
  assert_string_equal(run.told, "reference r: the refresh failed, the rows of before stay in use: script: the disk is "
                                "gone\nreference r: refreshed again\n");
  assert_int_equal(progress.refreshes, 2);
  assert_int_equal(progress.refreshes_failed, 1);
}

static void a_third_snapshot_waits_for_the_watermark(void **state) {
  (void)state;
  memory_source_define("s", 1);
  Run run = {.stop_after = 6, .advance = {60, 60, 60, 0, 0}};
  add_event(0, 1, 1);
  add_event(0, 1, 2); /* the second is loaded, of 60 */
  add_event(0, 1, 3); /* the third waits */
  add_event(0, 1, 4);
  add_event(0, 1, 61); /* now it is loaded, of 180 */
  add_event(0, 1, 181);
  start(&run, LOADS({.rows = {{1, "a"}}}, {.rows = {{1, "b"}}}, {.rows = {{1, "c"}}}));
  assert_string_equal(finish(&run, NULL), "a a a a b c");
}

static void changes_by_key(void **state) {
  (void)state;
  memory_source_define("s", 1);
  Run run = {.stop_after = 6, .advance = {60, 0, 60}};
  add_event(0, 1, 1);
  add_event(0, 1, 61);
  add_event(0, 2, 62);
  add_event(0, 1, 122);
  add_event(0, 2, 123);
  add_event(0, 2, 124);
  start(&run, LOADS({.rows = {{1, "a"}, {2, "b"}}}, {.rows = {{1, "c"}, {1, "d"}, {1, "a", ROWS_DELETE}}},
                    {.rows = {{2, "b", ROWS_DELETE}}}));
  script.changes = script.keyed = true;
  assert_string_equal(finish(&run, NULL), "a d b d - -");
  assert_true(script.since == start_of_test() + 60 * TICKS_PER_SECOND);
}

static void changes_by_whole_rows(void **state) {
  (void)state;
  memory_source_define("s", 1);
  Run run = {.stop_after = 3, .advance = {60}};
  add_event(0, 1, 1);
  add_event(0, 1, 61);
  add_event(0, 2, 62);
  start(&run, LOADS({.rows = {{1, "a"}, {2, "b"}}},
                    {.rows = {{1, "a", ROWS_DELETE}, {1, "c"}, {2, "b"} /* seen by both loads */}}));
  script.changes = true;
  assert_string_equal(finish(&run, NULL), "a c b");
}

static void a_step_over_reference_data_follows(void **state) {
  (void)state;
  memory_source_define("s", 1);
  Run run = {.stop_after = 2, .advance = {60}};
  add_event(0, 1, 1);
  add_event(0, 1, 61);
  start_query(&run, "WITH up AS (SELECT a.k, UPPER(b.v) AS v FROM r a JOIN r b ON a.k = b.k) "
                    "SELECT s.k, up.v FROM s TIMESTAMP BY at LEFT JOIN up ON s.k = up.k",
              LOADS({.rows = {{1, "a"}}}, {.rows = {{1, "b"}}}));
  assert_string_equal(finish(&run, NULL), "A B");
}

static void a_load_beside_the_stream_ends_with_the_job(void **state) {
  (void)state;
  memory_source_define("s", 1);
  Run run = {.stop_after = 3, .advance = {60}};
  for (int i = 0; i < 3; i++) add_event(0, 1, 1 + 60 * i);
  start(&run, LOADS({.rows = {{1, "old"}}}, {.rows = {{1, "new"}}}));
  run.spec.threads = 0;
  script.blocks = true; /* the refresh does not come back before it is cancelled */
  assert_string_equal(finish(&run, NULL), "old old old");
  assert_string_equal(run.told, "");
}

/* Text against numbers: said once, and not where some keys could meet. */
static void keys_that_cannot_match_are_told(void **state) {
  (void)state;
  const char *const queries[] = {
      lookup, "SELECT s.k, r.v FROM s TIMESTAMP BY at LEFT JOIN r ON s.k = r.v AND s.k = r.k"};
  const char *const told[] = {"", "warning: line 1: join with `r`: `k = v` can match nothing: events have numbers "
                                  "there, reference rows have text; CREATE TABLE or CAST gives both one type\n"};
  for (int i = 0; i < 2; i++) {
    memory_source_define("s", 1);
    Run run = {0};
    add_event(0, 7, 1);
    add_event(0, 7, 2);
    start_query(&run, queries[i], LOADS({.rows = {{1, "a"}}}));
    run.inputs[0].where = STR("memory:s");
    assert_string_equal(finish(&run, NULL), "- -");
    assert_string_equal(run.told, told[i]);
    memory_reset();
  }
}

static void no_refresh_in_a_recorded_run(void **state) {
  (void)state;
  memory_source_define("s", 1);
  Run run = {.advance = {60, 60}};
  add_event(0, 1, 1);
  add_event(0, 1, 500);
  start(&run, LOADS({.rows = {{1, "a"}}}));
  run.inputs[0].where = STR("memory:s");
  assert_string_equal(finish(&run, NULL), "a a");
}

/* ---- files with a date in their path ---------------------------------------------------------- */

static int drop_all(void **state) {
  memory_reset();
  return drop_folder(state);
}

/* The snapshot of a minute: keys 1 and 2 with the same value. */
static void write_snapshot(int minute, const char *value) {
  char path[160];
  snprintf(path, sizeof path, "%s/2026-01-01", folder);
  mkdir(path, 0777);
  snprintf(path, sizeof path, "%s/2026-01-01/00-%02d.json", folder, minute);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fprintf(file, "{\"k\":1,\"v\":\"%s\"}\n{\"k\":2,\"v\":\"%s\"}\n", value, value);
  fclose(file);
}

static char dated_where[256];

static void start_dated(Run *run) {
  start(run, NULL, 0);
  snprintf(dated_where, sizeof dated_where, "%s/{date}/{time}.json?date-format=yyyy-MM-dd&time-format=HH-mm", folder);
  run->inputs[1].where = str_from(dated_where);
}

/* Every way of running gives each event the file of its minute, whichever partition is ahead. */
static void a_recorded_run_sees_the_file_of_each_time(void **state) {
  (void)state;
  const int minutes[] = {2, 3, 5, 9};
  for (int i = 0; i < 4; i++) {
    char value[8];
    snprintf(value, sizeof value, "m%d", minutes[i]);
    write_snapshot(minutes[i], value);
  }
  const uint32_t batches[] = {1, 3, 1000, 1000};
  for (int way = 0; way < 4; way++) {
    memory_source_define("s", 2);
    const int seconds[] = {0, 119, 120, 179, 180, 240, 300, 539, 540, 3000};
    for (int i = 0; i < 10; i++) add_event(0, 1, seconds[i]);
    for (int i = 0; i < 10; i++) add_event(1, 2, seconds[i]);
    Run run = {.restore = way < 2};
    start_dated(&run);
    run.inputs[0].where = STR("memory:s");
    run.spec.batch_rows = batches[way];
    run.spec.threads = way == 3 ? 0 : 1;
    assert_string_equal(finish(&run, NULL), "m2 m2 m2 m2 m3 m3 m5 m5 m9 m9 m2 m2 m2 m2 m3 m3 m5 m5 m9 m9");
    memory_reset();
  }
}

static void write_the_next_file(unsigned events) {
  if (events == 1) write_snapshot(1, "noticed");
}

static void a_live_run_notices_new_files(void **state) {
  (void)state;
  write_snapshot(0, "first");
  memory_source_define("s", 1);
  Run run = {.stop_after = 4, .advance = {61}, .between = write_the_next_file};
  add_event(0, 1, 1);
  add_event(0, 1, 59);
  add_event(0, 1, 60);
  add_event(0, 1, 61);
  start_dated(&run);
  JobInputProgress progress;
  assert_string_equal(finish(&run, &progress), "first first noticed noticed");
  assert_int_equal(progress.refreshes, 1);
}

static void break_the_next_file(unsigned events) {
  if (events != 1) return;
  char path[160];
  snprintf(path, sizeof path, "%s/2026-01-01/00-01.json.gz", folder);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs("no gzip", file);
  fclose(file);
}

static void a_file_that_cannot_be_read_keeps_the_rows(void **state) {
  (void)state;
  write_snapshot(0, "first");
  memory_source_define("s", 1);
  Run run = {.stop_after = 3, .advance = {61}, .between = break_the_next_file};
  for (int i = 0; i < 3; i++) add_event(0, 1, 1 + 60 * i);
  start_dated(&run);
  snprintf(dated_where, sizeof dated_where, "%s/{date}/{time}.json*?date-format=yyyy-MM-dd&time-format=HH-mm", folder);
  run.inputs[1].where = str_from(dated_where);
  assert_string_equal(finish(&run, NULL), "first first first");
  assert_non_null(strstr(run.told, "reference r: the refresh failed, the rows of before stay in use: "));
}

static void change_the_file(unsigned events) {
  if (events == 1) write_snapshot(0, "longer than before");
}

static void a_plain_file_is_read_again_when_it_has_changed(void **state) {
  (void)state;
  write_snapshot(0, "old");
  memory_source_define("s", 1);
  Run run = {.stop_after = 4, .advance = {60, 60, 60}, .between = change_the_file};
  for (int i = 0; i < 4; i++) add_event(0, 1, 1 + 60 * i);
  start(&run, NULL, 0);
  snprintf(dated_where, sizeof dated_where, "%s/2026-01-01/00-00.json?refresh=1m", folder);
  run.inputs[1].where = str_from(dated_where);
  JobInputProgress progress;
  assert_string_equal(finish(&run, &progress), "old longer than before longer than before longer than before");
  assert_int_equal(progress.refreshes, 1);
}

static int forget(void **state) {
  (void)state;
  memory_reset();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_teardown(an_event_sees_the_snapshot_of_its_time, forget),
    cmocka_unit_test_teardown(a_refresh_that_fails_keeps_the_rows, forget),
    cmocka_unit_test_teardown(a_third_snapshot_waits_for_the_watermark, forget),
    cmocka_unit_test_teardown(changes_by_key, forget),
    cmocka_unit_test_teardown(changes_by_whole_rows, forget),
    cmocka_unit_test_teardown(a_step_over_reference_data_follows, forget),
    cmocka_unit_test_teardown(a_load_beside_the_stream_ends_with_the_job, forget),
    cmocka_unit_test_teardown(keys_that_cannot_match_are_told, forget),
    cmocka_unit_test_teardown(no_refresh_in_a_recorded_run, forget),
    cmocka_unit_test_setup_teardown(a_recorded_run_sees_the_file_of_each_time, make_folder, drop_all),
    cmocka_unit_test_setup_teardown(a_live_run_notices_new_files, make_folder, drop_all),
    cmocka_unit_test_setup_teardown(a_file_that_cannot_be_read_keeps_the_rows, make_folder, drop_all),
    cmocka_unit_test_setup_teardown(a_plain_file_is_read_again_when_it_has_changed, make_folder, drop_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
