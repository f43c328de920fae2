/* kafka_tool.c: what bench/kafka.py needs beside Weir: a producer, and the yardstick.
**
**   bench_kafka fill  HOSTS TOPIC PARTITIONS < LINES    every line a record, partitions in turn
**   bench_kafka count HOSTS TOPIC PARTITIONS EVENTS [NAME=VALUE]...   reads that many records, looks at none of them
**   bench_kafka pace  HOSTS TOPIC PARTITIONS RATE SECONDS   events of now, RATE a second, a millisecond at a time
**
** `count` is as bare as a consumer gets: one queue for all partitions, batches of records, a counter. It prints the
** seconds from the assignment to the last record. `pace` stamps each event with the time it is made at:
** {"t":"2026-03-01T00:00:00.0010000Z","k":17,"v":4}; its windows can be timed from outside. */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LINE_MAX_BYTES = 4096, BATCH = 4096, KEYS = 100 };

static char *none[] = {NULL};

static void fail(const char *what, const char *why) {
  fprintf(stderr, "bench_kafka: %s: %s\n", what, why);
  exit(1);
}

static double now_s(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
  char reason[256];
  if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK) fail(name, reason);
}

/* `properties` ends with NULL. */
static rd_kafka_t *open_client(rd_kafka_type_t type, const char *hosts, char **properties) {
  char reason[256];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", hosts);
  if (type == RD_KAFKA_PRODUCER) set(conf, "linger.ms", "5");
  else set(conf, "group.id", "bench-count");
  for (; *properties; properties++) {
    char *value = strchr(*properties, '=');
    if (!value) fail(*properties, "write NAME=VALUE");
    *value = '\0';
    set(conf, *properties, value + 1);
  }
  rd_kafka_t *client = rd_kafka_new(type, conf, reason, sizeof reason);
  if (!client) fail(hosts, reason);
  return client;
}

/* ---- producing ---- */

static void put(rd_kafka_t *client, rd_kafka_topic_t *topic, int partition, const char *text, size_t len) {
  while (rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, (void *)(size_t)text, len, NULL, 0, NULL)) {
    rd_kafka_resp_err_t code = rd_kafka_last_error();
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail("produce", rd_kafka_err2str(code));
    rd_kafka_poll(client, 10);
  }
}

static void finish(rd_kafka_t *client, rd_kafka_topic_t *topic) {
  if (rd_kafka_flush(client, 60000)) fail("flush", "the broker did not take all records");
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(client);
}

static void fill(const char *hosts, const char *name, int partitions) {
  static char line[LINE_MAX_BYTES];
  rd_kafka_t *client = open_client(RD_KAFKA_PRODUCER, hosts, none);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(client, name, NULL);
  long n = 0;
  for (; fgets(line, sizeof line, stdin); n++) {
    put(client, topic, (int)(n % partitions), line, strcspn(line, "\n"));
    if (n % 1000 == 0) rd_kafka_poll(client, 0);
  }
  finish(client, topic);
  printf("%ld\n", n);
}

static void put_event(rd_kafka_t *client, rd_kafka_topic_t *topic, int partition, long n) {
  struct timespec time;
  struct tm parts;
  char event[128], day[32];
  clock_gettime(CLOCK_REALTIME, &time);
  gmtime_r(&time.tv_sec, &parts);
  strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts);
  long ticks = time.tv_nsec / 100;
  int len = snprintf(event, sizeof event, "{\"t\":\"%s.%07ldZ\",\"k\":%ld,\"v\":%ld}", day, ticks, n % KEYS, n % 7);
  put(client, topic, partition, event, (size_t)len);
}

static void pace(const char *hosts, const char *name, int partitions, long rate, double seconds) {
  rd_kafka_t *client = open_client(RD_KAFKA_PRODUCER, hosts, none);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(client, name, NULL);
  double start = now_s(CLOCK_MONOTONIC), passed;
  long n = 0;
  while ((passed = now_s(CLOCK_MONOTONIC) - start) < seconds) {
    for (long due = (long)(passed * (double)rate); n < due; n++) put_event(client, topic, (int)(n % partitions), n);
    rd_kafka_poll(client, 0);
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  }
  finish(client, topic);
  printf("%ld\n", n);
}

/* ---- counting ---- */

static void assign(rd_kafka_t *client, const char *name, int partitions) {
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
  for (int i = 0; i < partitions; i++)
    rd_kafka_topic_partition_list_add(list, name, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_resp_err_t code = rd_kafka_assign(client, list);
  if (code) fail(name, rd_kafka_err2str(code));
  rd_kafka_topic_partition_list_destroy(list);
}

static void count(const char *hosts, const char *name, int partitions, long events, char **properties) {
  static rd_kafka_message_t *messages[BATCH];
  rd_kafka_t *client = open_client(RD_KAFKA_CONSUMER, hosts, properties);
  rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(client);
  double start = now_s(CLOCK_MONOTONIC);
  assign(client, name, partitions);
  long seen = 0;
  while (seen < events) {
    ssize_t got = rd_kafka_consume_batch_queue(queue, 100, messages, BATCH);
    for (ssize_t i = 0; i < got; i++) {
      seen += !messages[i]->err;
      rd_kafka_message_destroy(messages[i]);
    }
  }
  printf("%.6f\n", now_s(CLOCK_MONOTONIC) - start);
  rd_kafka_queue_destroy(queue);
  rd_kafka_destroy(client);
}

int main(int argc, char **argv) {
  const char *command = argc > 1 ? argv[1] : "";
  if (argc == 5 && strcmp(command, "fill") == 0) fill(argv[2], argv[3], atoi(argv[4]));
  else if (argc >= 6 && strcmp(command, "count") == 0) count(argv[2], argv[3], atoi(argv[4]), atol(argv[5]), argv + 6);
  else if (argc == 7 && strcmp(command, "pace") == 0)
    pace(argv[2], argv[3], atoi(argv[4]), atol(argv[5]), atof(argv[6]));
  else fail("usage", "fill HOSTS TOPIC PARTITIONS | count HOSTS TOPIC PARTITIONS EVENTS | "
                     "pace HOSTS TOPIC PARTITIONS RATE SECONDS");
  return 0;
}
