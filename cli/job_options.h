/* job_options.h: the options that `weir run` and `weir query` share, and how they become a JobSpec, alone or together
** with what a project or job file says. */
#ifndef WEIR_CLI_JOB_OPTIONS_H
#define WEIR_CLI_JOB_OPTIONS_H

#include "api.h"
#include "cli/args.h"
#include "cli/project/desc.h"

typedef struct JobOptions {
  ArgTexts inputs, references, outputs, arrivals; /* NAME=WHERE, NAME=FIELD */
  const char *config, *name, *late, *start, *quarantine, *blobs, *bind;
  ArgDuration out_of_order, until_idle;
  ArgNumber threads;
  int  disorder;  /* 1: adjust, 2: drop */
  int  compat;    /* 1: 1.0, 2: 1.1, 3: 1.2 */
  int  format;    /* 2: json; of `query` also 3: table */
  bool strict, local, verbose;
} JobOptions;

extern const ArgDef run_args[], query_args[];

#define ARG_BIND(at)                                                                                               \
  {"bind", ARG_TEXT, (at), "FILE",                                                                                 \
   .doc = "bindings for one environment, as in a job file, in place of those of the project"}
#define ARG_BLOBS(at)                                                                                              \
  {"blobs", ARG_TEXT, (at), "DIR",                                                                                 \
   .doc = "the folder that stands in for a project's storage accounts: DIR/CONTAINER/PATH"}

#define ARG_LOCAL(at)                                                                                              \
  {"local", ARG_FLAG, (at),                                                                                        \
   .doc = "of a project the local inputs even where live settings are complete; its outputs go to stdout"}

/* Everything a job needs but its plan. Release with job_setup_release, after the job is closed. */
typedef struct JobSetup {
  Arena       arena;
  JobSpec     spec;
  BindOptions bind;
  Vec(JobBinding) inputs, outputs; /* in the arena, as everything else; those of the command line first */
  uint32_t given_inputs, given_outputs; /* how many those are */
  bool *recorded;                  /* inputs that end by themselves: files */
  Str   reads_stdin;               /* the input that stdin is bound to; empty: none */
  JobDesc desc;                    /* of a project or job file */
  bool described;                  /* there is one */
  const char *query;               /* path of the query; NULL: it came by command line */
} JobSetup;

/* path: of the query, project or job file; NULL: the query came by command line. STATUS_CONFIG names what does not
** fit; release in every case. What a description binds and the command line does not is bound as it says. */
Status job_setup(JobSetup *setup, const JobOptions *options, const char *path, const IoRegistry *registry, Error *err);
/* The value of --start. */
Status job_start_parse(const char *text, StartKind *kind, Ticks *time, Error *err);
void   job_setup_bind_output(JobSetup *setup, Str name, Str where); /* one more */
/* Forgets outputs that a project describes and the query does not write; one of the command line stays, to be told. */
void   job_setup_drop_unused(JobSetup *setup, const PlanScript *plan);
void   job_setup_release(JobSetup *setup);

#endif
