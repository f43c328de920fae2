/* row_diff.h: what differs between the rows a case expects and those that came: pairs of rows that belong together
** and differ, rows that did not come, rows that nobody expected. Rows without an equal partner are paired with the
** nearest one: the most fields in common, then the fewest places apart.
** Ownership: the arena; rows are borrowed. */
#ifndef WEIR_CLI_TESTING_ROW_DIFF_H
#define WEIR_CLI_TESTING_ROW_DIFF_H

#include "cli/testing/rows.h"

typedef struct RowPair { const Row *expected, *actual; } RowPair; /* one may be NULL, not both */

typedef struct RowDiff {
  Vec(RowPair) pairs;      /* what differs, in the order of the expected rows; then what nobody expected */
  uint32_t equal, changed, missing, unexpected; /* rows */
  const Row **kept;        /* by place of the expected row, from 0: the actual row that equals it, or NULL */
  bool same_rows;          /* of an ordered list: the same rows, in another order */
} RowDiff;

void rows_compare(Arena *arena, const RowList *expected, const RowList *actual, const RowRules *rules, RowDiff *out);
static inline bool diff_is_empty(const RowDiff *diff) { return diff->pairs.len == 0; }

#endif
