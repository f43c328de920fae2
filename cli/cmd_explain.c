/* cmd_explain.c: `weir explain`: what each stage made of a query. */
#include "cli/command.h"
#include "cli/job_options.h"
#include "cli/query_file.h"
#include "cli/term.h"
#include "connectors/registry.h"

typedef struct ExplainOptions {
  int format; /* 0: not given; else one more than ExplainFormat */
  int stage;  /* 0: not given; else one more than ExplainStage */
  int compat;
  const char *bind, *blobs;
  bool local;
} ExplainOptions;

static Status check_format(ExplainStage stage, ExplainFormat format, Error *err) {
  if (format == EXPLAIN_TEXT || stage >= STAGE_PLAN) return STATUS_OK;
  error_set(err, STATUS_CONFIG, "", "this stage has text only");
  return error_hint(err, "dot, mermaid and json go with --stage plan, graph and programs");
}

static int explain(QueryFile *query, ExplainStage stage, ExplainFormat format) {
  const Compiled *compiled = query->compiled;
  bool ready = stage == STAGE_AST ? compiled->ast != NULL : stage == STAGE_BOUND ? compiled->bound != NULL
                                                                                : compiled->plan != NULL;
  if (!ready) {
    query_file_show(query, format == EXPLAIN_JSON);
    return 1;
  }
  StrBuf text = {0};
  compiled_explain(compiled, stage, format, &text);
  return term_print(&text);
}

static int run_explain(const void *options, const ArgTexts *words) {
  const ExplainOptions *given = options;
  ExplainFormat format = given->format ? (ExplainFormat)(given->format - 1) : EXPLAIN_TEXT;
  ExplainStage stage = given->stage ? (ExplainStage)(given->stage - 1) : STAGE_GRAPH;
  Error err = {0};
  if (check_format(stage, format, &err) != STATUS_OK) return term_error(&err);
  JobSetup setup;
  QueryFile query = {0};
  JobOptions none = {.compat = given->compat, .bind = given->bind, .blobs = given->blobs,
                     .local = given->local};
  Status status = job_setup(&setup, &none, words->items[0], connectors_registry(), &err);
  setup.bind.closed = setup.described; /* FROM of a bare query names its inputs */
  if (status == STATUS_OK) status = query_file_load(&query, setup.query, &setup.bind, &err);
  int code = status == STATUS_OK ? explain(&query, stage, format) : term_error(&err);
  query_file_release(&query);
  job_setup_release(&setup);
  return code;
}

static const ArgDef args[] = {
  {"format", ARG_CHOICE, offsetof(ExplainOptions, format), .choices = "text|dot|mermaid|json",
   .doc = "a tree, a picture for Graphviz or Mermaid, or everything for programs"},
  {"stage", ARG_CHOICE, offsetof(ExplainOptions, stage), .choices = "ast|bound|plan|graph|programs",
   .doc = "how far to go: the tree as parsed, names and types, the plan, the operators with what they keep (default), "
          "also the steps of their expressions"},
  {"compat", ARG_CHOICE, offsetof(ExplainOptions, compat), .choices = "1.0|1.1|1.2", .doc = "compatibility level"},
  ARG_BIND(offsetof(ExplainOptions, bind)),
  ARG_BLOBS(offsetof(ExplainOptions, blobs)),
  ARG_LOCAL(offsetof(ExplainOptions, local)),
  {0},
};

const Command cmd_explain = {
  .name = "explain",
  .usage = "QUERY.asaql|PROJECT|JOB.json [--format FORMAT] [--stage STAGE]",
  .summary = "show the operators of a query, what inputs decode and what is kept",
  .examples = "weir explain alerts.asaql\nweir explain alerts.asaql --format dot | dot -Tsvg > alerts.svg",
  .args = args,
  .options_bytes = sizeof(ExplainOptions),
  .words = "the path of a query, a project or a job file",
  .words_min = 1,
  .words_max = 1,
  .run = run_explain,
};
