/* source_types.c: the DataSourceTypes of projects, a row each, and how their properties become a WHERE.
**
** Event Hubs and IoT hubs are read and written through the Kafka endpoint that the service offers beside its own
** protocol: port 9093, TLS, the connection string as the password. An IoT hub has that endpoint under another name
** than its own, so the project has to say it. SQL Database goes through ODBC; Blob Storage is a folder that the
** caller names, with a folder a container below it. The rows without a function name what cannot run yet. */
#include "cli/project/binding_file.h"

/* ---- files ------------------------------------------------------------------------------------ */

/* A mock copied from another machine keeps that machine's path: then the file of that name beside the mock counts. */
static bool find_elsewhere(BindingFile *file, Str path, Str *found) {
  Str beside;
  if (!path_is_absolute(path) || !path_find(&file->desc->arena, file->folder, path_base(path), &beside)) return false;
  if (file_is_script(beside)) return false;
  notes_warn(&file->desc->notes, STR_FMT ": `" STR_FMT "` is not here; " STR_FMT " beside it is read",
             STR_ARG(file->path), STR_ARG(path), STR_ARG(beside));
  *found = beside;
  return true;
}

static void bind_local(BindingFile *file) {
  Str path, found;
  file->into->kind = STR("local file");
  if (!file_text(file, file->root, "FilePath", &path)) {
    if (file->into->problem.len == 0) file_problem(file, "no FilePath");
    return;
  }
  if (str_eq(path, STR("-"))) { /* stdin and stdout */
    file->where.target = path;
    file_format(file);
    return;
  }
  bool there = path_find(&file->desc->arena, file->folder, path, &found);
  if (strpbrk(path.ptr, "*[{")) there = true; /* a glob, or {date}: the connector knows */
  if (!there && !file->output && !find_elsewhere(file, path, &found))
    file_problem(file, "there is no file " STR_FMT, STR_ARG(found));
  file->where.target = found;
  file_format(file);
}

/* What the service writes for a date or a time of this format; for an input, what any of them looks like. */
static void put_moment(Str format, bool output, StrBuf *out) {
  for (size_t i = 0; i < format.len;) {
    size_t end = i;
    while (end < format.len && format.ptr[end] == format.ptr[i]) end++;
    Str run = str_sub(format, i, end);
    bool field = strchr("yMdHms", format.ptr[i]) != NULL;
    if (field && output) strbuf_printf(out, "{datetime:" STR_FMT "}", STR_ARG(run));
    else if (field) strbuf_putc(out, '*');
    else strbuf_put_str(out, run);
    i = end;
  }
}

/* A path pattern of the service. In one of an input every placeholder stands for anything; files of reference data say
** by date and time from when on they hold. */
static void put_pattern(BindingFile *file, Str pattern, StrBuf *out) {
  Str date, time, name, rest;
  if (!file_text(file, file->block, "DateFormat", &date)) date = STR("yyyy/MM/dd");
  if (!file_text(file, file->block, "TimeFormat", &time)) time = STR("HH");
  while (pattern.len) {
    if (pattern.ptr[0] != '{' || !str_cut(str_sub(pattern, 1, pattern.len), '}', &name, &rest)) {
      strbuf_putc(out, pattern.ptr[0]);
      pattern = str_sub(pattern, 1, pattern.len);
      continue;
    }
    bool date_here = str_eq_nocase(name, STR("date")), time_here = str_eq_nocase(name, STR("time"));
    if (file->into->reference && (date_here || time_here)) {
      strbuf_puts(out, date_here ? "{date}" : "{time}");
      file_option(file, date_here ? "date-format" : "time-format", date_here ? date : time);
    } else if (date_here) put_moment(date, file->output, out);
    else if (time_here) put_moment(time, file->output, out);
    else if (file->output) strbuf_printf(out, "{" STR_FMT "}", STR_ARG(name));
    else strbuf_putc(out, '*');
    pattern = rest;
  }
}

static const char *extension(BindingFile *file) {
  for (uint32_t i = 0; i < file->where.options.len; i++)
    if (str_eq(file->where.options.items[i].name, STR("format")))
      return str_eq(file->where.options.items[i].value, STR("csv")) ? "csv" : "json";
  return "json";
}

static void bind_blob(BindingFile *file) {
  Arena *arena = &file->desc->arena;
  Str container, pattern;
  bool named = file_need(file, "Container", &container);
  file_text(file, file->block, "PathPattern", &pattern);
  file_format(file);
  if (file->options->blobs == NULL) file_problem(file, "no folder in place of the storage account (--blobs DIR)");
  if (!named || file->options->blobs == NULL) return;
  StrBuf below = {0};
  put_pattern(file, pattern, &below);
  Str folder = path_join(arena, str_from(file->options->blobs), container);
  Str path = path_join(arena, folder, strbuf_str(&below));
  if (file->output) path = path_join(arena, path, arena_printf(arena, STR_FMT ".%s", STR_ARG(file->into->name),
                                                               extension(file)));
  strbuf_release(&below);
  file->where.target = path;
}

/* ---- Kafka ------------------------------------------------------------------------------------ */

static void set_if_given(BindingFile *file, const char *key, const char *option) {
  Str value;
  if (file_text(file, file->block, key, &value)) file_option(file, option, value);
}

/* librdkafka properties by their own names; they win over what the other keys say. */
static void set_properties(BindingFile *file) {
  const JsonNode *properties = json_get(file->block, "Properties");
  for (const JsonNode *member = properties ? properties->first : NULL; member; member = member->next) {
    Str value;
    const char *name = arena_cstr(&file->desc->arena, member->key);
    if (file_text(file, properties, name, &value)) file_option(file, name, value);
  }
}

static void bind_kafka(BindingFile *file) {
  Str brokers, topic;
  bool named = file_need(file, "Brokers", &brokers);
  named = file_need(file, "Topic", &topic) && named;
  file->where.scheme = "kafka";
  if (named)
    file->where.target = arena_printf(&file->desc->arena, STR_FMT "/" STR_FMT, STR_ARG(brokers), STR_ARG(topic));
  file_format(file);
  set_if_given(file, "SecurityProtocol", "security.protocol");
  set_if_given(file, "SaslMechanism", "sasl.mechanisms");
  set_if_given(file, "Username", "sasl.username");
  set_if_given(file, "Password", "sasl.password");
  if (file->output) set_if_given(file, "PartitionKey", "key");
  else set_if_given(file, "ConsumerGroupName", "group"), set_if_given(file, "Start", "start");
  set_properties(file);
}

/* "toll", "toll.servicebus.windows.net" and "sb://toll.servicebus.windows.net/" -> host and port. */
static Str hub_brokers(BindingFile *file, Str namespace) {
  if (str_starts_nocase(namespace, STR("sb://"))) namespace = str_sub(namespace, 5, namespace.len);
  while (namespace.len && namespace.ptr[namespace.len - 1] == '/') namespace.len--;
  const char *domain = str_find_char(namespace, '.') < 0 && str_find_char(namespace, ':') < 0
                           ? ".servicebus.windows.net" : "";
  const char *port = str_find_char(namespace, ':') < 0 ? ":9093" : "";
  return arena_printf(&file->desc->arena, STR_FMT "%s%s", STR_ARG(namespace), domain, port);
}

/* The Kafka endpoint of an Event Hub: https://learn.microsoft.com/azure/event-hubs/azure-event-hubs-kafka-overview */
static void bind_endpoint(BindingFile *file, Str namespace, Str hub, Str policy, Str key) {
  Arena *arena = &file->desc->arena;
  Str brokers = hub_brokers(file, namespace), host, port;
  str_cut(brokers, ':', &host, &port);
  file->where.target = arena_printf(arena, STR_FMT "/" STR_FMT, STR_ARG(brokers), STR_ARG(hub));
  file_option(file, "security.protocol", STR("SASL_SSL"));
  file_option(file, "sasl.mechanisms", STR("PLAIN"));
  file_option(file, "sasl.username", STR("$ConnectionString"));
  file_option(file, "sasl.password",
              arena_printf(arena, "Endpoint=sb://" STR_FMT "/;SharedAccessKeyName=" STR_FMT ";SharedAccessKey=" STR_FMT,
                           STR_ARG(host), STR_ARG(policy), STR_ARG(key)));
}

/* The service's $Default belongs to everybody; here each job has its own group. */
static void set_group(BindingFile *file) {
  Str group;
  if (file_text(file, file->block, "ConsumerGroupName", &group) && !str_eq_nocase(group, STR("$Default")))
    file_option(file, "group", group);
}

static bool need_key(BindingFile *file, Str *policy, Str *key) {
  Str mode;
  if (file_text(file, file->block, "AuthenticationMode", &mode) && str_starts_nocase(mode, STR("Msi"))) {
    file_problem(file, "a managed identity (AuthenticationMode " STR_FMT ") exists only inside Azure", STR_ARG(mode));
    return false;
  }
  bool named = file_need(file, "SharedAccessPolicyName", policy);
  return file_need(file, "SharedAccessPolicyKey", key) && named;
}

/* Columns that also become properties of the message. */
static void set_headers(BindingFile *file) {
  const JsonNode *columns = json_get(file->block, "PropertyColumns");
  StrBuf names = {0};
  for (const JsonNode *column = columns ? columns->first : NULL; column; column = column->next)
    if (column->kind == JSON_STRING) strbuf_printf(&names, "%s" STR_FMT, names.len ? "," : "", STR_ARG(column->text));
  if (names.len) file_option(file, "headers", arena_str(&file->desc->arena, strbuf_str(&names)));
  strbuf_release(&names);
}

static void bind_event_hub(BindingFile *file) {
  Str namespace, hub, policy, key;
  file->where.scheme = "kafka";
  bool named = file_need(file, "ServiceBusNamespace", &namespace);
  named = file_need(file, "EventHubName", &hub) && named;
  if (!(need_key(file, &policy, &key) && named)) return;
  bind_endpoint(file, namespace, hub, policy, key);
  file_format(file);
  if (file->output) set_if_given(file, "PartitionKey", "key");
  else set_group(file);
  if (file->output) set_headers(file);
  set_properties(file);
}

static void bind_iot_hub(BindingFile *file) {
  Str endpoint, hub, policy, key;
  file->where.scheme = "kafka";
  bool named = file_text(file, file->block, "EventHubEndpoint", &endpoint);
  named = file_text(file, file->block, "EventHubName", &hub) && named;
  if (!named)
    file_problem(file, "no EventHubEndpoint and EventHubName (the Event Hub-compatible endpoint of the hub)");
  if (!(need_key(file, &policy, &key) && named)) return;
  bind_endpoint(file, endpoint, hub, policy, key);
  file_format(file);
  set_group(file);
  set_properties(file);
}

/* ---- ODBC ------------------------------------------------------------------------------------- */

typedef struct KeyOption { const char *key, *option; } KeyOption;

static const KeyOption odbc_keys[] = {
  {"Table", "table"}, {"Query", "query"}, {"Delta", "delta"}, {"Refresh", "refresh"}, {"Mode", "mode"}, {"Key", "key"},
  {"Create", "create"}, {"OnConflict", "on-conflict"}, {"BatchRows", "batch-rows"},
  {"TransactionRows", "transaction-rows"}, {"RetryTimeout", "retry-timeout"}, {"LoginTimeout", "login-timeout"},
};

static void bind_odbc(BindingFile *file) {
  file->where.scheme = "odbc";
  file_need(file, "ConnectionString", &file->where.target);
  for (unsigned i = 0; i < sizeof odbc_keys / sizeof *odbc_keys; i++)
    set_if_given(file, odbc_keys[i].key, odbc_keys[i].option);
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
  else set_if_given(file, "Table", "table");
  bool typed = file_text(file, file->block, "RefreshType", &type);
  if (typed && str_eq_nocase(type, STR("Static"))) return;
  set_refresh(file);
  if (!typed || !str_ends_nocase(type, STR("Delta"))) return;
  Str delta = query_text(file, "DeltaSnapshotQuery", "DeltaSnapshotPath");
  if (delta.len) file_option(file, "delta", delta);
}

static void bind_sql_database(BindingFile *file) {
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
  set_if_given(file, "Table", "table");
  set_if_given(file, "MaxBatchCount", "transaction-rows");
}

/* ---- the table -------------------------------------------------------------------------------- */

const SourceType source_types[] = {
  {"Local Input", NULL, NULL, bind_local},
  {"Local Output", NULL, NULL, bind_local},
  {"Kafka", "KafkaProperties",
   "Brokers|Topic|ConsumerGroupName|Start|PartitionKey|SecurityProtocol|SaslMechanism|Username|Password|Properties",
   bind_kafka},
  {"ODBC", "ODBCProperties",
   "ConnectionString|Table|Query|Delta|Refresh|Mode|Key|Create|OnConflict|BatchRows|TransactionRows|RetryTimeout|"
   "LoginTimeout",
   bind_odbc},
  {"Event Hub", "EventHubProperties",
   "ServiceBusNamespace|EventHubName|SharedAccessPolicyName|SharedAccessPolicyKey|ConsumerGroupName|AuthenticationMode|"
   "PartitionKey|PropertyColumns|PartitionCount|Properties",
   bind_event_hub},
  {"IoT Hub", "IoTHubProperties",
   "IotHubNamespace|SharedAccessPolicyName|SharedAccessPolicyKey|ConsumerGroupName|Endpoint|EventHubEndpoint|"
   "EventHubName|AuthenticationMode|Properties",
   bind_iot_hub},
  {"SQL Database", "SQLDatabaseProperties|SqlReferenceInputInfo",
   "Server|Database|User|Password|Table|MaxWriterCount|MaxBatchCount|AuthenticationMode|Driver|FullSnapshotQuery|"
   "FullSnapshotPath|DeltaSnapshotQuery|DeltaSnapshotPath|RefreshType|RefreshRate",
   bind_sql_database},
  {"Blob Storage", "BlobStorageProperties|BlobReferenceProperties",
   "StorageAccounts|Container|PathPattern|DateFormat|TimeFormat|SourcePartitionCount|AuthenticationMode|BlobWriteMode|"
   "BlobPathPrefix",
   bind_blob},
  {"Power BI", "PowellBIProperties|PowerBIProperties"},
  {"Table Storage", "TableStorageProperties"},
  {"Azure Function", "AzureFunctionProperties"},
  {"Service Bus Queue", "ServiceBusQueueProperties"},
  {"Service Bus Topic", "ServiceBusTopicProperties"},
  {"DocumentDB", "DocumentDbProperties"},
  {"Cosmos DB", "DocumentDbProperties"},
  {"GatewayMessageBus"},
  {"Azure Data Lake Store", "AzureDataLakeStoreProperties"},
  {"Azure Data Explorer", "KustoProperties"},
  {"PostgreSQL", "PostgreSQLProperties"},
  {"Azure Synapse Analytics", "DataWarehouseProperties"},
  {0},
};
