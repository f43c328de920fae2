/* main.c: finds the command, reads its options, runs it. What the commands do stands in cmd_<name>.c; the contract
** (names, options, exit statuses) is docs/reference/cli.md.
**
** Exit status: 0 success; 1 the work ran and found something wrong; 2 wrong usage or configuration; 3 the outside
** world failed. */
#include <signal.h>

#include "base/diag.h"
#include "cli/command.h"
#include "cli/term.h"

enum { NAMES_MAX = 40 };

/* ---- help ------------------------------------------------------------------------------------- */

static void print_overview(StrBuf *out) {
  strbuf_puts(out, "Weir runs Stream Analytics queries.\n\nUsage: weir COMMAND ...\n\n");
  for (unsigned i = 0; commands[i]; i++)
    if (!commands[i]->hidden)
      strbuf_printf(out, "  %-11s %s\n", commands[i]->name, commands[i]->summary);
  strbuf_puts(out, "\n`weir COMMAND --help` says more about one.\n\n"
                   "Example:\n  weir run alerts.asaql --input toll=events.json --output alerts=alerts.json\n");
}

static void print_lines(const char *text, StrBuf *out) {
  Str line, rest = str_from(text);
  while (rest.len) {
    str_cut(rest, '\n', &line, &rest);
    strbuf_printf(out, "  " STR_FMT "\n", STR_ARG(line));
  }
}

void command_print_help(const Command *command, StrBuf *out) {
  strbuf_printf(out, "weir %s: %s\n\n", command->name, command->summary);
  strbuf_printf(out, "Usage: weir %s %s\n", command->name, command->usage);
  if (command->details) strbuf_printf(out, "\n%s\n", command->details);
  if (command->args) {
    strbuf_puts(out, "\nOptions:\n");
    args_print_help(command->args, out);
  }
  strbuf_puts(out, "\nExample:\n");
  print_lines(command->examples, out);
}

/* ---- commands --------------------------------------------------------------------------------- */

const Command *command_find(Str name) {
  for (unsigned i = 0; commands[i]; i++)
    if (str_eq(name, str_from(commands[i]->name))) return commands[i];
  return NULL;
}

static int unknown_command(const char *name) {
  Str names[NAMES_MAX] = {STR("--help"), STR("--version")}, wanted = str_from(name);
  unsigned count = 2;
  for (unsigned i = 0; commands[i] && count < NAMES_MAX; i++)
    if (!commands[i]->hidden) names[count++] = str_from(commands[i]->name);
  Error err = {0};
  Str nearest = diag_nearest(wanted, names, count);
  error_set(&err, STATUS_CONFIG, "", "there is no command `" STR_FMT "`", STR_ARG(wanted));
  if (nearest.len) error_hint(&err, "did you mean `weir " STR_FMT "`?", STR_ARG(nearest));
  else if (str_ends_nocase(wanted, STR(".asaql")))
    error_hint(&err, "did you mean `weir run " STR_FMT "`?", STR_ARG(wanted));
  else error_hint(&err, "`weir --help` lists the commands");
  return term_error(&err);
}

static Status check_words(const Command *command, const ArgTexts *words, Error *err) {
  if (words->len < command->words_min) {
    error_set(err, STATUS_CONFIG, "", "`weir %s` needs %s", command->name, command->words);
    return error_hint(err, "usage: weir %s %s", command->name, command->usage);
  }
  if (words->len <= command->words_max) return STATUS_OK;
  const char *first = words->items[command->words_max];
  error_set(err, STATUS_CONFIG, "", "`weir %s` does not understand `%s`", command->name, first);
  return error_hint(err, "usage: weir %s %s", command->name, command->usage);
}

static int print_help(const Command *command) {
  StrBuf text = {0};
  command_print_help(command, &text);
  return term_print(&text);
}

static int misused(int argc, char *const *argv, const Error *err) {
  if (args_want_json(argc, argv)) term_use_json();
  return term_error(err);
}

static int run_command(const Command *command, int argc, char *const *argv) {
  void *options = mem_zalloc(command->options_bytes + 1);
  ArgTexts words = {0};
  bool help = false;
  Error err = {0};
  int code;
  Status status = args_parse(command->args, argc, argv, options, &words, &help, &err);
  if (status == STATUS_OK && help) code = print_help(command);
  else if (status != STATUS_OK || check_words(command, &words, &err) != STATUS_OK) code = misused(argc, argv, &err);
  else code = command->run(options, &words);
  args_release(command->args, options);
  vec_release(&words);
  mem_free(options);
  return code;
}

static bool is_one_of(const char *word, const char *a, const char *b) {
  return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

int main(int argc, char **argv) {
  signal(SIGXFSZ, SIG_IGN); /* a file that may not grow (ulimit -f) is a failed write, told like a full disk */
  StrBuf overview = {0};
  if (argc < 2) {
    print_overview(&overview);
    fwrite(overview.ptr, 1, overview.len, stderr);
    strbuf_release(&overview);
    return 2;
  }
  if (is_one_of(argv[1], "--version", "-V")) return run_command(command_find(STR("version")), argc - 2, argv + 2);
  if (is_one_of(argv[1], "--help", "-h") || (strcmp(argv[1], "help") == 0 && argc == 2)) {
    print_overview(&overview);
    return term_print(&overview);
  }
  bool help = strcmp(argv[1], "help") == 0;
  const char *name = help ? argv[2] : argv[1];
  const Command *command = command_find(str_from(name));
  if (command == NULL && args_want_json(argc, argv)) term_use_json();
  if (command == NULL) return unknown_command(name);
  return help ? print_help(command) : run_command(command, argc - 2, argv + 2);
}

#define COMMAND(name) extern const Command cmd_##name;
#include "cli/commands.def"
#undef COMMAND

const Command *const commands[] = {
#define COMMAND(name) &cmd_##name,
#include "cli/commands.def"
#undef COMMAND
  NULL,
};
