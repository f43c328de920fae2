/* suite.h: finding cases and running many of them at once.
**
**   Suite suite = {.update = ...};
**   suite_add(&suite, "queries/", &err);      every testConfig.json in it and below, and every .test file
**   suite_run(&suite);                        results in the order of the cases
**   suite_release(&suite);
** Ownership: the suite owns cases and results. Thread: one calls; suite_run uses several. */
#ifndef WEIR_CLI_TESTING_SUITE_H
#define WEIR_CLI_TESTING_SUITE_H

#include "cli/testing/case_result.h"
#include "cli/testing/scratch.h"

typedef struct SuiteEntry {
  Case       *test;
  CaseResult *result;   /* NULL: it has not run */
} SuiteEntry;

typedef struct Suite {
  const char *filter;   /* a pattern for the names of cases; NULL: all */
  unsigned jobs;        /* cases at a time; 0: as the machine has processors */
  bool     colour;      /* in the texts of the results */
  bool     update;      /* run also cases whose expected rows are not there yet */
  Vec(SuiteEntry) entries;
  unsigned passed, failed; /* cases, after suite_run; broken ones have failed */
  unsigned broken;
  int64_t  elapsed_ns;
  Scratch  scratch;     /* a folder of the suite's own, made when it is needed */
  unsigned files;       /* that were read */
} Suite;

/* A testConfig.json, a .test file, or a folder. STATUS_CONFIG when there is nothing of the kind. */
Status suite_add(Suite *suite, const char *path, Error *err);
Status suite_run(Suite *suite, Error *err);
void   suite_release(Suite *suite);

#endif
