/* properties.c: librdkafka properties in a WHERE: which are welcome, which Weir decides, which are secret. */
#include "connectors/kafka/client.h"

typedef struct ReservedProperty {
  const char *name;
  const char *instead; /* the way out */
} ReservedProperty;

static const ReservedProperty reserved[] = {
    {"bootstrap.servers", "the brokers stand in the URL: kafka://host:9092,host2:9092/topic"},
    {"metadata.broker.list", "the brokers stand in the URL: kafka://host:9092,host2:9092/topic"},
    {"group.id", "write ?group="},
    {"auto.offset.reset", "write ?start=; offsets that are gone stop the job with a message"},
    {"enable.auto.commit", "the job commits what its outputs have taken"},
    {"enable.auto.offset.store", "the job commits what its outputs have taken"},
    {"auto.commit.interval.ms", "the job commits what its outputs have taken"},
    {"enable.partition.eof", "the idle rule needs it on"},
    {"statistics.interval.ms", "the idle rule needs its own"},
    {"log.queue", "the job reads the log itself"},
    {"partition.assignment.strategy", "a job reads all partitions of its topic"},
    {"group.instance.id", "a job reads all partitions of its topic"},
    {"transactional.id", "transactions are not offered yet"},
    {"message.timeout.ms", "write ?delivery-timeout="},
    {"delivery.timeout.ms", "write ?delivery-timeout="},
    {NULL, NULL}};

bool kafka_property_is_secret(Str name) {
  static const char *const words[] = {"password", "secret", "pem", "ssl_key", "oauthbearer.config", NULL};
  char folded[64] = {0};
  for (size_t i = 0; i < name.len && i + 1 < sizeof folded; i++) {
    folded[i] = (char)(name.ptr[i] | (name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? 0x20 : 0));
  }
  for (const char *const *word = words; *word; word++) {
    if (strstr(folded, *word)) return true;
  }
  return false;
}

void kafka_conf_must(rd_kafka_conf_t *conf, const char *name, const char *value) {
  char reason[256];
  if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK) BUG("%s", reason);
}

/* Of the client or of its topics: rd_kafka_conf_set takes both. */
static bool is_property(const rd_kafka_conf_t *conf, const char *name) {
  size_t len = 0;
  if (rd_kafka_conf_get(conf, name, NULL, &len) == RD_KAFKA_CONF_OK) return true;
  rd_kafka_topic_conf_t *topic = rd_kafka_topic_conf_new();
  bool found = rd_kafka_topic_conf_get(topic, name, NULL, &len) == RD_KAFKA_CONF_OK;
  rd_kafka_topic_conf_destroy(topic);
  return found;
}

static Status unknown_property(const KafkaProperties *properties, Str name, Error *err) {
  size_t count = 0;
  const char **names = rd_kafka_conf_dump(properties->conf, &count); /* name, value, name, value, ... */
  const char *best = NULL;
  unsigned best_distance = (unsigned)(name.len / 3) + 1;
  for (size_t i = 0; i + 1 < count; i += 2) {
    unsigned distance = str_distance(str_from(names[i]), name);
    if (distance >= best_distance) continue;
    best = names[i];
    best_distance = distance;
  }
  error_set(err, STATUS_CONFIG, properties->who, "librdkafka knows no property `" STR_FMT "`", STR_ARG(name));
  if (best) error_hint(err, "did you mean `%s`?", best);
  else error_hint(err, "its CONFIGURATION.md lists them all");
  rd_kafka_conf_dump_free(names, count);
  return STATUS_CONFIG;
}

static Status set_property(const KafkaProperties *properties, const char *name, Str value, Error *err) {
  for (const ReservedProperty *row = reserved; row->name; row++) {
    if (strcmp(row->name, name) != 0) continue;
    error_set(err, STATUS_CONFIG, properties->who, "`%s` is not yours to set here", name);
    return error_hint(err, "%s", row->instead);
  }
  char reason[512];
  char *text = mem_strndup(value.ptr, value.len);
  rd_kafka_conf_res_t result = rd_kafka_conf_set(properties->conf, name, text, reason, sizeof reason);
  mem_free(text);
  if (result == RD_KAFKA_CONF_OK) return STATUS_OK;
  if (result == RD_KAFKA_CONF_UNKNOWN) return unknown_property(properties, str_from(name), err);
  bool secret = kafka_property_is_secret(str_from(name));
  return error_set(err, STATUS_CONFIG, properties->who, "librdkafka refuses the value of `%s`%s%s", name,
                   secret ? "" : ": ", secret ? "" : reason);
}

Status kafka_property_take(void *context, const OptionPair *pair, bool *taken, Error *err) {
  const KafkaProperties *properties = context;
  char name[128]; /* the longest name has about 50 */
  *taken = false;
  if (pair->name.len >= sizeof name) return STATUS_OK;
  for (size_t i = 0; i < pair->name.len; i++) {
    char c = pair->name.ptr[i];
    name[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  }
  name[pair->name.len] = '\0';
  /* A name with a dot can only be meant for librdkafka; a few of its own have none (acks, debug). */
  if (!strchr(name, '.') && !is_property(properties->conf, name)) return STATUS_OK;
  *taken = true;
  return set_property(properties, name, pair->value, err);
}
