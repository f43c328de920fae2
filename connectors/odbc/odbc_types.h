/* odbc_types.h: the type map, both directions. README.md has it as a table.
**
** Out: a column of a table is known by the text of its type ("character varying(5)", "numeric(10,2)"), as the
** database's catalogue prints it. Values are checked and converted here, before they go out: SQLite stores
** anything anywhere, and a value a database refuses costs a transaction.
** In: see odbc_read.h. Thread: any. */
#ifndef WEIR_ODBC_TYPES_H
#define WEIR_ODBC_TYPES_H

#include "connectors/odbc/odbc_dialect.h"
#include "types/value.h"

typedef enum SqlClass {
  SQL_CLASS_ANY,       /* takes a value as it is (SQLite without a declared type) */
  SQL_CLASS_BIT,
  SQL_CLASS_INTEGER,
  SQL_CLASS_DECIMAL,
  SQL_CLASS_FLOAT,
  SQL_CLASS_TEXT,
  SQL_CLASS_JSON,
  SQL_CLASS_BYTES,
  SQL_CLASS_TIMESTAMP,
  SQL_CLASS_DATE,
  SQL_CLASS_TIME,
  SQL_CLASS_OPAQUE,    /* uuid, inet, xml, ...: text goes in as it is and the database judges */
  SQL_CLASS_COUNT
} SqlClass;

typedef struct SqlType {
  SqlClass cls;
  int64_t  min, max;   /* INTEGER */
  unsigned length;     /* TEXT: characters, BYTES: bytes; 0: no limit */
  unsigned precision;  /* DECIMAL: digits in all; 0: no limit */
  unsigned scale;      /* DECIMAL: digits behind the point; TIMESTAMP and TIME: digits of the second */
  bool     single;     /* FLOAT of 4 bytes */
  bool     minutes;    /* TIMESTAMP to the minute only (smalldatetime) */
} SqlType;

/* Never fails: what is not known is SQL_CLASS_OPAQUE, or by SQLite's rules of affinity. */
SqlType sql_type_of(Str type_text, const OdbcDialect *dialect);
/* The types of values a class can take at all; what it then takes depends on the value. */
TypeMask sql_class_accepts(SqlClass cls);

/* A value on its way to the driver. */
typedef enum CellKind { CELL_NULL, CELL_BIGINT, CELL_DOUBLE, CELL_TEXT, CELL_BYTES } CellKind;
typedef struct OdbcCell {
  CellKind kind;
  uint32_t len;   /* TEXT, BYTES: bytes */
  union {
    int64_t i;
    double  f;
    size_t  at;   /* TEXT, BYTES: offset in the text buffer */
  };
} OdbcCell;

enum { ENCODE_REASON_MAX = 160 };
/* Converts a value to what the column takes; text is appended to `text`. False with the reason ("is 300, above
** 255, the largest tinyint"), which reads on behind a column's name. Datetimes are truncated to the column. */
bool sql_encode(const SqlType *type, Str type_text, const OdbcDialect *dialect, const Value *value, StrBuf *text,
                OdbcCell *out, char reason[ENCODE_REASON_MAX]);
/* The kind most values of the column have: parameters are bound as it before a value is seen. */
CellKind sql_usual_cell(const SqlType *type, const OdbcDialect *dialect);

/* The column type of create=true for values of these types. */
const char *sql_type_for(TypeMask types, bool key, const OdbcDialect *dialect);

#endif
