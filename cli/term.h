/* term.h: how the program speaks to people: on stderr, in colour only on a terminal and never with NO_COLOR. */
#ifndef WEIR_CLI_TERM_H
#define WEIR_CLI_TERM_H

#include <stdio.h>

#include "base/status.h"
#include "base/str.h"

bool     term_is_terminal(FILE *stream);
bool     term_colour(FILE *stream);   /* whether to use colours on it */
unsigned term_columns(FILE *stream);  /* width of the terminal; 80 when it does not say */
/* From here on errors, warnings and notes are JSON objects, one a line: {"error": text, "help": text}, {"warning":
** text}, {"notice": text}. For commands whose stderr programs read. */
void     term_use_json(void);
/* "weir: error: ..." with the way out below. Returns the exit status of the error. */
int      term_error(const Error *err);
void     term_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void     term_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The way out, below a warning. */
void     term_help(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* All of text to stdout. STATUS_WORLD when it cannot be written. */
Status   term_out(Str text, Error *err);
/* The same for a command whose work was printing: frees the buffer, returns the exit status. */
int      term_print(StrBuf *text);

#endif
