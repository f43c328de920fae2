/* source_odbc.c: databases: any one with an ODBC driver, and SQL Database, whose connection string is put together
** here. */
#include "cli/project/source_types.h"

typedef struct KeyOption { const char *key, *option; } KeyOption;

static const KeyOption odbc_keys[] = {
  {"Table", "table"}, {"Query", "query"}, {"Delta", "delta"}, {"Refresh", "refresh"}, {"Mode", "mode"}, {"Key", "key"},
  {"Create", "create"}, {"OnConflict", "on-conflict"}, {"BatchRows", "batch-rows"},
  {"TransactionRows", "transaction-rows"}, {"RetryTimeout", "retry-timeout"}, {"LoginTimeout", "login-timeout"},
};

void bind_odbc(BindingFile *file) {
  file->where.scheme = "odbc";
  file_need(file, "ConnectionString", &file->where.target);
  for (unsigned i = 0; i < sizeof odbc_keys / sizeof *odbc_keys; i++)
    file_take(file, odbc_keys[i].key, odbc_keys[i].option);
}

/* A value of a connection string: in {braces} with } doubled where one of its characters means something there. */
static void put_value(const char *name, Str value, StrBuf *out) {
  bool plain = true;
  for (size_t i = 0; i < value.len; i++) plain = plain && !strchr("[]{}(),;?*=!@ ", value.ptr[i]);
  strbuf_printf(out, ";%s=", name);
  if (plain) {
    strbuf_put_str(out, value);
    return;
  }
  strbuf_putc(out, '{');
  for (size_t i = 0; i < value.len; i++) {
    strbuf_putc(out, value.ptr[i]);
    if (value.ptr[i] == '}') strbuf_putc(out, '}');
  }
  strbuf_putc(out, '}');
}

static void put_sql_server(BindingFile *file, Str server, Str database, Str user, Str password) {
  Str driver;
  StrBuf text = {0};
  if (!file_text(file, file->block, "Driver", &driver)) driver = STR("ODBC Driver 18 for SQL Server");
  bool bare = str_find_char(server, '.') < 0 && str_find_char(server, ',') < 0 && str_find_char(server, ':') < 0;
  strbuf_printf(&text, "Driver={" STR_FMT "};Server=" STR_FMT "%s", STR_ARG(driver), STR_ARG(server),
                bare ? ".database.windows.net" : "");
  put_value("Database", database, &text);
  put_value("Uid", user, &text);
  put_value("Pwd", password, &text);
  strbuf_puts(&text, ";Encrypt=yes");
  file->where.target = arena_str(&file->desc->arena, strbuf_str(&text));
  strbuf_release(&text);
}

/* "01:30:00" is an hour and a half. */
static void set_refresh(BindingFile *file) {
  Str rate, part;
  static const char units[] = "hms";
  StrBuf text = {0};
  if (!file_text(file, file->block, "RefreshRate", &rate)) return;
  for (unsigned i = 0; i < 3 && rate.len; i++) {
    str_cut(rate, ':', &part, &rate);
    strbuf_printf(&text, STR_FMT "%c", STR_ARG(part), units[i]);
  }
  file_option(file, "refresh", arena_str(&file->desc->arena, strbuf_str(&text)));
  strbuf_release(&text);
}

/* A query of reference data stands in the file, or in a file of its own beside it; empty: there is none. */
static Str query_text(BindingFile *file, const char *query_key, const char *path_key) {
  Str query = {0}, path, found;
  Arena *arena = &file->desc->arena;
  if (file_text(file, file->block, query_key, &query) || !file_text(file, file->block, path_key, &path)) return query;
  SourceText text = {0};
  Error err = {0};
  path_find(arena, file->folder, path, &found);
  if (source_text_load(&text, found.ptr, &err) == STATUS_OK) query = arena_str(arena, str_trim(text.text));
  else file_problem(file, "%s", err.message);
  source_text_release(&text);
  return query;
}

static void set_snapshot(BindingFile *file) {
  Str query = query_text(file, "FullSnapshotQuery", "FullSnapshotPath"), type;
  if (query.len) file_option(file, "query", query);
  else file_take(file, "Table", "table");
  bool typed = file_text(file, file->block, "RefreshType", &type);
  if (typed && str_eq_nocase(type, STR("Static"))) return;
  set_refresh(file);
  if (!typed || !str_ends_nocase(type, STR("Delta"))) return;
  Str delta = query_text(file, "DeltaSnapshotQuery", "DeltaSnapshotPath");
  if (delta.len) file_option(file, "delta", delta);
}

void bind_sql_database(BindingFile *file) {
  Str server, database, user, password;
  bool named = file_need(file, "Server", &server);
  named = file_need(file, "Database", &database) && named;
  named = file_need(file, "User", &user) && named;
  named = file_need(file, "Password", &password) && named;
  file->where.scheme = "odbc";
  if (named) put_sql_server(file, server, database, user, password);
  if (!file->output) {
    set_snapshot(file);
    return;
  }
  file_take(file, "Table", "table");
  file_take(file, "MaxBatchCount", "transaction-rows");
}
