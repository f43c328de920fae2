/* sample.h: what was seen in sample events, field by field: types, how often, ranges, examples. Records and arrays are
** looked into. Names that differ in case alone are one field, as in the language.
** Ownership: everything is in the arena given to sample_add. Thread: one. */
#ifndef WEIR_CLI_SCHEMA_SAMPLE_H
#define WEIR_CLI_SCHEMA_SAMPLE_H

#include "base/vec.h"
#include "types/datetime.h"
#include "types/json.h"

enum { EXAMPLES_MAX = 3 };

typedef struct SampleField SampleField;
typedef Vec(SampleField *) SampleFields;

struct SampleField {
  Str      name;
  uint64_t seen[TYPE_COUNT];  /* values of each type; ISO 8601 texts count as datetime, not as text */
  uint64_t empty;             /* CSV: cells without anything */
  double   low, high;         /* of numbers */
  Ticks    first, last;       /* of datetimes */
  Str      examples[EXAMPLES_MAX]; /* different texts */
  unsigned examples_len;
  uint64_t texts;             /* different ones are not counted beyond the examples */
  size_t   longest;           /* bytes of a text */
  SampleFields fields;        /* of records */
  SampleField *element;       /* of arrays: all elements as one; NULL: none was seen */
};

typedef struct Sample {
  Arena   *arena;
  bool     csv;               /* every value is text: types are found out from it */
  uint64_t events;
  SampleFields fields;
} Sample;

void sample_add(Sample *sample, Str event); /* one JSON object */
uint64_t field_count(const SampleField *field); /* values seen, NULLs and empty ones among them */
/* The type that every value conforms to; TYPE_NULL: there is none, or nothing but NULL was seen. */
Type field_type(const SampleField *field, bool csv);

#endif
