/* kafka_sink.c: one record a row into a topic.
**
** The producer is idempotent: within this process no row is doubled or reordered by retries. write hands rows
** to librdkafka and waits when its queue is full (backpressure); flush returns when the broker has confirmed
** every row, or says why not.
**
** A row that the broker will never take (too large, refused by a record check) goes to `reject`. The broker
** judges whole batches, so one bad row takes its neighbours down with it: rows that failed so are sent again one
** by one at the next flush, and only those that fail alone are rejected. Such neighbours come behind rows that
** were written after them. To know its row, every record in flight points to a Flight:
**
**   Flight (one a write): batch kept alive, rows[]: record's opaque --> its row
**
** When nothing is confirmed within delivery-timeout, the broker counts as gone: STATUS_WORLD. */
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/hash.h"
#include "connectors/kafka/client.h"
#include "connectors/kafka/embedded.h"
#include "connectors/kafka/kafka.h"
#include "connectors/kafka/row_field.h"
#include "connectors/kafka/start.h"

enum {
  SERVE_MS = 100,       /* one wait for delivery reports */
  CLOSE_WAIT_MS = 1000, /* for the connections to end */
};

typedef struct KafkaSinkOptions {
  Str     format, key, headers, timestamp;
  Ticks   delivery_timeout, connect_timeout;
  int64_t partitions;
} KafkaSinkOptions;

typedef struct Flight Flight;
typedef struct FlightRow {
  Flight  *flight;
  uint32_t row;     /* in the batch */
  bool     alone;   /* sent again by itself: a refusal is final */
} FlightRow;

struct Flight {
  Batch    *batch;
  uint32_t  open;    /* rows neither confirmed nor rejected, plus one while write runs */
  FlightRow rows[];
};

typedef struct KafkaSink {
  Sink        base;
  KafkaClient client;
  KafkaSinkOptions options;
  const FormatClass  *format;
  const OutputSchema *schema;
  Encoder    *encoder;
  SinkRejectFn *reject;
  void       *reject_context;
  int         partitions;   /* of an embedded topic, else 0 */
  uint64_t    produced;     /* rows handed to librdkafka */
  uint64_t    in_flight;    /* of these, not yet reported on */
  Vec(FlightRow *) refused; /* wait to be sent again, alone; those before refused_at have been */
  uint32_t    refused_at;
  bool        failed;       /* `failure` is the answer to everything */
  Error       failure;
  Vec(Str)    headers;      /* columns that become headers */
  StrBuf      bytes, key, header; /* scratch */
  uint32_t   *ends;         /* scratch */
  uint32_t    ends_cap;
} KafkaSink;

static const OptionDef options_table[];

/* ---- flights ---- */

static Flight *flight_new(const Batch *batch, uint32_t rows) {
  Flight *flight = mem_zalloc(sizeof *flight + mem_mul(rows, sizeof *flight->rows));
  flight->batch = batch_ref((Batch *)(uintptr_t)batch);
  flight->open = 1;
  return flight;
}

static void flight_done(Flight *flight) {
  if (--flight->open) return;
  batch_unref(flight->batch);
  mem_free(flight);
}

static void reject_row(KafkaSink *sink, FlightRow *row, const char *reason) {
  sink->reject(sink->reject_context, row->flight->batch, row->row, reason);
  flight_done(row->flight);
}

/* ---- what the broker says ---- */

/* The broker refuses what is in the record, or in its batch; sending the same again changes nothing. */
static bool is_refusal(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || code == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE ||
         code == RD_KAFKA_RESP_ERR_INVALID_MSG || code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE ||
         code == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP || code == RD_KAFKA_RESP_ERR_INVALID_RECORD;
}

static Status fail(KafkaSink *sink, rd_kafka_resp_err_t code, Error *err) {
  const char *topic = sink->client.target.topic.ptr, *hosts = sink->client.target.hosts.ptr;
  if (!sink->failed && code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) {
    StrBuf time = {0};
    duration_print(sink->options.delivery_timeout, &time);
    error_set(&sink->failure, STATUS_WORLD, sink->client.who,
              "rows for topic %s were not confirmed by %s within %s%s%s", topic, hosts, time.ptr,
              sink->client.reason[0] ? ": " : "", sink->client.reason);
    error_hint(&sink->failure, "check the broker; ?delivery-timeout= waits longer");
    sink->failure.retriable = true;
    strbuf_release(&time);
  } else if (!sink->failed) {
    char reason[256];
    if (code == RD_KAFKA_RESP_ERR__FATAL) code = rd_kafka_fatal_error(sink->client.rk, reason, sizeof reason);
    else snprintf(reason, sizeof reason, "%s", rd_kafka_err2str(code));
    error_set(&sink->failure, STATUS_WORLD, sink->client.who, "cannot write to topic %s on %s: %s", topic, hosts,
              reason);
    sink->failure.retriable = kafka_error_is_transient(code);
  }
  sink->failed = true;
  if (err) *err = sink->failure;
  return sink->failure.status;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
  (void)rk;
  KafkaSink *sink = ((KafkaClient *)opaque)->owner;
  FlightRow *row = message->_private;
  sink->in_flight--;
  if (!message->err) {
    kafka_client_well(&sink->client);
    flight_done(row->flight);
  } else if (is_refusal(message->err) && row->alone) {
    reject_row(sink, row, rd_kafka_err2str(message->err));
  } else if (is_refusal(message->err)) {
    vec_push(&sink->refused, row);
  } else {
    bool purged = message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE || message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
    if (!purged) fail(sink, message->err, NULL); /* purged: at close, when nobody waits for it any more */
    flight_done(row->flight);
  }
}

/* ---- producing ---- */

/* The embedded broker is booked partition by partition, so there we choose; else librdkafka does. */
static Status choose_partition(KafkaSink *sink, Str key, size_t len, int32_t *partition, Error *err) {
  *partition = RD_KAFKA_PARTITION_UA;
  if (!sink->partitions) return STATUS_OK;
  uint64_t spread = key.len ? hash_bytes(key.ptr, key.len, 0) : sink->produced;
  *partition = (int32_t)(spread % (uint64_t)sink->partitions);
  Status status = embedded_book(sink->client.target.topic.ptr, *partition, len + key.len, sink->client.who, err);
  if (status == STATUS_OK) return STATUS_OK;
  sink->failed = true;
  if (err) sink->failure = *err;
  return status;
}

/* The columns that become headers, as librdkafka takes them; NULL when none are wanted. */
static rd_kafka_headers_t *headers_of(KafkaSink *sink, const FlightRow *row) {
  if (!sink->headers.len) return NULL;
  rd_kafka_headers_t *headers = rd_kafka_headers_new(sink->headers.len);
  for (uint32_t i = 0; i < sink->headers.len; i++) {
    Str name = sink->headers.items[i];
    strbuf_clear(&sink->header);
    if (!row_field_put(sink->schema, name, row->flight->batch, row->row, &sink->header)) continue;
    Str value = strbuf_str(&sink->header);
    rd_kafka_header_add(headers, name.ptr, (ssize_t)name.len, value.ptr, (ssize_t)value.len);
  }
  return headers;
}

/* Milliseconds since 1970; 0 lets librdkafka stamp the record. False: the column holds no instant of then on. */
static bool timestamp_of(KafkaSink *sink, const FlightRow *row, int64_t *ms) {
  Ticks ticks;
  *ms = 0;
  if (!sink->options.timestamp.len) return true;
  strbuf_clear(&sink->header);
  if (!row_field_put(sink->schema, sink->options.timestamp, row->flight->batch, row->row, &sink->header)) return true;
  if (!datetime_parse(sink->header.ptr, sink->header.len, &ticks)) return false;
  *ms = kafka_ms_from_ticks(ticks);
  return *ms > 0;
}

/* A record on its way into librdkafka, which takes headers only when it takes the record. */
typedef struct Outgoing {
  FlightRow *row;
  Str        payload, key;
  bool       has_key;
  int32_t    partition;
  int64_t    ms;
  rd_kafka_headers_t *headers;
} Outgoing;

static rd_kafka_resp_err_t hand_over(KafkaSink *sink, const Outgoing *out) {
  return rd_kafka_producev(sink->client.rk, RD_KAFKA_V_RKT(sink->client.topic), RD_KAFKA_V_PARTITION(out->partition),
                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                           RD_KAFKA_V_VALUE((void *)(uintptr_t)out->payload.ptr, out->payload.len),
                           RD_KAFKA_V_KEY(out->has_key ? out->key.ptr : NULL, out->has_key ? out->key.len : 0),
                           RD_KAFKA_V_TIMESTAMP(out->ms), RD_KAFKA_V_HEADERS(out->headers),
                           RD_KAFKA_V_OPAQUE(out->row), RD_KAFKA_V_END);
}

/* Waits while librdkafka's queue is full: the backpressure. What it refuses of a row is the row's own fault. */
static Status hand_over_in_time(KafkaSink *sink, Outgoing *out, Error *err) {
  for (;;) {
    rd_kafka_resp_err_t code = hand_over(sink, out);
    if (!code) break;
    if (is_refusal(code)) {
      reject_row(sink, out->row, rd_kafka_err2str(code));
      return STATUS_OK;
    }
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) kafka_client_serve(&sink->client, SERVE_MS);
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL && !sink->failed) continue;
    flight_done(out->row->flight);
    return fail(sink, code, err);
  }
  out->headers = NULL;
  sink->produced++;
  sink->in_flight++;
  return STATUS_OK;
}

static Status produce(KafkaSink *sink, FlightRow *row, Str payload, Error *err) {
  Outgoing out = {.row = row, .payload = payload};
  if (!timestamp_of(sink, row, &out.ms)) {
    reject_row(sink, row, "the column of timestamp= holds no instant after 1970");
    return STATUS_OK;
  }
  strbuf_clear(&sink->key);
  out.has_key = sink->options.key.len &&
                row_field_put(sink->schema, sink->options.key, row->flight->batch, row->row, &sink->key);
  out.key = strbuf_str(&sink->key);
  Status status = choose_partition(sink, out.key, payload.len, &out.partition, err);
  if (status != STATUS_OK) {
    flight_done(row->flight);
    return status;
  }
  out.headers = headers_of(sink, row);
  status = hand_over_in_time(sink, &out, err);
  if (out.headers) rd_kafka_headers_destroy(out.headers);
  return status;
}

static Status write_rows(KafkaSink *sink, Flight *flight, const Batch *batch, Error *err) {
  uint32_t begin = 0, at = 0;
  SELECTION_EACH(batch->sel, batch->rows, i) {
    FlightRow *row = &flight->rows[at];
    *row = (FlightRow){.flight = flight, .row = i};
    flight->open++;
    TRY(produce(sink, row, (Str){sink->bytes.ptr + begin, sink->ends[at] - begin}, err));
    begin = sink->ends[at++];
  }
  return STATUS_OK;
}

static Status sink_write(Sink *base, const Batch *batch, Error *err) {
  KafkaSink *sink = (KafkaSink *)base;
  if (sink->failed) return fail(sink, RD_KAFKA_RESP_ERR_NO_ERROR, err);
  uint32_t rows = batch_count(batch);
  if (rows == 0) return STATUS_OK;
  if (rows > sink->ends_cap) {
    sink->ends = mem_realloc(sink->ends, mem_mul(rows, sizeof *sink->ends));
    sink->ends_cap = rows;
  }
  strbuf_clear(&sink->bytes);
  sink->format->encode(sink->encoder, batch, false, &sink->bytes, sink->ends);
  Flight *flight = flight_new(batch, rows);
  Status status = write_rows(sink, flight, batch, err);
  flight_done(flight);
  kafka_client_serve(&sink->client, 0);
  return status;
}

/* ---- flush ---- */

static Status wait_for_all(KafkaSink *sink, Error *err) {
  while (sink->in_flight && !sink->failed) rd_kafka_flush(sink->client.rk, SERVE_MS);
  return sink->failed ? fail(sink, RD_KAFKA_RESP_ERR_NO_ERROR, err) : STATUS_OK;
}

/* One refused row again, by itself. */
static Status send_alone(KafkaSink *sink, FlightRow *row, Error *err) {
  Selection *only = selection_new(1);
  only->rows[only->len++] = row->row;
  Batch *batch = batch_select(row->flight->batch, only);
  strbuf_clear(&sink->bytes);
  sink->format->encode(sink->encoder, batch, false, &sink->bytes, NULL);
  batch_unref(batch);
  row->alone = true;
  TRY(produce(sink, row, strbuf_str(&sink->bytes), err));
  return wait_for_all(sink, err);
}

static Status sink_flush(Sink *base, Error *err) {
  KafkaSink *sink = (KafkaSink *)base;
  TRY(wait_for_all(sink, err));
  while (sink->refused_at < sink->refused.len) {
    TRY(send_alone(sink, sink->refused.items[sink->refused_at++], err));
  }
  sink->refused.len = sink->refused_at = 0;
  return STATUS_OK;
}

static void sink_state(Sink *base, char *out, size_t cap) {
  KafkaSink *sink = (KafkaSink *)base;
  kafka_client_serve(&sink->client, 0);
  kafka_client_state(&sink->client, out, cap);
}

/* ---- open and close ---- */

/* Defaults first: a WHERE may override them. */
static rd_kafka_conf_t *base_conf(void) {
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  kafka_conf_must(conf, "enable.idempotence", "true");
  kafka_conf_must(conf, "acks", "all");
  kafka_conf_must(conf, "queue.buffering.max.kbytes", "32768"); /* memory: librdkafka's own default is 1 GB */
  return conf;
}

/* The columns that key=, headers= and timestamp= name. */
static Status check_columns(KafkaSink *sink, const OutputSchema *schema, const char *who, Arena *arena, Error *err) {
  const KafkaSinkOptions *options = &sink->options;
  if (options->key.len) TRY(row_field_check(schema, "key", options->key, who, err));
  if (options->timestamp.len) TRY(row_field_check(schema, "timestamp", options->timestamp, who, err));
  Str name, rest = options->headers;
  while (rest.len) {
    str_cut(rest, ',', &name, &rest);
    TRY(row_field_check(schema, "headers", name, who, err));
    vec_push(&sink->headers, arena_str(arena, name));
  }
  return STATUS_OK;
}

static Status read_options(KafkaSink *sink, const SinkConfig *config, rd_kafka_conf_t *conf, Arena *arena, Error *err) {
  const char *who = sink->client.who = arena_cstr(arena, str_from(config->who));
  sink->client.notice = config->notice;
  sink->client.notice_context = config->notice_context;
  KafkaProperties properties = {conf, who};
  OptionTake take = {.own = options_table, .into = &sink->options, .pairs = &config->where->options,
                     .format = config->format->options, .who = who,
                     .rest = kafka_property_take, .rest_context = &properties};
  TRY(options_take(&take, arena, err));
  TRY(kafka_target_parse(arena, config->where->target, who, &sink->client.target, err));
  TRY(check_columns(sink, config->schema, who, arena, err));
  if (sink->client.target.embedded || !sink->options.partitions) return STATUS_OK;
  error_set(err, STATUS_CONFIG, who, "partitions= is for kafka://embedded/ only");
  return error_hint(err, "a real topic has the partitions it was created with");
}

static void fixed_conf(KafkaSink *sink, rd_kafka_conf_t *conf) {
  char timeout[32];
  snprintf(timeout, sizeof timeout, "%lld", (long long)(sink->options.delivery_timeout / TICKS_PER_MILLISECOND));
  kafka_conf_must(conf, "message.timeout.ms", timeout);
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
}

static Status connect_topic(KafkaSink *sink, Error *err) {
  const KafkaTarget *target = &sink->client.target;
  if (target->embedded) {
    TRY(embedded_topic(target->topic.ptr, (int)sink->options.partitions, &sink->partitions, sink->client.who, err));
  }
  KafkaNumbers numbers = {0};
  Status status = kafka_client_partitions(&sink->client, sink->options.connect_timeout, &numbers, err);
  vec_release(&numbers);
  return status;
}

/* Takes conf. */
static Status open_parts(KafkaSink *sink, const SinkConfig *config, rd_kafka_conf_t *conf, Arena *arena, Error *err) {
  Status status = read_options(sink, config, conf, arena, err);
  if (status == STATUS_OK) {
    status = config->format->encoder_open(config->format_options, config->schema, &sink->encoder, err);
  }
  if (status != STATUS_OK) {
    rd_kafka_conf_destroy(conf);
    return status;
  }
  fixed_conf(sink, conf);
  sink->client.owner = sink;
  TRY(kafka_client_open(&sink->client, RD_KAFKA_PRODUCER, conf, config->job, err));
  return connect_topic(sink, err);
}

static Status sink_close(Sink *base, Error *err);

static Status sink_open(const SinkConfig *config, Arena *arena, Sink **out, Error *err) {
  if (!config->format) BUG("a Kafka output without a format");
  KafkaSink *sink = mem_zalloc(sizeof *sink);
  sink->base.cls = &kafka_sink;
  sink->format = config->format;
  sink->schema = config->schema;
  sink->reject = config->reject;
  sink->reject_context = config->reject_context;
  Status status = open_parts(sink, config, base_conf(), arena, err);
  if (status == STATUS_OK) *out = &sink->base;
  else sink_close(&sink->base, NULL);
  return status;
}

/* Rows nobody flushed are dropped: the job flushes first, or is failing anyway. */
static Status sink_close(Sink *base, Error *err) {
  KafkaSink *sink = (KafkaSink *)base;
  (void)err;
  if (sink->client.rk && sink->in_flight) {
    rd_kafka_purge(sink->client.rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(sink->client.rk, CLOSE_WAIT_MS);
  }
  for (uint32_t i = sink->refused_at; i < sink->refused.len; i++) flight_done(sink->refused.items[i]->flight);
  vec_release(&sink->refused);
  kafka_client_close(&sink->client);
  if (sink->encoder) sink->format->encoder_close(sink->encoder);
  strbuf_release(&sink->bytes);
  strbuf_release(&sink->key);
  strbuf_release(&sink->header);
  vec_release(&sink->headers);
  mem_free(sink->ends);
  mem_free(sink);
  return STATUS_OK;
}

/* ---- tables ---- */

#define AT(field) .at = offsetof(KafkaSinkOptions, field)
static const OptionDef options_table[] = {
    {.name = "format", .kind = OPTION_TEXT, AT(format), .fallback = "json",
     .doc = "How a row becomes a record's value."},
    {.name = "key", .kind = OPTION_TEXT, AT(key),
     .doc = "The output column that becomes the record's key; rows of one key stay in order in one partition."},
    {.name = "headers", .kind = OPTION_TEXT, AT(headers),
     .doc = "Output columns, separated by commas, that also become the record's headers; NULL: no header."},
    {.name = "timestamp", .kind = OPTION_TEXT, AT(timestamp),
     .doc = "The output column that becomes the record's time; default, and for NULL: the time of writing."},
    {.name = "delivery-timeout", .kind = OPTION_DURATION, AT(delivery_timeout), .fallback = "60s",
     .doc = "How long a row may wait for the broker's confirmation before the job stops."},
    {.name = "connect-timeout", .kind = OPTION_DURATION, AT(connect_timeout), .fallback = "30s",
     .doc = "How long to wait for broker and topic at the start."},
    {.name = "partitions", .kind = OPTION_INT, AT(partitions), .min = 1, .max = EMBEDDED_PARTITIONS_MAX,
     .doc = "kafka://embedded only: partitions of the topic it creates; default 1."},
    {0}};

const SinkClass kafka_sink = {
    .scheme = "kafka",
    .options = options_table,
    .bytes = true,
    .doc = "One record a row into a topic. Any librdkafka property may stand beside the options, by its own name.",
    .open = sink_open,
    .write = sink_write,
    .flush = sink_flush,
    .close = sink_close,
    .state = sink_state,
};
