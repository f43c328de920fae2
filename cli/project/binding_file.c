/* binding_file.c: see binding_file.h. */
#include "cli/project/binding_file.h"

#include "base/diag.h"

enum { NAMES_MAX = 64 };

/* ---- reading keys ----------------------------------------------------------------------------- */

void file_problem(BindingFile *file, const char *format, ...) {
  StrBuf text = {0};
  if (file->into->problem.len) strbuf_printf(&text, STR_FMT ", ", STR_ARG(file->into->problem));
  va_list args;
  va_start(args, format);
  strbuf_vprintf(&text, format, args);
  va_end(args);
  file->into->problem = arena_str(&file->desc->arena, strbuf_str(&text));
  strbuf_release(&text);
}

/* Tools that hide a secret leave something in its place that cannot be one. */
static bool is_placeholder(Str text) {
  for (size_t i = 0; i < text.len; i++)
    if (!strchr("*.xX", text.ptr[i])) return text.ptr[0] == '<' && text.ptr[text.len - 1] == '>';
  return true;
}

bool file_text(BindingFile *file, const JsonNode *object, const char *key, Str *out) {
  const JsonNode *node = json_get(object, key);
  *out = STR("");
  if (node == NULL || (node->kind != JSON_STRING && node->kind != JSON_NUMBER && node->kind != JSON_BOOL)) return false;
  Error err = {0};
  if (env_expand(&file->desc->arena, node->text, out, &err) != STATUS_OK) {
    file_problem(file, "%s", err.message);
    return false;
  }
  *out = str_trim(*out);
  return out->len > 0;
}

bool file_need(BindingFile *file, const char *key, Str *out) {
  Str before = file->into->problem;
  if (file_text(file, file->block, key, out) && !is_placeholder(*out)) return true;
  bool told = before.len != file->into->problem.len; /* a variable that is not set */
  if (!told) file_problem(file, "no %s", key);
  return false;
}

void file_option(BindingFile *file, const char *option, Str value) {
  where_text_set(&file->where, str_from(option), value);
}

void file_take(BindingFile *file, const char *key, const char *option) {
  Str value;
  if (file_text(file, file->block, key, &value)) file_option(file, option, value);
}

/* ---- keys nobody knows ------------------------------------------------------------------------ */

#define ROOT_KEYS                                                                                                  \
  "Name|Type|DataSourceType|ScriptType|Sample|Serialization|DataSourceCredentialDomain|CompressionType|"          \
  "CompresssionType|PartitionKey|InputPartionKey|InputPartitionKey|MinimumRows|MaximumTime|InputAlias|OutputAlias|" \
  "Format|FilePath|SerializationDllPath|SerializationClassName|SerializationDllPathInLocal|"                       \
  "SerializationProjectPath|ArrivalField|Options|WatermarkSettings|BlobReferenceProperties|SqlReferenceInputInfo"
#define SERIALIZATION_KEYS                                                                                         \
  "Type|Encoding|FieldDelimiter|Format|SerializationDllPath|SerializationClassName|SerializationDllPathInLocal|"   \
  "SerializationProjectPath"

static unsigned split_names(const char *list, Str *names, unsigned count) {
  Str rest = str_from(list);
  while (rest.len && count < NAMES_MAX) str_cut(rest, '|', &names[count++], &rest);
  return count;
}

static bool is_listed(Str name, const Str *names, unsigned count) {
  for (unsigned i = 0; i < count; i++)
    if (str_eq_nocase(name, names[i])) return true;
  return false;
}

static void check_keys(BindingFile *file, const JsonNode *object, const Str *names, unsigned count) {
  for (const JsonNode *member = object ? object->first : NULL; member; member = member->next) {
    if (is_listed(member->key, names, count) || member->kind == JSON_NULL) continue;
    notes_unknown_key(&file->desc->notes, file->path, member->key, names, count);
  }
}

static void check_all_keys(BindingFile *file) {
  Str names[NAMES_MAX];
  unsigned count = split_names(ROOT_KEYS, names, 0);
  for (const SourceType *type = source_types; type->name; type++)
    if (type->blocks) count = split_names(type->blocks, names, count);
  check_keys(file, file->root, names, count);
  check_keys(file, json_get(file->root, "Serialization"), names, split_names(SERIALIZATION_KEYS, names, 0));
  if (file->block && file->type->keys) check_keys(file, file->block, names, split_names(file->type->keys, names, 0));
}

/* ---- formats ---------------------------------------------------------------------------------- */

static bool is_one_of(Str text, const char *list) {
  Str names[NAMES_MAX];
  return is_listed(text, names, split_names(list, names, 0));
}

static void set_delimiter(BindingFile *file, const JsonNode *serialization) {
  const JsonNode *node = json_get(serialization, "FieldDelimiter");
  file->into->csv = true;
  if (node == NULL || node->kind != JSON_STRING || node->text.len == 0) return;
  file->into->delimiter = node->text;
  file_option(file, "delimiter", node->text);
}

void file_format(BindingFile *file) {
  const JsonNode *serialization = json_get(file->root, "Serialization");
  Str type, encoding, layout, packed;
  if (!file_text(file, serialization, "Type", &type)) file_text(file, file->root, "Format", &type);
  if (file_text(file, serialization, "Encoding", &encoding) && !is_one_of(encoding, "UTF8|UTF-8"))
    file_problem(file, "encoding " STR_FMT " (only UTF8 is read and written)", STR_ARG(encoding));
  if (type.len == 0 || str_eq_nocase(type, STR("Json"))) {
    file_option(file, "format", STR("json"));
  } else if (str_eq_nocase(type, STR("Csv"))) {
    file_option(file, "format", STR("csv"));
    set_delimiter(file, serialization);
  } else {
    file_problem(file, "serialization " STR_FMT " is not in this version (Json and Csv are)", STR_ARG(type));
  }
  if (file->output && file_text(file, serialization, "Format", &layout) && str_eq_nocase(layout, STR("Array")))
    notes_add(&file->desc->notes, STR_FMT ": rows are written one a line, not as an array", STR_ARG(file->path));
  if (!file_text(file, file->root, "CompressionType", &packed))
    file_text(file, file->root, "CompresssionType", &packed);
  if (packed.len == 0 || str_eq_nocase(packed, STR("None"))) return;
  bool unpacks = file->where.scheme == NULL || !file->output; /* files, and payloads that are read */
  if (unpacks && str_eq_nocase(packed, STR("GZip"))) file_option(file, "compression", STR("gzip"));
  else file_problem(file, "compression " STR_FMT " is not in this version", STR_ARG(packed));
}

/* Options of the connector and the format by their own names, as behind the question mark of a WHERE. */
static void set_options(BindingFile *file) {
  const JsonNode *options = json_get(file->root, "Options");
  for (const JsonNode *member = options ? options->first : NULL; member; member = member->next) {
    Str value;
    const char *name = arena_cstr(&file->desc->arena, member->key);
    if (!file_text(file, options, name, &value)) continue;
    bool path = str_eq_nocase(member->key, STR("replay")) && !path_is_absolute(value);
    file_option(file, name, path ? path_join(&file->desc->arena, file->folder, value) : value);
  }
}

/* ---- the file --------------------------------------------------------------------------------- */

/* "Event Hub", "EventHub" and "event-hub" are the same. */
static bool same_type(Str left, Str right) {
  size_t i = 0, j = 0;
  for (;;) {
    while (i < left.len && strchr(" -_", left.ptr[i])) i++;
    while (j < right.len && strchr(" -_", right.ptr[j])) j++;
    if (i == left.len || j == right.len) return i == left.len && j == right.len;
    if (!str_eq_nocase(str_sub(left, i, i + 1), str_sub(right, j, j + 1))) return false;
    i++, j++;
  }
}

static const SourceType *find_type(Str name) {
  for (const SourceType *type = source_types; type->name; type++)
    if (same_type(name, str_from(type->name))) return type;
  return NULL;
}

static void unknown_type(BindingFile *file, Str name) {
  Str names[NAMES_MAX];
  unsigned count = 0;
  for (const SourceType *type = source_types; type->name && count < NAMES_MAX; type++)
    names[count++] = str_from(type->name);
  Str nearest = diag_nearest(name, names, count);
  if (nearest.len)
    notes_warn(&file->desc->notes, STR_FMT ": DataSourceType `" STR_FMT "` is not known; did you mean `" STR_FMT "`?",
               STR_ARG(file->path), STR_ARG(name), STR_ARG(nearest));
  file_problem(file, "an unknown DataSourceType");
}

static const JsonNode *find_block(const JsonNode *root, const char *blocks) {
  Str names[NAMES_MAX];
  unsigned count = blocks ? split_names(blocks, names, 0) : 0;
  for (unsigned i = 0; i < count; i++) {
    char key[64] = {0};
    if (names[i].len < sizeof key) memcpy(key, names[i].ptr, names[i].len);
    const JsonNode *node = json_get(root, key);
    if (node && node->kind == JSON_OBJECT) return node;
  }
  return NULL;
}

static Status read_name(BindingFile *file, Error *err) {
  static const char *const keys[] = {"Name", "InputAlias", "OutputAlias"};
  for (unsigned i = 0; i < sizeof keys / sizeof *keys && file->into->name.len == 0; i++) {
    const JsonNode *node = json_get(file->root, keys[i]);
    if (node && node->kind == JSON_STRING) file->into->name = str_trim(node->text);
  }
  if (file->into->name.len) return STATUS_OK;
  return error_set(err, STATUS_CONFIG, "", STR_FMT ": the key `Name` is missing: it names the %s in the query",
                   STR_ARG(file->path), file->output ? "output" : "input");
}

/* The mocks of older tools have no DataSourceType: they name a file. */
static void read_type(BindingFile *file) {
  Str name, path, script;
  file_text(file, file->root, "DataSourceType", &name);
  file_text(file, file->root, "ScriptType", &script);
  if (str_eq_nocase(script, STR("InputMock")) || (name.len == 0 && file_text(file, file->root, "FilePath", &path)))
    name = STR("Local Input");
  file->type = find_type(name);
  file->into->kind = file->type ? str_from(file->type->name) : name;
  if (file->type) file->block = find_block(file->root, file->type->blocks);
  else if (name.len) unknown_type(file, name);
  else file_problem(file, "no DataSourceType");
}

static void run_bind(BindingFile *file) {
  const SourceType *type = file->type;
  if (type->bind == NULL) {
    file_problem(file, "not in this version");
  } else if (type->blocks && file->block == NULL) {
    Str block, rest;
    str_cut(str_from(type->blocks), '|', &block, &rest);
    file_problem(file, "no " STR_FMT, STR_ARG(block));
  } else {
    type->bind(file);
    set_options(file);
  }
}

Status binding_file_read(BindingFile *file, Error *err) {
  Str type;
  file->where = (WhereText){.arena = &file->desc->arena};
  file->into->file = file->path;
  TRY(read_name(file, err));
  read_type(file);
  file_text(file, file->root, "Type", &type);
  file->into->reference = !file->output && str_starts_nocase(type, STR("Reference"));
  file_text(file, file->root, "ArrivalField", &file->into->arrival_field);
  check_all_keys(file);
  if (file->type) run_bind(file);
  if (file->into->problem.len == 0) file->into->where = where_text_make(&file->where);
  return STATUS_OK;
}
