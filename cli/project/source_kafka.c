/* source_kafka.c: topics, and the hubs of the service: Event Hubs and IoT hubs are read and written through the Kafka
** endpoint that the service offers beside its own protocol: port 9093, TLS, the connection string as the password. An
** IoT hub has that endpoint under another name than its own, so the project has to say it. */
#include "cli/project/source_types.h"

/* librdkafka properties by their own names; they win over what the other keys say. */
static void set_properties(BindingFile *file) {
  const JsonNode *properties = json_get(file->block, "Properties");
  for (const JsonNode *member = properties ? properties->first : NULL; member; member = member->next) {
    Str value;
    const char *name = arena_cstr(&file->desc->arena, member->key);
    if (file_text(file, properties, name, &value)) file_option(file, name, value);
  }
}

void bind_kafka(BindingFile *file) {
  Str brokers, topic;
  bool named = file_need(file, "Brokers", &brokers);
  named = file_need(file, "Topic", &topic) && named;
  file->where.scheme = "kafka";
  if (named)
    file->where.target = arena_printf(&file->desc->arena, STR_FMT "/" STR_FMT, STR_ARG(brokers), STR_ARG(topic));
  file_format(file);
  file_take(file, "SecurityProtocol", "security.protocol");
  file_take(file, "SaslMechanism", "sasl.mechanisms");
  file_take(file, "Username", "sasl.username");
  file_take(file, "Password", "sasl.password");
  if (file->output) file_take(file, "PartitionKey", "key");
  else file_take(file, "ConsumerGroupName", "group"), file_take(file, "Start", "start");
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

void bind_event_hub(BindingFile *file) {
  Str namespace, hub, policy, key;
  file->where.scheme = "kafka";
  bool named = file_need(file, "ServiceBusNamespace", &namespace);
  named = file_need(file, "EventHubName", &hub) && named;
  bool ready = need_key(file, &policy, &key) && named;
  if (ready) bind_endpoint(file, namespace, hub, policy, key);
  file_format(file); /* a local file in its place asks for the delimiter */
  if (!ready) return;
  if (file->output) file_take(file, "PartitionKey", "key");
  else set_group(file);
  if (file->output) set_headers(file);
  set_properties(file);
}

void bind_iot_hub(BindingFile *file) {
  Str endpoint, hub, policy, key;
  file->where.scheme = "kafka";
  bool named = file_text(file, file->block, "EventHubEndpoint", &endpoint);
  named = file_text(file, file->block, "EventHubName", &hub) && named;
  if (!named)
    file_problem(file, "no EventHubEndpoint and EventHubName (the Event Hub-compatible endpoint of the hub)");
  bool ready = need_key(file, &policy, &key) && named;
  if (ready) bind_endpoint(file, endpoint, hub, policy, key);
  file_format(file);
  if (!ready) return;
  set_group(file);
  set_properties(file);
}
