/* replay.c: see replay.h. */
#include "connectors/kafka/replay.h"

#include <errno.h>
#include <stdio.h>
#include "base/hash.h"
#include "connectors/kafka/embedded.h"
#include "connectors/kafka/start.h"
#include "types/json.h"

enum { FLUSH_MS = 30000, READ_BYTES = 1 << 20 };

typedef struct Replayer {
  const Replay      *replay;
  const KafkaTarget *target;
  const char        *who;
  rd_kafka_t        *producer;
  int                partitions;
  uint64_t           line;      /* number of the line at hand, from 1 */
  uint64_t           lost;      /* records the broker did not take */
  Arena              scratch;
} Replayer;

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
  (void)rk;
  Replayer *replayer = opaque;
  if (message->err) replayer->lost++;
}

static Status bad_line(const Replayer *replayer, Error *err, const char *reason, Str what) {
  return error_set(err, STATUS_CONFIG, replayer->who, "line %llu of " STR_FMT " %s" STR_FMT,
                   (unsigned long long)replayer->line, STR_ARG(replayer->replay->path), reason, STR_ARG(what));
}

static Status line_time(const Replayer *replayer, Str line, int64_t *ms, Arena *scratch, Error *err) {
  Str raw;
  Value value;
  Ticks ticks;
  *ms = 0; /* librdkafka: now */
  if (replayer->replay->timestamp.len == 0) return STATUS_OK;
  bool found = json_field(line, replayer->replay->timestamp, &raw) && json_value(raw, scratch, &value) &&
               value.type == TYPE_TEXT;
  Str text = found ? text_str(&value.text) : (Str){"", 0};
  if (!found || !datetime_parse(text.ptr, text.len, &ticks) || kafka_ms_from_ticks(ticks) <= 0) {
    return bad_line(replayer, err, "has no time after 1970 in its field ", replayer->replay->timestamp);
  }
  *ms = kafka_ms_from_ticks(ticks);
  return STATUS_OK;
}

/* The key as text: a string without its quotes, anything else as it is spelt. Empty when there is none. */
static Str line_key(const Replayer *replayer, Str line, Arena *scratch) {
  Str raw;
  Value value;
  if (replayer->replay->key.len == 0 || !json_field(line, replayer->replay->key, &raw)) return (Str){"", 0};
  if (!json_value(raw, scratch, &value) || value.type == TYPE_NULL) return (Str){"", 0};
  return value.type == TYPE_TEXT ? arena_str(scratch, text_str(&value.text)) : raw;
}

static Status produce(Replayer *replayer, int partition, int64_t ms, Str key, Str line, Error *err) {
  for (;;) {
    rd_kafka_resp_err_t code = rd_kafka_producev(
        replayer->producer, RD_KAFKA_V_TOPIC(replayer->target->topic.ptr), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE((void *)(uintptr_t)line.ptr, line.len),
        RD_KAFKA_V_KEY(key.len ? key.ptr : NULL, key.len), RD_KAFKA_V_TIMESTAMP(ms), RD_KAFKA_V_END);
    if (!code) return STATUS_OK;
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      return bad_line(replayer, err, "cannot be produced: ", str_from(rd_kafka_err2str(code)));
    }
    rd_kafka_poll(replayer->producer, 100);
  }
}

static Status replay_line(Replayer *replayer, Str line, Error *err) {
  replayer->line++;
  line = str_trim(line);
  if (line.len == 0) return STATUS_OK;
  if (line.ptr[0] != '{') return bad_line(replayer, err, "is no JSON object", STR(""));
  arena_reset(&replayer->scratch);
  int64_t ms;
  TRY(line_time(replayer, line, &ms, &replayer->scratch, err));
  Str key = line_key(replayer, line, &replayer->scratch);
  uint64_t spread = key.len ? hash_bytes(key.ptr, key.len, 0) : replayer->line;
  int partition = (int)(spread % (uint64_t)replayer->partitions);
  TRY(embedded_book(replayer->target->topic.ptr, partition, line.len + key.len, replayer->who, err));
  rd_kafka_poll(replayer->producer, 0);
  return produce(replayer, partition, ms, key, line, err);
}

static Status open_producer(Replayer *replayer, Error *err) {
  char reason[512];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  kafka_conf_must(conf, "bootstrap.servers", replayer->target->hosts.ptr);
  kafka_conf_must(conf, "enable.idempotence", "true"); /* keeps the order of a partition */
  rd_kafka_conf_set_opaque(conf, replayer);
  rd_kafka_conf_set_log_cb(conf, NULL);
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  replayer->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
  if (replayer->producer) return STATUS_OK;
  rd_kafka_conf_destroy(conf);
  return error_set(err, STATUS_WORLD, replayer->who, "cannot start the replay: %s", reason);
}

static Status replay_lines(Replayer *replayer, Str text, Error *err) {
  while (text.len) {
    Str line, rest = {"", 0};
    str_cut(text, '\n', &line, &rest);
    text = rest;
    TRY(replay_line(replayer, line, err));
  }
  if (!rd_kafka_flush(replayer->producer, FLUSH_MS) && !replayer->lost) return STATUS_OK;
  return error_set(err, STATUS_WORLD, replayer->who, "the embedded broker did not take all of " STR_FMT,
                   STR_ARG(replayer->replay->path));
}

/* The whole file: more than the topic takes is never needed. */
static Status read_file(const Replay *replay, const char *who, StrBuf *out, Error *err) {
  FILE *file = fopen(replay->path.ptr, "re");
  if (!file) {
    return error_set(err, STATUS_CONFIG, who, "cannot open " STR_FMT " to replay it: %s", STR_ARG(replay->path),
                     strerror(errno));
  }
  size_t got, most = (size_t)EMBEDDED_PARTITIONS_MAX * EMBEDDED_PARTITION_BYTES;
  do {
    strbuf_reserve(out, READ_BYTES);
    got = fread(out->ptr + out->len, 1, READ_BYTES, file);
    out->len += got;
  } while (got && out->len <= most);
  bool failed = ferror(file);
  int reason = errno;
  fclose(file);
  if (!failed) return STATUS_OK;
  return error_set(err, STATUS_WORLD, who, "cannot read " STR_FMT ": %s", STR_ARG(replay->path), strerror(reason));
}

/* What makes two replays the same. */
static bool is_first(const Replay *replay, const char *topic) {
  StrBuf text = {0};
  strbuf_printf(&text, STR_FMT "\n" STR_FMT "\n" STR_FMT, STR_ARG(replay->path), STR_ARG(replay->timestamp),
                STR_ARG(replay->key));
  bool first = embedded_first_replay(topic, text.ptr);
  strbuf_release(&text);
  return first;
}

Status replay_file(const Replay *replay, const KafkaTarget *target, int partitions, const char *who, Error *err) {
  Replayer replayer = {.replay = replay, .target = target, .who = who, .partitions = partitions};
  StrBuf text = {0};
  arena_init(&replayer.scratch);
  Status status = read_file(replay, who, &text, err);
  if (status == STATUS_OK && is_first(replay, target->topic.ptr)) {
    status = open_producer(&replayer, err);
    if (status == STATUS_OK) status = replay_lines(&replayer, strbuf_str(&text), err);
  }
  if (replayer.producer) rd_kafka_destroy(replayer.producer);
  arena_release(&replayer.scratch);
  strbuf_release(&text);
  return status;
}
