/* case_project.c: see case_project.h. */
#include "cli/testing/case_project.h"

#include "cli/project/files.h"
#include "connectors/registry.h"
#include "io/where.h"

enum { LEVELS = 3 }; /* folders that are looked at, upwards */

static bool is_project(Arena *arena, Str folder) {
  FileList found = {0};
  Str path;
  if (path_find(arena, folder, STR("asaproj.json"), &path)) return true;
  folder_files(arena, folder, STR(".asaproj"), &found);
  return found.len > 0;
}

void case_project_open(CaseProject *project, Str folder) {
  *project = (CaseProject){0};
  Arena arena;
  arena_init(&arena);
  for (unsigned level = 0; level < LEVELS && !project->found; level++) {
    if (level) folder = arena_printf(&arena, STR_FMT "/..", STR_ARG(folder));
    project->found = is_project(&arena, folder);
  }
  if (project->found) {
    DescOptions options = {.registry = connectors_registry(), .local = true};
    project->status = desc_open(&project->desc, arena_cstr(&arena, folder), &options, &project->error);
  }
  arena_release(&arena);
}

void case_project_release(CaseProject *project) {
  if (project->found) desc_release(&project->desc);
}

/* The only query of a folder; false when there is none or more than one. */
static bool only_query(Arena *arena, Str folder, Str *out) {
  FileList found = {0};
  folder_files(arena, folder, STR(".asaql"), &found);
  if (found.len == 1) *out = found.items[0];
  return found.len == 1;
}

Status case_project_query(const CaseProject *project, Arena *arena, Str folder, Str script, const char *config,
                          Str *out, Error *err) {
  script = str_trim(script);
  if (script.len && path_find(arena, folder, script, out) && path_is_file(*out)) return STATUS_OK;
  if (project->found && project->status == STATUS_OK) {
    *out = arena_str(arena, project->desc.query);
    return STATUS_OK;
  }
  if (project->found) {
    *err = project->error;
    return err->status;
  }
  if (only_query(arena, folder, out) || only_query(arena, path_join(arena, folder, STR("..")), out)) return STATUS_OK;
  if (script.len) error_set(err, STATUS_CONFIG, "", "%s: there is no query `" STR_FMT "`", config, STR_ARG(script));
  else error_set(err, STATUS_CONFIG, "", "%s: it names no query", config);
  return error_hint(err, "\"Script\" is the path of the query, relative to the folder of testConfig.json");
}

Str case_project_delimiter(const CaseProject *project, Arena *arena, Str input) {
  const DescBinding *binding = project->found ? desc_find(&project->desc.inputs, input) : NULL;
  Where where = {0};
  Str delimiter = {0};
  Error err;
  if (binding == NULL || binding->where.len == 0) return delimiter;
  if (where_parse(arena, binding->where, &where, &err) == STATUS_OK) {
    const Str *option = where_option(&where, "delimiter");
    if (option) delimiter = *option;
  }
  where_release(&where);
  return delimiter;
}
