/* query_paths.c: see query_paths.h. */
#include "cli/query_paths.h"

#include <sys/stat.h>

#include "base/str.h"

static bool is_query(const char *path) { return str_ends_nocase(str_from(path), STR(".asaql")); }

Status query_paths_find(const char *path, FolderPaths *out, Error *err) {
  struct stat info;
  uint32_t before = out->len;
  if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
    vec_push(out, mem_strdup(path));
    return STATUS_OK;
  }
  TRY(folder_walk(path, is_query, out, err));
  if (out->len > before) return STATUS_OK;
  return error_set(err, STATUS_CONFIG, path, "there is no .asaql file in this folder or below it");
}
