/* odbc_target.c: see odbc_target.h.
**
** A connection string is `name=value;...`; a value in {braces} may hold anything, `}}` stands for a brace. */
#include "connectors/odbc/odbc_target.h"

#include <stdio.h>

typedef struct Attribute { Str name, value, raw; } Attribute; /* value without braces; raw as it stands */

/* What one pass over the string gathers. */
typedef struct TargetBuild {
  Arena  *arena;
  SQLHENV env;
  StrBuf  connection, printable;
  OdbcTarget *out;
} TargetBuild;

/* ---- reading the string ---- */

static size_t braced_end(Str text) { /* behind the closing brace; text.len when there is none */
  for (size_t i = 1; i < text.len; i++) {
    if (text.ptr[i] != '}') continue;
    if (i + 1 < text.len && text.ptr[i + 1] == '}') i++;
    else return i + 1;
  }
  return text.len;
}

static bool attribute_next(Str *rest, Attribute *out) {
  while (rest->len && (*rest->ptr == ';' || *rest->ptr == ' ')) *rest = str_sub(*rest, 1, rest->len);
  ptrdiff_t equals = str_find_char(*rest, '=');
  if (rest->len == 0 || equals < 0) return false;
  out->name = str_trim(str_sub(*rest, 0, (size_t)equals));
  Str value = str_sub(*rest, (size_t)equals + 1, rest->len);
  size_t len = 0;
  if (value.len && value.ptr[0] == '{') len = braced_end(value);
  while (len < value.len && value.ptr[len] != ';') len++;
  out->raw = str_trim(str_sub(value, 0, len));
  bool braces = out->raw.len >= 2 && out->raw.ptr[0] == '{' && out->raw.ptr[out->raw.len - 1] == '}';
  out->value = braces ? str_sub(out->raw, 1, out->raw.len - 1) : out->raw;
  *rest = str_sub(value, len, value.len);
  return true;
}

static bool string_has(Str text, Str name) {
  for (Attribute attribute; attribute_next(&text, &attribute);) {
    if (str_eq_nocase(attribute.name, name)) return true;
  }
  return false;
}

/* ---- drivers ---- */

typedef struct DriverChoice {
  Str  exact, other; /* registered under that name; another driver for the same database */
  StrBuf installed;  /* all names, for the message */
} DriverChoice;

static void driver_consider(DriverChoice *choice, Arena *arena, Str wanted, Str name) {
  if (choice->installed.len) strbuf_puts(&choice->installed, ", ");
  strbuf_printf(&choice->installed, "{" STR_FMT "}", STR_ARG(name));
  if (str_eq_nocase(wanted, name)) choice->exact = arena_str(arena, name);
  const OdbcDialect *dialect = dialect_of_driver(wanted);
  if (dialect == NULL || dialect_of_driver(name) != dialect) return;
  if (choice->other.len == 0 || str_has_nocase(name, str_from(dialect->driver_prefer))) {
    choice->other = arena_str(arena, name);
  }
}

static Status driver_missing(Str wanted, const StrBuf *installed, const char *who, Error *err) {
  const OdbcDialect *dialect = dialect_of_driver(wanted);
  error_set(err, STATUS_CONFIG, who, "ODBC driver {" STR_FMT "} is not installed; installed are: %s",
            STR_ARG(wanted), installed->len ? installed->ptr : "none");
  return error_hint(err, "%s%s", dialect ? "install it: " : "", dialect ? dialect->package
                    : "name one of those, or register the driver in odbcinst.ini");
}

/* The name under which the driver is registered; a path to a library stays as it is. */
static Status driver_find(TargetBuild *build, Str wanted, const char *who, Str *found, Error *err) {
  *found = wanted;
  if (wanted.len && wanted.ptr[0] == '/') return STATUS_OK;
  DriverChoice choice = {0};
  SQLCHAR name[256], attributes[1024];
  SQLSMALLINT name_len, attributes_len;
  for (SQLUSMALLINT where = SQL_FETCH_FIRST;
       SQL_SUCCEEDED(SQLDrivers(build->env, where, name, sizeof name, &name_len, attributes, sizeof attributes,
                                &attributes_len));
       where = SQL_FETCH_NEXT) {
    driver_consider(&choice, build->arena, wanted, str_from((const char *)name));
  }
  *found = choice.exact.len ? choice.exact : choice.other;
  Status status = found->len ? STATUS_OK : driver_missing(wanted, &choice.installed, who, err);
  strbuf_release(&choice.installed);
  return status;
}

/* The driver of a data source name, empty when there is no such name; *names gets all there are. */
static Str source_driver(TargetBuild *build, Str wanted, StrBuf *names) {
  SQLCHAR name[256], driver[1024];
  SQLSMALLINT name_len, driver_len;
  Str found = {"", 0};
  for (SQLUSMALLINT where = SQL_FETCH_FIRST;
       SQL_SUCCEEDED(SQLDataSources(build->env, where, name, sizeof name, &name_len, driver, sizeof driver,
                                    &driver_len));
       where = SQL_FETCH_NEXT) {
    if (names->len) strbuf_puts(names, ", ");
    strbuf_puts(names, (const char *)name);
    if (str_eq_nocase(str_from((const char *)name), wanted)) {
      found = arena_str(build->arena, driver[0] ? str_from((const char *)driver) : STR("?"));
    }
  }
  return found;
}

static Status source_find(TargetBuild *build, Str wanted, const char *who, Error *err) {
  StrBuf names = {0};
  Str driver = source_driver(build, wanted, &names);
  build->out->guess = dialect_of_driver(driver);
  Status status = STATUS_OK;
  if (driver.len == 0) {
    status = error_set(err, STATUS_CONFIG, who, "there is no ODBC data source `" STR_FMT "`; there are: %s",
                       STR_ARG(wanted), names.len ? names.ptr : "none");
    error_hint(err, "add it to odbc.ini, or write a connection string, such as "
               "odbc:Driver={SQLite3};Database=/data/x.db");
  }
  strbuf_release(&names);
  return status;
}

/* ---- building ---- */

static void build_put(TargetBuild *build, Str name, Str raw, bool secret) {
  if (build->connection.len) strbuf_putc(&build->connection, ';');
  strbuf_printf(&build->connection, STR_FMT "=" STR_FMT, STR_ARG(name), STR_ARG(raw));
  strbuf_puts(&build->printable, build->printable.len ? ";" : "odbc:");
  strbuf_printf(&build->printable, STR_FMT "=" STR_FMT, STR_ARG(name), STR_ARG(secret ? STR("***") : raw));
}

static bool is_secret(Str name) {
  return str_eq_nocase(name, STR("pwd")) || str_has_nocase(name, STR("password")) ||
         str_has_nocase(name, STR("secret")) || str_has_nocase(name, STR("token"));
}

static Status build_attribute(TargetBuild *build, const Attribute *attribute, const char *who, Error *err) {
  OdbcTarget *out = build->out;
  if (str_eq_nocase(attribute->name, STR("driver"))) {
    Str found;
    TRY(driver_find(build, attribute->value, who, &found, err));
    out->guess = dialect_of_driver(found);
    build_put(build, attribute->name, arena_printf(build->arena, "{" STR_FMT "}", STR_ARG(found)), false);
    return STATUS_OK;
  }
  if (str_eq_nocase(attribute->name, STR("dsn"))) TRY(source_find(build, attribute->value, who, err));
  bool secret = is_secret(attribute->name);
  if (secret) out->password = arena_str(build->arena, attribute->value);
  if (str_eq_nocase(attribute->name, STR("database"))) out->file = arena_str(build->arena, attribute->value);
  build_put(build, attribute->name, attribute->raw, secret);
  return STATUS_OK;
}

/* Attributes the connector relies on; what the user wrote wins, and they are not worth printing. */
static void build_defaults(TargetBuild *build, Str given, const char *attributes) {
  Str rest = str_from(attributes);
  for (Attribute attribute; rest.len && attribute_next(&rest, &attribute);) {
    if (string_has(given, attribute.name)) continue;
    strbuf_printf(&build->connection, ";" STR_FMT "=" STR_FMT, STR_ARG(attribute.name), STR_ARG(attribute.raw));
  }
}

static Status build_target(TargetBuild *build, Str text, OdbcUse use, const char *who, Error *err) {
  Str rest = text;
  for (Attribute attribute; attribute_next(&rest, &attribute);) TRY(build_attribute(build, &attribute, who, err));
  const OdbcDialect *guess = build->out->guess;
  if (guess) {
    build_defaults(build, text, guess->options);
    if (use == ODBC_READ) build_defaults(build, text, guess->read_options);
    if (use != ODBC_CREATE) build_defaults(build, text, guess->must_exist);
  }
  return STATUS_OK;
}

Status odbc_target_parse(Arena *arena, Str text, OdbcUse use, const char *who, OdbcTarget *out, Error *err) {
  *out = (OdbcTarget){.password = STR(""), .file = STR("")};
  text = str_trim(text);
  if (text.len == 0) {
    error_set(err, STATUS_CONFIG, who, "`odbc:` names no database");
    return error_hint(err, "write a data source name or a connection string behind it, such as "
                      "odbc:Driver={SQLite3};Database=/data/x.db");
  }
  if (str_find_char(text, '=') < 0) text = arena_printf(arena, "DSN=" STR_FMT, STR_ARG(text));
  TargetBuild build = {.arena = arena, .out = out};
  SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &build.env);
  SQLSetEnvAttr(build.env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0);
  Status status = build_target(&build, text, use, who, err);
  SQLFreeHandle(SQL_HANDLE_ENV, build.env);
  out->connection = arena_str(arena, strbuf_str(&build.connection));
  out->printable = arena_str(arena, strbuf_str(&build.printable));
  strbuf_release(&build.connection);
  strbuf_release(&build.printable);
  return status;
}
