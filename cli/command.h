/* command.h: what a command of the program is. To add one: cmd_<name>.c with a Command at its end, and a line in
** commands.def. It gets for nothing: parsing, checks and --help from its table of options, and its part of
** docs/reference/cli.md. */
#ifndef WEIR_CLI_COMMAND_H
#define WEIR_CLI_COMMAND_H

#include "cli/args.h"

typedef struct Command {
  const char *name;
  const char *usage;       /* what stands behind the name: "QUERY.asaql [options]" */
  const char *summary;     /* one line, for the list of commands */
  const char *details;     /* more of it; NULL: the summary says all */
  const char *examples;    /* one a line */
  const ArgDef *args;      /* NULL: no options but --help */
  size_t options_bytes;    /* of the struct the options go to; zeroed before */
  const char *words;       /* what the words are, for messages: "a query file" */
  unsigned words_min, words_max;
  bool hidden;             /* for the makers of the program: not listed */
  int (*run)(const void *options, const ArgTexts *words); /* the exit status */
} Command;

extern const Command *const commands[]; /* NULL-terminated */
const Command *command_find(Str name);  /* NULL: none */
void command_print_help(const Command *command, StrBuf *out);

#endif
