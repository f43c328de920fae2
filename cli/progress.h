/* progress.h: what people see of a running job: one line that is written anew every second, and a summary. */
#ifndef WEIR_CLI_PROGRESS_H
#define WEIR_CLI_PROGRESS_H

#include "run/job.h"

typedef struct ProgressLine { /* of the last time it was shown */
  uint64_t events_in, rows_out;
  int64_t  elapsed_ns;
  bool     shown;
} ProgressLine;

void progress_show(void *line, const JobProgress *progress); /* JobSpec.progress; context: a ProgressLine */
void progress_clear(ProgressLine *line);
void progress_notice(void *line, const char *text); /* JobSpec.notice: a line that stays, above the progress line */
/* To stderr. brief: only what is out of the ordinary. */
void summary_print(Job *job, bool json, bool brief);

#endif
