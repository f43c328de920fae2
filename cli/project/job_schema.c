/* job_schema.c: see job_schema.h. The schema allows what the reader allows: also ${NAME} where a number or a choice is
** expected, and librdkafka properties among the options. */
#include "cli/project/binding_file.h"
#include "cli/project/job_file.h"
#include "cli/project/job_schema.h"

#define ENV_PATTERN "{\"type\": \"string\", \"pattern\": \"\\\\$\\\\{\"}"

/* ---- JSON ------------------------------------------------------------------------------------- */

static void put_line(StrBuf *out, unsigned depth, const char *text) {
  strbuf_printf(out, "%*s%s", (int)depth * 2, "", text);
}

static void put_doc(const char *doc, StrBuf *out) {
  strbuf_puts(out, "\"description\": ");
  json_put_string(out, str_from(doc));
}

static void put_choices(const char *choices, StrBuf *out) {
  Str choice, rest = str_from(choices);
  strbuf_puts(out, "\"anyOf\": [{\"enum\": [");
  for (bool first = true; rest.len; first = false) {
    str_cut(rest, '|', &choice, &rest);
    if (!first) strbuf_puts(out, ", ");
    json_put_string(out, choice);
  }
  strbuf_puts(out, "]}, " ENV_PATTERN "]");
}

static void put_option(const OptionDef *def, StrBuf *out) {
  switch (def->kind) {
    case OPTION_BOOL: put_choices("true|false|yes|no", out); break;
    case OPTION_CHOICE: put_choices(def->choices, out); break;
    case OPTION_INT: strbuf_puts(out, "\"type\": [\"integer\", \"string\"]"); break;
    case OPTION_BYTES: strbuf_puts(out, "\"type\": [\"integer\", \"string\"]"); break;
    case OPTION_TEXT:
    case OPTION_DURATION: strbuf_puts(out, "\"type\": [\"string\", \"number\"]"); break;
  }
}

/* ---- options ---------------------------------------------------------------------------------- */

typedef struct Tables { const OptionDef *items[64]; unsigned len; } Tables;

static void add_table(Tables *tables, const char *scheme, const OptionDef *options) {
  bool internal = scheme && str_starts(str_from(scheme), STR("memory")); /* for tests inside the process */
  if (options && !internal && tables->len < sizeof tables->items / sizeof *tables->items)
    tables->items[tables->len++] = options;
}

static Tables tables_of(const IoRegistry *registry, bool output) {
  Tables tables = {0};
  for (unsigned i = 0; !output && registry->sources[i]; i++)
    add_table(&tables, registry->sources[i]->scheme, registry->sources[i]->options);
  for (unsigned i = 0; !output && registry->rows[i]; i++)
    add_table(&tables, registry->rows[i]->scheme, registry->rows[i]->options);
  for (unsigned i = 0; output && registry->sinks[i]; i++)
    add_table(&tables, registry->sinks[i]->scheme, registry->sinks[i]->options);
  for (unsigned i = 0; registry->formats[i]; i++) add_table(&tables, NULL, registry->formats[i]->options);
  return tables;
}

/* Whether a table in front has an option of that name: then that one is described. */
static bool is_before(const Tables *tables, unsigned table, const OptionDef *option) {
  for (unsigned i = 0; i < table; i++)
    for (const OptionDef *def = tables->items[i]; def->name; def++)
      if (strcmp(def->name, option->name) == 0) return true;
  return false;
}

/* Boolean options may be written as true and false, too. */
static void put_option_row(const OptionDef *def, bool first, StrBuf *out) {
  strbuf_printf(out, "%s\n", first ? "" : ",");
  strbuf_printf(out, "        \"%s\": {", def->name);
  if (def->kind == OPTION_BOOL) strbuf_puts(out, "\"type\": [\"boolean\", \"string\"]");
  else put_option(def, out);
  strbuf_puts(out, ", ");
  put_doc(def->doc, out);
  strbuf_putc(out, '}');
}

static void put_options(const IoRegistry *registry, const char *name, bool output, StrBuf *out) {
  Tables tables = tables_of(registry, output);
  bool first = true;
  strbuf_printf(out, "    \"%s\": {\n      \"type\": \"object\",\n      \"properties\": {", name);
  for (unsigned i = 0; i < tables.len; i++) {
    for (const OptionDef *def = tables.items[i]; def->name; def++) {
      if (is_before(&tables, i, def)) continue;
      put_option_row(def, first, out);
      first = false;
    }
  }
  strbuf_puts(out, "\n      },\n"
                   "      \"additionalProperties\": {\"type\": [\"string\", \"number\", \"boolean\"]}\n    }");
}

/* ---- keys ------------------------------------------------------------------------------------- */

static void put_members(const JobKey *keys, const char *role, unsigned depth, StrBuf *out);

static void put_key_type(const JobKey *key, const char *role, unsigned depth, StrBuf *out) {
  bool outputs = strcmp(key->name, "outputs") == 0;
  switch (key->kind) {
    case JOB_TEXT:
    case JOB_DURATION:
    case JOB_LIMIT: strbuf_puts(out, "\"type\": \"string\""); return;
    case JOB_CHOICE: put_choices(key->choices, out); return;
    case JOB_OPTIONS: strbuf_printf(out, "\"$ref\": \"#/$defs/%sOptions\"", role); return;
    case JOB_BINDINGS:
      strbuf_printf(out, "\"type\": \"object\", \"additionalProperties\": {\"$ref\": \"#/$defs/%s\"}",
                    outputs ? "output" : "input");
      return;
    case JOB_OBJECT:
      strbuf_puts(out, "\"type\": \"object\", \"additionalProperties\": false, \"properties\": {\n");
      put_members(key->members, role, depth + 1, out);
      put_line(out, depth, "}");
      return;
  }
}

static void put_members(const JobKey *keys, const char *role, unsigned depth, StrBuf *out) {
  bool output = role && strcmp(role, "output") == 0; /* nothing arrives at one */
  for (const JobKey *key = keys; key->name; key++) {
    if (output && strcmp(key->name, "arrival") == 0) continue;
    if (key != keys) strbuf_puts(out, ",\n");
    put_line(out, depth, "");
    strbuf_printf(out, "\"%s\": {", key->name);
    put_doc(key->doc, out);
    strbuf_puts(out, ", ");
    put_key_type(key, role, depth, out);
    strbuf_putc(out, '}');
  }
  strbuf_putc(out, '\n');
}

static void put_binding(const char *role, StrBuf *out) {
  strbuf_printf(out, "    \"%s\": {\n      \"anyOf\": [\n        {\"type\": \"string\", ", role);
  put_doc(job_binding_keys[0].doc, out);
  strbuf_puts(out, "},\n        {\"type\": \"object\", \"required\": [\"where\"], \"additionalProperties\": false, "
                   "\"properties\": {\n");
  put_members(job_binding_keys, role, 5, out);
  strbuf_puts(out, "        }}\n      ]\n    },\n");
}

void job_schema_print(const IoRegistry *registry, StrBuf *out) {
  strbuf_puts(out, "{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
                   "  \"title\": \"Weir job file\",\n"
                   "  \"type\": \"object\",\n  \"required\": [\"query\"],\n  \"additionalProperties\": false,\n"
                   "  \"properties\": {\n");
  put_members(job_keys, NULL, 2, out);
  strbuf_puts(out, "  },\n  \"$defs\": {\n");
  put_binding("input", out);
  put_binding("output", out);
  put_options(registry, "inputOptions", false, out);
  strbuf_puts(out, ",\n");
  put_options(registry, "outputOptions", true, out);
  strbuf_puts(out, "\n  }\n}\n");
}

/* ---- Markdown --------------------------------------------------------------------------------- */

static const char *kind_name(const JobKey *key) {
  switch (key->kind) {
    case JOB_TEXT: return "text";
    case JOB_DURATION: return "a duration such as `5s`";
    case JOB_LIMIT: return "a duration such as `5s`, or `off`";
    case JOB_CHOICE: return NULL;
    case JOB_BINDINGS: return "an object: a name and its WHERE, as text or as an object";
    case JOB_OPTIONS:
    case JOB_OBJECT: return "an object";
  }
  return NULL;
}

static void put_key_item(const JobKey *key, unsigned depth, StrBuf *out) {
  strbuf_printf(out, "%*s- `%s`: ", (int)depth * 2, "", key->name);
  Str choice, rest = str_from(key->choices);
  for (bool first = true; rest.len; first = false) {
    str_cut(rest, '|', &choice, &rest);
    strbuf_printf(out, "%s`" STR_FMT "`", first ? "" : rest.len ? ", " : " or ", STR_ARG(choice));
  }
  if (kind_name(key)) strbuf_puts(out, kind_name(key));
  strbuf_printf(out, "%s. %s\n", key->required ? ", required" : "", key->doc);
  for (const JobKey *member = key->members; member && member->name; member++) put_key_item(member, depth + 1, out);
}

void job_keys_print(StrBuf *out) {
  for (const JobKey *key = job_keys; key->name; key++) put_key_item(key, 0, out);
  strbuf_puts(out, "\nAn input or output written as an object:\n\n");
  for (const JobKey *key = job_binding_keys; key->name; key++) put_key_item(key, 0, out);
}

void project_types_print(StrBuf *out) {
  for (const SourceType *type = source_types; type->name; type++) {
    if (type->bind == NULL) continue;
    strbuf_printf(out, "- `%s`", type->name);
    Str name, rest = str_from(type->blocks);
    if (rest.len) str_cut(rest, '|', &name, &rest), strbuf_printf(out, ", `" STR_FMT "`:", STR_ARG(name));
    else strbuf_puts(out, ": `FilePath`, `Format` or `Serialization`");
    rest = str_from(type->keys);
    for (bool first = true; rest.len; first = false) {
      str_cut(rest, '|', &name, &rest);
      strbuf_printf(out, "%s `" STR_FMT "`", first ? "" : ",", STR_ARG(name));
    }
    strbuf_putc(out, '\n');
  }
  strbuf_puts(out, "\nKnown by name, and not in this version: ");
  bool first = true;
  for (const SourceType *type = source_types; type->name; type++) {
    if (type->bind) continue;
    strbuf_printf(out, "%s%s", first ? "" : ", ", type->name);
    first = false;
  }
  strbuf_puts(out, ".\n");
}
