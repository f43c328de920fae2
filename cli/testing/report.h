/* report.h: what came of a suite, in the forms in which people and machines read it. All of them say the same.
** Thread: one. */
#ifndef WEIR_CLI_TESTING_REPORT_H
#define WEIR_CLI_TESTING_REPORT_H

#include "cli/testing/diff_table.h"
#include "cli/testing/suite.h"

/* For people: the cases that did not pass, with everything that helps to see why. */
void report_text(const Suite *suite, const DiffStyle *style, StrBuf *out);
/* One object with everything that the text says, and all rows that differ. docs/testing.md lists its keys. */
void report_json(const Suite *suite, StrBuf *out);
/* The testResultSummary.json of the Stream Analytics tools. */
void report_summary(const Suite *suite, StrBuf *out);
/* The Test Anything Protocol, version 14. */
void report_tap(const Suite *suite, StrBuf *out);
/* The XML that build servers read; a test suite a file. */
void report_junit(const Suite *suite, StrBuf *out);

/* What is wrong with one case: the text below its name. Empty when it passed. */
void report_case(const CaseResult *result, const DiffStyle *style, StrBuf *out);
/* "3 passed, 1 failed" */
void report_totals(const Suite *suite, StrBuf *out);
/* One sentence: "2 rows differ, 1 is missing". Nothing when the output is as it should be. */
void report_output(const OutputResult *output, StrBuf *out);

#endif
