/* cmd_query.c: `weir query`: `weir run` for one-liners: the query is a word, rows come as a table on a terminal. */
#include "cli/command.h"
#include "cli/run_job.h"
#include "cli/table_sink.h"
#include "cli/term.h"
#include "connectors/registry.h"

enum { FORMAT_TABLE = 3, SINKS_MAX = 32 };

/* The connectors of the program, and the table. */
static const IoRegistry *with_table(void) {
  static const SinkClass *sinks[SINKS_MAX];
  static IoRegistry registry;
  registry = *connectors_registry();
  unsigned count = 0;
  while (registry.sinks[count] && count + 2 < SINKS_MAX) sinks[count] = registry.sinks[count], count++;
  sinks[count] = &table_sink;
  registry.sinks = sinks;
  return &registry;
}

/* The name of a query where its text is wanted. */
static Status check_text(const char *text, Error *err) {
  if (!str_ends_nocase(str_from(text), STR(".asaql")) || strchr(text, ' ')) return STATUS_OK;
  error_set(err, STATUS_CONFIG, "", "`weir query` takes the text of a query, not the file `%s`", text);
  return error_hint(err, "weir run %s runs it", text);
}

static int run_query(const void *options, const ArgTexts *words) {
  const JobOptions *given = options;
  Error err = {0};
  if (check_text(words->items[0], &err) != STATUS_OK) return term_error(&err);
  bool table = given->format ? given->format == FORMAT_TABLE : term_is_terminal(stdout);
  RunRequest request = {.text = words->items[0], .options = given, .brief = true,
                        .registry = table ? with_table() : connectors_registry(),
                        .rows_to = table ? TABLE_WHERE : NULL,
                        .rows_to_each = TABLE_WHERE_TITLED};
  return run_job(&request);
}

const Command cmd_query = {
  .name = "query",
  .usage = "'SELECT ...' [--input NAME=WHERE]... [option]...",
  .summary = "run a one-line query and print its rows",
  .examples = "weir query 'SELECT TollId, Toll FROM toll WHERE Toll > 8' --input toll=events.json\n"
              "weir query 'SELECT COUNT(*) AS n FROM s TIMESTAMP BY t GROUP BY TumblingWindow(minute, 1)' "
              "--input s=s.csv",
  .args = query_args,
  .options_bytes = sizeof(JobOptions),
  .words = "a query",
  .words_min = 1,
  .words_max = 1,
  .run = run_query,
};
