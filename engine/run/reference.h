/* reference.h: reference data of a job: groups of inputs, what is loaded when, and one load.
**
** A *group* is the reference inputs that steps over reference data join with each other, with those steps and with the
** stream joins that read them; most groups are one input and one join. A group is loaded as a whole: its inputs are
** read, its steps run in a graph of their own (the operators of these nodes in the job's graph stay idle), and out
** come the tables of its joins, which the job hands to them between two batches: all of a snapshot or nothing.
**
** Threads: a load runs on a thread of its own unless the job runs on one; while it does, nobody else touches the
** sources of the group, its kept rows or its graph. Everything else is the job thread's. */
#ifndef WEIR_RUN_REFERENCE_H
#define WEIR_RUN_REFERENCE_H

#include "run/internal.h"

#include "ops/reference_table.h"

/* A snapshot that is known of: files with a date in their path. */
typedef struct SnapshotEntry {
  Ticks time;   /* from which it holds; TICKS_MIN for the first one: what is before it sees it, too */
  bool  late;   /* noticed during the run and not loaded yet: nobody waits for it */
  bool  failed; /* it could not be read */
} SnapshotEntry;

typedef struct ReferenceGroup {
  Job      *job;
  Vec(JobInput *) inputs;
  Vec(uint32_t)   nodes;   /* of its steps and joins, inputs first */
  Vec(uint32_t)   joins;   /* nodes: joins with a stream */
  bool      dated;         /* some input knows the times of its snapshots */
  bool      keeps;         /* rows are kept between loads: several inputs, or changes only */
  Vec(SnapshotEntry) timeline; /* of a dated group, ascending */

  /* refreshing, on the job thread */
  Ticks     due;           /* when to look again; TICKS_MAX: never */
  Ticks     pause, retry_at; /* after a failure: the pause doubles; 0: the last one worked */
  bool      wanted;        /* a refresh of what has no date is due */
  bool      said;          /* the failure has been reported and not been overcome */
  uint64_t  refreshes, failures; /* refreshes begun, and those that failed */
  char      state[160];    /* for the progress line */

  /* the load at hand */
  bool      loading, threaded;
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t  ended;
  bool      done;          /* under lock */
  atomic_bool cancel;
  Ticks     time;          /* of the snapshot being loaded */
  Ticks     started;       /* wall clock */
  bool      refresh;       /* read inputs without dates, too */
  ReferenceTable **tables; /* one a join */
  uint64_t (*counts)[2];   /* rows in and out of each node, for the report */
  _Atomic uint64_t rows;   /* read so far */
  int64_t   told_ns;       /* when the number of rows was last said */
  Status    status;
  Error     error;
} ReferenceGroup;

/* reference_load.c: one load: fills tables, status and error. On whatever thread. */
void reference_group_load(ReferenceGroup *group);
void reference_tables_free(ReferenceGroup *group);

#endif
