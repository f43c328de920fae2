/* cmd_later.c: commands of the contract that this version does not have: each says so, and what to do instead. */
#include "cli/command.h"

const Command cmd_new = {
  .name = "new",
  .usage = "DIR [--template NAME]",
  .summary = "make a project that runs",
  .examples = "weir new my-project",
  .later = "until then, write the query to a file and run it with `weir run QUERY.asaql --input NAME=WHERE`",
};
