/* job_file.c: see job_file.h. Keys are read in the order of the table, not of the file: the policies' file comes
** before the policies that stand beside it. */
#include "cli/project/job_file.h"

#include <stdlib.h>

#include "base/diag.h"
#include "cli/config/config_text.h"
#include "cli/project/files.h"
#include "cli/project/where_text.h"
#include "types/datetime.h"

enum { NAMES_MAX = 64 };

struct JobReader {
  JobDesc *desc;
  const DescOptions *options;
  Str path, folder, text;
  bool fresh;            /* a whole job: a name may stand only once */
  DescBindings *list;    /* of the binding being read */
  DescBinding *into;
  WhereText where;
  bool reference;
};

/* ---- messages --------------------------------------------------------------------------------- */

static Status wrong(const JobReader *reader, const JsonNode *node, Error *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static Status wrong(const JobReader *reader, const JsonNode *node, Error *err, const char *format, ...) {
  unsigned line, column;
  StrBuf message = {0};
  config_text_place(reader->text, node->offset, &line, &column);
  va_list args;
  va_start(args, format);
  strbuf_vprintf(&message, format, args);
  va_end(args);
  error_set(err, STATUS_CONFIG, "", STR_FMT ": line %u, column %u: %s", STR_ARG(reader->path), line, column,
            message.ptr);
  strbuf_release(&message);
  return STATUS_CONFIG;
}

static Status unknown_key(const JobReader *reader, const JobKey *keys, const JsonNode *member, Error *err) {
  Str names[NAMES_MAX];
  unsigned count = 0;
  StrBuf list = {0};
  for (const JobKey *key = keys; key->name && count < NAMES_MAX; key++) {
    strbuf_printf(&list, "%s%s", count ? ", " : "", key->name);
    names[count++] = str_from(key->name);
  }
  Str nearest = diag_nearest(member->key, names, count);
  wrong(reader, member, err, "there is no key `" STR_FMT "` here", STR_ARG(member->key));
  if (nearest.len) error_hint(err, "did you mean `" STR_FMT "`?", STR_ARG(nearest));
  else error_hint(err, "the keys are %s", list.ptr);
  strbuf_release(&list);
  return STATUS_CONFIG;
}

/* ---- values ----------------------------------------------------------------------------------- */

static const JobKey *find_key(const JobKey *keys, Str name) {
  for (const JobKey *key = keys; key->name; key++)
    if (str_eq(name, str_from(key->name))) return key;
  return NULL;
}

static bool is_choice(const char *choices, Str value) {
  Str choice, rest = str_from(choices);
  while (rest.len) {
    str_cut(rest, '|', &choice, &rest);
    if (str_eq_nocase(choice, value)) return true;
  }
  return false;
}

static bool is_scalar(const JsonNode *node) {
  return node->kind == JSON_STRING || node->kind == JSON_NUMBER || node->kind == JSON_BOOL;
}

static bool is_object_kind(JobKeyKind kind) {
  return kind == JOB_BINDINGS || kind == JOB_OPTIONS || kind == JOB_OBJECT;
}

/* An error about a node: what expand_env said, with the place in front. */
static Status place_error(const JobReader *reader, const JsonNode *node, Error *err) {
  Error said = *err;
  wrong(reader, node, err, "%s", said.message);
  return error_hint(err, "%s", said.hint);
}

static Status read_value(JobReader *reader, const JobKey *key, const JsonNode *node, Str *out, Error *err) {
  *out = STR("");
  if (is_object_kind(key->kind)) {
    if (node->kind == JSON_OBJECT) return STATUS_OK;
    return wrong(reader, node, err, "`%s` is an object in braces", key->name);
  }
  if (!is_scalar(node)) return wrong(reader, node, err, "`%s` is a text", key->name);
  if (env_expand(&reader->desc->arena, node->text, out, err) != STATUS_OK) return place_error(reader, node, err);
  Ticks ignored;
  if (key->kind == JOB_CHOICE && !is_choice(key->choices, *out)) {
    wrong(reader, node, err, "`%s` cannot be `" STR_FMT "`", key->name, STR_ARG(*out));
    return error_hint(err, "the choices are %s", key->choices);
  }
  bool limitless = key->kind == JOB_LIMIT && str_eq_nocase(*out, STR("off"));
  if ((key->kind == JOB_DURATION || key->kind == JOB_LIMIT) && !limitless && !duration_parse(*out, &ignored)) {
    wrong(reader, node, err, "`%s` is a duration, not `" STR_FMT "`", key->name, STR_ARG(*out));
    return error_hint(err, "durations are written 5s, 250ms, 1m30s, 2h");
  }
  return STATUS_OK;
}

static Status check_members(JobReader *reader, const JobKey *keys, const JsonNode *object, Error *err) {
  for (const JsonNode *member = object->first; member; member = member->next) {
    if (find_key(keys, member->key) == NULL) return unknown_key(reader, keys, member, err);
    for (const JsonNode *other = object->first; other != member; other = other->next)
      if (str_eq(other->key, member->key))
        return wrong(reader, member, err, "the key `" STR_FMT "` is given twice", STR_ARG(member->key));
  }
  return STATUS_OK;
}

static Status read_members(JobReader *reader, const JobKey *keys, const JsonNode *object, Error *err) {
  TRY(check_members(reader, keys, object, err));
  for (const JobKey *key = keys; key->name; key++) {
    const JsonNode *node = json_get(object, key->name);
    if (node == NULL || node->kind == JSON_NULL) {
      if (!key->required) continue;
      return wrong(reader, object, err, "the key `%s` is missing: %s", key->name, key->doc);
    }
    Str value;
    TRY(read_value(reader, key, node, &value, err));
    if (key->members) TRY(read_members(reader, key->members, node, err));
    if (key->set) TRY(key->set(reader, node, value, err));
  }
  return STATUS_OK;
}

/* ---- bindings --------------------------------------------------------------------------------- */

/* A variable that is not set breaks one binding, which the command line may replace. */
static bool expand(JobReader *reader, Str text, Str *out) {
  Error err = {0};
  if (env_expand(&reader->desc->arena, text, out, &err) == STATUS_OK) return true;
  reader->into->problem = arena_str(&reader->desc->arena, str_from(err.message));
  return false;
}

/* Paths in the file count from its folder. */
static Str from_folder(JobReader *reader, Str path) {
  if (str_eq(path, STR("-")) || path_is_absolute(path)) return path;
  return path_join(&reader->desc->arena, reader->folder, path);
}

static Status take_where(JobReader *reader, const JsonNode *node, Str text, Error *err) {
  Where where;
  WhereText *made = &reader->where;
  Str ignored;
  if (!expand(reader, text, &ignored)) return STATUS_OK;
  if (where_parse(&reader->desc->arena, text, &where, err) != STATUS_OK) return place_error(reader, node, err);
  bool file = str_eq_nocase(where.scheme, STR("file"));
  made->scheme = file ? NULL : arena_cstr(&reader->desc->arena, where.scheme);
  made->target = file ? from_folder(reader, where.target) : where.target;
  for (uint32_t i = 0; i < where.options.len; i++)
    where_text_set(made, where.options.items[i].name, where.options.items[i].value);
  where_release(&where);
  return STATUS_OK;
}

static Status set_where(JobReader *reader, const JsonNode *node, Str value, Error *err) {
  return take_where(reader, node, node->text, err);
}

static Status set_arrival(JobReader *reader, const JsonNode *node, Str value, Error *err) {
  reader->into->arrival_field = value;
  return STATUS_OK;
}

/* An option that neither the connector nor a format has. Kafka takes any librdkafka property, so it is asked later. */
static Status check_option(JobReader *reader, const JsonNode *member, Error *err) {
  const OptionDef *tables[NAMES_MAX] = {0};
  unsigned count = 0;
  const IoRegistry *io = reader->options->registry;
  Str scheme = reader->where.scheme ? str_from(reader->where.scheme) : STR("file");
  const SourceClass *source = registry_source(io, scheme);
  const RowsClass *rows = registry_rows(io, scheme);
  const SinkClass *sink = registry_sink(io, scheme);
  bool output = reader->list == &reader->desc->outputs;
  if (str_eq_nocase(scheme, STR("kafka"))) return STATUS_OK;
  if (source && !output) tables[count++] = source->options;
  if (rows && !output) tables[count++] = rows->options;
  if (sink && output) tables[count++] = sink->options;
  for (unsigned i = 0; io->formats[i] && count + 1 < NAMES_MAX; i++)
    if (io->formats[i]->options) tables[count++] = io->formats[i]->options;
  for (unsigned i = 0; i < count; i++)
    for (const OptionDef *def = tables[i]; def && def->name; def++)
      if (str_eq_nocase(member->key, str_from(def->name))) return STATUS_OK;
  options_unknown(tables, member->key, "", err);
  return place_error(reader, member, err);
}

static Status set_options(JobReader *reader, const JsonNode *node, Str value, Error *err) {
  for (const JsonNode *member = node->first; member; member = member->next) {
    Str text;
    if (!is_scalar(member)) return wrong(reader, member, err, "an option is a text, a number, true or false");
    TRY(check_option(reader, member, err));
    if (!expand(reader, member->text, &text)) return STATUS_OK;
    where_text_set(&reader->where, member->key, text);
  }
  return STATUS_OK;
}

/* The embedded broker is filled from a file. */
static Str finish_where(JobReader *reader) {
  for (uint32_t i = 0; reader->where.scheme && i < reader->where.options.len; i++) {
    OptionPair *pair = &reader->where.options.items[i];
    if (str_eq_nocase(pair->name, STR("replay"))) pair->value = from_folder(reader, pair->value);
  }
  return where_text_make(&reader->where);
}

static Status check_name(const JobReader *reader, const JsonNode *object, const JsonNode *member, Error *err) {
  if (str_trim(member->key).len == 0) return wrong(reader, member, err, "the name is empty");
  for (const JsonNode *other = object->first; other != member; other = other->next)
    if (str_eq_nocase(other->key, member->key))
      return wrong(reader, member, err, "`" STR_FMT "` is bound twice", STR_ARG(member->key));
  bool known = reader->fresh && desc_find(reader->list, member->key);
  return known ? wrong(reader, member, err, "`" STR_FMT "` is bound twice", STR_ARG(member->key)) : STATUS_OK;
}

/* In place of what the project says; what that knows of the events stays. */
static void replace(DescBinding *before, DescBinding by) {
  by.name = before->name;
  by.reference = by.reference || before->reference;
  if (by.arrival_field.len == 0) by.arrival_field = before->arrival_field;
  *before = by;
}

static Status read_binding(JobReader *reader, const JsonNode *member, Error *err) {
  DescBinding binding = {.name = member->key, .reference = reader->reference, .file = reader->path};
  reader->into = &binding;
  reader->where = (WhereText){.arena = &reader->desc->arena};
  if (member->kind == JSON_STRING) TRY(take_where(reader, member, member->text, err));
  else if (member->kind == JSON_OBJECT) TRY(read_members(reader, job_binding_keys, member, err));
  else return wrong(reader, member, err, "this is neither a WHERE in quotes nor an object with one");
  if (binding.arrival_field.len && reader->list == &reader->desc->outputs)
    return wrong(reader, member, err, "`arrival` belongs to inputs");
  if (binding.problem.len == 0) binding.where = finish_where(reader);
  DescBinding *before = desc_find(reader->list, binding.name);
  if (before) replace(before, binding);
  else arena_push(&reader->desc->arena, reader->list, binding);
  return STATUS_OK;
}

static Status read_bindings(JobReader *reader, DescBindings *list, bool reference, const JsonNode *node, Error *err) {
  reader->list = list;
  reader->reference = reference;
  for (const JsonNode *member = node->first; member; member = member->next) {
    TRY(check_name(reader, node, member, err));
    TRY(read_binding(reader, member, err));
  }
  return STATUS_OK;
}

static Status set_inputs(JobReader *reader, const JsonNode *node, Str value, Error *err) {
  return read_bindings(reader, &reader->desc->inputs, false, node, err);
}

static Status set_references(JobReader *reader, const JsonNode *node, Str value, Error *err) {
  return read_bindings(reader, &reader->desc->inputs, true, node, err);
}

static Status set_outputs(JobReader *reader, const JsonNode *node, Str value, Error *err) {
  return read_bindings(reader, &reader->desc->outputs, false, node, err);
}

/* ---- the rest --------------------------------------------------------------------------------- */

static Status set_name(JobReader *reader, const JsonNode *node, Str value, Error *err) {
  reader->desc->name = value;
  return STATUS_OK;
}

static Status set_query(JobReader *reader, const JsonNode *node, Str value, Error *err) {
  if (path_find(&reader->desc->arena, reader->folder, value, &reader->desc->query)) return STATUS_OK;
  return wrong(reader, node, err, "there is no query `" STR_FMT "`", STR_ARG(reader->desc->query));
}

static Status set_config(JobReader *reader, const JsonNode *node, Str value, Error *err) {
  StrBuf warnings = {0};
  Str path = from_folder(reader, value);
  if (!path_is_file(path)) return wrong(reader, node, err, "there is no file `" STR_FMT "`", STR_ARG(path));
  Status status = job_config_load(path.ptr, &reader->desc->config, &warnings, err);
  notes_lines(&reader->desc->notes, true, strbuf_str(&warnings));
  strbuf_release(&warnings);
  return status;
}

static Status set_late(JobReader *reader, const JsonNode *node, Str value, Error *err) {
  reader->desc->config.policy.late = -1;
  duration_parse(value, &reader->desc->config.policy.late); /* "off" stays without limit */
  return STATUS_OK;
}

static Status set_out_of_order(JobReader *reader, const JsonNode *node, Str value, Error *err) {
  duration_parse(value, &reader->desc->config.policy.out_of_order);
  return STATUS_OK;
}

static Status set_disorder(JobReader *reader, const JsonNode *node, Str value, Error *err) {
  reader->desc->config.policy.drop = str_eq_nocase(value, STR("drop"));
  return STATUS_OK;
}

static Status set_compat(JobReader *reader, const JsonNode *node, Str value, Error *err) {
  reader->desc->config.compat = 10 + (value.ptr[value.len - 1] - '0'); /* one of the choices */
  return STATUS_OK;
}

static Status set_runtime_errors(JobReader *reader, const JsonNode *node, Str value, Error *err) {
  bool stop = str_eq_nocase(value, STR("stop"));
  reader->desc->config.runtime_errors = stop ? RUNTIME_ERRORS_STOP : RUNTIME_ERRORS_QUARANTINE;
  return STATUS_OK;
}

/* ---- the files -------------------------------------------------------------------------------- */

static Status read_file(JobReader *reader, const JobKey *keys, Error *err) {
  JsonNode *root;
  Arena *arena = &reader->desc->arena;
  reader->folder = path_folder(arena, reader->path);
  Status status = config_json_load(arena, reader->path.ptr, &reader->text, &root, err);
  if (status != STATUS_OK && reader->fresh && err->hint[0] == 0)
    error_hint(err, "this file stands for a job: query, inputs, outputs; --input binds recorded events");
  if (status != STATUS_OK) return status;
  if (root->kind != JSON_OBJECT) return wrong(reader, root, err, "a job is an object in braces");
  return read_members(reader, keys, root, err);
}

Status job_file_read(JobDesc *desc, const char *path, const DescOptions *options, Error *err) {
  JobReader reader = {.desc = desc, .options = options, .fresh = true};
  reader.path = arena_str(&desc->arena, str_from(path));
  desc->file = reader.path;
  desc->folder = path_folder(&desc->arena, reader.path);
  Str base = path_base(reader.path);
  if (str_ends_nocase(base, STR(".json"))) base.len -= 5;
  desc->name = arena_str(&desc->arena, base);
  return read_file(&reader, job_keys, err);
}

Status bind_file_read(JobDesc *desc, const char *path, const DescOptions *options, Error *err) {
  JobReader reader = {.desc = desc, .options = options, .path = arena_str(&desc->arena, str_from(path))};
  return read_file(&reader, bind_keys, err);
}

/* ---- the tables ------------------------------------------------------------------------------- */

static const JobKey policy_keys[] = {
  {"late", JOB_LIMIT, .doc = "How late an event may arrive; off tolerates any lateness. Default 5s.", .set = set_late},
  {"out-of-order", JOB_DURATION, .doc = "How far events are put back in order. Default 0s.",
   .set = set_out_of_order},
  {"disorder", JOB_CHOICE, "adjust|drop",
   .doc = "Whether events outside these tolerances are moved in time or dropped. Default adjust.", .set = set_disorder},
  {"compat", JOB_CHOICE, "1.0|1.1|1.2", .doc = "Compatibility level. Default 1.2.", .set = set_compat},
  {"runtime-errors", JOB_CHOICE, "quarantine|stop",
   .doc = "Whether a row that cannot be computed is put aside or ends the job. Default quarantine.",
   .set = set_runtime_errors},
  {0},
};

#define JOB_BINDING_KEYS                                                                                            \
  {"inputs", JOB_BINDINGS, .doc = "Where the events of each input come from.", .set = set_inputs},                  \
  {"references", JOB_BINDINGS, .doc = "Where the reference data comes from.", .set = set_references},               \
  {"outputs", JOB_BINDINGS, .doc = "Where the rows of each output go; without one they go to stdout.",              \
   .set = set_outputs}

const JobKey job_binding_keys[] = {
  {"where", JOB_TEXT, .required = true, .doc = "A WHERE: a path, kafka://..., odbc:..., options may follow a `?`.",
   .set = set_where},
  {"options", JOB_OPTIONS, .doc = "Options of the connector and the format, as behind the `?` of a WHERE.",
   .set = set_options},
  {"arrival", JOB_TEXT, .doc = "The field of a recorded input that holds each event's arrival time.",
   .set = set_arrival},
  {0},
};

const JobKey job_keys[] = {
  {"$schema", JOB_TEXT, .doc = "For editors: the path of job.schema.json."},
  {"name", JOB_TEXT, .doc = "Identity of the job: consumer group, quarantine file. Default: the name of the file.",
   .set = set_name},
  {"query", JOB_TEXT, .required = true, .doc = "The path of the query.", .set = set_query},
  JOB_BINDING_KEYS,
  {"config", JOB_TEXT, .doc = "The path of a JobConfig.json, whose policies hold where `policies` says nothing.",
   .set = set_config},
  {"policies", JOB_OBJECT, .members = policy_keys, .doc = "What happens to late and disordered events and to errors."},
  {0},
};

const JobKey bind_keys[] = {
  {"$schema", JOB_TEXT, .doc = "For editors: the path of job.schema.json."},
  JOB_BINDING_KEYS,
  {0},
};
