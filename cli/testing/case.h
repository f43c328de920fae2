/* case.h: one test of a query: the query, recorded events, and what must come of them.
**
** A Case is filled from one of two shapes:
**   testConfig.json   as the Stream Analytics tools write it, with additions: one or more cases (case_config.c);
**   a .test file      everything in one readable text, tests/lang/README.md (case_file.c).
** and runs in the process, in one of several ways that must all give the same rows (case_run.c).
**
** A case that cannot be run is a case all the same: `broken` says why, so that the others still run.
** Ownership: everything a Case points to lives in its arena. Thread: one at a time. */
#ifndef WEIR_CLI_TESTING_CASE_H
#define WEIR_CLI_TESTING_CASE_H

#include "api.h"
#include "cli/testing/case_notes.h"
#include "cli/testing/rows.h"

typedef struct CaseInput {
  Str  name;
  Str  where;         /* the file with the events, a WHERE */
  bool reference, csv;
  Str  arrival_field; /* empty: none */
} CaseInput;

typedef struct CaseOutput {
  Str  name;
  Str  path;          /* the file of the rows; empty: they stand in the test */
  Str  rows;          /* a JSON array of objects, or one object a line */
  bool absent;        /* the file does not exist yet */
  bool unrequired;    /* whatever comes is right */
  RowRules rules;
} CaseOutput;

/* What the job counts of an input: `late 2`. */
typedef struct CaseCount { Str input, name; int64_t count; } CaseCount;

typedef struct Case {
  Arena      arena;
  Str        name;            /* for people */
  Str        file;            /* where it stands: a testConfig.json or a .test file, as it was named */
  Str        broken, hint;    /* why it cannot be run, and the way out; empty: it can */
  StrBuf     warnings;        /* one a line */
  SourceText query;
  Vec(CaseInput)  inputs;     /* in the arena, as the lists below */
  Vec(CaseOutput) outputs;
  Vec(CaseCount)  counts;
  TimePolicy policy;
  int        compat;
  Ticks      start;           /* arrival of events without one */
  RuntimeErrorPolicy runtime_errors;
  CaseNotes  errors, warned;  /* of the query; a case with errors is not run */
  CaseNotes  quarantine;
  Str        stops;           /* part of the message with which the job must stop; empty: it runs to its end */
} Case;

typedef Vec(Case *) CaseList; /* release with cases_release */

Case *case_new(Str file, Str name);
void  case_free(Case *test);
void  cases_release(CaseList *cases);

/* case_config.c: adds the cases of a testConfig.json. A file that is wrong as a whole is one broken case. */
void cases_load_config(const char *path, CaseList *out);
/* case_file.c: one case. `scratch` is a folder in which events that stand in the test are written to files, named
** after the input; it is used until the case is released. */
Case *case_load_file(const char *path, const char *scratch);

/* Shared by the two loaders. */
CaseInput  *case_add_input(Case *test, Str name);
CaseOutput *case_add_output(Case *test, Str name);
bool case_set_query(Case *test, Str name, Str text); /* false: there is one */
bool case_set_compat(Case *test, Str text);          /* "1.0", "1.1" or "1.2" */
/* Returns false, for `return case_break(...)`; the first reason stays. */
bool case_break(Case *test, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool case_break_error(Case *test, const Error *err);

#endif
