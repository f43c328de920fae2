/* schema_text.h: a sample as CREATE TABLE, with what was seen as comments. Declared is what every event has, in a type
** that all values conform to: an event that lacks a declared field, or has it in another type, would be dropped. The
** text is a query that compiles: behind the declaration stands a SELECT.
** Thread: any. */
#ifndef WEIR_CLI_SCHEMA_SCHEMA_TEXT_H
#define WEIR_CLI_SCHEMA_SCHEMA_TEXT_H

#include "cli/schema/sample.h"

/* name: of the input; origin: where the events came from, for people. */
void schema_put(const Sample *sample, Str name, Str origin, StrBuf *out);
/* A name as the language takes it: in brackets when it is no plain word. */
void schema_put_name(Str name, StrBuf *out);

#endif
