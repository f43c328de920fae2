/* source_types.h: how the properties of a DataSourceType become a WHERE (BindingFile.where), or a reason why they
** cannot (file_problem). One function a type; source_types.c has the table. */
#ifndef WEIR_CLI_PROJECT_SOURCE_TYPES_H
#define WEIR_CLI_PROJECT_SOURCE_TYPES_H

#include "cli/project/binding_file.h"

void bind_local(BindingFile *file);        /* source_files.c */
void bind_blob(BindingFile *file);
void bind_kafka(BindingFile *file);        /* source_kafka.c */
void bind_event_hub(BindingFile *file);
void bind_iot_hub(BindingFile *file);
void bind_odbc(BindingFile *file);         /* source_odbc.c */
void bind_sql_database(BindingFile *file);

#endif
