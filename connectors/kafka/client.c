/* client.c: see client.h. */
#include "connectors/kafka/client.h"

#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "connectors/kafka/embedded.h"

enum {
  TOPIC_WAIT_MS = 3000,  /* a topic made a moment ago may not have reached every broker */
  TELL_MS = 1000,        /* a wait of that length is told */
  SLICE_FIRST_MS = 500,  /* of asking for metadata; doubles, so that a slow broker gets its chance */
  SLICE_LAST_MS = 16000,
  RETRY_PAUSE_MS = 100,
  REFUSED_MS = 20000,    /* a no counts for so long: connections break in between, with pauses of up to 10 s */
};

/* ---- the target ---- */

static bool topic_is_legal(Str topic) {
  if (topic.len == 0 || topic.len > 249) return false;
  for (size_t i = 0; i < topic.len; i++) {
    char c = topic.ptr[i];
    bool legal = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
                 c == '-';
    if (!legal) return false;
  }
  return true;
}

/* Digits of at most 65535 behind the last colon of each broker; an IPv6 address has its own colons in brackets. */
static bool ports_are_legal(Str hosts) {
  Str host, rest = hosts;
  while (rest.len) {
    str_cut(rest, ',', &host, &rest);
    size_t colon = host.len;
    while (colon > 0 && host.ptr[colon - 1] != ':' && host.ptr[colon - 1] != ']') colon--;
    if (colon == 0 || host.ptr[colon - 1] == ']') continue;
    int64_t port;
    if (!str_to_i64(str_sub(host, colon, host.len), &port) || port < 1 || port > 65535) return false;
  }
  return true;
}

Status kafka_target_parse(Arena *arena, Str target, const char *who, KafkaTarget *out, Error *err) {
  Str hosts, topic = {"", 0};
  bool cut = str_cut(target, '/', &hosts, &topic);
  if (!cut || hosts.len == 0 || topic.len == 0) {
    error_set(err, STATUS_CONFIG, who, "a Kafka address needs %s: kafka://" STR_FMT, hosts.len ? "a topic" : "brokers",
              STR_ARG(target));
    return error_hint(err, "write kafka://host:9092/topic, or kafka://embedded/topic for the one in this process");
  }
  if (!topic_is_legal(topic)) {
    error_set(err, STATUS_CONFIG, who, "`" STR_FMT "` is no name of a Kafka topic", STR_ARG(topic));
    return error_hint(err, "letters, digits, '.', '_' and '-', at most 249");
  }
  if (!ports_are_legal(hosts)) {
    error_set(err, STATUS_CONFIG, who, "a Kafka broker's port is a number from 1 to 65535: " STR_FMT, STR_ARG(hosts));
    return error_hint(err, "write kafka://host:9092/topic");
  }
  out->embedded = str_eq_nocase(hosts, STR("embedded"));
  out->hosts = arena_str(arena, out->embedded ? str_from(embedded_servers()) : hosts);
  out->topic = arena_str(arena, topic);
  return STATUS_OK;
}

/* ---- what librdkafka reports ---- */

static bool is_unknown_topic(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
         code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

/* A broker that closes the door while TLS is agreed on says so in an alert, which librdkafka takes for a broken
** connection. */
static bool is_no(rd_kafka_resp_err_t code, const char *reason) {
  return code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL || is_unknown_topic(code) ||
         strstr(reason, "SSL alert number");
}

/* True while the broker refuses us: now, or a moment ago. */
static bool note_refusal(KafkaClient *client, bool refusal) {
  int64_t now = clock_monotonic_ns();
  bool still = client->refused_since_ns && (now - client->refused_last_ns) / 1000000 < REFUSED_MS;
  if (!still) client->refused_since_ns = refusal ? now : 0;
  if (refusal) client->refused_last_ns = now;
  return still || refusal;
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque) {
  KafkaClient *client = opaque;
  if (!client->trouble) client->trouble_since_ns = clock_monotonic_ns();
  bool refusal = is_no((rd_kafka_resp_err_t)code, reason), still = note_refusal(client, refusal);
  client->stuck |= is_unknown_topic((rd_kafka_resp_err_t)code) && rd_kafka_type(rk) == RD_KAFKA_CONSUMER;
  bool told = client->trouble && client->reason[0];
  client->trouble = true;
  if (client->on_trouble) client->on_trouble(client->owner);
  bool less = code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || (still && !refusal);
  if (told && less) return; /* says less than what is known */
  client->last_error = (rd_kafka_resp_err_t)code;
  snprintf(client->reason, sizeof client->reason, "%s", reason);
}

/* Only what ?debug= asked for; everything else comes as an error too. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text) {
  if (level >= 7) fprintf(stderr, "%s: %s: %s\n", rd_kafka_name(rk), facility, text);
}

void kafka_client_serve(KafkaClient *client, int timeout_ms) { rd_kafka_poll(client->rk, timeout_ms); }

void kafka_client_well(KafkaClient *client) {
  client->trouble = false;
  client->refused_since_ns = 0;
  client->last_error = RD_KAFKA_RESP_ERR_NO_ERROR;
  client->reason[0] = '\0';
}

void kafka_client_state(const KafkaClient *client, char *out, size_t cap) {
  out[0] = '\0';
  if (!client->trouble) return;
  long long seconds = (clock_monotonic_ns() - client->trouble_since_ns) / 1000000000;
  snprintf(out, cap, "Kafka: retrying for %llds: %s", seconds, client->reason);
}

bool kafka_error_is_transient(rd_kafka_resp_err_t code) {
  static const rd_kafka_resp_err_t lasting[] = {
      RD_KAFKA_RESP_ERR__FATAL,          RD_KAFKA_RESP_ERR__AUTHENTICATION,
      RD_KAFKA_RESP_ERR__SSL,            RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,
      RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
      RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, RD_KAFKA_RESP_ERR__BAD_MSG,
      RD_KAFKA_RESP_ERR__BAD_COMPRESSION, RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE,
      RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
  };
  for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++) {
    if (lasting[i] == code) return false;
  }
  return true;
}

int kafka_ms_left(int64_t deadline_ns) {
  int64_t left = (deadline_ns - clock_monotonic_ns()) / 1000000;
  return left > 0 ? (int)left : 0;
}

/* ---- metadata ---- */

static int compare_numbers(const void *a, const void *b) {
  int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
  return (x > y) - (x < y);
}

/* Asks once. The answer is the topic's own error; *leaderless names a partition without a leader, or is -1. */
static rd_kafka_resp_err_t ask_partitions(KafkaClient *client, int timeout_ms, KafkaNumbers *out, int32_t *leaderless) {
  const struct rd_kafka_metadata *metadata;
  rd_kafka_resp_err_t code = rd_kafka_metadata(client->rk, 0, client->topic, &metadata, timeout_ms);
  if (code) return code;
  const rd_kafka_metadata_topic_t *topic = metadata->topic_cnt ? &metadata->topics[0] : NULL;
  code = topic ? topic->err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
  out->len = 0;
  *leaderless = -1;
  for (int i = 0; !code && i < topic->partition_cnt; i++) {
    vec_push(out, topic->partitions[i].id);
    if (topic->partitions[i].leader < 0) *leaderless = topic->partitions[i].id;
  }
  rd_kafka_metadata_destroy(metadata);
  if (out->len) qsort(out->items, out->len, sizeof *out->items, compare_numbers);
  return code;
}

static Status refused(const KafkaClient *client, Error *err) {
  if (is_unknown_topic(client->last_error)) {
    error_set(err, STATUS_WORLD, client->who, "topic %s on %s is gone: %s", client->target.topic.ptr,
              client->target.hosts.ptr, client->reason);
    return error_hint(err, "it was deleted; make it anew, then --start earliest reads what it holds");
  }
  error_set(err, STATUS_WORLD, client->who, "the Kafka broker %s does not let us in (topic %s): %s",
            client->target.hosts.ptr, client->target.topic.ptr, client->reason);
  return error_hint(err, "check security.protocol, sasl.mechanism, user and password, and the certificates");
}

Status kafka_client_check(const KafkaClient *client, Ticks longest, Error *err) {
  bool long_enough = client->refused_since_ns && (clock_monotonic_ns() - client->refused_since_ns) / 100 > longest;
  return long_enough ? refused(client, err) : STATUS_OK;
}

/* Why there is no answer at all. */
static Status no_broker(KafkaClient *client, Ticks waited, Error *err) {
  StrBuf time = {0};
  duration_print(waited, &time);
  const char *hosts = client->target.hosts.ptr, *topic = client->target.topic.ptr;
  if (client->refused_since_ns) {
    refused(client, err);
  } else if (client->trouble && client->reason[0]) {
    error_set(err, STATUS_WORLD, client->who, "cannot reach the Kafka broker %s (topic %s) within %s: %s", hosts, topic,
              time.ptr, client->reason);
    error_hint(err, "check that it runs and that host and port are right; ?connect-timeout= waits longer");
  } else {
    error_set(err, STATUS_WORLD, client->who, "the Kafka broker %s (topic %s) gives no answer within %s", hosts, topic,
              time.ptr);
    error_hint(err, "is this a Kafka listener, and does it want TLS (?security.protocol=ssl)? "
                    "?connect-timeout= waits longer");
  }
  if (err) err->retriable = true;
  strbuf_release(&time);
  return STATUS_WORLD;
}

/* The nearest name of a topic there is, for a hint. */
static void suggest_topic(KafkaClient *client, Error *err) {
  const struct rd_kafka_metadata *metadata;
  const char *best = NULL;
  unsigned best_distance = (unsigned)(client->target.topic.len / 3) + 1;
  if (rd_kafka_metadata(client->rk, 1, NULL, &metadata, SLICE_FIRST_MS)) return;
  for (int i = 0; i < metadata->topic_cnt; i++) {
    const rd_kafka_metadata_topic_t *topic = &metadata->topics[i];
    unsigned distance = str_distance(str_from(topic->topic), client->target.topic);
    if (distance >= best_distance || topic->err || topic->topic[0] == '_') continue;
    best = topic->topic;
    best_distance = distance;
  }
  if (best) error_hint(err, "did you mean %s? else create it first (kafka-topics.sh --create)", best);
  rd_kafka_metadata_destroy(metadata);
}

static Status no_topic(KafkaClient *client, rd_kafka_resp_err_t code, Error *err) {
  const char *hosts = client->target.hosts.ptr, *topic = client->target.topic.ptr;
  if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
    error_set(err, STATUS_WORLD, client->who, "the Kafka broker %s does not let us use topic %s", hosts, topic);
    return error_hint(err, "this user needs Describe and Read (an input) or Write (an output) on the topic");
  }
  if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) {
    error_set(err, STATUS_WORLD, client->who, "the Kafka broker %s has no topic %s", hosts, topic);
    error_hint(err, "create it first (kafka-topics.sh --create)");
    suggest_topic(client, err);
    return STATUS_WORLD;
  }
  return error_set(err, STATUS_WORLD, client->who, "the Kafka broker %s says of topic %s: %s", hosts, topic,
                   rd_kafka_err2str(code));
}

static bool is_no_answer(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
         code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR__RESOLVE;
}

/* The answer is final: asking again would not change it. */
static bool is_refusal(const KafkaClient *client, rd_kafka_resp_err_t code) {
  if (is_no_answer(code)) return client->refused_since_ns != 0;
  return code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION;
}

/* Once, when a broker lets us wait. */
static void tell_waiting(const KafkaClient *client, Ticks timeout) {
  if (client->notice == NULL) return;
  StrBuf text = {0};
  strbuf_printf(&text, "%s: the Kafka broker %s does not answer (%s); trying again for ", client->who,
                client->target.hosts.ptr, client->reason[0] ? client->reason : "no reason known");
  duration_print(timeout, &text);
  client->notice(client->notice_context, text.ptr);
  strbuf_release(&text);
}

Status kafka_client_partitions(KafkaClient *client, Ticks timeout, KafkaNumbers *out, Error *err) {
  int64_t start_ns = clock_monotonic_ns(), deadline_ns = start_ns + timeout * 100;
  rd_kafka_resp_err_t code;
  int32_t leaderless;
  bool told = false;
  for (int slice_ms = SLICE_FIRST_MS;; slice_ms = slice_ms < SLICE_LAST_MS ? slice_ms * 2 : slice_ms) {
    int left_ms = kafka_ms_left(deadline_ns);
    leaderless = -1;
    code = ask_partitions(client, left_ms < slice_ms ? left_ms + 1 : slice_ms, out, &leaderless);
    if (!code && out->len && leaderless < 0) return STATUS_OK;
    kafka_client_serve(client, 0);
    left_ms = kafka_ms_left(deadline_ns);
    if (is_unknown_topic(code) && (clock_monotonic_ns() - start_ns) / 1000000 >= TOPIC_WAIT_MS) break;
    if (left_ms == 0 || is_refusal(client, code)) break;
    bool long_wait = is_no_answer(code) && (clock_monotonic_ns() - start_ns) / 1000000 >= TELL_MS;
    if (long_wait && !told) tell_waiting(client, timeout);
    told = told || long_wait;
    clock_sleep_ms(RETRY_PAUSE_MS);
  }
  kafka_client_serve(client, 0);
  if (is_no_answer(code)) return no_broker(client, timeout, err);
  if (code || leaderless < 0) return no_topic(client, code ? code : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, err);
  return error_set(err, STATUS_WORLD, client->who, "partition %d of topic %s on %s has no leader", leaderless,
                   client->target.topic.ptr, client->target.hosts.ptr);
}

/* ---- life ---- */

Status kafka_client_open(KafkaClient *client, rd_kafka_type_t type, rd_kafka_conf_t *conf, const char *job,
                         Error *err) {
  char reason[512], id[128] = "";
  size_t len = sizeof id;
  rd_kafka_conf_get(conf, "client.id", id, &len);
  if (strcmp(id, "rdkafka") == 0) { /* librdkafka's default: the user gave none */
    snprintf(id, sizeof id, "weir-%s", job ? job : "job");
    kafka_conf_must(conf, "client.id", id);
  }
  kafka_conf_must(conf, "bootstrap.servers", client->target.hosts.ptr);
  kafka_conf_must(conf, "log.queue", "true");
  rd_kafka_conf_set_opaque(conf, client);
  rd_kafka_conf_set_error_cb(conf, on_error);
  rd_kafka_conf_set_log_cb(conf, on_log);
  client->rk = rd_kafka_new(type, conf, reason, sizeof reason);
  if (!client->rk) {
    rd_kafka_conf_destroy(conf);
    return error_set(err, STATUS_CONFIG, client->who, "librdkafka refuses the properties: %s", reason);
  }
  rd_kafka_set_log_queue(client->rk, NULL);
  client->topic = rd_kafka_topic_new(client->rk, client->target.topic.ptr, NULL);
  if (client->topic) return STATUS_OK;
  return error_set(err, STATUS_CONFIG, client->who, "librdkafka refuses the topic %s: %s", client->target.topic.ptr,
                   rd_kafka_err2str(rd_kafka_last_error()));
}

void kafka_client_close(KafkaClient *client) {
  if (client->topic) rd_kafka_topic_destroy(client->topic);
  if (client->rk && !client->stuck) rd_kafka_destroy_flags(client->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  client->topic = NULL;
  client->rk = NULL;
}
