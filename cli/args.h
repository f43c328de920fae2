/* args.h: the words behind a command. A table of options drives parsing, checks, --help and docs/reference/cli.md.
**
** `--name value` and `--name=value` are the same; `--` ends the options; what is no option is a word. A name that
** the table does not have is an error with the nearest name that it has. */
#ifndef WEIR_CLI_ARGS_H
#define WEIR_CLI_ARGS_H

#include "base/status.h"
#include "base/vec.h"
#include "types/datetime.h"

typedef enum ArgKind {
  ARG_FLAG,     /* bool */
  ARG_TEXT,     /* const char *; NULL: not given */
  ARG_LIST,     /* ArgTexts: may be given several times */
  ARG_CHOICE,   /* int: place in choices counted from 1; 0: not given */
  ARG_DURATION, /* ArgDuration */
  ARG_NUMBER,   /* ArgNumber: a whole number, 0 or more */
  ARG_LATER,    /* known and refused: doc says what to do instead */
} ArgKind;

typedef Vec(const char *) ArgTexts;
typedef struct ArgDuration { bool given; Ticks ticks; } ArgDuration;
typedef struct ArgNumber { bool given; int64_t value; } ArgNumber;

typedef struct ArgDef {
  const char *name;    /* without the dashes */
  ArgKind     kind;
  size_t      at;      /* offsetof in the options struct */
  const char *value;   /* how --help shows the value: "NAME=WHERE" */
  const char *choices; /* of ARG_CHOICE: "text|json" */
  const char *doc;
} ArgDef; /* tables end with a row whose name is NULL */

/* Fills the options and the list of words. *help is set by --help and -h; then nothing is checked any more.
** Texts borrow from argv. STATUS_CONFIG with a suggestion for what is not understood. */
Status args_parse(const ArgDef *table, int argc, char *const *argv, void *options, ArgTexts *words, bool *help,
                  Error *err);
/* --format json stands among the words: even the message about the others is then for a machine. */
bool   args_want_json(int argc, char *const *argv);
void   args_release(const ArgDef *table, void *options); /* the lists */
void   args_print_help(const ArgDef *table, StrBuf *out);

#endif
