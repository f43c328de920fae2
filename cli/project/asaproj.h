/* asaproj.h: the file that lists the others of a project: asaproj.json, or the MSBuild XML of Visual Studio. */
#ifndef WEIR_CLI_PROJECT_ASAPROJ_H
#define WEIR_CLI_PROJECT_ASAPROJ_H

#include "cli/config/config_text.h"
#include "cli/project/files.h"
#include "cli/project/notes.h"

typedef struct AsaFile { Str path, type; } AsaFile; /* as written; type: "Input", "JobConfig"; empty: not said */

typedef struct AsaProject {
  Str      name;    /* empty: it has none */
  FileList scripts; /* candidates for the query, as written, the likeliest first */
  Vec(AsaFile) files; /* the others */
} AsaProject;

/* A NUL stands behind the path. STATUS_CONFIG with line and column when it is malformed. */
Status asaproj_read(Arena *arena, Str path, AsaProject *out, Notes *notes, Error *err);
/* The same for text that is XML; the path is for messages. */
Status asaproj_read_xml(Arena *arena, Str path, Str text, AsaProject *out, Error *err);

#endif
