/* cmd_schema.c: `weir schema`: reads sample events the way a job does (so every format, compression and delimiter is
** understood, and what no job can read is left out here, too) and prints the CREATE TABLE that fits them. */
#include "api.h"
#include "cli/command.h"
#include "cli/config/config_text.h"
#include "cli/schema/schema_text.h"
#include "cli/term.h"
#include "connectors/memory/memory.h"
#include "connectors/registry.h"
#include "io/where.h"

enum { ROWS_DEFAULT = 10000, IDLE_SECONDS = 3 };

typedef struct SchemaOptions {
  const char *name;
  ArgNumber rows;
} SchemaOptions;

typedef struct Sampling {
  Arena arena;
  Str where, name;
  int64_t rows_max;
  Sample sample;
} Sampling;

/* ---- what is read ----------------------------------------------------------------------------- */

/* "a/toll.json.gz?x=y" is toll; a topic is its name; what has none is input. */
static Str name_of_target(Str target) {
  while (target.len && target.ptr[target.len - 1] == '/') target.len--;
  Str rest = target;
  for (ptrdiff_t slash; (slash = str_find_char(rest, '/')) >= 0;) rest = str_sub(rest, (size_t)slash + 1, rest.len);
  ptrdiff_t dot = str_find_char(rest, '.');
  if (dot > 0) rest.len = (size_t)dot;
  return rest.len == 0 || str_eq(rest, STR("-")) || str_eq(rest, STR(".")) || str_find_char(rest, '*') >= 0
             ? STR("input")
             : rest;
}

static Status look_at(Sampling *sampling, const char *name, bool *csv, Error *err) {
  const IoRegistry *registry = connectors_registry();
  Where where = {0};
  Status status = where_parse(&sampling->arena, sampling->where, &where, err);
  if (status == STATUS_OK) {
    const Str *format_name = where_option(&where, "format");
    const FormatClass *format = format_name ? registry_format(registry, *format_name)
                                            : registry_format_of_path(registry, where.target);
    *csv = format && strcmp(format->name, "csv") == 0;
    sampling->name = arena_str(&sampling->arena, name ? str_from(name) : name_of_target(where.target));
    status = config_events_check(&sampling->arena, &where, err);
  }
  where_release(&where);
  return status;
}

/* ---- reading ---------------------------------------------------------------------------------- */

static void on_batch(void *context, Job *job) {
  const Sampling *sampling = context;
  if (job_progress(job)->rows_out >= (uint64_t)sampling->rows_max) job_stop(job);
}

/* With the reason of the last one. */
static void warn_malformed(Job *job, uint64_t malformed) {
  StrBuf reasons = {0};
  Str line, first = {0}, rest;
  job_samples(job, &reasons);
  rest = strbuf_str(&reasons);
  while (str_cut(rest, '\n', &line, &rest))
    if (line.len) first = line;
  term_warning("%llu record%s could not be read: " STR_FMT, (unsigned long long)malformed, malformed == 1 ? "" : "s",
               STR_ARG(str_trim(first)));
  strbuf_release(&reasons);
}

static Status run_query(Sampling *sampling, PlanScript *plan, Error *err) {
  JobBinding input = {.name = sampling->name, .where = sampling->where};
  JobBinding output = {.name = STR("output"), .where = STR("memory:schema")};
  JobSpec spec = {.name = "schema", .query_file = "schema", .inputs = &input, .inputs_len = 1, .outputs = &output,
                  .outputs_len = 1, .policy = {.late = -1}, .start = START_EARLIEST, .start_time = 1,
                  .quarantine = "/dev/null", .until_idle = IDLE_SECONDS * TICKS_PER_SECOND, .threads = 1,
                  .registry = connectors_registry(), .between_batches = on_batch, .context = sampling};
  Job *job;
  TRY(job_open(&spec, plan, &job, err));
  Status status = job_run(job, err);
  uint64_t malformed = job_progress(job)->quarantined;
  if (status == STATUS_OK && malformed) warn_malformed(job, malformed);
  job_close(job);
  return status;
}

static void take_rows(Sampling *sampling) {
  unsigned count;
  char **rows = memory_sink_rows("schema", &count);
  for (unsigned i = 0; i < count && i < sampling->rows_max; i++) sample_add(&sampling->sample, str_from(rows[i]));
  mem_free(rows);
  memory_sink_forget("schema");
}

static Status read_sample(Sampling *sampling, Error *err) {
  BindInput input = {.name = sampling->name, .csv = sampling->sample.csv};
  BindOptions options = {.inputs = &input, .inputs_len = 1, .closed = true, .compat = 12};
  StrBuf text = {0};
  strbuf_puts(&text, "SELECT * FROM ");
  schema_put_name(sampling->name, &text);
  SourceText source;
  source_text_init(&source, STR("<schema>"), strbuf_str(&text));
  Compiled *compiled = compile_query(&source, &options);
  Status status = compiled->plan ? run_query(sampling, compiled->plan, err)
                                 : error_set(err, STATUS_CONFIG, "", "`" STR_FMT "` cannot be the name of an input",
                                             STR_ARG(sampling->name));
  compiled_free(compiled);
  source_text_release(&source);
  strbuf_release(&text);
  if (status == STATUS_OK) take_rows(sampling);
  if (status != STATUS_OK || sampling->sample.events) return status;
  error_set(err, STATUS_DATA, "", STR_FMT ": there are no events to learn from", STR_ARG(sampling->where));
  return error_hint(err, "name a file with sample events: JSON objects, or CSV with a header");
}

/* ---- the command ------------------------------------------------------------------------------ */

static Status check_rows(int64_t rows, Error *err) {
  if (rows) return STATUS_OK;
  error_set(err, STATUS_CONFIG, "", "--rows 0 leaves no event to look at");
  return error_hint(err, "for example --rows 1000");
}

static int run_schema(const void *options, const ArgTexts *words) {
  const SchemaOptions *given = options;
  Sampling sampling = {.where = str_from(words->items[0]),
                       .rows_max = given->rows.given ? given->rows.value : ROWS_DEFAULT};
  arena_init(&sampling.arena);
  sampling.sample.arena = &sampling.arena;
  Error err = {0};
  Status status = check_rows(sampling.rows_max, &err);
  if (status == STATUS_OK) status = look_at(&sampling, given->name, &sampling.sample.csv, &err);
  if (status == STATUS_OK) status = read_sample(&sampling, &err);
  StrBuf text = {0};
  if (status == STATUS_OK) schema_put(&sampling.sample, sampling.name, sampling.where, &text);
  arena_release(&sampling.arena);
  if (status == STATUS_OK) return term_print(&text);
  return term_error(&err);
}

static const ArgDef args[] = {
  {"name", ARG_TEXT, offsetof(SchemaOptions, name), "INPUT",
   .doc = "the input's name in the query (default: that of the file or topic)"},
  {"rows", ARG_NUMBER, offsetof(SchemaOptions, rows), "N", .doc = "events to look at (default 10000)"},
  {0},
};

const Command cmd_schema = {
  .name = "schema",
  .usage = "WHERE [--name INPUT] [--rows N]",
  .summary = "infer CREATE TABLE from sample events",
  .details = "What was seen of each field stands beside it as a comment: types, ranges, examples, how often it is\n"
             "NULL or missing. The output is a query that compiles.",
  .examples = "weir schema events.json\nweir schema 'toll.csv.gz?delimiter=semicolon' --name toll > toll.asaql",
  .args = args,
  .options_bytes = sizeof(SchemaOptions),
  .words = "a file with sample events",
  .words_min = 1,
  .words_max = 1,
  .run = run_schema,
};
