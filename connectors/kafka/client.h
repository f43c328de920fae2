/* client.h: what source and sink share: the target of a WHERE, librdkafka properties, the connection and what
** is wrong with it, and the metadata of the topic.
**
** librdkafka runs its own threads; everything they report (errors, logs, statistics, delivery) waits in a queue
** until the owner calls kafka_client_serve, so no lock is needed here. Thread: the owner's. */
#ifndef WEIR_CONNECTORS_KAFKA_CLIENT_H
#define WEIR_CONNECTORS_KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>
#include "io/take.h"
#include "io/where.h"
#include "types/datetime.h"

/* ---- configuration ---- */

typedef struct KafkaTarget {
  Str  hosts;    /* bootstrap list; NUL-terminated */
  Str  topic;    /* NUL-terminated */
  bool embedded; /* the in-process broker; hosts then names its listener */
} KafkaTarget;

/* `hosts/topic`, or `embedded/topic`, which starts the in-process broker. STATUS_CONFIG says what is missing. */
Status kafka_target_parse(Arena *arena, Str target, const char *who, KafkaTarget *out, Error *err);

/* Takes a pair that is no option of ours as a librdkafka property: an OptionRestFn whose context is a
** KafkaProperties. Properties that Weir decides are refused with what to write instead; unknown ones get
** librdkafka's message and the nearest name there is. Values of secret properties never reach a message. */
typedef struct KafkaProperties {
  rd_kafka_conf_t *conf;
  const char      *who;
} KafkaProperties;
Status kafka_property_take(void *context, const OptionPair *pair, bool *taken, Error *err);
/* Passwords and private keys: never printed. */
bool kafka_property_is_secret(Str name);
/* Sets a property Weir decides; BUG when librdkafka does not know it. */
void kafka_conf_must(rd_kafka_conf_t *conf, const char *name, const char *value);

/* ---- the connection ---- */

typedef struct KafkaClient {
  rd_kafka_t       *rk;
  rd_kafka_topic_t *topic;
  KafkaTarget       target;
  const char       *who;
  void            (*notice)(void *context, const char *text); /* one line for people, while connecting; NULL: none */
  void             *notice_context;
  void             *owner;             /* source or sink, for their callbacks */
  void            (*on_trouble)(void *owner); /* called for every error a connection reports; NULL: nobody */
  bool              trouble;           /* the last thing heard of a broker was bad */
  int64_t           trouble_since_ns;  /* monotonic */
  int64_t           refused_since_ns;  /* monotonic: the broker answers with a no; 0: the trouble is another */
  int64_t           refused_last_ns;   /* when it did so last */
  bool              stuck;             /* its destruction would not end: see kafka_client_close */
  rd_kafka_resp_err_t last_error;      /* of the trouble */
  char              reason[300];       /* of the trouble, in librdkafka's words */
} KafkaClient;

/* Takes conf. `client` must not move afterwards. STATUS_CONFIG when librdkafka refuses the properties. */
Status kafka_client_open(KafkaClient *client, rd_kafka_type_t type, rd_kafka_conf_t *conf, const char *job, Error *err);
/* Safe on a zeroed client. A consumer that is stuck is left alone: librdkafka 2.0 never ends its destruction when its
** topic was deleted (a broker thread waits for the partition that is gone), or when a commit waits for a coordinator
** that refuses us. It calls nobody back and goes with the process. */
void   kafka_client_close(KafkaClient *client);
/* Runs the callbacks of what has been reported; waits at most timeout_ms for the first. */
void   kafka_client_serve(KafkaClient *client, int timeout_ms);
/* Something good was heard: the trouble is over. */
void   kafka_client_well(KafkaClient *client);
/* STATUS_WORLD when the broker has refused us for longer than that (password, certificate, the topic is gone): waiting
** longer would not help, somebody has to act. */
Status kafka_client_check(const KafkaClient *client, Ticks longest, Error *err);
/* "Kafka: retrying for 12s: reason", or empty. */
void   kafka_client_state(const KafkaClient *client, char *out, size_t cap);

/* The broker's partition numbers of the topic, ascending; waits for broker, topic and leaders for at most
** `timeout`, a topic the broker does not know for 3 s. STATUS_WORLD names broker and topic and says what to do. */
typedef Vec(int32_t) KafkaNumbers;
Status kafka_client_partitions(KafkaClient *client, Ticks timeout, KafkaNumbers *out, Error *err);

/* Retrying inside librdkafka may heal it: connections, leader changes, throttling, coordinators on the move. */
bool   kafka_error_is_transient(rd_kafka_resp_err_t code);

/* Milliseconds left until a monotonic deadline; 0 when it has passed. */
int    kafka_ms_left(int64_t deadline_ns);

#endif
