/* files.h: files of a project: paths as Windows and other machines write them. What stands in the files is read by
** cli/config/config_text.h. */
#ifndef WEIR_CLI_PROJECT_FILES_H
#define WEIR_CLI_PROJECT_FILES_H

#include "base/source_text.h"
#include "base/arena.h"

typedef Vec(Str) FileList; /* in an arena, each with a NUL behind it */

/* The folder a path stands in: "." when it names none. */
Str  path_folder(Arena *arena, Str path);
Str  path_base(Str path); /* what stands behind the last slash or backslash */
/* folder/relative without changing what is there; an absolute `relative` stays. Backslashes become slashes, doubled
** slashes, "./" and "folder/../" go. */
Str  path_join(Arena *arena, Str folder, Str relative);
/* The same, and the file is looked for: as written, else without regard to case, part by part. False: there is no
** such file; *out is then the path as written. */
bool path_find(Arena *arena, Str folder, Str relative, Str *out);
bool path_is_absolute(Str path); /* also C:\ and \\server */
bool path_is_file(Str path);     /* a NUL stands behind it */
bool path_is_folder(Str path);
/* The files (not folders, no hidden ones) of a folder whose names end so, without regard to case; by name. Empty
** when there is no such folder. */
void folder_files(Arena *arena, Str folder, Str ending, FileList *out);

/* Whether this is a file of a project and not recorded data: it says what ScriptType it is. A NUL stands behind the
** path. */
bool   file_is_script(Str path);

#endif
