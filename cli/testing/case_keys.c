/* case_keys.c: see case_keys.h. */
#include "cli/testing/case_keys.h"

#include "types/json.h"

/* ---- the schema ------------------------------------------------------------------------------- */

static void put_keys(const CaseKey *keys, unsigned depth, StrBuf *out);

static void put_kind(const CaseKey *key, unsigned depth, StrBuf *out) {
  switch (key->kind) {
    case CASE_KEY_TEXT: strbuf_puts(out, ", \"type\": [\"string\", \"null\"]"); break;
    case CASE_KEY_FLAG: strbuf_puts(out, ", \"type\": [\"boolean\", \"null\"]"); break;
    case CASE_KEY_NUMBER: strbuf_puts(out, ", \"type\": [\"number\", \"null\"]"); break;
    case CASE_KEY_TEXTS: strbuf_puts(out, ", \"type\": \"array\", \"items\": {\"type\": \"string\"}"); break;
    case CASE_KEY_OBJECTS:
      strbuf_puts(out, ", \"type\": \"array\", \"items\": {\"type\": \"object\", \"properties\": {\n");
      put_keys(key->members, depth + 1, out);
      strbuf_printf(out, "%*s}}", (int)depth * 2, "");
      break;
    case CASE_KEY_ANY: break;
  }
}

static void put_keys(const CaseKey *keys, unsigned depth, StrBuf *out) {
  for (const CaseKey *key = keys; key->name; key++) {
    strbuf_printf(out, "%*s\"%s\": {\"description\": ", (int)depth * 2, "", key->name);
    json_put_string(out, str_from(key->doc));
    put_kind(key, depth, out);
    strbuf_puts(out, key[1].name ? "},\n" : "}\n");
  }
}

void case_schema_print(StrBuf *out) {
  strbuf_puts(out, "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
                   "  \"title\": \"testConfig.json\",\n  \"type\": \"object\",\n  \"required\": [\"TestCases\"],\n"
                   "  \"properties\": {\n");
  put_keys(case_file_keys, 2, out);
  strbuf_puts(out, "  }\n}\n");
}

/* ---- the tables ------------------------------------------------------------------------------- */

#define FOREIGN(name) {name, CASE_KEY_ANY, "Of other tools: nothing is done with it here."}

const CaseKey case_input_keys[] = {
  {"InputAlias", CASE_KEY_TEXT, "The name of the input in the query."},
  {"Type", CASE_KEY_TEXT, "Data Stream (default) or Reference data."},
  {"Format", CASE_KEY_TEXT, "Json or Csv; default: by the extension of the file."},
  {"FilePath", CASE_KEY_TEXT, "The file of events, or a folder or pattern; relative to the folder of this file."},
  {"ArrivalField", CASE_KEY_TEXT, "The field that holds each event's arrival time."},
  {"FieldDelimiter", CASE_KEY_TEXT, "The delimiter of a CSV file; default: the project's, else a comma."},
  {"Serialization", CASE_KEY_ANY, "The same in another shape: Type and FieldDelimiter."},
  {"Name", CASE_KEY_TEXT, "The same as InputAlias."},
  FOREIGN("ScriptType"), FOREIGN("DataSourceType"), FOREIGN("Sample"), FOREIGN("SerializationDllPath"),
  FOREIGN("SerializationClassName"), FOREIGN("SerializationProjectPath"), FOREIGN("SerializationDllPathInLocal"),
  {0},
};

const CaseKey case_output_keys[] = {
  {"OutputAlias", CASE_KEY_TEXT, "The name of the output in the query, in any case."},
  {"FilePath", CASE_KEY_TEXT, "The rows that must come: a JSON array of objects, or one object a line."},
  {"Required", CASE_KEY_FLAG, "false: whatever comes is right. Default true."},
  {"Ordered", CASE_KEY_FLAG, "true: the rows are compared as a list. Default false: as a multiset."},
  {"NumericTolerance", CASE_KEY_NUMBER, "Numbers may differ by this much, relative to the larger one."},
  {"IgnoreFields", CASE_KEY_TEXTS, "Fields that do not count."},
  {0},
};

const CaseKey case_keys[] = {
  {"Name", CASE_KEY_TEXT, "For people, and for --filter."},
  {"Inputs", CASE_KEY_OBJECTS, "A file of events for each input of the query.", case_input_keys},
  {"ExpectedOutputs", CASE_KEY_OBJECTS, "A file of rows for each output of the query.", case_output_keys},
  {"ExpectedErrors", CASE_KEY_TEXTS,
   "The errors of the query, all of them: CODE [LINE:COLUMN] [part of the message]. The query is not run."},
  {"ExpectedWarnings", CASE_KEY_TEXTS, "The warnings about the query, all of them, in the same form."},
  {"ExpectedQuarantine", CASE_KEY_TEXTS, "What is put aside, all of it: KIND [LINE:COLUMN] [part of the reason]."},
  {"StartTime", CASE_KEY_TEXT, "The arrival time of events that have none; default 2000-01-01."},
  {"JobConfig", CASE_KEY_TEXT, "The file of policies of this case."},
  {0},
};

const CaseKey case_file_keys[] = {
  {"$schema", CASE_KEY_TEXT, "For editors: the path of testConfig.schema.json."},
  {"Script", CASE_KEY_TEXT, "The query; when there is no such file, the project's start file."},
  {"JobConfig", CASE_KEY_TEXT, "The file of policies; default: JobConfig.json beside this file, else the project's."},
  {"TestCases", CASE_KEY_OBJECTS, "The cases.", case_keys},
  {0},
};
