/* job_file.h: JOB.json: one file that holds a job: the path of its query, its inputs, outputs and policies; and the
** bindings of one environment, a part of the same (--bind).
**
** One table (job_keys) says which keys there are: the reader, docs/reference/job.md and the schema for editors all
** come from it. Unlike the files of projects, which others write, a key that nobody knows is an error. */
#ifndef WEIR_CLI_PROJECT_JOB_FILE_H
#define WEIR_CLI_PROJECT_JOB_FILE_H

#include "cli/project/desc.h"
#include "types/json.h"

typedef struct JobReader JobReader;

typedef enum JobKeyKind {
  JOB_TEXT,
  JOB_DURATION,
  JOB_LIMIT,      /* a duration, or "off" */
  JOB_CHOICE,
  JOB_BINDINGS,   /* an object: name -> WHERE or object (job_binding_keys) */
  JOB_OPTIONS,    /* an object: options of the connector and the format */
  JOB_OBJECT,     /* an object with keys of its own */
} JobKeyKind;

typedef struct JobKey {
  const char *name;
  JobKeyKind  kind;
  const char *choices;          /* of JOB_CHOICE: "adjust|drop" */
  const struct JobKey *members; /* of JOB_OBJECT */
  bool        required;
  const char *doc;              /* one sentence */
  /* The value as text, ${ENV} replaced and checked for the kind; of an object empty. NULL: nothing to do. */
  Status    (*set)(JobReader *reader, const JsonNode *node, Str value, Error *err);
} JobKey; /* tables end with a row whose name is NULL */

extern const JobKey job_keys[];         /* of a job file */
extern const JobKey bind_keys[];        /* of a file for --bind */
extern const JobKey job_binding_keys[]; /* of one input or output written as an object */

/* Reads a job file into an initialised description. STATUS_CONFIG names file, line and column. */
Status job_file_read(JobDesc *desc, const char *path, const DescOptions *options, Error *err);
/* Reads the bindings of a file over those that the description has. */
Status bind_file_read(JobDesc *desc, const char *path, const DescOptions *options, Error *err);

#endif
