/* files.c: see files.h. */
#include "cli/project/files.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

/* ---- paths ------------------------------------------------------------------------------------ */

static bool is_slash(char c) { return c == '/' || c == '\\'; }

static size_t base_offset(Str path) {
  size_t at = path.len;
  while (at > 0 && !is_slash(path.ptr[at - 1])) at--;
  return at;
}

Str path_base(Str path) { return str_sub(path, base_offset(path), path.len); }

Str path_folder(Arena *arena, Str path) {
  size_t at = base_offset(path);
  if (at == 0) return STR(".");
  return arena_str(arena, at == 1 ? str_sub(path, 0, 1) : str_sub(path, 0, at - 1));
}

bool path_is_absolute(Str path) {
  if (path.len && is_slash(path.ptr[0])) return true;
  char drive = path.len > 1 && path.ptr[1] == ':' ? (char)(path.ptr[0] | 0x20) : 0;
  return drive >= 'a' && drive <= 'z';
}

/* The next part between slashes; false behind the last. */
static bool next_part(Str *rest, Str *part) {
  while (rest->len && is_slash(rest->ptr[0])) *rest = str_sub(*rest, 1, rest->len);
  size_t len = 0;
  while (len < rest->len && !is_slash(rest->ptr[len])) len++;
  *part = str_sub(*rest, 0, len);
  *rest = str_sub(*rest, len, rest->len);
  return len > 0;
}

/* The text so far and one part more. */
static void put_part(StrBuf *path, Str part) {
  if (path->len && path->ptr[path->len - 1] != '/') strbuf_putc(path, '/');
  strbuf_put_str(path, part);
}

/* "." is the working directory, which needs no name. */
static void begin_path(StrBuf *path, Str folder, Str relative) {
  if (relative.len && is_slash(relative.ptr[0])) strbuf_putc(path, '/');
  else if (!path_is_absolute(relative) && !str_eq(folder, STR("."))) strbuf_put_str(path, folder);
}

static Str end_path(Arena *arena, StrBuf *path) {
  Str made = arena_str(arena, path->len ? strbuf_str(path) : STR("."));
  strbuf_release(path);
  return made;
}

/* Takes the last part back; false when there is none, or it is ".." itself. */
static bool drop_part(StrBuf *path) {
  size_t at = base_offset(strbuf_str(path));
  Str last = str_sub(strbuf_str(path), at, path->len);
  if (last.len == 0 || str_eq(last, STR(".."))) return false;
  path->len = at > 1 ? at - 1 : at;
  path->ptr[path->len] = 0;
  return true;
}

Str path_join(Arena *arena, Str folder, Str relative) {
  StrBuf path = {0};
  Str part, rest = relative;
  begin_path(&path, folder, relative);
  while (next_part(&rest, &part)) {
    if (str_eq(part, STR(".")) || (str_eq(part, STR("..")) && drop_part(&path))) continue;
    put_part(&path, part);
  }
  return end_path(arena, &path);
}

bool path_is_file(Str path) {
  struct stat info;
  return stat(path.ptr, &info) == 0 && !S_ISDIR(info.st_mode);
}

bool path_is_folder(Str path) {
  struct stat info;
  return stat(path.ptr, &info) == 0 && S_ISDIR(info.st_mode);
}

static bool exists(const char *path) {
  struct stat info;
  return stat(path, &info) == 0;
}

/* Appends the part as the folder spells it. False: nothing in it has that name. */
static bool put_other_spelling(StrBuf *path, Str part) {
  DIR *folder = opendir(path->len ? path->ptr : ".");
  bool found = false;
  for (struct dirent *entry; folder && !found && (entry = readdir(folder));) {
    found = str_eq_nocase(part, str_from(entry->d_name));
    if (found) put_part(path, str_from(entry->d_name));
  }
  if (folder) closedir(folder);
  return found;
}

static bool put_found(StrBuf *path, Str part) {
  size_t before = path->len;
  put_part(path, part);
  if (exists(path->ptr)) return true;
  path->len = before;
  if (path->ptr) path->ptr[before] = 0;
  return put_other_spelling(path, part);
}

bool path_find(Arena *arena, Str folder, Str relative, Str *out) {
  *out = path_join(arena, folder, relative);
  if (exists(out->ptr)) return true;
  StrBuf path = {0};
  Str part, rest = relative;
  bool found = true;
  begin_path(&path, folder, relative);
  while (found && next_part(&rest, &part))
    if (!str_eq(part, STR("."))) found = put_found(&path, part);
  if (found) *out = arena_str(arena, strbuf_str(&path));
  strbuf_release(&path);
  return found;
}

/* ---- folders ---------------------------------------------------------------------------------- */

static int by_name(const void *left, const void *right) { return str_cmp(*(const Str *)left, *(const Str *)right); }

void folder_files(Arena *arena, Str folder, Str ending, FileList *out) {
  DIR *open = opendir(folder.ptr);
  for (struct dirent *entry; open && (entry = readdir(open));) {
    if (entry->d_name[0] == '.' || !str_ends_nocase(str_from(entry->d_name), ending)) continue;
    Str path = path_join(arena, folder, str_from(entry->d_name));
    if (path_is_file(path)) arena_push(arena, out, path);
  }
  if (open) closedir(open);
  if (out->len) qsort(out->items, out->len, sizeof *out->items, by_name);
}

/* ---- contents --------------------------------------------------------------------------------- */

bool file_is_script(Str path) {
  enum { LARGE = 1 << 20 };
  SourceText text;
  struct stat info;
  Error ignored;
  if (stat(path.ptr, &info) != 0 || info.st_size > LARGE) return false;
  bool read = source_text_load(&text, path.ptr, &ignored) == STATUS_OK;
  bool found = read && strstr(text.text.ptr, "\"ScriptType\"") != NULL;
  source_text_release(&text);
  return found;
}
