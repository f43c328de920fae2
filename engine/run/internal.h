/* internal.h: what the files of run/ share. Not included from outside. */
#ifndef WEIR_RUN_INTERNAL_H
#define WEIR_RUN_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "run/job.h"
#include "run/resume.h"

/* An origin is one partition of one input: what lineage numbers stand for. */
typedef struct Origin { struct JobInput *input; uint32_t partition; } Origin;

typedef struct InputPartition {
  uint32_t origin;
  int64_t  position;    /* offset behind the last event that entered the graph; INT64_MIN: none yet */
  bool     finished, at_end;
  MarkLog  marks;       /* where reading could begin again; of live inputs that commit */
  EntranceClock *clocks; /* behind the last event, one an entrance: what differs later was moved by the idle rule */
  MarkLog  moves;       /* of the note it resumed from: clocks to move when their offsets are reached */
  uint32_t moves_done;
  bool     paused;      /* by pace.c */
} InputPartition;

/* How far a partition of a live source is, as the reading side saw it with nothing left to deliver. */
typedef enum PartitionEnd { PARTITION_OPEN, PARTITION_AT_END, PARTITION_FINISHED } PartitionEnd;

/* One decoded batch on its way from the reading side to the graph. */
typedef struct InputBatch {
  Batch   *batch;       /* columns of the plan, payload and offset; no time yet */
  Column  *arrival;     /* NULL: none is known */
  uint32_t partition;
  int64_t  first, next; /* offsets: of the first event, and behind the last */
  Ticks    largest_arrival, read_at; /* TICKS_MIN: no arrival */
  Str      blob;        /* file of the events; lives as long as the input */
  unsigned partitions;  /* of the source when this was read; 0: not looked */
  uint8_t *at_end;      /* live sources: per partition a PartitionEnd; owned */
} InputBatch;

/* Reference rows that are kept between two loads. identity: COL_TEXT, what changes name a row by; operation: of rows
** that are changes, COL_BIGINT, a RowsOperation. Both NULL where the input gives no changes. */
typedef struct ReferenceRows { Batch *batch; Column *identity, *operation; } ReferenceRows;
typedef Vec(ReferenceRows) ReferenceRowsList;

typedef struct JobInput {
  Job             *job;
  const PlanInput *plan;
  const JobBinding *binding;
  const char      *who;        /* in messages: "input toll", "reference cars" */
  Where            where;
  bool             sort;       /* ?sort=true */
  Vec(Op *)        entrances;  /* of a stream */

  /* the reading side: on a thread of its own unless the job runs on one */
  struct Reader   *reader;     /* NULL: the job's thread reads */
  pthread_mutex_t  source_lock; /* held around every call of the source */
  Arena            names;      /* of files */
  const SourceClass *cls;
  Source          *source;
  const FormatClass *format;
  void            *format_options;
  Decoder         *decoder;
  DecodeSpec       spec;       /* the plan's fields, and the arrival field behind them */
  Rows            *rows;       /* reference data from a database */
  bool             dated;      /* reference data: files that say from when on they hold */
  ReferenceRowsList kept;      /* reference data that must be there again at the next load */
  bool             kept_any;
  Ticks            kept_at, kept_time; /* wall clock when it was read; time of the snapshot */
  MessageBatch     messages;
  uint32_t         message_next;
  Buffer          *spare;      /* for reading streams: the last buffer, when nobody holds it any more */
  Buffer          *piece;      /* bytes read, not yet framed */
  size_t           piece_begin;
  int64_t          file_offset; /* of piece_begin in the file */
  bool             piece_cut;   /* nothing more is to be had from the piece without more bytes */
  SourceEvent      piece_event; /* what came with its last bytes */
  Str              blob;
  bool             read_all;   /* the source has ended */
  Ticks            last_arrival;
  bool             arrival_told; /* an event without a time in the arrival field was told */
  _Atomic uint64_t malformed, tombstones, bytes;
  _Atomic uint64_t rows_loaded; /* of reference data, over all loads */

  /* the graph side */
  Vec(InputPartition) partitions;
  InputCounts      counts;
  Ticks            largest_arrival, largest_read_at;
  Str              delivered_blob; /* of the batch at hand */
  bool             finished;
} JobInput;

typedef struct JobOutput {
  Job             *job;
  const PlanOutput *plan;
  const char      *who;        /* in messages: "output alerts" */
  Where            where;
  const SinkClass *cls;
  Sink            *sink;
  const FormatClass *format;
  void            *format_options;
  bool             wrapped;    /* one of several on stdout: {"output":...,"row":...} */
  Encoder         *encoder;    /* wrapped */
  uint64_t         rows, rejected;
  bool             waiting;    /* rows were written since the last flush */
} JobOutput;

struct Job {
  const JobSpec *spec;
  PlanScript    *plan;
  Arena          arena;        /* as long as the job */
  Arena          graph_arena;  /* as long as the operators */
  OpContext      ctx;
  Op           **ops;          /* by plan node id */
  JobInput      *inputs;
  uint32_t       inputs_len;
  JobOutput     *outputs;
  uint32_t       outputs_len;
  Vec(Origin)    origins;
  Quarantine    *quarantine;
  Clock          real_clock;
  const Clock   *clock;
  Ticks          started;      /* run start: arrival time of recorded inputs that know none */
  int64_t        started_ns, last_epoch_ns, last_progress_ns, last_event_ns, last_flush_ns, flush_cost_ns;
  pthread_mutex_t errors_lock;  /* around what writes to the quarantine out of the graph: loads have one, too */
  _Atomic uint64_t runtime_errors;
  struct ReferenceGroup *references; /* reference.h */
  uint32_t       references_len;
  Ticks         *reach;        /* of each output node (in plan order) over each node: plan_reach_from */
  Ticks         *delivered;    /* of each output node: rows stamped earlier went out in an earlier run */
  uint32_t       output_nodes; /* their number */
  atomic_int     stop;
  JobProgress    progress;
  StrBuf         row_text;     /* scratch */
  StateStore *restored_from;   /* of job_restore: operators may keep in it what they saved before; NULL: never called */
};

/* graph.c */
Status graph_build(Job *job, Error *err);
void   graph_free(Job *job);

/* binding.c */
const JobBinding *binding_find(const JobBinding *bindings, uint32_t len, Str name); /* NULL: not bound */
/* The format a WHERE names, else that of the file's extension, else JSON, with its options filled from the WHERE,
** where they stand among the connector's. */
Status binding_format(Job *job, const Where *where, const char *who, const FormatClass **format, void **options,
                      Error *err);
/* The status; an error that names nobody is of `who`. */
Status binding_named(Status status, const char *who, Error *err);

/* input.c: reading */
Status input_open(Job *job, JobInput *in, const PlanInput *plan, Error *err);
void   input_close(JobInput *in);
/* The next decoded batch; *event: SOURCE_DATA, SOURCE_NOTHING within the time-out, SOURCE_END. */
Status input_next(JobInput *in, int timeout_ms, InputBatch *out, SourceEvent *event, Error *err);
Batch *input_batch(JobInput *in, DecodedBatch *decoded, uint32_t partition); /* columns in plan order; takes them */
void   input_batch_release(InputBatch *item);
void   input_rewind(JobInput *in); /* the source begins anew: forget what was read of it */

/* deliver.c: from the reading side into the graph */
void   input_deliver(JobInput *in, InputBatch *item);
void   input_announce(JobInput *in, unsigned partitions); /* those that appeared */
unsigned input_partitions(JobInput *in); /* asks the source */
void   input_note(JobInput *in, const InputBatch *item); /* what the reading side saw of the partitions */
void   input_idle(JobInput *in);       /* the idle rule */
void   input_finish(JobInput *in);     /* all partitions end */
Ticks  input_watermark(const JobInput *in);

/* commit.c: what is committed, and going on from it; see resume.h */
void   commit_prepare(Job *job);      /* once, before the outputs are opened */
void   commit_release(Job *job);
bool   input_resumed(JobInput *in);   /* some partition began at a committed position */
void   input_resume(JobInput *in);    /* clocks and deliveries as the notes say, before the first batch */
void   input_mark(JobInput *in, const InputBatch *item);   /* in front of a batch */
void   input_marked(JobInput *in, const InputBatch *item, uint64_t disorder); /* behind it; see commit.c */
/* Up to which offset the batch, from `first` on, may go in at once. */
int64_t input_part_end(const JobInput *in, const InputBatch *item, int64_t first);
void   input_move(JobInput *in, uint32_t partition, int64_t offset); /* moves them when the offset is theirs */
Status input_commit(JobInput *in, const Lineage *held, Error *err);
Ticks  output_delivered(const Job *job, const Op *op); /* rows of the node stamped earlier are not to be repeated */

/* pace.c */
void   job_pace(Job *job); /* partitions that are far ahead wait, those that are needed go on */

/* reference.c */
Status references_open(Job *job, Error *err);   /* which inputs belong together, which snapshots there are */
Status references_load(Job *job, Error *err);   /* before streams begin */
void   references_step(Job *job);               /* between batches: takes over what was loaded, begins what is due */
void   references_stop(Job *job);               /* ends loads that go on */
void   references_close(Job *job);
void   references_progress(const Job *job, JobInput *in, JobInputProgress *out);
void   reference_at(void *job, const Op *op, Ticks t, Ticks *from, Ticks *until); /* OpContext */
void   reference_rows_release(ReferenceRowsList *list);

/* output.c */
bool   output_shares_stdout(const Job *job, const PlanOutput *plan);
/* sharing: how many outputs share stdout. */
Status output_open(Job *job, JobOutput *out, const PlanOutput *plan, unsigned sharing, Error *err);
void   output_write(JobOutput *out, const Batch *batch);
Status output_flush(JobOutput *out, Error *err);
Status output_close(JobOutput *out, Error *err); /* the second time nothing is left to do */
/* STATUS_CONFIG when an input reads the file that `who` is about to write. */
Status output_check_file(Job *job, const char *who, const char *path, Error *err);

/* job.c */
void   job_report(Job *job); /* the progress line, when it is time */
void   job_notice(Job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool   job_is_live(const Job *job); /* some stream may go on for ever */

/* errors.c: callbacks of OpContext, bad records */
void   errors_rows_failed(void *job, const Op *op, const Batch *batch, const RowFailures *failures);
void   errors_event_dropped(void *job, const Op *op, const Batch *batch, uint32_t row, int kind, const char *reason);
void   errors_bad_record(void *input, const BadRecord *bad);
void   errors_rejected(void *output, const Batch *batch, uint32_t row, const char *reason);

#endif
