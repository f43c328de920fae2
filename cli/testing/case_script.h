/* case_script.h: which query a testConfig.json tests. In practice its Script is a bare name, a wrong one, or the
** absolute path of somebody else's machine; then the query of the project is meant. */
#ifndef WEIR_CLI_TESTING_CASE_SCRIPT_H
#define WEIR_CLI_TESTING_CASE_SCRIPT_H

#include "base/arena.h"
#include "base/status.h"

/* A path written in a file of `folder`: backslashes are slashes, an absolute path stays. In the arena. */
Str case_path(Arena *arena, Str folder, Str path);
/* The path of the query: Script itself, else the one query of the folder or of the folder above it. `config` names
** the testConfig.json in messages. */
Status case_script_find(Arena *arena, Str folder, Str script, const char *config, Str *out, Error *err);

#endif
