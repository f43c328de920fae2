/* job.h: a plan bound to sources and sinks, and running.
**
** Life of a job: job_open connects everything (and finds what is wrong with the bindings, all before the first
** event), job_run moves events until the inputs end or somebody asks to stop, job_close releases. Reference data
** is read to its end before streams begin. Every second, and whenever output waits and the inputs are quiet, an
** epoch ends: sinks flush, then input positions are committed. So delivery is at least once: a job that starts at
** committed positions (START_COMMITTED) reads again what its open windows and joins need, repeats no row that is
** known to be out, and gives every other one complete (commit.c).
**
** Ownership: the spec, the plan and the registry outlive the job. Thread: one calls; job_stop from any thread or
** signal handler. */
#ifndef WEIR_RUN_JOB_H
#define WEIR_RUN_JOB_H

#include "io/quarantine.h"
#include "io/registry.h"
#include "ops/op.h"

typedef struct Job Job;
typedef struct JobProgress JobProgress;

typedef struct JobBinding {
  Str  name;          /* input or output of the query */
  Str  where;         /* cli.md WHERE */
  bool reference;     /* an input: --reference */
  Str  arrival_field; /* an input: --arrival; empty: none. A dotted path */
} JobBinding;

typedef enum RuntimeErrorPolicy { RUNTIME_ERRORS_QUARANTINE, RUNTIME_ERRORS_STOP } RuntimeErrorPolicy;

typedef struct JobSpec {
  const char *name;             /* identity: consumer group, client id, quarantine file */
  const char *query_file;       /* for the quarantine */
  const JobBinding *inputs;
  uint32_t inputs_len;
  const JobBinding *outputs;    /* one that is not bound goes to stdout */
  uint32_t outputs_len;
  TimePolicy policy;
  RuntimeErrorPolicy runtime_errors;
  StartKind start;
  Ticks    start_time;          /* of START_TIME; arrival time of recorded inputs that have none; 0: now */
  const char *quarantine;       /* path; NULL: <name>.quarantine.ndjson in the working directory */
  Ticks    until_idle;          /* live inputs end after this long without an event; 0: never */
  unsigned threads;             /* 1: everything on one thread; 0: as the machine has */
  uint32_t batch_rows;          /* 0: BATCH_ROWS; tests use 1 and 3 */
  size_t   merge_bytes;         /* a merge may hold of partitions that are ahead; 0: 64 MB */
  const IoRegistry *registry;
  const Clock *clock;           /* NULL: the real one */
  void   (*progress)(void *context, const JobProgress *progress); /* about every second; NULL: none */
  /* One line for people about what happens beside the stream: a long load, a refresh that failed. NULL: none. */
  void   (*notice)(void *context, const char *text);
  void    *context;
  /* Tests: called between batches, with nothing in flight; may save and replace the operators (job_restore). */
  void   (*between_batches)(void *context, Job *job);
} JobSpec;

typedef struct JobInputProgress {
  Str   name;
  InputCounts counts;
  uint64_t malformed;           /* records that did not decode */
  uint64_t tombstones;          /* records without a value, skipped */
  Ticks watermark;              /* merged over partitions; TICKS_MIN: none yet */
  uint64_t refreshes, refreshes_failed; /* of reference data, during the run */
  char  state[160];             /* what is wrong, from the connector; empty when fine */
} JobInputProgress;

typedef struct JobOutputProgress {
  Str   name;
  uint64_t rows;                /* written and flushed or waiting */
  uint64_t rejected;            /* rows the sink could not take */
  char  state[160];
} JobOutputProgress;

struct JobProgress {
  JobInputProgress  *inputs;
  uint32_t inputs_len;
  JobOutputProgress *outputs;
  uint32_t outputs_len;
  uint64_t events_in, rows_out;
  uint64_t runtime_errors;      /* rows that failed to compute */
  uint64_t quarantined;         /* entries kept */
  const char *quarantine_path;
  int64_t  elapsed_ns;
  int64_t  active_ns;           /* from the start to the last event: what rates are counted over */
  Ticks    lag;                 /* wall clock minus the oldest live watermark; 0 for recorded inputs */
};

Status job_open(const JobSpec *spec, PlanScript *plan, Job **out, Error *err);
/* STATUS_OK: the inputs ended or job_stop was asked, everything is delivered. */
Status job_run(Job *job, Error *err);
void   job_stop(Job *job);      /* finish the current epoch and return; async-signal-safe */
/* Counts so far; the pointers live as long as the job. */
const JobProgress *job_progress(Job *job);
/* Up to three of the newest quarantine reasons, one a line. */
void   job_samples(Job *job, StrBuf *out);
void   job_close(Job *job);

/* What went through a step of the plan: tells where rows end when none come out. */
typedef struct JobStepProgress {
  const PlanNode *plan;
  uint64_t rows_in, rows_out;   /* of an input only what it let in, of an output only what it took */
} JobStepProgress;
/* One a node of the plan, in its order: `out` has room for nodes_len of them. */
void   job_steps(const Job *job, JobStepProgress *out);

/* Saves every operator and replaces the graph by a fresh one that loads it: what a restart does. For tests. */
Status job_restore(Job *job, Error *err);

#endif
