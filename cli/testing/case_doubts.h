/* case_doubts.h: what a case says and nothing comes of, which is most often a slip of the pen: an input that the query
** does not read, an ignored field that no row has. Told as warnings; the case passes or fails all the same.
** Thread: any; nothing is kept. */
#ifndef WEIR_CLI_TESTING_CASE_DOUBTS_H
#define WEIR_CLI_TESTING_CASE_DOUBTS_H

#include "cli/testing/case_result.h"

/* One line for each: "FILE: CASE: " and the text. */
void doubt_put(const Case *test, StrBuf *out, const char *format, ...) __attribute__((format(printf, 3, 4)));
void doubts_inputs(const Case *test, const PlanScript *plan, StrBuf *out);
void doubts_ignored(const Case *test, const OutputResult *output, StrBuf *out);

#endif
