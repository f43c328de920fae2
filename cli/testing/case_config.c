/* case_config.c: cases from testConfig.json, in the shape of the Stream Analytics tools with the additions of
** docs/testing.md. Every mistake is one message with path, line and column; it breaks the case it stands in and no
** other. Keys that nobody knows are told as warnings, with the nearest one that there is. */
#include "base/diag.h"
#include "cli/config/config_text.h"
#include "cli/config/job_config.h"
#include "cli/project/files.h"
#include "cli/project/where_text.h"
#include "cli/testing/case.h"
#include "cli/testing/case_keys.h"
#include "cli/testing/case_project.h"
#include "io/where.h"

typedef struct ConfigFile {
  Arena       arena;
  const char *path;
  Str         folder;      /* of the file */
  Str         text;
  Str         script, job_config; /* of the whole file; empty: not given */
  CaseProject project;     /* that it belongs to */
  Case       *test;        /* the case at hand */
} ConfigFile;

/* ---- messages --------------------------------------------------------------------------------- */

static Str place_of(ConfigFile *file, const JsonNode *node) {
  unsigned line, column;
  config_text_place(file->text, node->offset, &line, &column);
  return arena_printf(&file->arena, "%s: line %u, column %u", file->path, line, column);
}

static bool wrong(ConfigFile *file, const JsonNode *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool wrong(ConfigFile *file, const JsonNode *node, const char *format, ...) {
  StrBuf text = {0};
  va_list args;
  va_start(args, format);
  strbuf_vprintf(&text, format, args);
  va_end(args);
  case_break(file->test, STR_FMT ": %s", STR_ARG(place_of(file, node)), text.ptr);
  strbuf_release(&text);
  return false;
}

static bool way_out(ConfigFile *file, const char *hint) {
  if (file->test->hint.len == 0) file->test->hint = str_from(hint);
  return false;
}

/* ---- keys ------------------------------------------------------------------------------------- */

enum { KEYS_MAX = 24 };

static bool is_known(Str key, const CaseKey *keys, Str *names, unsigned *count) {
  for (*count = 0; keys[*count].name && *count < KEYS_MAX; ++*count) {
    names[*count] = str_from(keys[*count].name);
    if (str_eq_nocase(key, names[*count])) return true;
  }
  return false;
}

static void warn_unknown(ConfigFile *file, const JsonNode *object, const CaseKey *keys) {
  Str names[KEYS_MAX];
  unsigned count;
  for (const JsonNode *node = object->first; node; node = node->next) {
    if (is_known(node->key, keys, names, &count)) continue;
    Str nearest = diag_nearest(node->key, names, count), place = place_of(file, node);
    strbuf_printf(&file->test->warnings, STR_FMT ": the key `" STR_FMT "` is ignored", STR_ARG(place),
                  STR_ARG(node->key));
    if (nearest.len) strbuf_printf(&file->test->warnings, "; did you mean `" STR_FMT "`?", STR_ARG(nearest));
    strbuf_putc(&file->test->warnings, '\n');
  }
}

/* NULL: absent, or null. */
static const JsonNode *get(const JsonNode *object, const char *key) {
  const JsonNode *node = json_get(object, key);
  return node && node->kind != JSON_NULL ? node : NULL;
}

static bool take_text(ConfigFile *file, const JsonNode *object, const char *key, Str *out) {
  const JsonNode *node = get(object, key);
  if (node == NULL) return true;
  if (node->kind != JSON_STRING) return wrong(file, node, "`%s` must be a text", key);
  Error err;
  if (env_expand(&file->test->arena, node->text, out, &err) == STATUS_OK) return true;
  return wrong(file, node, "`%s`: %s", key, err.message);
}

static bool take_flag(ConfigFile *file, const JsonNode *object, const char *key, bool *out) {
  const JsonNode *node = get(object, key);
  if (node == NULL) return true;
  if (node->kind != JSON_BOOL) return wrong(file, node, "`%s` must be true or false", key);
  *out = node->boolean;
  return true;
}

/* Sets *out to the first of an array, NULL when there is none. */
static bool take_list(ConfigFile *file, const JsonNode *object, const char *key, const JsonNode **out) {
  const JsonNode *node = get(object, key);
  *out = NULL;
  if (node && node->kind != JSON_ARRAY) return wrong(file, node, "`%s` must be an array", key);
  *out = node ? node->first : NULL;
  return true;
}

static bool is_object(ConfigFile *file, const JsonNode *node, const char *what) {
  return node->kind == JSON_OBJECT || wrong(file, node, "%s is described by an object", what);
}

/* A path of the file as one of ours. Of an absolute one that is not there, as somebody else's machine has it, the file
** of that name beside the test is meant. False: there is nothing. */
static bool find_path(ConfigFile *file, Str path, Str *out) {
  Arena *arena = &file->test->arena;
  if (path_find(arena, file->folder, path, out)) return true;
  Str beside;
  if (!path_is_absolute(path) || !path_find(arena, file->folder, path_base(path), &beside)) return false;
  *out = beside;
  return true;
}

/* ---- inputs ----------------------------------------------------------------------------------- */

static bool take_type(ConfigFile *file, const JsonNode *node, CaseInput *input) {
  Str type = {0};
  if (!take_text(file, node, "Type", &type)) return false;
  input->reference = str_eq_nocase(type, STR("Reference Data"));
  if (input->reference || type.len == 0 || str_eq_nocase(type, STR("Data Stream"))) return true;
  return wrong(file, get(node, "Type"), "Type `" STR_FMT "` is neither \"Data Stream\" nor \"Reference data\"",
               STR_ARG(type));
}

/* Two shapes: Format beside the alias, or Type and FieldDelimiter inside Serialization. */
static bool take_format(ConfigFile *file, const JsonNode *node, Str *format, Str *delimiter) {
  const JsonNode *serialization = get(node, "Serialization");
  if (!take_text(file, node, "Format", format) || !take_text(file, node, "FieldDelimiter", delimiter)) return false;
  if (serialization && (!take_text(file, serialization, "Type", format) ||
                        !take_text(file, serialization, "FieldDelimiter", delimiter)))
    return false;
  if (format->len == 0 || str_eq_nocase(*format, STR("Json")) || str_eq_nocase(*format, STR("Csv"))) return true;
  const JsonNode *at = get(node, "Format") ? get(node, "Format") : get(serialization, "Type");
  wrong(file, at, "events in the format `" STR_FMT "` cannot be read", STR_ARG(*format));
  return way_out(file, "the formats of recorded events are Json and Csv");
}

static bool has_extension(Str path, Str extension) {
  if (str_ends_nocase(path, STR(".gz"))) path.len -= 3;
  return str_ends_nocase(path, extension);
}

/* The path, with the format where the extension does not tell it. */
static void set_where(ConfigFile *file, CaseInput *input, Str path, Str format, Str delimiter) {
  Arena *arena = &file->test->arena;
  WhereText where = {.arena = arena, .target = path};
  bool csv_file = has_extension(path, STR(".csv"));
  input->csv = format.len ? str_eq_nocase(format, STR("Csv")) : csv_file;
  if (input->csv != csv_file) where_text_set(&where, STR("format"), input->csv ? STR("csv") : STR("json"));
  if (input->csv && delimiter.len == 0) delimiter = case_project_delimiter(&file->project, arena, input->name);
  if (input->csv && delimiter.len) where_text_set(&where, STR("delimiter"), delimiter);
  input->where = where_text_make(&where);
}

static bool take_events(ConfigFile *file, const JsonNode *node, CaseInput *input) {
  Str path = {0}, format = {0}, delimiter = {0}, found;
  if (!take_text(file, node, "FilePath", &path)) return false;
  if (path.len == 0) return wrong(file, node, "input `" STR_FMT "` has no FilePath", STR_ARG(input->name));
  if (!take_format(file, node, &format, &delimiter)) return false;
  if (!find_path(file, path, &found) && str_find_char(found, '*') < 0) {
    wrong(file, get(node, "FilePath"), "there is no file `" STR_FMT "` (events of input `" STR_FMT "`)",
          STR_ARG(found), STR_ARG(input->name));
    return way_out(file, "FilePath is relative to the folder of testConfig.json");
  }
  const char *wide = config_wide_encoding(found.ptr);
  if (wide) {
    wrong(file, get(node, "FilePath"), STR_FMT ": this file is %s, not UTF-8", STR_ARG(found), wide);
    return way_out(file, "save it as UTF-8: iconv -f UTF-16 -t UTF-8 FILE > NEW");
  }
  set_where(file, input, found, format, delimiter);
  return true;
}

static bool take_input(ConfigFile *file, const JsonNode *node) {
  if (!is_object(file, node, "an input")) return false;
  warn_unknown(file, node, case_input_keys);
  Str name = {0};
  if (!take_text(file, node, "Name", &name) || !take_text(file, node, "InputAlias", &name)) return false;
  if (str_trim(name).len == 0) return wrong(file, node, "an input has no InputAlias");
  for (uint32_t i = 0; i < file->test->inputs.len; i++)
    if (str_eq_nocase(file->test->inputs.items[i].name, name)) {
      wrong(file, node, "a second input with the alias `" STR_FMT "`", STR_ARG(name));
      return way_out(file, "an input has one file; several recordings make several cases");
    }
  CaseInput *input = case_add_input(file->test, name);
  return take_type(file, node, input) && take_text(file, node, "ArrivalField", &input->arrival_field) &&
         take_events(file, node, input);
}

/* ---- expected outputs ------------------------------------------------------------------------- */

static bool take_ignored(ConfigFile *file, const JsonNode *node, RowRules *rules) {
  const JsonNode *first;
  if (!take_list(file, node, "IgnoreFields", &first)) return false;
  rules->ignored = ARENA_ARRAY(&file->test->arena, Str, json_count(get(node, "IgnoreFields")) + 1);
  for (; first; first = first->next) {
    if (first->kind != JSON_STRING) return wrong(file, first, "IgnoreFields lists names of fields");
    rules->ignored[rules->ignored_len++] = arena_str(&file->test->arena, first->text);
  }
  return true;
}

static bool take_tolerance(ConfigFile *file, const JsonNode *node, RowRules *rules) {
  const JsonNode *tolerance = get(node, "NumericTolerance");
  if (tolerance == NULL) return true;
  if (tolerance->kind != JSON_NUMBER || tolerance->number < 0)
    return wrong(file, tolerance, "NumericTolerance must be a number, 0 or more: 1e-9 is nine digits");
  rules->tolerance = tolerance->number;
  return true;
}

static bool take_rules(ConfigFile *file, const JsonNode *node, CaseOutput *output) {
  bool required = true;
  if (!take_flag(file, node, "Required", &required) || !take_flag(file, node, "Ordered", &output->rules.ordered))
    return false;
  output->unrequired = !required;
  return take_tolerance(file, node, &output->rules) && take_ignored(file, node, &output->rules);
}

static bool take_rows(ConfigFile *file, const JsonNode *node, CaseOutput *output) {
  Str path = {0};
  if (!take_text(file, node, "FilePath", &path)) return false;
  if (output->unrequired) return true;
  if (path.len == 0) return wrong(file, node, "expected output `" STR_FMT "` has no FilePath", STR_ARG(output->name));
  output->absent = !find_path(file, path, &output->path);
  Error err;
  if (output->absent || config_text_load(&file->test->arena, output->path.ptr, &output->rows, &err) == STATUS_OK)
    return true;
  return case_break_error(file->test, &err);
}

static bool take_output(ConfigFile *file, const JsonNode *node) {
  if (!is_object(file, node, "an expected output")) return false;
  warn_unknown(file, node, case_output_keys);
  Str name = {0};
  if (!take_text(file, node, "OutputAlias", &name)) return false;
  if (str_trim(name).len == 0) return wrong(file, node, "an expected output has no OutputAlias");
  for (uint32_t i = 0; i < file->test->outputs.len; i++)
    if (str_eq_nocase(file->test->outputs.items[i].name, name)) {
      wrong(file, node, "a second expected output with the alias `" STR_FMT "`", STR_ARG(name));
      return way_out(file, "all rows of an output are expected in one file");
    }
  CaseOutput *output = case_add_output(file->test, name);
  return take_rules(file, node, output) && take_rows(file, node, output);
}

/* ---- what else a case says -------------------------------------------------------------------- */

static bool take_notes(ConfigFile *file, const JsonNode *node, const char *key, CaseNotes *notes) {
  const JsonNode *first;
  if (!take_list(file, node, key, &first)) return false;
  notes->stated = get(node, key) != NULL;
  for (; first; first = first->next) {
    if (first->kind != JSON_STRING || str_trim(first->text).len == 0)
      return wrong(file, first, "%s lists texts of the form \"CODE [LINE:COLUMN] [part of the message]\"", key);
    arena_push(&file->test->arena, &notes->items, case_note_parse(&file->test->arena, first->text));
  }
  return true;
}

static bool take_start(ConfigFile *file, const JsonNode *node) {
  Str start = {0};
  if (!take_text(file, node, "StartTime", &start)) return false;
  if (start.len == 0 || datetime_parse(start.ptr, start.len, &file->test->start)) return true;
  wrong(file, get(node, "StartTime"), "StartTime `" STR_FMT "` is no time", STR_ARG(start));
  return way_out(file, "times are written 2026-01-31T08:00:00Z");
}

static bool take_job_config(ConfigFile *file, const JsonNode *node) {
  Str name = file->job_config;
  if (!take_text(file, node, "JobConfig", &name)) return false;
  Str path;
  bool there = find_path(file, name.len ? name : STR("JobConfig.json"), &path);
  if (name.len && !there) {
    wrong(file, get(node, "JobConfig") ? get(node, "JobConfig") : node, "there is no file `" STR_FMT "` (JobConfig)",
          STR_ARG(path));
    return way_out(file, "its path is relative to the folder of testConfig.json");
  }
  JobConfig config = file->project.found ? file->project.desc.config : job_config_default;
  Error err;
  if ((name.len || there) && job_config_load(path.ptr, &config, &file->test->warnings, &err) != STATUS_OK)
    return case_break_error(file->test, &err);
  file->test->policy = config.policy;
  file->test->compat = config.compat;
  file->test->runtime_errors = config.runtime_errors;
  return true;
}

static bool take_query(ConfigFile *file) {
  Error err;
  Str path, text;
  Arena *arena = &file->test->arena;
  if (case_project_query(&file->project, arena, file->folder, file->script, file->path, &path, &err) != STATUS_OK ||
      config_text_load(arena, path.ptr, &text, &err) != STATUS_OK)
    return case_break_error(file->test, &err);
  return case_set_query(file->test, path, text);
}

/* A case that expects errors is not run and needs neither events nor rows. */
static bool check_whole(ConfigFile *file, const JsonNode *node) {
  if (file->test->errors.items.len) return true;
  if (get(node, "Inputs") == NULL || get(node, "Inputs")->first == NULL) {
    wrong(file, node, "the case `" STR_FMT "` has no Inputs", STR_ARG(file->test->name));
    return way_out(file, "name a file of events for each input of the query: "
                         "\"Inputs\": [{\"InputAlias\": \"toll\", \"FilePath\": \"toll.json\"}]");
  }
  if (get(node, "ExpectedOutputs")) return true;
  wrong(file, node, "the case `" STR_FMT "` has no ExpectedOutputs", STR_ARG(file->test->name));
  return way_out(file, "name a file of rows for each output of the query: \"ExpectedOutputs\": "
                       "[{\"OutputAlias\": \"output\", \"FilePath\": \"expected.json\"}]; --update writes it");
}

static bool take_case(ConfigFile *file, const JsonNode *node) {
  const JsonNode *inputs, *outputs;
  if (!is_object(file, node, "a case")) return false;
  warn_unknown(file, node, case_keys);
  Case *test = file->test;
  if (!take_notes(file, node, "ExpectedErrors", &test->errors) ||
      !take_notes(file, node, "ExpectedWarnings", &test->warned) ||
      !take_notes(file, node, "ExpectedQuarantine", &test->quarantine) || !take_start(file, node) ||
      !take_list(file, node, "Inputs", &inputs) || !take_list(file, node, "ExpectedOutputs", &outputs) ||
      !check_whole(file, node) || !take_query(file) || !take_job_config(file, node))
    return false;
  for (; inputs; inputs = inputs->next)
    if (!take_input(file, inputs)) return false;
  for (; outputs; outputs = outputs->next)
    if (!take_output(file, outputs)) return false;
  return true;
}

/* ---- the file --------------------------------------------------------------------------------- */

static Case *add_case(ConfigFile *file, Str name, CaseList *out) {
  file->test = case_new(str_from(file->path), name);
  vec_push(out, file->test);
  return file->test;
}

static Str name_of(ConfigFile *file, const JsonNode *node, unsigned number) {
  const JsonNode *name = get(node, "Name");
  if (name && name->kind == JSON_STRING && str_trim(name->text).len) return str_trim(name->text);
  return arena_printf(&file->arena, "case %u", number);
}

/* What is wrong here breaks the case at hand, which stands for the whole file. */
static bool read_file(ConfigFile *file, JsonNode **root, const JsonNode **cases) {
  Error err;
  if (config_json_load(&file->arena, file->path, &file->text, root, &err) != STATUS_OK)
    return case_break_error(file->test, &err);
  if ((*root)->kind != JSON_OBJECT) return wrong(file, *root, "this is no JSON object but a list or a value");
  if (!take_text(file, *root, "Script", &file->script) || !take_text(file, *root, "JobConfig", &file->job_config))
    return false;
  file->script = arena_str(&file->arena, file->script); /* the case at hand ends before the others */
  file->job_config = arena_str(&file->arena, file->job_config);
  if (!take_list(file, *root, "TestCases", cases)) return false;
  if (*cases) return true;
  warn_unknown(file, *root, case_file_keys);
  wrong(file, *root, "there are no TestCases in this file");
  return way_out(file, "docs/testing.md shows the shape of a testConfig.json");
}

void cases_load_config(const char *path, CaseList *out) {
  ConfigFile file = {.path = path};
  arena_init(&file.arena);
  file.folder = path_folder(&file.arena, str_from(path));
  case_project_open(&file.project, file.folder);
  JsonNode *root;
  const JsonNode *cases = NULL;
  Case *whole = file.test = case_new(str_from(path), STR("testConfig.json"));
  if (read_file(&file, &root, &cases)) {
    for (unsigned number = 1; cases; cases = cases->next, number++) {
      add_case(&file, name_of(&file, cases, number), out);
      if (number == 1) warn_unknown(&file, root, case_file_keys);
      take_case(&file, cases);
    }
    case_free(whole);
  } else {
    vec_push(out, whole);
  }
  case_project_release(&file.project);
  arena_release(&file.arena);
}
