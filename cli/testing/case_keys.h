/* case_keys.h: the keys of testConfig.json: the reader warns of others, and docs/reference has them as a schema for
** editors. What the keys mean stands in docs/testing.md. Thread: any. */
#ifndef WEIR_CLI_TESTING_CASE_KEYS_H
#define WEIR_CLI_TESTING_CASE_KEYS_H

#include "base/str.h"

typedef enum CaseKeyKind {
  CASE_KEY_TEXT,
  CASE_KEY_FLAG,
  CASE_KEY_NUMBER,
  CASE_KEY_TEXTS,   /* an array of texts */
  CASE_KEY_OBJECTS, /* an array of objects with `members` */
  CASE_KEY_ANY,     /* known to other tools: nothing is done with it here */
} CaseKeyKind;

typedef struct CaseKey {
  const char *name;
  CaseKeyKind kind;
  const char *doc;
  const struct CaseKey *members;
} CaseKey; /* tables end with a row whose name is NULL */

extern const CaseKey case_file_keys[], case_keys[], case_input_keys[], case_output_keys[];

/* JSON Schema, draft 2020-12. */
void case_schema_print(StrBuf *out);

#endif
