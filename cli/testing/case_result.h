/* case_result.h: what came of a case: which outputs differ and how, what else is wrong, and, for "why is there no
** output", what time and the steps of the query did. Everything lives in its arena. Thread: one at a time. */
#ifndef WEIR_CLI_TESTING_CASE_RESULT_H
#define WEIR_CLI_TESTING_CASE_RESULT_H

#include "cli/testing/case.h"
#include "cli/testing/row_diff.h"

typedef enum CaseOutcome {
  CASE_PASSED,
  CASE_FAILED,  /* it ran, and something else came of it */
  CASE_BROKEN,  /* it cannot be run */
} CaseOutcome;

typedef enum OutputOutcome {
  OUTPUT_MATCHED,
  OUTPUT_DIFFERS,
  OUTPUT_MISSING,    /* the query writes no such output */
  OUTPUT_UNEXPECTED, /* rows of an output that the case does not name */
  OUTPUT_UNREQUIRED, /* not looked at */
} OutputOutcome;

typedef struct OutputResult {
  Str name;
  OutputOutcome outcome;
  const CaseOutput *wanted;  /* NULL: the case does not name it */
  Str others;                /* of MISSING: the outputs that the query writes */
  RowList expected, actual;
  RowDiff diff;              /* of DIFFERS and UNEXPECTED */
} OutputResult;

typedef struct InputFacts {
  Str   name;
  bool  reference;
  InputCounts counts;
  uint64_t malformed;
  Ticks watermark;           /* before the end of the input moved it to the end of time; TICKS_MIN: none */
} InputFacts;

typedef struct StepFacts {
  Str   title, detail;       /* "filter", "where Toll > 4" */
  PlanKind kind;
  uint64_t rows_in, rows_out;
} StepFacts;

typedef struct CaseResult {
  Arena  arena;
  CaseOutcome outcome;
  bool   updated;            /* it failed by its rows alone, and these are now the expected ones */
  Str    broken, hint;       /* of CASE_BROKEN */
  Str    problems;           /* what is wrong apart from rows: a line each */
  Str    warnings;           /* what the case says and nothing comes of, and what the job warned of: a line each */
  Str    diagnostics;        /* of a query that should compile and does not, as people read them */
  Vec(OutputResult) outputs;
  bool   ran;                /* there are facts */
  Vec(InputFacts) inputs;
  Vec(StepFacts) steps;
  uint64_t quarantined;
  Str    quarantine_samples; /* the newest reasons, a line each */
  int64_t elapsed_ns;
} CaseResult;

/* A way of running that changes no result. */
typedef struct CaseWay {
  const char *name;
  uint32_t batch_rows;
  unsigned restore_every; /* stop and restore after every so many batches; 0: never */
  unsigned threads;
  bool     colour;        /* in the texts of the result */
  bool     rows_wanted;   /* run also when a file of expected rows is not there yet */
} CaseWay;

/* case_run.c. `scratch` is a folder of its own for as long as this runs. Release the result with case_result_free
** before the case. */
CaseResult *case_run(Case *test, const CaseWay *way, const char *scratch);
void case_result_free(CaseResult *result);

#endif
