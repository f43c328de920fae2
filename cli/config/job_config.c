/* job_config.c: see job_config.h. A table says which keys there are and who reads their values. */
#include "cli/config/job_config.h"

#include "base/diag.h"
#include "cli/config/config_text.h"
#include "io/where.h"
#include "types/json.h"

const JobConfig job_config_default = {.policy = {.late = 5 * TICKS_PER_SECOND}, .compat = 12};

/* ---- values ----------------------------------------------------------------------------------- */

typedef struct ConfigReader {
  Arena arena;
  const char *path;
  JobConfig *into;
  StrBuf *warnings, *notes; /* NULL: not wanted */
} ConfigReader;

typedef struct ConfigKey {
  const char *name;
  Status (*set)(ConfigReader *reader, const char *key, Str value, Error *err); /* NULL: nothing to do with it here */
  const char *doc;
} ConfigKey;

static Status bad_value(const ConfigReader *reader, const char *key, Str value, const char *rule, Error *err) {
  error_set(err, STATUS_CONFIG, "", "%s: %s cannot be `" STR_FMT "`", reader->path, key, STR_ARG(value));
  return error_hint(err, "%s", rule);
}

/* Whole seconds, -1 where `unlimited` allows it. */
static bool parse_seconds(Str value, bool unlimited, Ticks *out) {
  int64_t seconds;
  if (!str_to_i64(str_trim(value), &seconds) || seconds < (unlimited ? -1 : 0)) return false;
  if (seconds > TICKS_LAST / TICKS_PER_SECOND) return false;
  *out = seconds == -1 ? -1 : seconds * TICKS_PER_SECOND;
  return true;
}

static Status set_late(ConfigReader *reader, const char *key, Str value, Error *err) {
  if (parse_seconds(value, true, &reader->into->policy.late)) return STATUS_OK;
  return bad_value(reader, key, value, "it is a whole number of seconds; -1 tolerates any lateness", err);
}

static Status set_out_of_order(ConfigReader *reader, const char *key, Str value, Error *err) {
  if (parse_seconds(value, false, &reader->into->policy.out_of_order)) return STATUS_OK;
  return bad_value(reader, key, value, "it is a whole number of seconds, 0 or more", err);
}

static Status set_disorder(ConfigReader *reader, const char *key, Str value, Error *err) {
  reader->into->policy.drop = str_eq_nocase(value, STR("Drop"));
  if (reader->into->policy.drop || str_eq_nocase(value, STR("Adjust"))) return STATUS_OK;
  return bad_value(reader, key, value, "it is \"Adjust\" or \"Drop\"", err);
}

static Status set_compat(ConfigReader *reader, const char *key, Str value, Error *err) {
  static const char *const levels[] = {"1.0", "1.1", "1.2"};
  if (str_eq(value, STR("1"))) value = STR("1.0"); /* written as a number */
  for (int i = 0; i < 3; i++)
    if (str_eq(value, str_from(levels[i]))) return reader->into->compat = 10 + i, STATUS_OK;
  return bad_value(reader, key, value, "compatibility levels are 1.0, 1.1 and 1.2", err);
}

static Status set_runtime_errors(ConfigReader *reader, const char *key, Str value, Error *err) {
  bool stop = str_eq_nocase(value, STR("Stop"));
  reader->into->runtime_errors = stop ? RUNTIME_ERRORS_STOP : RUNTIME_ERRORS_QUARANTINE;
  if (stop || str_eq_nocase(value, STR("Quarantine"))) return STATUS_OK;
  return bad_value(reader, key, value, "it is \"Quarantine\" (the row is put aside) or \"Stop\" (the job ends)", err);
}

static const ConfigKey keys[] = {
  {"EventsLateArrivalMaxDelayInSeconds", set_late,
   "How late an event may arrive; -1, and a file without the key, tolerate any lateness."},
  {"EventsOutOfOrderMaxDelayInSeconds", set_out_of_order, "How far events are put back in order."},
  {"EventsOutOfOrderPolicy", set_disorder,
   "`Adjust` moves events outside these tolerances in time, `Drop` leaves them out."},
  {"CompatibilityLevel", set_compat, "`1.0`, `1.1` or `1.2`."},
  {"RuntimeErrorPolicy", set_runtime_errors,
   "`Quarantine` puts a row that cannot be computed aside, `Stop` ends the job. Not a key of the service."},
  {"DataLocale"}, {"OutputErrorPolicy"}, {"ScriptType"}, {"StreamingUnits"}, {"UseSystemAssignedIdentity"},
  {"GlobalStorage"}, {"GlobalStorageAccountName"}, {"GlobalStorageAccountKey"}, {"JobStorageAccount"},
  {"ContentStoragePolicy"}, {"CustomCodeStorage"}, {"DataSourceCredentialDomain"}, {"Tags"}, {"AccountName"},
  {"AccountKey"}, {"ContainerName"}, {"Path"}, {"UploadFromLocal"}, {"VirtualNetworkConfiguration"}, {"Sku"},
  {"ZipFilePath"}, {"Externals"}, {"Identity"}, {"JobType"}, {"Location"}, {"Name"},
};

/* ---- the file --------------------------------------------------------------------------------- */

enum { KEYS = sizeof keys / sizeof *keys };

static const ConfigKey *find_key(Str name) {
  for (unsigned i = 0; i < KEYS; i++)
    if (str_eq_nocase(name, str_from(keys[i].name))) return &keys[i];
  return NULL;
}

static void tell_unknown(const ConfigReader *reader, Str name) {
  Str names[KEYS];
  for (unsigned i = 0; i < KEYS; i++) names[i] = str_from(keys[i].name);
  Str nearest = diag_nearest(name, names, KEYS);
  if (nearest.len && reader->warnings)
    strbuf_printf(reader->warnings, "%s: the key `" STR_FMT "` is ignored; did you mean `" STR_FMT "`?\n", reader->path,
                  STR_ARG(name), STR_ARG(nearest));
  else if (nearest.len == 0 && reader->notes)
    strbuf_printf(reader->notes, "%s: the key `" STR_FMT "` is not known and ignored\n", reader->path, STR_ARG(name));
}

static Status read_member(ConfigReader *reader, const JsonNode *member, Error *err) {
  const ConfigKey *key = find_key(member->key);
  if (key == NULL) tell_unknown(reader, member->key);
  if (key && key->set == NULL && reader->notes)
    strbuf_printf(reader->notes, "%s: `%s` has no meaning here\n", reader->path, key->name);
  if (key == NULL || key->set == NULL || member->kind == JSON_NULL) return STATUS_OK;
  if (member->kind != JSON_STRING && member->kind != JSON_NUMBER)
    return bad_value(reader, key->name, member->text, "it is a text or a number", err);
  Str value;
  TRY(env_expand(&reader->arena, member->text, &value, err));
  return key->set(reader, key->name, value, err);
}

static Status read_file(ConfigReader *reader, Error *err) {
  JsonNode *root;
  TRY(config_json_load(&reader->arena, reader->path, NULL, &root, err));
  if (root->kind != JSON_OBJECT) return error_set(err, STATUS_CONFIG, "", "%s: this is no JSON object", reader->path);
  for (const JsonNode *member = root->first; member; member = member->next) TRY(read_member(reader, member, err));
  return STATUS_OK;
}

Status job_config_read(const char *path, JobConfig *out, StrBuf *warnings, StrBuf *notes, Error *err) {
  *out = job_config_default;
  out->policy.late = -1;
  ConfigReader reader = {.path = path, .into = out, .warnings = warnings, .notes = notes};
  arena_init(&reader.arena);
  Status status = read_file(&reader, err);
  arena_release(&reader.arena);
  return status;
}

Status job_config_load(const char *path, JobConfig *out, StrBuf *warnings, Error *err) {
  return job_config_read(path, out, warnings, NULL, err);
}

void job_config_keys_print(StrBuf *out) {
  for (unsigned i = 0; i < KEYS; i++)
    if (keys[i].set) strbuf_printf(out, "- `%s`: %s\n", keys[i].name, keys[i].doc);
  strbuf_puts(out, "\nWithout a meaning here, and left alone: ");
  bool first = true;
  for (unsigned i = 0; i < KEYS; i++) {
    if (keys[i].set) continue;
    strbuf_printf(out, "%s`%s`", first ? "" : ", ", keys[i].name);
    first = false;
  }
  strbuf_puts(out, ".\n");
}
