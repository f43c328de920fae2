/* diff_table.h: the rows of an output that differ, as a table for people. Rows that belong together stand below each
** other; what differs is in colour, or else underlined. NULL and a missing field are told apart. Long values are cut
** around the first difference. */
#ifndef WEIR_CLI_TESTING_DIFF_TABLE_H
#define WEIR_CLI_TESTING_DIFF_TABLE_H

#include "cli/testing/case_result.h"

typedef struct DiffStyle {
  bool     colour;
  unsigned columns;   /* of the screen; columns without differences are left out where it is too narrow */
  unsigned rows_max;  /* differing rows that are shown; the rest is counted */
} DiffStyle;

extern const DiffStyle diff_style_plain; /* 120 columns, 20 rows, no colour */

void diff_table_put(const OutputResult *output, const DiffStyle *style, StrBuf *out);

#endif
