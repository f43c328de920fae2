/* case.h: one test of the language: a query, recorded events, and what must come of them.
**
** A Case is filled from one of two shapes:
**   a folder    query.asaql, events and expected rows as files, told apart by testConfig.json in the shape of the
**               Stream Analytics tools (case_folder.c);
**   a file      everything in one readable text, tests/lang/README.md (case_file.c).
** and runs in the process, in one of several ways that must all give the same rows (case_run.c).
**
** Ownership: everything a Case points to lives in its arena. Thread: one. */
#ifndef WEIR_TESTS_SUPPORT_CASE_H
#define WEIR_TESTS_SUPPORT_CASE_H

#include "api.h"

typedef struct CaseInput {
  Str  name;
  Str  path;          /* the file with the events */
  bool reference, csv;
  Str  arrival_field; /* empty: none */
} CaseInput;

typedef struct CaseOutput {
  Str    name;
  Str    rows;        /* a JSON array of objects, or one object a line */
  bool   ordered;     /* else the rows are a multiset */
  double tolerance;   /* relative, of numbers; 0: exact */
  Str   *ignored;     /* fields that do not count */
  uint32_t ignored_len;
} CaseOutput;

/* A diagnostic or an entry of the quarantine. */
typedef struct CaseNote {
  Str      code;         /* "E0404"; "RuntimeError" */
  uint32_t line, column; /* in the query; 0: anywhere */
  Str      phrase;       /* part of the message or reason; may be empty */
} CaseNote;

typedef struct CaseNotes {
  bool stated;           /* the case says which there are, and that there are no others */
  Vec(CaseNote) items;   /* in the arena */
} CaseNotes;

/* What the job counts of an input: `late 2`. */
typedef struct CaseCount { Str input, name; int64_t count; } CaseCount;

typedef struct Case {
  Arena      arena;
  Str        name;            /* for reports: the folder, or the file below tests/lang */
  SourceText query;
  Vec(CaseInput)  inputs;     /* in the arena, as the lists below */
  Vec(CaseOutput) outputs;
  Vec(CaseCount)  counts;
  TimePolicy policy;
  int        compat;
  Ticks      start;           /* arrival of events without one */
  RuntimeErrorPolicy runtime_errors;
  CaseNotes  errors, warnings; /* of the query; a case with errors is not run */
  CaseNotes  quarantine;
  Str        stops;           /* part of the message with which the job must stop; empty: it runs to its end */
} Case;

/* A way of running that changes no result. */
typedef struct CaseWay {
  const char *name;
  uint32_t batch_rows;
  bool     rows_forced;   /* row by row through mixed columns */
  unsigned restore_every; /* stop and restore after every so many batches; 0: never */
  unsigned threads;
} CaseWay;

/* False with a sentence in `problem` when the shape itself is wrong. `scratch` is a folder in which events that
** stand in the test are written to files, named after the input; it is used until the case is released. */
bool case_load_folder(Case *test, const char *folder, StrBuf *problem);
bool case_load_file(Case *test, const char *path, const char *scratch, StrBuf *problem);
void case_release(Case *test);

/* Runs the case. False when anything differs, with what and where in `problem`, a line each. */
bool case_run(Case *test, const CaseWay *way, const char *scratch, StrBuf *problem);

/* case_compare.c: compares rows, one JSON object each. */
bool case_compare_rows(const CaseOutput *expected, char **rows, unsigned rows_len, StrBuf *problem);

/* Shared by the two loaders. */
void case_init(Case *test, Str name);
CaseInput  *case_add_input(Case *test, Str name);
CaseOutput *case_add_output(Case *test, Str name);
bool case_set_query(Case *test, Str name, Str text);
/* The text of a file in the arena; false, with a sentence, when it cannot be read. */
bool case_read_file(Case *test, const char *path, Str *out, StrBuf *problem);
/* "1.0", "1.1" or "1.2". */
bool case_set_compat(Case *test, Str text);

#endif
