/* job_options.c: see job_options.h. The command line wins over the project or job file, which wins over defaults. */
#include "cli/job_options.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/config/config_text.h"
#include "cli/config/job_config.h"
#include "cli/project/files.h"
#include "cli/query_file.h"
#include "cli/term.h"

/* ---- NAME=WHERE ------------------------------------------------------------------------------- */

static Status split(const char *option, const char *text, const char *what, Str *name, Str *rest, Error *err) {
  if (str_cut(str_from(text), '=', name, rest) && str_trim(*name).len && rest->len) {
    *name = str_trim(*name);
    return STATUS_OK;
  }
  error_set(err, STATUS_CONFIG, "", "--%s `%s` is not of the form NAME=%s", option, text, what);
  return error_hint(err, "for example --%s %s", option, strcmp(what, "WHERE") ? "toll=EntryTime" : "toll=events.json");
}

static JobBinding *find_binding(JobBinding *list, uint32_t len, Str name) {
  for (uint32_t i = 0; i < len; i++)
    if (str_eq_nocase(list[i].name, name)) return &list[i];
  return NULL;
}

static Status given_twice(Str name, const char *way_out, Error *err) {
  error_set(err, STATUS_CONFIG, "", "`" STR_FMT "` is bound twice", STR_ARG(name));
  return error_hint(err, "%s", way_out);
}

static Status add_inputs(JobSetup *setup, const ArgTexts *given, bool reference, Error *err) {
  for (uint32_t i = 0; i < given->len; i++) {
    JobBinding binding = {.reference = reference};
    TRY(split(reference ? "reference" : "input", given->items[i], "WHERE", &binding.name, &binding.where, err));
    binding.name = arena_str(&setup->arena, binding.name);
    if (find_binding(setup->inputs.items, setup->inputs.len, binding.name))
      return given_twice(binding.name, "an input has one WHERE; several files are a folder or a glob", err);
    arena_push(&setup->arena, &setup->inputs, binding);
  }
  return STATUS_OK;
}

static Status add_arrivals(JobSetup *setup, const ArgTexts *given, Error *err) {
  for (uint32_t i = 0; i < given->len; i++) {
    Str name, field;
    TRY(split("arrival", given->items[i], "FIELD", &name, &field, err));
    JobBinding *input = find_binding(setup->inputs.items, setup->inputs.len, name);
    if (input == NULL || input->reference) {
      error_set(err, STATUS_CONFIG, "", "--arrival names `" STR_FMT "`, which no --input binds", STR_ARG(name));
      return error_hint(err, "give --input " STR_FMT "=WHERE too", STR_ARG(name));
    }
    input->arrival_field = field;
  }
  return STATUS_OK;
}

void job_setup_bind_output(JobSetup *setup, Str name, Str where) {
  arena_push(&setup->arena, &setup->outputs,
             (JobBinding){.name = arena_str(&setup->arena, name), .where = arena_str(&setup->arena, where)});
  setup->spec.outputs = setup->outputs.items;
  setup->spec.outputs_len = setup->outputs.len;
}

static Status add_outputs(JobSetup *setup, const ArgTexts *given, Error *err) {
  for (uint32_t i = 0; i < given->len; i++) {
    Str name, where;
    TRY(split("output", given->items[i], "WHERE", &name, &where, err));
    if (find_binding(setup->outputs.items, setup->outputs.len, name))
      return given_twice(name, "an output has one WHERE; a second INTO in the query writes the rows once more", err);
    job_setup_bind_output(setup, name, where);
  }
  return STATUS_OK;
}

/* ---- what a project binds --------------------------------------------------------------------- */

/* The command line says where; the project knows whether it is reference data and when events arrived. */
static void complete(JobBinding *given, const DescBinding *described) {
  given->reference = given->reference || described->reference;
  if (given->arrival_field.len == 0) given->arrival_field = described->arrival_field;
}

static void add_described(JobSetup *setup) {
  const DescBindings *inputs = &setup->desc.inputs, *outputs = &setup->desc.outputs;
  for (uint32_t i = 0; i < inputs->len; i++) {
    const DescBinding *one = &inputs->items[i];
    JobBinding *given = find_binding(setup->inputs.items, setup->inputs.len, one->name);
    if (given) complete(given, one);
    if (given || one->where.len == 0) continue;
    JobBinding binding = {.name = one->name, .where = one->where, .reference = one->reference,
                          .arrival_field = one->arrival_field};
    arena_push(&setup->arena, &setup->inputs, binding);
  }
  for (uint32_t i = 0; i < outputs->len; i++) {
    const DescBinding *one = &outputs->items[i];
    if (one->where.len && find_binding(setup->outputs.items, setup->outputs.len, one->name) == NULL)
      job_setup_bind_output(setup, one->name, one->where);
  }
}

static Status open_description(JobSetup *setup, const JobOptions *options, const char *path, Error *err) {
  setup->query = path;
  if (path == NULL || (path_kind(path) == PATH_QUERY && options->bind == NULL)) return STATUS_OK;
  setup->described = true;
  DescOptions wanted = {.registry = setup->spec.registry, .local = options->local, .blobs = options->blobs};
  TRY(desc_open(&setup->desc, path, &wanted, err));
  if (options->bind) TRY(desc_bind(&setup->desc, options->bind, &wanted, err));
  setup->query = setup->desc.query.ptr;
  return STATUS_OK;
}

/* ---- what the binder is told ------------------------------------------------------------------ */

static bool is_standard(const Where *where) {
  return str_eq(where->scheme, STR("file")) && str_eq(where->target, STR("-"));
}

static Status take_stdin(JobSetup *setup, Str name, Error *err) {
  if (setup->reads_stdin.len == 0) return setup->reads_stdin = name, STATUS_OK;
  error_set(err, STATUS_CONFIG, "", "stdin is read by `" STR_FMT "` and by `" STR_FMT "`", STR_ARG(setup->reads_stdin),
            STR_ARG(name));
  return error_hint(err, "what stands in it can be read once; bind one of them to a file");
}

/* What else is wrong with a WHERE of an output is told when it is opened. */
static Status check_outputs(JobSetup *setup, Error *err) {
  for (uint32_t i = 0; i < setup->outputs.len; i++) {
    Where where = {0};
    Error ignored;
    if (where_parse(&setup->arena, setup->outputs.items[i].where, &where, &ignored) != STATUS_OK) continue;
    Status status = config_format_check(&where, err);
    where_release(&where);
    if (status != STATUS_OK) return status;
  }
  return STATUS_OK;
}

/* Every column of a CSV input is text, which the binder has to know. */
static Status look_at(JobSetup *setup, const JobBinding *binding, bool *csv, bool *recorded, Error *err) {
  const IoRegistry *registry = setup->spec.registry;
  Where where = {0};
  Status status = where_parse(&setup->arena, binding->where, &where, err);
  if (status == STATUS_OK) {
    const Str *name = where_option(&where, "format");
    const FormatClass *format = name ? registry_format(registry, *name)
                                     : registry_format_of_path(registry, where.target);
    const SourceClass *source = registry_source(registry, where.scheme);
    *csv = format && strcmp(format->name, "csv") == 0;
    *recorded = source && !source->live;
    status = config_events_check(&setup->arena, &where, err);
    if (status == STATUS_OK && is_standard(&where)) status = take_stdin(setup, binding->name, err);
  } else if (err->who[0] == 0) {
    snprintf(err->who, sizeof err->who, "%s " STR_FMT, binding->reference ? "reference" : "input",
             STR_ARG(binding->name));
  }
  where_release(&where);
  return status;
}

/* An input of the project that cannot run is known all the same. */
static void list_described(JobSetup *setup, BindInput *inputs) {
  for (uint32_t i = 0; i < setup->desc.inputs.len; i++) {
    const DescBinding *one = &setup->desc.inputs.items[i];
    if (find_binding(setup->inputs.items, setup->inputs.len, one->name)) continue;
    inputs[setup->bind.inputs_len++] = (BindInput){.name = one->name, .reference = one->reference};
  }
}

static Status list_inputs(JobSetup *setup, Error *err) {
  BindInput *inputs = ARENA_ARRAY(&setup->arena, BindInput, setup->inputs.len + setup->desc.inputs.len + 1);
  setup->recorded = ARENA_ARRAY(&setup->arena, bool, setup->inputs.len + 1);
  for (uint32_t i = 0; i < setup->inputs.len; i++) {
    const JobBinding *binding = &setup->inputs.items[i];
    inputs[i] = (BindInput){.name = binding->name, .reference = binding->reference};
    TRY(look_at(setup, binding, &inputs[i].csv, &setup->recorded[i], err));
  }
  setup->bind.inputs = inputs;
  setup->bind.inputs_len = setup->inputs.len;
  setup->bind.closed = true;
  list_described(setup, inputs);
  return STATUS_OK;
}

/* ---- policies and the rest -------------------------------------------------------------------- */

static Status set_late(JobSpec *spec, const char *text, Error *err) {
  if (str_eq_nocase(str_from(text), STR("off"))) spec->policy.late = -1;
  else if (!duration_parse(str_from(text), &spec->policy.late)) {
    error_set(err, STATUS_CONFIG, "", "--late takes a duration or off, not `%s`", text);
    return error_hint(err, "durations are written 5s, 250ms, 1m30s, 2h; off tolerates any lateness");
  }
  return STATUS_OK;
}

static Status load_config(const char *path, JobConfig *out, Error *err) {
  StrBuf warnings = {0};
  Status status = job_config_load(path, out, &warnings, err);
  Str line, rest = strbuf_str(&warnings);
  while (str_cut(rest, '\n', &line, &rest)) term_warning(STR_FMT, STR_ARG(line));
  strbuf_release(&warnings);
  return status;
}

static Status set_policies(JobSetup *setup, const JobOptions *options, Error *err) {
  JobConfig config = setup->described ? setup->desc.config : job_config_default;
  JobSpec *spec = &setup->spec;
  if (options->config) TRY(load_config(options->config, &config, err));
  spec->policy = config.policy;
  spec->runtime_errors = config.runtime_errors;
  setup->bind.compat = options->compat ? 9 + options->compat : config.compat;
  if (options->late) TRY(set_late(spec, options->late, err));
  if (options->out_of_order.given) spec->policy.out_of_order = options->out_of_order.ticks;
  if (options->disorder) spec->policy.drop = options->disorder == 2;
  return STATUS_OK;
}

Status job_start_parse(const char *text, StartKind *kind, Ticks *time, Error *err) {
  static const struct { const char *name; StartKind kind; } kinds[] = {
    {"now", START_NOW}, {"earliest", START_EARLIEST}, {"last", START_COMMITTED}};
  for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (str_eq_nocase(str_from(text), str_from(kinds[i].name))) return *kind = kinds[i].kind, STATUS_OK;
  *kind = START_TIME;
  if (datetime_parse(text, strlen(text), time)) return STATUS_OK;
  error_set(err, STATUS_CONFIG, "", "--start takes now, earliest, last or a time, not `%s`", text);
  return error_hint(err, "times are written 2026-01-31T08:00:00Z");
}

static const char *job_name(JobSetup *setup) {
  if (setup->described) return setup->desc.name.ptr;
  return setup->query ? query_file_name(&setup->arena, setup->query) : "query";
}

/* The file itself is made with the first record; that it can be made is known before the first event is read. */
static Status check_quarantine(Arena *arena, Str path, Error *err) {
  struct stat info;
  if (str_eq(path, STR("-"))) return STATUS_OK;
  if (strstr(path.ptr, "://") || str_starts(path, STR("odbc:"))) {
    error_set(err, STATUS_CONFIG, "", "--quarantine takes a file or -, not `" STR_FMT "`", STR_ARG(path));
    return error_hint(err, "bad records are kept in a file, one JSON object a line; - is stderr");
  }
  if (stat(path.ptr, &info) == 0 && S_ISDIR(info.st_mode)) {
    error_set(err, STATUS_CONFIG, "", "--quarantine `" STR_FMT "` is a folder", STR_ARG(path));
    return error_hint(err, "name a file in it");
  }
  Str folder = path_folder(arena, path);
  if (stat(folder.ptr, &info) == 0 && S_ISDIR(info.st_mode)) return STATUS_OK;
  error_set(err, STATUS_CONFIG, "", "--quarantine " STR_FMT ": there is no folder " STR_FMT, STR_ARG(path),
            STR_ARG(folder));
  return error_hint(err, "create it first, or name another file");
}

static Status set_quarantine(JobSetup *setup, const char *given, Error *err) {
  Str path;
  TRY(env_expand(&setup->arena, str_from(given), &path, err));
  TRY(check_quarantine(&setup->arena, path, err));
  setup->spec.quarantine = path.ptr;
  return STATUS_OK;
}

static Status set_rest(JobSetup *setup, const JobOptions *options, Error *err) {
  JobSpec *spec = &setup->spec;
  spec->name = options->name ? options->name : job_name(setup);
  spec->query_file = setup->query ? setup->query : "<query>";
  if (options->quarantine) TRY(set_quarantine(setup, options->quarantine, err));
  spec->until_idle = options->until_idle.ticks;
  if (options->threads.value > 1024) return error_set(err, STATUS_CONFIG, "", "--threads is at most 1024");
  spec->threads = (unsigned)options->threads.value;
  spec->inputs = setup->inputs.items;
  spec->inputs_len = setup->inputs.len;
  return options->start ? job_start_parse(options->start, &spec->start, &spec->start_time, err) : STATUS_OK;
}

Status job_setup(JobSetup *setup, const JobOptions *options, const char *path, const IoRegistry *registry, Error *err) {
  *setup = (JobSetup){.spec.registry = registry};
  arena_init(&setup->arena);
  TRY(open_description(setup, options, path, err));
  TRY(add_inputs(setup, &options->inputs, false, err));
  TRY(add_inputs(setup, &options->references, true, err));
  TRY(add_outputs(setup, &options->outputs, err));
  setup->given_inputs = setup->inputs.len;
  setup->given_outputs = setup->outputs.len;
  add_described(setup);
  TRY(add_arrivals(setup, &options->arrivals, err));
  TRY(list_inputs(setup, err));
  TRY(check_outputs(setup, err));
  TRY(set_policies(setup, options, err));
  return set_rest(setup, options, err);
}

static bool writes(const PlanScript *plan, Str name) {
  for (uint32_t i = 0; i < plan->outputs_len; i++)
    if (str_eq_nocase(plan->outputs[i]->name, name)) return true;
  return false;
}

void job_setup_drop_unused(JobSetup *setup, const PlanScript *plan) {
  uint32_t kept = setup->given_outputs;
  for (uint32_t i = kept; i < setup->outputs.len; i++)
    if (writes(plan, setup->outputs.items[i].name)) setup->outputs.items[kept++] = setup->outputs.items[i];
  setup->outputs.len = kept;
  setup->spec.outputs_len = kept;
}

void job_setup_release(JobSetup *setup) {
  if (setup->described) desc_release(&setup->desc);
  arena_release(&setup->arena);
}

/* ---- the tables ------------------------------------------------------------------------------- */

#define AT(member) offsetof(JobOptions, member)
#define BINDINGS                                                                                                   \
  {"input", ARG_LIST, AT(inputs), "NAME=WHERE", .doc = "an input: a file, folder or glob, - for stdin, kafka://..."},\
  {"reference", ARG_LIST, AT(references), "NAME=WHERE",                                                            \
   .doc = "reference data: a file, or odbc:...?query=SELECT ..."},                                                 \
  {"output", ARG_LIST, AT(outputs), "NAME=WHERE",                                                                  \
   .doc = "an output: a file, - for stdout, kafka://..., odbc:...?table=T; without one rows go to stdout; there "  \
          "rows of several outputs are wrapped as {\"output\": NAME, \"row\": ROW}"},                              \
  {"arrival", ARG_LIST, AT(arrivals), "NAME=FIELD",                                                                \
   .doc = "the field of a recorded input that holds each event's arrival time"}
#define PROJECT                                                                                                    \
  ARG_BIND(AT(bind)),                                                                                              \
  ARG_BLOBS(AT(blobs)),                                                                                            \
  ARG_LOCAL(AT(local)),                                                                                            \
  {"verbose", ARG_FLAG, AT(verbose), .doc = "also says what of a project has no meaning here"}
#define POLICIES                                                                                                   \
  {"config", ARG_TEXT, AT(config), "FILE", .doc = "a JobConfig.json: policies and compatibility level"},           \
  {"late", ARG_TEXT, AT(late), "DURATION|off", .doc = "how late an event may arrive (default 5s)"},                \
  {"out-of-order", ARG_DURATION, AT(out_of_order), "DURATION",                                                     \
   .doc = "how far events are put back in order (default 0s)"},                                                    \
  {"disorder", ARG_CHOICE, AT(disorder), .choices = "adjust|drop",                                                 \
   .doc = "what happens to events outside these tolerances: their time is moved (default), or they are dropped"},  \
  {"compat", ARG_CHOICE, AT(compat), .choices = "1.0|1.1|1.2", .doc = "compatibility level (default 1.2)"}
#define RUNNING                                                                                                    \
  {"name", ARG_TEXT, AT(name), "NAME",                                                                             \
   .doc = "identity of the job: consumer group, quarantine file (default: the file's name)"},                      \
  {"start", ARG_TEXT, AT(start), "now|earliest|last|TIME",                                                         \
   .doc = "where live inputs begin (default now); files are read whole; TIME is that of the first row"},           \
  {"until-idle", ARG_DURATION, AT(until_idle), "DURATION",                                                         \
   .doc = "ends live inputs after this long without an event"},                                                    \
  {"threads", ARG_NUMBER, AT(threads), "N", .doc = "1: everything on one thread; default: as the machine has"},    \
  {"quarantine", ARG_TEXT, AT(quarantine), "FILE",                                                                 \
   .doc = "where bad records are kept (default NAME.quarantine.ndjson; - is stderr)"},                             \
  {"strict", ARG_FLAG, AT(strict), .doc = "exit status 1 when anything was quarantined"},                          \
  {"state", ARG_LATER, .value = "DIR",                                                                             \
   .doc = "until then a restart reads again from the committed position: at least once"},                          \
  {"metrics", ARG_LATER, .value = "HOST:PORT", .doc = "until then the progress line and the summary have the counts"}

const ArgDef run_args[] = {
  BINDINGS, PROJECT, POLICIES, RUNNING,
  {"format", ARG_CHOICE, AT(format), .choices = "text|json",
   .doc = "form of what stands on stderr: diagnostics, errors, warnings, summary"},
  {0},
};

const ArgDef query_args[] = {
  BINDINGS, POLICIES, RUNNING,
  {"format", ARG_CHOICE, AT(format), .choices = "text|json|table",
   .doc = "form of the rows: a table (default on a terminal) or JSON lines (default elsewhere)"},
  {0},
};
