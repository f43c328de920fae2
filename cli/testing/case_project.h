/* case_project.h: what a testConfig.json takes from the project it belongs to: the query, when its Script is a wrong
** name or the absolute path of somebody else's machine; the policies; the delimiter of CSV inputs. The project is the
** folder of the file or one of the two above it, when it holds an asaproj.json or a *.asaproj. Thread: one. */
#ifndef WEIR_CLI_TESTING_CASE_PROJECT_H
#define WEIR_CLI_TESTING_CASE_PROJECT_H

#include "cli/project/desc.h"

typedef struct CaseProject {
  bool    found;      /* there is one; else the rest means nothing */
  Status  status;     /* whether it could be read */
  Error   error;
  JobDesc desc;
} CaseProject;

/* folder: of the testConfig.json. Release in every case. */
void case_project_open(CaseProject *project, Str folder);
void case_project_release(CaseProject *project);
/* The path of the query, in the arena: Script itself, else the project's, else the only one of the folder or of the
** folder above it. `config` names the testConfig.json in messages. */
Status case_project_query(const CaseProject *project, Arena *arena, Str folder, Str script, const char *config,
                          Str *out, Error *err);
/* The delimiter that the project gives a CSV input; empty: it says nothing. In the arena. */
Str case_project_delimiter(const CaseProject *project, Arena *arena, Str input);

#endif
