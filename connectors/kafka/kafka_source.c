/* kafka_source.c: all partitions of a topic as messages.
**
** assign() for every partition, never subscribe(): which process reads what is the user's decision, and the
** group only keeps committed offsets. All partitions feed librdkafka's one consumer queue; poll takes what is
** there, sorts it into an inbox a partition and delivers one inbox at a time as one contiguous buffer:
**
**   fetch queue of p --forward--> consumer queue --take--> inbox of p --deliver--> MessageBatch
**
** Pausing a partition cuts the forwarding: its records wait in its own fetch queue, which stops fetching when
** it is full; nothing fetched is thrown away. What had been forwarded already waits in the inbox.
**
** At the end. librdkafka reports the end of a partition once, when a fetch finds nothing behind the last record.
** That stays true until a record comes or the leader is not heard from: an error clears it at once, the
** statistics (every second) clear it and, when two of them in a row find the leader well, set it again.
**
** Waking the fetcher. librdkafka 2.0 stops fetching when its queue is full (queued.max.messages.kbytes,
** queued.min.messages) and then looks again only once a second unless something wakes the broker's thread. A reader
** that is faster than that second would wait most of the time (measured: 16 MB a second), so when a queue's worth has
** been taken and little is left, a small request to the leaders (the offsets of a time) wakes them; nobody waits for
** its answer.
**
** Offsets go up within a partition; anything at or below the last one delivered is dropped, so a fetch that is
** repeated inside librdkafka never doubles a record. */
#include <stdio.h>
#include "base/clock.h"
#include "base/hash.h"
#include "connectors/kafka/client.h"
#include "connectors/kafka/embedded.h"
#include "connectors/kafka/kafka.h"
#include "connectors/kafka/replay.h"
#include "connectors/kafka/start.h"
#include "connectors/kafka/stats.h"
#include "connectors/kafka/unpack.h"
#include "types/json.h"

enum {
  TAKE_MAX = 4096,            /* records taken from the queue at a time */
  DELIVER_BYTES = 1 << 20,    /* of payload in one MessageBatch, unless one record alone is longer */
  COMMIT_WAIT_MS = 5000,      /* for the last commit at close */
  RANGE_WAIT_MS = 5000,       /* for the range of offsets in an error */
  RX_IDLE_MS = 2500,          /* silence of a leader beyond fetch.wait.max.ms that means it hangs */
  WELL_REPORTS = 2,           /* statistics in a row that make a partition reachable again */
  LOW_RECORDS = 12 * TAKE_MAX, /* in the queue: now the fetcher should go on, before they are used up */
};

typedef struct KafkaSourceOptions {
  Str     format, group, start;
  bool    headers;
  int     compression;  /* of payloads: 0 none, 1 gzip */
  Ticks   connect_timeout;
  int64_t partitions;
  Str     replay, replay_timestamp, replay_key;
} KafkaSourceOptions;

typedef struct Inbox { /* records that wait for delivery, from `at` on */
  rd_kafka_message_t **items;
  uint32_t at, len, cap;
} Inbox;

typedef struct SourcePartition {
  int32_t number;
  int64_t next;          /* offset behind the last record taken */
  int64_t committed;     /* last offset asked to be committed; -1: none */
  uint64_t committed_note; /* hash of the note that went with it */
  KafkaPosition start;   /* where it began */
  bool    paused;
  bool    end_reached;   /* by a fetch, and no record since */
  unsigned well_reports; /* statistics in a row that found the leader well, up to WELL_REPORTS */
  rd_kafka_queue_t *queue; /* its fetch queue; NULL until it is first paused */
  Inbox   inbox;
} SourcePartition;

typedef struct UnpackedPayload {
  size_t begin, len;   /* in KafkaSource.unpacked */
  const char *damage;  /* NULL: none */
} UnpackedPayload;

typedef struct KafkaSource {
  Source      base;
  KafkaClient client;
  KafkaSourceOptions options;
  int         embedded_partitions; /* of the topic of kafka://embedded */
  const char *group;
  rd_kafka_queue_t *queue;     /* the consumer queue */
  rd_kafka_queue_t *reports;   /* librdkafka's main queue: callbacks of commits */
  Vec(SourcePartition) partitions;
  uint32_t    turn;            /* partition whose inbox is looked at first */
  int64_t     queue_bytes, queue_records; /* about half of what stops the fetcher */
  int64_t     taken_bytes, taken_records; /* since the fetcher was woken last */
  int64_t     rx_idle_max_us;  /* a leader that says nothing for longer hangs */
  unsigned    commits_waiting;
  char        commit_trouble[400]; /* why the last commit failed; empty: it did not */
  StatsPartitions stats;       /* scratch */
  StrBuf      headers;         /* scratch */
  StrBuf      unpacked;        /* scratch: payloads of the batch at hand, end to end */
  Vec(UnpackedPayload) unpacked_at; /* scratch: where each of them lies */
  rd_kafka_message_t *taken[TAKE_MAX]; /* scratch */
} KafkaSource;

static const OptionDef options_table[];

/* ---- partitions ---- */

static SourcePartition *find_partition(KafkaSource *source, int32_t number) {
  if ((uint32_t)number < source->partitions.len && source->partitions.items[number].number == number) {
    return &source->partitions.items[number];
  }
  for (uint32_t i = 0; i < source->partitions.len; i++) {
    if (source->partitions.items[i].number == number) return &source->partitions.items[i];
  }
  return NULL;
}

static void add_partition(KafkaSource *source, int32_t number, KafkaPosition start) {
  vec_push(&source->partitions, (SourcePartition){.number = number, .next = start.offset, .committed = -1,
                                                  .start = start, .well_reports = WELL_REPORTS});
}

/* Partitions the broker has got since: they are read from their first record on. */
static void add_new_partition(KafkaSource *source, int32_t number) {
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, source->client.target.topic.ptr, number)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_error_t *error = rd_kafka_incremental_assign(source->client.rk, list);
  if (!error) add_partition(source, number, (KafkaPosition){.skip_before = TICKS_MIN});
  rd_kafka_error_destroy(error); /* asked again with the next statistics */
  rd_kafka_topic_partition_list_destroy(list);
}

/* Nobody counts as at the end until the statistics have found the leaders well again. */
static void on_trouble(void *owner) {
  KafkaSource *source = owner;
  for (uint32_t i = 0; i < source->partitions.len; i++) source->partitions.items[i].well_reports = 0;
}

/* ---- what librdkafka reports ---- */

static int on_stats(rd_kafka_t *rk, char *json, size_t len, void *opaque) {
  (void)rk;
  KafkaSource *source = ((KafkaClient *)opaque)->owner;
  bool well = true;
  stats_partitions((Str){json, len}, source->client.target.topic, source->rx_idle_max_us, &source->stats);
  for (uint32_t i = 0; i < source->stats.len; i++) {
    StatsPartition *found = &source->stats.items[i];
    SourcePartition *partition = find_partition(source, found->number);
    if (!partition) {
      add_new_partition(source, found->number);
    } else if (!found->reachable) {
      partition->well_reports = 0;
      well = false;
    } else if (partition->well_reports < WELL_REPORTS) {
      well = ++partition->well_reports == WELL_REPORTS && well;
    }
  }
  if (well && source->stats.len) kafka_client_well(&source->client);
  return 0; /* librdkafka frees the text */
}

static void on_commit(rd_kafka_t *rk, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *offsets,
                      void *opaque) {
  (void)rk;
  KafkaSource *source = opaque;
  source->commits_waiting--;
  for (int i = 0; !code && offsets && i < offsets->cnt; i++) code = offsets->elems[i].err;
  source->commit_trouble[0] = '\0';
  if (!code || code == RD_KAFKA_RESP_ERR__NO_OFFSET) return;
  snprintf(source->commit_trouble, sizeof source->commit_trouble, "offsets of group %s not committed: %s",
           source->group, rd_kafka_err2str(code));
}

/* ---- taking records and events from the queue ---- */

static void inbox_put(Inbox *inbox, rd_kafka_message_t *message) {
  if (inbox->at == inbox->len) inbox->at = inbox->len = 0;
  vec_push(inbox, message);
}

static bool record_ticks(const rd_kafka_message_t *message, Ticks *out) {
  rd_kafka_timestamp_type_t type;
  int64_t ms = rd_kafka_message_timestamp(message, &type);
  return type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && ms >= 0 && kafka_ticks_from_ms(ms, out);
}

static void take_record(SourcePartition *partition, rd_kafka_message_t *message) {
  Ticks stamped;
  bool seen = message->offset < partition->next;
  if (!seen) {
    partition->next = message->offset + 1;
    partition->end_reached = false;
  }
  Ticks skip_before = partition->start.skip_before;
  bool early = skip_before != TICKS_MIN && record_ticks(message, &stamped) && stamped < skip_before;
  if (seen || early) rd_kafka_message_destroy(message);
  else inbox_put(&partition->inbox, message);
}

static Status lost_offsets(KafkaSource *source, const SourcePartition *partition, const char *reason, Error *err) {
  int64_t low, high;
  const char *topic = source->client.target.topic.ptr;
  rd_kafka_resp_err_t code =
      rd_kafka_query_watermark_offsets(source->client.rk, topic, partition->number, &low, &high, RANGE_WAIT_MS);
  if (code) {
    return error_set(err, STATUS_WORLD, source->client.who,
                     "offset %lld of partition %d of topic %s cannot be read: %s", (long long)partition->next,
                     partition->number, topic, reason);
  }
  error_set(err, STATUS_WORLD, source->client.who,
            "offset %lld of partition %d of topic %s is not there: the broker holds offsets %lld to %lld",
            (long long)partition->next, partition->number, topic, (long long)low, (long long)high);
  return error_hint(err, "records were deleted before they were read, or the topic was made anew; "
                         "--start earliest goes on with what there is");
}

static Status take_error(KafkaSource *source, SourcePartition *partition, const rd_kafka_message_t *message,
                         Error *err) {
  char reason[256];
  rd_kafka_resp_err_t code = message->err;
  if (code == RD_KAFKA_RESP_ERR__FATAL) code = rd_kafka_fatal_error(source->client.rk, reason, sizeof reason);
  else snprintf(reason, sizeof reason, "%s", rd_kafka_message_errstr(message));
  if (partition && (code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)) {
    return lost_offsets(source, partition, reason, err);
  }
  if (message->err != RD_KAFKA_RESP_ERR__FATAL && kafka_error_is_transient(code)) {
    if (code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED) {
      snprintf(source->commit_trouble, sizeof source->commit_trouble, "group %s: %s", source->group, reason);
    }
    if (partition) partition->well_reports = 0;
    return STATUS_OK; /* librdkafka goes on trying */
  }
  if (!partition) {
    return error_set(err, STATUS_WORLD, source->client.who, "cannot go on reading topic %s on %s: %s",
                     source->client.target.topic.ptr, source->client.target.hosts.ptr, reason);
  }
  return error_set(err, STATUS_WORLD, source->client.who, "cannot go on reading partition %d of topic %s on %s: %s",
                   partition->number, source->client.target.topic.ptr, source->client.target.hosts.ptr, reason);
}

static Status take_one(KafkaSource *source, rd_kafka_message_t *message, Error *err) {
  SourcePartition *partition = message->rkt ? find_partition(source, message->partition) : NULL;
  source->taken_records++;
  source->taken_bytes += (int64_t)message->len;
  if (!message->err && partition) {
    take_record(partition, message); /* takes it */
    return STATUS_OK;
  }
  Status status = STATUS_OK;
  if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    if (partition) partition->end_reached = true;
  } else if (message->err) {
    status = take_error(source, partition, message, err);
  }
  rd_kafka_message_destroy(message);
  return status;
}

/* See "Waking the fetcher". */
static void wake_fetcher(KafkaSource *source) {
  bool may_have_stopped = source->taken_bytes >= source->queue_bytes || source->taken_records >= source->queue_records;
  if (!may_have_stopped || rd_kafka_queue_length(source->queue) >= LOW_RECORDS) return;
  source->taken_bytes = source->taken_records = 0;
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)source->partitions.len);
  for (uint32_t i = 0; i < source->partitions.len; i++) {
    const SourcePartition *partition = &source->partitions.items[i];
    if (partition->end_reached || partition->paused) continue;
    rd_kafka_topic_partition_list_add(list, source->client.target.topic.ptr, partition->number)->offset = 0;
  }
  if (list->cnt) rd_kafka_offsets_for_times(source->client.rk, list, 0);
  rd_kafka_topic_partition_list_destroy(list);
}

/* librdkafka's batch call waits until the batch is full or the time is over, so it is only asked for what is
** there; the wait is for one record. */
static Status take_all(KafkaSource *source, int timeout_ms, Error *err) {
  ssize_t count = rd_kafka_consume_batch_queue(source->queue, 0, source->taken, TAKE_MAX);
  if (count <= 0 && timeout_ms > 0) {
    rd_kafka_message_t *first = rd_kafka_consume_queue(source->queue, timeout_ms);
    if (!first) return STATUS_OK;
    source->taken[0] = first;
    count = rd_kafka_consume_batch_queue(source->queue, 0, source->taken + 1, TAKE_MAX - 1);
    count = count < 0 ? 1 : count + 1;
  }
  Status status = STATUS_OK;
  for (ssize_t i = 0; i < count; i++) {
    if (status == STATUS_OK) status = take_one(source, source->taken[i], err);
    else rd_kafka_message_destroy(source->taken[i]);
  }
  wake_fetcher(source);
  return status;
}

/* ---- delivery ---- */

/* The headers of a record as a JSON object of texts; nothing when it has none. */
static void put_headers(const rd_kafka_message_t *message, StrBuf *out) {
  rd_kafka_headers_t *headers;
  const char *name;
  const void *value;
  size_t len;
  if (rd_kafka_message_headers(message, &headers)) return;
  strbuf_putc(out, '{');
  for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &len) == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
    if (i) strbuf_putc(out, ',');
    json_put_string(out, str_from(name));
    strbuf_putc(out, ':');
    if (value) json_put_string(out, (Str){value, len});
    else strbuf_puts(out, "null");
  }
  strbuf_putc(out, '}');
}

/* How many records of the inbox go into one batch, and how many bytes their payloads and keys have. */
static uint32_t measure(const Inbox *inbox, size_t *payloads, size_t *keys) {
  uint32_t count = 0;
  for (uint32_t i = inbox->at; i < inbox->len; i++, count++) {
    const rd_kafka_message_t *message = inbox->items[i];
    if (count && *payloads + message->len > DELIVER_BYTES) break;
    *payloads += message->len + 1;
    *keys += message->key_len;
  }
  return count;
}

/* The same of payloads that have to be unpacked. One that cannot be stays as it came. */
static uint32_t unpack(KafkaSource *source, const Inbox *inbox, size_t *payloads, size_t *keys) {
  strbuf_clear(&source->unpacked);
  source->unpacked_at.len = 0;
  uint32_t count = 0;
  for (uint32_t i = inbox->at; i < inbox->len && source->unpacked.len < DELIVER_BYTES; i++, count++) {
    const rd_kafka_message_t *message = inbox->items[i];
    Str packed = {message->payload, message->len};
    UnpackedPayload payload = {.begin = source->unpacked.len};
    if (message->payload) payload.damage = gzip_unpack(packed, &source->unpacked);
    if (payload.damage) strbuf_put_str(&source->unpacked, packed);
    payload.len = source->unpacked.len - payload.begin;
    vec_push(&source->unpacked_at, payload);
    *keys += message->key_len;
  }
  *payloads = source->unpacked.len + count;
  return count;
}

/* The i-th payload of the batch at hand. */
static Str payload_of(const KafkaSource *source, rd_kafka_message_t *const *messages, uint32_t i) {
  if (!source->options.compression) return (Str){messages[i]->payload, messages[i]->len};
  const UnpackedPayload *payload = &source->unpacked_at.items[i];
  return (Str){source->unpacked.ptr + payload->begin, payload->len};
}

static uint32_t put_bytes_at(Buffer *buffer, const void *bytes, size_t len) {
  uint32_t begin = (uint32_t)buffer->len;
  if (len) memcpy(buffer->data + buffer->len, bytes, len);
  buffer->len += len;
  return begin;
}

/* What is known of each record but where its bytes lie. */
static void describe(KafkaSource *source, rd_kafka_message_t *const *messages, uint32_t count, size_t headers_at,
                     MessageBatch *out) {
  strbuf_clear(&source->headers);
  vec_reserve(&out->messages, out->messages.len + count);
  for (uint32_t i = 0; i < count; i++) {
    Message message = {.offset = messages[i]->offset, .arrival = TICKS_MIN, .tombstone = !messages[i]->payload};
    record_ticks(messages[i], &message.arrival);
    message.headers_begin = (uint32_t)(headers_at + source->headers.len);
    if (source->options.headers) put_headers(messages[i], &source->headers);
    message.headers_len = (uint32_t)(headers_at + source->headers.len) - message.headers_begin;
    if (source->options.compression) message.damage = source->unpacked_at.items[i].damage;
    vec_push(&out->messages, message);
  }
}

/* Payloads lie end to end with a line feed between, keys and headers behind them. */
static void deliver(KafkaSource *source, uint32_t index, MessageBatch *out) {
  Inbox *inbox = &source->partitions.items[index].inbox;
  size_t payloads = 0, keys = 0;
  uint32_t first = out->messages.len, count = source->options.compression ? unpack(source, inbox, &payloads, &keys)
                                                                           : measure(inbox, &payloads, &keys);
  rd_kafka_message_t **messages = inbox->items + inbox->at;
  describe(source, messages, count, payloads + keys, out);
  Message *described = out->messages.items + first;
  out->bytes = buffer_new(payloads + keys + source->headers.len);
  for (uint32_t i = 0; i < count; i++) {
    Str payload = payload_of(source, messages, i);
    described[i].len = (uint32_t)payload.len;
    described[i].begin = put_bytes_at(out->bytes, payload.ptr, payload.len);
    put_bytes_at(out->bytes, "\n", 1);
  }
  for (uint32_t i = 0; i < count; i++) {
    described[i].key_len = (uint32_t)messages[i]->key_len;
    described[i].key_begin = put_bytes_at(out->bytes, messages[i]->key, messages[i]->key_len);
    rd_kafka_message_destroy(messages[i]);
  }
  put_bytes_at(out->bytes, source->headers.ptr, source->headers.len);
  inbox->at += count;
  out->partition = index;
  out->blob = (Str){"", 0};
}

/* Delivers the next inbox that holds something and is not paused. */
static bool deliver_next(KafkaSource *source, MessageBatch *out) {
  for (uint32_t i = 0; i < source->partitions.len; i++) {
    uint32_t index = (source->turn + i) % source->partitions.len;
    const SourcePartition *partition = &source->partitions.items[index];
    if (partition->paused || partition->inbox.at == partition->inbox.len) continue;
    deliver(source, index, out);
    source->turn = index + 1;
    return true;
  }
  return false;
}

static Status source_poll(Source *base, int timeout_ms, MessageBatch *out, SourceEvent *event, Error *err) {
  KafkaSource *source = (KafkaSource *)base;
  *event = SOURCE_DATA;
  kafka_client_serve(&source->client, 0);
  if (deliver_next(source, out)) return STATUS_OK;
  TRY(take_all(source, timeout_ms, err));
  kafka_client_serve(&source->client, 0);
  if (deliver_next(source, out)) return STATUS_OK;
  *event = SOURCE_NOTHING;
  return kafka_client_check(&source->client, source->options.connect_timeout, err);
}

/* ---- positions ---- */

static void add_position(KafkaSource *source, SourcePartition *partition, const SourcePosition *position,
                         rd_kafka_topic_partition_list_t *list) {
  int64_t offset = position->offset >= 0 ? position->offset : partition->start.offset;
  uint64_t note = hash_bytes(position->note.ptr, position->note.len, 0);
  if (offset == partition->committed && note == partition->committed_note) return;
  if (position->offset < 0 && position->note.len == 0) return; /* nothing to tell */
  partition->committed = offset;
  partition->committed_note = note;
  rd_kafka_topic_partition_t *item =
      rd_kafka_topic_partition_list_add(list, source->client.target.topic.ptr, partition->number);
  item->offset = offset;
  item->metadata_size = position->note.len;
  if (position->note.len) item->metadata = mem_strndup(position->note.ptr, position->note.len); /* the list frees it */
}

static Status source_commit(Source *base, const SourcePosition *positions, unsigned partitions, Error *err) {
  KafkaSource *source = (KafkaSource *)base;
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)partitions);
  for (unsigned i = 0; i < partitions && i < source->partitions.len; i++) {
    add_position(source, &source->partitions.items[i], &positions[i], list);
  }
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
  if (list->cnt) {
    source->commits_waiting++;
    code = rd_kafka_commit_queue(source->client.rk, list, source->reports, on_commit, source);
    if (code) source->commits_waiting--;
  }
  rd_kafka_topic_partition_list_destroy(list);
  kafka_client_serve(&source->client, 0);
  if (!code) return STATUS_OK;
  return error_set(err, STATUS_WORLD, source->client.who, "cannot commit offsets of group %s: %s", source->group,
                   rd_kafka_err2str(code));
}

static bool source_resumed(Source *base, unsigned index, Str *note) {
  const SourcePartition *partition = &((KafkaSource *)base)->partitions.items[index];
  *note = partition->start.note;
  return partition->start.committed;
}

static void source_pause(Source *base, unsigned index, bool paused) {
  KafkaSource *source = (KafkaSource *)base;
  SourcePartition *partition = &source->partitions.items[index];
  if (partition->paused == paused) return;
  partition->paused = paused;
  if (!partition->queue) {
    const char *topic = source->client.target.topic.ptr;
    partition->queue = rd_kafka_queue_get_partition(source->client.rk, topic, partition->number);
  }
  if (partition->queue) rd_kafka_queue_forward(partition->queue, paused ? NULL : source->queue);
}

static unsigned source_partitions(Source *base) { return ((KafkaSource *)base)->partitions.len; }

static void source_partition_state(Source *base, unsigned index, PartitionState *out) {
  const SourcePartition *partition = &((KafkaSource *)base)->partitions.items[index];
  bool waiting = partition->inbox.at < partition->inbox.len;
  *out = (PartitionState){.number = partition->number};
  out->at_end = partition->end_reached && !waiting && !partition->paused && partition->well_reports == WELL_REPORTS;
  snprintf(out->name, sizeof out->name, "%d", partition->number);
}

static void source_state(Source *base, char *out, size_t cap) {
  KafkaSource *source = (KafkaSource *)base;
  kafka_client_serve(&source->client, 0);
  kafka_client_state(&source->client, out, cap);
  if (!out[0] && source->commit_trouble[0]) snprintf(out, cap, "Kafka: %s", source->commit_trouble);
}

/* ---- open and close ---- */

/* Defaults first: a WHERE may override them. */
static rd_kafka_conf_t *base_conf(void) {
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  kafka_conf_must(conf, "isolation.level", "read_committed");
  kafka_conf_must(conf, "socket.timeout.ms", "10000"); /* a broker that hangs is told from a slow one sooner */
  kafka_conf_must(conf, "queued.max.messages.kbytes", "16384"); /* memory: librdkafka's own default is 64 MB */
  kafka_conf_must(conf, "fetch.max.bytes", "16777216"); /* a fetch of all partitions: librdkafka allows 50 MB */
  kafka_conf_must(conf, "topic.metadata.refresh.interval.ms", "60000"); /* how soon new partitions are noticed */
  kafka_conf_must(conf, "topic.metadata.propagation.max.ms", "5000");   /* a topic not known for longer is none */
  return conf;
}

/* What Weir decides: a WHERE may not. */
static void fixed_conf(rd_kafka_conf_t *conf, const char *group) {
  kafka_conf_must(conf, "group.id", group);
  kafka_conf_must(conf, "enable.auto.commit", "false");
  kafka_conf_must(conf, "enable.auto.offset.store", "false");
  kafka_conf_must(conf, "enable.partition.eof", "true");
  kafka_conf_must(conf, "auto.offset.reset", "error");
  kafka_conf_must(conf, "statistics.interval.ms", "1000");
  rd_kafka_conf_set_stats_cb(conf, on_stats);
}

static Status check_embedded_options(const KafkaSource *source, Error *err) {
  const KafkaSourceOptions *options = &source->options;
  if (source->client.target.embedded) return STATUS_OK;
  if (!options->partitions && !options->replay.len) return STATUS_OK;
  error_set(err, STATUS_CONFIG, source->client.who, "%s= is for kafka://embedded/ only",
            options->replay.len ? "replay" : "partitions");
  return error_hint(err, "a real broker holds its own topics and records");
}

/* Copies the options, applies properties to conf and finds the topic's address. */
static Status read_options(KafkaSource *source, const SourceConfig *config, rd_kafka_conf_t *conf, Arena *arena,
                           KafkaStart *start, Error *err) {
  const char *who = source->client.who = arena_cstr(arena, str_from(config->who));
  source->client.notice = config->notice;
  source->client.notice_context = config->notice_context;
  KafkaProperties properties = {conf, who};
  OptionTake take = {.own = options_table, .into = &source->options, .pairs = &config->where->options,
                     .format = config->format ? config->format->options : NULL, .who = who,
                     .rest = kafka_property_take, .rest_context = &properties};
  TRY(options_take(&take, arena, err));
  TRY(kafka_target_parse(arena, config->where->target, who, &source->client.target, err));
  TRY(check_embedded_options(source, err));
  *start = (KafkaStart){.kind = source->options.replay.len ? START_EARLIEST : START_NOW};
  if (source->options.start.len) TRY(kafka_start_parse(source->options.start, who, start, err));
  source->options.headers |= config->headers;
  if (config->start != START_DEFAULT) *start = (KafkaStart){config->start, config->start_time};
  Str group = source->options.group.len ? source->options.group : str_from(config->job ? config->job : "weir");
  source->group = arena_cstr(arena, group);
  return STATUS_OK;
}

/* Every partition at its first offset, then the assignment. */
static Status assign(KafkaSource *source, const KafkaNumbers *numbers, const KafkaStart *start, Arena *arena,
                     Error *err) {
  int64_t deadline_ns = clock_monotonic_ns() + source->options.connect_timeout * 100;
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)numbers->len);
  Status status = STATUS_OK;
  for (uint32_t i = 0; i < numbers->len && status == STATUS_OK; i++) {
    KafkaPosition at;
    status = kafka_start_offset(&source->client, start, source->group, numbers->items[i],
                                kafka_ms_left(deadline_ns) + 1, arena, &at, err);
    if (status != STATUS_OK) break;
    rd_kafka_topic_partition_list_add(list, source->client.target.topic.ptr, numbers->items[i])->offset = at.offset;
    add_partition(source, numbers->items[i], at);
  }
  rd_kafka_resp_err_t code = status == STATUS_OK ? rd_kafka_assign(source->client.rk, list) : 0;
  rd_kafka_topic_partition_list_destroy(list);
  if (!code) return status;
  return error_set(err, STATUS_WORLD, source->client.who, "cannot read topic %s: %s", source->client.target.topic.ptr,
                   rd_kafka_err2str(code));
}

static Status connect_all(KafkaSource *source, const KafkaStart *start, Arena *arena, Error *err) {
  const KafkaSourceOptions *options = &source->options;
  KafkaNumbers numbers = {0};
  Status status = kafka_client_partitions(&source->client, options->connect_timeout, &numbers, err);
  if (status == STATUS_OK) status = assign(source, &numbers, start, arena, err);
  vec_release(&numbers);
  if (status != STATUS_OK || !options->replay.len) return status;
  Replay replay = {options->replay, options->replay_timestamp, options->replay_key};
  return replay_file(&replay, &source->client.target, source->embedded_partitions, source->client.who, err);
}

static int64_t number_property(const rd_kafka_conf_t *conf, const char *name) {
  char text[32] = "";
  size_t len = sizeof text;
  int64_t number = 0;
  rd_kafka_conf_get(conf, name, text, &len);
  str_to_i64(str_from(text), &number);
  return number;
}

/* Before any client knows the broker: one that asks for a topic makes it, with the partitions it thinks right. */
static Status create_embedded(KafkaSource *source, Error *err) {
  const KafkaTarget *target = &source->client.target;
  if (!target->embedded) return STATUS_OK;
  return embedded_topic(target->topic.ptr, (int)source->options.partitions, &source->embedded_partitions,
                        source->client.who, err);
}

/* Takes conf. */
static Status open_client(KafkaSource *source, const char *job, rd_kafka_conf_t *conf, Error *err) {
  fixed_conf(conf, source->group);
  source->queue_bytes = number_property(conf, "queued.max.messages.kbytes") * 512;
  source->rx_idle_max_us = (number_property(conf, "fetch.wait.max.ms") + RX_IDLE_MS) * 1000;
  source->queue_records = number_property(conf, "queued.min.messages") / 2;
  source->client.owner = source;
  source->client.on_trouble = on_trouble;
  TRY(kafka_client_open(&source->client, RD_KAFKA_CONSUMER, conf, job, err));
  source->queue = rd_kafka_queue_get_consumer(source->client.rk);
  source->reports = rd_kafka_queue_get_main(source->client.rk);
  return STATUS_OK;
}

static void source_close(Source *base);

static Status source_open(const SourceConfig *config, Arena *arena, Source **out, Error *err) {
  KafkaSource *source = mem_zalloc(sizeof *source);
  source->base.cls = &kafka_source;
  KafkaStart start;
  rd_kafka_conf_t *conf = base_conf();
  Status status = read_options(source, config, conf, arena, &start, err);
  if (status == STATUS_OK) status = create_embedded(source, err);
  if (status != STATUS_OK) rd_kafka_conf_destroy(conf);
  else status = open_client(source, config->job, conf, err);
  if (status == STATUS_OK) status = connect_all(source, &start, arena, err);
  if (status == STATUS_OK) *out = &source->base;
  else source_close(&source->base);
  return status;
}

static void partition_release(SourcePartition *partition) {
  for (uint32_t i = partition->inbox.at; i < partition->inbox.len; i++) {
    rd_kafka_message_destroy(partition->inbox.items[i]);
  }
  vec_release(&partition->inbox);
  if (partition->queue) rd_kafka_queue_destroy(partition->queue);
}

static void source_close(Source *base) {
  KafkaSource *source = (KafkaSource *)base;
  int64_t deadline_ns = clock_monotonic_ns() + COMMIT_WAIT_MS * INT64_C(1000000);
  while (source->commits_waiting && kafka_ms_left(deadline_ns)) kafka_client_serve(&source->client, 50);
  source->client.stuck |= source->commits_waiting > 0;
  for (uint32_t i = 0; i < source->partitions.len; i++) partition_release(&source->partitions.items[i]);
  vec_release(&source->partitions);
  if (source->queue) rd_kafka_queue_destroy(source->queue);
  if (source->reports) rd_kafka_queue_destroy(source->reports);
  kafka_client_close(&source->client);
  vec_release(&source->stats);
  strbuf_release(&source->headers);
  strbuf_release(&source->unpacked);
  vec_release(&source->unpacked_at);
  mem_free(source);
}

/* ---- tables ---- */

#define AT(field) .at = offsetof(KafkaSourceOptions, field)
static const OptionDef options_table[] = {
    {.name = "format", .kind = OPTION_TEXT, AT(format), .fallback = "json", .doc = "How a record's value is read."},
    {.name = "group", .kind = OPTION_TEXT, AT(group),
     .doc = "Consumer group the offsets are committed to; default the job's name."},
    {.name = "start", .kind = OPTION_TEXT, AT(start),
     .doc = "Where to begin: earliest, latest (default), committed, or an ISO 8601 instant; --start wins over it."},
    {.name = "headers", .kind = OPTION_BOOL, AT(headers), .fallback = "false",
     .doc = "Hands the record headers on also when the query reads none."},
    {.name = "compression", .kind = OPTION_CHOICE, AT(compression), .fallback = "none", .choices = "none|gzip",
     .doc = "gzip: every payload is a gzip file itself. What the producer packed in batches is unpacked anyway."},
    {.name = "connect-timeout", .kind = OPTION_DURATION, AT(connect_timeout), .fallback = "30s",
     .doc = "How long to wait for broker and topic at the start; later on the source waits without end, but only so "
            "long for a broker that refuses the password or certificate or has lost the topic."},
    {.name = "partitions", .kind = OPTION_INT, AT(partitions), .min = 1, .max = EMBEDDED_PARTITIONS_MAX,
     .doc = "kafka://embedded only: partitions of the topic it creates; default 1."},
    {.name = "replay", .kind = OPTION_TEXT, AT(replay),
     .doc = "kafka://embedded only, for demos and tests: a JSON lines file that is produced into the topic first."},
    {.name = "replay-timestamp", .kind = OPTION_TEXT, AT(replay_timestamp),
     .doc = "The field that holds each replayed record's time; default the time of the replay."},
    {.name = "replay-key", .kind = OPTION_TEXT, AT(replay_key),
     .doc = "The field that becomes each replayed record's key and chooses its partition."},
    {0}};

const SourceClass kafka_source = {
    .scheme = "kafka",
    .options = options_table,
    .live = true,
    .doc = "All partitions of a topic. Any librdkafka property may stand beside the options, by its own name.",
    .open = source_open,
    .close = source_close,
    .partitions = source_partitions,
    .partition_state = source_partition_state,
    .poll = source_poll,
    .pause = source_pause,
    .commit = source_commit,
    .resumed = source_resumed,
    .state = source_state,
};
