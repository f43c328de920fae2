/* job_config.h: JobConfig.json, as Stream Analytics tools write it: the policies of a job. */
#ifndef WEIR_CLI_CONFIG_JOB_CONFIG_H
#define WEIR_CLI_CONFIG_JOB_CONFIG_H

#include "run/job.h"

typedef struct JobConfig {
  TimePolicy policy;
  RuntimeErrorPolicy runtime_errors;
  int compat; /* 10, 11, 12 */
} JobConfig;

/* What holds without a file. */
extern const JobConfig job_config_default;
/* Reads a file. What it does not say: late events are tolerated without limit, order as in the default. Keys of
** the service that mean nothing here are ignored; one that looks misspelt draws a warning: a line in `warnings`
** (NULL: not wanted). */
Status job_config_load(const char *path, JobConfig *out, StrBuf *warnings, Error *err);
/* The same, with a line in `notes` (NULL: not wanted) for each other key that is ignored. */
Status job_config_read(const char *path, JobConfig *out, StrBuf *warnings, StrBuf *notes, Error *err);
/* Markdown: the keys, those that are read with what they mean. */
void   job_config_keys_print(StrBuf *out);

#endif
