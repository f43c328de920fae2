/* run_job.h: compiles a query, runs it as a job and tells people how it goes: what `weir run` and `weir query` do. */
#ifndef WEIR_CLI_RUN_JOB_H
#define WEIR_CLI_RUN_JOB_H

#include "cli/job_options.h"

typedef struct RunRequest {
  const char *path, *text;   /* the query: one of the two */
  const JobOptions *options;
  const IoRegistry *registry;
  const char *rows_to;       /* WHERE of outputs that nothing binds; NULL: stdout as JSON lines */
  const char *rows_to_each;  /* the same where several of them share it; used with rows_to */
  bool json;                 /* diagnostics and summary as JSON */
  bool brief;                /* a summary only when there is something to worry about */
} RunRequest;

int run_job(const RunRequest *request); /* the exit status */

#endif
