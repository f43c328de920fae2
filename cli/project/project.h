/* project.h: reading a project of the Stream Analytics tools, unchanged (project.c). */
#ifndef WEIR_CLI_PROJECT_PROJECT_H
#define WEIR_CLI_PROJECT_PROJECT_H

#include "cli/project/desc.h"

/* path: the folder, its asaproj.json or a *.asaproj. The description is initialised. */
Status project_read(JobDesc *desc, const char *path, const DescOptions *options, Error *err);

#endif
