/* project.c: a project as the tools of Stream Analytics keep it: a file that lists others (asaproj.json of Visual
** Studio Code, *.asaproj of Visual Studio), and those others.
**
** The list is a hint. Projects in the wild list files that are not there, list nothing though everything is there,
** and name a start file that was renamed. So what counts is what stands in the files (`ScriptType`), the list comes
** first, and what stands in Inputs/, Outputs/ and beside the list is looked at too: of two files that bind one name
** the listed one holds. */
#include "cli/project/project.h"

#include "base/diag.h"
#include "cli/project/asaproj.h"
#include "cli/project/binding_file.h"

typedef enum ScriptType { SCRIPT_OTHER, SCRIPT_CONFIG, SCRIPT_INPUT, SCRIPT_OUTPUT, SCRIPT_MOCK } ScriptType;

typedef struct ProjectReader {
  JobDesc *desc;
  const DescOptions *options;
  AsaProject listed;
  FileList seen;
  bool has_config;
  DescBindings mocks;
  bool unlisted;   /* reading what the list does not have */
} ProjectReader;

/* ---- one file --------------------------------------------------------------------------------- */

/* What the file says of itself, else what the list says. */
static ScriptType script_type(const JsonNode *root, Str listed) {
  static const struct { const char *name; ScriptType type; } types[] = {
    {"JobConfig", SCRIPT_CONFIG}, {"Input", SCRIPT_INPUT}, {"Output", SCRIPT_OUTPUT}, {"InputMock", SCRIPT_MOCK}};
  const JsonNode *node = json_get(root, "ScriptType");
  Str name = node && node->kind == JSON_STRING ? node->text : listed;
  for (unsigned i = 0; i < sizeof types / sizeof *types; i++)
    if (str_eq_nocase(name, str_from(types[i].name))) return types[i].type;
  return SCRIPT_OTHER;
}

static bool is_config_name(Str path) { return str_eq_nocase(path_base(path), STR("JobConfig.json")); }

/* Files of functions are none of ours; one that hides what it is would be missed without a word. */
static void tell_other(ProjectReader *reader, Str path, const JsonNode *root, Str listed) {
  const Str known[] = {STR("JobConfig"), STR("Input"), STR("Output"), STR("InputMock")};
  const JsonNode *type = json_get(root, "ScriptType");
  Str said = type && type->kind == JSON_STRING ? type->text : listed;
  Str nearest = diag_nearest(said, known, sizeof known / sizeof *known);
  if (said.len == 0)
    notes_warn(&reader->desc->notes, STR_FMT " is ignored: it has no ScriptType (JobConfig, Input, Output, InputMock)",
               STR_ARG(path));
  else if (nearest.len)
    notes_warn(&reader->desc->notes, STR_FMT " is ignored: `" STR_FMT "` is no ScriptType; did you mean `" STR_FMT "`?",
               STR_ARG(path), STR_ARG(said), STR_ARG(nearest));
}

static Status read_config(ProjectReader *reader, Str path, Error *err) {
  JobDesc *desc = reader->desc;
  if (reader->has_config && !reader->unlisted)
    notes_warn(&desc->notes, STR_FMT " is a second job configuration; it is ignored", STR_ARG(path));
  if (reader->has_config) return STATUS_OK;
  StrBuf warnings = {0}, notes = {0};
  Status status = job_config_read(path.ptr, &desc->config, &warnings, &notes, err);
  notes_lines(&desc->notes, true, strbuf_str(&warnings));
  notes_lines(&desc->notes, false, strbuf_str(&notes));
  strbuf_release(&warnings);
  strbuf_release(&notes);
  reader->has_config = true;
  return status;
}

static Status twice(const DescBinding *first, const DescBinding *second, const char *what, Error *err) {
  error_set(err, STATUS_CONFIG, "", "the %s `" STR_FMT "` is described twice, in " STR_FMT " and " STR_FMT, what,
            STR_ARG(first->name), STR_ARG(first->file), STR_ARG(second->file));
  return error_hint(err, "rename one of them, or leave one out of the project's list");
}

static Status read_binding(ProjectReader *reader, Str path, const JsonNode *root, ScriptType type, Error *err) {
  JobDesc *desc = reader->desc;
  DescBinding binding = {0};
  BindingFile file = {.desc = desc, .options = reader->options, .path = path, .root = root, .into = &binding,
                      .folder = path_folder(&desc->arena, path), .output = type == SCRIPT_OUTPUT};
  TRY(binding_file_read(&file, err));
  DescBindings *list = type == SCRIPT_OUTPUT ? &desc->outputs : type == SCRIPT_MOCK ? &reader->mocks : &desc->inputs;
  const DescBinding *other = desc_find(list, binding.name);
  if (other && reader->unlisted && reader->listed.files.len) return STATUS_OK;
  if (other)
    return twice(other, &binding, list == &desc->outputs ? "output" : list == &reader->mocks ? "local input" : "input",
                 err);
  binding.mock = type == SCRIPT_MOCK;
  arena_push(&desc->arena, list, binding);
  return STATUS_OK;
}

static bool is_seen(ProjectReader *reader, Str path) {
  for (uint32_t i = 0; i < reader->seen.len; i++)
    if (str_eq(reader->seen.items[i], path)) return true;
  arena_push(&reader->desc->arena, &reader->seen, path);
  return false;
}

static Status read_file(ProjectReader *reader, Str path, Str listed, Error *err) {
  JsonNode *root;
  if (is_seen(reader, path)) return STATUS_OK;
  TRY(config_json_load(&reader->desc->arena, path.ptr, NULL, &root, err));
  if (root->kind != JSON_OBJECT) return error_set(err, STATUS_CONFIG, "", "%s: this is no JSON object", path.ptr);
  switch (script_type(root, listed)) {
    case SCRIPT_CONFIG: return read_config(reader, path, err);
    case SCRIPT_INPUT: return read_binding(reader, path, root, SCRIPT_INPUT, err);
    case SCRIPT_OUTPUT: return read_binding(reader, path, root, SCRIPT_OUTPUT, err);
    case SCRIPT_MOCK: return read_binding(reader, path, root, SCRIPT_MOCK, err);
    case SCRIPT_OTHER: break;
  }
  if (is_config_name(path)) return read_config(reader, path, err);
  tell_other(reader, path, root, listed);
  return STATUS_OK;
}

/* ---- all of them ------------------------------------------------------------------------------ */

static Status read_listed(ProjectReader *reader, Error *err) {
  JobDesc *desc = reader->desc;
  for (uint32_t i = 0; i < reader->listed.files.len; i++) {
    Str path;
    const AsaFile *file = &reader->listed.files.items[i];
    bool there = path_find(&desc->arena, desc->folder, file->path, &path);
    if (!there)
      notes_add(&desc->notes, STR_FMT " lists " STR_FMT ", which is not there", STR_ARG(desc->file), STR_ARG(path));
    else if (str_ends_nocase(path, STR(".json")) && path_is_file(path)) TRY(read_file(reader, path, file->type, err));
  }
  return STATUS_OK;
}

/* Recorded data stands in these folders too. */
static Status read_found(ProjectReader *reader, const FileList *files, Error *err) {
  for (uint32_t i = 0; i < files->len; i++)
    if (is_config_name(files->items[i]) || file_is_script(files->items[i]))
      TRY(read_file(reader, files->items[i], STR(""), err));
  return STATUS_OK;
}

static Status read_folders(ProjectReader *reader, Error *err) {
  static const char *const folders[] = {"Inputs", "Outputs"};
  JobDesc *desc = reader->desc;
  reader->unlisted = true;
  FileList found = {0};
  for (unsigned i = 0; i < sizeof folders / sizeof *folders; i++) {
    Str path;
    if (path_find(&desc->arena, desc->folder, str_from(folders[i]), &path))
      folder_files(&desc->arena, path, STR(".json"), &found);
  }
  static const char *const configs[] = {"JobConfig.json", "Configuration.json"};
  for (unsigned i = 0; i < sizeof configs / sizeof *configs; i++) {
    Str path;
    if (path_find(&desc->arena, desc->folder, str_from(configs[i]), &path))
      arena_push(&desc->arena, &found, path);
  }
  return read_found(reader, &found, err);
}

/* ---- mocks ------------------------------------------------------------------------------------ */

/* The mock takes the place of the live source; what only that says about the events stays. */
static void take_mock(JobDesc *desc, DescBinding *live, const DescBinding *mock) {
  DescBinding was = *live;
  Str why = was.where.len ? STR("--local") : was.problem;
  *live = *mock;
  live->problem = arena_printf(&desc->arena, STR_FMT ": " STR_FMT, STR_ARG(was.kind), STR_ARG(why));
  if (live->arrival_field.len == 0) live->arrival_field = was.arrival_field;
  live->reference = was.reference || mock->reference;
  if (mock->csv && mock->delimiter.len == 0 && was.delimiter.len)
    live->where = where_text_add(&desc->arena, mock->where, "delimiter", was.delimiter);
}

static void place_mock(ProjectReader *reader, const DescBinding *mock) {
  JobDesc *desc = reader->desc;
  DescBinding *live = desc_find(&desc->inputs, mock->name);
  if (live == NULL) arena_push(&desc->arena, &desc->inputs, *mock);
  if (live == NULL || (live->where.len && !reader->options->local)) return;
  if (mock->where.len) {
    take_mock(desc, live, mock);
    return;
  }
  Str both = arena_printf(&desc->arena, STR_FMT "; its local file: " STR_FMT, STR_ARG(live->problem),
                          STR_ARG(mock->problem));
  live->problem = live->where.len ? mock->problem : both;
  live->where = STR("");
}

/* --local: what would be written somewhere live goes to stdout, as an output that nothing binds. */
static void leave_outputs(JobDesc *desc) {
  for (uint32_t i = 0; i < desc->outputs.len; i++) {
    DescBinding *output = &desc->outputs.items[i];
    if (str_eq(output->kind, STR("local file"))) continue;
    output->where = output->problem = STR("");
  }
}

/* ---- the query -------------------------------------------------------------------------------- */

static Status no_query(JobDesc *desc, uint32_t found, Error *err) {
  if (found)
    error_set(err, STATUS_CONFIG, "", "`" STR_FMT "` names no query that is there, and the folder has %u of them",
              STR_ARG(desc->file), found);
  else
    error_set(err, STATUS_CONFIG, "", "`" STR_FMT "` has no query: the folder holds no .asaql file",
              STR_ARG(desc->file));
  return error_hint(err, found ? "name one of them as the start file, or run one of them: weir run FILE.asaql"
                               : "put the query beside it");
}

static Status find_query(ProjectReader *reader, Error *err) {
  JobDesc *desc = reader->desc;
  const FileList *scripts = &reader->listed.scripts;
  for (uint32_t i = 0; i < scripts->len; i++)
    if (path_find(&desc->arena, desc->folder, scripts->items[i], &desc->query) && path_is_file(desc->query))
      return STATUS_OK;
  FileList found = {0};
  folder_files(&desc->arena, desc->folder, STR(".asaql"), &found);
  if (found.len != 1) return no_query(desc, found.len, err);
  desc->query = found.items[0];
  if (scripts->len)
    notes_add(&desc->notes, STR_FMT ": the start file " STR_FMT " is not there; " STR_FMT " is the query",
              STR_ARG(desc->file), STR_ARG(scripts->items[0]), STR_ARG(desc->query));
  return STATUS_OK;
}

/* ---- the project file ------------------------------------------------------------------------- */

/* In a folder: asaproj.json, else a *.asaproj; without either it is the folder itself that lists. */
static Status find_file(JobDesc *desc, Str path, Error *err) {
  Arena *arena = &desc->arena;
  FileList found = {0};
  desc->folder = path_is_folder(path) ? path_join(arena, STR("."), path) : path_folder(arena, path);
  if (!path_is_folder(path)) return desc->file = path, STATUS_OK;
  if (path_find(arena, desc->folder, STR("asaproj.json"), &desc->file)) return STATUS_OK;
  folder_files(arena, desc->folder, STR(".asaproj"), &found);
  if (found.len > 1) {
    error_set(err, STATUS_CONFIG, "", "`" STR_FMT "` holds %u .asaproj files", STR_ARG(desc->folder), found.len);
    return error_hint(err, "name the one that is meant");
  }
  desc->file = found.len ? found.items[0] : desc->folder;
  if (found.len) return STATUS_OK;
  folder_files(arena, desc->folder, STR(".asaql"), &found);
  if (found.len) return STATUS_OK;
  error_set(err, STATUS_CONFIG, "", "`" STR_FMT "` is no project: it holds neither asaproj.json nor a query",
            STR_ARG(desc->folder));
  return error_hint(err, "a project is a folder with asaproj.json, a query, Inputs/ and Outputs/");
}

static void name_project(ProjectReader *reader) {
  JobDesc *desc = reader->desc;
  Str base = path_base(desc->query);
  if (base.len > 6) base.len -= 6; /* .asaql */
  desc->name = arena_str(&desc->arena, reader->listed.name.len ? reader->listed.name : base);
}

Status project_read(JobDesc *desc, const char *path, const DescOptions *options, Error *err) {
  ProjectReader reader = {.desc = desc, .options = options};
  TRY(find_file(desc, arena_str(&desc->arena, str_from(path)), err));
  if (path_is_file(desc->file)) TRY(asaproj_read(&desc->arena, desc->file, &reader.listed, &desc->notes, err));
  TRY(find_query(&reader, err));
  name_project(&reader);
  TRY(read_listed(&reader, err));
  TRY(read_folders(&reader, err));
  for (uint32_t i = 0; i < reader.mocks.len; i++) place_mock(&reader, &reader.mocks.items[i]);
  if (options->local) leave_outputs(desc);
  return STATUS_OK;
}
