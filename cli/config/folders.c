/* folders.c: see folders.h. */
#include "cli/config/folders.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"

static int by_name(const void *left, const void *right) {
  return strcmp(*(char *const *)left, *(char *const *)right);
}

Status folder_list(const char *path, FolderPaths *out, Error *err) {
  DIR *folder = opendir(path);
  if (folder == NULL) return error_set(err, STATUS_CONFIG, path, "cannot read the folder: %s", strerror(errno));
  StrBuf below = {0};
  for (struct dirent *entry; (entry = readdir(folder));) {
    if (entry->d_name[0] == '.') continue;
    strbuf_clear(&below);
    if (strcmp(path, ".") != 0) strbuf_printf(&below, "%s%s", path, str_ends(str_from(path), STR("/")) ? "" : "/");
    strbuf_puts(&below, entry->d_name);
    vec_push(out, mem_strdup(below.ptr));
  }
  closedir(folder);
  strbuf_release(&below);
  if (out->len) qsort(out->items, out->len, sizeof *out->items, by_name);
  return STATUS_OK;
}

Status folder_walk(const char *path, bool (*wanted)(const char *path), FolderPaths *out, Error *err) {
  FolderPaths entries = {0};
  Status status = folder_list(path, &entries, err);
  for (uint32_t i = 0; i < entries.len; i++) {
    struct stat info;
    const char *entry = entries.items[i];
    bool exists = status == STATUS_OK && lstat(entry, &info) == 0; /* links are not followed: no circles */
    if (exists && S_ISDIR(info.st_mode)) status = folder_walk(entry, wanted, out, err);
    else if (exists && wanted(entry)) vec_push(out, mem_strdup(entry));
  }
  paths_release(&entries);
  return status;
}

void paths_release(FolderPaths *paths) {
  for (uint32_t i = 0; i < paths->len; i++) mem_free(paths->items[i]);
  vec_release(paths);
}
