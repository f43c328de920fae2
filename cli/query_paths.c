/* query_paths.c: see query_paths.h. */
#include "cli/query_paths.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"

static int by_name(const void *left, const void *right) {
  return strcmp(*(char *const *)left, *(char *const *)right);
}

Status folder_list(const char *path, QueryPaths *out, Error *err) {
  DIR *folder = opendir(path);
  if (folder == NULL) return error_set(err, STATUS_CONFIG, path, "cannot read the folder: %s", strerror(errno));
  StrBuf below = {0};
  for (struct dirent *entry; (entry = readdir(folder));) {
    if (entry->d_name[0] == '.') continue;
    strbuf_clear(&below);
    strbuf_printf(&below, "%s%s%s", path, str_ends(str_from(path), STR("/")) ? "" : "/", entry->d_name);
    vec_push(out, mem_strdup(below.ptr));
  }
  closedir(folder);
  strbuf_release(&below);
  if (out->len) qsort(out->items, out->len, sizeof *out->items, by_name);
  return STATUS_OK;
}

static Status find_below(const char *path, QueryPaths *out, Error *err) {
  QueryPaths entries = {0};
  Status status = folder_list(path, &entries, err);
  for (uint32_t i = 0; i < entries.len; i++) {
    struct stat info;
    const char *entry = entries.items[i];
    bool exists = status == STATUS_OK && lstat(entry, &info) == 0; /* links are not followed: no circles */
    if (exists && S_ISDIR(info.st_mode)) status = find_below(entry, out, err);
    else if (exists && str_ends_nocase(str_from(entry), STR(".asaql"))) vec_push(out, mem_strdup(entry));
  }
  query_paths_release(&entries);
  return status;
}

Status query_paths_find(const char *path, QueryPaths *out, Error *err) {
  struct stat info;
  uint32_t before = out->len;
  if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
    vec_push(out, mem_strdup(path));
    return STATUS_OK;
  }
  TRY(find_below(path, out, err));
  if (out->len > before) return STATUS_OK;
  return error_set(err, STATUS_CONFIG, path, "there is no .asaql file in this folder or below it");
}

void query_paths_release(QueryPaths *paths) {
  for (uint32_t i = 0; i < paths->len; i++) mem_free(paths->items[i]);
  vec_release(paths);
}
