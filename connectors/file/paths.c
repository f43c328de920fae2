/* paths.c: see paths.h. */
#include "connectors/file/paths.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what to say when there is nothing ---- */

/* The folder part of a path ("." when it has none) and the name behind it. */
static void split_path(Arena *arena, Str path, const char **folder, Str *name) {
  size_t cut = path.len;
  while (cut > 0 && path.ptr[cut - 1] != '/') cut--;
  *name = str_sub(path, cut, path.len);
  *folder = cut == 0 ? "." : cut == 1 ? "/" : arena_cstr(arena, str_sub(path, 0, cut - 1));
}

/* How many slips a name may hold and still be recognised: what stands before the first dot counts, for endings are
** alike. */
static unsigned slips_allowed(Str name) {
  ptrdiff_t dot = str_find_char(name, '.');
  size_t stem = dot > 0 ? (size_t)dot : name.len;
  unsigned of_name = (unsigned)(name.len / 3) + 1, of_stem = (unsigned)(stem / 2);
  return of_name < of_stem ? of_name : of_stem;
}

/* The name in the folder that is nearest to what was asked for; empty when none is near. */
static Str nearest_name(Arena *arena, const char *folder, Str wanted) {
  Str best = {"", 0};
  unsigned best_distance = slips_allowed(wanted);
  DIR *dir = opendir(folder);
  for (struct dirent *entry; dir && (entry = readdir(dir));) {
    unsigned distance = str_distance(str_from(entry->d_name), wanted);
    if (entry->d_name[0] == '.' || distance > best_distance) continue;
    if (distance == best_distance && best.len) continue;
    best = arena_str(arena, str_from(entry->d_name));
    best_distance = distance;
  }
  if (dir) closedir(dir);
  return best;
}

static Status no_such_file(Arena *arena, Str path, const char *who, Error *err) {
  const char *folder;
  Str name;
  struct stat info;
  split_path(arena, path, &folder, &name);
  error_set(err, STATUS_CONFIG, who, "there is no file " STR_FMT, STR_ARG(path));
  if (stat(folder, &info) != 0) return error_hint(err, "the folder %s does not exist either", folder);
  Str near = nearest_name(arena, folder, name);
  if (near.len) return error_hint(err, "did you mean " STR_FMT "?", STR_ARG(near));
  return error_hint(err, "paths are relative to the folder weir was started in");
}

/* ---- folders and globs ---- */

static int compare_paths(const void *a, const void *b) { return str_cmp(*(const Str *)a, *(const Str *)b); }

static void sort_paths(PathList *paths) {
  if (paths->len > 1) qsort(paths->items, paths->len, sizeof *paths->items, compare_paths);
}

static bool is_folder(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static Status expand_folder(Arena *arena, Str folder, const char *who, PathList *out, Error *err) {
  DIR *dir = opendir(folder.ptr);
  if (!dir) {
    return error_set(err, STATUS_CONFIG, who, "cannot read the folder " STR_FMT ": %s", STR_ARG(folder),
                     strerror(errno));
  }
  while (folder.len > 1 && folder.ptr[folder.len - 1] == '/') folder.len--;
  for (struct dirent *entry; (entry = readdir(dir));) {
    if (entry->d_name[0] == '.') continue;
    Str path = arena_printf(arena, STR_FMT "/%s", STR_ARG(folder), entry->d_name);
    if (!is_folder(path.ptr)) vec_push(out, path);
  }
  closedir(dir);
  sort_paths(out);
  if (out->len) return STATUS_OK;
  error_set(err, STATUS_CONFIG, who, "the folder " STR_FMT " holds no files", STR_ARG(folder));
  return error_hint(err, "files of subfolders are named by a glob, for example " STR_FMT "/*/*.json", STR_ARG(folder));
}

static Status expand_glob(Arena *arena, Str pattern, const char *who, PathList *out, Error *err) {
  glob_t found = {0};
  int failed = glob(pattern.ptr, GLOB_NOSORT, NULL, &found);
  for (size_t i = 0; !failed && i < found.gl_pathc; i++) {
    if (!is_folder(found.gl_pathv[i])) vec_push(out, arena_str(arena, str_from(found.gl_pathv[i])));
  }
  globfree(&found);
  sort_paths(out);
  if (out->len) return STATUS_OK;
  error_set(err, STATUS_CONFIG, who, "no file matches " STR_FMT, STR_ARG(pattern));
  return error_hint(err, "quote the path in the shell, and check it with ls");
}

static bool holds_glob(Str path) {
  return str_find_char(path, '*') >= 0 || str_find_char(path, '?') >= 0 || str_find_char(path, '[') >= 0;
}

static Status expand(Arena *arena, Str path, const char *who, PathList *out, Error *err) {
  struct stat info;
  if (stat(path.ptr, &info) == 0) {
    if (S_ISDIR(info.st_mode)) return expand_folder(arena, path, who, out, err);
    vec_push(out, path);
    return STATUS_OK;
  }
  if (errno == EACCES) {
    return error_set(err, STATUS_CONFIG, who, "cannot look up " STR_FMT ": %s", STR_ARG(path), strerror(errno));
  }
  if (holds_glob(path)) return expand_glob(arena, path, who, out, err);
  return no_such_file(arena, path, who, err);
}

Status paths_expand(Arena *arena, Str target, const char *who, PathList *out, Error *err) {
  Str path = arena_str(arena, target);
  if (str_eq(path, STR("-"))) {
    vec_push(out, path);
    return STATUS_OK;
  }
  TRY(expand(arena, path, who, out, err));
  for (uint32_t i = 0; i < out->len; i++) {
    if (access(out->items[i].ptr, R_OK) == 0) continue;
    return error_set(err, STATUS_CONFIG, who, "cannot read " STR_FMT ": %s", STR_ARG(out->items[i]), strerror(errno));
  }
  return STATUS_OK;
}
