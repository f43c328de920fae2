/* embedded.h: the broker inside this process, for demos and tests: `kafka://embedded/topic`.
**
** It is librdkafka's mock cluster with one broker on a loopback port. The whole process shares one, started by
** the first who asks and alive until the process ends. It keeps only about 5 MB a partition and silently drops
** the oldest records beyond, so whoever produces through Weir is refused beyond EMBEDDED_PARTITION_BYTES.
** Thread: any; one lock inside. */
#ifndef WEIR_CONNECTORS_KAFKA_EMBEDDED_H
#define WEIR_CONNECTORS_KAFKA_EMBEDDED_H

#include <stddef.h>
#include "base/status.h"

enum {
  EMBEDDED_PARTITION_BYTES = 4 << 20, /* keys, payloads and EMBEDDED_RECORD_BYTES each */
  EMBEDDED_RECORD_BYTES = 32,         /* what a record costs beside its key and payload, rounded up */
  EMBEDDED_PARTITIONS_MAX = 64,
};

const char *embedded_servers(void); /* host:port for bootstrap.servers */
struct rd_kafka_mock_cluster_s *embedded_cluster(void); /* for tests that inject faults */

/* Creates the topic unless it is there. partitions 0: as many as it has, 1 for a new one. *count says how many
** there are. STATUS_CONFIG when it exists with another number. */
Status embedded_topic(const char *topic, int partitions, int *count, const char *who, Error *err);
/* Books a record that is about to be produced. STATUS_WORLD when the partition is full. The topic must exist. */
Status embedded_book(const char *topic, int partition, size_t bytes, const char *who, Error *err);
/* True once for each (topic, text): what has been replayed into a topic is not replayed again. */
bool   embedded_first_replay(const char *topic, const char *text);

#endif
