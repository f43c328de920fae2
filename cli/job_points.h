/* job_points.h: what people are told about the bindings of a project or job file: where each input and output goes,
** and which of them cannot run here (a "point" to be settled). */
#ifndef WEIR_CLI_JOB_POINTS_H
#define WEIR_CLI_JOB_POINTS_H

#include "cli/job_options.h"

/* What reading the files had to say: warnings, and notes where they are wanted. */
void     job_notes_show(const JobSetup *setup, bool verbose);
/* The warnings as members of a JSON array, behind those of `out`. */
void     job_notes_json(const JobSetup *setup, StrBuf *out);
/* One line on stderr for each input and output of the plan. */
void     job_bindings_show(const JobSetup *setup, const PlanScript *plan);
/* Warns about outputs of the query that the project does not describe although it has one of nearly that name, and
** of outputs of a job file that the query does not write. */
void     job_names_warn(const JobSetup *setup, const PlanScript *plan);
/* Each binding that cannot run, with the ways out, on stderr: as errors those that the plan needs; as warnings, with
** plan NULL, all. Returns how many. */
unsigned job_points_show(const JobSetup *setup, const PlanScript *plan);
/* The same as members of a JSON array: {"input": name, "problem": text}. */
void     job_points_json(const JobSetup *setup, StrBuf *out);

#endif
