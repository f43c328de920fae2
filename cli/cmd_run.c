/* cmd_run.c: `weir run`: a query with its bindings, until its inputs end or somebody stops it. */
#include "cli/command.h"
#include "cli/run_job.h"
#include "connectors/registry.h"

static int run_run(const void *options, const ArgTexts *words) {
  const JobOptions *given = options;
  RunRequest request = {.path = words->items[0], .options = given, .registry = connectors_registry(),
                        .json = given->format == 2};
  return run_job(&request);
}

const Command cmd_run = {
  .name = "run",
  .usage = "QUERY.asaql|PROJECT|JOB.json [--input NAME=WHERE]... [--reference NAME=WHERE]... "
           "[--output NAME=WHERE]... [option]...",
  .summary = "run a query over files, Kafka topics and databases",
  .details = "PROJECT is a folder with asaproj.json, that file, or a Visual Studio .asaproj; JOB.json names query,\n"
             "inputs, outputs and policies (docs/projects.md).\n"
             "WHERE is a path, - for stdin or stdout, kafka://HOST:9092/TOPIC or odbc:CONNECTION, with options behind\n"
             "a question mark as in a URL; ${NAME} in it is replaced by the environment's value.\n"
             "Recorded inputs run to their end. Ctrl-C finishes what has begun; a second one ends at once.",
  .examples = "weir run alerts.asaql --input toll=events.json --output alerts=alerts.json\n"
              "weir run alerts.asaql --config JobConfig.json "
              "--input toll='kafka://localhost:9092/toll?start=earliest'\n"
              "weir run my-project --local",
  .args = run_args,
  .options_bytes = sizeof(JobOptions),
  .words = "the path of a query, a project or a job file",
  .words_min = 1,
  .words_max = 1,
  .run = run_run,
};
