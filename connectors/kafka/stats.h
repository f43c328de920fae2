/* stats.h: what librdkafka's statistics say about the partitions of one topic. */
#ifndef WEIR_CONNECTORS_KAFKA_STATS_H
#define WEIR_CONNECTORS_KAFKA_STATS_H

#include "base/str.h"
#include "base/vec.h"

typedef struct StatsPartition {
  int32_t number;
  bool    reachable; /* its leader is connected and was heard from a moment ago */
} StatsPartition;
typedef Vec(StatsPartition) StatsPartitions;

/* json: the document of statistics.interval.ms. A leader not heard from for rx_idle_max_us is not reachable: at the
** end of a partition a healthy one answers every fetch.wait.max.ms, and without an answer it hangs or is cut off,
** whatever the state of the connection says. Fills `out` (cleared first) with the partitions the broker has
** of the topic; those librdkafka only wishes for are left out. Malformed text gives an empty list. */
void stats_partitions(Str json, Str topic, int64_t rx_idle_max_us, StatsPartitions *out);

#endif
