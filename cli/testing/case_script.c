/* case_script.c: see case_script.h. */
#include "cli/testing/case_script.h"

#include <dirent.h>
#include <unistd.h>

Str case_path(Arena *arena, Str folder, Str path) {
  char *copy = arena_cstr(arena, path);
  for (char *at = copy; *at; at++)
    if (*at == '\\') *at = '/';
  if (copy[0] == '/') return str_from(copy);
  return arena_printf(arena, STR_FMT "%s", STR_ARG(folder), copy);
}

/* The only query of a folder; empty when there is none or more than one. */
static Str only_query(Arena *arena, Str folder) {
  DIR *open = opendir(folder.len ? arena_cstr(arena, folder) : ".");
  Str found = {0};
  unsigned count = 0;
  for (struct dirent *entry; open && (entry = readdir(open));) {
    if (entry->d_name[0] == '.' || !str_ends_nocase(str_from(entry->d_name), STR(".asaql"))) continue;
    found = case_path(arena, folder, str_from(entry->d_name));
    count++;
  }
  if (open) closedir(open);
  return count == 1 ? found : (Str){0};
}

Status case_script_find(Arena *arena, Str folder, Str script, const char *config, Str *out, Error *err) {
  if (str_trim(script).len) {
    *out = case_path(arena, folder, script);
    if (access(out->ptr, F_OK) == 0) return STATUS_OK;
  }
  Str above = arena_printf(arena, STR_FMT "../", STR_ARG(folder));
  *out = only_query(arena, folder);
  if (out->len == 0) *out = only_query(arena, above);
  if (out->len) return STATUS_OK;
  if (str_trim(script).len)
    error_set(err, STATUS_CONFIG, "", "%s: there is no query `" STR_FMT "`", config, STR_ARG(script));
  else error_set(err, STATUS_CONFIG, "", "%s: it names no query", config);
  return error_hint(err, "\"Script\" is the path of the query, relative to the folder of testConfig.json");
}
