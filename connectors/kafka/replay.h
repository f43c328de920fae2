/* replay.h: recorded events into an embedded topic, for demos and tests. */
#ifndef WEIR_CONNECTORS_KAFKA_REPLAY_H
#define WEIR_CONNECTORS_KAFKA_REPLAY_H

#include "connectors/kafka/client.h"

typedef struct Replay {
  Str path;       /* JSON lines */
  Str timestamp;  /* field that holds each record's time; empty: the time of the replay */
  Str key;        /* field that becomes the record's key and chooses its partition; empty: partitions in turn */
} Replay;

/* Produces the whole file into the embedded topic, in its order, and waits until the broker has it all. The
** same replay into the same topic happens once a process, so several inputs may name it. STATUS_CONFIG for a
** missing file, a line that is no object or has no such timestamp (with its number); STATUS_WORLD when the
** topic is full. Blank lines are skipped. */
Status replay_file(const Replay *replay, const KafkaTarget *target, int partitions, const char *who, Error *err);

#endif
