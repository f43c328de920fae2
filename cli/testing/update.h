/* update.h: writing the rows that came into the files of expected rows. A file keeps its form: array or lines, blanks,
** indentation, line ends, byte-order mark; rows that were right stay as they were written and where they stood, so
** that a comparison of versions shows the rows that changed and nothing else.
** Thread: one. */
#ifndef WEIR_CLI_TESTING_UPDATE_H
#define WEIR_CLI_TESTING_UPDATE_H

#include "cli/testing/suite.h"

/* Updates every output that differs; cases with nothing else wrong count as passed afterwards. A line for each file
** that was written goes to `told`. STATUS_WORLD when a file cannot be written, STATUS_CONFIG when two cases want
** different rows in one file. */
Status suite_update(Suite *suite, StrBuf *told, Error *err);

/* The new text of a file; `old` is the one it has, empty when it has none. */
void update_text(const OutputResult *output, Str old, StrBuf *out);

#endif
