/* desc.c: see desc.h. */
#include "cli/project/desc.h"

#include "cli/project/files.h"
#include "cli/project/job_file.h"
#include "cli/project/project.h"

PathKind path_kind(const char *path) {
  Str name = str_from(path);
  if (path_is_folder(name) || str_ends_nocase(name, STR(".asaproj"))) return PATH_PROJECT;
  if (str_eq_nocase(path_base(name), STR("asaproj.json"))) return PATH_PROJECT;
  return str_ends_nocase(name, STR(".json")) ? PATH_JOB : PATH_QUERY;
}

Status desc_open(JobDesc *desc, const char *path, const DescOptions *options, Error *err) {
  *desc = (JobDesc){.config = job_config_default};
  arena_init(&desc->arena);
  desc->notes.arena = &desc->arena;
  if (path_kind(path) == PATH_PROJECT) return project_read(desc, path, options, err);
  if (path_kind(path) == PATH_JOB) return job_file_read(desc, path, options, err);
  desc->file = desc->query = arena_str(&desc->arena, str_from(path));
  Str base = path_base(desc->query);
  if (str_ends_nocase(base, STR(".asaql"))) base.len -= 6;
  desc->name = arena_str(&desc->arena, base);
  return STATUS_OK;
}

Status desc_bind(JobDesc *desc, const char *path, const DescOptions *options, Error *err) {
  return bind_file_read(desc, path, options, err);
}

void desc_release(JobDesc *desc) { arena_release(&desc->arena); }

DescBinding *desc_find(const DescBindings *bindings, Str name) {
  for (uint32_t i = 0; i < bindings->len; i++)
    if (str_eq_nocase(bindings->items[i].name, name)) return &bindings->items[i];
  return NULL;
}
