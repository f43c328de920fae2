/* stats.c: see stats.h.
**
**   {"brokers": {"host:9092/1": {"nodeid": 1, "state": "UP", "rxidle": 1234, ...}, ...},
**    "topics": {"flights": {"partitions": {"0": {"partition": 0, "leader": 1, "unknown": false, ...}, ...}}}} */
#include "connectors/kafka/stats.h"

#include "types/json.h"

static int64_t number_field(Str object, const char *name) {
  Str raw;
  int64_t number;
  return json_field(object, str_from(name), &raw) && str_to_i64(raw, &number) ? number : -1;
}

static bool text_field_is(Str object, const char *name, const char *raw_wanted) {
  Str raw;
  return json_field(object, str_from(name), &raw) && str_eq(raw, str_from(raw_wanted));
}

/* Whether a broker with this node id is connected and talking. */
static bool broker_is_well(Str brokers, int64_t node, int64_t rx_idle_max_us) {
  JsonCursor cursor;
  Str key, broker;
  if (node < 0 || !json_open(&cursor, brokers)) return false;
  while (json_next(&cursor, &key, &broker)) {
    if (number_field(broker, "nodeid") != node) continue;
    int64_t idle_us = number_field(broker, "rxidle");
    return text_field_is(broker, "state", "\"UP\"") && idle_us >= 0 && idle_us < rx_idle_max_us;
  }
  return false;
}

void stats_partitions(Str json, Str topic, int64_t rx_idle_max_us, StatsPartitions *out) {
  Str brokers, topics, mine, partitions, key, partition;
  JsonCursor cursor;
  out->len = 0;
  if (!json_field(json, STR("brokers"), &brokers) || !json_field(json, STR("topics"), &topics) ||
      !json_field(topics, topic, &mine) || !json_field(mine, STR("partitions"), &partitions) ||
      !json_open(&cursor, partitions)) {
    return;
  }
  while (json_next(&cursor, &key, &partition)) {
    int64_t number = number_field(partition, "partition");
    if (number < 0 || text_field_is(partition, "unknown", "true")) continue; /* -1: not assigned to any */
    bool well = broker_is_well(brokers, number_field(partition, "leader"), rx_idle_max_us);
    vec_push(out, (StatsPartition){.number = (int32_t)number, .reachable = well});
  }
}
