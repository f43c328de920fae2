/* job_schema.h: the keys of job files for people (docs/reference/job.md) and for editors (job.schema.json), from the
** tables that the reader uses and the option tables of connectors and formats. */
#ifndef WEIR_CLI_PROJECT_JOB_SCHEMA_H
#define WEIR_CLI_PROJECT_JOB_SCHEMA_H

#include "base/str.h"
#include "io/registry.h"

void job_schema_print(const IoRegistry *registry, StrBuf *out); /* JSON Schema, draft 2020-12 */
void job_keys_print(StrBuf *out);                               /* Markdown: a list of keys */
/* The DataSourceTypes of projects: a list of what runs with its keys, then what does not. */
void project_types_print(StrBuf *out);

#endif
