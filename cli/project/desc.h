/* desc.h: the job description: what a project or a job file says, whatever its shape. Query, inputs, outputs and
** policies are settled texts here: commands turn them into a JobSpec and know no file shapes.
**
** Nouns
**   description  of one job
**   binding      of one input or output: a WHERE, or the reason why it cannot run here
**   live source  what the project says the input is in operation (an Event Hub); its local mock is a recorded file
**                that stands in for it
**
** A binding that cannot run is no error as long as nothing reads or writes it, and the command line may replace it:
** whoever runs the job asks. Everything lives in the arena of the description. Thread: one. */
#ifndef WEIR_CLI_PROJECT_DESC_H
#define WEIR_CLI_PROJECT_DESC_H

#include "cli/config/job_config.h"
#include "cli/project/notes.h"
#include "io/registry.h"

typedef struct DescBinding {
  Str  name;
  bool reference;     /* an input */
  bool mock;          /* the local file is used, not the live source */
  Str  kind;          /* for people: "Event Hub", "local file"; empty: a bare WHERE */
  Str  where;         /* as where_parse takes it; empty: it cannot run here, and problem says why */
  Str  arrival_field; /* empty: none */
  bool csv;
  Str  delimiter;     /* of CSV; empty: not said */
  Str  file;          /* what says so */
  Str  problem;       /* why the (live) source cannot run here; of a mock why it was taken; empty: nothing to say */
} DescBinding;

typedef Vec(DescBinding) DescBindings;

typedef struct JobDesc {
  Arena arena;
  Str   name;         /* identity of the job */
  Str   file;         /* asaproj.json, job.json; the folder of a project without one */
  Str   folder;       /* where it stands */
  Str   query;        /* path of the query; a NUL stands behind it */
  JobConfig config;
  DescBindings inputs, outputs;
  Notes notes;
} JobDesc;

typedef struct DescOptions {
  const IoRegistry *registry; /* whose options may stand in the files */
  bool local;                 /* mocks also where live settings are complete, and outputs to stdout */
  const char *blobs;          /* the folder that stands in for the storage accounts; NULL: none */
} DescOptions;

/* What a path given to a command is. */
typedef enum PathKind { PATH_QUERY, PATH_PROJECT, PATH_JOB } PathKind;
PathKind path_kind(const char *path); /* PATH_QUERY also for what does not exist */

/* Reads a project (folder, asaproj.json, *.asaproj) or a job file; of a bare query the description is empty.
** STATUS_CONFIG names file and place. Release the description in every case. */
Status desc_open(JobDesc *desc, const char *path, const DescOptions *options, Error *err);
/* The bindings of a file (--bind) in place of those that it had. */
Status desc_bind(JobDesc *desc, const char *path, const DescOptions *options, Error *err);
void   desc_release(JobDesc *desc);
DescBinding *desc_find(const DescBindings *bindings, Str name); /* without regard to case; NULL: none */

#endif
