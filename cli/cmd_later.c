/* cmd_later.c: commands of the contract that this version does not have: each says so, and what to do instead. */
#include "cli/command.h"

const Command cmd_new = {
  .name = "new",
  .usage = "DIR [--template NAME]",
  .summary = "make a project that runs",
  .examples = "weir new my-project",
  .later = "until then, write the query to a file and run it with `weir run QUERY.asaql --input NAME=WHERE`",
};

const Command cmd_schema = {
  .name = "schema",
  .usage = "WHERE",
  .summary = "infer CREATE TABLE from sample events",
  .examples = "weir schema events.json",
  .later = "until then, write CREATE TABLE by hand; JSON inputs work without one",
};
