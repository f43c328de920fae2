/* embedded.c: see embedded.h. */
#include "connectors/kafka/embedded.h"

#include <pthread.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include "base/str.h"
#include "base/vec.h"

typedef struct EmbeddedTopic {
  char  *name;
  int    partitions;
  size_t bytes[EMBEDDED_PARTITIONS_MAX]; /* booked so far */
  Vec(char *) replayed;
} EmbeddedTopic;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
  rd_kafka_t *owner; /* the handle the cluster hangs on */
  rd_kafka_mock_cluster_t *cluster;
  Vec(EmbeddedTopic) topics;
} embedded;

static rd_kafka_mock_cluster_t *cluster_locked(void) {
  if (embedded.cluster) return embedded.cluster;
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(conf, NULL);
  char reason[256];
  embedded.owner = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
  if (!embedded.owner) BUG("the embedded broker does not start: %s", reason);
  embedded.cluster = rd_kafka_mock_cluster_new(embedded.owner, 1);
  if (!embedded.cluster) BUG("the embedded broker does not start");
  return embedded.cluster;
}

struct rd_kafka_mock_cluster_s *embedded_cluster(void) {
  pthread_mutex_lock(&lock);
  rd_kafka_mock_cluster_t *cluster = cluster_locked();
  pthread_mutex_unlock(&lock);
  return cluster;
}

const char *embedded_servers(void) { return rd_kafka_mock_cluster_bootstraps(embedded_cluster()); }

static EmbeddedTopic *find_topic(const char *name) {
  for (uint32_t i = 0; i < embedded.topics.len; i++) {
    if (strcmp(embedded.topics.items[i].name, name) == 0) return &embedded.topics.items[i];
  }
  return NULL;
}

static Status create_topic(const char *name, int partitions, const char *who, Error *err) {
  rd_kafka_resp_err_t code = rd_kafka_mock_topic_create(cluster_locked(), name, partitions, 1);
  if (code) {
    return error_set(err, STATUS_WORLD, who, "cannot create the embedded topic %s: %s", name, rd_kafka_err2str(code));
  }
  vec_push(&embedded.topics, (EmbeddedTopic){.name = mem_strdup(name), .partitions = partitions});
  return STATUS_OK;
}

static Status topic_locked(const char *name, int partitions, int *count, const char *who, Error *err) {
  if (partitions > EMBEDDED_PARTITIONS_MAX) {
    return error_set(err, STATUS_CONFIG, who, "an embedded topic has at most %d partitions", EMBEDDED_PARTITIONS_MAX);
  }
  if (!find_topic(name)) TRY(create_topic(name, partitions ? partitions : 1, who, err));
  *count = find_topic(name)->partitions;
  if (!partitions || partitions == *count) return STATUS_OK;
  error_set(err, STATUS_CONFIG, who, "the embedded topic %s has %d partitions, not %d", name, *count, partitions);
  return error_hint(err, "give the same ?partitions= wherever the topic is named");
}

Status embedded_topic(const char *topic, int partitions, int *count, const char *who, Error *err) {
  pthread_mutex_lock(&lock);
  Status status = topic_locked(topic, partitions, count, who, err);
  pthread_mutex_unlock(&lock);
  return status;
}

Status embedded_book(const char *topic, int partition, size_t bytes, const char *who, Error *err) {
  pthread_mutex_lock(&lock);
  EmbeddedTopic *found = find_topic(topic);
  if (!found) BUG("the embedded topic %s does not exist", topic);
  bytes += EMBEDDED_RECORD_BYTES;
  bool fits = found->bytes[partition] + bytes <= EMBEDDED_PARTITION_BYTES;
  if (fits) found->bytes[partition] += bytes;
  pthread_mutex_unlock(&lock);
  if (fits) return STATUS_OK;
  error_set(err, STATUS_WORLD, who, "partition %d of the embedded topic %s is full: it takes %d MB", partition, topic,
            EMBEDDED_PARTITION_BYTES >> 20);
  return error_hint(err, "the embedded broker is for demos and tests; use more ?partitions= or a real broker");
}

bool embedded_first_replay(const char *topic, const char *text) {
  pthread_mutex_lock(&lock);
  EmbeddedTopic *found = find_topic(topic);
  if (!found) BUG("the embedded topic %s does not exist", topic);
  bool first = true;
  for (uint32_t i = 0; i < found->replayed.len; i++) first = first && strcmp(found->replayed.items[i], text) != 0;
  if (first) vec_push(&found->replayed, mem_strdup(text));
  pthread_mutex_unlock(&lock);
  return first;
}
