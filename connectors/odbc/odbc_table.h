/* odbc_table.h: the table a sink writes into: finding it, what its columns are, making it.
**
** Names match exactly first, then without regard to case; a schema may stand in front (`public.t`), and a name with
** a dot in it stands in "double quotes". */
#ifndef WEIR_ODBC_TABLE_H
#define WEIR_ODBC_TABLE_H

#include "connectors/odbc/odbc_client.h"
#include "connectors/odbc/odbc_types.h"
#include "io/format.h"

typedef struct TableColumn {
  Str     name, type_text;
  SqlType type;
  bool    not_null, has_default, generated; /* generated: the database computes it and takes no value */
} TableColumn;

typedef struct OdbcTable {
  Str schema, name;  /* as the database spells them; schema may be empty */
  Str sql_name;      /* quoted, ready for a statement */
  TableColumn *cols;
  uint32_t cols_len;
} OdbcTable;

/* Finds the table and reads its columns. *found is false (and the status OK) when there is none: then
** table_missing makes the message. Strings live in the arena. */
Status table_open(OdbcClient *client, Arena *arena, Str wanted, OdbcTable *out, bool *found, Error *err);
Status table_missing(OdbcClient *client, Arena *arena, Str wanted, Error *err); /* lists the tables there are */
/* Makes the table for the schema's columns, keys first among the constraints. */
Status table_create(OdbcClient *client, Arena *arena, Str wanted, const OutputSchema *schema, const Str *keys,
                    unsigned keys_len, Error *err);

/* Whether the columns named (as the table spells them) are those of the primary key or of a unique index: upserts need
** one. STATUS_CONFIG with the keys there are when not. Databases that cannot be asked pass. */
Status table_check_key(OdbcClient *client, Arena *arena, const OdbcTable *table, const Str *keys, unsigned keys_len,
                       Error *err);

int  table_column(const OdbcTable *table, Str name); /* -1: none */
void table_put_columns(const OdbcTable *table, StrBuf *out); /* "id integer, name varchar(20)" for messages */

#endif
