/* parts.c: see parts.h. The number stands in front of the extension, and one of .gz or .zst in front of which there
** is another. */
#include "connectors/file/parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "connectors/file/file.h"

enum { DIGITS = 6 };

static size_t last_dot(Str path, size_t begin, size_t end) {
  for (size_t i = end; i > begin + 1; i--)
    if (path.ptr[i - 1] == '.') return i - 1;
  return end;
}

static size_t name_begin(Str path) {
  size_t begin = path.len;
  while (begin > 0 && path.ptr[begin - 1] != '/') begin--;
  return begin;
}

/* Where the extension begins. */
static size_t extension_begin(Str path) {
  size_t begin = name_begin(path), dot = last_dot(path, begin, path.len);
  return compression_of_path(path) == COMPRESSION_NONE ? dot : last_dot(path, begin, dot);
}

void part_path(Str path, uint64_t number, StrBuf *out) {
  size_t dot = extension_begin(path);
  strbuf_put_str(out, str_sub(path, 0, dot));
  strbuf_printf(out, "-%0*llu", DIGITS, (unsigned long long)number);
  strbuf_put_str(out, str_sub(path, dot, path.len));
}

/* The number of a part of `path` among the names of its folder; 0: it is none. */
static uint64_t number_of(Str path, Str name) {
  size_t begin = name_begin(path), dot = extension_begin(path);
  Str stem = str_sub(path, begin, dot), extension = str_sub(path, dot, path.len);
  if (!str_starts(name, stem) || !str_ends(name, extension)) return 0;
  if (name.len < stem.len + 1 + DIGITS + extension.len) return 0;
  Str digits = str_sub(name, stem.len, name.len - extension.len);
  uint64_t number = 0;
  return digits.ptr[0] == '-' && str_to_u64(str_sub(digits, 1, digits.len), &number) ? number : 0;
}

static DIR *open_folder(Str path) {
  StrBuf folder = {0};
  strbuf_put_str(&folder, str_sub(path, 0, name_begin(path)));
  DIR *dir = opendir(folder.len ? folder.ptr : ".");
  strbuf_release(&folder);
  return dir;
}

uint64_t parts_last(Str path) {
  uint64_t last = 0;
  DIR *dir = open_folder(path);
  for (struct dirent *entry; dir && (entry = readdir(dir));) {
    uint64_t number = number_of(path, str_from(entry->d_name));
    if (number > last) last = number;
  }
  if (dir) closedir(dir);
  return last;
}

Status parts_remove(Str path, const char *who, Error *err) {
  Status status = STATUS_OK;
  DIR *dir = open_folder(path);
  for (struct dirent *entry; dir && status == STATUS_OK && (entry = readdir(dir));) {
    if (number_of(path, str_from(entry->d_name)) == 0 || unlinkat(dirfd(dir), entry->d_name, 0) == 0) continue;
    status = error_set(err, STATUS_WORLD, who, "cannot replace %s, a part of " STR_FMT ": %s", entry->d_name,
                       STR_ARG(path), strerror(errno));
  }
  if (dir) closedir(dir);
  return status;
}
