/* start.h: where a source begins to read. */
#ifndef WEIR_CONNECTORS_KAFKA_START_H
#define WEIR_CONNECTORS_KAFKA_START_H

#include "connectors/kafka/client.h"
#include "io/source.h"

typedef struct KafkaStart {
  StartKind kind; /* START_NOW, START_EARLIEST, START_COMMITTED or START_TIME */
  Ticks     time; /* of START_TIME */
} KafkaStart;

/* `start=` of a WHERE: earliest, latest (or now), committed, or an ISO 8601 instant. */
Status kafka_start_parse(Str text, const char *who, KafkaStart *out, Error *err);

typedef struct KafkaPosition {
  int64_t offset;
  Ticks   skip_before; /* records stamped earlier are left out; TICKS_MIN: none */
  bool    committed;   /* it is where the group stood, and `note` the text kept with that; in the arena */
  Str     note;
} KafkaPosition;

/* One partition's first offset. Every position becomes a number the broker has confirmed, so that offsets lost
** later are noticed and not skipped:
**  - earliest: the first record there is; latest: behind the last one;
**  - committed: where the group stood. A partition the group never committed begins at its first record. An
**    offset outside of what the broker holds is STATUS_WORLD, with the range;
**  - a time: the first record stamped at or after it, or behind the last one. The embedded broker cannot look
**    times up: there it is the first record, and skip_before says what to leave out. */
Status kafka_start_offset(KafkaClient *client, const KafkaStart *start, const char *group, int32_t partition,
                          int timeout_ms, Arena *arena, KafkaPosition *out, Error *err);

/* Kafka's milliseconds since 1970 and ticks. false: out of the range of years 1 to 9999. */
bool    kafka_ticks_from_ms(int64_t ms, Ticks *out);
int64_t kafka_ms_from_ticks(Ticks ticks);

#endif
