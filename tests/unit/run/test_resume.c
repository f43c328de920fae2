/* test_resume.c: a job that is stopped behind any event and started again from what it committed: every row of an
** uninterrupted run comes, in one of the two runs, and none comes that is not one of those. Then the marks and notes
** that make it so, alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "api.h"
#include "connectors/memory/memory.h"
#include "connectors/registry.h"
#include "io/source.h"
#include "run/resume.h"

enum { EVENTS = 48, PARTITIONS = 2, CLOCK_JUMPS = 12 };

/* ---- a stream of events ----------------------------------------------------------------------- */

static uint64_t seed;
static unsigned draw(unsigned below) {
  seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (unsigned)(seed >> 33) % below;
}

static struct { unsigned partition; int64_t offset; } events[EVENTS];

static Ticks base(void) {
  Ticks at;
  datetime_parse("2026-01-01T00:00:00Z", 20, &at);
  return at;
}

/* Events that arrive up to 2 s after another and happened up to 9 s before: some are late, many out of order. With
** `quiet` the partitions fall silent at times. */
static void define_events(uint64_t from, bool quiet) {
  memory_source_define("s", PARTITIONS);
  seed = from;
  int64_t offsets[PARTITIONS] = {100, 2000};
  Ticks arrival = base() + TICKS_PER_MINUTE;
  for (unsigned i = 0; i < EVENTS; i++) {
    unsigned partition = draw(PARTITIONS);
    arrival += draw(21) * TICKS_PER_SECOND / 10;
    Ticks at = arrival - draw(10) * TICKS_PER_SECOND;
    char stamp[DATETIME_TEXT_LEN + 1], text[160];
    datetime_print(at, stamp);
    stamp[DATETIME_TEXT_LEN] = '\0';
    int len = snprintf(text, sizeof text, "{\"at\":\"%s\",\"n\":%u,\"k\":%u,\"side\":%u}", stamp, i, draw(3), draw(2));
    events[i].partition = partition;
    events[i].offset = offsets[partition];
    memory_source_message("s", partition, offsets[partition], arrival, (Str){text, (size_t)len});
    offsets[partition] += 1 + draw(3); /* compacted topics have gaps */
    if (!quiet || (i + 1 != CLOCK_JUMPS && draw(4))) continue;
    for (unsigned p = 0; p < PARTITIONS; p++) memory_source_at_end("s", p);
    memory_source_quiet("s");
  }
}

/* ---- runs ------------------------------------------------------------------------------------- */

typedef struct Run {
  const char *query;
  StartKind   start;
  unsigned    events;     /* stops behind so many */
  unsigned    clock_at;   /* the clock jumps on behind this event; 0: never */
  Ticks       tolerance;  /* of out of order */
  unsigned    seen;
  Clock       clock;
} Run;

static void after_event(void *context, Job *job) {
  Run *run = context;
  run->seen++;
  if (run->seen == run->clock_at) run->clock.virtual_now += 20 * TICKS_PER_SECOND;
  if (run->seen == run->events) job_stop(job);
}

static void play(Run *run) {
  SourceText source;
  source_text_init(&source, STR("test.asaql"), str_from(run->query));
  BindOptions options = {.compat = 12};
  Compiled *compiled = compile_query(&source, &options);
  if (!compiled->plan) fail_msg("%s", run->query);
  JobBinding input = {.name = STR("s"), .where = STR("memory-live:s")};
  JobBinding output = {.name = STR("output"), .where = STR("memory:out")};
  run->clock = (Clock){.is_virtual = true, .virtual_now = base()};
  JobSpec spec = {.name = "test", .query_file = "test.asaql", .inputs = &input, .inputs_len = 1, .outputs = &output,
                  .outputs_len = 1, .quarantine = "/dev/null", .threads = 1, .batch_rows = 1, .clock = &run->clock,
                  .policy = {.late = 5 * TICKS_PER_SECOND, .out_of_order = run->tolerance}, .context = run,
                  .registry = connectors_registry(), .between_batches = after_event, .start = run->start};
  Job *job;
  Error err = {0};
  assert_int_equal(job_open(&spec, compiled->plan, &job, &err), STATUS_OK);
  assert_int_equal(job_run(job, &err), STATUS_OK);
  job_close(job);
  compiled_free(compiled);
  source_text_release(&source);
}

typedef struct RowList { char **rows; unsigned count; } RowList;

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static RowList take_rows(void) {
  RowList rows;
  rows.rows = memory_sink_rows("out", &rows.count);
  if (rows.count) qsort(rows.rows, rows.count, sizeof *rows.rows, by_text);
  return rows;
}

/* Events the next run reads: those at or behind the committed offsets. */
static unsigned left_to_read(void) {
  unsigned left = 0;
  for (unsigned i = 0; i < EVENTS; i++) left += events[i].offset >= memory_source_committed("s", events[i].partition);
  return left;
}

/* Every row of `all` is among the others, and no other. Duplicates are allowed. */
static void expect_complete(const char *query, unsigned stopped, RowList all, RowList both) {
  unsigned i = 0;
  for (unsigned j = 0; j < both.count; j++) {
    while (i < all.count && strcmp(all.rows[i], both.rows[j]) < 0) {
      if (j && strcmp(all.rows[i], both.rows[j - 1]) == 0) i++;
      else fail_msg("%s\nstopped behind %u: lost %s", query, stopped, all.rows[i]);
    }
    bool same_as_last = j && strcmp(both.rows[j], both.rows[j - 1]) == 0;
    bool known = i < all.count && strcmp(all.rows[i], both.rows[j]) == 0;
    if (known) i++;
    else if (!same_as_last) fail_msg("%s\nstopped behind %u: wrong %s", query, stopped, both.rows[j]);
  }
  if (i < all.count) fail_msg("%s\nstopped behind %u: lost %s", query, stopped, all.rows[i]);
}

static const char *const queries[] = {
  "SELECT k, n, System.Timestamp() AS t FROM s TIMESTAMP BY at",
  "SELECT n, System.Timestamp() AS t FROM s",
  "SELECT COUNT(*) AS n, System.Timestamp() AS t FROM s GROUP BY TumblingWindow(second, 5)",
  "SELECT k, COUNT(*) AS n, SUM(n) AS total, System.Timestamp() AS t FROM s TIMESTAMP BY at "
  "GROUP BY k, TumblingWindow(second, 10)",
  "SELECT k, COUNT(*) AS n, MIN(n) AS first, System.Timestamp() AS t FROM s TIMESTAMP BY at "
  "GROUP BY k, HoppingWindow(second, 20, 5)",
  "SELECT k, SUM(n) AS n, System.Timestamp() AS t FROM s TIMESTAMP BY at GROUP BY k, SlidingWindow(second, 7)",
  "SELECT k, SUM(n) AS n, System.Timestamp() AS t FROM s TIMESTAMP BY at GROUP BY k, SessionWindow(second, 3, 10)",
  "SELECT SUM(n) AS n, System.Timestamp() AS t FROM s TIMESTAMP BY at GROUP BY SessionWindow(second, 2, 5)",
  "SELECT SUM(n) AS n, System.Timestamp() AS t FROM s TIMESTAMP BY at GROUP BY System.Timestamp()",
  "SELECT n, LAG(n) OVER (PARTITION BY k LIMIT DURATION(second, 20)) AS before, System.Timestamp() AS t "
  "FROM s TIMESTAMP BY at",
  "SELECT n, COUNT(*) OVER (PARTITION BY k LIMIT DURATION(second, 8)) AS many, "
  "ISFIRST(second, 6) OVER (PARTITION BY k) AS first FROM s TIMESTAMP BY at",
  "SELECT a.n AS a, b.n AS b, System.Timestamp() AS t FROM s a TIMESTAMP BY at JOIN s b TIMESTAMP BY at "
  "ON DATEDIFF(second, a, b) BETWEEN -3 AND 4 AND a.k = b.k AND a.side = 0 AND b.side = 1",
  "SELECT a.n AS a, b.n AS b, System.Timestamp() AS t FROM s a TIMESTAMP BY at LEFT JOIN s b TIMESTAMP BY at "
  "ON DATEDIFF(second, a, b) BETWEEN -6 AND 6 AND a.k = b.k AND a.side = 0 AND b.side = 1",
  "WITH w AS (SELECT k, COUNT(*) AS n FROM s TIMESTAMP BY at GROUP BY k, TumblingWindow(second, 5)) "
  "SELECT MAX(n) AS most, SUM(n) AS n, System.Timestamp() AS t FROM w GROUP BY HoppingWindow(second, 20, 10)",
  "WITH l AS (SELECT n, k, LAG(n) OVER (PARTITION BY k LIMIT DURATION(second, 15)) AS p FROM s TIMESTAMP BY at) "
  "SELECT SUM(n) AS n, SUM(p) AS p, System.Timestamp() AS t FROM l GROUP BY TumblingWindow(second, 10)",
  "SELECT n, System.Timestamp() AS t FROM s TIMESTAMP BY at WHERE k = 0 UNION "
  "SELECT COUNT(*) AS n, System.Timestamp() AS t FROM s TIMESTAMP BY at GROUP BY TumblingWindow(second, 10)",
  "SELECT m.first, m.last, System.Timestamp() AS t FROM s TIMESTAMP BY at MATCH_RECOGNIZE (LIMIT DURATION(second, 12) "
  "PARTITION BY k MEASURES First(A.n) AS first, Last(B.n) AS last AFTER MATCH SKIP TO NEXT ROW PATTERN (A B+) "
  "DEFINE A AS A.side = 0, B AS B.side = 1) AS m",
  "SELECT k, COUNT(*) AS n, SUM(n) AS total, System.Timestamp() AS t FROM s TIMESTAMP BY at OVER k "
  "GROUP BY k, TumblingWindow(second, 3)",
  "SELECT k, COUNT(*) AS n, MIN(n) AS first, System.Timestamp() AS t FROM s TIMESTAMP BY at OVER k "
  "GROUP BY k, HoppingWindow(second, 8, 2)",
  "SELECT k, n, LAG(n) OVER (PARTITION BY k LIMIT DURATION(second, 20)) AS before, System.Timestamp() AS t "
  "FROM s TIMESTAMP BY at OVER k",
};
enum { QUERIES = sizeof queries / sizeof *queries, BY_KEY = 3 /* the last ones */ };

typedef struct Trial {
  const char *query;
  uint64_t    seed;
  Ticks       tolerance;
  bool        quiet; /* the stream falls silent at times, and the clock jumps within the first run */
  bool        twice; /* the second run is stopped, too */
  RowList     all;   /* of an uninterrupted run */
  unsigned    read_again;
} Trial;

static void stop_and_go_on(Trial *trial, unsigned stop) {
  memory_reset();
  define_events(trial->seed, trial->quiet);
  Run first = {.query = trial->query, .events = stop, .tolerance = trial->tolerance,
               .clock_at = trial->quiet ? CLOCK_JUMPS : 0};
  play(&first);
  Run second = {.query = trial->query, .start = START_COMMITTED, .events = left_to_read(),
                .tolerance = trial->tolerance};
  trial->read_again += second.events - (EVENTS - stop);
  if (trial->twice) {
    second.events = (second.events + 1) / 2; /* perhaps among those that are read again */
    play(&second);
    second.seen = 0;
    second.events = left_to_read();
  }
  if (second.events) play(&second);
  RowList both = take_rows();
  expect_complete(trial->query, stop, trial->all, both);
  mem_free(both.rows);
}

static void check(Trial *trial) {
  memory_reset();
  define_events(trial->seed, trial->quiet);
  Run whole = {.query = trial->query, .events = EVENTS, .tolerance = trial->tolerance,
               .clock_at = trial->quiet ? CLOCK_JUMPS : 0};
  play(&whole);
  trial->all = take_rows();
  if (trial->all.count < 3) fail_msg("%s: %u rows", trial->query, trial->all.count);
  for (unsigned stop = trial->quiet ? CLOCK_JUMPS + 2 : 1; stop < EVENTS; stop++) stop_and_go_on(trial, stop);
  mem_free(trial->all.rows);
}

static void any_stop_loses_nothing_and_gives_nothing_wrong(void **state) {
  (void)state;
  unsigned read_again = 0;
  for (unsigned q = 0; q < QUERIES; q++) {
    for (unsigned n = 0; n < 2; n++) {
      Trial trial = {.query = queries[q], .seed = q + n, .tolerance = n * 2 * TICKS_PER_SECOND,
                     .twice = n};
      check(&trial);
      read_again += trial.read_again;
    }
  }
  assert_true(read_again > 0);
}

/* In the first run the wall clock moves idle partitions on, so that events behind that are adjusted. It does not in
** the second one: the note must tell. With a clock for each key it cannot: there the partitions together decide. */
static void what_the_idle_rule_did_is_not_forgotten(void **state) {
  (void)state;
  for (unsigned q = 0; q + BY_KEY < QUERIES; q++) {
    Trial trial = {.query = queries[q], .seed = q, .quiet = true};
    check(&trial);
  }
}

/* ---- marks and notes alone -------------------------------------------------------------------- */

static void marks_are_found_by_offset_and_by_time(void **state) {
  (void)state;
  MarkLog log = {.entrances = 1};
  for (int i = 0; i < 10; i++)
    mark_log_add(&log, (Mark){.offset = 100 + 10 * i}, &(EntranceClock){i * 50, TICKS_MIN, i ? i * 50 : TICKS_MIN});
  assert_int_equal(mark_log_find(&log, 1000, (Ticks[]){TICKS_MAX}, 0), 9);
  assert_int_equal(mark_log_find(&log, 129, (Ticks[]){TICKS_MAX}, 0), 2);
  assert_int_equal(mark_log_find(&log, 130, (Ticks[]){TICKS_MAX}, 0), 3);
  assert_int_equal(mark_log_find(&log, 1000, (Ticks[]){200}, 0), 3); /* 150 < 200, 200 is not */
  assert_int_equal(mark_log_find(&log, 1000, (Ticks[]){200}, 60), 2);
  assert_int_equal(mark_log_find(&log, 1000, (Ticks[]){TICKS_MIN}, 0), 0);
  assert_int_equal(mark_log_find(&log, 5, (Ticks[]){TICKS_MAX}, 0), 0);
  mark_log_forget(&log, 6);
  assert_int_equal(log.marks.items[0].offset, 160);
  assert_int_equal(mark_clocks(&log, 0)->watermark, 300);
  mark_log_release(&log);
}

static void a_long_log_is_thinned_out_but_for_moves(void **state) {
  (void)state;
  MarkLog log = {.entrances = 1};
  for (int i = 0; i < 3 * MARKS_MAX; i++)
    mark_log_add(&log, (Mark){.offset = i, .moved = i == 101}, &(EntranceClock){i, i, i});
  assert_true(log.marks.len <= MARKS_MAX);
  assert_int_equal(log.marks.items[0].offset, 0);
  assert_int_equal(log.marks.items[log.marks.len - 1].offset, 3 * MARKS_MAX - 1);
  uint32_t at = mark_log_find(&log, 101, (Ticks[]){TICKS_MAX}, 0);
  assert_int_equal(log.marks.items[at].offset, 101);
  assert_int_equal(mark_clocks(&log, at)->watermark, 101);
  mark_log_release(&log);
}

static void a_note_reads_back(void **state) {
  (void)state;
  ResumeNote note = {.reach = 70, .marks = {.entrances = 2}}, back;
  vec_push(&note.delivered, 123);
  vec_push(&note.delivered, TICKS_MIN);
  for (int i = 0; i < 200; i++)
    mark_log_add(&note.marks, (Mark){.offset = i}, (EntranceClock[]){{i, TICKS_MIN, i}, {-i, TICKS_LAST, i}});
  StrBuf text = {0};
  resume_note_print(&note, SOURCE_NOTE_MAX, &text);
  assert_true(text.len <= SOURCE_NOTE_MAX);
  assert_true(resume_note_parse(strbuf_str(&text), &back));
  assert_int_equal(back.reach, 70);
  assert_int_equal(back.delivered.len, 2);
  assert_true(back.delivered.items[0] == 123 && back.delivered.items[1] == TICKS_MIN);
  assert_int_equal(back.marks.entrances, 2);
  assert_int_equal(back.marks.marks.items[0].offset, 0); /* the first stays, then the newest */
  assert_true(back.marks.marks.len > 50 && back.marks.marks.len < 200);
  uint32_t last = back.marks.marks.len - 1;
  assert_int_equal(back.marks.marks.items[last].offset, 199);
  assert_true(mark_clocks(&back.marks, last)[1].watermark == -199);
  assert_true(mark_clocks(&back.marks, last)[1].arrival == TICKS_LAST);
  strbuf_release(&text);
  resume_note_release(&note);
  resume_note_release(&back);
}

static void a_foreign_note_is_no_note(void **state) {
  (void)state;
  static const char *const texts[] = {
    "", "weir", "weir2;1;2;", "weir1;1;2", "weir1;x;2;", "weir1;1;2,x;", "weir1;1;2;3;4", "weir1;1;2;x:1:1",
    "weir1;1;2;3:1", "weir1;1;2;3:1:1|4", "some tool's text"};
  for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
    ResumeNote note;
    if (resume_note_parse(str_from(texts[i]), &note)) fail_msg("taken: %s", texts[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(any_stop_loses_nothing_and_gives_nothing_wrong),
    cmocka_unit_test(what_the_idle_rule_did_is_not_forgotten),
    cmocka_unit_test(marks_are_found_by_offset_and_by_time),
    cmocka_unit_test(a_long_log_is_thinned_out_but_for_moves),
    cmocka_unit_test(a_note_reads_back),
    cmocka_unit_test(a_foreign_note_is_no_note),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
