/* binding_file.h: one file of Inputs/ or Outputs/: what it describes becomes a binding. source_types.c has a row for
** every DataSourceType; the functions here are what a row's `bind` reads its keys with. */
#ifndef WEIR_CLI_PROJECT_BINDING_FILE_H
#define WEIR_CLI_PROJECT_BINDING_FILE_H

#include "cli/config/config_text.h"
#include "cli/project/desc.h"
#include "cli/project/files.h"
#include "cli/project/where_text.h"

typedef struct BindingFile BindingFile;

typedef struct SourceType {
  const char *name;   /* DataSourceType: "Event Hub" */
  const char *blocks; /* keys of the object with its properties, |-separated, the first is the usual one; NULL: none */
  const char *keys;   /* keys of that object, |-separated: read, or without a meaning here */
  void (*bind)(BindingFile *file); /* NULL: cannot run in this version */
} SourceType;

extern const SourceType source_types[]; /* ends with a NULL name */

struct BindingFile {
  JobDesc *desc;
  const DescOptions *options;
  Str  path, folder;
  const JsonNode *root;
  const SourceType *type;
  const JsonNode *block;   /* the object of type->blocks; NULL: none */
  bool output;
  DescBinding *into;
  WhereText where;         /* what bind fills */
};

/* Fills *into from a file that was read. STATUS_CONFIG only for what makes the file useless: no name. */
Status binding_file_read(BindingFile *file, Error *err);

/* The text or number of a key, ${ENV} replaced; false when it is absent, null or empty, or a variable is not set
** (then the binding has a problem). */
bool file_text(BindingFile *file, const JsonNode *object, const char *key, Str *out);
/* The same in the block; its absence is a problem of the binding. */
bool file_need(BindingFile *file, const char *key, Str *out);
/* Why the binding cannot run; several reasons become a list. */
void file_problem(BindingFile *file, const char *format, ...) __attribute__((format(printf, 2, 3)));
void file_option(BindingFile *file, const char *option, Str value);
/* An option out of a key of the block, where it has one. */
void file_take(BindingFile *file, const char *key, const char *option);
/* Serialization and CompressionType, as options of the connector. */
void file_format(BindingFile *file);

#endif
