/* start.c: see start.h. */
#include "connectors/kafka/start.h"

#define EPOCH_MS INT64_C(62135596800000) /* 1970-01-01 counted from 0001-01-01, in milliseconds */

bool kafka_ticks_from_ms(int64_t ms, Ticks *out) {
  if (ms < -EPOCH_MS || ms > TICKS_LAST / TICKS_PER_MILLISECOND - EPOCH_MS) return false;
  *out = (ms + EPOCH_MS) * TICKS_PER_MILLISECOND;
  return true;
}

int64_t kafka_ms_from_ticks(Ticks ticks) { return ticks / TICKS_PER_MILLISECOND - EPOCH_MS; }

Status kafka_start_parse(Str text, const char *who, KafkaStart *out, Error *err) {
  *out = (KafkaStart){.time = TICKS_MIN};
  if (str_eq_nocase(text, STR("earliest"))) out->kind = START_EARLIEST;
  else if (str_eq_nocase(text, STR("latest")) || str_eq_nocase(text, STR("now"))) out->kind = START_NOW;
  else if (str_eq_nocase(text, STR("committed"))) out->kind = START_COMMITTED;
  else if (datetime_parse(text.ptr, text.len, &out->time)) out->kind = START_TIME;
  if (out->kind != START_DEFAULT) return STATUS_OK;
  error_set(err, STATUS_CONFIG, who, "start=" STR_FMT " is no place to start", STR_ARG(text));
  return error_hint(err, "earliest, latest, committed, or an instant such as 2026-01-01T00:00:00Z");
}

static Status failed(KafkaClient *client, int32_t partition, const char *what, rd_kafka_resp_err_t code, Error *err) {
  error_set(err, STATUS_WORLD, client->who, "cannot find the %s of partition %d of topic %s on %s: %s", what, partition,
            client->target.topic.ptr, client->target.hosts.ptr, rd_kafka_err2str(code));
  if (err) err->retriable = kafka_error_is_transient(code);
  return STATUS_WORLD;
}

/* Asks one thing about one partition; `ask` fills the offset of the list's only element. */
typedef rd_kafka_resp_err_t AskFn(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, int timeout_ms);

static Status ask_offset(KafkaClient *client, AskFn *ask, const char *what, int32_t partition, int64_t argument,
                         int timeout_ms, int64_t *offset, Error *err) {
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, client->target.topic.ptr, partition)->offset = argument;
  rd_kafka_resp_err_t code = ask(client->rk, list, timeout_ms);
  if (!code) code = list->elems[0].err;
  *offset = list->elems[0].offset;
  rd_kafka_topic_partition_list_destroy(list);
  return code ? failed(client, partition, what, code, err) : STATUS_OK;
}

static Status check_committed(KafkaClient *client, const char *group, int32_t partition, int64_t committed, int64_t low,
                              int64_t high, Error *err) {
  if (committed >= low && committed <= high) return STATUS_OK;
  error_set(err, STATUS_WORLD, client->who,
            "group %s stands at offset %lld of partition %d of topic %s, but the broker holds offsets %lld to %lld",
            group, (long long)committed, partition, client->target.topic.ptr, (long long)low, (long long)high);
  if (committed > high) return error_hint(err, "the topic was made anew; --start earliest reads it from its beginning");
  return error_hint(err, "the broker has deleted %lld records unread; --start earliest goes on with what is left",
                    (long long)(low - committed));
}

Status kafka_start_offset(KafkaClient *client, const KafkaStart *start, const char *group, int32_t partition,
                          int timeout_ms, int64_t *offset, Ticks *skip_before, Error *err) {
  int64_t low, high, found;
  *skip_before = TICKS_MIN;
  rd_kafka_resp_err_t code =
      rd_kafka_query_watermark_offsets(client->rk, client->target.topic.ptr, partition, &low, &high, timeout_ms);
  if (code) return failed(client, partition, "offsets", code, err);
  *offset = start->kind == START_NOW ? high : low;
  if (start->kind == START_COMMITTED) {
    TRY(ask_offset(client, rd_kafka_committed, "committed offset", partition, RD_KAFKA_OFFSET_INVALID, timeout_ms,
                   &found, err));
    if (found < 0) return STATUS_OK;
    *offset = found;
    return check_committed(client, group, partition, found, low, high, err);
  }
  if (start->kind == START_TIME && client->target.embedded) *skip_before = start->time;
  else if (start->kind == START_TIME) {
    int64_t ms = kafka_ms_from_ticks(start->time);
    TRY(ask_offset(client, rd_kafka_offsets_for_times, "first record of that time", partition, ms > 0 ? ms : 0,
                   timeout_ms, &found, err));
    *offset = found >= 0 ? found : high;
  }
  return STATUS_OK;
}
