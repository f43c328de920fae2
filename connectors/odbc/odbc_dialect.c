/* odbc_dialect.c: see odbc_dialect.h. The table is at the bottom.
**
** Where the numbers come from: psqlodbc ends the connection at about 7,600 parameters a statement; SQLite takes
** 32,766, but its driver parses the statement at each execution and is fastest at about 50 rows; T-SQL takes 2,100
** parameters and 1,000 rows a VALUES list; MariaDB counts parameters in 16 bits. */
#include "connectors/odbc/odbc_dialect.h"

static const OdbcDialect dialects[];

bool words_next(const char **at, Str *word) {
  if (*at == NULL || **at == '\0') return false;
  size_t len = strcspn(*at, "|");
  *word = (Str){*at, len};
  *at += len + ((*at)[len] == '|');
  return true;
}

bool str_has_nocase(Str text, Str part) {
  for (size_t i = 0; i + part.len <= text.len; i++) {
    if (str_eq_nocase((Str){text.ptr + i, part.len}, part)) return true;
  }
  return false;
}

const OdbcDialect *dialect_of_dbms(Str dbms_name) {
  const OdbcDialect *dialect = dialects;
  for (; dialect->dbms; dialect++) {
    Str word;
    for (const char *at = dialect->dbms; words_next(&at, &word);) {
      if (str_starts_nocase(dbms_name, word)) return dialect;
    }
  }
  return dialect;
}

const OdbcDialect *dialect_of_driver(Str driver_name) {
  for (const OdbcDialect *dialect = dialects; dialect->dbms; dialect++) {
    Str word;
    for (const char *at = dialect->driver_words; words_next(&at, &word);) {
      if (str_has_nocase(driver_name, word)) return dialect;
    }
  }
  return NULL;
}

static const OdbcDialect dialects[] = {
  {
    .title = "SQLite", .dbms = "SQLite", .driver_words = "sqlite", .driver_prefer = "3",
    .package = "apt-get install libsqliteodbc",
    .params_max = 7000, .rows_max = 64, .upsert = UPSERT_ON_CONFLICT,
    .flags = DIALECT_DYNAMIC | DIALECT_NARROW | DIALECT_READ_AUTOCOMMIT | DIALECT_TINY_SIGNED, .time_digits = 7,
    .names = {[TYPE_NULL] = "text", [TYPE_BIT] = "boolean", [TYPE_BIGINT] = "bigint", [TYPE_FLOAT] = "double",
              [TYPE_DATETIME] = "datetime", [TYPE_TEXT] = "text", [TYPE_RECORD] = "text", [TYPE_ARRAY] = "text"},
    .key_text = "text",
    /* Without StepAPI the driver reads a whole result into memory. Timeout is how long it waits for a lock. */
    .options = "Timeout=250;BigInt=1", .read_options = "StepAPI=1", .must_exist = "NoCreat=1",
    .tables_sql = "SELECT '', name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name",
    .columns_sql = "SELECT name, type, \"notnull\", dflt_value IS NOT NULL OR (pk = 1 AND upper(type) = 'INTEGER'), "
                   "hidden > 0 FROM pragma_table_xinfo({table}) ORDER BY cid",
    .unique_sql = "SELECT '', name FROM pragma_table_info({table}) WHERE pk > 0 UNION ALL "
                  "SELECT l.name, i.name FROM pragma_index_list({table}) l, pragma_index_info(l.name) i "
                  "WHERE l.\"unique\" AND NOT l.partial",
  },
  {
    .title = "PostgreSQL", .dbms = "PostgreSQL", .driver_words = "postgres|psqlodbc", .driver_prefer = "unicode",
    .package = "apt-get install odbc-postgresql",
    .params_max = 7000, .rows_max = 7000, .upsert = UPSERT_ON_CONFLICT,
    .flags = DIALECT_BIT_TEXT | DIALECT_DECIMAL_TEXT, .time_digits = 6,
    .names = {[TYPE_NULL] = "text", [TYPE_BIT] = "boolean", [TYPE_BIGINT] = "bigint",
              [TYPE_FLOAT] = "double precision", [TYPE_DATETIME] = "timestamp", [TYPE_TEXT] = "text",
              [TYPE_RECORD] = "jsonb", [TYPE_ARRAY] = "jsonb"},
    .key_text = "text",
    .on_connect = "SET TIME ZONE 'UTC'",
    .options = "BoolsAsChar=0", .read_options = "UseDeclareFetch=1;Fetch=2000",
    .tables_sql = "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c "
                  "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                  "WHERE c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema') "
                  "ORDER BY pg_catalog.pg_table_is_visible(c.oid) DESC, 1, 2",
    .columns_sql = "SELECT a.attname, CASE WHEN t.typtype = 'd' "
                   "THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) "
                   "ELSE pg_catalog.format_type(a.atttypid, a.atttypmod) END, a.attnotnull::int, "
                   "(a.atthasdef OR a.attidentity <> '')::int, (a.attgenerated <> '' OR a.attidentity = 'a')::int "
                   "FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "
                   "WHERE a.attrelid = {qualified}::regclass AND a.attnum > 0 AND NOT a.attisdropped "
                   "ORDER BY a.attnum",
    .unique_sql = "SELECT i.indexrelid::text, a.attname FROM pg_catalog.pg_index i "
                  "JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid "
                  "AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]) "
                  "WHERE i.indrelid = {qualified}::regclass AND i.indisunique AND i.indpred IS NULL "
                  "AND i.indexprs IS NULL ORDER BY i.indexrelid, a.attnum",
  },
  {
    .title = "MariaDB", .dbms = "MariaDB|MySQL", .driver_words = "mariadb|mysql|maodbc", .driver_prefer = "mariadb",
    .package = "apt-get install odbc-mariadb",
    .params_max = 7000, .rows_max = 7000, .upsert = UPSERT_ON_DUPLICATE,
    .flags = DIALECT_DECIMAL_TEXT | DIALECT_FLOAT_SINGLE | DIALECT_TINY_SIGNED, .time_digits = 0,
    .names = {[TYPE_NULL] = "longtext", [TYPE_BIT] = "boolean", [TYPE_BIGINT] = "bigint", [TYPE_FLOAT] = "double",
              [TYPE_DATETIME] = "datetime(6)", [TYPE_TEXT] = "longtext", [TYPE_RECORD] = "json",
              [TYPE_ARRAY] = "json"},
    .key_text = "varchar(255)",
    .on_connect = "SET time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,ANSI_QUOTES'",
    .read_options = "FORWARDONLY=1;NO_CACHE=1",
    .tables_sql = "SELECT table_schema, table_name FROM information_schema.tables "
                  "WHERE table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys') "
                  "ORDER BY table_schema = database() DESC, 1, 2",
    .columns_sql = "SELECT column_name, column_type, is_nullable = 'NO', "
                   "column_default IS NOT NULL OR extra LIKE '%auto_increment%', extra LIKE '%GENERATED%' "
                   "FROM information_schema.columns WHERE table_schema = {schema} AND table_name = {table} "
                   "ORDER BY ordinal_position",
    .unique_sql = "SELECT index_name, column_name FROM information_schema.statistics WHERE table_schema = {schema} "
                  "AND table_name = {table} AND non_unique = 0 ORDER BY index_name, seq_in_index",
  },
  {
    .title = "SQL Server", .dbms = "Microsoft SQL Server", .driver_words = "sql server|msodbcsql|freetds|tdsodbc",
    .driver_prefer = "odbc driver",
    .package = "see Microsoft's msodbcsql packages, or apt-get install tdsodbc",
    .params_max = 2000, .rows_max = 1000, .upsert = UPSERT_MERGE,
    .flags = DIALECT_WIDE_TEXT | DIALECT_DECIMAL_TEXT, .time_digits = 7,
    .names = {[TYPE_NULL] = "nvarchar(max)", [TYPE_BIT] = "bit", [TYPE_BIGINT] = "bigint", [TYPE_FLOAT] = "float",
              [TYPE_DATETIME] = "datetime2(7)", [TYPE_TEXT] = "nvarchar(max)", [TYPE_RECORD] = "nvarchar(max)",
              [TYPE_ARRAY] = "nvarchar(max)"},
    .key_text = "nvarchar(400)",
    .tables_sql = "SELECT table_schema, table_name FROM information_schema.tables "
                  "ORDER BY CASE WHEN table_schema = schema_name() THEN 0 ELSE 1 END, 1, 2",
    .columns_sql = "SELECT c.name, CONCAT(t.name, CASE WHEN t.name IN ('nchar', 'nvarchar') AND c.max_length > 0 "
                   "THEN CONCAT('(', c.max_length / 2, ')') WHEN t.name IN ('char', 'varchar', 'binary', 'varbinary') "
                   "AND c.max_length > 0 THEN CONCAT('(', c.max_length, ')') WHEN t.name IN ('decimal', 'numeric') "
                   "THEN CONCAT('(', c.precision, ',', c.scale, ')') WHEN t.name = 'datetime' THEN '(3)' "
                   "WHEN t.name IN ('datetime2', 'time', "
                   "'datetimeoffset') THEN CONCAT('(', c.scale, ')') ELSE '' END), 1 - c.is_nullable, "
                   "CASE WHEN c.default_object_id <> 0 OR c.is_identity = 1 THEN 1 ELSE 0 END, "
                   "CASE WHEN c.is_computed = 1 OR c.is_identity = 1 OR t.name = 'timestamp' THEN 1 ELSE 0 END "
                   "FROM sys.columns c JOIN sys.types t ON t.user_type_id = c.system_type_id "
                   "WHERE c.object_id = OBJECT_ID({qualified}) ORDER BY c.column_id",
  },
  {
    .title = "this database", .driver_words = "", .driver_prefer = "", .package = "see the database's manual",
    .params_max = 1000, .rows_max = 1, .upsert = UPSERT_NONE, .flags = DIALECT_WIDE_TEXT | DIALECT_DECIMAL_TEXT,
    .time_digits = 6,
    .names = {[TYPE_NULL] = "varchar(4000)", [TYPE_BIT] = "smallint", [TYPE_BIGINT] = "bigint",
              [TYPE_FLOAT] = "double precision", [TYPE_DATETIME] = "timestamp", [TYPE_TEXT] = "varchar(4000)",
              [TYPE_RECORD] = "varchar(4000)", [TYPE_ARRAY] = "varchar(4000)"},
    .key_text = "varchar(255)",
  },
};
