/* rows.h: rows of an output as trees, and when two of them are equal: numbers by value (95 = 95.0), within a tolerance
** where the case gives one; a missing field equals NULL; fields in any order; ignored fields do not count.
** Ownership: everything is in the arena given to rows_read. Thread: one. */
#ifndef WEIR_CLI_TESTING_ROWS_H
#define WEIR_CLI_TESTING_ROWS_H

#include "base/vec.h"
#include "types/json.h"

typedef struct RowRules {
  bool   ordered;   /* else the rows are a multiset */
  double tolerance; /* relative, of numbers; 0: exact */
  Str   *ignored;   /* names of fields, any case */
  uint32_t ignored_len;
} RowRules;

typedef struct Row {
  const JsonNode *tree; /* an object */
  Str      written;     /* as it stands in its source */
  Str      plain;       /* a form in which equal rows are equal text: sorted, without NULLs and ignored fields */
  Str      skeleton;    /* with a tolerance: the plain form without its numbers, */
  double   lead;        /*   and the first of these; 0: none */
  uint32_t place;       /* in its list, from 1 */
} Row;

typedef struct RowList { Row *items; uint32_t len, cap; } RowList;

/* A JSON array of objects, or one object a line. False with a sentence in `problem` that names line and column. */
bool rows_read(Arena *arena, Str text, const RowRules *rules, RowList *out, StrBuf *problem);
/* One more row. False, as above, when it is no object or names a field twice. */
bool rows_add(Arena *arena, Str text, const RowRules *rules, RowList *out, StrBuf *problem);

bool row_is_ignored(const RowRules *rules, Str field);
/* NULL: the row has no such field. */
const JsonNode *row_field(const Row *row, Str name);
/* NULL pointers are missing values. */
bool values_equal(const JsonNode *a, const JsonNode *b, double tolerance);
bool rows_equal(const Row *a, const Row *b, const RowRules *rules);
/* The plain form of a value, as a row's. */
void value_put_plain(const JsonNode *value, StrBuf *out);

#endif
